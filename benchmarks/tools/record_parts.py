"""Where the time of a recorded operation goes: ``python -m benchmarks.tools.record_parts``.

The function that records is rebuilt step by step, each version doing one thing more, and all are
timed in turn. The last one is the real operator, in loops of two segments; what it takes beyond the
parts is the end of each segment.
"""

import statistics
import time

import jitgrad
from jitgrad.frontend.tensor import Tensor
from jitgrad.ops import REGISTRY
from jitgrad.tape.segment import Segment, local

ENTRY, TURNS, ROUNDS = REGISTRY["multiply"], 256, 300
new = object.__new__


def call(x, y, /):
    return x


def check(x, y, /):
    seg = local.seg
    if X._seg is seg:
        state = X._state  # noqa: F841 - its reading is what is timed
    kind = type(y)
    if kind is float:
        return x


def look_up(x, y, /):
    seg = local.seg
    if X._seg is seg:
        state = X._state
    kind = type(y)
    if kind is float:
        key = (ENTRY, state, kind)
    try:
        state = NEXT[key]
    except KeyError:
        pass
    return x


def make(x, y, /):
    seg = local.seg
    if X._seg is seg:
        state = X._state
    kind = type(y)
    if kind is float:
        key = (ENTRY, state, kind)
    try:
        state = NEXT[key]
    except KeyError:
        pass
    out = new(Tensor)
    out._seg = seg
    out._state = state
    out._value = out._edge = out._x = None
    return x


def keep(x, y, /):
    seg = local.seg
    if X._seg is seg:
        state = X._state
    kind = type(y)
    if kind is float:
        key = (ENTRY, state, kind)
    try:
        state = NEXT[key]
    except KeyError:
        pass
    SEGMENT.numbers.append(y)
    out = new(Tensor)
    out._seg = seg
    out._state = state
    out._value = out._edge = out._x = None
    SEGMENT.state = state
    SEGMENT.handles.append(out)
    if state.full:
        return None
    return x


def seconds(x):
    """Per turn of a loop ``y = y * 0.999``."""
    best = []
    for _ in range(ROUNDS):
        y = x
        start = time.perf_counter()
        for _ in range(TURNS):
            y = y * 0.999
        best.append((time.perf_counter() - start) / TURNS)
        SEGMENT.handles.clear()
        SEGMENT.numbers.clear()
    return statistics.median(best)


def measured():
    """{part: seconds}, in the order in which a record does them, and of an operation in all."""
    global X, NEXT, SEGMENT
    SEGMENT = Segment()
    jitgrad.config.compile = "always"
    start = jitgrad.tensor(0.5)
    for _ in range(3):  # the plan exists then
        seconds(start)
    X = start * 1.0
    key = (ENTRY, X._state, float)
    NEXT = {key: (X * 0.999)._state}
    parts = {
        "a call of an operator": call,
        "which segment, which operands": check,
        "key and look-up": look_up,
    }
    parts |= {"a handle": make, "what the segment keeps": keep}
    times = {}
    for name, version in parts.items():
        times[name] = seconds(type("Version", (), {"__mul__": version})())
    times["the end of the segment, its plan"] = seconds(jitgrad.tensor(0.5))
    before, found = 0.0, {}
    for name, took in times.items():
        found[name] = max(took - before, 0.0)
        before = max(before, took)
    return found | {"an operation": before}


def main():
    for name, took in measured().items():
        print(f"{name:36}{took * 1e9:6.0f} ns")


if __name__ == "__main__":
    main()
