"""`jitgrad.scipy.optimize`: values are SciPy's, derivatives of solutions those of differences of
solutions, in both modes and of second order."""

import inspect

import numpy as np
import pytest
from doctests import run_doctest
from solutions import check_solution, difference

import jitgrad
from jitgrad import (
    ArgumentError,
    DTypeError,
    GradientError,
    JitError,
    JitgradWarning,
    MissingError,
    ShapeError,
)
from jitgrad import numpy as jnp

theirs = pytest.importorskip("scipy.optimize")
optimize = jitgrad.scipy.optimize

METHODS = [
    *("Nelder-Mead", "Powell", "COBYQA", "CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP"),
    *("Newton-CG", "trust-constr", "trust-ncg", "trust-krylov", "dogleg", "trust-exact"),
]
TIGHT = {"ftol": 1e-15, "xtol": 1e-15, "gtol": 1e-14}
pytestmark = pytest.mark.filterwarnings("ignore:delta_grad == 0.0")


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


def bowl(x, scale=1.0):
    off = x - np.array([1.0, 2.0, 3.0])
    return scale * (off**2 * (1 + off**2)).sum() + jnp.cosh(off).sum() + off[0] * off[1]


# --- minimize -------------------------------------------------------------------------------------


def test_every_method_finds_the_minimum():
    for method in METHODS:
        near = method == "dogleg"
        start = np.array([0.9, 2.1, 3.1]) if near else np.zeros(3)
        found = optimize.minimize(bowl, start, (2.0,), method=method, tol=1e-8)
        np.testing.assert_allclose(found.x, [1.0, 2.0, 3.0], atol=2e-4, err_msg=method)
        assert type(found.x) is np.ndarray and isinstance(found.fun, float)
        assert abs(found.fun - float(bowl(found.x, 2.0))) < 1e-12


def test_derivatives_save_evaluations():
    ours = optimize.minimize(bowl, np.zeros(3), method="BFGS")
    assert ours.nfev == ours.njev < theirs.minimize(bowl, np.zeros(3), method="BFGS").nfev / 3
    exact = optimize.minimize(bowl, np.zeros(3), method="trust-exact")
    assert exact.nhev > 2 and exact.success


def test_the_minimum_of_a_container():
    def loss(p):
        return ((p["u"] - 1.0) ** 2).sum() + (p["u"].sum() * p["v"] - 1.0) ** 2 + p["v"] ** 2

    found = optimize.minimize(loss, {"u": np.zeros((2, 2)), "v": 0.5}, tol=1e-9)
    assert found.x["u"].shape == (2, 2) and type(found.x["v"]) is float
    assert np.linalg.norm(jitgrad.grad(loss)(found.x)["u"]) < 1e-6
    as_tensor = optimize.minimize(lambda x: ((x - 2.0) ** 2).sum(), jitgrad.zeros((2, 1)))
    assert isinstance(as_tensor.x, jitgrad.Tensor) and as_tensor.x.shape == (2, 1)
    single = optimize.minimize(
        lambda x: ((x - 2.0) ** 2).sum(), np.zeros(2, np.float32), method="BFGS"
    )
    assert single.x.dtype == np.float32


def test_derivatives_of_a_minimum_by_what_the_objective_reaches():
    def solved(b):
        def loss(x):
            return ((x - b) ** 2 * (1 + x**2)).sum() + b[0] * x[0] * x[1]

        return optimize.minimize(loss, np.ones(2), method="trust-exact", tol=1e-12).x

    check_solution(solved, np.array([0.7, 1.3]))


def test_derivatives_by_args_and_of_the_least_value():
    a = jitgrad.tensor(2.0, requires_grad=True)
    found = optimize.minimize(bowl, np.zeros(3), (a,), tol=1e-10)
    found.fun.backward()
    off = found.x.detach().numpy() - [1.0, 2.0, 3.0]
    np.testing.assert_allclose(a.grad.numpy(), (off**2 * (1 + off**2)).sum(), atol=1e-12)
    with jitgrad.no_grad():
        assert type(optimize.minimize(bowl, np.zeros(3), (a,)).x) is np.ndarray


def test_variables_at_bounds_stay_there_or_go_with_them():
    def solved(b):
        found = optimize.minimize(
            lambda x: ((x - b[:2]) ** 2).sum() + x[0] * x[1],
            np.zeros(2),
            bounds=[(None, None), (b[2], None)],
            tol=1e-13,
        )
        return found.x

    x = np.array([1.0, 0.1, 0.5])
    assert solved(x)[1] == 0.5
    check_solution(solved, x)
    inner = np.array([1.0, 2.0, 0.5])
    check_solution(solved, inner)


@pytest.mark.parametrize("kind", ["ineq", "eq", "linear", "nonlinear", "inactive"])
def test_derivatives_under_constraints(kind):
    def solved(b):
        form = {
            "ineq": {"type": "ineq", "fun": lambda x: b[0] * b[1] / 2 - x.sum()},
            "eq": {"type": "eq", "fun": lambda x, c: x[0] * x[1] - c, "args": (b[1] / 4,)},
            "linear": optimize.LinearConstraint([[1.0, 2.0]], -np.inf, 1.0),
            "nonlinear": optimize.NonlinearConstraint(lambda x: (x * x).sum() * b[0], 0.0, 1.0),
            "inactive": {"type": "ineq", "fun": lambda x: 100.0 - x.sum()},
        }[kind]
        found = optimize.minimize(
            lambda x: ((x - b) ** 2).sum() + x[0] * x[1],
            np.array([0.5, 0.6]),
            constraints=[form],
            method="SLSQP",
            options={"ftol": 1e-15},
        )
        return found.x

    check_solution(solved, np.array([1.0, 2.0]), 2e-5)


def test_trust_constr_gets_curvatures_of_constraints():
    ring = optimize.NonlinearConstraint(lambda x: (x * x).sum(), 1.0, 1.0)
    found = optimize.minimize(
        lambda x: x.sum(), [0.3, -0.9], constraints=ring, method="trust-constr", tol=1e-9
    )
    np.testing.assert_allclose(found.x, [-(0.5**0.5)] * 2, atol=1e-6)


def test_an_objective_that_asks_for_values():
    b = jitgrad.tensor([1.0, 2.0], requires_grad=True)

    def loss(x):
        return ((x - b) ** 2).sum() if x[0].item() < 100 else x.sum()

    with pytest.warns(JitgradWarning, match="loss is run operation by operation"):
        found = optimize.minimize(loss, np.zeros(2), tol=1e-10)
    (g,) = jitgrad.autograd.grad(found.x[0], b, create_graph=True)
    np.testing.assert_allclose(g.detach().numpy(), [1.0, 0.0], atol=1e-8)
    with pytest.raises(GradientError, match="no derivative rule"):
        g.sum().backward()


def test_a_minimum_within_an_objective():
    """Of a bilevel problem: the inner solution is 2 a / 3, so the outer one is where that is 4."""

    def outer(a):
        inner = optimize.minimize(
            lambda x: ((x - a) ** 2).sum() + 0.5 * (x * x).sum(), np.zeros(1), tol=1e-12
        )
        return ((inner.x - 4.0) ** 2).sum()

    with pytest.warns(JitgradWarning, match="outer is run"):
        found = optimize.minimize(outer, np.ones(1), tol=1e-10)
    np.testing.assert_allclose(found.x, [6.0], rtol=1e-6)


def test_minimize_scalar():
    for given in ({}, {"bracket": (0.1, 1.0)}, {"bounds": (0.5, 10.0), "method": "bounded"}):
        found = optimize.minimize_scalar(lambda x: (x**2 - 3.0) ** 2, **given)
        np.testing.assert_allclose(abs(found.x), 3**0.5, rtol=1e-5)
    b = jitgrad.tensor(1.5, requires_grad=True)
    x = optimize.minimize_scalar(lambda x: (x - b) ** 2 + jitgrad.cosh(x), tol=1e-14).x
    (slope,) = jitgrad.autograd.grad(x, b)
    np.testing.assert_allclose(slope.item(), 2 / (2 + np.cosh(x.item())), rtol=1e-6)
    a = jitgrad.tensor(3.0, requires_grad=True)
    edge = optimize.minimize_scalar(lambda x: (x - a) ** 2, bounds=(0.0, 1.0))
    assert jitgrad.autograd.grad(edge.x, a)[0].item() == 0.0


# --- roots ----------------------------------------------------------------------------------------


def test_root_by_its_methods():
    for method in ("hybr", "lm", "broyden1", "krylov", "df-sane"):
        found = optimize.root(lambda x: x**3 + x - 2.0, [0.5, 0.7], method=method)
        np.testing.assert_allclose(found.x, [1.0, 1.0], atol=1e-5)
    found = optimize.root(
        lambda p: {"a": p["a"] ** 2 - 2.0, "b": p["b"] - p["a"]}, {"a": 1.0, "b": 2.0}
    )
    np.testing.assert_allclose([found.x["a"], found.x["b"]], [2**0.5] * 2)


def test_derivatives_of_roots():
    def system(x, b):
        return [x[0] ** 3 + x[1] * b[0] - 1.0, jitgrad.sin(x[1]) - x[0] * b[1]]

    check_solution(
        lambda b: optimize.root(system, [0.5, 0.5], (b,), tol=1e-13).x, np.array([0.3, 0.8])
    )
    check_solution(
        lambda b: optimize.fixed_point(lambda x: jitgrad.cos(b * x), np.full(2, 0.7)),
        np.array([0.9, 1.0]),
    )
    with_more = lambda b: (
        optimize.root(
            lambda x: jitgrad.stack([x[0] - b[0], x[0] ** 2 - b[1]]), [1.0], method="lm", tol=1e-14
        ).x
    )
    check_solution(with_more, np.array([1.0, 1.5]))


def test_root_scalar():
    a = np.array([2.0])
    for given in (
        {"bracket": (0.0, 2.0)},
        {"x0": 1.0},
        {"x0": 1.0, "method": "halley"},
        {"x0": 1.0, "x1": 2.0},
    ):
        found = optimize.root_scalar(lambda x: x**3 - 2.0, **given)
        assert isinstance(found.root, float) and abs(found.root - 2 ** (1 / 3)) < 1e-10
    solved = lambda a: optimize.root_scalar(lambda x: x**3 - a[0], x0=1.0).root.reshape((1,))
    check_solution(solved, a)
    assert optimize.root_scalar(lambda x: x**3 - 2.0, x0=1.0, method="halley").iterations < 6


# --- fits -----------------------------------------------------------------------------------------

T = np.linspace(0.0, 2.0, 12)
Y = 2 * np.exp(-1.3 * T) + 0.3 + 0.05 * np.random.default_rng(0).standard_normal(12)


def model(t, a, b, c):
    return a * jnp.exp(-b * t) + c


def numpy_model(t, a, b, c):
    return a * np.exp(-b * t) + c


@pytest.mark.parametrize("loss", ["linear", "soft_l1", "huber", "cauchy", "arctan"])
def test_least_squares(loss):
    given = {"loss": loss, "f_scale": 0.05, **TIGHT}
    ours = optimize.least_squares(lambda p: model(T, *p) - Y, [1.0, 1.0, 1.0], **given)
    scipys = theirs.least_squares(lambda p: numpy_model(T, *p) - Y, [1.0, 1.0, 1.0], **given)
    np.testing.assert_allclose(ours.x, scipys.x, rtol=1e-5)
    np.testing.assert_allclose(ours.cost, scipys.cost, rtol=1e-9)

    def solved(d):
        y = jitgrad.asarray(Y) + d[0] * np.cos(T) + d[1]
        found = optimize.least_squares(lambda p: model(T, *p) - y, [1.0, 1.0, 1.0], **given)
        return jitgrad.concatenate(
            [jitgrad.asarray(found.x), jitgrad.asarray(found.cost).reshape(1)]
        )

    d = np.array([0.01, 0.02])
    np.testing.assert_allclose(
        jitgrad.jacrev(solved)(d), difference(solved, d, 1e-3), rtol=1e-4, atol=1e-4
    )


def test_fits_of_models_with_loops():
    """Turns are one loop of values and derivatives: the rule of a solution is linear in these."""

    def solved(d):
        def decay(p):
            start = p[1] * jitgrad.asarray(T[:6]) + d[0]
            return jitgrad.fori_loop(0, 4, lambda _, y: y - 0.1 * p[0] * y - d[1] * y * y, start)

        y = jitgrad.asarray(Y[:6]) + d[1]
        fit = optimize.least_squares(lambda p: decay(p) - y, [0.5, 1.0], **TIGHT)
        least = optimize.minimize(lambda p: ((decay(p) - y) ** 2).sum(), [0.5, 1.0], tol=1e-12)
        np.testing.assert_allclose(fit.x, least.x, rtol=1e-5)
        return jitgrad.asarray(fit.x) + jitgrad.asarray(least.x)

    check_solution(solved, np.array([0.1, 0.01]), 1e-4, 1e-4)


FITS = {
    "plain": {},
    "sigma": {"sigma": np.linspace(0.1, 0.2, 12)},
    "covariance": {"sigma": np.diag(np.linspace(0.1, 0.2, 12)) + 0.01, "absolute_sigma": True},
    "bounds": {"bounds": ([0, 0, 0], [5, 1.0, 5])},
    "trf": {"p0": [1, 1, 1.0], "method": "trf"},
}


@pytest.mark.parametrize("form", FITS)
def test_curve_fit(form):
    given = {**FITS[form], **TIGHT}
    ours = optimize.curve_fit(model, T, Y, **given)
    scipys = theirs.curve_fit(numpy_model, T, Y, **given)
    for x, y in zip(ours, scipys, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-8)

    def solved(d):
        y = jitgrad.asarray(Y) + d[0] * np.cos(T) + d[1]
        popt, pcov = optimize.curve_fit(model, T, y, **given)
        return jitgrad.concatenate([jitgrad.asarray(popt), jitgrad.asarray(pcov).reshape(-1)])

    d = np.array([0.01, 0.02])
    expected = difference(solved, d, 1e-3)
    if form != "bounds":  # where SciPy's covariance does not know of them
        np.testing.assert_allclose(jitgrad.jacrev(solved)(d), expected, rtol=1e-4, atol=5e-6)
    else:
        np.testing.assert_allclose(
            jitgrad.jacrev(solved)(d)[:3], expected[:3], rtol=1e-4, atol=1e-8
        )


def test_derivatives_of_a_fit_by_places_and_errors():
    def solved(d):
        sigma = 0.1 + d[0] * jitgrad.asarray(T)
        return optimize.curve_fit(model, T + d[1] * T**2, Y, sigma=sigma, **TIGHT)[0]

    check_solution(solved, np.array([0.02, 0.03]), 1e-4)


# --- wrong uses -----------------------------------------------------------------------------------


def test_wrong_uses_are_typed_errors():
    b = jitgrad.tensor(1.0, requires_grad=True)
    with pytest.raises(GradientError, match="expected a Tensor of floats"):
        optimize.minimize(lambda x: 3.0, np.zeros(2))
    with pytest.raises(ArgumentError, match="expected one number"):
        optimize.minimize(lambda x: x * b, np.zeros(2), method="Nelder-Mead")
    with pytest.raises(ArgumentError, match="expected a function"):
        optimize.minimize(3.0, np.zeros(2))
    with pytest.raises(DTypeError, match="expected floats"):
        optimize.minimize(bowl, np.array([True, False, True]))
    with pytest.raises(ArgumentError, match="got 1 bounds for 3 variables"):
        optimize.minimize(bowl, np.zeros(3), bounds=[(0, 1)])
    with pytest.raises(ArgumentError, match="a constraint with the keys"):
        optimize.minimize(bowl, np.zeros(3), constraints={"kind": "eq"})
    with pytest.raises(GradientError, match="a loss that is a function"):
        optimize.least_squares(
            lambda x: x - b, [0.0], loss=lambda z: np.array([z, np.ones_like(z), 0 * z])
        )
    with pytest.raises(GradientError, match="nan_policy"):
        optimize.curve_fit(lambda t, a: a * t * b, T, Y, nan_policy="omit")
    with pytest.raises(MissingError, match=r"jitgrad\.scipy\.optimize has no 'linprog'"):
        optimize.linprog  # noqa: B018
    assert optimize.Bounds is theirs.Bounds


def test_derivatives_of_what_is_no_solution_are_warned_of():
    b = jitgrad.tensor(1.0, requires_grad=True)
    with pytest.warns(jitgrad.GradientWarning, match="root did not converge"):
        optimize.root(lambda x: x**2 + b, [1.0])


def test_under_jit_a_solver_is_an_error():
    @jitgrad.jit
    def solved(b):
        return optimize.root(lambda x: x - b, [0.0]).x

    with pytest.raises(jitgrad.JitError):
        solved(jitgrad.tensor(1.0))


@pytest.mark.parametrize("name", optimize.__all__)
def test_examples_of_docstrings(name):
    text = inspect.cleandoc(getattr(optimize, name).__doc__)
    # a function of a module that is called bisect would be of Python's own
    assert run_doctest(text, f"example of {name}", "docstring", optimize) > 0


@pytest.mark.parametrize("name", ["bisect", "brenth", "brentq", "ridder", "toms748"])
def test_roots_between_places(name):
    f, same = getattr(optimize, name), getattr(theirs, name)
    cube = lambda x, k: x**3 - k
    assert f(cube, 0.0, 3.0, (2.0,)) == pytest.approx(same(cube, 0.0, 3.0, (2.0,)), abs=1e-12)
    a = jitgrad.tensor(2.0, requires_grad=True)
    x, results = f(cube, 0.0, 3.0, (a,), full_output=True)
    assert results.converged and results.root is x
    (first,) = jitgrad.autograd.grad(x, a, create_graph=True)
    (second,) = jitgrad.autograd.grad(first, a)
    assert first.item() == pytest.approx(2 ** (-2 / 3) / 3, rel=1e-8)
    assert second.item() == pytest.approx(-2 / 9 * 2 ** (-5 / 3), rel=1e-8)
    _, t = jitgrad.jvp(lambda a: f(cube, 0.0, 3.0, (a,)), (2.0,), (1.0,))
    assert float(t) == pytest.approx(2 ** (-2 / 3) / 3, rel=1e-8)
    with pytest.raises(ArgumentError, match="one sign"):
        f(lambda x: x**2 + 1, 0.0, 1.0)
    with pytest.raises(JitError, match=name):
        jitgrad.jit(lambda a: f(cube, 0.0, 3.0, (a,)))(a)


def test_newton_and_fsolve():
    a = np.array([2.0, 9.0])
    square = lambda x, k: x**2 - k
    np.testing.assert_allclose(optimize.newton(square, np.ones(2), args=(a,)), np.sqrt(a))
    assert optimize.newton(square, 1.0, args=(2.0,)) == pytest.approx(2**0.5)
    got = jitgrad.grad(lambda a: optimize.newton(square, 1.0, args=(a,), x1=2.0))(2.0)
    assert got == pytest.approx(0.5 / 2**0.5)
    root, converged, _ = optimize.newton(square, np.ones(2), args=(a,), full_output=True)
    assert converged.all() and np.allclose(root, np.sqrt(a))
    for solve in (
        lambda a: optimize.newton(square, np.ones(2), args=(a,)),
        lambda a: optimize.fsolve(square, [1.0, 2.0], args=(a,)),
    ):
        f = lambda a, solve=solve: jitgrad.asarray(solve(a))
        jitgrad.check_grads(f, (a,), order=2, rtol=1e-4)
    x, information, status, _ = optimize.fsolve(square, [1.0, 2.0], args=(a,), full_output=True)
    assert status == 1 and information["nfev"] > 0 and np.allclose(x, np.sqrt(a))
    with pytest.raises(ArgumentError, match="complex"):
        optimize.newton(square, 1j)


def test_least_squares_from_0_on():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(6, 4)), rng.normal(size=6)
    for y in (b, -10 * a.sum(1) - 3):
        for got, want in zip(optimize.nnls(a, y), theirs.nnls(a, y), strict=True):
            np.testing.assert_allclose(got, want, atol=1e-12)
        jitgrad.check_grads(optimize.nnls, (a, y), order=1)
    with pytest.raises(ShapeError, match="nnls"):
        optimize.nnls(a, b[:3])


def test_rosenbrock():
    x = np.array([0.3, 1.2, -0.7])
    for name in ("rosen", "rosen_der", "rosen_hess"):
        np.testing.assert_allclose(getattr(optimize, name)(x), getattr(theirs, name)(x))
    got = optimize.rosen_hess_prod(x, x[::-1])
    np.testing.assert_allclose(got, theirs.rosen_hess_prod(x, x[::-1]))
    jitgrad.check_grads(optimize.rosen, (x,), order=2)
