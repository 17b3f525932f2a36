"""Programs that look at values between their operations: short segments that were seen before take
a way of their own (`execute.flush`), which must not be told from the long one."""

import random
import threading

import numpy as np
import pytest

import jitgrad
from jitgrad.runtime.plan import Plan


@pytest.fixture(autouse=True)
def by_numpy(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


#: What a turn does with a value and a number; some have views, which take the long way.
STEPS = {
    "scale": lambda x, k: x * k,
    "integer": lambda x, k: x * 2 - 1,
    "reflected": lambda x, k: 3 - x,
    "square": lambda x, k: x * x * 0.25 + k,
    "view": lambda x, k: x.reshape(3, 1).reshape(3) + k,
    "sum": lambda x, k: x - x.sum() * 0.1,
    "element": lambda x, k: x + x[1] * k,
    "write": lambda x, k: written(x * 1.0, k),
}


def written(x, k):
    x[0] = k
    return x


def plain(x):
    return x.detach() if isinstance(x, jitgrad.Tensor) else x


#: What a turn may look at.
LOOKS = {
    "truth": lambda x: bool(x.sum() > 0),
    "number": lambda x: float(plain(x).sum()) > 1.0,
    "integer": lambda x: int(plain(x).sum()) % 2 == 0,
    "item": lambda x: x.max().item() < 2.0,
    "element": lambda x: bool(x[0] < x[2]),
    "none": lambda x: True,
}


def random_program(rng):
    steps = [
        (STEPS[rng.choice(list(STEPS))], LOOKS[rng.choice(list(LOOKS))], rng.uniform(0.2, 0.9))
        for _ in range(rng.randint(2, 4))
    ]

    def program(x, turns, held):
        for t in range(turns):
            for step, look, k in steps:
                x = step(x, k + 0.1 * (t % 2))
                if look(x):
                    x = x * 0.5
                if t % 3 == 1:
                    held.append(x)
        return x

    return program


def difference_quotients(program, a, turns, h=1e-6):
    """The gradient of the sum of squares of what a program gives."""
    total = lambda b: float((program(b, turns, []) ** 2).sum())
    return np.array([(total(a + e) - total(a - e)) / (2 * h) for e in h * np.eye(a.size)])


def test_random_programs_with_looks():
    for seed in range(12):
        rng = random.Random(seed)
        program = random_program(rng)
        for turns in (3, 4, 3, 5):
            a = np.array([rng.uniform(-2, 2) for _ in range(3)])
            x, held, want = jitgrad.tensor(a, requires_grad=True), [], []
            mode = rng.choice([jitgrad.enable_grad, jitgrad.enable_grad, jitgrad.no_grad])
            with mode():
                y = program(x, turns, held)
            np.testing.assert_allclose(plain(y), program(a, turns, want), err_msg=str(seed))
            for ours, theirs in zip(held, want, strict=True):
                np.testing.assert_allclose(plain(ours), theirs)
            assert y.requires_grad is (mode is jitgrad.enable_grad)
            if y.requires_grad:
                (y * y).sum().backward(retain_graph=True)
                slopes = difference_quotients(program, a, turns)
                np.testing.assert_allclose(x.grad, slopes, rtol=1e-4, atol=1e-5)
                (g,) = jitgrad.autograd.grad((y * y).sum(), x, create_graph=True)
                np.testing.assert_allclose(g.detach(), x.grad)
                g.sum().backward()  # the graphs between looks are differentiated again


def test_an_error_while_a_segment_runs(monkeypatch):
    """What was pending is asked for singly, and later segments are as ever."""
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)

    def step():
        y = x * 2.0
        return y, y.sum() > 1.0

    def fails(self, leaves, numbers):
        raise MemoryError

    for _ in range(3):
        assert step()[1]
    y, look = step()
    with monkeypatch.context() as patch:
        patch.setattr(Plan, "_reference", fails)
        with pytest.raises(MemoryError):
            bool(look)
        with pytest.raises(MemoryError):
            bool(look)
    assert look
    assert y.tolist() == [2.0, 4.0]
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    assert step()[1]


def test_threads_look_at_what_others_record():
    x, results = jitgrad.tensor([0.5, 2.0]), {}

    def work(name):
        out = []
        for k in range(60):
            y = x * (k + name)
            if y.sum() > 40:
                y = y - 1
            out.append(float(y.sum()))
        results[name] = out

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, out in results.items():
        want = [2.5 * (k + name) for k in range(60)]
        np.testing.assert_allclose(out, [w - 2 if w > 40 else w for w in want])
