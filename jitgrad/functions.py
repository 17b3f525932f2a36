"""Public functions made from the catalogue: one per entry, with the fast paths of recording.

The closures of `unary` and `binary` are the hot path of jitgrad: on a program seen before they do one dictionary look-up
and make one handle. Everything unusual (a first time, an array, a number of another kind) goes to `apply`. Start there.
"""

import numpy as np

from ._errors import ArgumentError
from .convert import as_operand
from .ir import const
from .ops import REGISTRY, REQUIRED
from .tape.execute import flush
from .tape.segment import grow, local
from .tape.tensors import enter, make_view, record
from .tensor import Tensor

new = object.__new__
#: Numbers that are part of the code, as nodes, by type and value.
_codes: dict = {}


def apply(entry, operands, statics=()):
    """Records one operation on tensors, arrays and numbers."""
    if entry.codes and type(operands[1]) in (int, float) and operands[1] in entry.codes:
        operands = (as_operand(operands[0]), _code(operands[1]))
    if entry.host:
        x, values = as_operand(operands[0]), operands[1]
        values = values._array() if isinstance(values, Tensor) else values
        operands = (x, as_operand(entry.host(x.shape, values, *statics)))
    operands = tuple(_operand(x) for x in operands)
    if not any(isinstance(x, Tensor) for x in operands):
        operands = (as_operand(operands[0]), *operands[1:]) if type(operands[0]) in (int, float, bool) else operands
    statics = tuple(tuple(s) if type(s) is list else s for s in statics)
    tensors = [x for x in operands if isinstance(x, Tensor)]
    numbers = [x for x in operands if type(x) in (int, float, bool)]
    _check_integers(numbers, tensors)

    def key():
        return (
            entry,
            *(x._state if isinstance(x, Tensor) else type(x) if type(x) in (int, float, bool) else x for x in operands),
            *statics,
        )

    out = record(key, tensors, numbers)
    return make_view(out, operands[0], lambda x: apply(entry, (x,), statics)) if entry.view else out


def _operand(x):
    if isinstance(x, Tensor) or x is None or type(x) in (int, float, bool) or type(x).__name__ == "Node":
        return x
    return as_operand(x)


def _code(value):
    key = (type(value), value)
    node = _codes.get(key)
    if node is None:
        node = _codes[key] = const(value)
    return node


def _check_integers(numbers, tensors):
    for n in numbers:
        if type(n) is int and not -(1 << 63) <= n < 1 << 63:
            raise ArgumentError(f"got the integer {n}, which does not fit int64; pass a float")
        if type(n) is int:
            for t in tensors:
                if (
                    t._state.integer
                    and t.dtype.kind in "iu"
                    and not np.iinfo(t.dtype).min <= n <= np.iinfo(t.dtype).max
                ):
                    raise ArgumentError(
                        f"got the integer {n}, which does not fit the tensor's dtype {t.dtype}; convert the tensor with .astype first"
                    )


def apply_sequence(entry, xs, statics):
    xs = [as_operand(x) for x in xs]
    return record(lambda: (entry, tuple(x._state for x in xs), *statics), xs)


def unary(entry):
    """The function of an entry with one operand and no parameters."""

    def function(x, /):
        if type(x) is not Tensor:
            return apply(entry, (x,))
        seg = local.seg
        if x._seg is not seg:
            enter(x)
            seg = local.seg
        key = (entry, x._state)
        try:
            state = seg.state.next[key]
        except KeyError:
            state = grow(seg, key)
        out = new(Tensor)
        out._seg = seg
        out._state = state
        out._data = out._edge = out._x = None
        seg.state = state
        seg.handles.append(out)
        if state.full:
            flush(seg)
        return out

    return function


def binary(entry):
    """The function of an entry with two operands and no parameters."""
    codes = entry.codes

    def function(x, y, /):
        if type(x) is not Tensor:
            return apply(entry, (x, y))
        seg = local.seg
        if x._seg is not seg:
            enter(x)
            seg = local.seg
        kind = type(y)
        if kind is Tensor:
            if y._seg is not seg:
                enter(y)
                if local.seg is not seg:
                    return apply(entry, (x, y))
            key = (entry, x._state, y._state)
        elif codes and (kind is float or kind is int) and y in codes:
            kind, key = Tensor, (entry, x._state, _code(y))
        elif kind is float or (kind is int and not x._state.integer and -9007199254740992 <= y <= 9007199254740992):
            key = (entry, x._state, kind)
        else:
            return apply(entry, (x, y))
        try:
            state = seg.state.next[key]
        except KeyError:
            state = grow(seg, key)
        if kind is not Tensor:
            seg.numbers.append(y)
        out = new(Tensor)
        out._seg = seg
        out._state = state
        out._data = out._edge = out._x = None
        seg.state = state
        seg.handles.append(out)
        if state.full:
            flush(seg)
        return out

    return function


def general(entry):
    """The function of an entry with parameters, in NumPy's calling form; `dim`, `keepdim` are understood too."""
    names, n = list(entry.params), entry.operands or 1

    def function(*args, **kwargs):
        if len(args) < n:
            args = _by_name(entry, args, kwargs, n)
        if len(args) == n and not kwargs and not any(v is REQUIRED for v in entry.params.values()):
            statics = defaults
        else:
            statics = _statics(entry, names, args[n:], kwargs)
        if entry.operands is None:
            return apply_sequence(entry, args[0], statics)
        out = kwargs.get("out")
        result = apply(entry, args[:n], statics)
        return result if out is None else out.copy_(result)

    defaults = tuple(entry.params.values())
    return function


_SPELLINGS = {"dim": "axis", "keepdim": "keepdims", "dims": "axis", "unbiased": "ddof"}


def _by_name(entry, args, kwargs, n):
    args = list(args)
    for name in list(entry.args)[len(args) : n]:
        if name in kwargs:
            args.append(kwargs.pop(name))
        elif entry.name == "clip":
            args.append(kwargs.pop(f"a_{name}", None))
        else:
            raise ArgumentError(f"{entry.name}() got {len(args)} operands, expected {n}: {', '.join(entry.args[:n])}")
    return tuple(args)


def _statics(entry, names, given, kwargs):
    values = dict(entry.params)
    if len(given) > len(names):
        raise ArgumentError(
            f"{entry.name}() got {len(given)} parameters, expected at most {len(names)}: {', '.join(names)}"
        )
    values.update(zip(names, given))
    for name, value in kwargs.items():
        name = name if name in values else _SPELLINGS.get(name, name)
        if name == "out":
            continue
        if name not in values:
            raise ArgumentError(
                f"{entry.name}() got the parameter {name!r}, expected one of {', '.join(names) or 'none'}"
            )
        values[name] = value
    missing = [name for name, value in values.items() if value is REQUIRED]
    if missing:
        raise ArgumentError(f"{entry.name}() needs {', '.join(missing)}; pass {missing[0]}=")
    return tuple(_hashable(v) for v in values.values())


def _hashable(v):
    if isinstance(v, (list, tuple)):
        return tuple(_hashable(i) for i in v)
    if isinstance(v, np.integer):
        return int(v)
    if isinstance(v, Tensor) or isinstance(v, np.ndarray):
        raise ArgumentError(f"got a {type(v).__name__} as a static parameter; pass Python numbers")
    return v


def make(entry):
    if entry.operands == 1 and not entry.params and not entry.view:
        out = unary(entry)
    elif entry.operands == 2 and not entry.params:
        out = binary(entry)
    else:
        out = general(entry)
    _describe(out, entry)
    return out


def _describe(function, entry):
    function.__name__ = function.__qualname__ = entry.name
    function.__module__ = "jitgrad"
    function.__doc__ = _doc(entry)
    function.entry = entry


def _doc(entry):
    operands = ", ".join(list(entry.args)[: entry.operands or 1])
    lines = [entry.doc, "", "Parameters", "----------", f"{operands} : array_like"]
    lines += [f"{n} : optional" if v is not REQUIRED else n for n, v in entry.params.items()]
    lines += [
        "",
        "Returns",
        "-------",
        "Tensor",
        "",
        "Raises",
        "------",
        "ShapeError, DTypeError, AxisError",
        "    Where shapes, dtypes or axes do not fit.",
        "",
    ]
    if entry.numpy is not None:
        lines += ["See Also", "--------", f"numpy.{entry.numpy.__name__}", ""]
    if entry.operands in (1, 2) and not any(v is REQUIRED for v in entry.params.values()) and not entry.shapes:
        low = entry.on if not isinstance(entry.on[0], tuple) else entry.on[0]
        values = f"{(low[0] + low[1]) / 2 + 0.25}"
        lines += [
            "Examples",
            "--------",
            f">>> y = jitgrad.{entry.name}({', '.join(['jitgrad.tensor([' + values + '])'] * entry.operands)})",
        ]
    return "\n".join(lines)


FUNCTIONS = {entry.name: make(entry) for entry in REGISTRY.values()}


def _install():
    for entry in REGISTRY.values():
        f = FUNCTIONS[entry.name]
        if entry.operator:
            setattr(Tensor, f"__{entry.operator}__", _operator(entry, f))
            if entry.operands == 2:
                setattr(Tensor, f"__r{entry.operator}__", _reflected(entry))
                setattr(Tensor, f"__i{entry.operator}__", _in_place(f))
        if entry.method and entry.operands is not None:
            for name in (entry.name, *entry.aliases):
                if not hasattr(Tensor, name):
                    setattr(Tensor, name, f)
    Tensor.__hash__ = object.__hash__


def _operator(entry, f):
    if entry.operator in ("eq", "ne"):
        answer = entry.operator == "ne"

        def compare(x, y):
            return answer if y is None or isinstance(y, str) else f(x, y)

        return compare
    if entry.operands == 1:
        return f

    def operator(x, y):
        return f(x, y) if type(y) is Tensor or not hasattr(y, "__jitgrad_defer__") else NotImplemented

    return f


def _reflected(entry):
    return lambda x, y: apply(entry, (y, x))


def _in_place(f):
    def method(x, y):
        x._write(f(x, y), cast=False)
        return x

    return method


_install()
NAMES = {alias: f for name, f in FUNCTIONS.items() for alias in (name, *REGISTRY[name].aliases)}
