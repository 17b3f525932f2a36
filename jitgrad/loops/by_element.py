"""Functions of numbers as elementwise operations: what `jitgrad.vectorize` is made of.

`pointwise` makes an entry, like those of the catalogue, of a function of the user's. For the dtypes
of the operands that it meets it derives a `Typed`: an elementwise operation whose kernels have the
emitted function in their text, as a helper that their expressions call. The partial derivatives are
operations of the same kind, made by forward mode when they are asked for (`partial`), so they are
fused, differentiated and batched like all others. Start at `pointwise`.
"""

from __future__ import annotations

import functools
import hashlib
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base.dtypes import FLOAT64, INT64, SUPPORTED
from ..base.errors import GradientWarning, NotDifferentiable
from ..base.locks import lock
from ..ir import Node
from ..ops import REGISTRY
from ..ops.pointwise import elementwise
from ..ops.primitives import cast
from ..ops.promotion import by_dtypes
from ..ops.records import Names
from ..ops.registry import Entry, operation
from ..ops.rows import each_row
from ..runtime.numba import user_code
from ..runtime.numba.inference import from_dtype, to_dtype
from .adjoint_plan import AdjointPlan
from .clean import tidy
from .emit import source
from .form import LOOPS, Form, Val, walk
from .front import trace
from .partial import partial
from .scalars import SCALARS
from .well_formed import verify

#: Turns that a loop is taken to have, where its cost is asked for.
TURNS = 8
_lock = lock()


def pointwise(
    function: Callable[..., Any],
    options: dict[str, Any],
    names: tuple[str, ...],
    rule: Callable[[tuple], tuple[tuple[np.dtype, ...], np.dtype | None]],
) -> Entry:
    """The entry of a Python function of numbers.

    `options` are those of numba that its derivatives take, `names` those of its arguments;
    ``rule(asked)`` gives the dtypes that it is called with, and that of its result where it is not
    the function's own, from what the operands ask for (see `ops.promotion`)."""
    name = function.__name__

    made: dict[Any, Typed] = {}

    def dtypes(asked: tuple) -> tuple[tuple[np.dtype, ...], np.dtype]:
        loop, out = rule(asked)
        with _lock:
            if (loop, out) not in made:
                form = verify(tidy(trace(function, [from_dtype(d) for d in loop])))
                found = Typed(name, form, loop, out, options)
                made[loop, out] = made[loop, found.dtype] = found
        return loop, made[loop, out].dtype

    settled = by_dtypes(dtypes)

    def build(*xs: Any) -> Node:
        return made[settled(xs)].entry.build(*xs)

    return operation(
        name,
        build,
        f"`{name}`, by element.",
        operands=len(names),
        loop=settled.of,
        names=Names(method=False, args=names),
        home={},
    )


class Typed:
    """A function of numbers of certain dtypes.

    Attributes
    ----------
    form : Form
    dtypes, dtype
        Those of the operands and of the result.
    entry : Entry
        The operation; it is in no table.
    """

    def __init__(
        self,
        name: str,
        form: Form,
        dtypes: tuple[np.dtype, ...],
        out: np.dtype | None,
        options: dict[str, Any],
    ) -> None:
        self.name, self.form, self.dtypes, self.options = name, form, dtypes, options
        self.dtype = _result(name, form) if out is None else out
        self.text, self.helper = self._text()
        self.slopes: dict[int, Typed | float | None] = {}
        #: Whether it raises, which kernels cannot: numba calls it, in both tiers.
        raises = any(a.kind == "check" for a in walk(form.body))
        operands = ", ".join([f"{{{k}}}" for k in range(len(dtypes))])
        self.entry = elementwise(
            name,
            lambda *nodes: None,
            form.name,
            operands=len(dtypes),
            code=f"{self.helper}({operands})",
            helper=self.text,
            cost=_cost(form.body),
            dtypes=by_dtypes(lambda asked: (dtypes, self.dtype)),
            reference=self._reference,
            vjp=self._vjp,
            jvp=self._jvp,
            kind="call" if raises else "elementwise",
            batch=each_row if raises else None,
            home={},
        )

    def _text(self) -> tuple[str, str]:
        """The emitted function and its name, which its text tells from others of that name."""
        form = self.form
        form.name += f"_{hashlib.sha256(source(form).encode()).hexdigest()[:8]}"
        loops = any(a.kind in LOOPS for a in walk(form.body))
        options = self.options if loops else {**self.options, "forceinline": True}
        return f"{user_code.decorator(options)}\n{_in_vmath(form, source(form))}", form.name

    # --- NumPy's tier -----------------------------------------------------------------------------

    @functools.cached_property
    def ufunc(self) -> Any:
        """The function compiled as a ufunc of NumPy's."""
        kinds = [from_dtype(d) for d in (*self.dtypes, self.dtype)]
        text = user_code.ufunc_text(self.name, self.text, self.helper, kinds)
        return user_code.loaded(text, f"{self.helper}_ufunc")[0]

    def _reference(self, *xs: np.ndarray, node: Node) -> np.ndarray:
        return np.asarray(self.ufunc(*xs), self.dtype)

    # --- derivatives ------------------------------------------------------------------------------

    def slope(self, k: int) -> Typed | float | None:
        """The partial derivative by an operand: a function, a constant, or None for 0."""
        with _lock:
            if k not in self.slopes:
                self.slopes[k] = self._slope(k)
            return self.slopes[k]

    def _slope(self, k: int) -> Typed | float | None:
        if self.dtype.kind != "f" or self.dtypes[k].kind != "f":
            return None
        for loc, what in AdjointPlan(self.form, [self.form.args[k]]).warnings:
            where = f"{loc[0]}:{loc[1]}: " if loc else ""
            warnings.warn(
                f"{where}{what} has no derivative, and what goes through it counts as constant",
                GradientWarning,
                stacklevel=2,
            )
        form = verify(partial(self.form, k, from_dtype(self.dtype)))
        if form.rets.is_const:
            return None if form.rets.const == 0 else float(form.rets.const)
        return Typed(f"{self.name}_{self.form.args[k].hint}", form, self.dtypes, None, self.options)

    def _scaled(self, g: Node, k: int, node: Node) -> Node | None:
        """`g` times the partial derivative by operand `k`."""
        slope = self.slope(k)
        if slope is None:
            return None
        if isinstance(slope, Typed):
            return g * slope.entry.build(*node.src)
        return g if slope == 1 else -g if slope == -1 else g * slope

    def _vjp(self, g: Node, node: Node) -> Sequence[Node | None]:
        parts = [self._scaled(g, k, node) for k in range(len(node.src))]
        return [
            None if p is None else cast(p, s.dtype) for p, s in zip(parts, node.src, strict=True)
        ]

    def _jvp(self, tangents: Sequence[Node | None], node: Node) -> Node | None:
        out = None
        for k, t in enumerate(tangents):
            term = None if t is None else self._scaled(cast(t, node.dtype), k, node)
            out = term if out is None else out if term is None else out + term
        return out


def _result(name: str, form: Form) -> np.dtype:
    """The dtype of what a function returns, which is one number."""
    out = form.rets
    if not isinstance(out, Val) or out.is_array:
        got = "nothing" if out is None else "an array" if isinstance(out, Val) else "several"
        raise NotDifferentiable(
            f"got a function {name} that returns {got}, expected one number, as elementwise "
            "operations have it"
        )
    if form.globals:
        raise NotDifferentiable(
            f"got a function {name} that reads the array {next(iter(form.globals))} from outside, "
            "expected numbers only; pass it to a function of jitgrad.njit"
        )
    for a in walk(form.body):
        if a.kind == "outside":
            raise NotDifferentiable(
                f"got a call of {a.attrs['function'].__name__}, which cannot be looked into, in "
                "an elementwise operation; call it in a loop of a function of jitgrad.njit",
                a.loc,
            )
    dtype = to_dtype(out.type)
    if dtype not in SUPPORTED:
        raise NotDifferentiable(f"got a result of dtype {dtype} of {name}, expected a real number")
    return dtype


def _takes_all(name: str) -> bool:
    """Whether the function of vector math of an entry is one for all operands."""
    op = REGISTRY[name].op
    return name in user_code.VMATH and op is not None and op.check is None and op.exact is None


_SCALARS = [
    s
    for s in SCALARS.values()
    if s.entry is not None and _takes_all(s.entry) and s.text.startswith(("math.", "np."))
]
_TEXTS = frozenset([s.text for s in _SCALARS])
#: What is called of `math` and NumPy -> the function of vector math that kernels have for it.
_VMATH = {s.text.partition("(")[0]: f"vmath.{s.entry}" for s in _SCALARS}
_CALLED = re.compile("|".join([rf"\b{re.escape(name)}(?=\()" for name in _VMATH]))


def _in_vmath(form: Form, text: str) -> str:
    """The text with the elementary functions of kernels, which LLVM makes vectors of; they take
    floats."""
    called = [a for a in walk(form.body) if a.kind == "pure" and SCALARS[str(a.fn)].text in _TEXTS]
    if not all([v.is_float for a in called for v in a.args]):
        return text
    return _CALLED.sub(lambda found: _VMATH[found.group()], text)


def _cost(region: Any) -> int:
    """Flops per element, roughly."""
    out = 1
    for a in region.actions:
        if a.kind == "pure":
            entry = SCALARS[a.fn].entry
            out += 1 if entry is None else _entry_cost(entry)
        inner = sum([_cost(r) for r in a.regions])
        out += TURNS * inner if a.kind in LOOPS else inner
    return out


def _entry_cost(name: str) -> int:
    op = REGISTRY[name].op
    return 1 if op is None else op.cost


def as_called(asked: tuple) -> tuple[tuple[np.dtype, ...], None]:
    """The rule of a function that takes what it is called with: floats in the dtype that they have
    together, which Python's floats join last; whole numbers as they are."""
    floats = [a for a in asked if isinstance(a, np.dtype) and a.kind == "f"]
    common = np.result_type(*floats) if floats else FLOAT64

    def one(a: Any) -> np.dtype:
        if isinstance(a, np.dtype):
            return common if a.kind == "f" else a
        return common if a is float else INT64 if a is int else np.dtype(a)

    return tuple([one(a) for a in asked]), None
