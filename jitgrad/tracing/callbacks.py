"""`pure_callback`: a Python function on NumPy arrays within a program.

Outside of a trace it is called at once. Under `jit` and in the bodies of loops it is an operation
of the plan, which calls it with the arrays of the call (`ops.host`). Start at `pure_callback`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autodiff.derivative_rules import RefusedRule
from ..autodiff.rule_rows import METHODS
from ..base.dtypes import as_dtype
from ..base.errors import ArgumentError
from ..base.surface import surface
from ..base.tree import flatten
from ..frontend.convert import as_operand
from ..frontend.modes import no_grad
from ..frontend.tensor import Tensor
from ..ir import Node
from ..ops.host import HostCall, checked_result, host
from ..tape.segment import local
from .custom_arguments import described, is_active
from .loop_operations import recorded
from .rule_traces import record_rule


@surface
def pure_callback(
    callback: Callable[..., Any],
    result_shape_dtypes: Any,
    *args: Any,
    vmap_method: str | None = None,
    **kwargs: Any,
) -> Any:
    """Calls a Python function on NumPy arrays, also under `jit`: in each call, with its values.

    What the function gives depends on its arguments alone. It has no derivative, so a gradient
    through it is an error; `custom_vjp` and `custom_jvp` give it one.

    Parameters
    ----------
    callback : callable
        ``callback(*args, **kwargs)``, with arrays in the place of tensors, arrays and numbers of
        the arguments. It may be called more than once, or not at all where nobody needs its result.
    result_shape_dtypes : container
        What the results are like: objects with `shape` and `dtype`, such as arrays, tensors, or
        ``jax.ShapeDtypeStruct``.
    *args
        Containers of tensors, arrays and numbers.
    vmap_method : str, optional
        How it is called where `vmap` maps over arguments: "sequential", once for each row;
        "expand_dims", once, with a new first axis, of length 1 for what is the same in all rows;
        "broadcast_all", once, with that axis of full length for all. None: an error.

    Returns
    -------
    container of Tensor

    Raises
    ------
    ShapeError, DTypeError
        The function gives arrays of other shapes or dtypes.
    GradientError
        A gradient through it.

    References
    ----------
    ``jax.pure_callback``.

    Examples
    --------
    >>> from scipy.special import jv
    >>> @jitgrad.jit
    ... def bessel(x):
    ...     return jitgrad.pure_callback(lambda a: jv(0, a), x, x) + 1.0
    >>> bessel(jitgrad.tensor([0.0, 1.0]))
    tensor([2.    , 1.7652])
    """
    if not callable(callback):
        raise ArgumentError(
            f"got a callback of type {type(callback).__name__}, expected a function of arrays"
        )
    if vmap_method not in (None, *METHODS):
        raise ArgumentError(
            f"got vmap_method={vmap_method!r}, expected None or one of {', '.join(METHODS)}"
        )
    specs, names, rebuild = flatten(result_shape_dtypes, "result")
    avals = [_aval(x, name) for x, name in zip(specs, names, strict=True)]
    leaves, _, rebuild_args = flatten(args, "args")
    operands = [as_operand(x) for x in leaves]

    def call(*arrays: Any) -> Sequence[Any]:
        out = callback(*rebuild_args(iter(arrays)), **kwargs)
        got, labels, _ = flatten(out, "result")
        if labels != names:
            raise ArgumentError(
                f"got {', '.join(labels) or 'nothing'} from {described(callback)}, expected "
                f"{', '.join(names) or 'nothing'}"
            )
        return got

    named = HostCall(
        getattr(callback, "__name__", type(callback).__name__), call, avals, vmap_method
    )
    if local.seg.tracing is None:
        return rebuild(iter(_called(named, operands)))
    build = functools.partial(_built, named)
    return rebuild(iter(recorded(named.name, named, build, operands, ())))


def _aval(x: Any, name: str) -> tuple[tuple[int, ...], np.dtype]:
    try:
        return tuple(x.shape), as_dtype(x.dtype)
    except AttributeError:
        raise ArgumentError(
            f"got {name} of result_shape_dtypes of type {type(x).__name__}, expected something "
            "with shape and dtype, such as np.empty(shape)"
        ) from None


def _built(call: HostCall, *nodes: Node) -> tuple[list[Node], list[set[Node]]]:
    led = {n for n in nodes if n.dtype.kind in "fc"}
    return host(call, nodes), [led] * len(call.results)


def _called(call: HostCall, operands: Sequence[Tensor]) -> list[Any]:
    """The results at once; those of what requires grad have no derivative."""
    with no_grad():
        out = call.function(*[np.array(t.detach()) for t in operands])
        made = [checked_result(call, k, np.asarray(x)) for k, x in enumerate(out)]
    results = [
        as_operand(x if x.dtype == dtype else x.astype(dtype))
        for x, (_, dtype) in zip(made, call.results, strict=True)
    ]
    active = [t for t in operands if is_active(t)]
    smooth = [k for k, t in enumerate(results) if t.dtype.kind in "fc"]
    if active and smooth:
        avals = tuple([call.results[k] for k in smooth])
        rule = RefusedRule(call.name, avals, tuple(range(len(active))), NO_RULE)
        values = [results[k] for k in smooth]
        for k, t in zip(smooth, record_rule(call.name, values, rule, active), strict=True):
            results[k] = t
    return results


#: Why there is no gradient.
NO_RULE = (
    "got a gradient through a function that pure_callback calls on NumPy arrays, which has no "
    "derivative rule; give it one by jitgrad.custom_vjp, or use .detach() on its operands if they "
    "should count as constants"
)
