"""The ufuncs of numba that `jitgrad.vectorize` makes: numba's own, of a class that knows tensors.

Start at `vectorized`.
"""

from typing import Any

from numba import vectorize

_Ufunc: Any = type(vectorize(lambda x: x))


class GradientUfunc(_Ufunc):
    """A ufunc of numba's that takes tensors: `on_tensors` says what becomes of these."""

    on_tensors: Any = None

    def __call__(self, *args, **kwargs):
        if not kwargs and self.on_tensors.has(args):
            return self.on_tensors(*args)
        return super().__call__(*args, **kwargs)


def is_ufunc(function):
    return isinstance(function, _Ufunc)


def vectorized(function, identity, options):
    """A ufunc of our class for a Python function."""
    out = vectorize(identity=identity, **options)(function)
    out.__class__ = GradientUfunc
    return out


def parts_of(ufunc):
    """The Python function of a ufunc of numba's, its options, and NumPy's ufunc, where it has
    signatures and takes no others."""
    made = ufunc._dispatcher
    return (
        made.py_func,
        {k: v for k, v in made.targetoptions.items() if v is not None},
        ufunc.ufunc if ufunc._frozen else None,
    )
