"""What is known of whole numbers that index arrays: linear forms, lower bounds, equality.

numba counts negative indices from the end of an axis, so nothing is concluded from an index that
may be negative. Start at `linear`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..runtime.numba.inference import types
from .form import Action, Val

#: How deep the lower bound of a number is looked for.
DEEP = 20


def linear(v: Val) -> tuple[dict[Val, int], int]:
    """({value: factor}, constant) of a whole number."""
    if v.is_const:
        return {}, v.const
    a = v.action
    if a is None or a.kind != "pure" or not isinstance(v.type, types.Integer):
        return {v: 1}, 0
    if a.fn in ("add", "sub"):
        return _combined(linear(a.args[0]), linear(a.args[1]), 1 if a.fn == "add" else -1)
    if a.fn == "neg":
        return _combined(({}, 0), linear(a.args[0]), -1)
    if a.fn == "mul":
        for x, y in (a.args, a.args[::-1]):
            if y.is_const:
                return _combined(({}, 0), linear(x), y.const)
    if a.fn == "cast" and _widens(a.args[0].type, v.type):
        return linear(a.args[0])
    return {v: 1}, 0


def _widens(narrow: Any, wide: Any) -> bool:
    """Whether all values of a type of whole numbers are values of another."""
    if isinstance(narrow, types.Boolean):
        return False
    if not isinstance(narrow, types.Integer) or not isinstance(wide, types.Integer):
        return False
    more = wide.bitwidth - narrow.bitwidth
    return more >= 0 if narrow.signed == wide.signed else more > 0 and wide.signed


def _combined(
    x: tuple[dict[Val, int], int], y: tuple[dict[Val, int], int], factor: int
) -> tuple[dict[Val, int], int]:
    """x + factor * y."""
    out = dict(x[0])
    for k, f in y[0].items():
        out[k] = out.get(k, 0) + factor * f
    return {k: f for k, f in out.items() if f}, x[1] + factor * y[1]


def lowest(v: Val, depth: int = 0) -> int | None:
    """A bound below a whole number, or None."""
    if v.is_const:
        return v.const
    if isinstance(v.type, types.Integer) and not v.type.signed:
        return 0
    if depth > DEEP:
        return None
    a = v.action
    if a is None:
        return _lowest_of_range(v, depth)
    if a.kind == "dim":
        return 0
    return _lowest_of_pure(v, depth) if a.kind == "pure" else None


def _lowest_of_range(v: Val, depth: int) -> int | None:
    """That of the number of a loop."""
    loop = v.region.action if v.region is not None else None
    if loop is not None and loop.kind == "parts":
        return 0
    if loop is None or loop.kind != "for" or loop.regions[0].args[0] is not v:
        return None
    if not loop.args[2].is_const:
        return None
    if loop.args[2].const > 0:
        return lowest(loop.args[0], depth + 1)
    low = lowest(loop.args[1], depth + 1)
    return None if low is None else low + 1


def _lowest_of_pure(v: Val, depth: int) -> int | None:
    a = v.action
    assert a is not None
    last = a.args[-1]
    divided = last.is_const and last.const > 0
    if a.fn == "mod":
        return 0 if divided else None
    if a.fn not in _LOWEST or (a.fn == "cast" and not _widens(a.args[0].type, v.type)):
        return None
    found = [lowest(x, depth + 1) for x in a.args]
    known = [x for x in found if x is not None]
    if a.fn == "max":
        return max(known, default=None)
    if len(known) < len(found) or (a.fn == "floordiv" and not divided):
        return None
    return _LOWEST[a.fn](known)


def _of_product(known: list[int]) -> int | None:
    return known[0] * known[1] if min(known) >= 0 else None


#: The bound of a result from those of the operands.
_LOWEST: dict[str | None, Callable[[list[int]], int | None]] = {
    "add": sum,
    "mul": _of_product,
    "max": max,
    "min": min,
    "floordiv": lambda known: known[0] // known[1],
    "cast": sum,
}


def same_value(a: Val, b: Val) -> bool:
    return (
        a is b
        or (a.is_const and b.is_const and a.const == b.const)
        or (_whole(a) and _whole(b) and linear(a) == linear(b))
    )


def _whole(v: Val) -> bool:
    return isinstance(v.type, types.Integer)


def nonneg(v: Val) -> bool:
    low = lowest(v)
    return low is not None and low >= 0


def differ(a: Val, b: Val) -> bool:
    """Whether two indices of one moment are surely different places of an axis."""
    (la, ca), (lb, cb) = linear(a), linear(b)
    if not (nonneg(a) and nonneg(b)):
        return False
    return (la == lb and ca != cb) or _differ_in_ring(a, b)


def _differ_in_ring(a: Val, b: Val) -> bool:
    """(i + c) % m and (i + d) % m where c - d is no multiple of m."""
    x, y = a.action, b.action
    if x is None or y is None or x.fn != "mod" or y.fn != "mod":
        return False
    (m, n) = x.args[1], y.args[1]
    if not (m.is_const and n.is_const and m.const == n.const and m.const > 0):
        return False
    if not (_whole(x.args[0]) and _whole(y.args[0]) and a.type == b.type):
        return False
    (la, ca), (lb, cb) = linear(x.args[0]), linear(y.args[0])
    return la == lb and (ca - cb) % m.const != 0


def own_places(loop: Action, access: Action) -> set[tuple[int, frozenset[tuple[Val, int]], int]]:
    """What tells the turns of a loop apart in an access: {(axis, index as a linear form)}, of the
    axes along which each turn has a place of its own."""
    iv, r, out = loop.regions[0].args[0], loop.regions[0], set()
    for k, i in enumerate(access.index):
        factors, c = linear(i)
        steady = all(v is iv or v.region is None or not v.region.within(r) for v in factors)
        if iv in factors and steady and nonneg(i):
            out.add((k, frozenset(factors.items()), c))
    return out
