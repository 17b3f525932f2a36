"""Differentiation, as graph to graph: `reverse` (VJP) and `forward` (JVP).

Both walk the graph once and ask each operation's entry for its rule; the results are graphs of the
same operations, so they are simplified, fused and differentiated again like any other. So does
`batch`, which makes of a graph for one row that for many.
"""

from .batch import batch
from .forward import push_forward
from .reverse import pull_back

__all__ = ["batch", "pull_back", "push_forward"]
