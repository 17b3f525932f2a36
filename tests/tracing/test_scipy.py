"""SciPy's optimisers, root finders and integrators with functions, gradients and Jacobians of
jitgrad's.

They call with arrays and want arrays, floats and lists back, some of them for compiled code that
looks at the type. Each method runs with gradients as `grad` gives them for arrays, with tensors
where functions of one's own return them, with further arguments (``args=``), and under `jit`.
"""

import numpy as np
import pytest

import jitgrad
from jitgrad import numpy as jnp

optimize = pytest.importorskip("scipy.optimize")
integrate = pytest.importorskip("scipy.integrate")

#: Methods of `minimize` by what they take beside the function.
NOTHING = ["Nelder-Mead", "Powell", "COBYLA", "COBYQA"]
GRADIENT = ["CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP"]
PRODUCT = ["Newton-CG", "trust-constr", "trust-ncg", "trust-krylov"]
HESSIAN = ["dogleg", "trust-exact"]

TARGET = np.array([1.0, 2.0, 3.0])
START = np.zeros(3)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:scipy", "ignore:delta_grad == 0.0")


def loss(x, target=TARGET, scale=1.0):
    off = x - target
    return scale * (off**2 * (1 + off**2)).sum() + jnp.sum(jnp.cosh(off))


def hessian(x, *args):
    return np.array([jitgrad.hvp(loss)(x, e, *args) for e in np.eye(3)])


def of_tensors(function):
    """A function that makes a tensor of its first argument, and gives tensors back."""
    return lambda x, *args: function(jitgrad.tensor(x), *args)


ARGS = [(), (TARGET, 2.0)]
FORMS = {
    "arrays": (loss, jitgrad.grad(loss), jitgrad.hvp(loss), hessian),
    "tensors": (
        *tuple(map(of_tensors, (loss, jitgrad.grad(loss), jitgrad.hvp(loss)))),
        of_tensors(hessian),
    ),
    "jit": (*map(jitgrad.jit, (loss, jitgrad.grad(loss), jitgrad.hvp(loss))), hessian),
}


@pytest.mark.parametrize("args", ARGS, ids=["alone", "args"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", [*NOTHING, *GRADIENT, *PRODUCT, *HESSIAN])
def test_minimize(method, form, args):
    function, gradient, product, hess = FORMS[form]
    given = {} if method in NOTHING else {"jac": gradient}
    given |= (
        {"hessp": product} if method in PRODUCT else {"hess": hess} if method in HESSIAN else {}
    )
    found = optimize.minimize(function, START, args=args, method=method, **given)
    np.testing.assert_allclose(found.x, TARGET, atol=1e-3)
    assert isinstance(found.fun, float) and (form == "tensors" or type(found.x) is np.ndarray)


VALUES = {
    "arrays": jitgrad.value_and_grad(loss),
    "tensors": of_tensors(jitgrad.value_and_grad(loss)),
    "jit": jitgrad.jit(jitgrad.value_and_grad(loss)),
}


@pytest.mark.parametrize("args", ARGS, ids=["alone", "args"])
@pytest.mark.parametrize("form", VALUES)
@pytest.mark.parametrize("method", [*GRADIENT, *PRODUCT])
def test_minimize_with_the_value_and_the_gradient_of_one_function(method, form, args):
    given = {"hessp": jitgrad.hvp(loss)} if method in PRODUCT else {}
    found = optimize.minimize(VALUES[form], START, args=args, method=method, jac=True, **given)
    np.testing.assert_allclose(found.x, TARGET, atol=1e-3)


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
@pytest.mark.parametrize("form", ["dict", "object"])
def test_constraints(method, form):
    total = lambda x: jnp.sum(x) - 3.0
    if form == "dict":
        constraint = {"type": "eq", "fun": total, "jac": jitgrad.grad(total)}
    else:
        constraint = optimize.NonlinearConstraint(total, 0, 0, jac=jitgrad.grad(total))
    found = optimize.minimize(
        loss, START, jac=jitgrad.grad(loss), method=method, constraints=[constraint]
    )
    np.testing.assert_allclose(found.x, TARGET - 1, atol=1e-3)


OLDER = {
    "fmin_l_bfgs_b": lambda: optimize.fmin_l_bfgs_b(jitgrad.value_and_grad(loss), START)[0],
    "fmin_tnc": lambda: optimize.fmin_tnc(jitgrad.value_and_grad(loss), START, disp=0)[0],
    "fmin_bfgs": lambda: optimize.fmin_bfgs(loss, START, jitgrad.grad(loss), disp=False),
    "fmin_cg": lambda: optimize.fmin_cg(loss, START, jitgrad.grad(loss), disp=False),
    "fmin_ncg": lambda: optimize.fmin_ncg(
        loss, START, jitgrad.grad(loss), fhess_p=jitgrad.hvp(loss), disp=False
    ),
    "fmin_slsqp": lambda: optimize.fmin_slsqp(loss, START, fprime=jitgrad.grad(loss), disp=False),
    "basinhopping": lambda: (
        optimize.basinhopping(
            loss, START, niter=2, minimizer_kwargs={"jac": of_tensors(jitgrad.grad(loss))}
        ).x
    ),
    "shgo": lambda: (
        optimize.shgo(
            loss, [(-1, 4)] * 3, minimizer_kwargs={"method": "SLSQP", "jac": jitgrad.grad(loss)}
        ).x
    ),
    "dual_annealing": lambda: (
        optimize.dual_annealing(
            loss,
            [(-1, 4)] * 3,
            maxiter=20,
            minimizer_kwargs={"method": "L-BFGS-B", "jac": jitgrad.grad(loss)},
        ).x
    ),
    "differential_evolution": lambda: (
        optimize.differential_evolution(loss, [(-1, 4)] * 3, maxiter=60, seed=0).x
    ),
    "direct": lambda: optimize.direct(loss, [(-1, 4)] * 3, len_tol=1e-4).x,
}


@pytest.mark.parametrize("name", OLDER)
def test_other_minimisers(name):
    np.testing.assert_allclose(OLDER[name](), TARGET, atol=2e-2)


def test_gradients_are_checked_and_searched_along():
    assert optimize.check_grad(loss, jitgrad.grad(loss), START) < 1e-4
    gradient = jitgrad.grad(loss)
    step, *_ = optimize.line_search(loss, gradient, START, -gradient(START))
    assert step > 0


def residuals(x, target=TARGET):
    return jnp.exp(x - target) - 1 + (x - target) ** 3


def rows(x, *args):
    """The Jacobian of `residuals`, as a tensor."""
    x = jitgrad.tensor(x)
    return jnp.stack([jitgrad.grad(lambda z, i=i: residuals(z, *args)[i])(x) for i in range(3)])


JACOBIANS = {"tensor": rows, "array": lambda x, *args: rows(x, *args).numpy()}


@pytest.mark.parametrize("args", [(), (TARGET,)], ids=["alone", "args"])
@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize("method", ["hybr", "lm"])
def test_root(method, jacobian, args):
    for function in (residuals, of_tensors(residuals)):
        found = optimize.root(
            function, START + 0.5, args=args, jac=JACOBIANS[jacobian], method=method
        )
        np.testing.assert_allclose(found.x, TARGET, atol=1e-6)
    found = optimize.root(lambda x: (residuals(x), rows(x)), START + 0.5, jac=True, method=method)
    np.testing.assert_allclose(found.x, TARGET, atol=1e-6)


@pytest.mark.parametrize(
    "method",
    [
        "broyden1",
        "broyden2",
        "anderson",
        "linearmixing",
        "diagbroyden",
        "excitingmixing",
        "krylov",
        "df-sane",
    ],
)
def test_root_without_a_jacobian(method):
    # Two of them begin with a Jacobian of -1 / alpha, and never turn.
    gentle = lambda x: 0.7 * (jitgrad.tensor(TARGET) - x) - 0.01 * jnp.sin(x - TARGET)
    given = (
        {"options": {"jac_options": {"alpha": 1.0}}}
        if method in ("linearmixing", "excitingmixing")
        else {}
    )
    np.testing.assert_allclose(
        optimize.root(gentle, TARGET + 0.1, method=method, **given).x, TARGET, atol=1e-3
    )


@pytest.mark.parametrize("args", [(), (TARGET,)], ids=["alone", "args"])
@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize("method", ["trf", "dogbox", "lm"])
def test_least_squares(method, jacobian, args):
    found = optimize.least_squares(
        residuals, START + 0.5, jac=JACOBIANS[jacobian], method=method, args=args
    )
    np.testing.assert_allclose(found.x, TARGET, atol=1e-3)


@pytest.mark.parametrize("method", ["lm", "trf", "dogbox"])
def test_curve_fit(method):
    t = np.linspace(0, 1, 30)
    model = lambda t, a, b: a * jnp.exp(-b * t)
    jacobian = lambda t, a, b: jnp.stack(
        [jnp.exp(-b * t), -a * jitgrad.tensor(t) * jnp.exp(-b * t)], axis=1
    )
    for jac in (jacobian, None):
        found, _ = optimize.curve_fit(
            model, t, 2 * np.exp(-1.5 * t), p0=[1.0, 1.0], jac=jac, method=method
        )
        np.testing.assert_allclose(found, [2.0, 1.5], rtol=1e-6)


def test_older_root_finders():
    np.testing.assert_allclose(
        optimize.fsolve(residuals, START + 0.5, fprime=rows), TARGET, atol=1e-6
    )
    np.testing.assert_allclose(
        optimize.leastsq(residuals, START + 0.5, Dfun=rows)[0], TARGET, atol=1e-6
    )
    np.testing.assert_allclose(optimize.newton_krylov(residuals, TARGET + 0.1), TARGET, atol=1e-4)
    assert optimize.fixed_point(lambda x: jnp.cos(x), 1.0) == pytest.approx(0.7390851332)


def rate(x, level=2.0):
    return jnp.exp(x) - level


FIRST, SECOND = jitgrad.grad(rate), jitgrad.grad(jitgrad.grad(rate))
SCALAR = {
    "newton": {"x0": 1.0, "fprime": FIRST},
    "halley": {"x0": 1.0, "fprime": FIRST, "fprime2": SECOND},
    "secant": {"x0": 1.0, "x1": 1.5},
    **{
        name: {"bracket": (0.0, 3.0)}
        for name in ("bisect", "brentq", "brenth", "ridder", "toms748")
    },
}


@pytest.mark.parametrize("args", [(), (2.0,)], ids=["alone", "args"])
@pytest.mark.parametrize("method", SCALAR)
def test_root_scalar(method, args):
    for function in (rate, of_tensors(rate)):
        found = optimize.root_scalar(function, method=method, args=args, **SCALAR[method])
        assert float(found.root) == pytest.approx(np.log(2), abs=1e-6)


def test_newton_on_arrays():
    np.testing.assert_allclose(
        optimize.newton(rate, np.array([1.0, 1.5]), fprime=FIRST), np.log([2, 2])
    )


@pytest.mark.parametrize("method", ["brent", "golden", "bounded"])
def test_minimize_scalar(method):
    bounds = {"bounds": (0, 5)} if method == "bounded" else {}
    parabola = lambda x: (x - 2.0) ** 2 * jnp.exp(0.1 * x)
    for function in (parabola, of_tensors(parabola)):
        assert float(
            optimize.minimize_scalar(function, method=method, **bounds).x
        ) == pytest.approx(2.0, abs=1e-3)


@pytest.mark.parametrize("method", ["RK45", "RK23", "DOP853", "Radau", "BDF", "LSODA"])
def test_solve_ivp(method):
    given = {"jac": lambda t, y: -2 * jnp.eye(2)} if method in ("Radau", "BDF", "LSODA") else {}
    decay = lambda t, y: -2.0 * jitgrad.tensor(y)
    y = integrate.solve_ivp(decay, (0, 1), np.ones(2), method=method, rtol=1e-6, **given).y[:, -1]
    np.testing.assert_allclose(y, np.exp(-2) * np.ones(2), atol=1e-3)


def test_other_integrators():
    decay = lambda y, t: -2.0 * jitgrad.tensor(y)
    np.testing.assert_allclose(
        integrate.odeint(decay, np.ones(2), [0, 1])[-1], np.exp(-2), rtol=1e-5
    )
    assert integrate.quad(lambda x: jnp.exp(jitgrad.tensor(x)), 0, 1)[0] == pytest.approx(np.e - 1)
    swing = integrate.solve_bvp(
        lambda x, y: jnp.vstack([y[1], -y[0]]),
        lambda a, b: jnp.array([a[0], b[0] - 1]),
        np.linspace(0, 1, 5),
        np.zeros((2, 5)),
    )
    assert swing.sol(0.5)[0] == pytest.approx(np.sin(0.5) / np.sin(1), abs=1e-4)
