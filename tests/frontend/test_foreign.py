"""Operands of other libraries: SciPy's and numba's ufuncs on tensors, masked arrays and other
subclasses as data, and xarray, dask and pandas, to which functions are left as NumPy leaves them.
"""

import numba
import numpy as np
import pytest
from numpy_oracle import check_gradient

import jitgrad
import jitgrad.numpy as jnp
from jitgrad import DTypeError, GradientError
from jitgrad.ops import REGISTRY

V = np.array([1.0, 2.0, 3.0])
#: The functions of `scipy.special` that have an entry among those that `import jitgrad` makes.
SCIPY = {entry.names.scipy for entry in REGISTRY.values() if entry.names.scipy}

# --- ufuncs of SciPy and numba --------------------------------------------------------------------

#: Operands at which functions of one and of two operands are sampled, edges included.
ONE = np.array(
    [
        -60.0,
        -30.0,
        -12.5,
        -11.5,
        -3.0,
        -1.0,
        -0.3,
        0.0,
        1e-9,
        0.2,
        0.25,
        0.4999,
        0.5,
        0.7,
        0.75,
        1.0,
        4.0,
        40.0,
    ]
)
EDGES = np.array([-np.inf, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, np.inf, np.nan])
#: Where SciPy's own digits, or those of a difference that is nearly 0, go no further: relative,
#: absolute.
ACCURACY = {"ndtr": (5e-13, 1e-300), "kl_div": (1e-13, 1e-15)}
PYTHON = (
    "logsumexp",
    "softmax",
    "log_softmax",
    "softplus",
)  # functions, which SciPy writes in Python


@pytest.mark.parametrize("name", sorted(SCIPY - set(PYTHON)))
def test_scipys_ufuncs(name, tier):
    special = pytest.importorskip("scipy.special")
    ufunc = getattr(special, name)
    if ufunc.nin == 1:
        points = [(ONE,), (EDGES,)]
    else:
        points = [tuple(v.reshape(-1) for v in np.meshgrid(p, p)) for p in (ONE[4:], EDGES)]
    for xs in points:
        with np.errstate(all="ignore"):
            want = ufunc(*xs)
        got = ufunc(*(jitgrad.tensor(x, requires_grad=True) for x in xs))
        assert got.requires_grad and got.dtype == want.dtype
        rtol, atol = ACCURACY.get(name, (2e-14, 1e-300))
        np.testing.assert_allclose(got.detach(), want, rtol=rtol, atol=atol)
    narrow = ufunc(*(jitgrad.tensor(np.float32(0.5)) for _ in range(ufunc.nin)))
    assert narrow.dtype == np.float32
    out = jitgrad.zeros(3)
    assert ufunc(*(jitgrad.tensor([0.25, 0.4, 0.75]) for _ in range(ufunc.nin)), out=out) is out
    np.testing.assert_allclose(
        out, ufunc(*(np.array([0.25, 0.4, 0.75]) for _ in range(ufunc.nin))), rtol=1e-14
    )


GRADIENTS = {  # by hand: name -> operands, derivatives
    "xlogy": (
        [(0.0, 0.0), (0.0, 2.0), (2.0, 3.0), (0.0, -1.0)],
        [(0.0, 0.0), (np.log(2), 0.0), (np.log(3), 2 / 3), (0.0, 0.0)],
    ),
    "xlog1py": (
        [(0.0, -1.0), (0.0, 1.0), (2.0, 3.0)],
        [(0.0, 0.0), (np.log(2), 0.0), (np.log(4), 0.5)],
    ),
    "entr": ([(0.0,), (1.0,), (-1.0,), (2.0,)], [(np.inf,), (-1.0,), (0.0,), (-np.log(2) - 1,)]),
    "logit": (
        [(0.0,), (1.0,), (0.5,), (0.9,), (0.3,)],
        [(np.inf,), (np.inf,), (4.0,), (1 / 0.09,), (1 / 0.21,)],
    ),
    "ndtr": ([(0.0,), (-40.0,), (np.inf,)], [((2 * np.pi) ** -0.5,), (0.0,), (0.0,)]),
    "log_ndtr": (
        [(-1e6,), (0.0,), (-20.0,), (-1e160,), (-1e308,), (-np.inf,)],
        [
            *[(1e6 + 1e-6,), (2 * (2 * np.pi) ** -0.5,), (20.04975306852784,)],
            *[(1e160,), (1e308,), (np.inf,)],
        ],
    ),
    "log_expit": ([(-800.0,), (0.0,), (800.0,)], [(1.0,), (0.5,), (0.0,)]),
    "erf": ([(0.0,), (1.0,)], [(2 / np.sqrt(np.pi),), (2 / np.sqrt(np.pi) / np.e,)]),
    "rel_entr": (
        [(2.0, 4.0), (0.0, 1.0), (-1.0, 1.0)],
        [(np.log(0.5) + 1, -0.5), (0.0, 0.0), (0.0, 0.0)],
    ),
    "huber": ([(1.0, 0.5), (1.0, 3.0), (1.0, -3.0)], [(0.0, 0.5), (2.0, 1.0), (2.0, -1.0)]),
}


@pytest.mark.parametrize("name", sorted(GRADIENTS))
def test_gradients_of_scipys_ufuncs(name, tier):
    special = pytest.importorskip("scipy.special")
    points, wanted = (np.array(v).T for v in GRADIENTS[name])
    xs = [jitgrad.tensor(p, requires_grad=True) for p in points]
    getattr(special, name)(*xs).sum().backward()
    for x, want in zip(xs, wanted, strict=True):
        np.testing.assert_allclose(x.grad, want, rtol=1e-12)
    ones = tuple(map(np.ones_like, points))
    _, tangent = jitgrad.jvp(getattr(special, name), tuple(points), ones)
    np.testing.assert_allclose(tangent, np.sum(wanted, axis=0), rtol=1e-12)


def test_scipys_functions_without_a_gradient():
    special = pytest.importorskip("scipy.special")
    x = jitgrad.tensor(V, requires_grad=True)
    for name in ("bdtrin", "elliprf", "lpmv"):
        f = getattr(special, name)
        operands = (x,) * f.nin
        with pytest.raises(
            GradientError, match=rf"scipy\.special\.{f.__name__}, .*jitgrad\.scipy\.special has"
        ):
            f(*operands)
        got, want = f(*(x.detach() for x in operands)), f(*(V for _ in operands))
        np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(special.logsumexp(jitgrad.tensor(V)), special.logsumexp(V))
    with pytest.raises(GradientError):
        special.logsumexp(x)


def test_sympys_functions():
    sympy = pytest.importorskip("sympy")
    pytest.importorskip("scipy")
    x = sympy.symbols("x")
    f = sympy.lambdify(x, sympy.erf(x) * sympy.exp(-x), modules=["scipy", "numpy"])
    check_gradient(lambda v: f(v), V)


@numba.vectorize(["f8(f8, f8)"])
def added(a, b):
    return a + b


@numba.vectorize
def above(a, b):
    return a > b


@numba.guvectorize(["f8[:], f8[:], f8[:]"], "(n),(n)->()")
def dotted(a, b, out):
    out[0] = (a * b).sum()


def test_ufuncs_of_numba():
    t, r = jitgrad.tensor(V), jitgrad.tensor(V, requires_grad=True)
    for got, want in (
        (added(t, t), 2 * V), (added(t, 1), V + 1), (added(V, t), 2 * V), (above(t, 1.5), V > 1.5),
        (above(r, 1.5), V > 1.5), (added.reduce(t), 6.0), (added.accumulate(t), np.cumsum(V)),
        (added.outer(t, t), V[:, None] + V), (dotted(t, t), 14.0), (dotted(jitgrad.tensor([V, V]), V), [14.0, 14.0]),
        (added(jitgrad.arange(3), 1), [1.0, 2.0, 3.0]), (added(t.to(np.float32), 1.0), V + 1),
    ):  # fmt: skip
        assert isinstance(got, jitgrad.Tensor) and not got.requires_grad
        np.testing.assert_array_equal(got, want)
    out, array = jitgrad.zeros(3), np.zeros(3)
    assert added(t, t, out=out) is out and out.tolist() == [2.0, 4.0, 6.0]
    added(t, t, out=array)
    assert array.tolist() == [2.0, 4.0, 6.0]
    added(r, 2 * r).sum().backward()  # see loops/test_vectorize.py
    assert r.grad.tolist() == [3.0, 3.0, 3.0]
    for f, name in ((lambda: added(1.0, r, out=array), "added"),
                    (lambda: added.reduce(r), "added"), (lambda: dotted(r, V), "dotted")):  # fmt: skip
        with pytest.raises(GradientError, match=f"got an operand that requires grad in {name}"):
            f()
    assert array.tolist() == [2.0, 4.0, 6.0]
    with jitgrad.no_grad():
        np.testing.assert_array_equal(added(r, 1.0), V + 1)


def test_ufuncs_of_python_functions():
    doubled = np.frompyfunc(lambda a: 2 * a, 1, 1)
    assert doubled(jitgrad.tensor(V)).tolist() == [2.0, 4.0, 6.0]
    with pytest.raises(GradientError, match="lambda"):
        doubled(jitgrad.tensor(V, requires_grad=True))
    assert np.vectorize(lambda a: 2 * a)(jitgrad.tensor(V)).tolist() == [2.0, 4.0, 6.0]


def test_where_and_out_of_functions_without_an_entry():
    out = jitgrad.tensor([7.0, 8.0, 9.0])
    np.nextafter(jitgrad.tensor(V), 0.0, where=np.array([True, False, False]), out=out)
    assert out.tolist() == [np.nextafter(1.0, 0.0), 8.0, 9.0]


# --- subclasses of ndarray as data ----------------------------------------------------------------

MASKED = np.ma.masked_array([1.0, 100.0], [0, 1])


class Quantity(np.ndarray):
    """An array with a unit, as astropy's."""


SUBCLASSES = {
    "masked": MASKED, "matrix": np.ones(2).view(np.matrix), "Quantity": np.ones(2).view(Quantity),
    "recarray": np.rec.array([(1.0, 2.0)], dtype=[("a", float), ("b", float)]),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(SUBCLASSES))
def test_subclasses_are_refused_as_data(kind):
    m, t = SUBCLASSES[kind], jitgrad.ones(2)
    for f in (
        lambda: jitgrad.tensor(m), lambda: jitgrad.array(m), lambda: jitgrad.asarray(m), lambda: jitgrad.from_numpy(m),
        lambda: jitgrad.tensor([m, m]), lambda: jitgrad.tensor([[m], [m]]), lambda: jitgrad.stack([t, m]),
        lambda: jitgrad.grad(lambda v: (v * v).sum())(m), lambda: jitgrad.sum(m), lambda: jitgrad.exp(m),
        lambda: jnp.sum(m), lambda: jnp.median(m), lambda: jnp.exp(m), lambda: jnp.vstack([t, m]),
        lambda: jitgrad.full(2, m), lambda: jitgrad.linspace(m, 1.0, 3), lambda: jitgrad.zeros_like(m),
        lambda: jitgrad.maximum(t, m), lambda: jitgrad.where(m, t, t), lambda: t[m], lambda: t.__setitem__(0, m),
        lambda: t.copy_(m), lambda: jnp.take(t, m), lambda: jnp.asarray(m),
        lambda: t.requires_grad_().sum().backward(m),
    ):  # fmt: skip
        with pytest.raises(DTypeError, match="masked" if kind == "masked" else kind):
            f()
        t = t.detach()
    assert (t == 1).all()


#: What runs NumPy on values, or is left to it: `t` is a tensor, `m` the subclass, and `i` and `b`
#: are integers and truth values of that class.
ON_VALUES = {
    "add.at, values": lambda t, m, i, b: np.add.at(t, [0, 1], m),
    "add.at, places": lambda t, m, i, b: np.add.at(t, i, 1.0),
    "negative.at": lambda t, m, i, b: np.negative.at(t, i),
    "add.at of an array": lambda t, m, i, b: np.add.at(np.zeros(2), i, t),
    "reduceat": lambda t, m, i, b: np.add.reduceat(t, i),
    "outer": lambda t, m, i, b: np.subtract.outer(t, m),
    "outer, first": lambda t, m, i, b: np.subtract.outer(m, t),
    "bincount": lambda t, m, i, b: jnp.bincount(i),
    "bincount, weights": lambda t, m, i, b: jnp.bincount(jitgrad.tensor([0, 1]), weights=m),
    "digitize": lambda t, m, i, b: jnp.digitize(m, t),
    "digitize, bins": lambda t, m, i, b: jnp.digitize(t, m),
    "isin": lambda t, m, i, b: jnp.isin(t, m),
    "isin, first": lambda t, m, i, b: np.isin(m, t),
    "setdiff1d": lambda t, m, i, b: jnp.setdiff1d(t, m),
    "histogram": lambda t, m, i, b: np.histogram(t, weights=m),
    "percentile": lambda t, m, i, b: jnp.percentile(t, m),
    "percentile, nested": lambda t, m, i, b: jnp.percentile(t, [m]),
    "select": lambda t, m, i, b: jnp.select([b], [t]),
    "piecewise": lambda t, m, i, b: jnp.piecewise(t, [b], [1.0]),
    "solve": lambda t, m, i, b: jnp.linalg.solve(np.eye(2), m),
    "gcd": lambda t, m, i, b: jnp.gcd(jitgrad.tensor([1, 2]), i),
    "ldexp": lambda t, m, i, b: np.ldexp(t, i),
    "pad": lambda t, m, i, b: jnp.pad(t, i),
    "apply_along_axis": lambda t, m, i, b: jnp.apply_along_axis(lambda r: r, 0, m),
    "add": lambda t, m, i, b: np.add(t, m),
    "add, first": lambda t, m, i, b: np.add(m, t),
    "where=": lambda t, m, i, b: np.add(t, 1.0, where=b, out=t),
    "out=": lambda t, m, i, b: np.add(t, 1.0, out=m),
    "dot": lambda t, m, i, b: np.dot(t, m),
    "dot, first": lambda t, m, i, b: np.dot(m, t),
    "matmul": lambda t, m, i, b: np.matmul(m, t),
    "concatenate": lambda t, m, i, b: np.concatenate([m, t]),
    "where": lambda t, m, i, b: np.where(b, t, 0.0),
    "interp": lambda t, m, i, b: np.interp(t, m, t),
    "einsum": lambda t, m, i, b: np.einsum("i,i", t, m),
    "allclose": lambda t, m, i, b: np.allclose(t, m),
    "copyto": lambda t, m, i, b: np.copyto(t, m),
    "copyto, where": lambda t, m, i, b: np.copyto(t, 1.0, where=b),
    "put": lambda t, m, i, b: np.put(t, i, 1.0),
    "put, values": lambda t, m, i, b: np.put(t, [0, 1], m),
    "put, method": lambda t, m, i, b: t.put(i, 1.0),
    "putmask": lambda t, m, i, b: np.putmask(t, b, 1.0),
    "compress": lambda t, m, i, b: t.compress(b),
    "choose": lambda t, m, i, b: jitgrad.tensor([0, 1]).choose([m, m]),
    "at sign": lambda t, m, i, b: t @ m,
    "plus": lambda t, m, i, b: t + m,
}


def _masked(values):
    return np.ma.masked_array(values, [0, 1])


def _quantity(values):
    return np.array(values).view(Quantity)


@pytest.mark.each("grad", [False, True])
@pytest.mark.each(
    ("make", "words"), [(_masked, "got a masked array"), (_quantity, r"type \w+\.Quantity")]
)
@pytest.mark.each("name", ON_VALUES)
def test_subclasses_are_refused_where_values_are_read(name, make, words, grad):
    t = jitgrad.tensor([1.0, 2.0], requires_grad=grad)
    with pytest.raises(DTypeError, match=words) as caught:
        ON_VALUES[name](t, make([1.0, 2.0]), make([0, 1]), make([True, False]))
    assert caught.value.__cause__ is None and "NotImplemented" not in str(caught.value)
    assert t.tolist() == [1.0, 2.0]


def test_operators_of_subclasses():
    t = jitgrad.tensor([1.0, 2.0])
    for f in (lambda: MASKED @ t, lambda: SUBCLASSES["matrix"] * t, lambda: SUBCLASSES["matrix"] + t,
              lambda: SUBCLASSES["Quantity"] - t, lambda: SUBCLASSES["Quantity"] < t):  # fmt: skip
        with pytest.raises(DTypeError, match=r"masked array|use numpy\.asarray\(x\)"):
            f()


def test_shapes_of_subclasses():
    assert jnp.shape(MASKED) == (2,) and jnp.ndim(MASKED) == 1


class Wrapping(np.ndarray):
    """A subclass with protocols of its own, to which calls are left."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return "mine" if ufunc is np.add else NotImplemented

    def __array_function__(self, function, types, args, kwargs):
        return "mine" if function is np.concatenate else NotImplemented


def test_subclasses_with_protocols_of_their_own():
    t, w = jitgrad.tensor(V), V.view(Wrapping)
    assert np.add(t, w) == np.add(w, t) == np.concatenate([t, w]) == "mine"
    for f in (lambda: np.multiply(t, w), lambda: np.multiply(w, t), lambda: np.stack([t, w])):
        with pytest.raises(
            DTypeError, match=r"Wrapping in (multiply|stack)\(\) with a tensor, .*numpy\.asarray"
        ):
            f()


@pytest.mark.parametrize("x", ["text", object(), {}], ids=["text", "object", "dict"])
def test_ufuncs_of_what_is_no_array(x):
    for f in (lambda: np.add(jitgrad.tensor(V), x), lambda: np.add(x, jitgrad.tensor(V))):
        with pytest.raises(
            DTypeError, match=rf"got an operand of type {type(x).__name__} in add\(\)"
        ):
            f()


def test_memory_maps_are_arrays(tmp_path):
    data = np.memmap(tmp_path / "x", dtype=float, mode="w+", shape=3)
    data[:] = V
    assert jitgrad.tensor(data).tolist() == V.tolist()


def test_nothing_in_broadcast_arrays():
    x, none, number, text = np.broadcast_arrays(jitgrad.tensor(V), None, 2.0, "a")
    assert isinstance(x, jitgrad.Tensor) and number.tolist() == [2.0] * 3
    assert none.tolist() == [None] * 3 and text.tolist() == ["a"] * 3


def test_bars():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    bars = pyplot.bar(jitgrad.arange(3.0), jitgrad.tensor(V))
    assert [b.get_height() for b in bars] == V.tolist()
    pyplot.close()


# --- arrays that take NumPy's functions themselves ------------------------------------------------


def test_xarray():
    xarray = pytest.importorskip("xarray")
    x = xarray.DataArray(V, dims="a")
    for f in (
        jnp.exp,
        jitgrad.exp,
        jnp.sum,
        jitgrad.sum,
        lambda x: jnp.clip(x, 1.5, 2.0),
        lambda x: jnp.add(x, 1),
    ):
        assert isinstance(f(x), xarray.DataArray)
    xarray.testing.assert_equal(jnp.exp(x), np.exp(x))
    xarray.testing.assert_equal(jitgrad.sum(x, axis=0), np.sum(x, axis=0))
    with pytest.raises(DTypeError, match=r"xarray\.DataArray in sigmoid\(\)"):
        jitgrad.sigmoid(x)
    assert jitgrad.tensor(x).tolist() == V.tolist()
    product = jitgrad.tensor(V, requires_grad=True) * x
    assert isinstance(product, xarray.DataArray) and product.data.requires_grad
    t = jitgrad.tensor(V)
    with pytest.raises(DTypeError, match="write in place"):
        t += x
    assert t.tolist() == V.tolist()


def test_dask():
    dask = pytest.importorskip("dask.array")
    loaded = []

    def load(block):
        loaded.append(block.shape)
        return block

    x = dask.from_array(V, chunks=2).map_blocks(load, dtype=float)
    for f in (jitgrad.sin, jnp.sin, jitgrad.sum, jnp.sum, jnp.cumsum, lambda x: jnp.concatenate([x, x]),
              lambda x: jitgrad.stack([x, x])):  # fmt: skip
        assert isinstance(f(x), dask.Array)
    for f in (
        jitgrad.sigmoid,
        lambda x: x * jitgrad.tensor(V),
        lambda x: jnp.multiply(jitgrad.tensor(V), x),
    ):
        with pytest.raises(TypeError):
            f(x)
    assert set(loaded) <= {(0,)}  # what dask asks for the dtype
    np.testing.assert_array_equal(jitgrad.sin(x).compute(), np.sin(V))


def test_dask_beside_tensors():
    dask = pytest.importorskip("dask.array")
    x = dask.ones(3)
    for grad in (False, True):
        t = jitgrad.tensor(V, requires_grad=grad)
        for f in (
            lambda: t * x, lambda: x * t, lambda: t @ x, lambda: x @ t, lambda: t < x, lambda: x < t, lambda: t == x,
            lambda: divmod(t, x), lambda: np.add(t, x), lambda: np.add(x, t), lambda: np.concatenate([t, x]),
            lambda: np.concatenate([x, t]), lambda: np.dot(x, t), lambda: np.where(x > 0, t, 0.0),
            lambda: np.add.at(t, [0, 1, 2], x), lambda: np.put(t, [0], x), lambda: np.sin(t, out=x),
            lambda: t.__iadd__(x),
        ):  # fmt: skip
            with pytest.raises(DTypeError, match=r"dask\.Array .*numpy\.asarray"):
                f()
        assert t.tolist() == V.tolist()
    assert (t * np.asarray(x)).requires_grad


def test_pandas():
    pandas = pytest.importorskip("pandas")
    s = pandas.Series(V, index=list("abc"))
    pandas.testing.assert_series_equal(jnp.exp(s), np.exp(s))
    pandas.testing.assert_series_equal(jitgrad.exp(s), np.exp(s))
    pandas.testing.assert_frame_equal(jnp.exp(s.to_frame("x")), np.exp(s.to_frame("x")))
    pandas.testing.assert_series_equal(jitgrad.tensor(V) * s, V * s)
    assert jitgrad.tensor(s).tolist() == V.tolist()
    with pytest.raises(GradientError):
        s * jitgrad.tensor(V, requires_grad=True)


class Above:
    __array_priority__ = 2000

    def __array__(self, dtype=None, copy=None):
        return V

    def __rmul__(self, other):
        return "mine"


class Apart:
    __array_ufunc__ = None

    def __mul__(self, other):
        return "mine"

    __rmul__ = __mul__


def test_priorities():
    t = jitgrad.tensor(V)
    assert t * Above() == t * Apart() == Apart() * t == "mine"
    with pytest.raises(TypeError, match="__array_ufunc__=None"):
        jnp.exp(Apart())
    np.testing.assert_array_equal(jnp.exp(Above()), np.exp(V))
