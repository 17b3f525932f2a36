"""Versions: buffers that change places in a loop, each turn of which writes a new array instead.

Where two buffers change places, a turn overwrites what the turn before last has written, which the
reverse sweep wants back: it would be put on a tape, read from there, and stored again. With a
*version* per turn it stays where it is:

    for t in range(nt):                        for t in range(nt):
        for i in range(1, n - 1):                  w = history[t + 2]
            old[...] = v[i]                        w[0], w[n - 1] = v[0], v[n - 1]
            v[i] = u[i - 1] + u[i + 1]             for i in range(1, n - 1):
        u, v = v, u                                    w[i] = u[i - 1] + u[i + 1]
                                                   u, v = w, u

In a cycle of k arrays, ``history[t]`` is what turn t finds in the buffer that it writes, so the
reverse sweep has all arrays without a store. It takes a nest of loops that writes a box of the
buffer, which nothing reads before, and of which nobody sees afterwards which buffer it was. Part of
the plan and of both sweeps; start at `find_version` and at `Versions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..runtime.numba.inference import I64, array_type
from .apart import Distinct
from .form import CALLS, Action, Region, Val, leaves, within
from .index_values import linear, nonneg


@dataclass(frozen=True, eq=False)
class Version:
    """An array that each turn of a loop makes anew.

    Attributes
    ----------
    store : Action
        What writes the box of it.
    cycle : list of int
        The loop variables that change places, each followed by what it was a turn before; the first
        is the one that is written.
    box : list of (Action, int)
        Per axis the loop that counts along it, and what its places are ahead of its numbers.
    """

    store: Action
    cycle: list[int]
    box: list[tuple[Action, int]]


# ----- the plan


def find_version(plan: Any, store: Action, distinct: Distinct) -> tuple[Action, Version] | None:
    """The loop and the version that a store which has to be undone can write instead."""
    loops = plan.loops_of(store)
    if store.kind != "store" or len(loops) < 2 or not _at_home(plan, loops[0]):
        return None
    loop, v = loops[0], store.args[0]
    box = box_of(loops, store)
    if v not in loop.phis or box is None:
        return None
    cycle = _cycle(loop, loop.phis.index(v))
    if cycle is None or _is_seen(plan, loop, v) or not _begins(plan, loop, loops[1], v, distinct):
        return None
    return loop, Version(store, cycle, box)


def _at_home(plan: Any, loop: Action) -> bool:
    """Whether a loop stands in the function itself and turns as often as its range says."""
    step = loop.args[2] if loop.kind == "for" else None
    if step is None or not step.is_const or step.const not in (1, -1) or loop.left_early:
        return False
    known = loop.region is plan.form.body and not loop.attrs.get("parallel")
    return known and loop not in plan.merged and loop not in plan.checkpointed


def box_of(loops: list[Action], store: Action) -> list[tuple[Action, int]] | None:
    """Per axis (the loop that counts along it, what is added), of loops one around the next whose
    ranges stand before the outermost."""
    outer, *nest = loops
    if not all(_counts(a, around, outer) for around, a in zip(loops, nest, strict=False)):
        return None
    ivs = {a.regions[0].args[0]: a for a in nest}
    out = []
    for i in store.index:
        factors, c = linear(i)
        iv = next(iter(factors), None)
        if factors != {iv: 1} or iv not in ivs or not nonneg(i):
            return None
        out.append((ivs.pop(iv), c))
    inside = store.region is nest[-1].regions[0]
    return out if inside and not ivs else None


def _counts(loop: Action, around: Action, outer: Action) -> bool:
    """Whether a loop stands directly in another, and counts by one over a range that stands before
    the outermost."""
    step = loop.args[2] if loop.kind == "for" else None
    if step is None or not step.is_const or step.const not in (1, -1) or loop.left_early:
        return False
    bounds = loop.args[:2]
    known = not any(v.region is not None and v.region.within(outer.regions[0]) for v in bounds)
    return known and loop.region is around.regions[0]


def _cycle(loop: Action, k: int) -> list[int] | None:
    """The variables among which variable `k` hands its array on."""
    phis, yields, out = loop.phis, loop.regions[0].yields, [k]
    while True:
        if yields[out[-1]] not in phis:
            return None
        j = phis.index(yields[out[-1]])
        if j == k:
            break
        out.append(j)
    kinds = {phis[j].type for j in out}
    plain = array_type(phis[k].type.dtype, phis[k].type.ndim)
    same = all(sum(y is phis[j] for y in yields) == 1 for j in out)
    return out if len(out) > 1 and same and kinds == {plain} else None


def _is_seen(plan: Any, loop: Action, v: Val) -> bool:
    """Whether anybody looks at the buffers behind the loop under another name, or has given them,
    or is given them."""
    c, form = plan.aliases.of(v), plan.form
    given = [x for x in (*form.args, *[v for _, v in form.globals.values()]) if x.is_array]
    back = [x for x in leaves(form.rets) if x.is_array] if form.rets is not None else []
    if c in plan.aliases.of_all([*given, *back]):
        return True
    at = form.body.actions.index(loop)
    return any(
        x.is_array and plan.aliases.of(x) is c and x not in loop.res
        for top in form.body.actions[at + 1 :]
        for a in (top, *within(top))
        for x in (*a.args, *a.res)
    )


def _begins(plan: Any, loop: Action, nest: Action, v: Val, distinct: Distinct) -> bool:
    """Whether nothing reads the buffer in a turn before the nest has written it, and nothing else
    touches it by another name."""
    turn = loop.regions[0]
    at = turn.actions.index(nest)

    def fits(a: Action, x: Val, behind: bool) -> bool:
        if x is not v:
            return a.kind not in CALLS and distinct(x, v)
        return a.kind in ("dim", "store") or (behind and a.kind in ("load", "addto"))

    for k, top in enumerate(turn.actions):
        for a in (top, *within(top)):
            if plan.aliases.of(v) in plan.aliases.of_all(a.res):
                return False
            used = [x for x in a.args if x.is_array and plan.aliases.of(x) is plan.aliases.of(v)]
            if not all(fits(a, x, k > at) for x in used):
                return False
    return True


# ----- the sweeps


class Versions:
    """The making of versions, a part of the adjoint; `histories` has their memory."""

    b: Any
    plan: Any
    get: Any
    count: Any
    copied: Any
    histories: dict[Version, Val]

    def make_histories(self, loop: Action, inits: list[Val], env: dict) -> None:
        """Makes the memory of a loop's versions, and lets the loop begin with the first of them.

        `inits` are the bounds of the loop and what its variables begin with.
        """
        b = self.b
        for it in self.plan.versions.get(loop, ()):
            first, many = inits[3 + it.cycle[0]], len(it.cycle)
            turns = b.pure("add", self.count(*inits[:3]), b.const(many))
            shape = [turns, *[b.dim(first, k) for k in range(first.type.ndim)]]
            hint = f"{loop.phis[it.cycle[0]].hint}_history"
            self.histories[it] = history = b.alloc(shape, first.type.dtype, hint=hint)
            history.action.attrs["large"] = True
            for t, k in enumerate(it.cycle[1:], 1):
                w = self.version(it, b.const(t), loop.phis[k])
                inits[3 + k] = self.copied(inits[3 + k], w)

    def version(self, it: Version, number: Val, named: Val) -> Val:
        """One of the versions, as an array."""
        b = self.b
        w = b.emit("view", (self.histories[it], number), named.type, hint=named.hint, spec=["i"])
        w.action.attrs["fresh"] = True
        made = self.histories[it].action
        assert made is not None
        w.action.attrs["lengths"] = list(made.args[1:])
        return w

    def turn_number(self, loop: Action, iv: Val, env: dict) -> Val:
        """How many turns there were before."""
        lo, _, step = (self.get(env, v) for v in loop.args[:3])
        return self.b.pure("sub", *((iv, lo) if step.const == 1 else (lo, iv)))

    def begin_versions(self, loop: Action, env: dict) -> None:
        """In a turn of the forward sweep: the arrays that it writes, with what it leaves of the
        ones before."""
        for it in self.plan.versions.get(loop, ()):
            v = loop.phis[it.cycle[0]]
            turn = self.turn_number(loop, env[loop.regions[0].args[0]], env)
            number = self.b.pure("add", turn, self.b.const(len(it.cycle)))
            w = self.version(it, number, v)
            self.copy_frame(it, env[v], w, env)
            env[v] = w

    def end_versions(self, loop: Action, iv: Val, env: dict) -> None:
        """At the end of a turn of the reverse sweep: what the turn has found."""
        for it in self.plan.versions.get(loop, ()):
            v = loop.phis[it.cycle[0]]
            env[v] = self.version(it, self.turn_number(loop, iv, env), v)

    def copy_frame(self, it: Version, source: Val, to: Val, env: dict) -> None:
        """Copies what is outside of the box, axis by axis."""
        b, ndim = self.b, len(it.box)
        ends = []
        for k, (loop, c) in enumerate(it.box):
            n, zero = b.dim(to, k), b.const(0)
            low, high = (self.get(env, v) for v in loop.args[:2])
            if loop.args[2].const < 0:
                low, high = b.pure("add", high, b.const(1)), b.pure("add", low, b.const(1))
            low = b.pure("max", b.pure("add", low, b.const(c)), zero)
            high = b.pure("add", high, b.const(c))
            ends.append((n, b.pure("min", low, n), b.pure("max", low, high)))

        def along(k: int, index: list[Val]) -> None:
            if k == ndim:
                return
            n, low, high = ends[k]
            for first, last in ((b.const(0), low), (high, n)):
                self.over(first, last, lambda i: whole(k + 1, [*index, i]))
            if k + 1 < ndim:
                self.over(low, b.pure("min", high, n), lambda i: along(k + 1, [*index, i]))

        def whole(k: int, index: list[Val]) -> None:
            if k == ndim:
                b.store(to, *index, b.load(source, *index))
            else:
                self.over(b.const(0), ends[k][0], lambda i: whole(k + 1, [*index, i]))

        along(0, [])

    def over(self, first: Val, last: Val, body: Any) -> None:
        """A loop from `first` to before `last`."""
        b = self.b
        parent, r = b.region, Region(b.region)
        r.args.append(Val(I64, "i", None, r))
        b.region = r
        body(r.args[0])
        b.region = parent
        b.emit("for", (first, last, b.const(1)), [], regions=(r,), parallel=False, brk=None)
