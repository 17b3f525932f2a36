"""Fixed points with their derivatives: `fixed_point`, in autograd's form.

The derivative is that of the point, not of the way to it: the cotangent is the fixed point of
another iteration, by the implicit function theorem. Start at `fixed_point`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.surface import surface
from ..base.tree import flatten
from ..extend import defvjp, primitive
from ..frontend.convert import as_operand
from ..tracing.control_flow import while_loop
from ..tracing.products import vjp

__all__ = ["fixed_point"]


def _iterated(f: Any, a: Any, x0: Any, distance: Any, tol: float) -> Any:
    step, before = f(a), x0
    x = step(before)
    while distance(x, before) > tol:
        x, before = step(x), x
    return x


_point = primitive(_iterated)


@surface
def fixed_point(
    f: Callable[[Any], Callable[[Any], Any]],
    a: Any,
    x0: Any,
    distance: Callable[[Any, Any], Any],
    tol: float,
) -> Any:
    """The point x with ``f(a)(x) == x``, by iterations from `x0` on, with its derivative by `a`.

    Parameters
    ----------
    f : callable
        ``f(a)`` is the function of `x` that is iterated.
    a : tensors, arrays, numbers, or a container of them
        What the point is differentiated by.
    x0 : array_like
        Where the iterations begin.
    distance : callable
        ``distance(x, y)`` of two points; iterations end where it is at most `tol`, those of the
        derivative as well.
    tol : float

    Raises
    ------
    GradientError
        For a second derivative: the iterations ask for values.

    References
    ----------
    Christianson, "Reverse accumulation and attractive fixed points", 1994;
    https://github.com/HIPS/autograd

    Examples
    --------
    >>> from jitgrad.misc.fixed_points import fixed_point
    >>> newton = lambda a: lambda x: 0.5 * (x + a / x)
    >>> root = lambda a: fixed_point(newton, a, 1.0, lambda x, y: abs(x - y), 1e-12)
    >>> jitgrad.value_and_grad(root)(4.0)
    (2.0, 0.25)
    """
    return _point(f, a, x0, distance, tol)


def _cotangent(ans: Any, f: Any, a: Any, x0: Any, distance: Any, tol: float) -> Any:
    def pulled(g: Any) -> Any:
        _, pull_back = vjp(lambda a, x: f(a)(x), a, ans)

        def step(bar: Any) -> Any:
            return _sum(pull_back(bar)[1], g)

        before = _zeros(ans)
        pair = while_loop(
            lambda pair: distance(*pair) > tol,
            lambda pair: (step(pair[0]), pair[0]),
            (step(before), before),
        )
        return pull_back(pair[0])[0]

    return pulled


def _sum(x: Any, y: Any) -> Any:
    leaves, _, rebuild = flatten(x)
    return rebuild(iter([a + b for a, b in zip(leaves, flatten(y)[0], strict=True)]))


def _zeros(x: Any) -> Any:
    leaves, _, rebuild = flatten(x)
    return rebuild(iter([as_operand(np.zeros(np.shape(t), t.dtype)) for t in leaves]))


defvjp(_point, None, _cotangent, None, None, None)
