"""What the optimisers do to one parameter, as formulas of nodes.

An `Algorithm` says of a group of options (``{"lr": ..., "betas": ...}``) which numbers its formula
takes, which parts of it are wanted (`flags`), and which tensors it keeps for each parameter from
step to step (`slots`). The formula is that of `torch.optim`, and serves the objects
(`jitgrad.optim.Adam`) and the pure functions (`jitgrad.optim.adam`) alike. Start at `Algorithm`,
then `ADAM`; how formulas are run is in `update`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..ir import Node
from ..ops import REGISTRY
from ..ops.primitives import cast

Options = Mapping[str, Any]
Slots = dict[str, Node]
sqrt, power, where, maximum = (REGISTRY[n] for n in ("sqrt", "power", "where", "maximum"))


class Values:
    """The numbers of a formula beside a parameter: float64 where they are computed with one
    another, of the dtype of the parameter where they meet it."""

    def __init__(self, numbers: Mapping[str, Node], step: Node, flags: frozenset[str]) -> None:
        self.numbers, self.step, self.flags = numbers, step, flags

    def __getitem__(self, name: str) -> Node:
        return self.numbers[name]

    def __contains__(self, flag: str) -> bool:
        return flag in self.flags


#: ``formula(parameter, gradient, slots, values)`` -> the parameter and the slots after a step.
Formula = Callable[[Node, Node, Slots, Values], tuple[Node, Slots]]


class Algorithm:
    """How a group of parameters is updated.

    Attributes
    ----------
    name : str
    formula : callable
    numbers : callable
        ``numbers(options)`` -> the numbers of the formula by name: floats, or 0-d tensors.
    flags : callable
        ``flags(options)`` -> the names of the parts of the formula that are wanted.
    slots : callable
        ``slots(flags, options)`` -> the name of each tensor that is kept for a parameter, and the
        number it is filled with before the first step.
    """

    def __init__(
        self,
        name: str,
        formula: Formula,
        numbers: Callable[[Options], dict[str, Any]],
        flags: Callable[[Options], dict[str, Any]],
        slots: Callable[[frozenset[str], Options], dict[str, float]],
    ) -> None:
        self.name, self.formula, self.numbers, self.slots = name, formula, numbers, slots
        self._flags = flags

    def flags(self, options: Options) -> frozenset[str]:
        return frozenset([name for name, wanted in self._flags(options).items() if wanted])


def _like(x: Node, p: Node) -> Node:
    return cast(x, p.dtype)


def _with_decay(p: Node, g: Node, h: Values) -> Node:
    """The gradient, of what is to be maximised, and with the penalty on large weights."""
    g = -g if "maximize" in h else g
    return g + _like(h["weight_decay"], p) * p if "decay" in h else g


def _mean(average: Node, x: Node, beta: Node) -> Node:
    """The exponential moving average after `x`."""
    return average + _like(1.0 - beta, x) * (x - average)


def _mean_square(average: Node, g: Node, beta: Node) -> Node:
    return _like(beta, g) * average + _like(1.0 - beta, g) * (g * g)


def _common(o: Options) -> dict[str, Any]:
    return {"maximize": o["maximize"], "decay": is_nonzero(o["weight_decay"])}


def is_nonzero(x: Any) -> bool:
    """Whether a number is wanted in a formula: a tensor may always be something else than 0."""
    return not isinstance(x, (int, float)) or x != 0


# --- SGD ------------------------------------------------------------------------------------------


def _sgd(p: Node, g: Node, slots: Slots, h: Values) -> tuple[Node, Slots]:
    g = _with_decay(p, g, h)
    if "momentum" in h:
        before = _like(h["momentum"], p) * slots["momentum_buffer"]
        velocity = before + g
        if "dampening" in h:  # not of the first gradient
            damped = before + _like(1.0 - h["dampening"], p) * g
            velocity = where(h.step <= 1.0, g, damped)
        slots = {"momentum_buffer": velocity}
        g = g + _like(h["momentum"], p) * velocity if "nesterov" in h else velocity
    return p - _like(h["lr"], p) * g, slots


SGD = Algorithm(
    "sgd",
    _sgd,
    lambda o: {n: o[n] for n in ("lr", "momentum", "dampening", "weight_decay")},
    lambda o: {
        **_common(o),
        "momentum": is_nonzero(o["momentum"]),
        "dampening": is_nonzero(o["dampening"]),
        "nesterov": o["nesterov"],
    },
    lambda flags, o: {"momentum_buffer": 0.0} if "momentum" in flags else {},
)

# --- Adam and AdamW -------------------------------------------------------------------------------


def _adam(p: Node, g: Node, slots: Slots, h: Values) -> tuple[Node, Slots]:
    if "decoupled" in h:
        g = -g if "maximize" in h else g
        p = p * _like(1.0 - h["lr"] * h["weight_decay"], p) if "decay" in h else p
    else:
        g = _with_decay(p, g, h)
    first = _mean(slots["exp_avg"], g, h["beta1"])
    second = _mean_square(slots["exp_avg_sq"], g, h["beta2"])
    out, largest = {"exp_avg": first, "exp_avg_sq": second}, second
    if "amsgrad" in h:
        largest = out["max_exp_avg_sq"] = maximum(slots["max_exp_avg_sq"], second)
    rate = h["lr"] / (1.0 - power(h["beta1"], h.step))
    scale = sqrt(1.0 - power(h["beta2"], h.step))
    size = sqrt(largest) / _like(scale, p) + _like(h["eps"], p)
    return p - _like(rate, p) * (first / size), out


def _adam_numbers(o: Options) -> dict[str, Any]:
    beta1, beta2 = o["betas"]
    own = {n: o[n] for n in ("lr", "eps", "weight_decay")}
    return {**own, "beta1": beta1, "beta2": beta2}


ADAM = Algorithm(
    "adam",
    _adam,
    _adam_numbers,
    lambda o: {
        **_common(o),
        "amsgrad": o["amsgrad"],
        "decoupled": o["decoupled_weight_decay"],
    },
    lambda flags, o: {
        "exp_avg": 0.0,
        "exp_avg_sq": 0.0,
        **({"max_exp_avg_sq": 0.0} if "amsgrad" in flags else {}),
    },
)

# --- RMSprop --------------------------------------------------------------------------------------


def _rmsprop(p: Node, g: Node, slots: Slots, h: Values) -> tuple[Node, Slots]:
    g = _with_decay(p, g, h)
    square = _mean_square(slots["square_avg"], g, h["alpha"])
    out = {"square_avg": square}
    if "centered" in h:
        average = out["grad_avg"] = _mean(slots["grad_avg"], g, h["alpha"])
        square = square - average * average
    scaled = g / (sqrt(square) + _like(h["eps"], p))
    if "momentum" in h:
        before = _like(h["momentum"], p) * slots["momentum_buffer"]
        scaled = out["momentum_buffer"] = before + scaled
    return p - _like(h["lr"], p) * scaled, out


RMSPROP = Algorithm(
    "rmsprop",
    _rmsprop,
    lambda o: {n: o[n] for n in ("lr", "alpha", "eps", "weight_decay", "momentum")},
    lambda o: {
        **_common(o),
        "momentum": is_nonzero(o["momentum"]),
        "centered": o["centered"],
    },
    lambda flags, o: {
        "square_avg": 0.0,
        **({"momentum_buffer": 0.0} if "momentum" in flags else {}),
        **({"grad_avg": 0.0} if "centered" in flags else {}),
    },
)

# --- Adagrad --------------------------------------------------------------------------------------


def _adagrad(p: Node, g: Node, slots: Slots, h: Values) -> tuple[Node, Slots]:
    g = _with_decay(p, g, h)
    total = slots["sum"] + g * g
    rate = h["lr"] / (1.0 + (h.step - 1.0) * h["lr_decay"])
    return p - _like(rate, p) * (g / (sqrt(total) + _like(h["eps"], p))), {"sum": total}


ADAGRAD = Algorithm(
    "adagrad",
    _adagrad,
    lambda o: {n: o[n] for n in ("lr", "lr_decay", "weight_decay", "eps")},
    _common,
    lambda flags, o: {"sum": o["initial_accumulator_value"]},
)
