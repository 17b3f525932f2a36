"""`solve_ivp` and `odeint`: SciPy's solvers of initial value problems, with derivatives by initial
values, parameters and times.

The right-hand side is a function through `jit`, called on arrays; implicit methods get its exact
Jacobian. Where something requires grad, the steps that the solver took are gone through again on
tensors (`trajectories`). Start at `solve_ivp`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, GradientError, JitError
from ...base.extras import function_of
from ...base.surface import surface
from ...base.tree import flatten
from ...frontend.convert import as_operand
from ...frontend.modes import enable_grad, is_grad_enabled, no_grad
from ...frontend.tensor import Tensor
from ...tape.running import needs_grad
from ...tracing.bodies import trace_turn
from ...tracing.equations import EQUATIONS, solution, traced
from ...tracing.jacobians import jacobian
from ..vectors import Called, Start, as_arrays, as_tuple, constants, kept, outside_jit, ravelled
from .trajectories import CollocatedSteps, ExplicitSteps, Mesh

#: Methods that take a Jacobian.
IMPLICIT = ("Radau", "BDF", "LSODA")


class RightSide:
    """A right-hand side ``fun(t, y, *args)`` of vectors; the first two are ``(y, t)`` unless
    `tfirst`.

    Attributes
    ----------
    of_vectors : callable
        ``of_vectors(t, y)`` on tensors.
    value, matrix : Called
        It and its Jacobian, as functions of arrays ``(t, y, *args)``.
    """

    def __init__(
        self, fun: Callable[..., Any], start: Start, args: tuple[Any, ...], tfirst: bool = True
    ) -> None:
        self.start, self.args = start, args
        if start.key is None or not callable(fun):
            self.named, self.value, self.matrix = _called(fun, start, tfirst)
        else:
            key = "right side", start.key, tfirst
            self.named, self.value, self.matrix = kept(
                fun, key, lambda: _called(fun, start, tfirst)
            )

    def of_vectors(self, t: Any, y: Any) -> Any:
        return self.named(t, y, *self.args)

    def for_scipy(self) -> Callable[..., np.ndarray]:
        args, value = constants(self.args), self.value
        return lambda t, y: np.asarray(value(np.array(t, np.float64), y, *args))

    def jacobian_for_scipy(self) -> Callable[..., np.ndarray]:
        args, matrix = constants(self.args), self.matrix
        return lambda t, y: np.asarray(matrix(np.array(t, np.float64), y, *args))

    def depends(self, t: Any) -> bool:
        """Whether values depend on tensors that require grad; perhaps they do where the function
        asks for values, since it may do something else at other places."""
        self.for_scipy()(float(t.detach()), self.start.vector)
        if self.value.jitted is None:
            return True
        with enable_grad():
            return needs_grad(self.of_vectors(t.detach(), as_operand(self.start.vector)))


def _called(fun: Any, start: Start, tfirst: bool) -> tuple[Callable[..., Any], Called, Called]:
    shape, size = start.container, start.vector.size  # not the start, whose values may be large

    def right_side(t: Any, y: Any, *args: Any) -> Any:
        y = shape(y)
        out = ravelled(fun(t, y, *args) if tfirst else fun(y, t, *args))
        if out.size != size:
            raise ArgumentError(
                f"got a right-hand side of {out.size} elements, expected {size}, as many as y0 has"
            )
        return out if out.dtype == np.float64 else out.astype(np.float64)

    right_side.__name__ = getattr(fun, "__name__", type(fun).__name__)
    by_y = lambda f: jacobian(f, argnums=1)
    return right_side, Called(right_side), Called(right_side, by_y)


@surface
@outside_jit
def solve_ivp(
    fun: Callable[..., Any],
    t_span: Any,
    y0: Any,
    method: Any = "RK45",
    t_eval: Any = None,
    dense_output: bool = False,
    events: Any = None,
    vectorized: bool = False,
    args: Any = None,
    **options: Any,
) -> Any:
    """The solution of an initial value problem, by the methods of `scipy.integrate.solve_ivp`.

    Parameters
    ----------
    fun : callable
        ``fun(t, y, *args)`` gives dy/dt, computed from tensors by operations on tensors. It is
        traced by `jit`; where it asks for values it is run as it is, with a `JitgradWarning`.
    t_span : (start, stop)
        Numbers, or tensors that may require grad.
    y0 : array_like or container
        An array, or a container of arrays, which `fun` gets as such and gives back.
    t_eval : array_like of shape (times,), optional
        May require grad.
    args : tuple, optional
        Further arguments of `fun` and of events, which may be containers of tensors.
    method, dense_output, events, vectorized, **options
        As in SciPy. ``jac`` is to be left out: it is computed for the methods that take it.

    Returns
    -------
    scipy.integrate.OdeResult
        `y` has the shape of `y0` with an axis of times behind; shape (n, times) for a vector. Where
        `y0`, times, or what `fun` depends on require grad, `y`, `t_events` and `y_events` are made
        of tensors, `sol` gives tensors, and `t` is one if times require grad.

    Raises
    ------
    GradientError
        A derivative of what an implicit method computes where `fun` asks for values, or of the
        times of its events.

    Notes
    -----
    Derivatives are those of the steps that were taken, whose relative sizes are constants. For
    RK23, RK45 and DOP853 they are exact to rounding; for the other methods they are those of Radau
    IIA on the same steps, halved. They have both modes and any order.

    References
    ----------
    ``scipy.integrate.solve_ivp``; Hairer, Norsett, Wanner: Solving ordinary differential equations.

    Examples
    --------
    >>> rate = jitgrad.tensor(0.5, requires_grad=True)
    >>> found = solve_ivp(lambda t, y: -rate * y, (0.0, 2.0), [1.0], rtol=1e-8)
    >>> found.y[0, -1].backward()
    >>> rate.grad, -2.0 * np.exp(-1.0)
    (tensor(-0.7358), np.float64(-0.7357588823428847))
    """
    args = () if args is None else as_tuple(args)
    start = Start(y0, "y0")
    right = RightSide(fun, start, args)
    (first, last), points = _times(t_span, t_eval)
    happenings = _Events(events, start, args)
    name = method if isinstance(method, str) else ""
    if name in IMPLICIT and options.get("jac") is None:
        options["jac"] = right.jacobian_for_scipy()
    y = flat(y0, start)
    wanted = _Followed(right, [first, last, points, y, *happenings.leaves()])
    with no_grad():
        found = function_of("scipy.integrate", "solve_ivp")(
            right.for_scipy(),
            (float(first.detach()), float(last.detach())),
            start.vector,
            method=method,
            t_eval=None if points is None else np.asarray(points.detach()),
            dense_output=dense_output or wanted.any,
            events=happenings.for_scipy(),
            **options,
        )
    if wanted.any:
        trajectory = wanted.trajectory(found.sol, _class_of(method), first, last, y)
        _as_tensors(found, trajectory, happenings, points, dense_output)
    elif not dense_output:
        found.sol = None
    found.y = with_times(start, found.y, behind=True)
    return found


def _times(t_span: Any, t_eval: Any) -> tuple[tuple[Any, Any], Any]:
    ends = [as_operand(t).to(np.float64) for t in t_span]
    if len(ends) != 2 or any(t.ndim for t in ends):
        raise ArgumentError(f"got t_span={t_span!r}, expected a pair of numbers: start and stop")
    points = None if t_eval is None else as_operand(t_eval).to(np.float64)
    if points is not None and points.ndim != 1:
        raise ArgumentError(f"got t_eval of shape {points.shape}, expected (times,)")
    return (ends[0], ends[1]), points


def flat(y0: Any, start: Start) -> Any:
    """The initial values as a vector of float64 that is part of their graph."""
    return ravelled(as_operand(y0) if start.array_like else y0).to(np.float64)


def with_times(start: Start, y: Any, behind: bool) -> Any:
    """A trajectory of shape (n, times), or (times, n), as the container of `y0`, whose leaves have
    the axis of times behind, or in front."""
    count = y.shape[-1 if behind else 0]
    if start.array_like and len(start.shape) == 1:
        return y
    shapes = [start.shape] if start.array_like else [np.shape(_value(x)) for x in start.leaves]
    out, first = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        part = y[first : first + size] if behind else y[:, first : first + size]
        out.append(part.reshape((*shape, count) if behind else (count, *shape)))
        first += size
    return out[0] if start.array_like else start.rebuild(iter(out))


def _value(x: Any) -> Any:
    return x.detach() if isinstance(x, Tensor) else x


def _class_of(method: Any) -> Any:
    return function_of("scipy.integrate", method) if isinstance(method, str) else method


class _Followed:
    """Whether a trajectory is differentiated: `any`; and the steps to do it by."""

    def __init__(self, right: RightSide, operands: Sequence[Any]) -> None:
        self.right = right
        given = [t is not None and needs_grad(t) for t in operands]
        self.any = is_grad_enabled() and (True in given or right.depends(operands[0]))

    def turn(self) -> Any:
        """The trace of the right-hand side, or the reason why there is none."""
        aval = (self.right.start.vector.shape, np.dtype(np.float64))
        try:
            return trace_turn(
                "solve_ivp",
                self.right.of_vectors,
                [([((), aval[1])], next), ([aval], next)],
                lambda out: [(out, "the right-hand side")],
                EQUATIONS,
            )
        except JitError as error:
            return str(error)

    def trajectory(self, sol: Any, method: Any, first: Any, last: Any, y0: Any) -> Any:
        times = np.array([sol.interpolants[0].t_old, *[piece.t for piece in sol.interpolants]])
        mesh = Mesh(times, first, last)
        if hasattr(method, "A") and hasattr(method, "B"):
            return ExplicitSteps(self.right.of_vectors, method, mesh, y0)
        turn = self.turn()
        if isinstance(turn, str):
            raise GradientError(
                f"got a gradient through {method.__name__} of a right-hand side that asks for "
                f"values, expected one that jit takes, or RK23, RK45 or DOP853: {turn}"
            )
        return CollocatedSteps(traced("solve_ivp", turn), turn.tensors, sol, mesh, y0)


class _Events:
    """The events of a solver, ``event(t, y, *args)``, as functions of vectors."""

    def __init__(self, events: Any, start: Start, args: tuple[Any, ...]) -> None:
        self.given = [] if events is None else [events] if callable(events) else list(events)
        self.start, self.args = start, args

    def leaves(self) -> list[Any]:
        return [x for x in flatten(self.args)[0] if isinstance(x, Tensor)]

    def of_vectors(self, event: Callable[..., Any]) -> Callable[..., Any]:
        start = self.start

        def function(t: Any, y: Any, *args: Any) -> Any:
            return ravelled(event(t, start.container(y), *args))[0]

        function.__name__ = getattr(event, "__name__", "event")
        return function

    def for_scipy(self) -> Any:
        args = constants(self.args)
        out = [self._called(event, args) for event in self.given]
        return out or None

    def _called(self, event: Any, args: tuple[Any, ...]) -> Callable[..., float]:
        value = Called(self.of_vectors(event))

        def function(t: float, y: np.ndarray) -> float:
            return float(np.asarray(value(np.array(t, np.float64), y, *args)))

        vars(function).update(getattr(event, "__dict__", {}))
        return function

    def times(self, number: int, trajectory: Any, found: np.ndarray) -> Any:
        """When an event happens, as a tensor with its derivatives."""
        event = self.of_vectors(self.given[number])

        def residual(t: Any) -> Any:
            y = trajectory.at(t)
            return jnp.stack([event(t[k], y[k], *self.args) for k in range(found.size)])

        out = solution("solve_ivp", residual, found)
        return as_operand(found) if out is None else out


def _as_tensors(
    found: Any, trajectory: Any, happenings: _Events, points: Any, dense_output: bool
) -> None:
    """Puts what a trajectory gives in the place of SciPy's arrays."""
    whole = points is None and found.status != 1 and isinstance(trajectory, ExplicitSteps)
    if happenings.given:
        _put_events(found, trajectory, happenings)
    t = _points(found, trajectory, points)
    found.y = (trajectory.y if whole else trajectory.at(t)).T
    found.t = t if t.requires_grad else found.t
    found.sol = DifferentiableSolution(trajectory) if dense_output else None


def _put_events(found: Any, trajectory: Any, happenings: _Events) -> None:
    if not any(times.size for times in found.t_events):
        return
    if not isinstance(trajectory, ExplicitSteps):
        raise GradientError(
            "got events of a method that is not RK23, RK45 or DOP853, and a tensor that requires "
            "grad: their times have no derivative there; use one of these methods, or "
            "jitgrad.no_grad()"
        )
    found.t_events = [
        happenings.times(k, trajectory, times) if times.size else times
        for k, times in enumerate(found.t_events)
    ]
    found.y_events = [
        trajectory.at(times) if isinstance(times, Tensor) else y
        for times, y in zip(found.t_events, found.y_events, strict=True)
    ]


def _points(found: Any, trajectory: Any, points: Any) -> Any:
    """The times of the solution, as a tensor."""
    if points is not None:
        return points[: found.t.size]  # fewer, where an event ends the solution
    times = trajectory.mesh.times
    if found.status == 1:  # the last one is that of an event
        last = found.t[-1]
        events = [x for x in found.t_events if isinstance(x, Tensor)]
        ends = [x[k] for x in events for k in range(x.size) if x[k].item() == last]
        return jnp.concatenate([times[: found.t.size - 1], ends[0].reshape((1,))])
    return times if found.t.size == times.size else as_operand(found.t)


class DifferentiableSolution:
    """``sol(t)``: a trajectory at any times within it, of shape (n,) or (n, times), as a tensor."""

    def __init__(self, trajectory: Any) -> None:
        self.trajectory = trajectory
        self.t_min, self.t_max = np.sort(trajectory.mesh.values[[0, -1]])

    def __call__(self, t: Any) -> Any:
        points = as_operand(t).to(np.float64)
        out = self.trajectory.at(points.reshape((-1,))).T
        return out[:, 0] if not points.ndim else out


@surface
@outside_jit
def odeint(
    func: Callable[..., Any],
    y0: Any,
    t: Any,
    args: Any = (),
    Dfun: Any = None,
    col_deriv: bool = False,
    full_output: bool = False,
    *,
    rtol: Any = None,
    atol: Any = None,
    tfirst: bool = False,
    **options: Any,
) -> Any:
    """The solution of an initial value problem at given times, as `scipy.integrate.odeint`.

    Parameters
    ----------
    func : callable
        ``func(y, t, *args)`` gives dy/dt, or ``func(t, y, *args)`` with `tfirst`; see `solve_ivp`.
    y0 : array_like or container
        May require grad.
    t : array_like of shape (times,)
        The first one is that of `y0`. May require grad.
    args : tuple
        May require grad, and be containers.
    rtol, atol : float
        Tolerances, 1.49e-8 by default.
    Dfun, col_deriv, full_output, **options
        As in SciPy, where nothing requires grad. `Dfun` is to be left out: it is computed.

    Returns
    -------
    array or container
        With an axis of times in front: of shape (times, n) for a vector `y0`. Tensors where
        something requires grad.

    Raises
    ------
    GradientError
        `func` asks for values, where something requires grad.

    Notes
    -----
    The method is that of ODEPACK, which changes between methods for stiff and other systems. For
    derivatives see `solve_ivp`.

    References
    ----------
    ``scipy.integrate.odeint``.

    Examples
    --------
    >>> t = np.array([0.0, 1.0, 2.0])
    >>> rate = jitgrad.tensor(0.5)
    >>> jitgrad.jacobian(lambda rate: odeint(lambda y, t: -rate * y, [1.0], t)[-1])(rate)
    tensor([-0.7358])
    """
    args = as_tuple(args)
    start = Start(y0, "y0")
    right = RightSide(func, start, args, bool(tfirst))
    points = as_operand(t).to(np.float64)
    if points.ndim != 1 or not points.size:
        raise ArgumentError(f"got t of shape {points.shape}, expected (times,), at least one")
    y = flat(y0, start)
    wanted = _Followed(right, [points[0], points, y])
    if not wanted.any:
        with no_grad():
            found = function_of("scipy.integrate", "odeint")(
                right.for_scipy(),
                start.vector,
                np.asarray(points.detach()),
                Dfun=as_arrays(Dfun) if Dfun is not None else right.jacobian_for_scipy(),
                col_deriv=col_deriv,
                full_output=full_output,
                rtol=rtol,
                atol=atol,
                tfirst=True,
                **options,
            )
        if full_output:
            return with_times(start, found[0], behind=False), found[1]
        return with_times(start, found, behind=False)
    if full_output or options:
        given = ", ".join([*(["full_output"] if full_output else []), *options])
        raise ArgumentError(
            f"got {given} in odeint with a tensor that requires grad, expected tolerances alone; "
            "use solve_ivp"
        )
    values = np.asarray(points.detach())
    with no_grad():
        found = function_of("scipy.integrate", "solve_ivp")(
            right.for_scipy(),
            (values[0], values[-1]),
            start.vector,
            method="LSODA",
            dense_output=True,
            jac=right.jacobian_for_scipy(),
            rtol=1.49012e-8 if rtol is None else rtol,
            atol=1.49012e-8 if atol is None else atol,
        )
    lsoda = function_of("scipy.integrate", "LSODA")
    trajectory = wanted.trajectory(found.sol, lsoda, points[0], points[-1], y)
    return with_times(start, trajectory.at(points), behind=False)
