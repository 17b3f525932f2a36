"""What the workloads are timed in: one function per library, from a workload and its inputs to a
step to call.

A step gives the value and the gradients (or the product of a Hessian-vector product) as things
`numpy.asarray` takes. Libraries that are not installed are left out (`installed`). jax is a peer
with `jit`; PyTorch is eager, what its users get without a compiler of their own. Start at
`LIBRARIES`.
"""

import importlib.util
import types

import numpy as np

LIBRARIES = {}


def library(*modules):
    """Registers a maker of steps under its own name, with the modules it needs."""

    def register(make):
        LIBRARIES[make.__name__] = (make, modules)
        return make

    return register


def installed():
    """Names of the libraries that are there."""
    return [
        name for name, (_, needs) in LIBRARIES.items() if all(map(importlib.util.find_spec, needs))
    ]


@library("jitgrad")
def jitgrad(workload, inputs):
    import jitgrad

    xs = [jitgrad.tensor(a, requires_grad=k < workload.wrt) for k, a in enumerate(inputs)]
    if workload.step == "hvp":
        product = jitgrad.hvp(lambda x: workload.loss(jitgrad, x))
        x, v = (x.detach() for x in xs)
        return lambda: [product(x, v).numpy()]
    leaves = xs[: workload.wrt]

    def step():
        for x in leaves:
            x.grad = None
        value = workload.loss(jitgrad, *xs)
        value.backward()
        return [value.detach(), *[x.grad for x in leaves]]

    return step


@library("numpy")
def numpy(workload, inputs):
    return lambda: workload.by_hand(*inputs)


@library("numba")
def numba(workload, inputs):
    from .hand import HAND

    return HAND[workload.name](*inputs) if workload.name in HAND else None


@library("torch")
def torch(workload, inputs):
    import torch

    xp = types.SimpleNamespace(
        **{
            name: getattr(torch, name)
            for name in "abs cumsum dot exp log1p relu sin softmax sqrt sum tanh".split()
        },
        logsumexp=torch.logsumexp,
        norm=torch.linalg.vector_norm,
        softplus=torch.nn.functional.softplus,
        var=lambda a, axis: torch.var(a, axis, correction=0),
    )
    xs = [torch.tensor(a, requires_grad=k < workload.wrt) for k, a in enumerate(inputs)]
    leaves = xs[: workload.wrt]
    if workload.step == "hvp":
        x, v = xs

        def product():
            (g,) = torch.autograd.grad(workload.loss(xp, x), x, create_graph=True)
            return torch.autograd.grad(g, x, v)

        return product

    def step():
        value = workload.loss(xp, *xs)
        return [value.detach(), *torch.autograd.grad(value, leaves)]

    return step


@library("jax")
def jax(workload, inputs):
    import jax

    jax.config.update("jax_enable_x64", True)
    xp = types.SimpleNamespace(**vars(jax.numpy))
    xp.logsumexp, xp.softmax = jax.nn.logsumexp, jax.nn.softmax
    xp.relu, xp.softplus = jax.nn.relu, jax.nn.softplus
    xp.norm = lambda a: jax.numpy.sqrt(xp.sum(a * a))
    xs = [jax.numpy.asarray(a) for a in inputs]
    if workload.step == "hvp":
        slope = jax.grad(lambda x: workload.loss(xp, x))
        run = jax.jit(lambda x, v: [jax.jvp(slope, (x,), (v,))[1]])
    else:
        both = jax.value_and_grad(
            lambda *xs: workload.loss(xp, *xs), argnums=tuple(range(workload.wrt))
        )
        run = jax.jit(lambda *xs: [(out := both(*xs))[0], *out[1]])
    return lambda: jax.block_until_ready(run(*xs))


@library("autograd")
def autograd(workload, inputs):
    import autograd
    import autograd.numpy as anp

    xp = types.SimpleNamespace(**vars(anp))
    xp.norm, xp.softplus = (lambda a: anp.sqrt(anp.sum(a * a))), (lambda z: anp.logaddexp(z, 0.0))
    xp.logsumexp, xp.softmax, xp.relu = (
        _logsumexp(anp),
        _softmax(anp),
        (lambda a: anp.maximum(a, 0.0)),
    )
    wrt = list(range(workload.wrt))
    if workload.step == "hvp":
        product = autograd.hessian_vector_product(lambda x: workload.loss(xp, x))
        return lambda: [product(*inputs)]
    both = autograd.value_and_grad(lambda *xs: workload.loss(xp, *xs), wrt)
    return lambda: [(out := both(*inputs))[0], *out[1]]


def _logsumexp(anp):
    def logsumexp(a, axis):
        top = anp.max(a, axis, keepdims=True)
        return anp.squeeze(anp.log(anp.sum(anp.exp(a - top), axis, keepdims=True)) + top, axis)

    return logsumexp


def _softmax(anp):
    def softmax(a, axis):
        e = anp.exp(a - anp.max(a, axis, keepdims=True))
        return e / anp.sum(e, axis, keepdims=True)

    return softmax


#: value and gradient of the workloads that are chains of elementwise operations
EXPRESSIONS = {
    "sumsq": ("sum(2 * x * x)", "4 * x"),
    "chain": (
        "sum(sin(x) * exp(-x * x) + log1p(abs(x)) * tanh(x))",
        (
            "(cos(x) - 2 * x * sin(x)) * exp(-x * x) "
            "+ where(x > 0, 1, where(x < 0, -1, 0)) * tanh(x) / (1 + abs(x)) "
            "+ log1p(abs(x)) * (1 - tanh(x) * tanh(x))"
        ),
    ),
}


@library("numexpr")
def numexpr(workload, inputs):
    import numexpr

    if workload.name not in EXPRESSIONS:
        return None
    value, gradient = EXPRESSIONS[workload.name]
    names = dict(zip("xy", inputs, strict=False))
    return lambda: [numexpr.evaluate(value, names), numexpr.evaluate(gradient, names)]


#: The peers: all but jitgrad itself and the two references.
OTHERS = tuple(name for name in LIBRARIES if name not in ("jitgrad", "numpy", "numba"))


def agree(got, want, dtype):
    """Raises unless what a step gave is what NumPy in float64 says, relative to the largest
    magnitude."""
    tolerance = 1e-9 if np.dtype(dtype) == np.float64 else 2e-3
    if len(got) != len(want):
        raise AssertionError(f"got {len(got)} outputs, expected {len(want)}")
    for k, (g, w) in enumerate(zip(got, want, strict=True)):
        g, w = np.asarray(g), np.asarray(w)
        wrong = np.abs(g.reshape(w.shape) - w).max() / max(np.abs(w).max(), 1e-300)
        if not wrong <= tolerance:
            raise AssertionError(
                f"output {k} is off by {wrong:.1e} of the largest magnitude, not {tolerance:.0e}"
            )
