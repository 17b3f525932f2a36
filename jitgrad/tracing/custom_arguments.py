"""The arguments and results of a function with a derivative rule, as the function and its rule have
them.

Start at `CallArguments`.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from ..base.errors import ArgumentError, DTypeError, JitgradError, ShapeError
from ..base.tree import flatten
from ..frontend.convert import as_operand
from ..frontend.tensor import Tensor
from ..ir.shapes import as_int
from ..tape.running import Transform, needs_grad
from ..tape.views import detaching


def described(function: Callable[..., Any]) -> str:
    """A function in an error: its name, and where it is."""
    name = getattr(function, "__name__", type(function).__name__)
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code is not None else name


def checked_rule(what: str, function: Any) -> Callable[..., Any]:
    if not callable(function):
        raise ArgumentError(
            f"got {what} of type {type(function).__name__}, expected a function; see help("
            "jitgrad.custom_vjp)"
        )
    return function


def positions(nums: Any, what: str) -> tuple[int, ...]:
    """Numbers of arguments, given as one or several."""
    several = isinstance(nums, (tuple, list))
    return tuple([as_int(k, what) for k in (nums if several else (nums,))])


def positional(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> list:
    """The arguments by position, defaults filled in: as rules get them."""
    if not kwargs:
        return list(args)
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        raise ArgumentError(
            f"got arguments that {described(function)} does not take: {error}"
        ) from None
    bound.apply_defaults()
    if bound.kwargs:
        raise ArgumentError(
            f"got the keyword-only arguments {', '.join(bound.kwargs)} of {described(function)}, "
            "expected arguments that have a position, as the derivative rule gets them by that"
        )
    return list(bound.args)


def is_active(x: Any) -> bool:
    """Whether a gradient goes to `x`."""
    return isinstance(x, Tensor) and needs_grad(x)


class CallArguments:
    """What a function was called with.

    Attributes
    ----------
    static : list
        CallArguments that are not differentiated, as they are.
    leaves, names : list
        Those of the other arguments, in order.
    active : list of int
        The numbers of the leaves that gradients go to.
    """

    def __init__(self, given: Sequence[Any], static: Collection[int]) -> None:
        n = len(given)
        wrong = [k for k in static if not -n <= k < n]
        if wrong:
            raise ArgumentError(f"got nondiff_argnums {wrong} for {n} positional arguments")
        self.at = sorted({k % n for k in static})
        self.static = [given[k] for k in self.at]
        self.count = n
        self.leaves: list[Any] = []
        self.names: list[str] = []
        self.groups: list[tuple[int, int, str]] = []
        self._makers: list[Callable[[Iterator[Any]], Any]] = []
        for k, x in enumerate(given):
            if k in self.at:
                continue
            leaves, names, maker = flatten(x, f"argument {k}")
            self.groups.append((len(self.leaves), len(leaves), f"argument {k}"))
            self.leaves += leaves
            self.names += names
            self._makers.append(maker)
        self.active = [k for k, x in enumerate(self.leaves) if is_active(x)]

    def made(self, leaves: Sequence[Any]) -> list[Any]:
        """All arguments, of other leaves."""
        values, static = iter(leaves), iter(self.static)
        makers = iter(self._makers)
        return [next(static) if k in self.at else next(makers)(values) for k in range(self.count)]

    def differentiated(self, leaves: Sequence[Any]) -> list[Any]:
        """The arguments that are differentiated, of other leaves."""
        values = iter(leaves)
        return [maker(values) for maker in self._makers]

    def outline(self) -> CallArguments:
        """The same without the arguments that are differentiated."""
        out = copy.copy(self)
        out.leaves, out._makers = [], []
        return out

    def gradients(self, rule: Callable[..., Any], got: Any) -> list[Any]:
        """What a rule gave for the active leaves, None for zeros; checked for its structure."""
        who = described(rule)
        if not isinstance(got, (tuple, list)) or len(got) != len(self.groups):
            what = f"{len(got)} results" if isinstance(got, (tuple, list)) else type(got).__name__
            raise ArgumentError(
                f"got {what} from the rule {who}, expected a tuple with the cotangent of each of "
                f"the {len(self.groups)} arguments that are differentiated, None for zeros"
            )
        out: dict[int, Any] = {}
        for (first, count, root), g in zip(self.groups, got, strict=True):
            if g is None:
                continue
            leaves = _like(self.names[first : first + count], root, g, who)
            out |= {first + k: leaves[k] for k in range(count)}
        return [out.get(k) for k in self.active]


def _like(names: Sequence[str], root: str, g: Any, who: str) -> list[Any]:
    """The leaves of a cotangent for an argument whose leaves have these names; None stands for any
    part."""
    leaves, labels, _ = flatten(g, root)
    found = dict(zip(labels, leaves, strict=True))
    out = [found.pop(name, None) for name in names]
    if found:
        raise ArgumentError(
            f"got a cotangent with {', '.join(found)} from the rule {who}, expected the structure "
            f"of the argument: {', '.join(names) or 'nothing'}"
        )
    return out


def checked_cotangent(g: Any, like: Any, name: str, rule: Callable[..., Any]) -> Any:
    """A cotangent or tangent that a rule gave for `like`, as a tensor; None for zeros."""
    if g is None:
        return None
    weak = type(g) in (int, float)
    try:
        g = as_operand(g)
    except JitgradError as error:
        raise type(error)(f"got {name} from {described(rule)} that is no tensor: {error}") from None
    if g.shape != like.shape:
        raise ShapeError(
            f"got {name} of shape {g.shape} from the rule {described(rule)}, expected {like.shape}"
        )
    if g.dtype.kind not in "fc" and not weak:
        raise DTypeError(
            f"got {name} of dtype {g.dtype} from the rule {described(rule)}, expected "
            f"{like.dtype}; convert it with .astype"
        )
    return g.to(like.dtype)


class ForwardRun(Transform):
    """A function that is run for a derivative rule, or that is the rule: if it asks for the values
    of its tensors, it is run again, on tensors without a graph."""

    doing = "run for a derivative rule"

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self.asked = False

    def owns(self, t: Any) -> bool:
        self.asked = self.asked or needs_grad(t)
        return needs_grad(t)


def detached(leaves: Sequence[Any]) -> list[Any]:
    """`leaves` without their graphs."""
    return [detaching()(x) if is_active(x) else x for x in leaves]
