"""Elements through ``x.flat``: values, as ``x[i]`` is, and no places that a write would reach."""

import numpy as np
import pytest

import jitgrad


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_elements_through_flat_are_values(shape):
    """A write to one would be lost; NumPy's are scalars, which have no methods that write."""
    x = jitgrad.ones(shape)
    for write in (
        lambda e: e.mul_(5), lambda e: e.fill_(5.0), lambda e: e.copy_(5.0), lambda e: e.zero_(),
        lambda e: e.__setitem__((), 5.0), lambda e: np.add(e, 1.0, out=e),
    ):  # fmt: skip
        for element in (x.flat[0], x.flat[-1], x.T.flat[0], next(iter(x.flat))):
            with pytest.raises(jitgrad.AliasError, match="element"):
                write(element)
    assert (x == 1).all()
    first = x.flat[0]
    x.flat[0] += 4.0
    assert first.item() == 1.0 and x.flat[0].item() == 5.0
    part = x.flat[:1]
    part.mul_(2.0)  # a copy, as NumPy's
    assert part.tolist() == [10.0] and x.sum().item() == x.size + 4.0
    g = jitgrad.ones(2, 2).requires_grad_()
    (g.flat[3] * 3.0).backward()
    assert g.grad.tolist() == [[0.0, 0.0], [0.0, 3.0]]
