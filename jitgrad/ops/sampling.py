"""How an entry is sampled: operands that it takes, for tests, benchmarks and examples.

Most entries say nothing, or from where their operands are (`on`). One whose operands have to fit
each other gives a function of its own. Start at `sampling`.
"""

from typing import NamedTuple

#: The shape of operands that may have any.
SHAPE = (2, 3, 4)


class Domain(NamedTuple):
    """Where values of an operand are from: from `low` to `high`, of a kind of dtypes."""

    low: float
    high: float
    kind: str = "f"

    def draw(self, rng, shape):
        if self.kind == "b":
            return rng.random(shape) < 0.5
        if self.kind == "i":
            return rng.integers(self.low, self.high, shape, endpoint=True)
        return rng.uniform(self.low, self.high, shape)

    @property
    def middle(self):
        return 0.5 * (self.low + self.high)


BOOLS = Domain(0, 1, "b")
COUNTS = Domain(0, 2, "i")


class Sampling:
    """Operands of an entry, and its parameters.

    Attributes
    ----------
    domains : tuple of Domain
        One per operand; of an entry that takes a sequence, per tensor of that.
    shapes : tuple of tuple of int
        One per operand.
    cases : tuple of dict
        Parameters that the entry is called with, one case after the other.
    draw : callable
        ``draw(rng, shapes)`` -> one array per shape.
    any_shape : bool
        Whether the operands may have any shape, if all have that one.
    """

    __slots__ = ("domains", "shapes", "cases", "draw", "any_shape")

    def __init__(self, domains, shapes, cases, draw, any_shape):
        self.domains, self.shapes, self.cases = domains, shapes, cases
        self.draw, self.any_shape = draw, any_shape


def sampling(operands, on, shapes, cases, sample):
    """The `Sampling` of an entry.

    `on` is a domain, or one per operand; (low, high) means floats. `shapes` are needed where
    operands may not have any one shape. ``sample(rng, shapes)`` makes the arrays where drawing
    each from its domain does not."""
    count = operands or len(shapes)
    each = on if isinstance(on[0], tuple) else (on,) * count
    domains = tuple([d if type(d) is Domain else Domain(*d) for d in each])

    def draw(rng, shapes):
        return [d.draw(rng, shape) for d, shape in zip(domains, shapes, strict=True)]

    return Sampling(domains, shapes or (SHAPE,) * count, cases, sample or draw, shapes is None)


def with_indices(rng, shapes):
    """`sample` for operands of which the second has indices along any axis of the first."""
    first, *others = [rng.uniform(-2, 2, shape) for shape in shapes]
    return [first, rng.integers(0, min(shapes[0]), shapes[1]), *others[1:]]
