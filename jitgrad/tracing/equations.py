"""Derivatives of what equations define: the implicit function theorem.

A solver finds the x at which ``residual(x)`` is zero, in NumPy, and its steps have no derivative
that one would want. But the residual has: with J its Jacobian at the solution, the tangent of x is
``-solve(J, t)`` for a tangent t of the residual, and cotangents go the other way through the same
system. Tensors that the residual reaches are found by tracing it, as they are for loops, and the
solution is a function of them with that rule, which is right to any order since the rule reads the
solution itself (`custom_jvp`). A residual that asks for values cannot be traced: its derivative is
called on arrays then, in reverse mode and once. Start at `solution`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import linalg
from ..base.dtypes import is_inexact
from ..base.errors import JitError
from ..frontend.convert import as_operand
from ..frontend.modes import enable_grad, is_grad_enabled, no_grad
from ..frontend.tensor import Tensor
from ..ir import Node, substitute
from ..ops.primitives import cast
from ..tape.running import needs_grad
from .bodies import TracedTurn, Wording, trace_turn
from .custom import custom_jvp, custom_vjp
from .jacobians import jacobian
from .loop_operations import recorded
from .products import jvp

EQUATIONS = Wording(
    "residual",
    "derivatives",
    "compute with operations on tensors",
    "give the new value back",
    "draw them before",
)


def solution(name: str, residual: Callable[[Any], Any], value: np.ndarray) -> Tensor | None:
    """The vector `value`, at which the vector ``residual(x)`` is zero, with its derivatives by the
    tensors that the residual reaches; None where these require no gradient.

    Parameters
    ----------
    name : str
        Of the public function, for errors.
    residual : callable
        Computes with tensors. It has as many elements as `value`, and a regular Jacobian there.
    """
    if not is_grad_enabled():
        return None
    try:
        turn = trace_turn(
            name,
            residual,
            [([(value.shape, value.dtype)], next)],
            lambda out: [(out, "the residual")],
            EQUATIONS,
        )
    except JitError:
        return _once(name, residual, value)
    if not any(needs_grad(t) for t in turn.tensors):
        return None
    return _any_order(name, turn, value)


def _any_order(name: str, turn: TracedTurn, value: np.ndarray) -> Tensor:
    """The solution as a function of the tensors of a traced residual."""
    return implicit(name, traced(name, turn), turn.tensors, as_operand(value))


def traced(name: str, turn: TracedTurn) -> Callable[..., Any]:
    """A traced function of vectors as ``function(*arguments, tensors)`` of these and of the tensors
    that it reaches."""
    (root,) = turn.results[0].leaves
    parameters = [node for nodes in turn.parameters for node in nodes]
    places = [*parameters, *turn.captured, *turn.numbers]

    def build(*nodes: Node) -> tuple[list[Node], None]:
        given = [cast(x, p.dtype) for x, p in zip(nodes, places, strict=True)]
        return substitute([root], dict(zip(places, given, strict=True))), None

    def function(*given: Any) -> Any:
        *arguments, tensors = given
        key = root, tuple(places)
        (out,) = recorded(name, key, build, [*arguments, *tensors], turn.values)
        return out

    return function


def implicit(
    name: str, residual: Callable[[Any, Sequence[Any]], Any], tensors: Sequence[Any], value: Any
) -> Any:
    """The vector `value`, at which ``residual(x, tensors)`` is zero, with its derivatives by
    `tensors`, of any order; also in the body of a loop."""
    smooth = [k for k, t in enumerate(tensors) if is_inexact(t.dtype)]
    solved: Any = custom_jvp(lambda value, *tensors: value)
    solved.__name__ = name

    @solved.defjvp
    def rule(given: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        x, (_, *tensors), (_, *tangents) = solved(*given), given, tangents

        def by_tensors(*floats: Any) -> Any:
            given = list(tensors)
            for k, t in zip(smooth, floats, strict=True):
                given[k] = t
            return residual(x, given)

        floats, along = [tensors[k] for k in smooth], [tangents[k] for k in smooth]
        _, pushed = jvp(by_tensors, tuple(floats), tuple(along))
        matrix = jacobian(lambda x: residual(x, tensors))(x)
        return x, -linalg.solve(matrix, pushed)

    return solved(value, *tensors)


def _once(name: str, residual: Callable[[Any], Any], value: np.ndarray) -> Tensor | None:
    """The solution as a function of the residual's value there, which is part of the graph."""
    with enable_grad():
        r = residual(as_operand(value))
    if not needs_grad(r):
        return None
    with no_grad():
        matrix = np.asarray(jacobian(residual)(value))

    solved: Any = custom_vjp(lambda r: as_operand(value))
    solved.__name__ = name

    def bwd(_: None, g: Any) -> tuple[Any]:
        # The values are asked for, so that a second derivative is an error.
        return (-np.linalg.solve(matrix.T, np.asarray(g.detach())),)

    solved.defvjp(lambda r: (as_operand(value), None), bwd)
    return solved(r)
