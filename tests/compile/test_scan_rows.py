"""Scans along rows that are interleaved (`passes.interleave`): with what is around them, in any
number of rows.

NumPy's formulas are the oracle of values, central differences of them that of gradients. Kernels
run in Python, with every access checked, and so few rows and elements at a time that there are
groups, pieces and rests of both; some are compiled. Start at `PROGRAMS`.
"""

import numpy as np
import pytest
from scans import recurrence, scan
from simulated import simulated

import jitgrad
import jitgrad.numpy as jn
from jitgrad import explain


def lib(x):
    return jn if isinstance(x, jitgrad.Tensor) else np


def total(x, axis=None):
    return lib(x).sum(x, axis)


#: name -> a function of x, positive and of any number of axes, whose last is the one of the scans;
#: and `reverse`
PROGRAMS = {
    "exp after": lambda x, back: lib(x).exp(-scan("cumsum", x, reverse=back)),
    "exp before": lambda x, back: scan("cumsum", lib(x).exp(x), reverse=back),
    "both, and both again": lambda x, back: (
        scan("cumprod", lib(x).tanh(x), reverse=back) * lib(x).exp(x)
    ),
    "sums of rows": lambda x, back: total(lib(x).exp(-scan("cumsum", x, reverse=back)), -1) ** 2,
    "largest of rows": lambda x, back: lib(x).max(lib(x).sin(scan("cumsum", x, reverse=back)), -1),
    "sum of all": lambda x, back: total(lib(x).exp(-scan("cumsum", x, reverse=back))),
    "sums of columns": lambda x, back: total(lib(x).exp(-scan("cumsum", x, reverse=back)), 0),
    "of a scan": lambda x, back: scan(
        "cumsum", lib(x).log(scan("cumsum", lib(x).exp(x), reverse=back)), reverse=back
    ),
    "back and forth": lambda x, back: scan(
        "cumprod", lib(x).exp(-scan("cumsum", x, reverse=not back)), reverse=back
    ),
    "less the mean": lambda x, back: lib(x).exp(
        scan("cumsum", x - lib(x).mean(x, -1, keepdims=True), reverse=back)
    ),
    "two of one": lambda x, back: (
        scan("cummax", lib(x).sin(5 * x), reverse=back) * scan("cummin", x, reverse=back)
    ),
    "neighbours": lambda x, back: (
        lib(x).exp(scan("cumsum", x, reverse=back))[..., 1:] * x[..., :-1]
    ),
    "logcumsumexp": lambda x, back: scan("logcumsumexp", 3 * x, reverse=back),
    "recurrence": lambda x, back: recurrence(lib(x).exp(-x), lib(x).cos(3 * x), reverse=back),
}
#: Rows and elements that are less than, as many as and more than the 2 and 3 that are taken at a
#: time here.
SMALL = [(1, 1), (1, 4), (2, 3), (3, 7), (5, 2), (4, 6), (7, 5), (2, 3, 4), (3, 1, 5)]
#: The same for 8 and 128; short rows in a large step.
LARGE = [(1, 300), (7, 127), (8, 128), (9, 129), (17, 257), (4, 5, 130), (4001, 10)]
COMPILED = ("sums of rows", "largest of rows", "of a scan", "logcumsumexp", "recurrence")


@pytest.fixture(autouse=True)
def kernels(monkeypatch):
    jitgrad.synchronize()
    monkeypatch.setattr(jitgrad.config, "compile", "always")


def check(program, shape, reverse, dtype=np.float64):
    rng = np.random.default_rng(3)
    x = rng.uniform(0.2, 1.2, shape).astype(dtype)
    x /= max(1, 0.05 * shape[-1])  # results stay in range, however long the rows are
    w = rng.standard_normal(program(x.astype(float), reverse).shape)
    t = jitgrad.tensor(x, requires_grad=True)
    out = program(t, reverse)
    (out * jitgrad.tensor(w.astype(dtype))).sum().backward()
    want, rtol = program(x.astype(float), reverse), 1e-4 if dtype == np.float32 else 1e-10
    np.testing.assert_allclose(out.detach().numpy(), want, rtol=rtol, atol=rtol)
    d = rng.standard_normal(shape)
    ends = [(w * program(x + s * 1e-6 * d, reverse)).sum() for s in (1, -1)]
    scale = np.abs(w).sum() ** 0.5 + np.abs(t.grad.numpy() * d).sum()
    assert (
        abs((t.grad.numpy() * d).sum() - (ends[0] - ends[1]) / 2e-6)
        <= (1e-3 if dtype == np.float32 else 1e-6) * scale
    )


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_rows_and_pieces(name, reverse):
    for shape in SMALL:
        with simulated(small=True):
            check(PROGRAMS[name], shape, reverse)


def test_float32():
    for name, program in PROGRAMS.items():
        for reverse in (
            (False, True) if name in ("sums of rows", "sum of all", "logcumsumexp") else (True,)
        ):
            with simulated(small=True):
                check(program, (5, 7), reverse, np.float32)


@pytest.mark.parametrize(
    "name, dtype", [(n, np.float64) for n in COMPILED] + [("sums of rows", np.float32)]
)
def test_compiled(name, dtype):
    for shape in LARGE:
        check(PROGRAMS[name], shape, name == "recurrence", dtype)


@pytest.mark.parametrize(
    "name", ["exp after", "logcumsumexp", "recurrence", "both, and both again"]
)
def test_second_order(name):
    rng = np.random.default_rng(5)
    x, v = rng.uniform(0.2, 0.6, (3, 7)), rng.standard_normal((3, 7))

    def gradient(x):
        t = jitgrad.tensor(x, requires_grad=True)
        (PROGRAMS[name](t, True) ** 2).sum().backward()
        return t.grad.numpy()

    with simulated(small=True):
        got = jitgrad.hvp(lambda t: (PROGRAMS[name](t, True) ** 2).sum())(
            jitgrad.tensor(x), jitgrad.tensor(v)
        )
        near = [gradient(x + s * 1e-6 * v) for s in (1, -1)]
    np.testing.assert_allclose(got.numpy(), (near[0] - near[1]) / 2e-6, rtol=1e-5, atol=1e-6)


def test_nan_and_inf_stay_in_their_rows():
    x = np.random.default_rng(0).uniform(0.1, 1, (19, 200))
    x[3, 150], x[8, 20], x[9, 0], x[18, 199] = np.nan, np.inf, -np.inf, np.nan
    with np.errstate(all="ignore"):
        for name in ("cumsum", "cumprod", "cummax", "logcumsumexp"):
            for reverse in (False, True):
                got = jn.exp(scan(name, jitgrad.tensor(x), reverse=reverse)).numpy()
                np.testing.assert_allclose(got, np.exp(scan(name, x, reverse=reverse)), rtol=1e-10)


def test_results_are_the_same_bits_with_any_number_of_threads():
    x, before, seen = (
        np.random.default_rng(0).standard_normal((333, 400)),
        jitgrad.get_num_threads(),
        [],
    )
    try:
        for threads in (1, 2):
            jitgrad.set_num_threads(threads)
            t = jitgrad.tensor(x, requires_grad=True)
            y = jn.exp(-jitgrad.logcumsumexp(t, 1)).sum()
            y.backward()
            seen.append((y.item(), t.grad.numpy()))
    finally:
        jitgrad.set_num_threads(before)
    assert seen[0][0] == seen[1][0]
    np.testing.assert_array_equal(seen[0][1], seen[1][1])


def source(f, *arrays):
    report = explain(lambda: f(*[jitgrad.tensor(a) for a in arrays]).numpy())
    return "".join(str(k.source) for k in report.kernels)


def is_side_by_side(f, *arrays):
    return "for piece in" in source(f, *arrays)


def test_which_scans_are_taken_so():
    x = np.random.default_rng(0).uniform(0.1, 1, (400, 100))
    assert is_side_by_side(lambda t: jn.exp(jitgrad.cumsum(t, 1)), x)
    assert is_side_by_side(lambda t: jn.exp(jitgrad.cumsum(t, 1)), x[:3, :5])
    assert is_side_by_side(lambda t: jitgrad.logcumsumexp(t, 1), x)
    assert is_side_by_side(lambda t: jitgrad.cummax(t, 1), x)
    assert not is_side_by_side(lambda t: jitgrad.cummax(t, 1), x[:, :20].copy())
    assert not is_side_by_side(lambda t: jitgrad.cumsum(t, 1) * 2, x)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_cumprod_and_its_gradient_are_one_kernel(axis):
    x = np.random.default_rng(0).uniform(0.9, 1.1, (300, 200))
    t = jitgrad.tensor(x, requires_grad=True)
    loss = (jitgrad.cumprod(t, axis) * jitgrad.tensor(x)).sum()
    report = explain(loss.backward)
    assert len(report.kernels) == 1
