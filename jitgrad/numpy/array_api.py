"""What the Python array API standard asks of a namespace beyond NumPy: versions, `Info`, and
parameters of functions."""

import inspect

import numpy as np

from ..base.dtypes import SUPPORTED
from ..base.errors import ArgumentError
from ..frontend.convert import as_operand
from ..ir.shapes import normalize_axis

#: Versions of the standard whose names the namespace has.
API_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")


def with_descending(function, positions):
    """A function that sorts, or gives the `positions` of the elements in order, with the standard's
    ``descending=``, which NumPy's have not: equal elements stay in their order."""

    def ordered(*args, descending=False, **kwargs):
        if not descending:
            return function(*args, **kwargs)
        return _descending(function, positions, *args, **kwargs)

    given = inspect.signature(function.__wrapped__)
    new = inspect.Parameter("descending", inspect.Parameter.KEYWORD_ONLY, default=False)
    ordered.__signature__ = given.replace(parameters=[*given.parameters.values(), new])
    return ordered


def _descending(function, positions, a, axis=-1, *args, **kwargs):
    x, axis = (as_operand(a), axis) if axis is not None else (as_operand(a).reshape((-1,)), 0)
    turn = (slice(None),) * normalize_axis(axis, x.ndim) + (slice(None, None, -1),)
    out = function(x[turn], axis, *args, **kwargs)[turn]
    return x.shape[axis] - 1 - out if positions else out


def with_dtype(function):
    """A function that makes an array, with the standard's ``dtype=`` and ``device=``."""

    def made(*args, dtype=None, device=None, **kwargs):
        if device not in (None, "cpu"):
            raise ArgumentError(f"got device={device!r}, expected 'cpu', which is the only one")
        out = function(*args, **kwargs)
        return out if dtype is None else out.astype(dtype)

    given = inspect.signature(function.__wrapped__).parameters
    new = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None)
        for name in ("dtype", "device")
        if name not in given
    ]
    made.__signature__ = inspect.Signature([*given.values(), *new])
    return made


def by_newer_names(function, older):
    """The signature of a function whose parameters have two names, of which the newer, which the
    standard has, take the places; `older` has the others by these. Both may be given by name."""
    given = inspect.signature(function).parameters
    both = {new: old for new, old in older.items() if new in given}
    other = {**both, **{old: new for new, old in both.items()}}
    return inspect.Signature([p.replace(name=other.get(p.name, p.name)) for p in given.values()])


class Info:
    """What the array API standard asks a namespace about itself."""

    def capabilities(self):
        """Masks and shapes that depend on values work: the tensor is materialised."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self):
        return "cpu"

    def devices(self):
        return ("cpu",)

    def default_dtypes(self, *, device=None):
        integer = np.dtype(np.int64)
        return {
            "real floating": np.dtype(np.float64),
            "complex floating": np.dtype(np.complex128),
            "integral": integer,
            "indexing": integer,
        }

    def dtypes(self, *, device=None, kind=None):
        """The dtypes jitgrad computes in, by name; of a kind as in `numpy.isdtype`, or of a tuple
        of kinds."""
        kinds = kind if isinstance(kind, tuple) else (kind,)
        chosen = [d for d in SUPPORTED if kind is None or any(np.isdtype(d, k) for k in kinds)]
        return {d.name: d for d in sorted(chosen, key=lambda d: (d.kind, d.itemsize))}
