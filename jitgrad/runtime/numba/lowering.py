"""How numba compiles the functions of `support`, and the intrinsics kernels are entered and
launched through.

The short functions are given as LLVM instructions: nothing to type or inline, so they cost no
compile time. The longer ones are compiled from Python. Imported by `build`, `entry` and
`public`. Start at `_lower`.
"""

import contextlib
import math

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, lower_builtin, overload, type_callable

from . import support, vmath
from .llvm_trace import traced

I64 = ir.IntType(64)
#: elements of a scratch memory: no tile has more columns
SCRATCH = 1024
#: bytes of a line of the cache
LINE = 64
#: where an ndarray object holds its data pointer, and a bytes object its bytes
ARRAY_DATA, BYTES_DATA = object.__basicsize__, bytes.__basicsize__ - 1


# ----- short functions, as instructions


def _unified(context, *args):
    real = [a for a in args if isinstance(a, types.Float)]
    if real:
        return max(real, key=lambda a: a.bitwidth)
    whole = [a for a in args if isinstance(a, types.Integer)]
    return max(whole, key=lambda a: (a.bitwidth, not a.signed)) if whole else types.boolean


def _lower(function, arity, emit, result=None):
    """Compile calls of `function` by `emit(builder, type, *values)` on values of one common
    type."""

    @type_callable(function)
    def _type(context):
        if arity == 1:
            return lambda x: result or _unified(context, x)
        if arity == 3:
            return lambda a, b, c: result or _unified(context, a, b, c)
        return lambda a, b: result or _unified(context, a, b)

    def _code(context, builder, sig, args):
        common = _unified(context, *sig.args)
        values = [context.cast(builder, v, t, common) for v, t in zip(args, sig.args, strict=True)]
        return emit(builder, common, *values)

    lower_builtin(function, *[types.Any] * arity)(_code)


def _choose(relation, keep_nan):
    """The selection a if (a REL b or a is nan) else b; without keep_nan: or b is nan."""

    def emit(builder, ty, a, b):
        if isinstance(ty, types.Float):
            first = builder.fcmp_ordered(relation, a, b)
            odd = (
                builder.fcmp_unordered("uno", a, a)
                if keep_nan
                else builder.fcmp_unordered("uno", b, b)
            )
            return builder.select(builder.or_(first, odd), a, b)
        signed = getattr(ty, "signed", False)
        compare = builder.icmp_signed if signed else builder.icmp_unsigned
        return builder.select(compare(relation, a, b), a, b)

    return emit


def _nan_propagating(name, relation):
    """LLVM's own maximum or minimum for floats: unlike a selection it vectorises as an
    accumulator."""
    whole = _choose(relation, True)

    def emit(builder, ty, a, b):
        if not isinstance(ty, types.Float):
            return whole(builder, ty, a, b)
        shape = ir.FunctionType(a.type, [a.type, a.type])
        function = builder.module.declare_intrinsic(name, [a.type], shape)
        return builder.call(function, [a, b], fastmath=("nsz",))

    return emit


def _reordered(name, plain):
    flags = ("reassoc", "contract", "nsz", "arcp")

    def emit(builder, ty, a, b):
        if isinstance(ty, types.Float):
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
    if isinstance(ty, types.Float):
        above, below = builder.fcmp_ordered(">", x, zero), builder.fcmp_ordered("<", x, zero)
        one, minus = ir.Constant(x.type, 1.0), ir.Constant(x.type, -1.0)
        return builder.select(
            above, one, builder.select(below, minus, builder.fmul(x, x))
        )  # 0 of -0, too; nan of nan
    if not getattr(ty, "signed", False):
        return builder.zext(builder.icmp_unsigned("!=", x, zero), x.type)
    above, below = builder.icmp_signed(">", x, zero), builder.icmp_signed("<", x, zero)
    return builder.sub(builder.zext(above, x.type), builder.zext(below, x.type))


def _isfinite(builder, ty, x):
    if not isinstance(ty, types.Float):
        return ir.Constant(ir.IntType(1), 1)
    return builder.fcmp_ordered("==", builder.fsub(x, x), ir.Constant(x.type, 0.0))


def _rint(builder, ty, x):
    if not isinstance(ty, types.Float):
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


_lower(support.reciprocal, 1, lambda builder, ty, x: builder.fdiv(ir.Constant(x.type, 1.0), x))
_lower(support.quotient, 3, _quotient)
_lower(support.is_tiny, 1, _is_tiny, types.boolean)
_lower(support.is_extreme, 1, _is_extreme, types.boolean)
_lower(_frem, 2, lambda builder, ty, a, b: builder.frem(a, b))
_lower(support.maximum, 2, _nan_propagating("llvm.maximum", ">"))
_lower(support.minimum, 2, _nan_propagating("llvm.minimum", "<"))
_lower(support.fmax, 2, _choose(">=", False))
_lower(support.fmin, 2, _choose("<=", False))
_lower(support.fast_add, 2, _reordered("fadd", "add"))
_lower(support.fast_mul, 2, _reordered("fmul", "mul"))
_lower(support.rising, 2, _turns(False))
_lower(support.falling, 2, _turns(True))
_lower(support.sign, 1, _sign)
_lower(support.isfinite, 1, _isfinite, result=types.boolean)
_lower(support.round_even, 1, _rint)
for _arity, _names in enumerate((vmath.ONE, vmath.TWO), 1):
    for _name in _names:
        _function = getattr(vmath, _name)
        _tells = _function.__annotations__.get("return") is bool
        _lower(_function, _arity, traced(_function), types.boolean if _tells else None)


# ----- longer functions, from Python

# Implementations that differ have different names or operand types: their symbols in the binaries
# of kernels are made of these and of a number that numba counts in each process. Where two
# processes come to the same symbol it is the same function, whichever of them a third one links.

#: numba hands the fast-math flags of a kernel on, unless told. What is not inlined keeps a loop
#: from being vectorised.
PLAIN = {"error_model": "numpy", "fastmath": False, "forceinline": True}


@overload(support.floor_divide, jit_options=PLAIN)
def _floor_divide(a, b):
    if isinstance(a, types.Float) or isinstance(b, types.Float):

        def real(a, b):
            if b == 0:
                return a / b
            mod = _frem(a, b)
            div = (a - mod) / b
            if mod != 0 and (b < 0) != (mod < 0):
                div -= 1
            if div != 0:
                low = np.floor(div)
                return low + 1 if div - low > 0.5 else low
            return math.copysign(div * 0, a / b)

        return real

    def signed(a, b):  # the least integer over -1 wraps around
        return a - a if b == 0 else -a if b == -1 else a // b

    def unsigned(a, b):  # a * 0 would make a float of uint64
        return a - a if b == 0 else a // b

    both = getattr(a, "signed", False) and getattr(b, "signed", False)
    return signed if both else unsigned


@overload(support.remainder, jit_options=PLAIN)
def _remainder(a, b):
    if isinstance(a, types.Float) or isinstance(b, types.Float):

        def real(a, b):
            mod = _frem(a, b)
            if mod != 0:
                return mod + b if (b < 0) != (mod < 0) else mod
            return math.copysign(mod, b)

        return real
    return lambda a, b: a - a if b == 0 else a % b


@overload(support.fmod, jit_options=PLAIN)
def _fmod(a, b):
    if isinstance(a, types.Float) or isinstance(b, types.Float):
        return lambda a, b: _frem(a, b)

    def whole(a, b):
        if b == 0:
            return a - a
        rest = a % b
        return rest - b if rest != 0 and (a < 0) != (b < 0) else rest

    return whole


@overload(support.power, jit_options=PLAIN)
def _power(a, b):
    if not isinstance(a, types.Integer):
        return lambda a, b: vmath.power(a, b)
    zero, one = (
        getattr(np, a.name)(0),
        getattr(np, a.name)(1),
    )  # typed: a Python 1 would make a float of uint64

    def whole(a, b):
        if b < zero:
            return zero if a != one and a + one != zero else a if b & one else one
        out, base, n = one, a, b
        while n > zero:
            if n & one:
                out = out * base
            base = base * base
            n >>= one
        return out

    return whole


# ----- launch and memory


def declared(module, shape, name):
    """The function `name` of C or LLVM, which the module calls."""
    found = module.globals.get(name)
    return ir.Function(module, shape, name) if found is None else found


@contextlib.contextmanager
def _steps(builder, stop, step):
    """A loop over ``range(0, stop, step)``, whose index it gives."""
    before = builder.block
    head, inside, after = map(builder.append_basic_block, ("steps.head", "steps", "steps.end"))
    builder.branch(head)
    builder.position_at_end(head)
    index = builder.phi(I64)
    builder.cbranch(builder.icmp_signed("<", index, stop), inside, after)
    builder.position_at_end(inside)
    yield index
    index.add_incoming(ir.Constant(I64, 0), before)
    index.add_incoming(builder.add(index, ir.Constant(I64, step)), builder.block)
    builder.branch(head)
    builder.position_at_end(after)


@intrinsic
def call(typing, address, start, stop, part, args):
    """Call the chunk function at `address`."""
    sig = types.void(*[types.int64] * 5)

    def code(context, builder, sig, values):
        function = ir.FunctionType(ir.VoidType(), [I64] * 4)
        builder.call(builder.inttoptr(values[0], function.as_pointer()), values[1:])
        return context.get_dummy_value()

    return sig, code


def array_data(builder, array):
    """The data pointer of the ndarray whose id is `array`, as an integer."""
    place = builder.add(array, ir.Constant(I64, ARRAY_DATA))
    return builder.load(builder.inttoptr(place, I64.as_pointer()))


def _elements(ty):
    """The elements of the ndarray of this type whose id is given."""
    pointer = types.CPointer(ty)

    @intrinsic
    def elements(typing, array):
        def code(context, builder, sig, args):
            return builder.inttoptr(array_data(builder, args[0]), context.get_value_type(pointer))

        return pointer(types.int64), code

    return elements


doubles, singles = _elements(types.float64), _elements(types.float32)


def item_type(dtype):
    """The type of the elements of an array."""
    return types.uint8 if dtype.kind == "b" else getattr(types, dtype.name)


def scratch_maker(ty):
    """The intrinsic that makes memory for the columns of a tile, on the stack."""
    pointer = types.CPointer(ty)

    @intrinsic
    def make(typing):
        def code(context, builder, sig, args):
            item = context.get_value_type(ty)
            with builder.goto_entry_block():
                memory = builder.alloca(ir.ArrayType(item, SCRATCH), name="scratch")
                memory.align = 64
            return builder.bitcast(memory, item.as_pointer())

        return pointer(), code

    return make


def local_maker(ty):
    """The intrinsic that makes memory of `n` elements; `free` gives it back."""
    pointer = types.CPointer(ty)

    @intrinsic
    def make(typing, n):
        def code(context, builder, sig, args):
            item = context.get_value_type(ty)
            size = ir.Constant(I64, context.get_abi_sizeof(item))
            shape = ir.FunctionType(ir.IntType(8).as_pointer(), [I64])
            malloc = declared(builder.module, shape, "malloc")
            malloc.return_value.add_attribute("noalias")
            memory = builder.call(malloc, [builder.mul(args[0], size)])
            return builder.bitcast(memory, item.as_pointer())

        return pointer(types.int64), code

    return make


def fixed_maker(ty):
    """The intrinsic that makes memory of as many elements as its literal argument says, on the
    stack: where all places in it are known, LLVM makes registers of it."""
    pointer = types.CPointer(ty)

    @intrinsic(prefer_literal=True)
    def make(typing, n):
        if not isinstance(n, types.IntegerLiteral):
            return None

        def code(context, builder, sig, args):
            item = context.get_value_type(ty)
            with builder.goto_entry_block():
                memory = builder.alloca(ir.ArrayType(item, n.literal_value), name="fixed")
                memory.align = LINE
            return builder.bitcast(memory, item.as_pointer())

        return pointer(n), code

    return make


@intrinsic
def offset_by(typing, memory, first):
    """The memory from element number `first` on."""

    def code(context, builder, sig, args):
        return builder.gep(args[0], [args[1]])

    return memory(memory, types.int64), code


@intrinsic
def free(typing, memory):
    """Give back what a `local_maker` made."""

    def code(context, builder, sig, args):
        byte = ir.IntType(8).as_pointer()
        function = declared(builder.module, ir.FunctionType(ir.VoidType(), [byte]), "free")
        builder.call(function, [builder.bitcast(args[0], byte)])
        return context.get_dummy_value()

    return types.void(memory), code


@intrinsic
def prefetch(typing, memory, first, count):
    """Ask for the lines of the cache with `count` elements from number `first` on; they may be none
    of the array's.

    As instructions: a loop in Python takes numba 50 ms.
    """

    def code(context, builder, sig, args):
        memory, first, count = args
        size = context.get_abi_sizeof(context.get_value_type(sig.args[0].dtype))
        byte, i32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        shape = ir.FunctionType(ir.VoidType(), [byte, i32, i32, i32])
        function = declared(builder.module, shape, "llvm.prefetch.p0")
        with _steps(builder, count, LINE // size) as k:
            place = builder.bitcast(builder.gep(memory, [builder.add(first, k)]), byte)
            builder.call(function, [place, i32(0), i32(3), i32(1)])
        return context.get_dummy_value()

    return types.void(memory, types.int64, types.int64), code


#: Turns after which a loop that may be endless looks for an interrupt: a power of two.
LOOK = 1024


@intrinsic
def interrupted(typing, turn):
    """Whether the user has pressed Ctrl-C, which is looked at in few turns. Python raises
    KeyboardInterrupt, or does what the program has said, once the kernel has returned."""

    def code(context, builder, sig, args):
        look, i32, void = ir.Constant(I64, LOOK - 1), ir.IntType(32), ir.VoidType()

        def python(name, result, *given):
            shape = ir.FunctionType(result, [x.type for x in given])
            return builder.call(declared(builder.module, shape, name), given)

        now = builder.icmp_unsigned("==", builder.and_(args[0], look), look)
        before = builder.block
        with builder.if_then(now, likely=False):
            lock = python("PyGILState_Ensure", i32)
            pressed = builder.icmp_signed("!=", python("PyOS_InterruptOccurred", i32), i32(0))
            with builder.if_then(pressed, likely=False):
                python("PyErr_SetInterrupt", void)  # to ask has made Python forget it
            python("PyGILState_Release", void, lock)
            looked = builder.block
        out = builder.phi(ir.IntType(1))
        out.add_incoming(ir.Constant(ir.IntType(1), 0), before)
        out.add_incoming(pressed, looked)
        return out

    return types.boolean(types.int64), code


def result_data(builder, own, array):
    """Where partial results are: in the ndarray whose id is `array`, or at `own` where that is
    0."""
    none = builder.icmp_unsigned("==", array, ir.Constant(I64, 0))
    with builder.if_else(none) as (then, other):
        with then:
            first = builder.block
        with other:
            data = array_data(builder, array)
            second = builder.block
    place = builder.phi(I64)
    place.add_incoming(own, first)
    place.add_incoming(data, second)
    return place
