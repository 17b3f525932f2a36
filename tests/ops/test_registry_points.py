"""Derivatives of the registry's entries at points where formulas are in danger: zeros, ties, the
origin.

At smooth points the oracle is central differences of values (first order) and of gradients (second
order); at kinks it is what the entry claims. Start at `SMOOTH`.
"""

import math

import numpy as np
import pytest
from registry_cases import check_second_order, run

import jitgrad
from jitgrad.autodiff import pull_back
from jitgrad.interpret import program as reference
from jitgrad.ir import leaf
from jitgrad.ops import REGISTRY

#: (entry, parameters, operands) where the entry is smooth although a factor, a base or a distance
#: is 0.
SMOOTH = [
    ("prod", {}, [[2.0, 0.0, -3.0]]),
    ("prod", {}, [[2.0, 0.0, 0.0, -3.0]]),
    ("prod", {}, [[0.0, 0.0, 0.0]]),
    ("prod", {"axis": 1}, [[[1.5, 0.0], [0.0, 0.0], [2.0, -1.0]]]),
    ("prod", {"axis": (0, 2)}, [[[[0.0, 2.0]], [[0.5, -1.0]]]]),
    ("cumprod", {}, [[2.0, 0.0, -3.0, 0.5]]),
    ("cumprod", {}, [[2.0, 0.0, 1.5, 0.0, -3.0]]),
    ("cumprod", {}, [[0.0, 0.0, 0.0, 1.0]]),
    ("cumprod", {"axis": 0, "reverse": True}, [[[0.0, 1.0], [2.0, 0.0], [0.5, 3.0]]]),
    ("cumprod", {"axis": 1}, [[[0.0, 0.0, 2.0], [1.0, 0.0, 0.0]]]),
    ("linear_recurrence", {}, [[1.0, -2.0, 0.0, 3.0], [0.0, 0.0, 1.0, 0.0]]),
    ("linear_recurrence", {"reverse": True}, [[1.0, -2.0, 0.0], [0.5, 0.0, -1.5]]),
    ("logcumsumexp", {}, [[0.0, 0.0, 0.0]]),
    ("logcumsumexp", {"reverse": True}, [[-700.0, 3.0, 3.0, 50.0]]),
    ("cummax", {"axis": 0, "reverse": True}, [[[1.0, 3.0], [2.0, -1.0], [0.5, 4.0]]]),
    ("power", {}, [[0.0, -1.5, 0.0], 2]),
    ("power", {}, [[0.0, -1.5, 0.0], 3]),
    ("power", {}, [[0.0, 2.0, -1.0], 4]),
    ("power", {}, [[0.0, 2.0, -1.0], 4.0]),
    ("power", {}, [[0.0, 2.0], 1]),
    ("power", {}, [[0.0, 2.0], 0]),
    ("power", {}, [[0.5, 2.0, 1.0], 0]),
    ("norm", {}, [[0.0, 3.0, 0.0]]),
    ("norm", {"axis": 1}, [[[0.0, 3.0], [-4.0, 0.0]]]),
    ("vector_norm", {"ord": 4.0}, [[0.0, 3.0, -1.0]]),
    ("hypot", {}, [[0.0, 2.0], [1.0, 0.0]]),
    ("arctan2", {}, [[0.0, 1.0, -1.0], [1.0, 0.0, 0.0]]),
    ("sinc", {}, [[0.0, 1e-3, 0.0795, 0.0797, 0.5, 1.0]]),
    ("softplus", {}, [[0.0, -1.0]]),
    ("sigmoid", {}, [[0.0, -0.0]]),
    ("logaddexp", {}, [[0.0, 1.0], [0.0, 1.0]]),
    ("logaddexp2", {}, [[0.0, 1.0], [0.0, 1.0]]),
    ("logsumexp", {"axis": 0}, [[0.0, 0.0, 0.0]]),
    ("softmax", {}, [[0.0, 0.0, 0.0]]),
    ("log_softmax", {}, [[2.0, 2.0]]),
    ("var", {}, [[1.0, 1.0, 1.0]]),
    ("divide", {}, [[0.0, 1.0], [2.0, -0.5]]),
    ("multiply", {}, [[0.0, 0.0], [0.0, 2.0]]),
    ("matmul", {}, [[[0.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [2.0, 0.0]]]),
    ("arcsinh", {}, [[0.0]]),
    ("expm1", {}, [[0.0]]),
    ("log1p", {}, [[0.0]]),
    ("erf", {}, [[0.0]]),
    ("square", {}, [[0.0]]),
]
IDS = [f"{name}-{k}" for k, (name, *_) in enumerate(SMOOTH)]


class Fixed:
    """An entry with its last operands, which are Python numbers, given."""

    def __init__(self, entry, numbers):
        self.entry, self.numbers, self.operands = entry, numbers, len(numbers)

    def __call__(self, *nodes, **case):
        return self.entry(*nodes, *self.numbers, **case)


def parts(name, operands):
    xs = [np.array(x) for x in operands if isinstance(x, list)]
    return Fixed(REGISTRY[name], [x for x in operands if not isinstance(x, list)]), xs


@pytest.mark.each(("name", "case", "operands"), SMOOTH, ids=IDS)
def test_second_order(name, case, operands):
    entry, xs = parts(name, operands)
    check_second_order(entry, case, xs)


@pytest.mark.each(("name", "case", "operands"), SMOOTH, ids=IDS)
def test_first_order(name, case, operands):
    entry, xs = parts(name, operands)
    nodes = [leaf(i, x.shape, x.dtype) for i, x in enumerate(xs)]
    out = entry(*nodes, **case)
    rng = np.random.default_rng(5)
    g, directions = rng.standard_normal(out.shape), [rng.standard_normal(x.shape) for x in xs]
    grads = pull_back({out: leaf(len(xs), out.shape, out.dtype)}, nodes)
    got = sum(
        np.vdot(run([d], xs, [g])[0], v)
        for d, v in zip(grads, directions, strict=True)
        if d is not None
    )

    def at(h):
        return np.vdot(run([out], [x + h * d for x, d in zip(xs, directions, strict=True)])[0], g)

    assert got == pytest.approx((at(1e-6) - at(-1e-6)) / 2e-6, rel=2e-6, abs=2e-7)


KINKS = [
    (name, e, at, slope)
    for name, e in REGISTRY.items()
    for at, slope in e.derivative.kink.items()
    if at != "tie"
]


@pytest.mark.parametrize(("name", "entry", "at", "slope"), KINKS, ids=[k[0] for k in KINKS])
def test_kinks_are_as_claimed_to_second_order(name, entry, at, slope):
    """0-d and arrays, both zeros; the derivative of what is claimed at a kink is 0, unless the
    entry says so."""
    slope, curvature = slope if isinstance(slope, tuple) else (slope, 0.0)
    for value in (at, -at):
        x = leaf(0, (1,), np.dtype(float))
        (d,) = pull_back({entry(x): leaf(1, (1,), x.dtype)}, [x])
        (dd,) = (None,) if d is None else pull_back({d: leaf(1, (1,), x.dtype)}, [x])
        for node, want in ((d, slope), (dd, curvature)):
            got = (
                0.0
                if node is None
                else reference.run([node], [np.array([value]), np.ones(1)], [])[0]
            )
            np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("name", ["maximum", "minimum", "fmax", "fmin"])
def test_ties(name):
    """Shared evenly by maximum and minimum, the first operand's in fmax and fmin: as in PyTorch."""
    x, y = (
        jitgrad.tensor([1.0, 0.0], requires_grad=True),
        jitgrad.tensor([1.0, -0.0], requires_grad=True),
    )
    getattr(jitgrad, name)(x, y).sum().backward()
    share = REGISTRY[name].derivative.kink["tie"]
    assert (x.grad.tolist(), y.grad.tolist()) == ([share] * 2, [1 - share] * 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_derivatives_of_sinc_keep_their_digits_near_zero(tier, dtype):
    values = np.array([1e-12, -1e-8, 1e-6, 1e-4, 0.01, 0.07, -0.08], dtype)
    x = jitgrad.tensor(values, requires_grad=True)
    (g,) = jitgrad.autograd.grad(jitgrad.sinc(x).sum(), x, create_graph=True)
    (h,) = jitgrad.autograd.grad(g.sum(), x)
    y = np.pi * values.astype(np.longdouble)
    terms = [(k, (-1) ** k / np.longdouble(math.factorial(2 * k + 1))) for k in range(1, 9)]
    slope = sum(c * 2 * k * y ** (2 * k - 1) for k, c in terms)
    bend = sum(c * 2 * k * (2 * k - 1) * y ** (2 * k - 2) for k, c in terms)
    rtol = 200 * np.finfo(dtype).eps
    np.testing.assert_allclose(g.detach().numpy(), (np.pi * slope).astype(dtype), rtol=rtol)
    np.testing.assert_allclose(h.numpy(), (np.pi**2 * bend).astype(dtype), rtol=rtol)
