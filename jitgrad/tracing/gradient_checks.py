"""Derivatives against differences of values, entry by entry: `check_grads`, and the parts of
`jitgrad.autograd.gradcheck`.

A function of containers becomes one of the tensors of floats among its arguments (`FlatFunction`).
Its Jacobian by vector-Jacobian or Jacobian-vector products is compared with central differences;
where an entry is wrong, the error says which, and what may be the reason (`_hints`). Higher orders
are checks of the products. Start at `compare`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..base.dtypes import is_complex
from ..base.errors import ArgumentError, GradientCheckError
from ..base.surface import surface
from ..base.tree import flatten
from ..frontend.complex_views import view_as_complex, view_as_real
from ..frontend.creation import tensor
from ..frontend.modes import enable_grad, no_grad
from ..frontend.tensor import Tensor
from .products import jvp, vjp

MODES = ("fwd", "rev")


class Tolerances(NamedTuple):
    """How far a derivative may be from what differences give; None is what the dtype allows."""

    atol: float | None
    rtol: float | None
    eps: float | None
    nondeterminism: float = 0.0

    def of(self, dtype: Any) -> tuple[float, float, float]:
        """(atol, rtol, eps) for values of a dtype: differences of steps of the cube root of its
        precision are exact to that squared."""
        step = float(np.finfo(dtype).eps) ** (1 / 3)
        close = 1e-5 if dtype == np.float64 else 1e-2
        return tuple(  # type: ignore[return-value]
            default if given is None else given
            for given, default in zip(self[:3], (close, close, step), strict=True)
        )


class FlatFunction:
    """A function of containers as one of the tensors of floats among its arguments: their values
    `xs` and their `names`. Complex numbers are pairs of real ones along a last axis, so that a
    derivative is one by the real or the imaginary part. It gives the tensors of floats among the
    results, whose names are `outputs` after a call."""

    def __init__(
        self, f: Callable[..., Any], args: Any, differentiated: Callable[[Any], bool] | None = None
    ) -> None:
        self.f = f
        self.leaves, names, self.rebuild = flatten(tuple(args), "")
        chosen = differentiated or is_float
        self.places = [k for k, leaf in enumerate(self.leaves) if chosen(leaf)]
        self.names = ["argument " + names[k][1:].replace("]", "", 1) for k in self.places]
        self.xs = [_array(self.leaves[k]) for k in self.places]
        self.pairs = [
            np.ndim(self.leaves[k]) < x.ndim for k, x in zip(self.places, self.xs, strict=True)
        ]
        self.outputs: list[str] = []
        if not self.xs:
            raise ArgumentError(
                "got no arguments that are differentiated, expected tensors, arrays or numbers of "
                "floats; for gradcheck, tensors that require grad"
            )

    def __call__(self, *xs: Tensor) -> tuple[Tensor, ...]:
        given = list(self.leaves)
        for k, x, pairs in zip(self.places, xs, self.pairs, strict=True):
            given[k] = view_as_complex(x) if pairs else x
        leaves, names, _ = flatten(self.f(*self.rebuild(iter(given))), "the result")
        found = [
            (t, n)
            for t, n in zip(leaves, names, strict=True)
            if isinstance(t, Tensor) and is_float(t)
        ]
        self.outputs = [n for _, n in found]
        if not found:
            raise ArgumentError(
                "got a function without tensors of floats among its results, expected one at least"
            )
        return tuple([view_as_real(t) if is_complex(t.dtype) else t for t, _ in found])

    def values(self, xs: Sequence[np.ndarray]) -> list[np.ndarray]:
        with no_grad():
            return [np.array(t) for t in self(*map(tensor, xs))]


def is_float(x: Any) -> bool:
    """Whether `x` may be differentiated by: a tensor, an array or a number of floats."""
    if isinstance(x, (Tensor, np.ndarray, np.generic)):
        return bool(x.dtype.kind in "fc")
    return type(x) in (float, complex)


def _array(x: Any) -> np.ndarray:
    """The values of `x`, of complex numbers as pairs of real ones."""
    x = np.array(x.detach() if isinstance(x, Tensor) else x)
    return x if x.dtype.kind == "f" else np.stack([x.real, x.imag], -1)


# --- Jacobians: for each result, and each argument in it, a matrix --------------------------------

Jacobian = list[list[np.ndarray]]


def _numeric(f: FlatFunction, outs: Sequence[np.ndarray], tolerances: Tolerances) -> Jacobian:
    """By central differences."""
    columns: list[list[list[np.ndarray]]] = [[[] for _ in f.xs] for _ in outs]
    for j, x in enumerate(f.xs):
        for place in np.ndindex(x.shape):
            ahead, behind, step = _moved(f, j, place, tolerances)
            for k, (a, b) in enumerate(zip(ahead, behind, strict=True)):
                columns[k][j].append((a.astype(float) - b.astype(float)).ravel() / step)
    return [
        [np.array(c).reshape(x.size, out.size).T for c, x in zip(row, f.xs, strict=True)]
        for row, out in zip(columns, outs, strict=True)
    ]


def _moved(
    f: FlatFunction, j: int, place: tuple[int, ...], tolerances: Tolerances, sides: Any = (1, -1)
) -> tuple[list[np.ndarray], list[np.ndarray], float]:
    """The results with one entry moved to both sides, and how far apart these are."""
    _, _, eps = tolerances.of(f.xs[j].dtype)
    at: list[float] = []
    out = []
    for side in sides:
        xs = [x.copy() for x in f.xs]
        xs[j][place] += side * eps
        at.append(float(xs[j][place]))
        out.append(f.values(xs))
    return out[0], out[1], at[0] - at[1]


def _reverse(f: FlatFunction, outs: Sequence[np.ndarray]) -> Jacobian:
    """By a vector-Jacobian product for each entry of the results."""
    _, pull = vjp(f, *map(tensor, f.xs))
    rows: list[list[list[np.ndarray]]] = [[[] for _ in f.xs] for _ in outs]
    for k, out in enumerate(outs):
        for unit in _units(out):
            cotangents = [unit if i == k else np.zeros_like(o) for i, o in enumerate(outs)]
            for row, g in zip(rows[k], pull(tuple(cotangents)), strict=True):
                row.append(np.asarray(g).ravel())
    return [
        [np.array(r).reshape(out.size, x.size) for r, x in zip(row, f.xs, strict=True)]
        for row, out in zip(rows, outs, strict=True)
    ]


def _forward(f: FlatFunction, outs: Sequence[np.ndarray]) -> Jacobian:
    """By a Jacobian-vector product for each entry of the arguments."""
    primals = [*map(tensor, f.xs)]
    columns: list[list[list[np.ndarray]]] = [[[] for _ in f.xs] for _ in outs]
    for j, x in enumerate(f.xs):
        for unit in _units(x):
            tangents = [unit if i == j else np.zeros_like(y) for i, y in enumerate(f.xs)]
            for row, t in zip(columns, jvp(f, primals, tangents)[1], strict=True):
                row[j].append(np.asarray(t).ravel())
    return [
        [np.array(c).reshape(x.size, out.size).T for c, x in zip(row, f.xs, strict=True)]
        for row, out in zip(columns, outs, strict=True)
    ]


def _units(x: np.ndarray) -> Any:
    for place in np.ndindex(x.shape):
        unit = np.zeros_like(x)
        unit[place] = 1
        yield unit


# --- comparing ------------------------------------------------------------------------------------


def compare(f: FlatFunction, modes: Sequence[str], tolerances: Tolerances) -> None:
    """Compares the Jacobian of `f` in some modes with differences; raises `GradientCheckError`."""
    outs = f.values(f.xs)
    _check_repeatable(f, outs, tolerances)
    numeric = _numeric(f, outs, tolerances)
    for mode in modes:
        with enable_grad():
            found = (_forward if mode == "fwd" else _reverse)(f, outs)
        for k, row in enumerate(found):
            for j, analytic in enumerate(row):
                _compare(f, outs, k, j, analytic, numeric[k][j], mode, tolerances)


def _check_repeatable(f: FlatFunction, outs: Sequence[np.ndarray], tolerances: Tolerances) -> None:
    """Refuses functions that change their arguments, or give something else the second time."""
    xs = [tensor(x) for x in f.xs]
    with no_grad():
        again = [np.array(t) for t in f(*xs)]
    for x, before, name in zip(xs, f.xs, f.names, strict=True):
        if not np.array_equal(np.asarray(x), before, equal_nan=True):
            raise GradientCheckError(
                f"got a function that changes {name} in place, expected one that leaves its "
                "arguments as they are; write to a copy: x = x.clone()"
            )
    for a, b, name in zip(outs, again, f.outputs, strict=True):
        if a.shape != b.shape or not _within(a, b, tolerances.nondeterminism):
            raise GradientCheckError(
                f"got another value of {name} when the function was called again with the same "
                "arguments, expected the same; make random numbers outside of it, or allow for "
                "it by nondet_tol of gradcheck"
            )


def _within(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    return bool(np.allclose(a, b, rtol=0, atol=tolerance, equal_nan=True))


def _compare(
    f: FlatFunction,
    outs: Sequence[np.ndarray],
    k: int,
    j: int,
    analytic: np.ndarray,
    numeric: np.ndarray,
    mode: str,
    tolerances: Tolerances,
) -> None:
    dtype = min(outs[k].dtype, f.xs[j].dtype)
    atol, rtol, _ = tolerances.of(dtype)
    wrong = ~np.isclose(analytic, numeric, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return
    error = np.where(wrong, np.nan_to_num(np.abs(analytic - numeric), nan=np.inf), -1)
    row, column = np.unravel_index(int(error.argmax()), error.shape)
    place = np.unravel_index(int(column), f.xs[j].shape)
    got, want = float(analytic[row, column]), float(numeric[row, column])
    hints = _hints(f, j, place, k, int(row), got, dtype, tolerances)
    raise GradientCheckError(
        f"got {got:.9g} as the derivative of "
        f"{f.outputs[k]}{_index(np.unravel_index(int(row), outs[k].shape))} by "
        f"{f.names[j]}{_index(place)} in {'forward' if mode == 'fwd' else 'reverse'} mode, "
        f"expected {want:.9g} as by central differences (within atol={atol:g}, rtol={rtol:g}; "
        f"{int(wrong.sum())} of {wrong.size} such derivatives are wrong, this one most); "
        + "; ".join(hints)
    )


def _index(place: Sequence[Any]) -> str:
    return f"[{', '.join(str(int(i)) for i in place)}]" if len(place) else ""


def _hints(
    f: FlatFunction,
    j: int,
    place: Any,
    k: int,
    row: int,
    got: float,
    dtype: Any,
    tolerances: Tolerances,
) -> list[str]:
    """What may be the reason of a wrong entry."""
    at = lambda values: float(values[k].ravel()[row])
    slopes = []
    for sides in ((0, -1), (1, 0)):
        ahead, behind, step = _moved(f, j, tuple(place), tolerances, sides)
        slopes.append((at(ahead) - at(behind)) / step)
    atol, rtol, eps = tolerances.of(dtype)
    left, right = slopes
    apart = abs(left - right)
    out = []
    if apart > 100 * (atol + rtol * max(abs(left), abs(right))) or not np.isfinite(apart):
        out.append(
            f"the slopes to both sides are {left:.6g} and {right:.6g}, as at a kink or a jump: "
            "check at another point"
        )
    if dtype == np.float32:
        out.append("float32 has few digits for differences: check in float64")
    if eps != Tolerances(None, None, None).of(dtype)[2]:
        out.append(f"differences are over steps of eps={eps:g}: try another one")
    return out or [
        "look for what cuts a gradient off, as detach() and no_grad() do, and for rules of your own"
    ]


# --- check_grads ----------------------------------------------------------------------------------


@surface
def check_grads(
    f: Callable[..., Any],
    args: Any,
    order: int = 1,
    modes: Any = MODES,
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
) -> None:
    """Checks derivatives of `f` against central differences, in both modes and up to an order.

    Parameters
    ----------
    f : callable
    args : tuple
        Its arguments, containers or not; the floats among their leaves are differentiated by.
    order : int
        Up to which order: those above the first are checks of the products that the modes give,
        with random vectors.
    modes : sequence of {"fwd", "rev"}
    atol, rtol, eps : float, optional
        How far derivatives may be off, and the step of the differences; by default what the dtype
        allows.

    Raises
    ------
    GradientCheckError
        A derivative is wrong. The error, which is an AssertionError, too, names the argument, the
        entry, and both values, and says what may be the reason.

    See Also
    --------
    https://docs.jax.dev/en/latest/_autosummary/jax.test_util.check_grads.html

    Examples
    --------
    >>> jitgrad.check_grads(lambda p: jitgrad.sin(p["x"]) * 2.0, ({"x": np.array([0.5])},), order=2)
    >>> jitgrad.check_grads(lambda x: x.detach() * x, (2.0,))
    Traceback (most recent call last):
        ...
    jitgrad.base.errors.GradientCheckError: got 2 as the derivative of the result by argument 0 ...
    """
    if not isinstance(args, (tuple, list)):
        raise ArgumentError(
            f"got args of type {type(args).__name__}, expected a tuple of the arguments; write (x,)"
        )
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    if not modes or not {*modes} <= {*MODES}:
        raise ArgumentError(f"got modes {modes!r}, expected some of 'fwd' and 'rev'")
    if not isinstance(order, int) or order < 1:
        raise ArgumentError(f"got order {order!r}, expected an integer from 1 on")
    _up_to(order, FlatFunction(f, args), modes, Tolerances(atol, rtol, eps), 0)


def _up_to(
    order: int, f: FlatFunction, modes: Sequence[str], tolerances: Tolerances, seed: int
) -> None:
    compare(f, modes, tolerances)
    if order == 1:
        return
    rng = np.random.default_rng(seed)
    outs = f.values(f.xs)
    along = [rng.standard_normal(x.shape).astype(x.dtype) for x in f.xs]
    against = tuple([rng.standard_normal(o.shape).astype(o.dtype) for o in outs])
    products = {
        "fwd": lambda *xs: jvp(f, xs, along)[1],
        "rev": lambda *xs: vjp(f, *xs)[1](against),
    }
    for mode in modes:
        inner = FlatFunction(products[mode], f.xs)
        inner.names = f.names
        _up_to(order - 1, inner, modes, tolerances, seed + 1)
