"""Groups: steps of a plan, one after another, that a driver runs without Python.

A launch from Python takes longer than a kernel over a small array. So kernels of one chunk whose
arguments are arrays and numbers, and which leave little in memory, are run by one call for all that
follow each other, and so are products of small matrices among them (`strided`); what computes
numbers in a plan with loops takes the form of a kernel with loops.
They stay kernels of their own, for every shape. Start at `grouped`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..control.affine import affine
from . import limits
from .kernel import Call
from .render.scalar import as_loop
from .schedule.materialise import call_operands
from .strided import product_of

if TYPE_CHECKING:
    from ..ir.node import Node
    from .kernel import Kernel

#: Elements of arrays that are results of one kernel; Python reads longer lists, for which a kernel
#: would be as long, and another one for each length.
ITEMS = 16
#: Names of the dtypes whose numbers a driver can copy.
WORDS = frozenset(("float64", "float32", "int64", "uint64", "bool"))


def grouped(lowered: Any) -> Any:
    """`lowered` with its `groups`, (start, stop) of kernels each."""
    kernels = lowered.kernels
    if any(kernel.source and kernel.kind != "scalar" for kernel in kernels):
        # Whatever the shapes, so that those of another size find the same kernels.
        for k, kernel in enumerate(kernels):
            if kernel.kind == "scalar" and _fits(kernel) and _runs(kernel):
                kernels[k] = as_loop(kernel)
        lowered.groups = _Groups(kernels).found
    return lowered


class _Groups:
    """The groups `found` among kernels; while one is open, the number that it begins with, the
    numbers that it makes, its launches, and the bytes that it leaves."""

    def __init__(self, kernels: list[Call | Kernel]) -> None:
        self.found: list[tuple[int, int]] = []
        self.start = self.size = self.launches = 0
        self.made: set[Node] = set()
        for k, kernel in enumerate(kernels):
            if not _fits(kernel):
                self._end(k)
                self._begin(k + 1)
                continue
            size = _memory(kernel)
            if self.size + size > limits.now.group_memory or not self._is_known(kernel):
                self._end(k)
                self._begin(k)
            self.size += size
            self.launches += isinstance(kernel, Call) or _runs(kernel)
            if not isinstance(kernel, Call):
                self.made |= {*kernel.results, *kernel.passed}
        self._end(len(kernels))

    def _begin(self, start: int) -> None:
        self.start, self.size, self.launches = start, 0, 0
        self.made = set()

    def _end(self, stop: int) -> None:
        if self.launches > 1:
            self.found.append((self.start, stop))

    def _is_known(self, kernel: Call | Kernel) -> bool:
        """Whether integers that are computed of others are known before the group runs."""
        if isinstance(kernel, Call):
            starts = [s for x in call_operands(kernel.node) for s in x[0].src[1:]]
            return self.made.isdisjoint(n for s in starts for n, _ in affine(s).terms)
        arguments = (*kernel.dynamic, *kernel.passed.values())
        indices = [what[-1] for kind, what in arguments if kind in ("index", "item")]
        return self.made.isdisjoint(n for terms in indices for n, _ in terms)


def _runs(kernel: Kernel) -> bool:
    """Whether something is to be done for it: it computes, or reads an element of an array."""
    return kernel.source is not None or _items(kernel) > 0


def _items(kernel: Kernel) -> int:
    """How many of its results are elements of arrays as they stand."""
    return sum(kind == "item" for kind, _ in kernel.passed.values())


def _fits(kernel: Call | Kernel) -> bool:
    if isinstance(kernel, Call):
        return _memory(kernel) <= limits.now.group_array and product_of(kernel.node) is not None
    numbers = (*kernel.results, *kernel.passed)
    arguments = (*kernel.dynamic, *kernel.passed.values())
    has_words = all(n.dtype.name in WORDS for n in numbers)
    if not has_words or not all(_is_plain(*a) for a in arguments):
        return False
    if kernel.kind in ("scalar", "scalars"):
        return kernel.statements is not None and _items(kernel) <= ITEMS
    return kernel.source is not None and _is_whole(kernel) and _is_small(kernel)


def _is_whole(kernel: Kernel) -> bool:
    """Whether one call does all of it."""
    units = kernel.units
    return units.chunks == 1 and units.parts == 1 and kernel.wide is None and not kernel.totals


def _is_small(kernel: Kernel) -> bool:
    largest = max(map(_bytes, kernel.nodes), default=0)
    now = limits.now
    return largest <= now.group_array and _memory(kernel) <= now.group_memory


def _is_plain(kind: str, what: Any) -> bool:
    if kind == "number":
        return what.dtype.kind != "c"
    return kind not in ("total", "part", "complex")


def _memory(kernel: Call | Kernel) -> int:
    nodes = (kernel.node,) if isinstance(kernel, Call) else kernel.nodes
    return sum(map(_bytes, nodes))


def _bytes(node: Node) -> int:
    return node.size * node.dtype.itemsize
