"""`jitgrad.explain`: that it tells what a program does, in known figures, and leaves it as it
was."""

import gc
import json
import os
import weakref

import numpy as np
import pytest
from programs_seen import forget_programs
from small_programs import MATRICES, VECTORS

import jitgrad as jg
import jitgrad.numpy as jn
from jitgrad import ArgumentError
from jitgrad.compile import limits
from jitgrad.compile.work import least, work_of
from jitgrad.runtime import cache, events, watch
from jitgrad.runtime import plan as running
from jitgrad.runtime.plan import Plan, observed_plans
from jitgrad.runtime.stats import CHILD, COMPILED, LOADED

N = 5000
GIVEN = jg.ones(N)  # a name at module level


@pytest.fixture(autouse=True)
def _anew():
    jg.tensor(0.0).item(), jg.synchronize()
    forget_programs()
    yield
    assert not events.active()


@pytest.fixture
def compiled(monkeypatch):
    monkeypatch.setattr(jg.config, "compile", "always")


def tensor(*shape, grad=True, seed=0):
    return jg.tensor(np.random.RandomState(seed).uniform(0.5, 1.5, shape), requires_grad=grad)


# --- what is said ---------------------------------------------------------------------------------


def test_a_pending_value(compiled):
    x = tensor(N)
    y = (jn.sin(x) * x).sum()
    e = jg.explain(y)
    (plan,), (k,) = e.plans, e.kernels
    assert (k.number, k.kind, k.operations, k.again) == (1, "flat", ("sin", "multiply", "sum"), ())
    assert (k.bytes_read, k.bytes_written, k.loops) == (8 * N, 0, (N,))
    assert (plan.bytes_moved, plan.bytes_least, plan.calls, plan.compiled) == (
        8 * N,
        8 * N,
        1,
        True,
    )
    assert [(a.operation, a.type, a.bytes, a.why) for a in k.reads] == [
        ("", f"float64[{N}]", 8 * N, "input")
    ]
    assert [(a.operation, a.bytes) for a in k.keeps] == [("sum", 8)] and k.keeps[0].why.startswith(
        "result"
    )
    assert (
        k.seconds > 0
        and k.gbs == pytest.approx(8 * N / k.seconds / 1e9)
        and plan.seconds >= 0.5 * k.seconds
    )
    assert (
        k.threads == 1
        and k.chunks >= 1
        and k.compile_seconds > 0
        and k.origin in (COMPILED, LOADED, CHILD)
    )
    assert [s.partition(" = ")[2].partition("(")[0] for s in k.listing] == [
        "sin",
        "multiply",
        "sum",
    ]


def test_the_source_and_its_file(compiled):
    e = jg.explain(jn.exp(tensor(N, grad=False)).sum())
    (k,) = e.kernels
    assert e.source == k.source and "def body(" in k.source
    assert os.path.basename(k.path) == k.name + ".py" == os.path.basename(cache.path_of(k.source))
    with open(k.path, encoding="utf-8") as file:
        assert file.read() == k.source
    with jg.profile() as p:
        jn.exp(tensor(N, grad=False)).sum().item()
    assert [row.name for row in p.kernels] == [k.name]


def test_values_between_kernels(compiled):
    """Two passes: the maximum must be whole before it is subtracted."""
    x = tensor(40, 30, grad=False)
    e = jg.explain(jn.cumsum(jn.exp(x - x.max(1, keepdims=True)), 0))
    names = [k.name for k in e.kernels]
    call = next(k for k in e.kernels if k.kind == "call" or "cumsum" in k.operations)
    largest = next(k for k in e.kernels if "max" in k.operations)
    assert call.keeps[0].why == "result" and call.keeps[0].bytes == 8 * 40 * 30
    made = [a.why for k in e.kernels for a in k.reads]
    assert "input" in made and set(made) <= {"input", *(f"kernel {k.number}" for k in e.kernels)}
    if largest is not call and len(names) > 2:
        assert largest.keeps[0].bytes == 8 * 40 and largest.keeps[0].why.startswith("for kernel")
    assert e.plans[0].bytes_moved >= e.plans[0].bytes_least == 2 * 8 * 40 * 30


def test_small_kernels_that_run_in_one_call(monkeypatch):
    """Those that a driver runs; a large product by NumPy stands between two groups."""
    monkeypatch.setattr(jg.config, "compile", "never")
    x = tensor(4, 200)
    wide = jn.cumsum(x, axis=0) + jn.cumsum(x, axis=1).max()
    (plan,) = jg.explain(jn.cumsum(wide @ jn.ones((200, 2000)), axis=0).max()).plans
    kinds = {k.number: k.kind for k in plan.kernels}
    assert plan.groups and all(first < last for first, last in plan.groups)
    grouped = {n for first, last in plan.groups for n in range(first, last + 1)}
    assert grouped.isdisjoint(n for n, kind in kinds.items() if kind == "call")
    assert "in one call each" in str(jg.explain(jn.cumsum(x[0]).max() + jn.cumsum(x[1]).max()))


def test_a_scan_in_blocks_is_two_kernels(compiled):
    """The totals of all blocks must be there before a block can begin."""
    first, second = jg.explain(jn.cumsum(tensor(300_000, grad=False))).kernels
    assert [(a.operation, a.why) for a in first.keeps] == [
        ("cumsum", "totals of its blocks, for kernel 2")
    ]
    assert (
        first.chunks == second.chunks > 1
        and first.keeps[0].bytes == 8 * limits.now.scan_lanes * first.chunks
    )
    assert [(a.bytes, a.why) for a in second.keeps] == [
        (8 * 300_000, "result")
    ] and first.again == second.again == ()
    assert (first.bytes_read, second.bytes_read) == (8 * 300_000, 8 * 300_000)


def test_gradients(compiled):
    """Values and gradients are one kernel: x is read once, and its gradient written."""
    x = tensor(N)
    y = (x * x * x).sum()
    e = jg.explain(y.backward)
    (k,) = e.kernels
    assert (
        (k.bytes_read, k.bytes_written) == (8 * N, 8 * N) == (e.plans[0].bytes_least - 8 * N,) * 2
    )
    assert {a.why for a in k.keeps} == {"result", "gradient"}
    np.testing.assert_allclose(x.grad, 3 * np.asarray(x.detach()) ** 2)
    e = jg.explain(jg.grad(lambda x: (x * x * x).sum()), tensor(N, grad=False))
    assert [k.bytes_written for k in e.kernels] == [8 * N]


def test_a_backward_of_what_ran(compiled):
    x = tensor(N)
    y = (jn.exp(x) * 2.0).sum()
    y.item()
    e = jg.explain(y.backward)
    assert e.plans[0].title.startswith("backward of") and e.kernels[0].keeps[0].why == "gradient"
    np.testing.assert_allclose(x.grad, 2 * np.exp(np.asarray(x.detach())))


def test_steps_by_numpy_have_their_flops(compiled):
    x, y = tensor(30, 20, grad=False), tensor(20, 7, grad=False)
    product = next(k for k in jg.explain(jn.exp(x @ y)).kernels if "matmul" in k.operations)
    if product.kind == "call":
        assert product.name == "numpy_matmul" and product.source is None and product.path is None
        assert product.flops == 2 * 30 * 20 * 7
        assert (product.bytes_read, product.bytes_written) == (8 * (600 + 140), 8 * 210)


def test_the_names_of_the_program(compiled):
    def f(weights):
        return (weights * GIVEN * inner).sum()

    inner = tensor(N, grad=False, seed=1)
    e = jg.explain(f, tensor(N, grad=False))
    assert {a.name for k in e.kernels for a in k.reads} == {"weights", "GIVEN", "inner"}
    assert "weights" in str(e) and "multiply(" in e.kernels[0].listing[0]
    assert "GIVEN" in str((GIVEN * 2.0).explain())


def test_a_function_is_called_once_and_looked_at(compiled):
    calls = []

    def f(x, scale):
        calls.append(x)
        return {"a": x * scale, "b": [(x + scale).sum(), 3]}

    x = tensor(N, grad=False)
    e = jg.explain(f, x, scale=2.0)
    assert len(calls) == 1 and sum(plan.calls for plan in e.plans) == 1
    np.testing.assert_array_equal(e.value["a"], np.asarray(x) * 2.0)
    assert {op for k in e.kernels for op in k.operations} == {"multiply", "add", "sum"}


def test_a_loop_that_looks_is_one_plan(compiled):
    def f(x):
        while float(x.sum()) < 1e9:
            x = x * 3.0
        return x

    e = jg.explain(f, tensor(N, grad=False))
    assert max(plan.calls for plan in e.plans) > 5 and len(e.plans) < 4


def test_a_jitted_function(compiled):
    f = jg.jit(lambda x: jn.exp(x).sum())
    x = tensor(N, grad=False)
    f(x).item(), f(x).item()
    (k,) = jg.explain(f, x).kernels
    assert (
        k.operations == ("exp", "sum") and k.seconds > 0 and [a.why for a in k.keeps] == ["result"]
    )
    with jg.profile() as p:
        for _ in range(3):
            f(x).item()
    assert [(row.name, row.calls) for row in p.kernels] == [(k.name, 3)]


# --- known bytes ----------------------------------------------------------------------------------

BYTES = {
    "slice": (lambda x: x[: N // 2] * 2.0, N // 2, N // 2),
    "every second": (lambda x: x[::2] * 2.0, N // 2, N // 2),
    "differences": (lambda x: x[1:] - x[:-1], N, N - 1),
    "outer": (lambda x: x[:50, None] * x[None, :40], 50 + 40, 2000),
    "sum": (lambda x: (x * x).sum(), N, 0),
    "several results": (lambda x: (x * 2.0, jn.exp(x)), N, 2 * N),
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_of_known_programs(name, monkeypatch):
    monkeypatch.setattr(jg.config, "compile", "never")
    program, read, written = BYTES[name]
    (plan,) = jg.explain(program, tensor(N, grad=False)).plans
    assert sum(k.bytes_read for k in plan.kernels) == 8 * read
    assert sum(k.bytes_written for k in plan.kernels) == 8 * written
    assert abs(plan.bytes_least - 8 * (read + written)) <= 8, "0-d results count there"


def test_float32_and_bool_have_their_sizes(monkeypatch):
    monkeypatch.setattr(jg.config, "compile", "never")
    x = jg.tensor(np.ones(N, np.float32))
    (plan,) = jg.explain(lambda: x > 0.5).plans
    assert [(k.bytes_read, k.bytes_written) for k in plan.kernels] == [(4 * N, N)]


def test_no_plan_moves_less_than_the_least():
    for program, shape in [(f, (40,)) for f in VECTORS.values()] + [
        (f, (8, 6)) for f in MATRICES.values()
    ]:
        x = tensor(*shape)
        with observed_plans() as plans:
            program(x).sum().backward()
        for plan in plans:
            lowered = plan.lowered()
            moved = sum(w.bytes_read + w.bytes_written for w in work_of(lowered))
            results = 8 * sum(root.ndim == 0 for root in lowered.fusion.roots)
            assert moved >= least(lowered) - results, plan.title
            for work in work_of(lowered):
                assert all(
                    0 < size <= node.size * node.dtype.itemsize
                    for node, size in (*work.reads, *work.writes)
                )


# --- tiers ----------------------------------------------------------------------------------------


def test_without_kernels_it_says_what_they_would_be(monkeypatch):
    monkeypatch.setattr(jg.config, "compile", "never")
    e = jg.explain(jn.sin(tensor(N, grad=False) * 0.77123))
    (plan,), (k,) = e.plans, e.kernels
    assert plan.compiled is False and plan.seconds > 0
    assert (k.seconds, k.gbs, k.origin, k.path) == (
        None,
        None,
        "",
        None,
    ) and "def body(" in k.source
    assert "by NumPy" in str(e) and "until they are compiled" not in str(e)


def test_a_cold_plan_stays_cold(monkeypatch):
    monkeypatch.setattr(jg.config, "compile", "auto")
    monkeypatch.setattr(running, "HOT", 0.0)  # another run would have it compiled
    y = jn.sin(tensor(N, grad=False)) * 2.0
    with observed_plans() as plans:
        e = jg.explain(y)
    assert e.plans[0].compiled is False and e.kernels[0].seconds > 0
    assert "until they are compiled" in str(e)
    (plan,) = plans
    assert plan.run == plan._cold and plan._compiled is None


def test_what_cannot_be_compiled_is_said(compiled, monkeypatch):
    def fails(*_):
        raise jg.CompileError("no compiler today\nsource")

    monkeypatch.setattr(jg.config, "compile", "auto")
    monkeypatch.setattr(watch, "timed", fails)
    e = jg.explain(tensor(N, grad=False) * 2.0)
    assert e.plans[0].problem == "no compiler today" and "no compiler today" in str(e)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads(compiled, threads, monkeypatch):
    monkeypatch.setattr(jg.config, "num_threads", threads)
    (k,) = jg.explain(jn.exp(tensor(300_000, grad=False))).kernels
    assert k.threads == jg.get_num_threads() and k.chunks > 1


# --- what ran before ------------------------------------------------------------------------------


def test_a_value_that_ran(compiled):
    x = tensor(N)
    y = (x * x).sum()
    z = jn.sqrt(y) + 1.0
    z.item()
    (plan,) = jg.explain(y).plans
    assert (plan.title, plan.calls, plan.compiled) == ("one value", 0, None)
    assert plan.kernels[0].operations == ("multiply", "sum") and plan.kernels[0].seconds > 0
    z.backward()
    (plan,) = jg.explain(y).plans
    assert (
        plan.seconds is None
        and "inputs are gone" in plan.problem
        and "inputs are gone" in str(jg.explain(y))
    )
    assert jg.explain(y.detach()).plans == [] and "it was given" in str(jg.explain(y.detach()))


def test_a_value_that_was_given(compiled):
    for t in (tensor(N), tensor(N, grad=False)):
        e = jg.explain(t)
        assert e.plans == [] and e.kernels == [] and e.source == "" and "given" in str(e)
    e = jg.explain(lambda: 3)
    assert e.value == 3 and "nothing ran" in str(e)


# --- it leaves all as it was ----------------------------------------------------------------------


def test_nothing_changes(tier):
    def run(look):
        x = tensor(N)
        with observed_plans() as plans:
            y = jn.exp(x) * x
            z = y.sum()
            if look:
                jg.explain(y), jg.explain(y), jg.explain(x)
            else:
                y.detach().numpy()
            (z * 2.0).backward()
        return (
            y.tolist(),
            z.item(),
            x.grad.tolist(),
            [plan.title for plan in plans if plan.title != "one value"],
        )

    assert run(False)[:3] == run(True)[:3] == run(False)[:3]


def test_a_graph_stays_usable(compiled):
    x = tensor(N)
    y = (x * x).sum()
    jg.explain(y), jg.explain(y)
    assert x.grad is None and y.requires_grad
    jg.explain(lambda: y.backward(retain_graph=True))
    y.backward()
    np.testing.assert_allclose(x.grad, 4 * np.asarray(x.detach()))


def test_nothing_is_held(compiled, no_gc):
    x = tensor(N)
    y = jn.sin(x) * 2.0
    e = jg.explain(lambda: None)
    e = jg.explain(y)
    seen = weakref.ref(y)
    del e, y
    gc.collect()
    assert seen() is None


def test_wrong_arguments():
    with pytest.raises(ArgumentError, match="got a tensor and arguments"):
        jg.explain(tensor(3), 1)
    with pytest.raises(ArgumentError, match="type int to explain"):
        jg.explain(3)


def test_an_exception_of_the_function_passes(compiled):
    x = tensor(N, grad=False)
    with pytest.raises(ZeroDivisionError):
        jg.explain(lambda: int(float((x * 2.0).sum())) // 0)
    assert not events.active()


def test_as_data_and_for_a_plan(compiled):
    e = jg.explain((tensor(N) * 2.0).sum())
    assert json.loads(json.dumps(e.to_dict()))["plans"][0]["kernels"][0]["bytes_read"] == 8 * N
    from jitgrad.diagnostics.explain import of_plan
    from jitgrad.ir import leaf
    from jitgrad.ops import REGISTRY

    x = leaf(0, (4, 5), np.dtype(float))
    text = str(of_plan(Plan([REGISTRY["sum"](REGISTRY["exp"](x))], "a plan")))
    assert text.startswith("a plan: 1 kernel\n") and "reads" in text and "takes" not in text


def test_long_lists_are_cut_in_the_text(monkeypatch):
    monkeypatch.setattr(jg.config, "compile", "never")
    xs = [tensor(N, grad=False, seed=k) for k in range(20)]

    def total():
        out = xs[0]
        for x in xs[1:]:
            out = out + x
        return out

    e = jg.explain(total)
    assert len(e.kernels[0].reads) == 20 and "and 8 more" in str(e)
    assert "add x19" in str(e)
