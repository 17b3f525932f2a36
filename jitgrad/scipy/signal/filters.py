"""`lfilter` and what is made of it: recursive filters along an axis.

A filter without feedback is a convolution, one of first order is the operation `linear_recurrence`,
and others are a scan over time that carries the state of the transposed direct form II, as SciPy
has it: a compiled loop. Start at `lfilter`.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from ... import linalg
from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ...frontend.functions import FUNCTIONS
from ...ir.shapes import as_int, normalize_axis
from ...tracing.control_flow import scan
from ..vectors import known
from .signals import given_back, signal

op = SimpleNamespace(**FUNCTIONS)


@surface
def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """A recursive filter along an axis, as `scipy.signal.lfilter`.

    Parameters
    ----------
    b, a : array_like of shape (n,)
        The coefficients of numerator and denominator; they may require grad.
    x : array_like
        The signal; it may require grad.
    axis : int
    zi : array_like, optional
        The state before the first element: `x` has ``max(len(a), len(b)) - 1`` elements along
        `axis`.

    Returns
    -------
    y, or (y, zf)
        With `zi`, also the state after the last element.

    Raises
    ------
    ArgumentError
        ``a[0]`` is 0.
    ShapeError
        Coefficients that are no vectors, or a state of another shape.

    References
    ----------
    ``scipy.signal.lfilter``.

    Examples
    --------
    >>> a = jitgrad.tensor([1.0, -0.5], requires_grad=True)
    >>> y = lfilter([1.0], a, [1.0, 0.0, 0.0, 0.0])
    >>> y
    tensor([1.   , 0.5  , 0.25 , 0.125], grad_fn=<...>)
    >>> jitgrad.autograd.grad(y.sum(), a)[0][1]
    tensor(-2.75)
    """
    numerator, denominator = _coefficients(b, a)
    back = known(a)
    feedback = back is None or denominator.requires_grad or bool(np.ravel(back)[1:].any())
    x0 = signal(x, "x")
    if not x0.ndim:
        raise ShapeError("got a number as x, expected an array")
    place = normalize_axis(as_int(axis, "axis"), x0.ndim)
    moved = jnp.moveaxis(x0, place, 0)
    order = numerator.size - 1
    if zi is None:
        state = jnp.zeros((order, *moved.shape[1:]))
    else:
        state = _state(zi, order, x0.shape, place)
    y, last = _filtered(numerator, denominator, moved, state, feedback or zi is not None)
    y = given_back(jnp.moveaxis(y, 0, place), b, a, x, zi)
    if zi is None:
        return y
    return y, given_back(jnp.moveaxis(last, 0, place), b, a, x, zi)


def _coefficients(b: Any, a: Any) -> tuple[Any, Any]:
    """Those of numerator and denominator, of one length, and the first of the latter 1."""
    first = known(a)
    b, a = (jnp.atleast_1d(signal(c, name)) for c, name in ((b, "b"), (a, "a")))
    if b.ndim != 1 or a.ndim != 1 or not a.size or not b.size:
        raise ShapeError(f"got b of shape {b.shape} and a of shape {a.shape}, expected vectors")
    if first is not None and not np.ravel(first)[0]:
        raise ArgumentError("got a[0] = 0, expected another number: outputs are divided by it")
    if first is None or a.requires_grad or np.ravel(first)[0] != 1.0:
        b, a = b / a[0], a / a[0]
    n = max(a.size, b.size)
    return tuple([c if c.size == n else jnp.pad(c, (0, n - c.size)) for c in (b, a)])


def _state(zi: Any, order: int, shape: tuple[int, ...], axis: int) -> Any:
    state = signal(zi, "zi")
    wanted = (*shape[:axis], order, *shape[axis + 1 :])
    fits = state.ndim == len(shape) and all(
        n in (1, m) for n, m in zip(state.shape, wanted, strict=True)
    )
    if not fits or state.shape[axis] != order:
        raise ShapeError(f"got zi of shape {state.shape}, expected {wanted}")
    return jnp.moveaxis(jnp.broadcast_to(state, wanted), axis, 0)


def _filtered(b: Any, a: Any, x: Any, state: Any, recursive: bool) -> tuple[Any, Any]:
    """The output along the first axis, and the state after it, if it is `recursive`."""
    order = b.size - 1
    if not order:
        return b[0] * x, state
    if not x.shape[0]:
        return x + 0.0 * b[0], state
    if order == 1:
        return _of_first_order(b, a, x, state)
    if not recursive:
        return _without_feedback(b, x), state
    columns = (-1, *[1] * (x.ndim - 1))
    forward, back = b[1:].reshape(columns), a[1:].reshape(columns)

    def turn(state: Any, x: Any) -> tuple[Any, Any]:
        y = b[0] * x + state[0]
        moved = jnp.concatenate([state[1:], jnp.zeros_like(state[:1])])
        return moved + forward * x - back * y, y

    last, y = scan(turn, state.to(np.result_type(x.dtype, b.dtype)), x)
    return y, last


def _without_feedback(b: Any, x: Any) -> Any:
    n = x.shape[0]
    out = b[0] * x
    if b.size <= 32:
        for k in range(1, min(b.size, n)):
            zeros = jnp.zeros((k, *x.shape[1:]))
            out = out + b[k] * jnp.concatenate([zeros, x[: n - k]])
        return out
    padded = jnp.pad(x, [(b.size - 1, 0), *[(0, 0)] * (x.ndim - 1)])
    windows = jnp.lib.stride_tricks.sliding_window_view(padded, b.size, axis=0)
    return windows @ jnp.flip(b)


def _of_first_order(b: Any, a: Any, x: Any, state: Any) -> tuple[Any, Any]:
    """``y[i] = b[0] x[i] + b[1] x[i - 1] - a[1] y[i - 1]``, where the state is what the elements
    before the first one add to it."""
    given = jnp.concatenate([b[0] * x[:1] + state, b[0] * x[1:] + b[1] * x[:-1]])
    y = op.linear_recurrence(given, -a[1], axis=0)
    return y, b[1] * x[-1:] - a[1] * y[-1:]


@surface
def lfilter_zi(b: Any, a: Any) -> Any:
    """The state of a filter for which a constant signal of 1 stays as it is, as
    `scipy.signal.lfilter_zi`.

    Parameters
    ----------
    b, a
        As in `lfilter`.

    References
    ----------
    ``scipy.signal.lfilter_zi``.

    Examples
    --------
    >>> lfilter_zi([1.0, 1.0], [1.0, -0.5])
    array([3.])
    """
    numerator, denominator = _coefficients(b, a)
    return given_back(_steady(numerator, denominator), b, a)


def _steady(b: Any, a: Any) -> Any:
    n = b.size - 1
    if not n:
        return jnp.zeros((0,))
    # state = moved state + b[1:] - a[1:] (b[0] + state[0])
    shifted = jnp.asarray(np.eye(n) - np.eye(n, k=1))
    first = np.zeros((1, n))
    first[0, 0] = 1.0
    return linalg.solve(shifted + a[1:, None] * first, b[1:] - a[1:] * b[0])


@surface
def filtfilt(
    b: Any,
    a: Any,
    x: Any,
    axis: int = -1,
    padtype: str | None = "odd",
    padlen: int | None = None,
    method: str = "pad",
    irlen: int | None = None,
) -> Any:
    """A filter forward and backward along an axis, without a shift of phase, as
    `scipy.signal.filtfilt`.

    Parameters
    ----------
    b, a, x, axis
        As in `lfilter`.
    padtype : "odd", "even", "constant" or None
    padlen : int, optional
    method : "pad"
        SciPy's other method, "gust", is not there.

    References
    ----------
    ``scipy.signal.filtfilt``.

    Examples
    --------
    >>> filtfilt([0.5, 0.5], [1.0], np.array([0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0]))
    array([0., 0., 1., 2., 1., 0., 0.])
    """
    if method != "pad" or irlen is not None:
        raise ArgumentError(f"got method={method!r}, expected 'pad'")
    numerator, denominator = _coefficients(b, a)
    known = signal(b, "b"), signal(a, "a")
    length = 3 * max(c.size for c in known) if padlen is None else padlen
    steady = _steady(numerator, denominator)

    def run(x: Any) -> Any:
        columns = (-1, *[1] * (x.ndim - 1))
        return _filtered(numerator, denominator, x, steady.reshape(columns) * x[:1], True)[0]

    return _both_ways(run, x, axis, padtype, length, b, a)


def _both_ways(run: Any, x: Any, axis: int, padtype: str | None, length: int, *given: Any) -> Any:
    x0 = signal(x, "x")
    if not x0.ndim:
        raise ShapeError("got a number as x, expected an array")
    place = normalize_axis(as_int(axis, "axis"), x0.ndim)
    moved = jnp.moveaxis(x0, place, 0)
    length = as_int(length, "padlen") if padtype is not None else 0
    extended = _extended(moved, padtype, length)
    y = jnp.flip(run(jnp.flip(run(extended), 0)), 0)
    y = y[length : y.shape[0] - length]
    return given_back(jnp.moveaxis(y, 0, place), x, *given)


def _extended(x: Any, padtype: str | None, length: int) -> Any:
    if padtype not in ("odd", "even", "constant", None):
        raise ArgumentError(f"got padtype={padtype!r}, expected odd, even, constant or None")
    if length < 0 or x.shape[0] <= length:
        raise ShapeError(
            f"got {x.shape[0]} elements along the axis for padlen={length}, expected more"
        )
    if not length:
        return x
    left, right = jnp.flip(x[1 : length + 1], 0), jnp.flip(x[-length - 1 : -1], 0)
    if padtype == "odd":
        left, right = 2 * x[:1] - left, 2 * x[-1:] - right
    elif padtype == "constant":
        left, right = 0 * left + x[:1], 0 * right + x[-1:]
    return jnp.concatenate([left, x, right])


# --- sections of second order ---------------------------------------------------------------------


@surface
def sosfilt(sos: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """A cascade of filters of second order along an axis, as `scipy.signal.sosfilt`.

    Parameters
    ----------
    sos : array_like of shape (sections, 6)
        Three coefficients of the numerator, three of the denominator for each section.
    x, axis
        As in `lfilter`.
    zi : array_like, optional
        Of the shape of `x` with a first axis of sections, and 2 elements along `axis`.

    Returns
    -------
    y, or (y, zf)

    References
    ----------
    ``scipy.signal.sosfilt``.

    Examples
    --------
    >>> sosfilt([[1.0, 0.0, 0.0, 1.0, -0.5, 0.0]], [1.0, 0.0, 0.0])
    array([1.  , 0.5 , 0.25])
    """
    sections = _sections(sos)
    y, last = signal(x, "x"), []
    states = None if zi is None else signal(zi, "zi")
    if states is not None and states.shape[:1] != sections.shape[:1]:
        raise ShapeError(
            f"got zi of shape {states.shape}, expected {sections.shape[0]} sections in front"
        )
    for k in range(sections.shape[0]):
        b, a = sections[k, :3], sections[k, 3:]
        if states is None:
            y = lfilter(b, a, y, axis)
        else:
            y, state = lfilter(b, a, y, axis, states[k])
            last.append(state)
    if states is None:
        return given_back(y, sos, x)
    return given_back(y, sos, x, zi), given_back(jnp.stack(last), sos, x, zi)


def _sections(sos: Any) -> Any:
    sections = signal(sos, "sos")
    if sections.ndim != 2 or sections.shape[1] != 6 or not sections.shape[0]:
        raise ShapeError(f"got sos of shape {sections.shape}, expected (sections, 6)")
    return sections


@surface
def sosfilt_zi(sos: Any) -> Any:
    """The states of a cascade for which a constant signal of 1 stays as it is, as
    `scipy.signal.sosfilt_zi`.

    Parameters
    ----------
    sos
        As in `sosfilt`.

    References
    ----------
    ``scipy.signal.sosfilt_zi``.

    Examples
    --------
    >>> sosfilt_zi([[1.0, 1.0, 0.0, 1.0, -0.5, 0.0]])
    array([[3., 0.]])
    """
    sections = _sections(sos)
    scale, out = 1.0, []
    for k in range(sections.shape[0]):
        b, a = sections[k, :3] / sections[k, 3], sections[k, 3:] / sections[k, 3]
        out.append(scale * _steady(b, a))
        scale = scale * b.sum() / a.sum()
    return given_back(jnp.stack(out), sos)


@surface
def sosfiltfilt(
    sos: Any, x: Any, axis: int = -1, padtype: str | None = "odd", padlen: int | None = None
) -> Any:
    """A cascade of filters forward and backward along an axis, as `scipy.signal.sosfiltfilt`.

    Parameters
    ----------
    sos, x, axis
        As in `sosfilt`.
    padtype, padlen
        As in `filtfilt`.

    References
    ----------
    ``scipy.signal.sosfiltfilt``.

    Examples
    --------
    >>> sosfiltfilt([[0.5, 0.5, 0.0, 1.0, 0.0, 0.0]], np.array([0.0, 0.0, 4.0, 0.0, 0.0]), padlen=1)
    array([0., 1., 2., 1., 0.])
    """
    sections = _sections(sos)
    values = known(sos)
    count = sections.shape[0]
    steady = signal(sosfilt_zi(sections), "zi")
    if padlen is None:
        if values is None:
            raise ArgumentError(
                "got padlen=None under jit, where it depends on values of sos, expected a number"
            )
        padlen = 3 * (
            2 * len(values) + 1 - min((values[:, 2] == 0).sum(), (values[:, 5] == 0).sum())
        )

    def run(x: Any) -> Any:
        columns = (count, 2, *[1] * (x.ndim - 1))
        return sosfilt(sections, x, 0, steady.reshape(columns) * x[:1])[0]

    return _both_ways(run, x, axis, padtype, int(padlen), sos)
