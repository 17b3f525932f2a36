"""NumPy functions that were refused, or took their operands otherwise than NumPy: sequences of
arrays, 0-d axes, keywords. Values against NumPy on arrays, gradients against central differences of
NumPy's function."""

import numpy as np
import pytest
from numpy_oracle import A, B, check_gradient, leaf

import jitgrad
import jitgrad.numpy as jnp
from jitgrad import AxisError

R = np.arange(8.0).reshape(2, 4)
JOINED = {
    "block": [
        ([[A, A], [A, A]],),
        ([A, A],),
        ([A],),
        (A,),
        ([[A, R], [R, A]],),
        ([[[A]], [[B]]],),
        ([1.0, 2.0],),
        ([[np.eye(2), np.zeros((2, 1))], [np.ones((1, 2)), 5.0]],),
    ],
    "vstack": [((A, A[:1]),), ([A, [1, 2, 3]],), (A,), ([1.0, 2.0],), ((A[0], B),)],
    "hstack": [((A, R),), ([A[0], 2.0, [1, 2]],), (A,)],
    "dstack": [((A, B),), ([A[0], [1, 2, 3]],), (A,)],
    "column_stack": [((A, R),), ([A[:, 0], R],), ([[1, 2], [3, 4]],), (A,)],
    "choose": [
        (np.eye(2, dtype=int), (np.arange(2.0), np.ones((2, 2)))),
        ([1, 0, 1], A),
        ([0, 1, 1], [1, [2, 3, 4]]),
    ],
    "concatenate": [((A, R), 1), ([A, [[1, 2, 3]]],)],
    "stack": [((A, B), 1), ([A[0], [1, 2, 3]],)],
}


def each(table):
    return [
        pytest.param(name, args, id=f"{name}-{k}")
        for name, calls in table.items()
        for k, args in enumerate(calls)
    ]


def with_tensors(x, kinds):
    """`x` with every array in turn a tensor, an array, or a tensor that requires grad."""
    if isinstance(x, np.ndarray):
        kind = next(kinds)
        return (
            x
            if kind == "array"
            else jitgrad.tensor(x, requires_grad=kind == "leaf" and x.dtype.kind == "f")
        )
    return type(x)([with_tensors(v, kinds) for v in x]) if isinstance(x, (list, tuple)) else x


@pytest.mark.each(
    "kinds", [("array",), ("tensor",), ("leaf",), ("leaf", "array"), ("array", "tensor", "leaf")]
)
@pytest.mark.each("name, args", each(JOINED))
def test_sequences_of_arrays(name, args, kinds):
    """What a sequence is does not depend on what is in it."""
    turns = (kinds[k % len(kinds)] for k in range(100))
    want = getattr(np, name)(*args)
    got = getattr(jnp, name)(*with_tensors(args, turns))
    assert isinstance(got, jitgrad.Tensor) and got.shape == want.shape and got.dtype == want.dtype
    np.testing.assert_array_equal(got.detach(), want)


def test_gradients_of_what_is_joined():
    for f in (
        lambda x, y: np.block([[x, y], [y, np.ones((2, 3))]]),
        lambda x, y: jnp.block([[A, x], [y, y]]),
        lambda x, y: np.choose([0, 1, 1], (x, y[:, :1])),
        lambda x, y: jnp.row_stack([x, y]) if isinstance(x, jitgrad.Tensor) else np.vstack([x, y]),
        lambda x, y: np.trim_zeros(x * (A > 1.0)),
        lambda x, y: np.fft.fftshift(x, 1) * np.fft.ifftshift(y),
    ):
        check_gradient(lambda x, y, f=f: f(x, y), A, B)


@pytest.mark.parametrize("axis", [0, -1, None])
def test_axes_of_a_number(axis):
    """NumPy counts a number as one element along an axis in some functions, and refuses the axis in
    others."""
    for f in (
        lambda x: np.repeat(x, 2, axis=axis), lambda x: np.take(x, [0, 0], axis=axis),
        lambda x: np.argsort(x, axis=axis), lambda x: np.cumsum(x, axis=axis), lambda x: np.max(x, axis=axis),
        lambda x: np.argmax(x, axis=axis), lambda x: np.compress([True], x, axis=axis),
        lambda x: np.cumprod(x, axis=axis), lambda x: np.ptp(x, axis=axis), lambda x: np.sum(x, axis=axis),
    ):  # fmt: skip
        want, got = f(np.array(1.5)), f(jitgrad.tensor(1.5))
        assert got.shape == want.shape
        np.testing.assert_array_equal(got, want)
    if axis is not None:
        for name in ("mean", "var", "std", "sort", "median", "average", "flip", "roll"):
            more = (1,) if name == "roll" else ()
            with pytest.raises(AxisError, match="got"):
                getattr(jnp, name)(jitgrad.tensor(1.5), *more, axis=axis)


def test_no_bounds():
    check_gradient(lambda x: np.clip(x, None, None), A)
    np.testing.assert_array_equal(jnp.clip(jitgrad.tensor([1, 2])), [1, 2])


TRIMMED = [[0.0, 0.0, 2.0, 3.0, 0.0], [0.0, 1.0, 0.0, 3.0, 0.0], [0.0] * 5]


def test_trim_zeros():
    x, flat = np.array(TRIMMED), np.array([0.0, 0.0, 1.0, 0.0, 2.0, 0.0])
    for trim in ("fb", "f", "b", "BF"):
        for a in (flat, flat[:1], flat[2:3], flat[:0]):
            np.testing.assert_array_equal(
                np.trim_zeros(jitgrad.tensor(a), trim), np.trim_zeros(a, trim)
            )
    grad = jitgrad.grad(lambda v: (np.trim_zeros(v) * [1.0, 2.0, 3.0]).sum())(jitgrad.tensor(flat))
    assert grad.tolist() == [0.0, 0.0, 1.0, 2.0, 3.0, 0.0]
    assert leaf(x).requires_grad


# --- einsum ---------------------------------------------------------------------------------------


SUBSCRIPTS = [
    "ij,jk->ik",
    "ij,jk",
    "ij,kj->",
    "ij,ij->i",
    "i,j->ij",
    "bij,bjk->bik",
    "ij,jk,kl->il",
    "ii,ij->j",
    "ij,j,j->i",
    "ij,jk,ki->",
    "i,i,i,j->j",
    "ij,ij,ij->ij",
    "ijk,j->",
    "ij,kl->",
    "i,j,k->",
    "ij,jk,kl,lm->mi",
]


@pytest.mark.parametrize("optimize", [False, True, "optimal"])
@pytest.mark.parametrize("subscripts", SUBSCRIPTS)
def test_einsum(subscripts, optimize):
    draw = np.random.default_rng(len(subscripts))
    length = dict(zip("bijklm", (2, 3, 4, 2, 3, 4), strict=True))
    length["j" if subscripts == "ii,ij->j" else "b"] = 2
    xs = [
        draw.standard_normal([length[c] for c in term])
        for term in subscripts.split("->")[0].split(",")
    ]
    check_gradient(lambda *ts: np.einsum(subscripts, *ts, optimize=optimize), *xs)


def test_einsum_sums_as_soon_as_it_can():
    """No value between has more elements than the operands and the result of its product."""
    a, b, c = (leaf(np.random.default_rng(k).standard_normal((20, 20))) for k in range(3))
    for subscripts, operands in (("ij,jk->ik", (a, b)), ("ij,jk,kl->il", (a, b, c)), ("ij,jk,ik->", (a, b, c)),
                                 ("ij,ij->i", (a, b)), ("ij,kl->ik", (a, b))):  # fmt: skip
        kernels = jitgrad.explain(np.einsum(subscripts, *operands)).kernels
        assert max(k.bytes_written for k in kernels) <= 2 * 8 * 20**2


# --- view, as NumPy calls it ----------------------------------------------------------------------


@pytest.mark.parametrize("args", [(), (float,), (np.float64,), ("f8",), (np.dtype("f8"),)], ids=str)
def test_a_view_of_all(args):
    for shape in ((), (3,), (2, 3)):
        x, a = jitgrad.zeros(shape), np.zeros(shape)
        for y, b in ((x.view(*args), a.view(*args)), (x.T.view(*args), a.T.view(*args))):
            y[...] = 5.0
            b[...] = 5.0
            assert y.shape == b.shape and x.tolist() == a.tolist()
            x.zero_(), a.fill(0)
    g = jitgrad.ones(2, requires_grad=True)
    (g.view(*args) * 3.0).sum().backward()
    assert g.grad.tolist() == [3.0, 3.0]


@pytest.mark.parametrize("dtype", [int, "f4", np.uint8])
def test_memory_is_not_read_as_another_dtype(dtype):
    with pytest.raises(jitgrad.DTypeError, match=r"use x\.astype\(dtype\)"):
        jitgrad.ones(2).view(dtype)


@pytest.mark.parametrize("namespace", [np, jnp], ids=["numpy", "jitgrad.numpy"])
def test_calls_that_equal_a_known_one_are_not_taken_for_it(namespace):
    """A call is looked up by its arguments, and 0.0, False and 0 are equal."""
    a = np.arange(12.0).reshape(3, 4)
    x = jitgrad.tensor(a)
    for _ in range(2):  # the second finds the first
        np.testing.assert_array_equal(namespace.sum(x, axis=0).numpy(), a.sum(0))
        np.testing.assert_array_equal(namespace.sum(x, (0, 1)).numpy(), a.sum())
        np.testing.assert_array_equal(
            namespace.sum(x, 1, keepdims=True).numpy(), a.sum(1, keepdims=True)
        )
        np.testing.assert_array_equal(namespace.sum(x, axis=np.int64(0)).numpy(), a.sum(0))
        np.testing.assert_array_equal(namespace.sum(x, axis=[0]).numpy(), a.sum(0))
        assert namespace.sum(x, axis=0, dtype=np.float32).dtype == np.float32
        np.testing.assert_array_equal(namespace.reshape(x, (4, 3)).numpy(), a.reshape(4, 3))
        with pytest.raises((TypeError, ValueError)):
            namespace.sum(x, axis=0.0)
        with pytest.raises((TypeError, ValueError)):
            namespace.reshape(x, (4.0, 3))
    out = jitgrad.zeros(4)
    assert namespace.sum(x, axis=0, out=out) is out
    np.testing.assert_array_equal(out.numpy(), a.sum(0))
    mask = a > 3
    np.testing.assert_array_equal(
        namespace.sum(x, axis=0, where=mask).numpy(), a.sum(0, where=mask)
    )
