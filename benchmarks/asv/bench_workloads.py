"""Value and gradient of what users compute, small and large: seconds, for comparing commits; and
kernels for new sizes.

`benchmarks.workloads` has the formulas; `bench_beside` compares the same work with NumPy and
others.
"""

import numpy as np

import jitgrad
from benchmarks.common import Prepared, warm
from benchmarks.libraries import LIBRARIES
from benchmarks.workloads import WORKLOADS


class ValueAndGradient(Prepared):
    params = [list(WORKLOADS), [10**3, 10**6]]
    param_names = ["workload", "elements"]

    def prepare(self, name, n):
        workload = WORKLOADS[name]
        self.step = LIBRARIES["jitgrad"][0](workload, workload.inputs(n))
        warm(self.step)

    def time_value_and_gradient(self, name, n):
        self.step()


def chain(x):
    return WORKLOADS["chain"].loss(jitgrad, x)


class NewShapes(Prepared):
    """Ten sizes through one program: the kernels of the first serve them all."""

    def prepare(self):
        rng = np.random.default_rng(0)
        self.xs = [
            jitgrad.tensor(rng.standard_normal(n), requires_grad=True)
            for n in range(1000, 2000, 100)
        ]
        warm(self.step)

    def step(self):
        for x in self.xs:
            x.grad = None
            chain(x).backward()

    def time_ten_sizes(self):
        self.step()

    def track_kernels_of_ten_more_sizes(self):
        from jitgrad.runtime.stats import stats

        before = stats.kernels
        for n in range(5000, 6000, 100):
            chain(jitgrad.linspace(0.0, 1.0, n, requires_grad=True)).backward()
        return stats.kernels - before

    track_kernels_of_ten_more_sizes.unit = "kernels made"
