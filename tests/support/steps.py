"""Random functions with effects on what they reach, and calls of them whose arguments are what they
reach.

A program is the text of a function of `x`, `y` and a number `k`, which also reaches tensors by
globals, an attribute, a list and a dict, and a list of calls. `outcome` runs it in a world of its
own, with or without `jit`, and gives all that can be told apart from outside. Start at `draw` and
`outcome`.
"""

import types
import warnings

import numpy as np

import jitgrad

OUTSIDE = ("B0", "B1", "P0", "P1", "S.t", "L[0]", "D['a']")
NAMES = (*OUTSIDE, "x", "y")
ARGUMENTS = (
    *OUTSIDE,
    "B0[:]",
    "B0[::-1]",
    "P0.detach()",
    "P0[:]",
    "P1 * 2.0",
    "B0 + 1.0",
    "seen(P0 * 3.0)",
    "seen(B1 * 2.0)",
    "S.t.reshape(2, 2).reshape(4)",
    "made()",
    "made()",
    "made()",
    "made().requires_grad_()",
    "made() * 2.0",
    "last",
    "no_grad(P0)",
    "L[0][:]",
)


#: How a step is called: as it is; what it gives differentiated, within jit or around it; by a
#: function under jit.
WAYS = ("plain", "gradient of jit", "jit of gradient", "jit of jit")


def total(step):
    """A loss of what a step gives back."""
    return lambda x, y, k: sum((jitgrad.sin(t) * t).sum() for t in [*flat(step(x, y, k)), x])


def twice(step):
    """A step, and something done with its results."""

    def outer(x, y, k):
        out = flat(step(x, y, k))
        return [*out, out[0] * x, out[-1][:2]]

    return outer


class Draw:
    """Draws the text of a function."""

    def __init__(self, rng):
        self.rng, self.temps, self.lines = rng, 0, []

    def one(self, *of):
        return of[self.rng.integers(len(of))]

    def name(self):
        return self.one(*NAMES, *(f"t{k}" for k in range(self.temps)))

    def temp(self, text):
        self.lines.append(f"t{self.temps} = {text}")
        self.temps += 1

    def value(self):
        a, b = self.name(), self.name()
        return self.one(
            f"{a} * {b}",
            f"{a} + {b}",
            f"jg.sin({a})",
            f"{a} * k",
            f"{a}[::-1]",
            f"{a}[:]",
            f"{a}.detach()",
            f"{a}.clone()",
            f"{a}.reshape(2, 2).T.reshape(4)",
            f"{a}.reshape(2, 2).reshape(4)",
            f"{a} * 0.5",
            f"jg.where({a} > 0, {a}, {b} * 0.5)",
            "jg.tensor([1.0, 2.0, 3.0, 4.0])",
            f"{a}.detach().clone().requires_grad_()",
        )

    def write(self):
        a, b, c = self.name(), self.name(), self.name()
        return self.one(
            f"{a}.add_(k)",
            f"{a}.mul_({b} * 0.5)",
            f"{a}.copy_({b})",
            f"{a}.copy_({b} + {c})",
            f"{a}[1:3] = {b}[:2]",
            f"{a}[0] = k",
            f"{a}.fill_(k)",
            f"{a}.zero_()",
            f"{a}.add_({b})",
            f"{a}.detach().mul_(0.5)",
            f"{a}[::2].add_({b}[:2])",
            f"{a}.copy_(jg.sin({b}))",
        )

    def statement(self):
        kind = self.rng.integers(18)
        a, b = self.name(), self.name()
        q = self.one(
            f"q = ({a} * {b}).sum()", f"q = jg.sin({a}).sum() + ({b} * {b}).sum()", f"q = {a}.sum()"
        )
        if kind < 5:
            self.temp(self.value())
        elif kind < 9:
            self.lines += ["with jg.no_grad():", "    " + self.write()]
        elif kind < 11:
            self.lines.append(self.write())
        elif kind == 11:
            keep = self.one("", "retain_graph=True", "create_graph=True")
            self.lines += [q, "if q.requires_grad:", f"    q.backward({keep})"]
        elif kind == 12:
            self.lines += [q, f"w = {a}", "g = None", "if q.requires_grad and w.requires_grad:"]
            create = self.one(True, False)
            self.lines.append(
                f"    g, = jg.autograd.grad(q, w, create_graph={create}, allow_unused=True)"
            )
            self.temp(f"{b} if g is None else g")
        elif kind == 13:
            c, d = self.name(), self.one(f"{a}", f"{a}.detach()")
            z = self.one(f"(z * {b} * z).sum()", "(z * z).sum()", f"(jg.sin(z) * {b} + {c}).sum()")
            self.lines.append(f"v, g = jg.value_and_grad(lambda z: {z})({d})")
            self.temp(self.one("g", "v * g"))
        elif kind == 14:
            self.lines.append(
                self.one(
                    f"{a}.grad = None",
                    f"{a}.grad = {b}.detach().clone()",
                    f"{a}.grad = {b}",
                    f"{a}.grad = None",
                )
            )
        elif kind == 15:
            self.temp(f"{a}.grad if {a}.grad is not None else {b}")
        elif kind == 16:
            self.lines.append(
                self.one(f"{a}.requires_grad_()", f"{a}.requires_grad_(False)", f"{a}.detach_()")
            )
        else:
            self.temp(
                self.one(
                    f"{a} * 2.0 if {b}.is_leaf else {a} * 3.0",
                    f"{a} * 2.0 if {a} is {b} else {a} + {b}",
                    f"{a} if {a}.requires_grad else {b}",
                )
            )


def draw(seed):
    """The text of a function, and its calls."""
    rng = np.random.default_rng(seed)
    d = Draw(rng)
    for _ in range(rng.integers(1, 6)):
        d.statement()
    if rng.random() < 0.05:
        d.lines.append("raise KeyError('stop')")
    names = [d.name() for _ in range(rng.integers(1, 4))]
    if d.temps and rng.random() < 0.7:
        names.append(f"t{d.temps - 1}")
    out = (
        "[" + ", ".join(names) + "]"
        if rng.random() < 0.6
        else "{" + ", ".join(f"{n!r}: {n}" for n in names) + "}"
    )
    if rng.random() < 0.3:
        out = f"({out}, {d.name()}[1:3])"
    d.lines.append(f"return {out}")
    boxed = rng.random() < 0.25
    head = "def step(x, y, k):" if not boxed else "def step(xs, k):\n    x, y = xs"
    text = head + "\n" + "".join(f"    {line}\n" for line in d.lines)
    pairs = [tuple(d.one(*ARGUMENTS) for _ in range(2)) for _ in range(2)]
    if rng.random() < 0.3:
        pairs.append(("made()", "made()"))
    if rng.random() < 0.2:
        pairs.append((pairs[0][0],) * 2)
    if rng.random() < 0.5:
        pairs.reverse()
    calls, same = [], rng.random() < 0.4
    for _ in range(rng.integers(3, 6)):
        pair = pairs[0] if same else pairs[rng.integers(len(pairs))]
        poke = d.one(None, None, *OUTSIDE, "out", "out", "last")
        calls.append(
            (pair, float(rng.integers(1, 4)), rng.random() < 0.15, poke, rng.random() < 0.5)
        )
    return text, boxed, calls, "plain" if boxed else str(rng.choice(WAYS, p=[0.7, 0.1, 0.1, 0.1]))


class World:
    """The tensors that a program reaches."""

    def __init__(self, text, boxed, way, wrap):
        rng = np.random.default_rng(7)
        self.made = lambda: jitgrad.tensor(rng.uniform(0.5, 1.5, 4))
        made = self.made
        P0, P1 = made().requires_grad_(), made().requires_grad_()
        self.scope = {
            "jg": jitgrad,
            "B0": made(),
            "B1": made(),
            "P0": P0,
            "P1": P1,
            "S": types.SimpleNamespace(t=made()),
            "L": [made()],
            "D": {"a": made()},
            "__name__": "user",
            "KeyError": KeyError,
        }
        exec(compile(text, "<step>", "exec"), self.scope)
        step, differentiated = self.scope["step"], jitgrad.value_and_grad
        if way == "plain":
            step = wrap(step)
        elif way == "gradient of jit":
            step = differentiated(total(wrap(step)))
        elif way == "jit of gradient":
            step = wrap(differentiated(total(step)))
        else:
            step = wrap(twice(wrap(step)))
        self.step, self.boxed = step, boxed
        self.kept, self.last = [], made()

    def get(self, text):
        def seen(t):
            t.detach().numpy()
            return t

        def no_grad(t):
            with jitgrad.no_grad():
                return t[:]

        return eval(
            text,
            self.scope,
            {"made": self.made, "seen": seen, "last": self.last, "no_grad": no_grad},
        )

    def call(self, pair, k):
        x, y = (self.get(p) for p in pair)
        if pair[0] == pair[1]:
            y = x
        self.kept += [x, y]
        return self.step((x, y), k) if self.boxed else self.step(x, y, k)

    def tensors(self):
        return [self.get(n) for n in OUTSIDE] + self.kept


def flat(out):
    if isinstance(out, dict):
        return flat(list(out.values()))
    if isinstance(out, (list, tuple)):
        return [t for part in out for t in flat(part)]
    return [out]


def facts(tensors):
    """What can be told of tensors: values, gradients, leaves, and which are the same."""
    out, index = [], {id(t): k for k, t in reversed(list(enumerate(tensors)))}
    for t in tensors:
        g = t.grad
        out.append(
            (
                index[id(t)],
                t.requires_grad,
                t.is_leaf,
                t.detach().numpy().round(9).tolist(),
                g
                if g is None
                else (index.get(id(g), -1), g.requires_grad, g.detach().numpy().round(9).tolist()),
            )
        )
    return out


def outcome(program, wrap):
    """All that can be told of a run, call by call; an error ends what can be told of its call."""
    text, boxed, calls, way = program
    world = World(text, boxed, way, wrap)
    for pair, k, without, poke, later in calls:
        try:
            with jitgrad.set_grad_enabled(not without):
                out = world.call(pair, k)
        except (jitgrad.JitgradError, KeyError) as error:
            yield "error", type(error).__name__, facts(world.tensors())
            continue
        found = flat(out)
        yield "results", str(type(out)), facts(world.tensors() + found)
        world.kept += found
        if found[-1].shape == (
            4,
        ):  # a gradient may require grad as long as leaves live that nobody can reach
            world.last = found[-1] if way == "plain" else found[-1].detach()
        if poke is not None:
            t = world.get(poke) if poke != "out" else found[0]
            with jitgrad.no_grad():
                t.mul_(0.75)
            yield "after a write", poke, facts(world.tensors())
        if later:
            used = [t for t in world.tensors() if t.requires_grad]
            if used:
                try:
                    sum((jitgrad.sin(t) * t).sum() for t in used).backward(retain_graph=True)
                except jitgrad.GradientError as error:
                    yield "later error", type(error).__name__, facts(world.tensors())
                    continue
                yield "after a loss", "", facts(world.tensors())


def difference(program):
    """None, "refused" if a JitError ends it, or what differs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", jitgrad.JitgradWarning)
        for k, (want, got) in enumerate(
            zip(outcome(program, lambda f: f), outcome(program, jitgrad.jit), strict=False)
        ):
            if got[:2] == ("error", "JitError") and want != got:
                return "refused"
            if _same(want, got):
                continue
            return k, want, got
    return None


def _same(want, got):
    if want[:2] != got[:2] or len(want[2]) != len(got[2]):
        return False
    for a, b in zip(want[2], got[2], strict=True):
        if (
            a[:3] != b[:3]
            or not np.allclose(a[3], b[3], rtol=1e-6, equal_nan=True)
            or (a[4] is None) != (b[4] is None)
        ):
            return False
        if a[4] is not None and (
            a[4][:2] != b[4][:2] or not np.allclose(a[4][2], b[4][2], rtol=1e-6, equal_nan=True)
        ):
            return False
    return True
