"""The records that an `Entry` consists of, each with its fields and their defaults.

They are classes with slots and not dataclasses, since to make those takes the import of jitgrad
longer. Start at `Names`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

NOTHING: dict[Any, Any] = {}


class Names:
    """What an operation is called where, beside its own name, and what its operands are called.

    Attributes
    ----------
    operator : str
        The binary or unary operator, without underscores ("add", "neg"), or "".
    aliases : tuple of str
        Further public names, which are methods as well where the operation is one.
    method : bool
        Whether `Tensor` has it as a method.
    methods : tuple of str
        Further names that the method has.
    properties : tuple of str
        Properties of `Tensor` that call it.
    assigned : bool
        Whether these can be assigned to, which writes to the tensor.
    in_place : str
        The method that writes the result into the tensor ("add_"), or "".
    spread : str
        The parameter whose values the method also takes one by one, as ``x.reshape(2, 3)``, or "".
    scipy : str
        The function of `scipy.special` of the same meaning, or "": tensors that are passed to that
        come here.
    reduces : str
        The entry of two operands by which it joins its elements where it has no `Op` that says so,
        or "": the `reduce` of that ufunc comes here.
    home : str
        The module of jitgrad whose function it is ("fft"), or "" for jitgrad itself.
    args : tuple of str
        The operands, in order.
    optional : dict
        Operands that may be left out, and NumPy's older name of each.
    """

    __slots__ = (
        "operator",
        "aliases",
        "method",
        "methods",
        "properties",
        "assigned",
        "in_place",
        "spread",
        "scipy",
        "reduces",
        "home",
        "args",
        "optional",
    )

    def __init__(
        self,
        operator: str = "",
        aliases: tuple[str, ...] = (),
        *,
        method: bool = True,
        methods: tuple[str, ...] = (),
        properties: tuple[str, ...] = (),
        assigned: bool = False,
        in_place: str = "",
        spread: str = "",
        scipy: str = "",
        reduces: str = "",
        home: str = "",
        args: tuple[str, ...] = ("x", "y", "z"),
        optional: Mapping[str, str] = NOTHING,
    ) -> None:
        self.operator, self.aliases, self.method, self.methods = operator, aliases, method, methods
        self.properties, self.in_place, self.spread = properties, in_place, spread
        self.scipy, self.reduces, self.home = scipy, reduces, home
        self.args, self.optional, self.assigned = args, optional, assigned


class Numbers:
    """How an operation takes Python numbers and integers, where that is out of the ordinary.

    Attributes
    ----------
    codes : frozenset
        Numbers that, as second operand, become part of the code (exponents such as 2).
    guard : callable or None
        ``guard(*operands)`` raises where the operation does not take integers of such values.
    compares : bool
        The operands are compared: a Python integer may be beyond the dtype of the other.
    saturates : dict
        Operand -> whether a Python integer there may be above the dtype of the others, else below:
        it limits nothing.
    instead : dict
        Second operand of the operator, a number -> the entry that it stands for beside integers,
        as in NumPy.
    """

    __slots__ = ("codes", "guard", "compares", "saturates", "instead")

    def __init__(
        self,
        *,
        codes: frozenset[Any] = frozenset(),
        guard: Callable[..., None] | None = None,
        compares: bool = False,
        saturates: Mapping[int, bool] = NOTHING,
        instead: Mapping[int, Any] = NOTHING,
    ) -> None:
        self.codes, self.guard, self.compares = codes, guard, compares
        self.saturates, self.instead = saturates, instead


class View:
    """The result aliases the operand, as in NumPy.

    Attributes
    ----------
    when : str
        "always"; "dense": unless the operand is so laid out that NumPy would have to copy;
        "ordered": only if its elements lie one after the other.
    layout : callable or None
        ``layout(shape, strides, *params)`` -> the strides of the view, where its movements alone
        do not tell them.
    """

    __slots__ = ("when", "layout")

    def __init__(self, when: str = "always", layout: Callable[..., Any] | None = None) -> None:
        self.when, self.layout = when, layout


class Indices:
    """The second operand holds indices, or counts: integers that are checked by value.

    Attributes
    ----------
    check : callable
        ``check(shape, values, *params)`` -> array: runs when the operation is traced.
    axis : callable or None
        ``axis(shape, shape of the indices, *params)`` -> length and number of their axis, for a
        trace in which their values are not known; None where the shape of the result depends on
        them.
    """

    __slots__ = ("check", "axis")

    def __init__(self, check: Callable[..., Any], axis: Callable[..., Any] | None = None) -> None:
        self.check, self.axis = check, axis


class Derivative:
    """What is claimed of the derivative, beside the rule that computes it.

    Attributes
    ----------
    exists : bool
        Whether the operation has one.
    partials : callable or None
        ``partials(*operands, out)`` -> the partial derivatives of an elementwise primitive.
    kink : dict
        Non-smooth points and the derivative there; with the second one, if that is not 0.
    level : bool
        Constant between its jumps: the derivative is 0 wherever there is one.
    text : str
        A sentence for the documentation, where no formula of partial derivatives can be shown.
    """

    __slots__ = ("exists", "partials", "kink", "level", "text")

    def __init__(
        self,
        exists: bool = True,
        partials: Callable[..., Any] | None = None,
        kink: Mapping[Any, Any] = NOTHING,
        level: bool = False,
        text: str = "",
    ) -> None:
        self.exists, self.partials, self.kink = exists, partials, kink
        self.level, self.text = level, text
