"""Functions of numba on tensors: each call is recorded as one operation of the tape, and what it
writes to is written to.

Start at `call_on_tensors`; `numba_operation` has the operation and its derivatives.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.errors import AliasError, GradientWarning, JitError
from ..frontend.convert import as_operand
from ..frontend.tensor import Tensor
from ..ir import Node
from ..loops.form import leaves, like
from ..loops.lengths import length
from ..loops.outside import rules
from ..ops.packing import Packing
from ..runtime.numba.inference import to_dtype
from ..tape.segment import local
from ..tape.symbols import SymbolicScalar
from .loop_operations import recorded
from .numba_call import NumbaCall, Operand
from .numba_operation import CALL, OTHER


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
            if new.requires_grad:
                warnings.warn(
                    f"{work.name} has written values with gradients into argument "
                    f"{k}, a plain array, where they are lost; pass a tensor",
                    GradientWarning,
                    stacklevel=3,
                )
            np.copyto(x, new.detach().numpy())
    rets = call.primal.form.rets
    return None if rets is None else like(rets, iter(results))


def _templated(x: Any, operands: list[Any]) -> Any:
    if isinstance(x, tuple):
        return like(x, iter([_templated(y, operands) for y in leaves(x)]))
    if isinstance(x, SymbolicScalar) and x.kind is not float:  # lengths may come of it
        return x.concrete_value()
    if isinstance(x, (Tensor, np.ndarray, np.floating, float, SymbolicScalar)):
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
