"""Methods that write in place as NumPy's do, and PyTorch's `view`: names whose plain function gives
a new tensor.

Gradients flow through what they write. Names of arrays and of PyTorch's tensors that there are none
of here are in `jitgrad.base.missing`. Start at `METHODS`.
"""

import numpy as np

from ..base.errors import AliasError, ArgumentError, DTypeError
from ..base.surface import by_numpy, surface
from ..frontend.binding import statics_of
from ..frontend.functions import FUNCTIONS, view
from ..frontend.tensor import refuse_element
from ..ops import REGISTRY
from ..tape.views import forms
from .flat import flat, set_flat


def sort(self, axis=-1, kind=None, order=None, *, stable=None, **others):
    """Sorts the tensor in place along `axis`, as NumPy's method does; the sorted copy is
    `jitgrad.sort`.

    Parameters
    ----------
    axis : int
        The axis, the last one by default.
    kind, stable : str, bool
        Taken for NumPy's sake: the order is always a stable one.

    Examples
    --------
    >>> x = jitgrad.tensor([3.0, 1.0, 2.0])
    >>> x.sort()
    >>> x
    tensor([1., 2., 3.])
    """
    if others or order is not None or isinstance(kind, bool):
        given = (
            ", ".join([*others, *(["order"] if order is not None else [])])
            or f"a second argument of {kind!r}"
        )
        raise ArgumentError(
            f"got x.sort() with {given}, expected NumPy's axis, kind and stable: it sorts in "
            "place and gives None; "
            "PyTorch's values and indices are jitgrad.sort(x, axis) and jitgrad.argsort(x, axis), "
            "and in descending "
            "order those of -x"
        )
    if axis is None:
        raise ArgumentError(
            "got x.sort(axis=None), expected one axis; jitgrad.sort(x, None) sorts the flat tensor"
        )
    _written(self, "sort()", FUNCTIONS["sort"](self, axis, kind, stable))


def partition(self, kth, axis=-1, kind="introselect", order=None):
    """Moves the elements in place so that those at `kth` are where sorting would put them, as
    NumPy's method does.

    Examples
    --------
    >>> x = jitgrad.tensor([3.0, 1.0, 2.0])
    >>> x.partition(1)
    >>> x[1]
    tensor(2.)
    """
    _written(self, "partition()", by_numpy(np.partition, self, kth, axis, kind, order))


def put(self, indices, values, mode="raise"):
    """Writes `values` at flat positions, as `numpy.put`.

    Examples
    --------
    >>> x = jitgrad.zeros(3)
    >>> x.put([0, -1], 5.0)
    >>> x
    tensor([5., 0., 5.])
    """
    by_numpy(np.put, self, indices, values, mode)


def _written(t, name, value):
    refuse_element(t, name)
    t._write(value, cast=False)


def viewed(self, *shape):
    """The same elements in another shape, never copied, as in PyTorch; `reshape` copies where it
    must.

    Without a shape, or with the dtype that the tensor has, it is a view of all, as in NumPy.

    Raises
    ------
    AliasError
        The elements of this view do not lie so that a view of that shape could be made.
    DTypeError
        For another dtype: memory is not read as what it is not.

    Examples
    --------
    >>> x = jitgrad.zeros(2, 2)
    >>> x.view(-1)[3] = 1.0
    >>> x
    tensor([[0., 0.],
            [0., 1.]])
    """
    if not shape or isinstance(shape[0], (type, np.dtype, str)):
        if shape and np.dtype(shape[0]) != self.dtype:
            raise DTypeError(
                f"got view({shape[0]!r}) of a tensor of {self.dtype}, whose memory is not read as "
                "another dtype; use "
                "x.astype(dtype) for the numbers, or x.numpy().view(dtype) for the bytes"
            )
        return self[...]
    entry, shape = REGISTRY["reshape"], shape[0] if len(shape) == 1 else shape
    out = view(entry, self, forms(entry, statics_of(entry, ["shape"], (shape,), {})), copies=False)
    if out is None:
        raise AliasError(
            f"got view({shape}) of a view of shape {self.shape} whose elements do not lie in that "
            "order, so it "
            "would be a copy; use .reshape, which copies then"
        )
    return out


def compress(self, condition, axis=None, out=None):
    """The slices along `axis` where the condition holds, as `numpy.compress`.

    Examples
    --------
    >>> jitgrad.arange(3.0).compress([True, False, True])
    tensor([0., 2.])
    """
    return by_numpy(np.compress, condition, self, axis, out)


def choose(self, choices, out=None, mode="raise"):
    """For each element the choice of that number, as `numpy.choose`.

    Examples
    --------
    >>> jitgrad.tensor([1, 0]).choose([[1.0, 2.0], [3.0, 4.0]])
    tensor([3., 2.])
    """
    return by_numpy(np.choose, self, choices, out, mode)


viewed.__name__, viewed.__qualname__ = "view", "Tensor.view"
METHODS = {
    "sort": sort,
    "partition": partition,
    "put": put,
    "view": viewed,
    "compress": compress,
    "choose": choose,
    "flat": property(flat, set_flat),
}


def install(cls):
    """Gives the class these methods."""
    for name, method in METHODS.items():
        setattr(cls, name, method if isinstance(method, property) else surface(method))
