"""Packages that jitgrad does without, and some functions do not: the extras of ``pip install
jitgrad[...]``.

What cannot go on without one asks for the module (`extra`) or for a function of it (`function_of`);
what is only faster with one asks whether it is there (`if_installed`). Start at `extra`.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
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
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingError(
            f"got {what}, which needs {package}, and that cannot be imported ({error}); install "
            f"it: pip install jitgrad[{package}]"
        ) from None


def function_of(module: str, name: str) -> Callable[..., Any]:
    """The function of that name of a module that is an extra.

    Raises
    ------
    MissingError
        The package is not installed.
    """
    return getattr(extra(module, name), name)


@functools.cache
def if_installed(module: str) -> Any:
    """The module of a package, or None where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None
