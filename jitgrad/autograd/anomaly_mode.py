"""`debug_nans` by the names of `torch.autograd.anomaly_mode`. Start at `detect_anomaly`."""

from collections.abc import Callable
from typing import Any, TypeVar

from ..frontend.nan_mode import debug_nans

F = TypeVar("F", bound=Callable[..., Any])


class detect_anomaly(debug_nans):
    """`debug_nans` by PyTorch's name.

    Unlike PyTorch's, it looks at values, not only at gradients.

    Parameters
    ----------
    check_nan : bool
        Whether to look for nan; without it, nothing is done, since errors of a backward sweep name
        the operation anyway.

    Examples
    --------
    >>> with jitgrad.autograd.detect_anomaly():
    ...     float(jitgrad.tensor(2.0) * 3)
    6.0
    """

    __slots__ = ()

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(check_nan)


class set_detect_anomaly(debug_nans):
    """`debug_nans`, or its end, by a flag: at once, or as a context manager for its block.

    Parameters
    ----------
    mode : bool
        Whether to look for nan.
    check_nan : bool
        As in `detect_anomaly`.

    Examples
    --------
    >>> with jitgrad.autograd.set_detect_anomaly(True):
    ...     float(jitgrad.tensor(2.0) * 3)
    6.0
    """

    __slots__ = ()

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(bool(mode and check_nan))
        super().__enter__()

    def __enter__(self) -> "set_detect_anomaly":
        return self

    def __call__(self, function: F) -> F:
        self.__exit__()
        return super().__call__(function)
