"""Public functions made from the catalogue: one per entry, with the fast paths of recording.

The closures of `unary` and `binary` are the hot path of jitgrad: on a program seen before they do one
dictionary look-up and make one handle. Everything unusual (a first time, an array, a number of another kind)
goes to `apply`. Start there.
"""

from operator import index

import numpy as np

from ._docs import describe
from ._errors import ArgumentError, DTypeError
from ._foreign import PRIORITY, leave, refuse_subclass, takes_over
from .convert import as_operand, by_value, from_array
from .integers import settled
from .ir import Node, const
from .ops import REGISTRY, REQUIRED
from .ops.indexing import in_bounds
from .parameters import is_hashable, operands_by_name, statics_of
from .tape.execute import let_go, pause
from .tape.numbers import Number, kind_of
from .tape.segment import Head, grow, local
from .tape.tensors import enter, record, record_in, varies
from .tape.views import Step, aliases, make_view
from .tensor import Tensor, refuse_element

new = object.__new__
#: Operators that Python reflects into one another, and that cannot be written in place.
COMPARISONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge"))
#: Integers that a float holds exactly.
LIMIT = 1 << 53
#: Equal to integers that they are not in the place of.
FLOATS = frozenset((float, np.float64, np.float32))
#: Python's numbers; and operands that are no tensors and stay what they are.
NUMBERS = frozenset((int, float, bool))
PLAIN = NUMBERS | {Node, Number}
#: Checks indices that only a call knows.
BOUNDS = Head("in_bounds", 1, in_bounds)
#: Numbers that are part of the code, as nodes, by type and value.
_codes: dict = {}


def apply(entry, operands, statics=()):
    """Records one operation on tensors, arrays and numbers."""
    for x in operands:
        if type(x) is not Tensor and type(x) is not Number and takes_over(x):
            return leave(entry, operands, statics, x)
    for name, x in zip(entry.args, operands):
        if x is None and name not in entry.optional:
            raise DTypeError(
                f"got None as the operand {name} of {entry.name}(), expected a tensor, an array or a number"
            )
    if entry.host:
        x, values = as_operand(operands[0]), operands[1]
        refuse_subclass(values)
        operands = (x, _host(entry, x.shape, values, statics), *operands[2:])
    operands = tuple(_operand(x) for x in operands)
    if Number in map(type, operands):
        operands = _with_numbers(operands)
    if not any(isinstance(x, Tensor) for x in operands):
        operands = (as_operand(operands[0]), *operands[1:]) if type(operands[0]) in (int, float, bool) else operands
    if int in map(type, operands):
        operands = settled(entry, operands)
    if entry.guard and float not in map(kind_of, operands):
        operands = tuple(x.look() if type(x) is Number and x.kind is int else x for x in operands)
        entry.guard(*operands)
    if entry.codes and type(operands[1]) in (int, float) and operands[1] in entry.codes:
        operands = (operands[0], _code(operands[1]))
    statics = tuple(tuple(s) if type(s) is list else s for s in statics)
    if entry.view:
        return view(entry, operands[0], statics)
    tensors = [x for x in operands if isinstance(x, Tensor)]
    numbers = [x for x in operands if kind_of(x) in NUMBERS]

    def key(*states):
        places = iter(states)
        return (
            entry,
            *(next(places) if isinstance(x, Tensor) else kind_of(x) if kind_of(x) in NUMBERS else x for x in operands),
            *statics,
        )

    return record(key, tensors, numbers)


def _host(entry, shape, values, statics):
    """The second operand of an entry that checks it by value: now, or in each call where a recording cannot see it."""
    if not isinstance(values, Tensor):
        array = entry.host(shape, by_value(values), *statics)
    elif varies(values) and entry.along:
        n, axis = entry.along(shape, values.shape, *statics)
        return record(lambda state: (BOUNDS, state, n, axis), (values,))
    else:
        array = entry.host(shape, values._array(), *statics)
    return from_array(np.ascontiguousarray(array) if array.ndim else array, array.dtype)


def _with_numbers(operands):
    """`operands` with numbers of a recording as floats, or as the integers they are beside a tensor of integers."""
    tensors = [x for x in operands if isinstance(x, Tensor)]
    if not tensors:
        return (operands[0].tensor() if type(operands[0]) is Number else as_operand(operands[0]), *operands[1:])
    whole = any(t._state.integer for t in tensors)
    return tuple(
        x if type(x) is not Number else x.look() if whole and x.kind is int else x.as_float() for x in operands
    )


def view(entry, x, statics, copies=True):
    """A view of `x`, or a copy where NumPy makes one; None without `copies`."""
    step = Step(entry, statics)
    if aliases(x, step, entry.view):
        return make_view(x, step)
    return step(x) if copies else None


def _operand(x):
    if isinstance(x, Tensor) or x is None or type(x) in PLAIN:
        return x
    return as_operand(x)


def _code(value):
    key = (type(value), value)
    node = _codes.get(key)
    if node is None:
        node = _codes[key] = const(value)
    return node


def apply_sequence(entry, xs, statics):
    try:
        xs = list(xs)
    except TypeError:
        raise ArgumentError(
            f"got {entry.name}() of type {type(xs).__name__}, expected a sequence of tensors; pass [x, y]"
        ) from None
    for x in xs:
        if type(x) is not Tensor and type(x) is not Number and takes_over(x):
            return leave(entry, (xs,), statics, x)
    xs = [as_operand(x) for x in xs]
    return record(lambda *states: (entry, states, *statics), xs)


def unary(entry):
    """The function of an entry with one operand and no parameters."""

    def function(x, /):
        if type(x) is not Tensor:
            return apply(entry, (x,))
        seg = local.seg
        if x._seg is seg:
            key = (entry, x._state)
        else:
            key = (entry, enter(x, seg))
            if key[1] is None:
                return function(x)
        before = seg.state
        try:
            state = before.next[key]
        except KeyError:
            if (state := grow(seg, before, key)) is None:
                return function(x)
        out = new(Tensor)
        out._seg = seg
        out._state = state
        out._value = out._edge = out._x = None
        try:
            if seg.state is not before:  # it is recorded again: see `segment`
                return function(x)
            seg.handles[state.slot] = out
            seg.state = state
        except IndexError:
            seg.widen()
            return function(x)
        if state.pause:
            pause(seg)
        return out

    return function


def binary(entry, unusual=apply, taken=Tensor):
    """The function of an entry with two operands and no parameters; `unusual` takes what is not of the class `taken`,
    and no number."""
    codes = entry.codes

    def function(x, y, /):
        if type(x) is not Tensor:
            return apply(entry, (x, y))
        seg = local.seg
        if x._seg is seg:
            state = x._state
        else:
            if (state := enter(x, seg)) is None:
                return function(x, y)
        kind = type(y)
        if kind is taken:
            if y._seg is seg:
                key = (entry, state, y._state)
            else:
                key = (entry, state, enter(y, seg))
                if key[2] is None:
                    return function(x, y)
        elif codes and (kind is float or kind is int) and y in codes and not state.integer:
            kind, key = Tensor, (entry, state, _code(y))
        elif kind is float:
            key = (entry, state, float)
        elif kind is int and not state.integer and -LIMIT <= y <= LIMIT:
            y = float(y)  # 2 and 2.0 are one program
            key = (entry, state, float)
        else:
            try:
                return unusual(entry, (x, y))
            except Exception:
                let_go(seg)  # of `x`
                raise
        before = seg.state
        try:
            state = before.next[key]
        except KeyError:
            if (state := grow(seg, before, key)) is None:
                return function(x, y)
        out = new(Tensor)
        out._seg = seg
        out._state = state
        out._value = out._edge = out._x = None
        try:
            if seg.state is not before:  # it is recorded again: see `segment`
                return function(x, y)
            if kind is not Tensor:
                seg.numbers[before.numbers] = y
            seg.handles[state.slot] = out
            seg.state = state
        except IndexError:
            seg.widen()
            return function(x, y)
        if state.pause:
            pause(seg)
        return out

    return function


def guarded(entry, unusual=apply):
    """`binary`, for an entry that is asked before integers meet integers."""
    plain = binary(entry, unusual)

    def asked(entry, operands):
        x, y = operands
        return plain(x, y) if type(y) is Tensor and not y._state.integer else unusual(entry, operands)

    return binary(entry, asked, taken=None)


def reflected(entry):
    """The operator of an entry with the operands the other way round: `x` is the tensor, `y` stands before it."""

    def operator(x, y, /):
        kind = type(y)
        if kind is not float and not (kind is int and not x._state.integer and -LIMIT <= y <= LIMIT):
            return NotImplemented if defers(y) and hasattr(y, "__array__") else apply(entry, (y, x))
        seg = local.seg
        if (state := x._state if x._seg is seg else enter(x, seg)) is None:
            return operator(x, y)
        y = float(y)  # 2 and 2.0 are one program
        key, before = (entry, float, state), seg.state
        try:
            state = before.next[key]
        except KeyError:
            if (state := grow(seg, before, key)) is None:
                return operator(x, y)
        out = new(Tensor)
        out._seg = seg
        out._state = state
        out._value = out._edge = out._x = None
        try:
            if seg.state is not before:
                return operator(x, y)
            seg.numbers[before.numbers] = y
            seg.handles[state.slot] = out
            seg.state = state
        except IndexError:
            seg.widen()
            return operator(x, y)
        if state.pause:
            pause(seg)
        return out

    operator.__name__, operator.__qualname__ = f"__r{entry.operator}__", f"Tensor.__r{entry.operator}__"
    operator.__doc__ = f"`{entry.name}` of the other operand and this tensor."
    return operator


def general(entry):
    """The function of an entry with parameters, in NumPy's calling form; `dim`, `keepdim` are understood too.

    Parameters given before are known by a look-up: `known` has what they stand for.
    """
    names, n = list(entry.params), entry.operands or 1
    known, defaults = {}, tuple(entry.params.values())
    if REQUIRED not in defaults:
        known[((),)] = defaults
    quick = entry.operands is not None and not entry.view and not entry.host and not entry.codes

    def function(*args, **kwargs):
        given = (*args[n:], *kwargs.values())
        try:
            statics = known[(given, *kwargs)] if len(args) >= n and FLOATS.isdisjoint(map(type, given)) else None
        except (KeyError, TypeError):
            statics = None
        if statics is None:
            return slow(args, kwargs)
        if entry.view and type(args[0]) is Tensor:
            return view(entry, args[0], statics)
        return record_quickly(entry, args[:n], statics) if quick else apply_any(entry, args[:n], statics)

    def slow(args, kwargs):
        if len(args) < n:
            args = operands_by_name(entry, args, kwargs, n)
        statics = statics_of(entry, names, args[n:], kwargs)
        given = (*args[n:], *kwargs.values())
        if "out" in kwargs:
            out = kwargs["out"]
            result = apply_any(entry, args[:n], statics)
            return result if out is None else out.copy_(result)
        if FLOATS.isdisjoint(map(type, given)) and is_hashable(given) and len(known) < 1000:
            known[(given, *kwargs)] = statics
        return apply_any(entry, args[:n], statics)

    return function


def record_quickly(entry, operands, statics):
    """`apply`, for tensors and plain numbers."""
    seg, key, numbers = local.seg, [entry], []
    for x in operands:
        kind = type(x)
        if kind is Tensor:
            key.append(x._state if x._seg is seg else enter(x, seg))
            if key[-1] is None:
                return apply(entry, operands, statics)
        elif kind is float and key[-1] is not entry:
            key.append(kind)
            numbers.append(x)
        else:
            try:
                return apply(entry, operands, statics)
            except Exception:
                let_go(seg)  # of the operands before
                raise
    out = record_in(seg, (*key, *statics), numbers)
    return apply(entry, operands, statics) if out is None else out


def apply_any(entry, operands, statics):
    if entry.operands is None:
        return apply_sequence(entry, operands[0], statics)
    return apply(entry, operands, statics)


def make(entry):
    if entry.operands == 1 and not entry.params and not entry.view:
        out = unary(entry)
    elif entry.operands == 2 and not entry.params:
        out = guarded(entry) if entry.guard else binary(entry)
    else:
        out = general(entry)
    describe(out, entry)
    return out


FUNCTIONS = {entry.name: make(entry) for entry in REGISTRY.values()}


def _install():
    for entry in REGISTRY.values():
        f = FUNCTIONS[entry.name]
        if entry.operator:
            setattr(Tensor, f"__{entry.operator}__", _operator(entry, f))
            if entry.operands == 2 and entry.operator not in COMPARISONS:
                setattr(Tensor, f"__r{entry.operator}__", reflected(entry))
                setattr(Tensor, f"__i{entry.operator}__", _in_place(entry, f))
        method = _spread(entry, f) if entry.spread else f
        if entry.method and entry.operands is not None:
            for name in (entry.name, *entry.aliases, *entry.methods):
                if not hasattr(Tensor, name):
                    setattr(Tensor, name, method)
        for name in entry.properties:
            setattr(Tensor, name, property(f, doc=entry.doc))
        if entry.in_place:
            setattr(Tensor, entry.in_place, _in_place_method(entry, f))
    Tensor.__hash__ = object.__hash__


def _spread(entry, f):
    """The method of an entry with a parameter whose values may be given one by one, as in ``x.reshape(2, 3)``."""
    default = entry.params[entry.spread]

    def method(x, /, *values, **kwargs):
        if not values and kwargs:
            return f(x, **kwargs)
        if len(values) == 1 and (values[0] is None or isinstance(values[0], (tuple, list, range, np.ndarray))):
            values = values[0]
        elif not values:
            values = () if default is REQUIRED else default
        return f(x, whole(values), **kwargs)

    describe(method, entry, spread=True)
    return method


def whole(values):
    """Numbers that mean lengths or axes as Python integers; others are left for the operation to refuse."""
    try:
        return values if values is None else tuple(map(index, by_value(values)))
    except TypeError:
        return values


def _in_place_method(entry, f):
    def method(x, *args):
        refuse_element(x, f"{entry.in_place}()")
        x._write(f(x, *args), cast=False)
        return x

    method.__name__, method.__qualname__ = entry.in_place, f"Tensor.{entry.in_place}"
    method.__doc__ = f"`{entry.name}`, written into this tensor."
    return method


def _operator(entry, f):
    if entry.operands == 1:
        return f
    other = f"__{entry.operator}__" if entry.operator in COMPARISONS else f"__r{entry.operator}__"

    def unusual(entry, operands):
        y = operands[1]
        if hasattr(y, "_mask"):
            refuse_subclass(y)
        if type(y) is int and y in entry.instead:
            return FUNCTIONS[entry.instead[y].name](operands[0])
        leave = defers(y) and (hasattr(y, other) or hasattr(y, "__array__"))
        return NotImplemented if leave else apply(entry, operands)

    out = (guarded if entry.guard else binary)(entry, unusual)
    describe(out, entry, f"__{entry.operator}__")
    return out


def defers(x):
    """Whether an operator leaves `x` to its own class: one that knows of arrays itself, or of which an array would lose
    something (masked arrays, ``np.matrix``), or that is no operand at all."""
    if isinstance(x, (Tensor, int, float, list, tuple, np.generic, Number)) or type(x) in (np.ndarray, np.memmap):
        return False
    protocol = getattr(type(x), "__array_ufunc__", False)
    return protocol is not False or not hasattr(x, "__array__") or getattr(x, "__array_priority__", 0) > PRIORITY


def _in_place(entry, f):
    def method(x, y, /):
        out = f(x, y)
        if type(out) is not Tensor:  # `y` took the function over
            raise DTypeError(
                f"got an operand of type {type(y).__name__} to write in place to a tensor, expected a tensor, an array "
                "or a number; pass its values: numpy.asarray(y)"
            )
        x._write(out, cast=False)
        return x

    method.__name__, method.__qualname__ = f"__i{entry.operator}__", f"Tensor.__i{entry.operator}__"
    method.__doc__ = f"`{entry.name}`, written into this tensor."
    return method


_install()
NAMES = {
    alias: f for name, f in FUNCTIONS.items() if REGISTRY[name].public for alias in (name, *REGISTRY[name].aliases)
}
