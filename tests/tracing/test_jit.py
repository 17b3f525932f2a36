"""`jit`: values, gradients, recordings, looks and errors; arguments and results are in
`test_jit_arguments`.

The oracles are NumPy and derivatives by hand. How often a function ran is told by `counted`, whose
count no recording depends on.
"""

import inspect
import math
import warnings

import numpy as np
import pytest
from jitted import A, close, counted, curvature, loss, slope, value

import jitgrad
from jitgrad import AliasError, ArgumentError, GradientError, JitError, JitgradWarning, ShapeError

# --- what it gives --------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 3, 1000])
def test_values_and_gradients(tier, n):
    f, runs = counted(jitgrad.value_and_grad(loss))
    for k in range(4):
        a = np.random.default_rng(k).standard_normal(n)
        v, g = f(jitgrad.tensor(a))
        close(v, value(a)), close(g, slope(a))
        assert not v.requires_grad and not g.requires_grad and v.shape == () and g.shape == (n,)
    assert runs() == 1 and len(f.plans()) == 1


def test_second_order(tier):
    f, runs = counted(jitgrad.hvp(loss))
    for k in range(3):
        x, v = np.random.default_rng(k).standard_normal((2, 4))
        close(f(jitgrad.tensor(x), jitgrad.tensor(v)), curvature(x) * v, 1e-11)
    assert runs() == 1


def test_third_order():
    f = jitgrad.jit(jitgrad.grad(jitgrad.grad(jitgrad.grad(lambda x: x**5 + jitgrad.sin(x)))))
    for x in (0.3, -1.7):
        assert f(x) == pytest.approx(60 * x**2 - math.cos(x), rel=1e-12)


def test_backward_inside(tier):
    @jitgrad.jit
    def f(x):
        w = x.detach().requires_grad_()
        y = (w * w * w).sum()
        y.backward()
        return y, w.grad

    for k in range(3):
        a = A + k
        y, g = f(jitgrad.tensor(a))
        close(y, (a**3).sum()), close(g, 3 * a * a)


def test_create_graph_and_autograd_grad_inside():
    @jitgrad.jit
    def f(x):
        w = jitgrad.tensor(x, requires_grad=True)
        (g,) = jitgrad.autograd.grad(loss(w), w, create_graph=True)
        (h,) = jitgrad.autograd.grad((g * g).sum(), w)
        return h

    for k in range(3):
        close(f(jitgrad.tensor(A + k)), 2 * slope(A + k) * curvature(A + k), 1e-11)


def test_views_writes_and_hooks_inside():
    @jitgrad.jit
    def f(x):
        w = x.detach().requires_grad_()
        y = w * 2
        y.register_hook(lambda g: g * 10)
        tail = y[1:]
        tail *= w[:-1]
        y[0] = 7.0
        y.sum().backward()
        return y.detach(), w.grad

    for k in range(3):
        a = A + k
        y, g = f(jitgrad.tensor(a))
        close(y, [7, 2 * a[1] * a[0], 2 * a[2] * a[1]])
        # the hook is on y as it was before the writes: only its part goes times ten
        want = np.array([0, 2 * a[0], 2 * a[1]]) * 10 + np.array([2 * a[1], 2 * a[2], 0])
        close(g, want)


def test_writes_by_a_mask():
    @jitgrad.jit
    def f(x):
        y = x * 2
        y[x > 0] = 7
        y[1:][x[1:] < 0] = x[0]
        return y

    for a in (A, -A, A - 1):
        want = np.where(a > 0, 7, a * 2)
        want[1:][a[1:] < 0] = a[0]
        close(f(jitgrad.tensor(a)), want)


def test_programs_longer_than_a_segment(monkeypatch):
    def f(x):
        for _ in range(60):
            x = jitgrad.sin(x) * 1.01 + 0.1
        return x.sum()

    def by_hand(a):
        d = np.ones_like(a)
        for _ in range(60):
            a, d = np.sin(a) * 1.01 + 0.1, d * np.cos(a) * 1.01
        return d

    for segment in (3, 128):
        monkeypatch.setattr(jitgrad.config, "segment", segment)
        g = jitgrad.jit(jitgrad.grad(f))
        for k in range(2):
            close(g(jitgrad.tensor(A + k)), by_hand(A + k), 1e-11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.bool_])
def test_dtypes(dtype):
    f = jitgrad.jit(lambda x: (x + x, x.sum(), x * 2.5))
    a = np.array([1, 0, 1]).astype(dtype)
    for _ in range(2):
        for got, want in zip(f(jitgrad.tensor(a)), (a + a, a.sum(), a * 2.5), strict=True):
            close(got, want)
            assert got.dtype == want.dtype


def test_float32_scalars_are_rounded():
    f = jitgrad.jit(jitgrad.value_and_grad(lambda x: x * x * 0.1))
    x = jitgrad.tensor(np.float32(0.3))
    for _ in range(2):
        v, g = f(x)
        assert (
            v.dtype == g.dtype == np.float32
            and np.float32(v.item()) == v.item()
            and np.float32(g.item()) == g.item()
        )


# --- one recording for each kind of call ----------------------------------------------------------


def test_another_shape_or_dtype_is_another_recording():
    f, runs = counted(loss)
    for n in (3, 4, 3, 4):
        a = np.arange(1.0, n + 1)
        close(f(jitgrad.tensor(a)), value(a))
    assert runs() == 2
    close(f(jitgrad.tensor(A.astype(np.float32))), value(A), 1e-6)
    f(jitgrad.tensor(A))
    assert runs() == 3 and len(f.plans()) == 3


def test_new_shapes_need_no_new_kernels():
    from jitgrad.runtime.stats import stats

    before, jitgrad.config.compile = jitgrad.config.compile, "always"
    try:
        f = jitgrad.jit(jitgrad.value_and_grad(loss))
        f(jitgrad.ones(50))
        jitgrad.synchronize()  # what earlier tests left to the compile thread
        made = stats.kernels
        for n in (51, 60, 77):
            f(jitgrad.ones(n))
        assert stats.kernels == made
    finally:
        jitgrad.config.compile = before


def test_clear_cache():
    f, runs = counted(loss)
    f(jitgrad.tensor(A)), f(jitgrad.tensor(A))
    f.clear_cache()
    assert f.plans() == []
    close(f(jitgrad.tensor(A)), value(A))
    assert runs() == 2


def test_recordings_are_bounded(monkeypatch):
    import sys

    monkeypatch.setattr(sys.modules["jitgrad.tracing.jit"], "KINDS", 3)
    f, runs = counted(lambda x: x * 2)
    for n in range(1, 9):
        f(jitgrad.ones(n))
    assert len(f.plans()) == 3
    f(jitgrad.ones(8)), f(jitgrad.ones(6))
    assert runs() == 8
    close(f(jitgrad.ones(1)), [2.0])
    assert runs() == 9


# --- looks ----------------------------------------------------------------------------------------


LOOKS = {
    "if": lambda x: 1 if (x > 0).any() else 2,
    "float": lambda x: float(x.sum()),
    "item": lambda x: x.sum().item(),
    "int": lambda x: int(x[0]),
    "numpy": lambda x: x.numpy(),
    "asarray": lambda x: np.asarray(x),
    "tolist": lambda x: x.tolist(),
    "while": lambda x: [0 for _ in iter(lambda: bool(x.sum() > 1), False)],
    "mask": lambda x: x[x > 0],
    "format": lambda x: f"{x.sum():.3f}",
    "in": lambda x: 1.0 in x,
    "fallback": lambda x: np.spacing(x),
    "max": lambda x: max(x[0], x[1]),
    "pickle": lambda x: x.__reduce__(),
}


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_raises_and_leaves_nothing_behind(name):
    f = jitgrad.jit(LOOKS[name])
    x, w = jitgrad.tensor(A), jitgrad.tensor(A, requires_grad=True)
    pending = w * 2
    for _ in range(2):
        with pytest.raises(JitError, match="while jit traces the function"):
            f(x)
    close(x * 2, A * 2)
    pending.sum().backward()
    close(w.grad, [2, 2, 2])
    assert f.plans() == [] and jitgrad.is_grad_enabled()


def test_the_error_points_at_the_users_line():
    def f(x):
        y = x * 2
        if y.sum() > 0:  # here
            return y
        return x

    with pytest.raises(JitError) as caught:
        jitgrad.jit(f)(jitgrad.tensor(A))
    lines = [e for e in caught.traceback if e.path.name == "test_jit.py"]
    assert "# here" in str(lines[-1].statement)


def test_shapes_and_prints_of_tensors_are_no_looks(capsys):
    @jitgrad.jit
    def f(x):
        print(x, len(x), x.dtype)
        return x * x.shape[0] if x.ndim == 1 and x.requires_grad is False else x

    for _ in range(2):
        close(f(jitgrad.tensor(A)), A * 3)
    assert (
        capsys.readouterr().out == "tensor(<traced by jit>, shape=(3,), dtype=float64) 3 float64\n"
    )


def test_exceptions_leave_what_was_done_before():
    w = jitgrad.tensor(A, requires_grad=True)

    @jitgrad.jit
    def f(x, bad):
        y = x * w
        (w * x).sum().backward()
        with jitgrad.no_grad():
            w.mul_(2) if hasattr(w, "mul_") else w.copy_(w * 2)
            if bad:
                raise KeyError("mine")
        return y.detach()

    x = jitgrad.tensor(A + 1)
    with pytest.raises(KeyError, match="mine"):
        f(x, True)
    assert jitgrad.is_grad_enabled() and w.is_leaf
    close(w, 2 * A), close(w.grad, A + 1)  # as without jit
    with pytest.raises(ShapeError):
        jitgrad.jit(lambda x: x + jitgrad.ones(7))(x)
    with pytest.raises(AliasError, match="leaf"):
        jitgrad.jit(lambda x: x.copy_(x * 2))(w)
    close(f(x, False), 2 * A * (A + 1))
    close(w, 4 * A), close(w.grad, 2 * A + 2)


def test_a_tensor_that_gets_out_has_no_value(tier):

    class Box:
        pass

    box = Box()

    @jitgrad.jit
    def f(x):
        y = x * 2
        box.y = y
        return y + 1

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitgradWarning)
        close(f(jitgrad.tensor(A)), A * 2 + 1)
    assert box.y.shape == (3,)
    for use in (lambda y: y + 1, lambda y: y.tolist(), lambda y: np.sin(y), lambda y: y[0], repr):
        with pytest.raises(JitError, match="let out"):
            use(box.y)


# --- as a function --------------------------------------------------------------------------------


def test_it_is_named_as_the_function():
    @jitgrad.jit
    def f(x, y=2):
        """Words."""
        return x * y

    assert (
        f.__name__ == "f"
        and f.__doc__ == "Words."
        and list(inspect.signature(f).parameters) == ["x", "y"]
    )
    close(f(jitgrad.tensor(A)), A * 2), close(f(jitgrad.tensor(A), y=3.0), A * 3)


@pytest.mark.parametrize("wrong", [3, None.__class__.__mro__[0]().__doc__, "f"])
def test_what_is_no_function(wrong):
    if wrong is not None:
        with pytest.raises(ArgumentError, match="expected a function"):
            jitgrad.jit(wrong)

    def generator():
        yield 1

    async def coroutine():
        return 1

    for f in (generator, coroutine):
        with pytest.raises(ArgumentError, match="generator or coroutine"):
            jitgrad.jit(f)


def test_gradient_errors_are_those_of_eager():
    with pytest.raises(GradientError, match="integer|float"):
        jitgrad.jit(jitgrad.grad(loss))(3)
    with pytest.raises(GradientError, match="does not require grad"):
        jitgrad.jit(lambda x: x.sum().backward())(jitgrad.tensor(A))
