"""Gradients of each row by `vmap`, beside the form by hand, PyTorch and jax.

    python -m benchmarks.tools.rows                 all programs of `benchmarks.rows`
    python -m benchmarks.tools.rows mlp --rows 128

Prints medians of calls, measured in turns in one process, and their ratio to the form by hand under
`jit`; ours are compiled before the clock starts.
"""

import argparse

import numpy as np

from benchmarks import common
from benchmarks.rows import ROWS
from benchmarks.tools.loops import installed
from jitgrad.base.units import seconds

WAYS = {}


def way(*modules):
    """Registers a maker of steps under its own name, with the modules it needs."""

    def register(make):
        WAYS[make.__name__] = (make, modules)
        return make

    return register


def _ours():
    import jitgrad.numpy

    return jitgrad


@way()
def by_hand(program, inputs):
    jitgrad = _ours()
    run = jitgrad.jit(lambda *xs: program.by_hand(jitgrad.numpy, *xs))
    xs = [jitgrad.tensor(x) for x in inputs]
    return lambda: run(*xs).numpy()


def _mapped(program):
    jitgrad = _ours()
    row = lambda *xs: program.row(jitgrad.numpy, *xs)
    return jitgrad.vmap(jitgrad.grad(row), program.axes)


@way()
def jit(program, inputs):
    jitgrad = _ours()
    run, xs = jitgrad.jit(_mapped(program)), [jitgrad.tensor(x) for x in inputs]
    return lambda: run(*xs).numpy()


@way()
def eager(program, inputs):
    run, xs = _mapped(program), [_ours().tensor(x) for x in inputs]
    return lambda: run(*xs).numpy()


@way("torch")
def torch(program, inputs):
    import torch

    run = torch.func.vmap(torch.func.grad(lambda *xs: program.row(torch, *xs)), program.axes)
    xs = [torch.tensor(x) for x in inputs]
    return lambda: run(*xs).numpy()


@way("jax")
def jax(program, inputs):
    import jax

    jax.config.update("jax_enable_x64", True)
    run = jax.jit(jax.vmap(jax.grad(lambda *xs: program.row(jax.numpy, *xs)), program.axes))
    xs = [jax.numpy.asarray(x) for x in inputs]
    return lambda: np.asarray(run(*xs))


def steps_of(program, rows, ways):
    """{way: a call of the program on so many rows}."""
    inputs = program.make(rows)
    return {name: WAYS[name][0](program, inputs) for name in ways}


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tools.rows", description=__doc__.split("\n")[0]
    )
    parser.add_argument("programs", nargs="*", metavar="program", help=", ".join(ROWS))
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=installed(WAYS))
    options = parser.parse_args(arguments)
    if unknown := set(options.programs) - set(ROWS):
        parser.error(f"got {', '.join(sorted(unknown))}, expected some of {', '.join(ROWS)}")
    for name in options.programs or ROWS:
        steps = steps_of(ROWS[name], options.rows, options.ways)
        for step in steps.values():
            common.warm(step)
        times = common.medians(steps)
        for way_, time in times.items():
            ratio = time / times["by_hand"] if "by_hand" in times else float("nan")
            print(f"{name:9} {way_:8} {seconds(time):>8}, {ratio:.2f} of the form by hand")


if __name__ == "__main__":
    main()
