"""Which transforms of functions run in this thread, so that a conversion to a concrete value knows
whose gradient it would lose.

A transform calls the user's function within ``running(what)``, where `what` is a `Transform` that
says which tensors are its own. Nothing is noted per operation: `Differentiation` searches the graph
when somebody asks. Start at `owner`.
"""

import threading

from ..base.errors import GradientError, JitgradError, JitGradientError
from .handles import Handle
from .reachability import Reachability
from .record import materialise
from .segment import local


class Transform:
    """A function that a transform runs."""

    error = GradientError
    #: What happens to the function, for messages.
    doing = "being transformed"
    #: What to do where no gradient is wanted, if that is not what it is elsewhere.
    cut: str | None = None

    def __init__(self, function):
        self.function, self.refused = function, None

    def owns(self, t):
        """Whether what the transform computes depends on how the value of `t` comes about."""
        raise NotImplementedError

    def __str__(self):
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return f"{'the function' if name == '<lambda>' else name + '()'}, which is {self.doing}"


class Differentiation(Transform):
    """A function whose derivative by the tensors `inputs`, which require grad, is taken."""

    doing = "being differentiated"

    def __init__(self, function, inputs):
        super().__init__(function)
        self.inputs = inputs

    def owns(self, t):
        return needs_grad(t) and depends(t, self.inputs)


class Tracing(Transform):
    """A function that jit traces."""

    doing = "traced by jit"
    cut = "take it out of the function: a value is known to a call only"
    error = JitGradientError

    def __init__(self, function, trace):
        super().__init__(function)
        self.trace = trace

    def owns(self, t):
        return needs_grad(t) and not self.trace.knows(t)


class _Running(threading.local):
    transforms: tuple = ()


_running = _Running()


class running:
    """While `transform` calls the user's function in this thread."""

    __slots__ = ("transform", "before")

    def __init__(self, transform):
        self.transform = transform

    def __enter__(self):
        self.before = _running.transforms
        _running.transforms = (self.transform, *self.before)

    def __exit__(self, kind, error, trace):
        _running.transforms = self.before
        refused, self.transform.refused = self.transform.refused, None
        if refused is not None and error is not None and not isinstance(error, JitgradError):
            refusal, place = refused
            while trace is not None and (trace.tb_frame.f_code, trace.tb_lasti) != place:
                trace = trace.tb_next
            if trace is not None:
                raise refusal.with_traceback(error.__traceback__) from None


def refuse(transform, text, frame):
    """Raises the error for a conversion that the user's `frame` asks of what `transform` owns.

    Many a C function raises an error of its own in the place of one from ``__float__`` (``a[0] =
    x`` of NumPy, ``pack`` of `struct`); the transform puts the refusal back, if what ends it comes
    of the same instruction."""
    error = transform.error(text)
    transform.refused = error, (frame.f_code, frame.f_lasti)
    raise error


def owner(t):
    """The innermost transform running in this thread whose result a conversion of `t` would cut
    off, or None."""
    return next((r for r in _running.transforms if r.owns(t)), None)


def needs_grad(x):
    """Whether `x` is a tensor whose gradient would be lost if its values were taken out of the
    graph now."""
    return isinstance(x, Handle) and x.requires_grad and local.seg.state.grad


def depends(t, inputs):
    """Whether a gradient leads from `t`, which requires grad, to one of `inputs`, which do too."""
    for x in (t, *inputs):
        if x._edge is None:
            materialise(x)
    return Reachability(inputs)(t._edge)
