"""Memory of other libraries as tensors, and of tensors as arrays of theirs, by DLPack.

A tensor's value never changes under a recorded program, so memory is shared only where nobody can
write to it: arrays of JAX, arrays of NumPy that are read-only up to what owns their memory. All
other memory is copied. What leaves is a copy too, unless ``copy=False`` asks for the memory itself,
which is marked read-only where DLPack can say so. Start at `from_dlpack`; `exported` is the other
direction.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.dtypes import as_dtype
from ..base.errors import ArgumentError, ExchangeError, GradientError
from ..base.foreign import refuse_foreign_gradient
from ..base.packages import package_of
from ..base.surface import surface
from ..runtime.pool import PoolBlock
from ..tape.handles import from_value
from ..tape.segment import local
from .convert import check_device, from_data
from .tensor import Tensor

#: The CPU, in DLPack's words.
CPU = (1, 0)
#: Libraries whose arrays cannot be written to.
IMMUTABLE = frozenset(("jax", "jaxlib"))


@surface
def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor of an array of another library, which has DLPack's methods.

    Memory that nobody can write to is shared: that of JAX's arrays, and of NumPy's that are
    read-only up to what owns their memory. Other memory (of a torch tensor, say) is copied, since
    later writes to it would change what was recorded.

    Parameters
    ----------
    x : object with ``__dlpack__`` and ``__dlpack_device__``
        An array on the CPU, of a dtype that jitgrad computes in.
    device : str, optional
        "cpu", the only one.
    copy : bool, optional
        True: always a copy. False: never one, which is an error where memory has to be copied.

    Returns
    -------
    Tensor
        Of the shape and dtype of `x`. It does not require grad. Writes to it leave `x` as it is.

    Raises
    ------
    ExchangeError
        `x` is on another device, has no DLPack, or is to be copied although ``copy=False``.
    DTypeError
        jitgrad does not compute in the dtype of `x`.
    GradientError
        `x` requires grad: DLPack has no gradients. `jitgrad.interop.torch` keeps them.

    References
    ----------
    ``from_dlpack`` of the Python array API standard; ``numpy.from_dlpack``.

    Examples
    --------
    >>> a = np.arange(3.0)
    >>> a.flags.writeable = False
    >>> x = jitgrad.from_dlpack(a, copy=False)
    >>> x, np.shares_memory(x.numpy(), a)
    (tensor([0., 1., 2.]), True)
    """
    check_device(device)
    if isinstance(x, Tensor):
        if x.requires_grad:
            raise GradientError(
                "got a tensor that requires grad in from_dlpack, which has no gradients, so that "
                "it would be lost; use the tensor itself, or pass x.detach()"
            )
        return x.detach() if copy is False else x.detach().clone()
    array = _imported(x)
    reason = _why_copied(x, array)
    if copy is False and reason is not None:
        raise ExchangeError(
            f"got copy=False for {_title(x)}, expected None or True: {reason}, so that it is "
            "copied; leave copy out"
        )
    if copy or reason is not None or local.seg.tracing is not None:
        return from_data(array, None)
    value = array.reshape(-1) if array.ndim else array.item()
    return from_value(value, array.shape, array.dtype, None)


def _title(x: Any) -> str:
    return f"an object of type {type(x).__module__}.{type(x).__name__}"


def _imported(x: Any) -> np.ndarray:
    """The memory of `x` as an array, not copied."""
    if not (hasattr(x, "__dlpack__") and hasattr(x, "__dlpack_device__")):
        raise ExchangeError(
            f"got {_title(x)}, expected an array with __dlpack__ and __dlpack_device__; "
            "jitgrad.tensor copies other data"
        )
    refuse_foreign_gradient(x)
    try:
        kind, _ = x.__dlpack_device__()
        if kind != CPU[0]:
            raise BufferError("it is not on the CPU")
        array = x if type(x) is np.ndarray else np.from_dlpack(x)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        named = getattr(x, "dtype", None)
        if named is not None:  # DLPack has dtypes that NumPy has not
            as_dtype(str(named).rpartition(".")[2])
        raise ExchangeError(
            f"got {_title(x)}, whose memory cannot be read by DLPack: {error}; copy it to a "
            "dense array on the CPU first"
        ) from None
    as_dtype(array.dtype.newbyteorder("="))
    return array


def _why_copied(x: Any, array: np.ndarray) -> str | None:
    """Why a tensor has a copy of the memory; None where it shares it."""
    if array.flags.writeable or not _is_immutable(x):
        return "its memory may be written to, and a tensor never changes under a recorded program"
    if not (array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative):
        return "its elements do not lie one after the other, as those of a tensor do"
    return None


def _is_immutable(x: Any) -> bool:
    """Whether nobody can write to the memory of `x`, whatever views of it there are."""
    while isinstance(x, np.ndarray):
        if x.flags.writeable:
            return False
        x = x.base
    if x is None or isinstance(x, (bytes, PoolBlock)):
        return True
    return package_of(type(x).__module__) in IMMUTABLE


def exported(t: Tensor, stream: Any, max_version: Any, dl_device: Any, copy: Any) -> Any:
    """The DLPack capsule of a tensor: of a copy, or of its memory, marked read-only.

    Not every library heeds the mark (PyTorch does not), and capsules from before DLPack 1.0 have
    none, so the memory itself is given only where ``copy=False`` asks for it: who asks must not
    write to it."""
    if t.requires_grad:
        raise GradientError(
            "got a tensor that requires grad to export by DLPack, which has no gradients, so that "
            "it would be lost; functions of jitgrad keep it, and jitgrad.interop those of other "
            "libraries; where no gradient is wanted, export x.detach()"
        )
    if stream is not None:
        raise ArgumentError(f"got stream={stream!r}, expected None: jitgrad is on the CPU")
    if dl_device is not None and tuple(dl_device) != CPU:
        raise ExchangeError(
            f"got dl_device={dl_device!r}, expected None or {CPU}: jitgrad is on the CPU"
        )
    if copy is not False:
        return np.array(t._array()).__dlpack__()
    if max_version is None or tuple(max_version) < (1, 0):
        return np.asarray(Unmarked(t._array())).__dlpack__()
    return t._array().__dlpack__(max_version=max_version)


class Unmarked:
    """The memory of an array, not marked as read-only, which it stays all the same: capsules from
    before DLPack 1.0 cannot say so, and NumPy makes none of what is marked."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array  # the memory lives as long as this
        at, _ = array.__array_interface__["data"]
        self.__array_interface__ = {**array.__array_interface__, "data": (at, False)}
