"""Kernels run by Python instead of numba: nothing is compiled, and every access to memory is
checked.

A kernel is plain Python but for what it imports from `jitgrad.runtime.numba.library`. Here are
others in its place: arrays that refuse an index out of range, memory that is nan before it is
written, and chunks that run in any order. Thousands of random programs so take minutes. Start at
`simulated`.
"""

import contextlib
import ctypes
import ctypes.util
import dataclasses
import functools
import random
import struct
import sys
import types

import numpy as np

import jitgrad.compile
from jitgrad.base.dtypes import SUPPORTED
from jitgrad.compile import limits, turn
from jitgrad.runtime import assemble, launch
from jitgrad.runtime.numba import build, library, matrix_steps, support
from jitgrad.runtime.numba.vmath import core

BYTES = bytes.__basicsize__ - 1


class Memory:
    """A flat array that knows its bounds."""

    def __init__(self, array):
        self.array = array

    def __getitem__(self, k):
        assert 0 <= k < len(self.array), f"read at {k} of {len(self.array)}"
        return self.array[k]

    def __setitem__(self, k, value):
        assert 0 <= k < len(self.array), f"write at {k} of {len(self.array)}"
        self.array[k] = value


class Part(Memory):
    """Memory from an element on; its bounds are those of the whole."""

    def __init__(self, memory, first):
        super().__init__(memory.array)
        self.first = getattr(memory, "first", 0) + first

    def __getitem__(self, k):
        return super().__getitem__(self.first + k)

    def __setitem__(self, k, value):
        super().__setitem__(self.first + k, value)


def _object(identity):
    return ctypes.cast(identity, ctypes.py_object).value


def _item(dtype):
    return np.dtype(np.uint8) if dtype.kind == "b" else dtype


def _unwritten(n, dtype):
    """Memory as it may be before it is written: what is read too early is seen."""
    return Memory(np.full(n, np.nan if dtype.kind == "f" else 77, dtype))


class Slots:
    """The 8-byte slots of a block of bytes."""

    def __init__(self, address):
        self.address = address

    def __getitem__(self, k):
        return ctypes.c_int64.from_address(self.address + 8 * k).value


class Result:
    """The number that a kernel writes to its own slot, or an array with one per chunk."""

    def __init__(self, dtype, slots, k, slot):
        self.dtype, self.slots, self.k = dtype, slots, k
        self.array = Memory(_object(slots[slot])) if slots[slot] else None

    def __setitem__(self, part, value):
        if self.array is not None:
            self.array[part] = value
            return
        assert part == 0
        data = np.asarray(value, self.dtype).tobytes()
        ctypes.memmove(self.slots.address + 8 * self.k, data, len(data))


def _places(array, first, place, stride, last, count):
    """Where the lanes of `gathered` and `scattered` are in a stack of matrices."""
    return [(first + min(k, last)) * stride + place for k in range(count)]


def _gathered(array, first, place, stride, last, count):
    places = _places(array, first, place, stride, last, count)
    return np.array([array[k] for k in places], array.array.dtype)


def _scattered(array, first, place, stride, last, lanes):
    for k, value in zip(_places(array, first, place, stride, last, len(lanes)), lanes, strict=True):
        array[k] = value


def _lanes(count, n, dtype):
    return Memory(np.full((n, count), np.nan, dtype))


def _names():
    out = {
        "gathered": _gathered,
        "scattered": _scattered,
        "body": lambda f: f,
        "entry": lambda f: f,
        "slots": Slots,
        "free": lambda memory: None,
        "interrupted": lambda turn: False,
        "offset_by": Part,
        "prefetch": lambda memory, first, count: None,
        "as_float": lambda k: np.float64(struct.unpack("<d", struct.pack("<q", k))[0]),
    }
    for dtype in SUPPORTED:
        name, item = dtype.name, _item(dtype)
        out[f"array_{name}"] = lambda slots, k: Memory(_object(slots[k]).reshape(-1).view())
        out[f"local_{name}"] = out[f"fixed_{name}"] = lambda n, item=item: _unwritten(n, item)
        out[f"lanes_{name}"] = lambda count, n, item=item: _lanes(count, n, item)
        out[f"scratch_{name}"] = lambda item=item: _unwritten(1024, item)
        out[f"result_{name}"] = lambda slots, k, slot, item=item: Result(item, slots, k, slot)
    return out


def _libm_fma():
    """`core.fma` by the C library, rounded once as well: that by fractions took nine tenths of the
    time of simulated kernels. Where the library has none, it stays."""
    try:
        libm = ctypes.CDLL(ctypes.util.find_library("m"))
        double, single = libm.fma, libm.fmaf
    except (AttributeError, OSError, TypeError):
        return core.fma
    double.argtypes, double.restype = [ctypes.c_double] * 3, ctypes.c_double
    single.argtypes, single.restype = [ctypes.c_float] * 3, ctypes.c_float

    def fma(a, b, c):
        if np.float32 in (type(a), type(b), type(c)):
            return np.float32(single(a, b, c))
        return np.float64(double(a, b, c))

    return fma


fma = _libm_fma()


def _support():
    """The names that kernels import from `jitgrad.runtime.numba.support`, as copies that call each
    other and `fma` above. Numba, which may compile a scalar kernel meanwhile, does not see them."""
    begin = support.__name__, core.__package__ + "."
    scopes = {
        name: dict(vars(module))
        for name, module in list(sys.modules.items())
        if f"{name}.".startswith(begin)
    }
    functions = {
        value: types.FunctionType(
            value.__code__,
            scopes[value.__module__],
            value.__name__,
            value.__defaults__,
            value.__closure__,
        )
        for scope in scopes.values()
        for value in scope.values()
        if isinstance(value, types.FunctionType) and value.__module__ in scopes
    }
    functions[core.fma] = fma
    for scope in scopes.values():
        for name, value in scope.items():
            if isinstance(value, types.FunctionType):
                scope[name] = functions.get(value, value)
    return {name: v for name, v in scopes[support.__name__].items() if not name.startswith("_")}


_STEPS = {name: getattr(matrix_steps, name) for name in matrix_steps.__all__}
NAMES = {**_support(), **_STEPS, **_names()}


def _of_numpy(constant):
    """A constant of compiled code with numbers of NumPy in place of floats: division by zero is no
    error in kernels."""
    if type(constant) is float:
        return np.float64(constant)
    if type(constant) is tuple:
        return tuple([_of_numpy(c) for c in constant])
    if isinstance(constant, types.CodeType):
        return constant.replace(co_consts=_of_numpy(constant.co_consts))
    return constant


@functools.cache
def _kernel(source):
    scope = dict(NAMES)
    source = source.replace(f"from {library.__name__} import *", "")
    exec(_of_numpy(compile(source, "<kernel>", "exec")), scope)
    return scope["chunk"]


class Chunks:
    """Stands for the addresses of kernels: `run` is what a launch does."""

    def __init__(self, order):
        self.order, self.known = order, {}

    def address(self, source):
        kernel = _kernel(source)
        self.known[id(kernel)] = kernel
        return id(kernel)

    def run(self, address, total, step, args, work=0):
        parts = list(range(-(-total // step)))
        self.order.shuffle(parts)
        for part in parts:
            self.known[address](part * step, min(part * step + step, total), part, args + BYTES)

    def whole(self, address, total, args):
        self.run(address, total, max(total, 1), args)


#: Limits that cut work in pieces, as small as the arrays of tests.
SMALL = dataclasses.replace(
    limits.now,
    grain=8,
    outer_points=2,
    reduced_points=1,
    unit_points=12,
    unit_columns=3,
    block_inner=5,
    block_columns=4,
    tile_points=40,
    tile_columns=(2, 4),
    tile_rows=(1, 3),
    tile_bytes=200,
    interleaved_rows=2,
    interleaved_piece=3,
    unrolled=3,
    joint_length=3,
    sum_block=4,
    column_parts=3,
    partial_chunks=3,
    partial_points=1,
    call_tile=2,
    scatter_parts=3,
    scatter_repeats=1,
    scatter_width=1,
)


class _Assembler(assemble._Assembler):
    def __init__(self, lowered, launcher):
        super().__init__(lowered, launcher)
        self.scope["empty"] = lambda n, dtype=np.float64: _unwritten(n, np.dtype(dtype)).array


@contextlib.contextmanager
def simulated(seed=0, small=False):
    """Within, plans that are compiled run their kernels (those with loops) in Python; if `small`,
    in many pieces."""
    launch.prepare()
    chunks = Chunks(random.Random(seed))
    patches = [
        (build, {"loop_kernel": chunks.address}),
        (launch, {"launch": chunks.run}),
        (launch._state, {"kernel": chunks.whole, "chunks": chunks.run}),
        (assemble, {"_Assembler": _Assembler}),
        # A driver is compiled, and calls addresses.
        (turn, {"made_drivable": lambda lowered: False, "grouped": lambda lowered: lowered}),
        (jitgrad.compile, {"grouped": lambda lowered: lowered}),
        *([(limits, {"now": SMALL})] if small else ()),
    ]
    before = [(place, {name: getattr(place, name) for name in new}) for place, new in patches]
    try:
        for place, new in patches:
            for name, value in new.items():
                setattr(place, name, value)
        with np.errstate(all="ignore"):
            yield
    finally:
        for place, old in before:
            for name, value in old.items():
                setattr(place, name, value)
