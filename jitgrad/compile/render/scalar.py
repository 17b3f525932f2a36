"""Kernels of 0-d values: one function of numbers, without loops. Start at `render_scalar`.

Where a driver calls such a kernel (see `groups`), it takes the form of kernels with loops,
`as_loop`: it reads its arguments from words and arrays, and leaves its results in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...ops.primitives import COMPLEX, IMAG, REAL
from ..kernel import Kernel, KernelStatements, Units, result_dtype
from ..loops.expressions import element, read, stored
from ..loops.ir import Let, Store, names_made, renamed, substituted, walk
from ..loops.nest import access
from ..loops.stage_values import StageValues
from .arguments import Arguments, title
from .frame import framed
from .text import lines

if TYPE_CHECKING:
    from ...ir.node import Node
    from ..loops.ir import Statement
    from ..loops.nest import Evaluation
    from ..schedule.fuse_stages import Step
    from ..schedule.materialise import Fusion


def render_scalar(fusion: Fusion, step: Step, pairs: Sequence[Evaluation]) -> Kernel:
    """A kernel of 0-d values: takes and returns Python numbers.

    Its `dynamic` arguments may be "item" (node, const, terms), an element of an array. `passed`
    maps results that are arguments as they stand to that argument: they need no kernel."""
    args = Arguments()
    values = StageValues(fusion, args, exact=True)
    for (node, ctx), is_load in pairs:
        kind = node.op.kind
        if is_load and node.ndim:
            a = access(fusion.axes, node, ctx, 0)
            values.names[node, ctx] = args.add_dynamic("n", "item", (node, a.const, a.terms))
        elif kind in ("elementwise", "const") or is_load:
            values.evaluate(node, ctx, 0, is_load)
        else:
            (source,) = fusion.reads(node, ctx, kept=kind == "reduce")[:1]
            values.names[node, ctx] = values.names[source]
    arguments = dict(zip(args.dynamic_names, args.dynamic, strict=True))
    passed = {n: known for n in step.nodes if (known := _given(values, n, arguments)) is not None}
    computed = [n for n in step.nodes if n not in passed]
    returned = [values.value((n, ())) for n in computed]
    text = _text(values, returned) if computed else None
    kernel = Kernel("scalar", text, args.static, args.dynamic, computed, passed=passed)
    kernel.statements = KernelStatements(
        tuple(values.at(0)),
        tuple(args.static_names),
        tuple(args.dynamic_names),
        returned=tuple(returned),
        helpers=tuple(args.helpers),
    )
    return kernel


def as_loop(kernel: Kernel) -> Kernel:
    """The `kernel` of numbers in the form of one with loops; what was `passed` stays, unless it is
    an element of an array, which is read."""
    args, parts = Arguments(), kernel.statements
    assert parts is not None
    args.helpers = dict.fromkeys(parts.helpers)
    text = kernel.source or title("scalar", ())
    first, _, rest = text.removeprefix('"""').partition("\n\n")
    args.listing = rest.partition('\n"""')[0].splitlines()
    before: list[Statement] = []
    names: dict[str, Any] = {
        name: args.add_static("n", value)
        for name, value in zip(parts.static, kernel.static, strict=True)
    }

    def value(kind: str, what: Any) -> str:
        if kind == "number":
            return args.scalar(what)
        node, const, terms = what
        name, array = args.fresh("e"), args.array(node, "array")
        place = element(array, args.offset(const, terms, True))
        before.append(Let(name, read(place, node.dtype)))
        return name

    for name, argument in zip(parts.dynamic, kernel.dynamic, strict=True):
        names[name] = value(*argument)
    read_here = {node: value(*a) for node, a in kernel.passed.items() if a[0] == "item"}
    own = dict.fromkeys(n for s in walk(parts.statements) for n in names_made(s))
    names |= {name: args.fresh("v") for name in own}
    made = dict(zip(kernel.results, parts.returned, strict=True))
    results = {n: substituted(name, names) for n, name in made.items()} | read_here
    after = [
        Store(element(args.array(n, "result"), "0"), stored(v, result_dtype(n)))
        for n, v in results.items()
    ]
    statements = (*before, *renamed(parts.statements, names), *after)
    out = framed("scalars", first, statements, args, list(results))
    out.units, out.work = Units(1, 1), 1
    out.passed = {n: a for n, a in kernel.passed.items() if n not in results}
    return out


def _given(values: StageValues, node: Node, arguments: dict[str, Any]) -> Any:
    """What a value is in terms of arguments, if nothing is to be computed: an argument, a part of
    one, or two that are the parts of a complex value; else None."""
    known = arguments.get(values.names.get((node, ()), ""))
    if known is not None or node.op not in (REAL, IMAG, COMPLEX):
        return known
    src = [_given(values, s, arguments) for s in node.src]
    if None in src:
        return None
    if node.op is COMPLEX:
        return "complex", tuple(src)
    return ("part", (node.src[0], node.op.name)) if src[0][0] == "number" else None


def _text(values: StageValues, returned: Sequence[str]) -> str:
    args = values.args
    types = [_item_dtype(kind, what) for kind, what in args.dynamic] + [
        n.dtype for n in args.static
    ]
    names = args.dynamic_names + args.static_names
    body = [*lines(values.at(0), 1), f"    return {', '.join(returned)}"]
    head = args.head(title("scalar", args.operations))
    signature = ", ".join("boolean" if t.kind == "b" else t.name for t in types)
    return (
        f'{head}\n@scalar("{signature}")\ndef kernel({", ".join(names)}):\n'
        + "\n".join(body)
        + "\n"
    )


def _item_dtype(kind: str, what: Any) -> np.dtype:
    return what[0].dtype if kind == "item" else what.dtype
