"""Scans and the linear recurrence: values, gradients at ties, zeros, nan and infinities, orders,
NumPy's `accumulate`.

Oracles are loops in Python, exact sums over pairs, mpmath, and PyTorch where it is installed. The
loop over shapes, layouts and programs is `test_scan_kernels`. Start at `SCANS`.
"""

import itertools
import math

import numpy as np
import pytest
from numpy_oracle import check_gradient

import jitgrad
from jitgrad.autodiff import push_forward
from jitgrad.base.errors import ArgumentError, AxisError, DTypeError, GradientError, ShapeError
from jitgrad.interpret import program as reference
from jitgrad.ir import leaf
from jitgrad.ops import REGISTRY, recurrence

inf, nan = math.inf, math.nan
SCANS = {
    "cumsum": np.add,
    "cumprod": np.multiply,
    "cummax": np.maximum,
    "cummin": np.minimum,
    "logcumsumexp": np.logaddexp,
}
EXTREMES = ("cummax", "cummin")


@pytest.fixture(autouse=True)
def both_tiers(tier):
    return tier


def grads(f, *values, weights=None):
    """The gradients of ``(f(*tensors) * weights).sum()``, as arrays."""
    xs = [jitgrad.tensor(v, requires_grad=True) for v in values]
    out = f(*xs)
    weights = np.arange(1.0, out.size + 1).reshape(out.shape) if weights is None else weights
    (out * jitgrad.tensor(weights)).sum().backward()
    return [x.grad.numpy() for x in xs]


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCANS)
def test_dtypes_and_shapes(name):
    f, ufunc = getattr(jitgrad, name), SCANS[name]
    recorded = []  # all before one is looked at: their kernels are compiled together
    for dtype in (np.float32, np.float64, np.int32, np.uint8, np.bool_):
        x = np.array([[1, 0, 2], [3, 1, 0]], dtype)
        t, flipped = jitgrad.tensor(x), jitgrad.tensor(x[::-1])
        pairs = (f(t), f(jitgrad.tensor(x.ravel()), 0)), (f(t, 0, reverse=True), f(flipped, 0))
        recorded.append((f(t, 1), ufunc.accumulate(x, 1), *pairs))
    for got, want, (whole, flat), (backwards, forwards) in recorded:
        assert got.dtype == (want.dtype if want.dtype != np.float16 else np.float32)  # as elsewhere
        np.testing.assert_allclose(
            got.numpy(), want, rtol=1e-3 if want.dtype == np.float16 else 1e-6
        )
        np.testing.assert_allclose(whole.numpy(), flat.numpy())
        np.testing.assert_array_equal(backwards.numpy(), forwards.numpy()[::-1])
    for shape in ((0,), (0, 3), (3, 0), (1,), (1, 1)):
        x = np.full(shape, 2.5)
        for axis in range(len(shape)):
            got = f(jitgrad.tensor(x), axis)
            np.testing.assert_array_equal(got.numpy(), x)
            assert grads(lambda t, a=axis: f(t, a), x)[0].shape == shape
    scalar = jitgrad.tensor(2.5, requires_grad=True)
    out = f(scalar)
    assert (
        out.shape == (1,)
        and out.item() == 2.5
        and getattr(jitgrad.tensor([2.5, 2.5]), name)(0).shape == (2,)
    )
    out.sum().backward()
    assert scalar.grad.item() == 1.0
    with pytest.raises(AxisError, match="axis 2"):
        f(jitgrad.ones((2, 3)), 2)


@pytest.mark.parametrize("name", SCANS)
def test_specials(name):
    x = np.array(
        [
            [-inf, -inf, 1.0, 2.0],
            [1.0, inf, -inf, 0.0],
            [1.0, nan, inf, 2.0],
            [-0.0, 0.0, -1e308, -1e308],
        ]
    )
    with np.errstate(all="ignore"):
        want = SCANS[name].accumulate(x, 1)
    np.testing.assert_allclose(
        getattr(jitgrad, name)(jitgrad.tensor(x), 1).numpy(), want, rtol=1e-15
    )


# --- cumprod --------------------------------------------------------------------------------------


def products(x, w):
    """The gradient of ``sum(w * cumprod(x))``, and its Jacobian, by products that leave factors
    out."""
    n = len(x)
    g, h = np.zeros(n), np.zeros((n, n))
    for i, k in itertools.product(range(n), repeat=2):
        if k <= i:
            g[k] += w[i] * math.prod(x[j] for j in range(i + 1) if j != k)
        for m in range(i + 1) if k <= i else ():
            h[k, m] += (
                w[i] * math.prod(x[j] for j in range(i + 1) if j not in (k, m)) if m != k else 0.0
            )
    return g, h


@pytest.mark.parametrize(
    "x",
    [
        [2.0, 0.0, 3.0, 0.0, -0.5],
        [0.0, 0.0, 0.0],
        [0.0, 1.0, 2.0],
        [1e-200, 1e-150, 1e200, 1e90, 3.0],  # a product that underflows is no 0 to divide by
        [5.0],
    ],
)
def test_cumprod(x):
    x, w = np.array(x), np.arange(1.0, len(x) + 1)
    g, h = products(x, w)
    weights, t = jitgrad.tensor(w), jitgrad.tensor(x)

    def f(t):
        return (jitgrad.cumprod(t) * weights).sum()

    np.testing.assert_allclose(grads(jitgrad.cumprod, x, weights=w)[0], g, rtol=1e-14, atol=1e-200)
    for k, row in enumerate(np.eye(len(x))):
        np.testing.assert_allclose(jitgrad.hvp(f)(t, jitgrad.tensor(row)).numpy(), h[k], rtol=1e-14)


# --- cummax, cummin -------------------------------------------------------------------------------

RUNS = [
    [1.0, 1.0, 0.0, 1.0, 2.0, 2.0, 1.0],
    [nan, 1.0, 2.0],
    [1.0, nan, 3.0, nan, 5.0],
    [-0.0, 0.0, -0.0],
    [-inf, -inf, 1.0, inf, inf, 2.0],
    [inf, -inf, inf],
    [3.0, 2.0, 1.0],
    [1.0, 2.0, 3.0],
    [1e300, -1e300, 1e300],
]


def held(values, largest):
    """The place whose element each place of a running extreme holds: of equal ones the last, and
    the last nan."""
    out, at = [], 0
    for i, x in enumerate(values):
        now = values[at]
        if x != x or (now == now and (x >= now if largest else x <= now)):
            at = i
        out.append(at)
    return out


@pytest.mark.each("name", EXTREMES)
@pytest.mark.each("x", RUNS, ids=str)
@pytest.mark.each("reverse", [False, True])
def test_the_gradient_goes_to_the_element_that_holds_the_extreme(name, x, reverse):
    w = np.arange(1.0, len(x) + 1)
    places = held(x[::-1] if reverse else x, name == "cummax")
    places = [len(x) - 1 - p for p in places[::-1]] if reverse else places
    want = np.zeros(len(x))
    np.add.at(want, places, w)
    f = getattr(jitgrad, name)
    (got,) = grads(lambda t: f(t, 0, reverse=reverse), np.array(x), weights=w)
    np.testing.assert_array_equal(got, want)
    t = jitgrad.tensor(x, requires_grad=True)
    (first,) = jitgrad.autograd.grad(
        (f(t, 0, reverse=reverse) * jitgrad.tensor(w)).sum(), t, create_graph=True
    )
    assert not first.requires_grad, (
        "linear, with coefficients that say where the extremes are: as in PyTorch"
    )


@pytest.mark.parametrize("name", EXTREMES)
@pytest.mark.parametrize("x", RUNS, ids=str)
def test_extremes_and_their_gradients_are_those_of_torch(name, x):
    torch = pytest.importorskip("torch")
    t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    values = getattr(torch, name)(t, 0).values
    (values * torch.arange(1.0, len(x) + 1)).sum().backward()
    np.testing.assert_array_equal(
        getattr(jitgrad, name)(jitgrad.tensor(x)).numpy(), values.detach().numpy()
    )
    np.testing.assert_array_equal(grads(getattr(jitgrad, name), np.array(x))[0], t.grad.numpy())


@pytest.mark.parametrize("name", EXTREMES)
def test_a_cotangent_that_is_no_number_stays_with_its_element(name):
    """An inf or nan of one run does not reach the elements of others, as 0 * inf would."""
    x = np.array([1.0, 0.5, 2.0, 1.5, 3.0]) * (1 if name == "cummax" else -1)
    for bad in (inf, -inf, nan):
        (got,) = grads(getattr(jitgrad, name), x, weights=np.array([1.0, 2.0, 3.0, bad, 5.0]))
        np.testing.assert_array_equal(got, [3.0, 0.0, 3.0 + bad, 0.0, 5.0])


# --- logcumsumexp ---------------------------------------------------------------------------------


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    "x",
    [
        [0.3, -1.2, 2.0, 0.0, 0.5],
        [2.0, 2.0, 2.0],
        [1e4, -1e4, 9999.0, 1e4],
        [-1000.0, -1001.0, -999.0],
        [700.0, 710.0, -700.0, 720.0],
        [-inf, 1.0, -inf, 2.0],
        [-700.0, 3.0, 3.0, 50.0],
    ],
)
def test_logcumsumexp_against_mpmath(x, reverse):
    mpmath = pytest.importorskip("mpmath")
    mpmath.mp.dps = 40
    n, w = len(x), [(-1) ** i * (i + 1.0) for i in range(len(x))]
    exps = [mpmath.exp(v) for v in x]
    sums = [mpmath.fsum(exps[i:] if reverse else exps[: i + 1]) for i in range(n)]
    share = [
        [exps[k] / sums[i] if sums[i] and (i <= k if reverse else k <= i) else 0 for k in range(n)]
        for i in range(n)
    ]
    first = [sum(w[i] * share[i][k] for i in range(n)) for k in range(n)]
    v = [0.5, -1.0, 2.0, 0.25, 1.5][:n]
    means = [sum(share[i][k] * v[k] for k in range(n)) for i in range(n)]
    second = [sum(w[i] * share[i][k] * (v[k] - means[i]) for i in range(n)) for k in range(n)]

    def f(t):
        return (jitgrad.logcumsumexp(t, 0, reverse=reverse) * jitgrad.tensor(w)).sum()

    values = jitgrad.logcumsumexp(jitgrad.tensor(x), 0, reverse=reverse).numpy()
    start = n - 1 if reverse else 0
    some = [i for i in range(n) if sums[i]]
    np.testing.assert_allclose(
        values[some], [float(mpmath.log(sums[i])) for i in some], rtol=1e-14, atol=1e-15
    )
    if (
        x[start] == -inf
    ):  # of -inf alone any share is a subgradient: what is claimed is in the next test
        assert values[start] == -inf
        w[start] = 0.0
        first = [sum(w[i] * share[i][k] for i in range(n)) for k in range(n)]
    scale = max(abs(float(a)) for a in first)
    got = jitgrad.grad(f)(jitgrad.tensor(x)).numpy()
    np.testing.assert_allclose(got, [float(a) for a in first], rtol=1e-11, atol=1e-13 * scale)
    bent = jitgrad.hvp(f)(jitgrad.tensor(x), jitgrad.tensor(v)).numpy()
    if x[start] != -inf:
        np.testing.assert_allclose(bent, [float(a) for a in second], rtol=1e-10, atol=1e-12)
    assert np.isfinite(bent).all()


def test_shares_of_infinities_add_up():
    """Where there is no derivative, what is claimed is finite, and the shares of each sum are 1."""
    for x in (
        [-inf, -inf, -inf],
        [-inf, -inf, 1.0, inf, inf, 2.0],
        [inf, inf],
        [1e300, 1e300, -1e300, 1e300],
    ):
        n = len(x)
        for w in np.eye(n):
            (got,) = grads(jitgrad.logcumsumexp, np.array(x), weights=w)
            assert got.sum() == 1.0 and (got >= 0).all()
        bent = jitgrad.hvp(lambda t: jitgrad.logcumsumexp(t).sum())(
            jitgrad.tensor(x), jitgrad.ones(n)
        )
        assert np.isfinite(bent.numpy()).all()
    assert np.isnan(grads(jitgrad.logcumsumexp, np.array([1.0, nan, 2.0]))[0]).all()


def test_small_shares_keep_their_digits():
    x = np.array([0.0, 50.0, 0.0, 120.0])
    (got,) = grads(jitgrad.logcumsumexp, x, weights=np.array([0.0, 0.0, 0.0, 1.0]))
    np.testing.assert_allclose(got[:3], np.exp(x[:3] - 120.0), rtol=1e-13)


def test_second_order_where_cotangents_are_zero():
    """The derivative of the gradient by the cotangent does not vanish where that is 0."""
    x, g = jitgrad.tensor([0.5, 1.0, -1.0]), jitgrad.zeros(3, requires_grad=True)
    for name in SCANS:
        t = x.detach().requires_grad_()
        (first,) = jitgrad.autograd.grad(getattr(jitgrad, name)(t), t, g, create_graph=True)
        (back,) = jitgrad.autograd.grad(first.sum(), g)
        step = 1e-6
        move = getattr(jitgrad, name)(x + step) - getattr(jitgrad, name)(x - step)
        np.testing.assert_allclose(back.numpy(), move.numpy() / (2 * step), rtol=1e-8)


# --- the linear recurrence ------------------------------------------------------------------------


def looped(x, decay):
    out = [x[0]]
    for i in range(1, len(x)):
        out.append(decay[i] * out[-1] + x[i] if decay[i] else x[i])
    return np.array(out)


@pytest.mark.parametrize("n", [1, 2, 31, 33, 100, 1023, 4097])
def test_linear_recurrence(n):
    rng = np.random.default_rng(n)
    x, decay = rng.standard_normal(n), rng.uniform(-1.1, 1.1, n)
    decay[rng.uniform(size=n) < 0.1] = 0
    want = looped(x, decay)
    got = jitgrad.linear_recurrence(jitgrad.tensor(x), jitgrad.tensor(decay)).numpy()
    np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-13)
    got = jitgrad.linear_recurrence(
        jitgrad.tensor(x[::-1]), jitgrad.tensor(decay[::-1]), reverse=True
    ).numpy()
    np.testing.assert_allclose(got[::-1], want, rtol=1e-11, atol=1e-13)
    g = rng.standard_normal(n)
    gx = looped(g[::-1], np.append(decay[1:], 0)[::-1])[::-1]
    gd = gx * np.append(0, want[:-1])
    first, second = grads(jitgrad.linear_recurrence, x, decay, weights=g)
    np.testing.assert_allclose(first, gx, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(second, gd, rtol=1e-11, atol=1e-13)


def test_linear_recurrence_broadcasts_and_takes_numbers():
    x = np.arange(6.0).reshape(2, 3)
    rows = np.stack([looped(row, [0.5] * 3) for row in x])
    np.testing.assert_allclose(jitgrad.linear_recurrence(jitgrad.tensor(x), 0.5).numpy(), rows)
    np.testing.assert_allclose(
        jitgrad.linear_recurrence(jitgrad.tensor(x.T), 0.5, axis=0).numpy(), rows.T
    )
    by_row = jitgrad.linear_recurrence(
        jitgrad.tensor(x.astype(np.float32)), np.array([[0.5], [0.5]], np.float32)
    )
    assert by_row.dtype == np.float32
    np.testing.assert_allclose(by_row.numpy(), rows)
    whole = jitgrad.linear_recurrence(jitgrad.arange(4), 2)
    assert whole.dtype == np.float64 and whole.tolist() == [0.0, 1.0, 4.0, 11.0]
    decay = jitgrad.tensor(0.5, requires_grad=True)
    jitgrad.linear_recurrence(jitgrad.ones(4), decay)[-1].backward()
    assert decay.grad.item() == pytest.approx(1 + 2 * 0.5 + 3 * 0.25)
    with pytest.raises(ShapeError):
        jitgrad.linear_recurrence(jitgrad.ones(3), jitgrad.ones(4))
    with pytest.raises(AxisError):
        jitgrad.linear_recurrence(jitgrad.ones(3), 0.5, axis=1)


def test_a_decay_of_zero_forgets():
    x = np.array([1.0, inf, 2.0, nan, 3.0, 4.0])
    decay = np.array([1.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    got = jitgrad.linear_recurrence(jitgrad.tensor(x), jitgrad.tensor(decay)).numpy()
    np.testing.assert_array_equal(got, [1.0, inf, 2.0, nan, 3.0, 7.0])


@pytest.mark.parametrize("n", [5, 2000, 70_001])
def test_products_of_decays_may_overflow(n):
    """Blocks are joined by products of their decays, which are inf here, while nothing enters."""
    x, decay = np.zeros(n), np.full(n, 3.0)
    x[-2:] = 1.0, 2.0
    got = jitgrad.linear_recurrence(jitgrad.tensor(x), jitgrad.tensor(decay)).numpy()
    np.testing.assert_array_equal(got, np.append(np.zeros(n - 2), [1.0, 5.0]))
    x[0], x[1], decay[n // 2] = inf, 1.0, 0.0
    got = jitgrad.linear_recurrence(jitgrad.tensor(x), jitgrad.tensor(decay)).numpy()
    assert np.isposinf(got[: n // 2]).all() and not got[n // 2 : -3].any()


def test_the_numpy_tier_by_blocks_is_the_loop():
    rng = np.random.default_rng(0)
    for shape in ((33,), (5000,), (1000, 3), (100, 300), (2, 700)):
        x, decay = rng.standard_normal(shape), rng.uniform(-1, 1, shape)
        columns = [
            looped(a, b)
            for a, b in zip(x.reshape(len(x), -1).T, decay.reshape(len(x), -1).T, strict=True)
        ]
        want = np.stack(columns, 1).reshape(shape)
        node = REGISTRY["linear_recurrence"](*(leaf(i, shape, x.dtype) for i in (0, 1)), axis=0)
        np.testing.assert_allclose(
            recurrence.RECURRENCE.reference(x, decay, node), want, rtol=1e-11, atol=1e-13
        )


# --- forward mode ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*SCANS, "linear_recurrence"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("reverse", [False, True])
def test_tangents(name, axis, reverse):
    """Of each operand alone and of all, with zeros in the data."""
    rng = np.random.default_rng(1)
    entry, shape = REGISTRY[name], (4, 5)
    xs = [rng.uniform(-0.9, 0.9, shape) for _ in range(entry.operands)]
    xs[0][1, 2] = 0.0
    nodes = [leaf(i, shape, xs[0].dtype) for i in range(len(xs))]
    out = entry(*nodes, axis=axis, reverse=reverse)
    ts = [rng.standard_normal(shape) for _ in xs]
    given = [leaf(len(xs) + i, shape, xs[0].dtype) for i in range(len(xs))]

    def run(root, values):
        return reference.run([root], [np.ravel(v) for v in values], [])[0]

    for which in [
        c for k in range(1, len(xs) + 1) for c in itertools.combinations(range(len(xs)), k)
    ]:
        (t,) = push_forward([out], {nodes[i]: given[i] for i in which})
        ends = [
            run(out, [x + s * ts[i] * (i in which) for i, x in enumerate(xs)])
            for s in (1e-6, -1e-6)
        ]
        np.testing.assert_allclose(
            run(t, [*xs, *ts]), (ends[0] - ends[1]) / 2e-6, rtol=1e-6, atol=1e-8
        )


# --- NumPy's accumulate ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCANS)
def test_accumulate_is_the_scan(name):
    ufunc, f = SCANS[name], getattr(jitgrad, name)
    x = np.random.default_rng(0).uniform(0.5, 2, (3, 4))
    for axis in (0, 1, -1):
        check_gradient(lambda t, a=axis: ufunc.accumulate(t, axis=a), x)
        np.testing.assert_array_equal(
            ufunc.accumulate(jitgrad.tensor(x), axis).numpy(), f(jitgrad.tensor(x), axis).numpy()
        )
    check_gradient(lambda t: ufunc.accumulate(t), x)
    check_gradient(lambda t: ufunc.accumulate(t, axis=None), x[0])
    short = ufunc.accumulate(jitgrad.tensor(x), dtype=np.float32)
    assert short.dtype == np.float32
    np.testing.assert_allclose(short.numpy(), ufunc.accumulate(x, dtype=np.float32), rtol=1e-6)
    out = jitgrad.zeros((3, 4))
    assert ufunc.accumulate(jitgrad.tensor(x), out=out) is out
    np.testing.assert_allclose(out.numpy(), ufunc.accumulate(x), rtol=1e-15)
    array = np.zeros((3, 4))
    with pytest.raises(GradientError, match="out="):
        ufunc.accumulate(jitgrad.tensor(x, requires_grad=True), out=array)
    t = jitgrad.tensor(x, requires_grad=True)
    assert ufunc.accumulate(t).grad_fn is not None
    for wrong in (jitgrad.tensor(1.0), jitgrad.ones((2, 2))):
        with pytest.raises((ShapeError, ArgumentError), match="expected one of its axes"):
            ufunc.accumulate(wrong, axis=None)
    with pytest.raises(AxisError):
        ufunc.accumulate(jitgrad.tensor(x), axis=2)
    with pytest.raises(DTypeError):
        ufunc.accumulate(jitgrad.tensor(x), dtype=np.int64)


def test_accumulate_of_ties_is_the_gradient_of_the_scan():
    assert grads(lambda t: np.maximum.accumulate(t), np.array([2.0, 2.0, 1.0]))[0].tolist() == [
        1.0,
        5.0,
        0.0,
    ]
