"""The driver of loops: it runs kernels turn after turn, by a program in memory.

A program is an array of words. Word 0 says whether the last turn is run first. The steps have three
parts: what is done before the turns, in each turn, and after them; words 1 to 4 say where these
begin, and where the last one ends. A step is four words: what to do, and three operands, addresses
for the most part. The driver
is a chunk function like those of kernels, ``loop(start, stop, part, program)``, so a loop within a
loop is one of the things that a step calls. Steps are made by `runtime.loop_program`.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .lowering import ARRAY_DATA, I64, LOOK

#: What a step does; `runtime.loop_program` says with which operands.
(
    CALL, CALL_TIMES, ADD, MOVE, COPY, ARRAY, POINT, SET, NUMBER, SWAP, ROUND, PUT, PUT_SINGLE,
    WIDEN, ZERO, CHECK, OFFSET,
) = range(17)  # fmt: skip


@intrinsic
def load(typing, address):
    """The word at an address."""

    def code(context, builder, sig, args):
        return builder.load(builder.inttoptr(args[0], I64.as_pointer()))

    return types.int64(types.int64), code


@intrinsic
def store(typing, address, value):
    def code(context, builder, sig, args):
        builder.store(args[1], builder.inttoptr(args[0], I64.as_pointer()))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), code


@intrinsic
def byte_at(typing, address):
    def code(context, builder, sig, args):
        byte = builder.load(builder.inttoptr(args[0], ir.IntType(8).as_pointer()))
        return builder.zext(byte, I64)

    return types.int64(types.int64), code


def _single(builder, address):
    """The float64 at an address, as float32."""
    double = builder.load(builder.inttoptr(address, ir.DoubleType().as_pointer()))
    return builder.fptrunc(double, ir.FloatType())


@intrinsic
def round_at(typing, address):
    """Rounds the float64 at an address to a float32."""

    def code(context, builder, sig, args):
        place = builder.inttoptr(args[0], ir.DoubleType().as_pointer())
        builder.store(builder.fpext(_single(builder, args[0]), ir.DoubleType()), place)
        return context.get_dummy_value()

    return types.void(types.int64), code


@intrinsic
def put_single(typing, to, address):
    """Puts the float64 at an address elsewhere, as a float32."""

    def code(context, builder, sig, args):
        place = builder.inttoptr(args[0], ir.FloatType().as_pointer())
        builder.store(_single(builder, args[1]), place)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), code


memcpy = types.ExternalFunction("memcpy", types.intp(types.intp, types.intp, types.intp))
memset = types.ExternalFunction("memset", types.intp(types.intp, types.intc, types.intp))

#: A number of turns that stands for any; such loops look for an interrupt so often, in turns.
MANY, OFTEN = 1 << 60, 64

SOURCE = f'''"""driver: loops, whose turns are kernels one after another."""

from numba import cfunc, types

from jitgrad.runtime.numba.drivers import driver
from jitgrad.runtime.numba.loop_driver import (
    byte_at, load, memcpy, memset, put_single, round_at, store
)
from jitgrad.runtime.numba.lowering import call, interrupted

I = types.int64


@driver(types.boolean(I, I, I), nogil=True)
def steps(step, end, first):
    while step < end:
        what, a, b, c = load(step), load(step + 8), load(step + 16), load(step + 24)
        step += 32
        if what == {CALL}:
            call(a, 0, b, 0, c)
        elif what == {ADD}:
            store(a, load(a) + b)
        elif what == {COPY}:
            memcpy(load(a), load(b), c)
        elif what == {MOVE}:
            store(a, load(b))
        elif what == {SWAP}:
            store(a, load(a) ^ load(b))
            store(b, load(a) ^ load(b))
            store(a, load(a) ^ load(b))
        elif what == {PUT}:
            memcpy(load(a), b, c)
        elif what == {PUT_SINGLE}:
            put_single(load(a), b)
        elif what == {ROUND}:
            round_at(a)
        elif what == {WIDEN}:
            store(a, byte_at(b))
        elif what == {POINT}:
            store(a, load(b) + c)
        elif what == {OFFSET}:
            store(a, load(b) + load(c))
        elif what == {ARRAY}:
            store(a, load(load(b) + {ARRAY_DATA}) + first * c)
        elif what == {SET}:
            store(a, b)
        elif what == {NUMBER}:
            store(a, b + first * c)
        elif what == {ZERO}:
            memset(load(a), 0, b)
        elif what == {CALL_TIMES}:
            call(a, 0, load(load(b)), 0, c)
        elif what == {CHECK}:
            if byte_at(load(a)) == 0:
                store(b, 1)
                return False
    return True


@cfunc(types.void(I, I, I, I), cache=True)
def loop(start, stop, part, program):
    first = stop - 1 if load(program) != 0 else 0
    before, during = program + 8 * load(program + 8), program + 8 * load(program + 16)
    after, end = program + 8 * load(program + 24), program + 8 * load(program + 32)
    steps(before, during, first)
    for turn in range(start, stop):
        if not steps(during, after, first):
            break
        if stop >= {MANY} and interrupted(turn * {LOOK // OFTEN} - 1):
            break
    steps(after, end, first)
'''
