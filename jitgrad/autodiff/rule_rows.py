"""The batching rules of functions with a derivative rule of their own: the graphs of the rule
become graphs for many rows.

All sources get the axis of rows, those that are the same in all rows by being stretched: so the
cotangent of these is the sum over rows. Start at `batch_rule`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..base.errors import GradientError
from ..ir import LEAF, NUMBER, Node
from ..ops.host import HOST, HostCall, host
from ..ops.joining import concatenate
from ..ops.marks import AGAIN, RULE, again
from ..ops.primitives import cast, reshape_to
from ..ops.rows import Rows, same_rows
from .array_functions import ArrayRule, InRows
from .batch import batch
from .derivative_rules import (
    DerivativeRule,
    Nodes,
    RecomputedRule,
    RefusedRule,
    TracedRule,
    packing_of,
    rule_node,
)


def batch_rule(rows: Rows, node: Node, size: int) -> Node:
    """The node of a rule for `size` rows: in each what the rule's own node is for one."""
    rule = node.arg
    sources = [
        s if s.op is NUMBER else same_rows(s, size) if x is None else x
        for s, x in zip(node.src, rows, strict=True)
    ]
    made = _batched(rule, size)
    packed = rule_node(made, sources)
    return _rows_of(
        [packing_of(made).part(packed, k) for k in range(len(made.results))], node, size
    )


def _rows_of(parts: Sequence[Node], node: Node, size: int) -> Node:
    """The values `parts`, with the axis of rows, as the packed values of each row."""
    flat = [reshape_to(cast(x, node.dtype), (size, x.size // max(size, 1))) for x in parts]
    return concatenate(flat, axis=1) if len(flat) > 1 else flat[0]


def _batched(rule: DerivativeRule, size: int) -> DerivativeRule:
    results = tuple([((size, *shape), dtype) for shape, dtype in rule.results])
    if isinstance(rule, TracedRule):
        return _batched_graphs(replace(rule, results=results), size)
    if isinstance(rule, RecomputedRule):
        new = _wide(rule.parameters, size)
        roots = _for_rows(rule.roots, new, size)
        parameters = tuple([new.get(p, p) for p in rule.parameters])
        return replace(rule, results=results, parameters=parameters, roots=roots)
    if isinstance(rule, RefusedRule):
        return replace(rule, results=results)
    if isinstance(rule, ArrayRule):
        return replace(rule, results=results, function=InRows(rule.function, size))
    raise GradientError(
        f"got {rule.name} in a function that vmap maps, whose derivative rule computes with NumPy, "
        "so that it cannot be batched; write the rule in operations on tensors"
    )


def _wide(places: Sequence[Node], size: int) -> dict[Node, Node]:
    """Leaves for all rows in the place of those for one; numbers are the same in all."""
    return {
        p: Node(LEAF, (), ("rows", p.arg), (size, *p.shape), p.dtype)
        for p in places
        if p.op is not NUMBER
    }


def _for_rows(roots: Nodes, new: Mapping[Node, Node], size: int) -> tuple[Any, ...]:
    """Graphs over leaves for all rows, of graphs over leaves for one."""
    there = [r for r in roots if r is not None]
    found = iter(zip(there, batch(there, new, size), strict=True))

    def rows_of(root: Node | None) -> Node | None:
        if root is None:
            return None
        one, rows = next(found)
        return same_rows(one, size) if rows is None else rows

    return tuple([rows_of(r) for r in roots])


def _batched_graphs(rule: TracedRule, size: int) -> TracedRule:
    outputs = [place for _, place in rule.outputs]
    places = [*rule.inputs, *outputs, *rule.reads, *rule.cotangents, *rule.tangents]
    new = _wide(places, size)
    others: Callable[[Sequence[Node]], tuple[Node, ...]] = lambda old: tuple(
        [new.get(p, p) for p in old]
    )
    return replace(
        rule,
        inputs=others(rule.inputs),
        outputs=tuple([(k, new[place]) for k, place in rule.outputs]),
        reads=others(rule.reads),
        cotangents=others(rule.cotangents),
        gradients=tuple([(p, _for_rows(g, new, size)) for p, g in rule.gradients]),
        tangents=others(rule.tangents),
        pushed=_for_rows(rule.pushed, new, size),
    )


def _batch_again(rows: Rows, node: Node, size: int) -> Node:
    x = same_rows(node.src[0], size) if rows[0] is None else rows[0]
    after = zip(node.src[1:], rows[1:], strict=True)
    return again(x, [s if r is None else r for s, r in after])


RULE.batch, AGAIN.batch = batch_rule, _batch_again


# --- functions on arrays --------------------------------------------------------------------------


def batch_host(rows: Rows, node: Node, size: int) -> Node:
    """A call on arrays for many rows, as its `method` says."""
    call, numbers = node.arg
    if call.method is None:
        raise GradientError(
            f"got {call.name}, a function on NumPy arrays, of values that differ from row to row, "
            "in a function that vmap maps; say how it is called for many rows by "
            "pure_callback(..., vmap_method=)"
        )
    results = [((size, *shape), dtype) for shape, dtype in call.results]
    mapped = [x is not None for x in rows]
    function = METHODS[call.method](call.function, mapped, size)
    if call.method == "broadcast_all":
        src = [same_rows(s, size) if x is None else x for s, x in zip(node.src, rows, strict=True)]
    else:
        src = [s if x is None else x for s, x in zip(node.src, rows, strict=True)]
    out = host(HostCall(call.name, function, results, call.method), src)
    return _rows_of([out[k] for k in numbers], node, size)


def _sequential(function: Callable[..., Any], mapped: Sequence[bool], size: int) -> Any:
    def called(*arrays: Any) -> list[np.ndarray]:
        each = [
            function(*[a[i] if m else a for a, m in zip(arrays, mapped, strict=True)])
            for i in range(size)
        ]
        return [np.stack([np.asarray(x) for x in parts]) for parts in zip(*each, strict=True)]

    return called


def _expanded(function: Callable[..., Any], mapped: Sequence[bool], size: int) -> Any:
    def called(*arrays: Any) -> Any:
        return function(*[a if m else a[np.newaxis] for a, m in zip(arrays, mapped, strict=True)])

    return called


#: How a function on arrays is called for many rows: what makes its function, of that, of which
#: arguments have rows, and of their number.
METHODS: dict[str, Callable[..., Any]] = {
    "sequential": _sequential,
    "expand_dims": _expanded,
    "broadcast_all": lambda function, mapped, size: function,
}
HOST.batch = batch_host
