"""What `help` shows: docstrings, signatures and sentences on parameters, of everything public."""

import importlib
import inspect

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError
from jitgrad.frontend.functions import FUNCTIONS
from jitgrad.ops import REGISTRY, REQUIRED
from jitgrad.ops.parameters import PARAMETERS
from tools import docstrings, formulas

PUBLIC = [entry for entry in REGISTRY.values() if entry.public]
names = pytest.mark.each("entry", PUBLIC, ids=lambda entry: entry.name)


@names
def test_the_docstring_is_the_one_that_is_made_of_the_entry(entry, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    wanted = docstrings.docstring(entry)
    assert FUNCTIONS[entry.name].__doc__ == wanted, "run python -m tools.docstrings"


@names
def test_links_lead_somewhere(entry):
    if entry.numpy is not None:
        module, _, name = docstrings.numpy_name(entry.numpy).rpartition(".")
        assert getattr(importlib.import_module(module), name) is entry.numpy


@pytest.mark.parametrize(
    ("name", "partials"),
    [
        ("tanh", {"x": "1 - out * out"}),
        ("hypot", {"x": "x / out", "y": "y / out"}),
        ("divide", {"x": "1 / y", "y": "-out / y"}),
        ("arcsin", {"x": "1 / sqrt(1 - x * x)"}),
        ("log10", {"x": "1 / (x * log(10))"}),
        ("absolute", {"x": "sign(x)"}),
        ("remainder", {"x": "1", "y": "-floor_divide(x, y)"}),
    ],
)
def test_partial_derivatives_as_formulas(name, partials):
    assert formulas.partial_derivatives(REGISTRY[name]) == partials


FORMULAS = [e for e in PUBLIC if e.derivative.partials and not e.derivative.text]


@pytest.mark.parametrize("entry", FORMULAS, ids=lambda entry: entry.name)
def test_formulas_are_the_derivatives(entry, monkeypatch):
    """Read as Python, they give what differences of the function give."""
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    xs = entry.sample(np.random.default_rng(5), ((4,),) * entry.operands)
    function = FUNCTIONS[entry.name]
    out = np.asarray(function(*map(jitgrad.tensor, xs)))
    scope = {**vars(np), **dict(zip(entry.arguments, xs, strict=True)), "out": out}
    scope["sigmoid"] = lambda x: 1 / (1 + np.exp(-x))
    for k, formula in enumerate(formulas.partial_derivatives(entry).values()):
        ends = [[x + h * (i == k) for i, x in enumerate(xs)] for h in (1e-6, -1e-6)]
        high, low = (np.asarray(function(*map(jitgrad.tensor, end))) for end in ends)
        got = np.broadcast_to(eval(formula, scope), out.shape)
        np.testing.assert_allclose(got, (high - low) / 2e-6, rtol=2e-6, atol=1e-6)


@names
def test_errors_that_are_documented_are_raised(entry, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    function, xs = FUNCTIONS[entry.name], entry.sample(np.random.default_rng(5))
    listed, case = function.__doc__.partition("Raises")[2], dict(entry.sampling.cases[0])
    operands = [xs] if entry.operands is None else xs
    if "IndexOutOfRange" in listed:
        with pytest.raises(jitgrad.IndexOutOfRange):
            function(xs[0], [[10**6]], *xs[2:], **case)
    if "DTypeError" in listed and "dtype" in entry.params:
        with pytest.raises(jitgrad.DTypeError):
            function(*operands, **{**case, "dtype": "no such"})
    if "ArgumentError" in listed:
        with pytest.raises(jitgrad.JitgradError):
            function(*operands, **{**case, [*entry.params][-1]: object()})
    if "AxisError" in listed:
        axis = next(p for p in entry.params if p in docstrings.AXES)
        value = [9] if entry.name == "transpose" else 9
        with pytest.raises((jitgrad.AxisError, jitgrad.JitgradError)):
            function(*operands, **{**case, axis: value})


@names
def test_every_parameter_has_a_sentence(entry):
    doc = FUNCTIONS[entry.name].__doc__
    for name in (*entry.arguments, *entry.params):
        kind, sentence = PARAMETERS[name]
        assert sentence[0].isupper() or sentence[0] == "`", sentence
        assert (
            sentence.endswith(".") and f"\n{name} : {kind}" in doc and f"\n    {sentence}\n" in doc
        )


def test_no_sentence_is_stale():
    used = {name for entry in REGISTRY.values() for name in (*entry.arguments, *entry.params)}
    assert set(PARAMETERS) <= used


@names
def test_signature_is_that_of_the_entry(entry):
    parameters = inspect.signature(FUNCTIONS[entry.name]).parameters
    assert list(parameters) == [*entry.arguments, *entry.params]
    for name, default in entry.params.items():
        assert parameters[name].default is (
            inspect.Parameter.empty if default is REQUIRED else default
        )
        assert parameters[name].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD


def test_signatures_are_told_by_calls():
    """What a signature says may be named can be named, and what it says is needed is."""
    x = jitgrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert str(inspect.signature(jitgrad.sum)) == "(x, axis=None, dtype=None, keepdims=False)"
    assert jitgrad.sum(x=x, axis=0).tolist() == [4.0, 6.0]
    assert str(inspect.signature(jitgrad.sin)) == "(x, /)"
    with pytest.raises(TypeError):
        jitgrad.sin(x=x)
    assert str(inspect.signature(jitgrad.clip)) == "(x, min=None, max=None)"
    assert jitgrad.clip(x, max=2.0).tolist() == [[1.0, 2.0], [2.0, 2.0]]
    assert str(inspect.signature(jitgrad.Tensor.reshape)) == "(x, /, *shape, order='C')"
    assert x.reshape(4).shape == x.reshape(1, 4)[0].shape
    assert str(inspect.signature(x.sum)) == "(axis=None, dtype=None, keepdims=False)"
    with pytest.raises(ArgumentError, match="needs shape"):
        jitgrad.broadcast_to(x)


def test_every_member_of_tensor_is_documented():
    members = {
        name: getattr(jitgrad.Tensor, name)
        for name in dir(jitgrad.ones(1))
        if not name.startswith("_")
    }
    assert len(members) > 100
    assert not [name for name, member in members.items() if not member.__doc__]


@pytest.mark.parametrize(
    "name", ["add", "radd", "iadd", "eq", "matmul", "rpow", "neg", "invert", "ilshift"]
)
def test_operators_are_documented(name):
    operator = getattr(jitgrad.Tensor, f"__{name}__")
    assert operator.__doc__ and inspect.signature(operator)


@pytest.mark.parametrize("transform", [jitgrad.grad, jitgrad.value_and_grad, jitgrad.hvp])
def test_transforms_keep_what_the_function_says(transform):
    def energy(x, scale=2.0):
        """The energy of a spring."""
        return (x * x).sum() * scale

    energy.note = 1
    out = transform(energy)
    assert (
        out.__name__ == "energy"
        and out.__doc__ == "The energy of a spring."
        and out.__wrapped__ is energy
    )
    assert not hasattr(out, "note"), "attributes belong to the function itself"
    expected = "(x, v, *args, **kwargs)" if transform is jitgrad.hvp else "(x, scale=2.0)"
    assert str(inspect.signature(out)) == expected


def test_transforms_of_what_has_no_name():
    class Model:
        def __call__(self, x):
            return (x * x).sum()

    assert jitgrad.grad(Model())(3.0) == 6.0
