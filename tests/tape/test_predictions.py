"""What a record takes from the program as it went last time, and the handles that serve again: both
fail safe wherever something is different this time."""

import gc
import random
import threading
import weakref

import numpy as np
import pytest

import jitgrad
from jitgrad.tape.segment import drop, local


@pytest.fixture(autouse=True)
def by_numpy():
    before, jitgrad.config.compile = jitgrad.config.compile, "never"
    (t(1.0) * 1.0).tolist()  # what other tests have left pending
    drop()
    local.seg.handles.clear()  # those that serve again of other tests' programs
    yield
    jitgrad.config.compile = before


def t(*values, grad=False):
    return jitgrad.tensor(np.array(values, float), requires_grad=grad)


def spares():
    """The handles that nobody has, of the segment that begins now."""
    seg = local.seg
    return [h for h in seg.handles[seg.state.operations :] if h is not None]


def lib(x):
    """The namespace of the functions of `x`."""
    return np if isinstance(x, np.ndarray) else jitgrad


def loop(x, turns=20):
    for _ in range(turns):
        x = x * 0.5 + 1.0
    return x


def test_handles_of_dropped_results_serve_again():
    x = t(1.0, 2.0)
    loop(x).tolist()
    before = {id(h) for h in spares()}
    assert len(before) == 39  # all but that of the result
    y = loop(x, 10)
    assert {id(h) for h in local.seg.handles[:19]} <= before
    assert id(y) in before
    np.testing.assert_allclose(y.tolist(), loop(np.array([1.0, 2.0]), 10))


def test_what_is_held_never_serves_again():
    rng, x, a = random.Random(1), t(0.5, 2.0), np.array([0.5, 2.0])
    held, want = [], []
    for _ in range(60):
        y, b = x, a
        for _ in range(rng.randrange(5, 30)):
            y, b = y * 0.75 + 1.0, b * 0.75 + 1.0
            if rng.random() < 0.1:
                held.append(y)
                want.append(b)
        y.tolist()
        for _ in range(rng.randrange(3)):
            if held:
                k = rng.randrange(len(held))
                held.pop(k)
                want.pop(k)
        assert len(set(map(id, held))) == len(held)
        for h, w in zip(held, want, strict=True):
            np.testing.assert_allclose(h.tolist(), w)


def test_a_weak_reference_finds_no_later_tensor():
    x = t(1.0, 2.0)
    loop(x).tolist()
    y = loop(x, 9)
    weak = weakref.ref(y)
    y = y * 2.0
    y.tolist()
    assert weak() is None
    z = loop(x)
    assert weak() is None and z.tolist() == loop(x).tolist()
    known = weakref.WeakKeyDictionary()
    y = loop(x, 9)
    known[y] = 1
    y = y + 1.0
    y.tolist()
    z = loop(x)
    assert not list(known) and z not in known


def test_neither_gradients_nor_hooks_pass_to_later_tensors():
    x = t(1.0, 2.0, grad=True)
    calls = []
    for _ in range(3):
        y = loop(x)
        y.retain_grad()
        y.register_hook(calls.append)
        z = loop(y)
        del y
        z.sum().backward()
        w = loop(x)
        assert w.grad_fn is not None and not w.retains_grad
        w.sum().backward()
    assert len(calls) == 3


def test_leaves_made_of_pending_values_stay_leaves():
    x = t(1.0, 2.0)
    for _ in range(3):
        y = loop(x).requires_grad_()
        z = loop(y)
        z.sum().backward()
        assert y.is_leaf
        np.testing.assert_allclose(y.grad.tolist(), [0.5**20] * 2)
        del y, z
        w = loop(x)
        assert not w.requires_grad and w.tolist() == loop(x).tolist()


def test_writes_and_views_of_dropped_results():
    x, a = t(1.0, 2.0, 3.0), np.array([1.0, 2.0, 3.0])
    for _ in range(3):
        y, b = loop(x), loop(a)
        tail = y[1:]
        y[0] = 7.0
        b[0] = 7.0
        tail *= 2.0
        b[1:] *= 2.0
        del tail
        z, c = loop(y), loop(b)
        del y
        np.testing.assert_allclose(z.tolist(), c)
        np.testing.assert_allclose(loop(x).tolist(), loop(a))


def test_gradients_of_what_serves_again():
    x = t(1.0, 2.0, grad=True)
    for _ in range(4):
        x.grad = None
        y = loop(x)
        kept = y * 3.0
        (loop(y).sum() + kept.sum()).backward(retain_graph=True)
        want = 0.5**40 + 3 * 0.5**20
        np.testing.assert_allclose(x.grad.tolist(), [want, want])
        (g,) = jitgrad.autograd.grad(kept.sum(), x)
        np.testing.assert_allclose(g.tolist(), [3 * 0.5**20] * 2)


def test_what_was_an_element_may_be_written_to_as_another_result():
    x, a = t(1.0, 2.0), np.array([1.0, 2.0])
    for _ in range(2):
        total = 0.0
        for k in range(-2, 2):
            total = total + x[k] * x[1]
        assert total.tolist() == sum(a[k] * a[1] for k in range(-2, 2))
        y, b = loop(x), loop(a)
        y[0] = 5.0
        b[0] = 5.0
        y += 1.0
        b += 1.0
        np.testing.assert_allclose(y.tolist(), b)
        z = x[1]
        with pytest.raises(jitgrad.base.errors.JitgradError):
            z.add_(1.0)
        with pytest.raises(IndexError):
            x[2]
        with pytest.raises(IndexError):
            x[-3]
        assert x[True].shape == (1, 2) and x[np.int64(-1)].tolist() == 2.0


COLUMN = (2, 1)
#: What comes at one place of a program, each time another of these.
STEPS = {
    "float": lambda x, y: x * 2.0,
    "other float": lambda x, y: x * 3.5,
    "integer": lambda x, y: x * 3,
    "large integer": lambda x, y: x * (2**53 + 1),
    "boolean": lambda x, y: x * True,
    "numpy number": lambda x, y: x * np.float64(1.5),
    "row": lambda x, y: x * np.array([1.0, 3.0]),
    "tensor": lambda x, y: x * y,
    "itself": lambda x, y: x * x,
    "other way round": lambda x, y: y * x,
    "reflected": lambda x, y: 2.0 * x,
    "reflected integer": lambda x, y: 3 * x,
    "reflected sub": lambda x, y: 2.0 - x,
    "sub": lambda x, y: x - 2.0,
    "square": lambda x, y: x**2,
    "square by a float": lambda x, y: x**2.0,
    "power": lambda x, y: x**2.5,
    "root": lambda x, y: x**0.5,
    "negative power": lambda x, y: x**-1.5,
    "power by an integer": lambda x, y: x**3,
    "power by a boolean": lambda x, y: x**True,
    "sine": lambda x, y: np.sin(x),
    "sum": lambda x, y: x.sum(),
    "sum of an axis": lambda x, y: x.sum(0),
    "sum with axes": lambda x, y: x.sum(axis=0, keepdims=True),
    "first": lambda x, y: x[0],
    "last": lambda x, y: x[-1],
    "part": lambda x, y: x[1:],
    "other part": lambda x, y: x[:1],
    "turned": lambda x, y: x[:, None].T,
    "shape": lambda x, y: x.reshape(2, 1),
    "shape by a function": lambda x, y: lib(x).reshape(x, COLUMN),
    "other shape by a function": lambda x, y: lib(x).reshape(x, (1, 2)),
    "shape as a list": lambda x, y: lib(x).reshape(x, [2, 1]),
    "sum of an axis by a function": lambda x, y: lib(x).sum(x, 0),
    "sum of the last axis": lambda x, y: lib(x).sum(x, -1),
    "cumulative sum": lambda x, y: lib(x).cumsum(x, 0),
    "compared": lambda x, y: x > 1.0,
}


@pytest.mark.parametrize("grad", [False, True])
def test_another_operation_at_the_same_place(grad):
    rng, a, b = random.Random(2), np.array([0.5, 2.0]), np.array([1.25, 4.0])
    x, y = t(*a, grad=grad), t(*b)
    names = list(STEPS) * 3
    rng.shuffle(names)
    names = [name for name in names for _ in range(rng.choice([1, 1, 2]))]
    for name in names:
        out = STEPS[name](x * 1.0, y)
        want = STEPS[name](a * 1.0, b)
        assert out.shape == np.shape(want) and out.dtype == np.asarray(want).dtype, name
        assert out.requires_grad is (grad and name != "compared"), name
        np.testing.assert_allclose(out.tolist(), want, err_msg=name)


def test_another_state_of_the_operands():
    """The same lines with another shape, dtype, mode or need of gradients."""
    cases = [
        (np.array([1.0, 2.0]), False),
        (np.array([1.0, 2.0]), True),
        (np.array([1.0, 2.0, 3.0]), True),
        (np.array([1.0, 2.0], np.float32), True),
        (np.array([1, 2]), False),
        (np.array(2.0), True),
    ]
    rng = random.Random(3)
    for a, grad in rng.choices(cases, k=40):
        x, quiet = jitgrad.tensor(a, requires_grad=grad), rng.random() < 0.3
        with jitgrad.no_grad() if quiet else jitgrad.enable_grad():
            y = (x * 2.0 - 1.0) * x
        assert y.requires_grad is (grad and not quiet)
        assert y.dtype == ((a * 2.0 - 1.0) * a).dtype
        np.testing.assert_allclose(y.tolist(), (a * 2.0 - 1.0) * a)
        if y.requires_grad:
            y.sum().backward()
            np.testing.assert_allclose(x.grad.tolist(), 4.0 * a - 1.0)


def test_a_new_generation_of_the_trie():
    x = t(1.0, 2.0)
    want = loop(x).tolist()
    for _ in range(3):
        drop()
        assert loop(x).tolist() == want


def test_other_code_that_records_while_a_handle_is_made():
    """A collection of garbage, whose finaliser records, within each of many records."""
    x, seen = t(1.0, 2.0), []

    class Cycle:
        def __del__(self):
            seen.append((x * 3.0 + 1.0).tolist())

    def garbage():
        cycle = Cycle()
        cycle.me = cycle

    limits = gc.get_threshold()
    try:
        gc.set_threshold(1, 1, 1)
        for turns in (3, 20, 40):
            garbage()
            y = loop(x, turns)
            np.testing.assert_allclose(y.tolist(), loop(np.array([1.0, 2.0]), turns))
    finally:
        gc.set_threshold(*limits)
    gc.collect()
    assert seen == [[4.0, 7.0]] * 3


def test_handles_of_a_segment_that_another_thread_reads():
    """It may hold what the thread that records has dropped."""
    x, box = t(1.0, 2.0), []
    loop(x).tolist()
    y = loop(x)
    box.append(y)
    del y

    def read():
        box.append(box[0].tolist())

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    z = loop(x, 30)
    box[0] = None
    np.testing.assert_allclose(box[1], loop(np.array([1.0, 2.0])))
    np.testing.assert_allclose(z.tolist(), loop(np.array([1.0, 2.0]), 30))
    np.testing.assert_allclose(loop(x).tolist(), loop(np.array([1.0, 2.0])))
