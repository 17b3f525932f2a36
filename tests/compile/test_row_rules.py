"""What prepares graphs for row programs: sums without what stands still along them (`factor`),
products as sums (`contract`), and division by what stands still (`support.quotient`).

They change the order of roundings, so values are compared with NumPy's to the last bits; quotients
to the very last.
"""

import dataclasses
import functools

import numpy as np
import pytest

import jitgrad
import jitgrad.numpy as jn
from jitgrad.compile import limits
from jitgrad.compile.rewrite.simplify import simplify
from jitgrad.interpret import program as reference
from jitgrad.ir import Node, const, leaf, number, toposort
from jitgrad.ops import REGISTRY
from jitgrad.ops.linear_algebra import MATMUL
from jitgrad.ops.primitives import broadcast, reduce_sum, reshape_to
from jitgrad.runtime.numba import support

F8, F4, I8, BOOL = map(np.dtype, ("float64", "float32", "int64", "bool"))
add, mul, div, neg, exp = (REGISTRY[n] for n in ("add", "multiply", "divide", "negative", "exp"))
X, Y = leaf(0, (4, 5), F8), leaf(1, (4, 5), F8)
COLUMN, ROW, ONE = leaf(2, (4, 1), F8), leaf(3, (1, 5), F8), leaf(4, (1, 1), F8)


def wide(x, shape=(4, 5)):
    return broadcast(x, shape)


def narrow(x):
    return reshape_to(x, (4,))


def data(leaves, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.uniform(0.5, 2, n.shape).astype(n.dtype).reshape(-1) for n in leaves]


def both(root, leaves, numbers=()):
    """The value of `root` and of what it is simplified to."""
    (out,) = simplify([root])
    assert (out.shape, out.dtype) == (root.shape, root.dtype)
    with np.errstate(all="ignore"):
        return reference.run([root, out], leaves, numbers)


# --- sums -----------------------------------------------------------------------------------------

LEAVES = [X, Y, COLUMN, ROW, ONE]
plain = reduce_sum(X, (1,))
c = narrow(COLUMN)
FACTORED = {
    "factor": (reduce_sum(mul(X, wide(COLUMN)), (1,)), mul(plain, c)),
    "factor before": (reduce_sum(mul(wide(COLUMN), X), (1,)), mul(plain, c)),
    "divisor": (reduce_sum(div(X, wide(COLUMN)), (1,)), div(plain, c)),
    "sign": (reduce_sum(neg(X), (1,)), neg(plain)),
    "twice": (reduce_sum(add(X, X), (1,)), mul(plain, wide(const(2.0), (4,)))),
    "within a product": (
        reduce_sum(mul(mul(X, wide(COLUMN)), Y), (1,)),
        mul(reduce_sum(mul(X, Y), (1,)), c),
    ),
    "of all": (
        reduce_sum(mul(X, wide(ONE)), (0, 1)),
        mul(reduce_sum(X, (0, 1)), reshape_to(ONE, ())),
    ),
    "in two steps": (reduce_sum(mul(X, wide(COLUMN)), (0, 1)), reduce_sum(mul(plain, c), (0,))),
}
KEPT = {
    "along the axis": reduce_sum(mul(X, wide(ROW)), (1,)),
    "nothing else": reduce_sum(wide(COLUMN), (1,)),
    "a known divisor": reduce_sum(div(X, wide(const(3.0))), (1,)),
    "a number as divisor": reduce_sum(div(X, wide(number(0, F8))), (1,)),
    "not a product": reduce_sum(exp(mul(X, wide(COLUMN))), (1,)),
    "integers": reduce_sum(mul(leaf(0, (4, 5), I8), wide(leaf(2, (4, 1), I8))), (1,)),
    "a greatest": Node(REGISTRY["max"].op, (mul(X, wide(COLUMN)),), (1,), (4,), F8),
    "of nothing": reduce_sum(div(leaf(0, (4, 0), F8), wide(COLUMN, (4, 0))), (1,)),
}


@pytest.mark.parametrize("name", FACTORED)
def test_a_sum_gives_up_its_factors(name):
    root, want = FACTORED[name]
    assert simplify([root])[0] is want
    a, b = both(root, data(LEAVES))
    np.testing.assert_allclose(b, a, rtol=1e-13)


@pytest.mark.parametrize("name", KEPT)
def test_other_sums_stay(name):
    assert simplify([KEPT[name]])[0] is KEPT[name]


CENTRED = {
    "correlation": lambda x, y: (
        ((x - x.mean()) * (y - y.mean())).sum()
        / (((x - x.mean()) ** 2).sum() * ((y - y.mean()) ** 2).sum()) ** 0.5
    ),
    "kurtosis": lambda x, y: (((x - x.mean()) / x.std()) ** 4).mean() + (x * y).sum() * 0,
    "regression": lambda x, y: ((x - y.mean() / x.mean() * y + 2) ** 2).sum() / (x.sum() + 1),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CENTRED)
def test_gradients_of_what_is_centred(name, dtype, tier):
    """The gradient subtracts its own mean."""
    rng = np.random.default_rng(3)
    x, y = (rng.uniform(1, 2, 3000).astype(dtype) for _ in range(2))
    a, b = (jitgrad.tensor(v, requires_grad=True) for v in (x, y))
    CENTRED[name](a, b).backward()
    for t, k in ((a, 0), (b, 1)):
        points = [v.astype(np.float64) for v in (x, y)]
        for at in (0, 7, 2999):
            step = np.zeros(3000)
            step[at] = 1e-4
            ends = [
                CENTRED[name](*[v + sign * step * (j == k) for j, v in enumerate(points)])
                for sign in (1, -1)
            ]
            want = (ends[0] - ends[1]) / 2e-4
            assert abs(t.grad[at].item() - want) <= (1e-5 if dtype == "float64" else 1e-3) * max(
                1e-3, abs(want)
            )


SHIFTED = {
    "shifted": lambda xp, x: (x - x.max()).sum(),
    "rows shifted": lambda xp, x: (x - x.max(1, keepdims=True)).sum(1),
    "scaled to 0 .. 1": lambda xp, x: ((x - x.min()) / (x.max() - x.min())).mean(),
    "log softmax": lambda xp, x: (
        x
        - x.max(1, keepdims=True)
        - xp.log(xp.exp(x - x.max(1, keepdims=True)).sum(1, keepdims=True))
    ).mean(1),
}


@pytest.mark.parametrize("offset", [0, 1e5, 1e38])
@pytest.mark.parametrize("name", SHIFTED)
def test_sums_of_shifted_values_do_not_cancel(name, offset, tier):
    """The shift comes from a reduction, and keeps in range what is summed."""
    x = (offset + np.random.default_rng(0).random((100, 1000))).astype(np.float32)
    with np.errstate(all="ignore"):
        want = SHIFTED[name](np, x.astype(np.float64) if offset < 1e30 else x)
        got = SHIFTED[name](jn, jitgrad.tensor(x)).numpy()
    np.testing.assert_allclose(got, want, rtol=1e-5)


def test_one_side_of_a_product_keeps_its_divisor():
    scaled = div(X, wide(COLUMN))
    root = reduce_sum(mul(scaled, scaled), (1,))
    assert simplify([root])[0] is div(reduce_sum(mul(X, scaled), (1,)), c)
    huge = [np.full(20, 1e200), np.ones(20), np.full(4, 1e200), np.ones(5), np.ones(1)]
    assert [v.tolist() for v in both(root, huge)] == [[5.0] * 4] * 2


def test_squares_need_not_wait_for_a_divisor():
    """Kernels take the sum of squares in the same loop as the sum it is divided by; NumPy does
    not."""
    total = reduce_sum(X, (1,))
    scaled = div(X, wide(reshape_to(total, (4, 1))))
    root = reduce_sum(mul(scaled, scaled), (1,))
    (out,) = simplify([root])
    squares = reduce_sum(mul(X, X), (1,))
    assert squares in toposort([out]) and mul(X, scaled) not in toposort([out])
    (cold,) = simplify([root], fusing=False)
    assert squares not in toposort([cold])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("exponent", [0, 0.6, -0.6, 0.95, -0.95])
def test_squares_out_of_range_are_taken_by_numpy(dtype, exponent, tier):
    kind = np.finfo(dtype)
    x = np.random.default_rng(3).uniform(0.5, 1.5, (30, 40)).astype(dtype)
    x[3:5] *= float(kind.max if exponent > 0 else kind.tiny) ** abs(exponent)
    x[7], x[8, 2] = 0, np.nan
    t = jitgrad.tensor(x, requires_grad=True)
    with np.errstate(all="ignore"):
        want = ((x / x.sum(1, keepdims=True)) ** 2).sum(1)
        u = t / t.sum(1, keepdims=True)
        y = (u * u).sum(1)
        got = y.detach().numpy()
        y[:7].sum().backward()
    np.testing.assert_allclose(got, want, rtol=200 * kind.eps)
    assert (got[3:5] > 0).all()
    v = x[:7].astype(np.longdouble)
    s, q = v.sum(1, keepdims=True), (v * v).sum(1, keepdims=True)
    grad = 2 * (v / s - q / s / s) / s
    scale = np.abs(grad).max(1, keepdims=True)
    np.testing.assert_allclose(np.asarray(t.grad)[:7] / scale, grad / scale, atol=200 * kind.eps)


SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e308, 5e-324]


@pytest.mark.parametrize("factor", SPECIAL)
@pytest.mark.parametrize("make", [mul, div])
def test_special_factors_give_what_is_not_finite(make, factor):
    """An inf may be what was nan; what was finite stays so, and the other way round."""
    leaves = data(LEAVES)
    leaves[2][:] = factor
    a, b = both(reduce_sum(make(X, wide(COLUMN)), (1,)), leaves)
    np.testing.assert_array_equal(np.isfinite(a), np.isfinite(b))
    np.testing.assert_allclose(b[np.isfinite(a)], a[np.isfinite(a)], rtol=1e-12, atol=1e-322)


@pytest.mark.parametrize("value", SPECIAL[2:5])
def test_special_terms_stay(value):
    leaves = data(LEAVES)
    leaves[0][3] = value
    a, b = both(reduce_sum(mul(X, wide(COLUMN)), (1,)), leaves)
    np.testing.assert_allclose(b, a, rtol=1e-13)


def test_a_sum_of_nothing_is_zero():
    for shape, axis in [((0, 3), 0), ((3, 0), 1)]:
        x, y = np.zeros(shape), np.zeros((1, 1))
        out = (jitgrad.tensor(x) / jitgrad.tensor(y)).sum(axis)
        np.testing.assert_array_equal(out.numpy(), np.zeros(3))


@pytest.mark.parametrize(
    "shapes", [((2, 1, 3), (2, 1, 1)), ((1, 1), (1, 1)), ((1,), (1,)), ((2, 3, 4), (1, 3, 1))]
)
@pytest.mark.parametrize("dtype", [F8, F4])
def test_axes_of_one_element(shapes, dtype):
    x, y = leaf(0, shapes[0], dtype), leaf(1, shapes[1], dtype)
    for axes in [(0,), (x.ndim - 1,), tuple(range(x.ndim))]:
        for make in (mul, div):
            a, b = both(reduce_sum(make(neg(add(x, x)), broadcast(y, x.shape)), axes), data([x, y]))
            np.testing.assert_allclose(b, a, rtol=1e-5 if dtype == F4 else 1e-12)


# --- products -------------------------------------------------------------------------------------


def product(n, k, m, rest=(), dtype=F8):
    x, y = leaf(0, (*rest, n, k), dtype), leaf(1, (*rest, k, m), dtype)
    return Node(MATMUL, (x, y), None, (*rest, n, m), dtype), [x, y]


def has_call(root):
    return any(n.op is MATMUL for n in toposort(simplify([root])))


@pytest.mark.each("rest", [(), (2,), (2, 3)])
@pytest.mark.each(
    "sizes",
    [
        (4, 5, 1),
        (1, 5, 4),
        (4, 1, 5),
        (1, 5, 1),
        (1, 1, 1),
        (4, 0, 1),
        (3, 6, 5),
        (6, 2, 5),
        (6, 5, 4),
    ],
)
@pytest.mark.each("dtype", ["float64", "float32", "int64", "int8", "uint8"])
def test_skinny_products_are_sums(sizes, rest, dtype, monkeypatch):
    monkeypatch.setattr(limits, "now", dataclasses.replace(limits.now, skinny_elements=0))
    root, leaves = product(*sizes, rest, np.dtype(dtype))
    assert not has_call(root)
    values = [np.random.default_rng(1).integers(0, 100, n.size).astype(n.dtype) for n in leaves]
    a, b = both(root, values)
    np.testing.assert_array_equal(
        a, b
    )  # whole numbers: whatever the order; small integers wrap around


@pytest.mark.parametrize(
    ("sizes", "dtype"),
    [
        ((5, 6, 5), F8),
        ((3, 6, 5), F8),
        ((6, 2, 5), F8),
        ((5, 0, 5), F8),
        ((4, 5, 1), BOOL),
        ((0, 5, 1), F8),
    ],
)
def test_other_products_stay_calls(sizes, dtype):
    """Of matrices, of bools, of nothing, and small ones, so that a new shape is no new kernel."""
    assert has_call(product(*sizes, dtype=dtype)[0])


@pytest.mark.parametrize(
    "shapes", [((3, 4), (4,)), ((4,), (4, 3)), ((4,), (4,)), ((2, 3, 4), (4,)), ((4,), (2, 4, 3))]
)
def test_vectors_and_matrices_against_numpy(shapes, tier):
    rng = np.random.default_rng(2)
    x, y = (rng.standard_normal(s) for s in shapes)
    s, t = (jitgrad.tensor(v, requires_grad=True) for v in (x, y))
    out = s @ t
    np.testing.assert_allclose(out.detach().numpy(), x @ y, rtol=1e-13)
    out.sum().backward()
    step = 1e-6
    for v, grad in ((x, s.grad.numpy()), (y, t.grad.numpy())):
        place = (0,) * v.ndim
        before, v[place] = v[place], v[place] + step
        above = (x @ y).sum()
        v[place] = before - step
        np.testing.assert_allclose(
            grad[place], (above - (x @ y).sum()) / (2 * step), rtol=1e-6, atol=1e-8
        )
        v[place] = before


# --- quotients ------------------------------------------------------------------------------------


@functools.cache
def quotients():
    from numba import njit

    import jitgrad.runtime.numba.lowering  # noqa: F401  # tells numba how the functions of `support` are compiled

    quotient, reciprocal = support.quotient, support.reciprocal

    @njit(error_model="numpy")
    def run(a, b, out):
        for i in range(len(a)):
            out[i] = quotient(a[i], b[i], reciprocal(b[i]))

    return run


def same_bits(got, want):
    assert got.dtype == want.dtype
    kind = f"i{got.dtype.itemsize}"
    differs = (got.view(kind) != want.view(kind)) & ~(np.isnan(got) & np.isnan(want))
    assert not differs.any(), (
        f"{differs.sum()} of {differs.size}, first {got[differs][0]!r} for {want[differs][0]!r}"
    )


def hard(dtype, rng, count=3000):
    """Operands whose quotient is as near as can be to the middle of two numbers."""
    digits = np.finfo(dtype).nmant + 1
    a, b = [], []
    for _ in range(count):
        divisor = 2 * int(rng.integers(2 ** (digits - 2), 2 ** (digits - 1))) + 1
        for rest in (1, -1, 3, -3):
            for power in (digits, digits + 1):
                a.append(rest * pow(2**power, -1, divisor) % divisor)
                b.append(divisor)
    return np.array(a, dtype), np.array(b, dtype)


def operands(dtype):
    rng, n = np.random.default_rng(5), 100_000
    kind = np.finfo(dtype)
    least, most = float(kind.tiny / kind.eps), float(kind.max)
    unit, other = rng.uniform(1, 2, n), rng.uniform(1, 2, n)
    whole, wholes = rng.integers(1, 1000, n), rng.integers(1, 2000, n)
    special = np.array([0, -0.0, 1, -1, np.inf, -np.inf, np.nan, most, -most, least, 3, 0.1])
    return {
        "random": (unit, other),
        "signs and sizes": (
            unit * 10 ** rng.uniform(-9, 9, n),
            -other * 10 ** rng.uniform(-9, 9, n),
        ),
        "itself": (other, other),
        "multiples": (whole * wholes, wholes),
        "near overflow": (unit / 4 * most, other / 8),
        "large": (unit / 2 * most, other / 8 * most),
        "small": (unit * least, other * least),
        "hard": hard(dtype, rng),
        "special": tuple(v.reshape(-1) for v in np.meshgrid(special, special)),
    }


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", operands(np.float64))
def test_quotients_are_correctly_rounded(name, dtype):
    with np.errstate(all="ignore"):
        a, b = (v.astype(dtype) for v in operands(dtype)[name])
        out, want = np.empty_like(a), a / b
    quotients()(a, b, out)
    same_bits(out, want)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_python_form_of_a_quotient_is_the_same(dtype):
    for a, b in [(49, 49), (1, 3), (-0.0, 2), (0.0, -2), (np.inf, 2), (1, np.inf), (np.nan, 1)]:
        a, b = dtype(a), dtype(b)
        with np.errstate(all="ignore"):
            same_bits(np.array([support.quotient(a, b, 1 / b)], dtype), np.array([a / b], dtype))
    assert [
        support.is_tiny(dtype(b)) for b in (0, 1, -1e-38 if dtype == np.float32 else -5e-300)
    ] == [0, 0, 1]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_whole_kernels_divide_as_numpy_does(tier, dtype):
    rng = np.random.default_rng(6)
    kind = np.finfo(dtype)
    for scale in (
        1.0,
        49.0,
        float(kind.tiny),
        float(kind.tiny / kind.eps),
        float(kind.max / 4),
        float(kind.smallest_subnormal),
    ):
        x = (rng.uniform(0.25, 2, (40, 30)) * scale).astype(dtype)
        x[0], x[1, 3] = -0.0, 0
        x[0, 0] = scale
        for axis in (0, 1):
            t = jitgrad.tensor(x)
            with np.errstate(all="ignore"):
                want = x / x.max(axis, keepdims=True)
            got = (t / t.max(axis, keepdims=True)).numpy()
            same_bits(got.reshape(-1), want.reshape(-1))
            assert (got.max(axis) == 1).all()


@pytest.mark.parametrize("divisor", [5e-324, 1e-310, -1e-320, 1e-300])
def test_divisors_whose_inverse_is_out_of_range(divisor, tier):
    x = np.array([[0.0, 1e-310, 5e-324, -1e-315, 1e-300, 1.0]] * 3)
    d = np.full((3, 1), divisor)
    with np.errstate(all="ignore"):
        want = x / d
    same_bits((jitgrad.tensor(x) / jitgrad.tensor(d)).numpy().reshape(-1), want.reshape(-1))
    same_bits((jitgrad.tensor(x) / divisor).numpy().reshape(-1), want.reshape(-1))
    # as a factor of a product, where the last bit may differ
    product = jitgrad.tensor(x) / jitgrad.tensor(d) * jn.array(1.5)
    np.testing.assert_allclose(product.numpy(), want * 1.5, rtol=4e-16)
