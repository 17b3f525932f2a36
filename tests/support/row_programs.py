"""Random row programs: reductions over random axes, broadcasts of their results, scans, slices and
pads, permutes, index arrays, products with vectors and elementwise formulas, with values that stay
within range. Those with `square` have axes of one length throughout: vectors against themselves,
squares with their transposes, sums of columns put beside rows.

A program is a list of steps, data that `run` reads with tensors or with arrays. Start at
`random_program`.
"""

import numpy as np

import jitgrad
import jitgrad.numpy as jn

LENGTHS = (1, 2, 3, 4, 6, 9, 13)
UNARY = {
    "exp": lambda x: jn.exp(-x * x),
    "tanh": jn.tanh,
    "sin": jn.sin,
    "square": lambda x: x * x,
    "negative": lambda x: -x,
    "half": lambda x: x / 2 + 1,
    "root": lambda x: jn.sqrt(x * x + 0.5),
}
BINARY = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / (y * y + 1),
    "maximum": jn.maximum,
    "where": lambda x, y: jn.where(x > 0.1, x, y),
}
REDUCE = {
    "sum": lambda x, axes, keep: x.sum(axes, keepdims=keep) / 4,
    "mean": lambda x, axes, keep: x.mean(axes, keepdims=keep),
    "max": lambda x, axes, keep: x.max(axes, keepdims=keep),
    "var": lambda x, axes, keep: x.var(axes, keepdims=keep),
    "norm": lambda x, axes, keep: jn.sqrt((x * x).sum(axes, keepdims=keep) + 1),
}
SCAN = {
    "cumsum": lambda x, axis, back: jitgrad.cumsum(x, axis, reverse=back) / 4,
    "cummax": lambda x, axis, back: jitgrad.cummax(x, axis, reverse=back),
    "logcumsumexp": lambda x, axis, back: jitgrad.logcumsumexp(x, axis, reverse=back),
    "cumprod": lambda x, axis, back: jitgrad.cumprod(jn.tanh(x), axis, reverse=back),
}
COMPOSED = {
    "softmax": lambda x, axes: _softmax(x, axes),
    "normalized": lambda x, axes: (
        (x - x.mean(axes, keepdims=True)) / jn.sqrt(x.var(axes, keepdims=True) + 0.1)
    ),
    "shares": lambda x, axes: x / (x * x + 0.1).sum(axes, keepdims=True),
    "by norm": lambda x, axes: x / jn.sqrt((x * x).sum(axes, keepdims=True) + 0.1),
    "scaled": lambda x, axes: x / (jn.absolute(x).max(axes, keepdims=True) + 0.1),
    "less mean": lambda x, axes: x - x.mean(axes, keepdims=True),
}


def _softmax(x, axes):
    e = jn.exp(x - x.max(axes, keepdims=True))
    return e / e.sum(axes, keepdims=True)


#: Their second derivatives compare values of one plan with the same values computed again in
#: another.
KINKS = frozenset(("maximum", "max", "cummax", "softmax", "scaled"))


class _Maker:
    """Draws steps; `shapes` has those of the values so far."""

    def __init__(self, rng, lengths, smooth=False, ranks=(1, 2, 2, 2, 3, 3, 4)):
        self.rng, self.steps, self.smooth = rng, [], smooth
        self.lengths = [rng.choice(lengths) for _ in range(3)]  # few, so that values fit together
        self.shapes = [self.shape(rng.choice(ranks)) for _ in range(rng.choice([1, 2, 2, 3]))]
        self.leaves = list(self.shapes)

    def one_of(self, functions, shape=()):
        smooth = self.smooth or 0 in shape  # nothing has no extreme
        return functions[
            self.rng.choice([name for name in functions if not smooth or name not in KINKS])
        ]

    def shape(self, ndim):
        return tuple(self.rng.choice(self.lengths) for _ in range(ndim))

    def axes(self, shape):
        return tuple(sorted(self.rng.sample(range(len(shape)), self.rng.randint(1, len(shape)))))

    def pick(self):
        recent = self.shapes[-4:] if self.rng.random() < 0.7 else self.shapes
        return self.rng.choice([k for k, shape in enumerate(self.shapes) if shape in recent])

    def step(self):
        k = self.pick()
        shape = self.shapes[k]
        makers = [
            self.unary,
            self.binary,
            self.binary,
            self.reduce,
            self.reduce,
            self.composed,
            self.broadcast,
        ]
        makers += [self.scan, self.cut, self.pad, self.permute, self.product] if shape else []
        makers += [self.gather, self.along] if shape and 0 not in shape else []
        step, out = self.rng.choice(makers)(k, shape)
        if len(out) <= 4 and int(np.prod(out)) <= 4000:
            self.steps.append(step)
            self.shapes.append(tuple(out))

    def unary(self, k, shape):
        return (self.one_of(UNARY), k), shape

    def binary(self, k, shape):
        fits = []
        for other, s in enumerate(self.shapes):
            try:
                fits.append((other, np.broadcast_shapes(shape, s)))
            except ValueError:
                pass
        other, out = self.rng.choice(fits)
        f = self.one_of(BINARY)
        return (f, k, other) if self.rng.random() < 0.5 else (f, other, k), out

    def reduce(self, k, shape):
        if not shape:
            return self.unary(k, shape)
        axes, keep = self.axes(shape), self.rng.random() < 0.7
        f = self.one_of(REDUCE, shape)
        out = tuple(1 if a in axes else n for a, n in enumerate(shape) if keep or a not in axes)
        return (lambda x: f(x, axes, keep), k), out

    def composed(self, k, shape):
        if not shape:
            return self.unary(k, shape)
        f, axes = self.one_of(COMPOSED, shape), self.axes(shape)
        return (lambda x: f(x, axes), k), shape

    def broadcast(self, k, shape):
        out = tuple(
            self.rng.choice(self.lengths) if n == 1 and self.rng.random() < 0.5 else n
            for n in shape
        )
        if self.rng.random() < 0.3:
            out = (self.rng.choice(self.lengths), *out)
        return (lambda x: jn.broadcast_to(x, out), k), out

    def scan(self, k, shape):
        f, axis, back = self.one_of(SCAN), self.rng.randrange(len(shape)), self.rng.random() < 0.5
        return (lambda x: f(x, axis, back), k), shape

    def cut(self, k, shape):
        place = []
        for n in shape:
            low = self.rng.randint(0, max(n - 1, 0) // 2)
            place.append(
                self.rng.choice(
                    [
                        slice(None),
                        slice(None),
                        slice(low, None),
                        slice(0, n - low),
                        slice(None, None, -1),
                        slice(None, None, 2),
                    ]
                )
            )
        place = tuple(place)
        return (lambda x: x[place], k), np.empty(shape)[place].shape

    def pad(self, k, shape):
        width = tuple((self.rng.randint(0, 1), self.rng.randint(0, 2)) for _ in shape)
        return (lambda x: jn.pad(x, width), k), tuple(
            n + a + b for n, (a, b) in zip(shape, width, strict=True)
        )

    def permute(self, k, shape):
        order = self.rng.sample(range(len(shape)), len(shape))
        return (lambda x: x.transpose(*order), k), tuple(shape[a] for a in order)

    def gather(self, k, shape):
        """By one or two index arrays of up to two axes, on neighbouring axes or apart."""
        out = tuple(self.rng.choice(self.lengths) for _ in range(self.rng.choice([1, 1, 2])))
        axes = self.rng.sample(range(len(shape)), min(len(shape), self.rng.choice([1, 1, 2])))
        draw = np.random.default_rng(self.rng.randrange(10**6)).integers
        place = tuple(draw(-n, n, out) if a in axes else slice(None) for a, n in enumerate(shape))
        return (lambda x: x[place], k), np.empty(shape)[place].shape

    def along(self, k, shape):
        axis, draw = (
            self.rng.randrange(len(shape)),
            np.random.default_rng(self.rng.randrange(10**6)).integers,
        )
        size = [
            self.rng.choice(self.lengths) if a == axis else self.rng.choice([1, n])
            for a, n in enumerate(shape)
        ]
        index = draw(-shape[axis], shape[axis], size)
        if self.rng.random() < 0.3:
            return (lambda x: jn.sort(x, axis), k), shape
        out = tuple(size[axis] if a == axis else n for a, n in enumerate(shape))
        return (lambda x: jn.take_along_axis(x, index, axis), k), out

    def product(self, k, shape):
        fits = [j for j, s in enumerate(self.shapes) if len(s) == 1 and s[0] == shape[-1]]
        if fits:
            return (lambda x, y: x @ y / 4, k, self.rng.choice(fits)), shape[:-1]
        fits = [
            j
            for j, s in enumerate(self.shapes)
            if len(s) == 2 and len(shape) == 2 and s[0] == shape[1]
        ]
        if fits:
            j = self.rng.choice(fits)
            return (lambda x, y: x @ y / 4, k, j), (shape[0], self.shapes[j][1])
        return self.reduce(k, shape)


class _SquareMaker(_Maker):
    """Draws steps over axes of one length, most of them, that meet each other."""

    def __init__(self, rng, lengths, smooth):
        self.rng, self.steps, self.smooth = rng, [], smooth
        n, d = rng.choice(lengths), rng.choice((1, 2, 3))
        self.lengths = [n, n, d]
        self.shapes = [*rng.sample([(n,), (n,), (n, d), (n, n), (d, n)], 2)]
        self.leaves = list(self.shapes)

    def step(self):
        fits = [(k, s) for k, s in enumerate(self.shapes) if s]
        k, shape = self.rng.choice(fits[-5:] if self.rng.random() < 0.7 else fits)
        makers = [self.pairs, self.triples] if len(shape) < 3 else []
        makers += [self.turned, self.across] if len(set(shape)) < len(shape) else []
        if not makers or self.rng.random() < 0.6:
            super().step()
            return
        step, out = self.rng.choice(makers)(k, shape)
        if int(np.prod(out)) <= 4000:
            self.steps.append(step)
            self.shapes.append(tuple(out))

    def pairs(self, k, shape):
        """Each point of the first axis with each of that of another value."""
        other = self.rng.choice([j for j, s in enumerate(self.shapes) if s == shape])
        f = self.one_of(BINARY)
        if self.rng.random() < 0.5:
            return (lambda x, y: f(x[:, None], y[None]), k, other), (shape[0], *shape)
        return (lambda x, y: f(x[None], y[:, None]), k, other), (shape[0], *shape)

    def triples(self, k, shape):
        if len(shape) > 1:
            return self.pairs(k, shape)
        f, g = (self.one_of(BINARY) for _ in range(2))
        return (lambda x: f(g(x[:, None, None], x[None, :, None]), x[None, None, :]), k), shape * 3

    def turned(self, k, shape):
        """A value and its transpose."""
        a, b = self.rng.choice(
            [(a, b) for a, n in enumerate(shape) for b in range(a) if n == shape[b]]
        )
        f, order = self.one_of(BINARY), list(range(len(shape)))
        order[a], order[b] = b, a
        return (lambda x: f(x, x.transpose(*order)), k), shape

    def across(self, k, shape):
        """A reduction over one axis, along another."""
        a, b = self.rng.choice(
            [(a, b) for a, n in enumerate(shape) for b in range(len(shape)) if n == shape[b]]
        )
        f, g = self.one_of(BINARY), self.one_of(REDUCE)
        if a == b:
            return (lambda x: f(g(x, (a,), True), x), k), shape
        order = list(range(len(shape)))
        order[a], order[b] = b, a
        return (lambda x: f(g(x, (a,), True).transpose(*order), x), k), shape


class Program:
    """`steps` over `leaves` (shapes); `results` has the numbers of the values that are asked
    for."""

    def __init__(self, rng, length, lengths=LENGTHS, square=False, smooth=False, **options):
        maker = (_SquareMaker if square else _Maker)(rng, lengths, smooth, **options)
        for _ in range(length):
            maker.step()
        self.leaves, self.steps, last = maker.leaves, maker.steps, len(maker.shapes) - 1
        self.results = sorted(
            {last, *rng.sample(range(last + 1), min(last + 1, rng.randint(0, 2)))}
        )
        self.data = [
            np.random.default_rng(rng.randrange(10**6)).uniform(-1.5, 1.5, shape)
            for shape in self.leaves
        ]

    def values(self, tensors):
        pool = list(tensors)
        for f, *places in self.steps:
            pool.append(f(*[pool[k] for k in places]))
        return [pool[k] for k in self.results]

    def __call__(self, dtype=np.float64, second=False):
        """The results and the gradients of the leaves, as arrays; if `second`, those of the squares
        of gradients."""
        leaves = [jitgrad.tensor(x.astype(dtype), requires_grad=True) for x in self.data]
        results = self.values(leaves)
        loss = sum((out * _weights(out.shape, dtype)).sum() for out in results)
        if second:
            loss.backward(create_graph=True)
            first, loss = [x.grad for x in leaves], 0
            for x, g in zip(leaves, first, strict=True):
                x.grad = None
                loss = (
                    loss + (g * g * _weights(g.shape, dtype)).sum()
                    if g is not None and g.requires_grad
                    else loss
                )
            results = [*results, *[g for g in first if g is not None]]
        if isinstance(loss, jitgrad.Tensor):
            loss.backward()
        gradients = [None if x.grad is None else x.grad.numpy() for x in leaves]
        return [out.detach().numpy() for out in results] + gradients


def _weights(shape, dtype):
    n = int(np.prod(shape))
    return jitgrad.tensor(np.cos(np.arange(n)).reshape(shape).astype(dtype))


def random_program(rng, length=10, **options):
    """A `Program` drawn from the `random.Random` `rng`."""
    return Program(rng, length, **options)
