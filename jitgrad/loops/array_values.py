"""Array expressions: elementwise functions, reductions, products; and what numbers are. Part of the
front.

Start at `ArrayValues.elementwise`.
"""

from ..runtime.numba.inference import BOOL, I64, array_type, types, unify
from .abstract_values import ArrayValue, ElementwiseValue, Part
from .form import Region, Val
from .scalars import scalar_type


def is_array(x):
    return isinstance(x, ArrayValue) or (isinstance(x, Val) and x.is_array)


class ArrayValues:
    # --- arrays -----------------------------------------------------------------------------------

    def arr(self, x):
        """An array as an array expression."""
        if isinstance(x, ArrayValue):
            return x
        if isinstance(x, Val) and x.is_array:
            b = self.b
            axes = [("s", b.const(0), b.const(1), b.dim(x, k)) for k in range(x.type.ndim)]
            return Part(self, x, axes)
        self.refuse(f"got {x!r}, expected an array")

    def materialise(self, arr):
        """An array expression as an array in memory."""
        if isinstance(arr, Val):
            return arr
        out = self.b.alloc(arr.shape, arr.dtype)
        self.b.nest(arr.shape, lambda index: self.b.store(out, *index, arr.at(index)))
        return out

    def transposed(self, arr, order=None):
        order = list(range(len(arr.shape)))[::-1] if order is None else order

        def at(index):
            place = [None] * len(order)
            for i, k in zip(index, order, strict=True):
                place[k] = i
            return arr.at(place)

        return ArrayValue([arr.shape[k] for k in order], arr.dtype, at, arr.reads, view=True)

    def elementwise(self, fn, *xs):
        if not any(map(is_array, xs)):
            if not all(isinstance(x, Val) for x in xs):
                self.refuse(f"got {fn} of something that is no number")
            return self.b.pure(fn, *xs)
        parts = [self.arr(x) if is_array(x) else self.number(x) for x in xs]
        arrays = [p for p in parts if isinstance(p, ArrayValue)]
        shape = self.common_shape([a.shape for a in arrays])
        rank = len(shape)
        kinds = tuple([p.dtype if isinstance(p, ArrayValue) else p.type for p in parts])
        dtype = scalar_type(fn, kinds)
        if dtype is None:
            self.refuse(f"got {fn} of {', '.join(map(str, kinds))}, which numba does not have")

        def at(index):
            return self.b.pure(
                fn,
                *[
                    p.at(self.stretched(p, list(index)[rank - len(p.shape) :]))
                    if isinstance(p, ArrayValue)
                    else p
                    for p in parts
                ],
            )

        reads = [r for a in arrays for r in a.reads]
        return ElementwiseValue(shape, dtype, at, reads, arrays)

    def common_shape(self, shapes):
        """That of a broadcast. Only lengths that are 1 in the text are stretched."""
        rank = max(map(len, shapes))
        shape = [None] * rank
        for s in shapes:
            for k, n in zip(range(rank - len(s), rank), s, strict=True):
                one = n.is_const and n.const == 1
                if shape[k] is None or (shape[k].is_const and shape[k].const == 1):
                    shape[k] = n
                elif not one:
                    self.equal(shape[k], n)
        return shape

    def fold(self, arr, start, join, hint="s"):
        """A reduction over all of `arr`."""
        b, acc, parent, stack, index = self.b, start, self.b.region, [], []
        for k, n in enumerate(arr.shape):
            r = Region(b.region)
            iv, phi = Val(I64, "ijklmn"[k], None, r), Val(start.type, hint, None, r)
            r.args.extend((iv, phi))
            stack.append((r, n, acc))
            index.append(iv)
            acc, b.region = phi, r
        acc = b.cast(join(acc, arr.at(index)), start.type)
        for r, n, first in reversed(stack):
            r.yields.append(acc)
            b.region = r.parent
            acc = b.emit(
                "for",
                (b.const(0), n, b.const(1), first),
                [start.type],
                hint=hint,
                regions=(r,),
                parallel=False,
                brk=None,
            ).out
        b.region = parent
        return acc

    def product(self, x, y):
        """x @ y."""
        x, y = self.arr(x), self.arr(y)
        rx, ry = len(x.shape), len(y.shape)
        if not (1 <= rx <= 2 and 1 <= ry <= 2):
            self.refuse(
                "got the product of arrays of 0 or more than 2 axes, expected vectors and matrices"
            )
        self.equal(x.shape[-1], y.shape[0])
        dtype, b = unify(x.dtype, y.dtype), self.b
        if rx == 1 and ry == 1:
            both = ArrayValue(
                x.shape, dtype, lambda ix: b.pure("mul", x.at(ix), y.at(ix)), x.reads + y.reads
            )
            return self.np_sum(both)
        x, y = self.bindable(x), self.bindable(y)
        if rx == 2 and ry == 2:
            return b.emit("lib", (x, y), array_type(dtype, 2), fn="dot")
        return self.matrix_vector(x, y, dtype) if rx == 2 else self.vector_matrix(x, y, dtype)

    def matrix_vector(self, m, v, dtype):
        """Loops, which take part in what is around."""
        b, ma, va = self.b, self.arr(m), self.arr(v)
        out = b.alloc([b.dim(m, 0)], dtype)

        def rows(ix):
            row = ArrayValue(
                [ma.shape[1]],
                dtype,
                lambda j: b.pure("mul", ma.at([ix[0], j[0]]), va.at(j)),
                [],
            )
            total = self.fold(row, b.const(0, dtype), lambda acc, t: b.pure("add", acc, t))
            b.store(out, ix[0], total)

        b.nest([ma.shape[0]], rows)
        return out

    def vector_matrix(self, v, m, dtype):
        b, ma, va = self.b, self.arr(m), self.arr(v)
        out = b.alloc([b.dim(m, 1)], dtype, "zeros")
        b.nest(ma.shape, lambda ix: b.addto(out, ix[1], b.pure("mul", va.at([ix[0]]), ma.at(ix))))
        return out

    # --- numbers ----------------------------------------------------------------------------------

    def number(self, x):
        if isinstance(x, Val):
            return x
        if isinstance(x, ArrayValue) and not x.shape:
            return x.at([])
        self.refuse(f"got {_what(x)}, expected a number")

    def integer(self, x):
        if not isinstance(x, Val) or not isinstance(x.type, (types.Integer, types.Boolean)):
            self.refuse(f"got {_what(x)}, expected a whole number")
        return x

    def truth(self, x):
        """`x` as a condition."""
        if isinstance(x, Val):
            if x.type == BOOL:
                return x
            if x.is_const:
                return self.b.const(bool(x.const))
            if not x.is_array:
                return self.b.pure("ne", x, self.b.const(0))
        if x is None or isinstance(x, tuple):
            return self.b.const(bool(x))
        self.refuse(f"got {_what(x)} as a condition, expected a number")


def _what(x):
    if isinstance(x, Val):
        return f"{x.hint}, of type {x.type}"
    return "an array" if isinstance(x, ArrayValue) else repr(x)
