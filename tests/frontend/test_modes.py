"""Gradient modes (`no_grad`, `enable_grad`, `set_grad_enabled`) and hooks, as in PyTorch."""

import threading

import pytest
from both import LIBRARIES, leaf, library, same

import jitgrad


@pytest.fixture(params=LIBRARIES)
def lib(request):
    yield from library(request.param)


# --- modes ----------------------------------------------------------------------------------------


def test_no_grad(lib):
    x = leaf(lib, [1.0, 2.0])
    with lib.no_grad():
        assert not lib.is_grad_enabled()
        y = x * 2
        assert not y.requires_grad and y.is_leaf
    assert lib.is_grad_enabled()
    z = y * x
    z.sum().backward()
    same(x.grad, [2.0, 4.0])


def test_modes_nest(lib):
    x = leaf(lib, 1.0)
    seen = []
    with lib.no_grad():
        seen.append((x * 2).requires_grad)
        with lib.enable_grad():
            seen.append((x * 2).requires_grad)
            with lib.no_grad(), lib.no_grad():
                seen.append((x * 2).requires_grad)
            seen.append((x * 2).requires_grad)
        seen.append((x * 2).requires_grad)
    seen.append((x * 2).requires_grad)
    assert seen == [False, True, False, True, False, True]


def test_one_context_entered_twice():
    off = jitgrad.no_grad()
    with off:
        with off:
            assert not jitgrad.is_grad_enabled()
        assert not jitgrad.is_grad_enabled()
    assert jitgrad.is_grad_enabled()


def test_mode_is_restored_after_an_exception(lib):
    x = leaf(lib, 1.0)
    with pytest.raises(KeyError), lib.no_grad():
        raise KeyError("mine")
    assert (x * 2).requires_grad
    with lib.no_grad():
        with pytest.raises(ValueError), lib.enable_grad():
            raise ValueError
        assert not (x * 2).requires_grad


def test_error_of_an_operation_under_no_grad_restores_the_mode(lib):
    x = leaf(lib, [1.0, 2.0])
    with pytest.raises((RuntimeError, ValueError)), lib.no_grad():
        x + lib.ones(3)
    assert (x * 2).requires_grad


@pytest.mark.parametrize("called", [True, False])
def test_decorators(lib, called):
    x = leaf(lib, 3.0)

    def f(x, k=2):
        """Doc."""
        return x * k

    off = (lib.no_grad() if called else lib.no_grad)(f)
    on = (lib.enable_grad() if called else lib.enable_grad)(f)
    assert off.__name__ == "f" and off.__doc__ == "Doc."
    assert not off(x).requires_grad and on(x, k=3).requires_grad
    with lib.no_grad():
        y = on(x, k=5)
    y.backward()
    same(x.grad, 5.0)
    assert off(x).item() == 6.0


def test_decorated_function_that_calls_itself_and_raises(lib):
    x = leaf(lib, 3.0)

    @lib.no_grad()
    def f(n):
        assert not lib.is_grad_enabled()
        if n == 0:
            raise KeyError
        f(n - 1)

    with pytest.raises(KeyError):
        f(3)
    assert (x * 2).requires_grad


@pytest.mark.parametrize("mode", [True, False])
def test_set_grad_enabled_as_context(lib, mode):
    x = leaf(lib, 1.0)
    with lib.set_grad_enabled(mode):
        assert lib.is_grad_enabled() is mode and (x * 2).requires_grad is mode
    assert lib.is_grad_enabled()


def test_set_grad_enabled_as_function(lib):
    x = leaf(lib, 1.0)
    try:
        lib.set_grad_enabled(False)
        assert not (x * 2).requires_grad
        with lib.enable_grad():
            assert (x * 2).requires_grad
        assert not lib.is_grad_enabled()
    finally:
        lib.set_grad_enabled(True)
    assert (x * 2).requires_grad


def test_no_grad_in_the_middle_of_a_program(lib):
    x = leaf(lib, [1.0, 2.0])
    y = x * x
    with lib.no_grad():
        scale = y.sum()
        w = y * 10
    z = (y / scale + w * x).sum()
    z.backward()
    same(x.grad, [2.0 / 5 + 10, 4.0 / 5 + 40])


def test_leaf_made_under_no_grad(lib):
    with lib.no_grad():
        x = leaf(lib, 2.0)
        y = lib.ones(2).requires_grad_()
    assert x.requires_grad and y.requires_grad
    (x * y.sum()).backward()
    same((x.grad, y.grad), (2.0, [2.0, 2.0]))


def test_view_made_under_no_grad_keeps_its_values_in_step(lib):
    x = leaf(lib, [1.0, 2.0, 3.0])
    y = x * 2
    with lib.no_grad():
        v = y[1:]
        y += 1
    assert y.requires_grad
    if lib is jitgrad:  # torch: True, with a grad_fn called Invalid
        assert not v.requires_grad
    same(v, [5.0, 7.0])
    (y * y).sum().backward()
    same(x.grad, [12.0, 20.0, 28.0])


def test_view_used_under_no_grad_after_a_write_keeps_its_gradient(lib):
    x = leaf(lib, [1.0, 2.0, 3.0])
    y = x * 1
    v = y[1:]
    y *= 3
    with lib.no_grad():
        assert v.sum().item() == 15.0
    (v * v).sum().backward()
    same(x.grad, [0.0, 36.0, 54.0])


def test_backward_under_no_grad(lib):
    x = leaf(lib, 3.0)
    y = x * x
    with lib.no_grad():
        y.backward()
    same(x.grad, 6.0)


def test_the_mode_is_of_the_thread(lib):
    x, seen = leaf(lib, 1.0), []
    with lib.no_grad():
        thread = threading.Thread(target=lambda: seen.append((x * 2).requires_grad))
        thread.start()
        thread.join()
    assert seen == [True]


def test_generator_with_a_mode_of_its_own_does_not_leak_it():
    x = leaf(jitgrad, 1.0)

    @jitgrad.no_grad()
    def values():
        return [x * k for k in range(3)]

    assert [v.requires_grad for v in values()] == [False] * 3 and jitgrad.is_grad_enabled()


# --- hooks ----------------------------------------------------------------------------------------


def test_hook_on_a_leaf_sees_and_replaces(lib):
    x, seen = leaf(lib, [1.0, 2.0]), []

    def hook(g):
        seen.append(g.tolist())
        return g * 10

    x.register_hook(hook)
    (x * x).sum().backward()
    assert seen == [[2.0, 4.0]]
    same(x.grad, [20.0, 40.0])
    x.sum().backward()
    same(x.grad, [30.0, 50.0])


def test_hook_on_a_leaf_is_called_once_with_the_whole_gradient(lib):
    x, seen = leaf(lib, 2.0), []
    x.register_hook(lambda g: seen.append(g.item()))
    a = x * 3
    a.item()
    b = x * 5
    (a + b + x).backward()
    assert seen == [9.0]


def test_hook_on_an_intermediate(lib):
    x, seen = leaf(lib, [1.0, 2.0]), []
    y = x * 3
    y.register_hook(lambda g: seen.append(g.tolist()))
    (y * y).sum().backward()
    assert seen == [[6.0, 12.0]]
    same(x.grad, [18.0, 36.0])


def test_hook_on_an_intermediate_used_several_times_sees_the_sum(lib):
    x, seen = leaf(lib, 2.0), []
    y = x * 3
    y.register_hook(lambda g: seen.append(g.item()))
    z = y * 2
    z.item()
    (z + y * y + y).backward()
    assert seen == [2.0 + 12.0 + 1.0]
    same(x.grad, 45.0)


def test_hook_beside_another_way_to_what_it_was_computed_from(lib):
    """What is upstream of the hook is gone through twice, and freed once."""
    x, seen = leaf(lib, 3.0), []
    y = x * x
    a = y * 3
    a.register_hook(lambda g: seen.append(g.item()))
    (a * y).backward()
    assert seen == [9.0]
    same(x.grad, 12 * 27.0)


def test_hook_that_replaces_on_an_intermediate(lib):
    x = leaf(lib, [1.0, 2.0])
    y = x * 3
    y.register_hook(lambda g: lib.tensor([1.0, 0.0]))
    (y * y).sum().backward()
    same(x.grad, [3.0, 0.0])


def test_hooks_run_in_order_and_pass_on(lib):
    for target in ("leaf", "result"):
        x, seen = leaf(lib, 1.0), []
        t = x if target == "leaf" else x * 1
        t.register_hook(lambda g, seen=seen: (seen.append(("a", g.item())), g + 1)[1])
        t.register_hook(lambda g, seen=seen: seen.append(("b", g.item())))
        t.register_hook(lambda g, seen=seen: (seen.append(("c", g.item())), g * 10)[1])
        (t * 2).backward()
        assert seen == [("a", 2.0), ("b", 3.0), ("c", 3.0)]
        same(x.grad, 30.0)


def test_hooks_of_several_tensors_run_from_the_output_back(lib):
    x, seen = leaf(lib, 1.0), []
    a = x * 2
    b = a * 3
    c = b * 5
    for name, t in (("a", a), ("c", c), ("x", x), ("b", b)):
        t.register_hook(lambda g, name=name: seen.append((name, g.item())))
    c.backward()
    assert seen == [("c", 1.0), ("b", 5.0), ("a", 15.0), ("x", 30.0)]


def test_removed_hooks(lib):
    x, seen = leaf(lib, 1.0), []
    y = x * 2
    handles = [t.register_hook(lambda g, k=k: seen.append(k)) for k, t in enumerate((x, y, x, y))]
    handles[0].remove()
    handles[1].remove()
    handles[1].remove()
    (y * 3).backward()
    assert seen == [3, 2]


def test_hook_on_the_loss(lib):
    x = leaf(lib, 2.0)
    y = x * 3
    y.register_hook(lambda g: g * 7)
    y.backward()
    same(x.grad, 21.0)


def test_hook_on_a_view(lib):
    x, seen = leaf(lib, [1.0, 2.0, 3.0]), []
    y = x * 2
    v = y[1:]
    v.register_hook(lambda g: (seen.append(g.tolist()), g * 10)[1])
    ((v * v).sum() + y.sum()).backward()
    assert seen == [[8.0, 12.0]]
    same(x.grad, [2.0, 162.0, 242.0])


def test_hook_registered_after_the_use(lib):
    x = leaf(lib, 2.0)
    y = x * 3
    z = y * y
    y.register_hook(lambda g: g * 0 + 1)
    z.backward()
    same(x.grad, 3.0)


def test_hook_stays_with_the_value_that_is_overwritten(lib):
    x, seen = leaf(lib, [1.0, 2.0]), []
    y = x * 3
    y.register_hook(lambda g: seen.append(g.tolist()))
    y *= 5
    y.sum().backward()
    assert seen == [[5.0, 5.0]]
    same(x.grad, [15.0, 15.0])


def test_hook_that_removes_hooks(lib):
    for of_leaf in (True, False):
        x, seen, handles = leaf(lib, 2.0), [], []
        y = x if of_leaf else x * 1
        for k in range(2):

            def hook(g, k=k, seen=seen, handles=handles):
                seen.append(k)
                for h in handles:
                    h.remove()

            handles.append(y.register_hook(hook))
        (y * 3).backward(retain_graph=True)
        assert seen[0] == 0
        seen.clear()
        (y * 5).backward()
        assert seen == []
        same(x.grad, 8.0)


@pytest.mark.parametrize("bad", [1.0, "shape"])
def test_hook_that_gives_something_else(bad):
    for of_leaf in (True, False):
        x = leaf(jitgrad, [1.0, 2.0])
        y = x if of_leaf else x * 3
        y.register_hook(lambda g: jitgrad.ones(3) if bad == "shape" else bad)
        with pytest.raises(jitgrad.ShapeError, match="hook"):
            (y * y).sum().backward()
        assert x.grad is None


def test_hook_and_retain_grad(lib):
    x = leaf(lib, 2.0)
    y = x * 3
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.backward()
    same((x.grad, y.grad), (30.0, 10.0))


def test_hooks_run_for_autograd_grad(lib):
    x, seen = leaf(lib, 2.0), []
    y = x * 3
    y.register_hook(lambda g: (seen.append(g.item()), g * 10)[1])
    (g,) = lib.autograd.grad(y * 5, x)
    same(g, 150.0)
    assert seen == [5.0] and x.grad is None


def test_hook_of_a_wanted_leaf_runs_for_autograd_grad(lib):
    x = leaf(lib, 2.0)
    x.register_hook(lambda g: g * 10)
    same(lib.autograd.grad(x * 3, x)[0], 30.0)
    assert x.grad is None


def test_hook_of_a_wanted_intermediate_runs_before_it_is_given_where_it_is_the_end(lib):
    x = leaf(lib, 2.0)
    y = x * 3
    y.register_hook(lambda g: g * 10)
    same(lib.autograd.grad(y * 5, y)[0], 50.0)
    same(lib.autograd.grad(y * 5, (y, x)), (5.0, 150.0))


def test_hook_with_create_graph_is_differentiated(lib):
    x = leaf(lib, 2.0)
    y = x * x
    y.register_hook(lambda g: g * g)
    (g,) = lib.autograd.grad(y * 3, x, create_graph=True)  # 9 * 2x
    same(g, 36.0)
    same(lib.autograd.grad(g, x)[0], 18.0)


def test_exception_in_a_hook_reaches_the_caller(lib):
    x = leaf(lib, 2.0)
    y = x * 3

    def hook(g):
        raise KeyError("mine")

    handle = y.register_hook(hook)
    with pytest.raises(KeyError, match="mine"):
        y.backward(retain_graph=True)
    assert x.grad is None
    handle.remove()
    y.backward()
    same(x.grad, 3.0)


def test_hook_runs_without_recording(lib):
    for of_leaf in (True, False):
        x, seen = leaf(lib, 2.0), []
        t = x if of_leaf else x * 1
        t.register_hook(
            lambda g, x=x, seen=seen: seen.append(((x * 2).requires_grad, g.requires_grad))
        )
        (t * t).backward(retain_graph=True)
        assert seen == [(False, False)]
        lib.autograd.grad(t * t, x, create_graph=True)
        assert seen[1] == (True, True)
