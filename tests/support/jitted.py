"""What the tests of `jit` share: a loss with its derivatives by hand, and how often a function
under `jit` ran."""

import itertools

import numpy as np

import jitgrad

A = np.array([0.5, -1.25, 2.0])


def counted(f, **options):
    """(`f` under jit, a function that tells how often `f` itself ran so far)."""
    count = itertools.count()

    def function(*args, **kwargs):
        next(count)
        return f(*args, **kwargs)

    return jitgrad.jit(function, **options), lambda: int(repr(count)[6:-1])


def loss(x):
    return (jitgrad.sin(x) * x).sum() + (x**3).mean()


def slope(a):
    return np.cos(a) * a + np.sin(a) + 3 * a**2 / a.size


def curvature(a):
    return 2 * np.cos(a) - a * np.sin(a) + 6 * a / a.size


def value(a):
    return np.sum(np.sin(a) * a) + np.mean(a**3)


def close(got, want, rtol=1e-12):
    got = got.detach() if isinstance(got, jitgrad.Tensor) else got
    np.testing.assert_allclose(np.asarray(got), want, rtol=rtol, atol=1e-12)
