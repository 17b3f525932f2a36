"""Records in machine code: the functions of `jitgrad.runtime.llvm.record_code` put into the slots
of a class.

What they rely on of CPython is looked at first: where objects have their slots, and where a class
has the functions of its operators. Where that is not as expected (another interpreter, one without
a global lock), records stay Python's, which are right by themselves: machine code leaves to them
whatever is not what came last. Start at `install`.
"""

import atexit
import ctypes
import sys
import threading
import warnings
from typing import NamedTuple

import numpy as np

from ..base.config import config
from ..base.dtypes import FLOAT64
from ..base.errors import JitgradWarning
from ..base.locks import lock
from ..runtime import toolchain
from ..runtime.background import compiler
from .gate import gate
from .handles import ELEMENT, Extra, Handle
from .segment import UNKNOWN, Segment, State, local

#: A word of memory; where a list has its items, behind its length.
WORD = ctypes.sizeof(ctypes.c_void_p)
ITEMS = 3 * WORD
#: Where a class points to its operators on numbers and on maps; how many words these have at least.
NUMBERS, MAPPING = 12 * WORD, 14 * WORD
WORDS = {NUMBERS: 36, MAPPING: 3}


#: The flag of a method with one argument.
ONE_ARGUMENT = 8


class Slot(NamedTuple):
    """A slot of CPython's: its number in the stable API, where its class points to its group, and
    the form that records of it have in `record_code`."""

    number: int
    group: int
    form: str


SLOTS = {
    "abs": Slot(6, NUMBERS, "one"),
    "add": Slot(7, NUMBERS, "two"),
    "and": Slot(8, NUMBERS, "two"),
    "floordiv": Slot(12, NUMBERS, "two"),
    "getitem": Slot(5, MAPPING, "row"),
    "invert": Slot(27, NUMBERS, "one"),
    "lshift": Slot(28, NUMBERS, "two"),
    "matmul": Slot(75, NUMBERS, "two"),
    "mod": Slot(34, NUMBERS, "two"),
    "mul": Slot(29, NUMBERS, "two"),
    "neg": Slot(30, NUMBERS, "one"),
    "or": Slot(31, NUMBERS, "two"),
    "pos": Slot(32, NUMBERS, "one"),
    "pow": Slot(33, NUMBERS, "ternary"),
    "rshift": Slot(35, NUMBERS, "two"),
    "sub": Slot(36, NUMBERS, "two"),
    "truediv": Slot(37, NUMBERS, "two"),
    "xor": Slot(38, NUMBERS, "two"),
}


def word(address):
    """The word of memory at an address."""
    return ctypes.c_ssize_t.from_address(address)


# ----- what CPython is like


def is_usual():
    """Whether objects, lists, tuples and threads are as CPython's on a 64-bit machine."""
    if (sys.implementation.name, sys.byteorder, WORD) != ("cpython", "little", 8):
        return False
    if not getattr(sys, "_is_gil_enabled", lambda: True)() or object.__basicsize__ != 2 * WORD:
        return False
    items = [local, Handle]
    at = [id(x) for x in items]
    listed = [word(word(id(items) + ITEMS).value + k * WORD).value for k in range(2)]
    held = tuple(items)
    packed = [word(id(held) + ITEMS + k * WORD).value for k in range(2)]
    sizes = {word(id(x) + 2 * WORD).value for x in (items, held)}
    classes = [word(id(x) + WORD).value for x in (items, held)]
    return (
        (listed, packed, sizes) == (at, at, {2})
        and classes == [id(list), id(tuple)]
        and threading.local.__module__ == "_thread"  # of threads, not of anything within them
        and isinstance(local, threading.local)
    )


def offset(cls, name):
    """Where objects of a class have a slot, read from its descriptor: behind three words of every
    descriptor that points to a name, a kind, and the place."""
    described = word(id(getattr(cls, name)) + object.__basicsize__ + 3 * WORD).value
    return word(described + 2 * WORD).value


def offsets(example, *names):
    """The places of slots, as pairs of name and place, of an object that has all of them set;
    None if they are not there."""
    cls, found = type(example), []
    for name in names:
        place = offset(cls, name)
        if not 0 < place <= cls.__basicsize__ - WORD:
            return None
        if word(id(example) + place).value != id(getattr(example, name)):
            return None
        found.append((name, place))
    return tuple(found)


def layout(step):
    """The `Offsets` of our classes, or None; `step` is some view's."""
    from ..runtime.llvm.record_writer import Offsets

    handle = object.__new__(Handle)
    handle._seg, handle._state, handle._value, handle._edge, handle._x = "abcde"
    example = State(None)
    example.integer = False
    state = offsets(
        example,
        *("then", "opcode", "first", "second", "given", "shape", "slot", "numbers"),
        *("number_slice", "pause", "key", "aval", "leaves", "roots", "requires_grad", "grad"),
        *("statics", "form", "integer", "dtype"),
    )
    segment = offsets(
        Segment(),
        *("state", "handles", "numbers", "free", "leaves", "edges", "entered", "tracing", "views"),
    )
    slots = offsets(handle, "_seg", "_state", "_value", "_edge", "_x")
    found = state, segment, slots, offsets(gate, "alone"), offsets(step, "opcode", "rest")
    if None in found:
        return None
    weak = "__weakref__", Handle.__weakrefoffset__
    return Offsets(state, segment, (*slots, weak), *found[3:])


def place_of(cls, slot):
    """The word of memory that has the function of a class's slot, or None."""
    get = ctypes.pythonapi.PyType_GetSlot
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_int]
    function, group = get(cls, slot.number), word(id(cls) + slot.group).value
    if not function or not group:
        return None
    found = [
        place
        for k in range(WORDS[slot.group])
        if (place := word(group + k * WORD)).value == function
    ]
    return found[0] if len(found) == 1 else None


# ----- putting them there


class MachineRecords:
    """The functions in the slots of a class.

    `prepare` says of which class, `ask` has them made and put there, `remove` puts Python's back.
    `one`, `pair`, `given`, `joined`, `view` and `alive` are the functions that Python calls, None
    while there are none; `count` is how many records they did."""

    def __init__(self):
        self.tensor = self.index = self.step = self.layout = self.table = self.functions = None
        self.one = self.pair = self.given = self.joined = self.view = self.alive = self.quick = None
        self.methods, self.indexing = {}, None  # the class's own, and ``__getitem__`` in C
        self.entries, self.places, self.asked, self.hurried = {}, [], False, False
        self.lock, self.ended = lock(), False
        #: What machine code refers to.
        self.held = []

    def prepare(self, tensor, index, step, quick, entries):
        """Of the class `tensor`, with what is known of ``x[i]`` of the class `index`, and the step
        of some view; `quick` makes tensors of arrays, `entries` are of operators by their names."""
        self.tensor, self.index, self.step, self.quick = tensor, index, step, quick
        self.entries = entries
        self.methods = {name: self._methods(name) for name in SLOTS}

    def _methods(self, name):
        """Those of an operator, also for a tensor that is the second operand."""
        return tuple([getattr(self.tensor, f"__{side}{name}__", None) for side in ("", "r")])

    @property
    def operators(self):
        from ..runtime.llvm.record_writer import Operator

        out = []
        for name, slot in SLOTS.items():
            numbers = self.entries[name].numbers if name in self.entries else None
            floats = numbers is not None and not numbers.codes
            guarded = numbers is not None and numbers.guard is not None
            out.append(Operator(name, slot.form, floats, guarded))
        return out

    def ask(self, build):
        """Has them made, if that was not asked for: at once if they are on the disk, else in the
        background, when no plan waits."""
        if self.asked or config.numba != "fast":
            return
        self.asked = True
        self.layout = layout(self.step) if is_usual() else None
        if self.layout is None:
            return
        if build.has_records(self.layout, self.operators):
            self._attempt(build)
        else:
            compiler.later(lambda: self._attempt(build))

    def hurry(self):
        """Has them made though no kernel is needed yet: a program will record for long, or waits
        for kernels anyway."""
        if not (self.hurried or self.asked or toolchain.has_begun()) and config.compile != "never":
            self.hurried = True
            compiler.later(toolchain.load)

    def _attempt(self, build):
        try:
            self.install(build)
        except Exception as error:
            warnings.warn(
                f"records could not be made in machine code and stay Python's, which is slower: "
                f"{error}",
                JitgradWarning,
                stacklevel=2,
            )

    def install(self, build):
        """Makes them, and puts them where they belong."""
        if self.functions is None:
            self.functions = build.records(self.layout, self.operators)
            self._fill(self.functions["places"])
        with self.lock:
            if not self.ended:
                self._put(self.functions)

    def _put(self, functions):
        self.one, self.given = functions["one"], functions["given"]
        self.view, self.alive = functions["view"], functions["alive"]
        self.pair, self.joined = functions["pair"], functions["joined"]
        own = [name for name in SLOTS if self._methods(name) == self.methods[name]]
        if "getitem" in own:
            self._put_getitem(functions["getitem"])
        self.places = []
        for name in own:  # not of those that the program has replaced
            slot = SLOTS[name]
            place = place_of(self.tensor, slot)
            if place is not None:
                self.places.append((place, place.value, functions[name]))
        for place, _, function in self.places:
            place.value = function

    def _put_getitem(self, address):
        """Makes ``__getitem__`` a method in C: CPython's interpreter calls one in Python directly
        where it has seen it some times, whatever is in the slot."""
        from ..runtime.llvm.python_entry import described

        method = described("__getitem__", address, ONE_ARGUMENT)
        make = ctypes.pythonapi.PyDescr_NewMethod
        make.restype, make.argtypes = ctypes.py_object, [ctypes.py_object, ctypes.c_void_p]
        self.indexing = make(self.tensor, method)
        self.tensor.__getitem__ = self.indexing

    def _fill(self, places):
        """The table that they read."""
        from ..runtime.llvm.record_writer import EACH, TABLE

        address = ctypes.CFUNCTYPE(ctypes.c_void_p)(places)()
        self.table = {name: word(address + k * WORD) for k, name in enumerate(TABLE)}
        known = {
            "local": local,
            "dictionary": sys.intern("__dict__"),
            "segment": sys.intern("seg"),
            "tensor": self.tensor,
            "state": State,
            "index": self.index,
            "element": ELEMENT,
            "gate": gate,
            "extra": Extra,
            "unknown": UNKNOWN,
            "scalar": np.float64,
            "double": FLOAT64,
            "array": np.ndarray,
            "quick": self.quick,
            **{name: sys.intern(name) for name in ("parent", "form", "numbers")},
        }
        self.held.append(known)
        for name, thing in known.items():
            self.table[name].value = id(thing)
        for k, name in enumerate(SLOTS):
            row = self.entries.get(name), *self.methods[name]
            self.held.append(row)
            for j, thing in enumerate(row):
                word(address + (len(TABLE) + EACH * k + j) * WORD).value = id(thing)

    @property
    def count(self):
        return self.table["count"].value if self.table else 0

    def remove(self):
        """Records are Python's again."""
        self.one = self.pair = self.given = self.joined = self.view = self.alive = None
        for place, before, function in self.places:
            if place.value == function:
                place.value = before
        if self.indexing is not None and vars(self.tensor).get("__getitem__") is self.indexing:
            self.tensor.__getitem__ = self.methods["getitem"][0]
        self.places, self.indexing, self.asked = [], None, False

    def end(self):
        """At exit: nothing of Python's may ask machine code when what that refers to is let go."""
        with self.lock:
            self.ended = True
            self.remove()

    def _other_numba(self, value):
        """Who asks for the public API alone gets no machine code of ours."""
        if value == "public":
            self.remove()
        elif toolchain.is_loaded():
            self.ask(toolchain.load())


records = MachineRecords()
toolchain.when_loaded.append(records.ask)
config.on_change("numba", records._other_numba)
atexit.register(records.end)
