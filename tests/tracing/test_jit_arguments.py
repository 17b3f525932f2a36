"""`jit`: what may be an argument or a result, and what Python numbers are.

The oracles are NumPy and derivatives by hand.
"""

import collections
import dataclasses
import math

import numpy as np
import pytest
from jitted import A, close, counted, loss, slope

import jitgrad
from jitgrad import ArgumentError, DTypeError, JitgradWarning

# --- arguments and results ------------------------------------------------------------------------

Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Model:
    w: object
    b: object
    name: str = "m"


def test_positions_names_and_containers():
    def f(p, *rest, scale, more):
        return {
            "a": p.x * scale,
            "b": [p.y + r for r in rest],
            "c": (more["k"] @ more["k"], Point(p.x, more["t"][0])),
        }

    f, runs = counted(f)
    for k in range(3):
        a, b, c = A + k, A * 2 - k, np.arange(3.0) + k
        x, y, z = map(jitgrad.tensor, (a, b, c))
        out = f(Point(x, y), z, c, more={"k": z, "t": [y]}, scale=k + 0.5)
        assert type(out) is dict and type(out["b"]) is list and type(out["c"]) is tuple
        close(out["a"], a * (k + 0.5)), close(out["b"][0], b + c), close(out["b"][1], b + c)
        close(out["c"][0], c @ c)
        assert type(out["c"][1]) is Point and out["c"][1].x is x and out["c"][1].y is y
    assert runs() == 1


def test_containers_of_other_forms_are_other_calls():
    f, runs = counted(
        lambda xs: sum(x.sum() for x in (xs.values() if isinstance(xs, dict) else xs))
    )
    x, y = jitgrad.tensor(A), jitgrad.tensor(A * 2)
    for given, want in (
        ([x], 1),
        ([x, y], 3),
        ((x, y), 3),
        ({"a": x, "b": y}, 3),
        ({"b": y, "a": x}, 3),
        ([x, A], 2),
    ):
        for _ in range(2):
            close(f(given), want * A.sum())
    assert runs() == 6


def test_dataclasses():
    @jitgrad.jit
    def step(m, x):
        return Model(m.w * x, m.b + x, m.name + "!")

    m = Model(jitgrad.tensor(A), jitgrad.tensor(2.0))
    for k in range(3):
        out = step(m, 1.5 + k)
        close(out.w, A * (1.5 + k)), close(out.b, 3.5 + k)
        assert type(out) is Model and out.name == "m!" and m.name == "m"


def test_the_pytree_of_gradients():
    def f(params, x):
        return ((params["w"] @ x + params["b"]) ** 2).sum()

    @jitgrad.jit
    def gradients(params, x):
        ps = {k: p.detach().requires_grad_() for k, p in params.items()}
        f(ps, x).backward()
        return {k: p.grad for k, p in ps.items()}

    rng = np.random.default_rng(0)
    for _ in range(3):
        w, b, x = rng.standard_normal((2, 3)), rng.standard_normal(2), rng.standard_normal(3)
        got = gradients({"w": jitgrad.tensor(w), "b": jitgrad.tensor(b)}, jitgrad.tensor(x))
        r = 2 * (w @ x + b)
        close(got["w"], np.outer(r, x)), close(got["b"], r)


def test_arrays_are_read_in_each_call():
    f, runs = counted(jitgrad.grad(loss))
    a = A.copy()
    for k in range(3):
        a[:] = A + k
        close(f(a), slope(A + k))
    for b in (np.arange(6.0)[::2], np.arange(3.0)[::-1], np.broadcast_to(np.float64(2), 3)):
        close(f(b), slope(b))
    assert runs() == 1


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 1,
        lambda x: x[1:],
        lambda x: x.reshape(3, 1),
        lambda x: x.clone(),
        lambda x: x.detach(),
        lambda x: x.T,
    ],
)
def test_results_share_no_memory_with_arrays(f, tier):
    f = jitgrad.jit(f)
    for _ in range(3):
        a = A.copy()
        y = f(a)
        before = y.tolist()
        a[:] = 9.0
        y.numpy()
        a[0] = 3.0  # not made read-only
        assert y.tolist() == before


def test_results_that_are_arguments_or_constants():
    zero = jitgrad.zeros(2)

    @jitgrad.jit
    def f(x, a, n, name):
        return (
            x,
            a,
            n,
            n * 2 + 1,
            name,
            None,
            True,
            2.5,
            jitgrad.ones(2),
            zero,
            np.arange(2),
            [],
            (),
        )

    x = jitgrad.tensor(A)
    for k in range(3):
        a = A + k
        out = f(x, a, k + 0.5, "text")
        assert (
            out[0] is x
            and out[1] is a
            and out[2:8] == (k + 0.5, 2 * k + 2.0, "text", None, True, 2.5)
        )
        assert (
            out[8].tolist() == [1, 1]
            and out[9] is zero
            and out[10].tolist() == [0, 1]
            and out[11:] == ([], ())
        )
        out[8][0] = 5.0
        out[10][0] = 5
        out[11].append(1)


def test_one_tensor_given_back_twice_is_one():
    @jitgrad.jit
    def f(x):
        y = x * 2
        return y, [y]

    for _ in range(2):
        y, (z,) = f(jitgrad.tensor(A))
        assert y is z


def test_pending_stale_and_viewed_arguments():
    f, runs = counted(lambda x: x * 2)
    x = jitgrad.tensor(A)
    for _ in range(2):
        close(f(x + 1), 2 * (A + 1))
        y = x * 3
        v = y[1:]
        y[1] = 5.0
        close(f(v), [10, 6 * A[2]])
    assert runs() == 2


def test_what_is_no_argument():
    f = jitgrad.jit(lambda x: 1)
    torch = pytest.importorskip("torch")
    for x in (torch.ones(2), np.ma.array([1.0])):
        with pytest.raises(ArgumentError, match="under jit, expected tensors"):
            f(x)
    with pytest.raises(DTypeError, match="float16"):
        f(np.ones(2, np.float16))
    with pytest.raises(TypeError, match="positional argument"):
        f()


# --- numbers --------------------------------------------------------------------------------------


def test_numbers_are_arguments(tier):
    f, runs = counted(
        lambda x, a, n: (
            x * a + n,
            a * x / (1 - a * n),
            jitgrad.maximum(x, a),
            x**a,
            -a,
            a + n,
            2 ** abs(n),
        )
    )
    for a, n in ((0.5, 3), (0.25, 5), (1.5, 3)):
        got = f(jitgrad.tensor(abs(A)), a, n)
        x = abs(A)
        want = (x * a + n, a * x / (1 - a * n), np.maximum(x, a), x**a, -a, a + n, 2 ** abs(n))
        for g, w in zip(got, want, strict=True):
            close(g, w)
        assert type(got[4]) is float and type(got[6]) is int
    assert runs() == 2  # n is an exponent of an integer: one recording for each n


def test_numbers_are_differentiated():
    f, runs = counted(jitgrad.value_and_grad(lambda x, y: x**3 * y, (0, 1)))
    for x, y in ((0.7, -1.3), (2.0, 0.5)):
        v, (gx, gy) = f(x, y)
        assert [v, gx, gy] == pytest.approx([x**3 * y, 3 * x * x * y, x**3])
    assert runs() == 1


def test_numbers_keep_their_weak_dtype():
    f = jitgrad.jit(lambda x, a: (x * a, a * x + a))
    for a in (0.5, 2):
        for got in f(jitgrad.ones(2, dtype=np.float32), a):
            assert got.dtype == np.float32
        assert f(jitgrad.ones(2, dtype=np.int32), a)[0].dtype == (
            np.float64 if a == 0.5 else np.int32
        )
    with pytest.raises(ArgumentError, match="does not fit"):
        f(jitgrad.ones(2, dtype=np.int8), 1000)


def test_python_arithmetic_of_numbers():
    def f(a, b, n):
        return (
            a + b * 2 - n,
            a // b,
            a % b,
            n // 2,
            n % 3,
            1 / a,
            a**n,
            -n,
            +a,
            abs(b),
            a / n,
            7 - b,
            7 % n,
            2 * (n + 1),
        )

    g, runs = counted(f)
    for a, b, n in ((0.5, -2.25, 4), (3.5, 1.25, 7), (2.0, -0.5, 1)):
        got = g(a, b, n)
        assert got == f(a, b, n) and [type(v) for v in got] == [type(v) for v in f(a, b, n)]
    assert runs() == 1
    with pytest.raises(ZeroDivisionError):
        g(0.0, 1.0, 1)


def test_looking_at_a_number_records_for_each_value():
    def f(x, n, a):
        for _ in range(n):
            x = x * a
        return x if a > 0.1 else -x

    g, runs = counted(f)
    for n, a in ((2, 0.5), (3, 0.5), (2, 0.5), (2, 0.0), (2, -0.0)):
        close(g(jitgrad.tensor(A), n, a), f(A, n, a))
    assert runs() == 4  # 0.0 and -0.0 are two
    h, runs = counted(lambda x, axis, s: x.sum(axis) + math.sqrt(s))
    m = np.arange(6.0).reshape(2, 3)
    for axis, s in ((0, 4.0), (1, 4.0), (0, 9.0), (1, 4.0)):
        close(h(jitgrad.tensor(m), axis, s), m.sum(axis) + math.sqrt(s))
    assert runs() == 3


def test_a_number_looked_at_that_always_changes_is_called_as_it_is(tier):
    f, runs = counted(lambda x, t: x * math.sqrt(t))
    x = jitgrad.tensor(A)
    with pytest.warns(JitgradWarning, match="numbers whose values it asks for") as caught:
        for t in range(1, 30):
            close(f(x, float(t)), A * math.sqrt(t))
    assert len(caught) == 1 and runs() == 29


def test_static_arguments():
    def f(x, n, *, mode=1):
        assert type(n) is int and type(mode) is int
        return x * n * mode

    g, runs = counted(f, static_argnums=1, static_argnames=["mode"])
    for n in (2, 3, 2):
        close(g(jitgrad.tensor(A), n, mode=n), A * n * n)
    assert runs() == 2
    h = jitgrad.jit(lambda x, n: x * range(n)[-1], static_argnames="n")
    close(h(jitgrad.tensor(A), 3), A * 2), close(h(jitgrad.tensor(A), n=4), A * 3)
    with pytest.raises(ArgumentError, match="static_argnums"):
        jitgrad.jit(f, static_argnums="x")
    with pytest.raises(ArgumentError, match="static_argnames"):
        jitgrad.jit(f, static_argnames=[1])


@pytest.mark.parametrize(
    "kinds", [(True, False, 1), ("sum", "mean"), (None, "x"), (np.dtype("f4"), np.dtype("f8"))]
)
def test_anything_else_is_a_constant(kinds):
    f, runs = counted(lambda x, kind: (x * 2 if kind else x, kind))
    for _ in range(2):
        for kind in kinds:
            y, back = f(jitgrad.tensor(A), kind)
            close(y, A * 2 if kind else A)
            assert back == kind and type(back) is type(kind)
    assert runs() == len(kinds)


def test_numpy_scalars():
    f, runs = counted(lambda x, a: x * a)
    for a in (np.float64(0.5), np.float64(2.5)):
        y = f(jitgrad.ones(2, dtype=np.float32), a)
        assert y.dtype == np.float64 and y.tolist() == [a, a]
    assert runs() == 1
