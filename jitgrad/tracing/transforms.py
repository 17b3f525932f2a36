"""Functions of functions: `grad`, `value_and_grad`, `hvp`, on top of the tape.

Start at `value_and_grad`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

from ..base.surface import surface
from ..frontend.creation import ones_like, zeros_like
from ..frontend.gradients import reachability, swept
from ..frontend.modes import enable_grad, is_grad_enabled
from ..frontend.tensor import Tensor
from ..tape.handles import from_value
from ..tape.hvp import product
from ..tape.record import materialise
from . import numba_functions
from .differentiated import (
    DifferentiatedCall,
    Selection,
    check_function,
    check_holomorphic,
    chosen,
    fitting,
    float_tensor,
    like,
    or_zeros,
    with_aux,
)
from .numba_functions import of_njit, takes_arrays

if TYPE_CHECKING:
    from ..tape.reachability import Reachability


@surface
def value_and_grad(
    f: Callable[..., Any],
    argnums: Any = None,
    argnames: Any = None,
    has_aux: bool = False,
    *,
    argnum: Any = None,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """A function that returns ``(f(*args), gradients)``.

    What comes back is like what was passed: the gradient with respect to a tensor is a tensor, to a
    NumPy array a new array, to a Python float a float, and to a container (tuple, list, dict, named
    tuple, dataclass, None) the same container of these. The value is a tensor where one of the
    differentiated arguments holds one; a float where they are floats alone; else a NumPy scalar or
    array. `f` itself gets tensors. What is part of an outer differentiation, since it depends on a
    tensor that requires grad, stays a tensor.

    Parameters
    ----------
    f : callable
        Returns a tensor; if it has several elements, the gradient is that of their sum.
    argnums : int or tuple of int, optional
        Which positional arguments are differentiated; their leaves are floats: tensors, arrays,
        numbers. The first one where neither `argnums` nor `argnames` is given; of a function of
        `njit`, or of numba, all that have floats in them: one gradient where there is one such
        argument, else a tuple.
    argnames : str or tuple of str, optional
        Which arguments are differentiated by name.
    has_aux : bool
        `f` returns ``(result, aux)``, and what is returned is ``((result, aux), gradients)``.
        Tensors in `aux`, which may be any container, are values without a gradient.
    holomorphic : bool
        `f` is a holomorphic function of complex arguments: its complex derivative is returned, as
        by JAX. Else a result has to be real, and the gradient by a complex argument is PyTorch's:
        that by its real part plus 1j times that by its imaginary part, to descend along.
    argnum : int or tuple of int, optional
        Autograd's name of `argnums`.

    Returns
    -------
    callable
        The gradients are those of one argument, or a tuple where `argnums` or `argnames` is one,
        or both are given.

    Raises
    ------
    GradientError
        A leaf is no float (pass 1.0 instead of 1), or the result of `f` is no tensor of floats;
        the result is complex, or with `holomorphic` something is not.
    DTypeError
        A leaf is no number or array.

    Examples
    --------
    >>> f = jitgrad.value_and_grad(lambda x: (x * x).sum())
    >>> f(jitgrad.tensor([1.0, 2.0]))
    (tensor(5.), tensor([2., 4.]))
    >>> f(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    >>> jitgrad.value_and_grad(lambda p: p["w"] * p["b"][0])({"w": 2.0, "b": [3.0]})
    (6.0, {'w': 3.0, 'b': [2.0]})
    >>> f = jitgrad.value_and_grad(lambda x, w: (x * w, {"x": x}), argnames="w", has_aux=True)
    >>> f(2.0, w=3.0)
    ((6.0, {'x': 2.0}), 2.0)
    """
    check_function(f)
    argnums = chosen(argnums, argnum)
    asked = Selection(argnums, argnames)
    compiled = of_njit(f)
    f = f if compiled is None else compiled

    @like(f)
    @surface
    def function(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        if compiled is not None and takes_arrays(args, kwargs):
            return numba_functions.value_and_grad(f, argnums, argnames, has_aux, args, kwargs)
        selection = asked if compiled is None else numba_functions.selected(asked, args)
        places = selection.places(f, args, kwargs)
        enabled = is_grad_enabled()
        with enable_grad():
            call = DifferentiatedCall(f, places, args, kwargs, enabled)
            out, aux = with_aux(f, call.run()) if has_aux else (call.run(), None)
            out = result_of(f, out)
            check_holomorphic(f, call.xs, [out], holomorphic)
            aux = call.aside(aux) if has_aux else None
            reaches = reachability([out], call.xs)
            create = enabled and (call.outer or reaches is None or reaches.others)
            found = gradients(out, call.xs, create, reaches, holomorphic)
            grads = call.asked_for(found)
            of_each = [argument.handed(grads) for argument in call.wanted]
        value = call.as_value(out, create)
        return (value, aux) if has_aux else value, selection.arranged(of_each)

    return function


def result_of(f: Callable[..., Any], out: Any) -> Tensor:
    """The one tensor that a function gives."""
    return float_tensor(f, out, "the result")


def gradients(
    out: Tensor,
    xs: Sequence[Tensor],
    create: bool,
    reaches: Reachability | None = None,
    holomorphic: bool = False,
) -> list[Tensor]:
    """Those of the sum of `out`; of a `holomorphic` one the complex derivatives, which are the
    conjugates of what a sweep gives for the cotangent 1."""
    if not out.requires_grad or not xs:
        return [zeros_like(x) for x in xs]
    total = out if out.size == 1 else out.sum()
    g = ones_like(total) if holomorphic else None
    found = or_zeros(swept([total], [g], xs, create, create, reaches=reaches), xs)
    return [x.conj() for x in found] if holomorphic else found


@surface
def grad(
    f: Callable[..., Any],
    argnums: Any = None,
    argnames: Any = None,
    has_aux: bool = False,
    *,
    argnum: Any = None,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """A function that returns the gradient of `f`: `value_and_grad` without the value.

    The gradient with respect to a tensor is a tensor, to a NumPy array a new array, to a float a
    float, and to a container the same container of these. Where `f` has several elements, it is the
    gradient of their sum. With `has_aux`, `f` returns ``(result, aux)``, and what is returned is
    ``(gradient, aux)``.

    Parameters
    ----------
    f : callable
    argnums, argnames, has_aux, argnum
        As in `value_and_grad`.

    Examples
    --------
    >>> jitgrad.grad(lambda x: (x * x).sum())(jitgrad.tensor([1.0, 2.0]))
    tensor([2., 4.])
    >>> jitgrad.grad(lambda x: x**3)(2.0)
    12.0
    >>> jitgrad.grad(lambda p: (p["w"] * p["x"]).sum())({"w": np.array([1.0, 2.0]), "x": 3.0})
    {'w': array([3., 3.]), 'x': 3.0}
    >>> jitgrad.grad(lambda z: z**3, holomorphic=True)(1 + 2j)
    (-9+12j)
    """
    inner = value_and_grad(f, chosen(argnums, argnum), argnames, has_aux, holomorphic=holomorphic)

    @like(f)
    @surface
    def function(*args: Any, **kwargs: Any) -> Any:
        value, found = inner(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return function


@surface
def elementwise_grad(
    f: Callable[..., Any], argnums: Any = None, argnames: Any = None, *, argnum: Any = None
) -> Callable[..., Any]:
    """A function that returns the sum of each column of the Jacobian of `f`, of the shape of the
    argument: the derivative at each element, where `f` is elementwise.

    Parameters
    ----------
    f : callable
    argnums, argnames, argnum
        As in `value_and_grad`.

    See Also
    --------
    https://github.com/HIPS/autograd

    Examples
    --------
    >>> jitgrad.elementwise_grad(jitgrad.square)(np.array([1.0, 2.0, 3.0]))
    array([2., 4., 6.])
    """
    return grad(f, chosen(argnums, argnum), argnames)


@surface
def hvp(f: Callable[..., Any]) -> Callable[..., Any]:
    """``hvp(f)(x, v)``: the Hessian of `f` at `x` times `v`, by differentiating the gradient once
    more.

    Further arguments are those of `f`: ``hvp(f)(x, v, *args)``, the form that SciPy calls ``hessp``
    in. The product is like `x`, as the gradient of `value_and_grad` is; `v` is a container like
    `x`, or an array of its shape.

    Raises
    ------
    ShapeError
        `v` has another shape or structure than `x`.

    Examples
    --------
    >>> jitgrad.hvp(lambda x: (x**3).sum())(jitgrad.tensor([1.0, 2.0]), jitgrad.tensor([1.0, 0.0]))
    tensor([6., 0.])
    """

    check_function(f)

    @like(f)
    @surface
    def function(x: Any, v: Any, *args: Any, **kwargs: Any) -> Any:
        enabled = is_grad_enabled()
        with enable_grad():
            call = DifferentiatedCall(f, (0,), (x, *args), kwargs, enabled, ("x",))
            xs = call.xs
            directions = [
                d if d.dtype == x.dtype else d.to(x.dtype)
                for d, x in zip(fitting(v, x, "v", "x"), xs)
            ]
            outer = call.outer or any(d.requires_grad for d in directions)
            directions = [d if outer else materialise(d) for d in directions]
            out = result_of(f, call.run())
            check_holomorphic(f, xs, [out], False)
            reaches = reachability([out], xs)
            outer = enabled and (outer or reaches is None or reaches.others)
            held = [out if out.shape == () else out.sum()]
            del out  # or it would be computed, since it is held
            values = None if outer else product(held, xs, directions)
            if values is not None:
                products = [from_value(h, x.shape, x.dtype, None) for h, x in zip(values, xs)]
            else:
                products = _products(held, xs, directions, outer, reaches)
        return call.own[0].handed(products)

    parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("x", "v")]
    function.__signature__ = Signature(
        [
            *parameters,
            Parameter("args", Parameter.VAR_POSITIONAL),
            Parameter("kwargs", Parameter.VAR_KEYWORD),
        ]
    )
    return function


def _products(
    held: list[Tensor],
    xs: Sequence[Tensor],
    directions: Sequence[Any],
    create: bool,
    reaches: Reachability | None,
) -> list[Tensor]:
    """The derivatives of the gradient along `directions`, by a sweep through it."""
    found = gradients(held.pop(), xs, True, reaches)
    tensors = [
        d if isinstance(d, Tensor) else from_value(d, x.shape, x.dtype, None)
        for d, x in zip(directions, xs)
    ]
    pairs = [(g, d) for g, d in zip(found, tensors) if g.requires_grad]
    if not pairs:
        return [zeros_like(x) for x in xs]
    return or_zeros(swept([g for g, _ in pairs], [d for _, d in pairs], xs, create, create), xs)
