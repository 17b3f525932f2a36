"""Row programs: what becomes one kernel, and that its values and gradients are right, whatever the
shapes and layouts.

The oracles are hand-written NumPy formulas, and the NumPy tier. Most of it runs kernels in Python
(`simulated`), with every access checked; the rest compiles. `test_row_rules` has the rules that
prepare the graphs, `row_programs` the random programs. Start at `COMPOSITES`.
"""

import contextlib
import os
import random

import numpy as np
import pytest
from programs_seen import forget_programs
from row_programs import random_program
from simulated import simulated

import jitgrad
import jitgrad.numpy as jn
from jitgrad.runtime.plan import observed_plans


def total(lib, x, axes):
    return lib.sum(x, axis=axes, keepdims=True)


def count(x, axes):
    return int(np.prod([x.shape[a] for a in axes]))


def less_mean(lib, x, axes):
    return x - total(lib, x, axes) / count(x, axes)


def deviation(lib, x, axes):
    return lib.sqrt(total(lib, less_mean(lib, x, axes) ** 2, axes) / count(x, axes) + 1e-3)


def softmax(lib, x, axes, v):
    e = lib.exp(x - lib.max(x, axis=axes, keepdims=True))
    return e / total(lib, e, axes)


def logsumexp(lib, x, axes, v):
    top = lib.max(x, axis=axes, keepdims=True)
    return lib.log(total(lib, lib.exp(x - top), axes)) + top


def cross_entropy(lib, x, axes, v):
    return -total(lib, (x - logsumexp(lib, x, axes, v)) * v, axes)


def layer_norm(lib, x, axes, v):
    return less_mean(lib, x, axes) / deviation(lib, x, axes) * v + v * v


def normalized(lib, x, axes, v):
    return less_mean(lib, x, axes) / deviation(lib, x, axes)


def shares(lib, x, axes, v):
    return x / total(lib, x, axes)


def norm(lib, x, axes, v):
    return lib.sqrt(total(lib, x * x, axes))


def weighted_sums(lib, x, axes, v):
    return total(lib, lib.cumsum(x, axis=axes[-1]) * v, axes)


# gradients of (w * f(x)).sum(), by hand


def _normalized_gradient(x, axes, w):
    hat, n = normalized(np, x, axes, None), count(x, axes)
    return (w - total(np, w, axes) / n - hat * total(np, w * hat, axes) / n) / deviation(
        np, x, axes
    )


def _softmax_gradient(x, axes, v, w):
    p = softmax(np, x, axes, v)
    return p * (w - total(np, w * p, axes))


def _shares_gradient(x, axes, v, w):
    return (w - total(np, w * shares(np, x, axes, v), axes)) / total(np, x, axes)


def _weighted_sums_gradient(x, axes, v, w):
    return np.flip(np.cumsum(np.flip(v * w + 0 * x, axes[-1]), axes[-1]), axes[-1])


#: name -> (value, gradient)
COMPOSITES = {
    "softmax": (softmax, _softmax_gradient),
    "cross entropy": (
        cross_entropy,
        lambda x, a, v, w: w * (softmax(np, x, a, v) * total(np, v + 0 * x, a) - v),
    ),
    "logsumexp": (logsumexp, lambda x, a, v, w: w * softmax(np, x, a, v)),
    "layer norm": (layer_norm, lambda x, a, v, w: _normalized_gradient(x, a, v * w)),
    "normalized": (normalized, lambda x, a, v, w: _normalized_gradient(x, a, w)),
    "deviation": (
        lambda lib, x, a, v: deviation(lib, x, a),
        lambda x, a, v, w: w * less_mean(np, x, a) / deviation(np, x, a) / count(x, a),
    ),
    "variance": (
        lambda lib, x, a, v: lib.var(x, axis=a, keepdims=True),
        lambda x, a, v, w: w * 2 * less_mean(np, x, a) / count(x, a),
    ),
    "shares": (shares, _shares_gradient),
    "norm": (norm, lambda x, a, v, w: w * x / norm(np, x, a, v)),
    "weighted sums": (weighted_sums, _weighted_sums_gradient),
}
#: shape and reduced axes: rows, columns, the middle axis, the outer axes of a batch norm, tall,
#: narrow, ones, all
SPACES = [
    ((7, 9), (1,)),
    ((7, 9), (0,)),
    ((3, 5, 4), (1,)),
    ((3, 4, 5), (0, 2)),
    ((3, 4, 5), (1, 2)),
    ((2, 3, 4, 5), (1, 3)),
    ((60, 3), (1,)),
    ((3, 60), (1,)),
    ((60, 3), (0,)),
    ((1, 9), (1,)),
    ((9, 1), (1,)),
    ((9, 1), (0,)),
    ((1, 1), (0,)),
    ((11,), (0,)),
    ((5, 6), (0, 1)),
    ((2, 50, 2), (1,)),
]


def arrays(shape, axes, dtype=np.float64, seed=0):
    """x, and v with the axes that are reduced."""
    rng = np.random.default_rng(seed)
    x, v = (
        rng.uniform(0.5, 2, shape),
        rng.uniform(0.5, 1.5, [n if a in axes else 1 for a, n in enumerate(shape)]),
    )
    return x.astype(dtype), v.astype(dtype)


def weights(shape, dtype):
    return np.random.default_rng(7).uniform(-1, 1, shape).astype(dtype)


def forget():
    """Let the next run make new plans."""
    forget_programs()


@contextlib.contextmanager
def compiling(mode):
    jitgrad.synchronize()
    before, jitgrad.config.compile = jitgrad.config.compile, mode
    forget()
    try:
        yield
    finally:
        jitgrad.config.compile = before


def value_and_gradient(f, x, axes, v, layout=lambda x: x):
    """The value and the gradient of f of `layout` of a leaf, and the shape of the gradient."""
    leaf = jitgrad.tensor(x, requires_grad=True)
    moved = layout(leaf)
    out = f(jn, moved, axes, jitgrad.tensor(v))
    (out * jitgrad.tensor(weights(out.shape, x.dtype))).sum().backward()
    return out.detach().numpy(), leaf.grad.numpy()


def agree(got, want, dtype):
    tol = 1e-10 if dtype == np.float64 else 2e-4
    for g, w in zip(got, want, strict=True):
        assert g.shape == w.shape and g.dtype == dtype
        np.testing.assert_allclose(g, w, rtol=tol, atol=tol * np.abs(w).max(initial=1))


def by_hand(name, x, axes, v):
    f, gradient = COMPOSITES[name]
    x, v = x.astype(np.float64), v.astype(np.float64)
    out = f(np, x, axes, v)
    return out, gradient(x, axes, v, weights(out.shape, np.float64)) + 0 * x


# --- how many kernels -----------------------------------------------------------------------------

WIDE_SPACES = [((300, 40), (1,)), ((300, 40), (0,)), ((30, 20, 40), (1,)), ((30, 20, 40), (0, 2))]


def kernels(run):
    """The kinds of the kernels that `run` needs, but for those of numbers."""
    with compiling("never"), observed_plans() as plans:
        run()
        return [
            kernel.kind
            for plan in plans
            for kernel in plan.kernels
            if not kernel.kind.startswith("scalar")
        ]


def run_composite(name, shape, axes):
    x, v = arrays(shape, axes)
    f, leaf = COMPOSITES[name][0], jitgrad.tensor(x, requires_grad=True)
    w = jitgrad.tensor(weights(f(np, x, axes, v).shape, x.dtype))
    loss = (f(jn, leaf, axes, jitgrad.tensor(v)) * w).sum()
    loss.backward()


@pytest.mark.parametrize(("shape", "axes"), WIDE_SPACES, ids=str)
@pytest.mark.parametrize("name", COMPOSITES)
def test_value_and_gradient_are_one_kernel(name, shape, axes):
    assert kernels(lambda: run_composite(name, shape, axes)) == ["program"]


def logistic(x, labels, w):
    return jn.log1p(jn.exp(-labels * (x @ w))).sum() / len(labels)


def logistic_data(n=2000, k=20):
    rng = np.random.default_rng(3)
    return rng.standard_normal((n, k)), np.sign(rng.standard_normal(n)), rng.standard_normal(k)


def run_logistic(data):
    *given, w = data
    w = jitgrad.tensor(w, requires_grad=True)
    loss = logistic(*map(jitgrad.tensor, given), w)
    loss.backward()
    return loss.item(), w.grad.numpy()


def test_a_logistic_regression_reads_its_matrix_in_one_kernel():
    assert kernels(lambda: run_logistic(logistic_data())) == ["program"]


@pytest.mark.parametrize("shape", [(2000, 20), (7, 5), (1, 5), (7, 1), (1, 1)])
def test_a_logistic_regression_is_right(tier, shape):
    x, labels, w = data = logistic_data(*shape)
    value, gradient = run_logistic(data)
    margins = labels * (x @ w)
    np.testing.assert_allclose(value, np.log1p(np.exp(-margins)).mean(), rtol=1e-12)
    want = x.T @ (-labels / (1 + np.exp(margins))) / len(labels)
    np.testing.assert_allclose(gradient, want, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("columns", [1, 3, 50, 64, 129])
def test_rows_are_taken_together(columns, dtype, tier):
    """Sums along rows and over rows, for numbers of rows around those that are taken together, with
    inf in one row."""
    rng = np.random.default_rng(columns)
    for rows in (1, 3, 4, 5, 8, 9, 15, 31, 300):
        x, w, y = (rng.standard_normal(s).astype(dtype) for s in ((rows, columns), columns, rows))
        for value in (0.5, np.inf):
            x[rows // 2, 0] = value
            v = jitgrad.tensor(w, requires_grad=True)
            r = jitgrad.tensor(x) @ v - jitgrad.tensor(y)
            loss = (r * r).sum()
            loss.backward()
            wide = x.astype(np.float64)
            with np.errstate(invalid="ignore"):
                residual = wide @ w - y
                want = 2 * residual @ wide
            rtol = 1e-11 if dtype is np.float64 else 1e-4
            np.testing.assert_allclose(loss.item(), (residual**2).sum(), rtol=rtol)
            np.testing.assert_allclose(
                v.grad.numpy(), want, rtol=rtol, atol=rtol * np.sqrt(rows * columns)
            )


def test_an_array_is_read_along_its_rows():
    """The loop over which a matrix is contiguous is the inner one, whatever a vector beside it
    says."""
    x, g = jitgrad.ones((300, 20)), jitgrad.ones(300)
    with observed_plans() as plans:
        (x.T @ g).numpy()
    (kernel,) = [k for plan in plans for k in plan.lowered().kernels]
    assert kernel.kind == "column"


# --- values and gradients -------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", COMPOSITES)
def test_against_numpy_over_shapes(name, dtype):
    for shape, axes in SPACES:
        x, v = arrays(shape, axes, dtype)
        for small in (False, True):
            with compiling("always"), simulated(small=small):
                agree(
                    value_and_gradient(COMPOSITES[name][0], x, axes, v),
                    by_hand(name, x, axes, v),
                    dtype,
                )


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (0, 0)])
@pytest.mark.parametrize("name", ["shares", "norm", "weighted sums", "logsumexp"])
def test_empty_arrays(name, shape, tier):
    x, v = arrays(shape, (1,))
    f = COMPOSITES[name][0]
    if name == "logsumexp" and not shape[1]:
        with pytest.raises(ValueError):
            value_and_gradient(f, x, (1,), v)
        return
    value, gradient = value_and_gradient(f, x, (1,), v)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(value, f(np, x, (1,), v))
    assert gradient.shape == shape


#: shape of the leaf, and what is done to it
LAYOUTS = {
    "transposed": ((9, 7), lambda x: x.T),
    "sliced": ((8, 12), lambda x: x[1:, 2:11]),
    "every other": ((14, 9), lambda x: x[::2]),
    "every other column": ((7, 18), lambda x: x[:, ::2]),
    "flipped": ((7, 9), lambda x: x[::-1, ::-1]),
    "stretched row": ((1, 9), lambda x: jn.broadcast_to(x, (7, 9))),
    "stretched column": ((7, 1), lambda x: jn.broadcast_to(x, (7, 9))),
    "transposed and sliced": ((10, 8), lambda x: x.T[1:, :9]),
    "padded": ((6, 7), lambda x: jn.pad(x, ((1, 0), (0, 2)), constant_values=1.5)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", COMPOSITES)
def test_layouts(name, layout):
    shape, move = LAYOUTS[layout]
    x = arrays(shape, ())[0]
    for axes in [(1,), (0,), (0, 1)]:
        v = arrays((7, 9), axes)[1]
        with compiling("never"):
            want = value_and_gradient(COMPOSITES[name][0], x, axes, v, move)
        for small in (False, True):
            with compiling("always"), simulated(small=small):
                agree(value_and_gradient(COMPOSITES[name][0], x, axes, v, move), want, np.float64)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("shape", "axes"), [((3, 50000), (1,)), ((50000, 3), (1,)), ((40, 30, 50), (1,))], ids=str
)
@pytest.mark.parametrize("name", ["softmax", "layer norm", "weighted sums"])
def test_compiled_kernels_for_any_number_of_threads(name, shape, axes, dtype):
    x, v = arrays(shape, axes, dtype)
    before, seen = jitgrad.get_num_threads(), []
    try:
        with compiling("always"):
            for threads in (1, 2):
                jitgrad.set_num_threads(threads)
                seen.append(value_and_gradient(COMPOSITES[name][0], x, axes, v))
    finally:
        jitgrad.set_num_threads(before)
    for one, two in zip(*seen, strict=True):
        np.testing.assert_array_equal(one, two)
    agree(seen[0], by_hand(name, x, axes, v), dtype)


# --- what went wrong once -------------------------------------------------------------------------


def both_tiers(f, *leaves):
    """f's value and gradients, by kernels run in Python and by NumPy: they must agree."""
    found = []
    for mode, small in (("never", False), ("always", False), ("always", True)):
        with compiling(mode), simulated(small=small):
            tensors = [jitgrad.tensor(x, requires_grad=True) for x in leaves]
            out = f(*tensors)
            (out * jitgrad.tensor(weights(out.shape, out.dtype))).sum().backward()
            found.append([out.detach().numpy(), *[t.grad.numpy() for t in tensors]])
    agree(found[1], found[0], np.float64)
    agree(found[2], found[0], np.float64)


def ragged(lib, x, b, column):
    """Functions of functions, of two operands, of what stands still along an axis, and a condition,
    in short rows."""
    e = lib.exp(lib.sin(x + b) * lib.log(column))
    kept = e / lib.sum(e, axis=1, keepdims=True)
    return lib.sum(
        lib.arctan2(kept, x) * lib.tanh(b) + lib.where(x > 1, lib.power(x, column), lib.cos(1 / x)),
        axis=1,
    )


RAGGED = [
    (40_000, 1),
    (20_000, 2),
    (12_000, 3),
    (8001, 5),
    (5000, 8),
    (4000, 9),
    (4000, 10),
    (1500, 31),
    (100, 33),
]


@pytest.mark.parametrize(
    ("dtype", "turned"), [(np.float64, False), (np.float64, True), (np.float32, True)]
)
def test_functions_in_short_rows(dtype, turned, tier):
    """They are applied to tiles, not row by row (`passes.distribute`); also where the rows are
    columns in memory."""
    rng = np.random.default_rng(4)
    for shape in RAGGED:
        x, b, column = (
            rng.uniform(0.5, 2, shape),
            rng.uniform(0.5, 2, shape[1]),
            rng.uniform(1.5, 2, (shape[0], 1)),
        )
        given = [jitgrad.tensor(v.astype(dtype), requires_grad=True) for v in (x, b, column)]
        if turned:
            given[0] = jitgrad.tensor(x.T.astype(dtype), requires_grad=True)
        y = ragged(jn, given[0].T if turned else given[0], *given[1:])
        y.sum().backward()
        exact = [v.astype(dtype).astype(float) for v in (x, b, column)]
        np.testing.assert_allclose(
            y.detach().numpy(), ragged(np, *exact), rtol=1e-5 if dtype == np.float32 else 1e-13
        )
        for k, (t, v) in enumerate(zip(given, exact, strict=True)):
            g, t = (
                rng.standard_normal(v.shape),
                t.grad.numpy().T if turned and k == 0 else t.grad.numpy(),
            )
            near = [
                ragged(np, *[w + s * 1e-6 * g if w is v else w for w in exact]).sum()
                for s in (1, -1)
            ]
            np.testing.assert_allclose(
                (t * g).sum(), (near[0] - near[1]) / 2e-6, rtol=1e-3, atol=2e-3
            )


def test_a_far_argument_in_a_short_row():
    """The plan is run again by NumPy, as with long rows."""
    x = np.full((12_000, 3), 0.5)
    x[1700, 1] = 1e300
    before, jitgrad.config.compile = jitgrad.config.compile, "always"
    try:
        y = (jitgrad.tensor(x) + jitgrad.tensor([0.0, 1.0, 2.0])).sin()
        np.testing.assert_allclose(y.numpy(), np.sin(x + np.array([0.0, 1.0, 2.0])), rtol=1e-15)
    finally:
        jitgrad.config.compile = before


def test_a_scan_in_columns_starts_anew_at_each_outer_point():
    x = np.random.default_rng(0).uniform(-1, 1, (4, 5, 6))
    both_tiers(lambda x: jitgrad.logcumsumexp(x * x, 1, reverse=True).sum(0), x)


def test_a_scan_along_an_axis_of_reductions_kept():
    x = np.random.default_rng(0).uniform(-1, 1, (2, 13))
    both_tiers(
        lambda x: jitgrad.logcumsumexp(
            jitgrad.cumprod(x.var(1, keepdims=True), 0, reverse=True), 1
        ),
        x,
    )


def test_a_scan_and_a_sum_along_all_axes_but_one_another():
    x = np.random.default_rng(0).uniform(-1, 1, (9, 6))
    both_tiers(lambda x: jn.cumsum(x / (x * x + 0.1).sum(0, keepdims=True), 1) + (x * x).sum(0), x)


def test_axes_of_one_element_that_share_a_class():
    def by_norm(x):
        e = jitgrad.logcumsumexp(x, 2)
        return e / jn.sqrt((e * e).sum((1, 3), keepdims=True) + 0.1)

    both_tiers(by_norm, np.random.default_rng(0).uniform(-1, 1, (3, 3, 1, 1)))


def test_a_guard_that_stands_still_in_a_column_stage():
    x = np.random.default_rng(0).uniform(0.5, 1, (13, 13))
    both_tiers(
        lambda x: jitgrad.cumprod(jn.tanh(jitgrad.cummax(x, 0, reverse=True)), 1).sum((0, 1)), x
    )


# --- random programs ------------------------------------------------------------------------------

#: ``JITGRAD_EXAMPLES=5000`` runs more of them, each time others.
EXAMPLES = int(os.environ.get("JITGRAD_EXAMPLES", "0"))
SEEDS = [random.randrange(10**9) for _ in range(EXAMPLES)] if EXAMPLES else range(100)


def close(got, want, dtype):
    tol = 1e-9 if dtype == np.float64 else 2e-3
    for g, w in zip(got, want, strict=True):
        assert (g is None) == (w is None)
        if g is not None:
            assert g.shape == w.shape and g.dtype == w.dtype
            np.testing.assert_allclose(
                g, w, rtol=tol, atol=tol * np.abs(w[np.isfinite(w)]).max(initial=1)
            )


def run_random(program, mode, dtype=np.float64, second=False):
    with compiling(mode):
        return program(dtype, second)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_programs(seed):
    program = random_program(random.Random(seed), 8 + seed % 8)
    dtype = np.float32 if seed % 5 == 4 else np.float64
    want = run_random(program, "never", dtype)
    with simulated(seed, small=seed % 4 > 0):
        close(run_random(program, "always", dtype), want, dtype)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_programs_of_squares(seed):
    """Axes of one class occur twice or three times; every third program to the second order."""
    program = random_program(random.Random(seed), 3 + seed % 6, square=True, smooth=seed % 3 == 0)
    second, dtype = seed % 3 == 0, np.float32 if seed % 5 == 4 else np.float64
    want = run_random(program, "never", dtype, second)
    with simulated(seed, small=seed % 4 > 0):
        close(run_random(program, "always", dtype, second), want, dtype)


#: Lengths at which loops are empty, or once through, beside those that are cut in pieces.
EDGES = (0, 1, 1, 2, 13, 70)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_programs_of_edges(seed):
    program = random_program(
        random.Random(seed), 3 + seed % 8, lengths=EDGES, ranks=(0, 0, 1, 1, 2, 3)
    )
    dtype = np.float32 if seed % 3 == 2 else np.float64
    with np.errstate(all="ignore"):
        want = run_random(program, "never", dtype)
        with simulated(seed, small=seed % 4 > 0):
            close(run_random(program, "always", dtype), want, dtype)


@pytest.mark.parametrize("seed", range(1000, 1006))
def test_random_programs_compiled(seed):
    program = random_program(random.Random(seed))
    close(run_random(program, "always"), run_random(program, "never"), np.float64)
