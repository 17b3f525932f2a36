"""Products of a Jacobian with vectors, without the Jacobian: `vjp` in reverse mode, `jvp` and
`linearize` in forward mode.

The function runs on the tape, as under `grad`: it may look at values and write in place. Then
cotangents are swept back over what was recorded (`tape.backward`), or tangents forward
(`tape.tangents`). Start at `vjp` and `jvp`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..base.errors import ArgumentError
from ..base.surface import surface
from ..frontend.gradients import swept
from ..frontend.modes import enable_grad, is_grad_enabled
from ..frontend.tensor import Tensor
from ..tape.record import materialise
from ..tape.tangents import Along, ForwardSweep, pushed
from .differentiated import DifferentiatedCall, Outputs, check_function, fitting, or_zeros, with_aux


class _Ran:
    """A function of `primals` that has run on the tape: its `call`, what it gave (`outputs`, as
    tensors), and `create`: whether that is part of an outer differentiation."""

    outputs: Outputs
    create: bool

    def __init__(self, f: Any, primals: Sequence[Any], has_aux: bool, enabled: bool) -> None:
        check_function(f)
        if not primals:
            raise ArgumentError("got no primals, expected the arguments of the function")
        self.call = DifferentiatedCall(f, range(len(primals)), primals, {}, enabled)
        self.f, self.has_aux, self.aux = f, has_aux, None

    def run(self, sweep: Any = None) -> None:
        """Calls the function; a forward `sweep` goes along."""
        if sweep is None:
            out = self.call.run()
        else:
            with Along(sweep):
                out = self.call.run()
        if self.has_aux:
            out, self.aux = with_aux(self.f, out)
        self.outputs = Outputs(self.f, out)
        self.aux = self.call.aside(self.aux)
        self.create = self.call.goes_on(self.outputs.tensors)

    def values(self) -> Any:
        """The result, as it belongs to the arguments."""
        return self.outputs.rebuild(
            iter([self.call.as_value(t, self.create) for t in self.outputs.tensors])
        )

    def tangents(self, given: Any) -> list[Tensor]:
        """Those of the primals, as tensors of their dtypes."""
        out: list[Tensor] = []
        for k, (argument, t) in enumerate(zip(self.call.own, given, strict=True)):
            x = argument.rebuild(iter(argument.leaves))
            out += fitting(t, x, f"tangent {k}", f"argument {k}", _shapes(argument.tensors))
        return [t.to(x.dtype) for t, x in zip(out, self.call.xs, strict=True)]

    def sweep(self, tangents: Sequence[Tensor]) -> Any:
        """The forward sweep that may go along with the function; None within an outer
        differentiation, which needs the tangents recorded."""
        if self.call.outer or True in [t.requires_grad for t in tangents]:
            return None
        return ForwardSweep(self.call.xs, [materialise(t) for t in tangents])

    def pushed(self, tangents: Sequence[Tensor], sweep: Any = None) -> Any:
        """The tangents of the result, which are part of an outer differentiation where it or the
        tangents are."""
        outs = self.outputs.tensors
        create = self.call.enabled and (self.create or True in [t.requires_grad for t in tangents])
        found = pushed(outs, self.call.xs, tangents, create, fixed=True, sweep=sweep)
        found = or_zeros(found, outs)
        return self.outputs.rebuild(iter([self.call.as_value(t, create) for t in found]))

    def pulled(self, g: Any) -> tuple[Any, ...]:
        """The cotangents of the primals."""
        outs, xs = self.outputs.tensors, self.call.xs
        like = self.outputs.rebuild(iter(outs))
        cotangents = fitting(g, like, "the cotangent", "the result", _shapes(outs))
        cotangents = [c.to(t.dtype) for c, t in zip(cotangents, outs, strict=True)]
        create = self.call.enabled and (
            self.create or True in [c.requires_grad for c in cotangents]
        )
        pairs = [(t, c) for t, c in zip(outs, cotangents, strict=True) if t.requires_grad]
        found: Any = [None] * len(xs)
        if pairs and xs:
            outs, cotangents = [t for t, _ in pairs], [c for _, c in pairs]
            found = swept(outs, cotangents, xs, True, create, fixed=True)
        grads = or_zeros(found, xs)
        return tuple([argument.handed(grads) for argument in self.call.own])


def _shapes(tensors: Sequence[Tensor]) -> list[tuple[int, ...]]:
    return [t.shape for t in tensors]


@surface
def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The result of `f`, and a function that multiplies its transposed Jacobian with cotangents.

    Parameters
    ----------
    f : callable
        Returns a tensor of floats, or a container of them (tuple, list, dict, named tuple,
        dataclass, None).
    *primals : array_like, or containers of them
        Its arguments, whose leaves are floats.
    has_aux : bool
        `f` returns ``(result, aux)``, and ``(result, pull_back, aux)`` is what is returned.

    Returns
    -------
    (result, pull_back)
        ``pull_back(g)``, for a cotangent `g` like the result, is a tuple with the cotangent of each
        primal, like that one. It may be called any number of times.

    Raises
    ------
    GradientError
        A leaf of a primal or of the result is no float.
    ShapeError
        A cotangent has another shape or structure than the result.

    See Also
    --------
    https://docs.jax.dev/en/latest/_autosummary/jax.vjp.html

    Examples
    --------
    >>> y, pull_back = jitgrad.vjp(lambda x, w: (x * w, x + 1.0), np.array([1.0, 2.0]), 3.0)
    >>> pull_back((np.array([1.0, 1.0]), np.zeros(2)))
    (array([3., 3.]), 3.0)
    """
    enabled = is_grad_enabled()
    with enable_grad():
        ran = _Ran(f, primals, has_aux, enabled)
        ran.run()
        values = ran.values()

    @surface
    def pull_back(g: Any) -> tuple[Any, ...]:
        with enable_grad():
            return ran.pulled(g)

    return (values, pull_back, ran.aux) if has_aux else (values, pull_back)


@surface
def jvp(
    f: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False
) -> tuple[Any, ...]:
    """The result of `f`, and its Jacobian times tangents, in one forward pass.

    Parameters
    ----------
    f : callable
        As in `vjp`.
    primals, tangents : tuple or list
        The arguments of `f`, and a tangent for each, of the same shape and structure.
    has_aux : bool
        `f` returns ``(result, aux)``, and ``(result, tangent, aux)`` is what is returned.

    Returns
    -------
    (result, tangent)
        Both of one structure.

    Raises
    ------
    GradientError
        A leaf of a primal or of the result is no float.
    ShapeError
        A tangent has another shape or structure than its primal.

    See Also
    --------
    https://docs.jax.dev/en/latest/_autosummary/jax.jvp.html

    Examples
    --------
    >>> jitgrad.jvp(jitgrad.sin, (0.0,), (2.0,))
    (0.0, 2.0)
    >>> jitgrad.jvp(lambda p: p["a"] * p["b"], ({"a": 2.0, "b": 3.0},), ({"a": 1.0, "b": 0.0},))
    (6.0, 3.0)
    """
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise ArgumentError(
                f"got {what} of type {type(given).__name__}, expected a tuple with one for each "
                "argument; write (x,) for one"
            )
    if len(primals) != len(tangents):
        raise ArgumentError(
            f"got {len(tangents)} tangents for {len(primals)} primals, expected as many"
        )
    enabled = is_grad_enabled()
    with enable_grad():
        ran = _Ran(f, primals, has_aux, enabled)
        directions = ran.tangents(tangents)
        for t in directions:  # what is pending of them must not be part of the function's graph
            materialise(t)
        sweep = ran.sweep(directions)
        ran.run(sweep)
        found = ran.pushed(directions, sweep)
        values = ran.values()
    return (values, found, ran.aux) if has_aux else (values, found)


@surface
def linearize(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The result of `f`, and a function that multiplies its Jacobian with tangents: `jvp` for many
    tangents at the same place, of which `f` runs once.

    Parameters
    ----------
    f, *primals, has_aux
        As in `vjp`.

    Returns
    -------
    (result, push_forward)
        ``push_forward(*tangents)``, with one for each primal, is the tangent of the result.

    See Also
    --------
    https://docs.jax.dev/en/latest/_autosummary/jax.linearize.html

    Examples
    --------
    >>> y, push_forward = jitgrad.linearize(lambda x: x**2, np.array([1.0, 2.0]))
    >>> y, push_forward(np.array([1.0, 1.0]))
    (array([1., 4.]), array([2., 4.]))
    """
    enabled = is_grad_enabled()
    with enable_grad():
        ran = _Ran(f, primals, has_aux, enabled)
        ran.run()
        values = ran.values()

    @surface
    def push_forward(*tangents: Any) -> Any:
        if len(tangents) != len(primals):
            raise ArgumentError(
                f"got {len(tangents)} tangents for {len(primals)} primals, expected as many"
            )
        with enable_grad():
            return ran.pushed(ran.tangents(tangents))

    return (values, push_forward, ran.aux) if has_aux else (values, push_forward)
