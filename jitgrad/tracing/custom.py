"""`custom_vjp` and `custom_jvp`: functions whose derivative is given.

A call runs the function as ever: what it computes is recorded, or made by NumPy. Its rule is traced
beside it (`rule_traces`), so derivatives of any order, `jit` and loops need nothing more. Start at
`custom_vjp`.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from types import MethodType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autodiff.derivative_rules import DerivativeRule, transposed
from ..base.errors import ArgumentError, GradientError
from ..base.surface import surface
from ..base.tree import flatten
from ..control.tidy import tidied
from ..frontend.convert import as_operand
from ..frontend.modes import no_grad
from ..frontend.tensor import Tensor
from ..ir import leaf
from ..tape.running import running
from ..tape.views import detaching
from .bodies import result_node
from .custom_arguments import (
    CallArguments,
    ForwardRun,
    checked_cotangent,
    checked_rule,
    described,
    detached,
    positional,
    positions,
)
from .custom_results import Like, Reads, Results, outline
from .host_rules import HostRecord, is_array
from .rule_traces import DEPTH, RuleTrace, depth_of, known_results, record_rule, refused_results

if TYPE_CHECKING:
    pass


class _Forwards(threading.local):
    """The functions whose forward rule runs in this thread: within it they are what they
    compute."""

    functions: tuple = ()


_forwards = _Forwards()


class Custom:
    """A function with a derivative rule: what `custom_vjp` and `custom_jvp` have in common."""

    _calls = ("fun", "fwd", "bwd", "jvp")

    def __init__(self, fun: Callable[..., Any], nondiff_argnums: Any = ()) -> None:
        self.fun = checked_rule("a function to decorate", fun)
        self.nondiff_argnums = positions(nondiff_argnums, "nondiff_argnums")
        functools.update_wrapper(self, fun, updated=())

    @property
    def name(self) -> str:
        return getattr(self, "__name__", type(self).__name__)

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = CallArguments(positional(self.fun, args, kwargs), self.nondiff_argnums)
        known = known_results(self, given.leaves)
        if known is not None:
            return known()
        if self in _forwards.functions:
            return self.fun(*args, **kwargs)
        if not given.active:
            return _as_tensors(self.fun(*args, **kwargs), given.leaves)
        return self._differentiable(given)

    __call__ = surface(__call__)

    def _differentiable(self, given: CallArguments) -> Any:
        raise NotImplementedError

    def _run(self, function: Callable[..., Any], given: CallArguments) -> tuple[Any, list[Any]]:
        """What `function` gives for the arguments, and the leaves it got: those without a graph,
        where it computes with NumPy."""
        before = _forwards.functions
        _forwards.functions = (*before, self)
        forward = ForwardRun(function)
        try:
            try:
                with running(forward):
                    out = function(*given.made(given.leaves))
                if not forward.asked:
                    return out, given.leaves
            except Exception:
                if not forward.asked:
                    raise
            leaves = detached(given.leaves)
            with no_grad():
                return function(*given.made(leaves)), leaves
        finally:
            _forwards.functions = before

    def _refused(self, given: CallArguments, results: Results) -> Any:
        """The results, whose derivative is an error."""
        inputs = [given.leaves[k] for k in given.active]
        return results.made(refused_results(self.name, results.values, inputs))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


def _as_tensors(out: Any, given: Sequence[Any]) -> Any:
    """`out` with tensors for arrays, where one was `given`: a function in NumPy gives what it gives
    where there is a gradient."""
    if not any(isinstance(x, Tensor) for x in given):
        return out
    leaves, _, rebuild = flatten(out)
    return rebuild(iter([as_operand(x) if is_array(x) else x for x in leaves]))


class custom_vjp(Custom):
    """A function whose cotangents are given: reverse-mode derivatives by a rule of your own.

    ``f.defvjp(fwd, bwd)`` sets the rule. ``fwd(*args)`` gives ``(out, residuals)``, and
    ``bwd(residuals, g)`` a tuple with the cotangent of each argument, None for zeros. Both may
    compute with tensors: then everything stays recorded, is fused with what is around it, and
    `bwd` is differentiated for higher orders. Or they may compute with NumPy, of which jitgrad
    knows nothing: then `fwd` is run on tensors without a graph, and `bwd` when the gradient is
    computed.

    Parameters
    ----------
    fun : callable
        Its arguments and results are containers of tensors, arrays and numbers.
    nondiff_argnums : int or tuple of int
        Arguments that are not differentiated, such as functions: `fwd` gets them in their places,
        ``bwd(*nondiff, residuals, g)`` in front.

    Raises
    ------
    ArgumentError, ShapeError, DTypeError
        `fwd` gives no pair, or `bwd` not the structure, shapes and dtypes of the arguments.
    GradientError
        There is no rule; or a second derivative of a rule that computes with NumPy.
    JitError
        `fun` or `fwd` asks for values under `jit`; see `pure_callback`.

    Notes
    -----
    Cotangents go to arguments alone: what the function reaches in other ways is a constant to its
    caller, so pass parameters as arguments.

    References
    ----------
    ``jax.custom_vjp``. What `bwd` reads of the results has the derivative of the rule.

    Examples
    --------
    >>> @jitgrad.custom_vjp
    ... def log1pexp(x):
    ...     return jitgrad.log1p(jitgrad.exp(x))
    >>> def fwd(x):
    ...     return log1pexp(x), x
    >>> def bwd(x, g):
    ...     return (g * (1 - 1 / (1 + jitgrad.exp(x))),)
    >>> log1pexp.defvjp(fwd, bwd)
    >>> jitgrad.grad(log1pexp)(100.0)
    1.0
    """

    fwd: Callable[..., Any] | None = None
    bwd: Callable[..., Any] | None = None

    @surface
    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Sets the rule: ``fwd(*args)`` -> ``(out, residuals)``, ``bwd(residuals, g)`` -> a tuple
        of cotangents."""
        self.fwd, self.bwd = checked_rule("fwd", fwd), checked_rule("bwd", bwd)

    def _differentiable(self, given: CallArguments) -> Any:
        if self.fwd is None or self.bwd is None:
            raise GradientError(
                f"got a gradient of {self.name}, a custom_vjp without a rule; call "
                f"{self.name}.defvjp(fwd, bwd) first"
            )
        got, leaves = self._run(self.fwd, given)
        if not isinstance(got, tuple) or len(got) != 2:
            raise ArgumentError(
                f"got {type(got).__name__} from {described(self.fwd)}, expected a pair: the result "
                "and what bwd needs of the call"
            )
        results = Results(got[0], self.fwd)
        residuals = flatten(got[1], "residuals")
        if depth_of(self) >= DEPTH:
            return self._refused(given, results)
        traced = self._traced(given, leaves, results, residuals)
        rule, sources, numbers = traced or (*self._host(given, results, residuals), ())
        return results.made(record_rule(self.name, results.values, rule, sources, numbers))

    def _traced(
        self, given: CallArguments, leaves: Sequence[Any], results: Results, residuals: Any
    ) -> Any:
        """The rule as a graph, its sources and numbers; None where it asks for values."""
        trace = RuleTrace(self.name, self)
        likes = [Like(given.leaves[k]) for k in given.active]
        try:
            with trace.recording():
                reads = Reads(trace, given, leaves, results)
                kept = [reads.of(x) for x in residuals[0]]
                cots = [trace.parameter(t.shape, t.dtype) for t in results.values]
                gs = iter([t for t, _ in cots])
                g = [next(gs) if t.dtype.kind in "fc" else None for t in results.leaves]
                got = self._called(given, likes, residuals[2](iter(kept)), results.rebuild(iter(g)))
                nodes = [None if c is None else result_node(trace, c, "a cotangent") for c in got]
                gradients = [((True,) * len(cots), nodes)]
                return reads.rule(self.name, results, [node for _, node in cots], gradients)
        except Exception as error:
            if not trace.gives_up(error):
                raise
            return None

    def _called(
        self, given: CallArguments, likes: Sequence[Any], residuals: Any, g: Any
    ) -> list[Any]:
        """The cotangents of the active leaves, checked."""
        assert self.bwd is not None
        got = given.gradients(self.bwd, self.bwd(*given.static, residuals, g))
        return [
            checked_cotangent(c, like, f"the cotangent of {given.names[k]}", self.bwd)
            for k, c, like in zip(given.active, got, likes, strict=True)
        ]

    def _host(
        self, given: CallArguments, results: Results, residuals: Any
    ) -> tuple[DerivativeRule, list]:
        """The rule as a call on arrays, and its sources."""
        leaves = residuals[0]
        places = [k for k, x in enumerate(leaves) if is_array(x)]
        rest = [None if k in places else x for k, x in enumerate(leaves)]
        rebuild, rebuild_results = outline(residuals[2], len(leaves)), results.outline()
        likes, own = [Like(given.leaves[k]) for k in given.active], given.outline()
        out = [Like(t) for t in results.leaves]

        def rule(kept: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
            values = list(rest)
            for k, x in zip(places, kept, strict=True):
                values[k] = x
            gs = iter(cotangents)
            g = [like.cotangent(next(gs)) if like.smooth else None for like in out]
            return self._called(own, likes, rebuild(iter(values)), rebuild_results(iter(g)))

        inputs = [given.leaves[k] for k in given.active]
        kept = [leaves[k] for k in places]
        record = HostRecord(rule, inputs, kept)
        return record.host_rule(self.name, results.values, inputs, kept)


class custom_jvp(Custom):
    """A function whose tangents are given: forward-mode derivatives by a rule of your own, and the
    transpose of it in reverse mode.

    ``f.defjvp(rule)`` sets the rule: ``rule(primals, tangents)`` gives ``(out, tangent of out)``,
    for tuples of the arguments and of their tangents. It is traced, so it computes with tensors; in
    the tangents it is linear. ``f.defjvps(*rules)`` takes a rule for each argument,
    ``rule(tangent, out, *primals)``, or None for a derivative of zero. `fun` itself may compute
    with NumPy.

    Parameters
    ----------
    fun : callable
        Its arguments and results are containers of tensors, arrays and numbers.
    nondiff_argnums : int or tuple of int
        Arguments that are not differentiated; ``rule(*nondiff, primals, tangents)`` gets them in
        front.

    Raises
    ------
    ArgumentError, ShapeError, DTypeError
        The rule gives no pair, or a tangent that is not like the result.
    GradientError
        There is no rule, or it is not linear in the tangents.
    JitError
        The rule asks for values.

    References
    ----------
    ``jax.custom_jvp``.

    Examples
    --------
    >>> @jitgrad.custom_jvp
    ... def log1pexp(x):
    ...     return jitgrad.log1p(jitgrad.exp(x))
    >>> @log1pexp.defjvp
    ... def rule(primals, tangents):
    ...     (x,), (t,) = primals, tangents
    ...     return log1pexp(x), (1 - 1 / (1 + jitgrad.exp(x))) * t
    >>> jitgrad.grad(log1pexp)(100.0)
    1.0
    """

    jvp: Callable[..., Any] | None = None

    @surface
    def defjvp(self, jvp: Callable[..., Any]) -> Callable[..., Any]:
        """Sets the rule, ``jvp(primals, tangents)`` -> ``(out, tangent)``; gives it back, so that
        this decorates it."""
        self.jvp = checked_rule("a rule", jvp)
        return jvp

    @surface
    def defjvps(self, *jvps: Callable[..., Any] | None) -> None:
        """Sets a rule for each argument, ``jvp(tangent, out, *primals)``, or None for zeros."""
        if self.nondiff_argnums:
            raise ArgumentError(
                "got defjvps for a function with nondiff_argnums; use defjvp, whose rule gets them"
            )
        rules = [None if rule is None else checked_rule("a rule", rule) for rule in jvps]

        def jvp(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
            if len(rules) != len(primals):
                raise ArgumentError(
                    f"got {len(rules)} rules for {self.name} with {len(primals)} arguments, "
                    "expected one for each, or None"
                )
            out = self(*primals)
            parts = [
                rule(t, out, *primals)
                for rule, t in zip(rules, tangents, strict=True)
                if rule is not None and t is not None
            ]
            leaves, _, rebuild = flatten(out)
            each = zip(*[flatten(p)[0] for p in parts], strict=True)
            sums = [sum(terms[1:], terms[0]) for terms in each]
            sums = sums or [as_operand(np.zeros(t.shape, t.dtype)) for t in leaves]
            return out, rebuild(iter(sums))

        self.jvp = jvp

    def _differentiable(self, given: CallArguments) -> Any:
        if self.jvp is None:
            raise GradientError(
                f"got a derivative of {self.name}, a custom_jvp without a rule; call "
                f"{self.name}.defjvp(rule) first"
            )
        leaves = detached(given.leaves)
        with no_grad():
            results = Results(self.fun(*given.made(leaves)), self.fun)
        if depth_of(self) >= DEPTH:
            return self._refused(given, results)
        trace = RuleTrace(self.name, self)
        with trace.recording():
            reads = Reads(trace, given, leaves, results)
            tangents: list[Any] = [_no_tangent(x) for x in given.leaves]
            places = []
            for k in given.active:
                x = given.leaves[k]
                tangents[k], place = trace.parameter(x.shape, x.dtype)
                places.append(place)
            got = self.jvp(
                *given.static,
                tuple(given.differentiated(trace.given)),
                tuple(given.differentiated(tangents)),
            )
            pushed = [
                None if t is None else result_node(trace, t, "a tangent")
                for t in self._tangents(results, got)
            ]
        cots = [leaf(("rule", "g", k), t.shape, t.dtype) for k, t in enumerate(results.values)]
        grads = transposed(self.name, pushed, places, cots, tidied)
        gradients = [((True,) * len(cots), grads)]
        rule, sources, numbers = reads.rule(self.name, results, cots, gradients, places, pushed)
        return results.made(record_rule(self.name, results.values, rule, sources, numbers))

    def _tangents(self, results: Results, got: Any) -> list[Any]:
        """The tangents of the smooth results, checked."""
        assert self.jvp is not None
        who = described(self.jvp)
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            raise ArgumentError(
                f"got {type(got).__name__} from the rule {who}, expected a pair: the result and "
                "its tangent"
            )
        leaves, names, _ = flatten(got[1], "result")
        found = dict(zip(names, leaves, strict=True))
        if not set(found) <= set(results.names):
            raise ArgumentError(
                f"got tangents of {', '.join(names) or 'nothing'} from the rule {who}, expected "
                f"the structure of what {self.name} gives: {', '.join(results.names)}"
            )
        out = []
        for k in results.smooth:
            name, t = results.names[k], results.leaves[k]
            out.append(checked_cotangent(found.get(name), t, f"the tangent of {name}", self.jvp))
        return out


def _no_tangent(x: Any) -> Any:
    """The tangent of an argument that is not differentiated: zeros, or None for what has none."""
    if type(x) is float:
        return 0.0
    if not isinstance(x, (Tensor, np.ndarray, np.generic)) or x.dtype.kind not in "fc":
        return None
    return as_operand(np.zeros(x.shape, x.dtype))


@surface
def stop_gradient(x: Any) -> Any:
    """The same values, through which no gradient goes; `x` may be a container.

    References
    ----------
    ``jax.lax.stop_gradient``. For one tensor that is `Tensor.detach`, but for that the result is
    no view.

    Examples
    --------
    >>> jitgrad.grad(lambda x: x * jitgrad.stop_gradient(x))(3.0)
    3.0
    """
    leaves, _, rebuild = flatten(x)
    return rebuild(iter([_stopped(leaf) for leaf in leaves]))


stop_gradient._in_loops = "stop"  # type: ignore[attr-defined]  # see loops.markers


def _stopped(x: Any) -> Any:
    return detaching()(x) if isinstance(x, Tensor) else x
