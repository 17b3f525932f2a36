"""The form: what a differentiated function is while it is worked on. Typed, structured SSA.

A number is a `Val` that never changes; an array `Val` is a reference to memory, which `store` and
`addto` change. Loops and branches are actions with regions, as in MLIR's scf dialect. Types are
numba's own. Start at `Action` for the kinds there are; `builder.Builder` makes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..runtime.numba.inference import types

#: The constant of a value that is none.
NONE = object()
LOOPS = ("for", "while")
#: Actions that write an element of an array, and that touch one.
STORES = ("store", "addto")
ACCESSES = ("load", *STORES)
#: Actions that read arrays as wholes and make new ones, and actions that make arrays.
CALLS = ("lib", "outside")
MAKERS = ("alloc", *CALLS)


class Val:
    """One value.

    Attributes
    ----------
    type : numba type
    hint : str
        The user's name for it.
    action : Action or None
        What computes it; None for arguments and variables of loops.
    region : Region or None
        Where it is known.
    const : object
        A Python number, or `NONE`.
    name : str or None
        What it is called in the text that is being printed.
    """

    __slots__ = ("type", "hint", "action", "region", "const", "name")

    def __init__(
        self,
        type_: Any,
        hint: str = "v",
        action: Action | None = None,
        region: Region | None = None,
        const: Any = NONE,
    ) -> None:
        self.type, self.hint, self.action, self.region = type_, hint, action, region
        self.const, self.name = const, None

    @property
    def is_const(self) -> bool:
        return self.const is not NONE

    @property
    def is_array(self) -> bool:
        return isinstance(self.type, types.Array)

    @property
    def is_float(self) -> bool:
        return isinstance(self.type, types.Float)

    def __repr__(self) -> str:
        return f"{self.const!r}" if self.is_const else f"%{self.hint}:{self.type}"


class Action:
    """One operation of the form; `kind` is one of

    ====== =========================================================================================
    kind   operands, results, attrs
    ====== =========================================================================================
    pure   a function of numbers (`fn`, see `scalars.SCALARS`)
    load   (array, *index) -> number
    store  (array, *index, value)
    addto  (array, *index, value): array[index] += value; attrs any_order: of cotangents, which
           nobody sees summed in the order of the text
    alloc  (*shape) -> array; `fn` is "zeros" or "empty"
    view   (array, *numbers) -> array; attrs spec: per axis "i" or ("s", step); attrs lengths
    dim    (array) -> the length of axis attrs k
    lib    array functions that stay calls (`fn`): dot, solve
    for    (lo, hi, step, *first), region (iv, *phis) with yields -> results; attrs parallel
           (the user says that turns keep apart), brk, trips
    parts  (number, work), region (number of one): a loop over parts, which threads run (`parts`)
    while  (*first), region (*phis) with yields -> results; attrs trips
    test   (condition): leaves the `while` that it stands in unless the condition holds
    if     (condition), two regions with yields -> results
    check  (condition): raises attrs text where it does not hold
    tape   attrs what: new, reserve, push, step, back, pop; made by `adjoint` alone
    call   a helper that is called for its effect
    outside (*numbers and arrays) -> numbers and arrays: a function that is called as it is (see
           `outside`); attrs function, tree of its results
    ====== =========================================================================================

    `brk` is the number of the loop variable that ends the loop after a turn; `trips` a value that
    holds how many turns there were.
    """

    __slots__ = ("kind", "fn", "args", "res", "regions", "attrs", "loc", "region")

    def __init__(
        self,
        kind: str,
        fn: str | None,
        args: Any,
        regions: Any = (),
        attrs: dict[str, Any] | None = None,
        loc: Any = None,
    ) -> None:
        self.kind, self.fn, self.args, self.regions = kind, fn, list(args), list(regions)
        self.attrs: dict[str, Any] = attrs or {}
        self.loc = loc
        self.res: list[Val] = []
        self.region: Any = None
        for r in self.regions:
            r.action = self

    @property
    def out(self) -> Val:
        return self.res[0]

    @property
    def index(self) -> list[Val]:
        """The index of the element that one of `ACCESSES` touches."""
        return self.args[1:] if self.kind == "load" else self.args[1:-1]

    @property
    def phis(self) -> list[Val]:
        """The variables of a loop, without its number."""
        return self.regions[0].args[1 if self.kind == "for" else 0 :]

    @property
    def firsts(self) -> list[Val]:
        """What the variables of a loop begin with."""
        return self.args[3 if self.kind == "for" else 0 :]

    @property
    def left_early(self) -> bool:
        """Whether a loop may end before its range does."""
        return self.attrs.get("brk") is not None

    def __repr__(self) -> str:
        return f"<{self.kind} {self.fn or ''} {self.args} -> {self.res}>"


class Region:
    """A sequence of actions; `known` shares equal pure ones while it is built."""

    __slots__ = ("actions", "args", "yields", "action", "parent", "known")

    def __init__(self, parent: Region | None = None) -> None:
        self.actions: list[Action] = []
        self.args: list[Val] = []
        self.yields: list[Val] = []
        self.action: Any = None
        self.parent: Any = parent
        self.known: dict[Any, Val] = {}

    def within(self, other: Region | None) -> bool:
        return any(r is other for r in self.up())

    def up(self) -> Iterator[Region]:
        """This region and all around it."""
        r: Any = self
        while r is not None:
            yield r
            r = r.parent

    def moved_to(self, other: Region) -> None:
        """Appends its actions to another region, which stands around it."""
        for a in self.actions:
            a.region = other
            for v in a.res:
                v.region = other
            for r in a.regions:
                r.parent = other
        other.actions.extend(self.actions)

    def depth(self) -> int:
        return sum(1 for _ in self.up()) - 1


class Form:
    """A function: `args` in order, and `rets`, the tree (nested tuples) of what it returns."""

    def __init__(self, name: str, args: list[Val], body: Region, rets: Any) -> None:
        self.name, self.args, self.body, self.rets = name, args, body, rets
        #: Name -> (array, value) of arrays that are constants of the module.
        self.globals: dict[str, tuple[Any, Val]] = {}
        self.arg_tree: Any = None
        self.arg_names: list[str] = []
        #: The arguments that have a tangent, of a form of `tangent`.
        self.given: list[Val] = []
        self.plan: Any = None
        #: Files that it was made of, for reports.
        self.file: str | None = None


def has_cotangent(v: Val) -> bool:
    """Whether a value is a float or an array of floats."""
    return v.is_float or (v.is_array and isinstance(v.type.dtype, types.Float))


def walk(region: Region) -> Iterator[Action]:
    """All actions in `region`, those within loops and branches after these."""
    for action in region.actions:
        yield action
        for r in action.regions:
            yield from walk(r)


def within(action: Action) -> Iterator[Action]:
    for r in action.regions:
        yield from walk(r)


def leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, tuple):
        for t in tree:
            yield from leaves(t)
    elif tree is not None:
        yield tree


def like(tree: Any, new: Iterator[Any]) -> Any:
    """`tree` with its leaves replaced by those of the iterator `new`."""
    if isinstance(tree, tuple):
        made = [like(t, new) for t in tree]
        return type(tree)(*made) if hasattr(tree, "_fields") else tuple(made)
    return None if tree is None else next(new)
