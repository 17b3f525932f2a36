"""The entry of a kernel as LLVM instructions.

The entry only reads slots and calls the loops. It is run once, on stand-ins that say of each
argument what type it has and how it is read, so numba types and lowers nothing of it, and the loops
are compiled once, where they are called. Imported by `private` alone. Start at `arguments_of`.
"""

import types as python
from functools import partial

from llvmlite import ir
from numba import types

from ...base.dtypes import SUPPORTED
from .lowering import I64, array_data, item_type, result_data

CHUNK = types.void(*[types.int64] * 4)


# ----- what an entry reads


class Argument:
    """An argument of the loops: its numba type, and `code(context, builder)`, which reads it."""

    def __init__(self, type_, code):
        self.type, self.code = type_, code

    def __ne__(self, number):  # no comparison of Python's: it stands in the texts of entries
        def code(context, builder):
            return builder.icmp_signed("!=", self.code(context, builder), ir.Constant(I64, number))

        return Argument(types.boolean, code)

    def cast(self, type_):
        def code(context, builder):
            return context.cast(builder, self.code(context, builder), self.type, type_)

        return Argument(type_, code)


class Slots:
    """Slots at an address."""

    def __init__(self, address):
        self.address = address

    def place(self, context, builder, k):
        start = builder.inttoptr(self.address.code(context, builder), I64.as_pointer())
        return builder.gep(start, [ir.Constant(I64, k)])

    def __getitem__(self, k):
        return Argument(
            types.int64, lambda context, builder: builder.load(self.place(context, builder, k))
        )


def _as_float(slot):
    def code(context, builder):
        return builder.bitcast(slot.code(context, builder), ir.DoubleType())

    return Argument(types.float64, code)


def _array(type_, block, k):
    pointer = types.CPointer(type_)

    def code(context, builder):
        data = array_data(builder, block[k].code(context, builder))
        return builder.inttoptr(data, context.get_value_type(pointer))

    return Argument(pointer, code)


def _result(type_, block, k, slot):
    pointer = types.CPointer(type_)

    def code(context, builder):
        own = builder.ptrtoint(block.place(context, builder, k), I64)
        place = result_data(builder, own, block[slot].code(context, builder))
        return builder.inttoptr(place, context.get_value_type(pointer))

    return Argument(pointer, code)


def _names(loops):
    """What the names in an entry mean while it is run."""
    out = {
        "slots": Slots,
        "as_float": _as_float,
        "body": lambda *arguments: loops.extend(arguments),
    }
    casts = {}
    for dtype in SUPPORTED:
        item = item_type(dtype)
        out[f"array_{dtype.name}"], out[f"result_{dtype.name}"] = (
            partial(_array, item),
            partial(_result, item),
        )
        casts[dtype.name] = lambda argument, type_=item: argument.cast(type_)
    return {**out, "np": python.SimpleNamespace(**casts)}


def arguments_of(entry, given):
    """The arguments that `entry` calls the loops with, as it is given `given`."""
    loops = []
    python.FunctionType(entry.__code__, _names(loops))(*given)
    return loops
