"""NumPy's calling forms: ``np.sum(x, axis, dtype, out, keepdims, initial, where)`` and so on, by
the entry of `np.sum`.

A `CallingForm` knows which parameter of a NumPy function is an operand of its entry and which a
static parameter. What NumPy has beyond those (``out``, ``dtype``, ``where``, ``initial``,
``casting``...) is done here once, for all entries: in terms of other entries where that has a
gradient, and refused with an `ArgumentError` where it is not done. Nothing that was passed is ever
ignored.

Start at `call`.
"""

import functools
import re

import numpy as np

from ..base.dtypes import as_dtype
from ..base.errors import ArgumentError, DTypeError, GradientError, ShapeError
from ..frontend.binding import is_exact
from ..frontend.convert import as_operand
from ..frontend.functions import FUNCTIONS
from ..frontend.tensor import Tensor
from ..ir.shapes import broadcast_shapes, drop_axes, keep_axes, reduced_axes
from ..ops import REGISTRY
from ..tape.running import needs_grad
from ..tape.segment import active_traces

#: NumPy's own spellings of a static parameter, by version.
SPELLINGS = {"newshape": "shape"}
#: Parameters that say where values lie, which is not seen from outside, with what is accepted.
LAYOUT = {"order": ("C", "K", "A"), "subok": (True, False), "device": (None, "cpu")}
#: What NumPy passes when nothing was.
NOTHING = np._NoValue

where = FUNCTIONS["where"]


# --- forms ----------------------------------------------------------------------------------------


class CallingForm:
    """How NumPy calls the function of an entry.

    Attributes
    ----------
    positional : list of str
        Parameters that may be given by place.
    defaults : dict
        All parameters, with their defaults.
    operands : list of tuple of str
        The parameters an operand may be given as; the first is its place.
    statics : dict
        Parameter of NumPy's -> parameter of the entry.
    elementwise : bool
        ``where=`` says which elements of ``out=`` are written, not which elements are reduced.
    """

    def __init__(self, entry, function):
        self.entry, self.function = entry, function
        self.name = f"np.{function.__name__}"
        self.is_ufunc = isinstance(function, np.ufunc)
        self.positional, self.defaults = (
            _ufunc_parameters(function) if self.is_ufunc else _parameters(entry, function)
        )
        places = [name for name in self.positional if name != "out"][: entry.operands or 1]
        newer = {old: new for new, old in entry.names.optional.items() if new in self.defaults}
        self.operands = [(p, newer[p]) if p in newer else (p,) for p in places]
        self.elementwise = self.defaults.get("where") is True
        self.statics = {
            n: SPELLINGS.get(n, n) for n in self.defaults if SPELLINGS.get(n, n) in entry.params
        }

    def bind(self, args, kwargs):
        """The parameters that were given, by name, without those at their default."""
        if len(args) > len(self.positional):
            raise ArgumentError(
                f"{self.name}() got {len(args)} positional arguments, expected at most "
                f"{len(self.positional)}: "
                f"{', '.join(self.positional)}"
            )
        given = dict(zip(self.positional, args))
        for name, value in kwargs.items():
            if name in given:
                raise ArgumentError(
                    f"{self.name}() got the parameter {name!r} twice, expected it once"
                )
            if name not in self.defaults:
                raise ArgumentError(
                    f"{self.name}() got the parameter {name!r}, expected one of "
                    f"{', '.join(self.defaults)}"
                )
            given[name] = value
        return {name: v for name, v in given.items() if not _is_default(v, self.defaults[name])}

    def take_operands(self, given):
        """The operands, taken out of `given`; a bound of clip may be missing."""
        out = []
        for names in self.operands:
            values = [given.pop(name) for name in names if name in given]
            if len(values) > 1:
                raise ArgumentError(
                    f"{self.name}() got both {names[0]!r} and {names[1]!r}, expected one of them"
                )
            if not values and len(names) == 1:
                raise ArgumentError(f"{self.name}() got no operand {names[0]!r}; pass it")
            out.append(values[0] if values else None)
        return out


def _parameters(entry, function):
    """(positional names, {name: default}) of a NumPy function; by the entry where the function
    itself does not say."""
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # functions written in C, before NumPy 2.4
        names = [*list(entry.names.args)[: entry.operands or 1], *entry.params, "out"]
        return names, {
            **dict.fromkeys(names, NOTHING),
            "dtype": None,
            "casting": "same_kind",
            "out": None,
        }
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [p.name for p in parameters if p.kind in kinds]
    named = {p.name: p.default for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD}
    if len(named) < len(parameters):  # clip's **kwargs are those of a ufunc
        named = {
            "dtype": None,
            "casting": "same_kind",
            "order": "K",
            "subok": True,
            "where": True,
            **named,
        }
    return positional, named


def _ufunc_parameters(ufunc):
    names = [f"x{k + 1}" for k in range(ufunc.nin)] + ["out"]
    rest = {
        "out": None,
        "casting": "same_kind",
        "order": "K",
        "dtype": None,
        "subok": True,
        "signature": None,
    }
    rest |= (
        {"where": True}
        if ufunc.signature is None
        else {"axes": None, "axis": None, "keepdims": False}
    )
    return names, {**dict.fromkeys(names, NOTHING), **rest}


def _is_default(value, default):
    if value is default or value is NOTHING:
        return True
    return (
        type(value) is type(default) and isinstance(value, (str, int, float)) and value == default
    )


# --- calls ----------------------------------------------------------------------------------------

#: Calls of functions of one tensor that were found to be those of an entry: the function of that
#: and its static parameters, by `_call_key`.
_known_calls: dict = {}
#: Of arguments that can be part of its keys; numbers that equal one another are no such.
KEYS = frozenset((int, bool, str, type(None)))


def known_call(function, args, kwargs):
    """The function of an entry and the parameters that a call with a tensor is one with, if there
    was such a call before; None otherwise, and for what a trace has to be told of."""
    given = (*args[1:], *kwargs.values())
    if active_traces and not KEYS.issuperset(map(type, _parts(given))):
        return None
    try:
        found = _known_calls.get(_call_key(function, given, kwargs))
    except TypeError:  # of something that is not hashable
        return None
    return found if all(map(is_exact, given)) else None


def _parts(given):
    """Arguments, and in their place what tuples have."""
    return [part for v in given for part in (v if type(v) is tuple else (v,))]


def _call_key(function, given, kwargs):
    return (function, *kwargs, given, *map(type, given))


def _keep(form, args, kwargs, statics, others):
    """Notes that a call is one of the entry with `statics`, if nothing else was asked for."""
    if form.entry.operands != 1 or "casting" in kwargs or any(v is not None for v in others):
        return
    given = (*args[1:], *kwargs.values())
    if len(args) and KEYS.issuperset(map(type, _parts(given))) and len(_known_calls) < 1000:
        key = _call_key(form.function, given, kwargs)
        _known_calls[key] = FUNCTIONS[form.entry.name], statics


def call(form, args, kwargs):
    """What the NumPy function of `form` gives for these arguments, by its entry."""
    entry, given = form.entry, form.bind(args, kwargs)
    operands = form.take_operands(given)
    if entry.operands is None:
        operands = [list(operands[0])]
    statics = {ours: given.pop(theirs) for theirs, ours in form.statics.items() if theirs in given}
    out = _only(given.pop("out", None))
    dtype, casting = given.pop("dtype", None), given.pop("casting", "same_kind")
    mask, initial = given.pop("where", True), given.pop("initial", NOTHING)
    copy = given.pop("copy", None)
    mean = given.pop("mean", NOTHING)
    _check_rest(form, given, copy)
    if dtype is not None or casting != "same_kind":
        operands = _cast(form, operands, dtype, casting)
    if form.elementwise:
        result = _elementwise(form, operands, statics, mask, out)
    elif (
        form.function in OF_SOME
        and (mask is not True or mean is not NOTHING)
        and initial is NOTHING
    ):
        result = OF_SOME[form.function](
            *operands, **statics, where=mask, **({} if mean is NOTHING else {"mean": mean})
        )
    elif mask is True and initial is NOTHING:
        _keep(form, args, kwargs, statics, (out, copy, dtype))
        result = FUNCTIONS[entry.name](*operands, **statics)
    else:
        result = _reduced(form, operands[0], statics, mask, initial)
    result = result.clone() if copy else result
    return deliver(result, out, casting, stretch=form.is_ufunc)


def _only(out):
    """`out` as NumPy gives it to `__array_ufunc__`, a tuple, or as it was passed."""
    return out[0] if isinstance(out, tuple) and len(out) == 1 else out


def _check_rest(form, given, copy):
    for name, value in given.items():
        if name == "axes" and value == _last_axes(form.function):  # what ``array @= x`` passes
            continue
        if not (name in LAYOUT and any(value is v or value == v for v in LAYOUT[name])):
            raise ArgumentError(
                f"{form.name}() got {name}={value!r}, which jitgrad does not support; leave it out"
            )
    if copy is False:
        raise ArgumentError(
            f"{form.name}() got copy=False, expected None or True: jitgrad may copy; leave it out"
        )


def _last_axes(ufunc):
    """``axes=`` of a ufunc of matrices or vectors, where it says what is the case anyway."""
    cores = re.findall(r"\(([^)]*)\)", ufunc.signature)
    return [tuple(range(-len(core.split(",")), 0)) for core in cores]


def _cast(form, operands, dtype, casting):
    """The operands in the dtypes NumPy computes in when asked for `dtype`."""
    if form.is_ufunc:
        return loop_operands(form, operands, dtype, casting)
    several = form.entry.operands is None
    tensors = [None if x is None else as_operand(x) for x in (operands[0] if several else operands)]
    given = [t for t in tensors if t is not None]
    dtype = as_dtype(np.result_type(*(t.dtype for t in given)) if dtype is None else dtype)
    for t in given:
        _check_cast(form, t.dtype, dtype, casting)
    tensors = [None if t is None else t.to(dtype) for t in tensors]
    return [tensors] if several else tensors


def loop_operands(form, operands, dtype, casting):
    """The operands in the dtypes of the ufunc's loop that gives `dtype`."""
    ufunc, asked = form.function, [_asked(x) for x in operands]
    signature = (*(None,) * ufunc.nin, None if dtype is None else np.dtype(dtype))
    # the casting is checked below: NumPy 2.4 crashes in its own error for "equiv" and a Python
    # number
    try:
        *loop, _ = ufunc.resolve_dtypes((*asked, None), signature=signature, casting="unsafe")
    except TypeError as error:
        raise DTypeError(f"{form.name}() got dtype={dtype}: {error}") from None
    for a, d in zip(asked, loop):
        # a Python number takes any dtype of its kind or above
        fits = (
            isinstance(a, type)
            and casting in ("safe", "same_kind")
            and "biuf".index(d.kind) >= (1 if a is int else 3)
        )
        if not fits:
            _check_cast(form, np.dtype(a), d, casting)
    return [as_operand(x).to(d) for x, d in zip(operands, loop)]


def _check_cast(form, dtype, to, casting):
    if not np.can_cast(dtype, to, casting):
        raise DTypeError(
            f"{form.name}() got an operand of {dtype} to compute in {to}, which "
            f"casting={casting!r} does not allow; "
            "convert it with .astype first"
        )


def _asked(x):
    if type(x) in (int, float):
        return type(x)
    return (
        np.dtype(bool)
        if type(x) is bool
        else x.dtype
        if hasattr(x, "dtype")
        else as_operand(x).dtype
    )


# --- where= and initial= --------------------------------------------------------------------------


#: NumPy's reductions that are no joining of elements -> what they are of those that ``where=``
#: says.
OF_SOME: dict = {}


def of_some(function):
    """Registers what a reduction of NumPy's is with ``where=``."""
    return functools.partial(OF_SOME.setdefault, function)


def as_mask(mask):
    mask = as_operand(mask)
    if mask.dtype != np.bool_:
        raise DTypeError(
            f"got where= of dtype {mask.dtype}, expected bool; compare first, as in where=(x > 0)"
        )
    return mask


def _elementwise(form, operands, statics, mask, out):
    function = FUNCTIONS[form.entry.name]
    if mask is True:
        return function(*operands, **statics)
    mask = as_mask(mask)
    if out is None:
        raise ArgumentError(
            f"{form.name}() got where= without out=, which leaves elements undefined; pass out=, "
            "or use jitgrad.where"
        )
    # What is masked must not reach the function: its derivative there may be inf or nan, and 0 *
    # inf is nan.
    operands = [
        where(mask, x, domain.middle) if needs_grad(x) else x
        for x, domain in zip(operands, form.entry.sampling.domains)
    ]
    result = function(*operands, **statics)
    return where(mask, result, as_operand(out).to(result.dtype))


@functools.cache
def joint(op):
    """The entry of two operands that joins partial results of the reduction or scan `op`: `add` for
    a sum."""
    codes = {
        e.op.code: e
        for e in REGISTRY.values()
        if e.operands == 2 and e.op is not None and e.op.code
    }
    return codes.get(op.combine)


def _reduced(form, x, statics, mask, initial):
    entry, x = form.entry, as_operand(x)
    if entry.op is None or entry.op.kind != "reduce":
        raise ArgumentError(
            f"{form.name}() got where= or initial=, which jitgrad has for sums, products and "
            "extremes only"
        )
    join = joint(entry.op)
    if mask is not True:
        if initial is NOTHING and join.numpy.identity is None:
            raise ArgumentError(
                f"{form.name}() got where= without initial=, expected both: it has no value of no "
                "elements"
            )
        neutral = (
            entry.op.identity(x.dtype)
            if initial is NOTHING or join.numpy.identity is not None
            else initial
        )
        x = where(as_mask(mask), x, as_operand(neutral).to(x.dtype))
    if initial is NOTHING:
        return FUNCTIONS[entry.name](x, **statics)
    axes = reduced_axes(statics.get("axis"), x.ndim)
    if x.size == 0 and join.numpy.identity is None:
        shape = (keep_axes if statics.get("keepdims") else drop_axes)(x.shape, axes)
        return FUNCTIONS["broadcast_to"](_initial(form, initial, x.dtype), shape).clone()
    result = FUNCTIONS[entry.name](x, **statics)
    return FUNCTIONS[join.name](result, _initial(form, initial, result.dtype))


def _initial(form, value, dtype):
    """``initial=`` as a tensor of the dtype of the result."""
    if type(value) in (int, float) and dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if not limits.min <= value <= limits.max:
            raise ArgumentError(
                f"{form.name}() got initial={value}, which does not fit the dtype {dtype}; cast "
                "first"
            )
    return as_operand(value).to(dtype)


# --- out= -----------------------------------------------------------------------------------------


def deliver(result, out, casting="same_kind", stretch=False):
    """`result`, written to `out` where one is given; `stretch` broadcasts it to out's shape, as
    ufuncs do."""
    if out is None:
        return result
    if not isinstance(out, (Tensor, np.ndarray)):
        raise ArgumentError(f"got out= of type {type(out).__name__}, expected a Tensor or an array")
    result = as_operand(result)
    if not np.can_cast(result.dtype, out.dtype, casting):
        raise DTypeError(
            f"got a {result.dtype} result for out= of {out.dtype}, which casting={casting!r} does "
            "not allow; "
            "pass an out= of the result's dtype"
        )
    if result.shape != out.shape:
        if not stretch or broadcast_shapes(result.shape, out.shape) != out.shape:
            raise ShapeError(
                f"got out= of shape {out.shape} for a result of shape {result.shape}, expected "
                "the same shape"
            )
        result = FUNCTIONS["broadcast_to"](result, out.shape)
    if isinstance(out, Tensor):
        return out.copy_(result)
    if result.requires_grad:
        raise GradientError(
            "got an array as out= of a result that requires grad, whose gradient would be lost: "
            "write x = x + y instead of x += y, or pass a Tensor as out=; where no gradient is "
            "wanted, use .detach() "
            "on the operands"
        )
    np.copyto(out, result.numpy(), casting="unsafe")
    return out
