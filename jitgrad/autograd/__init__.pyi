# Written by `python -m tools.stubs`: change the functions, or tools, not this file.
"""`jitgrad.autograd`: gradients on request and the gradient mode, by the names of
`torch.autograd`.
"""

from collections.abc import Sequence

from .. import Tensor, _ArrayLike
from ..frontend.modes import enable_grad as enable_grad
from ..frontend.modes import inference_mode as inference_mode
from ..frontend.modes import is_grad_enabled as is_grad_enabled
from ..frontend.modes import no_grad as no_grad
from ..frontend.modes import set_grad_enabled as set_grad_enabled
from . import anomaly_mode as anomaly_mode
from . import function as function
from . import functional as functional
from . import graph as graph
from .anomaly_mode import detect_anomaly as detect_anomaly
from .anomaly_mode import set_detect_anomaly as set_detect_anomaly
from .checks import gradcheck as gradcheck
from .checks import gradgradcheck as gradgradcheck
from .function import Function as Function

__all__ = [
    "Function", "anomaly_mode", "backward", "detect_anomaly", "enable_grad", "function",
    "functional", "grad", "gradcheck", "gradgradcheck", "graph", "inference_mode",
    "is_grad_enabled", "no_grad", "set_detect_anomaly", "set_grad_enabled"
]  # fmt: skip

def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: _ArrayLike | Sequence[_ArrayLike | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Adds the gradient of the sum of `tensors` to the `.grad` of the leaves they were computed
    from, in one sweep.

    >>> x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    >>> jitgrad.autograd.backward([x.sum(), x * x], grad_tensors=[None, [1.0, 10.0]])
    >>> x.grad
    tensor([ 3., 41.])
    """

def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: _ArrayLike | Sequence[_ArrayLike | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
    materialize_grads: bool = False,
    is_grads_batched: bool = False,
) -> tuple[Tensor, ...]:
    """Gradients of `outputs` with respect to `inputs`, as a tuple; `.grad` is not touched."""
