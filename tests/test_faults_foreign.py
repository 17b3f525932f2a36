"""Operands of other libraries: SciPy's and numba's ufuncs on tensors, masked arrays and other subclasses as data, and
xarray, dask and pandas, to which functions are left as NumPy leaves them.
"""

import numba
import numpy as np
import pytest
from numpy_oracle import check_gradient

import jitgrad
import jitgrad.numpy as jnp
from jitgrad import DTypeError, GradientError
from jitgrad.numpy.outside import SCIPY

V = np.array([1.0, 2.0, 3.0])

# --- ufuncs of SciPy and numba ---------------------------------------------------------------------------------------

#: Operands at which functions of one and of two operands are sampled, edges included.
ONE = np.array(
    [-60.0, -30.0, -12.5, -11.5, -3.0, -1.0, -0.3, 0.0, 1e-9, 0.2, 0.25, 0.4999, 0.5, 0.7, 0.75, 1.0, 4.0, 40.0]
)
EDGES = np.array([-np.inf, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, np.inf, np.nan])
#: Where SciPy's own digits, or those of a difference that is nearly 0, go no further: relative, absolute.
ACCURACY = {"ndtr": (5e-13, 1e-300), "kl_div": (1e-13, 1e-15)}
PYTHON = ("logsumexp", "softmax", "log_softmax", "softplus")  # functions, which SciPy writes in Python


@pytest.mark.parametrize("name", sorted(set(SCIPY) - set(PYTHON)))
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
    np.testing.assert_allclose(out, ufunc(*(np.array([0.25, 0.4, 0.75]) for _ in range(ufunc.nin))), rtol=1e-14)


GRADIENTS = {  # by hand: name -> operands, derivatives
    "xlogy": ([(0.0, 0.0), (0.0, 2.0), (2.0, 3.0), (0.0, -1.0)],
              [(0.0, 0.0), (np.log(2), 0.0), (np.log(3), 2 / 3), (0.0, 0.0)]),
    "xlog1py": ([(0.0, -1.0), (0.0, 1.0), (2.0, 3.0)], [(0.0, 0.0), (np.log(2), 0.0), (np.log(4), 0.5)]),
    "entr": ([(0.0,), (1.0,), (-1.0,), (2.0,)], [(np.inf,), (-1.0,), (0.0,), (-np.log(2) - 1,)]),
    "logit": ([(0.0,), (1.0,), (0.5,), (0.9,), (0.3,)], [(np.inf,), (np.inf,), (4.0,), (1 / 0.09,), (1 / 0.21,)]),
    "ndtr": ([(0.0,), (-40.0,), (np.inf,)], [((2 * np.pi) ** -0.5,), (0.0,), (0.0,)]),
    "log_ndtr": ([(-1e6,), (0.0,), (-20.0,)], [(1e6 + 1e-6,), (2 * (2 * np.pi) ** -0.5,), (20.04975306852784,)]),
    "log_expit": ([(-800.0,), (0.0,), (800.0,)], [(1.0,), (0.5,), (0.0,)]),
    "erf": ([(0.0,), (1.0,)], [(2 / np.sqrt(np.pi),), (2 / np.sqrt(np.pi) / np.e,)]),
    "rel_entr": ([(2.0, 4.0), (0.0, 1.0), (-1.0, 1.0)], [(np.log(0.5) + 1, -0.5), (0.0, 0.0), (0.0, 0.0)]),
    "huber": ([(1.0, 0.5), (1.0, 3.0), (1.0, -3.0)], [(0.0, 0.5), (2.0, 1.0), (2.0, -1.0)]),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(GRADIENTS))
def test_gradients_of_scipys_ufuncs(name, tier):
    special = pytest.importorskip("scipy.special")
    points, wanted = (np.array(v).T for v in GRADIENTS[name])
    xs = [jitgrad.tensor(p, requires_grad=True) for p in points]
    getattr(special, name)(*xs).sum().backward()
    for x, want in zip(xs, wanted):
        np.testing.assert_allclose(x.grad, want, rtol=1e-12)


def test_scipys_functions_without_a_gradient():
    special = pytest.importorskip("scipy.special")
    x = jitgrad.tensor(V, requires_grad=True)
    for name in ("gammaln", "digamma", "j0", "betainc", "airy"):
        f = getattr(special, name)
        operands = (x,) * f.nin
        with pytest.raises(GradientError, match=rf"scipy\.special\.{f.__name__}, .*jitgrad has entr, erf"):
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
    for f, name in ((lambda: added(r, 1.0), "added"), (lambda: added(1.0, r, out=array), "added"),
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


# --- subclasses of ndarray as data -----------------------------------------------------------------------------------

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


def test_subclasses_as_out():
    with pytest.raises(TypeError):
        np.add(jitgrad.ones(2), 1.0, out=np.ma.masked_array(V[:2], [0, 1]))


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


# --- arrays that take NumPy's functions themselves -------------------------------------------------------------------


def test_xarray():
    xarray = pytest.importorskip("xarray")
    x = xarray.DataArray(V, dims="a")
    for f in (jnp.exp, jitgrad.exp, jnp.sum, jitgrad.sum, lambda x: jnp.clip(x, 1.5, 2.0), lambda x: jnp.add(x, 1)):
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
    for f in (jitgrad.sigmoid, lambda x: x * jitgrad.tensor(V), lambda x: jnp.multiply(jitgrad.tensor(V), x)):
        with pytest.raises(TypeError):
            f(x)
    assert set(loaded) <= {(0,)}  # what dask asks for the dtype
    np.testing.assert_array_equal(jitgrad.sin(x).compute(), np.sin(V))


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
