"""Functions under `jit` within others, and numbers that they capture and that change between calls:
drawn programs, beside NumPy, by differences and without `jit`."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import jitgrad
import jitgrad.numpy as jnp

NUMBERS = st.sampled_from([0.5, -1.25, 2.0, 3, 0, 1.5])


class Program:
    """Steps on a vector, as (form, which number, whether it is wrapped in `jit`, and in two), over
    numbers that are kept in a list and an attribute, and may be assigned between calls."""

    def __init__(self, steps, numbers):
        self.steps, self.numbers = steps, list(numbers)
        self.scale = numbers[0]
        self.calls = [self._call(*step) for step in steps]

    def _call(self, form, k, wrapped, inner):
        def step(xp, x):
            a = self.numbers[k]
            if form == "affine":
                return x * a + self.scale
            if form == "sine":
                return xp.sin(x + a) * self.scale
            if form == "branch":
                return x + a if a > 0.75 else x * x
            if form == "loop":
                for _ in range(int(abs(a)) + 1):
                    x = x * 0.5 + a
                return x
            return xp.where(x > a, x, a * x)

        plain = {True: jitgrad.jit(lambda x: step(jnp, x)), False: lambda x: step(jnp, x)}
        again = jitgrad.jit(lambda x: plain[True](x) * 1.0) if inner else plain[wrapped]
        return step, again

    def by_numpy(self, x):
        for step, _ in self.calls:
            x = step(np, x)
        return x.sum()

    def value(self, x):
        for _, call in self.calls:
            x = call(x)
        return x.sum()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["affine", "sine", "branch", "loop", "where"]),
        st.integers(0, 3),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25)
@given(
    STEPS,
    st.lists(st.lists(NUMBERS, min_size=4, max_size=4), min_size=2, max_size=4),
    st.lists(st.integers(0, 3), min_size=2, max_size=5),
)
def test_numbers_that_change_between_calls(steps, assignments, order):
    program = Program(steps, assignments[0])
    outer = jitgrad.jit(program.value)
    slopes = jitgrad.jit(jitgrad.value_and_grad(program.value))
    data = np.array([0.3, -0.7, 1.1])
    x = jitgrad.tensor(data)
    for k in order:
        numbers = assignments[k % len(assignments)]
        program.numbers[:] = numbers
        program.scale = numbers[-1]
        want = program.by_numpy(data)
        np.testing.assert_allclose(outer(x).item(), want, rtol=1e-12, atol=1e-12)
        value, grad = slopes(x)
        np.testing.assert_allclose(value.item(), want, rtol=1e-12, atol=1e-12)
        leaf = jitgrad.tensor(data, requires_grad=True)
        program.value(leaf).backward()
        np.testing.assert_allclose(grad.numpy(), leaf.grad.numpy(), rtol=1e-10, atol=1e-12)
        h = 1e-6
        for j in range(3):
            step = np.eye(3)[j] * h
            slope = (program.by_numpy(data + step) - program.by_numpy(data - step)) / (2 * h)
            np.testing.assert_allclose(grad.numpy()[j], slope, rtol=1e-5, atol=1e-6)
