"""exp, log1p, sin, cos and tanh for kernels by hand, in loops that LLVM vectorises, from glibc's
libmvec.

numba without Intel's SVML calls libm once per element, which would make the hand-written kernels no
limit at all. A call that carries the attribute "vector-function-abi-variant" tells LLVM which
function takes a whole vector. Where libmvec or the vector unit is missing, these are `math`'s.
"""

import ctypes
import math

import llvmlite.binding as llvm
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

NAMES = ("exp", "log1p", "sin", "cos", "tanh")
FEATURES = llvm.get_host_cpu_features()
ISA, BITS = ("e", 512) if FEATURES.get("avx512f") else ("d", 256)


def _load():
    """Makes the functions known to LLVM, also to kernels that come from the disk; whether they are
    there."""
    try:
        for library in ("libm.so.6", "libmvec.so.1"):
            llvm.load_library_permanently(library)
        vectors = ctypes.CDLL("libmvec.so.1")
    except OSError:
        return False
    if not FEATURES.get("avx2") or not all(
        hasattr(vectors, f"_ZGV{ISA}N{BITS // 64}v_{name}") for name in NAMES
    ):
        return False
    for name in NAMES:
        for suffix in ("", "f"):
            llvm.add_symbol("hand_" + name + suffix, llvm.address_of_symbol(name + suffix))
    return True


def _keep(module, function):
    """Keeps a declaration that nothing calls until loops are vectorised."""
    pointer = ir.IntType(8).as_pointer()
    old = module.globals.get("llvm.compiler.used")
    kept = [*(old.kept if old else ()), function]
    if old:
        del module.globals["llvm.compiler.used"]
        module.scope._useset.discard("llvm.compiler.used")
    used = ir.GlobalVariable(module, ir.ArrayType(pointer, len(kept)), "llvm.compiler.used")
    used.kept, used.linkage, used.section = kept, "appending", "llvm.metadata"
    used.initializer = ir.Constant(used.value_type, [f.bitcast(pointer) for f in kept])


def _vectorised(name):
    @intrinsic
    def call(typingctx, x):
        if not isinstance(x, types.Float):
            return None

        def codegen(context, builder, signature, args):
            module, lanes, kind = builder.module, BITS // x.bitwidth, args[0].type
            scalar = name + "f" * (x.bitwidth == 32)
            wide, alias = (
                f"_ZGV{ISA}N{lanes}v_{scalar}",
                "hand_" + scalar,
            )  # LLVM does not know the alias: no rewriting
            if wide not in module.globals:
                vector = ir.VectorType(kind, lanes)
                _keep(module, ir.Function(module, ir.FunctionType(vector, [vector]), wide))
            function = module.globals.get(alias) or ir.Function(
                module, ir.FunctionType(kind, [kind]), alias
            )
            out = builder.call(function, args, fastmath=("fast",))
            variant = f'"vector-function-abi-variant"="_ZGV_LLVM_N{lanes}v_{alias}({wide})"'
            for attribute in (variant, "nounwind", "willreturn", "memory(none)"):
                set.add(out.attributes, attribute)  # llvmlite's own `add` knows only some names
            return out

        return x(x), codegen

    return njit(lambda x: call(x))


AVAILABLE = _load()
exp, log1p, sin, cos, tanh = (
    _vectorised(name) if AVAILABLE else getattr(math, name) for name in NAMES
)
