"""Random programs and what can be asked of their graphs: intermediates, several outputs, second
order, hooks, dtypes.

The oracles are NumPy with tangents (`programs.Dual`), central differences of gradients, and PyTorch
where it is installed. ``JITGRAD_EXAMPLES=5000`` runs more of them, each time others. Start at `ask`
and `check_second_order`.
"""

import numpy as np
import pytest
from against_numpy import REFUSED, close, profile, repeats
from both import array, library
from hypothesis import given
from hypothesis import strategies as st
from programs import FRESH, KINDS, Dual, Library, execute_all, programs

import jitgrad

SMOOTH = [*KINDS, "double", "double"]
SEGMENTS = st.sampled_from([1, 2, 3, 128])


class settings_of:
    """jitgrad's settings for a block."""

    def __init__(self, segment, compiling):
        self.new = segment, compiling

    def __enter__(self):
        self.old = jitgrad.config.segment, jitgrad.config.compile
        jitgrad.config.segment, jitgrad.config.compile = self.new

    def __exit__(self, *_):
        jitgrad.config.segment, jitgrad.config.compile = self.old


def random_like(shapes, seed):
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, shape) for shape in shapes]


def fresh(program):
    """Numbers of the variables that are made as tensors of their own, and neither they nor their
    views written to."""
    leaves, statements = program
    machine, made = Dual(leaves, [np.zeros(x.shape) for x in leaves]), []
    with np.errstate(all="ignore"):
        for statement in statements:
            before = len(machine.vars)
            execute_all(machine, [statement])
            if len(machine.vars) > before and statement[0] in FRESH:
                made.append(before)
    values = machine.vars
    hooked = {
        s[1] for s in statements if s[0] == "double"
    }  # what is given for these depends on what else is asked for
    return [
        k
        for k in made
        if k not in hooked
        and not any(np.shares_memory(values[k].value, w) for w in machine.written)
    ]


class Question:
    """Which outputs and which inputs, as numbers of variables."""

    def __init__(self, program, outputs, wanted):
        self.leaves, self.statements = program
        n = len(self.leaves)
        made = fresh(program)
        count = len(
            execute_all(
                Dual(self.leaves, [np.zeros(x.shape) for x in self.leaves]), self.statements
            ).vars
        )
        self.outputs = [count - 1, *(k % count for k in outputs)]
        self.wanted = list(
            dict.fromkeys([*range(n), *(made[k % len(made)] for k in wanted if made)])
        )

    def run(self, lib, leaves=None):
        machine = Library(lib, self.leaves if leaves is None else leaves, hooks=lib is jitgrad)
        execute_all(machine, self.statements)
        outputs = [machine.vars[k] for k in self.outputs]
        keep = [k for k, t in enumerate(outputs) if t.requires_grad]
        cots = random_like([tuple(outputs[k].shape) for k in keep], 1)
        wanted = [
            machine.leaves[k] if k < len(machine.leaves) else machine.vars[k] for k in self.wanted
        ]
        wanted = [t if t.requires_grad else None for t in wanted]
        return (
            machine,
            [outputs[k] for k in keep],
            [lib.tensor(c).to(outputs[k].dtype) for k, c in zip(keep, cots, strict=True)],
            wanted,
        )

    def gradients(self, lib, outputs, cots, wanted, **how):
        """One per wanted tensor, 0 where nothing depends on it."""
        asked = [t for t in wanted if t is not None]
        found = iter(
            lib.autograd.grad(outputs, asked, cots, allow_unused=True, **how)
            if outputs
            else [None] * len(asked)
        )
        return [None if t is None else next(found) for t in wanted]

    def slopes(self):
        """By NumPy, for each wanted tensor: the outputs' derivative along a random direction, and
        the direction."""
        out = []
        shapes = [
            v.value.shape
            for v in execute_all(
                Dual(self.leaves, [np.zeros(x.shape) for x in self.leaves]), self.statements
            ).vars
        ]
        cots = random_like([shapes[k] for k in self.outputs], 1)
        for k in self.wanted:
            direction = random_like([shapes[k]], k + 2)[0]
            directions = [
                direction if k == i else np.zeros(x.shape) for i, x in enumerate(self.leaves)
            ]
            machine = Dual(
                self.leaves, directions, {k: direction} if k >= len(self.leaves) else None
            )
            execute_all(machine, self.statements)
            out.append(
                (
                    direction,
                    sum(
                        np.vdot(c, machine.vars[j].tangent)
                        for c, j in zip(cots, self.outputs, strict=True)
                    ),
                )
            )
        return out


def numbers(gradients, shapes):
    return [
        np.zeros(s) if g is None else array(g).astype(float)
        for g, s in zip(gradients, shapes, strict=True)
    ]


def ask(question, segment, compiling, rtol=1e-7):
    """jitgrad's gradients of the outputs, three times, against NumPy."""
    with np.errstate(all="ignore"):
        slopes = question.slopes()
    shapes = [d.shape for d, _ in slopes]
    with settings_of(segment, compiling):
        _machine, outputs, cots, wanted = question.run(jitgrad)
        if len(outputs) < len(question.outputs):
            return None  # then the cotangents differ
        first = question.gradients(jitgrad, outputs, cots, wanted, retain_graph=True)
        second = question.gradients(jitgrad, outputs, cots, wanted, create_graph=True)
        third = question.gradients(jitgrad, outputs, cots, wanted)
        first, second, third = (numbers(g, shapes) for g in (first, second, third))
    for k, (direction, slope) in enumerate(slopes):
        assert first[k].shape == direction.shape
        if np.isfinite(slope) and abs(slope) < 1e8:
            scale = 1 + np.abs(first[k]).sum()
            np.testing.assert_allclose(
                np.vdot(first[k], direction),
                slope,
                rtol=rtol,
                atol=rtol * scale,
                err_msg=f"gradient {k}",
            )
            close(second[k], first[k], f"gradient {k} with create_graph", rtol)
            close(third[k], first[k], f"gradient {k} after both", rtol)
    return first


def by_torch(question, **how):
    """PyTorch's gradients as arrays; None where it refuses the program."""
    for torch in library("torch"):
        try:
            _, outputs, cots, wanted = question.run(torch)
            return [
                None if g is None else array(g).astype(float)
                for g in question.gradients(torch, outputs, cots, wanted, **how)
            ]
        except (RuntimeError, ValueError) as error:
            if any(words in str(error) for words in REFUSED):
                return None
            raise


def total(lib, gradients):
    """A number made of all gradients, those that are constant too."""
    out = None
    for k, g in enumerate(gradients):
        if g is not None:
            weights = lib.tensor(random_like([tuple(g.shape)], 50 + k)[0])
            part = (g * weights).sum() + (g * g).sum() * 0.25
            out = part if out is None else out + part
    return out


def second_order(question, lib, leaves=None, differentiate=True):
    """``(total of the first gradients, its gradients at the leaves)``."""
    machine, outputs, cots, wanted = question.run(lib, leaves)
    value = total(lib, question.gradients(lib, outputs, cots, wanted, create_graph=True))
    if value is None or not value.requires_grad or not differentiate:
        return value, None
    return value, lib.autograd.grad(value, machine.leaves, allow_unused=True)


def check_second_order(question, segment, compiling):
    """Against central differences of the first gradients."""
    directions = random_like([x.shape for x in question.leaves], 9)
    with settings_of(segment, compiling), np.errstate(all="ignore"):
        value, found = second_order(question, jitgrad)
        if value is None:
            return
        found = found or []  # a constant: then so it is at the other places
        got = sum(
            np.vdot(array(g), d) for g, d in zip(found, directions, strict=False) if g is not None
        )
        moved = (
            [x + h * d for x, d in zip(question.leaves, directions, strict=True)]
            for h in (1e-5, -1e-5)
        )
        ends = [second_order(question, jitgrad, leaves, False)[0] for leaves in moved]
        ends = [end.item() for end in ends]
        value = value.item()
    want = (ends[0] - ends[1]) / 2e-5
    if np.isfinite(want) and np.isfinite(got) and abs(value) < 1e4 and abs(want) < 1e5:
        scale = 1 + abs(value) + sum(np.abs(array(g)).sum() for g in found if g is not None)
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6 * scale, err_msg="second order")


INDICES = st.lists(st.integers(0, 20), max_size=3)
PLAIN = st.builds(Question, programs(length=8, kinds=KINDS), INDICES, INDICES)
QUESTIONS = st.builds(Question, programs(kinds=SMOOTH), INDICES, INDICES)


@profile(150)
@given(QUESTIONS, SEGMENTS)
def test_outputs_and_intermediates(question, segment):
    ask(question, segment, "never")


@profile(15)
@given(QUESTIONS, SEGMENTS)
def test_outputs_and_intermediates_compiled(question, segment):
    ask(question, segment, "always")


@profile(60)
@given(PLAIN, SEGMENTS)
def test_outputs_and_intermediates_against_torch(question, segment):
    pytest.importorskip("torch")
    first = ask(question, segment, "never")
    if first is None or any(map(repeats, question.statements)):
        return
    other = by_torch(question)
    for k, (a, b) in enumerate(zip(first, other or [], strict=False)):
        if b is not None:
            close(a, b, f"gradient {k} of torch")


@profile(100)
@given(PLAIN, SEGMENTS)
def test_second_order(question, segment):
    check_second_order(question, segment, "never")


@profile(10)
@given(PLAIN, SEGMENTS)
def test_second_order_compiled(question, segment):
    check_second_order(question, segment, "always")


@profile(40)
@given(PLAIN, SEGMENTS)
def test_second_order_against_torch(question, segment):
    pytest.importorskip("torch")
    with settings_of(segment, "never"):
        _, found = second_order(question, jitgrad)
    if not found or any(map(repeats, question.statements)):
        return
    for torch in library("torch"):
        try:
            _, other = second_order(question, torch)
        except (RuntimeError, ValueError) as error:
            if any(words in str(error) for words in REFUSED):
                return
            raise
        for k, (a, b) in enumerate(zip(found, other or [], strict=True)):
            shape = question.leaves[k].shape
            close(*numbers([a, b], [shape, shape]), f"second gradient {k} of torch")


@profile(60)
@given(
    programs(kinds=[*SMOOTH, "cast", "cast"], dtypes=("float64", "float32")),
    INDICES,
    INDICES,
    SEGMENTS,
)
def test_mixed_dtypes(program, outputs, wanted, segment):
    """Values have NumPy's dtypes, gradients those of what they are gradients of."""
    question = Question(program, outputs, wanted)
    oracle = execute_all(
        Dual(question.leaves, [np.zeros(x.shape) for x in question.leaves]), question.statements
    )
    with settings_of(segment, "never"):
        machine, outputs, cots, wanted = question.run(jitgrad)
        assert [t.dtype for t in machine.vars] == [x.value.dtype for x in oracle.vars]
        found = question.gradients(jitgrad, outputs, cots, wanted)
        assert [g.dtype for g in found if g is not None] == [
            t.dtype for t, g in zip(wanted, found, strict=True) if g is not None
        ]
    ask(question, segment, "never", 1e-3)
