"""Containers of arguments and results: which parts they have, and how they are made again of
others.

Tuples, lists, dicts, named tuples, dataclasses, None and registered classes are containers, nested
as deep as one likes, and subclasses of them (but of registered ones) are made again as what they
are. All else is a leaf. Start at `flatten`; `Structure` is what is left without the leaves.
"""

import copy
import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from .errors import ArgumentError

Flatten = Callable[[Any], tuple[Sequence[Any], Any]]
Unflatten = Callable[[Any, Sequence[Any]], Any]
#: Classes of the user's that are containers, with how they are taken apart and made.
_registered: dict[type, tuple[Flatten, Unflatten]] = {}


def register(cls: Any, flatten: Flatten, unflatten: Unflatten) -> Any:
    """Makes the objects of a class containers; a class that is one may be registered again."""
    _registered[cls] = flatten, unflatten
    _has_parts.cache_clear()
    return cls


def is_record(x: Any) -> bool:
    """Whether `x` is an object of a dataclass."""
    return dataclasses.is_dataclass(x) and not isinstance(x, type)


def is_registered(x: Any) -> bool:
    """Whether `x` is of a class that was registered."""
    return type(x) in _registered


def taken_apart(x: Any) -> tuple[Sequence[Any], Any]:
    """The parts of an object of a registered class, and all else of it."""
    children, rest = _registered[type(x)][0](x)
    return tuple(children), rest


def is_container(x: Any) -> bool:
    """Whether `x` has parts, or is None, which has none."""
    cls: Any = type(x)
    return _has_parts(cls)


@functools.lru_cache(1000)
def _has_parts(cls: Any) -> bool:
    known = cls in _registered or issubclass(cls, (tuple, list, dict, type(None)))
    return known or dataclasses.is_dataclass(cls)


def parts(x: Any) -> list[tuple[str, Any]]:
    """The parts of a container, each with how it is reached from there, as Python writes it."""
    if type(x) in _registered:
        return [(f"<{k}>", part) for k, part in enumerate(taken_apart(x)[0])]
    if isinstance(x, dict):
        return [(f"[{key!r}]", part) for key, part in x.items()]
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return [(f".{name}", part) for name, part in zip(x._fields, x, strict=True)]
    if isinstance(x, (tuple, list)):
        return [(f"[{k}]", part) for k, part in enumerate(x)]
    return (
        [(f".{f.name}", getattr(x, f.name)) for f in dataclasses.fields(x)] if x is not None else []
    )


def made(x: Any, new: list[Any]) -> Any:
    """A container like `x` with the parts `new`."""
    if x is None:
        return None
    if type(x) in (tuple, list):
        return type(x)(new)
    if type(x) in _registered:
        return _registered[type(x)][1](taken_apart(x)[1], new)
    if isinstance(x, dict):
        out = copy.copy(x)  # a default factory, an order and attributes stay
        out.update(zip(x, new, strict=True))
        return out
    if isinstance(x, (tuple, list)):
        return type(x)(*new) if hasattr(x, "_fields") else type(x)(new)
    out = copy.copy(x)
    for field, part in zip(dataclasses.fields(x), new, strict=True):
        object.__setattr__(out, field.name, part)  # frozen ones, too; `__init__` is not run again
    return out


def flatten(x: Any, name: str = "x") -> tuple[list[Any], list[str], Callable[[Iterator[Any]], Any]]:
    """The leaves of `x`, how each is written (``x['w'][0]``), and what makes the same of other
    leaves.

    Examples
    --------
    >>> from jitgrad.base import tree
    >>> leaves, names, rebuild = tree.flatten({"w": (1.0, None), "b": [2.0]}, "p")
    >>> leaves, names
    ([1.0, 2.0], ["p['w'][0]", "p['b'][0]"])
    >>> rebuild(iter("ab"))
    {'w': ('a', None), 'b': ['b']}
    """
    if not is_container(x):
        return [x], [name], next
    leaves: list[Any] = []
    names: list[str] = []
    makers = []
    for access, part in parts(x):
        inner, written, maker = flatten(part, name + access)
        leaves += inner
        names += written
        makers.append(maker)
    return leaves, names, lambda values: made(x, [maker(values) for maker in makers])


# --- structures -----------------------------------------------------------------------------------


class _Leaf:
    """What stands for a leaf in a structure."""

    def __repr__(self) -> str:
        return "*"


LEAF = _Leaf()


class Structure:
    """A container without its leaves: `skeleton`, with a mark in the place of each.

    Two are equal if their containers have the same classes and the same parts in the same order."""

    __slots__ = ("count", "key", "skeleton")

    def __init__(self, skeleton: Any, key: Any, count: int) -> None:
        self.skeleton, self.key, self.count = skeleton, key, count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Structure) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.count)

    def __repr__(self) -> str:
        return f"Structure({self.skeleton!r})"

    def __len__(self) -> int:
        return self.count

    def __bool__(self) -> bool:
        return True

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """The container with these leaves."""
        given = list(leaves)
        if len(given) != self.count:
            raise ArgumentError(
                f"got {len(given)} leaves for {self}, expected {self.count}, one for each *"
            )
        return _filled(self.skeleton, iter(given))


def _filled(skeleton: Any, leaves: Iterator[Any]) -> Any:
    if skeleton is LEAF:
        return next(leaves)
    return made(skeleton, [_filled(part, leaves) for _, part in parts(skeleton)])


def structured(x: Any, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], Structure]:
    """The leaves of `x`, and its structure; a container is a leaf where `is_leaf` says so."""
    if not is_container(x) or (is_leaf is not None and is_leaf(x)):
        return [x], Structure(LEAF, "*", 1)
    leaves: list[Any] = []
    inner = []
    for access, part in parts(x):
        found, structure = structured(part, is_leaf)
        leaves += found
        inner.append((access, structure))
    rest = taken_apart(x)[1] if is_registered(x) else None
    key = type(x), rest, tuple([(access, s.key) for access, s in inner])
    return leaves, Structure(made(x, [s.skeleton for _, s in inner]), key, len(leaves))


def mapped(
    f: Callable[..., Any],
    x: Any,
    rest: Sequence[Any],
    is_leaf: Callable[[Any], bool] | None = None,
    name: str = "tree",
) -> Any:
    """A container like `x` with ``f(leaf, *others)`` in the place of each leaf, and what `rest`
    have there; the parts of dicts are found by their keys."""
    if not is_container(x) or (is_leaf is not None and is_leaf(x)):
        return f(x, *rest)
    own, others = parts(x), []
    for other in rest:
        found = dict(parts(other)) if is_container(other) else {}
        if type(other) is not type(x) or found.keys() != {access for access, _ in own}:
            raise ArgumentError(
                f"got {_shown(other)} in the place of {_shown(x)} at {name}, expected a container "
                "like the first one"
            )
        others.append(found)
    return made(
        x,
        [
            mapped(f, part, [found[access] for found in others], is_leaf, name + access)
            for access, part in own
        ],
    )


def _shown(x: Any) -> str:
    """A container, or what is none, in words."""
    if x is None:
        return "None"
    kind = f"an object of type {type(x).__name__}"
    return f"{kind} with {', '.join(a for a, _ in parts(x))}" if is_container(x) else kind
