"""From which size a launch is worth waking threads: ``python -m benchmarks.tools.launch_cost``.

Prints microseconds of kernels that do little and much per element, in the calling thread and in
parallel, in turns and per size; what is timed is the launch alone, by the addresses that plans use.
``work`` is what `launch.PARALLEL_WORK` is compared with: points times the weight of a point. Start
at `measured`.
"""

import argparse
import statistics
import time

import numpy as np

import jitgrad
from jitgrad.runtime import launch
from jitgrad.runtime.plan import observed_plans

KERNELS = {
    "x * x": lambda x: x * x,
    "sum(x * x)": lambda x: (x * x).sum(),
    "polynomial": lambda x: (((x + 3.0) * x - 2.0) * x + 1.0) * x,
    "sin(x)": lambda x: jitgrad.sin(x),
    "chain": lambda x: (
        jitgrad.sin(x) * jitgrad.exp(-x * x) + jitgrad.log1p(jitgrad.abs(x)) * jitgrad.tanh(x)
    ).sum(),
}


def plan_of(function, n):
    """(a call that runs the kernels of a program over n elements, the work of its largest one)."""
    x = jitgrad.tensor(np.random.default_rng(0).standard_normal(n))
    with observed_plans() as plans:
        function(x).tolist()
    run = plans[0]._compiled
    leaves = [x.numpy()]
    work = max((kernel.work for kernel in plans[0].kernels), default=0)
    return lambda: run(leaves, [2.0] * 8), work


def measured(call, rounds):
    """Median and least seconds, in the calling thread and in parallel."""
    times: dict = {"serial": [], "parallel": []}
    before = launch.PARALLEL_WORK
    try:
        for _ in range(rounds):
            for way, found in times.items():
                launch.PARALLEL_WORK = 1 << 62 if way == "serial" else 0
                call()
                start = time.perf_counter()
                for _ in range(5):
                    call()
                found.append((time.perf_counter() - start) / 5)
    finally:
        launch.PARALLEL_WORK = before
    return {way: (statistics.median(found), min(found)) for way, found in times.items()}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200)
    args = parser.parse_args()
    jitgrad.config.compile = "always"
    print(f"{jitgrad.get_num_threads()} threads, now from work {launch.PARALLEL_WORK}")
    print(
        f"{'kernel':14}{'n':>9}{'work':>10}{'serial us':>11}{'parallel':>10}{'ratio':>7}"
        f"{'least':>9}{'':>9}{'ratio':>7}"
    )
    for name, function in KERNELS.items():
        for n in (4096, 8192, 16384, 32768, 65536, 131072, 262144, 1048576):
            call, work = plan_of(function, n)
            found = measured(call, args.rounds)
            (a, least_a), (b, least_b) = found["serial"], found["parallel"]
            print(
                f"{name:14}{n:9}{work:10}{a * 1e6:11.1f}{b * 1e6:10.1f}{b / a:7.2f}"
                f"{least_a * 1e6:9.1f}{least_b * 1e6:9.1f}{least_b / least_a:7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
