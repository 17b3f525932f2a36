"""`Stream`: where random numbers come from, and how a draw becomes a tensor.

In a trace a draw is an input that each call draws anew, from the generator as it is then
(`tape.symbolic.Trace.draw`). A generator that the traced function itself makes of a seed begins
anew in each call, so its numbers are constants of the trace. `DEFAULT` is the generator of
`jitgrad.rand` and its kin. Start at `Stream.drawn`.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any
from weakref import ref

import numpy as np

from ..base.errors import JitError
from ..tape.record import materialise
from ..tape.segment import active_traces, local
from .convert import as_leaf, made


class Stream:
    """A generator of NumPy's, made when it is first asked for."""

    __slots__ = ("_home", "_rng", "_seeded")

    def __init__(self, rng: np.random.Generator | None = None) -> None:
        self._rng, self._seeded = rng, False
        self._home: Callable[[], Any] = lambda: None

    @property
    def rng(self) -> np.random.Generator:
        if self._rng is None:
            self._rng = np.random.default_rng()
        return self._rng

    @rng.setter
    def rng(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def note_made(self, seeded: bool) -> None:
        """Notes that it was made now, of a seed or not."""
        if active_traces and local.seg.tracing is not None:
            self._home, self._seeded = ref(local.seg.tracing), seeded

    def __reduce__(self) -> Any:
        return Stream, (self.rng,)

    def _is_constant(self, trace: Any) -> bool:
        """Whether it begins anew in each call of a function under `jit`."""
        return self._seeded and self._home() is trace

    def drawn(
        self,
        draw: Callable[[np.random.Generator], Any],
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """The tensor of what ``draw(generator)`` makes: in a trace, anew in each call."""

        def value() -> Any:
            return made(np.asarray(draw(self.rng)), dtype, False)

        trace = local.seg.tracing
        if trace is None or self._is_constant(trace):
            return as_leaf(value(), requires_grad)
        like = made(np.asarray(draw(deepcopy(self.rng))), dtype, False)
        out = trace.draw(lambda: materialise(value()), like.shape, like.dtype)
        return as_leaf(out, requires_grad)

    def refuse_in_trace(self, what: str) -> None:
        """Raises in a trace for what each call would have to do, and only the trace does."""
        trace = local.seg.tracing
        if trace is not None and not self._is_constant(trace):
            raise JitError(
                f"got {what} of a random generator in a function that is traced, where it would be "
                "done once for all calls; do it outside, before the call"
            )


DEFAULT = Stream()
