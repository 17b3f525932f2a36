"""Bounds and constraints of minimisers: as SciPy takes them, and the equations that hold where they
are active.

A variable at a bound stays there while parameters change, or goes with the bound where that is a
tensor. A constraint that is active at the solution is an equation, with a multiplier. Start at
`Bounded` and `Constrained`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError
from ...base.extras import function_of
from ...frontend.convert import as_operand
from ...frontend.modes import no_grad
from ...frontend.tensor import Tensor
from ...tracing.jacobians import hessian, jacobian
from ..vectors import Called, Start, as_arrays, as_tuple, constants, ravelled

#: How near a variable or a constraint is to its bound, relative to that, to count as active.
NEAR = 1e-6


def of_pairs(bounds: Any, n: int) -> Bounded:
    """Bounds as minimisers have them: an object with `lb` and `ub`, or a pair for each variable."""
    if bounds is None:
        return Bounded(None, None, n)
    if hasattr(bounds, "lb"):
        return Bounded(bounds.lb, bounds.ub, n)
    pairs = list(bounds)
    if len(pairs) != n or not all(len(pair) == 2 for pair in pairs):
        raise ArgumentError(f"got {len(pairs)} bounds for {n} variables, expected a pair for each")
    low = [-np.inf if pair[0] is None else pair[0] for pair in pairs]
    return Bounded(low, [np.inf if pair[1] is None else pair[1] for pair in pairs], n)


def of_sides(bounds: Any, n: int) -> Bounded:
    """Bounds as least squares have them: an object with `lb` and `ub`, or the pair of these."""
    if not hasattr(bounds, "lb"):
        if len(bounds) != 2:
            raise ArgumentError(f"got bounds of {len(bounds)} parts, expected (lower, upper)")
        return Bounded(bounds[0], bounds[1], n)
    return Bounded(bounds.lb, bounds.ub, n)


class Bounded:
    """The bounds of a vector of n elements.

    Attributes
    ----------
    lower, upper : Tensor or None
        Vectors, with infinities where there is no bound.
    bounds : scipy.optimize.Bounds or None
    """

    def __init__(self, low: Any, high: Any, n: int) -> None:
        self.bounds = self.lower = self.upper = None
        if low is None:
            return
        self.lower, self.upper = _whole(low, n), _whole(high, n)
        lower, upper = (np.asarray(b.detach()) for b in (self.lower, self.upper))
        self.bounds = function_of("scipy.optimize", "Bounds")(lower, upper)

    def at(self, vector: np.ndarray, near: float = NEAR) -> tuple[np.ndarray, np.ndarray]:
        """Which variables are at their lower and upper bounds."""
        if self.lower is None or self.upper is None:
            return np.zeros(vector.size, bool), np.zeros(vector.size, bool)
        lower, upper = (np.asarray(b.detach()) for b in (self.lower, self.upper))
        room = near * np.maximum(1.0, np.abs(vector))
        return vector <= lower + room, vector >= upper - room

    def free(self, vector: np.ndarray) -> np.ndarray:
        low, high = self.at(vector)
        return ~(low | high)

    def settling(
        self, slope: Callable[[Any], Any], vector: np.ndarray, near: float = NEAR
    ) -> Callable[[Any], Any]:
        """The equations of a minimum of what has this `slope`: zero where a variable is free, or
        kept at its bound by a slope that is no more than rounding; else it is the bound."""
        low, high = self.at(vector, near)
        if not (low | high).any():
            return slope
        with no_grad():
            there = np.asarray(slope(as_operand(vector)))
        low, high = low & (there > 0), high & (there < 0)
        return lambda x: self._settled(slope(x), x, low, high)

    def settling_parts(
        self, parts: Callable[[Any], tuple[Any, Any]], vector: np.ndarray
    ) -> Callable[[Any], Any]:
        """The same for equations of which only the first part belongs to bounded variables."""
        low, high = self.at(vector)

        def residual(z: Any) -> Any:
            slope, rest = parts(z)
            if (low | high).any():
                slope = self._settled(slope, z[: vector.size], low, high)
            return jnp.concatenate([slope, rest])

        return residual

    def _settled(self, slope: Any, x: Any, low: np.ndarray, high: np.ndarray) -> Any:
        where = jnp.where
        lower = where(low, self.lower, 0.0)  # without infinities
        upper = where(high, self.upper, 0.0)
        return where(low, x - lower, where(high, x - upper, slope))


def _whole(bound: Any, n: int) -> Any:
    """A bound for each variable, as a tensor."""
    if isinstance(bound, (list, tuple)):
        bound = jnp.stack([as_operand(b).to(np.float64) for b in bound])
    return jnp.broadcast_to(as_operand(bound).to(np.float64), (n,))


class Constrained:
    """Constraints of a minimiser: `given` is what SciPy gets, with Hessians where the method takes
    them (`curved`), `functions` those that say where they hold, as (function of the vector, lower,
    upper)."""

    def __init__(self, constraints: Any, start: Start, curved: bool) -> None:
        several = isinstance(constraints, (list, tuple))
        each: Sequence[Any] = constraints if several else [constraints]
        self.given: Any = []
        self.functions: list[tuple[Callable[[Any], Any], Any, Any]] = []
        for c in each:
            if isinstance(c, dict):
                self._named(c, start)
            elif hasattr(c, "A"):
                self._linear(c)
            elif hasattr(c, "fun"):
                self._nonlinear(c, start, curved)
            else:
                raise ArgumentError(
                    f"got a constraint of type {type(c).__name__}, expected a dict, a "
                    "LinearConstraint or a NonlinearConstraint"
                )
        self.given = tuple(self.given)

    def _named(self, c: dict[str, Any], start: Start) -> None:
        """``{"type": "eq" or "ineq", "fun": ..., "args": ...}``"""
        if c.get("type") not in ("eq", "ineq") or not callable(c.get("fun")):
            raise ArgumentError(
                f"got a constraint with the keys {sorted(c)}, expected {{'type': 'eq' or 'ineq', "
                "'fun': function}"
            )
        args = c.get("args", ())
        args = as_tuple(args)
        of_vector = _vector_of(start.taking(c["fun"]))
        upper = 0.0 if c["type"] == "eq" else np.inf
        self.functions.append((lambda x: of_vector(x, *args), 0.0, upper))
        jac = c.get("jac") if callable(c.get("jac")) else None
        self.given.append({"type": c["type"], **_with_jacobian(of_vector, jac, constants(args))})

    def _linear(self, c: Any) -> None:
        matrix = c.A if isinstance(c.A, Tensor) else as_operand(np.atleast_2d(_dense(c.A)))
        self.functions.append((lambda x: matrix @ x, c.lb, c.ub))
        lower, upper = as_arrays(c.lb), as_arrays(c.ub)
        matrix_values = np.asarray(matrix.detach())
        self.given.append(
            function_of("scipy.optimize", "LinearConstraint")(matrix_values, lower, upper)
        )

    def _nonlinear(self, c: Any, start: Start, curved: bool) -> None:
        of_vector = _vector_of(start.taking(c.fun))
        self.functions.append((of_vector, c.lb, c.ub))
        given = _with_jacobian(of_vector, c.jac if callable(c.jac) else None, ())
        second = Called(of_vector, _curvature)
        more = {"hess": lambda x, v: np.asarray(second(x, v))} if curved else {}
        self.given.append(
            function_of("scipy.optimize", "NonlinearConstraint")(
                given["fun"],
                as_arrays(c.lb),
                as_arrays(c.ub),
                jac=given["jac"],
                **more,
            )
        )

    def active(self, vector: np.ndarray) -> ActiveConstraints:
        """Those that are equations at a solution."""
        parts = []
        with no_grad():
            for f, lower, upper in self.functions:
                value = np.asarray(f(as_operand(vector)).detach())
                sides = [np.broadcast_to(as_arrays(b), value.shape) for b in (lower, upper)]
                room = NEAR * np.maximum(1.0, np.abs(value))
                low, high = value <= sides[0] + room, value >= sides[1] - room
                parts.append((f, lower, upper, low, high & ~low))
        return ActiveConstraints(parts, vector)


class ActiveConstraints:
    """The constraints that are active at a solution, as a function of x that is zero there."""

    def __init__(self, parts: Sequence[Any], vector: np.ndarray) -> None:
        self.parts, self.vector = parts, vector

    def __call__(self, x: Any) -> Any:
        out = []
        for f, lower, upper, low, high in self.parts:
            value = f(x)
            for bound, at in ((lower, low), (upper, high)):
                (places,) = np.nonzero(at)
                if places.size:
                    bound = jnp.broadcast_to(as_operand(bound), value.shape)
                    out.append(value[places] - bound[places])
        if not out:
            return as_operand(np.zeros(0))
        return jnp.concatenate(out)

    def multipliers(self, slope: np.ndarray, free: np.ndarray) -> np.ndarray:
        """Those with which the slope is a combination of slopes of constraints."""
        with no_grad():
            matrix = np.asarray(jacobian(self)(self.vector))
        return np.linalg.lstsq(matrix[:, free].T, slope[free], rcond=None)[0]


def _vector_of(f: Callable[..., Any]) -> Callable[..., Any]:
    def constraint(x: Any, *args: Any) -> Any:
        return ravelled(f(x, *args))

    return constraint


def _with_jacobian(f: Callable[..., Any], jac: Any, args: tuple[Any, ...]) -> dict[str, Any]:
    value, matrix = Called(f), Called(f, jacobian)  # which find `args` as arguments alone
    given = matrix if jac is None else lambda *both: as_arrays(jac(*both))
    return {
        "fun": lambda x: np.asarray(value(x, *args)),
        "jac": lambda x: np.asarray(given(x, *args)),
    }


def _curvature(f: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """The Hessian of ``(v * f(x)).sum()``."""

    def function(x: Any, v: Any) -> Any:
        return hessian(lambda x: (f(x) * v).sum())(x)

    return function


def _dense(a: Any) -> np.ndarray:
    return a.toarray() if hasattr(a, "toarray") else np.asarray(a)
