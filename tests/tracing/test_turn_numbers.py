"""The number of the turn in `fori_loop` against Python's integers in a loop of Python."""

import numpy as np
import pytest
from tiers import in_numpy

import jitgrad
from jitgrad import JitError

RNG = np.random.default_rng(4)
X, Y = RNG.standard_normal((9, 3)), RNG.standard_normal((3, 9))


def in_python(start, stop, f, init):
    c = init
    for i in range(start, stop):
        c = f(i, c)
    return c


def written(c, at, value):
    c = c.clone()
    c[at] = value
    return c


#: Turns from 1 to 6 on a carried (9, 3), with invariants of shapes (9, 3) and (3, 9).
BODIES = {
    "row": lambda i, c, x, y: c * 0.5 + x[i],
    "rows around": lambda i, c, x, y: c * 0.5 + x[i + 1] * x[i - 1] - x[8 - i],
    "columns": lambda i, c, x, y: c * 0.5 + y[:, i] * y[..., i + 1],
    "elements": lambda i, c, x, y: c * x[i, 1] + y[1, i] * x[i, -1],
    "every second": lambda i, c, x, y: c * 0.5 + jitgrad.concatenate([x, x])[2 * i, 1:].sum(),
    "from behind": lambda i, c, x, y: c * 0.5 + x[-i] + x[i - 9],
    "over the edge": lambda i, c, x, y: c * 0.5 + x[i - 3],
    "window": lambda i, c, x, y: c * 0.5 + x[i - 1 : i + 2].sum(0) + y[1:, i : i + 2].sum(),
    "new axes": lambda i, c, x, y: c * 0.5 + x[None, i] + x[i, None] + x[i][None][0],
    "a row of what is carried": lambda i, c, x, y: c * 0.5 + c[i] * x[i],
    "write": lambda i, c, x, y: written(c, i, c[i - 1] * x[i]),
    "write an element": lambda i, c, x, y: written(c, (i + 1, 1), c[i, 2] * 2 + i),
    "write a window": lambda i, c, x, y: written(c, slice(i, i + 2), x[i]),
    "write over the edge": lambda i, c, x, y: written(c, i - 2, x[i]),
    "arithmetic": lambda i, c, x, y: c * (i * 0.25 - 1) / (i + 1) + (2 - i) ** 2 + (-i) + i // 2,
    "parity": lambda i, c, x, y: jitgrad.where(i % 2 == 0, c * 0.5, c + i),
    "functions": lambda i, c, x, y: c * jitgrad.sin(i * 0.3) + jitgrad.maximum(x, i),
    "NumPy": lambda i, c, x, y: c * np.cos(i) + i * np.arange(3.0) + np.arange(3.0) / i,
    "choice": lambda i, c, x, y: jitgrad.cond(i > 3, lambda c: c + x[i], lambda c: c - x[i], c),
    "branches": lambda i, c, x, y: jitgrad.switch(
        i % 3, [lambda c: c * 2, lambda c: c - x, lambda c: c], c
    ),
    "integers": lambda i, c, x, y: c + (jitgrad.arange(3) * i + i * jitgrad.arange(3)) * 0.1,
    "assigned": lambda i, c, x, y: added_to(i, c),
    "loop within": lambda i, c, x, y: jitgrad.fori_loop(
        0, 3, lambda j, d: d * 0.5 + x[i] * x[j] + x[i + j, 1] + i * j, c
    ),
}  # fmt: skip


def added_to(i, c):
    i += 1
    i *= 2
    return c * 0.1 + i


@pytest.mark.parametrize("name", BODIES)
def test_as_integers_of_python(tier, name):
    body = BODIES[name]

    def through(loop):
        def f(c, x, y):
            out = loop(1, 7, lambda i, c: body(i, c, x, y), c)
            return (out * jitgrad.cos(jitgrad.arange(27.0)).reshape(9, 3)).sum()

        return f

    args = [jitgrad.tensor(a) for a in (X * 0.1, X, Y)]
    with in_numpy():
        right = jitgrad.value_and_grad(through(in_python), (0, 1, 2))(*args)
        right[0].numpy(), [g.numpy() for g in right[1]]
    for wrap in (jitgrad.jit, lambda f: f):
        got = wrap(jitgrad.value_and_grad(through(jitgrad.fori_loop), (0, 1, 2)))(*args)
        np.testing.assert_allclose(got[0].numpy(), right[0].numpy(), rtol=1e-9)
        for a, b in zip(got[1], right[1], strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-9, atol=1e-12)


def test_second_order(tier):
    f = lambda x: jitgrad.fori_loop(1, 8, lambda i, c: jitgrad.sin(c) * x[i] + x[i - 1], 0.5).sum()
    g = lambda x: in_python(1, 8, lambda i, c: jitgrad.sin(c) * x[i] + x[i - 1], 0.5).sum()
    x, v = jitgrad.tensor(X[:, 0].copy()), jitgrad.tensor(X[:, 1].copy())
    for wrap in (jitgrad.jit, lambda f: f):
        got = wrap(lambda x, v: jitgrad.hvp(f)(x, v))(x, v)
        np.testing.assert_allclose(got.numpy(), jitgrad.hvp(g)(x, v).numpy(), rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_it_has_the_dtype_of_what_is_beside_it(dtype):
    """As Python's integers, and unlike tensors of integers."""
    seen = []

    def turn(i, c):
        results = [c * i, i + c, c - (2 * i + 1), i * c, jitgrad.maximum(c, i), c * (i * 0.5)]
        seen.extend([(np.dtype(r.dtype).name) for r in results])
        return c

    jitgrad.fori_loop(0, 3, turn, np.ones(2, dtype))
    whole = np.dtype(dtype).kind == "i"
    assert seen[:5] == [dtype] * 5 and seen[5] == ("float64" if whole else dtype)


def test_rows_are_read_where_they_lie():
    """No index is checked by NumPy, and the backward loop hands out a row in each turn."""
    f = lambda x: jitgrad.fori_loop(0, 9, lambda i, c: jitgrad.sin(c) + x[i], x[0] * 1.0).sum()
    program = jitgrad.explain(jitgrad.jit(jitgrad.grad(f)), X)
    names = {name for kernel in program.kernels for name in kernel.operations}
    assert "loop" in names and names.isdisjoint(("in_bounds", "gather", "scatter_add"))


def test_out_of_range():
    f = lambda x: jitgrad.fori_loop(0, 9, lambda i, c: c + x[i + 1], 0.0)
    for g in (f, jitgrad.jit(f)):
        with pytest.raises(IndexError, match="9"):
            g(jitgrad.ones(9)).item()
    assert jitgrad.fori_loop(9, 9, lambda i, c: c + jitgrad.ones(3)[i], 0.0).item() == 0


def test_what_stays_an_error():
    with pytest.raises(JitError, match="truth value"):
        jitgrad.fori_loop(0, 3, lambda i, c: c if i > 1 else c + 1, 0.0)
    with pytest.raises(JitError, match="number of the turn"):
        jitgrad.fori_loop(0, 3, lambda i, c: c + i.add_(1), 0.0)
    kept = []
    jitgrad.fori_loop(0, 3, lambda i, c: kept.append(i) or c, 0.0)
    with pytest.raises(JitError):
        (kept[0] + jitgrad.ones(2)).numpy()
