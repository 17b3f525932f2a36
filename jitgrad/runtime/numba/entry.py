"""How a kernel becomes code: its loops are compiled by numba, its entry is written as LLVM
instructions.

The entry only reads slots and calls the loops. It is run once, on stand-ins that say of each
argument what type it has and how it is read, so numba types and lowers nothing of it, and the loops
are compiled once, where they are called. Imported by `build` alone. Start at `ChunkFunction`.
"""

import types as python
from functools import partial

from llvmlite import ir
from numba.core import types
from numba.core.caching import FunctionCache
from numba.core.ccallback import CFunc

from ...base.dtypes import SUPPORTED
from .lowering import I64, array_data, item_type, result_data
from .passes import Plain

CHUNK = types.void(*[types.int64] * 4)


# ----- what an entry reads


class Argument:
    """An argument of the loops: its numba type, and `code(context, builder)`, which reads it."""

    def __init__(self, type_, code):
        self.type, self.code = type_, code

    def __ne__(self, number):  # no comparison of Python's: it stands in the texts of entries
        def code(context, builder):
            return builder.icmp_signed("!=", self.code(context, builder), ir.Constant(I64, number))

        return Argument(types.boolean, code)

    def cast(self, type_):
        def code(context, builder):
            return context.cast(builder, self.code(context, builder), self.type, type_)

        return Argument(type_, code)


class Slots:
    """Slots at an address."""

    def __init__(self, address):
        self.address = address

    def place(self, context, builder, k):
        start = builder.inttoptr(self.address.code(context, builder), I64.as_pointer())
        return builder.gep(start, [ir.Constant(I64, k)])

    def __getitem__(self, k):
        return Argument(
            types.int64, lambda context, builder: builder.load(self.place(context, builder, k))
        )


def _as_float(slot):
    def code(context, builder):
        return builder.bitcast(slot.code(context, builder), ir.DoubleType())

    return Argument(types.float64, code)


def _array(type_, block, k):
    pointer = types.CPointer(type_)

    def code(context, builder):
        data = array_data(builder, block[k].code(context, builder))
        return builder.inttoptr(data, context.get_value_type(pointer))

    return Argument(pointer, code)


def _result(type_, block, k, slot):
    pointer = types.CPointer(type_)

    def code(context, builder):
        own = builder.ptrtoint(block.place(context, builder, k), I64)
        place = result_data(builder, own, block[slot].code(context, builder))
        return builder.inttoptr(place, context.get_value_type(pointer))

    return Argument(pointer, code)


def _names(loops):
    """What the names in an entry mean while it is run."""
    out = {
        "slots": Slots,
        "as_float": _as_float,
        "body": lambda *arguments: loops.extend(arguments),
    }
    casts = {}
    for dtype in SUPPORTED:
        item = item_type(dtype)
        out[f"array_{dtype.name}"], out[f"result_{dtype.name}"] = (
            partial(_array, item),
            partial(_result, item),
        )
        casts[dtype.name] = lambda argument, type_=item: argument.cast(type_)
    return {**out, "np": python.SimpleNamespace(**casts)}


def _arguments(entry, given):
    """The arguments that `entry` calls the loops with, as it is given `given`."""
    loops = []
    python.FunctionType(entry.__code__, _names(loops))(*given)
    return loops


# ----- the kernel


class ChunkFunction(CFunc):
    """The loops `body`, compiled, and the function `entry`, which a launch calls through its
    `address`."""

    def __init__(self, body, entry):
        super().__init__(
            body,
            (CHUNK.args, CHUNK.return_type),
            {},
            {"error_model": "numpy"},
            pipeline_class=Plain,
        )
        self.entry = entry
        self._cache = FunctionCache(body)
        self.compile()

    @property
    def library(self):
        """The code, as numba has it."""
        return self._library

    def _compile_uncached(self):
        given = [
            Argument(types.int64, lambda context, builder, k=k: builder.function.args[k])
            for k in range(4)
        ]
        arguments = _arguments(self.entry, given)
        compiler = self._compiler
        compiler._customize_flags = _only_loops
        made = compiler.compile(tuple(a.type for a in arguments), types.void)
        self._write(made, arguments)
        return made

    def _write(self, made, arguments):
        context, loops = made.target_context, made.fndesc
        module = context.create_module("entry")
        shape = context.call_conv.get_function_type(loops.restype, loops.argtypes)
        callee = ir.Function(module, shape, loops.llvm_func_name)
        shape = ir.FunctionType(ir.VoidType(), [I64] * 4)
        function = ir.Function(module, shape, loops.llvm_cfunc_wrapper_name)
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        values = [a.code(context, builder) for a in arguments]
        context.call_conv.call_function(
            builder, callee, loops.restype, loops.argtypes, values, attrs=("noinline",)
        )
        builder.ret_void()
        made.library.add_ir_module(module)


def release(library):
    """Frees what numba keeps of compiled code for inspection and for inlining it elsewhere: machine
    code stays.

    Without, a kernel of 20 operations loaded from the disk takes 0.68 MiB, most of it the module in
    LLVM's memory."""
    library.codegen._engine._ee.remove_module(library._final_module)
    library._final_module = library._shared_module = library._compiled_object = None
    library._linking_libraries = []


def _only_loops(flags):
    flags.no_cpython_wrapper = flags.no_cfunc_wrapper = flags.no_compile = True
    flags.enable_pyobject = flags.force_pyobject = False
    return flags
