"""Complex values become pairs of real ones, their parts, before anything else looks at a graph.

So all that the compiler knows of floats (vector math, loop nests, rules of algebra) holds for
complex numbers; only loads and stores know that both parts are neighbours in memory. A formula of
the parts is a field of the operation (`Op.parts`). What has none is called as NumPy's function, on
whole complex arrays; results of calls and leaves are whole, too, and their parts are read where
they lie. Start at `split_complex`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from ...ir import CONST, Node, Op, const, rebuilt, toposort
from ...ops.linear_algebra import MATMUL
from ...ops.primitives import Parts, complex_node, imag_part, real_of, real_part, zeros
from .contract import contracted


def split_complex(roots: Sequence[Node]) -> Sequence[Node]:
    """`roots`, in which complex nodes are leaves, movements of these, calls, and results put
    together from their parts."""
    order = toposort(roots)
    if not any([node.dtype.kind == "c" for node in order]):
        return roots
    split = _Split()
    for node in order:
        split.add(node)
    return [split.whole(root) for root in roots]


class _Split:
    """What each node became: `made` has the nodes that are one value, real or complex, `pairs` the
    parts of those that are two."""

    def __init__(self) -> None:
        self.made: dict[Node, Node] = {}
        self.pairs: dict[Node, Parts] = {}

    def add(self, node: Node) -> None:
        if node.dtype.kind != "c" and all([s.dtype.kind != "c" for s in node.src]):
            self.made[node] = rebuilt(node, tuple([self.made[s] for s in node.src]))
        elif node.op.kind == CONST.kind:
            dtype, value = real_of(node.dtype), node.arg
            imag = None if value.imag == 0 else const(value.imag, dtype)
            self.pairs[node] = Parts(const(value.real, dtype), imag)
        elif not node.src or self._is_moved(node):
            self.made[node] = rebuilt(node, tuple([self.made[s] for s in node.src]))
        elif node.op.parts is None:
            self._add_call(node)
        else:
            out = node.op.parts(*[self._operand(s) for s in node.src], node=node)
            if isinstance(out, Parts):
                self.pairs[node] = out
            else:
                self.made[node] = out

    def _add_call(self, node: Node) -> None:
        """A node that has no formula of parts; a product of matrices has, where it reads each
        element once."""
        out = contracted(node, *node.src) if node.op is MATMUL else None
        if out is None:
            src = tuple([self.whole(s) for s in node.src])
            self.made[node] = Node(_called(node.op), src, node.arg, node.shape, node.dtype)
            return
        for part in toposort([out]):
            if part not in self.made and part not in self.pairs:
                self.add(part)
        home = self.pairs if out in self.pairs else self.made
        home[node] = home[out]  # type: ignore[assignment]

    def whole(self, node: Node) -> Node:
        """The node as one value."""
        out = self.made.get(node)
        if out is None:
            real, imag = self.pairs[node]
            out = self.made[node] = complex_node(real, zeros(real) if imag is None else imag)
        return out

    def _operand(self, node: Node) -> Parts | Node:
        """What a formula of parts is given of a source."""
        if node.dtype.kind != "c":
            return self.made[node]
        if node not in self.pairs:
            x = self.made[node]
            self.pairs[node] = Parts(real_part(x), imag_part(x))
        return self.pairs[node]

    def _is_moved(self, node: Node) -> bool:
        """Whether a node is a part of what lies in memory, in the same or another order, of which
        the parts are read later: what is picked from, or reshaped, would be stored else."""
        x = node.src[0]
        moves = node.op.kind in ("permute", "slice", "gather", "reshape") and x.ndim > 0
        return moves and x.dtype.kind == "c" and x not in self.pairs


@functools.cache
def _called(op: Op) -> Op:
    """The operation as a call of NumPy."""
    if op.kind == "call" or op.kind == "gather":
        return op
    return Op(op.name, "call", op.reference)
