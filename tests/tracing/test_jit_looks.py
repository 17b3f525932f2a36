"""`jit`: looks, each with an error text of its own, and index tensors, which are no looks.

The oracles are the functions without `jit`, and NumPy.
"""

import math

import numpy as np
import pytest
from captures import X, follows, refused

import jitgrad
from jitgrad import IndexOutOfRange, JitError, JitgradError
from jitgrad import numpy as jnp

# --- looks at what comes of constants alone -------------------------------------------------------


def of_arange(x):
    return x * int(jnp.arange(4).sum()) + [1.0, 2.0, 3.0][int(jnp.zeros(3)[1])]


def of_written(x):
    a = jnp.arange(6.0).reshape(2, 3)
    a[0] *= 3.0
    a += 1.0
    return x * float(a.sum()) if a[0, 1] > 3 else x


def of_turns(x):
    out, c = x * 0, jnp.zeros(2)
    for i in jnp.arange(400):  # rolled while it is traced
        c = c + 0.5
        out = out + jnp.sin(x) * float(c[1]) + i
    return out


def of_shapes(x):
    (places,) = jnp.nonzero(jnp.arange(3) % 2 == 0)
    return x[places] * jnp.bincount(jnp.arange(12) % 5).max() + np.asarray(jnp.eye(2)).sum()


def of_gradients(x):
    c = jnp.arange(3.0).requires_grad_()
    y = (c * c).sum()
    y.backward()
    return x * y.detach().item() * c.grad.max().item()


@pytest.mark.parametrize("f", [of_arange, of_written, of_turns, of_shapes, of_gradients])
def test_constants_may_be_looked_at(f):
    """What the function makes itself is the same in each call."""
    g, slope = jitgrad.jit(f), jitgrad.jit(jitgrad.grad(lambda x: (f(x) ** 2).sum()))
    for x in (np.array([1.0, 2.0, -0.5]), np.array([0.5, -1.0, 3.0])):
        np.testing.assert_allclose(g(x), f(jitgrad.tensor(x)), rtol=1e-12)
        want = jitgrad.grad(lambda x: (f(x) ** 2).sum())(x)
        np.testing.assert_allclose(slope(x), want, rtol=1e-12)


HELD = jitgrad.tensor([1.0, 2.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: float((jnp.arange(3) * x).sum()),
        lambda x: float((HELD * 2).sum()),
        lambda x: float(jitgrad.rand(3).sum()),
        lambda x: float((jnp.zeros(X.shape) + x)[0]),
    ],
)
def test_what_calls_make_anew_is_refused(f):
    refused(lambda x: x * f(x), "known only to a call")


# --- looks: one text for each cause ---------------------------------------------------------------

LOOKS = {
    "truth": (lambda x: 1 if x[0] > 0 else 2, "the truth value.*jitgrad.where"),
    "in": (lambda x: 1.0 in x, r"whether an element is in a tensor.*any\(\)"),
    "float": (lambda x: math.sin(x[0]), "a float of it.*jitgrad.numpy's functions"),
    "int": (lambda x: int(x[0]), "an int of it.*astype"),
    "complex": (lambda x: complex(x[0]), "a complex of it"),
    "range": (lambda x: range(x[0].long()), r"an integer of it .*Python number.*x\[i\]"),
    "length": (lambda x: jitgrad.zeros(x[0].long()), "an integer of it"),
    "list": (lambda x: [1, 2][x[0].long()], "an integer of it"),
    "item": (lambda x: x[0].item(), r"for \.item\(\)"),
    "tolist": (lambda x: x.tolist(), r"for \.tolist\(\)"),
    "numpy": (lambda x: x.numpy(), r"for \.numpy\(\)"),
    "array": (
        lambda x: np.array([x[0], 1.0]),
        r"NumPy asked for them.*jitgrad.numpy \(array, stack\)",
    ),
    "dot": (lambda x: np.ones(3).dot(x), "NumPy asked for them"),
    "format": (lambda x: f"{x[0]:.2f}", "its text"),
    "mask": (lambda x: x[x > 0], r"a result of x\[mask\].*jitgrad.where\(mask, x, y\)"),
    "mask of columns": (
        lambda x: x.reshape(1, -1)[:, x > 0],
        r"a boolean mask as an index.*jitgrad.where\(mask, x, y\)",
    ),
    "write by a mask": (
        lambda x: x.clone().__setitem__(x > 0, x[:2]),
        "a boolean mask as an index",
    ),
    "nonzero": (lambda x: x.nonzero(), "by nonzero, whose result has a shape that depends"),
    "unique": (lambda x: np.unique(x), "by unique, whose result has a shape that depends"),
    "where": (lambda x: np.where(x > 0), "by where, whose result has a shape that depends"),
    "counts": (
        lambda x: jnp.repeat(x, x.long()),
        "by repeat, whose result has a shape that depends",
    ),
    "fallback": (lambda x: np.spacing(x), "by spacing, which jitgrad leaves to NumPy"),
}


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_says_what_looked(name):
    f, match = LOOKS[name]
    refused(f, match)


# --- index tensors --------------------------------------------------------------------------------

M = np.random.default_rng(0).standard_normal((4, 3))
I1, I2, FAR, ONE = np.array([0, 2, 1]), np.array([-1, 3, 3]), np.array([0, 9, 0]), np.array(1)


def written(x, i, y):
    z = x * 1
    z[i] = y
    z[i[::-1] if i.shape else i] *= 2
    z[i] += y
    return z


def gradient_of_written(x, i, y):
    def f(y):
        z = x * 1
        z[i] = y
        return (z**3).sum()

    return jitgrad.grad(f)(y)


def of_both(f):
    return lambda x, i, y: f(x, i)


INDEXED = {
    "rows": of_both(lambda x, i: x[i]),
    "columns": of_both(lambda x, i: x[1:, i % 3]),
    "pairs": of_both(lambda x, i: x[i, i % 3]),
    "beside an array": of_both(lambda x, i: x[[[0], [1]], i % 3]),
    "beside a mask": of_both(lambda x, i: x[np.array([True, False, False, False]), i % 3]),
    "beside a new axis": of_both(lambda x, i: x[i, None, :2]),
    "take": of_both(lambda x, i: jnp.take(x, i) + jnp.take(x, i, axis=0).sum()),
    "take along": of_both(
        lambda x, i: jnp.take_along_axis(x, i.reshape((-1, 1)) * jitgrad.ones(3).long(), axis=0)
    ),
    "gradient": of_both(lambda x, i: jitgrad.grad(lambda x: (x[i] ** 3).sum())(x)),
    "written": written,
    "gradient of written": gradient_of_written,
}


@pytest.mark.parametrize("name", INDEXED)
def test_index_tensors_among_the_arguments(name, tier):
    f, y = INDEXED[name], M[:3] + 1
    g = jitgrad.jit(f)
    for i in (I1, I2, FAR, I1.astype(np.uint8), ONE, np.array(-1), np.array(4)):
        given = [jitgrad.tensor(a) for a in (M, i, y[0] if i.ndim == 0 else y)]
        for _ in range(2):
            try:
                want = f(*given)
            except JitgradError as error:
                with pytest.raises(type(error)) as caught:
                    g(*given)
                assert str(caught.value) == str(error)
            else:
                np.testing.assert_allclose(np.asarray(g(*given)), np.asarray(want), rtol=1e-12)
    assert len(g.plans()) == 3  # a shape and a dtype each


def test_computed_indices(tier):
    follows(lambda x: jnp.asarray(x)[jnp.argsort(x)])
    follows(lambda x: jnp.take_along_axis(x, jnp.argsort(x), axis=0))
    points, values = np.array([-1.0, 0.0, 1.5]), np.array([1.0, 3.0, 2.0])
    follows(
        lambda x: np.interp(x, points, values),
        lambda: values.fill(2.0),
        lambda: points.__setitem__(1, 0.25),
    )
    follows(lambda x: np.searchsorted(points, x, side="right"), lambda: points.__setitem__(1, 1.0))
    g = jitgrad.jit(lambda x, xp, fp: jnp.interp(x, xp, fp))
    for k in range(3):
        np.testing.assert_allclose(
            np.asarray(g(X - k, points + k, values * k)), np.interp(X - k, points + k, values * k)
        )


def test_an_index_out_of_range_changes_nothing():
    x = jitgrad.zeros(3)

    @jitgrad.jit
    def f(i):
        x[0] = 5.0
        x[i] = 1.0
        return x * 2

    assert np.asarray(f(jitgrad.tensor([1]))).tolist() == [10, 2, 0]
    x.zero_()
    with pytest.raises(IndexOutOfRange, match="got index 3 for axis 0 of length 3"):
        f(jitgrad.tensor([3]))
    assert x.tolist() == [0, 0, 0]


def test_a_row_that_is_written_under_a_name_of_its_own():
    def f(x, i):
        row = x[i]
        row += 1
        return x * 1

    with pytest.raises(JitError, match=r"x\[i\] = value"):
        jitgrad.jit(f)(jitgrad.tensor(M), jitgrad.tensor(1))


def test_searchsorted_in_another_order():
    order = np.argsort(X)
    for side in ("left", "right"):
        got = np.searchsorted(jitgrad.tensor(X), jitgrad.tensor(X), side, order)
        assert got.tolist() == np.searchsorted(X, X, side, order).tolist()
