"""Looking for nan: who is told what a thread runs, and raises an error for the first operation that
makes one.

After each run of a plan a watcher looks at the results (`jitgrad.runtime.events`). Where a plan is
of more than one operation, as the turns of a loop are, it is run again, node by node
(`jitgrad.interpret.search`). Start at `NanCheck.ran`.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from ..base.anomaly import here
from ..base.dtypes import is_inexact
from ..base.errors import NonFiniteError
from ..base.origins import Noted
from ..interpret.search import first_made
from ..runtime import events
from ..runtime.plan import Plan
from ..tape.segment import operations_to
from .nan_reports import error_of


class NanCheck(events.Watcher):
    """Looks for nan, and with `infs` for inf, in what plans of one thread compute."""

    def __init__(self, infs: bool) -> None:
        self.thread, self.infs = threading.get_ident(), infs

    def wrong(self, x: Any) -> Any:
        """Where `x` is what is looked for."""
        x = np.asarray(x)
        if not is_inexact(x.dtype):
            return np.zeros(x.shape, bool)
        return ~np.isfinite(x) if self.infs else np.isnan(x)

    def is_wrong(self, x: Any) -> bool:
        """Whether anything in `x` is."""
        return bool(np.any(self.wrong(x)))

    def ran(self, plan, leaves, numbers, out, compiled, seconds):
        if threading.get_ident() != self.thread or here.check is not self:
            return
        error = self.error(plan, leaves, numbers, out)
        if error is not None:
            raise error

    def error(self, plan: Plan, leaves: Any, numbers: Any, out: Any) -> NonFiniteError | None:
        """The error that a run of `plan` is, if any."""
        place = record_of(plan)
        simple = place is not None and place.inner is None
        origins = {} if simple else plan.origins or {}
        if not origins and not any(map(self.is_wrong, out)):
            return None
        made = first_made(plan.roots, leaves, numbers, origins, self.wrong)
        return None if made is None else error_of(self.wrong, made, plan, place)


def record_of(plan: Plan) -> Noted | None:
    """What is known of the operation that the plan computes or differentiates."""
    path = () if plan.recorded is None else operations_to(plan.recorded)
    found = [s.place for s in path if type(s.place) is Noted]
    return found[-1] if found else None
