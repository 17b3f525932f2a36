"""Marks: identities that say where a derivative stops (`STOP`), is collected (`VARIABLE`), or whose
it is (`APART`); and `BUNDLE`, which holds the results of one record together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..base.dtypes import BOOL
from ..ir import Node, Op

STOP = Op(
    "stop",
    "elementwise",
    lambda x, node: x,
    code="{0}",
    cost=0,
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
)
#: A gradient root in the middle of a segment: a leaf tensor that was written to, or made to require
#: grad.
VARIABLE = Op(
    "variable",
    "elementwise",
    lambda x, node: x,
    code="{0}",
    cost=0,
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
)


#: A value that is kept distinct from equal ones, by its number.
APART = Op(
    "apart",
    "elementwise",
    lambda x, node: x,
    code="{0}",
    cost=0,
    vjp=lambda g, node: (g,),
    jvp=lambda t, node: t[0],
)
#: The values of the first operand, with the gradient of the second: what a write leaves that must
#: not be in the graph. NumPy would not broadcast here, since it reads one operand only.
REVALUE = Op(
    "revalue",
    "elementwise",
    lambda value, x, node: np.broadcast_to(value, node.shape),
    code="({0}, {1})[0]",
    cost=0,
    vjp=lambda g, node: (None, g),
    jvp=lambda t, node: t[1],
)


#: A sum of squares that kernels take only where it is in range: else the plan is run again by
#: NumPy.
RANGED = Op(
    "ranged", "elementwise", lambda x, node: x, code="{0}", check="is_extreme", cost=0, scales=True
)
#: Several results as one record: never computed, since only its sources are results.
BUNDLE = Op("bundle", "call", lambda *results, node: np.zeros((), node.dtype))


def bundle(results: Sequence[Node]) -> Node:
    return Node(BUNDLE, tuple(results), None, (), BOOL)


def stop(x: Node) -> Node:
    return Node(STOP, (x,), None, x.shape, x.dtype)


def variable(x: Node, index: int) -> Node:
    return Node(VARIABLE, (x,), index, x.shape, x.dtype)


def revalue(value: Node, x: Node) -> Node:
    return Node(REVALUE, (value, x), None, x.shape, x.dtype)


def differentiable_sources(node: Node) -> tuple[Node, ...]:
    """The sources of a node that gradients may flow to."""
    if node.op is STOP or node.op is VARIABLE or node.dtype.kind != "f":
        return ()
    return node.src[1:] if node.op is REVALUE else node.src


def value_sources(node: Node) -> tuple[Node, ...]:
    """The sources of a node that its value is computed from."""
    return node.src[:1] if node.op is REVALUE else node.src
