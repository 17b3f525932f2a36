"""The driver of programs in memory: it runs kernels turn after turn, or one after another.

A program is an array of words. Words 0 and 1 are the addresses where its steps begin and end, and
word 2 is 1 if the last turn is run first. A step is four words: what to do, and three operands,
addresses for the most part; some steps go on elsewhere. The driver is a kernel like others, with
the arguments ``(start, stop, part, program)``, so a loop within a loop is one of the things that a
step calls. Programs are made by `runtime.kernel_program`: those of loops run turns from `start` to
`stop`; those of groups exchange words with their caller, in bytes whose id is `stop`.
"""

from llvmlite import ir

from .kinds import int64, nothing
from .memory import ARRAY_DATA, BYTE, BYTES_DATA, I8, I64, LOOK
from .operations import instruction

#: What a step does; `runtime.kernel_program` and those made of it say with which operands.
(
    CALL, CALL_TIMES, ADD, MOVE, COPY, ARRAY, POINT, SET, NUMBER, SWAP, ROUND, PUT, PUT_SINGLE,
    WIDEN, ZERO, CHECK, OFFSET, END, TURNS, NEXT, FETCH, GIVE, INNER,
) = range(23)  # fmt: skip


def _word(builder, address):
    return builder.inttoptr(address, I64.as_pointer())


@instruction(int64, int64)
def load(builder, address):
    """The word at an address."""
    return builder.load(_word(builder, address))


@instruction(nothing, int64, int64)
def store(builder, address, value):
    """Puts a word to an address."""
    builder.store(value, _word(builder, address))


@instruction(int64, int64)
def byte_at(builder, address):
    """The byte at an address."""
    return builder.zext(builder.load(builder.inttoptr(address, BYTE)), I64)


def _single(builder, address):
    """The float64 at an address, as float32."""
    double = builder.load(builder.inttoptr(address, ir.DoubleType().as_pointer()))
    return builder.fptrunc(double, ir.FloatType())


@instruction(nothing, int64)
def round_at(builder, address):
    """Rounds the float64 at an address to a float32."""
    place = builder.inttoptr(address, ir.DoubleType().as_pointer())
    builder.store(builder.fpext(_single(builder, address), ir.DoubleType()), place)


@instruction(nothing, int64, int64)
def put_single(builder, to, address):
    """Puts the float64 at an address elsewhere, as a float32."""
    place = builder.inttoptr(to, ir.FloatType().as_pointer())
    builder.store(_single(builder, address), place)


@instruction(nothing, int64, int64, int64)
def copy_bytes(builder, to, source, count):
    """Copies so many bytes."""
    copy = builder.module.declare_intrinsic("llvm.memcpy", [BYTE, BYTE, I64])
    to, source = (builder.inttoptr(a, BYTE) for a in (to, source))
    builder.call(copy, [to, source, count, ir.IntType(1)(0)])


@instruction(nothing, int64, int64)
def zero_bytes(builder, to, count):
    """Makes so many bytes 0."""
    fill = builder.module.declare_intrinsic("llvm.memset", [BYTE, I64])
    builder.call(fill, [builder.inttoptr(to, BYTE), I8(0), count, ir.IntType(1)(0)])


#: A number of turns that stands for any; such loops look for an interrupt so often, in turns.
MANY, OFTEN = 1 << 60, 64

SOURCE = f'''"""driver: programs of kernels, turn after turn or one after another."""

from jitgrad.runtime.llvm.names import body, entry
from jitgrad.runtime.llvm.loop_driver import (
    byte_at, copy_bytes, load, put_single, round_at, store, zero_bytes
)
from jitgrad.runtime.llvm.memory import call, interrupted


@body
def body(start, stop, part, program):
    step, end = load(program), load(program + 8)
    first, turn = (stop - 1) * load(program + 16), start
    while step < end:
        what, a, b, c = load(step), load(step + 8), load(step + 16), load(step + 24)
        step += 32
        if what == {CALL}:
            call(a, 0, b, 0, c)
        elif what == {INNER}:
            call(a, b, load(c), load(c + 8), load(c + 16))
        elif what == {ADD}:
            store(a, load(a) + b)
        elif what == {COPY}:
            copy_bytes(load(a), load(b), c)
        elif what == {MOVE}:
            store(a, load(b))
        elif what == {SWAP}:
            held = load(a)
            store(a, load(b))
            store(b, held)
        elif what == {PUT}:
            copy_bytes(load(a), b, c)
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
            zero_bytes(load(a), b)
        elif what == {CALL_TIMES}:
            call(a, 0, load(load(b)), 0, c)
        elif what == {CHECK}:
            if byte_at(load(a)) == 0:
                store(b, 1)
                step = c
        elif what == {END}:
            if load(a) != 0:
                step = b
        elif what == {TURNS}:
            if turn >= stop:
                step = a
        elif what == {NEXT}:
            turn += 1
            if turn < stop:
                if stop < {MANY}:
                    step = a
                elif interrupted(turn * {LOOK // OFTEN} - 1):
                    pass
                else:
                    step = a
        elif what == {FETCH}:
            copy_bytes(a, stop + {BYTES_DATA} + b, c)
        elif what == {GIVE}:
            copy_bytes(stop + {BYTES_DATA} + b, a, c)


@entry
def chunk(start, stop, part, args):
    body(start, stop, part, args)
'''
