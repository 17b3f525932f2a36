"""The compiled tier against the NumPy tier, and both against NumPy: every entry, dtype it takes,
and edge value.

Values are alike to the last bit, signs of zeros included, but for entries in `ROUNDED`, which are
within `ULPS` units in the last place (libm and the vector functions round differently), and for
sums, whose order differs. Many entries share one plan, so that one kernel is compiled for all of
them. Start at `edges` and `check`.
"""

import itertools
import os
import warnings

import numpy as np
import pytest
from registry_cases import CASES, FLOAT, ORACLES, graph, operands

import jitgrad
from jitgrad import ArgumentError, DTypeError
from jitgrad.autodiff import pull_back
from jitgrad.base.dtypes import BOOL, FLOATS, INT64, SUPPORTED
from jitgrad.interpret import program as reference
from jitgrad.ir import Node, leaf
from jitgrad.ops import REGISTRY
from jitgrad.runtime.plan import Plan

INT32, UINT8 = np.dtype(np.int32), np.dtype(np.uint8)
#: In the long mode all dtypes, else one of each kind and width that has ways of its own.
DTYPES = (
    sorted(SUPPORTED, key=str)
    if os.environ.get("JITGRAD_EXAMPLES")
    else [*FLOATS, INT64, INT32, UINT8, BOOL]
)
ULPS = 4
ROUNDED = frozenset(
    "arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt cos cosh deg2rad erf erfc exp exp2 "
    "expm1 float_power hypot modulus "
    "log log10 log1p log2 logaddexp logaddexp2 power power2 rad2deg sigmoid sin sinc sinh "
    "softplus tan tanh silu mish gelu gelu_tanh elu celu selu hardswish hardsigmoid logsigmoid "
    "log_sigmoid tanhshrink softsign pseudo_huber_bend power3h power5h powerm3h powerm5h".split()
)
ROUNDED |= {e.name for e in REGISTRY.values() if e.names.scipy}
#: Those whose oracles are formulas that do not hold at the edges.
INTERIOR = {
    *("sigmoid", "slope0", "silu", "mish", "gelu", "hardswish", "softsign", "pseudo_huber_bend")
} | {e.name for e in REGISTRY.values() if e.names.scipy and e.numpy is None}
#: Those that cancel: units in the last place of 1, not of the result.
CANCELLING = frozenset(("logaddexp", "logaddexp2", "tanhshrink"))
#: Differences of terms as large as the operands: units of the largest of them.
DIFFERENCES = frozenset(("kl_div",))
#: A logarithm's rounding becomes that of its exponential: units as its range has of them.
AMPLIFIED = {"pseudo_huber": 64}
#: Not defined: shifts beyond the bits, and a width below 0, which `pseudo_huber` keeps away.
UNDEFINED = {
    "pseudo_huber_bend": lambda x, y: x < 0,
    "shl": lambda x, y: (y < 0) | (y >= x.itemsize * 8),
    "shr": lambda x, y: (y < 0) | (y >= x.itemsize * 8),
}
#: NumPy's own vector code and its scalar code differ in which of two zeros they give.
ZEROS_ALIKE = frozenset(("maximum", "minimum", "fmax", "fmin", "clip", "clip3"))


def edges(dtype):
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        return np.array(
            [
                0,
                1,
                2,
                3,
                7,
                100,
                high // 2,
                high - 1,
                high,
                low,
                low + 1,
                *([-1, -2, -7] if low else []),
            ],
            dtype,
        )
    f = np.finfo(dtype)
    whole = [
        0,
        1,
        2,
        3,
        7.25,
        100.5,
        1e-5,
        0.5,
        0.75,
        1.5,
        2.5,
        1e9,
        np.pi,
        f.max,
        f.max / 3,
        f.tiny,
        f.eps,
    ]
    whole += [f.tiny / 3, f.smallest_subnormal, 1 + f.eps, 1 - f.eps / 2, np.inf]
    return np.array([s * x for x in whole for s in (1, -1)] + [np.nan, 1e16, 12345.678], dtype)


def grid(entry, dtype):
    """The operands: every combination of edges."""
    n = entry.operands
    axes = [edges(dtype)] * n if n < 3 else [edges(dtype), edges(dtype)[::3], edges(dtype)[::4]]
    return [np.ascontiguousarray(x.ravel()) for x in np.meshgrid(*axes)]


def elementwise(n):
    """Entries of n operands that work element by element, composites among them."""
    for name, entry in REGISTRY.items():
        if (
            entry.operands != n
            or not entry.sampling.any_shape
            or entry.indices
            or any(entry.sampling.cases)
            or entry.view
        ):
            continue
        if (entry.op is None or entry.op.kind == "elementwise") and name != "flatten":
            yield entry


def apply(entry, function, xs):
    """``function(*xs)``; with exponents of at least 0 for powers of integers."""
    if entry.name in ("power", "power2") and xs[1].dtype.kind == "i":
        maximum = REGISTRY["maximum"] if isinstance(xs[1], Node) else np.maximum
        xs = [xs[0], maximum(xs[1], 0)]
    return function(*xs)


def oracle(entry):
    return ORACLES.get(entry.name) or entry.numpy


def build(entry, nodes):
    """The node, or the error it is refused with."""
    try:
        return apply(entry, entry, nodes)
    except (DTypeError, ArgumentError) as error:
        return error


def by_numpy(function, xs):
    """What NumPy gives, or its error."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return np.asarray(function(*xs))
        except (TypeError, ValueError) as error:
            return error


def check(name, got, want, xs):
    """`got` is `want`, by the rules of the module's first paragraph."""
    assert got.dtype == want.dtype, name
    if want.dtype.kind != "f":
        differ = got != want
    else:
        with np.errstate(all="ignore"):
            same = (got == want) & (
                (np.signbit(got) == np.signbit(want)) | (name in ZEROS_ALIKE)
            ) | (np.isnan(got) & np.isnan(want))
            size = np.maximum(np.abs(want), 1) if name in CANCELLING else np.abs(want)
            if name in DIFFERENCES:
                size = np.maximum.reduce([size, *[np.abs(x).astype(size.dtype) for x in xs]])
            steps = np.abs(got.astype(np.longdouble) - want) / np.spacing(size).astype(
                np.longdouble
            )
        differ = ~same & ~(
            (name in ROUNDED)
            & np.isfinite(got)
            & np.isfinite(want)
            & (steps <= AMPLIFIED.get(name, ULPS))
        )
    if name in UNDEFINED:
        differ = differ & ~UNDEFINED[name](*xs)
    for k in np.flatnonzero(differ)[:1]:
        at = ", ".join(repr(x[k]) for x in xs)
        raise AssertionError(
            f"{name}({at}): got {got[k]!r}, expected {want[k]!r}; {differ.sum()} differ"
        )


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_elementwise_at_the_edges(dtype, n):
    """NumPy, the NumPy tier and a kernel; with arrays, and with 0-d values, which kernels get by
    other ways."""
    entries = [
        e
        for e in elementwise(n)
        if not isinstance(build(e, [leaf(i, (), dtype) for i in range(n)]), Exception)
    ]
    xs = grid(entries[0], dtype)
    roots = [build(e, [leaf(i, x.shape, dtype) for i, x in enumerate(xs)]) for e in entries]
    slow, plan = reference.run(roots, xs, []), Plan(roots)
    plan.compile()
    fast = plan.run(xs, [])
    for entry, root, a, b in zip(entries, roots, slow, fast, strict=True):
        assert a.dtype == root.dtype
        given = [xs[0] != 0, *xs[1:]] if entry.name == "where" else xs
        want = by_numpy(lambda *given: apply(entry, oracle(entry), given), given)  # noqa: B023
        if (
            not isinstance(want, Exception)
            and want.dtype == root.dtype
            and entry.name not in INTERIOR
        ):
            check(entry.name, a, want, xs)
        check(entry.name, b, a, xs)

    roots = [build(e, [leaf(i, (), dtype) for i in range(n)]) for e in entries]
    plan = Plan(roots)
    plan.compile()
    for k in range(0, xs[0].size, 1 + xs[0].size // 40):
        numbers = [x[k].item() for x in xs]
        with np.errstate(all="ignore"):
            for entry, root, a, b in zip(
                entries,
                roots,
                reference.run(roots, numbers, []),
                plan.run(numbers, []),
                strict=True,
            ):
                a, b = np.array([a]), np.array([b])
                assert np.can_cast(a.dtype, FLOAT) or root.dtype.kind in "iu"
                check(
                    entry.name,
                    b.astype(root.dtype),
                    a.astype(root.dtype),
                    [x[k : k + 1] for x in xs],
                )


@pytest.mark.parametrize(
    "dtypes",
    [(FLOATS[0], FLOATS[1]), (INT32, FLOATS[1]), (INT64, np.dtype(np.uint32)), (BOOL, UINT8)],
    ids=str,
)
def test_mixed_dtypes_at_the_edges(dtypes):
    leaves = [leaf(i, (), d) for i, d in enumerate(dtypes)]
    entries = [e for e in elementwise(2) if not isinstance(build(e, leaves), Exception)]
    xs = [np.ascontiguousarray(x.ravel()) for x in np.meshgrid(*map(edges, dtypes))]
    roots = [e(*(leaf(i, x.shape, x.dtype) for i, x in enumerate(xs))) for e in entries]
    plan = Plan(roots)
    plan.compile()
    for entry, a, b in zip(entries, reference.run(roots, xs, []), plan.run(xs, []), strict=True):
        want = by_numpy(oracle(entry), xs)
        if not isinstance(want, Exception) and want.dtype == a.dtype and entry.name not in INTERIOR:
            check(entry.name, a, want, xs)
        check(entry.name, b, a, xs)


def test_dtypes_are_those_of_numpy():
    """Of every entry for every one or two dtypes; float32 where NumPy answers float16, which
    jitgrad does not have."""
    for entry in (*elementwise(1), *elementwise(2)):
        if not isinstance(entry.numpy, np.ufunc) or entry.name == "root0":
            continue
        for dtypes in itertools.product(sorted(SUPPORTED, key=str), repeat=entry.operands):
            want = by_numpy(entry.numpy, [np.ones(1, d) for d in dtypes])
            got = build(entry, [leaf(i, (1,), d) for i, d in enumerate(dtypes)])
            if isinstance(want, Exception):
                assert isinstance(got, DTypeError), (entry.name, dtypes)
            else:
                assert got.dtype == (np.float32 if want.dtype == np.float16 else want.dtype), (
                    entry.name,
                    dtypes,
                )


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("n", [1, 2])
def test_gradients_at_the_edges(dtype, n):
    """Formulas of derivatives: nan, infinities and zeros in the same places, the rest to
    rounding."""
    entries = [e for e in elementwise(n) if e.differentiable]
    entries = [
        e
        for e in entries
        if not isinstance(build(e, [leaf(i, (), dtype) for i in range(n)]), Exception)
    ]
    xs = grid(entries[0], dtype)
    nodes = [leaf(i, x.shape, dtype) for i, x in enumerate(xs)]
    g = leaf(n, xs[0].shape, dtype)
    xs.append(np.random.default_rng(2).uniform(0.5, 2, xs[0].shape).astype(dtype))
    named = []
    for entry in entries:
        out = entry(*nodes)
        if out.dtype == dtype:
            named += [
                (f"{entry.name}, {k}", d)
                for k, d in enumerate(pull_back({out: g}, nodes))
                if d is not None
            ]
    roots = [d for _, d in named]
    plan = Plan(roots)
    plan.compile()
    rtol = 64 * np.finfo(dtype).eps
    for (name, root), a, b in zip(
        named, reference.run(roots, xs, []), plan.run(xs, []), strict=True
    ):
        assert a.dtype == b.dtype == root.dtype
        undefined = UNDEFINED.get(name.split(",")[0])
        if undefined is not None:
            kept = ~undefined(*xs[:n])
            a, b = a[kept], b[kept]
        np.testing.assert_allclose(b, a, rtol=rtol, atol=rtol, err_msg=name)


ELEMENTWISE = [e for n in (1, 2, 3) for e in elementwise(n)]
#: Matrices with such values have no inverse and no decomposition: see tests/ops/test_linalg.py.
MATRICES = {
    f"jitgrad.ops.{name}"
    for name in (
        *("eigen", "least_squares", "lu_parts", "matrix_equations", "qr_parts"),
        *("singular_values", "solving", "solving_banded"),
    )
}
#: What convolutions are tested by goes through Fourier transforms, which spread nan and have floats
#: only: see tests/scipy/test_signal.py, and np.convolve in tests/numpy/test_composed.py.
APART = MATRICES | {"jitgrad.ops.convolving"}
OTHERS = [
    c
    for c in CASES
    if c.values[0] not in ELEMENTWISE
    and not c.values[0].indices
    and c.values[0].build.__module__ not in APART
]


def filled(dtype, shape, case, rng):
    """Values with -0 and inf among them; nan only where it does not reach all results."""
    x = rng.standard_normal(shape) if dtype.kind == "f" else rng.integers(0, 10, shape)
    x = (x > 4 if dtype.kind == "b" else x).astype(dtype)
    if x.size > 8 and dtype.kind == "f":
        x.flat[[0, 5, -1]] = [-0.0, np.inf, np.nan if case.get("axis") is not None else 0]
    return x


def other_by_numpy(entry, case, xs):
    named = dict(case)
    shape = [named.pop("shape")] if "shape" in named else []

    def function(*xs):
        function = oracle(entry)
        return function(xs, **case) if entry.operands is None else function(*xs, *shape, **named)

    return by_numpy(function, xs)


@pytest.mark.parametrize("dtype", DTYPES[1:], ids=str)
def test_other_entries(dtype):
    """Reductions, scans, movement, products: all against NumPy, and the kernels of the reductions
    against NumPy's."""
    rng = np.random.default_rng(6)
    leaves, compiled = [], []
    for entry, case in (c.values for c in OTHERS):
        xs = [filled(dtype, shape, case, rng) for shape in entry.sampling.shapes]
        nodes = [leaf(len(leaves) + i, x.shape, dtype) for i, x in enumerate(xs)]
        try:
            out = entry(nodes, **case) if entry.operands is None else entry(*nodes, **case)
        except (DTypeError, ArgumentError):
            continue
        leaves += xs
        flat = [np.ravel(x) if x.ndim else x for x in leaves]
        try:
            got = np.asarray(reference.run([out], flat, [])[0], out.dtype).reshape(out.shape)
        except np.linalg.LinAlgError:  # norms by singular values
            continue
        want, name = other_by_numpy(entry, case, xs), f"{entry.name}{case}"
        if (
            not isinstance(want, Exception) and "sort" not in entry.name
        ):  # equal values may stand in any order
            assert want.shape == out.shape, name
            assert not entry.numpy or out.dtype == (
                np.float32 if want.dtype == np.float16 else want.dtype
            ), name
            alike(name, got, want)
        if entry.op is not None and entry.op.kind == "reduce":
            compiled.append((name, out, got))
    plan = Plan([out for _, out, _ in compiled])
    plan.compile()
    for (name, out, want), got in zip(compiled, plan.run(flat, []), strict=True):
        alike(name, np.asarray(got, out.dtype).reshape(out.shape), want)


def alike(name, got, want):
    if got.dtype.kind == "f":
        eps = 32 * np.finfo(got.dtype if want.dtype != np.float16 else want.dtype).eps
        np.testing.assert_allclose(got, want, rtol=eps, atol=eps, err_msg=name)
    else:
        np.testing.assert_array_equal(got, want, err_msg=name)


def test_kernels_and_what_numpy_does_beside_them_are_silent(tier):
    """The tests turn warnings into errors."""
    x = jitgrad.tensor(np.full((40, 400), 1e200), requires_grad=True)
    assert (x @ x.T).isinf().all()
    assert x.cumprod(axis=0)[-1].isinf().all()
    big = jitgrad.tensor(np.full(300_000, 1e308))
    assert big.sum().item() == np.inf


#: What works element by element by tens, so that few kernels are compiled; the others one by one.
POINTWISE = [c.values for c in CASES if c.values[0] in ELEMENTWISE]
TOGETHER = [pytest.param(POINTWISE[k::24], id=f"elementwise-{k}") for k in range(24)]
TOGETHER += [pytest.param([c.values], id=c.id) for c in CASES if c.values[0] not in ELEMENTWISE]


@pytest.mark.parametrize("cases", TOGETHER)
def test_values_and_gradients_together(cases):
    roots, leaves, wanted, named = [], [], [], []
    for entry, case in cases:
        xs = operands(entry)
        gv = np.random.default_rng(5).standard_normal(graph(entry, case)[2].shape)
        xs = [np.ravel(x) if np.ndim(x) else x for x in (*xs, gv)]
        wanted += reference.run(value_and_gradients(entry, case, 0), xs, [])
        mine = value_and_gradients(entry, case, len(leaves))
        roots += mine
        leaves += xs
        named += [entry.name] * len(mine)
    plan = Plan(roots)
    plan.compile()
    for name, a, b in zip(named, plan.run(leaves, []), wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13, err_msg=name)
        assert np.asarray(a).dtype == np.asarray(b).dtype


def value_and_gradients(entry, case, first):
    """The roots, of leaves from number `first` on, of which the last is the cotangent."""
    xs, nodes, out = graph(entry, case, first)
    if not entry.differentiable:
        return [out]
    g = leaf(first + len(xs), out.shape, FLOAT)
    which = [node for node, x in zip(nodes, xs, strict=True) if x.dtype == FLOAT]
    return [out, *(d for d in pull_back({out: g}, which) if d is not None)]
