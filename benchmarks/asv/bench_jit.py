"""What a call through `jitgrad.jit` costs, beside the same without it and beside kernels written by
hand in numba.

Those write into buffers made beforehand and call libm for one element at a time. ``python -m
benchmarks.asv.bench_jit`` prints all of it in one interleaved run, and where the time of a call
goes.
"""

import math
import statistics
import time

import numba
import numpy as np

import jitgrad
from benchmarks.common import Prepared, ratio, warm
from benchmarks.workloads import WORKLOADS
from jitgrad.base.code import Assign, generated
from jitgrad.tracing import replay as replays

hand = numba.njit(fastmath=True, error_model="numpy")


@hand
def _plus_one(x, out):
    for i in range(x.size):
        out[i] = x[i] + 1
    return 0.0


@hand
def _sum_of_squares(x, g):
    s = 0.0
    for i in range(x.size):
        s += x[i] * x[i]
        g[i] = 4 * x[i]
    return 2 * s


@hand
def _chain(x, g):
    s = 0.0
    for i in range(x.size):
        v = x[i]
        a, e, t = abs(v), math.exp(-v * v), math.tanh(v)
        log, sine = math.log1p(a), math.sin(v)
        s += sine * e + log * t
        g[i] = (
            (math.cos(v) - 2 * v * sine) * e + math.copysign(t / (1 + a), t * v) + log * (1 - t * t)
        )
    return s


@hand
def _rosenbrock(x, g):
    s, n = 0.0, x.size
    g[n - 1] = 0.0
    for i in range(n - 1):
        e = x[i + 1] - x[i] * x[i]
        s += 100 * e * e + (1 - x[i]) * (1 - x[i])
        before = x[i] - x[i - 1] * x[i - 1] if i else 0.0
        g[i] = 200 * before - 400 * x[i] * e - 2 * (1 - x[i])
    g[n - 1] = 200 * (x[n - 1] - x[n - 2] * x[n - 2])
    return s


@hand
def _rosenbrock_hvp(x, v, h):
    n = x.size
    h[0] = (1200 * x[0] * x[0] - 400 * x[1] + 2) * v[0] - 400 * x[0] * v[1]
    for i in range(1, n - 1):
        here = 1200 * x[i] * x[i] - 400 * x[i + 1] + 202
        h[i] = here * v[i] - 400 * (x[i] * v[i + 1] + x[i - 1] * v[i - 1])
    h[n - 1] = 200 * v[n - 1] - 400 * x[n - 2] * v[n - 2]
    return 0.0


def loss(name):
    function = WORKLOADS[name].loss  # a call would look at all of `WORKLOADS`, if it were named
    return lambda x: function(jitgrad, x)


sum_of_squares, chain, rosenbrock = map(loss, ("sumsq", "chain", "rosenbrock"))

#: name -> (function, arrays it takes, the kernel by hand, sizes)
CALLS = {
    "plus_one": (lambda x: x + 1, 1, _plus_one, (4,)),
    "sum_of_squares": (jitgrad.value_and_grad(sum_of_squares), 1, _sum_of_squares, (1, 100, 1000)),
    "chain": (jitgrad.value_and_grad(chain), 1, _chain, (1, 100, 1000)),
    "rosenbrock": (jitgrad.value_and_grad(rosenbrock), 1, _rosenbrock, (10, 1000)),
    "rosenbrock_hvp": (jitgrad.hvp(rosenbrock), 2, _rosenbrock_hvp, (10, 1000)),
}


def look(results):
    """Has the results computed: without `jit` they are pending."""
    for x in results if isinstance(results, tuple) else (results,):
        np.asarray(x)


def steps(name, n):
    """(through jit, without it, by hand), each a step without arguments; and the function under
    jit."""
    function, arrays, kernel, _ = CALLS[name]
    values = list(np.random.default_rng(0).standard_normal((arrays, n)))
    tensors, out = [jitgrad.tensor(a) for a in values], np.empty(n)
    jitted = jitgrad.jit(function)
    made = (
        (lambda: jitted(*tensors)),
        (lambda: look(function(*tensors))),
        (lambda: kernel(*values, out)),
    )
    for step in made:
        warm(step)
    return *made, jitted


class Calls(Prepared):
    params = [list(CALLS), [0, 1, 2]]
    param_names = ["function", "size"]

    def prepare(self, name, k):
        sizes = CALLS[name][3]
        if k >= len(sizes):
            raise NotImplementedError("this function has fewer sizes")
        self.jitted, self.eager, self.hand, _ = steps(name, sizes[k])

    def time_call(self, name, k):
        self.jitted()

    def track_ratio_to_eager(self, name, k):
        return ratio(self.jitted, self.eager)

    def track_ratio_to_kernel_by_hand(self, name, k):
        return ratio(self.jitted, self.hand)

    track_ratio_to_eager.unit = track_ratio_to_kernel_by_hand.unit = "ratio"


class Recording(Prepared):
    """The first call for another shape: recording and a plan, no kernel."""

    def prepare(self):
        self.jitted, self.sizes = (
            jitgrad.jit(jitgrad.value_and_grad(chain)),
            iter(range(10, 1 << 30)),
        )
        warm(lambda: self.jitted(jitgrad.ones(next(self.sizes))))

    def time_a_new_shape(self):
        self.jitted(jitgrad.ones(next(self.sizes)))


class Step(Prepared):
    """A step of gradient descent: tensors from outside are differentiated and written to."""

    def prepare(self):
        rng = np.random.default_rng(0)
        x, y = jitgrad.tensor(rng.standard_normal((20, 3))), jitgrad.tensor(rng.standard_normal(20))
        w = jitgrad.zeros(3, requires_grad=True)

        def step(rate):
            w.grad = None
            error = ((x @ w - y) ** 2).mean()
            error.backward()
            with jitgrad.no_grad():
                w.copy_(w - rate * w.grad)

        jitted = jitgrad.jit(step)
        self.eager, self.jitted = (lambda: step(1e-3)), (lambda: jitted(1e-3))
        warm(self.eager), warm(self.jitted)

    def time_step(self):
        self.jitted()

    def track_ratio_to_eager(self):
        return ratio(self.jitted, self.eager)

    track_ratio_to_eager.unit = "ratio"


# --- the table ------------------------------------------------------------------------------------


def interleaved(functions, rounds=101, calls=20):
    """Median microseconds per call of each, in short turns, of which other processes hit few."""
    times = [[] for _ in functions]
    for _ in range(rounds):
        for function, out in zip(functions, times, strict=True):
            start = time.perf_counter()
            for _ in range(calls):
                function()
            out.append((time.perf_counter() - start) / calls * 1e6)
    return [statistics.median(t) for t in times]


def _recorded(name, n):
    """A jitted program, and the statements of its replay."""
    bodies, make = [], replays.generated

    def generated_and_kept(name, parameters, body, scope, file):
        bodies.append([*body])
        return make(name, parameters, bodies[-1], scope, file)

    replays.generated = generated_and_kept
    try:
        return steps(name, n)[3], bodies[-1]
    finally:
        replays.generated = make


def parts(name, n):
    """Microseconds of a call: of the wrapper, of looking at the arguments, of the plan, of handles
    and results."""
    jitted, body = _recorded(name, n)
    replay, arrays = jitted.plans.__self__.replay, CALLS[name][1]
    tensors = [jitgrad.tensor(a) for a in np.random.default_rng(0).standard_normal((arrays, n))]
    at = next(
        k
        for k, statement in enumerate(body)
        if isinstance(statement, Assign) and ".run(" in str(statement.value)
    )
    looks, runs = (
        generated("part", "args, kwargs", some, dict(replay.__globals__), "<part>").function
        for some in (body[:at], body[: at + 1])
    )
    args = tuple(tensors)
    whole, inside, ran, looked = interleaved(
        [
            lambda: jitted(*tensors),
            lambda: replay(args, {}),
            lambda: runs(args, {}),
            lambda: looks(args, {}),
        ]
    )
    empty = interleaved([lambda: None])[0]
    return {
        "wrapper": whole - inside,
        "arguments looked at": looked - empty,
        "plan": ran - looked,
        "handles, results": inside - ran,
    }


def main():
    print(
        f"{'function':16}{'n':>6}{'jit':>8}{'eager':>9}{'by hand':>9}{'jit - by hand':>15}   us a "
        "call, medians"
    )
    for name, (_, _, _, sizes) in CALLS.items():
        for n in sizes:
            jitted, eager, kernel, _ = steps(name, n)
            a, b, c = interleaved([jitted, eager, kernel])
            print(f"{name:16}{n:>6}{a:>8.2f}{b:>9.2f}{c:>9.2f}{a - c:>15.2f}")
    for name, n in (("plus_one", 4), ("chain", 100)):
        print(
            f"{name}, {n}: " + ", ".join(f"{what} {us:.2f}" for what, us in parts(name, n).items())
        )


if __name__ == "__main__":
    main()
