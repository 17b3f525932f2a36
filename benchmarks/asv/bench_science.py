"""Programs of the sciences, value and gradient: Fourier transforms, complex numbers and special
functions beside NumPy and SciPy by hand, linear algebra beside the peers that are installed.

A value is the time of jitgrad over that of the other, from one run in turns. Kalman filters are
among the loops (`python -m benchmarks.tools.loops kalman --turns 1000`). Start at `PROGRAMS`.
"""

import importlib.util

import numpy as np

from benchmarks import common
from benchmarks.common import Prepared, ratio
from benchmarks.tools import linear_algebra

#: Elements of a program: 2 ** 20 as a vector, or rows of 1024.
ELEMENTS, ROWS = 2**20, 1000


def _complex(*shape):
    rng = np.random.default_rng(0)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def _spectrum(xp, z, w):
    return (w * abs(xp.fft.fft(z)) ** 2).sum()


def _spectrum_by_numpy(z, w):
    found = np.fft.fft(z)
    return (w * abs(found) ** 2).sum(), 2 * z.shape[-1] * np.fft.ifft(w * found)


def _chain(xp, z, w):
    return (abs(xp.exp(1j * z) * w + z * xp.conj(w)) ** 2).sum()


def _chain_by_numpy(z, w):
    turned = np.exp(1j * z) * w
    found = turned + z * np.conj(w)
    return (abs(found) ** 2).sum(), 2 * found * np.conj(1j * turned + np.conj(w))


def _special(name):
    def loss(xp, x):
        from jitgrad.scipy import special

        return getattr(special, name)(x).sum()

    return loss


def _gammaln_by_scipy(x):
    from scipy import special

    return special.gammaln(x).sum(), special.digamma(x)


def _digamma_by_scipy(x):
    from scipy import special

    return special.digamma(x).sum(), special.zeta(2.0, x)


def _positive():
    return (np.random.default_rng(0).uniform(0.1, 30, ELEMENTS),)


def _with_weights(*shape):
    return _complex(*shape), np.random.default_rng(1).uniform(size=shape)


#: name -> the loss of a namespace and operands, value and gradient by hand, and the operands.
PROGRAMS = {
    "fft of a vector": (_spectrum, _spectrum_by_numpy, lambda: _with_weights(ELEMENTS)),
    "fft of rows": (_spectrum, _spectrum_by_numpy, lambda: _with_weights(ROWS, 1024)),
    "complex chain": (_chain, _chain_by_numpy, lambda: (_complex(ELEMENTS), _complex(ELEMENTS))),
    "gammaln": (_special("gammaln"), _gammaln_by_scipy, _positive),
    "digamma": (_special("digamma"), _digamma_by_scipy, _positive),
}


class Science(Prepared):
    params = [list(PROGRAMS)]
    param_names = ["program"]

    def prepare(self, name):
        import jitgrad
        import jitgrad.numpy as jnp

        loss, by_hand, operands = PROGRAMS[name]
        self.arrays = operands()
        xs = [jitgrad.tensor(x) for x in self.arrays]
        run = jitgrad.jit(jitgrad.value_and_grad(lambda *xs: loss(jnp, *xs)))
        self.step = lambda: [np.asarray(x) for x in run(*xs)]
        self.by_hand = lambda: by_hand(*self.arrays)
        for got, want in zip(self.step(), self.by_hand(), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9)

    def track_over_numpy(self, name):
        return ratio(self.step, self.by_hand)

    track_over_numpy.unit = "ratio"


class LinearAlgebra:
    """Over the best of PyTorch, jax and autograd."""

    params = [list(linear_algebra.PROGRAMS)]
    param_names = ["program"]
    timeout = 120

    def setup(self, name):
        if not any(importlib.util.find_spec(peer) for peer in ("torch", "jax", "autograd")):
            raise NotImplementedError("there is no peer")

    def track_over_peers(self, name):
        import jitgrad

        jitgrad.config.compile = common.COMPILE
        found = linear_algebra.measured(name, common.BUDGET)
        return found["jitgrad"] / min(t for library, t in found.items() if library != "jitgrad")

    track_over_peers.unit = "ratio"
