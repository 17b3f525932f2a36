"""A step of an optimiser over all its parameters, as one plan.

A `Cohort` is a number of parameters that are updated by one formula, with one set of numbers and
one count of steps. All cohorts of a step are one `Update`: the graph of all new parameters and
slots, which is built once for the shapes, dtypes and flags that there are, and found again by
these. The numbers, such as a learning rate, are arguments, so that a schedule compiles nothing.

Values are computed at once, by a plan of their own (`Update.values`); where they are part of what
is differentiated, traced or mapped, the same graph is one record of the tape (`Update.tensors`).
Start at `updated`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import leaf, number
from ..runtime.plan import Plan
from ..tape.double import Formulas
from ..tape.handles import Handle
from ..tape.record import materialise
from .rules import Values

if TYPE_CHECKING:
    from ..frontend.tensor import Tensor
    from ..ir import Node
    from .rules import Algorithm

FLOAT = np.dtype(np.float64)


class Cohort:
    """Parameters that are updated alike.

    `step` counts the steps before this one; `slots` has for each parameter its tensors in the order
    of `names`; `numbers` are floats or 0-d tensors, by name.
    """

    __slots__ = ("algorithm", "flags", "grads", "names", "numbers", "parameters", "slots", "step")

    def __init__(
        self,
        algorithm: Algorithm,
        flags: frozenset[str],
        names: tuple[str, ...],
        numbers: dict[str, Any],
        step: Tensor,
        parameters: Sequence[Tensor],
        grads: Sequence[Tensor],
        slots: Sequence[Sequence[Tensor]],
    ) -> None:
        self.algorithm, self.flags, self.names, self.numbers = algorithm, flags, names, numbers
        self.step, self.parameters, self.grads, self.slots = step, parameters, grads, slots

    def key(self) -> tuple[Any, ...]:
        """What the graph depends on: the abstract values of parameters, the rest is like them."""
        return (
            self.algorithm,
            self.flags,
            self.names,
            tuple([(n, not isinstance(x, Handle)) for n, x in self.numbers.items()]),
            tuple([(p._state.aval.shape, p._state.aval.dtype) for p in self.parameters]),
        )

    def operands(self) -> list[Tensor]:
        out: list[Any] = [self.step, *[x for x in self.numbers.values() if isinstance(x, Handle)]]
        for p, g, slots in zip(self.parameters, self.grads, self.slots, strict=True):
            out += (p, g, *slots)
        return out

    def floats(self) -> list[float]:
        return [x for x in self.numbers.values() if not isinstance(x, Handle)]

    def targets(self) -> list[Tensor]:
        """The tensors that the results of the cohort stand for, in their order."""
        out = [self.step]
        for p, slots in zip(self.parameters, self.slots, strict=True):
            out += (p, *slots)
        return out


class Update:
    """The graph of a step, for the keys of its cohorts."""

    def __init__(self, keys: tuple[tuple[Any, ...], ...]) -> None:
        self.leaves, self.places = 0, 0
        self.nodes: list[Node] = []
        for key in keys:
            self.nodes += self._cohort(*key)
        parameters = sum(len(key[-1]) for key in keys)
        title = f"{' and '.join(dict.fromkeys(key[0].name for key in keys))} of {parameters} "
        title += "parameters" if parameters > 1 else "parameter"
        self.plan = Plan(self.nodes, title, (("result", len(self.nodes)),), again=True)
        self.formulas: Formulas | None = None

    def _leaf(self, shape: tuple[int, ...], dtype: np.dtype) -> Node:
        self.leaves += 1
        return leaf(self.leaves - 1, shape, dtype)

    def _number(self) -> Node:
        self.places += 1
        return number(self.places - 1, FLOAT)

    def _cohort(
        self,
        algorithm: Algorithm,
        flags: frozenset[str],
        names: tuple[str, ...],
        numbers: tuple[tuple[str, bool], ...],
        avals: tuple[tuple[tuple[int, ...], np.dtype], ...],
    ) -> list[Node]:
        """The nodes of the results of one cohort, in the order of its targets."""
        step = self._leaf((), FLOAT) + 1.0
        by_name = {n: self._number() if plain else self._leaf((), FLOAT) for n, plain in numbers}
        values, out = Values(by_name, step, flags), [step]
        for shape, dtype in avals:
            p, g = self._leaf(shape, dtype), self._leaf(shape, dtype)
            slots = {name: self._leaf(shape, dtype) for name in names}
            new, slots = algorithm.formula(p, g, slots, values)
            out += (new, *[slots[name] for name in names])
        return out

    def values(self, operands: Sequence[Tensor], numbers: Sequence[float]) -> Sequence[Any]:
        """The values of the results."""
        return self.plan.run([materialise(x) for x in operands], numbers)

    def tensors(self, operands: Sequence[Tensor], numbers: Sequence[float]) -> Sequence[Tensor]:
        """The results as one record of the tape."""
        if self.formulas is None:
            self.formulas = Formulas(self.nodes, (), None, "update")
        formulas = self.formulas
        given = [operands[n.arg] for n in formulas.operands]
        return formulas.recorded(given, [numbers[n.arg] for n in formulas.numbers])


@functools.lru_cache(256)
def _update(keys: tuple[tuple[Any, ...], ...]) -> Update:
    return Update(keys)


def update_of(cohorts: Sequence[Cohort]) -> tuple[Update, list[Tensor], list[float]]:
    """The update of some cohorts, and what it takes of them: operands and numbers."""
    found = _update(tuple([c.key() for c in cohorts]))
    operands = [x for c in cohorts for x in c.operands()]
    return found, operands, [x for c in cohorts for x in c.floats()]
