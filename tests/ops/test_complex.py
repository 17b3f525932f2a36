"""Complex numbers: values against NumPy, gradients against PyTorch and differences."""

import numpy as np
import pytest
from registry_cases import ORACLES, added, recurrence, running
from simulated import simulated

import jitgrad
from jitgrad.frontend.functions import FUNCTIONS
from jitgrad.ops import REGISTRY

J = jitgrad
RNG = np.random.default_rng(5)
Z, W = (RNG.normal(size=6) + 1j * RNG.normal(size=6) for _ in range(2))
C = RNG.normal(size=6)
MASK = np.array([True, False, True, True, False, False])

#: Programs of a library, two complex arrays and a real one: the loss is a real number.
PROGRAMS = {
    "chain": lambda m, z, w, c: (abs(m.exp(1j * z) * w + z * m.conj(w)) ** 2).sum(),
    "quotients": lambda m, z, w, c: abs(z / w + 2.0 / z - c / w + z / c).sum(),
    "a real operand": lambda m, z, w, c: (z * w * c + c - 1j * c).real.sum(),
    "parts": lambda m, z, w, c: ((z * z).imag * (z + w).real).sum(),
    "roots and logarithms": lambda m, z, w, c: abs(m.sqrt(z) * m.log(w) + m.log1p(z)).sum(),
    "angles": lambda m, z, w, c: abs(m.sin(z) + m.cos(w) + m.tan(z * w)).sum(),
    "hyperbolic": lambda m, z, w, c: abs(m.sinh(z) + m.cosh(w) + m.tanh(z * w)).sum(),
    "powers": lambda m, z, w, c: abs(z**2 + z**3 + w**0.5 + z**w + z**-1).sum(),
    "angle": lambda m, z, w, c: m.angle(z * w).sum(),
    "reductions": lambda m, z, w, c: abs(z.sum() * w.mean() + z.prod() + z.cumsum(0).sum()),
    "products": lambda m, z, w, c: abs(m.outer(z, w) @ w + z.cumprod(0)).sum(),
    "choice": lambda m, z, w, c: abs(m.where(m.asarray(MASK), z * 2, w * c)).sum(),
    "indices": lambda m, z, w, c: (
        abs(z[1:4] * w[:3]).sum() + abs(z[::2] + w[m.asarray(MASK)]).sum()
    ),
}


@pytest.mark.parametrize("mode", ["never", "always"])
def test_gradients_are_those_of_pytorch(mode, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(jitgrad.config, "compile", mode)
    for name, f in PROGRAMS.items():
        ours = [J.tensor(v, requires_grad=True) for v in (Z, W, C)]
        theirs = [torch.tensor(v, requires_grad=True) for v in (Z, W, C)]
        got, want = f(J, *ours), f(torch, *theirs)
        got.backward(), want.backward()
        np.testing.assert_allclose(got.item(), want.item(), rtol=1e-12, err_msg=name)
        for x, y in zip(ours, theirs, strict=True):
            if y.grad is not None:
                np.testing.assert_allclose(x.grad, y.grad.numpy(), rtol=1e-10, err_msg=name)


def test_a_chain_is_one_kernel(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "always")
    z, w, c = (J.tensor(v, requires_grad=True) for v in (Z, W, C))
    loss = PROGRAMS["chain"](J, z, w, c)
    assert len(jitgrad.explain(loss.backward).kernels) == 1


def test_a_complex_loss_needs_a_cotangent():
    z = J.tensor(Z, requires_grad=True)
    with pytest.raises(jitgrad.GradientError, match="expected a real number"):
        z.sum().backward()
    z.sum().backward(J.tensor(2 - 1j))
    np.testing.assert_allclose(z.grad, np.full(6, 2 - 1j))


# --- the registry ---------------------------------------------------------------------------------

#: Entries that take complex operands, with the first parameters of their cases.
TAKEN = {n: e for n, e in REGISTRY.items() if e.complex and e.public}
#: What NumPy has no complex function for, of the same calling form.
BESIDE = {
    "flatten": np.ravel,
    "real": np.real,
    "imag": np.imag,
    "angle": np.angle,
    "linear_recurrence": recurrence,
    "cumsum": lambda x, axis=None, reverse=False: running(np.add)(x, axis, reverse),
    "cumprod": lambda x, axis=None, reverse=False: running(np.multiply)(x, axis, reverse),
    "add_at": added,
    "exp10": lambda x: 10.0**x,
    "matvec": lambda x, y: np.einsum("...ij,...j->...i", x, y),
    "vecmat": lambda x, y: np.einsum("...i,...ij->...j", np.conj(x), y),
}


def complex_operands(entry, seed=0):
    """As the entry's own, floats with an imaginary part: around the same centre, away from cuts."""
    rng = np.random.default_rng(seed)
    first, second = entry.sample(rng), entry.sample(rng)
    pairs = zip(first, second, strict=True)
    out = [x + 1j * (0.5 * y + 0.1) if x.dtype.kind == "f" else x for x, y in pairs]
    return [hermitian(out[0]), *out[1:]] if entry.sampling.symmetric else out


def hermitian(x):
    return (x + np.conj(np.swapaxes(x, -1, -2))) / 2


def called(entry, xs, case):
    return (
        FUNCTIONS[entry.name](xs, **case)
        if entry.operands is None
        else FUNCTIONS[entry.name](*xs, **case)
    )


@pytest.fixture
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def test_values_of_all_entries_are_those_of_numpy(numpy_tier):
    for name, entry in TAKEN.items():
        oracle = BESIDE.get(name) or entry.numpy or ORACLES[name]
        for case in entry.sampling.cases:
            xs, given = complex_operands(entry), dict(case)
            want = (
                oracle(xs, **given)
                if entry.operands is None
                else oracle(*xs, *given.values())
                if "shape" in given
                else oracle(*xs, **given)
            )
            got = called(entry, [J.tensor(x) for x in xs], case).numpy()
            assert got.dtype == np.asarray(want).dtype, name
            np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-13, err_msg=f"{name} {case}")


def test_derivatives_of_all_entries_are_those_of_differences(numpy_tier):
    """By the real and by the imaginary parts of all operands at once; forward as the transpose of
    reverse; the gradient's own derivative."""
    for name, entry in TAKEN.items():
        if not entry.differentiable:
            continue
        case, xs = entry.sampling.cases[-1], complex_operands(entry)
        which = [k for k, x in enumerate(xs) if x.dtype.kind == "c"]

        def f(*moved, entry=entry, case=case, xs=xs, which=which):
            given = list(xs)
            for k, x in zip(which, moved, strict=True):
                given[k] = x
            return called(entry, given, case)

        check_along(name, f, [xs[k] for k in which], entry.sampling.symmetric)


def inner(g, v):
    """The real inner product of lists of complex arrays."""
    return sum(np.sum(np.real(np.conj(a) * b)) for a, b in zip(g, v, strict=True))


def check_along(name, f, xs, symmetric=False):
    rng = np.random.default_rng(1)
    v = [rng.standard_normal(x.shape) + 1j * rng.standard_normal(x.shape) for x in xs]
    u = [rng.standard_normal(x.shape) + 1j * rng.standard_normal(x.shape) for x in xs]
    v = [hermitian(x) for x in v] if symmetric else v
    out, t = J.jvp(f, xs, v)
    c = rng.standard_normal(out.shape)
    c = c + 1j * rng.standard_normal(out.shape) if np.iscomplexobj(out) else c

    def at(h):
        with J.no_grad():
            return inner([c], [np.asarray(f(*[x + h * d for x, d in zip(xs, v, strict=True)]))])

    def gradient(*xs):
        return J.vjp(f, *xs)[1](c)

    g = gradient(*xs)
    assert inner(g, v) == pytest.approx((at(1e-6) - at(-1e-6)) / 2e-6, rel=1e-6, abs=1e-7), name
    assert inner([c], [t]) == pytest.approx(inner(g, v), rel=1e-9, abs=1e-11), name
    second = inner(J.vjp(gradient, *xs)[1](tuple(u)), v)
    ahead, behind = (
        gradient(*[x + h * d for x, d in zip(xs, v, strict=True)]) for h in (1e-6, -1e-6)
    )
    numeric = (inner(u, ahead) - inner(u, behind)) / 2e-6
    assert second == pytest.approx(numeric, rel=1e-5, abs=1e-6), name


def test_other_entries_refuse_complex_operands(numpy_tier):
    for entry in REGISTRY.values():
        if entry.complex or not entry.public:
            continue
        xs = [J.tensor(x) for x in complex_operands(entry)]
        if any(x.dtype.kind == "c" for x in xs):
            with pytest.raises(jitgrad.DTypeError, match="complex128"):
                called(entry, xs, entry.sampling.cases[0])


@pytest.fixture
def kernels_in_python(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "always")
    with simulated():
        yield


def test_kernels_have_the_values_of_numpy(kernels_in_python):
    """The formulas of the parts."""
    for name, entry in TAKEN.items():
        if entry.op is None or entry.op.parts is None:
            continue
        xs = complex_operands(entry)
        got = called(entry, [J.tensor(x) for x in xs], {}).numpy()
        np.testing.assert_allclose(got, entry.numpy(*xs), rtol=1e-12, atol=1e-14, err_msg=name)


#: Parts at the ends of the range of each float type, around 1, infinite and nan.
EDGES = {
    "complex128": (1e-310, 1e-160, 1e-8, 1, 1 + 1e-10, 30, 1e160, 1.7e308),
    "complex64": (1e-40, 1e-20, 1e-4, 1, 1 + 1e-6, 30, 1e20, 3.3e38),
}


def edges(dtype):
    parts = [*EDGES[dtype], np.inf, np.nan, 0.0]
    parts = np.array([sign * x for x in parts for sign in (1.0, -1.0)])
    pairs = np.stack(np.meshgrid(parts, parts), -1).reshape(-1, 2).astype(dtype).real
    return np.ascontiguousarray(pairs).view(dtype)[:, 0]


def same(got, want, rtol):
    """Which parts are equal, up to rounding, also infinite ones and nan."""
    least = float(np.finfo(got.dtype).smallest_subnormal)
    return np.isclose(got, want, rtol, 4 * least, equal_nan=True)


@pytest.mark.parametrize("dtype", EDGES)
def test_kernels_have_the_values_of_numpy_at_the_edges(dtype, kernels_in_python):
    """Branch cuts, which the signs of zeros tell, huge, tiny and infinite numbers, and nan, in one
    kernel. NumPy's log1p has no digits near 0, and its square has those that cancel by chance."""
    names = ["sqrt", "log", "reciprocal", "exp", "expm1", "sin", "tan", "tanh", "log10"]
    names += ["arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh"]
    z = edges(dtype)
    with np.errstate(all="ignore"):
        want = np.stack([getattr(np, name)(z) for name in names], -1)
    got = J.stack([FUNCTIONS[name](J.tensor(z)) for name in names], -1).numpy()
    for k, name in enumerate(names):
        for part in ("real", "imag"):
            g, w = getattr(got[:, k], part), getattr(want[:, k], part)
            bad = ~same(g, w, 200 * np.finfo(dtype).eps)
            bad |= (np.signbit(g) != np.signbit(w)) & ~np.isnan(w)
            assert not bad.any(), (name, part, z[bad], g[bad], w[bad])


def test_squares_and_quotients_at_the_edges(kernels_in_python):
    z = np.array([1e300 + 1e160j, 1e160 - 1e300j, complex(1e300, np.inf), (1 + 1j) / 3])
    got = (J.tensor(z) ** 2).numpy()
    np.testing.assert_array_equal(got.real, [np.inf, -np.inf, -np.inf, 0.0])
    x, y = np.meshgrid([*z, complex(-np.inf, 1)], [0j, complex(-0.0, 0), *z[:3]])
    x, y = x.ravel(), y.ravel()
    np.testing.assert_allclose((J.tensor(x) / J.tensor(y)).numpy(), x / y, rtol=1e-14)


# --- views, writes, transforms --------------------------------------------------------------------


def test_parts_are_views():
    z, a = J.tensor(Z, requires_grad=True), Z.copy()
    w = z * 1.0
    w.real[1:3] = 7.0
    w.imag += J.tensor(C)
    J.view_as_real(w)[0, 1] = -1.0
    a.real[1:3], a.imag = 7.0, a.imag + C
    a.imag[0] = -1.0
    np.testing.assert_array_equal(w.detach(), a)
    (w * w.conj()).real.sum().backward()
    want = 2 * a
    want.real[1:3] = want.imag[0] = 0
    np.testing.assert_allclose(z.grad, want)
    w = J.tensor(Z)
    w.real = C
    np.testing.assert_array_equal(w, C + 1j * Z.imag)
    pairs = J.tensor(np.stack([C, C], -1))
    J.view_as_complex(pairs)[2] = 1 - 2j
    np.testing.assert_array_equal(pairs[2], [1, -2])


def test_no_imaginary_part_is_dropped():
    y = J.zeros(3)
    for write in (
        lambda: y.__setitem__(0, 1j),
        lambda: y.__setitem__(slice(2), J.tensor([1j, 2])),
        lambda: y.__iadd__(1j),
        lambda: y.copy_(J.tensor([1j, 2, 3])),
        lambda: J.tensor(Z).double(),
        lambda: J.tensor(1j).__float__(),
        lambda: J.full((2,), 1j, dtype="float64"),
        lambda: J.full_like(y, [1j, 2, 3]),
        lambda: J.linspace(0, 1j, 3, dtype="float64"),
        lambda: J.numpy.asarray(Z, dtype="float64"),
    ):
        with pytest.raises(jitgrad.DTypeError):
            write()
    np.testing.assert_array_equal(y, np.zeros(3))


def test_dtypes_are_those_of_numpy():
    arrays = [np.ones(2, d) for d in ("f4", "f8", "c8", "c16", "i4", "?")]
    for x in arrays:
        for y in (*arrays, 2.0, 3, 1j):
            assert (J.tensor(x) * y).dtype == (x * y).dtype, (x.dtype, y)
    for x in arrays[:4]:
        for exponent in (2, -1, 0.5, 1.5, -2.5, 2.7):
            assert (J.tensor(x) ** exponent).dtype == (x**exponent).dtype, (x.dtype, exponent)


def test_holomorphic_derivatives():
    f = lambda z: z**3 * w
    w = 2 - 1j
    z = Z[:2]
    assert J.grad(lambda z: z**2, holomorphic=True)(1 + 2j) == 2 + 4j
    assert J.grad(lambda z: (z**2).real)(1 + 2j) == 2 - 4j
    for jacobian in (J.jacobian, J.jacrev, J.jacfwd):
        np.testing.assert_allclose(jacobian(f, holomorphic=True)(z), np.diag(3 * z**2 * w))
    second = J.hessian(lambda z: f(z).sum(), holomorphic=True)(z)
    np.testing.assert_allclose(second, np.diag(6 * z * w))
    np.testing.assert_allclose(J.holomorphic_grad(lambda z: f(z).sum())(z), 3 * z**2 * w)
    for wrong, x, how in (
        (f, z, {}),
        (f, C, {"holomorphic": True}),
        (abs, z, {"holomorphic": True}),
    ):
        with pytest.raises(jitgrad.GradientError, match="expected a"):
            J.grad(wrong, **how)(x)
    with pytest.raises(jitgrad.GradientError, match="forward mode"):
        J.jacfwd(abs)(z)


def test_transforms_take_complex_numbers():
    f = lambda z: (abs(J.exp(z) * z.conj()) ** 2).sum()
    J.check_grads(f, (Z[:2],), order=2)
    assert J.autograd.gradcheck(lambda z: z.conj() * z, J.tensor(Z[:2], requires_grad=True))
    want = J.grad(f)(Z)
    np.testing.assert_allclose(J.jit(J.grad(f))(Z), want)
    rows = J.vmap(J.grad(f))(np.stack([Z, W]))
    np.testing.assert_allclose(rows, np.stack([want, J.grad(f)(W)]))
    last, all_ = J.scan(lambda c, z: (c * z, c), J.tensor(1 + 0j), J.tensor(Z))
    np.testing.assert_allclose(last.item(), Z.prod())
    np.testing.assert_allclose(all_, np.cumprod([1, *Z[:-1]]))


@pytest.mark.parametrize("where", [None, np.array([True, False, True, True, False, True])])
def test_statistics_that_skip_nan_are_those_of_numpy(where):
    z = np.where(np.arange(6) == 2, np.nan, Z)
    given = {} if where is None else {"where": where}
    for name in ("nanmean", "nanvar", "nanstd", "nansum"):
        function = getattr(np, name)
        got, want = function(J.tensor(z), **given), function(z, **given)
        assert got.dtype == want.dtype, name
        np.testing.assert_allclose(got, want, rtol=1e-12, err_msg=name)
    for name in ("mean", "var", "std"):
        function = getattr(np, name)
        np.testing.assert_allclose(function(J.tensor(Z), **given), function(Z, **given), rtol=1e-12)


def test_order_is_that_of_numpy(numpy_tier):
    """By real, then by imaginary parts; nan last."""
    z = np.array([1 + 2j, 1 - 1j, 0, 3j, 1 + 2j, complex(-1, np.nan), complex(np.nan, 0)])
    names = ["sort", "argsort", "max", "min", "argmax", "argmin", "median", "ptp", "sort_complex"]
    for values in (z, z[:5], z[:4].astype(np.complex64).reshape(2, 2)):
        for name in names:
            function = getattr(np, name)
            got, want = function(J.tensor(values)), function(values)
            assert got.dtype == want.dtype, name
            np.testing.assert_array_equal(got, want, err_msg=name)
    x = Z + np.arange(6)
    for f in (np.max, np.median, np.ptp, lambda z: np.sort(z, axis=0) * C):
        J.check_grads(f, (x,), order=2)
    g = J.grad(lambda z: np.max(z).real)(z[:5])
    np.testing.assert_array_equal(g, [0.5, 0, 0, 0, 0.5])


@pytest.mark.parametrize("mode", ["valid", "same", "full"])
def test_correlate_conjugates_as_numpy(mode):
    for x, y in ((Z, Z[:3] * (2 - 1j)), (Z[:2] * 1j, Z)):
        np.testing.assert_allclose(np.correlate(J.tensor(x), y, mode), np.correlate(x, y, mode))


def test_nan_in_complex_numbers_is_found():
    z = J.tensor(np.arange(6) + 1j, requires_grad=True)
    with (
        jitgrad.debug_nans(),
        pytest.raises(jitgrad.NonFiniteError, match="(?s)nan from divide.*magnitude from"),
    ):
        ((z - z) / (z - z)).sum().backward(J.tensor(1 + 0j))


#: Functions of branch cuts, and places on the cuts.
CUTS = {
    "arcsin": (complex(2, 0), complex(2, -0.0), complex(-2, 0), complex(-2, -0.0)),
    "arccos": (complex(2, 0), complex(2, -0.0), complex(-2, 0), complex(-2, -0.0)),
    "arcsinh": (complex(0, 2), complex(-0.0, 2), complex(0, -2), complex(-0.0, -2)),
    "arccosh": (complex(-2, 0), complex(-2, -0.0), complex(0.5, 0), complex(0.5, -0.0)),
}


def slopes(functions, tier, monkeypatch):
    """{name: (places, gradients of the real parts)}, by one sweep."""
    monkeypatch.setattr(jitgrad.config, "compile", tier)
    given = {n: J.tensor(np.array(z), requires_grad=True) for n, z in functions.items()}
    sum([getattr(J, n)(x).real.sum() for n, x in given.items()]).backward()
    return {n: (x.detach().numpy(), x.grad.numpy()) for n, x in given.items()}


@pytest.mark.parametrize("tier", ["never", "always"])
def test_sides_of_branch_cuts(tier, monkeypatch):
    """The derivative is that of the side whose value NumPy gives: differences along the cut, where
    the other part stays the 0 that it is."""
    for name, (z, grad) in slopes(CUTS, tier, monkeypatch).items():
        f, eps, imaginary = getattr(np, name), 1e-6, z.real == 0
        forth, back = z.copy(), z.copy()
        for moved, e in ((forth, eps), (back, -eps)):
            moved.real[~imaginary] += e
            moved.imag[imaginary] += e
        slope = (f(forth) - f(back)) / (2 * eps) / np.where(imaginary, 1j, 1.0)
        np.testing.assert_allclose(grad, np.conj(slope), atol=1e-8, err_msg=name)


@pytest.mark.parametrize("tier", ["never", "always"])
def test_slopes_of_huge_numbers(tier, monkeypatch):
    """Squares of these are infinite, in one part or both."""
    z = np.array([1e200 + 1e200j, -1e300 + 1e160j, 1e160, 1e200j, complex(np.inf, 1), 2 + 1j])
    found = slopes({"arctan": z, "arctanh": z}, tier, monkeypatch)
    for name, slope in (("arctan", 1 / (4 + 4j)), ("arctanh", 1 / (-2 - 4j))):
        expected = [0, 0, 0, 0, 0, np.conj(slope)]
        np.testing.assert_allclose(found[name][1], expected, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("tier", ["never", "always"])
def test_slopes_at_poles_are_those_of_pytorch(tier, monkeypatch):
    """They were nan in NumPy's tier and inf in kernels."""
    found = slopes({"sqrt": np.zeros(1, complex), "log": np.zeros(1, complex)}, tier, monkeypatch)
    for name, (_, grad) in found.items():
        np.testing.assert_array_equal(grad, [complex(np.inf, np.nan)], name)


def drawn(values, n=24):
    rng = np.random.default_rng(len(values))
    out = np.empty(n, complex)
    out.real, out.imag = rng.choice(values, n), rng.choice(values, n)
    return out


@pytest.mark.parametrize("tier", ["never", "simulated"])
def test_larger_and_smaller_ones_are_those_of_numpy(tier, monkeypatch, request):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    if tier == "simulated":
        request.getfixturevalue("kernels_in_python")
    x, y = drawn([0, 1, -1, np.nan, np.inf]), drawn([0, 1, np.nan, -np.inf])
    high = drawn([0, 1, -1, np.inf])
    for name in ("maximum", "minimum", "fmax", "fmin"):
        for other in (y, y.real):
            want, f = getattr(np, name)(x, other), getattr(J, name)
            np.testing.assert_array_equal(f(J.tensor(x), other), want, name)
    for bounds in ((high, high + 1), (None, high), (-1 + 1j, None)):
        np.testing.assert_array_equal(J.clip(J.tensor(x), *bounds), np.clip(x, *bounds))


def test_slopes_of_larger_and_smaller_ones(numpy_tier):
    """Half at a tie, and one at a bound, as of real numbers."""
    x = J.tensor([1 + 1j, 2 + 1j, 1 + 3j], requires_grad=True)
    y = J.tensor([1 + 1j, 1 + 1j, 1 + 4j], requires_grad=True)
    J.maximum(x, y).imag.sum().backward()
    np.testing.assert_array_equal(x.grad, [0.5j, 1j, 0])
    np.testing.assert_array_equal(y.grad, [0.5j, 0, 1j])
    x.grad = None
    J.clip(x, 1 + 1j, 1 + 2j).imag.sum().backward()
    np.testing.assert_array_equal(x.grad, [1j, 0, 0])
    J.check_grads(lambda x, y: J.minimum(x * x, y) * J.fmax(x, y), (x + 0.1, y))
