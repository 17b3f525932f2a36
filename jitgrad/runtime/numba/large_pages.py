"""Large pages for tapes: memory that is written from end to end and read back once.

Where Linux leaves it to programs to ask for pages of 2 MiB ("madvise"), a tape of 26 MB in pages of
4 KiB costs 6400 page faults when it is first written to, and more misses of address translation
than a core has room for each time it is read. NumPy asks for its large arrays, numba does not.
Elsewhere nothing is done. Start at `_large`.
"""

import mmap
import sys

from llvmlite import ir
from numba import njit
from numba.extending import intrinsic, overload

#: From how many bytes on, as in NumPy; and what asks for large pages.
LARGE, ADVICE = 1 << 22, getattr(mmap, "MADV_HUGEPAGE", None)
ASKS = sys.platform == "linux" and ADVICE is not None


def _with_large_pages(x):
    return x


def advise(builder, data, size):
    """Writes what asks for large pages for `size` bytes at `data`, where these are many."""
    word, page = ir.IntType(64), mmap.PAGESIZE
    start = builder.ptrtoint(data, word)
    first = builder.and_(builder.add(start, word(page - 1)), word(-page))
    many = builder.sub(builder.add(start, size), first)
    with builder.if_then(builder.icmp_signed(">=", many, word(LARGE)), likely=False):
        kind = ir.FunctionType(ir.IntType(32), [word, word, ir.IntType(32)])
        known = builder.module.globals.get("madvise")
        function = known or ir.Function(builder.module, kind, "madvise")
        builder.call(function, [first, many, ir.Constant(ir.IntType(32), ADVICE)])


@intrinsic
def _advised(context, x):
    def code(context, builder, signature, args):
        array = context.make_array(x)(context, builder, args[0])
        advise(builder, array.data, builder.mul(array.nitems, array.itemsize))
        context.nrt.incref(builder, x, args[0])
        return args[0]

    return x(x), code


@overload(_with_large_pages, inline="never")
def _of_large_pages(x):
    return (lambda x: _advised(x)) if ASKS else (lambda x: x)


@njit(error_model="numpy")
def _large(x):
    """`x`, a new array, in large pages where it is large."""
    return _with_large_pages(x)
