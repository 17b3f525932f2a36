"""How a loop is run: by one kernel, by a driver of several, or turn by turn from Python.

The body of a loop (see `control`) is a graph, and is lowered like one. Where it is small, and all
its steps are kernels of one chunk whose arguments are known without computing in Python, they are
joined to one kernel for all turns (`render.whole_loop`). Where it is large, a driver runs them turn
after turn: `made_drivable` says so. Start at `lower_loop`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..control import LOOP
from ..ir.node import toposort
from . import limits
from .groups import grouped
from .kernel import Call, Units
from .render.lane_loop import render_by_lanes
from .render.whole_loop import render_whole_loop
from .rewrite.lane_axes import tile_of
from .rewrite.lift import Unliftable, lifted
from .strided import product_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ir.node import Node
    from .kernel import Kernel
    from .schedule.materialise import Fusion


class LoweredTurn:
    """What runs a turn of the loop `node`: `lowered` is its body, as a plan if it is run from
    Python, or with numbers as arrays where it is `driven`."""

    __slots__ = ("driven", "lowered", "node")

    def __init__(self, node: Node, lowered: Any, driven: bool) -> None:
        self.node, self.lowered, self.driven = node, lowered, driven


def lower_loop(call: Call, fusion: Fusion, lower: Callable[..., Any]) -> Call | Kernel:
    """What runs the loop of `call` in the graph of `fusion`: a kernel, or the call with its `turn`;
    `lower` lowers a graph."""
    roots = call.node.arg.body.roots
    try:
        graph = lifted(list(roots))
        largest = max([n.size for n in toposort(graph) if n.src], default=0)
        lowered = lower(graph, largest <= limits.now.literal_points)
        if lowered.fusion.literal and is_joinable(lowered):
            kernel = render_whole_loop(call.node, fusion, lowered)
            if kernel is not None:
                return kernel
        kernel = _by_lanes(call.node, fusion, lower)
        if kernel is not None:
            return kernel
        driven = made_drivable(lowered)
    except Unliftable:
        driven = False
    call.turn = LoweredTurn(call.node, lowered if driven else grouped(lower(roots)), driven)
    return call


def _by_lanes(node: Node, fusion: Fusion, lower: Callable[..., Any]) -> Kernel | None:
    """One kernel that runs all turns for a few lanes at a time, where the body has lanes and its
    arrays are small for a few of them."""
    body = node.arg.body
    tile = tile_of(body, lifted(body.roots, products=True))
    if tile is None:
        return None
    lowered = lower(tile.body.results, True)
    return render_by_lanes(node, tile, fusion, lowered) if is_joinable(lowered) else None


def is_joinable(lowered: Any) -> bool:
    """Whether one kernel can do what all of them do."""
    numbers = _numbers(lowered)
    return all(
        kernel.statements is not None
        and (_is_scalar(kernel, numbers) or _is_plain(kernel, numbers))
        for kernel in lowered.kernels
    )


def made_drivable(lowered: Any) -> bool:
    """Whether a driver can run all steps. Beside products, kernels that no threads would share are
    of one chunk."""
    calls = [k for k in lowered.kernels if isinstance(k, Call)]
    if not all(map(_is_drivable, calls)):
        return False
    kernels = [k for k in lowered.kernels if not isinstance(k, Call)]
    if any(call.turn is None for call in calls):
        for kernel in kernels:
            _make_whole(kernel)
    numbers = _numbers(lowered)
    return all(_is_plain(k, numbers) and all(map(_is_word, k.results)) for k in kernels)


def _is_drivable(call: Call) -> bool:
    """Whether the driver can run a call: it is a loop that is driven, or a product."""
    if call.turn is not None:
        return call.turn.driven
    return product_of(call.node) is not None


def _make_whole(kernel: Kernel) -> None:
    """Has a kernel of little work done in one chunk, where its text is the same for any number of
    them."""
    units = kernel.units
    if units is None or units.chunks < 2 or kernel.work > limits.now.driven_work:
        return
    if kernel.wide is None and not kernel.totals and units.parts in (1, units.chunks):
        kernel.units = Units(units.total, units.total)


def _numbers(lowered: Any) -> set[Node]:
    """What kernels return, or leave in their arguments."""
    kernels = [k for k in lowered.kernels if not isinstance(k, Call)]
    return {n for k in kernels for n in (*k.results, *k.passed)}


def is_loop(node: Node) -> bool:
    return node.op is LOOP


def _is_plain(kernel: Kernel, numbers: set[Node]) -> bool:
    """Whether a kernel is of one chunk, and its arguments are arrays, the number of the turn,
    constants, and reductions of other kernels to a number."""
    if kernel.kind == "scalar" or kernel.source is None or kernel.totals:
        return False
    units = kernel.units
    if units.chunks != 1 or units.parts > 1 or kernel.wide is not None:
        return False
    return all(_is_known(kind, what, numbers) for kind, what in kernel.dynamic)


def _is_scalar(kernel: Kernel, numbers: set[Node]) -> bool:
    return kernel.kind == "scalar" and all(
        _is_known(kind, what, numbers) for kind, what in (*kernel.dynamic, *kernel.passed.values())
    )


def _is_known(kind: str, what: Any, numbers: set[Node]) -> bool:
    if kind == "number":
        return what.op.kind in ("number", "const") or (what in numbers and what.ndim == 0)
    if kind in ("index", "item"):
        return all(n.op.kind in ("number", "const") for n, _ in what[-1])
    return kind not in ("total", "part", "complex")


def _is_word(node: Node) -> bool:
    """Whether the driver can copy a number of this dtype."""
    return node.dtype.name in ("float64", "float32", "int64", "uint64", "bool")
