"""What all records in machine code do: they find the segment, have tensors enter it, and take the
state that follows (see `record_code`). Start at `follow`.
"""

from .memory import I32, I64
from .record_writer import CLASS, NULL, OBJECT, SIZE, VOID, Writer


def current(module, layout):
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


def follow(module, layout):
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
    held = segment, state
    f.keep(*held)
    new = f.call("PyType_GenericAlloc", OBJECT, f.known("tensor"), I64(0))
    with b.if_then(f.same(new, NULL), likely=False):
        f.leave(*held)
    for name in ("_seg", "_value", "_edge", "_x"):
        f.hold(f.none)
        b.store(f.none, f.place("handle", new, name))
    f.hold(state)
    b.store(state, f.place("handle", new, "_state"))
    with b.if_then(b.not_(f.same(f.slot("segment", segment, "state"), before)), likely=False):
        f.leave(*held, new)  # other code has recorded
    f.drop(f.swap(_handle_place(f, segment, state), new))
    for thing in held:
        f.drop(thing)


def enter(module, layout):
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
