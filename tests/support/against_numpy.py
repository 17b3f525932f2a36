"""A random program (`programs`) run by jitgrad, and compared with NumPy with derivatives, or with
torch.

Start at `check`.
"""

import os

import numpy as np
from both import array, library
from hypothesis import HealthCheck, settings
from programs import Dual, Library, run

import jitgrad

EXAMPLES = int(os.environ.get("JITGRAD_EXAMPLES", "0"))


def profile(examples):
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def close(got, want, what, rtol=1e-9):
    got, want = np.asarray(got, float), np.asarray(want, float)
    assert got.shape == want.shape, what
    scale = np.abs(want[np.isfinite(want)]).max(initial=1.0)
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol / 10 * scale, err_msg=what)


def check(program, segment, compiling):
    """Runs a program on jitgrad and against NumPy; both finished machines."""
    leaves, statements = program
    rng = np.random.default_rng(0)
    directions = [rng.standard_normal(x.shape) for x in leaves]
    with np.errstate(all="ignore"):
        oracle = run(Dual(leaves, directions), statements)
    before = jitgrad.config.segment, jitgrad.config.compile
    jitgrad.config.segment, jitgrad.config.compile = segment, compiling
    try:
        machine = run(Library(jitgrad, leaves), statements)
    finally:
        jitgrad.config.segment, jitgrad.config.compile = before
    assert len(machine.seen) == len(oracle.seen)
    for k, (got, want) in enumerate(zip(machine.seen, oracle.seen, strict=True)):
        close(got, want, f"value {k}")
    slope = sum(
        np.vdot(array(x.grad), d)
        for x, d in zip(machine.leaves, directions, strict=True)
        if x.grad is not None
    )
    if np.isfinite(oracle.slope) and abs(oracle.slope) < 1e8:
        np.testing.assert_allclose(
            slope, oracle.slope, rtol=1e-7, atol=1e-8 * (1 + _size(machine)), err_msg="gradient"
        )
    return machine, oracle


def _size(machine):
    return sum(np.abs(array(x.grad)).sum() for x in machine.leaves if x.grad is not None)


#: What torch refuses: to differentiate what needs an overwritten value, overlapping writes,
#: negative steps.
REFUSED = ("inplace", "in-place", "memory location", "step must be greater")


def check_torch(program, machine, oracle):
    """The same on torch, where it can; whether it could. Writes that overlap what is read have no
    sure result there."""
    if oracle.overlapped:
        return False
    leaves, statements = program
    for torch in library("torch"):
        try:
            other = run(
                Library(torch, leaves, hooks=False), statements
            )  # hooks on some views crash torch 2.13
        except (RuntimeError, ValueError) as error:
            if any(words in str(error) for words in REFUSED):
                return False
            raise
        for k, (got, want) in enumerate(zip(machine.seen, other.seen, strict=True)):
            close(got, want, f"value {k} of torch")
        if not any(map(repeats, statements)):
            for k, (x, t) in enumerate(zip(machine.leaves, other.leaves, strict=True)):
                close(_grad(x), _grad(t), f"gradient {k} of torch")
    return True


def _grad(x):
    return np.zeros(tuple(x.shape)) if x.grad is None else array(x.grad)


def repeats(statement):
    """A write to one place twice: torch gives a gradient to the value that did not stay, too."""
    kind, *what = statement[1] if statement[0] == "no_grad" else statement
    return kind == "write" and isinstance(what[1], list) and len({*what[1]}) < len(what[1])
