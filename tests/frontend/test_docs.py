"""What `help` shows: docstrings, signatures and sentences on parameters, of everything public."""

import inspect

import pytest

import jitgrad
from jitgrad import ArgumentError
from jitgrad.frontend.functions import FUNCTIONS
from jitgrad.ops import REGISTRY, REQUIRED
from jitgrad.ops.parameters import PARAMETERS

PUBLIC = [entry for entry in REGISTRY.values() if entry.public]
names = pytest.mark.parametrize("entry", PUBLIC, ids=lambda entry: entry.name)


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
    used = {name for entry in PUBLIC for name in (*entry.arguments, *entry.params)}
    assert set(PARAMETERS) == used


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
