"""Python's operators and functions of numbers, as LLVM instructions.

Kinds of results are numba's: integers are 64 bits wide, signed if one of them is, and a division
by 0 is inf, nan, or 0 for integers. Start at `_arithmetic`.
"""

import math
import operator

import numpy as np
from llvmlite import ir

from .casts import cast, truth
from .kinds import NUMBERS, Literal, Number, Pointer, boolean, float64, int64, nothing, unified
from .operations import KernelOperation, operation, plain, wide


def _numbers(kinds):
    return all(isinstance(plain(kind), Number) for kind in kinds)


def _both(a, b):
    """The kind of the operands of an operator, and of its result, on numbers."""
    both = unified(a, b)
    if both.is_float and any(plain(k).is_float for k in (a, b)):
        return both
    kinds = wide(a), wide(b)
    return int64 if int64 in kinds else kinds[0]


def _arithmetic(function, real, whole):
    """An operator that gives what it takes."""

    @operation(function)
    def rule(*kinds):
        if len(kinds) != 2 or not _numbers(kinds):
            return None
        kind = _both(*kinds)
        emit = real if kind.is_float else whole
        return None if emit is None else KernelOperation(kind, (kind, kind), _of_kind(emit, kind))


def _of_kind(emit, kind):
    if isinstance(emit, str):
        return lambda builder, *values: getattr(builder, emit)(*values)
    return lambda builder, *values: emit(builder, kind, *values)


def _division(builder, kind, x, y):
    """(quotient, remainder) as in Python; both 0 where y is 0."""
    zero, one = ir.Constant(y.type, 0), ir.Constant(y.type, 1)
    by_zero = builder.icmp_signed("==", y, zero)
    if not kind.signed:
        below = builder.select(by_zero, one, y)
        return (
            builder.select(by_zero, zero, builder.udiv(x, below)),
            builder.select(by_zero, zero, builder.urem(x, below)),
        )
    by_minus = builder.icmp_signed("==", y, ir.Constant(y.type, -1))  # the least integer overflows
    below = builder.select(builder.or_(by_zero, by_minus), one, y)
    q, r = builder.sdiv(x, below), builder.srem(x, below)
    other_sign = builder.icmp_signed("<", builder.xor(r, below), zero)
    down = builder.and_(builder.icmp_signed("!=", r, zero), other_sign)
    q = builder.select(down, builder.sub(q, one), q)
    r = builder.select(down, builder.add(r, below), r)
    q = builder.select(by_minus, builder.neg(x), q)
    return builder.select(by_zero, zero, q), builder.select(builder.or_(by_zero, by_minus), zero, r)


_arithmetic(operator.add, "fadd", "add")
_arithmetic(operator.sub, "fsub", "sub")
_arithmetic(operator.mul, "fmul", "mul")
_arithmetic(operator.floordiv, None, lambda *given: _division(*given)[0])
_arithmetic(operator.mod, None, lambda *given: _division(*given)[1])


@operation(operator.truediv)
def _quotient(*kinds):
    if len(kinds) != 2 or not _numbers(kinds):
        return None
    kind = _both(*kinds)
    if kind.is_float:
        return KernelOperation(kind, (kind, kind), lambda builder, x, y: builder.fdiv(x, y))
    given = wide(kinds[0]), wide(kinds[1])

    def emit(builder, *values):
        values = [cast(builder, v, k, float64) for v, k in zip(values, given, strict=True)]
        return builder.fdiv(*values)

    return KernelOperation(float64, given, emit)


def _bits(function, name):
    @operation(function)
    def rule(*kinds):
        if len(kinds) != 2 or not _numbers(kinds):
            return None
        if all(plain(k) is boolean for k in kinds):
            kind = boolean
        elif (kind := _both(*kinds)).is_float:
            return None
        return KernelOperation(kind, (kind, kind), _of_kind(name, kind))


_bits(operator.and_, "and_")
_bits(operator.or_, "or_")
_bits(operator.xor, "xor")


def _shift(function, signed, unsigned):
    @operation(function)
    def rule(*kinds):
        if len(kinds) != 2 or not _numbers(kinds) or any(plain(k).is_float for k in kinds):
            return None
        kind = wide(kinds[0])
        return KernelOperation(
            kind, (kind, kind), _of_kind(signed if kind.signed else unsigned, kind)
        )


_shift(operator.lshift, "shl", "shl")
_shift(operator.rshift, "ashr", "lshr")


def _comparison(function, relation):
    @operation(function)
    def rule(*kinds):
        if len(kinds) != 2 or not _numbers(kinds):
            return None
        kind = unified(*kinds)

        def emit(builder, x, y):
            if kind.is_float:
                if relation == "!=":
                    return builder.fcmp_unordered(relation, x, y)
                return builder.fcmp_ordered(relation, x, y)
            compare = builder.icmp_signed if kind.signed else builder.icmp_unsigned
            return compare(relation, x, y)

        return KernelOperation(boolean, (kind, kind), emit)


for _function, _relation in (
    (operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">="),
    (operator.eq, "=="), (operator.ne, "!="),
):  # fmt: skip
    _comparison(_function, _relation)


# ----- of one number


def _one(*functions):
    """Registers ``make(kind)``, which gives an operation on a number of that kind, or None."""

    def register(make):
        @operation(*functions)
        def rule(*kinds):
            return make(plain(kinds[0])) if len(kinds) == 1 and _numbers(kinds) else None

        return make

    return register


@_one(operator.neg)
def _negative(kind):
    kind = kind if kind.is_float else wide(kind)
    return KernelOperation(kind, (kind,), _of_kind("fneg" if kind.is_float else "neg", kind))


@_one(operator.pos)
def _positive(kind):
    kind = kind if kind.is_float else wide(kind)
    return KernelOperation(kind, (kind,), lambda builder, x: x)


@_one(operator.invert)
def _inverted(kind):
    if kind.is_float:
        return None
    kind = kind if kind is boolean else wide(kind)
    return KernelOperation(kind, (kind,), lambda builder, x: builder.not_(x))


@_one(bool, np.bool_)
def _truth(kind):
    return KernelOperation(boolean, (kind,), lambda builder, x: truth(builder, x, kind))


@_one(operator.not_)
def _not(kind):
    return KernelOperation(
        boolean, (kind,), lambda builder, x: builder.not_(truth(builder, x, kind))
    )


@_one(abs)
def _magnitude(kind):
    if kind is boolean:
        return None
    if kind.is_float:
        return KernelOperation(kind, (kind,), _intrinsic("llvm.fabs"))

    def emit(builder, x):
        below = builder.icmp_signed("<", x, ir.Constant(x.type, 0))
        return builder.select(below, builder.neg(x), x) if kind.signed else x

    return KernelOperation(kind, (kind,), emit)


@_one(float)
def _real(kind):
    if kind is boolean:
        return None
    kind = kind if kind.is_float else float64
    return KernelOperation(kind, (kind,), lambda builder, x: x)


@_one(int)
def _whole(kind):
    if kind.is_float or kind is boolean:
        kind = int64
    return KernelOperation(kind, (kind,), lambda builder, x: x)


def _converted(wanted):
    @_one(getattr(np, wanted.name))
    def make(kind):
        return KernelOperation(wanted, (wanted,), lambda builder, x: x)


for _kind in NUMBERS.values():
    if _kind is not boolean:
        _converted(_kind)


def _intrinsic(name):
    def emit(builder, *values):
        function = builder.module.declare_intrinsic(name, [values[0].type])
        return builder.call(function, values)

    return emit


def _of_reals(name, *functions):
    """A function of LLVM's on floats; integers are float64."""

    @_one(*functions)
    def make(kind):
        kind = kind if kind.is_float else float64
        return KernelOperation(kind, (kind,), _intrinsic(name))


_of_reals("llvm.sqrt", math.sqrt)
_of_reals("llvm.fabs", math.fabs)


@_one(np.floor)
def _floor(kind):
    return KernelOperation(kind, (kind,), _intrinsic("llvm.floor")) if kind.is_float else None


@operation(math.copysign)
def _copysign(*kinds):
    if len(kinds) != 2 or not _numbers(kinds):
        return None
    kind = unified(*kinds)
    if not kind.is_float:
        return None

    def emit(builder, x, y):
        shape = ir.FunctionType(x.type, [x.type, x.type])
        return builder.call(
            builder.module.declare_intrinsic("llvm.copysign", [x.type], shape), [x, y]
        )

    return KernelOperation(kind, (kind, kind), emit)


# ----- memory


@operation(operator.getitem)
def _load(*kinds):
    memory, place = kinds
    if not isinstance(memory, Pointer) or not _is_place(place):
        return None
    return KernelOperation(
        memory.item,
        (memory, int64),
        lambda builder, m, k: builder.load(builder.gep(m, [k])),
    )


@operation(operator.setitem)
def _store(*kinds):
    memory, place, _ = kinds
    if not isinstance(memory, Pointer) or not _is_place(place):
        return None
    return KernelOperation(
        nothing,
        (memory, int64, memory.item),
        lambda builder, m, k, v: builder.store(v, builder.gep(m, [k])),
    )


def _is_place(kind):
    return isinstance(kind, Literal) or (isinstance(kind, Number) and not kind.is_float)
