"""Loops of the user's function. Part of the front.

A loop carries the names that are bound in it and read before they are bound again, or behind it.
Its body is executed until the types of these settle. Start at `LoopStatements.do_For`, then
`LoopBuild`.
"""

import ast

from ..base.syntax import syntax_tree
from ..runtime.numba.inference import I64, unify
from .abstract_values import ArrayValue
from .form import MAKERS, STORES, Region, Val, leaves, like, walk
from .markers import Marker, marker_of
from .name_flow import assigned, bound, needs, read

MISSING = object()
#: How often a body is executed before its types have to be settled.
ROUNDS = 10
#: Elements of a tuple that a loop is unrolled for.
LONGEST_TUPLE = 32


class LoopStatements:
    def do_For(self, s, live):
        it = s.iter
        called = self.ev(it.func) if isinstance(it, ast.Call) else None
        kind = marker_of(called)
        if kind is None:
            self.over_value(s, live)
        elif kind is Marker.CHECKPOINT:
            self.pieces(s, live)
        elif kind in (Marker.RANGE, Marker.PRANGE):
            self.over_range(s, live, kind is Marker.PRANGE and self.frame.parallel)
        elif kind is Marker.REVERSED:
            self.over_reversed(s, live)
        else:
            self.over_items(s, live)

    def span_of(self, call):
        a = [self.integer(self.ev(x)) for x in call.args]
        if call.keywords or not 1 <= len(a) <= 3:
            self.refuse(
                f"got {ast.unparse(call)}, expected range(stop) or range(start, stop, step)"
            )
        zero, one = self.b.const(0), self.b.const(1)
        span = (zero, a[0], one) if len(a) == 1 else (*a, one)[:3]
        return tuple([self.b.cast(v, I64) for v in span])

    def over_range(self, s, live, parallel):
        span = self.span_of(s.iter)
        self.loop(s, live, span, lambda iv: self.bind(s.target, iv), parallel)

    def over_reversed(self, s, live):
        inner = s.iter.args[0]
        if not (isinstance(inner, ast.Call) and marker_of(self.ev(inner.func)) is Marker.RANGE):
            self.refuse(f"got {ast.unparse(s.iter)}, expected reversed(range(n))")
        lo, hi, step = self.span_of(inner)
        b = self.b
        if not (step.is_const and step.const == 1):
            self.refuse(f"got {ast.unparse(s.iter)}, expected a range without a step")
        down, minus = b.pure("add", hi, b.const(-1)), b.const(-1)
        span = down, b.pure("add", lo, minus), minus
        self.loop(s, live, span, lambda iv: self.bind(s.target, iv))

    def over_items(self, s, live):
        """A loop over what `enumerate` or `zip` gives."""
        n, at = self.items(s.iter)
        span = self.b.const(0), n, self.b.const(1)
        self.loop(s, live, span, lambda iv: self.bind(s.target, at(iv)))

    def items(self, node):
        """How many items there are to go over, and a function that gives that with a number."""
        kind = marker_of(self.ev(node.func)) if isinstance(node, ast.Call) else None
        if kind is Marker.RANGE:
            return self.items_of_range(node)
        if kind is Marker.ENUMERATE:
            return self.items_of_enumerate(node)
        if kind is Marker.ZIP and node.args and not node.keywords:
            b, parts = self.b, [self.items(x) for x in node.args]
            n = parts[0][0]
            for m, _ in parts[1:]:
                n = b.pure("min", n, m)
            return n, lambda iv: tuple([at(iv) for _, at in parts])
        over = self.ev(node)
        if isinstance(over, tuple):
            return self.b.const(len(over)), lambda iv: self.one_of(over, iv)
        arr = self.arr(self.bindable(over))
        return arr.shape[0], lambda iv: self.row(arr, iv)

    def items_of_range(self, node):
        b, (lo, hi, step) = self.b, self.span_of(node)
        if not step.is_const or step.const == 0:
            self.refuse(f"got {ast.unparse(node)}, expected a step that is a number in the text")
        k = abs(step.const)
        n = b.pure("sub", hi, lo) if step.const > 0 else b.pure("sub", lo, hi)
        n = b.pure("floordiv", b.pure("add", n, b.const(k - 1)), b.const(k))
        return b.pure("max", n, b.const(0)), lambda iv: b.pure("add", lo, b.pure("mul", iv, step))

    def items_of_enumerate(self, node):
        named = {k.arg: k.value for k in node.keywords}
        first = [*node.args[1:], *[named[k] for k in named if k == "start"]]
        if len(node.args) not in (1, 2) or len(first) > 1 or set(named) - {"start"}:
            self.refuse(f"got {ast.unparse(node)}, expected enumerate(items, start)")
        n, at = self.items(node.args[0])
        b = self.b
        start = b.cast(self.integer(self.ev(first[0])), I64) if first else b.const(0)
        return n, lambda iv: (b.pure("add", start, iv), at(iv))

    def over_value(self, s, live):
        over = self.ev(s.iter)
        if isinstance(over, tuple):
            self.over_tuple(s, live, over)
        elif isinstance(over, ArrayValue) or (isinstance(over, Val) and over.is_array):
            arr, b = self.arr(self.bindable(over)), self.b
            span = b.const(0), arr.shape[0], b.const(1)
            self.loop(s, live, span, lambda iv: self.bind(s.target, self.row(arr, iv)))
        else:
            self.refuse(
                f"got a loop over {ast.unparse(s.iter)}, expected range, prange, enumerate, zip, "
                "an array or a tuple"
            )

    def over_tuple(self, s, live, over):
        if getattr(s, "brk", None) or len(over) > LONGEST_TUPLE:
            self.refuse(
                f"got a loop over a tuple that is left early, or has more than {LONGEST_TUPLE} "
                "elements, expected an array"
            )
        used, _ = needs(s.body)
        for v in over:
            self.bind(s.target, v)
            self.block(s.body, live | used | assigned(s.body))

    def pieces(self, s, live):
        """A loop in pieces: the state is kept between them, and each is run again when it is
        reversed."""
        call = s.iter
        span = call.args[0] if call.args else None
        named = {k.arg: k.value for k in call.keywords}
        every = call.args[1] if len(call.args) > 1 else named.get("every")
        every = "32" if every is None else ast.unparse(every)
        a = [ast.unparse(x) for x in span.args] if isinstance(span, ast.Call) else []
        if not 1 <= len(a) <= 2 or getattr(s, "brk", None):
            self.refuse(
                "got a loop with checkpoints that has a step or is left early, expected range(n) "
                "or range(start, stop)"
            )
        lo, hi = ("0", a[0]) if len(a) == 1 else a
        outer = syntax_tree(
            f"for _first in range({lo}, {hi}, {every}):\n"
            f"    for _t in range(_first, min(_first + {every}, {hi})):\n"
            f"        pass"
        ).body[0]
        inner = outer.body[0]
        inner.target, inner.body, inner.brk, outer.brk = s.target, s.body, None, None
        for n in (outer, *ast.walk(outer.iter), inner, *ast.walk(inner.iter)):
            ast.copy_location(n, s)
        before = set(self.b.region.actions)
        self.do_For(outer, live)
        made = [a for a in self.b.region.actions if a.kind == "for" and a not in before]
        made[-1].attrs["checkpoint"] = True

    def row(self, arr, iv):
        if len(arr.shape) == 1:
            return arr.at([iv])
        return self.sub_view(arr, [("i", iv)] + [None] * (len(arr.shape) - 1))

    def do_While(self, s, live):
        self.loop(s, live, None, None)

    def loop(self, s, live, span, bind, parallel=False):
        LoopBuild(self, s, live, span, bind).run(parallel)


class LoopBuild:
    """The making of one loop.

    `state` has per carried name what it begins with, and its types; `kept` the memory that stands
    for a name that is bound to a new array in each turn.
    """

    #: Whether types of carried names have changed, so that the turn is executed again; what it
    #: hands on.
    again: bool
    yields: list

    def __init__(self, front, s, live, span, bind):
        self.front, self.s, self.live, self.span, self.bind = front, s, live, span, bind
        self.brk = getattr(s, "brk", None)
        target = bound(s.target) if span is not None else set()
        self.target = sorted(target)
        used, _ = needs(s.body)
        used = used - target if span is not None else used | read(s.test)
        self.needs = used | ({self.brk} if self.brk else set())
        self.touched = assigned(s.body) | target
        self.carried = sorted(n for n in self.touched if n in self.needs or n in live)
        self.before, self.parent, self.loc = front.env, front.b.region, front.b.loc
        self.state, self.kept, self.alone = {}, {}, set()
        for n in self.carried:
            vals = list(leaves(self.before[n])) if n in self.before else []
            if n in self.before and all(isinstance(v, Val) for v in vals):
                self.state[n] = self.before[n], [v.type for v in vals]

    def run(self, parallel):
        for _ in range(ROUNDS):
            region = self.turn()
            if region is not None and not self.again:
                break
        else:
            self.front.refuse("got types that never settle in a loop")
        region.yields = self.yields
        self.finish(region, parallel)

    def turn(self):
        """Executes the body; None where an array turned out to be a new one in each turn."""
        front, b = self.front, self.front.b
        r = Region(self.parent)
        front.env, b.region = dict(self.before), r
        if self.span is not None:
            iv = Val(I64, self.target[0] if self.target else "i", None, r)
            r.args.append(iv)
        self.enter(r)
        phi_of = dict(front.phi_of)
        if self.span is None:
            self.test()
        else:
            self.bind(iv)
        if self.brk:
            front.env[self.brk] = b.const(False)  # or the loop would have been left
        front.block(self.s.body, self.live | self.needs)
        front.phi_of = phi_of
        self.again, self.yields = False, []
        self.check_shared(r)
        fresh = self.new_arrays()
        if fresh:
            self.make_memory(fresh)
            return None
        self.take_over()
        for n in self.carried:
            if n not in self.kept:
                self.hand_on(n)
        return r

    def enter(self, r):
        """Binds carried names to variables of the loop."""
        front = self.front
        for n in self.carried:
            if n in self.state:
                tree, kinds = self.state[n]
                phis = [Val(t, n.lstrip("_") or "v", None, r) for t in kinds]
                r.args.extend(phis)
                front.env[n] = front.phi_of[n] = like(tree, iter(phis))
            elif n not in self.before:
                front.env.pop(n, None)

    def test(self):
        front, b = self.front, self.front.b
        test = front.truth(front.ev(self.s.test))
        if self.brk and self.brk in self.state:
            test = b.pure("and", b.pure("not", front.env[self.brk]), test)
        b.emit("test", (test,))

    def hand_on(self, n):
        """What a name is at the end of a turn."""
        front = self.front
        tree = front.env.get(n, MISSING)
        if tree is MISSING:
            if n in self.state:
                front.refuse(f"got {n} unbound at the end of a turn")
            return
        vals = list(leaves(tree))
        if not all(isinstance(v, Val) for v in vals):
            if n in self.before and self.before[n] is tree:
                return
            front.refuse(f"got {n}, which is no number or array, bound anew in a loop")
        if n not in self.state:
            self.first_bound(n, tree, vals)
            return
        old, kinds = self.state[n]
        if len(kinds) != len(vals):
            front.refuse(
                f"got {n} with {len(vals)} parts at the end of a turn, {len(kinds)} at its start"
            )
        new = [unify(a, v.type) for a, v in zip(kinds, vals, strict=True)]
        if None in new:
            front.refuse(
                f"got {n} of type {kinds} at the start of a loop and {[v.type for v in vals]} at "
                "the end of a turn"
            )
        if new != kinds:
            self.state[n] = old, new
            self.again = True
        for v, t in zip(vals, new, strict=True):
            self.yields.append(v if v.is_array else front.b.cast(v, t))

    def first_bound(self, n, tree, vals):
        """A name that only the body binds: it begins with 0, which nobody reads."""
        front = self.front
        if any(v.is_array for v in vals):
            if n in self.live:
                front.refuse(
                    f"got {n}, an array first bound in a loop and used behind it; make it before "
                    "the loop"
                )
            return
        first = like(tree, iter([front.blank(v, n) for v in vals]))
        self.state[n] = first, [v.type for v in vals]
        self.before = {**self.before, n: first}
        self.again = True

    def finish(self, region, parallel):
        front, b = self.front, self.front.b
        front.env, b.region, b.loc = dict(self.before), self.parent, self.loc
        firsts, kinds, places = [], [], {}
        for n in self.carried:
            if n in self.state:
                places[n] = len(kinds)
                for v, t in zip(leaves(self.before[n]), self.state[n][1], strict=True):
                    firsts.append(v if v.is_array else b.cast(v, t))
                    kinds.append(t)
        counted = self.span is not None
        brk = places[self.brk] if counted and self.brk else None
        action = b.emit(
            "for" if counted else "while",
            (*(self.span or ()), *firsts),
            kinds,
            regions=(region,),
            parallel=parallel,
            brk=brk,
        )
        for n, k in places.items():
            tree, kinds = self.state[n]
            vals = action.res[k : k + len(kinds)]
            for v in vals:
                v.hint = n.lstrip("_") or "v"
            front.env[n] = like(tree, iter(vals))
        front.env.update(self.kept)
        for n in self.touched:
            if n not in self.carried:
                front.env.pop(n, None)

    # --- arrays that are bound anew ---------------------------------------------------------------

    def new_arrays(self):
        """Names of arrays that end a turn as something new, not as arrays that only change
        names."""
        env, phi_of = self.front.env, self.front.phi_of
        moved = []
        for n in self.carried:
            tree = self.state[n][0] if n in self.state else None
            if isinstance(tree, Val) and tree.is_array and env.get(n) is not phi_of[n]:
                moved.append(n)
        if {id(env.get(n)) for n in moved} == {id(phi_of[n]) for n in moved}:
            return []
        return moved

    def make_memory(self, names):
        """Gives names memory of their own, made before the loop, which each turn writes into."""
        front = self.front
        front.b.region, front.env = self.parent, dict(self.before)
        self.before = dict(self.before)
        for n in names:
            if self.is_alone(n):
                self.alone.add(n)
            if front.is_copy(self.before[n]):
                front.refuse(f"got {n}, a view, bound to new arrays in a loop; begin with a copy")
            made = front.materialise(front.arr(self.before[n]))
            made.hint = n
            self.kept[n] = self.before[n] = made
            del self.state[n]

    def check_shared(self, r):
        """A name that is bound anew must not be written to while it still is what another name is:
        the write would belong to both."""
        front = self.front
        written = {front.root(a.args[0]) for a in walk(r) if a.kind in STORES}
        for n, memory in self.kept.items():
            if memory in written and n not in self.alone:
                front.refuse(
                    f"got {n}, which is written to and bound to new arrays in one loop, while it "
                    f"begins as an array that has another name; begin with a copy, {n} = {n}.copy()"
                )

    def is_alone(self, n):
        """Whether no other name of the functions that run stands for the array."""
        front, array = self.front, self.before[n]
        if array.action is None or array.action.kind not in MAKERS:
            return False
        others = [v for m, v in self.before.items() if m != n]
        others += [v for env in front.envs for v in env.values()]
        return not any(
            isinstance(v, Val) and v.is_array and front.root(v) is array
            for tree in others
            for v in (leaves(tree) if isinstance(tree, (tuple, Val)) else ())
        )

    def take_over(self):
        """Writes new values into the memory of arrays at the end of a turn; what is read is read
        before it is overwritten."""
        front = self.front
        for n, to in self.kept.items():
            if front.env[n] is not to and front.is_copy(front.env[n]):
                front.refuse(f"got {n} bound to a view in a loop that goes on with it; copy it")
        moves = [
            (to, front.arr(front.env[n])) for n, to in self.kept.items() if front.env[n] is not to
        ]
        while moves:
            for k, (to, _) in enumerate(moves):
                if not any(to in y.reads for j, (_, y) in enumerate(moves) if j != k):
                    front.write(*moves.pop(k))
                    break
            else:
                to, y = moves[0]
                moves[0] = to, front.arr(front.materialise(y))
