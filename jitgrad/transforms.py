"""Functions of functions: `grad`, `value_and_grad`, `hvp`, on top of the tape."""

import functools
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

from ._errors import ArgumentError, GradientError, ShapeError
from .convert import as_operand
from .creation import zeros_like
from .gradients import enable_grad, is_grad_enabled, swept, ways
from .ir.shapes import as_int
from .tape.second import product
from .tape.tensors import from_value, look
from .tensor import Tensor


def _argument(x):
    """The tensor that stands for an argument: of its own, so that nothing else that holds `x` counts as it."""
    t = as_operand(x)
    if t.dtype.kind != "f":
        raise GradientError(
            f"got an argument of dtype {t.dtype} to differentiate, expected a float; pass 1.0 instead of 1"
        )
    if t.requires_grad:  # part of an outer differentiation: its graph goes on
        return t.clone()
    return from_value(look(t), t.shape, t.dtype, None).requires_grad_()


def _like(f):
    """A decorator: named, documented and marked as what `f` became."""
    return functools.wraps(f, updated=())  # its attributes say what it is, not what became of it


def check_function(f):
    if not callable(f):
        raise ArgumentError(
            f"got an object of type {type(f).__name__} to differentiate, expected a function of the arguments; "
            "pass the function, not its result"
        )


def value_and_grad(f: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """A function that returns ``(f(*args), gradients)``.

    Parameters
    ----------
    f : callable
        Returns a tensor; if it has several elements, the gradient is that of their sum.
    argnums : int or tuple of int
        Which positional arguments are differentiated.

    Returns
    -------
    callable
        The gradients are one tensor, or a tuple where `argnums` is one.

    Examples
    --------
    >>> value, g = jitgrad.value_and_grad(lambda x: (x * x).sum())(jitgrad.tensor([1.0, 2.0]))
    """
    check_function(f)
    several = isinstance(argnums, (tuple, list))
    nums = tuple(as_int(i, "argnums") for i in (argnums if several else (argnums,)))

    @_like(f)
    def function(*args, **kwargs):
        if any(not -len(args) <= i < len(args) for i in nums):
            raise ArgumentError(f"got argnums {argnums} for {len(args)} positional arguments")
        recording = is_grad_enabled()
        with enable_grad():
            args = list(args)
            outer = any(isinstance(args[i], Tensor) and args[i].requires_grad for i in nums)
            for i in {i % len(args) for i in nums}:  # once, if named twice
                args[i] = _argument(args[i])
            xs = [args[i] for i in nums]
            out = _output(f, f(*args, **kwargs))
            leads = ways(out, xs)
            outer = recording and (outer or leads is None or leads.others)
            grads = _gradients(out, xs, outer, leads)
        if not outer:
            out = from_value(look(out), out.shape, out.dtype, None)
        return out, tuple(grads) if several else grads[0]

    return function


def _output(f, out):
    if not isinstance(out, Tensor):
        raise GradientError(
            f"got a result of type {type(out).__name__} from {getattr(f, '__name__', 'the function')}, "
            "expected a Tensor; compute it from the arguments by operations on tensors"
        )
    return out


def _gradients(out, xs, create, leads=None):
    if not out.requires_grad:
        return [zeros_like(x) for x in xs]
    total = out if out.size == 1 else out.sum()
    grads = swept([total], [None], xs, create, create, leads=leads)
    return [zeros_like(x) if g is None else g for g, x in zip(grads, xs)]


def grad(f: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """A function that returns the gradient of `f`; see `value_and_grad`.

    Examples
    --------
    >>> jitgrad.grad(lambda x: (x * x).sum())(jitgrad.tensor([1.0, 2.0]))
    tensor([2., 4.])
    """
    inner = value_and_grad(f, argnums)

    @_like(f)
    def function(*args, **kwargs):
        return inner(*args, **kwargs)[1]

    return function


def hvp(f: Callable[..., Any]) -> Callable[..., Tensor]:
    """``hvp(f)(x, v)``: the Hessian of `f` at `x` times `v`, by differentiating the gradient once more.

    Examples
    --------
    >>> jitgrad.hvp(lambda x: (x**3).sum())(jitgrad.tensor([1.0, 2.0]), jitgrad.tensor([1.0, 0.0]))
    tensor([6., 0.])
    """

    check_function(f)

    @_like(f)
    def function(x, v):
        recording = is_grad_enabled()
        with enable_grad():
            outer = any(isinstance(t, Tensor) and t.requires_grad for t in (x, v))
            x, v = _argument(x), as_operand(v)
            if v.shape != x.shape:
                raise ShapeError(f"got a direction of shape {v.shape}, expected that of the argument, {x.shape}")
            direction = None if outer else look(v.to(x.dtype))
            out = _output(f, f(x))
            leads = ways(out, [x])
            outer = recording and (outer or leads is None or leads.others)
            held = [out if out.shape == () else out.sum()]
            del out  # or it would be computed, since it is held
            value = None if outer or direction is None else product(held, x, direction)
            if value is not None:
                return from_value(value, x.shape, x.dtype, None)
            (g,) = _gradients(held.pop(), [x], True, leads)
            (h,) = swept([g], [v.to(g.dtype)], [x], outer, outer) if g.requires_grad else [None]
            if h is None:
                h = zeros_like(x)
        return h

    function.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("x", "v")])

    return function
