"""The two ways to compile kernels, by numba's inner parts and by its public API: the same results,
kernels of their own on the disk, and the second where the first fails in another numba."""

import textwrap
import warnings

import numpy as np
import pytest
from processes import SMALL, finish, start
from programs_seen import forget_programs

import jitgrad
import jitgrad.numpy as jn
from jitgrad import CompileError, JitgradWarning
from jitgrad.runtime import cache, toolchain
from jitgrad.runtime.numba import api, public
from jitgrad.runtime.plan import observed_plans
from jitgrad.runtime.worker import Worker

#: Losses with kernels of each kind, of NumPy or of tensors, and how far values may be off.
LOSSES = {
    "chain": (lambda np, x: (np.sin(x) * np.exp(-x * x)).sum(), 1e-12),
    "rows": (lambda np, x: (x / np.abs(x).max(axis=1, keepdims=True)).sum(), 1e-12),
    "columns": (lambda np, x: (x.std(axis=0) ** 2).sum() + np.exp(x.mean(axis=0)).prod(), 1e-12),
    "scan": (lambda np, x: (np.cumsum(x, 1) * x).mean(), 1e-12),
    "long scan": (lambda np, x: (np.cumsum(x.reshape(-1)) * x.reshape(-1)).sum(), 1e-9),
    "shifted": (lambda np, x: ((x[1:] - x[:-1]) ** 2).sum(), 1e-12),
    "taken": (lambda np, x: (x[np.arange(50) * 7 % 40] ** 2).sum(), 1e-12),
    "transposed": (lambda np, x: (x.reshape(30, -1).T * x.reshape(-1, 30)).sum(), 1e-10),
    "numbers": (lambda np, x: np.sqrt(x[0, 0] ** 2 + x[1, 1] ** 2) * np.tanh(x[2, 2]), 1e-12),
    "least": (lambda np, x: np.minimum(x, x.mean()).sum() + x.min() * x.max(), 1e-12),
}


@pytest.fixture(autouse=True)
def recorded_anew():
    """Programs are recorded as in a new process."""
    forget_programs()


@pytest.fixture
def public_api():
    """Kernels, compiled by numba's public API; those of all other tests are not."""
    jitgrad.synchronize()
    before = jitgrad.config.numba, jitgrad.config.compile
    jitgrad.config.numba, jitgrad.config.compile = "public", "always"
    yield
    jitgrad.config.numba, jitgrad.config.compile = before


@pytest.mark.parametrize(
    ("name", "dtype"),
    [*((name, "float64") for name in LOSSES), *((name, "float32") for name in [*LOSSES][::3])],
)
def test_values_and_gradients(public_api, name, dtype):
    loss, tolerance = LOSSES[name]
    tolerance = tolerance if dtype == "float64" else 2e-4
    data = np.random.default_rng(0).uniform(0.1, 1, (60, 70)).astype(dtype)
    x = jitgrad.tensor(data, requires_grad=True)
    with observed_plans() as plans:
        value = loss(jn, x)
        value.backward()
        gradient = x.grad.numpy()
    assert plans and all(plan.is_compiled for plan in plans)
    np.testing.assert_allclose(value.item(), loss(np, data.astype("f8")), rtol=tolerance)
    step = np.random.default_rng(1).uniform(-1, 1, data.shape)
    ahead, behind = (loss(np, data.astype("f8") + h * step) for h in (1e-6, -1e-6))
    rtol = 1e-5 if dtype == "float64" else 2e-3
    np.testing.assert_allclose(
        (gradient * step).sum(), (ahead - behind) / 2e-6, rtol=rtol, atol=rtol
    )


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "int64", "float32", "float64"])
def test_every_dtype_as_operand_result_and_number(public_api, dtype):
    data = np.array([0, 1, 1, 0, 1, 1, 0, 1, 1, 0]).astype(dtype)
    x = jitgrad.tensor(data)
    np.testing.assert_array_equal(
        jn.where(x == 1, x, x[::-1]), np.where(data == 1, data, data[::-1])
    )
    np.testing.assert_array_equal(jn.maximum(x, x[1]), np.maximum(data, data[1]))
    assert jn.sum(x).item() == data.sum() and (x[1] + x[2]).item() == data[1] + data[2]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_elementwise_functions_have_the_same_bits(dtype):
    """They are the same LLVM instructions, and nothing of them may be reordered."""
    data = np.random.default_rng(3).uniform(0.01, 4, 1000).astype(dtype)
    x, y = (np.linspace(0.5, 3, 1000).astype(dtype) for _ in "xy")
    found = {}
    before = jitgrad.config.numba, jitgrad.config.compile
    try:
        jitgrad.config.compile = "always"
        for jitgrad.config.numba in ("fast", "public"):
            one, two, three = (jitgrad.tensor(v) for v in (data, x, y[::-1].copy()))
            names = ("exp", "log1p", "sin", "tanh", "arctan", "cbrt", "erf", "sqrt", "sigmoid")
            out = {name: getattr(jitgrad, name)(one) for name in names}
            for f in (jn.power, jn.arctan2, jn.floor_divide, jn.remainder, jn.fmod, jn.logaddexp):
                out[f.__name__] = f(two, three)
            for name, got in out.items():
                found.setdefault(name, []).append(got.numpy().tobytes())
    finally:
        jitgrad.config.numba, jitgrad.config.compile = before
    assert len(found) == 15
    assert all(fast == public for fast, public in found.values()), found.keys()


def test_parallel_launches(numba_api, tmp_path, monkeypatch):
    """Chunks on jitgrad's own threads, and on numba's where those are not available."""
    monkeypatch.setenv("JITGRAD_NUMBA", numba_api)
    source = """
    from jitgrad.runtime import launch, threads
    for own in (True, False):
        if not own:
            threads.available, launch._state.parallel = lambda: False, None
        x = np.random.default_rng(own).uniform(-1, 1, 400_000)
        t = jitgrad.tensor(x, requires_grad=True)
        y = (jitgrad.sin(t) * t).sum()
        y.backward()
        np.testing.assert_allclose(y.item(), (np.sin(x) * x).sum(), rtol=1e-9)
        np.testing.assert_allclose(t.grad.numpy(), np.sin(x) + np.cos(x) * x, rtol=1e-9, atol=1e-12)
        assert jitgrad.config.num_threads == 1 or launch._state.parallel is not None
    """
    finish(start(source, tmp_path))


def test_kernels_of_each_have_a_folder_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "cache_dir", str(tmp_path))
    assert cache.folder("fast") != cache.folder("public")
    assert cache.folder() == cache.folder(jitgrad.config.numba)


def test_a_change_of_the_setting_compiles_anew(numba_api):
    x = jitgrad.tensor([1.0, 2.0, 3.0])

    def work():
        return (jitgrad.cosh(x) * 1.75).tolist()

    want = (np.cosh([1.0, 2.0, 3.0]) * 1.75).tolist()
    (x + 0.0).tolist()
    with observed_plans() as plans:
        np.testing.assert_allclose(work(), want, rtol=1e-14)
    (plan,) = plans
    (kernel,) = plan.kernels
    build = toolchain.load()
    assert build.built(kernel.source) and plan.is_compiled
    jitgrad.config.numba = next(name for name in api.MODULES if name != numba_api)
    assert not build.built(kernel.source) and not plan.is_compiled
    np.testing.assert_allclose(work(), want, rtol=1e-14)
    assert build.built(kernel.source) and plan.is_compiled


def test_the_child_compiles_as_its_parent_does(tmp_path, monkeypatch, numba_api):
    """Though the environment may say something else."""
    monkeypatch.setattr(jitgrad.config, "cache_dir", str(tmp_path))
    monkeypatch.setenv("JITGRAD_NUMBA", next(n for n in api.MODULES if n != numba_api))
    worker = Worker()
    if not worker.usable:
        pytest.skip("one core has no room for a child process")
    source = kernel_source()
    assert not cache.has(source)
    assert len(list(worker.build([("loop", source)]))) == 1
    worker.stop()
    assert cache.has(source)


def kernel_source():
    before = jitgrad.config.compile
    try:
        jitgrad.config.compile = "never"
        with observed_plans() as plans:
            (jitgrad.sinh(jitgrad.tensor(np.ones(5))) * 3.5).tolist()
    finally:
        jitgrad.config.compile = before
    return plans[-1].kernels[0].source


def test_what_both_refuse_is_an_error_and_no_reason_to_change(numba_api):
    source = kernel_source().replace("sinh(", "no_such_function(")
    with pytest.raises(CompileError, match="no_such_function"):
        toolchain.load().loop_kernel(source)
    assert jitgrad.config.numba == numba_api


def test_the_loops_of_the_public_way_know_that_arrays_do_not_overlap(tmp_path, monkeypatch):
    """Else LLVM tests addresses at run time, and sums have bits that depend on them."""
    monkeypatch.setattr(jitgrad.config, "cache_dir", str(tmp_path))  # compiled here
    source = kernel_source().replace("sinh", "cosh")
    module = cache.load(source, "public", public.parsed)
    (code,) = module.body.inspect_llvm().values()
    head = next(line for line in code.splitlines() if line.startswith("define") and "body" in line)
    assert head.count("noalias") >= 4, "what numba returns by, errors, the operand and the result"
    assert module.chunk.address


# ----- another numba

#: What another numba may lack or do otherwise: statements before jitgrad asks for a kernel. What
#: numba itself uses, too, is other for jitgrad alone (`hide`).
MISSING = {
    "a module": "sys.modules['numba.core.typeinfer'] = None",
    "a name": "hide('caching', 'FunctionCache')",
    "a class": "hide('ccallback', 'CFunc')",
    "a pass": "hide('typed_passes', 'NoPythonBackend')",
    "a signature": "hide('transforms', 'canonicalize_cfg', lambda: None)",
    "a method": "import llvmlite.binding as llvm; del llvm.ExecutionEngine.remove_module",
}
#: A program with a kernel that is numba's to compile: a power of integers.
BY_NUMBA = """
import jitgrad

def run():
    x, y = jitgrad.tensor([1, 2, 3]), jitgrad.tensor([2, 3, 2])
    assert (x**y).tolist() == [1, 8, 9]
    assert (jitgrad.tensor(2) ** jitgrad.tensor(5)).item() == 32
"""
BREAK = """
import importlib, sys, types, warnings
import numba

def hide(module, name, other=None):
    module = importlib.import_module(f"numba.core.{module}")

    class Another(types.ModuleType):
        def __getattribute__(self, wanted):
            asking = sys._getframe(1).f_globals.get("__name__", "")
            if wanted == name and asking.startswith("jitgrad."):
                if other is None:
                    raise AttributeError(name)
                return other
            return super().__getattribute__(wanted)

    module.__class__ = Another

warnings.simplefilter("always")
shown = []
warnings.showwarning = lambda message, *args: shown.append(message)
"""
CHECK = """
run()
run()
jitgrad.synchronize()
from jitgrad.runtime.stats import stats
ours = [str(m) for m in shown if isinstance(m, jitgrad.JitgradWarning)]
"""
FELL_BACK = """
assert jitgrad.config.numba == "public" and stats.kernels > 0
assert len(ours) == 1 and "JITGRAD_NUMBA=public" in ours[0] and numba.__version__ in ours[0], ours
print(stats.compiled)
"""


@pytest.mark.parametrize("what", MISSING)
def test_another_numba_compiles_by_its_public_api(tmp_path, monkeypatch, what):
    monkeypatch.setenv("JITGRAD_NUMBA", "fast")
    before = BREAK + MISSING[what] + BY_NUMBA
    assert int(finish(start(CHECK + FELL_BACK, tmp_path, before=before))) > 0


def test_another_numba_in_the_background(tmp_path, monkeypatch):
    monkeypatch.setenv("JITGRAD_NUMBA", "fast")
    before = BREAK + MISSING["a class"] + BY_NUMBA
    script = "for _ in range(4):\n    run()\n    jitgrad.synchronize()\n" + CHECK + FELL_BACK
    assert int(finish(start(script, tmp_path, "auto", before))) > 0


@pytest.mark.parametrize(
    ("version", "told"), [("1.0.0rc1", 1), ("0.99.1", 1), ("0.68.9", 0), ("0.62.0", 0), ("odd", 0)]
)
def test_a_newer_numba_is_told_of(monkeypatch, version, told):
    """And what to do."""
    monkeypatch.setattr("numba.__version__", version)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        api.check_version()
    texts = [str(warning.message) for warning in seen]
    assert len(texts) == told and all(warning.category is JitgradWarning for warning in seen)
    assert all(version in text and "JITGRAD_NUMBA=public" in text for text in texts)


def test_a_newer_numba_is_used_and_told_of_once(tmp_path, monkeypatch):
    script = (
        CHECK
        + """
assert jitgrad.config.numba == 'fast' and stats.kernels > 0
assert len(ours) == 1 and "0.99.0" in ours[0], ours
"""
    )
    before = BREAK + "numba.__version__ = '0.99.0'\n" + BY_NUMBA
    monkeypatch.setenv("JITGRAD_NUMBA", "fast")
    assert finish(start(script, tmp_path, before=before)) == ""


def test_numba_counts_the_functions_of_users_as_ever(tmp_path):
    """Nothing of numba's is replaced."""
    before = """
    import numba.core.bytecode as bytecode
    first = bytecode.FunctionIdentity._unique_ids
    """
    script = """
    run()
    assert bytecode.FunctionIdentity._unique_ids is first
    """
    finish(start(script, tmp_path, before=textwrap.dedent(before) + SMALL))


#: Kernels that call functions which numba compiles from Python, of one operand type.
CALLING = {
    name: f"import jitgrad.numpy as jn; x = jitgrad.tensor(np.arange(-9, 9, dtype='{dtype}'))\n"
    f"got = jn.{name}(x, 4)\n"
    f"np.testing.assert_array_equal(got, np.{name}(np.arange(-9, 9, dtype='{dtype}'), 4))\n"
    for name, dtype in {"floor_divide": "int64", "remainder": "int64", "fmod": "int32"}.items()
}


@pytest.mark.parametrize("name", list(api.MODULES))
def test_kernels_of_several_processes_serve_another(tmp_path, monkeypatch, name):
    """numba numbers functions in each process from 1, and their symbols have these numbers."""
    monkeypatch.setenv("JITGRAD_NUMBA", name)
    for text in CALLING.values():
        finish(start(text, tmp_path, before="import numpy as np, jitgrad\n"))
    script = "".join(CALLING.values())
    script += "from jitgrad.runtime.stats import stats; print(stats.compiled, stats.loaded)"
    assert finish(start(script, tmp_path, before="import numpy as np, jitgrad\n")) == "0 3\n"
