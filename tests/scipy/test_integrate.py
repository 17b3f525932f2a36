"""`jitgrad.scipy.integrate`: values are SciPy's, derivatives those of differences of tight
solutions, in both modes and of second order."""

import inspect

import numpy as np
import pytest
from doctests import run_doctest
from solutions import check_solution, difference

import jitgrad
from jitgrad import (
    ArgumentError,
    GradientError,
    GradientWarning,
    JitgradWarning,
    MissingError,
    ShapeError,
)
from jitgrad import numpy as jnp

theirs = pytest.importorskip("scipy.integrate")
integrate = jitgrad.scipy.integrate

EXPLICIT = ["RK23", "RK45", "DOP853"]
IMPLICIT = ["Radau", "BDF", "LSODA"]
P = np.array([1.1, 0.4, 1.0, 2.0])


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def prey(t, y, a, b, of=jnp):
    return of.stack([a * y[0] - b * y[0] * y[1], -y[1] + 0.5 * y[0] * y[1] + 0.1 * of.sin(t)])


def numpy_prey(t, y, a, b):
    return prey(t, y, a, b, np)


# --- initial values -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [*EXPLICIT, *IMPLICIT])
def test_values_and_derivatives_of_every_method(method):
    reference = lambda p: theirs.solve_ivp(
        numpy_prey, (0, 3), p[2:], "DOP853", [1.0, 3.0], args=tuple(p[:2]), rtol=1e-11, atol=1e-13
    ).y.reshape(-1)
    expected = difference(reference, P)
    for points in (None, np.array([1.0, 3.0])):
        given = {"method": method, "t_eval": points, "rtol": 1e-6, "atol": 1e-8}

        def solved(p, given=given):
            return integrate.solve_ivp(prey, (0, 3), p[2:], args=(p[0], p[1]), **given)

        found = solved(P)
        scipys = theirs.solve_ivp(numpy_prey, (0, 3), P[2:], args=tuple(P[:2]), **given)
        np.testing.assert_allclose(found.t, scipys.t, rtol=1e-7)
        np.testing.assert_allclose(found.y, scipys.y, rtol=1e-7)
        assert type(found.y) is np.ndarray and found.sol is None
        if points is not None:
            flat = lambda p, solved=solved: jnp.reshape(solved(p).y, (-1,))
            reverse = jitgrad.jacrev(flat)(P)
            np.testing.assert_allclose(reverse, expected, rtol=1e-4, atol=1e-4)
            np.testing.assert_allclose(jitgrad.jacfwd(flat)(P), reverse, rtol=1e-8)


def test_explicit_methods_are_differentiated_to_rounding():
    """The same steps, of a system that they are exact for."""
    a = jitgrad.tensor(2.0, requires_grad=True)
    for method in EXPLICIT:
        found = integrate.solve_ivp(lambda t, y: a * t + 0 * y, (0, 1.5), [1.0], method=method)
        (g,) = jitgrad.autograd.grad(found.y[0], a, jitgrad.ones(found.t.shape))
        np.testing.assert_allclose(g.item(), (found.t**2 / 2).sum(), rtol=1e-13)
        np.testing.assert_allclose(found.y[0].detach(), 1 + found.t**2, rtol=1e-13)


@pytest.mark.parametrize("method", ["RK23", "DOP853", "LSODA"])
def test_second_derivatives(method):
    def solved(p):
        given = {"method": method, "t_eval": [0.3], "rtol": 1e-7, "atol": 1e-9}
        found = integrate.solve_ivp(prey, (0, 0.3), P[2:], args=(p[0], p[1]), **given)
        return jnp.reshape(found.y, (-1,))

    check_solution(solved, P[:2], 1e-4, 1e-3)


def test_derivatives_by_times():
    for method in ("RK45", "BDF"):

        def solved(s, method=method):
            points = jnp.stack([s[2], s[1]])
            given = {"method": method, "t_eval": points, "rtol": 1e-8, "atol": 1e-10}
            return integrate.solve_ivp(prey, (s[0], s[1]), P[2:], args=(1.1, 0.4), **given).y[1]

        check_solution(solved, np.array([0.0, 1.0, 0.7]), 1e-5, 1e-4, second=False)
    backward = lambda s: integrate.solve_ivp(lambda t, y: -y * s[0], (1, s[1]), [1.0], rtol=1e-9).y[
        0, -1:
    ]
    check_solution(backward, np.array([0.7, -0.5]), 1e-5)


def test_odeint():
    t = np.array([0.0, 0.5, 0.7, 2.0])
    oscillator = lambda y, t, a: jnp.stack([y[1], -a * y[0] + 0.1 * t])
    scipys = theirs.odeint(lambda y, t, a: [y[1], -a * y[0] + 0.1 * t], [1.0, 0.0], t, (2.0,))
    np.testing.assert_allclose(integrate.odeint(oscillator, [1.0, 0.0], t, (2.0,)), scipys)
    values, info = integrate.odeint(oscillator, [1.0, 0.0], t, (2.0,), full_output=True)
    np.testing.assert_allclose(values, scipys)
    assert info["nfe"][-1] > 10

    def solved(p):
        return jnp.reshape(integrate.odeint(oscillator, p[:2], p[3:], (p[2],)), (-1,))

    p = np.concatenate([[1.0, 0.2, 2.0], t])
    check_solution(solved, p, 1e-5, 1e-4, second=False)
    swapped = lambda t, y, a: oscillator(y, t, a)
    found = integrate.odeint(
        swapped, p[:2], t, (jitgrad.tensor(2.0, requires_grad=True),), tfirst=True
    )
    np.testing.assert_allclose(found.detach(), solved(p).reshape((-1, 2)), rtol=1e-6)


def test_containers():
    w = jitgrad.tensor([[2.0]], requires_grad=True)

    def spring(t, y, p):
        return {"x": y["v"][0], "v": -p["w"] * y["x"].reshape((1, 2))}

    start = {"x": np.zeros(2), "v": np.ones((1, 2))}
    found = integrate.solve_ivp(spring, (0, 1), start, args=({"w": w},), rtol=1e-9, atol=1e-9)
    assert found.y["v"].shape == (1, 2, found.t.size)
    (g,) = jitgrad.autograd.grad(found.y["x"][0, -1], w)
    exact = difference(lambda s: np.sin(np.sqrt(s)) / np.sqrt(s), np.array([2.0]))[0, 0]
    np.testing.assert_allclose(g.item(), exact, rtol=1e-6)
    values = integrate.odeint(lambda y, t: spring(t, y, {"w": 2.0}), start, [0.0, 1.0])
    assert values["x"].shape == (2, 2) and type(values["v"]) is np.ndarray
    np.testing.assert_allclose(values["x"][1], found.y["x"][:, -1].detach(), rtol=1e-6)


def test_events_have_derivatives():
    def ground(t, y, g):
        return y[0]

    ground.terminal, ground.direction = True, -1
    g = jitgrad.tensor(9.81, requires_grad=True)
    found = integrate.solve_ivp(
        lambda t, y, g: jnp.stack([y[1], -g + 0 * y[0]]),
        (0, 10),
        [10.0, 0.0],
        events=ground,
        args=(g,),
    )
    assert found.status == 1 and found.t.requires_grad
    time, speed = np.sqrt(20 / 9.81), -np.sqrt(20 * 9.81)
    for x, value, slope in (
        (found.t_events[0][0], time, -time / 9.81 / 2),
        (found.t[-1], time, -time / 9.81 / 2),
        (found.y_events[0][0, 1], speed, speed / 9.81 / 2),
        (found.y[1, -1], speed, speed / 9.81 / 2),
    ):
        (d,) = jitgrad.autograd.grad(x, g, retain_graph=True)
        np.testing.assert_allclose([x.item(), d.item()], [value, slope], rtol=1e-8)
    with pytest.raises(GradientError, match="their times have no derivative"):
        integrate.solve_ivp(
            lambda t, y, g: -g * y,
            (0, 10),
            [1.0],
            "BDF",
            events=lambda t, y, g: y[0] - 0.5,
            args=(g,),
        )


def test_dense_output():
    a = jitgrad.tensor(1.0, requires_grad=True)
    for method in ("RK45", "LSODA"):
        sol = integrate.solve_ivp(
            lambda t, y: -a * y, (0, 1), [1.0], method, dense_output=True, rtol=1e-7, atol=1e-9
        ).sol
        assert sol(0.5).shape == (1,) and sol(np.array([0.0, 0.5, 1.0])).shape == (1, 3)
        np.testing.assert_allclose(sol(0.5).item(), np.exp(-0.5), rtol=1e-5)
        (g,) = jitgrad.autograd.grad(sol(0.5)[0], a)
        np.testing.assert_allclose(g.item(), -0.5 * np.exp(-0.5), rtol=1e-5)


def test_a_stiff_system():
    k = np.array([0.04, 1e4, 3e7])

    def robertson(t, y, u, of=jnp):
        k0, k1, k2 = u[0] * k[0], u[1] * k[1], u[2] * k[2]
        gain = k2 * y[1] ** 2
        return of.stack([-k0 * y[0] + k1 * y[1] * y[2], k0 * y[0] - k1 * y[1] * y[2] - gain, gain])

    reference = lambda u: theirs.solve_ivp(
        lambda t, y: robertson(t, y, u, np), (0, 1), [1.0, 0, 0], "Radau", rtol=1e-9, atol=1e-13
    ).y[:, -1]
    expected = difference(reference, np.ones(3), 1e-3)
    solved = lambda u: integrate.solve_ivp(
        robertson, (0, 1), [1.0, 0.0, 0.0], "BDF", [1.0], args=(u,), rtol=1e-5, atol=1e-9
    ).y[:, 0]
    np.testing.assert_allclose(jitgrad.jacrev(solved)(np.ones(3)), expected, atol=1e-5)


def test_a_right_hand_side_that_asks_for_values():
    a = jitgrad.tensor(1.0, requires_grad=True)
    looks = lambda t, y: -a * y if y[0].item() > 0.1 else y
    with pytest.warns(JitgradWarning, match="operation by operation"):
        found = integrate.solve_ivp(looks, (0, 1), [1.0], rtol=1e-7, atol=1e-9)
    (g,) = jitgrad.autograd.grad(found.y[0, -1], a)
    np.testing.assert_allclose(g.item(), -np.exp(-1), rtol=1e-6)
    with (
        pytest.warns(JitgradWarning, match="operation by operation"),
        pytest.raises(GradientError, match="asks for values, expected one that jit takes"),
    ):
        integrate.solve_ivp(looks, (0, 1), [1.0], "BDF")


# --- integrals ------------------------------------------------------------------------------------

INTEGRALS = {
    "parameter": lambda p, of: (lambda x: of.exp(-p[0] * x * x), 0.0, 1.0),
    "limits": lambda p, of: (lambda x: of.exp(-p[0] * x * x), p[1], p[0]),
    "backward": lambda p, of: (lambda x: of.cos(p[0] * x), p[0], p[1]),
    "to infinity": lambda p, of: (lambda x: of.exp(-p[0] * x), p[1], np.inf),
    "from infinity": lambda p, of: (lambda x: of.exp(p[0] * x), -np.inf, p[1]),
    "everywhere": lambda p, of: (lambda x: of.exp(-p[0] * x * x + x * p[1]), -np.inf, np.inf),
    "everywhere, backward": lambda p, of: (lambda x: of.exp(-p[0] * x * x), np.inf, -np.inf),
}


def test_quad_of_a_function_with_complex_values():
    f = lambda x, w, lib=jnp: lib.exp(1j * w * x) * x
    for full in (0, 1):
        got = integrate.quad(f, 0, 1, 1.3, full, complex_func=True)
        want = theirs.quad(f, 0, 1, (1.3, np), full, complex_func=True)
        np.testing.assert_allclose(got[:2], want[:2], rtol=1e-12, atol=1e-16)
        assert [type(x) for x in got] == [type(x) for x in want]
    of = lambda w: jnp.reshape(integrate.quad(f, 0, 1, w, complex_func=True)[0], (1,))
    jitgrad.check_grads(of, (jitgrad.tensor(1.3),), order=2)
    with pytest.raises(jitgrad.DTypeError, match="complex_func=True"):
        integrate.quad(f, 0, 1, 1.3)


@pytest.mark.parametrize("form", INTEGRALS)
def test_quad(form):
    p = np.array([1.3, 0.4])
    solved = lambda p: integrate.quad(*INTEGRALS[form](p, jnp))[0]
    np.testing.assert_allclose(solved(p), theirs.quad(*INTEGRALS[form](p, np))[0], rtol=1e-12)
    assert type(solved(p)) is float
    as_vector = lambda p: jnp.reshape(solved(p), (1,))
    check_solution(as_vector, p, 1e-5, 1e-4)


def test_quad_in_its_other_forms():
    f = lambda x, a: abs(x - a) ** 3
    assert len(integrate.quad(f, -1, 1, (0.3,), full_output=1)) == 3
    given = {"points": [0.3], "args": (0.3,)}
    np.testing.assert_allclose(integrate.quad(f, -1, 1, **given), theirs.quad(f, -1, 1, **given))
    a = jitgrad.tensor(1.0, requires_grad=True)
    with pytest.warns(JitgradWarning, match="operation by operation"):
        value, _ = integrate.quad(
            lambda x: a * x if x.item() > 0.5 else 0.0 * x, 0, 1, points=[0.5]
        )
    np.testing.assert_allclose(jitgrad.autograd.grad(value, a)[0].item(), 0.375)
    with pytest.warns(GradientWarning, match="cut the interval at singularities"):
        integrate.quad(lambda x: a / jnp.sqrt(x), 0.0, 1.0)
    with pytest.raises(GradientError, match="got weight='cos'"):
        integrate.quad(lambda x: a * x, 0.0, 1.0, weight="cos", wvar=1.0)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_samples_that_are_refused(n):
    """As SciPy; NumPy would broadcast, or divide by 0."""
    y = np.ones((2, n))
    for given in ({"dx": np.ones(2)}, {"dx": np.ones((2, 2))}, {"initial": np.ones(2)}):
        with pytest.raises(ShapeError, match="expected a number, or the shape of y"):
            integrate.cumulative_simpson(y, **given)
    for x in (np.zeros(n), -np.arange(n)):
        if n > 2:
            with pytest.raises(ArgumentError, match="not strictly increasing"):
                integrate.cumulative_simpson(y, x=x)


def test_samples():
    rng = np.random.default_rng(0)
    rules = ("simpson", "trapezoid", "cumulative_trapezoid", "cumulative_simpson")
    for n in (2, 3, 4, 5, 8):
        y, x = rng.standard_normal((3, n, 2)), np.sort(rng.standard_normal(n))
        for given in ({}, {"x": x}, {"dx": 0.3}, {"x": np.cumsum(y**2 + 0.1, 1)}):
            for name in rules:
                ours = getattr(integrate, name)(jitgrad.tensor(y), axis=1, **given)
                np.testing.assert_allclose(
                    ours, getattr(theirs, name)(y, axis=1, **given), atol=1e-12
                )
        start = {"axis": 1, "initial": y[:, :1]}
        np.testing.assert_allclose(
            integrate.cumulative_simpson(jitgrad.tensor(y), **start),
            theirs.cumulative_simpson(y, **start),
        )
        for start in ({"axis": 1, "dx": y[:, :1] ** 2}, {"axis": 0, "dx": y[:1] ** 2}):
            np.testing.assert_allclose(
                integrate.cumulative_simpson(jitgrad.tensor(y), **start),
                theirs.cumulative_simpson(y, **start),
            )
    y = rng.standard_normal((3, 9))
    np.testing.assert_allclose(integrate.romb(y, 0.2), theirs.romb(y, 0.2))
    np.testing.assert_allclose(
        integrate.cumulative_trapezoid(y, initial=0), theirs.cumulative_trapezoid(y, initial=0)
    )
    for dtype in (np.float32, np.complex64):
        narrow = (y * (1 if dtype is np.float32 else 1 - 2j)).astype(dtype)
        for name in rules:
            ours = getattr(integrate, name)(jitgrad.tensor(narrow), dx=0.3)
            assert ours.dtype == dtype
            if name == "cumulative_simpson":
                assert integrate.cumulative_simpson(narrow, initial=0).dtype == dtype
            np.testing.assert_allclose(ours, getattr(theirs, name)(narrow, dx=0.3), rtol=1e-5)
    x = np.array([0.0, 0.3, 0.5, 1.1, 1.2, 2.0])
    for name in rules:
        rule = getattr(integrate, name)
        jitgrad.check_grads(lambda y, x, rule=rule: rule(y * y, x=x), (np.cos(x), x))


# --- wrong uses -----------------------------------------------------------------------------------


def test_solvers_within_jit():
    optimize = jitgrad.scipy.optimize
    for name, solver in {
        "quad": lambda a: integrate.quad(lambda x: a * x, 0.0, 1.0)[0],
        "odeint": lambda a: integrate.odeint(lambda y, t: -a * y, [1.0], [0.0, 1.0]),
        "solve_ivp": lambda a: integrate.solve_ivp(lambda t, y: -a * y, (0, 1), [1.0]).y,
        "minimize": lambda a: optimize.minimize(lambda x: ((x - a) ** 2).sum(), [0.0]).x,
        "root": lambda a: optimize.root(lambda x: x - a, [0.0]).x,
        "least_squares": lambda a: optimize.least_squares(lambda x: x - a, [0.0]).x,
    }.items():
        with pytest.raises(jitgrad.JitError, match=f"got {name} in a function that jit traces"):
            jitgrad.jit(solver)(jitgrad.tensor(1.5))
        if name != "minimize":  # numbers, which a trace may depend on
            jitted = jitgrad.jit(solver)
            for number in (1.5, 2.0):
                np.testing.assert_allclose(jitted(number), solver(number), rtol=1e-12)


def test_wrong_uses_are_typed_errors():
    a = jitgrad.tensor(1.0, requires_grad=True)
    with pytest.raises(ArgumentError, match="right-hand side of 1 elements, expected 2"):
        integrate.solve_ivp(lambda t, y: y[:1], (0, 1), [1.0, 2.0])
    with pytest.raises(ArgumentError, match="expected a pair of numbers"):
        integrate.solve_ivp(lambda t, y: -y, (0, 1, 2), [1.0])
    with pytest.raises(ArgumentError, match=r"got t of shape \(\)"):
        integrate.odeint(lambda y, t: -y, [1.0], 1.0)
    with pytest.raises(ArgumentError, match="full_output in odeint"):
        integrate.odeint(lambda y, t: -a * y, [1.0], [0.0, 1.0], full_output=True)
    with pytest.raises(ArgumentError, match="expected a function"):
        integrate.quad(1.0, 0, 1)
    with pytest.raises(jitgrad.ShapeError, match="one more than a power of two"):
        integrate.romb(np.ones(4))
    with pytest.raises(jitgrad.ShapeError, match="got 2 places for 3 samples"):
        integrate.simpson(np.ones(3), np.ones(2))
    with pytest.raises(MissingError, match="has no 'nquad'"):
        integrate.nquad  # noqa: B018
    assert integrate.RK45 is theirs.RK45


@pytest.mark.parametrize("name", integrate.__all__)
def test_examples_of_docstrings(name):
    text = inspect.cleandoc(getattr(integrate, name).__doc__)
    assert run_doctest(text, name, "docstring", integrate) > 0
