"""Kernels without numba: kinds of results beside those of numba, integers beside those of Python,
and functions that Python calls."""

import itertools
import operator

import numpy as np
import pytest

from jitgrad.runtime.llvm import machine, native
from jitgrad.runtime.llvm.kinds import NUMBERS
from jitgrad.runtime.llvm.operations import resolved

OPERATORS = [
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.lt, operator.eq),
    *(operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift),
    *(operator.floordiv, operator.mod),
]
TEXT = '''"""scalar kernel of a test: {title}."""

import math

import numpy as np

from jitgrad.runtime.llvm.names import *


@scalar("{signature}")
def kernel({names}):
{code}
'''


def compiled(title, signature, names, code):
    """The function of a text, as Python calls it."""
    code = "\n".join("    " + line for line in code.split("\n"))
    source = TEXT.format(title=title, signature=signature, names=names, code=code)
    binary = native.compiled(source, title)
    (function,) = native.loaded(title, ["kernel"], binary)
    return function


def kinds_by_numba():
    """``found(function, names)``: the name of the kind of a result, by numba."""
    from numba import types
    from numba.core.errors import TypingError
    from numba.core.registry import cpu_target

    typings = cpu_target.typing_context
    cpu_target.target_context.refresh()

    def found(function, names):
        called = typings.resolve_value_type(function)
        try:
            out = typings.resolve_function_type(called, [getattr(types, n) for n in names], {})
        except TypingError:
            return None
        return "boolean" if out.return_type == types.boolean else str(out.return_type)

    return found


def test_kinds_of_results_are_those_of_numba():
    found = kinds_by_numba()
    for function in OPERATORS:
        for names in itertools.product(NUMBERS, repeat=2):
            ours = resolved(function, tuple(NUMBERS[name] for name in names))
            if ours is not None:  # what we do not have numba compiles
                assert ours.result.name == found(function, names), (function, names)
    for function in (operator.neg, operator.invert, operator.not_, bool, np.float32, np.int8):
        for name in NUMBERS:
            ours = resolved(function, (NUMBERS[name],))
            if ours is not None:
                assert ours.result.name == found(function, [name]), (function, name)


def test_quotients_of_integers_are_those_of_python():
    run = compiled("quotients", "int64, int64", "a, b", "return a // b, a % b")
    numbers = [-7, -6, -1, 0, 1, 5, 6, 2**62, -(2**63)]
    for a, b in itertools.product(numbers, repeat=2):
        wanted = divmod(a, b) if b else (0, 0)
        wanted = -(2**63) if wanted[0] == 2**63 else wanted[0], wanted[1]  # it wraps around
        assert run(a, b) == wanted, (a, b)
    run = compiled("unsigned_quotients", "uint64, uint64", "a, b", "return a // b, a % b")
    assert run(2**64 - 1, 10) == divmod(2**64 - 1, 10) and run(3, 0) == (0, 0)


def test_numbers_come_from_python_and_go_there():
    signature, names = "float64, float32, int64, int8, uint64, boolean", "a, b, c, d, e, f"
    run = compiled("numbers", signature, names, f"return {names}")
    assert run(0.1, 0.1, -3, -2, 2**64 - 1, True) == (
        *(0.1, float(np.float32(0.1)), -3, -2, 2**64 - 1, True),
    )
    given = np.array(2.5), np.float32(1.5), np.array(4), np.int8(5), np.uint64(6), np.bool_(False)
    assert run(*given) == (2.5, 1.5, 4, 5, 6, False)
    assert [type(x) for x in run(*given)] == [float, float, int, int, int, bool]
    assert run(-1.0, -1.0, -1, -1, 1, 0) == (-1.0, -1.0, -1, -1, 1, False)


@pytest.mark.parametrize(
    ("given", "error"),
    [(("a", 1), TypeError), ((1.0, None), TypeError), ((1.0, 2**70), OverflowError)],
)
def test_what_is_no_such_number_is_refused(given, error):
    run = compiled(f"refused_{given[1]}", "float64, int64", "a, b", "return a * b")
    with pytest.raises(error):
        run(*given)
    assert run(1.5, 2) == 3.0


def test_a_call_with_another_number_of_arguments_is_refused():
    run = compiled("counted", "float64", "a", "return a + 1.0")
    for given in ((), (1.0, 2.0)):
        with pytest.raises(TypeError):
            run(*given)
    assert run(1.0) == 2.0


def test_a_result_on_several_ways():
    code = "if a < 0.0:\n    return -1, a\nif a == 0.0:\n    return 0.5, a\nreturn 1, a"
    run = compiled("ways", "float64", "a", code)
    assert [run(a)[0] for a in (-2.0, 0.0, 3.0, float("nan"))] == [-1.0, 0.5, 1.0, 1.0]


def test_an_object_file_without_a_function_is_an_error():
    module = machine.new_module("empty")
    with pytest.raises(OSError, match="has none of"):
        machine.addresses(machine.object_of(module), ["jitgrad_no_such_function"])
