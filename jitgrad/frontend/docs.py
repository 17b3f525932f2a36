"""Names, signatures and docstrings of the public functions that are made of entries.

The docstrings are read from `docstrings.txt`, which ``python -m tools.docstrings`` writes: their
examples show results, and nothing is computed at import. Start at `describe`.
"""

from __future__ import annotations

import os
from inspect import Parameter, Signature
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..ops import REQUIRED

if TYPE_CHECKING:
    from ..ops import Entry

FILE = os.path.join(os.path.dirname(__file__), "docstrings.txt")
#: Those of special functions, which are read when one is asked for.
SPECIAL_FILE = os.path.join(os.path.dirname(__file__), "special_docstrings.txt")
#: Stands in the file between names of entries and their docstrings, one after the other.
MARK = "\n\f\n"


def read(path: str) -> dict[str, str]:
    """name -> docstring, as a file has them; nothing where there is no file."""
    try:
        with open(path, encoding="utf-8") as file:
            parts = file.read().split(MARK)
    except OSError:  # jitgrad is imported from an archive
        return {}
    return dict(zip(parts[::2], parts[1::2], strict=False))


PAGES = read(FILE)


def describe(function: Any, entry: Entry, name: str | None = None, spread: bool = False) -> None:
    """Gives the function of an entry its name, docstring and signature; `spread` if it takes values
    one by one."""
    function.__name__ = name or entry.name
    function.__qualname__ = f"Tensor.{name}" if name else entry.name
    function.__module__ = "jitgrad"
    function.__doc__ = PAGES.get(entry.name, entry.doc)
    function.__signature__ = EntrySignature(entry, spread)
    function.entry = entry


class EntrySignature(Signature):
    """The signature of the function of an entry. Its parameters are made when they are asked for:
    `import jitgrad` makes one for each function, method and operator."""

    __slots__ = ("entry", "spread")

    def __init__(self, entry: Entry, spread: bool) -> None:
        self.entry, self.spread = entry, spread

    @property
    def parameters(self) -> MappingProxyType[str, Parameter]:
        return MappingProxyType({p.name: p for p in _parameters(self.entry, self.spread)})

    @property
    def return_annotation(self) -> Any:
        return Signature.empty

    def replace(self, **changes: Any) -> Signature:  # type: ignore[override]
        return Signature([*self.parameters.values()]).replace(**changes)

    __replace__ = replace  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Signature, ([*self.parameters.values()],)


def _parameters(entry: Entry, spread: bool) -> list[Parameter]:
    # The functions of one or two operands and nothing else take no names.
    named = bool(entry.params) or entry.operands not in (1, 2)
    kind = Parameter.POSITIONAL_OR_KEYWORD if named and not spread else Parameter.POSITIONAL_ONLY
    optional = entry.names.optional
    out = [
        Parameter(name, kind, default=None if name in optional else Parameter.empty)
        for name in entry.arguments
    ]
    for name, default in entry.params.items():
        if spread and name == entry.names.spread:
            out.append(Parameter(name, Parameter.VAR_POSITIONAL))
        else:
            default = Parameter.empty if default is REQUIRED else default
            out.append(Parameter(name, Parameter.KEYWORD_ONLY if spread else kind, default=default))
    return out
