"""`debug_nans`: the operation and the line that make a nan, and nothing else."""

import sys
import threading

import numpy as np
import pytest

import jitgrad
from jitgrad import numpy as jn

HERE = __file__


def line():
    """The number of the line that calls."""
    return sys._getframe(1).f_lineno


def error_of(function, **options):
    with pytest.raises(jitgrad.NonFiniteError) as caught, jitgrad.debug_nans(**options):
        function()
    return caught.value


def assert_at(error, number, operation, derivative=False, turns=()):
    assert error.operation == operation
    assert error.derivative is derivative
    assert error.turns == turns
    assert [(name, n) for name, n, _ in error.lines] == [(HERE, number)]
    assert f"{HERE}:{number}" in str(error)


def last_line(error):
    tb, out = error.__traceback__, None
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == HERE:
            out = tb.tb_lineno
        tb = tb.tb_next
    return out


X = np.array([4.0, 1.0, -1.0, 2.0, 3.0, 0.5])


def test_forward_at_the_users_line():
    marks = []

    def program():
        y = jitgrad.tensor(X) * 2
        marks.append(line() + 1)
        z = jitgrad.log(y)
        return z.sum()

    error = error_of(program)
    assert_at(error, marks[0], "log")
    assert last_line(error) == marks[0]  # it ran at once
    assert "1 of 6 elements, the first at [2]" in str(error)
    assert "from -2 to 8" in str(error)
    assert isinstance(error, FloatingPointError)
    assert isinstance(error, RuntimeError)


def test_the_same_operation_on_two_lines_is_blamed_where_it_was():
    marks = []

    def program():
        a = jitgrad.log(jitgrad.tensor([1.0, 2.0]))
        marks.append(line() + 1)
        b = jitgrad.log(jitgrad.tensor([1.0, -2.0]))
        return a + b

    for _ in range(2):
        marks.clear()
        assert_at(error_of(program), marks[0], "log")


@pytest.mark.parametrize("how", ["backward", "grad", "create_graph", "jacrev"])
def test_backward_names_the_line_of_the_forward_operation(how):
    marks = []

    def f(x):
        marks.append(line() + 1)
        y = jitgrad.sqrt(x)
        return (y * x).sum()

    def program():
        x = jitgrad.tensor([0.0, 1.0], requires_grad=True)
        if how == "grad":
            return jitgrad.grad(f)(x)
        if how == "jacrev":
            return jitgrad.jacrev(f)(x)
        y = f(x)
        if how == "backward":
            return y.backward()
        return jitgrad.autograd.grad(y, x, create_graph=True)

    assert_at(error_of(program), marks[0], "sqrt", derivative=True)


def test_jvp_names_the_operation():
    marks = []

    def f(x):
        marks.append(line() + 1)
        y = jitgrad.sqrt(x) * x
        return y * 2

    x = jitgrad.tensor([0.0, 1.0])
    error = error_of(lambda: jitgrad.jvp(f, (x,), (jitgrad.ones(2),)))
    assert error.derivative
    assert error.lines[0][1] == marks[0]


def test_under_jit_with_and_without_a_trace():
    marks = []

    @jitgrad.jit
    def f(x):
        y = x - 2.0
        marks.append(line() + 1)
        return jitgrad.log(y).sum()

    good = jitgrad.tensor([3.0, 4.0])
    f(good)
    f(good)
    assert_at(error_of(lambda: f(good - 3.0)), marks[0], "log")
    error = error_of(lambda: jitgrad.jit(jitgrad.grad(f))(good - 3.0))
    assert_at(error, marks[0], "log")


def test_traces_serve_again_after_the_block():
    f = jitgrad.jit(lambda x: jitgrad.log(x - 2.0).sum())
    bad = jitgrad.tensor([3.0, 1.0])
    f(bad)
    plans = f.plans()
    assert error_of(lambda: f(bad)).operation == "log"
    assert np.isnan(f(bad).item())
    assert f.plans() == plans


def test_the_turn_of_a_loop():
    marks = []

    def body(c, _):
        c = c - 1.0
        marks.append(line() + 1)
        return c, jitgrad.sqrt(c)

    first = jitgrad.tensor(37.5)
    error = error_of(lambda: jitgrad.scan(body, first, jitgrad.arange(100.0)))
    assert_at(error, marks[0], "sqrt", turns=(37,))
    outer = lambda c, x: (jitgrad.scan(body, c, jitgrad.arange(10.0))[0], x)
    error = error_of(lambda: jitgrad.scan(outer, first, jitgrad.arange(7.0)))
    assert_at(error, marks[-1], "sqrt", turns=(3, 7))
    error = error_of(
        lambda: jitgrad.fori_loop(0, 9, lambda i, c: jitgrad.log(c - i), jitgrad.tensor(9.0))
    )
    assert (error.operation, error.turns) == ("log", (2,))
    step = lambda c: jitgrad.sqrt(c) - 3.0
    error = error_of(lambda: jitgrad.while_loop(lambda c: c > -5, step, jitgrad.tensor(100.0)))
    assert (error.operation, error.turns) == ("sqrt", (2,))


def test_the_turn_of_a_backward_loop():
    marks = []

    def body(c, _):
        c = jn.maximum(c - 1.0, 0.0)
        marks.append(line() + 1)
        root = jitgrad.sqrt(c)
        return c, root * c

    def program():
        x = jitgrad.tensor(3.0, requires_grad=True)
        _, ys = jitgrad.scan(body, x, jitgrad.arange(5.0))
        ys.sum().backward()

    assert_at(error_of(program), marks[0], "sqrt", derivative=True, turns=(4,))


def test_nan_in_a_turn_that_no_result_has():
    def body(c, _):
        return c + jn.where(c > 0, jitgrad.log(c), 0.0), None

    error = error_of(lambda: jitgrad.scan(body, jitgrad.tensor(-1.0), jitgrad.arange(3.0)))
    assert (error.operation, error.turns) == ("log", (0,))


def test_rows_of_vmap_and_their_gradients():
    marks = []

    def row(r):
        marks.append(line() + 1)
        return (jitgrad.sqrt(r) * r).sum()

    x = jitgrad.tensor([[1.0, 0.0], [2.0, 3.0]])
    error = error_of(lambda: jitgrad.vmap(row)(x - 2.0))
    assert_at(error, marks[-1], "sqrt")
    error = error_of(lambda: jitgrad.vmap(jitgrad.grad(row))(x))
    assert_at(error, marks[-1], "sqrt", derivative=True)


def test_nan_of_the_data_is_not_blamed():
    with jitgrad.debug_nans():
        x = jitgrad.tensor([np.nan, 1.0, 2.0], requires_grad=True)
        y = (jitgrad.log(x) * x).sum()
        y.backward()
        jitgrad.scan(lambda c, a: (c + a, c * a), jitgrad.tensor(0.0), x.detach())
    assert np.isnan(x.grad.numpy()).tolist() == [True, False, False]


def test_new_nan_beside_one_of_the_data():
    x = jitgrad.tensor([np.nan, -1.0, 2.0])
    error = error_of(lambda: jitgrad.log(x))
    assert error.operation == "log"
    with jitgrad.debug_nans():
        jitgrad.log(x[::2])


def test_what_composites_choose_inside_is_nobodys_fault():
    x = np.array([0.0, 1.0, -1.0, 700.0, -700.0])
    with jitgrad.debug_nans():
        for f in (jitgrad.softplus, jn.sinc, jitgrad.sigmoid, jn.linalg.norm, jitgrad.abs):
            t = jitgrad.tensor(x, requires_grad=True)
            jitgrad.autograd.grad(f(t).sum(), t, create_graph=True)
            jitgrad.vmap(jitgrad.grad(lambda r, f=f: f(r).sum()))(jitgrad.tensor(x[:, None]))


def test_infs_are_asked_for():
    big = jitgrad.tensor([1000.0, 1.0])
    with jitgrad.debug_nans():
        assert np.isinf(jitgrad.exp(big).numpy()[0])
    assert error_of(lambda: jitgrad.exp(big), infs=True).operation == "exp"
    small = jitgrad.tensor(np.float32([1e38]))
    assert error_of(lambda: small * 10.0, infs=True).operation == "multiply"
    with jitgrad.debug_nans(infs=True):
        jitgrad.tensor([np.inf]) * 2.0


def test_errors_leave_tensors_as_they_were():
    x = jitgrad.tensor([0.0, 1.0], requires_grad=True)
    z = jitgrad.tensor([1.0, 2.0])
    with pytest.raises(jitgrad.NonFiniteError), jitgrad.debug_nans():
        z -= 1.0
        z /= z
    assert z.tolist() == [0.0, 1.0]
    with pytest.raises(jitgrad.NonFiniteError), jitgrad.debug_nans():
        y = (jitgrad.sqrt(x) * x * 1.0).sum()
        y.backward()
    assert x.grad is None
    y.backward()  # nothing was freed
    assert np.isnan(x.grad.numpy()[0])


def test_pending_operations_are_computed_before_and_after():
    x = jitgrad.tensor([-1.0, 1.0])
    before = jitgrad.log(x)
    with jitgrad.debug_nans():
        after = before + 1.0
    later = jitgrad.log(x - 1.0)
    assert np.isnan(after.numpy()[0])
    assert np.isnan(later.numpy()).all() or np.isinf(later.numpy()[1])


def test_graphs_of_before_name_the_operation():
    x = jitgrad.tensor([0.0, 1.0], requires_grad=True)
    y = (jitgrad.sqrt(x) * x).sum()
    y.item()
    error = error_of(y.backward)
    assert (error.operation, error.derivative, error.lines) == ("sqrt", True, ())
    assert "before debug_nans was entered" in str(error)


def test_switched_off_inside_nested_and_by_threads():
    x = jitgrad.tensor([-1.0])
    with jitgrad.debug_nans():
        with jitgrad.debug_nans(False):
            y = jitgrad.log(x)
        found = []

        def other():
            found.append(np.isnan(jitgrad.log(jitgrad.tensor([-1.0])).numpy()[0]))

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert found == [True]
        with jitgrad.debug_nans(infs=True), pytest.raises(jitgrad.NonFiniteError):
            jitgrad.log(x + 1.0)
        assert np.isinf(jitgrad.log(x + 1.0).numpy()[0])
        with pytest.raises(jitgrad.NonFiniteError):
            jitgrad.log(x)
    assert np.isnan(y.numpy()[0])
    assert np.isnan(jitgrad.log(x).numpy()[0])


def test_as_a_decorator():
    @jitgrad.debug_nans
    def f(x):
        return jitgrad.log(x)

    @jitgrad.debug_nans(infs=True)
    def rows(x):
        yield jitgrad.exp(x)

    assert f(jitgrad.tensor(1.0)).item() == 0.0
    with pytest.raises(jitgrad.NonFiniteError):
        f(jitgrad.tensor(-1.0))
    with pytest.raises(jitgrad.NonFiniteError):
        list(rows(jitgrad.tensor(1e4)))
    with pytest.raises(jitgrad.ArgumentError, match="expected True, False"):
        jitgrad.debug_nans("yes")


def test_pytorchs_names():
    x = jitgrad.tensor([-1.0])
    with jitgrad.autograd.detect_anomaly(), pytest.raises(RuntimeError, match="log"):
        jitgrad.log(x)
    with jitgrad.autograd.detect_anomaly(check_nan=False):
        jitgrad.log(x)
    with jitgrad.autograd.set_detect_anomaly(True), pytest.raises(RuntimeError):
        jitgrad.log(x)
    jitgrad.autograd.set_detect_anomaly(True)
    try:
        with pytest.raises(RuntimeError):
            jitgrad.log(x)
    finally:
        jitgrad.autograd.set_detect_anomaly(False)
    jitgrad.log(x).numpy()


def test_not_within_a_trace():
    @jitgrad.jit
    def f(x):
        with jitgrad.debug_nans():
            return x * 2

    with pytest.raises(jitgrad.JitError, match="around the call"):
        f(jitgrad.tensor(1.0))
    with jitgrad.debug_nans():
        assert f(jitgrad.tensor(1.0)).item() == 2.0


def test_values_and_gradients_are_those_without():
    rng = np.random.default_rng(0)
    a, b = rng.random((4, 3)), rng.random(3)

    def program():
        x = jitgrad.tensor(a, requires_grad=True)
        w = jitgrad.tensor(b, requires_grad=True)
        y = jitgrad.tanh(x @ w) * 2
        y[1] = y[0] + 1.0
        x2 = x.detach().clone()
        x2 += 1.0
        _, ys = jitgrad.scan(lambda c, t: (jitgrad.sin(c) + t, c * t), y.sum(), y)
        ((ys * ys).sum() + jn.var(x2) + jitgrad.vmap(lambda r: (r * w).sum())(x).sum()).backward()
        return y.detach().numpy(), x.grad.numpy(), w.grad.numpy()

    expected = program()
    with jitgrad.debug_nans(infs=True):
        found = program()
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12)
