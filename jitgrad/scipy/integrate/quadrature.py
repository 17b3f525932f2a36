"""`quad` and the rules for samples: SciPy's, with derivatives.

Rules for samples are formulas of operations. `quad` is SciPy's adaptive one; the parts that it cut
the interval in are constants, and on each the integral is a sum over Gauss's nodes, which move with
the limits. Its derivatives are those that Leibniz's rule says, in both modes and of any order.
Start at `quad`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.dtypes import real_of
from ...base.errors import (
    ArgumentError,
    DTypeError,
    GradientError,
    GradientWarning,
    JitError,
    ShapeError,
)
from ...base.extras import function_of
from ...base.surface import surface
from ...frontend.convert import as_operand
from ...frontend.modes import enable_grad, is_grad_enabled, no_grad
from ...ir.shapes import normalize_axis
from ...tape.running import needs_grad
from ...tracing.vmap import vmap
from ..vectors import Called, as_arrays, as_tuple, constants, kept, known, outside_jit

#: Gauss's nodes on a part, more than those of Gauss and Kronrod that SciPy has.
NODES = 21


@surface
@outside_jit
def quad(
    func: Callable[..., Any],
    a: Any,
    b: Any,
    args: Any = (),
    full_output: int = 0,
    epsabs: float = 1.49e-8,
    epsrel: float = 1.49e-8,
    limit: int = 50,
    points: Any = None,
    **options: Any,
) -> Any:
    """The integral of a function over an interval, as `scipy.integrate.quad`.

    Parameters
    ----------
    func : callable
        ``func(x, *args)`` is a number, computed from a 0-d tensor `x` by operations on tensors. It
        is traced by `jit`; where it asks for values it is run as it is, with a `JitgradWarning`.
    a, b : float or Tensor
        The limits, which may be infinite, and may require grad.
    args, full_output, epsabs, epsrel, limit, points, **options
        As in SciPy.

    Returns
    -------
    (value, error)
        The value is a 0-d tensor where limits or what `func` depends on require grad, else a float;
        with `full_output`, what SciPy says besides. With ``complex_func=True`` both are complex.

    Raises
    ------
    GradientError
        A derivative with a `weight`.
    DTypeError
        Complex values without ``complex_func=True``.

    Warns
    -----
    GradientWarning
        The parts that SciPy cut the interval in are not fine enough for derivatives, as at a
        singularity.

    References
    ----------
    ``scipy.integrate.quad``.

    Examples
    --------
    >>> f = lambda a: quad(lambda x: jitgrad.exp(-a * x), 0.0, np.inf)[0]
    >>> jitgrad.hessian(f)(jitgrad.tensor(2.0))
    tensor(0.25)
    """
    args = as_tuple(args)
    if options.pop("complex_func", False):
        given = (a, b, args, full_output, epsabs, epsrel, limit, points)
        real, imag = (quad(_part(func, name), *given, **options) for name in ("real", "imag"))
        if not full_output:
            return tuple([x + 1j * y for x, y in zip(real, imag, strict=True)])
        names = {"real": real[2:], "imag": imag[2:]}
        return real[0] + 1j * imag[0], real[1] + 1j * imag[1], names
    low, high = (as_operand(x).to(np.float64) for x in (a, b))
    value = kept(func, "quad", lambda: Called(func)) if callable(func) else Called(func)
    given = constants(args)
    ends = float(low.detach()), float(high.detach())
    with no_grad():
        found = function_of("scipy.integrate", "quad")(
            lambda x: _real(value(np.array(x, np.float64), *given)),
            *ends,
            full_output=1,
            epsabs=epsabs,
            epsrel=epsrel,
            limit=limit,
            points=as_arrays(points),
            **options,
        )
    if not full_output and len(found) > 3:
        warnings.warn(found[3], function_of("scipy.integrate", "IntegrationWarning"), stacklevel=3)
    rest = found[1:] if full_output else found[1:2]
    out = found[0]
    if is_grad_enabled() and _depends(func, low, high, args, value.jitted is None):
        if options.get("weight"):
            raise GradientError(
                f"got weight={options['weight']!r} in quad with a tensor that requires grad, "
                "expected none: write the weight in the function"
            )
        out = _differentiable(func, low, high, args, out, found, max(epsabs, epsrel * abs(out)))
    return (out, *rest)


def _real(value: Any) -> float:
    if as_operand(value).dtype.kind == "c":
        raise DTypeError(
            "got a function with complex values for quad, expected real ones; complex_func=True "
            "integrates their real and imaginary parts"
        )
    return float(value)


def _part(f: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function whose value is a part of that of `f`."""

    def part(x: Any, *args: Any) -> Any:
        return getattr(as_operand(f(x, *args)), name)

    return kept(f, f"quad of {name} parts", lambda: part) if callable(f) else part


def _depends(f: Callable[..., Any], low: Any, high: Any, args: Any, looks: bool) -> bool:
    """Whether an integral depends on tensors that require grad; perhaps it does where the function
    asks for values."""
    if looks or needs_grad(low) or needs_grad(high):
        return True
    finite = [x for x in (float(low.detach()), float(high.detach())) if np.isfinite(x)]
    with enable_grad():
        return needs_grad(as_operand(f(as_operand(np.mean(finite or [0.5])), *args)))


def _differentiable(
    f: Callable[..., Any],
    low: Any,
    high: Any,
    args: Any,
    value: float,
    found: Any,
    tolerance: float,
) -> Any:
    """The integral as a sum over nodes, with SciPy's value."""
    info = found[2]
    parts = info["alist"][: info["last"]], info["blist"][: info["last"]]
    x, weights = _nodes(low, high, *map(np.asarray, parts))
    total = as_operand((_of_each(f, x, args) * weights).sum())
    if not needs_grad(total):
        return value
    off = value - float(total.detach())
    if not abs(off) <= 100 * max(tolerance, found[1]):
        warnings.warn(
            f"quad differs by {abs(off):.1e} from the sum over nodes that its derivatives are "
            "those of; cut the interval at singularities, or substitute another variable",
            GradientWarning,
            stacklevel=5,
        )
    return total + off


def _nodes(low: Any, high: Any, left: np.ndarray, right: np.ndarray) -> tuple[Any, Any]:
    """Places and weights on the parts from `left` to `right`; infinite intervals are those of a
    variable u in (0, 1), of which x is (1 - u) / u from the finite end, as in QUADPACK."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    middle, half = (left + right) / 2, (right - left) / 2
    u = (middle[:, None] + half[:, None] * nodes).reshape(-1)
    w = (half[:, None] * weights).reshape(-1)
    first, last = float(low.detach()), float(high.detach())
    if first > last:  # QUADPACK has gone from the lower limit to the upper one
        x, w = _nodes(high, low, left, right)
        return x, -w
    if np.isfinite(first) and np.isfinite(last):
        length = last - first
        if not length:
            return low + 0.0 * as_operand(u), 0.0 * as_operand(w) * (high - low)
        return low + (high - low) * ((u - first) / length), (high - low) * (w / length)
    far, w = (1 - u) / u, w / u**2
    if not np.isfinite(first) and not np.isfinite(last):
        return as_operand(np.append(far, -far)), as_operand(np.append(w, w))
    if np.isfinite(first):
        return low + far, as_operand(w)
    return high - far, as_operand(w)


def _of_each(f: Callable[..., Any], x: Any, args: Any) -> Any:
    try:
        return vmap(lambda x: as_operand(f(x, *args)))(x)
    except JitError:  # `f` asks for values
        return jnp.stack([as_operand(f(x[k], *args)) for k in range(x.size)])


# --- samples --------------------------------------------------------------------------------------


@surface
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    """The integral of samples by the trapezoidal rule, as `scipy.integrate.trapezoid`.

    Parameters
    ----------
    y, x : array_like
        Values, and their places; both may require grad.
    dx, axis
        As in SciPy.

    References
    ----------
    ``scipy.integrate.trapezoid``.

    Examples
    --------
    >>> trapezoid(jitgrad.tensor([1.0, 2.0, 4.0]))
    tensor(4.5)
    """
    return jnp.trapezoid(y, x, dx, axis)


@surface
def cumulative_trapezoid(
    y: Any, x: Any = None, dx: float = 1.0, axis: int = -1, initial: Any = None
) -> Any:
    """Integrals of samples up to each of them by the trapezoidal rule, as
    `scipy.integrate.cumulative_trapezoid`.

    Parameters
    ----------
    y, x, dx, axis
        As in `trapezoid`.
    initial : 0, optional
        What to put in front.

    References
    ----------
    ``scipy.integrate.cumulative_trapezoid``.

    Examples
    --------
    >>> cumulative_trapezoid(jitgrad.tensor([1.0, 2.0, 4.0]), initial=0)
    tensor([0. , 1.5, 4.5])
    """
    if initial not in (None, 0):
        raise ArgumentError(f"got initial={initial!r}, expected None or 0")
    y, h = _in_front(y, x, dx, axis)
    out = jnp.cumsum(h * (y[1:] + y[:-1]) / 2, axis=0)
    if initial is not None:
        out = jnp.concatenate([jnp.zeros_like(out[:1]) + 0.0 * y[:1], out])
    return jnp.moveaxis(out, 0, axis)


@surface
def cumulative_simpson(
    y: Any, *, x: Any = None, dx: float = 1.0, axis: int = -1, initial: Any = None
) -> Any:
    """Integrals of samples up to each of them by Simpson's rule, as
    `scipy.integrate.cumulative_simpson`.

    Parameters
    ----------
    y, x, dx, axis
        As in `trapezoid`; `x` is strictly increasing, and `dx` a number, or as `initial`.
    initial : array_like, optional
        What to put in front, and to add to all others: a number, or of the shape of `y` but for
        one element along `axis`.

    Raises
    ------
    ArgumentError
        An `x` that is not strictly increasing.
    ShapeError
        Another shape of `dx` or `initial`.

    References
    ----------
    ``scipy.integrate.cumulative_simpson``; K. V. Cartwright, "Simpson's Rule Cumulative Integration
    with MS Excel and Irregularly-spaced Data" (2017).

    Examples
    --------
    >>> cumulative_simpson(jitgrad.tensor([0.0, 1.0, 4.0, 9.0]))
    tensor([0.3333, 2.6667, 9.    ])
    """
    samples, h = _in_front(y, x, 1.0 if x is None else dx, axis)
    if x is None:
        h = _one_along(dx, "dx", samples, axis)
    elif samples.shape[0] > 2:
        widths = known(h)
        if widths is not None and not (widths > 0).all():
            raise ArgumentError("got x that is not strictly increasing, expected larger and larger")
    if samples.shape[0] < 3:
        out = jnp.cumsum(h * (samples[1:] + samples[:-1]) / 2, axis=0)
    else:
        h = h + jnp.zeros_like(samples[1:].real)
        first = _first_half(samples, h)
        second = _first_half(samples[::-1], h[::-1])[::-1]
        number = np.arange(h.shape[0]).reshape((-1, *[1] * (h.ndim - 1)))
        ahead = (number % 2 == 0) & (number < h.shape[0] - 1)
        parts = jnp.concatenate([first, first[-1:]]), jnp.concatenate([second[:1], second])
        out = jnp.cumsum(jnp.where(ahead, *parts), axis=0)
    if initial is not None:
        start = _one_along(initial, "initial", samples, axis)
        start = jnp.zeros((1, *out.shape[1:]), dtype=out.dtype) + start
        out = jnp.concatenate([start, out + start])
    return jnp.moveaxis(out, 0, axis)


def _one_along(x: Any, name: str, samples: Any, axis: int) -> Any:
    """A number, or an array with one element along the axis of samples, which goes in front."""
    given, x = x, as_operand(x)
    if not x.ndim:
        return given
    moved = jnp.moveaxis(x, axis, 0) if x.ndim == samples.ndim else x
    if moved.shape != (1, *samples.shape[1:]):
        raise ShapeError(
            f"got {name} of shape {x.shape}, expected a number, or the shape of y but for one "
            "element along the axis"
        )
    return moved


def _first_half(y: Any, h: Any) -> Any:
    """The integrals over the first of each two neighbouring intervals, of the parabola through
    their three points."""
    h0, h1 = h[:-1], h[1:]
    share = h0 / (h0 + h1)
    bend = share * (h0 / h1)
    return h0 / 6 * ((3 - share) * y[:-2] + (3 + bend + share) * y[1:-1] - bend * y[2:])


def _in_front(y: Any, x: Any, dx: Any, axis: int) -> tuple[Any, Any]:
    """Samples with their axis in front, and the widths between them."""
    y = as_operand(y)
    if not y.ndim:
        raise ShapeError("got a number to integrate, expected an array of samples")
    axis = normalize_axis(axis, y.ndim)
    y = jnp.moveaxis(y if y.dtype.kind in "fc" else y.to(np.float64), axis, 0)
    if y.shape[0] == 0:
        raise ShapeError("got no samples to integrate, expected at least one")
    if x is None:
        return y, dx
    x = as_operand(x)
    x = x.reshape((-1, *[1] * (y.ndim - 1))) if x.ndim == 1 else jnp.moveaxis(x, axis, 0)
    if x.shape[0] != y.shape[0]:
        raise ShapeError(f"got {x.shape[0]} places for {y.shape[0]} samples, expected as many")
    return y, x[1:] - x[:-1]


@surface
def simpson(y: Any, x: Any = None, *, dx: float = 1.0, axis: int = -1) -> Any:
    """The integral of samples by Simpson's rule, as `scipy.integrate.simpson`.

    Parameters
    ----------
    y, x, dx, axis
        As in `trapezoid`.

    References
    ----------
    ``scipy.integrate.simpson``, whose formula for an even number of samples this has, too.

    Examples
    --------
    >>> simpson(jitgrad.tensor([0.0, 1.0, 8.0, 27.0, 64.0]))
    tensor(64.)
    """
    y, h = _in_front(y, x, dx, axis)
    count = y.shape[0]
    if x is None:
        widths = (max(count - 1, 0), *[1] * (y.ndim - 1))
        h = jnp.full(widths, float(dx), dtype=real_of(y.dtype))
    if count < 3:
        return (h * (y[1:] + y[:-1]) / 2).sum(0)
    whole = count if count % 2 else count - 1
    h0, h1 = h[0 : whole - 1 : 2], h[1 : whole - 1 : 2]
    both = h0 + h1
    parts = (
        y[0 : whole - 2 : 2] * (2 - h1 / h0)
        + y[1 : whole - 1 : 2] * (both * both / (h0 * h1))
        + y[2:whole:2] * (2 - h0 / h1)
    )
    out = (both / 6 * parts).sum(0)
    if count % 2:
        return out
    h0, h1 = h[-2], h[-1]
    last = (2 * h1**2 + 3 * h0 * h1) / (6 * (h0 + h1)) * y[-1]
    before = (h1**2 + 3 * h0 * h1) / (6 * h0) * y[-2]
    return out + last + before - h1**3 / (6 * h0 * (h0 + h1)) * y[-3]


@surface
def romb(y: Any, dx: float = 1.0, axis: int = -1) -> Any:
    """The integral of ``2**k + 1`` samples by Romberg's method, as `scipy.integrate.romb`.

    Parameters
    ----------
    y, dx, axis
        As in `trapezoid`.

    References
    ----------
    ``scipy.integrate.romb``.

    Examples
    --------
    >>> romb(jitgrad.tensor([0.0, 1.0, 16.0, 81.0, 256.0]))
    tensor(204.8)
    """
    y, _ = _in_front(y, None, dx, axis)
    n = y.shape[0] - 1
    if n < 1 or n & (n - 1):
        raise ShapeError(f"got {n + 1} samples, expected one more than a power of two")
    row: list[Any] = []
    step = n
    while step:
        part = y[::step]
        rule = dx * step * (part[1:] + part[:-1]).sum(0) / 2
        new = [rule]
        for k, before in enumerate(row):
            new.append(new[k] + (new[k] - before) / (4 ** (k + 1) - 1))
        row, step = new, step // 2
    return row[-1]
