"""Arrays made of tensors and numbers by how these are nested: one record, whatever the depth, and
no look at a value.

The oracles are NumPy, differences, and PyTorch where it is installed.
"""

import numpy as np
import pytest
from both import check_slope, leaf

import jitgrad
import jitgrad.numpy as jnp
from jitgrad import DTypeError, GradientError, IntegerOverflow, ShapeError
from jitgrad.tape.segment import local

F32, F64, INT, BOOL = (
    np.array([1.5, -2.0], np.float32),
    np.array([0.25, 4.0]),
    np.array([3, -4]),
    np.array([True, False]),
)


def recorded(make):
    """(what `make` gives, how many operations it recorded), in one segment."""
    segment, before = local.seg, local.seg.state.operations
    out = make()
    assert local.seg is segment, "a value was materialised"
    return out, local.seg.state.operations - before


def values(x):
    """Nested sequences with the arrays of tensors."""
    if isinstance(x, (list, tuple)):
        return type(x)([values(y) for y in x])
    return x.detach().numpy() if isinstance(x, jitgrad.Tensor) else x


def tensors(x):
    """Nested sequences with tensors in the place of arrays of at least one axis."""
    if isinstance(x, (list, tuple)):
        return type(x)([tensors(y) for y in x])
    return jitgrad.tensor(x) if isinstance(x, np.ndarray) else x


a0, b0, i0, f0, t0 = (np.array(v) for v in (1.5, -2.0, 3, np.float32(0.1), True))
STRUCTURES = {
    "elements": [a0, b0, a0],
    "nested": [[a0, b0], [b0, a0]],
    "with numbers": [[a0, 1.0, 0], [0, b0, 2], [0, 0, 1]],
    "deep": [[[a0], [1.0]], [[b0], [2.5]]],
    "tuples": ((a0, 2.0), [b0, 3.0]),
    "rows": [F64, F64, [1.0, 2.0]],
    "rows and elements": [F64, [a0, b0], (1, a0)],
    "matrices": [[F64, F64], [[a0, 1.0], F64]],
    "NumPy's scalars": [a0, np.float64(2.0), np.int64(3), np.bool_(True)],
    "single precision": [f0, f0],
    "single with a Python number": [f0, 1.0],
    "single with an integer": [f0, 2],
    "single with a bool": [f0, True],
    "single with a scalar": [f0, np.float32(3.0), np.int16(2)],
    "single rows": [F32, np.ones(2, np.float32)],
    "single and double": [F32, F64],
    "integers": [i0, 2, True, np.int32(5)],
    "integers and floats": [i0, 2.5],
    "bools": [t0, False, t0],
    "rows of all kinds": [F32, INT, BOOL, F64],
    "many numbers": [[a0] * 12, [0.5] * 12, list(range(12))],
    "empty": [[F64[:0]], [[]]],
    "one": [a0],
}


@pytest.mark.each("name", STRUCTURES)
@pytest.mark.each("function", [jnp.array, jitgrad.array, jitgrad.tensor, jnp.asarray])
def test_values_and_dtypes_are_those_of_numpy(name, function, tier):
    want, data = np.array(STRUCTURES[name]), tensors(STRUCTURES[name])
    got, count = recorded(lambda: function(data))
    assert count == 1
    assert got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_array_equal(got.numpy(), want)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_])
def test_a_dtype_is_part_of_the_record(dtype):
    data = [[a0, 1.0], [0.0, 2]]
    ours = tensors(data)
    got, count = recorded(lambda: jnp.array(ours, dtype))
    assert count == 1
    np.testing.assert_array_equal(got.numpy(), np.array(data, dtype))


JOINS = {
    "stack": [[F64, F32, [1, 2]], [a0, 2.0, b0], [INT, INT]],
    "concatenate": [[F64, F32, [1, 2]], [np.ones((2, 2)), F64[None]]],
    "vstack": [[F64, F32, [1, 2]], [a0, b0, 2.0], [np.ones((3, 2)), F64], [BOOL]],
    "hstack": [[F64, a0, F32, 3], [a0, 2.0], [np.ones((2, 3)), np.zeros((2, 1))], [BOOL]],
    "dstack": [[F64, F32], [a0, b0], [np.ones((2, 3)), np.zeros((2, 3))], [np.ones((1, 2, 3))]],
    "column_stack": [[F64, F32, [1, 2]], [a0, b0], [np.ones((2, 3)), F64]],
}


@pytest.mark.parametrize("name", JOINS)
@pytest.mark.parametrize("module", [np, jnp])
def test_functions_that_join_are_one_record(name, module, tier):
    for data in JOINS[name]:
        want, given = getattr(np, name)(data), tensors(data)
        got, count = recorded(lambda given=given: getattr(module, name)(given))
        assert count == 1
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got.numpy(), want)


@pytest.mark.parametrize("name", ["vstack", "hstack", "dstack", "column_stack"])
def test_functions_that_join_take_one_array(name):
    x = np.arange(24.0).reshape(2, 3, 4)
    got = getattr(jnp, name)(jitgrad.tensor(x))
    np.testing.assert_array_equal(got.numpy(), getattr(np, name)(x))


def rotation(t, s):
    return jnp.array([[jnp.cos(t), -s * jnp.sin(t), 0.0], [jnp.sin(t), jnp.cos(t), s], [0, 0, 1]])


def test_gradients_go_to_every_element(tier):
    f = lambda x: (rotation(x[0], x[1] * 2.0) @ jnp.array([x[2], x[1], 1.0]) ** 2).sum()
    check_slope(jitgrad, f, [0.4, 1.5, -0.3])
    check_slope(jitgrad, jitgrad.jit(f), [0.4, 1.5, -0.3])
    x = jitgrad.tensor([0.4, 1.5, -0.3])
    direction = np.array([1.0, -0.5, 2.0])
    slope = jitgrad.grad(f)
    eps = 1e-6
    want = (slope(x + eps * direction).numpy() - slope(x - eps * direction).numpy()) / (2 * eps)
    np.testing.assert_allclose(jitgrad.hvp(f)(x, direction).numpy(), want, rtol=1e-6, atol=1e-7)


def test_gradients_of_rows_and_of_mixed_dtypes():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(2, 3)) for _ in range(3)]
    weights = rng.normal(size=(4, 2, 3))
    found = []
    for lib in (jitgrad, torch):
        xs = [leaf(lib, r) for r in rows]
        parts = [xs[0] * 2, xs[1], xs[0], lib.sin(xs[2])]
        out = jnp.array([[p[0], p[1]] for p in parts]) if lib is jitgrad else torch.stack(parts)
        (out * lib.tensor(weights)).sum().backward()
        found.append([x.grad.numpy() for x in xs])
    for got, want in zip(*found, strict=True):
        np.testing.assert_allclose(got, want)
    x = jitgrad.tensor(np.float32(2.0), requires_grad=True)
    jnp.array([x * 3, 1.0]).sum().backward()
    assert x.grad.dtype == np.float32 and x.grad.item() == 3.0


def test_long_lists_do_not_make_long_kernels():
    """Kernels are no longer than those of a short list."""

    def run(n):
        x = jitgrad.tensor(np.linspace(0.1, 1.0, n), requires_grad=True)
        leaves = [jitgrad.tensor(v, requires_grad=True) for v in x.tolist()]

        def total():
            out = jnp.array(leaves)
            (out * out * x).sum().backward()

        explained = jitgrad.explain(total)
        np.testing.assert_allclose([t.grad.item() for t in leaves], 2 * x.detach().numpy() ** 2)
        assert len(explained.kernels) < 10
        return max(len(k.source or "") for k in explained.kernels)

    assert run(100) == run(40)


def test_in_traces():
    @jitgrad.jit
    def f(x, s, row):
        m = jnp.array([[x, s, 1.0], [s * 2.0, x * s, 0], row])
        return m, jnp.stack([x, s]), jnp.vstack([row, row * s])

    for x, s in ((0.5, 2.0), (1.5, 3.0)):
        row = np.array([x, -x, s])
        m, pair, rows = f(jitgrad.tensor(x), s, row)
        np.testing.assert_array_equal(m.numpy(), [[x, s, 1.0], [s * 2, x * s, 0], row])
        np.testing.assert_array_equal(pair.numpy(), [x, s])
        np.testing.assert_array_equal(rows.numpy(), [row, row * s])


def test_a_list_appended_to_in_a_loop_under_jit():
    def path(p, join):
        h, out = p, []
        for _ in range(400):
            h = jnp.sin(h * 1.01 + 0.1)
            out.append(h)
        return (join(out) ** 2).sum()

    p = jitgrad.tensor([0.3, 0.5])
    kernels = []
    for join in (jnp.stack, jnp.array):
        g = jitgrad.jit(jitgrad.value_and_grad(lambda p, join=join: path(p, join)))
        value, slope = g(p)
        want = path(p, jnp.stack)
        np.testing.assert_allclose(value.item(), want.item())
        check = (path(p + 1e-6, join) - path(p - 1e-6, join)).item() / 2e-6
        np.testing.assert_allclose(slope.sum().item(), check, rtol=1e-6)
        kernels.append(len(jitgrad.explain(lambda g=g: g(p)).kernels))
    assert max(kernels) < 20


def test_errors():
    a = jitgrad.tensor(1.5, requires_grad=True)
    row = jitgrad.ones(2)
    for data in ([[a, a], [a]], [a, [1.0]], [[a], []], [row, [a]], [[row], [[a, a, a]]]):
        with pytest.raises(ShapeError, match="expected equal shapes"):
            jnp.array(data)
    for data in (
        [a, "x"],
        [a, None],
        [a, {}],
        [np.ma.ones(()), a],
        [[a, np.ma.ones(1)]],
    ):
        with pytest.raises(DTypeError):
            jnp.array(data)
    with pytest.raises(GradientError):  # NumPy's own function asks for numbers
        np.array([a * 2.0, 1.0])
    assert np.array([a.detach(), 1.0]).tolist() == [1.5, 1.0]


@pytest.mark.parametrize("function", [np.array, np.asarray])
def test_numpy_makes_a_tensor_like_a_tensor(function):
    t = jitgrad.tensor(1.5, requires_grad=True)
    out, count = recorded(lambda: function([[t, 2.0], [0, t]], like=t))
    assert count == 1
    (out * np.array([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert t.grad.item() == 5.0


def test_large_integers():
    t = jitgrad.tensor(1)
    assert jnp.array([t, 2**62]).tolist() == [1, 2**62]
    want = np.array([np.int64(1), 2**63])
    got = jnp.array([t, 2**63])
    assert got.dtype == want.dtype and got.tolist() == want.tolist()
    with pytest.raises(IntegerOverflow):
        jnp.array([t, 2**64])
