"""Values of one kind as values of another, as LLVM instructions. Start at `cast`."""

from llvmlite import ir

from .kinds import LaneKind, Number, boolean, plain


def cast(builder, value, given, wanted):
    """`value`, of the kind `given`, as one of the kind `wanted`."""
    given, wanted = plain(given), plain(wanted)
    if given is wanted:
        return value
    if isinstance(wanted, LaneKind) and wanted.is_complex:
        real = cast(builder, value, given, wanted.part)
        pair = builder.insert_value(ir.Constant(wanted.llvm, ir.Undefined), real, 0)
        return builder.insert_value(pair, ir.Constant(real.type, None), 1)
    if isinstance(wanted, LaneKind):
        return _spread(builder, cast(builder, value, given, wanted.item), wanted)
    if not isinstance(given, Number) or not isinstance(wanted, Number):
        raise TypeError(f"a value of {given} is none of {wanted}")
    if wanted is boolean:
        return truth(builder, value, given)
    if wanted.is_float:
        return _to_float(builder, value, given, wanted)
    if given.is_float:
        return _to_whole(builder, value, wanted)
    return _resized(builder, value, given, wanted)


def truth(builder, value, given):
    """Whether a number is not 0: nan is not, either."""
    if given is boolean:
        return value
    zero = ir.Constant(value.type, 0)
    if given.is_float:
        return builder.fcmp_unordered("!=", value, zero)
    return builder.icmp_signed("!=", value, zero)


def _to_float(builder, value, given, wanted):
    if given.is_float:
        change = builder.fpext if given.bits < wanted.bits else builder.fptrunc
    else:
        change = builder.sitofp if given.signed else builder.uitofp
    return change(value, wanted.llvm)


def _to_whole(builder, value, wanted):
    """Towards 0. To what is narrower than the processor's conversions through these, as in NumPy:
    numbers beyond it keep their low bits there, and are nothing that may be relied on to LLVM."""
    if wanted.bits >= 32 and (wanted.signed or wanted.bits == 64):
        return (builder.fptosi if wanted.signed else builder.fptoui)(value, wanted.llvm)
    between = ir.IntType(32 if wanted.bits < 32 else 64)
    return builder.trunc(builder.fptosi(value, between), wanted.llvm)


def _resized(builder, value, given, wanted):
    if given.bits == wanted.bits:
        return value
    if given.bits > wanted.bits:
        return builder.trunc(value, wanted.llvm)
    return (builder.sext if given.signed else builder.zext)(value, wanted.llvm)


def _spread(builder, value, wanted):
    """A number for all lanes."""
    nothing = ir.Constant(wanted.llvm, ir.Undefined)
    one = builder.insert_element(nothing, value, ir.Constant(ir.IntType(64), 0))
    order = ir.Constant(ir.VectorType(ir.IntType(32), wanted.count), [0] * wanted.count)
    return builder.shuffle_vector(one, nothing, order)
