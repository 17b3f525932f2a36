"""What a picture of a graph shows, whatever draws it: boxes, arrows between them, and kernels as
groups of boxes.

The graph is lowered as a plan of it would be, in pure Python: a group has what one kernel computes.
Constants stand in the boxes that read them, and what only stretches a value is
not shown. A loop is a box with the picture of its turn in it.
What is too large to be read is cut (`_cut`): kernels become single boxes, and what is furthest from
the results is left out. Start at `picture_of`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..base.units import counts
from ..compile import LEAFLIKE, MOVEMENT, Lowered, flat_base, lower_plan, simplify
from ..control import LOOP
from ..ir import CONST, LEAF, NUMBER, Node, toposort
from ..ir.printer import counted, literal, typed
from .loop_reports import loop_report

#: Boxes that a picture has at most, and those within a loop.
BOXES, INNER = 150, 60
#: Operations that the box of a whole kernel names.
NAMED_OPERATIONS = 5


@dataclass(eq=False)
class Box:
    """A value, or what is drawn for several.

    Attributes
    ----------
    lines : tuple of str
        The operation, or the name of an input; dtype and shape; what it is for.
    role : str
        "input", "forward" or "backward".
    is_result : bool
    group : KernelGroup or None
        The kernel that computes it.
    inner : Picture or None
        The turn of a loop.
    """

    lines: tuple[str, ...]
    role: str
    is_result: bool = False
    group: KernelGroup | None = None
    inner: Picture | None = None


@dataclass(eq=False)
class KernelGroup:
    """A kernel."""

    title: str


@dataclass(eq=False)
class Picture:
    """Boxes in an order in which arrows go forward.

    Attributes
    ----------
    boxes : list of Box
    arrows : list of (Box, Box)
    notes : list of str
        What is not shown, and why.
    """

    boxes: list[Box] = field(default_factory=list)
    arrows: list[tuple[Box, Box]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def groups(self) -> list[KernelGroup]:
        """The kernels, in order."""
        return list(dict.fromkeys([b.group for b in self.boxes if b.group is not None]))


def picture_of(
    roots: Sequence[Node],
    forward: int,
    labels: Sequence[str] = (),
    inputs: Mapping[Node, str] | None = None,
    boxes: int = BOXES,
) -> Picture:
    """The picture of a graph and its kernels.

    Parameters
    ----------
    roots : sequence of Node
        The results.
    forward : int
        How many of them are values; the others are their derivatives.
    labels : sequence of str
        What the results are called.
    inputs : dict of Node to str
        What leaves and numbers are called.
    boxes : int
        How many boxes there may be.

    Returns
    -------
    Picture
    """
    lowered = lower_plan(list(roots))
    made = lowered.fusion.roots
    groups = _groups(lowered)
    names = dict(inputs or {})
    out = _picture(made, forward, labels, names, groups, INNER)
    return _cut(out, boxes)


def _picture(
    roots: Sequence[Node],
    forward: int,
    labels: Sequence[str],
    inputs: Mapping[Node, str],
    groups: Mapping[Node, KernelGroup],
    inner: int,
) -> Picture:
    order = toposort(list(roots))
    values = set(toposort(list(roots[:forward])))
    called: dict[Node, list[str]] = {}
    for root, label in zip(roots, labels, strict=False):
        called.setdefault(root, []).append(label)
    constants = _constants(order, inputs)
    out = Picture()
    made: dict[Node, Box] = {}
    for node in order:
        if node in constants and node not in roots:
            continue
        if _is_stretch(node) and node not in roots and node.src[0] in made:
            made[node] = made[node.src[0]]
            continue
        role = "forward" if node in values else "backward"
        box = made[node] = Box(
            _lines(node, constants, inputs, called.get(node, ())),
            "input" if node.op.kind in LEAFLIKE else role,
            node in roots,
            groups.get(node),
            _turn(node, inner) if node.op is LOOP else None,
        )
        out.boxes.append(box)
        out.arrows += dict.fromkeys([(made[s], box) for s in node.src if s in made])
    return out


def _is_stretch(node: Node) -> bool:
    """Whether a node only stretches axes, or adds and drops such of length 1: it is not shown."""
    kept = lambda shape: [n for n in shape if n != 1]
    return node.op.kind == "broadcast" or (
        node.op.kind == "reshape" and kept(node.shape) == kept(node.src[0].shape)
    )


def _constants(order: Sequence[Node], inputs: Mapping[Node, str]) -> dict[Node, str]:
    """What is the same number everywhere, as it is written."""
    out: dict[Node, str] = {}
    for node in order:
        if node.op.kind == CONST.kind:
            out[node] = literal(node)
        elif node.op is NUMBER and node in inputs:
            out[node] = inputs[node]
        elif node.op.kind in MOVEMENT and node.src and node.src[0] in out:
            out[node] = out[node.src[0]]
    return out


def _lines(
    node: Node, constants: Mapping[Node, str], inputs: Mapping[Node, str], called: Sequence[str]
) -> tuple[str, ...]:
    if node.op is LEAF or node.op is NUMBER:
        word = "number" if node.op is NUMBER else "input"
        head = inputs.get(node, word)
    elif node in constants:
        head = constants[node]
    else:
        head = node.op.name
        written = [constants.get(s, "·") for s in node.src]
        if any(s in constants for s in node.src) and node.op is not LOOP:
            head += f"({', '.join(written)})"
        if node.op.kind == "reduce" and len(node.arg) < node.src[0].ndim:
            head += f", axis {', '.join(map(str, node.arg))}"
    return (head, typed(node), *called)


def _turn(node: Node, boxes: int) -> Picture:
    """The picture of a turn of a loop."""
    body, sources = node.arg.body, node.src[1:]
    results = [*simplify(body.results)]
    kinds = {}
    for p in body.parameters:
        still, moving = p.arg in body.still, p.arg in body.moving
        kinds[p] = "the same in all turns" if still else "element" if moving else "carried"
    kinds.update({n: "number of the turn" for n in toposort(results) if n.op is NUMBER})
    labels = ["carried on" if k < body.carries else "handed out" for k in range(len(results))]
    out = _picture(results, len(results), labels, kinds, {}, boxes // 2)
    names = dict.fromkeys(sources, "a value")
    out.notes.append(loop_report(node, [node], names).title)
    return _cut(out, boxes)


def _groups(lowered: Lowered) -> dict[Node, KernelGroup]:
    """The kernel of each node: the first that computes it; what only rearranges belongs to the one
    that reads it."""
    out: dict[Node, KernelGroup] = {}
    place: dict[KernelGroup, int] = {}
    for k, (step, kernel) in enumerate(zip(lowered.steps, lowered.kernels, strict=True)):
        if not (kernel.source or kernel.kind == "call"):
            continue
        what = "by NumPy" if kernel.kind == "call" else kernel.kind
        group = KernelGroup(f"kernel {k + 1}: {what}")
        place[group] = k
        for node in (*step.nodes, *[value[-2] for value in step.values]):
            out.setdefault(node, group)
    order = [n for n in toposort(list(lowered.fusion.roots)) if n.op.kind not in LEAFLIKE]
    readers: dict[Node, KernelGroup] = {}
    for node in reversed(order):
        if node not in out and node in readers:
            out[node] = readers[node]
        _note_reader(node, out, readers, place)
    for node in order:  # a view of a result that nothing reads
        if node not in out and flat_base(node) in out:
            out[node] = out[flat_base(node)]
    return out


def _note_reader(
    node: Node,
    groups: Mapping[Node, KernelGroup],
    readers: dict[Node, KernelGroup],
    place: Mapping[KernelGroup, int],
) -> None:
    """Notes of the sources of a node the first kernel that reads them."""
    if node not in groups:
        return
    group = groups[node]
    for s in node.src:
        known = readers.get(s)
        readers[s] = group if known is None or place[group] < place[known] else known


# --- what is too large ----------------------------------------------------------------------------


def _cut(picture: Picture, boxes: int) -> Picture:
    """The picture with no more than so many boxes."""
    if len(picture.boxes) <= boxes:
        return picture
    whole = len(picture.boxes)
    picture = _joined(picture)
    if len(picture.boxes) < whole:
        picture.notes.append(f"{counted(whole, 'value')}: a kernel is one box")
    left = len(picture.boxes) - boxes
    if left > 0:
        kept = set(picture.boxes[left:])
        picture = replace(
            picture,
            boxes=picture.boxes[left:],
            arrows=[(a, b) for a, b in picture.arrows if a in kept and b in kept],
        )
        picture.notes.append(f"{counted(left, 'box').replace('boxs', 'boxes')} more before these")
    return picture


def _joined(picture: Picture) -> Picture:
    """The picture with one box for each kernel that has several."""
    members: dict[KernelGroup, list[Box]] = {}
    for box in picture.boxes:
        if box.group is not None and box.inner is None:
            members.setdefault(box.group, []).append(box)
    new: dict[Box, Box] = {}
    for group, found in members.items():
        said = counts([b.lines[0].partition("(")[0].partition(",")[0] for b in found])
        more = len(said) - NAMED_OPERATIONS
        lines = [", ".join(said[:NAMED_OPERATIONS]) + (f" and {more} more" if more > 0 else "")]
        results = [f"{' '.join(b.lines[2:])}: {b.lines[1]}" for b in found if b.is_result]
        lines += results[:NAMED_OPERATIONS]
        if len(found) > 1:
            new.update(
                dict.fromkeys(found, Box(tuple(lines), found[-1].role, bool(results), group))
            )
    arrows = [(new.get(a, a), new.get(b, b)) for a, b in picture.arrows]
    return Picture(
        list(dict.fromkeys([new.get(b, b) for b in picture.boxes])),
        list(dict.fromkeys([(a, b) for a, b in arrows if a is not b])),
        [*picture.notes],
    )
