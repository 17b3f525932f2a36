"""The table of functions of `scipy.special`, and the constructor of its entries: a ufunc of
SciPy's, called in a plan or computed in kernels by vector math, with formulas of its partial
derivatives.

The entries are those of the catalogue in all but their home: they are made when one is asked for,
so that `import jitgrad` neither waits for them nor needs SciPy. A function that an older SciPy has
not has no entry. Operands that no formula is known for are refused when a gradient goes to them:
they are marked (`REFUSED`), and the rule of the mark raises. Start at `special`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...base.errors import DTypeError, GradientError
from ...base.extras import extra
from ...ir import Node, Op
from ..pointwise import elementwise
from ..promotion import by_dtypes, ufunc_dtypes
from ..records import Names
from ..registry import Entry
from ..rows import each_row

SCIPY = extra("scipy.special", "jitgrad.scipy.special")
#: name -> entry.
SPECIAL: dict[str, Entry] = {}
#: SciPy's ufunc -> the entry that stands for it; of one with several results, an entry for each.
UFUNCS: dict[Any, Entry] = {}
SEVERAL: dict[Any, list[Entry]] = {}


def _refuse(g: Any, node: Node) -> Any:
    raise GradientError(
        f"got a gradient for {node.arg}, which no formula is known for; use .detach() on it if it "
        "should count as a constant"
    )


#: The value of an operand that no gradient may go to; its argument says whose it is.
REFUSED = Op(
    "refused", "elementwise", lambda x, node: x, code="{0}", cost=0, vjp=_refuse, jvp=_refuse
)


def refused(x: Any, text: str) -> Any:
    """`x`, which no gradient may go to: `text` says what it is."""
    if not isinstance(x, Node) or x.dtype.kind != "f":
        return x
    return Node(REFUSED, (x,), text, x.shape, x.dtype)


_one, _two = ufunc_dtypes(np.exp), ufunc_dtypes(np.hypot)


def _floats(asked: tuple) -> tuple[tuple, np.dtype]:
    """All operands in the float dtype that they have together, which weak numbers join last."""
    strong = [a for a in asked if not isinstance(a, type)] or asked[:1]
    out = functools.reduce(lambda a, b: _two.of((a, b))[1], strong, _one.of((strong[0],))[1])
    return (out,) * len(asked), out


def _real(rule: Callable[[tuple], Any], name: str) -> Any:
    """A rule of dtypes for real operands."""

    def real(asked: tuple) -> tuple[tuple, np.dtype]:
        for a in asked:
            if isinstance(a, np.dtype) and a.kind not in "biuf":
                raise DTypeError(
                    f"got an operand of dtype {a} for {name}, expected real numbers: jitgrad has "
                    "special functions of these only"
                )
        return rule(asked)

    return by_dtypes(real)


def special(
    name: str,
    partials: Callable[..., Any],
    doc: str,
    *,
    function: Any = None,
    operands: int = 0,
    result: int | None = None,
    fixed: Mapping[int, str] | None = None,
    fused: bool = False,
    args: tuple[str, ...] = ("x", "y", "z"),
    cost: int = 60,
    **fields: Any,
) -> Entry:
    """Registers a function of SciPy's, by default the ufunc of the same name.

    Another `function` of `operands` arrays takes them all in one float dtype. Of a ufunc with
    several results, `result` is the number of this one. `fixed` are operands that no gradient may
    go to, by number, with what they are called. With `fused` it is computed in kernels, by the
    function of vector math of its name."""
    if function is None or isinstance(function, str):
        function = getattr(SCIPY._ufuncs, function or name)
    plain = isinstance(function, np.ufunc) and result is None
    count = operands or function.nin

    def reference(*xs: np.ndarray, node: Node) -> np.ndarray:
        out = function(*xs)
        return np.asarray(out if result is None else out[result], node.dtype)

    def around(build: Callable[..., Node], *xs: Any) -> Node:
        marked = list(xs)
        for k, text in (fixed or {}).items():
            marked[k] = refused(xs[k], f"the operand {text} of {name}")
        return build(*marked)

    def slopes(*xs: Node) -> Any:
        found = partials(*xs)
        if not fixed:
            return found
        several = found if isinstance(found, tuple) else (found,)
        # 1 brings the cotangent to the mark, which raises
        return tuple([1 if k in fixed else p for k, p in enumerate(several)])

    entry = elementwise(
        name,
        slopes,
        doc,
        numpy=function,
        operands=count,
        dtypes=_real(ufunc_dtypes(function).of if plain else _floats, name),
        reference=None if plain else reference,
        cost=cost,
        kind="elementwise" if fused else "call",
        batch=None if fused else each_row,
        around=around if fixed else None,
        names=Names(method=False, home="scipy.special", args=args),
        public=plain and function.__name__ == name and not name.startswith("_"),
        home=SPECIAL,
        **fields,
    )
    if plain:
        UFUNCS[function] = entry
    elif result is not None:
        SEVERAL.setdefault(function, []).append(entry)
    return entry
