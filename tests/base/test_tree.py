"""`jitgrad.tree`: containers, classes of one's own, and what transforms and `jit` do with them.

Start at `TREES`.
"""

import collections
import dataclasses

import numpy as np
import pytest

import jitgrad
from jitgrad import ArgumentError, ShapeError, tree

Pair = collections.namedtuple("Pair", "first second")


@dataclasses.dataclass(frozen=True)
class Point:
    x: object
    y: object = None


class Layer:
    def __init__(self, w, b, name):
        self.w, self.b, self.name = w, b, name

    def __eq__(self, other):
        return (self.w, self.b, self.name) == (other.w, other.b, other.name)

    def __repr__(self):
        return f"Layer({self.w}, {self.b}, {self.name})"

    __hash__ = None


tree.register(
    Layer, lambda x: ((x.w, x.b), x.name), lambda name, parts: Layer(parts[0], parts[1], name)
)

TREES = [
    1.0,
    None,
    (),
    {},
    (1.0, [2.0, 3.0], None),
    {"b": 1.0, "a": {"c": (2.0,)}},
    Pair(1.0, Pair(2.0, None)),
    Point(1.0, {"k": 2.0}),
    collections.OrderedDict(b=1.0, a=2.0),
    collections.defaultdict(list, a=[1.0]),
    Layer(1.0, [2.0], "name"),
    [Layer(1.0, None, "a"), Point((3.0, 4.0))],
]


@pytest.mark.parametrize("x", TREES, ids=repr)
def test_taken_apart_and_put_together(x):
    leaves, structure = tree.flatten(x)
    assert leaves == tree.leaves(x) and structure == tree.structure(x)
    assert all(isinstance(leaf, float) for leaf in leaves) and len(structure) == len(leaves)
    again = tree.unflatten(structure, leaves)
    assert again == x and type(again) is type(x)
    doubled = tree.map(lambda a, b: a + b, x, x)
    assert tree.leaves(doubled) == [2 * leaf for leaf in leaves]
    assert tree.structure(doubled) == structure
    assert hash(structure) == hash(tree.structure(again))
    assert [s for s in map(tree.structure, TREES) if s == structure] == [structure]


def test_dicts_are_mapped_by_key():
    assert tree.map(lambda a, b: a - b, {"a": 1, "b": 2}, {"b": 20, "a": 10}) == {"a": -9, "b": -18}
    assert tree.structure({"a": 1, "b": 2}) != tree.structure({"b": 2, "a": 1})


def test_others_may_have_containers_where_the_first_has_leaves():
    assert tree.map(lambda n, pair: n * sum(pair), {"a": 2}, {"a": (3, 4)}) == {"a": 14}


def test_what_counts_as_a_leaf():
    pair = lambda x: isinstance(x, tuple)
    assert tree.leaves([(1, 2), None, (3, 4)], is_leaf=pair) == [(1, 2), (3, 4)]
    assert tree.leaves([1, None], is_leaf=lambda x: x is None) == [1, None]
    assert tree.map(len, [(1, 2), (3,)], is_leaf=pair) == [2, 1]
    assert tree.leaves(Layer) == [Layer] and tree.leaves("ab") == ["ab"]


@pytest.mark.parametrize(
    ("first", "other", "text"),
    [
        ({"a": 1}, {"b": 1}, r"\['b'\].*\['a'\] at tree"),
        ({"a": (1, 2)}, {"a": (1,)}, r"at tree\['a'\]"),
        ([1], (1,), "type tuple.*type list"),
        (None, 1, "type int in the place of None"),
        (Point(1), Layer(1, 2, ""), "type Layer"),
    ],
)
def test_containers_that_are_unlike(first, other, text):
    with pytest.raises(ArgumentError, match=text):
        tree.map(lambda a, b: a, first, other)


def test_other_errors():
    structure = tree.structure([1, 2])
    with pytest.raises(ArgumentError, match="3 leaves.*expected 2"):
        tree.unflatten(structure, [1, 2, 3])
    with pytest.raises(ArgumentError, match="structure of type list"):
        tree.unflatten([1, 2], structure)
    with pytest.raises(ArgumentError, match="to register"):
        tree.register(3, None, None)
    with pytest.raises(ArgumentError, match="no functions"):
        tree.register(Pair, None, None)
    with pytest.raises(AttributeError, match="tree"):
        _ = tree.reduce


def test_to_a_vector_and_back():
    x = {"w": np.arange(6.0).reshape(2, 3), "b": (7.0, np.float32(8.0)), "c": np.zeros((0, 2))}
    vector, unravel = tree.ravel(x)
    assert vector.tolist() == [0, 1, 2, 3, 4, 5, 7, 8] and vector.dtype == np.float64
    again = unravel(vector.numpy() * 2)
    np.testing.assert_array_equal(again["w"], x["w"] * 2)
    assert again["b"] == (14.0, 16.0) and again["b"][1].dtype == np.float32
    assert again["c"].shape == (0, 2) and isinstance(again["w"], np.ndarray)
    assert isinstance(unravel(vector)["w"], jitgrad.Tensor)
    assert unravel([1.0] * 8)["b"][0].item() == 1.0
    with pytest.raises(ShapeError, match=r"\(3,\), expected \(8,\)"):
        unravel(np.ones(3))
    empty, unravel = tree.ravel({"a": None})
    assert empty.shape == (0,) and unravel(empty) == {"a": None}


def test_vectors_have_gradients():
    params = {"w": np.array([[1.0, 2.0]]), "b": 3.0}
    vector, unravel = tree.ravel(params)
    f = lambda p: (p["w"] ** 2).sum() * p["b"]
    found = jitgrad.grad(lambda v: f(unravel(v)))(vector)
    np.testing.assert_array_equal(found.numpy(), [6.0, 12.0, 5.0])
    found = jitgrad.grad(lambda p: (tree.ravel(p)[0] ** 2).sum())(params)
    np.testing.assert_array_equal(found["w"], [[2.0, 4.0]])
    assert jitgrad.hessian(lambda v: f(unravel(v)))(vector).shape == (3, 3)


def value(x):
    """A number of the leaves of any container."""
    return sum((k + 1.0) * (leaf * leaf) for k, leaf in enumerate(tree.leaves(x)))


@pytest.mark.parametrize("x", [x for x in TREES if tree.leaves(x)], ids=repr)
def test_transforms_take_and_give_them(x):
    leaves, structure = tree.flatten(x)
    want = [2 * (k + 1) * leaf for k, leaf in enumerate(leaves)]
    g = jitgrad.grad(value)(x)
    assert tree.structure(g) == structure and tree.leaves(g) == pytest.approx(want)
    ones = tree.map(lambda leaf: 1.0, x)
    assert jitgrad.jvp(value, (x,), (ones,))[1] == pytest.approx(sum(want))
    _, pull = jitgrad.vjp(lambda x: tree.map(lambda leaf: leaf * 3.0, x), x)
    assert pull(ones) == (tree.map(lambda leaf: 3.0, x),)
    second = jitgrad.hvp(value)(x, ones)
    assert tree.leaves(second) == pytest.approx([2.0 * (k + 1) for k in range(len(leaves))])
    rows = jitgrad.jacobian(lambda x: tree.map(lambda leaf: leaf * 3.0, x))(x)
    assert len(tree.leaves(rows)) == len(leaves) ** 2


@pytest.mark.parametrize("x", [x for x in TREES if tree.leaves(x)], ids=repr)
def test_jit_takes_and_gives_them(x):
    x = tree.map(lambda leaf: jitgrad.tensor([leaf]), x)
    f = jitgrad.jit(lambda x: tree.map(lambda leaf: leaf * 2.0, x))
    for factor in (1.0, 3.0):
        out = f(tree.map(lambda leaf, factor=factor: leaf * factor, x))
        assert type(out) is type(x)
        got = [leaf.item() for leaf in tree.leaves(out)]
        assert got == [2 * factor * leaf.item() for leaf in tree.leaves(x)]


@pytest.mark.parametrize("make", [Point, Pair, lambda x, y: Layer(x, y, "a")])
def test_jit_is_traced_once_for_containers_that_are_alike(make):
    calls = []

    @jitgrad.jit
    def f(p):
        calls.append(1)
        return tree.map(lambda leaf: leaf * 2.0, p)

    for k in range(4):
        first, second = tree.leaves(f(make(jitgrad.tensor([1.0 * k]), jitgrad.tensor([2.0]))))
        assert first.item() == 2.0 * k and second.item() == 4.0
    assert len(calls) <= 2  # the list that it changes is another one once


def test_jit_is_for_what_else_an_object_holds():
    @jitgrad.jit
    def f(p):
        return p.w * (2.0 if p.name == "a" else 3.0)

    x = jitgrad.tensor([1.0])
    for name, want in (("a", 2.0), ("b", 3.0), ("a", 2.0)):
        assert f(Layer(x, None, name)).item() == want
