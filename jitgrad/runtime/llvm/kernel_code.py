"""The LLVM instructions of a kernel, from its syntax tree and the types of that (`kernel_types`).

Each operation is what the `words` of the kernel write for it; the loops, conditions and names
around them are written here. A name that is assigned once, and read only where that has been, is a
value; any other has a place on the stack, of which LLVM makes registers. Start at `KernelCode`.
"""

import ast

from llvmlite import ir

from .kernel_types import CHOSEN, Unwritten, range_of, returned_of

_I64 = ir.IntType(64)
_ZERO = ir.Constant(_I64, 0)


class KernelNames(ast.NodeVisitor):
    """Which names of a function need a place: those assigned more than once, or read where their
    assignment is not on the way."""

    def __init__(self, tree):
        self.seen = [{a.arg for a in tree.args.args}]
        self.assigned, self.placed = set(self.seen[0]), set()
        self._inside(tree.body)

    def _inside(self, statements, *names):
        self.seen.append(set())
        for name in names:
            self._assigned(name)
        for statement in statements:
            self.visit(statement)
        self.seen.pop()

    def _assigned(self, name):
        if name in self.assigned:
            self.placed.add(name)
        self.assigned.add(name)
        self.seen[-1].add(name)

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self._assigned(node.id)
        elif node.id in self.assigned and not any(node.id in names for names in self.seen):
            self.placed.add(node.id)
        elif node.id not in self.assigned:
            self.placed.add(node.id)  # of the scope around, or assigned later

    def visit_Assign(self, node):
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node):
        self.visit(node.value)
        self.visit(node.target)
        if isinstance(node.target, ast.Name):
            self.placed.add(node.target.id)

    def visit_For(self, node):
        self.visit(node.iter)
        self._inside(node.body, node.target.id)

    def visit_While(self, node):
        self.visit(node.test)
        self._inside(node.body)

    def visit_If(self, node):
        self.visit(node.test)
        self._inside(node.body)
        self._inside(node.orelse)


class KernelCode:
    """Writes the function whose arguments are the LLVM values `arguments` into the block where
    `builder` stands, which ends where the function does; ``give(values)`` is what a `return`
    does."""

    statements: dict
    expressions: dict

    def __init__(self, builder, known, arguments, give=None):
        self.words, self.builder, self.known, self.give = known.words, builder, known, give
        self.placed = KernelNames(known.tree).placed
        self.values, self.places, self.ends = {}, {}, []
        self._prepare()
        for name, value in zip(known.given, arguments, strict=True):
            self._name_gets(name, value)
        self._block(known.tree.body)

    def _prepare(self):
        """What there is to do before the first statement."""

    # ----- names

    def _name_gets(self, name, value):
        if name not in self.placed:
            self.values[name] = value
            return
        if name not in self.places:
            kind = self.words.llvm(self.known.names[name])
            with self.builder.goto_entry_block():
                self.places[name] = self.builder.alloca(kind, name=name)
        self.builder.store(value, self.places[name])

    def _name(self, node):
        if node in self.known.constants:
            return self._constant(node)
        if node.id in self.values:
            return self.values[node.id]
        if node.id not in self.places:  # it is assigned on another way here, or in the turn before
            kind = self.words.llvm(self.known.names[node.id])
            with self.builder.goto_entry_block():
                self.places[node.id] = self.builder.alloca(kind, name=node.id)
        return self.builder.load(self.places[node.id])

    # ----- statements

    def _block(self, statements):
        for statement in statements:
            self.statements[type(statement)](self, statement)
            if self.builder.block.is_terminated:
                break

    def _assign(self, statement):
        values = statement.value
        for target in statement.targets:
            if isinstance(target, ast.Tuple):
                made = [(self.expression(v), self.known.of[v]) for v in values.elts]
                for place, (value, kind) in zip(target.elts, made, strict=True):
                    self._put(place, value, kind)
            elif target is statement.targets[0]:
                value, kind = self.expression(values), self.known.of[values]
                self._put(target, value, kind)
            else:
                self._put(target, value, kind)

    def _augmented(self, statement):
        target = statement.target
        is_name = isinstance(target, ast.Name)
        kind = self.known.names[target.id] if is_name else self.known.operations[target].result
        before = (
            self._name(target)
            if is_name
            else self._operation(target, self._pair(target), self._kinds(target))
        )
        value = self.expression(statement.value)
        out = self._operation(statement, [before, value], (kind, self.known.of[statement.value]))
        self._put(target, out, self.known.operations[statement].result)

    def _pair(self, node):
        """Memory, and the place in it."""
        return [self.expression(node.value), self.expression(node.slice)]

    def _kinds(self, node):
        return self.known.of[node.value], self.known.of[node.slice]

    def _put(self, target, value, kind):
        if isinstance(target, ast.Subscript):
            kinds = (*self._kinds(target), kind)
            self._operation(("put", target), [*self._pair(target), value], kinds)
            return
        wanted = self.known.names[target.id]
        self._name_gets(target.id, self._cast(value, kind, wanted))

    def _cast(self, value, kind, wanted):
        return value if kind == wanted else self.words.cast(self.builder, value, kind, wanted)

    def _for(self, statement):
        builder = self.builder
        start, stop, step = (self._bound(x) for x in range_of(statement))
        before = builder.block
        head, inside, after = map(builder.append_basic_block, ("for.head", "for", "for.end"))
        builder.branch(head)
        builder.position_at_end(head)
        index = builder.phi(_I64)
        index.add_incoming(start, before)
        builder.cbranch(self._goes_on(index, stop, step), inside, after)
        builder.position_at_end(inside)
        self._name_gets(statement.target.id, index)
        self._inside(statement.body, after)
        if not builder.block.is_terminated:
            flags = ("nsw",) if isinstance(step, ir.Constant) and step.constant in (1, -1) else ()
            index.add_incoming(builder.add(index, step, flags=flags), builder.block)
            builder.branch(head)
        builder.position_at_end(after)

    def _bound(self, node):
        if isinstance(node, ast.Constant):
            return ir.Constant(_I64, node.value)
        value, kind = self.expression(node), self.known.of.get(node, self.words.int64)
        if node in self.known.constants:
            return ir.Constant(_I64, self.known.constants[node])
        return self._cast(value, kind, self.words.int64)

    def _goes_on(self, index, stop, step):
        builder = self.builder
        rises = builder.icmp_signed("<", index, stop)
        if isinstance(step, ir.Constant):
            return rises if step.constant > 0 else builder.icmp_signed(">", index, stop)
        falls = builder.icmp_signed(">", index, stop)
        return builder.select(builder.icmp_signed(">", step, _ZERO), rises, falls)

    def _inside(self, statements, after):
        self.ends.append(after)
        self._block(statements)
        self.ends.pop()

    def _while(self, statement):
        builder = self.builder
        head, inside, after = map(builder.append_basic_block, ("while.head", "while", "while.end"))
        builder.branch(head)
        builder.position_at_end(head)
        builder.cbranch(self._truth(statement.test), inside, after)
        builder.position_at_end(inside)
        self._inside(statement.body, after)
        if not builder.block.is_terminated:
            builder.branch(head)
        builder.position_at_end(after)

    def _if(self, statement):
        builder = self.builder
        test = self._truth(statement.test)
        inside, after = map(builder.append_basic_block, ("if", "if.end"))
        other = builder.append_basic_block("else") if statement.orelse else after
        builder.cbranch(test, inside, other)
        for block, statements in ((inside, statement.body), (other, statement.orelse)):
            if block is not after:
                builder.position_at_end(block)
                self._block(statements)
                if not builder.block.is_terminated:
                    builder.branch(after)
        builder.position_at_end(after)

    def _break(self, statement):
        if not self.ends:
            raise Unwritten("break")
        self.builder.branch(self.ends[-1])

    def _effect(self, statement):
        self.expression(statement.value)

    def _pass(self, statement):
        pass

    def _return(self, statement):
        values = returned_of(statement)
        made = [(self.expression(v), self.known.of[v]) for v in values]
        pairs = zip(made, self.known.returned, strict=True)
        self.give([self._cast(value, kind, wanted) for (value, kind), wanted in pairs])

    # ----- expressions

    def expression(self, node):
        if node in self.known.constants:
            return self._constant(node)
        return self.expressions[type(node)](self, node)

    def _constant(self, node):
        kind = self.known.of.get(node, self.words.int64)
        return self.words.constant(kind, self.known.constants[node])

    def _operation(self, node, values, kinds):
        """What is written for an operation on values of the types `kinds`."""
        found = self.known.operations[node]
        given = zip(values, kinds, found.operands, strict=True)
        return found.emit(self.builder, *[self._cast(v, kind, wanted) for v, kind, wanted in given])

    def _of(self, node, *operands):
        values = [self.expression(x) for x in operands]
        return self._operation(node, values, [self.known.of[x] for x in operands])

    def _binary(self, node):
        return self._of(node, node.left, node.right)

    def _unary(self, node):
        return self._of(node, node.operand)

    def _attribute(self, node):
        """A part of a value."""
        value, kind = self.expression(node.value), self.known.of[node.value]
        return self.words.part(self.builder, value, kind, node.attr)

    def _call(self, node):
        if self.known.is_method(node.func):
            given = [self.expression(x) for x in (node.func.value, *node.args)]
            return self.known.operations[node].emit(self.builder, *given)
        if node not in self.known.operations:
            x, y = (self.expression(x) for x in node.args)
            relation = CHOSEN[self.known.called(node.func)]
            return self.builder.select(self.builder.icmp_signed(relation, x, y), x, y)
        return self._of(node, *node.args)

    def _subscript(self, node):
        if isinstance(node.value, ast.Tuple):
            return [self.expression(x) for x in node.value.elts][node.slice.value]
        return self._of(node, node.value, node.slice)

    def _truth(self, node):
        value, kind = self.expression(node), self.known.of[node]
        return (
            value
            if kind == self.words.boolean
            else self._operation(("truth", node), [value], [kind])
        )

    def _compare(self, node):
        out, before, kind = None, self.expression(node.left), self.known.of[node.left]
        for k, right in enumerate(node.comparators):
            after, next_kind = self.expression(right), self.known.of[right]
            one = self._operation((k, node), [before, after], [kind, next_kind])
            out = one if out is None else self.builder.and_(out, one)
            before, kind = after, next_kind
        return out

    def _boolean(self, node):
        """The second operand is looked at only where the first leaves it open."""
        builder, is_and = self.builder, isinstance(node.op, ast.And)
        after, ways = builder.append_basic_block("bool.end"), []
        for value in node.values[:-1]:
            test = self._truth(value)
            ways.append((ir.Constant(ir.IntType(1), int(not is_and)), builder.block))
            go_on = builder.append_basic_block("bool")
            builder.cbranch(test, *((go_on, after) if is_and else (after, go_on)))
            builder.position_at_end(go_on)
        ways.append((self._truth(node.values[-1]), builder.block))
        builder.branch(after)
        return self._joined(after, ir.IntType(1), ways)

    def _choice(self, node):
        builder, kind = self.builder, self.known.of[node]
        test = self._truth(node.test)
        blocks = [builder.append_basic_block(name) for name in ("then", "otherwise")]
        after, ways = builder.append_basic_block("choice.end"), []
        builder.cbranch(test, *blocks)
        for block, part in zip(blocks, (node.body, node.orelse), strict=True):
            builder.position_at_end(block)
            value = self._cast(self.expression(part), self.known.of[part], kind)
            ways.append((value, builder.block))
            builder.branch(after)
        return self._joined(after, self.words.llvm(kind), ways)

    def _joined(self, block, kind, ways):
        self.builder.position_at_end(block)
        out = self.builder.phi(kind)
        for value, source in ways:
            out.add_incoming(value, source)
        return out


KernelCode.statements = {
    ast.Assign: KernelCode._assign,
    ast.AugAssign: KernelCode._augmented,
    ast.For: KernelCode._for,
    ast.While: KernelCode._while,
    ast.If: KernelCode._if,
    ast.Expr: KernelCode._effect,
    ast.Break: KernelCode._break,
    ast.Pass: KernelCode._pass,
    ast.Return: KernelCode._return,
}
KernelCode.expressions = {
    ast.Name: KernelCode._name,
    ast.Attribute: KernelCode._attribute,
    ast.BinOp: KernelCode._binary,
    ast.UnaryOp: KernelCode._unary,
    ast.Compare: KernelCode._compare,
    ast.BoolOp: KernelCode._boolean,
    ast.IfExp: KernelCode._choice,
    ast.Call: KernelCode._call,
    ast.Subscript: KernelCode._subscript,
}
