# Written by `python -m tools.stubs`: change the functions, or tools, not this file.
# The names of NumPy 2.4.
"""`jitgrad.numpy.fft`: all names of `numpy.fft` on tensors, in NumPy's calling forms."""

from typing import Any

from numpy.typing import DTypeLike

from .. import Tensor, _ArrayLike

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift",
    "ihfft", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn"
]  # fmt: skip

def fft(a: _ArrayLike, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Tensor:
    """Compute the one-dimensional discrete Fourier Transform."""

def fft2(
    a: _ArrayLike, s: Any = None, axes: Any = ..., norm: Any = None, out: Any = None
) -> Tensor:
    """Compute the 2-dimensional discrete Fourier Transform."""

def fftfreq(n: Any, d: Any = 1.0, device: Any = None, *, dtype: DTypeLike | None = None) -> Tensor:
    """Return the Discrete Fourier Transform sample frequencies."""

def fftn(
    a: _ArrayLike, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None
) -> Tensor:
    """Compute the N-dimensional discrete Fourier Transform."""

def fftshift(x: _ArrayLike, axes: Any = None) -> Tensor:
    """Shift the zero-frequency component to the center of the spectrum."""

def hfft(a: _ArrayLike, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Tensor:
    """Compute the FFT of a signal that has Hermitian symmetry, i.e., a real spectrum."""

def ifft(a: _ArrayLike, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Tensor:
    """Compute the one-dimensional inverse discrete Fourier Transform."""

def ifft2(
    a: _ArrayLike, s: Any = None, axes: Any = ..., norm: Any = None, out: Any = None
) -> Tensor:
    """Compute the 2-dimensional inverse discrete Fourier Transform."""

def ifftn(
    a: _ArrayLike, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None
) -> Tensor:
    """Compute the N-dimensional inverse discrete Fourier Transform."""

def ifftshift(x: _ArrayLike, axes: Any = None) -> Tensor:
    """The inverse of `fftshift`. Although identical for even-length `x`, the functions differ by
    one sample for odd-length `x`.
    """

def ihfft(
    a: _ArrayLike, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None
) -> Tensor:
    """Compute the inverse FFT of a signal that has Hermitian symmetry."""

def irfft(
    a: _ArrayLike, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None
) -> Tensor:
    """Computes the inverse of `rfft`."""

def irfft2(
    a: _ArrayLike, s: Any = None, axes: Any = ..., norm: Any = None, out: Any = None
) -> Tensor:
    """Computes the inverse of `rfft2`."""

def irfftn(
    a: _ArrayLike, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None
) -> Tensor:
    """Computes the inverse of `rfftn`."""

def rfft(a: _ArrayLike, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Tensor:
    """Compute the one-dimensional discrete Fourier Transform for real input."""

def rfft2(
    a: _ArrayLike, s: Any = None, axes: Any = ..., norm: Any = None, out: Any = None
) -> Tensor:
    """Compute the 2-dimensional FFT of a real array."""

def rfftfreq(n: Any, d: Any = 1.0, device: Any = None, *, dtype: DTypeLike | None = None) -> Tensor:
    """Return the Discrete Fourier Transform sample frequencies (for usage with rfft, irfft)."""

def rfftn(
    a: _ArrayLike, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None
) -> Tensor:
    """Compute the N-dimensional discrete Fourier Transform for real input."""
