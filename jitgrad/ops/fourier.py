"""The entries of discrete Fourier, cosine and sine transforms.

All are sums with fixed factors, so the tangent of a transform is the transform of the tangent, and
its transpose, which reverse mode asks for, is a transform again: of complex numbers the same one;
from real numbers to half of the spectrum and back, each the other's, with weights for the half that
is left out. Transforms are calls of NumPy's; of SciPy's, where it is installed and there are so
many that threads share them. Start at `_fourier`, then at `_half_spectrum`.

Cooley and Tukey, "An algorithm for the machine calculation of complex Fourier series" (1965).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..base.config import config
from ..base.dtypes import FLOAT64, complex_of, real_of
from ..base.errors import ArgumentError, AxisError, ShapeError
from ..base.extras import if_installed
from ..ir import Node, Op, const
from ..ir.shapes import normalize_axis
from .arrange import roll
from .comparison import equal, where
from .movement import pad_node, slice_node
from .primitives import broadcast, cast, conj, reshape_to
from .promotion import by_dtypes
from .records import Names
from .registry import movement, operation
from .rows import Rows, all_rows, on_rows, places

#: NumPy's names of where the factor 1/n is, and that of the transposed transform's in the other
#: direction.
NORMS = {None: "backward", "backward": "backward", "ortho": "ortho", "forward": "forward"}
SWAPPED = {"backward": "forward", "forward": "backward", "ortho": "ortho"}
#: So many elements, at least, are worth threads.
SHARED = 1 << 16


def _called(name: str, x: np.ndarray, axes: tuple[int, ...], norm: str, **given: Any) -> np.ndarray:
    """The transform of `x` by the function of that name of NumPy's, or of SciPy's on threads."""
    length = max([x.shape[a] for a in axes])
    many = config.num_threads > 1 and x.size >= SHARED and x.size > length
    theirs = if_installed("scipy.fft") if many else None
    if theirs is None:
        return getattr(np.fft, name)(x, axes=axes, norm=norm, **given)
    return getattr(theirs, name)(x, axes=axes, norm=norm, workers=config.num_threads, **given)


class Spectrum(NamedTuple):
    """The argument of a node: the axes, the direction, NumPy's `norm`, and for a transform to real
    numbers the length of its last axis."""

    axes: tuple[int, ...]
    norm: str
    inverse: bool = False
    length: int = 0

    def __repr__(self) -> str:
        text = f"axes={self.axes}, norm={self.norm!r}"
        return text + ", inverse" * self.inverse + f", n={self.length}" * bool(self.length)

    def of_rows(self) -> Spectrum:
        """The same behind one more axis."""
        return self._replace(axes=tuple([a + 1 for a in self.axes]))


def _flops(node: Node) -> int:
    """5 n log2(n) for each transform of length n, as FFTW counts them."""
    n = math.prod([node.src[0].shape[a] for a in node.arg.axes])
    return int(5 * node.src[0].size * math.log2(max(n, 2)))


def _rows(rows: Rows, node: Node, size: int) -> Node:
    return on_rows(node, all_rows(rows, node.src, size), node.arg.of_rows(), size)


# --- the three primitives -------------------------------------------------------------------------


def _fourier(x: Node, axes: tuple[int, ...], norm: str, inverse: bool) -> Node:
    """The transform of complex, or real, numbers to complex ones."""
    return Node(FOURIER, (x,), Spectrum(axes, norm, inverse), x.shape, complex_of(x.dtype))


def _fourier_reference(x: np.ndarray, node: Node) -> np.ndarray:
    name = "ifftn" if node.arg.inverse else "fftn"
    return _called(name, x, node.arg.axes, node.arg.norm)


FOURIER = Op(
    "fourier",
    "call",
    _fourier_reference,
    vjp=lambda g, node: (_fourier(g, node.arg.axes, node.arg.norm, node.arg.inverse),),
    jvp=lambda t, node: _fourier(t[0], node.arg.axes, node.arg.norm, node.arg.inverse),
    batch=_rows,
    flops=_flops,
)


def _half_spectrum(x: Node, axes: tuple[int, ...], norm: str) -> Node:
    """The transform of real numbers, without what is the conjugate of the rest: on the last of
    `axes`, n // 2 + 1 numbers."""
    shape = list(x.shape)
    shape[axes[-1]] = shape[axes[-1]] // 2 + 1
    arg = Spectrum(axes, norm, False)
    return Node(HALF, (x,), arg, tuple(shape), complex_of(x.dtype))


def _from_half(x: Node, axes: tuple[int, ...], norm: str, n: int) -> Node:
    """The real numbers, `n` on the last of `axes`, of half a spectrum."""
    shape = list(x.shape)
    shape[axes[-1]] = n
    arg = Spectrum(axes, norm, True, n)
    return Node(FROM_HALF, (x,), arg, tuple(shape), real_of(x.dtype))


def weighted(x: Node, axis: int, chosen: Sequence[int], weights: tuple[float, float]) -> Node:
    """`x` times the first weight at the `chosen` places of an axis, counted from either end, and
    the second elsewhere."""
    shape, n = [1] * x.ndim, x.shape[axis]
    shape[axis] = n
    dtype, at = real_of(x.dtype), places(n)
    first, *others = [equal(at, const(k, at.dtype)) for k in sorted({k % n for k in chosen})]
    for other in others:
        first = first | other
    factors = where(first, const(weights[0], dtype), const(weights[1], dtype))
    return x * broadcast(reshape_to(factors, tuple(shape)), x.shape)


def _inner(x: Node, axis: int, n: int, factor: float) -> Node:
    """Half a spectrum of `n` numbers, times `factor` wherever its conjugate is left out: but for
    frequency 0, and the last one of an even length."""
    return weighted(x, axis, (0, -1) if n % 2 == 0 else (0,), (1.0, factor))


def _half_vjp(g: Node, node: Node) -> tuple[Node]:
    (x,), arg = node.src, node.arg
    n = x.shape[arg.axes[-1]]
    g = _inner(conj(g), arg.axes[-1], n, 0.5)
    return (_from_half(g, arg.axes, SWAPPED[arg.norm], n),)


def _from_half_vjp(g: Node, node: Node) -> tuple[Node]:
    arg = node.arg
    out = _half_spectrum(g, arg.axes, SWAPPED[arg.norm])
    return (conj(_inner(out, arg.axes[-1], arg.length, 2.0)),)


def _from_half_reference(x: np.ndarray, node: Node) -> np.ndarray:
    lengths = [node.shape[a] for a in node.arg.axes]
    return _called("irfftn", x, node.arg.axes, node.arg.norm, s=lengths)


HALF = Op(
    "half_spectrum",
    "call",
    lambda x, node: _called("rfftn", x, node.arg.axes, node.arg.norm),
    vjp=_half_vjp,
    jvp=lambda t, node: _half_spectrum(t[0], node.arg.axes, node.arg.norm),
    batch=_rows,
    flops=_flops,
)
FROM_HALF = Op(
    "from_half_spectrum",
    "call",
    _from_half_reference,
    vjp=_from_half_vjp,
    jvp=lambda t, node: _from_half(t[0], node.arg.axes, node.arg.norm, node.arg.length),
    batch=_rows,
    flops=_flops,
)

# --- operands -------------------------------------------------------------------------------------


def fitted(x: Node, axis: int, n: int) -> Node:
    """`x` with `n` numbers along an axis: cut, or with zeros behind."""
    have = x.shape[axis]
    shape = (*x.shape[:axis], n, *x.shape[axis + 1 :])
    change = slice_node if n < have else pad_node
    return x if n == have else change(x, (0,) * x.ndim, (1,) * x.ndim, shape)


def norm_named(name: str, norm: Any) -> str:
    if norm not in NORMS:
        raise ArgumentError(
            f"got norm={norm!r} in {name}, expected 'backward', 'ortho', 'forward' or None"
        )
    return NORMS[norm]


def check_length(name: str, x: Node, n: int, least: int = 1) -> None:
    """Raises where fewer numbers than `least` are to be transformed."""
    if n < least:
        raise ShapeError(
            f"got {n} numbers to transform in {name} of shape {x.shape}, expected at least {least}"
        )


def lengths_and_axes(
    name: str, x: Node, s: Any, axes: Any, half: bool = False
) -> tuple[list[int], tuple[int, ...]]:
    """How many numbers are transformed along which axes; of `half` a spectrum, how many there will
    be along the last."""
    asked = None if s is None else [s] if isinstance(s, int) else list(s)
    if axes is None:
        chosen = list(range(x.ndim))[-len(asked) :] if asked else list(range(x.ndim))
    else:
        chosen = [axes] if isinstance(axes, int) else list(axes)
    if not chosen:
        raise AxisError(f"got no axis to transform in {name} of shape {x.shape}; name one in axes")
    asked = [None] * len(chosen) if asked is None else asked
    if len(asked) != len(chosen):
        raise ShapeError(
            f"got s={tuple(asked)} and axes={tuple(chosen)} in {name}, expected as many lengths as "
            "axes"
        )
    numbers = tuple([normalize_axis(a, x.ndim) for a in chosen])
    there = [x.shape[a] for a in numbers]
    if half:
        there[-1] = 2 * (there[-1] - 1)
    lengths = [have if n in (None, -1) else n for n, have in zip(asked, there, strict=True)]
    check_length(name, x, min(lengths))
    return lengths, numbers


def inexact(x: Node) -> Node:
    """Integers count as float64, as in NumPy."""
    return x if x.dtype.kind in "fc" else cast(x, FLOAT64)


def _all_fitted(x: Node, lengths: Sequence[int], axes: tuple[int, ...]) -> Node:
    for axis, n in zip(axes, lengths, strict=True):
        x = fitted(x, axis, n)
    return x


def _in_turn(
    x: Node, lengths: Sequence[int], axes: tuple[int, ...], norm: str, inverse: bool
) -> Node:
    """Complex transforms along axes. One that is named twice is transformed twice, as in NumPy, the
    last ones first."""
    if len(set(axes)) == len(axes):
        return _fourier(_all_fitted(x, lengths, axes), axes, norm, inverse) if axes else x
    for axis, n in reversed(list(zip(axes, lengths, strict=True))):
        x = _fourier(fitted(x, axis, n), (axis,), norm, inverse)
    return x


def _complex_transform(name: str, inverse: bool) -> Callable[..., Node]:
    def build(x: Node, s: Any, axes: Any, norm: Any) -> Node:
        lengths, numbers = lengths_and_axes(name, x, s, axes)
        return _in_turn(inexact(x), lengths, numbers, norm_named(name, norm), inverse)

    return build


def _to_half(name: str) -> Callable[..., Node]:
    def build(x: Node, s: Any, axes: Any, norm: Any) -> Node:
        lengths, numbers = lengths_and_axes(name, x, s, axes)
        x, way = inexact(x), norm_named(name, norm)
        if len(set(numbers)) == len(numbers):
            return _half_spectrum(_all_fitted(x, lengths, numbers), numbers, way)
        out = _half_spectrum(fitted(x, numbers[-1], lengths[-1]), numbers[-1:], way)
        return _in_turn(out, lengths[:-1], numbers[:-1], way, False)

    return build


def _to_real(name: str) -> Callable[..., Node]:
    def build(x: Node, s: Any, axes: Any, norm: Any) -> Node:
        lengths, numbers = lengths_and_axes(name, x, s, axes, half=True)
        x, way, last = inexact(x), norm_named(name, norm), numbers[-1]
        x, n = cast(x, complex_of(x.dtype)), lengths[-1]
        if len(set(numbers)) == len(numbers):
            x = _all_fitted(x, [*lengths[:-1], n // 2 + 1], numbers)
            return _from_half(x, numbers, way, n)
        x = _in_turn(x, lengths[:-1], numbers[:-1], way, True)
        return _from_half(fitted(x, last, n // 2 + 1), (last,), way, n)

    return build


# --- entries --------------------------------------------------------------------------------------


def _result(kind: Callable[[np.dtype], np.dtype]) -> Any:
    """The rule of dtypes: integers count as float64, and `kind` of that is the result's."""

    def rule(asked: tuple) -> tuple[tuple, np.dtype]:
        (given,) = asked
        dtype = np.dtype(given)
        dtype = dtype if dtype.kind in "fc" else FLOAT64
        return (dtype,), kind(dtype)

    return by_dtypes(rule).of


inexact_dtypes = _result(lambda dtype: dtype)
_LINEAR = "Linear: the gradient is transformed, too."
_SAME = "Of the shape of `a`, with the lengths that are asked for; complex."
_HALVED = "Of the shape of `a`, but n // 2 + 1 on the last axis that is transformed; complex."
_WHOLE = (
    "Of the shape of `a`, but n, by default 2 (m - 1) for m numbers, on the last axis that is "
    "transformed; real."
)
#: Parameters -> where a transform with them goes, and what it is tested with.
_ALONG: dict[str, tuple[str, dict[str, Any], tuple[dict[str, Any], ...]]] = {
    "": (
        " along an axis",
        {"n": None, "axis": -1, "norm": None},
        ({}, {"norm": "ortho"}, {"n": 5, "axis": 0}, {"n": 3, "norm": "forward"}),
    ),
    "2": (
        " along two axes",
        {"s": None, "axes": (-2, -1), "norm": None},
        ({}, {"norm": "ortho"}, {"s": (4, 3)}),
    ),
    "n": (
        " along several axes",
        {"s": None, "axes": None, "norm": None},
        ({}, {"norm": "forward"}, {"s": (4,), "axes": (0,)}),
    ),
}


def _along_one(name: str, build: Callable[..., Node]) -> Callable[..., Node]:
    def one(x: Node, n: int | None, axis: int, norm: str | None) -> Node:
        if n is not None:
            check_length(name, x, n)  # of several axes, -1 stands for all numbers
        return build(x, (n,), (axis,), norm)

    return one


def _transform(
    name: str,
    build: Callable[..., Node],
    doc: str,
    result: Callable[[np.dtype], np.dtype],
    returns: str,
    takes_complex: bool,
    along: str = "",
) -> None:
    where_, params, cases = _ALONG[along]
    operation(
        getattr(np.fft, name),
        build,
        doc.format(where_),
        params,
        loop=_result(result),
        shapes=((3, 4),),
        cases=cases,
        complex=takes_complex,
        names=Names(method=False, home="fft", args=("a",)),
        slope=_LINEAR,
        returns=returns,
    )


def _family(
    name: str,
    builder: Callable[[str], Callable[..., Node]],
    doc: str,
    result: Callable[[np.dtype], np.dtype],
    returns: str,
    takes_complex: bool = True,
) -> None:
    """The transforms of NumPy's of one kind: along an axis, two, and several."""
    for along in _ALONG:
        build = builder(name + along)
        build = build if along else _along_one(name, build)
        _transform(name + along, build, doc, result, returns, takes_complex, along)


_family(
    "fft",
    lambda name: _complex_transform(name, False),
    "The discrete Fourier transform{}.",
    complex_of,
    _SAME,
)
_family(
    "ifft",
    lambda name: _complex_transform(name, True),
    "The inverse discrete Fourier transform{}.",
    complex_of,
    _SAME,
)
_family(
    "rfft",
    _to_half,
    "The discrete Fourier transform of real numbers{}, without what is the conjugate of the rest.",
    complex_of,
    _HALVED,
    False,
)
_family(
    "irfft",
    _to_real,
    "The real numbers whose Fourier transform{} is given, without what is the conjugate of the "
    "rest: the inverse of `rfft`.",
    real_of,
    _WHOLE,
)


def _hermitian(x: Node, n: int | None, axis: int, norm: str | None) -> Node:
    way = SWAPPED[norm_named("hfft", norm)]
    return _along_one("hfft", _to_real("hfft"))(conj(inexact(x)), n, axis, way)


def _to_hermitian(x: Node, n: int | None, axis: int, norm: str | None) -> Node:
    way = SWAPPED[norm_named("ihfft", norm)]
    return conj(_along_one("ihfft", _to_half("ihfft"))(x, n, axis, way))


_transform(
    "hfft",
    _hermitian,
    "The Fourier transform{} of numbers whose second half, which is left out, is the conjugate of "
    "the first.",
    real_of,
    _WHOLE,
    True,
)
_transform(
    "ihfft",
    _to_hermitian,
    "The inverse of `hfft`{}: half of the inverse Fourier transform of real numbers.",
    complex_of,
    _HALVED,
    False,
)

# --- order of frequencies -------------------------------------------------------------------------


def _shifted(direction: int) -> Callable[..., Node]:
    def build(x: Node, axes: Any) -> Node:
        numbers = range(x.ndim) if axes is None else (axes,) if isinstance(axes, int) else axes
        numbers = tuple([normalize_axis(a, x.ndim) for a in numbers])
        shifts = tuple([direction * (x.shape[a] // 2) for a in numbers])
        return roll(x, shifts, numbers) if numbers else x

    return build


movement(
    np.fft.fftshift,
    _shifted(1),
    "The numbers with frequency 0 brought to the middle of axes.",
    {"axes": None},
    view=None,
    shapes=((3, 4),),
    cases=({}, {"axes": (1,)}),
    names=Names(method=False, home="fft"),
)
movement(
    np.fft.ifftshift,
    _shifted(-1),
    "The numbers with frequency 0 brought from the middle of axes to their beginning: the inverse "
    "of `fftshift`.",
    {"axes": None},
    view=None,
    shapes=((3, 5),),
    cases=({}, {"axes": (1,)}),
    names=Names(method=False, home="fft"),
)
