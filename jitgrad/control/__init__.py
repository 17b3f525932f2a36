"""Control flow as nodes: a loop whose body is a graph, run once per turn.

`body` says what a turn is, `loop` has the node with its derivatives, which are loops again, and
`turns` runs it by NumPy; `tidy` drops what nobody reads. `roll` finds the loops in a graph in which
the turns are written out. Start at `loop`.
"""

from .body import TURN, Body, Looped
from .loop import LOOP, run_loop
from .roll import Rolled, rolled
from .tidy import tidied

__all__ = ["LOOP", "TURN", "Body", "Looped", "Rolled", "rolled", "run_loop", "tidied"]
