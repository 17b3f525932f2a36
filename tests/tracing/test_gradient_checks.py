"""`check_grads`, `gradcheck` and `gradgradcheck`: what they accept, and what they say of wrong
derivatives.

Wrong derivatives are made by cutting gradients off. Start at `test_a_wrong_entry_is_named`.
"""

import numpy as np
import pytest

import jitgrad
import jitgrad.numpy as jn
from jitgrad import ArgumentError, GradientCheckError, check_grads
from jitgrad.autograd import gradcheck, gradgradcheck


def wrong(x):
    """Twice the value of ``x * x``, and half of its derivative at the last entry."""
    y = x * x
    y[-1] = x[-1].detach() * x[-1]
    return y


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("modes", ["fwd", "rev", ("fwd", "rev")])
def test_right_derivatives(order, modes):
    args = ({"x": np.array([[0.3, 0.7]]), "n": 3}, jitgrad.tensor(0.5))
    check_grads(lambda p, s: (jn.sin(p["x"]) ** p["n"] * s, [p["x"].sum()]), args, order, modes)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes(dtype):
    check_grads(lambda x: jn.exp(x) * x.sum(), (np.array([0.1, 0.9], dtype),), order=2)


def test_looks_writes_and_empty_arrays():
    def f(x):
        y = x * 1.0
        while y.sum() < 10:
            y = y * 1.5
            y[0] = x[1]
        return y

    check_grads(f, (np.array([1.0, 2.0]),), order=2)
    check_grads(lambda x: x * 2.0, (np.zeros((0, 2)),))


def test_a_wrong_entry_is_named():
    with pytest.raises(AssertionError) as caught:
        check_grads(lambda p: {"y": wrong(p["w"][0])}, ({"w": (np.array([1.0, 2.0]),)},))
    assert type(caught.value) is GradientCheckError
    text = str(caught.value)
    assert "got 2 as the derivative of the result['y'][1] by argument 0['w'][0][1]" in text
    assert "forward mode, expected 4" in text and "1 of 4" in text and "detach()" in text
    with pytest.raises(GradientCheckError, match="argument 1.* in reverse mode"):
        check_grads(lambda n, x: wrong(x), (3, np.array([1.0, 2.0])), modes="rev")


def test_a_wrong_second_derivative():
    def f(x):  # right at first order: what is cut off is multiplied by the derivative of x ** 2
        return x.detach() * 2 * x - x.detach() ** 2

    check_grads(lambda x: f(x) * 0.0 + x**2, (np.array([1.5]),), order=2)
    with pytest.raises(GradientCheckError):
        check_grads(lambda x: f(x), (np.array([1.5]),), order=2)


@pytest.mark.parametrize(
    ("f", "x", "text"),
    [
        (jitgrad.relu, np.array([0.0]), "slopes to both sides are 0 and 1, as at a kink"),
        (lambda x: x.detach() * x, np.ones(2, np.float32), "check in float64"),
        (lambda x: jn.asarray(np.random.default_rng().random(2)) * x, np.ones(2), "another value"),
    ],
)
def test_hints(f, x, text):
    with pytest.raises(GradientCheckError, match=text):
        check_grads(f, (x,))


def test_changes_in_place():
    def f(x):
        with jitgrad.no_grad():
            x += 1.0
        return x * x

    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(GradientCheckError, match="changes argument 0 in place"):
        gradcheck(f, (x,))
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: check_grads(jn.sin, 1.0), r"args of type float.*write \(x,\)"),
        (lambda: check_grads(jn.sin, (1,)), "no arguments that are differentiated"),
        (lambda: check_grads(jn.sin, (1.0,), modes="both"), "modes"),
        (lambda: check_grads(jn.sin, (1.0,), order=0), "order 0"),
        (lambda: check_grads(lambda x: 3, (1.0,)), "without tensors of floats"),
        (lambda: gradcheck(jn.sin, (jitgrad.tensor(1.0),)), "require grad"),
    ],
)
def test_errors(call, text):
    with pytest.raises(ArgumentError, match=text):
        call()


def test_gradcheck_has_the_form_of_pytorch():
    x = jitgrad.tensor([0.5, 2.0], requires_grad=True)
    w = jitgrad.tensor([1.0, 3.0])  # not differentiated
    f = lambda x, w: (jn.sin(x) * w.detach(), x.sum())
    every = {
        "check_forward_ad": True,
        "check_batched_grad": True,
        "check_batched_forward_grad": True,
        "check_grad_dtypes": True,
    }
    assert gradcheck(f, (x, w)) is True
    assert gradcheck(f, [x, w], **every) and gradcheck(f, (x, w), fast_mode=True)
    assert gradcheck(lambda x: x**2, x)
    assert gradgradcheck(f, (x, w)) and gradgradcheck(f, (x, w), check_fwd_over_rev=True)
    assert gradgradcheck(lambda x: x**3, x, jitgrad.tensor([1.0, 2.0]))
    for fast in (False, True):
        with pytest.raises(RuntimeError, match="derivative"):
            gradcheck(wrong, x, fast_mode=fast)
        assert gradcheck(wrong, x, fast_mode=fast, raise_exception=False) is False
    assert not gradgradcheck(lambda x: x.detach() * x, x, raise_exception=False)
    assert x.grad is None


def test_values_that_vary_a_little():
    rng = np.random.default_rng(0)
    f = lambda x: x**2 + float(rng.uniform(0, 1e-13))
    x = jitgrad.tensor([1.0], requires_grad=True)
    assert gradcheck(f, x, nondet_tol=1e-12) and not gradcheck(f, x, raise_exception=False)
