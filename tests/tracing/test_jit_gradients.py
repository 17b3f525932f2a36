"""`jit`: gradients through calls, and what a function changes: arguments, tensors from outside and
their gradients.

The oracles are NumPy, derivatives by hand, and the same program without `jit`.
"""

import numpy as np
import pytest
from jitted import A, close, counted, curvature, loss, slope, value

import jitgrad
from jitgrad import GradientError, JitError, JitgradWarning

# --- gradients through a call ---------------------------------------------------------------------


def test_backward_through_a_call(tier):
    f, runs = counted(loss)
    for k in range(3):
        x = jitgrad.tensor(A + k, requires_grad=True)
        y = f(x * 2)
        assert y.requires_grad
        (y * y).backward()
        close(x.grad, 2 * value(2 * (A + k)) * slope(2 * (A + k)) * 2)
        assert repr(y.grad_fn) == repr(loss(x).grad_fn)
    assert runs() == 1


def test_second_order_through_a_call():
    f = jitgrad.jit(loss)
    for k in range(2):
        x, v = jitgrad.tensor(A + k), jitgrad.tensor(A - 1)
        close(jitgrad.hvp(f)(x, v), curvature(A + k) * (A - 1), 1e-11)
        w = jitgrad.tensor(A + k, requires_grad=True)
        (g,) = jitgrad.autograd.grad(f(w), w, create_graph=True)
        (g * g).sum().backward()
        close(w.grad, 2 * slope(A + k) * curvature(A + k), 1e-11)


@pytest.mark.parametrize("inner", [False, True])
def test_grad_of_jit_of_grad(inner):
    f = jitgrad.jit(loss) if inner else loss
    g = jitgrad.jit(jitgrad.grad(f))
    h = jitgrad.jit(jitgrad.grad(lambda x: (g(x) * x).sum()))
    outer = jitgrad.grad(lambda x: (g(x) * x).sum())
    for k in range(2):
        a = A + k
        for function in (h, outer):
            close(function(jitgrad.tensor(a)), curvature(a) * a + slope(a), 1e-11)


def test_gradients_reach_tensors_from_outside():
    w = jitgrad.tensor(A, requires_grad=True)
    f, runs = counted(lambda x: (x * w).sum())
    for k in range(1, 4):
        f(A + k).backward()
    close(w.grad, 3 * A + 6)
    v = w * 3
    g = jitgrad.jit(lambda x: (v * x).sum())
    w.grad = None
    g(A).backward()
    close(w.grad, 3 * A)
    assert runs() == 1


def test_detached_parts_stay_detached():
    @jitgrad.jit
    def f(x):
        with jitgrad.no_grad():
            c = x * 3
        w = x.detach().requires_grad_()
        (w * w).sum().backward()
        value, g = jitgrad.value_and_grad(loss)(x.detach())
        return (x * c + x.detach() * x + w.grad * x + g * value * x).sum(), c, w.grad

    for k in range(2):
        a = A + k
        x = jitgrad.tensor(a, requires_grad=True)
        y, c, g = f(x)
        assert y.requires_grad and not c.requires_grad and not g.requires_grad
        y.backward()
        close(x.grad, 3 * a + a + 2 * a + slope(a) * value(a), 1e-11)


def test_modes():
    f, runs = counted(lambda x: (x * 2, jitgrad.is_grad_enabled()))
    x = jitgrad.tensor(A, requires_grad=True)
    for _ in range(2):
        assert f(x)[0].requires_grad and f(x)[1]
        with jitgrad.no_grad():
            assert not f(x)[0].requires_grad and not f(x)[1]
        assert not f(x.detach())[0].requires_grad
    assert runs() == 3


def test_a_result_whose_graph_was_freed_inside():
    w = jitgrad.tensor(A, requires_grad=True)

    @jitgrad.jit
    def f(x, keep):
        y = (x * w * w).sum()
        y.backward(retain_graph=keep)
        return y

    for _ in range(2):
        y = f(A, False)
        close(y, (A**3).sum())
        assert y.requires_grad
        with pytest.raises(GradientError, match="retain_graph"):
            (y * 2).backward()
    w.grad = None
    f(A, True).backward()
    close(w.grad, 2 * 2 * A * A)


def test_leaves_made_inside_are_no_results():
    with pytest.raises(JitError, match="leaf that requires grad"):
        jitgrad.jit(lambda x: jitgrad.tensor(x, requires_grad=True))(A)


def test_hooks():
    w = jitgrad.tensor(A, requires_grad=True)
    with pytest.raises(JitError, match="hook"):
        jitgrad.jit(lambda x: w.register_hook(lambda g: g * 2))(A)

    def f(x):
        y = x * 2
        y.register_hook(lambda g: g * 10)
        return y.sum()

    x = jitgrad.tensor(A, requires_grad=True)
    with pytest.warns(JitgradWarning, match="installs hooks"):
        jitgrad.jit(f)(x).backward()
    close(x.grad, [20, 20, 20])
    w.register_hook(lambda g: g * 5)
    (w * jitgrad.jit(lambda x: x * w)(A)).sum().backward()
    close(w.grad, 2 * A * A * 5)


def test_hooks_of_leaves_are_called_in_each_call(tier):
    x, w = jitgrad.tensor(A, requires_grad=True), jitgrad.tensor(A, requires_grad=True)
    f = jitgrad.jit(lambda x: (x * w).sum().backward())
    f(x)
    x.register_hook(lambda g: g * 2)
    with pytest.warns(JitgradWarning, match="has hooks"):
        f(x)
    f(x)
    close(x.grad, 5 * A), close(w.grad, 3 * A)
    w.register_hook(lambda g: g * 3)
    f(x)
    close(x.grad, 7 * A), close(w.grad, 6 * A)


def test_a_mode_that_is_left_on_is_left_on(tier):
    f = jitgrad.jit(lambda x: jitgrad.set_grad_enabled(False) and x)
    with pytest.warns(JitgradWarning, match="switched on or off"):
        f(A)
    assert not jitgrad.is_grad_enabled()
    jitgrad.set_grad_enabled(True)


def test_a_backward_that_leads_out_of_the_function_is_refused():
    w = jitgrad.tensor(A, requires_grad=True)
    v = (w * 2).sum()
    with pytest.raises(JitError, match="computed outside"):
        jitgrad.jit(lambda x: (v * x).sum().backward())(A)
    assert w.grad is None
    v.backward()
    close(w.grad, [2, 2, 2])


# --- changes --------------------------------------------------------------------------------------


def test_a_training_step(tier):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 3)), rng.standard_normal(20)
    w, b = jitgrad.zeros(3, requires_grad=True), jitgrad.zeros((), requires_grad=True)
    steps, runs = [w, b], None

    def step(x, y, rate):
        for p in steps:
            p.grad = None
        error = ((x @ w + b - y) ** 2).mean()
        error.backward()
        with jitgrad.no_grad():
            for p in steps:
                p -= rate * p.grad
        return error

    step, runs = counted(step)
    v, c = np.zeros(3), 0.0
    for k in range(5):
        rate = 0.1 / (k + 1)
        error = step(x, y, rate)
        r = x @ v + c - y
        close(error, (r * r).mean())
        gv, gc_ = 2 * r @ x / 20, 2 * r.mean()
        v, c = v - rate * gv, c - rate * gc_
        close(w, v), close(b, c), close(w.grad, gv), close(b.grad, gc_)
        assert w.is_leaf and w.requires_grad
    assert runs() <= 2  # the first call found no gradients


def test_gradients_accumulate():
    w = jitgrad.tensor(A, requires_grad=True)

    @jitgrad.jit
    def f(x):
        (w * x).sum().backward()

    for k in range(4):
        f(A + k)
    close(w.grad, 4 * A + 6)
    x = jitgrad.tensor(A, requires_grad=True)
    g = jitgrad.jit(lambda x: (x * x).sum().backward())
    for _ in range(3):
        g(x)
    close(x.grad, 6 * A)
    first = x.grad
    g(x)
    assert x.grad is first
    x.grad = None
    g(x)
    close(x.grad, 2 * A), close(first, 8 * A)


def test_an_argument_that_is_made_to_require_grad():
    f = jitgrad.jit(lambda x: (x.requires_grad_() * 3).sum().backward())
    for _ in range(2):
        x = jitgrad.tensor(A)
        f(x)
        assert x.requires_grad and x.is_leaf
        close(x.grad, [3, 3, 3])


def test_writes_to_arguments(tier):
    @jitgrad.jit
    def f(x, a):
        x += a
        a[0] = 7.0
        x[1:] *= 2
        return x, x.sum()

    for _ in range(3):
        x, a = jitgrad.tensor(A), A.copy()
        y, s = f(x, a)
        want = 2 * A
        want[1:] *= 2
        assert y is x
        close(x, want), close(s, want.sum()), close(a, [7, *A[1:]])


def test_writes_to_views():
    f, runs = counted(lambda x: x.copy_(x * 2))
    for _ in range(3):
        base = jitgrad.tensor(np.arange(4.0))
        view, other = base[1:3], base[2:]
        f(view)
        close(base, [0, 2, 4, 3]), close(view, [2, 4]), close(other, [4, 3])
    assert runs() == 1


def test_writes_to_tensors_outside_and_their_views():
    base = jitgrad.tensor(np.arange(4.0))
    view = base[1:]

    @jitgrad.jit
    def f(x):
        base[:2] = x
        y = base * 2
        return y.sum()

    total = 0
    for k in range(3):
        got = f(np.array([k, k + 1.0]))
        close(got, 2 * (2 * k + 1 + 5)), close(base, [k, k + 1, 2, 3]), close(view, [k + 1, 2, 3])
        total += got.item()
    assert total == 2 * (6 + 8 + 10)


def test_arguments_that_overlap_are_called_as_they_are():
    @jitgrad.jit
    def f(x, y):
        x += 1
        return y * 2

    for _ in range(2):
        x = jitgrad.tensor(A)
        close(f(x, jitgrad.tensor(A)), A * 2)
        close(f(x, x), (A + 2) * 2)
        close(f(x[1:], x[:2]), [2 * (A[0] + 2), 2 * (A[1] + 3)])
        a = A.copy()
        close(f(a, a), (A + 1) * 2), close(a, A + 1)


def test_containers_that_are_changed_are_called_as_they_are():
    f = jitgrad.jit(lambda xs, x: xs.append(x * 2))
    xs = []
    with pytest.warns(JitgradWarning, match="changes a list"):
        f(xs, jitgrad.tensor(A))
    f([], jitgrad.tensor(A)), f(xs[:0], jitgrad.tensor(A))
    close(xs[0], A * 2)


def test_writes_that_change_the_graph_are_called_as_they_are():
    w = jitgrad.tensor(A, requires_grad=True)

    @jitgrad.jit
    def f(x):
        x *= w

    x = jitgrad.tensor(A)
    with pytest.warns(JitgradWarning, match="how gradients go"):
        f(x)
    x.sum().backward()
    close(w.grad, A)


def test_what_is_written_over_has_a_gradient_of_zeros(monkeypatch):
    """As without jit and in PyTorch; what does not lead to the result has none."""
    monkeypatch.setattr(jitgrad.config, "compile", "never")

    def constant(x, y):
        out = x * 2
        out[:] = 3.0
        return out.sum()

    def other(x, y):
        out = x * 2
        out[:] = y
        return out.sum()

    cases = ((constant, (0.0, None)), (other, (0.0, 1.0)), (lambda x, y: y.sum(), (None, 1.0)))
    for f, slopes in cases:
        for function in (f, jitgrad.jit(f)):
            for _ in range(2):
                given = [jitgrad.tensor([1.0, 2.0], requires_grad=True) for _ in range(2)]
                function(*given).backward()
                for x, of_x in zip(given, slopes, strict=True):
                    if of_x is None:
                        assert x.grad is None
                    else:
                        np.testing.assert_array_equal(x.grad, [of_x, of_x])
