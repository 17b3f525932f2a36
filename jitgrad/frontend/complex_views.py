"""Complex tensors as real ones, and the other way round: views, as in PyTorch. Start at
`view_as_real`."""

from __future__ import annotations

from typing import Any

from ..base.dtypes import is_complex as is_complex_dtype
from ..base.surface import surface
from ..ops.movement import as_complex, as_pairs
from ..tape.keys import Opcode
from ..tape.views import forms, view_of
from .convert import as_operand
from .tensor import Tensor

PAIRS = forms(Opcode("view_as_real", 1, as_pairs))
COMPLEX = forms(Opcode("view_as_complex", 1, as_complex))


@surface
def view_as_real(x: Any) -> Tensor:
    """The real and imaginary parts of complex numbers along a new last axis: a view.

    Parameters
    ----------
    x : array_like
        Of a complex dtype.

    Returns
    -------
    Tensor
        Of shape (..., 2). Writes to it change `x`.

    Raises
    ------
    DTypeError
        The dtype is real.

    See Also
    --------
    https://docs.pytorch.org/docs/stable/generated/torch.view_as_real.html

    Examples
    --------
    >>> jitgrad.view_as_real(jitgrad.tensor([1 + 2j, 3 - 1j]))
    tensor([[ 1.,  2.],
            [ 3., -1.]])
    """
    return view_of(as_operand(x), PAIRS)


@surface
def view_as_complex(x: Any) -> Tensor:
    """The complex numbers whose real and imaginary parts are along the last axis: a view.

    Parameters
    ----------
    x : array_like
        Of shape (..., 2), and a float dtype.

    Returns
    -------
    Tensor
        Of shape (...). Writes to it change `x`.

    Raises
    ------
    DTypeError, ShapeError
        The dtype is no float, or the last axis is not of length 2.

    See Also
    --------
    https://docs.pytorch.org/docs/stable/generated/torch.view_as_complex.html

    Examples
    --------
    >>> jitgrad.view_as_complex(jitgrad.tensor([[1.0, 2.0], [3.0, -1.0]]))
    tensor([1.+2.j, 3.-1.j], dtype=complex128)
    """
    return view_of(as_operand(x), COMPLEX)


@surface
def is_complex(x: Any) -> bool:
    """Whether a tensor or array is of a complex dtype, whatever its values are.

    Parameters
    ----------
    x : array_like

    Returns
    -------
    bool

    See Also
    --------
    https://docs.pytorch.org/docs/stable/generated/torch.is_complex.html

    Examples
    --------
    >>> jitgrad.is_complex(jitgrad.ones(2)), jitgrad.is_complex(1j)
    (False, True)
    """
    return is_complex_dtype(as_operand(x).dtype)
