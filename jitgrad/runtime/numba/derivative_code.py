"""The LLVM instructions of a derivative, from its syntax tree and the types of that
(`derivative_types`).

An array is its parts: where the elements are, the lengths, and what counts its references
(`ArrayFields`). A name that is bound to a new array, or to several, owns a reference; what all
names own is given back where the function ends, in one place for all errors. Start at
`DerivativeCode`.
"""

import ast

from llvmlite import ir
from numba import types
from numba.np.arrayobj import make_array, populate_array

from ..llvm.kernel_code import KernelCode
from ..llvm.kernel_types import Unwritten
from ..llvm.memory import BYTE, I32, I64, declared
from .derivative_memory import NULL, ArrayFields, allocator, copy_elements, fields_of, release
from .derivative_types import indices_of, is_shape, lengths_of
from .large_pages import ASKS, advise

#: Why there is no array, in numba's words.
_REFUSED = (
    (ValueError, "negative dimensions not allowed"),
    (MemoryError, "Allocation failed (probably too large)."),
)


class DerivativeCode(KernelCode):
    """As `KernelCode`, of a function that numba calls: `context` is numba's target."""

    def __init__(self, builder, known, arguments, context):
        self.context, self.builder, self.depth = context, builder, 0
        #: Places for the references that names own.
        self.owners: dict = {}
        #: (exception, its arguments), and from which blocks one goes to which of them.
        self.errors: list = []
        self.ways: list = []
        self.failed = builder.append_basic_block("failed")
        arguments = [
            self._from_struct(kind, value) if isinstance(kind, types.Array) else value
            for kind, value in zip(known.given.values(), arguments, strict=True)
        ]
        super().__init__(builder, known, arguments)
        self._end()

    # ----- names

    def _prepare(self):
        for name, kind in self.known.names.items():
            if isinstance(kind, types.BaseTuple) and name in self.placed:
                raise Unwritten(f"{name} is a tuple that is read elsewhere")
            if isinstance(kind, types.Array) and self._is_owner(name):
                with self.builder.goto_entry_block():
                    self.owners[name] = [self.builder.alloca(BYTE) for _ in range(2)]
                    for place in self.owners[name]:
                        self.builder.store(NULL, place)

    def _is_owner(self, name):
        if name in self.placed:
            return True
        values = self.known.bound.get(name, {}).values()
        return any(not isinstance(v, ast.Name) or v.id in self.placed for v in values)

    def _name_gets(self, name, value):
        if not isinstance(value, ArrayFields):
            super()._name_gets(name, value)
            return
        value = self._as(value, self.known.names[name])
        if name in self.owners:
            if not value.fresh:
                self._keep(value)
            again = name in self.placed or self.depth
            before = [self.builder.load(place) for place in self.owners[name]] if again else None
            data = self.builder.bitcast(value.data, BYTE)
            for place, part in zip(self.owners[name], (value.meminfo, data), strict=True):
                self.builder.store(part, place)
            if before:
                self.builder.call(release(self.builder.module), before)
        elif value.fresh:
            raise Unwritten(f"nobody owns {name}")
        value = ArrayFields(value.kind, value.parts)
        if name not in self.placed:
            self.values[name] = value
            return
        places = self._places(name)
        for field, place in places.items():
            self.builder.store(value.parts(field), place)

    def _places(self, name):
        if name not in self.places:
            kind = self.known.names[name]
            element = self.context.get_data_type(kind.dtype).as_pointer()
            llvm = {"meminfo": BYTE, "parent": BYTE, "data": element}
            with self.builder.goto_entry_block():
                self.places[name] = {
                    field: self.builder.alloca(llvm.get(field, I64), name=f"{name}.{field}")
                    for field in fields_of(kind)
                }
        return self.places[name]

    def _name(self, node):
        if isinstance(self.known.names.get(node.id), types.Array) and node.id in self.placed:
            places = self._places(node.id)
            return ArrayFields(self.known.names[node.id], lambda f: self.builder.load(places[f]))
        return super()._name(node)

    def _kept(self, value):
        """A value that stays what it is when names are bound anew."""
        if not isinstance(value, ArrayFields):
            return value
        parts = {field: value.parts(field) for field in fields_of(value.kind)}
        return ArrayFields(value.kind, parts.__getitem__, value.fresh)

    def _keep(self, value):
        """Counts a reference more."""
        incref = declared(self.builder.module, ir.FunctionType(ir.VoidType(), [BYTE]), "NRT_incref")
        self.builder.call(incref, [value.meminfo])

    def _inside(self, statements, after):
        self.depth += 1
        super()._inside(statements, after)
        self.depth -= 1

    # ----- arrays as numba has them

    def _from_struct(self, kind, value):
        builder, array = self.builder, make_array(kind)(self.context, self.builder, value)
        parts = {name: getattr(array, name) for name in ("meminfo", "parent", "data")}
        for name in ("shape", "strides"):
            packed = getattr(array, name)
            for k in range(kind.ndim):
                parts[f"{name}{k}"] = builder.extract_value(packed, k)
        return ArrayFields(kind, parts.__getitem__)

    def _strides(self, value):
        """The bytes between neighbours along each axis."""
        kind = value.kind
        if kind.layout == "A":
            return [value.stride(k) for k in range(kind.ndim)]
        axes, out = range(kind.ndim), {}
        step = I64(self._item_size(kind))
        for k in reversed(axes) if kind.layout == "C" else axes:
            out[k], step = step, self.builder.mul(step, value.length(k))
        return [out[k] for k in axes]

    def _item_size(self, kind):
        return self.context.get_abi_sizeof(self.context.get_data_type(kind.dtype))

    def _as(self, value, kind):
        """An array as one of another layout, whose strides may be wanted."""
        if value.kind.layout == kind.layout or kind.layout != "A":
            return value
        strides = self._strides(value)
        parts = {f"strides{k}": s for k, s in enumerate(strides)}
        return ArrayFields(kind, lambda f: parts[f] if f in parts else value.parts(f), value.fresh)

    def _struct(self, value, kind):
        """What numba has for a value that is returned, with references of its own."""
        if isinstance(kind, types.BaseTuple):
            pairs = zip(value, kind, strict=True)
            return self.context.make_tuple(self.builder, kind, [self._struct(*p) for p in pairs])
        if not isinstance(value, ArrayFields):
            return value
        array = make_array(kind)(self.context, self.builder)
        self._keep(value)
        populate_array(
            array,
            data=value.data,
            shape=value.lengths,
            strides=self._strides(value),
            itemsize=self._item_size(kind),
            meminfo=value.meminfo,
            parent=value.parent,
        )
        return array._getvalue()

    # ----- statements

    def _assign(self, statement):
        (target,) = statement.targets
        self._put_all(self._evaluated(target, statement.value))

    def _evaluated(self, target, value):
        """(target, value, type), of the parts of tuples one after the other, all computed."""
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = zip(target.elts, value.elts, strict=True)
            return [found for t, v in pairs for found in self._evaluated(t, v)]
        made = self._kept(self.expression(value))
        return self._parts_of(target, made, self.known.of[value])

    def _parts_of(self, target, value, kind):
        if not isinstance(target, ast.Tuple):
            return [(target, value, kind)]
        parts = zip(target.elts, value, kind, strict=True)
        return [found for part in parts for found in self._parts_of(*part)]

    def _put_all(self, found):
        if len(found) > 1:  # a name that comes first may give back what a later one gets
            found = [(target, self._held(target, value), kind) for target, value, kind in found]
        for target, value, kind in found:
            self._put(target, value, kind)

    def _held(self, target, value):
        """An array with a reference for the name that gets it."""
        named = isinstance(target, ast.Name) and target.id in self.owners
        if not named or not isinstance(value, ArrayFields) or value.fresh:
            return value
        self._keep(value)
        return ArrayFields(value.kind, value.parts, True)

    def _put(self, target, value, kind):
        if isinstance(target, ast.Subscript):
            self._store(target, value, kind)
        elif isinstance(value, (ArrayFields, list)):
            self._name_gets(target.id, value)
        else:
            wanted = self.known.names[target.id]
            self._name_gets(target.id, self._cast(value, kind, wanted))

    def _store(self, target, value, kind):
        element = self.known.of[target]
        value, place = self._cast(value, kind, element), self._place(target)
        if element == types.boolean:
            value = self.builder.zext(value, place.type.pointee)
        self.builder.store(value, place)

    def _augmented(self, statement):
        target = statement.target
        if isinstance(target, ast.Name):
            before, kind = self._name(target), self.known.names[target.id]
        else:
            before, kind = self._element(target), self.known.of[target]
        value = self.expression(statement.value)
        out = self._operation(statement, [before, value], (kind, self.known.of[statement.value]))
        self._put(target, out, self.known.operations[statement].result)

    def _raise(self, statement):
        texts = tuple([a.value for a in statement.exc.args])
        number = I32(self._error(self.known.of[statement], texts))
        self.ways.append((number, self.builder.block))
        self.builder.branch(self.failed)

    def _return(self, statement):
        value = self.expression(statement.value)
        (kind,) = self.known.returned
        made = self._cast_all(value, self.known.of[statement.value], kind)
        out = self._struct(made, kind)
        self._give_back()
        self.context.call_conv.return_value(self.builder, out)

    def _cast_all(self, value, kind, wanted):
        if isinstance(value, (ArrayFields, list)):
            return value
        return self._cast(value, kind, wanted)

    def _effect(self, statement):
        if not isinstance(statement.value, ast.Constant):
            super()._effect(statement)

    # ----- the end

    def _error(self, kind, texts):
        """The number of an error."""
        if (kind, texts) not in self.errors:
            self.errors.append((kind, texts))
        return self.errors.index((kind, texts))

    def _fail_if(self, condition, number):
        go_on = self.builder.append_basic_block("right")
        self.ways.append((number, self.builder.block))
        branch = self.builder.cbranch(condition, self.failed, go_on)
        branch.set_weights([1, 1000])
        self.builder.position_at_end(go_on)

    def _give_back(self):
        for places in self.owners.values():
            self.builder.call(
                release(self.builder.module), [self.builder.load(place) for place in places]
            )

    def _end(self):
        """What all errors come to."""
        if not self.builder.block.is_terminated:
            raise Unwritten("a function that returns nothing")
        builder = self.builder
        builder.position_at_end(self.failed)
        if not self.ways:
            builder.unreachable()
            return
        number = builder.phi(I32)
        for k, block in self.ways:
            number.add_incoming(k, block)
        self._give_back()
        blocks = [builder.append_basic_block("error") for _ in self.errors]
        choice = builder.switch(number, blocks[0])
        for k, (block, (kind, texts)) in enumerate(zip(blocks, self.errors, strict=True)):
            if k:
                choice.add_case(I32(k), block)
            builder.position_at_end(block)
            self.context.call_conv.return_user_exc(builder, kind, texts)

    # ----- expressions

    def _tuple(self, node):
        return [self._kept(self.expression(x)) for x in node.elts]

    def _attribute(self, node):
        if node in self.known.constants:
            return self._constant(node)
        return self._size(self.expression(node.value))

    def _size(self, array):
        first, *rest = array.lengths or [I64(1)]
        for n in rest:
            first = self.builder.mul(first, n)
        return first

    def _subscript(self, node):
        memory = is_shape(node)
        if memory is not None:
            axis = _literal(node.slice)
            array = self.expression(memory)
            return array.length(axis % array.kind.ndim)
        if isinstance(self.known.of[node.value], types.BaseTuple):
            return self.expression(node.value)[_literal(node.slice)]
        if isinstance(self.known.of[node], types.Array):
            return self._part(node, self.known.of[node])
        return self._element(node)

    def _part(self, node, kind):
        """The part of an array in C order that its first indices say."""
        array = self._kept(self.expression(node.value))
        at, first = None, len(indices_of(node))
        for k in range(array.kind.ndim):
            i = self._index(indices_of(node)[k], array, k) if k < first else None
            at = i if at is None else self.builder.mul(at, array.length(k))
            at = at if i is None or at is i else self.builder.add(at, i)
        parts = {"meminfo": array.meminfo, "parent": NULL}
        parts["data"] = self.builder.gep(array.data, [at])
        parts |= {f"shape{k}": array.length(first + k) for k in range(kind.ndim)}
        return ArrayFields(kind, parts.__getitem__)

    def _element(self, node):
        out = self.builder.load(self._place(node))
        if self.known.of[node] == types.boolean:
            return self.builder.trunc(out, ir.IntType(1))
        return out

    def _place(self, node):
        """Where an element is. Negative indices count from the end, as numba has it."""
        array, builder = self.expression(node.value), self.builder
        indices = [self._index(x, array, k) for k, x in enumerate(indices_of(node))]
        kind = array.kind
        if kind.layout == "A":
            offset = I64(0)
            for k, i in enumerate(indices):
                offset = builder.add(offset, builder.mul(array.stride(k), i))
            first = builder.bitcast(array.data, BYTE)
            return builder.bitcast(builder.gep(first, [offset]), array.data.type)
        order = range(kind.ndim) if kind.layout == "C" else reversed(range(kind.ndim))
        at = None
        for k in order:
            more = None if at is None else builder.mul(at, array.length(k))
            at = indices[k] if more is None else builder.add(more, indices[k])
        return builder.gep(array.data, [I64(0) if at is None else at])

    def _index(self, node, array, k):
        value, kind, builder = self.expression(node), self.known.of[node], self.builder
        if isinstance(kind, types.Integer) and not kind.signed:
            return self._cast(value, kind, types.uint64)
        value = self._cast(value, kind, types.int64)
        if isinstance(value, ir.Constant):
            return value if value.constant >= 0 else builder.add(array.length(k), value)
        below = builder.icmp_signed("<", value, I64(0))
        return builder.select(below, builder.add(value, array.length(k)), value)

    def _call(self, node):
        if node not in self.known.fresh:
            return super()._call(node)
        how, kind = self.known.fresh[node]
        return getattr(self, f"_made_{how}")(node, kind)

    # ----- new arrays

    def _new(self, kind, lengths):
        """A new array, where its bytes are, and how many."""
        builder = self.builder
        with builder.goto_entry_block():
            place = builder.alloca(BYTE)
        item = I64(self._item_size(kind))
        data = builder.call(
            allocator(builder.module, self.context, kind.ndim), [place, item, *lengths]
        )
        signs = lengths[0]
        for n in lengths[1:]:
            signs = builder.or_(signs, n)
        negative, too_large = [I32(self._error(kind, (text,))) for kind, text in _REFUSED]
        number = builder.select(builder.icmp_signed("<", signs, I64(0)), negative, too_large)
        self._fail_if(builder.icmp_unsigned("==", data, NULL), number)
        element = self.context.get_data_type(kind.dtype).as_pointer()
        parts = {
            "meminfo": builder.load(place),
            "parent": NULL,
            "data": builder.bitcast(data, element),
        }
        parts |= {f"shape{k}": n for k, n in enumerate(lengths)}
        out = ArrayFields(kind, parts.__getitem__, True)
        size = item
        for n in lengths:
            size = builder.mul(size, n)
        return out, data, size

    def _made_empty(self, node, kind):
        return self._of_lengths(node, kind)[0]

    def _made_large(self, node, kind):
        """In large pages where it is large (`large_pages`)."""
        out = self.expression(node.args[0])
        if ASKS:
            size = self.builder.mul(self._size(out), I64(self._item_size(kind)))
            advise(self.builder, out.data, size)
        return out

    def _of_lengths(self, node, kind):
        lengths = [
            self._cast(self.expression(n), self.known.of[n], types.int64)
            for n in lengths_of(node.args[0])
        ]
        return self._new(kind, lengths)

    def _made_zeros(self, node, kind):
        return self._filled(*self._of_lengths(node, kind))

    def _made_zeros_like(self, node, kind):
        return self._filled(*self._new(kind, self.expression(node.args[0]).lengths))

    def _filled(self, out, data, size):
        zero = ir.Constant(ir.IntType(8), 0)
        self._bytes("llvm.memset", [BYTE, I64], [data, zero, size])
        return out

    def _bytes(self, name, kinds, given):
        function = self.builder.module.declare_intrinsic(name, kinds)
        self.builder.call(function, [*given, ir.Constant(ir.IntType(1), 0)])

    def _made_copy(self, node, kind):
        source = self._kept(self.expression(node.func.value))
        out, data, size = self._new(kind, source.lengths)
        if source.kind.layout == "C":
            first = self.builder.bitcast(source.data, BYTE)
            self._bytes("llvm.memcpy", [BYTE, BYTE, I64], [data, first, size])
        else:
            copy_elements(self.builder, source, self._strides(source), out)
        return out

    def _made_grow(self, node, kind):
        """A longer array with what another one has (`form_support._grow`)."""
        tape, need = node.args
        builder, old = self.builder, self._kept(self.expression(tape))
        need = self._cast(self.expression(need), self.known.of[need], types.int64)
        twice = builder.shl(old.length(0), I64(1))
        most = builder.select(builder.icmp_signed(">", twice, need), twice, need)
        out, data, _ = self._new(kind, [most])
        if ASKS:
            advise(builder, out.data, builder.mul(most, I64(self._item_size(kind))))
        size = builder.mul(old.length(0), I64(self._item_size(kind)))
        first = builder.bitcast(old.data, BYTE)
        self._bytes("llvm.memcpy", [BYTE, BYTE, I64], [data, first, size])
        return out


DerivativeCode.statements = {
    **KernelCode.statements,
    ast.Assign: DerivativeCode._assign,
    ast.AugAssign: DerivativeCode._augmented,
    ast.Raise: DerivativeCode._raise,
    ast.Return: DerivativeCode._return,
    ast.Expr: DerivativeCode._effect,
}
DerivativeCode.expressions = {
    **KernelCode.expressions,
    ast.Name: DerivativeCode._name,
    ast.Attribute: DerivativeCode._attribute,
    ast.Call: DerivativeCode._call,
    ast.Subscript: DerivativeCode._subscript,
    ast.Tuple: DerivativeCode._tuple,
}


def _literal(node):
    return ast.literal_eval(node)
