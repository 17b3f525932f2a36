"""Concatenations of elements of one array are read in one piece, whatever is between them."""

import numpy as np

from jitgrad.base.dtypes import FLOAT64
from jitgrad.control import element
from jitgrad.control.collected import with_rows
from jitgrad.interpret.program import interpreter
from jitgrad.ir import leaf, toposort
from jitgrad.ops import REGISTRY
from jitgrad.ops.joining import concatenate
from jitgrad.ops.primitives import reshape_to

X, Y = leaf(0, (12, 2, 3), FLOAT64), leaf(1, (2, 3), FLOAT64)
stack = REGISTRY["stack"]


def rows(numbers):
    return [element(X, k) for k in numbers]


def test_elements_in_a_row_are_one_operand():
    flat = [reshape_to(e, (3, 2)) for e in rows(range(12))]
    cases = {
        "all": (stack(rows(range(12))), 0),
        "from the third on": (stack(rows(range(2, 12))), 0),
        "in reverse": (stack(rows(range(11, -1, -1))), 0),
        "along the last axis": (concatenate(rows(range(12)), axis=1), 0),
        "of another shape": (concatenate(flat, axis=0), 0),
        "between others": (stack([Y, *rows(range(3, 10)), Y]), 3),
        "two runs": (concatenate(rows([*range(6), *range(11, 5, -1)]), axis=0), 2),
        "every second": (stack(rows(range(0, 12, 2))), 6),
        "few": (stack(rows(range(5))), 5),
    }
    rng = np.random.default_rng(0)
    leaves = [rng.uniform(-1, 1, n.size) for n in (X, Y)]
    for name, (root, operands) in cases.items():
        (out,) = with_rows([root])
        joins = [n for n in toposort([out]) if n.op is concatenate([Y, Y], axis=0).op]
        assert sum(len(n.src) for n in joins) == operands, name
        ours, theirs = (interpreter([n])(leaves, ())[0] for n in (out, root))
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
        assert out.shape == root.shape
