"""The arguments of a kernel: their names, by first appearance, and what they are bound to.

The source of a kernel holds no sizes: lengths, strides, offsets and most constants are arguments,
so the same program on other shapes is the same text, and is compiled once. Start at `Arguments`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ...base.dtypes import PARTS, real_of
from ...ir.printer import counted
from ..kernel import result_dtype
from ..loops.expressions import name_of
from ..loops.ir import Expr, Let

if TYPE_CHECKING:
    from ...ir.node import Node, Op
    from ..loops.nest import SymbolicStride


HEADER = '''"""{title}

{listing}
"""

import math

import numpy as np

from jitgrad.runtime.numba.library import *

'''

#: Comes before functions that operations bring with them (`Op.helper`).
HELPERS = """from numba import njit
from jitgrad.runtime.numba import vmath
from jitgrad.runtime.numba.form_support import *


"""

#: names of operations that the first line of a kernel has
NAMED = 8


def title(kind: str, operations: Sequence[str], loops: int = 0) -> str:
    """The first line of a kernel: it is made of what the text has anyway, so that equal kernels
    stay equal.

    The plan a kernel was made for is not in it: one kernel serves many.
    """
    names = list(dict.fromkeys(operations))
    size = [counted(loops, "loop")] if loops else []
    size += [counted(len(operations), "operation")]
    what = ", ".join(names[:NAMED]) or "copy"
    return f"{kind} kernel, {', '.join(size)}: {what}{', ...' if len(names) > NAMED else '.'}"


class Partial(Protocol):
    """What blocks leave (`scan_blocks.Total`)."""

    @property
    def op(self) -> Op: ...

    @property
    def dtype(self) -> np.dtype: ...


class Arguments:
    """Names and arguments of one kernel, and the memory that it has of its own; its stages share
    them."""

    __slots__ = (
        "arrays", "counts", "dynamic", "dynamic_names", "far", "helpers", "listing", "literal",
        "local", "made", "memory", "operations", "static", "static_names", "strides",
    )  # fmt: skip

    def __init__(self, literal: bool = False) -> None:
        self.literal = literal  # whether sizes are part of the text
        self.static: list[Any] = []
        self.static_names: list[str] = []
        self.dynamic: list[tuple[str, Any]] = []
        self.dynamic_names: list[str] = []
        self.arrays: dict[tuple[Node, str], str] = {}
        self.strides: dict[Any, str] = {}
        self.counts: dict[str, int] = {}
        self.listing: list[str] = []
        self.operations: list[str] = []
        self.helpers: dict[str, None] = {}  # texts of functions that operations call
        # what is checked of operands that must be in range for the code of an operation
        self.far: dict[Any, Any] = {}
        self.made: frozenset[Node] = frozenset()  # arrays the kernel makes
        self.local: dict[Node, str] = {}  # memory of one tile: node -> name
        self.memory: list[tuple[str, np.dtype]] = []  # (name, dtype) of memory of fixed size

    def fresh(self, letter: str) -> str:
        k = self.counts.get(letter, 0)
        self.counts[letter] = k + 1
        return f"{letter}{k}"

    def add_static(self, letter: str, value: int | Node) -> str:
        if self.literal and isinstance(value, int):
            return str(value)
        name = self.fresh(letter)
        self.static.append(value)
        self.static_names.append(name)
        return name

    def size(self, value: int) -> str:
        """The name of a length."""
        return self.add_static("n", value)

    def add_dynamic(self, letter: str, kind: str, what: Any) -> str:
        name = self.fresh(letter)
        self.dynamic.append((kind, what))
        self.dynamic_names.append(name)
        return name

    def array(self, node: Node, kind: str) -> str:
        if node in self.local:
            return self.local[node]
        if (node, kind) not in self.arrays:
            letter = {"array": "x", "out": "o", "result": "r", "carry": "y"}[kind]
            self.arrays[node, kind] = name = self.add_dynamic(letter, kind, node)
            rank = f"{node.ndim}d" if node.ndim else "0d"
            self.listing.append(
                f"{name}: {name_of(node.dtype)} {rank}{'' if kind == 'array' else ' (written)'}"
            )
        return self.arrays[node, kind]

    def total(self, part: Partial) -> str:
        """The array with what the blocks of a scan leave."""
        name = self.add_dynamic("r", "total", part)
        self.listing.append(f"{name}: {part.dtype}, {part.op.name} of each block (written)")
        return name

    def scalar(self, node: Node) -> str:
        """The name of a 0-d value that comes from outside."""
        if (node, "number") not in self.arrays:
            self.arrays[node, "number"] = name = self.add_dynamic("n", "number", node)
            self.listing.append(f"{name}: {name_of(node.dtype)} number")
        return self.arrays[node, "number"]

    def part(self, node: Node, part: int) -> str:
        """The name of a part of a complex 0-d value that comes from outside."""
        what = PARTS[part]
        if (node, what) not in self.arrays:
            self.arrays[node, what] = name = self.add_dynamic("n", "part", (node, what))
            self.listing.append(f"{name}: {what} part of a {name_of(node.dtype)} number")
        return self.arrays[node, what]

    def scratch(self, dtype: np.dtype) -> str:
        """The name of memory of fixed size."""
        name = self.fresh("h")
        self.memory.append((name, dtype))
        return name

    def offset(self, const: int, terms: tuple[tuple[Node, int], ...], present: bool) -> str:
        """The name of an integer known when the kernel is called, or "" for one that is 0 for every
        shape."""
        if terms:
            return self.add_dynamic("d", "index", (const, terms))
        return self.add_static("d", const) if present else ""

    def stride(self, value: int, symbol: SymbolicStride) -> str:
        """The name of a stride: one for all that are equal for every shape."""
        if symbol not in self.strides:
            self.strides[symbol] = self.add_static("s", value)
        return self.strides[symbol]

    def inner_stride(self, value: int, symbol: SymbolicStride) -> Expr:
        """A stride along the innermost loop. LLVM makes a copy of the loop for one that is 1 where
        it is an argument, and no vectors for others; so the argument is one less (a + a.T, 300 x
        300, exp and gradient: 480 us, 160 so)."""
        if ("fast", symbol) not in self.strides:
            self.strides["fast", symbol] = self.add_static("s", value - 1)
        return Expr("({} + 1)", (self.strides["fast", symbol],))

    def note(self, name: str, node: Node, args: Sequence[str]) -> None:
        """Put an operation into the listing at the head of the kernel."""
        self.listing.append(f"{name} = {node.op.name}({', '.join(args)}): {name_of(node.dtype)}")
        self.operations.append(node.op.name)
        if node.op.helper:
            self.helpers[node.op.helper] = None

    def head(self, title: str) -> str:
        """What the text of the kernel begins with."""
        out = HEADER.format(title=title, listing="\n".join(self.listing))
        if self.helpers:
            out += HELPERS + "\n\n".join(sorted(self.helpers)) + "\n"
        return out

    def entry(self, results: Sequence[Node]) -> str:
        """The uniform entry: unpacks 8-byte slots (results, pointer to the static block, dynamic
        arguments)."""
        first = len(results) + 1
        args = [
            f"c[{k}]" if isinstance(value, int) else _number("c", k, value.dtype)
            for k, value in enumerate(self.static)
        ]
        args += [
            _unpacked(kind, what, slot, results)
            for slot, (kind, what) in enumerate(self.dynamic, first)
        ]
        lines = ["@entry", "def chunk(start, stop, part, args):", "    a = slots(args)"]
        if self.static:
            lines.append(f"    c = slots(a[{len(results)}])")
        lines.append(f"    body(start, stop, part, {', '.join(args)})")
        return "\n".join(lines) + "\n"


def _unpacked(
    kind: str,
    what: Any,
    slot: int,
    results: Sequence[Node],
) -> str:
    """The expression of a dynamic argument, from its slot."""
    if kind == "index":
        return f"a[{slot}]"
    if kind == "number":
        return _number("a", slot, what.dtype)
    if kind == "part":
        return _number("a", slot, real_of(what[0].dtype))
    if kind == "far":
        return f"array_int64(a, {slot})"
    if kind == "result":
        return f"result_{result_dtype(what).name}(a, {results.index(what)}, {slot})"
    return f"array_{name_of(what.dtype)}(a, {slot})"


def _number(block: str, slot: int, dtype: np.dtype) -> str:
    """The expression that reads a number from a slot."""
    if dtype.kind == "f":
        text = f"as_float({block}[{slot}])"
        return text if dtype.name == "float64" else f"np.{dtype.name}({text})"
    if dtype.kind == "b":
        return f"({block}[{slot}] != 0)"
    return f"{block}[{slot}]" if dtype.name == "int64" else f"np.{dtype.name}({block}[{slot}])"


def scratch_of(name: str, dtype: np.dtype) -> Let:
    """The statement that makes memory of fixed size."""
    return Let(name, Expr(f"scratch_{dtype.name}()"))
