"""The way to compile kernels on numba's public API alone: slower to compile, the same results.

numba compiles the loops of a kernel (`njit`) and the entry that calls them (`cfunc`), each by its
own pipeline. What `entry` reads of the entry on stand-ins are intrinsics here, under the same
names. `parsed` adds to the text of a kernel what makes it use this module. Offers what `private`
does; start at `parsed`.
"""

import ast

import numpy as np
from llvmlite import ir
from numba import cfunc, njit, types
from numba.extending import intrinsic

from ...base.dtypes import SUPPORTED
from ...base.syntax import syntax_tree
from ..llvm.kinds import item_kind
from ..llvm.memory import I64, array_data, result_data
from .lowering import type_of

__all__ = ["as_float", "body", "driver", "entry", "restrict", "scalar", "slots"]

CHUNK = types.void(*[types.int64] * 4)
SLOTS = types.CPointer(types.int64)


# ----- what `private` offers as well


def parsed(source):
    """What is executed for the text of a kernel: after its own imports come those of this module,
    and its loops begin with `restrict`."""
    tree = syntax_tree(source)
    last = max(k for k, s in enumerate(tree.body) if isinstance(s, (ast.Import, ast.ImportFrom)))
    tree.body[last + 1 : last + 1] = syntax_tree(f"from {__name__} import *").body
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "body":
            statement.body[:0] = syntax_tree("restrict()").body
    return ast.fix_missing_locations(tree)


def body(function):
    """The loops of a kernel, which become part of the entry's code.

    As a function of its own they would be optimised once in the process that compiles them and once
    more in the binary that others load, and sums have other bits."""
    return njit(error_model="numpy", forceinline=True)(function)


def entry(function):
    """The chunk function of a kernel, callable through its address."""
    return cfunc(CHUNK, cache=True, error_model="numpy")(function)


def scalar(signature):
    """A kernel of Python numbers, for the argument types of `signature`."""
    return njit(f"({signature}{',' if signature else ''})", cache=True, error_model="numpy")


def driver(signature, **options):
    """What calls kernels, and what Python calls for it."""
    return njit(f"({signature},)", cache=True, error_model="numpy", **options)


def called_by(function):
    """What a compiled function is called by: the address of a chunk function; else what takes
    numbers, which may come as arrays without dimensions."""
    if hasattr(function, "address"):
        return function.address

    def call(*numbers):
        try:
            return function(*numbers)
        except TypeError:  # numba looks at types before it runs anything
            return function(*[n.item() if isinstance(n, np.ndarray) else n for n in numbers])

    return call


def load_pool():
    """Nothing: numba loads its pool with the first parallel launch."""


# ----- what entries and loops call


@intrinsic
def restrict(typing):
    """Say of the function that calls it that its arrays do not overlap those it writes.

    Without, LLVM tests addresses at run time and chooses by them between loops that add in another
    order."""

    def code(context, builder, sig, args):
        for argument in builder.function.args:
            if isinstance(argument.type, ir.PointerType):
                argument.add_attribute("noalias")
        return context.get_dummy_value()

    return types.void(), code


@intrinsic
def slots(typing, address):
    """Slots at an address."""

    def code(context, builder, sig, args):
        return builder.inttoptr(args[0], I64.as_pointer())

    return SLOTS(types.int64), code


@intrinsic
def as_float(typing, slot):
    """A slot as the float that is in it."""

    def code(context, builder, sig, args):
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), code


def _place(builder, block, k):
    return builder.gep(block, [k])


def _array_reader(item):
    """The intrinsic that gives the elements of the array whose id is in slot `k`."""
    pointer = types.CPointer(item)

    @intrinsic
    def array(typing, block, k):
        def code(context, builder, sig, args):
            data = array_data(builder, builder.load(_place(builder, *args)))
            return builder.inttoptr(data, context.get_value_type(pointer))

        return pointer(SLOTS, types.int64), code

    return array


def _result_reader(item):
    """The intrinsic that gives the place of result number `k`: in the array whose id is in `slot`,
    or in slot `k` itself where that is 0."""
    pointer = types.CPointer(item)

    @intrinsic
    def result(typing, block, k, slot):
        def code(context, builder, sig, args):
            block, k, slot = args
            own = builder.ptrtoint(_place(builder, block, k), I64)
            data = result_data(builder, own, builder.load(_place(builder, block, slot)))
            return builder.inttoptr(data, context.get_value_type(pointer))

        return pointer(SLOTS, types.int64, types.int64), code

    return result


for _dtype in SUPPORTED:
    for _name, _maker in (("array", _array_reader), ("result", _result_reader)):
        globals()[f"{_name}_{_dtype.name}"] = _maker(type_of(item_kind(_dtype)))
        __all__.append(f"{_name}_{_dtype.name}")
