"""`jitgrad.fft`: the functions of `numpy.fft`, and the cosine and sine transforms of `scipy.fft`,
with gradients.

    >>> x = jitgrad.tensor([1.0, 2.0, 0.0, -1.0], requires_grad=True)
    >>> power = jitgrad.abs(jitgrad.fft.rfft(x)) ** 2
    >>> power.sum().backward()
    >>> x.grad
    tensor([ 8., 12.,  0., -4.])

They are operations of the catalogue (`jitgrad.ops.fourier`, `jitgrad.ops.cosine`), computed by
NumPy, and by SciPy where it is installed and many transforms are shared among threads.
`jitgrad.numpy.fft` has the names of `numpy.fft` in NumPy's calling forms. Of complex results,
gradients are PyTorch's: see docs/numpy-and-pytorch.md.
"""

import sys as _sys

from .base.missing import missing as _missing
from .frontend.functions import FUNCTIONS as _FUNCTIONS
from .numpy import fft as _numpys
from .ops import REGISTRY as _REGISTRY

_home = __name__.partition(".")[2]
_found = {name: _FUNCTIONS[name] for name, entry in _REGISTRY.items() if entry.names.home == _home}
globals().update(_found)
fftfreq, rfftfreq = _numpys.fftfreq, _numpys.rfftfreq
__all__ = sorted([*_found, "fftfreq", "rfftfreq"])


def __getattr__(name):
    raise _missing("jitgrad.fft", name, _sys.modules[__name__])


def __dir__():
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
