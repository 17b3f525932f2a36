"""Second and third derivatives at kinks: those of the smooth function where the kink goes away in
what is made of it, the mean of both sides where it stays, nan where the first derivative grows
beyond all bounds."""

import random

import numpy as np
import pytest

import jitgrad
import jitgrad.numpy as jn

ZERO = np.zeros(3)


def derivatives(f, x):
    """The gradient of f and its Hessian, by reverse and by `hvp`, which agree."""
    leaf = jitgrad.tensor(x, requires_grad=True)
    (g,) = jitgrad.autograd.grad(f(leaf), [leaf], create_graph=True)
    if not g.requires_grad:
        return g.numpy(), np.zeros((x.size, x.size))
    units = np.eye(x.size).reshape(x.size, *x.shape)
    rows = [
        jitgrad.autograd.grad((g * jitgrad.tensor(e)).sum(), [leaf], retain_graph=True)[0].numpy()
        for e in units
    ]
    again = [np.asarray(jitgrad.hvp(f)(jitgrad.tensor(x), jitgrad.tensor(e))) for e in units]
    rows, again = (np.reshape(v, (x.size, x.size)) for v in (rows, again))
    np.testing.assert_allclose(rows, again, atol=1e-12)
    return g.detach().numpy(), rows


CENTERED = 2 / 3 * (np.eye(3) - 1 / 3)
#: Functions of three numbers that are smooth at 0, their gradient and their Hessian there.
SMOOTH = {
    "square of a norm": (lambda x: jitgrad.norm(x) ** 2, 2 * np.eye(3)),
    "norm times norm": (lambda x: jitgrad.norm(x) * jitgrad.norm(x), 2 * np.eye(3)),
    "fourth power of a norm": (lambda x: jitgrad.norm(x) ** 4, np.zeros((3, 3))),
    "a bell of a norm": (lambda x: jn.exp(-(jitgrad.norm(x) ** 2) / 2), -np.eye(3)),
    "square of a scaled norm": (lambda x: (2 * jitgrad.norm(x) / 3) ** 2, 8 / 9 * np.eye(3)),
    "square of a kept norm": (
        lambda x: (jitgrad.norm(x, axis=0, keepdims=True) ** 2).sum(),
        2 * np.eye(3),
    ),
    "NumPy's norm": (lambda x: np.linalg.norm(x) ** 2, 2 * np.eye(3)),
    "square of abs": (lambda x: (abs(x) ** 2).sum(), 2 * np.eye(3)),
    "abs times abs": (lambda x: (abs(x) * abs(x)).sum(), 2 * np.eye(3)),
    "square of fabs": (lambda x: (jn.fabs(-x) ** 2).sum(), 2 * np.eye(3)),
    "cosine of abs": (lambda x: jn.cos(abs(x)).sum(), -np.eye(3)),
    "cosh of abs": (lambda x: (jn.cosh(abs(x)) - 3 * jn.cos(2 * abs(x))).sum(), 13 * np.eye(3)),
    "sinc of abs": (lambda x: (abs(x) * jn.sin(abs(x))).sum(), 2 * np.eye(3)),
    "abs to 2.5": (lambda x: (abs(x) ** 2.5).sum(), np.zeros((3, 3))),
    "square of std": (lambda x: jitgrad.std(x) ** 2, CENTERED),
    "var": (jitgrad.var, CENTERED),
    "square of hypot": (lambda x: (jn.hypot(x, 2 * x) ** 2).sum(), 10 * np.eye(3)),
    "square of sqrt": (lambda x: (jn.sqrt(x * x) ** 2).sum(), 2 * np.eye(3)),
    "maximum of both signs": (lambda x: (jn.maximum(x, -x) ** 2).sum(), 2 * np.eye(3)),
    "cosine of a minimum": (lambda x: jn.cos(jn.minimum(x, -x)).sum(), -np.eye(3)),
    "maximum of equal functions": (lambda x: (jn.maximum(jn.sin(x), x) ** 2).sum(), 2 * np.eye(3)),
    "distances": (lambda x: (abs(x[:, None] - x) ** 2).sum(), 12 * (np.eye(3) - 1 / 3)),
}


#: Functions that are smooth where all operands are equal, with such operands and the Hessian there.
LINE = np.array([[1.0, -1.0], [-1.0, 1.0]])
SMOOTH_AT_TIES = {
    "square of nanstd": (lambda x: jn.nanstd(x) ** 2, [1.0, 1.0], LINE / 2),
    "nanstd times itself": (lambda x: (lambda s: s * s)(jn.nanstd(x)), [1.0, 1.0], LINE / 2),
    "square of std of some": (lambda x: np.std(x, where=[True, True]) ** 2, [1.0, 1.0], LINE / 2),
    "maximum times minimum": (
        lambda x: jn.maximum(x[0], x[1]) * jn.minimum(x[0], x[1]),
        [1.0, 1.0],
        1 - np.eye(2),
    ),
    "sum of the squares of both": (
        lambda x: jn.maximum(x[0], x[1]) ** 2 + jn.minimum(x[0], x[1]) ** 2,
        [3.0, 3.0],
        2 * np.eye(2),
    ),
    "square of their difference": (
        lambda x: (jn.maximum(x[0], x[1]) - jn.minimum(x[1], x[0])) ** 2,
        [1.0, 1.0],
        2 * LINE,
    ),
    "square of the norm 1 of one": (lambda x: jitgrad.norm(x, 1) ** 2, [0.0], [[2.0]]),
    "square of the norm inf of one": (lambda x: jitgrad.norm(x, np.inf) ** 2, [0.0], [[2.0]]),
    "square of the largest of one": (lambda x: abs(x).max() ** 2, [0.0], [[2.0]]),
    "cosine of the smallest of one": (lambda x: jn.cos(abs(x).min()), [0.0], [[-1.0]]),
    "squares of rows of one": (
        lambda x: (abs(x)[:, None].max(1) ** 2).sum(),
        [0.0, 0.0],
        2 * np.eye(2),
    ),
    "square of a magnitude with a sign": (
        lambda x: (jn.copysign(x, -1.0) ** 2).sum(),
        [0.0, 0.0],
        2 * np.eye(2),
    ),
    "cosine of a magnitude with a sign": (
        lambda x: jn.cos(jn.copysign(x, 1.0)).sum(),
        [0.0, 0.0],
        -np.eye(2),
    ),
}


@pytest.mark.parametrize("name", SMOOTH_AT_TIES)
def test_smooth_functions_of_equal_operands(name, tier):
    f, x, want = SMOOTH_AT_TIES[name]
    np.testing.assert_allclose(derivatives(f, np.array(x))[1], want, atol=1e-14)


def test_what_is_claimed_of_several_elements_and_of_sides(tier):
    """Constant shares and signs, as in PyTorch, and the inside of `clip`."""
    for f, x, want in (
        (lambda x: jn.ptp(x) ** 2, [1.0, 1.0], np.zeros((2, 2))),
        (lambda x: x.max() ** 2, [1.0, 1.0], np.full((2, 2), 0.5)),
        (lambda x: jitgrad.norm(x, 1) ** 2, [0.0, 0.0], np.zeros((2, 2))),
        (lambda x: jitgrad.norm(x, 3) ** 2, [0.0], [[np.nan]]),
        (lambda x: (jn.clip(x, 0, 1) ** 2).sum(), [0.0], [[2.0]]),
    ):
        np.testing.assert_array_equal(derivatives(f, np.array(x))[1], want)


def test_formulas_that_are_equal_have_equal_derivatives(tier):
    """A product of two calls is the square of one, also where each has a number or a view of its
    own."""
    for f, x in (
        (lambda x: jn.maximum(x, 0), [0.0, 1.0]),
        (lambda x: jn.minimum(x, 1.0), [0.0, 1.0]),
        (lambda x: jn.maximum(0.5 * x + 1, 1.0), [0.0, -1.0]),
        (lambda x: jn.maximum(x[0], x[1]), [2.0, 2.0]),
        (lambda x: jn.maximum(x[:2], x[1:]), [2.0, 2.0, 1.0]),
        (abs, [0.0, 1.0]),
        (lambda x: abs(x[0] - 1), [1.0, 1.0]),
        (lambda x: jn.copysign(x, 1.0), [0.0, 1.0]),
        (jitgrad.std, [1.0, 1.0]),
        (jitgrad.norm, [0.0, 0.0]),
    ):
        squares = (
            lambda x, f=f: (f(x) ** 2).sum(),
            lambda x, f=f: (f(x) * f(x)).sum(),
            lambda x, f=f: jn.square(f(x)).sum(),
        )
        first, *others = [derivatives(square, np.array(x)) for square in squares]
        for other in others:
            np.testing.assert_array_equal(other[0], first[0])
            np.testing.assert_allclose(other[1], first[1], atol=1e-14)


def test_scalars_of_numpy_are_exponents_like_numbers(tier):
    """With the dtype that NumPy has for both."""
    for two in (np.float64(2), np.float32(2), np.int64(2), np.array(2.0), np.array(2), np.uint8(2)):
        for power in (lambda x: jitgrad.norm(x) ** two, lambda x: np.power(jitgrad.norm(x), two)):  # noqa: B023
            np.testing.assert_array_equal(derivatives(power, ZERO)[1], 2 * np.eye(3))
        for dtype in (np.float32, np.float64, np.int64):
            x = np.array([1.5, -2.0, 3.0]).astype(dtype)
            got, want = jitgrad.tensor(x) ** two, x**two
            assert got.dtype == want.dtype
            np.testing.assert_array_equal(got.numpy(), want)
    three = np.array(2.0)
    f = jitgrad.jit(lambda x: x**three)
    assert f(jitgrad.tensor(3.0)).item() == 9
    three[()] = 3
    assert f(jitgrad.tensor(3.0)).item() == 27


def test_equal_formulas_of_other_numbers_are_told_by_these(tier):
    """Kinks at 0 and 1: none is the other's, though both formulas are one."""
    f = lambda x: (jn.maximum(x, 0.0) * jn.maximum(x, 1.0)).sum()
    for x, want in ((0.0, 0.0), (0.5, 0.0), (1.0, 1.0), (2.0, 2.0), (-1.0, 0.0)):
        assert derivatives(f, np.array([x]))[1].item() == want
    same = lambda x: (jn.maximum(x, 0.5) * jn.maximum(x, 0.5)).sum()
    assert derivatives(same, np.array([0.5]))[1].item() == 1.0


def test_a_slope_that_grows_beyond_bounds_is_infinite_by_each_way(tier):
    """|x| ** 1.5 grows like sqrt(|x|) on both sides of 0."""
    assert derivatives(lambda x: (abs(x) ** 1.5).sum(), np.zeros(1))[1].item() == np.inf


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_of_kinks(name, tier):
    f, want = SMOOTH[name]
    gradient, hessian = derivatives(f, ZERO)
    np.testing.assert_array_equal(gradient, ZERO)
    np.testing.assert_allclose(hessian, want, atol=1e-14)


def test_sqrt_squared_is_linear(tier):
    gradient, hessian = derivatives(lambda x: (jn.sqrt(x) ** 2).sum(), ZERO)
    np.testing.assert_array_equal(gradient, np.ones(3))
    np.testing.assert_array_equal(hessian, np.zeros((3, 3)))


@pytest.mark.parametrize("name", SMOOTH)
def test_values_and_derivatives_beside_the_kink(name):
    """Values are those of the operations as written; derivatives of differences."""
    f, _ = SMOOTH[name]
    x = np.array([0.3, -0.7, 1.1])
    gradient, hessian = derivatives(f, x)
    h = 1e-4
    for k, e in enumerate(np.eye(3)):
        high, low = (float(f(jitgrad.tensor(x + s * h * e))) for s in (1, -1))
        assert gradient[k] == pytest.approx((high - low) / (2 * h), rel=1e-5, abs=1e-7)
        near = [derivatives(f, x + s * h * e)[0] for s in (1, -1)]
        np.testing.assert_allclose(hessian[k], (near[0] - near[1]) / (2 * h), rtol=1e-5, atol=1e-6)


def test_values_of_squares_are_kept_bit_for_bit(tier):
    x = np.random.default_rng(0).standard_normal((50, 3))
    for f in (lambda lib, x: lib.sqrt(abs(x)) ** 2, lambda lib, x: abs(x + 1) ** 2):
        np.testing.assert_array_equal(
            f(jn, jitgrad.tensor(x, requires_grad=True)).detach().numpy(), f(np, x) + 0
        )
    assert np.isnan((jn.sqrt(jitgrad.tensor([-1.0])) ** 2).item())


#: Where a kink stays: the mean of both sides.
SIDES = {
    "abs": (lambda x: abs(x).sum(), 0.0),
    "a tent": (lambda x: jn.exp(-abs(x)).sum(), 1.0),
    "square and abs": (lambda x: (abs(x) ** 2 + 3 * abs(x)).sum(), 2.0),
    "positive part, squared": (lambda x: (jn.maximum(x, 0.0) ** 2).sum(), 1.0),
    "negative part, squared": (lambda x: (jn.minimum(0.0, x) ** 2).sum(), 1.0),
    "maximum": (lambda x: jn.maximum(x, -x).sum(), 0.0),
    "relu, squared: that of its left side": (lambda x: (jitgrad.relu(x) ** 2).sum(), 0.0),
}


@pytest.mark.parametrize("name", SIDES)
def test_kinks_that_stay_have_the_mean_of_both_sides(name, tier):
    f, want = SIDES[name]
    _, hessian = derivatives(f, ZERO)
    np.testing.assert_array_equal(hessian, want * np.eye(3))


@pytest.mark.parametrize(
    "f", [jitgrad.norm, jitgrad.std, lambda x: jitgrad.norm(x, 3)], ids=["norm", "std", "norm 3"]
)
def test_norms_have_a_first_and_no_second_derivative_at_zero(f, tier):
    gradient, hessian = derivatives(f, ZERO)
    np.testing.assert_array_equal(gradient, ZERO)
    assert np.isnan(hessian).all()


def test_what_was_looked_at_in_between_is_never_a_wrong_constant(tier):
    """The square of a norm that is known already has no formula of the norm's operands: nan, not
    0."""
    x = jitgrad.tensor(ZERO, requires_grad=True)
    n = jitgrad.norm(x)
    assert n.item() == 0
    (g,) = jitgrad.autograd.grad(n**2, [x], create_graph=True)
    np.testing.assert_array_equal(g.detach().numpy(), ZERO)
    (h,) = jitgrad.autograd.grad(g.sum(), [x])
    assert np.isnan(h.numpy()).all() or (h.numpy() == 2).all()


def test_third_and_fourth_derivatives(tier):
    """cos(|x|), x ** 2 = |x| ** 2 and cosh(max(x, -x)) at 0 and beside it."""
    for f, smooth in (
        (lambda x: jn.cos(abs(x)), jn.cos),
        (lambda x: abs(x) ** 2, lambda x: x * x),
        (lambda x: jn.cosh(jn.maximum(x, -x)), jn.cosh),
    ):
        for at in (0.0, 0.6, -0.6):
            x, y = (jitgrad.tensor(at, requires_grad=True) for _ in "xy")
            a, b = f(x), smooth(y)
            for _ in range(4):
                (a,) = jitgrad.autograd.grad(a, [x], create_graph=True)
                (b,) = (
                    jitgrad.autograd.grad(b, [y], create_graph=True)
                    if b.requires_grad
                    else (0 * y,)
                )
                assert a.item() == pytest.approx(b.item(), abs=1e-12)
                if not a.requires_grad:
                    break


EVEN = {
    "cos": jn.cos,
    "cosh": jn.cosh,
    "square": jn.square,
    "sinc": lambda x: x * jn.sin(x),
    "tanh": lambda x: x * jn.tanh(x),
    "bell": lambda x: jn.exp(-x * x),
    "root": lambda x: jn.sqrt(1 + x * x),
    "quartic": lambda x: x**4 - x**2,
}
FOLDED = [
    abs,
    jn.fabs,
    lambda x: jn.maximum(x, -x),
    lambda x: -jn.minimum(x, -x),
    lambda x: abs(abs(x)),
]


@pytest.mark.each("seed", range(60))
def test_random_even_functions_of_a_folded_line(seed, monkeypatch):
    """Sums, products and compositions of even functions of |x| are those of x, to second order, at
    0 and beside it."""
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    rng = random.Random(seed)

    def tree(deep):
        kind = rng.choice(["leaf", "sum", "product", "outer"] if deep else ["leaf"])
        if kind == "leaf":
            f = EVEN[rng.choice(sorted(EVEN))]
            return f
        if kind == "outer":
            inner, scale = tree(deep - 1), rng.choice([0.5, -1.0, 0.25])
            outer = rng.choice([jn.sin, jn.tanh, jn.exp])
            return lambda x: outer(scale * inner(x))
        a, b = tree(deep - 1), tree(deep - 1)
        return (lambda x: a(x) + b(x)) if kind == "sum" else (lambda x: a(x) * b(x))

    f, fold = tree(3), rng.choice(FOLDED)
    x = np.array([0.0, 0.4, -0.8])
    folded = derivatives(lambda x: f(fold(x)).sum(), x)
    for got, want in zip(folded, derivatives(lambda x: f(x).sum(), x), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)


def test_ufunc_reductions_that_start_from_a_number(tier):
    """From left to right where the order matters, with the gradient of that."""
    x = np.array([[1.5, -2.0, 0.5], [3.0, 1.0, -1.0]])
    for ufunc, initial in (
        (np.subtract, 0.3),
        (np.divide, 2.0),
        (np.hypot, 3.0),
        (np.logaddexp, 0.5),
    ):
        for axis in (0, 1, ()) if ufunc in (np.hypot, np.logaddexp) else (0, 1):
            t = jitgrad.tensor(x, requires_grad=True)
            out = ufunc.reduce(t, axis=axis, initial=initial)
            np.testing.assert_allclose(
                out.detach().numpy(), ufunc.reduce(x, axis=axis, initial=initial), rtol=1e-14
            )
            out.sum().backward()
            d = np.random.default_rng(0).standard_normal(x.shape)
            near = [
                ufunc.reduce(x + s * 1e-6 * d, axis=axis, initial=initial).sum() for s in (1, -1)
            ]
            assert (t.grad.numpy() * d).sum() == pytest.approx((near[0] - near[1]) / 2e-6, rel=1e-6)


def test_reductions_over_no_axes(tier):
    """Each is what it is of one element: |x| for hypot, x for a sum."""
    x = np.array([-1.0, 2.0])
    for f, want in (
        (lambda x: np.hypot.reduce(x, axis=()), [-1, 1]),
        (lambda x: np.add.reduce(x, axis=()), [1, 1]),
        (lambda x: np.logaddexp.reduce(x, axis=()), [1, 1]),
        (lambda x: np.maximum.reduce(x, axis=()), [1, 1]),
        (lambda x: jitgrad.logsumexp(x, axis=()), [1, 1]),
        (lambda x: jitgrad.var(x, axis=()), [0, 0]),
        (lambda x: jitgrad.softmax(x, axis=()), [0, 0]),
        (lambda x: jitgrad.prod(x, axis=()), [1, 1]),
    ):
        t = jitgrad.tensor(x, requires_grad=True)
        f(t).sum().backward()
        np.testing.assert_array_equal(t.grad.numpy(), want)


@pytest.mark.parametrize("f", [jitgrad.logsumexp, np.logaddexp.reduce])
def test_infinities_share_a_logarithm_of_sums(tier, f):
    """As `logaddexp`: equal infinities share evenly; unreachable states have no nan."""
    inf = np.inf
    for x, want in (
        ([-inf, -inf], [0.5, 0.5]),
        ([inf, inf], [0.5, 0.5]),
        ([inf, 1.0], [1, 0]),
        ([-inf, 1.0], [0, 1]),
    ):
        t = jitgrad.tensor(x, requires_grad=True)
        out = f(t)
        out.backward()
        assert out.item() == np.logaddexp.reduce(x)
        np.testing.assert_array_equal(t.grad.numpy(), want)
