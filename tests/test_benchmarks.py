"""No benchmark rots: each runs once with its smallest parameters, on the NumPy tier, which has
nothing to compile.

`smallest` says which parameters those are; what has a `setup_cache` runs it for them alone. A row
that asv would show as failed is a failed test here.
"""

import ast
import functools
import importlib
import inspect
import itertools
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from folders import ROOT

import jitgrad

sys.path.insert(0, str(ROOT))
from benchmarks.asv import bench_ops
from benchmarks.workloads import WORKLOADS

MODULES = sorted(path.stem for path in (ROOT / "benchmarks" / "asv").glob("bench_*.py"))
KINDS = ("time_", "track_", "peakmem_")

#: What stands for the sizes of the benchmarks here.
SMALL = {
    "benchmarks.common": {"COMPILE": "never", "ROUNDS": 1, "BUDGET": 0.0},
    "benchmarks.asv.bench_import": {"RUNS": 1, "CALLS": 1},
    "benchmarks.asv.bench_memory": {"ELEMENTS": 10**4},
    "benchmarks.asv.bench_science": {"ELEMENTS": 64, "ROWS": 2},
}
#: Parameters that are not the first of each list: `Peak` has a process for each row.
PARAMS = {"Peak": [["chain", "perceptron"], ["jitgrad", "numpy"]]}
PARAMS["LinearAlgebra"] = [["solve_10", "cholesky_10"]]
PARAMS |= {name: [list(bench_ops.CASES), [10**3]] for name in ("Operations", "Gradients")}
PARAMS |= {
    name: [list(WORKLOADS), [100], ["float64"], [1]]
    for name in ("Beside", "BesideHand", "BesidePeers")
}


def smallest(cls):
    """The lists of parameters to try: all of a list of names, the first of a list of sizes."""
    params = getattr(cls, "params", [])
    return PARAMS.get(cls.__name__) or [
        p if all(isinstance(v, str) for v in p) and len(p) > 4 else p[:1] for p in params
    ]


def methods(cls):
    return [name for name in dir(cls) if name.startswith(KINDS) and getattr(cls, name) is not None]


def classes():
    for name in MODULES:
        module = importlib.import_module(f"benchmarks.asv.{name}")
        for cls in vars(module).values():
            if inspect.isclass(cls) and cls.__module__ == module.__name__ and methods(cls):
                yield cls


def cases():
    for cls in classes():
        for params in itertools.product(*smallest(cls)):
            yield cls, params


CASES = list(cases())


@functools.cache
def cached(function, cls):
    """What `setup_cache` gives for the smallest parameters; asv, too, runs one that several classes
    share once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cls, "params", smallest(cls))
        return function(cls())


def cache_of(cls):
    function = getattr(cls, "setup_cache", None)
    if function is None:
        return ()
    owner = next(c for c in reversed(cls.__mro__) if getattr(c, "setup_cache", None) is function)
    return (cached(function, owner),)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    for name, values in SMALL.items():
        module = importlib.import_module(name)
        for attribute, value in values.items():
            monkeypatch.setattr(module, attribute, value)
    beside = importlib.import_module("benchmarks.tools.beside")
    monkeypatch.setattr(
        beside, "installed", lambda: ["jitgrad", "numpy", "numba"]
    )  # test_benchmarks_beside has the peers


def run(cls, params):
    """Runs all of a class once, as asv does; False where asv leaves these parameters out."""
    benchmark, arguments = cls(), (*cache_of(cls), *params)
    if hasattr(benchmark, "setup"):
        try:
            benchmark.setup(*arguments)
        except NotImplementedError as reason:
            assert str(reason)
            return False
    for name in methods(cls):
        out = getattr(benchmark, name)(*arguments)
        if name.startswith("track_"):
            assert getattr(benchmark, name).unit
            assert (np.isfinite(out) and out >= 0) or (np.isnan(out) and "over_torch" in name)
    return True


@pytest.mark.parametrize(
    "cls", [*classes()], ids=lambda cls: f"{cls.__module__[15:]}-{cls.__name__}"
)
def test_benchmark(cls):
    """With all parameters in one process, as asv runs them, which fill a class's cache once."""
    for params in itertools.product(*smallest(cls)):
        assert run(cls, params) or cls.__name__ in LEFT_OUT, params


#: Classes that leave out some parameters: what has no gradient, no kernel by hand, no peer
#: installed, no function of the C library, no /proc.
LEFT_OUT = {
    "Gradients",
    "BesideHand",
    "BesidePeers",
    "LinearAlgebra",
    "BesideNumPy",
    "BesideLibm",
} | ({"Peak"} if sys.platform != "linux" else set())


def test_what_is_left_out():
    """Asv is told to skip what cannot be, and nothing else."""
    beside = sys.modules["benchmarks.asv.bench_beside"]
    skipped = {
        params[0] for cls, params in CASES if cls.__name__ == "Gradients" and not run(cls, params)
    }
    assert skipped == {
        name for name, (entry, _) in bench_ops.CASES.items() if not entry.differentiable
    }
    by_hand = {params[0] for cls, params in CASES if cls is beside.BesideHand and run(cls, params)}
    assert by_hand == set(beside.WORKLOADS) - {"perceptron"}


def test_kernels_by_hand_run_in_parallel():
    """From a size and two threads on: numba compiles the same functions once more, slowly."""
    beside = sys.modules["benchmarks.asv.bench_beside"]
    rows = beside.measure_all(["sumsq", "softmax"], [10**5], ["float64"], [2])
    assert len(rows) == 2
    assert all(np.isfinite(beside.over(row, ["numba"])) for row in rows.values())


def test_every_operation_is_measured():
    measured = bench_ops.CASES
    assert {name.rsplit("-", 1)[0] for name in measured} == set(jitgrad.ops.REGISTRY)
    assert sum(cls.__name__ == "Operations" for cls, _ in CASES) == len(measured)


@pytest.mark.parametrize("size", [10**4, 10**6])
def test_operands_have_about_the_size_asked_for(size):
    small = set()
    for name, (entry, case) in bench_ops.CASES.items():
        n = bench_ops.elements(entry, case, bench_ops.scale(entry, case, size))
        assert n <= size, name
        small |= {entry.name} if n <= size / 10 else set()
    assert small == bench_ops.FIXED


def test_a_broken_operation_is_a_failed_row(monkeypatch):
    monkeypatch.setitem(bench_ops.FUNCTIONS, "sin", lambda x: x.no_such_name)
    row = {("sin-0", 10**4): bench_ops.measure("sin-0", 10**4)}
    for cls in (bench_ops.Operations, bench_ops.Gradients):
        with pytest.raises(RuntimeError, match="no_such_name"):
            cls().setup(row, "sin-0", 10**4)


def test_formulas_stand_for_numpy_functions_that_do_not_exist():
    got = bench_ops.Operation("softmax-0", 100)
    x = got.arrays[0]
    e = np.exp(x - x.max(-1, keepdims=True))
    assert got.entry.numpy is None
    np.testing.assert_allclose(
        np.reshape(got.numpy()()[0], x.shape), e / e.sum(-1, keepdims=True), rtol=1e-14
    )


# --- the peer of the comparison of libraries ------------------------------------------------------

PEERS = """
THREADS = 1

class Peer:
    def __init__(self, version, array, value_and_grad, eager, numpy):
        self.array, self.value_and_grad, self.numpy = array, value_and_grad, numpy
        self.builders = {}

    def loss(self, f, name=None):
        def build(xs, data, statics):
            return self.value_and_grad(f, xs, data, statics)

        self.builders[name or f.__name__] = build
        return f

    def step(self, f):
        self.builders[f.__name__] = lambda xs, data, statics: f(*xs, *data, *statics)

    def losses(self, formulas, eager):
        for name, f in formulas.items():
            self.loss(f, name)
"""

FORMULAS = """
EAGER = ("scalar_chain",)

class Namespace:
    def __init__(self, module, **names):
        self.__dict__.update({**vars(module), **names})

def formulas(xp, array):
    def scalar_chain(x, turns):
        for _ in range(turns):
            x = xp.sin(x) * 1.01 + 0.1
        return x

    def op_backward(x, turns):
        y = x
        for _ in range(turns):
            y = y * 0.999 + x
        return y

    def logreg(w, X, s):
        return xp.sum(xp.softplus(-s * (X @ w))) / X.shape[0]

    def mlp_loss(W1, b1, W2, b2, X, Y):
        z = xp.maximum(X @ W1 + b1, 0) @ W2 + b2
        return xp.sum(xp.logsumexp(z, 1) - xp.sum(Y * z, 1)) / X.shape[0]

    def rosenbrock(x):
        a, b = x[:-1], x[1:] - x[:-1] * x[:-1]
        return xp.sum(100 * b * b + (1 - a) * (1 - a))

    def norms(A):
        return xp.norm(A) + xp.sum(xp.keepsum(A, 1) * A)

    return {name: f for name, f in locals().items() if name not in ("xp", "array")}
"""


@pytest.fixture(scope="module", params=["eager", "jit"])
def peer(tmp_path_factory, request):
    """The peer as a module of a bench of the same form, with only what the peer asks of it; and
    that through `jit`."""
    os.environ["JITGRAD_PEER"] = request.param
    root = tmp_path_factory.mktemp("copied")
    peers = root / "copied_bench" / "peers"
    peers.mkdir(parents=True)
    (root / "copied_bench" / "__init__.py").touch()
    (root / "copied_bench" / "workloads.py").write_text("LEARNING_RATE = 0.5\n")
    (peers / "__init__.py").write_text(PEERS)
    (peers / "_formulas.py").write_text(FORMULAS)
    shutil.copy(ROOT / "benchmarks" / "peer_jitgrad.py", peers / "jitgrad.py")
    sys.path.insert(0, str(root))
    threads = jitgrad.get_num_threads()
    yield importlib.import_module("copied_bench.peers.jitgrad").peer
    del os.environ["JITGRAD_PEER"]
    for name in [name for name in sys.modules if name.startswith("copied_bench")]:
        del sys.modules[name]
    jitgrad.set_num_threads(threads)
    sys.path.remove(str(root))


def outputs(peer, name, xs, data=(), statics=()):
    """The outputs of a cold run and the compiled one after it; of in-place steps only the first is
    the reference's."""
    step = peer.builders[name](
        [peer.array(x) for x in xs], [peer.array(x) for x in data], list(statics)
    )
    return [[np.array(peer.numpy(o)) for o in step()] for _ in range(2)]


def close(got, want):
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-10, atol=1e-12)


def test_peer_value_and_gradient(peer):
    x = np.array([0.5, -1.0, 2.0])
    for got in outputs(peer, "sumsq", [x]):
        close(got, [2 * x @ x, 4 * x])
    for got in outputs(peer, "op_backward", [x], statics=[2]):
        close(got, [x * 0.999**2 + x * 0.999 + x, np.full(3, 0.999**2 + 0.999 + 1)])
    (cold, warm) = outputs(peer, "op_forward", [x], statics=[2])
    close(cold, [x * 0.999**2 + x * 0.999 + x])
    close(warm, cold)
    a = np.array([[1.0, 2.0], [3.0, -4.0]])
    rows = a.sum(1, keepdims=True)
    for got in outputs(peer, "norms", [a]):
        close(
            got,
            [
                np.linalg.norm(a) + (rows * a).sum(),
                a / np.linalg.norm(a) + 2 * np.broadcast_to(rows, (2, 2)),
            ],
        )


def test_peer_steps(peer):
    rng = np.random.default_rng(0)
    w, data, s = (
        rng.standard_normal(3),
        rng.standard_normal((8, 3)),
        np.sign(rng.standard_normal(8)),
    )
    want = w.copy()
    for _ in range(4):
        want -= 0.5 * data.T @ (-s / (1 + np.exp(s * (data @ want)))) / 8
    for got in outputs(peer, "logreg_sgd", [w], [data, s], [4]):
        close(got, [want])

    x, v = rng.standard_normal(5), rng.standard_normal(5)
    h = np.zeros(5)
    h[:-1] = (1200 * x[:-1] ** 2 - 400 * x[1:] + 2) * v[:-1] - 400 * x[:-1] * v[1:]
    h[1:] += -400 * x[:-1] * v[:-1] + 200 * v[1:]
    for got in outputs(peer, "rosenbrock_hvp", [x, v]):
        close(got, [h])


def test_peer_updates_in_place(peer):
    rng = np.random.default_rng(1)
    w1, b1, w2, b2 = (
        rng.standard_normal((4, 3)),
        np.zeros(3),
        rng.standard_normal((3, 2)),
        np.zeros(2),
    )
    x, y = rng.standard_normal((6, 4)), np.eye(2)[rng.integers(0, 2, 6)]
    z1 = x @ w1 + b1
    z = np.maximum(z1, 0) @ w2 + b2
    total = np.log(np.exp(z).sum(1))
    dz = (np.exp(z - total[:, None]) - y) / 6
    d1 = dz @ w2.T * (z1 > 0)
    grads = x.T @ d1, d1.sum(0), np.maximum(z1, 0).T @ dz, dz.sum(0)
    want = [
        (total - (y * z).sum(1)).mean(),
        *(p - 0.5 * g for p, g in zip((w1, b1, w2, b2), grads, strict=True)),
    ]
    cold, warm = outputs(peer, "mlp", [w1, b1, w2, b2], [x, y])
    close(cold, want)
    assert warm[0] < cold[0]


def test_benchmarks_are_found_by_name(tmp_path):
    """Where asv is installed, it finds what the tests ran, from the folder alone."""
    pytest.importorskip("asv_runner")
    folder = json.loads((ROOT / "asv.conf.json").read_text())["benchmark_dir"]
    script = (
        "import sys\n"
        "from asv_runner._aux import update_sys_path\n"
        "from asv_runner.discovery import disc_benchmarks\n"
        "update_sys_path(sys.argv[1])\n"
        "print(sum(1 for _ in disc_benchmarks(sys.argv[1])))"
    )
    out = subprocess.run(
        [sys.executable, "-c", script, ROOT / folder],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(jitgrad.__file__))},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert out.returncode == 0, out.stderr
    assert int(out.stdout) == sum(len(methods(cls)) for cls in classes())


def test_parts_of_a_record(monkeypatch, capsys):
    parts = importlib.import_module("benchmarks.tools.record_parts")
    monkeypatch.setattr(parts, "ROUNDS", 1)
    parts.main()  # it sets config.compile, which `quick` puts back
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) in (7, 8) and lines[6].startswith("an operation by Python")
    times = [float(line.split()[-2]) for line in lines if line.endswith(" ns")]
    assert len(times) == len(lines) and min(times) >= 0 and times[-1] > 0


def test_table_of_vector_math(capsys):
    pytest.importorskip("mpmath")
    importlib.import_module("benchmarks.tools.vmath_table").main(["--points", "2", "exp", "hypot"])
    rows = [
        line.split("|")[1:-1]
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("|")
    ][2:]
    assert [(row[0].strip(), row[1].strip()) for row in rows] == [
        (name, dtype) for name in ("exp", "hypot") for dtype in ("float64", "float32")
    ]
    assert all(0 <= float(row[5]) <= 2 and float(row[2]) > 0 for row in rows)


def test_environments_of_asv_have_what_benchmarks_import():
    """asv imports all modules of its folder to find the benchmarks, and those what they share; what
    one of them lacks, all lack."""
    needed = set()
    for path in (ROOT / "benchmarks").rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            needed.update(name.split(".")[0] for name in names)
    there = json.loads((ROOT / "asv.conf.json").read_text())["matrix"]["req"]
    assert needed - sys.stdlib_module_names - {"jitgrad", "benchmarks", "llvmlite"} <= set(
        there
    )  # the last is numba's
