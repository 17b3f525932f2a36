"""What a name of the user's function stands for while the front executes it.

A number or an array in memory is a `form.Val`; an array expression, whose elements are made where
they are wanted, an `ArrayValue`; tuples are tuples of these; anything else (functions, modules,
dtypes) is itself. Start at `ArrayValue`.
"""


class ArrayValue:
    """An array expression.

    Attributes
    ----------
    shape : list of Val
    dtype : numba type
    at : callable
        ``at(index)`` -> the element, made where the builder stands.
    reads : list of Val
        The arrays in memory that it looks into.
    view : bool
        Whether numba has it as a view of these.
    """

    def __init__(self, shape, dtype, at, reads, view=False):
        self.shape, self.dtype, self.at, self.reads = list(shape), dtype, at, reads
        self.view = view


class Part(ArrayValue):
    """A part of an array in memory: `items` per axis of the base, ("i", value) or ("s", start,
    step, length)."""

    def __init__(self, front, base, items):
        self.base, self.items = base, items

        def at(index):
            return front.b.load(base, *self.index(front, index), hint=base.hint)

        super().__init__([it[3] for it in items if it[0] == "s"], base.type.dtype, at, [base])

    @property
    def is_element(self):
        return all(it[0] == "i" for it in self.items)

    @property
    def element(self):
        """The indices of the one element that it is."""
        return [it[1] for it in self.items]

    def index(self, front, index):
        """The indices in the base of the element at `index`."""
        index, b = iter(index), front.b
        return [
            it[1] if it[0] == "i" else b.pure("add", it[1], b.pure("mul", next(index), it[2]))
            for it in self.items
        ]


class ElementwiseValue(ArrayValue):
    """An array expression each of whose elements needs those at the same place of `parts`."""

    def __init__(self, shape, dtype, at, reads, parts):
        super().__init__(shape, dtype, at, reads)
        self.parts = []
        for p in parts:
            same = isinstance(p, ElementwiseValue) and len(p.shape) == len(shape)
            self.parts.extend(p.parts if same else [p])


class Method:
    """A method of an array that is about to be called."""

    def __init__(self, x, name):
        self.x, self.name = x, name
