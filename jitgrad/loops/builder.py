"""`Builder` makes the actions of a form: it folds constants and identities, shares equal pure
actions, and makes what depends on no number of a loop outside of it, where that is a whole number.

Start at `Builder.pure`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..base.errors import NotDifferentiable
from ..runtime.numba.inference import BOOL, F64, I64, array_type, types
from .form import Action, Region, Val
from .scalars import SCALARS, scalar_type

#: What is moved out of loops: it costs little, and it fails for no operand.
CHEAP_TO_MOVE = frozenset(
    ("add", "sub", "mul", "neg", "min", "max", "dim", "cast", "lt", "le", "gt", "ge", "eq", "ne")
)


def _is(v: Val, value: float) -> bool:
    return v.is_const and v.const == value


def _whole(v: Val) -> bool:
    return isinstance(v.type, types.Integer)


def _surely_divides(v: Val) -> bool:
    return v.is_const and v.const > 0


def _adds_nothing(zero: Val, x: Val) -> bool:
    """Whether adding `zero` changes neither `x` nor its type."""
    if not _is(zero, 0) or x.type == BOOL:
        return False
    return zero.type == x.type or (_whole(zero) and not _whole(x))


class Builder:
    """Appends to `region`, or to one around it; `loc` is the user's line that it works for."""

    current: ClassVar[Any] = None

    def __init__(self, region: Region | None = None) -> None:
        self.region, self.loc = region or Region(), None
        self._before: list[Any] = []

    def __enter__(self) -> Builder:
        self._before.append(Builder.current)
        Builder.current = self
        return self

    def __exit__(self, *error: Any) -> None:
        Builder.current = self._before.pop()

    # --- values -----------------------------------------------------------------------------------

    def const(self, x: Any, type_: Any = None) -> Val:
        if type_ is None:
            type_ = BOOL if isinstance(x, bool) else I64 if isinstance(x, int) else F64
        if isinstance(type_, types.Float):
            x = float(x)
        return Val(type_, const=x)

    def emit(
        self,
        kind: str,
        args: Any = (),
        result: Any = None,
        fn: str | None = None,
        hint: str = "v",
        regions: Any = (),
        at: Region | None = None,
        **attrs: Any,
    ) -> Any:
        """Appends an action; gives its result, where `result` is the type of one, else itself."""
        action = Action(kind, fn, args, regions, attrs, self.loc)
        region = at or self.region
        action.region = region
        region.actions.append(action)
        several = isinstance(result, (list, tuple))
        for t in result if several else [] if result is None else [result]:
            self.check_kind(t, hint)
            action.res.append(Val(t, hint, action, region))
        return action if several or result is None else action.res[0]

    def check_kind(self, kind: Any, hint: str) -> None:
        """Refuses values that are no real numbers: they would be without a derivative."""
        of = kind.dtype if isinstance(kind, types.Array) else kind
        if not isinstance(of, (types.Integer, types.Float, types.Boolean)):
            parts = "; keep real and imaginary parts apart" if isinstance(of, types.Complex) else ""
            raise NotDifferentiable(
                f"got {hint} of type {kind}, expected real numbers{parts}", self.loc
            )

    # --- pure actions -----------------------------------------------------------------------------

    def pure(self, fn: str, *args: Val, hint: str = "v") -> Val:
        found = self._fold(fn, args)
        if found is not None:
            return found
        kind = scalar_type(fn, tuple([a.type for a in args]))
        if kind is None:
            kinds = ", ".join([str(a.type) for a in args])
            raise NotDifferentiable(f"got {fn} of {kinds}, which numba does not have", self.loc)
        return self._shared(fn, args, kind, hint)

    def cast(self, x: Val, type_: Any) -> Val:
        if x.type == type_:
            return x
        if x.is_const and (isinstance(type_, types.Float) or isinstance(x.type, types.Integer)):
            return self.const(x.const, type_)
        return self._shared("cast", (x,), type_, x.hint, target=type_)

    def _shared(self, fn: str, args: Any, type_: Any, hint: str, **attrs: Any) -> Val:
        key = fn, type_, tuple([(repr(a.const), a.type) if a.is_const else a for a in args])
        for r in self.region.up():
            if key in r.known:
                return r.known[key]
        movable = fn in CHEAP_TO_MOVE or (fn in ("mod", "floordiv") and _surely_divides(args[1]))
        movable = movable and not isinstance(type_, types.Float)
        at = self._highest(args) if movable else self.region
        v = self.emit("pure", args, type_, fn, hint, at=at, **attrs)
        at.known[key] = v
        return v

    def _highest(self, args: Any) -> Region:
        """The outermost region, up from here, in which all of `args` are known."""
        homes = [a.region for a in args if not a.is_const and a.region is not None]
        if not homes and self.region.parent is not None:
            return self.region
        for r in self.region.up():
            if r.parent is None or any(home is r for home in homes):
                return r
        return self.region

    def _fold(self, fn: str, args: tuple[Val, ...]) -> Val | None:
        if all(a.is_const for a in args) and SCALARS[fn].fold is not None:
            try:
                return self._folded(fn, args)
            except (ArithmeticError, ValueError, TypeError):
                return None
        rule = getattr(self, f"_fold_{fn}", None)
        return None if rule is None else rule(*args)

    def _folded(self, fn: str, args: tuple[Val, ...]) -> Val | None:
        kind = scalar_type(fn, tuple([a.type for a in args]))
        if kind not in (BOOL, I64, F64):
            return None
        value = SCALARS[fn].fold(*[a.const for a in args])  # type: ignore[misc]
        if kind == I64 and not -(2**63) <= value < 2**63:
            return None
        return self.const(bool(value) if kind == BOOL else value, kind)

    def _fold_add(self, x: Val, y: Val) -> Val | None:
        if _adds_nothing(x, y):
            return y
        if _adds_nothing(y, x):
            return x
        found = self._fold_constants(x, y)
        if found is not None:
            return found
        for u, v in ((x, y), (y, x)):
            if v.action is not None and v.action.fn == "neg" and v.action.args[0].type == u.type:
                return self.pure("sub", u, v.action.args[0])
        return None

    def _fold_constants(self, x: Val, y: Val) -> Val | None:
        """(u + c) + d, of whole numbers."""
        a = x.action
        if not _whole(x) or not y.is_const or a is None or a.fn not in ("add", "sub"):
            return None
        k = a.args[1]
        if not k.is_const or x.type != I64:
            return None
        first = k.const if a.fn == "add" else -k.const
        return self.pure("add", a.args[0], self.const(first + y.const))

    def _fold_sub(self, x: Val, y: Val) -> Val | None:
        same = x.type == y.type
        a = y.action
        if a is not None and a.fn == "neg" and a.args[0].type == x.type:
            return self.pure("add", x, a.args[0])
        if _is(y, 0) and (same or (_whole(y) and not _whole(x))) and x.type != BOOL:
            return x
        if _is(x, 0) and same and isinstance(y.type, types.Float):
            return self.pure("neg", y)
        if _whole(x) and y.is_const and y.type == I64:
            return self.pure("add", x, self.const(-y.const))
        return None

    def _fold_mul(self, x: Val, y: Val) -> Val | None:
        if x.type != y.type:
            return None
        for u, v in ((x, y), (y, x)):
            if _is(u, 1):
                return v
            if _is(u, 0) and x.type == I64:
                return self.const(0)
        return None

    def _fold_div(self, x: Val, y: Val) -> Val | None:
        one = _is(y, 1) and x.type == y.type and isinstance(x.type, types.Float)
        return x if one else None

    def _fold_and(self, x: Val, y: Val) -> Val | None:
        for u, v in ((x, y), (y, x)):
            if u.is_const:
                return v if u.const else u
        return None

    def _fold_or(self, x: Val, y: Val) -> Val | None:
        for u, v in ((x, y), (y, x)):
            if u.is_const:
                return u if u.const else v
        return None

    def _fold_neg(self, x: Val) -> Val | None:
        a = x.action
        return a.args[0] if a is not None and a.fn == "neg" and a.args[0].type == x.type else None

    def _fold_not(self, x: Val) -> Val | None:
        return x.action.args[0] if x.action is not None and x.action.fn == "not" else None

    def _fold_select(self, c: Val, x: Val, y: Val) -> Val | None:
        if x.type != y.type:
            return None
        if c.is_const:
            return x if c.const else y
        return x if x is y else None

    # --- memory -----------------------------------------------------------------------------------

    def dim(self, a: Val, k: int) -> Val:
        made = a.action
        if made is not None and made.kind == "alloc":
            return made.args[k]
        if made is not None and made.kind == "view" and made.attrs.get("lengths"):
            return made.attrs["lengths"][k]
        key = ("dim", k, a)
        for r in self.region.up():
            if key in r.known:
                return r.known[key]
        at = self._highest((a,))
        v = self.emit("dim", (a,), I64, hint="n", at=at, k=k)
        at.known[key] = v
        return v

    def load(self, a: Val, *index: Val, hint: str = "v") -> Val:
        return self.emit("load", (a, *index), a.type.dtype, hint=hint)

    def store(self, a: Val, *index_value: Val) -> None:
        *index, v = index_value
        if v.is_const and isinstance(a.type.dtype, types.Float):
            v = self.const(v.const, a.type.dtype)
        self.emit("store", (a, *index, v))

    def addto(self, a: Val, *index_value: Val, **attrs: Any) -> None:
        *index, v = index_value
        if not _is(v, 0):
            self.emit("addto", (a, *index, v), **attrs)

    def alloc(self, shape: Any, dtype: Any, fill: str = "empty", hint: str = "v") -> Val:
        return self.emit("alloc", shape, array_type(dtype, len(shape)), fn=fill, hint=hint)

    # --- loops ------------------------------------------------------------------------------------

    def nest(self, shape: Any, body: Any, names: str = "ijklmn", parallel: bool = False) -> None:
        """Loops over `shape` around ``body(index)``."""
        parent, index, regions = self.region, [], []
        for k, n in enumerate(shape):
            r = Region(self.region)
            iv = Val(I64, names[k] if k < len(names) else "i", None, r)
            r.args.append(iv)
            regions.append((r, n))
            index.append(iv)
            self.region = r
        body(index)
        for r, n in reversed(regions):
            self.region = r.parent
            self.emit(
                "for",
                (self.const(0), n, self.const(1)),
                [],
                regions=(r,),
                parallel=parallel,
                brk=None,
            )
        self.region = parent
