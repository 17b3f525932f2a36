# Written by `python -m tools.stubs`: change the functions, or tools, not this file.
"""`jitgrad.scipy.special`: special functions, by the names of `scipy.special`, with gradients."""

from typing import Any

from ... import Tensor, _ArrayLike
from ...numpy import _Binary, _Several, _Unary

__all__ = [
    "agm", "airy", "airye", "assoc_laguerre", "bdtr", "bdtrc", "bei", "beip", "ber", "berp", "beta",
    "betainc", "betaincc", "betainccinv", "betaincinv", "betaln", "binom", "boxcox", "boxcox1p",
    "cbrt", "chdtr", "chdtrc", "chdtri", "comb", "cosdg", "cosm1", "cotdg", "dawsn", "digamma",
    "diric", "ellipe", "ellipeinc", "ellipj", "ellipk", "ellipkinc", "ellipkm1", "entr", "erf",
    "erfc", "erfcinv", "erfcx", "erfi", "erfinv", "eval_chebyc", "eval_chebys", "eval_chebyt",
    "eval_chebyu", "eval_gegenbauer", "eval_genlaguerre", "eval_hermite", "eval_hermitenorm",
    "eval_jacobi", "eval_laguerre", "eval_legendre", "eval_sh_chebyt", "eval_sh_chebyu",
    "eval_sh_jacobi", "eval_sh_legendre", "exp1", "exp10", "exp2", "expi", "expit", "expm1", "expn",
    "exprel", "factorial", "fdtr", "fdtrc", "fresnel", "gamma", "gammainc", "gammaincc",
    "gammainccinv", "gammaincinv", "gammaln", "gammasgn", "gdtr", "gdtrc", "hankel1", "hankel2",
    "huber", "hyp0f1", "hyp1f1", "hyp2f1", "hyperu", "i0", "i0e", "i1", "i1e", "inv_boxcox",
    "inv_boxcox1p", "iti0k0", "itj0y0", "iv", "ive", "ivp", "j0", "j1", "jn", "jv", "jve", "jvp",
    "k0", "k0e", "k1", "k1e", "kei", "keip", "ker", "kerp", "kl_div", "kn", "kv", "kve", "kvp",
    "lambertw", "legendre_p", "log1p", "log_expit", "log_ndtr", "log_softmax", "loggamma", "logit",
    "logsumexp", "modstruve", "multigammaln", "nbdtr", "nbdtrc", "ndtr", "ndtri", "ndtri_exp",
    "owens_t", "pbdv", "pbvv", "pbwa", "pdtr", "pdtrc", "perm", "poch", "polygamma", "powm1",
    "pseudo_huber", "psi", "rel_entr", "rgamma", "round", "shichi", "sici", "sinc", "sindg",
    "softmax", "softplus", "spence", "sph_harm_y", "sph_legendre_p", "spherical_in", "spherical_jn",
    "spherical_kn", "spherical_yn", "stdtr", "stdtrit", "struve", "tandg", "voigt_profile", "wofz",
    "wright_bessel", "wrightomega", "xlog1py", "xlogy", "y0", "y1", "yn", "yv", "yve", "yvp",
    "zeta", "zetac"
]  # fmt: skip

agm: _Binary
"""The arithmetic-geometric mean."""

def airy(*xs: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The Airy functions Ai, Ai', Bi and Bi'.

    >>> jitgrad.scipy.special.airy(0.0)
    (tensor(0.355), tensor(-0.2588), tensor(0.6149), tensor(0.4483))
    """

def airye(*xs: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The Airy functions, exponentially scaled.

    >>> jitgrad.scipy.special.airye(1.0)
    (tensor(0.2635), tensor(-0.31), tensor(0.6199), tensor(0.4787))
    """

def assoc_laguerre(x: _ArrayLike, n: Any, k: Any = 0.0) -> Any:
    """Generalised Laguerre polynomials, as `eval_genlaguerre`.

    >>> jitgrad.scipy.special.assoc_laguerre(jitgrad.tensor(0.5), 1, 1.0)
    tensor(1.5)
    """

bdtr: _Several
"""The distribution function of the binomial distribution."""
bdtrc: _Several
"""The survival function of the binomial distribution."""
bei: _Unary
"""The Kelvin function bei."""
beip: _Unary
"""The derivative of `bei`."""
ber: _Unary
"""The Kelvin function ber."""
berp: _Unary
"""The derivative of `ber`."""
beta: _Binary
"""The beta function, gamma(a) gamma(b) / gamma(a + b)."""
betainc: _Several
"""The regularised incomplete beta function."""
betaincc: _Several
"""The complement of `betainc`."""
betainccinv: _Several
"""The inverse of `betaincc` in its last operand."""
betaincinv: _Several
"""The inverse of `betainc` in its last operand."""
betaln: _Binary
"""The logarithm of the absolute value of the beta function."""
binom: _Binary
"""Binomial coefficients, of real numbers."""
boxcox: _Binary
"""The transformation of Box and Cox: (x ** lmbda - 1) / lmbda, log(x) where lmbda is 0."""
boxcox1p: _Binary
"""The transformation of Box and Cox of 1 + x."""
cbrt: _Unary
"""The cube root of x."""
chdtr: _Binary
"""The distribution function of the chi-square distribution."""
chdtrc: _Binary
"""The survival function of the chi-square distribution."""
chdtri: _Binary
"""The inverse of `chdtrc` in its second operand."""

def comb(N: Any, k: Any, *, exact: Any = False, repetition: Any = False) -> Any:
    """The number of combinations of N things taken k at a time: 0 unless 0 <= k <= N.

    >>> jitgrad.scipy.special.comb(jitgrad.tensor([4.0, 5.0]), 2)
    tensor([ 6., 10.])
    """

cosdg: _Unary
"""The cosine of x degrees."""
cosm1: _Unary
"""cos(x) - 1, accurate near 0."""
cotdg: _Unary
"""The cotangent of x degrees."""
dawsn: _Unary
"""Dawson's integral."""
digamma: _Unary
"""The digamma function, the derivative of `gammaln`."""

def diric(x: _ArrayLike, n: Any) -> Any:
    """The periodic sinc function, sin(n x / 2) / (n sin(x / 2)).

    >>> jitgrad.scipy.special.diric(jitgrad.tensor([0.0, 1.0]), 3)
    tensor([1.    , 0.6935])
    """

ellipe: _Unary
"""The complete elliptic integral of the second kind."""
ellipeinc: _Binary
"""The incomplete elliptic integral of the second kind."""

def ellipj(*xs: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Jacobi's elliptic functions sn, cn and dn, and the amplitude.

    >>> jitgrad.scipy.special.ellipj(1.0, 0.5)
    (tensor(0.803), tensor(0.596), tensor(0.8232), tensor(0.9323))
    """

ellipk: _Unary
"""The complete elliptic integral of the first kind."""
ellipkinc: _Binary
"""The incomplete elliptic integral of the first kind."""
ellipkm1: _Unary
"""The complete elliptic integral of the first kind at 1 - p."""
entr: _Unary
"""-x log(x), 0 at 0 and -inf below."""
erf: _Unary
"""The error function, 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x."""
erfc: _Unary
"""1 - erf(x), accurate for large x."""
erfcinv: _Unary
"""The inverse of the complementary error function."""
erfcx: _Unary
"""The scaled complementary error function, exp(x * x) erfc(x)."""
erfi: _Unary
"""The imaginary error function, -i erf(i x)."""
erfinv: _Unary
"""The inverse of the error function."""

def eval_chebyc(n: Any, *xs: Any) -> Any:
    """Chebyshev polynomials of the first kind, from -2 to 2.

    >>> jitgrad.scipy.special.eval_chebyc(2, 1.0)
    tensor(-1.)
    """

def eval_chebys(n: Any, *xs: Any) -> Any:
    """Chebyshev polynomials of the second kind, from -2 to 2.

    >>> jitgrad.scipy.special.eval_chebys(2, 1.0)
    tensor(0.)
    """

eval_chebyt: _Binary
"""Chebyshev polynomials of the first kind."""
eval_chebyu: _Binary
"""Chebyshev polynomials of the second kind."""
eval_gegenbauer: _Several
"""Gegenbauer polynomials."""
eval_genlaguerre: _Several
"""Generalised Laguerre polynomials."""
eval_hermite: _Binary
"""Hermite polynomials, as in physics."""
eval_hermitenorm: _Binary
"""Hermite polynomials, as in probability."""
eval_jacobi: _Several
"""Jacobi polynomials."""
eval_laguerre: _Binary
"""Laguerre polynomials."""
eval_legendre: _Binary
"""Legendre polynomials."""

def eval_sh_chebyt(n: Any, *xs: Any) -> Any:
    """Chebyshev polynomials of the first kind, from 0 to 1.

    >>> jitgrad.scipy.special.eval_sh_chebyt(2, 0.5)
    tensor(-1.)
    """

def eval_sh_chebyu(n: Any, *xs: Any) -> Any:
    """Chebyshev polynomials of the second kind, from 0 to 1.

    >>> jitgrad.scipy.special.eval_sh_chebyu(2, 0.5)
    tensor(-1.)
    """

def eval_sh_jacobi(n: Any, *xs: Any) -> Any:
    """Jacobi polynomials, from 0 to 1, whose first coefficient is 1.

    >>> jitgrad.scipy.special.eval_sh_jacobi(1, 1.0, 1.0, 0.75)
    tensor(0.25)
    """

def eval_sh_legendre(n: Any, *xs: Any) -> Any:
    """Legendre polynomials, from 0 to 1.

    >>> jitgrad.scipy.special.eval_sh_legendre(2, 0.5)
    tensor(-0.5)
    """

exp1: _Unary
"""The exponential integral E1."""
exp10: _Unary
"""The power 10 ** x."""
exp2: _Unary
"""The power 2 ** x."""
expi: _Unary
"""The exponential integral Ei."""
expit: _Unary
"""1 / (1 + exp(-x)), without overflow and with every digit of small values."""
expm1: _Unary
"""exp(x) - 1, accurate near 0."""
expn: _Binary
"""The exponential integrals E_n."""
exprel: _Unary
"""(exp(x) - 1) / x, 1 at 0."""

def factorial(n: Any, exact: Any = False) -> Any:
    """The factorial, gamma(n + 1): 0 of negative numbers.

    >>> jitgrad.scipy.special.factorial(jitgrad.tensor([3.0, 5.0]))
    tensor([  6., 120.])
    """

fdtr: _Several
"""The distribution function of the F distribution."""
fdtrc: _Several
"""The survival function of the F distribution."""

def fresnel(*xs: Any) -> tuple[Tensor, Tensor]:
    """The Fresnel integrals S and C.

    >>> jitgrad.scipy.special.fresnel(1.0)
    (tensor(0.4383), tensor(0.7799))
    """

gamma: _Unary
"""The gamma function."""
gammainc: _Binary
"""The regularised lower incomplete gamma function."""
gammaincc: _Binary
"""The regularised upper incomplete gamma function."""
gammainccinv: _Binary
"""The inverse of `gammaincc` in its second operand."""
gammaincinv: _Binary
"""The inverse of `gammainc` in its second operand."""
gammaln: _Unary
"""The logarithm of the absolute value of the gamma function."""
gammasgn: _Unary
"""The sign of the gamma function."""
gdtr: _Several
"""The distribution function of the gamma distribution."""
gdtrc: _Several
"""The survival function of the gamma distribution."""
hankel1: _Binary
"""The Hankel function of the first kind."""
hankel2: _Binary
"""The Hankel function of the second kind."""
huber: _Binary
"""r^2 / 2 up to |r| = delta, a straight line beyond."""
hyp0f1: _Binary
"""The confluent hypergeometric limit function 0F1."""
hyp1f1: _Several
"""The confluent hypergeometric function 1F1."""
hyp2f1: _Several
"""The hypergeometric function 2F1 of Gauss."""
hyperu: _Several
"""The confluent hypergeometric function U."""
i0: _Unary
"""The modified Bessel function of the first kind, of order 0."""
i0e: _Unary
"""i0(x) exp(-|x|)."""
i1: _Unary
"""The modified Bessel function of the first kind, of order 1."""
i1e: _Unary
"""i1(x) exp(-|x|)."""
inv_boxcox: _Binary
"""The inverse of `boxcox`."""
inv_boxcox1p: _Binary
"""The inverse of `boxcox1p`."""

def iti0k0(*xs: Any) -> tuple[Tensor, Tensor]:
    """The integrals of the modified Bessel functions i0 and k0 from 0.

    >>> jitgrad.scipy.special.iti0k0(1.0)
    (tensor(1.0865), tensor(1.2425))
    """

def itj0y0(*xs: Any) -> tuple[Tensor, Tensor]:
    """The integrals of the Bessel functions j0 and y0 from 0.

    >>> jitgrad.scipy.special.itj0y0(1.0)
    (tensor(0.9197), tensor(-0.6371))
    """

iv: _Binary
"""Modified Bessel functions of the first kind, of order v."""
ive: _Binary
"""iv(v, x) exp(-|x|)."""

def ivp(v: _ArrayLike, z: Any, n: Any = 1) -> Any:
    """Derivatives in z of modified Bessel functions of the first kind.

    >>> jitgrad.scipy.special.ivp(1.0, 2.0)
    tensor(1.4843)
    """

j0: _Unary
"""The Bessel function of the first kind, of order 0."""
j1: _Unary
"""The Bessel function of the first kind, of order 1."""
jn: _Binary
"""Bessel functions of the first kind, of order v."""
jv: _Binary
"""Bessel functions of the first kind, of order v."""
jve: _Binary
"""Exponentially scaled Bessel functions of the first kind: of real numbers, `jv`."""

def jvp(v: _ArrayLike, z: Any, n: Any = 1) -> Any:
    """Derivatives in z of Bessel functions of the first kind.

    >>> jitgrad.scipy.special.jvp(1.0, 2.0)
    tensor(-0.0645)
    """

k0: _Unary
"""The modified Bessel function of the second kind, of order 0."""
k0e: _Unary
"""k0(x) exp(x)."""
k1: _Unary
"""The modified Bessel function of the second kind, of order 1."""
k1e: _Unary
"""k1(x) exp(x)."""
kei: _Unary
"""The Kelvin function kei."""
keip: _Unary
"""The derivative of `kei`."""
ker: _Unary
"""The Kelvin function ker."""
kerp: _Unary
"""The derivative of `ker`."""
kl_div: _Binary
"""x log(x / y) - x + y, y where x is 0."""
kn: _Binary
"""Modified Bessel functions of the second kind, of whole order n, as for `yn`."""
kv: _Binary
"""Modified Bessel functions of the second kind, of order v."""
kve: _Binary
"""kv(v, x) exp(x)."""

def kvp(v: _ArrayLike, z: Any, n: Any = 1) -> Any:
    """Derivatives in z of modified Bessel functions of the second kind.

    >>> jitgrad.scipy.special.kvp(1.0, 2.0)
    tensor(-0.1838)
    """

def lambertw(z: Any, k: Any = 0, tol: Any = 1e-08) -> Any:
    """Lambert's W function, which solves w exp(w) = z, as `scipy.special.lambertw`: complex
    numbers always. It is real on the branch 0 from -1 / e on: take ``.real`` there.

    >>> jitgrad.scipy.special.lambertw(jitgrad.tensor([0.0, 1.0, -1.0]))
    tensor([ 0.    +0.j    ,  0.5671+0.j    , -0.3181+1.3372j],
           dtype=complex128)
    """

def legendre_p(n: Any, z: Any, *, diff_n: Any = 0) -> Any:
    """Legendre polynomials, as `eval_legendre`.

    >>> jitgrad.scipy.special.legendre_p(2, jitgrad.tensor(0.5))
    tensor(-0.125)
    """

log1p: _Unary
"""log(1 + x), accurate near 0."""
log_expit: _Unary
"""log(sigmoid(x)), without overflow."""
log_ndtr: _Unary
"""log(ndtr(x)), with every digit far below 0, where ndtr is 0."""

def log_softmax(x: _ArrayLike, axis: Any = None) -> Any:
    """The logarithm of `softmax`, without overflow.

    >>> jitgrad.scipy.special.log_softmax(jitgrad.tensor([0.0, 1000.0]))
    tensor([-1000.,     0.])
    """

loggamma: _Unary
"""The logarithm of the gamma function: nan where that is negative."""
logit: _Unary
"""log(x / (1 - x)), the inverse of the sigmoid."""

def logsumexp(
    a: _ArrayLike, axis: Any = None, b: Any = None, keepdims: Any = False, return_sign: Any = False
) -> Any:
    """log(sum(b * exp(a))), without overflow.

    >>> jitgrad.scipy.special.logsumexp(jitgrad.tensor([1.0, 2.0]), b=[1.0, -1.0], return_sign=True)
    (tensor(1.5413), tensor(-1.))
    """

modstruve: _Binary
"""Modified Struve functions L of order v."""

def multigammaln(a: _ArrayLike, d: Any) -> Any:
    """The logarithm of the multivariate gamma function: nan where `a` is not above (d - 1) / 2,
    where SciPy raises.

    >>> jitgrad.scipy.special.multigammaln(jitgrad.tensor([2.0, 3.0]), 2)
    tensor([0.4516, 1.5502])
    """

nbdtr: _Several
"""The distribution function of the negative binomial distribution."""
nbdtrc: _Several
"""The survival function of the negative binomial distribution."""
ndtr: _Unary
"""The distribution function of the standard normal distribution."""
ndtri: _Unary
"""The inverse of the distribution function of the standard normal distribution."""
ndtri_exp: _Unary
"""The inverse of `log_ndtr`."""
owens_t: _Binary
"""Owen's function T(h, a)."""

def pbdv(*xs: Any) -> tuple[Tensor, Tensor]:
    """The parabolic cylinder function D and its derivative; no gradient goes to the order.

    >>> jitgrad.scipy.special.pbdv(1.0, 0.5)
    (tensor(0.4697), tensor(0.822))
    """

def pbvv(*xs: Any) -> tuple[Tensor, Tensor]:
    """The parabolic cylinder function V and its derivative; no gradient goes to the order.

    >>> jitgrad.scipy.special.pbvv(1.0, 0.5)
    (tensor(-0.6538), tensor(0.5545))
    """

def pbwa(*xs: Any) -> tuple[Tensor, Tensor]:
    """The parabolic cylinder function W and its derivative; no gradient goes to the parameter.

    >>> jitgrad.scipy.special.pbwa(1.0, 0.5)
    (tensor(0.4679), tensor(-0.3951))
    """

pdtr: _Binary
"""The distribution function of the Poisson distribution."""
pdtrc: _Binary
"""The survival function of the Poisson distribution."""

def perm(N: Any, k: Any, exact: Any = False) -> Any:
    """The number of permutations of N things taken k at a time: 0 unless 0 <= k <= N.

    >>> jitgrad.scipy.special.perm(5.0, jitgrad.tensor([2.0, 3.0]))
    tensor([20., 60.])
    """

poch: _Binary
"""The rising factorial, gamma(z + m) / gamma(z)."""

def polygamma(n: Any, x: _ArrayLike) -> Any:
    """Derivative number n of the digamma function.

    >>> jitgrad.scipy.special.polygamma(1, jitgrad.tensor([1.0, 2.0]))
    tensor([1.6449, 0.6449])
    """

powm1: _Binary
"""x ** y - 1, accurate where that is near 0."""
pseudo_huber: _Binary
"""delta^2 (sqrt(1 + (r / delta)^2) - 1), a smooth `huber`."""
psi: _Unary
"""The digamma function, the derivative of `gammaln`."""
rel_entr: _Binary
"""x log(x / y), 0 where x is 0, inf below."""
rgamma: _Unary
"""1 / gamma(x), 0 at its poles."""
round: _Unary
"""The nearest integer, ties to even."""

def shichi(*xs: Any) -> tuple[Tensor, Tensor]:
    """The hyperbolic sine integral and the hyperbolic cosine integral.

    >>> jitgrad.scipy.special.shichi(1.0)
    (tensor(1.0573), tensor(0.8379))
    """

def sici(*xs: Any) -> tuple[Tensor, Tensor]:
    """The sine integral and the cosine integral.

    >>> jitgrad.scipy.special.sici(1.0)
    (tensor(0.9461), tensor(0.3374))
    """

def sinc(x: _ArrayLike) -> Any:
    """sin(pi x) / (pi x), 1 at 0.

    >>> jitgrad.scipy.special.sinc(jitgrad.tensor([0.0, 0.5]))
    tensor([1.    , 0.6366])
    """

sindg: _Unary
"""The sine of x degrees."""

def softmax(x: _ArrayLike, axis: Any = None) -> Any:
    """exp(x) / sum(exp(x)), without overflow.

    >>> jitgrad.scipy.special.softmax(jitgrad.tensor([0.0, 0.0]))
    tensor([0.5, 0.5])
    """

def softplus(x: _ArrayLike) -> Any:
    """log(1 + exp(x)), without overflow.

    >>> jitgrad.scipy.special.softplus(jitgrad.tensor([0.0, 1000.0]))
    tensor([6.9315e-01, 1.0000e+03])
    """

spence: _Unary
"""Spence's function, the dilogarithm of 1 - x."""

def sph_harm_y(n: Any, m: _ArrayLike, theta: Any, phi: Any, *, diff_n: Any = 0) -> Any:
    """Spherical harmonics, as `scipy.special.sph_harm_y`.

    >>> jitgrad.scipy.special.sph_harm_y(1, 1, jitgrad.tensor(1.0), 0.0)
    tensor(-0.2907-0.j)
    """

def sph_legendre_p(n: Any, m: _ArrayLike, theta: Any, *, diff_n: Any = 0) -> Any:
    """The spherical harmonic of degree n and order m at longitude 0, as
    `scipy.special.sph_legendre_p`.

    >>> jitgrad.scipy.special.sph_legendre_p(1, 0, jitgrad.tensor(0.0))
    tensor(0.4886)
    """

def spherical_in(n: Any, z: Any, derivative: Any = False) -> Any:
    """Modified spherical Bessel functions of the first kind.

    >>> jitgrad.scipy.special.spherical_in(1, 2.0)
    tensor(0.9744)
    """

def spherical_jn(n: Any, z: Any, derivative: Any = False) -> Any:
    """Spherical Bessel functions of the first kind.

    >>> jitgrad.scipy.special.spherical_jn(1, 2.0)
    tensor(0.4354)
    """

def spherical_kn(n: Any, z: Any, derivative: Any = False) -> Any:
    """Modified spherical Bessel functions of the second kind.

    >>> jitgrad.scipy.special.spherical_kn(1, 2.0)
    tensor(0.1594)
    """

def spherical_yn(n: Any, z: Any, derivative: Any = False) -> Any:
    """Spherical Bessel functions of the second kind.

    >>> jitgrad.scipy.special.spherical_yn(1, 2.0)
    tensor(-0.3506)
    """

stdtr: _Binary
"""The distribution function of Student's t distribution."""
stdtrit: _Binary
"""The inverse of `stdtr` in its second operand."""
struve: _Binary
"""Struve functions H of order v."""
tandg: _Unary
"""The tangent of x degrees."""
voigt_profile: _Several
"""The Voigt profile, a normal density convolved with that of Cauchy."""
wofz: _Unary
"""Faddeeva's function, exp(-z * z) erfc(-i z)."""
wright_bessel: _Several
"""Wright's generalised Bessel function."""
wrightomega: _Unary
"""Wright's omega function, W(exp(x))."""
xlog1py: _Binary
"""x log(1 + y), 0 where x is 0."""
xlogy: _Binary
"""x log(y), 0 where x is 0."""
y0: _Unary
"""The Bessel function of the second kind, of order 0."""
y1: _Unary
"""The Bessel function of the second kind, of order 1."""
yn: _Binary
"""Bessel functions of the second kind, of whole order n: that of n without its fraction."""
yv: _Binary
"""Bessel functions of the second kind, of order v."""
yve: _Binary
"""Exponentially scaled Bessel functions of the second kind: of real numbers, `yv`."""

def yvp(v: _ArrayLike, z: Any, n: Any = 1) -> Any:
    """Derivatives in z of Bessel functions of the second kind.

    >>> jitgrad.scipy.special.yvp(1.0, 2.0)
    tensor(0.5639)
    """

def zeta(x: _ArrayLike, q: Any = None) -> Any:
    """The zeta function of Riemann, or with `q` that of Hurwitz.

    >>> jitgrad.scipy.special.zeta(2.0, jitgrad.tensor([1.0, 2.0]))
    tensor([1.6449, 0.6449])
    """

zetac: _Unary
"""The zeta function of Riemann minus 1."""
