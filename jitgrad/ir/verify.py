"""The verifier: what is true of every node of a graph, as a table.

`CHECKS` has, for each kind of operation, rows (name, predicate, what was got, what was expected).
The rows of a kind are asked in order after those of `EVERY`, so a later row may rely on an earlier
one. `verify` asks them of a graph; a node is asked once. It runs for every record and every plan
while ``config.verify`` is on, as it is in the tests: a wrong rule of the catalogue then fails where
it is applied, with its own name, and not as a wrong number in a kernel. `verify_value` and
`checked` are the same for values: what a reference gave against the shape and dtype its node
promised.

Start at `CHECKS`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from weakref import WeakSet

import numpy as np

from ..base.dtypes import INT64, NUMBER_DTYPE, SUPPORTED
from ..base.errors import CompileError
from .node import Node, Op
from .shapes import broadcast_shapes


class Check(NamedTuple):
    """One invariant: `holds` and `got` take a node; `expected` says the rule in words."""

    name: str
    holds: Callable[[Any], bool]
    got: Callable[[Any], object]
    expected: str


#: Which of the shapes at a node a check is of.
Lengths = Callable[[Node], tuple[int, ...]]


# --- the predicates that are more than an expression ----------------------------------------------


def _is_shape(shape: object) -> bool:
    return type(shape) is tuple and all(type(n) is int and n >= 0 for n in shape)


@functools.cache
def _placeholders(code: str) -> set[int]:
    return {int(k) for k in re.findall(r"\{(\d+)\}", code)}


def _reads_all_sources(node: Node) -> bool:
    return node.op.code is None or _placeholders(node.op.code) == set(range(len(node.src)))


def _fits(value: object, dtype: np.dtype) -> bool:
    """Whether the Python number `value` is one that `dtype` holds."""
    if dtype.kind == "b":
        return type(value) is bool
    if dtype.kind in "fc":
        return type(value) is (float if dtype.kind == "f" else complex)
    return type(value) is int and np.iinfo(dtype).min <= value <= np.iinfo(dtype).max


def _stretches(node: Node) -> bool:
    return all(n == m or n == 1 for n, m in zip(node.src[0].shape, node.shape, strict=True))


def _permuted(node: Node) -> tuple[int, ...]:
    return tuple(node.src[0].shape[a] for a in node.arg)


def _reduced(node: Node) -> tuple[int, ...]:
    return tuple(n for i, n in enumerate(node.src[0].shape) if i not in node.arg)


def _is_axes(node: Node) -> bool:
    axes = node.arg
    return (
        type(axes) is tuple
        and len(axes) > 0
        and all(type(a) is int and 0 <= a < node.src[0].ndim for a in axes)
        and list(axes) == sorted(set(axes))
    )


def _is_scan_arg(node: Node) -> bool:
    arg = node.arg
    if type(arg) is not tuple or len(arg) != 2 or type(arg[1]) is not bool:
        return False
    return type(arg[0]) is int and 0 <= arg[0] < node.ndim


def _starts(node: Node) -> tuple[Node, ...]:
    return node.src[2:] if node.op.kind == "update" else node.src[1:]


def _starts_fit(node: Node) -> bool:
    starts = _starts(node)
    return len(starts) == node.src[0].ndim and all(
        s.shape == () and s.dtype == INT64 for s in starts
    )


def _is_steps(node: Node) -> bool:
    steps = node.arg
    return (
        type(steps) is tuple
        and len(steps) == node.src[0].ndim
        and all(type(s) is int and s != 0 for s in steps)
    )


def _window_within(whole: Lengths, part: Lengths) -> Callable[[Node], bool]:
    """Whether start + i * step is inside `whole` for each i below the length of `part`; unknown
    starts are trusted."""

    def holds(node: Node) -> bool:
        for start, step, n, m in zip(
            _starts(node), node.arg, part(node), whole(node), strict=False
        ):
            if start.op.kind == "const" and n:
                first, last = start.arg, start.arg + (n - 1) * step
                if not (0 <= first < m and 0 <= last < m):
                    return False
        return True

    return holds


def _own(node: Node) -> tuple[int, ...]:
    return node.shape


def _source(node: Node) -> tuple[int, ...]:
    return node.src[0].shape


def _written(node: Node) -> tuple[int, ...]:
    return node.src[1].shape


def _window(node: Node) -> str:
    starts = [s.arg if s.op.kind == "const" else "?" for s in _starts(node)]
    return f"starts {starts}, steps {list(node.arg)}, {_source(node)} to {node.shape}"


def _has_indices(node: Node) -> bool:
    x, *index = node.src
    if not index or any(i.dtype != INT64 for i in index):
        return False
    if node.arg is None:
        return len(index) <= x.ndim and all(i.shape == index[0].shape for i in index)
    return len(index) == 1 and index[0].ndim == x.ndim and node.arg in range(x.ndim)


def _gathered(node: Node) -> tuple[int, ...]:
    x, *index = node.src
    if node.arg is None:
        return index[0].shape + x.shape[len(index) :]
    rest = tuple(1 if a == node.arg else n for a, n in enumerate(x.shape))
    return broadcast_shapes(rest, index[0].shape)


# --- the rows several kinds share -----------------------------------------------------------------


def _no_sources() -> Check:
    return Check("sources", lambda n: n.src == (), lambda n: f"{len(n.src)} sources", "none")


def _one_source() -> Check:
    return Check("sources", lambda n: len(n.src) == 1, lambda n: f"{len(n.src)} sources", "one")


def _no_argument() -> Check:
    return Check("argument", lambda n: n.arg is None, lambda n: f"argument {n.arg!r}", "None")


def _scalar() -> Check:
    return Check("shape", lambda n: n.shape == (), lambda n: f"shape {n.shape}", "()")


def _same_dtype() -> Check:
    return Check(
        "dtype",
        lambda n: n.dtype == n.src[0].dtype,
        lambda n: f"{n.src[0].dtype} to {n.dtype}",
        "the source's own dtype",
    )


def _combines() -> Check:
    return Check(
        "combination",
        lambda n: (
            n.op.identity is not None
            and n.op.combine is not None
            and _placeholders(n.op.combine) == set(range(len(n.src) + 1))
        ),
        lambda n: f"identity {n.op.identity!r}, combine {n.op.combine!r}",
        "an identity, and an expression of {0} and a place for each source",
    )


def _windows(kind: str, whole: Lengths, part: Lengths) -> tuple[Check, ...]:
    """The rows of slice and pad, each the adjoint of the other, and of update."""
    return (
        Check(
            "starts",
            _starts_fit,
            lambda n: f"starts {_starts(n)} for {n.src[0]!r}",
            "one 0-d int64 start per axis",
        ),
        Check(
            "steps",
            _is_steps,
            lambda n: f"steps {n.arg!r}",
            "a tuple with one integer other than 0 per axis",
        ),
        Check(
            "rank",
            lambda n: n.ndim == n.src[0].ndim,
            lambda n: f"{_source(n)} to {n.shape}",
            "equal ranks",
        ),
        _same_dtype(),
        Check(
            "bounds",
            _window_within(whole, part),
            _window,
            f"a {kind} inside the longer of the two on every axis",
        ),
    )


EVERY = (
    Check("op", lambda n: type(n.op) is Op, lambda n: f"op {n.op!r}", "an Op"),
    Check(
        "kind",
        lambda n: n.op.kind in CHECKS,
        lambda n: f"kind {n.op.kind!r}",
        "a kind that `ir.node.Op` lists",
    ),
    Check(
        "shape",
        lambda n: _is_shape(n.shape),
        lambda n: f"shape {n.shape!r}",
        "a tuple of int, none negative",
    ),
    Check(
        "dtype",
        lambda n: isinstance(n.dtype, np.dtype) and n.dtype in SUPPORTED,
        lambda n: f"dtype {n.dtype!r}",
        "an np.dtype jitgrad computes in",
    ),
    Check(
        "sources",
        lambda n: type(n.src) is tuple and all(type(s) is Node for s in n.src),
        lambda n: f"sources {n.src!r}",
        "a tuple of Node",
    ),
    Check(
        "reference",
        lambda n: n.op.kind in ("leaf", "number") or callable(n.op.reference),
        lambda n: f"reference {n.op.reference!r}",
        "a NumPy function",
    ),
)

CHECKS: dict[str, tuple[Check, ...]] = {
    "leaf": (
        _no_sources(),
        Check(
            "argument",
            lambda n: type(n.arg) in (int, tuple),
            lambda n: f"argument {n.arg!r}",
            "its number, or a tuple that names it",
        ),
    ),
    "number": (
        _no_sources(),
        _scalar(),
        Check(
            "argument", lambda n: type(n.arg) is int, lambda n: f"argument {n.arg!r}", "its number"
        ),
        Check(
            "dtype",
            lambda n: n.dtype in NUMBER_DTYPE.values(),
            lambda n: f"dtype {n.dtype}",
            "that of a Python number: float64, complex128, int64 or bool",
        ),
    ),
    "const": (
        _no_sources(),
        _scalar(),
        Check(
            "argument",
            lambda n: _fits(n.arg, n.dtype),
            lambda n: f"{type(n.arg).__name__} {n.arg!r} as {n.dtype}",
            "a Python number that the dtype holds",
        ),
    ),
    "elementwise": (
        Check(
            "sources",
            lambda n: len(n.src) > 0 and all(s.shape == n.shape for s in n.src),
            lambda n: f"sources of shapes {[s.shape for s in n.src]} for {n.shape}",
            "one source or more, each of the node's own shape",
        ),
        Check(
            "code",
            _reads_all_sources,
            lambda n: f"{len(n.src)} sources for the code {n.op.code!r}",
            "one place in the code for each source",
        ),
    ),
    "broadcast": (
        _one_source(),
        _no_argument(),
        _same_dtype(),
        Check(
            "rank",
            lambda n: n.ndim == n.src[0].ndim,
            lambda n: f"{_source(n)} to {n.shape}",
            "equal ranks",
        ),
        Check(
            "lengths",
            _stretches,
            lambda n: f"{_source(n)} to {n.shape}",
            "stretched axes to have length 1",
        ),
    ),
    "permute": (
        _one_source(),
        Check(
            "axes",
            lambda n: type(n.arg) is tuple and sorted(n.arg) == list(range(n.src[0].ndim)),
            lambda n: f"axes {n.arg!r} of {_source(n)}",
            "each axis of the source once",
        ),
        _same_dtype(),
        Check(
            "shape",
            lambda n: n.shape == _permuted(n),
            lambda n: f"{_source(n)} to {n.shape} by {n.arg}",
            "permuted lengths",
        ),
    ),
    "reshape": (
        _one_source(),
        _no_argument(),
        _same_dtype(),
        Check(
            "size",
            lambda n: n.size == n.src[0].size,
            lambda n: f"{_source(n)} to {n.shape}",
            "as many elements",
        ),
    ),
    "slice": _windows("slice", _source, _own),
    "pad": _windows("pad", _own, _source),
    "update": (
        *_windows("write", _own, _written),
        Check(
            "shape",
            lambda n: n.shape == _source(n),
            lambda n: f"{_source(n)} to {n.shape}",
            "the source's shape",
        ),
        Check(
            "written",
            lambda n: n.src[1].ndim == n.ndim and n.src[1].dtype == n.dtype,
            lambda n: f"{n.src[1]!r} for {n!r}",
            "a value to write of the node's rank and dtype",
        ),
    ),
    "gather": (
        _same_dtype(),
        Check(
            "indices",
            _has_indices,
            lambda n: f"{n.src[1:]!r} of {n.src[0]!r} along {n.arg}",
            "int64 arrays of one shape for leading axes, or one of the source's rank along an axis",
        ),
        Check(
            "shape",
            lambda n: n.shape == _gathered(n),
            lambda n: f"{n.shape}",
            "that of what is picked",
        ),
    ),
    "reduce": (
        _one_source(),
        Check(
            "axes",
            _is_axes,
            lambda n: f"axes {n.arg!r} of {_source(n)}",
            "a sorted tuple of distinct axes in range, not empty",
        ),
        _same_dtype(),
        Check(
            "shape",
            lambda n: n.shape == _reduced(n),
            lambda n: f"{_source(n)} to {n.shape} over {n.arg}",
            "those axes gone",
        ),
        _combines(),
    ),
    "scan": (
        Check(
            "sources",
            lambda n: len(n.src) in (1, 2),
            lambda n: f"{len(n.src)} sources",
            "one or two",
        ),
        Check(
            "shape",
            lambda n: all(s.shape == n.shape for s in n.src),
            lambda n: f"{_source(n)} to {n.shape}",
            "the shape of the sources",
        ),
        Check(
            "argument",
            _is_scan_arg,
            lambda n: f"argument {n.arg!r} for shape {n.shape}",
            "(axis in range, reverse)",
        ),
        Check(
            "dtype",
            lambda n: all(s.dtype == n.dtype for s in n.src),
            lambda n: f"{', '.join(str(s.dtype) for s in n.src)} to {n.dtype}",
            "the dtype of the sources",
        ),
        _combines(),
    ),
    "call": (),
}

_asked: WeakSet[Node] = WeakSet()


def verify(*roots: Node) -> None:
    """Checks every node that `roots` need and that was not checked before.

    Raises
    ------
    CompileError
        An invariant is broken: names the node and the invariant, what was got and what was
        expected.
    """
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in _asked:
            _check(node)
            _asked.add(node)
            stack.extend(node.src)


def _check(node: Node) -> None:
    for check in EVERY:
        _ask(check, node)
    for check in CHECKS[node.op.kind]:
        _ask(check, node)


def _ask(check: Check, node: Node) -> None:
    if not check.holds(node):
        raise CompileError(
            f"{_name(node)}: the invariant {check.name!r} is broken: got {check.got(node)}, "
            f"expected {check.expected}; "
            "the rule that built this node is wrong, please report it"
        )


def verify_value(node: Node, value: Any) -> None:
    """Checks that `value`, which a reference gave for `node`, has the shape and dtype the node
    promised."""
    got = np.asarray(value)
    if got.shape != node.shape or got.dtype != node.dtype:
        raise CompileError(
            f"{_name(node)}: got a value of shape {got.shape} and dtype {got.dtype} from its "
            "reference, "
            f"expected {node.shape} and {node.dtype}; the rule that built this node is wrong, "
            "please report it"
        )


def checked(reference: Callable[..., Any]) -> Callable[..., Any]:
    """`reference` with its value verified."""

    def function(*values: Any, node: Node, **into: Any) -> Any:
        out = reference(*values, node=node, **into)
        verify_value(node, out)
        return out

    return function


def _name(node: Node) -> str:
    """`node` in words, whatever is wrong with it."""
    op = getattr(node.op, "name", node.op)
    return f"node {op} ({getattr(node.op, 'kind', 'no kind')}) {node.dtype} {node.shape}"
