"""From plain Python to LLVM instructions, by running it once: how the functions of `vmath` get into kernels.

A `Value` stands for a float64, an int64 or a truth value of the kernel; arithmetic on it writes the instruction.
What the function computes from Python numbers alone is done while it runs. Start at `traced`.
"""

from llvmlite import ir

F64, I64, I1 = ir.DoubleType(), ir.IntType(64), ir.IntType(1)
_MAGNITUDE, _SIGN = (1 << 63) - 1, -(1 << 63)


class Value:
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
        prefix = "f" if self.llvm.type == F64 else ""
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
        return self._made(self.builder.fneg(self.llvm))

    def __lshift__(self, n):
        return self._made(self.builder.shl(self.llvm, self._like(n)))

    def __rshift__(self, n):
        return self._made(self.builder.ashr(self.llvm, self._like(n)))

    def __and__(self, n):
        return self._made(self.builder.and_(self.llvm, self._like(n)))

    def _compared(self, relation, y):
        compare = self.builder.fcmp_ordered if self.llvm.type == F64 else self.builder.icmp_signed
        return self._made(compare(relation, self.llvm, self._like(y)))

    def __lt__(self, y):
        return self._compared("<", y)

    def __gt__(self, y):
        return self._compared(">", y)

    def __ge__(self, y):
        return self._compared(">=", y)

    def __eq__(self, y):
        return self._compared("==", y)

    # --- the helpers of vmath

    def select(self, a, b):
        values = [v for v in (a, b) if isinstance(v, Value)]
        ty = values[0].llvm.type if values else F64 if isinstance(a, float) else I64
        a, b = (v.llvm if isinstance(v, Value) else ir.Constant(ty, v) for v in (a, b))
        return self._made(self.builder.select(self.llvm, a, b))

    def fma(self, *operands):
        return self._made(self.builder.fma(*map(self._like, operands)))

    def bits(self):
        return self._made(self.builder.bitcast(self.llvm, I64))

    def real(self):
        return self._made(self.builder.bitcast(self.llvm, F64))

    def abs(self):
        return (self.bits() & _MAGNITUDE).real()

    def with_sign(self, y):
        sign = y.bits() & _SIGN
        return self._made(self.builder.or_(self.bits().llvm, sign.llvm)).real()


def traced(function):
    """``emit(builder, type, x)`` for a function of one float: float32 goes through float64 and back."""

    def emit(builder, ty, x):
        narrow = x.type != F64
        out = function(Value(builder, builder.fpext(x, F64) if narrow else x)).llvm
        return builder.fptrunc(out, x.type) if narrow and out.type == F64 else out

    return emit
