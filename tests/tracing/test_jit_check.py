"""`jit`: ``check=True``, which finds what a recording takes as it is; pickles and copies of
functions."""

import copy
import inspect
import pickle
import random
import sys
import time

import numpy as np
import pytest
from captures import X, ones

import jitgrad
from jitgrad import JitError

# --- check=True -----------------------------------------------------------------------------------


def differs(f, match, calls=30):
    g = jitgrad.jit(f, check=True)
    with pytest.raises(JitError, match=match):
        for _ in range(calls):
            g(jitgrad.tensor(X))


def test_numbers_that_nobody_looks_up_are_found():
    numbers, clock = iter(range(99)), time.perf_counter
    differs(
        lambda x: x * next(numbers),
        r"the value 1.0 where it was 0.0, in line \d+ of <lambda>.*check.py",
    )
    differs(lambda x: x * clock(), "the value")
    differs(lambda x: x * random.random(), "the value")
    differs(lambda x: jitgrad.grad(lambda y: (y * random.random()).sum())(x), "the value")
    differs(lambda x: x[: random.randint(1, 3)], "other operations, in line")
    differs(lambda x: (x, next(numbers)), r"another result: \d+ where it was \d+")
    a = ones()

    def of_elements(x):
        a[0] += 1
        return x * a * a.sum()

    differs(of_elements, "the value")

    def branches(x):
        if next(numbers) % 2:
            x = x * 2
        return x + 1

    differs(branches, "other lines, the first in line")


def test_check_lets_pass_what_repeats():
    scale = [2.0]

    def f(x, n):
        for _ in range(n):
            x = jitgrad.sin(x) * scale[0] + np.arange(3)
        return x.sum()

    g = jitgrad.jit(f, check=True)
    for n, k in ((2, 1.0), (3, 1.0), (2, 5.0), (2, 5.0), (2, 1.0)):
        scale[0] = k
        assert g(jitgrad.tensor(X), n).item() == pytest.approx(f(jitgrad.tensor(X), n).item())
    assert len(g.plans()) == 3
    w = jitgrad.tensor(X, requires_grad=True)

    @jitgrad.jit(check=True)
    def step(x):
        ((x * w) ** 2).sum().backward()
        with jitgrad.no_grad():
            w.sub_(0.1 * w.grad)
        w.grad = None

    want = X.copy()
    for _ in range(4):
        step(jitgrad.tensor(X))
        want -= 0.2 * X * X * want
    np.testing.assert_allclose(np.asarray(w.detach()), want)


# --- pickling and copies --------------------------------------------------------------------------

table = ones()


@jitgrad.jit
def by_name(x, k=2.0):
    """Words."""
    return x * table * k


class Layer:
    def __init__(self):
        self.w = jitgrad.tensor(ones())

    @jitgrad.jit
    def __call__(self, x):
        return x * self.w

    @classmethod
    @jitgrad.jit
    def twice(cls, x):
        return x * 2


def test_functions_are_pickled_by_name():
    by_name(X)
    assert pickle.loads(pickle.dumps(by_name)) is by_name and copy.deepcopy(by_name) is by_name
    assert by_name.__doc__ == "Words." and by_name.__module__ == __name__
    assert (
        str(inspect.signature(by_name)) == "(x, k=2.0)"
        and by_name.__wrapped__.__name__ == "by_name"
    )


def test_functions_are_pickled_by_value():
    cloudpickle = pytest.importorskip("cloudpickle")
    k = 3.0
    f = jitgrad.jit(lambda x: x * k, check=False)
    layer = Layer()
    f(X), layer(jitgrad.tensor(X))
    for _ in range(2):
        f = cloudpickle.loads(cloudpickle.dumps(f))
        assert f.plans() == []
        for n in (3, 3, 2):
            np.testing.assert_array_equal(np.asarray(f(X[:n])), X[:n] * 3)
        assert len(f.plans()) == 2
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    try:
        other = cloudpickle.loads(cloudpickle.dumps(layer))
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    other.w = jitgrad.tensor(ones(2.0))
    for _ in range(2):
        np.testing.assert_array_equal(np.asarray(other(jitgrad.tensor(X))), X * 2)
        np.testing.assert_array_equal(np.asarray(layer(jitgrad.tensor(X))), X)
        np.testing.assert_array_equal(np.asarray(Layer.twice(jitgrad.tensor(X))), X * 2)
    copied = copy.deepcopy(layer)
    copied.w = jitgrad.tensor(ones(4.0))
    np.testing.assert_array_equal(np.asarray(copied(jitgrad.tensor(X))), X * 4)
