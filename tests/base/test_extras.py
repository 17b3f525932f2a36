"""Packages of extras: what cannot be imported is an error that names the extra, or None."""

import math
import sys

import pytest

from jitgrad import MissingError
from jitgrad.base.extras import extra, function_of, if_installed


def test_modules_and_functions_of_a_package():
    assert extra("math", "a sine") is math and function_of("math", "sin") is math.sin
    assert if_installed("math") is math


def test_a_package_that_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "absent", None)
    with pytest.raises(MissingError, match=r"got a sine, which needs absent.*jitgrad\[absent\]"):
        extra("absent.part", "a sine")
    with pytest.raises(MissingError, match="got sine, which needs absent"):
        function_of("absent", "sine")
    assert if_installed("absent") is None
