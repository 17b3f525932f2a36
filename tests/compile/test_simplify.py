"""The simplifier keeps every bit, and every rule of its table fires.

Those that change the order of roundings (sums and products of matrices) are in `test_row_rules`.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitgrad.compile.rewrite.simplify import RULES, constant, simplify
from jitgrad.interpret import program as reference
from jitgrad.ir import const, leaf, toposort
from jitgrad.ops import REGISTRY
from jitgrad.ops.linear_algebra import MATMUL
from jitgrad.ops.marks import STOP, VARIABLE, revalue, stop, variable
from jitgrad.ops.movement import selected, slice_node, update_node
from jitgrad.ops.primitives import SUM, broadcast, reduce_sum

F8, F4, I8 = np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.int64)
VALUES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, np.inf, -np.inf, np.nan, 1e308, 5e-324, 1.7]
X, Y = leaf(0, (len(VALUES) ** 2,), F8), leaf(1, (len(VALUES) ** 2,), F8)
PAIRS = np.array(np.meshgrid(VALUES, VALUES)).reshape(2, -1)

add, sub, mul, div = (REGISTRY[n] for n in ("add", "subtract", "multiply", "divide"))
neg, pos, where = (REGISTRY[n] for n in ("negative", "positive", "where"))


def bits(value):
    """The bytes of an array, with every nan alike: the sign and payload of a nan are nobody's
    business."""
    value = np.array(value)
    if value.dtype.kind == "f":
        value = np.where(np.isnan(value), np.array(np.nan, value.dtype), value)
    return value.tobytes()


def one(value, x=X):
    return broadcast(const(value, x.dtype), x.shape)


WRITE = update_node(X, slice_node(Y, (5,), (3,), (4,)), (100,), (-2,))
CASES = [
    (WRITE, selected(WRITE)),
    (add(X, neg(Y)), sub(X, Y)),
    (add(neg(X), Y), sub(Y, X)),
    (add(one(2.0), one(0.5)), one(2.5)),
    (sub(X, neg(Y)), add(X, Y)),
    (sub(X, one(0.0)), X),
    (mul(X, one(1.0)), X),
    (mul(one(1.0), X), X),
    (mul(X, one(-1.0)), neg(X)),
    (mul(neg(X), one(-1.0)), X),
    (mul(neg(X), neg(Y)), mul(X, Y)),
    (mul(one(3.0), one(0.5)), one(1.5)),
    (div(X, one(1.0)), X),
    (div(X, one(4.0)), mul(X, one(0.25))),
    (div(X, one(-0.5)), mul(X, one(-2.0))),
    (neg(neg(X)), X),
    (pos(X), X),
    (where(X, Y, Y), Y),
    (where(broadcast(const(True), X.shape), X, Y), X),
    (where(broadcast(const(False), X.shape), X, Y), Y),
    (stop(X), X),
    (variable(X, 0), X),
    (revalue(X, Y), X),
    (mul(stop(mul(X, one(1.0))), Y), mul(X, Y)),
]


@pytest.mark.parametrize("node, simple", CASES, ids=lambda n: repr(n))
def test_rule_fires_and_keeps_every_bit(node, simple):
    (out,) = simplify([node])
    assert out is not node
    assert out is simple
    assert (out.shape, out.dtype) == (node.shape, node.dtype)
    a, b = reference.run([node, out], list(PAIRS), ())
    assert bits(a) == bits(b)


def test_every_rule_has_a_case():
    fired = {n.op for node, _ in CASES for n in toposort([node])}
    assert fired >= set(RULES) - {SUM, MATMUL}
    assert {STOP, VARIABLE} <= set(RULES)


KEPT = [
    add(X, one(0.0)),  # -0 + 0 is 0
    sub(X, one(-0.0)),
    sub(one(0.0), X),
    mul(X, one(0.0)),  # nan and inf
    div(X, one(3.0)),  # 1 / 3 is rounded
    div(one(1.0), one(0.0)),  # inf is no constant of a kernel
    neg(sub(X, Y)),  # 1 - 1 is 0 both ways round
    where(X, X, Y),
    reduce_sum(leaf(0, (169, 1), F8), (1,)),  # the sum of -0 is 0
]


@pytest.mark.parametrize("node", KEPT, ids=repr)
def test_what_would_change_a_bit_stays(node):
    assert simplify([node])[0] is node


def test_products_and_sums_in_either_order_are_one():
    product, total = mul(X, Y), add(X, Y)
    out = simplify([sub(product, mul(Y, X)), sub(total, add(Y, X))])
    assert [n for n in toposort(out) if n.op in (mul.op, add.op)] == [product, total]


def test_integers_wrap_as_before():
    x = leaf(0, (3,), I8)
    values = [np.array([-(1 << 63), -1, 5])]
    for node in (add(x, neg(x)), mul(x, one(-1, x)), mul(neg(x), neg(x)), sub(x, neg(x))):
        a, b = reference.run([node, simplify([node])[0]], values, ())
        assert bits(a) == bits(b)


def test_constant_sees_through_movement():
    assert constant(one(2.0)) == 2.0
    assert constant(X) is None


LEAVES = [X, Y, one(0.0), one(-0.0), one(1.0), one(-1.0), one(2.0), one(0.25), one(3.0)]
trees = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds(lambda f, x: f(x), st.sampled_from([neg, pos, stop]), inner),
        st.builds(lambda f, x, y: f(x, y), st.sampled_from([add, sub, mul, div]), inner, inner),
        st.builds(where, st.sampled_from([X, broadcast(const(True), X.shape)]), inner, inner),
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(trees)
def test_random_trees_keep_every_bit(node):
    a, b = reference.run([node, simplify([node])[0]], list(PAIRS), ())
    assert bits(a) == bits(b)


def computed(root):
    return sum(n.op.kind == "elementwise" for n in toposort([root]))


@settings(max_examples=100)
@given(trees)
def test_simplify_is_stable_and_never_adds(node):
    (out,) = simplify([node])
    assert computed(out) <= computed(node)
    assert bits(reference.run([out], list(PAIRS), ())[0]) == bits(
        reference.run(simplify([out]), list(PAIRS), ())[0]
    )
