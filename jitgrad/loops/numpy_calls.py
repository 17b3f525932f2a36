"""NumPy's functions of arrays, made of loops. Part of the front.

A function of NumPy is `np_<name>`. Start at `NumpyCalls`.
"""

import math

from ..runtime.numba.inference import F64, I64, array_type, types, unify
from .abstract_values import ArrayValue
from .array_values import is_array
from .form import Val
from .numpy_as_loops import AS_LOOPS


class NumpyCalls:
    # --- new arrays -------------------------------------------------------------------------------

    def shape_of(self, shape):
        sizes = shape if isinstance(shape, tuple) else (shape,)
        return [self.b.cast(self.integer(n), I64) for n in sizes]

    def np_zeros(self, shape, dtype=None):
        return self.b.alloc(self.shape_of(shape), self.dtype(dtype), "zeros")

    def np_empty(self, shape, dtype=None):
        return self.b.alloc(self.shape_of(shape), self.dtype(dtype))

    def np_ones(self, shape, dtype=None):
        return self.np_full(shape, self.b.const(1.0), self.dtype(dtype))

    def np_full(self, shape, fill_value, dtype=None):
        value = self.number(fill_value)
        out = self.b.alloc(self.shape_of(shape), self.dtype(dtype, value.type))
        self.write(self.arr(out), value)
        return out

    def np_zeros_like(self, a, dtype=None):
        arr = self.arr(a)
        return self.b.alloc(arr.shape, self.dtype(dtype, arr.dtype), "zeros")

    def np_empty_like(self, a, dtype=None):
        arr = self.arr(a)
        return self.b.alloc(arr.shape, self.dtype(dtype, arr.dtype))

    def np_ones_like(self, a, dtype=None):
        return self.np_full_like(a, self.b.const(1.0), dtype)

    def np_full_like(self, a, fill_value, dtype=None):
        arr = self.arr(a)
        return self.np_full(tuple(arr.shape), fill_value, self.dtype(dtype, arr.dtype))

    def np_eye(self, n, dtype=None):
        t, b = self.dtype(dtype), self.b
        out = b.alloc(self.shape_of((n, n)), t, "zeros")
        b.nest([n], lambda index: b.store(out, index[0], index[0], b.const(1, t)))
        return out

    np_identity = np_eye

    def np_arange(self, *a, dtype=None):
        b = self.b
        lo, hi, step = (b.const(0), a[0], b.const(1)) if len(a) == 1 else (*a, b.const(1))[:3]
        whole = all(isinstance(v.type, types.Integer) for v in (lo, hi, step))
        if not whole or not step.is_const or step.const != 1:
            self.refuse("got arange of floats or with a step, expected whole numbers")
        n = b.pure("max", b.pure("sub", hi, lo), b.const(0))
        t = self.dtype(dtype, I64)
        return ArrayValue([n], t, lambda ix: b.cast(b.pure("add", lo, ix[0]), t), [])

    def np_linspace(self, start, stop, num=None):
        b = self.b
        n = b.const(50) if num is None else self.integer(num)
        lo, hi = (b.cast(self.number(v), F64) for v in (start, stop))
        steps = b.cast(b.pure("max", b.pure("add", n, b.const(-1)), b.const(1)), F64)
        step = b.pure("div", b.pure("sub", hi, lo), steps)
        return ArrayValue(
            [n],
            F64,
            lambda ix: b.pure("add", lo, b.pure("mul", step, b.cast(ix[0], F64))),
            [],
        )

    def np_copy(self, a):
        return self.materialise(self.arr(a))

    def np_array(self, a, dtype=None):
        if isinstance(a, tuple):
            self.refuse("got an array made of a tuple, expected one of a list")
        arr = self.arr(a)
        t = self.dtype(dtype, arr.dtype)
        cast = ArrayValue(arr.shape, t, lambda ix: self.b.cast(arr.at(ix), t), arr.reads)
        return self.materialise(cast)

    def np_asarray(self, a):
        return a

    def np_ascontiguousarray(self, a):
        return a if isinstance(a, Val) and a.type.layout == "C" else self.np_copy(a)

    # --- rearranged -------------------------------------------------------------------------------

    def np_transpose(self, a, *axes):
        axes = axes[0] if len(axes) == 1 and isinstance(axes[0], tuple) else axes
        return self.transposed(self.arr(a), [self.axis(k) for k in axes] or None)

    def np_flip(self, a):
        arr, b = self.arr(a), self.b
        ends = [b.pure("add", n, b.const(-1)) for n in arr.shape]

        def at(index):
            return arr.at([b.pure("sub", e, i) for e, i in zip(ends, index, strict=True)])

        return ArrayValue(arr.shape, arr.dtype, at, arr.reads)

    def np_ravel(self, a):
        return self.view_of(self.flat(self.arr(a)), self.arr(a))

    def np_flatten(self, a):
        return self.bindable(self.flat(self.arr(a)))

    def view_of(self, out, arr):
        """`out` as what numba has as a view of `arr`."""
        if isinstance(out, Val):
            self.note_copy(out, arr.reads, "a view")
            return out
        return ArrayValue(out.shape, out.dtype, out.at, arr.reads, view=True)

    def flat(self, arr):
        """One axis, in C order."""
        b = self.b
        if len(arr.shape) == 1:
            return arr
        out = b.alloc([self.count(arr)], arr.dtype)

        def body(index):
            place = index[0]
            for i, m in zip(index[1:], arr.shape[1:], strict=True):
                place = b.pure("add", b.pure("mul", place, m), i)
            b.store(out, place, arr.at(index))

        b.nest(arr.shape, body)
        return out

    def np_reshape(self, a, *shape):
        arr, b = self.arr(a), self.b
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
        lengths = self.lengths(self.count(arr), sizes)
        flat = self.arr(self.flat(arr))

        def at(index):
            place = index[0]
            for i, m in zip(index[1:], lengths[1:], strict=True):
                place = b.pure("add", b.pure("mul", place, m), i)
            return flat.at([place])

        out = ArrayValue(lengths, arr.dtype, at, flat.reads)
        return self.view_of(out, arr)

    def lengths(self, total, sizes):
        """Those of a shape, in which -1 stands for what is left of `total`."""
        b = self.b
        given = [b.cast(self.integer(n), I64) for n in sizes]
        known, open_ = b.const(1), [k for k, n in enumerate(given) if n.is_const and n.const < 0]
        for k, n in enumerate(given):
            known = known if k in open_ else b.pure("mul", known, n)
        if len(open_) > 1:
            self.refuse("got a shape with several -1, expected one")
        for k in open_:
            given[k] = b.pure("floordiv", total, known)
            known = b.pure("mul", known, given[k])
        self.equal(total, known)
        return given

    def np_diff(self, a):
        arr, b = self.arr(a), self.b
        if len(arr.shape) != 1:
            self.refuse("got diff of an array of several axes, expected one")
        n = b.pure("max", b.pure("add", arr.shape[0], b.const(-1)), b.const(0))

        def at(index):
            after = arr.at([b.pure("add", index[0], b.const(1))])
            return b.pure("sub", after, arr.at(index))

        return ArrayValue([n], arr.dtype, at, arr.reads)

    def np_outer(self, a, b):
        x, y = self.arr(a), self.arr(b)
        return ArrayValue(
            [x.shape[0], y.shape[0]],
            unify(x.dtype, y.dtype),
            lambda ix: self.b.pure("mul", x.at(ix[:1]), y.at(ix[1:])),
            x.reads + y.reads,
        )

    # --- reductions -------------------------------------------------------------------------------

    def axis(self, v):
        if not isinstance(v, Val) or not v.is_const:
            self.refuse("got an axis that is computed, expected a number")
        return v.const

    def wide(self, dtype):
        """The type that numbers of a type are summed in."""
        return I64 if isinstance(dtype, (types.Integer, types.Boolean)) else dtype

    def np_sum(self, a, axis=None):
        arr, b = self.arr(a), self.b
        t = self.wide(arr.dtype)
        if axis is None:
            return self.fold(arr, b.const(0, t), lambda acc, x: b.pure("add", acc, x))
        k = self.axis(axis) % len(arr.shape)
        out = b.alloc([n for i, n in enumerate(arr.shape) if i != k], t, "zeros")

        def body(index):
            b.addto(out, *[x for i, x in enumerate(index) if i != k], arr.at(index))

        b.nest(arr.shape, body)
        return out

    def count(self, arr):
        n = self.b.const(1)
        for m in arr.shape:
            n = self.b.pure("mul", n, m)
        return n

    def np_mean(self, a, axis=None):
        arr = self.arr(a)
        if axis is not None:
            n = self.b.cast(arr.shape[self.axis(axis)], F64)
            return self.elementwise("div", self.np_sum(arr, axis), n)
        return self.b.pure("div", self.np_sum(arr), self.count(arr))

    def np_var(self, a):
        b, arr = self.b, self.arr(self.bindable(a))
        mean = self.np_mean(arr)

        def at(index):
            d = b.pure("sub", arr.at(index), mean)
            return b.pure("mul", d, d)

        squares = ArrayValue(arr.shape, mean.type, at, arr.reads)
        return b.pure("div", self.np_sum(squares), self.count(arr))

    def np_std(self, a):
        return self.b.pure("sqrt", self.np_var(a))

    def np_prod(self, a):
        arr, b = self.arr(a), self.b
        one = b.const(1, self.wide(arr.dtype))
        return self.fold(arr, one, lambda acc, x: b.pure("mul", acc, x), "p")

    def extreme(self, a, fn):
        arr = self.arr(self.bindable(a))
        self.not_empty(arr)
        first = arr.at([self.b.const(0)] * len(arr.shape))
        return self.fold(arr, first, lambda acc, x: self.extreme_pair(fn, x, acc), fn)

    def extreme_pair(self, fn, x, acc):
        """The first of equal ones has the gradient, as NumPy's index of the extreme has it."""
        b = self.b
        better = b.pure("lt" if fn == "min" else "gt", x, acc)
        if x.is_float:
            better = b.pure("or", better, b.pure("isnan", x))
        return b.pure("select", better, x, acc)

    def not_empty(self, arr):
        text = 'ValueError("got an array without elements, which has no extreme")'
        ok = self.b.pure("gt", self.count(arr), self.b.const(0))
        if not ok.is_const:
            self.b.emit("check", (ok,), text=text)

    def np_max(self, a):
        return self.extreme(a, "max")

    def np_min(self, a):
        return self.extreme(a, "min")

    def np_concatenate(self, arrays, axis=None):
        """Arrays along the first axis."""
        if axis is not None and self.axis(axis) != 0:
            self.refuse("got concatenate along another axis than the first; write the loop")
        out = self.bindable(arrays[0])
        for x in arrays[1:]:
            if self.arr(x).dtype != self.arr(out).dtype:
                self.refuse("got concatenate of arrays of several types, expected one")
            do = AS_LOOPS.get(("joined", self.rank(out), self.rank(x)))
            if do is None:
                self.refuse("got concatenate of arrays of more than two axes; write the loop")
            out = self.as_loops(do, [out, x])
        return out

    def np_hstack(self, arrays):
        if self.rank(arrays[0]) != 1:
            self.refuse("got hstack of matrices; write the loop")
        return self.np_concatenate(arrays)

    np_amax, np_amin = np_max, np_min

    def np_ptp(self, a):
        a = self.bindable(a)
        return self.b.pure("sub", self.np_max(a), self.np_min(a))

    def place_of_extreme(self, a, fn):
        """The number of the first extreme, counted through the array."""
        arr, b = self.arr(self.flat(self.arr(self.bindable(a)))), self.b
        self.not_empty(arr)

        def join(best, index):
            better = b.pure("lt" if fn == "min" else "gt", arr.at([index]), arr.at([best]))
            return b.pure("select", better, index, best)

        places = ArrayValue(arr.shape, I64, lambda ix: ix[0], arr.reads)
        return self.fold(places, b.const(0), join, "best")

    def np_argmax(self, a):
        return self.place_of_extreme(a, "max")

    def np_argmin(self, a):
        return self.place_of_extreme(a, "min")

    def truths(self, a, fn):
        arr, b = self.arr(a), self.b
        start = b.const(fn == "and")
        return self.fold(arr, start, lambda acc, x: b.pure(fn, acc, self.truth(x)), "found")

    def np_any(self, a):
        return self.truths(a, "or")

    def np_all(self, a):
        return self.truths(a, "and")

    def running(self, a, fn, start):
        arr, b = self.arr(self.bindable(a)), self.b
        if len(arr.shape) != 1:
            self.refuse("got a running total of an array of several axes, expected one")
        t = self.wide(arr.dtype)
        out = b.alloc(arr.shape, t)

        def join(acc, index):
            value = b.pure(fn, acc, arr.at([index]))
            b.store(out, index, value)
            return value

        places = ArrayValue(arr.shape, I64, lambda ix: ix[0], arr.reads)
        self.fold(places, b.const(start, t), join, "total")
        return out

    def np_cumsum(self, a):
        return self.running(a, "add", 0)

    def np_cumprod(self, a):
        return self.running(a, "mul", 1)

    def np_trace(self, a):
        arr, b = self.arr(a), self.b
        n = b.pure("min", arr.shape[0], arr.shape[1])
        diagonal = ArrayValue([n], arr.dtype, lambda ix: arr.at([ix[0], ix[0]]), arr.reads)
        return self.np_sum(diagonal)

    # --- of elements ------------------------------------------------------------------------------

    def np_where(self, condition, x=None, y=None):
        if x is None or y is None:
            self.refuse("got where with a condition alone, expected where(condition, x, y)")
        return self.elementwise("select", condition, x, y)

    def np_clip(self, a, a_min, a_max):
        """The derivative at a bound is 1, as in `jitgrad.clip`."""
        x = self.bindable(a)
        if a_min is not None:
            x = self.bindable(
                self.elementwise("select", self.elementwise("lt", x, a_min), a_min, x)
            )
        if a_max is not None:
            x = self.elementwise("select", self.elementwise("gt", x, a_max), a_max, x)
        return x

    def like(self, value, x):
        """A number of the type of `x`, where that is a float."""
        t = self.arr(x).dtype if is_array(x) else x.type
        return self.b.const(value, t if isinstance(t, types.Float) else F64)

    def np_square(self, x):
        x = self.bindable(x)
        return self.elementwise("mul", x, x)

    def np_reciprocal(self, x):
        return self.elementwise("div", self.like(1, x), x)

    def np_positive(self, x):
        return x

    def np_deg2rad(self, x):
        return self.elementwise("mul", x, self.like(math.pi / 180, x))

    def np_rad2deg(self, x):
        return self.elementwise("mul", x, self.like(180 / math.pi, x))

    np_radians, np_degrees = np_deg2rad, np_rad2deg

    # --- linear algebra ---------------------------------------------------------------------------

    def np_dot(self, a, b):
        return self.product(a, b)

    np_vdot = np_matmul = np_dot

    def np_norm(self, x):
        x = self.bindable(x)
        return self.b.pure("sqrt", self.np_sum(self.elementwise("mul", x, x)))

    def np_solve(self, a, b):
        a, y = self.bindable(a), self.bindable(b)
        return self.b.emit("lib", (a, y), array_type(y.type.dtype, y.type.ndim), fn="solve")
