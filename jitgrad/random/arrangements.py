"""Choices and permutations of what there is: methods of `Generator`.

Indices are drawn, as NumPy draws them, and the elements picked by them, so that gradients go to the
elements. Start at `Arrangements.choice`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.errors import ArgumentError
from ..frontend.convert import as_operand
from ..frontend.creation import by_numpy, shape_from
from ..frontend.functions import FUNCTIONS
from ..frontend.tensor import Tensor
from ..ir.shapes import normalize_axis
from .draws import Draws, is_number

take, take_along_axis = FUNCTIONS["take"], FUNCTIONS["take_along_axis"]


class Arrangements(Draws):
    """What is chosen from and shuffled."""

    def choice(
        self,
        a: Any,
        size: Any = None,
        replace: bool = True,
        p: Any = None,
        axis: int = 0,
        shuffle: bool = True,
    ) -> Any:
        """Elements of `a`, or integers below it.

        Parameters
        ----------
        a : int or array_like
            What is chosen from, along `axis`; gradients go to it.
        size : int or tuple of int, optional
            The shape of what is drawn.
        replace : bool
            Whether one may be chosen several times.
        p : array_like, optional
            The probabilities; they may not require grad.
        axis : int
        shuffle : bool
            Whether what is chosen without `replace` is in random order.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).choice([10.0, 20.0, 30.0], 2)
        tensor([30., 20.])
        """
        p = None if p is None else self.value_of("choice", "p", p)
        size = None if size is None else shape_from(size)
        whole = is_number(a)
        x: Any = None if whole else as_operand(a)
        if x is not None and not x.ndim:
            whole, a = True, x.item()
        count = int(a) if whole else x.shape[normalize_axis(axis, x.ndim)]
        expected = "as many elements as are chosen, and probabilities that add up to 1"

        def draw(rng: np.random.Generator) -> Any:
            return by_numpy("choice", rng.choice, count, size, replace, p, 0, shuffle,
                            expected=expected)  # fmt: skip

        index = self._stream.drawn(draw)
        return index if whole else take(x, index, axis=axis)

    def permutation(self, x: Any, axis: int = 0) -> Any:
        """The elements along an axis in random order, or the integers below `x`; a copy.

        Parameters
        ----------
        x : int or array_like
            Gradients go to it.
        axis : int

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).permutation(4)
        tensor([2, 0, 1, 3])
        """
        if is_number(x):
            return self._order(int(x))
        x = as_operand(x)
        return take(x, self._order(x.shape[normalize_axis(axis, x.ndim)]), axis=axis)

    def shuffle(self, x: Any, axis: int = 0) -> None:
        """Puts the elements along an axis in random order, in place.

        Parameters
        ----------
        x : Tensor
        axis : int

        Examples
        --------
        >>> x = jitgrad.arange(4)
        >>> jitgrad.random.default_rng(0).shuffle(x)
        >>> x
        tensor([2, 0, 1, 3])
        """
        if not isinstance(x, Tensor):
            raise ArgumentError(
                f"got {type(x).__name__} to shuffle in place, expected a tensor; for a new one "
                "use permutation"
            )
        x[...] = self.permutation(x, axis)

    def permuted(self, x: Any, axis: int | None = None, *, out: Any = None) -> Any:
        """The elements of each slice along an axis in a random order of its own; of all elements
        without one.

        Parameters
        ----------
        x : array_like
            Gradients go to it.
        axis : int, optional
        out : Tensor, optional
            Where the result is written to.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).permuted([[1, 2, 3], [4, 5, 6]], axis=1).sum(1)
        tensor([ 6, 15])
        """
        x = as_operand(x)
        if axis is None:
            made = take(x.reshape(-1), self._order(x.size), axis=0).reshape(x.shape)
        else:
            k, shape = normalize_axis(axis, x.ndim), x.shape
            places = np.arange(shape[k]).reshape([-1 if j == k else 1 for j in range(len(shape))])
            places = np.broadcast_to(places, shape)
            index = self._stream.drawn(lambda rng: rng.permuted(places, axis=k))
            made = take_along_axis(x, index, axis=k)
        if out is None:
            return made
        out.copy_(made)
        return out

    def _order(self, n: int) -> Any:
        return self._stream.drawn(lambda rng: rng.permutation(n))
