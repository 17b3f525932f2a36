"""Public functions made from the catalogue: one per entry, with the fast paths of recording.

What follows what came last is recorded by machine code, once it is there
(`jitgrad.tape.machine_records`), which each of these functions asks first. What was seen before is
one look-up (`record_in`); everything unusual (an array, a number of another kind) goes to `apply`.
Start there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import ArgumentError, DTypeError, JitgradError
from ..base.foreign import leave, refuse_subclass, takes_over
from ..base.surface import trimmed
from ..ir import Node, const
from ..ops import REGISTRY, REQUIRED
from ..ops.indexing import in_bounds
from ..tape.execute import let_go
from ..tape.handles import varies
from ..tape.keys import Opcode
from ..tape.machine_records import records
from ..tape.record import enter, record, record_in
from ..tape.segment import UNKNOWN, local
from ..tape.symbols import SymbolicScalar, kind_of
from ..tape.views import ViewStep, aliases, forms, view_of
from .binding import is_exact, is_hashable, operands_by_name, statics_of
from .convert import SCALARS, as_operand, by_value, from_array, put_together, quick_operand
from .docs import describe
from .integers import settled
from .masked_selection import Functions, MaskedSelection, applied
from .tensor import Tensor
from .turn_numbers import TurnNumber, beside

if TYPE_CHECKING:
    from ..ops import Entry

#: Integers that a float holds exactly.
LIMIT = 1 << 53
#: Classes of floats, which as part of a key would be found for the integers that they equal.
FLOATS = frozenset((float, np.float64, np.float32))
TENSORS = frozenset((Tensor,))
#: Python's numbers; and operands that are no tensors and stay what they are.
NUMBERS = frozenset((int, float, bool, complex))
PLAIN = NUMBERS | {Node, SymbolicScalar}
#: Classes of operands that no other library takes over.
OURS = frozenset((Tensor, SymbolicScalar, TurnNumber))
#: What `quick_operand` is asked for; not where operands are checked by value.
QUICK = frozenset((np.ndarray, *SCALARS))
#: Checks indices whose values are known only when a traced function is called.
BOUNDS = Opcode("in_bounds", 1, in_bounds)
#: Numbers that are part of the code, as nodes, by type and value.
_codes: dict = {}


def apply(entry: Entry, operands: tuple[Any, ...], statics: tuple[Any, ...] = ()) -> Any:
    """Records one operation on tensors, arrays and numbers."""
    for x in operands:
        if type(x) not in OURS and takes_over(x):
            return _taken_over(entry, operands, statics, x)
    for name, x in zip(entry.names.args, operands):
        if x is None and name not in entry.names.optional:
            raise DTypeError(
                f"got None as the operand {name} of {entry.name}(), expected a tensor, an array "
                "or a number"
            )
    if entry.indices:
        x, values = as_operand(operands[0]), operands[1]
        refuse_subclass(values)
        operands = (x, _host(entry, x.shape, values, statics), *operands[2:])
    if entry.numbers.codes:
        operands = _with_code(entry, *operands)
    operands = tuple(_operand(x) for x in operands)
    if TurnNumber in map(type, operands):
        operands = beside(operands)
    if SymbolicScalar in map(type, operands):
        operands = _with_numbers(operands)
    if not any(isinstance(x, Tensor) for x in operands):
        operands = (
            (as_operand(operands[0]), *operands[1:]) if type(operands[0]) in NUMBERS else operands
        )
    if int in map(type, operands):
        operands = settled(entry, operands)
    if entry.numbers.guard and float not in map(kind_of, operands):
        operands = tuple(
            x.concrete_value() if type(x) is SymbolicScalar and x.kind is int else x
            for x in operands
        )
        entry.numbers.guard(*operands)
    if (
        entry.numbers.codes
        and type(operands[1]) in (int, float)
        and operands[1] in entry.numbers.codes
    ):
        operands = (operands[0], _code(operands[1]))
    statics = tuple(tuple(s) if type(s) is list else s for s in statics)
    if entry.view:
        return view(entry, operands[0], forms(entry, statics))
    tensors = [x for x in operands if isinstance(x, Tensor)]
    numbers = [x for x in operands if kind_of(x) in NUMBERS]

    def key(*states: Any) -> tuple[Any, ...]:
        rest = iter(states)
        return (
            entry,
            *(
                next(rest) if isinstance(x, Tensor) else kind_of(x) if kind_of(x) in NUMBERS else x
                for x in operands
            ),
            *statics,
        )

    return record(key, tensors, numbers)


def _taken_over(entry: Entry, operands: Any, statics: tuple[Any, ...], x: Any) -> Any:
    if type(x) is MaskedSelection:
        return applied(apply, entry, operands, statics)
    return leave(entry, operands, statics, x)


def _host(entry: Entry, shape: tuple[int, ...], values: Any, statics: tuple[Any, ...]) -> Tensor:
    """The second operand of an entry that checks it by value: now, or, where they are
    unknown in a trace, in each call."""
    if not isinstance(values, Tensor):
        array = entry.indices.check(shape, by_value(values), *statics)
    elif varies(values) and entry.indices.axis:
        n, axis = entry.indices.axis(shape, values.shape, *statics)
        return record(lambda state: (BOUNDS, state, n, axis), (values,))
    else:
        array = entry.indices.check(shape, values._array(), *statics)
    return from_array(np.ascontiguousarray(array) if array.ndim else array, array.dtype)


def _with_numbers(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """`operands` with the symbolic scalars of a trace as floats, or as the integers they are beside
    a tensor of integers."""
    tensors = [x for x in operands if isinstance(x, Tensor)]
    if not tensors:
        return (
            operands[0].tensor()
            if type(operands[0]) is SymbolicScalar
            else as_operand(operands[0]),
            *operands[1:],
        )
    whole = any(t._state.integer for t in tensors)
    return tuple(
        x
        if type(x) is not SymbolicScalar
        else x.concrete_value()
        if whole and x.kind is int
        else x.as_float()
        for x in operands
    )


def view(entry: Entry, x: Tensor, forms: tuple[ViewStep, ViewStep], copies: bool = True) -> Any:
    """A view of `x`, or a copy where NumPy makes one; None without `copies`."""
    step = forms[local.seg.state.grad]
    if aliases(x, step, entry.view.when):
        return view_of(x, forms)
    return step(x) if copies else None


def _with_code(entry: Entry, x: Any, y: Any) -> tuple[Any, Any]:
    """The operands, where `y` is a scalar of NumPy that would be code as Python's number: then
    that, beside a float `x` of the dtype that both have together."""
    if (
        type(x) is not Tensor
        or not isinstance(y, (np.generic, np.ndarray))
        or y.ndim
        or y.dtype.kind not in "iuf"
    ):
        return x, y
    dtype = np.result_type(x.dtype, y.dtype)
    value = by_value(y).item()
    if (
        value not in entry.numbers.codes
        or x.dtype.kind != "f"
        or dtype not in (np.float64, np.float32)
    ):
        return x, y
    return x if dtype == x.dtype else x.to(dtype), value


def _operand(x: Any) -> Any:
    if isinstance(x, Tensor) or x is None or type(x) in PLAIN:
        return x
    return as_operand(x)


def _code(value: float) -> Node:
    key = (type(value), value)
    node = _codes.get(key)
    if node is None:
        node = _codes[key] = const(value)
    return node


def apply_sequence(entry: Entry, xs: Any, statics: tuple[Any, ...]) -> Any:
    try:
        xs = list(xs)
    except TypeError:
        raise ArgumentError(
            f"got {entry.name}() of type {type(xs).__name__}, expected a sequence of tensors; "
            "pass [x, y]"
        ) from None
    for x in () if set(map(type, xs)) == {Tensor} else xs:
        if type(x) not in OURS and takes_over(x):
            return leave(entry, (xs,), statics, x)
    return put_together(entry, xs, *statics)


def unary(entry: Entry) -> Callable[..., Any]:
    """The function of an entry with one operand and no parameters."""

    def function(x: Any, /) -> Any:
        if (one := records.one) is not None and (out := one(entry, x)) is not None:
            return out
        try:
            if type(x) is not Tensor:
                return apply(entry, (x,))
            seg = local.seg
            state = x._state if x._seg is seg else enter(x, seg)
            out = None if state is None else record_in(seg, (entry, state))
            return function(x) if out is None else out
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    return function


def plain_number(y: Any, other: Any) -> float | None:
    """The float that `y` is in a record beside a tensor of the state `other`; None if it is no such
    number. So 2 and 2.0 are one program."""
    kind = type(y)
    if kind is float:
        return y
    if kind is int and not other.integer and -LIMIT <= y <= LIMIT:
        return y + 0.0
    return None


def binary(
    entry: Entry, unusual: Callable[..., Any] = apply, taken: type | None = Tensor
) -> Callable[..., Any]:
    """The function of an entry with two operands and no parameters; `unusual` takes what is not of
    the class `taken`, and no number."""
    recorded = _of_two(entry, unusual, taken)
    #: The class of numbers that no value of makes another program.
    number = None if entry.numbers.codes else float
    paired = entry.indices is None and taken is Tensor
    arrays = QUICK if entry.indices is None else frozenset()

    def function(x: Any, y: Any, /) -> Any:
        try:
            if paired and (pair := records.pair) is not None:
                out = pair(entry, x, y, number)
                if out is not None:
                    return out
            if type(x) is Tensor:
                return recorded(x, y)
            quick = quick_operand(x, y) if type(x) in arrays else None
            if type(quick) is Tensor:
                return function(quick, y)
            return apply(entry, (x if quick is None else quick, y))
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    return function


def _of_two(
    entry: Entry, unusual: Callable[..., Any], taken: type | None
) -> Callable[[Tensor, Any], Any]:
    """What records an entry of a tensor and something else, as `binary` has them."""
    codes = entry.numbers.codes
    arrays = QUICK if entry.indices is None else frozenset()

    def recorded(x: Tensor, y: Any) -> Any:
        kind, seg = type(y), local.seg
        if (first := x._state if x._seg is seg else enter(x, seg)) is None:
            return recorded(x, y)
        key: tuple[Any, ...]
        given: Any = UNKNOWN
        numbers: tuple[Any, ...] = ()
        if kind is taken:
            key = (entry, first, y._state if y._seg is seg else enter(y, seg))
        elif kind is float and not codes:
            key, given, numbers = (entry, first, float), y, (y,)
        elif codes and (kind is float or kind is int) and y in codes and not first.integer:
            key, given = (entry, first, _code(y)), y
        elif (plain := plain_number(y, first)) is not None:
            key, given, numbers = (entry, first, float), y, (plain,)
        elif kind is complex:
            key, numbers = (entry, first, complex), (y,)
        else:
            try:
                quick = quick_operand(y, x) if kind in arrays else None
                return unusual(entry, (x, y)) if quick is None else recorded(x, quick)
            except Exception:
                let_go(seg)  # of `x`
                raise
        out = None if key[2] is None else record_in(seg, key, numbers)
        if out is None:
            return recorded(x, y)
        out._state.given = given
        return out

    return recorded


def guarded(entry: Entry, unusual: Callable[..., Any] = apply) -> Callable[..., Any]:
    """`binary`, for an entry that is asked before integers meet integers."""
    plain = binary(entry, unusual)

    def asked(entry: Entry, operands: tuple[Any, Any]) -> Any:
        x, y = operands
        return (
            plain(x, y) if type(y) is Tensor and not y._state.integer else unusual(entry, operands)
        )

    return binary(entry, asked, taken=None)


class Bindings:
    """The arguments of calls of an entry, bound to its parameters once.

    `known` maps the arguments that were given, as they were given, to what `bound` makes of the
    values of all parameters; `plain` is that of a call with operands alone, or None."""

    __slots__ = ("entry", "names", "known", "plain", "bound")

    def __init__(self, entry: Entry, bound: Callable[[tuple[Any, ...]], Any]) -> None:
        self.entry, self.names, self.bound = entry, list(entry.params), bound
        self.known: dict[tuple[Any, ...], Any] = {}
        defaults = tuple(entry.params.values())
        self.plain = None if REQUIRED in defaults else bound(defaults)

    def find(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the arguments after `args` that are operands were bound to; None if they were not
        yet."""
        n = self.entry.operands or 1
        try:
            if len(args) < n:
                return None
            if not kwargs:
                if len(args) == n:
                    return self.plain
                if len(args) == n + 1:
                    value = args[n]
                    kind = type(value)
                    return self.known[value, kind] if kind is not tuple or is_exact(value) else None
            elif len(kwargs) == 1 and len(args) == n:
                for name, value in kwargs.items():
                    return self.known[name, value, type(value)] if is_exact(value) else None
            given = (*args[n:], *kwargs.values())
            if not all(map(is_exact, given)):
                return None
            return self.known[(given, *kwargs, *map(type, given))]
        except (KeyError, TypeError):  # not yet, or not to be looked up
            return None

    def keep(self, given: tuple[Any, ...], names: tuple[str, ...], statics: Any) -> None:
        """What `find` is to find for arguments, of which the last ones are given by `names`."""
        if len(given) == 1:
            key: tuple[Any, ...] = (*names, given[0], type(given[0]))
        else:
            key = (given, *names, *map(type, given))
        self.known[key] = self.bound(statics)

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call whose arguments are not `known`."""
        entry = self.entry
        n = entry.operands or 1
        if len(args) < n:
            args = operands_by_name(entry, args, kwargs, n)
        statics = statics_of(entry, self.names, args[n:], kwargs)
        given = (*args[n:], *kwargs.values())
        if "out" in kwargs:
            out = kwargs["out"]
            result = apply_any(entry, args[:n], statics)
            return result if out is None else out.copy_(result)
        if FLOATS.isdisjoint(map(type, given)) and is_hashable(given) and len(self.known) < 1000:
            self.keep(given, tuple(kwargs), statics)
        return apply_any(entry, args[:n], statics)


def _with_statics(x: Tensor, entry: Entry, statics: tuple[Any, ...], given: Any) -> Any:
    """The record of an entry of a tensor with known parameters, to which `given` led."""
    seg = local.seg
    first = x._state if x._seg is seg else enter(x, seg)
    out = None if first is None else record_in(seg, (entry, first, *statics))
    if out is None:
        return _with_statics(x, entry, statics, given)
    out._state.given = given  # by which machine code finds it the next time
    return out


def parametric(entry: Entry) -> Callable[..., Any]:
    """The function of an entry with one operand and parameters, in NumPy's calling form; `dim`,
    `keepdim` are understood too."""
    bindings = Bindings(entry, lambda statics: statics)
    find = bindings.find

    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            given: Any = UNKNOWN
            if not kwargs and 1 <= len(args) <= 2:
                given, again = args[1] if len(args) == 2 else entry, records.given
                if again is not None and (out := again(entry, args[0], given)) is not None:
                    return out
            statics = find(args, kwargs)
            if statics is None:
                return bindings.call(args, kwargs)
            if given is UNKNOWN:  # of other arguments, what they were bound to is one object
                given, again = statics, records.given
                if again is not None and (out := again(entry, args[0], given)) is not None:
                    return out
            if type(args[0]) is not Tensor:
                return apply(entry, args[:1], statics)
            return _with_statics(args[0], entry, statics, given)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    return function


def viewing(entry: Entry) -> Callable[..., Any]:
    """The function of an entry whose results are views."""
    bindings = Bindings(entry, lambda statics: forms(entry, statics))
    find, always = bindings.find, entry.view.when == "always"

    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            given: Any = UNKNOWN
            if len(args) == 2 and not kwargs:
                given, again = args[1], records.given
                if again is not None and (out := again(entry, *args)) is not None:
                    return out
            steps = find(args, kwargs)
            if steps is None:
                return bindings.call(args, kwargs)
            x = args[0]
            if type(x) is not Tensor:
                return apply(entry, (x,), steps[0].statics)
            if always or x._x is None or x._x.parent is None:
                return view_of(x, steps, (), given)
            return view(entry, x, steps)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    return function


def general(entry: Entry) -> Callable[..., Any]:
    """The function of an entry with several operands and parameters."""
    bindings, n = Bindings(entry, lambda statics: statics), entry.operands or 1
    find, plain = bindings.find, bindings.plain
    quick = entry.operands is not None and not entry.indices and not entry.numbers.codes

    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            statics = plain if len(args) == n and not kwargs else find(args, kwargs)
            if statics is None:
                return bindings.call(args, kwargs)
            return (
                record_quickly(entry, args[:n], statics)
                if quick
                else apply_any(entry, args[:n], statics)
            )
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    return function


def record_quickly(entry: Entry, operands: tuple[Any, ...], statics: tuple[Any, ...]) -> Any:
    """`apply`, for tensors and plain numbers."""
    seg = local.seg
    key: tuple[Any, ...] = (entry,)
    numbers: tuple[float, ...] = ()
    for x in operands:
        kind = type(x)
        if kind is Tensor:
            state = x._state if x._seg is seg else enter(x, seg)
            if state is None:
                return record_quickly(entry, operands, statics)
            key += (state,)
        elif kind is float and len(key) > 1:
            key += (kind,)
            numbers += (x,)
        else:
            try:
                return apply(entry, operands, statics)
            except Exception:
                let_go(seg)  # of the operands before
                raise
    out = record_in(seg, key + statics, numbers)
    return record_quickly(entry, operands, statics) if out is None else out


def apply_any(entry: Entry, operands: tuple[Any, ...], statics: tuple[Any, ...]) -> Any:
    if entry.operands is None:
        return apply_sequence(entry, operands[0], statics)
    return apply(entry, operands, statics)


def make(entry: Entry) -> Callable[..., Any]:
    if entry.operands == 1 and not entry.params and not entry.view:
        out = unary(entry)
    elif entry.operands == 2 and not entry.params:
        out = guarded(entry) if entry.numbers.guard else binary(entry)
    elif entry.view:
        out = viewing(entry)
    elif entry.operands == 1 and not entry.indices and not entry.numbers.codes:
        out = parametric(entry)
    else:
        out = general(entry)
    describe(out, entry)
    return out


FUNCTIONS = {entry.name: make(entry) for entry in REGISTRY.values()}
Functions.by_name = FUNCTIONS


NAMES = {
    alias: f
    for name, f in FUNCTIONS.items()
    if REGISTRY[name].public and not REGISTRY[name].names.home
    for alias in (name, *REGISTRY[name].names.aliases)
}
