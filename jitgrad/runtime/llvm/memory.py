"""What kernels do with memory, with other kernels and with the interpreter, as LLVM instructions.

Start at `local` and `call`.
"""

import contextlib

from llvmlite import ir

from ...base.dtypes import SUPPORTED
from .kinds import Literal, Pointer, boolean, float32, float64, int64, item_kind, nothing, pointer
from .operations import generic, instruction

I8, I32, I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
BYTE = I8.as_pointer()
#: elements of a scratch memory: no tile has more columns
SCRATCH = 1024
#: bytes of a line of the cache
LINE = 64
#: where an ndarray object holds its data pointer, and a bytes object its bytes
ARRAY_DATA, BYTES_DATA = object.__basicsize__, bytes.__basicsize__ - 1


def declared(module, shape, name):
    """The function `name` of C or LLVM, which the module calls."""
    found = module.globals.get(name)
    return ir.Function(module, shape, name) if found is None else found


@contextlib.contextmanager
def steps(builder, stop, step):
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


# ----- launches


@instruction(nothing, *[int64] * 5)
def call(builder, address, *given):
    """Call the chunk function at `address`, with start, stop, part and arguments."""
    function = ir.FunctionType(ir.VoidType(), [I64] * 4)
    builder.call(builder.inttoptr(address, function.as_pointer()), given)


def array_data(builder, array):
    """The data pointer of the ndarray whose id is `array`, as an integer."""
    place = builder.add(array, ir.Constant(I64, ARRAY_DATA))
    return builder.load(builder.inttoptr(place, I64.as_pointer()))


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


def _elements(item):
    """The elements of the ndarray of this kind whose id is given."""

    @instruction(pointer(item), int64)
    def elements(builder, array):
        return builder.inttoptr(array_data(builder, array), pointer(item).llvm)

    return elements


doubles, singles = _elements(float64), _elements(float32)


# ----- memory of a kernel's own


def size_of(item):
    """The bytes of a number."""
    return item.bits // 8


def on_stack(builder, kind, count, name, align):
    """Memory of `count` values of an LLVM type on the stack."""
    with builder.goto_entry_block():
        memory = builder.alloca(ir.ArrayType(kind, count), name=name)
        memory.align = align
    return builder.bitcast(memory, kind.as_pointer())


def scratch(item):
    """Memory for the columns of a tile, on the stack."""

    @instruction(pointer(item))
    def scratch(builder):
        return on_stack(builder, item.llvm, SCRATCH, "scratch", LINE)

    return scratch


def local(item):
    """Memory of `n` elements; `free` gives it back."""

    @instruction(pointer(item), int64)
    def local(builder, n):
        malloc = declared(builder.module, ir.FunctionType(BYTE, [I64]), "malloc")
        malloc.return_value.add_attribute("noalias")
        memory = builder.call(malloc, [builder.mul(n, ir.Constant(I64, size_of(item)))])
        return builder.bitcast(memory, item.llvm.as_pointer())

    return local


def fixed_size(item):
    """Memory of as many elements as its literal argument says, on the stack: where all places in it
    are known, LLVM makes registers of it."""

    @generic(1)
    def fixed(n):
        if not isinstance(n, Literal):
            return None

        def emit(builder, _):
            return on_stack(builder, item.llvm, n.value, "fixed", LINE)

        return pointer(item), (n,), emit

    return fixed


@generic(2)
def offset_by(memory, first):
    """The memory from element number `first` on."""
    if not isinstance(memory, Pointer):
        return None
    return memory, (memory, int64), lambda builder, m, k: builder.gep(m, [k])


@generic(1)
def free(memory):
    """Give back what a `local` made."""
    if not isinstance(memory, Pointer):
        return None

    def emit(builder, place):
        function = declared(builder.module, ir.FunctionType(ir.VoidType(), [BYTE]), "free")
        builder.call(function, [builder.bitcast(place, BYTE)])

    return nothing, (memory,), emit


@generic(3)
def prefetch(memory, first, count):
    """Ask for the lines of the cache with `count` elements from number `first` on; they may be none
    of the array's."""
    if not isinstance(memory, Pointer):
        return None

    def emit(builder, place, first, count):
        shape = ir.FunctionType(ir.VoidType(), [BYTE, I32, I32, I32])
        function = declared(builder.module, shape, "llvm.prefetch.p0")
        with steps(builder, count, LINE // size_of(memory.item)) as k:
            at = builder.bitcast(builder.gep(place, [builder.add(first, k)]), BYTE)
            builder.call(function, [at, I32(0), I32(3), I32(1)])

    return nothing, (memory, int64, int64), emit


#: Turns after which a loop that may be endless looks for an interrupt: a power of two.
LOOK = 1024


def python_function(builder, name, result, *given):
    """A call of a function of the interpreter's."""
    shape = ir.FunctionType(result, [x.type for x in given])
    return builder.call(declared(builder.module, shape, name), given)


@instruction(boolean, int64)
def interrupted(builder, turn):
    """Whether the user has pressed Ctrl-C, which is looked at in few turns. Python raises
    KeyboardInterrupt, or does what the program has said, once the kernel has returned."""
    look, void = ir.Constant(I64, LOOK - 1), ir.VoidType()
    now = builder.icmp_unsigned("==", builder.and_(turn, look), look)
    before = builder.block
    with builder.if_then(now, likely=False):
        lock = python_function(builder, "PyGILState_Ensure", I32)
        answer = python_function(builder, "PyOS_InterruptOccurred", I32)
        pressed = builder.icmp_signed("!=", answer, I32(0))
        with builder.if_then(pressed, likely=False):
            python_function(builder, "PyErr_SetInterrupt", void)  # to ask has made Python forget it
        python_function(builder, "PyGILState_Release", void, lock)
        looked = builder.block
    out = builder.phi(ir.IntType(1))
    out.add_incoming(ir.Constant(ir.IntType(1), 0), before)
    out.add_incoming(pressed, looked)
    return out


#: The functions of each dtype, by their names in kernels.
BY_DTYPE = {
    f"{name}_{dtype.name}": make(item_kind(dtype))
    for dtype in SUPPORTED
    for name, make in (("local", local), ("scratch", scratch), ("fixed", fixed_size))
}
