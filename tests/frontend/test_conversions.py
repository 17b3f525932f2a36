"""Implicit conversions of tensors that require grad: by no route, and in no context, is a gradient
lost in silence."""

import array
import cmath
import logging
import math
import operator
import re
import statistics
import struct
import sys
import warnings

import numpy as np
import pytest

import jitgrad
from jitgrad import GradientError, GradientWarning, JitError
from jitgrad import numpy as jnp


def put(a, index, value):
    a[index] = value
    return a


#: Python asks for a number: an error where a transform would lose the gradient, else a warning.
NUMBERS = {
    "float": lambda t: float(t),
    "int": lambda t: int(t),
    "complex": lambda t: complex(t),
    "math.exp": lambda t: math.exp(t),
    "math.floor": lambda t: math.floor(t),
    "math.hypot": lambda t: math.hypot(1.0, t),
    "math.fsum": lambda t: math.fsum([1.0, t]),
    "math.isclose": lambda t: math.isclose(t, 2.0),
    "cmath.exp": lambda t: cmath.exp(t),
    "statistics.fmean": lambda t: statistics.fmean([t, 1.0]),
    "array.array": lambda t: array.array("d", [t]),
    "struct.pack": lambda t: struct.pack("d", t),
    "np.float64": lambda t: np.float64(t),
    "a.fill": lambda t: np.zeros(3).fill(t),
    "a[0] = t": lambda t: put(np.zeros(3), 0, t),
    "a[0, 0] = t": lambda t: put(np.zeros((3, 3)), (0, 0), t),
    "a.flat[0] = t": lambda t: put(np.zeros(3).flat, 0, t),
    "np.fromiter": lambda t: np.fromiter([t], float),
    "jitgrad.tensor": lambda t: jitgrad.tensor(t),
    "jitgrad.tensor of a list": lambda t: jitgrad.tensor([t, 1.0]),
    "jitgrad.tensor of lists": lambda t: jitgrad.tensor([[t, 1.0]], dtype=np.float32),
}
#: NumPy asks for an array: an error in all contexts.
ARRAYS = {
    "np.array": lambda t: np.array([t, 1.0]),
    "np.array, nested": lambda t: np.array([[t, 1.0], [1.0, t]]),
    "np.array of objects": lambda t: np.array([t], dtype=object),
    "np.asarray": lambda t: np.asarray(t),
    "np.float32": lambda t: np.float32(t),
    "np.int64": lambda t: np.int64(t),
    "a[:] = t": lambda t: put(np.zeros(3), slice(None), t),
    "a[:] = [t]": lambda t: put(np.zeros(1), slice(None), [t]),
    "a.dot": lambda t: np.ones(1).dot(t.reshape(1)),
    "a.put": lambda t: np.zeros(3).put([0], t),
    "a.searchsorted": lambda t: np.ones(3).searchsorted(t),
    "np.r_": lambda t: np.r_[t, 1.0],
    "np.c_": lambda t: np.c_[t.reshape(1), np.ones(1)],
    "np.mean of a list": lambda t: np.mean([t, t]),
    "np.exp of a list": lambda t: np.exp([t]),
    "np.add of a list": lambda t: np.add([t], 1.0),
    "operator with a list": lambda t: np.ones(1) * [t],
    "np.full": lambda t: np.full(3, t),
    "np.arange": lambda t: np.arange(t),
    "np.linspace of a list": lambda t: np.linspace(0.0, [t], 3),
    "np.poly1d": lambda t: np.poly1d([t, 1.0]),
    "np.ma.array": lambda t: np.ma.array([t]),
    "np.vectorize": lambda t: np.vectorize(math.sin)(t),
    "np.frompyfunc": lambda t: np.frompyfunc(math.sin, 1, 1)(t),
    "np.nditer": lambda t: list(np.nditer(t)),
    "Generator.normal": lambda t: np.random.default_rng(0).normal(t),
    "np.copyto": lambda t: np.copyto(np.zeros(3), t),
    "np.put": lambda t: np.put(np.zeros(3), [0], t),
    "np.fill_diagonal": lambda t: np.fill_diagonal(np.zeros((2, 2)), t),
    "a += t": lambda t: operator.iadd(np.zeros(3), t),
    "out=": lambda t: np.add(t, 1.0, out=np.zeros(())),
    "np.from_dlpack": lambda t: np.from_dlpack(t),
    ".numpy()": lambda t: t.numpy(),
}
#: Asked for by name, or only to compare or to show: silent in all contexts, but that jit has no
#: values.
LOOKS = {
    "item": lambda t: t.item(),
    "tolist": lambda t: t.tolist(),
    "detach": lambda t: t.detach().numpy(),
    "bool": lambda t: bool(t) and t > 1.0 and t != 3.0,
    "repr": lambda t: repr(t) + str(t),
    "format": lambda t: f"{t:.2f} {t}" + "{:.3g}".format(*[t]) + format(t, "e"),
    "text % t": lambda t: "%.3f %s" % (t, t) + "%g" % t,  # noqa: UP031
    "bytes % t": lambda t: b"%d" % t,
    "logging": lambda t: logging.LogRecord("", 10, "", 1, "%f", (t,), None).getMessage(),
    "contains": lambda t: t in [t, 2.0],
    "sorted": lambda t: sorted([t, t + 1.0, t - 1.0]),
    "np.array_equal": lambda t: np.array_equal(t, t),
    "assert_allclose": lambda t: np.testing.assert_allclose(t, t.item()),
    "assert_array_equal": lambda t: np.testing.assert_array_equal([t], [t.item()]),
    "assert_array_less": lambda t: np.testing.assert_array_less(t, 1e9),
    "approx": lambda t: pytest.approx(t.item()) == t and t == pytest.approx(t.item()),
    "integers": lambda t: [0, 1, 2][(t > 1.0).int()] + int(t > 1.0) + float((t > 1.0).long()),
}
#: What keeps the gradient.
KEEPS = {
    "jnp.array": lambda t: jnp.array([[t, 1.0], [1.0, 2.0]])[0, 0],
    "jnp.asarray": lambda t: jnp.asarray([t])[0],
    "jitgrad.array": lambda t: jitgrad.array([1.0, t])[1],
    "jitgrad.asarray": lambda t: jitgrad.asarray((t, 1.0))[0],
    "jnp.stack": lambda t: jnp.stack([t, t])[0],
    "np.stack": lambda t: np.stack([t, t])[0],
    "jnp.mean of a list": lambda t: jnp.mean([t, t]),
    "jnp.full": lambda t: jnp.full(3, t)[0],
    "array @ t": lambda t: np.ones(1) @ t.reshape(1),
    "array of objects": lambda t: np.positive(put(np.empty(1, object), 0, t))[0],
    "sum": lambda t: sum([t, 0.0]),
    "round": lambda t: t + round(t) * 0.0,
    "divmod": lambda t: t + divmod(t, 1e9)[0],
}


def point():
    return jitgrad.tensor([2.0, 3.0])


def in_grad(route):
    return jitgrad.grad(lambda x: (route(x[0]), x.sum())[1])(point())


def in_value_and_grad(route):
    return jitgrad.value_and_grad(lambda x, y: (route(y.sum() - 3.0), y.sum())[1], argnums=1)(
        point(), point()
    )


def in_hvp(route):
    return jitgrad.hvp(lambda x: (route(x[0] * 1.0), (x * x).sum())[1])(point(), jitgrad.ones(2))


def in_nested_grad(route):
    inner = jitgrad.grad(lambda y, x: (route((x * y)[0] * 0.5), (x * y * y).sum())[1])
    return jitgrad.grad(lambda x: inner(x, x).sum())(point())


def in_outer_grad(route):
    """What an inner gradient gave, which depends on the outer argument."""

    def f(x):
        inner = jitgrad.grad(lambda y: (y * y).sum())(x)
        route(inner[0] * 0.5)
        return inner.sum()

    return jitgrad.grad(f)(point())


def in_jit(route):
    return jitgrad.jit(lambda x: (route(x[0]), x.sum())[1])(point().requires_grad_())


def in_jit_of_grad(route):
    return jitgrad.jit(jitgrad.grad(lambda x: (route(x[0]), x.sum())[1]))(point())


def in_grad_of_jit(route):
    return jitgrad.grad(jitgrad.jit(lambda x: (route(x[0]), x.sum())[1]))(point())


TRANSFORMS = [in_grad, in_value_and_grad, in_hvp, in_nested_grad, in_outer_grad]
JITS = [in_jit, in_jit_of_grad, in_grad_of_jit]


def of_a_leaf(route):
    return route(jitgrad.tensor(2.0, requires_grad=True))


def of_a_result(route):
    return route(point().requires_grad_()[0] * 1.0)


def of_a_parameter_in_grad(route):
    """What requires grad, but has nothing to do with what is differentiated."""
    w = point().requires_grad_()
    return jitgrad.grad(lambda x: (route(w[0] * 1.0), x.sum())[1])(point())


def after_a_failed_grad(route):
    with pytest.raises(ZeroDivisionError):
        jitgrad.grad(lambda x: 1 / 0)(point())
    return of_a_leaf(route)


ELSEWHERE = [of_a_leaf, of_a_result, of_a_parameter_in_grad, after_a_failed_grad]


def without_gradients(route):
    def f(x):
        with jitgrad.no_grad():
            route(x[0] * 1.0)
        return x.sum()

    return jitgrad.grad(f)(point())


def of_a_constant(route):
    return jitgrad.grad(lambda x: (route(jitgrad.tensor(2.0) * 1.0), x.sum())[1])(point())


# --- routes by contexts ---------------------------------------------------------------------------


@pytest.mark.each("context", TRANSFORMS + JITS)
@pytest.mark.each("name", [*NUMBERS, *ARRAYS])
def test_a_running_transform_loses_nothing(name, context):
    route = {**NUMBERS, **ARRAYS}[name]
    with pytest.raises(GradientError) as caught:
        context(route)
    assert caught.value.__cause__ is None and (
        caught.value.__context__ is None or caught.value.__suppress_context__
    )
    text = str(caught.value)
    if name != ".numpy()":
        assert ".numpy()" not in text
    assert not re.search(
        r"\buse \S*detach|; (use )?x\.detach", text.split("where no gradient is wanted")[0]
    )
    if "which asks for" in text and context in JITS[::2]:
        assert isinstance(caught.value, JitError) and "traced by jit" in text
    of_a_leaf(LOOKS["item"])  # all is well afterwards


@pytest.mark.parametrize("context", ELSEWHERE)
@pytest.mark.parametrize("name", NUMBERS)
def test_elsewhere_a_number_warns(name, context):
    with pytest.warns(GradientWarning, match="gradient ends there") as caught:
        context(NUMBERS[name])
    assert {w.filename for w in caught} == {__file__}


@pytest.mark.each("context", ELSEWHERE)
@pytest.mark.each("name", ARRAYS)
def test_elsewhere_an_array_is_refused(name, context):
    with pytest.raises(GradientError, match="would be lost|loses|an array has no gradient"):
        context(ARRAYS[name])


@pytest.mark.each("context", [*TRANSFORMS, *ELSEWHERE, without_gradients, of_a_constant])
@pytest.mark.each("name", LOOKS)
def test_looks_are_silent(name, context):
    context(LOOKS[name])


@pytest.mark.each("context", [without_gradients, of_a_constant])
@pytest.mark.each("name", [*NUMBERS, *ARRAYS])
def test_where_there_is_no_gradient_all_is_silent(name, context):
    context({**NUMBERS, **ARRAYS}[name])


@pytest.mark.each("context", TRANSFORMS + JITS)
@pytest.mark.each("name", KEEPS)
def test_what_keeps_the_gradient(name, context):
    context(KEEPS[name])
    g = jitgrad.grad(lambda x: KEEPS[name](x[0]) ** 2)(point())
    assert g.tolist() == [4.0, 0.0]


# --- values of conversions ------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::jitgrad.GradientWarning")
def test_numbers_are_right(tier):
    x = jitgrad.tensor(2.75, requires_grad=True) * 1.0
    assert (float(x), int(x), complex(x), math.floor(x)) == (2.75, 2, 2.75 + 0j, 2)
    a = np.zeros(2)
    a[0] = x
    assert a.tolist() == [2.75, 0.0] and np.float64(x) == 2.75
    t = jitgrad.tensor([[x, 1.0]], dtype=np.float32)
    assert (t.tolist(), t.dtype, t.requires_grad) == ([[2.75, 1.0]], np.float32, False)


def test_a_copy_has_no_gradient_whatever_it_is_of():
    """As in PyTorch; `array` and `stack` keep it."""
    x = jitgrad.tensor(2.0, requires_grad=True)
    for data in (x, [x], ([x],), [[x, 1.0], [2.0, 3.0]]):
        with pytest.warns(GradientWarning, match=r"jitgrad\.array or jitgrad\.stack"):
            assert not jitgrad.tensor(data).requires_grad
        assert jitgrad.array(data).requires_grad and jitgrad.asarray(data).requires_grad
        leaf = jitgrad.tensor(data, requires_grad=True)  # which says that it begins anew
        assert leaf.is_leaf and leaf.requires_grad
        (leaf * 3.0).sum().backward()
    assert x.grad is None
    with pytest.raises(GradientError, match="being differentiated"):
        jitgrad.grad(lambda x: jitgrad.tensor(x * 1.0, requires_grad=True) * x)(x)


# --- what is said ---------------------------------------------------------------------------------


def text_of(f, x=2.0):
    with pytest.raises(GradientError) as caught:
        jitgrad.grad(f)(jitgrad.tensor(x))
    return str(caught.value)


def test_the_text_names_what_was_written_and_what_to_write_instead():
    def loss(x):
        return x * math.exp(x)

    text = text_of(loss)
    assert "in loss(), which is being differentiated" in text and "jitgrad" in text
    assert "array or stack" in text_of(lambda x: np.array([x, 1.0]).sum())
    assert "jitgrad.numpy.stack or array" in text_of(lambda x: put(np.zeros(2), 0, x).sum() * x)


@pytest.mark.skipif(
    "sys.version_info < (3, 11)", reason="Python does not say where in a line it is"
)
def test_the_text_has_the_expression():
    assert "got math.exp(x), which asks for the number" in text_of(lambda x: x * math.exp(x))
    assert "use jitgrad.exp" in text_of(lambda x: x * math.exp(x))
    assert "got np.array([x, 1.0])" in text_of(lambda x: np.array([x, 1.0]).sum())
    assert "use jitgrad.mean" in text_of(lambda x: np.mean([x, x]))
    assert "use jitgrad.dot" in text_of(lambda x: np.ones(2).dot(x), [1.0, 2.0])
    assert "compute with the tensor itself" in text_of(lambda x: x * float(x))

    def store(x):
        a = np.zeros(2)
        a[0] = x
        return x * a.sum()

    assert "got a[0] = ..., which asks for" in text_of(store)


def test_the_error_is_raised_at_the_users_line():
    """NumPy and others raise errors of their own in the place of one from `__float__`."""

    def f(x):
        np.zeros(3).fill(x)
        return x

    with pytest.raises(GradientError) as caught:
        jitgrad.grad(f)(jitgrad.tensor(2.0))
    lines = [entry.name for entry in caught.traceback if entry.path.name == "test_conversions.py"]
    assert lines[-1] == "f"


def test_errors_that_are_no_refusals_stay_what_they_are():
    def f(x):
        try:
            struct.pack("d", x)
        except struct.error:
            pass
        return {}["missing"]

    with pytest.raises(KeyError, match="missing"):
        jitgrad.grad(f)(jitgrad.tensor(2.0))


def test_a_line_warns_once():
    x = jitgrad.tensor(2.0, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(5):
            float(x)
        for _ in range(5):
            np.float64(x)
    assert [w.category for w in caught] == [GradientWarning] * 2
    assert len({w.lineno for w in caught}) == 2 and {w.filename for w in caught} == {__file__}


def test_threads_have_transforms_of_their_own():
    import threading

    def f(x):
        caught = []

        def other():
            with warnings.catch_warnings(record=True) as found:
                warnings.simplefilter("always")
                caught.append(float(jitgrad.tensor(3.0, requires_grad=True)))
                caught.extend(w.category for w in found)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert caught == [3.0, GradientWarning]
        return x * x

    assert jitgrad.grad(f)(jitgrad.tensor(2.0)).item() == 4.0


def test_control_flow_in_transforms():
    def f(x):
        while x.sum() < 100:
            x = x * x
        return x.sum() if x[0] != x[1] else x[0]

    assert jitgrad.grad(f)(point()).tolist() == [1024.0, 17496.0]


# --- showing and saving ---------------------------------------------------------------------------


def test_values_are_saved(tmp_path):
    r = point().requires_grad_() * 2.0
    np.savez(tmp_path / "a.npz", w=r)
    np.savez_compressed(tmp_path / "b.npz", r)
    np.save(tmp_path / "c.npy", r)
    np.save(tmp_path / "d.npy", [r[0], r[1]])
    np.savetxt(tmp_path / "e.txt", r)
    found = [
        np.load(tmp_path / "a.npz")["w"],
        np.load(tmp_path / "b.npz")["arr_0"],
        np.load(tmp_path / "c.npy"),
    ]
    for a in [*found, np.load(tmp_path / "d.npy"), np.loadtxt(tmp_path / "e.txt")]:
        assert a.tolist() == [4.0, 6.0]


def test_values_are_plotted():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    r = point().requires_grad_() * 2.0
    figure, axes = pyplot.subplots()
    (line,) = axes.plot(r, r + 1.0)
    axes.scatter(r, r)
    axes.axhline(r[0])
    axes.set_xlim(r[0], r[1])
    figure.canvas.draw()
    assert line.get_ydata().tolist() == [5.0, 7.0]
    pyplot.close(figure)


def test_pandas_computes_on():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(GradientError, match="where no gradient is wanted"):
        pandas.Series(point().requires_grad_())


def test_print_options():
    x = jitgrad.tensor([1.23456, 2.0], requires_grad=True)
    assert repr(x) == "tensor([1.2346, 2.    ], requires_grad=True)"
    with np.printoptions(precision=2):
        assert repr(x) == "tensor([1.23, 2.  ], requires_grad=True)"
        assert repr(x.detach()[0]) == "tensor(1.23)"
    with np.printoptions(precision=5, suppress=True):
        assert repr(x * 1e-9).startswith("tensor([0., 0.]")
    with np.printoptions(formatter={"float": "{:.1f}".format}):
        assert repr(x).startswith("tensor([1.2, 2.0]")


# --- names that are looked up ---------------------------------------------------------------------


def test_the_namespace_has_its_names_where_tools_look():
    """In its `__dict__`, as of any module."""
    for module, theirs in ((jnp, np), (jnp.linalg, np.linalg)):
        names = vars(module)
        assert set(module.__all__) <= set(names) and "norm" in vars(jnp.linalg)
        assert not [
            n
            for n in module.__all__
            if callable(getattr(theirs, n)) and names[n] is not getattr(module, n)
        ]
    copied = {}
    exec("from jitgrad.numpy import *", copied)
    assert copied["sin"] is jnp.sin is vars(jnp)["sin"]


def test_sympy_makes_functions_with_gradients():
    sympy = pytest.importorskip("sympy")
    x, y = sympy.symbols("x y")
    expression = sympy.sin(x) * sympy.exp(y) + sympy.sqrt(x) * sympy.log(y)
    f = sympy.lambdify((x, y), expression, modules=[jnp])
    g = jitgrad.grad(f, argnums=(0, 1))(jitgrad.tensor(2.0), jitgrad.tensor(3.0))
    want = [expression.diff(v).subs({x: 2, y: 3}).evalf() for v in (x, y)]
    np.testing.assert_allclose([t.item() for t in g], [float(w) for w in want], rtol=1e-12)
    f = sympy.lambdify((x, y), expression, modules="math")
    with pytest.raises(GradientError, match="jitgrad"):
        jitgrad.grad(f)(jitgrad.tensor(2.0), jitgrad.tensor(3.0))


# --- functions whose results have no gradient -----------------------------------------------------


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python does not tell the expression")
def test_no_gradient_is_promised_where_there_is_none():
    x = jitgrad.tensor([1.5, 2.5], requires_grad=True)
    for f in (
        lambda: math.isnan(x[0]), lambda: math.isinf(x[0]), lambda: math.isfinite(x[0]),
        lambda: math.floor(x[0]), lambda: math.ceil(x[0]),
    ):  # fmt: skip
        with pytest.warns(
            GradientWarning, match=r"has (no gradient|a gradient of 0), .* pass x\.item\(\)$"
        ) as caught:
            f()
        assert "keeps it" not in str(caught[0].message)
    for f in (
        lambda: np.arange(3.0).searchsorted(x),
        lambda: np.searchsorted([1.0, 2.0], np.asarray(x)),
    ):
        with pytest.raises(GradientError) as refused:
            f()
        assert "searchsorted, which keeps it" not in str(refused.value)
    with pytest.raises(GradientError, match=r"no gradient, .* pass x\.detach\(\)$"):
        np.arange(3.0).searchsorted(x)
    with pytest.warns(GradientWarning, match=r"use jitgrad\.sin, which keeps it"):
        math.sin(x[0])
