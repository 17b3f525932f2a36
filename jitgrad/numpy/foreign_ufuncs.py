"""Ufuncs without an entry: some of NumPy's, SciPy's, those of numba's ``@vectorize`` and of
`numpy.frompyfunc`.

SciPy's ufuncs of a meaning that the catalogue has are its entries (`scipys`), those of several
results one for each. Others are called on
values; where a gradient would be lost by that, a `GradientError` names the function. Whether one
would be, the dtypes of the results say: those of numba's functions are known when they have run.
Start at `call_outside`.
"""

import functools
import sys

import numpy as np

from ..base.errors import DTypeError, NotDifferentiable
from ..frontend.convert import as_operand
from ..frontend.functions import FUNCTIONS
from ..frontend.special_functions import entry_of, results_of
from ..frontend.tensor import Tensor
from .fallback import arrays, loses_gradient, no_gradient, on_arrays
from .signature import CallingForm

#: Where the classes of numba's ufuncs are.
NUMBA = "numba."
#: Where SciPy keeps its ufuncs.
HOMES = ("scipy.special", "scipy.special._ufuncs")


def _is_scipys(ufunc):
    homes = [sys.modules[name] for name in HOMES if name in sys.modules]  # never imported here
    return isinstance(ufunc, np.ufunc) and any(
        getattr(home, ufunc.__name__, None) is ufunc for home in homes
    )


@functools.lru_cache(256)
def scipys(ufunc):
    """How SciPy calls the entry of the meaning of its `ufunc`; None for others."""
    entry = entry_of(ufunc) if _is_scipys(ufunc) else None
    return None if entry is None else CallingForm(entry, ufunc)


def title(ufunc):
    """What a user calls it."""
    if getattr(np, ufunc.__name__, None) is ufunc:
        return f"numpy.{ufunc.__name__}"
    return f"scipy.special.{ufunc.__name__}" if _is_scipys(ufunc) else ufunc.__name__


def lost(ufunc):
    has = "jitgrad.scipy.special has those that have one" if _is_scipys(ufunc) else None
    return no_gradient(title(ufunc), has)


def call_outside(ufunc, method, inputs, kwargs):
    """``ufunc(*inputs, **kwargs)``, or a method of it, by values; of one of SciPy's with several
    results, by the entries of these."""
    several = results_of(ufunc) if _is_scipys(ufunc) else None
    if several and method == "__call__" and not kwargs:
        return tuple([FUNCTIONS[entry.name](*inputs) for entry in several])
    if method == "__call__" and not kwargs and type(ufunc).__module__.startswith(NUMBA):
        found = _of_numba(ufunc, inputs)
        if found is not None:
            return found
    return _by_values(ufunc, method, inputs, kwargs)


def _of_numba(ufunc, inputs):
    """A call of a function of `numba.vectorize` by its own derivatives; None where they cannot be
    made and no gradient is lost."""
    from ..frontend.vectorized import of_ufunc

    made = of_ufunc(ufunc)
    try:
        return None if made is None else made(*inputs)
    except NotDifferentiable:
        if loses_gradient((inputs, {})):
            raise
        return None


def _by_values(ufunc, method, inputs, kwargs):
    needed = loses_gradient((inputs, kwargs))
    known, plain = hasattr(ufunc, "resolve_dtypes"), method in ("__call__", "outer")
    if (needed and not plain) or (known and plain and _is_smooth(ufunc, inputs) and needed):
        raise lost(ufunc)
    if needed and not known:  # tried without out=, which is not written if it fails
        found = on_arrays(
            getattr(ufunc, method),
            inputs,
            {k: v for k, v in kwargs.items() if k not in ("out", "where")},
        )
        if any(
            r.dtype.kind not in "biu" for r in (found if isinstance(found, tuple) else (found,))
        ):
            raise lost(ufunc)
    return (
        _at(ufunc, *inputs) if method == "at" else on_arrays(getattr(ufunc, method), inputs, kwargs)
    )


def _at(ufunc, x, *rest):
    new = np.array(arrays(x)) if isinstance(x, Tensor) else x
    ufunc.at(new, *arrays(rest))
    if isinstance(x, Tensor):
        x.copy_(new)


def _is_smooth(ufunc, inputs):
    """Whether a result is a float, so that a gradient may be missing."""
    dtypes = [x.dtype if hasattr(x, "dtype") else as_operand(x).dtype for x in inputs[: ufunc.nin]]
    try:
        found = ufunc.resolve_dtypes((*dtypes, *(None,) * ufunc.nout))
    except TypeError as error:
        raise DTypeError(f"{title(ufunc)} is not defined for dtypes {dtypes}: {error}") from None
    return any(d.kind not in "biu" for d in found[ufunc.nin :])
