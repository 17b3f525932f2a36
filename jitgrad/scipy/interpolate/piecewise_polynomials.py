"""`PPoly`: piecewise polynomials whose coefficients and knots may be tensors.

Which piece a place is in is found by its value, and has no derivative; all else are formulas. Start
at `PPoly`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surfaces
from ...frontend.convert import as_operand
from ...frontend.tensor import Tensor
from ...ir.shapes import as_int
from ..vectors import known


@surfaces
class PPoly:
    """A piecewise polynomial, as `scipy.interpolate.PPoly`.

    Parameters
    ----------
    c : array_like of shape (k, m, ...)
        Coefficients of k powers, highest first, on m intervals, of the distance from the left end.
    x : array_like of shape (m + 1,)
        Where intervals end, increasing.
    extrapolate : bool or "periodic"
        What is beyond the ends: the first and the last polynomial, nan, or the same again.
    axis : int
        Where the axis of places goes in the result.

    Notes
    -----
    Places, coefficients and knots may require grad; then results are tensors. Else they are arrays.

    References
    ----------
    ``scipy.interpolate.PPoly``.

    Examples
    --------
    >>> p = PPoly([[1.0, 2.0], [0.0, 1.0]], [0.0, 1.0, 2.0])
    >>> p([0.5, 1.5])
    array([0.5, 2. ])
    >>> x = jitgrad.tensor(1.5, requires_grad=True)
    >>> jitgrad.autograd.grad(p(x), x)
    (tensor(2.),)
    """

    def __init__(self, c: Any, x: Any, extrapolate: Any = True, axis: int = 0) -> None:
        #: Whether results are tensors.
        self.tensors = isinstance(c, Tensor) or isinstance(x, Tensor)
        self._c, self._x = numbers(c), floats(x)
        self.knots = increasing(x, "x")
        count = self._x.size
        if self._c.ndim < 2 or self._c.shape[1] != count - 1:
            raise ShapeError(
                f"got coefficients of shape {self._c.shape} for {count} knots, expected "
                f"(k, {count - 1}, ...)"
            )
        self.extrapolate, self.axis = extrapolate, as_int(axis, "axis")

    @property
    def c(self) -> Any:
        """The coefficients, of shape (k, m, ...)."""
        return self._given(self._c)

    @property
    def x(self) -> Any:
        """The knots, of shape (m + 1,)."""
        return self._given(self._x)

    def _given(self, t: Any, *others: Any) -> Any:
        """A result: an array, unless something is a tensor."""
        return given_back(t, self.tensors or any(isinstance(x, Tensor) for x in others))

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        """The polynomial at places `x`, or its derivative of order `nu`."""
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        places = floats(x)
        flat = places.reshape((-1,))
        values: Any = known(x)  # under jit, tensors stand for values
        values = flat.detach() if values is None else np.asarray(values, float).reshape(-1)
        first, last = self.knots[0], self.knots[-1]
        if extrapolate == "periodic":
            turns = jnp.floor((values - first) / (last - first))
            flat = flat - turns * (self._x[-1] - self._x[0])
            values = values - turns * (last - first)
        where = jnp.searchsorted(self.knots, values, side="right") - 1
        where = jnp.clip(where, 0, self._x.size - 2)
        shape = (-1, *[1] * (self._c.ndim - 2))
        distance = (flat - self._x[where]).reshape(shape)
        out: Any = jnp.zeros((flat.size, *self._c.shape[2:]), dtype=self._c.dtype)
        for row in derived(self._c, as_int(nu, "nu")):
            out = out * distance + row[where]
        if not extrapolate:
            outside = ((values < first) | (values > last)).reshape(shape)
            out = jnp.where(outside, np.nan, out)
        out = out.reshape((*places.shape, *self._c.shape[2:]))
        if self.axis:
            n, k = places.ndim, self.axis % (self._c.ndim - 1)
            order = [*range(n, n + k), *range(n), *range(n + k, out.ndim)]
            out = jnp.transpose(out, order)
        return self._given(out, x)

    def derivative(self, nu: int = 1) -> PPoly:
        """The derivative of order `nu`, as a piecewise polynomial."""
        nu = as_int(nu, "nu")
        if nu < 0:
            return self.antiderivative(-nu)
        rows = derived(self._c, nu) or [0.0 * self._c[0]]
        return self._made(jnp.stack(rows))

    def antiderivative(self, nu: int = 1) -> PPoly:
        """The antiderivative of order `nu`, continuous, and 0 at the first knot."""
        nu = as_int(nu, "nu")
        if nu < 0:
            return self.derivative(-nu)
        c = self._c
        for _ in range(nu):
            k = c.shape[0]
            powers = np.arange(k, 0, -1.0).reshape((-1, *[1] * (c.ndim - 1)))
            rows = jnp.concatenate([c / powers, 0.0 * c[:1]])
            h = (self._x[1:] - self._x[:-1]).reshape((-1, *[1] * (c.ndim - 2)))
            ends: Any = 0.0
            for j in range(k + 1):
                ends = ends * h + rows[j]
            before = jnp.concatenate([0.0 * ends[:1], jnp.cumsum(ends, axis=0)[:-1]])
            c = jnp.concatenate([rows[:-1], before[None]])
        return self._made(c)

    def _made(self, c: Any) -> PPoly:
        out = PPoly(c, self.knots, self.extrapolate, self.axis)
        out._x = self._x
        out.tensors = self.tensors
        return out

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        """The integral from `a` to `b`."""
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        if extrapolate == "periodic":
            raise ArgumentError(
                "got extrapolate='periodic' in integrate, expected True or False: take the "
                "integral over one period times the number of periods"
            )
        whole = self.antiderivative()
        whole.axis = 0
        return whole(b, extrapolate=extrapolate) - whole(a, extrapolate=extrapolate)


def given_back(t: Any, tensor: bool) -> Any:
    """A result: a tensor if it is to be one, if it requires grad, or while `jit` traces; else an
    array."""
    values = None if tensor or t.requires_grad else known(t)
    return t if values is None else values


def derived(c: Any, nu: int) -> list[Any]:
    """The coefficients of the derivative of order `nu`, highest power first."""
    if nu < 0:
        raise ArgumentError(f"got nu={nu}, expected at least 0; see antiderivative")
    k = c.shape[0]
    out = []
    for j in range(max(k - nu, 0)):
        power = k - 1 - j
        factor = np.prod(np.arange(power - nu + 1, power + 1, dtype=float))
        out.append(c[j] if nu == 0 else c[j] * factor)
    return out


def floats(x: Any) -> Any:
    """`x` as a tensor of floats."""
    t = as_operand(x)
    return t if t.dtype.kind == "f" else t.to(np.float64)


def numbers(x: Any) -> Any:
    """`x` as a tensor of floats or complex numbers."""
    t = as_operand(x)
    return t if t.dtype.kind in "fc" else t.to(np.float64)


def increasing(x: Any, what: str) -> Any:
    """The values of knots, which are increasing, as an array; as a tensor under `jit`."""
    shape = x.shape if isinstance(x, Tensor) else np.shape(x)
    if len(shape) != 1 or shape[0] < 2:
        raise ShapeError(f"got {what} of shape {shape}, expected (n,), with two at least")
    values = known(x)
    if values is None:
        return x.detach()
    values = np.asarray(values, float)
    if not (np.diff(values) > 0).all():
        raise ArgumentError(
            f"got {what} that is not increasing, expected each above the one before"
        )
    return values
