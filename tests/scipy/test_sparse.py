"""`jitgrad.scipy.sparse`: products and solutions are SciPy's; derivatives by elements and by dense
operands are those of differences, of both orders."""

import importlib
import inspect
import sys

import numpy as np
import pytest
from doctests import run_doctest

import jitgrad
from jitgrad import ArgumentError, MissingError, ShapeError
from jitgrad.ops.sparse_products import Pattern

theirs = pytest.importorskip("scipy.sparse")
sparse = jitgrad.scipy.sparse

RNG = np.random.default_rng(0)
A = (theirs.random_array((5, 5), density=0.4, rng=RNG) + 3 * theirs.eye_array(5)).tocsr()
X = RNG.standard_normal((5, 3))
PLACES = A.tocoo().coords
ORDER = RNG.permutation(A.nnz)


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def of(data):
    return sparse.csr_array((data, A.indices, A.indptr))


def test_values_are_scipys():
    from scipy.sparse.linalg import spsolve

    x = X[:, 0]
    shuffled = A.data[ORDER], tuple([place[ORDER] for place in PLACES])
    forms = [A, A.toarray(), A.tocsc(), (A.data, A.indices, A.indptr), (A.data, PLACES), shuffled]
    made = [sparse.csr_array(form) for form in forms]
    made += [sparse.coo_array(form) for form in (A, A.toarray(), shuffled)]
    for a in made:
        assert a.shape == (5, 5) and a.nnz == A.nnz
        for found, expected in (
            *[(a @ x, A @ x), (a @ X, A @ X), (a.T @ x, A.T @ x), (x @ a, x @ A)],
            *[(X.T @ a, X.T @ A), (a.toarray(), A.toarray()), ((2 * a) @ x, 2 * A @ x)],
            *[(-a.T @ X, -A.T @ X), (a.T.toarray(), A.T.toarray())],
            (sparse.linalg.spsolve(a, x), spsolve(A, x)),
            (sparse.linalg.factorized(a.T)(X), spsolve(A.T.tocsc(), X)),
        ):
            assert type(found) is np.ndarray
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    wide = theirs.random_array((3, 6), density=0.5, rng=RNG, dtype=np.float32).tocsr()
    y = np.ones(6, np.float32)
    assert (sparse.csr_array(wide) @ y).dtype == np.float32
    np.testing.assert_allclose(sparse.csr_array(wide) @ y, wide @ y, rtol=1e-6)
    empty = sparse.csr_array(theirs.csr_array((3, 2)))
    np.testing.assert_array_equal(empty @ np.ones(2), np.zeros(3))
    twice = sparse.coo_array(([1.0, 2.0, 4.0], ([0, 0, 1], [0, 0, 1])))
    np.testing.assert_allclose(twice @ [1.0, 1.0], [3.0, 4.0])
    np.testing.assert_allclose(twice.solve([3.0, 4.0]), [1.0, 1.0])


FUNCTIONS = {
    "product": lambda d, x: of(d) @ x,
    "from the left": lambda d, x: x @ of(d),
    "matrix": lambda d, x: of(d).T @ (x[:, None] * x[:2]),
    "solution": lambda d, x: of(d).solve(x),
    "of the transpose": lambda d, x: sparse.linalg.spsolve(of(d).T, x),
    "dense": lambda d, x: of(d).toarray() * x,
    "places": lambda d, x: (
        sparse.coo_array((d[ORDER], tuple([place[ORDER] for place in PLACES])), (5, 5)) @ x
    ),
}


@pytest.mark.parametrize("form", FUNCTIONS)
def test_derivatives(form):
    jitgrad.check_grads(FUNCTIONS[form], (A.data, X[:, 0]), order=2)


def test_under_transforms():
    a = sparse.csr_array(A)
    np.testing.assert_allclose(jitgrad.vmap(lambda x: a @ x)(jitgrad.tensor(X.T)), (A @ X).T)
    rows = jitgrad.vmap(lambda d: of(d) @ X[:, 0])(jitgrad.tensor([A.data, 2 * A.data]))
    np.testing.assert_allclose(rows, [A @ X[:, 0], 2 * A @ X[:, 0]])
    loss = jitgrad.jit(jitgrad.value_and_grad(lambda d, x: of(d).solve(x).sum()))
    for scale in (1.0, 2.0):
        value, slope = loss(scale * A.data, X[:, 0])
        x = np.linalg.solve(scale * A.toarray(), X[:, 0])
        w = np.linalg.solve(scale * A.toarray().T, np.ones(5))
        np.testing.assert_allclose(value, x.sum())
        np.testing.assert_allclose(slope, -(w[:, None] * x)[PLACES])


def test_a_matrix_is_factorised_once_for_value_and_derivatives(monkeypatch):
    from scipy.sparse import linalg

    count = []
    splu = linalg.splu
    monkeypatch.setattr(linalg, "splu", lambda a: count.append(1) or splu(a))
    d = jitgrad.tensor(A.data, requires_grad=True)
    (of(d).solve(X) ** 2).sum().backward()
    assert len(count) == 1 and d.grad.shape == A.data.shape


def test_wrong_uses_are_typed_errors():
    a = sparse.csr_array(A)
    with pytest.raises(ShapeError, match=r"expected \(5,\) or \(5, k\)"):
        a @ np.ones(3)
    with pytest.raises(ShapeError, match=r"expected \(n, n\)"):
        sparse.csr_array(np.ones((2, 3))).solve(np.ones(2))
    with pytest.raises(ArgumentError, match="would lose its gradient"):
        sparse.csr_array(jitgrad.ones((2, 2)))
    with pytest.raises(ArgumentError, match="would lose its gradient"):
        sparse.coo_array(jitgrad.ones((2, 2)))
    with pytest.raises(ShapeError, match="broadcasts to it"):
        a * np.ones(3)
    with pytest.raises(ShapeError, match="compressed rows of 1 in all"):
        sparse.csr_array((np.ones(2), [0, 1], [0, 1]))
    with pytest.raises(ShapeError, match="no compressed rows"):
        sparse.csr_array((np.ones(2), [0, 5], [0, 1, 2]), shape=(2, 2))
    with pytest.raises(ShapeError, match="no places of a matrix"):
        sparse.csr_array((np.ones(2), ([0, 3], [0, 1])), shape=(2, 2))
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        np.asarray(sparse.csr_array(np.zeros((2, 2))).solve(jitgrad.ones(2)))
    with pytest.raises(MissingError, match="has no 'bmat'"):
        sparse.bmat  # noqa: B018
    assert "5 elements" in repr(Pattern(np.arange(5), np.arange(6), (5, 5)))


THINGS = [getattr(sparse, name) for name in sparse.__all__ if name != "linalg"]


@pytest.mark.parametrize("thing", [*THINGS, sparse.linalg.spsolve, sparse.linalg.factorized])
def test_examples_of_docstrings(thing):
    assert (
        run_doctest(
            inspect.cleandoc(thing.__doc__),
            thing.__name__,
            "docstring",
            sys.modules[thing.__module__],
        )
        > 0
    )


def test_methods_of_matrices():
    """Beside SciPy's, of a matrix and its transpose; with gradients by the elements."""
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(3, 4)) * (rng.random((3, 4)) < 0.6) * 0.5
    their = theirs.csr_array(dense)
    other = rng.normal(size=4)
    calls = [lambda a, axis=axis: a.sum(axis=axis) for axis in (None, 0, 1)]
    calls += [lambda a, axis=axis: a.mean(axis=axis) for axis in (None, 0, 1)]
    calls += [lambda a, k=k: a.diagonal(k) for k in (-2, -1, 0, 1, 3)]
    calls += [lambda a: a.trace(), lambda a: a.multiply(2.0).toarray(), lambda a: a.todense()]
    calls += [lambda a: a.power(2).toarray(), lambda a: abs(a).toarray(), lambda a: (a / 2).sum()]
    calls += [lambda a: a.sin().toarray(), lambda a: a.copy().expm1().sum(axis=0)]
    calls += [lambda a: a.transpose().sum(axis=0), lambda a: a.astype(np.float32).sum()]
    calls += [lambda a: a.multiply(other if a.shape[1] == 4 else other[:3]).toarray()]
    for call in calls:
        for a, same in ((sparse.csr_array(their), their), (sparse.csr_array(their).T, their.T)):
            np.testing.assert_allclose(call(a), call(same), rtol=1e-6)
        f = lambda d, call=call: call(sparse.csr_array((d, their.indices, their.indptr), (3, 4)))
        jitgrad.check_grads(lambda d, f=f: jitgrad.asarray(f(d)), (their.data,), order=1, rtol=1e-3)
    ours = sparse.csr_array(their)
    assert ours.count_nonzero() == their.count_nonzero()
    np.testing.assert_array_equal(ours.nonzero(), their.nonzero())
    for call in (lambda: len(ours), lambda: ours.power(-1), lambda: ours < 1):
        with pytest.raises(ArgumentError, match="got"):
            call()
    with pytest.raises(MissingError, match="'setdiag'; use .toarray"):
        ours.setdiag(1.0)
    with pytest.raises(ArgumentError, match="several elements at one place"):
        sparse.coo_array(([1.0, 2.0], ([0, 0], [0, 0]))).power(2)


def test_systems_are_a_module_of_scipys_name():
    """`import scipy.sparse.linalg` is how SciPy's is used."""
    module = importlib.import_module("jitgrad.scipy.sparse.linalg")
    assert module is sparse.linalg and "spsolve" in dir(module)
    with pytest.raises(MissingError, match=r"use scipy\.sparse\.linalg\.cg on values"):
        module.cg  # noqa: B018
