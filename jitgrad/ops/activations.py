"""Activations of neural networks, by PyTorch's names: smooth ones, and ones made of pieces.

They are formulas of other operations. Where a formula is not defined or overflows, and another is
chosen, it is given harmless operands, so that its derivative there is no nan. What the derivative
is where pieces meet is PyTorch's choice, and stands in `kink`. Start at `gelu`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import ArgumentError
from ..ir import Node
from .arithmetic import absolute
from .comparison import logical_and, where
from .exponential import expm1
from .primitives import as_node, cast
from .promotion import ufunc_dtypes
from .records import Names
from .reduction import softmax
from .registry import composite
from .special import erfc, sigmoid, softplus
from .trigonometric import tanh

if TYPE_CHECKING:
    from .registry import Entry

_floats = ufunc_dtypes(np.exp)


def _float(x: Node | float) -> Node:
    return cast(as_node(x), _floats((x,))[1])


def _activation(
    name: str,
    build: Callable[..., Node],
    doc: str,
    slope: str,
    params: dict[str, Any] | None = None,
    cases: tuple[dict[str, Any], ...] = ({},),
    **fields: Any,
) -> Entry:
    def checked(x: Node, *given: Any) -> Node:
        for (key, default), value in zip((params or {}).items(), given, strict=True):
            if not isinstance(value, (int, float)) and not isinstance(default, str):
                raise ArgumentError(f"got {key}={value!r} for {name}, expected a number")
        return build(_float(x), *given)

    return composite(
        name,
        checked,
        doc,
        params,
        cases=cases,
        slope=slope,
        names=Names(method=False),
        **fields,
    )


# --- smooth ones ----------------------------------------------------------------------------------

ROOT_HALF, ROOT_2_PI = math.sqrt(0.5), math.sqrt(2 / math.pi)


def _gelu(x: Node, approximate: str) -> Node:
    if approximate == "tanh":
        return x * sigmoid(2 * ROOT_2_PI * (x + 0.044715 * (x * x * x)))
    if approximate != "none":
        raise ArgumentError(f"got approximate={approximate!r}, expected 'none' or 'tanh'")
    return 0.5 * x * erfc(-ROOT_HALF * x)


gelu = _activation(
    "gelu",
    _gelu,
    "x times the distribution function of the standard normal distribution at x.",
    "d/dx = ndtr(x) + x * density(x).",
    {"approximate": "none"},
    ({}, {"approximate": "tanh"}),
)
silu = _activation(
    "silu",
    lambda x: x * sigmoid(x),
    "x * sigmoid(x), also called swish.",
    "d/dx = sigmoid(x) + out * sigmoid(-x).",
)
mish = _activation(
    "mish",
    lambda x: x * tanh(softplus(x)),
    "x * tanh(softplus(x)).",
    "That of the formula.",
)
softsign = _activation(
    "softsign",
    lambda x: x / (1 + absolute(x)),
    "x / (1 + |x|).",
    "d/dx = 1 / (1 + |x|)^2.",
)
tanhshrink = _activation(
    "tanhshrink",
    lambda x: x - tanh(x),
    "x - tanh(x).",
    "d/dx = tanh(x)^2.",
)
softmin = composite(
    "softmin",
    lambda x, axis: softmax(-_float(x), axis),
    "The softmax of -x over `axis`.",
    {"axis": -1},
    cases=({}, {"axis": 0}),
    slope="The gradient g becomes out * (sum(g * out) - g).",
    names=Names(method=False),
)

# --- exponential below 0 --------------------------------------------------------------------------

ALPHA, SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def _below(x: Node, formula: Callable[[Node], Node]) -> Node:
    """x above 0, and a formula of it elsewhere."""
    above = x > 0
    return where(above, x, formula(where(above, 0.0, x)))


elu = _activation(
    "elu",
    lambda x, alpha: _below(x, lambda low: alpha * expm1(low)),
    "x above 0, alpha * (exp(x) - 1) below.",
    "1 above 0, alpha * exp(x) elsewhere.",
    {"alpha": 1.0},
    ({}, {"alpha": 0.5}),
)
celu = _activation(
    "celu",
    lambda x, alpha: _below(x, lambda low: alpha * expm1(low / alpha)),
    "x above 0, alpha * (exp(x / alpha) - 1) below: smooth for each alpha.",
    "1 above 0, exp(x / alpha) elsewhere.",
    {"alpha": 1.0},
    ({}, {"alpha": 0.5}),
)
selu = _activation(
    "selu",
    lambda x: SCALE * _below(x, lambda low: ALPHA * expm1(low)),
    "A scaled `elu`, which keeps mean 0 and variance 1.",
    "1.0507 above 0, 1.7581 * exp(x) elsewhere.",
    kink={0.0: (ALPHA * SCALE, ALPHA * SCALE)},
)

# --- straight pieces ------------------------------------------------------------------------------


def _hardtanh(x: Node, min_val: float, max_val: float) -> Node:
    return where(x <= min_val, min_val, where(x >= max_val, max_val, x))


leaky_relu = _activation(
    "leaky_relu",
    lambda x, negative_slope: where(x > 0, x, negative_slope * x),
    "x above 0, a small multiple of it below.",
    "1 above 0, negative_slope elsewhere.",
    {"negative_slope": 0.01},
    ({}, {"negative_slope": 0.25}),
    kink={0.0: 0.01},
)
relu6 = _activation(
    "relu6",
    lambda x: _hardtanh(x, 0.0, 6.0),
    "x limited to [0, 6].",
    "1 between 0 and 6, else 0.",
    on=(-2, 8),
    kink={0.0: 0.0, 6.0: 0.0},
)
hardtanh = _activation(
    "hardtanh",
    _hardtanh,
    "x limited to [min_val, max_val].",
    "1 between the bounds, else 0.",
    {"min_val": -1.0, "max_val": 1.0},
    ({}, {"min_val": -0.5, "max_val": 1.5}),
    kink={-1.0: 0.0, 1.0: 0.0},
)
hardsigmoid = _activation(
    "hardsigmoid",
    lambda x: _hardtanh(x / 6 + 0.5, 0.0, 1.0),
    "x / 6 + 1 / 2, limited to [0, 1].",
    "1 / 6 between -3 and 3, else 0.",
    on=(-4, 4),
    kink={-3.0: 0.0, 3.0: 0.0},
)
hardswish = _activation(
    "hardswish",
    lambda x: where(x <= -3, 0.0, where(x >= 3, x, x * (x / 6 + 0.5))),
    "x times `hardsigmoid` of x.",
    "0 below -3, 1 above 3, x / 3 + 1 / 2 between.",
    on=(-4, 4),
)
hardshrink = _activation(
    "hardshrink",
    lambda x, lambd: where(absolute(x) <= lambd, 0.0, x),
    "x, and 0 where |x| is at most `lambd`.",
    "1 where |x| is larger than lambd, else 0.",
    {"lambd": 0.5},
    ({}, {"lambd": 0.25}),
)


def _softshrink(x: Node, lambd: float) -> Node:
    inside = logical_and(x >= -lambd, x <= lambd)
    return where(inside, 0.0, where(x > 0, x - lambd, x + lambd))


softshrink = _activation(
    "softshrink",
    _softshrink,
    "x nearer to 0 by `lambd`, and 0 where |x| is at most that.",
    "1 where |x| is larger than lambd, else 0.",
    {"lambd": 0.5},
    ({}, {"lambd": 0.25}),
    kink={-0.5: 0.0, 0.5: 0.0},
)
