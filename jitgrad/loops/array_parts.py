"""Indexing, slicing and writing of arrays. Part of the front.

Start at `ArrayParts.subscript` and `ArrayParts.write`.
"""

import ast

from ..runtime.numba.inference import BOOL, I64, part_type, types
from .abstract_values import ArrayValue, ElementwiseValue, Part
from .array_values import is_array
from .form import MAKERS, Val
from .index_values import nonneg, same_value
from .numpy_as_loops import put_all_at, put_all_where, put_at, put_where, taken_where

WHOLE = (None, None, None)


class ArrayParts:
    def subscript(self, x, node, store=False):
        """The part of an array that an index means."""
        arr = self.arr(x)
        picked = self.picked(node, len(arr.shape))
        if any(isinstance(p, ArrayValue) or (isinstance(p, Val) and p.is_array) for p in picked):
            return self.gathered(arr, picked, store)
        if any(p is None for p in picked):
            return self.with_new_axes(arr, picked, node, store)
        return self.part(arr, picked, node)

    def part(self, arr, picked, node):
        if any(not isinstance(p, (Val, tuple)) for p in picked):
            self.refuse(f"got the index {ast.unparse(node)}, expected numbers and slices")
        items = [("i", p) if isinstance(p, Val) else p for p in picked]
        if len(items) > len(arr.shape):
            self.refuse(f"got {len(items)} indices for an array of {len(arr.shape)} axes")
        return self.sub_view(arr, items + [WHOLE] * (len(arr.shape) - len(items)))

    def with_new_axes(self, arr, picked, node, store):
        """x[:, None]: axes of length 1, which is in the text."""
        if store:
            self.refuse("got None in an index that is written to, expected numbers and slices")
        part = self.arr(self.part(arr, [p for p in picked if p is not None], node))
        kept = [k is not None for k in picked if not isinstance(k, Val)]
        kept += [True] * (len(part.shape) - sum(kept))
        lengths = iter(part.shape)
        shape = [next(lengths) if k else self.b.const(1) for k in kept]

        def at(index):
            return part.at([i for i, k in zip(index, kept, strict=True) if k])

        return ArrayValue(shape, part.dtype, at, part.reads, view=True)

    def picked(self, node, ndim):
        """The index of each axis: a value, or (start, stop, step)."""
        picked = []
        for e in node.elts if isinstance(node, ast.Tuple) else [node]:
            if isinstance(e, ast.Slice):
                ends = (e.lower, e.upper, e.step)
                picked.append(tuple([self.ev(p) if p is not None else None for p in ends]))
            else:
                v = self.ev(e)
                picked.extend(v if isinstance(v, tuple) else [v])
        if Ellipsis in [p for p in picked if p is Ellipsis]:
            k = next(k for k, p in enumerate(picked) if p is Ellipsis)
            given = sum([p is not None for p in picked]) - 1
            picked[k : k + 1] = [WHOLE] * (ndim - given)
        return picked

    def gathered(self, arr, picked, store):
        """x[index], with an array of whole numbers."""
        first = picked[0]
        one = isinstance(first, ArrayValue) or (isinstance(first, Val) and first.is_array)
        if one and len(picked) == 1 and self.arr(first).dtype == BOOL and len(arr.shape) == 1:
            self.equal(arr.shape[0], self.arr(first).shape[0])
            return self.arr(self.as_loops(taken_where, [arr, first]))
        whole = one and isinstance(self.arr(first).dtype, types.Integer)
        if store or len(picked) > 1 or not whole:
            self.refuse(
                "got an index that is an array, expected numbers and slices; write the loop"
            )
        where = self.arr(first)
        k = len(where.shape)

        def at(index):
            return arr.at([where.at(list(index)[:k]), *list(index)[k:]])

        shape = [*where.shape, *arr.shape[1:]]
        return ArrayValue(shape, arr.dtype, at, [*arr.reads, *where.reads])

    def sub_view(self, arr, items):
        full = [
            self.item(n, WHOLE if it is None else it)
            for n, it in zip(arr.shape, items, strict=True)
        ]
        if isinstance(arr, Part):
            return self.part_of_part(arr, full)
        b = self.b

        def at(index):
            index = iter(index)
            return arr.at(
                [
                    it[1]
                    if it[0] == "i"
                    else b.pure("add", it[1], b.pure("mul", next(index), it[2]))
                    for it in full
                ]
            )

        return ArrayValue(
            [it[3] for it in full if it[0] == "s"], arr.dtype, at, arr.reads, view=arr.view
        )

    def part_of_part(self, arr, full):
        """A part of a part is a part."""
        b, given, out = self.b, iter(full), []
        for it in arr.items:
            if it[0] == "i":
                out.append(it)
                continue
            g = next(given)
            start = b.pure("add", it[1], b.pure("mul", g[1], it[2]))
            if g[0] == "i":
                out.append(("i", start))
            else:
                out.append(("s", start, b.pure("mul", g[2], it[2]), g[3]))
        return Part(self, arr.base, out)

    def item(self, n, it):
        """An index of an axis of length `n`, as `Part` has it."""
        b = self.b
        if it == WHOLE:
            return "s", b.const(0), b.const(1), n
        if len(it) == 2:
            i = self.integer(it[1])
            if i.is_const and i.const < 0:
                i = b.pure("add", n, i)
            return "i", i
        lo, hi, step = it
        step = b.const(1) if step is None else self.integer(step)
        if not step.is_const or step.const == 0:
            self.refuse("got a slice with a step that is computed, or 0, expected a number")
        if step.const < 0:
            return self.backwards(n, lo, hi, step)
        start = b.const(0) if lo is None else self.start(lo, n)
        stop = n if hi is None else self.stop(hi, n)
        length = b.pure("max", b.pure("sub", stop, start), b.const(0))
        if step.const > 1:
            more = b.pure("add", length, b.const(step.const - 1))
            length = b.pure("floordiv", more, step)
        return "s", start, step, length

    def backwards(self, n, lo, hi, step):
        """An index of an axis that is read from its end, where places are counted from there."""
        b = self.b
        last, zero = b.pure("add", n, b.const(-1)), b.const(0)
        if lo is None and hi is None and step.const == -1:
            return "s", last, step, n

        def from_end(v):
            v = b.cast(self.integer(v), I64)
            below = b.pure("lt", v, zero)
            place = b.pure("select", below, b.const(-1), last)
            return b.pure("max", b.pure("sub", place, v), zero)

        start = zero if lo is None else from_end(lo)
        stop = n if hi is None else b.pure("min", from_end(hi), n)
        many = b.pure("max", b.pure("sub", stop, start), zero)
        if step.const != -1:
            more = b.pure("add", many, b.const(-step.const - 1))
            many = b.pure("floordiv", more, b.const(-step.const))
        return "s", b.pure("sub", last, start), step, many

    def start(self, v, n):
        """Where a slice begins. One beyond the end has no elements, so that is not looked for."""
        v, b = self.b.cast(self.integer(v), I64), self.b
        if v.is_const and v.const < 0:
            return b.pure("max", b.pure("add", n, v), b.const(0))
        return v if nonneg(v) else b.pure("clip_index", v, n)

    def stop(self, v, n):
        """Where a slice ends. One before its start has no elements."""
        v, b = self.b.cast(self.integer(v), I64), self.b
        if v.is_const and v.const < 0:
            return b.pure("add", n, v)
        return b.pure("min", v, n) if nonneg(v) else b.pure("clip_index", v, n)

    # --- writing ----------------------------------------------------------------------------------

    def set_item(self, node, value):
        base = self.ev(node.value)
        where = self.places(base, node.slice)
        if where is not None:
            self.put(base, where, value)
            return
        place = self.subscript(base, node.slice, store=True)
        if not isinstance(place, Part):
            self.refuse(
                f"got an assignment to a part of an expression ({ast.unparse(node)}), expected an "
                "array"
            )
        if place.is_element:
            self.b.store(place.base, *place.element, self.number(value))
        else:
            self.write(place, value)

    def places(self, base, node):
        """The mask or the places of x[...] = value; None for other indices."""
        if isinstance(node, (ast.Slice, ast.Constant, ast.Tuple)) or isinstance(base, tuple):
            return None
        picked = self.ev(node)
        if not is_array(picked) or len(self.arr(base).shape) != 1:
            return None
        where = self.arr(picked)
        whole = isinstance(where.dtype, types.Integer)
        return where if len(where.shape) == 1 and (whole or where.dtype == BOOL) else None

    def put(self, base, where, value):
        """x[where] = value."""
        mask = where.dtype == BOOL
        if mask:
            self.equal(self.arr(base).shape[0], where.shape[0])
        if is_array(value):
            run = put_all_where if mask else put_all_at
        else:
            run = put_where if mask else put_at
        self.as_loops(run, [base, where, value])

    def write(self, place, value, add=False):
        """place[...] = value, element by element; what reads the same memory elsewhere is computed
        first."""
        b = self.b
        place = self.arr(place)
        source = None
        if isinstance(value, ArrayValue) or (isinstance(value, Val) and value.is_array):
            source = self.source_for(place, value)
        elif not isinstance(value, Val):
            self.refuse(f"got {value!r}, expected an array or a number")
        skip = len(place.shape) - (len(source.shape) if source else 0)

        def body(index):
            v = value if source is None else source.at(self.stretched(source, index[skip:]))
            at = place.index(self, index)
            (b.addto if add else b.store)(place.base, *at, v)

        b.nest(place.shape, body)

    def source_for(self, place, value):
        source = self.arr(value)
        shared = any(self.may_share(a, place.base) for a in source.reads)
        if shared and not self.same_places(source, place):
            source = self.arr(self.materialise(source))
        if len(source.shape) > len(place.shape):
            self.refuse("got more axes than the place has")
        for n, m in zip(source.shape[::-1], place.shape[::-1], strict=False):
            if not (n.is_const and n.const == 1):
                self.equal(n, m)
        return source

    def stretched(self, source, index):
        """The index in an array whose axes of length 1 stand for any length."""
        zero = self.b.const(0)
        return [
            zero if n.is_const and n.const == 1 else i
            for i, n in zip(index, source.shape, strict=True)
        ]

    def may_share(self, a, b):
        ra, rb = self.root(a), self.root(b)
        return ra is rb or ra is None or rb is None

    def root(self, a):
        """The array that memory belongs to; None where a loop changes which."""
        while a.action is not None and a.action.kind == "view":
            a = a.action.args[0]
        if a.action is None:
            return a if a.region is None or a.region.parent is None else None
        return a if a.action.kind in MAKERS else None

    def same_places(self, source, place):
        """Whether each element of `source` reads the memory of `place` at its own place only."""
        if not isinstance(source, ElementwiseValue) or len(source.shape) != len(place.shape):
            return False
        return all(
            self.is_place(v, place) or not any(self.may_share(a, place.base) for a in v.reads)
            for v in source.parts
        )

    def is_place(self, v, place):
        if not isinstance(v, Part) or v.base is not place.base:
            return False
        return len(v.shape) == len(place.shape) and all(
            x[0] == y[0] and all(map(same_value, x[1:], y[1:]))
            for x, y in zip(v.items, place.items, strict=True)
        )

    def equal(self, n, m):
        """Has the lengths `n` and `m` be equal."""
        if same_value(n, m):
            return
        if n.is_const and m.is_const:
            self.refuse(f"got lengths {n.const} and {m.const}, expected equal ones")
        text = f"line {self.b.loc[1]}: " if self.b.loc else ""
        text += "lengths differ; differentiated code does not stretch axes of length 1, nor let a "
        text += "name have arrays of other lengths from turn to turn"
        self.b.emit("check", (self.b.pure("eq", n, m),), text=f'ValueError("{text}")')

    def view(self, v):
        """A part as an array in memory."""
        b = self.b
        if all(self.is_whole(it, b.dim(v.base, k)) for k, it in enumerate(v.items)):
            return v.base
        if any(self.is_backwards(it, b.dim(v.base, k)) for k, it in enumerate(v.items)):
            return self.view(self.of_reversed(v))
        args, spec, kinds = [v.base], [], []
        for it in v.items:
            if it[0] == "i":
                spec.append("i")
                args.append(it[1])
                kinds.append("i")
            else:
                step = it[2].const
                spec.append(("s", step))
                args.extend((it[1], it[3]))
                kinds.append("s" if step == 1 else "t")
        out = b.emit("view", args, part_type(v.base.type, kinds), hint="v", spec=spec)
        out.action.attrs["lengths"] = list(v.shape)
        return out

    def of_reversed(self, v):
        """A part with parts of axes read backwards, as one of an array with these axes reversed."""
        b, whole, items = self.b, [], []
        for k, it in enumerate(v.items):
            n = b.dim(v.base, k)
            last = b.pure("add", n, b.const(-1))
            if self.is_backwards(it, n):
                whole.append(("s", last, b.const(-1), n))
                start = b.pure("sub", last, it[1])
                items.append(("s", start, b.const(-it[2].const), it[3]))
            else:
                whole.append(("s", b.const(0), b.const(1), n))
                items.append(it)
        return Part(self, self.view(Part(self, v.base, whole)), items)

    def is_backwards(self, it, n):
        """Whether an item reads a part of an axis of length `n` backwards."""
        if it[0] != "s" or it[2].const > 0:
            return False
        return it[2].const != -1 or not same_value(it[3], n)

    def is_whole(self, it, n):
        """Whether an item means a whole axis of length `n`."""
        if it[0] != "s" or not (it[1].is_const and it[1].const == 0):
            return False
        return it[2].is_const and it[2].const == 1 and same_value(it[3], n)
