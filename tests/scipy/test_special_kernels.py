"""Special functions as vector math: values in kernels are those of mpmath within a few units in the
last place, and SciPy's at the ends of domains."""

import numpy as np
import pytest

import jitgrad
from jitgrad import numpy as jnp
from jitgrad.runtime.numba import vmath

mpmath = pytest.importorskip("mpmath")
theirs = pytest.importorskip("scipy.special")
special = jitgrad.scipy.special

BESSEL = {
    "i0": lambda x: mpmath.besseli(0, x),
    "i1": lambda x: mpmath.besseli(1, x),
    "i0e": lambda x: mpmath.besseli(0, x) * mpmath.exp(-abs(x)),
    "i1e": lambda x: mpmath.besseli(1, x) * mpmath.exp(-abs(x)),
    "j0": lambda x: mpmath.besselj(0, x),
    "j1": lambda x: mpmath.besselj(1, x),
}
INVERSES = {
    "erfinv": mpmath.erfinv,
    "erfcinv": lambda y: mpmath.erfinv(1 - y),
    "ndtri": lambda y: -mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * y),
}

#: name -> (function of mpmath, intervals of operands, what the error is at least a part of)
OTHERS = {
    "gamma": (mpmath.gamma, [(-9, 9), (5, 30)]),
    "rgamma": (mpmath.rgamma, [(-9, 9), (5, 30)]),
    "sinpi": (mpmath.sinpi, [(-9, 9)]),
    "cospi": (mpmath.cospi, [(-9, 9)]),
    "erfcx": (lambda x: mpmath.exp(x * x) * mpmath.erfc(x), [(-4, 9), (9, 1e3)]),
    "dawsn": (
        lambda x: mpmath.exp(-x * x) * mpmath.erfi(x) * mpmath.sqrt(mpmath.pi) / 2,
        [(-6, 6)],
    ),
    "erfi": (mpmath.erfi, [(-6, 6)]),
    "bessel_y0": (lambda x: mpmath.bessely(0, x), [(0, 4), (4, 30)], 0.5),
    "bessel_y1": (lambda x: mpmath.bessely(1, x), [(0, 4), (4, 30)], 0.5),
    "bessel_k0": (lambda x: mpmath.besselk(0, x), [(0, 1), (1, 30)]),
    "bessel_k1": (lambda x: mpmath.besselk(1, x), [(0, 1), (1, 30)]),
    "bessel_k0e": (lambda x: mpmath.besselk(0, x) * mpmath.exp(x), [(0, 1), (1, 30)]),
    "bessel_k1e": (lambda x: mpmath.besselk(1, x) * mpmath.exp(x), [(0, 1), (1, 30)]),
    "exp1": (mpmath.e1, [(0, 1), (1, 30)]),
    "expi": (mpmath.ei, [(0.3725, 0.3726), (-9, 9), (9, 80)]),
    "sine_integral": (mpmath.si, [(-6, 6), (6, 30)]),
    "cosine_integral": (mpmath.ci, [(0.6165, 0.6166), (0, 6), (6, 30)], 0.2),
    "fresnel_sine": (mpmath.fresnels, [(-2, 2), (2, 9)]),
    "fresnel_cosine": (mpmath.fresnelc, [(-2, 2), (2, 9)]),
    "spence": (lambda x: mpmath.polylog(2, 1 - x), [(0, 1), (1, 9)]),
    "ellipk": (mpmath.ellipk, [(-9, 1)]),
    "ellipkm1": (lambda p: mpmath.ellipk(1 - p), [(0, 1), (1, 9)]),
    "ellipe": (mpmath.ellipe, [(-9, 1)]),
    "ellipd": (lambda m: (mpmath.ellipk(m) - mpmath.ellipe(m)) / m, [(-9, 1)]),
    "tetragamma": (lambda x: mpmath.polygamma(2, x), [(0, 3), (3, 30)]),
    "pentagamma": (lambda x: mpmath.polygamma(3, x), [(0, 3), (3, 30)]),
    "wrightomega": (lambda x: mpmath.lambertw(mpmath.exp(x)).real, [(-9, 4), (4, 99)]),
    "exprel": (lambda x: mpmath.expm1(x) / x, [(-9, 9)]),
    "exprel_slope": (lambda x: (mpmath.exp(x) * (x - 1) + 1) / x**2, [(-9, 9)]),
    "beta": (mpmath.beta, [(0, 5), (5, 12)]),
    "betaln": (lambda a, b: mpmath.log(mpmath.beta(a, b)), [(0, 5), (5, 99)], 1.0),
}
#: Functions of vector math -> those of SciPy, where their names differ.
THEIRS = {
    "sine_integral": lambda x: theirs.sici(x)[0],
    "cosine_integral": lambda x: theirs.sici(x)[1],
    "fresnel_sine": lambda x: theirs.fresnel(x)[0],
    "fresnel_cosine": lambda x: theirs.fresnel(x)[1],
}


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "always")


#: The others differ from these in their tables.
COMPILED = ("i1", "i0e", "j0")


@jitgrad.jit
def bessel(x):
    return jnp.stack([getattr(special, name)(x) for name in COMPILED])


@jitgrad.jit
def inverses(x, y):
    return special.erfinv(x), special.erfcinv(y), special.ndtri(y)


def units(got, oracle, x, least=0.0, more=()):
    """The largest error in units in the last place of the value, or of `least` if that is more."""
    with mpmath.workdps(40):
        want = [oracle(*[mpmath.mpf(float(v)) for v in vs]) for vs in np.column_stack((x, *more))]
        off = np.array(
            [float(abs(mpmath.mpf(float(g)) - w)) for g, w in zip(got, want, strict=True)]
        )
    size = np.maximum(np.abs(np.array(want, float)), least).astype(got.dtype)
    return np.max(off / np.spacing(size))


def in_python(name, *xs):
    """The function of vector math on NumPy's scalars, which kernels have bit by bit."""
    function = getattr(vmath, f"bessel_{name}" if name in BESSEL else name)
    with np.errstate(all="ignore"):
        return np.array([function(*vs) for vs in zip(*xs, strict=True)], xs[0].dtype)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_values_are_those_of_mpmath(dtype):
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.uniform(-9, 9, 16), 10 ** rng.uniform(-9, 1.9, 8)]).astype(dtype)
    amplitude = np.where(np.abs(x) > 8, np.sqrt(2 / np.pi / np.abs(x)), 0)
    for name, oracle in BESSEL.items():
        got = in_python(name, x)
        assert units(got, oracle, x, amplitude if name[0] == "j" else 0.0) < 6, name
    x = np.concatenate([rng.uniform(-1, 1, 12), 1 - 10 ** rng.uniform(-6, -1, 8)]).astype(dtype)
    y = np.where(x > 0.9, np.array(1e-18, dtype) * x, 1 - x)
    for name, places in zip(INVERSES, (x, y, y * np.array(0.5, dtype)), strict=True):
        assert units(in_python(name, places), INVERSES[name], places) < 5, name


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_values_of_other_functions_are_those_of_mpmath(dtype):
    rng = np.random.default_rng(4)
    for name, (oracle, intervals, *least) in OTHERS.items():
        shape = (2 if name in vmath.TWO else 1, 8)
        xs = np.hstack([rng.uniform(*interval, shape) for interval in intervals]).astype(dtype)
        error = units(in_python(name, *xs), oracle, xs[0], *(least or (0.0,)), xs[1:])
        assert error < 5, name


def test_kernels_have_the_same_bits():
    x = np.array([0.03, 0.4, 0.9, 1.7, 2.9, 5.1, 7.7, 13.0])
    small = x / 14
    for group in (("gamma", "exp1", "bessel_y1", "bessel_k1"), ("erfcx", "betaln"), ("ellipe",)):
        calls = [(name, small if name == "ellipe" else x) for name in group]
        run = jitgrad.jit(lambda x, names=group: [called(name, x) for name in names])
        for (name, place), got in zip(calls, run(calls[0][1]), strict=True):
            xs = (place, place + 0.5) if name in vmath.TWO else (place,)
            np.testing.assert_array_equal(got, in_python(name, *xs), err_msg=name)


def called(name, x):
    function = getattr(special, name.removeprefix("bessel_"))
    return function(x, x + 0.5) if name in vmath.TWO else function(x)


EDGES = np.array([0.0, -0.0, 1.0, -1.0, 2.5, -2.5, np.inf, -np.inf, np.nan, 1e-310, 6.5, 700.0])


def test_edges_of_other_functions_are_those_of_scipy():
    """Operands that loops leave to SciPy are for the functions of any numbers."""
    for name in OTHERS:
        if name in ("sinpi", "cospi", "ellipd", "exprel_slope", "pentagamma", "tetragamma"):
            continue
        known = THEIRS.get(name) or getattr(theirs, name.removeprefix("bessel_"))
        places = (EDGES,)
        if name in vmath.TWO:
            places = tuple(v.ravel() for v in np.meshgrid(EDGES[:6], EDGES[:6]))
        ours = f"{name}_anywhere" if hasattr(vmath, f"{name}_anywhere") else name
        got = in_python(ours, *places)
        with np.errstate(all="ignore"):
            want = known(*places)
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-300, err_msg=name)


def test_special_values_are_those_of_scipy():
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 720.0, -720.0, 1e-310, 2.0**41, 8.0])
    for name, got in zip(COMPILED, bessel(x), strict=True):
        np.testing.assert_allclose(got, getattr(theirs, name)(x), rtol=1e-9, err_msg=name)
    x = np.array([0.0, -0.0, 1.0, -1.0, 1.5, -1.5, np.nan])
    y = np.array([0.0, 2.0, 2.5, -1.0, np.nan, 1e-310, 1e-300])
    for name, got, places in zip(INVERSES, inverses(x, y), (x, y, y), strict=True):
        np.testing.assert_allclose(got, getattr(theirs, name)(places), rtol=1e-14, err_msg=name)


def test_numbers_are_computed_by_the_same_functions():
    """Also those that are too large for the reduction of angles in loops."""
    x, size = jitgrad.tensor(3e12), np.sqrt(2 / np.pi / 3e12)
    with mpmath.workdps(40):
        wanted = [float(f) for f in (mpmath.besselj(0, 3e12), mpmath.besselj(1, -3e12))]
    np.testing.assert_allclose(special.j0(x), wanted[0], rtol=0, atol=1e-14 * size)
    np.testing.assert_allclose(special.j1(-x), wanted[1], rtol=0, atol=1e-14 * size)
    np.testing.assert_allclose(special.j1(jitgrad.tensor(-2.5)), theirs.j1(-2.5), rtol=1e-14)


@pytest.mark.parametrize("name", ["j1", "i1", "i1e"])
def test_slopes_have_their_digits_near_0(name, monkeypatch):
    """They are a quotient by x beyond, whose derivatives would lose them."""
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    x = np.array([1e-9, 0.1, 0.2499, 0.2501, 1.0, 3.0])
    slope = jitgrad.grad(lambda x: getattr(special, name)(x).sum())
    curve = jitgrad.grad(lambda x: slope(x).sum())
    third = jitgrad.grad(lambda x: curve(x).sum())
    with mpmath.workdps(40):
        for k, f in enumerate((slope, curve, third), 1):
            want = [float(mpmath.diff(BESSEL[name], mpmath.mpf(v), k)) for v in x]
            np.testing.assert_allclose(f(x), want, rtol=1e-11, atol=1e-13, err_msg=str(k))
    if name != "i1e":
        np.testing.assert_allclose(slope(np.zeros(1)), [0.5])


#: name -> orders that are formulas of those of order 0 and 1, and the function of its derivative.
OF_ORDERS = {
    "jv": ((1, 2, -3, 6), "jvp"),
    "yv": ((1, 2, -3, 6), "yvp"),
    "yn": ((2, 3), "yvp"),
    "iv": ((2, -3, 4), "ivp"),
    "kv": ((1, -2, 6, 0.5, 1.5, -2.5, 6.5), "kvp"),
    "kn": ((2, 3), "kvp"),
}


def test_orders_that_are_numbers_are_formulas(monkeypatch):
    """Beside SciPy at all orders, and not its functions of any order."""
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    x = np.array([0.3, 1.7, 3.9, 5.9, 6.1, 9.0, 14.0])
    edges = np.array([0.0, -0.0, 1e-150, -1.5, 800.0, np.nan])
    for name, (orders, slope) in OF_ORDERS.items():
        f = getattr(special, name)
        for v in orders:
            known = getattr(theirs, name)
            known = (lambda v, x, known=known: known(abs(v), x)) if name == "kn" else known
            case = f"{name} {v}"
            np.testing.assert_allclose(
                f(v, jitgrad.tensor(x)), known(v, x), 1e-12, 1e-14, err_msg=case
            )
            got = jitgrad.grad(lambda x, f=f, v=v: f(v, x).sum())(x)
            want = getattr(theirs, slope)(v, x)
            np.testing.assert_allclose(got, want, 1e-11, 1e-13, err_msg=case)
            with np.errstate(all="ignore"):
                got, want = f(v, jitgrad.tensor(edges)), known(v, edges)
            np.testing.assert_allclose(got, want, 1e-11, 1e-300, err_msg=case)
    for name in ("ive", "kve"):
        got = getattr(special, name)(2, jitgrad.tensor(np.append(x, 800.0)))
        np.testing.assert_allclose(got, getattr(theirs, name)(2, np.append(x, 800.0)), 1e-12)
    assert special.kv(1.5, jitgrad.tensor(x.astype("f4"))).dtype == np.float32


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_values_at_the_ends_of_the_range(dtype):
    info = np.finfo(dtype)
    small, large = 2 * info.tiny, info.max / 2
    tiny = np.array([-(info.tiny**0.75), -small, small, -(2.0**-61)], dtype)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(in_python("gamma", tiny), 1 / tiny, rtol=2 * info.eps)
    np.testing.assert_allclose(in_python("rgamma", tiny), tiny, rtol=2 * info.eps)
    ends = np.array([np.inf, -np.inf], dtype)
    np.testing.assert_array_equal(in_python("i0", ends), [np.inf, np.inf])
    np.testing.assert_array_equal(in_python("i1", ends), ends)
    x = np.array([2.0**59, 2.0**61, large, info.max, np.inf], dtype)
    np.testing.assert_allclose(in_python("wrightomega", x), x, rtol=1e-6)
    ends = np.array([info.smallest_subnormal, 2 * info.smallest_subnormal], dtype)
    for name in ("bessel_k0", "bessel_k0e"):
        near = in_python(name, ends)
        np.testing.assert_allclose(near, np.log(2) - np.log(ends) - np.euler_gamma, 2 * info.eps)
        assert np.isnan(in_python(name, -ends)).all()


@pytest.mark.parametrize("mode", ["never", "always"])
def test_narrow_normal_distribution(mode, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", mode)
    x = np.array([-11.0, -5.0, 0.3], "f4")
    got = special.ndtr(jitgrad.tensor(x))
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, theirs.ndtr(x.astype("f8")), rtol=3e-7)
