"""Where a traced function gets its values from, so that each call can fetch them again: arguments
and captured variables.

The arguments are walked down to tensors, arrays and numbers; what the function reaches beside them
is found by `environment`. Each object is a `Source`, which writes the lines of Python that fetch
and check it in a later call.

An array that the function computes with must have a source, be a view of one that has, or be made
by the function itself in a way that each call would repeat (`array`). Start at `Captures`.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import ArgumentError, JitError
from ..base.packages import SYSTEM as NOBODYS
from ..base.packages import package_of
from ..base.tree import is_record, is_registered, taken_apart
from ..tape.handles import Handle
from ..tape.record import materialise
from ..tape.symbols import SymbolicScalar
from ..tape.views import top
from .environment import Environment
from .introspection import PLAIN, asks, unwrapped
from .source import Source, attribute, bounds, item, taken_part, viewed

if TYPE_CHECKING:
    from .source import Access

#: Kinds of arguments that the function gets containers for.
CONTAINERS = frozenset(("mapping", "registered", "sequence", "typed"))


def _container_kind(x: Any, static: bool) -> str | None:
    """The kind of an argument that has parts, or None; a static one has its value."""
    kind = type(x)
    if is_registered(x):
        return None if static else "registered"
    if kind in (list, tuple) or (isinstance(x, tuple) and hasattr(x, "_fields")):
        return "sequence"
    if kind in (dict, collections.OrderedDict, collections.defaultdict):
        return "mapping"
    if kind in (set, frozenset):
        return "set"
    return "typed" if is_record(x) and not static else None


class Captures:
    """The sources of the arguments and of the captured variables of a call."""

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        static: Collection[int | str],
    ) -> None:
        package = package_of(asks(unwrapped(function), "__module__"))
        home = None if package in NOBODYS else package
        self.args = Source(args, "sequence")
        self.kwargs = Source(kwargs, "mapping", data=list(kwargs))
        self.args.var, self.kwargs.var = "args", "kwargs"
        self.arguments = [self.args, self.kwargs]
        self.opaque: list[Source] = []
        self.grads: list[Source] = []
        self.given: dict[int, Source] = {}
        self.made = False
        self._children(self.args, [(item(k), x, k in static) for k, x in enumerate(args)])
        self._children(self.kwargs, [(item(k), x, k in static) for k, x in kwargs.items()])
        classes = {type(p.object) for p in self.arguments if p.kind in CONTAINERS}
        given = {key: source for key, source in self.given.items() if source.kind == "tensor"}
        self.outside = Environment(function, self.opaque, classes, given, home)
        self.order, self.first = self.outside.order, self.outside.first
        for source in (*self.arguments, *self.order):
            if source.kind == "tensor":
                if source.object._value is None:
                    materialise(source.object)
                source.data = source.object._state.aval
                g = _grad_of(source)
                if g is not None and id(g) in given:
                    given[id(g)].shared = True

    # ------------------------------------------------------------------ arguments

    def _children(self, parent: Source, items: Iterable[tuple[Access, Any, bool]]) -> None:
        for access, x, static in items:
            self._argument(parent, access, x, static)

    def _argument(self, parent: Source, access: Access, x: Any, static: bool) -> None:
        known = self.given.get(id(x))
        kind = self._argument_kind(x, static) if known is None else "alias"
        source = Source(x, kind, parent, access, known)
        if kind in ("tensor", "array"):
            self.given[id(x)] = source
        source.var = f"n{len(self.arguments)}" if kind == "number" else None
        self.arguments.append(source)
        parent.parts.append(source)
        if kind == "sequence":
            self._children(source, [(item(k), y, static) for k, y in enumerate(x)])
        elif kind == "mapping":
            source.data = list(x)
            self._children(source, [(item(k), y, static) for k, y in x.items()])
        elif kind == "registered":
            found, source.data = taken_apart(x)
            self._children(source, [(taken_part(k), y, static) for k, y in enumerate(found)])
        elif kind == "typed":
            self._children(
                source,
                [(attribute(f.name), getattr(x, f.name), False) for f in dataclasses.fields(x)],
            )
        elif kind == "set":
            source.data = frozenset(x)
        elif kind in ("same", "hashed"):
            source.outside = True
            self.opaque.append(source)

    def _argument_kind(self, x: Any, static: bool) -> str:
        kind = type(x)
        if isinstance(x, Handle):
            return "tensor"
        if kind in (int, float) and not static:
            return "number"
        if kind in PLAIN:
            return "plain"
        if kind in (np.ndarray, np.memmap):
            return "array"
        if isinstance(x, np.generic):
            return "scalar"
        container = _container_kind(x, static)
        if container is not None:
            return container
        if hasattr(kind, "__array__") or hasattr(kind, "__dlpack__"):  # which NumPy converts, too
            raise ArgumentError(
                f"got an argument of type {kind.__name__} in a function under jit, expected "
                "tensors, NumPy arrays, "
                "numbers or containers of them; pass jitgrad.tensor(x), or numpy.asarray(x)"
            )
        return "hashed" if static and type(x).__hash__ is not None else "same"

    def all(self) -> list[Source]:
        """The sources in the order in which a call checks them."""
        return [*self.arguments, *self.order, *self.grads]

    def settle(self) -> None:
        """Finds which sources a call has to fetch: what it compares, and what leads
        there.

        What NumPy made within the function may be made of any array outside: then they must all
        have the same elements."""
        if self.made:
            for source in self.order:
                source.fixed = source.fixed or (source.kind in ("array", "view") and source.used)
        for source in reversed(self.all()):
            source.needed = (
                source.needed
                or source.is_checked()
                or not (source.size is None and source.type is None)
            )
            first = source.data if source.kind == "alias" and source.data.may_move() else None
            for other in (source.parent, first):
                if other is not None and source.needed:
                    other.needed = True

    # ------------------------------------------------------------------ what the trace asks

    def find(self, x: Any) -> Source | None:
        """The source of a tensor or array outside, or None.

        An argument has one only where a name leads to it, too: the function knows it by its
        proxy otherwise. What a view outside was a view of when the function was traced
        is not what a later call passes."""
        source = self.first.get(id(x))
        if (
            source is None
            or source.object is not x
            or source.kind not in ("tensor", "array", "view")
        ):
            return None
        return source if source.outside or source.shared else None

    def number(self, holder: Any, name: str) -> SymbolicScalar | None:
        """The number that a dict outside has under a name, as that of a later call; None where it
        is a constant of the trace."""
        for source in self.order:
            inside = source.parent is not None and source.parent.object is holder
            if inside and source.kind == "number" and source.name == name:
                return SymbolicScalar(source.object, source.var, [source])
        return None

    def array(self, a: np.ndarray, admitted: bool = False) -> Source | None:
        """The source of an array, or None for one that the function made.

        `JitError` where it could be from outside, unless it is `admitted`.
        """
        source = self.find(a)
        if source is not None:
            return source
        if a.size:
            arrays = [
                p for p in self.order if p.kind == "array" and np.may_share_memory(a, p.object)
            ]
            if arrays:
                return self._view(a, arrays)
        if self.outside.hidden is not None and not admitted:
            raise JitError(_closed(a, self.outside.hidden))
        self.made = self.made or not admitted
        return None

    def _view(self, a: np.ndarray, arrays: Sequence[Source]) -> Source:
        """The source of a view of one of some arrays."""
        low, high = bounds(a)
        for base in arrays:
            first, end = bounds(base.object)
            if first <= low and high <= end and a.dtype.kind != "O":
                base.used = base.strided = True
                source = Source(a, "view", base, viewed(a, base.object), outside=True)
                self.order.append(source)
                self.first[id(a)] = source
                return source
        raise JitError(
            f"got an array of shape {a.shape} in a function under jit that shares memory with one "
            "that it reaches by "
            "name, and is no part of it, so that another call could not find it; pass it as an "
            "argument"
        )

    def entangled(self) -> bool:
        """Whether an argument shares memory with another, or with what is reached outside."""
        sources = self.all()
        tops = collections.Counter(id(top(p.object)) for p in sources if p.kind == "tensor")
        arrays = [p.object for p in sources if p.kind in ("array", "view")]
        for source in self.given.values():
            x = source.object
            if source.kind == "array":
                found = sum(np.may_share_memory(x, y) for y in arrays) > 1
            else:
                found = tops[id(top(x))] > 1 or (source.shared and not x.is_leaf)
            if found:
                return True
        return False

    def grad(self, source: Source) -> Source | None:
        """The source of the gradient of a tensor, or None if it has none; the trace depends on
        which."""
        if not source.uses_grad:
            source.uses_grad = True
            g = _grad_of(source)
            if g is not None:
                known = self.find(g)
                kind, data = ("tensor", g._state.aval) if known is None else ("alias", known)
                inner = Source(g, kind, source, attribute("grad"), data, True)
                self.grads.append(inner)
                source.inner = self.first[id(g)] = known or inner
        return source.inner


def _grad_of(source: Source) -> Any:
    return None if source.object._x is None else source.object._x.grad


def _closed(a: np.ndarray, hidden: str) -> str:
    return (
        f"got a NumPy array of shape {a.shape} and dtype {a.dtype} in a function under jit that "
        "is neither an argument "
        "nor held by a variable, attribute or container the function names. As the function also "
        "reaches "
        f"{hidden}, whose contents jit cannot look up, another call could not tell whether the "
        "array is still the "
        "same: pass it as an argument, keep it under a name outside, or make it by jitgrad.numpy "
        "(array, zeros, eye...)"
    )
