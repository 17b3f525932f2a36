"""What a function under `jit` reaches by any route: the values are those of the call, or a
`JitError` says why not.

The oracle is the function itself without `jit`, on NumPy's arrays.
"""

import collections
import contextvars
import functools
import itertools
import random
import types
import weakref

import numpy as np
import pytest
from captures import X, follows, ones, refused

import jitgrad
from jitgrad import numpy as jnp


class Namespace:
    def __init__(self, **given):
        vars(self).update(given)


# --- containers -----------------------------------------------------------------------------------

CONTAINERS = {
    "deque": (lambda v: collections.deque([v], maxlen=1), lambda c: c[0], lambda c, v: c.append(v)),
    "list": (lambda v: [v], lambda c: c[0], lambda c, v: c.__setitem__(0, v)),
    "dict": (lambda v: {"a": v}, lambda c: c["a"], lambda c, v: c.update(a=v)),
    "nested": (
        lambda v: {"a": [(v,)]},
        lambda c: c["a"][0][0],
        lambda c, v: c["a"].__setitem__(0, (v,)),
    ),
    "ordered": (
        lambda v: collections.OrderedDict(a=v),
        lambda c: c["a"],
        lambda c, v: c.update(a=v),
    ),
    "default": (
        lambda v: collections.defaultdict(list, {"a": v}),
        lambda c: c["a"],
        lambda c, v: c.update(a=v),
    ),
    "counter": (
        lambda v: collections.Counter(a=v),
        lambda c: c["a"],
        lambda c, v: dict.update(c, a=v),
    ),
    "chain": (
        lambda v: collections.ChainMap({}, {"a": v}),
        lambda c: c["a"],
        lambda c, v: c.maps[1].update(a=v),
    ),
    "user dict": (
        lambda v: collections.UserDict(a=v),
        lambda c: c["a"],
        lambda c, v: c.update(a=v),
    ),
    "user list": (
        lambda v: collections.UserList([v]),
        lambda c: c[0],
        lambda c, v: c.__setitem__(0, v),
    ),
    "namespace": (
        lambda v: types.SimpleNamespace(a=v),
        lambda c: c.a,
        lambda c, v: setattr(c, "a", v),
    ),
    "object": (lambda v: Namespace(a=v), lambda c: c.a, lambda c, v: setattr(c, "a", v)),
}


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("kind", ["array", "number", "tensor"])
def test_containers(name, kind):
    make, get, put = CONTAINERS[name]
    value = {"array": ones, "number": float, "tensor": lambda k=1.0: jitgrad.tensor(ones(k))}[kind]
    c, want = make(value(1.0)), []
    g = jitgrad.jit(lambda x: x * get(c))
    for k in (1.0, 2.0, 3.0):
        put(c, value(k))
        want.append(X * k)
        np.testing.assert_array_equal(np.asarray(g(jitgrad.tensor(X))), want[-1])


def test_a_read_only_view_of_a_dict():
    d = {"r": 1.0, "a": ones()}
    p = types.MappingProxyType(d)
    follows(lambda x: x * p["r"] + p["a"], lambda: d.update(r=2.0), lambda: d.update(a=ones(5.0)))


def test_context_variables_and_weak_references():
    v, w = contextvars.ContextVar("v"), contextvars.ContextVar("w")
    v.set(1.0), w.set(ones())
    follows(
        lambda x: x * v.get() + w.get(),
        lambda: v.set(2.0),
        lambda: w.set(ones(3.0)),
        lambda: w.get().fill(4),
    )
    a = ones()
    r = weakref.ref(a)
    follows(lambda x: x * r(), lambda: a.fill(2.0))


class Model:
    def __init__(self):
        self.rates = [1.0]

    def __iter__(self):
        return iter(self.rates)

    def __len__(self):
        return len(self.rates)

    def __getitem__(self, k):
        return self.rates[k]

    def __contains__(self, k):
        return k in self.rates

    def __call__(self, x):
        return x * self.rates[-1]

    def __getattr__(self, name):
        if name == "last":
            return self.rates[-1]
        raise AttributeError(name)


def test_special_methods_of_own_classes():
    for f in (
        lambda x: sum(x * r for r in m) + 0 * len(m),
        lambda x: x * len(m),
        lambda x: x * m[-1],
        lambda x: m(x),
        lambda x: x * m.last,
        lambda x: x * 2 if 3.0 in m else x,
    ):
        m = Model()
        follows(f, lambda: m.rates.append(1.0), lambda: m.rates.append(3.0))
    m.rates = [ones()]
    follows(
        lambda x: x * m[0], lambda: m.rates[0].fill(3.0), lambda: setattr(m, "rates", [ones(4.0)])
    )


class Deep(list):
    @property
    def total(self):
        return self.scale[0]

    @classmethod
    def shared(cls):
        return cls.TABLE

    TABLE = ones()


def test_subclasses_of_containers_and_classes():
    d = Deep([1.0])
    d.scale = [ones()]
    follows(
        lambda x: x * d.total * d[0], lambda: d.scale[0].fill(2.0), lambda: d.__setitem__(0, 3.0)
    )
    follows(
        lambda x: x * Deep.shared(),
        lambda: setattr(Deep, "TABLE", ones(2.0)),
        lambda: Deep.TABLE.fill(3.0),
    )
    d.TABLE = ones(9.0)
    follows(lambda x: x * type(d).TABLE, lambda: setattr(Deep, "TABLE", ones(2.0)))


def test_attributes_of_functions_and_bound_methods():
    def f(x):
        return x * f.table

    f.table = ones()
    follows(f, lambda: setattr(f, "table", ones(2.0)), lambda: f.table.fill(3.0))
    d = {"a": ones()}
    get = d.get
    follows(lambda x: x * get("a"), lambda: d.update(a=ones(2.0)))
    a = ones()
    take = a.take
    follows(lambda x: x * take([0, 1, 1]), lambda: a.fill(2.0))


# --- views ----------------------------------------------------------------------------------------

VIEWS = {
    "transpose": lambda a: a.T[0],
    "new axis": lambda a: a[:, None, 1],
    "row": lambda a: a[1],
    "steps": lambda a: a[::2, 0],
    "back": lambda a: a[::-1, ::-1][0],
    "reshape": lambda a: a.reshape(-1)[2:5],
    "ravel": lambda a: a.ravel()[::4],
    "broadcast": lambda a: np.broadcast_to(a[0], (2, 3)),
    "diagonal": lambda a: a.diagonal(),
    "window": lambda a: np.lib.stride_tricks.sliding_window_view(a[0], 2)[:, 1],
    "element": lambda a: a[1:2, 1:2].reshape(()),
    "bits": lambda a: a.view(np.int64)[0] % 7,
}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("layout", ["C", "F", "cut"])
def test_views_of_arrays_outside(name, layout):
    def laid(k):
        a = np.arange(9.0).reshape(3, 3) ** 2 + k
        return (
            np.asfortranarray(a)
            if layout == "F"
            else np.hstack((a, a))[:, :3]
            if layout == "cut"
            else a
        )

    view, a = VIEWS[name], laid(0)

    def f(x):
        return x[: view(a).shape[0] if view(a).ndim else 3][..., None] * view(a)

    def renew():
        nonlocal a
        a = laid(5)

    def other():
        nonlocal a
        a = np.asfortranarray(laid(7)) if layout != "F" else np.ascontiguousarray(laid(7))

    follows(f, lambda: a.__iadd__(1), renew, other)


def test_fields_of_structured_arrays():
    s = np.zeros(3, [("a", "f8"), ("b", "i4")])
    assert (
        follows(lambda x: x * s["a"] + s["b"], lambda: s["a"].fill(2), lambda: s["b"].fill(3)) == 1
    )


def test_a_view_is_fetched_and_not_recorded_anew():
    a = np.arange(9.0).reshape(3, 3)
    assert follows(lambda x: x @ a.T + a[0], lambda: a.__iadd__(1), lambda: a.fill(2.0)) == 1


# --- arrays made within the function --------------------------------------------------------------


def test_creation_within_the_function():
    n = 3
    assert (
        follows(lambda x: x @ np.eye(n) + np.arange(3) * np.array([1.0, 2.0, 3.0]) + np.zeros(3))
        == 1
    )


def test_what_numpy_makes_of_arrays_outside():
    a, past = ones(), collections.deque([ones()], maxlen=1)
    follows(lambda x: x * (a * 2), lambda: a.fill(2.0))
    follows(lambda x: x * a + a * 2, lambda: a.fill(3.0), lambda: a.__setitem__(0, 7.0))
    follows(
        lambda x: x * np.stack(past)[0], lambda: past.append(ones(2.0)), lambda: past[0].fill(3.0)
    )
    follows(lambda x: x + jnp.array([a, a * 2]), lambda: a.fill(4.0))
    follows(lambda x: jnp.array([a[0], a[1]]) * x[:2], lambda: a.fill(5.0))


def test_arrays_that_are_results():
    a = ones()
    g = jitgrad.jit(lambda x: (a, a[1:], a * 2, x))
    for _ in range(2):
        for k in (1.0, 2.0):
            a.fill(k)
            out = g(jitgrad.tensor(X))
            assert out[0] is a and out[1].tolist() == [k, k] and out[2].tolist() == [2 * k] * 3


def test_arrays_that_are_indices_counts_and_parameters():
    i, n, q = np.array([0, 2]), np.array([1, 0, 2]), np.array([0.25, 0.5])
    follows(lambda x: x[i] + jnp.take(x, i), lambda: i.__setitem__(0, 1))
    follows(lambda x: jnp.quantile(x, q), lambda: q.fill(0.75))
    follows(lambda x: jnp.repeat(x, n), lambda: n.fill(2))
    follows(lambda x: np.full(2, q) + jnp.full(2, q) + x[:2], lambda: q.fill(0.5))
    follows(lambda x: x.reshape(*(n[:1] + 1), -1)[0], lambda: n.fill(0))


# --- what cannot be looked up ---------------------------------------------------------------------


def test_iterators_and_generators():
    it = iter([ones(), ones(2.0)] * 9)
    assert "list_iterator" in refused(lambda x: x * next(it))
    gen = (ones(k) for k in range(9))
    refused(lambda x: x * (next(gen) * 2))
    z = zip([ones()] * 9, [ones()] * 9, strict=True)
    refused(lambda x: x * next(z)[0])
    c = itertools.cycle([ones()])
    refused(lambda x: x * next(c))


def test_caches_tables_and_clocks():
    @functools.lru_cache
    def cached():
        return ones()

    refused(lambda x: x * cached())
    refused(lambda x: x * np.random.rand(3))  # noqa: NPY002 - what is refused
    rng = np.random.default_rng(0)
    refused(lambda x: x * rng.normal(size=3))
    refused(lambda x: x * np.array([random.random()]))
    names = ["a"]
    o = Namespace(a=ones())
    assert "getattr" in refused(lambda x: x * (getattr(o, names[0]) * 2))
    objects = np.empty(1, object)
    objects[0] = ones()
    refused(lambda x: x * objects[0])


def test_tables_of_pandas():
    pandas = pytest.importorskip("pandas")
    df = pandas.DataFrame({"a": [1.0, 1, 1]})
    assert "pandas.DataFrame (df)" in refused(lambda x: x * df["a"].to_numpy())
    refused(lambda x: x * df["a"].values)
    refused(lambda x: (x * np.asarray(df["a"] * 2)).sum())
    column = df["a"].to_numpy().copy()
    follows(lambda x: x * column, lambda: column.fill(2.0))


def test_the_error_says_what_to_write():
    it = iter([ones()])
    text = refused(lambda x: x * next(it))
    assert (
        "pass it as an argument" in text
        and "jitgrad.numpy" in text
        and "list_iterator (it)" in text
    )
    clock = iter([1.0] * 9)
    g = jitgrad.jit(
        lambda x: x * jnp.zeros(3) + jnp.eye(3) @ x + jnp.array([1.0, 2.0, next(clock)])
    )
    np.testing.assert_array_equal(np.asarray(g(jitgrad.tensor(X))), X + np.array([1, 2, 1]))


# --- sequences of tensors, arrays and numbers -----------------------------------------------------


def test_nested_sequences():
    for f in (
        lambda x: jnp.array([[1.0, x[0]], [x[1], 0.0]]),
        lambda x: jitgrad.tensor([[x[0], 2], (x[1], x[2])]),
        lambda x: jnp.stack([jnp.array([[x[0], X[1]]]), np.ones((1, 2))]),
    ):
        g, want = jitgrad.jit(f), np.asarray(f(jitgrad.tensor(X)))
        for k in (1.0, 3.0):
            got = g(jitgrad.tensor(X * k))
            np.testing.assert_array_equal(np.asarray(got), np.asarray(f(jitgrad.tensor(X * k))))
            assert got.shape == want.shape
    slope = jitgrad.grad(lambda x: (jnp.array([[1.0, x[0]], [x[1], 0.0]]) ** 2).sum())(
        jitgrad.tensor(X)
    )
    np.testing.assert_allclose(np.asarray(slope), [1.0, -2.5, 0])


def test_methods_that_are_replaced_and_attributes_that_appear():
    class Part:
        def scaled(self, x):
            return x * 2

    part = Part()
    follows(
        lambda x: part.scaled(x),
        lambda: setattr(Part, "scaled", lambda self, x: x * 3),
        lambda: setattr(part, "scaled", lambda x: x * 4),
    )
    other = Namespace()
    follows(
        lambda x: x * (other.a if hasattr(other, "a") else 1.0),
        lambda: setattr(other, "a", ones(3.0)),
    )
