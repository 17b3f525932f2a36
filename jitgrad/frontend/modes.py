"""Gradients on or off: `no_grad`, `enable_grad` and `set_grad_enabled`, as context managers and as
decorators.

The mode is part of the recording's state (`jitgrad.tape.segment.set_mode`), so each thread has its
own. Start at `_Mode`.
"""

import functools
import inspect
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from ..base.errors import ArgumentError
from ..base.surface import surface
from ..tape.segment import local, set_mode


def _leave(mode: "_Mode", *error: Any) -> None:
    before = mode.before
    set_mode(before[-1])
    before.pop()
    mode._left()


class _End(functools.partial):
    """What a ``with`` statement calls at its end. It holds this until the block is left, one way or
    another, and no traceback does: so if an interrupt kept the call from being made, as it may at
    the first line of any function, the mode is put back when this goes."""

    __slots__ = ()

    def __del__(self) -> None:
        mode, depth = self.args
        while len(mode.before) > depth:
            _leave(mode)


class _Ending:
    """`__exit__`, which ``with`` looks up before it calls `__enter__`."""

    def __get__(self, mode: "_Mode | None", cls: Any = None) -> Callable[..., None]:
        if mode is None:
            return _leave
        return _End(_leave, mode, len(mode.before) - mode.entered)


class Decorating:
    """A context manager that decorates functions, too."""

    __slots__ = ()

    def again(self) -> Any:
        """A context manager like this one, for a call of a function that it decorates."""
        raise NotImplementedError

    def __call__(self, function: "F") -> "F":
        if inspect.isgeneratorfunction(function):
            return self._generator(function)

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self.again():
                return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value]

    def _generator(self, function: "F") -> "F":
        """In the body of a generator the mode holds, where it is used between its values it does
        not."""

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            step, given = generator.send, None
            try:
                while True:
                    with self.again():
                        value = step(given)
                    try:
                        step, given = generator.send, (yield value)
                    except GeneratorExit:
                        raise
                    except (
                        BaseException
                    ) as error:  # thrown into the generator, whose own it is to handle
                        step, given = generator.throw, error
            except StopIteration as end:
                return end.value
            finally:
                with self.again():
                    generator.close()

        return wrapped  # type: ignore[return-value]


class _Mode(Decorating):
    """A switch of the gradient mode: a context manager, and a decorator."""

    __slots__ = ("before", "on")

    #: How often it is entered before its block begins.
    entered = 0

    def __init__(self, on: bool) -> None:
        self.on = on
        self.before: list[bool] = []

    def __enter__(self) -> "_Mode":
        before = local.seg.state.grad
        self.before.append(before)
        if before != self.on:
            set_mode(self.on)
        return self

    __exit__ = _Ending()

    def _left(self) -> None:
        """What else ends with the block."""

    def again(self) -> "_Mode":
        return _Mode(self.on)


F = TypeVar("F", bound=Callable[..., Any])
if TYPE_CHECKING:

    class _Switch(Protocol):
        """A switch as a context manager, ``with no_grad():``, and as a decorator, with or without
        parentheses."""

        __name__: str

        @overload
        def __call__(self) -> _Mode: ...
        @overload
        def __call__(self, function: F) -> F: ...


def _switch(on: bool, doc: str) -> "_Switch":
    def make(function: Any = None) -> Any:
        return _Mode(on) if function is None else decorated(function)

    @surface
    def decorated(function: Any) -> Any:
        if not callable(function):
            raise ArgumentError(
                f"got {name}({function!r}), expected nothing, or a function to decorate"
            )
        return _Mode(on)(function)

    name = "enable_grad" if on else "no_grad"
    make.__name__ = make.__qualname__ = name
    example = f">>> with jitgrad.{name}():\n...     jitgrad.is_grad_enabled()\n{on}"
    make.__doc__ = f"{doc}\n\nExamples\n--------\n{example}"
    return make


no_grad = _switch(
    False, "Within it, or in a function decorated with it, results do not require grad."
)
enable_grad = _switch(
    True, "Within it, or in a function decorated with it, results require grad again."
)


class set_grad_enabled(_Mode):
    """`enable_grad` or `no_grad`, by a flag: at once, or as a context manager for its block, or as
    a decorator.

    Examples
    --------
    >>> with jitgrad.set_grad_enabled(False):
    ...     jitgrad.is_grad_enabled()
    False
    """

    entered = 1

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        super().__enter__()

    def __enter__(self) -> "set_grad_enabled":
        return self

    def __call__(self, function: F) -> F:
        _leave(self)
        return super().__call__(function)


class _Inference(threading.local):
    """Whether this thread is in `inference_mode`."""

    on = False


_inference = _Inference()


class inference_mode(_Mode):
    """`no_grad` by another name: results do not require grad. Values of the block may be used in a
    gradient later, which PyTorch refuses; ``inference_mode(False)`` is `enable_grad`.

    A context manager, and a decorator, with or without parentheses.

    Examples
    --------
    >>> with jitgrad.inference_mode():
    ...     jitgrad.is_inference_mode_enabled(), jitgrad.is_grad_enabled()
    (True, False)
    """

    __slots__ = ("inference",)

    def __new__(cls, mode: Any = True) -> Any:
        if isinstance(mode, (bool, int)):
            return super().__new__(cls)
        if not callable(mode):
            raise ArgumentError(
                f"got inference_mode({mode!r}), expected True, False, or a function to decorate"
            )
        return cls()(mode)

    def __init__(self, mode: Any = True) -> None:
        super().__init__(not mode)
        self.inference: list[bool] = []

    def __enter__(self) -> "inference_mode":
        super().__enter__()
        self.inference.append(_inference.on)
        _inference.on = not self.on
        return self

    def _left(self) -> None:
        _inference.on = self.inference.pop()

    def again(self) -> "inference_mode":
        return inference_mode(not self.on)


def is_inference_mode_enabled() -> bool:
    """Whether this thread is in `inference_mode`.

    Examples
    --------
    >>> jitgrad.is_inference_mode_enabled()
    False
    """
    return _inference.on


def is_grad_enabled() -> bool:
    """Whether results require grad now, in this thread.

    Examples
    --------
    >>> with jitgrad.no_grad():
    ...     jitgrad.is_grad_enabled()
    False
    """
    return local.seg.state.grad
