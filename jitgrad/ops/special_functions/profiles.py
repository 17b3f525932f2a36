"""Functions of physics: Voigt profiles, integrals of Bessel functions, parabolic cylinder functions
and normalised Legendre functions. Start at `voigt_profile`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...ir import Node
from ..arithmetic import sqrt, square
from ..comparison import where
from ..trigonometric import cos, sin
from .bessel import i0, j0, k0, y0
from .elliptic import _difference, ellipk
from .table import SCIPY, special

# --- Voigt profiles -------------------------------------------------------------------------------

#: From this size on, the asymptotic expansion of Faddeeva's function has all digits with so many
#: terms.
FAR, TERMS = 7.0, 30


def _derivative_of_faddeeva(n: int, z: np.ndarray) -> np.ndarray:
    """Derivative number n of w(z) = exp(-z * z) erfc(-i z), in the upper half plane: by its
    recursion, which at large z subtracts nearly equal numbers, and is an expansion there."""
    far = abs(z) > FAR
    near, away = np.where(far, 0, z), np.where(far, z, FAR)
    before, out = np.zeros_like(near), SCIPY.wofz(near)
    for k in range(n):
        after = -2 * near * out - (-2j / math.sqrt(math.pi) if k == 0 else 2 * k * before)
        before, out = out, after
    total = np.zeros_like(away)
    for k in reversed(range(TERMS)):
        total = total / (away * away) + math.factorial(2 * k + n) / (4**k * math.factorial(k))
    total *= (-1) ** n * 1j / math.sqrt(math.pi) / away ** (n + 1)
    # on the real axis the expansion is imaginary, and the real part this, which is small beside it
    bell = (away.imag * abs(away.real) < 1e-3) * np.exp(-(away.real**2))
    before, derivative = np.zeros_like(bell), bell
    for k in range(n):
        derivative, before = -2 * away.real * derivative - 2 * k * before, derivative
    return np.where(far, total + derivative, out)


def _voigt(n: np.ndarray, x: np.ndarray, sigma: np.ndarray, gamma: np.ndarray) -> np.ndarray:
    """Derivatives by x of the analytic function whose real part is the profile."""
    n, x, sigma, gamma = np.broadcast_arrays(n, x, sigma, gamma)
    out = np.empty(x.shape, np.complex128)
    for k in np.unique(n).astype(int):
        here = n == k
        place, s = x[here] + 1j * gamma[here], sigma[here]
        with np.errstate(all="ignore"):
            scale = math.sqrt(2) * np.where(s == 0, 1, s)
            found = _derivative_of_faddeeva(k, place / scale) / scale ** (k + 1)
            lorentz = (-1) ** k * math.factorial(k) * 1j / place ** (k + 1)
        out[here] = np.where(s == 0, lorentz / math.pi, found / math.sqrt(math.pi))
    return out


def _drawn_profile(rng: np.random.Generator, shapes: Any) -> list:
    n, x, *widths = shapes
    return [
        rng.integers(0, 3, n).astype(float),
        rng.uniform(-3, 3, x),
        *[rng.uniform(0.5, 2, w) for w in widths],
    ]


def _profile(name: str, part: Callable[[np.ndarray], np.ndarray], slopes: Any) -> Any:
    return special(
        name,
        slopes,
        "A part of a derivative of the analytic function of a Voigt profile.",
        function=lambda *xs: part(_voigt(*xs)),
        operands=4,
        fixed={0: "n"},
        args=("n", "x", "sigma", "gamma"),
        sample=_drawn_profile,
    )


# Convolution with a wider normal density diffuses: the derivative by sigma is sigma times the
# second one by x. That by gamma is along the imaginary axis.
voigt_real = _profile(
    "_voigt_real",
    np.real,
    lambda n, x, s, g, out: (
        0,
        voigt_real(n + 1.0, x, s, g),
        s * voigt_real(n + 2.0, x, s, g),
        -voigt_imag(n + 1.0, x, s, g),
    ),
)
voigt_imag = _profile(
    "_voigt_imag",
    np.imag,
    lambda n, x, s, g, out: (
        0,
        voigt_imag(n + 1.0, x, s, g),
        s * voigt_imag(n + 2.0, x, s, g),
        voigt_real(n + 1.0, x, s, g),
    ),
)
voigt_profile = special(
    "voigt_profile",
    lambda x, s, g, out: (
        voigt_real(1.0, x, s, g),
        s * voigt_real(2.0, x, s, g),
        -voigt_imag(1.0, x, s, g),
    ),
    "The Voigt profile, a normal density convolved with that of Cauchy.",
    args=("x", "sigma", "gamma"),
    on=((-3, 3), (0.5, 2), (0.5, 2)),
)

# --- integrals of Bessel functions ----------------------------------------------------------------


def _integral(name: str, slope: Callable[[Node], Node], of: str, result: int, what: str) -> Any:
    doc = f"The integral of {what} from 0."
    return special(name, lambda x, out: slope(x), doc, function=of, result=result, on=(0.3, 3))


integral_j0 = _integral("integral_j0", lambda x: j0(x), "itj0y0", 0, "j0")
integral_y0 = _integral("integral_y0", lambda x: y0(x), "itj0y0", 1, "y0")
integral_i0 = _integral("integral_i0", lambda x: i0(x), "iti0k0", 0, "i0")
integral_k0 = _integral("integral_k0", lambda x: k0(x), "iti0k0", 1, "k0")

# --- parabolic cylinder functions -----------------------------------------------------------------


def _cylinder(name: str, curve: Callable[[Node, Node], Node], letter: str) -> list[Any]:
    """The function and its derivative: the second derivative is the function times `curve`."""

    def part(title: str, k: int, slope: Any) -> Any:
        return special(
            title,
            slope,
            f"The parabolic cylinder function {letter}" + (", its derivative." if k else "."),
            function=name,
            result=k,
            fixed={0: "the order"},
            args=("v", "x"),
            on=((0.3, 2), (0.2, 2)),
        )

    function = part(f"{name}_value", 0, lambda v, x, out: (0, slope(v, x)))
    slope = part(f"{name}_slope", 1, lambda v, x, out: (0, curve(v, x) * function(v, x)))
    return [function, slope]


pbdv_value, pbdv_slope = _cylinder("pbdv", lambda v, x: 0.25 * square(x) - v - 0.5, "D")
pbvv_value, pbvv_slope = _cylinder("pbvv", lambda v, x: 0.25 * square(x) - v - 0.5, "V")
pbwa_value, pbwa_slope = _cylinder("pbwa", lambda a, x: a - 0.25 * square(x), "W")

# --- spherical harmonics --------------------------------------------------------------------------


def _legendre(n: np.ndarray, m: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """The spherical harmonic of degree n and order m at longitude 0; 0 where m is too large."""
    size = np.minimum(abs(m), n)
    log = SCIPY.gammaln(n - size + 1) - SCIPY.gammaln(n + size + 1)
    factor = np.sqrt((2 * n + 1) / (4 * math.pi)) * np.exp(0.5 * log)
    theirs = getattr(SCIPY, "sph_legendre_p", None)
    if theirs is None:  # before SciPy 1.15
        out = factor * SCIPY.lpmv(size, n, np.cos(theta)) * np.where(m < 0, (-1.0) ** size, 1.0)
    else:
        out = theirs(n.astype(int), np.where(m < 0, -size, size).astype(int), theta)
        out = np.reshape(out, np.broadcast_shapes(n.shape, m.shape, theta.shape))
    return np.where(abs(m) > n, 0.0, out)


def _drawn_harmonic(rng: np.random.Generator, shapes: Any) -> list:
    n = rng.integers(0, 5, shapes[0]).astype(float)
    m = rng.integers(-3, 4, shapes[1]).astype(float)
    return [n, m, rng.uniform(0.2, 3, shapes[2])]


def _legendre_slopes(n: Node, m: Node, theta: Node, out: Node) -> tuple:
    """By the orders beside, without a quotient, which would be none at the poles."""
    valid = where(m < 0, -m, m) <= n
    up = sqrt(where(valid, (n - m) * (n + m + 1.0), 0.0)) * legendre(n, m + 1.0, theta)
    down = sqrt(where(valid, (n + m) * (n - m + 1.0), 0.0)) * legendre(n, m - 1.0, theta)
    return 0, 0, where(sin(theta) < 0, -0.5, 0.5) * (up - down)  # SciPy's are of abs(sin(theta))


legendre = special(
    "normalised_legendre",
    _legendre_slopes,
    "Normalised Legendre functions of an angle.",
    function=_legendre,
    operands=3,
    fixed={0: "n", 1: "m"},
    args=("n", "m", "theta"),
    sample=_drawn_harmonic,
)

# --- others ---------------------------------------------------------------------------------------


def _agm_slopes(a: Node, b: Node, out: Node) -> tuple[Node, Node]:
    """By pi / 4 (a + b) / K(m), where m is the square of (a - b) / (a + b)."""
    whole = a + b
    k = (a - b) / whole
    m = square(k)
    slope = 0.5 * (1.0 - _difference(m) / ellipk(m)) / (1.0 - m)  # of log(K)
    along = out * slope * 4.0 * k / square(whole)
    return out / whole - along * b, out / whole + along * a


agm = special(
    "agm", _agm_slopes, "The arithmetic-geometric mean.", args=("a", "b"), on=((0.5, 2), (0.5, 2))
)


def _diric_slopes(x: Node, n: Node, out: Node) -> tuple[Node, int]:
    half = sin(0.5 * x)
    top = where(half < 0, -half, half) < 1e-9
    safe = where(top, 1.0, half)
    slope = 0.5 * (cos(0.5 * n * x) - out * cos(0.5 * x)) / safe
    return where(top, 0.0, slope), 0


diric = special(
    "periodic_sinc",
    _diric_slopes,
    "The periodic sinc function, sin(n x / 2) / (n sin(x / 2)).",
    function=lambda x, n: SCIPY.diric(x, n),
    operands=2,
    fixed={1: "n"},
    args=("x", "n"),
    sample=lambda rng, shapes: [
        rng.uniform(0.3, 3, shapes[0]),
        rng.integers(1, 6, shapes[1]).astype(float),
    ],
)
