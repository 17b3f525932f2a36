"""Functions of another library as functions on tensors.

A call runs the function at once, on arrays, and keeps what the library has recorded for its own
derivative; the results are marked with a rule (`autodiff.array_functions`) that asks the library
for cotangents. What was kept is found by a number, which is a value of the program and keeps it
alive. Where nothing is kept (under `jit`, in loops, for higher derivatives), the library computes
the function again. Start at `Incoming`; `Library` is what each library has to tell.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from ..autodiff.array_functions import ArrayFunction, ArrayRule, called
from ..base.dtypes import INT64, as_dtype
from ..base.errors import ArgumentError, JitError, JitgradError
from ..base.tree import flatten, structured
from ..frontend.convert import as_operand
from ..frontend.modes import no_grad
from ..frontend.tensor import Tensor
from ..ops.host import Aval
from ..tape.handles import from_value
from ..tape.segment import local
from ..tape.symbols import SymbolicScalar
from ..tracing.custom_arguments import is_active
from ..tracing.host_rules import apart
from ..tracing.loop_operations import recorded
from ..tracing.rule_traces import record_rule

#: A function of a list of the library's arrays that gives one of its results.
Listed = Callable[[list], list]
_numbers = itertools.count(1)
#: Functions that are known by their structure and constants; the one unused the longest goes first.
MOST_KNOWN = 64


class KeptCall:
    """What a library has kept of a call.

    ``pull(gs, led, there)`` gives the cotangents of the arrays `led`, as arrays, from those that
    are `there` of the float results; `state` is what the call depended on beside its arguments.
    """

    __slots__ = ("__weakref__", "pull", "state")

    def __init__(self, pull: Callable[..., list], state: Any = None) -> None:
        self.pull, self.state = pull, state


_kept: WeakValueDictionary[int, KeptCall] = WeakValueDictionary()


class KeptNumber(int):
    """The number of what was kept, which holds it."""

    kept: KeptCall


class Library:
    """What a library can do with functions of lists of its arrays."""

    #: What it is called.
    name: str

    def is_array(self, x: Any) -> bool:
        """Whether `x` is an array of the library's own."""
        raise NotImplementedError

    def values(self, function: Listed, arrays: Sequence[Any]) -> list:
        """The results as arrays, of a call on arrays."""
        raise NotImplementedError

    def repeated(self, function: Listed, arrays: Sequence[Any], state: Any) -> list:
        """The same of a call that may be one of several with the same result; `state` is that of
        what was kept of the first, if there is one."""
        return self.values(function, arrays)

    def keep(self, function: Listed, arrays: Sequence[Any], led: Sequence[int]) -> tuple[list, Any]:
        """The results as arrays, and what is `KeptCall` for the cotangents of the arrays `led`."""
        raise NotImplementedError

    def pulled(self, function: Listed, led: Sequence[int], there: Sequence[bool]) -> Listed:
        """The function of the arguments and of the cotangents that are `there` of the float
        results, which gives the cotangents of the arguments `led`."""
        raise NotImplementedError

    def shapes(self, function: Listed, avals: Sequence[Aval]) -> list[Aval]:
        """What the results are like, for arguments that are not known."""
        raise NotImplementedError


class Foreign(ArrayFunction):
    """A function of a library on arrays; with `token`, the one behind the first `count` is the
    number of what was kept."""

    def __init__(
        self, name: str, library: Library, function: Listed, count: int, token: bool = False
    ) -> None:
        self.name, self.library, self.function = name, library, function
        self.count, self.token = count, token
        self._pulled: dict[Any, ForeignDerivative] = {}

    def kept(self, arrays: Sequence[Any]) -> KeptCall | None:
        return _kept.get(int(arrays[self.count])) if self.token else None

    def __call__(self, *arrays: Any) -> Sequence[Any]:
        kept = self.kept(arrays)
        with apart():
            return self.library.repeated(self.function, arrays, kept and kept.state)

    def pulled(self, led: tuple[int, ...], there: tuple[bool, ...]) -> ForeignDerivative:
        found = self._pulled.get((led, there))
        if found is None:
            found = self._pulled[led, there] = ForeignDerivative(self, led, there)
        return found


class ForeignDerivative(Foreign):
    """The function that gives cotangents of another one, `inner`."""

    def __init__(self, inner: Foreign, led: tuple[int, ...], there: tuple[bool, ...]) -> None:
        function = inner.library.pulled(inner.function, led, there)
        name = f"the derivative of {inner.name}"
        super().__init__(name, inner.library, function, inner.count, inner.token)
        self.inner, self.led, self.there = inner, led, there

    def __call__(self, *arrays: Any) -> Sequence[Any]:
        kept = None if isinstance(self.inner, ForeignDerivative) else self.kept(arrays)
        if kept is None:
            return super().__call__(*arrays)
        with apart():
            return kept.pull(arrays[self.count + 1 :], self.led, self.there)


class _GivenArguments(NamedTuple):
    """The arguments of a call: `arrays` stand at `places` of the leaves, the others are as they
    were given."""

    arrays: list[Tensor]
    places: list[int]
    leaves: list[Any]
    rebuild: Callable
    key: Any


def _is_data(x: Any) -> bool:
    return isinstance(x, (Tensor, np.ndarray, np.generic))


def _constant(x: Any) -> Any:
    """What stands for a constant among the arguments, so that others are not taken for it: numbers
    and texts by what is written, objects by themselves."""
    return type(x), repr(x) if type(x) in (int, float, bool, complex, str, bytes) else id(x)


def _arguments(args: Any, kwargs: Any) -> _GivenArguments:
    leaves, structure = structured((args, kwargs))
    leaves = [x.concrete_value() if type(x) is SymbolicScalar else x for x in leaves]
    places = [k for k, x in enumerate(leaves) if _is_data(x)]
    arrays = [as_operand(leaves[k]) for k in places]
    rest = [None if k in places else x for k, x in enumerate(leaves)]
    key = structure, tuple(places), tuple([_constant(x) for x in rest])
    return _GivenArguments(arrays, places, rest, lambda values: structure.unflatten(values), key)


class Incoming:
    """A function of a library's arrays that is called with tensors.

    Parameters
    ----------
    library : Library
    function : callable
        Of containers of the library's arrays.
    like : container, optional
        What its results are like, where they cannot be known under `jit`.
    """

    def __init__(self, library: Library, function: Callable[..., Any], like: Any = None) -> None:
        if not callable(function):
            raise ArgumentError(
                f"got an object of type {type(function).__name__}, expected a function of "
                f"arrays of {library.name}"
            )
        self.library, self.function, self.like = library, function, like
        self.name = getattr(function, "__name__", type(function).__name__)
        self._known: dict[Any, Foreign] = {}

    def __call__(self, args: Any, kwargs: Any) -> Any:
        given = _arguments(args, kwargs)
        if local.seg.tracing is not None:
            return self._traced(given)
        active = [k for k, t in enumerate(given.arrays) if is_active(t)]
        seen: list[Any] = []
        listed = self._listed(given, seen.append)
        with no_grad():
            arrays = [np.array(t.detach()) for t in given.arrays]
        if not active:
            with apart():
                out = self.library.values(listed, arrays)
            return self._made(seen[-1], [as_operand(x) for x in out])
        with apart():
            out, kept = self.library.keep(listed, arrays, active)
        results = [as_operand(x) for x in out]
        return self._made(seen[-1], self._marked(given, active, results, kept))

    def _marked(
        self, given: _GivenArguments, active: Sequence[int], results: list[Any], kept: KeptCall
    ) -> list[Any]:
        """`results` with the rule of the function."""
        smooth = [k for k, t in enumerate(results) if t.dtype.kind in "fc"]
        token = KeptNumber(next(_numbers))
        token.kept = _kept[int(token)] = kept
        avals = tuple([(results[k].shape, results[k].dtype) for k in smooth])
        foreign = self._foreign(given, True)
        rule = ArrayRule(self.name, avals, tuple(active), foreign)
        sources = [*given.arrays, from_value(token, (), INT64, None)]
        made = record_rule(self.name, [results[k] for k in smooth], rule, sources)
        for k, t in zip(smooth, made, strict=True):
            results[k] = t
        return results

    def _traced(self, given: _GivenArguments) -> Any:
        """The call as an operation of the trace that is under way."""
        seen: list[Any] = []
        avals = [(t.shape, t.dtype) for t in given.arrays]
        results = self._results(self._listed(given, seen.append), avals, seen)
        foreign = self._foreign(given, False)

        def build(*nodes: Any) -> Any:
            led = {n for n in nodes if n.dtype.kind in "fc"}
            return called(foreign, results, nodes), [led] * len(results)

        key = foreign, tuple(results)
        return self._made(seen[-1], recorded(self.name, key, build, given.arrays, ()))

    def _results(self, listed: Listed, avals: Sequence[Aval], seen: list[Any]) -> list[Aval]:
        """What the results are like."""
        if self.like is not None:
            specs, _, rebuild = flatten(self.like)
            seen.append((rebuild, [_HERE] * len(specs)))
            return [(tuple(x.shape), as_dtype(x.dtype)) for x in specs]
        try:
            with apart():
                return self.library.shapes(listed, avals)
        except JitgradError:
            raise
        except Exception as error:
            raise JitError(
                f"got a call of {self.name} while a function is traced, whose results are of a "
                f"shape that {self.library.name} tells only for values ({error}); pass "
                "result_shape_dtypes, or take jit off"
            ) from error

    def _listed(self, given: _GivenArguments, saw: Callable[[Any], None] | None = None) -> Listed:
        """The function of a list of arrays, which gives a list; `saw` is told how the results were
        nested."""
        function, is_array = self.function, self.library.is_array
        places, rest, rebuild = given.places, given.leaves, given.rebuild

        def listed(arrays: list) -> list:
            leaves = list(rest)
            for k, x in zip(places, arrays, strict=False):
                leaves[k] = x
            args, kwargs = rebuild(leaves)
            found, _, remake = flatten(function(*args, **kwargs), "result")
            if saw is not None:
                saw((remake, [_HERE if is_array(x) else x for x in found]))
            return [x for x in found if is_array(x)]

        return listed

    def _foreign(self, given: _GivenArguments, token: bool) -> Foreign:
        """The function on arrays for these arguments: one for all calls that are alike, so that
        these are one program."""
        key = (*given.key, token)
        found = self._known.pop(key, None)
        if found is None:
            found = Foreign(self.name, self.library, self._listed(given), len(given.arrays), token)
        self._known[key] = found
        while len(self._known) > MOST_KNOWN:
            self._known.pop(next(iter(self._known)), None)
        return found

    def _made(self, seen: Any, arrays: Sequence[Any]) -> Any:
        """The results, as the function nested them."""
        remake, leaves = seen
        values = iter(arrays)
        return remake(iter([next(values) if x is _HERE else x for x in leaves]))


#: Where an array was among the leaves of a result.
_HERE = object()
