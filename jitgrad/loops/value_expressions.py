"""Expressions of the user's function. Part of the front.

Start at `ValueExpressions.ev`.
"""

import ast

from ..runtime.numba.inference import BOOL, I64, types, unify
from .abstract_values import ArrayValue, Method, Part
from .form import Region, Val
from .statements import BINARY

COMPARE = {
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
}
UNARY = {ast.USub: "neg", ast.Invert: "invert"}
#: What a conditional expression is bound to while both sides are executed.
CHOSEN = "_chosen"


class ValueExpressions:
    def ev(self, node):
        ev = getattr(self, "ev_" + type(node).__name__, None)
        if ev is None:
            self.refuse(
                f"got {type(node).__name__} ({ast.unparse(node)}), which is not differentiated"
            )
        return ev(node)

    def ev_Constant(self, node):
        return self.constant(node.value)

    def ev_Name(self, node):
        if node.id in self.env:
            return self.env[node.id]
        if node.id in self.frame.outside:
            return self.constant(self.frame.outside[node.id])
        self.refuse(f"got {node.id}, which may not be bound here")

    def ev_Tuple(self, node):
        return tuple([self.ev(e) for e in node.elts])

    def ev_List(self, node):
        if node.elts and all(isinstance(e, (ast.List, ast.Tuple)) for e in node.elts):
            return self.matrix(node)
        return self.array_of([self.number(self.ev(e)) for e in node.elts], node)

    def matrix(self, node):
        """A list of lists of numbers."""
        rows = [[self.number(self.ev(e)) for e in row.elts] for row in node.elts]
        if len({len(row) for row in rows}) != 1:
            self.refuse(f"got the list {ast.unparse(node)}, expected rows of one length")
        flat = self.array_of([v for row in rows for v in row], node, [len(rows), len(rows[0])])
        return flat

    def array_of(self, values, node=None, shape=None):
        """A new array of numbers."""
        if not values or any(v.is_array for v in values):
            text = ast.unparse(node) if node is not None else "comprehension"
            self.refuse(f"got the list {text}, expected one of numbers; use an array")
        t = values[0].type
        for v in values:
            t = unify(t, v.type)
        shape = [len(values)] if shape is None else shape
        a = self.b.alloc([self.b.const(n) for n in shape], t)
        for k, v in enumerate(values):
            place = [k] if len(shape) == 1 else divmod(k, shape[1])
            self.b.store(a, *[self.b.const(i) for i in place], self.b.cast(v, t))
        return a

    def ev_BinOp(self, node):
        x, y = self.ev(node.left), self.ev(node.right)
        if isinstance(node.op, ast.MatMult):
            return self.product(x, y)
        if isinstance(x, tuple) and isinstance(y, tuple) and isinstance(node.op, ast.Add):
            return x + y
        return self.elementwise(BINARY[type(node.op)], x, y)

    def ev_UnaryOp(self, node):
        x = self.ev(node.operand)
        if isinstance(node.op, ast.Not):
            return self.b.pure("not", self.truth(x))
        if isinstance(node.op, ast.UAdd):
            return x
        return self.elementwise(UNARY[type(node.op)], x)

    def ev_Compare(self, node):
        if len(node.ops) == 1 and isinstance(node.ops[0], (ast.Is, ast.IsNot)):
            x, y = self.ev(node.left), self.ev(node.comparators[0])
            return self.b.const((x is y) == isinstance(node.ops[0], ast.Is))
        out, x = None, self.ev(node.left)
        for op, right in zip(node.ops, node.comparators, strict=True):
            y = self.ev(right)
            c = self.compared(op, x, y, node)
            out, x = c if out is None else self.b.pure("and", out, c), y
        return out

    def compared(self, op, x, y, node):
        if type(op) not in COMPARE:
            self.refuse(f"got {ast.unparse(node)}, which is not differentiated")
        if isinstance(x, (Val, ArrayValue)) or isinstance(y, (Val, ArrayValue)):
            return self.elementwise(COMPARE[type(op)], x, y)
        if not isinstance(op, (ast.Eq, ast.NotEq)):
            self.refuse(f"got {ast.unparse(node)}, expected numbers")
        return self.b.const((x == y) == isinstance(op, ast.Eq))

    def ev_BoolOp(self, node):
        name = "and" if isinstance(node.op, ast.And) else "or"
        out = self.truth(self.ev(node.values[0]))
        for right in node.values[1:]:
            if out.is_const and out.const == (name == "or"):
                return out
            out = self.truth(self.ev(right)) if out.is_const else self.skipping(name, out, right)
        return out

    def skipping(self, name, left, node):
        """`left` and or or an expression that is not evaluated where `left` decides."""
        parent = self.b.region
        r = Region(parent)
        self.b.region = r
        value = self.truth(self.ev(node))
        self.b.region = parent
        if all(a.kind == "pure" for a in r.actions):  # nothing that could go wrong
            r.moved_to(parent)
            return self.b.pure(name, left, value)
        other = Region(parent)
        sides = (r, other) if name == "and" else (other, r)
        r.yields, other.yields = [value], [self.b.const(name == "or")]
        return self.b.emit("if", (left,), [BOOL], regions=sides).out

    def ev_IfExp(self, node):
        cond = self.truth(self.ev(node.test))
        if cond.is_const:
            return self.ev(node.body if cond.const else node.orelse)

        def side(n):
            def run():
                self.env[CHOSEN] = self.bindable(self.ev(n))

            return run

        self.branch(cond, side(node.body), side(node.orelse), {CHOSEN} | set(self.env))
        return self.env.pop(CHOSEN)

    def ev_Attribute(self, node):
        x, name = self.ev(node.value), node.attr
        if isinstance(x, ArrayValue) or (isinstance(x, Val) and x.is_array):
            return self.array_attribute(x, name)
        if isinstance(x, Val):
            self.refuse(f"got the attribute {name} of a number, which is not differentiated")
        if not hasattr(x, name):
            self.refuse(f"got {ast.unparse(node)}, which does not exist")
        return self.constant(getattr(x, name))

    def array_attribute(self, x, name):
        arr = self.arr(x)
        if name == "T":
            return self.transposed(arr)
        if name == "shape":
            return tuple(arr.shape)
        if name == "size":
            out = self.b.const(1)
            for n in arr.shape:
                out = self.b.pure("mul", out, n)
            return out
        if name == "ndim":
            return self.b.const(len(arr.shape))
        return arr.dtype if name == "dtype" else Method(x, name)

    def ev_Subscript(self, node):
        x = self.ev(node.value)
        if isinstance(x, tuple):
            return self.of_tuple(x, node.slice)
        place = self.subscript(x, node.slice)
        if isinstance(place, Part) and place.is_element:
            return self.b.load(place.base, *place.element, hint=place.base.hint)
        return place if place.shape else place.at([])

    def of_tuple(self, x, node):
        if isinstance(node, ast.Slice):
            ends = (node.lower, node.upper, node.step)
            return x[slice(*[self.known(p) if p is not None else None for p in ends])]
        k = self.ev(node)
        if not isinstance(k, Val) or not isinstance(k.type, types.Integer):
            self.refuse("got an index of a tuple that is no whole number; use an array")
        if not k.is_const:
            return self.one_of(x, self.in_tuple(k, len(x)))
        if not -len(x) <= k.const < len(x):
            self.refuse(f"got the index {k.const} of a tuple of {len(x)}")
        return x[k.const]

    def in_tuple(self, k, n):
        """A computed index of a tuple, counted from its beginning, where it is one."""
        b = self.b
        k = b.cast(k, I64)
        above, below = b.pure("ge", k, b.const(-n)), b.pure("lt", k, b.const(n))
        b.emit(
            "check", (b.pure("and", above, below),), text='IndexError("tuple index out of range")'
        )
        return b.pure("select", b.pure("lt", k, b.const(0)), b.pure("add", k, b.const(n)), k)

    def one_of(self, x, k):
        """The element of a tuple of numbers of one type at a computed place."""
        numbers = all(isinstance(v, Val) and not v.is_array for v in x)
        if not numbers or len({v.type for v in x}) != 1:
            self.refuse(
                "got a computed place in a tuple, expected one of numbers of one type; use an array"
            )
        out, b = x[-1], self.b
        for j in reversed(range(len(x) - 1)):
            out = b.pure("select", b.pure("eq", k, b.const(j)), x[j], out)
        return out

    def known(self, node):
        """A number that does not depend on any argument."""
        v = self.ev(node)
        if not isinstance(v, Val) or not v.is_const or not isinstance(v.type, types.Integer):
            self.refuse("got an index of a tuple that is computed, expected a number; use an array")
        return v.const

    def ev_Call(self, node):
        fn = self.ev(node.func)
        args = []
        for a in node.args:
            args.extend(self.ev(a.value) if isinstance(a, ast.Starred) else [self.ev(a)])
        if any(k.arg is None for k in node.keywords):
            self.refuse(f"got {ast.unparse(node)}, expected arguments by name, not **")
        kwargs = {k.arg: self.ev(k.value) for k in node.keywords}
        if isinstance(fn, Method):
            return self.method(fn, args, kwargs)
        return self.call(fn, args, kwargs)
