"""The texts of kernels: what moves the compiler's code about must not change one of them.

`FORMS` has one program for each form of loops, whose kernels are kept to be read; the rest are
hashes. `PROGRAMS` of the benchmarks in two dtypes and three sizes, value and gradient, and seeded
random programs are lowered, nothing is compiled or run by kernels. After a change that is meant to
change kernels, run once with ``JITGRAD_UPDATE_GOLDEN=1`` and say in the commit which changed and
why: ``git diff`` of the golden file names them.
"""

import hashlib
import os
import random
import sys

import numpy as np
import pytest
from folders import GOLDEN
from folders import ROOT as ROOT_FOLDER
from programs_seen import forget_programs
from row_programs import random_program

import jitgrad
import jitgrad.numpy as jn
from jitgrad.runtime.plan import observed_plans
from jitgrad.tape import pieces

sys.path.append(str(ROOT_FOLDER))

from benchmarks import programs

TEXTS = GOLDEN / "kernel_texts.txt"
DTYPES = {"float64": np.float64, "float32": np.float32}
SIZES = (10, 1000, 30_000)
#: Seeds of random programs, a few of which are one test.
SEEDS, GROUP = 320, 40


@pytest.fixture(autouse=True)
def cold(monkeypatch):
    """Each program is recorded as in a new process."""
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    jitgrad.synchronize()
    forget_programs()


def sources_of(run):
    """The texts of all kernels that `run` would need as the first program, in order."""
    pieces.forget()
    with observed_plans() as plans:
        run()
    return [kernel.source for plan in plans for kernel in plan.kernels]


def texts(run):
    """How many kernels `run` would need, and their hash."""
    sources = sources_of(run)
    return f"{len(sources)} {hashlib.sha256(chr(0).join(sources).encode()).hexdigest()[:16]}"


def check(found):
    """Whether the texts named in `found` are those of the golden file, which is updated where that
    is asked for."""
    known = (
        dict(line.split("  ", 1) for line in TEXTS.read_text().splitlines())
        if TEXTS.exists()
        else {}
    )
    if os.environ.get("JITGRAD_UPDATE_GOLDEN"):
        known.update(found)
        TEXTS.write_text("".join(f"{name}  {text}\n" for name, text in sorted(known.items())))
    changed = [name for name, text in found.items() if known.get(name) != text]
    assert not changed, "other kernels than before; see the head of this file"


def operand(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape)


X, Y, PLACES = operand(20_000, 50), operand(20_000), np.arange(3000) * 7 % 500

#: Form of loops -> a loss that is computed by them, and its argument.
FORMS = {
    "blocked_scan": (lambda x: jn.exp(jn.cumsum(jn.sin(x)) / 100).sum(), (70_000,)),
    "interleaved_scan_rows": (lambda x: jn.exp(jn.cumsum(x, 1)).sum(), (1000, 64)),
    "prefetched_rows_jammed": (
        lambda w: ((jitgrad.tensor(X) @ w - jitgrad.tensor(Y)) ** 2).sum(),
        (50,),
    ),
    "flattened_short_rows": (lambda x: jitgrad.logsumexp(jn.sin(x), 1).sum(), (3000, 11)),
    "joint_stages": (lambda p: jn.exp(-((p[:, None] - p[None]) ** 2).sum(2)).sum(), (400, 3)),
    "calls_with_loops": (lambda x: (x[PLACES] ** 2).sum(), (500,)),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms(name):
    loss, shape = FORMS[name]
    x = jitgrad.tensor(operand(*shape))
    text = "\n".join(sources_of(lambda: jitgrad.value_and_grad(loss)(x)))
    path = TEXTS.parent / f"{name}.txt"
    if os.environ.get("JITGRAD_UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


#: Scans of everything, in blocks, and along rows, several at a time: losses of a vector of `LONG`
#: elements.
SCANS = {
    "differences": lambda x: jn.cumsum((x[1:] - x[:-1]) ** 2).sum(),
    "weighted": lambda x: (jn.cumsum(x) * jn.sin(x)).sum(),
    "products": lambda x: (jn.cumprod(1 + x / 1e6) * x).sum(),
    "exponentials": lambda x: (jitgrad.logcumsumexp(x) * x).sum(),
    "part": lambda x: (jn.cumsum(x[5:-7]) ** 2).sum(),
    "joined": lambda x: jn.cumsum(jn.concatenate([x[3:], x[:100]]) * x[:1].sum()).sum(),
    "reversed": lambda x: (jn.cumsum(x[::-1])[::-1] * x).sum(),
    "reversed_product": lambda x: (jn.cumsum((x[2:] * x[:-2])[::-1]) ** 2).sum(),
    "rows_both_ways": lambda x: (
        jn.cumsum(rows(x, 100), 1) * jn.cumsum(rows(x, 100)[:, ::-1], 1)
    ).sum(),
    "rows_and_sums": lambda x: (
        jn.exp(jn.cumsum(jn.sin(rows(x, 50)), 1)).sum(1) * jn.cumsum(rows(x, 50), 1).sum(1)
    ).sum(),
    "scans_of_scans": lambda x: jn.cumsum(
        jn.exp(jn.cumsum(jn.tanh(x.reshape(-1, 4, 50)), 2)), 2
    ).sum(),
}
LONG = (40_000, 400_000)


def rows(x, width):
    return x.reshape(-1, width)


@pytest.mark.parametrize("name", SCANS)
def test_scans(name):
    found = {}
    for dtype in DTYPES:
        for n in LONG:
            forget_programs()
            x = jitgrad.tensor(operand(n).astype(dtype))
            run = lambda x=x: jitgrad.value_and_grad(SCANS[name])(x)[1].numpy()
            found[f"scan {name} {n} {dtype}"] = texts(run)
    check(found)


def value_and_gradient(name, n, dtype):
    program = programs.PROGRAMS[name]
    x, *rest = (a.astype(dtype) if a.dtype.kind == "f" else a for a in program.make(n))
    x, rest = jitgrad.tensor(x), [jitgrad.tensor(a) for a in rest]
    if program.order == 2:
        jitgrad.hvp(lambda x: program.loss(jitgrad, x))(x, rest[-1]).numpy()
    else:
        jitgrad.value_and_grad(lambda x: program.loss(jitgrad, x, *rest))(x)[1].numpy()


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_programs(name):
    found = {}
    for dtype in DTYPES:
        for n in SIZES:
            if n <= programs.PROGRAMS[name].most:
                forget_programs()
                run = lambda n=n, dtype=dtype: value_and_gradient(name, n, DTYPES[dtype])
                found[f"{name} {n} {dtype}"] = texts(run)
    check(found)


@pytest.mark.parametrize("first", range(0, SEEDS, GROUP))
def test_random_programs(first):
    found = {}
    for seed in range(first, first + GROUP):
        forget_programs()
        rng = random.Random(seed)
        program = random_program(rng, square=seed % 4 == 3)
        dtype = np.float32 if seed % 2 else np.float64
        found[f"random {seed:03}"] = texts(lambda program=program, dtype=dtype: program(dtype))
    check(found)


def test_nothing_is_kept_that_no_program_makes():
    names = {line.split("  ")[0] for line in TEXTS.read_text().splitlines()}
    sizes = {
        name: [n for n in SIZES if n <= programs.PROGRAMS[name].most] for name in programs.PROGRAMS
    }
    assert names == {
        f"{name} {n} {dtype}" for name in sizes for n in sizes[name] for dtype in DTYPES
    } | {f"random {seed:03}" for seed in range(SEEDS)} | {
        f"scan {name} {n} {dtype}" for name in SCANS for n in LONG for dtype in DTYPES
    }
