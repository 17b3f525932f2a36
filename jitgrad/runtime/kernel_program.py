"""Kernels run one after another by a driver, without Python: the words of a program.

Kernels read their arguments from a block of words: numbers, and ids of arrays, of which they want
only the pointer to the data. Here these are *cells*, words that hold such a pointer and are passed
as if an array stood around them; so an element of a sequence is read where it is, by moving a
pointer on in each turn, and two arrays change places by their pointers. A `KernelProgram` lays out
the words: cells, blocks of arguments, and the steps of the driver (`numba.loop_driver`). A
`ProgramInstance` has them in memory, and is used by one call at a time. Two kinds of programs are
made of it: all turns of a loop (`loop_program`), and steps of a plan (`kernel_group`). Start at
`KernelProgram.add`.
"""

import functools
import math
import struct
from typing import NamedTuple

import numpy as np

from ..compile import parts_of, product_of
from . import toolchain

#: What each array of a program begins at a multiple of, in bytes.
LINE = 64
#: Words before the others: see `loop_driver`.
HEADER = 3


class Word(NamedTuple):
    """The address of word `k`, less `back` bytes."""

    k: int
    back: int = 0


class Place(NamedTuple):
    """The address of byte `k` of the memory of the program's own arrays."""

    k: int


class Inner(NamedTuple):
    """The address of the program of inner loop `k`."""

    k: int


class Outer(NamedTuple):
    """An address in the program of the loop around."""

    word: Word


class Behind(NamedTuple):
    """The address of word `k` of those behind all others, which a call and the driver exchange."""

    k: int


class KernelProgram:
    """The words of a program, with `Word`, `Place` and the like where addresses will be.

    `cells` has those of arrays; `numbers` the words of 0-d results. Steps are done `before`, and
    `during` what the program repeats. `behind` counts the words behind the others."""

    def __init__(self, fusion):
        self.build = toolchain.load()
        self.op = self.build.loop_steps()
        self.fusion = fusion
        self.words, self.size, self.contents = [0] * HEADER, 0, []
        self.before, self.during = [], []
        self.cells, self.numbers, self.inner, self.behind = {}, {}, [], 0
        self.made = set()  # cells of arrays that kernels made

    def lay_out(self, steps):
        """Lays out all steps; a text among them is the name of the place of the step behind it, and
        as an operand the address of that."""
        begin = len(self.words)
        places, count = {}, 0
        for step in steps:
            if type(step) is str:
                places[step] = Word(begin + 4 * count)
            else:
                count += 1
        for step in steps:
            if type(step) is not str:
                words = [places[w] if type(w) is str else w for w in step]
                self.words += [*words, *[0] * (4 - len(words))]
        self.words[0], self.words[1] = Word(begin), Word(len(self.words))

    # ----- memory

    def word(self, value=0):
        self.words.append(value)
        return Word(len(self.words) - 1)

    def memory(self, size, content=b""):
        """Memory of the program's own, of so many bytes."""
        place = Place(self.size)
        self.size += -(-max(size, 1) // LINE) * LINE
        if content:
            self.contents.append((place.k, content))
        return place

    def array(self, node):
        """The cell of an array of the program's own."""
        return self.word(self.memory(bytes_of(node)))

    def cell(self, node):
        """The cell of an array that there is."""
        raise NotImplementedError

    def operand(self, node):
        """The cell of an operand of a call, which may be a part of an array."""
        return self.cell(node)

    def id(self, cell):
        """What kernels take for the id of an array."""
        return Word(cell.k, self.build.ARRAY_DATA)

    # ----- kernels

    def add(self, kernel):
        """The driver runs `kernel` next."""
        for node in kernel.nodes:
            self.cells[node] = cell = self.array(node)
            self.made.add(cell)
        carries = {node: self._start(node, kernel.units) for node, _ in kernel.carried}
        given = [self._argument(kind, what, carries) for kind, what in kernel.dynamic]
        results = [self.word() for _ in kernel.results]
        first = self.word(self._constants(kernel))
        for value in given:
            word = self.word(value if not callable(value) else 0)
            if callable(value):
                value(word)
        address = self.build.loop_kernel(kernel.source)
        arguments = results[0] if results else first
        self.during.append((self.op.CALL, address, kernel.units.total, arguments))
        for node, word in zip(kernel.results, results, strict=True):
            self._reduced(node, word)

    def product(self, node):
        """The driver computes a product of matrices next, by the inner loop of NumPy's."""
        op, product = self.op, product_of(node)
        operands = [self.operand(base) for base in product.operands]
        self.cells[node] = out = self.array(node)
        self.made.add(out)
        arguments, dimensions, steps = [
            [self.word(value) for value in values]
            for values in ((0, 0, 0), product.dimensions, product.steps)
        ]
        for word, cell in zip(arguments, (*operands, out), strict=True):
            self.during.append((op.MOVE, word, cell))
        others = self.word(dimensions[0])
        self.word(steps[0])
        self.word(product.loop.data)
        self.during.append((op.INNER, product.loop.function, arguments[0], others))

    def _start(self, node, units):
        """What the blocks of a scan go on from: nothing."""
        start = np.full(parts_of(units), node.op.identity(node.dtype), _item(node.dtype))
        return self.word(self.memory(start.nbytes, start.tobytes()))

    def _constants(self, kernel):
        """What is known with the shapes."""
        if not kernel.static:
            return 0
        content = b"".join(
            struct.pack("=q", v) if isinstance(v, int) else packed(v) for v in kernel.static
        )
        return self.memory(len(content), content)

    def _argument(self, kind, what, carries):
        """The value of an argument, or a function of its word that sees that it has one."""
        if kind == "number":
            return self._number(what)
        if kind == "index":
            return functools.partial(self.index, *what)
        if kind == "result":
            return 0
        if kind == "far":
            return self.id(self.word(self.flag()))
        if kind == "carry":
            return self.id(carries[what])
        return self.id(self.cells[what] if kind == "out" else self.cell(what))

    def _number(self, node):
        if node.op.kind == "const":
            return struct.unpack("=q", packed(node))[0]
        if node in self.numbers:
            step = self.op.WIDEN if node.dtype.kind == "b" else self.op.MOVE
            return lambda word: self.during.append((step, word, self.numbers[node]))
        return functools.partial(self.number, node)

    def flag(self):
        """The address of what a kernel sets where it met an operand too large for its code."""
        raise NotImplementedError

    def number(self, node, word):
        """The word is a number that no kernel of the program makes."""
        raise NotImplementedError

    def index(self, const, terms, word):
        """The word is an integer, `const` plus `terms`."""
        raise NotImplementedError

    def _reduced(self, node, word):
        """What a kernel left in its arguments: a reduction of everything, or a number."""
        op = self.op
        single = node.dtype.name == "float32"
        if node.ndim:
            self.cells[node] = cell = self.array(node)
            put = (op.PUT_SINGLE, cell, word) if single else (op.PUT, cell, word, bytes_of(node))
            self.during.append(put)
            return
        if single:
            self.during.append((op.ROUND, word))
        self.numbers[node] = word


class ProgramInstance:
    """A program in memory, at `address`."""

    def __init__(self, program, outer=None):
        self.memory = np.empty(program.size + LINE, np.uint8)
        self.words = np.zeros(len(program.words) + program.behind, np.int64)
        place = -(-self.memory.ctypes.data // LINE) * LINE
        self.address = self.words.ctypes.data
        self.inner = [type(self)(p, self.address) for p in program.inner]
        behind = self.address + 8 * len(program.words)
        where = {
            Word: lambda word: self.address + 8 * word.k - word.back,
            Place: lambda word: place + word.k,
            Inner: lambda word: self.inner[word.k].address,
            Outer: lambda word: outer + 8 * word.word.k - word.word.back,
            Behind: lambda word: behind + 8 * word.k,
        }
        self.words[: len(program.words)] = [
            w if type(w) is int else where[type(w)](w) if type(w) in where else w
            for w in program.words
        ]
        offset = place - self.memory.ctypes.data
        for k, content in program.contents:
            self.memory[offset + k : offset + k + len(content)] = np.frombuffer(content, np.uint8)


def bytes_of(node):
    return math.prod(node.shape) * node.dtype.itemsize


def packed(node):
    """The eight bytes of a constant."""
    return struct.pack("=d" if node.dtype.kind == "f" else "=q", node.arg)


def _item(dtype):
    """As what kernels see an array: bool as bytes."""
    return np.dtype(np.uint8) if dtype.kind == "b" else dtype
