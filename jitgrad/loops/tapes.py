"""Tapes: what the turns of a loop leave for the reverse sweep.

A loop's turn has one counter, and an array per value that is kept; arrays are kept by reference, in
a list. Where trip counts are known, the size is exact; else the arrays grow between pieces of
`PIECE` turns, so that the inner loop sees arrays that stay. Start at `Tape`.
"""

from ..runtime.numba.inference import BOOL, F64

#: Turns between two looks at whether a tape is large enough.
PIECE = 64
#: The first size of one that grows.
FIRST = 256


class Tape:
    """`entries` are (value, suffix), where the suffix tells a tangent from its value; `exact` says
    that the size is known."""

    def __init__(self, entries, exact):
        self.entries, self.exact = entries, exact
        self.values = {v for v, _ in entries}

    def numbers(self):
        return [e for e in self.entries if not e[0].is_array]

    def counter(self, printer):
        return printer.shared((self, "counter"), "turn")

    def name(self, printer, entry):
        return printer.shared((self, entry), f"{entry[0].hint}_tape{entry[1]}")


def dtype_text(type_):
    return "np.bool_" if type_ == BOOL else f"np.{type_}"


def tape_text(p, a):
    """The lines of an action of kind "tape"."""
    tape, what = a.attrs["tape"], a.attrs["what"]
    if what not in ("push", "pop"):
        p.slots.moved(tape)
    return _TEXTS[what](p, a, tape, tape.counter(p))


def _new(p, a, tape, counter):
    n = p.ex(a.args[0])
    yield f"{counter} = 0"
    for e in tape.entries:
        kind, name = e[0].type, tape.name(p, e)
        if e[0].is_array:
            yield f"{name} = [{p.blank_array(kind)}]"
        else:
            made = f"np.empty({n}{'' if kind == F64 else ', ' + dtype_text(kind)})"
            yield f"{name} = {f'_large({made})' if tape.exact else made}"


def _reserve(p, a, tape, counter):
    return reserve_text(p, tape, p.ex(a.args[0], 6.1))


class TapeIndices:
    """The names of counters as indices, in the regions in which they are made: of whole numbers
    with a sign numba asks whether they are negative, which keeps loops from being vectorised. One
    is made for all that a turn keeps, since numba takes long to compile each."""

    def __init__(self):
        self.known = {}

    def moved(self, tape):
        """A counter is another number from here on."""
        self.known.pop(tape, None)

    def lines(self, p, a, tape, counter):
        """The line that makes the index of a tape, where there is none."""
        region, name = self.known.get(tape, (None, None))
        if region is None or not a.region.within(region):
            name = p.shared((tape, "slot"), "slot")
            self.known[tape] = a.region, name
            yield f"{name} = np.uint64({counter})"

    def name(self, tape):
        return self.known[tape][1]


def _push(p, a, tape, counter):
    entry = a.attrs["value"]
    to, x = tape.name(p, entry), p.ex(a.args[0])
    if entry[0].is_array:
        yield f"{to}.append({x})"
        return
    yield from p.slots.lines(p, a, tape, counter)
    yield f"{to}[{p.slots.name(tape)}] = {x}"


def _step(p, a, tape, counter):
    yield f"{counter} += 1"


def _back(p, a, tape, counter):
    yield f"{counter} -= 1"


def _skip(p, a, tape, counter):
    yield f"{counter} -= {p.ex(a.args[0], 6.1)}"


def _ahead(p, a, tape, counter):
    yield f"{counter} += {p.ex(a.args[0], 6.1)}"


def _pop(p, a, tape, counter):
    entry = a.attrs["value"]
    source, to = tape.name(p, entry), p.name(a.out)
    if entry[0].is_array:
        yield f"{to} = {source}.pop()"
        return
    yield from p.slots.lines(p, a, tape, counter)
    yield f"{to} = {source}[{p.slots.name(tape)}]"


_TEXTS = {
    "new": _new,
    "reserve": _reserve,
    "push": _push,
    "step": _step,
    "back": _back,
    "skip": _skip,
    "ahead": _ahead,
    "pop": _pop,
}


def reserve_text(p, tape, n):
    """Makes room for `n` more turns."""
    numbers, counter = tape.numbers(), tape.counter(p)
    if numbers:
        yield f"if {counter} + {n} > {tape.name(p, numbers[0])}.size:"
        for e in numbers:
            name = tape.name(p, e)
            yield f"    {name} = _grow({name}, {counter} + {n})"
