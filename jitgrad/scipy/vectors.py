"""Between SciPy and functions of tensors: SciPy's solvers call functions on vectors, thousands of
times, and know nothing of containers or tensors.

A `Start` is a container of numbers as the vector that SciPy has in its place; a `Called` is a
transform of a function through `jit`, arrays in and arrays out. Start at these.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from .. import numpy as jnp
from ..base.errors import (
    ArgumentError,
    DTypeError,
    GradientWarning,
    JitError,
    JitgradWarning,
)
from ..base.tree import flatten
from ..frontend.convert import as_operand
from ..frontend.modes import no_grad
from ..frontend.tensor import Tensor
from ..tape.segment import local
from ..tracing.jit import jit
from ..tree import ravel

#: The attribute of a function that holds what `kept` made for it.
CALLS = "__jitgrad_calls__"
NUMBERS = (bool, int, float, np.number)


def is_array_like(x: Any) -> bool:
    """Whether SciPy takes `x` for an array: an array, a tensor, a number, or nested lists of
    numbers; all else are containers."""
    if isinstance(x, (list, tuple)):
        return type(x) in (list, tuple) and all(is_array_like_part(part) for part in x)
    return isinstance(x, (Tensor, np.ndarray, *NUMBERS))


def is_array_like_part(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return is_array_like(x)
    return isinstance(x, NUMBERS) or (isinstance(x, Tensor) and not x.ndim)


class Start:
    """Where a solver starts, or what it solves for: an array, or a container of arrays.

    Attributes
    ----------
    vector : ndarray
        Of float64, as SciPy has it; of shape (n,).
    plain : bool
        The user's functions get the vector as it is.
    """

    def __init__(self, x: Any, what: str = "x0") -> None:
        self.array_like = is_array_like(x)
        if self.array_like:
            t = as_operand(x)
            self._check(t, what)
            x = t if isinstance(x, Tensor) else np.asarray(t.detach())
            t = t if t.dtype.kind == "f" else t.to(np.float64)
            self.leaves = [x]
            self.shape = t.shape or (1,)
            self.dtype = t.dtype
            vector = t.detach().reshape((-1,))
        else:
            self.leaves, names, rebuild = flatten(x, what)
            parts = [as_operand(leaf) for leaf in self.leaves]
            for t, name in zip(parts, names, strict=True):
                self._check(t, name)
            parts = [
                t.detach() if t.dtype.kind == "f" else t.detach().to(np.float64) for t in parts
            ]
            self.rebuild = rebuild
            vector, self.unravel = ravel(rebuild(iter(parts)))
        #: Starts with equal keys are taken alike; None for containers, which are not compared.
        self.key = (self.shape, self.dtype) if self.array_like else None
        self.plain = self.array_like and len(self.shape) == 1 and self.dtype == np.float64
        self.vector = np.array(vector, np.float64)

    @staticmethod
    def _check(t: Tensor, name: str) -> None:
        if t.dtype.kind not in "fiu":
            raise DTypeError(f"got {name} of dtype {t.dtype}, expected floats")

    def container(self, vector: Any) -> Any:
        """What the user's functions get for a vector, a tensor or an array."""
        if not self.array_like:
            return self.unravel(vector)
        x = vector if len(self.shape) == 1 else vector.reshape(self.shape)
        return x if x.dtype == self.dtype else x.astype(self.dtype)

    def taking(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """`f` as a function of the vector."""
        if self.plain:
            return f

        def of_vector(vector: Any, *args: Any) -> Any:
            return f(self.container(vector), *args)

        of_vector.__name__ = getattr(f, "__name__", type(f).__name__)
        return of_vector

    def handed(self, vector: Any) -> Any:
        """A solution as the start came: tensors for tensors, arrays for arrays, floats for floats;
        tensors for all where it is one that requires grad."""
        if isinstance(vector, Tensor):
            return self.container(vector)
        out = self.container(vector)
        if self.array_like:
            return as_operand(out) if isinstance(self.leaves[0], Tensor) else out
        parts = flatten(out)[0]
        return self.rebuild(
            iter([_like(x, leaf) for x, leaf in zip(parts, self.leaves, strict=True)])
        )


def _like(x: Any, leaf: Any) -> Any:
    if isinstance(leaf, Tensor):
        return as_operand(x)
    return float(x) if isinstance(leaf, (int, float)) else x


class Called:
    """``transform(f)`` through `jit`, without gradients: arrays in, arrays out. A function that
    asks for values is run as it is."""

    def __init__(self, f: Callable[..., Any], transform: Callable[..., Any] | None = None) -> None:
        if not callable(f):
            raise ArgumentError(
                f"got an object of type {type(f).__name__} as a function to solve, expected a "
                "function of x"
            )
        self.name = getattr(f, "__name__", type(f).__name__)
        self.plain = f if transform is None else transform(f)
        self.jitted: Any = jit(self.plain)

    def __call__(self, *args: Any) -> Any:
        with no_grad():
            if self.jitted is not None:
                try:
                    return self.jitted(*args)
                except JitError as error:
                    reason = str(error)
                self.jitted = None
                out = self.plain(*args)  # which may raise, and then there is nothing to warn of
                warnings.warn(
                    f"{self.name} is run operation by operation in each call, since jit does not "
                    f"take it: {reason}",
                    JitgradWarning,
                    stacklevel=2,
                )
                return out
            return self.plain(*args)


def kept(owner: Any, key: Hashable, make: Callable[[], Any]) -> Any:
    """What `make` gives, made once for a function of the user's, `owner`, and a key: a function
    that is solved again is not traced again. It is kept with the function."""
    try:
        known = vars(owner).setdefault(CALLS, {})
    except TypeError:  # an object without attributes of its own
        return make()
    if key not in known:
        known[key] = make()
    return known[key]


def ravelled(out: Any) -> Any:
    """A result as a vector; a list of numbers and tensors is one, as for SciPy."""
    if isinstance(out, Tensor):
        return out if out.ndim == 1 else out.reshape((-1,))
    if isinstance(out, (np.ndarray, *NUMBERS)):
        return as_operand(np.ravel(out))
    parts = [as_operand(leaf).reshape((-1,)) for leaf in flatten(out, "the result")[0]]
    if not parts:
        raise ArgumentError("got an empty result, expected an array")
    return jnp.concatenate(parts)


def as_arrays(x: Any) -> Any:
    """Tensors in an argument of SciPy's, without gradients, as arrays."""
    leaves, _, rebuild = flatten(x)
    return rebuild(
        iter([np.asarray(leaf.detach()) if isinstance(leaf, Tensor) else leaf for leaf in leaves])
    )


def known(x: Any) -> np.ndarray | None:
    """The values of an array, or None where they are those of a later call, as `jit` traces."""
    if not isinstance(x, Tensor):
        return np.asarray(x)
    return None if local.seg.tracing is not None else np.asarray(x.detach())


def constants(args: Any) -> tuple[Any, ...]:
    """Further arguments of a function, as a solver calls it with: tensors without gradients."""
    leaves, _, rebuild = flatten(as_tuple(args))
    return rebuild(iter([leaf.detach() if isinstance(leaf, Tensor) else leaf for leaf in leaves]))


#: Residuals up to which an equation counts as solved, where a solver would like more digits.
SOLVED = 1e-5


def warn_unsolved(name: str, found: Any, residual: Any = np.inf) -> None:
    """That derivatives are those of an equation which a solver did not solve; `residual` is what is
    left of it, relative to the size of its terms."""
    if not found.success and not np.all(np.abs(residual) <= SOLVED):
        warnings.warn(
            f"{name} did not converge, so derivatives of what it gives are not those of a solution "
            f"({found.message}); start nearer, or allow more steps",
            GradientWarning,
            stacklevel=4,
        )


def outside_jit(solver: Callable[..., Any]) -> Callable[..., Any]:
    """A solver whose error, while `jit` traces, says that it was called there."""

    @functools.wraps(solver)
    def solved(*args: Any, **kwargs: Any) -> Any:
        traced = local.seg.tracing is not None
        try:
            return solver(*args, **kwargs)
        except JitError as error:
            if not traced:
                raise
            raise JitError(
                f"got {solver.__name__} in a function that jit traces, expected it outside: SciPy "
                "asks for numbers, which only a call has. Leave jit off there: what is solved goes "
                "through jit by itself, and solutions have gradients"
            ) from error

    return solved


def as_tuple(args: Any) -> tuple[Any, ...]:
    """SciPy's `args`, where one argument stands for itself."""
    return args if isinstance(args, tuple) else (args,)
