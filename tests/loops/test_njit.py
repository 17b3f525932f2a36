"""`jitgrad.njit`: what it makes, what its derivatives take, and what they refuse, at which line."""

import collections
import inspect
import math
import re

import numba
import numpy as np
import pytest
from derived_functions import loaded, plain, primal

import jitgrad
from jitgrad.loops.derive import Gradient

Pair = collections.namedtuple("Pair", "scale shift")


def spring(x, k):
    total = 0.0
    for i in range(x.size - 1):
        total += 0.5 * k * (x[i + 1] - x[i]) ** 2
    return total


def in_place(u, c):
    for i in range(1, u.size):
        u[i] += c[i] * u[i - 1] ** 2
    return u[u.size - 1]


def of_pair(p, x, n=2):
    return p.scale * x[0] ** n + p.shift


spring_ = jitgrad.njit(spring)
X = np.array([0.0, 1.0, 3.0])


def test_a_dispatcher_of_numbas():
    assert isinstance(spring_, type(numba.njit(spring)))
    assert spring_(X, 2.0) == 5.0 == numba.njit(spring)(X, 2.0)
    assert spring_.py_func is spring and spring_.signatures
    assert jitgrad.njit(fastmath=True)(spring).targetoptions["fastmath"] is True
    eager = jitgrad.njit("float64(float64[::1], float64)")(spring)
    assert len(eager.signatures) == 1


def test_which_arguments():
    value, (force, slope) = jitgrad.value_and_grad(spring_)(X, 2.0)
    assert value == 5.0 and slope == 2.5 and force.tolist() == [-2, -2, 4]
    assert jitgrad.grad(spring_, argnums=0)(X, 2.0).tolist() == [-2, -2, 4]
    assert jitgrad.grad(spring_, argnums=-1)(X, 2.0) == 2.5
    assert jitgrad.grad(spring_, argnames="k")(X, k=2.0) == 2.5
    assert [len(jitgrad.grad(spring_, argnums=(1, 0))(X, 2.0))] == [2]
    assert jitgrad.grad(spring_)(X, 2).tolist() == [-2, -2, 4]  # one argument with floats
    with pytest.raises(jitgrad.GradientError, match="argument 1 of spring"):
        jitgrad.grad(spring_, argnums=1)(X, 2)
    with pytest.raises(jitgrad.ArgumentError, match="argnums"):
        jitgrad.grad(spring_, argnums=5)(X, 2.0)
    with pytest.raises(jitgrad.ArgumentError, match="spring"):
        jitgrad.grad(spring_)(X)


def test_functions_of_numba_are_taken():
    f = numba.njit(spring)
    assert jitgrad.grad(f, argnums=1)(X, 2.0) == 2.5
    assert type(f) is type(numba.njit(spring))


def test_containers_and_defaults():
    f = jitgrad.njit(of_pair)
    value, (p, x) = jitgrad.value_and_grad(f)(Pair(2.0, 1.0), np.array([3.0]))
    assert value == 19.0 and p == Pair(9.0, 1.0) and x.tolist() == [12.0]
    p, _ = jitgrad.grad(f)(Pair(2.0, 1.0), x=np.array([3.0]), n=1)
    assert p == Pair(3.0, 1.0)


def test_arguments_stay_as_they_are():
    f = jitgrad.njit(in_place)
    u, c = np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.5, 0.25])
    value, (gu, gc) = jitgrad.value_and_grad(f)(u, c)
    assert u.tolist() == [1.0, 2.0, 3.0]
    assert value == 3.0 + 0.25 * 2.5**2
    np.testing.assert_allclose(gu, [1.25, 1.25, 1.0])
    np.testing.assert_allclose(gc, [0.0, 1.25, 6.25])


def test_memory_that_is_shared():
    f = jitgrad.njit(in_place)
    x = np.ones(4)
    with pytest.raises(jitgrad.AliasError, match="u, which is written to, sharing memory with c"):
        jitgrad.grad(f)(x[:3], x[1:])
    g = jitgrad.njit(spring)
    assert jitgrad.grad(g, argnums=0)(x, 2.0).shape == (4,)  # nothing is written


def test_strides_and_layouts():
    big = np.arange(12.0).reshape(3, 4)
    for x in (big[:, 1], big[::-1, 2], np.asfortranarray(big)[1]):
        derived = Gradient(primal(spring, (x, 2.0)), {})
        _, (g, _) = plain(derived)(x, 2.0)
        _, (h, _) = plain(derived)(x.copy(), 2.0)
        np.testing.assert_array_equal(g, h)


def test_kinds_that_are_no_arguments():
    with pytest.raises(jitgrad.DTypeError, match="type dict"):
        jitgrad.grad(spring_)({}, 1.0)
    with pytest.raises(jitgrad.GradientError, match="no argument of spring with floats"):
        jitgrad.grad(spring_)(np.arange(3), 2)


def test_cuts_of_the_derivative_are_warned_of():
    text = """
import numpy as np
import math
def f(x):
    s = 0.0
    for i in range(x.size):
        s += math.floor(x[i]) * x[i] + int(x[i])
    return s
"""
    f = jitgrad.njit(loaded(text)["f"])
    with pytest.warns(jitgrad.GradientWarning) as found:
        g = jitgrad.grad(f)(np.array([1.5, 2.5]))
    assert g.tolist() == [1.0, 2.0]
    texts = [str(w.message) for w in found]
    assert len(texts) == 2
    assert any(":7: floor has no derivative" in t for t in texts)
    assert any("a float made an integer has no derivative" in t for t in texts)


#: Body of ``f(x, c)``, what the error says; it says the line of the part with `# here`.
REFUSED = [
    ("d = {}  # here\n    return x[0]", "got Dict"),
    ("with open('a') as h:  # here\n        pass\n    return x[0]", "got `with`"),
    ("return f(x, c - 1) * 2  # here", "recursive call of f"),
    ("return np.fft.fft(x)[0].real  # here", "np.fft"),
    ("y = x[c, [0, 1]]  # here\n    return y.sum()", "an index that is an array"),
    ("return [v for v in x if v > 0][0]  # here", "no `if`; write the loop"),
    ("return {v: 1 for v in x}[0]  # here", "DictComp"),
    ("return np.linalg.svd(x)[1][0]  # here", "np.svd, which has no derivative here"),
    ("return x.sum() + unknown  # here", "unknown, which may not be bound"),
    ("try:  # here\n        return x[0]\n    except Exception:\n        return 0.0", "`try`"),
    ("g = lambda *t: t[0]  # here\n    return g(x[0])", "expected named arguments"),
    ("g = (lambda k: lambda v: v * k)(c)\n    return g(x[0])  # here", "made in has ended"),
    ("return math.gamma(x[0])  # here", "gamma, which cannot be looked into"),
    ("if c > 0:  # here\n        y = x * 2\n    return y[0]", "y, an array, bound in one branch"),
    ("y = x if c > 0 else x[1:]  # here\n    return y[0]", "different arrays"),
    (
        "y = x * 2\n    z = y if c > 0 else x\n    z[0] = 1.0  # here\n    return y[0]",
        "a choice of it",
    ),
    (
        "y = x * 2\n    z = y.reshape((2, 2))\n    y[0] = 1.0  # here\n    return z[0, 0]",
        "a view of it",
    ),
    ("y = x * np.eye(4)\n    z = y.T\n    z[0, 1] = c  # here\n    return y[1, 0]", "a view of it"),
    (
        "y = x * 1\n    for k in range(2):\n        z = y.reshape((2, 2))\n        y = y * z[0, 0]\n        y[0] = c  # here\n    return y[0]",
        "a view of it",
    ),
    (
        "for i, y in zip(range(0, c, c), x):  # here\n        pass\n    return x[0]",
        "a step that is a number",
    ),
    ("return x[0], x[1]  # here", "returns float64, float64, expected one float"),
    ("return x.reshape((-1, -1))[0, 0]  # here", "several -1"),
    ("x[0] += x.astype(np.int64)[c]\n    return x['a']  # here", "expected numbers and slices"),
    (
        "h = x\n    for t in range(3):\n        h[0] += 1.0\n        h = h * c  # here\n    return h[0]",
        "copy",
    ),
]


@pytest.mark.parametrize(("body", "says"), REFUSED, ids=range(len(REFUSED)))
def test_refused(body, says):
    text = f"import math\nimport numpy as np\n\n\ndef f(x, c):\n    {body}\n"
    scope = loaded(text)
    with pytest.raises(jitgrad.NotDifferentiable, match=re.escape(says)) as found:
        Gradient(primal(scope["f"], (np.ones(4), 2)), {})
    error = found.value
    if error.loc is not None:
        line = text.split("\n").index(next(t for t in text.split("\n") if "# here" in t)) + 1
        assert error.loc[1] == line, str(error)
        assert str(error).startswith(f"{error.loc[0]}:{line}: ")


def test_functions_without_source():
    scope = {}
    exec("def f(x):\n    return x * x", scope)
    with pytest.raises(jitgrad.NotDifferentiable, match="without source"):
        jitgrad.grad(jitgrad.njit(scope["f"]))(2.0)
    with pytest.raises(jitgrad.ArgumentError, match="got 3"):
        jitgrad.njit("float64(float64)")(3)


def test_the_emitted_source_has_the_users_lines():
    text = Gradient(primal(spring, (X, 2.0)), {}).core_text
    first = inspect.getsourcelines(spring)[1]
    assert f"# line {first + 3}" in text
    assert math.isfinite(spring_(X, 1.0))
