"""The forms of records in machine code: each compares with what came last, and takes that (see
`record_code`). Start at `Record`.
"""

from llvmlite import ir

from .memory import I32, I64, steps
from .record_writer import CLASS, ITEMS, NULL, OBJECT, SIZE, VOID, Writer

#: Integers up to this are held exactly by a float.
LIMIT = 1 << 53


class Record(Writer):
    """The code of a record of some form: it compares with what came last, and takes that.

    Attributes
    ----------
    segment, before, state : llvmlite.ir.Value
        The segment, its state, and the one that came last after that.
    """

    segment = before = state = None

    def begin(self, *operands):
        """Finds the segment, and what came last there. The tensors that are operands enter it, as
        those do that are not what came last, for then Python records them."""
        b, module = self.builder, self.builder.module
        self.segment = b.call(module.globals["current"], [])
        self.need(b.not_(self.same(self.segment, NULL)))
        self.have_entered(operands)
        self.before = self.slot("segment", self.segment, "state")
        self.state = self.slot("state", self.before, "then")
        self.need_same(self.slot("state", self.state, "pause"), self.symbol("_Py_FalseStruct"))

    def have_entered(self, operands):
        b, module = self.builder, self.builder.module
        for x in operands:
            with b.if_then(b.not_(self.same(self.slot("handle", x, "_seg"), self.segment))):
                self.need(
                    b.not_(self.same(b.call(module.globals["enter"], [self.segment, x]), NULL))
                )

    def need_operand(self, x, name):
        """The tensor `x` is the operand `name` of what came last."""
        self.need_same(self.slot("handle", x, "_state"), self.slot("state", self.state, name))

    def follow(self, number=NULL, extra=None):
        """Records, and gives the handle or NULL."""
        given = [self.segment, self.before, self.state, number, extra or self.none]
        return self.builder.call(self.builder.module.globals["follow"], given)


def one(module, layout):
    """The function that records an entry of one tensor."""
    f = Record(module, "one", 2, layout)
    entry, x = f.out.args
    f.need(f.is_tensor(x))
    f.begin(x)
    f.need_same(f.slot("state", f.state, "opcode"), entry)
    f.need_operand(x, "first")
    f.builder.ret(f.follow())
    f.end()


def two(module, layout):
    """The function that records an entry of two tensors."""
    f = Record(module, "two", 3, layout)
    x, y, entry = f.out.args
    f.begin(x, y)
    f.need_same(f.slot("state", f.state, "opcode"), entry)
    f.need_operand(x, "first")
    f.need_operand(y, "second")
    f.builder.ret(f.follow())
    f.end()


def foreseen(module, layout):
    """The function that tells whether an entry of a tensor and of a second one, which has not
    entered yet, is what came last: gives the first one then, which enters."""
    f = Record(module, "foreseen", 2, layout)
    x, entry = f.out.args
    f.begin(x)
    after = f.slot("state", f.state, "then")
    f.need_same(f.read(after, CLASS), f.known("state"))
    f.need_same(f.slot("state", after, "opcode"), entry)
    f.need_same(f.slot("state", after, "second"), f.state)
    f.need_same(f.slot("state", after, "pause"), f.symbol("_Py_FalseStruct"))
    f.need_same(f.slot("handle", x, "_state"), f.slot("state", after, "first"))
    f.builder.ret(x)
    f.end()


def with_number(module, layout, name, tensor, other):
    """The function `name` that records an entry of a tensor and something else, which are the
    operands `tensor` and `other` of it. The last argument is the class of floats where their value
    makes no other program; then integers that they hold exactly are such, too, and NumPy's scalars
    beside float64."""
    f = Record(module, name, 4, layout)
    b = f.builder
    x, y, entry, number = f.out.args
    f.begin(x)
    f.need_same(f.slot("state", f.state, "opcode"), entry)
    f.need_operand(x, tensor)
    whole, exact = f.is_a(y, "PyLong_Type"), f.is_a(y, "PyFloat_Type")
    any_float = b.and_(
        f.same(number, f.symbol("PyFloat_Type")), f.same(f.slot("state", f.state, other), number)
    )
    with b.if_then(b.and_(any_float, exact)):
        b.ret(f.follow(y))
    with b.if_then(b.and_(any_float, whole)):
        integers = f.slot("state", f.slot("handle", x, "_state"), "integer")
        f.need_same(integers, f.symbol("_Py_FalseStruct"))
        value = _integer(f, y)
        f.need(b.icmp_unsigned("<=", b.add(value, I64(LIMIT)), I64(2 * LIMIT)))
        b.ret(_with_float(f, b.sitofp(value, ir.DoubleType())))
    with b.if_then(b.and_(any_float, f.same(f.read(y, CLASS), f.known("scalar")))):
        f.need_same(f.slot("state", f.slot("handle", x, "_state"), "dtype"), f.known("double"))
        f.need_same(f.slot("segment", f.segment, "tracing"), f.none)
        b.ret(_with_float(f, f.call("PyFloat_AsDouble", ir.DoubleType(), y)))
    f.need_same(f.slot("state", f.state, "given"), y)
    with b.if_then(f.same(f.slot("state", f.state, "number_slice"), f.none)):
        b.ret(f.follow())
    with b.if_then(whole):
        b.ret(_with_float(f, f.call("PyLong_AsDouble", ir.DoubleType(), y)))
    f.need(exact)
    b.ret(f.follow(y))
    f.end()


def _integer(f, number):
    """The value of an integer of Python's; to `other` if it is too large."""
    b = f.builder
    out = f.size(number)
    with b.if_then(b.icmp_signed("==", out, I64(-1)), likely=False):
        raised = f.call("PyErr_Occurred", OBJECT)
        with b.if_then(b.not_(f.same(raised, NULL))):
            f.call("PyErr_Clear", VOID)
            b.branch(f.other)
    return out


def _with_float(f, value):
    """Takes what follows with a number, which is given as a double."""
    made = f.call("PyFloat_FromDouble", OBJECT, value)
    f.need_made(made)
    out = f.follow(made)
    f.drop(made)
    return out


def element(module, layout):
    """The function that records ``x[i]``, an element of a vector or a row of what has more axes, or
    ``x[i, j]`` and so on, an element, with integers."""
    f = Record(module, "row", 2, layout)
    b = f.builder
    x, index = f.out.args
    f.need(f.is_tensor(x))
    several = f.is_a(index, "PyTuple_Type")
    f.need(b.or_(several, f.is_a(index, "PyLong_Type")))
    f.begin(x)
    given = f.slot("state", f.state, "given")
    f.need_same(f.read(given, CLASS), f.known("index"))
    f.need_operand(x, "first")
    shape = f.slot("state", f.slot("handle", x, "_state"), "shape")
    first = f.size(f.slot("state", f.before, "numbers"))
    form = f.slot("state", f.state, "form")
    with b.if_then(several):
        f.need_same(form, f.none)  # else a row came last
        count = f.read(index, SIZE, I64)
        f.need(b.icmp_signed("==", count, f.read(shape, SIZE, I64)))
        with steps(b, count, 1) as k:
            number = b.load(b.gep(f.at(index, ITEMS), [k]))
            f.need(f.is_a(number, "PyLong_Type"))
            _store_place(f, number, b.load(b.gep(f.at(shape, ITEMS), [k])), b.add(first, k))
        b.ret(f.follow(NULL, f.known("element")))
    _store_place(f, index, f.read(shape, ITEMS), first)
    with b.if_then(f.same(form, f.none)):
        f.need(b.icmp_signed("==", f.read(shape, SIZE, I64), I64(1)))
        b.ret(f.follow(NULL, f.known("element")))
    _need_alone(f)
    number = b.load(f.item(f.slot("segment", f.segment, "numbers"), first))
    held = f.segment, f.state, form, number
    f.keep(*held)
    numbers = f.call("PyTuple_New", OBJECT, I64(1))
    with b.if_then(f.same(numbers, NULL), likely=False):
        f.leave(*held)
    b.store(number, f.at(numbers, ITEMS))
    b.ret(_viewed(f, x, form, (numbers, first, I64(1)), owned=True))
    f.end()


def _store_place(f, number, length, place):
    """Stores an index along an axis of a length among the numbers of the segment, where `place` is
    ahead of those that count."""
    b = f.builder
    length, value = f.size(length), _integer(f, number)
    f.need(b.icmp_signed("<", value, length))
    f.need(b.icmp_signed(">=", value, b.neg(length)))
    with b.goto_entry_block():
        made = b.alloca(OBJECT)
    f.hold(number)
    b.store(number, made)
    with b.if_then(b.icmp_signed("<", value, I64(0))):
        f.drop(number)
        new = f.call("PyLong_FromSsize_t", OBJECT, b.add(value, length))
        f.need_made(new)
        b.store(new, made)
    at = f.item(f.slot("segment", f.segment, "numbers"), place)
    f.drop(f.swap(at, b.load(made)))


def joined(module, layout):
    """The function that records an operation of a list of tensors with the parameter that led to
    what came last."""
    f = Record(module, "joined", 3, layout)
    b = f.builder
    opcode, items, given = f.out.args
    f.need(f.is_a(items, "PyList_Type"))
    count = f.read(items, SIZE, I64)
    f.segment = b.call(module.globals["current"], [])
    f.need(b.not_(f.same(f.segment, NULL)))
    with steps(b, count, 1) as k:
        x = b.load(f.item(items, k))
        f.need(f.is_tensor(x))
        f.have_entered([x])
    f.begin()
    f.need_same(f.slot("state", f.state, "opcode"), opcode)
    f.need_same(f.slot("state", f.state, "given"), given)
    known = f.slot("state", f.state, "first")
    f.need(f.is_a(known, "PyTuple_Type"))
    f.need(b.icmp_signed("==", f.read(known, SIZE, I64), count))
    with steps(b, count, 1) as k:
        x = b.load(f.item(items, k))
        f.need_same(f.slot("handle", x, "_seg"), f.segment)
        f.need_same(f.slot("handle", x, "_state"), b.load(b.gep(f.at(known, ITEMS), [k])))
    b.ret(f.follow())
    f.end()


def given(module, layout):
    """The function that records an entry of a tensor and the parameter that led to what came last:
    a value, or a view of a tensor that is none itself."""
    f = Record(module, "given", 3, layout)
    b = f.builder
    entry, x, given = f.out.args
    f.need(f.is_tensor(x))
    f.begin(x)
    f.need_same(f.slot("state", f.state, "given"), given)
    f.need_same(f.slot("state", f.state, "opcode"), entry)
    f.need_operand(x, "first")
    form = f.slot("state", f.state, "form")
    with b.if_then(f.same(form, f.none)):
        b.ret(f.follow())
    own = f.slot("handle", x, "_x")
    f.need(b.or_(f.same(own, f.none), f.same(own, f.known("element"))))
    f.need_same(f.slot("state", f.state, "number_slice"), f.none)
    b.ret(_viewed(f, x, form))
    f.end()


def view(module, layout):
    """The function that records a view of a tensor by one of two forms, with the numbers of a tuple
    and, unless it is what nobody gives, the parameter that led to it."""
    f = Record(module, "view", 4, layout)
    b = f.builder
    x, forms, numbers, given = f.out.args
    f.need(f.is_a(numbers, "PyTuple_Type"))
    f.begin(x)
    known = f.same(f.slot("state", f.state, "given"), given)
    f.need(b.or_(known, f.same(given, f.known("unknown"))))
    grad = f.same(f.slot("state", f.before, "grad"), f.symbol("_Py_TrueStruct"))
    form = b.load(b.gep(f.at(forms, ITEMS), [b.zext(grad, I64)]))
    f.need_same(f.slot("state", f.state, "opcode"), f.slot("step", form, "opcode"))
    f.need_same(f.slot("state", f.state, "statics"), f.slot("step", form, "rest"))
    f.need_operand(x, "first")
    count = f.read(numbers, SIZE, I64)
    with b.if_then(b.icmp_signed(">", count, I64(0))):
        first = f.size(f.slot("state", f.before, "numbers"))
        places = f.slot("segment", f.segment, "numbers")
        f.item(places, b.sub(b.add(first, count), I64(1)))
        b.ret(_viewed(f, x, form, (numbers, first, count)))
    b.ret(_viewed(f, x, form))
    f.end()


def _need_alone(f):
    """Only where a thread records alone: others are to know of views."""
    f.need_same(f.slot("gate", f.known("gate"), "alone"), f.symbol("_Py_TrueStruct"))


def _viewed(f, x, form, numbered=None, owned=False):
    """Records a view, with the numbers of a tuple at (first place, how many) if there are some;
    gives the handle or NULL. What is `owned`, the tuple and what is kept here, is let go of in each
    case."""
    b = f.builder
    held = f.segment, f.state, form
    if owned:
        held += (numbered[0],)
    else:
        _need_alone(f)
        f.keep(*held)
    extra = f.call("PyType_GenericAlloc", OBJECT, f.known("extra"), I64(0))
    with b.if_then(f.same(extra, NULL), likely=False):
        f.leave(*held)
    attributes = [("parent", x), ("form", form)] + ([("numbers", numbered[0])] if numbered else [])
    for name, value in attributes:
        failed = f.call("PyObject_SetAttr", I32, extra, f.known(name), value)
        with b.if_then(b.icmp_signed("!=", failed, I32(0)), likely=False):
            f.leave(*held, extra)
    same = f.same(f.slot("segment", f.segment, "state"), f.before)
    with b.if_then(b.not_(same), likely=False):  # other code has recorded
        f.leave(*held, extra)
    yes = f.symbol("_Py_TrueStruct")
    f.hold(yes)
    f.drop(f.swap(f.place("segment", f.segment, "views"), yes))
    if numbered:
        _write_numbers(f, *numbered)
    out = f.follow(NULL, extra)
    for thing in (*held, extra):
        f.drop(thing)
    return out


def _write_numbers(f, numbers, first, count):
    """Stores the numbers of a tuple among those of the segment, which has places for them."""
    b = f.builder
    items = f.read(f.slot("segment", f.segment, "numbers"), ITEMS, OBJECT.as_pointer())
    with steps(b, count, 1) as k:
        number = b.load(b.gep(f.at(numbers, ITEMS), [k]))
        f.hold(number)
        f.drop(f.swap(b.gep(items, [b.add(first, k)]), number))
