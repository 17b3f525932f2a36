"""The functions of `support` and of `vmath`, as LLVM instructions: nothing to type or inline, so
they cost no compile time. Start at `short`, by which each is registered.
"""

import math

import numpy as np
from llvmlite import ir

from ..numba import support, vmath
from ..numba.llvm_trace import traced
from .kinds import boolean
from .operations import short


def _choose(relation, keep_nan):
    """The selection a if (a REL b or a is nan) else b; without keep_nan: or b is nan."""

    def emit(builder, ty, a, b):
        if ty.is_float:
            first = builder.fcmp_ordered(relation, a, b)
            odd = (
                builder.fcmp_unordered("uno", a, a)
                if keep_nan
                else builder.fcmp_unordered("uno", b, b)
            )
            return builder.select(builder.or_(first, odd), a, b)
        signed = ty.signed
        compare = builder.icmp_signed if signed else builder.icmp_unsigned
        return builder.select(compare(relation, a, b), a, b)

    return emit


def _nan_propagating(name, relation):
    """LLVM's own maximum or minimum for floats: unlike a selection it vectorises as an
    accumulator."""
    whole = _choose(relation, True)

    def emit(builder, ty, a, b):
        if not ty.is_float:
            return whole(builder, ty, a, b)
        shape = ir.FunctionType(a.type, [a.type, a.type])
        function = builder.module.declare_intrinsic(name, [a.type], shape)
        return builder.call(function, [a, b], fastmath=("nsz",))

    return emit


def _reordered(name, plain):
    flags = ("reassoc", "contract", "nsz", "arcp")

    def emit(builder, ty, a, b):
        if ty.is_float:
            return getattr(builder, name)(a, b, flags=flags)
        return getattr(builder, plain)(a, b)

    return emit


def _turns(falls):
    """`support.rising`, or `falling`."""

    def emit(builder, ty, p, n):
        zero, one, never = (ir.Constant(p.type, k) for k in (0, 1, 1 << 62))
        below, within = builder.icmp_signed("<", p, zero), builder.icmp_signed("<", p, n)
        if falls:
            here = builder.select(below, never, builder.add(p, one))
            return builder.select(within, here, builder.sub(builder.add(p, one), n))
        return builder.select(
            below, builder.neg(p), builder.select(within, builder.sub(n, p), never)
        )

    return emit


def _sign(builder, ty, x):
    zero = ir.Constant(x.type, 0)
    if ty.is_float:
        above, below = builder.fcmp_ordered(">", x, zero), builder.fcmp_ordered("<", x, zero)
        one, minus = ir.Constant(x.type, 1.0), ir.Constant(x.type, -1.0)
        return builder.select(
            above, one, builder.select(below, minus, builder.fmul(x, x))
        )  # 0 of -0, too; nan of nan
    if not ty.signed:
        return builder.zext(builder.icmp_unsigned("!=", x, zero), x.type)
    above, below = builder.icmp_signed(">", x, zero), builder.icmp_signed("<", x, zero)
    return builder.sub(builder.zext(above, x.type), builder.zext(below, x.type))


def _isfinite(builder, ty, x):
    if not ty.is_float:
        return ir.Constant(ir.IntType(1), 1)
    return builder.fcmp_ordered("==", builder.fsub(x, x), ir.Constant(x.type, 0.0))


def _rint(builder, ty, x):
    if not ty.is_float:
        return x
    function = builder.module.declare_intrinsic("llvm.rint", [x.type])
    return builder.call(function, [x])


def _frem(a, b):
    """C's fmod, which numba lacks."""
    return math.fmod(a, b)


def _quotient(builder, ty, a, b, inverse):
    out = builder.fmul(a, inverse)
    rest = builder.fma(builder.fneg(out), b, a)
    counts = builder.fcmp_ordered(
        "!=", builder.fadd(rest, rest), rest
    )  # neither 0 (out may be -0) nor inf or nan
    return builder.select(counts, builder.fma(rest, inverse, out), out)


def _is_tiny(builder, ty, x):
    kind = np.finfo(np.float64 if x.type == ir.DoubleType() else np.float32)
    magnitude = builder.call(builder.module.declare_intrinsic("llvm.fabs", [x.type]), [x])
    zero, least = (ir.Constant(x.type, float(v)) for v in (0.0, kind.tiny / kind.eps))
    return builder.and_(
        builder.fcmp_ordered(">", magnitude, zero), builder.fcmp_ordered("<", magnitude, least)
    )


def _is_extreme(builder, ty, q):
    kind = np.finfo(np.float64 if q.type == ir.DoubleType() else np.float32)
    least, most = (ir.Constant(q.type, float(v)) for v in (kind.tiny / kind.eps, np.inf))
    return builder.or_(builder.fcmp_ordered("<", q, least), builder.fcmp_ordered("==", q, most))


short(support.reciprocal, 1, lambda builder, ty, x: builder.fdiv(ir.Constant(x.type, 1.0), x))
short(support.quotient, 3, _quotient)
short(support.is_tiny, 1, _is_tiny, boolean)
short(support.is_extreme, 1, _is_extreme, boolean)
short(_frem, 2, lambda builder, ty, a, b: builder.frem(a, b))
short(support.maximum, 2, _nan_propagating("llvm.maximum", ">"))
short(support.minimum, 2, _nan_propagating("llvm.minimum", "<"))
short(support.fmax, 2, _choose(">=", False))
short(support.fmin, 2, _choose("<=", False))
short(support.fast_add, 2, _reordered("fadd", "add"))
short(support.fast_mul, 2, _reordered("fmul", "mul"))
short(support.rising, 2, _turns(False))
short(support.falling, 2, _turns(True))
short(support.sign, 1, _sign)
short(support.isfinite, 1, _isfinite, result=boolean)
short(support.round_even, 1, _rint)
for _arity, _names in enumerate((vmath.ONE, vmath.TWO), 1):
    for _name in _names:
        _function = getattr(vmath, _name)
        _tells = _function.__annotations__.get("return") is bool
        short(_function, _arity, traced(_function), boolean if _tells else None)
