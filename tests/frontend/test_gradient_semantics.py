"""What PyTorch documents of gradients, hooks and modes, in both libraries: the same program gives
the same.

Start at `both`.
"""

import threading
import warnings

import numpy as np
import pytest

import jitgrad
from jitgrad import GradientError, GradientWarning


@pytest.fixture(params=["jitgrad", "torch"])
def lib(request):
    return jitgrad if request.param == "jitgrad" else pytest.importorskip("torch")


def leaf(lib, values=(1.0, 2.0)):
    return lib.tensor(values, requires_grad=True)


# --- hooks ----------------------------------------------------------------------------------------


def test_post_accumulate_hooks(lib):
    x, seen = leaf(lib), []
    first = x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, t.grad.tolist())))
    x.register_post_accumulate_grad_hook(lambda t: setattr(t, "grad", None))
    (x * x).sum().backward()
    assert seen == [(True, [2.0, 4.0])] and x.grad is None
    first.remove()
    (x * 3).sum().backward(inputs=[x])
    assert len(seen) == 1 and x.grad is None
    lib.autograd.grad((x * 3).sum(), x)
    with pytest.raises(RuntimeError):
        (x * 2).register_post_accumulate_grad_hook(print)
    with pytest.raises(RuntimeError):
        lib.tensor([1.0]).register_post_accumulate_grad_hook(print)


def test_an_optimiser_in_the_backward(lib):
    """As PyTorch's tutorial has it: a step for each parameter, whose gradient is let go."""
    params = [leaf(lib), leaf(lib, (3.0, 4.0))]

    def step(p):
        with lib.no_grad():
            p -= 0.1 * p.grad
        p.grad = None

    for p in params:
        p.register_post_accumulate_grad_hook(step)
    for _ in range(3):
        (params[0] * params[1]).sum().backward()
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    for _ in range(3):
        a, b = a - 0.1 * b, b - 0.1 * a
    np.testing.assert_allclose(params[0].detach().numpy(), a, rtol=1e-6)
    np.testing.assert_allclose(params[1].detach().numpy(), b, rtol=1e-6)


def test_hooks_on_several_tensors(lib):
    x, y, z = leaf(lib), leaf(lib), leaf(lib)
    middle, seen = x * y, []
    register = lib.autograd.graph.register_multi_grad_hook
    handle = register((x, middle, z), lambda gs: seen.append([g is not None for g in gs]))
    (middle * 2).sum().backward(retain_graph=True)
    assert seen == [[True, True, False]]
    (middle + z).sum().backward(retain_graph=True)
    assert seen[1:] == [[True, True, True]]
    handle.remove()
    middle.sum().backward()
    assert len(seen) == 2
    with register((x, y), lambda gs: seen.append([g.tolist() for g in gs])):
        (x * y).sum().backward()
    assert seen[2:] == [[[1.0, 2.0], [1.0, 2.0]]]
    (x * y).sum().backward()
    assert len(seen) == 3


def test_hooks_on_any_of_several_tensors(lib):
    x, y, seen = leaf(lib), leaf(lib), []
    register = lib.autograd.graph.register_multi_grad_hook
    register((x, y), lambda g: seen.append(g.tolist()), mode="any")
    (x * 5 + y * 5).sum().backward()
    (x * 6).sum().backward()
    assert seen == [[5.0, 5.0], [6.0, 6.0]]
    with pytest.raises(ValueError):
        register((x, y), print, mode="some")


def test_hooks_on_several_tensors_belong_to_their_sweep():
    """Of each thread, and of a sweep in a hook."""
    x, y, seen = leaf(jitgrad), leaf(jitgrad), []
    jitgrad.autograd.graph.register_multi_grad_hook((x, y), lambda gs: seen.append(len(gs)))

    def inner(_):
        with jitgrad.enable_grad():
            (x * 2).sum().backward()

    y.register_hook(inner)
    (x * y).sum().backward()
    assert seen == [2, 2]
    threads = [threading.Thread(target=lambda: (x * 3).sum().backward()) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [2] * 6


def test_a_hook_that_fails_leaves_everything(lib):
    x = leaf(lib)

    def fails(_):
        raise KeyError("hook")

    handle = x.register_post_accumulate_grad_hook(fails)
    with pytest.raises(KeyError):
        (x * 2).sum().backward()
    handle.remove()
    x.grad = None
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0] and lib.is_grad_enabled()


# --- leaves and functions -------------------------------------------------------------------------


def test_next_functions(lib):
    x, y = leaf(lib), leaf(lib)
    z = (x * y + y).sum()
    for _ in range(2):
        total = z.grad_fn
        assert "Sum" in total.name() and "Sum" in repr(total)
        ((added, place),) = total.next_functions
        assert place == 0 and "Add" in added.name()
        product, second = [f for f, _ in added.next_functions]
        assert "Mul" in product.name() and "AccumulateGrad" in second.name()
        assert second.variable is y
        first = [f.variable for f, _ in product.next_functions]
        assert first[0] is x and first[1] is y
        assert z.grad_fn == total and total != added
        z.item()  # pending before, a graph afterwards
    w = z * lib.tensor(3.0)
    assert [f is None for f, _ in w.grad_fn.next_functions] == [False, True]
    assert w.grad_fn.next_functions[0][0] == z.grad_fn
    assert x.grad_fn is None and z.detach().grad_fn is None


def test_a_walk_along_next_functions(lib):
    """To the leaves, as tools that draw graphs do."""
    x, y = leaf(lib), leaf(lib)
    z = x
    for _ in range(5):
        z = (z * y).exp() + x
    todo, leaves, seen = [z.sum().grad_fn], [], set()
    while todo:
        f = todo.pop()
        if f is None or f in seen:
            continue
        seen.add(f)
        if hasattr(f, "variable"):
            leaves.append(f.variable)
        todo += [g for g, _ in f.next_functions]
    assert len(seen) == 5 * 3 + 1 + 2
    assert len(leaves) == 2 and any(t is x for t in leaves) and any(t is y for t in leaves)


def test_the_gradient_of_a_result_warns(lib):
    x = leaf(lib)
    y, z = x * 2, x * 3
    z.retain_grad()
    with pytest.warns(UserWarning, match="retain_grad") as caught:
        assert y.grad is None
    assert caught[0].filename == __file__
    assert issubclass(caught[0].category, GradientWarning) or lib is not jitgrad
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert z.grad is None and x.grad is None and y.detach().grad is None
        (y + z).sum().backward()
        assert z.grad.tolist() == [1.0, 1.0] and x.grad.tolist() == [5.0, 5.0]
    assert [t.is_leaf for t in (x, y, z)] == [True, False, False]
    assert [t.retains_grad for t in (x, y, z)] == [False, False, True]


def test_data(lib):
    x = leaf(lib)
    y = x * x
    assert not x.data.requires_grad and x.data.tolist() == [1.0, 2.0]
    x.data[0] = 5.0
    assert x.tolist() == [5.0, 2.0] and x.is_leaf and x.requires_grad
    x.data = lib.tensor([7.0, 8.0])
    assert x.tolist() == [7.0, 8.0] and x.is_leaf and x.requires_grad
    (x * x).sum().backward()
    assert x.grad.tolist() == [14.0, 16.0]
    if lib is jitgrad:  # PyTorch's is that of the new values: `data` is unsafe there
        y.sum().backward()
        assert x.grad.tolist() == [16.0, 20.0]
        with pytest.raises(jitgrad.DTypeError, match="int64"):
            x.data = lib.tensor([1, 2])


def test_detach_in_place(lib):
    x = leaf(lib)
    y = x * 2
    z = y * 3
    y.detach_()
    assert y.is_leaf and not y.requires_grad and y.requires_grad_() is y
    z.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0] and y.grad is None


# --- modes ----------------------------------------------------------------------------------------


def test_inference_mode(lib):
    x = leaf(lib)
    with lib.inference_mode():
        assert lib.is_inference_mode_enabled() and not lib.is_grad_enabled()
        assert not (x * 2).requires_grad
        with lib.inference_mode(False):
            assert not lib.is_inference_mode_enabled() and lib.is_grad_enabled()
            assert (x * 2).requires_grad
    assert not lib.is_inference_mode_enabled() and lib.is_grad_enabled()

    @lib.inference_mode()
    def function(x):
        return (x * 2).requires_grad, lib.is_inference_mode_enabled()

    @lib.inference_mode
    def bare(x):
        return (x * 2).requires_grad

    @lib.inference_mode()
    def generator(x):
        yield lib.is_inference_mode_enabled()
        yield (x * 2).requires_grad

    assert function(x) == (False, True) and bare(x) is False
    values = []
    for value in generator(x):
        values += [value, lib.is_inference_mode_enabled()]
    assert values == [True, False, False, False]
    with pytest.raises(KeyError), lib.inference_mode():
        raise KeyError("inside")
    assert lib.is_grad_enabled() and not lib.is_inference_mode_enabled()


def test_values_of_inference_mode_can_be_used_later():
    """PyTorch refuses: "Inference tensors cannot be saved for backward"."""
    with jitgrad.inference_mode():
        w = jitgrad.tensor([3.0, 4.0]) * 2
    assert not w.is_inference()
    x = leaf(jitgrad)
    (x * w).sum().backward()
    assert x.grad.tolist() == [6.0, 8.0]


def test_inference_mode_belongs_to_a_thread():
    seen = []
    with jitgrad.inference_mode():
        thread = threading.Thread(
            target=lambda: seen.extend(
                (jitgrad.is_inference_mode_enabled(), jitgrad.is_grad_enabled())
            )
        )
        thread.start()
        thread.join()
    assert seen == [False, True]
    with pytest.raises(jitgrad.ArgumentError, match="inference_mode"):
        jitgrad.inference_mode("on")


def test_modes_on_methods(lib):
    class Model:
        def __init__(self):
            self.w = leaf(lib)

        @lib.no_grad()
        def method(self, x):
            return (self.w * x).requires_grad

        @staticmethod
        @lib.no_grad()
        def static(x):
            return (x * 2).requires_grad

        @classmethod
        @lib.enable_grad()
        def of_class(cls, x):
            return (x * 2).requires_grad

        @property
        @lib.set_grad_enabled(False)
        def doubled(self):
            return (self.w * 2).requires_grad

    model = Model()
    assert not model.method(2.0) and not Model.static(model.w) and not model.doubled
    with lib.no_grad():
        assert Model.of_class(model.w)
    assert lib.is_grad_enabled()


def test_forms_of_set_grad_enabled(lib):
    x = leaf(lib)
    lib.set_grad_enabled(False)
    assert not (x * 2).requires_grad
    lib.set_grad_enabled(True)
    with lib.set_grad_enabled(False):
        assert not (x * 2).requires_grad
        with lib.set_grad_enabled(True):
            assert (x * 2).requires_grad
    assert (x * 2).requires_grad

    @lib.set_grad_enabled(False)
    def f(x):
        return (x * 2).requires_grad

    assert not f(x) and lib.is_grad_enabled()


def test_saving_on_the_cpu(lib):
    x = leaf(lib)
    with lib.autograd.graph.save_on_cpu():
        y = (x * x).sum()
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_hooks_on_saved_tensors_are_not_there():
    with pytest.raises(AttributeError, match="use jitgrad.checkpoint"):
        _ = jitgrad.autograd.graph.saved_tensors_hooks


# --- sweeps ---------------------------------------------------------------------------------------


def test_forms_of_backward(lib):
    x, y = leaf(lib), leaf(lib)
    z = x * y
    z.backward(gradient=lib.tensor([1.0, 10.0]), inputs=[x], retain_graph=True)
    assert x.grad.tolist() == [1.0, 20.0] and y.grad is None
    lib.autograd.backward([z, z * 2], [lib.tensor([1.0, 1.0])] * 2, inputs=[y])
    assert y.grad.tolist() == [3.0, 6.0]
    with pytest.raises(RuntimeError):
        z.backward()


def test_unused_inputs(lib):
    x, y = leaf(lib), leaf(lib)
    z = (x * 2).sum()
    with pytest.raises(RuntimeError):
        lib.autograd.grad(z, (x, y), retain_graph=True)
    first, second = lib.autograd.grad(z, (x, y), allow_unused=True, retain_graph=True)
    assert first.tolist() == [2.0, 2.0] and second is None
    _, zeros = lib.autograd.grad(z, (x, y), materialize_grads=True)
    assert zeros.tolist() == [0.0, 0.0]


# --- in place: refused in PyTorch, right here -----------------------------------------------------


def overwritten_operand(lib):
    x = leaf(lib)
    y = x * 2
    z = y * y
    y[0] = 100.0
    z.sum().backward()
    return x.grad


def overwritten_result(lib):
    x = leaf(lib)
    y = (x * 1).exp()
    y.mul_(3.0)
    y.sum().backward()
    return x.grad / lib.exp(x.detach())


def overwritten_leaf(lib):
    x = leaf(lib)
    y = (x * x).sum()
    with lib.no_grad():
        x.add_(10.0)
    y.backward()
    return x.grad


def overwritten_view(lib):
    x = leaf(lib)
    y = x * 1
    first = y[:1]
    z = first * first
    y.mul_(5.0)
    z.sum().backward()
    return x.grad


IN_PLACE = {
    overwritten_operand: [8.0, 16.0],
    overwritten_result: [3.0, 3.0],
    overwritten_leaf: [2.0, 4.0],
    overwritten_view: [2.0, 0.0],
}


@pytest.mark.parametrize("program", IN_PLACE, ids=lambda p: p.__name__)
def test_what_pytorch_refuses_in_place(program, lib):
    if lib is not jitgrad:
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            program(lib)
        return
    np.testing.assert_allclose(program(lib).numpy(), IN_PLACE[program])


def test_errors_of_hooks():
    x = leaf(jitgrad)
    with pytest.raises(GradientError, match="leaf"):
        (x * 2).register_post_accumulate_grad_hook(print)
    with pytest.raises(jitgrad.ArgumentError, match="function of the tensor"):
        x.register_post_accumulate_grad_hook(3)
    register = jitgrad.autograd.graph.register_multi_grad_hook
    for given in ((), (3,)):
        with pytest.raises(jitgrad.ArgumentError, match="no tensors"):
            register(given, print)
    with pytest.raises(jitgrad.ArgumentError, match="expected a function"):
        register((x,), 3)
