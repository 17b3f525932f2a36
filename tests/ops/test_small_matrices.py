"""Small matrices in kernels: values and gradients against the NumPy tier and NumPy on drawn stacks,
matrices that NumPy refuses, nan, and the turns of loops over a small state.

Start at `FUNCTIONS`.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.linalg import LinAlgError
from programs_seen import forget_programs
from simulated import simulated

import jitgrad
from jitgrad.runtime.plan import observed_plans

L = jitgrad.linalg


def by_tier(tier, f, *args):
    """What `f` gives in a tier, as arrays."""
    before, jitgrad.config.compile = jitgrad.config.compile, tier
    try:
        out = f(*args)
        return [np.asarray(x) for x in (out if isinstance(out, tuple) else (out,))]
    finally:
        jitgrad.config.compile = before


#: What is computed of stacks of matrices, of symmetric positive definite ones, and right sides.
FUNCTIONS = {
    "solve": lambda a, s, b: L.solve(a, b),
    "inv": lambda a, s, b: L.inv(a),
    "det": lambda a, s, b: L.det(a),
    "slogdet": lambda a, s, b: tuple(L.slogdet(a)),
    "cholesky": lambda a, s, b: L.cholesky(s),
    "lower": lambda a, s, b: L.solve_triangular(a, b, lower=True),
    "transposed": lambda a, s, b: L.solve_triangular(a, b, trans=1),
    "unit": lambda a, s, b: L.solve_triangular(a, b, unit_diagonal=True),
}


def given_matrices(lead, n, dtype, seed):
    rng = np.random.default_rng(seed)
    numbers = rng.standard_normal
    if np.dtype(dtype).kind == "c":
        numbers = lambda shape: rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    a = numbers((*lead, n, n)) + 2 * np.eye(n)
    s = a @ a.conj().swapaxes(-1, -2) + np.eye(n)
    return [x.astype(dtype) for x in (a, s, numbers((*lead, n, 2)))]


SHAPES = st.tuples(
    st.sampled_from([(), (1,), (7,), (8,), (3, 11), (0,)]), st.sampled_from([1, 2, 3, 5, 16])
)
#: What is compiled for each dtype: a kernel takes time.
COMPILED = {
    np.float64: tuple(FUNCTIONS),
    np.float32: ("solve", "cholesky"),
    np.complex128: ("inv", "slogdet", "cholesky"),
    np.complex64: (),
}
DTYPES = st.sampled_from(list(COMPILED))


def check_values(shape, dtype, turned, seed, names):
    """Functions in kernels against the NumPy tier; rows may be exchanged."""
    a, s, b = given_matrices(*shape, dtype, seed)
    if turned:
        a, b = a.swapaxes(-1, -2), b[..., ::-1]
    for name in names:
        f = FUNCTIONS[name]
        got, want = by_tier("always", f, a, s, b), by_tier("never", f, a, s, b)
        for x, y in zip(got, want, strict=True):
            assert x.dtype == y.dtype and x.shape == y.shape
            assert x.dtype in (dtype, np.zeros((), dtype).real.dtype)
            scale = max(1.0, float(np.abs(y).max(initial=0)))
            error = float(np.abs(x - y).max(initial=0))
            assert error <= scale * (1e-9 if np.finfo(dtype).bits == 64 else 2e-2), name


@settings(deadline=None, max_examples=25)
@given(SHAPES, DTYPES, st.booleans(), st.integers(0, 99))
def test_values(shape, dtype, turned, seed):
    check_values(shape, dtype, turned, seed, COMPILED[dtype])


@settings(deadline=None, max_examples=25)
@given(SHAPES, DTYPES, st.booleans(), st.integers(0, 99))
def test_values_of_simulated_kernels(shape, dtype, turned, seed):
    """Each access to memory is in bounds, and nothing is read before it is written."""
    lead, n = shape
    forget_plans()  # those of other tests are compiled
    try:
        with simulated(seed):
            check_values((lead, min(n, 5)), dtype, turned, seed, FUNCTIONS)
    finally:
        forget_plans()


def forget_plans():
    forget_programs()


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_gradients(dtype):
    a, s, b = given_matrices((9,), 4, dtype, 0)
    names = ("solve", "det", "slogdet", "cholesky", "lower")
    for name in names if dtype == np.float64 else names[1::2]:
        f = FUNCTIONS[name]

        def loss(a, s, b, f=f):
            out = f(a, s, b)
            out = out[1] if isinstance(out, tuple) else out
            weights = np.cos(np.arange(float(np.prod(out.shape)))).reshape(out.shape)
            return (out * weights + out * out).real.sum()

        g = jitgrad.grad(loss, argnums=(0, 1, 2))
        got, want = by_tier("always", g, a, s, b), by_tier("never", g, a, s, b)
        for x, y in zip(got, want, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-8, atol=1e-8, err_msg=name)


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_all_is_done_by_kernels(dtype):
    """Value and gradient of a solution: nothing is NumPy's, and a matrix is factorised once."""
    a, _, b = given_matrices((9,), 4, dtype, 0)
    b = b[..., :1]
    x = jitgrad.tensor(a, requires_grad=True)
    before, jitgrad.config.compile = jitgrad.config.compile, "always"
    try:
        with observed_plans() as plans:
            L.solve(x, b).real.sum().backward()
            x.grad.numpy()
    finally:
        jitgrad.config.compile = before
    kernels = [k for p in plans for k in p.lower().kernels]
    assert all(k.source for k in kernels)
    assert [n.op.name for k in kernels for n in k.nodes].count("lu_factors") == 1


@pytest.mark.parametrize(
    ("count", "dtype"), [(1, np.float64), (20, np.float64), (20, np.complex128)]
)
def test_what_numpy_refuses(count, dtype):
    """One matrix in the stack; the others have no fault, and the error is NumPy's."""
    a, s, b = given_matrices((count,), 3, dtype, 0)
    a[-1] = np.ones((3, 3))
    s[-1, 2, 2] = -1.0
    for name in ("solve", "inv"):
        with pytest.raises(LinAlgError, match="Singular matrix"):
            by_tier("always", FUNCTIONS[name], a, s, b)
    with pytest.raises(LinAlgError, match="positive definite"):
        by_tier("always", FUNCTIONS["cholesky"], a, s, b)
    a[-1] = np.diag([1.0, 0.0, 1.0])
    with pytest.raises(LinAlgError, match="Singular"):
        by_tier("always", FUNCTIONS["lower"], a, s, b)
    det, sign, log = (
        *by_tier("always", L.det, a),
        *by_tier("always", FUNCTIONS["slogdet"], a, s, b),
    )
    assert det[-1] == sign[-1] == 0.0 and log[-1] == -np.inf and (det[:-1] != 0).all()
    g = jitgrad.grad(lambda a: L.det(a).real.sum())
    got, want = by_tier("always", g, a), by_tier("never", g, a)
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(got[0][-1], np.diag([0.0, 1.0, 0.0]), atol=1e-12)


def test_nan_is_as_in_numpy():
    a, s, b = given_matrices((10,), 3, np.float64, 0)
    a[4, 1, 1] = s[4, 1, 1] = np.nan
    for name in ("solve", "det", "slogdet", "lower"):
        got, want = (by_tier(t, FUNCTIONS[name], a, s, b) for t in ("always", "never"))
        for x, y in zip(got, want, strict=True):
            np.testing.assert_allclose(np.delete(x, 4, 0), np.delete(y, 4, 0), rtol=1e-9)
    assert np.isnan(by_tier("always", L.solve, a, b)[0][4]).any()
    with np.errstate(all="ignore"):
        want = np.isnan(np.linalg.det(a))
    np.testing.assert_array_equal(np.isnan(by_tier("always", L.det, a)[0]), want)
    got, want = (cholesky_or_zero(t, s) for t in ("always", "never"))
    np.testing.assert_allclose(got, want, rtol=1e-12)


def cholesky_or_zero(tier, s):
    """The factors, or 0 where that is refused: LAPACKs differ in what they take nan for."""
    try:
        return by_tier(tier, L.cholesky, s)[0]
    except LinAlgError:
        return np.zeros(())


# --- in the turns of loops ------------------------------------------------------------------------


def filtered(q, ys):
    """The logarithm of the likelihood of a filter of two numbers."""
    f, h = np.array([[1.0, 0.5], [0.0, 1.0]]), np.eye(2)

    def step(carry, y):
        x, p, total = carry
        x, p = f @ x, f @ p @ f.T + q * np.eye(2)
        s, e = h @ p @ h.T + np.eye(2), y - h @ x
        total = total - (e * L.solve(s, e)).sum() / 2 - L.slogdet(s).logabsdet / 2
        low = L.cholesky(s)
        gain = L.solve_triangular(low, L.solve_triangular(low, h @ p, lower=True), 1, lower=True)
        return (x + gain.T @ e, p - gain.T @ (h @ p), total + L.det(s) / 1e3), None

    start = jitgrad.zeros(2), jitgrad.asarray(np.eye(2)), jitgrad.asarray(0.0)
    return jitgrad.scan(step, start, ys)[0][2]


def test_a_loop_over_a_small_state_is_one_kernel():
    ys = np.random.default_rng(0).standard_normal((6, 2))
    run = lambda q: jitgrad.jit(jitgrad.value_and_grad(filtered))(q, ys)
    with observed_plans() as plans:
        got = by_tier("always", run, jitgrad.asarray(0.3))
    want = by_tier("never", run, jitgrad.asarray(0.3))
    np.testing.assert_allclose(got, want, rtol=1e-9)
    kinds = [{k.kind for k in p.lower().kernels} for p in plans]
    loops = [of_plan for of_plan in kinds if "loop" in of_plan]
    assert loops and not any("call" in of_plan for of_plan in loops)
    at = lambda q: float(filtered(jitgrad.asarray(q), ys))
    assert float(got[1]) == pytest.approx((at(0.3 + 1e-6) - at(0.3 - 1e-6)) / 2e-6, rel=1e-6)


def test_a_turn_with_a_singular_matrix_raises():
    def step(x, t):
        return L.solve(t * np.eye(2), x), None

    run = jitgrad.jit(lambda ts: jitgrad.scan(step, jitgrad.asarray(np.ones(2)), ts)[0])
    np.testing.assert_allclose(by_tier("always", run, np.array([1.0, 2.0]))[0], [0.5, 0.5])
    with pytest.raises(LinAlgError, match="Singular"):
        by_tier("always", run, np.array([1.0, 0.0, 2.0]))
