"""Entries of derivatives compiled without numba's front end: their LLVM instructions are written
from their syntax trees, and LLVM's passes run once.

numba's inference of types and lowering take most of the time of a first gradient; the texts that
`jitgrad.loops.emit` writes need little of either. What is beyond them (`Unwritten`) numba compiles,
as it does all with ``config.numba = "public"``. Start at `Written`; `entries` says which functions
come here.
"""

import operator

from llvmlite import ir
from numba import types

# the compilation of one function, and its passes
from numba.core import typed_passes
from numba.core.compiler import CompilerBase, _LowerResult
from numba.core.compiler_machinery import LoweringPass, PassManager, register_pass

# the constants that a function's code refers to
from numba.core.environment import Environment

from ...base.syntax import syntax_tree
from ..llvm.kernel_types import Unwritten
from ..llvm.operations import KernelOperation, resolved
from .derivative_code import DerivativeCode
from .derivative_types import DerivativeTypes
from .lowering import kind_of, type_of
from .private import KernelLibrary, NumbaWords, described_function

#: Operators that are instructions of ours, with numba's meaning.
OPERATORS = frozenset(
    (
        *(operator.add, operator.sub, operator.mul, operator.truediv, operator.neg),
        *(operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne),
    )
)


class DerivativeWords(NumbaWords):
    """Operators of numbers are our own, anything else is numba's."""

    def resolved(self, function, operands):
        if function in OPERATORS and all(isinstance(t, _NUMBERS) for t in operands):
            found = resolved(function, tuple(map(kind_of, operands)))
            if found is not None:
                kinds = tuple(map(type_of, found.operands))
                emit = _WHOLE.get(function) if kinds[0] == types.int64 else None
                return KernelOperation(type_of(found.result), kinds, emit or found.emit)
        return super().resolved(function, operands)

    def _operation(self, called, signature):
        def emit(builder, *values):
            function = self.target.get_function(called, signature)
            self.target.add_linking_libs(getattr(function, "libs", ()))
            return function(builder, values)

        return KernelOperation(signature.return_type, signature.args, emit)


_NUMBERS = types.Float, types.Integer, types.Boolean
#: As numba, these take it that whole numbers with a sign do not overflow: else LLVM could not see
#: that an index beside a loop's is not negative.
_WHOLE = {
    operator.add: lambda builder, x, y: builder.add(x, y, flags=("nsw",)),
    operator.sub: lambda builder, x, y: builder.sub(x, y, flags=("nsw",)),
    operator.mul: lambda builder, x, y: builder.mul(x, y, flags=("nsw",)),
}


@register_pass(mutates_CFG=False, analysis_only=False)
class WriteDerivative(LoweringPass):
    """From the syntax tree of a derivative to machine code."""

    _name = "jitgrad_derivative"

    def __init__(self):
        super().__init__()

    def run_pass(self, state):
        function = state.func_id.func
        tree = _tree_of(function)
        words = DerivativeWords(state.typingctx)
        known = DerivativeTypes(words, tree, state.args, function.__globals__)
        if not known.returned:
            raise Unwritten("a function that returns nothing")
        (state.return_type,) = known.returned
        state.type_annotation = ""
        library = KernelLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        library.enable_object_caching()
        state["library"], described = library, described_function(state)
        context = state.targetctx
        with context.push_code_library(library):
            environment, helper = self._write(state, library, described, known)
            context.create_cpython_wrapper(
                library, described, environment, helper, release_gil=state.flags.release_gil
            )
        called = context.get_executable(library, described, environment)
        context.insert_user_function(called, described, [library])
        state["cr"] = _LowerResult(described, helper, cfunc=called, env=environment)
        return True

    def _write(self, state, library, described, known):
        environment = Environment.from_fndesc(described)
        context = state.targetctx.subtarget(environment=environment, fndesc=described)
        module = library.create_ir_module(described.unique_name)
        context.declare_env_global(module, context.get_env_name(described))
        function = context.declare_function(module, described)
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        convention = context.call_conv
        helper = convention.init_call_helper(builder)
        given = convention.decode_arguments(builder, described.argtypes, function)
        begin = function.append_basic_block("begin")
        builder.branch(begin)
        builder.position_at_end(begin)
        known.words.target = context
        DerivativeCode(builder, known, given, context)
        context.post_lowering(module, library)
        library.add_ir_module(module)
        return environment, helper


def _tree_of(function):
    """The syntax tree of a function of an emitted module."""
    tree = syntax_tree(function.__globals__["SOURCE"])
    return next(s for s in tree.body if getattr(s, "name", "") == function.__name__)


class Written(CompilerBase):
    """The compiler of entries of derivatives."""

    def define_pipelines(self):
        passes = PassManager("jitgrad derivative")
        passes.add_pass(WriteDerivative, "instructions")
        passes.add_pass(typed_passes.NoPythonBackend, "result")
        passes.finalize()
        return [passes]
