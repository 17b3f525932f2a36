"""A compiled loop: the program by which a driver runs kernels turn after turn, without Python.

The kernels of a turn are those of any graph (`compile.turn`), and the program is one of
`kernel_program`: elements of sequences are read where they are, and arrays that are carried change
places by their pointers. Start at `compiled_loop`.
"""

import math
import struct

import numpy as np

from ..base.errors import IndexOutOfRange
from ..compile import Call, flat_base
from ..control.affine import first_element
from ..control.body import checked_turns, offsets, part_shape
from ..control.turns import holds
from . import launch, pool, toolchain
from .kernel_program import Inner, KernelProgram, Outer, ProgramInstance, bytes_of

#: Bytes of an array that is copied from turn to turn; larger ones change places.
COPIED = 64
#: Turns from which other threads of Python go on meanwhile: to let them takes 0.1 us.
LONG = 32
#: The places of the first step of a turn, and of that after all turns.
TURN, AFTER = "turn", "after"


class LoopProgram(KernelProgram):
    """The program of a loop.

    `cells` has those of arrays, by node or by the number of a parameter; `flags` the words of
    operands that kernels found too large for their code.
    """

    def __init__(self, turn, is_inner=False):
        super().__init__(turn.lowered.fusion)
        self.looped, self.lowered = turn.node.arg, turn.lowered
        self.body, self.is_inner = self.looped.body, is_inner
        self.moves, self.after, self.flags = [], [], []
        self.viewed = {}  # cells of views -> those of what they are views of
        self.ids = [self.word() for _ in turn.node.src[1:]]
        self.out = self.word()
        self.ended = self.word()
        self._parameters()
        for kernel in self.lowered.kernels:
            self._step(kernel)
        self._end_of_turn()
        self._results()
        self._lay_out()

    def _lay_out(self):
        op = self.op
        turns = (op.TURNS, AFTER), TURN, *self.during, *self.moves, (op.NEXT, TURN)
        self.words[2] = int(self.body.reverse)
        self.lay_out([*self.before, *turns, AFTER, *self.after])

    def cell(self, node):
        node = self._stored(node)
        return self.cells[node.arg if node.op.kind == "leaf" else node]

    def _stored(self, node):
        while node not in self.fusion.kept and node.op.kind == "reshape" and node.src[0].ndim:
            node = node.src[0]
        return node

    # ----- before the turns

    def _parameters(self):
        op, body = self.op, self.body
        for k, p in enumerate(body.parameters):
            if k < body.carries:
                self.cells[k], given = self.array(p), self.word()
                self.before.append((op.ARRAY, given, self.ids[k], 0))
                self.before.append((op.COPY, self.cells[k], given, bytes_of(p)))
            else:
                self.cells[k] = self.word()
                step = bytes_of(p) if k in body.moving else 0
                self.before.append((op.ARRAY, self.cells[k], self.ids[k], step))
                if step:
                    self.moves.append((op.ADD, self.cells[k], step * self._direction()))

    def _direction(self):
        return -1 if self.body.reverse else 1

    # ----- arguments of kernels

    def flag(self):
        flag = self.word()
        self.flags.append(flag)
        self.before.append((self.op.SET, flag, 0))
        return flag

    def number(self, node, word):
        self.index(0, [(node, 1)], word)

    def index(self, const, terms, word):
        """The word is an integer that depends on the number of the turn."""
        const += sum(int(n.arg) * coef for n, coef in terms if n.op.kind == "const")
        slope = sum(coef for n, coef in terms if n.op.kind == "number")
        self.before.append((self.op.NUMBER, word, const, slope))
        if slope:
            self.moves.append((self.op.ADD, word, slope * self._direction()))

    def _step(self, kernel):
        if not isinstance(kernel, Call):
            self.add(kernel)
        elif kernel.turn is None:
            self.product(kernel.node)
        else:
            self._loop(kernel)

    def _loop(self, call):
        """A loop within the turn."""
        inner = LoopProgram(call.turn, is_inner=True)
        k, node = len(self.inner), call.node
        self.inner.append(inner)
        self.cells[node] = self.array(node)
        turns, *sources = [flat_base(s) for s in node.src]
        sources = [self._source(s) for s in sources]
        for word, cell in zip(inner.ids, sources, strict=True):
            inner.words[word.k] = Outer(self.id(cell))
        inner.words[inner.out.k] = Outer(self.id(self.cells[node]))
        driver = self.build.program_driver()
        if turns.op.kind == "const":
            self.during.append((self.op.CALL, driver, int(turns.arg), Inner(k)))
        else:
            self.during.append((self.op.CALL_TIMES, driver, self._root(turns), Inner(k)))

    def _source(self, node):
        """The cell of what an inner loop reads: a constant and a reduction to a number have
        none."""
        op = self.op
        constant = node if node.op.kind == "const" else self.fusion.fills.get(node)
        if constant is not None and node not in self.fusion.kept:
            content = np.full(node.size, constant.arg, node.dtype).tobytes()
            return self.word(self.memory(len(content), content))
        if node not in self.numbers:
            return self._root(node)
        cell, word = self.array(node), self.numbers[node]
        if node.dtype.name == "float32":
            self.during.append((op.PUT_SINGLE, cell, word))
        else:
            self.during.append((op.PUT, cell, word, bytes_of(node)))
        return cell

    # ----- the end of a turn, and of the loop

    def _end_of_turn(self):
        """Results are handed out, and become the carried values of the next turn."""
        op, body = self.op, self.body
        roots = [self._root(root) for root in self.fusion.roots]
        if body.condition is not None:
            self.before.append((op.SET, self.ended, 0))
            self.during.append((op.CHECK, roots.pop(), self.ended, AFTER))
        sizes = [bytes_of(r) for r in body.results]
        begins, _ = offsets(self.looped)
        for k in self.looped.results:
            if k >= body.carries:
                self._hand_out(roots[k], begins[k], sizes[k], body.results[k].dtype)
        self._carry(roots[: body.carries], sizes)

    def _carry(self, roots, sizes):
        """The carried values become what is in the cells `roots`."""
        op = self.op
        carried = [self.cells[k] for k in range(len(roots))]
        held = {}
        for cell, new, size in zip(carried, roots, sizes, strict=False):
            if self.viewed.get(new, new) in carried and new != cell and new not in held:
                held[new] = copy = self.word(self.memory(size))
                self.during.append((op.COPY, copy, new, size))
        for cell, new, size in zip(carried, roots, sizes, strict=False):
            if new == cell:
                continue
            if size > COPIED and new in self.made and roots.count(new) == 1:
                self.during.append((op.SWAP, cell, new))
            else:
                self.during.append((op.COPY, cell, held.get(new, new), size))

    def _root(self, root):
        """The cell of a result."""
        base = flat_base(root)
        if base in self.fusion.views and base not in self.cells:
            self.cells[base] = self._view(base)
        return self.cell(base)

    def operand(self, node):
        return self._root(node)

    def _view(self, base):
        """The cell of a slice that is a view of what lies in memory."""
        op, source, begin = self.op, flat_base(base.src[0]), first_element(base)
        itemsize, cell = base.dtype.itemsize, self.word()
        self.viewed[cell] = self.cell(source)
        if begin.terms:
            offset = self.word()
            self.index(begin.const * itemsize, [(n, c * itemsize) for n, c in begin.terms], offset)
            self.during.append((op.OFFSET, cell, self.cell(source), offset))
        else:
            self.during.append((op.POINT, cell, self.cell(source), begin.const * itemsize))
        return cell

    def _hand_out(self, cell, begin, size, dtype):
        op, to = self.op, self.word()
        self.before.append((op.ARRAY, to, self.out, size))
        self.before.append((op.ADD, to, begin * dtype.itemsize))
        if self.is_inner:
            start = self.word()
            self.before.append((op.ARRAY, start, self.out, 0))
            self.before.append((op.ADD, start, begin * dtype.itemsize))
            self.before.append((op.ZERO, start, size * self.looped.length))
        self.during.append((op.COPY, to, cell, size))
        self.moves.append((op.ADD, to, size * self._direction()))

    def _results(self):
        op, begins = self.op, offsets(self.looped)[0]
        for k in self.looped.results:
            if k < self.body.carries:
                to, node = self.word(), self.body.results[k]
                self.after.append((op.ARRAY, to, self.out, 0))
                self.after.append((op.ADD, to, begins[k] * node.dtype.itemsize))
                self.after.append((op.COPY, to, self.cells[k], bytes_of(node)))


class LoopInstance(ProgramInstance):
    """The program of a loop in memory; `flags` and `ended` are numbers of words."""

    def __init__(self, program, outer=None):
        super().__init__(program, outer)
        self.flags = [f.k for f in program.flags]
        self.ended = program.ended.k if program.body.condition is not None else None

    def failed(self):
        """Whether a kernel met an operand too large for its code, or a loop was ended by its number
        of turns while its condition held: then NumPy runs it again."""
        return (
            any(self.words[k] for k in self.flags)
            or (self.ended is not None and not self.words[self.ended])
            or any(i.failed() for i in self.inner)
        )


def compiled_loop(turn):
    """``run(turns, *sources, node)`` -> the value of a loop, as its `reference` gives it."""
    program = LoopProgram(turn)
    driver, run = toolchain.load().program_driver(), launch.prepare()
    released = launch.prepare_released()
    length, total = turn.node.arg.length, offsets(turn.node.arg)[1]
    handed = any(k >= program.body.carries for k in turn.node.arg.results)
    # The condition says after the last turn, too, whether the loop has come to its end.
    once_more = int(program.body.condition is not None and not program.body.moving and not handed)
    first, back = program.ids[0].k if program.ids else program.out.k, toolchain.load().BYTES_DATA
    put = struct.Struct(f"={len(program.ids) + 1}q").pack_into
    free: list = []

    def loop(turns, *sources, node):
        turns = checked_turns(turns, node.arg)
        sources = [np.ascontiguousarray(x) for x in sources]
        out = (np.zeros if handed and turns < length else np.empty)(total, node.dtype)
        try:  # one look-up, since another thread may take the last one
            instance = free.pop()
        except IndexError:
            instance = LoopInstance(program)
        put(instance.words, 8 * first, *map(id, sources), id(out))
        count = turns + once_more
        if count < LONG:
            run(driver, count, instance.address - back)
        else:
            released(driver, count, count, instance.address - back)
        if instance.failed():
            return node.op.reference(turns, *sources, node=node)
        free.append(instance)
        return out

    return loop


def hosted_loop(turn, assembled):
    """The same where turns are run from Python, one call of the plan `assembled` each."""
    looped = turn.node.arg
    body, n, first = looped.body, looped.body.carries, looped.body.moving.start
    begins, total = offsets(looped)
    shapes = [p.shape for p in body.parameters]
    values_of = _hosted_turn(body, assembled)

    def handed_out(out):
        """What is handed out, by the number of the result: a row, or a number, for each turn."""
        made = {}
        for k in looped.results:
            if k >= n:
                size = math.prod(part_shape(looped, k))
                y = out[begins[k] : begins[k] + size]
                made[k] = (
                    y.reshape(looped.length, body.results[k].size) if body.results[k].shape else y
                )
        return made

    def goes_on(given, turns):
        """Whether the condition holds after the last turn that there may be."""
        return body.moving or values_of(given, turns) is not None

    def loop(turns, *sources, node):
        turns = checked_turns(turns, node.arg)
        given = [
            _flat(x) if s else _number(x)
            for x, s in zip(sources[:first], shapes[:first], strict=True)
        ]
        carried, invariants = given[:n], given[n:first]
        sequences = [_rows(x, s) for x, s in zip(sources[first:], shapes[first:], strict=True)]
        out = _memory(total, node.dtype)
        ys = handed_out(out)
        for t in range(turns - 1, -1, -1) if body.reverse else range(turns):
            values = values_of((*carried, *invariants, *[x[t] for x in sequences]), t)
            if values is None:
                turns = t
                break
            for k, y in ys.items():
                y[t] = values[k]
            carried = values[:n]
        else:
            if body.condition is not None and goes_on((*carried, *invariants), turns):
                return node.op.reference(turns, *sources, node=node)
        for y in ys.values():
            y[turns:] = 0
        for k in looped.results:
            if k < n:
                out[begins[k] : begins[k] + body.results[k].size] = carried[k]
        return out

    return loop


def _hosted_turn(body, assembled):
    """``values_of(parameters, t)`` -> what the turn `t` computes, None if the condition says that
    there is no such turn: in that, an index may be out of range."""
    given, condition = body.parameters, body.condition

    def values_of(parameters, t):
        try:
            values = assembled(parameters, (t,))
        except IndexOutOfRange:
            shaped = [np.reshape(x, p.shape) for x, p in zip(parameters, given, strict=False)]
            if condition is None or holds(body, shaped, t):
                raise
            return None
        return values if condition is None or values[-1] else None

    return values_of


def _memory(size, dtype):
    """A new array, in memory that others left if it is large."""
    return (pool.empty if size * dtype.itemsize >= pool.LEAST else np.empty)(size, dtype)


def _flat(x):
    return np.ascontiguousarray(x).reshape(-1)


def _rows(x, shape):
    """The elements of a sequence, each flat, or a Python number."""
    if not shape:
        return np.ravel(x).tolist()
    return np.ascontiguousarray(x).reshape(len(x), math.prod(shape))


def _number(x):
    return x.item() if isinstance(x, (np.ndarray, np.generic)) else x
