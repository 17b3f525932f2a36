"""Functions of numba on tensors: one operation of the tape, with derivatives of two orders.

The operation is a *call*: it runs the compiled function on copies of what that would write to, and
gives its results and what it leaves in the written arguments, packed in one array, since a node has
one cotangent (see `ops.packing`). What it is differentiated by are calls of derived functions:

    CALL   x -> F(x)                    vjp  PULL         jvp  PUSH
    PULL   g, x -> J(x)ᵀ g              vjp  PUSH, TWICE  jvp  PULL, TWICE
    PUSH   t, x -> J(x) t               vjp  PULL, TWICE  jvp  PUSH, SECOND
    TWICE  t, g, x -> d/dx (J(x)ᵀ g) t  (refused)
    SECOND t, u, x -> d/dx (J(x) t) u   (refused)

TWICE is forward mode over reverse mode; since second derivatives do not depend on the order, it is
the vjp of both first derivatives. Start at `call_on_tensors`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.dtypes import FLOAT64
from ..base.errors import AliasError, GradientError, JitError
from ..frontend.convert import as_operand
from ..frontend.tensor import Tensor
from ..ir import Node, Op
from ..loops.form import leaves, like
from ..loops.lengths import length
from ..loops.outside import rules
from ..ops.movement import pad_node, slice_node
from ..ops.packing import Packing
from ..ops.primitives import broadcast, cast, reduce_sum, reshape_to
from ..runtime.numba.inference import array_type, from_dtype, to_dtype, typeof
from ..tape.segment import local
from .loop_operations import recorded

#: Levels of `vmap`, the outermost first: for each, which sources have an axis for it.
Levels = tuple[tuple[bool, ...], ...]


class Operand:
    """The place of an operand in the arguments of a call."""

    __slots__ = ("k",)

    def __init__(self, k: int) -> None:
        self.k = k


class NumbaCall:
    """A call of one function on operands of certain shapes and dtypes.

    Attributes
    ----------
    work : NumbaGradients
    template : list
        The arguments, with `Operand` in the place of tensors, arrays and floats.
    primal : Primal
        What the function gives for arguments of these types.
    smooth : tuple of int
        The operands that it is differentiated by.
    outputs : list of (shape, dtype)
        Those of the results and of the contents of written arguments.
    inside, outside : Packing
        The places of smooth operands, and of smooth outputs, in a packed array.
    """

    outputs: list[tuple[tuple[int, ...], np.dtype]]
    outside: Packing
    out_dtype: np.dtype

    def __init__(self, work: Any, template: list[Any], avals: Any, smooth: tuple[int, ...]) -> None:
        self.work, self.template, self.avals = work, template, avals
        self.types = [_typed(t, avals) for t in template]
        self.flat = list(leaves(tuple(template)))
        self.numbers = [x for x in self.flat if x is not None and not callable(x)]
        #: The numbers of the smooth operands among numbers and arrays.
        self.places = tuple(
            [i for i, x in enumerate(self.numbers) if isinstance(x, Operand) and x.k in smooth]
        )
        self.primal = work.primal(self.types, self.places)
        self.smooth = tuple(
            [self.numbers[i].k for i in self.places if avals[self.numbers[i].k][1].kind == "f"]
        )
        args = self.primal.form.args
        self.mutated = [k for k, v in enumerate(args) if v in self.primal.mutated]
        #: Those of the written arguments that it is differentiated by.
        self.active = [k for k in self.mutated if args[k] in self.primal.wrt]
        self.inside = Packing(
            {k: avals[k][0] for k in self.smooth}, {k: avals[k][1] for k in self.smooth}
        )
        self.in_dtype = np.result_type(*[avals[k][1] for k in self.smooth] or [np.float64])
        self.made: dict[str, Any] = {}

    def settle(self, outputs: list[tuple[tuple[int, ...], np.dtype]]) -> None:
        """Sets what the outputs are like."""
        self.outputs = outputs
        floats = {k: s for k, (s, d) in enumerate(outputs) if d.kind == "f"}
        self.outside = Packing(floats, {k: outputs[k][1] for k in floats})
        self.out_dtype = np.result_type(*[outputs[k][1] for k in floats] or [FLOAT64])

    def __repr__(self) -> str:
        return self.work.name

    def derived(self, kind: str) -> Any:
        if kind not in self.made:
            self.made[kind] = self.work.of_places(kind, self.types, self.places)
        return self.made[kind]

    def given(self, arrays: Sequence[np.ndarray]) -> list[Any]:
        """The numbers and arrays that the compiled function gets."""
        return [_plain(arrays[x.k]) if isinstance(x, Operand) else x for x in self.numbers]

    def arguments(self, given: list[Any]) -> list[Any]:
        """The arguments, of numbers and arrays `given`."""
        values = iter(given)
        return [
            like(t, iter([x if x is None or callable(x) else next(values) for x in leaves((t,))]))
            for t in self.template
        ]

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs for operands."""
        given = self.given(arrays)
        for k in self.mutated:
            given[k] = given[k].copy()
        out = self.work.function(*self.arguments(given))
        return [np.asarray(x) for x in (*leaves((out,)), *[given[k] for k in self.mutated])]

    def seeds(self, g: np.ndarray) -> tuple[list[Any], list[Any]]:
        """The cotangents of results, and of the contents of written arguments, from a packed
        one."""
        parts = {k: _part(g, self.outside, k) for k in self.outside.shapes}
        n = len(self.primal.results)
        seeds = [parts[k] for k in range(n) if k in parts]
        written = [parts[n + i] for i, k in enumerate(self.mutated) if k in self.active]
        return seeds, written

    def directions(self, t: np.ndarray) -> list[Any]:
        return [_part(t, self.inside, k) for k in self.smooth]

    def pushed(self, after: Any, tangents: Any, written: Any) -> list[Any]:
        """The tangents of the smooth outputs, from those of float and array results, and of
        written arguments that it is differentiated by."""
        have = [v for v in self.primal.results if v.is_float or v.is_array]
        by = dict(zip(have, tangents, strict=True))
        out = [by[v] for v in self.primal.results if v in self.primal.seeded]
        given = iter(written)
        for k, x in zip(self.mutated, after, strict=True):
            t = next(given) if k in self.active else np.zeros_like(x)
            out += [t] if x.dtype.kind == "f" else []
        return out

    def pack(self, values: Sequence[Any], dtype: np.dtype) -> np.ndarray:
        flat = [np.ravel(np.asarray(x)) for x in values]
        return np.concatenate(flat, dtype=dtype, casting="unsafe") if flat else np.zeros(0, dtype)


def _plain(x: np.ndarray) -> Any:
    """An array as numba's entries have it: in C order, and one that may be written to, so that all
    calls share one compiled function; a number for one without axes."""
    if x.ndim == 0:
        return x[()]
    x = np.ascontiguousarray(x)
    return x if x.flags.writeable else x.copy()


def _part(flat: np.ndarray, packing: Packing, k: int) -> Any:
    shape = packing.shapes[k]
    begin = packing.begins[k]
    part = flat[begin : begin + math.prod(shape)].reshape(shape)
    part = part.astype(packing.dtypes[k])
    return part if shape else part[()]


def _typed(template: Any, avals: Any) -> Any:
    """The numba type of an argument."""

    def one(x: Any) -> Any:
        if not isinstance(x, Operand):
            return x
        shape, dtype = avals[x.k]
        t = from_dtype(dtype)
        return array_type(t, len(shape)) if shape else t

    if not isinstance(template, tuple):
        return one(template) if isinstance(template, Operand) else typeof(template)
    # of an example: numba names the class of a named tuple by itself
    example = [_example(x, avals) for x in leaves(template)]
    return typeof(like(template, iter(example)))


def _example(x: Any, avals: Any) -> Any:
    if not isinstance(x, Operand):
        return x
    shape, dtype = avals[x.k]
    return (
        np.zeros((1,) * len(shape), dtype)[()] if not shape else np.zeros((2,) * len(shape), dtype)
    )


# --- what a plan runs -----------------------------------------------------------------------------


def _call(call: NumbaCall, arrays: Sequence[np.ndarray]) -> np.ndarray:
    out = call.run(arrays)
    return call.pack([out[k] for k in call.outside.shapes], call.out_dtype)


def _call_other(call: NumbaCall, arrays: Sequence[np.ndarray]) -> np.ndarray:
    out = call.run(arrays)
    return call.pack(
        [out[k] for k, (_, d) in enumerate(call.outputs) if d.kind != "f"], np.dtype(np.int64)
    )


def _pull(call: NumbaCall, arrays: Sequence[np.ndarray]) -> np.ndarray:
    seeds, written = call.seeds(arrays[0])
    grads = call.derived("vjp")(*call.given(arrays[1:]), *seeds, *written)[2]
    return call.pack(grads, call.in_dtype)


def _push(call: NumbaCall, arrays: Sequence[np.ndarray]) -> np.ndarray:
    given = call.given(arrays[1:])
    _, after, tangents, written = call.derived("jvp")(*given, *call.directions(arrays[0]))
    return call.pack(call.pushed(after, tangents, written), call.out_dtype)


def _second(call: NumbaCall, arrays: Sequence[np.ndarray]) -> np.ndarray:
    given = call.given(arrays[2:])
    along = [*call.directions(arrays[0]), *call.directions(arrays[1])]
    tangents, written = call.derived("second")(*given, *along)
    after = [given[k] for k in call.mutated]
    return call.pack(call.pushed(after, tangents, written), call.out_dtype)


def _twice(call: NumbaCall, arrays: Sequence[np.ndarray]) -> np.ndarray:
    seeds, written = call.seeds(arrays[1])
    zeros = [np.zeros_like(x) if np.ndim(x) else type(x)(0) for x in (*seeds, *written)]
    given, along = call.given(arrays[2:]), call.directions(arrays[0])
    _, tangents = call.derived("twice")(*given, *seeds, *written, *along, *zeros)
    return call.pack(tangents, call.in_dtype)


def _mapped(run: Any, call: NumbaCall, levels: Levels, arrays: Sequence[np.ndarray]) -> np.ndarray:
    """A call for all rows of `levels`."""
    if not levels:
        return run(call, arrays)
    mask, *inner = levels
    size = next(x.shape[0] for x, m in zip(arrays, mask, strict=True) if m)
    return np.stack(
        [
            _mapped(
                run,
                call,
                tuple(inner),
                [x[i] if m else x for x, m in zip(arrays, mask, strict=True)],
            )
            for i in range(size)
        ]
    )


def _reference(run: Any) -> Any:
    def reference(*arrays: np.ndarray, node: Node) -> np.ndarray:
        if not node.size:
            return np.zeros(node.shape, node.dtype)
        call, levels = node.arg
        return _mapped(run, call, levels, arrays)

    return reference


def _rows(rows: Sequence[Node | None], node: Node, size: int) -> Node:
    """`vmap`: one more level around those there are."""
    call, levels = node.arg
    mask = tuple([r is not None for r in rows])
    src = tuple([s if r is None else r for r, s in zip(rows, node.src, strict=True)])
    return Node(node.op, src, (call, (mask, *levels)), (size, *node.shape), node.dtype)


# --- derivatives ----------------------------------------------------------------------------------


def _derived(op: Op, node: Node, first: Sequence[Node], xs: Sequence[Node], total: int) -> Node:
    """A call of a derived function: of packed operands `first`, and of the operands `xs` of the
    call, which `node` has as its last sources. All of `first` have all levels of `node`."""
    call, levels = node.arg
    ours = tuple([(*[True] * len(first), *mask[len(mask) - len(xs) :]) for mask in levels])
    dtype = call.out_dtype if op in (PUSH, SECOND) else call.in_dtype
    sizes = node.shape[: len(levels)]
    return Node(op, (*first, *xs), (call, ours), (*sizes, total), dtype)


def _to_source(c: Node, s: Node, node: Node, place: int) -> Node:
    """A cotangent with all levels of `node` as that of its source `s`, which has some."""
    levels = node.arg[1]
    missing = tuple([k for k, mask in enumerate(levels) if not mask[place]])
    return cast(reshape_to(reduce_sum(c, missing), s.shape), s.dtype)


def _parts(flat: Node, node: Node, offset: int) -> list[Node | None]:
    """Packed cotangents of the operands, as those of the sources of `node` from `offset` on."""
    call, levels = node.arg
    n = len(levels)
    sizes = node.shape[:n]
    out: list[Node | None] = [None] * (len(node.src) - offset)
    for k in call.smooth:
        shape = call.inside.shapes[k]
        starts, steps = (*[0] * n, call.inside.begins[k]), (1,) * (n + 1)
        part = slice_node(flat, starts, steps, (*sizes, math.prod(shape)))
        part = reshape_to(part, (*sizes, *shape))
        out[k] = _to_source(part, node.src[offset + k], node, offset + k)
    return out


def _laid(tangents: Sequence[Node | None], node: Node, offset: int) -> Node | None:
    """Tangents of the operands, packed; None where all are zero."""
    call, levels = node.arg
    n = len(levels)
    sizes, total = node.shape[:n], call.inside.total
    out = None
    for k in call.smooth:
        t = tangents[offset + k]
        if t is None:
            continue
        shape = call.inside.shapes[k]
        axes = [m if mask[offset + k] else 1 for m, mask in zip(sizes, levels, strict=True)]
        t = broadcast(reshape_to(t, (*axes, *shape)), (*sizes, *shape))
        t = cast(reshape_to(t, (*sizes, math.prod(shape))), call.in_dtype)
        t = pad_node(t, (*[0] * n, call.inside.begins[k]), (1,) * (n + 1), (*sizes, total))
        out = t if out is None else out + t
    return out


def _call_vjp(g: Node, node: Node) -> list[Node | None]:
    call = node.arg[0]
    if not call.smooth:
        return [None] * len(node.src)
    return _parts(_derived(PULL, node, (g,), node.src, call.inside.total), node, 0)


def _call_jvp(tangents: Sequence[Node | None], node: Node) -> Node | None:
    t = _laid(tangents, node, 0)
    return None if t is None else _derived(PUSH, node, (t,), node.src, node.arg[0].outside.total)


def _pull_vjp(c: Node, node: Node) -> list[Node | None]:
    (g, *xs), call = node.src, node.arg[0]
    of_g = _derived(PUSH, node, (c,), xs, call.outside.total)
    of_xs = _derived(TWICE, node, (c, _full(g, node, 0)), xs, call.inside.total)
    return [_to_source(of_g, g, node, 0), *_parts(of_xs, node, 1)]


def _pull_jvp(tangents: Sequence[Node | None], node: Node) -> Node | None:
    (g, *xs), call, out = node.src, node.arg[0], None
    if tangents[0] is not None:
        out = _derived(PULL, node, (_full(tangents[0], node, 0),), xs, call.inside.total)
    t = _laid(tangents, node, 1)
    if t is not None:
        more = _derived(TWICE, node, (t, _full(g, node, 0)), xs, call.inside.total)
        out = more if out is None else out + more
    return out


def _push_vjp(c: Node, node: Node) -> list[Node | None]:
    (t, *xs), call = node.src, node.arg[0]
    of_t = _derived(PULL, node, (c,), xs, call.inside.total)
    of_xs = _derived(TWICE, node, (_full(t, node, 0), c), xs, call.inside.total)
    return [_to_source(of_t, t, node, 0), *_parts(of_xs, node, 1)]


def _full(x: Node, node: Node, place: int) -> Node:
    """The source at `place`, or a tangent of it, with all levels of `node`."""
    levels = node.arg[1]
    sizes = node.shape[: len(levels)]
    axes = [m if mask[place] else 1 for m, mask in zip(sizes, levels, strict=True)]
    own = x.shape[sum([mask[place] for mask in levels]) :]
    return broadcast(reshape_to(x, (*axes, *own)), (*sizes, *own))


def _push_jvp(tangents: Sequence[Node | None], node: Node) -> Node | None:
    (t, *xs), call, out = node.src, node.arg[0], None
    if tangents[0] is not None:
        out = _derived(PUSH, node, (_full(tangents[0], node, 0),), xs, call.outside.total)
    u = _laid(tangents, node, 1)
    if u is not None:
        more = _derived(SECOND, node, (_full(t, node, 0), u), xs, call.outside.total)
        out = more if out is None else out + more
    return out


def _refused(_: Any, node: Node) -> Any:
    name = node.arg[0].work.name
    raise GradientError(
        f"got a third derivative of {name}, expected first and second ones, which a function of "
        "njit has"
    )


def _op(name: str, run: Any, vjp: Any, jvp: Any) -> Op:
    return Op(name, "call", _reference(run), vjp=vjp, jvp=jvp, batch=_rows)


CALL = _op("numba_call", _call, _call_vjp, _call_jvp)
OTHER = _op(
    "numba_integers", _call_other, lambda g, node: [None] * len(node.src), lambda t, node: None
)
PULL = _op("numba_pull", _pull, _pull_vjp, _pull_jvp)
PUSH = _op("numba_push", _push, _push_vjp, _push_jvp)
SECOND = _op("numba_second", _second, _refused, _refused)
TWICE = _op("numba_twice", _twice, _refused, _refused)


# --- calls ----------------------------------------------------------------------------------------


def call_on_tensors(work: Any, args: list[Any]) -> Any:
    """A function of `njit` for arguments among which there are tensors."""
    operands: list[Any] = []
    template = [_templated(x, operands) for x in args]
    tensors = [as_operand(x) for x in operands]
    avals = tuple([(t.shape, t.dtype) for t in tensors])
    smooth = tuple(
        [
            k
            for k, (x, t) in enumerate(zip(operands, tensors, strict=True))
            if isinstance(x, Tensor) and t.dtype.kind == "f"
        ]
    )
    call = _known(work, template, avals, smooth, tensors)
    written = [call.numbers[k].k for k in call.mutated]
    _check_apart(call, operands, written)
    out = recorded(work.name, call, lambda *nodes: _built(call, nodes), tensors, ())
    results, after = out[: len(call.primal.results)], out[len(call.primal.results) :]
    for k, new in zip(written, after, strict=True):
        x = operands[k]
        if isinstance(x, Tensor):
            x.copy_(new)
        else:
            np.copyto(x, new.numpy() if not new.requires_grad else new.detach().numpy())
    rets = call.primal.form.rets
    return None if rets is None else like(rets, iter(results))


def _templated(x: Any, operands: list[Any]) -> Any:
    if isinstance(x, tuple):
        return like(x, iter([_templated(y, operands) for y in leaves(x)]))
    if isinstance(x, (Tensor, np.ndarray, np.floating, float)):
        operands.append(x)
        return Operand(len(operands) - 1)
    return x


def _key(x: Any) -> Any:
    if isinstance(x, tuple):
        return type(x), tuple([_key(y) for y in x])
    return x.k if isinstance(x, Operand) else (type(x), x)


def _known(work: Any, template: Any, avals: Any, smooth: Any, tensors: Any) -> NumbaCall:
    """The call for operands of these shapes; made once, so that programs come back to its plan."""
    key = tuple([_key(t) for t in template]), avals, smooth, rules.version
    call = work.calls.get(key)
    if call is None:
        call = NumbaCall(work, template, avals, smooth)
        outputs = _outputs(call)
        if outputs is None:  # lengths depend on values, which have to be looked at
            call.settle(_by_running(call, tensors))
            return call
        call.settle(outputs)
        work.calls[key] = call
    return call


def _outputs(call: NumbaCall) -> list[tuple[tuple[int, ...], np.dtype]] | None:
    """Shapes and dtypes of the outputs, where the shapes of the operands tell."""
    form = call.primal.form
    shapes = {}
    for v, x in zip(form.args, call.numbers, strict=True):
        shapes[v] = call.avals[x.k][0] if isinstance(x, Operand) else x
    out = []
    for v in call.primal.results:
        found = [length(v, k, shapes) for k in range(v.type.ndim)] if v.is_array else []
        if None in found:
            return None
        dtype = to_dtype(v.type.dtype if v.is_array else v.type)
        out.append((tuple(found), dtype))
    return out + [call.avals[call.numbers[k].k] for k in call.mutated]


def _by_running(call: NumbaCall, tensors: Sequence[Any]) -> list[tuple[tuple[int, ...], np.dtype]]:
    if local.seg.tracing is not None:
        raise JitError(
            f"got a function {call.work.name} under jit whose results have lengths that depend on "
            "values, expected lengths that follow from shapes and numbers"
        )
    arrays = [np.asarray(t.detach()) for t in tensors]
    return [(x.shape, x.dtype) for x in call.run(arrays)]


def _built(call: NumbaCall, nodes: Sequence[Node]) -> tuple[list[Node], list[set[Node]]]:
    src, parts = tuple(nodes), dict[int, Node]()
    led = {nodes[k] for k in call.smooth}
    if call.outside.shapes:
        node = Node(CALL, src, (call, ()), (call.outside.total,), call.out_dtype)
        parts |= {k: call.outside.part(node, k) for k in call.outside.shapes}
    others = {k: s for k, (s, d) in enumerate(call.outputs) if d.kind != "f"}
    if others:
        packing = Packing(others, {k: call.outputs[k][1] for k in others})
        node = Node(OTHER, src, (call, ()), (packing.total,), np.dtype(np.int64))
        parts |= {k: packing.part(node, k) for k in others}
    order = range(len(call.outputs))
    return [parts[k] for k in order], [led if k in call.outside.shapes else set() for k in order]


def _check_apart(call: NumbaCall, operands: Sequence[Any], written: Sequence[int]) -> None:
    """Memory that is written to may not be reachable by two arguments."""
    for k in written:
        for j, y in enumerate(operands):
            if j != k and _shared(operands[k], y):
                raise AliasError(
                    f"got argument {k} of {call.work.name}, which is written to, sharing memory "
                    f"with argument {j}, expected arrays of their own; pass a copy"
                )


def _shared(x: Any, y: Any) -> bool:
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        return _root(x) is _root(y)
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
        return np.may_share_memory(x, y)
    return False


def _root(t: Any) -> Any:
    while t._x is not None and t._x.parent is not None:
        t = t._x.parent
    return t
