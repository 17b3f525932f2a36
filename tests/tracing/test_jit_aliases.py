"""`jit` is as eager code where arguments, what is reached from outside and results are one another,
or views of it."""

import contextlib
import gc
import os
import weakref

import jitted
import numpy as np
import pytest
import steps
from jitted import A, close

import jitgrad
from jitgrad import JitError

# --- views that outlive the recording -------------------------------------------------------------


def test_a_view_that_is_given_back_leaves_its_base_writable(tier):
    w = jitgrad.tensor(A, requires_grad=True)
    f, runs = jitted.counted(lambda x: {"w": w.detach(), "s": (w * x).sum()})
    for k in range(3):
        out = f(jitgrad.tensor([1.0]))
        close(out["w"], A + k), close(out["s"], (A + k).sum())
        with jitgrad.no_grad():
            w.add_(1.0)
    assert runs() == 1


def test_a_view_of_what_the_function_wrote_to(tier):
    base = jitgrad.tensor([1.0, 2.0])

    @jitgrad.jit
    def f():
        base.mul_(2.0)
        return base[:1]

    for k in range(1, 4):
        close(f(), [2.0**k]), close(base, [2.0**k, 2.0 ** (k + 1)])


def test_a_view_that_was_let_out_is_no_view_any_more():
    kept = []
    x = jitgrad.tensor(A)
    jitgrad.jit(lambda x: kept.append(x[:2]) or x.sum())(x)
    for use in (lambda: kept[0].add_(1.0), lambda: kept[0] + 1, lambda: np.asarray(kept[0])):
        with pytest.raises(JitError, match="let out"):
            use()
    x += 1
    close(x, A + 1)


# --- arguments that are one, or reached from outside ----------------------------------------------


def test_an_argument_that_is_what_the_function_only_writes(tier):
    base, new = jitgrad.tensor([1.0, 1.0]), jitgrad.tensor([5.0, 5.0])

    @jitgrad.jit
    def f(y):
        base.copy_(new)
        return y.sum()

    for _ in range(2):
        close(f(jitgrad.tensor([1.0, 2.0])), 3.0)
        base.zero_()
        close(f(base), 10.0), close(base, [5.0, 5.0])
        view = base[1:]
        base.zero_()
        close(f(jitgrad.tensor([3.0, 4.0])), 7.0), close(view, [5.0])


@pytest.mark.parametrize("which", [0, 1, 2])
def test_writes_to_an_argument_that_is_read_by_a_name(tier, which):
    """A step of two writes, the second of which is to a tensor that the first one reads, for each
    of them."""
    made = []
    for wrap in (lambda f: f, jitgrad.jit):
        b0, b1 = jitgrad.tensor(A), jitgrad.tensor(A + 1)
        p0 = jitgrad.tensor(A * 2, requires_grad=True)

        @wrap
        def step(y, k, b0=b0, b1=b1, p0=p0):
            with jitgrad.no_grad():
                b0.copy_(b1 + p0)
                y.add_(k)
            return [p0[1:3], b0]

        out = []
        for k in range(4):
            y = (b1, p0, jitgrad.tensor(A))[(which + k % 2) % 3]
            view, same = step(y, 1.0 + k)
            assert same is b0 and view.requires_grad and not view.is_leaf
            out += [x.detach().numpy() for x in (view, b0, b1, p0, y)]
        out.append(jitgrad.autograd.grad((view * view).sum(), p0)[0].numpy())
        made.append(out)
    for want, got in zip(*made, strict=True):
        np.testing.assert_array_equal(got, want)


def test_one_tensor_twice(tier):
    f, runs = jitted.counted(lambda x, y: (x.add_(1.0), y * 2)[1])
    for _ in range(3):
        x = jitgrad.tensor(A)
        close(f(x, jitgrad.tensor(A)), A * 2), close(f(x, x), (A + 2) * 2), close(x, A + 2)
    assert runs() == 2


def test_tensors_that_containers_share(tier):
    def f(p):
        for w in p["layers"]:
            w.mul_(2.0)
        return p["tied"].sum(), p["layers"][0] is p["tied"]

    g, _runs = jitted.counted(f)
    for _ in range(2):
        w, v = jitgrad.tensor(A), jitgrad.tensor(A + 1)
        total, same = g({"layers": [w, v], "tied": w})
        assert same
        close(total, 2 * A.sum()), close(w, 2 * A), close(v, 2 * A + 2)
    total, same = g({"layers": [w, v], "tied": jitgrad.tensor(A)})
    assert not same
    close(total, A.sum())


def test_gradients_with_respect_to_a_tensor_that_is_also_an_argument(tier):
    w = jitgrad.tensor(A, requires_grad=True)

    @jitgrad.jit
    def f(x):
        return jitgrad.autograd.grad((x * w).sum(), w)[0]

    for _ in range(2):
        close(f(jitgrad.tensor(A + 1, requires_grad=True)), A + 1)
        close(f(w), 2 * A)
        with (
            pytest.warns(jitgrad.JitgradWarning, match="reads computed ones")
            if _ == 0
            else contextlib.nullcontext()
        ):
            close(f(w * 3), 6 * A)


def test_gradients_that_are_arguments(tier):
    w = jitgrad.tensor(A, requires_grad=True)

    @jitgrad.jit
    def f(g, x):
        (w * x).sum().backward()
        return g * 1.0

    w.grad = jitgrad.tensor(A)
    for k in range(1, 4):
        close(f(w.grad, jitgrad.tensor(A)), A * (k + 1)), close(w.grad, A * (k + 1))
    close(f(jitgrad.tensor(A), jitgrad.tensor(A)), A), close(w.grad, A * 5)


def test_arrays_that_share_memory(tier):
    table = np.zeros(3)

    @jitgrad.jit
    def f(x, y):
        x += 1.0
        return (y * 1.0).sum() + (jitgrad.ones(3) * table).sum()

    for _ in range(2):
        table[:] = 0.0
        close(f(np.zeros(3), np.ones(3)), 3.0)
        a = np.zeros(4)
        close(f(a[:3], a[1:]), 2.0), close(a, [1, 1, 1, 0])
        close(f(table, np.ones(3)), 6.0), close(table, [1, 1, 1])
        close(f(table, table), 12.0), close(table, [2, 2, 2])


def test_views_of_one_another_from_outside(tier):
    flat = jitgrad.tensor(np.arange(6.0), requires_grad=True)
    with jitgrad.no_grad():
        matrix = flat[:4].reshape(2, 2)

    def step(x):
        with jitgrad.no_grad():
            flat.mul_(2.0)
        return (matrix * x).sum()

    f, runs = jitted.counted(step)
    for k in range(1, 4):
        (
            close(f(1.0), 6.0 * 2**k),
            close(flat, np.arange(6.0) * 2**k),
            close(matrix.sum(), 6.0 * 2**k),
        )
    assert runs() == 1


VIEWS = {
    "whole": lambda b: b[:],
    "part": lambda b: b[1:],
    "reshaped": lambda b: b.reshape(2, 2),
    "reversed": lambda b: b[::-1],
    "of a view": lambda b: b[:3][1:],
    "detached": lambda b: b.detach(),
}


@pytest.mark.parametrize("guard", [contextlib.nullcontext, jitgrad.no_grad])
@pytest.mark.parametrize(
    "write", [lambda v: v.add_(1.0), lambda v: v.copy_(v * 3.0), lambda v: v[:1].fill_(9.0)]
)
@pytest.mark.parametrize("make", VIEWS.values(), ids=VIEWS)
def test_writes_to_a_view_outside_whose_base_was_an_argument(make, write, guard):
    """They go to the view, which has a name of its own, whatever a later call passes."""

    class Held:
        pass

    made = []
    for wrap in (lambda f: f, jitgrad.jit):
        base, other = jitgrad.tensor(np.arange(4.0)), jitgrad.tensor(np.full(4, 7.0))
        held = Held()
        held.view = make(base)

        @wrap
        def step(x, held=held):
            with guard():
                write(held.view)
            return x * 2

        out = []
        for x in (base, other, base, other, held.view, other):
            out += [t.numpy().copy() for t in (step(x), base, other, held.view)]
        made.append(out)
    for want, got in zip(*made, strict=True):
        np.testing.assert_array_equal(got, want)


def test_writes_to_a_view_of_a_view_that_only_others_know(tier):
    """A write to what is between them reaches it, but no write to itself goes the other way in a
    recording."""
    made = []
    for wrap in (lambda f: f, jitgrad.jit):
        base = jitgrad.tensor(np.arange(4.0))
        below, back = base[:][:], base[::-1]

        @wrap
        def step(x, below=below, back=back, base=base):
            below.add_(1.0)
            back.add_(1.0)
            base.add_(1.0)
            return x * base

        made.append(
            [
                t.numpy().copy()
                for x in (below, base, jitgrad.ones(4))
                for t in (step(x), base, below, back)
            ]
        )
    for want, got in zip(*made, strict=True):
        np.testing.assert_array_equal(got, want)


def test_writes_that_are_refused_without_jit_are_refused(tier):
    """To views of leaves, which a recording for other tensors does not know."""
    check_refusals(jitgrad.jit(lambda y: y.mul_(2.0).sum()))
    check_refusals(jitgrad.jit(lambda y: (y[:].mul_(2.0), y.sum())[1]))


def check_refusals(f):
    w = jitgrad.tensor(A, requires_grad=True)
    for _ in range(2):
        close(f(jitgrad.tensor(A)), 2 * A.sum()), f(w.detach()[1:])
        with jitgrad.no_grad():
            view = w[1:]
        with pytest.raises(jitgrad.AliasError):
            f(view)


def test_views_that_are_detached_in_place_are_called_as_they_are():
    w = jitgrad.tensor(A, requires_grad=True)

    @jitgrad.jit
    def f(y):
        y[::2].add_(w[:2])
        y.detach_()
        return y

    base = jitgrad.tensor(np.zeros(4))
    with pytest.warns(jitgrad.JitgradWarning, match="detaches"):
        view = f(base[1:])
    assert base.requires_grad and not view.requires_grad
    close(base, [0, A[0], 0, A[1]])


# --- leaves ---------------------------------------------------------------------------------------


def test_a_recording_for_leaves_is_for_no_results(tier):
    @jitgrad.jit
    def f(x):
        loss = (x * x).sum()
        loss.backward()
        return loss

    x = jitgrad.tensor(A, requires_grad=True)
    f(x)
    p = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with pytest.warns(jitgrad.JitgradWarning, match="what computed an argument"):
        f(p * 3.0)
    close(p.grad, [18.0, 36.0, 54.0])
    f(p * 3.0), f(x)
    close(p.grad, [36.0, 72.0, 108.0]), close(x.grad, 4 * A)


def test_whether_a_tensor_is_a_leaf_is_asked_in_each_call(tier):
    f = jitgrad.jit(lambda x: x * 2 if x.is_leaf else x * 3)
    x = jitgrad.tensor(A, requires_grad=True)
    for _ in range(2):
        close(f(x), A * 2), close(f(x * 1), A * 3), close(f(x.detach()), A * 2)


@pytest.mark.parametrize("seen", [False, True])
def test_a_write_under_no_grad_keeps_the_history_of_a_result(tier, seen):
    base = jitgrad.tensor([7.0, 8.0])

    @jitgrad.jit
    def f(x):
        with jitgrad.no_grad():
            x.copy_(base)
        return base.sum()

    f(jitgrad.tensor([1.0, 1.0], requires_grad=True))
    p = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    y = p * 3.0
    if seen:
        y.tolist()
    with pytest.warns(jitgrad.JitgradWarning, match="how gradients go"):
        f(y)
    (y * y + p).sum().backward()
    close(p.grad, [43.0, 49.0])


# --- results --------------------------------------------------------------------------------------


def test_results_that_are_views_alias(tier):
    w, base = jitgrad.tensor(A, requires_grad=True), jitgrad.tensor(A)

    @jitgrad.jit
    def f(x):
        y = x * 2
        return x[1:], base[::-1], w.detach(), w[:2], y, y[:2], y[1:]

    for _ in range(2):
        x = jitgrad.tensor(A)
        xs, bs, ws, wv, y, first, last = f(x)
        x += 1
        base[0] = 9.0
        with jitgrad.no_grad():
            w[1] = 5.0
        first.mul_(10.0)
        close(xs, A[1:] + 1), close(bs[2], 9.0), close(ws[1], 5.0), close(wv[1], 5.0)
        close(y, A * 2 * [10, 10, 1]), close(last, A[1:] * 2 * [10, 1])
        xs.zero_()
        close(x[1:], [0, 0])
        assert wv.requires_grad and not wv.is_leaf and not ws.requires_grad
        w.grad = None
        (wv * wv).sum().backward()
        close(w.grad, [2 * A[0], 10.0, 0.0])


def test_results_require_grad_as_without_jit(tier):
    """Results of the function's own leaves do, and gradients of what is linear do not."""
    w = jitgrad.tensor(A, requires_grad=True)

    def f(x):
        own = x.detach().requires_grad_()
        (g,) = jitgrad.autograd.grad((x * w * w).sum(), w, create_graph=True)
        (h,) = jitgrad.autograd.grad((w * 2).sum(), w, create_graph=True)
        copy = jitgrad.tensor(np.zeros(3))
        copy.copy_(w * x)
        value, slope = jitgrad.value_and_grad(lambda z: (z * z * w.detach()).sum())(x.detach())
        outer, inner = jitgrad.value_and_grad(lambda z: (z * z * w).sum())(x.detach())
        return own * 2, g, h, copy, value, slope, outer, inner, (w.detach() * x)

    jitted_f = jitgrad.jit(f)
    for _ in range(2):
        for x in (jitgrad.tensor(A + 1), jitgrad.tensor(A + 1, requires_grad=True)):
            for want, got in zip(f(x), jitted_f(x), strict=True):
                close(got, want.detach().numpy())
                assert (got.requires_grad, got.is_leaf) == (want.requires_grad, want.is_leaf)
                slopes = []
                for y in (want, got):
                    w.grad = x.grad = None
                    if y.requires_grad:
                        (y * y).sum().backward(retain_graph=True)
                    slopes += [w.grad, x.grad]
                for a, b in zip(slopes[:2], slopes[2:], strict=True):
                    assert (a is None) == (b is None)
                    if a is not None:
                        close(b, a.numpy())


def test_writes_before_an_exception_stay(tier):
    w, seen = jitgrad.tensor(A, requires_grad=True), []

    @jitgrad.jit
    def f(x):
        x.mul_(2.0)
        (w * x).sum().backward()
        seen.append(1)
        raise KeyError("mine")

    for k in range(1, 3):
        x = jitgrad.tensor(A)
        with pytest.raises(KeyError, match="mine") as caught:
            f(x)
        assert caught.value.__cause__ is None and len(seen) == k
        close(x, A * 2), close(w.grad, A * 2 * k)
    x = jitgrad.tensor(A)
    with pytest.raises(JitError, match="concrete value"):
        jitgrad.jit(lambda x: bool(x.mul_(2.0).sum() > 0))(x)
    close(x, A)  # an error of jit's own takes all back


def test_the_first_call_keeps_nothing_alive():
    f = jitgrad.jit(lambda x: (x * x).sum())
    gc.collect()
    gc.disable()
    try:
        x = jitgrad.tensor(A)
        weak = weakref.ref(x)
        f(x)
        del x
        assert weak() is None
    finally:
        gc.enable()


# --- random steps ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_random_steps(seed):
    """`JITGRAD_EXAMPLES=20000` tries as many (150 are the default): 100 take a second or two."""
    before, jitgrad.config.compile = jitgrad.config.compile, "never"
    try:
        count = int(os.environ.get("JITGRAD_EXAMPLES", 150)) // 10
        for k in range(count):
            program = steps.draw((seed, k))
            with np.errstate(all="ignore"):
                found = steps.difference(program)
            assert found in (None, "refused"), (seed, k, *program, found)
    finally:
        jitgrad.config.compile = before
