"""Programs over pairs: rows and columns of one class of axes (`compile.classes`), and stages that
share loops (`compile.joint`).

The oracles are NumPy formulas with gradients by hand. Random programs of squares are in
`test_row_programs`. Start at `PROGRAMS`.
"""

import contextlib

import numpy as np
import pytest
from programs_seen import forget_programs
from simulated import simulated

import jitgrad
import jitgrad.numpy as jn
from jitgrad.runtime.plan import observed_plans


def between(lib, p):
    return p[:, None, :] - p[None, :, :]


def distances(lib, p):
    return lib.sqrt((between(lib, p) ** 2).sum(2) + 1e-3).sum()


def kernel_density(lib, p):
    return lib.log(lib.exp(-0.5 * (between(lib, p) ** 2).sum(2)).sum(1)).sum()


def by_columns(lib, p):
    """The sums of columns, at the loops over rows: nobody may take them for those of rows."""
    k = lib.exp(-0.5 * (between(lib, p) ** 2).sum(2)) * (1 + lib.arange(len(p), dtype=p.dtype))
    return (k / k.sum(0)[:, None] + lib.log(k.sum(0))).sum()


def potential(lib, p):
    i = 1 / ((between(lib, p) ** 2).sum(2) + 1.0) ** 3
    return (i * i - i).sum()


def _force(p, w):
    """The gradient of a sum over pairs: `w` is that by half the squared distances."""
    return ((w + w.T)[:, :, None] * between(np, p)).sum(1)


def _distances_gradient(p):
    return _force(p, 1 / np.sqrt((between(np, p) ** 2).sum(2) + 1e-3))


def _density_gradient(p):
    k = np.exp(-0.5 * (between(np, p) ** 2).sum(2))
    return _force(p, -k / k.sum(1)[:, None])


def _columns_gradient(p):
    k = np.exp(-0.5 * (between(np, p) ** 2).sum(2)) * (1 + np.arange(len(p)))
    s = k.sum(0)
    by_k = 1 / s[:, None] + (-(k.sum(1) / s**2) + len(p) / s)[None, :]
    return _force(p, -k * by_k)


def _potential_gradient(p):
    r = (between(np, p) ** 2).sum(2) + 1.0
    return _force(p, 2 * (3 / r**4 - 6 / r**7))


PROGRAMS = {
    "distances": (distances, _distances_gradient),
    "density": (kernel_density, _density_gradient),
    "columns": (by_columns, _columns_gradient),
    "potential": (potential, _potential_gradient),
}
SHAPES = [(0, 3), (1, 3), (2, 3), (3, 3), (3, 2), (50, 3), (50, 1), (50, 2), (20, 9), (3, 0)]


@contextlib.contextmanager
def compiled():
    jitgrad.synchronize()
    before, jitgrad.config.compile = jitgrad.config.compile, "always"
    forget_programs()
    try:
        yield
    finally:
        jitgrad.config.compile = before


def value_and_gradient(f, p):
    leaf = jitgrad.tensor(p, requires_grad=True)
    out = f(jn, leaf)
    out.backward()
    return out.detach().numpy(), leaf.grad.numpy()


def points(shape, dtype=np.float64):
    return np.random.default_rng(3).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PROGRAMS)
def test_against_numpy(name, dtype):
    f, gradient = PROGRAMS[name]
    tol = 1e-11 if dtype == np.float64 else 2e-4
    for shape in SHAPES:
        p = points(shape, dtype)
        exact = p.astype(np.float64)
        want = f(np, exact), gradient(exact)
        for small in (False, True):
            with compiled(), simulated(small=small):
                got = value_and_gradient(f, p)
            for g, w in zip(got, want, strict=True):
                assert g.dtype == dtype
                np.testing.assert_allclose(g, w, rtol=tol, atol=tol * np.abs(w).max(initial=1))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PROGRAMS)
def test_threads_and_runs_give_the_same_bits(name, dtype):
    f, gradient = PROGRAMS[name]
    p, found = points((250, 3), dtype), []
    before = jitgrad.get_num_threads()
    try:
        for threads in (1, 2, 2):
            jitgrad.set_num_threads(threads)
            with compiled():
                found.append(value_and_gradient(f, p))
    finally:
        jitgrad.set_num_threads(before)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            assert a.tobytes() == b.tobytes()
    want = gradient(p.astype(np.float64))
    np.testing.assert_allclose(
        found[0][1],
        want,
        rtol=0,
        atol=(1e-11 if dtype == np.float64 else 2e-4) * np.abs(want).max(),
    )


@pytest.mark.parametrize("name", ["distances", "density", "potential"])
def test_pairs_are_one_kernel_and_one_for_the_gradient_of_each_point(name):
    """The second adds what a point has from its row and from its column, which is there when all
    rows are done."""
    forget_programs()
    with observed_plans() as plans:
        value_and_gradient(PROGRAMS[name][0], points((300, 3)))
    assert [k.kind for plan in plans for k in plan.kernels if not k.kind.startswith("scalar")] == [
        "program",
        "flat",
    ]


def test_values_that_stages_share_are_in_no_memory():
    forget_programs()
    with observed_plans() as plans:
        value_and_gradient(distances, points((300, 3)))
    (source,) = [k.source for plan in plans for k in plan.kernels if k.kind == "program"]
    assert "local_" not in source and source.count("for i0 in range") == 1


@pytest.mark.parametrize("n", [0, 1, 2, 3, 50])
def test_a_square_and_its_transpose(n, tier):
    x = points((n, n))
    leaf = jitgrad.tensor(x, requires_grad=True)
    s = leaf + leaf.T
    out = jn.exp(-s * s)
    (out * out.sum(0)[:, None]).sum().backward()
    s = x + x.T
    e = np.exp(-s * s)
    g = (e.sum(0)[:, None] + e.sum(1)[None, :]) * -2 * s * e
    np.testing.assert_allclose(leaf.grad.numpy(), g + g.T, rtol=1e-11, atol=1e-12)
