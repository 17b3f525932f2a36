"""`jit`: what a function reaches beside its arguments; nesting, threads, processes and tiers.

The oracles are NumPy and derivatives by hand.
"""

import functools
import gc
import math
import os
import threading
import types
import warnings
import weakref

import jitted
import numpy as np
import pytest
from jitted import A, close, counted, loss, slope, value
from processes import finish, start

import jitgrad
from jitgrad import JitError, JitgradWarning

scale, weight, table = 2.0, jitgrad.tensor(A), np.array(A)
settings = types.SimpleNamespace(rate=0.5, names=["a", "b"])


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    for name, x in (("scale", 2.0), ("weight", jitgrad.tensor(A)), ("table", np.array(A))):
        monkeypatch.setitem(globals(), name, x)
    monkeypatch.setattr(settings, "rate", 0.5)


# --- values from outside --------------------------------------------------------------------------


def test_a_global_tensor_may_be_bound_anew_or_written_to():
    global weight
    f, runs = counted(lambda x: x * weight)
    x = jitgrad.tensor(A)
    close(f(x), A * A)
    weight = weight + 1
    close(f(x), A * (A + 1))
    weight *= 2
    weight[0] = 9.0
    want = (A + 1) * 2
    want[0] = 9.0
    close(f(x), A * want)
    assert runs() == 1
    weight = jitgrad.tensor(np.float32(2))
    close(f(x), A * 2)
    weight = 3.0
    close(f(x), A * 3)
    assert runs() == 3


def test_a_closure_that_is_bound_anew():
    def make():
        w, b = jitgrad.tensor(A), 1.0

        def renew(tensor, number):
            nonlocal w, b
            w, b = tensor, number

        return (*counted(lambda x: x * w + b), renew)

    f, runs, renew = make()
    close(f(A), A * A + 1)
    for k in range(3):
        renew(jitgrad.tensor(A + k), 1.0)
        close(f(A), A * (A + k) + 1)
    assert runs() == 1
    renew(jitgrad.tensor(A), 5.0)
    close(f(A), A * A + 5)
    assert runs() == 2


class Layer:
    factor = 3.0

    def __init__(self, w):
        self.w, self.inner = w, {"list": [w * 2, (w * 3,)]}

    @jitgrad.jit
    def __call__(self, x):
        return self.part(x) * self.factor

    def part(self, x):
        return x * self.w + self.inner["list"][0] * self.inner["list"][1][0] * settings.rate

    @property
    def double(self):
        return self.w * 2

    @staticmethod
    @jitgrad.jit
    def twice(x):
        return x * 2


def test_methods_and_attributes():
    a, b = Layer(jitgrad.tensor(A)), Layer(jitgrad.tensor(A + 1))

    def want(w, x, rate=0.5, factor=3.0, two=2):
        return (x * w + w * two * w * 3 * rate) * factor

    for layer, w in ((a, A), (b, A + 1), (a, A)):
        close(layer(jitgrad.tensor(A)), want(w, A))
    a.w = jitgrad.tensor(A * 5)
    close(a(A), (A * A * 5 + A * A * 6 * 0.5) * 3)
    a.inner["list"][0] = jitgrad.tensor(A)
    close(a(A), (A * A * 5 + A * A * 3 * 0.5) * 3)
    settings.rate = 0.0
    close(a(A), A * A * 5 * 3)
    a.factor = 1.0
    close(a(A), A * A * 5)
    close(Layer.twice(A), A * 2)
    f = jitgrad.jit(lambda x: x * a.double)
    close(f(A), A * A * 10)
    a.w = jitgrad.tensor(A)
    close(f(A), A * A * 2)


def test_a_layer_that_is_taken_out_is_freed():
    layer = Layer(jitgrad.tensor(A))
    close(layer(A), (A * A + A * A * 3) * 3)
    weak = weakref.ref(layer)
    Layer.__call__.clear_cache()
    del layer
    gc.collect()
    assert weak() is None


def helper(x, n=2):
    return x * scale + n


def test_what_helpers_reach():
    global scale
    f, runs = counted(functools.partial(lambda k, x: helper(x) * k, 2))
    close(f(A), (A * 2 + 2) * 2)
    scale = 7.0
    close(f(A), (A * 7 + 2) * 2)
    helper.__defaults__ = (3,)
    try:
        close(f(A), (A * 7 + 3) * 2)
    finally:
        helper.__defaults__ = (2,)
    close(f(A), (A * 7 + 2) * 2)
    assert runs() == 3  # the one before is still there


TABLE = {"a": (math.sin, [2.0]), "b": (math.cos, [3.0])}
CHAIN = [jitgrad.sin, jitgrad.cos]


def test_tables_and_chains_of_functions(monkeypatch):
    f, runs = counted(lambda x: x * TABLE["a"][0](1.0) * TABLE["b"][1][0] * len(TABLE))
    g, times = counted(lambda x: functools.reduce(lambda y, step: step(y), CHAIN, x))
    for _ in range(2):
        close(f(A), A * math.sin(1) * 3 * 2), close(g(A), np.cos(np.sin(A)))
    assert (runs(), times()) == (1, 1)
    monkeypatch.setitem(TABLE, "a", (math.cos, [2.0]))
    close(f(A), A * math.cos(1) * 3 * 2)
    TABLE["b"][1][0] = 4.0
    close(f(A), A * math.cos(1) * 4 * 2)
    TABLE["b"][1][0] = 3.0
    monkeypatch.setitem(TABLE, "c", None)
    close(f(A), A * math.cos(1) * 3 * 3)
    CHAIN.append(jitgrad.exp)
    close(g(A), np.exp(np.cos(np.sin(A))))
    CHAIN[:] = CHAIN[1::-1]
    close(g(A), np.sin(np.cos(A)))
    CHAIN[:] = CHAIN[::-1]
    close(g(A), np.cos(np.sin(A)))
    assert times() == 3


def test_what_is_imported_within_the_function():
    jitted.W = jitgrad.tensor(A)

    def f(x):
        from jitted import W

        return x * W

    try:
        g, runs = counted(f)
        close(g(A), A * A)
        jitted.W = jitgrad.tensor(A + 1)
        close(g(A), A * (A + 1))
        assert runs() == 1
    finally:
        del jitted.W


def test_functions_of_scipy_on_arrays_from_outside(tier):
    special = pytest.importorskip("scipy.special")
    linalg = pytest.importorskip("scipy.linalg")
    stats = pytest.importorskip("scipy.stats")
    gammaln, comb, toeplitz, norm = special.gammaln, special.comb, linalg.toeplitz, stats.norm
    a = A.copy() + 2
    functions = {
        "universal functions": lambda x: (x * special.gammaln(a + 1) * gammaln(2 * a)).sum(),
        "functions of Python": lambda x: (x * toeplitz(a) * comb(5, np.arange(3))).sum(),
        "modules": lambda x: (x * linalg.solve(np.diag(a), a)).sum(),
        "distributions": lambda x: (x * norm.logpdf(a) * stats.expon.sf(a)).sum(),
    }
    for f in functions.values():
        g = jitgrad.jit(f)
        for _ in range(2):
            close(g(A), f(A))
        a[1] += 0.5  # another constant: no result of SciPy may stay
        close(g(A), f(A))


def test_settings_of_numpy_are_not_constants():
    with pytest.raises(JitError, match=r"numpy.geterr"):
        jitgrad.jit(lambda x: x * np.full(3, np.geterr()["divide"] == "warn"))(A)


def test_random_numbers_of_scipy_are_refused():
    stats = pytest.importorskip("scipy.stats")
    interpolate = pytest.importorskip("scipy.interpolate")
    spline = interpolate.CubicSpline(np.arange(3.0), A + 1)
    with pytest.raises(JitError, match="reaches scipy.rvs"):
        jitgrad.jit(lambda x: x * stats.norm.rvs(size=3))(A)
    with pytest.raises(JitError, match="an object of type scipy.CubicSpline"):
        jitgrad.jit(lambda x: x * spline(np.arange(2.0)))(A[:2])


def test_callable_objects_and_bound_methods():
    layer = Layer(jitgrad.tensor(A))
    for f in (jitgrad.jit(layer.part), jitgrad.jit(functools.lru_cache(layer.part).__wrapped__)):
        for k in range(2):
            layer.w = jitgrad.tensor(A + k)
            close(f(A), A * (A + k) + A * A * 3)

    class Twice:
        n = 2

        def __call__(self, x):
            return x * self.n

    twice = Twice()
    f = jitgrad.jit(twice)
    close(f(A), A * 2)
    twice.n = 3
    close(f(A), A * 3)


def test_an_array_from_outside_is_read_in_each_call():
    f, runs = counted(lambda x: x @ table + (table * x).sum())
    x = jitgrad.tensor(A)
    for k in range(3):
        table[:] = A + k
        close(f(x), 2 * A @ (A + k))
    assert runs() == 1


def test_an_array_that_is_an_index_records_anew():
    index = np.array([0, 2])
    f, runs = counted(lambda x: x[index] * 2)
    x = jitgrad.tensor(A)
    close(f(x), A[[0, 2]] * 2), close(f(x), A[[0, 2]] * 2)
    index[1] = 1
    close(f(x), A[[0, 1]] * 2)
    assert runs() == 2


def test_a_view_of_an_array_from_outside_is_read_in_each_call():
    f, runs = counted(lambda x: x[1:] * table[1:])
    for k in range(3):
        table[:] = A + k
        close(f(A), A[1:] * (A + k)[1:])
    assert runs() == 1


def test_looks_at_tensors_from_outside_record_for_their_values():
    global weight
    f, runs = counted(lambda x: x * float(weight.sum()) if weight[0] > 0 else x)
    with pytest.raises(JitError, match="request for a concrete value"):
        f(A)  # of a sum, not of the tensor itself
    flag = jitgrad.tensor(2.0)
    g, runs = counted(lambda x: x * flag if flag > 1 and flag.item() < 9 else x - flag)
    with pytest.raises(JitError):
        g(A)
    h, runs = counted(lambda x: x * 2 if flag else x * math.floor(flag) - len(weight.tolist()))
    close(h(A), A * 2), close(h(A), A * 2)
    flag.copy_(0.0)
    close(h(A), -3.0 * np.ones(3)), close(h(A), -3.0 * np.ones(3))
    assert runs() == 2
    weight = weight + 1
    close(h(A), -3.0 * np.ones(3))
    assert runs() == 3


def test_a_tensor_that_no_later_call_could_find_is_refused():
    source = iter([jitgrad.tensor(A)] * 9)
    with pytest.raises(JitError, match="pass it as an argument"):
        jitgrad.jit(lambda x: x * next(source))(A)


def test_counters_and_lists_outside_go_on(tier):
    """What a recording changes itself is different in the next call: each is recorded, and then
    called as it is."""
    seen, count = [], 0

    @jitgrad.jit
    def f(x):
        nonlocal count
        count += 1
        seen.append(count)
        return x * count

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitgradWarning)
        for k in range(1, 30):
            close(f(A), A * k)
    assert seen == list(range(1, 30))


def test_constants_and_shapes_of_tensors_from_outside():
    global weight
    f, runs = counted(
        lambda x: x.reshape(weight.shape) * jitgrad.tensor([2.0, 3.0, 4.0]) + jitgrad.arange(3)
    )
    close(f(A), A * [2, 3, 4] + [0, 1, 2]), close(f(A), A * [2, 3, 4] + [0, 1, 2])
    weight = weight.reshape(1, 3)
    assert f(A).shape == (1, 3) and runs() == 2


def test_random_numbers_are_drawn_in_each_call():
    @jitgrad.jit
    def f(x):
        return (
            x * jitgrad.randn(3) + jitgrad.rand(3),
            jitgrad.randint(0, 10, (4,)),
            jitgrad.randn(2, requires_grad=True).sum(),
        )

    jitgrad.manual_seed(3)
    got = [f(jitgrad.tensor(A)) for _ in range(4)]
    rng = np.random.default_rng(3)
    for y, k, s in got:
        close(y, A * rng.standard_normal(3) + rng.random(3))
        close(k, rng.integers(0, 10, 4)), close(s, rng.standard_normal(2).sum())


# --- nesting, threads, processes, tiers -----------------------------------------------------------


def test_jit_in_jit():
    global scale
    inner, runs = counted(lambda x, a: x * scale * a)
    outer, outer_runs = counted(lambda x, a: inner(x, a) + inner(x, 2 * a))
    for a in (1.0, 2.0):
        close(outer(A, a), A * 2 * 3 * a)
    assert (runs(), outer_runs()) == (2, 1)
    scale = 3.0
    close(outer(A, 1.0), A * 3 * 3)
    close(inner(A, 1.0), A * 3)


def test_recording_ends_with_the_call_in_it():
    """A jitted function that an eager one calls in the middle of what is pending."""
    f = jitgrad.jit(lambda x: x.exp())
    x = jitgrad.tensor(A, requires_grad=True)
    y = x * 2
    z = f(y) + y
    z.sum().backward()
    close(x.grad, 2 * np.exp(2 * A) + 2)


def test_threads():
    f = jitgrad.jit(jitgrad.value_and_grad(loss))
    w = jitgrad.tensor(A, requires_grad=True)
    g = jitgrad.jit(lambda x: (x * w).sum())
    wrong, start = [], threading.Barrier(4)

    def work(k):
        try:
            start.wait()
            for i in range(60):
                a = np.random.default_rng([k, i]).standard_normal(1 + i % 3)
                v, s = f(jitgrad.tensor(a))
                close(v, value(a)), close(s, slope(a))
                x = A * i + k
                y = g(x)
                close(y, (A * x).sum())
                close(jitgrad.autograd.grad(y, w)[0], x)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong, wrong[0]


def test_while_one_thread_records_others_call():
    inside, go = threading.Event(), threading.Event()
    f = jitgrad.jit(lambda x: x * 2)
    close(f(A), A * 2)

    @jitgrad.jit
    def slow(x):
        inside.set()
        go.wait(10)
        return f(x) + 1

    out = []
    thread = threading.Thread(target=lambda: out.append(slow(A)))
    thread.start()
    inside.wait(10)
    for k in range(3):
        close(f(A + k), 2 * (A + k))
        close(f(np.arange(4.0 + k)), 2 * np.arange(4.0 + k))
    go.set()
    thread.join()
    close(out[0], A * 2 + 1)


FORKED = """
import os, numpy as np, jitgrad
f = jitgrad.jit(jitgrad.grad(lambda x: (jitgrad.sin(x) * x).sum()))
def check(a):
    np.testing.assert_allclose(f(a), np.cos(a) * a + np.sin(a), rtol=1e-12)
check(np.arange(3.0))
child = os.fork()
check(np.arange(3.0) + 1), check(np.arange(4.0)), check(np.ones((2, 3)))
if child == 0:
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_replays(tmp_path):
    finish(start(FORKED, tmp_path, before=""))


def test_kernels_take_over():
    before, jitgrad.config.compile = jitgrad.config.compile, "auto"
    try:
        f = jitgrad.jit(
            jitgrad.value_and_grad(lambda x: (jitgrad.cosh(x) * jitgrad.sin(x * 3)).sum())
        )
        first = f(jitgrad.tensor(A))
        for _ in range(60):
            f(jitgrad.tensor(A))
        jitgrad.synchronize()
        (plan,) = f.plans()
        last = f(jitgrad.tensor(A))
        assert plan.run is plan._compiled is not None
        for a, b in zip(first, last, strict=True):
            close(b, a.numpy())
    finally:
        jitgrad.config.compile = before


def test_config_compile_reaches_recordings(tier):
    f = jitgrad.jit(lambda x: jitgrad.sinh(x).sum())
    for mode in ("never", "always", "never", "auto"):
        jitgrad.config.compile = mode
        close(f(A), np.sinh(A).sum())
