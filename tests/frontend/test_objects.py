"""A tensor as an object: copies, pickles, sizes, devices; gradients of several outputs; what type
checkers see.

Where PyTorch is installed it says what is right, but for memory of its own: `copy.copy` copies, as
NumPy's does.
"""

import copy
import pickle
import sys

import numpy as np
import pytest
from both import LIBRARIES, leaf, library, same

import jitgrad


@pytest.fixture(params=LIBRARIES)
def lib(request):
    yield from library(request.param)


# --- copies ---------------------------------------------------------------------------------------


def test_copy_of_a_leaf_is_a_leaf(lib):
    x = leaf(lib, [1.0, 2.0])
    x.grad = lib.ones(2)
    y = copy.copy(x)
    assert y is not x and y.is_leaf and y.requires_grad and y.grad is None
    same(y, x)
    (y * y).sum().backward()
    same(y.grad, [2.0, 4.0])
    same(x.grad, [1.0, 1.0])


def test_copy_has_memory_of_its_own(tier):
    x = jitgrad.tensor([1.0, 2.0])
    y, z = copy.copy(x), copy.copy(x[1:])
    y += 10
    z += 10
    assert x.tolist() == [1, 2] and y.tolist() == [11, 12] and z.tolist() == [12]
    p = jitgrad.tensor([1.0], requires_grad=True)
    copy.copy(p * 2).sum().backward()  # of a result: part of the graph, as `x.copy()`
    assert p.grad.tolist() == [2]


def _aliased(lib):
    a = lib.arange(12.0).reshape(3, 4)
    return {
        "a": a,
        "row": a[1],
        "column": a[:, 2],
        "block": a[1:][:, 1:3],
        "t": a.T,
        "whole": a,
        "cut": a.detach(),
    }


@pytest.mark.parametrize("order", ["as it is", "reversed"])
def test_deepcopy_of_aliased_tensors_aliases(lib, order):
    made = _aliased(lib)
    if order == "reversed":
        made = dict(reversed(made.items()))
    got = copy.deepcopy(made)
    assert got["whole"] is got["a"]
    got["row"] += 100.0
    got["a"][2, 2] = -1.0
    got["t"][0, 0] = 50.0
    got["cut"] *= 2.0
    want = _aliased(lib)
    want["a"][1] += 100.0
    want["a"][2, 2], want["a"][0, 0] = -1.0, 50.0
    want["a"] *= 2.0
    for name in made:
        same(got[name], want[name])
        same(made[name], _aliased(lib)[name])


def test_deepcopy_of_a_tensor_and_its_slice(lib):
    a = lib.arange(3.0)
    c, d = copy.deepcopy((a, a[1:]))
    d += 10
    same(c, [0, 11, 12])
    same(a, [0, 1, 2])


def test_deepcopy_of_parameters_and_views_of_them():
    lib = jitgrad
    p = leaf(lib, [1.0, 2.0, 3.0])
    p.grad = lib.ones(3)
    with lib.no_grad():
        held = p[1:]
    q, cut, view = copy.deepcopy([p, p.detach(), held])
    assert q.requires_grad and q.is_leaf and not cut.requires_grad and not view.requires_grad
    same(q.grad, [1, 1, 1])
    with lib.no_grad():
        q += 1
    same(cut, [2, 3, 4])
    same(view, [3, 4])
    same(p, [1, 2, 3])
    (q * q).sum().backward()
    same(q.grad, [5, 7, 9])
    view, q = copy.deepcopy((held, p))
    with lib.no_grad():
        view *= 0
    same(q, [1, 0, 0])


def test_deepcopy_of_what_was_detached_from_a_result(lib):
    y = leaf(lib, [1.0, 2.0]) * 2
    a, b = copy.deepcopy((y.detach(), y.detach()))
    a += 1
    same(b, [3, 5])
    same(y, [2, 4])


def test_deepcopy_of_a_long_chain_of_views():
    x = v = jitgrad.arange(4.0)
    for _ in range(3000):
        v = v[:]
    a, b = copy.deepcopy((x, v))
    b += 1
    assert a.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_tensors_are_apart(protocol):
    a = jitgrad.arange(100_000.0)
    small = a[:3]
    assert len(pickle.dumps(small, protocol)) < 1000
    c, d = pickle.loads(pickle.dumps((a, small), protocol))
    d += 10
    assert c[:3].tolist() == [0, 1, 2] and d.tolist() == [10, 11, 12]
    p, q = pickle.loads(pickle.dumps((leaf := jitgrad.ones(2, requires_grad=True), leaf), protocol))
    assert p is q and p.requires_grad and p.is_leaf


def test_size_is_that_of_the_elements(tier):
    x = jitgrad.zeros(1000, 100)
    for t in (x, x * 2, x[:500], jitgrad.zeros(3, 5, dtype=np.int8), jitgrad.tensor(1.0)):
        assert t.nbytes <= sys.getsizeof(t) < t.nbytes + 200


def test_dask_knows_the_size():
    sizeof = pytest.importorskip("dask.sizeof").sizeof
    assert sizeof(jitgrad.zeros(1_000_000)) >= 8_000_000


# --- devices --------------------------------------------------------------------------------------

MAKERS = {
    "zeros": lambda lib, **k: lib.zeros(2, **k),
    "ones": lambda lib, **k: lib.ones((2, 3), **k),
    "empty": lambda lib, **k: lib.empty(2, **k),
    "full": lambda lib, **k: lib.full((2,), 1.5, **k),
    "zeros_like": lambda lib, **k: lib.zeros_like(lib.ones(2), **k),
    "ones_like": lambda lib, **k: lib.ones_like(lib.ones(2), **k),
    "empty_like": lambda lib, **k: lib.empty_like(lib.ones(2), **k),
    "full_like": lambda lib, **k: lib.full_like(lib.ones(2), 2.0, **k),
    "arange": lambda lib, **k: lib.arange(3.0, **k),
    "linspace": lambda lib, **k: lib.linspace(0.0, 1.0, 3, **k),
    "eye": lambda lib, **k: lib.eye(2, **k),
    "tensor": lambda lib, **k: lib.tensor([1.0], **k),
    "asarray": lambda lib, **k: lib.asarray([1.0], **k),
    "rand": lambda lib, **k: lib.rand(2, **k),
    "randn": lambda lib, **k: lib.randn(2, **k),
    "randint": lambda lib, **k: lib.randint(0, 3, (2,), **k),
}
ONLY_OURS = {
    "array": lambda lib, **k: lib.array([1.0], **k),
    "normal": lambda lib, **k: lib.normal(0.0, 1.0, (2,), **k),
    "linspace of tensors": lambda lib, **k: lib.linspace(lib.tensor(0.0), 1.0, 3, **k),
    "numpy.zeros": lambda lib, **k: lib.numpy.zeros(2, **k),
}


@pytest.mark.parametrize("name", MAKERS)
def test_everything_is_made_on_the_cpu(lib, name):
    for device in ("cpu", None, lib.zeros(1).device):
        assert str(MAKERS[name](lib, device=device).device) == "cpu"


@pytest.mark.parametrize("name", MAKERS | ONLY_OURS)
def test_other_devices_are_refused(name):
    make = (MAKERS | ONLY_OURS)[name]
    assert make(jitgrad, device="cpu").device == "cpu"
    with pytest.raises((jitgrad.ArgumentError, ValueError), match="cpu"):
        make(jitgrad, device="cuda:0")


def test_devices_of_pytorch_count_by_name():
    torch = pytest.importorskip("torch")
    assert jitgrad.zeros(2, device=torch.device("cpu")).tolist() == [0, 0]


def test_to_device():
    x = jitgrad.ones(2, requires_grad=True)
    assert x.to_device("cpu") is x and x.to("cpu") is x and x.to_device(x.device, stream=None) is x
    for wrong in (
        lambda: x.to_device("cuda"),
        lambda: x.to("cuda:1"),
        lambda: x.to_device("cpu", stream=1),
    ):
        with pytest.raises(jitgrad.ArgumentError, match="leave it out"):
            wrong()


# --- gradients of several outputs -----------------------------------------------------------------


@pytest.mark.parametrize("looked", [False, True])
def test_backward_of_several_outputs(lib, looked):
    x, w = leaf(lib, [1.0, 2.0]), leaf(lib, [3.0, 4.0])
    y, z = x * x, (x * w).sum()
    if looked:
        y.tolist(), z.item()
    lib.autograd.backward([y, z], grad_tensors=[lib.tensor([10.0, 100.0]), None])
    same(x.grad, [23.0, 404.0])
    same(w.grad, [1.0, 2.0])


def test_backward_of_one_output(lib):
    x = leaf(lib, [1.0, 2.0])
    lib.autograd.backward((x * x).sum(), retain_graph=False)
    lib.autograd.backward(x * x, lib.ones(2))
    same(x.grad, [4.0, 8.0])


def test_backward_of_several_outputs_into_some_inputs(lib):
    x, w = leaf(lib, [1.0, 2.0]), leaf(lib, [3.0, 4.0])
    y = x * w
    lib.autograd.backward([y.sum(), (y * y).sum()], inputs=[w])
    same(w.grad, [1 + 2 * 3.0 * 1, 2 + 2 * 8.0 * 2])
    assert x.grad is None


@pytest.mark.filterwarnings("ignore:Using backward")  # by PyTorch
def test_backward_of_several_outputs_to_higher_orders(lib):
    x = leaf(lib, [1.0, 2.0])
    y = x**3
    lib.autograd.backward([y.sum(), (x * x).sum()], create_graph=True)
    g, x.grad = x.grad, None
    same(g, [5.0, 16.0])
    lib.autograd.backward([g.sum()], inputs=[x])
    same(x.grad, [8.0, 14.0])


def test_backward_of_outputs_that_share_a_graph_frees_it_once(lib):
    x = leaf(lib, [1.0, 2.0])
    y = lib.exp(x)
    lib.autograd.backward([y.sum(), (2 * y).sum()])
    same(x.grad, 3 * np.exp([1.0, 2.0]))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: jitgrad.autograd.backward([x.sum(), x.sum()], [None]),
        lambda x: jitgrad.autograd.backward([x * x]),
        lambda x: jitgrad.autograd.backward([x.detach()]),
        lambda x: jitgrad.autograd.backward([1.0]),
        lambda x: jitgrad.autograd.backward([x], [jitgrad.ones(3)]),
    ],
)
def test_backward_of_several_outputs_refused(call):
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(jitgrad.JitgradError):
        call(x)
    assert x.grad is None


# --- names of PyTorch's that have NumPy's meaning -------------------------------------------------


def test_products_by_pytorchs_names(lib):
    m, v = lib.arange(6.0).reshape(2, 3), lib.arange(3.0)
    same(lib.mm(m, m.T), np.arange(6.0).reshape(2, 3) @ np.arange(6.0).reshape(2, 3).T)
    same(m.mm(m.T), lib.mm(m, m.T))
    same(lib.mv(m, v), np.arange(6.0).reshape(2, 3) @ np.arange(3.0))
    same(lib.bmm(m[None], m.T[None]), lib.mm(m, m.T)[None])


def test_split_and_meshgrid_are_numpys():
    x = np.arange(12.0)
    for got, want in zip(jitgrad.split(jitgrad.tensor(x), 3), np.split(x, 3), strict=True):
        same(got, want)
    for got, want in zip(
        jitgrad.split(jitgrad.tensor(x), [2, 5]), np.split(x, [2, 5]), strict=True
    ):
        same(got, want)
    for got, want in zip(
        jitgrad.meshgrid(jitgrad.arange(2.0), [1.0, 2.0, 3.0]),
        np.meshgrid([0.0, 1.0], [1, 2, 3]),
        strict=True,
    ):
        same(got, want)
    p = jitgrad.tensor(x, requires_grad=True)
    (jitgrad.split(p, 3)[1] * 2).sum().backward()
    assert p.grad.tolist() == [0] * 4 + [2] * 4 + [0] * 4


def test_normal_is_numpys():
    jitgrad.manual_seed(3)
    got = jitgrad.normal(5.0, 2.0, (3, 4))
    same(got, np.random.default_rng(3).normal(5.0, 2.0, (3, 4)))
    mean = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    out = jitgrad.normal(mean, [[1.0], [0.0]])
    assert out.shape == (2, 2) and out[1].tolist() == [1.0, 2.0]
    out.sum().backward()
    assert mean.grad.tolist() == [2, 2]
    with pytest.raises(jitgrad.ArgumentError, match="at least 0"):
        jitgrad.normal(0.0, -1.0, 3)
    assert jitgrad.normal(size=2, dtype=np.float32, requires_grad=True).requires_grad
