"""Functions that are called as they are: those without source, and those whose derivative is given.

A call is an action of kind "outside" (`OutsideCalls.outside_call`). A `GivenRule` has its
derivatives: functions of njit code again, which are executed in place where they are needed
(`rule_calls`), so that they are differentiated themselves for second derivatives; what cannot be
looked into is called. A call without a rule is refused where something active goes
through it. Start at `GivenRule`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

from ..base.errors import ArgumentError, NotDifferentiable
from ..base.syntax import syntax_tree
from ..runtime.numba import user_code
from ..runtime.numba.dispatcher import is_c_function
from ..runtime.numba.form_support import _order
from ..runtime.numba.inference import result_type, typeof, types
from .abstract_values import ArrayValue
from .form import Action, Region, Val, leaves, like


class GivenRule:
    """The derivatives that a function is given.

    Attributes
    ----------
    vjp : callable or None
        ``vjp(*args, out, g)`` -> a tuple with the cotangent of each argument, None for zeros; of
        one argument the cotangent itself may be given.
    jvp : callable or None
        ``jvp(args, tangents)`` -> the result and its tangent.
    """

    vjp: Any = None
    jvp: Any = None

    def reads(self, call: Action) -> list[Val]:
        """What `vjp` looks at of a call: arguments and results."""
        given = [*call.args, call.res]
        names = _parameters(self.vjp)
        used = _names_read(self.vjp)
        out: list[Val] = []
        for k, x in enumerate(given):
            if used is None or names is None or k >= len(names) or names[k] in used:
                out.extend(x if isinstance(x, list) else [x])
        return out


class _Given:
    """How often rules have been given: what was derived before may be without them."""

    version = 0


rules = _Given()


def rules_changed() -> None:
    rules.version += 1


def _parameters(function: Any) -> list[str] | None:
    try:
        return list(inspect.signature(getattr(function, "py_func", function)).parameters)
    except (TypeError, ValueError):
        return None


def _tree(function: Any) -> ast.AST | None:
    try:
        lines = inspect.getsource(getattr(function, "py_func", function))
        return syntax_tree(textwrap.dedent(lines))
    except (OSError, TypeError, SyntaxError):
        return None


def _names_read(function: Any) -> set[str] | None:
    tree = _tree(function)
    if tree is None:
        return None
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def check_pure(function: Any) -> None:
    """Refuses a rule for a function that writes into an argument: its result would be only a part
    of what it computes."""
    tree, names = _tree(function), _parameters(function)
    for n in ast.walk(tree) if tree is not None and names else ():
        if not isinstance(n, ast.Subscript) or not isinstance(n.ctx, ast.Store):
            continue
        if isinstance(n.value, ast.Name) and n.value.id in (names or ()):
            raise ArgumentError(
                f"got a rule for {getattr(function, '__name__', function)}, which writes into its "
                f"argument {n.value.id}, expected a function whose results are new; have it make "
                "and return an array"
            )


def rule_of(function: Any) -> GivenRule | None:
    found = getattr(function, "rule", None)
    return found if isinstance(found, GivenRule) else None


def is_outside(function: Any) -> bool:
    """Whether numba calls a function that is none of Python's: one of ctypes, say."""
    return is_c_function(function) or function is _order


class OutsideCalls:
    """The calls of such functions. Part of the front."""

    #: Whether a rule is executed: what it calls may be unknown, and has to have no rule.
    in_rule = False
    b: Any
    globals: dict[str, Any]
    inline: Any
    in_order: Any
    refuse: Any
    bindable: Any
    number: Any

    def outside_call(self, function: Any, args: list[Any], trusted: bool = False) -> Any:
        """What a call gives. A function without a rule gets numbers only, unless it is `trusted`,
        since it could write into arrays."""
        rule = rule_of(function)
        name = getattr(function, "__name__", "a function")
        given = [self.bindable(a) for a in args]
        for x in given:
            if not isinstance(x, Val):
                self.refuse(f"got {x!r} for {name}, expected numbers and arrays")
            if x.is_array and rule is None and not trusted and function is not _order:
                self.refuse(
                    f"got the array {x.hint} for {name}, which cannot be looked into and may write "
                    "to it; make it a function of jitgrad.njit and give its derivative, with defvjp"
                )
        kind = result_type(typeof(function), tuple([x.type for x in given]))
        if kind is None:
            kinds = ", ".join([str(x.type) for x in given])
            self.refuse(f"got a call of {name} with {kinds}, which numba does not have")
        tree = self._results_of(kind, name)
        action = self.b.emit(
            "outside",
            given,
            [v.type for v in leaves((tree,))],
            fn=user_code.name_of(function),
            function=function,
            tree=tree,
        )
        for v in action.res:
            v.hint = name.lstrip("_") or "v"
        return like(tree, iter(action.res)) if tree is not None else None

    def in_place(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call within a rule: executed in place, or, of what cannot be looked into, called."""
        b, parent = self.b, self.b.region
        loc = b.loc
        b.region = Region(parent)
        try:
            out = self.inline(function, args, kwargs)
            if self.globals:
                self.refuse("got an array from outside in a rule, expected numbers and arguments")
        except NotDifferentiable:
            given = self.in_order(function, args, kwargs)
            if self.globals or not all(isinstance(x, (Val, ArrayValue)) for x in given):
                raise
            b.region, b.loc = Region(parent), loc
            out = self.outside_call(function, given, trusted=True)
        region, b.region = b.region, parent
        region.moved_to(parent)
        return out

    def _results_of(self, kind: Any, name: str) -> Any:
        """The results, of which there are the types only so far."""
        if isinstance(kind, types.NoneType):
            return None
        if isinstance(kind, types.BaseTuple):
            made = [self._results_of(k, name) for k in kind]
            cls = getattr(kind, "instance_class", None)
            return cls(*made) if cls is not None else tuple(made)
        kind = types.unliteral(kind)
        of = kind.dtype if isinstance(kind, types.Array) else kind
        if not isinstance(of, (types.Integer, types.Float, types.Boolean)):
            self.refuse(
                f"got a result of type {kind} of {name}, expected real numbers, arrays of them, or "
                "tuples of these"
            )
        return Val(kind, name)
