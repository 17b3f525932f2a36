"""Random programs of stencils, and arguments for them. Start at `Stencils`."""

import random

import numpy as np

#: Ranges of an axis of length n, with what may be read beside a place of theirs.
SPANS = [
    *[("1, {n} - 1", -1, 1), ("{n} - 2, 0, -1", -1, 1), ("2, {n} - 2", -2, 2)],
    *[
        ("0, {n} - 1", 0, 1),
        ("max(k, 1), {n} - 1", -1, 1),
        ("1, {n} - 1, 2", -1, 1),
        ("1, {n}", -1, 0),
    ],
]


class Stencils:
    """A random program ``prog(u0, c, a, k)`` of steps of stencils, in one or two dimensions; `kind`
    says where a step writes to."""

    def __init__(self, seed):
        self.r = r = random.Random(seed)
        self.dims = r.choice((1, 2, 2))
        self.kind = r.choice(("swap", "swap", "levels", "copy", "place", "colours", "added"))
        self.lengths, self.letters = ("n", "m")[: self.dims], "ij"
        self.spans = [r.choice(SPANS) for _ in self.lengths]

    def at(self, shift):
        return ", ".join(
            [
                f"{i} + {d}" if d > 0 else f"{i} - {-d}" if d else i
                for i, d in zip(self.letters, shift, strict=False)
            ]
        )

    def near(self):
        return tuple([self.r.randint(lo, hi) for _, lo, hi in self.spans])

    def term(self, u):
        r, here = self.r, self.at((0,) * self.dims)
        a = f"{u}{self.at(self.near())}]"
        b = f"{u}{self.at(self.near())}]"
        forms = [a, f"c[{here}] * {a}", f"a * ({a} - {b})", f"c[{self.at(self.near())}] * {a}"]
        forms += [f"{a} * {b}", f"max({a}, {b})", f"math.sin({a})", f"-{a}", f"u0[{here}] * {a}"]
        return r.choice(forms)

    def text(self):
        r, out = self.r, []
        lines = ["u = u0.copy()", "v = u0 * 0.5"]
        if self.kind == "levels":
            shape = "3, " + ", ".join(self.lengths)
            lines = [f"w = np.zeros(({shape}))", "w[0] = u0", "w[1] = u0 * a"]
        out += [f"    {', '.join(self.lengths)}{',' if self.dims == 1 else ''} = u0.shape"]
        out += ["    " + x for x in lines] + ["    for t in range(4):"]
        read, write = {
            "levels": (f"w[{r.choice(('t % 3', '(t + 1) % 3'))}, ", "w[(t + 2) % 3, "),
            "place": ("u[", "u["),
            "colours": ("u[", "u["),
        }.get(self.kind, ("u[", "v["))
        spans = [s.format(n=n) for (s, _, _), n in zip(self.spans, self.lengths, strict=True)]
        if self.kind == "colours":
            spans[0] = "1 + t % 2, n - 1, 2"
            self.spans[0] = ("", -1, 1)
        deep = 2
        for i, span in zip(self.letters, spans, strict=False):
            out.append("    " * deep + f"for {i} in range({span}):")
            deep += 1
        sign = r.choice(("=", "+=")) if self.kind != "added" else "="
        what = " + ".join(
            [f"{r.uniform(0.1, 0.4):.2f} * {self.term(read)}" for _ in range(r.randint(2, 5))]
        )
        out.append("    " * deep + f"{write}{self.at((0,) * self.dims)}] {sign} {what}")
        if self.kind == "added":  # the function scatters by itself
            out.append(
                "    " * deep + f"v[{self.at(self.near())}] += 0.3 * u[{self.at(self.near())}]"
            )
        if r.random() < 0.2 and self.kind != "levels":
            deep = r.choice((2, 2, deep))
            out.append("    " * deep + f"u[{', '.join(['0'] * self.dims)}] *= 0.9")
        if self.kind in ("swap", "added"):
            out.append("        u, v = v, u")
        if self.kind == "copy":
            out.append("        u[...] = v")
        last = "w[0]) + np.sum(w[1] * w[2]" if self.kind == "levels" else "u * u) + np.sum(v"
        head = "import math\n\nimport numpy as np\n\n\ndef prog(u0, c, a, k):\n"
        return head + "\n".join(out) + f"\n    return np.sum({last})\n"


def arguments(dims, seed, shape=(6, 5)):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape[:dims]), rng.normal(size=shape[:dims]), 0.7, 2]
