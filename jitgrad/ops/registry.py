"""The registry: one `Entry` per operation, and the constructors that make entries.

An entry holds everything the rest of jitgrad knows of an operation. Functions, methods, operators,
protocol dispatch, kernels, the NumPy tier, both derivative modes, docstrings, tests and benchmarks
are made from entries by walking `REGISTRY`; `tests/support/named_operations.py` lists the places
outside `jitgrad.ops` that name an operation.

An entry is callable on IR nodes (and Python numbers), which is how derivative rules and composites
use it:

    tanh = elementwise(np.tanh, lambda x, out: 1 - out * out, "The hyperbolic tangent.", cost=16)
    softplus = composite("softplus", lambda x: logaddexp(x, 0.0), "log(1 + exp(x)).")

All constructors take, in this order: the function of NumPy, or the name where NumPy has none; what
makes the operation (`pointwise.elementwise`: its partial derivatives); its documentation; its
static parameters. Fields of the records below are given by keyword. Start at `Entry`, then
`operation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..base.errors import ArgumentError
from ..ir import Node, Op
from .promotion import common_dtypes, ufunc_dtypes
from .records import Derivative, Indices, Names, Numbers, View
from .sampling import FLOATS, Sampling, sampling

REGISTRY: dict[str, Entry] = {}
#: The default of a parameter that has none.
REQUIRED = object()
NAMES, NUMBERS, VIEW = Names(), Numbers(), View()


class Entry:
    """One public operation, or with ``public=False`` a part of composites.

    Attributes
    ----------
    name : str
    numpy : callable or None
        The NumPy function it stands for: oracle of the tests and key of protocol dispatch.
    build : callable
        ``build(*operands, *params)`` -> Node, from nodes and weak Python numbers.
    doc, returns : str
        What it is, and what its result is, where that is not of the shape of the operands.
    params : dict
        Static parameters after the operands, with defaults (`REQUIRED` for none).
    operands : int or None
        How many tensors it takes; None for one sequence of tensors (`concatenate`).
    op : Op or None
        The primitive, where the entry is one.
    loop : callable
        ``loop(asked)`` -> (dtypes that the operands are computed in, dtype of the result), from
        dtypes and, for Python numbers, types.
    derivative : Derivative
    sampling : Sampling
    names : Names
    numbers : Numbers
    view : View or None
    indices : Indices or None
    public : bool
    complex : bool
        Whether it takes complex operands.
    unfinished : bool
        Whether the next entry belongs to it, so that no segment ends between the two: their
        cotangents meet.
    """

    __slots__ = (
        "name",
        "numpy",
        "build",
        "doc",
        "returns",
        "params",
        "operands",
        "op",
        "loop",
        "derivative",
        "sampling",
        "names",
        "numbers",
        "view",
        "indices",
        "public",
        "complex",
        "unfinished",
    )
    #: What it counts in the length of a segment, where other opcodes may count more.
    size = 1
    depends = None
    #: What only some entries have, as the table above says.
    op: Any
    numpy: Any
    view: Any
    indices: Any

    def __init__(
        self,
        name: str,
        numpy: Callable[..., Any] | None,
        build: Callable[..., Node],
        doc: str,
        returns: str,
        params: Mapping[str, Any],
        operands: int | None,
        op: Op | None,
        loop: Callable[[tuple], tuple[tuple, np.dtype]],
        derivative: Derivative,
        sampling: Sampling,
        names: Names,
        numbers: Numbers,
        view: View | None,
        indices: Indices | None,
        public: bool,
        complex: bool,
        unfinished: bool,
    ) -> None:
        self.name, self.numpy, self.build, self.doc, self.returns = name, numpy, build, doc, returns
        self.params, self.operands, self.op, self.loop = params, operands, op, loop
        self.derivative, self.sampling, self.names = derivative, sampling, names
        self.numbers, self.view, self.indices, self.public = numbers, view, indices, public
        self.complex, self.unfinished = complex, unfinished

    def __call__(self, *args: Any, **params: Any) -> Node:
        if not self.params and len(args) == self.operands and not params:
            return self.build(*args)
        if self.operands is None:
            return self.build(*args, *_static(self, (), params))
        return self.build(*args[: self.operands], *_static(self, args[self.operands :], params))

    def __repr__(self) -> str:
        return f"<entry {self.name}>"

    @property
    def arguments(self) -> list[str]:
        """The names of the operands."""
        return list(self.names.args)[: self.operands or 1]

    @property
    def differentiable(self) -> bool:
        return self.derivative.exists

    @property
    def has_method(self) -> bool:
        """Whether `Tensor` has it as a method."""
        return self.public and self.names.method and self.operands is not None

    def sample(
        self, rng: np.random.Generator, shapes: Sequence[tuple[int, ...]] | None = None
    ) -> list[np.ndarray]:
        """Arrays that the operation takes, of these shapes or those of the entry: what tests,
        benchmarks and the examples of docstrings call it with."""
        return self.sampling.draw(rng, shapes or self.sampling.shapes)


def _static(entry: Entry, given: Sequence[Any], named: dict[str, Any]) -> list[Any]:
    """The static parameters in order, defaults filled in."""
    values = [*given]
    for name in list(entry.params)[len(given) :]:
        value = named.pop(name, entry.params[name])
        if value is REQUIRED:
            raise ArgumentError(f"{entry.name}() needs {name}=")
        values.append(value)
    if named:
        raise ArgumentError(
            f"{entry.name}() has no parameter {', '.join(named)}; it has {', '.join(entry.params)}"
        )
    return values


# --- constructors ---------------------------------------------------------------------------------


def operation(
    function: Callable[..., Any] | str,
    build: Callable[..., Node],
    doc: str,
    params: Mapping[str, Any] | None = None,
    *,
    numpy: Callable[..., Any] | None = None,
    operands: int | None = 1,
    op: Op | None = None,
    loop: Callable[..., Any] | None = None,
    partials: Callable[..., Any] | None = None,
    differentiable: bool = True,
    kink: Mapping[Any, Any] | None = None,
    level: bool = False,
    slope: str = "",
    on: Any = FLOATS,
    shapes: Sequence[tuple[int, ...]] | None = None,
    cases: Sequence[Mapping[str, Any]] = ({},),
    sample: Callable[..., list[np.ndarray]] | None = None,
    symmetric: bool = False,
    names: Names = NAMES,
    numbers: Numbers = NUMBERS,
    view: View | None = None,
    indices: Indices | None = None,
    returns: str = "",
    public: bool = True,
    home: dict[str, Entry] = REGISTRY,
    complex: bool = False,
    unfinished: bool = False,
) -> Entry:
    """Registers an operation.

    `function` is NumPy's, whose name it has, or a name, where NumPy has no such function (or it
    has another name: `numpy`). `home` is the table that it is put in, where that is one of
    operations that are made when they are asked for. `kink`, `level` and `slope` are the fields of
    `Derivative`; `on`, `shapes`, `cases`, `sample` and `symmetric` are explained at
    `sampling.sampling`."""
    name = function if isinstance(function, str) else function.__name__
    numpy = numpy if isinstance(function, str) else function
    if name in REGISTRY or name in home:
        raise ValueError(f"two entries named {name}")
    if loop is None:
        loop = (ufunc_dtypes(numpy) if isinstance(numpy, np.ufunc) else common_dtypes).of
    entry = home[name] = Entry(
        name,
        numpy,
        build,
        doc,
        returns,
        params or {},
        operands,
        op,
        loop,
        Derivative(differentiable, partials, kink or {}, level, slope),
        sampling(operands, on, shapes, cases, sample, symmetric),
        names,
        numbers,
        view,
        indices,
        public,
        complex,
        unfinished,
    )
    return entry


_MOVED = "The gradient goes back to where the elements came from."


def movement(
    function: Callable[..., Any] | str,
    build: Callable[..., Node],
    doc: str,
    params: Mapping[str, Any] | None = None,
    *,
    view: View | None = VIEW,
    slope: str = _MOVED,
    complex: bool = True,
    **fields: Any,
) -> Entry:
    """Registers a shape operation of one operand, built from the movement primitives: a view."""
    return operation(
        function, build, doc, params, view=view, slope=slope, complex=complex, **fields
    )


def composite(
    function: Callable[..., Any] | str,
    build: Callable[..., Node],
    doc: str,
    params: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Entry:
    """Registers an operation that is a formula of others: no rule, fusion makes it one kernel."""
    return operation(function, build, doc, params, **fields)
