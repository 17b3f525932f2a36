"""B-splines of any degree: `BSpline`, and `make_interp_spline`, whose coefficients solve the
equations of interpolation.

A spline of degree k is, between two knots, a sum of k + 1 of its basis functions. Their values are
formulas of places and knots, by the recurrence of Cox and de Boor, and the coefficients that they
are multiplied by are gathered; so all have derivatives of any order. Start at `basis`.

C. de Boor, "A Practical Guide to Splines" (1978), chapters IX, X and XIII.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import linalg
from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface, surfaces
from ...frontend.tensor import Tensor
from ...ir.shapes import as_int, normalize_axis
from ..vectors import known
from .piecewise_polynomials import floats, given_back, increasing, numbers


def basis(t: Any, k: int, x: Any, where: Any, nu: int = 0) -> Any:
    """The k + 1 basis functions of degree `k` that are not 0 between the knots ``t[where]`` and
    ``t[where + 1]``, at places `x`, or their derivatives of order `nu`: of shape (n, k + 1)."""
    out = jnp.ones_like(x)[:, None]
    for degree in range(1, k + 1):
        near = where[:, None] + np.arange(1 - degree, 1)
        left, width = t[near], t[near + degree] - t[near]
        width = jnp.where(width > 0, width, 1.0)  # between equal knots there is no place
        if degree > k - nu:
            up = down = degree * out / width
            down = -down
        else:
            share = (x[:, None] - left) / width
            up, down = share * out, (1.0 - share) * out
        none = jnp.zeros_like(up[:, :1])
        out = jnp.concatenate([none, up], axis=1) + jnp.concatenate([down, none], axis=1)
    return out


def located(knots: Any, k: int, values: Any) -> Any:
    """The number of the knot before each place, of those between which there is a polynomial."""
    last = knots.shape[0] - k - 2
    if k:  # of equal knots at the end the last before them
        last = jnp.clip(jnp.searchsorted(knots, knots[last + 1], side="left") - 1, k, last)
    return jnp.clip(jnp.searchsorted(knots, values, side="right") - 1, k, last)


@surfaces
class BSpline:
    """A spline as a sum of basis functions, as `scipy.interpolate.BSpline`.

    Parameters
    ----------
    t : array_like of shape (n + k + 1,)
        The knots, sorted.
    c : array_like of shape (n, ...)
        The coefficients.
    k : int
        The degree.
    extrapolate : bool or "periodic"
        What is beyond the base interval, from ``t[k]`` to ``t[n]``: the first and the last
        polynomial, nan, or the same again.
    axis : int
        That of the coefficients, and where the axis of places goes in the result.

    Notes
    -----
    Places, coefficients and knots may require grad; then results are tensors. Else they are arrays.

    References
    ----------
    ``scipy.interpolate.BSpline``.

    Examples
    --------
    >>> c = jitgrad.tensor([1.0, 2.0, 0.0, 1.0], requires_grad=True)
    >>> s = BSpline([0.0, 0.0, 0.0, 1.0, 2.0, 2.0, 2.0], c, 2)
    >>> jitgrad.autograd.grad(s(0.5), c)
    (tensor([0.25 , 0.625, 0.125, 0.   ]),)
    """

    def __init__(self, t: Any, c: Any, k: int, extrapolate: Any = True, axis: int = 0) -> None:
        self.k = as_int(k, "k")
        #: Whether results are tensors.
        self.tensors = isinstance(t, Tensor) or isinstance(c, Tensor)
        self._t, self._c = floats(t), numbers(c)
        if self.k < 0:
            raise ArgumentError(f"got k={k}, expected a degree of at least 0")
        if self._t.ndim != 1 or not self._c.ndim:
            raise ShapeError(
                f"got knots of shape {self._t.shape} and coefficients of shape {self._c.shape}, "
                "expected one axis, and one at least"
            )
        self.axis = normalize_axis(as_int(axis, "axis"), self._c.ndim)
        self._c = jnp.moveaxis(self._c, self.axis, 0)
        self.n = self._t.size - self.k - 1
        if self.n <= self.k or self._c.shape[0] < self.n:
            raise ShapeError(
                f"got {self._t.size} knots and {self._c.shape[0]} coefficients for degree "
                f"{self.k}, expected {2 * self.k + 2} knots at least, and {max(self.n, 1)} "
                "coefficients"
            )
        self._c = self._c[: self.n]
        values = known(self._t)
        if values is not None and (np.diff(values) < 0).any():
            raise ArgumentError("got knots t that are not sorted, expected none below another")
        self.knots: Any = self._t.detach() if values is None else values
        self.extrapolate = extrapolate

    @property
    def t(self) -> Any:
        """The knots, of shape (n + k + 1,)."""
        return given_back(self._t, self.tensors)

    @property
    def c(self) -> Any:
        """The coefficients, of shape (n, ...)."""
        return given_back(self._c, self.tensors)

    def _located(self, x: Any, periodic: bool) -> tuple[Any, Any, Any]:
        """Places on one axis, their values, and the number of the knot before each."""
        flat = floats(x).reshape((-1,))
        values: Any = known(x)  # under jit, tensors stand for values
        values = flat.detach() if values is None else np.asarray(values, float).reshape(-1)
        if periodic:
            turns = self._turns(values)
            flat = flat - turns * (self._t[self.n] - self._t[self.k])
            values = values - turns * (self.knots[self.n] - self.knots[self.k])
        return flat, values, located(self.knots, self.k, values)

    def _turns(self, values: Any) -> Any:
        """How many periods places are beyond the first one."""
        first, last = self.knots[self.k], self.knots[self.n]
        return jnp.floor((values - first) / (last - first))

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        """The spline at places `x`, or its derivative of order `nu`."""
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        nu, shape = as_int(nu, "nu"), np.shape(x)
        if nu < 0:
            raise ArgumentError(f"got nu={nu}, expected at least 0; see antiderivative")
        flat, values, where = self._located(x, extrapolate == "periodic")
        trailing = [1] * (self._c.ndim - 1)
        if nu > self.k:
            out = 0.0 * flat.reshape((-1, *trailing)) * self._c[:1]
        else:
            weights = basis(self._t, self.k, flat, where, nu).reshape((-1, self.k + 1, *trailing))
            out = (weights * self._c[where[:, None] + np.arange(-self.k, 1)]).sum(1)
        if not self.k:  # a piece of degree 0 does not depend on its place
            out = jnp.where(jnp.isnan(values).reshape((-1, *trailing)), np.nan, out)
        if not extrapolate:
            outside = (values < self.knots[self.k]) | (values > self.knots[self.n])
            out = jnp.where(outside.reshape((-1, *trailing)), np.nan, out)
        out = out.reshape((*shape, *self._c.shape[1:]))
        m = len(shape)
        order = [*range(m, m + self.axis), *range(m), *range(m + self.axis, out.ndim)]
        out = jnp.transpose(out, order) if self.axis else out
        return given_back(out, self.tensors or isinstance(x, Tensor))

    def derivative(self, nu: int = 1) -> BSpline:
        """The derivative of order `nu`, as a spline."""
        nu = as_int(nu, "nu")
        if nu < 0:
            return self.antiderivative(-nu)
        t, c, k = self._t, self._c, self.k
        if nu > k:
            raise ArgumentError(f"got nu={nu} for a spline of degree {k}, expected {k} at most")
        for _ in range(nu):
            width = self._column(t[k + 1 : -1] - t[1 : -k - 1])
            c = jnp.where(width > 0, (c[1:] - c[:-1]) * k / jnp.where(width > 0, width, 1.0), 0.0)
            t, k = t[1:-1], k - 1
        return self._made(t, c, k, self.extrapolate)

    def antiderivative(self, nu: int = 1) -> BSpline:
        """The antiderivative of order `nu`, as a spline that is 0 at the first knot."""
        nu = as_int(nu, "nu")
        if nu < 0:
            return self.derivative(-nu)
        t, c, k = self._t, self._c, self.k
        for _ in range(nu):
            sums = jnp.cumsum(c * self._column(t[k + 1 :] - t[: -k - 1]), axis=0) / (k + 1)
            c = jnp.concatenate([0.0 * sums[:1], sums])
            t, k = jnp.concatenate([t[:1], t, t[-1:]]), k + 1
        periodic = self.extrapolate == "periodic"  # which an antiderivative is not
        return self._made(t, c, k, False if periodic else self.extrapolate)

    def _column(self, x: Any) -> Any:
        return x.reshape((-1, *[1] * (self._c.ndim - 1)))

    def _made(self, t: Any, c: Any, k: int, extrapolate: Any) -> BSpline:
        out = BSpline(t, c, k, extrapolate)
        out.axis, out.tensors = self.axis, self.tensors
        return out

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """The integral from `a` to `b`; of a spline that is not extrapolated, of the part in the
        base interval."""
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        whole = self.antiderivative()
        whole.axis, whole.tensors = 0, True
        first, last = self._t[self.k], self._t[self.n]
        ends = [floats(x) for x in (a, b)]
        if extrapolate == "periodic":
            period = whole(last) - whole(first)
            lower, upper = (
                whole(x, extrapolate=extrapolate) + self._turns(x.detach()) * period for x in ends
            )
        else:
            if not extrapolate:
                ends = [jnp.clip(x, first, last) for x in ends]
            lower, upper = (whole(x, extrapolate=True) for x in ends)
        given = any(isinstance(x, Tensor) for x in (a, b))
        return given_back(upper - lower, self.tensors or given)

    @classmethod
    def basis_element(cls, t: Any, extrapolate: Any = True) -> BSpline:
        """The basis function on the knots `t`, of degree ``len(t) - 2``."""
        t = floats(t)
        k = t.size - 2
        padded = jnp.concatenate([*[t[:1] - 1.0] * k, t, *[t[-1:] + 1.0] * k])
        c = np.zeros(padded.size)
        c[k] = 1.0
        return cls(given_back(padded, t.requires_grad), c, k, extrapolate)


@surface
def make_interp_spline(
    x: Any,
    y: Any,
    k: int = 3,
    t: Any = None,
    bc_type: Any = None,
    axis: int = 0,
    check_finite: bool = True,
) -> BSpline:
    """The spline of degree `k` through values, as `scipy.interpolate.make_interp_spline`.

    Parameters
    ----------
    x : array_like of shape (n,)
        Increasing.
    y : array_like
        With n elements along `axis`.
    k : int
        The degree.
    t : array_like, optional
        Knots, of which the number is that of all conditions, and k + 1 more.
    bc_type : str or pair
        What holds at the ends: "not-a-knot", "periodic", "clamped", "natural", or for each end one
        of the last two, or a list of pairs (order, value) of derivatives.
    axis, check_finite
        As in SciPy; `check_finite` has no effect.

    Returns
    -------
    BSpline

    Notes
    -----
    `x`, `y`, and values of `bc_type` may require grad. The equations are banded, but for periodic
    splines.

    References
    ----------
    ``scipy.interpolate.make_interp_spline``.

    Examples
    --------
    >>> x = np.linspace(0.0, 3.0, 7)
    >>> y = jitgrad.tensor(np.sin(x), requires_grad=True)
    >>> s = make_interp_spline(x, y, k=5)
    >>> s(1.3, 1)
    tensor(0.2675, grad_fn=<ReshapeBackward>)
    """
    k, tensors = as_int(k, "k"), isinstance(x, Tensor) or isinstance(y, Tensor)
    if k < 0:
        raise ArgumentError(f"got k={k}, expected a degree of at least 0")
    places, values, axis = _samples(x, y, axis)
    periodic = isinstance(bc_type, str) and bc_type == "periodic"
    ends = [[], []] if periodic else _conditions(bc_type, k, values.shape[1:])
    if k > 1 or t is not None:
        t, c = _solved(places, values, k, t, ends, periodic)
        return _with(t, c, k, axis, tensors, "periodic" if periodic else True)
    if any(ends):
        raise ArgumentError(f"got bc_type={bc_type!r} for k={k}, expected None")
    parts = [places[:1], places, places[-1:]] if k else [places, places[-1:]]
    return _with(jnp.concatenate(parts), values, k, axis, tensors, True)


def _solved(x: Any, values: Any, k: int, t: Any, ends: Any, periodic: bool) -> tuple[Any, Any]:
    """The knots, those of `t` where it is given, and the coefficients."""
    if t is not None and periodic:
        raise ArgumentError("got knots t of a periodic spline, which has its own: leave t out")
    form = _periodic_knots if periodic else _augmented if any(ends) else _not_a_knot
    t = _knots(form, x, k) if t is None else floats(t)
    count = t.size - k - 1
    rows = len(ends[0]) + x.size + len(ends[1]) + (k - 1 if periodic else 0)
    if count != rows:
        raise ArgumentError(
            f"got {rows} conditions, of values and derivatives, for {count} coefficients, expected "
            "as many: a spline of degree k takes k - 1 derivatives besides its values"
        )
    return t, (_closed if periodic else _banded)(t, k, x, values, ends)


def _samples(x: Any, y: Any, axis: int) -> tuple[Any, Any, int]:
    """Places, their values with that axis in front, and the axis."""
    increasing(x, "x")
    places, values = floats(x), numbers(y)
    if not values.ndim:
        raise ShapeError("got a number as y, expected a value for each place")
    axis = normalize_axis(as_int(axis, "axis"), values.ndim)
    values = jnp.moveaxis(values, axis, 0)
    if values.shape[0] != places.size:
        raise ShapeError(f"got {values.shape[0]} values for {places.size} places, expected as many")
    return places, values, axis


def _with(t: Any, c: Any, k: int, axis: int, tensors: bool, extrapolate: Any) -> BSpline:
    out = BSpline(t, c, k, extrapolate)
    out.axis = axis
    out.tensors = tensors or c.requires_grad or t.requires_grad
    return out


def _conditions(bc_type: Any, k: int, shape: tuple[int, ...]) -> list[list[tuple[int, Any]]]:
    """For each end the derivatives that are given: orders and values."""
    if bc_type is None or (isinstance(bc_type, str) and bc_type == "not-a-knot"):
        return [[], []]
    pair = [bc_type, bc_type] if isinstance(bc_type, str) else list(bc_type)
    if len(pair) != 2:
        raise ArgumentError(f"got bc_type={bc_type!r}, expected a name, or a pair of conditions")
    names: dict[str, list[tuple[int, Any]]] = {"clamped": [(1, 0.0)], "natural": [(2, 0.0)]}
    out = []
    for end in pair:
        if isinstance(end, str) and end not in names:
            raise ArgumentError(
                f"got bc_type {end!r}, expected not-a-knot or periodic for both ends, or clamped "
                "or natural"
            )
        given = names[end] if isinstance(end, str) else [] if end is None else list(end)
        for order, _ in given:
            if not 0 <= order <= k:
                raise ArgumentError(
                    f"got a derivative of order {order} for a spline of degree {k}, expected 0 to "
                    f"{k}"
                )
        out.append([(order, jnp.broadcast_to(numbers(v), shape)) for order, v in given])
    return out


# --- knots ----------------------------------------------------------------------------------------


def _knots(form: Any, x: Any, k: int) -> Any:
    """The knots, which are linear in the places."""
    values = None if x.requires_grad else known(x)
    return floats(form(values, k)) if values is not None else jnp.matmul(form(np.eye(x.size), k), x)


def _not_a_knot(x: np.ndarray, k: int) -> np.ndarray:
    inner = x[(k + 1) // 2 : -((k + 1) // 2)]
    if not k % 2:
        inner = ((x[1:] + x[:-1]) / 2)[k // 2 : -(k // 2)]
    return np.concatenate([*[x[:1]] * (k + 1), inner, *[x[-1:]] * (k + 1)])


def _augmented(x: np.ndarray, k: int) -> np.ndarray:
    return np.concatenate([*[x[:1]] * k, x, *[x[-1:]] * k])


def _periodic_knots(x: np.ndarray, k: int) -> np.ndarray:
    """The places, between them for an even degree, and as many as the degree beyond each end."""
    if not k % 2:
        x = np.concatenate([x[:1], (x[1:-1] + x[:-2]) / 2, x[-1:]])
    steps, before, after = x[1:] - x[:-1], [x[0]], [x[-1]]
    for i in range(k):
        before.append(before[-1] - steps[-(i % len(steps)) - 1])
        after.append(after[-1] + steps[i % len(steps)])
    return np.concatenate([np.stack(before[:0:-1]), x, np.stack(after[1:])])


# --- equations ------------------------------------------------------------------------------------


def _right_side(values: Any, ends: Sequence[Sequence[tuple[int, Any]]]) -> Any:
    first, last = ([value[None] for _, value in end] for end in ends)
    return jnp.concatenate([*first, values, *last])


def _equations(t: Any, k: int, x: Any, ends: Any) -> tuple[Any, Any]:
    """The rows of the equations: the number of the first coefficient of each, and its factors."""
    knots: Any = known(t)
    knots = t.detach() if knots is None else knots
    at: Any = known(x)
    at = x.detach() if at is None else at
    where = located(knots, k, at)
    factors = [basis(t, k, x[:1], where[:1], order) for order, _ in ends[0]]
    factors += [basis(t, k, x, where)]
    factors += [basis(t, k, x[-1:], where[-1:], order) for order, _ in ends[1]]
    numbers = [where[:1]] * len(ends[0]) + [where] + [where[-1:]] * len(ends[1])
    return jnp.concatenate(numbers) - k, jnp.concatenate(factors)


def _banded(t: Any, k: int, x: Any, values: Any, ends: Any) -> Any:
    starts, factors = _equations(t, k, x, ends)
    count, below = t.size - k - 1, k
    columns = starts[:, None] + np.arange(k + 1)
    rows = below + np.arange(count)[:, None] - columns
    bands = jnp.zeros((2 * below + 1, count), dtype=factors.dtype)
    bands[rows, columns] = factors
    right = _right_side(values, ends)
    columns = right.reshape((count, -1))
    if columns.dtype.kind == "c":
        columns = jnp.concatenate([columns.real, columns.imag], axis=1)
    out: Any = linalg.solve_banded((below, below), bands, columns)
    if right.dtype.kind == "c":
        half = out.shape[1] // 2
        out = out[:, :half] + 1j * out[:, half:]
    return out.reshape(right.shape)


def _closed(t: Any, k: int, x: Any, values: Any, ends: Any) -> Any:
    """Of a periodic spline: derivatives at both ends are the same."""
    first, last = (known(part.detach()) for part in (values[0], values[-1]))
    if first is not None and last is not None and not np.allclose(first, last, 1e-15, 1e-15):
        raise ArgumentError(
            f"got values {first} and {last} at the ends of a periodic spline, expected the same"
        )
    given = [(order, None) for order in range(1, k)]
    starts, factors = _equations(t, k, x, (given, given))
    count, n = t.size - k - 1, len(given)
    dense = jnp.zeros((x.size + 2 * n, count), dtype=factors.dtype)
    dense[np.arange(len(starts))[:, None], starts[:, None] + np.arange(k + 1)] = factors
    last_rows = dense[-n:] if n else dense[:0]
    matrix = jnp.concatenate([dense[:n] - last_rows, dense[n : n + x.size]])
    right = jnp.concatenate([jnp.zeros((n, *values.shape[1:]), dtype=values.dtype), values])
    out = linalg.solve(matrix, right.reshape((count, -1)))
    return out.reshape(right.shape)
