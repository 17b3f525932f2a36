"""Compiled functions that Python calls: of numbers, by CPython's protocol for fast calls.

`add_entry` writes ``PyObject *entry(self, args, count)`` around a function: it unpacks numbers,
calls, and packs what is returned. `callable_at` makes of its address an object of Python's. Both
use what CPython keeps stable. Start at `add_entry`.
"""

import ctypes

from llvmlite import ir

from .casts import cast
from .kernel_code import KernelCode
from .kinds import boolean, float64, int64, uint64
from .memory import I8, I32, I64, python_function

OBJECT = I8.as_pointer()
#: The function takes an array of arguments and their number.
FAST_CALL = 0x80


class _Method(ctypes.Structure):
    """CPython's ``PyMethodDef``."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


def described(name, address, flags):
    """The address of a description of a function, which is never freed, as kernels are not: what
    Python makes of it reads it when it is freed itself, later than all that modules hold."""
    method = _Method(name.encode(), address, flags, None)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(method))
    return ctypes.addressof(method)


def callable_at(address, name):
    """The function at `address` as an object of Python's."""
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p] * 3
    return make(described(name, address, FAST_CALL), None, None)


def add_entry(module, name, known, released):
    """Adds the function that Python calls to `module`; `known` has the types of what it runs,
    without the interpreter's lock if it is `released`."""
    shape = ir.FunctionType(OBJECT, [OBJECT, OBJECT.as_pointer(), I64])
    function = ir.Function(module, shape, name)
    inner = _inner(module, f"{name}.inner", known)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    failed = function.append_basic_block("failed")
    kinds = list(known.given.values())
    _check(builder, builder.icmp_signed("==", function.args[2], I64(len(kinds))), failed, True)
    values = []
    for k, kind in enumerate(kinds):
        given = builder.load(builder.gep(function.args[1], [I64(k)]))
        values.append(_unpacked(builder, given, kind, failed))
    places = [builder.alloca(kind.llvm) for kind in known.returned]
    state = python_function(builder, "PyEval_SaveThread", OBJECT) if released else None
    builder.call(inner, [*values, *places])
    if released:
        python_function(builder, "PyEval_RestoreThread", ir.VoidType(), state)
    results = [builder.load(place) for place in places]
    builder.ret(_packed(builder, results, known.returned))
    builder.position_at_end(failed)
    builder.ret(ir.Constant(OBJECT, None))


def _inner(module, name, known):
    """The function itself, which leaves its results where the last arguments say."""
    kinds = [k.llvm for k in known.given.values()]
    places = [k.llvm.as_pointer() for k in known.returned]
    inner = ir.Function(module, ir.FunctionType(ir.VoidType(), [*kinds, *places]), name)
    inner.linkage = "internal"
    builder = ir.IRBuilder(inner.append_basic_block("entry"))
    begin = inner.append_basic_block("begin")
    builder.branch(begin)
    builder.position_at_end(begin)

    def give(values):
        for value, place in zip(values, inner.args[len(kinds) :], strict=True):
            builder.store(value, place)
        builder.ret_void()

    KernelCode(builder, known, inner.args[: len(kinds)], give)
    if not builder.block.is_terminated:
        builder.unreachable() if known.returned else builder.ret_void()
    return inner


def _check(builder, is_right, failed, tells=False):
    """Goes on where `is_right`; an error that Python has not raised is one of the arguments."""
    go_on, wrong = map(builder.append_basic_block, ("right", "wrong"))
    builder.cbranch(is_right, go_on, wrong)
    builder.position_at_end(wrong)
    if tells:
        python_function(builder, "PyErr_BadArgument", I32)
    builder.branch(failed)
    builder.position_at_end(go_on)


#: How numbers come from Python and go there, by the kind that is nearest to Python's.
_WIDEST = {"f": float64, "i": int64, "u": uint64, "b": int64}
_UNPACK = {
    "i": "PyLong_AsLongLong",
    "u": "PyLong_AsUnsignedLongLong",
}
_PACK = {
    "f": "PyFloat_FromDouble",
    "i": "PyLong_FromLongLong",
    "u": "PyLong_FromUnsignedLongLong",
    "b": "PyBool_FromLong",
}


def _unpacked(builder, given, kind, failed):
    if kind is boolean:
        answer = python_function(builder, "PyObject_IsTrue", I32, given)
        _check(builder, builder.icmp_signed(">=", answer, I32(0)), failed)
        return builder.icmp_signed("!=", answer, I32(0))
    wide = _WIDEST[kind.form]
    if kind.is_float:
        value = python_function(builder, "PyFloat_AsDouble", wide.llvm, given)
        odd = builder.fcmp_ordered("==", value, ir.Constant(wide.llvm, -1.0))
    else:
        whole = python_function(builder, "PyNumber_Long", OBJECT, given)
        _check(builder, builder.icmp_unsigned("!=", whole, ir.Constant(OBJECT, None)), failed)
        value = python_function(builder, _UNPACK[kind.form], wide.llvm, whole)
        python_function(builder, "Py_DecRef", ir.VoidType(), whole)
        odd = builder.icmp_signed("==", value, ir.Constant(wide.llvm, -1))
    with builder.if_then(odd, likely=False):
        raised = python_function(builder, "PyErr_Occurred", OBJECT)
        _check(builder, builder.icmp_unsigned("==", raised, ir.Constant(OBJECT, None)), failed)
    return cast(builder, value, wide, kind)


def _packed(builder, values, kinds):
    if not values:
        none = builder.module.globals.get("_Py_NoneStruct")
        none = none or ir.GlobalVariable(builder.module, I8, "_Py_NoneStruct")
        python_function(builder, "Py_IncRef", ir.VoidType(), none)
        return none
    made = [_number(builder, v, k) for v, k in zip(values, kinds, strict=True)]
    if len(made) == 1:
        return made[0]
    out = python_function(builder, "PyTuple_New", OBJECT, I64(len(made)))
    for k, item in enumerate(made):
        python_function(builder, "PyTuple_SetItem", I32, out, I64(k), item)
    return out


def _number(builder, value, kind):
    if kind is boolean:
        value = builder.zext(value, I64)
    else:
        value = cast(builder, value, kind, _WIDEST[kind.form])
    return python_function(builder, _PACK[kind.form], OBJECT, value)
