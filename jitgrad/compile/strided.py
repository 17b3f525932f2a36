"""Products of matrices that the driver of a loop runs by the inner loop of ``np.matmul``.

The loop takes the strides of its operands, so a transpose is read where it lies; a stack of
matrices is one call where one stride goes from each matrix to the next. Start at `product_of`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..base.inner_loops import InnerLoop, inner_loop
from ..ops.linear_algebra import MATMUL
from .schedule.materialise import call_operands

if TYPE_CHECKING:
    from ..ir.node import Node


class Product(NamedTuple):
    """A call of the inner loop: of the arrays `operands`, as `dimensions` and `steps` say."""

    loop: InnerLoop
    operands: tuple[Node, ...]
    dimensions: tuple[int, ...]
    steps: tuple[int, ...]


def product_of(node: Node) -> Product | None:
    """How the inner loop computes `node`; None if it is no product, or not by one call."""
    if node.op is not MATMUL:
        return None
    loop = inner_loop(np.matmul, node.dtype)
    operands = call_operands(node)
    itemsize = node.dtype.itemsize
    strides = [_strides(shape, axes, itemsize) for _, shape, axes in operands]
    strides.append(_strides(node.shape, range(node.ndim), itemsize))
    lead, shapes = node.shape[:-2], [x.shape[:-2] for x in (*node.src, node)]
    outer = [_one_step(lead, *pair) for pair in zip(shapes, strides, strict=True)]
    known = [step for step in outer if step is not None]
    if loop is None or len(known) < len(outer):
        return None
    (*_, n, k), m = node.src[0].shape, node.shape[-1]
    steps = (*known, *[step for steps in strides for step in steps[-2:]])
    bases = tuple([base for base, _, _ in operands])
    return Product(loop, bases, (math.prod(lead), n, k, m), steps)


def _strides(shape: Sequence[int], axes: Sequence[int], itemsize: int) -> list[int]:
    """The bytes from one element to the next along each axis of ``x.transpose(axes)``, of an array
    of this shape in C order."""
    strides = [itemsize * math.prod(shape[k + 1 :]) for k in range(len(shape))]
    return [strides[a] for a in axes]


def _one_step(lead: Sequence[int], shape: Sequence[int], steps: Sequence[int]) -> int | None:
    """The bytes from each matrix of a stack to the next, in the order of the axes `lead`, which it
    may be stretched along; None if there is no such number."""
    missing = len(lead) - len(shape)
    axes = [(n, 0) for n in lead[:missing]]
    for n, own, step in zip(lead[missing:], shape, steps, strict=False):
        axes.append((n, step if own == n else 0))
    axes = [(n, step) for n, step in axes if n != 1]
    for (_, step), (n, inner) in itertools.pairwise(axes):
        if step != n * inner:
            return None
    return axes[-1][1] if axes else 0
