"""Trajectories of differential equations as functions of where they start, of parameters and of
times: the steps that a solver took, gone through again on tensors.

SciPy chooses the steps; their sizes are constants, as in the discrete adjoint of any adaptive
solver. Explicit Runge-Kutta methods are repeated as they are (`ExplicitSteps`), so derivatives are
those of the numbers that SciPy gave, to rounding. Other methods are followed by collocation
(`CollocatedSteps`): in each step the trajectory has the values that SciPy gave, and the derivatives
of the equations of Radau IIA, of order 5 and stable for stiff systems. Either is one `scan`, a
compiled loop, with derivatives in both modes and of any order. Start at `ExplicitSteps`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import JitError
from ...frontend.convert import as_operand
from ...tracing.control_flow import scan
from ...tracing.equations import implicit
from ...tracing.vmap import vmap


class Mesh:
    """The steps of a solver: `times`, of shape (steps + 1,), as a tensor that follows the ends of
    the interval where these require grad."""

    def __init__(self, times: np.ndarray, start: Any, stop: Any) -> None:
        self.values = times
        self.times = affine(times, start, stop)

    @property
    def steps(self) -> int:
        return self.values.size - 1

    def step_of(self, points: np.ndarray) -> np.ndarray:
        """The number of the step that each of `points` is in."""
        forward = self.values[-1] >= self.values[0]
        times = self.values if forward else -self.values
        found = np.searchsorted(times, points if forward else -points, side="left") - 1
        return np.clip(found, 0, self.steps - 1)


def affine(times: np.ndarray, start: Any, stop: Any) -> Any:
    """`times` as a function of the first and the last of them."""
    length = times[-1] - times[0]
    if not (start.requires_grad or stop.requires_grad) or not length:
        return as_operand(times)
    part = (times - times[0]) / length
    return start * (1.0 - part) + stop * part


class ExplicitSteps:
    """The steps of an explicit Runge-Kutta method.

    Parameters
    ----------
    f : callable
        ``f(t, y)``, on tensors, for vectors `y`.
    method : type
        SciPy's class, which has the coefficients.
    mesh : Mesh
    y0 : Tensor
    """

    def __init__(self, f: Callable[..., Any], method: Any, mesh: Mesh, y0: Any) -> None:
        self.f, self.method, self.mesh = f, method, mesh
        n, steps = method.n_stages, mesh.steps
        t, h = mesh.times[:-1], mesh.times[1:] - mesh.times[:-1]
        self.t, self.h = t, h
        # A turn is a stage, which keeps bodies small; the last stage of a step is its end.
        rows, nodes = _stages(method)
        last = np.arange(n) == n - 1
        place = np.eye(n)[np.arange(1, n + 1) % n]
        tiled = [np.tile(x, (steps, *[1] * (x.ndim - 1))) for x in (rows, place, last)]
        times = (t[:, None] + h[:, None] * nodes).reshape((-1,))
        sequences = times, jnp.repeat(h, n), *map(as_operand, tiled)
        first = f(t[0], y0)
        slopes = jnp.concatenate([first[None], jnp.zeros((n - 1, y0.size))])
        try:
            _, (y, slopes) = scan(self._stage, (y0, slopes), sequences)
        except JitError:  # `f` asks for values
            y, slopes = self._one_by_one((y0, slopes), sequences)
        self.y = jnp.concatenate([y0[None], y.reshape((steps, n, -1))[:, -1]])
        slopes = slopes.reshape((steps, n, -1))
        before = jnp.concatenate([first[None], slopes[:-1, -1]])
        self.slopes = jnp.concatenate([before[:, None], slopes], axis=1)

    def _one_by_one(self, carry: Any, sequences: Any) -> Any:
        out = []
        for turn in zip(*sequences, strict=True):
            carry, made = self._stage(carry, turn)
            out.append(made)
        return jnp.stack([y for y, _ in out]), jnp.stack([k for _, k in out])

    def _stage(self, carry: Any, turn: Any) -> Any:
        (y, slopes), (t, h, row, place, last) = carry, turn
        new = y + h * (row @ slopes)
        slope = self.f(t, new)
        slopes = jnp.where(place[:, None] > 0, slope, slopes)
        return (jnp.where(last, new, y), slopes), (new, slope)

    def at(self, points: Any) -> Any:
        """The trajectory at `points`, of shape (points, n), by the interpolation of the method."""
        where = self.mesh.step_of(np.asarray(points.detach()))
        h = self.h[where][:, None]
        x = (points - self.t[where])[:, None] / h
        if hasattr(self.method, "A_EXTRA"):
            return self.y[where] + self._of_high_order(where, h, x)
        weights = _powers(x, self.method.P.shape[1]) @ self.method.P.T
        return self.y[where] + h * (weights[:, :, None] * self.slopes[where]).sum(1)

    def _of_high_order(self, where: np.ndarray, h: Any, x: Any) -> Any:
        """What DOP853 adds to the start of a step; its interpolation has stages of its own."""
        method, y, slopes = self.method, self.y[where], self.slopes[where]
        for row, c in zip(method.A_EXTRA, method.C_EXTRA, strict=True):
            t = self.t[where] + c * h[:, 0]
            inner = y + h * jnp.einsum("k,pkn->pn", row[: slopes.shape[1]], slopes)
            new = self._of_each(t, inner)
            slopes = jnp.concatenate([slopes, new[:, None]], axis=1)
        change = self.y[where + 1] - y
        first, last = slopes[:, 0], slopes[:, method.n_stages]
        parts = [change, h * first - change, 2 * change - h * (last + first)]
        more = h[:, :, None] * jnp.einsum("dk,pkn->pdn", method.D, slopes)
        parts += [more[:, k] for k in range(len(method.D))]
        out = 0.0
        for k, part in enumerate(reversed(parts)):
            out = (out + part) * (x if k % 2 == 0 else 1 - x)
        return out

    def _of_each(self, t: Any, y: Any) -> Any:
        try:
            return vmap(self.f)(t, y)
        except JitError:
            return jnp.stack([self.f(t[k], y[k]) for k in range(t.size)])


def _stages(method: Any) -> tuple[np.ndarray, np.ndarray]:
    """The weights of slopes, and the times, of the stages after the first one; the last of these is
    the end of the step."""
    n = method.n_stages
    rows = np.zeros((n, n))
    for k in range(1, n):
        row = np.asarray(method.A[k])[:n]
        rows[k - 1, : row.size] = row
    rows[-1] = method.B
    return rows, np.append(method.C[1:n], 1.0)


def _powers(x: Any, n: int) -> Any:
    out = [x]
    for _ in range(n - 1):
        out.append(out[-1] * x)
    return jnp.concatenate(out, axis=1)


#: Radau IIA of three stages (Hairer and Wanner, Solving ordinary differential equations II, IV.5).
ROOT = 6**0.5
NODES = np.array([(4 - ROOT) / 10, (4 + ROOT) / 10, 1.0])
STAGES = np.array(
    [
        [(88 - 7 * ROOT) / 360, (296 - 169 * ROOT) / 1800, (-2 + 3 * ROOT) / 225],
        [(296 + 169 * ROOT) / 1800, (88 + 7 * ROOT) / 360, (-2 - 3 * ROOT) / 225],
        [(16 - ROOT) / 36, (16 + ROOT) / 36, 1 / 9],
    ]
)


class CollocatedSteps:
    """Steps of any method, whose trajectory `values` is known in between.

    Parameters
    ----------
    f : callable
        ``f(t, y, tensors)``.
    tensors : list of Tensor
        What `f` depends on besides.
    values : callable
        ``values(t)``, of shape (n, times).
    mesh, y0
        As those of `ExplicitSteps`.
    """

    def __init__(
        self, f: Callable[..., Any], tensors: Sequence[Any], values: Any, mesh: Mesh, y0: Any
    ) -> None:
        self.f, self.tensors, self.values, self.mesh, self.y0 = f, tensors, values, mesh, y0

    def at(self, points: Any) -> Any:
        """The trajectory at `points`, of shape (points, n): all are ends of steps."""
        given = np.asarray(points.detach())
        sign = 1.0 if self.mesh.values[-1] >= self.mesh.values[0] else -1.0
        own = self.mesh.values
        halved = np.concatenate([own, (own[1:] + own[:-1]) / 2, given])
        last = sign * max(sign * given) if given.size else own[0]
        times = sign * np.unique(sign * halved[sign * halved <= sign * last])
        if times.size < 2:
            return jnp.broadcast_to(self.y0, (given.size, self.y0.size))
        t = self._following(times, points, given, sign)
        inner = times[:-1, None] + NODES * np.diff(times)[:, None]
        stages = self.values(inner.reshape(-1)).T.reshape(-1, 3 * self.y0.size)
        sequences = t[:-1], t[1:] - t[:-1], as_operand(stages)
        _, ends = scan(self._step, self.y0, sequences)
        y = jnp.concatenate([self.y0.reshape((1, -1)), ends])
        return y[np.searchsorted(sign * times, sign * given)]

    def _following(self, times: np.ndarray, points: Any, given: np.ndarray, sign: float) -> Any:
        """`times` as functions of the points that they are between, where these require grad."""
        first = self.mesh.times[0]
        if not (points.requires_grad or first.requires_grad):
            return as_operand(times)
        anchors = jnp.concatenate([first.reshape((1,)), points])
        known = np.concatenate([times[:1], given])
        order = np.argsort(sign * known, kind="stable")
        known, anchors = known[order], anchors[order]
        right = np.clip(np.searchsorted(sign * known, sign * times), 1, known.size - 1)
        width = known[right] - known[right - 1]
        part = np.where(width == 0, 1.0, (times - known[right - 1]) / np.where(width, width, 1.0))
        return anchors[right - 1] * (1.0 - part) + anchors[right] * part

    def _step(self, y: Any, step: Any) -> Any:
        t, h, values = step

        def residual(x: Any, tensors: Sequence[Any]) -> Any:
            y, t, h, *rest = tensors
            stages = x.reshape((3, -1))
            slopes = jnp.stack([self.f(t + c * h, stages[k], rest) for k, c in enumerate(NODES)])
            return (stages - y - h * (STAGES @ slopes)).reshape((-1,))

        out = implicit("a step", residual, [y, t, h, *self.tensors], values)
        new = out.reshape((3, -1))[2]
        return new, new
