"""The functions of the catalogue's special functions, made when they are first asked for.

They need SciPy, and `import jitgrad` does without. Start at `entry_of`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from ..ops import REGISTRY
from .docs import SPECIAL_FILE, read
from .functions import FUNCTIONS, make

if TYPE_CHECKING:
    from ..ops import Entry


@functools.cache
def load() -> Any:
    """The part of the catalogue that is SciPy's special functions, whose functions are in
    `FUNCTIONS` from now on."""
    from ..ops.special_functions import of_complex, table

    pages = read(SPECIAL_FILE)
    for name, entry in (table.SPECIAL | of_complex.COMPLEX).items():
        FUNCTIONS[name] = make(entry)
        FUNCTIONS[name].__doc__ = pages.get(name, entry.doc)
    return table


@functools.cache
def _by_name() -> dict[str, Entry]:
    return {entry.names.scipy: entry for entry in REGISTRY.values() if entry.names.scipy}


def entry_of(ufunc: Any) -> Entry | None:
    """The entry that a ufunc of `scipy.special` stands for."""
    return _by_name().get(ufunc.__name__) or load().UFUNCS.get(ufunc)


def results_of(ufunc: Any) -> list[Entry] | None:
    """The entries of the results of a ufunc of `scipy.special` that has several."""
    return load().SEVERAL.get(ufunc)
