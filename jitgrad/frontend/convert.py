"""From data to tensors, and between dtypes: `from_data`, `as_operand`, `cast`.

Everything that becomes a tensor comes through `from_data`, which copies: a tensor's value never
changes under a recorded program. Start at `from_data`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from ..base.dtypes import BOOL, NUMBER_DTYPE, SUPPORTED, as_dtype, is_complex, native
from ..base.errors import ArgumentError, DTypeError, IntegerOverflow
from ..base.foreign import (
    kinds_in,
    refuse_foreign_gradient,
    refuse_subclass,
    refuse_subclasses,
)
from ..ops.joining import nested
from ..ops.primitives import CAST, NONZERO
from ..runtime.pool import LEAST, aligned, copied
from ..tape.handles import Classes, Handle, from_value, new
from ..tape.keys import NODE, Opcode
from ..tape.machine_records import records
from ..tape.record import enter, record, record_in
from ..tape.segment import UNKNOWN, AbstractValue, active_traces, known_values, local
from ..tape.symbols import SymbolicScalar
from .integers import RANGES, as_float, dtype_of
from .masked_selection import MaskedSelection, refusal

T = TypeVar("T")
#: Nested sequences as an operation.
NESTED = Opcode("stack", None, nested)
#: Types of what is a number of a record, and what it is as that.
PLAIN = {float: float, int: int, bool: bool, complex: complex}
PLAIN |= {np.float64: float, np.int64: int, np.bool_: bool, np.complex128: complex}
NUMBERS = frozenset((float, int, bool, complex))
LEAST_INT, GREATEST_INT = RANGES[np.dtype(np.int64)]
SEQUENCES = frozenset((list, tuple))
#: What is no subclass of an array, beside tensors.
KNOWN = frozenset((*PLAIN, np.ndarray))
#: Layouts of nested sequences, one object for all that are equal.
_layouts: dict[Any, Any] = {}
#: The most numbers of a sequence of nothing else that are numbers of a record, not an array.
FEW = 8
FLOAT64 = np.dtype(np.float64)
#: Dtypes of arrays that are copied as they are.
NATIVE = frozenset(dtype for dtype in SUPPORTED if np.dtype(dtype).isnative)
#: Scalars of NumPy's whose dtype makes no difference beside float64.
SCALARS = frozenset((np.float64, np.int64))
#: Devices of PyTorch's, of which there is one here.
DEVICES = frozenset(("cpu", "cuda", "mps", "xpu", "hip", "meta"))


def as_flag(value: Any, what: str) -> bool:
    """`value` as True or False."""
    try:
        return bool(value)
    except (TypeError, ValueError):  # an array, a tensor of several elements
        raise ArgumentError(
            f"got {what} of type {type(value).__name__}, expected True or False"
        ) from None


def as_leaf(t: Handle, requires_grad: Any) -> Any:
    """`t`, just made, as a leaf that requires grad if that is asked for."""
    return (
        t.requires_grad_()
        if requires_grad is True or as_flag(requires_grad, "requires_grad")
        else t
    )


def check_device(device: Any) -> None:
    """Raises for a device other than the CPU, by name or as PyTorch's object; None stands for
    it."""
    if device is not None and str(device).split(":")[0] != "cpu":
        raise ArgumentError(
            f"got the device {device!r}, expected 'cpu': jitgrad has no other; leave it out"
        )


def from_data(data: Any, dtype: Any) -> Any:
    if type(data) in NUMBERS and dtype is None:
        dtype = NUMBER_DTYPE[type(data)]
        if type(data) is int:
            dtype = dtype_of(data)
        return from_value(data, (), dtype, None)
    if isinstance(data, (list, tuple)):
        if dtype is None and _first(data) is Classes.tensor:
            return _stacked(data, None)
        kinds = refuse_subclasses(data)
    else:
        kinds = frozenset()
        refuse_subclass(data)
        data = _as_numpys(data)
    if dtype is not None:
        dtype = as_dtype(dtype)
    if local.seg.tracing is not None:
        out = _traced(data)
        if out is not None:
            return out if dtype in (None, out.dtype) else cast(out, dtype)
    if any([issubclass(kind, _parts()) for kind in kinds]):
        return _stacked(data, dtype)
    array = _as_array(data, dtype)
    dtype = native(array.dtype)
    return from_array(array if array.dtype.isnative else array.astype(dtype), dtype)


def _as_numpys(data: Any) -> Any:
    """`data`, as an array if it is one of another library; a number of a trace is none."""
    if isinstance(data, (np.ndarray, SymbolicScalar)) or not hasattr(data, "__array__"):
        return data
    refuse_foreign_gradient(data)
    return np.asarray(data)  # which those of torch take without a warning


def _as_array(data: Any, dtype: np.dtype | None) -> np.ndarray:
    """The numbers in `data` as an array in C order that nobody else writes to."""
    if dtype is not None:
        keep_imaginary(data, dtype)
    try:
        large = type(data) is np.ndarray and data.nbytes >= LEAST and data.dtype in SUPPORTED
        array = (
            copied(data)
            if large and dtype in (None, data.dtype)
            else np.array(data, dtype=dtype, order="C")
        )
    except OverflowError as error:
        raise IntegerOverflow(
            f"got {data!r:.100} for {dtype}, expected numbers that it has room for ({error}); "
            "pass another dtype"
        ) from None
    except (ValueError, TypeError) as error:
        if isinstance(error, ValueError) and dtype is not None and _are_numbers(data):
            raise ArgumentError(
                f"got {data!r:.100} for {dtype}, expected whole numbers ({error})"
            ) from None
        raise DTypeError(
            f"got data of type {type(data).__name__} that is not a rectangular array of numbers: "
            f"{error}"
        ) from None
    if array.dtype.kind == "O":
        raise _not_numbers(data, array)
    return array


def _are_numbers(data: Any) -> bool:
    try:
        return np.asarray(data).dtype in SUPPORTED
    except ValueError:  # ragged
        return False


def from_array(array: Any, dtype: np.dtype) -> Any:
    """A tensor of an array in C order that nobody else writes to."""
    return from_value(
        aligned(array.reshape(-1)) if array.ndim else array.item(), array.shape, dtype, None
    )


def made(array: np.ndarray, dtype: Any, requires_grad: Any, device: Any = None) -> Any:
    """The tensor of an array that nobody else writes to, of a dtype, or of its own."""
    check_device(device)
    array = (
        np.ascontiguousarray(array, dtype=None if dtype is None else as_dtype(dtype))
        if array.ndim
        else np.asarray(array, dtype)
    )
    out = from_array(array, as_dtype(array.dtype))
    return as_leaf(out, requires_grad)


def _traced(data: Any) -> Any:
    """The tensor of a number or array whose source the trace knows; None for other data."""
    if type(data) is SymbolicScalar:
        return data.tensor()
    if isinstance(data, np.ndarray):
        if data.dtype in SUPPORTED and data.dtype.isnative:
            return local.seg.tracing.array(data)
        local.seg.tracing.check(data, fixed=True)
    return None


def by_value(x: T) -> T:
    """`x`, whose arrays are read as they are now: a trace is guarded on their values."""
    if active_traces and local.seg.tracing is not None:
        local.seg.tracing.check(x, fixed=True)
    return x


def _parts() -> tuple[type, ...]:
    """Classes of elements for which a sequence is stacked element by element: tensors, and in a
    trace whatever may have a source."""
    return (Handle,) if local.seg.tracing is None else (Handle, SymbolicScalar, np.ndarray)


def _not_numbers(data: Any, array: np.ndarray) -> DTypeError:
    """The error for data of which NumPy makes an array of objects."""
    if not isinstance(data, (list, tuple, np.ndarray)):
        return DTypeError(
            f"got data of type {type(data).__name__}, expected numbers, sequences of them or an "
            "array"
        )
    for value in array.flat:
        if type(value) is int:
            if not -(1 << 63) <= value < 1 << 64:
                return DTypeError(
                    f"got the integer {value}, which does not fit int64; pass a float"
                )
        elif not isinstance(value, (float, bool, complex)):
            break
    else:
        return DTypeError(
            "got an array of dtype object, expected one of numbers; convert it first: "
            "x.astype(float)"
        )
    return DTypeError(
        f"got the element {value!r:.100} in an array of dtype object, expected numbers; convert "
        "it first"
    )


def of_tensors(data: Any) -> Any:
    """The tensor of a list of nothing but tensors; None for other data."""
    if type(data) is list and set(map(type, data)) == {Classes.tensor}:
        return put_together(NESTED, data, len(data), None)
    return None


def _stacked(data: Sequence[Any], dtype: np.dtype | None) -> Any:
    """Nested sequences with tensors in them, which keep their gradient: one record, by how they are
    nested."""
    items: list[Any] = []
    layout = _layout(data, items)
    others = set(map(type, items)) - {Classes.tensor}
    if not others <= KNOWN:
        refuse_subclasses([x for x in items if type(x) in others])
    return put_together(NESTED, items, layout, dtype)


def _first(data: Any) -> type:
    """The type of the first element in nested sequences."""
    while type(data) in SEQUENCES and data:
        data = data[0]
    return type(data)


def _layout(data: Any, items: list[Any]) -> Any:
    """How sequences are nested; appends what is in them to `items`."""
    kinds = set(map(type, data))
    if kinds.isdisjoint(SEQUENCES):
        items += data
        return len(data)
    return tuple([_part(d, items) for d in data])


def _part(data: Any, items: list[Any]) -> Any:
    """The layout of what is in a sequence; a sequence of many numbers, or of nothing, is one
    array."""
    if type(data) in SEQUENCES and data and (len(data) <= FEW or not kinds_in(data) <= NUMBERS):
        return _layout(data, items)
    items.append(data)
    return None


def put_together(opcode: Any, items: Sequence[Any], *statics: Any) -> Any:
    """One record of tensors, arrays and numbers, as many as there are; numbers are numbers of the
    record."""
    if set(map(type, items)) == {Classes.tensor}:
        given, again = _led_by(statics), records.joined
        if (
            again is not None
            and given is not UNKNOWN
            and (out := again(opcode, items, given)) is not None
        ):
            return out
        out = _of_tensors(opcode, items, statics)
        out._state.given = given
        return out
    tensors, numbers, operands = [], [], []
    for x in items:
        kind = None if isinstance(x, Handle) else _kind(x)
        operands.append(kind)
        if kind is None:
            tensors.append(as_operand(x))
        else:
            numbers.append(x if type(x) in NUMBERS or type(x) is SymbolicScalar else kind(x))

    def key(*states: Any) -> tuple[Any, ...]:
        rest = iter(states)
        return (opcode, tuple([next(rest) if k is None else k for k in operands]), *statics)

    return record(key, tensors, numbers)


def _led_by(statics: tuple[Any, ...]) -> Any:
    """What stands for the parameters of a record of several tensors, as one object."""
    if not statics:
        return None
    first = statics[0]
    if type(first) is tuple:
        if len(_layouts) > 1000:
            _layouts.clear()
        first = _layouts.setdefault(first, first)
    return first if statics[1:] in ((), (None,)) else UNKNOWN


def _of_tensors(opcode: Any, items: Sequence[Any], statics: tuple[Any, ...]) -> Any:
    seg = local.seg
    states = tuple([t._state if t._seg is seg else enter(t, seg) for t in items])
    out = None if None in states else record_in(seg, (opcode, states, *statics))
    return record(lambda *states: (opcode, states, *statics), items) if out is None else out


def _kind(x: Any) -> type | None:
    """The type of `x` as a number of a record; None for what is none."""
    kind = x.kind if type(x) is SymbolicScalar else PLAIN.get(type(x))
    if kind is int and type(x) is not SymbolicScalar and not LEAST_INT <= x <= GREATEST_INT:
        return None
    return kind if kind in NUMBERS else None


def as_operand(x: Any) -> Any:
    """`x` as a Tensor; arrays and sequences are copied."""
    if isinstance(x, Handle):
        return x
    if isinstance(x, (np.ndarray, np.generic, list, tuple, float, int, complex, SymbolicScalar)):
        return from_data(x, None)
    if type(x) is MaskedSelection:
        raise refusal("a use as an array")
    if hasattr(x, "__array__"):
        refuse_foreign_gradient(x)
        return from_data(np.asarray(x), None)
    raise DTypeError(
        f"got an operand of type {type(x).__name__}, expected a tensor, an array or a number"
    )


def quick_operand(x: Any, other: Any) -> Any:
    """What stands for a small array, or for a scalar of NumPy's beside a tensor of float64: a
    tensor, or the number that it is; None for what takes longer to tell."""
    kind = type(x)
    if active_traces:  # each call may have another value of it
        return None
    if kind is np.ndarray:
        dtype, shape = x.dtype, x.shape
        if shape and x.nbytes < LEAST and (dtype is FLOAT64 or dtype in NATIVE):
            t, key = new(Classes.tensor), (shape, dtype, False)  # as `from_value`, sooner
            t._state = known_values.get(key) or AbstractValue(*key)
            t._value = x.flatten()
            t._seg = t._edge = t._x = None
            return t
    elif kind in SCALARS and type(other) is Classes.tensor and other._state.dtype is FLOAT64:
        return x.item()
    return None


def written(value: Any, dtype: np.dtype) -> Any:
    """`value` as the operand of a write to a tensor of `dtype`: numbers of Python, also in
    sequences, as NumPy assigns them, which refuses those that the dtype has no room for."""
    whole, kind = dtype.kind in "iu", type(value)
    if kind is MaskedSelection:
        return value
    if whole and isinstance(value, np.generic):
        value = value.item()
    elif whole and kind is SymbolicScalar and value.kind is int:
        value = value.concrete_value()
    kind = type(value)
    if (whole and kind in (int, float)) or (
        kind in (list, tuple) and kinds_in(value).isdisjoint((str, bytes))
    ):
        return from_data(value, dtype)
    if kind is int:
        value = as_float(value) if dtype.kind in "fc" else bool(value)
    return as_operand(value)


def unpickle(array: np.ndarray, requires_grad: bool, grad: Any) -> Any:
    out = as_leaf(from_data(array, None), requires_grad)
    if grad is not None:
        out.grad = grad
    return out


def keep_imaginary(data: Any, dtype: np.dtype | None) -> None:
    """Raises an error if complex numbers are to become real ones, for which NumPy warns."""
    given = getattr(data, "dtype", np.dtype(complex) if isinstance(data, complex) else None)
    if (
        dtype is not None
        and isinstance(given, np.dtype)
        and is_complex(given)
        and not is_complex(dtype)
        and dtype != BOOL
    ):
        raise DTypeError(
            f"got a conversion of {given} to {dtype}, which would drop the imaginary part; take "
            ".real, .imag or .abs()"
        )


def cast(t: Handle, dtype: np.dtype) -> Any:
    """The values of `t` in another dtype; complex numbers become no real ones."""
    if is_complex(t.dtype):
        keep_imaginary(t, dtype)
    op = NONZERO if dtype == np.bool_ else CAST
    return record(lambda state: (NODE, op, None, t.shape, dtype, (state,)), (t,))
