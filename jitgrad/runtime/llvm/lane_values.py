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
        value = ir.Constant(out.llvm, ir.Undefined)
        for k, at in enumerate(_places(builder, *given[:5], out.count)):
            value = builder.insert_element(value, builder.load(at), ir.Constant(I64, k))
        return value

    return out, (array, *[int64] * 4, count), emit


@generic(6)
def scattered(array, first, place, stride, last, values):
    """Puts lanes where `gathered` takes them from."""
    if not isinstance(array, Pointer) or not isinstance(values, LaneKind):
        return None

    def emit(builder, *given):
        for k, at in enumerate(_places(builder, *given[:5], values.count)):
            builder.store(builder.extract_element(given[5], ir.Constant(I64, k)), at)

    return nothing, (array, *[int64] * 4, values), emit


# ----- the steps, for lanes and for numbers


def _common(kinds):
    """The kind that a step takes: lanes, or else a float."""
    kinds = [plain(kind) for kind in kinds]
    for wanted in (LaneKind, Number):
        for kind in kinds:
            if isinstance(kind, wanted) and (wanted is LaneKind or kind.is_float):
                return kind
    return None


def _step(function, emit, result=None):
    """Registers a function by ``emit(builder, *values)``."""
    arity = function.__code__.co_argcount

    def rule(*kinds):
        kind = _common(kinds)
        if kind is None or len(kinds) != arity:
            return None
        return KernelOperation(result or kind, (kind,) * arity, emit)

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


def _less_product(builder, a, b, c):
    return _called(builder, "llvm.fma", builder.fneg(b), c, a)


def _if_larger(builder, a, b, x, y):
    return builder.select(builder.fcmp_ordered(">", a, b), x, y)


def _if_equal(builder, a, b, x, y):
    return builder.select(builder.fcmp_ordered("==", a, b), x, y)


def _has_zero(builder, a):
    return _any(builder, builder.fcmp_ordered("==", a, _constant(a, 0.0)))


def _has_none_above(builder, a, b):
    return _any(builder, builder.fcmp_unordered("<=", a, b))


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
_step(steps.plus, lambda builder, a, b: builder.fadd(a, b))
_step(steps.times, lambda builder, a, b: builder.fmul(a, b))
_step(steps.over, lambda builder, a, b: builder.fdiv(a, b))
_step(steps.root, lambda builder, a: _called(builder, "llvm.sqrt", a))
_step(steps.magnitude, lambda builder, a: _called(builder, "llvm.fabs", a))
_step(steps.if_larger, _if_larger)
_step(steps.if_equal, _if_equal)
_step(steps.has_zero, _has_zero, boolean)
_step(steps.has_none_above, _has_none_above, boolean)

#: The memory of each dtype, by its name in kernels.
BY_DTYPE = {f"lanes_{dtype.name}": of_lanes(item_kind(dtype)) for dtype in SUPPORTED}
