"""Marks: identities that say where a derivative stops (`STOP`) or where one is collected (`VARIABLE`)."""

from ..ir import Node, Op

STOP = Op(
    "stop", "elementwise", lambda x, node: x, code="{0}", cost=0, vjp=lambda g, node: (None,), jvp=lambda t, node: None
)
#: A gradient root in the middle of a segment: a leaf tensor that was written to, or made to require grad.
VARIABLE = Op(
    "variable",
    "elementwise",
    lambda x, node: x,
    code="{0}",
    cost=0,
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
)


def stop(x):
    return Node(STOP, (x,), None, x.shape, x.dtype)


def variable(x, index):
    return Node(VARIABLE, (x,), index, x.shape, x.dtype)
