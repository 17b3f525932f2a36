"""Derivatives of what solvers give, against differences of it."""

import numpy as np

import jitgrad


def difference(f, x, step=1e-5):
    """The Jacobian of a function of a vector, by central differences."""
    columns = []
    for e in np.eye(len(x)):
        ends = [np.asarray(f(x + s * step * e)) for s in (1, -1)]
        columns.append((ends[0] - ends[1]) / (2 * step))
    return np.stack(columns, -1)


def check_solution(f, x, tolerance=1e-5, step=1e-5, second=True):
    """Derivatives of a solution `f` by a vector: against differences, forward against reverse, and
    second ones."""
    reverse = jitgrad.jacrev(f)(x)
    expected = difference(f, x, step)
    np.testing.assert_allclose(reverse, expected, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(jitgrad.jacfwd(f)(x), reverse, rtol=1e-8, atol=1e-10)
    if second:
        found = jitgrad.jacobian(jitgrad.jacrev(f))(x)
        expected = difference(jitgrad.jacrev(f), x, step)
        np.testing.assert_allclose(found, expected, rtol=10 * tolerance, atol=10 * tolerance)
