"""Making tensors: `tensor`, `zeros`, `arange`, `randn`... with NumPy's names and defaults;
`requires_grad`."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base.dtypes import as_dtype
from ..base.errors import ArgumentError, IntegerOverflow, ShapeError
from ..base.foreign import refuse_subclasses
from ..base.surface import surface
from ..ir.shapes import as_int, broadcast_shapes, check_size, normalize_axis
from ..tape.handles import from_value
from ..tape.record import materialise
from .convert import (
    as_flag,
    as_leaf,
    as_operand,
    by_value,
    check_device,
    from_data,
    keep_imaginary,
)
from .convert import made as _made
from .implicit import COPY, LEAF, check
from .integers import RANGES, fitting
from .stream import DEFAULT
from .tensor import Tensor


@surface
def tensor(data: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """A new tensor with a copy of `data`, through which no gradient goes.

    The gradient of tensors that require grad, alone or in sequences, ends here: with a
    `GradientWarning`, unless the copy is to collect one of its own (`requires_grad`), and in a
    function that is being differentiated with an error. `jitgrad.array` and `jitgrad.stack` keep
    it.

    Parameters
    ----------
    data : array_like
        Numbers, nested sequences, NumPy arrays or tensors.
    dtype : dtype, optional
        As NumPy infers it by default: float64 and int64 for Python numbers.
    requires_grad : bool
        Collect gradients in `.grad`.

    Returns
    -------
    Tensor

    Raises
    ------
    DTypeError
        For object, str, complex, ragged lists, or an integer dtype with requires_grad.
    ArgumentError
        For a device other than "cpu".
    GradientError
        In a function that is being differentiated, for tensors that depend on its arguments.

    Examples
    --------
    >>> x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    """
    check_device(device)
    out: Any = data if isinstance(data, Tensor) else from_data(data, dtype)
    if isinstance(data, Tensor) or out.requires_grad:
        check(out, LEAF if requires_grad else COPY)
        out = out.detach().clone()
        out = out if dtype is None else out.to(dtype)
        materialise(out)
        out = from_value(out._value, out.shape, out.dtype, None)
    return as_leaf(out, requires_grad)


@surface
def manual_seed(seed: Any) -> None:
    """Seeds `rand`, `randn`, `normal` and `randint`.

    Examples
    --------
    >>> jitgrad.manual_seed(7)
    >>> x = jitgrad.rand(3)
    >>> jitgrad.manual_seed(7)
    >>> bool((jitgrad.rand(3) == x).all())
    True
    """
    DEFAULT.refuse_in_trace("the seed")
    DEFAULT.rng = seeded("manual_seed", seed)


def seeded(name: str, seed: Any) -> "np.random.Generator":
    """NumPy's generator of a seed, for the function `name`."""
    return by_numpy(name, _seeded, seed, expected="a whole number of at least 0, or several")


def _seeded(seed: Any) -> "np.random.Generator":
    if isinstance(
        seed, (np.ndarray, Tensor, list, tuple)
    ):  # plain numbers: NumPy crashes for some classes of arrays
        seed = (
            np.array(seed if not isinstance(seed, Tensor) else by_value(seed).tolist())
            .reshape(-1)
            .tolist()
        )
    return np.random.default_rng(seed)


def shape_from(*size: Any) -> tuple[int, ...]:
    """Lengths given one by one, or as one sequence."""
    lengths = size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    shape = tuple(as_int(n, "length") for n in lengths)
    if any(n < 0 for n in shape):
        raise ShapeError(
            f"got the shape {shape}, expected lengths of at least 0; -1 stands for a length in "
            "reshape only"
        )
    return check_size(shape)


def by_numpy(name: str, make: Callable[..., Any], *args: Any, expected: str, **kwargs: Any) -> Any:
    """What NumPy makes of the arguments; where it refuses them, an error that says what was
    expected."""
    refuse_subclasses(args)
    try:
        return make(*args, **kwargs)
    except (TypeError, ValueError, ArithmeticError) as error:
        given = ", ".join(map(repr, args))
        kind = IntegerOverflow if isinstance(error, OverflowError) else ArgumentError
        raise kind(f"got {name}({given}), expected {expected} ({error})") from None


@surface
def array(
    data: Any,
    dtype: Any = None,
    copy: bool = True,
    requires_grad: bool = False,
    *,
    device: Any = None,
) -> Tensor:
    """A tensor with a copy of `data`, as `numpy.array`; tensors, also in sequences, keep their
    gradient.

    Examples
    --------
    >>> jitgrad.array([1, 2], dtype=jitgrad.float32)
    tensor([1., 2.], dtype=float32)
    """
    check_device(device)
    if not isinstance(data, Tensor):
        out = from_data(data, dtype)
    else:
        out = data.clone() if dtype is None else data.astype(dtype)
    return as_leaf(out, requires_grad)


@surface
def asarray(
    data: Any, dtype: Any = None, copy: bool | None = None, *, device: Any = None
) -> Tensor:
    """`data` as a tensor; a tensor of that dtype is given back as it is, unless a copy is asked
    for.

    An array of another library (torch, JAX) is taken by DLPack, as `from_dlpack` takes it: memory
    that nobody can write to is shared. All else is copied, so that ``copy=False`` is an error.

    Examples
    --------
    >>> x = jitgrad.asarray([1.0, 2.0])
    >>> jitgrad.asarray(x) is x
    True
    """
    check_device(device)
    if isinstance(data, Tensor):
        return data.astype(data.dtype if dtype is None else dtype, copy=as_flag(copy, "copy"))
    if copy is False or (hasattr(data, "__dlpack__") and not isinstance(data, np.ndarray)):
        from .dlpack import from_dlpack

        out = from_dlpack(data, copy=copy)
        return out if dtype is None else out.astype(dtype, copy=False)
    return from_data(data, dtype)


@surface
def from_numpy(a: np.ndarray) -> Tensor:
    """A tensor with the values of an array. They are copied: a tensor never changes under a
    recorded program.

    An array that is an operand, as in ``x * a``, is copied so in each call: where it is used again,
    make a tensor once.

    Examples
    --------
    >>> jitgrad.from_numpy(np.eye(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if not isinstance(a, np.ndarray):
        raise ArgumentError(f"got {type(a).__name__}, expected a numpy.ndarray; use jitgrad.tensor")
    return tensor(a)


def _example(call: str, result: str) -> str:
    """The end of a docstring: an example and what it prints."""
    return f"\n\nExamples\n--------\n>>> jitgrad.{call}\n{result}"


def _filled(name: str, make: Any) -> Callable[..., Tensor]:
    def function(
        *size: Any,
        dtype: Any = None,
        requires_grad: bool = False,
        shape: Any = None,
        device: Any = None,
    ) -> Tensor:
        if len(size) == 2 and not isinstance(size[1], (int, np.integer)):
            first, dtype = size
            size = (first,)
        dims = shape_from(*size) if shape is None else shape_from(shape)
        return _made(
            make(dims, as_dtype(np.float64 if dtype is None else dtype)),
            None,
            requires_grad,
            device,
        )

    function = surface(function)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"A tensor of a shape, as `numpy.{name}`; lengths may be given one by one."
        + _example(f"{name}(2, 3).shape", "(2, 3)")
    )
    return function


zeros, ones, empty = (
    _filled("zeros", np.zeros),
    _filled("ones", np.ones),
    _filled("empty", np.zeros),
)


@surface
def full(
    shape: Any,
    fill_value: Any,
    dtype: Any = None,
    requires_grad: bool = False,
    *,
    device: Any = None,
) -> Tensor:
    """A tensor of a shape filled with a value; a tensor as value keeps its gradient.

    Examples
    --------
    >>> jitgrad.full((2, 2), 7.0)
    tensor([[7., 7.],
            [7., 7.]])
    """
    check_device(device)
    shape = shape_from(shape)
    if isinstance(fill_value, Tensor):
        return (fill_value if dtype is None else fill_value.to(dtype)).broadcast_to(shape).clone()
    expected = f"a number, or values that broadcast to {shape}"
    dtype = None if dtype is None else as_dtype(dtype)
    fill_value = by_value(fill_value)
    if dtype is not None and not np.isrealobj(fill_value):
        keep_imaginary(np.asarray(fill_value), dtype)
    return _made(
        by_numpy("full", np.full, shape, fill_value, dtype, expected=expected),
        None,
        requires_grad,
    )


def _like(name: str, make: Any) -> Callable[..., Tensor]:
    def function(
        x: Any, dtype: Any = None, requires_grad: bool = False, *, device: Any = None
    ) -> Tensor:
        x = as_operand(x)
        return _made(
            make(x.shape, as_dtype(x.dtype if dtype is None else dtype)),
            None,
            requires_grad,
            device,
        )

    function = surface(function)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"As `numpy.{name}`." + _example(f"{name}(jitgrad.arange(3)).shape", "(3,)")
    return function


zeros_like, ones_like, empty_like = (
    _like("zeros_like", np.zeros),
    _like("ones_like", np.ones),
    _like("empty_like", np.zeros),
)


@surface
def full_like(
    x: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False, *, device: Any = None
) -> Tensor:
    """A tensor of the shape of `x`, filled with a value.

    Examples
    --------
    >>> jitgrad.full_like(jitgrad.arange(3), 7)
    tensor([7, 7, 7])
    """
    x = as_operand(x)
    return full(
        x.shape, fill_value, x.dtype if dtype is None else dtype, requires_grad, device=device
    )


@surface
def arange(
    *args: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Evenly spaced values, as `numpy.arange`.

    Examples
    --------
    >>> jitgrad.arange(3.0, requires_grad=True)
    tensor([0., 1., 2.], requires_grad=True)
    """
    dtype, expected = (
        None if dtype is None else as_dtype(dtype),
        "stop, or start and stop, and a step other than 0: numbers",
    )
    if not 0 < len(args) < 4:
        raise ArgumentError(f"got arange() of {len(args)} values, expected {expected}")
    if dtype in RANGES and {int}.issuperset(map(type, args)) and (values := _range(args)):
        for value in (values[0], values[-1]):
            fitting(value, dtype)
    return _made(
        by_numpy("arange", np.arange, *by_value(args), dtype=dtype, expected=expected),
        None,
        requires_grad,
        device,
    )


def _range(args: Any) -> Sequence[int]:
    """The values of an arange of integers; none where its step is 0."""
    return range(*args) if len(args) < 3 or args[2] else ()


@surface
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    dtype: Any = None,
    requires_grad: bool = False,
    *,
    endpoint: bool = True,
    axis: int = 0,
    device: Any = None,
) -> Tensor:
    """`num` values from `start` to `stop`, as `numpy.linspace`; tensors as ends keep their
    gradient.

    Examples
    --------
    >>> jitgrad.linspace(0, 1, 3)
    tensor([0. , 0.5, 1. ])
    """
    check_device(device)
    dtype = None if dtype is None else as_dtype(dtype)
    (num,) = shape_from(as_int(num, "num"))
    if not (isinstance(start, Tensor) or isinstance(stop, Tensor)):
        for end in (start, stop):
            keep_imaginary(end, dtype)
        make = functools.partial(np.linspace, endpoint=endpoint, dtype=dtype, axis=axis)
        made = by_numpy(
            "linspace",
            make,
            by_value(start),
            by_value(stop),
            num,
            expected="two numbers, or arrays of them, and how many values",
        )
        return _made(made, None, requires_grad)
    start, stop = (x if type(x) in (int, float) else as_operand(x) for x in (start, stop))
    ends = [getattr(x, "dtype", x) for x in (start, stop)]
    ramp = np.linspace(0.0, 1.0, num, endpoint, dtype=np.result_type(*ends, 1.0))
    steps = _made(ramp.reshape((-1,) + (1,) * max(np.ndim(start), np.ndim(stop))), None, False)
    out = start * (1 - steps) + stop * steps
    axis = normalize_axis(axis, out.ndim)
    out = out.transpose([*range(1, axis + 1), 0, *range(axis + 1, out.ndim)]) if axis else out
    out = out if dtype is None else out.to(dtype)
    return as_leaf(out, requires_grad)


@surface
def eye(
    n: int,
    m: int | None = None,
    k: int = 0,
    dtype: Any = None,
    requires_grad: bool = False,
    *,
    device: Any = None,
) -> Tensor:
    """Ones on the diagonal number `k` of an n x m matrix, zeros elsewhere.

    Examples
    --------
    >>> jitgrad.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    n, m = shape_from(n, n if m is None else m)
    return _made(
        np.eye(n, m, as_int(k, "k"), dtype=as_dtype(np.float64 if dtype is None else dtype)),
        None,
        requires_grad,
        device,
    )


def _random(name: str, draw: Any, doc: str) -> Callable[..., Tensor]:
    def function(
        *size_: Any,
        size: Any = None,
        dtype: Any = None,
        requires_grad: bool = False,
        device: Any = None,
    ) -> Tensor:
        check_device(device)
        dims = shape_from(*size_) if size is None else shape_from(size)
        return DEFAULT.drawn(lambda rng: np.asarray(draw(rng, dims)), dtype, requires_grad)

    function = surface(function)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc + _example(f"{name}(2, 3).shape", "(2, 3)")
    return function


randn = _random(
    "randn", lambda rng, size: rng.standard_normal(size), "Standard normal values of a shape."
)
rand = _random("rand", lambda rng, size: rng.random(size), "Uniform values in [0, 1) of a shape.")


@surface
def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    dtype: Any = None,
    requires_grad: bool = False,
    *,
    device: Any = None,
) -> Tensor:
    """Normal values of a mean and a standard deviation; tensors as either keep their gradient.

    Parameters
    ----------
    mean, std : array_like
    size : int or sequence of int, optional
        The shape; that of `mean` and `std` together by default.

    Examples
    --------
    >>> jitgrad.normal(5.0, 0.0, (2,))
    tensor([5., 5.])
    """
    mean, std = (x if type(x) in (int, float) else as_operand(x) for x in (mean, std))
    if type(std) in (int, float) and std < 0:
        raise ArgumentError(f"got std={std}, expected a number of at least 0")
    shape = broadcast_shapes(np.shape(mean), np.shape(std)) if size is None else shape_from(size)
    out = randn(size=shape, device=device) * std + mean
    out = out if dtype is None else out.to(dtype)
    return as_leaf(out, requires_grad)


@surface
def randint(low: int, high: int, size: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Uniform integers in [low, high).

    Examples
    --------
    >>> jitgrad.randint(0, 1, (2,))
    tensor([0, 0])
    """
    check_device(device)
    expected = "two whole numbers, the first the smaller one"
    size, low, high = shape_from(size), by_value(low), by_value(high)
    return DEFAULT.drawn(
        lambda rng: np.asarray(
            by_numpy("randint", rng.integers, low, high, size, expected=expected)
        ),
        dtype,
    )
