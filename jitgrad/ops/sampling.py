"""How an entry is sampled: operands that it takes, for tests, benchmarks and examples.

Most entries say nothing, or from where their operands are (`on`). One whose operands have to fit
each other gives a function of its own. Start at `sampling`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

#: The shape of operands that may have any.
SHAPE = (2, 3, 4)


class Domain(NamedTuple):
    """Where values of an operand are from: from `low` to `high`, of a kind of dtypes."""

    low: float
    high: float
    kind: str = "f"

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        if self.kind == "b":
            return rng.random(shape) < 0.5
        if self.kind == "i":
            return rng.integers(int(self.low), int(self.high), shape, endpoint=True)
        return rng.uniform(self.low, self.high, shape)

    @property
    def middle(self) -> float:
        return 0.5 * (self.low + self.high)


#: Where operands of most operations are sampled.
FLOATS = Domain(-2, 2)
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
    sample : callable or None
        ``sample(rng, shapes)`` -> one array per shape, where they have to fit each other.
    any_shape : bool
        Whether the operands may have any shape, if all have that one.
    symmetric : bool
        Whether the first operand stands for symmetric matrices, of which one half is read.
    """

    __slots__ = ("any_shape", "cases", "domains", "sample", "shapes", "symmetric")

    def __init__(
        self,
        domains: tuple[Domain, ...],
        shapes: Sequence[tuple[int, ...]],
        cases: Sequence[Mapping[str, Any]],
        sample: Callable[..., list[np.ndarray]] | None,
        any_shape: bool,
        symmetric: bool,
    ) -> None:
        self.domains, self.shapes, self.cases = domains, shapes, cases
        self.sample, self.any_shape, self.symmetric = sample, any_shape, symmetric

    def draw(self, rng: np.random.Generator, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
        """One array per shape."""
        if self.sample is not None:
            return self.sample(rng, shapes)
        pairs = zip(self.domains, shapes, strict=True)
        return [domain.draw(rng, shape) for domain, shape in pairs]

    def direction(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """A direction that an operand may change in."""
        out = rng.standard_normal(shape)
        return out + out.swapaxes(-1, -2) if self.symmetric else out


def sampling(
    operands: int | None,
    on: Any,
    shapes: Sequence[tuple[int, ...]] | None,
    cases: Sequence[Mapping[str, Any]],
    sample: Callable[..., list[np.ndarray]] | None,
    symmetric: bool,
) -> Sampling:
    """The `Sampling` of an entry.

    `on` is a domain, or one per operand; (low, high) means floats. `shapes` are needed where
    operands may not have any one shape. ``sample(rng, shapes)`` makes the arrays where drawing
    each from its domain does not; `symmetric` says that the operand is a symmetric matrix."""
    count = operands or len(shapes or ())
    domains: tuple[Domain, ...]
    if on is FLOATS:
        domains = (on,) * count
    else:
        each = on if isinstance(on[0], tuple) else (on,) * count
        domains = tuple([d if type(d) is Domain else Domain(*d) for d in each])
    return Sampling(domains, shapes or (SHAPE,) * count, cases, sample, shapes is None, symmetric)


def with_indices(rng: np.random.Generator, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
    """`sample` for operands of which the second has indices along any axis of the first."""
    first, *others = [rng.uniform(-2, 2, shape) for shape in shapes]
    return [first, rng.integers(0, min(shapes[0]), shapes[1]), *others[1:]]
