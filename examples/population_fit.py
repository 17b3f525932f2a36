"""How much do they eat? Rates of hares and lynxes, found from counts, with the errors of the rates.

The equations of Lotka and Volterra are solved by SciPy's solver for each guess, and `least_squares`
gets the exact Jacobian of the residuals, since the solver's steps are gone through again. The fit
is checked against SciPy alone, with differences. When hares are most is an event of the solver; its
error is that of the rates, carried on by its gradient.

    python examples/population_fit.py [picture.svg]
"""

import sys

import numpy as np
from scipy import integrate as scipy_integrate  # type: ignore[import-untyped]
from scipy import optimize as scipy_optimize

import jitgrad
from jitgrad.scipy import integrate

TRUE = np.array([0.55, 0.028, 0.84, 0.026])  # births, hunting, deaths, feeding
TIMES = np.arange(0.0, 21.0)
START = np.array([30.0, 4.0])
TIGHT = {"rtol": 1e-8, "atol": 1e-8}


def rates_of_change(t, y, p):
    hares, lynxes = y[0], y[1]
    return jitgrad.stack([(p[0] - p[1] * lynxes) * hares, (p[3] * hares - p[2]) * lynxes])


def counts(p):
    """Of shape (2, times)."""
    found = integrate.solve_ivp(
        rates_of_change, (0.0, TIMES[-1]), START, t_eval=TIMES, args=(p,), **TIGHT
    )
    return found.y


def residuals(p, measured):
    """Relative errors: counts go over two orders of magnitude."""
    return (jitgrad.log(jitgrad.asarray(counts(p))) - np.log(measured)).reshape((-1,))


def by_scipy_alone(measured):
    def numpy_residuals(p):
        found = scipy_integrate.solve_ivp(
            lambda t, y: [(p[0] - p[1] * y[1]) * y[0], (p[3] * y[0] - p[2]) * y[1]],
            (0.0, TIMES[-1]),
            START,
            t_eval=TIMES,
            **TIGHT,
        )
        return (np.log(found.y) - np.log(measured)).reshape(-1)

    return scipy_optimize.least_squares(numpy_residuals, guess(), x_scale="jac")


def guess():
    return np.array([0.5, 0.025, 0.8, 0.025])


def peak(p):
    """When hares are most: an event of the solver, which has a gradient like all else."""
    found = integrate.solve_ivp(
        rates_of_change,
        (0.0, TIMES[-1]),
        START,
        events=lambda t, y, p: rates_of_change(t, y, p)[0],
        args=(p,),
        **TIGHT,
    )
    return found.t_events[0][0]


def main():
    rng = np.random.default_rng(1)
    with jitgrad.no_grad():
        true = np.asarray(counts(TRUE))
    measured = true * np.exp(0.1 * rng.standard_normal(true.shape))
    found = scipy_optimize.least_squares(
        lambda p: residuals(p, measured).numpy(),
        guess(),
        jitgrad.jacfwd(lambda p: residuals(p, measured)),
        x_scale="jac",
    )
    covariance = np.linalg.inv(found.jac.T @ found.jac) * 2 * found.cost / (measured.size - 4)
    for name, p, error in zip(
        ("births", "hunting", "deaths", "feeding"),
        found.x,
        np.sqrt(np.diag(covariance)),
        strict=True,
    ):
        print(f"{name:8} {p:.4f} ± {error:.4f}")
    time, slope = jitgrad.value_and_grad(peak)(found.x)
    print(f"most hares after {time:.3f} ± {np.sqrt(slope @ covariance @ slope):.3f} years")
    alone = by_scipy_alone(measured)
    print(f"solutions of the equations: {found.nfev + found.njev}, by SciPy alone {alone.nfev * 5}")
    off = np.abs(found.x / alone.x - 1).max()
    assert off < 1e-4 and (np.abs(found.x - TRUE) < 4 * np.sqrt(np.diag(covariance))).all()
    if len(sys.argv) > 1:
        draw(sys.argv[1], measured, found.x)
    print(f"largest difference from SciPy alone: {off:.0e}")


def draw(path, measured, p):
    import matplotlib.pyplot as plt

    fine = np.linspace(0.0, TIMES[-1], 400)
    found = integrate.solve_ivp(rates_of_change, (0.0, fine[-1]), START, t_eval=fine, args=(p,))
    figure, axes = plt.subplots(figsize=(7, 4))
    for name, counted, curve, color in zip(
        ("hares", "lynxes"), measured, found.y, ("C0", "C3"), strict=True
    ):
        axes.plot(TIMES, counted, "o", color=color)
        axes.plot(fine, curve, color=color, label=name)
    axes.set(xlabel="years", ylabel="thousands")
    axes.legend()
    figure.savefig(path)


if __name__ == "__main__":
    main()
