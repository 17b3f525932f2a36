"""`root`, `root_scalar` and `fixed_point`: SciPy's, with exact Jacobians and slopes, and solutions
that are differentiable by what functions depend on.

Start at `root`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...base.extras import function_of
from ...base.surface import surface
from ...frontend.modes import no_grad
from ...frontend.tensor import Tensor
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
from .minimisation import number

#: Methods of `root` that take a Jacobian.
JACOBIANS = frozenset(("hybr", "lm"))


@surface
@outside_jit
def root(
    fun: Callable[..., Any],
    x0: Any,
    args: Any = (),
    method: str = "hybr",
    jac: Any = None,
    tol: Any = None,
    callback: Any = None,
    options: Any = None,
) -> Any:
    """Where a function of several variables is zero, by the methods of `scipy.optimize.root`.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)`` is an array, or a container of arrays, with as many elements as `x`,
        computed from a tensor by operations on tensors; see `minimize`.
    x0 : array_like or container
    args, method, tol, callback, options
        As in SciPy.
    jac : callable, optional
        To be left out: the Jacobian is computed, for the methods that take it. With ``jac=True``,
        `fun` gives ``(value, Jacobian)``.

    Returns
    -------
    scipy.optimize.OptimizeResult
        `x` is like `x0`. Where `fun` depends on tensors that require grad, `x` is made of tensors
        with derivatives by these, of any order; all else are values.

    Raises
    ------
    GradientError
        `fun` gives no tensor of floats.

    References
    ----------
    ``scipy.optimize.root``.

    Examples
    --------
    >>> a = jitgrad.tensor(2.0, requires_grad=True)
    >>> found = root(lambda x: x**3 - a, [1.0], tol=1e-12)
    >>> found.x
    tensor([1.2599], grad_fn=<RootBackward>)
    >>> jitgrad.autograd.grad(found.x.sum(), a)
    (tensor(0.21),)
    """
    args = as_tuple(args)
    start = Start(x0)
    given = fun
    if jac is True:
        given, jac = lambda *args: fun(*args)[0], None
    of_vector = start.taking(given)

    def residual(x: Any, *args: Any) -> Any:
        return ravelled(of_vector(x, *args))

    value = Called(residual)
    if callable(jac):
        by_user = start.taking(jac)
        jac = lambda x, *args: as_arrays(by_user(x, *args))
    elif method in JACOBIANS and jac is None:
        matrix = Called(residual, jacobian)
        jac = lambda x, *args: np.asarray(matrix(x, *args))
    with no_grad():
        found = function_of("scipy.optimize", "root")(
            lambda x, *args: np.asarray(value(x, *args)),
            start.vector,
            constants(args),
            method,
            jac=jac,
            tol=tol,
            callback=callback,
            options=options,
        )
    vector = np.asarray(found.x, np.float64)
    x = solution("root", _square(lambda x: residual(x, *args), vector), vector)
    if x is not None:
        warn_unsolved("root", found)
    found.x = start.handed(vector if x is None else x)
    return found


def _square(residual: Callable[[Any], Any], vector: np.ndarray) -> Callable[[Any], Any]:
    """As many equations as unknowns: those of least squares, where there are more."""

    def function(x: Any) -> Any:
        out = residual(x)
        if out.size == vector.size:
            return out
        return grad(lambda x: 0.5 * (residual(x) ** 2).sum())(x)

    return function


@surface
@outside_jit
def root_scalar(
    f: Callable[..., Any],
    args: Any = (),
    method: str | None = None,
    bracket: Any = None,
    fprime: Any = None,
    fprime2: Any = None,
    x0: Any = None,
    x1: Any = None,
    xtol: Any = None,
    rtol: Any = None,
    maxiter: Any = None,
    options: Any = None,
) -> Any:
    """Where a function of one number is zero, by the methods of `scipy.optimize.root_scalar`.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` is a number, computed from a 0-d tensor `x`.
    args, method, bracket, x0, x1, xtol, rtol, maxiter, options
        As in SciPy. Where there is `x0` alone, and no `method`, it is "newton".
    fprime, fprime2 : callable, optional
        To be left out: derivatives are computed, for the methods that take them.

    Returns
    -------
    scipy.optimize.RootResults
        `root` is a 0-d tensor with derivatives where `f` depends on tensors that require grad; else
        a float.

    References
    ----------
    ``scipy.optimize.root_scalar``.

    Examples
    --------
    >>> a = jitgrad.tensor(2.0, requires_grad=True)
    >>> found = root_scalar(lambda x: x**2 - a, bracket=(0.0, 2.0))
    >>> jitgrad.autograd.grad(found.root, a)
    (tensor(0.3536),)
    """
    args = as_tuple(args)
    bracket, x0, x1 = as_arrays(bracket), as_arrays(x0), as_arrays(x1)
    if method is None and bracket is None and x1 is None and x0 is not None and fprime is None:
        method = "newton"
    name = method.lower() if isinstance(method, str) else None
    if name in ("newton", "halley") and fprime is None:
        fprime = _scalar(Called(f, grad))
    if name == "halley" and fprime2 is None:
        fprime2 = _scalar(Called(f, lambda f: grad(grad(f))))
    with no_grad():
        found = function_of("scipy.optimize", "root_scalar")(
            _scalar(Called(f)),
            constants(args),
            method,
            bracket,
            fprime if fprime is True else _plain(fprime),
            fprime2 if fprime2 is True else _plain(fprime2),
            x0,
            x1,
            xtol,
            rtol,
            maxiter,
            options,
        )
    vector = np.atleast_1d(np.asarray(found.root, np.float64))
    x = solution("root_scalar", lambda x: f(x[0], *args).reshape((1,)), vector)
    if x is not None:
        if not found.converged:
            found.success, found.message = False, found.flag
            warn_unsolved("root_scalar", found)
        found.root = x[0]
    return found


def _scalar(called: Called) -> Callable[..., float]:
    return lambda x, *args: number(called(np.array(x, np.float64), *args))


def _plain(f: Any) -> Any:
    """A slope that the user gave, for SciPy."""
    if f is None:
        return None
    return lambda x, *args: number(f(x, *args))


@surface
def fixed_point(
    func: Callable[..., Any],
    x0: Any,
    args: Any = (),
    xtol: float = 1e-8,
    maxiter: int = 500,
    method: str = "del2",
) -> Any:
    """The x at which ``func(x, *args)`` is x, by the methods of `scipy.optimize.fixed_point`.

    Parameters
    ----------
    func : callable
        Computes with tensors.
    x0 : array_like or container
    args, xtol, maxiter, method
        As in SciPy.

    Returns
    -------
    like `x0`
        Tensors with derivatives where `func` depends on tensors that require grad.

    References
    ----------
    ``scipy.optimize.fixed_point``.

    Examples
    --------
    >>> a = jitgrad.tensor(2.0, requires_grad=True)
    >>> x = fixed_point(lambda x: (x + a / x) / 2.0, np.array([1.0]))
    >>> jitgrad.autograd.grad(x.sum(), a)
    (tensor(0.3536),)
    """
    args = as_tuple(args)
    start = Start(x0)
    of_vector = start.taking(func)

    def image(x: Any, *args: Any) -> Any:
        return ravelled(of_vector(x, *args))

    value = Called(image)
    with no_grad():
        found = function_of("scipy.optimize", "fixed_point")(
            lambda x, *args: np.asarray(value(x, *args)),
            start.vector,
            constants(args),
            xtol,
            maxiter,
            method,
        )
    vector = np.asarray(found, np.float64)
    x = solution("fixed_point", lambda x: x - image(x, *args), vector)
    out = start.handed(vector if x is None else x)
    scalar = start.array_like and np.ndim(_values(x0)) == 0
    return out[0] if scalar else out


def _values(x: Any) -> Any:
    return x.detach() if isinstance(x, Tensor) else x
