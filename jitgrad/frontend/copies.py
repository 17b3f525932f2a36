"""Copies of tensors: `copy.copy`, `copy.deepcopy` and pickles, and the bytes a tensor counts for.

A copy is what it was copied from: a leaf stays one. What `deepcopy` is given in one container
aliases afterwards as it did before: the memory of a view is copied once, as that of what it is a
view of, and viewed by the same steps (`_memory`). A pickle holds the values of each tensor for
itself, as NumPy's do: a small view of a large tensor is a small pickle. Start at `Copies`.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import GradientError
from ..base.surface import surfaces
from ..tape.handles import Handle, from_value
from ..tape.record import materialise
from ..tape.segment import in_mode
from ..tape.views import make_view, parent_of
from .convert import unpickle

if TYPE_CHECKING:
    from typing_extensions import Self


class Copies(Handle):
    """The protocols of the modules copy, pickle and sys on tensors."""

    __slots__ = ()

    def __copy__(self) -> Self:
        """The same values in memory of their own, as NumPy's; of a leaf that requires grad a leaf,
        as PyTorch's."""
        if not (self.requires_grad and self.is_leaf):
            return self.clone()
        return self.detach().clone().requires_grad_()

    def __deepcopy__(self, memo: dict[Any, Any]) -> Self:
        if not self.is_leaf:
            raise GradientError(
                "got a deepcopy of a result of operations, expected a leaf; use "
                "copy.deepcopy(x.detach()), or x.clone()"
            )
        out = memo[id(self)] = _memory(self, memo)
        if self.requires_grad:
            out.requires_grad_()
        if self.grad is not None:
            out.grad = copy.deepcopy(self.grad, memo)
        return out

    def __reduce__(self) -> tuple[Any, ...]:
        # As in PyTorch, a result of operations is a leaf after it: the graph stays here.
        known = self.is_leaf or self.retains_grad
        grad = self.grad if known else None
        return unpickle, (np.array(self._array()), self.requires_grad, grad)

    def __sizeof__(self) -> int:
        """The bytes of the object and of the elements, those of a view too, whether they are
        computed yet or not."""
        return object.__sizeof__(self) + self.nbytes


surfaces(Copies)


def _memory(t: Handle, memo: dict[Any, Any]) -> Any:
    """A copy of the memory of `t`, in the shape of `t`, which does not require grad; one for all
    that `memo` is for."""
    chain = []
    while id(t) not in memo and _key(t) not in memo and parent_of(t) is not None:
        chain.append(t)
        t = t._x.parent
    out = memo.get(id(t), memo.get(_key(t)))
    if out is None:
        value = materialise(t)
        out = memo[_key(t)] = from_value(value.copy() if t.shape else value, t.shape, t.dtype, None)
    for t in reversed(chain):
        step = t._x.step
        out = memo[_key(t)] = in_mode(step.grad, make_view, out, step)
    return out


def _key(t: Handle) -> tuple[str, int]:
    return "memory of a tensor", id(t)
