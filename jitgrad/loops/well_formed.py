"""The verifier of the form: what a pass has to leave true. On in tests (``config.verify``).

Each value is computed once, before it is used and in a region around its use; loops and branches
hand on as many values as they have results, of the same types. Start at `verify`.
"""

from __future__ import annotations

from typing import Any

from ..base.config import config
from .form import LOOPS, Action, Form, Region, Val


def verify(form: Form) -> Form:
    """`form` itself; AssertionError, with the action, where it is not well formed."""
    if config.verify:
        known = {*form.args, *[v for _, v in form.globals.values()]}
        _region(form.body, known)
        for v in form.body.yields:
            _known(v, known | _defined(form.body), form.name)
    return form


def _defined(region: Region) -> set[Val]:
    return {v for a in region.actions for v in (*a.res, *_trips(a))}


def _trips(a: Action) -> list[Val]:
    return [a.attrs["trips"]] if a.attrs.get("trips") else []


def _known(v: Val, known: set[Val], where: Any) -> None:
    assert v.is_const or v in known, f"{v} is used before it is computed, in {where}"


def _region(region: Region, known: set[Val]) -> set[Val]:
    known = known | set(region.args)
    for a in region.actions:
        assert a.region is region, f"{a} does not know the region that it stands in"
        for v in (*a.args, *a.attrs.get("lengths", ())):
            _known(v, known, a)
        for r in a.regions:
            assert r.parent is region and r.action is a, f"a region of {a} has another parent"
            inside = _region(r, known)
            for y in r.yields:
                _known(y, inside, a)
        if a.kind in LOOPS:
            _loop(a)
        elif a.kind == "if":
            _branch(a)
        for v in (*a.res, *_trips(a)):
            assert v not in known, f"{v} is computed twice, by {a}"
            known.add(v)
    return known


def _loop(a: Action) -> None:
    n = len(a.phis)
    r = a.regions[0]
    assert len(a.firsts) == n == len(r.yields) == len(a.res), f"{a} hands on another number"
    for first, phi, y, result in zip(a.firsts, a.phis, r.yields, a.res, strict=True):
        same = first.type == phi.type == y.type == result.type
        assert phi.is_array or same, f"{a} changes the type of {phi.hint}"


def _branch(a: Action) -> None:
    for r in a.regions:
        assert len(r.yields) == len(a.res), f"{a} yields another number"
        for y, v in zip(r.yields, a.res, strict=True):
            assert y.type == v.type or y.is_array, f"{a} changes the type of {v.hint}"
