"""`autograd.grad`, gradients of gradients, and the functional forms on top of them."""

import numpy as np
import pytest
from both import LIBRARIES, array, check_slope, leaf, library, same, slope

import jitgrad


@pytest.fixture(params=LIBRARIES)
def lib(request):
    yield from library(request.param)


# --- autograd.grad --------------------------------------------------------------------------------


def test_grad_of_one(lib):
    x = leaf(lib, [1.0, 2.0])
    g = lib.autograd.grad((x * x).sum(), x)
    assert isinstance(g, tuple) and len(g) == 1 and not g[0].requires_grad
    same(g[0], [2.0, 4.0])
    assert x.grad is None


def test_grad_of_several_outputs_and_inputs(lib):
    x, y = leaf(lib, 2.0), leaf(lib, 3.0)
    same(lib.autograd.grad([x * y, x + y], [x, y]), (4.0, 3.0))
    same(lib.autograd.grad((x * y,), (y, x)), (2.0, 3.0))


def test_grad_outputs(lib):
    x = leaf(lib, [1.0, 2.0])
    out = lib.autograd.grad([x * x, x.sum()], x, grad_outputs=[lib.tensor([1.0, 10.0]), None])
    same(out, ([3.0, 41.0],))
    same(lib.autograd.grad(x * 3, x, lib.tensor([1.0, -1.0])), ([3.0, -3.0],))


def test_same_input_twice(lib):
    x = leaf(lib, 3.0)
    y = x * 2
    same(lib.autograd.grad(y * y, (x, x), retain_graph=True), (24.0, 24.0))
    if lib is jitgrad:  # torch 2.13 refuses an intermediate twice
        same(lib.autograd.grad(y * y, (y, x, y)), (12.0, 24.0, 12.0))


def test_same_output_twice(lib):
    x = leaf(lib, 3.0)
    y = x * x
    same(lib.autograd.grad([y, y], x), (12.0,))


def test_unused_input(lib):
    x, z = leaf(lib, 2.0), leaf(lib, 5.0)
    y = x * 3
    with pytest.raises(RuntimeError, match="allow_unused=True"):
        lib.autograd.grad(y, [x, z], retain_graph=True)
    a, b = lib.autograd.grad(y, [x, z], allow_unused=True)
    same(a, 3.0)
    assert b is None and x.grad is None


def test_input_that_does_not_require_grad(lib):
    x, c = leaf(lib, 2.0), lib.tensor(3.0)
    with pytest.raises(RuntimeError, match="require"):
        lib.autograd.grad(x * c, [x, c])


def test_intermediate_inputs(lib):
    x = leaf(lib, 2.0)
    a = x * x
    b = a * x
    c = b * a
    same(lib.autograd.grad(c, [b, a, x]), (4.0, 16.0, 80.0))


def test_intermediate_inputs_after_looks(lib):
    x = leaf(lib, 2.0)
    a = x * x
    assert a.item() == 4
    b = a * x
    assert b.item() == 8
    c = b * a
    same(lib.autograd.grad(c, [x, b, a]), (80.0, 4.0, 16.0))


def test_output_as_input(lib):
    x = leaf(lib, 2.0)
    y = x * 3
    same(lib.autograd.grad(y, [y, x]), (1.0, 3.0))
    same(lib.autograd.grad(x, x), (1.0,))


def test_view_as_input(lib):
    x = leaf(lib, [1.0, 2.0, 3.0])
    y = x * 2
    v = y[1:]
    same(
        lib.autograd.grad((v * v).sum() + y.sum(), [v, y, x]),
        ([8.0, 12.0], [1.0, 9.0, 13.0], [2.0, 18.0, 26.0]),
    )


def test_grad_frees_the_graph_unless_retained(lib):
    x = leaf(lib, 3.0)
    y = x * x
    same(lib.autograd.grad(y, x, retain_graph=True), (6.0,))
    same(lib.autograd.grad(y, x), (6.0,))
    with pytest.raises(RuntimeError, match="retain_graph"):
        lib.autograd.grad(y, x)


def test_grad_goes_only_where_it_leads_to_an_input(lib):
    x, z, seen = leaf(lib, 3.0), leaf(lib, 5.0), []
    a = x * x
    a.register_hook(seen.append)
    b = z * z
    assert a.item() == 9 and b.item() == 25
    c = a * b * a
    same(lib.autograd.grad(c, z, retain_graph=True), (810.0,))
    assert seen == []
    same(lib.autograd.grad(c, b), (81.0,))
    a.backward()  # its own part was not gone through
    same(x.grad, 6.0)
    assert len(seen) == 1


def test_equal_records_are_told_from_each_other(lib):
    x = leaf(lib, 3.0)
    a, b = x * 2, x * 2
    same(lib.autograd.grad(a * b * b, [a, b], retain_graph=True), (36.0, 72.0))
    same(lib.autograd.grad(a * b * b, [b], retain_graph=True), (72.0,))
    seen = []
    a.register_hook(lambda g: (seen.append(g.item()), g * 10)[1])
    b.retain_grad()
    (a * 3 + b * 5).backward()
    same((x.grad, b.grad, seen[0]), (70.0, 5.0, 3.0))


def test_results_that_are_the_leaf_itself(lib):
    """Views of everything and sums over nothing are the same value as what they come from."""
    x = leaf(lib, 2.0)
    s, a = x.sum(), x[...]
    b = a[...]
    seen = []
    for t in (x, a, b, s):
        t.register_hook(lambda g: seen.append(g.item()))
    loss = x + a * 10 + b * 100 + s * 1000
    same(lib.autograd.grad(loss, [x, a, b, s], retain_graph=True), (1111.0, 110.0, 100.0, 1000.0))
    seen.clear()
    loss.backward()
    same(x.grad, 1111.0)
    assert sorted(seen) == [100.0, 110.0, 1000.0, 1111.0]


def test_a_result_is_told_from_the_same_inside_another(lib):
    x = leaf(lib, [1.0, 2.0])
    s, m = x.sum(), x.mean()
    same(lib.autograd.grad(s + m, [s, m]), (1.0, 1.0))
    s, n = (x * x).sum(), (x * x).sum() ** 0.5
    same(lib.autograd.grad(s * n, s), (5.0**0.5,))


def test_grad_and_backward_of_one_graph(lib):
    x = leaf(lib, 3.0)
    y = x * x
    same(lib.autograd.grad(y, x, retain_graph=True), (6.0,))
    y.backward()
    same(x.grad, 6.0)


# --- higher order ---------------------------------------------------------------------------------


def test_derivatives_of_a_power(lib):
    y = x = leaf(lib, 2.0)
    got = []
    y = x**5
    for _ in range(5):
        (y,) = lib.autograd.grad(y, x, create_graph=True)
        got.append(y.item())
    assert got == [80.0, 160.0, 240.0, 240.0, 120.0]


def test_derivatives_of_sin(lib):
    x = leaf(lib, 0.7)
    y = lib.sin(x)
    for want in (np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v), np.sin):
        (y,) = lib.autograd.grad(y, x, create_graph=True)
        same(y, want(0.7))


def check_second_order(lib, first, v):
    """The gradient of ``first(x)``, itself a gradient, at `v` in one direction, against central
    differences."""
    w = np.random.default_rng(1).standard_normal(v.shape)
    x = leaf(lib, v)
    (h,) = lib.autograd.grad((first(x) * lib.tensor(w)).sum(), x)
    direction = np.random.default_rng(2).standard_normal(v.shape)
    want = slope(lambda a: float(np.vdot(array(first(leaf(lib, a))), w)), v, direction)
    np.testing.assert_allclose(np.vdot(array(h), direction), want, rtol=1e-6)


def test_second_order_elementwise_and_reductions(lib):
    v = np.array([[0.5, 1.5, -0.3], [2.0, 0.1, -1.0]])

    def first(x):
        y = (lib.exp(x) * lib.sin(x)).sum(0).prod() + (x * x).mean() * lib.tanh(x).sum()
        return lib.autograd.grad(y, x, create_graph=True)[0]

    check_second_order(lib, first, v)


def test_second_order_through_views_writes_and_matmul():
    lib = jitgrad  # torch refuses to differentiate what was overwritten
    v = np.array([[0.5, 1.5], [2.0, 0.1]])

    def first(x):
        y = x @ x.T
        y = y * 1
        y[0] *= lib.sin(x[1])
        y[:, 1] = y[:, 1] * y[:, 0]
        return lib.autograd.grad((y[1:] * y[:-1]).sum(), x, create_graph=True)[0]

    check_second_order(lib, first, v)


def test_hessian_vector_product(lib):
    x, v = leaf(lib, [1.0, 2.0, 3.0]), lib.tensor([1.0, 0.5, -1.0])
    y = (x**3).sum() + x[0] * x[1] * x[2]
    (g,) = lib.autograd.grad(y, x, create_graph=True)
    same(g, [3.0 + 6.0, 12.0 + 3.0, 27.0 + 2.0])
    (h,) = lib.autograd.grad((g * v).sum(), x)
    hessian = np.array([[6.0, 3, 2], [3, 12, 1], [2, 1, 18]])
    same(h, hessian @ [1.0, 0.5, -1.0])


def test_gradient_norm_penalty(lib):
    x = lib.tensor([1.0, 5.0])

    def loss(w):
        out = ((w * x).sum()) ** 2 + (w**3).sum()
        (g,) = lib.autograd.grad(out, w, create_graph=True)
        return out + 0.5 * (g * g).sum() ** 0.5

    w = leaf(lib, [2.0, 3.0])
    loss(w).backward()
    for k in range(2):
        e = np.eye(2)[k]
        want = slope(lambda a: loss(leaf(lib, a)).item(), [2.0, 3.0], e)
        np.testing.assert_allclose(array(w.grad)[k], want, rtol=1e-7)


def test_first_and_second_order_mixed_in_one_loss(lib):
    x = leaf(lib, 3.0)
    y = x * x * x
    (g,) = lib.autograd.grad(y, x, create_graph=True)
    (y + g * 10).backward()  # 3x^2 + 60x
    same(x.grad, 27.0 + 180.0)


def test_create_graph_keeps_the_graph(lib):
    x = leaf(lib, 3.0)
    y = x * x
    lib.autograd.grad(y, x, create_graph=True)
    y.backward()
    same(x.grad, 6.0)


def test_gradient_with_respect_to_the_cotangent(lib):
    x, v = leaf(lib, [1.0, 2.0]), leaf(lib, [3.0, 4.0])
    (g,) = lib.autograd.grad(x * x, x, grad_outputs=v, create_graph=True)
    same(g, [6.0, 16.0])
    same(lib.autograd.grad(g.sum(), (v, x)), ([2.0, 4.0], [6.0, 8.0]))


def test_second_order_of_an_intermediate(lib):
    x = leaf(lib, 2.0)
    a = x * x
    y = a * a * x
    (ga,) = lib.autograd.grad(y, a, create_graph=True)  # 2 a x
    same(ga, 16.0)
    same(lib.autograd.grad(ga, (a, x)), (4.0, 8.0 + 16.0))


def test_second_order_of_an_intermediate_not_asked_for_at_first(lib):
    x = leaf(lib, 2.0)
    a = x * x
    y = lib.exp(a) * x
    (gx,) = lib.autograd.grad(y, x, create_graph=True)  # e^a (1 + 2 x x) as f(a, x)
    e = np.exp(4.0)
    same(gx, e * 9)
    same(lib.autograd.grad(gx, (a, x)), (9 * e, 4 * 9 * e + 8 * e))


def test_linear_gradient_has_no_second_order(lib):
    x = leaf(lib, 2.0)
    (g,) = lib.autograd.grad(x * 3, x, create_graph=True)
    same(g, 3.0)
    assert not g.requires_grad


def test_backward_with_create_graph():
    x = leaf(jitgrad, [2.0, 3.0])
    (x**3).sum().backward(create_graph=True)
    g = x.grad
    assert g.requires_grad
    same(g, [12.0, 27.0])
    x.grad = None
    (g * g).sum().backward()
    same(x.grad, [2 * 12.0 * 12.0, 2 * 27.0 * 18.0])


def test_newton_iteration(lib):
    x = leaf(lib, 1.0)
    for _ in range(8):
        y = x**3 - 2 * x - 5
        (g,) = lib.autograd.grad((y * y) / 2, x, create_graph=True)
        (h,) = lib.autograd.grad(g, x)
        with lib.no_grad():
            x -= g / h
    # a minimum of the square, where the gradient is 0
    same((x**3 - 2 * x - 5) * (3 * x * x - 2), 0.0, atol=1e-9)


def test_third_order_mixed_partials(lib):
    x, y = leaf(lib, 0.5), leaf(lib, 1.5)
    f = lib.sin(x * y)
    (fx,) = lib.autograd.grad(f, x, create_graph=True)
    (fxy,) = lib.autograd.grad(fx, y, create_graph=True)
    (fxyx,) = lib.autograd.grad(fxy, x)
    s, c = np.sin(0.75), np.cos(0.75)
    same((fx, fxy), (1.5 * c, c - 0.75 * s))
    same(fxyx, -1.5 * s - 1.5 * s - 1.5 * 0.75 * c)


def test_unrolled_optimisation_is_differentiated(lib):
    def final(rate):
        w = lib.tensor([1.0, -2.0], requires_grad=True)
        for _ in range(3):
            (g,) = lib.autograd.grad(
                (w**2 * lib.tensor([1.0, 3.0])).sum() + lib.sin(w).sum(), w, create_graph=True
            )
            w = w - rate * g
        return (w * w).sum()

    check_slope(lib, final, 0.05)


# --- functional forms -----------------------------------------------------------------------------


def test_functional_grad_and_value():
    f = lambda x, y: (x * x * y).sum()
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    same(jitgrad.grad(f)(x, y), [6.0, 16.0])
    same(jitgrad.grad(f, argnums=1)(x, y), [1.0, 4.0])
    value, (gx, gy) = jitgrad.value_and_grad(f, argnums=(0, 1))(x, y)
    same((value, gx, gy), (19.0, [6.0, 16.0], [1.0, 4.0]))
    assert type(value) is np.float64 and type(gx) is np.ndarray


def test_functional_grad_of_grad():
    f = lambda x: jitgrad.sin(x) * x
    g = jitgrad.grad(jitgrad.grad(f))
    same(g(0.7), 2 * np.cos(0.7) - 0.7 * np.sin(0.7))
    h = jitgrad.grad(jitgrad.grad(jitgrad.grad(f)))
    same(h(0.7), -3 * np.sin(0.7) - 0.7 * np.cos(0.7))


def test_functional_grad_inside_a_recorded_program():
    w = leaf(jitgrad, 0.7)
    (jitgrad.grad(lambda x: x**3)(w) * w).backward()  # 3 w^3
    same(w.grad, 9 * 0.49)


def test_functional_grad_over_a_closure():
    a = leaf(jitgrad, 2.0)
    out = jitgrad.grad(lambda x: a * x * x)(3.0)
    same(out, 12.0)
    assert a.grad is None
    out.backward()
    same(a.grad, 6.0)


def test_functional_grad_over_a_closure_of_an_earlier_segment():
    a = leaf(jitgrad, 2.0)
    b = a * a
    assert b.item() == 4

    def f(x):
        y = x * b
        assert y.item() == 12
        return y * x

    out = jitgrad.grad(f)(3.0)  # 2 x a^2
    out.backward()
    same((out, a.grad), (24.0, 24.0))
    with jitgrad.no_grad():
        assert type(jitgrad.grad(f)(3.0)) is float


def test_functional_grad_beside_an_unrelated_leaf_stays_plain():
    a = leaf(jitgrad, 2.0)
    b = a * a
    value, g = jitgrad.value_and_grad(lambda x: x * x)(3.0)
    assert type(value) is float and type(g) is float
    b.backward()
    same((g, a.grad), (6.0, 4.0))


def test_functional_grad_does_not_confuse_what_it_differentiates():
    inner = lambda x: jitgrad.grad(lambda y: x * y)(x)  # x, whatever y is
    same(jitgrad.grad(lambda x: x * inner(x))(3.0), 6.0)
    same(jitgrad.grad(lambda x: x * jitgrad.grad(lambda y: x + y)(1.0))(1.0), 1.0)
    w = leaf(jitgrad, 3.0)
    same(jitgrad.grad(lambda y: w * y)(w), 3.0)


def test_functional_grad_of_one_tensor_for_two_arguments():
    w = leaf(jitgrad, 3.0)
    same(jitgrad.grad(lambda x, y: x * x * y, argnums=(0, 1))(w, w), (18.0, 9.0))
    x = jitgrad.tensor(3.0)
    same(jitgrad.grad(lambda x, y: x * x * y, argnums=(0, 1))(x, x), (18.0, 9.0))


def test_hvp():
    f = lambda x: (x**3).sum() + x[0] * x[1]
    same(jitgrad.hvp(f)(np.array([1.0, 2.0]), np.array([1.0, -1.0])), [6.0 - 1.0, 1.0 - 12.0])
    same(jitgrad.hvp(lambda x: x.sum())(np.array([1.0, 2.0]), np.array([1.0, -1.0])), [0.0, 0.0])


def test_value_and_grad_leaves_its_arguments_alone():
    x = leaf(jitgrad, [1.0, 2.0])
    jitgrad.grad(lambda x: (x * x).sum())(x)
    assert x.grad is None and x.requires_grad and x.is_leaf


@pytest.mark.parametrize(
    "view", [lambda x: x[:], lambda x: x.reshape(2, 2).reshape(4), lambda x: x.T, lambda x: x * 1]
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_view_of_everything_that_is_gone_is_part_of_the_gradient(view, create_graph):
    """Its record is that of what it is a view of, whose cotangent it has to pass on."""
    a = np.array([0.5, 0.6, 0.7, 0.8])
    p = jitgrad.tensor(a, requires_grad=True)
    x = p * 1.0
    y = view(x)
    y.tolist(), x.tolist()
    total = ((y * y) + (x * x)).sum()
    del y
    (g,) = jitgrad.autograd.grad(total, x, create_graph=create_graph)
    np.testing.assert_allclose(g.detach().numpy(), 4 * a, rtol=1e-12)
    if create_graph:
        (g * g).sum().backward()
        np.testing.assert_allclose(p.grad.numpy(), 32 * a, rtol=1e-12)
