"""Marks: identities that say where a derivative stops (`STOP`), is collected (`VARIABLE`), or whose
it is (`APART`); `BUNDLE`, which holds the results of one record together; and `RULE`, whose
derivative is that of a function with a rule of its own (see `autodiff.derivative_rules`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..base.dtypes import BOOL, is_inexact
from ..ir import Node, Op, rebuilt, toposort
from .primitives import each_part

STOP = Op(
    "stop",
    "elementwise",
    lambda x, node: x,
    code="{0}",
    cost=0,
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
    parts=each_part,
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
    parts=each_part,
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
    parts=each_part,
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
    parts=each_part,
)


#: What results of a function with a derivative rule of its own are differentiated by: `REVALUE`
#: gives each result the derivative of its part. Its argument is the rule; its value is nobody's,
#: and its derivatives are set in `autodiff.derivative_rules`.
RULE = Op("rule", "call", lambda *sources, node: np.zeros(node.shape, node.dtype))
#: The value of the first operand, to be computed from again once the others are there. What is
#: computed from it is not what was computed from the operand, so it need not be kept until then.
AGAIN = Op(
    "again",
    "call",
    lambda x, *after, node: x,
    vjp=lambda g, node: (g, *[None] * (len(node.src) - 1)),
    jvp=lambda t, node: t[0],
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


def anew(node: Node) -> Node:
    """The operation of `node`, an extreme, on the same operand: no value that is kept of `node`
    stands for it, so it is one of the elements as they are where it is compared with them."""
    return rebuilt(node, tuple([stop(s) for s in node.src]))


def again(x: Node, after: Sequence[Node]) -> Node:
    return Node(AGAIN, (x, *after), None, x.shape, x.dtype)


def unmarked(roots: Sequence[Node], order: Iterable[Node]) -> Sequence[Node]:
    """`roots`, of which `order` has all nodes, without what is there for derivatives alone."""
    if not any([node.op is REVALUE for node in order]):
        return roots
    new: dict[Node, Node] = {}
    for node in toposort(roots, value_sources):
        if node.op is REVALUE:
            new[node] = new[node.src[0]]
        else:
            new[node] = rebuilt(node, tuple([new[s] for s in node.src]))
    return [new[root] for root in roots]


def differentiable_sources(node: Node) -> tuple[Node, ...]:
    """The sources of a node that gradients may flow to."""
    if node.op is STOP or node.op is VARIABLE or not is_inexact(node.dtype):
        return ()
    if node.op is RULE:
        return tuple([node.src[k] for k in node.arg.led])
    return gradient_sources(node)


def sources_of_any_order(node: Node) -> tuple[Node, ...]:
    """The sources of a node that derivatives of some order may flow to: what a rule reads has no
    part in the first one."""
    return node.src if node.op is RULE else differentiable_sources(node)


def gradient_sources(node: Node) -> tuple[Node, ...]:
    """The sources of a node that its derivative may read."""
    return node.src[1:] if node.op is REVALUE else node.src


def value_sources(node: Node) -> tuple[Node, ...]:
    """The sources of a node that its value is computed from."""
    return node.src[:1] if node.op is REVALUE else node.src
