"""The table of SciPy's names, `docs/scipy-names.md`: it is fresh, and true."""

import pytest

pytest.importorskip("scipy")

import importlib

import jitgrad
from jitgrad import MissingError
from tools import scipy_names


def test_the_table_is_fresh():
    assert not scipy_names.is_stale(), "run python -m tools.scipy_names"


@pytest.mark.parametrize("module", scipy_names.MODULES)
def test_names_are_what_the_table_says(module):
    home = importlib.import_module(f"jitgrad.scipy.{module}")
    theirs = importlib.import_module(f"scipy.{module}")
    for name in scipy_names.names_of(module):
        kind, _ = scipy_names.of_name(module, name)
        if kind == scipy_names.REFUSED:
            with pytest.raises(MissingError, match="has no"):
                getattr(home, name)
        elif kind in (scipy_names.GRADIENT, scipy_names.VALUES):
            assert name in home.__all__ and callable(getattr(home, name))
        elif hasattr(home, name):
            assert getattr(home, name) is getattr(theirs, name)


def test_what_is_called_alike_is_not_named():
    """SciPy's `square` is a wave, and its `fmin` a solver."""
    for module, name in (("signal", "square"), ("optimize", "fmin")):
        home = importlib.import_module(f"jitgrad.scipy.{module}")
        with pytest.raises(MissingError, match=rf"use scipy\.{module}\.{name} on values"):
            getattr(home, name)
    with pytest.raises(MissingError, match="ranks are steps"):
        jitgrad.scipy.stats.spearmanr  # noqa: B018
    with pytest.raises(MissingError, match="one choice of many"):
        jitgrad.scipy.linalg.schur  # noqa: B018
