"""What `explain` says of a function of `njit`: the emitted derivative, and what it keeps.

Start at `explained`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..base.units import table
from ..loops.form import LOOPS
from ..loops.needs import bytes_of


@dataclass(frozen=True, repr=False)
class NumbaExplanation:
    """A derivative; ``print`` it.

    Attributes
    ----------
    name : str
        The function.
    source : str
        The emitted module: the derivative, and the entry that makes its arrays.
    file : str
        Where it stands.
    kept : list of (line, names, bytes)
        Per loop the values that a turn leaves on its tape, and the bytes that takes.
    merged : list of int
        Lines of loops whose turns are reversed as they run, without a tape.
    undone : list of int
        Lines of stores that the reverse sweep undoes.
    versions : list of int
        Lines of loops each turn of which writes a new array, in place of one of several buffers
        that change places.
    cut : list of (line, str)
        Where the derivative ends: what has none.
    """

    name: str
    source: str
    file: str
    kept: list[tuple[int, tuple[str, ...], int]]
    merged: list[int]
    undone: list[int]
    versions: list[int]
    cut: list[tuple[int, str]]

    def __str__(self) -> str:
        rows = [["loop in line", "kept per turn", "bytes"]]
        rows += [[f"{line}", ", ".join(names), f"{size}"] for line, names, size in self.kept]
        lines = [f"the derivative of {self.name}: {self.file}"]
        lines += table(rows, {0, 2}) if self.kept else ["no loop keeps anything"]
        for what, where in (
            ("loops reversed turn by turn, without a tape", self.merged),
            ("stores undone in the reverse sweep", self.undone),
            ("loops whose turns write new arrays", self.versions),
        ):
            if where:
                lines.append(f"{what}: line {', '.join(map(str, where))}")
        lines += [f"line {line}: {what} has no derivative" for line, what in self.cut]
        return "\n".join([*lines, "", self.source])

    __repr__ = __str__


def explained(made: Any) -> NumbaExplanation:
    """That of a derivative in reverse mode."""
    plan = made.core_form.plan
    kept = []
    for r, values in plan.kept.items():
        loop = r.action
        if loop is None or loop.kind not in LOOPS or not values:
            continue
        names = tuple(sorted([v.hint for v in values]))
        size = sum([0 if v.is_array else bytes_of(v.type) for v in values])
        kept.append((_line(loop), names, size))
    made.compiled()
    return NumbaExplanation(
        made.primal.form.name,
        made.text,
        made.file,
        sorted(kept),
        sorted({_line(a) for a in plan.merged}),
        sorted({_line(a) for a in plan.old}),
        sorted({_line(a) for a in plan.versions}),
        [(loc[1] if loc else 0, what) for loc, what in plan.warnings],
    )


def _line(action: Any) -> int:
    return action.loc[1] if action.loc else 0
