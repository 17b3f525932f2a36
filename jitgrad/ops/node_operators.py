"""The operators of `Node`, so that formulas on nodes read as formulas: ``1 - out * out``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..ir import Node
from .registry import REGISTRY

_COMPARISONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge"))


def install() -> None:
    """Gives `Node` the operators of the entries."""
    for entry in REGISTRY.values():
        name = entry.names.operator
        if not name or name in ("eq", "ne"):  # nodes are dictionary keys: equality is identity
            continue
        setattr(Node, f"__{name}__", entry.build)
        if entry.operands == 2 and name not in _COMPARISONS:
            setattr(Node, f"__r{name}__", _reflected(entry.build))


def _reflected(build: Callable[..., Node]) -> Callable[[Any, Any], Node]:
    return lambda x, y: build(y, x)
