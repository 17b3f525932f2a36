"""Control flow as nodes: a loop whose body is a graph, run once per turn.

`body` says what a turn is, `loop_node` makes nodes, `loop` has their derivatives, which are loops
again (of blocks of turns, where memory asks for `checkpoint`), `loop_rows` makes one loop of those
of many rows, and `turns` runs them by NumPy;
`tidy` drops what nobody reads. `roll` finds the loops in a graph in which
the turns are written out. Start at `loop`.
"""

from .body import TURN, Body, Looped
from .loop import led_to, sources_led_to
from .loop_node import LOOP, run_loop
from .loop_rows import batch_loop
from .roll import Rolled, counter, element, rolled
from .tidy import tidied
from .turn_operands import is_start

__all__ = [
    "LOOP",
    "TURN",
    "Body",
    "Looped",
    "Rolled",
    "batch_loop",
    "counter",
    "element",
    "is_start",
    "led_to",
    "rolled",
    "run_loop",
    "sources_led_to",
    "tidied",
]
