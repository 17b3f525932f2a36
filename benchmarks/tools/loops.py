"""Programs that are loops, value and gradient, beside NumPy (value alone), PyTorch and jax.

    python -m benchmarks.tools.loops            all programs of `benchmarks.loops`
    python -m benchmarks.tools.loops garch --turns 100

Prints first calls and medians of later ones, in microseconds, measured in turns in one process.
"""

import argparse
import contextlib
import importlib.util
import statistics
import sys
import time

import numpy as np

from benchmarks import common
from benchmarks.loops import LOOPS

WAYS = {}


def way(*modules):
    """Registers a maker of steps under its own name, with the modules it needs."""

    def register(make):
        WAYS[make.__name__] = (make, modules)
        return make

    return register


@way()
def numpy(loop, inputs):
    """The value alone, as NumPy computes it."""
    return lambda: [loop.plain(np, *inputs)]


def _jitgrad():
    import jitgrad.numpy

    return jitgrad


@way()
def value(loop, inputs):
    """The value alone, eager."""
    jitgrad = _jitgrad()
    xs = [jitgrad.tensor(a) for a in inputs]
    return lambda: [loop.plain(jitgrad, *xs).numpy()]


@way()
def eager(loop, inputs):
    jitgrad = _jitgrad()
    xs = [jitgrad.tensor(a, requires_grad=k < loop.wrt) for k, a in enumerate(inputs)]

    def step():
        for x in xs[: loop.wrt]:
            x.grad = None
        out = loop.plain(jitgrad, *xs)
        out.backward()
        return [out.detach().numpy(), *[x.grad.numpy() for x in xs[: loop.wrt]]]

    return step


def _jitted(function, loop, inputs):
    jitgrad = _jitgrad()
    run = jitgrad.jit(jitgrad.value_and_grad(function, argnums=tuple(range(loop.wrt))))
    xs = [jitgrad.tensor(a) for a in inputs]

    def step():
        out, grads = run(*xs)
        return [out.numpy(), *[g.numpy() for g in grads]]

    return step


@way()
def jit(loop, inputs):
    jitgrad = _jitgrad()
    return _jitted(lambda *xs: loop.plain(jitgrad, *xs), loop, inputs)


@way()
def scan(loop, inputs):
    jitgrad = _jitgrad()
    return _jitted(lambda *xs: loop.scanned(jitgrad.numpy, jitgrad, *xs), loop, inputs)


@way("torch")
def torch(loop, inputs):
    import torch

    xs = [torch.tensor(a, requires_grad=k < loop.wrt) for k, a in enumerate(inputs)]

    def step():
        out = loop.plain(torch, *xs)
        return [out.detach().numpy(), *torch.autograd.grad(out, xs[: loop.wrt])]

    return step


@way("jax")
def jax(loop, inputs):
    import jax

    jax.config.update("jax_enable_x64", True)

    def function(*xs):
        return loop.scanned(jax.numpy, jax.lax, *xs)

    xs = [jax.numpy.asarray(a) for a in inputs]
    if loop.scanned.__name__ == "_newton_scanned":  # jax has no reverse mode of while_loop
        run = jax.jit(function)
        return lambda: [np.asarray(run(*xs))]
    run = jax.jit(jax.value_and_grad(function, argnums=tuple(range(loop.wrt))))

    def step():
        out, grads = run(*xs)
        return [np.asarray(out), *[np.asarray(g) for g in grads]]

    return step


@contextlib.contextmanager
def _reported(name):
    """What a library refuses is a row that is missing, not the end of the others."""
    try:
        yield
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)


def measure(loop, turns, ways, rounds, budget):
    """{way: (first, median, results)}."""
    inputs = loop.make(turns)
    rows = {}
    for name in ways:
        with _reported(name):
            step = WAYS[name][0](loop, inputs)
            start = time.perf_counter()
            out = step()
            rows[name] = step, time.perf_counter() - start, [], out
    for step, *_ in rows.values():
        common.warm(step)
    for _ in range(rounds):
        for step, _, times, _ in rows.values():
            end = time.perf_counter() + budget
            mine = []
            while not mine or time.perf_counter() < end:
                start = time.perf_counter()
                step()
                mine.append(time.perf_counter() - start)
            times.append(statistics.median(mine))
    return {
        name: (first, statistics.median(times), out)
        for name, (_, first, times, out) in rows.items()
    }


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tools.loops")
    parser.add_argument("loops", nargs="*")
    parser.add_argument("--turns", type=int, default=None)
    parser.add_argument("--ways", nargs="+", default=None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.1)
    options = parser.parse_args(arguments)
    ways = options.ways or [
        name for name, (_, needs) in WAYS.items() if all(map(importlib.util.find_spec, needs))
    ]
    for name in options.loops or LOOPS:
        loop = LOOPS[name]
        rows = measure(loop, options.turns or loop.turns, ways, options.rounds, options.seconds)
        want = None
        for way_name, (first, median, out) in rows.items():
            want = want or out
            far = [
                float(np.abs(np.asarray(a) - np.asarray(b)).max() / max(np.abs(b).max(), 1e-9))
                for a, b in zip(out, want, strict=False)
            ]
            want = max(want, out, key=len)
            print(
                f"{name:10} {way_name:8} first {first * 1e3:10.2f} ms  warm {median * 1e6:12.1f} us"
                f"  off {max(far):.0e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
