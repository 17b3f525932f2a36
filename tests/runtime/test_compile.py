"""The compiler against NumPy: random graphs, every form of kernel, the tiers, and the cache.

The kernel texts in ``golden/`` are what the renderer must keep making; after a wanted change run
the tests once with ``JITGRAD_UPDATE_GOLDEN=1`` and read the difference.
"""

import itertools
import os
import random
import shutil
import textwrap
import threading
import types

import graphs as g
import numpy as np
import pytest
from folders import GOLDEN, ROOT
from processes import SOON, begin, finish

from jitgrad.base import config
from jitgrad.base.dtypes import BOOL, FLOAT32, FLOAT64, INT64
from jitgrad.ir.node import Node, const, leaf, number
from jitgrad.ops import REGISTRY
from jitgrad.runtime import background, cache, launch, toolchain
from jitgrad.runtime import plan as plans
from jitgrad.runtime.plan import Plan, synchronize
from jitgrad.runtime.stats import stats


def compiled(roots):
    plan = Plan(roots)
    plan.compile()
    return plan


def check(roots, leaves=(), numbers=(), tol=1e-9):
    """Compile, run, compare with NumPy; the plan."""
    plan = compiled(roots)
    narrow = any(n.dtype == FLOAT32 for n in g.toposort(roots))
    tol = 1e-4 if narrow else tol
    for root, got, want in zip(
        roots, plan.run(leaves, numbers), g.interpret(roots, leaves, numbers), strict=True
    ):
        if root.ndim:
            assert got.dtype == root.dtype and got.shape == (root.size,)
        else:
            assert type(got) in (float, int, bool)
        np.testing.assert_allclose(got, want, rtol=tol, atol=tol)
    return plan


def array(*shape, seed=0):
    return np.random.RandomState(seed).uniform(-2, 2, int(np.prod(shape)))


#: numba's public API, which CI runs this file with as well, takes several times as long.
SEEDS = 20 if config.config.numba == "public" else 60


@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_graphs(seed):
    check(*g.random_graph(random.Random(seed)))


@pytest.mark.parametrize(
    "shape", [(70000,), (3, 30001), (30001, 3), (300, 400), (20, 50, 90), (2, 3, 20000)]
)
def test_reductions_over_every_axes(shape):
    x, data = leaf(0, shape, FLOAT64), array(*shape)
    f = g.apply(g.MUL, x, x)
    for count in range(1, len(shape) + 1):
        for axes in itertools.combinations(range(len(shape)), count):
            mirrored = g.permute(f, range(len(shape))[::-1])
            check(
                [g.reduce(g.SUM, f, axes), g.reduce(g.MAX, x, axes), g.apply(g.ADD, f, x)], [data]
            )
            check([g.reduce(g.SUM, mirrored, axes)], [data])


def test_same_bits_with_any_number_of_threads():
    shape = (100000, 7)
    x = leaf(0, shape, FLOAT64)
    roots = [g.reduce(g.SUM, g.apply(g.SIN, x), axes) for axes in [(0,), (1,), (0, 1)]]
    run, data, before = compiled(roots).run, [array(*shape)], launch.get_num_threads()
    many = run(data, ())
    try:
        launch.set_num_threads(1)
        one = run(data, ())
    finally:
        launch.set_num_threads(before)
    assert all(np.array_equal(a, b) for a, b in zip(many, one, strict=True))


def test_a_sum_and_its_gradient_are_one_kernel():
    x = leaf(0, (50,), FLOAT64)
    f = g.apply(g.SIN, x)
    plan = check([g.reduce(g.SUM, f, (0,)), g.apply(g.MUL, f, x)], [array(50)])
    assert len(plan.kernels) == 1


def test_a_new_shape_compiles_nothing():
    def roots(n, m):
        x = leaf(0, (n, m), FLOAT64)
        mean = g.apply(g.MUL, g.reduce(g.SUM, x, (0, 1)), const(1.0 / (n * m)))
        return [
            mean,
            g.apply(g.SUB, x, g.broadcast(mean, (n, m))),
            g.reduce(g.SUM, g.permute(x, (1, 0)), (0,)),
        ]

    check(roots(5, 7), [array(5, 7)])
    before = stats.kernels
    for n, m in [(6, 9), (300, 50), (70, 3000), (2, 1000)]:
        check(roots(n, m), [array(n, m)])
    assert stats.kernels == before


def test_repeated_stencils_stay_small():
    u = leaf(0, (64,), FLOAT64)
    x = u
    for _ in range(24):
        n = x.shape[0]
        x = g.apply(g.ADD, g.cut(x, (1,), (n - 1,)), g.cut(x, (0,), (n - 1,)))
    plan = check([x], [array(64)])
    assert sum(len(step.values) for step in plan.lower().fusion.steps) < 400


def test_deep_graphs_need_no_recursion():
    x = number(0, FLOAT64)
    for k in range(3000):
        x = g.apply(g.ADD if k % 2 else g.SUB, x, number(1, FLOAT64))
    assert Plan([x]).lower().kernels


def test_aliases_and_views_are_not_copied():
    x = leaf(0, (6, 4), FLOAT64)
    data = array(24)
    flat, rows, same = compiled(
        [g.reshape(x, (24,)), g.cut(x, (number(0, INT64), 0), (2, 4)), x]
    ).run([data], [3])
    assert flat is data and same is data
    assert rows.base is data and np.array_equal(rows, data[12:20])


def test_nan_and_infinity_are_seen():
    x = leaf(0, (5,), FLOAT64)
    data = np.array([1.0, np.nan, np.inf, -np.inf, 0.0])
    zero = g.broadcast(const(0.0), (5,))
    roots = [g.apply(g.ISNAN, x, dtype=BOOL), g.apply(g.MAXIMUM, x, zero), g.reduce(g.MAX, x, (0,))]
    check(roots, [data])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64", "float64", "float32"])
def test_division_is_numpy_division(dtype):
    values = (
        np.array([0, 1, 2, 7, 100, 3, 5], dtype)
        if dtype[0] == "u"
        else np.array([0, 1, -2, 7, -100, 3, -5], dtype)
    )
    a, b = np.repeat(values, 7), np.tile(values, 7)
    x, y = leaf(0, (49,), np.dtype(dtype)), leaf(1, (49,), np.dtype(dtype))
    run = compiled([g.apply(g.FLOOR_DIVIDE, x, y), g.apply(g.REMAINDER, x, y)]).run
    with np.errstate(all="ignore"):
        wanted = np.floor_divide(a, b), np.remainder(a, b)
    for got, want in zip(run([a, b], ()), wanted, strict=True):
        np.testing.assert_array_equal(got, want)


def test_calls_get_transposed_views():
    x, w = leaf(0, (4, 3), FLOAT64), leaf(1, (4, 5), FLOAT64)
    product = Node(g.MATMUL, (g.permute(x, (1, 0)), w), None, (3, 5), FLOAT64)
    check([g.apply(g.SIN, product)], [array(12), array(20)])


def test_a_kernel_body_runs_in_plain_python():
    x = leaf(0, (5,), FLOAT64)
    plan = compiled([g.apply(g.MUL, x, x)])
    module = cache.load(plan.kernels[0].source)
    data, out = array(5), np.empty(5)
    module.body(0, 5, 0, data, out)
    np.testing.assert_array_equal(out, data * data)


def test_a_kernel_is_its_loops_and_its_entry(monkeypatch, tmp_path):
    """Each is compiled once; the functions that the loops call are inlined, and nothing is left of
    them."""
    value = leaf(0, (5,), FLOAT64)
    for name in ("exp", "sin", "tanh", "exp"):
        value = Node(REGISTRY[name].op, (value,), None, (5,), FLOAT64)
    source = compiled([value]).kernels[0].source
    monkeypatch.setattr(config.config, "cache_dir", str(tmp_path))
    module = cache.load(source)  # compiled anew
    assert len(list(module.chunk.library.get_defined_functions())) == 2


def test_arithmetic_of_float32_stays_float32():
    """Kernels do not convert the result of each operation, so nothing may widen one: every rounding
    is NumPy's."""
    x = leaf(0, (50,), FLOAT32)
    scaled = g.apply(g.MUL, x, g.broadcast(const(0.3, FLOAT32), (50,)))
    value = g.apply(g.SUB, scaled, g.apply(g.ADD, x, g.apply(g.MUL, x, x)))
    plan, data = compiled([value]), array(50).astype(np.float32)
    assert "np.float32((" not in plan.kernels[0].source
    (out,) = plan.run([data], ())
    np.testing.assert_array_equal(out, data * np.float32(0.3) - (data + data * data))


def test_threads_may_run_large_plans_at_once():
    x = leaf(0, (400000,), FLOAT64)
    run, data = compiled([g.reduce(g.SUM, g.apply(g.SIN, x), (0,))]).run, array(400000)
    results = []
    threads = [
        threading.Thread(target=lambda: results.extend(run([data], ()) for _ in range(20)))
        for _ in range(4)
    ]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(results) == 80 and len(set(results)) == 1


# ---------------------------------------------------------------------- golden kernels


def _golden_graphs():
    x, y = leaf(0, (6, 8), FLOAT64), leaf(1, (1, 8), FLOAT32)
    f = g.apply(g.MUL, g.apply(g.SIN, x), g.broadcast(number(0, FLOAT64), (6, 8)))
    moved = g.apply(g.ADD, x, g.broadcast(g.cast(y, FLOAT64), (6, 8)))
    rows, columns = g.reduce(g.SUM, g.apply(g.SIN, x), (1,)), g.reduce(g.MAX, x, (0,))
    window = g.pad(g.cut(x, (1, 2), (3, 4)), (0, 3), (6, 8))
    return {
        "map_and_sum": [g.reduce(g.SUM, f, (0, 1)), f],
        "rows": [moved],
        "row_max": [g.reduce(g.MAX, x, (1,))],
        "column_sum": [g.reduce(g.SUM, g.apply(g.MUL, x, x), (0,))],
        "pad": [window],
        "program": [
            g.apply(g.MUL, g.apply(g.SIN, x), g.broadcast(g.reshape(rows, (6, 1)), (6, 8))),
            columns,
        ],
        "scalar": [g.apply(g.SIN, g.apply(g.ADD, number(0, FLOAT64), const(0.7)))],
    }


@pytest.mark.parametrize("name", list(_golden_graphs()))
def test_golden(name):
    (kernel,) = Plan(_golden_graphs()[name]).kernels
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("JITGRAD_UPDATE_GOLDEN"):
        path.write_text(kernel.source)
    assert kernel.source == path.read_text()


# ---------------------------------------------------------------------- tiers, processes, disk


PRELUDE = """
import sys, types, os, time
sys.path[:0] = [{root!r}, {tests!r}]
import numpy as np
import graphs as g
from jitgrad.base.dtypes import FLOAT64
from jitgrad.ir.node import leaf
from jitgrad.runtime.plan import Plan, synchronize
from jitgrad.runtime.stats import stats
x = leaf(0, (300000,), FLOAT64)
data = np.linspace(0, 1, 300000)
def plan(k=0):
    y = x
    for _ in range(k + 1):
        y = g.apply(g.SIN, y)
    return Plan([g.reduce(g.SUM, y, (0,))])
"""


def script(text, cache_dir, fresh=False, **settings):
    source = PRELUDE.format(
        root=str(ROOT), tests=str(ROOT / "tests" / "support")
    ) + textwrap.dedent(text)
    return finish(begin(source, cache_dir, fresh, **settings)).split()


def test_a_short_script_never_imports_numba(tmp_path):
    text = "p = plan(); p.run([data], ()); p.kernels; print('numba' in sys.modules)"
    assert script(text, tmp_path, fresh=True) == ["False"]


def test_background_compile_takes_over(tmp_path):
    text = """
    p = plan()
    first = [p.run([data], ())[0] for _ in range(3)]
    synchronize()
    second = p.run([data], ())[0]
    print(abs(first[0] - second) < 1e-6, stats.compiled > 0, p.run.__name__)
    """
    assert script(SOON + textwrap.dedent(text), tmp_path) == ["True", "True", "run"]


@pytest.mark.parametrize(
    ("seconds", "imported", "runs"),
    [
        (0.004, True, 2),
        (0.0029, True, 11),
        (0.0011, True, 28),
        (0.0011, False, 274),  # the first run, of a new process, is not timed
        (0.0, True, None),
    ],
)
def test_when_a_plan_is_compiled(monkeypatch, seconds, imported, runs):
    """The second of long runs, or the one after which enough was spent: by a clock that this test
    makes."""
    clock, queue = itertools.count(), []
    monkeypatch.setattr(
        plans, "time", types.SimpleNamespace(thread_time=lambda: next(clock) * seconds)
    )
    monkeypatch.setattr(plans, "_process", plans._Process())
    compiler = types.SimpleNamespace(add=queue.append, ask=lambda plan: None)
    monkeypatch.setattr(background, "compiler", compiler)
    monkeypatch.setattr(toolchain, "has_begun", lambda: imported)
    x = leaf(0, (7,), FLOAT64)
    plan = Plan([g.apply(g.SIN, g.apply(g.SUB, g.apply(g.SIN, x), x))])  # no other test compiles it
    for run in range(1, 400):
        plan.run([np.zeros(7)], [])
        assert queue == ([plan] if runs and run >= runs else []), run


@pytest.mark.parametrize("delay", [0.0, 0.3, 0.8])
def test_leaving_while_compiling_is_clean(tmp_path, delay):
    text = f"""
    for k in range(6):
        p = plan(k)
        p.run([data], ()); p.run([data], ())
    time.sleep({delay})
    print("end")
    """
    assert script(SOON + textwrap.dedent(text), tmp_path) == ["end"]


def test_a_forked_child_runs_and_ends(tmp_path):
    text = """
    p = plan(); p.compile(); p.run([data], ())
    q = plan(3); q.run([data], ()); q.run([data], ())  # compiling in the background now
    import warnings; warnings.simplefilter("ignore")
    child = os.fork()
    if child == 0:
        a = p.run([data], ())[0]
        r = plan(2); r.compile(); r.run([data], ())
        os._exit(0 if a > 0 else 1)
    print(os.waitpid(child, 0)[1])
    """
    assert script(SOON + textwrap.dedent(text), tmp_path, JITGRAD_COMPILE="auto") == ["0"]


def test_the_second_process_finds_the_kernels(tmp_path):
    text = "p = plan(); p.compile(); p.run([data], ()); print(stats.compiled, stats.loaded)"
    first, second = script(text, tmp_path, fresh=True), script(text, tmp_path, fresh=True)
    assert first[1] == "0" and second[0] == "0" and second[1] == first[0]


RUN = """
for k in range(3):
    p = plan(k)
    p.compile()
    print(p.run([data], ())[0])
print(stats.compiled)
"""


@pytest.fixture(scope="module")
def whole_cache(tmp_path_factory):
    """A folder of kernels to copy, and the values they give."""
    folder = tmp_path_factory.mktemp("whole")
    *values, compiled = script(RUN, folder)
    assert int(compiled) > 2
    return folder, values


def test_a_copy_of_a_cache_is_as_good(tmp_path, whole_cache):
    whole, values = whole_cache
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    assert script(RUN, tmp_path) == [*values, "0"]


def test_without_a_writable_cache(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    assert len(script("p = plan(); p.compile(); print(p.run([data], ())[0])", blocked)) == 1


def test_pruning_and_clearing(tmp_path):
    before = config.config.cache_dir
    try:
        config.config.cache_dir = str(tmp_path)
        check([g.apply(g.SIN, g.apply(g.SUB, number(0, FLOAT64), const(0.123)))], (), [1.0])
        assert cache.info()["bytes"] > 0
        cache.prune(0)
        assert cache.info()["bytes"] == 0
        cache.clear()
    finally:
        config.config.cache_dir = before


def test_synchronize_waits_for_what_is_compiled(monkeypatch):
    gate, order = threading.Event(), []
    compiler = background.Background()
    monkeypatch.setattr(
        compiler, "compile", lambda plan: gate.wait(60) and order.append("compiled")
    )
    monkeypatch.setattr(background, "compiler", compiler)
    synchronize()  # nothing to wait for
    compiler.add(None)
    waiter = threading.Thread(target=lambda: (synchronize(), order.append("returned")))
    waiter.start()
    waiter.join(0.1)
    assert order == []
    gate.set()
    waiter.join(60)
    assert order == ["compiled", "returned"]


def test_a_failure_in_the_background_is_said_and_ends_no_waiting(tmp_path):
    """Where warnings are errors, too: the thread goes on, and compiles what follows."""
    text = """
    import threading, warnings
    from jitgrad.runtime import background
    warnings.simplefilter("error")
    said = []
    threading.excepthook = lambda args: said.append(str(args.exc_value))
    p, q = plan(), plan(3)
    p.lower = lambda: 1 / 0
    for x in (p, q):
        for _ in range(3): x.run([data], ())
        synchronize()
    print(len(said), "division by zero" in said[0], background.compiler.thread.is_alive())
    print(p.is_compiled, q.is_compiled)
    """
    got = script(SOON + textwrap.dedent(text), tmp_path)
    assert got == ["1", "True", "True", "False", "True"]
