"""Nothing grows in loops, and nothing outlives what needs it: no states, no values, no reference
cycles."""

import gc
import math
import tracemalloc
import weakref

import numpy as np
import pytest
from both import array, same

import jitgrad
from jitgrad.runtime.plan import observed_plans
from jitgrad.tape import segment


def states():
    """States of the automaton."""
    count, stack = 0, [segment.ROOT]
    while stack:
        count += 1
        stack.extend(stack.pop().next.values())
    return count


# --- memory ---------------------------------------------------------------------------------------


def grown(turn, warm, more):
    """Bytes allocated, objects and states that `more` turns leave behind after `warm` ones."""
    for _ in range(warm):
        turn()
    gc.collect()
    tracemalloc.start()
    try:
        turn()
        gc.collect()
        size, objects, count = tracemalloc.get_traced_memory()[0], len(gc.get_objects()), states()
        for _ in range(more):
            turn()
        gc.collect()
        return (
            tracemalloc.get_traced_memory()[0] - size,
            len(gc.get_objects()) - objects,
            states() - count,
        )
    finally:
        tracemalloc.stop()


def check_nothing_grows(turn, warm=8, more=60):
    size, objects, count = grown(turn, warm, more)
    assert count == 0
    assert objects < 50
    assert size < 20_000


def test_loop_with_a_look_in_each_turn_does_not_grow(tier):
    kept = {"y": jitgrad.tensor(1.0)}

    def turn():
        kept["y"] = kept["y"] * 0.5 + 0.5
        float(kept["y"])

    check_nothing_grows(turn)


def test_loop_without_a_look_does_not_grow(tier):
    kept = {"y": jitgrad.ones(3)}

    def turn():
        for _ in range(64):
            kept["y"] = kept["y"] * 0.5 + 0.5

    check_nothing_grows(turn)


def test_training_does_not_grow(tier):
    w = jitgrad.tensor([0.1, 0.2, 0.3], requires_grad=True)

    def turn():
        h = jitgrad.tanh(w * 2)
        h[1:] *= 0.5
        h.register_hook(lambda g: g * 1)
        (h * h).sum().backward()
        with jitgrad.no_grad():
            w.sub_(w.grad * 0.1)
            w[0] = 0.25
        w.grad = None

    check_nothing_grows(turn)


def test_second_order_does_not_grow(tier):
    w = jitgrad.tensor([0.1, 0.2, 0.3], requires_grad=True)

    def turn():
        (g,) = jitgrad.autograd.grad((w**3).sum(), w, create_graph=True)
        jitgrad.autograd.grad((g * g).sum(), w)
        jitgrad.hvp(lambda x: (x**3).sum())(w.detach(), w.detach())

    check_nothing_grows(turn)


def test_writes_to_one_buffer_do_not_grow(tier):
    a = jitgrad.zeros(10)

    def turn():
        a[3] = 1.0
        a[1:] += a[:-1]
        a.reshape(2, 5)[1] *= 0.5
        a.tolist()

    check_nothing_grows(turn)


def test_views_of_one_tensor_do_not_grow(tier):
    a = jitgrad.zeros(10)

    def turn():
        for i in range(10):
            float(a[i : i + 1])

    check_nothing_grows(turn)
    assert len(a._x.children) < 50


def test_errors_do_not_grow(tier):
    a = jitgrad.zeros(10)

    def turn():
        with pytest.raises(jitgrad.ShapeError):
            a + jitgrad.ones(3)
        float(a.sum())

    check_nothing_grows(turn)


def test_switching_the_gradient_mode_makes_no_states():
    x = jitgrad.tensor(1.0, requires_grad=True)

    def turn():
        for _ in range(100):
            with jitgrad.no_grad(), jitgrad.enable_grad():
                pass
        y = x * 2
        for _ in range(100):
            with jitgrad.no_grad():
                pass
        return y.item()

    jitgrad.ones(1).sum().item()  # ends what an earlier test left pending
    before = states()
    turn()
    assert states() - before < 10
    assert sum(1 for _ in segment.operations_to(segment.local.seg.state)) == 0


def test_automaton_is_bounded(monkeypatch):
    monkeypatch.setattr(segment, "GENERATION", 500)
    x = jitgrad.tensor(2.0, requires_grad=True)
    for n in range(1, 60):  # 60 programs of different lengths and shapes
        y = x * jitgrad.ones(n)
        for _ in range(n):
            y = y + jitgrad.sin(y)
        y.sum().backward()
        assert states() < 2000
    assert np.isfinite(x.grad.item())


@pytest.mark.parametrize("gradients", [True, False])
def test_a_program_in_use_outlives_generations(monkeypatch, gradients):
    monkeypatch.setattr(segment, "GENERATION", 60)
    x = jitgrad.tensor(np.ones(7), requires_grad=gradients)

    def program():
        y = (jitgrad.sin(x) * x + 1.25).sum()
        return y.backward() if gradients else y.item()

    with jitgrad.set_grad_enabled(gradients):
        program()
        for n in range(10, 60):
            (jitgrad.ones(n) * 2 + jitgrad.ones(n)).tolist()
            with observed_plans() as plans:
                program()
            assert not plans
        with observed_plans() as plans:  # and what is not used goes
            (jitgrad.ones(10) * 2 + jitgrad.ones(10)).tolist()
        assert plans


def test_results_of_a_program_that_was_dropped_from_the_automaton_still_have_gradients(monkeypatch):
    x = jitgrad.tensor(2.0, requires_grad=True)
    y = x * x
    z = jitgrad.exp(y)
    z.item()
    z.register_hook(lambda g: g * 3)
    monkeypatch.setattr(segment, "GENERATION", 5)
    for k in range(4):
        (jitgrad.ones(k + 2) * 3 - 1).sum().item()
    z.backward()
    same(x.grad, 3 * math.exp(4) * 4)


# --- who keeps what alive -------------------------------------------------------------------------


def test_graph_dies_with_its_results(no_gc):
    x = jitgrad.tensor(np.ones(1000), requires_grad=True)
    y = jitgrad.sin(x)
    y.tolist()
    z = (y * y).sum()
    z.item()
    graphs = [weakref.ref(y._edge[0]), weakref.ref(z._edge[0])]
    del y
    assert graphs[0]() is not None
    del z
    assert [g() for g in graphs] == [None, None]


def test_backward_frees_values_and_results(no_gc):
    x = jitgrad.tensor(np.ones(1000), requires_grad=True)
    y = x * 2
    y.tolist()
    dead = weakref.ref(y)
    z = (y * y).sum()
    z.backward()
    del y, z
    assert dead() is None and x.grad is not None


def test_dead_pending_results_die_at_once(no_gc):
    x = jitgrad.tensor(np.ones(10), requires_grad=True)
    y = x * 2
    z = y + 1
    refs = [weakref.ref(y), weakref.ref(z)]
    del y, z
    jitgrad.ones(1).sum().item()  # ends the segment
    assert [r() for r in refs] == [None, None]


def test_nothing_is_computed_for_dead_results():
    x = jitgrad.tensor(np.ones(10))
    before = segment.local.seg
    (x * 2).sum()
    y = x + 1
    assert before is segment.local.seg
    same(y, np.full(10, 2.0))


def test_base_dies_after_its_views(no_gc):
    a = jitgrad.zeros(100)
    v = a[1:]
    base = weakref.ref(a)
    del a
    assert base() is not None  # the view needs it
    v += 1
    jitgrad.ones(1).sum().item()  # ends the segment
    del v
    assert base() is None


def test_hooks_and_retained_gradients_die_with_their_tensor(no_gc):
    class Big:
        pass

    big = Big()
    ref = weakref.ref(big)
    x = jitgrad.tensor(2.0, requires_grad=True)
    y = x * 3
    y.retain_grad()
    y.register_hook(lambda g, big=big: None)
    y.backward()
    del big, y
    assert ref() is None


def test_no_cycles_are_left_by_ordinary_work():
    """The garbage collector finds nothing of ours."""

    def work():
        x = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
        y = jitgrad.sin(x) * x
        v = y[1:]
        v *= 2
        y.register_hook(lambda g: g)
        (y * y).sum().backward()
        (g,) = jitgrad.autograd.grad((x**3).sum(), x, create_graph=True)
        (g * g).sum().backward()
        with jitgrad.no_grad():
            x[1:] = 0.5
        d = x.detach()
        d += 1
        jitgrad.grad(lambda t: (t * t).sum())(np.ones(3))
        x.tolist(), v.tolist()

    work()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for _ in range(3):
            work()
        gc.collect()
        left = [type(o).__name__ for o in gc.garbage if type(o).__module__.startswith("jitgrad")]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert left == []


def test_leaf_gradients_do_not_keep_the_leaf_alive(no_gc):
    x = jitgrad.tensor(2.0, requires_grad=True)
    y = x * x
    y.item()
    ref = weakref.ref(x)
    del x
    assert ref() is None
    y.backward()  # its leaf is gone; nothing to do
    assert array(y) == 4.0
