"""What a function under `jit` reaches is made of code, classes and tables, which may change as
values do.

The oracle is the function itself without `jit`, on NumPy's arrays.
"""

import copy
import functools
import sys
import traceback
import types

import numpy as np
import pytest
from captures import X, follows, ones

import jitgrad

# --- what functions, classes and objects are made of ----------------------------------------------


def test_elements_of_a_class():
    class Table:
        rows = [ones()]  # noqa: RUF012 - what is looked at

        def __class_getitem__(cls, i):
            return cls.rows[i]

    follows(lambda x: (x * Table[0]).sum(), lambda: Table.rows.__setitem__(0, ones(2.0)))


def test_copies_that_a_class_makes_itself():
    rates = [1.0]

    class Copied:
        def __copy__(self):
            out = Copied()
            out.rate = rates[0]
            return out

    held = Copied()
    follows(lambda x: x * copy.copy(held).rate, lambda: rates.__setitem__(0, 3.0))


@pytest.mark.parametrize("slots", [(), ("a",), ("__dict__",)])
@pytest.mark.parametrize("in_a_list", [False, True])
def test_another_class_of_the_same_object(slots, in_a_list):
    def made(k):
        return type(
            "Rated", (), {"__slots__": slots, "__module__": __name__, "rate": lambda self: k}
        )

    one, two = made(1.0), made(2.0)
    held = [one(), one()] if in_a_list else one()
    first = held[0] if in_a_list else held
    follows(
        (lambda x: x * held[0].rate()) if in_a_list else (lambda x: x * held.rate()),
        lambda: setattr(first, "__class__", two),
    )


def test_another_metaclass():
    one, two = (type("Meta", (type,), {"rate": k, "__module__": __name__}) for k in (1.0, 2.0))
    cls = one("Cls", (), {"__module__": __name__})
    follows(lambda x: x * cls.rate, lambda: setattr(cls, "__class__", two))


class Base:
    rate = 1.0

    def scale(self):
        return 1.0


class OtherBase:
    rate = 5.0

    def scale(self):
        return 5.0


@pytest.mark.parametrize("get", [lambda o: o.scale(), lambda o: o.rate, lambda o: type(o).rate])
def test_what_hides_the_attributes_of_a_base_and_other_bases(get):
    class Made(Base):
        pass

    held = Made()

    def hide():
        Made.scale, Made.rate = (lambda self: 2.0), 2.0

    def show():
        del Made.scale, Made.rate

    follows(lambda x: x * get(held), hide, show, lambda: setattr(Made, "__bases__", (OtherBase,)))


def test_attributes_that_were_not_there():
    class Empty:
        pass

    held = Empty()
    follows(
        lambda x: x * (held.rate if hasattr(held, "rate") else 1.0),
        lambda: setattr(Empty, "rate", 2.0),
        lambda: setattr(held, "rate", 3.0),
        lambda: delattr(held, "rate"),
    )


def recoded(f, new):
    return lambda: setattr(f, "__code__", new.__code__)


def test_other_code_of_the_same_function():
    def helper(v):
        return v * 1.0

    @functools.wraps(np.sin)
    def wrapper(v):
        return helper(v)

    class Held:
        def method(self, v):
            return v * 1.0

        @property
        def rate(self):
            return 1.0

    held, part = Held(), functools.partial(helper)
    follows(lambda x: helper(x), recoded(helper, lambda v: v * 2.0))
    follows(lambda x: part(x), recoded(helper, lambda v: v * 3.0))
    follows(lambda x: wrapper(x), recoded(helper, lambda v: v * 4.0))
    follows(lambda x: held.method(x), recoded(Held.method, lambda self, v: v * 5.0))
    follows(lambda x: x * held.rate, recoded(Held.rate.fget, lambda self: 6.0))

    def outer(x):
        return x * 1.0

    follows(outer, recoded(outer, lambda x: x * 7.0))
    outer = functools.wraps(np.sin)(outer)
    follows(lambda x: outer(x), recoded(outer, lambda x: x * 8.0))


def test_functions_that_dispatch_on_types():
    @functools.singledispatch
    def rate(v):
        return 1.0

    class Held:
        @functools.singledispatchmethod
        def rate(self, v):
            return 1.0

    held = Held()
    follows(
        lambda x: x * rate(3),
        lambda: rate.register(int, lambda v: 2.0),
        lambda: rate.register(bool, ones),
    )
    method = vars(Held)["rate"]
    follows(lambda x: x * held.rate(3), lambda: method.register(int, lambda self, v: 2.0))


# --- looks at objects that answer in their own way ------------------------------------------------


class Answering:
    """Finds every attribute by code of its own, which raises for those it does not know."""

    def __init__(self):
        self.__dict__["found"] = {"rate": 2.0}

    def __getattr__(self, name):
        return self.__dict__["found"][name]


class Refusing:
    def __init__(self):
        self.rate = 1.0

    def __getattribute__(self, name):
        if name != "rate":
            raise RuntimeError(name)
        return object.__getattribute__(self, name)


def test_objects_that_refuse_attributes():
    answering, refusing = Answering(), Refusing()
    follows(lambda x: x * answering.rate, lambda: answering.found.update(rate=3.0))
    follows(lambda x: x * refusing.rate, lambda: object.__setattr__(refusing, "rate", 3.0))
    x = jitgrad.tensor(X)
    np.testing.assert_allclose(jitgrad.jit(lambda x, o: x * o.rate)(x, answering).numpy(), X * 3.0)


def test_modules_found_by_the_text_of_their_names(monkeypatch):
    name = "jitgrad_rates"
    module = types.ModuleType(name)
    module.rate = 2.0
    monkeypatch.setitem(sys.modules, name, module)
    follows(lambda x: x * sys.modules[name].rate, lambda: setattr(module, "rate", 3.0))


# --- as without jit -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [">f8", ">f4", "<f8", ">i4"])
def test_arguments_of_either_order_of_bytes(tier, dtype):
    """They are converted, and written to as they are."""
    f = jitgrad.jit(lambda x, y: (jitgrad.sin(x) * y[::-1]).sum())
    scale = jitgrad.jit(lambda x: x.mul_(2))
    for shape in ((), (3,), (2, 3)):
        a = (np.arange(int(np.prod(shape))).reshape(shape) + 1).astype(dtype)
        y = jitgrad.ones(3)
        for _ in range(2):
            np.testing.assert_allclose(
                float(f(a, y)), np.sin(a.astype("f8")).sum() * (1 if shape else 3), rtol=1e-5
            )
        if shape:
            want, before = a * 4, a.dtype
            scale(a), scale(a)
            assert a.dtype == before
            np.testing.assert_array_equal(a, want)


@pytest.mark.parametrize("dtype", [">f8", ">f4"])
def test_gradients_of_arguments_of_the_other_order_of_bytes(tier, dtype):
    def f(x):
        return (x * x).sum()

    a = np.arange(3.0).astype(dtype)
    want, g = jitgrad.grad(f)(a), jitgrad.jit(jitgrad.grad(f))
    for got in (g(a), g(a), jitgrad.jit(jitgrad.grad(f))(a[::-1])[::-1]):
        assert type(got) is type(want) and got.dtype == want.dtype
        np.testing.assert_array_equal(got, want)


def _refused(x):
    return x @ jitgrad.ones(7)


def _missing(x):
    return {}[x.shape]


def _looks(x):
    return float(x.sum())


@pytest.mark.parametrize("f", [_refused, _missing, _looks])
@pytest.mark.parametrize("wrap", [lambda f: f, jitgrad.grad], ids=["alone", "grad"])
def test_tracebacks_end_at_the_line_of_the_user(wrap, f):
    with pytest.raises((jitgrad.JitgradError, KeyError)) as caught:
        jitgrad.jit(wrap(f))(jitgrad.ones(3))
    assert [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)][1:] == [
        "function",
        f.__name__,
    ]


class Called:
    def __init__(self):
        self.__dict__["rate"] = 2.0

    def __call__(self, x):
        return x * self.rate

    def __getattr__(self, name):
        raise RuntimeError(name)


def test_callables_that_refuse_attributes():
    called = Called()
    follows(called, lambda: vars(called).update(rate=3.0))
