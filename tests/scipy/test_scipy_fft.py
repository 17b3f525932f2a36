"""`jitgrad.scipy.fft`: values are SciPy's, for all its calling forms; derivatives are those of
differences, of both orders."""

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError, AxisError, DTypeError, GradientError, MissingError, ShapeError

theirs = pytest.importorskip("scipy.fft")
ours = jitgrad.scipy.fft


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


NAMES = [n for n in ours.__all__ if not any(part in n for part in ("freq", "shift", "fht"))]
COSINES = [n for n in NAMES if n.lstrip("i")[:3] in ("dct", "dst")]
REAL = ("rfft", "rfft2", "rfftn", "ihfft", "ihfft2", "ihfftn")
ONE = [{}, {"norm": "ortho"}, {"n": 3, "overwrite_x": True}, {"axis": 0, "n": 6, "workers": 2}]
SEVERAL = [{}, {"norm": "forward"}, {"s": (3,), "axes": (0,)}, {"workers": -1}]
SEVERAL += [
    {"s": 3, "axes": (1,)},
    {"axes": (1, 0)},
    {"axes": (-1, 0), "s": (3, 4), "norm": "ortho"},
]
TYPES = [{"type": 1}, {"type": 3, "norm": "ortho"}, {"type": 4, "orthogonalize": True}]


def several(name):
    """Whether a transform is along several axes."""
    return name.endswith(("2", "n"))


def forms(name):
    return (SEVERAL if several(name) else ONE) + (TYPES if name in COSINES else [])


def drawn(shape, dtype):
    rng = np.random.default_rng(0)
    x = 4 * rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


@pytest.mark.each("name", NAMES)
def test_values_are_those_of_scipy(name):
    for shape in ((3, 4), (4, 2, 5), (0, 3)):
        for dtype in ("f8", "f4", "i4") + (() if name in REAL else ("c8", "c16")):
            x = drawn(shape, dtype)
            for options in forms(name):
                if 0 in shape and (several(name) or "axis" in options):
                    continue
                for given in (x, x[::-1].copy()[::-1]):
                    got = getattr(ours, name)(jitgrad.tensor(given), **options)
                    want = getattr(theirs, name)(x.copy(), **options)
                    assert got.dtype == want.dtype and got.shape == want.shape
                    tolerance = 1e-4 if dtype in ("f4", "c8") else 1e-11
                    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


@pytest.mark.each("name", NAMES)
def test_derivatives_are_differences(name):
    x = drawn((2, 3), "f8" if name in REAL else "c16")
    for options in forms(name)[:4]:
        f = lambda x, options=options: abs(getattr(ours, name)(x, **options) + 0.5) ** 2
        jitgrad.check_grads(f, (x,), order=2)
    whole = lambda x: jitgrad.grad(lambda x: (abs(getattr(ours, name)(x)) ** 2).sum())(x)
    want = np.stack([np.asarray(whole(r)) for r in (x, x[::-1])])
    np.testing.assert_allclose(jitgrad.vmap(whole)(np.stack([x, x[::-1]])), want)
    np.testing.assert_allclose(jitgrad.jit(whole)(jitgrad.tensor(x)), want[0])


HANKELS = [(0.1, 1.0), (0.2, 0.5, 0.3, 0.1), (0.1, -1.0, 0.0, 0.2), (0.1, -3.0)]


@pytest.mark.parametrize("name", ["fht", "ifht"])
def test_hankel_transforms(name):
    for n in (1, 2, 5, 8):
        a = drawn((2, n), "f8")
        for numbers in HANKELS:
            want = getattr(theirs, name)(a, *numbers)
            np.testing.assert_allclose(getattr(ours, name)(a, *numbers), want, 1e-11, 1e-12)
    f = lambda a: getattr(ours, name)(a, *HANKELS[1]) ** 2
    jitgrad.check_grads(f, (drawn((2, 5), "f8"),), order=2)
    single = getattr(ours, name)(a.astype("f4"), *HANKELS[0])
    assert single.dtype == np.float32
    bias = 0.5 if name == "fht" else -0.5
    with pytest.warns(jitgrad.JitgradWarning, match="singular"):
        got = getattr(ours, name)(a, 0.1, -1.5, 0.0, bias)
    with pytest.warns(UserWarning, match="singular"):
        want = getattr(theirs, name)(a, 0.1, -1.5, 0.0, bias)
    np.testing.assert_allclose(got, want, 1e-11, 1e-12)


def test_what_is_of_lengths():
    assert ours.next_fast_len is theirs.next_fast_len and ours.get_workers() == 1
    for name in ("fftfreq", "rfftfreq"):
        got = getattr(ours, name)(5, 0.5, xp=jitgrad.numpy)
        np.testing.assert_allclose(got, getattr(theirs, name)(5, 0.5))
        assert isinstance(got, jitgrad.Tensor)
    x = drawn((3, 4), "f8")
    np.testing.assert_array_equal(ours.fftshift(x, axes=1), theirs.fftshift(x, axes=1))
    np.testing.assert_array_equal(ours.fftn(x, axes=()), x)
    np.testing.assert_array_equal(ours.dctn(3.0), 3.0)


def test_wrong_uses_are_refused():
    x = drawn((3, 4), "f8")
    mu = jitgrad.tensor(1.0, requires_grad=True)
    for error, call in (
        (ArgumentError, lambda: ours.fft(x, workers=0)),
        (ArgumentError, lambda: ours.fft(x, plan=1)),
        (ArgumentError, lambda: ours.fftn(x, axes=(0, 0))),
        (ArgumentError, lambda: ours.hfftn(x, norm="other")),
        (AxisError, lambda: ours.rfftn(x, axes=())),
        (ShapeError, lambda: ours.fftn(x, s=(2, 2, 2))),
        (DTypeError, lambda: ours.ihfftn(1j * x)),
        (ShapeError, lambda: ours.fht(1.0, 0.1, 1.0)),
        (GradientError, lambda: ours.fht(x, 0.1, mu)),
    ):
        with pytest.raises(error, match="got"):
            call()
    with pytest.raises(MissingError, match="has no"):
        ours.fff  # noqa: B018
