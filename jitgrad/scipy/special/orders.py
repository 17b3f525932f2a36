"""Spherical Bessel functions, and derivatives of Bessel functions of any order. Start at `jvp`."""

from __future__ import annotations

import math
from typing import Any

from ...base.errors import ArgumentError
from ...base.surface import surface
from ...ir.shapes import as_int
from .catalogue import floats, op

_DOC = """{what}

Parameters
----------
{parameters}

Returns
-------
Tensor
    Of the shape that the operands have together.

Raises
------
GradientError
    Where a gradient goes to the order.

See Also
--------
scipy.special.{name}

Examples
--------
>>> {example}
{shown}
"""


def _described(
    function: Any, name: str, what: str, parameters: str, example: str, shown: str
) -> Any:
    function.__name__ = function.__qualname__ = name
    call = f"jitgrad.scipy.special.{name}({example})"
    function.__doc__ = _DOC.format(
        what=what, parameters=parameters, name=name, example=call, shown=shown
    )
    return surface(function)


def _spherical(kind: str, what: str, signs: tuple[float, float], shown: str) -> Any:
    name = f"spherical_{kind}"
    f = getattr(op, name)

    def function(n: Any, z: Any, derivative: bool = False) -> Any:
        n, z = floats(n), floats(z)
        if not derivative:
            return f(n, z)
        n = op.trunc(n)
        lower = f(op.where(n < 1, 1.0, n) - 1.0, z)
        return (signs[0] * n * lower + signs[1] * (n + 1.0) * f(n + 1.0, z)) / (2.0 * n + 1.0)

    parameters = (
        "n : array_like\n    Whole orders, at least 0.\nz : array_like\n    Real numbers.\n"
        "derivative : bool, default False\n    The derivative in z instead."
    )
    return _described(function, name, what, parameters, "1, 2.0", shown)


spherical_jn = _spherical(
    "jn", "Spherical Bessel functions of the first kind.", (1.0, -1.0), "tensor(0.4354)"
)
spherical_yn = _spherical(
    "yn", "Spherical Bessel functions of the second kind.", (1.0, -1.0), "tensor(-0.3506)"
)
spherical_in = _spherical(
    "in", "Modified spherical Bessel functions of the first kind.", (1.0, 1.0), "tensor(0.9744)"
)
spherical_kn = _spherical(
    "kn", "Modified spherical Bessel functions of the second kind.", (-1.0, -1.0), "tensor(0.1594)"
)


def _slopes(kind: str, what: str, sign: float, factor: float, shown: str) -> Any:
    """Derivative number n in z: a sum over orders from v - n to v + n, with binomial
    coefficients."""
    name, f = f"{kind}p", getattr(op, kind)

    def function(v: Any, z: Any, n: int = 1) -> Any:
        n, v, z = as_int(n, "n"), floats(v), floats(z)
        if n < 0:
            raise ArgumentError(f"got n={n}, expected the number of a derivative, at least 0")
        terms = [
            math.comb(n, k) * sign**k * factor**n * f(v + float(2 * k - n), z) for k in range(n + 1)
        ]
        return sum(terms[1:], terms[0])

    parameters = (
        "v : array_like\n    Orders.\nz : array_like\n    Real numbers.\n"
        "n : int, default 1\n    Which derivative."
    )
    return _described(function, name, what, parameters, "1.0, 2.0", shown)


jvp = _slopes(
    "jv", "Derivatives in z of Bessel functions of the first kind.", -1.0, 0.5, "tensor(-0.0645)"
)
yvp = _slopes(
    "yv", "Derivatives in z of Bessel functions of the second kind.", -1.0, 0.5, "tensor(0.5639)"
)
ivp = _slopes(
    "iv",
    "Derivatives in z of modified Bessel functions of the first kind.",
    1.0,
    0.5,
    "tensor(1.4843)",
)
kvp = _slopes(
    "kv",
    "Derivatives in z of modified Bessel functions of the second kind.",
    1.0,
    -0.5,
    "tensor(-0.1838)",
)

FUNCTIONS = (ivp, jvp, kvp, spherical_in, spherical_jn, spherical_kn, spherical_yn, yvp)
