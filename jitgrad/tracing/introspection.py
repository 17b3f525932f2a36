"""What code can reach: the names in it, packages that hold nothing of the user's, and objects
whose contents can be inspected.

A traced function is *open* where everything it reaches is known here: then a later call finds all
that has changed, and what NumPy makes within the function is the same as long as nothing has. What
hides its contents (an iterator, a clock, a table of another package) makes the function closed;
`environment` says what follows. Start at `TABLES`.
"""

from __future__ import annotations

import array
import collections
import contextvars
import datetime
import enum
import functools
import operator
import pathlib
import re
import sys
import threading
import types
import weakref
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..base.packages import package_of

#: Values compared by type and equality.
PLAIN = (type(None), bool, int, float, complex, str, bytes, np.dtype, range, slice, type(Ellipsis))
#: Packages whose functions give the same for the same arguments, but for those in `READING`.
PURE = frozenset(
    (
        "_abc",
        "_collections",
        "_collections_abc",
        "_functools",
        "_operator",
        "_thread",
        "_typing",
        "abc",
        "bisect",
        "builtins",
        "cmath",
        "collections",
        "contextlib",
        "contextvars",
        "copy",
        "dataclasses",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "heapq",
        "itertools",
        "jitgrad",
        "llvmlite",
        "logging",
        "math",
        "numba",
        "numbers",
        "numpy",
        "operator",
        "scipy",
        "string",
        "textwrap",
        "types",
        "typing",
        "typing_extensions",
        "warnings",
        "weakref",
    )
)
#: Packages whose functions have no closures or containers with objects of the user's.
CLOSED = frozenset(("jitgrad", "numpy", "scipy"))
#: Package -> names in it of what reads files or settings, or draws random numbers.
READING = {
    "numpy": frozenset(
        (
            "DataSource",
            "fromfile",
            "fromregex",
            "genfromtxt",
            "geterr",
            "load",
            "loadtxt",
            "memmap",
            "random",
        )
    ),
    "scipy": frozenset(
        (
            "FortranFile",
            "basinhopping",
            "bootstrap",
            "clarkson_woodruff_transform",
            "datasets",
            "differential_evolution",
            "dual_annealing",
            "geterr",
            "goodness_of_fit",
            "interpolative",
            "io",
            "kmeans",
            "kmeans2",
            "load_npz",
            "loadmat",
            "mmread",
            "monte_carlo_test",
            "permutation_test",
            "qmc",
            "rand",
            "random",
            "random_array",
            "random_state",
            "random_table",
            "resample",
            "rvs",
            "sobol_indices",
        )
    ),
}
#: Built-in functions and others that find objects by names that are not in the code, or outside of
#: the program.
DYNAMIC = frozenset(
    (
        "__dict__",
        "__getattribute__",
        "__import__",
        "asdict",
        "astuple",
        "attrgetter",
        "eval",
        "exec",
        "getattr",
        "globals",
        "import_module",
        "input",
        "methodcaller",
        "open",
        "vars",
    )
)
#: Methods that give text or copies: nothing that they name leads to a number.
TEXT = frozenset(
    (
        "__del__",
        "__dir__",
        "__format__",
        "__getnewargs__",
        "__getstate__",
        "__init__",
        "__init_subclass__",
        "__new__",
        "__post_init__",
        "__reduce__",
        "__reduce_ex__",
        "__repr__",
        "__set_name__",
        "__setstate__",
        "__sizeof__",
        "__str__",
    )
)
#: What Python itself notes in a class; it leads on only where the code names it.
NOTES = frozenset(
    (
        "__annotations__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__module__",
        "__orig_bases__",
        "__parameters__",
        "__qualname__",
        "__slots__",
        "__static_attributes__",
        "__weakref__",
    )
)
#: Methods that run when an object is made.
MAKING = frozenset(("__init__", "__new__", "__post_init__"))
#: What a class has as functions.
METHODS = (types.FunctionType, property, staticmethod, classmethod, functools.cached_property)
BUFFERS = (array.array, bytearray, memoryview)
SEQUENCES = (list, tuple, collections.deque)
MAPPINGS = (dict, types.MappingProxyType)
#: Callables of C, which hold the object they belong to, if any.
BUILTINS = (
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
)
#: Class -> the attributes by which its objects lead on; those of its subclasses, too.
TABLES = {
    types.MethodType: ("__self__", "__func__"),
    functools.partial: ("func", "args", "keywords"),
    functools.partialmethod: ("func", "args", "keywords"),
    functools.cached_property: ("func",),
    functools.singledispatchmethod: ("func", "dispatcher"),
    property: ("fget", "fset"),
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    collections.ChainMap: ("maps",),
    collections.UserDict: ("data",),
    collections.UserList: ("data",),
    collections.UserString: ("data",),
    np.vectorize: ("pyfunc",),
}
#: Class -> how its objects are asked for the one they hold.
CALLED = {weakref.ref: "()", contextvars.ContextVar: ".get()"}
#: Classes of others whose objects have no contents beside attributes, or never change.
VALUES = (
    np.finfo,
    np.iinfo,
    types.SimpleNamespace,
    threading.local,
    operator.itemgetter,
    enum.Enum,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    datetime.tzinfo,
    pathlib.PurePath,
    re.Pattern,
    types.GenericAlias,
    type(NotImplemented),
    type(threading.Lock()),
    type(threading.RLock()),
    Exception,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.CodeType,
    types.CellType,
)
#: Packages of which objects have no other contents than their attributes, or never change.
KNOWN = frozenset(
    ("dataclasses", "decimal", "fractions", "jitgrad", "llvmlite", "logging", "numba", "typing")
)


def is_a(x: Any, classes: type | tuple[type, ...]) -> bool:
    """`isinstance` by the real class: nothing of the user's runs, not even a ``__class__`` of its
    own."""
    return issubclass(type(x), classes)


def asks(x: Any, name: str) -> Any:
    """What an object has by a name of others' than the user's, or None; a ``__getattr__`` of the
    user's may refuse."""
    try:
        return getattr(x, name)
    except Exception:
        return None


def name_of(f: Any) -> str:
    """What a function is called in messages."""
    return asks(f, "__name__") or type(f).__name__


def unwrapped(f: Any) -> Any:
    """The function that the user wrote, below partial applications, methods and wrappers."""
    while True:
        if isinstance(f, functools.partial):
            f = f.func
        elif isinstance(f, types.MethodType):
            f = f.__func__
        elif callable(asks(f, "__wrapped__")):
            f = f.__wrapped__
        else:
            return f


def made_of(x: Any) -> list[tuple[str, Any]]:
    """What a function or class of the user's is made of, each as the text that asks `x` for it and
    what it is now."""
    if is_a(x, types.FunctionType):
        return [("{}.__code__", x.__code__)]
    return [("{}.__mro__", x.__mro__), ("len({}.__dict__)", len(x.__dict__))]


def delegates(code: types.CodeType) -> bool:
    """Whether `code` is that of a ``__getattr__`` which asks an attribute of its own for the same
    name: ``return getattr(self.module, name)``."""
    if code.co_name != "__getattr__" or len(code.co_names) != 2 or code.co_argcount != 2:
        return False
    own, name = code.co_varnames[:2]
    text = f"def __getattr__({own}, {name}):\n    return getattr({own}.{code.co_names[1]}, {name})"
    (plain,) = [c for c in compile(text, "", "exec").co_consts if hasattr(c, "co_code")]
    return plain.co_code == code.co_code and plain.co_names == code.co_names


def names_in(code: types.CodeType) -> set[str]:
    """The names of globals and attributes in a piece of code and those within it, and texts that
    may be names."""
    out = set(code.co_names)
    for x in code.co_consts:
        if isinstance(x, types.CodeType):
            out |= names_in(x)
        else:
            out.update(
                [
                    s
                    for s in (x if isinstance(x, tuple) else (x,))
                    if isinstance(s, str) and s.isidentifier()
                ]
            )
    return out


@functools.cache
def imported_in(code: types.CodeType) -> set[str]:
    """The names in a piece of code that may be modules it imports itself."""
    import opcode

    names = set(code.co_names) if opcode.opmap["IMPORT_NAME"] in code.co_code[::2] else set()
    return names.union(*[imported_in(x) for x in code.co_consts if isinstance(x, types.CodeType)])


def attributes_of(x: Any) -> Mapping[str, Any]:
    """The attributes that an object has itself; nothing of the user's runs."""
    if is_a(x, threading.local):
        return x.__dict__
    try:
        out = object.__getattribute__(x, "__dict__")
    except (AttributeError, TypeError):
        return {}
    return out if isinstance(out, dict) else {}


def special_methods(found: Iterable[str]) -> set[str]:
    """The names of methods among `found` that Python's syntax and built-in functions call."""
    return {name for name in found if name[:2] == name[-2:] == "__" and name not in TEXT | NOTES}


def parts_of(x: Any) -> list[str]:
    """The attributes by which an object of the classes in `TABLES` leads on."""
    return [name for cls, names in TABLES.items() if is_a(x, cls) for name in names]


def called_by(kind: type) -> tuple[str, ...]:
    """The attributes with functions of the user's that a class of our own calls, by their names in
    no code of the user's."""
    return next((vars(c)["_calls"] for c in kind.__mro__ if "_calls" in vars(c)), ())


def asked(x: Any) -> str | None:
    """How an object is asked for the one it holds, or None."""
    return next((text for cls, text in CALLED.items() if is_a(x, cls)), None)


def is_plain_key(x: Any) -> bool:
    return is_a(x, (*PLAIN, enum.Enum, type)) or (is_a(x, tuple) and all(map(is_plain_key, x)))


def _homes_of_ufuncs() -> list[Any]:
    """The modules whose universal functions are known; `numpy.frompyfunc` makes others."""
    return [np, *filter(None, [sys.modules.get("scipy.special")])]


def hides(x: Any) -> bool:
    """Whether an object of somebody else's class may hold what cannot be inspected."""
    kind = type(x)
    if is_a(x, np.ufunc):
        return all(getattr(home, x.__name__, None) is not x for home in _homes_of_ufuncs())
    if is_a(x, BUILTINS):
        return package_of(asks(x, "__module__") or "builtins") not in PURE
    if kind.__module__ == "numpy" and kind.__name__ == "_ArrayFunctionDispatcher":
        return False
    if (
        is_a(x, (*VALUES, *TABLES, *CALLED, *BUFFERS, *SEQUENCES, *MAPPINGS, *PLAIN, np.generic))
        or kind is object
    ):
        return False
    return package_of(kind.__module__) not in KNOWN and not _is_distribution(x)


def _is_distribution(x: Any) -> bool:
    """Whether an object is one of `scipy.stats` itself, such as ``scipy.stats.norm``."""
    if package_of(type(x).__module__) != "scipy":
        return False
    home = sys.modules.get("scipy.stats")
    return home is not None and any(y is x for y in [*vars(home).values()])
