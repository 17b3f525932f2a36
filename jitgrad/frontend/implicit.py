"""Implicit conversions: Python or NumPy asks for the values of a tensor through which a gradient
goes.

``float(x)``, ``math.sin(x)``, ``np.array([x, 1.0])`` or ``a[0] = x`` get numbers, and numbers have
no gradient. Where a running transform would lose it, that is an error; elsewhere a number is given,
with a warning, and an array refused, as in PyTorch. What asks only to show, to compare or to save
gets the values. Both texts name the expression of the user's that asked, as far as Python tells,
and what to write instead. Start at `check`.
"""

from __future__ import annotations

import ast
import functools
import linecache
import opcode
import warnings
from collections.abc import Sequence
from sys import _getframe
from typing import TYPE_CHECKING

from ..base.errors import GradientError, GradientWarning
from ..base.packages import is_installed, package_of
from ..base.surface import is_ours
from ..base.syntax import syntax_tree
from ..ops import REGISTRY
from ..tape.running import needs_grad, owner, refuse

if TYPE_CHECKING:
    from types import CodeType, FrameType

    from ..tape.handles import Handle

#: Modules whose functions show, compare or save what they are given, and compute nothing that comes
#: back.
SHOWING = (
    "_pytest",
    "bokeh",
    "logging",
    "matplotlib",
    "mpl_toolkits",
    "numpy.lib._format_impl",
    "numpy.lib._npyio_impl",
    "numpy.lib.format",
    "numpy.lib.npyio",
    "numpy.testing",
    "plotly",
    "seaborn",
)
#: Functions of Python and NumPy that make a number, or an array, of what they are given.
NUMBERS = frozenset(("bool_", "complex", "double", "float", "half", "int", "longdouble", "single"))
ARRAYS = frozenset(
    ("array", "asanyarray", "asarray", "asarray_chkfinite", "ascontiguousarray", "asfortranarray")
)


class ConversionKind:
    """What was asked for: by whom (where that is not known better), and what is to be written
    instead."""

    def __init__(self, what: str, asked: str, instead: str, cut: str) -> None:
        self.what, self.asked, self.instead, self.cut = what, asked, instead, cut


NUMBER = ConversionKind(
    "the number",
    "a conversion by Python or NumPy (such as float(x), math.sin(x), np.float64(x), a[i] = x or "
    "a.fill(x))",
    "compute with the tensor and functions of jitgrad, which keep it: jitgrad.sin(x) for "
    "math.sin(x), x itself for "
    "float(x), jitgrad.numpy.stack or array for arrays made of tensors",
    "x.item()",
)
ARRAY = ConversionKind(
    "the values",
    "a conversion by NumPy (such as np.array([x, 1.0]), np.asarray(x), a[:] = x or a.dot(x))",
    "use functions of jitgrad, which keep it: jitgrad.numpy.array or stack for arrays made of "
    "tensors, "
    "jitgrad.mean([x, y]) for np.mean([x, y]), a @ x for a.dot(x)",
    "x.detach()",
)
COPY = ConversionKind(
    "a copy of the values",
    "jitgrad.tensor",
    "use jitgrad.array or jitgrad.stack, or x.clone(), which keep it",
    "x.detach().clone()",
)
#: A copy that collects gradients of its own, which says that none goes further.
LEAF = ConversionKind(COPY.what, COPY.asked, COPY.instead, "x.detach().clone().requires_grad_()")


def check(t: Handle, kind: ConversionKind) -> None:
    """Before the values of `t` are given away as `kind`: raises or warns where a gradient would end
    by that."""
    if not needs_grad(t):
        return
    frame, level, between = _asker()
    if any(map(_shows, between)) or (kind is NUMBER and _formats(frame)):
        return
    who, advice = _words(frame.f_code, frame.f_lasti, kind)
    transform = owner(t)
    cut = kind.cut if transform is None or transform.cut is None else transform.cut
    advice = advice.format(cut=cut)
    asked = f"{kind.what} of a tensor that requires grad"
    if transform is not None:
        lost = f"in {transform}: the gradient would be lost"
        text = f"got {who}, which asks for {asked}, {lost}; {advice}"
        refuse(transform, text, frame)
    if kind is ARRAY:
        raise GradientError(
            f"got {who}, which asks for {asked}: the gradient would be lost; {advice}"
        )
    if kind is not LEAF:
        text = f"{who} asks for {asked}, whose gradient ends there; {advice}"
        warnings.warn(text, GradientWarning, stacklevel=level)


# --- who asked ------------------------------------------------------------------------------------


def _asker() -> tuple[FrameType, int, Sequence[str]]:
    """The user's frame that asks, its level for a warning of `check`, and the modules of the
    packages between."""
    between: list[str] = []
    other: tuple[FrameType, int, Sequence[str]] | None = None
    frame: FrameType | None = _getframe(2)
    level = 2
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        package = package_of(name)
        if not is_ours(frame):
            if package == "jitgrad" or not is_installed(
                package
            ):  # text run among names of jitgrad is the user's
                return frame, level, between
            if other is None and package != "numpy" and not _shows(name):
                other = frame, level, tuple(between)
            between.append(name)
        frame, level = frame.f_back, level + 1
    return other or (_getframe(2), 2, ())  # the user's code is an installed package


def _shows(name: str) -> bool:
    return any(name == shown or name.startswith(shown + ".") for shown in SHOWING)


def _remainder() -> dict[int, set[int] | None]:
    """The instructions for ``%``, as (opcode, arguments)."""
    if "BINARY_OP" not in opcode.opmap:  # before Python 3.11
        return {opcode.opmap[name]: None for name in ("BINARY_MODULO", "INPLACE_MODULO")}
    symbols = [symbol for _, symbol in opcode._nb_ops]  # type: ignore[attr-defined]
    return {opcode.opmap["BINARY_OP"]: {symbols.index("%"), symbols.index("%=")}}


_REMAINDER = _remainder()


def _formats(frame: FrameType) -> bool:
    """Whether the number is wanted by ``text % x``: of all that ``%`` does, only text asks for
    one."""
    code, offset = frame.f_code.co_code, frame.f_lasti
    arguments = _REMAINDER.get(code[offset], ())
    return arguments is None or code[offset + 1] in arguments


def _expression(code: CodeType, offset: int) -> tuple[str | None, ast.expr | None]:
    """The text and the syntax tree of what a frame is at, or (None, None) where Python does not
    tell."""
    if not hasattr(code, "co_positions"):  # Python 3.10
        return None, None
    line, last, start, end = list(code.co_positions())[offset // 2]
    if line is None or last is None or start is None or end is None:
        return None, None
    lines = [linecache.getline(code.co_filename, k).encode() for k in range(line, last + 1)]
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    text = " ".join(part.strip().decode() for part in lines)
    try:
        return text, syntax_tree(text, mode="eval").body
    except SyntaxError:
        return None, None


@functools.lru_cache(256)
def _words(code: CodeType, offset: int, kind: ConversionKind) -> tuple[str, str]:
    """What asks, in the user's own text where Python tells it, and what to write instead."""
    text, tree = _expression(code, offset)
    if text is None or tree is None or isinstance(tree, ast.Name) or len(text) > 80:
        return kind.asked, _kept(kind.instead)
    stores = opcode.opname[code.co_code[offset]].startswith("STORE_")
    return f"{text} = ..." if stores else text, _advice(tree, kind)


def _kept(instead: str) -> str:
    return instead + "; where no gradient is wanted, {cut}"


def _advice(tree: ast.expr, kind: ConversionKind) -> str:
    """What to write instead, in which ``{cut}`` stands for the end of a gradient."""
    function = tree.func if isinstance(tree, ast.Call) else None
    name = getattr(function, "attr", getattr(function, "id", None))
    if kind in (COPY, LEAF) or name is None:
        return _kept(kind.instead)
    entry = next(
        (e for e in REGISTRY.values() if e.public and name in (e.name, *e.names.aliases)), None
    )
    if entry is not None:
        if not entry.differentiable or entry.derivative.level:
            has = "no gradient" if not entry.differentiable else "a gradient of 0"
            return (
                f"the result of {name} has {has}, so that none can be kept: for its values, "
                "pass {cut}"
            )
        return _kept(f"use jitgrad.{name}, which keeps it")
    if name in ARRAYS:
        return _kept("use jitgrad.numpy.array or stack, which keep it")
    if name in NUMBERS or name.rstrip("0123456789") in ("complex", "float", "int", "uint"):
        return _kept("compute with the tensor itself, which keeps it")
    return _kept(kind.instead)
