"""What distributions of numbers are made of: `Standard`, a distribution in its standard form as
data, `Frozen`, one with its parameters, and how parameters are taken. Start at `Standard`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import random
from ...base.errors import ArgumentError
from ...base.surface import surface
from ...frontend.convert import as_operand
from ...frontend.creation import full
from ...frontend.tensor import Tensor
from ..special.catalogue import op

INF = math.inf
Formula = Callable[..., Any]


class Standard:
    """A distribution in its standard form: with location 0 and scale 1.

    Formulas take the place, and then the shape parameters, as tensors; moments take the shape
    parameters alone. What is not given follows from the others, where it can.

    Attributes
    ----------
    log_density : callable
        The logarithm of the density, or of the probability.
    low, high : float or callable
        The ends of the support, which a formula of the shape parameters may give.
    inside : float or callable
        A place within the support.
    cdf, sf, logcdf, logsf : callable or None
        The distribution function and its complement, and their logarithms; none where there is no
        formula.
    ppf, isf : callable or None
        The inverses of the distribution function and of its complement.
    mean, var, entropy : callable or None
    valid : callable or None
        For which shape parameters there is a distribution.
    draw : callable or None
        ``draw(generator, size)`` -> draws of the standard form, where that has no shape parameters
        and there is a better way than by `ppf`.
    """

    __slots__ = (
        "cdf",
        "draw",
        "entropy",
        "high",
        "inside",
        "isf",
        "log_density",
        "logcdf",
        "logsf",
        "low",
        "mean",
        "ppf",
        "sf",
        "valid",
        "var",
    )

    def __init__(
        self,
        log_density: Formula,
        *,
        cdf: Formula | None,
        low: Any = -INF,
        high: Any = INF,
        inside: Any = 1.0,
        sf: Formula | None = None,
        logcdf: Formula | None = None,
        logsf: Formula | None = None,
        ppf: Formula | None = None,
        isf: Formula | None = None,
        mean: Formula | None = None,
        var: Formula | None = None,
        entropy: Formula | None = None,
        valid: Formula | None = None,
        draw: Formula | None = None,
    ) -> None:
        self.log_density, self.cdf = log_density, cdf
        self.low, self.high, self.inside = low, high, inside
        self.sf = sf or (None if cdf is None else lambda *xs: 1.0 - cdf(*xs))
        self.logcdf = logcdf or _logarithm(cdf)
        self.logsf = logsf or _logarithm(self.sf)
        self.ppf = ppf
        self.isf = isf or (None if ppf is None else lambda q, *s: ppf(1.0 - q, *s))
        self.mean, self.var, self.entropy = mean, var, entropy
        self.valid, self.draw = valid, draw

    def end(self, which: str, shapes: Sequence[Any]) -> Any:
        """An end of the support, or the place inside."""
        found = getattr(self, which)
        return found(*shapes) if callable(found) else found


def _logarithm(formula: Formula | None) -> Formula | None:
    return None if formula is None else lambda *xs: op.log(formula(*xs))


class Frozen:
    """A distribution with its parameters: the methods take the place alone.

    Attributes
    ----------
    dist : Distribution
    args, kwds : tuple, dict
        The parameters, as they were given.
    """

    def __init__(self, dist: Any, args: tuple, kwds: dict[str, Any]) -> None:
        self.dist, self.args, self.kwds = dist, args, kwds

    def __getattr__(self, name: str) -> Any:
        if name == "dist":  # of one that is not made yet, as when it is copied
            raise AttributeError(name)
        method = getattr(self.dist, name)  # raises where there is none
        if name.startswith("_") or not callable(method):
            return method
        if name == "rvs":
            return lambda size=None, random_state=None: method(
                *self.args, size=size, random_state=random_state, **self.kwds
            )
        return lambda *xs: method(*xs, *self.args, **self.kwds)

    def __repr__(self) -> str:
        given = [*map(repr, self.args), *(f"{k}={v!r}" for k, v in self.kwds.items())]
        return f"{self.dist.name}({', '.join(given)})"


def parameters_of(
    name: str, names: Sequence[str], defaults: dict[str, Any], args: tuple, kwds: dict[str, Any]
) -> list[Any]:
    """The parameters of a distribution, in order, given by place or by name."""
    if len(args) > len(names):
        raise ArgumentError(
            f"{name} got {len(args)} parameters by place, expected at most {len(names)}: "
            f"{', '.join(names)}"
        )
    given = dict(zip(names, args, strict=False))
    for key, value in kwds.items():
        if key in given:
            raise ArgumentError(f"{name} got the parameter {key!r} twice, expected it once")
        if key not in names:
            raise ArgumentError(
                f"{name} got the parameter {key!r}, expected one of {', '.join(names)}"
            )
        given[key] = value
    missing = [key for key in names if key not in given and key not in defaults]
    if missing:
        raise ArgumentError(f"{name} got no {' and no '.join(missing)}; pass it")
    return [given.get(key, defaults.get(key)) for key in names]


def is_number(x: Any) -> bool:
    return type(x) in (int, float)


def operand(x: Any) -> Any:
    """A Python number as it is, and all else as a tensor of floats."""
    if is_number(x):
        return x
    x = as_operand(x)
    return x if x.dtype.kind == "f" else x.to(np.float64)


def together(*xs: Any) -> list[Any]:
    """Operands as tensors of the float dtype that they have together, which numbers join."""
    found = [operand(x) for x in xs]
    dtypes = [x.dtype for x in found if isinstance(x, Tensor)]
    dtype = np.result_type(*dtypes) if dtypes else np.dtype(float)
    return [full((), x, dtype) if is_number(x) else x for x in found]


def generator_of(random_state: Any) -> Any:
    """The generator that is meant: jitgrad's default one by default, or one of a seed."""
    if random_state is None:
        return random
    if isinstance(random_state, random.Generator):
        return random_state
    return random.default_rng(random_state)


_METHOD = """{what}

Parameters
----------
{first} : array_like
    {place}
*args, **kwds
    The parameters, by place or by name: shapes, then {last}.

Returns
-------
Tensor
    Of the shape that all have together, by broadcasting.

Raises
------
ArgumentError
    Where a parameter is missing, or there is none of its name.

See Also
--------
scipy.stats.rv_{kind}.{name}

Examples
--------
>>> {example}
{shown}
"""


def method(
    kind: str, what: str, example: tuple[str, str], first: str = "x"
) -> Callable[[Callable[..., Any]], Any]:
    """Gives a method of a distribution its docstring."""

    def described(function: Callable[..., Any]) -> Any:
        probabilities = first == "q"
        function.__doc__ = _METHOD.format(
            what=what,
            first=first,
            place="Probabilities." if probabilities else "Where.",
            last="loc, scale" if kind == "continuous" else "loc",
            kind=kind,
            name=function.__name__,
            example=example[0],
            shown=example[1],
        )
        return surface(function)

    return described
