"""Which of the results that a forward keeps a derivative may read.

What is between kept results is computed again by the derivative, maybe in the other tier, and so
with other roundings. That makes no difference but where a result is one of the elements that it was
chosen from, as a maximum is: computed again, none of them need be equal to it. So a comparison
reads both as they were, or both computed again. Rules of extremes compare with `anew`, and what a
program compares by itself is found. Start at `places`.
"""

from ..base.dtypes import BOOL
from ..ir import BARRIERS, leaf, toposort
from ..ops.marks import anew

MOVEMENTS = frozenset(("reshape", "broadcast", "permute", "slice"))


def places(kept, first, nodes):
    """The leaf that stands for each node whose kept value `nodes` may read; they are numbered from
    `first` on in the order of `kept`, in which sources come before what is computed from them."""
    out = {}
    compared = compared_choices(nodes) if any(map(chooses, kept)) else ()
    for k, node in enumerate(kept):
        place = leaf(first + k, node.shape, node.dtype)
        if not chooses(node):
            out[node] = place
        elif _is_there(node.src[0], out):
            out[node] = out[anew(node)] = place
        elif node not in compared:
            out[node] = place
    return out


def chooses(node):
    """Whether each element of `node` is one of its source, or a number that none is beyond."""
    return node.op.chooses or node.op.kind == "gather"


def compared_choices(nodes, stops=frozenset()):
    """What chooses, of all that comparisons under `nodes` and above `stops` read, as it is or by
    elementwise functions."""
    order = toposort(nodes, lambda n: () if n in stops else n.src)
    todo = [s for n in order if n.dtype is BOOL and len(n.src) > 1 for s in n.src]
    seen, out = set(), set()
    while todo:
        node = todo.pop()
        if node in seen or node in stops:
            continue
        seen.add(node)
        if chooses(node):
            out.add(node)
        elif node.op.kind not in BARRIERS:
            todo.extend(node.src)
    return out


def _is_there(node, known):
    """Whether `node` is nothing but an arrangement of elements that are not computed again."""
    while node.op.kind in MOVEMENTS:
        node = node.src[0]
    return node.op.kind == "leaf" or node in known
