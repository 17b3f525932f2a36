"""The backward sweep of a thread that looks for nan: it knows whose derivatives it computes, and an
error leaves all graphs as they were. Start at `CheckedSweep`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..base.anomaly import here
from ..base.origins import Noted, Origin
from .backward import Backward, Sweep
from .double import RecordedBackward
from .execute import Graph
from .nan_origins import note_nodes
from .segment import State, operations_to


def record_of(state: State) -> tuple[Origin | None, dict | None]:
    """The operation that a segment consists of, and the origins of nodes within it; None where it
    was recorded before the thread looked for nan."""
    found = [s.place for s in operations_to(state) if type(s.place) is Noted]
    return found[-1] if found else (None, None)


@contextmanager
def sweeping(state: State) -> Iterator[None]:
    """While derivatives of a graph are made: nodes are noted anew, beside those of the graph."""
    before, swept = here.origins, here.swept
    origin, inner = record_of(state)
    here.origins = {**inner} if inner else {}
    for s in operations_to(state):
        if type(s.place) is Noted:
            note_nodes(s.key, s.node, s.place.origin)
    here.swept = None if origin is None else origin._replace(derivative=True)
    try:
        yield
    finally:
        here.origins, here.swept = before, swept


class CheckedSweep(Sweep):
    """A sweep that frees graphs when it has come to its end."""

    def __init__(self, retain: bool, create: bool, *rest: Any) -> None:
        super().__init__(retain, create, *rest)
        self.passed: list[tuple[Graph, frozenset]] = []

    def run(self) -> None:
        super().run()
        for graph, visited in self.passed:
            super()._free(graph, visited)

    def _free(self, graph: Graph, visited: frozenset) -> None:
        self.passed.append((graph, visited))

    def _step(self, graph: Graph, *rest: Any) -> frozenset:
        plans = graph.state.plans
        for key in [k for k in plans if type(k) is tuple and k[0] in (Backward, RecordedBackward)]:
            plans.pop(key, None)  # one that was made before does not know of which nodes it is
        with sweeping(graph.state):
            return super()._step(graph, *rest)
