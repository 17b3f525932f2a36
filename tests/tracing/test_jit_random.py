"""Random programs under `jit`, against the same without it and against NumPy with derivatives.

A program is the function: of leaves that it differentiates itself, or of arguments that require
grad, whose values it may also write to. It is recorded once and called with other values.
``JITGRAD_EXAMPLES=5000`` runs more of them.
"""

import warnings

import numpy as np
from against_numpy import close, profile
from both import array
from hypothesis import given
from hypothesis import strategies as st
from programs import KINDS, MODES, Dual, Library, execute_all, programs, run

import jitgrad

#: No looks; writes by a mask in place, and with one value, only (see `_by_masks`).
RECORDED = tuple(k for k in (*KINDS, *MODES) if k not in ("look", "masked"))


class Silent(Library):
    """The interpreter within a recording, where nothing can be looked at."""

    def look(self, x, how):
        pass


def own(statements):
    """A function of values: the leaves are its own, and it runs the backward; what all variables
    and gradients are."""

    def function(*leaves):
        machine = run(Silent(jitgrad, leaves), statements)
        return [x.detach() for x in machine.vars], [x.grad for x in machine.leaves]

    return function


def given_leaves(statements):
    """A function of tensors: one value made of all variables, which is differentiated outside."""

    def function(*leaves):
        machine = Silent(jitgrad, ())
        machine.vars.extend(leaves)
        execute_all(machine, statements)
        return [x.sum() for x in machine.vars[len(leaves) :]]

    return function


def others(leaves, k):
    return [np.asarray(x * (1 + 0.25 * k) + 0.125 * k, x.dtype) for x in leaves]


def compare(got, want, what):
    assert len(got) == len(want)
    for k, (a, b) in enumerate(zip(got, want, strict=True)):
        assert (a is None) == (b is None), what
        if a is not None:
            close(array(a), array(b), f"{what} {k}")


def with_config(test, segment, compiling):
    before = jitgrad.config.segment, jitgrad.config.compile
    jitgrad.config.segment, jitgrad.config.compile = segment, compiling
    try:
        test()
    finally:
        jitgrad.config.segment, jitgrad.config.compile = before


def check_own(program):
    leaves, statements = program
    plain = own(statements)
    f = jitgrad.jit(plain)
    for k in (0, 1, 0):
        values = others(leaves, k)
        made, slopes = f(*map(jitgrad.tensor, values))
        want, want_slopes = plain(*map(jitgrad.tensor, values))
        compare(made, want, "value"), compare(slopes, want_slopes, "gradient")
        directions = [np.random.default_rng(k).standard_normal(x.shape) for x in values]
        with np.errstate(all="ignore"):
            oracle = run(Dual(values, directions), statements)
        compare(made, [x.value for x in oracle.vars], "value of NumPy")
        slope = sum(
            np.vdot(array(g), d) for g, d in zip(slopes, directions, strict=True) if g is not None
        )
        if np.isfinite(oracle.slope) and abs(oracle.slope) < 1e8:
            size = sum(np.abs(array(g)).sum() for g in slopes if g is not None)
            np.testing.assert_allclose(slope, oracle.slope, rtol=1e-7, atol=1e-8 * (1 + size))
    assert len(f.plans()) == 1


def check_given(program):
    leaves, statements = program
    plain = given_leaves(statements)
    f = jitgrad.jit(plain)
    for k in (0, 1, 0):
        found = []
        for function in (f, plain):
            xs = [jitgrad.tensor(x, requires_grad=True) for x in others(leaves, k)]
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", ".*changes a leaf", jitgrad.JitgradWarning)
                out = function(*xs)
            used = [y for y in out if y.requires_grad]
            grads = [None] * len(xs)
            if used:
                total = sum(jitgrad.sin(y) for y in used)
                grads = jitgrad.autograd.grad(total, xs, create_graph=True, allow_unused=True)
                again = [(g * g).sum() for g in grads if g is not None and g.requires_grad]
                if again:
                    sum(again).backward()
            found.append(
                (
                    [y.detach() for y in out],
                    grads,
                    [x.grad for x in xs],
                    [x.detach() for x in xs],
                    len(used),
                )
            )
        for what, got, want in zip(
            ("value", "gradient", "second order", "leaf"), *found, strict=False
        ):
            got, want = (
                _zeros(v, leaves) if what in ("gradient", "second order") else v
                for v in (got, want)
            )
            compare(got, want, what)
        assert (
            found[0][-1] <= found[1][-1]
        )  # fewer: what was overwritten by a constant requires no grad here


def _zeros(grads, leaves):
    """No gradient counts as one of zeros."""
    return [
        np.zeros(x.shape) if g is None else g.detach() for g, x in zip(grads, leaves, strict=True)
    ]


@profile(80)
@given(programs(kinds=RECORDED), st.sampled_from([1, 3, 128]))
def test_programs_that_differentiate_themselves(program, segment):
    with_config(lambda: check_own(program), segment, "never")


@profile(12)
@given(programs(length=8, kinds=RECORDED))
def test_compiled(program):
    with_config(lambda: check_own(program), 128, "always")


KEPT = tuple(k for k in RECORDED if k not in ("hook", "backward"))


@profile(80)
@given(programs(kinds=KEPT), st.sampled_from([2, 128]))
def test_gradients_through_calls(program, segment):
    with_config(lambda: check_given(program), segment, "never")
