"""The intermediate representation: what a segment of recorded operations *is*.

`node` has the two classes, `Node` (frozen, interned) and `Op` (what a node does); `shapes` the
shape rules; `verify` the invariants as a table; `printer` the text and dot forms. Nothing here
names an operation: those are data in `jitgrad.ops`.
"""

from .node import (
    BARRIERS,
    CONST,
    LEAF,
    NUMBER,
    SIZE,
    Loops,
    Node,
    Op,
    const,
    leaf,
    number,
    rebuilt,
    size,
    substitute,
    toposort,
    toposort_by,
    total,
    users,
)

__all__ = [
    "BARRIERS",
    "CONST",
    "LEAF",
    "NUMBER",
    "SIZE",
    "Loops",
    "Node",
    "Op",
    "const",
    "leaf",
    "number",
    "rebuilt",
    "size",
    "substitute",
    "toposort",
    "toposort_by",
    "total",
    "users",
]
