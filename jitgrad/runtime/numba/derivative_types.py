"""The types of the names and expressions of a derivative's text: those of a kernel, and arrays.

Derivatives (`jitgrad.loops.emit`) are written in the part of Python that kernels are written in,
with arrays, their elements and lengths, functions that make arrays, and tuples that are returned.
What is beyond that is `Unwritten`, and numba's. Types are numba's. Start at `DerivativeTypes`.
"""

import ast
import builtins
import operator

import numpy as np
from numba import types

from ..llvm.kernel_types import KernelTypes, Unwritten
from ..llvm.operations import KernelOperation
from . import form_support
from .inference import from_dtype
from .lowering import kind_of

#: What makes arrays: functions of NumPy and of `form_support`.
MAKERS = {
    np.empty: "empty",
    np.zeros: "zeros",
    np.zeros_like: "zeros_like",
    form_support._grow: "grow",
    form_support._large: "large",
}
#: Functions of numbers of one type that are an instruction each.
CHOICES = {
    form_support._select: "select",
    form_support._accumulate: "accumulate",
    max: ">",
    min: "<",
}
#: Powers up to this one are products.
POWERS = 64


class DerivativeTypes(KernelTypes):
    """As `KernelTypes`. `fresh` has what arrays are made by: the expression -> (how, type); `bound`
    which expressions names are assigned, None for a part of a tuple."""

    def __init__(self, words, tree, given, scope):
        self.fresh, self.bound, self.held = {}, {}, {}
        self._may_make = set()
        super().__init__(words, tree, given, scope)
        for name, kinds in self.held.items():
            wanted = self.names[name]
            same = (k == wanted or (_is_array(k) and _is_array(wanted)) for k in kinds)
            if not all(same):  # numba has a version of its own for each
                raise Unwritten(f"{name} is {wanted} and others")

    # ----- statements

    def _block(self, statements):
        if statements is self.tree.body:  # another round: kinds may be other ones by now
            self.held = {}
        super()._block(statements)

    def _assign(self, statement):
        if len(statement.targets) != 1:
            raise Unwritten(ast.unparse(statement))
        self._given_to(statement.targets[0], statement.value)

    def _given_to(self, target, value):
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            self.of[value] = None
            for place, part in zip(target.elts, value.elts, strict=True):
                self._given_to(place, part)
            return
        if isinstance(target, ast.Name):
            self._may_make.add(value)
            self.bound.setdefault(target.id, {})[target] = value
        kind = self.expression(value)
        if isinstance(target, ast.Name) and value in self.constants:
            self._name_gets(target.id, kind)
        else:
            self._unpacked(target, kind)

    def _unpacked(self, target, kind):
        if not isinstance(target, ast.Tuple):
            self._put(target, kind)
            return
        if not isinstance(kind, types.BaseTuple) or len(kind) != len(target.elts):
            raise Unwritten(ast.unparse(target))
        for place, part in zip(target.elts, kind, strict=True):
            if isinstance(place, ast.Name):
                self.bound.setdefault(place.id, {})[place] = None
            self._unpacked(place, part)

    def _put(self, target, value):
        if isinstance(target, ast.Subscript):
            memory = self.expression(target.value)
            if not _is_array(memory) or not memory.mutable:
                raise Unwritten(ast.unparse(target))
            wanted = self._element(target, memory)
            if not _is_number(value) or kind_of(wanted) is None:
                raise Unwritten(ast.unparse(target))
            self.of[target] = wanted
            return
        if isinstance(target, ast.Name):
            self.held.setdefault(target.id, set()).add(self.words.plain(value))
        super()._put(target, value)

    def _name_gets(self, name, kind):
        if isinstance(kind, types.BaseTuple) and self.names.get(name, kind) != kind:
            raise Unwritten(f"{name} is several tuples")
        super()._name_gets(name, kind)

    def _load(self, target):
        if isinstance(target, ast.Name):
            return self._name(target)
        return self.expression(target)

    def _for(self, statement):
        if len(statement.iter.args) == 3 and not _is_literal(statement.iter.args[2]):
            raise Unwritten(ast.unparse(statement.iter))
        super()._for(statement)
        signed = all(self.of.get(x) in (None, types.int64) for x in statement.iter.args)
        if not signed:
            raise Unwritten(ast.unparse(statement.iter))
        self.held.setdefault(statement.target.id, set()).add(types.int64)

    def _raise(self, statement):
        call = statement.exc
        named = isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        found = named and getattr(builtins, call.func.id, None)
        texts = named and all(isinstance(a, ast.Constant) for a in call.args)
        if not texts or call.keywords or not isinstance(found, type):
            raise Unwritten(ast.unparse(statement))
        self.of[statement] = found

    def _return(self, statement):
        if statement.value is None:
            raise Unwritten("return")
        kind = self.words.plain(self.expression(statement.value))
        if self.returned and self.returned != (kind,):
            raise Unwritten("results of several types")
        self.returned = (kind,)

    def _effect(self, statement):
        if not isinstance(statement.value, ast.Constant):
            super()._effect(statement)

    # ----- expressions

    def operation(self, node, function, *operands):
        if function is operator.pow and isinstance(node, ast.BinOp):
            n, base = self.constants.get(node.right), operands[0]
            if type(n) is int and abs(n) <= POWERS and isinstance(base, types.Float):
                self.operations[node] = KernelOperation(base, (base, types.int64), _power(n))
                return base
        return super().operation(node, function, *operands)

    def _tuple(self, node):
        return types.Tuple([self.words.plain(self.expression(x)) for x in node.elts])

    def _attribute(self, node):
        if node.attr == "size" and _is_array(self._of_name(node.value)):
            self.expression(node.value)
            return types.int64
        if self._of_name(node.value) is not None:
            raise Unwritten(ast.unparse(node))
        return super()._attribute(node)

    def _of_name(self, node):
        return self.names.get(node.id) if isinstance(node, ast.Name) else None

    def _subscript(self, node):
        shape = is_shape(node)
        if shape is not None:
            memory = self.expression(shape)
            if not _is_array(memory) or not _is_literal(node.slice):
                raise Unwritten(ast.unparse(node))
            return types.int64
        memory = self.expression(node.value)
        if isinstance(memory, types.BaseTuple) and _is_literal(node.slice):
            return memory[node.slice.value]
        if not _is_array(memory):
            raise Unwritten(ast.unparse(node))
        return self._element(node, memory)

    def _element(self, node, memory):
        """The type of an element of an array, or of a part of it."""
        places = indices_of(node)
        kinds = [self.words.plain(self.expression(x)) for x in places]
        if not all(isinstance(k, types.Integer) for k in kinds):
            raise Unwritten(ast.unparse(node))
        rest = memory.ndim - len(places)
        if rest > 0 and memory.layout == "C":  # the part with these first indices
            return memory.copy(ndim=rest)
        if rest:
            raise Unwritten(ast.unparse(node))
        return memory.dtype

    def _call(self, node):
        if self.is_method(node.func):
            return self._method(node)
        function = self.called(node.func)
        if not node.keywords:
            if function in MAKERS:
                return self._maker(node, MAKERS[function])
            if function in CHOICES:
                return self._chosen(node, CHOICES[function])
            if isinstance(function, type) and len(node.args) == 1:
                return self._cast_to(node, function)
        if not all(_is_number(self.expression(x)) for x in node.args):
            raise Unwritten(ast.unparse(node))
        kind = super()._call(node)
        if not _is_number(kind):
            raise Unwritten(ast.unparse(node))
        return kind

    def _method(self, node):
        memory = self._of_name(node.func.value)
        if node.func.attr != "copy" or not _is_array(memory) or node.args or node.keywords:
            raise Unwritten(ast.unparse(node))
        self.expression(node.func.value)
        return self._made(node, "copy", memory.copy(layout="C", readonly=False))

    def _made(self, node, how, kind):
        if node not in self._may_make:  # nobody would give it back
            raise Unwritten(ast.unparse(node))
        self.fresh[node] = how, kind
        return kind

    def _maker(self, node, how):
        if how == "large":
            self._may_make |= {node.args[0]} if node in self._may_make else set()
            return self._made(node, how, self.expression(node.args[0]))
        return self._of_lengths(node, how) if how in ("empty", "zeros") else self._like(node, how)

    def _of_lengths(self, node, how):
        first, *rest = node.args
        dtype = self._dtype(rest[0]) if rest else types.float64
        lengths = lengths_of(first)
        kinds = [self.words.plain(self.expression(x)) for x in lengths]
        if not all(k == types.int64 for k in kinds) or len(rest) > 1 or not lengths:
            raise Unwritten(ast.unparse(node))
        return self._made(node, how, types.Array(dtype, len(lengths), "C"))

    def _like(self, node, how):
        """An array like another one, or a longer one."""
        first, *rest = node.args
        memory = self.expression(first)
        known = _is_array(memory) and kind_of(memory.dtype) is not None
        if not known or not isinstance(first, ast.Name):
            raise Unwritten(ast.unparse(node))
        if how == "grow":
            if self.words.plain(self.expression(rest[0])) != types.int64 or memory.layout != "C":
                raise Unwritten(ast.unparse(node))
            return self._made(node, how, memory)
        layout = "C" if memory.layout == "A" else memory.layout
        return self._made(node, how, memory.copy(layout=layout, readonly=False))

    def _dtype(self, node):
        found = getattr(np, node.attr, None) if isinstance(node, ast.Attribute) else None
        dtype = from_dtype(found) if isinstance(found, type) else None
        if dtype is None or kind_of(dtype) is None:
            raise Unwritten(ast.unparse(node))
        return dtype

    def _chosen(self, node, how):
        kinds = [self.words.plain(self.expression(x)) for x in node.args]
        wanted = kinds[-2:] if len(kinds) == 2 + (how == "select") else ()
        if len(set(wanted)) != 1 or not _is_number(wanted[0]) or wanted[0] == types.boolean:
            raise Unwritten(ast.unparse(node))
        if how == "select" and kinds[0] != types.boolean:
            raise Unwritten(ast.unparse(node))
        kind = wanted[0]
        emit = {"select": _select, "accumulate": _accumulate}.get(how) or _best(how, kind)
        self.operations[node] = KernelOperation(kind, tuple(kinds), emit)
        return kind

    def _cast_to(self, node, function):
        given = self.expression(node.args[0])
        own = {float: types.float64, int: types.int64}.get(function)
        if own is None and issubclass(function, np.number):
            own = from_dtype(function)
        if own is None or not _is_number(given) or kind_of(own) is None:
            raise Unwritten(ast.unparse(node))
        self.operations[node] = KernelOperation(own, (own,), lambda builder, x: x)
        return own


DerivativeTypes.statements = {
    **KernelTypes.statements,
    ast.Assign: DerivativeTypes._assign,
    ast.Expr: DerivativeTypes._effect,
    ast.For: DerivativeTypes._for,
    ast.Raise: DerivativeTypes._raise,
    ast.Return: DerivativeTypes._return,
}
DerivativeTypes.expressions = {
    **KernelTypes.expressions,
    ast.Attribute: DerivativeTypes._attribute,
    ast.Call: DerivativeTypes._call,
    ast.Subscript: DerivativeTypes._subscript,
    ast.Tuple: DerivativeTypes._tuple,
}


def _is_array(kind):
    return isinstance(kind, types.Array)


def _is_number(kind):
    return isinstance(kind, (types.Number, types.Boolean))


def _is_literal(node):
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) is int


def is_shape(node):
    """Of ``x.shape[k]`` the x; None of anything else."""
    value = node.value
    return value.value if isinstance(value, ast.Attribute) and value.attr == "shape" else None


def indices_of(node):
    """The indices of a subscript."""
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def lengths_of(node):
    """The lengths of a new array, from its first argument."""
    return node.elts if isinstance(node, ast.Tuple) else [node]


# ----- instructions


def _power(n):
    """A power with a whole exponent, by the products that numba has for it."""

    def emit(builder, x, _):
        out, rest, base = x.type(1), abs(n), x
        while rest:
            if rest & 1:
                out = builder.fmul(out, base)
            rest >>= 1
            if rest:
                base = builder.fmul(base, base)
        return out if n >= 0 else builder.fdiv(x.type(1), out)

    return emit


def _select(builder, condition, x, y):
    return builder.select(condition, x, y)


def _accumulate(builder, total, x):
    return builder.fadd(total, x, flags=("reassoc", "nsz"))


def _best(relation, kind):
    """The greater or smaller of two numbers, as Python takes it: the first one unless the second
    is."""

    def emit(builder, x, y):
        if isinstance(kind, types.Float):
            second = builder.fcmp_ordered(relation, y, x)
        else:
            compare = builder.icmp_signed if kind.signed else builder.icmp_unsigned
            second = compare(relation, y, x)
        return builder.select(second, y, x)

    return emit
