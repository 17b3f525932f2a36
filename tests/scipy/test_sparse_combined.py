"""Sums, products, forms and parts of sparse matrices: values are SciPy's; derivatives by elements
are those of differences, of both orders, and the same in both modes and under `jit`."""

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError, IndexOutOfRange, MissingError, ShapeError

theirs = pytest.importorskip("scipy.sparse")
sparse = jitgrad.scipy.sparse

RNG = np.random.default_rng(0)
A = theirs.random_array((4, 5), density=0.4, rng=RNG).tocsr()
B = theirs.random_array((4, 5), density=0.4, rng=RNG).tocsr()
DENSE = RNG.standard_normal((4, 5))


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def of(data, like=A):
    return sparse.csr_array((data, like.indices, like.indptr), like.shape)


def dense(x):
    return x.toarray() if hasattr(x, "toarray") else x


CALLS = {
    "sum": lambda a, b: a + b,
    "difference": lambda a, b: a.T - b.T,
    "of builtin": lambda a, b: sum([a, b, a]),
    "negative": lambda a, b: -a,
    "multiple": lambda a, b: 2.0 * a * 3.0 / 4.0,
    "with dense": lambda a, b: (a + DENSE) * (DENSE - b),
    "by element": lambda a, b: a.multiply(b) * a.T.T,
    "product": lambda a, b: a @ b.T,
    "of transposes": lambda a, b: (a.T @ b) @ (b.T @ a),
    "forms": lambda a, b: a.T.tocsr() + b.tocoo().T.copy() + b.T.tocoo(),
    "row": lambda a, b: dense(a[1]) * dense(b[-1]),
    "column": lambda a, b: dense(a[:, 2]) * dense(b.T[0, :4]),
    "element": lambda a, b: a[1, 2] * b[1, 1] + a[0, 0],
    "rows": lambda a, b: a[1:3] + b[::2],
    "picked": lambda a, b: a[[0, 2, 0], 1:] @ b[:, [1, 1, 3, 0]],
    "masked": lambda a, b: a[np.array([True, False, True, True])],
}


@pytest.mark.parametrize("form", CALLS)
def test_values_and_derivatives(form):
    call = CALLS[form]
    expected = dense(call(A, B))
    for a, b in ((sparse.csr_array(A), sparse.coo_array(B)), (sparse.coo_array(A), B)):
        found = dense(call(a, b))
        assert not isinstance(found, jitgrad.Tensor)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)
    f = lambda d, e: jitgrad.asarray(dense(call(of(d), of(e, B))))
    jitgrad.check_grads(f, (A.data, B.data), order=2)


def test_under_jit_and_in_both_modes():
    def f(d, e):
        return ((of(d) @ of(e, B).T + of(d)[:, :4])[1:] ** 2.0).sum()

    d, e = jitgrad.tensor(A.data), jitgrad.tensor(B.data)
    slopes = jitgrad.jit(jitgrad.grad(f, (0, 1)))
    for scale in (1.0, 2.0):
        found, plain = slopes(scale * d, e), jitgrad.grad(f, (0, 1))(scale * d, e)
        for one, two in zip(found, plain, strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-12)
        _, along = jitgrad.jvp(f, (scale * d, e), (e[: len(A.data)], e))
        whole = (plain[0] * e[: len(A.data)]).sum() + (plain[1] * e).sum()
        np.testing.assert_allclose(along, whole, rtol=1e-12)


def test_classes_and_parts():
    a = of(jitgrad.tensor(A.data, requires_grad=True))
    assert type(a.copy()) is type(a.T.T) is type(a + a) is type(a.tocoo().tocsr()) is type(a)
    assert type(a.tocoo().T) is sparse.coo_array and a.tocoo().T.shape == (5, 4)
    assert (a + A).requires_grad and isinstance(a[0], jitgrad.Tensor)
    np.testing.assert_array_equal(a.tocoo().coords, A.tocoo().coords)
    turned = a.T.tocsr()
    np.testing.assert_array_equal(turned.indices, A.T.tocsr().indices)
    np.testing.assert_array_equal(turned.indptr, A.T.tocsr().indptr)
    np.testing.assert_array_equal(turned.data.detach(), A.T.tocsr().data)
    twice = sparse.coo_array(([1.0, 2.0, 4.0], ([1, 1, 0], [0, 0, 1])))
    assert twice.data == [1.0, 2.0, 4.0] and twice.tocsr().nnz == 2
    np.testing.assert_array_equal(twice.tocsr().data, [4.0, 3.0])
    single = sparse.csr_array(A.astype(np.float32))
    assert (single + single).dtype == (single / 2).dtype == (single @ single.T).dtype == np.float32
    assert (single + a).dtype == np.float64 and twice[1, 0] == 3.0
    nothing = sparse.csr_array(theirs.csr_array((4, 5)))
    np.testing.assert_array_equal((nothing + nothing).toarray(), np.zeros((4, 5)))
    np.testing.assert_array_equal((nothing @ a.T).toarray().detach(), np.zeros((4, 4)))
    rows = [row.sum() for row in sparse.csr_array(A)]
    np.testing.assert_allclose(rows, A.sum(axis=1), rtol=1e-14)
    scale = jitgrad.tensor(2.0, requires_grad=True)
    (slope,) = jitgrad.autograd.grad((sparse.csr_array(A) / scale).sum(), scale)
    np.testing.assert_allclose(slope, -A.sum() / 4)


def test_wrong_uses_are_typed_errors():
    a = sparse.csr_array(A)
    for error, match, call in (
        (ShapeError, "expected the same shape", lambda: a + a.T),
        (ShapeError, "expected the same shape", lambda: a * a.T),
        (ShapeError, "expected the same shape", lambda: a + np.ones(5)),
        (ShapeError, r"expected \(5, k\) for the second", lambda: a @ a),
        (ArgumentError, r"at each place, use \.toarray", lambda: a + 1.0),
        (ArgumentError, "expected a number", lambda: a / a),
        (ArgumentError, "got 3 indices", lambda: a[0, 0, 0]),
        (ArgumentError, "expected integers, slices", lambda: a[..., 0]),
        (ArgumentError, "expected integers, slices", lambda: a[0.5]),
        (ArgumentError, "got two arrays", lambda: a[[0], [1]]),
        (ShapeError, "truth values of shape", lambda: a[[True]]),
        (IndexOutOfRange, "expected one below 4", lambda: a[4]),
        (MissingError, r"no 'tocsc'.*use \.tocsr", lambda: a.tocsc()),
    ):
        with pytest.raises(error, match=match):
            call()
