"""Sparse matrices of diagonals, products and blocks: values are SciPy's; derivatives by elements
are those of differences, of both orders."""

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError, ShapeError

theirs = pytest.importorskip("scipy.sparse")
sparse = jitgrad.scipy.sparse

RNG = np.random.default_rng(0)
A = theirs.random_array((2, 3), density=0.6, rng=RNG).tocsr()
X = RNG.standard_normal(4)


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


CALLS = {
    "diagonal": lambda s, a, x: s.diags_array(x, offsets=-1),
    "diagonals": lambda s, a, x: s.diags_array([x, x[:3], [2.0]], offsets=[0, 1, -2]),
    "of a shape": lambda s, a, x: s.diags([x, x[1:], x[:1]], [0, -2, 3], shape=(5, 4)),
    "kron": lambda s, a, x: s.kron(a, s.diags_array(x)),
    "kron of dense": lambda s, a, x: s.kron(s.eye_array(2), x.reshape(2, 2), format="coo"),
    "block_diag": lambda s, a, x: s.block_diag([a, x.reshape(2, 2), a.T]),
    "vstack": lambda s, a, x: s.vstack([a, s.eye_array(4, 3, k=-1), a @ s.eye(3)]),
    "hstack": lambda s, a, x: s.hstack([a, s.diags_array(x[:2]), a], format="csr"),
}


@pytest.mark.parametrize("form", CALLS)
def test_values_and_derivatives(form):
    call = CALLS[form]
    expected = call(theirs, A, X)
    found = call(sparse, sparse.csr_array(A), X)
    assert found.shape == expected.shape and type(found.toarray()) is np.ndarray
    np.testing.assert_allclose(found.toarray(), expected.toarray(), rtol=1e-14)

    def f(d, x):
        a = sparse.csr_array((d, A.indices, A.indptr), A.shape)
        return jitgrad.asarray(call(sparse, a, x).toarray()) ** 2.0 + x.sum() * d.sum()

    jitgrad.check_grads(f, (A.data, X), order=2)
    d, x = jitgrad.tensor(A.data), jitgrad.tensor(X)
    slope = jitgrad.grad(lambda d, x: f(d, x).sum(), (0, 1))
    for one, two in zip(jitgrad.jit(slope)(d, x), slope(d, x), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-12)


@pytest.mark.parametrize("k", [-2, -1, 0, 2, 3])
def test_ones_on_a_diagonal(k):
    for found, expected in (
        (sparse.eye_array(3, 4, k=k), theirs.eye_array(3, 4, k=k)),
        (sparse.eye(3, k=k, dtype=np.float32), theirs.eye(3, k=k, dtype=np.float32)),
    ):
        assert found.dtype == expected.dtype and found.nnz == np.count_nonzero(expected.toarray())
        np.testing.assert_array_equal(found.toarray(), expected.toarray())


def test_a_tensor_of_scalars_keeps_its_gradient():
    x = jitgrad.tensor(3.0, requires_grad=True)
    a = sparse.vstack([x, sparse.diags_array([x, 2.0 * x]).tocsr()[:1, :1]])
    (slope,) = jitgrad.autograd.grad(a.sum(), x)
    assert float(slope) == 2.0


def test_wrong_uses_are_typed_errors():
    for error, match, call in (
        (ShapeError, "expected the same number", lambda: sparse.vstack([A, A.T])),
        (ArgumentError, "got no matrices", lambda: sparse.hstack([])),
        (ShapeError, "two axes or fewer", lambda: sparse.kron(jitgrad.ones((1, 1, 1)), A)),
        (ArgumentError, "format='lil'", lambda: sparse.eye(2, format="lil")),
        (ArgumentError, "each once", lambda: sparse.diags([X, X], [0, 0])),
        (ShapeError, "2 diagonals and 1 offsets", lambda: sparse.diags([X, X], [0])),
        (ShapeError, "expected 5, or one", lambda: sparse.diags([X], [0], shape=(5, 5))),
        (ShapeError, "expected 0, or one", lambda: sparse.diags([X], [9], shape=(5, 5))),
    ):
        with pytest.raises(error, match=match):
            call()
