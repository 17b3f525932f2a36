"""The types of a kernel's names and expressions, from its syntax tree.

Kernels are written in a small part of Python: assignments, loops over ranges, conditions, and
operations on numbers and memory. So their types follow from the syntax tree, without bytecode,
control flow graph and constraints. What an operation of given operands is say the `words` of a
kernel: our own (`words`), or numba's, for kernels that contain functions of numba's. A name has one
type, which holds all that it is assigned, as in numba. Start at `KernelTypes`.
"""

import ast
import operator

_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_UNARY = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
_COMPARED = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class Unwritten(Exception):
    """A kernel has something that is not of the part of Python it is written in."""


class KernelTypes:
    """The types of the function `tree`, which is called with arguments of the types `given`; names
    that it does not assign are those of `scope`.

    `names` has the types of names, `of` those of expressions, and `operations` what the words call
    an expression that is an operation, with its signature. `constants` are expressions whose value
    is known. `returned` has the types of what the function returns, one after the other."""

    statements: dict
    expressions: dict

    def __init__(self, words, tree, given, scope):
        self.words, self.scope, self.tree = words, scope, tree
        self.returned: tuple = ()
        self.given = dict(zip([a.arg for a in tree.args.args], given, strict=True))
        self.names = dict(self.given)
        self.of, self.operations, self.constants = {}, {}, {}
        self.changed = True
        while self.changed:
            self.changed = False
            self._block(tree.body)

    # ----- statements

    def _block(self, statements):
        for statement in statements:
            handle = self.statements.get(type(statement))
            if handle is None:
                raise Unwritten(ast.unparse(statement))
            handle(self, statement)

    def _assign(self, statement):
        values = statement.value
        for target in statement.targets:
            if isinstance(target, ast.Tuple) and isinstance(values, ast.Tuple):
                for place, value in zip(target.elts, values.elts, strict=True):
                    self._put(place, self.expression(value))
            else:
                self._put(target, self.expression(values))

    def _augmented(self, statement):
        target, value = statement.target, self.expression(statement.value)
        before = self._load(target)
        self._put(target, self.operation(statement, _operator(_BINARY, statement), before, value))

    def _load(self, target):
        """The type of what an augmented assignment reads."""
        if isinstance(target, ast.Name):
            return self._name(target)
        return self.item(target, operator.getitem)

    def _put(self, target, value):
        if isinstance(target, ast.Subscript):
            memory, place = self.expression(target.value), self.expression(target.slice)
            self.operation(("put", target), operator.setitem, memory, place, value)
        elif isinstance(target, ast.Name):
            self._name_gets(target.id, value)
        else:
            raise Unwritten(ast.unparse(target))

    def _name_gets(self, name, kind):
        """All that a name is assigned is of one type."""
        if name in self.given:
            return
        before = self.names.get(name)
        kind = self.words.plain(kind)
        both = kind if before is None or before == kind else self.words.unified(before, kind)
        if both is None:
            raise Unwritten(f"{name} is {before} and {kind}")
        if both != before:
            self.names[name], self.changed = both, True

    def _for(self, statement):
        bounds = range_of(statement)
        for bound in bounds:
            if not self.words.is_whole(self.expression(bound)):
                raise Unwritten(ast.unparse(statement.iter))
        self._name_gets(statement.target.id, self.words.int64)
        self._block(statement.body)

    def _while(self, statement):
        self.condition(statement.test)
        self._block(statement.body)

    def _if(self, statement):
        self.condition(statement.test)
        self._block(statement.body)
        self._block(statement.orelse)

    def _effect(self, statement):
        self.expression(statement.value)

    def _nothing(self, statement):
        pass

    def _return(self, statement):
        kinds = tuple([self.words.plain(self.expression(v)) for v in returned_of(statement)])
        if self.returned and self.returned != kinds:
            both = zip(self.returned, kinds, strict=True)
            kinds = tuple([self._unified(statement, a, b) for a, b in both])
            self.changed |= kinds != self.returned
        self.returned = kinds

    # ----- expressions

    def expression(self, node):
        """The type of an expression, None of a name that nothing was assigned to yet."""
        handle = self.expressions.get(type(node))
        if handle is None:
            raise Unwritten(ast.unparse(node))
        kind = self.of[node] = handle(self, node)
        return kind

    def operation(self, node, function, *operands):
        """The type of an operation on operands of these types."""
        found = self.words.resolved(function, operands)
        if found is None:
            raise Unwritten(f"{function} of {operands}")
        self.operations[node] = found
        return found.result

    def condition(self, node):
        """An expression that a branch asks."""
        if isinstance(node, ast.BoolOp):
            for value in node.values:
                self.condition(value)
            self.of[node] = self.words.boolean
            return
        kind = self.expression(node)
        if kind != self.words.boolean:
            self.operation(("truth", node), bool, kind)

    def _name(self, node):
        kind = self.names.get(node.id)
        if kind is None:
            if node.id not in self.scope:
                raise Unwritten(f"{node.id} before it is assigned")
            return self._constant_is(node, self.scope[node.id])
        return kind

    def _constant_is(self, node, value):
        """The type of a number that is known."""
        if isinstance(value, bool):
            kind = self.words.boolean
        elif isinstance(value, int):
            kind = self.words.int64 if -(2**63) <= value < 2**63 else self.words.uint64
        elif isinstance(value, float):
            kind = self.words.float64
        else:
            raise Unwritten(repr(value))
        self.constants[node] = value
        return kind

    def _constant(self, node):
        return self._constant_is(node, node.value)

    def _attribute(self, node):
        """A constant of a module; or a part of a value."""
        if isinstance(node.value, ast.Name) and node.value.id not in self.names:
            return self._constant_is(node, getattr(self.scope[node.value.id], node.attr))
        kind = self.words.attribute(self.expression(node.value), node.attr)
        if kind is None:
            raise Unwritten(ast.unparse(node))
        return kind

    def _binary(self, node):
        return self._operated(node, _BINARY, node.left, node.right)

    def _unary(self, node):
        return self._operated(node, _UNARY, node.operand)

    def _operated(self, node, table, *operands):
        """The type of an operation; Python computes those on literals before numba sees them."""
        kinds, function = [self.expression(x) for x in operands], _operator(table, node)
        literal = all(isinstance(x, _LITERAL) and x in self.constants for x in operands)
        if literal and not isinstance(node.op, ast.Not):
            return self._constant_is(node, function(*[self.constants[x] for x in operands]))
        return self.operation(node, function, *kinds)

    def _compare(self, node):
        before = self.expression(node.left)
        for k, (op, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
            function, after = _COMPARED.get(type(op)), self.expression(right)
            if function is None:
                raise Unwritten(ast.unparse(node))
            self.operation((k, node), function, before, after)
            before = after
        return self.words.boolean

    def _boolean(self, node):
        for value in node.values:
            if self.expression(value) != self.words.boolean:
                raise Unwritten(ast.unparse(node))
        return self.words.boolean

    def _choice(self, node):
        self.condition(node.test)
        return self._unified(node, self.expression(node.body), self.expression(node.orelse))

    def _unified(self, node, a, b):
        both = a if a == b else self.words.unified(a, b)
        if both is None:
            raise Unwritten(ast.unparse(node))
        return both

    def _call(self, node):
        if node.keywords:
            raise Unwritten(ast.unparse(node))
        given = tuple([self._argument(x) for x in node.args])
        if self.is_method(node.func):
            found = self.operations[node] = self.words.method(self.expression(node.func), given)
            return found.result
        function = self.called(node.func)
        if function in CHOSEN and len(given) == 2 and all(map(self._is_signed, given)):
            return self.words.int64
        return self.operation(node, function, *given)

    def _is_signed(self, kind):
        return self.words.plain(kind) == self.words.int64

    def _argument(self, node):
        """The type of an argument: that of a literal says its value, which memory asks for."""
        kind = self.expression(node)
        value = self.constants.get(node)
        literal = isinstance(node, ast.Constant) and type(value) is int
        return self.words.literal(value) if literal else kind

    def is_method(self, node):
        """Whether what is called is a method of a value."""
        if not isinstance(node, ast.Attribute):
            return False
        return not isinstance(node.value, ast.Name) or node.value.id in self.names

    def called(self, node):
        """The function that a call is of."""
        if isinstance(node, ast.Name) and node.id not in self.names:
            found = self.scope.get(node.id, _BUILTINS.get(node.id))
            if found is not None:
                return found
        module = node.value.id if isinstance(node, ast.Attribute) else ""
        if module in self.scope:
            return getattr(self.scope[module], node.attr)
        raise Unwritten(ast.unparse(node))

    def _subscript(self, node):
        if isinstance(node.value, ast.Tuple):  # (x, y)[0]
            kinds = [self.expression(x) for x in node.value.elts]
            return kinds[node.slice.value]
        return self.item(node, operator.getitem)

    def item(self, node, function):
        """An element of memory."""
        memory, place = self.expression(node.value), self.expression(node.slice)
        return self.operation(node, function, memory, place)


def range_of(statement):
    """The (start, stop, step) of a loop; a bound that is not there is a literal."""
    call = statement.iter
    is_range = isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    if not is_range or call.func.id != "range" or not isinstance(statement.target, ast.Name):
        raise Unwritten(ast.unparse(call))
    if statement.orelse or call.keywords:
        raise Unwritten(ast.unparse(call))
    if len(call.args) == 1:
        return _ZERO, call.args[0], _ONE
    return call.args[0], call.args[1], call.args[2] if len(call.args) == 3 else _ONE


def returned_of(statement):
    """The expressions that a `return` gives."""
    value = statement.value
    if value is None:
        return ()
    return tuple(value.elts) if isinstance(value, ast.Tuple) else (value,)


def _operator(table, node):
    found = table.get(type(node.op))
    if found is None:
        raise Unwritten(ast.unparse(node))
    return found


#: Which of two whole numbers these functions choose: numba compiles functions of tuples for that.
CHOSEN = {min: "<", max: ">"}
#: What literals are made of.
_LITERAL = ast.Constant, ast.UnaryOp, ast.BinOp
_ZERO, _ONE = ast.Constant(0), ast.Constant(1)
_BUILTINS = {f.__name__: f for f in (abs, min, max, float, int, bool, complex, round)}
#: What types statements, and expressions; a class of a larger part of Python has more.
KernelTypes.statements = {
    ast.Assign: KernelTypes._assign,
    ast.AugAssign: KernelTypes._augmented,
    ast.For: KernelTypes._for,
    ast.While: KernelTypes._while,
    ast.If: KernelTypes._if,
    ast.Expr: KernelTypes._effect,
    ast.Break: KernelTypes._nothing,
    ast.Pass: KernelTypes._nothing,
    ast.Return: KernelTypes._return,
}
KernelTypes.expressions = {
    ast.Name: KernelTypes._name,
    ast.Constant: KernelTypes._constant,
    ast.Attribute: KernelTypes._attribute,
    ast.BinOp: KernelTypes._binary,
    ast.UnaryOp: KernelTypes._unary,
    ast.Compare: KernelTypes._compare,
    ast.BoolOp: KernelTypes._boolean,
    ast.IfExp: KernelTypes._choice,
    ast.Call: KernelTypes._call,
    ast.Subscript: KernelTypes._subscript,
}
