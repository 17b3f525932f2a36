"""What records in machine code are written with: places of slots, comparisons that leave to Python,
references (see `record_code`). Start at `Writer`.
"""

from typing import NamedTuple

from llvmlite import ir

from .memory import I8, I64, python_function

OBJECT, VOID = I8.as_pointer(), ir.VoidType()
NULL = ir.Constant(OBJECT, None)
#: Where every object has its class, where one of variable size its size, and where a list has the
#: place of its items, a tuple the items themselves.
CLASS, SIZE, ITEMS = 8, 16, 24
#: Places of the table that the functions read: the object of threads' attributes, the names of the
#: dictionary of these and of the segment, that dictionary of the thread that asked last, the number
#: of that thread; the classes of tensors and states, that of what is known of ``x[i]``, what
#: elements have; what says whether one thread records alone; how many records were done so far;
#: the class of what views have, the names of its attributes, and what stands for no parameter;
#: NumPy's class of scalars that are doubles, the dtype of these, its class of arrays, and the
#: function that makes a tensor of an array.
TABLE = (
    *("local", "dictionary", "segment", "attributes", "thread"),
    *("tensor", "state", "index", "element", "gate", "count"),
    *("extra", "parent", "form", "numbers", "unknown"),
    *("scalar", "double", "array", "quick"),
)
#: Behind these, for each operator: its entry in the catalogue, its method, and the one for a tensor
#: that is the second operand.
ENTRY, METHOD, REFLECTED, EACH = 0, 1, 2, 3


class Offsets(NamedTuple):
    """The offsets of slots, as pairs of a name and an offset, in the classes `State`, `Segment`,
    `Handle`, `Gate` and `ViewStep`."""

    state: tuple
    segment: tuple
    handle: tuple
    gate: tuple
    step: tuple


class Operator(NamedTuple):
    """A slot to be filled: its name; its form, of `ARGUMENTS`; whether a float may be the second
    operand, whatever its value; whether the values of two tensors are asked before."""

    name: str
    form: str
    floats: bool
    guarded: bool


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

    def keep(self, *things):
        """Holds what a finaliser may let go of: until `leave`, or each is dropped."""
        for thing in things:
            self.hold(thing)

    def leave(self, *things):
        """Drops them, and to `other`, without an error."""
        self.call("PyErr_Clear", VOID)
        for thing in things:
            self.drop(thing)
        self.builder.branch(self.other)

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
