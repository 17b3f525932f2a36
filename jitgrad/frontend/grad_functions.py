"""`grad_fn`: what computed a tensor, as PyTorch shows it, and what that was computed from.

The objects are made when they are asked for: a state of the tape is the operation, and the edges of
its segment say where its roots come from. Start at `grad_fn_of`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..tape.backward import AccumulateGrad
from ..tape.keys import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..tape.handles import Handle
    from ..tape.segment import State


class GradFn:
    """What computed a tensor: its `name`, and the `next_functions`, to which its gradients go.

    Two are equal if they are the same operation.
    """

    __slots__ = ("_edges", "_state")

    def __init__(self, edges: Sequence[Any], state: State) -> None:
        self._edges, self._state = edges, state

    def name(self) -> str:
        """The name of the operation, with "Backward" behind it."""
        state = self._state
        name = state.opcode and state.opcode.name
        name = name or (state.node.op.name if state.node is not None else "Write")
        return "".join([word[:1].upper() + word[1:] for word in name.split("_")]) + "Backward"

    @property
    def next_functions(self) -> tuple[tuple[GradFn | LeafGradFn | None, int], ...]:
        """For each tensor that was computed with, what computed it, and 0: (None, 0) where no
        gradient goes."""
        return tuple([(self._next(s), 0) for s in self._state.operands])

    def _next(self, state: State) -> GradFn | LeafGradFn | None:
        if not state.requires_grad:
            return None
        if state.slot >= 0 and state.opcode is not VARIABLE:
            return GradFn(self._edges, state)
        return _of_edge(self._edges[self._state.roots.index(state.node)])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GradFn) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[int, State]:
        return id(self._edges), self._state

    def __repr__(self) -> str:
        return f"<{self.name()}>"


class LeafGradFn:
    """Where the gradients of a leaf go: into the `.grad` of `variable`."""

    __slots__ = ("_edge",)

    next_functions: tuple[()] = ()

    def __init__(self, edge: AccumulateGrad) -> None:
        self._edge = edge

    def name(self) -> str:
        """As in PyTorch."""
        return "AccumulateGrad"

    @property
    def variable(self) -> Any:
        """The leaf."""
        return self._edge.ref()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LeafGradFn) and self._edge is other._edge

    def __hash__(self) -> int:
        return hash(self._edge)

    def __repr__(self) -> str:
        return f"<{self.name()}>"


def _of_edge(edge: Any) -> GradFn | LeafGradFn | None:
    if edge is None:
        return None
    if type(edge) is AccumulateGrad:
        return LeafGradFn(edge)
    graph, state = edge
    return GradFn(graph.edges, state)


def grad_fn_of(t: Handle) -> GradFn:
    """What computed `t`, which is no leaf."""
    if type(t._edge) is tuple:
        graph, state = t._edge
        return GradFn(graph.edges, state)
    seg = t._seg
    return GradFn((seg.edges if seg is not None else None) or (), t._state)
