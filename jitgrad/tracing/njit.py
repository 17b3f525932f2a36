"""`jitgrad.njit`: functions compiled by numba that have derivatives.

`NumbaGradients` belongs to one function: it derives, for the types of the arguments of a call, what
is asked for, and keeps it. Start there; `njit` is what users call.
"""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np

from ..base.errors import (
    AliasError,
    ArgumentError,
    DTypeError,
    GradientError,
    GradientWarning,
    NotDifferentiable,
)
from ..base.locks import lock
from ..base.surface import surface
from ..frontend.tensor import Tensor
from ..loops.derive import Gradient, Jvp, JvpTangent, Primal, Vjp, VjpTangent
from ..loops.form import Val, leaves, like
from ..loops.inner import text_of_gradient, text_of_vjp
from ..loops.outside import GivenRule, check_pure, rules, rules_changed
from ..runtime.numba import dispatcher
from ..runtime.numba.inference import omitted, to_dtype, typeof
from . import numba_on_tensors
from .custom import stop_gradient
from .recompute import checkpoint

KINDS = {
    "gradient": Gradient,
    "vjp": Vjp,
    "jvp": Jvp,
    "twice": VjpTangent,
    "second": JvpTangent,
}


def njit(function: Any = None, /, *more: Any, **options: Any) -> Any:
    """Compiles a function by `numba.njit`, and gives it derivatives.

    The function is numba's: options are those of `numba.njit`, and calls with arrays and numbers
    run at its speed. Its loops, branches, and writes into arrays are differentiated as they stand,
    by a function that is emitted as Python source and compiled as well: `grad`, `value_and_grad`,
    `jvp` and others take it.

    Parameters
    ----------
    function : callable
        A function made by ``def`` whose source is in a file or notebook, or a dispatcher of
        numba's.
    **options
        Those of `numba.njit`. The derivative takes `fastmath`, `boundscheck`, `nogil` and
        `error_model`, which is "numpy" unless stated: there a division by zero is no error.

    Returns
    -------
    callable
        A dispatcher of numba's.

    Raises
    ------
    NotDifferentiable
        When a derivative is asked for, and the function does what has none; the text has the line.

    See Also
    --------
    https://numba.readthedocs.io/en/stable/reference/jit-compilation.html

    Examples
    --------
    >>> @jitgrad.njit
    ... def energy(x, k):
    ...     total = 0.0
    ...     for i in range(x.size - 1):
    ...         total += 0.5 * k * (x[i + 1] - x[i]) ** 2
    ...     return total
    >>> value, (force, slope) = jitgrad.value_and_grad(energy)(np.array([0.0, 1.0, 3.0]), 2.0)
    >>> value, force, slope
    (5.0, array([-2., -2.,  4.]), 2.5)
    """
    if function is None or not callable(function) or isinstance(function, type):
        given = () if function is None else (function, *more)
        return lambda f: _made(f, given, options)
    return _made(function, more, options)


def _made(function: Any, signature: Any, options: dict[str, Any]) -> Any:
    out = dispatcher.made(function, signature[0] if signature else None, options)
    out.gradients = NumbaGradients(out, options)
    return out


def of_numba(function: Any) -> Any:
    """The function of `njit` for a dispatcher of numba's; None for anything else."""
    if isinstance(function, dispatcher.GradientDispatcher):
        return function
    if not dispatcher.is_dispatcher(function):
        return None
    if "_with_gradients" not in vars(function):
        function._with_gradients = njit(function)
    return function._with_gradients


class NumbaGradients:
    """The derivatives of one function, by the types of its arguments."""

    def __init__(self, function: Any, options: dict[str, Any]) -> None:
        self.function, self.options = function, options
        self.name = function.py_func.__name__
        self.signature = inspect.signature(function.py_func)
        #: By types, and by what tells them without asking numba.
        self.made: dict[Any, Any] = {}
        self.quick: dict[Any, Any] = {}
        #: Calls on tensors, by the shapes of these.
        self.calls: dict[Any, Any] = {}
        self.lock = lock()

    def give(self, kind: str, rule: Any) -> Any:
        """Has a rule stand for the derivative in a mode."""
        if not callable(rule) or isinstance(rule, type):
            raise ArgumentError(f"got {rule!r} as the {kind} of {self.name}, expected a function")
        check_pure(self.function.py_func)
        with self.lock:
            given = self.function.rule or GivenRule()
            setattr(given, kind, rule if hasattr(rule, "py_func") else njit(rule))
            self.function.rule = given
            rules_changed()
        return rule

    # --- calls ------------------------------------------------------------------------------------

    def recognises(self, args: Any, kwargs: Any) -> bool:
        """Whether an argument is a tensor, which numba has no type for."""
        return any(isinstance(x, Tensor) for x in leaves((*args, *kwargs.values())))

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What a call with tensors gives."""
        return numba_on_tensors.call_on_tensors(self, self.arranged(args, kwargs))

    def arranged(self, args: Any, kwargs: Any) -> list[Any]:
        """The arguments in order, with defaults."""
        if not kwargs and len(args) == len(self.signature.parameters):
            return list(args)
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise ArgumentError(
                f"got a call of {self.name} that does not fit it: {error}"
            ) from None
        bound.apply_defaults()
        return list(bound.arguments.values())

    def passed(self, count: int, kwargs: Any) -> tuple[int, ...]:
        """The numbers of the arguments that a call passes, of which there are `count`."""
        first = count - len(kwargs)
        names = list(self.signature.parameters)
        return tuple([k for k, name in enumerate(names) if k < first or name in kwargs])

    def derived(self, kind: str, args: list[Any], argnums: Any = None) -> Any:
        """The derivative for arguments of these types, made once."""
        try:
            key = kind, tuple([fingerprint(x) for x in args]), argnums, rules.version
        except ValueError:
            key = None  # `type_of` has the words
        found = self.quick.get(key)
        if found is None:
            found = self.derive(kind, tuple(map(self.type_of, args)), argnums)
            self.quick[key] = found
        return found

    def primal(self, types: Any, places: tuple[int, ...]) -> Any:
        """What the function is for arguments of these types, differentiated by the numbers and
        arrays with these numbers."""
        key = "primal", tuple(types), places, rules.version
        with self.lock:
            if key not in self.made:
                self.made[key] = Primal(self.function, tuple(types), None, places)
        return self.made[key]

    def of_places(self, kind: str, types: Any, places: tuple[int, ...]) -> Any:
        return self.derive(kind, tuple(types), None, places)

    def derive(self, kind: str, types: Any, argnums: Any, places: Any = None) -> Any:
        key = kind, types, argnums, places, rules.version
        with self.lock:
            if key not in self.made:
                primal = Primal(self.function, types, argnums, places)
                made = KINDS[kind](primal, self.options)
                for loc, what in getattr(made, "warnings", ()):
                    where = f"{loc[0]}:{loc[1]}: " if loc else ""
                    warnings.warn(
                        f"{where}{what} has no derivative, and what goes through it counts as "
                        "constant",
                        GradientWarning,
                        stacklevel=5,
                    )
                self.made[key] = made
        return self.made[key]

    def type_of(self, x: Any) -> Any:
        try:
            return typeof(x)
        except ValueError:
            raise DTypeError(
                f"got an argument of type {type(x).__name__} for {self.name}, expected numbers, "
                "arrays, or tuples of them"
            ) from None

    # --- in njit code -----------------------------------------------------------------------------

    def inner(self, kind: str, types: Any) -> Any:
        """The function for njit code that calls a derivative for arguments of these types."""
        count = len(types)
        kinds = [dispatcher.unliteral(t) for t in types]
        defaults = [p.default for p in self.signature.parameters.values()][count:]
        if any(d is inspect.Parameter.empty for d in defaults):
            raise ArgumentError(f"got {count} arguments for {self.name}{self.signature}")
        kinds += [omitted(d) for d in defaults]
        made = self.derive(kind, tuple(kinds), None)
        text_of = text_of_gradient if kind == "gradient" else text_of_vjp
        scope = {
            "entry": made.compiled(here=True),
            **{k: x for k, (x, _) in made.primal.form.globals.items()},
        }
        return dispatcher.wrapper(text_of(made.primal, count), scope)

    def explained(self, args: Any, kwargs: Any) -> Any:
        """What `explain` says of the derivative for arguments of these types."""
        from .numba_explained import explained

        given = self.arranged(args, kwargs)
        try:
            made = self.derived("gradient", given)
        except NotDifferentiable:
            made = self.derived("vjp", given)
        return explained(made)

    def of_arrays(self, args: Any, kwargs: Any) -> Any:
        return array_value_and_grad(self.function, None, args, kwargs)

    def vjp_of_arrays(self, cotangent: Any, args: Any) -> tuple[Any, Any]:
        """The result, and the cotangents of the arguments."""
        given = self.arranged(args, {})
        made = self.derived("vjp", given)
        flat, p = flat_arguments(given), made.primal
        apart(p, flat)
        several = len(p.results) != 1
        if several and len(cotangent) != len(p.results):
            raise ArgumentError(
                f"got {len(cotangent)} cotangents for {len(p.results)} results of {self.name}"
            )
        parts = cotangent if several else (cotangent,)
        seeds = [
            as_cotangent(c, v)
            for c, v in zip(parts, p.results, strict=True)
            if any(v is s for s in p.seeded)
        ]
        written = [
            np.zeros_like(x)
            for x, v in zip(flat, p.form.args, strict=True)
            if v in p.mutated and v in p.wrt
        ]
        out, _, grads = made(*flat, *seeds, *written)
        found = arranged(p, grads, None)
        return out, found[0] if len(found) == 1 else tuple(found)

    # --- gradients of arrays ----------------------------------------------------------------------

    def value_and_grad(self, args: list[Any], argnums: Any = None) -> tuple[Any, list[Any]]:
        """The value, and per argument of `argnums` (all with floats in them) its gradient."""
        made = self.derived("gradient", args, argnums)
        flat = flat_arguments(args)
        apart(made.primal, flat)
        value, grads = made(*flat)
        return value, arranged(made.primal, grads, argnums)


def as_cotangent(c: Any, v: Val) -> Any:
    """A cotangent of the type that the entry takes for result `v`."""
    if not v.is_array:
        return to_dtype(v.type).type(c)
    return np.ascontiguousarray(c, to_dtype(v.type.dtype))


#: Flags of arrays that a type knows: both orders, alignment, whether it may be written to.
_FLAGS = 0x1 | 0x2 | 0x100 | 0x400
_NUMBERS = (float, int, bool, np.float64, np.float32, np.int64)
_PLAIN = (np.ndarray, *_NUMBERS)


def fingerprint(x: Any) -> Any:
    """What tells the type of an argument; asking numba takes ten times as long."""
    if type(x) is np.ndarray:
        return x.dtype, x.ndim, x.flags.num & _FLAGS
    if type(x) in _NUMBERS:
        return type(x)
    if type(x) is tuple:
        return tuple([fingerprint(y) for y in x])
    return typeof(x)


def flat_arguments(args: list[Any]) -> list[Any]:
    """The numbers and arrays among arguments."""
    if not any([isinstance(x, tuple) for x in args]):
        return [x for x in args if type(x) in _PLAIN or (x is not None and not callable(x))]
    return [x for x in leaves(tuple(args)) if not callable(x)]


def arranged(primal: Any, grads: Any, argnums: Any) -> list[Any]:
    """Gradients by leaves, as the arguments that they belong to; None for leaves without."""
    if argnums is None and primal.of_leaves:
        return list(grads)
    given = iter(grads)
    out = []
    for k, tree in enumerate(primal.form.arg_tree):
        mine = [v for v in leaves(tree) if isinstance(v, Val)]
        if argnums is None and not any(v in primal.wrt for v in mine):
            continue
        if argnums is None or k in argnums:
            out.append(like(tree, iter([next(given) if v in primal.wrt else None for v in mine])))
    return out


def apart(primal: Any, flat: list[Any]) -> None:
    """Memory that is written to may not be reachable by two arguments: the adjoint takes arrays for
    different ones."""
    if not primal.mutated:
        return
    for v, x in zip(primal.form.args, flat, strict=True):
        if v not in primal.mutated:
            continue
        for w, y in zip(primal.form.args, flat, strict=True):
            if w is not v and w.is_array and np.may_share_memory(x, y):
                raise AliasError(
                    f"got {v.hint}, which is written to, sharing memory with {w.hint}, expected "
                    "arrays of their own; pass a copy"
                )


@surface
def cfunc(signature: Any, function: Any = None, **options: Any) -> Any:
    """A C function, of a function that may call functions of `njit` and their derivatives.

    It is numba's `cfunc`: ``.address`` is the address, ``.ctypes`` a callable of ctypes, which
    `scipy.LowLevelCallable` takes.

    Parameters
    ----------
    signature : str or numba signature
        The types, such as ``"float64(float64, voidptr)"``.
    function : callable, optional
        Without it, a decorator is returned.
    **options
        Those of `numba.cfunc`.

    See Also
    --------
    https://numba.readthedocs.io/en/stable/user/cfunc.html

    Examples
    --------
    >>> @jitgrad.njit
    ... def square(x):
    ...     return x * x
    >>> @jitgrad.cfunc("float64(float64)")
    ... def slope(x):
    ...     return square.value_and_grad(x)[1]
    >>> slope.ctypes(3.0)
    6.0
    """
    if function is None:
        return lambda f: dispatcher.c_function(signature, f, options)
    return dispatcher.c_function(signature, function, options)


def array_value_and_grad(function: Any, argnums: Any, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """`value_and_grad` of a function of `njit` for arrays and numbers."""
    work = function.gradients
    passed = len(args) + len(kwargs)
    args = work.arranged(args, kwargs)
    if argnums is None:
        asked = None if passed == len(args) else work.passed(passed, kwargs)
        value, grads = work.value_and_grad(args, asked)
        grads = [g for g in grads if any(x is not None for x in leaves((g,)))]
        if not grads:
            raise GradientError(
                f"got no argument of {work.name} with floats in it, expected one to differentiate "
                "by; pass 1.0 instead of 1, x.astype(float) instead of x"
            )
        return value, grads[0] if len(grads) == 1 else tuple(grads)
    several = isinstance(argnums, (tuple, list))
    chosen = tuple(argnums) if several else (argnums,)
    value, grads = work.value_and_grad(args, chosen)
    places = {k: i for i, k in enumerate(sorted(set(chosen)))}
    out = [grads[places[k]] for k in chosen]
    for k, g in zip(chosen, out, strict=True):
        if not any(x is not None for x in leaves((g,))):
            raise GradientError(
                f"got argument {k} of {work.name}, which has no floats in it, to differentiate by; "
                "pass 1.0 instead of 1, x.astype(float) instead of x"
            )
    return value, tuple(out) if several else out[0]


def _of_span(span, every=None):  # type: ignore[no-untyped-def]  # numba compares the two
    return lambda span, every=None: span


def _of_stopped(x):  # type: ignore[no-untyped-def]
    if dispatcher.is_array_type(x):
        return lambda x: x.copy()
    return lambda x: x


dispatcher.in_njit_code(checkpoint, _of_span)
dispatcher.in_njit_code(stop_gradient, _of_stopped)
