"""The kernels of one step: it is lowered to a loop nest, which is rendered. Start at
`kernels_of`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .kernel import Call
from .loops.nest import evaluations, lower, lower_totals
from .loops.tiles import is_short, lower_program
from .render.call import render_call
from .render.forms import render_loop
from .render.row_program import render_program
from .render.scalar import render_scalar
from .render.scan_blocks import render_blocks, render_totals

if TYPE_CHECKING:
    from .kernel import Kernel
    from .loops.nest import Nest
    from .loops.tiles import TiledProgram
    from .schedule.fuse_stages import Step
    from .schedule.materialise import Fusion


def kernels_of(fusion: Fusion, step: Step) -> list[Call | Kernel]:
    """The kernels of a step: one, or two where a scan runs over its blocks twice."""
    if step.kind == "call":
        return [render_call(step.nodes[0], fusion.literal) or Call(step.nodes[0])]
    if step.kind == "scalar":
        return [render_scalar(fusion, step, evaluations(fusion, step))]
    if step.form == "program":
        return [_program(fusion, step)]
    nest = lower(fusion, step)
    if is_short(step, nest):
        return [_program(fusion, step)]
    if step.form == "blocks":
        return _blocked_scan(fusion, step, nest)
    return [_measured(render_loop(nest, fusion), nest, step)]


def _program(fusion: Fusion, step: Step) -> Kernel:
    program = lower_program(fusion, step)
    return _measured(render_program(program, fusion), program, step)


def _blocked_scan(fusion: Fusion, step: Step, nest: Nest) -> list[Call | Kernel]:
    kernel = _measured(render_blocks(nest, fusion), nest, step)
    if kernel.units.chunks < 2:
        return [kernel]
    nest = lower_totals(fusion, step)
    totals = _measured(render_totals(nest, fusion, kernel.units), nest, step)
    totals.nodes = []
    return [totals, kernel]


def _measured(kernel: Kernel, nest: Nest | TiledProgram, step: Step) -> Kernel:
    """`kernel` with what it leaves in memory, and its work."""
    unstored = step.local.union(kernel.results, *[stage.unstored for stage in step.stages])
    kernel.nodes, kernel.work = (
        [n for n in step.nodes if n not in unstored],
        nest.points * nest.weight,
    )
    if not kernel.units.total:
        kernel.source = None  # nothing to do: the results are empty, or reductions of nothing
    return kernel
