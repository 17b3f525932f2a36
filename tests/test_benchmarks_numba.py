"""Programs of numba as other libraries have them: values and gradients of each are the same."""

import importlib.util
import sys

import numpy as np
import pytest
from derived_functions import copies, plain, primal
from folders import ROOT
from numba_workloads import make

from jitgrad.loops.derive import Gradient

sys.path.insert(0, str(ROOT))
from benchmarks import numba_peers
from benchmarks.tools.numba_peers import flat, row, same

WAYS = {
    "jax": (numba_peers.JAX, numba_peers.gradient_in_jax),
    "torch": (numba_peers.TORCH, numba_peers.gradient_in_torch),
}
CASES = [(way, name) for way, (programs, _) in WAYS.items() for name in programs]


def test_a_row_without_peers():
    """What is measured, of one program."""
    cells = row("nbody", *make("small")["nbody"], libraries=(), seconds=0.0).split("|")
    assert cells[1].strip() == "nbody" and all(float(x) >= 0 for x in cells[2:4])


@pytest.mark.parametrize(("way", "name"), CASES)
def test_peers_agree(way, name):
    if importlib.util.find_spec(way) is None:
        pytest.skip(f"{way} is not installed")
    f, args = make("small")[name]
    value, grads = plain(Gradient(primal(f, args), {}))(*copies(args))
    step = WAYS[way][1](name, args)
    same(flat(step()), flat([value, list(grads)]), 1e-8)


def test_each_program_but_one_has_peers():
    assert set(make("small")) - set(numba_peers.JAX) == {"heat_inplace"}
    assert set(numba_peers.TORCH) < set(numba_peers.JAX)
    assert np.all([callable(f) for f in numba_peers.JAX.values()])
