"""Records in machine code: what an operator does where the program goes on as it went last time.

A record that follows what was recorded last needs no Python: a few comparisons by identity and a
few stores (`jitgrad.tape.segment` says which). The functions written here are put into CPython's
slots of operators. They do these, and leave every other case, before anything was stored, to the
method in Python. They use the stable part of CPython's API, and the places of slots of our own
classes (`Offsets`).

The interpreter's lock is held throughout, so no other thread and no signal comes in between; only
the making of a handle may run a finaliser, as it may start a collection of garbage, after which all
is asked again. Start at `object_file`.
"""

from llvmlite import ir

from . import machine
from .memory import I8, I32, I64, steps
from .record_forms import element, foreseen, given, joined, one, two, view, with_number
from .record_steps import current, enter, follow
from .record_writer import (
    ARGUMENTS,
    CLASS,
    EACH,
    ENTRY,
    ITEMS,
    METHOD,
    NULL,
    OBJECT,
    REFLECTED,
    SIZE,
    TABLE,
    Writer,
)


def _slot(module, layout, number, operator, name):
    """The function of an operator, which asks a form of records, and then Python's method."""
    f = Writer(module, name, ARGUMENTS[operator.form], layout, internal=False)
    entry = f.known(EACH * number + ENTRY)
    if operator.form in ("one", "row"):
        given = f.out.args if operator.form == "row" else [entry, *f.out.args]
        _ask(f, operator.form, *given)
    else:
        _ask_for_two(f, operator, entry)
    f.builder.branch(f.other)
    f.builder.position_at_end(f.other)
    _leave_to_python(f, number, operator)


def _leave_to_python(f, number, operator):
    """Calls the method; where the tensor is the second operand, the one for that. CPython comes
    here with a first operand of another class after that did not know."""
    b = f.builder
    x = f.out.args[0]
    if operator.form in ("one", "row"):
        b.ret(_called(f, f.known(EACH * number + METHOD), f.out.args))
        return
    two = f.out.args[:2]
    with b.if_then(f.is_tensor(x)):
        if operator.form == "ternary":
            with b.if_then(b.not_(f.same(f.out.args[2], f.none))):
                b.ret(_called(f, f.known(EACH * number + METHOD), f.out.args))
        b.ret(_called(f, f.known(EACH * number + METHOD), two))
    unknown = f.symbol("_Py_NotImplementedStruct")
    if operator.form == "ternary":
        with b.if_then(b.not_(f.same(f.out.args[2], f.none))):
            f.hold(unknown)
            b.ret(unknown)
    with b.if_then(f.is_tensor(two[1])):
        b.ret(_called(f, f.known(EACH * number + REFLECTED), two[::-1]))
    f.hold(unknown)
    b.ret(unknown)


def _called(f, function, given):
    """A call of a function of Python's."""
    b = f.builder
    with b.goto_entry_block():
        memory = b.alloca(OBJECT, len(given))
    for k, x in enumerate(given):
        b.store(x, b.gep(memory, [I64(k)]))
    return f.call("PyObject_Vectorcall", OBJECT, function, memory, I64(len(given)), NULL)


def _ask_for_two(f, operator, entry):
    x, y = f.out.args[:2]
    if operator.form == "ternary":
        f.need_same(f.out.args[2], f.none)
    if operator.guarded:  # an array has values as a tensor has
        for known, other in ((x, y), (y, x)):
            is_array = f.same(f.read(other, CLASS), f.known("array"))
            several = f.builder.or_(f.is_tensor(other), is_array)
            f.need(f.builder.not_(f.builder.and_(f.is_tensor(known), several)))
    _ask_for_operands(f, x, y, entry, f.symbol("PyFloat_Type") if operator.floats else NULL)


def _ask_for_operands(f, x, y, entry, floats):
    """Returns the record of an entry of two operands, of which one is a tensor."""
    b = f.builder
    first, second = f.is_tensor(x), f.is_tensor(y)
    with b.if_then(b.and_(first, second)):
        _ask(f, "two", x, y, entry)
        b.branch(f.other)
    with b.if_then(first):
        with b.if_then(f.same(f.read(y, CLASS), f.known("array"))):
            _ask_with_array(f, x, y, entry)
            b.branch(f.other)
        _ask(f, "tensor_first", x, y, entry, floats)
        b.branch(f.other)
    f.need(second)
    _ask(f, "tensor_second", y, x, entry, f.symbol("PyFloat_Type"))


def _ask_with_array(f, x, y, entry):
    """Returns the record with an array of NumPy's as second operand, for which a tensor is made:
    only where the record is foreseen, since an array that entered is there for nobody else. What
    that raises, as an interrupt, is left raised."""
    b = f.builder
    f.need(b.not_(f.same(b.call(b.module.globals["foreseen"], [x, entry]), NULL)))
    made = _called(f, f.known("quick"), [y, x])
    with b.if_then(f.same(made, NULL), likely=False):
        b.ret(NULL)
    with b.if_then(f.is_tensor(made)):
        out = b.call(b.module.globals["two"], [x, made, entry])
        f.drop(made)
        with b.if_then(b.not_(f.same(out, NULL))):
            b.ret(out)
        b.branch(f.other)
    f.drop(made)


def _ask(f, name, *given):
    """Returns what a form of records gives, if it gives anything."""
    out = f.builder.call(f.builder.module.globals[name], given)
    with f.builder.if_then(f.builder.not_(f.same(out, NULL))):
        f.builder.ret(out)


def _function(module, layout, name, form, given):
    """The function that Python calls with so many arguments as a form of records takes: what that
    gives, or None."""
    f = Writer(module, name, 3, layout, internal=False)
    b = f.builder
    place = b.bitcast(f.out.args[1], OBJECT.as_pointer())
    arguments = [b.load(b.gep(place, [I64(k)])) for k in range(given)]
    _ask(f, form, *arguments)
    f.hold(f.none)
    b.ret(f.none)
    f.end()


def _pair(module, layout, name):
    """The function that Python calls with an entry, two operands and the class of floats, if their
    value makes no other program: the record, or None."""
    f = Writer(module, name, 3, layout, internal=False)
    b = f.builder
    place = b.bitcast(f.out.args[1], OBJECT.as_pointer())
    entry, x, y, floats = (b.load(b.gep(place, [I64(k)])) for k in range(4))
    _ask_for_operands(f, x, y, entry, floats)
    b.branch(f.other)
    b.position_at_end(f.other)
    f.hold(f.none)
    b.ret(f.none)


def _alive(module, layout, name):
    """The function that Python calls as ``alive(segment, handles, number)``: a byte for each of the
    first handles, whether anybody but their list holds it. Notes in the slot `free` whether none
    that is not held has a weak reference."""
    f = Writer(module, name, 3, layout, internal=False)
    b = f.builder
    given = b.bitcast(f.out.args[1], OBJECT.as_pointer())
    segment, handles, number = (b.load(b.gep(given, [I64(k)])) for k in range(3))
    count = f.size(number)
    f.need(f.is_a(handles, "PyList_Type"))
    f.need(b.icmp_signed("<=", count, f.read(handles, SIZE, I64)))
    out = f.call("PyBytes_FromStringAndSize", OBJECT, NULL, count)
    f.need(b.not_(f.same(out, NULL)))
    data = f.call("PyBytes_AsString", OBJECT, out)
    first, found = f.read(handles, ITEMS, OBJECT.as_pointer()), b.alloca(I8)
    b.store(I8(0), found)
    with steps(b, count, 1) as k:
        handle = b.load(b.gep(first, [k]))
        held = b.icmp_unsigned(">", f.read(handle, 0, I32), I32(1))  # the lower half is enough
        b.store(b.zext(held, I8), b.gep(data, [k]))
        with b.if_then(b.and_(f.is_tensor(handle), b.not_(held))):
            weak = b.not_(f.same(f.slot("handle", handle, "__weakref__"), NULL))
            b.store(b.or_(b.load(found), b.zext(weak, I8)), found)
    none = b.icmp_unsigned("==", b.load(found), I8(0))
    free = b.select(none, f.symbol("_Py_TrueStruct"), f.symbol("_Py_FalseStruct"))
    f.hold(free)
    f.drop(f.swap(f.place("segment", segment, "free"), free))
    b.ret(out)
    b.position_at_end(f.other)
    f.call("PyErr_BadArgument", I32)
    b.ret(NULL)


#: What Python calls.
FUNCTIONS = "one", "pair", "given", "joined", "view", "alive"


def source(layout, operators):
    """A text that says all that the code depends on, as kernels have one."""
    lines = [f"# {owner}: {slots}" for owner, slots in layout._asdict().items()]
    lines += [f"# {operator}" for operator in operators]
    return "\n".join(
        ['"""driver: records in machine code, which follow what came last."""', *lines, ""]
    )


def object_file(layout, operators, key):
    """The object file of the functions for `operators`, by their names, of `FUNCTIONS`, and of
    `places`, which gives the address of the table; all with `key` and a dot before them."""
    module = machine.new_module(key)
    kind = ir.ArrayType(I64, len(TABLE) + EACH * len(operators))
    table = ir.GlobalVariable(module, kind, "table")
    table.initializer, table.linkage = ir.Constant(kind, None), "internal"
    current(module, layout)
    follow(module, layout)
    enter(module, layout)
    one(module, layout)
    two(module, layout)
    foreseen(module, layout)
    with_number(module, layout, "tensor_first", "first", "second")
    with_number(module, layout, "tensor_second", "second", "first")
    element(module, layout)
    given(module, layout)
    joined(module, layout)
    view(module, layout)
    for number, operator in enumerate(operators):
        _slot(module, layout, number, operator, f"{key}.{operator.name}")
    for name, count in (("one", 2), ("given", 3), ("joined", 3), ("view", 4)):
        _function(module, layout, f"{key}.{name}", name, count)
    _pair(module, layout, f"{key}.pair")
    _alive(module, layout, f"{key}.alive")
    places = ir.Function(module, ir.FunctionType(OBJECT, []), f"{key}.places")
    builder = ir.IRBuilder(places.append_basic_block("begin"))
    builder.ret(builder.bitcast(table, OBJECT))
    return machine.object_of(module)
