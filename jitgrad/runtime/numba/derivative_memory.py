"""The arrays of derivatives: their parts, and the functions that make their memory and give it
back, of which a module has its own.

Start at `ArrayFields`.
"""

from llvmlite import ir

from ..llvm.memory import BYTE, I64, declared, steps

NULL = ir.Constant(BYTE, None)
#: Bytes of a vector, whose multiples the addresses of arrays are.
ALIGN = 32


class ArrayFields:
    """An array: LLVM values that functions of the builder make when they are wanted.

    `fresh` says that nobody owns the reference that came with it."""

    def __init__(self, kind, parts, fresh=False):
        self.kind, self.parts, self.fresh = kind, parts, fresh

    @property
    def data(self):
        return self.parts("data")

    @property
    def meminfo(self):
        return self.parts("meminfo")

    @property
    def parent(self):
        return self.parts("parent")

    def length(self, k):
        return self.parts(f"shape{k}")

    def stride(self, k):
        return self.parts(f"strides{k}")

    @property
    def lengths(self):
        return [self.length(k) for k in range(self.kind.ndim)]


def fields_of(kind):
    """The parts of an array: strides are needed where the layout does not say them."""
    out = ["meminfo", "parent", "data", *[f"shape{k}" for k in range(kind.ndim)]]
    return [*out, *[f"strides{k}" for k in range(kind.ndim)]] if kind.layout == "A" else out


def allocator(module, context, ndim):
    """The function that makes memory for an array, and leaves what counts its references at a
    place; NULL where there is none: ``(place, bytes of an element, *lengths)``."""
    name = f"jitgrad.array{ndim}"
    if name in module.globals:
        return module.globals[name]
    shape = ir.FunctionType(BYTE, [BYTE.as_pointer(), *[I64] * (1 + ndim)])
    function = ir.Function(module, shape, name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    function.return_value.add_attribute("noalias")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    place, size, *lengths = function.args
    odd = ir.Constant(ir.IntType(1), 0)
    for n in lengths:
        odd = builder.or_(odd, builder.icmp_signed("<", n, I64(0)))
        both = builder.smul_with_overflow(size, n)
        size = builder.extract_value(both, 0)
        odd = builder.or_(odd, builder.extract_value(both, 1))
    with builder.if_then(odd, likely=False):
        builder.ret(NULL)
    meminfo = context.nrt.meminfo_alloc_aligned_unchecked(builder, size, ALIGN)
    with builder.if_then(builder.icmp_unsigned("==", meminfo, NULL), likely=False):
        builder.ret(NULL)
    builder.store(meminfo, place)
    builder.ret(builder.bitcast(context.nrt.meminfo_data(builder, meminfo), BYTE))
    return function


def release(module):
    """The function that gives a reference back: ``(meminfo, data)``.

    New memory is noalias, so LLVM has to see that giving it back has to do with it: the empty
    instruction says that somebody looks at it."""
    name = "jitgrad.release"
    if name in module.globals:
        return module.globals[name]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [BYTE, BYTE]), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    looks = ir.FunctionType(ir.VoidType(), [BYTE])
    builder.asm(looks, "", "r,~{memory}", [function.args[1]], True)
    decref = declared(module, looks, "NRT_decref")
    builder.call(decref, [function.args[0]])
    builder.ret_void()
    return function


def copy_elements(builder, source, strides, out):
    """Copies an array of these strides, element by element, to `out`, which is in C order."""
    first = builder.bitcast(source.data, BYTE)

    def axis(k, at, offset):
        if k == out.kind.ndim:
            place = builder.bitcast(builder.gep(first, [offset]), source.data.type)
            builder.store(builder.load(place), builder.gep(out.data, [at]))
            return
        with steps(builder, out.length(k), 1) as i:
            base = builder.mul(at, out.length(k))
            axis(k + 1, builder.add(base, i), builder.add(offset, builder.mul(strides[k], i)))

    axis(0, I64(0), I64(0))
