"""Views, and writes: how tensors alias.

A view is a handle that knows its `parent` and the `ViewStep` that makes it. A write never changes a
value: it rebinds the tensor written to, then records what its parent becomes (`write_through`), and
so on to the top of the chain. Other views of what changed go stale, and are recorded anew when they
are used next.

With gradients off, or above a `detach`, a write changes values and leaves the graph: the tensor
keeps its leaf or its history, as in PyTorch. Start at `view_of` and `write`.
"""

from ..base.locks import whole
from ..ir import leaf
from ..ir.shapes import contiguous
from ..ops.marks import revalue, stop
from ..ops.movement import layout
from .gate import gate
from .handles import (
    Extra,
    adopt,
    from_value,
    new,
    note_view,
    note_views,
    vacate,
)
from .keys import WRITE, Opcode
from .machine_records import records
from .record import enter, record, record_in, refresh, rooted, states
from .segment import UNKNOWN, active_traces, in_mode, local

DETACH, REVALUE = Opcode("detach", 1, stop), Opcode("revalue", 2, revalue)
#: A value written over another, whose gradient is 0 from now on: as in PyTorch the result still
#: requires grad.
OVERWRITE = Opcode("overwrite", 2, lambda value, x: value)


class ViewStep:
    """What a view records on its parent: an opcode, the numbers it takes and its static arguments.

    `rest` is what follows the operand in the key of the record: the types `kinds` of the numbers,
    then the static arguments. A view is recorded anew in the gradient mode it was made in
    (`grad`); through a step that `cuts`, like detach, no gradient goes."""

    __slots__ = ("opcode", "numbers", "kinds", "statics", "rest", "cuts", "grad")

    def __init__(self, opcode, statics=(), numbers=(), cuts=False, grad=None):
        self.opcode, self.statics, self.numbers, self.cuts = opcode, statics, numbers, cuts
        self.kinds = (int,) * len(numbers)
        self.rest = (*self.kinds, *statics)
        self.grad = local.seg.state.grad if grad is None else grad

    def __call__(self, parent):
        seg = local.seg
        state = parent._state if parent._seg is seg else enter(parent, seg)
        if state is None:
            return self(parent)
        out = record_in(seg, (self.opcode, state, *self.rest), self.numbers)
        return self(parent) if out is None else out

    def renumbered(self, numbers):
        """The same with other numbers."""
        return ViewStep(self.opcode, self.statics, numbers, self.cuts, self.grad)

    def strides(self, shape, strides, dtype):
        """The layout of the view of something of this shape, layout and dtype."""
        view = self.opcode.view
        if view is not None and view.layout is not None:
            return view.layout(shape, strides, *self.statics)
        hole = leaf(-1, shape, dtype)
        return layout(self.opcode.build(hole, *self.numbers, *self.statics), hole, strides)


def forms(opcode, statics=(), numbers=0):
    """The steps of one kind of view, by the gradient mode that they are made in (off, on), but for
    their numbers: made once for all such views."""
    return tuple([ViewStep(opcode, statics, (0,) * numbers, grad=grad) for grad in (False, True)])


#: The steps of a view through which no gradient goes, as `forms`.
CUT = tuple([ViewStep(DETACH, cuts=True, grad=grad) for grad in (False, True)])


def detaching():
    """The step of a view through which no gradient goes."""
    return CUT[local.seg.state.grad]


def parent_of(t):
    return None if t._x is None else t._x.parent


def top(t):
    """What `t` is a view of, in the end."""
    while t._x is not None and t._x.parent is not None:
        t = t._x.parent
    return t


def make_view(parent, step):
    """A view of `parent`, made in the mode that `step` is of."""
    return view_of(parent, (step, step), step.numbers)


def view_of(parent, forms, numbers=(), given=UNKNOWN):
    """A view of `parent` by the step of the current mode among `forms`, with `numbers`. `given` is
    what the caller was given for that, by which machine code finds it the next time."""
    again = records.view
    if again is not None and (out := again(parent, forms, numbers, given)) is not None:
        return out
    return _view_of(parent, forms, numbers, given)


def _view_of(parent, forms, numbers, given):
    seg = local.seg
    if parent._seg is seg:
        state = parent._state
    elif (state := enter(parent, seg)) is None:
        return _view_of(parent, forms, numbers, given)
    step = forms[seg.state.grad]
    seg.views = True
    x = new(Extra)
    x.parent, x.form, x.numbers = parent, step, numbers
    out = record_in(seg, (step.opcode, state, *step.rest), numbers, x)
    if out is None:
        return _view_of(parent, forms, numbers, given)
    known = out._state
    known.statics, known.form, known.given = step.rest, step, given
    if not gate.alone:
        note_view(out)
    return out


def detached(t):
    """A view of `t` through which no gradient goes; where the values of `t` are there, nothing is
    recorded."""
    value = t._value
    if value is None or active_traces:
        return view_of(t, CUT)
    out = from_value(value, t._state.shape, t._state.dtype, None)
    out._x = x = Extra()
    x.parent, x.form = t, CUT[local.seg.state.grad]
    note_view(out)
    return out


def aliases(parent, step, when="dense"):
    """Whether NumPy would make a view of `step`, not a copy: a reshape of a transpose needs one.
    `when` is that of the entry's `View`."""
    if when == "always" or parent_of(parent) is None:
        return True
    shape, strides = parent._state.shape, strides_of(parent)
    if when == "ordered":
        return (
            all(n == 1 or s == c for n, s, c in zip(shape, strides, contiguous(shape)))
            or 0 in shape
        )
    return step.strides(shape, strides, parent._state.dtype) is not None


def strides_of(t):
    """Strides of a tensor in elements, as if its values lay where NumPy has them."""
    chain = []
    while parent_of(t) is not None and t._x.strides is None:
        chain.append(t)
        t = t._x.parent
    strides = contiguous(t._state.shape) if parent_of(t) is None else t._x.strides
    for t in reversed(chain):
        parent = t._x.parent._state
        strides = t._x.strides = t._x.step.strides(parent.shape, strides, parent.dtype)
    return strides


def go_stale(t, but=None):
    """Views of `t` must be recorded anew before they are used."""
    seg = local.seg
    if seg.views:
        note_views(seg)
    if t._x is None or not t._x.children:
        return
    stack = [t]
    while stack:
        x = stack.pop()._x
        for c in x.children or () if x is not None else ():
            c = c()
            x = None if c is None or c is but else c._x
            if (
                x is not None
            ):  # it is None where nobody holds the view any more (see `live_handles`)
                if active_traces and local.seg.tracing is not None:
                    local.seg.tracing.touch(c)
                x.stale = True
                seg, state = c._seg, c._state
                edge = None if type(c._edge) is tuple else c._edge
                c._state, c._seg, c._value, c._edge = state.aval, None, None, edge
                vacate(c, seg, state)
                stack.append(c)


def write(t, value):
    """`t` takes the value of `value` (same shape and dtype); what it views follows, and other views
    of that."""
    if t._x is not None and t._x.stale:
        refresh(t)
    values_only = not local.seg.state.grad
    if t._state.requires_grad and not value._state.requires_grad and not values_only:
        value = record(lambda *states: (OVERWRITE, *states), (value, t))
    _spread(t, value, values_only)


def write_part(t, step, numbers, value):
    """`value` is written to the view of `t` by `step`, which nobody holds, so none is made."""
    value = _written_through(t, value, step, numbers)
    _spread(t, value, not local.seg.state.grad)


def _spread(t, value, values_only):
    """`t` becomes `value`, and so on up to what it views in the end."""
    if t._x is None and not values_only:  # as most are: no view, and nobody retains its gradient
        whole(_rebind, ((t, value),))
        return
    written = []
    while True:
        written.append((t, _in_graph_of(t, value) if values_only else value))
        parent = parent_of(t)
        if parent is None or (active_traces and not _is_reached(parent)):
            break
        step = t._x.form
        value = _written_through(parent, value, step, t._x.numbers)
        values_only = values_only or step.cuts
        t = parent
    whole(_rebind, written)
    for t, _ in written:
        if t._x is not None and t._x.retains is not None:
            t._x.retains.renew(t)


def _written_through(parent, value, step, numbers):
    """What `parent` becomes where `value` is written to a view of it."""
    while True:
        seg, (base, new) = states((parent, value))
        key = (WRITE, base, new, step.opcode, step.kinds, step.statics)
        out = record_in(seg, key, numbers)
        if out is not None:
            return out


def _rebind(written):
    """Each tensor that a write changes becomes what it is from now on, from the one written to up
    to what it views."""
    below = None
    for t, value in written:
        go_stale(t, below)
        adopt(t, value)
        below = t


def _is_reached(t):
    """Whether a function that is recorded knows `t`: if not, each call writes through to it."""
    return local.seg.tracing is None or local.seg.tracing.reaches(t)


def _in_graph_of(t, value):
    """The values of `value`, with the place in the graph that `t` has."""
    if value._state.requires_grad:
        value = detaching()(value)
    if not t._state.requires_grad:
        return value
    if t._edge is not None and type(t._edge) is not tuple:  # a leaf
        return rooted(value, t._edge)
    return in_mode(True, record, lambda *states: (REVALUE, *states), (value, t))
