"""`jitgrad.random`: NumPy's values, gradients by formulas, draws under `jit`, and what is
refused."""

import copy
import inspect
import pickle
import threading

import numpy as np
import pytest

import jitgrad
from jitgrad import random
from jitgrad.random import Generator, default_rng

#: Method -> parameters, positional; what gradients go to is in `SMOOTH`.
DRAWS = {
    "random": (),
    "standard_normal": (),
    "standard_exponential": (),
    "standard_gamma": (2.5,),
    "standard_cauchy": (),
    "normal": (0.5, 2.0),
    "uniform": (-1.0, 3.0),
    "exponential": (2.0,),
    "gumbel": (0.5, 2.0),
    "laplace": (0.5, 2.0),
    "logistic": (0.5, 2.0),
    "lognormal": (0.5, 0.25),
    "rayleigh": (2.0,),
    "weibull": (1.5,),
    "pareto": (3.0,),
    "power": (2.5,),
    "triangular": (-1.0, 0.5, 3.0),
    "gamma": (2.5, 2.0),
    "beta": (2.0, 3.0),
    "chisquare": (3.0,),
    "noncentral_chisquare": (3.0, 1.0),
    "f": (3.0, 4.0),
    "noncentral_f": (3.0, 4.0, 1.0),
    "standard_t": (3.0,),
    "vonmises": (0.5, 4.0),
    "wald": (1.0, 2.0),
    "dirichlet": ([1.0, 2.0, 3.0],),
    "multivariate_normal": ([1.0, 2.0], [[2.0, 0.5], [0.5, 1.0]]),
    "binomial": (10, 0.3),
    "negative_binomial": (10, 0.3),
    "geometric": (0.3,),
    "hypergeometric": (5, 6, 7),
    "logseries": (0.6,),
    "poisson": (3.0,),
    "zipf": (2.5,),
    "multinomial": (10, [0.2, 0.3, 0.5]),
    "multivariate_hypergeometric": ([3, 4, 5], 6),
    "integers": (2, 100),
}
SMOOTH = {
    "normal": (0, 1),
    "uniform": (0, 1),
    "exponential": (0,),
    "gumbel": (0, 1),
    "laplace": (0, 1),
    "logistic": (0, 1),
    "lognormal": (0, 1),
    "rayleigh": (0,),
    "weibull": (0,),
    "pareto": (0,),
    "power": (0,),
    "triangular": (0, 1, 2),
    "gamma": (1,),
    "multivariate_normal": (0,),
}


def test_every_method_of_numpys_is_there():
    theirs = {n for n in dir(np.random.Generator) if not n.startswith("_")}
    assert theirs <= {n for n in dir(Generator) if not n.startswith("_")}
    assert theirs - {"bit_generator", "spawn"} <= {*random.__all__}
    arrangements = {"choice", "permutation", "permuted", "shuffle", "bytes"}
    assert {*DRAWS} == theirs - {"bit_generator", "spawn"} - arrangements


@pytest.mark.each("name", DRAWS)
@pytest.mark.each("size", [None, 3, (2, 3)])
def test_values_are_numpys(name, size):
    mine, theirs = default_rng(7), np.random.default_rng(7)
    for _ in range(2):
        got = getattr(mine, name)(*DRAWS[name], size=size)
        want = np.asarray(getattr(theirs, name)(*DRAWS[name], size=size))
        assert got.dtype == want.dtype and got.shape == want.shape
        np.testing.assert_array_equal(got.numpy(), want)
    assert mine.bit_generator.state == theirs.bit_generator.state


@pytest.mark.parametrize("name", DRAWS)
def test_parameters_have_numpys_names(name):
    found = inspect.signature(getattr(Generator, name)).parameters
    text = (getattr(np.random.Generator, name).__doc__ or "").strip()
    given = text.partition("(")[2].partition(")")[0].replace("\n", " ").split(",")
    names = [p.partition("=")[0].strip(" *") for p in given if p.strip(" *")]
    assert [n for n in names if n != "out"] == [n for n in found if n != "self"][
        : len([n for n in names if n != "out"])
    ]


@pytest.mark.parametrize("name", SMOOTH)
def test_tensors_as_parameters_give_numpys_values(name):
    parameters = [jitgrad.tensor(p) if k in SMOOTH[name] else p
                  for k, p in enumerate(DRAWS[name])]  # fmt: skip
    for size in (None, 4):
        got = getattr(default_rng(3), name)(*parameters, size=size)
        want = getattr(np.random.default_rng(3), name)(*DRAWS[name], size=size)
        np.testing.assert_allclose(got.numpy(), want, rtol=1e-12)
    if name not in ("multivariate_normal",):
        arrays = [np.full(3, p) for p in DRAWS[name]]
        parameters = [jitgrad.tensor(p) if k in SMOOTH[name] else p for k, p in enumerate(arrays)]
        got = getattr(default_rng(3), name)(*parameters)
        want = getattr(np.random.default_rng(3), name)(*arrays)
        np.testing.assert_allclose(got.numpy(), want, rtol=1e-12)


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_against_finite_differences(name):
    """Of the draws for one seed, by each parameter that a gradient goes to."""

    def draw(*parameters):
        return getattr(default_rng(5), name)(*parameters, size=6)

    for k in SMOOTH[name]:
        x = jitgrad.tensor(DRAWS[name][k], requires_grad=True)
        given = list(DRAWS[name])
        given[k] = x
        out = draw(*given)
        weights = np.linspace(1, 2, out.size).reshape(out.shape)
        (out * weights).sum().backward()
        base, h = np.asarray(DRAWS[name][k], float), 1e-6
        for place in np.ndindex(base.shape):
            ends = []
            for sign in (1, -1):
                moved = base.copy()
                moved[place] += sign * h
                given[k] = moved
                ends.append((draw(*given).numpy() * weights).sum())
            slope = (ends[0] - ends[1]) / (2 * h)
            np.testing.assert_allclose(np.asarray(x.grad)[place], slope, rtol=1e-5)


@pytest.mark.parametrize("name", DRAWS)
def test_other_parameters_may_not_require_grad(name):
    for k, p in enumerate(DRAWS[name]):
        if k in SMOOTH.get(name, ()) or name == "integers":
            continue
        given = list(DRAWS[name])
        given[k] = jitgrad.tensor(np.asarray(p, float), requires_grad=True)
        rng = default_rng(0)
        before = rng.bit_generator.state
        with pytest.raises(jitgrad.GradientError, match="requires grad, to which no gradient"):
            getattr(rng, name)(*given)
        assert rng.bit_generator.state == before


def test_dtypes_and_leaves():
    x = default_rng(0).standard_normal(5, dtype=np.float32)
    want = np.random.default_rng(0).standard_normal(5, dtype=np.float32)
    np.testing.assert_array_equal(x.numpy(), want)
    assert x.dtype == np.float32
    y = default_rng(0).normal(1.0, 2.0, 3, dtype=np.float32, requires_grad=True)
    assert y.dtype == np.float32 and y.is_leaf and y.requires_grad
    assert default_rng(0).integers(5, size=3, dtype=np.uint8).dtype == np.uint8
    assert default_rng(0).normal(size=3).round(2).tolist() == [0.13, -0.13, 0.64]


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_choices_and_permutations_are_numpys(axis):
    a = np.arange(12.0).reshape(3, 4) ** 2
    n = a.shape[axis]
    p = np.arange(1.0, n + 1)
    p /= p.sum()
    for kwargs in ({"size": (2, 2)}, {"size": 2, "replace": False}, {"size": 2, "p": p},
                   {"size": 2, "replace": False, "shuffle": False}, {}):  # fmt: skip
        got = default_rng(1).choice(jitgrad.tensor(a), axis=axis, **kwargs)
        np.testing.assert_array_equal(
            got.numpy(), np.random.default_rng(1).choice(a, axis=axis, **kwargs)
        )
    for k in (0, 1):
        got = default_rng(k).permutation(a, axis=axis)
        np.testing.assert_array_equal(
            got.numpy(), np.random.default_rng(k).permutation(a, axis=axis)
        )
        got = default_rng(k).permuted(a, axis=axis)
        np.testing.assert_array_equal(got.numpy(), np.random.default_rng(k).permuted(a, axis=axis))
        x, y = jitgrad.tensor(a), a.copy()
        default_rng(k).shuffle(x, axis=axis), np.random.default_rng(k).shuffle(y, axis=axis)
        np.testing.assert_array_equal(x.numpy(), y)


def test_choices_and_permutations_of_numbers_and_vectors():
    for f in (
        lambda rng: rng.choice(10, 4),
        lambda rng: rng.choice(10, 4, replace=False),
        lambda rng: rng.permutation(6),
        lambda rng: rng.permutation(np.arange(6.0)),
        lambda rng: rng.permuted(np.arange(6.0).reshape(2, 3)),
        lambda rng: rng.choice([1.0, 2.0, 4.0]),
    ):
        got, want = f(default_rng(2)), f(np.random.default_rng(2))
        np.testing.assert_array_equal(np.asarray(got), want)


def test_gradients_go_to_what_is_picked():
    x = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    default_rng(0).choice(x, 30).sum().backward()
    counts = np.bincount(np.random.default_rng(0).choice(3, 30), minlength=3)
    assert x.grad.tolist() == counts.tolist()
    x.grad = None
    (default_rng(0).permutation(x) * jitgrad.tensor([1.0, 2.0, 3.0])).sum().backward()
    order = np.random.default_rng(0).permutation(3)
    assert [x.grad.tolist()[k] for k in order] == [1.0, 2.0, 3.0]


def test_one_generator_stands_behind_the_functions():
    jitgrad.manual_seed(3)
    a = jitgrad.randn(2), random.normal(size=2), jitgrad.rand(2), random.integers(9, size=2)
    rng = np.random.default_rng(3)
    b = rng.standard_normal(2), rng.normal(size=2), rng.random(2), rng.integers(9, size=2)
    for got, want in zip(a, b, strict=True):
        np.testing.assert_array_equal(got.numpy(), want)
    random.seed(4)
    assert random.random() == np.random.default_rng(4).random()


def test_states_are_saved_copied_and_pickled():
    rng = default_rng(0)
    rng.normal(size=5)
    state = rng.bit_generator.state
    copies = [copy.deepcopy(rng), pickle.loads(pickle.dumps(rng))]
    want = rng.normal(size=3).tolist()
    assert all(r.normal(size=3).tolist() == want for r in copies)
    rng.bit_generator.state = state
    assert rng.normal(size=3).tolist() == want
    a, b = default_rng(0).spawn(2)
    c, _ = np.random.default_rng(0).spawn(2)
    assert a.random() == c.random() and a.random() != b.random()
    shared = np.random.default_rng(0)
    mine = default_rng(shared)
    assert mine.random() == np.random.default_rng(0).random() and default_rng(mine) is mine
    assert shared.random() == np.random.default_rng(0).random(2)[1]
    assert default_rng(0).bytes(4) == np.random.default_rng(0).bytes(4)


def test_a_draw_is_made_when_it_is_asked_for():
    """Also where what it is part of runs later, and in whatever thread."""
    scale = jitgrad.tensor(2.0)
    a, b = default_rng(0), default_rng(1)
    x, y = a.normal(0.0, scale), b.normal(0.0, scale)
    out = []
    thread = threading.Thread(target=lambda: out.append(default_rng(0).normal(0.0, 2.0).item()))
    thread.start(), thread.join()
    assert (y + x).item() == pytest.approx(x.item() + np.random.default_rng(1).normal(0, 2.0))
    assert x.item() == pytest.approx(out[0])


# --- under jit ------------------------------------------------------------------------------------


def test_each_call_draws_anew():
    rng = default_rng(0)

    @jitgrad.jit
    def f(loc, scale):
        return rng.normal(loc, scale, 3), rng.integers(10, size=2), rng.permutation(4)

    theirs = np.random.default_rng(0)
    for k in range(3):
        x, i, p = f(jitgrad.tensor(1.0 + k), 2.0)
        np.testing.assert_allclose(x.numpy(), theirs.normal(1.0 + k, 2.0, 3), rtol=1e-14)
        assert i.tolist() == theirs.integers(10, size=2).tolist()
        assert p.tolist() == theirs.permutation(4).tolist()
    assert len(f.plans()) == 1


def test_gradients_under_jit():
    rng = default_rng(0)

    @jitgrad.jit
    @jitgrad.grad
    def f(scale):
        return (rng.laplace(0.0, scale, 5) ** 2).sum()

    theirs = np.random.default_rng(0)
    for scale in (1.0, 2.0):
        z = theirs.laplace(size=5)
        np.testing.assert_allclose(f(jitgrad.tensor(scale)).item(), 2 * scale * (z**2).sum())


def test_another_generator_is_another_trace():
    rng = default_rng(0)

    @jitgrad.jit
    def f():
        return rng.random()

    assert f().item() == np.random.default_rng(0).random()
    rng = default_rng(5)
    assert f().item() == np.random.default_rng(5).random()
    g = jitgrad.jit(lambda rng: rng.random())
    for seed in (1, 2):
        assert g(default_rng(seed)).item() == np.random.default_rng(seed).random()


def test_a_generator_made_within_begins_anew():
    @jitgrad.jit
    def f(x):
        rng = default_rng(3)
        return x + rng.random(2) + rng.random(2)

    theirs = np.random.default_rng(3)
    want = 1 + theirs.random(2) + theirs.random(2)
    for _ in range(3):
        np.testing.assert_allclose(f(jitgrad.ones(2)).numpy(), want)


def test_what_a_trace_refuses():
    rng = default_rng(0)
    with pytest.raises(jitgrad.JitError, match="concrete"):
        jitgrad.jit(lambda a: rng.gamma(a))(jitgrad.tensor(2.0))
    for f in (
        lambda: rng.bit_generator.state,
        lambda: rng.spawn(2),
        lambda: random.seed(3),
        lambda: jitgrad.manual_seed(3),
    ):
        with pytest.raises(jitgrad.JitError, match="once for all calls"):
            jitgrad.jit(f)()
    with pytest.raises(jitgrad.JitError, match="random numbers drawn in the body of scan"):
        jitgrad.scan(lambda c, _: (c + rng.normal(), None), jitgrad.tensor(0.0), length=3)


def test_errors_say_what_is_expected():
    rng = default_rng(0)
    with pytest.raises(jitgrad.ArgumentError, match="poisson"):
        rng.poisson(-1.0)
    with pytest.raises(jitgrad.ArgumentError, match="default_rng"):
        default_rng(-1)
    with pytest.raises(jitgrad.ArgumentError, match="bit generator"):
        Generator(3)
    with pytest.raises(jitgrad.ShapeError, match="broadcast"):
        rng.normal(jitgrad.ones(3), size=2)
    with pytest.raises(jitgrad.ArgumentError, match="use permutation"):
        rng.shuffle([1, 2])
    with pytest.raises(jitgrad.DTypeError):
        rng.random(3, dtype=np.float16)


def test_vmap_refuses_draws():
    rng = default_rng(0)
    with pytest.raises(jitgrad.JitError, match="random numbers drawn"):
        jitgrad.vmap(lambda x: x + rng.normal())(jitgrad.ones(3))
