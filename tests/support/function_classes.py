"""Classes for `autograd.Function` that PyTorch and jitgrad both take: the same text, made for each.

Start at `classes`.
"""

from types import SimpleNamespace


def classes(Function, tensor, once_differentiable, enable_grad):  # noqa: C901 - one class after the other
    """The classes over `Function`; ``tensor(array)`` makes a tensor."""

    class Exp(Function):
        """Twice the derivative, so that one sees who was asked."""

        @staticmethod
        def forward(ctx, x):
            out = x.exp()
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx, g):
            (out,) = ctx.saved_tensors
            return 2 * g * out

    class Product(Function):
        @staticmethod
        def forward(x, y, factor):
            return x * y * factor

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, y, factor = inputs
            ctx.save_for_backward(x, y)
            ctx.factor = factor

        @staticmethod
        def backward(ctx, g):
            x, y = ctx.saved_tensors
            first = g * y * ctx.factor if ctx.needs_input_grad[0] else None
            second = g * x * ctx.factor if ctx.needs_input_grad[1] else None
            return first, second, None

    class Pair(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, g, h):
            if g is None:
                return h * 30
            if h is None:
                return g * 20
            return g * 2 + h * 3

    class ZeroPair(Function):
        """With zeros for results that nothing depends on."""

        @staticmethod
        def forward(ctx, x):
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, g, h):
            return (g + 1) * 2 + (h + 1) * 3

    class Triple(Function):
        """In place."""

        @staticmethod
        def forward(ctx, x):
            x.mul_(3.0)
            ctx.mark_dirty(x)
            ctx.save_for_backward(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return 3 * g * ctx.saved_tensors[0]

    class Sort(Function):
        @staticmethod
        def forward(ctx, x):
            order = x.argsort()
            ctx.mark_non_differentiable(order)
            ctx.save_for_backward(order)
            return x[order], order

        @staticmethod
        def backward(ctx, g, _):
            (order,) = ctx.saved_tensors
            out = g * 0
            out[order] = g
            return out

    class Wide(Function):
        """A gradient that is broadcast is summed."""

        @staticmethod
        def forward(ctx, x):
            return x + 1.0

        @staticmethod
        def backward(ctx, g):
            return (g * g).reshape(1, -1) * 2

    class Sine(Function):
        """In NumPy."""

        @staticmethod
        def forward(ctx, x):
            import numpy as np

            ctx.save_for_backward(x)
            return tensor(np.sin(x.detach().numpy()))

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            import numpy as np

            (x,) = ctx.saved_tensors
            return tensor(np.cos(x.detach().numpy()) * g.numpy())

    class Choice(Function):
        """A branch by values."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 1

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 7 if x.sum() > 0 else g * 9

    class Constant(Function):
        """None for zeros."""

        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, g):
            return None, g * 5

    class Failing(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            raise ZeroDivisionError("in backward")

    class Few(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, g):
            return g

    class WrongShape(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g[:1].expand(7) if hasattr(g, "expand") else g[:1].broadcast_to((7,))

    class ForNumber(Function):
        @staticmethod
        def forward(ctx, x, factor):
            return x * factor

        @staticmethod
        def backward(ctx, g):
            return g, g

    class Straight(Function):
        """The gradient of the identity for a step."""

        @staticmethod
        def forward(ctx, x):
            return x.round()

        @staticmethod
        def backward(ctx, g):
            return g

    class Outer(Function):
        """A function in a function's backward."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * Exp.apply(x)

    class Inner(Function):
        """With a graph of its own."""

        @staticmethod
        def forward(ctx, x):
            with enable_grad():
                inner = x.detach().requires_grad_()
                ctx.out = (inner**2).sum()
            ctx.save_for_backward(inner)
            return ctx.out.detach()

        @staticmethod
        def backward(ctx, g):
            (inner,) = ctx.saved_tensors
            ctx.out.backward(retain_graph=True)
            return g * inner.grad

    found = {name: c for name, c in locals().items() if isinstance(c, type) and c is not Function}
    return SimpleNamespace(**found)
