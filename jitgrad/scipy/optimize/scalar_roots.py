"""`brentq` and its kin, `newton` and `fsolve`: SciPy's solvers by their own names, with roots that
are differentiable by what functions depend on; and `nnls`.

Start at `brentq`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import linalg
from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.extras import function_of
from ...base.surface import surface
from ...frontend.convert import as_operand
from ...frontend.modes import no_grad
from ...tracing.equations import solution
from ...tracing.transforms import grad
from ..signal.signals import given_back
from ..vectors import Called, as_arrays, as_tuple, constants, outside_jit
from .minimisation import number
from .roots import root

_DOC = """Where a function of one number is zero between two places at which its signs differ, by
`scipy.optimize.{name}`.

Parameters
----------
f : callable
    ``f(x, *args)`` is a number, computed from a 0-d tensor `x`.
a, b : float
    The places.
args, {others}, full_output, disp
    As in SciPy.

Returns
-------
Tensor or float
    The root: a 0-d tensor with derivatives, of any order, where `f` depends on tensors that require
    grad. With `full_output`, it and SciPy's `RootResults`.

Raises
------
ArgumentError
    Signs are the same at both places.

References
----------
``scipy.optimize.{name}``.

Examples
--------
>>> a = jitgrad.tensor(2.0, requires_grad=True)
>>> x = {name}(lambda x: x**2 - a, 0.0, 2.0)
>>> jitgrad.autograd.grad(x, a)
(tensor(0.3536),)
"""


def _scalar(called: Called) -> Callable[..., float]:
    return lambda x, *args: number(called(np.array(x, np.float64), *args))


def _root_of(name: str, f: Callable[..., Any], args: tuple, found: Any, full_output: bool) -> Any:
    """The root that SciPy found, with its derivatives."""
    value, results = found
    vector = np.atleast_1d(np.asarray(value, np.float64))
    x = solution(name, lambda x: f(x[0], *args).reshape((1,)), vector)
    out = value if x is None else x[0]
    if not full_output:
        return out
    results.root = out
    return out, results


def _bracketed(name: str, others: str) -> Any:
    defaults = {"xtol": 2e-12, "rtol": 8.881784197001252e-16, "maxiter": 100}

    def find(
        f: Callable[..., Any],
        a: Any,
        b: Any,
        args: Any = (),
        k: int | None = None,
        xtol: float = defaults["xtol"],
        rtol: float = defaults["rtol"],
        maxiter: int = 100,
        full_output: bool = False,
        disp: bool = True,
    ) -> Any:
        args = as_tuple(args)
        options = {"xtol": xtol, "rtol": rtol, "maxiter": maxiter, "disp": disp}
        if k is not None:
            options["k"] = k
        try:
            with no_grad():
                found = function_of("scipy.optimize", name)(
                    _scalar(Called(f)),
                    float(as_arrays(a)),
                    float(as_arrays(b)),
                    constants(args),
                    full_output=True,
                    **options,
                )
        except ValueError as error:
            if "sign" not in str(error):
                raise
            raise ArgumentError(
                f"got a function with one sign at {a} and {b} in {name}, expected different ones: "
                "look for places between which it changes its sign"
            ) from None
        return _root_of(name, f, args, found, full_output)

    if name == "toms748":
        out: Any = find
    else:  # k is TOMS 748's

        def out(
            f: Callable[..., Any],
            a: Any,
            b: Any,
            args: Any = (),
            xtol: float = defaults["xtol"],
            rtol: float = defaults["rtol"],
            maxiter: int = 100,
            full_output: bool = False,
            disp: bool = True,
        ) -> Any:
            return find(f, a, b, args, None, xtol, rtol, maxiter, full_output, disp)

    out.__name__ = out.__qualname__ = name
    out.__doc__ = _DOC.format(name=name, others=others)
    return surface(outside_jit(out))


bisect = _bracketed("bisect", "xtol, rtol, maxiter")
brenth = _bracketed("brenth", "xtol, rtol, maxiter")
brentq = _bracketed("brentq", "xtol, rtol, maxiter")
ridder = _bracketed("ridder", "xtol, rtol, maxiter")
toms748 = _bracketed("toms748", "k, xtol, rtol, maxiter")


@surface
@outside_jit
def newton(
    func: Callable[..., Any],
    x0: Any,
    fprime: Any = None,
    args: Any = (),
    tol: float = 1.48e-8,
    maxiter: int = 50,
    fprime2: Any = None,
    x1: Any = None,
    rtol: float = 0.0,
    full_output: bool = False,
    disp: bool = True,
) -> Any:
    """Where a function is zero, by `scipy.optimize.newton`; of an array `x0`, for each element.

    Parameters
    ----------
    func : callable
        ``func(x, *args)``, of a tensor of the shape of `x0`, is of that shape; each element depends
        on that of `x` at its place.
    x0, args, tol, maxiter, x1, rtol, full_output, disp
        As in SciPy.
    fprime, fprime2 : callable, optional
        To be left out: the slope is computed, where there is no `x1` for the secant method.

    Returns
    -------
    Tensor or float or array
        The roots, as in SciPy: tensors with derivatives where `func` depends on tensors that
        require grad.

    References
    ----------
    ``scipy.optimize.newton``.

    Examples
    --------
    >>> a = jitgrad.tensor([2.0, 9.0], requires_grad=True)
    >>> x = newton(lambda x: x**2 - a, np.array([1.0, 1.0]))
    >>> x
    tensor([1.4142, 3.    ], grad_fn=<ReshapeBackward>)
    >>> jitgrad.autograd.grad(x.sum(), a)
    (tensor([0.3536, 0.1667]),)
    """
    args, x0 = as_tuple(args), np.asarray(as_arrays(x0))
    if x0.dtype.kind == "c":
        raise ArgumentError("got a complex x0 for newton, expected real numbers")
    x0 = x0.astype(np.float64)
    value = Called(func)
    if fprime is None and x1 is None:
        slope = Called(func, lambda f: grad(lambda x, *args: f(x, *args).sum()))
        fprime = lambda x, *args: _as_given(slope(np.array(x, np.float64), *args))
    with no_grad():
        found = function_of("scipy.optimize", "newton")(
            lambda x, *args: _as_given(value(np.array(x, np.float64), *args)),
            x0 if x0.ndim else float(x0),
            fprime,
            constants(args),
            tol,
            maxiter,
            fprime2,
            as_arrays(x1),
            rtol,
            full_output,
            disp,
        )
    roots, *rest = found if full_output else (found,)
    vector = np.asarray(roots, np.float64).reshape(-1)
    x = solution("newton", lambda x: func(x.reshape(x0.shape), *args).reshape((-1,)), vector)
    out = roots if x is None else x.reshape(x0.shape)
    return (out, *rest) if full_output else out


def _as_given(out: Any) -> Any:
    out = np.asarray(out)
    return out if out.ndim else float(out)


@surface
def fsolve(
    func: Callable[..., Any],
    x0: Any,
    args: Any = (),
    fprime: Any = None,
    full_output: bool = False,
    col_deriv: bool = False,
    xtol: float = 1.49012e-8,
    maxfev: int = 0,
    band: Any = None,
    epsfcn: Any = None,
    factor: float = 100,
    diag: Any = None,
) -> Any:
    """Where a function of several variables is zero, by `scipy.optimize.fsolve`: `root` of the
    method "hybr".

    Parameters
    ----------
    func, x0, args, fprime
        As `root` has them; the Jacobian is computed.
    full_output, col_deriv, xtol, maxfev, band, epsfcn, factor, diag
        As in SciPy.

    Returns
    -------
    Tensor or array
        The root; with `full_output`, it, a dictionary, a number that is 1 where it was found, and a
        message.

    References
    ----------
    ``scipy.optimize.fsolve``.

    Examples
    --------
    >>> a = jitgrad.tensor(2.0, requires_grad=True)
    >>> x = fsolve(lambda x: x**3 - a, [1.0])
    >>> jitgrad.autograd.grad(x.sum(), a)
    (tensor(0.21),)
    """
    options = {"col_deriv": col_deriv, "maxfev": maxfev, "band": band, "eps": epsfcn}
    options |= {"factor": factor, "diag": diag}
    found = root(func, x0, args, "hybr", fprime, xtol, options=options)
    if not full_output:
        return found.x
    names = {"nfev": "nfev", "njev": "njev", "fvec": "fun", "fjac": "fjac", "r": "r", "qtf": "qtf"}
    information = {key: found[name] for key, name in names.items() if name in found}
    return found.x, information, found.status, found.message


@surface
@outside_jit
def nnls(A: Any, b: Any, maxiter: Any = None) -> tuple[Any, Any]:
    """The x from 0 on at which the norm of A x - b is least, by `scipy.optimize.nnls`.

    Parameters
    ----------
    A, b : array_like
        A matrix (m, n), and (m,); they may require grad.
    maxiter : int, optional

    Returns
    -------
    tuple
        x, (n,), and the norm. Elements that are 0 have no slope; others are those of least squares
        of their columns.

    References
    ----------
    ``scipy.optimize.nnls``.

    Examples
    --------
    >>> b = jitgrad.tensor([2.0, -1.0], requires_grad=True)
    >>> x, norm = nnls(np.eye(2), b)
    >>> x.detach(), norm.detach()
    (tensor([2., 0.]), tensor(1.))
    """
    a, b = as_operand(A), as_operand(b)
    a, b = a if a.dtype.kind == "f" else a.double(), b if b.dtype.kind == "f" else b.double()
    if a.ndim != 2 or b.shape != a.shape[:1]:
        raise ShapeError(f"got nnls of shapes {a.shape} and {b.shape}, expected (m, n) and (m,)")
    found, _ = function_of("scipy.optimize", "nnls")(
        np.asarray(a.detach()), np.asarray(b.detach()), maxiter=maxiter
    )
    used = np.asarray(found > 0)
    x = jnp.zeros(a.shape[1], dtype=a.dtype)
    if used.any():
        part = linalg.lstsq(a[:, np.flatnonzero(used)], b)[0]
        x = np.eye(a.shape[1], dtype=a.dtype)[:, used] @ part
    norm = linalg.norm(a @ x - b)
    return given_back(x, A, b), given_back(norm, A, b)
