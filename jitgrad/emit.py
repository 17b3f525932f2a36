"""A recording as one generated Python function: ``replay(args, kwargs)`` gives the results of a later call, or MISS.

The text has, in this order: the lines of the places (`places`), which fetch what the call is for and give MISS where it
is not what was recorded; results that require grad, one record each on the tape, whose node is the whole formula; one
call of the plan of all other values; a handle for each of them; what the function changes outside; the results in
the function's own containers. Start at `Replay`.
"""

import collections
import itertools

import numpy as np

from ._dtypes import FLOAT64
from ._errors import GradientError, JitError
from .compile.simplify import simplify
from .ir import LEAF, NUMBER, leaf, number, toposort
from .places import is_record
from .runtime.execute import Plan
from .tape import tensors
from .tape.backward import Accumulate, substitute
from .tape.execute import Graph
from .tape.numbers import Number
from .tape.paths import roots_of
from .tape.replay import Formula
from .tape.segment import Segment, Sig, State, local
from .tape.tensors import Handle, adopt, extra, from_value, look
from .tape.trace import Unreplayable
from .tape.views import recorded
from .tensor import Tensor

#: What a replay gives for a call that it is not made for.
MISS = object()
#: Errors of fetching what is no longer where it was.
GONE = (LookupError, AttributeError, ValueError, TypeError, ReferenceError)


class Binder:
    """Names for values of a generated text."""

    def __init__(self):
        self.scope = {
            "MISS": MISS, "GONE": GONE, "Tensor": Tensor, "ndarray": np.ndarray, "look": look, "new": object.__new__,
            "local": local, "from_value": from_value,
        }  # fmt: skip
        self.names, self.counter = {}, itertools.count()

    def __call__(self, value):
        name = self.names.get(id(value))
        if name is None:
            name = self.names[id(value)] = f"K{next(self.counter)}"
            self.scope[name] = value
        return name

    def local(self, prefix):
        return f"{prefix}{next(self.counter)}"


class Replay:
    """The generated function of a recording that has just ended, its `trace` still open, whose results are `out`."""

    def __init__(self, function, trace, out, mode):
        self.trace, self.places, self.mode, self.call = trace, trace.places, mode, function
        self.bind, self.title = Binder(), getattr(function, "__name__", type(function).__name__)
        self.results, self.names, self.kept = {}, {}, []
        changes = trace.changes()
        self.text_of = self._expression(out)
        self.grads = {id(what): self._expression(what) for kind, _, what in changes if kind == "grad"}
        self._sort(changes)
        self._plan(changes)

    # ------------------------------------------------------------------ results

    def _expression(self, x):
        """A function that gives the text of a result, once places have names."""
        kind = type(x)
        if isinstance(x, Handle):
            return self._tensor(x)
        if kind is Number:
            return lambda: x.code
        if isinstance(x, np.ndarray):
            return self._array(x)
        if isinstance(x, tuple) and hasattr(x, "_fields"):
            parts = [self._expression(y) for y in x]
            return lambda: f"{self.bind(kind)}({', '.join(p() for p in parts)})"
        if kind in (list, tuple):
            parts, ends = [self._expression(y) for y in x], "[]" if kind is list else "()"
            return lambda: ends[0] + "".join(p() + ", " for p in parts) + ends[1]
        if kind in (dict, collections.OrderedDict):
            items = [(k, self._expression(y)) for k, y in x.items()]
            text = lambda: "{" + ", ".join(f"{self.bind(k)}: {p()}" for k, p in items) + "}"  # noqa: E731
            return text if kind is dict else lambda: f"{self.bind(kind)}({text()})"
        if is_record(x):
            fields = [(name, self._expression(y)) for name, y in vars(x).items()] if hasattr(x, "__dict__") else None
            if fields is None:
                raise JitError(f"got a result of type {kind.__name__} with slots, expected a plain dataclass")
            text = lambda: ", ".join(f"{name!r}: {p()}" for name, p in fields)  # noqa: E731
            return lambda: f"{self.bind(_record)}({self.bind(kind)}, {{{text()}}})"
        return lambda: repr(x) if kind in (bool, type(None)) else self.bind(x)

    def _array(self, x):
        place = self.places.array(x)
        if place is None:
            return lambda: f"{self.bind(x)}.copy()"
        place.used = True
        return lambda: place.var

    def _tensor(self, t):
        stand = self.trace.stands.get(id(t))
        if stand is not None:
            stand.place.used = True
            return lambda: stand.place.var
        if not self.trace.is_own(t):
            place = self.trace.found(t)
            return lambda: place.var
        if id(t) not in self.names:
            look(t)
            if t._state.rg and type(t._edge) is Accumulate:
                raise JitError(
                    "got a leaf that requires grad, made by a function under jit, as a result: its gradient would "
                    "be lost; return x.detach(), and call requires_grad_() on that outside"
                )
            self.names[id(t)] = f"t{len(self.names)}"
            self.results[id(t)] = t
        name = self.names[id(t)]
        return lambda: name

    def _sort(self, changes):
        """Which results are formulas on the tape, which are values; and which are of a graph that was freed."""
        self.formulas, self.values = [], []
        moved = any(kind == "requires_grad" or (kind == "write" and _has_gradient(p)) for kind, p, _ in changes)
        for key, t in self.results.items():
            name, node = self.names[key], look(t).node
            rg = t._state.rg and self.trace.differentiable(node)
            freed = t._state.rg and _is_freed(t)
            if moved and t._state.rg and not freed:
                raise Unreplayable("it changes a leaf, and its results require grad")
            if rg and not freed:
                self.formulas.append((name, Formula(node, ())))
            else:
                self.values.append((name, node, Sig(t.shape, t.dtype, rg and freed)))
        formulas = {name for name, _ in self.formulas}
        if self.formulas and self.trace.hooked:
            raise Unreplayable("it installs hooks, and its results require grad")
        if any(kind == "grad" and self.names.get(id(what)) in formulas for kind, _, what in changes):
            raise Unreplayable("it makes gradients that require grad")

    # ------------------------------------------------------------------ values

    def _plan(self, changes):
        """The plan of the values; and what the places have to fetch for it."""
        self.changes = [(kind, p, what.node if kind == "write" else what) for kind, p, what in changes]
        roots = [node for _, node, _ in self.values] + [node for kind, _, node in self.changes if kind == "write"]
        self.roots = list(dict.fromkeys(roots))
        order = toposort(self.roots)
        self.inputs = sorted({n for n in order if n.op is LEAF}, key=lambda n: n.arg)
        self.numbers = sorted({n for n in order if n.op is NUMBER}, key=lambda n: n.arg)
        new = {n: leaf(k, n.shape, n.dtype) for k, n in enumerate(self.inputs)}
        new.update({n: number(k, n.dtype) for k, n in enumerate(self.numbers)})
        self.plan = Plan(substitute(self.roots, new), f"jit of {self.title}", again=True) if self.roots else None
        shared = _shared([*self.roots, *simplify(self.roots)])
        for node in (*self.inputs, *(n for _, f in self.formulas for n in f.operands)):
            place = self.trace.inputs[node.arg].place
            if place is not None and (node in self.inputs or place.kind != "tensor"):
                place.valued = True
                place.copied = place.copied or node in shared or node not in self.inputs

    def text(self, checked):
        """The whole function; without the checks, for the call that was recorded."""
        bind = self.bind
        for place in self.places.all():
            place.var = place.var if place.kind == "number" or place.access is None else None
        self.places.settle()
        fetch = [line for place in self.places.all() for line in place.lines(bind)]
        if not checked:
            fetch = [line for line in fetch if not line.endswith(": return MISS")]
        elif any(p.needed and (p.outside or p.parts) for p in self.places.all() if p.access) or self.places.grads:
            fetch = ["try:", *(f"    {line}" for line in fetch), "except GONE:", "    return MISS"]
        if checked:
            fetch.insert(0, f"if local.seg.state.grad is not {self.mode}: return MISS")
        lines = [*fetch, *self._entangled(), *self._drawn()]
        for name, formula in self.formulas:
            operands = "".join(self._operand(n) + ", " for n in formula.operands)
            numbers = "".join(self._number(n) + ", " for n in formula.numbers)
            lines.append(f"{name} = {bind(_record_formula)}({bind(formula)}, ({operands}), ({numbers}))")
        lines += self._run() + self._handles() + self._effects()
        lines.append(f"return {self.text_of()}")
        return "def replay(args, kwargs):\n" + "".join(f"    {line}\n" for line in lines)

    def function(self, checked=True):
        text = self.text(checked)
        exec(compile(text, f"<jit of {self.title}>", "exec"), self.bind.scope)
        out = self.bind.scope["replay"]
        out.text = text
        return out

    def _entangled(self):
        """What the function changes must have no other name among what it reads."""
        if not self.changes:
            return []
        found = [p.var for p in self.places.all() if p.kind in ("tensor", "array") and (p.used or p.uses_grad)]
        changed = "".join(v + ", " for v in dict.fromkeys(p.var for _, p, _ in self.changes))
        return [
            f"if {self.bind(entangled)}(({changed}), ({''.join(v + ', ' for v in found)})):",
            f"    return {self.bind(self.call)}(*args, **kwargs)",
        ]

    def _drawn(self):
        self.draws = {}
        for k, node in enumerate(self.trace.inputs):
            if node.draw is not None:
                self.draws[k] = f"d{k}"
        return [f"{name} = {self.bind(self.trace.inputs[k].draw)}()" for k, name in self.draws.items()]

    def _value(self, node):
        given = self.trace.inputs[node.arg]
        if given.place is not None:
            return given.place.value
        return self.bind(given.value) if given.draw is None else self.draws[node.arg]

    def _operand(self, node):
        given = self.trace.inputs[node.arg]
        if given.place is not None and given.place.kind == "tensor":
            return given.place.var
        if given.value is not None:
            constant = from_value(given.value, node.shape, node.dtype, None)
            self.kept.append(constant)
            return self.bind(constant)
        return f"from_value({self._value(node)}, {self.bind(node.shape)}, {self.bind(node.dtype)}, None)"

    def _number(self, node):
        value = self.trace.numbers[node.arg]
        if type(value) is Number:
            return value.code
        self.kept.append(value)
        return self.bind(value)

    def _run(self):
        if self.plan is None:
            return []
        leaves = ", ".join(self._value(n) for n in self.inputs)
        if any(type(self.trace.numbers[n.arg]) is Number for n in self.numbers):
            numbers = f"[{', '.join(self._number(n) for n in self.numbers)}]"
        else:
            self.kept.append([self.trace.numbers[n.arg] for n in self.numbers])
            numbers = self.bind(self.kept[-1])
        made = "".join(f"r{k}, " for k in range(len(self.roots)))
        return [f"{made}= {self.bind(self.plan)}.run([{leaves}], {numbers})"]

    def _handles(self):
        out, at = [], {node: f"r{k}" for k, node in enumerate(self.roots)}
        for name, node, sig in self.values:
            out.append(f"{name} = new(Tensor)")
            if sig.rg:
                out += [f"{name}._seg = {name}._x = None", f"{name}._edge = {self.bind(FREED)}"]
            else:
                out.append(f"{name}._seg = {name}._edge = {name}._x = None")
            out += [f"{name}._state = {self.bind(sig)}", f"{name}._value = {at[node]}"]
        return out

    def _effects(self):
        out, at = [], {node: f"r{k}" for k, node in enumerate(self.roots)}
        for kind, place, what in self.changes:
            v = place.var
            if kind == "write":
                out.append(f"{self.bind(write)}({v}, {at[what]})")
            elif kind == "requires_grad":
                out.append(f"{v}.requires_grad_({what})")
            else:
                out.append(f"{self.bind(extra)}({v}).grad = {self.grads[id(what)]()}")
        return out


# --- what the generated text calls ------------------------------------------------------------------------------------


def _record_formula(formula, operands, numbers):
    kinds = [type(n) for n in numbers]
    return tensors.record(lambda *states: (formula.head, *states, *kinds), operands, numbers)


def _record(cls, fields):
    """An object of a dataclass, as it was given back: `__init__` is not run again."""
    out = object.__new__(cls)
    for name, value in fields.items():
        object.__setattr__(out, name, value)
    return out


def write(t, value):
    """What the function wrote to a tensor or array from outside; a leaf stays one."""
    if isinstance(t, np.ndarray):
        np.copyto(t, np.reshape(value, t.shape))
    elif t._x is None or (t._x.parent is None and not t._x.children):
        adopt(t, from_value(value, t.shape, t.dtype, t._edge))
    else:
        recorded(False, t._write, from_value(value, t.shape, t.dtype, None), True)


def entangled(changed, found):
    """Whether something that is changed shares its memory with anything else that was found, or is there twice."""
    arrays = [x for x in found if isinstance(x, np.ndarray)]
    tensors = [x for x in found if isinstance(x, Handle)] if arrays else found
    tops = [id(x) if x._x is None or x._x.parent is None else id(_top(x)) for x in tensors]
    for x in changed:
        if isinstance(x, np.ndarray):
            if sum(np.may_share_memory(x, y) for y in arrays) > 1:
                return True
        elif tops.count(id(_top(x))) > 1:
            return True
    return False


def _top(t):
    while t._x is not None and t._x.parent is not None:
        t = t._x.parent
    return t


def _shared(roots):
    """The leaves whose memory may be that of a root."""
    seen, stack = set(), list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            moves = node.op.kind in ("reshape", "slice", "permute", "broadcast")
            if moves or (node.op.kind == "elementwise" and node.op.cost == 0):
                stack.extend(node.src)
    return {node for node in seen if node.op is LEAF}


def _has_gradient(place):
    return isinstance(place.object, Handle) and place.data.rg


def _is_freed(t):
    """Whether a backward within the function went through what `t` was computed in."""
    seen, stack = set(), [t._edge]
    while stack:
        edge = stack.pop()
        if type(edge) is not tuple or edge in seen:
            continue
        seen.add(edge)
        graph, state = edge
        if graph.freed is not None and state in graph.freed:
            return True
        stack.extend(graph.edges[i] for i in roots_of(state))
    return False


def _freed_edge():
    """The place in the graph of a result whose graph the function freed: a sweep raises there."""

    def refuse(sweep, state, g):
        raise GradientError(
            "got a backward through a result of a function under jit that went through it itself by backward(); "
            "pass retain_graph=True to that call, or call backward() outside only"
        )

    seg = Segment()
    graph, state = Graph(seg), State(seg.state, leaf(0, (), FLOAT64), True)
    refuse.last = True
    graph.cuts = {state: [refuse]}
    return graph, state


FREED = _freed_edge()
