"""Calls that bring loops of their own (`Op.loops`) as kernels.

The text is the operation's; what is around it is that of any kernel, so it is launched, cached and
reported like one. Start at `render_call`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .. import limits
from ..kernel import Kernel, Units
from ..schedule.materialise import call_operands
from .arguments import HEADER, title

if TYPE_CHECKING:
    from ...ir.node import Loops, Node


def render_call(node: Node) -> Kernel | None:
    """The kernel of a call, and how its launch is cut; None where NumPy computes it."""
    if not node.op.loops or not all(n.ndim for n in (node, *node.src)):
        return None  # loops see arrays, and 0-d values are Python numbers
    loops = node.op.loops(node, limits.now)
    if loops is None:
        return None
    arrays = [base for base, _, _ in call_operands(node)]
    wide = loops.wide if loops.parts and loops.wide != node.dtype else None
    text = _text(node, loops, [wide or node.dtype, *(a.dtype for a in arrays)])
    kernel = Kernel(
        "loops", text, list(loops.sizes), [("out", node), *(("array", a) for a in arrays)], []
    )
    step = max(1, limits.now.grain * loops.units // max(1, loops.work))
    kernel.units, kernel.nodes, kernel.work = (
        Units(loops.units, step, max(loops.parts, 1)),
        [node],
        loops.work,
    )
    kernel.wide = wide
    if not loops.units:
        kernel.source = None  # nothing to do: the result is empty
    elif loops.parts > 1 or wide:
        kernel.gathered = [node]
    return kernel


def _text(node: Node, loops: Loops, dtypes: Sequence[np.dtype]) -> str:
    """The text of the operation in the frame of a kernel; `dtypes` are those of the result and the
    operands."""
    sizes = range(len(loops.sizes))
    arrays = ["out", *(f"x{k}" for k in range(len(dtypes) - 1))]
    args = [f"c[{k}]" for k in sizes] + [
        f"array_{dtype.name}(a, {k})" for k, dtype in enumerate(dtypes, 1)
    ]
    listing = [
        f"{name}: {dtype} {s.ndim}d"
        for name, dtype, s in zip(arrays, dtypes, (node, *node.src), strict=True)
    ]
    return (
        HEADER.format(title=title("loops", [node.op.name]), listing="\n".join(listing))
        + f"\n@body\ndef body(start, stop, {', '.join([*(f'n{k}' for k in sizes), *arrays])}):\n"
        + textwrap.indent(loops.code.strip("\n"), "    ")
        + "\n\n\n@entry\ndef chunk(start, stop, part, args):\n    a = slots(args)\n    c = "
        "slots(a[0])\n" + f"    body(start, stop, {', '.join(args)})\n"
    )
