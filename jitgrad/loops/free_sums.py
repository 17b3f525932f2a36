"""Sums of cotangents, which may be taken in any order.

What a loop of a reverse sweep sums for a number from outside is seen by nobody before the loop
ends. LLVM takes sums of floats in the order of the text unless it is told that the order is free;
then a loop that has nothing else to wait for is vectorised. Sums of the user's own function keep
their order, so values are those of the function bit by bit. Done on forms that are printed. Start
at `relax`.
"""

from __future__ import annotations

from .form import LOOPS, Action, Form, Region, Val, walk


def relax(form: Form) -> Form:
    """Frees the order of sums of loops that hand on nothing else; `attrs["relaxed"]` of a loop has
    those of its variables."""
    for loop in reversed(list(walk(form.body))):  # inner ones first
        sums = loop.attrs.get("sums", ())
        if loop.kind != "for" or not sums or any(p not in sums for p in loop.phis):
            continue
        chains = {p: _chain(loop, p) for p in loop.phis}
        if None not in chains.values():
            loop.attrs["relaxed"] = set(loop.phis)
            for found in chains.values():
                for a in found or ():
                    _free(a)
    return form


def _chain(loop: Action, phi: Val) -> list[Action] | None:
    """The additions by which a turn adds to `phi`, which does nothing else with it; None if it
    does."""
    r, at, out = loop.regions[0], phi, []
    while (a := _only_user(r, at)) is not None:
        if a.kind == "pure" and (a.fn == "add" or (a.fn == "sub" and a.args[0] is at)):
            out.append(a)
            at = a.out
        elif a.kind in LOOPS and _is_relaxed(a, at):
            at = a.res[a.firsts.index(at)]
        else:
            return None
    users = [a for a in walk(r) if _uses(a, at)]
    handed_on = [k for k, y in enumerate(r.yields) if y is at]
    return out if not users and handed_on == [loop.phis.index(phi)] else None


def _uses(a: Action, v: Val) -> bool:
    return v in a.args or any(v in q.yields for q in a.regions)


def _only_user(r: Region, v: Val) -> Action | None:
    """The action of a turn that uses a value once, where nothing else does."""
    users = [a for a in walk(r) if _uses(a, v)]
    if len(users) != 1 or users[0].region is not r or v in r.yields:
        return None
    return users[0] if users[0].args.count(v) == 1 else None


def _is_relaxed(loop: Action, first: Val) -> bool:
    """Whether a loop goes on with a sum in any order."""
    relaxed = loop.attrs.get("relaxed", ())
    return first in loop.firsts and loop.phis[loop.firsts.index(first)] in relaxed


def _free(a: Action) -> None:
    if a.fn == "sub":
        negative = Action("pure", "neg", a.args[1:], loc=a.loc)
        region: Region = a.region
        negative.region = region
        negative.res = [Val(a.args[1].type, "v", negative, region)]
        region.actions.insert(region.actions.index(a), negative)
        a.args[1] = negative.out
    a.fn = "accumulate"
