"""Every error: its class, a message that says what was got, the user's own line, and nothing
changed by it.

Each case is a one-line function of `Program`, a small program with records that are pending (or
ran, with `look`). After the error the program goes on, and its values and gradients must be those
of a program without the error.
"""

import pathlib
import sys
import traceback

import numpy as np
import pytest
from both import array

import jitgrad
from jitgrad import (
    AliasError,
    ArgumentError,
    AxisError,
    DTypeError,
    GradientError,
    IndexOutOfRange,
    IndexShapeError,
    IntegerOverflow,
    ShapeError,
)

PACKAGE = str(pathlib.Path(jitgrad.__file__).parent)


class Program:
    """A leaf `x`, results `y` and `m` of it, a view `v` of `y`, a plain `c`, integers `i`, booleans
    `b`, a 0-d `s`."""

    def __init__(self):
        self.x = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
        self.x.grad = jitgrad.tensor([0.5, 0.5, 0.5])
        self.c = jitgrad.tensor([4.0, 5.0, 6.0])
        self.i = jitgrad.tensor([1, 2, 3])
        self.b = jitgrad.tensor([True, False, True])
        self.y = self.x * 2
        self.m = jitgrad.stack([self.x, self.y])
        self.v = self.y[1:]
        self.s = self.x.sum()
        self.used = self.y * 1
        self.freed = None

    def look(self):
        for t in (self.x, self.c, self.i, self.b, self.y, self.m, self.v, self.s):
            t.detach().tolist()

    def finish(self):
        """Uses everything; all values and gradients there are."""
        self.v += self.s
        loss = (self.y * self.c * self.m).sum() + self.used.sum() + (self.b * self.i * self.x).sum()
        loss.backward()
        tensors = (
            self.x,
            self.c,
            self.i,
            self.b,
            self.y,
            self.m,
            self.v,
            self.s,
            loss,
            self.x.grad,
        )
        flags = [(t.requires_grad, t.is_leaf, t.shape, t.dtype) for t in tensors]
        return [array(t).tolist() for t in tensors], flags, self.c.grad, jitgrad.is_grad_enabled()


def freed(p):
    """The loss of a graph that a backward went through."""
    p.freed = (jitgrad.tensor([1.0, 2.0], requires_grad=True) ** 2).sum()
    p.freed.backward()
    return p.freed


# fmt: off
SHAPES = {
    "add": (ShapeError, "do not broadcast", lambda p: p.y + jitgrad.ones(2)),
    "add an array": (ShapeError, "broadcast", lambda p: p.y * np.ones((3, 2))),
    "add a list": (ShapeError, "broadcast", lambda p: [1.0, 2.0] + p.y),  # noqa: RUF005 - an operator of tensors
    "where": (ShapeError, "broadcast", lambda p: jitgrad.where(p.b, p.y, jitgrad.ones(4))),
    "comparison": (ShapeError, "broadcast", lambda p: p.y < jitgrad.ones(2)),
    "matmul": (ShapeError, "got", lambda p: p.m @ p.m),
    "dot": (ShapeError, "got", lambda p: jitgrad.dot(p.y, jitgrad.ones(2))),
    "matmul of a number": (ShapeError, "got", lambda p: p.m @ p.s),
    "reshape": (ShapeError, "reshape", lambda p: p.y.reshape(2, 2)),
    "reshape to text": (ArgumentError, "got length = 'a', expected an integer", lambda p: p.y.reshape("a")),
    "reshape with two unknowns": (ShapeError, "reshape", lambda p: p.m.reshape(-1, -1)),
    "concatenate": (ShapeError, "concatenate", lambda p: jitgrad.concatenate([p.y, p.m])),
    "concatenate lengths": (ShapeError, "concatenate", lambda p: jitgrad.concatenate([p.m, jitgrad.ones(2, 4)])),
    "stack": (ShapeError, "stack", lambda p: jitgrad.stack([p.y, jitgrad.ones(2)])),
    "broadcast_to": (ShapeError, "broadcast_to", lambda p: jitgrad.broadcast_to(p.y, (2, 2))),
    "squeeze": (ShapeError, "squeeze", lambda p: jitgrad.squeeze(p.m, 0)),
    "in place by a larger": (ShapeError, "in place", lambda p: p.y.__iadd__(p.m)),
    "in place by another": (ShapeError, "broadcast", lambda p: p.y.__iadd__(jitgrad.ones(2))),
    "in place to a view": (ShapeError, "in place", lambda p: p.v.__imul__(jitgrad.ones(4, 2))),
    "assignment": (ShapeError, "part of shape", lambda p: p.y.__setitem__(slice(1, None), jitgrad.ones(3))),
    "assignment of too many": (ShapeError, "part of shape", lambda p: p.m.__setitem__(0, p.m)),
    "assignment to a mask": (ShapeError, "part of shape", lambda p: p.y.__setitem__(p.b, jitgrad.ones(3))),
    "assignment to indices": (ShapeError, "part of shape", lambda p: p.y.__setitem__([0, 1], jitgrad.ones(3))),
    "copy_": (ShapeError, "part of shape", lambda p: p.y.copy_(p.m)),
    "cotangent": (ShapeError, "cotangent", lambda p: p.y.backward(jitgrad.ones(2))),
    "cotangent of a number": (ShapeError, "cotangent", lambda p: p.s.backward(p.c)),
    "grad_outputs": (ShapeError, "cotangent", lambda p: jitgrad.autograd.grad(p.y, p.x, jitgrad.ones(4))),
    "assigned grad": (ShapeError, "grad", lambda p: setattr(p.x, "grad", jitgrad.ones(2))),
    "index arrays": (IndexShapeError, "broadcast", lambda p: p.m[[0, 1], [0, 1, 2]]),
}
GRADIENTS = {
    "several elements without cotangent": (GradientError, r"pass gradient=.*or reduce", lambda p: p.y.backward()),
    "grad of several elements": (GradientError, "pass gradient=", lambda p: jitgrad.autograd.grad(p.m, p.x)),
    "does not require grad": (GradientError, "does not require grad", lambda p: p.c.sum().backward()),
    "integers": (GradientError, "does not require grad", lambda p: p.i.sum().backward()),
    "twice": (GradientError, "retain_graph=True", lambda p: freed(p).backward()),
    "unused input": (GradientError, "allow_unused=True",
                     lambda p: jitgrad.autograd.grad(p.s, jitgrad.ones(1, requires_grad=True))),
    "plain input": (GradientError, "requires_grad_", lambda p: jitgrad.autograd.grad(p.s, p.c)),
    "hook on a plain tensor": (GradientError, "requires_grad_", lambda p: p.c.register_hook(print)),
    "retain_grad of a plain tensor": (GradientError, "does not require grad", lambda p: p.c.retain_grad()),
    "requires_grad_(False) of a result": (GradientError, "detach", lambda p: p.y.requires_grad_(False)),
    "numpy of what requires grad": (GradientError, "detach", lambda p: p.y.numpy()),
    "array of what requires grad": (GradientError, "detach", lambda p: np.asarray(p.x)),
    "functional gradient of an integer": (GradientError, "1.0 instead of 1",
                                          lambda p: jitgrad.grad(lambda x: x * x)(3)),
    "function that gives no tensor": (GradientError, "expected a Tensor", lambda p: jitgrad.grad(lambda x: 3.0)(3.0)),
    "integer leaf": (DTypeError, "expected a float", lambda p: p.i.requires_grad_()),
    "integer leaf at creation": (DTypeError, "expected a float", lambda p: jitgrad.tensor([1, 2], requires_grad=True)),
    "boolean leaf": (DTypeError, "expected a float", lambda p: setattr(p.b, "requires_grad", True)),
    "grad that is no tensor": (ArgumentError, "expected a Tensor", lambda p: setattr(p.x, "grad", 3.0)),
    "number of cotangents": (ArgumentError, "2 cotangents for 1",
                             lambda p: jitgrad.autograd.grad(p.s, p.x, [None, None])),
    "argnums": (ArgumentError, "argnums", lambda p: jitgrad.grad(lambda x: x, argnums=1)(3.0)),
}
WRITES = {
    "leaf": (AliasError, "no_grad", lambda p: p.x.__iadd__(1)),
    "item of a leaf": (AliasError, "no_grad", lambda p: p.x.__setitem__(0, 1.0)),
    "view of a leaf": (AliasError, "view of a leaf", lambda p: p.x[1:].__imul__(2)),
    "fill a leaf": (AliasError, "no_grad", lambda p: p.x.zero_()),
    "broadcast view": (AliasError, "clone", lambda p: jitgrad.broadcast_to(p.y, (2, 3)).__iadd__(1)),
    "float into integers": (DTypeError, "astype", lambda p: p.i.__iadd__(0.5)),
    "float into booleans": (DTypeError, "astype", lambda p: p.b.__imul__(0.5)),
    "division of integers": (DTypeError, "astype", lambda p: p.i.__itruediv__(2)),
}
DTYPES = {
    "object": (DTypeError, "object", lambda p: jitgrad.tensor([object()])),
    "None": (DTypeError, "data of type NoneType", lambda p: jitgrad.tensor(None)),
    "str": (DTypeError, "convert|got", lambda p: jitgrad.tensor("abc")),
    "dict": (DTypeError, "data of type dict, expected numbers", lambda p: jitgrad.tensor({})),
    "list with None": (DTypeError, "element None", lambda p: jitgrad.tensor([1.0, None])),
    "list of integers too large": (DTypeError, "integer 11805.*int64", lambda p: jitgrad.tensor([1, 1 << 70])),
    "a device as dtype": (ArgumentError, "device 'cuda', expected 'cpu'", lambda p: p.y.to("cuda")),
    "a numbered device": (ArgumentError, "device 'cuda:0', expected 'cpu'", lambda p: p.y.to("cuda:0")),
    "bits of a float": (DTypeError, r"got dtypes \(float64, float\).*expected bool or integers", lambda p: p.y & 1.5),
    "list of str": (DTypeError, "got", lambda p: jitgrad.tensor(["a", "b"])),
    "complex": (DTypeError, "floor.*complex128", lambda p: jitgrad.floor(jitgrad.tensor([1j]))),
    "complex to real": (DTypeError, "drop the imaginary", lambda p: jitgrad.tensor([1j]).double()),
    "ragged": (DTypeError, "rectangular", lambda p: jitgrad.tensor([[1.0, 2.0], [3.0]])),
    "float16": (DTypeError, "float16", lambda p: jitgrad.tensor(np.zeros(2, np.float16))),
    "datetime": (DTypeError, "datetime64", lambda p: jitgrad.tensor(np.array(["2020"], "M8[s]"))),
    "structured": (DTypeError, "got", lambda p: jitgrad.tensor(np.zeros(2, [("a", float)]))),
    "unknown dtype": (DTypeError, "not a dtype", lambda p: jitgrad.zeros(2, dtype="float63")),
    "unsupported dtype": (DTypeError, "float16", lambda p: p.y.astype(np.float16)),
    "integer too large": (IntegerOverflow, "no dtype has room", lambda p: jitgrad.tensor(1 << 70)),
    "operand str": (DTypeError, "operand|got", lambda p: p.y + "a"),
    "operand object": (DTypeError, "operand", lambda p: p.y * object()),
    "operand None": (DTypeError, "operand", lambda p: p.y + None),
    "operand complex": (DTypeError, "floor_divide", lambda p: p.y // 1j),
    "operand object array": (DTypeError, "object", lambda p: p.y + np.array([None, 1, 2])),
    "integer operand too large": (IntegerOverflow, "int64", lambda p: p.b + (1 << 70)),
    "number that does not fit": (IntegerOverflow, "uint8", lambda p: jitgrad.tensor(np.array([1], np.uint8)) + 300),
    "no such loop": (DTypeError, "not defined", lambda p: -p.b),
    "difference of booleans": (DTypeError, "not defined", lambda p: p.b - p.b),
    "invert a float": (DTypeError, "not defined.*expected bool or integers", lambda p: ~p.y),
}
AXES = {
    "sum": (AxisError, "axis 1", lambda p: p.y.sum(axis=1)),
    "negative": (AxisError, "axis -3", lambda p: p.m.mean(axis=-3)),
    "repeated": (AxisError, "repeated", lambda p: p.m.sum(axis=(0, 0))),
    "one of two": (AxisError, "axis 2", lambda p: p.m.sum(axis=(0, 2))),
    "float": (ArgumentError, "integer", lambda p: p.m.sum(axis=0.5)),
    "cumsum": (AxisError, "axis", lambda p: jitgrad.cumsum(p.y, axis=3)),
    "argmax": (AxisError, "axis", lambda p: p.y.argmax(axis=1)),
    "transpose": (AxisError, "each axis once", lambda p: jitgrad.transpose(p.m, (0, 0))),
    "transpose of too many": (AxisError, "axis 2", lambda p: p.m.transpose(0, 1, 2)),
    "concatenate": (AxisError, "axis", lambda p: jitgrad.concatenate([p.y, p.y], axis=1)),
    "stack": (AxisError, "axis", lambda p: jitgrad.stack([p.y, p.y], axis=3)),
    "expand_dims": (AxisError, "axis", lambda p: jitgrad.expand_dims(p.y, 4)),
    "flip": (AxisError, "axis", lambda p: jitgrad.flip(p.y, 1)),
    "swapaxes": (AxisError, "axis", lambda p: jitgrad.swapaxes(p.m, 0, 2)),
}
INDICES = {
    "too large": (IndexOutOfRange, "index 3 for axis 0 of length 3", lambda p: p.y[3]),
    "too small": (IndexOutOfRange, "index -4", lambda p: p.y[-4]),
    "second": (IndexOutOfRange, "axis 1", lambda p: p.m[0, 5]),
    "too many": (IndexOutOfRange, "2 indices for a tensor of 1", lambda p: p.y[0, 0]),
    "of a 0-d": (IndexOutOfRange, "indices", lambda p: p.s[0]),
    "list": (IndexOutOfRange, "index 7", lambda p: p.y[[0, 7]]),
    "float": (IndexOutOfRange, "expected integers", lambda p: p.y[1.0]),
    "str": (IndexOutOfRange, "expected integers", lambda p: p.y["a"]),
    "float tensor": (IndexOutOfRange, "expected integers", lambda p: p.y[p.c]),
    "mask of another shape": (IndexOutOfRange, "mask", lambda p: p.y[np.array([True, False])]),
    "ellipses": (IndexOutOfRange, "ellipses", lambda p: p.m[..., ...]),
    "slice of floats": (IndexOutOfRange, "slice", lambda p: p.y[0.5:]),
    "step 0": (IndexOutOfRange, "step", lambda p: p.y[::0]),
    "assignment": (IndexOutOfRange, "index 3", lambda p: p.y.__setitem__(3, 1.0)),
    "assignment to a list": (IndexOutOfRange, "index 9", lambda p: p.y.__setitem__([0, 9], 1.0)),
    "take": (IndexOutOfRange, "index 5", lambda p: jitgrad.take(p.y, [0, 5])),
}
ARGUMENTS = {
    "unknown parameter": (ArgumentError, "expected one of", lambda p: p.y.sum(axes=0)),
    "missing parameter": (ArgumentError, "needs shape", lambda p: jitgrad.broadcast_to(p.y)),
    "too many parameters": (ArgumentError, "at most", lambda p: jitgrad.sum(p.y, 0, False, 0, 0, 0, 0)),
    "missing operand": (ArgumentError, "operands", lambda p: jitgrad.where(p.b)),
    "tensor as a parameter": (ArgumentError, "Python numbers", lambda p: jitgrad.reshape(p.y, p.s)),
    "nothing to join": (ArgumentError, "at least one", lambda p: jitgrad.concatenate([])),
    "truth value": (ArgumentError, r"ambiguous; use .any\(\) or .all\(\)", lambda p: bool(p.y > 1)),
    "truth value of a comparison": (ArgumentError, "ambiguous", lambda p: p.y if p.y == p.y else None),
    "truth value of nothing": (ArgumentError, "ambiguous", lambda p: bool(jitgrad.zeros(0))),
    "item": (ArgumentError, "expected one element", lambda p: p.y.item()),
    "float": (ArgumentError, "expected one element", lambda p: float(p.y)),
    "int": (ArgumentError, "expected one element", lambda p: int(p.m)),
    "index": (DTypeError, "0-d integer", lambda p: [1, 2, 3][p.s]),
    "index of several": (DTypeError, "0-d integer", lambda p: range(3)[p.i]),
    "len": (ArgumentError, "0-d", lambda p: len(p.s)),
    "iteration": (ArgumentError, "0-d", lambda p: list(p.s)),
    "max of nothing": (ShapeError, "give it elements", lambda p: jitgrad.zeros(0).max()),
    "config": (ArgumentError, "expected one of", lambda p: setattr(jitgrad.config, "compile", "sometimes")),
    "threads": (ArgumentError, "threads", lambda p: jitgrad.set_num_threads(0)),
    "from_numpy": (ArgumentError, "numpy.ndarray", lambda p: jitgrad.from_numpy([1.0])),
    "axes one by one": (DTypeError, r"dtype=1, expected a dtype.*axis=\(0, 1\)", lambda p: p.m.sum(0, 1)),
    "keepdims by place": (DTypeError, "keepdims=True", lambda p: p.m.mean(0, True)),
    "ddof": (ArgumentError, "ddof", lambda p: p.m.var(0, "a")),
    "decimals": (ArgumentError, "decimals", lambda p: jitgrad.round(p.y, 0.5)),
    "decimals of round": (ArgumentError, "decimals", lambda p: round(p.y, "a")),
    "axes of tensordot": (ArgumentError, "a pair", lambda p: jitgrad.tensordot(p.y, p.y, "a")),
    "concatenate a number": (ArgumentError, "expected a sequence", lambda p: jitgrad.concatenate(3)),
    "stack a number": (ArgumentError, "expected a sequence", lambda p: jitgrad.stack(3)),
    "format": (ArgumentError, "format its elements", lambda p: f"{p.y:.2f}"),
    "nonzero of a 0-d": (ArgumentError, "0-d", lambda p: p.s.nonzero()),
    "device": (ArgumentError, "'cpu'", lambda p: jitgrad.tensor([1.0], device="cuda")),
    "no_grad of a number": (ArgumentError, "decorate", lambda p: jitgrad.no_grad(3)),
    "shift by a float": (DTypeError, "not defined", lambda p: p.i << 1.0),
    "repeats": (ArgumentError, "repeats", lambda p: p.y.repeat(-1)),
    "number of repeats": (ShapeError, "2 repeats for 3", lambda p: p.y.repeat([1, 2])),
    "kind of sort": (ArgumentError, "quicksort", lambda p: p.y.sort(kind="bogus")),
    "sort of a 0-d": (AxisError, "axis -1", lambda p: p.s.sort()),
    "diagonal of a vector": (ShapeError, "two axes", lambda p: p.y.diagonal()),
    "diagonal of one axis": (AxisError, "different", lambda p: p.m.diagonal(0, 0, 0)),
    "take_along_axis": (IndexOutOfRange, "index 9", lambda p: jitgrad.take_along_axis(p.y, [9], 0)),
    "take_along_axis of a matrix": (ShapeError, "dimensions", lambda p: jitgrad.take_along_axis(p.m, [0], 0)),
    "view of a dtype": (DTypeError, "read as another dtype", lambda p: p.y.view(jitgrad.float32)),
}
CREATION = {
    "negative length": (ShapeError, "at least 0", lambda p: jitgrad.zeros(-1)),
    "negative lengths": (ShapeError, r"\(2, -1\)", lambda p: jitgrad.ones(2, -1)),
    "half a length": (ArgumentError, "2.5, expected an integer", lambda p: jitgrad.zeros(2.5)),
    "no length": (ArgumentError, "expected an integer", lambda p: jitgrad.ones(None)),
    "more than there is": (ShapeError, "memory", lambda p: jitgrad.zeros(2**62, 2**62)),
    "arange of text": (ArgumentError, "numbers", lambda p: jitgrad.arange("a")),
    "arange of nothing": (ArgumentError, "numbers", lambda p: jitgrad.arange()),
    "arange of too much": (ArgumentError, "4 values", lambda p: jitgrad.arange(1, 2, 3, 4)),
    "arange with step 0": (ArgumentError, "other than 0", lambda p: jitgrad.arange(1, 2, 0)),
    "eye": (ArgumentError, "expected an integer", lambda p: jitgrad.eye(2.5)),
    "diagonal of eye": (ArgumentError, "k = 0.5", lambda p: jitgrad.eye(2, k=0.5)),
    "negative eye": (ShapeError, "at least 0", lambda p: jitgrad.eye(-1)),
    "linspace": (ShapeError, "at least 0", lambda p: jitgrad.linspace(0, 1, -3)),
    "linspace of text": (ArgumentError, "two numbers", lambda p: jitgrad.linspace("a", 1)),
    "axis of linspace": (AxisError, "axis 3", lambda p: jitgrad.linspace(p.y, 1, axis=3)),
    "full": (ArgumentError, "broadcast to", lambda p: jitgrad.full((2,), [1.0, 2.0, 3.0])),
    "full of text": (DTypeError, "got dtype", lambda p: jitgrad.full((2,), "a")),
    "rand": (ShapeError, "at least 0", lambda p: jitgrad.rand(-1)),
    "randint": (ArgumentError, "smaller", lambda p: jitgrad.randint(5, 2, (2,))),
    "seed": (ArgumentError, "whole number", lambda p: jitgrad.manual_seed("a")),
    "numpy.zeros": (ArgumentError, "numpy.zeros", lambda p: jitgrad.numpy.zeros(-1)),
    "numpy.arange": (ArgumentError, "numpy.arange", lambda p: jitgrad.numpy.arange("a")),
}
FUNCTIONALS = {
    "grad of a number": (ArgumentError, "expected a function", lambda p: jitgrad.grad(3)),
    "value_and_grad of a result": (ArgumentError, "not its result", lambda p: jitgrad.value_and_grad(p.s)),
    "hvp of a number": (ArgumentError, "expected a function", lambda p: jitgrad.hvp(3)),
    "hvp of what gives no tensor": (GradientError, "expected a Tensor", lambda p: jitgrad.hvp(lambda x: 3.0)(1.0, 1.0)),
    "argnums that are text": (ArgumentError, "argnums", lambda p: jitgrad.grad(lambda x: x, "a")),
    "half argnums": (ArgumentError, "argnums", lambda p: jitgrad.grad(lambda x: x, 0.5)),
    "autograd.grad of a number": (ArgumentError, "outputs with an object", lambda p: jitgrad.autograd.grad(3, p.x)),
    "autograd.grad by a number": (ArgumentError, "inputs with an object", lambda p: jitgrad.autograd.grad(p.s, [3])),
    "backward to a number": (ArgumentError, "inputs with an object", lambda p: p.s.backward(inputs=3)),
    "grad of another dtype": (DTypeError, "float32, expected the tensor's float64",
                              lambda p: setattr(p.x, "grad", jitgrad.ones(3, dtype="float32"))),
}
# fmt: on
CASES = [
    pytest.param(*case, id=f"{kind}-{name}")
    for kind, cases in {
        "shapes": SHAPES,
        "gradients": GRADIENTS,
        "writes": WRITES,
        "dtypes": DTYPES,
        "axes": AXES,
        "indices": INDICES,
        "arguments": ARGUMENTS,
        "creation": CREATION,
        "functionals": FUNCTIONALS,
    }.items()
    for name, case in cases.items()
]


def test_errors_are_the_built_in_ones_too():
    """What was written for NumPy or torch catches them."""
    for kind, base in ((ShapeError, ValueError), (AxisError, ValueError), (AxisError, IndexError),
                       (IndexOutOfRange, IndexError), (DTypeError, TypeError), (ArgumentError, TypeError),
                       (ArgumentError, ValueError), (GradientError, RuntimeError),
                       (AliasError, RuntimeError)):  # fmt: skip
        assert issubclass(kind, base) and issubclass(kind, jitgrad.JitgradError)


@pytest.mark.each("looked", [False, True], ids=["pending", "looked"])
@pytest.mark.each("kind, message, wrong", CASES)
def test_error(kind, message, wrong, looked):
    good = Program()
    want = good.finish()
    program = Program()
    if looked:
        program.look()
    with pytest.raises(kind, match=f"(?s){message}") as caught:
        wrong(program)
    assert caught.type is kind
    text = str(caught.value)
    assert (
        text.startswith("got ")
        or " got " in text
        or "needs" in text
        or "not defined" in text
        or caught.type is TypeError
    ), text
    assert_at_the_users_line(caught.value, wrong)
    assert program.finish() == want


def assert_at_the_users_line(error, function):
    """The innermost frame outside the package is the statement."""
    mine = [
        f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(PACKAGE)
    ]
    mine = [f for f in mine if "numpy" not in pathlib.Path(f.filename).parts]
    assert mine[-1].filename == __file__
    first = function.__code__.co_firstlineno
    lines = {first} | ({freed.__code__.co_firstlineno} if mine[-1].name == "freed" else set())
    assert mine[-1].lineno in lines, f"raised at line {mine[-1].lineno}, expected {first}"


@pytest.mark.parametrize("segment", [1, 2, 3, 7])
def test_error_in_the_middle_of_short_segments(segment, monkeypatch):
    want = Program().finish()
    monkeypatch.setattr(jitgrad.config, "segment", segment)
    for cases in (SHAPES, GRADIENTS, WRITES, AXES, INDICES):
        for name, (kind, _, wrong) in cases.items():
            program = Program()
            with pytest.raises(kind):
                wrong(program)
            assert program.finish() == want, name


def test_many_errors_in_one_program():
    want = Program().finish()
    program = Program()
    for cases in (SHAPES, GRADIENTS, WRITES, DTYPES, AXES, INDICES, ARGUMENTS):
        for kind, _, wrong in cases.values():
            with pytest.raises(kind):
                wrong(program)
    assert program.finish() == want


def test_error_under_no_grad_and_in_create_graph():
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    with jitgrad.no_grad(), pytest.raises(ShapeError):
        x.copy_(jitgrad.ones(3))
    assert x.is_leaf and x.requires_grad and x.tolist() == [1.0, 2.0]
    with pytest.raises(GradientError):
        jitgrad.autograd.grad(x * x, x, create_graph=True)
    (g,) = jitgrad.autograd.grad((x**3).sum(), x, create_graph=True)
    g.sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_traceback_is_short():
    """A user sees few frames of ours."""
    x = jitgrad.ones(3)
    try:
        x + jitgrad.ones(2)
    except ShapeError as error:
        inside = [
            f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(PACKAGE)
        ]
        assert len(inside) <= 10
    else:
        raise AssertionError("no error")


def test_errors_cost_no_recursion():
    limit = sys.getrecursionlimit()
    x = y = jitgrad.tensor(1.0, requires_grad=True)
    for _ in range(limit * 3):
        y = y * 1.0001
    with pytest.raises(ShapeError):
        jitgrad.ones(3) + jitgrad.ones(2) * y
    y.backward()
    np.testing.assert_allclose(x.grad.item(), 1.0001 ** (limit * 3))


def test_a_parameter_that_is_given_twice():
    x = jitgrad.tensor([[1.0, 2.0]])
    for call in (
        lambda: jitgrad.sum(x, 0, axis=1),
        lambda: x.cumsum(0, axis=1),
        lambda: x.sum(0, dim=1),
    ):
        with pytest.raises(ArgumentError, match="'axis' twice"):
            call()
