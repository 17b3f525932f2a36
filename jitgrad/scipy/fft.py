"""`jitgrad.scipy.fft`: all names of `scipy.fft` on tensors, in SciPy's calling forms.

    >>> from jitgrad.scipy import fft
    >>> fft.dct([1.0, 2.0, 3.0], norm="ortho")
    tensor([ 3.4641, -1.4142,  0.    ])
    >>> fft.rfft([1.0, 2.0, 0.0, -1.0], workers=2)
    tensor([2.+0.j, 1.-3.j, 0.+0.j], dtype=complex128)

Transforms are those of `jitgrad.fft`, with the arguments that SciPy adds: ``overwrite_x=True``
overwrites nothing, and ``workers=`` is checked, but threads are jitgrad's
(``jitgrad.config.num_threads``). What is of lengths, threads and backends is SciPy's own. Start at
`_along_one`, then at `fht`.
"""

import sys as _sys
import warnings as _warnings
from collections.abc import Callable as _Callable
from typing import Any as _Any

import numpy as _np

from .. import fft as _fft
from .. import numpy as _jnp
from ..base.errors import ArgumentError as _ArgumentError
from ..base.errors import GradientError as _GradientError
from ..base.errors import JitgradWarning as _JitgradWarning
from ..base.errors import ShapeError as _ShapeError
from ..base.extras import function_of as _function_of
from ..base.missing import missing as _missing
from ..base.surface import surface as _surface
from ..frontend.convert import as_operand as _as_operand
from ..frontend.tensor import Tensor as _Tensor
from ..ir.shapes import as_int as _as_int
from ..ir.shapes import normalize_axis as _normalize_axis

#: What is of lengths, threads and backends, which has no derivatives.
_THEIRS = (
    *("fhtoffset", "get_workers", "next_fast_len", "prev_fast_len", "register_backend"),
    *("set_backend", "set_global_backend", "set_workers", "skip_backend"),
)


def _check(name: str, workers: _Any, plan: _Any = None) -> None:
    if workers is not None and not _as_int(workers, "workers"):
        raise _ArgumentError(f"got workers=0 in {name}, expected a number of threads other than 0")
    if plan is not None:
        raise _ArgumentError(
            f"got a plan in {name}, expected None: there are no plans, as in SciPy"
        )


def _floats(x: _Any) -> _Any:
    t = _as_operand(x)
    return t if t.dtype.kind in "fc" else t.to(_np.float64)


def _axes_of(name: str, x: _Any, s: _Any, axes: _Any) -> tuple[_Any, tuple[int, ...]]:
    """(the operand, the axes), each named once."""
    t = _floats(x)
    if axes is None:
        count = t.ndim if s is None else 1 if isinstance(s, int) else len(s)
        if count > t.ndim:
            raise _ShapeError(f"got s={s} in {name} of shape {t.shape}, expected a length per axis")
        return t, tuple(range(t.ndim - count, t.ndim))
    chosen = (axes,) if isinstance(axes, int) else tuple(axes)
    numbers = tuple([_normalize_axis(a, t.ndim) for a in chosen])
    if len({*numbers}) < len(numbers):
        raise _ArgumentError(f"got axes={chosen} in {name}, expected each axis once")
    return t, numbers


def _length(name: str) -> int:
    """How many numbers a transform of that name makes of four."""
    return {"ir": 6, "hf": 6, "rf": 3, "ih": 3}.get(name[:2], 4)


def _named(transform: _Callable[..., _Any], name: str, words: str) -> _Any:
    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = f"""{words}

    Parameters and results are those of ``scipy.fft.{name}``; gradients in both modes.

    References
    ----------
    ``scipy.fft.{name}``.

    Examples
    --------
    >>> jitgrad.scipy.fft.{name}(np.ones((2, 4))).shape
    (2, {_length(name)})
    """
    return _surface(transform)


def _first_line(function: _Any) -> str:
    return str(function.__doc__).strip().partition("\n")[0]


# --- Fourier transforms ---------------------------------------------------------------------------


def _along_one(name: str) -> _Any:
    ours = getattr(_fft, name)

    def transform(
        x: _Any,
        n: _Any = None,
        axis: int = -1,
        norm: _Any = None,
        overwrite_x: bool = False,
        workers: _Any = None,
        *,
        plan: _Any = None,
    ) -> _Any:
        _check(name, workers, plan)
        return ours(x, n, axis, norm)

    return _named(transform, name, _first_line(ours))


def _several(x: _Any, s: _Any, axes: _Any, norm: _Any, name: str) -> _Any:
    t, numbers = _axes_of(name, x, s, axes)
    if not numbers and name in ("fftn", "ifftn", "fft2", "ifft2"):
        return t  # of no axis, as SciPy
    return getattr(_fft, name.replace("2", "n"))(t, s, numbers, norm)


#: What "forward" and "backward" are in the other direction.
_SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def _swapped(name: str, norm: _Any) -> str:
    if norm not in _SWAPPED:
        raise _ArgumentError(
            f"got norm={norm!r} in {name}, expected 'backward', 'ortho', 'forward' or None"
        )
    return _SWAPPED[norm]


def _of_hermitian(x: _Any, s: _Any, axes: _Any, norm: _Any, name: str) -> _Any:
    return _several(_jnp.conj(_floats(x)), s, axes, _swapped(name, norm), "irfftn")


def _to_hermitian(x: _Any, s: _Any, axes: _Any, norm: _Any, name: str) -> _Any:
    return _jnp.conj(_several(x, s, axes, _swapped(name, norm), "rfftn"))


def _along_several(name: str, words: str, ours: _Callable[..., _Any]) -> _Any:
    default = (-2, -1) if name.endswith("2") else None

    def transform(
        x: _Any,
        s: _Any = None,
        axes: _Any = default,
        norm: _Any = None,
        overwrite_x: bool = False,
        workers: _Any = None,
        *,
        plan: _Any = None,
    ) -> _Any:
        _check(name, workers, plan)
        return ours(x, s, axes, norm, name)

    return _named(transform, name, words)


fft, ifft, rfft, irfft, hfft, ihfft = map(
    _along_one, ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
)
fft2, ifft2, rfft2, irfft2, fftn, ifftn, rfftn, irfftn = [
    _along_several(name, _first_line(getattr(_fft, name)), _several)
    for name in ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn")
]
hfft2, hfftn = [
    _along_several(name, f"The Fourier transform of a Hermitian signal {along}.", _of_hermitian)
    for name, along in (("hfft2", "along two axes"), ("hfftn", "along several axes"))
]
ihfft2, ihfftn = [
    _along_several(name, f"The inverse of {name[1:]}, of real numbers {along}.", _to_hermitian)
    for name, along in (("ihfft2", "along two axes"), ("ihfftn", "along several axes"))
]
fftshift, ifftshift = _fft.fftshift, _fft.ifftshift


def _frequencies(name: str) -> _Any:
    def frequencies(n: int, d: float = 1.0, *, xp: _Any = None, device: _Any = None) -> _Any:
        found = getattr(_fft, name)(n, d)
        return found if xp is None else xp.asarray(found, device=device)

    frequencies.__name__ = frequencies.__qualname__ = name
    frequencies.__doc__ = _first_line(getattr(_np.fft, name))
    return _surface(frequencies)


fftfreq, rfftfreq = _frequencies("fftfreq"), _frequencies("rfftfreq")

# --- cosine and sine transforms -------------------------------------------------------------------


def _cosine(name: str) -> _Any:
    ours = getattr(_fft, name)

    def transform(
        x: _Any,
        type: int = 2,
        n: _Any = None,
        axis: int = -1,
        norm: _Any = None,
        overwrite_x: bool = False,
        workers: _Any = None,
        orthogonalize: _Any = None,
    ) -> _Any:
        _check(name, workers)
        return ours(x, type, n, axis, norm, orthogonalize)

    return _named(transform, name, _first_line(ours))


def _cosines(name: str) -> _Any:
    ours = getattr(_fft, name)

    def transform(
        x: _Any,
        type: int = 2,
        s: _Any = None,
        axes: _Any = None,
        norm: _Any = None,
        overwrite_x: bool = False,
        workers: _Any = None,
        orthogonalize: _Any = None,
    ) -> _Any:
        _check(name, workers)
        t, numbers = _axes_of(name, x, s, axes)
        return ours(t, type, s, numbers, norm, orthogonalize) if numbers else t

    return _named(transform, name, _first_line(ours))


dct, idct, dst, idst = map(_cosine, ("dct", "idct", "dst", "idst"))
dctn, idctn, dstn, idstn = map(_cosines, ("dctn", "idctn", "dstn", "idstn"))

# --- Hankel transforms ----------------------------------------------------------------------------


@_surface
def fht(a: _Any, dln: float, mu: float, offset: float = 0.0, bias: float = 0.0) -> _Any:
    """The discrete Hankel transform of a periodic sequence at logarithmic steps, as
    `scipy.fft.fht`, with gradients by the sequence.

    Parameters
    ----------
    a : array_like
        Real, of shape (..., n); it may require grad.
    dln, mu, offset, bias : float
        The step, the order of the Bessel function, the offset of the places of the result, and the
        power that `a` is biased with: numbers, which have no gradient.

    Returns
    -------
    Tensor
        Of the shape of `a`.

    Raises
    ------
    GradientError
        A gradient by one of the numbers is asked for.

    References
    ----------
    Hamilton, "Uncorrelated modes of the non-linear power spectrum" (2000).

    Examples
    --------
    >>> a = jitgrad.tensor([1.0, 2.0, 4.0, 2.0])
    >>> fht(a, 0.1, 1.0)
    tensor([3.6054, 0.9884, 1.3923, 3.0138])
    """
    return _hankel("fht", a, [dln, mu, offset, bias], 1.0)


@_surface
def ifht(A: _Any, dln: float, mu: float, offset: float = 0.0, bias: float = 0.0) -> _Any:
    """The inverse of `fht`, as `scipy.fft.ifht`.

    Parameters
    ----------
    A : array_like
        Real, of shape (..., n); it may require grad.
    dln, mu, offset, bias : float
        As in `fht`.

    Returns
    -------
    Tensor
        Of the shape of `A`.

    References
    ----------
    Hamilton, "Uncorrelated modes of the non-linear power spectrum" (2000).

    Examples
    --------
    >>> ifht(fht([1.0, 2.0, 4.0, 2.0], 0.1, 1.0), 0.1, 1.0)
    tensor([1., 2., 4., 2.])
    """
    return _hankel("ifht", A, [dln, mu, offset, bias], -1.0)


def _hankel(name: str, a: _Any, numbers: list[_Any], sign: float) -> _Any:
    """Either direction: biased, times the Mellin transform of the Bessel function in frequencies,
    backwards, and biased again."""
    for number, what in zip(numbers, ("dln", "mu", "offset", "bias"), strict=True):
        if isinstance(number, _Tensor) and number.requires_grad:
            raise _GradientError(
                f"got {what}, which requires grad, in {name}, whose gradient is by the sequence "
                f"alone; give {what}.item()"
            )
    dln, mu, offset, bias = map(float, numbers)
    a = _floats(a)
    n = a.shape[-1] if a.ndim else 0
    if not n:
        raise _ShapeError(f"got {name} of shape {a.shape}, expected (..., n), n at least 1")
    steps = (_np.arange(n) - (n - 1) / 2) * dln
    before, after = (0.0, offset) if sign > 0 else (offset, 0.0)
    out = a * _np.exp(-sign * bias * (steps + before)) if bias else a
    spectrum = _fft.rfft(out)
    factors = _mellin(n, dln, mu, offset, bias, sign).astype(spectrum.dtype)
    out = _jnp.flip(_fft.irfft(spectrum * factors, n), -1)
    return out * _np.exp(-sign * bias * (steps + after)) if bias else out


def _mellin(
    n: int, dln: float, mu: float, offset: float, bias: float, sign: float
) -> _np.ndarray[_Any, _Any]:
    """The factors of frequencies: of the inverse transform, one by the conjugate."""
    loggamma = _function_of("scipy.special", "loggamma")
    up, down = (mu + 1 + bias) / 2, (mu + 1 - bias) / 2
    y = _np.pi / (n * dln) * _np.arange(n // 2 + 1)
    with _np.errstate(invalid="ignore", over="ignore"):
        log = loggamma(up + 1j * y) - _np.conj(loggamma(down + 1j * y)) + _np.log(2) * bias
        out = _np.exp(log + 2j * y * (_np.log(2) - offset))
    if not _np.isfinite(out[0]):
        out[0] = 2.0**bias * _function_of("scipy.special", "poch")(down, up - down)
    if n % 2 == 0:
        out[-1] = out[-1].real
    singular = _np.isinf(out[0]) if sign > 0 else out[0] == 0
    if singular:
        _warnings.warn(
            f"got {'fht' if sign > 0 else 'ifht'} of mu={mu} and bias={bias}, for which the "
            "transform is singular: its term of frequency 0 is left out; change the bias",
            _JitgradWarning,
            stacklevel=5,
        )
        out[0] = 0.0 if sign > 0 else _np.inf
    return out if sign > 0 else 1 / _np.conj(out)


__all__ = sorted(name for name, f in globals().items() if not name.startswith("_") and callable(f))


def __getattr__(name: str) -> _Any:
    if name in _THEIRS:
        return _function_of("scipy.fft", name)
    raise _missing("jitgrad.scipy.fft", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
