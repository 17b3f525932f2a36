"""`debug_nans`: within it, the first operation that makes a nan is an error, which has its name and
line.

While a thread is within it, each operation is run as soon as it was recorded (see
`jitgrad.base.anomaly`), so that the traceback of an error ends at the line that made a nan, and
functions under `jit` are called as they are. What runs is looked at by
`jitgrad.diagnostics.nan_check`. Start at `debug_nans`.
"""

from collections.abc import Callable
from typing import Any

from ..base import anomaly
from ..base.anomaly import here
from ..base.errors import ArgumentError, JitError
from ..base.locks import lock
from ..base.surface import surface
from ..diagnostics.nan_check import NanCheck
from ..runtime import events
from ..tape.execute import flush
from ..tape.segment import Segment, active_traces, local
from .modes import Decorating

_counting = lock()


class debug_nans(Decorating):
    """Within it, the first operation that makes a nan, or whose derivative does, is an error that
    names it, its operands and your line.

    A context manager, and a decorator, with or without parentheses. An operation is to blame if
    its result has a nan and its operands have none: a nan in the data is no error. What is pending
    when the block begins is computed before, and not looked at. The error leaves all tensors as
    they were.

    Within the block each operation runs at once, by NumPy, and functions under `jit` are called as
    they are, so all is much slower. The turns of `scan` and the other loops, and rows of `vmap`,
    are looked at one operation after the other, too, and errors give the number of the turn.
    Outside of it nothing is looked at, and nothing costs. It holds for the thread that enters it.

    Parameters
    ----------
    enabled : bool
        False switches it off for the block: for code that makes nan on purpose.
    infs : bool
        Whether an inf made of finite values is an error, too. By default it is not, as in JAX: inf
        is the right value of much that is well defined, such as ``exp(-(1 / x))`` at 0, the maximum
        of nothing, or ``log(0)`` as a weight; nan never is.

    Raises
    ------
    NonFiniteError
        At the first nan. It is a `FloatingPointError`, as NumPy's and JAX's, and a `RuntimeError`,
        as PyTorch's.
    JitError
        Where it is entered while a function is traced, as in the body of a loop: later calls would
        not know of it.

    See Also
    --------
    jitgrad.autograd.detect_anomaly : the same by PyTorch's name.

    Examples
    --------
    >>> x = jitgrad.tensor([0.0, 4.0], requires_grad=True)
    >>> with jitgrad.debug_nans():
    ...     y = jitgrad.sqrt(x) * x
    ...     try:
    ...         y.sum().backward()
    ...     except jitgrad.NonFiniteError as error:
    ...         print(error.operation, error.derivative)
    sqrt True

    (0 times the infinite slope of the root at 0.)
    """

    __slots__ = ("before", "enabled", "infs")

    def __new__(cls, enabled: Any = True, **kwargs: Any) -> Any:
        if isinstance(enabled, (bool, int)):
            return super().__new__(cls)
        if not callable(enabled):
            raise ArgumentError(
                f"got {cls.__name__}({enabled!r}), expected True, False, or a function to decorate"
            )
        return cls(**kwargs)(enabled)

    def __init__(self, enabled: bool = True, *, infs: bool = False) -> None:
        self.enabled, self.infs = bool(enabled), bool(infs)
        self.before: list[Any] = []

    @surface
    def __enter__(self) -> "debug_nans":
        known = here.check
        check = NanCheck(self.infs) if self.enabled else None
        if local.seg.tracing is not None and (check or known) is not None:
            raise JitError(
                f"got {type(self).__name__} within a function that is traced, whose operations are "
                "run later; enter it around the call"
            )
        self.before.append(known)
        _switch(check)
        return self

    @surface
    def __exit__(self, *error: Any) -> None:
        _switch(self.before.pop())

    def again(self) -> "debug_nans":
        return debug_nans(self.enabled, infs=self.infs)


def _switch(check: NanCheck | None) -> None:
    """From now on `check` looks at what this thread runs; what is pending runs before."""
    known = here.check
    if known is check:
        return
    try:
        flush(local.seg)
    finally:
        with _counting:
            here.check, here.origins = check, {}
            anomaly.threads += (check is not None) - (known is not None)
        for each, change in ((known, False), (check, True)):
            if each is not None:
                _watch(each, change)
        local.seg = Segment(local.seg.state.grad)


def _watch(check: NanCheck, begins: bool) -> None:
    """Tells, or tells no more, `check` what runs; meanwhile functions under `jit` ask whether they
    may use their traces."""
    waiting: Callable[[Any], None] = active_traces.append if begins else active_traces.remove
    waiting(check)
    (events.start if begins else events.stop)(check)
