"""Calls: which function is called, and how its arguments are passed. Part of the front.

Start at `Calls.call`; NumPy's functions of arrays are in `numpy_calls` and `numpy_as_loops`.
"""

import inspect
import types as python_types

import numpy as np

from ..runtime.numba.inference import BOOL, F64, I64, from_dtype, types
from .abstract_values import ArrayValue
from .array_values import is_array
from .form import Val
from .local_functions import LocalFunction
from .markers import Marker, marker_of
from .numpy_as_loops import AS_LOOPS
from .outside import is_outside, rule_of
from .scalars import NAMES

METHODS = frozenset(
    "sum mean min max copy dot prod std var argmin argmax cumsum cumprod all any trace".split()
)
#: Methods that change the array.
IN_PLACE = frozenset(("sort",))
#: Methods that are functions here, or views.
SHAPED = frozenset(("transpose", "ravel", "flatten", "reshape"))
#: Functions of Python that are `call_<name>` here.
BUILTINS = {f.__name__: f for f in (len, round, min, max, sum)}


def _module(fn):
    return getattr(fn, "__module__", "") or ""


class Calls:
    def call(self, fn, args, kwargs):
        if marker_of(fn) is Marker.STOP:
            return self.elementwise("stop", self.bindable(args[0]))
        if fn is print:
            return None
        if isinstance(fn, (types.Type, type)):
            return self.call_type(fn, args, kwargs)
        if rule_of(fn) is not None or is_outside(fn):
            return self.outside_call(fn, self.in_order(fn, args, kwargs))
        own = BUILTINS.get(getattr(fn, "__name__", ""))
        if own is fn:
            return getattr(self, f"call_{fn.__name__}")(*args)
        if self.is_of_numbers(fn) and not kwargs:
            return self.elementwise(NAMES[fn.__name__], *args)
        if isinstance(fn, np.ufunc) or _module(fn).split(".")[0] == "numpy":
            return self.call_numpy(fn, args, kwargs)
        return self.call_user(fn, args, kwargs)

    def is_of_numbers(self, fn):
        known = fn is abs or isinstance(fn, np.ufunc) or _module(fn) == "math"
        return known and getattr(fn, "__name__", "") in NAMES

    def call_numpy(self, fn, args, kwargs):
        name = fn.__name__
        do = getattr(self, "np_" + name, None)
        as_loops = AS_LOOPS.get((name, *map(self.rank, args)))
        if do is None and as_loops is not None and not kwargs:
            return self.as_loops(as_loops, args)
        if do is None:
            self.refuse(f"got np.{name}, which has no derivative here; write it as a loop")
        return self.called(do, name, args, kwargs)

    def rank(self, x):
        """How many axes an argument has; None for what is no number and no array."""
        if is_array(x):
            return len(self.arr(x).shape)
        return 0 if isinstance(x, Val) else None

    def call_user(self, fn, args, kwargs):
        if hasattr(fn, "native_name"):
            fn = fn.__wrapped__  # a function of numba.cfunc
        if isinstance(fn, LocalFunction):
            return self.call_local(fn, args, kwargs)
        if isinstance(getattr(fn, "py_func", fn), python_types.FunctionType):
            run = self.in_place if self.in_rule else self.inline
            return run(fn, args, kwargs)
        self.refuse(
            f"got a call of {getattr(fn, '__name__', '') or repr(fn)}, which cannot be looked "
            "into, expected functions made by def, and those of NumPy and math"
        )

    def in_order(self, fn, args, kwargs):
        """Arguments by name in their places, and defaults."""
        if not kwargs and is_outside(fn):
            return args
        try:
            bound = inspect.signature(fn).bind(*args, **kwargs)
        except (TypeError, ValueError) as error:
            self.refuse(f"got a call of {fn.__name__} that does not fit it: {error}")
        for name, p in bound.signature.parameters.items():
            if name not in bound.arguments:
                bound.arguments[name] = self.constant(p.default)
        return [bound.arguments[name] for name in bound.signature.parameters]

    def called(self, do, name, args, kwargs):
        try:
            inspect.signature(do).bind(*args, **kwargs)
        except TypeError:
            self.refuse(
                f"got np.{name} with arguments that are not differentiated "
                f"({', '.join(kwargs) or len(args)}); write it as a loop"
            )
        return do(*args, **kwargs)

    def call_type(self, fn, args, kwargs):
        """A number converted; a named tuple made."""
        if isinstance(fn, type) and issubclass(fn, tuple):
            if not hasattr(fn, "_fields"):
                return args[0]
            return fn(*map(self.bindable, args), **{k: self.bindable(v) for k, v in kwargs.items()})
        known = isinstance(fn, types.Type) or issubclass(fn, np.generic) or fn in (float, int, bool)
        if not known:
            self.refuse(f"got {fn.__name__}(), which is not differentiated")
        t, x = self.dtype(fn), self.number(args[0])
        return self.truth(x) if t == BOOL else self.b.cast(x, t)

    def call_len(self, x):
        return self.b.const(len(x)) if isinstance(x, tuple) else self.arr(x).shape[0]

    def call_round(self, x):
        return self.b.cast(self.b.pure("rint", self.number(x)), I64)

    def call_sum(self, x):
        if isinstance(x, tuple):
            out = self.b.const(0)
            for v in x:
                out = self.elementwise("add", out, v)
            return out
        return self.np_sum(x)

    def call_min(self, *args):
        return self.extreme_of("min", args)

    def call_max(self, *args):
        return self.extreme_of("max", args)

    def extreme_of(self, fn, args):
        items = list(args[0]) if len(args) == 1 and isinstance(args[0], tuple) else list(args)
        if len(items) == 1 and is_array(items[0]):
            return self.extreme(items[0], fn)
        out = self.number(items[0])
        for x in items[1:]:
            out = self.b.pure(fn, out, self.number(x))
        return out

    def method(self, m, args, kwargs):
        """A method of an array."""
        x, name = m.x, m.name
        if name == "fill":
            return self.write(self.arr(x), args[0])
        if name in METHODS:
            return self.called(getattr(self, f"np_{name}"), name, [x, *args], kwargs)
        if name in SHAPED:
            return getattr(self, f"np_{name}")(x, *args)
        as_loops = AS_LOOPS.get((name, *map(self.rank, [x, *args])))
        if as_loops is not None and name not in IN_PLACE and not kwargs:
            return self.as_loops(as_loops, [x, *args])
        if name == "astype":
            t, arr = self.dtype(args[0]), self.arr(x)
            return ArrayValue(arr.shape, t, lambda index: self.b.cast(arr.at(index), t), arr.reads)
        self.refuse(
            f"got the method {name} of an array, which is not differentiated; write it as a loop, "
            "or with NumPy's functions"
        )

    def dtype(self, x, default=F64):
        if x is None:
            return default
        if isinstance(x, types.NumberClass):
            return x.instance_type
        if isinstance(x, types.Type):
            return x
        return {float: F64, int: I64, bool: BOOL}.get(x) or from_dtype(x)
