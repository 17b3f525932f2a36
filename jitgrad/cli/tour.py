"""The tour of ``python -m jitgrad``: everything it prints was run or measured just then, on this
machine.

Start at `run`; each part of the tour is one function.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import jitgrad

from ..diagnostics.explain import of_plan
from ..ir.printer import counted
from ..runtime.cache import path_of
from ..runtime.plan import observed_plans
from ..runtime.stats import stats

FORMULA = "y = sum(sin(x) * exp(-x * x) + log1p(abs(x)) * tanh(x))"

SESSION = """
x = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x * x
tail = y[1:]  # a view of y
tail *= 10  # writes into y
y
y.sum().backward()
x.grad
(g,) = jitgrad.autograd.grad((x**3).sum(), x, create_graph=True)
(h,) = jitgrad.autograd.grad(g.sum(), x)  # second order
h
a = jitgrad.tensor(0.3, requires_grad=True)
b = a
while b < 100:  # looks at a value at each turn
    b = b * 2

b.backward()
b, a.grad
"""

CHILD = """
import json, sys, time
start = time.perf_counter()
import numpy
numpy_done = time.perf_counter()
import jitgrad
imported = time.perf_counter()
x = jitgrad.linspace(0.0, 1.0, 1000, requires_grad=True)
(jitgrad.sin(x) * jitgrad.exp(-x * x)).sum().backward()
x.grad.tolist()
done = time.perf_counter()
times = numpy_done - start, imported - numpy_done, done - imported
print(json.dumps([*times, "numba" in sys.modules]))
"""


def loss(x: Any) -> Any:
    """The formula of the tour on a tensor."""
    return jitgrad.sum(
        jitgrad.sin(x) * jitgrad.exp(-x * x) + jitgrad.log1p(jitgrad.abs(x)) * jitgrad.tanh(x)
    )


def by_hand(x: np.ndarray) -> tuple[Any, np.ndarray]:
    """Value and gradient of `loss` as one writes them in NumPy, each part computed once."""
    s, e, a, t = np.sin(x), np.exp(-x * x), np.abs(x), np.tanh(x)
    log = np.log1p(a)
    value = np.sum(s * e + log * t)
    return value, (np.cos(x) - 2 * x * s) * e + np.sign(x) / (1 + a) * t + log * (1 - t * t)


def _clock(step: Callable[[], Any]) -> tuple[float, Any]:
    """(seconds, result) of one call."""
    start = time.perf_counter()
    out = step()
    return time.perf_counter() - start, out


def _median(step: Callable[[], Any], seconds: float = 0.3) -> float:
    """Median seconds of a call, over at least five calls and for about so many seconds."""
    step()
    times: list[float] = []
    stop = time.perf_counter() + seconds
    while len(times) < 5 or (time.perf_counter() < stop and len(times) < 1000):
        times.append(_clock(step)[0])
    return statistics.median(times)


def _shown(seconds: float) -> str:
    for scale, unit in ((1, "s"), (1e3, "ms")):
        if seconds * scale >= 1:
            return f"{seconds * scale:8.3g} {unit}"
    return f"{seconds * 1e6:8.3g} µs"


def _title(text: str) -> None:
    print(f"\n--- {text} " + "-" * max(0, 100 - len(text)))


def _code(source: str) -> None:
    """Prints source; in colour on a terminal, where rich is installed."""
    if sys.stdout.isatty():
        with contextlib.suppress(ImportError):
            from rich.console import Console
            from rich.syntax import Syntax

            Console().print(Syntax(source, "python", background_color="default"))
            return
    print(source)


def _gradient(n: int) -> tuple[Callable[[], Any], Any, np.ndarray, float]:
    """The first, cold run; (the step, the joint plan, values of x, seconds)."""
    values = np.random.default_rng(0).standard_normal(n)
    x = jitgrad.tensor(values, requires_grad=True)

    def step() -> Any:
        x.grad = None
        y = loss(x)
        y.backward()
        return y

    _title("A gradient")
    print(f"{FORMULA}, x: {counted(n, 'value')}, float64\ny.backward()\n")
    with observed_plans() as plans:
        cold, y = _clock(step)
    value, gradient = by_hand(values)
    print("y =", y)
    with np.printoptions(threshold=20):
        print("x.grad =", x.grad)
    assert x.grad is not None
    error = np.abs(x.grad.numpy() - gradient).max()
    print(f"By hand in NumPy y is {value:.4f}; the gradients differ by {error:.1e} at most.")
    return step, plans[-1], values, cold


def _kernel(plan: Any) -> None:
    _title("Its kernel: values and gradients in one piece")
    print(f"{of_plan(plan)}\n")
    for kernel in plan.kernels:
        _code(kernel.source)
    if len(plan.kernels) == 1:
        print(
            "One kernel, one pass: each element of x is read once, and its gradient written once."
        )


def _times(step: Callable[[], Any], plan: Any, values: np.ndarray, cold: float) -> None:
    _title(f"Its time, value and gradient, n = {len(values)}")
    before = stats.compiled, stats.loaded
    made, _ = _clock(plan.compile)
    compiled, loaded = counted(stats.compiled - before[0], "kernel"), stats.loaded - before[1]
    hand = _median(lambda: by_hand(values))
    warm = {n: _with_threads(n, step) for n in sorted({1, jitgrad.get_num_threads()})}
    rows = [
        ("first run: recorded, planned, and run by NumPy at once", cold),
        (f"the compiler loaded, {compiled} compiled and {loaded} taken from the cache", made),
        *((f"every later run: the compiled kernel, {counted(n, 'thread')}", warm[n]) for n in warm),
        ("written by hand in NumPy, 1 thread", hand),
    ]
    for name, seconds in rows:
        print(f"  {name:<70}{_shown(seconds)}")
    print(
        "While a kernel is compiled in the background NumPy serves: a program does not stop, but "
        "is slower meanwhile."
    )
    path = path_of(plan.kernels[0].source)
    print(f"The source above is the file {path}; open, profile or step it.")
    print(verdict(warm, hand, len(values)))


def _with_threads(n: int, step: Callable[[], Any]) -> float:
    before = jitgrad.get_num_threads()
    jitgrad.set_num_threads(n)
    try:
        return _median(step)
    finally:
        jitgrad.set_num_threads(before)


def verdict(warm: Mapping[int, float], hand: float, n: int) -> str:
    """The comparison in words; `warm` has the seconds by the number of threads, `hand` those of
    NumPy."""
    shares = " and ".join(
        f"{seconds / hand:.2f} with {counted(k, 'thread')}" for k, seconds in warm.items()
    )
    said = f"Of the time of NumPy by hand it takes {shares}."
    if min(warm.values()) < hand:
        return said
    return (
        f"{said}\nThat is no gain: {counted(n, 'value')} take less time than it takes to record "
        "and run a plan."
    )


def _session() -> None:
    _title("A session: views, writes, second order, control flow")
    scope: dict[str, Any] = {"jitgrad": jitgrad}
    block: list[str] = []
    lines = SESSION.strip().splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        print(("... " if block else ">>> ") + line)
        block.append(line)
        if not line.endswith(":") and not line.startswith(" ") and not following.startswith(" "):
            exec(compile("\n".join(block) + "\n", "<tour>", "single"), scope)
            block = []


def _child(mode: str, folder: str) -> tuple[float, list[Any]]:
    """(seconds in all, [numpy, jitgrad, first gradient, numba imported]) of a new process."""
    package = str(pathlib.Path(__file__).parent.parent.parent)
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    env = {**os.environ, "PYTHONPATH": path, "JITGRAD_COMPILE": mode}
    if env.pop("PYTHONDONTWRITEBYTECODE", None):
        env["PYTHONPYCACHEPREFIX"] = (
            folder  # else every import would compile every module, which no user waits for
        )
    command = [sys.executable, "-c", textwrap.dedent(CHILD)]
    seconds, out = _clock(lambda: subprocess.run(command, env=env, capture_output=True, text=True))
    if out.returncode:
        raise OSError(f"a new Python process failed:\n{out.stderr.strip()}")
    return seconds, json.loads(out.stdout)


def _costs() -> None:
    _title("What it costs: new processes, the best of three")
    with tempfile.TemporaryDirectory(prefix="jitgrad-tour-") as folder:
        cold = [_child("auto", folder) for _ in range(3)]
        _child("always", folder)  # fills the cache
        compiled = [_child("always", folder) for _ in range(3)]
    parts = [min(run[1][k] for run in cold) for k in range(3)]
    rows = [
        ("import numpy", parts[0]),
        (
            f"import jitgrad after it (both: {sum(parts[:2]) / parts[0]:.2f} of importing numpy)",
            parts[1],
        ),
        ("first gradient after that, n = 1000", parts[2]),
        (
            f"python start to first gradient, NumPy serves ({_numba(cold)})",
            min(run[0] for run in cold),
        ),
        (
            f"the same with kernels from the disk cache ({_numba(compiled)})",
            min(run[0] for run in compiled),
        ),
    ]
    for name, seconds in rows:
        print(f"  {name:<70}{_shown(seconds)}")
    print(
        f"This tour compiled {counted(stats.compiled, 'kernel')} and took {stats.loaded} from the "
        "cache,"
        f" in {stats.seconds:.2f} s."
    )
    print(
        "\npython -m jitgrad info says what is installed; python -m jitgrad cache lists the "
        "kernels."
    )


def _numba(runs: Sequence[tuple[float, list[Any]]]) -> str:
    return "numba imported" if any(run[1][3] for run in runs) else "numba not imported"


def run(n: int) -> None:
    """The whole tour, with `n` elements; always in the default way of compiling."""
    before, jitgrad.config.compile = jitgrad.config.compile, "auto"
    try:
        step, plan, values, cold = _gradient(n)
        _kernel(plan)
        _times(step, plan, values, cold)
        _session()
        _costs()
    finally:
        jitgrad.config.compile = before
