"""Special functions and distributions beside PyTorch's: values, gradients and, where PyTorch has
them, second derivatives."""

import numpy as np
import pytest

import jitgrad

pytest.importorskip("scipy.special")
torch = pytest.importorskip("torch")

from jitgrad.scipy import special, stats  # noqa: E402

X = np.array([0.3, 0.9, 1.7, 4.2, 11.0])
ONE = {
    "gammaln": "gammaln",
    "digamma": "digamma",
    "erf": "erf",
    "erfc": "erfc",
    "erfcx": "erfcx",
    "i0": "i0",
    "i0e": "i0e",
    "i1": "i1",
    "i1e": "i1e",
    "ndtr": "ndtr",
    "log_ndtr": "log_ndtr",
    "entr": "entr",
    "expit": "expit",
    "exp2": "exp2",
    "expm1": "expm1",
    "log1p": "log1p",
    "sinc": "sinc",
}
ON_UNIT = {"erfinv": "erfinv", "ndtri": "ndtri", "logit": "logit"}


def both(ours, theirs, xs):
    """The value, the gradient and the gradient of that."""
    results = []
    for make, grad, f in (
        (lambda x: jitgrad.tensor(x, requires_grad=True), jitgrad.autograd.grad, ours),
        (lambda x: torch.tensor(x, requires_grad=True), torch.autograd.grad, theirs),
    ):
        x = make(xs)
        out = f(x)
        (first,) = grad(out.sum(), [x], create_graph=True)
        (second,) = grad((first * first).sum(), [x])
        results.append([v.detach().numpy() for v in (out, first, second)])
    for got, want in zip(*results, strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-9, atol=1e-12)


def test_functions_of_one_operand():
    for names, x in ((ONE, X), (ON_UNIT, X / 12)):
        for ours, theirs in names.items():
            both(getattr(special, ours), getattr(torch.special, theirs), x)
    both(lambda x: special.polygamma(2, x), lambda x: torch.special.polygamma(2, x), X)
    both(
        lambda x: special.gammainc(2.5, x),
        lambda x: torch.special.gammainc(torch.tensor(2.5).double(), x),
        X,
    )
    both(
        lambda x: special.zeta(2.5, x),
        lambda x: torch.special.zeta(torch.tensor(2.5).double(), x),
        X,
    )
    both(
        lambda x: special.multigammaln(x + 1, 2), lambda x: torch.special.multigammaln(x + 1, 2), X
    )


def test_densities():
    d = torch.distributions
    for ours, theirs in (
        (lambda s: stats.gamma.logpdf(X, s, scale=0.5), lambda s: d.Gamma(s, 2.0)),
        (lambda s: stats.t.logpdf(X, s), lambda s: d.StudentT(s)),
        (lambda s: stats.chi2.logpdf(X, s), lambda s: d.Chi2(s)),
        (lambda s: stats.lognorm.logpdf(X, s), lambda s: d.LogNormal(0.0, s)),
        (lambda s: stats.laplace.logpdf(X, 0.5, s), lambda s: d.Laplace(0.5, s)),
        (lambda s: stats.cauchy.logpdf(X, 0.5, s), lambda s: d.Cauchy(0.5, s)),
        (lambda s: stats.norm.logpdf(X, s, 2.0), lambda s: d.Normal(s, 2.0)),
        (lambda s: stats.poisson.logpmf(np.floor(X), s), lambda s: d.Poisson(s)),
    ):
        x = torch.tensor(X)
        places = torch.floor(x) if isinstance(theirs(x), d.Poisson) else x
        both(
            ours, lambda s, theirs=theirs, places=places: theirs(s).log_prob(places), X[::-1].copy()
        )
