"""`jitgrad.scipy.sparse`: sparse matrices whose elements and products have derivatives.

    >>> a = csr_array([[2.0, 0.0], [1.0, 4.0]])
    >>> a @ np.array([1.0, 2.0])
    array([2., 9.])

Where a matrix has elements is a constant; the elements are an array or a tensor. Products are those
of SciPy's kernels. Start at `csr_array`, and at `linalg.spsolve`.
"""

import sys as _sys
from typing import Any as _Any

from ...base.missing import missing as _missing
from . import linalg
from .arrays import coo_array, csr_array
from .constructors import block_diag, diags, diags_array, eye, eye_array, hstack, kron, vstack

__all__ = ["block_diag", "coo_array", "csr_array", "diags", "diags_array", "eye", "eye_array"]
__all__ += ["hstack", "kron", "linalg", "vstack"]


def __getattr__(name: str) -> _Any:
    raise _missing("jitgrad.scipy.sparse", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
