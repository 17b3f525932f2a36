"""Autograd's way to give functions derivatives: `primitive`, and `defvjp` and its kin.

    >>> from jitgrad.extend import primitive, defvjp
    >>> @primitive
    ... def cube(x):
    ...     return x**3
    >>> defvjp(cube, lambda ans, x: lambda g: g * 3 * x**2)
    >>> jitgrad.grad(cube)(2.0), jitgrad.grad(jitgrad.grad(cube))(2.0)
    (12.0, 12.0)

A primitive gets arrays and numbers, no tensors, so it may call any code. Its rules get tensors, and
compute with `jitgrad.numpy`; those that do may be differentiated again. A call with tensors is one
of `jitgrad.custom_vjp`, or of `custom_jvp` where only tangents are given. Start at `Primitive`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

from .base.errors import ArgumentError, GradientError
from .base.missing import missing
from .base.surface import surface
from .base.tree import flatten
from .frontend.convert import as_operand
from .frontend.tensor import Tensor
from .numpy.fallback import arrays
from .tape.segment import active_traces
from .tracing.custom import Custom, custom_jvp, custom_vjp
from .tracing.custom_arguments import is_active
from .tracing.host_rules import is_array

__all__ = [
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "notrace_primitive",
    "primitive",
]

Rule = Callable[..., Any]


class Primitive:
    """A function whose derivatives are given by argument.

    Attributes
    ----------
    fun : callable
        Of arrays and numbers.
    vjps, jvps : callable or None
        ``vjps(argnums, ans, args, kwargs)`` makes the function of the cotangent that gives those
        of the arguments; ``jvps(argnums, gs, ans, args, kwargs)`` gives the tangent.
    """

    def __init__(self, fun: Callable[..., Any]) -> None:
        if not callable(fun):
            raise ArgumentError(
                f"got {type(fun).__name__} to make a primitive of, expected a function"
            )
        self.fun = fun
        self.vjps: Rule | None = None
        self.jvps: Rule | None = None
        self._made: dict[tuple[int, tuple[int, ...]], Custom] = {}
        functools.update_wrapper(self, fun, updated=())

    @property
    def name(self) -> str:
        return getattr(self, "__name__", type(self).__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        argnums = tuple([k for k, x in enumerate(args) if any(map(is_active, flatten(x)[0]))])
        if not argnums:
            return self.by_value(args, kwargs)
        key = len(args), argnums
        if key not in self._made:
            self._made[key] = self._custom(*key)
        return self._made[key](*args, kwargs)

    __call__ = surface(__call__)

    def by_value(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """What the function gives for the values of the arguments: tensors where they have one."""
        found = [x for arg in (*args, *kwargs.values()) for x in flatten(arg)[0]]
        if active_traces or not any(isinstance(x, Tensor) for x in found):
            return self.fun(*args, **kwargs)
        out = self.fun(*arrays(tuple(args)), **arrays(kwargs))
        leaves, _, rebuild = flatten(out)
        return rebuild(iter([as_operand(x) if is_array(x) else x for x in leaves]))

    def _custom(self, n: int, argnums: tuple[int, ...]) -> Custom:
        """The function of `n` arguments, and of those by name as the last one, that is
        differentiated by some of them."""
        static = tuple([k for k in range(n + 1) if k not in argnums])

        def fun(*given: Any) -> Any:
            return self.by_value(given[:-1], given[-1])

        def arguments(rest: Sequence[Any], differentiated: Sequence[Any]) -> tuple[Any, Any]:
            given: list[Any] = [None] * (n + 1)
            for k, x in zip((*static, *argnums), (*rest, *differentiated), strict=True):
                given[k] = x
            return given[:-1], given[-1]

        out: Any
        if self.vjps is not None:
            out = custom_vjp(fun, static)

            def fwd(*given: Any) -> Any:
                ans = fun(*given)
                return ans, (ans, [given[k] for k in argnums])

            def bwd(*given: Any) -> Any:
                *rest, (ans, kept), g = given
                args, kwargs = arguments(rest, kept)
                assert self.vjps is not None
                return tuple(self.vjps(argnums, ans, args, kwargs)(g))

            out.defvjp(fwd, bwd)
        elif self.jvps is not None:
            out = custom_jvp(fun, static)

            def rule(*given: Any) -> Any:
                *rest, primals, tangents = given
                args, kwargs = arguments(rest, primals)
                ans = out(*args, kwargs)
                assert self.jvps is not None
                return ans, self.jvps(argnums, tangents, ans, args, kwargs)

            out.defjvp(rule)
        else:
            raise GradientError(
                f"got a gradient of {self.name}, a primitive without derivatives; give them by "
                f"jitgrad.extend.defvjp({self.name}, ...), or pass x.detach()"
            )
        out.__name__ = self.name
        return out

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


def primitive(fun: Callable[..., Any]) -> Primitive:
    """A function that is called with arrays and numbers, and whose derivatives `defvjp` or `defjvp`
    gives.

    Parameters
    ----------
    fun : callable
        May call any code: NumPy, SciPy, compiled functions.

    Raises
    ------
    GradientError
        It is differentiated by an argument whose derivative was not given.

    See Also
    --------
    https://github.com/HIPS/autograd/blob/master/docs/tutorial.md; `jitgrad.custom_vjp`, as in JAX.

    Examples
    --------
    >>> from jitgrad.extend import primitive, defvjp
    >>> @primitive
    ... def logsumexp(x):
    ...     return np.log(np.sum(np.exp(x)))
    >>> defvjp(logsumexp, lambda ans, x: lambda g: g * jitgrad.exp(x - ans))
    >>> jitgrad.grad(logsumexp)(np.zeros(2))
    array([0.5, 0.5])
    """
    return Primitive(fun)


def notrace_primitive(fun: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the values of its arguments, which has no gradient.

    Examples
    --------
    >>> from jitgrad.extend import notrace_primitive
    >>> notrace_primitive(lambda x: type(x).__name__)(jitgrad.ones(2, requires_grad=True))
    'ndarray'
    """

    @functools.wraps(fun)
    @surface
    def function(*args: Any, **kwargs: Any) -> Any:
        return fun(*arrays(args), **arrays(kwargs))

    return function


def _checked(fun: Any) -> Primitive:
    if not isinstance(fun, Primitive):
        raise ArgumentError(
            f"got a derivative for an object of type {type(fun).__name__}, expected a primitive; "
            "decorate the function with jitgrad.extend.primitive"
        )
    fun._made.clear()
    return fun


def _by_argument(
    fun: Primitive, rules: Sequence[Any], argnums: Iterable[int] | None
) -> Callable[[int], Any]:
    """The rule of an argument, by its number."""
    table = dict(zip(count() if argnums is None else argnums, rules))  # noqa: B905 - may be endless

    def rule(argnum: int) -> Any:
        if argnum not in table:
            raise GradientError(
                f"got a gradient of {fun.name} with respect to argument {argnum}, which has no "
                "derivative; give it, or None where it is zero"
            )
        return table[argnum]

    return rule


@surface
def defvjp(fun: Primitive, *vjpmakers: Rule | None, argnums: Iterable[int] | None = None) -> None:
    """Gives the cotangents of each argument of a primitive.

    Parameters
    ----------
    fun : Primitive
    *vjpmakers : callable or None
        ``vjpmaker(ans, *args, **kwargs)``, for each argument, makes a function of the cotangent of
        the result that gives that of the argument; None for zeros.
    argnums : sequence of int, optional
        Which arguments they are of, if not the first ones.

    Examples
    --------
    >>> from jitgrad.extend import primitive, defvjp
    >>> product = primitive(lambda x, y: x * y)
    >>> defvjp(product, lambda ans, x, y: lambda g: g * y, lambda ans, x, y: lambda g: g * x)
    >>> jitgrad.grad(product, (0, 1))(2.0, 3.0)
    (3.0, 2.0)
    """
    rule = _by_argument(_checked(fun), vjpmakers, argnums)

    def maker(argnum: int, ans: Any, args: Any, kwargs: Any) -> Rule | None:
        make = rule(argnum)
        return None if make is None else make(ans, *args, **kwargs)

    _define_each(fun, maker)


@surface
def defvjp_argnum(fun: Primitive, vjpmaker: Rule) -> None:
    """Gives the cotangents of a primitive by ``vjpmaker(argnum, ans, args, kwargs)``, which makes
    of each argument what `defvjp` is given.

    Examples
    --------
    >>> from jitgrad.extend import primitive, defvjp_argnum
    >>> total = primitive(lambda *xs: sum(xs))
    >>> defvjp_argnum(total, lambda argnum, ans, args, kwargs: lambda g: g)
    >>> jitgrad.grad(total, (0, 1))(2.0, 3.0)
    (1.0, 1.0)
    """
    _define_each(_checked(fun), vjpmaker)


def _define_each(fun: Primitive, maker: Rule) -> None:
    def vjps(argnums: tuple[int, ...], ans: Any, args: Any, kwargs: Any) -> Rule:
        made = [maker(k, ans, args, kwargs) for k in argnums]
        return lambda g: [None if vjp is None else vjp(g) for vjp in made]

    fun.vjps = vjps


@surface
def defvjp_argnums(fun: Primitive, vjpmaker: Rule) -> None:
    """Gives the cotangents of a primitive by ``vjpmaker(argnums, ans, args, kwargs)``, for several
    arguments at once: a function of the cotangent that gives theirs.

    Examples
    --------
    >>> from jitgrad.extend import primitive, defvjp_argnums
    >>> total = primitive(lambda *xs: sum(xs))
    >>> defvjp_argnums(total, lambda argnums, ans, args, kwargs: lambda g: [g] * len(argnums))
    >>> jitgrad.grad(total, (0, 1))(2.0, 3.0)
    (1.0, 1.0)
    """
    _checked(fun).vjps = vjpmaker


@surface
def defjvp(
    fun: Primitive, *jvpmakers: Rule | str | None, argnums: Iterable[int] | None = None
) -> None:
    """Gives the tangent of a primitive along each argument; cotangents are its transpose, unless
    `defvjp` gives them.

    Parameters
    ----------
    fun : Primitive
    *jvpmakers : callable, "same" or None
        ``jvpmaker(g, ans, *args, **kwargs)``, for each argument, gives the tangent of the result
        for that of the argument; "same" where the function is linear in it, None for zeros.
    argnums : sequence of int, optional
        Which arguments they are of, if not the first ones.

    Examples
    --------
    >>> from jitgrad.extend import primitive, defjvp
    >>> exp = primitive(lambda x: np.exp(x))
    >>> defjvp(exp, lambda g, ans, x: g * ans)
    >>> jitgrad.grad(exp)(0.0)
    1.0
    """
    rule = _by_argument(_checked(fun), jvpmakers, argnums)

    def tangent(argnum: int, g: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        make = rule(argnum)
        if make == "same":
            return _linear(fun, argnum, g, args, kwargs)
        return None if make is None else make(g, ans, *args, **kwargs)

    _define_tangents(fun, tangent)


@surface
def defjvp_argnum(fun: Primitive, jvpmaker: Rule) -> None:
    """Gives the tangent of a primitive along argument number `argnum` by
    ``jvpmaker(argnum, g, ans, args, kwargs)``.

    Examples
    --------
    >>> from jitgrad.extend import primitive, defjvp_argnum
    >>> total = primitive(lambda *xs: sum(xs))
    >>> defjvp_argnum(total, lambda argnum, g, ans, args, kwargs: g)
    >>> jitgrad.jvp(total, (2.0, 3.0), (1.0, 1.0))
    (5.0, 2.0)
    """
    _define_tangents(_checked(fun), jvpmaker)


def _define_tangents(fun: Primitive, tangent: Rule) -> None:
    def jvps(argnums: tuple[int, ...], gs: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        parts = [tangent(k, g, ans, args, kwargs) for k, g in zip(argnums, gs, strict=True)]
        parts = [p for p in parts if p is not None]
        if not parts:
            leaves, _, rebuild = flatten(ans)
            return rebuild(iter([as_operand(t) * 0.0 for t in leaves]))
        leaves = [flatten(p) for p in parts]
        sums = [sum(terms[1:], terms[0]) for terms in zip(*[x[0] for x in leaves], strict=True)]
        return leaves[0][2](iter(sums))

    fun.jvps = jvps


@surface
def defjvp_argnums(fun: Primitive, jvpmaker: Rule) -> None:
    """Gives the tangent of a primitive along several arguments at once by
    ``jvpmaker(argnums, gs, ans, args, kwargs)``.

    Examples
    --------
    >>> from jitgrad.extend import primitive, defjvp_argnums
    >>> total = primitive(lambda *xs: sum(xs))
    >>> defjvp_argnums(total, lambda argnums, gs, ans, args, kwargs: sum(gs))
    >>> jitgrad.jvp(total, (2.0, 3.0), (1.0, 1.0))
    (5.0, 2.0)
    """
    _checked(fun).jvps = jvpmaker


@surface
def def_linear(fun: Primitive) -> None:
    """Says that a primitive is linear in each argument: its tangents are its values.

    Examples
    --------
    >>> from jitgrad.extend import primitive, def_linear
    >>> twice = primitive(lambda x: 2 * x)
    >>> def_linear(twice)
    >>> jitgrad.grad(twice)(5.0)
    2.0
    """

    def tangent(argnum: int, g: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        return _linear(fun, argnum, g, args, kwargs)

    _define_tangents(_checked(fun), tangent)


def _linear(fun: Primitive, argnum: int, g: Any, args: Any, kwargs: Any) -> Any:
    """What a function that is linear in an argument gives for the tangent of that; in the trace of
    a rule it runs on tensors."""
    given = list(args)
    given[argnum] = g
    return fun.fun(*given, **kwargs)


def __getattr__(name: str) -> Any:
    raise missing("jitgrad.extend", name, sys.modules[__name__])
