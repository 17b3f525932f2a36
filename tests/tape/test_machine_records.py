"""Records in machine code do what Python's do, are taken where a program goes on as it did, and
leave everything else to Python."""

import gc
import operator
import sys
import threading
import weakref

import numpy as np
import pytest

import jitgrad
import jitgrad.numpy as jnp
from jitgrad.ops import REGISTRY
from jitgrad.runtime import toolchain
from jitgrad.tape import machine_records
from jitgrad.tape.gate import gate
from jitgrad.tape.handles import Handle
from jitgrad.tape.machine_records import SLOTS, records
from jitgrad.tape.segment import Segment, State

BY_NAME = {e.names.operator: e for e in REGISTRY.values() if e.names.operator}
FUNCTIONS = {
    **{name: getattr(operator, f"__{name}__") for name in SLOTS if hasattr(operator, name)},
    "abs": abs,
    "and": operator.and_,
    "or": operator.or_,
    "invert": operator.invert,
    "getitem": operator.getitem,
}
ONE = [name for name, slot in SLOTS.items() if slot.form == "one"]
TWO = [name for name, slot in SLOTS.items() if slot.form in ("two", "ternary")]
INTEGERS = {"and", "or", "xor", "invert", "lshift", "rshift"}


@pytest.fixture(autouse=True)
def machine_code():
    """Records are in machine code here, and as before afterwards."""
    build = toolchain.load()
    was = records.asked
    records.ask(build)
    jitgrad.synchronize()
    assert records.places, "this interpreter is one of those that they are made for"
    yield
    if not was:
        records.remove()


def both(program):
    """What a program gives by Python's records and by machine code's, and how many of these it
    took."""
    records.remove()
    program()
    slow = program()
    records.ask(toolchain.load())
    for _ in range(3):
        program()
    before = records.count
    fast = program()
    return slow, fast, records.count - before


def given(name):
    if name in INTEGERS:
        return jitgrad.tensor([6, 3, 5]), jitgrad.tensor([1, 2, 3])
    if name == "matmul":
        return jitgrad.tensor(np.eye(3) + 0.5), jitgrad.tensor(np.eye(3) * 2.0)
    return jitgrad.tensor([0.5, 1.5, 2.5]), jitgrad.tensor([3.0, 2.0, 0.25])


def test_this_interpreter_is_as_expected():
    assert machine_records.is_usual()
    assert machine_records.layout(records.step) is not None


@pytest.mark.parametrize("name", ONE)
def test_an_operator_of_one_operand(name):
    x, _ = given(name)
    x = -x if name not in INTEGERS else x
    f = FUNCTIONS[name]
    slow, fast, taken = both(lambda: f(f(+x if name not in INTEGERS else x)).numpy())
    np.testing.assert_array_equal(fast, slow)
    assert taken >= 1 or not gate.alone


@pytest.mark.parametrize("name", TWO)
def test_an_operator_of_two_operands(name):
    x, y = given(name)
    f = FUNCTIONS[name]

    def program():
        out = f(x, y)
        return f(f(out, out), y).numpy() if name != "lshift" else f(f(x, y), y).numpy()

    slow, fast, taken = both(program)
    np.testing.assert_array_equal(fast, slow)
    assert taken >= 1 or not gate.alone or name == "pow"


def test_integers_are_asked_before_powers_each_time():
    x = jitgrad.tensor([2, 3])
    for exponents in ([1, 2], [3, 1], [2, 2], [0, 1]) * 2:
        y = jitgrad.tensor(exponents)
        np.testing.assert_array_equal((x**y).numpy(), np.array([2, 3]) ** np.array(exponents))
    for _ in range(2):
        with pytest.raises(ValueError, match="negative"):
            x ** jitgrad.tensor([-1, 2])
        with pytest.raises(ValueError, match="negative"):
            x**-2


def test_integers_beside_floats_and_beside_integers():
    for _ in range(3):
        for data in ([1.5, 2.5], [1, 2]):
            for number in (2, 2.0, 7, 0.5, 3, -1, True, (1 << 53) + 1):
                y = jitgrad.tensor(data) + 0
                got, want = (y * number).numpy(), np.array(data) * number
                assert got.dtype == want.dtype, (data, number)
                np.testing.assert_array_equal(got, want)
                got, want = (number - y).numpy(), number - np.array(data)
                np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_numpys_scalars_and_arrays(dtype):
    data = np.array([1, 2, 3], dtype)
    array = np.arange(3.0)
    for k in range(4):
        for other in (
            np.float64(k + 0.5),
            np.float32(k),
            np.int64(k),
            array,
            array[::-1],
            array * k,
        ):
            for f in (operator.mul, operator.sub, np.maximum, jnp.add):
                y = jitgrad.tensor(data) + jitgrad.tensor(data)
                for got, want in (
                    (f(y, other), f(data + data, other)),
                    (f(other, y), f(other, data + data)),
                ):
                    got, want = np.asarray(got), np.asarray(want)
                    assert got.dtype == want.dtype, (dtype, other, f)
                    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_an_array_is_read_when_it_is_given():
    x, row = jitgrad.tensor([1.0, 2.0]), np.array([1.0, 1.0])
    for k in range(5):
        y = x * 1.0
        row[:] = k
        out = y * row
        row[:] = 100.0
        assert out.tolist() == [k * 1.0, k * 2.0]


@pytest.mark.parametrize("number", [0.75, 3, 2, True, -1, np.float64(0.5), np.float32(2), 1 << 60])
@pytest.mark.parametrize("name", sorted(set(TWO) - INTEGERS - {"matmul"}))
def test_a_number_on_either_side(name, number):
    x, _ = given(name)
    f = FUNCTIONS[name]

    def program():
        out = f(x, number)
        out = f(out, number)
        out = f(number, out)
        return [f(number, out).numpy(), out.numpy()]

    slow, fast, taken = both(program)
    for a, b in zip(fast, slow, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    plain = type(number) in (float, int) and number != 1 << 60 and name != "pow"
    assert taken >= 1 or not (plain and gate.alone)


def test_numbers_of_another_value_are_stored():
    x = jitgrad.tensor(2.0)

    def program(a, b, c):
        return float(((x * a + b) ** 2) / c - b)

    for a, b, c in [(1.5, 2, 3.0), (0.25, 7, -2), (3, 0.5, 8), (1.5, 2, 4.0)] * 3:
        assert program(a, b, c) == (2.0 * a + b) ** 2 / c - b


def test_exponents_are_programs_of_their_own():
    x = jitgrad.tensor([1.5, 2.5])
    for _ in range(3):
        for exponent in (2, 3, 0.5, 2.0, -1, 1.7, 1.9):
            y = x + 0.0
            out = (y**exponent).numpy()
            np.testing.assert_allclose(out, np.array([1.5, 2.5]) ** exponent, rtol=1e-15)


def test_elements_by_integers():
    x = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)

    def program(places):
        y = x * 2.0
        total = y[0]
        for k in places:
            total = total * 0.5 + y[k]
        x.grad = None
        total.backward()
        return total.item(), x.grad.tolist()

    def want(places):
        total, slope = 2.0, np.array([2.0, 0.0, 0.0])
        for k in places:
            slope *= 0.5
            slope[k] += 2.0
            total = total * 0.5 + 2.0 * (k % 3 + 1)
        return total, slope.tolist()

    before = records.count
    for places in [(0, 1, 2), (2, 2, 1), (-1, 0, -3), (1, -2, 0)] * 3:
        assert program(places) == want(places)
    assert records.count > before or not gate.alone


@pytest.mark.parametrize("index", [3, -4, 1 << 70, -(1 << 70)])
def test_an_index_out_of_bounds(index):
    y = jitgrad.tensor([1.0, 2.0, 3.0]) * 1.0
    for _ in range(3):
        z = y + 1.0
        assert z[0].item() == 2.0
        with pytest.raises(IndexError, match=r"got|out of"):
            (y * 1.0)[index]


def test_other_indices():
    x = jitgrad.tensor([1.0, 2.0, 3.0])
    for index in (0, True, np.int64(1), slice(1, None), None, [0, 2], 0):
        for _ in range(3):
            y = x + 0.0
            np.testing.assert_array_equal(y[index].numpy(), x.numpy()[index])


class Other:
    """Knows of tensors, and says so for each operator."""

    __array_ufunc__ = None

    def __radd__(self, other):
        return "added"

    def __rpow__(self, other):
        return "raised"

    def __matmul__(self, other):
        return "multiplied"


def test_objects_that_know_better_are_asked():
    x = jitgrad.tensor([1.0, 2.0])
    for _ in range(3):
        y = x + 1.0
        assert y + Other() == "added"
        assert y ** Other() == "raised"
        assert Other() @ y == "multiplied"


def test_what_cannot_be_combined():
    x = jitgrad.tensor([1.0, 2.0])
    for _ in range(3):
        y = x + 1.0
        with pytest.raises(TypeError):
            y + object()
        with pytest.raises(TypeError):
            object() - y
        with pytest.raises(TypeError):
            pow(y, 2, 5)
        with pytest.raises(TypeError):
            pow(2, y, 5)
        with pytest.raises(TypeError):
            pow(2.0, 3.0, y)
        with pytest.raises(jitgrad.ShapeError):
            y * jitgrad.tensor([1.0, 2.0, 3.0])
        np.testing.assert_array_equal((y * 2.0).numpy(), [4.0, 6.0])


def test_functions_of_one_operand():
    x = jitgrad.tensor([0.5, 1.5])
    slow, fast, taken = both(lambda: jitgrad.exp(jitgrad.log(jitgrad.sin(x))).numpy())
    np.testing.assert_allclose(fast, slow, rtol=1e-15)
    assert taken >= 2 or not gate.alone


VALUES = {
    "sum over an axis": lambda x: x.sum(-1),
    "sum": lambda x: x.sum(),
    "sum over axes": lambda x: jitgrad.sum(x, (0, 1)),
    "sum by numpy's form": lambda x: jnp.sum(x, 0),
    "mean by name": lambda x: jnp.mean(x, axis=0),
    "cumsum": lambda x: x.cumsum(1),
    "a reshape": lambda x: jnp.reshape(x, (4, 3)),
    "a reshape of a reshape": lambda x: x.reshape(2, 6).reshape((3, 2, 2)),
    "a transpose": lambda x: x.T,
    "a reshape of a transpose": lambda x: x.T.reshape(12),
    "rows": lambda x: x[1] + x[-1] * x[0],
    "a slice": lambda x: x[1:, ::2],
    "a slice that starts elsewhere": lambda x: x[:, 1:3] * x[:, 2:4],
    "a new axis": lambda x: x[0][:, None] + x[1],
    "an element of a matrix": lambda x: x[1, 2] * x[-1, -1],
    "axes that move": lambda x: jnp.moveaxis(x, 0, 1) + x.swapaxes(0, 1),
}


@pytest.mark.parametrize("name", VALUES)
def test_parameters_and_views(name):
    data = np.arange(12.0).reshape(3, 4) + 1.0
    x, f = jitgrad.tensor(data, requires_grad=True), VALUES[name]

    def program():
        x.grad = None
        out = f(x * 0.5) + f(x * 0.25)
        (out * out).sum().backward()
        return out.detach().numpy(), x.grad.numpy()

    slow, fast, taken = both(program)
    np.testing.assert_array_equal(fast[0], slow[0])
    np.testing.assert_array_equal(fast[1], slow[1])
    assert taken >= 2 or not gate.alone


def test_parameters_in_turn():
    """What came last is another parameter each time."""
    data = np.arange(24.0).reshape(2, 3, 4)
    x = jitgrad.tensor(data)
    for _ in range(3):
        for axis in (0, 1, 2, -1, (0, 1), None, (2,), 1):
            y = x * 1.0
            np.testing.assert_array_equal(y.sum(axis).numpy(), data.sum(axis))
            np.testing.assert_array_equal(y.sum(axis, keepdims=True), data.sum(axis, keepdims=True))
            np.testing.assert_array_equal(jnp.max(y, axis).numpy(), data.max(axis))


def test_a_view_that_is_written_to():
    def program():
        x = jitgrad.tensor(np.arange(12.0).reshape(3, 4)) * 1.0
        row, column = x[1], x[:, 1]
        row *= 2.0
        column[...] = row[:3]
        x.T[0] += 100.0
        return [x.numpy().copy(), row.numpy().copy(), column.numpy().copy()]

    slow, fast, taken = both(program)
    for a, b in zip(fast, slow, strict=True):
        np.testing.assert_array_equal(a, b)
    assert taken >= 2 or not gate.alone


def test_views_of_a_loop():
    x = jitgrad.tensor(np.arange(20.0).reshape(5, 4))
    for _ in range(4):
        total = x[0] * 0.0
        for k in range(-5, 5):
            total = total + x[k] * float(k)
        want = sum(np.arange(20.0).reshape(5, 4)[k] * k for k in range(-5, 5))
        np.testing.assert_array_equal(total.numpy(), want)


def test_lists_of_axes_are_read_each_time():
    x, axes = jitgrad.tensor(np.arange(6.0).reshape(2, 3)), [0]
    for _ in range(3):
        axes[0] = 0
        assert (x * 1.0).sum(axes).shape == (3,)
        axes[0] = 1
        assert (x * 1.0).sum(axes).shape == (2,)


def test_handles_that_are_kept_are_others():
    x = jitgrad.tensor(2.0)
    for _ in range(4):
        kept = [x * float(k) for k in range(20)]
        assert [t.item() for t in kept] == [2.0 * k for k in range(20)]
        again = [x * float(k) for k in range(20)]
        assert [t.item() for t in kept] == [t.item() for t in again]


def test_a_weak_reference_finds_no_other_tensor():
    x = jitgrad.tensor(2.0)
    for _ in range(5):
        t = x
        for k in range(12):
            t = t * 1.5
            if k == 5:
                seen = weakref.ref(t)
        first = t.item()
        if (found := seen()) is not None:
            assert found.item() == 2.0 * 1.5**6
        assert first == 2.0 * 1.5**12


def test_references_are_neither_lost_nor_kept():
    x, y = jitgrad.tensor([1.0, 2.0]), 1234.5

    def program():
        out = x * y
        for _ in range(20):
            out = -(out + y) * 0.5 + out[0]
        return out.sum().item()

    def counts():
        gc.collect()
        ours = sum(isinstance(thing, (Handle, State, Segment)) for thing in gc.get_objects())
        things = x, y, jitgrad.Tensor, machine_records.ELEMENT, True, False, None
        return [ours, *map(sys.getrefcount, things)]

    for _ in range(10):
        program()
    jitgrad.synchronize()
    before = counts()
    for _ in range(200):
        program()
    assert max(abs(a - b) for a, b in zip(counts(), before, strict=True)) < 1000


def test_a_finaliser_that_records_comes_in_between():
    """To make a handle may start a collection of garbage, which runs it."""
    x, seen = jitgrad.tensor([1.0, 2.0]), []

    class Late:
        def __init__(self):
            self.me = self

        def __del__(self):
            seen.append((x * 3.0 + 1.0).sum().item())

    def program():
        return [(x * float(k) + 1.0) for k in range(40)]

    threshold = gc.get_threshold()
    want = [[k + 1.0, 2.0 * k + 1.0] for k in range(40)]
    try:
        for round in range(30):
            gc.set_threshold(1 + round % 7, 1, 1)
            Late()
            assert [t.tolist() for t in program()] == want
    finally:
        gc.set_threshold(*threshold)
    gc.collect()
    assert seen and set(seen) == {11.0}


def test_threads_record_for_themselves():
    x, failed = jitgrad.tensor([1.0, 2.0, 3.0]), []

    def work(k):
        for _ in range(60):
            y = x * float(k)
            for _ in range(30):
                y = y + x * 0.5
            got = y.tolist()
            want = [v * k + 15.0 * v for v in (1.0, 2.0, 3.0)]
            if got != want:
                failed.append((k, got, want))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for t in threads:
            t.start()
        work(9)
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(before)
    assert not failed


def test_an_operator_that_the_program_replaces_is_used(monkeypatch):
    x = jitgrad.tensor(2.0)
    for _ in range(3):
        assert (x * 2.0 * 2.0).item() == 8.0
    with monkeypatch.context() as patch:
        patch.setattr(jitgrad.Tensor, "__mul__", lambda x, y: "mine")
        assert x * 2.0 == "mine"
    assert (x * 2.0).item() == 4.0


def test_who_asks_for_the_public_api_has_pythons(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "numba", "public")
    try:
        assert not records.places and records.one is None
        assert (jitgrad.tensor(2.0) * 2.0).item() == 4.0
    finally:
        jitgrad.config.numba = "fast"
    jitgrad.synchronize()
    assert records.places


def test_indexing_is_the_methods_own_again_afterwards():
    assert type(jitgrad.Tensor.__getitem__).__name__ == "method_descriptor"
    records.remove()
    try:
        assert type(jitgrad.Tensor.__getitem__).__name__ == "function"
        assert (jitgrad.tensor([1.0, 2.0]) * 2.0)[1].item() == 4.0
    finally:
        records.ask(toolchain.load())
    assert type(jitgrad.Tensor.__getitem__).__name__ == "method_descriptor"
    assert jitgrad.Tensor.__getitem__(jitgrad.tensor([1.0, 2.0]), 1).item() == 2.0


def test_elements_of_matrices():
    data = np.arange(24.0).reshape(2, 3, 4)
    x, before = jitgrad.tensor(data), records.count
    for index in [(0, 1, 2), (1, -1, 0), (-2, 2, -4), (1, 2, 3), (0, 0, 0)] * 3:
        y = x * 2.0
        assert y[index].item() == 2.0 * data[index]
        i, j, k = index
        assert (y[i, j, k] + y[j - 1, i, k]).item() == 2.0 * (data[i, j, k] + data[j - 1, i, k])
    assert records.count > before or not gate.alone
    for index in [(2, 0, 0), (0, -4, 0), (0, 0, 1 << 70), (0, 0, 0, 0)]:
        with pytest.raises(IndexError):
            (x * 2.0)[index]
    for index in [
        (0, True, 1),
        (np.int64(1), 0, 0),
        (0, 1),
        (0, ..., 1),
        (0, None, 1),
        (0, [1], 2),
    ]:
        for _ in range(2):
            np.testing.assert_array_equal((x * 2.0)[index].numpy(), 2.0 * data[index])


def test_tensors_that_are_put_together():
    x = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)

    def program():
        x.grad = None
        a, b, c = x * 2.0
        y = jnp.array([a, c, b * a])
        z = jnp.array([[a, b], [c, y[1]]])
        out = jnp.stack([y, y * y, x]).sum(0) + jnp.concatenate([y, z[0], z[1]])[1:4]
        (out * out).sum().backward()
        return out.detach().numpy(), z.detach().numpy(), x.grad.numpy()

    slow, fast, taken = both(program)
    for a, b in zip(fast, slow, strict=True):
        np.testing.assert_array_equal(a, b)
    assert taken >= 8 or not gate.alone


def test_lists_of_other_tensors_in_their_place():
    x, y = jitgrad.tensor([1.0, 2.0]), jitgrad.tensor([3.0, 4.0])
    for items in ([x, y], [y, x], [x, x], [x, y, x], [x], [x, 0.0 * y, y]) * 3:
        got = jnp.stack(items, axis=-1)
        np.testing.assert_array_equal(got, np.stack([t.numpy() for t in items], -1))
    for items in ([x, 1.0], [x[0], 2], [np.ones(2), y]):
        for _ in range(3):
            if items[1] == 1.0 if type(items[1]) is float else False:
                with pytest.raises(ValueError):
                    jnp.array(items)
            else:
                want = np.array([np.asarray(t) for t in items])
                np.testing.assert_array_equal(jnp.array(items), want)


def test_rows_while_garbage_is_collected():
    """To make a view makes a tuple, which may start a collection that runs a finaliser."""
    data = np.arange(20.0).reshape(5, 4)
    x, seen = jitgrad.tensor(data), []

    class Late:
        def __init__(self):
            self.me = self

        def __del__(self):
            seen.append((x[1] * 3.0).sum().item())

    def program():
        total = x[0] * 0.0
        for k in range(-5, 5):
            total = total + x[k] * (x[k - 1 if k > 0 else 0] + float(k))
        return total

    want = sum(data[k] * (data[k - 1 if k > 0 else 0] + k) for k in range(-5, 5))
    threshold = gc.get_threshold()
    try:
        for round in range(40):
            gc.set_threshold(1 + round % 5, 1, 1)
            Late()
            np.testing.assert_array_equal(program().numpy(), want)
    finally:
        gc.set_threshold(*threshold)
    gc.collect()
    assert set(seen) == {3.0 * data[1].sum()}


def test_rows_and_elements_in_turn():
    """Each index stands where another one came last."""
    for data in (np.arange(12.0).reshape(3, 4), np.arange(24.0).reshape(2, 3, 4), np.arange(3.0)):
        x = jitgrad.tensor(data)
        indices = [1, (1,), (1, 1), (1, 1, 1), 0, (0, 0), (0, 0, 0), -1, (-1, 1)]
        indices = [i for i in indices if type(i) is int or len(i) <= data.ndim]
        for first in indices:
            for second in indices:
                for index in (first, second, first):
                    for _ in range(2):
                        y = x * 2.0
                        out = y[index]
                        np.testing.assert_array_equal(out.numpy(), 2.0 * data[index])
                        assert (out + y[first]).shape == np.broadcast(
                            data[index], data[first]
                        ).shape
