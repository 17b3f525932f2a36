"""`jit`: a function that is traced once for each kind of call, and from then on replayed without
being run.

A call checks whether the last trace is for it: one generated Python function (`replay`) fetches
the arguments and captured variables (`captures`), returns GUARD_FAILED if they are not what was
traced, and else runs one plan. If it is not, the others of the same dtypes and shapes are tried,
then the function is run and traced (`tape.symbolic`). Start at `jit` and `Jitted.call`.
"""

from __future__ import annotations

import collections
import functools
import inspect
import types
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base import tree
from ..base.anomaly import looks
from ..base.collection import uncollected
from ..base.dtypes import native
from ..base.errors import ArgumentError, JitError, JitgradError, JitgradWarning
from ..base.locks import lock
from ..base.surface import trimmed
from ..ir.shapes import as_int
from ..tape.execute import flush
from ..tape.handles import Handle
from ..tape.running import Tracing, running
from ..tape.segment import Segment, active_traces, local
from ..tape.symbolic import Trace, Unreplayable
from ..tape.symbols import SymbolicScalar
from .captures import CONTAINERS, Captures
from .checking import Kept, Log, difference
from .introspection import name_of
from .replay import GUARD_FAILED, CompiledCall

if TYPE_CHECKING:
    from ..runtime.plan import Plan
    from .source import Source

#: What may be a generator or coroutine function.
FUNCTIONS = (types.FunctionType, types.MethodType, functools.partial)
#: Kinds of calls that a function keeps traces of, and traces of one kind from which it is
#: called as it is.
KINDS, AGAIN = 256, 16


def jit(
    function: Callable[..., Any] | None = None,
    *,
    static_argnums: Any = (),
    static_argnames: Any = (),
    check: bool = False,
) -> Callable[..., Any]:
    """`function`, traced once for each kind of call and then replayed: guards on the arguments,
    then one plan.

    For functions that do the same each time: losses, gradients
    (``jit(jitgrad.value_and_grad(f))``), whole steps of an optimiser. A trace is for the shapes
    and dtypes of its arguments, and takes milliseconds of Python for each new shape; kernels are
    shared by all shapes, and compiled once for each dtype, rank and layout. A call of a small
    function takes 1 to 3 us.

    - Tensors, NumPy arrays and Python floats and ints are arguments, by position or name, also
      within lists, tuples, dicts and dataclasses, and results may be in the same; arrays are
      tensors within the function. Anything else (strings, bools, None, functions, objects) is a
      constant: another one is another trace.
    - An int or float whose value is asked for (``if n > 2``, ``range(n)``, an axis) becomes one,
      too.
    - A concrete value of what depends on a tensor among the arguments (``if x.sum() > 0``,
      ``float``, ``np.asarray``) raises `JitError` at that line: use `jitgrad.where`, or leave `jit`
      off.
    - What the function reaches by the variables it names is looked up in each call: globals,
      closures, attributes, elements of containers, and the same for the functions, methods and
      special methods (``__getitem__``, ``__iter__``...) it calls; not within installed packages
      other than its own. Tensors, and NumPy arrays that are operands, are as good as arguments:
      they, and views such as ``A.T`` and ``A[0]``, may be bound anew or written to. Where anything
      else there has changed, the function is traced again.
    - An array or tensor that cannot be looked up (of an iterator, a cache, a table of pandas)
      raises `JitError`. Arrays that NumPy makes within the function (``np.eye(2)``, ``A * 2``)
      belong to the trace, which is then for these contents of the arrays outside; where the
      function also reaches what cannot be looked into, they raise, too.
    - **Numbers are looked up where a name leads to them, like all else. Any other number (of a
      clock, a random generator, an iterator, an element of an array that is an operand) stays that
      of the trace.** ``check=True`` finds them.
    - Index tensors (``x[jitgrad.argsort(x)]``, ``x[i]``) are traced, and checked in each call;
      boolean masks give results of other shapes and raise.
    - Writes to arguments and to tensors from outside, their ``.grad`` and ``requires_grad``, happen
      in each call.
    - Gradients go through a call as through the function, of any order. Results require grad if
      they depend on inputs that do, and are then computed when their value is needed, together with
      what else is pending.
    - Gradients, and values of `value_and_grad`, are like what the function was called with, as
      without `jit`: arrays for arrays, floats for floats. Within the function they are tensors; so
      are all other results.
    - Arguments may be one another, views of one another, or what the function reaches by name, too.
      Results that are views (of tensors among arguments or outside, or of each other) share their
      memory, and one given back as it is, is itself. Where what the function writes to, or
      differentiates with respect to, is reached in two ways that it was not traced with, it is
      traced again, or called as it is.
    - What the function did before it raised an exception, stays; only a `JitError` takes all back.
    - `jitgrad.randn` and its kin draw anew in each call. All else that the function does beside
      (prints, writes into arrays by NumPy) is done when it is traced, only then.
    - Functions under `jit` are pickled as functions are: by name, or by `cloudpickle` (joblib,
      Dask, Ray) by value, and are traced anew there.
    - What cannot be replayed is called as it is, with a `JitgradWarning` that says why.

    Parameters
    ----------
    function : callable
    static_argnums : int or sequence of int
        Positional arguments whose numbers are constants, so that the function may branch on them.
    static_argnames : str or sequence of str
        The same for arguments given by name.
    check : bool
        For tests: trace in each call, and raise `JitError`, with the line, where a trace is
        not what the one is that would have served the call.

    Returns
    -------
    callable
        With `clear_cache()`, which forgets all traces, and `plans()`, the plans of those
        there are.

    Raises
    ------
    JitError
        While tracing: a request for a concrete value, or a tensor that no later call could find
        again.

    Examples
    --------
    >>> f = jitgrad.jit(jitgrad.value_and_grad(lambda x: (x * x).sum()))
    >>> f(jitgrad.tensor([1.0, 2.0]))
    (tensor(5.), tensor([2., 4.]))
    """
    if function is None:
        return functools.partial(
            jit, static_argnums=static_argnums, static_argnames=static_argnames, check=check
        )
    if not callable(function):
        raise ArgumentError(
            f"got jit() of an object of type {type(function).__name__}, expected a function"
        )
    for is_kind in (
        inspect.isgeneratorfunction,
        inspect.iscoroutinefunction,
        inspect.isasyncgenfunction,
    ):
        if isinstance(function, FUNCTIONS) and is_kind(function):
            raise ArgumentError(
                "got jit() of a generator or coroutine, expected a function that returns its "
                "results"
            )
    return _made(Jitted(function, _static(function, static_argnums, static_argnames), bool(check)))


def _static(function: Callable[..., Any], nums: Any, names: Any) -> frozenset[int | str]:
    """Positions and names of the arguments that are constants."""
    names = (names,) if isinstance(names, str) else tuple(names)
    if not all(isinstance(n, str) for n in names):
        raise ArgumentError(f"got static_argnames={names!r}, expected names of arguments")
    nums = tuple(
        as_int(n, "static_argnums") for n in (nums if isinstance(nums, (tuple, list)) else (nums,))
    )
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except Exception:  # of an object that refuses to be asked, too
        parameters = []
    by_place = [
        p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if any(n < 0 for n in nums) and not by_place:
        raise ArgumentError(
            f"got static_argnums={nums!r}, expected positions counted from the front"
        )
    nums = {n + len(by_place) if n < 0 else n for n in nums}
    nums |= {by_place.index(n) for n in names if n in by_place}
    return frozenset((*nums, *names, *(by_place[n] for n in nums if n < len(by_place))))


def _made(jitted: Jitted) -> Callable[..., Any]:
    """The function that users hold."""
    call = jitted.call

    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            if not active_traces:
                out = jitted.replay(args, kwargs)
                if out is not GUARD_FAILED:
                    return out
            return call(args, kwargs)
        except (
            Exception
        ) as error:  # the user's own, too: between this line and theirs are frames of the trace
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    try:
        functools.update_wrapper(function, jitted.function)
    except Exception:  # an object that refuses to be asked
        function.__wrapped__ = jitted.function  # type: ignore[attr-defined]
    held: Any = function
    held.clear_cache, held.plans = jitted.clear_cache, jitted.plans
    return function


def _never(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return GUARD_FAILED


class _Kind:
    """The traces for one kind of call, the one used last in front; `eager` if there can be
    none."""

    def __init__(self) -> None:
        self.replays: list[Any] = []
        self.traced, self.eager = 0, False


class Jitted:
    """What `jit` keeps of a function: `replay` is that of the last trace used."""

    __slots__ = ("function", "static", "check", "replay", "kinds", "lock")

    def __init__(
        self, function: Callable[..., Any], static: frozenset[int | str], check: bool
    ) -> None:
        self.function, self.static, self.check = function, static, check
        self.replay: Any = _never
        self.kinds: collections.OrderedDict[Any, _Kind] = collections.OrderedDict()
        self.lock = lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Jitted, (self.function, self.static, self.check)

    def clear_cache(self) -> None:
        """Forgets all traces."""
        with self.lock:
            self.replay = _never
            self.kinds.clear()

    def plans(self) -> list[Plan]:
        """The plans of the traces there are, the latest last."""
        with self.lock:
            found = [r.plan for kind in self.kinds.values() for r in kind.replays[::-1]]
        return [p for p in found if p is not None]

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if local.seg.tracing is not None or looks():
            # It is part of another function's trace; or who looks for nan is told the lines.
            return self.function(*args, **kwargs)
        tensors = [id(x) for x in args if isinstance(x, Handle)]
        same = len(tensors) - len(set(tensors))
        key = (local.seg.state.grad, same, *map(_part, args), *kwargs, *map(_part, kwargs.values()))
        with self.lock:
            kind = self.kinds.get(key)
            if kind is None:
                kind = self.kinds[key] = _Kind()
                if len(self.kinds) > KINDS:
                    self.kinds.popitem(last=False)
            else:
                self.kinds.move_to_end(key)
            replays = tuple(kind.replays)
        if kind.eager:
            return self.function(*args, **kwargs)
        if self.check:
            return self.checked(kind, args, kwargs)
        for replay in replays:
            out = replay(args, kwargs)
            if out is not GUARD_FAILED:
                with self.lock:
                    if replay in kind.replays:
                        kind.replays.remove(replay)
                        kind.replays.insert(0, replay)
                self.replay = replay
                return out
        return self.trace(kind, args, kwargs)

    def trace(self, kind: _Kind, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The results of a call that there is no trace for; makes one."""
        kind.traced += 1
        if kind.traced > AGAIN:
            why = (
                f"it was traced {AGAIN} times, as numbers whose values it asks for, or what it "
                "reaches "
                "outside, changed; pass "
                "what changes as tensors"
            )
            return self._as_it_is(kind, why, args, kwargs)
        made, error, refused = self._traced(args, kwargs)
        if refused is not None:
            return self._as_it_is(kind, refused, args, kwargs)
        if made is None or error is not None:  # of neither is anything kept
            kind.traced -= 1
        if made is None:
            return self.function(*args, **kwargs)
        try:
            return self._called(kind, made, error, args, kwargs)
        finally:
            made.trace.forget()

    def _called(
        self,
        kind: _Kind,
        made: CompiledCall,
        error: Exception | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """The results of the call that was traced; keeps what was `made` of it, unless it ended
        with an error."""
        if error is not None:
            made.function(checked=False)(args, kwargs)
            raise error
        replay = made.function()
        replay.plan = made.plan
        with self.lock:
            kind.replays.insert(0, replay)
        out = replay(args, kwargs)
        if out is GUARD_FAILED:  # the function changed what it reached
            return made.function(checked=False)(args, kwargs)
        self.replay = replay
        return out

    def checked(self, kind: _Kind, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The results of a call that is traced anew, and compared with the trace that would
        have served it."""
        old = next((kept for kept in kind.replays if kept.matches(args, kwargs)), None)
        with Log() as log:
            made, error, why = self._traced(args, kwargs)
        if made is None:
            return (
                self.function(*args, **kwargs)
                if why is None
                else self._as_it_is(kind, why, args, kwargs)
            )
        now = Kept(made, log)
        wrong = None if old is None or error is not None else difference(old, now)
        if wrong is not None:
            raise wrong
        if old is None and error is None:
            with self.lock:
                kind.replays = [now, *kind.replays[: AGAIN - 1]]
        out = made.function(checked=False)(args, kwargs)
        if error is not None:
            raise error
        return out

    def _traced(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[CompiledCall | None, Exception | None, str | None]:
        """The trace of a call and the error it ended with, if any; or why there can be none for
        this kind."""
        try:
            return *traced(self.function, args, kwargs, self.static), None
        except Entangled:
            return None, None, None
        except Unreplayable as reason:
            return None, None, str(reason)

    def _as_it_is(
        self, kind: _Kind, why: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        kind.eager = True
        kind.replays.clear()
        name = name_of(self.function)
        warnings.warn(
            f"{name} under jit is called as it is for arguments like these, which is slower: {why}",
            JitgradWarning,
            stacklevel=4,
        )
        return self.function(*args, **kwargs)


def _part(x: Any) -> Any:
    """What tells kinds of arguments apart."""
    kind = type(x)
    if isinstance(x, Handle):
        return x._state.aval, x._state.requires_grad and x.is_leaf
    if kind is float or kind is int:
        return kind
    if kind in (list, tuple, dict):
        return kind, len(x)
    if x is not None and tree.is_container(x):
        return kind
    if isinstance(x, np.ndarray):
        return x.shape, x.dtype
    if kind in (str, bool, bytes) or x is None:
        return kind, x
    return id(x)


class Entangled(Unreplayable):
    """A call fails to be traced in which an argument shares memory with another, or with what is
    reached outside: perhaps only since a trace does not know of that."""


def traced(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    static: frozenset[int | str],
) -> tuple[CompiledCall, Exception | None]:
    """The `CompiledCall` of a call, which is traced now; it leaves nothing behind.

    And the error the function raised, or None: the trace is then of what it did before.
    """
    flush(local.seg)
    mode = local.seg.state.grad
    trace = Trace(Captures(function, args, kwargs, static))
    try:
        try:
            active_traces.append(trace)
            local.seg = Segment(mode, (), trace)
            with uncollected():
                made, error = _run(function, trace, mode)
            if made is None:
                raise error  # type: ignore[misc]  # there is one
            return made, error
        except Exception as failed:
            if isinstance(failed, Unreplayable) or not trace.sources.entangled():
                raise
            raise Entangled from failed
        finally:
            trace.close(mode)
    except BaseException:
        trace.close(mode)
        trace.forget()
        raise
    finally:  # an interrupt may have cut the first
        trace.close(mode)


def _run(
    function: Callable[..., Any], trace: Trace, mode: bool
) -> tuple[CompiledCall | None, Exception | None]:
    """Runs the function in its trace: the `CompiledCall`, and the error it raised, if any."""
    out, error = None, None
    containers: list[Any] = []
    given, named = (
        _given(trace, p, containers) for p in (trace.sources.args, trace.sources.kwargs)
    )
    try:
        with running(Tracing(function, trace)):
            out = function(*given, **named)
    except (JitError, Unreplayable):
        raise
    except Exception as raised:
        error = raised
    try:
        flush(local.seg)
        _check_containers(containers)
        trace.check_rows()
        if local.seg.state.grad is not mode:
            raise Unreplayable("it leaves gradients switched on or off")
        return CompiledCall(function, trace, out, mode), error
    except JitgradError:
        if error is None:
            raise
        return None, error


def _given(trace: Trace, source: Source, containers: list[Any]) -> Any:
    """What the function gets for an argument; notes the containers it gets, and what is in them."""
    source = source.data if source.kind == "alias" else source
    x, kind = source.object, source.kind
    if kind in ("tensor", "array"):
        proxy = trace.proxy_of(source)
        if proxy is not None:
            return proxy.tensor
        return (
            x
            if source.shared and kind == "tensor"
            else trace.make_proxy(x, source, x.shape, native(x.dtype))
        )
    if kind == "scalar":
        return x if x.dtype == np.bool_ else trace.make_proxy(x, source, (), native(x.dtype))
    if kind == "number":
        return SymbolicScalar(x, source.var, [source])
    if kind not in CONTAINERS:
        return x
    new = [_given(trace, p, containers) for p in source.parts]
    out = tree.made(x, new)
    containers.append((out, new))
    return out


def _check_containers(containers: Sequence[tuple[Any, list[Any]]]) -> None:
    """Whether the lists, dicts and objects that the function got hold what they did."""
    for x, given in containers:
        now = tree.parts(x)
        if len(now) != len(given) or any(a is not b for (_, a), b in zip(now, given, strict=True)):
            raise Unreplayable("it changes a list, dict or object among its arguments")
