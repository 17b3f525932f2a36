"""Random functions with loops, branches, writes, views and early exits, as texts.

`Generator(seed).text()` is a module with the function ``prog(x, y, M, a, p, n)`` of two vectors, a
matrix, a number, a permutation and their length. Where it stops being defined for other values
(0 divided, a name that is not bound) is nothing that a test may ask about. Start at `Generator`.
"""

import random

HELPERS = """\
import math
import numpy as np


def help1(p, q):
    if p > q:
        return p * q - 0.5
    return math.sin(p) - q * q * 0.3


def help2(z, t, n):
    for k in range(1, n):
        z[k] = z[k] * 0.5 + math.tanh(z[k - 1] * t)


def help3(p, q):
    if p < 0:
        return q, p * 0.5
    for k in range(3):
        p = p * 0.5 + math.sin(q)
        if p > 0.4:
            return p, q
    return p * q, 0.3


def prog(x, y, M, a, p, n):
    w = np.zeros(n)
    s0 = a * 0.5
    s1 = 0.3
    s2 = x[0]
"""
SPANS = (
    *("n", "n", "1, n - 1", "n - 1, -1, -1", "n - 2, 0, -1", "2", "1, n"),
    *("0, n, 2", "n - 1, 0, -2"),
)
MOST = 60


class Generator:
    """`depth` is how many loops and branches may still be put in one another; `loops` how many a
    statement stands in, `branches` likewise."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.lines, self.made, self.counters = [], 0, []
        self.scalars, self.vectors, self.views = ["s0", "s1", "s2", "a"], ["x", "y", "w"], []
        self.loops = self.branches = 0
        self.in_while = False
        self.swaps = self.r.random() < 0.25
        self.statements = [
            (16, 0, self.assign),
            (8, 0, self.augment),
            (14, 0, self.write),
            (8, 0, self.augment_element),
            (5, 0, self.write_matrix),
            (3, 0, self.call_writer),
            (3, 0, self.write_slice),
            (2, 0, self.fold_vector),
            (2, 0, self.write_whole),
            (3, 0, self.product),
            (3, 1, self.row_view),
            (2, 1, self.local_array),
            (2, 0, self.row_in_loop),
            (2, 0, self.functional),
            (1, 0, self.call_pair),
            (2, 1, self.enumerated),
            (8, 1, self.branch),
            (16, 1, self.for_loop),
            (5, 1, self.while_loop),
        ]

    def text(self):
        if self.swaps:
            self.out(1, "u = np.zeros(n)", "v = np.zeros(n)", "for q in range(n):")
            self.out(2, "u[q] = x[q] * a", "v[q] = y[q]")
            self.vectors += ["u", "v"]
        self.block(1, 3, self.r.randint(3, 6))
        more = " + np.sum(u * v) + u[0]" if self.swaps else ""
        self.out(
            1,
            f"return s0 + 0.7 * s1 - s2 + x[{self.r.randint(0, 4)}] * y[1] + np.sum(w)"
            f" + M[1, 2] * M[0, 0] + np.sum(x * y){more}",
        )
        return HELPERS + "\n".join(self.lines) + "\n"

    # --- pieces -----------------------------------------------------------------------------------

    def out(self, indent, *texts):
        self.lines += ["    " * indent + text for text in texts]

    def pick(self, *of):
        return self.r.choice(of)

    def fresh(self, letter):
        self.made += 1
        return f"{letter}{self.made}"

    def index(self):
        out = ["0", "n - 1", "1", "2"]
        for i in self.counters:
            out += [i, i, i, f"({i} + 1) % n", f"n - 1 - {i}", f"p[{i} % n]"]
            out += [f"{i} - 1", f"({i} * 2) % n"]
        return self.r.choice(out)

    def atom(self):
        k = self.r.random()
        if k < 0.35:
            return self.r.choice(self.scalars)
        if k < 0.65:
            return f"{self.r.choice(self.vectors + self.views)}[{self.index()}]"
        if k < 0.8:
            return f"M[{self.index()}, {self.index()}]"
        if k < 0.9 or not self.counters:
            return repr(round(self.r.uniform(-1.5, 1.5), 2))
        return f"{self.r.choice(self.counters)} * 0.3"

    def expression(self, depth=2):
        if depth == 0:
            return self.atom()
        x, y, z = (self.expression(depth - 1) for _ in range(3))
        forms = [
            *[f"({x} + {y})"] * 4,
            *[f"({x} - {y})"] * 3,
            *[f"({x} * {y})"] * 4,
            f"({x} / (1.5 + {y} ** 2))",
            *[f"math.{self.pick('sin', 'tanh')}({x})"] * 2,
            f"math.sqrt(0.5 + {x} ** 2)",
            f"abs({x})",
            f"{self.pick('min', 'max')}({x}, {y})",
            f"({x} if {y} > {z} else {z})",
            f"help1({x}, {y})",
            f"({x}) ** {self.pick(2, 3)}",
            *[x] * 2,
        ]
        return self.r.choice(forms)

    def small(self):
        """An expression that cannot grow from turn to turn."""
        return f"math.tanh({self.expression()})"

    def condition(self):
        k = self.r.random()
        if k < 0.3 or not self.counters:
            return f"{self.atom()} > {self.atom()}"
        if k < 0.6:
            return f"{self.r.choice(self.counters)} % 2 == 0"
        bound = round(self.r.uniform(-1, 1), 2)
        if k < 0.8:
            return f"{self.r.choice(self.counters)} > 1 and {self.atom()} > {bound}"
        return f"{self.atom()} > 0.1 or {self.atom()} < -0.3"

    def block(self, indent, depth, n):
        for _ in range(n):
            allowed = [s for s in self.statements if s[1] <= depth]
            if len(self.lines) > MOST:
                allowed = [s for s in allowed if not s[1]]
            make = self.r.choices(allowed, [s[0] for s in allowed])[0][2]
            before = len(self.lines)
            make(indent, depth)
            if len(self.lines) == before:
                self.out(indent, f"s1 += {self.small()}")

    # --- statements -------------------------------------------------------------------------------

    def assign(self, indent, depth):
        self.out(indent, f"{self.pick('s0', 's1', 's2')} = {self.small()}")

    def augment(self, indent, depth):
        name, op = self.pick("s0", "s1", "s2"), self.pick("+=", "-=", "*=")
        self.out(indent, f"{name} {op} {self.small()}")

    def write(self, indent, depth):
        to = self.r.choice(self.vectors + self.views)
        self.out(indent, f"{to}[{self.index()}] = {self.small()}")

    def augment_element(self, indent, depth):
        to, op = self.r.choice(self.vectors + self.views), self.pick("+=", "-=", "*=")
        self.out(indent, f"{to}[{self.index()}] {op} {self.small()}")

    def write_matrix(self, indent, depth):
        self.out(indent, f"M[{self.index()}, {self.index()}] {self.pick('=', '+=')} {self.small()}")

    def call_writer(self, indent, depth):
        self.out(indent, f"help2({self.r.choice(self.vectors)}, {self.small()}, n)")

    def write_slice(self, indent, depth):
        to, x = self.r.choice(self.vectors), self.r.choice(self.vectors)
        self.out(indent, f"{to}[1:] = {x}[:-1] * {self.small()}")

    def fold_vector(self, indent, depth):
        x, y = self.r.choice(self.vectors), self.r.choice(self.vectors)
        self.out(indent, f"s0 = math.tanh(np.sum({x} * {y}))")

    def write_whole(self, indent, depth):
        to, x = self.r.choice(self.vectors), self.r.choice(self.vectors)
        self.out(indent, f"{to}[:] = np.tanh({x} + {self.r.choice(self.scalars)})")

    def product(self, indent, depth):
        """Products of matrices and vectors, in place of one and as new arrays."""
        to, x, y = (self.r.choice(self.vectors) for _ in range(3))
        q = self.fresh("q")
        forms = [
            [f"{to}[:] = np.tanh(M @ {x})"],
            [f"{to}[:] = np.tanh({x} @ M + {y} * {self.atom()})"],
            [f"s0 = math.tanh({x} @ {y})"],
            [f"s1 = math.tanh(np.sum((M @ {x}) * {y}))"],
            [f"M[:, :] = np.tanh(M @ M * {self.small()})"],
            [f"{q} = M @ M", f"s2 = math.tanh(s2 + {q}[{self.index()}, {self.index()}])"],
            [f"{q} = np.dot(M, {x})", f"{to}[{self.index()}] = math.tanh({q}[{self.index()}])"],
        ]
        self.out(indent, *self.r.choice(forms))

    def row_view(self, indent, depth):
        if not self.views and not self.loops and not self.branches:
            name = self.fresh("r")
            self.out(indent, f"{name} = M[{self.index()}]")
            self.views.append(name)

    def local_array(self, indent, depth):
        if not self.loops:
            return
        q = self.fresh("q")
        self.out(indent, f"{q} = np.zeros(3)", f"for k{q} in range(3):")
        self.out(indent + 1, f"{q}[k{q}] = {self.small()}")
        self.out(indent, f"for k{q} in range(1, 3):")
        self.out(indent + 1, f"{q}[k{q}] *= {q}[k{q} - 1] + 0.3")
        self.out(indent, f"s1 += {q}[2] * {q}[1]")

    def row_in_loop(self, indent, depth):
        if not self.loops:
            return
        q = self.fresh("q")
        self.out(indent, f"{q} = M[{self.index()}]", f"for k{q} in range(n):")
        self.out(
            indent + 1,
            self.pick(
                f"{q}[k{q}] = {q}[k{q}] * 0.5 + 0.1",
                f"s2 += 0.1 * {q}[k{q}] ** 2",
                f"{q}[k{q}] += 0.2 * x[k{q}]",
            ),
        )

    def functional(self, indent, depth):
        """A name bound to a new array."""
        if indent <= 2 and not self.branches:
            x = self.pick("x", "y", "w")
            self.out(indent, f"w = np.tanh(w * {self.atom()} + {x})")

    def call_pair(self, indent, depth):
        self.out(indent, f"s0, s1 = help3({self.small()}, {self.small()})")

    def enumerated(self, indent, depth):
        i = self.fresh("e")
        self.out(indent, f"for {i}, v{i} in enumerate({self.r.choice(self.vectors)}):")
        self.out(indent + 1, f"s2 = 0.5 * s2 + math.sin(v{i} * s0) * {i}")
        if self.r.random() < 0.5:
            self.out(indent + 1, f"y[{i}] = 0.5 * v{i} + 0.1 * s1")

    def branch(self, indent, depth):
        self.branches += 1
        self.out(indent, f"if {self.condition()}:")
        self.block(indent + 1, depth - 1, self.r.randint(1, 3))
        if self.loops and self.r.random() < 0.25:
            # `continue` in a while whose counter is raised at its end would never stop.
            self.out(indent + 1, "break" if self.in_while else self.pick("break", "continue"))
        elif self.r.random() < 0.06:
            self.out(indent + 1, f"return {self.small()}")
        if self.r.random() < 0.5:
            self.out(indent, "else:")
            self.block(indent + 1, depth - 1, self.r.randint(1, 2))
        self.branches -= 1

    def for_loop(self, indent, depth):
        i, span = self.fresh("i"), self.r.choice(SPANS)
        if self.counters and self.r.random() < 0.2:
            span = f"{self.counters[-1]}, n"
        self.out(indent, f"for {i} in range({span}):")
        self.inside(i, indent, depth, self.r.randint(1, 4), False)
        if self.swaps and depth >= 2 and self.r.random() < 0.15:
            self.out(indent + 1, "u, v = v, u")

    def while_loop(self, indent, depth):
        c, first = self.fresh("c"), self.r.random() < 0.5
        bound = self.r.randint(1, 4)
        self.out(indent, f"{c} = 0", f"while {c} < {bound} and {self.atom()} < 2.5:")
        if first:
            self.out(indent + 1, f"{c} += 1")
        self.inside(c, indent, depth, self.r.randint(1, 3), True)
        if not first:
            self.out(indent + 1, f"{c} += 1")

    def inside(self, counter, indent, depth, n, in_while):
        kept, self.in_while = self.in_while, in_while
        self.counters.append(counter)
        self.loops += 1
        self.block(indent + 1, depth - 1, n)
        self.loops -= 1
        self.counters.pop()
        self.in_while = kept
