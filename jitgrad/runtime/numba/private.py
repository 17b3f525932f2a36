"""The fast way to compile kernels, by parts of numba that are not its public API: the only module
that uses any.

Kernels are loops over numbers and pointers: no closures, no constants that settle a branch, no
array expressions, nothing that counts references. numba's own pipeline looks for all of these, and
works out who uses which variable after each pass; `Plain` has the passes that kernels need, and no
others. numba also compiles a function and what C code calls it by; a `ChunkFunction` is compiled
once, and its entry is written as LLVM instructions (`entry`).

Another numba may lack any of these names: then `api` chooses `public`, which offers the same
functions. Start at `entry` and `Plain`.
"""

from llvmlite import ir
from numba import njit, types

# what makes typing problems warnings; the copy of a program whose loops have one head each; the
# passes that lower a typed program and keep the result; those from bytecode to numba's IR
from numba.core import errors, transforms, typed_passes, untyped_passes

# keeps the binaries of a function beside its source
from numba.core.caching import FunctionCache

# a function with the address of its machine code; here it is given an entry of our own
from numba.core.ccallback import CFunc

# the pipeline of a compilation, and its flags
from numba.core.compiler import CompilerBase

# a pass, and the list of passes
from numba.core.compiler_machinery import FunctionPass, PassManager, register_pass

# the inference of types, which asks for each operation at each place
from numba.core.typeinfer import TypeInferer

from .entry import CHUNK, I64, Argument, arguments_of

#: (operation, types of its operands) -> signature: each is found once per process.
_signatures: dict = {}


class Types(TypeInferer):
    """numba's inference of types, but operations on numbers are looked up once and not at each
    place they stand.

    For each operator of two floats numba asks its ufuncs, too, whether they are wanted.
    """

    def resolve_call(self, fnty, pos_args, kw_args):
        if (
            kw_args
            or not isinstance(fnty, _CALLED)
            or not all(isinstance(a, _NUMBERS) for a in pos_args)
        ):
            return super().resolve_call(fnty, pos_args, kw_args)
        key = fnty, tuple(pos_args)
        found = _signatures.get(key)
        if found is None:
            found = super().resolve_call(fnty, pos_args, kw_args)
            if found is not None:
                _signatures[key] = found
        return found


_NUMBERS = types.Float, types.Integer, types.Boolean
_CALLED = types.Function, types.NumberClass


@register_pass(mutates_CFG=False, analysis_only=False)
class _Typed(FunctionPass):
    """From bytecode to a typed program, ready to be lowered."""

    _name = "jitgrad_typed"

    def __init__(self):
        super().__init__()

    def run_pass(self, state):
        untyped_passes.TranslateByteCode().run_pass(state)
        untyped_passes.FixupArgs().run_pass(state)
        state.func_ir.blocks = transforms.canonicalize_cfg(state.func_ir.blocks)
        self._infer(state)
        state.type_annotation = ""
        return True

    def _infer(self, state):
        warnings = errors.WarningsFixer(errors.NumbaWarning)
        infer = Types(state.typingctx, state.func_ir, warnings)
        stack = state.typingctx.callstack.register(
            state.targetctx.target, infer, state.func_ir.func_id, state.args
        )
        with stack, warnings:
            for index, (name, type_) in enumerate(
                zip(state.func_ir.arg_names, state.args, strict=True)
            ):
                infer.seed_argument(name, index, type_)
            if state.return_type is not None:
                infer.seed_return(state.return_type)
            infer.build_constraint()
            infer.propagate()
            state.typemap, state.return_type, state.calltypes = infer.unify()


class Plain(CompilerBase):
    """The compiler of kernels. Pointer arguments are noalias: arrays of a kernel do not overlap
    those it writes."""

    def define_pipelines(self):
        self.state.flags.noalias = True
        passes = PassManager("jitgrad")
        passes.add_pass(_Typed, "types")
        passes.add_pass(typed_passes.NativeLowering, "lowering")
        passes.add_pass(typed_passes.NoPythonBackend, "result")
        passes.finalize()
        return [passes]


# ----- kernels


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

    def _compile_uncached(self):  # what `compile` calls where the disk has no binary
        given = [
            Argument(types.int64, lambda context, builder, k=k: builder.function.args[k])
            for k in range(4)
        ]
        arguments = arguments_of(self.entry, given)
        compiler = self._compiler  # from flags and types to machine code
        compiler._customize_flags = _only_loops
        made = compiler.compile(tuple(a.type for a in arguments), types.void)
        self._write(made, arguments)
        return made

    def _write(self, made, arguments):
        """Add the entry to the compiled loops, by numba's calling convention, under the name that
        `compile` looks for."""
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


def _only_loops(flags):
    """Neither Python nor C calls the loops: no wrappers, and no fall-back to objects."""
    flags.no_cpython_wrapper = flags.no_cfunc_wrapper = flags.no_compile = True
    flags.enable_pyobject = flags.force_pyobject = False
    return flags


def _release(library):
    """Frees what numba keeps of compiled code for inspection and for inlining it elsewhere: machine
    code stays.

    Without, a kernel of 20 operations loaded from the disk takes 0.68 MiB, most of it the module in
    LLVM's memory."""
    library.codegen._engine._ee.remove_module(library._final_module)
    library._final_module = library._shared_module = library._compiled_object = None
    library._linking_libraries = []


# ----- what `public` offers as well


def parsed(source):
    """What is executed for the text of a kernel: the text."""
    return source


def entry(function):
    """The chunk function of a kernel, callable through its address."""
    return ChunkFunction(function.__globals__["body"], function)


def scalar(signature):
    """A kernel of Python numbers, for the argument types of `signature`."""
    return njit(
        f"({signature}{',' if signature else ''})",
        cache=True,
        error_model="numpy",
        pipeline_class=Plain,
    )


def address(chunk):
    """The address of a chunk function, of which only the machine code is kept."""
    _release(chunk.library)
    return chunk.address


def driver_entry(dispatcher):
    """What calls a function that is compiled for one signature, without looking at types."""
    (result,) = dispatcher.overloads.values()
    return result.entry_point


def scalar_entry(dispatcher):
    """As `driver_entry`, of a kernel of which only the machine code is kept."""
    (result,) = dispatcher.overloads.values()
    _release(result.library)
    return result.entry_point


def load_pool():
    """Load numba's OpenMP pool, if there is one."""
    try:
        from numba.np.ufunc import omppool  # noqa: F401
    except ImportError:
        pass  # numba has other pools
