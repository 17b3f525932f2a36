"""`numpy.einsum` on tensors: pairs of operands, in the order of NumPy's own path, as stacked matrix
products.

A letter is summed as soon as no operand that is still to come, and not the result, has it, so that
what is in memory between two products is never larger than the path says. Start at `einsum`;
`_pair` is one product.
"""

import math
import string
from operator import index

import numpy as np

from ...base.errors import ArgumentError, DTypeError, ShapeError
from ...frontend.convert import as_operand
from ..fallback import fallback
from ..signature import deliver
from .composed import op
from .writes import handler


@handler
def einsum(*operands, out=None, optimize=False, dtype=None, casting="safe", order="K"):
    if operands and not isinstance(operands[0], str):
        operands = _with_text(operands)
    if not operands or casting != "safe":
        return fallback(
            np.einsum, operands, {"out": out, "dtype": dtype, "casting": casting, "order": order}
        )
    text, tensors = operands[0].replace(" ", ""), [as_operand(x) for x in operands[1:]]
    tensors = tensors if dtype is None else [_safely_cast(x, dtype) for x in tensors]
    names, kept = _names(text, tensors)
    common = np.result_type(*(x.dtype for x in tensors))
    terms = [_alone(x.to(common), n) for x, n in zip(tensors, names, strict=True)]
    _check_lengths(text, terms)
    x, n = _summed(*_contracted(terms, kept, optimize), set(kept))
    return deliver(x.transpose([n.index(k) for k in kept]) if kept != n else x.clone(), out)


def _contracted(terms, kept, optimize):
    """The one term that is left of several, joined in the order of the path."""
    for pair in _path(terms, kept, optimize):
        first, *rest = [terms.pop(k) for k in sorted(pair, reverse=True)][::-1]
        while rest:
            second = rest.pop(0)
            first = _pair(first, second, set(kept).union(*(n for _, n in (*terms, *rest))))
        terms.append(first)
    return terms[0]


def _safely_cast(x, dtype):
    if not np.can_cast(x.dtype, dtype):
        raise DTypeError(
            f"got an operand of {x.dtype} for einsum in {dtype}, which is not safe; convert it "
            "with .astype first"
        )
    return x.to(dtype)


def _with_text(operands):
    """``einsum(x, [0, 1], y, [1, 2], [0, 2])`` with the subscripts as text."""
    if len(operands) < 2:
        raise ArgumentError(
            "got one operand for einsum and no subscripts; pass them as text first, or as a list "
            "after it"
        )
    pairs, rest = len(operands) // 2, len(operands) % 2
    text = ",".join(map(_letters, operands[1 : 2 * pairs : 2]))
    return (text + ("->" + _letters(operands[-1])) * rest, *operands[: 2 * pairs : 2])


def _letters(subscripts):
    letters = dict(
        enumerate(string.ascii_uppercase + string.ascii_lowercase)
    )  # in NumPy's order, that of the result
    try:
        return "".join("..." if s is Ellipsis else letters[index(s)] for s in subscripts)
    except (TypeError, KeyError):
        raise ArgumentError(
            f"got the subscripts {subscripts!r:.100} after an operand of einsum, "
            "expected a list of numbers from 0 to 51, or '...'; or pass one text first"
        ) from None


def _names(text, tensors):
    """The letters of the axes of each operand and of the result; those an ellipsis stands for are
    new letters."""
    inputs, arrow, result = text.partition("->")
    inputs = inputs.split(",")
    if len(inputs) != len(tensors):
        raise ArgumentError(
            f"got {len(tensors)} operands for the subscripts {text!r}, expected {len(inputs)}"
        )
    free = [c for c in string.ascii_letters if c not in text]
    wide = max(
        [
            x.ndim - len(n.replace("...", ""))
            for x, n in zip(tensors, inputs, strict=True)
            if "..." in n
        ],
        default=0,
    )
    names = []
    for x, n in zip(tensors, inputs, strict=True):
        k = x.ndim - len(n.replace("...", ""))
        if k < 0 or (k > 0 and "..." not in n):
            raise ShapeError(
                f"got {n!r} for an operand of {x.ndim} dimensions in einsum, expected a letter "
                "for each, or '...'"
            )
        names.append(n.replace("...", "".join(free[wide - k : wide])))
    letters = "".join(names)
    if not arrow:
        result = "..." * ("..." in text) + "".join(
            sorted(c for c in set(letters) - set(free[:wide]) if letters.count(c) == 1)
        )
    result = result.replace("...", "".join(free[:wide]))
    if (
        not set(result) <= set(letters)
        or len(set(result)) != len(result)
        or not letters.isalpha() * bool(letters) + (not letters)
    ):
        raise ArgumentError(
            f"got the subscripts {text!r}, expected letters, each of the result once and in an "
            "operand"
        )
    return names, result


def _alone(x, names):
    """Repeated letters of one operand are its diagonal."""
    for c in names:
        while names.count(c) > 1:
            i, j = names.index(c), names.rindex(c)
            if x.shape[i] != x.shape[j]:
                raise ShapeError(
                    f"got {c!r} twice for lengths {x.shape[i]} and {x.shape[j]}, expected equal "
                    "ones"
                )
            x, names = x.diagonal(0, i, j), names[:i] + names[i + 1 : j] + names[j + 1 :] + c
    return x, names


def _check_lengths(text, terms):
    lengths: dict = {}
    for x, names in terms:
        for c, n in zip(names, x.shape, strict=True):
            known = lengths.setdefault(c, n)
            if 1 not in (known, n) and known != n:
                raise ShapeError(
                    f"got lengths {known} and {n} for {c!r} in {text!r}, expected equal ones"
                )
            lengths[c] = max(known, n) if 0 not in (known, n) else 0


def _path(terms, kept, optimize):
    if len(terms) < 2:
        return []
    if len(terms) == 2:
        return [(0, 1)]
    stand_ins = [np.broadcast_to(0.0, x.shape) for x, _ in terms]
    text = ",".join(n for _, n in terms) + "->" + kept
    return np.einsum_path(text, *stand_ins, optimize=optimize or "greedy")[0][1:]


def _summed(x, names, needed):
    """Without the axes nobody else needs."""
    gone = tuple(k for k, c in enumerate(names) if c not in needed)
    if gone:  # in the dtype of the operands, as einsum adds
        x = x.any(axis=gone) if x.dtype == np.bool_ else x.sum(axis=gone, dtype=x.dtype)
    return x, "".join(c for c in names if c in needed)


def _pair(first, second, needed):
    """The product of two operands, summed over letters that are not `needed` any more."""
    (x, n), (y, m) = (
        _summed(*first, needed | set(second[1])),
        _summed(*second, needed | set(first[1])),
    )
    lengths = dict(zip(n, x.shape, strict=True))
    for c, k in zip(m, y.shape, strict=True):
        lengths[c] = max(k, lengths.get(c, 1)) if 0 not in (k, lengths.get(c, 1)) else 0
    both = [c for c in n if c in m]
    batch, inner = [c for c in both if c in needed], [c for c in both if c not in needed]
    left, right = [c for c in n if c not in m], [c for c in m if c not in n]

    def matrix(t, names, *groups):
        order = [names.index(c) for g in groups for c in g]
        t = t.transpose(order).broadcast_to([lengths[c] for g in groups for c in g])
        sizes = [math.prod(lengths[c] for c in g) for g in groups]
        return t.reshape(sizes)

    names = batch + left + right
    if (
        not left and not right and batch
    ):  # many sums of their own are one pass, many matrix products are not
        out, _ = _summed(matrix(x, n, batch, inner) * matrix(y, m, batch, inner), "bi", "b")
    elif not inner:
        out = matrix(x, n, batch, left, inner) * matrix(y, m, batch, inner, right)
    else:
        out = op.matmul(matrix(x, n, batch, left, inner), matrix(y, m, batch, inner, right))
    return out.reshape([lengths[c] for c in names]), "".join(names)
