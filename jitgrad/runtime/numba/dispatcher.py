"""The dispatchers of numba that `jitgrad.njit` makes: numba's own, of a class that knows jitgrad.

A call with arrays and numbers is numba's call and nothing else. A call for which numba has no
compiled version goes to `_compile_for_args`, where arguments that are jitgrad's are found. Start at
`made`.
"""

from typing import Any

from numba import njit

from ...base.errors import ArgumentError

_Dispatcher: Any = type(njit(lambda: 0))
#: Options that numba's dispatchers keep, which `njit` sets itself.
_OWN = ("nopython",)


class GradientDispatcher(_Dispatcher):
    """A compiled function that has derivatives.

    `gradients` makes those (`jitgrad.tracing.njit`), and says what becomes of arguments that are
    jitgrad's own."""

    gradients = None

    def _compile_for_args(self, *args, **kwargs):
        if self.gradients.recognises(args, kwargs):
            return self.gradients.call  # which numba calls with these arguments
        return super()._compile_for_args(*args, **kwargs)


def is_dispatcher(function):
    return isinstance(function, _Dispatcher)


def made(function, signature, options):
    """A dispatcher of our class for a Python function, or for a dispatcher of numba's."""
    if is_dispatcher(function):
        known = {k: v for k, v in function.targetoptions.items() if k not in _OWN}
        options, function = {**known, **options}, function.py_func
    if not callable(function) or isinstance(function, type):
        raise ArgumentError(
            f"got {function!r} for njit, expected a function made by def, or one of numba.njit"
        )
    out = njit(**options)(function) if signature is None else njit(signature, **options)(function)
    out.__class__ = GradientDispatcher
    return out
