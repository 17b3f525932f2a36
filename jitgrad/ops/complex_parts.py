"""Operations on complex numbers as formulas of their parts, which are what kernels compute.

An entry names its formula by `parts`. Each takes a `Parts` per operand and gives that of the
result, or a node where the result is real. A part that is known to be 0 is left out (None): a
product with a real number is two products. Where NumPy's own formula is the better one at large or
small numbers, it is taken: quotients are Smith's. Start at `multiply`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from ..ir import Node
from .primitives import Parts, zeros
from .registry import REGISTRY

INF, LN2 = float("inf"), math.log(2)
HALF_PI = math.pi / 2


def of(name: str, *operands: Node | float) -> Node:
    """The operation of that name, whose module may come later."""
    return REGISTRY[name](*operands)


def imag(z: Parts) -> Node:
    return zeros(z.real) if z.imag is None else z.imag


# --- arithmetic -----------------------------------------------------------------------------------


def add(x: Parts, y: Parts) -> Parts:
    if x.imag is None or y.imag is None:
        return Parts(x.real + y.real, y.imag if x.imag is None else x.imag)
    return Parts(x.real + y.real, x.imag + y.imag)


def subtract(x: Parts, y: Parts) -> Parts:
    if y.imag is None:
        return Parts(x.real - y.real, x.imag)
    return Parts(x.real - y.real, -y.imag if x.imag is None else x.imag - y.imag)


def multiply(x: Parts, y: Parts) -> Parts:
    if x.imag is None:
        return Parts(x.real * y.real, None if y.imag is None else x.real * y.imag)
    if y.imag is None:
        return Parts(x.real * y.real, x.imag * y.real)
    return Parts(x.real * y.real - x.imag * y.imag, x.real * y.imag + x.imag * y.real)


def square(z: Parts) -> Parts:
    """By the product of the sum and the difference: of squares that overflow no difference is
    taken, and of those that cancel no digit is lost."""
    if z.imag is None:
        return Parts(z.real * z.real, None)
    product = z.real * z.imag
    return Parts((z.real - z.imag) * (z.real + z.imag), product + product)


def divide(x: Parts, y: Parts) -> Parts:
    """By the ratio of the smaller part of the divisor to the larger one. Of a divisor that is 0
    only the magnitude counts, as in NumPy.

    Source: R. L. Smith, Algorithm 116: complex division (1962)."""
    if y.imag is None:
        return Parts(x.real / y.real, None if x.imag is None else x.imag / y.real)
    wide = of("absolute", y.real) >= of("absolute", y.imag)
    large, small = of("where", wide, y.real, y.imag), of("where", wide, y.imag, y.real)
    zero = of("equal", large, 0)
    ratio = of("where", zero, large, small / large)
    scale = 1 / (large + small * ratio)
    infinite = of("absolute", scale)
    p = x.real if x.imag is None else of("where", wide, x.real, x.imag)
    if x.imag is None:
        real = of("where", wide, p, p * ratio) * scale
        turned = -(of("where", wide, p * ratio, p) * scale)
    else:
        q = of("where", wide, x.imag, x.real)
        turned = q - p * ratio
        real, turned = (p + q * ratio) * scale, of("where", wide, turned, -turned) * scale
    return Parts(
        of("where", zero, x.real * infinite, real),
        of("where", zero, imag(x) * infinite, turned),
    )


def reciprocal(z: Parts) -> Parts:
    """Smith's, with two divisions as NumPy: the inverse of the divisor may be infinite where a part
    of the result is not."""
    if z.imag is None:
        return Parts(1 / z.real, None)
    wide = of("absolute", z.real) >= of("absolute", z.imag)
    large, small = of("where", wide, z.real, z.imag), of("where", wide, z.imag, z.real)
    ratio = small / large
    divisor = large + small * ratio
    along, across = 1 / divisor, ratio / divisor
    return Parts(of("where", wide, along, across), -of("where", wide, across, along))


def negative(z: Parts) -> Parts:
    return Parts(-z.real, None if z.imag is None else -z.imag)


def positive(z: Parts) -> Parts:
    return z


def conjugate(z: Parts) -> Parts:
    return Parts(z.real, None if z.imag is None else -z.imag)


def magnitude(z: Parts) -> Node:
    return of("absolute", z.real) if z.imag is None else of("hypot", z.real, z.imag)


class _Range(NamedTuple):
    """Bounds of a float type: magnitudes between `small` and `large` have a square root, and a
    hypotenuse, with all digits; ``lift ** 2`` brings smaller ones there, 1/16 larger ones. Beside
    numbers beyond `far`, and squares of such, 1 is nothing; the square of `near` is still normal,
    and ``middle / x`` is neither infinite nor seen beside 1 for ``x < near``."""

    small: float
    large: float
    lift: float
    far: float
    near: float
    middle: float


_RANGES = {
    "float64": _Range(2.0**-960, 2.0**1020, 2.0**60, 2.0**60, 2.0**-500, 2.0**-400),
    "float32": _Range(2.0**-100, 2.0**124, 2.0**30, 2.0**30, 2.0**-60, 2.0**-30),
}


def _in_range(z: Parts) -> tuple[Parts, Node]:
    """`z` times the square of a power of 2, by which squares and sums of its parts neither overflow
    nor lose digits, and that power."""
    bounds = _RANGES[z.real.dtype.name]
    a, b = of("absolute", z.real), of("absolute", imag(z))
    large = of("logical_or", a > bounds.large, b > bounds.large)
    small = of("logical_and", a < bounds.small, b < bounds.small)
    power = of("where", large, 0.25, of("where", small, bounds.lift, zeros(a) + 1.0))
    square = power * power
    return Parts(z.real * square, imag(z) * square), power


def sqrt(z: Parts) -> Parts:
    """The larger part of the root is a root, the other is found by a division: no difference is
    taken."""
    z, power = _in_range(z)
    size, half = magnitude(z), 0.5 * imag(z)
    root = of("sqrt", 0.5 * of("absolute", z.real) + 0.5 * size)
    other = of("where", of("equal", root, 0), half, half / root)
    infinite = of("isinf", half)
    right = z.real >= 0
    real = of("where", right, root, of("absolute", other))
    along = of("where", right, other, of("copysign", root, half))
    return Parts(
        of("where", infinite, INF, real / power),
        of("where", infinite, half, along / power),
    )


# --- comparisons ----------------------------------------------------------------------------------


def equal(x: Parts, y: Parts) -> Node:
    return of("logical_and", of("equal", x.real, y.real), of("equal", imag(x), imag(y)))


def not_equal(x: Parts, y: Parts) -> Node:
    return of("logical_or", of("not_equal", x.real, y.real), of("not_equal", imag(x), imag(y)))


def ordered(name: str) -> Callable[[Parts, Parts], Node]:
    """NumPy's order: by the real parts, where these are equal by the imaginary ones; of a nan
    nothing holds."""
    strict = "less" if name.startswith("less") else "greater"

    def parts(x: Parts, y: Parts) -> Node:
        numbers = of("logical_not", of("logical_or", of("isnan", imag(x)), of("isnan", imag(y))))
        first = of("logical_and", of(strict, x.real, y.real), numbers)
        second = of("logical_and", of("equal", x.real, y.real), of(name, imag(x), imag(y)))
        return of("logical_or", first, second)

    return parts


def isnan(z: Parts) -> Node:
    return of("logical_or", of("isnan", z.real), of("isnan", imag(z)))


def isinf(z: Parts) -> Node:
    return of("logical_or", of("isinf", z.real), of("isinf", imag(z)))


def isfinite(z: Parts) -> Node:
    return of("logical_and", of("isfinite", z.real), of("isfinite", imag(z)))


def extreme(name: str) -> Callable[[Parts, Parts], Parts]:
    """The larger or smaller of two by NumPy's order. A nan is the result of `maximum` and
    `minimum`, and that of `fmax` and `fmin` only where both are."""
    wins = ordered("greater_equal" if "max" in name else "less_equal")

    def parts(x: Parts, y: Parts) -> Parts:
        nan = isnan(y if name.startswith("f") else x)
        return where(of("logical_or", wins(x, y), nan), x, y)

    return parts


def where(condition: Node, x: Parts, y: Parts) -> Parts:
    real = of("where", condition, x.real, y.real)
    if x.imag is None and y.imag is None:
        return Parts(real, None)
    return Parts(real, of("where", condition, imag(x), imag(y)))


# --- exponentials and logarithms ------------------------------------------------------------------


def polar(size: Node, angle: Node) -> Parts:
    """The number of a magnitude and an angle. An angle of 0 leaves 0 what may be infinite times
    0."""
    still = of("equal", angle, 0)
    return Parts(size * of("cos", angle), of("where", still, angle, size * of("sin", angle)))


def exp(z: Parts) -> Parts:
    size = of("exp", z.real)
    return Parts(size, None) if z.imag is None else polar(size, z.imag)


def exp2(z: Parts) -> Parts:
    size = of("exp2", z.real)
    return Parts(size, None) if z.imag is None else polar(size, z.imag * LN2)


def expm1(z: Parts) -> Parts:
    if z.imag is None:
        return Parts(of("expm1", z.real), None)
    half = of("sin", 0.5 * z.imag)
    real = of("expm1", z.real)
    return Parts(real * of("cos", z.imag) - 2 * half * half, of("exp", z.real) * of("sin", z.imag))


def _log_size(size: Node, excess: Node) -> Node:
    """log(size), where ``size² = 1 + excess``, which has digits near 1 where `size` has
    none."""
    near = of("logical_and", size > 0.5, size < 2)
    close = 0.5 * of("log1p", of("where", near, excess, 0.0))
    return of("where", near, close, of("log", size))


def log(z: Parts) -> Parts:
    y = imag(z)
    a, b = of("absolute", z.real), of("absolute", y)
    large, small = of("where", a > b, a, b), of("where", a > b, b, a)
    excess = (large - 1) * (large + 1) + small * small
    scaled, power = _in_range(z)
    lifted = 2 * math.log(_RANGES[power.dtype.name].lift)
    taken = of("where", power > 1, lifted, of("where", power < 1, -4 * LN2, zeros(power)))
    return Parts(_log_size(magnitude(scaled), excess) - taken, of("arctan2", y, z.real))


def log1p(z: Parts) -> Parts:
    y, x = imag(z), 1 + z.real
    size = of("hypot", x, y)
    excess = z.real * (2 + z.real) + y * y
    return Parts(_log_size(size, excess), of("arctan2", y, x))


def log_to(base: float) -> Callable[[Parts], Parts]:
    """The logarithm to another base."""
    factor = 1 / math.log(base)

    def parts(z: Parts) -> Parts:
        out = log(z)
        return Parts(out.real * factor, None if out.imag is None else out.imag * factor)

    return parts


def power(x: Parts, y: Parts) -> Parts:
    """exp(y * log(x)); of 0 it is 1 for the exponent 0, 0 for those with a positive real part, and
    nan for others."""
    out = exp(multiply(y, log(x)))
    zero = of("logical_and", of("equal", x.real, 0), of("equal", imag(x), 0))
    none = of("logical_and", of("equal", y.real, 0), of("equal", imag(y), 0))
    undefined = of("where", of("logical_or", none, y.real > 0), zeros(x.real), float("nan"))
    return Parts(
        of("where", zero, of("where", none, 1.0, undefined), out.real),
        of("where", zero, undefined, imag(out)),
    )


# --- trigonometric and hyperbolic functions -------------------------------------------------------


def sin(z: Parts) -> Parts:
    if z.imag is None:
        return Parts(of("sin", z.real), None)
    s, c = of("sin", z.real), of("cos", z.real)
    return Parts(s * of("cosh", z.imag), c * of("sinh", z.imag))


def cos(z: Parts) -> Parts:
    if z.imag is None:
        return Parts(of("cos", z.real), None)
    s, c = of("sin", z.real), of("cos", z.real)
    return Parts(c * of("cosh", z.imag), -(s * of("sinh", z.imag)))


def sinh(z: Parts) -> Parts:
    return _turned_back(sin(_turned(z)))


def cosh(z: Parts) -> Parts:
    return cos(_turned(z))


def _turned(z: Parts) -> Parts:
    """The number whose i-fold is z: (y, -x)."""
    return Parts(imag(z), -z.real)


def _turned_back(z: Parts) -> Parts:
    """The i-fold of z."""
    return Parts(-imag(z), z.real)


def tanh(z: Parts) -> Parts:
    """With t = tan(y) and s = sinh(x): (1 + t²) s cosh(x) and t, both by 1 + (1 + t²) s²; where
    sinh is large 1 is left, and what remains is exp(-2 |x|).

    Source: W. Kahan, Branch cuts for complex elementary functions (1987)."""
    if z.imag is None:
        return Parts(of("tanh", z.real), None)
    far = of("absolute", z.real) > 20
    x = of("where", far, 0.0, z.real)
    s, t = of("sinh", x), of("tan", z.imag)
    beta = 1 + t * t
    below = 1 + beta * s * s
    left = of("exp", -2 * of("absolute", z.real))
    small = 4 * of("sin", z.imag) * of("cos", z.imag) * left
    return Parts(
        of("where", far, of("copysign", 1.0, z.real), beta * s * of("cosh", x) / below),
        of("where", far, small, t / below),
    )


def tan(z: Parts) -> Parts:
    return _turned_back(tanh(_turned(z)))


# --- inverses -------------------------------------------------------------------------------------


def _around_one(z: Parts) -> tuple[Parts, Parts]:
    """The roots of 1 - z and 1 + z."""
    y = imag(z)
    return sqrt(Parts(1 - z.real, -y)), sqrt(Parts(1 + z.real, y))


def _is_far(z: Parts) -> Node:
    """Where 1 beside the square of z is nothing."""
    far = _RANGES[z.real.dtype.name].far
    return of("logical_or", of("absolute", z.real) > far, of("absolute", imag(z)) > far)


def _log_twice(far: Node, z: Parts, near: Node) -> Node:
    """The inverse hyperbolic sine of `near`, and for numbers that are far log(2 abs(z)), with the
    sign of `near`, which is then not read else."""
    quarter = of("hypot", 0.25 * z.real, 0.25 * imag(z))
    size = of("arcsinh", of("where", far, quarter, of("absolute", near)))
    return of("copysign", of("where", far, size + 2 * LN2, size), near)


def arcsin(z: Parts) -> Parts:
    """By the roots of 1 - z and 1 + z, whose product is cos(arcsin(z)).

    Source: W. Kahan, Branch cuts for complex elementary functions (1987)."""
    below, above = _around_one(z)
    far, whole = _is_far(z), multiply(below, above)
    turned = multiply(conjugate(below), above)
    across = of("where", far, of("absolute", imag(z)), whole.real)
    real = of("where", of("equal", z.real, 0), z.real, of("arctan2", z.real, across))
    return Parts(real, _log_twice(far, z, of("where", far, imag(z), imag(turned))))


def arccos(z: Parts) -> Parts:
    below, above = _around_one(z)
    far, height = _is_far(z), of("absolute", imag(z))
    turned = multiply(conjugate(above), below)
    half = of("arctan2", of("where", far, height, below.real), of("where", far, z.real, above.real))
    angle = of("where", far, half, 2 * half)
    unknown = of("logical_and", of("equal", z.real, 0), of("isnan", height))
    return Parts(
        of("where", unknown, HALF_PI, angle),
        _log_twice(far, z, of("where", far, -imag(z), imag(turned))),
    )


def arccosh(z: Parts) -> Parts:
    """The i-fold of the inverse cosine, or the opposite, so that its real part is not negative."""
    turned = arccos(z)
    return Parts(of("absolute", imag(turned)), of("copysign", turned.real, imag(z)))


def arcsinh(z: Parts) -> Parts:
    return _turned(arcsin(_turned_back(z)))


def arctan(z: Parts) -> Parts:
    """The angle between i - z and i + z, and half of the logarithm of the ratio of their sizes; far
    from both, that of 1 / z."""
    x, y = z.real, imag(z)
    bounds, far = _RANGES[x.dtype.name], _is_far(z)
    width, height = of("absolute", x), of("absolute", y)
    angle = 0.5 * of("arctan2", 2 * x, (1 - height) * (1 + height) - x * x)
    infinite = of("logical_or", of("isinf", x), of("isinf", y))
    unknown = of("logical_or", of("isnan", x), of("isnan", of("where", infinite, x, y)))
    right = of("where", unknown, float("nan"), of("copysign", HALF_PI, x))
    # how far i is, or -i: the closer one
    distance = of("hypot", x, 1 - height)
    near = distance < bounds.near
    share = of("where", near, bounds.middle, 4 * height / distance) / distance
    size = 0.25 * of("log1p", share)
    at_pole = 2 * size + 0.5 * (LN2 - math.log(bounds.middle))
    # far: abs(y) / abs(z) ** 2, and 0 at infinity
    wide = width > height
    large, small = of("where", wide, width, height), of("where", wide, height, width)
    ratio = small / large
    away = of("where", wide, ratio, 1.0) / large / (1 + ratio * ratio)
    away = of("where", infinite, 0.0, away)
    out = of("where", far, away, of("where", near, at_pole, size))
    return Parts(
        of("where", far, right, angle),
        of("where", of("equal", y, 0), y, of("copysign", out, y)),
    )


def arctanh(z: Parts) -> Parts:
    return _turned(arctan(_turned_back(z)))
