"""What a step of a plan moves and computes: bytes read and written, and flops, roughly.

An array counts once per kernel, with the elements of it that are needed: a kernel that reads it
twice finds it in the cache the second time, or would be a bad kernel. What stays in registers is
not moved. So the sum over the kernels of a plan can be held against what no program can do without,
its inputs and its results (`least`).

Start at `work_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..ir.node import BARRIERS, toposort
from .schedule.materialise import LEAFLIKE, call_operands, flat_base

if TYPE_CHECKING:
    from ..ir.node import Node
    from .schedule.fuse_stages import Step


class Work(NamedTuple):
    """Bytes by array, as (node, bytes) pairs: `reads` and `writes`; and the `flops`."""

    reads: tuple
    writes: tuple
    flops: int

    @property
    def bytes_read(self) -> int:
        return sum(size for _, size in self.reads)

    @property
    def bytes_written(self) -> int:
        return sum(size for _, size in self.writes)


def needed(targets: tuple[Node, ...], given: Callable[..., Any]) -> dict[Node, int]:
    """Elements of each value that it takes to make `targets`, down to the values that are `given`,
    a function."""
    order = _above(targets, given)
    need = dict.fromkeys(order, 0)
    need.update((node, node.size) for node in targets)
    for node in reversed(order):
        if node in targets or not given(node):
            for s in dict.fromkeys(node.src):
                part = s.size if node.op.kind in BARRIERS else need[node]
                need[s] = min(s.size, need[s] + part)
    return need


def _above(targets: tuple[Node, ...], given: Callable[..., Any]) -> list[Node]:
    """The nodes from those that are given to the targets, sources first."""
    return toposort(targets, lambda node: () if node not in targets and given(node) else node.src)


def work_of(lowered: Any) -> list[Work]:
    """The `Work` of each kernel of a `Lowered`."""
    made = {node: step for step in lowered.steps for node in step.nodes}
    return [
        _work(step, kernel, made)
        for step, kernel in zip(lowered.steps, lowered.kernels, strict=True)
    ]


def _work(step: Step, kernel: Any, made: Mapping[Node, Step]) -> Work:
    if step.kind == "call":
        return _work_of_call(step.nodes[0])

    def given(node: Node) -> bool:
        return node.op.kind in LEAFLIKE or made.get(node, step) is not step or node in step.arrays

    need = needed(tuple(step.nodes), given)
    elements: dict = {}
    for node, n in need.items():
        if node not in step.nodes and given(node) and node.ndim:
            base = flat_base(node)
            elements[base] = min(base.size, elements.get(base, 0) + n)
    reads = {
        what: elements.get(flat_base(what), what.size)
        for kind, what in kernel.dynamic
        if kind == "array"
    }
    writes = [what for kind, what in kernel.dynamic if kind == "out"]
    return Work(
        tuple([(node, n * node.dtype.itemsize) for node, n in reads.items()]),
        tuple([(node, node.size * node.dtype.itemsize) for node in writes]),
        _flops(step, need),
    )


def _flops(step: Step, need: Mapping[Node, int]) -> int:
    """What the step computes; a value in several stages and contexts is computed in each."""
    points = [(node, need.get(node, node.size)) for *_, node, _ in step.values]
    out = sum(node.op.cost * n for node, n in points if node.op.kind == "elementwise")
    return out + sum(node.src[0].size for node in step.nodes if node.op.kind in ("reduce", "scan"))


def _work_of_call(node: Node) -> Work:
    operands = dict.fromkeys(base for base, _, _ in call_operands(node))
    reads = [(s, s.size * s.dtype.itemsize) for s in operands if s.ndim]
    flops = node.op.flops(node) if node.op.flops else node.size
    return Work(tuple(reads), ((node, node.size * node.dtype.itemsize),), flops)


def least(lowered: Any) -> int:
    """The bytes that no plan for these roots can do without: what is needed of its inputs, and its
    results."""
    made = {node for step in lowered.fusion.steps for node in step.nodes}
    results = [
        node
        for node in dict.fromkeys(flat_base(root) for root in lowered.fusion.roots)
        if node in made
    ]
    need = needed(tuple(results), lambda node: node.op.kind in LEAFLIKE)
    inputs = sum(
        n * node.dtype.itemsize for node, n in need.items() if node.op.kind == "leaf" and node.ndim
    )
    return inputs + sum(node.size * node.dtype.itemsize for node in results if node.ndim)
