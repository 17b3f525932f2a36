"""Formulas of IR nodes as text, for people: ``1 - out * out``. Start at `partial_derivatives`."""

import math

import numpy as np

from jitgrad.ir import CONST, Node, leaf
from jitgrad.ops import REGISTRY

#: How strongly what needs no parentheses binds, a product and a sign, a sum, and a comparison.
ATOM, FACTOR, TERM, COMPARISON = 3, 2, 1, 0
#: Names of operators -> symbol and how strongly it binds.
INFIX = {
    "add": ("+", TERM),
    "sub": ("-", TERM),
    "mul": ("*", FACTOR),
    "truediv": ("/", FACTOR),
    "eq": ("==", COMPARISON),
    "lt": ("<", COMPARISON),
    "le": ("<=", COMPARISON),
    "gt": (">", COMPARISON),
    "ge": (">=", COMPARISON),
}
SYMBOLS = {
    REGISTRY[name].op: INFIX[entry.names.operator]
    for name, entry in REGISTRY.items()
    if entry.names.operator in INFIX
}
(NEGATIVE,) = [entry.op for entry in REGISTRY.values() if entry.names.operator == "neg"]
#: Operations that are no entries, by the name of the function that people know.
WORDS = {"side": "sign"}
#: Numbers that have a name.
NAMED = {
    math.log(2): ("log(2)", ATOM),
    math.log(10): ("log(10)", ATOM),
    2 / math.sqrt(math.pi): ("2 / sqrt(pi)", FACTOR),
    -2 / math.sqrt(math.pi): ("-2 / sqrt(pi)", FACTOR),
    math.pi / 180: ("pi / 180", FACTOR),
    180 / math.pi: ("180 / pi", FACTOR),
}
#: Operations that change no value.
SILENT = {"cast", "broadcast", "reshape", "stop", "refused"}


def partial_derivatives(entry):
    """Operand -> the partial derivative of an elementwise primitive, as text."""
    nodes = [leaf(k, (), np.dtype(float)) for k in range(entry.operands)]
    out = entry.op and Node(entry.op, tuple(nodes), None, (), np.dtype(float))
    partials = entry.derivative.partials(*nodes, out)
    partials = partials if isinstance(partials, tuple) else (partials,)
    names = dict(zip(nodes, entry.arguments, strict=True)) | {out: "out"}
    pairs = zip(entry.arguments, partials, strict=True)
    return {name: formula(p, names)[0] for name, p in pairs if p is not None}


def formula(x, names):
    """(text, how strongly its outermost operator binds) of a node or a number."""
    if x in names:
        return names[x], ATOM
    if not isinstance(x, Node) or x.op is CONST:
        return _number(x.arg if isinstance(x, Node) else x)
    if x.op.name in SILENT:
        return formula(x.src[0], names)
    parts = [formula(s, names) for s in x.src]
    if x.op is NEGATIVE:
        return f"-{_within(parts[0], FACTOR)}", FACTOR
    if x.op in SYMBOLS:
        symbol, strength = SYMBOLS[x.op]
        left, right = _within(parts[0], strength), _within(parts[1], strength + 1)
        return f"{left} {symbol} {right}", strength
    return f"{WORDS.get(x.op.name, x.op.name)}({', '.join(text for text, _ in parts)})", ATOM


def _number(value):
    if value in NAMED:
        return NAMED[value]
    return f"{value:g}", FACTOR if value < 0 else ATOM


def _within(part, strength):
    text, own = part
    return text if own >= strength else f"({text})"
