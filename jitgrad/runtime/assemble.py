"""A plan as one Python function: the kernel calls in order, with everything that is known
beforehand baked in; a group of small ones is one call of a driver (`kernel_group`).

``run(L, N)`` gets the leaves and numbers and returns the results. It is generated, since for small
arrays it is the cost: no loops over steps, no look-ups, array arguments passed by ``id``, one
precompiled `struct` per kernel. Its statements are those of `base.code`, which know what they read:
so large arrays are let go after their last use. Kernels are called from here only. Start at
`assemble`.
"""

import itertools
import struct
from time import perf_counter as clock

import numpy as np

from ..base.code import (
    Assign,
    Effect,
    Return,
    Within,
    call,
    expr,
    generated,
    joined,
    names_in,
    released,
    sequence,
)
from ..base.dtypes import is_inexact
from ..compile import Call, call_operands, flat_base, parts_of, result_dtype
from ..control import LOOP
from ..control.affine import first_element
from ..interpret import program as interpreter
from ..ir.node import Node, leaf
from . import events, launch, pool, toolchain
from .kernel_group import GroupCall
from .loop_program import compiled_loop, hosted_loop
from .partials import has_driver, number_of

#: Flops of a product that takes longer than to let other threads run meanwhile.
LONG_PRODUCT = 1 << 18


def _is_joined(kernel):
    """Whether its `gathered` results are arrays per chunk."""
    return kernel.units.parts > 1 or kernel.wide is not None


def _is_long(kernel):
    """Whether a kernel of one chunk may take so long that other threads should run beside it: all
    turns of a loop, of a number of turns that is not known to be small."""
    if isinstance(kernel, Call):
        return kernel.node.op.flops(kernel.node) >= LONG_PRODUCT
    loops = [n for n in kernel.nodes if n.op is LOOP]
    many = launch.PARALLEL_WORK
    return any(n.arg.length is None or kernel.work >= many for n in loops)


def joins(lowered):
    """(dtype, that of the partial results) of the drivers that join what its kernels leave."""
    loops = [k for k in lowered.kernels if k.source and k.kind != "scalar" and _is_joined(k)]
    return {
        (node.dtype, k.wide or node.dtype)
        for k in loops
        for node in k.gathered
        if node.size and has_driver(node)
    }


class _Assembler:
    """The statements of the function, in `body`, its globals, in `scope`, and what holds each value
    so far, in `names`. `launcher` runs a kernel over its chunks."""

    def __init__(self, lowered, launcher):
        self.lowered, self.fusion, self.launcher = lowered, lowered.fusion, launcher
        #: `asked` has what was read of `names`: a group gives nothing else out.
        self.body, self.names, self.asked = [], {}, set()
        self.scope = {"empty": np.empty, "pooled": pool.empty, "id": id}
        #: Of scans in blocks: the arrays of totals, and of what blocks go on from.
        self.totals, self.carries = {}, {}
        self.counter = itertools.count()
        self.warns = False  # whether NumPy does a part that could warn

    def assign(self, target, value):
        self.body.append(Assign((target,), value))

    def bind(self, prefix, value):
        """A global of the generated function that holds `value`."""
        name = f"{prefix}{next(self.counter)}"
        self.scope[name] = value
        return name

    def local(self, prefix, node):
        self.names[node] = name = f"{prefix}{next(self.counter)}"
        return name

    def value(self, node):
        """The expression of a value that exists: a flat array, or a Python number."""
        if node in self.names:
            self.asked.add(node)
            return self.names[node]
        kind = node.op.kind
        if kind == "leaf":
            self.assign(self.local("x", node), f"L[{node.arg}]")
            return self.names[node]
        if kind == "number":
            return f"N[{node.arg}]"
        if kind == "const":
            return self.bind("K", node.arg)
        raise AssertionError(f"{node!r} was not made by an earlier step")

    def index(self, const, terms):
        """The expression of an integer offset."""
        parts = [
            expr(f"{coef} * {{}}", self.value(n)) if coef != 1 else self.value(n)
            for n, coef in terms
        ]
        return joined(" + ", ([str(const)] if const or not parts else []) + parts)

    def buffer(self, node):
        while node not in self.fusion.kept and node.op.kind == "reshape":
            node = node.src[0]
        return self.value(node)

    def allocate(self, node, size=None, dtype=None):
        name = self.local("b", node)
        self.assign(name, self.memory(node, size, dtype))
        return name

    def memory(self, node, size=None, dtype=None):
        """The expression of new memory for an array."""
        size, dtype = node.size if size is None else size, dtype or node.dtype
        kind = [] if dtype.name == "float64" else [self.bind("T", dtype)]
        make = "pooled" if size * dtype.itemsize >= pool.LEAST else "empty"
        return call(make, str(size), *kind)

    def scratch(self, prefix, size, dtype):
        """A local of the function that holds an array which is no value of the graph."""
        name = f"{prefix}{next(self.counter)}"
        self.assign(name, call("empty", str(size), self.bind("T", dtype)))
        return name

    def fill(self, node, number):
        """The one element of the array that `node` is becomes `number`."""
        self.assign(expr("{}[0]", self.allocate(node)), number)

    # ------------------------------------------------------------------ steps

    def step(self, kernel, run, noted):
        """The statements of a step: `run` is its compiled kernel, if it has one, and `noted` is
        told the seconds that it takes, if it is there."""
        first = len(self.body)
        if isinstance(kernel, Call):
            self.call(kernel.node, kernel.turn and _loop_of(kernel.turn))
        elif kernel.kind == "scalar":
            self.scalar(kernel, run)
        else:
            self.loop(kernel, run)
        if noted is not None:
            now = call(self.bind("I", clock))
            self.body.insert(first, Assign(("t",), now))
            self.body.append(Effect(call(self.bind("J", noted), expr("{} - t", now))))

    def group(self, kernels):
        """One call for several kernels."""
        work = sum([kernel.work for kernel in kernels])
        is_long = work >= launch.PARALLEL_WORK or any(map(_is_long, kernels))
        self.body.append(GroupCall(self, kernels, is_long))

    def pass_on(self, kernel):
        """Results that are arguments as they stand."""
        for node, argument in kernel.passed.items():
            value = self.argument(*argument)
            self.assign(self.local("s", node), value)

    def scalar(self, kernel, function):
        self.pass_on(kernel)
        if not kernel.results:
            return
        args = [self.argument(*argument) for argument in kernel.dynamic]
        args += [self.bind("K", node.arg) for node in kernel.static]
        names = [self.local("s", node) for node in kernel.results]
        self.body.append(Assign(tuple(names), call(self.bind("F", function), *args)))

    def argument(self, kind, what):
        """The expression of an argument of a scalar kernel: a number, or an element of an array; or
        what is made of such without a kernel."""
        if kind == "number":
            return self.value(what)
        if kind == "part":
            return self.part(*what)
        if kind == "complex":
            real, imag = (self.argument(*argument) for argument in what)
            return call("complex", real, imag)
        node, const, terms = what
        return expr("{}.item({})", self.buffer(node), self.index(const, terms))

    def part(self, node, name):
        """The expression of a part of a complex 0-d value."""
        return expr(f"{{}}.{name}", self.value(node))

    def loop(self, kernel, address):
        units = kernel.units
        whole = kernel.results
        self.pass_on(kernel)
        for node in kernel.nodes:
            gathered = node in kernel.gathered
            self.allocate(
                node,
                node.size * (units.parts if gathered else 1),
                kernel.wide if gathered else None,
            )
        if kernel.source is None:
            self.reductions_of_nothing(whole, kernel.gathered)
            return
        partial = {}
        if units.chunks > 1:
            partial = {n: self.scratch("p", units.chunks, result_dtype(n)) for n in whole}
        for part in kernel.totals:
            self.totals[part] = self.scratch("p", parts_of(units), _item(part.dtype))
        for node, parts in kernel.carried:
            self.carry(node, parts, units)
        far = any(kind == "far" for kind, _ in kernel.dynamic)
        block = self.pack(kernel, partial, far)
        self.body.append(Effect(self.launched(kernel, address)))
        self.scope[self.bind("B", None)] = block
        if far:
            self.body.append(self.again("far[0]"))
        self.results(kernel, partial)
        if _is_joined(kernel):
            for node in kernel.gathered:
                self.join(node, units.parts, kernel.wide or node.dtype)

    def launched(self, kernel, address):
        """The launch of the kernel at `address` with the arguments in `a`."""
        units, arguments = kernel.units, _address("a")
        place, total = self.bind("A", address), str(units.total)
        if units.chunks > 1:
            run = self.bind("G", self.launcher)
            return call(run, place, total, str(units.step), arguments, str(kernel.work))
        if _is_long(kernel):
            run = self.bind("C", launch.prepare_released())
            return call(run, place, total, total, arguments)
        return call(self.bind("C", launch.prepare()), place, total, arguments)

    def pack(self, kernel, partial, far):
        """Makes `a`, the arguments of a launch; the block of what is known with the shapes."""
        whole = kernel.results
        block, constants = self.static_block(kernel)
        codes = "".join(self.code(kind, what) for kind, what in kernel.dynamic)
        slots = ["0"] * len(whole) + [constants]
        slots += [self.slot(kind, what, partial) for kind, what in kernel.dynamic]
        if far:
            self.assign("far", call("empty", "1", self.bind("T", np.int64)))
            self.assign("far[0]", "0")
        pack = self.bind("P", struct.Struct("=" + "q" * len(whole) + "q" + codes).pack)
        self.body.append(Assign(("a",), call(pack, *slots), held=tuple(names_in(slots))))
        return block

    def results(self, kernel, partial):
        """Reductions over everything: from the slots they were written to, or from one partial
        result per chunk."""
        whole = kernel.results
        if not whole:
            return
        if not partial:
            codes = "".join(self.result_code(result_dtype(n)) for n in whole)
            unpack = self.bind("U", struct.Struct("=" + codes).unpack_from)
            names = tuple([self.local("s", n) for n in whole])
            self.body.append(Assign(names, call(unpack, "a"), unpacked=True))
        for node in whole:
            narrow = node.dtype.name == "float32"
            if partial and has_driver(node):
                array, chunks = _address(partial[node]), str(kernel.units.chunks)
                kind, run = str(number_of(node)), self.bind("J", launch.reducers()[1])
                self.assign(self.local("s", node), call(run, array, chunks, kind, f"{narrow:d}"))
            elif partial:
                self.local("s", node)
                self.combine(node, partial[node], None, ())
                self.assign(self.names[node], expr("{}.item()", self.names[node]))
            elif narrow:
                name = self.names[node]
                self.assign(name, call(self.bind("J", launch.reducers()[0]), name))
        for node in whole:
            if node.ndim:  # one element, but an array
                number = self.names[node]
                self.fill(node, number)

    def reductions_of_nothing(self, whole, gathered):
        for node in gathered:
            identity = self.bind("K", node.op.identity(node.dtype))
            self.body.append(Effect(expr("{}.fill({})", self.names[node], identity)))
        for node in whole:
            value = self.bind("K", np.asarray(node.op.identity(node.dtype), node.dtype).item())
            if node.ndim:
                self.fill(node, value)
            else:
                self.assign(self.local("s", node), value)

    def carry(self, node, parts, units):
        """What each chunk of a scan goes on from, from the totals of the chunks."""
        if units.chunks == 1:
            start = np.asarray(node.op.identity(node.dtype), node.dtype).item()
            self.carries[node] = self.bind("K", np.full(parts_of(units), start, _item(node.dtype)))
            return
        name = self.carries[node] = f"c{next(self.counter)}"
        given = [self.totals[part] for part in parts]
        self.warns |= is_inexact(node.dtype)
        carries = self.bind("R", _carries(node, parts[0].dtype, units.chunks))
        self.assign(name, call(carries, *given))
        self.body.append(self.again(expr("{} is None", name)))

    def again(self, test):
        """Where `test` holds NumPy runs the plan, as it was given."""
        roots = self.lowered.roots
        by_numpy = self.bind("E", lambda L, N: _by_numpy(roots, L, N))
        return Return(call(by_numpy, "L", "N"), test)

    def join(self, node, parts, dtype):
        """The result of a reduction that left an array per chunk, which may be empty."""
        source = self.names[node]
        if not node.size:
            self.allocate(node)
            return
        if not has_driver(node):
            self.combine(node, source, f"({parts}, {node.size})", (node.size,))
            return
        out, kind = self.allocate(node), number_of(node)
        run = self.bind("J", toolchain.load().joiner(node.dtype, dtype))
        sizes = str(parts), str(node.size), str(kind)
        self.body.append(Effect(call(run, _address(out), _address(source), *sizes)))

    def combine(self, node, source, shape, result):
        """Join partial results along the first axis, in order, by the reduction itself."""
        self.warns |= is_inexact(node.dtype)
        parts = Node(node.op, (leaf(0, (2, 2), node.dtype),), (0,), result, node.dtype)
        function = self.bind("R", lambda p, parts=parts: parts.op.reference(p, node=parts))
        form = f"{{}}({{}}.reshape{shape}).reshape(-1)" if shape else "{}({})"
        self.assign(self.names[node], expr(form, function, source))

    def static_block(self, kernel):
        """What is known with the shapes, as bytes, and the expression of their address."""
        if not kernel.static:
            return None, "0"
        codes = "".join(
            "q" if isinstance(v, int) else _PACK.get(v.dtype.name, "q") for v in kernel.static
        )
        block = struct.pack(
            "=" + codes, *(v if isinstance(v, int) else v.arg for v in kernel.static)
        )
        return block, str(id(block) + bytes.__basicsize__ - 1)

    @staticmethod
    def result_code(dtype):
        return _RESULT[dtype.name]

    @staticmethod
    def code(kind, what):
        if kind == "part":
            return "d"
        return _PACK.get(what.dtype.name, "q") if kind == "number" else "q"

    def slot(self, kind, what, partial):
        if kind == "number":
            return self.value(what)
        if kind == "index":
            return self.index(*what)
        if kind == "part":
            return self.part(*what)
        if kind == "far":
            return _address("far")
        if kind == "result":
            return _address(partial[what]) if partial else "0"
        if kind in ("carry", "total"):
            return _address((self.carries if kind == "carry" else self.totals)[what])
        return _address(self.names[what] if kind == "out" else self.buffer(what))

    def call(self, node, function=None):
        args = []
        for operand, (base, shape, axes) in zip(node.src, call_operands(node), strict=True):
            value = self.result(base)
            if not operand.ndim:
                value = call(self.bind("W", np.dtype(operand.dtype).type), value)
            elif len(shape) > 1:
                value = expr(f"{{}}.reshape({', '.join(map(str, shape))})", value)
            if axes != tuple(range(len(axes))):
                value = expr(f"{{}}.transpose{axes}", value)
            args.append(value)
        self.warns |= is_inexact(node.dtype)
        what = expr("node={}", self.bind("Z", node))
        if node.op.into is not None and _large(node):
            into = self.bind("Y", node.op.into)
            out = expr(f"out={{}}.reshape({', '.join(map(str, node.shape))})", self.allocate(node))
            self.body.append(Effect(call(into, *args, what, out)))
            return
        value = call(self.bind("Y", function or node.op.reference), *args, what)
        flatten = self.bind("H", _number if not node.ndim else _flattener(node.dtype))
        self.assign(self.local("b" if node.ndim else "s", node), call(flatten, value))

    # ------------------------------------------------------------------ results

    def result(self, root):
        """The expression of a result, or of an operand of a call, which may be a view."""
        base = flat_base(root)
        if base in self.fusion.views and base not in self.names:
            source, begin = flat_base(base.src[0]), first_element(base)
            self.assign("d", self.index(begin.const, begin.terms))
            elements = expr(f"{{}}[d:d + {base.size}]", self.value(source))
            self.assign(self.local("v", base), elements)
        elif base in self.fusion.fills and base not in self.names:
            what = self.bind("K", self.fusion.fills[base].arg), self.bind("T", base.dtype)
            full = call(self.bind("F", np.full), str(base.size), *what)
            self.assign(self.local("b", base), full)
        return self.value(base)

    def function(self, quiet=True):
        """The generated function, and its text; `quiet` if it is to silence NumPy's warnings."""
        returned = [self.result(root) for root in self.fusion.roots]
        large = dict.fromkeys([name for node, name in self.names.items() if _large(node)])
        body = [s for s in self.body for s in (s.statements() if type(s) is GroupCall else (s,))]
        body = released(body, [name for name in large if name not in returned])
        if self.warns and quiet:
            body = [Within(call(self.bind("Q", _quiet)), tuple(body))]
        body = [*body, Return(sequence(returned))]
        return generated("run", "L, N", body, self.scope, "<jitgrad plan>")


def _loop_of(turn):
    """The function that runs a loop."""
    if turn.driven:
        return compiled_loop(turn)
    return hosted_loop(turn, assemble(turn.lowered, quiet=False).function)


def _address(name):
    return call("id", name)


def _large(node):
    """Whether the memory of a value is to be free as soon as it was read last."""
    return node.ndim > 0 and node.size * node.dtype.itemsize >= pool.LEAST


#: struct formats: of arguments (all 8 bytes) and of results (as kernels write them, padded to 8)
_PACK = {"float64": "d", "float32": "d", "uint64": "Q"}
_RESULT = {"float64": "d", "bool": "?7x", "int64": "q", "uint64": "Q"}
_RESULT.update(
    {
        "int32": "i4x",
        "uint32": "I4x",
        "int16": "h6x",
        "uint16": "H6x",
        "int8": "b7x",
        "uint8": "B7x",
    }
)


def _quiet():
    """As kernels, NumPy is silent about overflow and nan."""
    return np.errstate(all="ignore")


def _carries(node, dtype, chunks):
    """The function that makes of the totals of the scan `node` what its blocks go on from, or None.

    In a chunk the blocks are in the order of the scan; the chunks are in that of the array.
    """
    step = -1 if node.arg[1] else 1
    joined = Node(node.op, (leaf(0, (2,), dtype),) * len(node.src), (0, False), (2,), dtype)

    def carries(*totals):
        ends = node.op.join(
            *[t.reshape(chunks, -1)[::step].reshape(-1) for t in totals], node=joined
        )
        if ends is None:
            return None
        out = np.empty(len(totals[0]), _item(node.dtype))
        out[0], out[1:] = node.op.identity(node.dtype), ends[:-1]
        return np.ascontiguousarray(out.reshape(chunks, -1)[::step]).reshape(-1)

    return carries


def _item(dtype):
    """As what kernels see an array: bool as bytes."""
    return np.dtype(np.uint8) if dtype.kind == "b" else dtype


def _number(value):
    return value.item() if isinstance(value, (np.ndarray, np.generic)) else value


def _flattener(dtype):
    return lambda value: np.ascontiguousarray(value, dtype).reshape(-1)


def _by_numpy(roots, leaves, numbers):
    """A run by NumPy of what a kernel gave up, since it met an operand too large for its code."""
    begun = clock()
    out = interpreter.run(roots, leaves, numbers)
    events.by_numpy(None, roots, clock() - begun)
    return out


def assemble(lowered, noted=None, launcher=None, quiet=True):
    """The function ``run(L, N)`` of a plan, as `base.code.Generated`; compiles what has not been
    compiled yet.

    ``noted(k)`` gives what is told the seconds that step `k` takes, or None; `launcher` stands for
    `launch.launch`. What runs within another plan need not be `quiet`, which that is."""
    make = toolchain.load()
    launch.prepare()
    assembler = _Assembler(lowered, launcher or launch.launch)
    groups = {} if noted else dict(lowered.groups)
    k = 0
    while k < len(lowered.kernels):
        if k in groups:
            assembler.group(lowered.kernels[k : groups[k]])
            k = groups[k]
            continue
        kernel = lowered.kernels[k]
        compiled = make.scalar_kernel if kernel.kind == "scalar" else make.loop_kernel
        run = compiled(kernel.source) if kernel.source else None
        assembler.step(kernel, run, noted and noted(k))
        k += 1
    return assembler.function(quiet)
