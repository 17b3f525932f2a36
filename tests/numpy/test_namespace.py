"""`jitgrad.numpy` as a drop-in for NumPy: all names, programs written for NumPy, creation, array
API questions."""

import os
import subprocess
import sys
import types

import numpy
import pytest
from folders import PACKAGE, ROOT
from numpy_oracle import A, B, check_gradient, home, leaf

import jitgrad
import jitgrad.numpy as jnp
from jitgrad.base.errors import ArgumentError, DTypeError, JitgradError, ShapeError
from jitgrad.numpy.dispatch import SAME, counterparts
from jitgrad.numpy.namespace import CREATION
from jitgrad.ops import REGISTRY


@pytest.fixture(autouse=True)
def numpy_tier(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.each("name", sorted(n for n in numpy.__all__ if not n.startswith("_")))
def test_every_name_of_numpy(name):
    value, theirs = getattr(jnp, name), getattr(numpy, name)
    if name == "ndarray":
        assert value is jitgrad.Tensor
    elif name in ("fft", "linalg", "polynomial"):
        assert value.__name__ == f"jitgrad.numpy.{name}"
    elif callable(theirs) and not isinstance(theirs, type):
        assert (
            isinstance(value, types.FunctionType)
            and value.__name__ == name
            and value.__wrapped__ is theirs
        )
        assert value is getattr(jnp, name), "made once"
    elif name in ("vectorize", "r_", "c_", "mgrid", "ogrid"):
        assert value is not theirs and type(value).__module__ != "numpy", "of our own"
    else:
        assert value is theirs


@pytest.mark.parametrize("name", numpy.linalg.__all__)
def test_every_name_of_linalg(name):
    assert callable(getattr(jnp.linalg, name))


def test_what_is_computed_of_shapes_is_a_number():
    n = kept = 0
    for shape in ((2, 3), (4, 5.0)):
        n += jnp.prod(shape)
        kept = kept or n
    assert (n, kept) == (26, 6) and isinstance(kept, numpy.integer)
    assert jnp.prod([2, 3.0], dtype=int) == 6 and isinstance(jnp.sum([2, 3]), jitgrad.Tensor)
    x = leaf(A)
    assert jnp.sum((x[0, 0], 1.0)).requires_grad and jnp.zeros(jnp.prod(x.shape)).size == A.size


def test_other_names_are_refused():
    for module, name in (
        (jnp, "tensor"),
        (jnp, "_core"),
        (jnp.linalg, "sin"),
        (jnp.linalg, "_umath_linalg"),
    ):
        with pytest.raises(AttributeError, match=name):
            getattr(module, name)
    assert set(numpy.linalg.__all__) <= set(dir(jnp.linalg))
    assert {"sin", "pi", "linalg", "ndarray"} <= set(dir(jnp))


def test_star_import():
    space = {}
    exec("from jitgrad.numpy import *", space)
    assert space["sin"] is jnp.sin and space["float64"] is numpy.float64


def test_public_linalg_has_what_has_a_gradient():
    names = {n for n in numpy.linalg.__all__ if getattr(numpy.linalg, n) in counterparts()}
    assert names < set(jitgrad.linalg.__all__)
    missing = {*numpy.linalg.__all__} - {*jitgrad.linalg.__all__}
    assert missing == {"LinAlgError"}
    assert jitgrad.linalg.norm is jitgrad.norm and jitgrad.linalg.matmul is jitgrad.matmul
    x = leaf(A)
    jitgrad.linalg.norm(x, axis=1, keepdims=True).sum().backward()
    numpy.testing.assert_allclose(x.grad, A / numpy.linalg.norm(A, axis=1, keepdims=True))


@pytest.mark.parametrize("name", SAME)
def test_the_same_operation_under_two_names(name):
    xs = (
        (A[0], B[0])
        if name == "outer"
        else (A, B.T)
        if name == "matmul"
        else (A, B)[: 1 + (name != "matrix_transpose")]
    )
    want = getattr(numpy.linalg, name)(*xs)
    numpy.testing.assert_allclose(getattr(jnp.linalg, name)(*xs), want)
    numpy.testing.assert_allclose(getattr(numpy, name)(*xs), want)


def test_entries_have_their_documentation():
    for function, entry in counterparts().items():
        if home(function) == "numpy" and entry.numpy is function:
            assert getattr(jnp, function.__name__).__doc__ == getattr(jitgrad, entry.name).__doc__
    assert "Compute the median" in jnp.median.__doc__


# --- calls ----------------------------------------------------------------------------------------


def test_calls_are_numpys():
    x = leaf(A)
    for f in (
        lambda np, x: np.sin(x),
        lambda np, x: np.std(x, 0, None, None, 1),
        lambda np, x: np.sum(x, axis=1, initial=2.0, where=B > 0),
        lambda np, x: np.add(x, B, dtype=np.float64),
        lambda np, x: np.add.reduce(x, axis=1),
        lambda np, x: np.hypot.accumulate(x),
        lambda np, x: np.multiply.outer(x, x),
        lambda np, x: np.linalg.norm(x, axis=0),
        lambda np, x: np.concatenate([x, B]),
        lambda np, x: np.where(x > 0, x, 0.0),
        lambda np, x: np.clip(x, a_min=None, a_max=1),
        lambda np, x: np.full_like(x, 3.0) * x,
        lambda np, x: np.copy(x),
        lambda np, x: np.asarray(x),
        lambda np, x: (
            np.array([[x[0, 0], 1.0], [2.0, x[1, 1]]])
            if np is jnp
            else numpy.array([[x[0, 0], 1.0], [2.0, x[1, 1]]])
        ),
    ):
        got = f(jnp, x)
        assert got.requires_grad
        numpy.testing.assert_allclose(got.detach(), f(numpy, A), rtol=1e-12)
        again = f(jnp, A)
        assert isinstance(again, jitgrad.Tensor) and not again.requires_grad
        numpy.testing.assert_allclose(again, f(numpy, A), rtol=1e-12)


def test_functions_take_what_numpy_takes():
    """Lists and numbers, too; and what has no entry gives tensors."""
    for f in (
        lambda np: np.sin([0.0, 1.0]),
        lambda np: np.sin(1.0),
        lambda np: np.maximum(1, [2, 0]),
        lambda np: np.median([1.0, 2.0, 4.0]),
        lambda np: np.gcd([4, 6], 2),
        lambda np: np.meshgrid([1, 2], [3, 4])[0],
        lambda np: np.where([True, False])[0],
        lambda np: np.linalg.inv([[2.0, 0.0], [0.0, 4.0]]),
        lambda np: np.unique_counts([1, 1, 2]).counts,
    ):
        got, want = f(jnp), f(numpy)
        assert isinstance(got, jitgrad.Tensor) and got.dtype == numpy.asarray(want).dtype
        numpy.testing.assert_array_equal(got, want)
    assert jnp.shape([[1, 2]]) == (1, 2) and jnp.ndim(3) == 0
    assert jnp.result_type(numpy.float32, leaf(A)) == numpy.float64
    with jnp.errstate(all="ignore"), jnp.printoptions(precision=2):
        assert jnp.isnan(jnp.log(-1.0))


def test_ufuncs_keep_their_attributes():
    for name in ("add", "logaddexp", "sin", "gcd"):
        ours, theirs = getattr(jnp, name), getattr(numpy, name)
        for attribute in ("nin", "nout", "nargs", "ntypes", "types", "identity", "signature"):
            assert getattr(ours, attribute) == getattr(theirs, attribute)
        assert ours.reduce.__doc__ == theirs.reduce.__doc__
    t = jnp.zeros(3)
    assert jnp.add.at(t, [0, 0, 2], 1.0) is None
    numpy.testing.assert_array_equal(t, [2, 0, 1])
    assert jnp.gcd.reduce([12, 18]) == 6


# --- making tensors -------------------------------------------------------------------------------

MADE = {
    "arange": [(5,), (1.0, 4.0), (1, 10, 3)],
    "array": [([1.0, 2.0],), ([[1, 2], [3, 4]],), (3.0,)],
    "asanyarray": [([1.0],)],
    "asarray": [([1.0, 2],)],
    "ascontiguousarray": [([1.0, 2],)],
    "empty": [((2, 3),)],
    "empty_like": [([1.0, 2],)],
    "eye": [(3,), (2, 3, 1)],
    "from_dlpack": [(A,)],
    "full": [((2, 2), 7.0), (3, 1)],
    "full_like": [([1.0, 2], 3.0)],
    "geomspace": [(1.0, 100.0, 3)],
    "identity": [(2,)],
    "linspace": [(0, 1), (0.0, 2.0, 5), ([0.0, 1.0], 3.0, 4)],
    "logspace": [(0, 2, 3)],
    "ones": [(3,), ((2, 2), int)],
    "ones_like": [([1, 2],)],
    "zeros": [(2,), ((1, 2), "float32")],
    "zeros_like": [([1.0],)],
}


@pytest.mark.parametrize("name", sorted(CREATION))
def test_creation(name):
    for args in MADE[name]:
        got, want = getattr(jnp, name)(*args), getattr(numpy, name)(*args)
        assert (
            isinstance(got, jitgrad.Tensor) and got.dtype == want.dtype and got.shape == want.shape
        )
        if not name.startswith("empty"):
            numpy.testing.assert_array_equal(got, want)
        if want.dtype.kind == "f":
            assert getattr(jnp, name)(*args, requires_grad=True).is_leaf
            assert getattr(jnp, name)(*args, requires_grad=True).requires_grad
        else:
            with pytest.raises(DTypeError):
                getattr(jnp, name)(*args, requires_grad=True)


def test_creation_of_numpys_parameters():
    assert jnp.array([1, 2], dtype=float, ndmin=3).shape == (1, 1, 2)
    assert jnp.zeros(3, dtype=numpy.int8).dtype == numpy.int8
    assert jnp.linspace(0, 1, 4, endpoint=False).tolist() == [0, 0.25, 0.5, 0.75]
    assert jnp.zeros_like(A, shape=(1,)).shape == (1,)
    assert jnp.arange(3, like=A).tolist() == [0, 1, 2]
    x = leaf(A[0])
    assert jnp.asarray(x) is x and jnp.asarray(x, copy=True) is not x and jnp.array(x) is not x
    jnp.full((2, 3), x).sum().backward()
    numpy.testing.assert_array_equal(x.grad, [2, 2, 2])
    nested = jnp.array([[x[0], 1.0], (x[1], x[2])], dtype=numpy.float32)
    assert nested.dtype == numpy.float32 and nested.requires_grad
    array = A.copy()
    held = jnp.asarray(array)
    array[0] = 100.0  # values are copied: a recorded program never changes under the reader
    numpy.testing.assert_array_equal(held, A)
    with pytest.raises(TypeError):
        jnp.zeros(3, dtype=numpy.float16)
    assert jitgrad.eye(2, 3, 1).tolist() == numpy.eye(2, 3, 1).tolist()
    assert jitgrad.array(x).requires_grad and jitgrad.array([x]).requires_grad


# --- programs -------------------------------------------------------------------------------------


def logistic(np, w, x, y):
    z = np.dot(x, w)
    return np.mean(np.logaddexp(0.0, z) - y * z) + 0.01 * np.sum(np.square(w))


def smooth(np, u):
    u = np.copy(u)
    for _ in range(3):
        u[1:-1] = 0.5 * u[1:-1] + 0.25 * (u[:-2] + u[2:])
        np.multiply(u, 0.9, out=u)
    return np.linalg.norm(u) + np.max(np.abs(np.cumsum(u)))


def pairwise(np, p):
    d = np.expand_dims(p, 0) - np.expand_dims(p, 1)
    r = np.sqrt(np.sum(d**2, axis=-1) + np.eye(len(p)))
    return np.add.reduce(np.where(r < 2.0, 1.0 / r, np.exp(-r)), axis=None)


@pytest.mark.parametrize("program", [logistic, smooth, pairwise])
def test_programs_written_for_numpy(program):
    rng = numpy.random.default_rng(5)
    x0 = {
        logistic: rng.standard_normal(4),
        smooth: rng.standard_normal(9),
        pairwise: rng.standard_normal((5, 2)),
    }[program]
    rest = (
        (rng.standard_normal((20, 4)), (rng.random(20) > 0.5) * 1.0) if program is logistic else ()
    )
    want = program(numpy, x0, *rest)
    direction = rng.standard_normal(x0.shape)
    steps = [program(numpy, x0 + h * direction, *rest) for h in (1e-6, -1e-6)]
    for np in (jnp, numpy):  # by the namespace, and by NumPy's own functions on a tensor
        x = leaf(x0)
        out = program(np, x, *rest)
        out.backward()
        assert out.item() == pytest.approx(want, rel=1e-12)
        assert numpy.sum(x.grad.numpy() * direction) == pytest.approx(
            (steps[0] - steps[1]) / 2e-6, rel=1e-6
        )


def test_numpys_norm():
    for x in (A, A[0]):
        for ord in (None, 1, 2, 3, 0.5, -1, numpy.inf, -numpy.inf, 0):
            if x.ndim == 2 and ord in (2, 3, 0.5, 0):
                continue
            check_gradient(lambda t, o=ord: numpy.linalg.norm(t, o), x)
            check_gradient(lambda t, o=ord: numpy.linalg.norm(t, o, -1, True), x)
    check_gradient(lambda t: numpy.linalg.norm(t, "fro"), A)
    check_gradient(lambda t: numpy.linalg.norm(t, 1, (1, 0)), A)
    check_gradient(numpy.linalg.norm, numpy.array(-2.0))
    for ord in ("nuc", 2, -2):
        check_gradient(lambda t, o=ord: numpy.linalg.norm(t, o), A)
    for wrong in (3, 0):
        with pytest.raises(ArgumentError, match="matrices"):
            numpy.linalg.norm(jitgrad.tensor(A), wrong)
    with pytest.raises(ArgumentError, match="'fro'"):
        numpy.linalg.norm(jitgrad.tensor(A[0]), "fro")
    with pytest.raises(ShapeError, match="pass axis="):
        numpy.linalg.norm(jitgrad.ones(2, 2, 2), 1)
    with pytest.raises(JitgradError, match="two different axes"):
        numpy.linalg.norm(jitgrad.tensor(A), axis=(1, -1))
    x = jitgrad.zeros(3, requires_grad=True)
    for ord in (None, 1, 3, 1.5):
        numpy.linalg.norm(x, ord).backward()
    numpy.testing.assert_array_equal(x.grad, numpy.zeros(3))


# --- the array API standard -----------------------------------------------------------------------


def test_array_namespace():
    x = leaf(A)
    assert x.__array_namespace__() is jnp
    assert x.__array_namespace__(api_version=jnp.__array_api_version__) is jnp
    with pytest.raises(ArgumentError, match="1999"):
        x.__array_namespace__(api_version="1999.12")
    info = jnp.__array_namespace_info__()
    assert (
        info.default_device() == "cpu" and info.devices() == ("cpu",) and x.device in info.devices()
    )
    assert info.default_dtypes()["real floating"] == jnp.zeros(1).dtype
    assert info.default_dtypes(device="cpu")["integral"] == jnp.asarray(1).dtype
    assert set(info.dtypes(kind="real floating")) == {"float32", "float64"}
    assert set(info.dtypes(kind=("bool", "signed integer"))) == {
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
    }
    assert set(info.dtypes()) == {d.name for d in jitgrad.base.dtypes.SUPPORTED}
    assert info.capabilities()["boolean indexing"] is True
    assert jnp.isdtype(x.dtype, "real floating")
    assert jnp.astype(x, jnp.float32).dtype == jnp.float32


def test_import_alone_installs_the_protocols():
    script = (
        "import numpy, jitgrad.numpy as np; x = np.ones(2, requires_grad=True); "
        "print(type(numpy.sin(x)).__name__)"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert out.stdout.strip() == "Tensor", out.stderr


def test_every_numpy_function_of_the_catalogue_is_in_the_namespace():
    for entry in REGISTRY.values():
        for name in (entry.name, *entry.names.aliases):
            if entry.numpy in counterparts() and hasattr(numpy, name):
                module = "fft" if entry.numpy.__module__ == "numpy.fft" else None
                theirs = getattr(numpy, module) if module else numpy
                ours = getattr(jnp, module) if module else jnp
                assert getattr(ours, name).__wrapped__ is getattr(theirs, name)


def test_every_topic_is_read():
    """Functions that no entry stands for are found in a new process, whatever their module."""
    folder = PACKAGE / "numpy" / "functions"
    topics = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    script = "import sys, jitgrad; jitgrad.numpy.nanstd(jitgrad.ones(3)); print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert topics <= {m.rpartition(".")[2] for m in run.stdout.split() if "numpy.functions" in m}
