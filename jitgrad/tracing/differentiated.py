"""What a transform differentiates by, and what of: the arguments and the results of a function.

Arguments are containers (`base.tree`) whose leaves become tensors; so are results. What a transform
gives is handed back as the arguments came (`results`). Start at `DifferentiatedCall`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..base.dtypes import is_complex
from ..base.errors import ArgumentError, DTypeError, GradientError, ShapeError
from ..base.tree import flatten
from ..frontend.convert import as_operand
from ..frontend.creation import zeros_like
from ..frontend.gradients import edges_behind, reachability
from ..frontend.tensor import Tensor
from ..ir.shapes import as_int
from ..tape.backward import leaf_of
from ..tape.handles import from_value
from ..tape.record import materialise
from ..tape.running import Differentiation, running
from . import results


def like(f: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator: named, documented and marked as what `f` became."""
    return functools.wraps(f, updated=())  # its attributes say what it is, not what became of it


def check_function(f: Any) -> None:
    if not callable(f):
        raise ArgumentError(
            f"got an object of type {type(f).__name__} to differentiate, expected a function of "
            "the arguments; "
            "pass the function, not its result"
        )


def name_of(f: Any) -> str:
    return getattr(f, "__name__", "the function")


def _argument(x: Any, name: str, enabled: bool) -> Tensor:
    """The tensor that stands for an argument: of its own, so that nothing else that holds `x`
    counts as it."""
    try:
        t = as_operand(x)
    except DTypeError as error:
        raise DTypeError(
            f"got {name} of type {type(x).__name__} to differentiate: {error}"
        ) from None
    if t.dtype.kind not in "fc":
        raise GradientError(
            f"got {name} of dtype {t.dtype} to differentiate, expected a float; pass 1.0 instead "
            "of 1, and what is no "
            "parameter as another argument"
        )
    if t.requires_grad and enabled:  # part of an outer differentiation: its graph goes on
        return t.clone()
    return leaf_of(materialise(t), t.shape, t.dtype)


class Differentiated:
    """An argument that is differentiated by: its `leaves`, and the `tensors` that stand for
    them."""

    def __init__(self, x: Any, name: str, enabled: bool = True) -> None:
        self.leaves, self.names, self.rebuild = flatten(x, name)
        self.outer = True in [
            isinstance(leaf, Tensor) and leaf.requires_grad for leaf in self.leaves
        ]
        self.tensors = [
            _argument(leaf, name, enabled)
            for leaf, name in zip(self.leaves, self.names, strict=True)
        ]
        self.conversions = [results.conversion(leaf) for leaf in self.leaves]

    def given(self) -> Any:
        """What the function gets."""
        return self.rebuild(iter(self.tensors))

    def handed(self, grads: list[Tensor]) -> Any:
        """The gradients, as the argument came; they are taken out of the front of the list."""
        out = []
        for conversion in self.conversions:
            g = grads.pop(0)
            out.append(results.when_known(conversion)(g))
        return self.rebuild(iter(out))


def chosen(argnums: Any, argnum: Any) -> Any:
    """Which positional arguments are differentiated by, under either name."""
    if argnum is None or argnums is None:
        return argnums if argnum is None else argnum
    raise ArgumentError(
        f"got argnums={argnums} and argnum={argnum}, expected one of them: argnum is autograd's "
        "name of argnums"
    )


class Selection:
    """Which arguments are differentiated by: positional ones by `argnums`, named ones by
    `argnames`; the first one where neither is given."""

    def __init__(self, argnums: Any, argnames: Any) -> None:
        self.given = argnums is not None or argnames is not None
        if argnums is None:
            argnums = 0 if argnames is None else ()
        self.several = isinstance(argnums, (tuple, list))
        self.argnums = argnums
        self.nums = tuple(as_int(i, "argnums") for i in (argnums if self.several else (argnums,)))
        one = isinstance(argnames, str)
        names = (argnames,) if one else () if argnames is None else argnames
        if not isinstance(names, (tuple, list)) or not all(isinstance(n, str) for n in names):
            raise ArgumentError(
                f"got argnames {argnames!r}, expected the name of an argument, or a tuple of them"
            )
        self.names = tuple(names)
        self.single = (not self.several and not names) or (one and not self.nums)

    def places(
        self, f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> list[Any]:
        """Where the arguments of a call are: a number, or the name of one passed by name."""
        count = len(args)
        out: list[Any] = []
        for i in self.nums:
            if not -count <= i < count:
                raise ArgumentError(f"got argnums {self.argnums} for {count} positional arguments")
            out.append(i % count)
        out += [name if name in kwargs else _position(f, name, count) for name in self.names]
        return out

    def arranged(self, of_each: list[Any]) -> Any:
        """What a transform gives for the arguments: that of one, or a tuple."""
        return of_each[0] if self.single else tuple(of_each)


def _position(f: Callable[..., Any], name: str, count: int) -> int:
    try:
        parameters = list(inspect.signature(f).parameters)
    except (TypeError, ValueError):
        parameters = []
    if name not in parameters[:count]:
        raise ArgumentError(
            f"got argnames with {name!r}, which the call of {name_of(f)} does not pass; pass "
            f"{name}=..."
        )
    return parameters.index(name)


class DifferentiatedCall:
    """A call of a function whose arguments at some `places` are differentiated by; `outer` tells
    whether one is part of an outer differentiation."""

    def __init__(
        self,
        f: Callable[..., Any],
        places: Iterable[Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        enabled: bool = True,
        names: Sequence[str] = (),
    ) -> None:
        self.f, self.enabled = f, enabled
        self.args, self.kwargs = list(args), kwargs
        own: dict[Any, Differentiated] = {}
        #: Those asked for, in order: one may be named twice.
        self.wanted: list[Differentiated] = []
        self.xs: list[Tensor] = []
        self.conversions: list[results.Conversion] = []
        self.outer = False
        for place in places:
            if place not in own:
                holder: Any = self.args if isinstance(place, int) else self.kwargs
                name = names[place] if names else place if holder is kwargs else f"argument {place}"
                argument = own[place] = Differentiated(holder[place], name, enabled)
                holder[place] = argument.given()
                self.xs += argument.tensors
                self.conversions += argument.conversions
                self.outer = self.outer or (enabled and argument.outer)
            self.wanted.append(own[place])
        self.own = list(own.values())

    def asked_for(self, of_each: list[Any]) -> list[Any]:
        """What there is of each of `xs`, in the order of the arguments asked for."""
        if self.wanted == self.own:
            return of_each
        by = dict(zip(map(id, self.xs), of_each, strict=True))
        return [by[id(x)] for argument in self.wanted for x in argument.tensors]

    def run(self) -> Any:
        with running(Differentiation(self.f, self.xs)):
            return self.f(*self.args, **self.kwargs)

    def goes_on(self, outs: Sequence[Tensor]) -> bool:
        """Whether results are part of an outer differentiation: they depend on other tensors that
        require grad."""
        if not self.enabled or self.outer:
            return self.outer
        reaches = reachability(outs, self.xs)
        return reaches is None or reaches.others

    def as_value(self, t: Tensor, create: bool) -> Any:
        """A result, as it belongs to the arguments; it stays in the graph with `create`."""
        if not create:
            t = from_value(materialise(t), t.shape, t.dtype, None)
        return results.of_value(self.conversions)(t)

    def aside(self, aux: Any) -> Any:
        """What a function gives beside its result: values, but for what an outer differentiation
        goes through."""
        leaves, _, rebuild = flatten(aux)
        return rebuild(iter([self._cut(x) if isinstance(x, Tensor) else x for x in leaves]))

    def _cut(self, t: Tensor) -> Tensor:
        if not t.requires_grad or self.goes_on([t]):
            return t
        reaches = reachability([t], self.xs)
        reached = reaches is None or True in map(reaches, edges_behind(t))
        return from_value(materialise(t), t.shape, t.dtype, None) if reached else t


def with_aux(f: Callable[..., Any], out: Any) -> tuple[Any, Any]:
    """The two parts of a result, of a function that `has_aux`."""
    if not isinstance(out, (tuple, list)) or len(out) != 2:
        raise GradientError(
            f"got a result of type {type(out).__name__} from {name_of(f)} with has_aux=True, "
            "expected a tuple (result, auxiliary data)"
        )
    return out[0], out[1]


class Outputs:
    """The tensors of a result, which may be a container."""

    def __init__(self, f: Callable[..., Any], out: Any) -> None:
        leaves, self.names, self.rebuild = flatten(out, "the result")
        self.tensors = [
            float_tensor(f, x, name) for x, name in zip(leaves, self.names, strict=True)
        ]
        self.avals = [(t.shape, t.dtype) for t in self.tensors]

    @property
    def size(self) -> int:
        """How many elements they have together."""
        return sum(int(np.prod(shape)) for shape, _ in self.avals)


def float_tensor(f: Callable[..., Any], x: Any, name: str) -> Tensor:
    if not isinstance(x, Tensor) or x.dtype.kind not in "fc":
        got = f"dtype {x.dtype}" if isinstance(x, Tensor) else f"type {type(x).__name__}"
        raise GradientError(
            f"got {name} of {got} from {name_of(f)}, expected a Tensor of floats; compute it from "
            "the arguments by operations on tensors, and return what is not differentiated beside "
            "it, with has_aux=True"
        )
    return x


def check_holomorphic(
    f: Callable[..., Any], xs: Sequence[Tensor], outs: Sequence[Tensor], holomorphic: bool
) -> None:
    """Results have to be real, or with `holomorphic` complex, as then arguments have to be."""
    if holomorphic:
        for t, what in (*[(x, "an argument") for x in xs], *[(t, "a result") for t in outs]):
            if not is_complex(t.dtype):
                raise GradientError(
                    f"got {what} of dtype {t.dtype} of {name_of(f)} with holomorphic=True, "
                    "expected a complex one: a real function of complex numbers, or one of real "
                    "numbers, is not holomorphic"
                )
        return
    for t in outs:
        if is_complex(t.dtype):
            raise GradientError(
                f"got a result of dtype {t.dtype} from {name_of(f)}, expected a real number; take "
                ".real, .imag or .abs() of it, or pass holomorphic=True for the derivative of a "
                "holomorphic function"
            )


def fitting(
    given: Any, like: Any, what: str, name: str, shapes: Sequence[tuple[int, ...]] | None = None
) -> list[Tensor]:
    """The leaves of `given`, which is called `what`, as tensors that fit those of `like`, which is
    called `name`, or tensors of these `shapes`."""
    (leaves, names, _), (parts, labels, _) = flatten(like, name), flatten(given, what)
    if len(names) == 1 and len(labels) != 1 and names == [name]:
        parts, labels = [given], [what]  # an array as a nested list
    by = {label[len(what) :]: part for label, part in zip(labels, parts, strict=True)}
    if {n[len(name) :] for n in names} != by.keys():
        raise ShapeError(
            f"got {what} with the leaves {', '.join(labels)}, expected those of {name}: "
            f"{', '.join(names)}"
        )
    labels = [what + n[len(name) :] for n in names]  # dicts may have another order
    out = [as_operand(by[n[len(name) :]]) for n in names]
    wanted = shapes or [x.shape if isinstance(x, Tensor) else np.shape(x) for x in leaves]
    for shape, t, label, n in zip(wanted, out, labels, names, strict=True):
        if t.shape != shape:
            raise ShapeError(f"got {label} of shape {t.shape}, expected that of {n}, {shape}")
    return out


def or_zeros(found: Sequence[Any], like: Sequence[Tensor]) -> list[Tensor]:
    """Derivatives, with zeros for those that are None."""
    return [zeros_like(x) if d is None else d for d, x in zip(found, like, strict=True)]
