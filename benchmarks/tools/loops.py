"""Programs that are loops, value and gradient, beside NumPy (value alone), PyTorch and jax.

    python -m benchmarks.tools.loops            all programs of `benchmarks.loops`
    python -m benchmarks.tools.loops garch --turns 100

Prints first calls and medians of later ones, measured in turns in one process: with as many threads
as the environment says. `eager`, `torch` and `jit` run an ordinary loop, `scan` and `jax` one that
is given as such; both of ours are compiled before the clock starts.
"""

import argparse
import contextlib
import importlib.util
import json
import statistics
import sys
import time

import numpy as np

from benchmarks import common
from benchmarks.loops import LOOPS
from jitgrad.base.units import seconds

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


def installed(ways=WAYS):
    """Those of `ways` whose libraries are there."""
    return [name for name, (_, needs) in ways.items() if all(map(importlib.util.find_spec, needs))]


def worst(out, others):
    """How far results are from those of the others, relative to the largest magnitude."""
    return max(
        float(np.abs(np.asarray(a) - np.asarray(b)).max() / max(np.abs(b).max(), 1e-9))
        for other in others
        for a, b in zip(out, other, strict=False)
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tools.loops", description=__doc__.split("\n")[0]
    )
    parser.add_argument("loops", nargs="*", metavar="loop", help=", ".join(LOOPS))
    parser.add_argument("--turns", type=int, help="of each; the usual number, if not said")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=installed())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.1, help="of a round of a way")
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if unknown := set(options.loops) - set(LOOPS):
        parser.error(f"got {', '.join(sorted(unknown))}, expected some of {', '.join(LOOPS)}")
    found = {}
    for name in options.loops or LOOPS:
        loop = LOOPS[name]
        turns = options.turns or loop.turns
        rows = measure(loop, turns, options.ways, options.rounds, options.seconds)
        found[name] = turns, {way: (first, median) for way, (first, median, _) in rows.items()}
        outs = [out for _, _, out in rows.values()]
        for way, (first, median, out) in () if options.json else rows.items():
            print(
                f"{name:8} {way:6} first {seconds(first):>8}, then {seconds(median):>8}, "
                f"off by {worst(out, outs):.0e}",
                flush=True,
            )
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
