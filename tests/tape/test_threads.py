"""Threads: each records for itself, and tensors may be shared."""

import sys
import threading
import time

import numpy as np
import pytest
from both import same
from processes import finish, start

import jitgrad
from jitgrad.runtime import plan as plans


def in_threads(count, work):
    """Runs ``work(k)`` in threads that start together; exceptions reach the caller."""
    errors, barrier = [], threading.Barrier(count)

    def body(k):
        try:
            barrier.wait()
            work(k)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=body, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "hangs"
    if errors:
        raise errors[0]


@pytest.fixture(params=["never", "auto", "always"])
def tier(request, monkeypatch):
    monkeypatch.setattr(plans, "HOT", 0.0)  # "auto" compiles what runs twice
    before, jitgrad.config.compile = jitgrad.config.compile, request.param
    yield request.param
    jitgrad.config.compile = before


@pytest.fixture
def busy():
    """Threads are switched often, so that races show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


# --- threads --------------------------------------------------------------------------------------


def test_every_thread_records_for_itself(tier, busy):
    def work(k):
        for turn in range(25):
            x = jitgrad.tensor([1.0 + k, 2.0, 3.0], requires_grad=True)
            y = jitgrad.sin(x) * (k + turn)
            y[1:] += x[:-1] * k
            if turn % 3 == 0:
                y.tolist()
            y.sum().backward()
            want = np.cos([1.0 + k, 2.0, 3.0]) * (k + turn) + np.array([k, k, 0.0])
            same(x.grad, want)

    in_threads(6, work)


def test_segments_of_many_threads_do_not_mix(busy):
    """Each thread holds a pending program of its own while the others record and run theirs."""
    count, barrier = 4, threading.Barrier(4)

    def work(k):
        x = jitgrad.tensor(float(k + 1), requires_grad=True)
        y = x
        for step in range(60):
            y = y * 1.01 + k
            if step % 20 == 0:
                barrier.wait()
        y.backward()
        same(x.grad, 1.01**60)

    in_threads(count, work)


def test_tensors_of_one_thread_are_looked_at_in_another(tier):
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    y = x * x  # pending here
    z = y + 1
    seen = []
    in_threads(1, lambda _: seen.append((z.detach().tolist(), y.tolist())))
    assert seen == [([2.0, 5.0], [1.0, 4.0])]
    (y * z).sum().backward()  # the segment went on
    same(x.grad, [2 * 2.0 + 2 * 1.0, 4 * 5.0 + 4 * 4.0])


def test_results_of_a_thread_are_used_after_it_ended(tier):
    made = []
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    in_threads(1, lambda _: made.append(jitgrad.exp(x) * 2))  # pending when the thread ends
    (y,) = made
    (y * x).sum().backward()
    same(x.grad, 2 * np.exp([1.0, 2.0]) * (1 + np.array([1.0, 2.0])))


def test_backward_in_another_thread(tier):
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    loss = (x**3).sum()
    in_threads(1, lambda _: loss.backward())
    same(x.grad, [3.0, 12.0])
    (x * 2).sum().backward()
    same(x.grad, [5.0, 14.0])


def test_pending_segment_looked_at_twice_while_it_grows(tier):
    x, w = (
        jitgrad.tensor([1.0, 2.0], requires_grad=True),
        jitgrad.tensor([3.0, 4.0], requires_grad=True),
    )
    y = x * x
    in_threads(1, lambda _: y.tolist())
    z = y * w  # goes on in the same segment, with another leaf
    in_threads(1, lambda _: z.sum().backward())
    same((x.grad, w.grad), ([6.0, 16.0], [1.0, 4.0]))


def test_one_pending_tensor_looked_at_by_many(busy):
    for turn in range(20):
        x = jitgrad.tensor([1.0, 2.0, float(turn)], requires_grad=True)
        y = jitgrad.sin(x)
        z = (y * y).sum()
        want = (np.sin([1.0, 2.0, turn]) ** 2).sum()

        def work(k, y=y, z=z, want=want, turn=turn):
            same(z, want)
            same(y, np.sin([1.0, 2.0, turn]))

        in_threads(5, work)
        z.backward()
        same(x.grad, 2 * np.sin([1.0, 2.0, turn]) * np.cos([1.0, 2.0, turn]))


def test_one_leaf_in_many_threads(tier, busy):
    """Each thread asks for gradients of its own program on a leaf they share."""
    w = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)

    def work(k):
        for _ in range(25):
            (g,) = jitgrad.autograd.grad((w * w * k).sum(), w)
            same(g, 2 * k * np.array([1.0, 2.0, 3.0]))

    in_threads(5, work)
    assert w.grad is None


def test_owner_goes_on_while_another_looks(busy):
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    shared, stop = [x * 1.0], threading.Event()

    def watch(k):
        if k:
            while not stop.is_set():
                same(shared[0].sum() * 0, 0.0)
            return
        try:
            y = shared[0]
            for turn in range(400):
                y = y * 1.001 + 0.5
                shared[0] = y
                if turn % 50 == 0:
                    y.tolist()
            y.sum().backward()
        finally:
            stop.set()

    in_threads(3, watch)
    same(x.grad, [1.001**400] * 2, rtol=1e-9)


def test_modes_and_settings_of_threads():
    modes = {}

    def work(k):
        with jitgrad.set_grad_enabled(k % 2 == 0):
            time.sleep(0.01)
            modes[k] = (jitgrad.tensor(1.0, requires_grad=True) * 2).requires_grad

    in_threads(6, work)
    assert modes == {k: k % 2 == 0 for k in range(6)}
    assert jitgrad.is_grad_enabled()


def test_large_kernels_in_many_threads(tier):
    n = 300_000
    data = np.linspace(-1, 1, n)

    def work(k):
        for _ in range(3):
            x = jitgrad.tensor(data, requires_grad=True)
            (jitgrad.sin(x * k) * x).sum().backward()
            same(x.grad, np.sin(data * k) + data * k * np.cos(data * k), rtol=1e-9, atol=1e-9)

    in_threads(4, work)


def test_programs_of_many_lengths_on_tensors_that_all_share(tier, busy):
    """The place of a shared tensor in one thread's segment must never be taken for its place in
    another's."""
    a, b = jitgrad.tensor([0.0, 1.0, 2.0, 3.0]), jitgrad.tensor([1.0, 1.5, 2.0, 2.5])
    w = jitgrad.tensor([0.3, 0.3, 0.3, 0.3], requires_grad=True)
    a_values, b_values = np.arange(4.0), np.arange(4.0) / 2 + 1

    def work(k):
        for turn in range(30):
            y, want, slope = w * 1.0, 0.3, 1.0
            for i in range(k % 3 + 2):
                y = y * b + a * float(i)
                want, slope = want * b_values + a_values * i, slope * b_values
            loss = (y * y).sum()
            if turn % 2:
                same(loss, (want * want).sum())
            (g,) = jitgrad.autograd.grad(loss, w)
            same(g, 2 * want * slope)

    in_threads(5, work)


def test_gradients_of_many_threads_add_up_in_one_leaf(tier, busy):
    x, c = jitgrad.tensor([1.0, 2.0], requires_grad=True), jitgrad.tensor([3.0, 5.0])

    def work(k):
        for _ in range(30):
            (x * c * float(k)).sum().backward()

    in_threads(5, work)
    same(x.grad, 30 * sum(range(5)) * np.array([3.0, 5.0]))


def test_stale_views_that_many_threads_look_at(tier, busy):
    for turn in range(20):
        base = jitgrad.tensor([1.0, 2.0, 3.0, 4.0])
        tails = [base[1:], base[::2], base[1:][1:]]
        base *= turn + 1.0  # the views are to be recorded anew
        values = np.array([1.0, 2.0, 3.0, 4.0]) * (turn + 1)

        def work(k, tails=tails, values=values):
            for tail, want in zip(tails, (values[1:], values[::2], values[2:]), strict=True):
                same(tail * 2, 2 * want)

        in_threads(4, work)


def test_writes_of_threads_that_take_turns(tier):
    """A lock orders the writes: each thread must see those of the others, whatever it has
    pending."""
    x, total, lock = jitgrad.tensor([1.0, 2.0]), [], threading.Lock()

    def work(k):
        pending = x * 0.0 + k
        for _ in range(10):
            with lock:
                x.add_(1.0)
                x[:1] += 1.0
        with lock:
            total.append(float(pending.sum()))

    in_threads(4, work)
    same(x, [81.0, 42.0])
    assert sorted(total) == [0.0, 2.0, 4.0, 6.0]


def test_first_gradients_of_a_leaf_and_sweeps_of_a_segment_that_goes_on(tier, busy):
    """Threads go backward through what is pending in another one, which records on and ends its
    segment meanwhile."""
    values = np.arange(4.0) + 1
    squares = values * values
    total = squares.sum()
    want = (total + 1) * 4 * values**3 + 2 * values * (squares * squares).sum()
    want[1:3] += 1
    for _ in range(60):
        x = jitgrad.tensor(values, requires_grad=True)
        y = x * x
        z = (y.sum() + 1) * y

        def work(k, x=x, y=y, z=z):
            if k == 0:
                q = y
                for _ in range(60):
                    q = q * 1.0 + 0.0 * x
                same(q.sum(), total)
            else:
                for _ in range(3):
                    loss = (y * z).sum() + x[1:3].sum()
                    loss.backward(retain_graph=True)

        in_threads(4, work)
        same(x.grad, 9 * want, rtol=1e-9)


def test_a_thread_may_begin_with_anything():
    """Each is the first that a thread does of recording, and done in the end."""
    made = jitgrad.tensor(3.0) * 2.0
    firsts = [
        lambda: jitgrad.tensor(3.0, requires_grad=True),
        lambda: jitgrad.tensor(3.0).requires_grad_(),
        lambda: jitgrad.tensor(3.0).retain_grad,
        lambda: jitgrad.grad(lambda x: x * x)(3.0),
        lambda: made.item(),
        lambda: made.detach_(),
        lambda: made.fill_(1.0),
        lambda: setattr(made, "grad", jitgrad.tensor(1.0)),
    ]
    done = []
    for first in firsts:
        thread = threading.Thread(target=lambda first=first: done.append(first()), daemon=True)
        thread.start()
        thread.join(60)
    assert len(done) == len(firsts)


def test_views_of_the_first_thread_follow_writes_of_the_second(tmp_path):
    """The first thread, while it is alone, leaves it to the second to tell parents of views."""
    source = """
    import threading
    import jitgrad

    x = jitgrad.zeros(4)
    kept = x[3:]
    kept.tolist()
    row, part = x[1:], x.reshape(2, 2)[1]

    def write():
        x[2] = 5.0
        assert x.tolist() == [0, 0, 5, 0]

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    later = x[2:]  # no thread is alone any more

    def again():
        x[3] = 6.0

    thread = threading.Thread(target=again)
    thread.start()
    thread.join()
    print(row.tolist(), part.tolist(), kept.tolist(), later.tolist())
    """
    out = finish(start(source, tmp_path, "never", before=""))
    assert out == "[0.0, 5.0, 6.0] [5.0, 6.0] [6.0] [5.0, 6.0]\n"


STACKS = """
import gc, sys, threading, weakref
from jitgrad.tape.gate import LOCK, gate

def finaliser(_):
    for _ in range(20):
        len("")

class Cycle:
    pass

refs = []

def deep(n):
    cycle = Cycle()
    ref = weakref.ref(cycle, finaliser)
    cycle.refs = [cycle, ref]
    refs.append(ref)
    del refs[:-50]
    return deep(n - 1) if n else 0

def work():
    for depth in (0, 5, 10):
        deep(depth)
    with LOCK:
        assert not gate.busy()
    deep(9)

sys.setswitchinterval(1e-5)
gc.set_threshold(20, 2, 2)
for _ in range(400):
    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
assert gc.isenabled()
print("done")
"""


def test_stacks_are_asked_while_finalisers_switch_threads(tmp_path):
    """CPython 3.11 crashes or hangs if garbage is collected meanwhile."""
    assert "done" in finish(start(STACKS, tmp_path, before=""))
