"""The kinds of values that kernels have: numbers, pointers to memory, lanes. Each is one object.

Start at `Number`.
"""

import functools

from llvmlite import ir


class ValueKind:
    """What values are; `llvm` is their LLVM type."""

    __slots__ = ("llvm", "name")

    def __init__(self, name, llvm):
        self.name, self.llvm = name, llvm

    def __repr__(self):
        return self.name


class Number(ValueKind):
    """A number of so many `bits`; `form` is "f" (float), "i", "u" or "b", as of a NumPy dtype."""

    __slots__ = ("bits", "form")

    def __init__(self, form, name, bits, llvm):
        super().__init__(name, llvm)
        self.bits, self.form = bits, form

    @property
    def is_float(self):
        return self.form == "f"

    @property
    def signed(self):
        return self.form == "i"


class Complex(ValueKind):
    """A complex number, of which there is memory; arithmetic on it is numba's."""

    __slots__ = ("bits", "part")

    def __init__(self, part):
        super().__init__(f"complex{2 * part.bits}", ir.LiteralStructType([part.llvm] * 2))
        self.bits, self.part = 2 * part.bits, part


class Pointer(ValueKind):
    """Memory of elements of the kind `item`."""

    __slots__ = ("item",)

    def __init__(self, item):
        super().__init__(f"{item}*", item.llvm.as_pointer())
        self.item = item


class LaneKind(ValueKind):
    """`count` numbers of the kind `item`, of several matrices side by side; of complex ones the
    real parts are a vector, and the imaginary ones another. `part` is the kind of such a vector."""

    __slots__ = ("count", "item", "part")

    def __init__(self, item, count):
        if isinstance(item, Complex):
            self.part = lanes(item.part, count)
            llvm = ir.LiteralStructType([self.part.llvm] * 2)
        else:
            self.part, llvm = self, ir.VectorType(item.llvm, count)
        super().__init__(f"lanes({item}, {count})", llvm)
        self.item, self.count = item, count

    @property
    def is_complex(self):
        return self.part is not self


class Literal(ValueKind):
    """A whole number that stands in the text."""

    __slots__ = ("value",)

    def __init__(self, value):
        super().__init__(f"literal {value}", ir.IntType(64))
        self.value = value


pointer, lanes, literal = map(functools.cache, (Pointer, LaneKind, Literal))

boolean = Number("b", "boolean", 1, ir.IntType(1))
float32, float64 = (
    Number("f", "float32", 32, ir.FloatType()),
    Number("f", "float64", 64, ir.DoubleType()),
)
int8, int16, int32, int64 = (Number("i", f"int{n}", n, ir.IntType(n)) for n in (8, 16, 32, 64))
uint8, uint16, uint32, uint64 = (Number("u", f"uint{n}", n, ir.IntType(n)) for n in (8, 16, 32, 64))
nothing = ValueKind("nothing", ir.VoidType())
COMPLEX = {kind.name: kind for kind in map(Complex, (float32, float64))}

NUMBERS = {
    kind.name: kind
    for kind in (
        boolean, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64,
    )
}  # fmt: skip


def item_kind(dtype):
    """The kind of the elements of an array of this dtype: truth values are bytes."""
    return uint8 if dtype.kind == "b" else NUMBERS.get(dtype.name) or COMPLEX[dtype.name]


def plain(kind):
    """The kind of a literal once a name has its value."""
    return int64 if isinstance(kind, Literal) else kind


def is_whole(kind):
    """Whether it is of integers, signed or not."""
    return isinstance(kind, Literal) or (isinstance(kind, Number) and kind.form in "iu")


def unified(a, b):
    """The kind that holds values of both, or None: as numba has it, where uint16 and float32 are
    float64."""
    a, b = plain(a), plain(b)
    if a is b:
        return a
    if not isinstance(a, Number) or not isinstance(b, Number):
        return None
    if a.form == "b" or b.form == "b":
        return b if a.form == "b" else a
    if a.is_float or b.is_float:
        return _real(a, b)
    if a.form == b.form:
        return a if a.bits > b.bits else b
    signed, other = (a, b) if a.signed else (b, a)
    if signed.bits > other.bits:
        return signed
    return NUMBERS.get(f"int{2 * other.bits}", float64)


#: What fits into float32.
_NARROW = float32, boolean, int8, int16, uint8


def _real(a, b):
    return float32 if a in _NARROW and b in _NARROW else float64
