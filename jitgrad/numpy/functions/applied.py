"""NumPy functions that call one: `apply_along_axis`, `apply_over_axes`, `piecewise`, `fromfunction`
and `vectorize`.

What is called gets tensors, and what it gives back is put together again, so that gradients go
through it. Start at `apply_along_axis`.
"""

import functools
import math
import operator
import re

import numpy as np

from ...base.errors import ArgumentError, ShapeError
from ...frontend.convert import as_operand
from ...frontend.tensor import Tensor
from ...ir.shapes import broadcast_shapes, normalize_axis
from ...tape.segment import local
from ..fallback import arrays
from .composed import op
from .writes import handler


@handler
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    x = as_operand(arr)
    axis = normalize_axis(axis, x.ndim)
    rows = op.moveaxis(x, axis, -1)
    lead = rows.shape[:-1]
    if 0 in lead:
        raise ShapeError(
            f"got shape {x.shape} to apply a function along axis {axis}, expected elements on "
            "other axes"
        )
    out = op.stack([as_operand(func1d(rows[k], *args, **kwargs)) for k in np.ndindex(lead)])
    out = out.reshape((*lead, *out.shape[1:]))
    several = out.ndim - len(lead)
    return op.moveaxis(out, tuple(range(len(lead), out.ndim)), tuple(range(axis, axis + several)))


@handler
def apply_over_axes(func, a, axes):
    x = out = as_operand(a)
    for axis in np.atleast_1d(np.asarray(arrays(axes))).tolist():
        axis = normalize_axis(axis, x.ndim)
        result = as_operand(func(out, axis))
        result = (
            result.reshape((*result.shape[:axis], 1, *result.shape[axis:]))
            if result.ndim < out.ndim
            else result
        )
        if result.ndim != out.ndim:
            raise ShapeError(
                f"got a result of {result.ndim} dimensions from the function applied over axis "
                f"{axis} of "
                f"{out.ndim} dimensions, expected as many, or one less"
            )
        out = result
    return out


@handler
def piecewise(x, condlist, funclist, *args, **kw):
    x = as_operand(x)
    conditions = _conditions(condlist, x)
    if any(c.shape != x.shape for c in conditions):
        raise ShapeError(
            f"got conditions of shapes {[c.shape for c in conditions]} for shape {x.shape}, "
            "expected that"
        )
    if len(funclist) == len(conditions) + 1:
        conditions.append(~functools.reduce(operator.or_, conditions))
    if len(funclist) != len(conditions):
        raise ArgumentError(
            f"got {len(conditions)} conditions and {len(funclist)} functions, expected as many, "
            "or a function more"
        )
    shape = x.shape
    if isinstance(conditions[0], Tensor) and not shape:  # a mask has an axis
        x, conditions = x.reshape((1,)), [c.reshape((1,)) for c in conditions]
    out = as_operand(np.zeros(x.shape, x.dtype))
    for condition, function in zip(conditions, funclist, strict=True):
        if not callable(function):
            out[condition] = function
        elif isinstance(condition, Tensor) or condition.any():
            out[condition] = function(x[condition], *args, **kw)
    return out.reshape(shape)


def _conditions(condlist, x):
    """Masks: arrays, or tensors while `jit` traces, where ``x[mask]`` stands for the elements of
    any call."""
    if local.seg.tracing is not None and any(
        isinstance(c, Tensor)
        for c in (condlist if isinstance(condlist, (list, tuple)) else [condlist])
    ):
        alone = isinstance(condlist, Tensor) and condlist.ndim == x.ndim
        return [as_operand(c).to(np.bool_) for c in ([condlist] if alone else condlist)]
    conditions = arrays(condlist)
    if np.isscalar(conditions) or (
        not isinstance(conditions[0], (list, np.ndarray)) and x.ndim
    ):  # one alone
        conditions = [conditions]
    return [np.asarray(c, bool) for c in conditions]


@handler
def fromfunction(function, shape, *, dtype=float, like=None, **kwargs):
    return function(*map(as_operand, np.indices(shape, dtype=dtype)), **kwargs)


# --- vectorize ------------------------------------------------------------------------------------


class vectorize(np.vectorize):
    """`numpy.vectorize`, which calls the function with tensors: gradients go through it.

    Examples
    --------
    >>> from jitgrad import numpy as jnp
    >>> step = jnp.vectorize(lambda x: x * x if x > 0 else 0 * x)
    >>> jitgrad.grad(lambda x: step(x).sum())(jitgrad.tensor([-1.0, 3.0]))
    tensor([0., 6.])
    """

    def __call__(self, *args, **kwargs):
        left = {name: x for name, x in kwargs.items() if name in self.excluded}
        names = [name for name in kwargs if name not in self.excluded]
        places = [k for k in range(len(args)) if k not in self.excluded]
        operands = [
            as_operand(x) for x in (*(args[k] for k in places), *(kwargs[name] for name in names))
        ]

        def call(*elements):
            given = list(args)
            for k, x in zip(places, elements, strict=True):
                given[k] = x
            return self.pyfunc(
                *given, **left, **dict(zip(names, elements[len(places) :], strict=True))
            )

        if not operands:
            return call()
        cores = _cores(self.signature, len(operands)) if self.signature else [0] * len(operands)
        out = _each(call, operands, cores)
        if self.otypes:
            out = [x.to(t) for x, t in zip(out, self.otypes, strict=True)]
        return out[0] if len(out) == 1 else tuple(out)


def _cores(signature, n):
    """How many of the last axes of each operand a call gets."""
    terms = re.findall(r"\(([^)]*)\)", signature.partition("->")[0])
    if len(terms) != n:
        raise ArgumentError(
            f"got {n} operands for the signature {signature!r}, expected {len(terms)}"
        )
    return [len([name for name in term.split(",") if name.strip()]) for term in terms]


def _each(call, operands, cores):
    """The results of the calls, each stacked, for all places of the leading axes of the operands
    together."""
    for x, k in zip(operands, cores, strict=True):
        if x.ndim < k:
            raise ShapeError(
                f"got an operand of shape {x.shape}, expected {k} axes at least, as its signature "
                "has"
            )
    lead = broadcast_shapes(*(x.shape[: x.ndim - k] for x, k in zip(operands, cores, strict=True)))
    if not math.prod(lead):
        raise ShapeError(
            f"got operands of shape {lead} to call a function for each element of, expected "
            "elements"
        )
    operands = [
        x.broadcast_to((*lead, *x.shape[x.ndim - k :]))
        for x, k in zip(operands, cores, strict=True)
    ]
    results = [call(*(x[place] for x in operands)) for place in np.ndindex(lead)]
    results = [r if isinstance(r, tuple) else (r,) for r in results]
    return [_joined(column, lead) for column in zip(*results, strict=True)]


def _joined(values, lead):
    values = [x if isinstance(x, Tensor) else as_operand(np.asarray(x)) for x in values]
    dtype = values[0].dtype  # that of the first call, as in NumPy
    try:
        out = op.stack([x.to(dtype) for x in values])
    except ShapeError:
        raise ShapeError(
            "got results of several shapes from a vectorized function, expected one"
        ) from None
    return out.reshape((*lead, *out.shape[1:]))
