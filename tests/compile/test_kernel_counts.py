"""A new shape compiles nothing: kernels are keyed by dtype, rank and layout, never by sizes.

Kernels are known by their source, so programs are lowered here and nothing is compiled. Lengths of
1 and writes that cover everything are layouts, few per program: they are counted, too. So is work
in more than one chunk where it needs another kernel (`SECOND`).
"""

import pytest
from programs_seen import forget_programs
from small_programs import MATRICES, VECTORS, scaled, tensor

import jitgrad as jg
import jitgrad.numpy as jn
from jitgrad.compile import limits
from jitgrad.runtime.plan import observed_plans

LONG = [(10,), (4,), (7,), (8,), (11,), (12,), (1000,), (40000,)]
SHAPES = [(4, 6), (6, 4), (7, 7), (5, 9), (8, 8), (300, 40), (4, 2000), (2000, 4), (200, 200)]


#: Programs over vectors that have other kernels above one chunk (2**15 points): a scan has one
#: more, for what each block adds up to; rows of three points are too few to be run in parallel, so
#: that stages part; and short rows of two to eight are unrolled in large steps
#: (`compile.joint.TINY`).
SECOND = ("scan", "distances", "outer", "stack")
PLAIN = {
    "by sums of exp": lambda x: jn.exp(x) / jn.exp(x).sum(1, keepdims=True),
    "flip": lambda x: jn.flip(x) + x,
}
#: Products: a side of up to four is a layout where the product is large (`compile.contract` takes
#: such ones apart).
SMALL = [shape for shape in SHAPES if max(shape) ** 2 < limits.now.skinny_elements]
PRODUCTS = {
    "matmul": SMALL,
    "gram": SMALL + [shape for shape in SHAPES if min(shape) > limits.now.skinny],
}
PRODUCTS["two orders of three axes"] = [
    shape for shape in SHAPES if 3 * shape[0] * shape[1] <= 1 << 15
]
#: Where a slice begins at 2 since the vector has four elements: offsets up to 2 are part of a
#: kernel.
BY_CHANCE = {"halves": [(4,)], "roll": [(4,)]}
PROGRAMS = [
    (f, [shape for shape in LONG if shape not in BY_CHANCE.get(name, ())])
    for name, f in VECTORS.items()
]
PROGRAMS += [(f, PRODUCTS.get(name, SHAPES)) for name, f in MATRICES.items()]
NAMES = [*VECTORS, *(f"{name} (matrix)" for name in MATRICES)]


def kernels(program, shape, gradient=True):
    """The sources of the kernels of `program` and of its gradient."""
    forget_programs()  # a program seen before makes no plan that could be observed
    with observed_plans() as plans:
        x = tensor(*shape)
        out = program(x)
        out.detach().numpy()
        if gradient:
            (program(x) * tensor(*out.shape, seed=9)).sum().backward()
            x.grad.numpy()
    return {kernel.source for plan in plans for kernel in plan.kernels}


@pytest.fixture(autouse=True)
def _nothing_is_compiled(monkeypatch):
    monkeypatch.setattr(jg.config, "compile", "never")


@pytest.mark.parametrize(("program", "shapes"), PROGRAMS, ids=NAMES)
def test_a_new_shape_compiles_nothing(program, shapes):
    first = kernels(program, shapes[0])
    assert first
    for shape in shapes[1:]:
        if shape[0] > 1 << 15 and program in [VECTORS[name] for name in SECOND]:
            second = kernels(program, shape)
            assert not second <= first
            assert kernels(program, (shape[0] + 10000,)) <= second
        else:
            assert kernels(program, shape) <= first, shape


@pytest.mark.parametrize(
    "name", ["softmax", "sum of columns", "sum of rows", "normalized", "by row sums"]
)
def test_short_rows_of_large_arrays_have_a_kernel_per_length_up_to_eight(name):
    program = MATRICES[name]
    for n in (2, 5, 8):
        assert kernels(program, (50_000, n)) == kernels(program, (20_001, n))
    assert (
        kernels(program, (50_000, 9))
        == kernels(program, (20_001, 12))
        == kernels(program, (20_001, 20))
    )


@pytest.mark.parametrize(
    "name", ["product", "plus transposed", "sum of columns", "sum of rows", "both sums", *PLAIN]
)
def test_empty_arrays_and_single_rows_are_no_layouts_of_their_own(name):
    program = {**MATRICES, **PLAIN}[name]
    first = kernels(program, (4, 6), gradient=False)
    for shape in [(0, 4), (4, 0), (0, 0), (1, 5), (1, 1)]:
        assert kernels(program, shape, gradient=False) <= first, shape


@pytest.mark.parametrize(
    "name", [name for name in MATRICES if name not in ("heat", "gather")]
)  # they need three rows
def test_lengths_of_one_make_few_layouts(name):
    """One column, one row, one element: each is one layout, whatever the other length is."""
    program = MATRICES[name]
    seen = set().union(*[kernels(program, shape) for shape in [(4, 6), (1, 5), (5, 1), (1, 1)]])
    for shape in [(1, 8), (1, 300), (8, 1), (3000, 1)]:
        assert kernels(program, shape) <= seen, shape


@pytest.mark.parametrize(
    "change", [lambda x, k: x[::k] * 3.0, lambda x, k: scaled(x, slice(None, None, k))]
)
def test_a_new_step_compiles_nothing(change):
    first = kernels(lambda x: change(x, 2), (12,))
    for step in (3, 5, -2, -4):
        assert kernels(lambda x, step=step: change(x, step), (12,)) <= first, step


def test_deep_chains_of_views_repeat_small_kernels():
    def program(x, depth):
        view = out = x * 1.0
        for _ in range(depth):
            view = view[1:]
        view += 1.0
        return out * out

    sources = kernels(lambda x: program(x, 24), (50,))
    assert len(sources) < 12 and max(map(len, sources)) < 3500
