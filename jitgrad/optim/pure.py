"""Optimisers as pure functions: ``init(params)`` makes a state, ``update(grads, state, params)``
gives new parameters and a new state.

Parameters, gradients and state are containers (dicts, lists, tuples, dataclasses...) of tensors,
and nothing is written to, so that a whole step can be a function under `jitgrad.jit`, or be
differentiated itself. The formulas are those of the objects (`rules`), and a step is one operation
on the tape (`update`). Start at `PureOptimizer`, then `adam`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..base.errors import ArgumentError, GradientError, ShapeError
from ..base.surface import surface
from ..base.tree import flatten
from ..frontend.convert import as_operand
from ..frontend.creation import full_like, zeros
from ..frontend.modes import no_grad
from ..frontend.tensor import Tensor
from ..tape.symbols import SymbolicScalar
from . import rules
from .algorithms import betas_of
from .rules import Algorithm
from .update import Cohort, update_of


class PureOptimizer(NamedTuple):
    """An optimiser as two functions.

    Attributes
    ----------
    init : callable
        ``init(params)`` -> the state before the first step: a dict of a 0-d tensor, "step", and of
        containers like `params`.
    update : callable
        ``update(grads, state, params, lr=None)`` -> (new parameters, new state); `lr` takes the
        place of the learning rate.
    """

    init: Callable[[Any], dict[str, Any]]
    update: Callable[..., tuple[Any, dict[str, Any]]]


def _leaves(x: Any, what: str) -> tuple[list[Tensor], list[str], Callable[..., Any]]:
    leaves, names, rebuild = flatten(x, what)
    out = [as_operand(leaf) for leaf in leaves]
    for t, name in zip(out, names, strict=True):
        if t.dtype.kind != "f":
            raise GradientError(f"got {name} of dtype {t.dtype}, expected a float dtype")
    return out, names, rebuild


def _matched(x: Any, what: str, labels: list[str], leaves: list[Tensor]) -> list[Tensor]:
    """Gradients, or a part of the state, in the order of the parameters, and of their dtypes."""
    found, names, _ = _leaves(x, "params")
    if sorted(names) != sorted(labels):
        raise ShapeError(
            f"got {what} with the leaves {', '.join(names) or 'none'}, expected a container "
            f"like the parameters: {', '.join(labels) or 'none'}"
        )
    by_name, out = dict(zip(names, found, strict=True)), []
    for p, name in zip(leaves, labels, strict=True):
        own = by_name[name]
        if own.shape != p.shape:
            raise ShapeError(
                f"got {what} of shape {own.shape} for {name} of shape {p.shape}, expected the same"
            )
        out.append(own.to(p.dtype))
    return out


def _check_state(state: Any, names: Sequence[str]) -> None:
    """Whether a state has the parts that `init` of the same optimiser makes."""
    expected = {"step", *names}
    if not isinstance(state, Mapping) or not expected <= set(state):
        got = sorted(map(str, state)) if isinstance(state, Mapping) else type(state).__name__
        raise ArgumentError(
            f"got the state {got}, expected a dict with {sorted(expected)}; pass what init(params) "
            "or the last update of the same optimiser gave"
        )


def _rate(lr: Any, step: Tensor) -> Any:
    """A learning rate as a number or a 0-d tensor of float64."""
    if callable(lr):
        lr = lr(step)
    if isinstance(lr, SymbolicScalar):
        return lr.as_float()
    if isinstance(lr, (Tensor, np.ndarray)):
        lr = as_operand(lr)
        if lr.shape:
            raise ShapeError(f"got a learning rate of shape {lr.shape}, expected a 0-d tensor")
        return lr.double()
    if not hasattr(lr, "__float__"):
        raise ArgumentError(
            f"got the learning rate {lr!r:.100}, expected a number, a 0-d tensor, or a function of "
            "the number of steps that gives one"
        )
    return float(lr)


def _pure(algorithm: Algorithm, options: dict[str, Any]) -> PureOptimizer:
    flags = algorithm.flags(options)
    fills = algorithm.slots(flags, options)
    names = tuple(fills)

    @surface
    def init(params: Any) -> dict[str, Any]:
        with no_grad():
            leaves, _, rebuild = _leaves(params, "params")
            made = {
                name: rebuild(iter([full_like(p, float(fill)) for p in leaves]))
                for name, fill in fills.items()
            }
            return {"step": zeros(()), **made}

    @surface
    def update(
        grads: Any, state: dict[str, Any], params: Any, *, lr: Any = None
    ) -> tuple[Any, dict[str, Any]]:
        leaves, labels, rebuild = _leaves(params, "params")
        gradients = _matched(grads, "gradients", labels, leaves)
        _check_state(state, names)
        step = as_operand(state["step"])
        numbers = {
            n: x if isinstance(x, Tensor) else float(x)
            for n, x in algorithm.numbers({**options, "lr": 0.0}).items()
        }
        numbers["lr"] = _rate(options["lr"] if lr is None else lr, step)
        slots = [_matched(state[name], name, labels, leaves) for name in names]
        rows = [[own[k] for own in slots] for k in range(len(leaves))]
        cohort = Cohort(algorithm, flags, names, numbers, step, leaves, gradients, rows)
        found, operands, floats = update_of([cohort])
        out = list(found.tensors(operands, floats))
        width = 1 + len(names)
        new = {"step": out[0]}
        for j, name in enumerate(names):
            new[name] = rebuild(iter(out[2 + j :: width]))
        return rebuild(iter(out[1::width])), new

    return PureOptimizer(init, update)


def sgd(
    lr: Any = 1e-3,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    *,
    maximize: bool = False,
) -> PureOptimizer:
    """`SGD` as pure functions.

    Parameters
    ----------
    lr : float, Tensor or callable
        The learning rate, or a function of the number of steps taken, a 0-d tensor.
    momentum, dampening, weight_decay, nesterov, maximize
        As `SGD` has them.

    Returns
    -------
    PureOptimizer

    Examples
    --------
    >>> init, update = jitgrad.optim.sgd(0.25)
    >>> params = {"w": jitgrad.tensor([1.0, 2.0])}
    >>> grads = jitgrad.grad(lambda p: (p["w"] ** 2).sum())(params)
    >>> params, state = update(grads, init(params), params)
    >>> params["w"]
    tensor([0.5, 1. ])
    """
    options = {"lr": lr, "momentum": momentum, "dampening": dampening}
    options |= {"weight_decay": weight_decay, "nesterov": nesterov, "maximize": maximize}
    if nesterov and (not rules.is_nonzero(momentum) or rules.is_nonzero(dampening)):
        raise ArgumentError(
            f"got nesterov=True with momentum={momentum} and dampening={dampening}, expected a "
            "momentum above 0 and no dampening"
        )
    return _pure(rules.SGD, options)


def adam(
    lr: Any = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    *,
    maximize: bool = False,
    decoupled_weight_decay: bool = False,
) -> PureOptimizer:
    """`Adam` as pure functions.

    Parameters
    ----------
    lr : float, Tensor or callable
        The learning rate, or a function of the number of steps taken, a 0-d tensor.
    betas, eps, weight_decay, amsgrad, maximize, decoupled_weight_decay
        As `Adam` has them.

    Returns
    -------
    PureOptimizer

    Examples
    --------
    >>> init, update = jitgrad.optim.adam(0.5)
    >>> value_and_grad = jitgrad.value_and_grad(lambda p: (p[0] ** 2).sum())
    >>> @jitgrad.jit
    ... def step(params, state):
    ...     loss, grads = value_and_grad(params)
    ...     return *update(grads, state, params), loss
    >>> params = [jitgrad.tensor([1.0, -2.0])]
    >>> params, state, loss = step(params, init(params))
    >>> params[0].round(3), float(state["step"])
    (tensor([ 0.5, -1.5]), 1.0)
    """
    betas_of({"betas": betas})
    options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
    options |= {"amsgrad": amsgrad, "maximize": maximize}
    return _pure(rules.ADAM, {**options, "decoupled_weight_decay": decoupled_weight_decay})


def adamw(
    lr: Any = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
    amsgrad: bool = False,
    *,
    maximize: bool = False,
) -> PureOptimizer:
    """`AdamW` as pure functions.

    Parameters
    ----------
    lr : float, Tensor or callable
        The learning rate, or a function of the number of steps taken, a 0-d tensor.
    betas, eps, weight_decay, amsgrad, maximize
        As `AdamW` has them.

    Returns
    -------
    PureOptimizer

    Examples
    --------
    >>> init, update = jitgrad.optim.adamw(0.1, weight_decay=0.5)
    >>> params = jitgrad.tensor([2.0])
    >>> update(jitgrad.tensor([0.0]), init(params), params)[0]
    tensor([1.9])
    """
    return adam(
        lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True
    )


def rmsprop(
    lr: Any = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
    *,
    maximize: bool = False,
) -> PureOptimizer:
    """`RMSprop` as pure functions.

    Parameters
    ----------
    lr : float, Tensor or callable
        The learning rate, or a function of the number of steps taken, a 0-d tensor.
    alpha, eps, weight_decay, momentum, centered, maximize
        As `RMSprop` has them.

    Returns
    -------
    PureOptimizer

    Examples
    --------
    >>> init, update = jitgrad.optim.rmsprop(0.1, alpha=0.75)
    >>> params = jitgrad.tensor([1.0])
    >>> update(jitgrad.tensor([2.0]), init(params), params)[0].round(6)
    tensor([0.8])
    """
    options = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay}
    return _pure(
        rules.RMSPROP, {**options, "momentum": momentum, "centered": centered, "maximize": maximize}
    )


def adagrad(
    lr: Any = 1e-2,
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    eps: float = 1e-10,
    *,
    maximize: bool = False,
) -> PureOptimizer:
    """`Adagrad` as pure functions.

    Parameters
    ----------
    lr : float, Tensor or callable
        The learning rate, or a function of the number of steps taken, a 0-d tensor.
    lr_decay, weight_decay, initial_accumulator_value, eps, maximize
        As `Adagrad` has them.

    Returns
    -------
    PureOptimizer

    Examples
    --------
    >>> init, update = jitgrad.optim.adagrad(0.25)
    >>> params = jitgrad.tensor([1.0])
    >>> update(jitgrad.tensor([2.0]), init(params), params)[0].round(6)
    tensor([0.75])
    """
    options = {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay}
    options |= {"initial_accumulator_value": initial_accumulator_value, "maximize": maximize}
    return _pure(rules.ADAGRAD, options)
