"""Activity: which values depend on an input (*varied*) and influence a result (*useful*).

Both are fixpoints over the form: values one by one, arrays by alias class. What is both is active,
and only that has a cotangent. Start at `Activity`.
"""

from ..base.errors import NotDifferentiable
from ..runtime.numba.inference import types
from .form import STORES, has_cotangent, walk
from .slopes import level, slope_exists


class _Marks:
    """A growing set of values and of alias classes."""

    def __init__(self, aliases, values):
        self.aliases = aliases
        self.values = {v for v in values if not v.is_array}
        self.memory = aliases.of_all(values)

    def size(self):
        return len(self.values), len(self.memory)

    def has(self, v):
        return self.aliases.of(v) in self.memory if v.is_array else v in self.values

    def add(self, *values):
        for v in values:
            if v.is_array:
                self.memory.add(self.aliases.of(v))
            else:
                self.values.add(v)


def _floats(values):
    return [v for v in values if v.is_float or v.is_array]


def varied(form, aliases, wrt):
    """What depends on the arguments `wrt`; `tapes` has the entries of tapes that do."""
    marks, tapes = _Marks(aliases, wrt), set()
    while True:
        before = marks.size(), len(tapes)
        for a in walk(form.body):
            if a.kind == "tape":
                entry = a.attrs["value"]
                if a.attrs["what"] == "push" and marks.has(a.args[0]):
                    tapes.add(entry)
                if a.attrs["what"] == "pop" and entry in tapes and a.out.is_float:
                    marks.add(a.out)
            else:
                _VARIED.get(a.kind, _nothing)(a, marks)
        if before == (marks.size(), len(tapes)):
            return marks, tapes


def _nothing(a, marks):
    pass


def _varied_pure(a, marks):
    if a.out.is_float and any(v in marks.values for v in a.args) and slope_exists(a.fn):
        marks.add(a.out)


def _varied_load(a, marks):
    if a.out.is_float and marks.has(a.args[0]):
        marks.add(a.out)


def _varied_store(a, marks):
    array = a.args[0]
    if marks.has(a.args[-1]) and isinstance(array.type.dtype, types.Float):
        marks.add(array)


def _varied_lib(a, marks):
    if any(v.is_array and marks.has(v) for v in a.args):
        marks.add(a.out)


def _varied_call(a, marks):
    """The reverse of a product or a solution adds to its last two arguments, cotangents."""
    *read, x_b, y_b = a.args
    if any(marks.has(v) for v in read):
        marks.add(x_b, y_b)


def _varied_outside(a, marks):
    if any(marks.has(v) for v in a.args):
        marks.add(*[v for v in a.res if has_cotangent(v)])


def _varied_loop(a, marks):
    for first, phi, y, r in zip(a.firsts, a.phis, a.regions[0].yields, a.res, strict=False):
        if phi.is_float and (marks.has(first) or marks.has(y)):
            marks.add(phi, r)


def _varied_if(a, marks):
    for r, x, y in zip(a.res, a.regions[0].yields, a.regions[1].yields, strict=True):
        if r.is_float and (marks.has(x) or marks.has(y)):
            marks.add(r)


_VARIED = {
    "pure": _varied_pure,
    "load": _varied_load,
    "store": _varied_store,
    "addto": _varied_store,
    "lib": _varied_lib,
    "call": _varied_call,
    "outside": _varied_outside,
    "for": _varied_loop,
    "while": _varied_loop,
    "if": _varied_if,
}


def _useful(form, aliases):
    stored = {aliases.of(a.args[0]) for a in walk(form.body) if a.kind in STORES}
    written = [a for a in form.args if a.is_array and aliases.of(a) in stored]
    marks = _Marks(aliases, [*_floats(form.body.yields), *written])
    while True:
        before = marks.size()
        for a in walk(form.body):
            _USEFUL.get(a.kind, _nothing)(a, marks)
        if before == marks.size():
            return marks


def _useful_value(a, marks):
    if marks.has(a.out):
        marks.add(*a.args[: 1 if a.kind == "load" else None])


def _useful_outside(a, marks):
    if any(marks.has(v) for v in a.res):
        marks.add(*[v for v in a.args if has_cotangent(v)])


def _useful_store(a, marks):
    if marks.has(a.args[0]):
        marks.add(a.args[-1])


def _useful_loop(a, marks):
    for first, phi, y, r in zip(a.firsts, a.phis, a.regions[0].yields, a.res, strict=False):
        if not phi.is_array and (marks.has(phi) or marks.has(r)):
            marks.add(first, phi, y, r)


def _useful_if(a, marks):
    for r, x, y in zip(a.res, a.regions[0].yields, a.regions[1].yields, strict=True):
        if not r.is_array and marks.has(r):
            marks.add(x, y)


_USEFUL = {
    "pure": _useful_value,
    "load": _useful_value,
    "lib": _useful_value,
    "outside": _useful_outside,
    "store": _useful_store,
    "addto": _useful_store,
    "for": _useful_loop,
    "while": _useful_loop,
    "if": _useful_if,
}


class Activity:
    """What of a form is active, for the arguments `wrt`.

    Attributes
    ----------
    values : set of Val
        Active numbers.
    memory : set of Val
        Alias classes of active arrays.
    warnings : list of (loc, text)
        Where the derivative is cut, likely by mistake.
    """

    def __init__(self, form, aliases, wrt):
        reached, _ = varied(form, aliases, wrt)
        useful = _useful(form, aliases)
        self.values = {v for v in reached.values & useful.values if v.is_float and not v.is_const}
        self.memory = reached.memory & useful.memory
        self.warnings = []
        for a in walk(form.body):
            if a.kind == "pure" and any(v in reached.values for v in a.args):
                self._check(a, useful)
            if a.kind in STORES and a.args[-1] in reached.values:
                self._check_store(a)

    def _check_store(self, a):
        array = a.args[0]
        if not isinstance(array.type.dtype, types.Float):
            what = f"a float written into {array.hint}, of {array.type.dtype},"
            self.warnings.append((a.loc, what))

    def _check(self, a, useful):
        """Warns, or refuses, where a function of a varied number has no derivative."""
        if a.fn == "cast":
            if isinstance(a.out.type, types.Integer):
                self.warnings.append((a.loc, "a float made an integer"))
            return
        if not useful.has(a.out) or not a.out.is_float or a.fn == "stop" or slope_exists(a.fn):
            return
        if not level(a.fn):
            raise NotDifferentiable(f"got {a.fn}, which has no derivative here", a.loc)
        if a.fn != "sign":
            self.warnings.append((a.loc, a.fn))
