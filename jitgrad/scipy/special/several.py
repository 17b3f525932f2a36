"""Functions of SciPy's that give several results, as tuples, and Lambert's W.
Start at `airy`."""

from __future__ import annotations

from typing import Any

from ...base.surface import surface
from .catalogue import floats, op


def _several(name: str, parts: tuple[str, ...], what: str, operands: str, example: str) -> Any:
    """The function of several results: `parts` are the operations of these."""
    functions = [getattr(op, part) for part in parts]
    names = operands.split(", ")

    @surface
    def function(*xs: Any) -> Any:
        return tuple([f(*map(floats, xs)) for f in functions])

    function.__name__ = function.__qualname__ = name
    function.results = len(parts)  # type: ignore[attr-defined]  # functions have attributes
    call, *shown = example.splitlines()
    function.__doc__ = "\n".join(
        [
            what,
            "",
            "Parameters",
            "----------",
            f"{operands} : array_like",
            "    Real numbers" + (", of shapes that broadcast." if len(names) > 1 else "."),
            "",
            "Returns",
            "-------",
            "tuple of Tensor",
            f"    {len(parts)} results, of the shape that the operands have together.",
            "",
            "See Also",
            "--------",
            f"scipy.special.{name}",
            "",
            "Examples",
            "--------",
            f">>> jitgrad.scipy.special.{name}({call})",
            *shown,
        ]
    )
    return function


airy = _several(
    "airy",
    ("airy_ai", "airy_aip", "airy_bi", "airy_bip"),
    "The Airy functions Ai, Ai', Bi and Bi'.",
    "z",
    "0.0\n(tensor(0.355), tensor(-0.2588), tensor(0.6149), tensor(0.4483))",
)
airye = _several(
    "airye",
    ("airye_ai", "airye_aip", "airye_bi", "airye_bip"),
    "The Airy functions, exponentially scaled.",
    "z",
    "1.0\n(tensor(0.2635), tensor(-0.31), tensor(0.6199), tensor(0.4787))",
)
sici = _several(
    "sici",
    ("sine_integral", "cosine_integral"),
    "The sine integral and the cosine integral.",
    "x",
    "1.0\n(tensor(0.9461), tensor(0.3374))",
)
shichi = _several(
    "shichi",
    ("hyperbolic_sine_integral", "hyperbolic_cosine_integral"),
    "The hyperbolic sine integral and the hyperbolic cosine integral.",
    "x",
    "1.0\n(tensor(1.0573), tensor(0.8379))",
)
fresnel = _several(
    "fresnel",
    ("fresnel_sine", "fresnel_cosine"),
    "The Fresnel integrals S and C.",
    "z",
    "1.0\n(tensor(0.4383), tensor(0.7799))",
)
ellipj = _several(
    "ellipj",
    ("jacobi_sn", "jacobi_cn", "jacobi_dn", "jacobi_ph"),
    "Jacobi's elliptic functions sn, cn and dn, and the amplitude.",
    "u, m",
    "1.0, 0.5\n(tensor(0.803), tensor(0.596), tensor(0.8232), tensor(0.9323))",
)


itj0y0 = _several(
    "itj0y0",
    ("integral_j0", "integral_y0"),
    "The integrals of the Bessel functions j0 and y0 from 0.",
    "x",
    "1.0\n(tensor(0.9197), tensor(-0.6371))",
)
iti0k0 = _several(
    "iti0k0",
    ("integral_i0", "integral_k0"),
    "The integrals of the modified Bessel functions i0 and k0 from 0.",
    "x",
    "1.0\n(tensor(1.0865), tensor(1.2425))",
)
pbdv = _several(
    "pbdv",
    ("pbdv_value", "pbdv_slope"),
    "The parabolic cylinder function D and its derivative; no gradient goes to the order.",
    "v, x",
    "1.0, 0.5\n(tensor(0.4697), tensor(0.822))",
)
pbvv = _several(
    "pbvv",
    ("pbvv_value", "pbvv_slope"),
    "The parabolic cylinder function V and its derivative; no gradient goes to the order.",
    "v, x",
    "1.0, 0.5\n(tensor(-0.6538), tensor(0.5545))",
)
pbwa = _several(
    "pbwa",
    ("pbwa_value", "pbwa_slope"),
    "The parabolic cylinder function W and its derivative; no gradient goes to the parameter.",
    "a, x",
    "1.0, 0.5\n(tensor(0.4679), tensor(-0.3951))",
)


@surface
def lambertw(z: Any, k: Any = 0, tol: float = 1e-8) -> Any:
    """Lambert's W function, which solves w exp(w) = z, as `scipy.special.lambertw`: complex numbers
    always. It is real on the branch 0 from -1 / e on: take ``.real`` there.

    Parameters
    ----------
    z : array_like
        Real or complex numbers.
    k : int, default 0
        The branch.
    tol : float
        What SciPy takes; its own default is used.

    Returns
    -------
    Tensor
        Complex, of the shape that the operands have together.

    See Also
    --------
    scipy.special.lambertw

    Examples
    --------
    >>> jitgrad.scipy.special.lambertw(jitgrad.tensor([0.0, 1.0, -1.0]))
    tensor([ 0.    +0.j    ,  0.5671+0.j    , -0.3181+1.3372j],
           dtype=complex128)
    """
    return op.complex_lambertw(k, z)


FUNCTIONS = (
    *(airy, airye, ellipj, fresnel, iti0k0, itj0y0, lambertw, pbdv, pbvv, pbwa, shichi),
    sici,
)
