"""NumPy's protocols on `Tensor`: what ``np.sin(x)``, ``array * x``, ``np.sum(x)`` or
``np.add.reduce(x)`` do.

A NumPy function is found in one of three places (`dispatch`): among the functions with a meaning of
their own for tensors (`special`, and the formulas of `composed`, `rearranged`, `statistics` and
`contraction`), among those an entry of the catalogue stands for, which are called in NumPy's form
(`calls`, `ufuncs`), and else it runs on values, and raises `GradientError` where that would lose a
gradient (`plain`). The namespace `jitgrad.numpy` goes the same way. `protocols` puts the functions
that answer NumPy on the class.

Start at `dispatch`; `counterparts` is how the table comes from the registry.
"""

import functools
import sys

import numpy as np

from ..base.errors import ArgumentError, JitgradError
from ..base.foreign import ARRAYS, ask, refuse_data
from ..base.surface import refused, trimmed
from ..frontend.dlpack import CPU, exported
from ..frontend.functions import FUNCTIONS
from ..frontend.operators import defers
from ..frontend.tensor import Tensor
from ..ops import REGISTRY
from ..tape.segment import active_traces, local
from .array_api import API_VERSIONS
from .fallback import fallback
from .foreign_ufuncs import call_outside, scipys
from .functions import load
from .functions.writes import HANDLERS, nonzero_where
from .signature import CallingForm, call, known_call
from .ufunc_methods import METHODS

#: Functions of `np.linalg` that are those of NumPy's main namespace; its diagonal and trace take
#: other axes.
SAME = ("matmul", "matrix_transpose", "outer", "tensordot", "vecdot")


#: Classes of operands that know of no other arrays.
KNOWN = frozenset((Tensor, np.ndarray, np.float64, float, int))


@functools.cache
def counterparts():
    """The entry that stands for a NumPy function, for each of its names in NumPy."""
    out = {}
    for entry in REGISTRY.values():
        if entry.public and entry.numpy is not None:
            others = [getattr(np, name, None) for name in entry.names.aliases]
            others += [getattr(np.linalg, entry.name, None)] if entry.name in SAME else []
            out.update(dict.fromkeys([entry.numpy, *filter(callable, others)], entry))
    return out


class _Forms(dict):
    """NumPy function -> `CallingForm`, made when first asked for."""

    def __missing__(self, function):
        form = self[function] = CallingForm(counterparts()[function], function)
        return form


FORMS = _Forms()


def dispatch(function, args, kwargs):
    """``function(*args, **kwargs)`` for a function of NumPy's, with tensors among the arguments."""
    trace = local.seg.tracing if active_traces else None
    try:
        if trace is None or trace.inside:
            return _dispatch(function, args, kwargs)
        with trace.admitted((args, kwargs)):
            return _dispatch(function, args, kwargs)
    except JitgradError:
        raise
    except REFUSED as error:
        _retell(error, function)
        raise


#: What NumPy raises for arguments that it does not take.
REFUSED = (TypeError, ValueError, IndexError, OverflowError)


def _retell(error, function):
    """Raises jitgrad's error where `error` is NumPy's for the arguments of `function`."""
    typed = refused(error, getattr(function, "__name__", function))
    if typed is not None:
        raise typed from None


def formula(function):
    """What stands for a function of NumPy's that no entry stands for, or None.

    The formulas are imported when one is asked for: `import jitgrad`, and programs of entries, do
    without."""
    load()
    return HANDLERS.get(function)


def _dispatch(function, args, kwargs):
    known = function in counterparts()
    handler = HANDLERS.get(function) or (None if known else formula(function))
    if handler is not None or known:
        refuse_data(args, kwargs)
    if handler is not None:
        return handler(*args, **kwargs)
    if not known:
        return fallback(function, args, kwargs)
    if function is np.where and len(args) == 1:
        return nonzero_where(*args)
    return call(FORMS[function], args, kwargs)


def own_parameters(function):
    """Parameters of a function of NumPy's that are, by the same names, those of the entry that
    stands for it; with "", where the first of these is the second argument of both. None of them
    where more than a call of the entry's function is done."""
    if formula(function) is not None or function not in counterparts():
        return frozenset()
    form = FORMS[function]
    names = {name for name, own in form.statics.items() if name == own}
    second = form.positional[1] if len(form.positional) > 1 else None
    is_first = form.statics.get(second) == next(iter(form.entry.params), "")
    return frozenset(names | {""} if is_first else names)


def dispatch_ufunc(ufunc, method, inputs, kwargs):
    """A ufunc or one of its methods."""
    trace = local.seg.tracing if active_traces else None
    try:
        if trace is None or trace.inside:
            return _dispatch_ufunc(ufunc, method, inputs, kwargs)
        with trace.admitted((inputs, kwargs)):
            return _dispatch_ufunc(ufunc, method, inputs, kwargs)
    except JitgradError:
        raise
    except REFUSED as error:
        _retell(error, ufunc)
        raise


def _dispatch_ufunc(ufunc, method, inputs, kwargs):
    refuse_data(inputs, kwargs)
    if ufunc not in counterparts():
        if method == "__call__" and formula(ufunc) is not None:
            return HANDLERS[ufunc](*inputs, **kwargs)
        public = getattr(np, ufunc.__name__, None)
        if (
            method == "__call__" and public in counterparts()
        ):  # the ufunc behind np.clip, which ``array.clip(x)`` calls
            return call(FORMS[public], inputs, kwargs)
        form = scipys(ufunc)
        if form is None:
            return call_outside(ufunc, method, inputs, kwargs)
    else:
        form = FORMS[ufunc]
    if method == "__call__":
        return call(form, inputs, kwargs)
    return METHODS[method](form, FORMS, *inputs, **kwargs)


# --- the protocols --------------------------------------------------------------------------------


def array_ufunc(self, ufunc, method, *inputs, **kwargs):
    """NEP 13: ufuncs, and with them the operators of arrays."""
    try:
        if method == "__call__" and not kwargs and KNOWN.issuperset(map(type, inputs)):
            entry = counterparts().get(ufunc)  # most are such
            if entry is not None:
                return FUNCTIONS[entry.name](*inputs)
        operands = (
            inputs if method != "at" else (*inputs[:1], *inputs[2:])
        )  # the second is an index
        for x in (*operands, *kwargs.get("out", ())):
            if x is not None and defers(x):
                return _ask_ufunc(ufunc, method, operands, inputs, kwargs)
        if method == "__call__" and not kwargs:
            entry = counterparts().get(ufunc)
            if entry is not None:
                return FUNCTIONS[entry.name](*inputs)
        return dispatch_ufunc(ufunc, method, inputs, kwargs)
    except JitgradError as error:
        raise trimmed(error)  # noqa: B904


def _ask_ufunc(ufunc, method, operands, inputs, kwargs):
    """What the first other operand that takes a ufunc over makes of it."""
    others = [x for x in (*operands, *kwargs.get("out", ())) if x is not None and defers(x)]
    name = f"{ufunc.__name__}()"
    return ask("__array_ufunc__", others, name, ufunc, method, *inputs, **kwargs)


#: What SciPy makes arrays of arguments and of what the user's functions return by, before compiled
#: code gets them.
TO_ARRAYS = frozenset((np.atleast_1d, np.atleast_2d, np.atleast_3d))


def _is_scipy(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0] == "scipy"


def array_function(self, function, types, args, kwargs):
    """NEP 18: the other functions of NumPy."""
    try:
        quick = _of_an_entry(function, args, kwargs) if len(types) == 1 and args else None
        if quick is not None:
            return quick[0](args[0], **quick[1])
        if function in TO_ARRAYS and _is_scipy(sys._getframe(1)):
            return function(*[np.array(x) for x in args])
        others = tuple(t for t in types if t not in ARRAYS and not issubclass(t, Tensor))
        if others:
            takers = list(_of_types(others, (args, kwargs)))
            name = f"{function.__name__}()"
            return ask("__array_function__", takers, name, function, types, args, kwargs)
        return dispatch(function, args, kwargs)
    except JitgradError as error:
        raise trimmed(error)  # noqa: B904


def _of_an_entry(function, args, kwargs):
    """The function of an entry and its parameters, for a call that is seen to be one of it at
    once."""
    if type(args[0]) is Tensor:
        return known_call(function, args, kwargs)
    if kwargs or active_traces or len(args) > 1 or type(args[0]) not in (list, tuple):
        return None
    entry = counterparts().get(function)
    return None if entry is None or entry.operands is not None else (FUNCTIONS[entry.name], {})


def _of_types(kinds, x):
    """The objects of these classes in nested sequences and dictionaries, in their order."""
    if type(x) in kinds:
        yield x
    elif isinstance(x, (list, tuple, dict)):
        for item in x.values() if isinstance(x, dict) else x:
            yield from _of_types(kinds, item)


def array_namespace(self, *, api_version=None):
    """The namespace of the array API standard: `jitgrad.numpy`."""
    if api_version is not None and api_version not in API_VERSIONS:
        raise ArgumentError(
            f"got api_version={api_version!r}, expected one of {', '.join(API_VERSIONS)}"
        )
    return sys.modules[__package__]


def dlpack(self, *, stream=None, max_version=None, dl_device=None, copy=None):
    """The values for another library, which may write to them: a copy, or the memory itself,
    read-only, where ``copy=False`` asks for it."""
    return exported(self, stream, max_version, dl_device, copy)


def dlpack_device(self):
    """The CPU, in DLPack's words."""
    return CPU
