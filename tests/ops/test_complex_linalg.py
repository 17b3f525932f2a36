"""Decompositions of complex matrices, eigenvalues of any, and bases that decompositions choose:
values against NumPy and SciPy, derivatives against PyTorch and differences. Start at `CASES`.
"""

import numpy as np
import pytest

import jitgrad
from jitgrad import GradientError
from jitgrad.runtime.plan import observed_plans

L = jitgrad.linalg
RNG = np.random.default_rng(5)


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def numbers(*shape):
    return RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape)


def adjoint(a):
    return np.conj(np.swapaxes(a, -1, -2))


A = numbers(2, 4, 4) + np.diag(np.arange(4.0))
TALL, WIDE, B = numbers(2, 5, 3), numbers(2, 3, 5), numbers(2, 4, 2)
HERMITIAN = A + adjoint(A)
POSITIVE = A @ adjoint(A) / 4 + np.eye(4)
W = numbers(5, 5)


def mixed(lib, *parts):
    """A real number that depends on all parts."""
    total = 0.0
    for k, x in enumerate(parts):
        w = W[k, : x.shape[-1]] if lib is L else lib_array(W[k, : x.shape[-1]])
        total = total + ((x * w).real + (x * x * w).imag).sum()
    return total


def lib_array(x):
    return pytest.importorskip("torch").tensor(x)


def spaces(v, diagonal=None):
    """What does not depend on phases: products with the adjoint."""
    return (v if diagonal is None else v * diagonal[..., None, :]) @ v.mT.conj()


def of_eigh(lib, a):
    w, v = lib.eigh(a)
    return mixed(lib, spaces(v[..., :2]), spaces(v, w**3))


def of_svd(lib, a, full=False):
    u, s, vh = lib.svd(a, full_matrices=full)
    k = s.shape[-1]
    u, vh = u[..., :k], vh[..., :k, :]
    return mixed(
        lib, (u * (s**2)[..., None, :]) @ vh, spaces(u[..., :2]), spaces(vh[..., 1:, :].mT)
    )


def of_eig(lib, a):
    w, v = lib.eig(a)
    inverse = lib.inv(v)
    return mixed(lib, (v * w[..., None, :] ** 3) @ inverse, abs(v) + 0j, w)


#: name -> the result by a namespace of linear algebra, the matrices, whether they are Hermitian.
CASES = {
    "cholesky": (lambda lib, a: mixed(lib, lib.cholesky(a)), POSITIVE, True),
    "cholesky, upper": (lambda lib, a: mixed(lib, lib.cholesky(a, upper=True)), POSITIVE, True),
    "eigvalsh": (lambda lib, a: (lib.eigvalsh(a) ** 3).sum(), HERMITIAN, True),
    "eigh": (of_eigh, HERMITIAN, True),
    "svdvals": (lambda lib, a: (lib.svdvals(a) ** 3).sum(), TALL, False),
    "svd": (of_svd, TALL, False),
    "svd of wide": (of_svd, WIDE, False),
    "svd, full": (lambda lib, a: of_svd(lib, a, True), TALL, False),
    "svd of wide, full": (lambda lib, a: of_svd(lib, a, True), WIDE, False),
    "qr": (lambda lib, a: mixed(lib, *lib.qr(a)), TALL, False),
    "qr of square": (lambda lib, a: mixed(lib, *lib.qr(a)), A, False),
    "qr of wide": (lambda lib, a: mixed(lib, *lib.qr(a)), WIDE, False),
    "qr of wide, complete": (lambda lib, a: mixed(lib, *lib.qr(a, mode="complete")), WIDE, False),
    "pinv": (lambda lib, a: mixed(lib, lib.pinv(a)), TALL, False),
    "norm, nuc": (lambda lib, a: lib.norm(a, "nuc", (-2, -1)).sum(), A, False),
    "norm, 2": (lambda lib, a: lib.norm(a, 2, (-2, -1)).sum(), A, False),
    "cond": (lambda lib, a: lib.cond(a).sum(), A, False),
    "slogdet": (lambda lib, a: mixed(lib, lib.slogdet(a)[0]) + lib.slogdet(a)[1].sum(), A, False),
    "eigvals": (lambda lib, a: mixed(lib, lib.eigvals(a)), A, False),
    "eig": (of_eig, A, False),
    "eigvals of real": (lambda lib, a: mixed(lib, lib.eigvals(a)), A.real, False),
    "eig of real": (of_eig, A.real, False),
}
#: Those that PyTorch has no gradient of, or not by the same name.
OURS = {
    "triangular": (lambda lib, a: mixed(lib, lib.solve_triangular(a, B, "C", True)), A, False),
    "cho_solve": (lambda lib, a: mixed(lib, lib.cho_solve(lib.cho_factor(a), B)), POSITIVE, True),
    "lstsq": (lambda lib, a: mixed(lib, *lib.lstsq(a[0], B[0, [0, 1, 2, 3, 0]])[:2]), TALL, False),
    "lu": (lambda lib, a: mixed(lib, *lib.lu(a)[1:]), A, False),
    "expm": (lambda lib, a: mixed(lib, lib.expm(a / 4)), A, False),
    "logm": (lambda lib, a: mixed(lib, lib.logm(a)), POSITIVE + 1j * np.eye(4), False),
    "sqrtm": (lambda lib, a: mixed(lib, lib.sqrtm(a)), POSITIVE + 1j * np.eye(4), False),
    "sylvester": (lambda lib, a: mixed(lib, lib.solve_sylvester(a, a, B @ B.mT)), POSITIVE, False),
    "lyapunov": (lambda lib, a: mixed(lib, lib.solve_discrete_lyapunov(a[0] / 9, A[1])), A, False),
    "lyapunov, continuous": (
        lambda lib, a: mixed(lib, lib.solve_continuous_lyapunov(a + 9 * np.eye(4), A)), A, False
    ),
    "svd, beyond": (lambda lib, a: mixed(lib, spaces(lib.svd(a)[0][..., 3:])), TALL, False),
    "svd of wide, beyond": (
        lambda lib, a: mixed(lib, spaces(lib.svd(a)[2][..., 3:, :].mT)), WIDE, False
    ),
    "qr, complete": (
        lambda lib, a: mixed(lib, spaces(lib.qr(a, "complete")[0][..., 3:]), lib.qr(a)[1]),
        TALL, False,
    ),
    "qr, complete, of real": (
        lambda lib, a: mixed(lib, spaces(lib.qr(a, "complete").Q[..., 3:])), TALL.real, False
    ),
    "svd, beyond, of real": (
        lambda lib, a: mixed(lib, spaces(lib.svd(a)[0][..., 3:])), TALL.real, False
    ),
    "phases of eig": (lambda lib, a: mixed(lib, lib.eig(a).eigenvectors), A, False),
    "phases of eig of real": (lambda lib, a: mixed(lib, lib.eig(a)[1]), A.real, False),
}  # fmt: skip


class Torch:
    """`torch.linalg`, with NumPy's calling forms where they differ."""

    def __getattr__(self, name):
        linalg = pytest.importorskip("torch").linalg
        return getattr(linalg, {"norm": "matrix_norm"}.get(name, name))


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    f, a, hermitian = CASES[name]
    x, y = jitgrad.tensor(a, requires_grad=True), torch.tensor(a, requires_grad=True)
    out, want = f(L, x), f(Torch(), y)
    assert float(out.detach()) == pytest.approx(want.item(), rel=1e-9)
    out.backward()
    want.backward()
    want = (
        y.grad.numpy()
    )  # a part that is not Hermitian, which no such matrix asks for, may be there
    want = (want + adjoint(want)) / 2 if hermitian else want
    np.testing.assert_allclose(x.grad.numpy(), want, rtol=1e-7, atol=1e-8)


def along(rng, a, hermitian):
    t = rng.standard_normal(a.shape)
    t = t + 1j * rng.standard_normal(a.shape) if a.dtype.kind == "c" else t
    return t + adjoint(t) if hermitian else t


@pytest.mark.parametrize("name", {**CASES, **OURS})
def test_derivatives_are_differences(name):
    """Reverse and forward mode, and the derivative of the gradient."""
    f, a, hermitian = {**CASES, **OURS}[name]
    if name in ("expm", "logm", "sqrtm", "sylvester") or "lyapunov" in name:
        pytest.importorskip("scipy")
    rng = np.random.default_rng(2)
    t, u = along(rng, a, hermitian), along(rng, a, hermitian)
    inner = lambda x, y: float(np.sum((np.conj(x) * y).real))
    grad = lambda a: np.asarray(jitgrad.grad(lambda a: f(L, a))(a))
    at = lambda a: float(f(L, jitgrad.tensor(a)))
    h = 1e-6
    want = (at(a + h * t) - at(a - h * t)) / (2 * h)
    got = inner(grad(a), t)
    assert got == pytest.approx(want, rel=1e-6, abs=1e-6)
    _, tangent = jitgrad.jvp(lambda a: f(L, a), (a,), (t,))
    assert float(tangent) == pytest.approx(got, rel=1e-9, abs=1e-9)
    _, pull = jitgrad.vjp(jitgrad.grad(lambda a: f(L, a)), a)
    second = inner(np.asarray(pull(jitgrad.tensor(u))[0]), t)
    numeric = (inner(u, grad(a + h * t)) - inner(u, grad(a - h * t))) / (2 * h)
    assert second == pytest.approx(numeric, rel=1e-5, abs=1e-5)


# --- what is chosen -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "a"),
    [
        (lambda a: L.eigh(a)[1].real.sum(), HERMITIAN),
        (lambda a: L.svd(a, full_matrices=False)[0].real.sum(), TALL),
        (lambda a: L.svd(a, full_matrices=False)[2].imag.sum(), TALL),
        (lambda a: (L.svd(a)[0][..., 3:] * W[:, 3:]).real.sum(), TALL.real),
        (lambda a: (L.qr(a, "complete").Q[..., 3:] * W[:, 3:]).real.sum(), TALL.real),
    ],
)
def test_a_gradient_through_a_choice_is_refused(f, a):
    for x in (a, a.astype(np.complex64 if a.dtype.kind == "c" else np.float32)):
        with pytest.raises(GradientError, match="choice"):
            np.asarray(jitgrad.grad(f)(x))
    x = jitgrad.tensor(a, requires_grad=True)
    with pytest.raises(GradientError, match="choice"):
        f(x).backward()
    assert x.grad is None
    assert np.isfinite(f(x).item())  # and the value is there


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 100])
def test_phases_of_both_vectors_meet_wherever_a_segment_ends(n, monkeypatch):
    """What U and Vh get is added up before it is asked whether phases cancel."""
    from jitgrad.tape import segment

    monkeypatch.setattr(segment, "ends", lambda seg, state: state.operations % n == 0)
    a = np.concatenate([TALL] * (n + 1))  # of a shape that no segment was recorded with
    x = jitgrad.tensor(a, requires_grad=True)
    u, s, vh = L.svd(x * 1.0, full_matrices=False)
    of_weights(u, s, vh).backward()
    want = jitgrad.grad(lambda a: of_weights(*L.svd(a, full_matrices=False)))(TALL)
    np.testing.assert_allclose(x.grad.numpy()[-2:], want, rtol=1e-9, atol=1e-11)


def of_weights(u, s, vh):
    return ((u * (s * s)[..., None, :]) @ vh * W[:, :3]).real.sum()


def test_a_basis_that_is_not_there_gives_nan():
    """A matrix with fewer eigenvectors than rows; and others of a stack are not touched."""
    jordan = np.array([[2.0, 1.0], [0.0, 2.0]])
    both = np.stack([jordan, np.diag([1.0, 3.0])])
    for f in (lambda a: L.eigvals(a)[..., 0].real.sum(), lambda a: abs(L.eig(a)[1]).sum()):
        got = np.asarray(jitgrad.grad(f)(both))
        assert np.isnan(got[0]).all() and np.isfinite(got[1]).all()


def test_repeated_eigenvalues():
    """Values alone have a gradient, right for symmetric functions of them; vectors have none."""
    a = np.diag([2.0, 2.0, 5.0])
    got = jitgrad.grad(lambda a: (L.eigvals(a) ** 3).real.sum())(a)
    np.testing.assert_allclose(got, 3 * np.diag([4.0, 4.0, 25.0]))
    got = jitgrad.grad(lambda a: (L.eig(a)[1] * W[:3, :3]).real.sum())(a)
    assert not np.isfinite(got).all()


# --- dtypes, stacks, strides ----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128, np.int64])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3), (0, 3, 3), (0, 0), (2, 0, 0), (1, 1)])
def test_values_of_eig(shape, dtype):
    a = (4 * numbers(*shape[:-2], *shape[:-3:-1])).swapaxes(-1, -2)
    a = (a if np.dtype(dtype).kind == "c" else a.real).astype(dtype)
    got, want = L.eig(jitgrad.asarray(a)), np.linalg.eig(a)
    kind = np.complex64 if a.dtype.itemsize == 4 or dtype == np.complex64 else np.complex128
    for x, y in zip(got, want, strict=True):
        assert x.dtype == kind and x.shape == y.shape
        np.testing.assert_allclose(np.asarray(x), y, rtol=1e-5)
    assert np.array_equal(np.asarray(L.eigvals(a)), np.asarray(got[0]))
    if a.dtype.kind in "fc":
        g = np.asarray(jitgrad.grad(lambda a: abs(L.eigvals(a)).sum())(a))
        assert (g.dtype, g.shape) == (a.dtype, a.shape) and np.isfinite(g).all()


EACH = ["cholesky", "eigh", "svd", "svd, full", "qr", "pinv", "eig", "eig of real"]


@pytest.mark.parametrize("name", EACH)
def test_single_precision_strides_and_no_rows(name):
    f, a, _ = CASES[name]
    want = np.asarray(jitgrad.grad(lambda a: f(L, a))(a))
    reordered = np.asfortranarray(np.repeat(a, 2, 0))[::2]
    assert not reordered.flags.c_contiguous
    np.testing.assert_allclose(jitgrad.grad(lambda a: f(L, a))(reordered), want, rtol=1e-9)
    single = a.astype(np.complex64 if a.dtype.kind == "c" else np.float32)
    got = np.asarray(jitgrad.grad(lambda a: f(L, a))(single))
    assert got.dtype == single.dtype
    np.testing.assert_allclose(got, want, rtol=0, atol=2e-3 * np.abs(want).max())
    for none in (a[:0], a[:, :0, :0]):
        got = np.asarray(jitgrad.grad(lambda a: f(L, a))(none))
        assert got.shape == none.shape


@pytest.mark.parametrize("name", EACH)
def test_rows_and_jit(name):
    f, a, _ = CASES[name]
    g = jitgrad.grad(lambda a: f(L, a))
    want = np.stack([np.asarray(g(x)) for x in a])
    np.testing.assert_allclose(jitgrad.vmap(g)(a), want, rtol=1e-8, atol=1e-9)
    run = jitgrad.jit(g)
    for x in (a, 2 * a):
        np.testing.assert_allclose(run(x), g(x), rtol=1e-9, atol=1e-11)


def test_values_of_complex_matrices():
    for got, want in (
        (L.eigvalsh(HERMITIAN), np.linalg.eigvalsh(HERMITIAN)),
        (L.eigvalsh(np.triu(HERMITIAN), "U"), np.linalg.eigvalsh(HERMITIAN)),
        (L.cholesky(np.tril(POSITIVE)), np.linalg.cholesky(POSITIVE)),
        (L.cholesky(np.triu(POSITIVE), upper=True), adjoint(np.linalg.cholesky(POSITIVE))),
        (L.matrix_norm(A, ord="nuc"), np.linalg.matrix_norm(A, ord="nuc")),
        (L.matrix_rank(A), np.linalg.matrix_rank(A)),
        (L.cond(A, 2), np.linalg.cond(A, 2)),
        (L.cond(A, 1), np.linalg.cond(A, 1)),
        (L.pinv(HERMITIAN, hermitian=True), np.linalg.pinv(HERMITIAN, hermitian=True)),
        (L.svd(TALL)[0].shape, (2, 5, 5)),
        (L.svd(WIDE)[2].shape, (2, 5, 5)),
        (L.qr(TALL, "complete")[1], np.linalg.qr(TALL, "complete")[1]),
        (L.tensorinv(A[0].reshape(4, 2, 2), 1), np.linalg.tensorinv(A[0].reshape(4, 2, 2), 1)),
    ):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11)
    for x, y in zip(
        L.lstsq(TALL[0], W[:, 0] + 1j), np.linalg.lstsq(TALL[0], W[:, 0] + 1j), strict=True
    ):
        np.testing.assert_allclose(x, y, rtol=1e-9)


def test_products_are_kernels():
    """Products along axes and with vectors, of any length: of the parts, as NumPy has them."""
    rng = np.random.default_rng(3)
    z = rng.standard_normal((3, 7, 5)) + 1j * rng.standard_normal((3, 7, 5))
    v = rng.standard_normal(5) - 1j * rng.standard_normal(5)
    functions = (
        lambda z: jitgrad.prod(z, axis=1),
        lambda z: jitgrad.prod(z, axis=(0, 2)),
        lambda z: z @ v,
        lambda z: jitgrad.prod(z[:, :0], axis=1),
    )
    want = z.prod(1), z.prod((0, 2)), z @ v, np.ones((3, 5))
    before, jitgrad.config.compile = jitgrad.config.compile, "always"
    try:
        with observed_plans() as plans:
            x = jitgrad.tensor(z, requires_grad=True)
            for f, expected in zip(functions, want, strict=True):
                np.testing.assert_allclose(f(x).detach().numpy(), expected, rtol=1e-12)
            jitgrad.prod(x, axis=1).real.sum().backward()
            # The product of the others, whose conjugate the gradient of a real part is.
            others = (z.prod(1, keepdims=True) / z).conj()
            np.testing.assert_allclose(x.grad.numpy(), others, rtol=1e-10)
    finally:
        jitgrad.config.compile = before
    kernels = [k for p in plans for k in p.lower().kernels]
    assert kernels and all(k.source for k in kernels)
