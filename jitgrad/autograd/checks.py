"""`gradcheck` and `gradgradcheck`, as PyTorch has them, on the checks of `jitgrad.check_grads`.

Start at `gradcheck`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base.errors import GradientCheckError, JitgradError
from ..base.surface import surface
from ..frontend.creation import tensor
from ..frontend.tensor import Tensor
from ..tracing.gradient_checks import FlatFunction, Tolerances, compare
from ..tracing.jacobians import jacfwd, jacrev
from ..tracing.products import vjp


@surface
def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
) -> bool:
    """Checks gradients of `func` against central differences, for the inputs that require grad.

    Parameters
    ----------
    func : callable
        Gives a tensor, or a container of them.
    inputs : tuple of tensors, or a tensor
        Its arguments; those that require grad are checked, in float64 for good.
    eps, atol, rtol : float
        The step of the differences, and how far gradients may be off.
    raise_exception : bool
        Raise an error for a wrong gradient, instead of returning False.
    nondet_tol : float
        How far the values of two calls may be apart.
    check_undefined_grad : bool
        For PyTorch's sake: a cotangent that is missing is one of zeros, here.
    check_grad_dtypes : bool
        Check that gradients have the dtypes of the inputs.
    check_batched_grad, check_batched_forward_grad : bool
        Check the Jacobian of one batched pass, too.
    check_forward_ad, check_backward_ad : bool
        Which modes are checked.
    fast_mode : bool
        Check one random direction for each input and result, instead of all entries.

    Returns
    -------
    bool

    Raises
    ------
    GradientCheckError
        A gradient is wrong: which, by how much, and what may be the reason.

    See Also
    --------
    https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html

    Examples
    --------
    >>> x = jitgrad.tensor([0.5, 2.0], requires_grad=True)
    >>> jitgrad.autograd.gradcheck(lambda x: jitgrad.sin(x) * x, x)
    True
    """
    given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    modes = ["fwd"] * check_forward_ad + ["rev"] * check_backward_ad
    tolerances = Tolerances(atol, rtol, eps, nondet_tol)
    batched = [(check_batched_grad, jacrev), (check_batched_forward_grad, jacfwd)]
    try:
        f = FlatFunction(func, given, _requires_grad)
        if fast_mode:
            f = _along_directions(f)
        compare(f, modes, tolerances)
        for wanted, jacobian in batched:
            if wanted:
                _compare_batched(f, jacobian, atol, rtol)
        if check_grad_dtypes:
            _check_dtypes(f)
    except JitgradError:
        if raise_exception:
            raise
        return False
    return True


def _requires_grad(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


def _along_directions(f: FlatFunction) -> FlatFunction:
    """The function of how far each input moves along a direction, of the results each along one."""
    rng = np.random.default_rng(0)
    unit = lambda x: x / max(float(np.linalg.norm(x)), 1e-300)
    along = [unit(rng.standard_normal(x.shape)).astype(x.dtype) for x in f.xs]
    against = [unit(rng.standard_normal(o.shape)).astype(o.dtype) for o in f.values(f.xs)]
    start = [x.copy() for x in f.xs]

    def g(*steps: Tensor) -> tuple[Tensor, ...]:
        moved = [tensor(x) + h * d for x, h, d in zip(start, steps, along, strict=True)]
        return tuple([(t * u).sum() for t, u in zip(f(*moved), against, strict=True)])

    out = FlatFunction(g, [np.zeros((), x.dtype) for x in start])
    out.names = [f"{name} along a direction" for name in f.names]
    return out


def _compare_batched(f: FlatFunction, jacobian: Any, atol: float, rtol: float) -> None:
    primals = [*map(tensor, f.xs)]
    found = jacobian(f, tuple(range(len(primals))))(*primals)
    _, pull = vjp(f, *primals)
    rng = np.random.default_rng(0)
    outs = f.values(f.xs)
    g = [rng.standard_normal(o.shape).astype(o.dtype) for o in outs]
    for j, (want, name) in enumerate(zip(pull(tuple(g)), f.names, strict=True)):
        parts = [
            np.tensordot(u, np.asarray(row[j]), u.ndim) for u, row in zip(g, found, strict=True)
        ]
        if not np.allclose(sum(parts), np.asarray(want), rtol=rtol, atol=atol, equal_nan=True):
            raise GradientCheckError(
                f"got another Jacobian by {name} in one batched pass than row by row; do not "
                "branch on values of gradients in hooks or rules of your own"
            )


def _check_dtypes(f: FlatFunction) -> None:
    _, pull = vjp(f, *map(tensor, f.xs))
    for g, x, name in zip(pull(tuple(f.values(f.xs))), f.xs, f.names, strict=True):
        if g.dtype != x.dtype:
            raise GradientCheckError(
                f"got a gradient of dtype {g.dtype} by {name}, expected {x.dtype}; cast it"
            )


@surface
def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
) -> bool:
    """Checks gradients of the gradients of `func`, by its inputs and by the cotangents.

    Parameters
    ----------
    func, inputs
        As in `gradcheck`.
    grad_outputs : tuple of tensors, or a tensor, optional
        The cotangents; random ones by default.
    gen_non_contig_grad_outputs : bool
        For PyTorch's sake: the values of a tensor lie in C order here.
    check_fwd_over_rev, check_rev_over_rev : bool
        Which modes are checked of the gradients, which are in reverse mode.
    eps, atol, rtol, raise_exception, nondet_tol, check_undefined_grad, check_grad_dtypes
        As in `gradcheck`.
    check_batched_grad, fast_mode
        As in `gradcheck`.

    Returns
    -------
    bool

    See Also
    --------
    https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradgradcheck.html

    Examples
    --------
    >>> x = jitgrad.tensor([0.5, 2.0], requires_grad=True)
    >>> jitgrad.autograd.gradgradcheck(lambda x: jitgrad.sin(x) * x, x)
    True
    """
    given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    f = FlatFunction(func, given, _requires_grad)
    outs = f.values(f.xs)
    cotangents = _cotangents(outs, grad_outputs)
    count = len(f.xs)

    def gradients(*args: Tensor) -> tuple[Tensor, ...]:
        return vjp(f, *args[:count])[1](args[count:])

    return gradcheck(
        gradients,
        [tensor(x, requires_grad=True) for x in (*f.xs, *cotangents)],
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
    )


def _cotangents(outs: Sequence[np.ndarray], given: Any) -> list[np.ndarray]:
    if given is not None:
        given = given if isinstance(given, (tuple, list)) else (given,)
        return [np.array(g.detach() if isinstance(g, Tensor) else g) for g in given]
    rng = np.random.default_rng(0)
    return [rng.standard_normal(o.shape).astype(o.dtype) for o in outs]
