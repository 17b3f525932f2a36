"""`jitgrad.interop.torch`: functions on tensors for PyTorch, and functions of PyTorch on tensors.

`to_torch` makes of a function on tensors one that torch tensors flow through, as a
``torch.autograd.Function``; `from_torch` makes of a torch function one that tensors flow through;
`from_module` does so with a module, whose parameters become tensors. Gradients of any order go
through both. PyTorch is imported when one of them is called.
"""

from __future__ import annotations

import functools
import sys as _sys
from collections.abc import Callable
from typing import Any

from ..base.errors import ArgumentError
from ..base.missing import missing as _missing
from ..base.surface import surface
from ..base.tree import flatten
from ..frontend.convert import as_operand
from ..frontend.tensor import Tensor
from .incoming import Incoming
from .outgoing import Outgoing, check_function

__all__ = ["from_module", "from_torch", "to_torch"]


@functools.cache
def _library() -> Any:
    from .torch_library import TorchLibrary

    return TorchLibrary()


@surface
def to_torch(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function on tensors as one of torch tensors, through which PyTorch's gradients go.

    Parameters
    ----------
    f : callable
        Takes and gives containers of tensors. What is no torch tensor among the arguments, it gets
        as it is.

    Returns
    -------
    callable
        Takes torch tensors on the CPU in the place of tensors, of any strides, and gives torch
        tensors of the dtypes that `f` gives. It is a ``torch.autograd.Function``: gradients of any
        order, ``torch.func.grad`` and ``torch.func.vmap`` (row by row) go through it; floats have
        gradients, integers and bools have none.

    Raises
    ------
    GradientError
        `f` reaches tensors that require grad beside its arguments, whose gradients would be lost.
    DTypeError, ExchangeError
        A torch tensor is of a dtype that jitgrad does not compute in, or is not on the CPU.
    MissingError
        PyTorch is not installed.

    References
    ----------
    ``torch.autograd.Function``.

    Examples
    --------
    ::

        f = jitgrad.interop.torch.to_torch(lambda x: (jitgrad.sin(x) * x).sum())
        x = torch.linspace(0.0, 1.0, 5, requires_grad=True)
        f(x).backward()
    """
    check_function(f)

    @functools.wraps(f, updated=())
    @surface
    def function(*args: Any, **kwargs: Any) -> Any:
        from .torch_functions import applied

        library = _library()
        leaves, _, rebuild = flatten((args, kwargs), "arguments")
        places = [k for k, x in enumerate(leaves) if library.is_array(x)]
        rest = [None if k in places else x for k, x in enumerate(leaves)]
        outgoing = Outgoing(f, rest, places, rebuild)
        return outgoing.made(applied(library, outgoing, [leaves[k] for k in places]))

    return function


@surface
def from_torch(f: Callable[..., Any], *, result_shape_dtypes: Any = None) -> Callable[..., Any]:
    """A function of torch tensors as one on tensors, through which gradients go.

    Parameters
    ----------
    f : callable
        Takes and gives containers of torch tensors. It gets copies: what it writes to them is its
        own affair.
    result_shape_dtypes : container, optional
        What the results are like (objects with `shape` and `dtype`), for a function whose shapes
        PyTorch tells only for values, and that is called under `jit`.

    Returns
    -------
    callable
        Takes tensors and arrays in the place of torch tensors, and gives tensors of the dtypes that
        `f` gives. PyTorch computes the derivative from what it has recorded, without a second call
        of `f`. Under `jit`, in loops, under `vmap` and for a second derivative `f` is called again,
        with the same random numbers; under `jit` it may not draw any.

    Raises
    ------
    GradientError
        `f` reaches torch tensors that require grad beside its arguments (`from_module` takes those
        of modules).
    JitError
        Shapes of results are not known under `jit`, or `f` draws random numbers there.
    MissingError
        PyTorch is not installed.

    References
    ----------
    ``torch.autograd.grad``.

    Examples
    --------
    ::

        f = jitgrad.interop.torch.from_torch(torch.special.bessel_j0)
        x = jitgrad.linspace(0.0, 1.0, 5, requires_grad=True)
        f(x).sum().backward()
    """
    check_function(f)
    incoming = Incoming(_library(), f, result_shape_dtypes)

    @functools.wraps(f, updated=())
    @surface
    def function(*args: Any, **kwargs: Any) -> Any:
        return incoming(args, kwargs)

    return function


@surface
def from_module(
    module: Any, *, result_shape_dtypes: Any = None
) -> tuple[Callable[..., Any], dict[str, Tensor]]:
    """A torch module as a function of its parameters and arguments.

    Parameters
    ----------
    module : torch.nn.Module
        Its parameters are not changed. Its buffers, such as the running statistics of a
        normalisation, stay its own.
    result_shape_dtypes : container, optional
        As in `from_torch`.

    Returns
    -------
    (function, parameters)
        ``function(parameters, *args, **kwargs)`` calls the module with these parameters, as
        `from_torch` calls a function; `parameters` is a dict of leaves by their names, with the
        values that the module has, which require grad where the module's do.

    Raises
    ------
    ArgumentError
        It is no module.
    MissingError
        PyTorch is not installed.

    References
    ----------
    ``torch.func.functional_call``.

    Examples
    --------
    ::

        f, parameters = jitgrad.interop.torch.from_module(torch.nn.Linear(3, 1))
        f(parameters, jitgrad.ones((5, 3), dtype=jitgrad.float32)).sum().backward()
        parameters["weight"].grad
    """
    library = _library()
    torch = library.torch
    if not isinstance(module, torch.nn.Module):
        raise ArgumentError(
            f"got an object of type {type(module).__name__}, expected a torch.nn.Module; "
            "from_torch takes functions"
        )
    parameters = {}
    for name, p in module.named_parameters():
        t = parameters[name] = as_operand(library.array(p))
        if p.requires_grad:
            t.requires_grad_()

    def call(given: Any, /, *args: Any, **kwargs: Any) -> Any:
        return torch.func.functional_call(module, given, args, kwargs)

    call.__name__ = type(module).__name__
    return from_torch(call, result_shape_dtypes=result_shape_dtypes), parameters


def __getattr__(name: str) -> Any:
    raise _missing("jitgrad.interop.torch", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
