"""Modules with NumPy's names, each made when it is first used: `jitgrad.numpy`, its `fft`
and its `linalg`.

What makes the names (`namespace.named`) is imported then, too: `import jitgrad` does not wait for
it. Start at `Namespace`.
"""

import importlib
import types


class Namespace(types.ModuleType):
    """A module whose names are made when they are first used, and all of them when its ``__dict__``
    is asked for, as by `vars` and by tools that look names up there (``sympy.lambdify``)."""

    @property
    def __dict__(self):
        for name in sorted(self.__all__):
            getattr(self, name)
        return _own(self)

    def __dir__(self):
        return sorted({*self.__all__, *(name for name in _own(self) if name.startswith("__"))})


def _own(module):
    """The names of a module that there are by now."""
    return types.ModuleType.__dict__["__dict__"].__get__(module)


def lookup(home, name):
    """What the module `home` of jitgrad has by a name of NumPy's module of the same path."""
    from .namespace import named

    return named(importlib.import_module(home.removeprefix("jitgrad.")), name)
