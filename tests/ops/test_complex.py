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
    return [x + 1j * (0.5 * y + 0.1) if x.dtype.kind == "f" else x for x, y in pairs]


def called(entry, xs, case):
    return (
        FUNCTIONS[entry.name](xs, **case)
        if entry.operands is None
        else FUNCTIONS[entry.name](*xs, **case)
    )


def cases_of(entry):
    """The cases of an entry; norms by singular values are of real matrices."""
    matrices = entry.name in ("norm", "matrix_norm")
    return [c for c in entry.sampling.cases if not (matrices and c.get("ord") in (2, -2, "nuc"))]


@pytest.fixture
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def test_values_of_all_entries_are_those_of_numpy(numpy_tier):
    for name, entry in TAKEN.items():
        oracle = BESIDE.get(name) or entry.numpy or ORACLES[name]
        for case in cases_of(entry):
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
        case, xs = cases_of(entry)[-1], complex_operands(entry)
        which = [k for k, x in enumerate(xs) if x.dtype.kind == "c"]

        def f(*moved, entry=entry, case=case, xs=xs, which=which):
            given = list(xs)
            for k, x in zip(which, moved, strict=True):
                given[k] = x
            return called(entry, given, case)

        check_along(name, f, [xs[k] for k in which])


def inner(g, v):
    """The real inner product of lists of complex arrays."""
    return sum(np.sum(np.real(np.conj(a) * b)) for a, b in zip(g, v, strict=True))


def check_along(name, f, xs):
    rng = np.random.default_rng(1)
    v = [rng.standard_normal(x.shape) + 1j * rng.standard_normal(x.shape) for x in xs]
    u = [rng.standard_normal(x.shape) + 1j * rng.standard_normal(x.shape) for x in xs]
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


def test_kernels_have_the_values_of_numpy():
    """The formulas of the parts, in kernels that Python runs."""
    with simulated():
        for name, entry in TAKEN.items():
            if entry.op is None or entry.op.parts is None:
                continue
            xs = complex_operands(entry)
            got = called(entry, [J.tensor(x) for x in xs], {}).numpy()
            np.testing.assert_allclose(got, entry.numpy(*xs), rtol=1e-12, atol=1e-14, err_msg=name)
