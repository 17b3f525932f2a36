"""Lanes: a number of each of several matrices side by side, as one value of a kernel.

The steps of an algorithm on small matrices (`jitgrad.ops.small_matrices`) are written for one
matrix. On lanes they do the same for several, by vector instructions that nothing has to be proved
for: LLVM's search for vectors in loops over lanes takes a second for such a kernel, and writes
loops that first compare addresses. Here are the type, the memory for it, how lanes are picked from
a stack of matrices and put into one, and the functions of `matrix_steps`, as LLVM instructions for
lanes and for single numbers. Start at `LaneValues`.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

from . import matrix_steps as steps
from . import vmath
from .llvm_trace import traced
from .lowering import I64, LINE, declared

I1 = ir.IntType(1)


class LaneValues(types.Type):
    """`count` numbers of the type `item`."""

    def __init__(self, item, count):
        super().__init__(f"lanes({item}, {count})")
        self.item, self.count = item, count


@register_model(LaneValues)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, lanes):
        item = manager.lookup(lanes.item).get_value_type()
        super().__init__(manager, lanes, ir.VectorType(item, lanes.count))


# ----- memory


def lanes_maker(item):
    """The intrinsic that makes memory on the stack: for so many values of so many lanes, both
    numbers literals."""

    @intrinsic(prefer_literal=True)
    def make(typing, count, n):
        if not isinstance(count, types.IntegerLiteral) or not isinstance(n, types.IntegerLiteral):
            return None
        pointer = types.CPointer(LaneValues(item, count.literal_value))

        def code(context, builder, sig, args):
            kind = context.get_value_type(pointer).pointee
            with builder.goto_entry_block():
                memory = builder.alloca(ir.ArrayType(kind, n.literal_value), name="lanes")
                memory.align = 4 * LINE  # what LLVM takes for granted of vectors
            return builder.bitcast(memory, kind.as_pointer())

        return pointer(count, n), code

    return make


def _places(builder, array, first, place, stride, last, count):
    """The element at `place` of matrix `first`, `first` + 1... up to the `last` of them, and so on
    with that."""
    for k in range(count):
        number = ir.Constant(I64, k)
        number = builder.select(builder.icmp_signed("<", number, last), number, last)
        begin = builder.mul(builder.add(first, number), stride)
        # The place comes last: where matrices begin is found once for all places.
        yield builder.gep(builder.gep(array, [begin]), [place])


@intrinsic(prefer_literal=True)
def gathered(typing, array, first, place, stride, last, count):
    """Elements at `place` in matrices of `stride` elements each, as lanes: of matrix number `first`
    of the stack and of those behind it. The last one, that many behind it, stands for the next
    ones, too."""
    if not isinstance(count, types.IntegerLiteral):
        return None
    out = LaneValues(array.dtype, count.literal_value)

    def code(context, builder, sig, args):
        value = ir.Constant(context.get_value_type(out), ir.Undefined)
        for k, at in enumerate(_places(builder, *args[:5], out.count)):
            value = builder.insert_element(value, builder.load(at), ir.Constant(I64, k))
        return value

    return out(array, *[types.int64] * 4, count), code


@intrinsic
def scattered(typing, array, first, place, stride, last, lanes):
    """Puts lanes where `gathered` takes them from."""

    def code(context, builder, sig, args):
        for k, at in enumerate(_places(builder, *args[:5], lanes.count)):
            builder.store(builder.extract_element(args[5], ir.Constant(I64, k)), at)
        return context.get_dummy_value()

    return types.void(array, *[types.int64] * 4, lanes), code


# ----- the steps, for lanes and for numbers


def _common(arguments):
    """The type of a step's result: lanes, or else a float."""
    for kind in (LaneValues, types.Float):
        for a in arguments:
            if isinstance(a, kind):
                return a
    return None


def _all_lanes(context, builder, value, given, wanted):
    """`value` of the type `given` as one of the type `wanted`."""
    if given == wanted:
        return value
    if not isinstance(wanted, LaneValues):
        return context.cast(builder, value, given, wanted)
    value = context.cast(builder, value, given, wanted.item)
    kind = context.get_value_type(wanted)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(I64, 0))
    order = ir.Constant(ir.VectorType(ir.IntType(32), wanted.count), [0] * wanted.count)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), order)


def _step(function, emit, result=None):
    """Compile calls of `function` by ``emit(builder, *values)``."""
    arity = function.__code__.co_argcount
    names = ", ".join(function.__code__.co_varnames[:arity])
    scope = {"of": lambda *a: result if result and _common(a) else _common(a)}
    type_callable(function)(
        lambda context: eval(f"lambda {names}: of({names})", scope)  # numba asks for the names
    )

    def code(context, builder, sig, args):
        common = _common(sig.args)
        values = [
            _all_lanes(context, builder, v, t, common) for v, t in zip(args, sig.args, strict=True)
        ]
        return emit(builder, *values)

    lower_builtin(function, *[types.Any] * arity)(code)


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
_step(steps.has_zero, _has_zero, types.boolean)
_step(steps.has_none_above, _has_none_above, types.boolean)
