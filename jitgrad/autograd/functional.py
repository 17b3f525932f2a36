"""`jitgrad.autograd.functional`: derivatives of functions, in the forms of
`torch.autograd.functional`.

    >>> from jitgrad.autograd import functional
    >>> functional.jacobian(lambda x: x**2, jitgrad.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])

`inputs` are a tensor or a tuple of tensors, which the function gets as its arguments, and results
are tensors or tuples in the same way. The transforms of `jitgrad` itself (`jitgrad.jacobian`,
`jitgrad.vjp`...) take arguments of any kind, and give functions. Start at `jacobian`.
"""

import sys as _sys
from collections.abc import Callable as _Callable
from collections.abc import Sequence as _Sequence
from typing import Any as _Any

from ..base.errors import ArgumentError as _ArgumentError
from ..base.errors import GradientError as _GradientError
from ..base.errors import ShapeError as _ShapeError
from ..base.missing import missing as _missing
from ..base.surface import surface as _surface
from ..frontend.convert import as_operand as _as_operand
from ..frontend.creation import ones_like as _ones_like
from ..frontend.creation import zeros_like as _zeros_like
from ..frontend.gradients import edges_behind as _edges_behind
from ..frontend.gradients import swept as _swept
from ..frontend.modes import is_grad_enabled as _is_grad_enabled
from ..frontend.modes import set_grad_enabled as _set_grad_enabled
from ..frontend.tensor import Tensor as _Tensor
from ..tape.reachability import Reachability as _Reachability
from ..tracing import jacobians as _jacobians
from ..tracing import products as _products

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


class _Inputs:
    """The inputs of a function, or vectors beside them: tensors, and whether there is a tuple."""

    def __init__(self, given: _Any, what: str) -> None:
        self.is_tuple = isinstance(given, (tuple, list))
        self.tensors = tuple(given) if self.is_tuple else (given,)
        for k, x in enumerate(self.tensors):
            if not isinstance(x, _Tensor):
                raise _ArgumentError(
                    f"got {what} of type {type(x).__name__} at place {k}, expected a tensor or a "
                    "tuple of tensors; for other arguments there are the transforms of jitgrad "
                    "itself"
                )

    def handed(self, found: _Sequence[_Any]) -> _Any:
        return tuple(found) if self.is_tuple else found[0]


def _vectors(v: _Any, like: _Sequence[_Any], what: str, of: str) -> list[_Tensor]:
    """`v`, which may be left out for one number, as tensors of the shapes of `like`."""
    if v is None:
        if len(like) != 1 or like[0].size != 1:
            raise _ArgumentError(
                f"got no {what} for {of} of several elements, expected one of the same shape"
            )
        return [_ones_like(like[0]).detach()]
    given = v if isinstance(v, (tuple, list)) else (v,)
    out = [_as_operand(x) for x in given]
    if [x.shape for x in out] != [x.shape for x in like]:
        raise _ShapeError(
            f"got {what} of shapes {[x.shape for x in out]}, expected those of {of}, "
            f"{[x.shape for x in like]}"
        )
    return out


def _graph(create_graph: bool) -> _Any:
    """The mode in which results are part of the graph, or not."""
    return _set_grad_enabled(create_graph and _is_grad_enabled())


def _let(x: _Any, create_graph: bool) -> _Any:
    """Results, out of the graph unless it is to go on."""
    if isinstance(x, tuple):
        return tuple([_let(y, create_graph) for y in x])
    return x if create_graph or not x.requires_grad else x.detach()


def _checked(
    func: _Callable[..., _Any], strict: bool, scalar: bool = False
) -> _Callable[..., _Any]:
    """`func`, whose results are tensors; with `strict` they must depend on each input, if `scalar`
    it is one number."""

    def f(*xs: _Tensor) -> _Any:
        out = func(*xs)
        results = out if isinstance(out, tuple) else (out,)
        for t in results:
            if not isinstance(t, _Tensor):
                raise _GradientError(
                    f"got a result of type {type(t).__name__} from the function, expected a "
                    "tensor or a tuple of tensors"
                )
        if scalar and (len(results) != 1 or results[0].size != 1):
            raise _ShapeError(
                f"got a result of shape {results[0].shape} from the function, expected one number; "
                "reduce it with .sum()"
            )
        for k, t in enumerate(results if strict else ()):
            for j, x in enumerate(xs):
                if not t.requires_grad or not any(map(_Reachability([x]), _edges_behind(t))):
                    raise _GradientError(
                        f"got output {k} of the function, which is independent of input {j}; with "
                        "strict=True, it must depend on it"
                    )
        return out.sum() if scalar and out.shape else out

    return f


@_surface
def jacobian(
    func: _Callable[..., _Any],
    inputs: _Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> _Any:
    """The Jacobian of `func`: for output S and input X a tensor of shape S + X.

    Parameters
    ----------
    func : callable
        Gives a tensor, or a tuple of tensors.
    inputs : Tensor or tuple of Tensor
    create_graph : bool
        Leave the result in the graph, so that it can be differentiated.
    strict : bool
        Raise an error where an output does not depend on an input, instead of giving zeros.
    vectorize : bool
        For PyTorch's sake: it is one batched pass in any case.
    strategy : {"reverse-mode", "forward-mode"}

    Returns
    -------
    Tensor, or tuple
        For several outputs a tuple of what there is of each, and that for several inputs a tuple.

    Raises
    ------
    GradientError
        An output is no tensor, or, with `strict`, depends on no input.

    See Also
    --------
    https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.jacobian.html

    Examples
    --------
    >>> from jitgrad.autograd.functional import jacobian
    >>> jacobian(lambda x, y: x * y, (jitgrad.tensor([1.0, 2.0]), jitgrad.tensor(3.0)))
    (tensor([[3., 0.],
            [0., 3.]]), tensor([1., 2.]))
    """
    modes = {"reverse-mode": _jacobians.jacrev, "forward-mode": _jacobians.jacfwd}
    if strategy not in modes:
        raise _ArgumentError(f"got strategy {strategy!r}, expected one of {[*modes]}")
    given = _Inputs(inputs, "inputs")
    argnums = tuple(range(len(given.tensors))) if given.is_tuple else 0
    with _graph(create_graph):
        found = modes[strategy](_checked(func, strict), argnums)(*given.tensors)
    return _let(found, create_graph)


@_surface
def hessian(
    func: _Callable[..., _Any],
    inputs: _Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> _Any:
    """The second derivatives of `func`, which gives one number: for inputs X and Y a tensor of
    shape X + Y.

    Parameters
    ----------
    func : callable
        Gives a tensor of one element.
    inputs, create_graph, strict
        As in `jacobian`.
    vectorize, outer_jacobian_strategy
        For PyTorch's sake: it is forward over reverse mode, in one batched pass.

    Returns
    -------
    Tensor, or tuple of tuples of Tensor

    See Also
    --------
    https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.hessian.html

    Examples
    --------
    >>> from jitgrad.autograd.functional import hessian
    >>> hessian(lambda x: (x**3).sum(), jitgrad.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    if outer_jacobian_strategy not in ("reverse-mode", "forward-mode"):
        raise _ArgumentError(
            f"got outer_jacobian_strategy {outer_jacobian_strategy!r}, expected 'reverse-mode' or "
            "'forward-mode'"
        )
    given = _Inputs(inputs, "inputs")
    argnums = tuple(range(len(given.tensors))) if given.is_tuple else 0
    with _graph(create_graph):
        found = _jacobians.hessian(_checked(func, strict, True), argnums)(*given.tensors)
    return _let(found, create_graph)


@_surface
def vjp(
    func: _Callable[..., _Any],
    inputs: _Any,
    v: _Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[_Any, _Any]:
    """``(outputs, product)``: a vector times the Jacobian of `func`.

    Parameters
    ----------
    func, inputs, create_graph, strict
        As in `jacobian`.
    v : Tensor or tuple of Tensor, optional
        Like the outputs; 1 for an output of one element.

    Returns
    -------
    outputs : Tensor or tuple of Tensor
    product : Tensor or tuple of Tensor
        Like the inputs.

    See Also
    --------
    https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.vjp.html

    Examples
    --------
    >>> from jitgrad.autograd.functional import vjp
    >>> vjp(lambda x: x**2, jitgrad.tensor([1.0, 2.0]), jitgrad.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    given = _Inputs(inputs, "inputs")
    with _graph(create_graph):
        out, pull = _products.vjp(_checked(func, strict), *given.tensors)
        outs = out if isinstance(out, tuple) else (out,)
        cotangents = _vectors(v, outs, "v", "the outputs")
        found = pull(tuple(cotangents) if isinstance(out, tuple) else cotangents[0])
    return _let(out, create_graph), _let(given.handed(found), create_graph)


@_surface
def jvp(
    func: _Callable[..., _Any],
    inputs: _Any,
    v: _Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[_Any, _Any]:
    """``(outputs, product)``: the Jacobian of `func` times a vector, in forward mode.

    Parameters
    ----------
    func, inputs, create_graph, strict
        As in `jacobian`.
    v : Tensor or tuple of Tensor, optional
        Like the inputs; 1 for an input of one element.

    Returns
    -------
    outputs, product : Tensor or tuple of Tensor

    See Also
    --------
    https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.jvp.html

    Examples
    --------
    >>> from jitgrad.autograd.functional import jvp
    >>> jvp(lambda x: x**2, jitgrad.tensor([1.0, 2.0]), jitgrad.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    given = _Inputs(inputs, "inputs")
    with _graph(create_graph):
        tangents = _vectors(v, given.tensors, "v", "the inputs")
        out, found = _products.jvp(_checked(func, strict), given.tensors, tuple(tangents))
    return _let(out, create_graph), _let(found, create_graph)


@_surface
def hvp(
    func: _Callable[..., _Any],
    inputs: _Any,
    v: _Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[_Any, _Any]:
    """``(output, product)``: the Hessian of `func`, which gives one number, times a vector.

    Parameters
    ----------
    func, inputs, create_graph, strict
        As in `hessian`.
    v : Tensor or tuple of Tensor, optional
        Like the inputs; 1 for an input of one element.

    Returns
    -------
    output : Tensor
    product : Tensor or tuple of Tensor
        Like the inputs.

    See Also
    --------
    https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.hvp.html

    Examples
    --------
    >>> from jitgrad.autograd.functional import hvp
    >>> hvp(lambda x: (x**3).sum(), jitgrad.tensor([1.0, 2.0]), jitgrad.tensor([1.0, 1.0]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    given = _Inputs(inputs, "inputs")
    f = _checked(func, strict, True)
    with _graph(create_graph):
        tangents = tuple(_vectors(v, given.tensors, "v", "the inputs"))

        def gradients(*xs: _Tensor) -> tuple[tuple[_Tensor, ...], _Tensor]:
            out = f(*xs)
            found = _swept([out], [None], xs, True, True) if out.requires_grad else [None] * len(xs)
            zero = lambda x: _zeros_like(x.detach())
            return tuple([zero(x) if g is None else g for g, x in zip(found, xs, strict=True)]), out

        _, found, out = _products.jvp(gradients, given.tensors, tangents, has_aux=True)
    return _let(out, create_graph), _let(given.handed(found), create_graph)


@_surface
def vhp(
    func: _Callable[..., _Any],
    inputs: _Any,
    v: _Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[_Any, _Any]:
    """``(output, product)``: a vector times the Hessian of `func`, which is symmetric: what `hvp`
    gives.

    Parameters
    ----------
    func, inputs, v, create_graph, strict
        As in `hvp`.

    See Also
    --------
    https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.vhp.html

    Examples
    --------
    >>> from jitgrad.autograd.functional import vhp
    >>> vhp(lambda x: (x**3).sum(), jitgrad.tensor([1.0, 2.0]), jitgrad.tensor([1.0, 1.0]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return hvp(func, inputs, v, create_graph, strict)


def __getattr__(name: str) -> _Any:
    raise _missing("jitgrad.autograd.functional", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
