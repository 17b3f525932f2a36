"""The table of NumPy's names, `docs/numpy-names.md`: it is fresh, and true."""

import functools
import re

import numpy as np
import pytest

import jitgrad
import jitgrad.numpy as jnp
from jitgrad import GradientError
from tools import numpy_names, tables


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


@functools.cache
def table():
    return numpy_names.sections()


def of_kind(section, kind):
    return [name for name, (found, _) in table()[section].items() if found == kind]


def test_the_table_is_fresh():
    assert not numpy_names.is_stale(), "run python -m tools.numpy_names"


def test_the_table_has_every_name():
    page = numpy_names.PAGE.read_text()
    if f"{tables.minor(np)}:" not in page:
        pytest.skip("the page is for another NumPy")
    for title, rows in table().items():
        part = page.partition(f"## {title}\n")[2].partition("\n## ")[0]
        assert {*re.findall(r"`(\w+)`", part)} >= {*rows}


def ufuncs(kind):
    return [n for n in of_kind("numpy", kind) if isinstance(getattr(np, n), np.ufunc)]


def operands(ufunc):
    x = np.full((2, 2), 0.5)
    return [jitgrad.tensor(x, requires_grad=True) for _ in range(ufunc.nin)]


def test_ufuncs_are_what_the_table_says():
    """Called by NumPy and as `jitgrad.numpy` has them."""
    skipped = {"arccosh", "acosh", "ldexp"}  # undefined at one half, or of integers
    for kind in ("gradient", "values", "refused"):
        for name in {*ufuncs(kind)} - skipped:
            ufunc = getattr(np, name)
            for f in (ufunc, getattr(jnp, name)):
                try:
                    found = f(*operands(ufunc))
                except GradientError:
                    assert kind == "refused", name
                    continue
                except (jitgrad.DTypeError, jitgrad.ArgumentError):
                    assert kind == "values", name  # of integers
                    continue
                first = found[0] if isinstance(found, tuple) else found
                assert first.requires_grad == (kind == "gradient"), name
                assert kind != "refused", name


#: A call of each function that has no rule.
REFUSED = {
    "histogram_bin_edges": lambda f, x: f(x),
    "ix_": lambda f, x: f(x[0], x[1]),
}
#: Functions without a rule that take no floats.
OF_OTHERS = {"busday_count", "busday_offset", "datetime_as_string", "is_busday", "packbits"}
OF_OTHERS |= {"ravel_multi_index", "unpackbits"}


def test_what_has_no_rule_loses_no_gradient():
    for section, home in (("numpy", np), ("numpy.linalg", np.linalg), ("numpy.fft", np.fft)):
        names = {*of_kind(section, "refused")} - {*ufuncs("refused")} - OF_OTHERS
        for name in names:
            call = REFUSED.get(name, lambda f, x: f(x))
            for f in (getattr(home, name), getattr(eval(f"jnp{section[5:]}"), name)):
                with pytest.raises(GradientError):
                    call(f, jitgrad.tensor([[1.0, 2.0], [3.0, 1.0]], requires_grad=True))


def test_methods_are_what_the_table_says():
    title = "Methods and attributes of arrays"
    x = jitgrad.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True).clone()
    assert [n for n in dir(np.ndarray) if n[0] != "_"] == [*table()[title]]
    for name in of_kind(title, "missing"):
        assert not hasattr(x, name)
    for name in ("copy", "flatten", "ravel", "sum", "transpose", "squeeze", "cumsum", "std"):
        assert name in of_kind(title, "gradient") and getattr(x, name)().requires_grad
    for name in ("argmax", "nonzero", "all"):
        assert name in of_kind(title, "values")


def test_draws_are_what_the_table_says():
    title = "numpy.random, as jitgrad.random"
    scale = jitgrad.tensor(0.5, requires_grad=True)
    for name, parameters in {
        "normal": (0.0, scale),
        "gamma": (2.0, scale),
        "exponential": (scale,),
    }.items():
        assert name in of_kind(title, "gradient")
        assert getattr(jitgrad.random, name)(*parameters).requires_grad
    for name in ("poisson", "beta", "standard_t"):
        assert name in of_kind(title, "values")
        with pytest.raises(GradientError):
            getattr(jitgrad.random, name)(*[scale] * (1 + (name == "beta")))


def test_tolerances_of_each_matrix():
    """`pinv` takes one for each matrix of a stack, as the array API standard asks."""
    a = np.random.default_rng(0).normal(size=(3, 4, 2))
    for rtol in (np.array([1e-9, 0.9, 2.0]), np.full((2, 1), 1e-9), np.zeros((0, 3))):
        want = np.linalg.pinv(
            np.broadcast_to(a, (*np.broadcast_shapes(rtol.shape, (3,)), 4, 2)), rtol
        )
        for got in (jnp.linalg.pinv(a, rtol=rtol), np.linalg.pinv(jitgrad.tensor(a), rtol)):
            np.testing.assert_allclose(got, want, atol=1e-12)
    f = lambda a: jnp.linalg.pinv(a, rtol=np.array([1e-9, 1e-9, 1e-9])).sum()
    np.testing.assert_allclose(
        jitgrad.grad(f)(a), jitgrad.grad(lambda a: jnp.linalg.pinv(a).sum())(a)
    )
