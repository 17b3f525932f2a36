"""The NumPy interpreter: runs a graph node by node through each operation's `reference`.

It is the cold tier, the oracle of the compiled tier's tests, and ``config.compile = "never"``. Values are as in a plan:
flat arrays, and Python numbers for 0-d. A `Program` is made once per plan: what is constant is computed then, each
value has a register, which is emptied after its last use. Start at `Program`.
"""

import numpy as np

from .._config import config
from ..ir import CONST, LEAF, NUMBER, toposort, users
from ..ops.movement import UPDATE, update_in_place


def _function(node, owned):
    """What computes `node`; with the verifier on, its result is checked."""
    function = update_in_place if owned else node.op.reference
    if not config.verify:
        return function
    from ..ir.verify import checked

    return checked(function)


def run(roots, leaves, numbers):
    """The values of `roots`, once."""
    return Program(roots)(leaves, numbers)


class Program:
    """``program(leaves, numbers)`` -> the values of `roots`."""

    def __init__(self, roots):
        order = toposort(roots)
        at = {node: k for k, node in enumerate(order)}
        readers = users(order)
        self.registers = [None] * len(order)
        self.leaves, self.numbers, self.steps = [], [], []
        for k, node in enumerate(order):
            if node.op is LEAF:
                self.leaves.append((k, node.arg, node.shape, node.dtype.type))
            elif node.op is NUMBER:
                self.numbers.append((k, node.arg, node.dtype.type))
            elif node.op.kind == CONST.kind:
                self.registers[k] = node.dtype.type(node.arg)
            elif node.op.kind in _STILL and self.registers[at[node.src[0]]] is not None:
                self.registers[k] = node.op.reference(self.registers[at[node.src[0]]], node=node)
            else:
                src = _unstretched(node) if node.op.kind == "elementwise" else node.src
                self.steps.append(
                    (_function(node, _owns(node, readers, roots)), node, tuple([at[s] for s in src]), k, ())
                )
        self.roots = [(at[root], root.shape, root.dtype) for root in roots]
        self._free({at[root] for root in roots})

    def _free(self, kept):
        """Empties each register that a run fills after the last step that reads it."""
        seen = kept | {k for k, value in enumerate(self.registers) if value is not None}
        for i in reversed(range(len(self.steps))):
            function, node, src, k, _ = self.steps[i]
            dead = tuple({j for j in (*src, k) if j not in seen})
            seen.update(dead)
            self.steps[i] = (function, node, src, k, dead)

    def __call__(self, leaves, numbers):
        values = self.registers.copy()
        for k, i, shape, kind in self.leaves:
            values[k] = leaves[i].reshape(shape) if shape else kind(leaves[i])
        for k, i, kind in self.numbers:
            values[k] = kind(numbers[i])
        with np.errstate(all="ignore"):
            for function, node, src, k, dead in self.steps:
                values[k] = function(*[values[i] for i in src], node=node)
                for i in dead:
                    values[i] = None
            return [_given(values[k], shape, dtype) for k, shape, dtype in self.roots]


#: Kinds that only look at a constant from another side.
_STILL = frozenset(("broadcast", "reshape", "permute"))


def _owns(node, readers, roots):
    """Whether an update may write to its operand: another update's result, read by nobody else."""
    return (
        node.op is UPDATE and node.src[0].op is UPDATE and len(readers[node.src[0]]) == 1 and node.src[0] not in roots
    )


def _unstretched(node):
    """An elementwise node's sources without their broadcasts, which NumPy does itself, if one has the full shape."""
    short = tuple([s.src[0] if s.op.kind == "broadcast" else s for s in node.src])
    return short if any(s.shape == node.shape for s in short) else node.src


def _given(value, shape, dtype):
    if not shape:
        return value.item() if value.dtype == dtype else dtype.type(value).item()
    out = np.ascontiguousarray(value, dtype)
    return out if out.ndim == 1 else out.reshape(-1)
