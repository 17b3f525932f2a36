"""The inner loops of NumPy's ufuncs, as machine code calls them: without Python, and on memory that
no array stands around.

NumPy keeps with each ufunc a table of C functions, one for each row of `ufunc.types`. That table is
part of its C API, and where it lies is asked of the object itself: nothing is linked. The loop of
``np.matmul`` is BLAS where NumPy has one, with transposes read where they lie. Start at
`inner_loop`.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np


class InnerLoop(NamedTuple):
    """``function(args, dimensions, steps, data)``, as addresses of C."""

    function: int
    data: int


@functools.cache
def inner_loop(ufunc: np.ufunc, dtype: np.dtype) -> InnerLoop | None:
    """The loop of a ufunc whose operands and result have this dtype; None where there is none, or
    the table does not lie where it should.

    Examples
    --------
    >>> inner_loop(np.matmul, np.dtype("float64")) is None
    False
    >>> inner_loop(np.matmul, np.dtype("datetime64[s]")) is None
    True
    """
    types = dtype.char * ufunc.nin + "->" + dtype.char * ufunc.nout
    if not isinstance(ufunc, np.ufunc) or types not in ufunc.types:
        return None
    table = _table(ufunc)
    if table is None:
        return None
    k = ufunc.types.index(types)
    functions, data = table
    return InnerLoop(functions[k], data[k] or 0 if data else 0) if functions[k] else None


def _table(ufunc: Any) -> tuple[Any, Any] | None:
    """(functions, data) of a ufunc, or None where its fields are not those of `PyUFuncObject`."""
    import ctypes

    class Fields(ctypes.Structure):
        _fields_ = [
            ("head", ctypes.c_byte * object.__basicsize__),
            *[(name, ctypes.c_int) for name in ("nin", "nout", "nargs", "identity")],
            ("functions", ctypes.POINTER(ctypes.c_void_p)),
            ("data", ctypes.POINTER(ctypes.c_void_p)),
            *[(name, ctypes.c_int) for name in ("ntypes", "reserved")],
            ("name", ctypes.c_char_p),
        ]

    if type(ufunc).__basicsize__ < ctypes.sizeof(Fields):
        return None
    fields = Fields.from_address(id(ufunc))
    given = (fields.nin, fields.nout, fields.nargs, fields.ntypes)
    if given != (ufunc.nin, ufunc.nout, ufunc.nargs, ufunc.ntypes) or not fields.functions:
        return None
    return (fields.functions, fields.data) if fields.name == ufunc.__name__.encode() else None
