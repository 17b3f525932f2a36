"""Where a recorded function has its values from, so that each call can look there again: arguments and surroundings.

The arguments are walked down to tensors, arrays and numbers. Of its surroundings a function can only reach what it
names: closure cells, globals, defaults, attributes of what is found there, elements of lists, tuples and dicts, and the
same for the functions and methods it names. All that is a tree of `Place`; each writes the lines of Python that fetch
its object in a later call and return MISS unless it is what the recording was made for. Start at `Places`.
"""

import collections
import dataclasses
import functools
import math
import sys
import types

import numpy as np

from ._errors import ArgumentError
from .tape.tensors import Handle, look
from .tape.trace import Unreplayable

#: Values compared by type and equality.
PLAIN = (type(None), bool, int, float, complex, str, bytes, np.dtype, range, slice, type(Ellipsis))
#: Packages that hold nothing of the user's.
SYSTEM = frozenset(("jitgrad", "numpy", "numba", "llvmlite", "builtins", *sys.stdlib_module_names)) - {"__main__"}
#: Packages whose objects hold nothing of the user's.
LIBRARIES = frozenset(("jitgrad", "numpy", "numba", "llvmlite", "builtins"))
#: Kinds of places that need no check where they are known to hold the same object.
SETTLED = frozenset(("plain", "scalar", "same", "alias", "hashed"))
#: What a class has as functions.
METHODS = (types.FunctionType, property, staticmethod, classmethod, functools.cached_property)
#: Kinds of places whose objects are compared by value; a longer list of plain values is compared as a whole.
VALUES = frozenset(("plain", "set", "scalar", "values"))
SHORT = 8
#: Places of one function; one that names more is called as it is.
MOST = 5000


class Place:
    """One object: what it is, how it is fetched from `parent`, and how it is checked (`kind`).

    The recording sets `used` for a tensor or array it reads, `fixed` where it depends on the value, `uses_grad` where
    it reads or sets the gradient, which is at `inner` if there is one; `valued` says that a plan needs the value.
    """

    def __init__(self, object, kind, parent=None, access=None, data=None, outside=False):
        self.object, self.kind, self.parent, self.access, self.data = object, kind, parent, access, data
        self.used = self.fixed = self.uses_grad = self.valued = self.copied = False
        self.outside, self.inner, self.parts = outside, None, []
        self.implied = self.needed = False
        self.var = self.value = None

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
        if wrong:
            out.append(f"if {wrong}: return MISS")
        return out

    def is_checked(self):
        """Whether the object is compared with what it was: not what a container that is compared holds anyway."""
        settled = self.implied and (self.kind in SETTLED or self.is_tuple())
        return self.kind != "free" and not settled

    def is_tuple(self):
        """Whether it is a tuple of the surroundings: the same one has the same elements."""
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
        """Whether another object of its kind may take its place."""
        return self.kind in ("tensor", "array", "mapping") or (self.kind == "sequence" and not self.is_tuple())

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

    def _set(self, bind, v, out):
        return f"{self._typed(bind, v, out)} or {v} != {bind(self.data)}"

    def _plain(self, bind, v, out):
        x = self.object
        if x is None or x is True or x is False or x is Ellipsis:
            return f"{v} is not {x}"
        return f"{v} is not {bind(x)} and ({self._typed(bind, v, out)} or {_differs(bind, v, x)})"

    def _number(self, bind, v, out):
        return self._typed(bind, v, out) + (f" or {_differs(bind, v, self.object)}" if self.fixed else "")

    def _scalar(self, bind, v, out):
        self.value = f"{v}.item()"
        wrong = f"{self._typed(bind, v, out)} or {v}.dtype != {bind(self.object.dtype)}"
        return wrong if self.used and not self.fixed else f"{wrong} or {v}.tobytes() != {bind(self.object.tobytes())}"

    def _array(self, bind, v, out):
        a = self.object
        wrong = f"{self._typed(bind, v, out)} or {v}.dtype != {bind(a.dtype)} or {v}.shape != {bind(a.shape)}"
        if self.valued:
            self.value = bind.local("x")
            whole = f"{v}.flatten()" if self.copied else f"{bind(flat)}({v})"
            out += [f"if {wrong}: return MISS", f"{self.value} = {whole if a.ndim else f'{v}.item()'}"]
            wrong = ""
        if self.fixed or not self.used:
            wrong = " or ".join(filter(None, (wrong, f"{v}.tobytes() != {bind(a.tobytes())}")))
        return wrong

    def _tensor(self, bind, v, out):
        out.append(f"if type({v}) is not Tensor: return MISS")
        if self.valued or self.fixed:
            self.value = bind.local("x")
            out += [f"{self.value} = {v}._value", f"if {self.value} is None: {self.value} = look({v})"]
        else:
            out.append(f"if {v}._x is not None and {v}._x.stale: look({v})")
        wrong = f"{v}._state.sig is not {bind(self.data)}"
        if self.fixed:
            held = self.object._value
            wrong += f" or {self.value} is not {bind(held)}"
            wrong += "" if isinstance(held, np.ndarray) else f" and {_differs(bind, self.value, held)}"
        if self.uses_grad:
            wrong += f" or ({v}._x is not None and {v}._x.hooks)"
            if self.inner is None:
                wrong += f" or ({v}._x is not None and {v}._x.grad is not None)"
        return wrong


def flat(a):
    """The elements of an array in order, as kernels take them; shared where they can be."""
    flags = a.flags
    return a.reshape(-1) if flags.c_contiguous and flags.aligned else np.array(a, order="C").reshape(-1)


def _differs(bind, v, x):
    if type(x) is float and (x == 0 or math.isnan(x)):
        return f"repr({v}) != {bind(repr(x))}"
    return f"{v} != {bind(x)}"


# --- ways from one object to another ---------------------------------------------------------------------------------


def item(key):
    return lambda bind, parent: f"{parent}[{key if type(key) is int else bind(key)}]"


def attribute(name):
    return lambda bind, parent: f"{parent}.{name}"


def cell(holder):
    return lambda bind, parent: f"{bind(holder)}.cell_contents"


def held(holder):
    return lambda bind, parent: bind(holder)


def variable(namespace, name):
    return lambda bind, parent: f"{bind(namespace)}[{name!r}]"


@functools.cache
def _is_foreign(package):
    """Whether a package is none of the user's: of Python, of ours, or one that was installed."""
    if package in SYSTEM:
        return True
    home = getattr(sys.modules.get(package), "__file__", None) or ""
    return "site-packages" in home or "dist-packages" in home


def package_of(name):
    return (name or "").partition(".")[0]


def unwrapped(f):
    """The function that the user wrote, below partial applications, methods and wrappers."""
    while True:
        if isinstance(f, functools.partial):
            f = f.func
        elif isinstance(f, types.MethodType):
            f = f.__func__
        elif hasattr(f, "__wrapped__"):
            f = f.__wrapped__
        else:
            return f


def is_record(x):
    """A container by attributes."""
    return dataclasses.is_dataclass(x) and not isinstance(x, type)


def names_in(code):
    """The names of globals and attributes in a piece of code and those within it, and texts that may be names."""
    out = set(code.co_names)
    for x in code.co_consts:
        if isinstance(x, types.CodeType):
            out |= names_in(x)
        elif isinstance(x, str) and x.isidentifier():
            out.add(x)
    return out


class Places:
    """The places of the arguments and surroundings of a call."""

    def __init__(self, function, args, kwargs, static):
        self.home = package_of(getattr(unwrapped(function), "__module__", None))
        self.args = Place(args, "sequence")
        self.kwargs = Place(kwargs, "mapping", data=list(kwargs))
        self.args.var, self.kwargs.var = "args", "kwargs"
        self.arguments, self.opaque, self.grads = [self.args, self.kwargs], [], []
        self._children(self.args, [(item(k), x, k in static) for k, x in enumerate(args)])
        self._children(self.kwargs, [(item(k), x, k in static) for k, x in kwargs.items()])
        names, before = set(), None
        while names != before:
            before = set(names)
            self.order, self.first, self.spaces, self.arrays = [], {}, set(), []
            self.todo = collections.deque([*self.opaque])
            self._enter(function, None, held(function), "free")
            while self.todo:
                self._reach(self.todo.popleft(), names)
        for place in (*self.arguments, *self.order):
            if place.kind == "tensor":
                if place.object._value is None:
                    look(place.object)
                place.data = place.object._state.sig

    # ------------------------------------------------------------------ arguments

    def _children(self, parent, items):
        for access, x, static in items:
            self._argument(parent, access, x, static)

    def _argument(self, parent, access, x, static):
        kind = self._argument_kind(x, static)
        place = Place(x, kind, parent, access)
        place.var = f"n{len(self.arguments)}" if kind == "number" else None
        self.arguments.append(place)
        parent.parts.append(place)
        if kind == "sequence":
            self._children(place, [(item(k), y, static) for k, y in enumerate(x)])
        elif kind == "mapping":
            place.data = list(x)
            self._children(place, [(item(k), y, static) for k, y in x.items()])
        elif kind == "typed":
            self._children(place, [(attribute(f.name), getattr(x, f.name), False) for f in dataclasses.fields(x)])
        elif kind == "set":
            place.data = frozenset(x)
        elif kind in ("same", "hashed"):
            place.outside = True
            self.opaque.append(place)

    def _argument_kind(self, x, static):
        kind = type(x)
        if isinstance(x, Handle):
            return "tensor"
        if kind in (int, float) and not static:
            return "number"
        if kind in PLAIN:
            return "plain"
        if kind in (np.ndarray, np.memmap):
            return "array"
        if isinstance(x, np.generic):
            return "scalar"
        if kind in (list, tuple) or (isinstance(x, tuple) and hasattr(x, "_fields")):
            return "sequence"
        if kind in (dict, collections.OrderedDict):
            return "mapping"
        if kind in (set, frozenset):
            return "set"
        if is_record(x) and not static:
            return "typed"
        if hasattr(x, "__array__") or hasattr(x, "__dlpack__"):
            raise ArgumentError(
                f"got an argument of type {kind.__name__} in a function under jit, expected tensors, NumPy arrays, "
                "numbers or containers of them; pass jitgrad.tensor(x), or numpy.asarray(x)"
            )
        return "hashed" if static and type(x).__hash__ is not None else "same"

    # ------------------------------------------------------------------ surroundings

    def is_foreign(self, module):
        """Whether a module is of another package, whose functions have no surroundings worth a look."""
        package = package_of(module)
        return package != self.home and _is_foreign(package)

    def _enter(self, x, parent, access, kind=None, implied=False):
        kind = kind or _kind(x)
        known = self.first.get(id(x)) if kind not in VALUES else None
        if known is not None:
            if kind in ("free", "same") and known.kind == "free":
                return
            kind = "alias"
        place = Place(x, kind, parent, access, known, outside=True)
        place.implied = implied
        self.order.append(place)
        if len(self.order) > MOST:
            raise Unreplayable(f"it reaches more than {MOST} objects")
        if known is None and kind not in VALUES:
            self.first[id(x)] = place
            self.todo.append(place)
        if kind == "array":
            self.arrays.append(x)
        elif kind == "set":
            place.data = frozenset(x)
        elif kind == "values":
            place.data = x[:]
        elif kind == "mapping":
            place.data = list(x)

    def _reach(self, place, names):
        """Enters what leads on from an object."""
        x = place.object
        if place.kind == "sequence":
            whole = _is_whole(x)
            place.data = [*x] if whole else None
            for k, y in enumerate(x):
                self._enter(y, place, item(k), None, whole or place.is_tuple())
        elif place.kind == "mapping":
            whole = _is_whole(x.values())
            place.parts = [*x.values()] if whole else []
            for k, y in x.items():
                self._enter(y, place, item(k), None, whole)
        elif isinstance(x, types.FunctionType):
            self._reach_function(x, names)
        elif isinstance(x, (types.MethodType, functools.partial, *METHODS)):
            for name in ("__self__", "__func__", "func", "args", "keywords", "fget"):
                y = getattr(x, name, None)
                if y is not None and not isinstance(y, types.ModuleType):
                    self._enter(y, place, attribute(name), "free" if callable(y) and name != "__self__" else None)
        elif isinstance(x, types.ModuleType):
            if not self.is_foreign(x.__name__):
                self._reach_attributes(x, vars(x), place, names)
        elif isinstance(x, type):
            if not self.is_foreign(x.__module__):
                for c in x.__mro__:
                    if not self.is_foreign(c.__module__):
                        self._reach_attributes(x, vars(c), place, names)
        elif place.kind in ("same", "hashed", "free") and package_of(type(x).__module__) not in LIBRARIES:
            self._reach_instance(x, place, names)
            wrapped = getattr(x, "__dict__", {}).get("__wrapped__")
            if wrapped is not None:
                self._enter(wrapped, place, attribute("__wrapped__"), "free")

    def _reach_attributes(self, x, found, place, names):
        for name, y in list(found.items()):
            if name in names:
                method = isinstance(x, type) and isinstance(y, METHODS)
                self._enter(y, place, held(y) if method else attribute(name), "free" if method else None)

    def _reach_instance(self, x, place, names):
        """Enters the attributes of an object, its own and those of its classes, by the names that find them."""
        own = getattr(x, "__dict__", {})
        self._reach_attributes(x, own, place, names)
        if self.is_foreign(type(x).__module__):
            return
        names |= {"__call__"} if callable(x) else set()
        found = collections.ChainMap(*[vars(c) for c in type(x).__mro__ if not self.is_foreign(c.__module__)])
        for name in names & found.keys() - own.keys():
            y = found[name]
            if isinstance(y, METHODS):
                self._enter(y, None, held(y), "free")
            elif isinstance(y, types.MemberDescriptorType):  # of __slots__
                if hasattr(x, name):
                    self._enter(getattr(x, name), place, attribute(name))
            elif not hasattr(y, "__get__"):
                self._enter(y, place, attribute(name))

    def _reach_function(self, f, names):
        system = self.is_foreign(f.__globals__.get("__name__"))
        if not system:
            names |= names_in(f.__code__)
            for name in names_in(f.__code__):
                if name in f.__globals__ and not name.startswith("__") and (id(f.__globals__), name) not in self.spaces:
                    self.spaces.add((id(f.__globals__), name))
                    self._enter(f.__globals__[name], None, variable(f.__globals__, name))
                elif name in sys.modules and not self.is_foreign(name):  # imported within the function
                    self._enter(sys.modules[name], None, held(sys.modules[name]))
            for name, y in (("__defaults__", f.__defaults__), ("__kwdefaults__", f.__kwdefaults__)):
                if y:
                    self._enter(y, None, lambda bind, parent, name=name: f"{bind(f)}.{name}")
        for holder in f.__closure__ or ():
            if id(holder) in self.spaces:
                continue
            self.spaces.add(id(holder))
            try:
                y = holder.cell_contents
            except ValueError:  # not filled yet
                continue
            if not system or callable(y):
                self._enter(y, None, cell(holder), "free" if system else None)
        wrapped = getattr(f, "__wrapped__", None)
        if wrapped is not None:
            self._enter(wrapped, None, held(wrapped), "free")

    def all(self):
        """The places in the order in which a call looks at them."""
        return [*self.arguments, *self.order, *self.grads]

    def settle(self):
        """Finds which places a call has to fetch: what it compares, and the way there."""
        for place in reversed(self.all()):
            place.needed = place.needed or place.is_checked()
            first = place.data if place.kind == "alias" and place.data.may_move() else None
            for other in (place.parent, first):
                if other is not None and place.needed:
                    other.needed = True

    # ------------------------------------------------------------------ what a recording asks

    def find(self, x):
        """The place of a tensor or array outside, or None."""
        place = self.first.get(id(x))
        return place if place is not None and place.object is x and place.kind in ("tensor", "array") else None

    def grad(self, place):
        """The place of the gradient of a tensor, or None if it has none; the recording depends on which."""
        if not place.uses_grad:
            place.uses_grad = True
            x = place.object._x
            if x is not None and x.grad is not None:
                inner = self.first.get(id(x.grad))
                place.inner = Place(x.grad, "tensor", place, attribute("grad"), x.grad._state.sig, place.outside)
                self.grads.append(place.inner)
                if place.outside and inner is None:
                    self.first[id(x.grad)] = place.inner
        return place.inner

    def shares(self, a):
        """Whether an array is part of one that the function reaches."""
        return any(np.may_share_memory(a, b) for b in self.arrays)


def _is_whole(values):
    """Whether the elements of a container are compared object by object: none may change where it stands."""
    return len(values) > 0 and all(_kind(y) in ("same", "free") or isinstance(y, tuple) for y in values)


def _kind(x):
    """How an object of the surroundings is checked."""
    kind = type(x)
    if isinstance(x, Handle):
        return "tensor"
    if kind in PLAIN:
        return "plain"
    if isinstance(x, np.ndarray):
        return "array" if kind in (np.ndarray, np.memmap) and x.dtype.kind != "O" else "same"
    if isinstance(x, np.generic):
        return "scalar"
    if kind in (list, tuple) and len(x) > SHORT and all(type(y) in PLAIN for y in x):
        return "values"
    if isinstance(x, (list, tuple)):
        return "sequence"
    if isinstance(x, dict):
        return "mapping"
    if kind in (set, frozenset):
        return "set"
    return "free" if isinstance(x, types.ModuleType) else "same"
