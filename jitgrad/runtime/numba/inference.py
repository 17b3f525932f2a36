"""Types of numba, asked of numba: what an operation of given operands has, before it is compiled.

Differentiated functions (`jitgrad.loops`) have to mean what numba means, so their values have its
types, and each operation asks numba's own rules once. This is the one place for that. Start at
`result_type`.
"""

import operator

import numpy as np
from numba import prange, typeof, types
from numba.core.registry import cpu_target
from numba.np import numpy_support

I64, F64, F32, BOOL = types.int64, types.float64, types.float32, types.boolean

__all__ = [
    "BOOL",
    "F32",
    "F64",
    "I64",
    "array_type",
    "from_dtype",
    "omitted",
    "part_type",
    "prange",
    "result_type",
    "to_dtype",
    "typeof",
    "types",
    "unify",
]

_context = cpu_target.typing_context
_resolved: dict = {}


def result_type(function, operands):
    """The type of ``function(*operands)`` for operands of these types; None where numba has no
    such function of them."""
    key = function, operands
    if key not in _resolved:
        _context.refresh()
        signature = _context.resolve_function_type(function, operands, {})
        _resolved[key] = None if signature is None else signature.return_type
    return _resolved[key]


def unify(a, b):
    """The type that holds values of both types; None where there is none."""
    return _context.unify_types(a, b)


def array_type(dtype, ndim):
    """A new array in C order."""
    return types.Array(dtype, ndim, "C")


def part_type(array, kinds):
    """The type of a part of an array, of which `kinds` says per axis whether the index is a number
    ("i"), a slice ("s") or a slice with a step ("t")."""
    index = {"i": types.int64, "s": types.slice2_type, "t": types.slice3_type}
    asked = tuple([index[kind] for kind in kinds])
    return result_type(
        operator.getitem, (array, types.Tuple(asked) if len(asked) > 1 else asked[0])
    )


def omitted(value):
    """The type of an argument that is left out, for its default."""
    return types.Omitted(value)


def from_dtype(dtype):
    return numpy_support.from_dtype(np.dtype(dtype))


def to_dtype(type_):
    return numpy_support.as_dtype(type_)
