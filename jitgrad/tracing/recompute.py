"""`checkpoint`: a function whose values are computed again in the backward sweep, instead of kept.

The function is traced once per call, and recorded as one operation with a rule of its own
(`autodiff.derivative_rules.RecomputedRule`): the derivative of the same graph over its arguments,
which are read again when cotangents arrive. What it computes on the way is then no part of what the
sweep reads, so nothing of it is kept. Start at `checkpoint`.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..autodiff.derivative_rules import RecomputedRule, with_rule
from ..base.errors import ArgumentError, JitError, JitgradWarning
from ..base.surface import surface
from ..base.tree import flatten
from ..control.loop import led_to
from ..frontend.tensor import Tensor
from ..ir import substitute
from ..ops.primitives import cast
from ..tape.segment import local
from .bodies import Group, TurnTrace, grouped
from .loop_operations import recorded
from .rule_traces import RuleTrace, as_tensor

if TYPE_CHECKING:
    from ..ir import Node


@surface
def checkpoint(
    fun: Callable[..., Any],
    *args: Any,
    every: int | None = None,
    policy: None = None,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    prevent_cse: bool = True,
    static_argnums: Any = (),
    **kwargs: Any,
) -> Any:
    """`fun`, of whose call only arguments and results are kept for the backward sweep: all else is
    computed again when the sweep comes there.

    So a long chain of functions takes the memory of their results, and the time of one more
    forward pass. In the bodies of `scan` and the other loops it changes nothing, since these keep
    no more than they carry (see `config.checkpoint_mb`).

    Parameters
    ----------
    fun : callable
        Its arguments and results are containers; tensors in them are differentiated, and so are
        those that `fun` reaches in other ways. Random numbers are the same when it is run again.
        It is traced: it may not ask for values, nor write to tensors from outside. If it does, it
        is run as it is, with a `JitgradWarning`; under `jit` that is an error.
    *args, **kwargs
        Arguments of `fun`, which is called with them then: PyTorch's form.
    every : int, optional
        Where `fun` is a range, which is given back: the turns of ``for t in checkpoint(range(n),
        every=32)`` in a function of `njit` that are run again together, when they are reversed.
    policy : None
        There is none: nothing within is kept.
    use_reentrant, preserve_rng_state, prevent_cse, static_argnums
        Taken as in PyTorch and JAX, and of no effect: what is no tensor is as it is.

    Returns
    -------
    callable
        Or, with arguments, what `fun` gives for them.

    References
    ----------
    ``jax.checkpoint``, ``torch.utils.checkpoint.checkpoint``.

    Examples
    --------
    >>> @jitgrad.checkpoint
    ... def layer(x):
    ...     return jitgrad.tanh(x @ x)
    >>> x = jitgrad.eye(2, requires_grad=True)
    >>> layer(layer(x)).sum().backward()
    >>> x.grad[0, 0]
    tensor(1.0871)
    """
    if isinstance(fun, range):
        return fun
    if not callable(fun):
        raise ArgumentError(
            f"got an object of type {type(fun).__name__}, expected a function; write "
            "jitgrad.checkpoint(f)(*args)"
        )
    if policy is not None:
        raise ArgumentError(
            f"got policy={policy!r}, expected None: nothing within the function is kept; put "
            "checkpoint around smaller parts of it"
        )

    @functools.wraps(fun, updated=())
    @surface
    def function(*args: Any, **kwargs: Any) -> Any:
        trace = local.seg.tracing
        in_loop = isinstance(trace, TurnTrace) and not isinstance(trace, RuleTrace)
        if in_loop or not local.seg.state.grad:
            return fun(*args, **kwargs)
        return _checkpointed(fun, args, kwargs)

    return function(*args, **kwargs) if args or kwargs else function


def _checkpointed(fun: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    name = getattr(fun, "__name__", type(fun).__name__)
    leaves, _, rebuild = flatten((args, kwargs))
    places = [k for k, x in enumerate(leaves) if isinstance(x, Tensor)]
    under_trace = local.seg.tracing is not None
    trace = RuleTrace(name, None)
    trace.doing = (
        f"checkpoint traces {name}",
        "compute with operations on tensors, or leave checkpoint off",
    )
    given, parameters = list(leaves), []
    try:
        with trace.recording():
            for k in places:
                given[k], node = trace.parameter(leaves[k].shape, leaves[k].dtype)
                parameters.append(node)
            args, kwargs = rebuild(iter(given))
            result = grouped(trace, fun(*args, **kwargs), "the result")
            captured, numbers = trace.read(result.leaves)
    except JitError as error:
        if under_trace:
            raise
        warnings.warn(
            f"{name} is run without checkpoint, so that its values are kept: {error}",
            JitgradWarning,
            stacklevel=4,
        )
        args, kwargs = rebuild(iter(leaves))
        return fun(*args, **kwargs)
    parameters += [node for node, _ in captured]
    operands = [*[leaves[k] for k in places], *[as_tensor(t) for _, t in captured]]
    return _recorded(name, result, parameters, operands, numbers)


def _recorded(
    name: str,
    result: Group,
    parameters: Sequence[Node],
    operands: Sequence[Any],
    numbers: Sequence[tuple[Node, Any]],
) -> Any:
    """The results of a traced function, as one record."""
    places = (*parameters, *[n for n, _ in numbers])
    smooth = [k for k, n in enumerate(result.leaves) if n.dtype.kind in "fc"]
    roots = tuple([result.leaves[k] for k in smooth])
    reached = led_to(roots, parameters)
    active = [t.requires_grad for t in operands]
    led = tuple([k for k, p in enumerate(parameters) if p in reached and active[k]])
    avals = tuple([(n.shape, n.dtype) for n in roots])
    rule = RecomputedRule(name, avals, led, places, roots)

    def build(*nodes: Any) -> tuple[list[Node], list[set[Node]]]:
        sources = [cast(x, p.dtype) for x, p in zip(nodes, places, strict=True)]
        out = substitute(result.leaves, dict(zip(places, sources, strict=True)))
        marked = with_rule([out[k] for k in smooth], rule, sources)
        for k, x in zip(smooth, marked, strict=True):
            out[k] = x
        leads = {sources[k] for k in led}
        return out, [leads if k in smooth else set() for k in range(len(out))]

    key = rule, tuple(result.leaves)
    values = recorded(name, key, build, operands, [x for _, x in numbers])
    return result.rebuild(iter(values))


checkpoint._in_loops = "checkpoint"  # type: ignore[attr-defined]  # see loops.markers
