"""Autograd's names of derivatives, by the transforms of `jitgrad.tracing`.

    >>> from jitgrad.differential_operators import make_vjp
    >>> vjp, value = make_vjp(lambda x: x**2)(3.0)
    >>> value, vjp(1.0)
    (9.0, 6.0)

Each makes of a function another one of the same arguments, which is differentiated with respect to
argument number `argnum`: one, or a tuple of them. Those that jitgrad calls by the same name
(`grad`, `value_and_grad`, `elementwise_grad`, `jacobian`, `hessian`, `checkpoint`) are jitgrad's
own. Start at `make_vjp`.
"""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from .base.errors import ArgumentError
from .base.surface import surface
from .base.tree import flatten
from .frontend.convert import as_operand
from .frontend.creation import ones_like
from .frontend.functions import NAMES
from .tracing.differentiated import check_function, like
from .tracing.jacobians import hessian, jacobian
from .tracing.products import jvp, vjp
from .tracing.recompute import checkpoint
from .tracing.transforms import elementwise_grad, grad, hvp, value_and_grad

__all__ = [
    "checkpoint",
    "deriv",
    "elementwise_grad",
    "grad",
    "grad_and_aux",
    "grad_named",
    "hessian",
    "hessian_tensor_product",
    "hessian_vector_product",
    "holomorphic_grad",
    "jacobian",
    "make_ggnvp",
    "make_hvp",
    "make_jvp",
    "make_jvp_reversemode",
    "make_vjp",
    "multigrad_dict",
    "tensor_jacobian_product",
    "value_and_grad",
    "vector_jacobian_product",
]

Function = Callable[..., Any]
Argnum = int | tuple[int, ...] | list[int]


def _of_argument(
    f: Function, argnum: Argnum, args: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[Function, Any]:
    """`f` as a function of the arguments that are differentiated, and these."""
    nums = argnum if isinstance(argnum, (tuple, list)) else (argnum,)
    wrong = [k for k in nums if not -len(args) <= k < len(args)]
    if wrong:
        raise ArgumentError(f"got argnum {argnum} for {len(args)} positional arguments")

    def unary(x: Any) -> Any:
        given = list(args)
        for k, part in zip(nums, x if nums is argnum else (x,), strict=True):
            given[k] = part
        return f(*given, **kwargs)

    x = tuple([args[k] for k in nums]) if nums is argnum else args[nums[0]]
    return like(f)(unary), x


def _ones(x: Any) -> Any:
    """Ones for each leaf of a container."""
    leaves, _, rebuild = flatten(x)
    return rebuild(iter([ones_like(as_operand(leaf)) for leaf in leaves]))


@surface
def make_vjp(f: Function, argnum: Argnum = 0) -> Function:
    """A function of the arguments of `f` that returns ``(vjp, value)``: ``vjp(g)`` multiplies a
    cotangent of the result with the Jacobian.

    Parameters
    ----------
    f : callable
    argnum : int or tuple of int
        Which arguments are differentiated.

    See Also
    --------
    https://github.com/HIPS/autograd; `jitgrad.vjp`, which is given the arguments at once.

    Examples
    --------
    >>> vjp, value = jitgrad.make_vjp(lambda w, x: w * x, 1)(3.0, np.array([1.0, 2.0]))
    >>> value, vjp(np.ones(2))
    (array([3., 6.]), array([3., 3.]))
    """
    check_function(f)

    @like(f)
    @surface
    def function(*args: Any, **kwargs: Any) -> tuple[Function, Any]:
        unary, x = _of_argument(f, argnum, args, kwargs)
        value, pull_back = vjp(unary, x)
        return lambda g: pull_back(g)[0], value

    return function


@surface
def make_jvp(f: Function, argnum: Argnum = 0) -> Function:
    """A function of the arguments of `f` that returns ``jvp``: ``jvp(v)`` is ``(value, tangent)``,
    the Jacobian times `v`.

    Parameters
    ----------
    f, argnum
        As in `make_vjp`.

    See Also
    --------
    https://github.com/HIPS/autograd; `jitgrad.jvp` and `jitgrad.linearize`.

    Examples
    --------
    >>> jitgrad.make_jvp(lambda x: x**2)(3.0)(1.0)
    (9.0, 6.0)
    """
    check_function(f)

    @like(f)
    @surface
    def function(*args: Any, **kwargs: Any) -> Function:
        unary, x = _of_argument(f, argnum, args, kwargs)
        return surface(lambda v: jvp(unary, (x,), (v,)))

    return function


@surface
def make_jvp_reversemode(f: Function, argnum: Argnum = 0) -> Function:
    """A function of the arguments of `f` that returns ``jvp``: ``jvp(v)`` is the Jacobian times
    `v`, without the value.

    Parameters
    ----------
    f, argnum
        As in `make_vjp`.

    See Also
    --------
    https://github.com/HIPS/autograd

    Examples
    --------
    >>> from jitgrad.differential_operators import make_jvp_reversemode
    >>> make_jvp_reversemode(lambda x: x**2)(3.0)(1.0)
    6.0
    """
    of = make_jvp(f, argnum)

    @like(f)
    @surface
    def function(*args: Any, **kwargs: Any) -> Function:
        product = of(*args, **kwargs)
        return lambda v: product(v)[1]

    return function


@surface
def make_hvp(f: Function, argnum: Argnum = 0) -> Function:
    """A function of the arguments of `f` that returns ``(hvp, gradient)``: ``hvp(v)`` is the
    Hessian times `v`.

    Parameters
    ----------
    f, argnum
        As in `make_vjp`.

    See Also
    --------
    https://github.com/HIPS/autograd; `jitgrad.hvp`.

    Examples
    --------
    >>> hvp, gradient = jitgrad.make_hvp(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    >>> gradient, hvp(np.array([1.0, 0.0]))
    (array([ 3., 12.]), array([6., 0.]))
    """
    return make_vjp(grad(f, argnum if isinstance(argnum, int) else tuple(argnum)), argnum)


@surface
def deriv(f: Function, argnum: Argnum = 0) -> Function:
    """A function that returns the derivative of `f` along ones, in forward mode: the derivative of
    a function of one number.

    Parameters
    ----------
    f, argnum
        As in `make_vjp`.

    See Also
    --------
    https://github.com/HIPS/autograd

    Examples
    --------
    >>> jitgrad.deriv(lambda x: x**3)(2.0)
    12.0
    """
    check_function(f)

    @like(f)
    @surface
    def function(*args: Any, **kwargs: Any) -> Any:
        unary, x = _of_argument(f, argnum, args, kwargs)
        return jvp(unary, (x,), (_ones(x),))[1]

    return function


@surface
def holomorphic_grad(f: Function, argnum: Argnum = 0) -> Function:
    """A function that returns the complex derivative of the holomorphic function `f`.

    Parameters
    ----------
    f : callable
        Gives complex numbers for complex numbers.
    argnum : int or tuple of int
        Which arguments are differentiated.

    See Also
    --------
    https://github.com/HIPS/autograd; ``jitgrad.grad(f, holomorphic=True)``.

    Examples
    --------
    >>> jitgrad.holomorphic_grad(lambda z: z**2)(1 + 2j)
    (2+4j)
    """
    return grad(f, argnum if isinstance(argnum, int) else tuple(argnum), holomorphic=True)


@surface
def grad_and_aux(f: Function, argnum: Argnum = 0) -> Function:
    """A function that returns ``(gradient, aux)`` for a function that returns ``(result, aux)``.

    Parameters
    ----------
    f, argnum
        As in `make_vjp`.

    See Also
    --------
    https://github.com/HIPS/autograd; ``jitgrad.grad(f, has_aux=True)``.

    Examples
    --------
    >>> jitgrad.grad_and_aux(lambda x: (x**2, "aux"))(3.0)
    (6.0, 'aux')
    """
    return grad(f, argnum, has_aux=True)


@surface
def grad_named(f: Function, argname: str) -> Function:
    """The gradient of `f` with respect to the argument of that name, passed by place or by name.

    Parameters
    ----------
    f : callable
    argname : str

    See Also
    --------
    https://github.com/HIPS/autograd; ``jitgrad.grad(f, argnames=...)``.

    Examples
    --------
    >>> jitgrad.grad_named(lambda x, w: x * w, "w")(2.0, 3.0)
    2.0
    """
    return grad(f, argnames=argname)


@surface
def multigrad_dict(f: Function) -> Function:
    """A function that returns the gradients with respect to all arguments, by their names.

    Parameters
    ----------
    f : callable

    Returns
    -------
    callable
        Of an `OrderedDict` with a gradient for each parameter of `f`, defaults among them: a tuple
        for ``*args``, a dict for ``**kwargs``.

    See Also
    --------
    https://github.com/HIPS/autograd

    Examples
    --------
    >>> dict(jitgrad.multigrad_dict(lambda x, w=2.0: x * w)(3.0))
    {'x': 2.0, 'w': 3.0}
    """
    check_function(f)
    signature = inspect.signature(f)

    def by_names(arguments: dict[str, Any]) -> Any:
        bound = inspect.BoundArguments(signature, OrderedDict(arguments))
        return f(*bound.args, **bound.kwargs)

    inner = grad(by_names)

    @like(f)
    @surface
    def function(*args: Any, **kwargs: Any) -> OrderedDict[str, Any]:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        found = inner(dict(bound.arguments))
        return OrderedDict((name, found[name]) for name in bound.arguments)

    return function


@surface
def hessian_tensor_product(f: Function, argnum: int = 0) -> Function:
    """A function of the arguments of `f` and, behind them, a tensor like argument number `argnum`:
    it returns the Hessian times that.

    Parameters
    ----------
    f : callable
    argnum : int

    See Also
    --------
    https://github.com/HIPS/autograd; `jitgrad.hvp`, whose vector comes second.

    Examples
    --------
    >>> product = jitgrad.hessian_vector_product(lambda x, k: (k * x**3).sum())
    >>> product(np.array([1.0, 2.0]), 2.0, np.array([1.0, 0.0]))
    array([12.,  0.])
    """
    check_function(f)

    @like(f)
    @surface
    def function(*args: Any, **kwargs: Any) -> Any:
        *rest, v = args
        unary, x = _of_argument(f, argnum, rest, kwargs)
        return hvp(unary)(x, v)

    return function


@surface
def tensor_jacobian_product(f: Function, argnum: int = 0) -> Function:
    """A function of the arguments of `f` and, behind them, a tensor: it returns that times the
    Jacobian, contracted over the leading axes of the result, as many as the tensor has.

    Parameters
    ----------
    f : callable
    argnum : int

    See Also
    --------
    https://github.com/HIPS/autograd; `jitgrad.vjp`.

    Examples
    --------
    >>> product = jitgrad.vector_jacobian_product(lambda x: x**2)
    >>> product(np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([ 2., 40.])
    """
    check_function(f)

    def contracted(*args: Any, **kwargs: Any) -> Any:
        *given, v = args
        v = as_operand(v)
        return NAMES["tensordot"](v, as_operand(f(*given, **kwargs)), v.ndim)

    return jacobian(like(f)(contracted), argnum)


hessian_vector_product = hessian_tensor_product
vector_jacobian_product = tensor_jacobian_product


def _half_square(x: Any) -> Any:
    return 0.5 * (x**2).sum(-1)


@surface
def make_ggnvp(f: Function, g: Function = _half_square, f_argnum: int = 0) -> Function:
    """A function of the arguments of `f` that returns ``ggnvp``: ``ggnvp(v)`` is the generalised
    Gauss-Newton matrix of ``g(f(x))`` times `v`: the Hessian of `g` between Jacobians of `f`.

    Parameters
    ----------
    f : callable
    g : callable
        Of the result of `f`; half of the sum of its squares by default.
    f_argnum : int
        Which argument of `f` is differentiated.

    References
    ----------
    Schraudolph, "Fast curvature matrix-vector products for second-order gradient descent", 2002;
    https://github.com/HIPS/autograd

    Examples
    --------
    >>> jitgrad.make_ggnvp(lambda x: x**2)(np.array([1.0, 2.0]))(np.array([1.0, 1.0]))
    array([ 4., 16.])
    """
    check_function(f)
    check_function(g)

    @like(f)
    @surface
    def function(*args: Any, **kwargs: Any) -> Function:
        unary, x = _of_argument(f, f_argnum, args, kwargs)
        value, pull_back = vjp(unary, x)
        product = make_jvp(unary)(x)
        curvature = make_hvp(g)(value)[0]
        return surface(lambda v: pull_back(curvature(product(v)[1]))[0])

    return function
