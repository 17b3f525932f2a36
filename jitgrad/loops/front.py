"""The front: from a Python function and the numba types of its arguments to the form.

The syntax tree is executed once on abstract values (`abstract_values`). Calls of other functions
are executed in place, and array expressions become loops, so that nothing behind knows of either. A
statement is `do_<node>` (`statements`, `loop_statements`), an expression `ev_<node>`
(`value_expressions`), a function of NumPy `np_<name>` (`numpy_calls`). Start at `trace`.
"""

import ast
import builtins
import inspect
import textwrap

import numpy as np

from ..base.errors import NotDifferentiable
from ..base.syntax import syntax_tree
from ..runtime.numba.inference import F32, typeof, types
from .array_parts import ArrayParts
from .array_values import ArrayValues
from .builder import Builder
from .calls import Calls
from .early_exits import RESULT, lowered
from .form import Form, Region, Val, leaves, like
from .local_functions import LocalFunctions
from .loop_statements import LoopStatements
from .numpy_calls import NumpyCalls
from .outside import OutsideCalls, rule_of
from .shared_arrays import SharedArrays
from .statements import Statements
from .value_expressions import ValueExpressions


def source_of(function):
    """The Python function, its syntax tree, its lines and the number of the first."""
    function = getattr(function, "py_func", function)
    try:
        lines, first = inspect.getsourcelines(function)
    except (OSError, TypeError):
        raise NotDifferentiable(
            f"got a function without source ({function!r}), expected one that stands in a file"
        ) from None
    tree = syntax_tree(textwrap.dedent("".join(lines))).body[0]
    ast.increment_lineno(tree, first - 1)
    if not isinstance(tree, ast.FunctionDef):
        raise NotDifferentiable(f"got {function!r}, expected a function made by `def`")
    return function, tree, lines, first


_PARTS = "; pass real and imaginary parts as arrays of their own"


class Frame:
    """A function being executed; `at` is the line that it stands for, where that is not its own,
    `parallel` whether its loops over `prange` are."""

    def __init__(self, function, at=None):
        self.at = at
        self.parallel = bool(getattr(function, "targetoptions", {}).get("parallel"))
        self.function, self.tree, self.lines, self.first = source_of(function)
        self.file = inspect.getsourcefile(self.function)
        closed = inspect.getclosurevars(self.function)
        self.outside = {**vars(builtins), **self.function.__globals__, **closed.nonlocals}
        try:
            self.body = lowered(self.tree.body)
        except NotDifferentiable as error:
            raise NotDifferentiable(error.reason, self.loc(error.loc[1])) from None

    def loc(self, line):
        """File, line and its text."""
        if self.at is not None:
            return self.at
        k = line - self.first
        return self.file, line, self.lines[k] if 0 <= k < len(self.lines) else ""

    def parameters(self):
        """The names of the arguments of a function that is differentiated."""
        given = self.tree.args
        if given.vararg or given.kwarg or given.kwonlyargs:
            raise NotDifferentiable(
                "got *args, **kwargs or keyword-only arguments, expected named ones",
                self.loc(self.tree.lineno),
            )
        return [a.arg for a in (*given.posonlyargs, *given.args)]


def trace(function, argtypes):
    """The form of `function` for arguments of these types."""
    front = Front()
    if rule_of(function) is not None:
        name, names, file = function.__name__, list(inspect.signature(function).parameters), None

        def run(args):
            return front.outside_call(function, args)
    else:
        frame = Frame(function)
        name, names, file = frame.tree.name, frame.parameters(), frame.file

        def run(args):
            return front.run(frame, dict(zip(names, args, strict=True)))

    body, result = Region(), None
    args = [front.argument(n, t, body) for n, t in zip(names, argtypes, strict=True)]
    with Builder(body) as b:
        front.b = b
        try:
            result = front.bindable(run(args))
            front.check_copies(body)
            if result is not None:
                body.yields = [front.number(v) for v in leaves(result)]
                result = like(result, iter(body.yields))
        except NotDifferentiable as error:
            if error.loc is None or error.loc[0] is None:
                raise NotDifferentiable(error.reason, b.loc) from None
            raise
    made = Form(
        name,
        [v for v in leaves(tuple(args)) if isinstance(v, Val) and not v.is_const],
        body,
        result,
    )
    made.arg_tree, made.arg_names = args, names
    made.globals, made.file = front.globals, file
    return made


class Front(
    Statements,
    LoopStatements,
    ValueExpressions,
    ArrayParts,
    ArrayValues,
    Calls,
    NumpyCalls,
    OutsideCalls,
    LocalFunctions,
    SharedArrays,
):
    """Executes functions; `env` has what names stand for, `b` builds."""

    def __init__(self):
        self.stack, self.globals, self.phi_of = [], {}, {}
        #: What names stand for in the functions that wait for the one that runs.
        self.envs = []
        self.env = self.frame = self.b = None
        #: Copies that stand for what numba has as the same memory (`shared_arrays`).
        self.copies = []

    def argument(self, name, t, region):
        if isinstance(t, (types.NamedTuple, types.NamedUniTuple)):
            made = [
                self.argument(f"{name}_{f}", e, region) for f, e in zip(t.fields, t, strict=True)
            ]
            return t.instance_class(*made)
        if isinstance(t, types.BaseTuple):
            return tuple([self.argument(f"{name}_{k}", e, region) for k, e in enumerate(t)])
        if isinstance(t, types.Dispatcher):
            return t.dispatcher
        if isinstance(t, types.NoneType):
            return None
        if isinstance(t, types.Omitted):
            return Val(typeof(t.value), name, None, None, t.value)
        if getattr(t, "dtype", t) == types.float16:
            raise NotDifferentiable(
                f"got an argument {name} of type {t}, which numba does not compute with, expected "
                "float32 or float64; convert it"
            )
        if isinstance(t, types.IntegerLiteral):
            t = types.int64
        if isinstance(t, (types.Integer, types.Float, types.Boolean)):
            return Val(t, name, None, region)
        if isinstance(t, types.Array) and isinstance(
            t.dtype, (types.Integer, types.Float, types.Boolean)
        ):
            return Val(t, name, None, region)
        raise NotDifferentiable(
            f"got an argument {name} of type {t}, expected real numbers, arrays of them, tuples of "
            "these, or functions" + (_PARTS if "complex" in str(t) else "")
        )

    def refuse(self, message):
        raise NotDifferentiable(message, self.b.loc)

    def run(self, frame, env):
        """What a function gives for its arguments."""
        if any(f.function is frame.function for f in self.stack):
            self.refuse(
                f"got a recursive call of {frame.tree.name}, expected none; write it as a loop "
                "with a stack of its own"
            )
        kept = self.env, self.frame
        self.stack.append(frame)
        self.envs.append(self.env or {})
        self.env, self.frame = env, frame
        here = self.b.loc
        try:
            self.block(frame.body, {RESULT})
            return self.env.get(RESULT)
        finally:
            self.env, self.frame = kept
            self.stack.pop()
            self.envs.pop()
            if not self.stack or self.env is not None:
                self.b.loc = here

    def as_loops(self, function, args):
        """A function of NumPy's that is written as one with loops."""
        frame = Frame(function, self.b.loc)
        return self.run(frame, dict(zip(frame.parameters(), map(self.bindable, args), strict=True)))

    def inline(self, function, args, kwargs):
        """A call of another function, executed in place."""
        frame = Frame(function)
        a = frame.tree.args
        names = [x.arg for x in (*a.posonlyargs, *a.args)]
        env = dict(zip(names, args, strict=False))
        env.update(kwargs)
        defaults = frame.function.__defaults__ or ()
        for n, d in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            env.setdefault(n, self.constant(d))
        missing = [n for n in names if n not in env]
        unknown = [n for n in kwargs if n not in names]
        if missing or unknown or len(args) > len(names) or a.vararg or a.kwarg or a.kwonlyargs:
            self.refuse(
                f"got a call of {frame.tree.name} with {len(args) + len(kwargs)} arguments, "
                f"expected {len(names)}: {', '.join(names)}"
            )
        return self.run(frame, {k: self.bindable(v) for k, v in env.items()})

    def constant(self, x):
        """What an object from outside stands for."""
        if isinstance(x, (bool, np.bool_)):
            return self.b.const(bool(x))
        if isinstance(x, (int, np.integer)):
            return self.b.const(int(x))
        if isinstance(x, np.float32):
            return self.b.const(float(x), F32)
        if isinstance(x, (float, np.floating)):
            return self.b.const(float(x))
        if isinstance(x, (complex, np.complexfloating)):
            self.refuse(f"got the complex number {x}, expected real numbers; keep parts apart")
        if isinstance(x, tuple):
            return like(x, iter([self.constant(v) for v in leaves(x)]))
        return self.global_array(x) if isinstance(x, np.ndarray) else x

    def global_array(self, x):
        for array, v in self.globals.values():
            if array is x:
                return v
        name = f"GLOBAL_{len(self.globals)}"
        root = list(self.b.region.up())[-1]
        v = Val(typeof(x), name, None, root)
        self.globals[name] = (x, v)
        return v
