"""What `Tensor` gets of the catalogue: operators, methods, properties, and those that write in
place.

Each is the function of an entry, or a small function around it. Start at `install`.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import DTypeError, JitgradError, ShapeError
from ..base.foreign import PRIORITY, ask, refuse_subclass, takes_over, untaken
from ..base.surface import surface, trimmed
from ..ops import REGISTRY, REQUIRED
from ..tape.machine_records import records
from ..tape.record import enter, record_in
from ..tape.segment import local
from ..tape.symbols import SymbolicScalar
from ..tape.views import CUT, forms, view_of
from .basic_indices import BasicIndex
from .binding import INTEGERS, statics_of
from .convert import as_operand, by_value, quick_operand
from .creation import full
from .docs import describe
from .functions import FUNCTIONS, apply, binary, guarded, plain_number
from .masked_selection import NEUTRAL, MaskedSelection
from .tensor import Tensor, refuse_element

if TYPE_CHECKING:
    from ..ops import Entry

#: Operators that Python reflects into one another, and that cannot be written in place.
COMPARISONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge"))
REFLECTED = {
    "eq": "__eq__",
    "ne": "__ne__",
    "lt": "__gt__",
    "le": "__ge__",
    "gt": "__lt__",
    "ge": "__le__",
}


def reflected(entry: Entry) -> Callable[..., Any]:
    """The operator of an entry with the operands the other way round: `x` is the tensor, `y` stands
    before it."""

    def operator(x: Any, y: Any, /) -> Any:
        try:
            number = plain_number(y, x._state)
            if number is None:
                return _reflected(entry, y, x)
            seg = local.seg
            second = x._state if x._seg is seg else enter(x, seg)
            out = None if second is None else record_in(seg, (entry, float, second), (number,))
            if out is None:
                return operator(x, y)
            out._state.given = y
            return out
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    operator.__name__, operator.__qualname__ = (
        f"__r{entry.names.operator}__",
        f"Tensor.__r{entry.names.operator}__",
    )
    operator.__doc__ = f"`{entry.name}` of the other operand and this tensor."
    return operator


def _reflected(entry: Entry, y: Any, x: Tensor) -> Any:
    """An operator with the tensor `x` behind `y`, which is no number; its own class was asked
    before."""
    if not (defers(y) and hasattr(y, "__array__")):
        return apply(entry, (y, x))
    if takes_over(y):
        raise untaken(y, f"{entry.name}()")
    refuse_subclass(y)
    return NotImplemented


def install() -> None:
    for entry in REGISTRY.values():
        f = FUNCTIONS[entry.name]
        if entry.names.operator:
            setattr(Tensor, f"__{entry.names.operator}__", _operator(entry, f))
            if entry.operands == 2 and entry.names.operator not in COMPARISONS:
                setattr(Tensor, f"__r{entry.names.operator}__", reflected(entry))
                setattr(Tensor, f"__i{entry.names.operator}__", _in_place(entry, f))
        method = _spread(entry, f) if entry.names.spread else f
        if entry.has_method:
            for name in (entry.name, *entry.names.aliases, *entry.names.methods):
                if not hasattr(Tensor, name):
                    setattr(Tensor, name, method)
        for name in entry.names.properties:
            get = _property(entry, f)
            write = _assignment(get) if entry.names.assigned else None
            setattr(Tensor, name, property(get, write, doc=entry.doc))
        if entry.names.in_place:
            setattr(Tensor, entry.names.in_place, _in_place_method(entry, f))
        _install_for_masks(entry, f)
    Tensor.clone = Tensor.copy = _clone()  # type: ignore[attr-defined]
    Tensor.__hash__ = object.__hash__  # type: ignore[method-assign]
    entries = {e.names.operator: e for e in REGISTRY.values() if e.names.operator}
    records.prepare(Tensor, BasicIndex, CUT[0], quick_operand, entries)


def _install_for_masks(entry: Entry, f: Callable[..., Any]) -> None:
    """The operators, and the methods of one operand, of what a mask selects in a trace."""
    if entry.names.operator:
        setattr(MaskedSelection, f"__{entry.names.operator}__", f)
        if entry.operands == 2 and entry.names.operator not in COMPARISONS:
            setattr(MaskedSelection, f"__r{entry.names.operator}__", lambda x, y: f(y, x))
    if entry.has_method and (entry.view is None or entry.name in NEUTRAL):
        for name in (entry.name, *entry.names.aliases, *entry.names.methods):
            setattr(MaskedSelection, name, f)


def _property(entry: Entry, f: Callable[..., Any]) -> Callable[..., Any]:
    """What computes a property: the function of its entry, which for a view is known beforehand."""
    if entry.view is None or entry.view.when != "always":
        return f
    steps = forms(entry, tuple(entry.params.values()))

    def get(x: Tensor) -> Any:
        try:
            return view_of(x, steps)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    return get


def _assignment(get: Callable[..., Any]) -> Callable[..., None]:
    """What ``x.name = value`` does: writes to the view that the property is."""

    @surface
    def write(x: Tensor, value: Any) -> None:
        get(x)[...] = value

    return write


def _clone() -> Callable[..., Any]:
    """The method `clone`: an operation that changes nothing."""
    positive, logical_or = FUNCTIONS["positive"], FUNCTIONS["logical_or"]

    def clone(self: Tensor) -> Tensor:
        """A copy that is part of the graph."""
        return positive(self) if self.dtype != np.bool_ else logical_or(self, False)

    clone.__qualname__ = "Tensor.clone"
    return surface(clone)


def _spread(entry: Entry, f: Callable[..., Any]) -> Callable[..., Any]:
    """The method of an entry with a parameter whose values may be given one by one, as in
    ``x.reshape(2, 3)``."""
    default, quick = entry.params[entry.names.spread], f
    if entry.view is not None:
        quick = _spread_view(entry, f)

    def method(x: Tensor, /, *values: Any, **kwargs: Any) -> Any:
        try:
            given: Any = values[0] if len(values) == 1 and type(values[0]) is tuple else values
            if given and not kwargs and INTEGERS.issuperset(map(type, given)):
                return quick(x, given)
            if not values and kwargs:
                return f(x, **kwargs)
            given = values
            if len(values) == 1 and (
                values[0] is None or isinstance(values[0], (tuple, list, range, np.ndarray))
            ):
                given = values[0]
            elif not values:
                given = () if default is REQUIRED else default
            return f(x, whole(given), **kwargs)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    describe(method, entry, spread=True)
    return method


def _spread_view(entry: Entry, f: Callable[..., Any]) -> Callable[..., Any]:
    """`f` of a tensor and of integers, for an entry whose results are views: the steps of those
    that were given are known."""
    known: dict[tuple[int, ...], Any] = {}
    names = list(entry.params)

    def quick(x: Tensor, values: tuple[int, ...]) -> Any:
        if x._x is not None and x._x.parent is not None:  # its layout decides
            return f(x, values)
        steps = known.get(values)
        if steps is None:
            if len(known) > 1000:
                known.clear()
            steps = known[values] = forms(entry, statics_of(entry, names, (values,), {}))
        return view_of(x, steps)

    return quick


def whole(values: Any) -> Any:
    """Numbers that mean lengths or axes as Python integers; others are left for the operation to
    refuse, as a list, which is not looked up: 2.0 would be found where 2 is."""
    try:
        return values if values is None else tuple(map(index, by_value(values)))
    except TypeError:
        return list(values) if type(values) is tuple else values


def _in_place_method(entry: Entry, f: Callable[..., Any]) -> Callable[..., Any]:
    def method(x: Tensor, *args: Any) -> Tensor:
        try:
            refuse_element(x, f"{entry.names.in_place}()")
            x._write(f(x, *args), cast=False)
            return x
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    method.__name__, method.__qualname__ = entry.names.in_place, f"Tensor.{entry.names.in_place}"
    method.__doc__ = f"`{entry.name}`, written into this tensor."
    return method


def _operator(entry: Entry, f: Callable[..., Any]) -> Callable[..., Any]:
    if entry.operands == 1:
        return f
    other = (
        f"__{entry.names.operator}__"
        if entry.names.operator in COMPARISONS
        else f"__r{entry.names.operator}__"
    )

    def unusual(entry: Entry, operands: tuple[Any, ...]) -> Any:
        y = operands[1]
        if hasattr(y, "_mask"):
            refuse_subclass(y)
        if type(y) is int and y in entry.numbers.instead:
            return FUNCTIONS[entry.numbers.instead[y].name](operands[0])
        if not defers(y):
            return apply(entry, operands)
        if entry.names.operator in COMPARISONS and not (
            hasattr(type(y), "__array_ufunc__") or takes_over(y)
        ):
            known = getattr(type(y), REFLECTED[entry.names.operator])(y, operands[0])
            return (
                compared(entry.names.operator, operands[0], y) if known is NotImplemented else known
            )
        if takes_over(y):
            return ask(
                REFLECTED.get(entry.names.operator, other), (y,), f"{entry.name}()", operands[0]
            )
        return (
            NotImplemented
            if hasattr(y, other) or hasattr(y, "__array__")
            else apply(entry, operands)
        )

    out = (guarded if entry.numbers.guard else binary)(entry, unusual)
    describe(out, entry, f"__{entry.names.operator}__")
    return out


def compared(name: str, x: Tensor, y: Any) -> Tensor:
    """A comparison of each element with an object that knows nothing of tensors, as NumPy makes
    it."""
    own: Any = type(y).__eq__
    if name in ("eq", "ne") and (y is None or type(y) in (str, bytes) or own is object.__eq__):
        return full(x.shape, name == "ne")  # whatever the values are
    try:
        out = np.asarray(getattr(python, name)(x._array(), y))
    except TypeError as error:
        raise DTypeError(
            f"got an object of type {type(y).__name__} to compare with a tensor: {error}"
        ) from None
    except ValueError as error:
        raise ShapeError(
            f"got an object of type {type(y).__name__} to compare with a tensor: {error}"
        ) from None
    return as_operand(out.astype(np.bool_))


def defers(x: Any) -> bool:
    """Whether an operator leaves `x` to its own class: one that knows of arrays itself, or of which
    an array would lose something (masked arrays, ``np.matrix``), or that is no operand at all."""
    if isinstance(x, (Tensor, int, float, list, tuple, np.generic, SymbolicScalar)) or type(x) in (
        np.ndarray,
        np.memmap,
    ):
        return False
    protocol = getattr(type(x), "__array_ufunc__", False)
    return (
        protocol is not False
        or not hasattr(x, "__array__")
        or getattr(x, "__array_priority__", 0) > PRIORITY
    )


def _in_place(entry: Entry, f: Callable[..., Any]) -> Callable[..., Any]:
    def method(x: Tensor, y: Any, /) -> Tensor:
        try:
            out = f(x, y)
            if type(out) is not Tensor:  # `y` took the function over
                raise DTypeError(
                    f"got an operand of type {type(y).__name__} to write in place to a tensor, "
                    "expected a tensor, an "
                    "array or a number; pass its values: numpy.asarray(y)"
                )
            x._write(out, cast=False)
            return x
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    method.__name__, method.__qualname__ = (
        f"__i{entry.names.operator}__",
        f"Tensor.__i{entry.names.operator}__",
    )
    method.__doc__ = f"`{entry.name}`, written into this tensor."
    return method


install()
