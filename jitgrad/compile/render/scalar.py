"""Kernels of 0-d values: one function of numbers, without loops. Start at `render_scalar`."""

from ..kernel import Kernel
from .values import HEADER, Writer, title


def render_scalar(fusion, step, pairs):
    """A kernel of 0-d values: takes and returns Python numbers.

    `dynamic` may hold "item" (node, context), an element of an array. `passed` maps results that are
    arguments as they stand to that argument: they need no kernel.
    """
    writer = Writer(fusion, exact=True)
    for (node, ctx), is_load in pairs:
        kind = node.op.kind
        if is_load and node.ndim:
            key = (node, ctx)
            writer.names[key] = writer.add_dynamic("n", "item", key)
        elif kind in ("elementwise", "const") or is_load:
            writer.evaluate(node, ctx, 0, is_load, None, None)
        else:
            (source,) = fusion.reads(node, ctx, kept=kind == "reduce")[:1]
            writer.names[node, ctx] = writer.names[source]
    arguments = dict(zip(writer.dynamic_names, writer.dynamic, strict=True))
    passed = {n: arguments[writer.names[n, ()]] for n in step.nodes if writer.names[n, ()] in arguments}
    computed = [n for n in step.nodes if n not in passed]
    text = _scalar_text(writer, [writer.value((n, ())) for n in computed]) if computed else None
    kernel = Kernel("scalar", text, writer.static, writer.dynamic, computed)
    kernel.passed = passed
    return kernel


def _scalar_text(writer, returned):
    types = [_item_dtype(kind, what) for kind, what in writer.dynamic] + [n.dtype for n in writer.static]
    names = writer.dynamic_names + writer.static_names
    body = [f"    {line}" for line, _ in writer.lines.get(0, ())] + [f"    return {', '.join(returned)}"]
    head = HEADER.format(title=title("scalar", writer.operations), listing="\n".join(writer.listing))
    signature = ", ".join("boolean" if t.kind == "b" else t.name for t in types)
    return f'{head}\n@scalar("{signature}")\ndef kernel({", ".join(names)}):\n' + "\n".join(body) + "\n"


def _item_dtype(kind, what):
    return what[0].dtype if kind == "item" else what.dtype
