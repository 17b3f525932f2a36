"""A call of a function of numba for operands of certain shapes and dtypes: what the compiled
function is given, what it gives, and how both are packed in one array.

Start at `NumbaCall`; `numba_operation` has the operations that run it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.dtypes import FLOAT64
from ..loops.form import leaves, like
from ..ops.packing import Packing
from ..runtime.numba.inference import array_type, from_dtype, typeof


class Operand:
    """The place of an operand in the arguments of a call."""

    __slots__ = ("k",)

    def __init__(self, k: int) -> None:
        self.k = k


class NumbaCall:
    """A call of one function on operands of certain shapes and dtypes.

    Attributes
    ----------
    work : NumbaGradients
    template : list
        The arguments, with `Operand` in the place of tensors, arrays and floats.
    primal : Primal
        What the function gives for arguments of these types.
    smooth : tuple of int
        The operands that it is differentiated by.
    outputs : list of (shape, dtype)
        Those of the results and of the contents of written arguments.
    inside, outside : Packing
        The places of smooth operands, and of smooth outputs, in a packed array.
    """

    outputs: list[tuple[tuple[int, ...], np.dtype]]
    outside: Packing
    out_dtype: np.dtype

    def __init__(self, work: Any, template: list[Any], avals: Any, smooth: tuple[int, ...]) -> None:
        self.work, self.template, self.avals = work, template, avals
        self.types = [_typed(t, avals) for t in template]
        self.flat = list(leaves(tuple(template)))
        self.numbers = [x for x in self.flat if x is not None and not callable(x)]
        #: The numbers of the smooth operands among numbers and arrays.
        self.places = tuple(
            [i for i, x in enumerate(self.numbers) if isinstance(x, Operand) and x.k in smooth]
        )
        self.primal = work.primal(self.types, self.places)
        self.smooth = tuple(
            [self.numbers[i].k for i in self.places if avals[self.numbers[i].k][1].kind == "f"]
        )
        args = self.primal.form.args
        self.mutated = [k for k, v in enumerate(args) if v in self.primal.mutated]
        #: Those of the written arguments that it is differentiated by.
        self.active = [k for k in self.mutated if args[k] in self.primal.wrt]
        self.inside = Packing(
            {k: avals[k][0] for k in self.smooth}, {k: avals[k][1] for k in self.smooth}
        )
        self.in_dtype = np.result_type(*[avals[k][1] for k in self.smooth] or [np.float64])
        self.made: dict[str, Any] = {}

    def settle(self, outputs: list[tuple[tuple[int, ...], np.dtype]]) -> None:
        """Sets what the outputs are like."""
        self.outputs = outputs
        floats = {k: s for k, (s, d) in enumerate(outputs) if d.kind == "f"}
        self.outside = Packing(floats, {k: outputs[k][1] for k in floats})
        self.out_dtype = np.result_type(*[outputs[k][1] for k in floats] or [FLOAT64])

    def __repr__(self) -> str:
        return self.work.name

    def derived(self, kind: str) -> Any:
        if kind not in self.made:
            self.made[kind] = self.work.of_places(kind, self.types, self.places)
        return self.made[kind]

    def given(self, arrays: Sequence[np.ndarray]) -> list[Any]:
        """The numbers and arrays that the compiled function gets."""
        return [_plain(arrays[x.k]) if isinstance(x, Operand) else x for x in self.numbers]

    def arguments(self, given: list[Any]) -> list[Any]:
        """The arguments, of numbers and arrays `given`."""
        values = iter(given)
        return [
            like(t, iter([x if x is None or callable(x) else next(values) for x in leaves((t,))]))
            for t in self.template
        ]

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs for operands."""
        given = self.given(arrays)
        for k in self.mutated:
            given[k] = given[k].copy()
        out = self.work.function(*self.arguments(given))
        return [np.asarray(x) for x in (*leaves((out,)), *[given[k] for k in self.mutated])]

    def seeds(self, g: np.ndarray) -> tuple[list[Any], list[Any]]:
        """The cotangents of results, and of the contents of written arguments, from a packed
        one."""
        parts = {k: _part(g, self.outside, k) for k in self.outside.shapes}
        n = len(self.primal.results)
        seeds = [parts[k] for k in range(n) if k in parts]
        written = [parts[n + i] for i, k in enumerate(self.mutated) if k in self.active]
        return seeds, written

    def directions(self, t: np.ndarray) -> list[Any]:
        return [_part(t, self.inside, k) for k in self.smooth]

    def pushed(self, after: Any, tangents: Any, written: Any) -> list[Any]:
        """The tangents of the smooth outputs, from those of float and array results, and of
        written arguments that it is differentiated by."""
        have = [v for v in self.primal.results if v.is_float or v.is_array]
        by = dict(zip(have, tangents, strict=True))
        out = [by[v] for v in self.primal.results if v in self.primal.seeded]
        given = iter(written)
        for k, x in zip(self.mutated, after, strict=True):
            t = next(given) if k in self.active else np.zeros_like(x)
            out += [t] if x.dtype.kind == "f" else []
        return out

    def pack(self, values: Sequence[Any], dtype: np.dtype) -> np.ndarray:
        flat = [np.ravel(np.asarray(x)) for x in values]
        return np.concatenate(flat, dtype=dtype, casting="unsafe") if flat else np.zeros(0, dtype)


def _plain(x: np.ndarray) -> Any:
    """An array as numba's entries have it: in C order, and one that may be written to, so that all
    calls share one compiled function; a number for one without axes."""
    if x.ndim == 0:
        return x[()]
    x = np.ascontiguousarray(x)
    return x if x.flags.writeable else x.copy()


def _part(flat: np.ndarray, packing: Packing, k: int) -> Any:
    shape = packing.shapes[k]
    begin = packing.begins[k]
    part = flat[begin : begin + math.prod(shape)].reshape(shape)
    part = part.astype(packing.dtypes[k])
    return part if shape else part[()]


def _typed(template: Any, avals: Any) -> Any:
    """The numba type of an argument."""

    def one(x: Any) -> Any:
        if not isinstance(x, Operand):
            return x
        shape, dtype = avals[x.k]
        t = from_dtype(dtype)
        return array_type(t, len(shape)) if shape else t

    if not isinstance(template, tuple):
        return one(template) if isinstance(template, Operand) else typeof(template)
    # of an example: numba names the class of a named tuple by itself
    example = [_example(x, avals) for x in leaves(template)]
    return typeof(like(template, iter(example)))


def _example(x: Any, avals: Any) -> Any:
    if not isinstance(x, Operand):
        return x
    shape, dtype = avals[x.k]
    return (
        np.zeros((1,) * len(shape), dtype)[()] if not shape else np.zeros((2,) * len(shape), dtype)
    )
