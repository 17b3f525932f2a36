"""What the operations of a kernel are, by our own tables: what `KernelTypes` and `KernelCode` ask.

A function that is written in Python, in the text of a kernel or in `longer`, becomes an LLVM
function of the kernel's module for each kinds of arguments. Start at `Words`.
"""

import inspect
import textwrap

from llvmlite import ir

from ...base.syntax import syntax_tree
from . import lane_values, memory, number_code, support_code  # noqa: F401  they fill the tables
from .casts import cast
from .kernel_code import KernelCode
from .kernel_types import KernelTypes, Unwritten
from .kinds import boolean, float64, int64, is_whole, literal, nothing, plain, uint64, unified
from .longer import LONGER
from .operations import KernelOperation, resolved


class Words:
    """The words of a kernel; `texts` are the syntax trees of functions of its own text that others
    call, by their names, whose names mean what `scope` says."""

    boolean, int64, uint64, float64 = boolean, int64, uint64, float64
    plain, literal = staticmethod(plain), staticmethod(literal)
    unified, is_whole, cast = staticmethod(unified), staticmethod(is_whole), staticmethod(cast)

    def __init__(self, scope, texts=()):
        self.scope, self.texts, self.known = scope, dict(texts), {}

    def resolved(self, function, kinds):
        """The operation that a function is, or None."""
        return resolved(function, kinds) or self._written(function, kinds)

    def _written(self, function, kinds):
        name = getattr(function, "__name__", "")
        if function in LONGER:
            chosen = LONGER[function](*kinds)
            if chosen is None:
                return None
            body, kinds = chosen
            name, tree, scope = body.__name__, _tree_of(body), body.__globals__
        elif name in self.texts and self.scope.get(name) is function:
            tree, scope = self.texts[name], self.scope
        else:
            return None
        key = name, kinds
        if key not in self.known:
            self.known[key] = KernelTypes(self, tree, tuple(map(plain, kinds)), scope)
        known = self.known[key]
        inlined = function in LONGER
        return KernelOperation(
            _result(known),
            tuple(map(plain, kinds)),
            lambda builder, *values: builder.call(
                function_in(builder.module, f"{name}.{len(kinds)}", known, inlined), values
            ),
        )

    def attribute(self, kind, name):
        """None: no kind has parts."""
        return None

    def method(self, method, kinds):
        raise Unwritten(f"a method: {method}")

    @staticmethod
    def part(builder, value, kind, name):
        raise Unwritten(f"{kind}.{name}")

    @staticmethod
    def llvm(kind):
        return kind.llvm

    @staticmethod
    def constant(kind, value):
        return ir.Constant(plain(kind).llvm, value)


def _tree_of(function):
    return syntax_tree(textwrap.dedent(inspect.getsource(function))).body[0]


def _result(known):
    if len(known.returned) > 1:
        raise Unwritten("a function of several results, called in a kernel")
    return known.returned[0] if known.returned else nothing


def function_in(module, name, known, inlined):
    """The LLVM function of what `known` has the types of, written at the first call."""
    kinds = list(known.given.values())
    name = f"{name}({', '.join(map(str, kinds))})"
    found = module.globals.get(name)
    if found is None:
        found = ir.Function(
            module, ir.FunctionType(_result(known).llvm, [k.llvm for k in kinds]), name
        )
        found.linkage = "internal"
        found.attributes.add("alwaysinline" if inlined else "noinline")
        written(found, known)
    return found


def written(function, known):
    """Writes an LLVM function that returns nothing or one value; pointers do not alias."""
    for argument in function.args:
        if isinstance(argument.type, ir.PointerType):
            argument.add_attribute("noalias")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    begin = function.append_basic_block("begin")
    builder.branch(begin)
    builder.position_at_end(begin)

    def give(values):
        builder.ret(*values) if values else builder.ret_void()

    KernelCode(builder, known, function.args, give)
    if not builder.block.is_terminated:
        builder.unreachable() if known.returned else builder.ret_void()
