"""Python numbers among the arguments of a traced function: expressions, until somebody asks for a
value. And the number of a turn of a loop whose body is traced once, of which there is no value.

Start at `SymbolicScalar`; what it is in a trace is in `symbolic`.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import numpy as np

from ..base.errors import JitError
from .concrete import refusal
from .segment import local


class SymbolicScalar:
    """A Python number among the arguments, or computed from some, as an expression of them
    (`code`).

    In arithmetic with tensors it is an argument of the plan. Where its value is asked for (by
    ``if``, `range`, an index, `math.sqrt`...), the trace holds for the arguments it comes from
    having the values that they have now."""

    __slots__ = ("value", "code", "sources")

    def __init__(self, value, code, sources):
        self.value, self.code, self.sources = value, code, sources

    @property
    def kind(self):
        return type(self.value)

    def concrete_value(self):
        for source in self.sources:
            source.fixed = True
        return self.value

    def as_float(self):
        return (
            self
            if self.kind is float
            else SymbolicScalar(float(self.value), f"float({self.code})", self.sources)
        )

    def tensor(self):
        """As a 0-d tensor."""
        return local.seg.tracing.number_tensor(self)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.concrete_value(), dtype)

    def __getattr__(self, name):
        if name.startswith("_"):  # a question of what class it is of
            raise AttributeError(name)
        return getattr(self.concrete_value(), name)

    def __index__(self):
        return operator.index(self.concrete_value())

    def __hash__(self):
        return hash(self.concrete_value())

    def __repr__(self):
        return repr(self.concrete_value())

    def __format__(self, spec):
        return format(self.concrete_value(), spec)


class TurnSource:
    """Where a number comes from that is another in each turn: `node` computes it, in the trace of
    a turn."""

    __slots__ = ("node", "tracing")

    def __init__(self, tracing, node):
        self.tracing, self.node = tracing, node

    @property
    def fixed(self):
        return False

    @fixed.setter
    def fixed(self, value):
        raise JitError(refusal(*self.tracing.doing))


class TurnValue:
    """What marks tensors that are the number of a turn, or computed from it and Python numbers,
    which operations take for a Python number (their class is `TurnNumber` of the frontend).

    Attributes
    ----------
    symbol : SymbolicScalar
    ends : tuple of int, or None
        The first and last value, of an integer that is affine in the number of the turn.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        symbol: SymbolicScalar
        ends: tuple[int, int] | None

        def __add__(self, other: int, /) -> TurnValue: ...


def turn_symbol(tracing, node, kind):
    """The number of a turn, or what is computed of it, as a Python number of this kind."""
    return SymbolicScalar(kind(0), f"turn {id(node)}", [TurnSource(tracing, node)])


def node_in(tracing, number):
    """The node of a number that is another in each turn that `tracing` is for, or None."""
    if type(number) is not SymbolicScalar or type(number.sources[0]) is not TurnSource:
        return None
    source = number.sources[0]
    return source.node if source.tracing is tracing else None


def kind_of(number):
    """The type of a number of a record, as it stands in the record's key."""
    return number.kind if type(number) is SymbolicScalar else type(number)


def _code(x):
    return (
        x.code
        if type(x) is SymbolicScalar
        else repr(x)
        if x == x and abs(x) != float("inf")
        else f"float({str(x)!r})"
    )


def _arithmetic(name, symbol, exact):
    """The operator and its reflection; `exact` tells for which kinds its result is of one kind
    whatever the values."""
    function = getattr(operator, f"__{name}__")

    def combined(x, y):
        kinds = kind_of(x), kind_of(y)
        if not {*kinds} <= {int, float, bool, complex}:
            return NotImplemented
        if not {*kinds} <= {int, float} or not exact(*kinds):
            return function(
                *[n.concrete_value() if type(n) is SymbolicScalar else n for n in (x, y)]
            )
        values = [n.value if type(n) is SymbolicScalar else n for n in (x, y)]
        sources = [p for n in (x, y) if type(n) is SymbolicScalar for p in n.sources]
        return SymbolicScalar(function(*values), f"({_code(x)} {symbol} {_code(y)})", sources)

    setattr(SymbolicScalar, f"__{name}__", combined)
    setattr(SymbolicScalar, f"__r{name}__", lambda x, y: combined(y, x))


def _always(*kinds):
    return True


for _name, _symbol in zip(
    "__add__ __sub__ __mul__ __truediv__ __floordiv__ __mod__".split(),
    "+ - * / // %".split(),
    strict=True,
):
    _arithmetic(_name.strip("_"), _symbol, _always)
_arithmetic("pow", "**", lambda x, y: x is float and y is int)


def _unary(name, code):
    function = getattr(operator, name)
    setattr(
        SymbolicScalar,
        f"__{name}__",
        lambda x: SymbolicScalar(function(x.value), code.format(x.code), x.sources),
    )


for _name, _text in {"neg": "(-{0})", "pos": "(+{0})", "abs": "abs({0})"}.items():
    _unary(_name, _text)


def _looking(name):
    """What asks for the value."""

    def method(x, *others):
        others = [o.concrete_value() if type(o) is SymbolicScalar else o for o in others]
        return getattr(x.concrete_value(), name)(*others)

    setattr(SymbolicScalar, name, method)


for _name in (
    "__bool__", "__float__", "__int__", "__complex__", "__trunc__", "__floor__", "__ceil__",
    "__round__", "__divmod__", "__rdivmod__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__",
    "__ge__",
):  # fmt: skip
    _looking(_name)
