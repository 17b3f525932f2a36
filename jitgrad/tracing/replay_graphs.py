"""What the autograd graph of a traced function's result tells that its node does not.

Start at `written_over`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ir import LEAF, Node, toposort
from ..tape.reachability import roots_of, saves, upstream
from ..tape.record import materialise

if TYPE_CHECKING:
    from ..tape.handles import Handle
    from ..tape.symbolic import Trace


def written_over(t: Handle, node: Node, trace: Trace) -> set[Node]:
    """The leaves that a result was computed from by operations of which its node tells nothing any
    more, as all that they gave was written over: its derivative is 0, not none."""
    found, seen, stack = set(), set(), [t._edge]
    while stack:
        edge = stack.pop()
        if type(edge) is not tuple:
            origin = None if edge is None else edge.ref()
            if origin is not None and trace.reaches(origin):
                found.add(materialise(origin).node)
        elif edge not in seen:
            seen.add(edge)
            graph, state = edge
            if not any(map(trace.has, graph.leaves)):  # from before
                continue
            above = {o.node for s in upstream((state,)) for o in s.operands}
            stack += [
                e for e, root in zip(graph.edges, graph.state.roots, strict=False) if root in above
            ]
    return {n for n in found if n.op is LEAF}.difference(toposort([node]))


def is_freed(t: Handle) -> bool:
    """Whether a backward within the function freed what one from `t` needs."""
    seen, stack = set(), [t._edge]
    while stack:
        edge = stack.pop()
        if type(edge) is not tuple or edge in seen:
            continue
        seen.add(edge)
        graph, state = edge
        if graph.freed is not None and any(
            s in graph.freed and saves(s) for s in upstream((state,))
        ):
            return True
        stack.extend(graph.edges[i] for i in roots_of(state))
    return False
