"""Packages that jitgrad does without, and some functions do not: the extras of ``pip install
jitgrad[...]``. Start at `extra`."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import MissingError


def extra(module: str, what: str) -> Any:
    """The module of a package that is an extra of jitgrad's; `what` is computed by it.

    Raises
    ------
    MissingError
        The package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise MissingError(
            f"got {what}, which needs {package}, and that is not installed; install it: pip "
            f"install jitgrad[{package}]"
        ) from None
