"""The entry of a kernel as LLVM instructions.

The entry only reads slots and calls the loops. It is run once, on stand-ins that say of each
argument what kind it has and how it is read, so nothing of it is typed, and the loops are compiled
once, where they are called. Start at `arguments_of`.
"""

import types as python
from functools import partial

from llvmlite import ir

from ...base.dtypes import SUPPORTED
from .casts import cast
from .kinds import boolean, float64, int64, item_kind, pointer
from .memory import I64, array_data, result_data

# ----- what an entry reads


class Argument:
    """An argument of the loops: its kind, and `code(builder)`, which reads it."""

    def __init__(self, kind, code):
        self.kind, self.code = kind, code

    def __ne__(self, number):  # no comparison of Python's: it stands in the texts of entries
        def code(builder):
            return builder.icmp_signed("!=", self.code(builder), ir.Constant(I64, number))

        return Argument(boolean, code)

    def cast(self, kind):
        def code(builder):
            return cast(builder, self.code(builder), self.kind, kind)

        return Argument(kind, code)


class Slots:
    """Slots at an address."""

    def __init__(self, address):
        self.address = address

    def place(self, builder, k):
        start = builder.inttoptr(self.address.code(builder), I64.as_pointer())
        return builder.gep(start, [ir.Constant(I64, k)])

    def __getitem__(self, k):
        return Argument(int64, lambda builder: builder.load(self.place(builder, k)))


def _as_float(slot):
    def code(builder):
        return builder.bitcast(slot.code(builder), ir.DoubleType())

    return Argument(float64, code)


def _array(item, block, k):
    kind = pointer(item)

    def code(builder):
        return builder.inttoptr(array_data(builder, block[k].code(builder)), kind.llvm)

    return Argument(kind, code)


def _result(item, block, k, slot):
    kind = pointer(item)

    def code(builder):
        own = builder.ptrtoint(block.place(builder, k), I64)
        return builder.inttoptr(result_data(builder, own, block[slot].code(builder)), kind.llvm)

    return Argument(kind, code)


def _names(loops):
    """What the names in an entry mean while it is run."""
    out = {
        "slots": Slots,
        "as_float": _as_float,
        "body": lambda *arguments: loops.extend(arguments),
    }
    casts = {}
    for dtype in SUPPORTED:
        item = item_kind(dtype)
        out[f"array_{dtype.name}"], out[f"result_{dtype.name}"] = (
            partial(_array, item),
            partial(_result, item),
        )
        casts[dtype.name] = lambda argument, kind=item: argument.cast(kind)
    return {**out, "np": python.SimpleNamespace(**casts)}


def arguments_of(entry, given):
    """The arguments that `entry` calls the loops with, as it is given `given`."""
    loops = []
    python.FunctionType(entry.__code__, _names(loops))(*given)
    return loops
