"""Operations on complex numbers as formulas of their parts, which are what kernels compute.

An entry names its formula by `parts`. Each takes a `Parts` per operand and gives that of the
result, or a node where the result is real. A part that is known to be 0 is left out (None): a
product with a real number is two products. Where NumPy's own formula is the better one at large or
small numbers, it is taken: quotients are Smith's. Start at `multiply`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ..ir import Node
from .primitives import Parts, zeros
from .registry import REGISTRY

INF, LN2 = float("inf"), math.log(2)


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
    return multiply(z, z)


def divide(x: Parts, y: Parts) -> Parts:
    if y.imag is None:
        return Parts(x.real / y.real, None if x.imag is None else x.imag / y.real)
    wide, ratio, scale = _smith(y)
    p = x.real if x.imag is None else of("where", wide, x.real, x.imag)
    if x.imag is None:
        return Parts(
            of("where", wide, p, p * ratio) * scale, -(of("where", wide, p * ratio, p) * scale)
        )
    q = of("where", wide, x.imag, x.real)
    turned = q - p * ratio
    return Parts((p + q * ratio) * scale, of("where", wide, turned, -turned) * scale)


def reciprocal(z: Parts) -> Parts:
    if z.imag is None:
        return Parts(1 / z.real, None)
    wide, ratio, scale = _smith(z)
    return Parts(of("where", wide, scale, ratio * scale), -of("where", wide, ratio * scale, scale))


def _smith(y: Parts) -> tuple[Node, Node, Node]:
    """Whether the real part of a divisor is the larger one; the other in units of it; the inverse
    of the divisor, by the same rule, without that unit.

    Source: R. L. Smith, Algorithm 116: complex division (1962)."""
    assert y.imag is not None
    wide = of("absolute", y.real) >= of("absolute", y.imag)
    large = of("where", wide, y.real, y.imag)
    small = of("where", wide, y.imag, y.real)
    ratio = of("where", of("equal", large, 0), large, small / large)
    return wide, ratio, 1 / (large + small * ratio)


def negative(z: Parts) -> Parts:
    return Parts(-z.real, None if z.imag is None else -z.imag)


def positive(z: Parts) -> Parts:
    return z


def conjugate(z: Parts) -> Parts:
    return Parts(z.real, None if z.imag is None else -z.imag)


def magnitude(z: Parts) -> Node:
    return of("absolute", z.real) if z.imag is None else of("hypot", z.real, z.imag)


def sqrt(z: Parts) -> Parts:
    """The larger part of the root is a root, the other is found by a division: no difference is
    taken."""
    size, half = magnitude(z), 0.5 * imag(z)
    root = of("sqrt", 0.5 * of("absolute", z.real) + 0.5 * size)
    other = of("where", of("equal", root, 0), half, half / root)
    infinite = of("isinf", half)
    right = z.real >= 0
    real = of("where", right, root, of("absolute", other))
    along = of("where", right, other, of("copysign", root, half))
    return Parts(
        of("where", infinite, INF, real),
        of("where", infinite, half, along),
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
    y, size = imag(z), magnitude(z)
    a, b = of("absolute", z.real), of("absolute", y)
    large, small = of("where", a > b, a, b), of("where", a > b, b, a)
    excess = (large - 1) * (large + 1) + small * small
    return Parts(_log_size(size, excess), of("arctan2", y, z.real))


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


def arcsin(z: Parts) -> Parts:
    """By the roots of 1 - z and 1 + z, whose product is cos(arcsin(z)).

    Source: W. Kahan, Branch cuts for complex elementary functions (1987)."""
    below, above = _around_one(z)
    whole = multiply(below, above)
    turned = multiply(conjugate(below), above)
    return Parts(of("arctan2", z.real, whole.real), of("arcsinh", imag(turned)))


def arccos(z: Parts) -> Parts:
    below, above = _around_one(z)
    turned = multiply(conjugate(above), below)
    return Parts(2 * of("arctan2", below.real, above.real), of("arcsinh", imag(turned)))


def arccosh(z: Parts) -> Parts:
    y = imag(z)
    below, above = sqrt(Parts(z.real - 1, y)), sqrt(Parts(z.real + 1, y))
    turned = multiply(conjugate(below), above)
    return Parts(of("arcsinh", turned.real), 2 * of("arctan2", imag(below), above.real))


def arcsinh(z: Parts) -> Parts:
    return _turned(arcsin(_turned_back(z)))


def arctan(z: Parts) -> Parts:
    """The angle between i - z and i + z, and half of the logarithm of the ratio of their sizes."""
    x, height = z.real, of("absolute", imag(z))
    size = magnitude(z)
    angle = 0.5 * of("arctan2", 2 * x, (1 - size) * (1 + size))
    ratio = 0.25 * of("log1p", 4 * height / (x * x + of("square", 1 - height)))
    return Parts(angle, of("copysign", ratio, imag(z)))


def arctanh(z: Parts) -> Parts:
    return _turned(arctan(_turned_back(z)))
