"""Functions on tensors, called by another library: on lists of arrays, with the functions that give
their cotangents. Start at `Outgoing`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base.errors import ArgumentError, GradientError
from ..base.tree import flatten
from ..frontend.convert import as_operand
from ..frontend.gradients import grad, reachability
from ..frontend.modes import enable_grad, no_grad
from ..frontend.tensor import Tensor

#: A function of a list of tensors that gives one.
Listed = Callable[[list], list]


def check_function(f: Any) -> None:
    if not callable(f):
        raise ArgumentError(
            f"got an object of type {type(f).__name__}, expected a function on tensors; data alone "
            "goes by DLPack: jitgrad.from_dlpack, and from_dlpack of the other library"
        )


def is_smooth(t: Any) -> bool:
    return t.dtype.kind in "fc"


class Outgoing:
    """A function on containers of tensors as one of a list of those `leaves` that stand at
    `places`; the others are as they were given. `saw` is told how results were nested."""

    def __init__(
        self, f: Callable[..., Any], leaves: Sequence[Any], places: Sequence[int], rebuild: Any
    ) -> None:
        self.f, self.leaves, self.places, self.rebuild = f, leaves, places, rebuild
        self.name = getattr(f, "__name__", type(f).__name__)
        self.nesting: Any = None

    def __call__(self, tensors: list) -> list:
        leaves = list(self.leaves)
        for k, t in zip(self.places, tensors, strict=True):
            leaves[k] = t
        args, kwargs = self.rebuild(iter(leaves))
        found, _, remake = flatten(self.f(*args, **kwargs), "result")
        data = [isinstance(x, (Tensor, np.ndarray, np.generic)) for x in found]
        rest = [None if d else x for d, x in zip(data, found, strict=True)]
        self.nesting = remake, data, rest
        return [as_operand(x) for d, x in zip(data, found, strict=True) if d]

    def made(self, arrays: Sequence[Any]) -> Any:
        """The results of the last call, with the other library's arrays in them."""
        remake, data, rest = self.nesting
        values = iter(arrays)
        return remake(iter([next(values) if d else x for d, x in zip(data, rest, strict=True)]))


def values(function: Listed, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The results of a call without gradients, as arrays."""
    with no_grad():
        return [np.array(t._array()) for t in function([as_operand(x) for x in arrays])]


class Recorded:
    """A call on arrays that can be differentiated by those of floats: `results` are tensors."""

    def __init__(self, function: Listed, arrays: Sequence[np.ndarray], name: str) -> None:
        self.xs = [as_operand(x) for x in arrays]
        with enable_grad():
            for x in self.xs:
                if is_smooth(x):
                    x.requires_grad_()
            self.results = function(list(self.xs))
        check_others(self.results, self.xs, name)

    def arrays(self) -> list[np.ndarray]:
        return [np.array(t.detach()._array()) for t in self.results]

    def pull(
        self, gs: Sequence[Any], wanted: Sequence[int], there: Sequence[int]
    ) -> list[np.ndarray]:
        """The cotangents of the arguments `wanted`, by those of the results `there`."""
        outs, cots = [self.results[k] for k in there], [as_operand(g) for g in gs]
        found = gradients(outs, [self.xs[k] for k in wanted], cots, False)
        return [np.array(g.detach()._array()) for g in found]


def gradients(outs: list, xs: list, gs: list, create: bool) -> list:
    """The cotangents of `xs`, zeros where none leads to them."""
    pairs = [(t, g) for t, g in zip(outs, gs, strict=True) if t.requires_grad]
    found: Sequence[Any] = [None] * len(xs)
    if pairs and xs:
        found = grad(
            [t for t, _ in pairs],
            xs,
            [g for _, g in pairs],
            retain_graph=True,
            create_graph=create,
            allow_unused=True,
        )
    zeros = [as_operand(np.zeros(x.shape, x.dtype)) for x in xs]
    return [z if g is None else g for g, z in zip(found, zeros, strict=True)]


def pulled(
    function: Listed, count: int, wanted: Sequence[int], there: Sequence[int], name: str
) -> Listed:
    """The function of the `count` arguments and of the cotangents of the results `there`, that
    gives the cotangents of the arguments `wanted`."""

    def cotangents(arguments: list) -> list:
        given, gs = arguments[:count], arguments[count:]
        with enable_grad():
            create = any(t.requires_grad for t in arguments)
            xs = [_variable(x) for x in given]
            out = function(list(xs))
            if not create:
                check_others(out, xs, name)
            return gradients([out[k] for k in there], [xs[k] for k in wanted], gs, create)

    return cotangents


def _variable(x: Any) -> Any:
    """`x` as something that is differentiated by."""
    if not is_smooth(x):
        return x
    return x.clone() if x.requires_grad else x.detach().clone().requires_grad_()


def check_others(outs: Sequence[Any], xs: Sequence[Any], name: str) -> None:
    """Raises where results depend on tensors that require grad and are no arguments."""
    outs = [t for t in outs if t.requires_grad]
    if not outs:
        return
    reaches = reachability(outs, [x for x in xs if x.requires_grad])
    if reaches is not None and reaches.others:
        raise GradientError(
            f"got {name}, which reaches tensors that require grad beside its arguments, whose "
            "gradients would be lost in the other library; pass them as arguments, or use "
            ".detach() on them"
        )
