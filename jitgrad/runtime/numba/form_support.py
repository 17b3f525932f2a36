"""What functions that `jitgrad.loops` emits call, beside NumPy and `math`."""

import numpy as np
from numba import njit
from numba.extending import intrinsic, overload

from . import lowering, vmath  # noqa: F401 (lowering: what functions of vmath are made of)
from .large_pages import _large
from .part_launch import in_parts as _in_parts

__all__ = [
    "_accumulate",
    "_add",
    "_check_apart",
    "_clip_index",
    "_digamma",
    "_dot_add",
    "_dot_add_1",
    "_dot_add_2",
    "_dot_back",
    "_grow",
    "_in_parts",
    "_is_new",
    "_large",
    "_order",
    "_select",
    "_solve_back_1",
    "_solve_back_2",
    "_trigamma",
]

_compiled = njit(error_model="numpy")


@_compiled
def _check_apart(x, y):
    """Refuses an argument that is written to, and is memory of another one."""
    first, last = x.ctypes.data, y.ctypes.data
    if x.size > 0 and first < last + y.nbytes and last < first + x.nbytes:
        raise ValueError(
            "got an argument that is written to, sharing memory with another one, expected arrays "
            "of their own; pass a copy"
        )


@_compiled
def _clip_index(i, n):
    """The end of a slice of an axis of length `n`."""
    if i < 0:
        i += n
    return min(max(i, 0), n)


def _either(condition, x, y):
    return x if condition else y


@intrinsic
def _chosen(context, condition, x, y):
    def code(context, builder, signature, args):
        return builder.select(*args)

    return x(condition, x, y), code


@overload(_either, inline="never")
def _of_either(condition, x, y):
    return lambda condition, x, y: _chosen(condition, x, y)


@_compiled
def _select(condition, x, y):
    """One of two numbers of one type that are there already, without a branch: what a processor
    cannot foresee costs more than either."""
    return _either(condition, x, y)


def _more(total, x):
    return total + x


@intrinsic
def _added(context, total, x):
    def code(context, builder, signature, args):
        return builder.fadd(*args, flags=("reassoc", "nsz"))

    return total(total, x), code


@overload(_more, inline="never")
def _of_more(total, x):
    return lambda total, x: _added(total, x)


@_compiled
def _accumulate(total, x):
    """``total + x``, of two numbers of one type, where the order of such additions is free."""
    return _more(total, x)


@_compiled
def _digamma(x):
    return vmath.digamma_anywhere(x)


@_compiled
def _trigamma(x):
    return vmath.trigamma_anywhere(x)


@_compiled
def _grow(tape, need):
    """`tape` with room for `need` entries, at least twice as many as before."""
    out = _large(np.empty(max(need, 2 * tape.size), tape.dtype))
    for i in range(tape.size):  # a slice takes numba ten times as long to compile
        out[i] = tape[i]
    return out


@_compiled
def _is_new(out, x):
    """Refuses a result that is memory of an argument: its cotangent would be that of both."""
    first, last = out.ctypes.data, x.ctypes.data
    if out.size > 0 and first < last + x.nbytes and last < first + out.nbytes:
        raise ValueError("got an argument as a result, expected a new array; return a copy")


@_compiled
def _order(x):
    """The places of the elements in ascending order."""
    return np.argsort(x, kind="mergesort")


@_compiled
def _add(to, x):
    """to += x, of matrices."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            to[i, j] += x[i, j]


@_compiled
def _dot_back(x, y, out_b, x_b, y_b):
    """The reverse of ``out = x @ y``."""
    _add(x_b, np.dot(out_b, y.T))
    _add(y_b, np.dot(x.T, out_b))


@_compiled
def _dot_add(out, x, y):
    _add(out, np.dot(x, y))


@_compiled
def _dot_add_1(out, x, y):
    _add(out, np.dot(x.T, y))


@_compiled
def _dot_add_2(out, x, y):
    _add(out, np.dot(x, y.T))


@_compiled
def _solve_back_1(a, out, out_b, a_b, y_b):
    """The reverse of ``out = solve(a, y)`` for a vector."""
    s = np.linalg.solve(a.T.copy(), out_b)
    for i in range(s.size):
        y_b[i] += s[i]
        for j in range(s.size):
            a_b[i, j] -= s[i] * out[j]


@_compiled
def _solve_back_2(a, out, out_b, a_b, y_b):
    """The reverse of ``out = solve(a, y)`` for a matrix."""
    s = np.linalg.solve(a.T.copy(), out_b)
    _add(y_b, s)
    _add(a_b, -np.dot(s, out.T))
