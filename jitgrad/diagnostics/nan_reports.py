"""The text of the error for an operation that made a nan. Start at `error_of`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.anomaly import here, users_line
from ..base.dtypes import is_inexact
from ..base.errors import NonFiniteError
from ..base.origins import Noted, Origin
from ..interpret.search import Made
from ..ir.printer import counted
from ..runtime.plan import Plan

#: Operands that are described, and values that are written out.
OPERANDS, VALUES = 4, 4


def error_of(
    wrong: Callable[[Any], Any], made: Made, plan: Plan, place: Noted | None
) -> NonFiniteError:
    """The error for what a search has found in a plan.

    Parameters
    ----------
    wrong : callable
        Where an array is what was looked for.
    made : Made
    plan : Plan
    place : Noted or None
        What is known of the operation that the plan computes or differentiates.

    Returns
    -------
    NonFiniteError
    """
    origin = made.origin or _origin(made, plan, place)
    where = wrong(made.value)
    kind = "nan" if np.isnan(made.value).any() else "inf"
    of = f"the derivative of {origin.operation}" if origin.derivative else origin.operation
    numbers = (*here.turns, *made.turns)
    turns = "".join(f", in turn {t} of a loop (from 0)" for t in numbers)
    lines = [f"got {kind} from {of}{turns}, which made it of values without any:"]
    lines.append(f"  result    {_array(made.value)}: {_count(where)}")
    word = "reads  " if origin.derivative else "operand"
    lines += [f"  {word}   {_array(x)}: {_range(x)}" for x in made.operands[:OPERANDS]]
    if len(made.operands) > OPERANDS:
        lines.append(f"  and {counted(len(made.operands) - OPERANDS, 'array')} more")
    lines += [f"  recorded  at {line}" for line in origin.lines]
    if not origin.lines:
        lines.append(
            "  recorded  before debug_nans was entered, or in a trace that keeps no lines; enter "
            "it around all of the computation for the line"
        )
    lines.append(
        "expected finite values; keep the operands where the "
        f"{'derivative' if origin.derivative else 'operation'} is finite (choose them by "
        "jitgrad.where before the operation, not after it), or leave this part out by "
        "jitgrad.debug_nans(False)"
    )
    error = NonFiniteError("\n".join(lines))
    error.operation, error.derivative = origin.operation, origin.derivative
    error.lines, error.turns = tuple(map(tuple, origin.lines)), numbers
    return error


def _origin(made: Made, plan: Plan, place: Noted | None) -> Origin:
    """The origin of a result of a plan: the operation that this is of, as a whole."""
    derivative = _is_derivative(made, plan)
    if place is not None:
        return place.origin._replace(derivative=place.origin.derivative or derivative)
    lines = () if plan.recorded is not None else (users_line(),)
    return Origin(made.node.op.name, lines, derivative)


def _is_derivative(made: Made, plan: Plan) -> bool:
    """Whether a result of a plan is a gradient or tangent."""
    if plan.title == "tangents" or plan.title.startswith("backward"):
        return True
    first = 0
    for what, count in plan.parts:
        if what in ("gradient", "tangent") and made.node in plan.roots[first : first + count]:
            return True
        first += count
    return False


def _array(x: Any) -> str:
    x = np.asarray(x)
    return f"{x.dtype}[{', '.join(map(str, x.shape))}]"


def _count(where: Any) -> str:
    """How many elements are wrong, and the first of them."""
    if not where.ndim:
        return "it is"
    first = ", ".join(str(k) for k in np.argwhere(where)[0])
    return f"{int(where.sum())} of {counted(where.size, 'element')}, the first at [{first}]"


def _range(x: Any) -> str:
    """The values of an array, if they are few, or their range, and how many are not finite."""
    x = np.asarray(x)
    if x.size <= VALUES:
        return ", ".join([f"{v:.6g}" if is_inexact(x.dtype) else str(v) for v in x.ravel()])
    if not is_inexact(x.dtype):
        return f"from {x.min()} to {x.max()}"
    finite = x[np.isfinite(x)]
    if x.dtype.kind == "c":
        finite = abs(finite)  # complex numbers have no range; their magnitudes have
    magnitude = "magnitude " if x.dtype.kind == "c" else ""
    said = [f"{magnitude}from {finite.min():.6g} to {finite.max():.6g}"] if finite.size else []
    zeros = int((x == 0).sum())
    said += [counted(zeros, "zero")] if zeros else []
    for kind, count in (("nan", np.isnan(x).sum()), ("inf", np.isinf(x).sum())):
        said += [f"{int(count)} {kind}"] if count else []
    return ", ".join(said)
