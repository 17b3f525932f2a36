"""Lanes: a number of each of several matrices side by side, as one value of a kernel.

The steps of an algorithm on small matrices (`jitgrad.ops.small_matrices`) are written for one
matrix. On lanes they do the same for several, by vector instructions that nothing has to be proved
for: LLVM's search for vectors in loops over lanes takes a second for such a kernel, and writes
loops that first compare addresses. Here are the memory for them, how lanes are picked from a stack
of matrices and put into one, and the functions of `matrix_steps`, as LLVM instructions for lanes
and for single numbers. Start at `of_lanes`.
"""

from llvmlite import ir

from ...base.dtypes import SUPPORTED
from ..numba import matrix_steps as steps
from ..numba import vmath
from ..numba.llvm_trace import traced
from .kinds import (
    LaneKind,
    Literal,
    Number,
    Pointer,
    ValueKind,
    boolean,
    int64,
    item_kind,
    lanes,
    nothing,
    plain,
    pointer,
)
from .memory import I64, LINE, declared, on_stack
from .operations import ARITY, OPERATIONS, KernelOperation, generic

I1 = ir.IntType(1)


# ----- memory


def of_lanes(item):
    """Memory on the stack: for so many values of so many lanes, both numbers literals."""

    @generic(2)
    def memory(count, n):
        if not isinstance(count, Literal) or not isinstance(n, Literal):
            return None
        kind = pointer(lanes(item, count.value))

        def emit(builder, *_):  # aligned as LLVM takes for granted of vectors
            return on_stack(builder, kind.item.llvm, n.value, "lanes", 4 * LINE)

        return kind, (count, n), emit

    return memory


def _places(builder, array, first, place, stride, last, count):
    """The element at `place` of matrix `first`, `first` + 1... up to the `last` of them, and so on
    with that."""
    for k in range(count):
        number = ir.Constant(I64, k)
        number = builder.select(builder.icmp_signed("<", number, last), number, last)
        begin = builder.mul(builder.add(first, number), stride)
        # The place comes last: where matrices begin is found once for all places.
        yield builder.gep(builder.gep(array, [begin]), [place])


@generic(6)
def gathered(array, first, place, stride, last, count):
    """Elements at `place` in matrices of `stride` elements each, as lanes: of matrix number `first`
    of the stack and of those behind it. The last one, that many behind it, stands for the next
    ones, too."""
    if not isinstance(array, Pointer) or not isinstance(count, Literal):
        return None
    out = lanes(array.item, count.value)

    def emit(builder, *given):
        parts = [ir.Constant(out.part.llvm, ir.Undefined)] * (2 if out.is_complex else 1)
        for k, at in enumerate(_places(builder, *given[:5], out.count)):
            numbers = _parts(builder, builder.load(at))
            place = ir.Constant(I64, k)
            parts = [
                builder.insert_element(part, number, place)
                for part, number in zip(parts, numbers, strict=True)
            ]
        return _whole(builder, *parts)

    return out, (array, *[int64] * 4, count), emit


@generic(6)
def scattered(array, first, place, stride, last, values):
    """Puts lanes where `gathered` takes them from."""
    if not isinstance(array, Pointer) or not isinstance(values, LaneKind):
        return None

    def emit(builder, *given):
        parts = _parts(builder, given[5])
        for k, at in enumerate(_places(builder, *given[:5], values.count)):
            numbers = [builder.extract_element(part, ir.Constant(I64, k)) for part in parts]
            builder.store(_whole(builder, *numbers), at)

    return nothing, (array, *[int64] * 4, lanes(array.item, values.count)), emit


# ----- complex numbers, as pairs of parts


def _parts(builder, value):
    """The parts of a complex value; a real one alone."""
    if not isinstance(value.type, ir.LiteralStructType):
        return (value,)
    return builder.extract_value(value, 0), builder.extract_value(value, 1)


def _whole(builder, real, imag=None):
    """The value of one part or two."""
    if imag is None:
        return real
    kind = ir.LiteralStructType([real.type] * 2)
    pair = builder.insert_value(ir.Constant(kind, ir.Undefined), real, 0)
    return builder.insert_value(pair, imag, 1)


def _pair(builder, value):
    """Both parts, also of a real value."""
    real, *imag = _parts(builder, value)
    return real, imag[0] if imag else ir.Constant(real.type, None)


# ----- the steps, for lanes and for numbers


def _common(kinds):
    """The kind of the parts of what a step takes: lanes, or else a float."""
    kinds = [plain(kind) for kind in kinds]
    for kind in kinds:
        if isinstance(kind, LaneKind):
            return kind.part
    return next((kind for kind in kinds if isinstance(kind, Number) and kind.is_float), None)


def _is_complex(kind):
    return isinstance(kind, LaneKind) and kind.is_complex


def _as_taken(kind, common):
    """A kind of operands: `common`, or complex lanes."""
    return kind if _is_complex(kind) else common


def _step(function, emit, result=None, of=None):
    """Registers a function by ``emit(builder, *values)``. The result is real if all operands of the
    numbers `of` are (by default all); or of the kind `result`, or "part", that of parts."""
    arity = function.__code__.co_argcount

    def rule(*kinds):
        common = _common(kinds)
        if common is None or len(kinds) != arity:
            return None
        taken = tuple([_as_taken(kind, common) for kind in kinds])
        of_operands = common if result == "part" else max(taken[slice(of, None)], key=_is_complex)
        out = result if isinstance(result, ValueKind) else of_operands
        return KernelOperation(out, taken, emit)

    OPERATIONS[function], ARITY[function] = rule, arity


def _called(builder, name, *values):
    """A call of LLVM's function of operands of one type."""
    kind = values[0].type
    many = isinstance(kind, ir.VectorType)
    suffix = f"v{kind.count}{kind.element.intrinsic_name}" if many else kind.intrinsic_name
    shape = ir.FunctionType(kind, [v.type for v in values])
    return builder.call(declared(builder.module, shape, f"{name}.{suffix}"), values)


def _any(builder, mask):
    """Whether one of lanes is true."""
    if mask.type == I1:
        return mask
    bits = builder.bitcast(mask, ir.IntType(mask.type.count))
    return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))


def _constant(value, number):
    kind = value.type
    return ir.Constant(kind, [number] * kind.count if isinstance(kind, ir.VectorType) else number)


def _fma(builder, a, b, c):
    return _called(builder, "llvm.fma", a, b, c)


def _size(builder, a):
    return _called(builder, "llvm.fabs", a)


def _less_product(builder, a, b, c):
    (x, *_), (y, *v), (z, *w) = (_parts(builder, value) for value in (a, b, c))
    real = _fma(builder, builder.fneg(y), z, x)
    if not v and not w and len(_parts(builder, a)) == 1:
        return real
    imag = _pair(builder, a)[1]
    if v and w:
        real = _fma(builder, v[0], w[0], real)
    if w:
        imag = _fma(builder, builder.fneg(y), w[0], imag)
    if v:
        imag = _fma(builder, builder.fneg(v[0]), z, imag)
    return _whole(builder, real, imag)


def _plus(builder, a, b):
    if len(_parts(builder, a)) == len(_parts(builder, b)) == 1:
        return builder.fadd(a, b)
    pairs = zip(_pair(builder, a), _pair(builder, b), strict=True)
    return _whole(builder, *[builder.fadd(x, y) for x, y in pairs])


def _times(builder, a, b):
    (x, *v), (y, *w) = _parts(builder, a), _parts(builder, b)
    if not v or not w:  # a real number times the parts of the other
        return _whole(builder, *[builder.fmul(p, q) for p in (x, *v) for q in (y, *w)])
    real = builder.fsub(builder.fmul(x, y), builder.fmul(v[0], w[0]))
    return _whole(builder, real, builder.fadd(builder.fmul(x, w[0]), builder.fmul(v[0], y)))


def _over(builder, a, b):
    """By the ratio of the smaller part of the divisor to the larger one, as
    `jitgrad.ops.complex_parts.divide`."""
    x, *v = _parts(builder, a)
    y, *w = _parts(builder, b)
    if not w:
        return _whole(builder, *[builder.fdiv(p, y) for p in (x, *v)])
    x, v = _pair(builder, a)
    wide = builder.fcmp_ordered(">=", _size(builder, y), _size(builder, w[0]))
    large, small = builder.select(wide, y, w[0]), builder.select(wide, w[0], y)
    ratio = builder.fdiv(small, large)
    divisor = _fma(builder, small, ratio, large)
    p, q = builder.select(wide, x, v), builder.select(wide, v, x)
    turned = builder.fdiv(_fma(builder, builder.fneg(p), ratio, q), divisor)
    real = builder.fdiv(_fma(builder, q, ratio, p), divisor)
    return _whole(builder, real, builder.select(wide, turned, builder.fneg(turned)))


def _magnitude(builder, a):
    sizes = [_size(builder, part) for part in _parts(builder, a)]
    return sizes[0] if len(sizes) == 1 else builder.fadd(*sizes)


def _size_of(builder, a):
    """The larger part times the root of 1 + ratio²; no square overflows."""
    sizes = [_size(builder, part) for part in _parts(builder, a)]
    if len(sizes) == 1:
        return sizes[0]
    wide = builder.fcmp_ordered(">=", *sizes)
    large, small = builder.select(wide, *sizes), builder.select(wide, *reversed(sizes))
    ratio = builder.fdiv(small, large)
    root = _called(builder, "llvm.sqrt", _fma(builder, ratio, ratio, _constant(ratio, 1.0)))
    edge = builder.or_(
        builder.fcmp_ordered("==", large, _constant(large, 0.0)),
        builder.fcmp_ordered("==", large, _constant(large, float("inf"))),
    )
    return builder.select(edge, large, builder.fmul(large, root))


def _sign(builder, a):
    """-1, 0 or 1; of complex numbers those of modulus 1 in the same direction."""
    zero, one = _constant(_parts(builder, a)[0], 0.0), _constant(_parts(builder, a)[0], 1.0)
    if len(_parts(builder, a)) == 1:
        below = builder.select(builder.fcmp_ordered("<", a, zero), builder.fneg(one), a)
        return builder.select(builder.fcmp_ordered(">", a, zero), one, below)
    size = _size_of(builder, a)
    size = builder.select(builder.fcmp_ordered("==", size, zero), one, size)
    return _whole(builder, *[builder.fdiv(part, size) for part in _parts(builder, a)])


def _chosen(builder, test, x, y):
    if len(_parts(builder, x)) == len(_parts(builder, y)) == 1:
        return builder.select(test, x, y)
    pairs = zip(_pair(builder, x), _pair(builder, y), strict=True)
    return _whole(builder, *[builder.select(test, p, q) for p, q in pairs])


def _if_larger(builder, a, b, x, y):
    return _chosen(builder, builder.fcmp_ordered(">", a, b), x, y)


def _equal(builder, a, b):
    """Whether all parts are equal."""
    if len(_parts(builder, a)) == len(_parts(builder, b)) == 1:
        return builder.fcmp_ordered("==", a, b)
    pairs = zip(_pair(builder, a), _pair(builder, b), strict=True)
    return builder.and_(*[builder.fcmp_ordered("==", x, y) for x, y in pairs])


def _if_equal(builder, a, b, x, y):
    return _chosen(builder, _equal(builder, a, b), x, y)


def _has_zero(builder, a):
    return _any(builder, _equal(builder, a, _constant(_parts(builder, a)[0], 0.0)))


def _has_none_above(builder, a, b):
    return _any(builder, builder.fcmp_unordered("<=", a, b))


def _conjugate(builder, a):
    real, *imag = _parts(builder, a)
    return _whole(builder, real, *[builder.fneg(part) for part in imag])


def _log_of(builder, a):
    if not isinstance(a.type, ir.VectorType):
        return _log(builder, None, a)
    out = a
    for k in range(a.type.count):
        place = ir.Constant(I64, k)
        out = builder.insert_element(
            out, _log(builder, None, builder.extract_element(a, place)), place
        )
    return out


_log = traced(vmath.log)
_step(steps.less_product, _less_product)
_step(steps.log_of, _log_of)
_step(steps.plus, _plus)
_step(steps.times, _times)
_step(steps.over, _over)
_step(steps.root, lambda builder, a: _called(builder, "llvm.sqrt", a))
_step(steps.magnitude, _magnitude, "part")
_step(steps.size_of, _size_of, "part")
_step(steps.real_of, lambda builder, a: _parts(builder, a)[0], "part")
_step(steps.sign_of, _sign)
_step(steps.conjugate_of, _conjugate)
_step(steps.if_larger, _if_larger, of=2)
_step(steps.if_equal, _if_equal, of=2)
_step(steps.has_zero, _has_zero, boolean)
_step(steps.has_none_above, _has_none_above, boolean)

#: The memory of each dtype, by its name in kernels.
BY_DTYPE = {f"lanes_{dtype.name}": of_lanes(item_kind(dtype)) for dtype in SUPPORTED}
