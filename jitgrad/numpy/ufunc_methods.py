"""The methods of ufuncs on tensors: ``np.add.reduce``, ``accumulate``, ``reduceat``, ``outer`` and
``at``.

Where the catalogue has the reduction or scan of a ufunc (their joining expression is the ufunc's
own), that is what runs. Other ufuncs are composed of their entry: by halves where NumPy calls them
reorderable, from left to right where not; values that need no gradient are left to NumPy. Start at
`METHODS`.
"""

import functools
import math

import numpy as np

from ..base.errors import ArgumentError, DTypeError, GradientError, IndexOutOfRange, ShapeError
from ..frontend.convert import as_operand
from ..frontend.functions import FUNCTIONS
from ..frontend.tensor import Tensor
from ..ir.shapes import drop_axes, normalize_axis, reduced_axes
from ..ops import REGISTRY
from ..tape.handles import varies
from ..tape.running import needs_grad
from .fallback import arrays, on_arrays
from .signature import NOTHING, as_mask, call, deliver, joint, loop_operands

concatenate, stack, where = FUNCTIONS["concatenate"], FUNCTIONS["stack"], FUNCTIONS["where"]


@functools.cache
def _direct(entry, kind):
    """The reduction or scan of the catalogue that joins by `entry`, or None."""
    for e in REGISTRY.values():
        if e.op is not None and e.op.kind == kind and joint(e.op) is entry:
            return e
    return None


@functools.cache
def _composite(entry):
    """The composed reduction of the catalogue that joins by `entry`, or None."""
    return next((e for e in REGISTRY.values() if e.names.reduces == entry.name), None)


@functools.cache
def reorderable(ufunc):
    """Whether the order of a reduction does not matter, as NumPy has it: it refuses several axes
    otherwise."""
    try:
        ufunc.reduce(np.ones((1, 1), dtype=ufunc.types[0][0]), axis=(0, 1))
    except (ValueError, TypeError):
        return False
    return True


def _check(form, method):
    if form.function.signature is not None or form.entry.operands != 2:
        raise ArgumentError(
            f"got {form.name}.{method}(), which NumPy has for functions of two elements only"
        )


def _may_lose(form, *operands):
    """Whether NumPy on values would lose a gradient, or take values of one call of a trace for
    those of all."""
    if form.entry.differentiable and any(map(needs_grad, operands)):
        return True
    return any([isinstance(x, Tensor) and varies(x) for x in operands])


def _typed(x, dtype):
    x = as_operand(x)
    return x if dtype is None else x.to(dtype)


def _looped(form, x, dtype):
    """`x` in the dtype of the loop that gives `dtype`; without one, in that of what NumPy's
    reductions carry on, which may not be what the function of two such elements gives."""
    if dtype is not None:
        return loop_operands(form, (x, x), dtype, "same_kind")[0]
    x = as_operand(x)
    try:
        _, loop, _ = form.function.resolve_dtypes((None, x.dtype, None), reduction=True)
    except TypeError as error:
        raise DTypeError(f"got a reduction by {form.name}() of {x.dtype}: {error}") from None
    return x.to(loop) if loop.kind in "biu" else x


# --- reduce ---------------------------------------------------------------------------------------


def reduce(
    form, forms, x, axis=0, dtype=None, out=None, keepdims=False, initial=NOTHING, where=True
):
    """``ufunc.reduce``."""
    _check(form, "reduce")
    initial = NOTHING if initial is None else initial
    direct = _direct(form.entry, "reduce")
    if direct is not None and (initial is NOTHING or "initial" in forms[direct.numpy].defaults):
        given = {"axis": axis, "keepdims": keepdims, "out": out, "where": where, "initial": initial}
        if "dtype" in direct.params:
            given["dtype"] = dtype
        else:
            x = _typed(x, dtype)
        return call(forms[direct.numpy], (x,), {k: v for k, v in given.items() if v is not NOTHING})
    if _composite(form.entry) is None and not _may_lose(form, x, initial):
        kwargs = {
            "axis": axis,
            "dtype": dtype,
            "keepdims": keepdims,
            "initial": initial,
            "where": where,
        }
        return deliver(on_arrays(form.function.reduce, (x,), kwargs), _first(out))
    return deliver(
        _composed_reduce(form, _looped(form, x, dtype), axis, keepdims, initial, where), _first(out)
    )


def _first(out):
    return out[0] if isinstance(out, tuple) else out


def _composed_reduce(form, x, axis, keepdims, initial, mask):
    ufunc, axes = form.function, reduced_axes(axis, x.ndim)
    if len(axes) > 1 and not reorderable(ufunc):
        raise ArgumentError(
            f"got {form.name}.reduce() over several axes, whose order matters to it; name one axis"
        )
    x = x if mask is True else _neutral_where_masked(form, x, initial, mask)
    composite = _composite(form.entry)
    if composite is None or not math.prod(x.shape[a] for a in axes):
        return _joined(form, x, axes, keepdims, initial)
    out = FUNCTIONS[composite.name](x, axes, keepdims=keepdims)
    return out if initial is NOTHING else FUNCTIONS[form.entry.name](as_operand(initial), out)


def _joined(form, x, axes, keepdims, initial):
    """The reduction of `x` by calls of the function itself."""
    ufunc, shape = form.function, x.shape
    identity, one = ufunc.identity, math.prod(shape[a] for a in axes) == 1
    if (
        one and initial is NOTHING and identity is not None and reorderable(ufunc)
    ):  # hypot of one number is no number
        x = FUNCTIONS[form.entry.name](as_operand(identity).to(x.dtype), x)
    first = as_operand(initial).to(x.dtype) if initial is not NOTHING else None
    in_order = first is not None and not reorderable(ufunc)  # it goes from the initial value on
    for a in reversed(axes):
        x = _reduce_axis(form, x.swapaxes(a, 0), a, shape, first if in_order else None)
        x = x.reshape((1, *x.shape)).swapaxes(a, 0)
    if not keepdims:
        x = x.reshape(drop_axes(x.shape, axes))
    if in_order and not axes:
        return FUNCTIONS[form.entry.name](first, x)
    return x if first is None or in_order else FUNCTIONS[form.entry.name](first, x)


def _neutral_where_masked(form, x, initial, mask):
    """`x` with what changes no result where `mask` is not."""
    ufunc = form.function
    if not reorderable(ufunc):
        raise ArgumentError(
            f"{form.name}.reduce() got where=, which jitgrad has for functions with an "
            "identity only"
        )
    neutral = ufunc.identity if ufunc.identity is not None else initial
    if neutral is NOTHING:
        raise ArgumentError(
            f"{form.name}.reduce() got where= without initial=, expected both: it has no identity"
        )
    return where(as_mask(mask), x, as_operand(neutral).to(x.dtype))


def _reduce_axis(form, x, axis, shape, first):
    """The reduction of `x` over its first axis, from `first` on unless that is None."""
    f, n = FUNCTIONS[form.entry.name], len(x)
    if first is not None:
        return functools.reduce(f, x, FUNCTIONS["broadcast_to"](first, x.shape[1:]))
    if n == 0:
        if form.function.identity is None:
            raise ShapeError(
                f"got {form.name}.reduce() over axis {axis} of shape {shape}, which is empty; "
                "give it elements"
            )
        return FUNCTIONS["broadcast_to"](
            as_operand(form.function.identity).to(x.dtype), x.shape[1:]
        )
    if not reorderable(form.function):
        return functools.reduce(f, x)
    while n > 1:
        half = f(x[0 : n - n % 2 : 2], x[1:n:2])
        x = concatenate([half, x[n - 1 :]]) if n % 2 else half
        n = len(x)
    return x[0]


# --- accumulate, reduceat, outer ------------------------------------------------------------------


def accumulate(form, forms, x, axis=0, dtype=None, out=None):
    """``ufunc.accumulate``."""
    _check(form, "accumulate")
    x = as_operand(x)
    if x.ndim == 0 or (axis is None and x.ndim > 1):
        raise ShapeError(
            f"got {form.name}.accumulate() of shape {x.shape} along axis {axis}, expected one of "
            "its axes"
        )
    axis = 0 if axis is None else axis
    direct = _direct(form.entry, "scan")
    if direct is not None:
        typed = {"dtype": dtype} if "dtype" in direct.params else {}
        return deliver(FUNCTIONS[direct.name](_looped(form, x, dtype), axis, **typed), _first(out))
    if not _may_lose(form, x):
        return deliver(
            on_arrays(form.function.accumulate, (x,), {"axis": axis, "dtype": dtype}), _first(out)
        )
    x = _looped(form, x, dtype)
    axis = normalize_axis(axis, x.ndim)
    parts = x.swapaxes(axis, 0)
    if reorderable(form.function):
        result = _doubled(FUNCTIONS[form.entry.name], parts)
    else:
        result = _running(FUNCTIONS[form.entry.name], parts)
    return deliver(result.swapaxes(axis, 0), _first(out))


def _doubled(f, x):
    """Running results in log2(n) steps: after each, an element stands for twice as many."""
    reach = 1
    while reach < len(x):
        x = concatenate([x[:reach], f(x[:-reach], x[reach:])])
        reach *= 2
    return x


def _running(f, x):
    if len(x) == 0:
        return x
    out = [x[0]]
    for part in x[1:]:
        out.append(f(out[-1], part))
    return stack(out)


def reduceat(form, forms, x, indices, axis=0, dtype=None, out=None):
    """``ufunc.reduceat``: reductions of the slices between neighbouring indices."""
    _check(form, "reduceat")
    if not _may_lose(form, x):
        return deliver(
            on_arrays(form.function.reduceat, (x, indices), {"axis": axis, "dtype": dtype}),
            _first(out),
        )
    x = _looped(form, x, dtype)
    axis, indices = normalize_axis(axis, x.ndim), np.asarray(arrays(indices))
    if indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise DTypeError(
            f"got indices of dtype {indices.dtype} and {indices.ndim} dimensions, expected 1-d "
            "integers"
        )
    n, starts = x.shape[axis], indices.tolist()
    for i in starts:
        if not 0 <= i < n:
            raise IndexOutOfRange(
                f"got index {i} for axis {axis} of length {n}, expected 0 <= index < {n}"
            )
    parts = x.swapaxes(axis, 0)
    results = []
    for start, stop in zip(starts, [*starts[1:], n], strict=True):
        results.append(reduce(form, forms, parts[start:stop]) if start < stop else parts[start])
    result = stack(results) if results else parts[:0]
    return deliver(result.swapaxes(axis, 0), _first(out))


def outer(form, forms, x, y, **kwargs):
    """``ufunc.outer``: the function of all pairs."""
    _check(form, "outer")
    x, y = as_operand(x), as_operand(y)
    return call(form, (x.reshape(x.shape + (1,) * y.ndim), y), kwargs)


# --- at -------------------------------------------------------------------------------------------


def at(form, forms, x, indices, *y):
    """``ufunc.at``: writes ``f(x[indices], y)`` to `x`, in turn for each element an index names
    several times."""
    ufunc = form.function
    if form.entry.operands != ufunc.nin or ufunc.signature is not None or len(y) != ufunc.nin - 1:
        raise ArgumentError(
            f"got {form.name}.at() with {len(y)} operands, which NumPy has for {ufunc.nin - 1} "
            "and elements"
        )
    if not isinstance(x, Tensor):
        if any(map(needs_grad, y)):
            raise GradientError(
                f"got {form.name}.at() of an array with values that require grad, whose gradient "
                "would be lost; "
                "make the array a Tensor; where no gradient is wanted, use .detach() on the values"
            )
        ufunc.at(x, arrays(indices), *arrays(y))
    elif _may_lose(form, x, *y):
        x.copy_(_composed_at(form, x, indices, y))
    else:
        new = np.array(arrays(x))
        ufunc.at(new, arrays(indices), *arrays(y))
        x.copy_(new)


def _composed_at(form, x, indices, y):
    places = _places(x.shape, indices)
    y = [FUNCTIONS["broadcast_to"](as_operand(v), places.shape).reshape((-1,)) for v in y]
    flat, places = x.reshape((-1,)), places.reshape((-1,))
    if form.entry.name in ADDED:
        added = ADDED[form.entry.name](*y).to(x.dtype)
        return FUNCTIONS["add_at"](flat, places, added).reshape(x.shape)
    flat = flat.clone()
    # places that only a call knows are taken one by one, in a loop that `jit` rolls
    one_by_one = isinstance(places, Tensor) and varies(places)
    turns = range(len(places)) if one_by_one else _turns(arrays(places))
    for turn in turns:
        now = places[turn]
        flat[now] = FUNCTIONS[form.entry.name](flat[now], *(v[turn] for v in y))
    return flat.reshape(x.shape)


def _places(shape, indices):
    """The numbers, in a flat array, of the elements that an index names: a tensor where another
    call of a trace may have another index."""
    numbers = np.arange(math.prod(shape)).reshape(shape)
    parts = indices if isinstance(indices, tuple) else (indices,)
    if not any([isinstance(i, Tensor) and varies(i) for i in parts]):
        try:
            return numbers[arrays(indices)]
        except IndexError:
            pass  # which is told in full below
    return as_operand(numbers)[indices]


#: Ufuncs whose turns can be taken at once, and what is added then.
ADDED = {"add": lambda y: y, "subtract": lambda y: -y}


def _turns(places):
    """Positions in `places` such that each turn names an element once: first, second...
    occurrences."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    count = np.empty(len(places), dtype=np.int64)
    count[order] = np.arange(len(places)) - np.searchsorted(ordered, ordered, side="left")
    return [np.flatnonzero(count == k) for k in range(count.max(initial=-1) + 1)]


METHODS = {
    "reduce": reduce,
    "accumulate": accumulate,
    "reduceat": reduceat,
    "outer": outer,
    "at": at,
}
