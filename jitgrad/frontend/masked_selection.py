"""``x[mask]`` while `jit` traces, where only a call knows the mask, and with it how many elements
there are.

A `MaskedSelection` stands for these elements: it holds all of `x`, and operations on it, which are
elementwise, compute all elements. ``x[mask] = selection`` takes those under the mask, and a
reduction leaves out the others, so that ``x[mask] += y[mask]`` and ``x[mask].mean()`` have static
shapes. What is computed where the mask is not true reaches nothing: `where` stands before it as
well as behind it, so that an infinite slope there is no nan. Whatever else needs the number of the
elements is refused. Start at `selection` and `applied`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..base.errors import JitError
from ..ir import toposort
from ..ops import REGISTRY
from ..ops.indexing import some as some_elements
from ..tape.handles import Handle
from ..tape.keys import Opcode
from ..tape.record import materialise, record
from ..tape.segment import local
from ..tape.symbols import SymbolicScalar

if TYPE_CHECKING:
    from ..ops import Entry

    Apply = Callable[..., Any]

#: Reductions -> what an element that is left out counts as.
NEUTRAL: dict[str, Any] = {"sum": 0, "prod": 1, "any": False, "all": True, "mean": 0}
#: Those that are sums of squares of distances from the mean.
SPREADS = ("std", "var")
#: Those that a largest or smallest element gives, which none have where there is no element.
EXTREMES = ("max", "min", "argmax", "argmin", "ptp")
#: All reductions, by the names of NumPy's functions.
REDUCTIONS = {*NEUTRAL, *SPREADS, *EXTREMES, "amax", "amin", "count_nonzero"}
SOME = Opcode("some_elements", 1, some_elements)
#: Kinds of operations that compute each element from those at its place.
BY_ELEMENT = ("elementwise", "broadcast", "reshape", "const", "number")


class MaskedSelection:
    """The elements of `full` under a mask.

    Attributes
    ----------
    full : Tensor
        Of the shape of what was indexed, with any values where the mask is not true.
    mask : Tensor
        With an axis of length 1 for each one that the mask does not have.
    of : Node
        The value of the mask, by which selections are told apart.
    rest : int
        The number of axes that the mask does not have.
    """

    __slots__ = ("full", "mask", "of", "rest")

    def __init__(self, full: Any, mask: Any, of: Any, rest: int) -> None:
        self.full, self.mask, self.of, self.rest = full, mask, of, rest

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        entry = REGISTRY.get(ufunc.__name__)
        if method != "__call__" or options or entry is None:
            raise refusal(f"numpy.{ufunc.__name__}")
        return Functions.by_name[entry.name](*inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function.__name__ not in REDUCTIONS:
            raise refusal(f"numpy.{function.__name__}")
        name = {"amax": "max", "amin": "min"}.get(function.__name__, function.__name__)
        return Functions.by_name[name](*args, **kwargs)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise refusal("numpy.asarray")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise refusal(f".{name}")

    def _refused(self, *args: Any) -> Any:
        raise refusal("a conversion, an index or a loop")

    __bool__ = __float__ = __int__ = __index__ = __len__ = __iter__ = _refused
    __getitem__ = __setitem__ = __complex__ = _refused
    __hash__ = object.__hash__
    __repr__ = lambda self: "<elements under a mask, traced by jit>"


class Functions:
    """The public functions by name: the module that makes them puts them here."""

    by_name: ClassVar[dict[str, Callable[..., Any]]]


def refusal(what: str) -> JitError:
    trace = local.seg.tracing
    doing = "jit traces the function" if trace is None else trace.doing[0]
    return JitError(
        f"got {what} of x[mask], a boolean mask, while {doing}: only a call knows how many "
        "elements there are; compute element by element and write it back, x[mask] = f(x[mask]), "
        "reduce it by sum, mean, std, var, prod, max, argmax, any or all, choose by "
        "jitgrad.where(mask, x, y), or take it out of the function"
    )


def is_mask(index: Any, shape: tuple[int, ...]) -> bool:
    """Whether an index is a mask over the first axes of a shape."""
    return (
        isinstance(index, Handle)
        and index.dtype == np.bool_
        and index.shape != ()
        and index.shape == shape[: len(index.shape)]
    )


def selection(x: Any, mask: Any) -> MaskedSelection:
    """``x[mask]``, where only a call knows the mask."""
    rest = x.ndim - mask.ndim
    out = MaskedSelection(None, widened(mask, rest), materialise(mask).node, rest)
    out.full = _apart(x, out)
    return out


def widened(mask: Any, rest: int) -> Any:
    """The mask as it is now, with axes of length 1 behind those that it has."""
    return mask.reshape((*mask.shape, *[1] * rest)).clone()


def _apart(x: Any, like: MaskedSelection) -> Any:
    """`x`, to which no cotangent comes from elements outside of a mask."""
    return _recorded("where", like.mask, x, x.detach()) if x.requires_grad else x.clone()


def _recorded(name: str, *tensors: Any) -> Any:
    return record(lambda *states: (REGISTRY[name], *states), tensors)


def written(x: Any, mask: Any, value: MaskedSelection) -> Any:
    """What `x` becomes by ``x[mask] = value``."""
    if value.of is not materialise(mask).node or value.full.shape != x.shape:
        raise _other_mask()
    return _recorded("where", value.mask, value.full.to(x.dtype), x)


def _other_mask() -> JitError:
    return JitError(
        "got elements under another mask, or of another shape, while jit traces the function: only "
        "a call knows whether they are as many; use one mask for both, or jitgrad.where"
    )


def applied(apply: Apply, entry: Entry, operands: Sequence[Any], statics: tuple[Any, ...]) -> Any:
    """An operation of the catalogue on selections, and on numbers and tensors beside them; `apply`
    records it on tensors."""
    like = next(x for x in operands if type(x) is MaskedSelection)
    if entry.name in REDUCTIONS:
        return _reduced(apply, entry, like, statics)
    if entry.view is not None or entry.operands is None:
        raise refusal(f"{entry.name}()")
    whole = [_whole(x, like, entry) for x in operands]
    before = {materialise(x).node for x in whole if isinstance(x, Handle)}
    out = apply(entry, tuple(whole), statics)
    if not isinstance(out, Handle) or out.shape != like.full.shape:
        raise refusal(f"{entry.name}()")
    ufunc = isinstance(entry.numpy, np.ufunc) and entry.numpy.signature is None
    if not ufunc and not _is_by_element(out, before):
        raise refusal(f"{entry.name}()")
    return MaskedSelection(out, like.mask, like.of, like.rest)


def _whole(x: Any, like: MaskedSelection, entry: Entry) -> Any:
    """An operand for all elements."""
    if type(x) is MaskedSelection:
        if x.of is not like.of or x.full.shape != like.full.shape:
            raise _other_mask()
        return x.full
    if isinstance(x, SymbolicScalar) or np.isscalar(x) or x is None:
        return x
    if np.ndim(x) > like.rest:
        raise refusal(f"{entry.name}() with an operand of shape {np.shape(x)}")
    if not isinstance(x, Handle) or not x.requires_grad:
        return x
    return _apart(_recorded_broadcast(x, like.full.shape), like)


def _recorded_broadcast(x: Any, shape: tuple[int, ...]) -> Any:
    return Functions.by_name["broadcast_to"](x, shape)


def _is_by_element(out: Any, before: set[Any]) -> bool:
    order = toposort([materialise(out).node], lambda n: () if n in before else n.src)
    return all(n in before or n.op.kind in BY_ELEMENT for n in order)


def _reduced(apply: Apply, entry: Entry, x: MaskedSelection, statics: tuple[Any, ...]) -> Any:
    """A reduction of the elements under the mask: of all, or along the axis that they are on."""
    given = dict(zip(entry.params, statics, strict=True))
    axis, lead = given.pop("axis"), x.full.ndim - x.rest
    if axis not in (None, 0, (0,)) and not (axis in (-1, (-1,)) and not x.rest):
        raise refusal(f"{entry.name}() along axis {axis}")
    over = None if axis is None or not x.rest else tuple(range(lead))
    if given.pop("keepdims"):
        raise refusal(f"{entry.name}() with keepdims")
    if entry.name in SPREADS:
        return _spread(apply, entry.name, x, over, given)
    if entry.name in EXTREMES:
        return _extreme(apply, entry.name, x, over)
    if entry.name == "count_nonzero":
        whole = apply(REGISTRY["where"], (x.mask, x.full != 0, False))
        return Functions.by_name["sum"](whole, axis=over)
    dtype = given.get("dtype")
    full = x.full if dtype is None else x.full.to(dtype)
    mean = entry.name == "mean"
    if mean and full.dtype.kind in "biu":
        full = full.double()
    neutral = full.dtype.type(NEUTRAL[entry.name]).item()
    full = apply(REGISTRY["where"], (x.mask, full, neutral))
    out = Functions.by_name["sum" if mean else entry.name](full, axis=over)
    if not mean:
        return out
    return out / _count(x, over, full.dtype)


def _count(x: MaskedSelection, over: Any, dtype: Any) -> Any:
    """The number of elements under the mask."""
    places = _recorded_broadcast(x.mask, x.full.shape)
    return Functions.by_name["sum"](places, axis=over).to(dtype)


def _spread(apply: Apply, name: str, x: MaskedSelection, over: Any, given: dict[str, Any]) -> Any:
    """The variance, or its root, whose derivative at 0 is 0."""
    full = x.full if x.full.dtype.kind in "fc" else x.full.double()
    total = Functions.by_name["sum"]
    inside = apply(REGISTRY["where"], (x.mask, full, 0.0))
    count = _count(x, over, inside.real.dtype)
    mean = total(inside, axis=over) / count
    away = apply(REGISTRY["where"], (x.mask, full - mean, 0.0))
    squares = away.real**2 + away.imag**2 if full.dtype.kind == "c" else away * away
    ddof = given["ddof"] if given.get("correction") is None else given["correction"]
    left = count - ddof
    left = apply(REGISTRY["where"], (left > 0, left, float("nan")))
    out = total(squares, axis=over) / left
    if name == "var":
        return out
    root = Functions.by_name["sqrt"](apply(REGISTRY["where"], (out == 0, 1.0, out)))
    return apply(REGISTRY["where"], (out == 0, 0.0, root))


def _extreme(apply: Apply, name: str, x: MaskedSelection, over: Any) -> Any:
    """The largest or smallest element, the distance of both, or the place of one among the elements
    under the mask."""
    if name == "ptp":
        return _extreme(apply, "max", x, over) - _extreme(apply, "min", x, over)
    if x.full.dtype.kind == "c" or 0 in x.full.shape:
        raise refusal(f"{name}() of shape {x.full.shape} and dtype {x.full.dtype}")
    of, places = name[-3:], name.startswith("arg")
    full = x.full.detach() if places else x.full
    least = _least(full.dtype, of)
    best = Functions.by_name[of](apply(REGISTRY["where"], (x.mask, full, least)), axis=over)
    some = record(lambda state: (SOME, state, name), (_count(x, over, np.dtype(np.int64)),)) > 0
    if not places:
        return apply(REGISTRY["where"], (some, best, least))
    like = full == best  # along all axes, or along the first ones
    if full.dtype.kind == "f":
        isnan = Functions.by_name["isnan"]
        like = apply(REGISTRY["where"], (isnan(best), isnan(full), like))
    return apply(REGISTRY["where"], (some, _place(x.mask & like, x, over), -1))


def _least(dtype: np.dtype, of: str) -> Any:
    """What any element is at least as large as; of "min", at most."""
    if dtype.kind == "f":
        return -np.inf if of == "max" else np.inf
    if dtype == np.bool_:
        return of == "min"
    limits = np.iinfo(dtype)
    return limits.min if of == "max" else limits.max


def _place(found: Any, x: MaskedSelection, over: Any) -> Any:
    """Where the first place of `found` is, among the elements under the mask."""
    lead = x.full.ndim - x.rest
    rest = x.full.shape[lead:]
    found, mask = found.reshape((-1, *rest)), x.mask.reshape((-1,))
    first = Functions.by_name["argmax"]
    before = Functions.by_name["cumsum"](mask.to(np.dtype(np.int64)), axis=0) - 1
    if over is not None or not rest:
        return Functions.by_name["take"](before, first(found, axis=0))
    size = int(np.prod(rest))
    k = first(found)
    row = k // size
    return Functions.by_name["take"](before, row) * size + (k - row * size)
