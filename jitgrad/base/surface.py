"""Where errors leave jitgrad: a traceback ends at the user's line, with one frame of jitgrad's
behind it.

Python adds a frame to a traceback for each function an error passes. A function that users call
catches jitgrad's own errors and raises them again as `trimmed` leaves them: without the frames of
this package, so that the function's own is the only one, and without what was caught inside on the
way. Frames of the user's functions (under `grad`, `jit`, in hooks) stay. This takes nothing where
no error is raised: a ``try`` costs nothing, and `surface`, a function around another one, is for
what takes microseconds anyway; hot functions have the ``try`` in their own text.

To see all frames while working on jitgrad, set ``JITGRAD_TRACEBACK=full``. Start at `trimmed`.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Container
from types import FrameType, TracebackType
from typing import Any, TypeVar
from weakref import WeakSet

from .errors import ArgumentError, AxisError, IndexOutOfRange, JitgradError

C = TypeVar("C", bound=type)
E = TypeVar("E", bound=BaseException)
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
FULL = os.environ.get("JITGRAD_TRACEBACK") == "full"


def is_ours(frame: FrameType) -> bool:
    """Whether a frame is of this package, or of a text that it made."""
    name = frame.f_code.co_filename
    return name.startswith((HOME, "<jit of ", "<jitgrad"))


def _frames(error: BaseException) -> list[TracebackType]:
    out, tb = [], error.__traceback__
    while tb is not None:
        out.append(tb)
        tb = tb.tb_next
    return out


def trimmed(error: E) -> E:
    """`error`, to be raised again: without frames of jitgrad's, and without what was only caught
    inside on the way."""
    if FULL:
        return error
    kept = None
    for tb in reversed(_frames(error)):
        if not is_ours(tb.tb_frame):
            tb.tb_next = kept
            kept = tb
    inner = error.__context__
    while inner is not None and _is_inner(inner):
        inner = error.__context__ = inner.__context__
    return error.with_traceback(kept)


#: Errors in which NumPy says that it does not take some arguments, and jitgrad's for them.
REFUSALS: dict[str, type[JitgradError]] = {
    "TypeError": ArgumentError, "ValueError": ArgumentError, "OverflowError": ArgumentError,
    "IndexError": IndexOutOfRange, "AxisError": AxisError, "UFuncTypeError": ArgumentError,
}  # fmt: skip


def refused(error: BaseException, name: str) -> JitgradError | None:
    """jitgrad's error for one in which NumPy refuses the arguments of its function `name`; None for
    any other, such as that of a function of the user's which NumPy called."""
    typed = REFUSALS.get(type(error).__name__)
    if typed is None or not _is_inner(error):
        return None
    return typed(f"got arguments that numpy.{name} does not take: {error}; see help(numpy.{name})")


def _is_inner(error: BaseException) -> bool:
    """Whether an error went through functions of this package and NumPy's only."""
    return all(is_ours(tb.tb_frame) or _is_numpys(tb.tb_frame) for tb in _frames(error))


def _is_numpys(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__", "").partition(".")[0] == "numpy"


def by_numpy(function: Callable[..., T], *args: Any) -> T:
    """What a function of NumPy's gives, with jitgrad's error where it refuses the arguments."""
    try:
        return function(*args)
    except JitgradError:
        raise
    except Exception as error:
        typed = refused(error, function.__name__)
        if typed is None:
            raise
        raise typed from None


_surfaces: WeakSet[Callable[..., Any]] = WeakSet()


def surface(function: F) -> F:
    """`function`, for users: errors of jitgrad's leave it as `trimmed` has them."""
    if function in _surfaces:
        return function
    call: Any = functools.wraps(function)(_around(function))
    _surfaces.add(call)
    return call


def _around(function: Any) -> Callable[..., Any]:
    code = function.__code__
    plain = not (
        function.__defaults__
        or function.__kwdefaults__
        or code.co_kwonlyargcount
        or code.co_flags & VARIADIC
        or not _is_called_by_place(function)
    )

    def one(x: Any) -> Any:
        try:
            return function(x)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    def two(x: Any, y: Any) -> Any:
        try:
            return function(x, y)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904

    def any_number(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904

    by_count: dict[int, Callable[..., Any]] = {1: one, 2: two}
    return by_count.get(code.co_argcount, any_number) if plain else any_number


def _is_called_by_place(function: Any) -> bool:
    """Whether nobody names an argument of the function: it is a special method, or has no other
    arguments that could be named."""
    code = function.__code__
    named = code.co_varnames[code.co_posonlyargcount : code.co_argcount]
    return not named or named == ("self",) or function.__name__.startswith("__")


VARIADIC = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


def surfaces(cls: C, but: Container[str] = ()) -> C:
    """Makes surfaces of the methods of a class, and of the setters of its properties."""
    for name, value in list(vars(cls).items()):
        if name in but or (name.startswith("_") and not name.startswith("__")):
            continue
        if isinstance(value, property):
            if value.fset is not None:
                setattr(cls, name, value.setter(surface(value.fset)))
        elif inspect.isfunction(value):
            setattr(cls, name, surface(value))
    return cls
