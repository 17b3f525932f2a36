"""What machine code of records leaves to Python: what no comparison by identity tells, what comes
in between, and operators of the program's own."""

import gc
import operator
import sys

import numpy as np
import pytest

import jitgrad
from jitgrad.frontend.convert import quick_operand
from jitgrad.runtime import toolchain
from jitgrad.tape.machine_records import records
from jitgrad.tape.segment import local


@pytest.fixture(autouse=True)
def machine_code():
    """Records are in machine code here, and as before afterwards."""
    was = records.asked
    records.ask(toolchain.load())
    jitgrad.synchronize()
    assert records.places
    yield
    if not was:
        records.remove()


def test_arrays_of_exponents_are_asked_too():
    x = jitgrad.tensor([2, 3])
    for exponents in ([1, 2], [3, 1], [2, 2]):
        y = np.array(exponents)
        np.testing.assert_array_equal(((x + 0) ** y).numpy(), np.array([2, 3]) ** y)
    for _ in range(2):
        with pytest.raises(ValueError, match="negative"):
            (x + 0) ** np.array([-1, 2])


def test_an_array_enters_once_whatever_came_last():
    x, array = jitgrad.tensor([1.0, 2.0]), np.array([3.0, 4.0])

    def entered(functions):
        y = x + 0
        before = local.seg.state.leaves
        for f in functions:
            y = f(y, array)
        leaves = local.seg.state.leaves - before
        assert y.numpy().shape == (2,)
        return leaves

    for k in range(8):
        assert entered([(operator.mul, operator.sub)[k % 2]] * 4) == 4


def test_an_interrupt_while_an_array_becomes_a_tensor_is_raised():
    x, array = jitgrad.tensor([1.0, 2.0]) + 0, np.array([3.0, 4.0])
    for _ in range(3):
        (x * array).numpy()

    def interrupt(frame, event, given):
        if frame.f_code is quick_operand.__code__:
            raise KeyboardInterrupt

    before = sys.gettrace()
    sys.settrace(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            x * array
    finally:
        sys.settrace(before)
    assert (x * array).tolist() == [3.0, 8.0]


def test_a_finaliser_that_ends_segments_comes_in_between():
    """It lets go of the segment, which may then be another, with other values at the places."""
    x, others = jitgrad.tensor([1.0, 2.0]), []

    class Late:
        def __init__(self):
            self.me = self

        def __del__(self):
            for k in range(3):
                others.append(jitgrad.tensor([9.0, 9.0]) * float(k))
                _ = others[-1].tolist() if k < 2 else None

    def program():
        x.sum().item()
        return [(x * float(k) + 1.0)[::-1] for k in range(20)]

    threshold = gc.get_threshold()
    try:
        for round in range(40):
            others.clear()
            gc.set_threshold(1 + round % 7, 1, 1)
            Late()
            assert [t.tolist() for t in program()] == [[2.0 * k + 1.0, k + 1.0] for k in range(20)]
    finally:
        gc.set_threshold(*threshold)


def test_an_operator_that_the_program_replaced_before_is_used(monkeypatch):
    records.remove()
    calls, own, row = [], jitgrad.Tensor.__sub__, jitgrad.Tensor.__getitem__
    with monkeypatch.context() as patch:
        patch.setattr(jitgrad.Tensor, "__sub__", lambda x, y: calls.append("sub") or own(x, y))
        patch.setattr(jitgrad.Tensor, "__getitem__", lambda x, i: calls.append("row") or row(x, i))
        records.ask(toolchain.load())
        jitgrad.synchronize()
        x = jitgrad.tensor([1.0, 2.0]) + 0
        for _ in range(4):
            assert ((x - 1.5) * 2.0)[1].item() == 1.0
        assert calls == ["sub", "row"] * 4
        records.remove()
        assert x[0].item() == 1.0 and calls[-1] == "row"


def test_tensors_put_together_have_the_dtype_that_is_asked_for():
    x, y = jitgrad.tensor([[1.5, 2.0]]), jitgrad.tensor([[3.5, 4.0]])
    for dtype in ("float32", None, "int64", "float32", "bool", "float64", None) * 2:
        a, b = x + 1.0, y + 1.0
        want = np.array([[[2.5, 3.0]], [[4.5, 5.0]]], dtype)
        got = jitgrad.array([a, b], dtype=dtype).numpy()
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got, want)
