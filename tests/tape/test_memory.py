"""What is not needed any more is let go: operands of operations that failed, and what the compiler
kept of kernels."""

import gc
import threading
import weakref

import numpy as np
import processes
import pytest

import jitgrad
from jitgrad.base.config import cores
from jitgrad.runtime import background
from jitgrad.runtime import plan as plans
from jitgrad.tape.segment import local

ERRORS = (jitgrad.JitgradError, TypeError, ValueError, IndexError)


FAILING = {
    "reshape": lambda t: t.reshape(7, 7),
    "shapes": lambda t: t + jitgrad.ones(3),
    "foreign operand": lambda t: t + object(),
    "foreign first operand": lambda t: object() * t,
    "matmul": lambda t: t @ jitgrad.ones((3, 2)),
    "axis": lambda t: t.sum(axis=3),
    "index": lambda t: t[1000],
    "index array": lambda t: t[np.array([1000])],
    "concatenate": lambda t: jitgrad.concatenate([t, jitgrad.ones((2, 2))]),
    "where": lambda t: jitgrad.where(t > 0, t, jitgrad.ones(3)),
    "write": lambda t: t.__setitem__(slice(0, 2), jitgrad.ones(3)),
    "dtype": lambda t: t & t,
    "clip": lambda t: jitgrad.clip(t, "a", 2.0),
    "write in place": lambda t: t.__iadd__(jitgrad.ones((2, 10))),
}


@pytest.mark.parametrize("pending", [False, True], ids=["alone", "beside pending values"])
@pytest.mark.parametrize("name", FAILING)
def test_operands_of_operations_that_fail_can_be_used(name, pending, tier):
    jitgrad.ones(1).item()
    y = jitgrad.arange(3.0) * 2 if pending else None
    t = jitgrad.tensor(np.arange(10.0))
    with pytest.raises(ERRORS):
        FAILING[name](t)
    z = t * 2
    with pytest.raises(ERRORS):
        FAILING[name](t)
    assert (z + t).tolist() == [3.0 * k for k in range(10)]
    if pending:
        assert y.tolist() == [0.0, 2.0, 4.0]


@pytest.mark.parametrize("name", FAILING)
def test_a_loop_of_failures_keeps_nothing(name):
    """Without a look, and without any operation that works."""
    jitgrad.ones(1).item()
    alive = []
    for _ in range(200):
        t = jitgrad.tensor(np.arange(10.0))
        alive.append(weakref.ref(t._value))
        with pytest.raises(ERRORS):
            FAILING[name](t)
    del t
    gc.collect()
    writes = name.startswith("write")  # these record a view, or what is stretched, first
    assert sum(ref() is not None for ref in alive) <= (jitgrad.config.segment if writes else 1)
    assert len(local.seg.leaves) <= (2 * jitgrad.config.segment if writes else 2)


def test_a_tensor_of_a_failed_operation_is_as_it_was():
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    with pytest.raises(jitgrad.ShapeError):
        (y + jitgrad.ones(3)).sum()
    with pytest.raises(jitgrad.ShapeError):
        x.reshape(3)
    (x * y).sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


# --- kernels --------------------------------------------------------------------------------------


COUNT = """
import gc
import numpy as np
import jitgrad

x = jitgrad.tensor(np.linspace(0.1, 0.9, 50))

def program(k):
    y = x
    for j in range(k + 2):
        y = jitgrad.sin(y) + x
    return (y.sum() * 1.5 + jitgrad.exp(y.mean())).item()  # a kernel of arrays, and one of numbers

def held():
    gc.collect()
    kinds = [type(o) for o in gc.get_objects()]
    modules = [str(getattr(kind, "__module__", "")) for kind in kinds]
    homes = "llvmlite", "numba.core.codegen", "numba.core.compiler"
    return sum(m.startswith(homes) for m in modules)

program(0), program(1)
before = held()
for k in range(2, 8):
    program(k)
from jitgrad.runtime.stats import stats
print(stats.kernels, held() - before)
"""


@pytest.mark.parametrize("cached", [False, True], ids=["compiled", "from the disk"])
def test_of_a_kernel_its_machine_code_is_kept(tmp_path_factory, cached):
    """Neither LLVM's module, nor what numba keeps for inspection and for inlining it elsewhere."""
    cache = tmp_path_factory.getbasetemp() / "kept"
    for _ in range(1 + cached):
        out = processes.finish(processes.start(COUNT, cache, before="")).split()
    kernels, grown = map(int, out)
    assert kernels >= 8
    assert grown <= 2


APART = """
from jitgrad.runtime import background, plan as plans
from jitgrad.runtime.stats import CHILD, stats

plans.APART = background.ALONE = 0
jitgrad.config.child = True
run()
print({cost.how for cost in stats.costs.values()} == {CHILD})

from jitgrad.runtime.numba import build
def broken(source):
    raise jitgrad.CompileError("got a kernel that cannot be compiled")
build.loop_kernel = build.scalar_kernel = broken
try:
    (jitgrad.arange(7.0) * 2.5 + 3).cumsum().tolist()
except jitgrad.CompileError as error:
    print(error)
"""


@pytest.mark.skipif(cores() < 2, reason="one core has no room for a child")
def test_many_kernels_are_compiled_in_a_child_by_who_waits_for_them_too(tmp_path):
    """What fails there is raised where the caller waits."""
    out = processes.finish(processes.start(APART, tmp_path))
    assert out.splitlines() == ["True", "got a kernel that cannot be compiled"]


def test_a_look_in_the_compile_thread_waits_for_nobody(monkeypatch):
    """As that of a finaliser that runs there."""
    compiler = background.Background()
    compiler.thread = threading.current_thread()
    monkeypatch.setattr(background, "compiler", compiler)
    monkeypatch.setattr(plans, "APART", 0)
    before, jitgrad.config.compile = jitgrad.config.compile, "always"
    try:
        assert (jitgrad.arange(3.0) * 1.0625).tolist() == [0.0, 1.0625, 2.125]
    finally:
        jitgrad.config.compile = before
