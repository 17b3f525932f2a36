"""Transforms of every function of the registry that has a derivative: the two modes agree, Hessians
are symmetric, and float32 gives what float64 gives.

That the derivatives are right is tested with the registry; here it is that each rule for tangents,
cotangents and rows is there and says the same. Start at `called`.
"""

import numpy as np
import pytest
from registry_cases import CASES, operands

import jitgrad
from jitgrad import hessian, jacfwd, jacrev

NAMES = jitgrad._NAMES
#: Functions of float32 that give float64, as in NumPy.
WIDE = {"float_power"}
DIFFERENTIABLE = [p for p in CASES if p.values[0].differentiable and p.values[0].name in NAMES]


def called(entry, case, xs):
    """The function of the operands that are floats, and these. Of a complex result it gives the
    parts."""
    places = [k for k, x in enumerate(xs) if np.asarray(x).dtype.kind == "f"]

    def f(*floats):
        given = list(xs)
        for k, x in zip(places, floats, strict=True):
            given[k] = x
        function = NAMES[entry.name]
        out = function(given, **case) if entry.operands is None else function(*given, **case)
        return jitgrad.view_as_real(out) if out.dtype.kind == "c" else out

    return f, [np.asarray(xs[k]) for k in places]


def matrices(found, xs):
    """The derivatives by each operand as matrices, side by side."""
    return np.concatenate(
        [np.reshape(np.asarray(j), (-1, x.size)) for j, x in zip(found, xs, strict=True)], 1
    )


@pytest.mark.each(("entry", "case"), DIFFERENTIABLE)
def test_modes_agree(entry, case):
    f, xs = called(entry, case, operands(entry))
    every = tuple(range(len(xs)))
    forward = matrices(jacfwd(f, every)(*xs), xs)
    np.testing.assert_allclose(matrices(jacrev(f, every)(*xs), xs), forward, rtol=1e-9, atol=1e-11)
    rng = np.random.default_rng(0)
    tangents = [rng.standard_normal(x.shape) for x in xs]
    value, tangent = jitgrad.jvp(f, xs, tangents)
    flat = np.concatenate([t.reshape(-1) for t in tangents])
    np.testing.assert_allclose(np.reshape(tangent, -1), forward @ flat, rtol=1e-8, atol=1e-10)
    g = rng.standard_normal(np.shape(value))
    pulled = np.concatenate([np.reshape(c, -1) for c in jitgrad.vjp(f, *xs)[1](g)])
    np.testing.assert_allclose(pulled, g.reshape(-1) @ forward, rtol=1e-8, atol=1e-10)


@pytest.mark.each(("entry", "case"), DIFFERENTIABLE)
def test_hessians_are_symmetric(entry, case):
    f, xs = called(entry, case, operands(entry))
    every = tuple(range(len(xs)))
    weights = np.random.default_rng(1).standard_normal(f(*map(jitgrad.tensor, xs)).shape)
    second = hessian(lambda *xs: (f(*xs) * weights).sum(), every)(*xs)
    rows = [matrices(row, xs) for row in second]
    whole = np.concatenate(rows)
    scale = np.abs(whole).max(initial=1.0)
    np.testing.assert_allclose(whole, whole.T, rtol=1e-9, atol=1e-11 * scale)


@pytest.mark.each(("entry", "case"), [p for p in DIFFERENTIABLE if p.values[0].name not in WIDE])
def test_float32(entry, case):
    f, xs = called(entry, case, operands(entry))
    every = tuple(range(len(xs)))
    wide = matrices(jacfwd(f, every)(*xs), xs)
    narrow = [x.astype(np.float32) for x in xs]
    for transform in (jacfwd, jacrev):
        found = transform(f, every)(*narrow)
        assert {np.asarray(j).dtype for j in found} == {np.dtype("float32")}
        np.testing.assert_allclose(matrices(found, xs), wide, rtol=2e-3, atol=2e-4)
