"""A form as Python source that numba compiles.

Expressions are put together again, names are the user's where they can be, and each line says which
of the user's lines it is of. Loop variables share a name with what they begin with and with what
they hand on. Start at `source`.
"""

import keyword
import math

import numpy as np

from ..runtime.numba.inference import BOOL, F64, types
from .form import LOOPS, like, walk
from .scalars import SCALARS
from .tapes import PIECE, TapeIndices, reserve_text, tape_text

#: How strongly operators bind.
LEVEL = {
    **dict(zip(("or", "and", "not"), (1, 2, 3), strict=True)),
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne"), 4),
    "bitor": 5,
    "bitxor": 5.1,
    "bitand": 5.2,
    "lshift": 5.3,
    "rshift": 5.3,
    **dict.fromkeys(("add", "sub"), 6),
    **dict.fromkeys(("mul", "div", "floordiv", "mod"), 7),
    "neg": 8,
    "invert": 8,
    "pow": 9,
}
COMPARISON, ATOM = 4, 10
#: What is rather computed in vain than branched around.
CHEAP = frozenset(
    ("add", "sub", "mul", "neg", "select", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not")
)
RESERVED = {
    *("np", "math", "numba", "range", "vmath", "min", "max", "abs", "len", "float", "int", "bool"),
    *("_", "tape", "print", "_select", "_accumulate", "_in_parts", "_large"),
    *keyword.kwlist,
}
LIBRARY = {"dot": "np.dot", "solve": "np.linalg.solve"}


def number(c, type_):
    if type_ == BOOL or isinstance(c, (bool, np.bool_)):
        return repr(bool(c))
    if not isinstance(type_, types.Float):
        return repr(int(c))
    if math.isnan(c):
        text = "np.nan"
    elif math.isinf(c):
        text = "np.inf" if c > 0 else "-np.inf"
    else:
        text = repr(float(c))
    return text if type_ == F64 else f"np.float32({text})"


def type_name(type_):
    return {"int64": "int", "float64": "float", "bool": "bool"}.get(str(type_), f"np.{type_}")


def source(form, doc="", checked=False, taken=()):
    """The text of functions, the last of which computes what a form says (see `texts`)."""
    return "\n\n".join(texts(form, doc, checked, taken))


def texts(form, doc="", checked=False, taken=()):
    """The texts of functions: of parts that threads run (`parts`), and last of that which computes
    what a form says; where it is `checked`, memory that nobody has written to is nan; names that
    are `taken` mean something else there."""
    for a in walk(form.body):
        for v in [*a.res, *[v for r in a.regions for v in r.args]]:
            v.name = None
    p = Printer(form)
    p.checked = checked
    p.taken |= {*taken}
    for name, (_, v) in form.globals.items():
        v.name = name
    for v in form.args:
        v.name = p.fresh(v.hint)
    p.region(form.body, 1)
    p.settle(1, None)
    p.line(1, f"return {_tree(p, form.rets)}")
    head = f"def {form.name}({', '.join([v.name for v in form.args])}):"
    main = "\n".join([head, *([f'    """{doc}"""'] if doc else []), *p.lines]) + "\n"
    return [*p.parts, main]


def _tree(p, tree):
    if isinstance(tree, tuple):
        inner = ", ".join([_tree(p, t) for t in tree])
        return f"({inner}{',' if len(tree) == 1 else ''})"
    return "None" if tree is None else p.ex(tree)


class Printer:
    """`count` has how often values are used, `pending` loads that wait to be written where their
    result is used."""

    def __init__(self, form):
        self.form, self.lines, self.taken = form, [], RESERVED | set(form.globals)
        self.count, self.pending, self.texts, self.user = {}, {}, {}, {}
        self.noted, self.checked = None, False
        self.slots = TapeIndices()
        #: The texts of functions of parts.
        self.parts = []
        for a in walk(form.body):
            self.use(a.args)
            for v in a.args:
                self.user[v] = a
            for r in a.regions:
                self.use(r.yields)
        self.use(form.body.yields)
        for a in walk(form.body):  # what becomes a loop's variable is called as that
            if a.kind in LOOPS:
                for phi, first in zip(a.phis, a.firsts, strict=True):
                    if self.is_own(first, a) and first.action is not None:
                        first.hint = phi.hint

    def use(self, values):
        for v in values:
            self.count[v] = self.count.get(v, 0) + 1

    def is_own(self, first, loop):
        """Whether only a loop uses what a variable of it begins with."""
        return not first.is_const and self.count.get(first) == 1 and first.region is loop.region

    # --- names ------------------------------------------------------------------------------------

    def fresh(self, hint):
        hint = hint if hint.isidentifier() else "v"
        name, k = hint, 0
        while name in self.taken:
            k += 1
            name = f"{hint}_{k}"
        self.taken.add(name)
        return name

    def name(self, v):
        if v.name is None:
            v.name = self.fresh(v.hint)
        return v.name

    def shared(self, key, hint):
        """The name of something that is no value, made once."""
        if key not in self.texts:
            self.texts[key] = self.fresh(hint)
        return self.texts[key]

    def line(self, depth, text, loc=None):
        note = ""
        if loc is not None and loc[1] != self.noted:
            self.noted, note = loc[1], f"  # line {loc[1]}"
        self.lines.append("    " * depth + text + note)

    def blank_array(self, t):
        dtype = "" if t.dtype == F64 else f", {_dtype_name(t.dtype)}"
        return f"np.empty(({'0, ' * t.ndim}){dtype})"

    # --- expressions ------------------------------------------------------------------------------

    def inlined(self, a):
        """Whether an action is written where its result is used."""
        if a.kind not in ("pure", "load", "dim") or self.count.get(a.out, 0) != 1:
            return False
        user = self.user.get(a.out)
        if a.out.name is not None or user is None or user.region is not a.region:
            return False
        return user.kind not in LOOPS and user.kind != "alloc"

    def is_inline(self, v):
        """Whether the text of `v` is that of the action that computes it."""
        a = v.action
        if v.is_const or v.name is not None or a is None or not a.res or a.out is not v:
            return False
        return self.inlined(a)

    def ex(self, v, level=0):
        """The text of a value, in brackets if it binds less strongly than `level`."""
        if v.is_const:
            text = number(v.const, v.type)
            return f"({text})" if text.startswith("-") and level > LEVEL["add"] else text
        if not self.is_inline(v):
            return self.name(v)
        if v.action.kind == "load":
            self.pending.pop(v.action, None)
        text, own = self.formula(v.action)
        return f"({text})" if own < level else text

    def formula(self, a):
        """The text of an action, and how strongly it binds."""
        if a.kind == "dim":
            return f"{self.ex(a.args[0], ATOM)}.shape[{a.attrs['k']}]", ATOM
        if a.kind == "load":
            return f"{self.ex(a.args[0])}[{', '.join(map(self.ex, a.args[1:])) or '()'}]", ATOM
        if a.fn == "cast":
            return f"{type_name(a.attrs['target'])}({self.ex(a.args[0])})", ATOM
        text, own = SCALARS[a.fn].text, LEVEL.get(a.fn, ATOM)
        if own == ATOM:
            return self.call(a, text), ATOM
        if len(a.args) == 1:
            return text.format(self.ex(a.args[0], own)), own
        x, y = a.args
        if a.fn == "add" and y.is_const and y.const < 0 and y.const == y.const:
            return f"{self.ex(x, own)} - {number(-y.const, y.type)}", own
        more = own + 0.01
        left = more if a.fn == "pow" or own == COMPARISON else own
        return text.format(self.ex(x, left), self.ex(y, more)), own

    def call(self, a, text):
        if a.fn != "select":
            return text.format(*[self.ex(v) for v in a.args])
        if self.is_cheap_choice(a):
            return f"_select({', '.join(map(self.ex, a.args))})"
        return text.format(*[self.ex(v, LEVEL["not"]) for v in a.args])

    def is_cheap_choice(self, a):
        """Whether choosing without a branch computes next to nothing in vain."""
        _, x, y = a.args
        return x.type == y.type and self.is_cheap(x) and self.is_cheap(y)

    def is_cheap(self, v):
        if not self.is_inline(v):
            return True
        a = v.action
        cheap = a.kind == "pure" and a.fn in CHEAP
        return cheap and all(map(self.is_cheap, a.args))

    # --- statements -------------------------------------------------------------------------------

    def settle(self, depth, a):
        """Writes loads that wait, unless `a` itself consumes them: what follows may change
        memory."""
        own = set()

        def visit(v):
            if self.is_inline(v):
                own.add(v.action)
                for x in v.action.args:
                    visit(x)

        if a is not None and not a.regions:
            for v in a.args:
                visit(v)
        for load in list(self.pending):
            if load not in own and load.out.name is None:
                self.assign(depth, load)

    def assign(self, depth, a):
        self.pending.pop(a, None)
        text, _ = self.formula(a)
        self.line(depth, f"{self.name(a.out)} = {text}", a.loc)

    def region(self, r, depth):
        start = len(self.lines)
        for a in r.actions:
            self.statement(a, depth)
        return len(self.lines) - start

    def statement(self, a, depth):
        if a.kind in ("pure", "dim", "load"):
            if not self.inlined(a):
                self.assign(depth, a)
            elif a.kind == "load":
                self.pending[a] = True
            return
        self.settle(depth, a)
        getattr(self, "st_" + a.kind)(a, depth)

    def place(self, a):
        # of an array without axes: x[()]
        return f"{self.ex(a.args[0])}[{', '.join(map(self.ex, a.index)) or '()'}]"

    def st_store(self, a, depth):
        self.line(depth, f"{self.place(a)} = {self.ex(a.args[-1])}", a.loc)

    def st_addto(self, a, depth):
        v, sign = a.args[-1], "+="
        if self.is_inline(v) and v.action.fn == "neg":
            sign, v = "-=", v.action.args[0]
        self.line(depth, f"{self.place(a)} {sign} {self.ex(v)}", a.loc)

    def st_alloc(self, a, depth):
        shape = ", ".join(map(self.ex, a.args))
        shape = f"({shape})" if len(a.args) != 1 else shape
        dtype = a.out.type.dtype
        what = "" if dtype == F64 else f", {_dtype_name(dtype)}"
        fn, fill = a.fn, ""
        if fn == "empty" and self.checked and isinstance(dtype, types.Float):
            fn, fill = "full", ", np.nan"
        made = f"np.{fn}({shape}{fill}{what})"
        made = f"_large({made})" if a.attrs.get("large") else made
        self.line(depth, f"{self.name(a.out)} = {made}", a.loc)

    def st_view(self, a, depth):
        base, *rest = a.args
        rest = iter(rest)
        parts = [
            self.ex(next(rest)) if s == "i" else self.slice(s[1], next(rest), next(rest))
            for s in a.attrs["spec"]
        ]
        self.line(depth, f"{self.name(a.out)} = {self.ex(base)}[{', '.join(parts)}]", a.loc)

    def slice(self, step, lo, n):
        if step == -1:
            return "::-1"
        if step != 1:
            return f"{self.ex(lo)}:{self.ex(lo, 6)} + {self.ex(n, 7)} * {step}:{step}"
        if lo.is_const and lo.const == 0:
            return f":{self.ex(n, 6)}"
        return f"{self.ex(lo)}:{self.ex(lo, 6)} + {self.ex(n, 6.1)}"

    def st_lib(self, a, depth):
        args = ", ".join(map(self.ex, a.args))
        self.line(depth, f"{self.name(a.out)} = {LIBRARY.get(a.fn, a.fn)}({args})", a.loc)

    def st_outside(self, a, depth):
        text = f"{a.fn}({', '.join(map(self.ex, a.args))})"
        to = like(a.attrs["tree"], iter(map(self.name, a.res)))
        self.line(depth, f"{_target(to)} = {text}" if to is not None else text, a.loc)
        for v in a.res if a.attrs.get("checked", True) else ():
            for x in a.args:
                if v.is_array and x.is_array:
                    self.line(depth, f"_is_new({v.name}, {self.ex(x)})")

    def st_call(self, a, depth):
        text = f"{a.fn}({', '.join(map(self.ex, a.args))})"
        results = ", ".join(map(self.name, a.res))
        self.line(depth, f"{results} = {text}" if results else text, a.loc)

    def st_check(self, a, depth):
        cond = a.args[0]
        if cond.is_const:
            if not cond.const:
                self.line(depth, f"raise {a.attrs['text']}", a.loc)
            return
        self.line(depth, f"if not ({self.ex(cond)}):", a.loc)
        self.line(depth + 1, f"raise {a.attrs['text']}")

    def st_test(self, a, depth):
        cond = a.args[0]
        if self.is_inline(cond) and cond.action.fn == "not":
            self.line(depth, f"if {self.ex(cond.action.args[0])}:", a.loc)
        else:
            self.line(depth, f"if not ({self.ex(cond)}):", a.loc)
        loop = a.region.action
        if loop.attrs.get("pieces"):
            self.line(depth + 1, f"{self.shared((loop, 'going'), 'going')} = False")
        self.line(depth + 1, "break")

    def st_tape(self, a, depth):
        for text in tape_text(self, a):
            self.line(depth, text, a.loc)

    # --- branches ---------------------------------------------------------------------------------

    def st_if(self, a, depth):
        for v in a.res:
            self.name(v)
        self.line(depth, f"if {self.ex(a.args[0])}:", a.loc)
        then, other = a.regions
        self.side(a, then, depth)
        same = all(y.name == v.name for y, v in zip(other.yields, a.res, strict=False))
        if other.actions or not same:
            self.line(depth, "else:")
            self.side(a, other, depth)

    def side(self, a, region, depth):
        for v, y in zip(a.res, region.yields, strict=False):
            if self.takes_name(y, region):
                y.name = v.name
        n = self.region(region, depth + 1)
        self.settle(depth + 1, None)
        for v, y in zip(a.res, region.yields, strict=False):
            if y.is_const or y.name != v.name:
                self.line(depth + 1, f"{v.name} = {self.ex(y)}")
                n += 1
        if not n:
            self.line(depth + 1, "pass")

    def takes_name(self, y, region):
        """Whether what a side yields may be called as the result at once."""
        a = y.action
        if a is None or a.region is not region or y.region is not region or a.regions:
            return False
        return y.name is None and self.count.get(y, 0) == 1 and not y.is_array

    # --- loops ------------------------------------------------------------------------------------

    def start(self, a, depth):
        """The assignments before a loop."""
        for phi, first, result in zip(a.phis, a.firsts, a.res, strict=False):
            of_args = first.region is not None and first.region.action is None
            own = self.is_own(first, a) and (first.action is not None or not of_args)
            if own and first.name is not None:
                phi.name = first.name
            else:
                phi.name = self.fresh(phi.hint)
                self.line(depth, f"{phi.name} = {self.ex(first)}", a.loc)
            result.name = phi.name
        if a.attrs.get("trips"):
            self.line(depth, f"{self.name(a.attrs['trips'])} = 0")

    def turn(self, a, depth):
        """The body of a loop, and what it hands on."""
        r, phis = a.regions[0], a.phis
        for phi, y in zip(phis, r.yields, strict=True):
            if self.hands_on(phi, y, r):
                y.name = phi.name
        n = self.region(r, depth + 1)
        self.settle(depth + 1, None)
        moves = [
            (phi, y)
            for phi, y in zip(phis, r.yields, strict=True)
            if y.is_const or y.name != phi.name
        ]
        if moves:
            names = ", ".join([p.name for p, _ in moves])
            self.line(depth + 1, f"{names} = {', '.join([self.ex(y) for _, y in moves])}")
        if a.attrs.get("trips"):
            self.line(depth + 1, f"{self.name(a.attrs['trips'])} += 1")
        if a.left_early:
            self.line(depth + 1, f"if {phis[a.attrs['brk']].name}:")
            self.line(depth + 2, "break")
        if not n and not moves:
            self.line(depth + 1, "pass")

    def hands_on(self, phi, y, r):
        """Whether what a turn hands on may be called as the loop variable at once."""
        a = y.action
        if a is None or a.region is not r or y.name is not None or a.kind not in ("pure", "load"):
            return False
        return sum(y is z for z in r.yields) == 1 and not self.read_later(phi, y, r)

    def read_later(self, phi, y, r):
        """Whether `phi`, or what shares its name, is read after `y` is made, or by another value
        handed on."""
        same = {phi}
        for a in r.actions:  # a loop that begins with it goes on in its name
            if a.kind in LOOPS:
                pairs = zip(a.firsts, a.res, strict=False)
                same.update([result for first, result in pairs if first in same])
        if any(z in same for z in r.yields):
            return True
        behind = r.actions[r.actions.index(y.action) + 1 :]
        for a in behind:
            for o in (a, *[o for q in a.regions for o in walk(q)]):
                yields = [z for q in o.regions for z in q.yields]
                if any(v in same or self.reads(v, same) for v in (*o.args, *yields)):
                    return True
        return any(self.reads(z, same) for z in r.yields if z is not y)

    def reads(self, v, same, depth=0):
        """Whether the text of `v` would name one of `same`."""
        if v in same:
            return True
        if depth > 50 or not self.is_inline(v):
            return False
        return any(self.reads(x, same, depth + 1) for x in v.action.args)

    def st_for(self, a, depth):
        self.start(a, depth)
        lo, hi, step = a.args[:3]
        low, high, pieces = self.ex(lo), self.ex(hi), a.attrs.get("pieces")
        if pieces:
            first = self.fresh("first")
            high = self.piece(a, depth, first, low, high)
            low, depth = first, depth + 1
        plain = step.is_const and step.const == 1
        parts = [low, high] if plain else [low, high, self.ex(step)]
        if plain and low == "0":
            parts = [high]
        iv = a.regions[0].args[0]
        self.line(depth, f"for {self.name(iv)} in range({', '.join(parts)}):", a.loc)
        self.turn(a, depth)
        if pieces and a.left_early:
            self.line(depth, f"if {a.phis[a.attrs['brk']].name}:")
            self.line(depth + 1, "break")

    def st_parts(self, a, depth):
        """A loop whose turns are run on threads: a function of its own, and a call that runs it for
        each number of a turn."""
        r = a.regions[0]
        name = self.fresh(f"{self.form.name}_part")
        given = [self.name(v) for v in captured(r)]
        for tape in tapes_of(r):
            given += [tape.counter(self), *[tape.name(self, e) for e in tape.numbers()]]
        given = list(dict.fromkeys(given))
        parts, work = map(self.ex, a.args)
        kept, self.lines, self.slots = self.lines, [], TapeIndices()
        head = f"def {name}({', '.join([self.name(r.args[0]), *given])}):"
        self.region(r, 1)
        self.settle(1, None)
        self.parts.append("\n".join([head, *self.lines]) + "\n")
        self.lines, self.slots = kept, TapeIndices()
        packed = f"({', '.join(given)}{',' if len(given) == 1 else ''})"
        self.line(depth, f"{name}({parts}, {work}, {packed})", a.loc)

    def piece(self, a, depth, first, low, high):
        """The loop over pieces around a loop whose tape grows; gives where a piece ends."""
        step = a.args[2]
        one = step.is_const and step.const == 1
        many = f"{PIECE}" if one else f"{PIECE} * {self.ex(step, 7.1)}"
        self.line(depth, f"for {first} in range({low}, {high}, {many}):", a.loc)
        for text in reserve_text(self, a.attrs["pieces"], PIECE):
            self.line(depth + 1, text)
        ends = [f"{best}({first} + {many}, {high})" for best in ("min", "max")]
        if step.is_const:
            return ends[step.const < 0]
        return f"({ends[0]} if {self.ex(step)} > 0 else {ends[1]})"

    def st_while(self, a, depth):
        self.start(a, depth)
        pieces = a.attrs.get("pieces")
        if not pieces:
            self.line(depth, "while True:", a.loc)
            self.turn(a, depth)
            return
        going, room = self.shared((a, "going"), "going"), self.fresh("room")
        self.line(depth, f"{going} = True")
        self.line(depth, f"while {going}:", a.loc)
        for text in reserve_text(self, pieces, PIECE):
            self.line(depth + 1, text)
        numbers, counter = pieces.numbers(), pieces.counter(self)
        size = f"{pieces.name(self, numbers[0])}.size" if numbers else f"{counter} + {PIECE}"
        self.line(depth + 1, f"{room} = {size}")
        self.line(depth + 1, f"while {counter} < {room}:")
        self.turn(a, depth + 1)


def captured(region):
    """The values from outside that a region uses, in the order of their first use."""
    out = {}
    for a in walk(region):
        used = [*a.args, *[y for r in a.regions for y in r.yields]]
        if a.attrs.get("lengths"):
            used += a.attrs["lengths"]
        for v in used:
            if not v.is_const and not (v.region is not None and v.region.within(region)):
                out[v] = True
    return list(out)


def tapes_of(region):
    """The tapes from outside that a region writes or reads."""
    inside = [a for a in walk(region) if a.kind == "tape"]
    own = {a.attrs["tape"] for a in inside if a.attrs["what"] == "new"}
    return [t for t in dict.fromkeys([a.attrs["tape"] for a in inside]) if t not in own]


def _target(tree):
    if isinstance(tree, tuple):
        return f"({', '.join(map(_target, tree))}{',' if len(tree) == 1 else ''})"
    return tree


def _dtype_name(dtype):
    return "np.bool_" if dtype == BOOL else f"np.{dtype}"
