"""`least_squares` and `curve_fit`: SciPy's, with exact Jacobians, and fits that are differentiable
by data and by what models reach.

The equation that a fit satisfies is that the gradient of the cost is zero, whose Jacobian is the
whole Hessian, curvature of the model included. Start at `least_squares`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import linalg
from ... import numpy as jnp
from ...base.errors import GradientError
from ...base.extras import function_of
from ...base.surface import surface
from ...frontend.convert import as_operand
from ...frontend.modes import enable_grad, is_grad_enabled, no_grad
from ...frontend.tensor import Tensor
from ...tape.running import needs_grad
from ...tracing.equations import solution
from ...tracing.jacobians import jacobian
from ...tracing.transforms import grad
from ..vectors import (
    Called,
    Start,
    as_arrays,
    as_tuple,
    constants,
    outside_jit,
    ravelled,
    warn_unsolved,
)
from .constraints import Bounded, of_sides

#: What SciPy's losses are of the squared residuals.
LOSSES: dict[str, Callable[[Any], Any]] = {
    "linear": lambda z: z,
    "soft_l1": lambda z: 2.0 * z / (jnp.sqrt(1.0 + z) + 1.0),
    "huber": lambda z: jnp.where(z <= 1.0, z, 2.0 * jnp.sqrt(_above(z)) - 1.0),
    "cauchy": jnp.log1p,
    "arctan": jnp.arctan,
}


def _above(z: Any) -> Any:
    """`z` where it is above 1: the root of 0 has no slope."""
    return jnp.where(z <= 1.0, 1.0, z)


@surface
@outside_jit
def least_squares(
    fun: Callable[..., Any],
    x0: Any,
    jac: Any = None,
    bounds: Any = (-np.inf, np.inf),
    method: str = "trf",
    ftol: Any = 1e-8,
    xtol: Any = 1e-8,
    gtol: Any = 1e-8,
    x_scale: Any = 1.0,
    loss: Any = "linear",
    f_scale: float = 1.0,
    args: Any = (),
    kwargs: Any = None,
    **options: Any,
) -> Any:
    """The least sum of squares of residuals, by the methods of `scipy.optimize.least_squares`.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args, **kwargs)`` is an array of residuals, or a container of arrays, computed
        from a tensor `x` by operations on tensors; see `minimize`.
    x0 : array_like or container
    jac : callable, optional
        To be left out: the Jacobian is computed.
    bounds, method, ftol, xtol, gtol, x_scale, loss, f_scale, args, kwargs, **options
        As in SciPy.

    Returns
    -------
    scipy.optimize.OptimizeResult
        `x` is like `x0`. Where `fun` depends on tensors that require grad, `x`, `fun` and `cost`
        are tensors with derivatives by these; all else are values.

    Raises
    ------
    GradientError
        `fun` gives no tensor of floats; or a `loss` that is a function of the user's has no
        derivative.

    References
    ----------
    ``scipy.optimize.least_squares``.

    Examples
    --------
    >>> t = np.linspace(0.0, 1.0, 5)
    >>> y = jitgrad.tensor(3.0 * np.exp(-2.0 * t), requires_grad=True)
    >>> fit = least_squares(lambda p: p[0] * jitgrad.exp(-p[1] * t) - y, [1.0, 1.0])
    >>> fit.x
    tensor([3., 2.], grad_fn=<LeastSquaresBackward>)
    >>> jitgrad.autograd.grad(fit.x[0], y)[0][0]
    tensor(0.8913)
    """
    args = as_tuple(args)
    start = Start(x0)
    given = functools.partial(fun, **kwargs) if kwargs else fun
    of_vector = start.taking(given)

    def residuals(x: Any, *args: Any) -> Any:
        return ravelled(of_vector(x, *args))

    limits = of_sides(bounds, start.vector.size)
    value, matrix = Called(residuals), Called(residuals, jacobian)
    if callable(jac):
        by_user = start.taking(functools.partial(jac, **kwargs) if kwargs else jac)
        matrix = lambda x, *args: as_arrays(by_user(x, *args))  # type: ignore[assignment]
    with no_grad():
        found = function_of("scipy.optimize", "least_squares")(
            lambda x, *args: np.asarray(value(x, *args)),
            start.vector,
            jac=jac if isinstance(jac, str) else lambda x, *args: np.asarray(matrix(x, *args)),
            bounds=limits.bounds,
            method=method,
            ftol=ftol,
            xtol=xtol,
            gtol=gtol,
            x_scale=as_arrays(x_scale),
            loss=loss,
            f_scale=f_scale,
            args=constants(args),
            **options,
        )
    vector = np.asarray(found.x, np.float64)
    x = None
    if callable(loss):
        _check_constant(lambda: residuals(as_operand(vector), *args))
    else:
        cost = functools.partial(_cost, loss, f_scale)
        slope = grad(lambda x: cost(residuals(x, *args)))
        x = solution("least_squares", limits.settling(slope, vector), vector)
        if x is not None:
            warn_unsolved("least_squares", found)
            found.fun = residuals(x, *args)
            found.cost = cost(found.fun)
    found.x = start.handed(vector if x is None else x)
    return found


def _cost(loss: str, scale: float, r: Any) -> Any:
    """Half of the sum of losses of squared residuals."""
    if loss == "linear":
        return 0.5 * (r * r).sum()
    return 0.5 * scale**2 * LOSSES[loss]((r / scale) ** 2).sum()


def _check_constant(residuals: Callable[[], Any]) -> None:
    if not is_grad_enabled():
        return
    with enable_grad():
        depends = needs_grad(residuals())
    if depends:
        raise GradientError(
            "got a loss that is a function, of residuals that depend on a tensor that requires "
            f"grad; expected one of {', '.join(LOSSES)}, or detach the tensors: derivatives of the "
            "solution need those of the loss"
        )


@surface
@outside_jit
def curve_fit(
    f: Callable[..., Any],
    xdata: Any,
    ydata: Any,
    p0: Any = None,
    sigma: Any = None,
    absolute_sigma: bool = False,
    check_finite: Any = None,
    bounds: Any = (-np.inf, np.inf),
    method: Any = None,
    jac: Any = None,
    *,
    full_output: bool = False,
    nan_policy: Any = None,
    **kwargs: Any,
) -> Any:
    """The parameters with which a function fits data best, as `scipy.optimize.curve_fit`.

    Parameters
    ----------
    f : callable
        ``f(xdata, *parameters)``, computed by operations on tensors.
    xdata : any
        What `f` gets first.
    ydata, sigma : array_like
        Of shape (m,); `sigma` also (m, m). They may require grad.
    p0 : array_like, optional
        Where to start; ones, as many as `f` has parameters.
    absolute_sigma, check_finite, bounds, method, full_output, nan_policy, **kwargs
        As in SciPy.
    jac : callable, optional
        To be left out: the Jacobian is computed.

    Returns
    -------
    (popt, pcov)
        Of shapes (n,) and (n, n), and with `full_output` what SciPy says besides. Tensors with
        derivatives, where data or what `f` reaches require grad.

    Raises
    ------
    GradientError
        Derivatives of a fit that leaves out nan.

    References
    ----------
    ``scipy.optimize.curve_fit``.

    Examples
    --------
    >>> t = np.linspace(0.0, 1.0, 4)
    >>> y = jitgrad.tensor([1.0, 2.1, 2.9, 4.0], requires_grad=True)
    >>> popt, pcov = curve_fit(lambda t, a, b: a * t + b, t, y)
    >>> popt
    tensor([2.94, 1.03], grad_fn=<CurveFitBackward>)
    >>> jitgrad.autograd.grad(popt[0], y)
    (tensor([-0.9, -0.3,  0.3,  0.9]),)
    """
    is_array = isinstance(xdata, (list, tuple, np.ndarray, Tensor))
    x = as_operand(xdata).to(np.float64) if is_array else xdata
    y, s = as_operand(ydata), None if sigma is None else as_operand(sigma)

    def model(p: Any, x: Any) -> Any:
        return ravelled(f(x, *[p[k] for k in range(p.shape[0])]))

    value, matrix = Called(model), Called(model, jacobian)
    if jac is None:
        jac = lambda x, *p: np.asarray(matrix(np.array(p), x))
    elif callable(jac):
        by_user = jac
        jac = lambda x, *p: as_arrays(by_user(x, *p))
    with no_grad():
        popt, pcov, *more = function_of("scipy.optimize", "curve_fit")(
            functools.wraps(f)(lambda x, *p: np.asarray(value(np.array(p), x))),
            as_arrays(x),
            np.asarray(y.detach()),
            p0=None if p0 is None else Start(p0, "p0").vector,
            sigma=None if s is None else np.asarray(s.detach()),
            absolute_sigma=absolute_sigma,
            check_finite=check_finite,
            bounds=as_arrays(bounds),
            method=method,
            jac=jac,
            full_output=full_output,
            nan_policy=nan_policy,
            **kwargs,
        )
    limits = _limits(bounds, popt.size)
    residuals = _weighted(lambda p: model(p, x) - y, s)
    slope = grad(lambda p: _cost("linear", 1.0, residuals(p)))
    p = solution("curve_fit", limits.settling(slope, popt), popt)
    if p is None:
        return (popt, pcov, *more)
    if nan_policy is not None:
        raise GradientError(
            f"got nan_policy={nan_policy!r} for data or a model that require grad, expected None: "
            "leave out what is nan before, or detach the tensors"
        )
    if np.isfinite(pcov).all():
        pcov = _covariance(residuals, p, absolute_sigma)
    return (p, as_operand(pcov), *more)


def _limits(bounds: Any, n: int) -> Bounded:
    if not hasattr(bounds, "lb") and np.all(np.isinf([*map(np.ravel, as_arrays(bounds))])):
        return Bounded(None, None, n)
    return of_sides(bounds, n)


def _weighted(residuals: Callable[[Any], Any], sigma: Tensor | None) -> Callable[[Any], Any]:
    """Residuals in units of their errors."""
    if sigma is None:
        return residuals
    if sigma.ndim < 2:
        return lambda p: residuals(p) / sigma
    return lambda p: linalg.solve_triangular(linalg.cholesky(sigma), residuals(p), lower=True)


def _covariance(residuals: Callable[[Any], Any], p: Tensor, absolute: bool) -> Any:
    """That of the parameters, in the linear approximation."""
    matrix = jacobian(residuals)(p)
    out = linalg.inv(matrix.mT @ matrix)
    if absolute:
        return out
    r = residuals(p)
    return out * ((r * r).sum() / (r.size - p.size))
