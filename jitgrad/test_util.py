"""Autograd's checks of derivatives against differences, by `jitgrad.check_grads`.

Start at `check_grads`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from .base.surface import surface
from .differential_operators import Argnum, _of_argument
from .tracing.gradient_checks import check_grads as _check

__all__ = ["check_grads", "combo_check"]


@surface
def check_grads(
    f: Callable[..., Any], argnum: Argnum = 0, modes: Sequence[str] | None = None, order: int = 2
) -> Callable[..., None]:
    """A function of the arguments of `f` that compares its derivatives with differences.

    Parameters
    ----------
    f : callable
    argnum : int or tuple of int
        Which arguments are differentiated.
    modes : sequence of str, optional
        Some of "fwd" and "rev"; both by default.
    order : int
        Up to which order.

    Raises
    ------
    GradientCheckError
        A derivative is wrong: an `AssertionError`.

    See Also
    --------
    https://github.com/HIPS/autograd; `jitgrad.check_grads`, which is given the arguments at once.

    Examples
    --------
    >>> from jitgrad.test_util import check_grads
    >>> check_grads(lambda x, k: (k * x**3).sum(), modes=["rev"])(np.array([1.0, 2.0]), 2)
    """
    chosen = ("fwd", "rev") if modes is None else tuple(modes)

    @surface
    def check(*args: Any, **kwargs: Any) -> None:
        unary, x = _of_argument(f, argnum, args, kwargs)
        _check(unary, (x,), order=order, modes=chosen)

    return check


@surface
def combo_check(f: Callable[..., Any], *given: Any, **options: Any) -> Callable[..., None]:
    """`check_grads` of a function for all combinations of arguments.

    Parameters
    ----------
    f : callable
    *given, **options
        The further arguments of `check_grads`.

    Returns
    -------
    callable
        It takes a sequence of values in the place of each argument of `f`.

    Examples
    --------
    >>> from jitgrad.test_util import combo_check
    >>> combo_check(lambda x, k: x**k, modes=["rev"])([1.0, 2.0], k=[2, 3])
    """
    check = check_grads(f, *given, **options)

    @surface
    def combinations(*args: Any, **kwargs: Any) -> None:
        for values in product(*args, *kwargs.values()):
            check(*values[: len(args)], **dict(zip(kwargs, values[len(args) :], strict=True)))

    return combinations
