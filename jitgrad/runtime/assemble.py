"""A plan as one Python function: the kernel calls in order, with everything that is known
beforehand baked in.

``run(L, N)`` gets the leaves and numbers and returns the results. The text of it is generated,
since for small arrays it is the cost: no loops over steps, no look-ups, array arguments passed by
``id``, one precompiled `struct` per kernel. Kernels are called from here only. Start at `assemble`.
"""

import itertools
import re
import struct

import numpy as np

from ..compile import Call, call_operands, flat_base, parts_of, result_dtype
from ..ir.node import Node, leaf
from ..ir.shapes import contiguous
from . import launch, pool, watch


def _is_joined(kernel):
    """Whether its `gathered` results are arrays per chunk."""
    return kernel.units.parts > 1 or kernel.wide is not None


def _has_joiner(node):
    """Whether partial results of the reduction `node` are joined by a driver, not by NumPy."""
    return node.dtype.kind == "f" and node.op.combine in launch.COMBINATIONS


def joins(lowered):
    """(dtype, that of the partial results) of the drivers that join what its kernels leave."""
    loops = [k for k in lowered.kernels if k.source and k.kind != "scalar" and _is_joined(k)]
    return {
        (node.dtype, k.wide or node.dtype)
        for k in loops
        for node in k.gathered
        if node.size and _has_joiner(node)
    }


class _Assembler:
    def __init__(self, lowered):
        self.lowered, self.fusion = lowered, lowered.fusion
        self.lines, self.scope, self.names = (
            [],
            {"empty": np.empty, "pooled": pool.empty, "id": id},
            {},
        )
        self.totals, self.carries = (
            {},
            {},
        )  # of scans in blocks: the arrays of totals, and of what blocks go on from
        self.counter, self.warns = (
            itertools.count(),
            False,
        )  # whether NumPy does a part that could warn

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
            return self.names[node]
        kind = node.op.kind
        if kind == "leaf":
            self.lines.append(f"{self.local('x', node)} = L[{node.arg}]")
            return self.names[node]
        if kind == "number":
            return f"N[{node.arg}]"
        if kind == "const":
            return self.bind("K", node.arg)
        raise AssertionError(f"{node!r} was not made by an earlier step")

    def index(self, const, terms):
        """The expression of an integer offset."""
        parts = [f"{coef} * {self.value(n)}" if coef != 1 else self.value(n) for n, coef in terms]
        return " + ".join(([str(const)] if const or not parts else []) + parts)

    def buffer(self, node):
        while node not in self.fusion.kept and node.op.kind == "reshape":
            node = node.src[0]
        return self.value(node)

    def allocate(self, node, size=None, dtype=None):
        size, dtype = node.size if size is None else size, dtype or node.dtype
        name = self.local("b", node)
        kind = "" if dtype.name == "float64" else f", {self.bind('T', dtype)}"
        make = "pooled" if size * dtype.itemsize >= pool.LEAST else "empty"
        self.lines.append(f"{name} = {make}({size}{kind})")
        return name

    # ------------------------------------------------------------------ steps

    def scalar(self, kernel, function):
        for node, argument in kernel.passed.items():
            text = self.argument(*argument)
            self.lines.append(f"{self.local('s', node)} = {text}")
        if not kernel.results:
            return
        args = [self.argument(*argument) for argument in kernel.dynamic]
        args += [self.bind("K", node.arg) for node in kernel.static]
        names = [self.local("s", node) for node in kernel.results]
        self.lines.append(f"{', '.join(names)} = {self.bind('F', function)}({', '.join(args)})")

    def argument(self, kind, what):
        """The expression of an argument of a scalar kernel: a number, or an element of an array."""
        if kind == "number":
            return self.value(what)
        node, const, terms = what
        return f"{self.buffer(node)}.item({self.index(const, terms)})"

    def loop(self, kernel, address):
        units = kernel.units
        whole = kernel.results
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
        partial = {n: self.partial(n, units) for n in whole} if units.chunks > 1 else {}
        for part in kernel.totals:
            self.totals[part] = name = f"p{next(self.counter)}"
            self.lines.append(
                f"{name} = empty({parts_of(units)}, {self.bind('T', _item(part.dtype))})"
            )
        for node, parts in kernel.carried:
            self.carry(node, parts, units)
        block, constants = self.static_block(kernel)
        codes = (
            "q" * len(whole) + "q" + "".join(self.code(kind, what) for kind, what in kernel.dynamic)
        )
        slots = ["0"] * len(whole) + [constants]
        for kind, what in kernel.dynamic:
            slots.append(self.slot(kind, what, partial))
        if any(kind == "far" for kind, _ in kernel.dynamic):
            self.lines += [f"far = empty(1, {self.bind('T', np.int64)})", "far[0] = 0"]
        pack = self.bind("P", struct.Struct("=" + codes).pack)
        address = self.bind("A", address)
        self.lines.append(f"a = {pack}({', '.join(slots)})")
        if units.chunks > 1:
            launcher = self.bind("G", launch.launch)
            self.lines.append(
                f"{launcher}({address}, {units.total}, {units.step}, id(a), {kernel.work})"
            )
        else:
            self.lines.append(
                f"{self.bind('C', launch.prepare())}({address}, {units.total}, id(a))"
            )
        self.scope[self.bind("B", None)] = block
        if any(kind == "far" for kind, _ in kernel.dynamic):
            self.lines.append(f"if far[0]: return {self.again()}(L, N)")
        self.results(kernel, partial)
        if _is_joined(kernel):
            for node in kernel.gathered:
                self.join(node, units.parts, kernel.wide or node.dtype)

    def results(self, kernel, partial):
        """Reductions over everything: from the slots they were written to, or from one partial
        result per chunk."""
        whole = kernel.results
        if not whole:
            return
        rounded, combined = launch.reducers()
        if not partial:
            unpack = struct.Struct(
                "=" + "".join(_RESULT[result_dtype(n).name] for n in whole)
            ).unpack_from
            names = ", ".join(self.local("s", n) for n in whole)
            self.lines.append(
                f"{names}{',' if len(whole) == 1 else ''} = {self.bind('U', unpack)}(a)"
            )
        for node in whole:
            narrow = node.dtype.name == "float32"
            if partial and node.dtype.kind == "f" and node.op.combine in launch.COMBINATIONS:
                place, count, kind = (
                    partial[node],
                    kernel.units.chunks,
                    launch.COMBINATIONS.index(node.op.combine),
                )
                function = self.bind("J", combined)
                self.lines.append(
                    f"{self.local('s', node)} = {function}(id({place}), {count}, {kind}, "
                    f"{narrow:d})"
                )
            elif partial:
                self.local("s", node)
                self.combine(node, partial[node], None, ())
                self.lines.append(f"{self.names[node]} = {self.names[node]}.item()")
            elif narrow:
                name = self.names[node]
                self.lines.append(f"{name} = {self.bind('J', rounded)}({name})")
        for node in whole:
            if node.ndim:  # one element, but an array
                number = self.names[node]
                self.lines.append(f"{self.allocate(node)}[0] = {number}")

    def reductions_of_nothing(self, whole, gathered):
        for node in gathered:
            self.lines.append(
                f"{self.names[node]}.fill({self.bind('K', node.op.identity(node.dtype))})"
            )
        for node in whole:
            value = self.bind("K", np.asarray(node.op.identity(node.dtype), node.dtype).item())
            if node.ndim:
                self.lines.append(f"{self.allocate(node)}[0] = {value}")
            else:
                name = self.local("s", node)
                self.lines.append(f"{name} = {value}")

    def carry(self, node, parts, units):
        """What each chunk of a scan goes on from, from the totals of the chunks."""
        if units.chunks == 1:
            start = np.asarray(node.op.identity(node.dtype), node.dtype).item()
            self.carries[node] = self.bind("K", np.full(parts_of(units), start, _item(node.dtype)))
            return
        name = self.carries[node] = f"c{next(self.counter)}"
        given = ", ".join(self.totals[part] for part in parts)
        self.warns |= node.dtype.kind == "f"
        self.lines.append(
            f"{name} = {self.bind('R', _carries(node, parts[0].dtype, units.chunks))}({given})"
        )
        self.lines.append(f"if {name} is None: return {self.again()}(L, N)")

    def again(self):
        """What runs the plan by NumPy, as it was given."""
        roots = self.lowered.roots
        return self.bind("E", lambda L, N: watch.again(roots, L, N))

    def partial(self, node, units):
        name = f"p{next(self.counter)}"
        self.lines.append(f"{name} = empty({units.chunks}, {self.bind('T', result_dtype(node))})")
        return name

    def join(self, node, parts, dtype):
        """The result of a reduction that left an array per chunk, which may be empty."""
        source = self.names[node]
        if not node.size:
            self.allocate(node)
            return
        if not _has_joiner(node):
            self.combine(node, source, f"({parts}, {node.size})", (node.size,))
            return
        from .numba.build import joiner

        out, kind = self.allocate(node), launch.COMBINATIONS.index(node.op.combine)
        joined = self.bind("J", joiner(node.dtype, dtype))
        self.lines.append(f"{joined}(id({out}), id({source}), {parts}, {node.size}, {kind})")

    def combine(self, node, source, shape, result):
        """Join partial results along the first axis, in order, by the reduction itself."""
        self.warns |= node.dtype.kind == "f"
        parts = Node(node.op, (leaf(0, (2, 2), node.dtype),), (0,), result, node.dtype)
        function = self.bind("R", lambda p, parts=parts: parts.op.reference(p, node=parts))
        text = f"{source}.reshape{shape}" if shape else source
        flat = ".reshape(-1)" if shape else ""
        self.lines.append(f"{self.names[node]} = {function}({text}){flat}")

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
    def code(kind, what):
        return _PACK.get(what.dtype.name, "q") if kind == "number" else "q"

    def slot(self, kind, what, partial):
        if kind == "number":
            return self.value(what)
        if kind == "index":
            return self.index(*what)
        if kind == "far":
            return "id(far)"
        if kind == "result":
            return f"id({partial[what]})" if partial else "0"
        if kind in ("carry", "total"):
            return f"id({(self.carries if kind == 'carry' else self.totals)[what]})"
        return f"id({self.names[what] if kind == 'out' else self.buffer(what)})"

    def call(self, node):
        args = []
        for operand, (base, shape, axes) in zip(node.src, call_operands(node), strict=True):
            text = self.value(base)
            if not operand.ndim:
                text = f"{self.bind('W', np.dtype(operand.dtype).type)}({text})"
            elif len(shape) > 1:
                text += f".reshape({', '.join(map(str, shape))})"
            if axes != tuple(range(len(axes))):
                text += f".transpose{axes}"
            args.append(text)
        self.warns |= node.dtype.kind == "f"
        function, what = self.bind("Y", node.op.reference), self.bind("Z", node)
        text = f"{function}({', '.join([*args, 'node=' + what])})"
        flatten = self.bind("H", _number if not node.ndim else _flattener(node.dtype))
        self.lines.append(f"{self.local('b' if node.ndim else 's', node)} = {flatten}({text})")

    # ------------------------------------------------------------------ results

    def result(self, root):
        base = flat_base(root)
        if base in self.fusion.views and base not in self.names:
            source = flat_base(base.src[0])
            terms = [
                (n, st) for n, st in zip(base.src[1:], contiguous(base.src[0].shape), strict=True)
            ]
            const = sum(int(n.arg) * st for n, st in terms if n.op.kind == "const")
            start = self.index(const, [t for t in terms if t[0].op.kind != "const"])
            self.lines.append(f"d = {start}")
            self.lines.append(f"{self.local('v', base)} = {self.value(source)}[d:d + {base.size}]")
        return self.value(base)

    def text(self):
        returned = [self.result(root) for root in self.fusion.roots]
        lines = self.lines
        for name in {name for node, name in self.names.items() if _large(node)}.difference(
            returned
        ):
            _let_go(name, lines)
        if self.warns:
            lines = [f"with {self.bind('Q', _quiet)}():", *(f"    {line}" for line in lines)]
        lines = [*lines, f"return ({', '.join(returned)}{',' if returned else ''})"]
        return "def run(L, N):\n" + "\n".join(f"    {line}" for line in lines) + "\n"


def _large(node):
    """Whether the memory of a value is to be free as soon as it was read last."""
    return node.ndim > 0 and node.size * node.dtype.itemsize >= pool.LEAST


def _let_go(name, lines):
    """Deletes a local of the plan after its last use: of an ``id`` among the arguments `a`, after
    the launch."""
    at = max((k for k, line in enumerate(lines) if re.search(rf"\b{name}\b", line)), default=None)
    if at is not None and lines[at].startswith("a = "):
        end = next(
            (k for k in range(at + 1, len(lines)) if lines[k].startswith("a = ")), len(lines)
        )
        at = max((k for k in range(at + 1, end) if "id(a)" in lines[k]), default=None)
    if at is not None:
        lines.insert(at + 1, f"del {name}")


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


def assemble(lowered, around=None):
    """The function ``run(L, N)`` of a plan; compiles what has not been compiled yet.

    ``around(assembler, k, first)`` may put something around the lines of each step, those from
    number `first` on."""
    from .numba.build import loop_kernel, scalar_kernel

    launch.prepare()
    assembler = _Assembler(lowered)
    for k, kernel in enumerate(lowered.kernels):
        first = len(assembler.lines)
        if isinstance(kernel, Call):
            assembler.call(kernel.node)
        elif kernel.kind == "scalar":
            assembler.scalar(kernel, kernel.source and scalar_kernel(kernel.source))
        else:
            assembler.loop(kernel, kernel.source and loop_kernel(kernel.source))
        if around is not None:
            around(assembler, k, first)
    text = assembler.text()
    scope = assembler.scope
    exec(compile(text, "<jitgrad plan>", "exec"), scope)
    run = scope["run"]
    run.text = text
    return run
