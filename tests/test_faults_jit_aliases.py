"""`jit` is as eager code where arguments, what is reached from outside and results are one another, or views of it."""

import jitted
import numpy as np
import pytest
from jitted import A, close

import jitgrad
from jitgrad import JitError

# --- views that outlive the recording ---------------------------------------------------------------------------------


def test_a_view_that_is_given_back_leaves_its_base_writable(tier):
    w = jitgrad.tensor(A, requires_grad=True)
    f, runs = jitted.counted(lambda x: {"w": w.detach(), "s": (w * x).sum()})
    for k in range(3):
        out = f(jitgrad.tensor([1.0]))
        close(out["w"], A + k), close(out["s"], (A + k).sum())
        with jitgrad.no_grad():
            w.add_(1.0)
    assert runs() == 1


def test_a_view_of_what_the_function_wrote_to(tier):
    base = jitgrad.tensor([1.0, 2.0])

    @jitgrad.jit
    def f():
        base.mul_(2.0)
        return base[:1]

    for k in range(1, 4):
        close(f(), [2.0**k]), close(base, [2.0**k, 2.0 ** (k + 1)])


def test_a_view_that_was_let_out_is_no_view_any_more():
    kept = []
    x = jitgrad.tensor(A)
    jitgrad.jit(lambda x: kept.append(x[:2]) or x.sum())(x)
    for use in (lambda: kept[0].add_(1.0), lambda: kept[0] + 1, lambda: np.asarray(kept[0])):
        with pytest.raises(JitError, match="let out"):
            use()
    x += 1
    close(x, A + 1)
