"""Trace keys: what an operation of a segment is looked up by, and the node that it stands for.

A key is a tuple whose first element, the opcode, says what the others are:

=================================== ================================================================
an entry of the registry, `Opcode`  ``(opcode, *operands, *statics)``; where it takes a sequence of
                                    operands ``(opcode, operands, *statics)``
`WRITE`                             the fields of `WriteKey`: a write to a view
`NODE`                              the fields of `NodeKey`: a node of the IR as it is
`VARIABLE`                          ``(VARIABLE, state)``: the value of a state is a gradient root
=================================== ================================================================

Operands are states, types of Python numbers (whose values are the segment's), or nodes of constants
that are part of the code. Keys are made and hashed once per recorded operation, so they are plain
tuples: a named one takes several times as long to make. Only here, when an operation is new, do
their positions get names. Start at `node_of`.
"""

from typing import Any, NamedTuple

from ..base.dtypes import NUMBER_DTYPE
from ..base.errors import DTypeError
from ..ir import Node, number
from ..ops.marks import STOP, stop, variable
from ..ops.movement import write_through
from .segment import State


class Opcode:
    """The first element of a key that is no entry of the registry.

    ``build(*operands, *statics)`` makes the node of `operands` nodes. `size` is the number of nodes
    it makes, roughly: long formulas end a segment sooner. One without a `name` is called by the
    operation of its node.

    Gradients go to the operands at the places `depends`, to all where it is None; those of what is
    `bundled`, one of the `results` of a bundle, are the bundle's. Other records belong to what is
    `unfinished`, so no segment ends after it."""

    view = None  # of an entry alone
    complex = True
    depends, bundled, unfinished, results = None, False, False, ()

    def __init__(self, name=None, operands=0, build=None, size=1):
        self.name, self.operands, self.build, self.size = name, operands, build, size


WRITE, NODE, VARIABLE = Opcode(), Opcode(), Opcode()


class WriteKey(NamedTuple):
    """`new` is written to the view of `base` that the opcode `step` makes, with numbers of the
    types `kinds` and with `statics`."""

    opcode: Opcode
    base: State
    new: State
    step: Any
    kinds: tuple
    statics: tuple

    def decode(self):
        operands = (self.base, self.new, *self.kinds)

        def build(base, new, *numbers):
            view_of = lambda x: self.step.build(x, *numbers, *self.statics)
            return write_through(base, view_of, new)

        return operands, build


class NodeKey(NamedTuple):
    """The node of an operation `op` of the IR, of these `operands`."""

    opcode: Opcode
    op: Any
    arg: Any
    shape: tuple
    dtype: Any
    operands: tuple

    def decode(self):
        build = lambda *src: Node(self.op, src, self.arg, self.shape, self.dtype)
        return self.operands, build


def decode(key):
    """The operands of a key, and the function that makes its node of theirs."""
    opcode = key[0]
    if opcode is WRITE:
        return WriteKey(*key).decode()
    if opcode is NODE:
        return NodeKey(*key).decode()
    if opcode.operands is None:
        return key[1], lambda *src: opcode.build(src, *key[2:])
    end = opcode.operands + 1
    return key[1:end], lambda *src: opcode.build(*src, *key[end:])


def node_of(key, numbers, nodes):
    """The node of an operation, the states that it may depend on by a derivative, and how many
    numbers are used after it.

    `numbers` are used before it; `nodes` has other nodes for some states."""
    operands, build = decode(key)
    src, states = [], []
    for x in operands:
        if type(x) is State:
            states.append(x)
            src.append(nodes.get(x, x.node) if nodes else x.node)
        elif x in NUMBER_DTYPE:
            src.append(number(numbers, NUMBER_DTYPE[x]))
            numbers += 1
        else:
            src.append(x)
    depends = key[0].depends
    if depends is not None:
        given = states[0].operands if key[0].bundled else states
        states = [given[k] for k in depends]
    if not key[0].complex and any(type(x) is Node and x.dtype.kind == "c" for x in src):
        raise DTypeError(_refused(key[0], src))
    return build(*src), tuple(states), numbers


def _refused(entry, src):
    dtypes = ", ".join([str(x.dtype) for x in src if type(x) is Node])
    return (
        f"got {entry.name}() of dtype {dtypes}, which is not defined for complex numbers; take "
        ".real, .imag or .abs() first"
    )


def renode(state, nodes, numbers=None):
    """The node of an operation, built again with the nodes of some states replaced; `numbers` is
    that of its first number, if another."""
    key = state.key
    if key[0] is VARIABLE:
        return variable(nodes.get(key[1], key[1].node), state.node.arg)
    first = state.parent.numbers if numbers is None else numbers
    node, _, _ = node_of(key, first, nodes)
    return stop(node) if state.node.op is STOP and node.op is not STOP else node
