"""Where the time of a recorded operation goes: ``python -m benchmarks.tools.record_parts``.

The function that records is rebuilt step by step, each version doing one thing more, and all are
timed in turn. The last one is the real operator by Python's records, in loops of two segments; what
it takes beyond the parts is the end of each segment. Below that stands the same by records in
machine code.
"""

import statistics
import time

import jitgrad
from jitgrad.ops import REGISTRY
from jitgrad.runtime import toolchain
from jitgrad.tape.machine_records import records
from jitgrad.tape.segment import Segment, local

ENTRY, TURNS, ROUNDS = REGISTRY["multiply"], 256, 300


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
    if X._seg is seg and type(y) is float:
        BEFORE.next[ENTRY, X._state, float]
        return x


def take(x, y, /):
    seg = local.seg
    if X._seg is seg and type(y) is float:
        state = BEFORE.next[ENTRY, X._state, float]
        out = SEGMENT.handles[state.slot]
        if out is None or out._state is not state:
            return None
        out._seg, out._x = seg, None
        return x


def keep(x, y, /):
    seg = local.seg
    if X._seg is seg and type(y) is float:
        state = BEFORE.next[ENTRY, X._state, float]
        out = SEGMENT.handles[state.slot]
        if out is None or out._state is not state:
            return None
        SEGMENT.numbers[BEFORE.numbers] = y
        out._seg, out._x = seg, None
        SEGMENT.state = state
        if state.pause:
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
    return statistics.median(best)


def measured():
    """{part: seconds}, in the order in which a record does them, and of an operation in all."""
    global X, BEFORE, SEGMENT
    jitgrad.config.compile = "always"
    start = jitgrad.tensor(0.5)
    for _ in range(3):  # the plan exists then
        seconds(start)
    jitgrad.synchronize()
    by_machine_code = seconds(start) if records.places else None
    was = bool(records.places)
    records.remove()
    X = start * 1.0
    BEFORE = local.seg.state
    spare = X * 0.999
    SEGMENT = Segment(capacity=BEFORE.then.capacity)
    SEGMENT.handles[BEFORE.then.slot] = spare
    parts = {
        "a call of an operator": call,
        "which segment, which operands": check,
        "the key and its look-up": look_up,
        "a handle that serves again": take,
        "what the segment keeps": keep,
    }
    times = {}
    for name, version in parts.items():
        times[name] = seconds(type("Version", (), {"__mul__": version})())
    times["the end of the segment, its plan"] = seconds(jitgrad.tensor(0.5))
    before, found = 0.0, {}
    for name, took in times.items():
        found[name] = max(took - before, 0.0)
        before = max(before, took)
    found["an operation by Python's records"] = before
    if was:
        records.ask(toolchain.load())
        found["an operation by those in machine code"] = by_machine_code
    return found


def main():
    for name, took in measured().items():
        print(f"{name:38}{took * 1e9:6.0f} ns")


if __name__ == "__main__":
    main()
