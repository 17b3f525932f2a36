"""Algebraic Riccati equations of `scipy.linalg`, which linear control and steady Kalman filters
solve: values are SciPy's, derivatives those of the equation (`_solved`).

With K the gain and c = a - b K, the tangent of the solution x of the continuous equation solves
cᴴ x' + x' c + t = 0, an equation of Lyapunov, where t is the tangent of the residual at fixed x;
that of the discrete one cᴴ x' c - x' + t = 0. The rule reads x itself, so it is right to any order.
Start at `solve_continuous_are`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import linalg
from .. import numpy as jnp
from ..base.errors import ArgumentError, ShapeError
from ..base.extras import function_of
from ..base.surface import surface
from ..frontend.convert import as_operand
from ..tape.segment import local
from ..tracing.callbacks import pure_callback
from ..tracing.custom import custom_jvp
from ..tracing.products import jvp

__all__ = ["solve_continuous_are", "solve_discrete_are"]


def adjoint(x: Any) -> Any:
    return jnp.conj(jnp.swapaxes(x, -1, -2))


def on_values(function: Callable[..., Any], like: Any, *matrices: Any) -> Any:
    """What a function of SciPy's gives for the values of matrices, in each call."""
    given = [x.detach() for x in matrices]
    if like.dtype.kind == "f":
        return pure_callback(function, like.detach(), *given, vmap_method="sequential")

    def in_parts(*parts: Any) -> tuple[Any, Any]:
        pairs = zip(parts[::2], parts[1::2], strict=True)
        out = function(*[real + 1j * imag for real, imag in pairs])
        return out.real, out.imag

    parts = [part for x in given for part in (x.real, x.imag)]
    found = pure_callback(in_parts, tuple(parts[:2]), *parts, vmap_method="sequential")
    return found[0] + 1j * found[1]


def _hermitian(name: str, x: Any, what: str) -> Any:
    """The Hermitian part of what is Hermitian, so that a gradient by it is, too."""
    if local.seg.tracing is None:
        values = np.asarray(x.detach())
        away = np.abs(values - values.conj().T).sum(0).max(initial=0.0)
        if away > 100 * np.spacing(np.abs(values).sum(0).max(initial=0.0)):
            raise ArgumentError(
                f"got a matrix {what} in {name} that is not Hermitian, expected it to be: pass "
                f"({what} + {what}.conj().T) / 2"
            )
    return 0.5 * (x + adjoint(x))


def _matrices(name: str, given: dict[str, Any]) -> list[Any]:
    """a, b, q, r and s of one dtype, of the equation whose e is the identity."""
    found = {what: as_operand(x) for what, x in given.items() if x is not None}
    dtype = np.result_type(np.float64, *[x.dtype for x in found.values()])
    taken: list[Any] = [
        found[what].to(dtype) if what in found else None for what in ("a", "b", "q", "r", "e", "s")
    ]
    a, b, q, r, e, s = taken
    (n, m) = b.shape if b.ndim == 2 else (0, 0)
    expected = {"a": (n, n), "b": (n, m), "q": (n, n), "r": (m, m), "e": (n, n), "s": (n, m)}
    wrong = {what: x.shape for what, x in found.items() if x.shape != expected[what]}
    if wrong or not n or not m:
        raise ShapeError(
            f"got {name} of shapes {', '.join(f'{k} {x.shape}' for k, x in found.items())}, "
            "expected a, q and e (n, n), b and s (n, m) and r (m, m)"
        )
    q, r = _hermitian(name, q, "q"), _hermitian(name, r, "r")
    s = jnp.zeros_like(b) if s is None else s
    if e is not None:  # x is the same for a e⁻¹, e⁻ᴴ q e⁻¹ and e⁻ᴴ s
        back = linalg.inv(e)
        a, q, s = a @ back, adjoint(back) @ q @ back, adjoint(back) @ s
        q = 0.5 * (q + adjoint(q))
    return [a, b, q, r, s]


def _solved(
    name: str,
    residual: Callable[..., Any],
    loop: Callable[..., Any],
    tangent: Callable[[Any, Any], Any],
    matrices: list[Any],
    balanced: bool,
) -> Any:
    """SciPy's solution, with its derivatives."""
    theirs = function_of("scipy.linalg", name)
    value = on_values(
        lambda a, b, q, r, s: theirs(a, b, q, r, None, s if s.any() else None, balanced),
        *(matrices[0], *matrices),
    )
    solution: Any = custom_jvp(lambda x, *matrices: x)
    solution.__name__ = name

    @solution.defjvp
    def rule(given: Any, tangents: Any) -> tuple[Any, Any]:
        x, (_, *matrices), (_, *along) = solution(*given), given, tangents
        _, moved = jvp(lambda *matrices: residual(x, *matrices), tuple(matrices), tuple(along))
        return x, tangent(loop(x, *matrices), moved)

    return solution(value, *matrices)


def _continuous(x: Any, a: Any, b: Any, q: Any, r: Any, s: Any) -> Any:
    inner = linalg.solve(r, adjoint(b) @ x + adjoint(s))
    return adjoint(a) @ x + x @ a - (x @ b + s) @ inner + q


def _continuous_loop(x: Any, a: Any, b: Any, q: Any, r: Any, s: Any) -> Any:
    """a - b K, which is stable."""
    return a - b @ linalg.solve(r, adjoint(b) @ x + adjoint(s))


def _discrete(x: Any, a: Any, b: Any, q: Any, r: Any, s: Any) -> Any:
    inner = linalg.solve(r + adjoint(b) @ x @ b, adjoint(b) @ x @ a + adjoint(s))
    return adjoint(a) @ x @ a - x - (adjoint(a) @ x @ b + s) @ inner + q


def _discrete_loop(x: Any, a: Any, b: Any, q: Any, r: Any, s: Any) -> Any:
    gain = linalg.solve(r + adjoint(b) @ x @ b, adjoint(b) @ x @ a + adjoint(s))
    return a - b @ gain


@surface
def solve_continuous_are(
    a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True
) -> Any:
    """The solution x of the continuous algebraic Riccati equation
    aᴴ x e + eᴴ x a - (eᴴ x b + s) r⁻¹ (bᴴ x e + sᴴ) + q = 0 that makes a feedback stable, as
    `scipy.linalg.solve_continuous_are`.

    Parameters
    ----------
    a, b, q, r : array_like
        Matrices (n, n), (n, m), (n, n) and (m, m); `q` and `r` are Hermitian, `r` is regular.
    e, s : array_like, optional
        Matrices (n, n), regular, and (n, m): the identity, and zeros.
    balanced : bool
        As in SciPy.

    Returns
    -------
    Tensor
        Hermitian, (n, n), with derivatives of any order by all matrices; those by `q` and `r` are
        Hermitian. `vmap` solves one after the other.

    Raises
    ------
    ArgumentError
        `q` or `r` is not Hermitian.

    References
    ----------
    ``scipy.linalg.solve_continuous_are``.

    Examples
    --------
    >>> a, b = jitgrad.tensor([[0.0, 1.0], [0.0, 0.0]]), [[0.0], [1.0]]
    >>> solve_continuous_are(a, b, np.eye(2), [[1.0]])
    tensor([[1.7321, 1.    ],
            [1.    , 1.7321]])
    """
    name = "solve_continuous_are"
    return _solved(
        name,
        _continuous,
        _continuous_loop,
        lambda c, moved: linalg.solve_sylvester(adjoint(c), c, -moved),
        _matrices(name, {"a": a, "b": b, "q": q, "r": r, "e": e, "s": s}),
        balanced,
    )


@surface
def solve_discrete_are(
    a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True
) -> Any:
    """The solution x of the discrete algebraic Riccati equation
    aᴴ x a - eᴴ x e - (aᴴ x b + s) (r + bᴴ x b)⁻¹ (bᴴ x a + sᴴ) + q = 0 that makes a feedback
    stable, as `scipy.linalg.solve_discrete_are`.

    Parameters
    ----------
    a, b, q, r : array_like
        Matrices (n, n), (n, m), (n, n) and (m, m); `q` and `r` are Hermitian.
    e, s : array_like, optional
        Matrices (n, n), regular, and (n, m): the identity, and zeros.
    balanced : bool
        As in SciPy.

    Returns
    -------
    Tensor
        Hermitian, (n, n), with derivatives of any order by all matrices; those by `q` and `r` are
        Hermitian. `vmap` solves one after the other.

    Raises
    ------
    ArgumentError
        `q` or `r` is not Hermitian.

    References
    ----------
    ``scipy.linalg.solve_discrete_are``.

    Examples
    --------
    >>> solve_discrete_are([[1.0]], [[1.0]], jitgrad.tensor([[1.0]]), [[1.0]])
    tensor([[1.618]])
    """
    name = "solve_discrete_are"
    return _solved(
        name,
        _discrete,
        _discrete_loop,
        lambda c, moved: linalg.solve_discrete_lyapunov(adjoint(c), moved),
        _matrices(name, {"a": a, "b": b, "q": q, "r": r, "e": e, "s": s}),
        balanced,
    )
