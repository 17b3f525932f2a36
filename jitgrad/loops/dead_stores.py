"""Stores that are overwritten before anybody reads: the zero that a reverse sweep leaves where it
has taken a cotangent, which is often written to again in the same turn.

LLVM drops such stores itself where it knows that nothing in between is the same memory, which the
form knows more often. Done on forms that are printed. Start at `drop_overwritten`.
"""

from __future__ import annotations

from .aliases import Aliases
from .form import Action, Form, Region, walk
from .index_values import differ, same_value


def drop_overwritten(form: Form) -> Form:
    """Drops stores to places that are stored to again."""
    aliases = Aliases(form)
    regions = [form.body, *[r for a in walk(form.body) for r in a.regions]]
    for region in regions:
        _in_region(region, aliases)
    return form


def _in_region(region: Region, aliases: Aliases) -> None:
    waiting: list[Action] = []
    dead: set[Action] = set()
    for a in region.actions:
        if a.kind == "store":
            again = [s for s in waiting if _same_place(s, a)]
            dead.update(again)
            waiting = [*[s for s in waiting if s not in again], a]
        else:
            waiting = [s for s in waiting if not _may_read(a, s, aliases)]
    if dead:
        region.actions = [a for a in region.actions if a not in dead]


def _same_place(x: Action, y: Action) -> bool:
    return x.args[0] is y.args[0] and all(map(same_value, x.index, y.index))


def _may_read(a: Action, store: Action, aliases: Aliases) -> bool:
    """Whether an action may look at what has been stored."""
    array = store.args[0]
    if a.kind in ("load", "addto") and a.args[0] is array:
        return not any(map(differ, a.index, store.index))
    if a.kind == "test":
        return True
    inside = [o for r in a.regions for o in walk(r)]
    used = [v for o in (a, *inside) if o.kind != "store" for v in o.args]
    return aliases.of(array) in aliases.of_all(used)
