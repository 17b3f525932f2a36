"""What the compiler hands to the runtime: a `Kernel` with the binding of its arguments, a `Call` of
NumPy, and how launches are cut, `Units`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..base.dtypes import FLOAT64
from . import limits

if TYPE_CHECKING:
    from ..ir.node import Node


@dataclass(slots=True)
class Units:
    """How a launch is cut: `total` units, `step` of them per chunk, and `parts` partial results to
    combine."""

    total: int
    step: int
    parts: int = 1

    @property
    def chunks(self) -> int:
        return -(-self.total // self.step) if self.total else 0


def result_dtype(node: Node) -> np.dtype:
    """As what kernels give the result of a reduction over everything: floats are combined, and
    rounded, later."""
    return FLOAT64 if node.dtype.kind == "f" else node.dtype


def parts_of(units: Units) -> int:
    """How many blocks the chunks of a launch of a blocked scan are."""
    return units.chunks * limits.now.scan_lanes


class KernelStatements(NamedTuple):
    """What a kernel does, before it is printed: so that another kernel can do it, too.

    `static` and `dynamic` are the names of its arguments, `returned` those of what a scalar kernel
    returns, `helpers` the texts of functions that it calls; it may raise the flag ``far``."""

    statements: tuple
    static: tuple[str, ...]
    dynamic: tuple[str, ...]
    raises: bool = False
    returned: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Kernel:
    """A kernel as text, with the binding of its arguments, in order.

    `static` lists what is known with the shapes (ints and floats); `dynamic` lists (kind, what)
    pairs: "number" a 0-d node, "part" (node, name), a part of a complex one, "index" an
    `Access`-like (const, terms), "array" a node that is read, "out" a node that is written,
    "result" a 0-d reduction, "carry" what the blocks of a scan go on from, "total" what they leave,
    "far" the flag of operands out of range; of scalar kernels "item" (node, const, terms), an
    element of an array; of what is `passed` also "complex", two arguments."""

    kind: str
    source: str | None  # None where there is nothing to run
    static: list
    dynamic: list
    results: list  # reductions over everything, or what a scalar kernel returns
    units: Any = None  # `Units` of a kernel with loops
    gathered: list = field(default_factory=list)  # reductions of which each chunk leaves an array
    wide: Any = None  # the dtype of partial results that are arrays, where it is not their own
    totals: list = field(default_factory=list)  # of a blocked scan: what its blocks leave
    # and the scans that go on from carries, with what these are made of
    carried: list = field(default_factory=list)
    nodes: list = field(default_factory=list)  # what it leaves in memory
    work: int = 0  # points, weighted by what one costs
    # of a scalar kernel: results that are arguments as they stand
    passed: dict = field(default_factory=dict)
    statements: KernelStatements | None = None  # None where an operation brings its text


@dataclass(slots=True, eq=False)
class Call:
    """A step run by NumPy; a loop has its `turn` (see `turn`)."""

    node: Any
    turn: Any = None
    kind: str = "call"
    source: None = None
    dynamic: tuple = ()
    totals: tuple = ()
    statements: None = None
    work: int = 0
