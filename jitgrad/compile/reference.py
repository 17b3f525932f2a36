"""The NumPy interpreter: runs a graph node by node through each operation's `reference`.

It is the cold tier, the oracle of the compiled tier's tests, and ``config.compile = "never"``. Values are as in a
plan: flat arrays, and Python numbers for 0-d. Start at `run`.
"""

import numpy as np

from .._config import config
from ..ir import CONST, LEAF, NUMBER, toposort


def run(roots, leaves, numbers):
    """The values of `roots`."""
    order, last = schedule(roots)
    values = {}
    with np.errstate(all="ignore"):
        for k, node in enumerate(order):
            values[node] = _value(node, values, leaves, numbers)
            for dead in last[k]:
                del values[dead]
        return [_given(node, values[node]) for node in roots]


_schedules: dict = {}


def schedule(roots):
    """The nodes in order, and after which step each value is not needed any more."""
    key = tuple(roots)
    found = _schedules.get(key)
    if found is None:
        if len(_schedules) > 256:
            _schedules.clear()
        order = toposort(key)
        at = {node: k for k, node in enumerate(order)}
        until = {node: at[node] for node in order}
        for node in order:
            for s in node.src:
                until[s] = max(until[s], at[node])
        last = [[] for _ in order]
        for node in order:
            if node not in key:
                last[until[node]].append(node)
        found = _schedules[key] = order, last
    return found


def _value(node, values, leaves, numbers):
    if node.op is LEAF:
        x = leaves[node.arg]
        return np.asarray(x, node.dtype).reshape(node.shape)
    if node.op is NUMBER:
        return np.asarray(numbers[node.arg], node.dtype)
    if node.op is CONST:
        return np.asarray(node.arg, node.dtype)
    out = node.op.reference(*[values[s] for s in node.src], node=node)
    if config.verify:
        from ..ir.verify import verify_value

        verify_value(node, out)
    return out


def _given(node, value):
    if not node.shape:
        return np.asarray(value, node.dtype).item()
    out = np.ascontiguousarray(value).reshape(-1)
    return out if out.dtype == node.dtype else out.astype(node.dtype)
