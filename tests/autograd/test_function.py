"""`autograd.Function`: the same classes for PyTorch and for jitgrad, and what only jitgrad does.

Start at `both`.
"""

import gc
import weakref

import numpy as np
import pytest
from function_classes import classes

import jitgrad
from jitgrad import AliasError, ArgumentError, GradientError, MissingError
from jitgrad.autograd import Function
from jitgrad.autograd.function import once_differentiable

X = [0.3, -1.2, 2.0]
OURS = classes(Function, jitgrad.tensor, once_differentiable, jitgrad.enable_grad)


SCALES = np.array([1.0, 2.0, 3.0])


def of_jitgrad():
    return jitgrad, jitgrad.tensor, OURS


def of_torch():
    torch = pytest.importorskip("torch")
    from torch.autograd.function import once_differentiable

    make = lambda a: torch.tensor(np.asarray(a), dtype=torch.float64)
    return (
        torch,
        make,
        classes(torch.autograd.Function, make, once_differentiable, torch.enable_grad),
    )


def both(program):
    """What `program` gives in jitgrad and in PyTorch, as arrays."""
    return [
        [None if x is None else np.array(x.detach().numpy()) for x in program(*library())]
        for library in (of_jitgrad, of_torch)
    ]


def leaf(tensor, values=X):
    return tensor(values).requires_grad_()


def orders(lib, tensor, c):
    """Three orders of derivatives of something of one input."""
    x = leaf(tensor)
    out = [c.Exp.apply(x * x)]
    for _ in range(3):
        out += lib.autograd.grad(out[-1].sum(), x, create_graph=True)
    return out


def product(lib, tensor, c):
    x, y = leaf(tensor), leaf(tensor, [3.0, 4.0, -1.0])
    z = (c.Product.apply(x, y, 5) ** 2).sum()
    first = lib.autograd.grad(z, (x, y), create_graph=True)
    return [*first, *lib.autograd.grad(first[0].sum(), (x, y))]


def needs(lib, tensor, c):
    x, y = tensor(X), leaf(tensor, [3.0, 4.0, -1.0])
    c.Product.apply(x, y, 5).sum().backward()
    return x.grad, y.grad


def pair(lib, tensor, c):
    x, out = leaf(tensor), []
    for f in (lambda a, b: a, lambda a, b: b, lambda a, b: a + b):
        out += lib.autograd.grad(f(*c.Pair.apply(x)).sum(), x)
        out += lib.autograd.grad(f(*c.ZeroPair.apply(x)).sum(), x)
    return out


def in_place(lib, tensor, c):
    x = leaf(tensor)
    z = x * 2
    y = c.Triple.apply(z)
    assert y is z
    (y * tensor([1.0, 10.0, 100.0])).sum().backward()
    return x.grad, z


def in_place_of_constants(lib, tensor, c):
    z = tensor(X)
    y = c.Triple.apply(z)
    assert y is z and not y.requires_grad
    return [z]


def sort(lib, tensor, c):
    x = leaf(tensor)
    y, order = c.Sort.apply(x)
    assert not order.requires_grad
    (y * tensor([1.0, 2.0, 3.0])).sum().backward()
    return x.grad, y, order


def wide(lib, tensor, c):
    x = leaf(tensor)
    (c.Wide.apply(x) * tensor(X)).sum().backward()
    return [x.grad]


def in_numpy(lib, tensor, c):
    x = leaf(tensor)
    y = c.Sine.apply(x * 2)
    (y * y).sum().backward()
    return y, x.grad


def choice(lib, tensor, c):
    x, y = leaf(tensor), leaf(tensor, [-1.0, -2.0, 0.5])
    (c.Choice.apply(x) + c.Choice.apply(y)).sum().backward()
    return x.grad, y.grad


def nones(lib, tensor, c):
    x, y = leaf(tensor), leaf(tensor)
    return lib.autograd.grad(c.Constant.apply(x, y).sum(), (x, y), allow_unused=True)


def straight(lib, tensor, c):
    x = leaf(tensor)
    (c.Straight.apply(x) ** 2).sum().backward()
    return [x.grad]


def nested(lib, tensor, c):
    x = leaf(tensor)
    (g,) = lib.autograd.grad(c.Outer.apply(x).sum(), x, create_graph=True)
    (h,) = lib.autograd.grad(g.sum(), x, create_graph=True)
    return g, h, *lib.autograd.grad(h.sum(), x)


def hooked(lib, tensor, c):
    x, seen = leaf(tensor), []
    y = c.Exp.apply(x)
    y.register_hook(lambda g: seen.append(g) or g * 2)
    y.sum().backward()
    return x.grad, *seen


def twice(lib, tensor, c):
    x = leaf(tensor)
    y = c.Exp.apply(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    return [x.grad]


def without_grad(lib, tensor, c):
    x = leaf(tensor)
    with lib.no_grad():
        y = c.Exp.apply(x)
    assert not y.requires_grad
    return [y]


def inner_graph(lib, tensor, c):
    """`backward` differentiates what `forward` has recorded with gradients on."""
    x = leaf(tensor)
    c.Inner.apply(x * 2).backward()
    return [x.grad]


PROGRAMS = [
    *(orders, product, needs, pair, in_place, in_place_of_constants, sort, wide, in_numpy),
    *(choice, nones, straight, nested, hooked, twice, without_grad, inner_graph),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_as_in_pytorch(program, tier):
    got, want = both(program)
    assert len(got) == len(want)
    for ours, theirs in zip(got, want, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("name", ["Failing", "Few", "WrongShape", "ForNumber"])
def test_errors_in_backward_are_raised_there(name):
    """`forward` runs; PyTorch and jitgrad refuse when the gradient is asked for."""
    for lib, tensor, found in (of_jitgrad(), of_torch()):
        x = leaf(tensor)
        args = {"Few": (x, 2 * x), "ForNumber": (x, 3.0)}.get(name, (x,))
        y = getattr(found, name).apply(*args)
        with pytest.raises((RuntimeError, ValueError, ZeroDivisionError)):
            y.sum().backward()
        assert x.grad is None and lib.is_grad_enabled()
        (x * 2).sum().backward()
        assert x.grad.tolist() == [2.0] * 3


def test_errors_in_backward_say_what_is_wrong():
    x = leaf(jitgrad.tensor)
    y = x * 2
    with pytest.raises(GradientError, match="1 gradients from backward.*expected one for each"):
        OURS.Few.apply(x, y).sum().backward()
    with pytest.raises(GradientError, match="argument 1, which is no tensor"):
        OURS.ForNumber.apply(x, 3.0).sum().backward()
    with pytest.raises(jitgrad.ShapeError, match=r"argument 0 of shape \(7,\).*expected \(3,\)"):
        OURS.WrongShape.apply(x).sum().backward()
    with pytest.raises(GradientError):  # a trace tells at once
        jitgrad.jit(lambda x: OURS.Few.apply(x, x))(x)
    with pytest.raises(jitgrad.ShapeError):
        jitgrad.jit(lambda x: OURS.WrongShape.apply(x))(x)


def test_exceptions_in_forward_leave_everything():
    class Fails(Function):
        @staticmethod
        def forward(ctx, x):
            raise KeyError("forward")

    x = leaf(jitgrad.tensor)
    y = x * 3
    with pytest.raises(KeyError):
        Fails.apply(y)
    assert jitgrad.is_grad_enabled()
    y.sum().backward()
    assert x.grad.tolist() == [3.0] * 3


def test_a_leaf_is_not_written_to():
    x = leaf(jitgrad.tensor)
    with pytest.raises(AliasError, match="leaf"):
        OURS.Triple.apply(x)
    assert x.tolist() == X and x.is_leaf
    with pytest.raises(ArgumentError, match="no argument"):

        class Other(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.mark_dirty(x * 2)
                return x * 2

        Other.apply(x)


def test_views_see_what_was_written_in_place():
    x = leaf(jitgrad.tensor)
    z = x * 1
    part = z[1:]
    OURS.Triple.apply(z)
    assert part.tolist() == [3 * X[1], 3 * X[2]]
    part.sum().backward()
    assert x.grad.tolist() == [0.0, 9 * X[1], 9 * X[2]]


# --- traces ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Exp", "Sine", "Straight", "Wide", "Choice"])
def test_under_jit_each_call_has_its_values(name, tier):
    """`Choice` asks for values in its backward alone, which is called on arrays; `Sine` in its
    forward."""
    f = getattr(OURS, name).apply
    gradient = jitgrad.grad(lambda x: (f(x) * x).sum())
    traced = jitgrad.jit(gradient)
    for factor in (1.0, -2.0, 0.5):
        a = factor * np.array(X)
        if name == "Sine":
            with pytest.raises(jitgrad.JitError, match="concrete value"):
                traced(a)
        else:
            np.testing.assert_allclose(traced(a), gradient(a), rtol=1e-12)


def test_in_place_under_jit():
    @jitgrad.jit
    def f(x):
        z = x * 2
        return OURS.Triple.apply(z).sum() + z.sum()

    assert jitgrad.grad(f)(np.ones(2)).tolist() == [2 * 3 * 6 * 2.0] * 2


def test_in_the_body_of_a_loop(tier):
    def loss(x):
        return jitgrad.scan(lambda c, _: (OURS.Exp.apply(c * 0.1), None), x, length=3)[0].sum()

    def written(x):
        for _ in range(3):
            x = OURS.Exp.apply(x * 0.1)
        return x.sum()

    a = np.array(X)
    want = jitgrad.grad(written)(a)
    np.testing.assert_allclose(jitgrad.grad(loss)(a), want, rtol=1e-12)
    np.testing.assert_allclose(jitgrad.jit(jitgrad.grad(loss))(a), want, rtol=1e-12)


def test_the_classes_are_no_stale_constants():
    factor = np.array([1.0, 2.0])

    class Scaled(Function):
        scale = 2.0

        @staticmethod
        def forward(ctx, x):
            return x * factor

        @staticmethod
        def backward(ctx, g):
            return g * factor * Scaled.scale

    gradient = jitgrad.jit(jitgrad.grad(lambda x: Scaled.apply(x).sum()))
    assert gradient(np.ones(2)).tolist() == [2.0, 4.0]
    factor[:] = 3.0
    assert gradient(np.ones(2)).tolist() == [6.0, 6.0]
    Scaled.scale = 1.0
    assert gradient(np.ones(2)).tolist() == [3.0, 3.0]
    Scaled.backward = staticmethod(lambda ctx, g: g * 100)
    assert gradient(np.ones(2)).tolist() == [100.0, 100.0]


def test_rows_and_forward_mode():
    a = np.array([X, X]) * 0.5
    rows = jitgrad.vmap(jitgrad.grad(lambda x: OURS.Exp.apply(x).sum()))(a)
    np.testing.assert_allclose(rows, 2 * np.exp(a), rtol=1e-12)
    _, t = jitgrad.jvp(OURS.Exp.apply, (a,), (a,))
    np.testing.assert_allclose(t, 2 * np.exp(a) * a, rtol=1e-12)


def test_against_finite_differences():
    class Sigmoid(Function):
        @staticmethod
        def forward(ctx, x):
            out = 1 / (1 + jitgrad.exp(-x))
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx, g):
            (out,) = ctx.saved_tensors
            return g * out * (1 - out)

    x, y = leaf(jitgrad.tensor), leaf(jitgrad.tensor, [3.0, 4.0, -1.0])
    assert jitgrad.autograd.gradcheck(Sigmoid.apply, (x,))
    assert jitgrad.autograd.gradgradcheck(Sigmoid.apply, (x,))
    assert jitgrad.autograd.gradgradcheck(lambda x, y: OURS.Product.apply(x, y, 2.0), (x, y))
    jitgrad.check_grads(Sigmoid.apply, (np.array(X),), order=3)


def test_jvp_of_its_own():
    class Square(Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_forward(x, y)
            return x * x * y

        @staticmethod
        def jvp(ctx, t, s):
            x, y = ctx.saved_tensors
            return 2 * x * y * t + x * x * s

    a = np.array(X)
    g = lambda x, y: Square.apply(jitgrad.asarray(x), jitgrad.asarray(y)).sum()
    np.testing.assert_allclose(jitgrad.grad(g)(a, a), 2 * a * a, rtol=1e-12)
    np.testing.assert_allclose(jitgrad.grad(g, 1)(a, a), a * a, rtol=1e-12)
    np.testing.assert_allclose(jitgrad.jvp(g, (a, a), (a, a))[1], (3 * a**3).sum(), rtol=1e-12)


# --- what is kept ---------------------------------------------------------------------------------


def test_calls_are_let_go(tier):
    """What a rule in NumPy has kept goes with the graph."""
    kept = []

    class Keeps(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.thing = type("Thing", (), {})()
            kept.append(weakref.ref(ctx.thing))
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            assert ctx.thing is kept[-1]()
            return g * float(ctx.saved_tensors[0].sum())

    for k in range(4):
        x = jitgrad.tensor([1.0, float(k)], requires_grad=True)
        (Keeps.apply(x) * 3).sum().backward()
        assert x.grad.tolist() == [3.0 * (1 + k)] * 2
    del x
    jitgrad.ones(1).item()
    gc.collect()
    assert sum(ref() is not None for ref in kept) <= 1


def test_ctx_has_attributes_of_any_kind():
    class Many(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.own, ctx.made, ctx.array = x, x * 2, SCALES
            ctx.save_for_backward(None, x)
            return ctx.made

        @staticmethod
        def backward(ctx, g):
            nothing, x = ctx.saved_tensors
            if nothing is not None:
                raise TypeError("expected None, which was saved")
            return g * ctx.own * ctx.made * ctx.array + 0 * x

    for transform in (lambda f: f, jitgrad.jit):
        gradient = transform(jitgrad.grad(lambda x: Many.apply(x).sum()))
        np.testing.assert_allclose(gradient(np.array(X)), 2 * np.square(X) * [1, 2, 3])
    x = leaf(jitgrad.tensor)
    (g,) = jitgrad.autograd.grad(Many.apply(x).sum(), x, create_graph=True)
    # x * out * array, where out has the derivative x * out * array of its own
    (h,) = jitgrad.autograd.grad(g.sum(), x)
    a, s = np.array(X), np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(h.numpy(), 2 * a * s + a * s * (2 * a**2 * s), rtol=1e-12)


def test_a_second_derivative_through_what_was_saved_on_the_way_is_an_error():
    """PyTorch gives a wrong one without a word: what `forward` computes has no graph."""

    class Wrong(Function):
        @staticmethod
        def forward(ctx, x):
            e = x.exp()
            ctx.save_for_backward(x, e, x.sign(), (x > 0).double())
            return x * e

        @staticmethod
        def backward(ctx, g):
            x, e, sign, positive = ctx.saved_tensors
            return g * (1 + x) * e + 0 * sign + 0 * positive

    class Right(Wrong):
        @staticmethod
        def backward(ctx, g):
            x, _, sign, positive = ctx.saved_tensors
            return g * (1 + x) * x.exp() + 0 * sign + 0 * positive

    a = np.array(X)
    for transform in (lambda f: f, jitgrad.jit):
        for f in (Wrong, Right):
            first = transform(jitgrad.grad(lambda x, f=f: f.apply(x * 1).sum()))
            np.testing.assert_allclose(first(a), (1 + a) * np.exp(a), rtol=1e-12)
        second = transform(jitgrad.hvp(lambda x: Right.apply(x).sum()))
        np.testing.assert_allclose(second(a, np.ones(3)), (2 + a) * np.exp(a), rtol=1e-12)
        with pytest.raises(GradientError, match="computed on the way"):
            transform(jitgrad.hvp(lambda x: Wrong.apply(x).sum()))(a, np.ones(3))


def test_misuse():
    with pytest.raises(MissingError, match=r"call Exp.apply"):
        OURS.Exp()
    x = leaf(jitgrad.tensor)
    with pytest.raises(GradientError, match="each as an argument"):
        OURS.Product.apply([x], 1.0, 2.0)
    with pytest.raises(ArgumentError, match="attribute of ctx"):

        class Saves(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward("text")

        Saves.apply(x)
    with pytest.raises(MissingError, match="forward"):
        type("Empty", (Function,), {}).apply(x)


def test_a_marked_backward_is_not_differentiated_again():
    x = leaf(jitgrad.tensor)
    (g,) = jitgrad.autograd.grad(OURS.Sine.apply(x).sum(), x, create_graph=True)
    with pytest.raises(GradientError):
        g.sum().backward()

    class Twice(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0]

    first = jitgrad.jit(jitgrad.grad(lambda x: Twice.apply(x).sum()))
    assert first(np.array(X)).tolist() == [2 * a for a in X]
    with pytest.raises(GradientError, match="once_differentiable"):
        jitgrad.jit(jitgrad.grad(lambda x: first(x).sum()))(jitgrad.tensor(X))
