"""Functions on tensors as a ``jax.custom_vjp`` of a ``jax.pure_callback``.

The callback runs the function on the arrays of the call. Its derivative is a function on tensors
again (`outgoing.pulled`), called back in the same way: so there are derivatives of any order.
Start at `applied`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base.dtypes import as_dtype
from ..base.errors import DTypeError, JitError
from ..base.tree import flatten
from ..ops.host import Aval
from ..tracing.bodies import Wording, trace_turn
from ..tracing.host_rules import apart
from .outgoing import Listed, Outgoing, pulled, values

CALLS = Wording(
    "function",
    "calls",
    "compute with operations on tensors, or pass result_shape_dtypes",
    "write to a clone, and give it back",
    "draw them before, and pass them as an argument",
)


def applied(library: Any, function: Outgoing, arrays: Sequence[Any], like: Any) -> Any:
    """The results of a function on lists of tensors, for JAX arrays; `like` says what they are
    like, if it is not found by a trace."""
    avals = [(tuple(x.shape), as_dtype(x.dtype)) for x in arrays]
    rebuild: Callable[[Any], Any] = function.made
    if like is None:
        results = _traced(function, avals)
    else:
        specs, _, remake = flatten(like, "result_shape_dtypes")
        results = [(tuple(x.shape), as_dtype(x.dtype)) for x in specs]
        rebuild = lambda arrays: remake(iter(arrays))
    for _, dtype in results:
        library.check_dtype(dtype, f"a result of {function.name}")
    return rebuild(_primitive(library, function, results, function.name)(*arrays))


def _traced(function: Outgoing, avals: Sequence[Aval]) -> list[Aval]:
    """What the results are like."""
    like = [(*aval, False) for aval in avals]
    with apart():
        turn = trace_turn(
            function.name, function, [(like, list)], lambda out: [(out, "the result")], CALLS
        )
    return [(n.shape, n.dtype) for n in turn.results[0].leaves]


def _primitive(
    library: Any, function: Listed, results: Sequence[Aval], name: str
) -> Callable[..., Any]:
    """The function as JAX's, with its derivative."""
    jax = library.jax
    specs = tuple([jax.ShapeDtypeStruct(shape, dtype) for shape, dtype in results])

    def host(*arrays: Any) -> tuple[np.ndarray, ...]:
        with apart():
            out = values(function, [np.array(x) for x in arrays])
        _check(out, results, name)
        return tuple(out)

    @jax.custom_vjp
    def call(*xs: Any) -> tuple[Any, ...]:
        if not any(isinstance(x, jax.core.Tracer) for x in xs):
            return tuple([library.given(x) for x in host(*xs)])  # nothing to compile
        return tuple(jax.pure_callback(host, specs, *xs, vmap_method="sequential"))

    def forward(*xs: Any) -> tuple[Any, Any]:
        return call(*xs), xs

    def backward(xs: Any, gs: Any) -> tuple[Any, ...]:
        if any(x.dtype.kind == "c" for x in (*xs, *specs)):
            raise DTypeError(
                f"got a gradient of {name} by complex numbers in JAX, whose convention is the "
                "conjugate of jitgrad's; pass real and imaginary parts"
            )
        wanted = [k for k, x in enumerate(xs) if x.dtype.kind == "f"]
        there = [k for k, s in enumerate(specs) if s.dtype.kind == "f"]
        derivative = pulled(function, len(xs), wanted, there, name)
        like = [(tuple(xs[k].shape), np.dtype(xs[k].dtype)) for k in wanted]
        after = _primitive(library, derivative, like, f"the derivative of {name}")
        found = dict(zip(wanted, after(*xs, *[gs[k] for k in there]), strict=True))
        none = jax.dtypes.float0
        return tuple(
            [found[k] if k in found else np.zeros(x.shape, none) for k, x in enumerate(xs)]
        )

    call.defvjp(forward, backward)
    return call


def _check(out: Sequence[np.ndarray], results: Sequence[Aval], name: str) -> None:
    """Raises for results that are not as they were said to be."""
    got = [(x.shape, x.dtype) for x in out]
    if got != list(results):
        raise JitError(
            f"got results of {name} of shapes and dtypes {got}, expected {list(results)}; pass "
            "what they are as result_shape_dtypes"
        )
