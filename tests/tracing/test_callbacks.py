"""`pure_callback`: functions on NumPy arrays in plans, their rows and their errors.

Start at `test_callbacks_of_rows`.
"""

import numpy as np
import pytest
from scipy import special

import jitgrad
from jitgrad import ArgumentError, DTypeError, GradientError, ShapeError

X = np.array([[0.3, -1.2, 2.0], [0.7, 1.1, -0.4]])


@pytest.mark.parametrize("method", ["sequential", "expand_dims", "broadcast_all"])
def test_callbacks_of_rows(method, tier):
    @jitgrad.custom_vjp
    def f(x):
        return jitgrad.pure_callback(special.j0, x, x, vmap_method=method)

    f.defvjp(
        lambda x: (f(x), x),
        lambda x, g: (-g * jitgrad.pure_callback(special.j1, x, x, vmap_method=method),),
    )
    got = jitgrad.vmap(jitgrad.grad(lambda x: f(x).sum()))(X)
    np.testing.assert_allclose(got, -special.j1(X), rtol=1e-12)


def test_callbacks_without_a_method_have_no_rows():
    with pytest.raises(GradientError, match="vmap_method"):
        jitgrad.vmap(lambda x: jitgrad.pure_callback(np.sin, x, x))(X)


def test_a_callback_is_checked_and_has_no_gradient():
    x = jitgrad.tensor(X, requires_grad=True)
    y = jitgrad.pure_callback(np.sin, X, x)
    assert y.requires_grad
    with pytest.raises(GradientError, match="pure_callback"):
        y.sum().backward()
    for transform in (lambda f: f, jitgrad.jit):
        with pytest.raises(ShapeError, match=r"shape \(3,\)"):
            transform(lambda x: jitgrad.pure_callback(lambda a: a[0], x, x))(X)
        with pytest.raises(DTypeError, match="int64"):
            transform(lambda x: jitgrad.pure_callback(lambda a: a.astype(int), x, x))(X)
        with pytest.raises(ArgumentError, match="expected result"):
            transform(lambda x: jitgrad.pure_callback(lambda a: (a, a), x, x))(X)
    with pytest.raises(ArgumentError, match="shape and dtype"):
        jitgrad.pure_callback(np.sin, 3, X)
    with pytest.raises(ArgumentError, match="vmap_method"):
        jitgrad.pure_callback(np.sin, X, X, vmap_method="all")


def test_a_callback_with_results_of_several_dtypes(tier):
    def both(a, factor):
        return {"value": a * factor, "places": np.argsort(a, axis=-1), "is": a > 0}

    like = {"value": X, "places": np.empty(X.shape, np.int64), "is": X > 0}
    for transform in (lambda f: f, jitgrad.jit):
        out = transform(lambda x: jitgrad.pure_callback(both, like, x, factor=2.0))(X)
        assert out["value"].tolist() == (2 * X).tolist()
        assert out["places"].tolist() == np.argsort(X).tolist()
        assert out["is"].tolist() == (X > 0).tolist()
