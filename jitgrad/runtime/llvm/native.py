"""A kernel's text as machine code: its functions are typed and written from their syntax trees, in
one LLVM module.

A text has a function `body`, of loops, with its entry `chunk`, which a launch calls through its
address; or functions that Python calls, decorated with `scalar` or `driver`. What our tables do not
have is `Unwritten`: such kernels are numba's. Start at `compiled`.
"""

import ast

from llvmlite import ir

from ...base.syntax import syntax_tree
from . import machine
from .entry import Argument, arguments_of
from .kernel_types import KernelTypes, Unwritten
from .kinds import NUMBERS, int64
from .memory import I64
from .python_entry import add_entry, callable_at
from .words import Words, written

#: What entries are called, whose addresses are taken.
ENTRIES = "chunk", "launch"


class Text:
    """What stands in the text of a kernel: its functions by name, and what names mean in it, those
    of its own functions in `stands`."""

    def __init__(self, source):
        tree = syntax_tree(source)
        self.functions = {s.name: s for s in tree.body if isinstance(s, ast.FunctionDef)}
        self.scope: dict = {}
        for statement in tree.body:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                self._import(statement)
            elif isinstance(statement, ast.Assign):
                raise Unwritten("a name of the module")
        self.stands = {name: _Named(name) for name in self.functions}

    def _import(self, statement):
        names = [statement.module] if isinstance(statement, ast.ImportFrom) else []
        names = names or [alias.name for alias in statement.names]
        if any(name.split(".")[0] == "numba" for name in names):
            raise Unwritten(ast.unparse(statement))  # it brings functions of numba's
        exec(compile(ast.Module([statement], []), "<kernel>", "exec"), self.scope)


class _Named:
    """What a name means that is a function of the text."""

    def __init__(self, name):
        self.__name__ = name


def _decorator(function):
    """The decorator of a function that is called from outside: "entry", or that of what Python
    calls."""
    for found in function.decorator_list:
        if isinstance(found, ast.Call) and found.func.id in ("scalar", "driver"):
            return found
        if isinstance(found, ast.Name) and found.id == "entry":
            return "entry"
    return None


def symbol(key, name):
    """What the function `name` of a kernel is called in its object file."""
    return f"{key}.{name}"


def compiled(source, key):
    """The object file of a kernel.

    Raises
    ------
    Unwritten
        It has something that is not of the part of Python kernels are written in, or an operation
        that the tables do not have.
    """
    text, module = Text(source), machine.new_module(key)
    scope = {**text.scope, **text.stands}
    words = Words(scope, text.functions)
    for name, tree in text.functions.items():
        found = _decorator(tree)
        if found == "entry":
            _loops(text, module, words, symbol(key, name), tree)
        elif isinstance(found, ast.Call):
            _python_function(module, words, symbol(key, name), tree, found)
    return machine.object_of(module)


def loaded(key, names, binary):
    """What the functions `names` of a kernel are called by: the addresses of `ENTRIES`, objects of
    Python's for others."""
    found = machine.addresses(binary, [symbol(key, name) for name in names])
    return [a if n in ENTRIES else callable_at(a, n) for a, n in zip(found, names, strict=True)]


def _loops(text, module, words, name, entry):
    """The loops `body`, and the function `entry`, which calls them."""
    given = [Argument(int64, lambda builder, k=k: builder.function.args[k]) for k in range(4)]
    arguments = arguments_of(_plain(entry), given)
    kinds = tuple([a.kind for a in arguments])
    known = KernelTypes(words, text.functions["body"], kinds, words.scope)
    shape = ir.FunctionType(ir.VoidType(), [a.kind.llvm for a in arguments])
    body = ir.Function(module, shape, f"{name}.body")
    body.linkage = "internal"
    body.attributes.add("noinline")
    written(body, known)
    chunk = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64] * 4), name)
    builder = ir.IRBuilder(chunk.append_basic_block("entry"))
    builder.call(body, [a.code(builder) for a in arguments])
    builder.ret_void()


def _plain(function):
    """A function of a text without its decorators."""
    bare = ast.FunctionDef(
        function.name, function.args, function.body, [], lineno=1, col_offset=0, type_params=[]
    )
    scope: dict = {}
    exec(compile(ast.fix_missing_locations(ast.Module([bare], [])), "<kernel>", "exec"), scope)
    return scope[function.name]


def _python_function(module, words, name, tree, decorator):
    kinds = [NUMBERS[word] for word in decorator.args[0].value.replace(",", " ").split()]
    options = {option.arg: option.value.value for option in decorator.keywords}
    known = KernelTypes(words, tree, tuple(kinds), words.scope)
    add_entry(module, name, known, options.get("nogil", False))
