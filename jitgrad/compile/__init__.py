"""The compiler: from the roots of a graph to the texts of its kernels. Pure Python; numba is the
runtime's.

`lower_graph` is the door and has the passes in order. Each has a folder, in the order in which data
goes through them:

========= =====================================================================================
rewrite   graph to graph: rules of algebra
index     which axes have one length, which element of an operand a point of a loop reads
schedule  graph to steps: what is materialised, and what is made by one loop nest
loops     step to loop nest, the statements in it, and transformations of both
render    loop nest to text, and what the arguments of the kernel are bound to
========= =====================================================================================

Nobody outside imports anything but this module. It imports at once what describes plans; the passes
that make kernels are imported when they are first needed: what is never compiled does not wait for
them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..base.missing import Uncallable
from ..control import tidied
from .groups import grouped
from .index.maps import MOVEMENT
from .kernel import Call, Kernel, parts_of, result_dtype
from .rewrite.lane_sums import summed_after
from .rewrite.simplify import simplify
from .rewrite.split_complex import split_complex
from .schedule.materialise import LEAFLIKE, call_operands, flat_base
from .strided import Product, product_of
from .turn import is_loop, lower_loop
from .work import least, work_of

if TYPE_CHECKING:
    from ..ir.node import Node
    from .schedule.fuse_stages import Step
    from .schedule.materialise import Fusion


__all__ = [
    "LEAFLIKE",
    "MOVEMENT",
    "Call",
    "Kernel",
    "Lowered",
    "Product",
    "call_operands",
    "flat_base",
    "least",
    "lower_graph",
    "lower_plan",
    "parts_of",
    "passes",
    "product_of",
    "result_dtype",
    "simplify",
    "work_of",
]


sys.modules[__name__].__class__ = Uncallable  # ``jitgrad.compile(f)`` is PyTorch's


class Lowered:
    """The kernels of a plan, in order, before any is compiled, and the step of each; calls have no
    kernel. `roots` are those of the graph as it was given, which NumPy runs where kernels give up.
    """

    __slots__ = ("fusion", "groups", "kernels", "roots", "steps")

    def __init__(
        self, roots: Sequence[Node], fusion: Fusion, kernels: Sequence[tuple[Step, Call | Kernel]]
    ) -> None:
        self.roots, self.fusion = roots, fusion
        #: (start, stop) of kernels that a driver runs, see `groups`.
        self.groups: list[tuple[int, int]] = []
        self.steps = [step for step, _ in kernels]
        self.kernels = [kernel for _, kernel in kernels]

    @property
    def sources(self) -> dict[str, str]:
        """Source -> kind, of all kernels, those of loops included."""
        out: dict[str, str] = {}
        for kernel in self.kernels:
            if isinstance(kernel, Call):
                out |= kernel.turn.lowered.sources if kernel.turn is not None else {}
            elif kernel.source:
                out[kernel.source] = kernel.kind
        return out


def passes() -> tuple[Callable[..., Any], ...]:
    """The passes after `simplify`: (graph -> fusion, step of a fusion -> kernels). Imports them."""
    from .schedule.align import fused
    from .steps import kernels_of

    return fused, kernels_of


def lower_graph(roots: Sequence[Node], literal: bool = False) -> Lowered:
    """The `Lowered` of the graph under `roots`; with `literal`, sizes are part of the kernels'
    texts."""
    fused, kernels_of = passes()
    graph = simplify(summed_after(split_complex(tidied(roots))))
    fusion = fused(graph)
    fusion.literal = literal
    kernels = [
        (step, lower_loop(kernel, fusion, lower_graph) if is_loop(kernel.node) else kernel)
        if isinstance(kernel, Call)
        else (step, kernel)
        for step in fusion.steps
        for kernel in kernels_of(fusion, step)
    ]
    return Lowered(roots, fusion, kernels)


def lower_plan(roots: Sequence[Node]) -> Lowered:
    """The `Lowered` of a plan, whose small kernels are in groups."""
    return grouped(lower_graph(roots))
