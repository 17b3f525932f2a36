"""Special functions of complex numbers, with complex results: SciPy's, with derivatives by which
they are holomorphic. Their entries are in a table of their own, `COMPLEX`; those of functions that
real numbers have, too, are named ``complex_`` and the name. Start at `holomorphic`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...base.dtypes import FLOAT64, complex_of, real_of
from ...base.errors import ArgumentError
from ...ir import Node
from ..exponential import exp, log
from ..pointwise import elementwise
from ..promotion import by_dtypes
from ..records import Names
from ..registry import Entry
from ..rows import each_row
from .table import SCIPY, UFUNCS, refused

#: name -> entry.
COMPLEX: dict[str, Entry] = {}
ROOT_PI = math.sqrt(math.pi)


def _dtypes(asked: tuple) -> tuple[tuple, np.dtype]:
    """The last operand is complex; others are orders, real numbers."""
    last = asked[-1]
    dtype = last if isinstance(last, np.dtype) and last.kind in "fc" else FLOAT64
    out = complex_of(real_of(dtype))
    return (*[real_of(out)] * (len(asked) - 1), out), out


def _of_ufunc(ufunc: np.ufunc) -> Callable[[tuple], tuple[tuple, np.dtype]]:
    """The same as SciPy, which has its own rule for real numbers."""

    def rule(asked: tuple) -> tuple[tuple, np.dtype]:
        given = [np.zeros(0, a) if isinstance(a, np.dtype) else a(1) for a in asked]
        out = ufunc(*given).dtype
        return (*[real_of(out)] * (len(asked) - 1), out), out

    return rule


def holomorphic(
    name: str,
    slope: Callable[..., Any],
    doc: str,
    function: Any = None,
    args: tuple[str, ...] = ("z",),
    public: bool = False,
) -> Entry:
    """Registers a function whose operands but the last are orders, to which no gradient goes."""
    ufunc = function or getattr(SCIPY._ufuncs, name)
    entry = name if public else f"complex_{name}"

    def around(build: Callable[..., Node], *xs: Any) -> Node:
        orders = [
            refused(x, f"the operand {a} of {name}") for x, a in zip(xs, args[:-1], strict=False)
        ]
        return build(*orders, xs[-1])

    out = elementwise(
        entry,
        lambda *xs: (*[1] * (len(args) - 1), slope(*xs)),  # 1: the mark raises
        doc,
        numpy=ufunc,
        operands=len(args),
        dtypes=by_dtypes(_of_ufunc(ufunc) if isinstance(ufunc, np.ufunc) else _dtypes),
        reference=lambda *xs, node: np.asarray(ufunc(*xs), node.dtype),
        cost=100,
        kind="call",
        batch=each_row,
        around=around,
        complex=True,
        names=Names(method=False, home="scipy.special", args=args),
        public=public,
        home=COMPLEX,
    )
    if isinstance(ufunc, np.ufunc) and public:
        UFUNCS[ufunc] = out
    return out


wofz = holomorphic(
    "wofz",
    lambda z, out: z * out * -2.0 + 2j / ROOT_PI,
    "Faddeeva's function, exp(-z * z) erfc(-i z).",
    public=True,
)
erf = holomorphic("erf", lambda z, out: exp(-z * z) * (2 / ROOT_PI), "The error function.")
erfc = holomorphic("erfc", lambda z, out: exp(-z * z) * (-2 / ROOT_PI), "1 - erf(z).")
erfi = holomorphic("erfi", lambda z, out: exp(z * z) * (2 / ROOT_PI), "-i erf(i z).")
erfcx = holomorphic("erfcx", lambda z, out: z * out * 2.0 - 2 / ROOT_PI, "exp(z * z) erfc(z).")
dawsn = holomorphic("dawsn", lambda z, out: 1.0 - z * out * 2.0, "Dawson's integral.")
exp1 = holomorphic("exp1", lambda z, out: -exp(-z) / z, "The exponential integral E1.")
expi = holomorphic("expi", lambda z, out: exp(z) / z, "The exponential integral Ei.")
spence = holomorphic("spence", lambda z, out: log(z) / (1.0 - z), "Spence's function.")


def _lambertw(k: np.ndarray, z: np.ndarray) -> Any:
    return SCIPY.lambertw(z, k.astype(np.int64))


lambertw = holomorphic(
    "lambertw",
    lambda k, z, out: exp(-out) / (1.0 + out),
    "Lambert's W function, on its branch k.",
    _lambertw,
    ("k", "z"),
)

# --- the gamma function ---------------------------------------------------------------------------

#: Bernoulli's numbers B_2, B_4, ... over the factorials of their numbers.
BERNOULLI = [
    b / math.factorial(2 * k + 2)
    for k, b in enumerate(
        [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798]
    )
]
#: From this real part on, or an imaginary part as large, the asymptotic expansion has all digits.
FAR = 15.0


def _polygamma(n: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Derivatives of `psi`, from 1 on: of each number, moved to the right by whole steps."""
    out = np.empty(z.shape, np.complex128)
    for k in np.unique(n):
        here = n == k
        out[here] = _polygamma_of(int(k), z[here].astype(np.complex128))
    return out


def _polygamma_of(n: int, z: np.ndarray) -> np.ndarray:
    steps = np.where(abs(z.imag) < FAR, np.ceil(FAR - z.real), 0).clip(0)
    steps = np.where(np.isfinite(steps), steps, 0).astype(int)
    if steps.max(initial=0) > 10_000:
        raise ArgumentError(
            f"got psi's derivative at {z[steps.argmax()]}, expected a real part above -1e4"
        )
    total = np.zeros_like(z)
    for k in range(steps.max(initial=0)):
        total += np.where(k < steps, (z + k) ** float(-n - 1), 0)
    total *= math.factorial(n)
    z = z + steps
    total += math.factorial(n - 1) * z ** float(-n) + 0.5 * math.factorial(n) * z ** float(-n - 1)
    for k, b in enumerate(BERNOULLI):
        total += b * math.factorial(2 * k + 1 + n) * z ** float(-(2 * k + 2 + n))
    return (-1) ** (n + 1) * total


polygamma = holomorphic(
    "polygamma",
    lambda n, z, out: polygamma(n + 1.0, z),
    "The derivatives of `psi`, from the first on.",
    _polygamma,
    ("n", "z"),
)
psi = holomorphic("psi", lambda z, out: polygamma(1.0, z), "The digamma function.")
loggamma = holomorphic(
    "loggamma", lambda z, out: psi(z), "The principal logarithm of the gamma function."
)
gamma = holomorphic("gamma", lambda z, out: out * psi(z), "The gamma function.")
rgamma = holomorphic("rgamma", lambda z, out: -out * psi(z), "1 / gamma(z).")

# --- Bessel functions -----------------------------------------------------------------------------


def _bessel(name: str, signs: tuple[float, float], doc: str, public: bool = False) -> Entry:
    """A Bessel function: the derivative is half of those of the order below and above, each with
    its sign."""

    def slope(v: Node, z: Node, out: Node) -> Any:
        below, above = signs
        return entry(v - 1.0, z) * (0.5 * below) + entry(v + 1.0, z) * (0.5 * above)

    entry = holomorphic(name, slope, doc, args=("v", "z"), public=public)
    return entry


jv = _bessel("jv", (1.0, -1.0), "The Bessel function of the first kind.")
yv = _bessel("yv", (1.0, -1.0), "The Bessel function of the second kind.")
iv = _bessel("iv", (1.0, 1.0), "The modified Bessel function of the first kind.")
kv = _bessel("kv", (-1.0, -1.0), "The modified Bessel function of the second kind.")
hankel1 = _bessel("hankel1", (1.0, -1.0), "The Hankel function of the first kind.", True)
hankel2 = _bessel("hankel2", (1.0, -1.0), "The Hankel function of the second kind.", True)
