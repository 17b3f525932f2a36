"""`grad`, `value_and_grad` and `hvp` inside one another, inside recorded programs, and left by
exceptions.

The oracles are central differences of plain Python numbers and derivatives by hand. Start at
`nested`.
"""

import collections
import dataclasses
import itertools

import numpy as np
import pytest

import jitgrad
from jitgrad import AliasError, ArgumentError, DTypeError, GradientError, ShapeError
from jitgrad.runtime.plan import observed_plans


def cube(x, y):
    return (x**3 * y + jitgrad.sin(x * y)).sum()


def partial(order, x, y):
    """The mixed partial derivative of `cube` in the variables numbered in `order`, by hand."""
    s, c = np.sin(x * y), np.cos(x * y)
    if not order:
        return x**3 * y + s
    known = {
        (0,): 3 * x**2 * y + y * c,
        (1,): x**3 + x * c,
        (0, 0): 6 * x * y - y**2 * s,
        (0, 1): 3 * x**2 + c - x * y * s,
        (1, 1): -(x**2) * s,
        (0, 0, 0): 6 * y - y**3 * c,
        (0, 0, 1): 6 * x - 2 * y * s - x * y**2 * c,
        (0, 1, 1): -2 * x * s - x**2 * y * c,
        (1, 1, 1): -(x**3) * c,
    }
    return known[tuple(sorted(order))]


ORDERS = [o for n in range(1, 4) for o in itertools.product((0, 1), repeat=n)]


@pytest.mark.parametrize("segment", [1, 3, 128])
@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_nested(order, segment, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "segment", segment)
    f = cube
    for k in order:
        f = jitgrad.grad(f, k)
    assert f(0.7, -1.3) == pytest.approx(partial(order, 0.7, -1.3), rel=1e-12)
    x, y = np.array([0.7, -0.2]), np.array([-1.3, 2.0])
    if len(order) < 3:  # a gradient is summed before it is differentiated again
        np.testing.assert_allclose(f(x, y), partial(order, x, y), rtol=1e-12)


@pytest.mark.parametrize("argnums", [(0, 1), (1, 0), (1,), (0, 0), (-1, 0), [0, 1], (-2,)])
def test_argnums(argnums):
    value, gradients = jitgrad.value_and_grad(cube, argnums)(0.7, -1.3)
    assert type(value) is float and value == pytest.approx(partial((), 0.7, -1.3))
    assert isinstance(gradients, tuple)
    for i, g in zip(argnums, gradients, strict=True):
        assert type(g) is float and g == pytest.approx(partial((i % 2,), 0.7, -1.3), rel=1e-12)


@pytest.mark.parametrize("argnums", [2, -3, (0, 2), "x", 0.5, (0, "y")])
def test_argnums_that_are_none(argnums):
    with pytest.raises(ArgumentError, match="argnums"):
        jitgrad.grad(cube, argnums)(0.7, -1.3)


def test_gradients_of_several_arguments_are_differentiated_again():
    def norm(x, y):
        gx, gy = jitgrad.grad(cube, (0, 1))(x, y)
        return (gx * gx + gy * gy).sum()

    def at(x, y):
        return partial((0,), x, y) ** 2 + partial((1,), x, y) ** 2

    got = jitgrad.grad(norm, (0, 1))(0.7, -1.3)
    h = 1e-6
    want = [
        (at(0.7 + h, -1.3) - at(0.7 - h, -1.3)) / (2 * h),
        (at(0.7, -1.3 + h) - at(0.7, -1.3 - h)) / (2 * h),
    ]
    assert list(got) == pytest.approx(want, rel=1e-7)


def test_hvp_in_gradients_and_gradients_in_hvp():
    f = lambda x: (x**4).sum()
    x, v = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    outer = jitgrad.grad(lambda x: jitgrad.hvp(f)(x, v).sum())(x)
    np.testing.assert_allclose(outer, 24 * x * v)
    direction = jitgrad.grad(lambda v: (jitgrad.hvp(f)(x, v) ** 2).sum())(v)
    np.testing.assert_allclose(direction, 2 * (12 * x**2) ** 2 * v)
    inner = jitgrad.hvp(lambda x: jitgrad.grad(f)(x).sum())(x, v)
    np.testing.assert_allclose(inner, 24 * x * v)
    twice = jitgrad.hvp(lambda x: (jitgrad.hvp(f)(x, v) * v).sum())(x, v)
    np.testing.assert_allclose(twice, 24 * v**3)


@pytest.mark.parametrize("looked", [False, True])
def test_inside_a_recorded_program(looked):
    w = jitgrad.tensor([0.5, 2.0], requires_grad=True)
    a = w * w
    if looked:
        repr(a)
    g = jitgrad.grad(lambda x: (x**3).sum())(a)  # 3 w⁴
    h = jitgrad.hvp(lambda x: (x**3 * w).sum())(a, a)  # 6 w⁵
    (a + g + h).sum().backward()
    x = np.array([0.5, 2.0])
    np.testing.assert_allclose(w.grad.numpy(), 2 * x + 12 * x**3 + 30 * x**4)


def test_recursion():
    """A function that calls its own gradient."""

    def f(x, depth):
        return x**3 if depth == 0 else x * jitgrad.grad(f)(x, depth - 1)

    # x (x (x (x³)')')' = 27 x³
    assert f(jitgrad.tensor(2.0), 3).item() == pytest.approx(27 * 8)
    assert jitgrad.grad(f)(2.0, 3) == pytest.approx(81 * 4)


class Stop(Exception):
    pass


@pytest.mark.parametrize("transform", [jitgrad.grad, jitgrad.value_and_grad, jitgrad.hvp])
@pytest.mark.parametrize("recording", [True, False])
def test_exception_in_the_function(transform, recording):
    """The gradient mode and what was recorded before are as they were; the next call works."""
    w = jitgrad.tensor(3.0, requires_grad=True)
    before = w * w
    assert before.item() == 9.0
    fails = [True]

    def f(x):
        y = x * x * before
        with jitgrad.no_grad():
            if fails[0]:
                raise Stop
        return y.sum()

    args = (2.0,) if transform is not jitgrad.hvp else (2.0, 1.0)
    with jitgrad.set_grad_enabled(recording):
        for _ in range(2):
            with pytest.raises(Stop):
                transform(f)(*args)
            assert jitgrad.is_grad_enabled() is recording
        fails[0] = False
        out = transform(f)(*args)
        out = out[1] if isinstance(out, tuple) else out
        assert out == pytest.approx(18.0 if transform is jitgrad.hvp else 36.0)
        assert isinstance(out, jitgrad.Tensor if recording else float)
    before.backward()
    assert w.grad.item() == 6.0


def test_exception_in_a_nested_function():
    def inner(x, fail):
        y = x**2
        if fail:
            raise Stop
        return y

    def outer(x, fail):
        try:
            g = jitgrad.grad(inner)(x, fail)
        except Stop:
            g = jitgrad.grad(inner)(x * 2, False)
        return g * x

    assert jitgrad.grad(outer)(3.0, True) == pytest.approx(24.0)  # (4x · x)'
    assert jitgrad.grad(outer)(3.0, False) == pytest.approx(12.0)


def test_exception_in_a_hook_during_a_gradient():
    def hook(g):
        raise Stop

    def f(x, hooked):
        y = x * 2
        if hooked:
            y.register_hook(hook)
        return (y * y).sum()

    with pytest.raises(Stop):
        jitgrad.grad(f)(3.0, True)
    assert jitgrad.is_grad_enabled()
    assert jitgrad.grad(f)(3.0, False) == 24.0


def test_gradient_inside_a_hook():
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.register_hook(lambda g: g + jitgrad.grad(lambda z: (z**3).sum())(g))
    (y * y).sum().backward()
    g = 2 * 3 * np.array([1.0, 2.0])
    np.testing.assert_allclose(x.grad.numpy(), 3 * (g + 3 * g**2))


def test_backward_inside_a_differentiated_function():
    w = jitgrad.tensor(2.0, requires_grad=True)

    def f(x):
        (w * w).backward()
        (x.detach() * w).backward()
        return x * x * w

    assert jitgrad.grad(f)(3.0) == 12.0
    assert w.grad.item() == 4.0 + 3.0


def test_looks_and_writes_inside():
    def f(x):
        y = x * 1
        for i in range(len(y)):
            if y[i] > 0:
                y[i] *= x[i]
            else:
                y[i] = 1.0
        return (y * y).sum()

    x = np.array([2.0, -1.0, 3.0])
    np.testing.assert_allclose(jitgrad.grad(f)(x), [32.0, 0.0, 108.0])
    np.testing.assert_allclose(jitgrad.hvp(f)(x, np.ones(3)), [48.0, 0.0, 108.0])
    assert x.tolist() == [2.0, -1.0, 3.0]


def test_argument_written_in_the_function():
    """The function gets a tensor of its own, so that a write does not reach the caller's; as a leaf
    it refuses one."""
    x = jitgrad.tensor([1.0, 2.0])

    def f(x):
        x[0] = 5.0
        return (x * x).sum()

    with pytest.raises(AliasError):
        jitgrad.grad(f)(x)
    assert x.tolist() == [1.0, 2.0] and jitgrad.is_grad_enabled()


def test_constant_unused_and_integer():
    assert jitgrad.grad(lambda x: jitgrad.tensor(3.0))(1.0) == 0.0
    assert jitgrad.grad(lambda x, y: y * 2, 0)(1.0, jitgrad.tensor(2.0)) == 0.0
    assert jitgrad.hvp(lambda x: x.sum())(np.ones(2), np.ones(2)).tolist() == [0.0, 0.0]
    assert jitgrad.grad(jitgrad.grad(lambda x: 3 * x))(1.0) == 0.0
    for bad in (1, True, [1, 2]):
        with pytest.raises(GradientError, match="float"):
            jitgrad.grad(lambda x: x * 1.0)(bad)
    for bad in (None, 2.0, (1.0,)):
        with pytest.raises(GradientError, match="expected a Tensor"):
            jitgrad.grad(lambda x: bad)(1.0)  # noqa: B023 - called at once


# --- what comes back is like what was passed ------------------------------------------------------

Pair = collections.namedtuple("Pair", "first second")


@dataclasses.dataclass(frozen=True)
class Layer:
    w: object
    b: object = None


class Special(dict):
    pass


def squares(p):
    """The sum of the squares of all leaves of containers of numbers, tensors and arrays."""
    if p is None:
        return 0.0
    if isinstance(p, dict):
        return sum(map(squares, p.values()))
    if isinstance(p, (tuple, list)):
        return sum(map(squares, p))
    if isinstance(p, Layer):
        return squares(p.w) + squares(p.b)
    return p * p if isinstance(p, float) else (p * p).sum()


def same_as_twice(got, x):
    """Whether `got` has the structure and kinds of `x`, and twice its values."""
    assert type(got) is type(x)
    if isinstance(x, dict):
        assert list(got) == list(x)
        got, x = list(got.values()), list(x.values())
    if isinstance(x, Layer):
        got, x = [got.w, got.b], [x.w, x.b]
    if isinstance(x, (tuple, list)):
        assert len(got) == len(x)
        for a, b in zip(got, x, strict=True):
            same_as_twice(a, b)
    elif x is not None:
        as_array = lambda t: t.detach().numpy() if isinstance(t, jitgrad.Tensor) else np.asarray(t)
        np.testing.assert_array_equal(as_array(got), 2 * as_array(x))
        assert as_array(got).dtype == as_array(x).dtype
        if isinstance(x, np.ndarray):
            got /= 3  # one's own
            assert not np.shares_memory(got, x)


A32 = np.arange(3, dtype=np.float32)
FORMS = {
    "tensor": lambda: jitgrad.arange(3.0),
    "array": lambda: np.arange(3.0),
    "float32": lambda: A32.copy(),
    "0-d": lambda: np.array(2.0),
    "strided": lambda: np.arange(6.0).reshape(2, 3).T[::2],
    "empty": lambda: np.zeros((0, 2)),
    "large": lambda: np.ones(1 << 16),
    "float": lambda: 3.0,
    "numpy float": lambda: np.float64(3.0),
    "numpy float32": lambda: np.float32(3.0),
    "tuple": lambda: (np.ones(2), 1.0),
    "list of floats": lambda: [1.0, 2.0],
    "dict": lambda: {"b": np.ones(2), "a": jitgrad.ones(3)},
    "layers": lambda: [(np.ones((2, 2)), np.ones(2)), (np.ones((2, 1)), np.ones(1))],
    "named": lambda: Pair(np.ones(2), Pair(1.0, None)),
    "dataclass": lambda: Layer(np.ones(2), Layer(2.0)),
    "ordered": lambda: collections.OrderedDict(z=np.ones(2), a=1.0),
    "subclass": lambda: Special(a=np.ones(2)),
    "none": lambda: [None, 1.0],
    "deep": lambda: {"a": [{"b": (np.float32(2.0), [A32.copy()])}]},
}


@pytest.mark.parametrize("jitted", [False, True], ids=["eager", "jit"])
@pytest.mark.parametrize("form", FORMS)
def test_gradients_are_like_what_was_passed(form, jitted, tier):
    functions = [jitgrad.grad(squares), jitgrad.value_and_grad(squares), jitgrad.hvp(squares)]
    gradient, both, product = map(jitgrad.jit, functions) if jitted else functions
    for _ in range(2):
        x = FORMS[form]()
        same_as_twice(gradient(x), x)
        value, got = both(x)
        same_as_twice(got, x)
        assert float(value) == pytest.approx(float(squares(x)), rel=1e-6)
        same_as_twice(product(x, x), x)


@pytest.mark.parametrize("jitted", [False, True], ids=["eager", "jit"])
def test_values_are_like_what_was_passed(jitted):
    def value_of(*args):
        f = jitgrad.value_and_grad(
            lambda *xs: sum((x * x).sum() for x in xs), tuple(range(len(args)))
        )
        return (jitgrad.jit(f) if jitted else f)(*args)[0]

    assert type(value_of(1.0, 2.0)) is float
    assert type(value_of(np.ones(2))) is type(value_of(1.0, np.ones(2))) is np.float64
    assert type(value_of(np.float32(1))) is np.float32
    assert type(value_of(np.ones(2), jitgrad.ones(2))) is jitgrad.Tensor
    value, g = jitgrad.value_and_grad(lambda x: x * x)(np.arange(3.0))
    assert (
        type(value) is np.ndarray
        and value.tolist() == [0.0, 1.0, 4.0]
        and g.tolist() == [0.0, 2.0, 4.0]
    )


def test_nothing_of_the_callers_is_handed_back(tier):
    """A gradient that is an operand, or the same for two arguments, is copied; a fresh one need not
    be."""
    for n in (3, 1 << 17):
        a, b = np.ones(n), jitgrad.ones(n)
        for f in (lambda x, b=b: (x * b).sum(), lambda x: x.sum(), lambda x: (x * x).sum() / 2):
            g = jitgrad.grad(f)(a)
            g *= 5
            assert a.sum() == n and b.sum() == n and jitgrad.grad(f)(a).sum() == n
        gx, gy = jitgrad.grad(lambda x, y: ((x + y) ** 2).sum(), (0, 1))(a, a)
        gx *= 5
        assert gy.sum() == 4 * n


@pytest.mark.parametrize("jitted", [False, True], ids=["eager", "jit"])
def test_what_an_outer_differentiation_needs_stays_a_tensor(jitted):
    w = jitgrad.tensor([2.0, 3.0], requires_grad=True)
    f = jitgrad.grad(lambda p: (p["x"] ** 2 * w).sum() * p["s"])
    f = jitgrad.jit(f) if jitted else f
    g = f({"x": np.ones(2), "s": 2.0})
    assert g["x"].requires_grad and g["s"].requires_grad
    (g["x"].sum() + g["s"]).backward()
    assert w.grad.tolist() == [5.0, 5.0]


def test_leaves_that_are_no_floats_are_named():
    for bad, name in (
        ({"w": 1}, r"argument 0\['w'\]"),
        ([1.0, np.arange(2)], r"\[1\]"),
        (Pair(1.0, True), r"\.second"),
    ):
        with pytest.raises(GradientError, match=name):
            jitgrad.grad(squares)(bad)
    with pytest.raises(DTypeError, match=r"argument 0\['name'\] of type str"):
        jitgrad.grad(squares)({"w": 1.0, "name": "a"})
    with pytest.raises(ShapeError, match=r"v\['w'\]"):
        jitgrad.hvp(squares)({"w": np.ones(2)}, {"w": np.ones(3)})
    with pytest.raises(ShapeError, match="leaves"):
        jitgrad.hvp(squares)({"w": np.ones(2)}, {"b": np.ones(2)})


def test_gradients_that_stay_pending_are_plans_there_are():
    """Of one call after another that is part of an outer differentiation, and that nobody looks at
    in between."""
    w = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    f = jitgrad.value_and_grad(lambda x: (x * x * 3.0).sum())
    for _ in range(5):
        value, g = f(w)
    with observed_plans() as plans:
        for _ in range(3):
            value, g = f(w)
    assert not plans
    np.testing.assert_array_equal(g.detach().numpy(), [6.0, 12.0])
    assert value.item() == 15.0
    (second,) = jitgrad.autograd.grad(g.sum(), [w])
    np.testing.assert_array_equal(second.numpy(), [6.0, 6.0])
