"""Amounts in words: seconds, bytes, flops, and tables of them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

_SCALES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""))


def seconds(value: float) -> str:
    """``1.23 ms``; three digits.

    Examples
    --------
    >>> from jitgrad.base.units import seconds
    >>> seconds(0.00123), seconds(12.34), seconds(0)
    ('1.23 ms', '12.3 s', '0 s')
    """
    if not value:
        return "0 s"
    scale, unit = next(
        ((s, u) for s, u in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")) if value >= s), (1e-9, "ns")
    )
    return f"{digits(value / scale)} {unit}"


def amount(value: float, unit: str) -> str:
    """``8.00 MB``: decimal, three digits, and whole numbers below a thousand.

    Examples
    --------
    >>> from jitgrad.base.units import amount
    >>> amount(8e6, "B"), amount(12, "B")
    ('8.00 MB', '12 B')
    """
    scale, prefix = next(((s, p) for s, p in _SCALES if value >= s), (1, ""))
    return f"{digits(value / scale) if scale > 1 else f'{value:.0f}'} {prefix}{unit}"


def digits(value: float) -> str:
    """Three digits, without an exponent."""
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}"


def table(rows: Sequence[Sequence[str]], right: Container[int]) -> list[str]:
    """Lines of columns as wide as they must be; those whose number is in `right` stand at the
    right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            c.rjust(w) if k in right else c.ljust(w)
            for k, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def counts(names: Iterable[str]) -> list[str]:
    """Each name once, with how often it is there: ``multiply x3``."""
    found: dict = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return [name if n == 1 else f"{name} x{n}" for name, n in found.items()]
