"""Functions of functions: `grad`, `value_and_grad`, `hvp`, on top of the tape.

Arguments are containers (`tree`) whose leaves become tensors, and results are handed back as the
arguments came (`handed`). Start at `value_and_grad`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import ArgumentError, DTypeError, GradientError, ShapeError
from ..base.surface import surface
from ..base.tree import flatten
from ..frontend.convert import as_operand
from ..frontend.creation import zeros_like
from ..frontend.gradients import reachability, swept
from ..frontend.modes import enable_grad, is_grad_enabled
from ..frontend.tensor import Tensor
from ..ir.shapes import as_int
from ..tape.backward import leaf_of
from ..tape.handles import from_value
from ..tape.hvp import product
from ..tape.record import materialise
from ..tape.running import Differentiation, running
from . import results

if TYPE_CHECKING:
    from ..tape.reachability import Reachability


def _argument(x: Any, name: str) -> Tensor:
    """The tensor that stands for an argument: of its own, so that nothing else that holds `x`
    counts as it."""
    try:
        t = as_operand(x)
    except DTypeError as error:
        raise DTypeError(
            f"got {name} of type {type(x).__name__} to differentiate: {error}"
        ) from None
    if t.dtype.kind != "f":
        raise GradientError(
            f"got {name} of dtype {t.dtype} to differentiate, expected a float; pass 1.0 instead "
            "of 1, and what is no "
            "parameter as another argument"
        )
    if t.requires_grad:  # part of an outer differentiation: its graph goes on
        return t.clone()
    return leaf_of(materialise(t), t.shape, t.dtype)


class _Differentiated:
    """An argument that is differentiated: its `leaves`, and the `tensors` that stand for them."""

    def __init__(self, x: Any, name: str) -> None:
        self.leaves, names, self.rebuild = flatten(x, name)
        self.outer = True in [
            isinstance(leaf, Tensor) and leaf.requires_grad for leaf in self.leaves
        ]
        self.tensors = [_argument(leaf, name) for leaf, name in zip(self.leaves, names)]
        self.conversions = [results.conversion(leaf) for leaf in self.leaves]

    def given(self) -> Any:
        """What the function gets."""
        return self.rebuild(iter(self.tensors))

    def handed(self, grads: list[Tensor]) -> Any:
        """The gradients, as the argument came; they are taken out of the front of the list."""
        out = []
        for conversion in self.conversions:
            g = grads.pop(0)
            out.append(results.when_known(conversion)(g))
        return self.rebuild(iter(out))


def _like(f: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator: named, documented and marked as what `f` became."""
    return functools.wraps(f, updated=())  # its attributes say what it is, not what became of it


def check_function(f: Any) -> None:
    if not callable(f):
        raise ArgumentError(
            f"got an object of type {type(f).__name__} to differentiate, expected a function of "
            "the arguments; "
            "pass the function, not its result"
        )


@surface
def value_and_grad(f: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
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
    argnums : int or tuple of int
        Which positional arguments are differentiated; their leaves are floats: tensors, arrays,
        numbers.

    Returns
    -------
    callable
        The gradients are those of one argument, or a tuple where `argnums` is one.

    Raises
    ------
    GradientError
        A leaf is no float (pass 1.0 instead of 1), or the result of `f` is no tensor.
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
    """
    check_function(f)
    several = isinstance(argnums, (tuple, list))
    nums = tuple(as_int(i, "argnums") for i in (argnums if several else (argnums,)))

    @_like(f)
    @surface
    def function(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        if any(not -len(args) <= i < len(args) for i in nums):
            raise ArgumentError(f"got argnums {argnums} for {len(args)} positional arguments")
        enabled = is_grad_enabled()
        with enable_grad():
            given = list(args)
            own = {
                i: _Differentiated(given[i], f"argument {i}") for i in {i % len(args) for i in nums}
            }
            for i, argument in own.items():
                given[i] = argument.given()
            wanted = [own[i % len(args)] for i in nums]  # one may be named twice
            xs = [x for argument in wanted for x in argument.tensors]
            with running(Differentiation(f, xs)):
                out = _output(f, f(*given, **kwargs))
            reaches = reachability(out, xs)
            outer = True in [argument.outer for argument in wanted]
            outer = enabled and (outer or reaches is None or reaches.others)
            grads = _gradients(out, xs, outer, reaches)
        if not outer:
            out = from_value(materialise(out), out.shape, out.dtype, None)
        out = results.of_value(
            [conversion for argument in wanted for conversion in argument.conversions]
        )(out)
        gradients = tuple([argument.handed(grads) for argument in wanted])
        return out, gradients if several else gradients[0]

    return function


def _output(f: Callable[..., Any], out: Any) -> Tensor:
    if not isinstance(out, Tensor):
        raise GradientError(
            f"got a result of type {type(out).__name__} from "
            f"{getattr(f, '__name__', 'the function')}, "
            "expected a Tensor; compute it from the arguments by operations on tensors"
        )
    return out


def _gradients(
    out: Tensor, xs: Sequence[Tensor], create: bool, reaches: Reachability | None = None
) -> list[Tensor]:
    if not out.requires_grad or not xs:
        return [zeros_like(x) for x in xs]
    total = out if out.size == 1 else out.sum()
    grads = list(swept([total], [None], xs, create, create, reaches=reaches))
    return [zeros_like(x) if g is None else g for g, x in zip(grads, xs)]


@surface
def grad(f: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """A function that returns the gradient of `f`: `value_and_grad` without the value.

    The gradient with respect to a tensor is a tensor, to a NumPy array a new array, to a float a
    float, and to a container the same container of these. Where `f` has several elements, it is the
    gradient of their sum.

    Examples
    --------
    >>> jitgrad.grad(lambda x: (x * x).sum())(jitgrad.tensor([1.0, 2.0]))
    tensor([2., 4.])
    >>> jitgrad.grad(lambda x: x**3)(2.0)
    12.0
    >>> jitgrad.grad(lambda p: (p["w"] * p["x"]).sum())({"w": np.array([1.0, 2.0]), "x": 3.0})
    {'w': array([3., 3.]), 'x': 3.0}
    """
    inner = value_and_grad(f, argnums)

    @_like(f)
    @surface
    def function(*args: Any, **kwargs: Any) -> Any:
        return inner(*args, **kwargs)[1]

    return function


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

    @_like(f)
    @surface
    def function(x: Any, v: Any, *args: Any, **kwargs: Any) -> Any:
        enabled = is_grad_enabled()
        with enable_grad():
            argument, directions = _Differentiated(x, "x"), _directions(x, v)
            xs = argument.tensors
            outer = argument.outer or any(d.requires_grad for d in directions)
            with running(Differentiation(f, xs)):
                out = _output(f, f(argument.given(), *args, **kwargs))
            reaches = reachability(out, xs)
            direction = (
                None if outer or len(xs) != 1 else materialise(directions[0].to(xs[0].dtype))
            )
            outer = enabled and (outer or reaches is None or reaches.others)
            held = [out if out.shape == () else out.sum()]
            del out  # or it would be computed, since it is held
            value = None if outer or direction is None else product(held, xs[0], direction)
            if value is not None:
                products = [from_value(value, xs[0].shape, xs[0].dtype, None)]
            else:
                products = _products(held, xs, directions, outer, reaches)
        return argument.handed(products)

    parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("x", "v")]
    function.__signature__ = Signature(
        [
            *parameters,
            Parameter("args", Parameter.VAR_POSITIONAL),
            Parameter("kwargs", Parameter.VAR_KEYWORD),
        ]
    )
    return function


def _directions(x: Any, v: Any) -> list[Tensor]:
    """The leaves of `v` as tensors, which fit those of `x`."""
    (leaves, names, _), (given, labels, _) = flatten(x, "x"), flatten(v, "v")
    if (
        len(names) == 1 and len(labels) != 1 and names == ["x"]
    ):  # an array of directions as a nested list
        given, labels = [v], ["v"]
    if [name[1:] for name in names] != [label[1:] for label in labels]:
        raise ShapeError(
            f"got a direction with the leaves {', '.join(labels)}, expected those of the "
            f"argument: {', '.join(names)}"
        )
    directions = [as_operand(d) for d in given]
    for leaf, d, label in zip(leaves, directions, labels):
        if d.shape != (shape := np.shape(leaf) if not isinstance(leaf, Tensor) else leaf.shape):
            raise ShapeError(
                f"got a direction {label} of shape {d.shape}, expected that of the argument, "
                f"{shape}"
            )
    return directions


def _products(
    held: list[Tensor],
    xs: Sequence[Tensor],
    directions: Sequence[Tensor],
    create: bool,
    reaches: Reachability | None,
) -> list[Tensor]:
    """The derivatives of the gradient along `directions`, by a sweep through it."""
    gradients = _gradients(held.pop(), xs, True, reaches)
    pairs = [(g, d.to(g.dtype)) for g, d in zip(gradients, directions) if g.requires_grad]
    if not pairs:
        return [zeros_like(x) for x in xs]
    products = swept([g for g, _ in pairs], [d for _, d in pairs], xs, create, create)
    return [zeros_like(x) if h is None else h for h, x in zip(products, xs)]
