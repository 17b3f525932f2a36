"""Elements as sets: `numpy.unique` and its kin. NumPy finds which they are, and they are taken from
where they stand.

So their gradient goes to the first of equal ones. Start at `_chosen`.
"""

import numpy as np

from ...frontend.convert import as_operand
from ..fallback import arrays, asked
from .composed import op
from .writes import handler, numpys, stands_for


def _chosen(values, *operands):
    """`values`, which NumPy chose of the elements of the operands, as what they are there."""
    pool = op.concatenate([as_operand(x).reshape((-1,)) for x in operands])
    known = pool._array()
    order = np.argsort(known, kind="stable")
    place = np.searchsorted(known[order], np.asarray(values).reshape(-1))
    return op.take(pool, order[place].reshape(np.shape(values))).to(np.asarray(values).dtype)


@handler
def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, **kwargs):
    x = as_operand(ar)
    values, first, inverse, counts = asked(np.unique, x._array(), True, True, True, axis, **kwargs)
    x = x.reshape((-1,)) if axis is None else x
    out = op.take(x, first, 0 if axis is None else axis) if axis is not None or values.size else x
    wanted = [
        as_operand(v)
        for v, want in ((first, return_index), (inverse, return_inverse), (counts, return_counts))
        if want
    ]
    return (out, *wanted) if wanted else out


def _by_values(function):
    """The values of a named tuple of NumPy's, the first of its fields, and the others, which are
    integers."""

    def run(x, /):
        x = as_operand(x)
        found = function(x._array())
        if not isinstance(found, tuple):  # in any order: sorted, as of the other functions
            return _chosen(np.sort(found), x)
        return type(found)(_chosen(found[0], x), *map(as_operand, found[1:]))

    return run


for _name in ("unique_all", "unique_counts", "unique_inverse", "unique_values"):
    if numpys(_name) is not None:
        stands_for(numpys(_name), _by_values(numpys(_name)))


@handler
def union1d(ar1, ar2):
    return _chosen(asked(np.union1d, *arrays((ar1, ar2))), ar1, ar2)


@handler
def setdiff1d(ar1, ar2, assume_unique=False):
    return _chosen(asked(np.setdiff1d, *arrays((ar1, ar2)), assume_unique), ar1)


@handler
def setxor1d(ar1, ar2, assume_unique=False):
    return _chosen(asked(np.setxor1d, *arrays((ar1, ar2)), assume_unique), ar1, ar2)


@handler
def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    values, first, second = asked(
        np.intersect1d, *arrays((ar1, ar2)), assume_unique, return_indices=True
    )
    out = _chosen(values, ar1)
    return (out, as_operand(first), as_operand(second)) if return_indices else out
