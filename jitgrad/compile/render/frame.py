"""What is around the statements of a kernel: its head, the function of its loops, and its entry.
Start at `framed`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..kernel import Kernel, KernelStatements
from ..loops.expressions import element
from ..loops.ir import If, Let, Store
from .text import lines

if TYPE_CHECKING:
    from ...ir.node import Node
    from ..loops.ir import Statement
    from .arguments import Arguments


def framed(
    kind: str, title: str, statements: tuple[Statement, ...], args: Arguments, whole: Sequence[Node]
) -> Kernel:
    """The kernel of `statements`; it raises a flag where it met an operand out of range for its
    code. `whole` are the reductions over everything."""
    parts = KernelStatements(
        statements,
        tuple(args.static_names),
        tuple(args.dynamic_names),
        bool(args.far),
        (),
        tuple(args.helpers),
    )
    if args.far:
        flag = args.add_dynamic("f", "far", None)
        raised = If("far", (Store(element(flag, "0"), "1"),))
        statements = (Let("far", "False"), *statements, raised)
    names = ["start", "stop", "part", *args.static_names, *args.dynamic_names]
    loops = "\n".join([f"@body\ndef body({', '.join(names)}):", *lines(statements, 1)])
    text = f"{args.head(title)}\n{loops}\n\n\n{args.entry(whole)}"
    kernel = Kernel(kind, text, args.static, args.dynamic, list(whole))
    kernel.statements = parts
    return kernel
