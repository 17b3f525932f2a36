"""For tests of semantics: the same statements run by jitgrad and, where it is installed, by torch
in float64.

Each file makes its fixture of `library`. Start at `library` and `same`.
"""

import importlib

import numpy as np
import pytest

LIBRARIES = ["jitgrad", "torch"]


def library(name):
    """The module to test, with float64 as default dtype; a generator, for a fixture."""
    if name == "jitgrad":
        yield importlib.import_module("jitgrad")
        return
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)
    torch.set_grad_enabled(True)


def array(t):
    """The values of a tensor, array, number or nested list as an array."""
    return np.asarray(t.detach() if hasattr(t, "detach") else t)


def same(got, want, rtol=1e-12, atol=1e-12):
    """`got` has the values and the shape of `want`; pairs are compared one by one."""
    if isinstance(got, tuple):
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            same(g, w, rtol, atol)
        return
    assert got is not None, f"got None, expected {want}"
    got, want = array(got), array(want)
    assert got.shape == want.shape, f"shape {got.shape}, expected {want.shape}"
    np.testing.assert_allclose(got.astype(float), want.astype(float), rtol=rtol, atol=atol)


def leaf(lib, values):
    return lib.tensor(values, requires_grad=True)


def slope(f, x, direction, eps=1e-6):
    """The derivative of the number ``f(array)`` at `x` along `direction`, by central
    differences."""
    x, direction = np.asarray(x, float), np.asarray(direction, float)
    return (f(x + eps * direction) - f(x - eps * direction)) / (2 * eps)


def check_slope(lib, f, x, seed=0, rtol=1e-6):
    """The gradient that `f` (tensor -> 0-d tensor) has at `x` against differences in a random
    direction."""
    x = np.asarray(x, float)
    direction = np.random.default_rng(seed).standard_normal(x.shape)
    t = lib.tensor(x, requires_grad=True)
    f(t).backward()
    want = slope(lambda a: f(lib.tensor(a)).item(), x, direction)
    np.testing.assert_allclose(np.vdot(array(t.grad), direction), want, rtol=rtol, atol=1e-7)
