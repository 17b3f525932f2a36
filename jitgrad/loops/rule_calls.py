"""Rules that are given, executed in the derivative: cotangents and tangents of calls of kind
"outside".

Start at `pulled_back`, of reverse mode, and `pushed`, of forward mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..base.errors import NotDifferentiable
from .abstract_values import ArrayValue
from .form import Action, Val, has_cotangent, leaves, like
from .front import Front
from .outside import GivenRule, rule_of


def _rule(call: Action) -> tuple[str, GivenRule]:
    function = call.attrs["function"]
    name = getattr(function, "__name__", "a function")
    rule = rule_of(function)
    if rule is None:
        raise NotDifferentiable(
            f"got a call of {name}, which cannot be looked into, for numbers that are "
            "differentiated; make it a function of jitgrad.njit and give its derivative with "
            "defvjp",
            call.loc,
        )
    return name, rule


def executed(builder: Any, function: Any, args: list[Any]) -> Any:
    """What a rule gives for values where `builder` stands, and the front that executed it."""
    front = Front()
    front.b, front.env, front.in_rule = builder, {}, True
    return front, front.bindable(front.in_place(function, args, {}))


def pulled_back(
    b: Any, call: Action, get: Callable[[Val], Val], cotangents: list[Val]
) -> Iterator[tuple[Val, Any]]:
    """The arguments of a call with floats, each with its cotangent, from those of the results."""
    name, rule = _rule(call)
    if rule.vjp is None:
        raise NotDifferentiable(
            f"got {name} in reverse mode, of which only forward mode is given; give its vjp with "
            f"{name}.defvjp",
            call.loc,
        )
    tree = call.attrs["tree"]
    args = [get(v) for v in call.args]
    out = like(tree, iter([get(v) for v in call.res]))
    g = like(tree, iter(cotangents))
    front, found = executed(b, rule.vjp, [*args, out, g])
    if len(args) == 1 and not isinstance(found, tuple):
        found = (found,)
    if not isinstance(found, tuple) or len(found) != len(args):
        got = f"{len(found)} cotangents" if isinstance(found, tuple) else "one cotangent"
        raise NotDifferentiable(
            f"got {got} from the vjp of {name}, expected a tuple with one for each of its "
            f"{len(args)} arguments, None for zeros",
            call.loc,
        )
    for v, c in zip(call.args, found, strict=True):
        if c is not None and has_cotangent(v):
            _check_axes(front, v, c, name, call)
            yield v, c


def _check_axes(front: Any, v: Val, c: Any, name: str, call: Action) -> None:
    is_array = isinstance(c, ArrayValue) or (isinstance(c, Val) and c.is_array)
    axes = (len(front.arr(c).shape) if is_array else 0, v.type.ndim if v.is_array else 0)
    if axes[0] != axes[1]:
        raise NotDifferentiable(
            f"got a cotangent of {axes[0]} axes from the vjp of {name}, expected {axes[1]}, as the "
            "argument has",
            call.loc,
        )


def add_to_array(b: Any, to: Val, c: Any) -> None:
    """Adds an array to one of the same shape, which is checked."""
    front = Front()
    front.b = b
    front.write(front.arr(to), c, add=True)


def pushed(
    b: Any, call: Action, args: list[Val], tangents: list[Val]
) -> tuple[list[Val], list[Val]]:
    """The results of a call and their tangents."""
    name, rule = _rule(call)
    if rule.jvp is None:
        raise NotDifferentiable(
            f"got {name} in forward mode, or in a second derivative, of which only the vjp is "
            f"given; give its tangent with {name}.defjvp",
            call.loc,
        )
    _, found = executed(b, rule.jvp, [tuple(args), tuple(tangents)])
    pair = found if isinstance(found, tuple) and len(found) == 2 else (None, None)
    sides = [list(leaves((tree,))) for tree in pair]
    for side in sides:
        if [v.is_array for v in side] != [v.is_array for v in call.res]:
            raise NotDifferentiable(
                f"got no pair of a result and its tangent from the jvp of {name}, expected both "
                "like the result of the function",
                call.loc,
            )
    out, t = (
        [x if x.is_array else b.cast(x, v.type) for v, x in zip(call.res, side, strict=True)]
        for side in sides
    )
    return out, t
