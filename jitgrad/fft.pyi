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
    >>> jitgrad.grad(lambda a: jitgrad.fft.fft(a, norm='ortho').sum())(a)
    tensor([[2., 0., 0., 0.],
            [2., 0., 0., 0.],
            [2., 0., 0., 0.]])
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
    tensor([[-1.52997821+0.00000000e+00j, -0.51961524-1.58771324e+00j,
              0.83715789+0.00000000e+00j, -0.51961524+1.58771324e+00j],
            [-0.14433757+5.00000000e-02j, -0.91112159-2.27553541e-01j,
              0.75055535-2.77555756e-17j, -0.56112159-1.12244646e+00j],
            [-0.14433757-5.00000000e-02j, -0.56112159+1.12244646e+00j,
              0.75055535+2.77555756e-17j, -0.91112159+2.27553541e-01j]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.fft.fft2(a, norm='ortho').sum())(a)
    tensor([[3.4641, 0.    , 0.    , 0.    ],
            [0.    , 0.    , 0.    , 0.    ],
            [0.    , 0.    , 0.    , 0.    ]])
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
    tensor([[-0.44166667+0.00000000e+00j, -0.15      -4.58333333e-01j,
              0.24166667+0.00000000e+00j, -0.15      +4.58333333e-01j],
            [-0.04166667+1.44337567e-02j, -0.26301815-6.56890492e-02j,
              0.21666667-8.01234453e-18j, -0.16198185-3.24022383e-01j],
            [-0.04166667-1.44337567e-02j, -0.16198185+3.24022383e-01j,
              0.21666667+8.01234453e-18j, -0.26301815+6.56890492e-02j]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.fft.fftn(a, norm='forward').sum())(a)
    tensor([[1., 0., 0., 0.],
            [0., 0., 0., 0.],
            [0., 0., 0., 0.]])
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
    >>> jitgrad.grad(lambda a: jitgrad.fft.ifft(a, norm='ortho').sum())(a)
    tensor([[2., 0., 0., 0.],
            [2., 0., 0., 0.],
            [2., 0., 0., 0.]])
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
    tensor([[-1.52997821+0.00000000e+00j, -0.51961524+1.58771324e+00j,
              0.83715789+0.00000000e+00j, -0.51961524-1.58771324e+00j],
            [-0.14433757-5.00000000e-02j, -0.91112159+2.27553541e-01j,
              0.75055535+2.77555756e-17j, -0.56112159+1.12244646e+00j],
            [-0.14433757+5.00000000e-02j, -0.56112159-1.12244646e+00j,
              0.75055535-2.77555756e-17j, -0.91112159-2.27553541e-01j]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.fft.ifft2(a, norm='ortho').sum())(a)
    tensor([[3.4641, 0.    , 0.    , 0.    ],
            [0.    , 0.    , 0.    , 0.    ],
            [0.    , 0.    , 0.    , 0.    ]])
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
    tensor([[-5.3       +0.00000000e+00j, -1.8       +5.50000000e+00j,
              2.9       +0.00000000e+00j, -1.8       -5.50000000e+00j],
            [-0.5       -1.73205081e-01j, -3.15621778+7.88268590e-01j,
              2.6       +9.61481343e-17j, -1.94378222+3.88826859e+00j],
            [-0.5       +1.73205081e-01j, -1.94378222-3.88826859e+00j,
              2.6       -9.61481343e-17j, -3.15621778-7.88268590e-01j]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.fft.ifftn(a, norm='forward').sum())(a)
    tensor([[12.,  0.,  0.,  0.],
            [ 0.,  0.,  0.,  0.],
            [ 0.,  0.,  0.,  0.]])
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
    >>> jitgrad.grad(lambda a: jitgrad.fft.ihfft(a, norm='ortho').sum())(a)
    tensor([[1.5, 0. , 0.5, 0. ],
            [1.5, 0. , 0.5, 0. ],
            [1.5, 0. , 0.5, 0. ]])
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
    >>> jitgrad.grad(lambda a: jitgrad.fft.rfft(a, norm='ortho').sum())(a)
    tensor([[1.5, 0. , 0.5, 0. ],
            [1.5, 0. , 0.5, 0. ],
            [1.5, 0. , 0.5, 0. ]])
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
    tensor([[-1.52997821+0.00000000e+00j, -0.51961524-1.58771324e+00j,
              0.83715789+0.00000000e+00j],
            [-0.14433757+5.00000000e-02j, -0.91112159-2.27553541e-01j,
              0.75055535-2.77555756e-17j],
            [-0.14433757-5.00000000e-02j, -0.56112159+1.12244646e+00j,
              0.75055535+2.77555756e-17j]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.fft.rfft2(a, norm='ortho').sum())(a)
    tensor([[2.5981, 0.    , 0.866 , 0.    ],
            [0.    , 0.    , 0.    , 0.    ],
            [0.    , 0.    , 0.    , 0.    ]])
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
    tensor([[-0.44166667+0.00000000e+00j, -0.15      -4.58333333e-01j,
              0.24166667+0.00000000e+00j],
            [-0.04166667+1.44337567e-02j, -0.26301815-6.56890492e-02j,
              0.21666667-8.01234453e-18j],
            [-0.04166667-1.44337567e-02j, -0.16198185+3.24022383e-01j,
              0.21666667+8.01234453e-18j]], dtype=complex128)
    >>> jitgrad.grad(lambda a: jitgrad.fft.rfftn(a, norm='forward').sum())(a)
    tensor([[0.75, 0.  , 0.25, 0.  ],
            [0.  , 0.  , 0.  , 0.  ],
            [0.  , 0.  , 0.  , 0.  ]])
    """
