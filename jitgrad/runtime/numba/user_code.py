"""Emitted functions compiled by numba, from files in the cache folder.

A text is a module: its header (`module_text`), functions, and entries with their signatures, which
numba compiles when the module is executed and keeps beside it (see `cache`). Start at `loaded`.
"""

import re

from numba import njit, types

from ...base.config import config
from ...base.errors import CompileError
from ...base.locks import lock
from .. import cache, launch
from ..aside import aside
from . import api, form_support, vmath

_made: dict = {}
_lock = lock()

__all__ = ["decorator", "loaded", "module_text", "njit"]

#: Options of numba's that hold for a derivative as for the function.
_PASSED = ("fastmath", "boundscheck", "nogil", "error_model", "forceinline")
#: The elementary functions that kernels have, by the names of entries.
VMATH = frozenset(vmath.__all__)


def type_text(t):
    """A type as an expression of numba's names."""
    if isinstance(t, types.Array):
        more = "" if t.mutable else ", readonly=True"
        return f'types.Array({type_text(t.dtype)}, {t.ndim}, "{t.layout}"{more})'
    return f"types.{'boolean' if t == types.boolean else t}"


#: Functions that are called as they are -> what texts call them; they hold for this process.
_names: dict = {id(getattr(form_support, name)): name for name in form_support.__all__}
outside: dict = {}


def name_of(function):
    """The name of a function from outside in emitted texts, which take it from `outside`."""
    with _lock:
        key = id(function)  # those of ctypes have no hash
        if key not in _names:
            word = re.sub(r"\W", "_", getattr(function, "__name__", "function"))
            _names[key] = f"{word}_outside_{len(_names)}"
            outside[_names[key]] = function
        return _names[key]


def decorator(options, signature=None, kept=True):
    """The line before a function that says how it is compiled, and that its binary is kept."""
    given = {"error_model": "numpy", **{k: options[k] for k in _PASSED if k in options}}
    words = [f"{k}={v!r}" for k, v in given.items()]
    if signature is not None:
        kinds = "".join([f"{type_text(t)}, " for t in signature])
        words = [f"({kinds.rstrip()})", *words, *(["cache=True"] if kept else [])]
    plain = signature is not None and options_are_plain(given)
    return f"@{'entry' if plain else 'njit'}({', '.join(words)})"


def options_are_plain(given):
    """Whether numbers and indices mean what they do unless stated."""
    asked = any(given.get(name) for name in ("fastmath", "boundscheck", "forceinline"))
    return given["error_model"] == "numpy" and not asked


def module_text(title, functions, names=()):
    """A module of functions, whose first line is a title; `names` are those of `outside` in it."""
    head = f'"""{title}"""\n\nimport math\n\nimport numpy as np\nfrom numba import njit, types\n\n'
    return (
        head
        + "from jitgrad.runtime.numba.entries import entry\n"
        + "from jitgrad.runtime.numba.form_support import *  # noqa: F403\n"
        + ("from jitgrad.runtime.numba.user_code import outside\n" if names else "")
        + "".join([f'\n{name} = outside["{name}"]' for name in names])
        + "\n\n"
        + "\n\n".join(functions)
    )


def ufunc_text(title, text, name, kinds):
    """The module of a function of numbers `name` as a ufunc ``<name>_ufunc``, of the types `kinds`,
    the last that of its result."""
    *given, out = map(type_text, kinds)
    args = ", ".join([f"x{k}" for k in range(len(given))])
    imports = "from numba import vectorize\n\nfrom jitgrad.runtime.numba import lowering, vmath\n"
    ufunc = f"@vectorize([{out}({', '.join(given)})], cache=True)\ndef {name}_ufunc({args}):\n"
    body = f"    return {name}({args})\n"
    return module_text(f"ufunc kernel: {title}.", [imports, text, ufunc + body])


def loaded(text, name, here=False):
    """The compiled entry `name` of a module, and the file that it stands in.

    It is compiled `here`, in this thread, where numba asks for it while it compiles what calls it:
    another thread would wait for numba's lock."""
    key = text, name
    if key not in _made:
        made = _load(text, name) if here else aside(_load, text, name)
        with _lock:
            _made.setdefault(key, made)
    return _made[key]


def _load(text, name):
    try:
        module = _module(text)
    except Exception as error:
        raise CompileError(
            f"the derivative could not be compiled ({error}); its source:\n{text}"
        ) from error
    return getattr(module, name), module.__file__


def _module(text):
    """The module of a text; without threads where numba's private parts fail."""
    if "@_in_parts" not in text:
        return cache.load(text)
    launch.prepare_parts()
    try:
        return cache.load(text)
    except (AttributeError, ImportError, TypeError) as error:
        if config.numba == "public":
            raise
        api.fall_back(error)
        return cache.load(text)
