"""One object that a recorded function reaches: how a later call fetches it, and what it compares.

A `Source` writes lines of Python: they fetch the object from that of its parent, and guards, which
return GUARD_FAILED unless it is what the recording was made for. The functions at the end write how
one object is fetched from another. Start at `Source.lines`.
"""

import math
from typing import NamedTuple

import numpy as np

from ..tape.backward import Accumulate

#: Kinds of sources that need no check where they are known to hold the same object.
SETTLED = frozenset(("plain", "scalar", "same", "alias", "hashed"))


class Guard(NamedTuple):
    """A line that leaves the call where the expression `failed` is true."""

    failed: str

    def __str__(self):
        return f"if {self.failed}: return GUARD_FAILED"


class Source:
    """One object: what it is, how it is fetched from `parent`, and how it is checked (`kind`).

    ============ ===================================================================================
    `used`       the recording reads the tensor or array
    `fixed`      it depends on the value
    `rooted`     it depends on whether the tensor is a leaf
    `wanted`     it asks for gradients there
    `written`    it writes there (`guarded`: with gradients on)
    `uses_grad`  it reads or sets the gradient, whose source is `inner` if there is one
    `valued`     a plan needs the value
    `strided`    views of the array are fetched, so that its layout counts
    `name`       of the variable or attribute
    `size`       the number of the object's own attributes, if that counts
    `type`       the object's class, if it may get another
    ============ ===================================================================================

    An object that is reached in several ways has its first source, `shared` if another one is
    outside; the others are of the kind "alias"."""

    def __init__(self, object, kind, parent=None, access=None, data=None, outside=False):
        self.object, self.kind, self.data = object, kind, data
        self.parent, self.access = parent, access
        self.used = self.fixed = self.uses_grad = self.valued = self.copied = False
        self.rooted = self.wanted = self.written = self.guarded = self.shared = False
        self.outside, self.inner, self.parts = outside, None, []
        self.implied = self.needed = self.strided = False
        self.var = self.value = self.name = self.size = self.type = None

    # ------------------------------------------------------------------ the lines of a later call

    def lines(self, bind):
        """The lines that fetch and check the object; `bind` names a value of theirs."""
        if not self.needed:
            return []
        out = []
        if self.access is not None:
            self.var = self.var or bind.local("v")
            out.append(f"{self.var} = {self.access(bind, self.parent and self.parent.var)}")
        wrong = getattr(self, f"_{self.kind}")(bind, self.var, out) if self.is_checked() else None
        wrong = " or ".join(filter(None, (wrong, *self.of_its_own(bind))))
        if wrong:
            out.append(Guard(wrong))
        return out

    def of_its_own(self, bind):
        """The checks that an object finds the attributes it found: those of its class, which none
        of its own hides."""
        if self.type is not None and self.kind != "typed":
            yield f"type({self.var}) is not {bind(self.type)}"
        if self.size is not None:
            yield f"len({self.var}.__dict__) != {self.size}"

    def is_checked(self):
        """Whether the object is compared with what it was: not what a container that is compared
        holds anyway."""
        settled = self.implied and (self.kind in SETTLED or self.is_tuple())
        return self.kind != "free" and not (
            settled and not (self.kind == "alias" and self.data.may_move())
        )

    def is_tuple(self):
        """Whether it is a tuple outside: the same one has the same elements."""
        return self.outside and self.kind == "sequence" and isinstance(self.object, tuple)

    def has_the_same(self, bind, v, values):
        """The check that a container holds what it held, object by object."""
        bind(tuple(values))  # kept, so that their ids are theirs
        return f"[*map(id, {v})] != {bind([*map(id, values)])}"

    def _free(self, bind, v, out):
        return None

    def _same(self, bind, v, out):
        return f"{v} is not {bind(self.object)}"

    def _alias(self, bind, v, out):
        return f"{v} is not {self.data.var if self.data.may_move() else bind(self.object)}"

    def may_move(self):
        """Whether another object of its kind may stand there instead."""
        return self.kind in ("tensor", "array", "mapping") or (
            self.kind == "sequence" and not self.is_tuple()
        )

    def _made(self, bind, v, out):
        def changed(now, was):
            return f"{now} != {was}" if type(was) is int else f"{now} is not {bind(was)}"

        return " or ".join(
            [changed(text.format(bind(x)), was) for x, parts in self.object for text, was in parts]
        )

    def _typed(self, bind, v, out):
        return f"type({v}) is not {bind(type(self.object))}"

    def _hashed(self, bind, v, out):
        return f"{v} is not {bind(self.object)} and ({self._typed(bind, v, out)} or {v} != {bind(self.object)})"

    def _values(self, bind, v, out):
        return f"{self._typed(bind, v, out)} or {v} != {bind(self.data)}"

    def _sequence(self, bind, v, out):
        if self.is_tuple():
            return self._same(bind, v, out)
        if self.data is not None:
            return f"{self._typed(bind, v, out)} or {self.has_the_same(bind, v, self.data)}"
        length = f"len({v}) != {len(self.object)}"
        return length if self.access is None else f"{self._typed(bind, v, out)} or {length}"

    def _mapping(self, bind, v, out):
        if self.access is None and not self.object:
            return v
        wrong = f"{self._typed(bind, v, out)} or list({v}) != {bind(list(self.data))}"
        if self.outside and self.parts:
            wrong += f" or {self.has_the_same(bind, f'{v}.values()', self.parts)}"
        return wrong

    def _buffer(self, bind, v, out):
        return f"{self._typed(bind, v, out)} or bytes({v}) != {bind(self.data)}"

    def _set(self, bind, v, out):
        return f"{self._typed(bind, v, out)} or {v} != {bind(self.data)}"

    def _plain(self, bind, v, out):
        x = self.object
        if x is None or x is True or x is False or x is Ellipsis:
            return f"{v} is not {x}"
        return f"{v} is not {bind(x)} and ({self._typed(bind, v, out)} or {_differs(bind, v, x)})"

    def _number(self, bind, v, out):
        return self._typed(bind, v, out) + (
            f" or {_differs(bind, v, self.object)}" if self.fixed else ""
        )

    def _scalar(self, bind, v, out):
        self.value = f"{v}.item()"
        wrong = f"{self._typed(bind, v, out)} or {v}.dtype != {bind(self.object.dtype)}"
        return (
            wrong
            if self.used and not self.fixed
            else f"{wrong} or {v}.tobytes() != {bind(self.object.tobytes())}"
        )

    def _array(self, bind, v, out):
        a = self.object
        wrong = f"{self._typed(bind, v, out)} or {v}.dtype != {bind(a.dtype)} or {v}.shape != {bind(a.shape)}"
        wrong += f" or {v}.strides != {a.strides}" if self.strided else ""
        return self._elements(bind, v, out, wrong)

    def _view(self, bind, v, out):
        return self._elements(bind, v, out, "")

    def _elements(self, bind, v, out, wrong):
        """Fetches the elements of an array that is not `wrong`, if the plan needs them, or compares
        them."""
        a = self.object
        if self.valued:
            self.value = bind.local("x")
            whole = f"{v}.flatten()" if self.copied else f"{bind(flat)}({v})"
            if not a.dtype.isnative:
                whole = f"{v}.astype({bind(a.dtype.newbyteorder('='))}).flatten()"
            out += [Guard(wrong)] if wrong else []
            out.append(f"{self.value} = {whole if a.ndim else f'{v}.item()'}")
            wrong = ""
        if self.fixed or not self.used:
            wrong = " or ".join(filter(None, (wrong, f"{v}.tobytes() != {bind(a.tobytes())}")))
        return wrong

    def _tensor(self, bind, v, out):
        out.append(Guard(f"type({v}) is not Tensor"))
        if self.valued or self.fixed:
            self.value = bind.local("x")
            out += [
                f"{self.value} = {v}._value",
                f"if {self.value} is None: {self.value} = materialise({v})",
            ]
        else:
            out.append(f"if {v}._x is not None and {v}._x.stale: materialise({v})")
        wrong = f"{v}._state.aval is not {bind(self.data)}"
        if self.fixed:
            held = self.object._value
            wrong += f" or {self.value} is not {bind(held)}"
            wrong += (
                "" if isinstance(held, np.ndarray) else f" and {_differs(bind, self.value, held)}"
            )
        if self.rooted and self.data.requires_grad:
            leaf = type(self.object._edge) is Accumulate
            wrong += f" or type({v}._edge) is {'not ' if leaf else ''}{bind(Accumulate)}"
        if self.uses_grad:
            wrong += f" or ({v}._x is not None and {v}._x.hooks)"
            if self.inner is None:
                wrong += f" or ({v}._x is not None and {v}._x.grad is not None)"
        return wrong


def bounds(a):
    """The addresses of the first byte of an array and of the first behind it."""
    low = high = a.__array_interface__["data"][0]
    for n, step in zip(a.shape, a.strides):
        if step < 0:
            low += (n - 1) * step
        else:
            high += (n - 1) * step
    return low, high + a.itemsize


class _Memory:
    """Elements in the memory of `base`, for NumPy to make an array of."""

    def __init__(self, base, shape, dtype, offset, strides):
        self.base = base
        self.__array_interface__ = {
            "version": 3, "shape": shape, "strides": strides, "typestr": dtype.str,
            "data": (base.__array_interface__["data"][0] + offset, True),
        }  # fmt: skip


def view_of(base, shape, dtype, offset, strides):
    """The view of an array that starts `offset` bytes behind its first element, in its memory."""
    if base.flags.c_contiguous and offset >= 0 and min(strides, default=0) >= 0:
        return np.ndarray(shape, dtype, base, offset, strides)
    return np.asarray(_Memory(base, shape, dtype, offset, strides))


def flat(a):
    """The elements of an array in order, as kernels take them; shared where they can be."""
    flags = a.flags
    return (
        a.reshape(-1)
        if flags.c_contiguous and flags.aligned
        else np.array(a, order="C").reshape(-1)
    )


def _differs(bind, v, x):
    if type(x) is float and (x == 0 or math.isnan(x)):
        return f"repr({v}) != {bind(repr(x))}"
    return f"{v} != {bind(x)}"


# --- ways from one object to another --------------------------------------------------------------


def item(key):
    return lambda bind, parent: f"{parent}[{key if type(key) is int else bind(key)}]"


def attribute(name):
    return lambda bind, parent: f"{parent}.{name}"


def cell(holder):
    return lambda bind, parent: f"{bind(holder)}.cell_contents"


def held(holder):
    return lambda bind, parent: bind(holder)


def call(text):
    return lambda bind, parent: f"{parent}{text}"


def variable(namespace, name):
    return lambda bind, parent: f"{bind(namespace)}[{name!r}]"


def viewed(a, base):
    """The way from an array to a view of it, as long as its layout is the same."""
    offset = a.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    spec = a.shape, a.dtype, offset, a.strides
    return lambda bind, parent: f"{bind(view_of)}({parent}, *{bind(spec)})"
