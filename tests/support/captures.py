"""What the tests of captures share: whether a function under `jit` follows what it reaches, or is
refused."""

import numpy as np
import pytest

import jitgrad
from jitgrad import JitError

X = np.array([0.5, -1.25, 2.0])


def follows(f, *steps):
    """`f` under jit gives what it gives for arrays, also after each of some steps; how many
    recordings that took."""
    g = jitgrad.jit(f)
    for step in (lambda: None, *steps):
        step()
        for _ in range(2):
            np.testing.assert_allclose(
                np.asarray(g(jitgrad.tensor(X))), np.asarray(f(X)), rtol=1e-12
            )
    return len(g.plans())


def refused(f, match="NumPy array of shape"):
    with pytest.raises(JitError, match=match) as caught:
        jitgrad.jit(f)(jitgrad.tensor(X))
    return str(caught.value)


def ones(k=1.0):
    return np.full(3, k)
