"""Whole Jacobians and Hessians, in one pass over what a function recorded: with a batch of unit
cotangents backward (`jacrev`), or of unit tangents forward (`jacfwd`).

No row is computed by itself: the graph of a backward or forward sweep gets a leading axis
(`autodiff.batch`). A Hessian is the forward pass over the gradient, of one graph and by one plan
where the function is pending as a whole. Start at `jacobian` and `hessian`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base.dtypes import is_complex
from ..base.errors import GradientError
from ..base.surface import surface
from ..frontend.creation import zeros
from ..frontend.gradients import swept
from ..frontend.modes import enable_grad, is_grad_enabled
from ..frontend.tensor import Tensor
from ..tape.handles import from_value
from ..tape.hvp import product
from ..tape.record import materialise
from ..tape.tangents import pushed
from . import results
from .differentiated import (
    DifferentiatedCall,
    Outputs,
    Selection,
    check_function,
    check_holomorphic,
    chosen,
    like,
    or_zeros,
    with_aux,
)

Shape = tuple[int, ...]


class RunOnce:
    """A call of a function that has run, and its derivatives."""

    def __init__(
        self,
        f: Callable[..., Any],
        selection: Selection,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        has_aux: bool,
        enabled: bool,
        holomorphic: bool = False,
    ) -> None:
        places = selection.places(f, args, kwargs)
        self.f, self.holomorphic = f, holomorphic
        self.selection, self.enabled, self.aux = selection, enabled, None
        self.call = DifferentiatedCall(f, places, args, kwargs, enabled)
        out = self.call.run()
        if has_aux:
            out, aux = with_aux(f, out)
            self.aux = self.call.aside(aux)
        self.outputs = Outputs(f, out)
        del out  # a value that nobody holds is not computed
        self.xs = self.call.xs
        self.create = self.call.goes_on(self.outputs.tensors)
        self.shapes = [x.shape for x in self.xs]
        self.size = sum(map(math.prod, self.shapes))

    def is_complex(self, tensors: Sequence[Tensor]) -> bool:
        return not self.holomorphic and True in [is_complex(t.dtype) for t in tensors]

    def check(self, forward: bool) -> None:
        """Refuses what no matrix of derivatives by complex numbers, or of them, would tell: in
        forward mode arguments have to be real, in reverse mode results."""
        if self.holomorphic or not forward:
            check_holomorphic(self.f, self.xs, self.outputs.tensors, self.holomorphic)
        elif self.is_complex(self.xs):
            raise GradientError(
                "got a Jacobian by complex arguments in forward mode, expected real ones: a "
                "derivative along the imaginary axis is another one; pass holomorphic=True for a "
                "holomorphic function, or use jitgrad.jacrev for a real one"
            )

    def value(self) -> Any:
        values = [self.call.as_value(t, self.create) for t in self.outputs.tensors]
        return self.outputs.rebuild(iter(values))

    # Of each result a list with the derivative by each of `xs`, of the shape of the result and then
    # that of the argument.

    def backward(self, create: bool) -> list[list[Tensor]]:
        """The Jacobian by one sweep with unit cotangents."""
        outs = self.outputs.tensors
        found = rows_of(outs, self.xs, create)
        found = [t.conj() for t in found] if self.holomorphic else found
        shapes = [shape for shape, _ in self.outputs.avals]
        return [
            [_block(t, k, shapes, (*shape, *x.shape)) for t, x in zip(found, self.xs, strict=True)]
            for k, shape in enumerate(shapes)
        ]

    def forward(self, drop: bool = False) -> list[list[Tensor]]:
        """The Jacobian by one sweep with unit tangents; the values are let go of with `drop`."""
        avals = list(self.outputs.avals)
        found = columns_of(self.outputs.tensors, self.xs, self.create, drop)
        return [
            [self._column(t, j, shape, dtype) for j in range(len(self.xs))]
            for t, (shape, dtype) in zip(found, avals, strict=True)
        ]

    def _column(self, t: Tensor | None, j: int, shape: Shape, dtype: Any) -> Tensor:
        x = self.shapes[j]
        if t is None:
            return zeros((*shape, *x), dtype)
        return _block(t, j, self.shapes, (*shape, *x), swapped=True)

    # --------------------------------------------------------------------------------- containers

    def nested(self, jacobian: Sequence[Sequence[Any]]) -> Any:
        """For each result what there is of each argument, in their containers."""
        return self.outputs.rebuild(iter([self.arranged(row) for row in jacobian]))

    def arranged(self, of_each: Sequence[Any]) -> Any:
        """What there is of each of `xs`, as the arguments asked for."""
        given = iter(self.call.asked_for(list(of_each)))
        return self.selection.arranged([w.rebuild(given) for w in self.call.wanted])

    def handed(self, jacobian: Sequence[Sequence[Tensor]]) -> list[list[Any]]:
        """The derivatives as the arguments came."""
        how = [results.when_known(results.of_derivative(c)) for c in self.call.conversions]
        return [
            [c(_let(t, self.create)) for c, t in zip(how, row, strict=True)] for row in jacobian
        ]


def _let(t: Tensor, create: bool) -> Tensor:
    """`t`, out of the graph unless it is part of an outer differentiation."""
    return t if create else from_value(materialise(t), t.shape, t.dtype, None)


def _block(
    t: Tensor, k: int, shapes: Sequence[Shape], shape: Shape, swapped: bool = False
) -> Tensor:
    """The rows of `t` that are of the part with number `k` of several, in another shape; `swapped`,
    what is in the rows comes first.

    Values are arranged as they are: a plan for it would take longer than to do it."""
    sizes = [math.prod(part) for part in shapes]
    start = sum(sizes[:k])
    stop, width = start + sizes[k], math.prod(t.shape[1:])
    value = None if t.requires_grad else t._value
    if isinstance(value, np.ndarray):
        rows = value.reshape((sum(sizes), width))[start:stop]
        flat = (rows.T if swapped else rows).reshape(-1)
        return from_value(flat if shape else flat.item(), shape, t.dtype, None)
    part = t if len(sizes) == 1 else t[start:stop]
    return (part.reshape((sizes[k], width)).T if swapped else part).reshape(shape)


def ones(t: Any) -> Tensor:
    value = np.ones(t.size, t.dtype) if t.shape else 1.0
    return from_value(value, t.shape, t.dtype, None)


def units(tensors: Sequence[Any]) -> list[Tensor]:
    """Unit vectors of the space of some tensors together: for each tensor an axis of as many in
    front."""
    sizes = [math.prod(t.shape) for t in tensors]
    size, start, out = sum(sizes), 0, []
    for t, n in zip(tensors, sizes, strict=True):
        value = np.zeros((size, n), t.dtype)
        flat = value.reshape(-1)
        flat[start * n : (start + n) * n : n + 1] = 1.0
        out.append(from_value(flat, (size, *t.shape), t.dtype, None))
        start += n
    return out


def rows_of(outs: Sequence[Tensor], xs: Sequence[Tensor], create: bool) -> list[Tensor]:
    """The Jacobian of all elements of `outs` by each of `xs`: a row for each, in front."""
    size = sum(t.size for t in outs)
    if size == 1 and len(outs) == 1:
        one = swept(outs, [ones(outs[0])], xs, True, create) if outs[0].requires_grad else ()
        rows = or_zeros(one or [None] * len(xs), xs)
        return [r[None] for r in rows]
    pairs = [(t, g) for t, g in zip(outs, units(outs), strict=True) if t.requires_grad]
    found: Any = [None] * len(xs)
    if pairs and xs and size:
        found = swept([t for t, _ in pairs], [g for _, g in pairs], xs, True, create, size=size)
    return [
        zeros((size, *x.shape), x.dtype) if r is None else r for r, x in zip(found, xs, strict=True)
    ]


def columns_of(
    outs: list[Tensor], xs: Sequence[Tensor], create: bool, drop: bool = False
) -> list[Tensor | None]:
    """The derivatives of each of `outs` along all elements of `xs`: a row for each, in front; None
    where they are zero."""
    size = sum(x.size for x in xs)
    if not size or not outs:
        return [None] * len(outs)
    if size == 1 and len(xs) == 1:
        found = pushed(outs, xs, [ones(xs[0])], create, drop=drop)
        return [None if t is None else t[None] for t in found]
    return pushed(outs, xs, units(xs), create, size=size, drop=drop)


def _transform(
    f: Callable[..., Any],
    argnums: Any,
    argnames: Any,
    has_aux: bool,
    jacobian: Callable[[RunOnce, bool], Any],
    value: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """The function that returns the `jacobian` of a call of `f`, and its value."""
    check_function(f)
    selection = Selection(argnums, argnames)

    @like(f)
    @surface
    def function(*args: Any, **kwargs: Any) -> Any:
        enabled = is_grad_enabled()
        with enable_grad():
            ran = RunOnce(f, selection, args, kwargs, has_aux, enabled, holomorphic)
            found = jacobian(ran, not value)
            out = ran.value() if value else None
        if value:
            return ((out, ran.aux) if has_aux else out), found
        return (found, ran.aux) if has_aux else found

    return function


def _backward(ran: RunOnce, drop: bool) -> Any:
    ran.check(forward=False)
    return ran.nested(ran.handed(ran.backward(ran.create)))


def _forward(ran: RunOnce, drop: bool) -> Any:
    ran.check(forward=True)
    return ran.nested(ran.handed(ran.forward(drop)))


def _cheaper(ran: RunOnce, drop: bool) -> Any:
    fewer = ran.outputs.size < ran.size and not ran.is_complex(ran.outputs.tensors)
    return (_backward if fewer or ran.is_complex(ran.xs) else _forward)(ran, drop)


@surface
def jacrev(
    f: Callable[..., Any],
    argnums: Any = None,
    argnames: Any = None,
    has_aux: bool = False,
    *,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """A function that returns the Jacobian of `f`, in reverse mode: one backward sweep with a batch
    of unit cotangents. It is the cheaper one where results have fewer elements than arguments.

    Parameters
    ----------
    f : callable
        Returns a tensor of floats, or a container of them.
    argnums, argnames, has_aux
        As in `value_and_grad`; with `has_aux`, ``(jacobian, aux)`` is returned.
    holomorphic : bool
        `f` is holomorphic, and derivatives are complex ones. Else results have to be real in
        reverse mode, where derivatives by complex arguments are gradients as those of `grad`, and
        arguments in forward mode.

    Returns
    -------
    callable
        For a result of shape S and an argument of shape X it gives the derivatives in shape S + X.
        For containers it gives the container of the result, with the container of the arguments in
        the place of each tensor.

    See Also
    --------
    https://docs.jax.dev/en/latest/_autosummary/jax.jacrev.html

    Examples
    --------
    >>> jitgrad.jacrev(lambda x: x[:2] * x[2])(np.array([1.0, 2.0, 3.0]))
    array([[3., 0., 1.],
           [0., 3., 2.]])
    """
    return _transform(f, argnums, argnames, has_aux, _backward, holomorphic=holomorphic)


@surface
def jacfwd(
    f: Callable[..., Any],
    argnums: Any = None,
    argnames: Any = None,
    has_aux: bool = False,
    *,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """A function that returns the Jacobian of `f`, in forward mode: one forward pass with a batch
    of unit tangents. It is the cheaper one where arguments have no more elements than results.

    Parameters
    ----------
    f, argnums, argnames, has_aux, holomorphic
        As in `jacrev`.

    See Also
    --------
    https://docs.jax.dev/en/latest/_autosummary/jax.jacfwd.html

    Examples
    --------
    >>> jitgrad.jacfwd(lambda x: jitgrad.stack([x, x**2, x**3]))(2.0)
    array([ 1.,  4., 12.])
    """
    return _transform(f, argnums, argnames, has_aux, _forward, holomorphic=holomorphic)


@surface
def jacobian(
    f: Callable[..., Any],
    argnums: Any = None,
    argnames: Any = None,
    has_aux: bool = False,
    *,
    argnum: Any = None,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """A function that returns the Jacobian of `f`: that of `jacrev` where the results of a call
    have fewer elements than the arguments, else that of `jacfwd`.

    Parameters
    ----------
    f, argnums, argnames, has_aux, argnum, holomorphic
        As in `jacrev` and `grad`.

    Examples
    --------
    >>> jitgrad.jacobian(lambda p: p["w"] * p["b"])({"w": np.array([1.0, 2.0]), "b": 3.0})
    {'w': array([[3., 0.],
           [0., 3.]]), 'b': array([1., 2.])}
    """
    return _transform(
        f, chosen(argnums, argnum), argnames, has_aux, _cheaper, holomorphic=holomorphic
    )


@surface
def value_and_jacobian(
    f: Callable[..., Any], argnums: Any = None, argnames: Any = None, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns ``(f(*args), jacobian)``; ``((result, aux), jacobian)`` with
    `has_aux`.

    Parameters
    ----------
    f, argnums, argnames, has_aux
        As in `jacobian`.

    Examples
    --------
    >>> jitgrad.value_and_jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    (array([1., 4.]), array([[2., 0.],
           [0., 4.]]))
    """
    return _transform(f, argnums, argnames, has_aux, _cheaper, value=True)


@surface
def hessian(
    f: Callable[..., Any],
    argnums: Any = None,
    argnames: Any = None,
    has_aux: bool = False,
    *,
    argnum: Any = None,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """A function that returns the matrix of second derivatives of `f`, forward over reverse.

    Parameters
    ----------
    f : callable
        Returns a tensor of floats, or a container of them.
    argnums, argnames, has_aux, argnum, holomorphic
        As in `jacrev` and `grad`; without `holomorphic` arguments and results have to be real.

    Returns
    -------
    callable
        For a result of shape S, and arguments of shapes X and Y, it gives shape S + X + Y. For
        containers, each tensor of the result is replaced by the arguments, and each tensor of these
        by the arguments again: ``hessian(f)(p)["w"]["b"]`` for a dict `p`.

    See Also
    --------
    https://docs.jax.dev/en/latest/_autosummary/jax.hessian.html

    Examples
    --------
    >>> jitgrad.hessian(lambda x: x[0] * x[1] ** 2)(np.array([1.0, 2.0]))
    array([[0., 4.],
           [4., 2.]])
    """
    return _transform(
        f, chosen(argnums, argnum), argnames, has_aux, _second, holomorphic=holomorphic
    )


def _second(ran: RunOnce, drop: bool) -> Any:
    ran.check(forward=False)
    ran.check(forward=True)
    xs, avals = ran.xs, list(ran.outputs.avals)
    found: Any = _in_one_plan(ran)
    conjugated = ran.holomorphic and found is not None
    if found is None:
        found = []
        for rows in ran.backward(True):
            flat = [t for t in rows if t.requires_grad]
            by = dict(zip(map(id, flat), columns_of(list(flat), xs, ran.create), strict=True))
            found.append([by.get(id(t)) for t in rows])
    out = []
    for of_result, (shape, dtype) in zip(found, avals, strict=True):
        second = [
            [ran._column(t, j, (*shape, *x), dtype) for j in range(len(xs))]
            for t, x in zip(of_result, ran.shapes, strict=True)
        ]
        if conjugated:
            second = [[t.conj() for t in row] for row in second]
        handed = _pairs(ran, second)
        out.append(ran.arranged([ran.arranged(row) for row in handed]))
    return ran.outputs.rebuild(iter(out))


def _pairs(ran: RunOnce, second: Sequence[Sequence[Tensor]]) -> list[list[Any]]:
    """The second derivatives by two arguments as the two came: a tensor where one of them is."""
    out = []
    for row, first in zip(second, ran.call.conversions, strict=True):
        how = [results.when_known(results.of_second(first, c)) for c in ran.call.conversions]
        out.append([c(_let(t, ran.create)) for c, t in zip(how, row, strict=True)])
    return out


def _in_one_plan(ran: RunOnce) -> list[list[Any]] | None:
    """The second derivatives of one number whose function is pending as a whole: along each unit
    vector, in front, those of the gradient by each of `xs`; None where they take several plans."""
    outs = ran.outputs.tensors
    if ran.create or len(outs) != 1 or outs[0].size != 1 or not ran.size:
        return None
    directions = [materialise(t) for t in units(ran.xs)]
    held = [outs[0]]
    ran.outputs.tensors = []
    del outs
    if held[0].shape:
        held[0] = held[0].sum()
    values = product(held, ran.xs, directions, ran.size)
    if values is None:
        ran.outputs.tensors = held
        return None
    return [
        [
            from_value(h, (ran.size, *x.shape), x.dtype, None)
            for h, x in zip(values, ran.xs, strict=True)
        ]
    ]
