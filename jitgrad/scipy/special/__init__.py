"""`jitgrad.scipy.special`: special functions, by the names of `scipy.special`, with gradients.

    >>> from jitgrad.scipy import special
    >>> x = jitgrad.tensor([0.5, 2.5], requires_grad=True)
    >>> special.gammaln(x).sum().backward()
    >>> x.grad
    tensor([-1.9635,  0.7032])

Ufuncs of SciPy are called as there, with ``out=``, ``where=`` and ``dtype=``; SciPy's own take
tensors as well: ``scipy.special.gammaln(x)`` is the same. Their entries are in
`jitgrad.ops.special_functions`, with the formulas of their derivatives. An operand that no formula
is known for, such as the order of a Bessel function, is refused when a gradient goes to it. What
SciPy writes in Python is in the modules beside this one. Start at `gammaln`.
"""

import sys as _sys
import typing as _typing

import numpy as _numpy

from ...base.errors import MissingError as _MissingError
from ...base.extras import extra as _extra
from ...base.missing import missing as _missing
from ...base.surface import surface as _surface
from ...frontend.functions import FUNCTIONS as _FUNCTIONS
from ...frontend.special_functions import entry_of as _entry_of
from ...frontend.special_functions import load as _load
from ...numpy.namespace import ufunc_function as _ufunc_function
from ...ops import REGISTRY as _REGISTRY
from . import counting as _counting
from . import families as _families
from . import orders as _orders
from . import several as _several
from . import sums as _sums
from .bessel_formulas import FORMULAS as _FORMULAS

_scipy = _extra("scipy.special", "jitgrad.scipy.special")
#: Ufuncs of SciPy by other names than their own.
_ALIASES = {"digamma": "psi", "jn": "jv"}


def _ufunc(name: str) -> _typing.Any:
    """What SciPy has by a name, without what it puts around ufuncs where ``SCIPY_ARRAY_API`` is
    set."""
    found = getattr(_scipy, name, None)
    return getattr(found, "__wrapped__", found)


def _taking_complex(name: str, of_reals: _typing.Any) -> _typing.Any:
    """A function that hands complex operands to the one of complex numbers."""
    of_complex = _FUNCTIONS[f"complex_{name}"]

    @_surface
    def function(*xs: _typing.Any, **kwargs: _typing.Any) -> _typing.Any:
        if any([_is_complex(x) for x in xs]) and not kwargs:
            return of_complex(*xs)
        return of_reals(*xs, **kwargs)

    return function


def _by_formula(formula: _typing.Any, of_any_order: _typing.Any) -> _typing.Any:
    """A function of an order and a place that has formulas for some orders."""

    @_surface
    def function(*xs: _typing.Any, **kwargs: _typing.Any) -> _typing.Any:
        out = None if kwargs or len(xs) != 2 else formula(*xs)
        return of_any_order(*xs, **kwargs) if out is None else out

    return function


def _is_complex(x: _typing.Any) -> bool:
    dtype = getattr(x, "dtype", None)
    return _numpy.iscomplexobj(x) if dtype is None else dtype.kind == "c"


def _function(name: str) -> _typing.Any:
    ufunc = _ufunc(name)
    entry = _entry_of(ufunc)
    assert entry is not None
    out = _ufunc_function(ufunc, entry)
    if entry.name in _FORMULAS:
        out = _by_formula(_FORMULAS[entry.name], out)
    if f"complex_{ufunc.__name__}" in _FUNCTIONS:
        out = _taking_complex(ufunc.__name__, out)
    out.__name__ = out.__qualname__ = name
    out.__module__, out.__wrapped__ = __name__, ufunc
    out.__doc__ = _FUNCTIONS[entry.name].__doc__
    return out


_names = [name for name, entry in _load().SPECIAL.items() if entry.public]
_names += ["hankel1", "hankel2", "wofz"]
_names += [entry.names.scipy for entry in _REGISTRY.values() if entry.names.scipy]
_found = {
    name: _function(name) for name in (*_names, *_ALIASES) if isinstance(_ufunc(name), _numpy.ufunc)
}
_found |= {
    f.__name__: f
    for home in (_counting, _families, _orders, _several, _sums)
    for f in home.FUNCTIONS
}
globals().update(_found)
__all__ = sorted(_found)


#: Places and weights of quadrature, zeros, polynomials as objects, whole numbers, and what is done
#: about errors: of whole numbers, to which no gradient goes.
_THEIRS = {
    name
    for name in _scipy.__all__
    if name.startswith("roots_") or name.endswith(("_roots", "_zeros", "_zeros_all"))
} | {
    *("bernoulli", "chebyc", "chebys", "chebyt", "chebyu", "errstate", "euler", "factorial2"),
    *("factorialk", "gegenbauer", "genlaguerre", "geterr", "hermite", "hermitenorm", "jacobi"),
    *("laguerre", "legendre", "seterr", "sh_chebyt", "sh_chebyu", "sh_jacobi", "sh_legendre"),
    *("stirling2",),
}


def __getattr__(name: str) -> _typing.Any:
    if name in _THEIRS:
        return getattr(_scipy, name)
    if name in _scipy.__all__:
        raise _MissingError(
            f"jitgrad.scipy.special has no {name!r}, which has no gradient; use "
            f"scipy.special.{name} on values",
            name=name,
            obj=_sys.modules[__name__],
        )
    raise _missing("jitgrad.scipy.special", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
