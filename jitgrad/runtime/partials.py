"""Partial results of floats, which the chunks of a launch leave: what drivers join them by.

A driver knows a combination by its number, its position in `COMBINATIONS`: the plan passes the
number (`number_of`), and the sources of the drivers choose by it (`chosen`, `chosen_loops`). What
is not in the table is joined by NumPy.
"""

#: As `Op.combine` of a reduction has it.
COMBINATIONS = ("({0} + {1})", "({0} * {1})", "maximum({0}, {1})", "minimum({0}, {1})")


def has_driver(node):
    """Whether partial results of the reduction `node` are joined by a driver."""
    return node.dtype.kind == "f" and node.op.combine in COMBINATIONS


def number_of(node):
    """The number of the combination of the reduction `node`."""
    return COMBINATIONS.index(node.op.combine)


def chosen(kind, a, b):
    """The source of an expression: the names `a` and `b` combined, by the number in `kind`."""
    texts = [form.format(a, b) for form in COMBINATIONS]
    tests = [f"{text} if {kind} == {k}" for k, text in enumerate(texts[:-1])]
    return " else ".join([*tests, texts[-1]])


def chosen_loops(kind, place, other, head):
    """The source of loops, each under the line `head`, that combine `other` into `place`, one for
    each number that `kind` may have."""
    lines = []
    for k, form in enumerate(COMBINATIONS):
        lines += [
            f"{'el' * bool(k)}if {kind} == {k}:",
            f"    {head}",
            f"        {place} = {form.format(place, other)}",
        ]
    return lines
