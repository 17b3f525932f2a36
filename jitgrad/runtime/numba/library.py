"""The module whose names the texts of kernels import: `runtime.llvm.names`, where they are."""

from ..llvm.names import *
from ..llvm.names import __all__ as __all__
