"""The dispatchers of numba that `jitgrad.njit` makes: numba's own, of a class that knows jitgrad.

A call with arrays and numbers is numba's call and nothing else. A call for which numba has no
compiled version goes to `_compile_for_args`, where arguments that are jitgrad's are found. In njit
code the function has a type of its own, whose methods `value_and_grad` and `vjp` are derived when
numba asks for their types. Start at `made`.
"""

import ctypes
import re
from typing import Any

import numpy as np
from numba import cfunc, njit, types
from numba.extending import models, overload, overload_method, register_model

from ...base.errors import ArgumentError
from .form_support import _check_apart
from .inference import typeof

_CFunction: Any = ctypes.CFUNCTYPE(None).__base__
_Dispatcher: Any = type(njit(lambda: 0))
#: Options that numba's dispatchers keep, which `njit` sets itself.
_OWN = ("nopython",)


class GradientDispatcherType(types.Dispatcher):
    """The type of a function of `jitgrad.njit` in njit code.

    numba asks whether a callable type *is* what a method was registered for, where it asks others
    whether they are instances of it; so each of these types equals the class."""

    def __eq__(self, other):
        return other is GradientDispatcherType or super().__eq__(other)

    def __hash__(self):
        return super().__hash__()


register_model(GradientDispatcherType)(models.OpaqueModel)


class GradientDispatcher(_Dispatcher):
    """A compiled function that has derivatives.

    `gradients` makes those (`jitgrad.tracing.njit`), and says what becomes of arguments that are
    jitgrad's own."""

    gradients = None
    #: The derivatives that it is given (`jitgrad.loops.outside.GivenRule`); None without.
    rule = None

    def _compile_for_args(self, *args, **kwargs):
        if self.gradients.recognises(args, kwargs):
            return self._called_with_tensors  # which numba calls with these arguments
        return super()._compile_for_args(*args, **kwargs)

    def _called_with_tensors(self, *args, **kwargs):
        """numba has defaults among the arguments, wrapped."""
        kinds = [getattr(x, "_numba_type_", None) for x in args]
        defaults = [isinstance(kind, types.Omitted) for kind in kinds]
        given = [k.value if d else x for x, k, d in zip(args, kinds, defaults, strict=True)]
        return self.gradients.call(*given, **kwargs)

    @property
    def _numba_type_(self):
        return GradientDispatcherType(self)

    def value_and_grad(self, *args, **kwargs):
        """The value and the gradients by all arguments with floats in them: one where there is one
        such argument, else a tuple. It is a function in njit code, too."""
        return self.gradients.of_arrays(args, kwargs)

    def defvjp(self, vjp):
        """Gives the function its derivative in reverse mode, a function of njit code that is not
        derived but executed: ``vjp(*args, out, g)`` is a tuple with the cotangent of each argument,
        None for zeros; of a single argument the cotangent itself may be given. `out` is the result,
        `g` its cotangent. It is returned, so this is a decorator, too."""
        return self.gradients.give("vjp", vjp)

    def defjvp(self, jvp):
        """Gives the function its derivative in forward mode: ``jvp(args, tangents)`` is the result
        and its tangent; both arguments are tuples. It is returned, so this is a decorator, too."""
        return self.gradients.give("jvp", jvp)

    def vjp(self, cotangent, *args):
        """The result, and the cotangents of the arguments with floats in them, for that of the
        result (a tuple for several results). It is a function in njit code, too."""
        return self.gradients.vjp_of_arrays(cotangent, args)


def _kinds(args):
    """The types of arguments that numba gives one by one, or as one tuple."""
    if len(args) == 1 and isinstance(args[0], (types.StarArgTuple, types.StarArgUniTuple)):
        return tuple(args[0])
    return tuple(args)


@overload_method(GradientDispatcherType, "value_and_grad")
def _value_and_grad(f, *args):
    inner = f.dispatcher.gradients.inner("gradient", _kinds(args))

    def code(f, *args):
        return inner(*args)

    return code


@overload_method(GradientDispatcherType, "vjp")
def _vjp(f, cotangent, *args):
    inner = f.dispatcher.gradients.inner("vjp", _kinds(args))

    def code(f, cotangent, *args):
        return inner(cotangent, *args)

    return code


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
    if is_c_function(function):
        function = _calling(function)
    out = njit(**options)(function) if signature is None else njit(signature, **options)(function)
    out.__class__ = GradientDispatcher
    return out


def is_c_function(function):
    """Whether it is a function of ctypes that numba can call."""
    if not isinstance(function, _CFunction):
        return False
    if function.argtypes is None:
        raise ArgumentError(
            f"got the function {function.__name__} of ctypes without the types of its arguments; "
            "set its argtypes and restype"
        )
    return isinstance(typeof(function), types.ExternalFunctionPointer)


def _calling(function):
    """A Python function that calls one of ctypes."""
    args = ", ".join([f"x{k}" for k in range(len(function.argtypes))])
    name = re.sub(r"\W", "_", function.__name__)
    scope = {"target": function}
    exec(f"def {name}({args}):\n    return target({args})\n", scope)
    return scope[name]


def wrapper(text, scope):
    """The function ``derivative`` of a text, compiled with its caller."""
    names = {"np": np, "_check_apart": _check_apart, **scope}
    exec(compile(text, "<jitgrad derivative>", "exec"), names)
    return njit(error_model="numpy")(names["derivative"])


def is_array_type(kind):
    return isinstance(kind, types.Array)


def unliteral(kind):
    return types.unliteral(kind)


def c_function(signature, function, options):
    """numba's C function of a Python function, or of the one that a dispatcher compiles."""
    return cfunc(signature, **options)(getattr(function, "py_func", function))


def in_njit_code(function, code):
    """Has njit code call `code` for `function`: ``code(*types)`` gives what numba compiles."""
    overload(function)(code)
