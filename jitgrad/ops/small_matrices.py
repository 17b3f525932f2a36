"""Small matrices in compiled loops: LU factors and what is computed of them, triangular systems,
Cholesky factors.

A call of LAPACK for each matrix of a stack would cost more than its work. The texts here are
algorithms for one matrix. A kernel runs them for several matrices at once, a number of each side by
side in *lanes* (`jitgrad.runtime.llvm.lane_values`); in a loop over a small state that is compiled
as a whole they are run for single numbers. Where NumPy would raise `LinAlgError` they raise the
flag ``far``, and NumPy runs the plan again and raises it, or does not, where rounding decides:
errors and their texts are NumPy's.

In the texts `n0` is the number of rows, `n1` that of matrices and `n2` that of columns of right
sides. ``TAKE(x, size, e)`` is element `e` of this matrix in the stack `x` of matrices of `size`
elements, ``PUT(x, size, e, value)`` writes it. Start at `_LU` and `_made`.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.dtypes import is_complex, real_of
from ..ir import Node
from ..ir.node import Loops

#: The factors lie in `h` by columns, as in the packed array, and the pivots behind them.
_LU = """
for i in range(n0):
    for j in range(n0):
        h[j * n0 + i] = TAKE(x0, n0 * n0, i * n0 + j)
for k in range(n0):
    m = magnitude(h[k * n0 + k])
    p = if_larger(m, m, m, k)
    for i in range(k + 1, n0):
        v = magnitude(h[k * n0 + i])
        p = if_larger(v, m, i, p)
        m = if_larger(v, m, v, m)
    h[n0 * n0 + k] = p
    for j in range(n0):
        a = h[j * n0 + k]
        c = h[j * n0 + k]
        for i in range(k + 1, n0):
            w = h[j * n0 + i]
            c = if_equal(p, i, w, c)
            h[j * n0 + i] = if_equal(p, i, a, w)
        h[j * n0 + k] = c
    d = if_equal(h[k * n0 + k], 0, 1, h[k * n0 + k])
    for i in range(k + 1, n0):
        h[k * n0 + i] = over(h[k * n0 + i], d)
    for j in range(k + 1, n0):
        c = h[j * n0 + k]
        for i in range(k + 1, n0):
            h[j * n0 + i] = less_product(h[j * n0 + i], h[k * n0 + i], c)
for e in range(n0 * n0 + n0):
    PUT(out, n0 * n0 + n0, e, h[e])
"""


def _eliminated(lower: bool, unit: bool, at: str) -> str:
    """The steps of a triangular system, whose element in row i and column j is at `at`."""
    order, rows = ("j = z", "j + 1, n0") if lower else ("j = n0 - 1 - z", "j")
    divided = """
    for c in range(n2):
        b[j * n2 + c] = over(b[j * n2 + c], h[j * n0 + j])"""
    return f"""
for z in range(n0):
    {order}{"" if unit else divided}
    for i in range({rows}):
        for c in range(n2):
            b[i * n2 + c] = less_product(b[i * n2 + c], h[{at}], b[j * n2 + c])
"""


_SWAPPED = """
for z in range(n0):
    k = ORDER
    p = h[n0 * n0 + k]
    for c in range(n2):
        a = b[k * n2 + c]
        w = b[k * n2 + c]
        for i in range(k + 1, n0):
            v = b[i * n2 + c]
            w = if_equal(p, i, v, w)
            b[i * n2 + c] = if_equal(p, i, a, v)
        b[k * n2 + c] = w
"""
_TAKEN = """
for e in range(SIZE):
    h[e] = TAKE(MATRIX, SIZE, e)
for e in range(n0 * n2):
    b[e] = TAKE(x1, n0 * n2, e)
"""
_REGULAR = """
for e in range(n0):
    far = far | has_zero(h[e * n0 + e])
"""
_PUT = """
for e in range(n0 * n2):
    PUT(out, n0 * n2, e, b[e])
"""


def _taken(matrix: str, size: str) -> str:
    return _TAKEN.replace("MATRIX", matrix).replace("SIZE", size)


def _solution(transposed: bool) -> str:
    begin = _taken("x2", "n0 * n0 + n0") + _REGULAR
    if transposed:
        steps = _eliminated(True, False, "i * n0 + j") + _eliminated(False, True, "i * n0 + j")
        return begin + steps + _SWAPPED.replace("ORDER", "n0 - 1 - z") + _PUT
    steps = _eliminated(True, True, "j * n0 + i") + _eliminated(False, False, "j * n0 + i")
    return begin + _SWAPPED.replace("ORDER", "z") + steps + _PUT


def _substitution(lower: bool, transposed: bool, unit: bool) -> str:
    at = "j * n0 + i" if transposed else "i * n0 + j"
    begin = _taken("x0", "n0 * n0") + ("" if unit else _REGULAR)
    return begin + _eliminated(lower != transposed, unit, at) + _PUT


_CHOLESKY = """
for i in range(n0):
    for j in range(i + 1):
        h[i * n0 + j] = TAKE(x0, n0 * n0, i * n0 + j)
for j in range(n0):
    for k in range(j):
        w = conjugate_of(h[j * n0 + k])
        for i in range(j, n0):
            h[i * n0 + j] = less_product(h[i * n0 + j], h[i * n0 + k], w)
    d = real_of(h[j * n0 + j])
    far = far | has_none_above(d, 0)
    d = root(d)
    h[j * n0 + j] = d
    for i in range(j + 1, n0):
        h[i * n0 + j] = over(h[i * n0 + j], d)
        h[j * n0 + i] = times(h[j * n0 + j], 0)
for e in range(n0 * n0):
    PUT(out, n0 * n0, e, h[e])
"""

_DETERMINANT = """
for e in range(n0):
    p = TAKE(x1, n0 * n0 + n0, n0 * n0 + e)
    v = TAKE(x1, n0 * n0 + n0, e * n0 + e)
    h[e] = if_equal(p, e, v, times(v, -1))
"""
_DET = f"""{_DETERMINANT}
for e in range(n0 - 1):
    h[0] = times(h[0], h[e + 1])
PUT(out, 1, 0, h[0])
"""
_SIGN = f"""{_DETERMINANT}
for e in range(n0):
    h[e] = sign_of(h[e])
for e in range(n0 - 1):
    h[0] = times(h[0], h[e + 1])
PUT(out, 1, 0, h[0])
"""
_LOG = f"""{_DETERMINANT}
d = log_of(size_of(h[0]))
for e in range(n0 - 1):
    d = plus(d, log_of(size_of(h[e + 1])))
PUT(out, 1, 0, d)
"""
#: The solution for the unit matrix times the determinant; what may be singular is NumPy's.
_COFACTORS = """
for e in range(n0 * n0 + n0):
    h[e] = TAKE(x1, n0 * n0 + n0, e)
least = magnitude(h[0])
most = magnitude(h[0])
d = if_equal(h[0], h[0], 1, h[0])
for e in range(n0):
    m = magnitude(h[e * n0 + e])
    least = if_larger(least, m, m, least)
    most = if_larger(m, most, m, most)
    d = times(times(d, h[e * n0 + e]), if_equal(h[n0 * n0 + e], e, 1, -1))
far = far | has_none_above(least, times(most, SMALL))
for i in range(n0):
    for j in range(n0):
        b[i * n0 + j] = times(d, 0)
    b[i * n0 + i] = d
""" + (
    _eliminated(True, False, "i * n0 + j")
    + _eliminated(False, True, "i * n0 + j")
    + _SWAPPED.replace("ORDER", "n0 - 1 - z")
    + _PUT
).replace("n2", "n0")

_MOVED = re.compile(r"(TAKE|PUT)\((\w+), ([^,]+), ([^,\n]+)(?:, ([^\n]+))?\)$", re.MULTILINE)


def _vectors(steps: str, dtype: str, lanes: int, memory: dict[str, int]) -> str:
    """The text for `lanes` matrices at once."""

    def moved(m: re.Match) -> str:
        place = f"{m[2]}, first, {m[4]}, {m[3]}, last"
        return f"gathered({place}, {lanes})" if m[1] == "TAKE" else f"scattered({place}, {m[5]})"

    made = "".join(f"{name} = lanes_{dtype}({lanes}, {n})\n" for name, n in memory.items())
    head = f"for u in range(start, stop):\n    first = u * {lanes}\n"
    head += f"    last = min({lanes}, n1 - first) - 1\n"
    return made + head + textwrap.indent(_MOVED.sub(moved, steps), "    ")


def _numbers(steps: str, dtype: str, memory: dict[str, int]) -> str:
    """The text for one matrix at a time."""

    def moved(m: re.Match) -> str:
        place = f"{m[2]}[u * ({m[3]}) + {m[4]}]"
        return place if m[1] == "TAKE" else f"{place} = {m[5]}"

    made = "".join(f"{name} = fixed_{dtype}({n})\n" for name, n in memory.items())
    head = "for u in range(start, stop):\n"
    return made + head + textwrap.indent(_MOVED.sub(moved, steps), "    ")


def _made(steps: str, node: Node, limits: Any, work: int, columns: int = 0) -> Loops | None:
    """The loops of `steps` for a stack of matrices, if these are small. Loops over a small state
    have no complex numbers."""
    lead, n, dtype = node.src[0].shape[:-2], node.src[0].shape[-1], node.src[0].dtype
    most, count = limits.small_matrix, math.prod(lead)
    if not 0 < n <= most or columns > most:
        return None
    lanes = limits.vector_bytes // real_of(dtype).itemsize
    code = _vectors(steps, dtype.name, lanes, _memory(most, most if columns else 0))
    sizes = (n, count, columns) if columns else (n, count)
    units = -(-count // lanes)
    if is_complex(dtype):
        return Loops(code, sizes, units, 4 * count * work)
    single = _numbers(steps, dtype.name, _memory(n, columns))
    return Loops(code, sizes, units, count * work, single=single, ones=count)


def _memory(n: int, columns: int) -> dict[str, int]:
    """The memory of steps, by name: numbers of a matrix."""
    return {"h": n * (n + 1), **({"b": n * columns} if columns else {})}


def lu_loops(node: Node, limits: Any) -> Loops | None:
    return _made(_LU, node, limits, node.shape[-1] ** 3)


def solution_loops(node: Node, limits: Any) -> Loops | None:
    n, k = node.shape[-2:]
    return _made(_solution(node.arg), node, limits, 2 * n * n * k, k)


def of_determinant(name: str) -> Callable[[Node, Any], Loops | None]:
    """The loops of "det", "sign", "log" or "cofactors"."""
    steps = {"det": _DET, "sign": _SIGN, "log": _LOG, "cofactors": _COFACTORS}[name]

    def loops(node: Node, limits: Any) -> Loops | None:
        n = node.src[0].shape[-1]
        small = repr(1e3 * float(np.finfo(node.dtype).eps))
        columns, work = (n, n**3) if name == "cofactors" else (0, n)
        out = _made(steps.replace("SMALL", small), node, limits, work, columns)
        return out and out._replace(sizes=out.sizes[:2])

    return loops


def substitution_loops(node: Node, limits: Any) -> Loops | None:
    n, k = node.shape[-2:]
    return _made(_substitution(*node.arg), node, limits, n * n * k, k)


def cholesky_loops(node: Node, limits: Any) -> Loops | None:
    return _made(_CHOLESKY, node, limits, node.shape[-1] ** 3 // 2)
