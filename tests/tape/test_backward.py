"""`backward` and `.grad` as in PyTorch: leaves, accumulation, the freeing of graphs, detach, clone,
requires_grad."""

import numpy as np
import pytest
from both import LIBRARIES, leaf, library, same

import jitgrad


@pytest.fixture(params=LIBRARIES)
def lib(request):
    yield from library(request.param)


# --- leaves ---------------------------------------------------------------------------------------


def test_leaf_rules(lib):
    x, c = leaf(lib, [1.0, 2.0]), lib.tensor([3.0, 4.0])
    y, z = x * c, c * 2
    assert (x.is_leaf, x.requires_grad, x.grad_fn) == (True, True, None)
    assert (c.is_leaf, c.requires_grad, c.grad_fn) == (True, False, None)
    assert (y.is_leaf, y.requires_grad) == (False, True) and y.grad_fn is not None
    assert (z.is_leaf, z.requires_grad, z.grad_fn) == (True, False, None)
    y.sum().backward()
    same(x.grad, [3.0, 4.0])
    assert c.grad is None and z.grad is None
    assert x.grad.is_leaf and not x.grad.requires_grad


def test_results_of_comparisons_and_integers_do_not_require_grad(lib):
    x = leaf(lib, [1.0, 2.0])
    assert not (x > 1).requires_grad and not x.argmax().requires_grad and not x.long().requires_grad


def test_grad_is_only_kept_by_leaves(lib):
    x = leaf(lib, 2.0)
    y = x * 3
    z = y * y
    z.backward()
    same(x.grad, 36.0)
    for t in (y, z):
        with pytest.warns(UserWarning, match="retain_grad"):
            assert t.grad is None


def test_backward_of_a_leaf(lib):
    x = leaf(lib, 2.0)
    x.backward()
    same(x.grad, 1.0)


def test_one_element_needs_no_cotangent(lib):
    x = leaf(lib, [[2.0]])
    (x * x).backward()
    same(x.grad, [[4.0]])


def test_cotangent(lib):
    x = leaf(lib, [1.0, 2.0, 3.0])
    (x * x).backward(lib.tensor([1.0, 10.0, 100.0]))
    same(x.grad, [2.0, 40.0, 600.0])
    (x * 2).backward(gradient=lib.tensor([1.0, 0.0, -1.0]))
    same(x.grad, [4.0, 40.0, 598.0])


def test_cotangent_that_is_computed(lib):
    x = leaf(lib, [1.0, 2.0, 3.0])
    c = lib.tensor([1.0, 10.0, 100.0])
    (x * x).backward(c * 0.5)
    same(x.grad, [1.0, 20.0, 300.0])
    y = x * x
    same(lib.autograd.grad(y, x, c * 0.5), ([1.0, 20.0, 300.0],))


def test_cotangent_that_comes_of_the_output(lib):
    x = leaf(lib, [1.0, 2.0, 3.0])
    y = x * x
    y.backward(y.detach() * 2)
    same(x.grad, [4.0, 32.0, 108.0])


def test_cotangent_of_another_dtype():
    x = jitgrad.tensor([1.0, 2.0], dtype=np.float32, requires_grad=True)
    (x * x).backward(jitgrad.tensor([1.0, 10.0]))
    same(x.grad, [2.0, 40.0])
    assert x.grad.dtype == np.float32


def test_requires_grad_at_creation_and_by_attribute(lib):
    for x in (
        lib.ones(2, requires_grad=True),
        lib.zeros(2, 3, requires_grad=True),
        lib.arange(3.0, requires_grad=True),
    ):
        assert x.requires_grad and x.is_leaf
    x = lib.ones(2)
    assert x.requires_grad_() is x and x.requires_grad
    x.requires_grad = False
    assert not x.requires_grad
    x.requires_grad = True
    (x * 3).sum().backward()
    same(x.grad, [3.0, 3.0])


def test_requires_grad_off_and_on_again(lib):
    x = leaf(lib, [1.0, 2.0])
    y = x * 2
    x.requires_grad_(False)
    z = x * 5
    assert y.requires_grad and not z.requires_grad
    x.requires_grad_(True)
    (x * 7).sum().backward()
    same(x.grad, [7.0, 7.0])


def test_result_made_a_leaf_later(lib):
    x = lib.tensor([1.0, 2.0])
    y = x * 3
    y.requires_grad_()
    assert y.is_leaf
    (y * y).sum().backward()
    same(y.grad, [6.0, 12.0])
    assert x.grad is None


def test_view_made_a_leaf(lib):
    x = lib.tensor([1.0, 2.0, 3.0])
    v = x[1:]
    v.requires_grad_()
    assert v.is_leaf and not x.requires_grad
    (v * v).sum().backward()
    same(v.grad, [4.0, 6.0])


def test_leaf_of_no_dimension_and_of_no_elements(lib):
    x, e = leaf(lib, 3.0), lib.zeros(0, requires_grad=True)
    (x * x + e.sum()).backward()
    same(x.grad, 6.0)
    assert tuple(e.grad.shape) == (0,)


# --- accumulation ---------------------------------------------------------------------------------


def test_accumulation(lib):
    x = leaf(lib, [1.0, 2.0])
    for k in range(1, 4):
        (x * x).sum().backward()
        same(x.grad, [2.0 * k, 4.0 * k])


def test_accumulation_is_in_place(lib):
    x = leaf(lib, [1.0, 2.0])
    x.sum().backward()
    g = x.grad
    x.sum().backward()
    assert x.grad is g
    same(g, [2.0, 2.0])


def test_zero_and_none(lib):
    x = leaf(lib, [1.0, 2.0])
    (x * 3).sum().backward()
    assert x.grad.zero_() is x.grad
    same(x.grad, [0.0, 0.0])
    (x * 3).sum().backward()
    same(x.grad, [3.0, 3.0])
    x.grad = None
    assert x.grad is None
    (x * 5).sum().backward()
    same(x.grad, [5.0, 5.0])


def test_assigned_grad_is_added_to(lib):
    x = leaf(lib, [1.0, 2.0])
    x.grad = lib.tensor([10.0, 20.0])
    x.sum().backward()
    same(x.grad, [11.0, 21.0])


def test_writing_the_grad_does_not_touch_the_graph(lib):
    x = leaf(lib, [1.0, 2.0])
    (x * 3).sum().backward()
    x.grad[0] = 100.0
    x.grad *= 2
    same(x.grad, [200.0, 6.0])
    (x * 3).sum().backward()
    same(x.grad, [203.0, 9.0])


def test_gradients_of_two_leaves_do_not_share_memory(lib):
    x, y = leaf(lib, [1.0, 2.0]), leaf(lib, [3.0, 4.0])
    (x + y).sum().backward()
    x.grad += 1
    same((x.grad, y.grad), ([2.0, 2.0], [1.0, 1.0]))


def test_leaf_used_several_times(lib):
    x = leaf(lib, 3.0)
    (x * x + x / 2 + x**3 - x).backward()
    same(x.grad, 6 + 0.5 + 27 - 1)


def test_several_leaves(lib):
    a, b, c = leaf(lib, 2.0), leaf(lib, [3.0, 4.0]), leaf(lib, [[1.0], [2.0]])
    (a * b * c).sum().backward()
    same(a.grad, 21.0)
    same(b.grad, [6.0, 6.0])
    same(c.grad, [[14.0], [14.0]])


# --- the graph ------------------------------------------------------------------------------------


@pytest.mark.parametrize("looked", [False, True])
def test_second_backward_is_refused_unless_retained(lib, looked):
    x = leaf(lib, 3.0)
    y = x * x
    if looked:
        assert y.item() == 9
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()
    same(x.grad, 18.0)
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        y.backward()
    same(x.grad, 18.0)


def test_second_backward_where_nothing_was_saved(lib):
    x = leaf(lib, 3.0)
    y = x + 1
    y.backward()
    y.backward()
    same(x.grad, 2.0)


def test_two_losses_of_one_graph(lib):
    x = leaf(lib, 2.0)
    a = x * x
    b, c = a * 3, a * 5
    b.backward(retain_graph=True)
    c.backward()
    same(x.grad, 32.0)


def test_second_loss_of_a_freed_graph_is_refused(lib):
    x = leaf(lib, 2.0)
    a = x * x
    b, c = a * 3, a * 5
    b.backward()
    with pytest.raises(RuntimeError, match="retain_graph"):
        c.backward()


def test_losses_with_graphs_of_their_own_from_one_looked_at_leaf(lib):
    x = leaf(lib, 2.0)
    a, b = x * x, x * x * x
    assert a.item() == 4 and b.item() == 8
    a.backward()
    b.backward()
    same(x.grad, 16.0)


def test_backward_through_values_looked_at_on_the_way(lib):
    x = leaf(lib, 2.0)
    y = x
    for k in range(5):
        y = y * x + k
        y.item()
    y.backward()
    h = 1e-6

    def f(x):
        y = x
        for k in range(5):
            y = y * x + k
        return y

    same(x.grad, (f(2 + h) - f(2 - h)) / (2 * h), rtol=1e-7)


def test_computation_after_backward_goes_on(lib):
    x = leaf(lib, 2.0)
    y = x * x
    y.backward(retain_graph=True)
    z = y * 3
    z.backward()
    same(x.grad, 4.0 + 12.0)


def test_backward_with_inputs(lib):
    x, y = leaf(lib, 2.0), leaf(lib, 3.0)
    (x * y).backward(inputs=[x])
    same(x.grad, 3.0)
    assert y.grad is None


def test_backward_with_an_intermediate_as_input(lib):
    x = leaf(lib, 2.0)
    y = x * x
    y.retain_grad()
    (y * 5).backward(inputs=[y])
    same(y.grad, 5.0)
    assert x.grad is None


# --- detach and clone -----------------------------------------------------------------------------


def test_detach_cuts(lib):
    x = leaf(lib, 3.0)
    d = x.detach()
    assert not d.requires_grad and d.is_leaf
    y = x * x
    (y.detach() * x).backward()
    same(x.grad, 9.0)


def test_detach_shares_memory(lib):
    x = lib.tensor([1.0, 2.0])
    d = x.detach()
    d[0] = 10.0
    same(x, [10.0, 2.0])
    x += 1
    same(d, [11.0, 3.0])


def test_detach_of_a_leaf_writes_its_values(lib):
    x = leaf(lib, [1.0, 2.0])
    d = x.detach()
    d *= 10
    same(x, [10.0, 20.0])
    assert x.is_leaf and x.requires_grad and not d.requires_grad
    (x * x).sum().backward()
    same(x.grad, [20.0, 40.0])


def test_detach_of_a_result_writes_its_values_and_leaves_its_graph(lib):
    x = leaf(lib, [1.0, 2.0])
    y = x + 3
    y.detach().zero_()
    same(y, [0.0, 0.0])
    assert y.requires_grad
    (y * 5 + x).sum().backward()
    same(x.grad, [6.0, 6.0])


def test_what_a_detached_view_is_given_does_not_reach_its_base(lib):
    x, z = leaf(lib, [1.0, 2.0]), leaf(lib, 5.0)
    y = x * 2
    d = y.detach()
    d[0] = z
    same(y, [5.0, 4.0])
    assert d.requires_grad
    d.sum().backward()
    same(z.grad, 1.0)
    z.grad = None
    y.sum().backward()
    same(x.grad, [2.0, 2.0])
    assert z.grad is None


def test_clone_is_in_the_graph_and_has_its_own_memory(lib):
    x = leaf(lib, [1.0, 2.0])
    c = x.clone()
    c *= 3
    same((x, c), ([1.0, 2.0], [3.0, 6.0]))
    (c * c).sum().backward()
    same(x.grad, [18.0, 36.0])


def test_clone_of_a_plain_tensor(lib):
    x = lib.tensor([1, 2])
    c = x.clone()
    x[0] = 7
    same((x, c), ([7, 2], [1, 2]))
    b = lib.tensor([True, False])
    c = b.clone()
    b[1] = True
    same((b, c), ([True, True], [True, False]))
    assert c.dtype == lib.tensor([True]).dtype


def test_tensor_of_a_tensor_is_a_new_leaf():
    x = leaf(jitgrad, [1.0, 2.0])
    y = jitgrad.tensor(x * 2, requires_grad=True)
    (y * 3).sum().backward()
    same(y.grad, [3.0, 3.0])
    assert x.grad is None and y.is_leaf


def test_cast_in_the_graph(lib):
    x = leaf(lib, [1.0, 2.0])
    y = x.float() * 2
    assert y.dtype == lib.float32
    y.sum().backward()
    same(x.grad, [2.0, 2.0])
    assert x.grad.dtype == lib.float64


def test_mixed_dtypes_give_each_leaf_its_own(lib):
    x, y = lib.tensor([1.0, 2.0], dtype=lib.float32, requires_grad=True), leaf(lib, [3.0, 4.0])
    (x * y).sum().backward()
    same((x.grad, y.grad), ([3.0, 4.0], [1.0, 2.0]))
    assert (x.grad.dtype, y.grad.dtype) == (lib.float32, lib.float64)


def test_retain_grad(lib):
    x = leaf(lib, 2.0)
    y = x * 3
    assert not y.retains_grad
    y.retain_grad()
    y.retain_grad()
    assert y.retains_grad
    (y * y).backward(retain_graph=True)
    same((x.grad, y.grad), (36.0, 12.0))
    (y * 1).backward()
    same((x.grad, y.grad), (39.0, 13.0))


def test_retain_grad_of_a_leaf_changes_nothing(lib):
    x = leaf(lib, 2.0)
    x.retain_grad()
    assert not x.retains_grad
    (x * 3).backward()
    same(x.grad, 3.0)


def test_retain_grad_of_the_loss_itself(lib):
    x = leaf(lib, 2.0)
    y = x * 3
    y.retain_grad()
    y.backward()
    same((x.grad, y.grad), (3.0, 1.0))


def test_retain_grad_of_a_view_follows_a_write_to_its_base(lib):
    x = leaf(lib, [1.0, 2.0, 3.0])
    y = x * 1
    v = y[1:]
    v.retain_grad()
    y *= 3
    (v * v).sum().backward()
    same((x.grad, v.grad), ([0.0, 36.0, 54.0], [12.0, 18.0]))


def test_retain_grad_follows_a_write(lib):
    x = leaf(lib, [1.0, 2.0])
    y = x * 3
    y.retain_grad()
    y *= 5
    (y * y).sum().backward()
    same((x.grad, y.grad), ([450.0, 900.0], [30.0, 60.0]))
