"""``x.flat``: the elements of a tensor in C order, as NumPy's iterator has them. Start at
`Flat`."""

import numpy as np

from ..base.errors import ArgumentError
from ..base.surface import surface, surfaces
from ..frontend.convert import as_operand
from ..frontend.functions import FUNCTIONS


class Flat:
    """The elements one after the other: indexing gives copies, assignment writes into the tensor.

    Examples
    --------
    >>> x = jitgrad.zeros(2, 2)
    >>> x.flat[1:3] = [5.0, 6.0]
    >>> x
    tensor([[0., 5.],
            [6., 0.]])
    """

    __slots__ = ("base",)

    def __init__(self, base):
        self.base = base

    def __len__(self):
        return self.base.size

    def __iter__(self):
        return iter(self.copy())

    def __getitem__(self, index):
        out = FUNCTIONS["reshape"](self.base, (-1,))[index]
        return (
            out if out._x is not None and out._x.element else out.clone()
        )  # an element says so if it is written to

    def __setitem__(self, index, value):
        places = np.arange(self.base.size)[index]
        if np.size(places):
            values = as_operand(value).reshape((-1,))
            if not values.size:
                raise ArgumentError(
                    f"got no values for {np.size(places)} places, expected at least one"
                )
            np.put(self.base, places, values)

    def __array__(self, dtype=None, copy=None):
        return self.copy().__array__(dtype)

    def copy(self):
        """The elements on one axis, as a new tensor."""
        return FUNCTIONS["reshape"](self.base, (-1,)).clone()


def flat(self):
    """The elements in C order, to iterate over, index and assign; see `Flat`."""
    return Flat(self)


surfaces(Flat)


@surface
def set_flat(self, values):
    """``x.flat = values``: repeated as needed."""
    Flat(self)[:] = values
