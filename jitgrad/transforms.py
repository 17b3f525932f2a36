"""Functions of functions: `grad`, `value_and_grad`, `hvp`, on top of the tape."""

from ._errors import ArgumentError, GradientError
from .convert import as_operand
from .gradients import enable_grad
from .gradients import grad as grad_of
from .tape.tensors import from_value, look
from .tensor import Tensor


def _leaf(x):
    t = as_operand(x)
    if t.dtype.kind != "f":
        raise GradientError(
            f"got an argument of dtype {t.dtype} to differentiate, expected a float; pass 1.0 instead of 1"
        )
    if t.requires_grad:
        return t  # part of an outer differentiation: its graph goes on
    return from_value(look(t), t.shape, t.dtype, None).requires_grad_()


def value_and_grad(f, argnums=0):
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
    several = isinstance(argnums, (tuple, list))
    nums = tuple(argnums) if several else (argnums,)

    def function(*args, **kwargs):
        if any(not -len(args) <= i < len(args) for i in nums):
            raise ArgumentError(f"got argnums {argnums} for {len(args)} positional arguments")
        outer = any(isinstance(args[i], Tensor) and args[i].requires_grad and not args[i].is_leaf for i in nums)
        with enable_grad():
            args = list(args)
            xs = []
            for i in nums:
                args[i] = _leaf(args[i])
                xs.append(args[i])
            out = f(*args, **kwargs)
            if not isinstance(out, Tensor):
                raise GradientError(
                    f"got a {type(out).__name__} from {getattr(f, '__name__', 'the function')}, expected a Tensor computed from its arguments"
                )
            if not out.requires_grad:
                from .creation import zeros_like

                grads = [zeros_like(x) for x in xs]
            else:
                total = out if out.size == 1 else out.sum()
                grads = grad_of(total, xs, create_graph=_nested.depth > 0 or outer, allow_unused=True)
                grads = [_or_zeros(g, x) for g, x in zip(grads, xs)]
        return out.detach() if _nested.depth == 0 and not outer else out, tuple(grads) if several else grads[0]

    return function


def _or_zeros(g, x):
    if g is not None:
        return g
    from .creation import zeros_like

    return zeros_like(x)


class _Nested:
    depth = 0


_nested = _Nested()


def grad(f, argnums=0):
    """A function that returns the gradient of `f`; see `value_and_grad`."""
    inner = value_and_grad(f, argnums)

    def function(*args, **kwargs):
        return inner(*args, **kwargs)[1]

    return function


def hvp(f):
    """``hvp(f)(x, v)``: the Hessian of `f` at `x` times `v`, by differentiating the gradient once more."""

    def function(x, v):
        x = _leaf(x)
        with enable_grad():
            out = f(x)
            (g,) = grad_of(out if out.size == 1 else out.sum(), x, create_graph=True)
            (h,) = grad_of(g, x, grad_outputs=as_operand(v), allow_unused=True)
        return _or_zeros(h, x)

    return function
