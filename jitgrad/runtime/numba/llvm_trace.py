"""From plain Python to LLVM instructions, by running it once: how the functions of `vmath` get into
kernels.

A `Value` stands for a float, an integer of the same size or a truth value of the kernel; arithmetic
on it writes the instruction. What the function computes from Python numbers alone is done while it
runs. Start at `traced`.
"""

from llvmlite import ir

from .vmath.core import Instruction

F64, F32, I64, I32, I1 = (
    ir.DoubleType(),
    ir.FloatType(),
    ir.IntType(64),
    ir.IntType(32),
    ir.IntType(1),
)
_INTEGER, _REAL = {F64: I64, F32: I32}, {I64: F64, I32: F32}
_MAGNITUDE = {F64: (1 << 63) - 1, F32: (1 << 31) - 1}


class Value(Instruction):
    """An LLVM value with Python's operators."""

    __slots__ = ("builder", "llvm")

    def __init__(self, builder, llvm):
        self.builder, self.llvm = builder, llvm

    def _made(self, llvm):
        return Value(self.builder, llvm)

    def _like(self, other):
        """`other`, perhaps a Python number, as an LLVM value of this one's type."""
        return other.llvm if isinstance(other, Value) else ir.Constant(self.llvm.type, other)

    def _binary(self, name, x, y):
        prefix = "f" if self.llvm.type in _INTEGER else ""
        return self._made(getattr(self.builder, prefix + name)(x, y))

    def __add__(self, y):
        return self._binary("add", self.llvm, self._like(y))

    def __radd__(self, x):
        return self._binary("add", self._like(x), self.llvm)

    def __sub__(self, y):
        return self._binary("sub", self.llvm, self._like(y))

    def __rsub__(self, x):
        return self._binary("sub", self._like(x), self.llvm)

    def __mul__(self, y):
        return self._binary("mul", self.llvm, self._like(y))

    __rmul__ = __mul__

    def __truediv__(self, y):
        return self._made(self.builder.fdiv(self.llvm, self._like(y)))

    def __rtruediv__(self, x):
        return self._made(self.builder.fdiv(self._like(x), self.llvm))

    def __neg__(self):
        negative = self.builder.fneg if self.llvm.type in _INTEGER else self.builder.neg
        return self._made(negative(self.llvm))

    def __lshift__(self, n):
        return self._made(self.builder.shl(self.llvm, self._like(n)))

    def __rshift__(self, n):
        return self._made(self.builder.ashr(self.llvm, self._like(n)))

    def __and__(self, n):
        return self._made(self.builder.and_(self.llvm, self._like(n)))

    def __or__(self, n):
        return self._made(self.builder.or_(self.llvm, self._like(n)))

    def __xor__(self, n):
        return self._made(self.builder.xor(self.llvm, self._like(n)))

    def _compared(self, relation, y):
        compare = (
            self.builder.fcmp_ordered if self.llvm.type in _INTEGER else self.builder.icmp_signed
        )
        return self._made(compare(relation, self.llvm, self._like(y)))

    def __lt__(self, y):
        return self._compared("<", y)

    def __le__(self, y):
        return self._compared("<=", y)

    def __gt__(self, y):
        return self._compared(">", y)

    def __ge__(self, y):
        return self._compared(">=", y)

    def __eq__(self, y):
        return self._compared("==", y)

    def __ne__(self, y):
        compare = (
            self.builder.fcmp_unordered if self.llvm.type in _INTEGER else self.builder.icmp_signed
        )
        return self._made(compare("!=", self.llvm, self._like(y)))

    # --- the helpers of vmath

    def is_narrow(self):
        return self.llvm.type in (F32, I32)

    def constant(self, number):
        return self._made(ir.Constant(self.llvm.type, number))

    def select(self, a, b):
        ty = next(v.llvm.type for v in (a, b) if isinstance(v, Value))
        a, b = (v.llvm if isinstance(v, Value) else ir.Constant(ty, v) for v in (a, b))
        return self._made(self.builder.select(self.llvm, a, b))

    def fma(self, *operands):
        return self._made(self.builder.fma(*map(self._like, operands)))

    def bits(self):
        return self._made(self.builder.bitcast(self.llvm, _INTEGER[self.llvm.type]))

    def real(self):
        return self._made(self.builder.bitcast(self.llvm, _REAL[self.llvm.type]))

    def abs(self):
        return (self.bits() & _MAGNITUDE[self.llvm.type]).real()

    def _intrinsic(self, name):
        return self._made(
            self.builder.call(
                self.builder.module.declare_intrinsic(name, [self.llvm.type]), [self.llvm]
            )
        )

    def sqrt(self):
        return self._intrinsic("llvm.sqrt")

    def rint(self):
        return self._intrinsic("llvm.rint")

    def widened(self):
        return self._made(self.builder.fpext(self.llvm, F64))

    def narrowed(self):
        return self._made(self.builder.fptrunc(self.llvm, F32))


def traced(function):
    """``emit(builder, type, *operands)`` for a function of floats of one type.

    It calls a function of the module, which is written at the first call and inlined by LLVM at
    each."""

    def emit(builder, ty, *operands):
        name = f"{function.__name__}.{operands[0].type}"
        callee = builder.module.globals.get(name)
        if callee is None:
            callee = _written(builder.module, name, function, [x.type for x in operands])
        return builder.call(callee, operands)

    return emit


def _written(module, name, function, kinds):
    result = I1 if function.__annotations__.get("return") is bool else kinds[0]
    callee = ir.Function(module, ir.FunctionType(result, kinds), name)
    callee.linkage = "internal"
    callee.attributes.add("alwaysinline")
    builder = ir.IRBuilder(callee.append_basic_block("entry"))
    builder.ret(function(*(Value(builder, x) for x in callee.args)).llvm)
    return callee
