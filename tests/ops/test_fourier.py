"""Fourier, cosine and sine transforms, beside NumPy's, SciPy's and PyTorch's. That entries agree
with NumPy and with finite differences is in test_registry.py."""

import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st

import jitgrad
from jitgrad import fft

NORMS = (None, "backward", "ortho", "forward")


def drawn(rng, shape, dtype):
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def close(ours, theirs):
    theirs = np.asarray(theirs)
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    tolerance = 1e-5 if theirs.dtype in (np.float32, np.complex64) else 1e-11
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=tolerance, atol=tolerance)


DTYPES = {
    "rfft": ("float64", "float32"),
    "ihfft": ("float64", "float32"),
    "": ("float64", "float32", "complex128", "complex64"),
}
ONE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_along_an_axis_as_numpy(data):
    name = data.draw(st.sampled_from(ONE))
    dtype = data.draw(st.sampled_from(DTYPES.get(name, DTYPES[""])))
    shape = data.draw(st.lists(st.integers(2, 5), min_size=1, max_size=3))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    n = data.draw(st.one_of(st.none(), st.integers(1, 7)))
    norm = data.draw(st.sampled_from(NORMS))
    x = drawn(np.random.default_rng(1), shape, dtype)
    if data.draw(st.booleans()):
        x = x[::-1] if data.draw(st.booleans()) else x.T.copy().T
    ours = getattr(fft, name)(jitgrad.tensor(x), n=n, axis=axis, norm=norm)
    close(ours, getattr(np.fft, name)(x, n=n, axis=axis, norm=norm))


@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn", "fft2", "irfft2"])
def test_along_several_axes_as_numpy(name):
    rng = np.random.default_rng(2)
    x = drawn(rng, (3, 4, 5), "float64" if name.startswith("rfft") else "complex128")
    forms = [{}, {"norm": "ortho"}, {"axes": (0, 2), "s": (4, 6)}, {"axes": (2, 0), "s": (-1, 2)}]
    for form in forms if name.endswith("n") else forms[:2]:
        close(getattr(fft, name)(jitgrad.tensor(x), **form), getattr(np.fft, name)(x, **form))
    if name in ("fftn", "ifftn", "rfftn"):
        twice = getattr(fft, name)(jitgrad.tensor(x), axes=(1, 1))
        np.testing.assert_allclose(twice, getattr(np.fft, name)(x, axes=(1, 1)), atol=1e-12)


@pytest.mark.parametrize("name", ["dct", "idct", "dst", "idst", "dctn", "idstn"])
def test_cosine_transforms_as_scipy(name):
    x = np.random.default_rng(3).normal(size=(4, 5))
    for kind in (1, 2, 3, 4):
        for norm in NORMS[1:]:
            for orthogonalize in (None, False, True):
                form = {"type": kind, "norm": norm, "orthogonalize": orthogonalize}
                ours = getattr(fft, name)(jitgrad.tensor(x), **form)
                close(ours, getattr(scipy.fft, name)(x, **form))


@pytest.mark.parametrize("name", ["dct", "dst"])
def test_cosine_transforms_are_transposed_by_weights(name):
    """The matrix of each, as the Jacobian by reverse mode."""
    eye = np.eye(5)
    for kind in (1, 2, 3, 4):
        for orthogonalize in (False, True):
            form = {"type": kind, "orthogonalize": orthogonalize}
            ours = jitgrad.jacrev(lambda x, form=form: getattr(fft, name)(x, **form))(np.ones(5))
            theirs = getattr(scipy.fft, name)(eye, axis=0, **form)
            np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_gradients_as_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(4)
    weights = rng.normal(size=(6, 9))
    for name in (
        "fft",
        "ifft",
        "rfft",
        "irfft",
        "hfft",
        "ihfft",
        "fft2",
        "irfft2",
        "fftn",
        "rfftn",
    ):
        kinds = ["float64"] if name in ("rfft", "rfftn", "ihfft") else ["float64", "complex128"]
        for dtype in kinds:
            x = drawn(rng, (3, 5), dtype)
            for norm in NORMS[1:]:
                for form in ({}, {"n": 4}, {"n": 8}) if name in ONE else ({},):
                    form = {**form, "norm": norm}
                    ours = jitgrad.tensor(x, requires_grad=True)
                    theirs = torch.tensor(x, requires_grad=True)
                    out, their_out = (
                        getattr(fft, name)(ours, **form),
                        getattr(torch.fft, name)(theirs, **form),
                    )
                    w = weights[: out.shape[0], : out.shape[1]]
                    (abs(out) ** 2 * w + out.real * w).sum().backward()
                    (
                        their_out.abs() ** 2 * torch.tensor(w) + their_out.real * torch.tensor(w)
                    ).sum().backward()
                    close(ours.grad, theirs.grad.resolve_conj().numpy())


def test_numpys_functions_take_tensors():
    x = jitgrad.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    out = np.fft.rfft(x)
    assert isinstance(out, jitgrad.Tensor) and out.requires_grad
    close(np.fft.fftshift(x.detach()), np.fft.fftshift(x.detach().numpy()))
    close(np.fft.ifftshift(x.detach(), axes=1), np.fft.ifftshift(x.detach().numpy(), axes=1))
    close(fft.fftfreq(5, 0.1), np.fft.fftfreq(5, 0.1))
    close(jitgrad.numpy.fft.rfftfreq(6), np.fft.rfftfreq(6))


def test_integers_and_empty_stacks():
    close(fft.fft(jitgrad.tensor([1, 2, 3])), np.fft.fft([1, 2, 3]))
    close(fft.rfft(jitgrad.tensor([True, False])), np.fft.rfft([True, False]))
    close(fft.fft(jitgrad.zeros((0, 4))), np.fft.fft(np.zeros((0, 4))))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: fft.fft(x, n=0), jitgrad.ShapeError, "at least 1"),
        (lambda x: fft.fft(x, axis=2), jitgrad.AxisError, "axis"),
        (lambda x: fft.fft(x, norm="orto"), jitgrad.ArgumentError, "norm"),
        (lambda x: fft.rfft(x * 1j), jitgrad.DTypeError, "complex"),
        (lambda x: fft.fftn(x, s=(2, 2, 2), axes=(0, 1)), jitgrad.ShapeError, "as many"),
        (lambda x: fft.fftn(x, axes=()), jitgrad.AxisError, "no axis"),
        (lambda x: fft.dct(x, type=5), jitgrad.ArgumentError, "type"),
        (lambda x: fft.dct(x[:1], type=1, axis=0), jitgrad.ShapeError, "at least 2"),
        (lambda x: fft.fft(x, n=2.5), jitgrad.ArgumentError, "n = 2.5"),
        (lambda x: fft.irfft(x[:, :1]), jitgrad.ShapeError, "at least 1"),
        (lambda x: fft.fft(x.sum()), jitgrad.AxisError, "axis"),
    ],
)
def test_wrong_uses(call, error, text):
    with pytest.raises(error, match=text):
        call(jitgrad.ones((2, 3)))


def test_transforms_under_jit_and_vmap():
    x = np.random.default_rng(5).normal(size=(4, 8))

    def power(x):
        return (abs(fft.rfft(x)) ** 2).sum()

    ours = jitgrad.vmap(jitgrad.grad(power))(x)
    one = np.stack([jitgrad.jit(jitgrad.grad(power))(row) for row in x])
    np.testing.assert_allclose(ours, one)
    spectrum = np.fft.rfft(x)
    weights = np.array([1, 2, 2, 2, 1])  # what the other half adds to the square of a norm
    assert np.allclose((abs(spectrum) ** 2 * weights).sum(1), 8 * (x**2).sum(1))
