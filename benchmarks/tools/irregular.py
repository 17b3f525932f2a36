"""Loops whose turns are unlike one another: what a call of a program that is new each time takes.

    python -m benchmarks.tools.irregular

Each program draws how long its inner loops are, or which branch its turns take, from a seed of its
own; value and gradient. The calls of a block follow one another as in a program that trains.
"""

import random
import time

import numpy as np

import jitgrad
from jitgrad.runtime.plan import observed_plans
from jitgrad.runtime.stats import stats

BLOCKS, CALLS = 8, 40


def nested(rng):
    """An inner loop of another length in each turn."""
    x = jitgrad.tensor(np.ones(5), requires_grad=True)
    out = x
    for _ in range(rng.randint(30, 50)):
        y = jitgrad.cos(out)
        for _ in range(rng.randint(1, 6)):
            y = y * 0.9 + jitgrad.sin(y * out) * 0.1
        out = out + 0.1 * y
    return (out * out).sum()


def branching(rng):
    """A branch that is taken now and then."""
    x = jitgrad.tensor(np.ones(5), requires_grad=True)
    out, total = x, 0.0
    for _ in range(rng.randint(30, 50)):
        out = out + jitgrad.sin(out) * 0.1 if rng.random() < 0.5 else out - 0.1 * jitgrad.cos(out)
        total = total + (out * out).sum()
    return total


def main():
    for program in (nested, branching):
        seed, kernels = 0, stats.kernels
        for block in range(BLOCKS):
            begun = time.perf_counter()
            with observed_plans() as plans:
                for _ in range(CALLS):
                    seed += 1
                    y = program(random.Random(seed))
                    y.backward()
                    y.item()
            spent = (time.perf_counter() - begun) / CALLS
            print(
                f"{program.__name__:10} calls {block * CALLS:3}-: {spent * 1e3:6.2f} ms "
                f"and {len(plans) / CALLS:5.2f} new plans per call"
            )
        jitgrad.synchronize()
        print(f"{program.__name__:10} kernels {stats.kernels - kernels}")


if __name__ == "__main__":
    main()
