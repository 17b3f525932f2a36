"""Functions within the user's function, lambdas, and comprehensions. Part of the front.

A function made by ``def`` or ``lambda`` within another is executed where it is called, with the
names around it as they are then in the function that it was made in. A comprehension is an array:
its elements are numbers. Start at `LocalFunctions.call_local`.
"""

import ast

from ..runtime.numba.inference import I64
from .abstract_values import ArrayValue
from .array_values import is_array
from .early_exits import lowered
from .form import Region, Val
from .markers import Marker, marker_of


class LocalFunction:
    """A function made within another; it has what `Frame` has for others."""

    def __init__(self, node, frame, name, defaults):
        self.tree, self.frame, self.name, self.defaults = node, frame, name, defaults
        self.file, self.first, self.function = frame.file, node.lineno, self
        body = node.body
        if isinstance(node, ast.Lambda):
            body = [ast.copy_location(ast.Return(node.body), node)]
        self.body = lowered(body)
        self.outside, self.parallel = frame.outside, frame.parallel

    def loc(self, line):
        return self.frame.loc(line)


class LocalFunctions:
    #: Name -> value, where the execution is.
    env: dict

    def do_FunctionDef(self, s, live):
        self.env[s.name] = self.local_function(s, s.name)

    def ev_Lambda(self, node):
        return self.local_function(node, "lambda")

    def local_function(self, node, name):
        a = node.args
        if a.vararg or a.kwarg or a.kwonlyargs or getattr(node, "decorator_list", None):
            self.refuse(f"got {name} with decorators, *args or **kwargs, expected named arguments")
        names = [x.arg for x in (*a.posonlyargs, *a.args)]
        last = names[len(names) - len(a.defaults) :]
        defaults = {n: self.ev(d) for n, d in zip(last, a.defaults, strict=True)}
        return LocalFunction(node, self.frame, name, defaults)

    def call_local(self, function, args, kwargs):
        a = function.tree.args
        names = [x.arg for x in (*a.posonlyargs, *a.args)]
        given = {**function.defaults, **dict(zip(names, args, strict=False)), **kwargs}
        if set(given) != set(names) or len(args) > len(names):
            self.refuse(
                f"got a call of {function.name} with {len(args) + len(kwargs)} arguments, expected "
                f"{len(names)}: {', '.join(names)}"
            )
        around = {n: v for n, v in self.env_of(function).items() if n not in names}
        return self.run(function, {**around, **{n: self.bindable(v) for n, v in given.items()}})

    def env_of(self, function):
        """The names around a function as they are now, wherever it is called."""
        envs = [*self.envs[1:], self.env]
        for frame, env in zip(reversed(self.stack), reversed(envs), strict=True):
            if frame is function.frame:
                return env
        self.refuse(
            f"got a call of {function.name} after the function that it was made in has ended, "
            "expected one within it; return what it gives, or make it a function of its own"
        )

    # --- comprehensions ---------------------------------------------------------------------------

    def ev_ListComp(self, node):
        """The numbers of a list, as an array."""
        gen = node.generators[0]
        if len(node.generators) > 1 or gen.ifs:
            self.refuse(f"got {ast.unparse(node)}, expected one `for` and no `if`; write the loop")
        n, value_at = self.turns_of(gen.iter)

        def at(index):
            kept, self.env = self.env, dict(self.env)
            self.bind(gen.target, value_at(index[0]))
            out = self.number(self.bindable(self.ev(node.elt)))
            self.env = kept
            return out

        if n.is_const and isinstance(n.const, tuple):
            return self.array_of([at([k]) for k in n.const])
        return self.materialise(ArrayValue([n], self.type_at(at), at, []))

    ev_GeneratorExp = ev_ListComp

    def type_at(self, at):
        """The type of an element, found where nothing is kept."""
        parent = self.b.region
        region = self.b.region = Region(parent)
        region.args.append(Val(I64, "i", None, region))
        out = at(region.args)
        self.b.region = parent
        if out.is_array:
            self.refuse("got a list of arrays, expected numbers; write rows of one array")
        return out.type

    def turns_of(self, iterated):
        """How many turns there are, and what is iterated over in one."""
        b = self.b
        called = self.ev(iterated.func) if isinstance(iterated, ast.Call) else None
        kind = marker_of(called)
        if kind is Marker.RANGE:
            lo, hi, step = self.span_of(iterated)
            if not (step.is_const and step.const == 1):
                self.refuse(f"got {ast.unparse(iterated)}, expected a range without a step")
            n = b.pure("max", b.pure("sub", hi, lo), b.const(0))
            return n, lambda i: b.pure("add", lo, i)
        if kind in (Marker.ENUMERATE, Marker.ZIP):
            arrays = [self.arr(self.bindable(self.ev(x))) for x in iterated.args]
            n = arrays[0].shape[0]
            for x in arrays[1:]:
                n = b.pure("min", n, x.shape[0])
            if kind is Marker.ENUMERATE:
                return n, lambda i: (i, self.row(arrays[0], i))
            return n, lambda i: tuple([self.row(x, i) for x in arrays])
        over = self.ev(iterated)
        if isinstance(over, tuple):
            return b.const(over), lambda v: v
        if is_array(over):
            arr = self.arr(self.bindable(over))
            return arr.shape[0], lambda i: self.row(arr, i)
        self.refuse(f"got {ast.unparse(iterated)}, expected range, arrays, enumerate or zip")
