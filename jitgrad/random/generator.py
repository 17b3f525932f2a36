"""`Generator` and `default_rng`: NumPy's random numbers as tensors.

Start at `Generator`; the distributions are in `smooth`, `continuous` and `discrete`, what is
shuffled and chosen in `arrangements`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.errors import ArgumentError
from ..base.surface import surface, surfaces
from ..frontend.creation import seeded
from ..frontend.stream import Stream
from .arrangements import Arrangements
from .continuous import Continuous
from .discrete import Discrete
from .smooth import SmoothDraws


class Generator(SmoothDraws, Continuous, Discrete, Arrangements):
    """Random numbers as tensors: the methods of `numpy.random.Generator`, with its values.

    A generator has one state and may be used by one thread at a time, as NumPy's. Numbers are drawn
    when a method is called, also where the tensor is part of a program that runs later; in a
    function under `jit` they are drawn anew in each call, from the generator as it is then.

    Parameters
    ----------
    bit_generator : numpy.random.BitGenerator or numpy.random.Generator
        Where the bits come from; it is shared, and not copied.

    Examples
    --------
    >>> rng = jitgrad.random.default_rng(0)
    >>> float(rng.normal(5.0, 2.0)) == np.random.default_rng(0).normal(5.0, 2.0)
    True
    >>> scale = jitgrad.tensor(2.0, requires_grad=True)
    >>> x = rng.normal(5.0, scale)
    >>> x.backward()
    >>> x.item() == 5.0 + 2.0 * scale.grad.item()
    True
    """

    def __init__(self, bit_generator: Any) -> None:
        if isinstance(bit_generator, np.random.BitGenerator):
            bit_generator = np.random.Generator(bit_generator)
        if not isinstance(bit_generator, np.random.Generator):
            raise ArgumentError(
                f"got a bit generator of type {type(bit_generator).__name__}, expected one of "
                "numpy.random; use default_rng(seed)"
            )
        self._stream = Stream(bit_generator)

    def __repr__(self) -> str:
        return f"Generator({type(self._stream.rng.bit_generator).__name__})"

    __str__ = __repr__

    @property
    def bit_generator(self) -> np.random.BitGenerator:
        """NumPy's source of bits; ``rng.bit_generator.state`` may be read and set."""
        self._stream.refuse_in_trace("bit_generator")
        return self._stream.rng.bit_generator

    def spawn(self, n_children: int) -> list[Generator]:
        """Independent generators, such as one for each thread.

        Examples
        --------
        >>> len(jitgrad.random.default_rng(0).spawn(2))
        2
        """
        self._stream.refuse_in_trace("spawn")
        return [Generator(rng) for rng in self._stream.rng.spawn(n_children)]

    def bytes(self, length: int) -> bytes:
        """Random bytes of Python.

        Examples
        --------
        >>> len(jitgrad.random.default_rng(0).bytes(3))
        3
        """
        self._stream.refuse_in_trace("bytes")
        return self._stream.rng.bytes(length)


surfaces(Generator)
for _part in (SmoothDraws, Continuous, Discrete, Arrangements):
    surfaces(_part)


@surface
def default_rng(seed: Any = None) -> Generator:
    """A generator, as `numpy.random.default_rng`: of a seed, or of NumPy's generator, which it
    shares.

    Parameters
    ----------
    seed : int, sequence of int, SeedSequence, BitGenerator or Generator, optional
        From the system's entropy by default.

    Returns
    -------
    Generator

    Examples
    --------
    >>> jitgrad.random.default_rng(0).random(2).round(4)
    tensor([0.637 , 0.2698])
    """
    if isinstance(seed, Generator):
        return seed
    out = Generator.__new__(Generator)
    out._stream = Stream(seeded("default_rng", seed))
    out._stream.note_made(seed is not None)
    return out
