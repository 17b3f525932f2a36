"""Vector math: within 2 ulp of mpmath, right at special values, whole where it should be, in Python
as in kernels."""

import importlib
import itertools
import math
import sys

import numpy as np
import pytest
import simulated
from folders import ROOT

import jitgrad
from jitgrad.runtime.numba import vmath
from jitgrad.runtime.numba.vmath import core
from jitgrad.runtime.numba.vmath.core import NARROW, WIDE

pytest.importorskip("mpmath")

sys.path.insert(0, str(ROOT))
points = pytest.importorskip("benchmarks.vmath_points")

DTYPES = points.DTYPES
#: Functions that the catalogue has by these names; those of the gamma function have tests of their
#: own.
ONE = [name for name in vmath.ONE if hasattr(jitgrad, name)]
TWO = [name for name in vmath.TWO if hasattr(jitgrad, name)]
#: What has a NumPy function of another name, or none.
NUMPY = {
    "sigmoid": lambda x: np.where(x < 0, np.exp(-np.abs(x)), 1) / (1 + np.exp(-np.abs(x))),
    "erf": lambda x: np.frompyfunc(math.erf, 1, 1)(x).astype(x.dtype),
    "erfc": lambda x: np.frompyfunc(math.erfc, 1, 1)(x).astype(x.dtype),
}
FORMS = [
    (lambda y: y.sum(), (4000,)),
    (lambda y: y.sum(0), (40, 100)),
    (lambda y: y.sum(1), (40, 100)),
]
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "always")


def ours(name, *xs):
    return getattr(jitgrad, name)(*map(jitgrad.tensor, xs)).numpy()


def numpy(name, *xs):
    with np.errstate(all="ignore"):
        return (NUMPY.get(name) or getattr(np, name))(*xs)


def special(dtype):
    t = points.Limits(dtype)
    x = [
        0.0,
        t.least,
        t.normal,
        0.5,
        1 - t.epsilon / 2,
        1.0,
        1 + t.epsilon,
        1.5,
        2.0,
        3.0,
        1e3,
        1e9,
        1e16,
        2**60,
    ]
    x += [t.max, np.inf]
    return np.array(x + [-v for v in x] + [np.nan]).astype(dtype)


def same(got, want, dtype):
    """Zeros, infinities, nans and signs as they are, other numbers to 4 ulp: NumPy's own may be 2
    ulp off."""
    assert got.dtype == want.dtype == dtype
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    real = ~np.isnan(want)
    got, want = got[real], want[real]
    np.testing.assert_array_equal(np.signbit(got), np.signbit(want))
    np.testing.assert_array_equal(
        got[~np.isfinite(want) | (want == 0)], want[~np.isfinite(want) | (want == 0)]
    )
    np.testing.assert_array_max_ulp(got, want, 4)


@every_dtype
@pytest.mark.parametrize("name", ONE + TWO)
def test_within_two_ulp(name, dtype):
    operands = points.points(name, dtype, 300, np.random.default_rng(len(name)))
    out = ours(name, *operands)
    off = points.errors(name, out, operands)
    k = int(np.argmax(off))
    assert off[k] <= 2, f"{off[k]:.2f} ulp at {[float(x[k]) for x in operands]}: {out[k]!r}"


@every_dtype
@pytest.mark.parametrize("name", ONE)
def test_special_values(name, dtype):
    x = special(dtype)
    same(ours(name, x), numpy(name, x), dtype)


@every_dtype
@pytest.mark.parametrize("name", TWO)
def test_special_pairs(name, dtype):
    x, y = (v.ravel() for v in np.meshgrid(special(dtype), special(dtype)))
    if name == "logaddexp2":  # from -1 and about -1 comes about 0, of which nobody has many digits
        near = (np.abs(x + 1) < 0.1) & (np.abs(y + 1) < 0.1)
        x, y = x[~near], y[~near]
    same(ours(name, x, y), numpy(name, x, y), dtype)


@every_dtype
def test_whole_results_are_exact(dtype):
    info = np.finfo(dtype)
    base, exponent = (
        v.ravel().astype(dtype) for v in np.meshgrid(np.arange(1.0, 30), np.arange(0.0, 12))
    )
    want = [int(b) ** int(e) for b, e in zip(base, exponent, strict=True)]
    fits = np.array([w < 2 ** (info.nmant + 1) for w in want])
    got = ours("power", base, exponent)
    np.testing.assert_array_equal(got[fits], np.array(want, dtype=object)[fits].astype(dtype))
    whole = np.arange(1, 200).astype(dtype)
    np.testing.assert_array_equal(ours("cbrt", whole**3), whole)
    np.testing.assert_array_equal(ours("hypot", 3 * whole, -4 * whole), 5 * whole)
    tens = np.arange(0, 23 if dtype == "float64" else 11)
    np.testing.assert_array_equal(
        ours("log10", np.array([float(10**k) for k in tens.tolist()]).astype(dtype)), tens
    )
    twos = np.arange(info.minexp - info.nmant, info.maxexp)
    powers = np.ldexp(np.ones(len(twos), dtype), twos)
    np.testing.assert_array_equal(ours("log2", powers), twos)
    np.testing.assert_array_equal(ours("exp2", twos.astype(dtype)), powers)


@every_dtype
@pytest.mark.parametrize("name", ONE + TWO)
def test_python_and_kernels_give_the_same_bits(name, dtype):
    values = np.array([0.3, 1.7, 5.5, 0.0, -0.25, 1e-30, 30.0, 1e5, -3.0, 1.0, np.nan]).astype(
        dtype
    )
    operands = (
        [values]
        if name in ONE
        else [np.array(v) for v in zip(*itertools.product(values, values), strict=True)]
    )
    with np.errstate(all="ignore"):
        want = np.array([getattr(vmath, name)(*args) for args in zip(*operands, strict=True)])
    assert want.dtype == dtype
    np.testing.assert_array_equal(ours(name, *operands), want)


@every_dtype
def test_scalars_are_as_elements(dtype):
    """All functions share a kernel of numbers and one of arrays."""

    @jitgrad.jit
    def every(*xs):
        return [getattr(jitgrad, name)(*xs[: 1 if name in ONE else 2]) for name in ONE + TWO]

    pair = [np.array(0.75, dtype), np.array(1.5, dtype)]
    scalars, elements = (
        every(*map(jitgrad.tensor, xs)) for xs in (pair, [x.reshape(1) for x in pair])
    )
    for name, scalar, element in zip(ONE + TWO, scalars, elements, strict=True):
        scalar, element = scalar.numpy(), element.numpy()
        assert scalar.dtype == dtype and scalar.shape == (), name
        np.testing.assert_array_equal(scalar, element[0], err_msg=name)


@every_dtype
@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
@pytest.mark.parametrize(("reduced", "shape"), FORMS)
def test_far_operands_are_reduced_in_full(name, reduced, shape, dtype):
    x = np.random.default_rng(2).uniform(-1.4, 1.4, shape).astype(dtype)
    x.flat[[5, 77]] = [1e30, -(2.0**41)]
    t = jitgrad.tensor(x, requires_grad=True)
    out = reduced(getattr(jitgrad, name)(t))
    out.sum().backward()
    tight = 1e-12 if dtype == "float64" else 1e-5
    wide = x.astype(np.float64)
    np.testing.assert_allclose(
        out.detach().numpy(), reduced(getattr(np, name)(wide)), rtol=tight, atol=1e3 * tight
    )
    slope = {"sin": np.cos, "cos": lambda v: -np.sin(v), "tan": lambda v: 1 / np.cos(v) ** 2}[name](
        wide
    )
    np.testing.assert_allclose(t.grad.numpy(), slope, rtol=tight, atol=tight)


@every_dtype
@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_far_scalars(name, dtype):
    limit = points.Limits(dtype).far
    for value in (1e22, -(2.0**50), limit, math.nextafter(limit, 0), -limit):
        x = np.array(value, dtype)
        want = float(getattr(np, name)(x.astype(np.float64)))
        assert abs(float(ours(name, x)) - want) <= 2 * np.spacing(np.array(abs(want), dtype))


def test_infinite_angles_are_not_far():
    x = np.array([np.inf, -np.inf, np.nan, 0.5])
    assert np.isnan(ours("sin", x)[:3]).all() and not vmath.is_far(np.float64(np.inf))
    assert (
        vmath.is_far(np.float64(2.0**40))
        and vmath.is_far(np.float32(2.0**20))
        and not vmath.is_far(np.float64(2.0**20))
    )


@pytest.mark.parametrize("fma", [core.fma, simulated.fma], ids=["fractions", "libm"])
def test_fused_multiply_add_rounds_once(fma):
    big = np.float32(1 + 2.0**-12)
    assert fma(big, big, np.float32(-1)) == np.float32(2.0**-11 + 2.0**-24)
    # between two float32, a float64 sum on the way would end exactly half way, and be rounded to
    # the wrong side
    a, b, c = np.float32(1 + 2.0**-23), np.float32(1 + 2.0**-23), np.float32(2.0**-24 - 2.0**-47)
    exact = np.longdouble(a) * np.longdouble(b) + np.longdouble(c)
    near = np.array([np.float32(exact), np.nextafter(np.float32(exact), np.float32(9))])
    assert fma(a, b, c) == near[np.argmin(np.abs(near.astype(np.longdouble) - exact))]
    with np.errstate(all="ignore"):
        assert fma(np.float32(3e38), np.float32(3e38), np.float32(0)) == np.inf
        assert math.isnan(fma(np.float64(np.inf), np.float64(0), np.float64(1)))


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize(
    ("name", "module", "table"),
    [("exp", "exp", "_EXP"), ("log", "logarithm", "_LOG"), ("sin", "sincos", "_SIN"),
     ("arcsin", "sincos", "_ARCSIN"), ("sinpi", "factorial", "_SINE")],
)  # fmt: skip
def test_the_polynomials_are_the_fitted_ones(name, module, table, narrow, monkeypatch):
    """What docs/minimax.py says of the tables is how they were made."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    fitted = importlib.import_module("minimax").table(name, narrow)
    ours = getattr(importlib.import_module(f"jitgrad.runtime.numba.vmath.{module}"), table)[narrow]
    np.testing.assert_allclose(ours, fitted, rtol=1e-3)
    np.testing.assert_allclose(ours[-1], fitted[-1], rtol=1e-7 if narrow else 1e-15)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_constants_in_parts(width):
    """The parts of a constant together have the digits of all of them."""
    import mpmath

    with mpmath.workprec(400):
        for parts, true in (
            (width.ln2, mpmath.log(2)),
            (width.ln2_head, mpmath.log(2)),
            (width.log2e, 1 / mpmath.log(2)),
            (width.log10e, 1 / mpmath.log(10)),
            (width.log10_2, mpmath.log10(2)),
            (width.half_pi, mpmath.pi / 2),
        ):
            assert all(width.number(p) == p for p in parts)
            assert abs(sum(map(mpmath.mpf, parts)) - true) <= abs(parts[-1]) * width.epsilon
        assert all(
            width.number(k) * width.number(width.ln2_head[0]) == k * width.ln2_head[0]
            for k in (-149, 127)
        )
