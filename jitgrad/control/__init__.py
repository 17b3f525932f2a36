"""Control flow as nodes: a loop whose body is a graph, run once per turn.

`body` says what a turn is, `loop` has the node with its derivatives, which are loops again, and
`turns` runs it by NumPy. Start at `loop`.
"""

from .body import TURN, Body, Looped
from .loop import LOOP, run_loop

__all__ = ["LOOP", "TURN", "Body", "Looped", "run_loop"]
