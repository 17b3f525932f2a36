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

from typing import NamedTuple

from llvmlite import ir

from . import machine
from .memory import I8, I32, I64, python_function, steps

OBJECT, VOID = I8.as_pointer(), ir.VoidType()
NULL = ir.Constant(OBJECT, None)
#: Where every object has its class, where one of variable size its size, and where a list has the
#: place of its items, a tuple the items themselves.
CLASS, SIZE, ITEMS = 8, 16, 24
#: Places of the table that the functions read: the object of threads' attributes, the names of the
#: dictionary of these and of the segment, that dictionary of the thread that asked last, the number
#: of that thread; the classes of tensors and states, that of what is known of ``x[i]``, what
#: elements have; what says whether one thread records alone; how many records were done so far.
TABLE = (
    *("local", "dictionary", "segment", "attributes", "thread"),
    *("tensor", "state", "index", "element", "gate", "count"),
)
#: Behind these, for each operator: its entry in the catalogue, its method, and the one for a tensor
#: that is the second operand.
ENTRY, METHOD, REFLECTED, EACH = 0, 1, 2, 3


class Offsets(NamedTuple):
    """The offsets of slots, as pairs of a name and an offset, in the classes `State`, `Segment`,
    `Handle` and `Gate`."""

    state: tuple
    segment: tuple
    handle: tuple
    gate: tuple


class Operator(NamedTuple):
    """A slot to be filled: its name; its form, of `ARGUMENTS`; whether a float may be an operand,
    whatever its value."""

    name: str
    form: str
    floats: bool


#: How many arguments slots of a form get.
ARGUMENTS = {"one": 1, "two": 2, "ternary": 3, "row": 2}


class Writer:
    """The code of one function, `out`: objects are pointers; whatever is not as expected branches
    to `other`, where nothing was done yet and NULL is given."""

    def __init__(self, module, name, given, layout, internal=True):
        shape = ir.FunctionType(OBJECT, [OBJECT] * given)
        self.out = ir.Function(module, shape, name)
        self.out.linkage = "internal" if internal else "external"
        self.layout = {owner: dict(slots) for owner, slots in layout._asdict().items()}
        self.builder = ir.IRBuilder(self.out.append_basic_block("begin"))
        self.other = self.out.append_basic_block("other")

    def call(self, name, result, *given):
        """A call of the interpreter's."""
        return python_function(self.builder, name, result, *given)

    def symbol(self, name):
        """The address of an object of the interpreter's."""
        module = self.builder.module
        return module.globals.get(name) or ir.GlobalVariable(module, I8, name)

    @property
    def none(self):
        return self.symbol("_Py_NoneStruct")

    def at(self, thing, offset, kind=OBJECT):
        """The place at an offset from a pointer."""
        return self.builder.bitcast(self.builder.gep(thing, [I64(offset)]), kind.as_pointer())

    def read(self, thing, offset, kind=OBJECT):
        return self.builder.load(self.at(thing, offset, kind))

    def entry(self, name, kind=OBJECT):
        """The place in the table of a name, or of a number behind the names."""
        number = TABLE.index(name) if isinstance(name, str) else len(TABLE) + name
        table = self.builder.bitcast(self.builder.module.globals["table"], OBJECT)
        return self.at(table, 8 * number, kind)

    def known(self, name):
        """What the table has there."""
        return self.builder.load(self.entry(name))

    def place(self, owner, thing, name):
        """The place of a slot of an object of one of our classes."""
        return self.at(thing, self.layout[owner][name])

    def slot(self, owner, thing, name):
        return self.builder.load(self.place(owner, thing, name))

    def same(self, x, y):
        return self.builder.icmp_unsigned("==", x, y)

    def need(self, condition):
        """Goes on where it holds, else to `other`."""
        on = self.out.append_basic_block("on")
        self.builder.cbranch(condition, on, self.other)
        self.builder.position_at_end(on)

    def need_same(self, x, y):
        self.need(self.same(x, y))

    def is_a(self, thing, name):
        """Whether an object is of a class of the interpreter's, not of one made of that."""
        return self.same(self.read(thing, CLASS), self.symbol(name))

    def is_tensor(self, thing):
        return self.same(self.read(thing, CLASS), self.known("tensor"))

    def hold(self, thing):
        self.call("Py_IncRef", VOID, thing)

    def drop(self, thing):
        """One reference less, if it is any object."""
        self.call("Py_DecRef", VOID, thing)

    def swap(self, place, thing):
        """Stores an object, whose reference is given away; gives what was there, to be dropped."""
        before = self.builder.load(place)
        self.builder.store(thing, place)
        return before

    def need_made(self, thing):
        """To `other`, without an error, where the interpreter could not make an object."""
        with self.builder.if_then(self.same(thing, NULL), likely=False):
            self.call("PyErr_Clear", VOID)
            self.builder.branch(self.other)

    def size(self, number):
        """The value of an integer of Python's that is known to be small."""
        return self.call("PyLong_AsSsize_t", I64, number)

    def item(self, items, index):
        """The place of an item of a list; to `other` if that is no list or too short."""
        self.need(self.is_a(items, "PyList_Type"))
        self.need(self.builder.icmp_signed("<", index, self.read(items, SIZE, I64)))
        first = self.read(items, ITEMS, OBJECT.as_pointer())
        return self.builder.gep(first, [index])

    def end(self):
        self.builder.position_at_end(self.other)
        self.builder.ret(NULL)


# ----- what all records do


def _current(module, layout):
    """The function that gives the segment of this thread, or NULL.

    Which dictionary has a thread's attributes is asked for when another thread asked last; numbers
    of threads are not used again."""
    f = Writer(module, "current", 0, layout)
    b = f.builder
    thread = f.call("PyThreadState_GetID", I64, f.call("PyThreadState_Get", OBJECT))
    place = f.entry("thread", I64)
    with b.if_then(b.icmp_unsigned("!=", b.load(place), thread), likely=False):
        attributes = f.call("PyObject_GetAttr", OBJECT, f.known("local"), f.known("dictionary"))
        f.need_made(attributes)
        before = f.swap(f.entry("attributes"), attributes)
        b.store(thread, place)
        f.drop(before)
    b.ret(f.call("PyDict_GetItem", OBJECT, f.known("attributes"), f.known("segment")))
    f.end()


def _follow(module, layout):
    """The function that does a record, given the segment, its state, the one that follows, the
    number of Python's that it stores or NULL, and the extra of the handle. It gives the handle, or
    NULL where it did nothing."""
    f = Writer(module, "follow", 5, layout)
    b = f.builder
    segment, before, state, number, extra = f.out.args
    sink, where = b.alloca(OBJECT), b.alloca(OBJECT.as_pointer())
    b.store(NULL, sink)
    b.store(sink, where)
    with b.if_then(f.same(b.load(_handle_place(f, segment, state)), f.none)):
        _make_handle(f, segment, before, state)
    with b.if_then(b.icmp_unsigned("!=", number, NULL)):
        count = f.size(f.slot("state", before, "numbers"))
        b.store(f.item(f.slot("segment", segment, "numbers"), count), where)
    out = b.load(_handle_place(f, segment, state))
    stores = [(b.load(where), number)]
    for name, value in (("_state", state), ("_seg", segment), ("_x", extra)):
        stores.append((f.place("handle", out, name), value))
    stores.append((f.place("segment", segment, "state"), state))
    f.hold(out)
    done = f.entry("count", I64)
    b.store(b.add(b.load(done), I64(1)), done)
    _store(f, stores)
    b.ret(out)
    f.end()


def _handle_place(f, segment, state):
    index = f.size(f.slot("state", state, "slot"))
    return f.item(f.slot("segment", segment, "handles"), index)


def _make_handle(f, segment, before, state):
    """Puts a new handle where that of the record is to be."""
    b = f.builder
    new = f.call("PyType_GenericAlloc", OBJECT, f.known("tensor"), I64(0))
    f.need_made(new)
    for name in ("_seg", "_value", "_edge", "_x"):
        f.hold(f.none)
        b.store(f.none, f.place("handle", new, name))
    f.hold(state)
    b.store(state, f.place("handle", new, "_state"))
    with b.if_then(b.not_(f.same(f.slot("segment", segment, "state"), before)), likely=False):
        f.drop(new)  # other code has recorded
        b.branch(f.other)
    f.drop(f.swap(_handle_place(f, segment, state), new))


def _enter(module, layout):
    """The function by which a tensor with a value enters a segment where the one that did so last
    was like it; NULL where it did not. As `enter` of `jitgrad.tape.record`, of a thread that
    records alone, outside of traces."""
    f = Writer(module, "enter", 2, layout)
    b = f.builder
    segment, x = f.out.args
    extra, value = f.slot("handle", x, "_x"), f.slot("handle", x, "_value")
    f.need(b.or_(f.same(extra, f.none), f.same(extra, f.known("element"))))
    f.need(b.not_(f.same(value, f.none)))
    f.need_same(f.slot("segment", segment, "entered"), f.none)
    f.need_same(f.slot("segment", segment, "tracing"), f.none)
    f.need_same(f.slot("gate", f.known("gate"), "alone"), f.symbol("_Py_TrueStruct"))
    before = f.slot("segment", segment, "state")
    state = f.slot("state", before, "then")
    f.need_same(f.slot("state", state, "key"), _abstract(f, f.slot("handle", x, "_state")))
    sink, where = b.alloca(OBJECT), b.alloca(OBJECT.as_pointer())
    b.store(NULL, sink)
    b.store(sink, where)
    edge = f.slot("handle", x, "_edge")
    grad = f.same(f.slot("state", state, "requires_grad"), f.symbol("_Py_TrueStruct"))
    with b.if_then(grad):
        root = f.read(f.slot("state", before, "roots"), SIZE, I64)
        b.store(_next_place(f, f.slot("segment", segment, "edges"), root), where)
    count = f.size(f.slot("state", before, "leaves"))
    leaf = _next_place(f, f.slot("segment", segment, "leaves"), count)
    stores = [(leaf, value), (b.load(where), b.select(grad, edge, NULL))]
    stores.append((f.place("handle", x, "_seg"), segment))
    stores.append((f.place("handle", x, "_state"), state))
    stores.append((f.place("segment", segment, "state"), state))
    _store(f, stores)
    b.ret(x)
    f.end()


def _abstract(f, known):
    """What stands for shape and dtype: a state has it, anything else is it."""
    b = f.builder
    out = b.alloca(OBJECT)
    b.store(known, out)
    with b.if_then(f.same(f.read(known, CLASS), f.known("state"))):
        b.store(f.slot("state", known, "aval"), out)
    return b.load(out)


def _next_place(f, items, index):
    """The place of an item of a list, which is made longer by one if it ends there."""
    b = f.builder
    f.need(f.is_a(items, "PyList_Type"))
    with b.if_then(b.icmp_signed("==", index, f.read(items, SIZE, I64))):
        failed = f.call("PyList_Append", I32, items, f.none)
        with b.if_then(b.icmp_signed("!=", failed, I32(0)), likely=False):
            f.call("PyErr_Clear", VOID)
            b.branch(f.other)
    return f.item(items, index)


def _store(f, stores):
    """Stores objects at places, each as (place, object or NULL)."""
    dropped = []
    for place, value in stores:
        f.hold(value)
        dropped.append(f.swap(place, value))
    for thing in dropped:  # at the end, as this may run a finaliser
        f.drop(thing)


# ----- forms of records


class _Record(Writer):
    """The code of a record of some form: it compares with what came last, and takes that."""

    def begin(self, *operands):
        """Finds the segment, and what came last there. The tensors that are operands enter it, as
        those do that are not what came last, for then Python records them."""
        b, module = self.builder, self.builder.module
        self.segment = b.call(module.globals["current"], [])
        self.need(b.not_(self.same(self.segment, NULL)))
        for x in operands:
            with b.if_then(b.not_(self.same(self.slot("handle", x, "_seg"), self.segment))):
                self.need(
                    b.not_(self.same(b.call(module.globals["enter"], [self.segment, x]), NULL))
                )
        self.before = self.slot("segment", self.segment, "state")
        self.state = self.slot("state", self.before, "then")
        self.need_same(self.slot("state", self.state, "pause"), self.symbol("_Py_FalseStruct"))

    def need_operand(self, x, name):
        """The tensor `x` is the operand `name` of what came last."""
        self.need_same(self.slot("handle", x, "_state"), self.slot("state", self.state, name))

    def follow(self, number=NULL, extra=None):
        """Records, and gives the handle or NULL."""
        given = [self.segment, self.before, self.state, number, extra or self.none]
        return self.builder.call(self.builder.module.globals["follow"], given)


def _one(module, layout):
    """The function that records an entry of one tensor."""
    f = _Record(module, "one", 2, layout)
    x, entry = f.out.args
    f.need(f.is_tensor(x))
    f.begin(x)
    f.need_same(f.slot("state", f.state, "opcode"), entry)
    f.need_operand(x, "first")
    f.builder.ret(f.follow())
    f.end()


def _two(module, layout):
    """The function that records an entry of two tensors."""
    f = _Record(module, "two", 3, layout)
    x, y, entry = f.out.args
    f.begin(x, y)
    f.need_same(f.slot("state", f.state, "opcode"), entry)
    f.need_operand(x, "first")
    f.need_operand(y, "second")
    f.builder.ret(f.follow())
    f.end()


def _with_number(module, layout, name, tensor, other):
    """The function `name` that records an entry of a tensor and something else, which are the
    operands `tensor` and `other` of it. The last argument is the class of numbers whose value
    makes no other program, or NULL."""
    f = _Record(module, name, 4, layout)
    b = f.builder
    x, y, entry, number = f.out.args
    f.begin(x)
    f.need_same(f.slot("state", f.state, "opcode"), entry)
    f.need_operand(x, tensor)
    whole = f.is_a(y, "PyLong_Type")
    given = f.same(f.slot("state", f.state, "given"), y)
    plain = b.and_(
        f.same(f.read(y, CLASS), number), f.same(f.slot("state", f.state, other), number)
    )
    f.need(b.or_(plain, given))
    with b.if_then(f.same(f.slot("state", f.state, "number_slice"), f.none)):
        b.ret(f.follow())
    f.need(b.or_(whole, f.is_a(y, "PyFloat_Type")))
    with b.if_then(whole):
        value = f.call("PyLong_AsDouble", ir.DoubleType(), y)  # one that a float holds exactly
        made = f.call("PyFloat_FromDouble", OBJECT, value)
        f.need_made(made)
        out = f.follow(made)
        f.drop(made)
        b.ret(out)
    b.ret(f.follow(y))
    f.end()


def _element(module, layout):
    """The function that records ``x[i]`` of a vector, with an integer."""
    f = _Record(module, "row", 2, layout)
    b = f.builder
    x, index = f.out.args
    f.need(f.is_tensor(x))
    f.need(f.is_a(index, "PyLong_Type"))
    f.begin(x)
    given = f.slot("state", f.state, "given")
    f.need_same(f.read(given, CLASS), f.known("index"))
    f.need_operand(x, "first")
    length = f.size(f.read(f.slot("state", f.slot("handle", x, "_state"), "shape"), ITEMS))
    number = f.size(index)  # -1 for what is too large, which is set as an error
    with b.if_then(b.icmp_signed("==", number, I64(-1)), likely=False):
        f.call("PyErr_Clear", VOID)
        b.branch(f.other)
    f.need(b.icmp_signed("<", number, length))
    f.need(b.icmp_signed(">=", number, b.neg(length)))
    with b.if_then(b.icmp_signed(">=", number, I64(0))):
        b.ret(f.follow(index, f.known("element")))
    made = f.call("PyLong_FromSsize_t", OBJECT, b.add(number, length))
    f.need_made(made)
    out = f.follow(made, f.known("element"))
    f.drop(made)
    b.ret(out)
    f.end()


# ----- what goes into slots


def _slot(module, layout, number, operator, name):
    """The function of an operator, which asks one of those above, and then Python's."""
    f = Writer(module, name, ARGUMENTS[operator.form], layout, internal=False)
    entry = f.known(EACH * number + ENTRY)
    if operator.form in ("one", "row"):
        given = f.out.args if operator.form == "row" else [*f.out.args, entry]
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
    b = f.builder
    x, y = f.out.args[:2]
    if operator.form == "ternary":
        f.need_same(f.out.args[2], f.none)
    first, second, any_float = f.is_tensor(x), f.is_tensor(y), f.symbol("PyFloat_Type")
    with b.if_then(b.and_(first, second)):
        _ask(f, "two", x, y, entry)
        b.branch(f.other)
    with b.if_then(first):
        _ask(f, "tensor_first", x, y, entry, any_float if operator.floats else NULL)
        b.branch(f.other)
    f.need(second)
    _ask(f, "tensor_second", y, x, entry, any_float)


def _ask(f, name, *given):
    """Returns what a form of records gives, if it gives anything."""
    out = f.builder.call(f.builder.module.globals[name], given)
    with f.builder.if_then(f.builder.not_(f.same(out, NULL))):
        f.builder.ret(out)


def _function(module, layout, name):
    """The function that Python calls as ``record(entry, x)``: the record of an entry of one tensor,
    or None."""
    f = Writer(module, name, 3, layout, internal=False)
    b = f.builder
    given = b.bitcast(f.out.args[1], OBJECT.as_pointer())
    entry, x = (b.load(b.gep(given, [I64(k)])) for k in range(2))
    _ask(f, "one", x, entry)
    f.hold(f.none)
    b.ret(f.none)
    f.end()


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
FUNCTIONS = "record", "alive"


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
    _current(module, layout)
    _follow(module, layout)
    _enter(module, layout)
    _one(module, layout)
    _two(module, layout)
    _with_number(module, layout, "tensor_first", "first", "second")
    _with_number(module, layout, "tensor_second", "second", "first")
    _element(module, layout)
    for number, operator in enumerate(operators):
        _slot(module, layout, number, operator, f"{key}.{operator.name}")
    _function(module, layout, f"{key}.record")
    _alive(module, layout, f"{key}.alive")
    places = ir.Function(module, ir.FunctionType(OBJECT, []), f"{key}.places")
    builder = ir.IRBuilder(places.append_basic_block("begin"))
    builder.ret(builder.bitcast(table, OBJECT))
    return machine.object_of(module)
