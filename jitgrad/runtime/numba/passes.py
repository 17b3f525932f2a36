"""The passes of numba that kernels need, and no others.

Kernels are loops over numbers and pointers: no closures, no constants that settle a branch, no
array expressions, nothing that counts references. numba's own pipeline looks for all of these, and
works out who uses which variable after each pass. Imported by `build` alone. Start at `Plain`.
"""

from numba.core import errors, transforms, typed_passes, types, untyped_passes
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import FunctionPass, PassManager, register_pass
from numba.core.typeinfer import TypeInferer

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
