"""Functions with a derivative rule of their own.

What such a function computes is ordinary operations, or arrays that it made in NumPy. Its results
are marked: each is ``revalue(value, part)``, the value of the one and the derivative of the other,
which is its part of a node `RULE`. The sources of that node are the inputs of the function and what
its rule reads beside them; its argument is the rule. So the cotangents of all results meet in one
place, where the rule makes of them those of the inputs, and `simplify` drops the marks once
nothing is differentiated any more. As rules give nodes, derivatives have derivatives.

================= =============================================================================
`TracedRule`      graphs of the rule, traced on abstract values: cotangents of the inputs by those
                  of the results, or tangents of the results by those of the inputs. Each gives
                  the other, as its transpose.
`HostRule`        the rule is called on arrays when a plan runs (see `ops.host`)
`RecomputedRule`  the derivative of the function itself, whose values are computed again
`RefusedRule`     there is no derivative: an error
================= =============================================================================

Start at `with_rule`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.dtypes import FLOAT64
from ..base.errors import GradientError
from ..ir import LEAF, Node, rebuilt, toposort
from ..ops.host import Aval, HostCall, host
from ..ops.marks import RULE, again, revalue
from ..ops.packing import Packing
from ..ops.primitives import of_cotangents, zeros
from .forward import push_forward
from .reverse import pull_back

#: A node for each of several things, None for zeros.
Nodes = Sequence["Node | None"]


@dataclass(frozen=True, slots=True)
class DerivativeRule:
    """What all rules have.

    Attributes
    ----------
    name : str
        Of the function.
    results : tuple of (shape, dtype)
        Those that have a derivative.
    led : tuple of int
        The sources of the node that gradients go to.
    """

    name: str
    results: tuple[Aval, ...]
    led: tuple[int, ...]

    def pull(self, cotangents: Nodes, node: Node) -> Nodes:
        """The cotangents of the sources `led`, from those of the results."""
        raise NotImplementedError

    def push(self, tangents: Nodes, node: Node) -> Nodes:
        """The tangents of the results, from those of the sources."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.name


def packing_of(rule: DerivativeRule) -> Packing:
    """The places of the results in the value of the rule's node."""
    shapes = {k: shape for k, (shape, _) in enumerate(rule.results)}
    return Packing(shapes, {k: dtype for k, (_, dtype) in enumerate(rule.results)})


def rule_node(rule: DerivativeRule, sources: Sequence[Node]) -> Node:
    """The node that results of a function with this rule are differentiated by."""
    dtype = np.result_type(*[dtype for _, dtype in rule.results]) if rule.results else FLOAT64
    return Node(RULE, tuple(sources), rule, (packing_of(rule).total,), dtype)


def with_rule(values: Sequence[Node], rule: DerivativeRule, sources: Sequence[Node]) -> list[Node]:
    """`values`, the results of a function, with the derivatives of a rule."""
    node = rule_node(rule, sources)
    return [with_derivative(node, k, x) for k, x in enumerate(values)]


def with_derivative(node: Node, k: int, value: Node) -> Node:
    """`value` with the derivative of result `k` of the function whose rule `node` has."""
    return revalue(value, packing_of(node.arg).part(node, k))


def _vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    rule, packing = node.arg, packing_of(node.arg)
    parts = [packing.cotangent_part(g, k) for k in range(len(rule.results))]
    out: list[Node | None] = [None] * len(node.src)
    if any(p is not None for p in parts):
        for k, c in zip(rule.led, rule.pull(parts, node), strict=True):
            out[k] = c
    return tuple(out)


def _jvp(t: Nodes, node: Node) -> Node | None:
    rule = node.arg
    given = [x if k in rule.led else None for k, x in enumerate(t)]
    if all(x is None for x in given):
        return None
    parts = {k: x for k, x in enumerate(rule.push(given, node)) if x is not None}
    return packing_of(rule).packed(parts, node.dtype) if parts else None


RULE.vjp, RULE.jvp = of_cotangents(_vjp), _jvp


def _substituted(roots: Nodes, new: Mapping[Node, Node]) -> list[Node | None]:
    """`roots` with nodes replaced."""
    made = dict(new)
    for node in toposort([r for r in roots if r is not None], lambda n: () if n in new else n.src):
        if node not in made:
            made[node] = rebuilt(node, tuple([made[s] for s in node.src]))
    return [None if r is None else made[r] for r in roots]


def _seeds(nodes: Nodes, cotangents: Nodes) -> dict[Node, Node]:
    """Cotangents by node, where several places have one node."""
    out: dict[Node, Node] = {}
    for n, c in zip(nodes, cotangents, strict=True):
        if n is not None and c is not None:
            out[n] = out[n] + c if n in out else c
    return out


# --- traced ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class TracedRule(DerivativeRule):
    """A rule as graphs over leaves.

    Attributes
    ----------
    inputs : tuple of Node
        Leaves for the inputs, the first sources.
    outputs : tuple of (int, Node)
        Leaves for those results that the graphs read, with their numbers; the next sources are the
        values of these. In the graphs they have the derivative of the rule.
    reads : tuple of Node
        Leaves for the other sources.
    cotangents : tuple of Node
        Leaves for the cotangents of the results.
    gradients : tuple of (tuple of bool, tuple of Node or None)
        For which results have cotangents, those of the inputs `led`. The first is for all, and,
        with zeros for the others, for what is not listed.
    tangents : tuple of Node
        Leaves for the tangents of the inputs `led`; empty where there is no graph for them.
    pushed : tuple of Node or None
        The tangents of the results.
    """

    inputs: tuple[Node, ...]
    outputs: tuple[tuple[int, Node], ...]
    reads: tuple[Node, ...]
    cotangents: tuple[Node, ...]
    gradients: tuple[tuple[tuple[bool, ...], tuple[Node | None, ...]], ...]
    tangents: tuple[Node, ...] = ()
    pushed: tuple[Node | None, ...] = ()

    def _known(self, node: Node) -> dict[Node, Node]:
        """What stands for the sources: these, the results with their derivatives."""
        n, m = len(self.inputs), len(self.inputs) + len(self.outputs)
        new = dict(zip(self.inputs, node.src, strict=False))
        for (k, place), value in zip(self.outputs, node.src[n:], strict=False):
            new[place] = with_derivative(node, k, value)
        return new | dict(zip(self.reads, node.src[m:], strict=True))

    def pull(self, cotangents: Nodes, node: Node) -> Nodes:
        there = tuple([c is not None for c in cotangents])
        gradients = dict(self.gradients).get(there, self.gradients[0][1])
        new = self._known(node)
        for place, c in zip(self.cotangents, cotangents, strict=True):
            new[place] = zeros(place) if c is None else c
        return _substituted(gradients, new)

    def push(self, tangents: Nodes, node: Node) -> Nodes:
        given = [tangents[k] for k in self.led]
        places = self.tangents or tuple([_place("tangent", k, self.inputs[k]) for k in self.led])
        pushed = self.pushed if self.tangents else self._transposed(places)
        new = self._known(node)
        for place, t in zip(places, given, strict=True):
            new[place] = zeros(place) if t is None else t
        return _substituted(pushed, new)

    def _transposed(self, places: Sequence[Node]) -> Nodes:
        """The tangents of the results by those of the inputs, `places`, of a rule that has
        cotangents alone."""
        seeds = _seeds(self.gradients[0][1], places)
        out = pull_back(seeds, self.cotangents)
        if not is_free_of(out, self.cotangents):
            raise GradientError(
                f"got a forward-mode derivative of {self.name}, whose custom_vjp gives none: its "
                "rule is not linear in the cotangents, or has loops; give it a rule by "
                "jitgrad.custom_jvp, or use reverse mode"
            )
        return out


def _place(what: str, k: int, like: Node) -> Node:
    return Node(LEAF, (), ("rule", what, k), like.shape, like.dtype)


def is_free_of(roots: Nodes, nodes: Sequence[Node]) -> bool:
    """Whether `roots` are computed from none of `nodes`."""
    return set(nodes).isdisjoint(toposort([r for r in roots if r is not None]))


def transposed(
    name: str,
    pushed: Nodes,
    tangents: Sequence[Node],
    cotangents: Sequence[Node],
    tidied: Callable[[Sequence[Node]], Sequence[Node]],
) -> tuple[Node | None, ...]:
    """The cotangents of inputs whose `tangents` give the tangents `pushed` of the results. `tidied`
    takes out of loops what nobody reads: those of values and tangents are one, of which cotangents
    read the values alone."""
    out = pull_back(_seeds(pushed, cotangents), tangents)
    if not is_free_of(out, tangents):
        there = iter(tidied([c for c in out if c is not None]))
        out = [None if c is None else next(there) for c in out]
    if not is_free_of(out, tangents):
        raise GradientError(
            f"got a rule of {name} that is not linear in the tangents, expected a sum of tangents "
            "times what does not depend on them; its gradient is the transpose of that"
        )
    return tuple(out)


# --- on the host ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class HostRule(DerivativeRule):
    """A rule that is called on arrays: ``function(sources, cotangents)`` -> those of the sources
    `led`, with None for cotangents that are zero."""

    function: Callable[[Sequence[Any], Sequence[Any]], Sequence[Any]]

    def pull(self, cotangents: Nodes, node: Node) -> Nodes:
        there = [c is not None for c in cotangents]
        n, function = len(node.src), self.function

        def called(*arrays: Any) -> Sequence[Any]:
            given = iter(arrays[n:])
            return function(arrays[:n], [next(given) if t else None for t in there])

        results = [(node.src[k].shape, node.src[k].dtype) for k in self.led]
        call = HostCall(f"the derivative rule of {self.name}", called, results)
        return host(call, [*node.src, *[c for c in cotangents if c is not None]])

    def push(self, tangents: Nodes, node: Node) -> Nodes:
        raise GradientError(
            f"got a forward-mode derivative of {self.name}, whose derivative rule computes with "
            "NumPy; use reverse mode, or write the rule in operations on tensors"
        )


# --- computed again -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class RecomputedRule(DerivativeRule):
    """The derivative of the function whose results are the graphs `roots` over the leaves
    `parameters`, one for each source; its values are computed again when cotangents arrive."""

    parameters: tuple[Node, ...]
    roots: tuple[Node, ...]

    def pull(self, cotangents: Nodes, node: Node) -> Nodes:
        after = [c for c in cotangents if c is not None]
        sources = [again(s, after) for s in node.src]
        roots = _substituted(self.roots, dict(zip(self.parameters, sources, strict=True)))
        return _together(pull_back(_seeds(roots, cotangents), [sources[k] for k in self.led]))

    def push(self, tangents: Nodes, node: Node) -> Nodes:
        roots = _substituted(self.roots, dict(zip(self.parameters, node.src, strict=True)))
        known = {s: t for s, t in zip(node.src, tangents, strict=True) if t is not None}
        return push_forward([r for r in roots if r is not None], known)


def _together(nodes: Nodes) -> Nodes:
    """`nodes`, none of which is read before all are there: then nothing that they were computed
    from is needed any more."""
    there = [n for n in nodes if n is not None]
    if len(there) < 2:
        return nodes
    return [None if n is None else again(n, [x for x in there if x is not n]) for n in nodes]


# --- refused --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class RefusedRule(DerivativeRule):
    """No derivative: the error that says why."""

    text: str

    def pull(self, cotangents: Nodes, node: Node) -> Nodes:
        raise GradientError(self.text)

    def push(self, tangents: Nodes, node: Node) -> Nodes:
        raise GradientError(self.text)


def refused(values: Sequence[Node], sources: Sequence[Node], name: str, text: str) -> list[Node]:
    """`values`, of which a derivative by `sources` is the error `text`."""
    results = tuple([(x.shape, x.dtype) for x in values])
    rule = RefusedRule(name, results, tuple(range(len(sources))), text)
    return with_rule(values, rule, sources)
