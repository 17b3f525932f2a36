"""One object that a traced function reaches: how a later call fetches it, and what it compares.

A `Source` makes statements of Python (`base.code`): they fetch the object from that of its parent,
and guards return GUARD_FAILED unless it is what the trace was made for. The functions at the
end write how one object is fetched from another. Start at `Source.statements`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from ..base import code
from ..base.code import Assign, Effect, Expr, Guard, When, expr, joined
from ..base.tree import taken_apart
from ..tape.backward import AccumulateGrad

if TYPE_CHECKING:
    from ..base.code import Operand, Statement

    class Bind(Protocol):
        """Names for values of a generated text (`replay.Binder`)."""

        def __call__(self, value: Any, /) -> str: ...

        def local(self, prefix: str, /) -> str: ...

    #: How an object is fetched from its parent.
    Access: TypeAlias = Callable[[Bind, Any], Operand]

#: Kinds of sources that need no check where they are known to hold the same object.
SETTLED = frozenset(("plain", "scalar", "same", "alias", "hashed"))


class Source:
    """One object: what it is, how it is fetched from `parent`, and how it is checked (`kind`).

    ============ ===================================================================================
    `used`       the trace reads the tensor or array
    `fixed`      it depends on the value
    `rooted`     it depends on whether the tensor is a leaf
    `wanted`     it asks for gradients there
    `written`    it writes there (`guarded`: with gradients on)
    `uses_grad`  it reads or sets the gradient, whose source is `inner` if there is one
    `valued`     a plan needs the value
    `strided`    views of the array are fetched, so that its layout counts
    `name`       of the variable or attribute
    `size`       the number of the object's own attributes, if that counts
    `type`       the object's class, if it may get another
    ============ ===================================================================================

    An object that is reached in several ways has its first source, `shared` if another one is
    outside; the others are of the kind "alias"."""

    inner: Source | None
    name: str | None
    parts: list[Any]
    size: int | None
    type: Any
    value: Any
    var: Any

    def __init__(
        self,
        object: Any,
        kind: str,
        parent: Source | None = None,
        access: Access | None = None,
        data: Any = None,
        outside: bool = False,
    ) -> None:
        self.object, self.kind, self.data = object, kind, data
        self.parent, self.access = parent, access
        self.used = self.fixed = self.uses_grad = self.valued = self.copied = False
        self.rooted = self.wanted = self.written = self.guarded = self.shared = False
        self.outside, self.inner, self.parts = outside, None, []
        self.implied = self.needed = self.strided = False
        self.var = self.value = self.name = self.size = self.type = None

    # --------------------------------------------------------------- the statements of a later call

    def statements(self, bind: Bind) -> list[Statement]:
        """The statements that fetch and check the object; `bind` names a value of theirs."""
        if not self.needed:
            return []
        out: list[Statement] = []
        if self.access is not None:
            self.var = self.var or bind.local("v")
            out.append(Assign((self.var,), self.access(bind, self.parent and self.parent.var)))
        wrong: list[Operand] = []
        if self.is_checked():
            wrong += CHECKS[self.kind](self, bind, self.var, out)
        wrong += self.of_its_own(bind)
        if wrong:
            out.append(_unless(wrong))
        return out

    def of_its_own(self, bind: Bind) -> Iterator[Expr]:
        """The checks that an object finds the attributes it found: those of its class, which none
        of its own hides."""
        if self.type is not None and self.kind != "typed":
            yield expr("type({}) is not {}", self.var, bind(self.type))
        if self.size is not None:
            yield expr("len({}.__dict__) != {}", self.var, str(self.size))

    def is_checked(self) -> bool:
        """Whether the object is compared with what it was: not what a container that is compared
        holds anyway."""
        settled = self.implied and (self.kind in SETTLED or self.is_tuple())
        return self.kind != "free" and not (
            settled and not (self.kind == "alias" and self.data.may_move())
        )

    def is_tuple(self) -> bool:
        """Whether it is a tuple of the surroundings: the same one has the same elements."""
        return self.outside and self.kind == "sequence" and isinstance(self.object, tuple)

    def may_move(self) -> bool:
        """Whether another object of its kind may take its source."""
        return self.kind in ("tensor", "array", "mapping") or (
            self.kind == "sequence" and not self.is_tuple()
        )


#  checks: what is wrong with the object `v` of a later call, as expressions of which none holds ---


def _unless(wrong: Iterable[Operand]) -> Guard:
    return Guard(joined(" or ", wrong), "GUARD_FAILED")


def _has_the_same(bind: Bind, v: Operand, values: Iterable[Any]) -> Expr:
    """The check that a container of as many objects holds those it held."""
    return expr("False in map({}, {}, {})", bind(operator.is_), v, bind(tuple(values)))


def _is(bind: Bind, v: Operand, x: Any) -> Expr:
    return expr("{} is not {}", v, bind(x))


def _has_type(bind: Bind, v: Operand, x: Any) -> Expr:
    return expr("type({}) is not {}", v, bind(type(x)))


def _equals(bind: Bind, v: Operand, x: Any) -> Expr:
    return expr("{} != {}", v, bind(x))


def _same(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    return [_is(bind, v, source.object)]


def _alias(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    first = source.data
    return [expr("{} is not {}", v, first.var)] if first.may_move() else _same(source, bind, v, out)


def _made(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    def changed(now: Operand, was: Any) -> Expr:
        return expr("{} != {}", now, str(was)) if type(was) is int else _is(bind, now, was)

    return [
        changed(Expr(text, (bind(x),)), was) for x, parts in source.object for text, was in parts
    ]


def _typed(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    return [_has_type(bind, v, source.object)]


def _registered(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    apart = bind(taken_apart)
    length = expr("len({}({})[0]) != {}", apart, v, str(len(source.parts)))
    rest = expr("{}({})[1] != {}", apart, v, bind(source.data))
    return [_has_type(bind, v, source.object), length, rest]


def _hashed(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    x = source.object
    parts = _is(bind, v, x), _has_type(bind, v, x), _equals(bind, v, x)
    return [expr("{} and ({} or {})", *parts)]


def _by_value(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    return [_has_type(bind, v, source.object), _equals(bind, v, source.data)]


def _sequence(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    if source.is_tuple():
        return _same(source, bind, v, out)
    length = expr("len({}) != {}", v, str(len(source.object)))
    if source.data is not None:
        return [_has_type(bind, v, source.object), length, _has_the_same(bind, v, source.data)]
    return [length] if source.access is None else [_has_type(bind, v, source.object), length]


def _mapping(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    if source.access is None and not source.object:
        return [v]
    keys = _equals(bind, expr("[*{}]", v), list(source.data))
    wrong: list[Operand] = [_has_type(bind, v, source.object), keys]
    if source.outside and source.parts:
        wrong.append(_has_the_same(bind, expr("{}.values()", v), source.parts))
    return wrong


def _buffer(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    return [_has_type(bind, v, source.object), _equals(bind, expr("bytes({})", v), source.data)]


def _plain(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    x = source.object
    if x is None or x is True or x is False or x is Ellipsis:
        return [expr("{} is not {}", v, str(x))]
    return [expr("{} and ({} or {})", _is(bind, v, x), _has_type(bind, v, x), _differs(bind, v, x))]


def _number(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    value = [_differs(bind, v, source.object)] if source.fixed else []
    return [_has_type(bind, v, source.object), *value]


def _scalar(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    source.value, x = expr("{}.item()", v), source.object
    wrong: list[Operand] = [
        _has_type(bind, v, x),
        _equals(bind, expr("{}.dtype", v), x.dtype),
    ]
    if not source.used or source.fixed:
        wrong.append(_equals(bind, expr("{}.tobytes()", v), x.tobytes()))
    return wrong


def _array(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    a = source.object
    wrong: list[Operand] = [
        _has_type(bind, v, a),
        expr("{0}.dtype is not {1} and {0}.dtype != {1}", v, bind(a.dtype)),
        _equals(bind, expr("{}.shape", v), a.shape),
    ]
    if source.strided:
        wrong.append(expr("{}.strides != {}", v, str(a.strides)))
    return _elements(source, bind, v, out, wrong)


def _view(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    return _elements(source, bind, v, out, [])


def _elements(
    source: Source, bind: Bind, v: Operand, out: list[Statement], wrong: list[Operand]
) -> list[Operand]:
    """Fetches the elements of an array that is not `wrong`, if the plan needs them, or compares
    them."""
    a = source.object
    compared = source.fixed or not source.used
    if source.valued and compared and not source.copied:  # what was compared is known
        known = np.array(a, a.dtype.newbyteorder("="), order="C").reshape(-1)
        source.value = bind(known if a.ndim else known.item())
    elif source.valued:
        source.value = bind.local("x")
        if wrong:
            out.append(_unless(wrong))
        out.append(Assign((source.value,), _flattened(source, bind, v)))
        wrong = []
    if compared:
        wrong = [*wrong, _equals(bind, expr("{}.tobytes()", v), a.tobytes())]
    return wrong


def _flattened(source: Source, bind: Bind, v: Operand) -> Expr:
    """The elements of the array `v`, as kernels take them."""
    a = source.object
    if not a.ndim:
        return expr("{}.item()", v)
    if not a.dtype.isnative:
        return expr("{}.astype({}).flatten()", v, bind(a.dtype.newbyteorder("=")))
    return expr("{}.flatten()", v) if source.copied else code.call(bind(flat), v)


def _tensor(source: Source, bind: Bind, v: Operand, out: list[Statement]) -> list[Operand]:
    out.append(_unless([expr("type({}) is not Tensor", v)]))
    current = code.call("materialise", v)
    if source.valued or source.fixed:
        source.value = x = bind.local("x")
        out.append(Assign((x,), expr("{}._value", v)))
        out.append(When(expr("{} is None", x), (Assign((x,), current),)))
    else:
        out.append(When(expr("{0}._x is not None and {0}._x.stale", v), (Effect(current),)))
    wrong: list[Operand] = [_is(bind, expr("{}._state.aval", v), source.data)]
    if source.fixed:
        held = source.object._value
        other = _is(bind, source.value, held)
        if not isinstance(held, np.ndarray):
            other = expr("{} and {}", other, _differs(bind, source.value, held))
        wrong.append(other)
    if source.rooted and source.data.requires_grad:
        leaf = "not " if type(source.object._edge) is AccumulateGrad else ""
        wrong.append(expr(f"type({{}}._edge) is {leaf}{{}}", v, bind(AccumulateGrad)))
    if source.uses_grad:
        wrong.append(expr("({0}._x is not None and {0}._x.hooks)", v))
        if source.inner is None:
            wrong.append(expr("({0}._x is not None and {0}._x.grad is not None)", v))
    return wrong


#: Kind of a source -> its check. What is "free" has none.
CHECKS = {
    "alias": _alias,
    "array": _array,
    "buffer": _buffer,
    "hashed": _hashed,
    "made": _made,
    "mapping": _mapping,
    "number": _number,
    "plain": _plain,
    "registered": _registered,
    "same": _same,
    "scalar": _scalar,
    "sequence": _sequence,
    "set": _by_value,
    "tensor": _tensor,
    "typed": _typed,
    "values": _by_value,
    "view": _view,
}


def bounds(a: np.ndarray) -> tuple[int, int]:
    """The addresses of the first byte of an array and of the first behind it."""
    low = high = a.__array_interface__["data"][0]
    for n, step in zip(a.shape, a.strides, strict=True):
        if step < 0:
            low += (n - 1) * step
        else:
            high += (n - 1) * step
    return low, high + a.itemsize


class _Memory:
    """Elements in the memory of `base`, for NumPy to make an array of."""

    def __init__(
        self,
        base: np.ndarray,
        shape: tuple[int, ...],
        dtype: np.dtype,
        offset: int,
        strides: tuple[int, ...],
    ) -> None:
        self.base = base
        self.__array_interface__ = {
            "version": 3, "shape": shape, "strides": strides, "typestr": dtype.str,
            "data": (base.__array_interface__["data"][0] + offset, True),
        }  # fmt: skip


def view_of(
    base: np.ndarray, shape: tuple[int, ...], dtype: np.dtype, offset: int, strides: tuple[int, ...]
) -> np.ndarray:
    """The view of an array that starts `offset` bytes behind its first element, in its memory."""
    if base.flags.c_contiguous and offset >= 0 and min(strides, default=0) >= 0:
        return np.ndarray(shape, dtype, base, offset, strides)
    return np.asarray(_Memory(base, shape, dtype, offset, strides))


def flat(a: np.ndarray) -> np.ndarray:
    """The elements of an array in order, as kernels take them; shared where they can be."""
    flags = a.flags
    return (
        a.reshape(-1)
        if flags.c_contiguous and flags.aligned
        else np.array(a, order="C").reshape(-1)
    )


def _differs(bind: Bind, v: Operand, x: Any) -> Expr:
    if type(x) is float and (x == 0 or math.isnan(x)):
        return _equals(bind, expr("repr({})", v), repr(x))
    return _equals(bind, v, x)


# --- how one object is fetched from another -------------------------------------------------------


def item(key: Any) -> Access:
    return lambda bind, parent: expr("{}[{}]", parent, str(key) if type(key) is int else bind(key))


def taken_part(k: int) -> Access:
    """How a part is fetched of an object of a class that was registered as a container."""
    return lambda bind, parent: expr("{}({})[0][{}]", bind(taken_apart), parent, str(k))


def attribute(name: str) -> Access:
    return lambda bind, parent: expr("{}.{}", parent, name)


def found_in(holder: Any, name: str) -> Access:
    """How an attribute is fetched of an object that is the same in each call."""
    return lambda bind, parent: expr("{}.{}", bind(holder), name)


def cell(holder: Any) -> Access:
    return lambda bind, parent: expr("{}.cell_contents", bind(holder))


def held(holder: Any) -> Access:
    return lambda bind, parent: bind(holder)


def call(text: str) -> Access:
    return lambda bind, parent: expr("{}{}", parent, text)


def variable(namespace: Any, name: str) -> Access:
    return lambda bind, parent: expr("{}[{}]", bind(namespace), repr(name))


def viewed(a: np.ndarray, base: np.ndarray) -> Access:
    """How a view is fetched from its array, as long as that has the same layout."""
    offset = a.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    spec = a.shape, a.dtype, offset, a.strides
    return lambda bind, parent: code.call(bind(view_of), parent, expr("*{}", bind(spec)))
