"""Which operation a function or an operator is, on operands of which kinds: data that the modules
beside this one fill in.

`OPERATIONS` maps a function to its rule: of the kinds of operands it makes a `KernelOperation`, or
None where it has none for them. Start at `operation` and `resolved`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from .kinds import Number, ValueKind, boolean, int64, is_whole, plain, uint64

Rule = Callable[..., "KernelOperation | None"]
OPERATIONS: dict[Any, Rule] = {}
#: How many operands functions of ours have, which numba is told of.
ARITY: dict[Any, int] = {}


class KernelOperation(NamedTuple):
    """A result of the kind `result`, which ``emit(builder, *values)`` writes for values of the
    kinds `operands`."""

    result: ValueKind
    operands: tuple[ValueKind, ...]
    emit: Callable


def operation(*functions):
    """Registers the rule it decorates for these functions, or for the one that is given it by
    ``rule.of``."""

    def register(rule):
        for function in functions:
            OPERATIONS[function] = rule
        return rule

    return register


def fixed(function, result, operands, emit):
    """Registers a function of operands of always the same kinds."""
    made = KernelOperation(result, tuple(operands), emit)

    def rule(*kinds):
        fits = len(kinds) == len(operands) and all(map(_fits, kinds, operands))
        return made if fits else None

    OPERATIONS[function], ARITY[function] = rule, len(operands)


def _fits(kind, wanted):
    if isinstance(wanted, Number):
        return isinstance(plain(kind), Number)
    return kind is wanted


_resolved: dict = {}


def resolved(function, kinds):
    """The `KernelOperation`, or None."""
    key = function, kinds
    try:
        return _resolved[key]
    except KeyError:
        rule = OPERATIONS.get(function)
        found = _resolved[key] = None if rule is None else rule(*kinds)
        return found
    except TypeError:  # of a function that has no hash
        return None


# ----- what rules have in common


def common(kinds):
    """The kind that short functions take all their operands as: the widest float, or the widest
    integer; truth values if there is nothing else. None where there is something else."""
    kinds = [plain(kind) for kind in kinds]
    if not all(isinstance(kind, Number) for kind in kinds):
        return None
    real = [kind for kind in kinds if kind.is_float]
    if real:
        return max(real, key=lambda kind: kind.bits)
    whole = [kind for kind in kinds if is_whole(kind)]
    return max(whole, key=lambda kind: (kind.bits, not kind.signed)) if whole else boolean


def short(function, arity, emit, result=None):
    """Registers a function by ``emit(builder, kind, *values)`` on numbers of one kind."""

    def rule(*kinds):
        kind = common(kinds)
        if kind is None or len(kinds) != arity:
            return None
        return KernelOperation(
            result or kind, (kind,) * arity, lambda builder, *values: emit(builder, kind, *values)
        )

    OPERATIONS[function], ARITY[function] = rule, arity


def wide(kind):
    """The kind in which arithmetic on integers is done."""
    kind = plain(kind)
    return uint64 if kind.form == "u" else int64


# ----- functions that there are in kernels alone


class KernelFunction:
    """A function that a kernel calls and Python does not."""

    def __init__(self, emit):
        self.__name__, self.__doc__ = emit.__name__, emit.__doc__

    def __call__(self, *operands):
        raise TypeError(f"{self.__name__} can be called in kernels only")


def instruction(result, *operands):
    """Makes of an `emit` the `KernelFunction` of operands of these kinds."""

    def register(emit):
        made = KernelFunction(emit)
        fixed(made, result, operands, emit)
        return made

    return register


def generic(arity):
    """Makes the function of ``rule(*kinds)``, which gives (result, operands, emit) or None."""

    def register(rule):
        made = KernelFunction(rule)

        def checked(*kinds):
            found = rule(*kinds) if len(kinds) == arity else None
            return None if found is None else KernelOperation(*found)

        OPERATIONS[made], ARITY[made] = checked, arity
        return made

    return register
