"""Arrays of other kinds: which are left to their own class, and which are refused.

An object that takes NumPy's functions itself (xarray, dask, pandas, anything with
``__array_ufunc__``) is no data for a function: the function is left to it, as NumPy does. A
subclass of `numpy.ndarray` would lose what makes it one (a mask, units, field names, the product of
`numpy.matrix`), and is refused wherever data is expected. Where none of the classes takes a call,
the error is ours, not NumPy's or Python's, which name no way out (`ask`). Start at `takes_over`,
`refuse_subclass` and `ask`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np

from .errors import DTypeError, GradientError

#: NumPy's own arrays.
ARRAYS = frozenset((np.ndarray, np.memmap))
#: What is seen to be no array at first sight.
NUMBERS = frozenset((int, float, bool, complex, str, type(None)))
KNOWN = ARRAYS | NUMBERS | {list, tuple, dict, slice, type(Ellipsis)}
#: Arguments in which nothing else can be.
PLAIN = ARRAYS | NUMBERS | {slice, type(Ellipsis)}
#: Of objects without a protocol those of a higher priority than tensors' are left to their class.
PRIORITY = 1000


def _title(kind: type) -> str:
    home = kind.__module__.split(".")[0]
    return kind.__qualname__ if home == "builtins" else f"{home}.{kind.__qualname__}"


def refuse_subclass(x: object) -> None:
    """Raises for a subclass of `numpy.ndarray`."""
    kind = type(x)
    if kind in ARRAYS or not isinstance(x, np.ndarray):
        return
    if hasattr(x, "_mask"):
        raise DTypeError(
            "got a masked array, whose mask a tensor cannot hold; use .filled(value) on it"
        )
    raise DTypeError(
        f"got an array of type {_title(kind)}, expected a numpy.ndarray: a tensor would lose what "
        "makes it one; "
        "use numpy.asarray(x) on it to take its numbers alone"
    )


def kinds_in(items: Iterable[Any]) -> AbstractSet[type]:
    """The types in nested sequences."""
    found = set(map(type, items))  # much faster than to ask each of many numbers
    for kind in found - NUMBERS:
        if issubclass(kind, (list, tuple)):
            found = found.union(*[kinds_in(x) for x in items if type(x) is kind])
    return found


def refuse_subclasses(items: Iterable[Any]) -> AbstractSet[type]:
    """The same for all arrays in nested sequences; gives the types in them that are no numbers."""
    found = kinds_in(items) - NUMBERS
    if any([issubclass(kind, np.ndarray) and kind not in ARRAYS for kind in found]):
        for x in items:
            (refuse_subclasses if isinstance(x, (list, tuple)) else refuse_subclass)(x)
    return found


def refuse_data(args: Iterable[Any], kwargs: Mapping[str, Any]) -> None:
    """The same for the arguments of a call: what runs on values would read them without what makes
    them one."""
    for items in (args, tuple(kwargs.values())):
        if not PLAIN.issuperset(map(type, items)):
            refuse_subclasses(items)


def refuse_foreign_gradient(x: object) -> None:
    """Raises for a tensor of another library that requires grad: values are all that is taken of
    it."""
    if getattr(x, "requires_grad", False) is True:
        raise GradientError(
            f"got an object of type {_title(type(x))} that requires grad, whose gradient would be "
            "lost; pass x.detach() where none is wanted; jitgrad.interop.torch makes functions "
            "that keep it"
        )


def takes_over(x: object) -> bool:
    """Whether NumPy's functions are left to the class of `x`, which is no tensor."""
    kind = type(x)
    if kind in KNOWN or isinstance(x, (np.ndarray, np.generic)):
        return False
    protocol = getattr(kind, "__array_ufunc__", False)
    if protocol is not False or hasattr(kind, "__array_function__"):
        return True
    return hasattr(kind, "__array__") and getattr(x, "__array_priority__", 0) > PRIORITY


def ask(protocol: str, objects: Sequence[Any], name: str, *args: Any, **kwargs: Any) -> Any:
    """What the first of `objects` that takes a call by its method `protocol` makes of it.

    NumPy and Python ask them too, one after the other; if none takes it, the error says so and what
    to do."""
    for x in objects:
        method = getattr(type(x), protocol, None)
        if method is not None and method is getattr(np.ndarray, protocol, None):
            refuse_subclass(x)  # a subclass without a protocol of its own
        out = NotImplemented if method is None else method(x, *args, **kwargs)
        if out is not NotImplemented:
            return out
    raise untaken(objects[0], name)


def untaken(x: object, name: str) -> DTypeError:
    """The error for an operand of a class that takes no tensors."""
    got = f"got an operand of type {_title(type(x))} in {name} with a tensor"
    if not hasattr(x, "__array__"):
        return DTypeError(f"{got}, expected a tensor, an array or a number")
    return DTypeError(
        f"{got}, which that type does not take; pass its values: numpy.asarray(x), or "
        "jitgrad.tensor(x)"
    )


def leave(entry: Any, operands: Sequence[Any], statics: Sequence[Any], x: object) -> Any:
    """What the NumPy function of `entry` makes of operands of which `x` takes it over."""
    kind = _title(type(x))
    if entry.numpy is None or not entry.public:
        raise DTypeError(
            f"got an operand of type {kind} in {entry.name}(), a function NumPy has not, so that "
            "it cannot be left to "
            "that type; pass its values: numpy.asarray(x), or jitgrad.tensor(x)"
        )
    given = {
        name: v
        for (name, default), v in zip(entry.params.items(), statics, strict=True)
        if v is not default
    }
    return entry.numpy(*operands, **given)
