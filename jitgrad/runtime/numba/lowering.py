"""What numba is told of the functions of kernels: the kinds and instructions of `runtime.llvm`,
for the kernels that it compiles.

Imported by what compiles with numba. Start at `_tell`.
"""

import numpy as np
from numba import types
from numba.extending import (
    lower_builtin,
    models,
    overload,
    register_model,
    type_callable,
)

from ..llvm import kinds as own
from ..llvm import (  # noqa: F401  they fill the tables
    lane_values,
    longer,
    loop_driver,
    memory,
    support_code,
    thread_code,
)
from ..llvm.casts import cast
from ..llvm.operations import ARITY, resolved
from . import support

# ----- kinds


class LaneValues(types.Type):
    """`count` numbers of the type `item`."""

    def __init__(self, item, count):
        super().__init__(f"lanes({item}, {count})")
        self.item, self.count = item, count


@register_model(LaneValues)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, lanes):
        super().__init__(manager, lanes, kind_of(lanes).llvm)


def type_of(kind):
    """numba's type of a kind of ours."""
    if isinstance(kind, own.Pointer):
        return types.CPointer(type_of(kind.item))
    if isinstance(kind, own.LaneKind):
        return LaneValues(type_of(kind.item), kind.count)
    if isinstance(kind, own.Literal):
        return types.literal(kind.value)
    return types.void if kind is own.nothing else getattr(types, kind.name)


def kind_of(type_):
    """Our kind of a type of numba's, or None."""
    if isinstance(type_, types.CPointer):
        item = kind_of(type_.dtype)
        return item and own.pointer(item)
    if isinstance(type_, LaneValues):
        return own.lanes(kind_of(type_.item), type_.count)
    if isinstance(type_, types.IntegerLiteral):
        return own.literal(type_.literal_value)
    if isinstance(type_, types.BooleanLiteral):
        return own.boolean
    name = "boolean" if type_ == types.boolean else str(type_)
    return own.NUMBERS.get(name) or own.COMPLEX.get(name)


# ----- functions that are LLVM instructions


def _tell(function, arity):
    """Tells numba the types and the instructions of a function of the tables."""

    def found(given):
        kinds = tuple(map(kind_of, given))
        return None if None in kinds else resolved(function, kinds)

    def of(*given):
        operation = found(given)
        return None if operation is None else type_of(operation.result)

    names = ", ".join([f"x{k}" for k in range(arity)])
    typer = eval(f"lambda {names}: of({names})", {"of": of})  # numba asks for the names
    type_callable(function)(lambda context: typer)

    def code(context, builder, signature, values):
        operation = found(signature.args)
        triples = zip(values, map(kind_of, signature.args), operation.operands, strict=True)
        out = operation.emit(builder, *[cast(builder, *triple) for triple in triples])
        return context.get_dummy_value() if out is None or operation.result is own.nothing else out

    lower_builtin(function, *[types.Any] * arity)(code)


for _function, _arity in tuple(ARITY.items()):
    _tell(_function, _arity)


# ----- longer functions, from Python

# Implementations that differ have different names or operand types: their symbols in the binaries
# of kernels are made of these and of a number that numba counts in each process. Where two
# processes come to the same symbol it is the same function, whichever of them a third one links.

#: numba hands the fast-math flags of a kernel on, unless told. What is not inlined keeps a loop
#: from being vectorised.
PLAIN = {"error_model": "numpy", "fastmath": False, "forceinline": True}


def _longer(function, choose):
    @overload(function, jit_options=PLAIN)
    def chosen(a, b):
        kinds = kind_of(a), kind_of(b)
        found = None if None in kinds else choose(*kinds)
        return found and found[0]


for _function, _choose in longer.LONGER.items():
    if _function is not support.power:
        _longer(_function, _choose)


@overload(support.power, jit_options=PLAIN)
def _power(a, b):
    if not isinstance(a, types.Integer):
        return longer.real_power
    zero, one = (
        getattr(np, a.name)(0),
        getattr(np, a.name)(1),
    )  # typed: a Python 1 would make a float of uint64

    def whole(a, b):
        if b < zero:
            return zero if a != one and a + one != zero else a if b & one else one
        out, base, n = one, a, b
        while n > zero:
            if n & one:
                out = out * base
            base = base * base
            n >>= one
        return out

    return whole
