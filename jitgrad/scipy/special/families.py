"""Spherical harmonics, shifted and scaled orthogonal polynomials, and the periodic sinc function,
which are formulas of other special functions. Start at `sph_harm_y`."""

from __future__ import annotations

from typing import Any

from ...base.errors import ArgumentError
from ...base.surface import surface
from .catalogue import floats, op


def _no_derivatives(name: str, diff_n: int) -> None:
    if diff_n:
        raise ArgumentError(
            f"got diff_n={diff_n} for {name}, expected 0: derivatives are those of jitgrad.grad"
        )


@surface
def sph_legendre_p(n: Any, m: Any, theta: Any, *, diff_n: int = 0) -> Any:
    """The spherical harmonic of degree n and order m at longitude 0, as
    `scipy.special.sph_legendre_p`.

    Parameters
    ----------
    n, m : array_like
        Degree and order, whole numbers. No gradient.
    theta : array_like
        The polar angle.
    diff_n : int
        0.

    Returns
    -------
    Tensor
        Of the shape that the operands have together.

    See Also
    --------
    scipy.special.sph_legendre_p

    Examples
    --------
    >>> jitgrad.scipy.special.sph_legendre_p(1, 0, jitgrad.tensor(0.0))
    tensor(0.4886)
    """
    _no_derivatives("sph_legendre_p", diff_n)
    return op.normalised_legendre(floats(n), floats(m), floats(theta))


@surface
def sph_harm_y(n: Any, m: Any, theta: Any, phi: Any, *, diff_n: int = 0) -> Any:
    """Spherical harmonics, as `scipy.special.sph_harm_y`.

    Parameters
    ----------
    n, m : array_like
        Degree and order, whole numbers. No gradient.
    theta, phi : array_like
        The polar angle and the longitude.
    diff_n : int
        0.

    Returns
    -------
    Tensor
        Complex, of the shape that the operands have together.

    See Also
    --------
    scipy.special.sph_harm_y

    Examples
    --------
    >>> jitgrad.scipy.special.sph_harm_y(1, 1, jitgrad.tensor(1.0), 0.0)
    tensor(-0.2907-0.j)
    """
    _no_derivatives("sph_harm_y", diff_n)
    turn = floats(m) * floats(phi)
    return sph_legendre_p(n, m, theta) * (op.cos(turn) + 1j * op.sin(turn))


@surface
def legendre_p(n: Any, z: Any, *, diff_n: int = 0) -> Any:
    """Legendre polynomials, as `eval_legendre`.

    Parameters
    ----------
    n : array_like
        The degree. No gradient.
    z : array_like
        Real numbers.
    diff_n : int
        0.

    Returns
    -------
    Tensor
        Of the shape that the operands have together.

    See Also
    --------
    scipy.special.legendre_p

    Examples
    --------
    >>> jitgrad.scipy.special.legendre_p(2, jitgrad.tensor(0.5))
    tensor(-0.125)
    """
    _no_derivatives("legendre_p", diff_n)
    return op.eval_legendre(n, z)


@surface
def diric(x: Any, n: Any) -> Any:
    """The periodic sinc function, sin(n x / 2) / (n sin(x / 2)).

    Parameters
    ----------
    x : array_like
        Real numbers.
    n : int
        The number of periods. No gradient.

    Returns
    -------
    Tensor
        Of the shape of `x`.

    See Also
    --------
    scipy.special.diric

    Examples
    --------
    >>> jitgrad.scipy.special.diric(jitgrad.tensor([0.0, 1.0]), 3)
    tensor([1.    , 0.6935])
    """
    return op.periodic_sinc(floats(x), floats(n))


def _polynomial(name: str, call: Any, what: str, example: str) -> Any:
    @surface
    def function(n: Any, *xs: Any) -> Any:
        return call(n, *xs)

    function.__name__ = function.__qualname__ = name
    given, _, shown = example.partition(": ")
    function.__doc__ = "\n".join(
        [
            what,
            "",
            "Parameters",
            "----------",
            "n, x : array_like",
            "    The degree, to which no gradient goes, and the place, behind other parameters.",
            "",
            "Returns",
            "-------",
            "Tensor",
            "    Of the shape that the operands have together.",
            "",
            "See Also",
            "--------",
            f"scipy.special.{name}",
            "",
            "Examples",
            "--------",
            f">>> jitgrad.scipy.special.{name}({given})",
            shown,
        ]
    )
    return function


def _shifted(x: Any) -> Any:
    return 2.0 * floats(x) - 1.0


def _shifted_jacobi(n: Any, p: Any, q: Any, x: Any) -> Any:
    p, q, degree = floats(p), floats(q), floats(n)
    first = op.binom(2.0 * degree + p - 1.0, degree)
    return op.eval_jacobi(n, p - q, q - 1.0, _shifted(x)) / first


eval_sh_legendre = _polynomial(
    "eval_sh_legendre",
    lambda n, x: op.eval_legendre(n, _shifted(x)),
    "Legendre polynomials, from 0 to 1.",
    "2, 0.5: tensor(-0.5)",
)
eval_sh_chebyt = _polynomial(
    "eval_sh_chebyt",
    lambda n, x: op.eval_chebyt(n, _shifted(x)),
    "Chebyshev polynomials of the first kind, from 0 to 1.",
    "2, 0.5: tensor(-1.)",
)
eval_sh_chebyu = _polynomial(
    "eval_sh_chebyu",
    lambda n, x: op.eval_chebyu(n, _shifted(x)),
    "Chebyshev polynomials of the second kind, from 0 to 1.",
    "2, 0.5: tensor(-1.)",
)
eval_sh_jacobi = _polynomial(
    "eval_sh_jacobi",
    _shifted_jacobi,
    "Jacobi polynomials, from 0 to 1, whose first coefficient is 1.",
    "1, 1.0, 1.0, 0.75: tensor(0.25)",
)
eval_chebyc = _polynomial(
    "eval_chebyc",
    lambda n, x: 2.0 * op.eval_chebyt(n, 0.5 * floats(x)),
    "Chebyshev polynomials of the first kind, from -2 to 2.",
    "2, 1.0: tensor(-1.)",
)
eval_chebys = _polynomial(
    "eval_chebys",
    lambda n, x: op.eval_chebyu(n, 0.5 * floats(x)),
    "Chebyshev polynomials of the second kind, from -2 to 2.",
    "2, 1.0: tensor(0.)",
)


@surface
def assoc_laguerre(x: Any, n: Any, k: Any = 0.0) -> Any:
    """Generalised Laguerre polynomials, as `eval_genlaguerre`.

    Parameters
    ----------
    x : array_like
        Real numbers.
    n, k : array_like
        The degree, to which no gradient goes, and the parameter, to which none goes, either.

    Returns
    -------
    Tensor
        Of the shape that the operands have together.

    See Also
    --------
    scipy.special.assoc_laguerre

    Examples
    --------
    >>> jitgrad.scipy.special.assoc_laguerre(jitgrad.tensor(0.5), 1, 1.0)
    tensor(1.5)
    """
    return op.eval_genlaguerre(n, k, x)


FUNCTIONS = (
    *(assoc_laguerre, diric, eval_chebyc, eval_chebys, eval_sh_chebyt, eval_sh_chebyu),
    *(eval_sh_jacobi, eval_sh_legendre, legendre_p, sph_harm_y, sph_legendre_p),
)
