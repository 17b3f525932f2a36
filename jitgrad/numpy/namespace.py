"""How the names of NumPy become functions on tensors: `named` looks one up in NumPy and wraps it.

Functions go the way of the protocols (`dispatch.dispatch`), whatever their arguments; classes,
dtypes, constants and submodules are NumPy's own. Start at `named`.
"""

import importlib

import numpy as np

from ..base.dtypes import as_dtype
from ..base.errors import JitgradError
from ..base.foreign import takes_over
from ..base.surface import surface, trimmed
from ..frontend import creation
from ..frontend.binding import INTEGERS
from ..frontend.convert import as_leaf, of_tensors
from ..frontend.functions import FUNCTIONS
from ..frontend.tensor import Tensor
from ..tape.machine_records import records
from ..tape.segment import active_traces
from .array_api import by_newer_names, with_descending, with_dtype
from .dispatch import counterparts, dispatch, dispatch_ufunc, own_parameters
from .signature import known_call
from .ufunc_methods import METHODS

#: Functions that make tensors, and so take ``requires_grad=``.
CREATION = frozenset(
    (
        "arange",
        "array",
        "asanyarray",
        "asarray",
        "ascontiguousarray",
        "empty",
        "empty_like",
        "eye",
        "from_dlpack",
        "full",
        "full_like",
        "geomspace",
        "identity",
        "linspace",
        "logspace",
        "ones",
        "ones_like",
        "zeros",
        "zeros_like",
    )
)


#: What programs compute of shapes -> the types of these; and the types of their elements.
SHAPES = {np.prod: (tuple, list), np.sum: (tuple,), np.max: (tuple,), np.min: (tuple,)}
PLAIN = (int, float, np.integer, np.floating)
#: Classes of parameters that say what is done, and no values.
PLAIN_CLASSES = frozenset((int, bool, type(None)))

#: Names that are no functions and still of our own -> the module of `functions` that has them.
OWN = {"vectorize": "applied", "r_": "grids", "c_": "grids", "mgrid": "grids", "ogrid": "grids"}


def named(module, name):
    """What stands in jitgrad for ``module.name``, a name of NumPy's."""
    value = getattr(module, name)
    if module is np and name in OWN:
        return getattr(importlib.import_module(f"{__package__}.functions.{OWN[name]}"), name)
    if not callable(value) or isinstance(value, type):
        return value
    if isinstance(value, np.ufunc):
        out = ufunc_function(value, counterparts().get(value))
    elif module is np and name in CREATION:
        out = _creation(value)
    else:
        out = _function(value)
    out.__wrapped__ = value
    if value in (np.sort, np.argsort):
        out = with_descending(out, value is np.argsort)
    elif value in (np.fft.fftfreq, np.fft.rfftfreq):
        out = with_dtype(out)
    out.__name__ = out.__qualname__ = name
    out.__module__ = module.__name__.replace("numpy", "jitgrad.numpy", 1)
    entry = counterparts().get(value)
    if entry is not None and entry.names.optional:
        out.__signature__ = by_newer_names(value, entry.names.optional)
    out.__doc__ = value.__doc__ if entry is None else FUNCTIONS[entry.name].__doc__
    out.__wrapped__ = value
    return out


def _function(value):  # noqa: C901 - its inner function is called for each operation
    entry = counterparts().get(value)
    quick, n = (None, -1) if entry is None else (FUNCTIONS[entry.name], entry.operands or 1)

    shapes, own = SHAPES.get(value, ()), None if n == 1 else frozenset()

    in_order = False  # whether its second argument is known to be the first parameter of the entry

    def is_its_own(args, kwargs):
        """Whether a call with a tensor and plain parameters is one of the entry's function."""
        nonlocal own, in_order
        if own is None:
            own = own_parameters(value)
            in_order = "" in own
        if not kwargs:
            return "" in own and (type(args[1]) is int or _are_plain(args[1:]))
        return len(args) == 1 and own.issuperset(kwargs) and _are_plain(kwargs.values())

    def by_form(args, kwargs):
        """A call in NumPy's form, whatever it may be."""
        if n == 1 and args and type(args[0]) is Tensor:
            found = known_call(value, args, kwargs)
            if found is not None:
                return found[0](args[0], **found[1])
        if _is_shape(args, shapes):
            return value(*args, **kwargs)
        if _is_left(args) or _is_left(kwargs.values()):
            return value(*args, **kwargs)
        return dispatch(value, args, kwargs)

    def function(*args, **kwargs):
        try:
            if in_order and len(args) == 2 and not kwargs:
                again = records.given
                if again is not None and (out := again(entry, *args)) is not None:
                    return out
            if n == 1 and args and type(args[0]) is Tensor:
                if len(args) == 1 and not kwargs:
                    return quick(args[0])
                if len(args) < 3 and is_its_own(args, kwargs):
                    return quick(*args, **kwargs)
            if len(args) == n and not kwargs and (entry.operands or _is_plain(args[0])):
                return value(*args) if _is_shape(args, shapes) else quick(*args)
            return by_form(args, kwargs)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904

    return function


def _are_plain(given):
    """Whether parameters are integers, truth values, None or several integers: no trace has to be
    told of these."""
    for parameter in given:
        kind = type(parameter)
        if kind not in PLAIN_CLASSES and (
            kind is not tuple or not INTEGERS.issuperset(map(type, parameter))
        ):
            return False
    return True


def _is_plain(sequence):
    """Whether an entry may be asked at once for a sequence: no trace has to be told of it."""
    return not active_traces and type(sequence) in (list, tuple)


def _is_shape(args, types):
    """Whether the only argument is a sequence of plain numbers, as shapes are. What is computed of
    these is a number of NumPy's, not a tensor, which ``+=`` would change where it was kept."""
    return (
        len(args) == 1
        and type(args[0]) in types
        and bool(args[0])
        and all([isinstance(v, PLAIN) for v in args[0]])
    )


def _is_left(args):
    """Whether NumPy's function is left to one of the arguments, alone or in a sequence."""
    for x in args:
        items = x if isinstance(x, (list, tuple)) else (x,)
        if any(takes_over(v) for v in items if not isinstance(v, Tensor)):
            return True
    return False


def _creation(value):
    quick = {np.array: creation.array, np.asarray: creation.asarray}.get(value)

    @surface
    def function(*args, requires_grad=False, **kwargs):
        if quick is not None and len(args) == 1 and not kwargs:
            if requires_grad is False and (out := of_tensors(args[0])) is not None:
                return out
            if _is_plain(args[0]):
                return as_leaf(quick(args[0]), requires_grad)
        kwargs.pop("like", None)
        out = dispatch(value, args, kwargs)
        if isinstance(out, np.ndarray):
            as_dtype(out.dtype)  # raises: a dtype jitgrad computes in would have given a tensor
        return as_leaf(out, requires_grad)

    return function


def ufunc_function(ufunc, entry):
    """The function of a ufunc, which `entry` stands for, if one does."""
    quick = None if entry is None else FUNCTIONS[entry.name]

    def function(*args, **kwargs):
        try:
            if quick is not None and len(args) == ufunc.nin and not kwargs:
                return quick(*args)
            if _is_left(args) or _is_left(kwargs.values()):
                return ufunc(*args, **kwargs)
            return dispatch_ufunc(ufunc, "__call__", args, kwargs)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904

    for method in METHODS:
        setattr(function, method, _method(ufunc, method))
    function.nin, function.nout, function.identity = ufunc.nin, ufunc.nout, ufunc.identity
    function.nargs, function.ntypes, function.types = ufunc.nargs, ufunc.ntypes, ufunc.types
    function.signature = ufunc.signature
    return function


def _method(ufunc, method):
    @surface
    def function(*args, **kwargs):
        return dispatch_ufunc(ufunc, method, args, kwargs)

    function.__name__ = method
    function.__doc__ = getattr(ufunc, method).__doc__
    return function
