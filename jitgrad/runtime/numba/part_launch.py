"""Functions of the parts of a loop run on jitgrad's own threads, from njit code.

The function of a part becomes a chunk function like those of kernels, and the launch is theirs:
who wants threads that are busy runs all parts itself. What njit code has to know of the threads
stands in `words`, which `ready` fills; it is a symbol of the machine code, so that binaries can be
kept. Without numba's private parts (``config.numba``) all runs in one thread. Start at `in_parts`.
"""

import atexit
import os

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from ...base.config import config
from ..llvm.memory import BYTES_DATA, I64
from . import build

#: Work (`jitgrad.loops.part_work`) from which threads are woken.
ENOUGH = 1 << 15
#: The address of what launches, that of the threads' memory, and how many workers there are; zeros
#: where all runs in the calling thread.
words = np.zeros(3, np.int64)
SYMBOL = "jitgrad_parts_words"
llvm.add_symbol(SYMBOL, words.ctypes.data)
#: What `ready` was called with: the threads.
_own: list = []


def ready(threads):
    """Lets parts run on `threads` (`runtime.threads.Threads`)."""
    _own[:] = [threads]
    atexit.unregister(_end)
    atexit.register(_end)
    _count(config.num_threads)


def _count(n):
    """Workers for `n` threads, which are started here: njit code cannot."""
    if not _own:
        words[:] = 0
        return
    threads = _own[0]
    wanted = min(n, threads.most) - 1
    words[1], words[2] = threads.address, min(threads.start(wanted), wanted)
    words[0] = threads.launch if words[2] > 0 else 0


def _end():
    """Before threads end, at exit and in a forked child."""
    _own.clear()
    words[:] = 0


config.on_change("num_threads", _count)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_end)


def in_parts(function):
    """Of a compiled function of the number of a part and its arguments, the compiled function
    ``run(parts, work, args)``, which calls ``function(part, *args)`` for each part, on threads
    where there is `work` enough."""
    if config.numba == "public":
        return njit(error_model="numpy")(_of_python(function))

    @intrinsic
    def launched(typing, parts, work, args):
        """Runs all parts; 1 + the number of one that has raised an exception, or 0."""
        given = (types.int64, *args)
        function.get_call_template(given, {})

        def launch(context, builder, signature, values):
            made = function.overloads[given]
            code = made._asdict()["library"]
            context.active_code_library.add_linking_library(code)
            return _launch(context, builder, made, args, values)

        return types.int64(parts, work, args), launch

    @njit(error_model="numpy")
    def run(parts, work, args):
        failed = launched(parts, work, args)
        if failed:
            function(failed - 1, *args)  # the exception, in this thread
            raise RuntimeError("a part of a parallel loop has raised an exception")

    return run


def _of_python(function):
    """What `in_parts` gives, of a function of Python."""

    def run(parts, work, args):
        for part in range(parts):
            function(part, *args)

    return run


in_parts.py_func = _of_python  # type: ignore[attr-defined]


def _launch(context, builder, made, args, values):
    """The code that runs the function `made` for each part."""
    parts, work, packed = values
    kinds = [I64, I64, context.get_value_type(args)]
    place = cgutils.alloca_once(builder, ir.LiteralStructType(kinds))
    fields = [builder.gep(place, [_int32(0), _int32(k)]) for k in range(3)]
    known = _words(builder.module)
    launch, memory, workers = [
        builder.load(builder.gep(known, [_int32(0), _int32(k)])) for k in range(3)
    ]
    for field, value in zip(fields, (memory, I64(0), packed), strict=True):
        builder.store(value, field)
    part = _chunk(context, builder.module, made, args, place.type)
    data = builder.ptrtoint(place, I64)
    several = builder.icmp_signed(">", parts, I64(1))
    enough = builder.icmp_signed(">=", work, I64(ENOUGH))
    there = builder.icmp_signed("!=", launch, I64(0))
    with builder.if_else(builder.and_(there, builder.and_(several, enough))) as (then, other):
        with then:
            kind = ir.FunctionType(ir.VoidType(), [I64] * 4).as_pointer()
            address = builder.ptrtoint(part, I64)
            builder.call(builder.inttoptr(launch, kind), [address, parts, workers, data])
        with other, cgutils.for_range(builder, parts) as loop:
            given = builder.add(data, I64(BYTES_DATA))
            builder.call(part, [loop.index, I64(0), loop.index, given])
    return builder.load(fields[1])


def _int32(k):
    return ir.Constant(ir.IntType(32), k)


def _words(module):
    if SYMBOL in module.globals:
        return module.globals[SYMBOL]
    return ir.GlobalVariable(module, ir.ArrayType(I64, 3), SYMBOL)


def _chunk(context, module, made, args, place):
    """The chunk function around a compiled function of a part."""
    shape = ir.FunctionType(ir.VoidType(), [I64] * 4)
    name = module.get_unique_name(f"{made.fndesc.llvm_func_name}.part")
    chunk = ir.Function(module, shape, name)
    chunk.linkage = "internal"
    builder = ir.IRBuilder(chunk.append_basic_block("entry"))
    data = builder.sub(chunk.args[3], I64(BYTES_DATA))
    place = builder.inttoptr(data, place)
    packed = builder.load(builder.gep(place, [_int32(0), _int32(2)]))
    given = [chunk.args[2], *cgutils.unpack_tuple(builder, packed, len(args))]
    status, _ = context.call_internal_no_propagate(builder, made.fndesc, made.signature, given)
    with builder.if_then(status.is_error):
        failed = builder.gep(place, [_int32(0), _int32(1)])
        builder.store(builder.add(chunk.args[2], I64(1)), failed)
    builder.ret_void()
    return chunk


for _threads in build.lent:
    ready(_threads)
