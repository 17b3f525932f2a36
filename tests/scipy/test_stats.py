"""Distributions: values beside SciPy's within and outside of their support, gradients and second
derivatives in the place and all parameters beside differences, draws beside their moments."""

import copy
import math

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError, MissingError, ShapeError

scipy_stats = pytest.importorskip("scipy.stats")

from jitgrad.scipy import stats  # noqa: E402

#: name -> shape parameters.
CONTINUOUS = {
    "norm": (),
    "halfnorm": (),
    "lognorm": (0.7,),
    "truncnorm": (-1.0, 2.5),
    "t": (3.5,),
    "cauchy": (),
    "gamma": (2.3,),
    "invgamma": (3.2,),
    "chi2": (4.5,),
    "f": (3.0, 7.5),
    "expon": (),
    "weibull_min": (1.7,),
    "rayleigh": (),
    "pareto": (3.1,),
    "uniform": (),
    "beta": (2.2, 0.8),
    "laplace": (),
    "logistic": (),
    "gumbel_r": (),
    "gumbel_l": (),
}
#: Others, of which SciPy's numbers have fewer digits in the tails, or are nan at infinity.
OTHERS = {
    "chi": (3.2,),
    "maxwell": (),
    "nakagami": (1.4,),
    "foldnorm": (0.8,),
    "rice": (0.9,),
    "gibrat": (),
    "levy": (),
    "invgauss": (0.7,),
    "wald": (),
    "fatiguelife": (0.8,),
    "erlang": (2.0,),
    "gengamma": (1.4, 2.2),
    "halfgennorm": (1.3,),
    "exponweib": (1.6, 1.3),
    "exponpow": (1.4,),
    "gompertz": (0.9,),
    "invweibull": (2.5,),
    "lomax": (3.2,),
    "fisk": (2.6,),
    "burr12": (2.4, 1.5),
    "burr": (2.4, 1.5),
    "mielke": (2.4, 1.9),
    "betaprime": (2.2, 3.5),
    "halfcauchy": (),
    "foldcauchy": (1.2,),
    "halflogistic": (),
    "loglaplace": (2.4,),
    "skewnorm": (1.5,),
    "powernorm": (1.8,),
    "exponnorm": (1.3,),
    "gennorm": (1.7,),
    "dgamma": (1.6,),
    "dweibull": (1.7,),
    "hypsecant": (),
    "genlogistic": (1.4,),
    "loggamma": (1.8,),
    "moyal": (),
    "johnsonsu": (0.5, 1.4),
    "laplace_asymmetric": (1.6,),
    "skewcauchy": (0.4,),
    "norminvgauss": (1.6, 0.5),
    "vonmises": (1.8,),
    "vonmises_line": (1.8,),
    "wrapcauchy": (0.4,),
    "genpareto": (0.2,),
    "genextreme": (-0.15,),
    "weibull_max": (1.7,),
    "arcsine": (),
    "anglit": (),
    "cosine": (),
    "semicircular": (),
    "powerlaw": (1.7,),
    "bradford": (1.4,),
    "johnsonsb": (0.5, 1.3),
    "triang": (0.4,),
    "truncexpon": (2.4,),
    "truncpareto": (1.8, 6.0),
    "loguniform": (0.3, 4.0),
    "reciprocal": (0.3, 4.0),
}
DISCRETE = {
    "poisson": (2.5,),
    "binom": (6, 0.3),
    "bernoulli": (0.3,),
    "geom": (0.4,),
    "nbinom": (3.0, 0.4),
}
PLACES = np.array([-math.inf, -3, -1, -0.5, 0, 0.25, 0.5, 1, 1.5, 2.2, 3, 5, 9, math.nan])
COUNTS = np.array([-1, 0, 0.5, 1, 2, 3, 5, 6, 7, 20, math.nan])
PROBABILITIES = np.array([-0.1, 0, 1e-6, 0.2, 0.5, 0.9, 1 - 1e-7, 1, 1.1, math.nan])
FUNCTIONS = ("cdf", "sf", "logcdf", "logsf")


def same(got, want, what, rtol=1e-10):
    assert np.shape(got) == np.shape(want), what
    np.testing.assert_allclose(got, want, rtol=rtol, atol=1e-14, err_msg=str(what))


@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
def test_values_are_scipys():
    for names, places, kinds in (
        (CONTINUOUS, PLACES, ("pdf", "logpdf", *FUNCTIONS)),
        (DISCRETE, COUNTS, ("pmf", "logpmf", *FUNCTIONS)),
    ):
        for name, shapes in names.items():
            ours, theirs = getattr(stats, name), getattr(scipy_stats, name)
            moved = {"loc": 1} if names is DISCRETE else {"loc": 0.5, "scale": 2.0}
            for given in ({}, moved):
                for kind in kinds:
                    # of -inf, SciPy's density has a nan there
                    x = places[1:] if name == "gumbel_r" else places
                    got = getattr(ours, kind)(x, *shapes, **given)
                    same(got, getattr(theirs, kind)(x, *shapes, **given), (name, kind))
                for kind in ("mean", "var", "std", "entropy", "support", "median"):
                    if names is DISCRETE and kind in ("entropy", "median"):
                        continue
                    got = getattr(ours, kind)(*shapes, **given)
                    same(got, getattr(theirs, kind)(*shapes, **given), (name, kind))
                for kind in ("ppf", "isf") if names is CONTINUOUS else ():
                    got = getattr(ours, kind)(PROBABILITIES, *shapes, **given)
                    want = getattr(theirs, kind)(PROBABILITIES, *shapes, **given)
                    same(got, want, (name, kind), rtol=1e-8)
    for name in ("bernoulli", "geom"):
        same(getattr(stats, name).entropy(0.3), getattr(scipy_stats, name).entropy(0.3), name)


@pytest.mark.filterwarnings("ignore:.*encountered", "ignore:divide by zero")
@pytest.mark.each("name", OTHERS)
def test_other_distributions(name):
    """All that there are formulas of; what there is none of says so."""
    ours, theirs, shapes = getattr(stats, name), getattr(scipy_stats, name), OTHERS[name]
    moments = ("mean", "var", "std", "entropy", "support", "median")
    places = {**dict.fromkeys(("pdf", "logpdf", *FUNCTIONS), PLACES)}
    places |= dict.fromkeys(("ppf", "isf"), PROBABILITIES) | dict.fromkeys(moments)
    x = 0.3 + 1.5 * np.array(theirs.ppf([0.2, 0.55, 0.8], *shapes))
    parameters = [np.full(3, float(s)) for s in shapes] + [np.full(3, 0.3), np.full(3, 1.5)]
    for kind, at in places.items():
        f, given = getattr(ours, kind), {"loc": 0.5, "scale": 2.0}
        first = () if at is None else (at,)
        try:
            got = [np.asarray(f(*first, *shapes, **g)) for g in ({}, given)]
        except MissingError as error:
            assert kind not in ("pdf", "logpdf") and f"use scipy.stats.{name}" in str(error)
            continue
        want = [np.asarray(getattr(theirs, kind)(*first, *shapes, **g)) for g in ({}, given)]
        for a, b in zip(got, want, strict=True):
            known = np.isfinite(b) | (kind not in ("logsf", "pdf", "logpdf"))
            rtol = 1e-8 if kind in ("ppf", "isf", "logsf", "logcdf") else 1e-10
            same(a[known], b[known], (name, kind), rtol=rtol)
        if at is not None and kind in ("logpdf", "cdf", "ppf"):
            inside = np.array([0.2, 0.55, 0.8]) if kind == "ppf" else x
            check(f, [inside, *parameters], (name, kind))
    x = jitgrad.tensor([-50.0, 1e6], requires_grad=True)
    given = [jitgrad.tensor(float(s), requires_grad=True) for s in shapes]
    ours.pdf(x, *given).sum().backward()
    for t in (x, *given):
        assert t.grad is None or np.isfinite(t.grad.numpy()).all(), name


@pytest.mark.filterwarnings("ignore:.*encountered", "ignore:divide by zero")
def test_densities_at_the_ends_of_the_support_and_at_infinity():
    """They are SciPy's, and no nan where that has one, which is at infinity alone."""
    more = [("genextreme", (c,)) for c in (-0.1, 0.0, 0.3, 1.0, 1.5)]
    more += [("norminvgauss", (1.25, s)) for s in (-0.5, 0.0, 0.5)]
    more += [("genpareto", (c,)) for c in (-1.5, -1.0, -0.3, 0.0)]
    for name, shapes in [*CONTINUOUS.items(), *OTHERS.items(), *more]:
        ours, theirs = getattr(stats, name), getattr(scipy_stats, name)
        x = np.array([-math.inf, *theirs.support(*shapes), math.inf])
        for kind, at_infinity in (("pdf", 0.0), ("logpdf", -math.inf)):
            got, want = getattr(ours, kind)(x, *shapes), getattr(theirs, kind)(x, *shapes)
            same(got, np.where(np.isinf(x), at_infinity, want), (name, shapes, kind))


def test_slopes_at_the_ends_of_the_support_are_numbers():
    for name, x, shapes in (
        ("genextreme", -10.0, (-0.1,)),
        ("genextreme", math.inf, (0.0,)),
        ("norminvgauss", math.inf, (1.25, 0.5)),
    ):
        for place in range(len(shapes)):
            slope = jitgrad.grad(getattr(stats, name).pdf, place + 1)(x, *shapes)
            assert np.isfinite(slope), name


def test_medians_have_the_slopes_of_differences():
    """In the middle of what is symmetric both halves of the formula end."""
    for name, shapes in [*CONTINUOUS.items(), *OTHERS.items(), ("dgamma", (0.7,))]:
        ours, theirs = getattr(stats, name), getattr(scipy_stats, name)
        if ours.standard.ppf is None or not shapes or name == "erlang":  # SciPy's of integers
            continue
        got = jitgrad.grad(ours.median, tuple(range(len(shapes))))(*map(float, shapes))
        for k, slope in enumerate(got):
            h = 1e-5 * np.eye(len(shapes))[k]
            want = (theirs.median(*(shapes + h)) - theirs.median(*(shapes - h))) / 2e-5
            assert float(slope) == pytest.approx(want, rel=1e-6, abs=1e-8), (name, k)
    slope = jitgrad.grad(stats.gennorm.ppf)
    assert slope(0.5, 1.7) == pytest.approx(1 / scipy_stats.gennorm.pdf(0.0, 1.7))
    for name, at in (("dgamma", (0.7, 1.0, 1.6)), ("dweibull", (0.7, 1.0, 1.7))):
        slopes = [jitgrad.grad(getattr(stats, name).ppf)(0.5, shape) for shape in at]
        same(slopes, [0.0, 2.0, math.inf], name)


def test_shapes_at_which_formulas_change():
    """Extreme values with the exponent 0, and near it."""
    x = np.array([0.3, 1.1, 2.5])
    for name in ("genpareto", "genextreme"):
        for c in (0.0, 1e-7, -1e-4, 0.3, -0.2):
            got = getattr(stats, name).logpdf(x, c)
            same(got, getattr(scipy_stats, name).logpdf(x, c), (name, c), rtol=1e-8)
            check(getattr(stats, name).logpdf, [x, np.full(3, c)], (name, c))
    with pytest.raises(MissingError, match="'ppf'"):
        stats.skewnorm.rvs(1.0, size=3)


def test_the_tails_keep_their_digits():
    for name, kind, x in (
        ("norm", "logcdf", -40.0),
        ("norm", "sf", 20.0),
        ("logistic", "logsf", 800.0),
        ("expon", "logsf", 2000.0),
        ("truncnorm", "logpdf", 31.0),
        ("gamma", "sf", 80.0),
        ("cauchy", "sf", 1e12),
    ):
        shapes = {"truncnorm": (30.0, 32.0), "gamma": (2.0,)}.get(name, ())
        want = getattr(getattr(scipy_stats, name), kind)(x, *shapes)
        same(getattr(getattr(stats, name), kind)(x, *shapes), want, (name, kind))
    same(stats.truncnorm.ppf(0.5, 30.0, 32.0), scipy_stats.truncnorm.ppf(0.5, 30.0, 32.0), "ppf")


def check(f, xs, what):
    """The gradient of a weighted sum, and its own along a direction, beside differences."""
    rng = np.random.default_rng(1)
    w = rng.standard_normal(3)
    directions = [rng.standard_normal(x.shape) for x in xs]

    def gradient(xs):
        tensors = [jitgrad.tensor(x, requires_grad=True) for x in xs]
        total = (f(*tensors) * w).sum()
        found = jitgrad.autograd.grad(total, tensors, create_graph=True, allow_unused=True)
        along = [(g * d).sum() for g, d in zip(found, directions, strict=True) if g is not None]
        along = sum(along[1:], along[0])
        if not along.requires_grad:
            return total.item(), along.item(), 0.0
        second = jitgrad.autograd.grad(along, tensors, allow_unused=True)
        second = sum(
            (g.numpy() * d).sum() for g, d in zip(second, directions, strict=True) if g is not None
        )
        return total.item(), along.item(), second

    h = 1e-5
    above = gradient([x + h * d for x, d in zip(xs, directions, strict=True)])
    below = gradient([x - h * d for x, d in zip(xs, directions, strict=True)])
    _, first, second = gradient(xs)
    assert first == pytest.approx((above[0] - below[0]) / (2 * h), rel=2e-6, abs=1e-7), what
    assert second == pytest.approx((above[1] - below[1]) / (2 * h), rel=2e-6, abs=1e-6), what


def test_gradients_in_the_place_and_all_parameters():
    for name, shapes in CONTINUOUS.items():
        ours = getattr(stats, name)
        x = 0.3 + 1.5 * np.array(getattr(scipy_stats, name).ppf([0.2, 0.55, 0.8], *shapes))
        parameters = [np.full(3, s) for s in shapes] + [np.full(3, 0.3), np.full(3, 1.5)]
        for kind in ("logpdf", "pdf", "cdf", "logsf"):
            check(getattr(ours, kind), [x, *parameters], (name, kind))
        q = np.array([0.2, 0.55, 0.8])
        check(ours.ppf, [q, *parameters], (name, "ppf"))
    for name, shapes in DISCRETE.items():
        ours, k = getattr(stats, name), np.array([0.0, 1.0, 1.0])
        k = k if name == "bernoulli" else k + 1
        if name == "binom":
            shapes, ours = shapes[1:], ours
            fixed = (6,)
        else:
            fixed = ()
        for kind in ("logpmf", "cdf"):
            f = lambda *s, ours=ours, kind=kind, k=k, fixed=fixed: getattr(ours, kind)(
                k, *fixed, *s
            )
            check(f, [np.full(3, s) for s in shapes], (name, kind))


def test_slopes_outside_of_the_support_are_0():
    for names, kinds in ((CONTINUOUS, ("pdf", "cdf", "sf")), (DISCRETE, ("pmf", "cdf"))):
        for name, shapes in names.items():
            x = jitgrad.tensor([-50.0, 1e6], requires_grad=True)
            parameters = [jitgrad.tensor(float(s), requires_grad=True) for s in shapes]
            for kind in kinds:
                out = getattr(getattr(stats, name), kind)(x, *parameters)
                out.sum().backward()
            for t in (x, *parameters):
                assert t.grad is None or np.isfinite(t.grad.numpy()).all(), (name, t.grad)
    x = jitgrad.tensor([-1.0, 0.5, 2.0], requires_grad=True)
    stats.beta.logpdf(x, 2.0, 3.0).detach()
    stats.beta.pdf(x, 2.0, 3.0).sum().backward()
    np.testing.assert_allclose(x.grad, [0.0, 12 * (0.25 - 0.5), 0.0])


def test_parameters_without_a_distribution_give_nan():
    for call in (
        lambda: stats.norm.pdf(0.0, 0.0, -1.0),
        lambda: stats.norm.cdf(0.0, 0.0, jitgrad.tensor([-1.0, 0.0])),
        lambda: stats.gamma.mean(-1.0),
        lambda: stats.beta.ppf(0.5, -1.0, 2.0),
        lambda: stats.binom.pmf(1, 3.5, 0.5),
        lambda: stats.poisson.cdf(1, -2.0),
        lambda: stats.expon.rvs(scale=-1.0, size=2),
        lambda: stats.truncnorm.logpdf(0.0, 2.0, 1.0),
    ):
        assert np.isnan(call().numpy()).all()


def test_calling_forms():
    want = scipy_stats.gamma.pdf([1.0, 2.0], 2.0, 0.1, 3.0)
    for got in (
        stats.gamma.pdf([1.0, 2.0], 2.0, 0.1, 3.0),
        stats.gamma.pdf([1.0, 2.0], a=2.0, loc=0.1, scale=3.0),
        stats.gamma.pdf([1.0, 2.0], 2.0, scale=3.0, loc=0.1),
        stats.gamma(2.0, 0.1, 3.0).pdf([1.0, 2.0]),
        stats.gamma(a=2.0, loc=0.1, scale=jitgrad.tensor(3.0)).pdf([1.0, 2.0]),
        stats.gamma.freeze(2.0, scale=3.0, loc=0.1).pdf(jitgrad.tensor([1.0, 2.0])),
    ):
        same(got, want, "gamma")
    same(stats.norm(1.0, 2.0).interval(0.9), scipy_stats.norm(1.0, 2.0).interval(0.9), "interval")
    same(stats.norm.logpdf(np.eye(2), np.zeros((2, 1)), 1), scipy_stats.norm.logpdf(np.eye(2)), "")
    assert stats.norm.logpdf(np.float32([1, 2]), 0.5, 2.0).dtype == np.float32
    assert stats.norm.logpdf(jitgrad.zeros((0, 3))).shape == (0, 3)
    assert repr(copy.copy(stats.norm(1.0, scale=2.0))) == "norm(1.0, scale=2.0)"
    with pytest.raises(ArgumentError, match="norm got 3 parameters by place, expected at most 2"):
        stats.norm.pdf(0.0, 1.0, 2.0, 3.0)
    with pytest.raises(ArgumentError, match="gamma got no a; pass it"):
        stats.gamma(scale=2.0)
    with pytest.raises(ArgumentError, match="gamma got the parameter 'a' twice"):
        stats.gamma.pdf(0.0, 1.0, a=1.0)
    with pytest.raises(
        ArgumentError, match="poisson got the parameter 'scale', expected one of mu"
    ):
        stats.poisson.pmf(0, 1.0, scale=2.0)
    with pytest.raises(MissingError, match="poisson has no 'entropy'; use scipy.stats.poisson"):
        stats.poisson.entropy(1.0)
    with pytest.raises(MissingError, match="'tukeylambda'.*use scipy.stats.tukeylambda on v"):
        _ = stats.tukeylambda


def test_draws():
    count = 4000
    for name, shapes in {**CONTINUOUS, **DISCRETE}.items():
        if name == "cauchy":
            continue
        ours, theirs = getattr(stats, name), getattr(scipy_stats, name)
        got = ours.rvs(*shapes, size=count, random_state=1).numpy()
        off = (got.mean() - theirs.mean(*shapes)) / theirs.std(*shapes) * math.sqrt(count)
        assert abs(off) < 4.5, name
        again = ours.rvs(*shapes, size=count, random_state=1).numpy()
        assert (got == again).all()
    scale = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    x = stats.norm.rvs(3.0, scale, random_state=jitgrad.random.default_rng(5))
    x.sum().backward()
    np.testing.assert_allclose(scale.grad, (x.detach().numpy() - 3.0) / scale.detach().numpy())
    a = jitgrad.tensor(2.0, requires_grad=True)
    stats.gamma.rvs(a, size=4000, random_state=0).mean().backward()
    assert a.grad.item() == pytest.approx(1.0, abs=0.05)  # the mean is a


# --- of vectors -----------------------------------------------------------------------------------

RNG = np.random.default_rng(7)
ROOT, MEAN, POINTS = (
    RNG.standard_normal((3, 3)),
    RNG.standard_normal(3),
    RNG.standard_normal((4, 3)),
)
COV = ROOT @ ROOT.T + np.eye(3)
ALPHA = np.array([1.5, 2.0, 0.7])
SHARES = RNG.dirichlet(ALPHA, 3).T


def test_the_multivariate_normal_distribution():
    ours, theirs = stats.multivariate_normal, scipy_stats.multivariate_normal
    for args in (
        (POINTS, MEAN, COV),
        (POINTS[0], MEAN, COV),
        (POINTS.reshape(2, 2, 3), MEAN, COV),
        (POINTS, MEAN, 2.0),
        (POINTS, MEAN, [1.0, 2.0, 3.0]),
        (POINTS[:, 0], 0.3, 2.0),
        (0.3,),
        (POINTS[0, :1], 0.3, 2.0),
    ):
        same(ours.logpdf(*args), theirs.logpdf(*args), "logpdf")
        same(ours.pdf(*args), theirs.pdf(*args), "pdf")
    same(ours(MEAN, COV).logpdf(POINTS), theirs(MEAN, COV).logpdf(POINTS), "frozen")
    same(ours.entropy(MEAN, COV), theirs.entropy(MEAN, COV), "entropy")
    check(
        lambda x, m, r: ours.logpdf(x, m, r @ r.T + np.eye(3)), [POINTS[:3], MEAN, ROOT], "normal"
    )
    draws = ours.rvs(MEAN, COV, size=4000, random_state=0).numpy()
    np.testing.assert_allclose(np.cov(draws.T), COV, atol=0.35)
    with pytest.raises(ArgumentError, match="allow_singular=True"):
        ours.pdf(POINTS, MEAN, COV, allow_singular=True)
    with pytest.raises(ShapeError, match="got places of shape"):
        ours.pdf(POINTS[:, :2], MEAN, COV)
    with pytest.raises(np.linalg.LinAlgError):
        ours.pdf(POINTS, MEAN, -COV).numpy()


def test_the_distribution_of_dirichlet():
    ours, theirs = stats.dirichlet, scipy_stats.dirichlet
    for x in (SHARES, SHARES[:2], SHARES[:, 0]):
        same(ours.logpdf(x, ALPHA), theirs.logpdf(x, ALPHA), "logpdf")
        same(ours.pdf(x, ALPHA), theirs.pdf(x, ALPHA), "pdf")
    for kind in ("mean", "var", "entropy"):
        same(getattr(ours(ALPHA), kind)(), getattr(theirs(ALPHA), kind)(), kind)
    check(lambda x, a: ours.logpdf(x, a), [SHARES[:2] * 0.9, ALPHA], "dirichlet")
    assert ours.logpdf([0.4, 0.4, 0.4], ALPHA).item() == -math.inf
    assert np.isnan(ours.logpdf(SHARES, -ALPHA).numpy()).all()
    np.testing.assert_allclose(
        ours.rvs(ALPHA, size=4000, random_state=0).mean(0).detach(), ALPHA / ALPHA.sum(), atol=0.02
    )
    with pytest.raises(ShapeError, match="alpha of shape"):
        ours.pdf([0.5, 0.5], [[1.0, 1.0]])


def test_the_multinomial_distribution():
    ours, theirs, p = stats.multinomial, scipy_stats.multinomial, np.array([0.2, 0.3, 0.5])
    x = np.array([[1, 2, 3], [0, 0, 6], [1, 1, 1], [6, -1, 1]])
    same(ours.logpmf(x, 6, p), theirs.logpmf(x, 6, p), "logpmf")
    same(ours.pmf(x[0], 6, p), theirs.pmf(x[0], 6, p), "pmf")
    same(ours(6, p).mean(), 6 * p, "mean")
    same(ours.cov(6, p), theirs.cov(6, p), "cov")
    check(lambda p: ours.logpmf(x[[0, 1, 0]], 6, p), [p], "multinomial")
    draws = ours.rvs(6, p, size=2000, random_state=0)
    np.testing.assert_allclose(draws.to(float).mean(0), 6 * p, atol=0.1)


@pytest.mark.parametrize("compiled", ["never", "always"])
def test_a_fit_under_jit(compiled):
    """The gradient of a likelihood at its maximum is 0, in both tiers."""
    data = np.random.default_rng(0).gamma(3.0, 2.0, 500)
    loss = lambda p: -stats.gamma.logpdf(data, p[0], scale=p[1]).sum()
    before, jitgrad.config.compile = jitgrad.config.compile, compiled
    try:
        shape, _, scale = scipy_stats.gamma.fit(data, floc=0)
        gradient = jitgrad.jit(jitgrad.grad(loss))(np.array([shape, scale]))
        np.testing.assert_allclose(gradient, [0.0, 0.0], atol=2e-2)
    finally:
        jitgrad.config.compile = before


def test_distributions_that_a_traced_function_finds_by_getattr():
    """Numbers among parameters become tensors of jitgrad's own, not arrays from outside."""

    def density(x, name, *shapes):
        return getattr(stats, name).logpdf(x, *shapes, loc=0.05, scale=1.3)

    x = np.array([0.3, 0.5, 0.8])
    for name, shapes in {"gamma": (2.0,), "beta": (2.0, 3.0), "norm": ()}.items():
        found = jitgrad.jit(lambda x, n=name, s=shapes: density(x, n, *s))(x)
        np.testing.assert_allclose(found, density(x, name, *shapes), rtol=1e-12)
