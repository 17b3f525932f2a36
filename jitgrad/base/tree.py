"""Containers of arguments and results: which parts they have, and how they are made again of
others.

Tuples, lists, dicts, named tuples, dataclasses and None are containers, nested as deep as one
likes, and subclasses of them are made again as what they are. All else is a leaf. Start at
`flatten`.
"""

import copy
import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any


def is_record(x: Any) -> bool:
    """Whether `x` is an object of a dataclass."""
    return dataclasses.is_dataclass(x) and not isinstance(x, type)


def is_container(x: Any) -> bool:
    """Whether `x` has parts, or is None, which has none."""
    cls: Any = type(x)
    return _has_parts(cls)


@functools.lru_cache(1000)
def _has_parts(cls: Any) -> bool:
    return issubclass(cls, (tuple, list, dict, type(None))) or dataclasses.is_dataclass(cls)


def parts(x: Any) -> list[tuple[str, Any]]:
    """The parts of a container, each with how it is reached from there, as Python writes it."""
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
