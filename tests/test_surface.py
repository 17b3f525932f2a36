"""What users see of the package: the names that modules show and export, what names that are not
there say, and the table of where NumPy and PyTorch disagree, row by row."""

import ast
import builtins
import importlib
import inspect
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from folders import ROOT

import jitgrad
import jitgrad.numpy as jnp
from jitgrad import AliasError, ArgumentError, AxisError, DTypeError, MissingError, tensor
from jitgrad.base import missing

MODULES = {
    "jitgrad": jitgrad,
    "jitgrad.autograd": jitgrad.autograd,
    "jitgrad.autograd.functional": jitgrad.autograd.functional,
    "jitgrad.fft": jitgrad.fft,
    "jitgrad.interop": jitgrad.interop,
    "jitgrad.interop.jax": jitgrad.interop.jax,
    "jitgrad.interop.torch": jitgrad.interop.torch,
    "jitgrad.linalg": jitgrad.linalg,
    "jitgrad.numpy": jnp,
    "jitgrad.numpy.fft": jnp.fft,
    "jitgrad.numpy.linalg": jnp.linalg,
    "jitgrad.nn": jitgrad.nn,
    "jitgrad.nn.functional": jitgrad.nn.functional,
    "jitgrad.optim": jitgrad.optim,
    "jitgrad.random": jitgrad.random,
    "jitgrad.scipy": jitgrad.scipy,
    "jitgrad.scipy.fft": jitgrad.scipy.fft,
    "jitgrad.scipy.integrate": jitgrad.scipy.integrate,
    "jitgrad.scipy.interpolate": jitgrad.scipy.interpolate,
    "jitgrad.scipy.linalg": jitgrad.scipy.linalg,
    "jitgrad.scipy.ndimage": jitgrad.scipy.ndimage,
    "jitgrad.scipy.optimize": jitgrad.scipy.optimize,
    "jitgrad.scipy.signal": jitgrad.scipy.signal,
    "jitgrad.scipy.sparse": jitgrad.scipy.sparse,
    "jitgrad.scipy.special": jitgrad.scipy.special,
    "jitgrad.scipy.stats": jitgrad.scipy.stats,
    "jitgrad.tree": jitgrad.tree,
}
#: Modules that are written with all their types, and need no stubs.
TYPED = {"jitgrad.optim", "jitgrad.random", "jitgrad.tree", "jitgrad.autograd.functional"}
TYPED |= {"jitgrad.nn", "jitgrad.nn.functional", "jitgrad.scipy"}
SOLVERS = ("fft", "integrate", "interpolate", "linalg", "ndimage", "optimize", "signal", "sparse")
TYPED |= {f"jitgrad.scipy.{name}" for name in (*SOLVERS, "stats")}
TYPED |= {name for name in MODULES if name.startswith("jitgrad.interop")}
AUTOGRAD = ["Function", "anomaly_mode", "backward", "detect_anomaly", "enable_grad", "function"]
AUTOGRAD += ["functional", "grad", "gradcheck", "gradgradcheck", "graph", "inference_mode"]
AUTOGRAD += ["is_grad_enabled", "no_grad", "set_detect_anomaly", "set_grad_enabled"]


def fresh(script):
    """What a script prints in a process of its own, where nothing has been imported yet."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    out = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=env, timeout=120
    )
    assert out.returncode == 0, out.stderr
    return out.stdout.split()


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODULES)
def test_a_module_shows_its_public_names_only(name):
    module = MODULES[name]
    shown = {n for n in dir(module) if not (n.startswith("__") and n.endswith("__"))}
    assert shown == {*module.__all__, *(["map", "numpy", "scipy"] if module is jitgrad else [])}
    assert not [n for n in shown if n.startswith("_")]


@pytest.mark.parametrize("name", MODULES)
def test_names_are_listed_once(name):
    assert len(set(MODULES[name].__all__)) == len(MODULES[name].__all__)


def test_names_are_the_same_before_and_after_they_are_used():
    script = """
import jitgrad
before = dir(jitgrad)
for name in before:
    getattr(jitgrad, name)
print(dir(jitgrad) == before, "tracing" in before, "ops" in before)
"""
    assert fresh(script) == ["True", "False", "False"]


def test_internal_modules_are_not_shown():
    inside = {path.stem for path in (ROOT / "jitgrad").iterdir() if path.stem not in MODULES}
    shown = {*dir(jitgrad)} - {name.partition(".")[2] for name in MODULES}
    assert not inside & shown
    assert not [n for n in shown if inspect.ismodule(getattr(jitgrad, n))]


def test_a_module_that_has_the_name_of_a_function_says_what_to_use_instead():
    """Also once the import of an internal module has left it on the package."""
    modules = {path.stem for path in (ROOT / "jitgrad").iterdir()}
    functions = modules & set(missing.INSTEAD) - {"base"}  # which tensors are asked for, only
    assert functions == {"compile"}
    with pytest.raises(MissingError, match=r"jitgrad has no 'compile'; use jitgrad\.jit"):
        jitgrad.compile(lambda x: x)
    importlib.import_module("jitgrad.compile")
    with pytest.raises(MissingError, match=r"jitgrad has no 'compile'; use jitgrad\.jit"):
        jitgrad.compile(lambda x: x, mode="default")


def test_a_star_import_gives_every_public_name_and_leaves_numpy_alone():
    script = """
import numpy
from jitgrad import *
import jitgrad
print(numpy.__name__, Tensor is jitgrad.Tensor, jit is jitgrad.jit, linalg is jitgrad.linalg)
print({*jitgrad.__all__} <= {*globals()}, issubclass(ShapeError, ValueError))
"""
    assert fresh(script) == ["numpy", "True", "True", "True", "True", "True"]


def test_a_star_import_hides_those_builtins_that_numpys_does():
    hidden = {n for n in jitgrad.__all__ if hasattr(builtins, n)}
    assert hidden == {"abs", "all", "any", "max", "min", "pow", "round", "sum"}
    assert hidden <= {n for n in np.__all__ if hasattr(builtins, n)}


def test_errors_are_exported():
    errors = {n for n, e in vars(jitgrad.base.errors).items() if isinstance(e, type)}
    assert errors <= {*jitgrad.__all__}


def test_autograd_has_the_names_of_pytorch_that_there_are():
    assert jitgrad.autograd.__all__ == AUTOGRAD
    torch = pytest.importorskip("torch")
    assert all(hasattr(torch.autograd, n) or hasattr(torch, n) for n in AUTOGRAD)
    with pytest.raises(AttributeError, match="use jitgrad.jit"):
        _ = jitgrad.autograd.jit


def test_each_linalg_says_why_it_is_there():
    reasons = {
        "linalg": "functions of `numpy.linalg` that have gradients",
        "numpy.linalg": "all names of `numpy.linalg`",
        "ops.linear_algebra": "The entries of linear algebra",
    }
    for name, reason in reasons.items():
        assert reason in sys.modules[f"jitgrad.{name}"].__doc__.partition("\n")[0]
    more = {*jitgrad.linalg.__all__} - {*jnp.linalg.__all__}
    assert more == {*jitgrad.linalg._MORE, *(f.__name__ for f in jitgrad.linalg._FORMULAS)} and {
        *jnp.linalg.__all__
    } == {*np.linalg.__all__}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("float_", "NumPy 1's name of float64: use jitgrad.float64"),
        ("double", "use jitgrad.float64"),
        ("long", "use jitgrad.int64, as PyTorch"),
        ("float", "jitgrad.float64, as Python and NumPy, or jitgrad.float32, as PyTorch"),
        ("int", "jitgrad.int64, as Python and NumPy, or jitgrad.int32, as PyTorch"),
        ("bool", "jitgrad.bool_"),
    ],
)
def test_dtypes_with_two_meanings_are_no_names(name, text):
    assert not hasattr(jitgrad, name)
    with pytest.raises(AttributeError, match=re.escape(text)):
        getattr(jitgrad, name)


def test_signatures_are_as_if_they_had_been_made_at_once():
    import copy
    import functools
    import pickle

    signature = inspect.signature(jitgrad.sum)
    whole = inspect.Signature([*signature.parameters.values()])
    assert str(signature) == "(x, axis=None, dtype=None, keepdims=False)"
    assert signature == whole and hash(signature) == hash(whole)
    assert pickle.loads(pickle.dumps(signature)) == copy.copy(signature) == whole
    assert not signature.replace(parameters=[]).parameters
    assert signature.bind(1, axis=2).arguments == {"x": 1, "axis": 2}
    assert [*inspect.signature(tensor([1.0]).sum).parameters] == ["axis", "dtype", "keepdims"]
    partial = inspect.signature(functools.partial(jitgrad.sum, axis=1))
    assert partial.parameters["axis"].default == 1


@pytest.mark.parametrize("name", ["explain", "grad", "hvp", "jit", "profile", "value_and_grad"])
def test_what_is_imported_when_it_is_asked_for_stays(name):
    assert getattr(jitgrad, name) is getattr(jitgrad, name)
    assert name in vars(jitgrad)


def test_an_import_waits_for_nothing_that_many_programs_never_use():
    script = "import sys, jitgrad; print(*[m for m in sys.modules if m.startswith('jitgrad')])"
    found = fresh(script)
    parts = {m.split(".")[1] for m in found if "." in m}
    assert not {"compile", "diagnostics", "tracing", "linalg", "autograd", "cli"} & parts
    assert "jitgrad.numpy.dispatch" not in found


def test_to_ask_what_there_is_imports_nothing():
    script = """
import sys, jitgrad, jitgrad.numpy
before = len(sys.modules)
shown = dir(jitgrad), dir(jitgrad.numpy), dir(jitgrad.numpy.linalg)
print(len(sys.modules) == before, hasattr(jitgrad.numpy, "summ"), "numpy.testing" in sys.modules)
"""
    assert fresh(script) == ["True", "False", "False"]


@pytest.mark.parametrize(
    "call",
    [
        "numpy.sin(x)",
        "numpy.sum(x)",
        "numpy.ones(2) * x",
        "x.__array_namespace__()",
        "numpy.from_dlpack(x)",
        "jitgrad.numpy.sum(x)",
        "x.__dlpack_device__()",
    ],
)
def test_the_first_call_of_a_protocol_is_as_all_others(call):
    script = f"""
import numpy, jitgrad
x = jitgrad.ones(2)
print(str({call}).replace(" ", "") == str({call}).replace(" ", ""))
"""
    assert fresh(script) == ["True"]


# --- stubs ----------------------------------------------------------------------------------------


def declared(path):
    """The names that a stub declares."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.asname for alias in node.names if alias.asname)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (t.id for t in targets)


@pytest.mark.parametrize("name", [n for n in MODULES if n not in TYPED])
def test_stubs_have_all_public_names_and_no_others(name):
    module = MODULES[name]
    path = ROOT / (name.replace(".", "/") + ".pyi")
    path = path if path.exists() else path.with_suffix("") / "__init__.pyi"
    others = f"The names of NumPy {np.__version__.rpartition('.')[0]}." not in path.read_text()
    if others and "numpy" in name:
        pytest.skip("the stub has the names of another NumPy")
    assert {n for n in declared(path) if not n.startswith("_")} == {
        n for n in dir(module) if not n.startswith("_")
    }


def test_stubs_are_fresh():
    """What `python -m tools.stubs` would write is what there is."""
    pytest.importorskip("ruff")
    out = subprocess.run(
        [sys.executable, "-m", "tools.stubs", "--check"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    assert out.returncode == 0, out.stdout + out.stderr + "run python -m tools.stubs"


# --- where NumPy and PyTorch disagree -------------------------------------------------------------

X = np.arange(6.0).reshape(2, 3)


def same(got, want):
    np.testing.assert_array_equal(np.asarray(got.detach()), want)
    return True


def elements():
    x = tensor([1.0, 2.0])
    x[0], x[1] = x[1], x[0]
    x[0] += 1
    with pytest.raises(AliasError):
        x[0].add_(1.0)
    same(x, [3.0, 1.0])


def views():
    x = tensor(X)
    for part in (x[0], x[:, 1:], x[None], x[...], x.T, x.diagonal()):
        part *= 2.0
    same(x, X * [[64, 32, 32], [8, 32, 16]])


def scalar_indices():
    x = tensor(X)
    copy, row = x[np.array(1)], x[np.int64(1)]
    copy += 1.0
    same(x, X)
    row += 1.0
    same(x[1], X[1] + 1)


def reshapes():
    x = tensor(X)
    copy = x.T.reshape(-1)
    copy += 1.0
    same(x, X)
    with pytest.raises(AliasError):
        x.T.view(-1)


def sorts():
    x = tensor([2.0, 1.0])
    same(jitgrad.sort(x), [1.0, 2.0])
    assert x.sort() is None
    same(x, [1.0, 2.0])


def parts():
    assert [p.shape for p in jitgrad.split(jitgrad.arange(6.0), 3)] == [(2,)] * 3
    assert jitgrad.meshgrid([1.0, 2.0], [1.0, 2.0, 3.0])[0].shape == (3, 2)


def repeats():
    same(tensor([1.0, 2.0]).repeat(2), [1.0, 1.0, 2.0, 2.0])
    same(tensor([1.0, 2.0]).tile(2), [1.0, 2.0, 1.0, 2.0])


def reads():
    x = jitgrad.zeros(2, 2)
    x.view(-1)[3] = 1.0
    same(x, [[0, 0], [0, 1]])
    with pytest.raises(DTypeError):
        x.view(jitgrad.float32)


def flat():
    x = tensor(X)
    copy = x.flatten()
    copy += 1.0
    same(x, X)
    for part in (x.ravel(), x.reshape(-1)):
        part += 1.0
    same(x, X + 2)


def deviations():
    x = tensor(X)
    for name in ("std", "var"):
        f = getattr(jitgrad, name)
        want = getattr(np, name)
        np.testing.assert_allclose(float(f(x)), want(X))
        for spelling in ({"ddof": 1}, {"correction": 1}, {"unbiased": True}):
            np.testing.assert_allclose(float(f(x, **spelling)), want(X, ddof=1))
        np.testing.assert_allclose(float(f(x, unbiased=False)), want(X))


def extremes():
    same(tensor(X).max(0), X.max(0))
    same(tensor(X).min(1), X.min(1))
    same(tensor(X).argmax(0), X.argmax(0))


def larger():
    same(jitgrad.maximum(tensor(X), 2.0), np.maximum(X, 2.0))
    with pytest.raises(ArgumentError):
        jitgrad.max(tensor(X), tensor(X))


def cumulative():
    same(jitgrad.cumsum(tensor(X)), X.cumsum())
    same(jitgrad.cumprod(tensor(X)), X.cumprod())


def transposes():
    x = jitgrad.ones(2, 3, 4)
    with pytest.raises(AxisError):
        x.transpose(0, 1)
    assert x.transpose(1, 0, 2).shape == x.swapaxes(0, 1).shape == (3, 2, 4)


def transposed():
    x = jitgrad.ones(2, 3, 4)
    assert x.T.shape == (4, 3, 2) and x.mT.shape == (2, 4, 3)


def sizes():
    x = tensor(X)
    assert (x.size, x.shape, x.numel(), x.dim()) == (6, (2, 3), 6, 2)
    assert type(x.size) is int and type(x.shape) is tuple


def places():
    found = tensor(X).nonzero()
    assert len(found) == 2 and all(same(a, b) for a, b in zip(found, X.nonzero(), strict=True))


def spellings():
    x = tensor(X)
    same(x.sum(dim=0, keepdim=True), X.sum(0, keepdims=True))
    same(jitgrad.softmax(x, dim=0), np.asarray(jitgrad.softmax(x, axis=0)))
    same(jitgrad.flip(x, dims=(0,)), X[::-1])
    same(jitgrad.permute_dims(x, dims=(1, 0)), X.T)
    same(jitgrad.tile(x, dims=(2, 1)), np.tile(X, (2, 1)))
    same(jitgrad.roll(x, shifts=1, dims=1), np.roll(X, 1, 1))
    with pytest.raises(ArgumentError, match="got the parameter 'dims'"):
        jitgrad.nan_to_num(x, dims=0)
    assert "dim" not in inspect.signature(jitgrad.sum).parameters


def floats():
    whole = tensor([1])
    assert whole.dtype == np.int64
    assert {x.dtype for x in (tensor([1.0]), whole / 2, jitgrad.sin(whole))} == {np.dtype("f8")}


def promoted():
    single = tensor([1.0], dtype=jitgrad.float32)
    assert (tensor([1]) + single).dtype == np.float64
    assert (2 * single).dtype == (2.5 * single).dtype == np.float32


def names():
    assert not [n for n in ("float", "int", "double", "long") if hasattr(jitgrad, n)]
    x = tensor([1.0])
    kinds = [x.float().dtype, x.int().dtype, x.double().dtype, x.long().dtype]
    assert kinds == [np.float32, np.int32, np.float64, np.int64]


def gradients():
    x = tensor([3.0], requires_grad=True)
    same(jitgrad.grad(lambda x: x * x)(x), [6.0])
    same(jitgrad.autograd.grad(x * x, x)[0], [6.0])


def filled():
    x = tensor([3.0], requires_grad=True)
    y = x * 2
    y.fill_(1.0)
    assert y.requires_grad
    y.backward()
    same(x.grad, [0.0])


def compared():
    x = tensor([1.0])
    same(x == None, [False])  # noqa: E711
    assert None not in x


def copied():
    import copy

    x = tensor([1.0], requires_grad=True)
    y = copy.copy(x)
    assert y.is_leaf and y.requires_grad
    with jitgrad.no_grad():
        y += 1.0
    same(x, [1.0])


def copied_with_views():
    import copy
    import pickle

    x = tensor(X)
    y, row = copy.deepcopy((x, x[1]))
    row += 1.0
    same(y[1], X[1] + 1)
    y, row = pickle.loads(pickle.dumps((x, x[1])))
    row += 1.0
    same(y, X)


def values():
    for array in (tensor(X).numpy(), np.asarray(tensor(X))):
        assert not array.flags.writeable


def halves():
    a = np.array([[2.0, 5.0], [1.0, 3.0]])
    np.testing.assert_allclose(jitgrad.linalg.eigvalsh(a), np.linalg.eigvalsh(a))
    for f in (jitgrad.linalg.cholesky, jitgrad.linalg.eigvalsh):
        g = jitgrad.grad(lambda a, f=f: f(a).sum())(a)
        np.testing.assert_allclose(g, g.T, rtol=1e-12)


def repeated_values():
    eye = np.eye(2)
    assert not np.isfinite(jitgrad.grad(lambda a: jitgrad.linalg.eigh(a)[1][0].sum())(eye)).all()
    np.testing.assert_allclose(
        jitgrad.grad(lambda a: jitgrad.linalg.eigvalsh(a).sum())(eye), eye, atol=1e-12
    )


def eigenvalues_of_any():
    w, v = jitgrad.linalg.eig([[2.0, 1.0], [0.0, 3.0]])
    assert w.dtype == v.dtype == np.complex128
    np.testing.assert_allclose((np.abs(v) ** 2).sum(0), 1.0)
    defective = np.array([[2.0, 1.0], [0.0, 2.0]])
    assert np.isnan(jitgrad.grad(lambda a: jitgrad.linalg.eigvals(a)[0].real)(defective)).all()


def phases():
    a = np.array([[2.0, 1j], [-1j, 3.0]])
    with pytest.raises(jitgrad.GradientError, match="choice"):
        jitgrad.grad(lambda a: jitgrad.linalg.eigh(a)[1].real.sum())(a)
    g = jitgrad.grad(lambda a: abs(jitgrad.linalg.eigh(a)[1])[0, 0])(a)
    assert np.isfinite(g).all()


def cofactors():
    np.testing.assert_allclose(
        jitgrad.grad(jitgrad.linalg.det)(np.ones((2, 2))), [[1, -1], [-1, 1]], atol=1e-12
    )


def singular():
    for f in (jitgrad.linalg.inv, jitgrad.jit(jitgrad.linalg.inv)):
        with pytest.raises(np.linalg.LinAlgError):
            f(np.ones((2, 2))).numpy()


#: The first cell of each row -> what checks the last.
ROWS = {
    "`x[i]` with an integer for each axis": elements,
    "rows, slices, `x[None]`, `x[...]`, `.T`, `diagonal`": views,
    "`x[np.array(1)]` of a matrix": scalar_indices,
    "`reshape`, `ravel` of what does not lie in order": reshapes,
    "`x.sort()`": sorts,
    "`split(x, 3)`, `meshgrid`": parts,
    "`x.repeat(2)`": repeats,
    "`x.view(...)`": reads,
    "`x.flatten()`": flat,
    "`std`, `var`": deviations,
    "`x.max(axis)`, `min`": extremes,
    "`maximum(x, y)`, `max(x, y)`": larger,
    "`cumsum(x)`, `cumprod(x)`": cumulative,
    "`x.transpose(0, 1)`": transposes,
    "`x.T` of more than two axes": transposed,
    "`x.size`, `x.shape`": sizes,
    "`x.nonzero()`": places,
    "names of parameters": spellings,
    "floats without a dtype; `tensor([1]) / 2`, `sin(tensor([1]))`": floats,
    "int64 with float32": promoted,
    "`float`, `int`, `double`, `long` as dtypes": names,
    "`grad`": gradients,
    "`y.fill_(1.0)` of a result that requires grad": filled,
    "`linalg.cholesky(a)`, `eigh(a)`": halves,
    "eigenvectors, singular vectors of repeated values": repeated_values,
    "`linalg.eig(a)`, `eigvals(a)`": eigenvalues_of_any,
    "phases of eigenvectors, of singular vectors; bases beyond them": phases,
    "`linalg.det` of a singular matrix": cofactors,
    "`linalg.inv`, `solve` of a singular matrix": singular,
    "`x == None`, `x == Fraction(1, 2)`": compared,
    "`copy.copy(x)`": copied,
    "`copy.deepcopy((x, x[1:]))`, pickles of both": copied_with_views,
    "`x.numpy()`, `np.asarray(x)`": values,
}


def table():
    """The first cells of the table."""
    text = (ROOT / "docs" / "numpy-and-pytorch.md").read_text()
    lines = [line for line in text.partition("\n\n## ")[0].splitlines() if line.startswith("| ")]
    return [line.split("|")[1].strip() for line in lines[2:]]


def test_every_row_of_the_table_is_checked():
    assert table() == list(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_table_holds(row):
    ROWS[row]()
