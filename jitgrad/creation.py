"""Making tensors: `tensor`, `zeros`, `arange`, `randn`... by NumPy's names and defaults, with PyTorch's `requires_grad`."""

import numpy as np

from ._dtypes import as_dtype
from ._errors import ArgumentError
from .convert import as_operand, from_data, tensor
from .tape.tensors import from_value
from .tensor import Tensor

_generator = None


def _rng():
    global _generator
    if _generator is None:
        _generator = np.random.default_rng()
    return _generator


def manual_seed(seed):
    """Seeds `rand`, `randn` and `randint`."""
    global _generator
    _generator = np.random.default_rng(seed)


def _made(array, dtype, requires_grad):
    array = (
        np.ascontiguousarray(array, dtype=None if dtype is None else as_dtype(dtype))
        if array.ndim
        else np.asarray(array, dtype)
    )
    out = from_value(array.reshape(-1) if array.ndim else array.item(), array.shape, as_dtype(array.dtype), None)
    return out.requires_grad_() if requires_grad else out


def _shape(size, given):
    if given is not None:
        size = (given,)
    return tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else tuple(size)


def array(data, dtype=None, copy=True, requires_grad=False):
    """A tensor with a copy of `data`, as `numpy.array`."""
    return tensor(data, dtype, requires_grad)


def asarray(data, dtype=None):
    """`data` as a tensor; a tensor of that dtype is given back as it is."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return tensor(data, dtype)


def from_numpy(a):
    """A tensor with the values of an array. They are copied: a tensor never changes under a recorded program."""
    if not isinstance(a, np.ndarray):
        raise ArgumentError(f"got {type(a).__name__}, expected a numpy.ndarray; use jitgrad.tensor")
    return tensor(a)


def _filled(name, make):
    def function(*size, dtype=None, requires_grad=False, shape=None):
        shape = shape if shape is not None else None
        if len(size) == 2 and not isinstance(size[1], (int, np.integer)):
            size, dtype = size[:1], size[1]
        dims = _shape(size, shape)
        return _made(make(dims, as_dtype(dtype or np.float64)), None, requires_grad)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"A tensor of a shape, as `numpy.{name}`; lengths may be given one by one."
    return function


zeros, ones, empty = _filled("zeros", np.zeros), _filled("ones", np.ones), _filled("empty", np.zeros)


def full(shape, fill_value, dtype=None, requires_grad=False):
    """A tensor of a shape filled with a value; a tensor as value keeps its gradient."""
    shape = shape if isinstance(shape, (tuple, list)) else (shape,)
    if isinstance(fill_value, Tensor):
        from .functions import FUNCTIONS

        return FUNCTIONS["broadcast_to"](fill_value if dtype is None else fill_value.to(dtype), tuple(shape)).clone()
    return _made(np.full(tuple(shape), fill_value, dtype), None, requires_grad)


def _like(name, make):
    def function(x, dtype=None, requires_grad=False):
        x = as_operand(x)
        return _made(make(x.shape, as_dtype(dtype or x.dtype)), None, requires_grad)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"As `numpy.{name}`."
    return function


zeros_like, ones_like, empty_like = (
    _like("zeros_like", np.zeros),
    _like("ones_like", np.ones),
    _like("empty_like", np.zeros),
)


def full_like(x, fill_value, dtype=None, requires_grad=False):
    """A tensor of the shape of `x`, filled with a value."""
    x = as_operand(x)
    return full(x.shape, fill_value, dtype or x.dtype, requires_grad)


def arange(*args, dtype=None, requires_grad=False):
    """Evenly spaced values, as `numpy.arange`."""
    return _made(np.arange(*args, dtype=None if dtype is None else as_dtype(dtype)), None, requires_grad)


def linspace(start, stop, num=50, dtype=None, requires_grad=False):
    """`num` values from `start` to `stop`, both included; tensors as ends keep their gradient."""
    if isinstance(start, Tensor) or isinstance(stop, Tensor):
        start, stop = as_operand(start), as_operand(stop)
        steps = from_data(np.linspace(0.0, 1.0, num), None)
        return start + (stop - start) * steps
    return _made(np.linspace(start, stop, num, dtype=dtype), None, requires_grad)


def eye(n, m=None, dtype=None, requires_grad=False):
    """The identity matrix."""
    return _made(np.eye(n, m, dtype=as_dtype(dtype or np.float64)), None, requires_grad)


def _random(name, draw, doc):
    def function(*size_, size=None, dtype=None, requires_grad=False):
        dims = _shape(size_, None) if size is None else _shape((size,), None)
        return _made(np.asarray(draw(_rng(), dims)), dtype, requires_grad)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


randn = _random("randn", lambda rng, size: rng.standard_normal(size), "Standard normal values of a shape.")
rand = _random("rand", lambda rng, size: rng.random(size), "Uniform values in [0, 1) of a shape.")


def randint(low, high, size):
    """Uniform integers in [low, high)."""
    return _made(np.asarray(_rng().integers(low, high, tuple(size))), None, False)
