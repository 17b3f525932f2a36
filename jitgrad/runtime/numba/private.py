"""The fast way to compile kernels, by parts of numba that are not its public API: the only module
that uses any.

Kernels are loops over numbers and pointers: no closures, no constants that settle a branch, no
array expressions, nothing that counts references. So the loops of a `ChunkFunction` are written
from their syntax tree (`kernel_types`, `kernel_code`) and its entry is run on stand-ins (`entry`):
of numba's pipeline only the frame is left (`Direct`), and LLVM's passes run once (`KernelLibrary`).
Kernels of numbers and drivers, which Python calls, take those passes of numba that they need
(`Plain`).

Another numba may lack any of these names: then `api` chooses `public`, which offers the same
functions. Start at `entry` and `Direct`.
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

# what a library of machine code is, and how LLVM's passes are run over it
from numba.core.codegen import JITCodeLibrary

# the pipeline of a compilation, and its flags
# what a written function is handed on as
from numba.core.compiler import CompilerBase, _LowerResult

# a pass, and the list of passes
from numba.core.compiler_machinery import FunctionPass, LoweringPass, PassManager, register_pass

# the constants that a function's code refers to
from numba.core.environment import Environment

# the name, types and place of a function
from numba.core.funcdesc import PythonFunctionDescriptor

# the inference of types, which asks for each operation at each place
from numba.core.typeinfer import TypeInferer

from ...base.syntax import syntax_tree
from ..llvm import kinds
from ..llvm.entry import Argument, arguments_of
from ..llvm.kernel_code import KernelCode
from ..llvm.kernel_types import KernelTypes, Unwritten
from ..llvm.memory import I64
from ..llvm.operations import KernelOperation
from .lowering import type_of

CHUNK = types.void(*[types.int64] * 4)

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


class NumbaWords:
    """What the operations of a kernel are, by numba: asked once per process for each operation of
    numbers, and types of operands. The counterpart of `llvm.words.Words`."""

    boolean, int64, uint64, float64 = types.boolean, types.int64, types.uint64, types.float64
    plain, literal = staticmethod(types.unliteral), staticmethod(types.literal)

    def __init__(self, typings):
        self.typings, self.target = typings, None

    def unified(self, a, b):
        return self.typings.unify_types(a, b)

    @staticmethod
    def is_whole(kind):
        return isinstance(kind, types.Integer)

    def resolved(self, function, operands):
        key = function, operands
        try:
            found = _resolved.get(key)
        except TypeError as error:  # of a function that has no hash
            raise Unwritten(str(error)) from None
        if found is None:
            called = self.typings.resolve_value_type(function)
            signature = self.typings.resolve_function_type(called, operands, {})
            if signature is None:
                return None
            found = called, signature
            if isinstance(called, _CALLED) and all(isinstance(t, _PLAIN) for t in operands):
                _resolved[key] = found
        return self._operation(*found)

    def _operation(self, called, signature):
        def emit(builder, *values):
            return self.target.get_function(called, signature)(builder, values)

        return KernelOperation(signature.return_type, signature.args, emit)

    def attribute(self, kind, name):
        return self.typings.resolve_getattr(kind, name)

    def method(self, method, kinds):
        signature = method.get_call_type(self.typings, kinds, {})
        return self._operation(method, signature)

    def part(self, builder, value, kind, name):
        write = self.target.get_getattr(kind, name)
        return write(self.target, builder, kind, value, name)

    def llvm(self, kind):
        return self.target.get_value_type(kind)

    def cast(self, builder, value, kind, wanted):
        if isinstance(wanted, types.Literal):
            return value
        return self.target.cast(builder, value, kind, wanted)

    def constant(self, kind, value):
        return self.target.get_constant(kind, value)


#: Types of operands whose operations are looked up once per process.
_PLAIN = types.Number, types.Boolean, types.CPointer
#: (operation, types of operands) -> what numba calls it, and its signature.
_resolved: dict = {}


class Plain(CompilerBase):
    """The compiler of kernels of numbers and of drivers."""

    def define_pipelines(self):
        self.state.flags.noalias = True
        passes = PassManager("jitgrad")
        passes.add_pass(_Typed, "types")
        passes.add_pass(typed_passes.NativeLowering, "lowering")
        passes.add_pass(typed_passes.NoPythonBackend, "result")
        passes.finalize()
        return [passes]


class KernelLibrary(JITCodeLibrary):
    """The machine code of a kernel, for which LLVM's passes run once, over the whole module.

    numba runs them over each function, then over the module without vectors, for the sake of
    references that are counted, and then over the module."""

    def _optimize_functions(self, ll_module):
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self):
        manager, builder = self._codegen._module_pass_manager()
        manager.run(self._final_module, builder)


def described_function(state):
    """What numba knows a function by that is written without its lowering: name, types, place."""
    name = state.func_id
    return PythonFunctionDescriptor(
        native=True,
        modname=name.modname,
        qualname=name.func_qualname,
        unique_name=name.unique_name,
        doc="",
        typemap={},
        restype=state.return_type,
        calltypes={},
        args=name.arg_names,
        kws=(),
        mangler=state.targetctx.mangler,
        argtypes=tuple(state.args),
        noalias=state.flags.noalias,
        global_dict=None,  # those of its module, else all that kernels see is stored with each
        abi_tags=[state.flags.get_mangle_string()],
        uid=name.unique_id,
    )


@register_pass(mutates_CFG=False, analysis_only=False)
class _Written(LoweringPass):
    """From the syntax tree of a kernel's loops to LLVM instructions."""

    _name = "jitgrad_written"

    def __init__(self):
        super().__init__()

    def run_pass(self, state):
        scope = state.func_id.func.__globals__
        tree = next(
            s for s in syntax_tree(scope["SOURCE"]).body if getattr(s, "name", "") == "body"
        )
        known = KernelTypes(NumbaWords(state.typingctx), tree, state.args, scope)
        state.return_type, state.type_annotation = types.none, ""
        library = KernelLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        library.enable_object_caching()
        state["library"], described = library, described_function(state)
        with state.targetctx.push_code_library(library):
            environment = self._write(state, library, described, known)
        state["cr"] = _LowerResult(described, None, cfunc=None, env=environment)
        return True

    def _write(self, state, library, described, known):
        """Adds the function to the library; what it is run with."""
        environment = Environment.from_fndesc(described)
        context = state.targetctx.subtarget(environment=environment, fndesc=described)
        module = library.create_ir_module(described.unique_name)
        context.declare_env_global(module, context.get_env_name(described))
        function = context.declare_function(module, described)
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        convention = context.call_conv
        convention.init_call_helper(builder)
        given = convention.decode_arguments(builder, described.argtypes, function)
        begin = function.append_basic_block("begin")
        builder.branch(begin)
        builder.position_at_end(begin)
        known.words.target = context
        KernelCode(builder, known, given)
        convention.return_value(builder, context.get_constant_null(types.none))
        context.post_lowering(module, library)
        library.add_ir_module(module)
        return environment


class Direct(CompilerBase):
    """The compiler of the loops of kernels. Pointer arguments are noalias: arrays of a kernel do
    not overlap those it writes."""

    def define_pipelines(self):
        self.state.flags.noalias = True
        passes = PassManager("jitgrad direct")
        passes.add_pass(_Written, "instructions")
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
            pipeline_class=Direct,
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
            Argument(kinds.int64, lambda builder, k=k: builder.function.args[k]) for k in range(4)
        ]
        arguments = arguments_of(self.entry, given)
        compiler = self._compiler  # from flags and types to machine code
        compiler._customize_flags = _only_loops
        made = compiler.compile(tuple(type_of(a.kind) for a in arguments), types.void)
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
        values = [a.code(builder) for a in arguments]
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


def driver(signature, **options):
    """What calls kernels, and what Python calls for it."""
    return njit(f"({signature},)", cache=True, error_model="numpy", pipeline_class=Plain, **options)


def called_by(function):
    """What a compiled function is called by, of which only the machine code is kept: the address of
    a chunk function; else what calls it without looking at types."""
    if isinstance(function, ChunkFunction):
        _release(function._library)
        return function.address
    (result,) = function.overloads.values()
    _release(result._asdict()["library"])
    return result.entry_point


def load_pool():
    """Load numba's OpenMP pool, if there is one."""
    try:
        from numba.np.ufunc import omppool  # noqa: F401
    except ImportError:
        pass  # numba has other pools
