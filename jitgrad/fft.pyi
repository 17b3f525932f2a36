# Written by `python -m tools.stubs`: change the functions, or tools, not this file.
"""`jitgrad.fft`: the functions of `numpy.fft`, and the cosine and sine transforms of
`scipy.fft`, with gradients.
"""

from typing import Any

from numpy.typing import DTypeLike

from . import Tensor, _ArrayLike, _Ints

__all__ = [
    "dct", "dctn", "dst", "dstn", "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "idct",
    "idctn", "idst", "idstn", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft", "irfft", "irfft2",
    "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn"
]  # fmt: skip

def fftfreq(n: Any, d: Any = 1.0, device: Any = None, *, dtype: DTypeLike | None = None) -> Tensor:
    """Return the Discrete Fourier Transform sample frequencies.

    >>> import numpy as np
    >>> signal = np.array([-2, 8, 6, 4, 1, 0, 3, 5], dtype=float)
    >>> fourier = np.fft.fft(signal)
    >>> n = signal.size
    >>> timestep = 0.1
    >>> freq = np.fft.fftfreq(n, d=timestep)
    >>> freq
    array([ 0.  ,  1.25,  2.5 , ..., -3.75, -2.5 , -1.25])
    """

def rfftfreq(n: Any, d: Any = 1.0, device: Any = None, *, dtype: DTypeLike | None = None) -> Tensor:
    """Return the Discrete Fourier Transform sample frequencies (for usage with rfft, irfft).

    >>> import numpy as np
    >>> signal = np.array([-2, 8, 6, 4, 1, 0, 3, 5, -3, 4], dtype=float)
    >>> fourier = np.fft.rfft(signal)
    >>> n = signal.size
    >>> sample_rate = 100
    >>> freq = np.fft.fftfreq(n, d=1./sample_rate)
    >>> freq
    array([  0.,  10.,  20., ..., -30., -20., -10.])
    >>> freq = np.fft.rfftfreq(n, d=1./sample_rate)
    >>> freq
    array([  0.,  10.,  20.,  30.,  40.,  50.])
    """

def dct(
    x: _ArrayLike,
    type: int = 2,
    n: int | None = None,
    axis: _Ints = -1,
    norm: str | None = None,
    orthogonalize: bool | None = None,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The discrete cosine transform along an axis, by SciPy.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6, 0.4],
    ...                     [0.9, -1.2, -1.8, -0.9, 0.6],
    ...                     [0.2, -1.4, -0.3, 0.7, -0.3]])
    >>> jitgrad.fft.dct(x, type=1).shape
    (3, 5)
    >>> jitgrad.grad(lambda x: jitgrad.fft.dct(x, type=1).sum())(x).shape
    (3, 5)
    """

def dctn(
    x: _ArrayLike,
    type: int = 2,
    s: _Ints | None = None,
    axes: _Ints | None = None,
    norm: str | None = None,
    orthogonalize: bool | None = None,
    *,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The discrete cosine transform along several axes, by SciPy.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6, 0.4],
    ...                     [0.9, -1.2, -1.8, -0.9, 0.6],
    ...                     [0.2, -1.4, -0.3, 0.7, -0.3]])
    >>> jitgrad.fft.dctn(x, type=1).shape
    (3, 5)
    >>> jitgrad.grad(lambda x: jitgrad.fft.dctn(x, type=1).sum())(x).shape
    (3, 5)
    """

def dst(
    x: _ArrayLike,
    type: int = 2,
    n: int | None = None,
    axis: _Ints = -1,
    norm: str | None = None,
    orthogonalize: bool | None = None,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The discrete sine transform along an axis, by SciPy.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6, 0.4],
    ...                     [0.9, -1.2, -1.8, -0.9, 0.6],
    ...                     [0.2, -1.4, -0.3, 0.7, -0.3]])
    >>> jitgrad.fft.dst(x, type=1).shape
    (3, 5)
    >>> jitgrad.grad(lambda x: jitgrad.fft.dst(x, type=1).sum())(x).shape
    (3, 5)
    """

def dstn(
    x: _ArrayLike,
    type: int = 2,
    s: _Ints | None = None,
    axes: _Ints | None = None,
    norm: str | None = None,
    orthogonalize: bool | None = None,
    *,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The discrete sine transform along several axes, by SciPy.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6, 0.4],
    ...                     [0.9, -1.2, -1.8, -0.9, 0.6],
    ...                     [0.2, -1.4, -0.3, 0.7, -0.3]])
    >>> jitgrad.fft.dstn(x, type=1).shape
    (3, 5)
    >>> jitgrad.grad(lambda x: jitgrad.fft.dstn(x, type=1).sum())(x).shape
    (3, 5)
    """

def fft(
    a: _ArrayLike,
    n: int | None = None,
    axis: _Ints = -1,
    norm: str | None = None,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The discrete Fourier transform along an axis.

    NumPy's is numpy.fft.fft.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.fft(a, norm='ortho')
    tensor([[-1.05+0.j  , -1.15-0.4j ,  1.35+0.j  , -1.15+0.4j ],
            [-0.85+0.j  ,  0.8 -1.35j,  0.05+0.j  ,  0.8 +1.35j],
            [-0.75+0.j  , -0.55-1.j  ,  0.05+0.j  , -0.55+1.j  ]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.abs(jitgrad.fft.fft(a, norm='ortho')).sum())(a)
    tensor([[-0.9445, -0.6715,  0.9445, -1.3285],
            [ 0.5098, -0.1397, -0.5098, -1.8603],
            [-0.4819, -0.1238,  0.4819, -1.8762]])
    """

def fft2(
    a: _ArrayLike,
    s: _Ints | None = None,
    axes: _Ints = ...,
    norm: str | None = None,
    *,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The discrete Fourier transform along two axes.

    NumPy's is numpy.fft.fft2.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.fft2(a, norm='ortho')
    tensor([[-1.53  +0.0000e+00j, -0.5196-1.5877e+00j,  0.8372+0.0000e+00j,
             -0.5196+1.5877e+00j],
            [-0.1443+5.0000e-02j, -0.9111-2.2755e-01j,  0.7506-2.7756e-17j,
             -0.5611-1.1224e+00j],
            [-0.1443-5.0000e-02j, -0.5611+1.1224e+00j,  0.7506+2.7756e-17j,
             -0.9111+2.2755e-01j]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.abs(jitgrad.fft.fft2(a, norm='ortho')).sum())(a)
    tensor([[-0.9661, -1.5281,  1.0297, -1.8724],
            [ 0.6184,  0.8189, -0.9775, -1.1781],
            [-0.191 ,  0.6232,  0.4866, -0.3277]])
    """

def fftn(
    a: _ArrayLike,
    s: _Ints | None = None,
    axes: _Ints | None = None,
    norm: str | None = None,
    *,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The discrete Fourier transform along several axes.

    NumPy's is numpy.fft.fftn.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.fftn(a, norm='forward')
    tensor([[-0.4417+0.0000e+00j, -0.15  -4.5833e-01j,  0.2417+0.0000e+00j,
             -0.15  +4.5833e-01j],
            [-0.0417+1.4434e-02j, -0.263 -6.5689e-02j,  0.2167-8.0123e-18j,
             -0.162 -3.2402e-01j],
            [-0.0417-1.4434e-02j, -0.162 +3.2402e-01j,  0.2167+8.0123e-18j,
             -0.263 +6.5689e-02j]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.abs(jitgrad.fft.fftn(a, norm='forward')).sum())(a)
    tensor([[-0.2789, -0.4411,  0.2972, -0.5405],
            [ 0.1785,  0.2364, -0.2822, -0.3401],
            [-0.0552,  0.1799,  0.1405, -0.0946]])
    """

def fftshift(
    x: _ArrayLike, axes: _Ints | None = None, *, dims: _Ints | None = ..., out: Tensor | None = None
) -> Tensor:
    """The numbers with frequency 0 brought to the middle of axes.

    NumPy's is numpy.fft.fftshift.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.fftshift(x, axes=(1,))
    tensor([[ 1.3, -1.6, -1. , -0.8],
            [-1.2, -1.8,  0.4,  0.9],
            [ 0.2, -1.4, -0.9,  0.6]])
    >>> jitgrad.grad(lambda x: jitgrad.fft.fftshift(x, axes=(1,)).sum())(x)
    tensor([[1., 1., 1., 1.],
            [1., 1., 1., 1.],
            [1., 1., 1., 1.]])
    """

def hfft(
    a: _ArrayLike,
    n: int | None = None,
    axis: _Ints = -1,
    norm: str | None = None,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The Fourier transform along an axis of numbers whose second half, which is left out, is
    the conjugate of the first.

    NumPy's is numpy.fft.hfft.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.hfft(a, norm='ortho').shape
    (3, 6)
    >>> jitgrad.grad(lambda a: jitgrad.fft.hfft(a, norm='ortho').sum())(a)
    tensor([[2.4495, 0.    , 0.    , 0.    ],
            [2.4495, 0.    , 0.    , 0.    ],
            [2.4495, 0.    , 0.    , 0.    ]])
    """

def idct(
    x: _ArrayLike,
    type: int = 2,
    n: int | None = None,
    axis: _Ints = -1,
    norm: str | None = None,
    orthogonalize: bool | None = None,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse discrete cosine transform along an axis, by SciPy.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6, 0.4],
    ...                     [0.9, -1.2, -1.8, -0.9, 0.6],
    ...                     [0.2, -1.4, -0.3, 0.7, -0.3]])
    >>> jitgrad.fft.idct(x, type=1).shape
    (3, 5)
    >>> jitgrad.grad(lambda x: jitgrad.fft.idct(x, type=1).sum())(x).shape
    (3, 5)
    """

def idctn(
    x: _ArrayLike,
    type: int = 2,
    s: _Ints | None = None,
    axes: _Ints | None = None,
    norm: str | None = None,
    orthogonalize: bool | None = None,
    *,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse discrete cosine transform along several axes, by SciPy.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6, 0.4],
    ...                     [0.9, -1.2, -1.8, -0.9, 0.6],
    ...                     [0.2, -1.4, -0.3, 0.7, -0.3]])
    >>> jitgrad.fft.idctn(x, type=1).shape
    (3, 5)
    >>> jitgrad.grad(lambda x: jitgrad.fft.idctn(x, type=1).sum())(x).shape
    (3, 5)
    """

def idst(
    x: _ArrayLike,
    type: int = 2,
    n: int | None = None,
    axis: _Ints = -1,
    norm: str | None = None,
    orthogonalize: bool | None = None,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse discrete sine transform along an axis, by SciPy.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6, 0.4],
    ...                     [0.9, -1.2, -1.8, -0.9, 0.6],
    ...                     [0.2, -1.4, -0.3, 0.7, -0.3]])
    >>> jitgrad.fft.idst(x, type=1).shape
    (3, 5)
    >>> jitgrad.grad(lambda x: jitgrad.fft.idst(x, type=1).sum())(x).shape
    (3, 5)
    """

def idstn(
    x: _ArrayLike,
    type: int = 2,
    s: _Ints | None = None,
    axes: _Ints | None = None,
    norm: str | None = None,
    orthogonalize: bool | None = None,
    *,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse discrete sine transform along several axes, by SciPy.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6, 0.4],
    ...                     [0.9, -1.2, -1.8, -0.9, 0.6],
    ...                     [0.2, -1.4, -0.3, 0.7, -0.3]])
    >>> jitgrad.fft.idstn(x, type=1).shape
    (3, 5)
    >>> jitgrad.grad(lambda x: jitgrad.fft.idstn(x, type=1).sum())(x).shape
    (3, 5)
    """

def ifft(
    a: _ArrayLike,
    n: int | None = None,
    axis: _Ints = -1,
    norm: str | None = None,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse discrete Fourier transform along an axis.

    NumPy's is numpy.fft.ifft.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.ifft(a, norm='ortho')
    tensor([[-1.05+0.j  , -1.15+0.4j ,  1.35+0.j  , -1.15-0.4j ],
            [-0.85+0.j  ,  0.8 +1.35j,  0.05+0.j  ,  0.8 -1.35j],
            [-0.75+0.j  , -0.55+1.j  ,  0.05+0.j  , -0.55-1.j  ]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.abs(jitgrad.fft.ifft(a, norm='ortho')).sum())(a)
    tensor([[-0.9445, -0.6715,  0.9445, -1.3285],
            [ 0.5098, -0.1397, -0.5098, -1.8603],
            [-0.4819, -0.1238,  0.4819, -1.8762]])
    """

def ifft2(
    a: _ArrayLike,
    s: _Ints | None = None,
    axes: _Ints = ...,
    norm: str | None = None,
    *,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse discrete Fourier transform along two axes.

    NumPy's is numpy.fft.ifft2.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.ifft2(a, norm='ortho')
    tensor([[-1.53  +0.0000e+00j, -0.5196+1.5877e+00j,  0.8372+0.0000e+00j,
             -0.5196-1.5877e+00j],
            [-0.1443-5.0000e-02j, -0.9111+2.2755e-01j,  0.7506+2.7756e-17j,
             -0.5611+1.1224e+00j],
            [-0.1443+5.0000e-02j, -0.5611-1.1224e+00j,  0.7506-2.7756e-17j,
             -0.9111-2.2755e-01j]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.abs(jitgrad.fft.ifft2(a, norm='ortho')).sum())(a)
    tensor([[-0.9661, -1.5281,  1.0297, -1.8724],
            [ 0.6184,  0.8189, -0.9775, -1.1781],
            [-0.191 ,  0.6232,  0.4866, -0.3277]])
    """

def ifftn(
    a: _ArrayLike,
    s: _Ints | None = None,
    axes: _Ints | None = None,
    norm: str | None = None,
    *,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse discrete Fourier transform along several axes.

    NumPy's is numpy.fft.ifftn.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.ifftn(a, norm='forward')
    tensor([[-5.3   +0.0000e+00j, -1.8   +5.5000e+00j,  2.9   +0.0000e+00j,
             -1.8   -5.5000e+00j],
            [-0.5   -1.7321e-01j, -3.1562+7.8827e-01j,  2.6   +9.6148e-17j,
             -1.9438+3.8883e+00j],
            [-0.5   +1.7321e-01j, -1.9438-3.8883e+00j,  2.6   -9.6148e-17j,
             -3.1562-7.8827e-01j]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.abs(jitgrad.fft.ifftn(a, norm='forward')).sum())(a)
    tensor([[-3.3466, -5.2933,  3.567 , -6.4863],
            [ 2.1422,  2.8369, -3.3862, -4.0809],
            [-0.6618,  2.1589,  1.6855, -1.1351]])
    """

def ifftshift(
    x: _ArrayLike, axes: _Ints | None = None, *, dims: _Ints | None = ..., out: Tensor | None = None
) -> Tensor:
    """The numbers with frequency 0 brought from the middle of axes to their beginning: the
    inverse of `fftshift`.

    NumPy's is numpy.fft.ifftshift.

    >>> x = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6, 0.4],
    ...                     [0.9, -1.2, -1.8, -0.9, 0.6],
    ...                     [0.2, -1.4, -0.3, 0.7, -0.3]])
    >>> jitgrad.fft.ifftshift(x, axes=(1,)).shape
    (3, 5)
    >>> jitgrad.grad(lambda x: jitgrad.fft.ifftshift(x, axes=(1,)).sum())(x).shape
    (3, 5)
    """

def ihfft(
    a: _ArrayLike,
    n: int | None = None,
    axis: _Ints = -1,
    norm: str | None = None,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse of `hfft` along an axis: half of the inverse Fourier transform of real
    numbers.

    NumPy's is numpy.fft.ihfft.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.ihfft(a, norm='ortho')
    tensor([[-1.05-0.j  , -1.15+0.4j ,  1.35-0.j  ],
            [-0.85-0.j  ,  0.8 +1.35j,  0.05-0.j  ],
            [-0.75-0.j  , -0.55+1.j  ,  0.05-0.j  ]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.abs(jitgrad.fft.ihfft(a, norm='ortho')).sum())(a)
    tensor([[-0.4722, -0.8357,  0.4722, -1.1643],
            [ 0.2549, -0.5699, -0.2549, -1.4301],
            [-0.241 , -0.5619,  0.241 , -1.4381]])
    """

def irfft(
    a: _ArrayLike,
    n: int | None = None,
    axis: _Ints = -1,
    norm: str | None = None,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The real numbers whose Fourier transform along an axis is given, without what is the
    conjugate of the rest: the inverse of `rfft`.

    NumPy's is numpy.fft.irfft.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.irfft(a, norm='ortho').shape
    (3, 6)
    >>> jitgrad.grad(lambda a: jitgrad.fft.irfft(a, norm='ortho').sum())(a)
    tensor([[2.4495, 0.    , 0.    , 0.    ],
            [2.4495, 0.    , 0.    , 0.    ],
            [2.4495, 0.    , 0.    , 0.    ]])
    """

def irfft2(
    a: _ArrayLike,
    s: _Ints | None = None,
    axes: _Ints = ...,
    norm: str | None = None,
    *,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The real numbers whose Fourier transform along two axes is given, without what is the
    conjugate of the rest: the inverse of `rfft`.

    NumPy's is numpy.fft.irfft2.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.irfft2(a, norm='ortho').shape
    (3, 6)
    >>> jitgrad.grad(lambda a: jitgrad.fft.irfft2(a, norm='ortho').sum())(a)
    tensor([[4.2426, 0.    , 0.    , 0.    ],
            [0.    , 0.    , 0.    , 0.    ],
            [0.    , 0.    , 0.    , 0.    ]])
    """

def irfftn(
    a: _ArrayLike,
    s: _Ints | None = None,
    axes: _Ints | None = None,
    norm: str | None = None,
    *,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The real numbers whose Fourier transform along several axes is given, without what is the
    conjugate of the rest: the inverse of `rfft`.

    NumPy's is numpy.fft.irfftn.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.irfftn(a, norm='forward').shape
    (3, 6)
    >>> jitgrad.grad(lambda a: jitgrad.fft.irfftn(a, norm='forward').sum())(a)
    tensor([[18.,  0.,  0.,  0.],
            [ 0.,  0.,  0.,  0.],
            [ 0.,  0.,  0.,  0.]])
    """

def rfft(
    a: _ArrayLike,
    n: int | None = None,
    axis: _Ints = -1,
    norm: str | None = None,
    *,
    dim: _Ints = ...,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The discrete Fourier transform of real numbers along an axis, without what is the
    conjugate of the rest.

    NumPy's is numpy.fft.rfft.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.rfft(a, norm='ortho')
    tensor([[-1.05+0.j  , -1.15-0.4j ,  1.35+0.j  ],
            [-0.85+0.j  ,  0.8 -1.35j,  0.05+0.j  ],
            [-0.75+0.j  , -0.55-1.j  ,  0.05+0.j  ]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.abs(jitgrad.fft.rfft(a, norm='ortho')).sum())(a)
    tensor([[-0.4722, -0.8357,  0.4722, -1.1643],
            [ 0.2549, -0.5699, -0.2549, -1.4301],
            [-0.241 , -0.5619,  0.241 , -1.4381]])
    """

def rfft2(
    a: _ArrayLike,
    s: _Ints | None = None,
    axes: _Ints = ...,
    norm: str | None = None,
    *,
    dims: _Ints = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The discrete Fourier transform of real numbers along two axes, without what is the
    conjugate of the rest.

    NumPy's is numpy.fft.rfft2.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.rfft2(a, norm='ortho')
    tensor([[-1.53  +0.0000e+00j, -0.5196-1.5877e+00j,  0.8372+0.0000e+00j],
            [-0.1443+5.0000e-02j, -0.9111-2.2755e-01j,  0.7506-2.7756e-17j],
            [-0.1443-5.0000e-02j, -0.5611+1.1224e+00j,  0.7506+2.7756e-17j]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.abs(jitgrad.fft.rfft2(a, norm='ortho')).sum())(a)
    tensor([[-0.4671, -1.6141,  0.5307, -1.7863],
            [ 0.2194,  0.3197, -0.5785, -0.6788],
            [-0.0216,  0.3855,  0.3172, -0.09  ]])
    """

def rfftn(
    a: _ArrayLike,
    s: _Ints | None = None,
    axes: _Ints | None = None,
    norm: str | None = None,
    *,
    dims: _Ints | None = ...,
    out: Tensor | None = None,
) -> Tensor:
    """The discrete Fourier transform of real numbers along several axes, without what is the
    conjugate of the rest.

    NumPy's is numpy.fft.rfftn.

    >>> a = jitgrad.tensor([[-1.0, -0.8, 1.3, -1.6],
    ...                     [0.4, 0.9, -1.2, -1.8],
    ...                     [-0.9, 0.6, 0.2, -1.4]])
    >>> jitgrad.fft.rfftn(a, norm='forward')
    tensor([[-0.4417+0.0000e+00j, -0.15  -4.5833e-01j,  0.2417+0.0000e+00j],
            [-0.0417+1.4434e-02j, -0.263 -6.5689e-02j,  0.2167-8.0123e-18j],
            [-0.0417-1.4434e-02j, -0.162 +3.2402e-01j,  0.2167+8.0123e-18j]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.abs(jitgrad.fft.rfftn(a, norm='forward')).sum())(a)
    tensor([[-0.1349, -0.466 ,  0.1532, -0.5157],
            [ 0.0633,  0.0923, -0.167 , -0.196 ],
            [-0.0062,  0.1113,  0.0916, -0.026 ]])
    """
