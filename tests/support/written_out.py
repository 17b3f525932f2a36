"""Loop nodes written out again: the graph of their turns, node by node.

What a loop hands out is an array of references to elements of nodes, on which movements act as in
NumPy; where another operation reads such an array, it must be that of a whole node, or of nodes
joined along an axis. Start at `written_out`.
"""

import numpy as np

from jitgrad.base.dtypes import INT64
from jitgrad.control import LOOP, TURN
from jitgrad.control.body import part_shape
from jitgrad.ir import CONST, Node, const, rebuilt, toposort
from jitgrad.ops.joining import CONCATENATE

MOVEMENTS = ("slice", "reshape", "permute")


def written_out(roots, lists=()):
    """The graph of `roots` without loops; `lists` has the numbers that leaves are lists of."""
    given = {node: _numbers(numbers) for node, numbers in dict(lists).items()}
    return [_whole(x) for x in _values(roots, given)]


def _values(roots, given):
    made = dict(given)
    for node in toposort(list(roots)):
        if node not in made:
            made[node] = _value(node, [made[s] for s in node.src])
    return [made[r] for r in roots]


def _value(node, src):
    if node.op is LOOP:
        return _turns(node, src)
    if src and isinstance(src[0], np.ndarray) and node.op.kind in MOVEMENTS:
        if node.op.kind == "reshape":
            return _if_whole(src[0].reshape(node.shape))
        starts = [int(s.arg) for s in src[1:]]
        return _if_whole(node.op.reference(src[0], *starts, node=node))
    src = [_whole(s) for s in src]
    if src and node.dtype == INT64 and all(s.op is CONST for s in src):
        return const(int(node.op.reference(*[s.arg for s in src], node=node)))
    if node.op is CONCATENATE:
        src = [y for x in src for y in (x.src if _joins(x, node.arg) else [x])]
    return rebuilt(node, tuple(src))


def _joins(x, axis):
    return x.op is CONCATENATE and x.arg == axis


def _turns(node, src):
    body, length, results = node.arg
    turns, *sources = src
    n, m = body.carries, body.moving.start
    carried = [_whole(s) for s in sources[:n]]
    still = [_whole(s) for s in sources[n:m]]
    moving = [s if isinstance(s, np.ndarray) else _elements(s) for s in sources[m:]]
    handed = {}
    for t in reversed(range(turns.arg)) if body.reverse else range(turns.arg):
        values = [*carried, *still, *[_whole(s[t, ...]) for s in moving]]
        env = dict(zip(body.parameters, values, strict=True)) | {TURN: const(t, INT64)}
        out = [_whole(x) for x in _values(body.results, env)]
        carried, handed[t] = out[:n], out
    parts = []
    for k in results:
        rows = [carried[k]] if k < n else [handed[t][k] for t in range(length)]
        parts.append(np.concatenate([_elements(r).reshape(-1) for r in rows]))
        assert parts[-1].size == np.prod(part_shape(node.arg, k))
    return _if_whole(np.concatenate(parts))


def _elements(node):
    """References to the elements of a node."""
    out = np.empty(node.size, object)
    out[:] = [(node, i) for i in range(node.size)]
    return out.reshape(node.shape)


def _numbers(numbers):
    return np.stack([_elements(n) for n in numbers])


def _if_whole(x):
    """The node whose elements are `x`, or `x`."""
    first = x.reshape(-1)[0][0]
    return first if _is(x, first) else x


def _whole(x):
    """The node whose elements are `x`."""
    if isinstance(x, Node):
        return x
    first = x.reshape(-1)[0][0]
    if _is(x, first):
        return first
    joined = [axis for axis in range(x.ndim) if _joined(x, axis) is not None]
    assert joined, "elements of several nodes that are no concatenation"
    parts = _joined(x, joined[0])
    return Node(CONCATENATE, tuple(parts), joined[0], x.shape, first.dtype)


def _joined(x, axis):
    """The nodes that `x` joins along an axis, or None."""
    out, at = [], 0
    while at < x.shape[axis]:
        rest = x.take(range(at, x.shape[axis]), axis)
        node = rest.reshape(-1)[0][0]
        n = node.shape[axis] if node.ndim == x.ndim else 0
        if not 0 < n <= rest.shape[axis] or not _is(rest.take(range(n), axis), node):
            return None
        out.append(node)
        at += n
    return out


def _is(x, node):
    if x.shape != node.shape:
        return False
    return [*x.reshape(-1)] == [(node, i) for i in range(node.size)]
