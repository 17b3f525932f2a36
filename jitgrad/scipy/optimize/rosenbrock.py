"""Rosenbrock's function, which solvers are tried on, and its derivatives. Start at `rosen`."""

from __future__ import annotations

from typing import Any

from ...base.surface import surface
from ...differential_operators import hvp
from ...frontend.convert import as_operand
from ...tracing.jacobians import hessian
from ...tracing.transforms import grad


@surface
def rosen(x: Any) -> Any:
    """Rosenbrock's function of vectors along the first axis.

    References
    ----------
    ``scipy.optimize.rosen``.

    Examples
    --------
    >>> rosen(np.array([1.0, 2.0]))
    tensor(100.)
    """
    x = as_operand(x)
    before = x[:-1]
    return (100.0 * (x[1:] - before**2) ** 2 + (1.0 - before) ** 2).sum(0)


@surface
def rosen_der(x: Any) -> Any:
    """Its gradient.

    References
    ----------
    ``scipy.optimize.rosen_der``.

    Examples
    --------
    >>> rosen_der(np.array([1.0, 2.0]))
    tensor([-400.,  200.])
    """
    return grad(lambda x: rosen(x).sum())(as_operand(x).double())


@surface
def rosen_hess(x: Any) -> Any:
    """Its Hessian, of one vector.

    References
    ----------
    ``scipy.optimize.rosen_hess``.

    Examples
    --------
    >>> rosen_hess(np.array([1.0, 2.0]))
    tensor([[ 402., -400.],
            [-400.,  200.]])
    """
    return hessian(rosen)(as_operand(x).double())


@surface
def rosen_hess_prod(x: Any, p: Any) -> Any:
    """The product of its Hessian and a vector.

    References
    ----------
    ``scipy.optimize.rosen_hess_prod``.

    Examples
    --------
    >>> rosen_hess_prod(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    tensor([ 402., -400.])
    """
    return hvp(rosen)(as_operand(x).double(), as_operand(p).double())
