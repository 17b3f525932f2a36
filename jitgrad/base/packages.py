"""Whose code a module is: the user's, or that of a package. Start at `is_installed`."""

from __future__ import annotations

import functools
import importlib
import sys
from types import ModuleType

from .errors import MissingError

#: Packages that hold nothing of the user's.
SYSTEM = frozenset(
    ("jitgrad", "numpy", "numba", "llvmlite", "builtins", *sys.stdlib_module_names)
) - {"__main__"}


def package_of(name: object) -> str:
    """The package of a module's name."""
    return (name if isinstance(name, str) else "").partition(".")[0]


@functools.cache
def is_installed(package: str) -> bool:
    """Whether a package is none of the user's: of Python, of ours, or one that was installed."""
    if package in SYSTEM:
        return True
    home = getattr(sys.modules.get(package), "__file__", None) or ""
    return "site-packages" in home or "dist-packages" in home


def library(name: str, where: str) -> ModuleType:
    """A package that users may have, imported for what is said to be `where`.

    Raises
    ------
    MissingError
        It is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingError(
            f"got a call of {where}, and {name} is not installed; install it: pip install {name}"
        ) from None
