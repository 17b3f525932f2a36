"""`Function`: operations with a derivative of their own, as classes, as `torch.autograd.Function`.

A call runs `forward` with gradients off, and marks what it gave with a rule
(`tracing.rule_traces`). The rule is `backward`, which is traced then and there, so that it stays in
the graph: fused, differentiable, and right under `jit` and in loops. A `backward` that asks for
values is called when gradients are computed. Start at `Function.apply`.
"""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..autodiff.derivative_rules import RefusedRule, refused, transposed
from ..base.errors import AliasError, ArgumentError, GradientError, MissingError
from ..base.surface import surface
from ..control.tidy import tidied
from ..frontend.convert import as_operand
from ..frontend.modes import no_grad
from ..frontend.tensor import Tensor
from ..ir import leaf
from ..tape.reachability import depends_on
from ..tape.segment import local
from ..tracing.bodies import result_node
from ..tracing.custom_arguments import checked_cotangent, described, is_active
from ..tracing.custom_results import Like, Reads, Results
from ..tracing.host_rules import HostRecord
from ..tracing.rule_traces import DEPTH, RuleTrace, depth_of, record_rule, refused_results

#: Results of a function whose gradients are not materialised that have a graph for each choice of
#: them; with more, `backward` is called when gradients are computed.
CHOICES = 3


class FunctionCtx:
    """What `forward` and `backward` of a `Function` share: ``ctx``.

    Attributes of any name can be set. Tensors are better kept by `save_for_backward`.
    """

    _tensors: tuple[Any, ...] = ()
    _forward: tuple[Any, ...] | None = None
    _dirty: tuple[Any, ...] = ()
    _constant: tuple[Any, ...] = ()
    _materialize = True
    #: Whether each argument of `apply` is a tensor that requires grad.
    needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keeps tensors for `backward`: arguments, results, or others; None is kept as it is."""
        for t in tensors:
            if t is not None and not isinstance(t, (Tensor, np.ndarray)):
                raise ArgumentError(
                    f"got an object of type {type(t).__name__} to save for backward, expected "
                    "tensors; set it as an attribute of ctx"
                )
        self._tensors = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keeps tensors for `jvp`."""
        self._forward = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` has kept."""
        return self._tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Says that these arguments were written to in place; they are among the results."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Says that these results have no gradient."""
        self._constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros for results that nothing depends on; else None."""
        self._materialize = bool(value)

    def _with(self, tensors: Sequence[Any]) -> FunctionCtx:
        """A copy that has others in the place of the tensors kept."""
        out = copy.copy(self)
        out._tensors, out._forward = tuple(tensors), None
        return out


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a `backward` that is not differentiated again: it runs with gradients off, when
    gradients are computed, and a second derivative is an error.

    Examples
    --------
    >>> from jitgrad.autograd.function import once_differentiable
    >>> class Double(jitgrad.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return 2 * x
    ...     @staticmethod
    ...     @once_differentiable
    ...     def backward(ctx, g):
    ...         return jitgrad.tensor(2 * g.numpy())
    >>> jitgrad.grad(Double.apply)(1.0)
    2.0
    """

    @functools.wraps(backward)
    def wrapped(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            return backward(ctx, *grads)

    wrapped.once = True  # type: ignore[attr-defined]
    return wrapped


class FunctionCall:
    """A call of a function: its arguments, as `Reads` knows them."""

    def __init__(self, cls: type[Function], args: Sequence[Any]) -> None:
        self.cls, self.leaves = cls, list(args)
        self.active = [k for k, x in enumerate(args) if is_active(x)]
        self.ctx = cls.context()
        self.inside: dict[int, Tensor] = {}
        self.ctx.needs_input_grad = tuple([isinstance(x, Tensor) and x.requires_grad for x in args])
        for k, x in enumerate(args):
            parts = x.values() if isinstance(x, dict) else x if isinstance(x, (tuple, list)) else ()
            if any(map(is_active, parts)):
                raise GradientError(
                    f"got argument {k} of {cls.__name__}.apply, a {type(x).__name__} of tensors "
                    "that require grad, whose gradients would be lost; pass each as an argument"
                )

    @property
    def inputs(self) -> list[Tensor]:
        return [self.leaves[k] for k in self.active]

    def before_writes(self) -> None:
        """Keeps arguments as they are before a `forward` that may write to them."""
        if self.cls.writes():
            self.inside = {k: self.leaves[k].clone() for k in self.active}

    def run(self) -> Any:
        """What `forward` gives."""
        cls, ctx, args = self.cls, self.ctx, list(self.leaves)
        with no_grad():
            if cls.setup_context is Function.setup_context:
                return cls.forward(ctx, *args)
            out = cls.forward(*args)
            cls.setup_context(ctx, tuple(args), out)
            return out

    def settle_writes(self) -> None:
        """Arguments that were written to stand for what they were before."""
        for t in self.ctx._dirty:
            places = [k for k, x in enumerate(self.leaves) if x is t]
            if not places:
                raise ArgumentError(
                    f"got mark_dirty of a tensor that is no argument of {self.cls.__name__}.apply"
                )
            for k in places:
                if k not in self.inside:
                    continue
                if t.is_leaf:
                    with no_grad():
                        t.copy_(self.inside[k])
                    raise AliasError(
                        f"got a leaf that requires grad which {self.cls.__name__} writes to in "
                        "place; pass x.clone()"
                    )
                self.leaves[k] = self.inside[k]


class Function:
    """An operation with a derivative of its own; ``MyFunction.apply(*args)`` calls it.

    A subclass has static methods: ``forward(ctx, *args)``, or ``forward(*args)`` and
    ``setup_context(ctx, inputs, output)``; and ``backward(ctx, *grads)``, with one gradient for
    each result, which gives one for each argument, None for zeros and for what is no tensor.
    ``jvp(ctx, *tangents)`` gives tangents of the results, for forward mode; without `backward`,
    gradients are its transpose.

    `forward` runs with gradients off, and may compute with NumPy. `backward` is traced when
    `forward` has run: with operations on tensors alone it is fused with what is around it, and can
    be differentiated again. If it asks for values, or is marked by `once_differentiable`, it is
    called when gradients are computed.

    References
    ----------
    ``torch.autograd.Function``.

    Examples
    --------
    >>> class Exp(jitgrad.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         out = x.exp()
    ...         ctx.save_for_backward(out)
    ...         return out
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (out,) = ctx.saved_tensors
    ...         return g * out
    >>> x = jitgrad.tensor([0.0, 1.0], requires_grad=True)
    >>> Exp.apply(x).sum().backward()
    >>> x.grad
    tensor([1.    , 2.7183])
    """

    _calls = ("forward", "setup_context", "backward", "jvp")
    #: What makes ``ctx``.
    context = FunctionCtx

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise MissingError(
            f"got {type(self).__name__}(...), which makes nothing; call {type(self).__name__}"
            ".apply(...)"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """``forward(ctx, *args)`` -> the results; the subclass has it."""
        raise MissingError("got a Function without forward; define it as a static method")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """What `backward` needs is put in `ctx`, where `forward` does not get it."""
        raise MissingError("got a Function without setup_context")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """``backward(ctx, *grads)`` -> the gradients of the arguments; the subclass has it."""
        raise MissingError("got a gradient of a Function without backward; define it")

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """``jvp(ctx, *tangents)`` -> the tangents of the results."""
        raise MissingError("got a forward-mode derivative of a Function without jvp; define it")

    @classmethod
    def writes(cls) -> bool:
        """Whether `forward` says that it writes to its arguments."""
        methods = (cls.forward, cls.setup_context)
        codes = [getattr(m, "__code__", None) for m in methods]
        return any(code is not None and "mark_dirty" in code.co_names for code in codes)

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Calls the function."""
        return _applied(cls, args)


@surface
def _applied(cls: type[Function], args: tuple[Any, ...]) -> Any:
    call = FunctionCall(cls, args)
    call.before_writes()
    out = call.run()
    several = isinstance(out, tuple)
    given = list(out) if several else [out]
    if call.active:
        call.settle_writes()
        given = _with_rule(call, given)
    else:
        given = [x if isinstance(x, Tensor) else _constant(x) for x in given]
    return tuple(given) if several else given[0]


def _with_rule(call: FunctionCall, given: Sequence[Any]) -> list[Any]:
    """The results `given` of a call, with its rule."""
    constant, dirty = {id(t) for t in call.ctx._constant}, {id(t) for t in call.ctx._dirty}
    smooth = [k for k, x in enumerate(given) if _is_smooth(x) and id(x) not in constant]
    results = Results(tuple([given[k] for k in smooth]), call.cls.forward)
    made = FunctionRule(call, results, smooth, given).recorded() if smooth else []
    out = [_constant(x) if k not in smooth else x for k, x in enumerate(given)]
    for k, t in zip(smooth, made, strict=True):
        out[k] = _written(given[k], t) if id(given[k]) in dirty else t
    return out


def _is_smooth(x: Any) -> bool:
    """Whether a result may have a gradient."""
    return isinstance(x, (Tensor, np.ndarray, np.floating)) and x.dtype.kind in "fc"


def _constant(x: Any) -> Any:
    """A result without a gradient."""
    if isinstance(x, Tensor):
        return x.detach() if x.requires_grad else x
    return as_operand(x) if isinstance(x, np.ndarray) and x.dtype.kind in "fcbiu" else x


def _written(t: Tensor, out: Tensor) -> Tensor:
    """`t`, an argument written to in place, with the gradient of the result `out`."""
    t._write(out, cast=False)
    return t


class FunctionRule:
    """The rule of a call, whose `results` are those at the places `smooth` of `given`."""

    def __init__(
        self, call: FunctionCall, results: Results, smooth: Sequence[int], given: Sequence[Any]
    ) -> None:
        self.call, self.cls, self.ctx, self.results = call, call.cls, call.ctx, results
        self.smooth, self.count = list(smooth), len(given)
        #: What results that have no gradient are like, by place: tensors get zeros.
        self.others = {
            k: Like(x) for k, x in enumerate(given) if isinstance(x, Tensor) and k not in smooth
        }
        self.likes = {k: Like(call.leaves[k]) for k in call.active}
        self.tensors = [isinstance(x, Tensor) for x in call.leaves]

    @property
    def name(self) -> str:
        return self.cls.__name__

    def recorded(self) -> list[Any]:
        values = self.results.values
        if depth_of(self.cls) >= DEPTH:
            return refused_results(self.name, values, self.call.inputs)
        traced = None if self._only_when_needed() else self._traced(self._kept())
        rule, sources, numbers = traced or (*self._host(), ())
        return record_rule(self.name, values, rule, sources, numbers)

    def _only_when_needed(self) -> bool:
        """Whether `backward` is not traced: it need not be differentiable, or what it gets is not
        known before."""
        once = getattr(self.cls.backward, "once", False) and local.seg.tracing is None
        return once or (not self.ctx._materialize and len(self.smooth) > CHOICES)

    # ------------------------------------------------------------------ traced

    def _kept(self) -> list[Any]:
        """What was saved for backward. What `forward` has computed on the way without a graph has a
        derivative that is an error, since it would be missing."""
        known = {id(x) for x in (*self.call.leaves, *self.results.given)}
        return [
            self._without_graph(t) if isinstance(t, Tensor) and id(t) not in known else t
            for t in self.ctx._tensors
        ]

    def _without_graph(self, t: Tensor) -> Tensor:
        inputs = [x for x in self.call.inputs if x._seg is t._seg is local.seg]
        if t.requires_grad or not inputs or not depends_on(t._state, [x._state for x in inputs]):
            return t
        text = (
            f"got a second derivative of {self.name} that leads through what its forward computed "
            "on the way and saved, where gradients are off; give it back as a result and save "
            "that, or compute it in backward"
        )
        led = tuple(range(len(inputs)))
        rule = RefusedRule(self.name, ((t.shape, t.dtype),), led, text)
        return record_rule(self.name, [t], rule, inputs)[0]

    def _traced(self, kept: Sequence[Any]) -> Any:
        """The rule as a graph, its sources and its numbers; None where it asks for values."""
        trace = RuleTrace(self.name, self.cls)
        try:
            with trace.recording():
                reads = Reads(trace, self.call, self.call.leaves, self.results)
                if self.cls.backward is Function.backward:
                    return self._by_tangents(trace, reads)
                return self._by_cotangents(trace, reads, kept)
        except Exception as error:
            deferred = local.seg.tracing is None and self.cls.backward is not Function.backward
            if deferred or trace.gives_up(error):
                return None  # where it is an error, backward raises it again, when it is called
            raise

    def _by_cotangents(self, trace: RuleTrace, reads: Reads, kept: Sequence[Any]) -> Any:
        ctx = self.ctx._with([reads.of(t) for t in kept])
        cots = [trace.parameter(t.shape, t.dtype) for t in self.results.values]
        gradients = []
        for there in self._choices():
            gs = [g if t else None for (g, _), t in zip(cots, there, strict=True)]
            nodes = [
                None if c is None else result_node(trace, c, "a gradient")
                for c in self._called(ctx, gs)
            ]
            if getattr(self.cls.backward, "once", False):
                nodes = self._once(nodes, trace)
            gradients.append((there, nodes))
        tangents, pushed = self._pushed(trace, reads)
        places = [node for _, node in cots]
        return reads.rule(self.name, self.results, places, gradients, tangents, pushed)

    def _choices(self) -> list[tuple[bool, ...]]:
        """For which results there may be gradients; all of them first."""
        every = (True,) * len(self.smooth)
        if self.ctx._materialize:
            return [every]
        choices = itertools.product((True, False), repeat=len(self.smooth))
        return [there for there in choices if any(there)]

    def _once(self, nodes: Sequence[Any], trace: RuleTrace) -> list[Any]:
        """Gradients that are not differentiated again."""
        found = [n for n in nodes if n is not None]
        text = (
            f"got a second derivative of {self.name}, whose backward is marked by "
            "once_differentiable; take the mark off, if it computes with tensors"
        )
        made = iter(refused(found, _smooth_leaves(found), self.name, text))
        return [None if n is None else next(made) for n in nodes]

    def _pushed(self, trace: RuleTrace, reads: Reads) -> tuple[list[Any], list[Any]]:
        """Leaves for tangents of the inputs, and the tangents of the results; nothing where there
        is no `jvp`."""
        if self.cls.jvp is Function.jvp:
            return [], []
        kept = self.ctx._tensors if self.ctx._forward is None else self.ctx._forward
        ctx = self.ctx._with([reads.of(t) for t in kept])
        tangents = [self._no_tangent(x) for x in self.call.leaves]
        places = []
        for k, like in self.likes.items():
            tangents[k], place = trace.parameter(like.shape, like.dtype)
            places.append(place)
        got = self.cls.jvp(ctx, *tangents)
        got = got if isinstance(got, tuple) else (got,)
        if len(got) != self.count:
            raise ArgumentError(
                f"got {len(got)} tangents from {described(self.cls.jvp)}, expected one for each "
                f"of the {self.count} results"
            )
        pushed = []
        for k, t in zip(self.smooth, self.results.values, strict=True):
            t = checked_cotangent(got[k], t, f"the tangent of result {k}", self.cls.jvp)
            pushed.append(None if t is None else result_node(trace, t, "a tangent"))
        return places, pushed

    def _no_tangent(self, x: Any) -> Any:
        """What `jvp` gets for an argument without a tangent."""
        smooth = isinstance(x, Tensor) and x.dtype.kind in "fc" and self.ctx._materialize
        return Like(x).cotangent(None) if smooth else None

    def _by_tangents(self, trace: RuleTrace, reads: Reads) -> Any:
        """The rule of a function that has `jvp` alone."""
        tangents, pushed = self._pushed(trace, reads)
        if not tangents:
            raise GradientError(f"got {self.name} without backward; define it as a static method")
        values = self.results.values
        cots = [leaf(("rule", "g", k), t.shape, t.dtype) for k, t in enumerate(values)]
        gradients = [((True,) * len(cots), transposed(self.name, pushed, tangents, cots, tidied))]
        return reads.rule(self.name, self.results, cots, gradients, tangents, pushed)

    # ------------------------------------------------------------------ called

    def _called(self, ctx: FunctionCtx, gs: Sequence[Any]) -> list[Any]:
        """The gradients of the inputs that `backward` gives for those of the smooth results, None
        for zeros."""
        by_place = dict(zip(self.smooth, gs, strict=True))
        likes = {k: like for k, like in self.others.items() if self.ctx._materialize}
        grads = [
            likes[k].cotangent(None) if k in likes else by_place.get(k) for k in range(self.count)
        ]
        got = self.cls.backward(ctx, *grads)
        got = list(got) if isinstance(got, (tuple, list)) else [got]
        n = len(self.tensors)
        if len(got) < n or any(g is not None for g in got[n:]):
            raise GradientError(
                f"got {len(got)} gradients from {described(self.cls.backward)}, expected one for "
                f"each of the {n} arguments, None for zeros and for what is no tensor"
            )
        wrong = [k for k in range(n) if not self.tensors[k] and got[k] is not None]
        if wrong:
            raise GradientError(
                f"got a gradient from {described(self.cls.backward)} for argument {wrong[0]}, "
                "which is no tensor, expected None"
            )
        return [
            checked_cotangent(
                _summed(got[k], like.shape),
                like,
                f"the gradient of argument {k}",
                self.cls.backward,
            )
            for k, like in self.likes.items()
        ]

    def _host(self) -> Any:
        """The rule as a call on arrays, and its sources."""
        places = [k for k, t in enumerate(self.ctx._tensors) if t is not None]
        kept = [self.ctx._tensors[k] for k in places]
        count, ctx, called = len(self.ctx._tensors), self.ctx._with(()), _outline(self)
        zeros = [Like(t) for t in self.results.values] if self.ctx._materialize else None

        def rule(tensors: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
            saved: list[Any] = [None] * count
            for k, t in zip(places, tensors, strict=True):
                saved[k] = t
            if zeros is not None:
                gs = [like.cotangent(g) for like, g in zip(zeros, gs, strict=True)]
            return called(ctx._with(saved), gs)

        record = HostRecord(rule, self.call.inputs, kept, [*self.call.leaves, *self.results.given])
        return record.host_rule(self.name, self.results.values, self.call.inputs, kept)


def _outline(rule: FunctionRule) -> Callable[..., list[Any]]:
    """`FunctionRule._called`, without the tensors of the call."""
    out = copy.copy(rule)
    out.ctx = SimpleNamespace(_materialize=rule.ctx._materialize)  # type: ignore[assignment]
    del out.call, out.results
    return out._called


def _smooth_leaves(nodes: Sequence[Any]) -> list[Any]:
    """What a second derivative of `nodes` may lead to."""
    from ..ir import toposort

    return [
        n for n in toposort(nodes) if not n.src and n.op.kind == "leaf" and n.dtype.kind in "fc"
    ]


def _summed(g: Any, shape: tuple[int, ...]) -> Any:
    """A gradient of a shape that `shape` broadcasts to, summed to it."""
    if not isinstance(g, (Tensor, np.ndarray)) or g.shape == shape or g.ndim < len(shape):
        return g
    lead = g.ndim - len(shape)
    if any(n not in (1, m) for n, m in zip(shape, g.shape[lead:], strict=True)):
        return g
    axes = tuple(k for k in range(g.ndim) if k < lead or shape[k - lead] != g.shape[k])
    return as_operand(g).sum(axis=axes, keepdims=True).reshape(shape)
