"""Elliptic integrals and functions, by Legendre's forms with the parameter m. Start at
`ellipk`."""

from __future__ import annotations

import math
from typing import Any

from ...ir import Node
from ..arithmetic import absolute, sqrt, square
from ..comparison import isinf, where
from ..trigonometric import sin
from .hypergeometric import hyp2f1
from .table import SCIPY, special

#: Below it the parameter is so small that quotients by it lose more digits than two terms of the
#: series in it.
SMALL = 1e-5


_difference = special(
    "_ellipd",
    lambda m, out: 3 * math.pi / 32 * hyp2f1(1.5, 2.5, 3.0, m),
    "(ellipk(m) - ellipe(m)) / m.",
    function=lambda m: math.pi / 4 * SCIPY.hyp2f1(0.5, 1.5, 2.0, m),
    operands=1,
    fused=True,
    code="ellipd({0})",
    on=(-0.9, 0.9),
)


def _first_slope(m: Node, out: Node) -> Node:
    last = isinf(m)  # where there is none, and at -inf it is 0
    inner = where(last, 0.0, m)
    return where(last, 0.0, 0.5 * (out - _difference(inner)) / (1.0 - inner))


ellipk = special(
    "ellipk",
    _first_slope,
    "The complete elliptic integral of the first kind.",
    slope="d/dm = (ellipe(m) / (1 - m) - out) / (2 * m).",
    fused=True,
    args=("m",),
    on=(-0.9, 0.9),
)


def _near_one(p: Node, out: Node) -> Node:
    near = p < 0.5
    left = where(near, p, 0.4)
    by_both = -(ellipe(1.0 - left) - left * where(near, out, 1.0)) / (2.0 * left * (1.0 - left))
    safe = where(near, 1.0, p)
    return where(near, by_both, -0.5 * (out - _difference(1.0 - safe)) / safe)


ellipkm1 = special(
    "ellipkm1",
    _near_one,
    "The complete elliptic integral of the first kind at 1 - p.",
    fused=True,
    args=("p",),
    on=(0.1, 1.5),
)
ellipe = special(
    "ellipe",
    lambda m, out: -0.5 * _difference(m),
    "The complete elliptic integral of the second kind.",
    slope="d/dm = (out - ellipk(m)) / (2 * m).",
    fused=True,
    args=("m",),
    on=(-0.9, 0.9),
)


def _squares(phi: Node) -> tuple[Node, Node]:
    """The integrals of the second and of the fourth power of the sine."""
    double = sin(2.0 * phi)
    return (2.0 * phi - double) / 4.0, (12.0 * phi - 8.0 * double + sin(4.0 * phi)) / 32.0


def _first_by_m(phi: Node, m: Node, first: Node) -> Node:
    small = absolute(m) < SMALL
    safe = where(small, 0.5, m)
    root = sqrt(1.0 - safe * square(sin(phi)))
    second = ellipeinc(phi, safe)
    usual = (second / (1.0 - safe) - where(small, 0.0, first)) / (2.0 * safe) - sin(2.0 * phi) / (
        4.0 * (1.0 - safe) * root
    )
    two, four = _squares(phi)
    return where(small, 0.5 * two + 0.75 * m * four, usual)


def _second_by_m(phi: Node, m: Node, second: Node) -> Node:
    small = absolute(m) < SMALL
    safe = where(small, 0.5, m)
    two, four = _squares(phi)
    usual = (where(small, 0.0, second) - ellipkinc(phi, safe)) / (2.0 * safe)
    return where(small, -0.5 * two - 0.25 * m * four, usual)


ellipkinc = special(
    "ellipkinc",
    lambda phi, m, out: (1.0 / sqrt(1.0 - m * square(sin(phi))), _first_by_m(phi, m, out)),
    "The incomplete elliptic integral of the first kind.",
    args=("phi", "m"),
    on=((-1.5, 1.5), (0.1, 0.9)),
)
ellipeinc = special(
    "ellipeinc",
    lambda phi, m, out: (sqrt(1.0 - m * square(sin(phi))), _second_by_m(phi, m, out)),
    "The incomplete elliptic integral of the second kind.",
    args=("phi", "m"),
    on=((-1.5, 1.5), (0.1, 0.9)),
)

# --- Jacobi ---------------------------------------------------------------------------------------


def _amplitude_slopes(u: Node, m: Node) -> tuple[Node, Node]:
    """The partial derivatives of the amplitude, which solves ellipkinc(phi, m) = u."""
    dn, phi = jacobi_dn(u, m), jacobi_ph(u, m)
    return dn, -dn * _first_by_m(phi, m, u)


def _jacobi(name: str, result: int, slope: Any, doc: str) -> Any:
    """`slope(u, m)` is the derivative in the amplitude."""

    def partials(u: Node, m: Node, out: Node) -> tuple[Node, Node]:
        by_u, by_m = _amplitude_slopes(u, m)
        factor = slope(u, m)
        return factor * by_u, factor * by_m

    return special(
        name,
        partials,
        doc,
        function="ellipj",
        result=result,
        args=("u", "m"),
        on=((-1.5, 1.5), (0.1, 0.9)),
    )


jacobi_sn = _jacobi("jacobi_sn", 0, lambda u, m: jacobi_cn(u, m), "Jacobi's elliptic function sn.")
jacobi_cn = _jacobi("jacobi_cn", 1, lambda u, m: -jacobi_sn(u, m), "Jacobi's elliptic function cn.")


def _dn_slopes(u: Node, m: Node, out: Node) -> tuple[Node, Node]:
    by_u, by_m = _amplitude_slopes(u, m)
    sn, cn = jacobi_sn(u, m), jacobi_cn(u, m)
    factor = -m * sn * cn / out
    return factor * by_u, factor * by_m - 0.5 * square(sn) / out


jacobi_dn = special(
    "jacobi_dn",
    _dn_slopes,
    "Jacobi's elliptic function dn.",
    function="ellipj",
    result=2,
    args=("u", "m"),
    on=((-1.5, 1.5), (0.1, 0.9)),
)
jacobi_ph = special(
    "jacobi_ph",
    lambda u, m, out: _amplitude_slopes(u, m),
    "The amplitude of Jacobi's elliptic functions.",
    function="ellipj",
    result=3,
    args=("u", "m"),
    on=((-1.5, 1.5), (0.1, 0.9)),
)
