"""Writes to leaves, under no_grad, and around hooks: PyTorch's rules."""

import pytest
from both import LIBRARIES, array, leaf, library, same

import jitgrad


@pytest.fixture(params=LIBRARIES)
def lib(request):
    yield from library(request.param)


WRITES = {
    "augmented": lambda x: x.__iadd__(1),
    "item": lambda x: x.__setitem__(0, 5.0),
    "mask": lambda x: x.__setitem__(x > 1, 5.0),
    "view": lambda x: x[1:].mul_(2),
    "view of view": lambda x: x.reshape(3, 1)[1:].T.zero_(),
    "fill": lambda x: x.fill_(2),
    "zero": lambda x: x.zero_(),
    "copy": lambda x: x.copy_(x * 2),
}


@pytest.mark.parametrize("name", WRITES)
def test_write_to_a_leaf_is_refused(lib, name):
    x = leaf(lib, [1.0, 2.0, 3.0])
    y = x * x
    with pytest.raises(RuntimeError, match="leaf"):
        WRITES[name](x)
    same(x, [1.0, 2.0, 3.0])
    y.sum().backward()
    same(x.grad, [2.0, 4.0, 6.0])


@pytest.mark.parametrize("name", WRITES)
def test_write_to_a_leaf_under_no_grad(lib, name):
    x = leaf(lib, [1.0, 2.0, 3.0])
    n = lib.tensor([1.0, 2.0, 3.0])
    WRITES[name](n)
    with lib.no_grad():
        WRITES[name](x)
    same(x, n)
    assert x.is_leaf and x.requires_grad and x.grad_fn is None
    (x * x).sum().backward()
    same(x.grad, 2 * array(n))


def test_gradient_descent(lib):
    x = leaf(lib, [5.0, -3.0])
    for _ in range(200):
        ((x - lib.tensor([1.0, 2.0])) ** 2).sum().backward()
        with lib.no_grad():
            x -= 0.1 * x.grad
        x.grad.zero_()
    same(x, [1.0, 2.0], atol=1e-9)
    x.grad = None
    assert x.is_leaf and x.requires_grad


def test_graph_from_before_a_write_to_its_leaf():
    x = leaf(jitgrad, [1.0, 2.0])
    y = (x * x).sum()
    with jitgrad.no_grad():
        x += 10
    (y + x.sum()).backward()
    same(x.grad, [3.0, 5.0])


def test_write_under_no_grad_to_a_result_changes_values_only(lib):
    x = leaf(lib, [1.0, 2.0])
    y = x + 0
    with lib.no_grad():
        y *= 100
        y[0] = 7
    same(y, [7.0, 200.0])
    assert y.requires_grad
    (y * 3).sum().backward()
    same(x.grad, [3.0, 3.0])


def test_plain_tensor_written_with_what_requires_grad(lib):
    x, a = leaf(lib, 3.0), lib.zeros(3)
    v = a[1:]
    v[0] = x * x
    assert a.requires_grad and v.requires_grad and not a.is_leaf
    (a.sum() + v.sum()).backward()
    same(x.grad, 12.0)


@pytest.mark.parametrize("write", ["zero_", "fill_", "copy_", "slice"])
def test_wholly_overwritten_result_has_gradients_of_zero(lib, write):
    x = leaf(lib, [1.0, 2.0])
    y = x * 2
    if write == "slice":
        y[:] = 3.0
    else:
        getattr(y, write)(*{"fill_": (3.0,), "copy_": (lib.ones(2),)}.get(write, ()))
    assert y.requires_grad
    y.sum().backward()
    same(x.grad, [0.0, 0.0])


def test_hook_before_and_after_a_write(lib):
    x, seen = leaf(lib, [1.0, 2.0]), []
    y = x * 3
    y.register_hook(lambda g: seen.append(("before", g.tolist())))
    y[0] = 5.0
    y.register_hook(lambda g: seen.append(("after", g.tolist())))
    y.sum().backward()
    assert seen == [("after", [1.0, 1.0]), ("before", [0.0, 1.0])]
    same(x.grad, [0.0, 3.0])


def test_second_backward_through_writes_is_refused(lib):
    x = leaf(lib, [1.0, 2.0])
    a = x * 1
    a[0] = x[1] * x[0]
    loss = (a * a).sum()
    loss.backward()
    with pytest.raises(RuntimeError, match="retain_graph"):
        loss.backward()
