"""The pool of large results' memory: it is used again when nobody refers to it, and only then."""

import gc
import math
import os
import pickle
import re
import threading

import numpy as np
import pytest
from processes import finish, start

import jitgrad
from jitgrad.compile import limits
from jitgrad.runtime import assemble, pool
from jitgrad.runtime.plan import observed_plans
from jitgrad.tape import segment

N = 3072  # a size that is not rounded up


@pytest.fixture
def pooled(monkeypatch):
    """Results of a few bytes come from the pool, which is empty."""
    monkeypatch.setattr(pool, "LEAST", 8)
    monkeypatch.setattr(pool, "TURNS", 1)
    monkeypatch.setattr(jitgrad.config, "compile", "always")
    segment.drop()
    gc.collect()
    pool.release_memory()
    yield
    segment.drop()
    pool.release_memory()


def address(array):
    return array.ctypes.data


def test_memory_is_used_again(pooled):
    a = pool.empty(N)
    first = address(a)
    assert first % 64 == 0 and a.shape == (N,) and a.dtype == float and pool.held() == 0
    del a
    assert pool.held() == 8 * N
    b = pool.empty(2 * N, np.dtype(np.float32))
    assert address(b) == first and b.dtype == np.float32 and pool.held() == 0
    assert address(pool.empty(N)) != first


@pytest.mark.parametrize("other", [N - N // 4, N + 1, N + N // 8, 10 * N])
def test_other_sizes_do_not_fit(pooled, other):
    """Neither smaller memory, nor such that more than an eighth of it would be wasted."""
    first = address(a := pool.empty(N))
    del a
    assert address(pool.empty(other)) != first


def test_views_keep_the_memory(pooled):
    a = pool.empty(N)
    first = address(a)
    a[:] = 1.5
    views = [
        a[5:9].reshape(2, 2),
        memoryview(a),
        np.frombuffer(a, np.uint8),
        a.T.view(np.int64),
        np.from_dlpack(a),
    ]
    del a
    while views:
        assert pool.held() == 0 and address(pool.empty(N)) != first
        assert np.asarray(views[0]).ravel().view(float)[0] == 1.5
        pool.release_memory()
        del views[0]
    assert pool.held() == 8 * N and address(pool.empty(N)) == first


def test_what_is_free_is_bounded(pooled, monkeypatch):
    arrays = [pool.empty(2**17) for _ in range(5)]  # 1 MiB each
    last = address(arrays[-1])
    monkeypatch.setattr(jitgrad.config, "pool_mb", 3)
    while arrays:
        del arrays[0]
    assert pool.held() == 3 * 2**20 and address(pool.empty(2**17)) == last
    big = pool.empty(2**20)
    del big  # 8 MiB: never kept, and nothing goes for its sake
    assert pool.held() == 3 * 2**20
    jitgrad.config.pool_mb = 1
    assert pool.held() == 2**20
    jitgrad.config.pool_mb = 0
    assert pool.held() == 0
    pool.empty(N)
    assert pool.held() == 0


def test_results_of_plans(pooled):
    """Values and gradients lie in it, stay as they are while they are held, and cannot be written
    to."""
    x = jitgrad.tensor(np.linspace(0, 1, N), requires_grad=True)
    kept = []
    for k in range(6):
        x.grad = None
        y = jitgrad.sin(x * float(k))
        y.sum().backward()
        kept.append((k, y.detach().numpy()[10:], x.grad.numpy().reshape(32, -1)))
    v = np.linspace(0, 1, N)
    for k, y, g in kept:
        np.testing.assert_allclose(y, np.sin(v * k)[10:], atol=1e-15)
        np.testing.assert_allclose(g.ravel(), k * np.cos(v * k), atol=1e-12)
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(g)), g)
    assert (
        type(kept[0][2].base.base if isinstance(kept[0][2].base, np.ndarray) else kept[0][2].base)
        is pool.PoolBlock
    )
    with pytest.raises(ValueError, match="WRITEABLE"):
        kept[0][1].flags.writeable = True
    with pytest.raises(ValueError, match="read-only"):
        kept[0][1][0] = 1
    del kept, y, g
    x.grad = None
    gc.collect()
    assert pool.held() >= 12 * 8 * N - 8 * N


def test_a_plan_lets_go_of_what_it_has_read(pooled):
    """Intermediate results of a plan are free for its later steps, after the launch that reads
    them."""
    large = math.isqrt(limits.now.group_array // 8) + 1  # kernels of smaller ones are a group
    given = np.random.default_rng(0).uniform(-1, 1, (large, large)) / large
    x = jitgrad.tensor(given, requires_grad=True)
    v = x.detach().numpy()
    with observed_plans() as plans:
        y = x
        for _ in range(4):
            y = jitgrad.cumsum(jitgrad.exp(-jitgrad.cumsum(y, 0)), 1)
        y.sum().backward()
    want = v
    for _ in range(4):
        want = np.cumsum(np.exp(-np.cumsum(want, 0)), 1)
    np.testing.assert_allclose(y.sum().item(), want.sum())
    lines = [
        line.strip()
        for plan in plans
        if plan._compiled
        for line in assemble.assemble(plan.lowered()).text.splitlines()
    ]
    gone = [line.split()[1] for line in lines if line.startswith("del ")]
    assert len(gone) > 4
    for name in gone:
        at = lines.index(f"del {name}")
        assert not any(
            re.search(rf"\b{name}\b", line)
            for line in lines[at + 1 :]
            if not line.startswith("del")
        )
        read = max(k for k in range(at) if re.search(rf"\b{name}\b", lines[k]))
        assert not lines[read].startswith("a = ") or any(
            "id(a)" in line for line in lines[read + 1 : at]
        )


def test_many_threads(pooled):
    """No memory is in two hands."""
    errors = []

    def work(k):
        rng = np.random.default_rng(k)
        held = []
        for turn in range(400):
            a = pool.empty(N + 64 * int(rng.integers(3)))
            a[:] = k * 1000 + turn
            held.append((a, k * 1000 + turn))
            if len(held) > 3:
                b, value = held.pop(int(rng.integers(4)))
                if not (b == value).all():
                    errors.append((k, turn))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors and pool.held() <= 512 * 2**20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_forks_and_the_end_of_a_process(tmp_path):
    """A child has its own; arrays that are alive at the end, in modules and cycles, say nothing."""
    source = """
    from jitgrad.runtime import pool
    import os, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    a, b = pool.empty(5_000_000), pool.empty(5_000_000)
    a[:], first = 1.0, a.ctypes.data
    del a
    child = os.fork()
    if child == 0:
        c = pool.empty(5_000_000)
        c[:] = 2.0
        run(60_000)
        os._exit(0 if c.ctypes.data == first else 1)
    assert os.waitpid(child, 0)[1] == 0
    c = pool.empty(5_000_000)
    assert c.ctypes.data == first and c[0] == 1.0
    cycle = [c]
    cycle.append(cycle)
    pool.cycle = [pool.empty(5_000_000), cycle]
    del c, b
    print("done")
    """
    assert finish(start(source, tmp_path)) == "done\n"
