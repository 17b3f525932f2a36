"""`Optimizer`: what the optimisers have in common: groups of parameters with options, the tensors
kept for each parameter, and a step over all of them.

A step takes the gradients that the parameters have in `.grad` and writes to the parameters in
place: they stay the tensors, and the leaves, that they are. It is one plan for all parameters
(`update`), outside `jit` computed at once. The tensors kept from step to step are made with the
optimiser, and the count of steps is one of them, so that a function under `jit` which calls `step`
finds and changes them as it does all tensors it reaches. Start at `Optimizer.step`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..base.errors import ArgumentError, GradientError, JitError
from ..base.locks import whole
from ..base.surface import surfaces
from ..frontend.creation import arange, full_like, tensor
from ..frontend.modes import enable_grad, no_grad
from ..frontend.tensor import Tensor
from ..tape.handles import from_value, note_views
from ..tape.segment import active_traces, local
from ..tape.views import top
from .rules import Algorithm
from .update import Cohort, update_of

Group = dict[str, Any]


class ParameterGroup(dict):
    """The options of some parameters, and these under "params"."""

    #: Numbers that a function under `jit` has as those of each call: see `tracing.environment`.
    symbolic = ("lr",)


def _check_parameter(p: Any) -> None:
    if not isinstance(p, Tensor):
        raise ArgumentError(
            f"got a parameter of type {type(p).__name__}, expected a tensor that requires grad; "
            "use jitgrad.tensor(data, requires_grad=True)"
        )
    if p.dtype.kind != "f":
        raise GradientError(f"got a parameter of dtype {p.dtype}, expected a float dtype")
    if not p.is_leaf:
        raise GradientError(
            "got a parameter that is a result of operations, expected a leaf; pass the tensor it "
            "was computed from, or x.detach().requires_grad_()"
        )


def _check_apart(parameters: Sequence[Tensor]) -> None:
    """Raises for parameters that have elements in common: one step would take back the other."""
    by_top: dict[int, list[Tensor]] = {}
    for p in parameters:
        by_top.setdefault(id(top(p)), []).append(p)
    for sharing in by_top.values():
        if len(sharing) > 1:
            places = np.concatenate([_places(p) for p in sharing])
            if len(np.unique(places)) < len(places):
                raise ArgumentError(
                    "got parameters that share elements, as a tensor and a view of it, expected "
                    "each element once; leave one of them out"
                )


def _places(t: Tensor) -> np.ndarray:
    """Where the elements of a tensor are in what it is a view of, in the end."""
    chain, whole = [], top(t)
    while t is not whole:
        chain.append(t)
        t = t._x.parent
    with no_grad():
        out = arange(whole.size).reshape(whole.shape)
        for view in reversed(chain):
            out = view._x.step(out)
    return np.reshape(out.numpy(), -1)


def _as_groups(params: Any) -> list[Group]:
    """The parameters as groups: one tensor, several, named ones, or dicts with options of their
    own."""
    if isinstance(params, Tensor):
        raise ArgumentError(
            "got a tensor as parameters, expected a sequence of tensors or dicts; pass [x]"
        )
    if isinstance(params, Mapping):
        params = list(params.values())
    found = list(params)
    if not found:
        raise ArgumentError("got no parameters, expected at least one tensor that requires grad")
    if not any(isinstance(x, dict) for x in found):
        return [{"params": found}]
    return [dict(g) if isinstance(g, dict) else {"params": [g]} for g in found]


class Optimizer:
    """What all optimisers are: `param_groups`, `state`, `zero_grad`, `step`, `state_dict`.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        Leaves that require grad; or groups of them, ``{"params": [...], "lr": 0.1}``, with options
        of their own; or a dict of tensors by name.
    defaults : dict
        The options of groups that do not name them.
    """

    #: How parameters are updated; None for what has a `step` of its own.
    algorithm: Algorithm | None = None
    #: Attributes by which a function under `jit` reaches the tensors: see `tracing.environment`.
    captured = ("param_groups", "slots")

    def __init__(self, params: Any, defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.slots: list[dict[str, Any]] = []  # what `state` has, in the order of the parameters
        for group in _as_groups(params):
            self.add_param_group(group)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for k, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {k}")
            lines += [f"    {n}: {v}" for n, v in sorted(group.items()) if n != "params"]
        return "\n".join([*lines, ")"])

    def add_param_group(self, param_group: Group) -> None:
        """Adds parameters, ``{"params": [...], "lr": 0.1}``; options not named are the
        defaults."""
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise ArgumentError(
                f"got a group of type {type(param_group).__name__}, expected a dict with "
                '"params" and options'
            )
        given = param_group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        unknown = {*param_group} - {*self.defaults, "params", "initial_lr"}
        if unknown:
            raise ArgumentError(
                f"got a group with the options {sorted(unknown)}, expected some of "
                f"{sorted(self.defaults)}"
            )
        for p in params:
            _check_parameter(p)
        known = {*map(id, self.state)}
        if len({*map(id, params)}) < len(params) or known & {*map(id, params)}:
            raise ArgumentError(
                "got a parameter that is in a group already, expected each one once; leave it out"
            )
        _check_apart([*self.state, *params])
        group = ParameterGroup({**self.defaults, **param_group, "params": params})
        self.check(group)
        step = tensor(0.0) if params else None
        for p in params:
            self.state[p] = own = self._fresh(p, group, step)
            self.slots.append(own)
        self.param_groups.append(group)

    def check(self, group: Group) -> None:
        """Raises for options that no step could take."""

    def _fresh(self, p: Tensor, group: Group, step: Any) -> dict[str, Any]:
        """What is kept for a parameter before its first step."""
        if self.algorithm is None:
            return {}
        flags = self.algorithm.flags(group)
        fills = self.algorithm.slots(flags, group)
        with no_grad():
            made = {name: full_like(p, float(fill)) for name, fill in fills.items()}
        return {"step": step, **made}

    # --- steps ------------------------------------------------------------------------------------

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters, or sets them to 0."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad = full_like(p.grad.detach(), 0.0)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates all parameters that have a gradient.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss and the gradients anew, and gives the loss.

        Returns
        -------
        Tensor or None
            What `closure` gave.
        """
        loss = None
        if closure is not None:
            if not callable(closure):
                raise ArgumentError(
                    f"got step() with a closure of type {type(closure).__name__}, expected a "
                    "function that gives the loss; to step without one, pass nothing"
                )
            with enable_grad():
                loss = closure()
        cohorts = [c for group in self.param_groups for c in self._cohorts(group)]
        if cohorts:
            apply(cohorts)
        return loss

    def _cohorts(self, group: Group) -> Iterator[Cohort]:
        """The parameters of a group that have a gradient, those together that have seen as many
        steps."""
        algorithm, state = self.algorithm, self.state
        assert algorithm is not None
        found: dict[int, list[tuple[Tensor, Tensor, dict[str, Any]]]] = {}
        for p in group["params"]:
            g = p.grad
            if g is not None:
                own = state[p]
                found.setdefault(id(own["step"]), []).append((p, g, own))
        if not found:
            return
        flags = algorithm.flags(group)
        numbers = {n: _number(x, group, n) for n, x in algorithm.numbers(group).items()}
        names = tuple(algorithm.slots(flags, group))
        for members in found.values():
            step = self._step_of(group, members)
            self._complete(members, names, group)
            yield Cohort(
                algorithm,
                flags,
                names,
                numbers,
                step,
                [p for p, _, _ in members],
                [g for _, g, _ in members],
                [[own[name] for name in names] for _, _, own in members],
            )

    def _step_of(self, group: Group, members: Sequence[tuple[Any, Any, dict[str, Any]]]) -> Tensor:
        """The count of steps of some parameters: one of their own, if others that have no gradient
        share it."""
        step: Tensor = members[0][2]["step"]
        if len(members) < len(group["params"]):
            holders = sum(self.state[p]["step"] is step for p in group["params"])
            if holders > len(members):
                refuse_in_trace("some parameters have a gradient for the first time")
                step = tensor(step.item())
                for _, _, own in members:
                    own["step"] = step
        return step

    def _complete(
        self, members: Sequence[tuple[Any, Any, dict[str, Any]]], names: Sequence[str], group: Group
    ) -> None:
        """Makes slots that an option asks for which was set after the optimiser was made."""
        assert self.algorithm is not None
        for p, _, own in members:
            if any(name not in own for name in names):
                refuse_in_trace("an option was set that needs other tensors")
                own.update({n: x for n, x in self._fresh(p, group, None).items() if n not in own})

    # --- saving -----------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """The options and what is kept, with numbers in the place of parameters: as in PyTorch, for
        `load_state_dict`."""
        number = {id(p): k for k, p in enumerate(self._parameters())}
        groups = [
            {**group, "params": [number[id(p)] for p in group["params"]]}
            for group in self.param_groups
        ]
        state = {number[id(p)]: dict(own) for p, own in self.state.items() if own}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes over options and what was kept, of an optimiser over parameters of these shapes in
        this order; `state_dict` may be one of PyTorch's, of the same algorithm."""
        refuse_in_trace("load_state_dict was called")
        if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= set(state_dict):
            raise ArgumentError(
                f'got a state of type {type(state_dict).__name__} without "state" and '
                '"param_groups", expected what state_dict() of an optimiser gives'
            )
        given, own = state_dict["param_groups"], self.param_groups
        lengths = [[len(g["params"]) for g in groups] for groups in (given, own)]
        if lengths[0] != lengths[1]:
            raise ArgumentError(
                f"got a state of groups of {lengths[0]} parameters, expected {lengths[1]}"
            )
        parameters = [*self._parameters()]
        numbers = [k for g in given for k in g["params"]]
        loaded = [
            self._loaded(p, state_dict["state"].get(k, {}))
            for p, k in zip(parameters, numbers, strict=True)
        ]
        for group, new in zip(own, given, strict=True):
            group.update({n: x for n, x in new.items() if n in group and n != "params"})
        for p, new_state in zip(parameters, loaded, strict=True):
            self.state[p].update(new_state)
        self._share_steps()

    def _loaded(self, p: Tensor, given: Mapping[str, Any]) -> dict[str, Any]:
        """Copies of what is kept for a parameter, of the parameter's dtype."""
        out = {}
        for name, x in given.items():
            if name == "step":
                out[name] = tensor(float(x))
            elif np.ndim(x) or isinstance(x, Tensor) or hasattr(x, "__array__"):
                values = x.detach() if isinstance(x, Tensor) else np.asarray(x)
                new = tensor(values, dtype=p.dtype)
                if new.shape != p.shape:
                    raise ArgumentError(
                        f"got {name} of shape {new.shape} for a parameter of shape {p.shape}, "
                        "expected the same"
                    )
                out[name] = new
            else:
                out[name] = x
        return out

    def _share_steps(self) -> None:
        """Parameters of a group that have seen as many steps have one count."""
        for group in self.param_groups:
            counts: dict[float, Tensor] = {}
            for p in group["params"]:
                own = self.state[p]
                if "step" in own:
                    own["step"] = counts.setdefault(float(own["step"]), own["step"])

    def _parameters(self) -> Iterator[Tensor]:
        return (p for group in self.param_groups for p in group["params"])


surfaces(Optimizer)


def refuse_in_trace(why: str) -> None:
    if active_traces and local.seg.tracing is not None:
        raise JitError(
            f"got a step of an optimiser in a function under jit in which {why}; do that once "
            "outside of jit"
        )


def _number(x: Any, group: Group, name: str) -> Any:
    """A number of a formula: a float, a 0-d tensor, or in a trace what stands for that of a later
    call."""
    if isinstance(x, Tensor):
        return x.double()
    if active_traces and local.seg.tracing is not None:
        sources = getattr(local.seg.tracing, "sources", None)
        found = None if sources is None else sources.number(group, name)
        if found is not None:
            return found
    return float(x)


# --- writing --------------------------------------------------------------------------------------


def apply(cohorts: Sequence[Cohort]) -> None:
    """Updates parameters, slots and counts in place."""
    update, operands, numbers = update_of(cohorts)
    targets = [t for c in cohorts for t in c.targets()]
    if active_traces and local.seg.tracing is not None:
        with no_grad():
            for t, new in zip(targets, update.tensors(operands, numbers), strict=True):
                t._write(new, cast=True)
        return
    values = update.values(operands, numbers)
    if local.seg.views:
        note_views(local.seg)
    whole(_rebind, targets, values)


def _rebind(targets: Iterable[Tensor], values: Iterable[Any]) -> None:
    """Each tensor has its new value: one of its own by one store, others as any write does it."""
    for t, value in zip(targets, values, strict=True):
        x = t._x
        own = x is None or (x.parent is None and not x.children and not x.stale)
        if own and t._seg is None:
            t._value = value
        else:
            with no_grad():
                t._write(from_value(value, t.shape, t.dtype, None), cast=True)
