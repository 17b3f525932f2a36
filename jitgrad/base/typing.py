"""What type checkers cannot see: operators and methods of tensors that are installed from the
catalogue.

At run time `Operations` is an empty base class. Start there.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self


class Operations:
    """The operators, and every further name as Any."""

    __slots__ = ()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

        def __add__(self, other: Any, /) -> Self: ...

        __radd__ = __iadd__ = __sub__ = __rsub__ = __isub__ = __mul__ = __rmul__ = __imul__ = (
            __add__
        )
        __truediv__ = __rtruediv__ = __itruediv__ = __floordiv__ = __rfloordiv__ = __ifloordiv__ = (
            __add__
        )
        __mod__ = __rmod__ = __imod__ = __pow__ = __rpow__ = __ipow__ = __matmul__ = __rmatmul__ = (
            __imatmul__
        ) = __add__
        __lshift__ = __rlshift__ = __ilshift__ = __rshift__ = __rrshift__ = __irshift__ = __add__
        __and__ = __rand__ = __iand__ = __or__ = __ror__ = __ior__ = __xor__ = __rxor__ = (
            __ixor__
        ) = __add__
        __lt__ = __le__ = __gt__ = __ge__ = __add__
        __eq__ = __ne__ = __add__  # type: ignore[assignment]

        def __neg__(self) -> Self: ...

        __pos__ = __abs__ = __invert__ = __neg__

        def __round__(self, decimals: int = 0, /) -> Self: ...
