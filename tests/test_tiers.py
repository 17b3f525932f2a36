"""The compiled tier against the NumPy tier, entry by entry, values and gradients together."""

import numpy as np
import pytest
from test_registry import CASES, FLOAT, graph, run

from jitgrad.autodiff import pull_back
from jitgrad.ir import leaf
from jitgrad.runtime.execute import Plan


@pytest.mark.parametrize(("entry", "case"), CASES)
def test_compiled_is_reference(entry, case):
    xs, nodes, out = graph(entry, case)
    roots = [out]
    g = leaf(len(xs), out.shape, FLOAT)
    gv = np.random.default_rng(5).standard_normal(out.shape)
    if entry.differentiable:
        which = [nodes[i] for i, x in enumerate(xs) if x.dtype == FLOAT]
        roots += [d for d in pull_back({out: g}, which) if d is not None]
    want = run(roots, xs, [gv])
    plan = Plan(roots)
    plan.compile()
    got = plan.run([np.ravel(x) if np.ndim(x) else x for x in (*xs, gv)], [])
    for a, b in zip(got, want):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)
        assert np.asarray(a).dtype == np.asarray(b).dtype
