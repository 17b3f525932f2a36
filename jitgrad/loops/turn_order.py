"""The order of turns: loops that count down count up where nobody can tell.

A reverse sweep counts down, which LLVM vectorises less often and less well. Where each turn writes
to places of its own and hands nothing on, the turns may come in any order, and give the same bits.
Start at `ascend`.
"""

from ..runtime.numba.inference import I64
from .aliases import Aliases
from .form import ACCESSES, Action, Val, walk, within
from .index_values import own_places

#: What else a turn may consist of.
FREE = ("pure", "dim", "view", "if", "for")


def ascend(form):
    """Lets loops count up whose turns may come in any order."""
    aliases = Aliases(form)
    for a in list(walk(form.body)):
        if a.kind == "for" and _counts_down(a) and _any_order(a, aliases):
            _turn_round(a)
    return form


def _counts_down(loop):
    step = loop.args[2]
    return step.is_const and step.const == -1 and not loop.phis and not loop.left_early


def _any_order(loop, aliases):
    """Whether turns keep apart in memory."""
    inside, accesses = list(within(loop)), {}
    for a in inside:
        if a.kind in ACCESSES:
            accesses.setdefault(aliases.of(a.args[0]), []).append(a)
        elif a.kind not in FREE:
            return False
    for found in accesses.values():
        if any(a.kind != "load" for a in found) and not _apart(loop, found):
            return False
    return True


def _apart(loop, accesses):
    """Whether all accesses are of one array, and there is an axis along which each turn has a place
    of its own."""
    array, places = accesses[0].args[0], None
    if array.region is not None and array.region.within(loop.regions[0]):
        return False
    for a in accesses:
        if a.args[0] is not array:
            return False
        own = own_places(loop, a)
        places = own if places is None else places & own
    return bool(places)


def _turn_round(loop):
    first, last, _ = loop.args[:3]
    loop.args[:3] = [_more(last, loop), _more(first, loop), Val(I64, const=1)]


def _more(v, loop):
    """A whole number and 1, before the loop."""
    if v.is_const:
        return Val(I64, const=v.const + 1)
    a = v.action
    if a is not None and a.fn == "add" and a.args[1].is_const and v.type == I64:
        x, k = a.args[0], a.args[1].const + 1
        if not k:
            return x
    else:
        x, k = v, 1
    made = Action("pure", "add", (x, Val(I64, const=k)), loc=loop.loc)
    made.region = loop.region
    made.res = [Val(I64, "v", made, loop.region)]
    loop.region.actions.insert(loop.region.actions.index(loop), made)
    return made.out
