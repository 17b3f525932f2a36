"""Programs of linear algebra, Fourier transforms and special functions, value and gradient, beside
PyTorch, jax and autograd.

    python -m benchmarks.tools.linear_algebra           all programs
    python -m benchmarks.tools.linear_algebra solve_100 --seconds 1

Prints medians of calls in turns, in one process, with as many threads as the environment says.
Ours are compiled before the clock starts; jax runs under its `jit`. Start at `PROGRAMS`.
"""

import argparse
import importlib.util
import statistics
import time

import numpy as np

from jitgrad.base.units import seconds


def _rng():
    return np.random.default_rng(0)


def _general(n, *lead):
    return _rng().uniform(-1, 1, (*lead, n, n)) + 2 * np.sqrt(n) * np.eye(n)


def _positive(n, *lead):
    a = _general(n, *lead)
    return a @ a.swapaxes(-1, -2) / n + np.eye(n)


def _process(xp, theta, x, y):
    """The negative logarithm of the marginal likelihood of a Gaussian process."""
    scale, height, noise = xp.exp(theta[0]), xp.exp(theta[1]), xp.exp(theta[2])
    k = height**2 * xp.exp(-0.5 * ((x[:, None] - x[None, :]) / scale) ** 2)
    low = xp.cholesky(k + (noise**2 + 1e-8) * xp.eye(x.shape[0]))
    white = xp.solve_lower(low, y)
    return 0.5 * (white * white).sum() + xp.log(xp.diagonal(low)).sum()


def _process_inputs(n=500):
    x = np.sort(_rng().uniform(0, 10, n))
    return np.log([1.0, 1.0, 0.3]), x, np.sin(x) + 0.3 * _rng().standard_normal(n)


#: name -> the loss of a namespace and operands, of which the first has a gradient, and operands.
PROGRAMS = {
    **{
        f"solve_{n}": (
            lambda xp, a, b: (xp.solve(a, b) ** 2).sum(),
            (_general(n), np.ones((n, 1))),
        )
        for n in (10, 100, 1000)
    },
    **{
        f"cholesky_{n}": (lambda xp, a: (xp.cholesky(a) ** 2).sum(), (_positive(n),))
        for n in (10, 100, 1000)
    },
    "solve_10000x4x4": (
        lambda xp, a, b: (xp.solve(a, b) ** 2).sum(),
        (_general(4, 10_000), np.ones((10_000, 4, 1))),
    ),
    "cholesky_10000x4x4": (lambda xp, a: (xp.cholesky(a) ** 2).sum(), (_positive(4, 10_000),)),
    "eigh_100": (lambda xp, a: (xp.eigh(a)[0] ** 3).sum(), (_positive(100),)),
    "gaussian_process_500": (_process, _process_inputs()),
    **{
        f"fft_{name}": (
            lambda xp, x: (abs(xp.fft.fft(x)) ** 2).sum() / x.shape[-1],
            (_rng().standard_normal(shape),),
        )
        for name, shape in (("1048576", (1 << 20,)), ("1000x1024", (1000, 1024)))
    },
    "gammaln_1000000": (lambda xp, x: xp.gammaln(x).sum(), (_rng().uniform(0.5, 20, 10**6),)),
    "digamma_1000000": (lambda xp, x: xp.digamma(x).sum(), (_rng().uniform(0.5, 20, 10**6),)),
}


class Names:
    """A library by the names that programs use."""

    def __init__(self, xp, linalg, solve_lower, special):
        self.exp, self.log, self.eye, self.diagonal = xp.exp, xp.log, xp.eye, xp.diagonal
        self.solve, self.cholesky, self.eigh = linalg.solve, linalg.cholesky, linalg.eigh
        self.solve_lower, self.fft = solve_lower, xp.fft
        self.gammaln, self.digamma = special.gammaln, special.digamma


def of_jitgrad(loss, operands):
    import jitgrad
    import jitgrad.numpy as jnp
    from jitgrad.scipy import special

    names = Names(
        jnp,
        jitgrad.linalg,
        lambda a, b: jitgrad.linalg.solve_triangular(a, b, lower=True),
        special,
    )
    run = jitgrad.jit(jitgrad.value_and_grad(lambda *xs: loss(names, *xs)))
    xs = [jitgrad.tensor(x) for x in operands]

    def step():
        value, gradient = run(*xs)
        return value.numpy(), gradient.numpy()

    return step


def of_torch(loss, operands):
    import torch

    def solve_lower(a, b):
        return torch.linalg.solve_triangular(a, b[:, None], upper=False)[:, 0]

    names = Names(torch, torch.linalg, solve_lower, torch.special)
    names.eye = lambda n: torch.eye(n, dtype=torch.float64)
    xs = [torch.tensor(x) for x in operands]
    xs[0].requires_grad_()

    def step():
        value = loss(names, *xs)
        return value.detach().numpy(), torch.autograd.grad(value, xs[0])[0].numpy()

    return step


def of_jax(loss, operands):
    import jax
    import jax.scipy.linalg
    import jax.scipy.special

    jax.config.update("jax_enable_x64", True)
    names = Names(
        jax.numpy,
        jax.numpy.linalg,
        lambda a, b: jax.scipy.linalg.solve_triangular(a, b, lower=True),
        jax.scipy.special,
    )
    run = jax.jit(jax.value_and_grad(lambda *xs: loss(names, *xs)))
    xs = [jax.numpy.asarray(x) for x in operands]
    return lambda: [np.asarray(x) for x in run(*xs)]


def of_autograd(loss, operands):
    import autograd
    import autograd.numpy as anp
    import autograd.scipy.linalg as asl
    import autograd.scipy.special as ass

    names = Names(anp, anp.linalg, lambda a, b: asl.solve_triangular(a, b, lower=True), ass)
    names.diagonal = lambda a: anp.diagonal(a, 0, -1, -2)  # the only axes with a gradient
    run = autograd.value_and_grad(lambda *xs: loss(names, *xs))
    return lambda: run(*operands)


LIBRARIES = {"jitgrad": of_jitgrad, "torch": of_torch, "jax": of_jax, "autograd": of_autograd}


def measured(name, limit):
    """library -> the median of its seconds for a program, in turns for `limit` seconds each."""
    loss, operands = PROGRAMS[name]
    steps = {
        library: make(loss, operands)
        for library, make in LIBRARIES.items()
        if importlib.util.find_spec(library)
    }
    want = [np.asarray(x) for x in steps["jitgrad"]()]
    for library, step in steps.items():
        step()
        for got, x in zip(step(), want, strict=True):
            x = np.asarray(x)
            if library != "autograd" or "cholesky" not in name:
                got = np.asarray(got)
                square = x.ndim == 2 and x.shape[0] == x.shape[1]
                both = [(y + y.T) / 2 if square else y for y in (got, x)]
                np.testing.assert_allclose(*both, rtol=1e-6, atol=1e-8, err_msg=library)
    times = {library: [] for library in steps}
    begun = time.perf_counter()
    while time.perf_counter() - begun < limit * len(steps) or len(times["jitgrad"]) < 3:
        for library, step in steps.items():
            start = time.perf_counter()
            step()
            times[library].append(time.perf_counter() - start)
    return {library: statistics.median(ts) for library, ts in times.items()}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="*", default=list(PROGRAMS))
    parser.add_argument("--seconds", type=float, default=2.0, help="for each library and program")
    options = parser.parse_args(arguments)
    import jitgrad

    jitgrad.config.compile = "always"
    print(f"{'':22}" + "".join(f"{library:>12}" for library in LIBRARIES) + "   over the best")
    for name in options.programs:
        found = measured(name, options.seconds)
        best = min([t for library, t in found.items() if library != "jitgrad"], default=0.0)
        row = "".join(f"{seconds(found[k]) if k in found else '':>12}" for k in LIBRARIES)
        print(f"{name:22}{row}   {found['jitgrad'] / best if best else 0:.2f}", flush=True)


if __name__ == "__main__":
    main()
