"""`jitgrad.profile`: what is counted, that it is complete, and that nothing of it stays."""

import json
import math
import os
import threading

import numpy as np
import pytest
from processes import finish, start
from programs_seen import forget_programs

import jitgrad as jg
import jitgrad.numpy as jn
from jitgrad import ArgumentError
from jitgrad.runtime import events, watch
from jitgrad.runtime import plan as running
from jitgrad.runtime.plan import observed_plans
from jitgrad.runtime.stats import CHILD, COMPILED, LOADED
from jitgrad.runtime.worker import Worker

N = 5000


@pytest.fixture(autouse=True)
def _anew():
    """No program is known, so that plans are made; nobody watches afterwards."""
    jg.tensor(0.0).item(), jg.synchronize()
    forget_programs()
    yield
    assert not events.active()


@pytest.fixture
def compiled(monkeypatch):
    jg.synchronize()
    monkeypatch.setattr(jg.config, "compile", "always")


def tensor(*shape, grad=True, seed=0):
    return jg.tensor(np.random.RandomState(seed).uniform(0.5, 1.5, shape), requires_grad=grad)


def softmax(x):
    e = jn.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


#: A program of each form of kernel, and steps by NumPy.
PROGRAMS = {
    "flat": lambda: (jn.sin(tensor(N)) * 2.0).numpy,
    "sum": lambda: jn.sum(tensor(N) ** 2).backward,
    "rows": lambda: (tensor(40, 60) + tensor(60, 40, seed=1).T).sum().backward,
    "column": lambda: (tensor(400, 30) ** 3).sum(0).sum().backward,
    "softmax": lambda: (softmax(tensor(50, 40)) * tensor(50, 40, seed=2)).sum().backward,
    "scalar": lambda: (tensor() * 2.0 + jn.sin(tensor())).backward,
    "matmul": lambda: jn.tanh(tensor(30, 20) @ tensor(20, 5, seed=1)).sum().backward,
    "long scan": lambda: (jn.cumsum(tensor(300_000)) * tensor(300_000, seed=1)).sum().backward,
    "scan": lambda: (jn.cumsum(tensor(N)) * tensor(N, seed=1)).sum().backward,
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_kernel_of_a_plan_is_counted(name, compiled):
    with jg.no_grad() if name == "flat" else jg.enable_grad():
        step = PROGRAMS[name]()
        with observed_plans() as plans, jg.profile() as p:
            step()
    expected = {}
    for plan in plans:
        for kernel in plan.lowered().kernels:
            if kernel.source or kernel.kind == "call":
                key = watch.Piece(0, kernel, NOTHING).name
                expected[key] = expected.get(key, 0) + 1
    assert expected
    assert {k.name: k.calls for k in p.kernels if k.calls} == expected
    assert all(k.seconds > 0 and k.median > 0 and k.numpy_runs == 0 for k in p.kernels)
    assert p.plans == len(plans)


class NOTHING:
    bytes_read = bytes_written = flops = 0


def test_figures_of_a_known_program(compiled):
    x = tensor(N)

    def step():
        x.grad = None
        (x * x).sum().backward()

    step()
    with jg.profile() as p:
        for _ in range(7):
            step()
    (k,) = p.kernels
    assert k.name.startswith("flat_sum_multiply_") and k.kind == "flat"
    assert (k.calls, k.bytes, k.parallel) == (7, 7 * 2 * 8 * N, 0)
    assert 7 * 2 * N <= k.flops <= 7 * 6 * N
    assert 0 < k.median <= k.seconds <= p.seconds and k.share == pytest.approx(
        k.seconds / p.seconds
    )
    assert k.gbs == pytest.approx(k.bytes / k.seconds / 1e9)
    assert os.path.basename(k.path) == k.name + ".py" and os.path.exists(k.path)
    assert (p.plans, p.numpy_seconds, k.compile_seconds) == (0, 0.0, 0.0)
    assert k.origin in (COMPILED, LOADED, CHILD)


def test_times_add_up(compiled):
    with jg.profile() as p:
        for n in (100, 200, 300):
            jn.exp(tensor(n)).sum().backward()
    parts = (
        p.kernel_seconds
        + p.numpy_seconds
        + p.planning_seconds
        + p.compile_seconds
        + p.other_seconds
    )
    assert 0 < parts <= p.seconds * 1.001
    assert p.planning_seconds > 0 and p.plans == 3 and p.kernel_seconds > 0
    assert sum(k.seconds for k in p.kernels) == pytest.approx(p.kernel_seconds)


def test_cold_runs_are_numpys(monkeypatch):
    monkeypatch.setattr(jg.config, "compile", "never")
    with jg.profile() as p:
        for _ in range(3):
            jn.sin(tensor(N)).sum().backward()
    (k,) = p.kernels
    assert (k.kind, k.calls, k.path, k.bytes) == ("numpy", 3, None, 0)
    assert k.name.startswith("by_numpy_") and "sin" in k.name
    assert p.numpy_seconds == pytest.approx(k.seconds) and p.kernel_seconds == 0


def test_from_cold_to_warm_within_a_profile(monkeypatch):
    """The plan is compiled while it is watched: both are told, and the kernel knows of the runs
    before it."""
    monkeypatch.setattr(jg.config, "compile", "auto")
    monkeypatch.setattr(running, "LONG_RUN", math.inf)  # by this test, not by the background
    monkeypatch.setattr(running, "HOT", math.inf)
    x = tensor(N)

    def step():
        x.grad = None
        jn.sum(jn.sin(x) * jn.exp(x)).backward()

    with observed_plans() as plans, jg.profile() as p:
        for _ in range(5):
            step()
        cold = {k.kind: k.calls for k in p.kernels}["numpy"]
        (plan,) = plans
        plan.compile()
        for _ in range(4):
            step()
    kernel, numpy = sorted(p.kernels, key=lambda k: k.kind)
    assert (kernel.kind, kernel.calls, kernel.numpy_runs) == ("flat", 9 - cold, cold)
    assert (numpy.kind, numpy.calls) == ("numpy", cold) and cold >= 4
    assert plan.run is plan._compiled


def test_what_a_kernel_gives_up_is_told(compiled):
    x = tensor(N, grad=False)
    x[3] = 1e300
    with jg.no_grad(), jg.profile() as p:
        out = jn.sin(x).numpy()
    np.testing.assert_array_equal(out, np.sin(np.asarray(x)))
    assert [(k.kind, k.calls) for k in p.kernels if k.calls] == [("numpy", 1)]
    assert 0 < p.numpy_seconds <= p.seconds


@pytest.mark.parametrize("threads", [1, 2])
def test_launches_in_parallel_and_not(compiled, threads, monkeypatch):
    monkeypatch.setattr(jg.config, "num_threads", threads)
    x, threads = tensor(300_000), jg.get_num_threads()
    with jg.profile() as p:
        for _ in range(3):
            jn.exp(x).sum().backward()
    k = next(k for k in p.kernels if "exp" in k.name)
    assert k.calls == 3 and k.parallel == (3 if threads > 1 else 0)


def test_nothing_stays(compiled):
    x = tensor(N)
    with observed_plans() as plans:
        (x * 2.0).sum().backward()
    before = [plan.run for plan in plans]
    with jg.profile():
        (x * 2.0).sum().backward()
        assert all(type(plan.run) is watch.Watched for plan in plans)
        with observed_plans() as new:
            (x * 3.0 - x).sum().backward()
    assert [plan.run for plan in plans] == before
    assert new and all(plan.run is plan._compiled for plan in new)


def test_values_and_gradients_are_the_same_bits(tier):
    def results():
        x = tensor(60, 50)
        y = jn.log(softmax(x) + jn.cumsum(x, 1)).sum()
        y.backward()
        return y.item(), x.grad.tolist()

    plain = results()
    with jg.profile():
        assert results() == plain
        assert results() == plain
    assert results() == plain


def test_an_exception_leaves_nothing_behind(compiled):
    x = tensor(N, grad=False)
    with pytest.raises(ZeroDivisionError), jg.profile() as p:
        (x * 2.0).numpy()
        _ = 1 / 0
    assert not events.active() and [k.calls for k in p.kernels] == [1]
    before = p.seconds
    (x * 2.0).numpy()
    assert [k.calls for k in p.kernels] == [1] and p.seconds == before


def test_nested_profiles_count_each(compiled):
    x = tensor(N, grad=False)
    with jg.profile() as outer:
        (x * 2.0).numpy()
        with jg.profile() as inner:
            (x * 2.0).numpy()
        (x * 2.0).numpy()
    assert [k.calls for k in outer.kernels] == [3] and [k.calls for k in inner.kernels] == [1]


def test_a_profile_may_go_on_but_not_twice_at_once(compiled):
    x = tensor(N, grad=False)
    with jg.profile() as p:
        (x * 2.0).numpy()
        with pytest.raises(ArgumentError, match="runs already"), p:
            pass
    with p:
        (x * 2.0).numpy()
    assert [k.calls for k in p.kernels] == [2]


def test_threads_are_counted(compiled):
    turns, workers = 50, 4

    def work(seed):
        x = tensor(100, grad=False, seed=seed)
        for _ in range(turns):
            (x * 2.0 + 1.0).numpy()

    with jg.profile() as p:
        threads = [threading.Thread(target=work, args=(k,)) for k in range(workers)]
        [t.start() for t in threads]
        [t.join() for t in threads]
    assert [k.calls for k in p.kernels] == [turns * workers]
    assert p.kernel_seconds == 0.0, "of the thread that entered"


def test_profiles_begin_and_end_beside_running_plans(compiled):
    """Plans are exchanged while other threads run them."""
    stop, wrong = threading.Event(), []

    def work(seed):
        x = tensor(100, grad=False, seed=seed)
        expected = np.asarray(x) * 2.0 + 1.0
        while not stop.is_set():
            if not np.array_equal((x * 2.0 + 1.0).numpy(), expected):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    [t.start() for t in threads]
    for _ in range(30):
        with jg.profile() as p, jg.profile():
            (tensor(100, grad=False) * 2.0 + 1.0).numpy()
        assert sum(k.calls for k in p.kernels) >= 1
    stop.set()
    [t.join() for t in threads]
    assert not wrong


def test_many_calls_take_little_memory():
    from jitgrad.diagnostics.profile import KEPT, _Tally

    tally = _Tally("flat")
    for k in range(5 * KEPT):
        tally.add(float(k))
    assert tally.calls == 5 * KEPT and len(tally.times) < KEPT
    assert abs(np.median(tally.times) - 2.5 * KEPT) < 0.1 * KEPT
    assert tally.seconds == sum(range(5 * KEPT))


def test_as_text_and_as_data(compiled):
    x = tensor(N, grad=False)
    with jg.profile() as p:
        (x * 2.0).numpy()
        assert "calls" in str(p), "while it runs, too"
    (k,) = p.kernels
    lines = str(p).splitlines()
    assert lines[0].startswith("profile of ") and any(line.endswith(k.name) for line in lines)
    assert json.loads(json.dumps(p.to_dict()))["kernels"][0]["name"] == k.name
    with jg.profile() as empty:
        pass
    assert "no kernel ran" in str(empty) and empty.kernels == []


def test_the_child_process_compiles(tmp_path):
    """Who compiled a kernel is said, and the time of the child counts."""
    source = """
    import jitgrad
    from jitgrad.runtime import background
    background.ALONE = 0
    x = jitgrad.ones(300_000)
    with jitgrad.profile() as p:
        for _ in range(4):
            (jitgrad.sin(x) * x).numpy()
        jitgrad.synchronize()
        (jitgrad.sin(x) * x).numpy()
    print(*[
        (k.origin.replace(" ", "-"), k.calls, k.numpy_runs, k.compile_seconds > 0.01)
        for k in p.kernels if k.path
    ])
    print(p.background_seconds > 0.01, p.compile_seconds)
    """
    out = finish(start(source, tmp_path, "auto", before="")).split("\n")
    kernel, beside = out[0], out[1].split()
    how = "compiled-by-a-child-process" if Worker().usable else "compiled"
    assert kernel.startswith(f"('{how}', ") and kernel.endswith("True)") and beside[0] == "True"
