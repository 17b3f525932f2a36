# ruff: noqa: F401 - `__all__` is what is imported
"""`jitgrad.nn.functional`: functions of networks, by the names and argument orders of
`torch.nn.functional`.

    >>> from jitgrad.nn import functional as F
    >>> x = jitgrad.tensor([[1.0, 2.0]], requires_grad=True)
    >>> loss = F.cross_entropy(F.linear(x, jitgrad.eye(2)), jitgrad.tensor([1]))
    >>> loss.backward()
    >>> x.grad.round(4)
    tensor([[ 0.2689, -0.2689]])

They are formulas of jitgrad's operations, fused and differentiated like any others. Deprecated
parameters of PyTorch (`size_average`, `reduce`) are left out, and what comes after them is given by
name. Start at the module of the theme.
"""

import sys as _sys
from typing import NoReturn as _NoReturn

from ...base.missing import missing as _missing
from .activation import (
    celu,
    elu,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    log_softmax,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softmin,
    softplus,
    softshrink,
    softsign,
    tanh,
    tanhshrink,
    threshold,
)
from .classification import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    kl_div,
    multi_margin_loss,
    multilabel_soft_margin_loss,
    nll_loss,
)
from .convolution import (
    conv1d,
    conv2d,
    conv3d,
    unfold,
)
from .dense import (
    bilinear,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    embedding,
    linear,
    one_hot,
    scaled_dot_product_attention,
)
from .loss import (
    cosine_embedding_loss,
    cosine_similarity,
    gaussian_nll_loss,
    hinge_embedding_loss,
    huber_loss,
    l1_loss,
    margin_ranking_loss,
    mse_loss,
    pairwise_distance,
    poisson_nll_loss,
    smooth_l1_loss,
    soft_margin_loss,
    triplet_margin_loss,
)
from .normalisation import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    normalize,
    rms_norm,
)
from .pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from .windows import (
    pad,
)

__all__ = [name for name, f in [*vars().items()] if callable(f) and not name.startswith("_")]


def __getattr__(name: str) -> _NoReturn:
    raise _missing("jitgrad.nn.functional", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
