"""A group of a plan's kernels as one call (see `compile.groups`): the program, and the
statements of the call.

A call packs what comes from outside into bytes: numbers, ids of arrays that are read, and those of
new arrays for what is read later. All else that the kernels leave lies in memory of the program,
which is there as long as the plan. The driver writes numbers that are read outside to the same
bytes. Start at `GroupCall`.
"""

import struct
from typing import NamedTuple

from ..base.code import Assign, Effect, call, expr, names_in
from ..compile import Call, flat_base, result_dtype
from ..control.affine import first_element
from . import launch, toolchain
from .kernel_program import Behind, KernelProgram, ProgramInstance, bytes_of


class Left(NamedTuple):
    """The address of word `k` of those that a call finds."""

    k: int


class GroupProgram(KernelProgram):
    """The program of a group, in the plan of `assembler`, which knows what is made outside. `given`
    has (code, operand) of what comes in, `arrays` the cells of what is made."""

    def __init__(self, assembler):
        super().__init__(assembler.fusion)
        self.assembler = assembler
        self.given, self.slots, self.arrays, self.raised = [], {}, {}, None

    def comes_in(self, what, code, operand):
        """The address of the word of `what`, which a call gives."""
        if what not in self.slots:
            self.slots[what] = Behind(len(self.given))
            self.given.append((code, operand))
        return self.slots[what]

    def add(self, kernel):
        super().add(kernel)
        if self.raised is not None:  # no other kernel reads what this one gave up
            self.during.append((self.op.END, self.raised, "end"))

    def array(self, node):
        """The cell of an array; where it lies is settled in the end."""
        self.arrays[node] = cell = self.word()
        return cell

    def cell(self, node):
        while node not in self.fusion.kept and node.op.kind == "reshape":
            node = node.src[0]
        if node not in self.cells:
            self.cells[node] = cell = self.word()
            given = self.comes_in(node, "q", call("id", self.assembler.value(node)))
            self.before.append((self.op.ARRAY, cell, given, 0))
        return self.cells[node]

    def number(self, node, word):
        code = self.assembler.code("number", node)
        given = self.comes_in(node, code, self.assembler.value(node))
        self.during.append((self.op.MOVE, word, given))

    def operand(self, node):
        if node in self.cells or node not in self.fusion.views:
            return self.cell(node)
        begin, cell, offset = first_element(node), self.word(), self.word()
        source, size = self.cell(flat_base(node.src[0])), node.dtype.itemsize
        self.index(begin.const * size, [(n, c * size) for n, c in begin.terms], offset)
        self.during.append((self.op.OFFSET, cell, source, offset))
        self.cells[node] = cell
        return cell

    def index(self, const, terms, word):
        if terms:
            given = self.comes_in((const, *terms), "q", self.assembler.index(const, terms))
            self.during.append((self.op.MOVE, word, given))
        else:
            self.words[word.k] = const

    def flag(self):
        if self.raised is None:
            self.raised = Left(0)
            self.before.append((self.op.SET, self.raised, 0))
        return self.raised

    def finish(self, arrays, numbers):
        """Lays the program out: `arrays`, nodes and what has them, come in, and `numbers` go out,
        behind the flag where there is one."""
        for node, cell in self.arrays.items():
            if node in arrays:
                given = self.comes_in(node, "q", call("id", arrays[node]))
                self.before.append((self.op.ARRAY, cell, given, 0))
            else:
                self.words[cell.k] = self.memory(bytes_of(node))
        first, coming = int(self.raised is not None), len(self.given)
        going = first + len(numbers)
        for k, node in enumerate(numbers, first):
            self.during.append((self.op.MOVE, Left(k), self.numbers[node]))
        steps = [(self.op.FETCH, Behind(0), 0, 8 * coming), *self.before, *self.during, "end"]
        if going:
            steps.append((self.op.GIVE, Left(0), 8 * coming, 8 * going))
        self.lay_out(steps)
        self.behind = coming + going
        self.words = [Behind(coming + w.k) if type(w) is Left else w for w in self.words]


class GroupCall:
    """The call of a group of `kernels` in the plan of `assembler`; it `is_long` if other threads
    are to run meanwhile."""

    def __init__(self, assembler, kernels, is_long):
        self.assembler, self.is_long = assembler, is_long
        self.program = program = GroupProgram(assembler)
        self.numbers = []
        for kernel in kernels:
            if isinstance(kernel, Call):
                program.product(kernel.node)
                assembler.local("b", kernel.node)
                continue
            for node, argument in kernel.passed.items():
                self._pass_on(node, *argument)
            if kernel.source:
                program.add(kernel)
                self.numbers += [node for node in kernel.results if not node.ndim]
                for node in kernel.results:
                    assembler.local("b" if node.ndim else "s", node)
            for node in kernel.nodes:
                assembler.local("b", node)

    def _pass_on(self, node, kind, what):
        """The number `node` is another one."""
        assembler, made = self.assembler, self.program.numbers
        if what in made:
            made[node] = made[what]
            self.numbers.append(node)
            assembler.local("s", node)
        else:
            value = assembler.argument(kind, what)
            assembler.assign(assembler.local("s", node), value)

    def statements(self):
        """The statements, once all that comes after the group has asked for what it reads."""
        assembler, program = self.assembler, self.program
        names, asked = assembler.names, assembler.asked
        arrays = {node: names[node] for node in program.arrays if node in asked}
        numbers = [node for node in self.numbers if node in asked]
        program.finish(arrays, numbers)
        out = [Assign((name,), assembler.memory(node)) for node, name in arrays.items()]
        codes = "".join([code for code, _ in program.given])
        slots = [operand for _, operand in program.given]
        going = program.behind - len(slots)
        pack = assembler.bind("P", struct.Struct(f"={codes}{'q' * going}").pack)
        packed = call(pack, *slots, *["0"] * going)
        out.append(Assign(("a",), packed, held=tuple(names_in(slots))))
        out += self._launched()
        if going:
            flag = ["far"] if program.raised is not None else []
            codes = "q" * len(flag) + "".join(
                [assembler.result_code(result_dtype(node)) for node in numbers]
            )
            unpack = struct.Struct(f"={8 * len(program.given)}x{codes}").unpack
            targets = (*flag, *[names[node] for node in numbers])
            value = call(assembler.bind("U", unpack), "a")
            out.append(Assign(targets, value, unpacked=True))
            out += [assembler.again("far")] if flag else []
        return out

    def _launched(self):
        assembler, make = self.assembler, toolchain.load()
        driver, arguments = assembler.bind("A", make.program_driver()), call("id", "a")
        if not self.is_long:
            instance = ProgramInstance(self.program)
            assembler.bind("B", instance)
            run, place = assembler.bind("C", launch.prepare()), instance.address - make.BYTES_DATA
            return [Effect(call(run, driver, arguments, str(place)))]
        instances = Instances(self.program)
        taken = Assign(("i",), call(assembler.bind("I", instances.take)))
        run = assembler.bind("C", launch.prepare_released())
        place = expr(f"{{}}.address - {make.BYTES_DATA}", "i")
        ran = Effect(call(run, driver, arguments, arguments, place))
        return [taken, ran, Effect(call(assembler.bind("I", instances.give), "i"))]


class Instances:
    """The instances of a program that several threads may run at once."""

    def __init__(self, program):
        self.program, self.free = program, []
        self.give = self.free.append

    def take(self):
        """One that no other call uses."""
        try:  # one look-up, since another thread may take the last one
            return self.free.pop()
        except IndexError:
            return ProgramInstance(self.program)
