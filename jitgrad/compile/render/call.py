"""Calls that bring loops of their own (`Op.loops`) as kernels.

The text is the operation's; what is around it is that of any kernel, so it is launched, cached and
reported like one. In the body of a loop over a small state it is made of statements of the loop IR,
with sizes as literals (`_written`). Start at `render_call`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .. import limits
from ..kernel import Kernel, Units
from ..loops.ir import Flag, renamed, walk
from ..loops.passes.fold import folded
from ..schedule.materialise import call_operands
from .arguments import HEADER, Arguments, title
from .frame import framed
from .written import statements_of

if TYPE_CHECKING:
    from ...ir.node import Loops, Node


def render_call(node: Node, literal: bool = False) -> Kernel | None:
    """The kernel of a call, and how its launch is cut; None where NumPy computes it. With
    `literal`, sizes are part of its text, if the operation has one for that."""
    loops = _loops_of(node)
    if loops is None:
        return None
    return _written(node, loops) if literal and loops.ones else _printed(node, loops)


def _loops_of(node: Node) -> Loops | None:
    if not node.op.loops or not all(n.ndim for n in (node, *node.src)):
        return None  # loops see arrays, and 0-d values are Python numbers
    return node.op.loops(node, limits.now)


def _printed(node: Node, loops: Loops) -> Kernel:
    """The kernel whose text is the operation's."""
    arrays = [base for base, _, _ in call_operands(node)]
    wide = loops.wide if loops.parts and loops.wide != node.dtype else None
    text = _text(node, loops, [wide or node.dtype, *(a.dtype for a in arrays)])
    dynamic: list = [("out", node), *(("array", a) for a in arrays)]
    if _raises(loops):
        dynamic.append(("far", None))
    kernel = Kernel("loops", text, list(loops.sizes), dynamic, [])
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


def _written(node: Node, loops: Loops) -> Kernel:
    """The kernel of a call whose sizes are literals, in one piece, as statements."""
    args = Arguments(literal=True)
    names = {"out": args.array(node, "out")}
    names |= {f"x{k}": args.array(s, "array") for k, (s, _, _) in enumerate(call_operands(node))}
    names |= {f"n{k}": str(n) for k, n in enumerate(loops.sizes)}
    statements = folded(renamed(statements_of(loops.single), names))
    if any(isinstance(s, Flag) for s in walk(statements)):
        args.far[node] = True
    kernel = framed("loops", title("loops", [node.op.name]), statements, args, ())
    kernel.units, kernel.nodes = Units(loops.ones, loops.ones), [node]
    kernel.work = loops.work
    return kernel


def _raises(loops: Loops) -> bool:
    """Whether the loops may raise the flag of operands that they are not for."""
    return "far = far |" in loops.code


def _text(node: Node, loops: Loops, dtypes: Sequence[np.dtype]) -> str:
    """The text of the operation in the frame of a kernel; `dtypes` are those of the result and the
    operands."""
    sizes = range(len(loops.sizes))
    arrays = ["out", *(f"x{k}" for k in range(len(dtypes) - 1))]
    args = [f"c[{k}]" for k in sizes] + [
        f"array_{dtype.name}(a, {k})" for k, dtype in enumerate(dtypes, 1)
    ]
    code = loops.code.strip("\n")
    if _raises(loops):
        arrays, args = [*arrays, "f0"], [*args, f"array_int64(a, {len(dtypes) + 1})"]
        code = f"far = False\n{code}\nif far:\n    f0[0] = 1"
    listing = [
        f"{name}: {dtype} {s.ndim}d"
        for name, dtype, s in zip(arrays, dtypes, (node, *node.src), strict=False)
    ]
    return (
        HEADER.format(title=title("loops", [node.op.name]), listing="\n".join(listing))
        + f"\n@body\ndef body(start, stop, {', '.join([*(f'n{k}' for k in sizes), *arrays])}):\n"
        + textwrap.indent(code, "    ")
        + "\n\n\n@entry\ndef chunk(start, stop, part, args):\n    a = slots(args)\n    c = "
        "slots(a[0])\n" + f"    body(start, stop, {', '.join(args)})\n"
    )
