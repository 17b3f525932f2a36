"""NumPy functions without an entry: on the values of tensors, where no gradient can be lost. Ufuncs
are in `outside`.

If an operand requires grad, a function that has no gradient in jitgrad raises `GradientError`; not
so the functions of `NO_GRADIENT`, whose results are integers, truth values or text, of `SAVING`,
which have none, and those of `BY_SHAPE`, which ask for shapes and dtypes only and run nothing.
Start at `fallback`.
"""

import numpy as np

from ..base.dtypes import SUPPORTED
from ..base.errors import ArgumentError, AxisError, GradientError, IndexOutOfRange, JitgradError
from ..base.foreign import refuse_data
from ..frontend.convert import as_operand, by_value
from ..frontend.tensor import Tensor
from ..tape.running import needs_grad
from .signature import deliver

#: Functions whose results are piecewise constant or no numbers at all -> what they are: there is no
#: gradient to lose.
NO_GRADIENT = {
    **dict.fromkeys(
        (
            *("allclose", "array_equal", "array_equiv", "isclose", "iscomplex", "isin"),
            *("isneginf", "isposinf", "isreal"),
        ),
        "truth values",
    ),
    **dict.fromkeys(
        (
            *("argpartition", "argwhere", "digitize", "flatnonzero", "lexsort", "nanargmax"),
            *("nanargmin", "nonzero", "unravel_index"),
        ),
        "positions",
    ),
    **dict.fromkeys(("array2string", "array_repr", "array_str"), "text"),
    "min_scalar_type": "a dtype",
}
#: Functions that write values to files: nothing comes back.
SAVING = frozenset(("save", "savetxt", "savez", "savez_compressed"))
#: Functions of shapes and dtypes.
BY_SHAPE = frozenset(
    (
        *("can_cast", "common_type", "diag_indices_from", "einsum_path", "empty_like"),
        *("iscomplexobj", "isrealobj", "isscalar", "iterable", "ndim", "ones_like"),
        *("result_type", "shape", "size", "tril_indices_from", "triu_indices_from", "zeros_like"),
    )
)


def fallback(function, args, kwargs):
    """``function(*args, **kwargs)`` by NumPy; arrays among the results are tensors again."""
    name = getattr(function, "__name__", str(function))
    home = getattr(function, "__module__", "numpy")
    if name in BY_SHAPE and home == "numpy":
        return wrapped(function(*_replaced(args, _stand_in), **_replaced(kwargs, _stand_in)))
    refuse_data(args, kwargs)
    if (name not in NO_GRADIENT and name not in SAVING) or home != "numpy":
        refuse_gradient(f"{home}.{name}", (args, kwargs))
    return on_arrays(function, args, kwargs)


def loses_gradient(operands):
    """Whether a gradient would be lost if only the values of these operands were used."""
    return any(map(needs_grad, tensors(operands)))


def refuse_gradient(name, operands, instead=None):
    if loses_gradient(operands):
        raise no_gradient(name, instead)


#: NumPy's errors -> those of the same meaning here.
REFUSALS = {
    np.exceptions.AxisError: AxisError, IndexError: IndexOutOfRange, TypeError: ArgumentError,
    ValueError: ArgumentError, OverflowError: ArgumentError,
}  # fmt: skip
#: What to do about functions without a gradient: the beginning of the name of the function, and
#: words.
INSTEAD = {
    "numpy.linalg.": "its results may be complex: write the function in operations jitgrad has, "
    "such as eigh for symmetric matrices, or svd",
    "": "write the function in operations jitgrad has",
}


def no_gradient(name, instead=None):
    """The error for an operand that requires grad in what has no gradient."""
    instead = instead or next(words for begin, words in INSTEAD.items() if name.startswith(begin))
    return GradientError(
        f"got an operand that requires grad in {name}, which has no gradient in jitgrad, so that "
        "it would be lost; "
        f"{instead}; where no gradient is wanted, use .detach() on the operand"
    )


def on_arrays(function, args, kwargs):
    """NumPy's result for the values of the tensors among the arguments; a Tensor as ``out=`` is
    written."""
    out = kwargs.get("out")
    if not any(isinstance(t, Tensor) for t in (out if isinstance(out, tuple) else (out,))):
        return wrapped(asked(function, *arrays(args), **arrays(kwargs)))
    outs = out if isinstance(out, tuple) else (out,)
    new = tuple(
        np.array(o._array()) if isinstance(o, Tensor) else o for o in outs
    )  # what where= leaves alone stays
    kwargs = {**kwargs, "out": new if isinstance(out, tuple) else new[0]}
    result = asked(function, *arrays(args), **arrays(kwargs))
    results = result if isinstance(result, tuple) else (result,)
    written = tuple(
        r if o is None else deliver(wrapped(r), o) for r, o in zip(results, outs, strict=True)
    )
    return written if isinstance(result, tuple) else written[0]


def asked(function, *args, **kwargs):
    """What NumPy gives for arrays; what it refuses is refused by an error of jitgrad's, in NumPy's
    words."""
    try:
        return function(*args, **kwargs)
    except (JitgradError, np.linalg.LinAlgError):
        raise
    except tuple(REFUSALS) as error:
        kind = next(ours for theirs, ours in REFUSALS.items() if isinstance(error, theirs))
        name = f"numpy.{getattr(function, '__name__', function)}"
        raise kind(f"got arguments that {name} does not take: {error}; see help({name})") from None


def tensors(x):
    """The tensors in nested sequences and dictionaries."""
    if isinstance(x, Tensor):
        yield x
    elif isinstance(x, (list, tuple)):
        for item in x:
            yield from tensors(item)
    elif isinstance(x, dict):
        yield from tensors(list(x.values()))


def _replaced(x, change):
    """`x` with its tensors changed."""
    if isinstance(x, Tensor):
        return change(x)
    if type(x) in (list, tuple):
        return type(x)(_replaced(item, change) for item in x)
    if isinstance(x, dict):
        return {key: _replaced(value, change) for key, value in x.items()}
    return x


def arrays(x):
    """`x` with arrays of their values in the place of tensors."""
    return _replaced(by_value(x), lambda t: t._array())


def _stand_in(t):
    """An array of the shape and dtype of `t`, of one element stretched: the value of `t` is not
    computed."""
    return np.broadcast_to(np.zeros((), t.dtype), t.shape)


def wrapped(result):
    """What NumPy gave, with tensors in the place of arrays of dtypes jitgrad computes in."""
    if type(result) is np.ndarray or isinstance(result, np.generic):
        return as_operand(result) if result.dtype in SUPPORTED else result
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return type(result)(*map(wrapped, result))
    if isinstance(result, (list, tuple)):
        return type(result)(map(wrapped, result))
    return result
