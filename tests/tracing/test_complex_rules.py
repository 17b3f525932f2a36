"""Rules of users, loops and recomputed functions are given complex cotangents as they are, and give
them, as PyTorch's are: the gradient is that of the same program without the rule."""

import numpy as np
import pytest

import jitgrad as J

Z = np.array([0.7 + 0.4j, -1.2 + 0.3j, 0.1 - 0.9j])
W = 1.5 - 0.5j


def plain(z):
    return z * z * W + J.exp(1j * z)


@J.custom_vjp
def by_vjp(z):
    return plain(z)


by_vjp.defvjp(
    lambda z: (plain(z), z),
    lambda z, g: (g * J.conj(2 * z * W + 1j * J.exp(1j * z)),),
)


@J.custom_jvp
def by_jvp(z):
    return plain(z)


@by_jvp.defjvp
def _rule(given, tangents):
    (z,), (t,) = given, tangents
    return plain(z), t * (2 * z * W + 1j * J.exp(1j * z))


class ByFunction(J.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return plain(z)

    @staticmethod
    def backward(ctx, g):
        (z,) = ctx.saved_tensors
        return g * J.conj(2 * z * W + 1j * J.exp(1j * z))


def by_loop(z):
    return J.fori_loop(0, 1, lambda k, z: plain(z), z)


def by_scan(z):
    return J.scan(lambda carry, x: (carry + plain(x), plain(x)), 0 * z[0], z)[1]


WAYS = {
    "custom_vjp": by_vjp,
    "custom_jvp": by_jvp,
    "Function": ByFunction.apply,
    "checkpoint": J.checkpoint(plain),
    "fori_loop": by_loop,
    "scan": by_scan,
    "jit": J.jit(plain),
}


def gradient(function, z):
    z = J.tensor(z, requires_grad=True)
    out = function(z)
    ((out * (1 + 2j)).real.sum() + (abs(out) ** 2).sum()).backward()
    return z.grad


@pytest.mark.parametrize("way", WAYS)
def test_gradients_are_those_without_the_rule(way):
    np.testing.assert_allclose(gradient(WAYS[way], Z), gradient(plain, Z), rtol=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_gradients_within_jit(way):
    def loss(z):
        out = WAYS[way](z)
        return (out * (1 + 2j)).real.sum() + (abs(out) ** 2).sum()

    np.testing.assert_allclose(J.jit(J.grad(loss))(Z), gradient(plain, Z), rtol=1e-12)


def test_states_of_loops_of_many_turns():
    def turn(z):
        return z * W / abs(W) + 0.1j * z * z

    def rolled(z):
        return J.fori_loop(0, 20, lambda k, z: turn(z), z)

    def unrolled(z):
        for _ in range(20):
            z = turn(z)
        return z

    np.testing.assert_allclose(gradient(rolled, 0.1 * Z), gradient(unrolled, 0.1 * Z), rtol=1e-10)
