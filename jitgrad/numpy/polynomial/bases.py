"""The six bases of `numpy.polynomial`: evaluation, and what is linear in the coefficients.

Each basis is a recurrence of three terms, which is summed by the method of Clenshaw, so that values
have derivatives by places and coefficients. Derivatives and integrals of a series are matrices
that NumPy's own functions make of the unit vectors, and products the sums that they have for pairs
of them. Start at `Basis.val`.

C. W. Clenshaw, "A note on the summation of Chebyshev series" (1955).
"""

import functools
import importlib.machinery
import inspect
import sys
from types import ModuleType, SimpleNamespace

import numpy as np

from ...base.dtypes import complex_of
from ...base.errors import ArgumentError, ShapeError
from ...base.missing import missing
from ...base.surface import surface
from ...frontend.convert import as_operand
from ...frontend.functions import FUNCTIONS
from ...ir.shapes import as_int, normalize_axis

op = SimpleNamespace(**FUNCTIONS)

#: Module of NumPy's -> what its names begin with, and the numbers (a, b, c) of degree k with
#: p[k + 1] = (a x + b) p[k] - c p[k - 1].
RECURRENCES = {
    "polynomial": ("poly", lambda k: (1.0, 0.0, 0.0)),
    "chebyshev": ("cheb", lambda k: (1.0 if k == 0 else 2.0, 0.0, 1.0)),
    "legendre": ("leg", lambda k: ((2.0 * k + 1) / (k + 1), 0.0, k / (k + 1))),
    "laguerre": ("lag", lambda k: (-1.0 / (k + 1), (2.0 * k + 1) / (k + 1), k / (k + 1))),
    "hermite": ("herm", lambda k: (2.0, 0.0, 2.0 * k)),
    "hermite_e": ("herme", lambda k: (1.0, 0.0, 1.0 * k)),
}
#: Functions, by what their names end with.
FORMS = (
    *("val", "val2d", "val3d", "grid2d", "grid3d", "vander", "der", "int", "add", "sub", "mul"),
    *("roots", "fromroots"),
)


def floats(x):
    """`x` as a tensor of floats or complex numbers."""
    t = as_operand(x)
    return t if t.dtype.kind in "fc" else t.to(np.float64)


def _coefficients(c):
    c = floats(c)
    if c.ndim != 1 or not c.size:
        raise ShapeError(f"got coefficients of shape {c.shape}, expected (n,), lowest degree first")
    return c


def _times(matrix, c, axis):
    """The product of a matrix with coefficients along an axis."""
    return op.moveaxis(op.tensordot(as_operand(matrix), c, axes=((1,), (axis,))), 0, axis)


class Basis(ModuleType):
    """One of NumPy's modules of polynomials, on tensors: its functions by NumPy's names. It is
    imported as NumPy's is.

    Parameters
    ----------
    name : str
        That of the module: "chebyshev" for `numpy.polynomial.chebyshev`.
    """

    def __init__(self, name):
        super().__init__(f"jitgrad.numpy.polynomial.{name}", inspect.getdoc(type(self)))
        self.__package__ = self.__name__.rpartition(".")[0]
        self.__spec__ = importlib.machinery.ModuleSpec(self.__name__, None)
        sys.modules[self.__name__] = self
        self._theirs = getattr(np.polynomial, name)
        self._prefix, self._recurrence = RECURRENCES[name]
        self.__all__ = list(self._theirs.__all__)
        for form in FORMS:
            setattr(self, self._prefix + form, self._public(form))

    def __getattr__(self, name):
        if name.startswith("_") or not hasattr(self._theirs, name):
            raise missing(self.__name__, name, self)
        return getattr(self._theirs, name)

    def __dir__(self):
        return sorted(self.__all__)

    def __repr__(self):
        return f"<polynomials {self.__name__}>"

    def _theirs_of(self, form):
        return getattr(self._theirs, self._prefix + form)

    def _public(self, form):
        """The method `form` by NumPy's name."""
        ours, theirs = getattr(self, form), self._theirs_of(form)

        def function(*args, **kwargs):
            return ours(*args, **kwargs)

        function.__doc__, function.__module__ = theirs.__doc__, self.__name__
        function.__name__ = function.__qualname__ = theirs.__name__
        function.__signature__ = inspect.signature(ours)
        return surface(function)

    # --- evaluation -------------------------------------------------------------------------------

    def val(self, x, c, tensor=True):
        """The series with coefficients `c`, lowest degree first, at places `x`, as
        `numpy.polynomial.chebyshev.chebval`."""
        x, c = floats(x), floats(c)
        if not c.ndim or not c.shape[0]:
            raise ShapeError(f"got coefficients of shape {c.shape}, expected some, along axis 0")
        if tensor:
            c = c.reshape((*c.shape, *[1] * x.ndim))
        numbers = [self._recurrence(k) for k in range(c.shape[0] + 1)]
        above = higher = None
        for k in reversed(range(c.shape[0])):
            a, b, _ = numbers[k]
            out = c[k]
            if above is not None:
                out = out + (a * x + b if b else x if a == 1.0 else a * x) * above
            if higher is not None and numbers[k + 1][2]:
                out = out - numbers[k + 1][2] * higher
            above, higher = out, above
        return above + 0.0 * x if c.shape[0] == 1 else above

    def val2d(self, x, y, c):
        """A series of two variables at pairs of places."""
        return self._at((x, y), c)

    def val3d(self, x, y, z, c):
        """A series of three variables at triples of places."""
        return self._at((x, y, z), c)

    def _at(self, places, c):
        first, *others = [floats(x) for x in places]
        if any(x.shape != first.shape for x in others):
            shapes = ", ".join(str(x.shape) for x in (first, *others))
            raise ShapeError(f"got places of shapes {shapes}, expected the same shape")
        out = self.val(first, c)
        for x in others:
            out = self.val(x, out, tensor=False)
        return out

    def grid2d(self, x, y, c):
        """A series of two variables at each `x` with each `y`."""
        return self.val(y, self.val(x, c))

    def grid3d(self, x, y, z, c):
        """A series of three variables at each `x` with each `y` and each `z`."""
        return self.val(z, self.grid2d(x, y, c))

    def vander(self, x, deg):
        """The polynomials of the basis up to degree `deg` at places, along a new last axis."""
        deg = as_int(deg, "deg")
        if deg < 0:
            raise ArgumentError(f"got deg={deg}, expected at least 0")
        return op.moveaxis(self.val(x, np.eye(deg + 1)), 0, -1)

    # --- series -----------------------------------------------------------------------------------

    def der(self, c, m=1, scl=1, axis=0):
        """The coefficients of the derivative of order `m`."""
        c = floats(c)
        axis = normalize_axis(as_int(axis, "axis"), c.ndim)
        return _times(self._theirs_of("der")(np.eye(c.shape[axis]), m, scl), c, axis)

    def int(self, c, m=1, k=(), lbnd=0, scl=1, axis=0):
        """The coefficients of the integral of order `m`, with constants `k` at `lbnd`."""
        c, integral = floats(c), self._theirs_of("int")
        axis = normalize_axis(as_int(axis, "axis"), c.ndim)
        n = c.shape[axis]
        rest = integral(np.zeros(n), m, k, lbnd, scl)
        shape = [1] * c.ndim
        out = _times(integral(np.eye(n), m, [], lbnd, scl), c, axis)
        shape[axis] = out.shape[axis]
        return out + np.pad(rest, (0, shape[axis] - rest.size)).reshape(shape)

    def add(self, c1, c2):
        """The coefficients of a sum; those that become 0 stay, where NumPy cuts them off."""
        first, second = self._aligned(c1, c2)
        return first + second

    def sub(self, c1, c2):
        """The coefficients of a difference; those that become 0 stay."""
        first, second = self._aligned(c1, c2)
        return first - second

    @staticmethod
    def _aligned(c1, c2):
        both = [_coefficients(c) for c in (c1, c2)]
        n = max(c.size for c in both)
        return [op.concatenate([c, np.zeros(n - c.size, c.dtype)]) for c in both]

    def mul(self, c1, c2):
        """The coefficients of a product; those that become 0 stay."""
        c1, c2 = _coefficients(c1), _coefficients(c2)
        if self._prefix == "poly":
            return op.convolved(c1, c2)
        return op.tensordot(op.tensordot(self._pairs(c1.size, c2.size), c2, axes=1), c1, axes=1)

    def roots(self, c):
        """The roots of a series, in order: the eigenvalues of its companion matrix, so complex
        numbers always. The last coefficient, that of the highest degree, is not 0."""
        c = _coefficients(c)
        if c.size < 2:
            return as_operand(np.zeros(0, complex_of(c.dtype)))
        companion = as_operand(self._companion(c.size).astype(c.dtype))
        ratios = c[:-1] / c[-1]
        return op.sort(op.eigvals(companion[0] + op.tensordot(ratios, companion[1:], axes=1)))

    @functools.lru_cache(32)  # noqa: B019  # there are six, which live as long as the module
    def _companion(self, n):
        """The companion matrix of the last of n coefficients alone, and what each of the others
        adds to it, of shape (n, n - 1, n - 1)."""
        made, last = self._theirs_of("companion"), np.eye(n)[-1]
        alone = made(last)
        others = [made(last + unit) - alone for unit in np.eye(n)[:-1]]
        return np.stack([alone, *others])[:, ::-1, ::-1].copy()  # rotated, as by NumPy

    def fromroots(self, roots):
        """The coefficients of the series of a polynomial with these roots, of which the highest
        power has the factor 1."""
        roots = floats(roots)
        if roots.ndim != 1:
            raise ShapeError(f"got roots of shape {roots.shape}, expected one axis")
        out = as_operand(np.ones(1, roots.dtype))
        offset, slope = (as_operand(self._line(*pair)) for pair in ((1.0, 0.0), (0.0, 1.0)))
        for root in roots:
            out = self.mul(out, slope - root * offset)
        return out

    def _line(self, offset, slope):
        """The two coefficients of a line."""
        line = getattr(self._theirs, self._prefix + "line")(offset, slope)
        return np.pad(line, (0, 2 - line.size))

    @functools.lru_cache(32)  # noqa: B019  # there are six, which live as long as the module
    def _pairs(self, n, m):
        """The coefficients of the products of polynomials of the basis, of shape (n + m - 1, n,
        m)."""
        out = np.zeros((n + m - 1, n, m))
        for i, j in np.ndindex(n, m):
            product = self._theirs_of("mul")(np.eye(n)[i], np.eye(m)[j])
            out[: product.size, i, j] = product
        return out
