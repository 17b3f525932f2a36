"""What a traced function reaches beside its arguments, as a tree of sources.

A function can only reach what it names: closure cells, globals, defaults, attributes of what is
found there, elements of containers, and the same for the functions, methods and special methods it
names. No bytecode is followed: a name counts for whatever has an attribute of that name. `hidden`
says what was met whose contents cannot be inspected.

The methods of jitgrad's own classes are not followed: a class says in `captured` which attributes
they reach. A dict of a class with `symbolic` says which of its floats its owner asks the trace for
(`Captures.number`), so that they are as good as numbers among the arguments, unless the function
itself may read them. Start at `Environment`.
"""

from __future__ import annotations

import builtins
import collections
import enum
import sys
import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.packages import is_installed, package_of
from ..tape.handles import Handle
from ..tape.symbolic import Unreplayable
from . import introspection
from .introspection import METHODS, PLAIN, PURE, asks, is_a
from .source import Source, attribute, call, cell, found_in, held, item, variable

if TYPE_CHECKING:
    from .source import Access

#: Kinds of sources whose objects are compared by value; a longer list of plain values is compared
#: as a whole.
VALUES = frozenset(("plain", "number", "set", "scalar", "values", "buffer"))
SHORT = 8
#: Attributes of functions that lead to nothing of the user's, or are followed otherwise.
OWN = frozenset(("__jitgrad_calls__", "__wrapped__", "clear_cache", "plans"))
#: Packages whose functions keep objects of the user's in containers of their own.
TABULAR = PURE - introspection.CLOSED - {"llvmlite", "numba"}
#: Captured variables of one function; one that names more is called as it is.
MOST = 5000


class Environment:
    """The sources of what `function` reaches, the objects in `opaque`, and the methods of
    `classes`.

    `given` are the tensors among the arguments, by id; `home` is the user's own package.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        opaque: Iterable[Source],
        classes: Iterable[type],
        given: Mapping[int, Source],
        home: str | None,
    ) -> None:
        self.home = home
        self.names: set[str] = set()
        before = None
        while self.names != before:
            before = set(self.names)
            self.order: list[Source] = []
            self.first: dict[int, Source] = {**given}
            self.spaces: set[Any] = set()
            self.modules: set[str] = set()
            self.hidden: str | None = None
            self.todo = collections.deque(opaque)
            self.made: dict[int, tuple[Any, list[tuple[str, Any]]]] = {}
            for x in (function, *[c for c in classes if not self.is_foreign(c.__module__)]):
                self._enter(x, None, held(x), "free")
            while self.todo:
                self._reach(self.todo.popleft())
        self.order.append(Source([*self.made.values()], "made", outside=True))
        for package, reading in introspection.READING.items():
            if package in self.modules or (package == "numpy" and "jitgrad" in self.modules):
                for name in sorted(self.names & reading):
                    self._hide(f"{package}.{name}")

    def is_foreign(self, module: Any) -> bool:
        """Whether a module is of another package, whose functions have no captured variables that
        matter."""
        package = package_of(module)
        return package != self.home and is_installed(package)

    def _hide(self, what: str) -> None:
        self.hidden = self.hidden or what

    def _hide_object(self, x: Any) -> None:
        name = next((name for name, y in self.globals_of(x)), None)
        kind = type(x)
        home = (
            "" if kind.__module__ in ("builtins", "__main__") else f"{package_of(kind.__module__)}."
        )
        self._hide(f"an object of type {home}{kind.__qualname__}" + (f" ({name})" if name else ""))

    def globals_of(self, x: Any) -> Iterator[tuple[str, Any]]:
        """The variables that hold an object."""
        for source in self.order:
            if source.object is x and source.name:
                yield source.name, x

    def _enter(
        self,
        x: Any,
        parent: Source | None,
        access: Access,
        kind: str | None = None,
        implied: bool = False,
        name: str | None = None,
    ) -> None:
        kind = kind or kind_of(x)
        known = self.first.get(id(x)) if kind not in VALUES else None
        if known is not None:
            if kind in ("free", "same") and known.kind == "free":
                return
            kind, known.shared = "alias", True
        source = Source(x, kind, parent, access, known, outside=True)
        source.implied, source.name = implied, name
        self.order.append(source)
        if len(self.order) > MOST:
            raise Unreplayable(f"it reaches more than {MOST} objects")
        if known is None and kind not in VALUES:
            self.first[id(x)] = source
            self.todo.append(source)
        if kind == "set":
            source.data = frozenset(x)
            if not all(map(introspection.is_plain_key, x)):
                self._hide("a set of objects")
        elif kind == "number":
            source.var = f"o{len(self.order)}"
        elif kind == "values":
            source.data = x[:]
        elif kind == "buffer":
            source.data = bytes(x)
        elif kind == "mapping":
            source.data = list(x)

    # -------------------------------------------------------------- what leads on from an object

    def _reach(self, source: Source) -> None:
        x = source.object
        if source.kind == "sequence":
            self._reach_elements(x, source)
        elif source.kind == "mapping":
            self._reach_items(x, source)
        elif is_a(x, types.FunctionType):
            self._reach_function(x, source)
        elif is_a(x, types.ModuleType):
            self._reach_module(x, source)
        elif is_a(x, type):
            self._reach_class(x, source)
        elif source.kind in ("same", "hashed", "free"):
            self._reach_object(x, source)

    def _reach_elements(self, x: Any, source: Source) -> None:
        whole = _is_whole(x)
        source.data = [*x] if whole else None
        for k, y in enumerate([*x]):
            self._enter(y, source, item(k), None, whole or source.is_tuple())
        self._reach_subclass(x, source, introspection.SEQUENCES)

    def _reach_items(self, x: Any, source: Source) -> None:
        whole = _is_whole([*x.values()])
        source.parts = [*x.values()] if whole else []
        symbolic = () if "param_groups" in self.names else getattr(type(x), "symbolic", ())
        for k, y in [*x.items()]:  # to inspect an object may import something
            if type(y) is float and k in symbolic:
                self._enter(y, source, item(k), "number", name=k)
                continue
            self._enter(y, source, item(k), None, whole)
            if not introspection.is_plain_key(k):
                self._hide("a dict with objects as keys")
        factory = asks(x, "default_factory")
        if factory is not None:
            self._enter(factory, source, attribute("default_factory"), "free")
        self._reach_subclass(x, source, introspection.MAPPINGS)

    def _reach_subclass(self, x: Any, source: Source, classes: tuple[type, ...]) -> None:
        """What an object has beside its elements."""
        package = package_of(type(x).__module__)
        if type(x) in classes or (self.is_foreign(package) and package in PURE):
            return
        self._reach_instance(x, source)
        if self.is_foreign(package):
            self._hide_object(x)

    def _reach_object(self, x: Any, source: Source) -> None:
        """What is neither a container, function, class nor module."""
        called = introspection.called_by(type(x))
        for name in (*introspection.parts_of(x), *called):
            y = asks(x, name)
            if y is not None and not is_a(y, types.ModuleType):
                function = callable(y) and name not in ("__self__", "data", "maps", *called)
                self._enter(y, source, attribute(name), "free" if function else None)
        if is_a(x, introspection.BUILTINS):
            self._reach_builtin(x, source)
        text = introspection.asked(x)
        if text is not None:
            try:
                y = x() if text == "()" else x.get()
            except LookupError:
                self._hide("a ContextVar without a value")
            else:
                self._enter(y, source, call(text))
        if is_a(x, np.ndarray) and x.dtype.kind == "O":
            self._hide("an array of objects")
        self._reach_instance(x, source)
        wrapped = introspection.attributes_of(x).get("__wrapped__") or introspection.attributes_of(
            x
        ).get("py_func")
        if callable(wrapped):
            self._enter(wrapped, None, held(wrapped), "free")

    def _reach_builtin(self, x: Any, source: Source) -> None:
        """A function of C: the object that it is a method of."""
        owner = asks(x, "__self__")
        if owner is not None and not is_a(owner, (types.ModuleType, type, np.ufunc)):
            self._enter(owner, source, attribute("__self__"))
        if getattr(x, "__name__", None) in introspection.DYNAMIC:
            self._hide(f"the function {x.__name__}")

    def _reach_module(self, x: types.ModuleType, source: Source) -> None:
        package = package_of(x.__name__)
        self.modules.add(package)
        if not self.is_foreign(x.__name__):
            self._reach_attributes(x, vars(x), source)
            if "__getattr__" in vars(x):
                self._enter(x.__getattr__, source, attribute("__getattr__"), "free")
            return
        if package not in PURE:
            self._hide(f"the module {package}")
        self._reach_attributes(x, {k: y for k, y in [*vars(x).items()] if _is_value(y)}, source)

    def _reach_attributes(
        self, x: Any, found: Mapping[str, Any], source: Source, names: Collection[str] | None = None
    ) -> None:
        for name in [*found]:
            if name in (names or self.names):
                if is_a(x, type) and hasattr(type(found[name]), "__get__"):
                    self._enter_method(found, name)
                else:
                    self._enter(found[name], source, attribute(name), name=name)

    def _enter_method(self, found: Mapping[str, Any], name: str) -> None:
        """A method or descriptor among the attributes of a class, where another may take its
        place."""
        y = found[name]
        if (id(y), name) not in self.spaces:
            self.spaces.add((id(y), name))
            self._enter(y, None, variable(found, name))

    def _reach_class(self, x: Any, source: Source) -> None:
        if self.is_foreign(x.__module__):
            if package_of(x.__module__) not in PURE:
                self._hide(f"the class {x.__module__}.{x.__name__}")
            return
        self._note_made(x)
        called = introspection.called_by(x)
        for c in x.__mro__:
            if not self.is_foreign(c.__module__):
                special = introspection.special_methods(
                    [n for n, y in [*vars(c).items()] if is_a(y, METHODS)]
                )
                self._reach_attributes(
                    x, vars(c), source, self.names.union(special, introspection.MAKING, called)
                )
            elif package_of(c.__module__) not in PURE:
                self._hide(f"the class {c.__module__}.{c.__name__}")
        if is_a(x, enum.EnumMeta):
            for name, y in x.__members__.items():
                self._enter(y, source, attribute(name))
        elif not self.is_foreign(type(x).__module__):
            self._reach_found(x, type(x), {}, source)

    def _note_made(self, x: Any) -> None:
        """Notes that a function, or a class and what it is made from, must stay what they are."""
        parts = (
            (x,)
            if is_a(x, types.FunctionType)
            else [c for c in x.__mro__ if not self.is_foreign(c.__module__)]
        )
        self.made.update(
            {id(y): (y, introspection.made_of(y)) for y in parts if id(y) not in self.made}
        )

    def _reach_instance(self, x: Any, source: Source) -> None:
        """Enters the attributes of an object, its own and those of its classes, by the names that
        find them."""
        own, kind = introspection.attributes_of(x), type(x)
        names = self.names | {"_value_"} if is_a(x, enum.Enum) else self.names
        if package_of(kind.__module__) == "jitgrad":  # its methods are not followed
            names = names | {*getattr(kind, "captured", ())}
        self._reach_attributes(x, own, source, names)
        if self.is_foreign(kind.__module__):
            if introspection.hides(x):
                self._hide_object(x)
            return
        for c in kind.__mro__:
            if self.is_foreign(c.__module__) and package_of(c.__module__) not in PURE:
                self._hide(f"an object of a class made from {c.__module__}.{c.__name__}")
        source.type = kind
        self._reach_found(x, kind, own, source)
        source.size = len(own) if own is asks(x, "__dict__") else None

    def _reach_found(self, x: Any, kind: type, own: Mapping[str, Any], source: Source) -> None:
        """The attributes that an object has by its class `kind`."""
        self._note_made(kind)
        spaces: list[Any] = [vars(c) for c in kind.__mro__ if not self.is_foreign(c.__module__)]
        found: collections.ChainMap[str, Any] = collections.ChainMap(*spaces)
        for name in sorted((self.names | introspection.special_methods(found)) & found.keys()):
            y = found[name]
            if is_a(y, types.MemberDescriptorType):  # of __slots__
                if _is_filled(y, x):
                    self._enter(getattr(x, name), source, attribute(name))
            elif hasattr(type(y), "__get__"):
                self._enter_method(next(names for names in found.maps if name in names), name)
            elif name in own:  # still there for what asks the class
                self._enter(y, None, found_in(kind, name))
            else:
                self._enter(y, source, attribute(name))

    # ------------------------------------------------------------------ functions

    def _reach_function(self, f: types.FunctionType, source: Source) -> None:
        module = f.__globals__.get("__name__")
        system = self.is_foreign(module)
        if system:
            self.modules.add(package_of(module))
            if package_of(module) not in PURE:
                self._hide(f"the function {module}.{f.__qualname__}")
        else:
            self._note_made(f)
            self.names |= introspection.names_in(f.__code__)
            self._reach_globals(f)
            for name, y in (("__defaults__", f.__defaults__), ("__kwdefaults__", f.__kwdefaults__)):
                if y:
                    self._enter(y, None, found_in(f, name))
        self._reach_attributes(f, {k: y for k, y in f.__dict__.items() if k not in OWN}, source)
        self._reach_cells(f, system)
        wrapped = getattr(f, "__wrapped__", None)
        if wrapped is not None:
            self._enter(wrapped, None, held(wrapped), "free")

    def _reach_globals(self, f: types.FunctionType) -> None:
        imported = introspection.imported_in(f.__code__)
        for name in sorted(introspection.names_in(f.__code__)):
            if name in f.__globals__ and not name.startswith("__"):
                if (id(f.__globals__), name) not in self.spaces:
                    self.spaces.add((id(f.__globals__), name))
                    self._enter(f.__globals__[name], None, variable(f.__globals__, name), name=name)
            elif name in introspection.DYNAMIC:
                if name == "getattr" and introspection.delegates(f.__code__):
                    continue  # the names asked for are those of the code, which are known
                self._hide(f"{name}()" if hasattr(builtins, name) else name)
            elif hasattr(builtins, name) and _is_value(getattr(builtins, name)):
                self._enter(
                    getattr(builtins, name), None, variable(vars(builtins), name), name=name
                )
            elif name in sys.modules and (name in imported or not self.is_foreign(name)):
                self._enter(sys.modules[name], None, held(sys.modules[name]))

    def _reach_cells(self, f: types.FunctionType, system: bool) -> None:
        names = f.__code__.co_freevars
        for name, holder in zip(names, f.__closure__ or (), strict=False):
            if id(holder) in self.spaces:
                continue
            self.spaces.add(id(holder))
            try:
                y = holder.cell_contents
            except ValueError:  # not filled yet
                self._hide(f"the variable {name}, which has no value yet")
                continue
            table = (
                system
                and type(y) in (dict, list)
                and package_of(f.__globals__.get("__name__")) in TABULAR
            )
            if table:  # of what was registered
                self._enter(y, None, cell(holder))
            elif not system or callable(y):
                self._enter(y, None, cell(holder), "free" if system else None, name=name)
            elif package_of(f.__globals__.get("__name__")) not in introspection.CLOSED and not is_a(
                y, PLAIN
            ):
                self._hide(f"the function {f.__globals__.get('__name__')}.{f.__qualname__}")


def _is_filled(slot: Any, x: Any) -> bool:
    """Whether an object has something in one of its slots."""
    try:
        slot.__get__(x, type(x))
    except AttributeError:
        return False
    return True


def _is_value(x: Any) -> bool:
    """Whether an object of a module of others' is data that a user may have put there, or may
    change."""
    if is_a(x, (Handle, np.ndarray, *introspection.SEQUENCES, *introspection.MAPPINGS)):
        return True
    return not is_a(x, (types.ModuleType, type, *PLAIN)) and not is_installed(
        package_of(asks(x, "__module__") or type(x).__module__)
    )


def _is_whole(values: Sequence[Any]) -> bool:
    """Whether the elements of a container are compared object by object: none may change where it
    stands."""
    return len(values) > 0 and all(kind_of(y) in ("same", "free") or is_a(y, tuple) for y in values)


def kind_of(x: Any) -> str:
    """How a captured object is checked."""
    kind = type(x)
    if is_a(x, Handle):
        return "tensor"
    if kind in PLAIN:
        return "plain"
    if is_a(x, np.ndarray):
        return "array" if kind in (np.ndarray, np.memmap) and x.dtype.kind != "O" else "same"
    if is_a(x, np.generic):
        return "scalar"
    if kind in (list, tuple) and len(x) > SHORT and all(type(y) in PLAIN for y in x):
        return "values"
    if is_a(x, introspection.SEQUENCES):
        return "sequence"
    if is_a(x, introspection.MAPPINGS):
        return "mapping"
    if is_a(x, introspection.BUFFERS):
        return "buffer"
    if kind in (set, frozenset):
        return "set"
    return "free" if is_a(x, types.ModuleType) else "same"
