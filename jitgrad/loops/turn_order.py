"""The order of turns: loops that count down count up where nobody can tell.

A reverse sweep counts down, which LLVM vectorises less often and less well. Where each turn writes
to places of its own and hands nothing on but sums whose order is free (see `free_sums`), the turns
may come in any order.
A nest that takes its values from a tape goes back to where they begin, reads forwards, and goes
back again. Start at `ascend`.
"""

from ..runtime.numba.inference import I64
from .aliases import Aliases
from .apart import Distinct, accesses_of, in_any_order, keep_apart, nests
from .form import ACCESSES, Action, Val, walk, within

#: What else a turn may consist of.
FREE = ("pure", "dim", "view", "if", "for", *ACCESSES)


def ascend(form):
    """Lets loops count up whose turns may come in any order."""
    distinct = Distinct(form, Aliases(form))
    for loops in list(nests(form)):
        while loops and not _read_forwards(loops, distinct):
            loops = loops[1:]
    for a in list(walk(form.body)):
        if a.kind == "for" and _counts_down(a) and _any_order(a, distinct):
            _turn_round(a)
    return form


def _any_order(loop, distinct):
    """Whether turns keep apart in memory."""
    plain = all(a.kind in FREE for a in within(loop))
    return plain and keep_apart([loop], accesses_of(loop.regions[0]), distinct)


def _counts_down(loop):
    step = loop.args[2]
    return step.is_const and step.const == -1 and in_any_order(loop) and not loop.left_early


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
    return _before(loop, "add", x, Val(I64, const=k))


def _before(loop, fn, *args):
    """A whole number that is computed before a loop."""
    made = Action("pure", fn, args, loc=loop.loc)
    made.res = [Val(I64, "v", made, loop.region)]
    _insert(loop, made, 0)
    return made.out


def _insert(loop, action, after):
    action.region = loop.region
    actions = loop.region.actions
    actions.insert(actions.index(loop) + after, action)


# ----- tapes


def _read_forwards(loops, distinct):
    """Turns a nest round whose innermost turns go back on a tape."""
    turn = loops[-1].regions[0]
    tapes = [a for a in turn.actions if a.kind == "tape"]
    back = [a for a in tapes if a.attrs["what"] == "back"]
    if len(back) != 1 or not all(map(_counts_down, loops)):
        return False
    tape = back[0].attrs["tape"]
    if not all(a is back[0] or _pops_number(a, tape) for a in tapes):
        return False
    if not all(a.kind in ("tape", *FREE) for a in turn.actions):
        return False
    if not keep_apart(loops, accesses_of(turn), distinct):
        return False
    nest = loops[0]
    count = Val(I64, const=1)
    for loop in loops:
        span = _before(nest, "sub", *loop.args[:2])
        span = _before(nest, "max", span, Val(I64, const=0))
        count = span if count.is_const else _before(nest, "mul", count, span)
        _turn_round(loop)
    turn.actions.remove(back[0])
    step = _of_tape(tape, "step", ())
    step.region = turn
    turn.actions.append(step)
    _insert(nest, _of_tape(tape, "skip", (count,)), 0)
    _insert(nest, _of_tape(tape, "skip", (count,)), 1)
    return True


def _pops_number(a, tape):
    attrs = a.attrs
    return attrs["what"] == "pop" and attrs["tape"] is tape and not a.out.is_array


def _of_tape(tape, what, args):
    return Action("tape", None, args, attrs={"what": what, "tape": tape, "value": None})
