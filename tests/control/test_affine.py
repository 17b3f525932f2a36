"""Starts of slices as sums: they equal what the expression computes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitgrad.base.dtypes import INT64
from jitgrad.control.affine import affine
from jitgrad.ir import const, number
from jitgrad.ops import REGISTRY

OPS = {name: REGISTRY[name].op for name in ("add", "subtract", "multiply", "negative")}
APPLY = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "negative": lambda x: -x,
}
NUMBERS = [number(k, INT64) for k in range(2)]


def expressions():
    """(node, function of the numbers' values) pairs."""

    def built(inner):
        @st.composite
        def apply(draw):
            name = draw(st.sampled_from(sorted(OPS)))
            parts = [draw(inner) for _ in range(1 if name == "negative" else 2)]
            node = REGISTRY[name].op
            made = _node(node, [n for n, _ in parts])
            return made, lambda v: APPLY[name](*[f(v) for _, f in parts])

        return apply()

    leaves = st.sampled_from([(n, lambda v, k=k: v[k]) for k, n in enumerate(NUMBERS)])
    constants = st.integers(-3, 3).map(lambda c: (const(c, INT64), lambda v: c))
    return st.recursive(leaves | constants, built, max_leaves=6)


def _node(op, src):
    from jitgrad.ir import Node

    return Node(op, tuple(src), None, (), INT64)


@given(expressions(), st.tuples(st.integers(-5, 5), st.integers(-5, 5)))
def test_sum_equals_the_expression(expression, values):
    node, function = expression
    of = dict(zip(NUMBERS, values, strict=True))

    def evaluated(found):
        return (
            found.const
            + sum(c * of.get(n) for n, c in found.terms if n in of)
            + sum(c * _product(n, of) for n, c in found.terms if n not in of)
        )

    def _product(n, of):
        x, y = map(affine, n.src)
        assert n.op is OPS["multiply"]
        return evaluated(x) * evaluated(y)

    assert evaluated(affine(node)) == function(values)


def test_other_values_are_terms():
    t = number(0, INT64)
    squared = t * t
    assert affine(squared) == (0, ((squared, 1),))
    assert affine(t + const(1, INT64) - t) == (1, ())


@pytest.mark.parametrize("step", [-2, 0, 3])
def test_multiples(step):
    t = number(0, INT64)
    assert affine(t * const(step, INT64) + const(5, INT64)) == (5, ((t, step),) if step else ())
