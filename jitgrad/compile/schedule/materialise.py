"""Which values of a graph are materialised, that is, kept in memory; the outcome of fusion.

Two decisions:

1. *What is kept* (`Fusion._decide`). Walking from the roots to the leaves, every node collects the
   contexts (kernel space and index map, see `index.maps`) in which its readers want it. Results of
   reductions, scans and calls are kept always, and what index arrays pick from; an elementwise
   value only where computing it again would be more expensive than a store and a load. Everything
   else is recomputed in registers by each kernel that reads it.
2. *Which step makes it*: see `fuse_stages`.

Start at `fuse`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from ...control import LOOP
from ...control.affine import affine
from ...ir.node import BARRIERS, toposort, users
from .. import limits
from ..index.dims import UNIT, Axes, squeezes
from ..index.maps import (
    MOVEMENT,
    AxisIndex,
    identity,
    lookups_of,
    nesting,
    source_contexts,
    start_nodes,
    variables,
)
from .fuse_stages import Grouping, KernelForm

if TYPE_CHECKING:
    from ...ir.node import Node
    from ..index.maps import Context, Value


LEAFLIKE = frozenset(("leaf", "number", "const"))


def flat_base(node: Node) -> Node:
    """`node` without its reshapes: the array whose flat buffer it shares."""
    while node.op.kind == "reshape" and node.ndim and node.src[0].ndim:
        node = node.src[0]
    return node


def constant_in(node: Node) -> Node | None:
    """The constant that `node` is throughout, if it is a broadcast of one."""
    if node.op.kind != "broadcast":
        return None
    while node.op.kind in ("broadcast", "reshape"):
        node = node.src[0]
    return node if node.op.kind == "const" else None


def call_operands(node: Node) -> list[tuple[Node, tuple[int, ...], tuple[int, ...]]]:
    """The operands of a call, as (base, shape, axes): base.reshape(shape).transpose(axes).

    NumPy needs no copy of what has its axes in another order; loops take arrays in C order.
    """
    out = []
    for s in node.src:
        axes = tuple(range(s.ndim))
        while s.op.kind == "permute" and not node.op.loops:
            axes = tuple(s.arg[a] for a in axes)
            s = s.src[0]
        out.append((flat_base(s), s.shape, axes))
    return out


class Fusion:
    """The outcome for `roots`: `kept` nodes, and the `steps` that make them, in order."""

    def __init__(self, roots: Sequence[Node]) -> None:
        self.roots = roots
        self.literal = False  # whether sizes are part of the texts of kernels: see `turn`
        self.order = toposort(roots)
        self.position = {node: k for k, node in enumerate(self.order)}
        self.axes = Axes(self.order)
        self.kept: set[Node] = set()
        self.views: set[Node] = set()
        #: Operands of loops that are one constant throughout -> the constant.
        self.fills: dict[Node, Node] = {}
        self.level: dict[Node, int] = {}
        self.cost: dict[Node, int] = {}
        #: Where each node is wanted, while it is decided what is kept: (space, level, context).
        self.contexts: dict[Node, dict[tuple[Any, ...], None]] = {}
        self._measure()
        self.spread = _spread(self.order)
        self._decide()
        self._readers: dict[Node, list[Node]] | None = None
        self.steps = Grouping(self).steps
        self._keep_repeated()

    def _measure(self) -> None:
        """For each node the number of barriers below it, and the flops since the last ones."""
        others = {"pad": 2, "gather": limits.now.recomputed_flops}
        for node in self.order:
            kind = node.op.kind
            barrier = kind in BARRIERS
            level = max((self.level[s] for s in node.src), default=0)
            self.level[node] = level + barrier
            own = node.op.cost if kind == "elementwise" else others.get(kind, 0)
            inner = kind == "elementwise" or (
                kind in MOVEMENT and kind != "broadcast"
            )  # stretched: computed outside
            below = sum(self.cost[s] for s in node.src) if inner else 0
            self.cost[node] = min(own + below, 10**6)

    # ------------------------------------------------------------------ what is kept

    def _decide(self) -> None:
        self.contexts = {node: {} for node in self.order}
        for root in self.roots:
            self._keep_root(root)
        for node in reversed(self.order):
            if node.op.kind in LEAFLIKE:
                continue
            if node not in self.kept and self._must_keep(node):
                self.kept.add(node)
            if node in self.kept:
                self._seed(node)
            else:
                for space, level, ctx in self.contexts[node]:
                    self._push(node, space, level, ctx)
            if node.op.kind in ("slice", "pad", "gather"):
                for start in node.src[1:]:
                    if not start.ndim:
                        self._keep_terms(start)
        self.contexts = {}

    def _keep_terms(self, start: Node) -> None:
        """Keeps what the start of a slice is computed from."""
        for term, _ in affine(start).terms:
            self._keep(term)

    def _keep_repeated(self) -> None:
        """Keep in memory of a tile what several stages of a step compute, if it is not very
        cheap."""
        repeated = self._repeated_values()
        if not repeated:
            return
        before, steps = self.kept, self.steps
        self.kept = before | repeated
        self.steps = Grouping(self).steps
        local = set().union(*[step.local for step in self.steps if step.kind == "loop"])
        if len(self.steps) > len(steps) or not local.issuperset(repeated):
            self.kept, self.steps = before, steps

    def _repeated_values(self) -> set[Node]:
        """The elementwise values that several stages of a step compute at their own axes, if they
        are expensive."""
        nodes = set()
        for step in self.steps:
            if step.kind == "loop" and len(step.stages) > 1:
                seen: set[Node] = set()
                for stage in step.stages:
                    here = {
                        node for space, node, ctx in stage.values if self._is_own(node, space, ctx)
                    }
                    nodes |= seen & here
                    seen |= here
        if not nodes:
            return nodes
        out: set[Node] = set()
        cost: dict[Node, int] = {}
        for node in self.order:
            if node.op.kind != "elementwise" or node in self.kept:
                continue
            cost[node] = node.op.cost + sum([cost.get(s, 0) for s in node.src])
            if node in nodes and cost[node] >= limits.now.shared_flops:
                out.add(node)
                cost[node] = 0
        return out

    def _is_own(self, node: Node, space: tuple[int, ...], ctx: Context) -> bool:
        """Whether the elementwise `node` is wanted at the loops of its own axes."""
        return node.op.kind == "elementwise" and self.aligned(node, ctx, space) == {
            *self.axes.of[node]
        } - {UNIT}

    def aligned(self, node: Node, ctx: Any, space: tuple[int, ...]) -> frozenset[int]:
        """The classes along which `node` is read in `ctx`, at the loops over `space`, where it is
        made."""
        axes = zip(self.axes.of[node], ctx, strict=True)
        return frozenset(
            c
            for c, i in axes
            if c != UNIT
            and i.var in range(len(space))
            and i == AxisIndex(0, (), 1, i.var)
            and space[i.var] == c
        )

    def _keep(self, node: Node) -> None:
        if node.op.kind not in LEAFLIKE:
            self.kept.add(node)

    def _read_of(self, base: Node) -> tuple[Node, ...]:
        """What a call reads where `base` is its operand."""
        if base in self.kept:
            return (base,)
        return () if base in self.fills else self.arrays_of(base)

    def arrays_of(self, root: Node) -> tuple[Node, ...]:
        """The arrays that the value of `root` lies in."""
        base = flat_base(root)
        if base not in self.views:
            return (base,)
        terms = [term for start in base.src[1:] for term, _ in affine(start).terms]
        return (flat_base(base.src[0]), *terms)

    def _keep_root(self, root: Node) -> None:
        base = flat_base(root)
        if not self._is_view(base):
            self._keep(base)

    def _keep_operand(self, base: Node, call: Node) -> None:
        """Keeps an operand of a call; not one that is a part of what there is anyway, unless the
        call brings loops of its own, nor one constant, which a loop fills memory with."""
        if call.op is LOOP and (constant := constant_in(base)) is not None:
            self.fills[base] = constant
        elif (call.op.loops and call.op is not LOOP) or not self._is_view(base):
            self._keep(base)

    def _is_view(self, base: Node) -> bool:
        """Whether `base` is a piece of what lies in memory, which is noted."""
        if not base.ndim or not self._is_flat_slice(base):
            return False
        source = flat_base(base.src[0])
        if source.op.kind != "leaf" and source.op.kind not in BARRIERS:
            return False
        self.views.add(base)
        for start in base.src[1:]:
            self._keep_terms(start)
        return True

    def _is_flat_slice(self, node: Node) -> bool:
        """Whether the slice `node` is one contiguous piece of its source."""
        if node.op.kind != "slice":
            return False
        first = next((k for k, n in enumerate(node.shape) if n != 1), node.ndim)
        if first < node.ndim and node.arg[first] != 1:
            return False
        sizes = list(zip(node.shape, node.src[0].shape, node.arg, strict=True))
        return all(n == full and step == 1 for n, full, step in sizes[first + 1 :])

    def reduced_axes(self, node: Node) -> tuple[int, ...]:
        """The axes of the loop space that the reduce `node` goes over."""
        (x,) = node.src
        if node.ndim == 0:
            return tuple(range(len(self.axes.space(x)[0])))
        ctx = self.identity(x)
        return tuple(sorted(ctx[axis].var for axis in node.arg if ctx[axis].var is not None))

    def identity(self, node: Node) -> Context:
        return identity(self.axes, node)

    def _seed(self, node: Node) -> None:
        """The readers' side of a kept node: what its own kernel reads."""
        kind = node.op.kind
        if node.op.kind == "call":
            for base, _, _ in call_operands(node):
                self._keep_operand(base, node)
        elif kind == "scan":
            for x in node.src:
                space = self.axes.space(x)[0]
                for turn in range(1 + (len(space) == 1)):  # a scan of all there is runs twice
                    self._want(x, space, (self.level[node] - 1, turn), self.identity(x))
        elif kind == "reduce":
            (x,) = node.src
            self._want(x, self.axes.space(x)[0], self.level[node] - 1, self.identity(x))
        else:
            self._push(node, self.axes.space(node)[0], self.level[node], self.identity(node))

    def _push(
        self,
        node: Node,
        space: tuple[int, ...],
        level: int | tuple[int, ...],
        ctx: Context,
    ) -> None:
        for s, c in zip(node.src, source_contexts(self.axes, node, ctx), strict=False):
            self._want(s, space, level, c)

    def _want(
        self,
        node: Node,
        space: tuple[int, ...],
        level: int | tuple[int, ...],
        ctx: Context,
    ) -> None:
        if node.op.kind == "reshape" and not squeezes(node):
            self._keep(flat_base(node))
        elif node.op.kind not in LEAFLIKE:
            self.contexts[node][space, level, ctx] = None

    def _must_keep(self, node: Node) -> bool:
        kind, wanted = node.op.kind, self.contexts[node]
        if kind in BARRIERS:
            return True
        if kind not in ("elementwise", "pad", "gather"):
            return False
        if any(lookups_of(ctx) for _, _, ctx in wanted):
            return True
        cost = self.cost[node]
        if node.ndim == 0:
            outside = any(space for space, _, _ in wanted)
            return (outside and cost >= limits.now.hoisted_flops) or (
                len(wanted) > 1 and cost >= limits.now.shared_number_flops
            )
        if kind in ("pad", "gather") and any(space == () for space, _, _ in wanted):
            return True  # a scalar kernel has no guarded loads, and looks nothing up
        if self._is_padded(node, wanted):
            return True
        if len(wanted) > 1 and (
            cost >= limits.now.recomputed_flops or len(wanted) > limits.now.contexts
        ):
            return True
        return cost >= limits.now.repeated_flops and any(
            _repeated(space, ctx, cost >= limits.now.recomputed_flops) for space, _, ctx in wanted
        )

    def _is_padded(self, node: Node, wanted: Iterable[tuple[Any, ...]]) -> bool:
        """Whether `node` is expensive and padded beside others, or is padded too often."""
        if node in self.spread and self.cost[node] >= limits.now.recomputed_flops:
            return True
        return any(nesting(ctx) > limits.now.nested_pads for _, _, ctx in wanted)

    # ------------------------------------------------------------- what a step needs to make one

    def form(self, node: Node) -> KernelForm:
        """(kind of step, its loop space, lengths, reduced loop axes or None, scan or None) of what
        makes `node`."""
        kind = node.op.kind
        if kind == "call":
            return "call", (), (), None, None
        if kind == "reduce" and node.src[0].ndim:
            space, sizes = self.axes.space(node.src[0])
            return "loop", space, sizes, self.reduced_axes(node) or None, None
        if node.ndim == 0:
            return "scalar", (), (), None, None
        space, sizes = self.axes.space(node)
        return "loop", space, sizes, None, self.scan_of(node)

    def scan_of(self, node: Node) -> tuple[int, bool] | None:
        """(loop axis, reverse) of a scan; None for others, and for one along an axis that the
        program itself made."""
        if node.op.kind != "scan":
            return None
        axis, reverse = node.arg
        var = self.identity(node)[axis].var
        return None if var is None else (var, reverse)

    def sources(
        self,
        node: Node,
        values: AbstractSet[Value],
        loads: Mapping[Value, None],
    ) -> list[tuple[Node, Context | None]]:
        """(kept node, the context it is read in, or None if it must be there before the step)."""
        if node.op.kind == "call":
            bases = [base for base, _, _ in call_operands(node)]
            return [(array, None) for base in bases for array in self._read_of(base)]
        out = []
        for source, ctx in loads:
            base = flat_base(source)
            out.append((base, ctx if source is base else None))
            out.extend((start, None) for start in start_nodes(ctx))
        pads = [source_contexts(self.axes, n, ctx)[0] for n, ctx in values if n.op.kind == "pad"]
        out.extend((start, None) for ctx in pads for start in start_nodes(ctx))
        return out

    def inline(self, node: Node) -> tuple[set[Value], dict[Value, None]]:
        """What a kernel computes in registers to make the kept `node`: (values, loads), sets of
        (node, context)."""
        values: set[Value] = set()
        loads: dict[Value, None] = {}
        if node.op.kind == "call":
            return values, loads
        if node.op.kind != "reduce":
            values.add((node, self.identity(node)))
        stack = self.reads(node, self.identity(node), kept=True)
        while stack:
            pair = stack.pop()
            if pair in values or pair in loads:
                continue
            if self.is_load(pair[0]):
                loads[pair] = None
            else:
                values.add(pair)
                stack.extend(self.reads(*pair))
        return values, loads

    def is_factor(self, node: Node) -> bool:
        """Whether nobody sees the last bit of `node`: it is not kept, and a factor in all that
        reads it."""
        if self._readers is None:
            self._readers = users(self.order)
        if node in self.kept or node in self.roots:
            return False
        for reader in self._readers[node]:
            twice = len(reader.src) == 2 and reader.src[0] is reader.src[1]
            if not reader.op.scales and not (twice and self.is_factor(reader)):
                return False
        return True

    def is_load(self, node: Node) -> bool:
        """Whether kernels read `node` from memory (or an argument)."""
        kind = node.op.kind
        return (
            node in self.kept
            or kind in ("leaf", "number")
            or (kind == "reshape" and not squeezes(node))
        )

    def reads(self, node: Node, ctx: Any, kept: bool = False) -> list[Value]:
        """The (source, context) pairs that computing `node` in `ctx` reads."""
        if kept and node.op.kind == "reduce":
            return [(node.src[0], self.identity(node.src[0]))]
        return list(zip(node.src, source_contexts(self.axes, node, ctx), strict=False))


def _spread(order: Sequence[Node]) -> set[Node]:
    """What is padded to become one of the parts that longer axes consist of, in a sum of such pads:
    a loop over those would compute each part everywhere, where it is not cut between them."""
    windows: dict[tuple[int, ...], set[Any]] = {}
    pads = [n for n in order if n.op.kind == "pad" and _is_part(n)]
    for n in pads:
        windows.setdefault(n.shape, set()).add((n.src[0].shape, n.src[1:]))
    return {n.src[0] for n in pads if len(windows[n.shape]) >= _least_parts(n)}


def _is_part(pad: Node) -> bool:
    large = pad.size >= max(2 * pad.src[0].size, limits.now.parted_elements)
    return large and all(step == 1 for step in pad.arg)


def _least_parts(pad: Node) -> int:
    along_last = pad.shape[-1] != pad.src[0].shape[-1]
    return limits.now.padded_parts if along_last else 2


def _repeated(space: tuple[int, ...], ctx: Context, expensive: bool) -> bool:
    """Whether a kernel over `space` would compute what it reads in `ctx` many times: in its inner
    loop, or if it is `expensive` outside of it, where it could be computed in a loop of its own."""
    used = set().union(*[variables(i) for i in ctx])
    return (expensive or len(space) - 1 in used) and not used.issuperset(range(len(space)))


def fuse(roots: Sequence[Node]) -> Fusion:
    """Decide for `roots` what is kept and which step makes it."""
    return Fusion(roots)
