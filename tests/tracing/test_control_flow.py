"""`scan`, `fori_loop`, `while_loop`, `cond`, `switch` and `map` against the same in Python."""

import contextlib
import dataclasses

import numpy as np
import pytest
from tiers import in_numpy

import jitgrad
from jitgrad import ArgumentError, DTypeError, JitError, ShapeError
from jitgrad.control import LOOP, tidied
from jitgrad.ir import toposort
from jitgrad.runtime.plan import observed_plans

RNG = np.random.default_rng(2)
W, B = RNG.standard_normal((3, 3)) / 2, RNG.standard_normal(3)
XS, H = RNG.standard_normal((6, 3)), RNG.standard_normal(3)


def cell(w, b):
    """A step of a recurrent network, whose weights are reached from outside."""

    def step(carry, x):
        h = jitgrad.tanh(w @ carry["h"] + b * 2.0 + x)
        return {"h": h, "n": carry["n"] + 1}, (h * h).sum()

    return step


def in_python(step, init, xs, reverse=False):
    carry, ys = init, []
    for x in reversed([*xs]) if reverse else xs:
        carry, y = step(carry, x)
        ys.append(y)
    return carry, jitgrad.stack(ys[::-1] if reverse else ys)


def through(loop, reverse):
    def f(w, b, h, xs):
        carry, ys = loop(cell(w, b), {"h": h, "n": 0}, xs, reverse=reverse)
        return (carry["h"] ** 2).sum() + (ys * jitgrad.arange(6.0)).sum()

    return f


def close(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("way", ["eager", "jit"])
def test_scan_and_its_gradients(tier, way, reverse):
    make = jitgrad.jit if way == "jit" else lambda f: f
    args = (W, B, H, XS)
    for order in (1, 2):
        both = []
        for loop in (jitgrad.scan, in_python):
            f = through(loop, reverse)
            if order == 2:
                g = jitgrad.grad(f, (0, 1, 2, 3))
                f = lambda *args, g=g: sum((v * v).sum() for v in g(*args))
            with in_numpy() if loop is in_python else contextlib.nullcontext():
                value, grads = make(jitgrad.value_and_grad(f, (0, 1, 2, 3)))(*args)
                both.append([np.asarray(x) for x in (value, *grads)])
        close(*both)


def test_backward_reaches_leaves_outside(tier):
    grads = []
    for loop in (jitgrad.scan, in_python):
        leaves = [jitgrad.tensor(x, requires_grad=True) for x in (W, B, H, XS)]
        with in_numpy() if loop is in_python else contextlib.nullcontext():
            through(loop, False)(*leaves).backward()
            grads.append([t.grad.numpy() for t in leaves])
    close(*grads)


def test_containers_and_counters():
    @dataclasses.dataclass
    class Point:
        x: object
        v: object

    def step(p, _):
        return Point(p.x + 0.1 * p.v, p.v - 0.1 * p.x), (p.x, None)

    end, (xs, nothing) = jitgrad.scan(step, Point(1.0, 0.0), length=20)
    x, v = 1.0, 0.0
    for k in range(20):
        assert xs[k].item() == pytest.approx(x, abs=1e-14)
        x, v = x + 0.1 * v, v - 0.1 * x
    assert type(end) is Point and end.v.item() == pytest.approx(v) and nothing is None


def test_numbers_of_python_take_the_dtype_of_the_turn():
    out, _ = jitgrad.scan(lambda c, x: (c + x, None), 0, np.ones(4, np.float32))
    assert out.dtype == np.float32 and out.item() == 4


def test_arrays_and_numbers_from_outside_are_those_of_the_call():
    scale, table = [2.0], np.arange(3.0)

    def f(x):
        return jitgrad.scan(lambda c, _: (c * scale[0] + table, None), x, length=2)[0]

    assert f(np.ones(3)).tolist() == [4.0, 7.0, 10.0]
    scale[0], table[0] = 1.0, 5.0
    assert f(np.ones(3)).tolist() == [11.0, 3.0, 5.0]


def test_no_gradient_goes_where_none_should():
    w = jitgrad.tensor(2.0, requires_grad=True)
    out, _ = jitgrad.scan(lambda c, x: (c * w.detach() + x, None), 1.0, np.ones(3))
    assert not out.requires_grad
    with jitgrad.no_grad():
        out, _ = jitgrad.scan(lambda c, x: (c * w + x, None), 1.0, np.ones(3))
    assert not out.requires_grad
    out, _ = jitgrad.scan(lambda c, x: (c * w + x, None), 1.0, np.ones(3))
    out.backward()
    assert w.grad.item() == 3 * 4 + 2 * 2 + 1


def test_loops_within_loops():
    def f(x):
        return jitgrad.fori_loop(
            0, 3, lambda i, c: jitgrad.fori_loop(0, i.ndim + 2, lambda j, d: d * x + j, c), x
        ).sum()

    def g(x):
        c = x
        for _ in range(3):
            for j in range(2):
                c = c * x + j
        return c.sum()

    x = np.array([0.5, -1.2])
    close([jitgrad.grad(f)(x), jitgrad.jit(jitgrad.grad(f))(x)], [jitgrad.grad(g)(x)] * 2)
    hvp = [jitgrad.grad(lambda x, f=f: jitgrad.grad(f)(x)[0])(x) for f in (f, g)]
    close([hvp[0]], [hvp[1]])


def test_a_gradient_within_a_turn():
    """An inner optimiser: descent steps, differentiated by the step size."""

    def steps(rate, loop):
        descend = lambda x: x - rate * jitgrad.grad(lambda v: ((v - 3.0) ** 2).sum())(x)
        if loop:
            return jitgrad.fori_loop(0, 5, lambda i, x: descend(x), np.zeros(2)).sum()
        x = jitgrad.zeros(2)
        for _ in range(5):
            x = descend(x)
        return x.sum()

    ours, theirs = (jitgrad.value_and_grad(lambda r, k=k: steps(r, k))(0.1) for k in (True, False))
    close(ours, theirs)


@pytest.mark.parametrize("x", [2.0, 1.01, 200.0])
def test_while_loop(x):
    def f(x, most=None):
        return jitgrad.while_loop(lambda c: c < 100, lambda c: c * x + 1, x, most)

    def g(x):
        c = x
        while c < 100:
            c = c * x + 1
        return c

    close([f(x), jitgrad.jit(f)(x)], [g(x)] * 2)
    wanted = jitgrad.grad(g)(x)
    close([jitgrad.grad(f)(x)], [wanted])
    close([jitgrad.jit(jitgrad.grad(lambda x: f(x, 100)))(x)], [wanted])


def test_while_loop_ends_after_the_most_turns():
    f = lambda x, most=None: jitgrad.while_loop(lambda c: c < 50, lambda c: c * 2, x, most)
    for g in (f, jitgrad.jit(lambda x: f(x, 3))):
        with pytest.raises(ArgumentError, match="max_turns=3"):
            g(1.0, 3) if g is f else g(1.0)


@pytest.mark.parametrize("size", [3, 600, 40_000])
def test_while_loop_of_exactly_the_most_turns(tier, size):
    """It has come to its end; NumPy need not run it again to see that."""

    def f(x, most):
        turn = lambda s: (jitgrad.sin(s[0]), s[1] + 1)
        return jitgrad.while_loop(lambda s: s[1] < 3, turn, (x, 0), most)[0]

    x = np.linspace(0, 1, size)
    close([jitgrad.jit(f)(x, most) for most in (3, 4)], [np.sin(np.sin(np.sin(x)))] * 2)
    with pytest.raises(ArgumentError, match="max_turns=2"):
        jitgrad.jit(f)(x, 2)


@pytest.mark.parametrize("turns", [0, 1, 37, 4000])
def test_gradients_through_any_number_of_turns(tier, turns):
    """Newton's iteration that goes on for as long as an argument says, without a bound."""

    def f(a, stop):
        def turn(state):
            x, k = state
            return x - (x * x * x - a) / (3 * x * x) * 0.01, k + 1

        return jitgrad.while_loop(lambda s: s[1] < stop, turn, (a * 1.0, 0))[0].sum()

    def written_out(a):
        x = a * 1.0
        for _ in range(turns):
            x = x - (x * x * x - a) / (3 * x * x) * 0.01
        return x.sum()

    a = jitgrad.tensor([2.0, 3.0])
    v = jitgrad.tensor([1.0, -2.0])
    values = jitgrad.jit(jitgrad.value_and_grad(f))(a, turns)
    with in_numpy():
        right = [x.detach().numpy() for x in jitgrad.value_and_grad(written_out)(a)]
    close(list(values), right)
    if turns < 100:
        ours = jitgrad.jit(lambda a, v, n: jitgrad.hvp(lambda a: f(a, n))(a, v))(a, v, turns)
        with in_numpy():
            right = jitgrad.hvp(written_out)(a, v).numpy()
        close([ours], [right])


@pytest.mark.parametrize("x", [[1.0, 2.0], [-1.0, -2.0]])
def test_cond(x):
    y = jitgrad.tensor([3.0, 2.0])

    def f(x):
        return jitgrad.cond(
            x.sum() > 0, lambda x, k: jitgrad.sin(x) * y * k, lambda x, k: x * x * k, x, 2.0
        ).sum()

    def g(x):
        return ((jitgrad.sin(x) * y if x.sum().item() > 0 else x * x) * 2.0).sum()

    x = np.array(x)
    close([f(x), jitgrad.jit(f)(x)], [g(jitgrad.tensor(x))] * 2)
    close([jitgrad.grad(f)(x), jitgrad.jit(jitgrad.grad(f))(x)], [jitgrad.grad(g)(x)] * 2)
    second = [
        make(jitgrad.grad(lambda x, h=h: jitgrad.grad(h)(x).sum()))(x)
        for h, make in ((f, jitgrad.jit), (g, lambda f: f))
    ]
    close([second[0]], [second[1]])


def test_switch():
    branches = [jitgrad.sin, jitgrad.cos, lambda x: x * 2.0]
    f = jitgrad.jit(lambda i, x: jitgrad.switch(i, branches, x))
    x = jitgrad.tensor([0.3, 0.4])
    for i, branch in ((-5, 0), (0, 0), (1, 1), (2, 2), (9, 2)):
        close([f(jitgrad.tensor(i), x), jitgrad.switch(i, branches, x)], [branches[branch](x)] * 2)


def test_map():
    f = lambda x: (x * x.sum(), x[0])
    got = jitgrad.map(f, XS)
    close(got, [np.stack([x * x.sum() for x in XS]), XS[:, 0]])


def no_pair(c, x):
    return c


ERRORS = {
    "carry shape": (ShapeError, r"init\['a'\].*\(2,\).*\(1, 2\)", lambda: jitgrad.scan(
        lambda c, x: ({"a": c["a"][None]}, None), {"a": np.ones(2)}, length=3)),
    "carry dtype": (DTypeError, "float64.*float32", lambda: jitgrad.scan(
        lambda c, x: (c.astype("float32"), None), np.ones(2), length=3)),
    "containers": (ArgumentError, "same containers", lambda: jitgrad.scan(
        lambda c, x: ((c, c), None), np.ones(2), length=3)),
    "no pair": (ArgumentError, r"\(carry, y\)", lambda: jitgrad.scan(no_pair, 0.0, np.ones(2))),
    "lengths": (ShapeError, "several lengths", lambda: jitgrad.scan(
        lambda c, x: (c, None), 0.0, (np.ones(2), np.ones(3)))),
    "no axes": (ShapeError, "without axes", lambda: jitgrad.scan(lambda c, x: (c, x), 0.0, 1.0)),
    "no length": (ArgumentError, "neither xs nor length", lambda: jitgrad.scan(no_pair, 0.0)),
    "no function": (ArgumentError, "expected a callable", lambda: jitgrad.scan(3, 0.0, [1.0])),
    "a value": (JitError, "truth value", lambda: jitgrad.scan(
        lambda c, x: (c + 1 if x > 0 else c, None), 0.0, np.ones(2))),
    "random": (JitError, "random numbers", lambda: jitgrad.scan(
        lambda c, x: (c + jitgrad.randn(2), None), np.ones(2), length=2)),
    "branches": (ShapeError, "branch 1", lambda: jitgrad.jit(lambda x: jitgrad.cond(
        x.sum() > 0, lambda x: x[:1], lambda x: x, x))(np.ones(2))),
    "no branches": (ArgumentError, "at least one", lambda: jitgrad.switch(0, [])),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    kind, text, call = ERRORS[name]
    with pytest.raises(kind, match=text):
        call()


CHANGES = {
    "shape": (ShapeError, lambda c: {**c, "b": (c["b"][0][None], c["b"][1])}),
    "dtype": (DTypeError, lambda c: {**c, "b": (c["b"][0].astype("float32"), c["b"][1])}),
    "containers": (ArgumentError, lambda c: {**c, "b": c["b"][0]}),
}
WAYS = {
    "scan": lambda f, s, p: jitgrad.scan(lambda c, x: (f(c), None), s, length=3),
    "fori_loop": lambda f, s, p: jitgrad.fori_loop(0, 3, lambda i, c: f(c), s),
    "while_loop": lambda f, s, p: jitgrad.while_loop(lambda c: c["a"].sum() < 9, f, s),
    "cond": lambda f, s, p: jitgrad.cond(p > 0, lambda c: c, f, s),
    "switch": lambda f, s, p: jitgrad.switch(p, [lambda c: c, lambda c: c, f], s),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("jit", [False, True])
def test_what_changes_is_named(way, change, jit):
    """Outside of `jit`, one branch alone is called, which has nothing that it differs from."""
    if not jit and way in ("cond", "switch"):
        return
    kind, f = CHANGES[change]
    state = {"a": jitgrad.ones(2), "b": (jitgrad.ones(3), 1.0)}
    call = lambda s, p: WAYS[way](f, s, p)
    with pytest.raises(kind, match=r"\['b'\]") as caught:
        (jitgrad.jit(call) if jit else call)(state, jitgrad.tensor(1))
    assert "the result" not in str(caught.value) or kind is ArgumentError


def test_writes_to_what_is_outside_are_refused():
    seen = jitgrad.zeros(2)

    def step(c, x):
        seen[0] = x
        return c, None

    with pytest.raises(JitError, match="write to a tensor from outside"):
        jitgrad.scan(step, 0.0, np.ones(2))
    assert seen.tolist() == [0.0, 0.0]
    out, _ = jitgrad.scan(lambda c, x: (c.copy_(c + x), None), np.zeros(2), np.ones(3))
    assert out.tolist() == [3.0, 3.0]


# --- what users ran into --------------------------------------------------------------------------


def test_equal_bodies_that_reach_a_tensor_or_a_number(tier):
    """What a body reaches tells apart loops whose bodies are the same graph."""
    v, xs = jitgrad.tensor(3.0), jitgrad.tensor([1.0, 2.0, 3.0])
    kept = jitgrad.scan(lambda c, x: (c * v + x, c), jitgrad.tensor(1.0), xs)
    assert kept[0].item() == 45
    assert jitgrad.scan(lambda c, x: (c * 2.0 + x, c), jitgrad.tensor(1.0), xs)[0].item() == 19
    kept = jitgrad.map(lambda x: x * v, xs)
    assert jitgrad.map(lambda x: x * 2.0, xs).tolist() == [2.0, 4.0, 6.0]
    assert kept.tolist() == [3.0, 6.0, 9.0]
    with_v, with_2 = (
        jitgrad.jit(lambda p, w, k=k: jitgrad.cond(p, lambda w: w * k, lambda w: w.sin(), w))
        for k in (v, 2)
    )
    yes, w = jitgrad.tensor(True), jitgrad.tensor(2.0)
    assert [with_v(yes, w).item(), with_2(yes, w).item(), with_v(yes, w).item()] == [6, 4, 6]


def test_inner_loops_of_constants_and_sums(tier):
    x = jitgrad.tensor([1.0, 2.0, 3.0])
    out, _ = jitgrad.scan(
        lambda c, v: (c + jitgrad.fori_loop(0, 2, lambda i, d: d * 0.5, c.sum()), None), x, x[None]
    )
    assert out.tolist() == [2.5, 3.5, 4.5]
    w = jitgrad.tensor(2.0, requires_grad=True)
    jitgrad.map(lambda a: jitgrad.map(lambda b: a * b * w, x), x).sum().backward()
    assert w.grad.item() == 36
    f = jitgrad.jit(
        jitgrad.grad(
            lambda w: jitgrad.scan(
                lambda c, v: (
                    jitgrad.cond(c.sum() > 0, lambda d: d * w, lambda d: d - w, c) * v, None
                ),
                x[:2], x,
            )[0].sum()
        )
    )  # fmt: skip
    assert f(2.0) == 3 * 18 * 4


def test_gradients_of_no_turns(tier):
    w = jitgrad.tensor(2.0, requires_grad=True)
    jitgrad.fori_loop(0, 0, lambda i, c: c * c, w).backward()
    jitgrad.scan(lambda c, v: (c * v, None), w, np.ones(0))[0].backward()
    assert w.grad.item() == 2
    assert jitgrad.jit(jitgrad.grad(lambda w: jitgrad.fori_loop(0, 0, lambda i, c: c * c, w)))(3.0)


def test_conditions_are_numbers(tier):
    f = jitgrad.jit(lambda w: jitgrad.while_loop(lambda c: c - 4, lambda c: c + 1, w))
    assert f(jitgrad.tensor(1.0)).item() == 4
    for make in (jitgrad.jit, lambda f: f):
        with pytest.raises((ShapeError, ArgumentError)):
            make(lambda w: jitgrad.while_loop(lambda c: c < 3, lambda c: c + 1, w))(np.ones(2))
    with pytest.raises(ArgumentError, match="max_turns=-1"):
        jitgrad.while_loop(lambda c: c < 1, lambda c: c + 1, 0.0, -1)


@pytest.mark.parametrize(
    ("turn", "text"),
    [
        (lambda i, c: c + 1 if i == 0 else c, "truth value.*fori_loop traces.*loop in Python"),
        (lambda i, c: c + float(i), "float.*fori_loop traces"),
        (lambda i, c: c + jitgrad.ones(9)[0 : i + 2].sum(), r"slice between.*arange\(n\)"),
        (lambda i, c: c + jitgrad.ones(9)[:i].sum(), "slice between"),
        (lambda i, c: c + jitgrad.ones(9)[jitgrad.ones(9) > i].size, "boolean mask.*fori_loop"),
    ],
)
def test_what_needs_a_value_says_what_to_write(turn, text):
    with pytest.raises(JitError, match=text) as caught:
        jitgrad.fori_loop(0, 3, turn, 0.0)
    assert "leave jit off" not in str(caught.value)


def test_slices_by_the_turn_are_picked_by_indices(tier):
    x = np.arange(9.0)
    f = lambda x: jitgrad.fori_loop(
        0, 3, lambda i, c: c + (x[i + jitgrad.arange(2)] ** 2).sum(), 0.0
    )
    value, grad = jitgrad.value_and_grad(f)(x)
    assert value == sum((x[i : i + 2] ** 2).sum() for i in range(3))
    assert grad.tolist() == [0, 4, 8, 6, 0, 0, 0, 0, 0]


def test_hooks_in_a_body_are_refused():
    def step(c, v):
        y = c * v
        y.register_hook(lambda g: g * 10)
        return y, None

    with pytest.raises(JitError, match="hook"):
        jitgrad.scan(step, jitgrad.tensor(2.0, requires_grad=True), np.ones(2))


def test_writes_to_a_carry_stay_inside():
    a = jitgrad.tensor([0.0, 0.0])

    def increase(c):
        c += 1
        return c

    jitgrad.while_loop(lambda c: (c < 1).all(), increase, a)
    jitgrad.cond(True, increase, increase, a)
    jitgrad.fori_loop(0, 2, lambda i, c: increase(c), a)
    assert a.tolist() == [0.0, 0.0]


def test_carried_numbers_take_dtypes_one_after_the_other(tier):
    xs = jitgrad.tensor(np.ones(3, np.float32))
    out = jitgrad.scan(lambda c, x: ((c[1], c[0] + x), c[0]), (0, 0), xs)[0]
    assert [(v.item(), v.dtype) for v in out] == [(1, np.float32), (2, np.float32)]
    end, seen = jitgrad.scan(lambda c, x: (~c, c), True, xs)
    assert end.item() is False and seen.tolist() == [True, False, True]


class Library:
    """A library's module, with names added."""

    def __init__(self, module):
        self.module = module

    def __getattr__(self, name):
        return getattr(self.module, name)


class Lowered(Library):
    def __getattr__(self, name):
        return getattr(self.module, name.lower())


TABLE = np.array([1.0, 2.0])


def test_a_getattr_that_hands_the_name_on():
    """It finds what the code names, so arrays made within belong to the contents outside."""

    def outer(xp):
        return jitgrad.jit(lambda x: xp.sum(x * jitgrad.tensor(TABLE[:, None] * TABLE)))

    f = outer(Library(jitgrad))
    for first in (1.0, 5.0):
        TABLE[0] = first
        assert f(jitgrad.ones(2)).item() == (TABLE[:, None] * TABLE).sum()
    with pytest.raises(JitError, match="getattr"):
        outer(Lowered(jitgrad))(jitgrad.ones(2))


def test_one_loop_goes_back_for_all_results(tier):
    """Results of a loop are of one node, so a gradient through several goes back once."""

    def turn(t, state):
        x, v = state
        return x + 0.1 * v, v - 0.1 * x.sin()

    def loss(x, v):
        x, v = jitgrad.fori_loop(0, 5, turn, (x, v))
        return (x * v).sum() + x.sum()

    step = jitgrad.jit(jitgrad.value_and_grad(loss, (0, 1)))
    x, v = jitgrad.tensor([0.3, 0.5]), jitgrad.tensor([1.0, -0.2])
    with observed_plans() as plans:
        _, grads = step(x, v)
    loops = [n for n in toposort(tidied(plans[-1].roots)) if n.op is LOOP]
    assert len(loops) == 2
    for k, g in enumerate(grads):
        shift = jitgrad.tensor([1e-6, 0.0])
        up, down = ([x, v] for _ in range(2))
        up[k], down[k] = up[k] + shift, down[k] - shift
        numeric = (loss(*up) - loss(*down)) / 2e-6
        np.testing.assert_allclose(float(g[0]), float(numeric), rtol=1e-5)


def test_a_loop_in_a_python_loop_is_the_same_program_each_time():
    """Though its function is another object in each call, and nobody holds results of the last."""
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)

    def descend(k):
        def turn(y, t):
            return y - 0.1 * jitgrad.sin(y) * t, y.sum()

        y, sums = jitgrad.scan(turn, x * 1.0, jitgrad.tensor([1.0, 2.0, 3.0]))
        (y.sum() + sums.sum()).backward()
        x.grad = None

    for k in range(3):
        descend(k)
    with observed_plans() as plans:
        for k in range(5):
            descend(k)
    assert not plans


def test_a_turn_that_is_not_run_may_have_an_index_out_of_range(tier):
    def f(x):
        goes_on = lambda c: (c[0] < 3) & (c[1] < 10.0)
        return jitgrad.while_loop(goes_on, lambda c: (c[0] + 1, c[1] + x[c[0]]), (0, 0.0))[1]

    assert jitgrad.jit(f)(np.arange(3.0)).item() == 3.0
    assert jitgrad.jit(f)(np.array([4.0, 7.0, 1.0])).item() == 11.0
    with pytest.raises(jitgrad.IndexOutOfRange):
        jitgrad.jit(f)(np.zeros(2))


def test_while_loop_in_a_loop_of_one_kernel(tier):
    def turn(c, e):
        goes_on = lambda v: (v * v).sum() < 30
        return jitgrad.while_loop(goes_on, lambda v: v * 1.5 + e, c) * 0.3, c[1]

    x, es = np.full((5, 3), 0.1), np.arange(4.0)
    got = jitgrad.jit(lambda x: jitgrad.scan(turn, x, es)[0])(x)
    for e in es:
        while (x * x).sum() < 30:
            x = x * 1.5 + e
        x = x * 0.3
    np.testing.assert_allclose(got, x, rtol=1e-12)


@pytest.mark.parametrize("condition", ["a", None, [True], {}])
def test_conditions_that_are_none(condition):
    with pytest.raises(ArgumentError, match="expected a bool"):
        jitgrad.cond(condition, jitgrad.sin, jitgrad.cos, 0.0)
    with pytest.raises(ArgumentError, match="expected a bool"):
        jitgrad.while_loop(lambda x: condition, jitgrad.sin, 0.0)


@pytest.mark.parametrize("make", [np.array, jitgrad.tensor])
def test_conditions_of_several_elements(make):
    with pytest.raises(ShapeError, match=r"shape \(1,\)"):
        jitgrad.cond(make([True]), jitgrad.sin, jitgrad.cos, 0.0)
    with pytest.raises(ShapeError, match=r"shape \(1,\)"):
        jitgrad.while_loop(lambda x: make([True]), jitgrad.sin, 0.0)
