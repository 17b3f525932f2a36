"""Statements other than loops: assignments, branches, checks. Part of the front.

Start at `Statements.block`.
"""

import ast

from ..runtime.numba.inference import BOOL, unify
from .abstract_values import ArrayValue, Part
from .form import Region, Val, leaves, like
from .index_values import same_value
from .name_flow import needs

MISSING = object()
BINARY = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.BitAnd: "bitand",
    ast.BitOr: "bitor",
    ast.BitXor: "bitxor",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
}


class Statements:
    #: Name -> value, where the execution is.
    env: dict

    def block(self, stmts, live):
        """Executes `stmts`; `live` are the names that are read behind them."""
        behind = [live]
        for s in reversed(stmts):
            used, done = needs([s])
            behind.append(used | (behind[-1] - done))
        behind.reverse()
        for k, s in enumerate(stmts):
            self.b.loc = self.frame.loc(getattr(s, "lineno", self.frame.first))
            do = getattr(self, "do_" + type(s).__name__, None)
            if do is None:
                self.refuse(
                    f"got `{type(s).__name__.lower()}`, which is not differentiated; expected "
                    "assignments, loops and branches"
                )
            do(s, behind[k + 1])

    def do_Pass(self, s, live):
        pass

    def do_Expr(self, s, live):
        if not isinstance(s.value, ast.Constant):
            self.ev(s.value)

    def do_Assign(self, s, live):
        value = self.ev(s.value)
        for t in s.targets:
            self.bind(t, value)

    def do_AnnAssign(self, s, live):
        if s.value is not None:
            self.bind(s.target, self.ev(s.value))

    def do_Assert(self, s, live):
        self.b.emit("check", (self.truth(self.ev(s.test)),), text="AssertionError()")

    def do_Raise(self, s, live):
        known = isinstance(s.exc, ast.Call) and all(isinstance(a, ast.Constant) for a in s.exc.args)
        text = ast.unparse(s.exc) if known else f"{_error_name(s.exc)}()"
        self.b.emit("check", (self.b.const(False),), text=text)

    def do_Import(self, s, live):
        for a in s.names:
            self.env[a.asname or a.name.split(".")[0]] = __import__(a.name)

    # --- binding names ----------------------------------------------------------------------------

    def bind(self, target, value):
        if isinstance(target, ast.Name):
            value = self.bindable(value)
            if isinstance(value, Val) and not value.is_const and value.hint in ("v", "n"):
                value.hint = target.id.lstrip("_") or "v"
            self.env[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            for t, v in zip(target.elts, self.unpacked(value, target), strict=True):
                self.bind(t, v)
        elif isinstance(target, ast.Subscript):
            self.set_item(target, value)
        else:
            self.refuse(
                f"got an assignment to {ast.unparse(target)}, expected a name or an element of an "
                "array"
            )

    def unpacked(self, value, target):
        n = len(target.elts)
        if isinstance(value, (Val, ArrayValue)):
            arr = self.arr(value)
            if len(arr.shape) != 1:
                self.refuse("got the unpacking of an array of several axes, expected a tuple")
            return tuple([arr.at([self.b.const(k)]) for k in range(n)])
        if not isinstance(value, tuple) or len(value) != n:
            got = f"{len(value)} values" if isinstance(value, tuple) else repr(value)
            self.refuse(f"got {got}, expected {n} values")
        return value

    def bindable(self, value):
        """What a name may stand for: arrays are memory, not expressions."""
        if isinstance(value, tuple):
            made = [self.bindable(v) for v in value]
            return type(value)(*made) if hasattr(value, "_fields") else tuple(made)
        if isinstance(value, Part):
            return self.view(value)
        if isinstance(value, ArrayValue):
            return self.copy_of(value, "a view") if value.view else self.materialise(value)
        return value

    def do_AugAssign(self, s, live):
        fn = BINARY.get(type(s.op))
        if fn is None:
            self.refuse(f"got `{ast.unparse(s)}`, which is not differentiated")
        value = self.ev(s.value)
        if isinstance(s.target, ast.Name):
            old = self.ev(ast.Name(s.target.id, ast.Load()))
            new = self.elementwise(fn, old, value)
            if isinstance(old, Val) and old.is_array:
                self.write(self.arr(old), new)
            else:
                self.bind(s.target, new)
            return
        base = self.ev(s.target.value)
        where = self.places(base, s.target.slice)
        if where is not None:
            now = self.subscript(base, s.target.slice)
            self.put(base, where, self.bindable(self.elementwise(fn, now, value)))
            return
        place = self.subscript(base, s.target.slice, store=True)
        if not isinstance(place, Part):
            self.refuse(
                f"got an assignment to a part of an expression ({ast.unparse(s.target)}), "
                "expected an array"
            )
        if place.is_element:
            self.augment_element(fn, place, self.number(value))
        elif fn in ("add", "sub"):
            self.write(place, value if fn == "add" else self.elementwise("neg", value), add=True)
        else:
            self.write(place, self.elementwise(fn, place, value))

    def augment_element(self, fn, place, value):
        b, base, index = self.b, place.base, place.element
        if fn in ("add", "sub"):
            b.addto(base, *index, value if fn == "add" else b.pure("neg", value))
            return
        old = b.load(base, *index, hint=base.hint)
        b.store(base, *index, b.pure(fn, old, value))

    # --- branches ---------------------------------------------------------------------------------

    def do_If(self, s, live):
        cond = self.truth(self.ev(s.test))
        if cond.is_const:
            self.block(s.body if cond.const else s.orelse, live)
            return
        self.branch(
            cond, lambda: self.block(s.body, live), lambda: self.block(s.orelse, live), live
        )

    def branch(self, cond, then, other, live):
        """Executes both sides; names that differ behind become results of the `if`."""
        before, parent, sides, here = self.env, self.b.region, [], self.b.loc
        for side in (then, other):
            r = Region(parent)
            self.env, self.b.region = dict(before), r
            side()
            sides.append((r, self.env))
        self.env, self.b.region, self.b.loc = dict(before), parent, here
        results, named = [], []
        for n in sorted(set(sides[0][1]) | set(sides[1][1])):
            pair = [env.get(n, MISSING) for _, env in sides]
            if pair[0] is pair[1]:
                self.env[n] = pair[0]
                continue
            self.env.pop(n, None)
            pair = self.both_bound(n, pair) if n in live else None
            if pair is None:
                continue
            slots = self.joined(n, pair, sides, results)
            if slots is not None:
                named.append((n, pair[0], slots))
        self.b.region = parent
        action = self.b.emit("if", (cond,), results, regions=[r for r, _ in sides])
        for n, tree, slots in named:
            vals = [v if isinstance(v, Val) else action.res[v[0]] for v in slots]
            for v, slot in zip(vals, slots, strict=True):
                if not isinstance(slot, Val):
                    v.hint = n.lstrip("_") or "v"
            self.env[n] = like(tree, iter(vals))
        return action

    def both_bound(self, name, pair):
        """What a name is behind either side; 0 where it is bound on the other only."""
        if MISSING not in pair:
            return pair
        known = pair[1] if pair[0] is MISSING else pair[0]
        if not all(isinstance(v, Val) for v in leaves(known)):
            return None
        blank = like(known, iter([self.blank(v, name) for v in leaves(known)]))
        return [blank if v is MISSING else v for v in pair]

    def joined(self, name, pair, sides, results):
        """Has both sides yield a name; per leaf its value, or (number, type) of the result."""
        la, lc = (list(leaves(v)) for v in pair)
        if len(la) != len(lc) or not all(isinstance(v, Val) for v in la + lc):
            if pair[0] == pair[1]:
                self.env[name] = pair[0]
                return None
            self.refuse(f"got different kinds of values for {name} in the two branches")
        return [self.slot(name, x, y, sides, results) for x, y in zip(la, lc, strict=True)]

    def slot(self, name, x, y, sides, results):
        """The value of a leaf behind a branch, or (number, type) of the result that it is."""
        same_const = x.is_const and y.is_const and repr(x.const) == repr(y.const)
        if x is y or (same_const and x.type == y.type):
            return x
        if x.is_array or y.is_array:
            return self.chosen_array(name, (x, y), sides)
        t = unify(x.type, y.type)
        if t is None:
            self.refuse(f"got {name} of type {x.type} or {y.type} after a branch, expected one")
        for (r, _), v in zip(sides, (x, y), strict=True):
            self.b.region = r
            r.yields.append(self.b.cast(v, t))
        results.append(t)
        return len(results) - 1, t

    def chosen_array(self, name, pair, sides):
        """The array that a branch chooses: memory before it, which either side writes into."""
        kinds = [(v.type.dtype, v.type.ndim) if v.is_array else None for v in pair]
        lengths = []
        for (r, _), v in zip(sides, pair, strict=True):
            self.b.region = r
            lengths.append([self.b.dim(v, k) for k in range(v.type.ndim)] if v.is_array else [])
        self.b.region = sides[0][0].parent
        outside = [not n.region or not n.region.within(sides[0][0]) for n in lengths[0]]
        same = kinds[0] == kinds[1] and all(map(same_value, *lengths))
        if not same or not all(outside):
            self.refuse(
                f"got different arrays for {name} in the two branches, expected one, or arrays of "
                f"one length and type; copy into it with {name}[:] = ..."
            )
        here = self.b.loc
        out = self.b.alloc(lengths[0], kinds[0][0], hint=name.lstrip("_") or "v")
        for (r, _), v in zip(sides, pair, strict=True):
            self.b.region = r
            self.write(self.arr(out), v)
        self.b.region, self.b.loc = sides[0][0].parent, here
        self.note_copy(out, list(pair), "a choice", [r for r, _ in sides])
        return out

    def blank(self, v, name):
        """A value for a name that is bound elsewhere only."""
        if v.is_array:
            self.refuse(
                f"got {name}, an array, bound in one branch only, expected it in both, or before"
            )
        return self.b.const(False if v.type == BOOL else 0, v.type)


def _error_name(node):
    if isinstance(node, ast.Call):
        node = node.func
    return node.id if isinstance(node, ast.Name) else "RuntimeError"
