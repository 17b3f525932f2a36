"""`minimize`: SciPy's minimisers, which get exact derivatives, and whose solutions have them.

The objective and its derivatives are functions through `jit`, called on SciPy's vectors
(`jitgrad.scipy.vectors`). The solution is where the gradient is zero, for variables that are not at
a bound, so its derivatives are those of an equation (`jitgrad.tracing.equations`). With active
constraints the equations are those of Karush, Kuhn and Tucker, in x and the multipliers. Start at
`minimize`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...base.errors import ArgumentError
from ...base.extras import function_of
from ...base.surface import surface
from ...frontend.convert import as_operand
from ...frontend.modes import no_grad
from ...frontend.tensor import Tensor
from ...tracing.equations import solution
from ...tracing.jacobians import hessian
from ...tracing.transforms import grad, hvp, value_and_grad
from ..vectors import Called, Start, as_arrays, as_tuple, constants, outside_jit, warn_unsolved
from .constraints import Bounded, Constrained, of_pairs

#: What methods take: nothing but values, a gradient, a Hessian too, or its products.
VALUES_ONLY = frozenset(("nelder-mead", "powell", "cobyla", "cobyqa"))
HESSIANS = frozenset(("dogleg", "trust-exact"))
PRODUCTS = frozenset(("newton-cg", "trust-ncg", "trust-krylov", "trust-constr"))

#: Methods that take Hessians of constraints.
CURVED = frozenset(("trust-constr",))


@surface
@outside_jit
def minimize(
    fun: Callable[..., Any],
    x0: Any,
    args: Any = (),
    method: Any = None,
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
    bounds: Any = None,
    constraints: Any = (),
    tol: Any = None,
    callback: Any = None,
    options: Any = None,
) -> Any:
    """The minimum of a function, by the methods of `scipy.optimize.minimize`.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)`` is a number, computed from a tensor `x` by operations on tensors. It is
        traced by `jit`; where it asks for values it is run as it is, with a `JitgradWarning`.
    x0 : array_like or container
        Where to start: an array, or a container of arrays, which `fun` gets as such.
    args : tuple
        Further arguments of `fun`.
    method, bounds, constraints, tol, callback, options
        As in SciPy, where `method` may be any of its names. Functions of constraints are given
        derivatives as `fun` is. SciPy's vector is what `callback` gets.
    jac, hess, hessp
        To be left out: the gradient, and the Hessian or its products where the method takes them,
        are computed. What is given is used instead; ``jac=True`` says that `fun` gives
        ``(value, gradient)``.

    Returns
    -------
    scipy.optimize.OptimizeResult
        `x` is like `x0`. Where `fun`, through `args` or what it reaches, depends on tensors that
        require grad, `x` and `fun` are tensors with derivatives by these, of any order; all else
        are values. The derivative by `x0` is zero.

    Raises
    ------
    GradientError
        `fun` gives no tensor of floats.
    DTypeError
        `x0` is not made of floats.

    Warns
    -----
    JitgradWarning
        `fun` asks for values. Derivatives of the solution are of first order then, in reverse mode.

    Notes
    -----
    Derivatives of the solution are those of the equation that it satisfies, and as exact as it is:
    set `tol` accordingly. They need a Hessian that is regular at the solution.

    References
    ----------
    ``scipy.optimize.minimize``; Griewank and Walther, Evaluating Derivatives (2008), chapter 15.

    Examples
    --------
    >>> a = jitgrad.tensor(3.0, requires_grad=True)
    >>> found = minimize(lambda x: ((x - a) ** 2).sum() + x[0] * x[1], np.zeros(2), tol=1e-10)
    >>> found.x.sum().backward()
    >>> a.grad
    tensor(1.3333)
    """
    args = as_tuple(args)
    start = Start(x0)
    f = first_of(fun) if jac is True else fun
    of_vector = start.taking(f)
    limits = of_pairs(bounds, start.vector.size)
    limited = Constrained(constraints, start, _named(method) in CURVED)
    given = _derivatives(of_vector, method, None if jac is True else jac, hess, hessp, limited)
    with no_grad():
        found = function_of("scipy.optimize", "minimize")(
            given.pop("fun"),
            start.vector,
            constants(args),
            method,
            bounds=limits.bounds,
            constraints=limited.given,
            tol=tol,
            callback=callback,
            options=options,
            **given,
        )
    vector = np.asarray(found.x, np.float64)
    x = _differentiable(of_vector, args, vector, limits, limited)
    if x is not None:
        size = max(1.0, abs(float(found.fun)))
        warn_unsolved("minimize", found, found.get("jac", np.inf) / size)
        found.fun = of_vector(x, *args)
    found.x = start.handed(vector if x is None else x)
    return found


def _named(method: Any) -> Any:
    return method.lower() if isinstance(method, str) else method


def first_of(fun: Callable[..., Any]) -> Callable[..., Any]:
    """The first of what `fun` gives."""

    def value(*args: Any) -> Any:
        return fun(*args)[0]

    value.__name__ = getattr(fun, "__name__", type(fun).__name__)
    return value


def _derivatives(
    f: Callable[..., Any], method: Any, jac: Any, hess: Any, hessp: Any, limited: Any
) -> dict[str, Any]:
    """`fun`, `jac`, `hess` and `hessp` for SciPy."""
    name = _named(method)
    if jac is not None and not (callable(jac) or isinstance(jac, str)):
        raise ArgumentError(
            f"got jac={jac!r}, expected None, True, a function or a name of SciPy's"
        )
    if name in VALUES_ONLY or jac is not None:
        value = Called(f)
        out = {"fun": lambda x, *args: number(value(x, *args)), "jac": jac}
        if callable(jac):
            out["jac"] = lambda x, *args: as_arrays(jac(x, *args))
    else:
        both = Called(f, value_and_grad)

        def value_and_slope(x: np.ndarray, *args: Any) -> tuple[float, np.ndarray]:
            value, slope = both(x, *args)
            return number(value), np.asarray(slope)

        out = {"fun": value_and_slope, "jac": True}
    out |= {"hess": hess, "hessp": hessp}
    if hess is None and hessp is None:
        if name in HESSIANS:
            matrix = Called(f, hessian)
            out["hess"] = lambda x, *args: np.asarray(matrix(x, *args))
        elif name in PRODUCTS and jac is None:
            product = Called(f, hvp)
            out["hessp"] = lambda x, v, *args: np.asarray(product(x, v, *args))
    return {k: v for k, v in out.items() if v is not None}


def number(x: Any) -> float:
    """A value of an objective, for SciPy."""
    x = np.asarray(x.detach() if isinstance(x, Tensor) else x)
    if x.size != 1:
        raise ArgumentError(
            f"got an objective of shape {x.shape}, expected one number; sum it, or use "
            "least_squares for the squares of residuals"
        )
    return float(x.reshape(()))


def _differentiable(
    f: Callable[..., Any], args: Any, vector: np.ndarray, limits: Bounded, limited: Constrained
) -> Any:
    """The solution with its derivatives, or None where there are none."""
    n = vector.size

    def slope(x: Any) -> Any:
        return grad(f)(x, *args)

    if not limited.functions:
        return solution("minimize", limits.settling(slope, vector), vector)
    with no_grad():
        slope_there = np.asarray(slope(as_operand(vector)))
    active = limited.active(vector)
    multipliers = active.multipliers(slope_there, limits.free(vector))

    def stationary(z: Any) -> Any:
        x, m = z[:n], z[n:]
        lagrangian = grad(lambda x: f(x, *args).sum() - (active(x) * m).sum())
        return lagrangian(x), active(x)

    residual = limits.settling_parts(stationary, vector)
    z = solution("minimize", residual, np.concatenate([vector, multipliers]))
    return None if z is None else z[:n]


@surface
@outside_jit
def minimize_scalar(
    fun: Callable[..., Any],
    bracket: Any = None,
    bounds: Any = None,
    args: Any = (),
    method: Any = None,
    tol: Any = None,
    options: Any = None,
) -> Any:
    """The minimum of a function of one number, by the methods of `scipy.optimize.minimize_scalar`.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)`` is a number, computed from a 0-d tensor `x`.
    bracket, bounds, args, method, tol, options
        As in SciPy.

    Returns
    -------
    scipy.optimize.OptimizeResult
        `x` and `fun` are 0-d tensors with derivatives where `fun` depends on tensors that require
        grad, as in `minimize`; else floats.

    References
    ----------
    ``scipy.optimize.minimize_scalar``.

    Examples
    --------
    >>> a = jitgrad.tensor(3.0, requires_grad=True)
    >>> found = minimize_scalar(lambda x: (x**2 - a) ** 2, bounds=(0.0, 10.0))
    >>> found.x.backward()
    >>> a.grad
    tensor(0.2887)
    """
    args = as_tuple(args)
    value = Called(fun)
    with no_grad():
        found = function_of("scipy.optimize", "minimize_scalar")(
            lambda x, *args: number(value(np.array(x, np.float64), *args)),
            bracket=as_arrays(bracket),
            bounds=as_arrays(bounds),
            args=constants(args),
            method=method,
            tol=tol,
            options=options,
        )
    vector = np.atleast_1d(np.asarray(found.x, np.float64))
    limits = of_pairs(None if bounds is None else [bounds], 1)

    def slope(x: Any) -> Any:
        return grad(fun)(x[0], *args).reshape((1,))

    x = solution("minimize_scalar", limits.settling(slope, vector, near=1e-4), vector)
    if x is not None:
        warn_unsolved("minimize_scalar", found)
        found.x = x[0]
        found.fun = fun(x[0], *args)
    return found
