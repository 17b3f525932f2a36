"""The typed errors of jitgrad, and how they reach the user's own line.

Every error says what was got, what was expected and what to do. They derive from the
built-in exception NumPy or PyTorch raises in the same place, so ``except ValueError``
written for NumPy code keeps working. Start at `JitgradError`.
"""


class JitgradError(Exception):
    """Base of all errors raised by jitgrad."""


class ShapeError(JitgradError, ValueError):
    """Shapes do not fit each other or the operation."""


class AxisError(JitgradError, ValueError, IndexError):
    """An axis is out of range or repeated."""


class IndexOutOfRange(JitgradError, IndexError):
    """An index is out of bounds, of the wrong kind, or there are too many."""


class IndexShapeError(ShapeError, IndexOutOfRange):
    """Index arrays do not broadcast with each other."""


class DTypeError(JitgradError, TypeError):
    """A dtype is unsupported here (object, str, complex, an integer that should have a
    gradient...)."""


class ArgumentError(JitgradError, TypeError, ValueError):
    """An argument has the wrong type or value."""


class ExchangeError(ArgumentError, BufferError):
    """Memory cannot be exchanged with another library (DLPack): it is on another device, of another
    layout, or cannot be shared without a copy."""


class IntegerOverflow(ArgumentError, OverflowError):
    """A Python integer is out of bounds for the dtype it is computed in or written to."""


class MissingError(JitgradError, AttributeError):
    """A name that there is none of; the text says where it is, or what to do instead."""


class GradientError(JitgradError, RuntimeError):
    """A gradient was asked for that does not exist, or cannot be had any more."""


class GradientCheckError(GradientError, AssertionError):
    """A derivative is not what differences of values give (`check_grads`,
    `autograd.gradcheck`)."""


class NotDifferentiable(GradientError):
    """A function of `njit` does something that no derivative is made of; the text begins with the
    file and the line.

    Attributes
    ----------
    loc : tuple or None
        File, line number and text of the line.
    reason : str
        The text without these.
    """

    reason: str = ""
    loc: tuple | None = None

    def __init__(self, reason: str, loc: tuple | None = None) -> None:
        self.reason, self.loc = reason, loc
        where = f"{loc[0]}:{loc[1]}: " if loc else ""
        line = f"\n    {loc[2].strip()}" if loc and loc[2] else ""
        super().__init__(f"{where}{reason}{line}")

    def __reduce__(self) -> tuple:
        return type(self), (self.reason, self.loc)


class AliasError(JitgradError, RuntimeError):
    """A write that PyTorch and NumPy refuse: to a leaf that requires grad, or to a read-only
    view."""


class InterruptedRecording(JitgradError, RuntimeError):
    """An interrupt hit the recording of an operation; the values that were pending are lost."""


class JitError(JitgradError, RuntimeError):
    """A function under `jitgrad.jit` does what cannot be recorded: a request for a concrete value
    that only a call has, for one."""


class JitGradientError(JitError, GradientError):
    """A function under `jitgrad.jit` asks for a value through which a gradient goes."""


class NonFiniteError(JitgradError, FloatingPointError, RuntimeError):
    """An operation, or its derivative, made a nan or an inf (`debug_nans`).

    Attributes
    ----------
    operation : str
        The one that was recorded.
    derivative : bool
        Whether its derivative made it.
    lines : tuple of (filename, line number, function)
        Where the operation was recorded; several where equal operations of several lines are
        computed as one, none where that is not known.
    turns : tuple of int
        The numbers of the turns of loops in which it happened, the outer loop first.
    """

    operation: str = ""
    derivative: bool = False
    lines: tuple = ()
    turns: tuple = ()


class CompileError(JitgradError, RuntimeError):
    """A kernel could not be compiled; the message carries the kernel's source file."""


class JitgradWarning(UserWarning):
    """Something works, but not as well as it could; the text says why and what to do."""


class GradientWarning(JitgradWarning):
    """Python or NumPy made numbers of a tensor that requires grad: its gradient ends there."""
