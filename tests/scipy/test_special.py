"""The special functions: values beside SciPy's at drawn operands and at edges, derivatives beside
differences to the second order, forward against reverse, and how SciPy's own functions take
tensors."""

import functools
import math
import subprocess
import sys

import mpmath
import numpy as np
import pytest
from registry_cases import check_second_order, graph, run

import jitgrad
from jitgrad import ArgumentError, DTypeError, GradientError, MissingError
from jitgrad.autodiff import pull_back, push_forward
from jitgrad.ir import leaf

scipy_special = pytest.importorskip("scipy.special")

from jitgrad.ops.special_functions import SPECIAL  # noqa: E402
from jitgrad.ops.special_functions.of_complex import COMPLEX  # noqa: E402
from jitgrad.ops.special_functions.table import REFUSED  # noqa: E402
from jitgrad.scipy import special  # noqa: E402

FLOAT = np.dtype(float)
EDGES = np.array([-math.inf, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 30.0, math.inf, math.nan])


def fixed(out):
    """The numbers of the operands that no gradient may go to."""
    return [k for k, source in enumerate(out.src) if source.op is REFUSED]


def own(xs, out):
    """The operands that gradients may go to, of a node: all floats that are not refused."""
    return [k for k, x in enumerate(xs) if x.dtype == FLOAT and k not in fixed(out)]


def slope(nodes, out, which, xs, g):
    """The cotangents of the operands `which` for the cotangent `g`."""
    cotangent = leaf(len(xs), out.shape, FLOAT)
    found = pull_back({out: cotangent}, [nodes[k] for k in which])
    return [np.zeros(out.size) if d is None else run([d], xs, [g])[0].reshape(-1) for d in found]


def test_gradients_are_those_of_differences_in_both_modes():
    rng = np.random.default_rng(3)
    for name, entry in SPECIAL.items():
        xs, nodes, out = graph(entry, {})
        which = own(xs, out)
        g = rng.standard_normal(out.shape)
        got = slope(nodes, out, which, xs, g)
        directions = [rng.standard_normal(xs[k].shape) for k in which]
        tangents = {nodes[k]: leaf(len(xs) + i, xs[k].shape, FLOAT) for i, k in enumerate(which)}
        (tangent,) = push_forward([out], tangents)
        along = 0.0 if tangent is None else run([tangent], xs, directions)[0].reshape(-1)
        total = 0.0
        for k, found, d in zip(which, got, directions, strict=True):
            total = total + found * d.reshape(-1)
            above, below = ([*xs], [*xs])
            above[k], below[k] = xs[k] + 1e-6, xs[k] - 1e-6
            change = run([out], above)[0] - run([out], below)[0]
            want = change.reshape(-1) / 2e-6 * g.reshape(-1)
            np.testing.assert_allclose(found, want, rtol=2e-6, atol=2e-6, err_msg=name)
        np.testing.assert_allclose(total, along * g.reshape(-1), rtol=1e-9, atol=1e-9, err_msg=name)


def test_second_derivatives_are_those_of_differences():
    rng = np.random.default_rng(5)
    for name, entry in SPECIAL.items():
        xs, nodes, out = graph(entry, {})
        which = own(xs, out)
        if len(which) == len(xs):
            check_second_order(entry, {}, xs)
            continue
        for k in which:
            g = leaf(len(xs), out.shape, FLOAT)
            (first,) = pull_back({out: g}, [nodes[k]])
            (second,) = (None,) if first is None else pull_back({first: g}, [nodes[k]])
            if second is None:
                continue
            gv = rng.standard_normal(out.shape)
            above, below = ([*xs], [*xs])
            above[k], below[k] = xs[k] + 1e-6, xs[k] - 1e-6
            change = run([first], above, [gv])[0] - run([first], below, [gv])[0]
            np.testing.assert_allclose(
                run([second], xs, [gv])[0].reshape(-1),
                (change.reshape(-1) / 2e-6) * gv.reshape(-1),
                rtol=5e-6,
                atol=5e-6,
                err_msg=name,
            )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_are_scipys_at_edges(dtype):
    digits = 1e-12 if dtype is np.float64 else 2e-6
    for name in special.__all__:
        theirs = getattr(scipy_special, name)
        if not isinstance(theirs, np.ufunc) or theirs.nout > 1:
            continue
        if name in ("bdtr", "bdtrc", "nbdtr", "nbdtrc", "kn", "yn", "expn"):
            grids = [np.array([0.0, 1.0, 2.0]), np.array([3, 4]), np.array([0.0, 0.3, 1.0])]
            xs = np.meshgrid(*grids[-theirs.nin :])
        elif name.startswith("eval_"):
            places = [np.array([0.0, 0.5, 1.0])] * (theirs.nin - 1)
            xs = np.meshgrid(np.array([0, 1, 3]), *places)
        else:
            xs = np.meshgrid(*[EDGES[:: theirs.nin]] * theirs.nin)
        xs = [x.astype(dtype) if x.dtype.kind == "f" else x for x in xs]
        with np.errstate(all="ignore"):
            want = theirs(*xs)
        got = getattr(special, name)(*xs)
        assert got.dtype == want.dtype, name
        np.testing.assert_allclose(got, want, rtol=digits, atol=1e-300, err_msg=name)


ORDERS = {  # degrees that are not whole, or negative; SciPy's functions of whole orders cut them
    **dict.fromkeys(("eval_chebyt", "eval_legendre"), (0.5, 1.5, -0.5, -1, -2, -3)),
    "eval_chebyu": (0.5, 1.5, -0.5, -2, -3, -4),
    "eval_laguerre": (0.5, 1.5, -0.5),
    "eval_gegenbauer": (0.5, 1.5),
    "eval_genlaguerre": (0.5, 1.5),
    "eval_jacobi": (0.5, 1.5),
    **dict.fromkeys(("kn", "yn", "spherical_jn", "spherical_kn"), (0.5, 2.7)),
    **dict.fromkeys(("bdtr", "bdtrc", "nbdtr", "nbdtrc"), (4.7,)),
}


@pytest.mark.filterwarnings("ignore:floating point number truncated", "ignore:.*non-integer")
@pytest.mark.parametrize("name", ORDERS)
def test_slopes_of_any_degree(name):
    x = np.array([0.3, 0.7])
    theirs, ours = getattr(scipy_special, name), getattr(special, name)
    before = (1.0,) if "bd" in name else ()
    after = {"eval_jacobi": (0.7, 1.3), "eval_gegenbauer": (0.7,), "eval_genlaguerre": (0.7,)}
    for n in ORDERS[name]:
        given = (*before, n, *after.get(name, ()))
        want = (theirs(*given, x + 1e-6) - theirs(*given, x - 1e-6)) / 2e-6
        got = jitgrad.grad(lambda x, given=given: ours(*given, x).sum())(x)
        np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-8, err_msg=f"{name} {n}")


def test_shapes_broadcast_and_may_be_empty_or_none():
    x = np.linspace(0.5, 3, 6).reshape(2, 3)
    for layout in (x, x.T, x[::-1, ::2], x[:, :0], x[0, 0]):
        t = jitgrad.tensor(layout, requires_grad=True)
        out = special.betaln(t, t + 1.0)
        want = scipy_special.betaln(layout, layout + 1.0)
        np.testing.assert_array_equal(out.detach(), want)
        out.sum().backward()
        assert t.grad.shape == layout.shape
    assert special.gammaln(jitgrad.tensor([1, 2])).dtype == np.float64
    assert special.jv(1, jitgrad.tensor([1.0])).dtype == np.float64


#: By hand: name -> operands, values and slopes where a formula might give a nan.
EDGE_SLOPES = {
    "rgamma": [((0.0,), 0.0, (1.0,)), ((-1.0,), 0.0, (-1.0,)), ((-2.0,), 0.0, (2.0,))],
    "ellipk": [((0.0,), math.pi / 2, (math.pi / 8,))],
    "ellipe": [((0.0,), math.pi / 2, (-math.pi / 8,))],
    "j1": [((0.0,), 0.0, (0.5,))],
    "i1": [((0.0,), 0.0, (0.5,))],
    "i0e": [((0.0,), 1.0, (0.0,))],
    "spence": [((1.0,), 0.0, (-1.0,))],
    "exprel": [((0.0,), 1.0, (0.5,))],
    "boxcox": [
        ((2.0, 0.0), math.log(2), (0.5, math.log(2) ** 2 / 2)),
        ((0.0, 2.0), -0.5, (0.0, 0.25)),
    ],
    "inv_boxcox": [((0.5, 0.0), math.exp(0.5), (math.exp(0.5), -math.exp(0.5) / 8))],
    "gammainc": [((2.0, 0.0), 0.0, (0.0, 0.0)), ((1.0, 0.0), 0.0, (0.0, 1.0))],
    "gammaincc": [((2.0, math.inf), 0.0, (0.0, 0.0))],
    "betainc": [((2.0, 3.0, 0.0), 0.0, (0.0, 0.0, 0.0)), ((2.0, 3.0, 1.0), 1.0, (0.0, 0.0, 0.0))],
    "ndtri": [((0.5,), 0.0, (math.sqrt(2 * math.pi),))],
    "stdtr": [((3.0, 0.0), 0.5, (0.0, 2 / (math.pi * math.sqrt(3))))],
    "eval_legendre": [((0, 0.5), 1.0, (None, 0.0))],
    "ellipkinc": [((1.0, 0.0), 1.0, (1.0, (2 - math.sin(2)) / 8))],
}


def test_slopes_at_edges():
    for name, points in EDGE_SLOPES.items():
        for operands, value, slopes in points:
            xs = [
                x if s is None else jitgrad.tensor(x, requires_grad=True)
                for x, s in zip(operands, slopes, strict=True)
            ]
            out = getattr(special, name)(*xs)
            assert out.item() == pytest.approx(value, abs=1e-15), name
            out.backward()
            for x, want in zip(xs, slopes, strict=True):
                if want is not None:
                    assert x.grad.item() == pytest.approx(want, rel=1e-12, abs=1e-15), name


def test_operands_that_no_formula_is_known_for_are_refused():
    x = jitgrad.tensor([1.5, 2.5], requires_grad=True)
    for call, what in (
        (lambda: special.jv(x, 1.0), "the operand v of jv"),
        (lambda: abs(special.hankel1(x, 1.0)), "the operand v of hankel1"),
        (lambda: special.hyp2f1(1.0, x, 2.0, 0.3), "the operand b of hyp2f1"),
        (lambda: special.polygamma(x, x), "the operand n of polygamma"),
    ):
        out = call()
        with pytest.raises(GradientError, match=f"got a gradient for {what}, .* use .detach"):
            out.sum().backward()
        assert x.grad is None
    with pytest.raises(GradientError, match="the operand v of jv"):
        jitgrad.jvp(lambda v: special.jv(v, 1.0), (x.detach(),), (x.detach(),))
    special.jv(x.detach(), x).sum().backward()
    assert x.grad is not None


def test_scipys_own_functions_take_tensors():
    x = jitgrad.tensor([0.5, 2.5], requires_grad=True)
    values = x.detach().numpy()
    out = scipy_special.gammaln(x)
    assert out.requires_grad
    out.sum().backward()
    np.testing.assert_allclose(x.grad, scipy_special.psi(values))
    for name in ("sici", "airy", "fresnel", "shichi", "airye"):
        got = getattr(scipy_special, name)(x)
        want = getattr(scipy_special, name)(values)
        assert isinstance(got, tuple) and all(t.requires_grad for t in got)
        for a, b, c in zip(got, want, getattr(special, name)(x), strict=True):
            np.testing.assert_array_equal(a.detach(), b)
            np.testing.assert_array_equal(c.detach(), b)
    written = jitgrad.zeros(2)
    assert scipy_special.gamma(x.detach(), out=written) is written
    np.testing.assert_allclose(written, scipy_special.gamma(values))
    np.testing.assert_allclose(
        scipy_special.betaln.outer(x, x).detach(), scipy_special.betaln.outer(values, values)
    )
    masked = special.gamma(x, where=jitgrad.tensor([True, False]), out=jitgrad.zeros(2))
    np.testing.assert_allclose(masked.detach(), [math.sqrt(math.pi), 0.0])
    with pytest.raises(
        GradientError, match=r"scipy\.special\.elliprf.*jitgrad\.scipy\.special has"
    ):
        scipy_special.elliprf(x, x, x)


WRITTEN_IN_PYTHON = {
    "comb": [
        ((5.0, 2.0), {}),
        ((np.array([5.0, 2.0, -1.0]), 3.0), {}),
        ((4.0, 2.0), {"repetition": True}),
    ],
    "perm": [((5.0, 2.0), {}), ((2.0, np.array([3.0, -1.0, 1.0])), {})],
    "factorial": [((np.array([0.0, 3.0, 5.0]),), {})],
    "polygamma": [((np.array([0, 1, 2]), 1.5), {})],
    "zeta": [((np.array([2.0, 3.5]),), {}), ((2.0, np.array([0.5, 3.0])), {})],
    "multigammaln": [((np.array([2.0, 5.5]), 3), {})],
    "spherical_jn": [((2, np.array([0.0, 0.5, 3.0])), {}), ((0, np.array([0.5, 3.0]), True), {})],
    "spherical_in": [((2, np.array([0.5, 3.0]), True), {})],
    "spherical_kn": [((1, np.array([0.5, 3.0]), True), {})],
    "spherical_yn": [((1, np.array([0.5, 3.0]), True), {})],
    "jvp": [((1.5, np.array([0.5, 3.0])), {}), ((1.5, np.array([0.5, 3.0]), 3), {})],
    "yvp": [((1.5, np.array([0.5, 3.0]), 2), {})],
    "ivp": [((1.5, np.array([0.5, 3.0]), 2), {}), ((1.5, 0.5, 0), {})],
    "kvp": [((1.5, np.array([0.5, 3.0]), 3), {})],
    "sinc": [((np.array([0.0, 0.25]),), {})],
    "softmax": [((np.arange(6.0).reshape(2, 3),), {}), ((np.arange(6.0).reshape(2, 3), 1), {})],
    "log_softmax": [((np.arange(6.0).reshape(2, 3),), {}), ((np.arange(6.0).reshape(2, 3), 0), {})],
    "logsumexp": [
        ((np.arange(6.0).reshape(2, 3),), {}),
        ((np.arange(6.0).reshape(2, 3), 1), {"keepdims": True}),
        ((np.array([1000.0, 0.0]),), {"b": np.array([0.0, 2.0])}),
        ((np.array([1.0, 2.0]),), {"b": np.array([1.0, -3.0]), "return_sign": True}),
        ((np.array([[1.0, -math.inf], [2.0, 0.0]]), (0, 1)), {"b": np.array([2.0, 5.0])}),
    ],
}  # fmt: skip


def test_functions_that_scipy_writes_in_python():
    for name, calls in WRITTEN_IN_PYTHON.items():
        for args, kwargs in calls:
            got = getattr(special, name)(*args, **kwargs)
            want = getattr(scipy_special, name)(*args, **kwargs)
            for a, b in zip(
                *(v if isinstance(v, tuple) else (v,) for v in (got, want)), strict=True
            ):
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15, err_msg=name)
    for k in (0, -1, 2):
        w = special.lambertw(jitgrad.tensor([0.3, 1.0, -0.2, -1.0]), k)
        np.testing.assert_allclose(w, scipy_special.lambertw([0.3, 1.0, -0.2, -1.0], k))
    assert np.isnan(special.multigammaln(jitgrad.tensor([0.5, 2.0]), 2).numpy()).tolist() == [
        True,
        False,
    ]


def test_gradients_of_functions_that_scipy_writes_in_python():
    x = np.array([0.7, 1.6, 3.2])
    for f in (
        lambda x: special.comb(5.0, x),
        lambda x: special.perm(5.0, x),
        special.factorial,
        lambda x: special.polygamma(2, x),
        lambda x: special.multigammaln(x + 1, 3),
        lambda x: special.jvp(0.5, x, 2),
        lambda x: special.spherical_jn(2, x, derivative=True),
        lambda x: special.logsumexp(x, b=[1.0, 0.0, -0.02], return_sign=True)[0],
        special.softmax,
        lambda x: special.lambertw(x).real,
        lambda x: special.voigt_profile(x, 0.5, x),
        lambda x: special.sph_harm_y(3, 2, x, 2 * x),
        lambda x: special.diric(x, 3),
        lambda x: special.eval_sh_jacobi(2, 1.5, 1.0, x),
        lambda x: special.ellipj(x, 0.3)[2],
    ):
        jitgrad.check_grads(f, (x,), order=2)
    b = jitgrad.tensor([2.0, 0.0], requires_grad=True)
    special.logsumexp([0.0, 1.0], b=b).backward()
    np.testing.assert_allclose(b.grad, [0.5, math.e / 2])


Z = np.array([0.3 + 0.4j, -1.2 + 0.7j, 2.1 - 0.6j])
OF_COMPLEX = [name.removeprefix("complex_") for name in COMPLEX]


@pytest.mark.parametrize("name", sorted({*OF_COMPLEX} - {"polygamma"}))
def test_functions_of_complex_numbers(name, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    f, theirs = getattr(special, name), getattr(scipy_special, name)
    if name in ("jv", "yv", "iv", "kv", "hankel1", "hankel2"):
        f, theirs = functools.partial(f, 1.5), functools.partial(theirs, 1.5)
    np.testing.assert_allclose(f(Z), theirs(Z), rtol=1e-12)
    jitgrad.check_grads(f, (Z,), order=2)
    g = jitgrad.grad(lambda z: abs(f(z)).sum())
    np.testing.assert_allclose(jitgrad.jit(jitgrad.vmap(g))(Z[:, None])[:, 0], g(Z))
    for dtype in (np.float32, np.complex64):
        want = theirs(np.full(2, 0.3, dtype)).dtype
        if not isinstance(f, functools.partial) and name != "lambertw":
            assert f(np.full(2, 0.3, dtype)).dtype == want


def test_values_and_slopes_of_functions_of_physics():
    """Where formulas change: at great distance, at widths of 0, at poles."""
    x, s, g = np.array([0.4, 1.0, 1e4, 60.0]), np.array([0.0, 1, 2, 1]), np.array([1.0, 0, 0.1, 0])
    np.testing.assert_allclose(special.voigt_profile(x, s, g), scipy_special.voigt_profile(x, s, g))
    got = jitgrad.grad(lambda x: special.voigt_profile(x, s, g).sum())(x)
    normal = lambda x: -x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    want = [-0.8 / math.pi / 1.16**2, normal(1.0), -0.2 / math.pi / 1e12, normal(60.0)]
    np.testing.assert_allclose(got, want, rtol=1e-6)
    with mpmath.workdps(30):
        for place, q in ((1.01, 0.3), (1.5, 2.5), (30.0, 1.0)):
            got = jitgrad.grad(lambda x, q=q: special.zeta(x, q))(jitgrad.tensor(place))
            assert float(got) == pytest.approx(float(mpmath.zeta(place, q, 1)), rel=1e-11)
        got = jitgrad.grad(special.zeta)(jitgrad.tensor(-2.0))
        assert float(got) == pytest.approx(float(mpmath.zeta(-2, 1, 1)), rel=1e-9)
    with pytest.raises(GradientError, match="above -3"):
        jitgrad.grad(special.zeta)(jitgrad.tensor(-4.5))
    theta = np.array([0.0, 1e-3, 0.7, math.pi])
    for n in range(4):
        for m in range(-n, n + 1):
            got = special.sph_harm_y(n, m, theta, 0.3)
            np.testing.assert_allclose(got, harmonic(m, n, theta), atol=1e-13)
    slopes = jitgrad.grad(lambda m: special.ellipk(m))(-math.inf)
    assert float(slopes) == 0.0
    for name in ("roots_legendre", "jn_zeros", "errstate"):
        assert getattr(special, name) is getattr(scipy_special, name)
    with pytest.raises(ArgumentError, match="diff_n"):
        special.sph_harm_y(1, 1, theta, theta, diff_n=1)


def harmonic(m, n, theta):
    """SciPy's, by the name that it has in any version."""
    if hasattr(scipy_special, "sph_harm_y"):
        return scipy_special.sph_harm_y(n, m, theta, 0.3)
    return scipy_special.sph_harm(m, n, 0.3, theta)


def test_robust_losses_and_polynomials_at_edges():
    delta = np.array([1e300, 1e-300, 1.0, 1e-300, 0.0, 1.0, math.inf, -1.0])
    r = np.array([0.0, 1.0, 1e300, 1e300, 1.0, math.inf, 0.0, 1.0])
    want = [0.0, 1e-300, 1e300, 1.0, 0.0, math.inf, 0.0, math.inf]
    np.testing.assert_allclose(special.pseudo_huber(delta, r), want, rtol=1e-15)
    by_delta, by_r = jitgrad.grad(lambda d, r: special.pseudo_huber(d, r).sum(), (0, 1))(
        delta[:4], r[:4]
    )
    np.testing.assert_allclose(by_delta, [0.0, 1.0, 1e300, 1e300], rtol=1e-15)
    np.testing.assert_allclose(by_r, [0.0, 1e-300, 1.0, 1e-300], rtol=1e-15)
    slopes = jitgrad.grad(lambda x: special.eval_chebyu([-2.0, -1.0, 0.0], x).sum())
    assert slopes(np.float64(0.3)) == 0


def test_arguments_are_checked():
    with pytest.raises(ArgumentError, match="comb.exact=True"):
        special.comb(5, 2, exact=True)
    with pytest.raises(ArgumentError, match="got d=0"):
        special.multigammaln(2.0, 0)
    with pytest.raises(ArgumentError, match="got n=-1"):
        special.jvp(1, 2.0, -1)
    with pytest.raises(MissingError, match="elliprf'.*use scipy.special.elliprf on val"):
        _ = special.elliprf
    with pytest.raises(DTypeError, match="complex128"):
        special.gammaln(np.array([1j]))


def test_under_transformations():
    x = np.linspace(0.5, 4, 12).reshape(3, 4)
    f = lambda x: (special.gammaln(x) * special.gammainc(2.0, x)).sum()
    want = jitgrad.grad(f)(x)
    np.testing.assert_allclose(jitgrad.jit(jitgrad.grad(f))(x), want, rtol=1e-14)
    rows = jitgrad.vmap(jitgrad.grad(f))(x)
    np.testing.assert_allclose(rows, want, rtol=1e-14)
    both = jitgrad.vmap(lambda a, b: special.betainc(a, 2.0, b), (0, None))(x[:, 0], 0.3)
    np.testing.assert_allclose(both, scipy_special.betainc(x[:, 0], 2.0, 0.3))


def test_scipy_is_asked_for_where_it_is_missing():
    script = """
import sys
sys.modules["scipy"] = sys.modules["scipy.special"] = None
import jitgrad
try:
    jitgrad.scipy.special
except jitgrad.MissingError as error:
    print(error)
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert "needs scipy, and that cannot be imported" in out.stdout


@pytest.mark.parametrize("name", ["erfcx", "dawsn"])
@pytest.mark.parametrize(("dtype", "rtol"), [(float, 1e-11), (np.float32, 5e-5)])
def test_slopes_that_are_small_differences_keep_their_digits(name, dtype, rtol):
    """2 x f(x) cancels what is added to it, but for 1 / x**2 of it: with a difference alone the
    slope is wrong by 2 % at 1e7, and 0 from 3e8 on."""
    mp = pytest.importorskip("mpmath")
    exact = {
        "erfcx": lambda x: mp.exp(x * x) * mp.erfc(x),
        "dawsn": lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x),
    }[name]
    places = np.array([-3.0, 0.0, 0.5, 9.9, 10.1, 49.9, 50.1, 1e3], dtype)
    with mp.workdps(60):
        first = [float(mp.diff(exact, mp.mpf(float(x)))) for x in places]
    x = jitgrad.tensor(places, requires_grad=True)
    function = getattr(jitgrad.scipy.special, name)
    (g,) = jitgrad.autograd.grad(function(x).sum(), [x], create_graph=True)
    np.testing.assert_allclose(g.detach(), first, rtol=rtol, atol=0)
    (h,) = jitgrad.autograd.grad(g.sum(), [x])
    assert h.isfinite().all() and (h.numpy()[3:] > 0).all()
    far = np.array([1e7, 3e8, 1e15, np.inf], dtype)
    (g,) = jitgrad.grad(lambda x: function(x).sum(), (0,))(far)
    limit = -0.5 if name == "dawsn" else -1 / np.sqrt(np.pi)
    np.testing.assert_allclose(g, limit / far / far, rtol=1e-6)


def test_the_slope_of_rgamma_at_infinity_is_zero():
    x = jitgrad.tensor([200.0, 1e300, np.inf], requires_grad=True)
    jitgrad.scipy.special.rgamma(x).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0]
