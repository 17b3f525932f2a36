"""The parameters of a call, as an entry has them: found by position, by NumPy's name or by
PyTorch's, and checked.

Parameters are part of the key of a record, in which 1.0 is 1: what is no number of the kind that
`jitgrad.ops.parameters` names is refused here, before any key is made. Start at `statics_of`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import ArgumentError, DTypeError
from ..ops import REQUIRED
from ..ops.parameters import PARAMETERS
from ..tape.symbols import SymbolicScalar
from .basic_indices import INTEGERS
from .convert import by_value
from .tensor import Tensor

if TYPE_CHECKING:
    from ..ops import Entry

#: PyTorch's names of parameters, and what each may stand for: the first that the entry has.
SPELLINGS = {
    "dim": ("axis",),
    "dims": ("axis", "axes", "reps"),
    "keepdim": ("keepdims",),
    "shifts": ("shift",),
    "unbiased": ("ddof",),
}
#: Types within tuples whose values are found for nothing else.
EXACT = frozenset((int, str, type(None)))
#: What a parameter may be; sequences of these are tuples, where it takes several.
PLAIN = (type(None), bool, int, float, str)


def operands_by_name(
    entry: Entry, args: Sequence[Any], kwargs: dict[str, Any], n: int
) -> tuple[Any, ...]:
    """The `n` operands of a call of which `args` are given by position; those given by name are
    taken out of `kwargs`."""
    args = list(args)
    for name in list(entry.names.args)[len(args) : n]:
        if name in kwargs:
            args.append(kwargs.pop(name))
        elif name in entry.names.optional:
            args.append(kwargs.pop(entry.names.optional[name], None))
        else:
            raise ArgumentError(
                f"{entry.name}() got {len(args)} operands, expected {n}: "
                f"{', '.join(entry.names.args[:n])}"
            )
    return tuple(args)


def statics_of(
    entry: Entry, names: Sequence[str], given: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[Any, ...]:
    """The values of all parameters in the entry's order: those `given` by position, then by name,
    else its own."""
    values = dict(entry.params)
    if len(given) > len(names):
        raise ArgumentError(
            f"{entry.name}() got {len(given)} parameters, expected at most {len(names)}: "
            f"{', '.join(names)}"
        )
    values.update(zip(names, given))
    for name, value in kwargs.items():
        if name not in values:
            name = next((n for n in SPELLINGS.get(name, ()) if n in values), name)
        if name == "out":
            continue
        if name not in values:
            raise ArgumentError(
                f"{entry.name}() got the parameter {name!r}, expected one of "
                f"{', '.join(names) or 'none'}"
            )
        if name in names[: len(given)]:
            raise ArgumentError(
                f"{entry.name}() got the parameter {name!r} twice, expected it once"
            )
        values[name] = value
    if isinstance(values.get("dtype"), (bool, int)):
        raise DTypeError(
            f"{entry.name}() got dtype={values['dtype']!r}, expected a dtype; its parameters are "
            f"{', '.join(names)}: "
            "name several axes as axis=(0, 1), and keepdims as keepdims=True"
        )
    missing = [name for name, value in values.items() if value is REQUIRED]
    if missing:
        raise ArgumentError(f"{entry.name}() needs {', '.join(missing)}; pass {missing[0]}=")
    return tuple([_plain(entry, name, value) for name, value in values.items()])


def _plain(entry: Entry, name: str, value: Any) -> Any:
    """`value` as what can be part of a key, and nothing else."""
    kind = PARAMETERS[name][0]
    if name == "dtype":
        return _dtype(value)
    out = _numbers(value)
    fits = all(_is_of(kind, v) for v in _each(out)) and (
        not isinstance(out, tuple) or " of " in kind
    )
    if not fits:
        expected = re.sub(
            r"\bof int\b", "of integers", re.sub(r"\bint\b(?! *$)|^int$", "an integer", kind)
        )
        raise ArgumentError(f"got {name} = {value!r:.100} in {entry.name}(), expected {expected}")
    return out


def _is_of(kind: str, v: Any) -> bool:
    """Whether a value may be one, or part of one, of this kind; what is wrong in other ways is for
    the entry to say."""
    return isinstance(v, PLAIN) and not (
        isinstance(v, float) and "int" in kind and "float" not in kind
    )


def _dtype(value: Any) -> np.dtype | None:
    try:
        return None if value is None else np.dtype(value)
    except TypeError:
        raise DTypeError(
            f"got {value!r:.100}, which is not a dtype; pass one such as jitgrad.float64"
        ) from None


def _numbers(v: Any) -> Any:
    """`v` with Python's numbers and tuples for all that stands for them."""
    if isinstance(v, (list, tuple, range)):
        return tuple([_numbers(i) for i in v])
    if type(v) is SymbolicScalar:
        return v.concrete_value()
    if isinstance(v, (np.integer, np.floating, np.bool_)):
        return v.item()
    if isinstance(v, np.ndarray) and v.dtype.kind in "iu":
        return _numbers(by_value(v).tolist())
    if isinstance(v, Tensor) and v.dtype.kind in "iu":  # such as the product of a shape
        return _numbers(v.tolist())
    if isinstance(v, (Tensor, np.ndarray)):
        raise ArgumentError(
            f"got a parameter of type {type(v).__name__}, expected Python numbers; convert it "
            "with int(x) or x.tolist()"
        )
    return v


def _each(v: Any) -> Iterator[Any]:
    if isinstance(v, tuple):
        for i in v:
            yield from _each(i)
    else:
        yield v


def is_exact(value: Any) -> bool:
    """Whether `value` and its type tell what it is: a tuple of floats is found for that of the
    integers that they equal."""
    if type(value) is not tuple or INTEGERS.issuperset(map(type, value)):
        return True
    return all([type(v) in EXACT or (type(v) is tuple and is_exact(v)) for v in value])


def is_hashable(values: Any) -> bool:
    """Whether `values` can be looked up."""
    try:
        hash(values)
    except TypeError:
        return False
    return True
