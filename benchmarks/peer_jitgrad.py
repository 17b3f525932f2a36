"""jitgrad as a peer of a comparison of libraries: copy this file to its ``peers/jitgrad.py``.

That bench has one module per library in ``peers/``; each defines `peer`, made with the package's `Peer` and the losses
that all libraries share (``peers/_formulas.py``). Only when this file is one of its modules is that imported; here
`make` can be run with anything of the same form, which the tests do. Start at `make`.

A first call is what a user sees, with `config.compile` "auto": NumPy serves it. From the second call on plans are
compiled before they run, so that what is timed as warm is the state a longer program settles in, and no background
compile runs beside another library's turn.
"""

import numpy as np

import jitgrad


def settled(step):
    """`step`, whose first run is cold and whose later runs are compiled."""

    def first():
        nonlocal run
        out = step()
        jitgrad.config.compile, run = "always", step
        return out

    run = first
    return lambda: run()


def gradients(loss, leaves):
    """(value, gradients of the sum of the value); the value and its gradients are one plan."""
    for x in leaves:
        x.grad = None
    y = loss()
    (y if y.size == 1 else y.sum()).backward()
    return y, *[x.grad for x in leaves]


def value_and_grad(f, xs, data, statics):
    for x in xs:
        x.requires_grad_()
    return settled(lambda: gradients(lambda: f(*xs, *data, *statics), xs))


def make(peer_class, formulas, namespace, eager, rate):
    """The peer, from the bench's classes, its shared losses, and its learning rate."""
    xp = namespace(
        jitgrad,
        softplus=jitgrad.softplus,
        norm=jitgrad.norm,
        logsumexp=jitgrad.logsumexp,
        keepsum=lambda x, axis: x.sum(axis, keepdims=True),
    )
    shared = formulas(xp, jitgrad.tensor)
    peer = peer_class(jitgrad.__version__, jitgrad.tensor, value_and_grad, numpy=lambda t: np.asarray(t.detach()))
    peer.losses(shared, eager=eager)
    peer.loss(shared["scalar_chain"], "scalar_chain_jit")

    @peer.loss
    def sumsq(x):
        return 2 * jitgrad.dot(x, x)

    @peer.step
    def op_forward(x, turns):
        x.requires_grad_()

        def step():
            y = shared["op_backward"](x, turns)
            y.tolist()  # a step does the whole work: what was recorded has run
            return (y,)

        return settled(step)

    @peer.step
    def logreg_sgd(w, x, s, iterations):
        def step():
            v = w.clone().detach().requires_grad_()
            for _ in range(iterations):
                _, g = gradients(lambda: shared["logreg"](v, x, s), [v])
                with jitgrad.no_grad():
                    v -= rate * g
            return (v.detach(),)

        return settled(step)

    @peer.step
    def mlp(*inputs):
        params, data = inputs[:4], inputs[4:]
        for p in params:
            p.requires_grad_()

        def step():
            loss, *grads = gradients(lambda: shared["mlp_loss"](*params, *data), params)
            with jitgrad.no_grad():
                for p, g in zip(params, grads):
                    p -= rate * g
            return loss, *params

        return settled(step)

    @peer.step
    def rosenbrock_hvp(x, v):
        hvp = jitgrad.hvp(shared["rosenbrock"])
        return settled(lambda: (hvp(x, v),))

    return peer


if __package__ and __package__.endswith(".peers"):
    from ..workloads import LEARNING_RATE
    from . import THREADS, Peer
    from ._formulas import EAGER, Namespace, formulas

    jitgrad.set_num_threads(THREADS)
    peer = make(Peer, formulas, Namespace, EAGER, LEARNING_RATE)
