"""The IR by itself: shape rules against NumPy, interning, walks of deep graphs, the verifier and
the printers."""

import gc
import math
import random
import sys
import threading
import weakref

import graphs
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitgrad.base.dtypes import BOOL, FLOAT32, FLOAT64, INT64
from jitgrad.base.errors import ArgumentError, AxisError, CompileError, JitgradError, ShapeError
from jitgrad.ir import (
    CONST,
    LEAF,
    NUMBER,
    Node,
    Op,
    const,
    leaf,
    number,
    printer,
    shapes,
    toposort,
    users,
)
from jitgrad.ir.verify import CHECKS, EVERY, verify, verify_value
from jitgrad.ops import REGISTRY
from jitgrad.ops.indexing import GATHER
from jitgrad.ops.movement import UPDATE

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


def outcome(f, *args, **kwargs):
    """What a call gives; the kind of error where it raises one that NumPy and jitgrad both know."""
    try:
        return f(*args, **kwargs)
    except (ValueError, IndexError, TypeError) as error:
        return ValueError if isinstance(error, (ValueError, IndexError)) else TypeError


# --- shape rules ----------------------------------------------------------------------------------


@given(st.lists(SHAPES, min_size=1, max_size=4))
def test_broadcast_is_numpys(all_shapes):
    assert outcome(shapes.broadcast_shapes, *all_shapes) == outcome(
        np.broadcast_shapes, *all_shapes
    )


@given(hnp.mutually_broadcastable_shapes(num_shapes=3, min_side=0))
def test_broadcast_that_fits(found):
    assert shapes.broadcast_shapes(*found.input_shapes) == found.result_shape


def test_broadcast_error_says_where():
    with pytest.raises(ShapeError, match=r"\(2, 3\) and \(2, 4\).*axis -1.*3 and 4.*reshape"):
        shapes.broadcast_shapes((2, 3), (2, 4))


@given(SHAPES, st.lists(st.integers(-1, 6), max_size=4))
def test_reshape_is_numpys(shape, new):
    want = outcome(lambda: np.empty(shape).reshape(new).shape)
    assert outcome(shapes.reshape_shape, shape, tuple(new)) == want


def test_reshape_knows_one_unknown():
    with pytest.raises(
        ShapeError, match="may be -1"
    ):  # NumPy takes any negative length for an unknown one
        shapes.reshape_shape((4,), (-2, 2))


@given(SHAPES, st.data())
def test_reshape_that_fits(shape, data):
    size = math.prod(shape)
    new = list(data.draw(st.permutations(shape))) if shape else [1]
    if size:
        new[data.draw(st.integers(0, len(new) - 1))] = -1
    assert shapes.reshape_shape(shape, new) == np.empty(shape).reshape(new).shape


@given(st.integers(-6, 6), st.integers(0, 5))
def test_one_axis_is_numpys(axis, ndim):
    want = outcome(np.lib.array_utils.normalize_axis_index, axis, ndim)
    assert outcome(shapes.normalize_axis, axis, ndim) == want


@given(st.none() | st.integers(-5, 5) | st.lists(st.integers(-5, 5), max_size=4).map(tuple), SHAPES)
def test_reduced_axes_are_numpys(axis, shape):
    def ours(keep):
        axes = shapes.reduced_axes(axis, len(shape))
        return (shapes.keep_axes if keep else shapes.drop_axes)(shape, axes)

    for keep in (False, True):
        assert outcome(ours, keep) == outcome(
            lambda k=keep: np.empty(shape).sum(axis=axis, keepdims=k).shape
        )


def test_axis_errors():
    with pytest.raises(
        AxisError, match="axis 2 for a tensor of 2 dimensions, expected -2 <= axis < 2"
    ):
        shapes.normalize_axis(2, 2)
    with pytest.raises(AxisError, match="repeated"):
        shapes.normalize_axes((0, -2), 2)
    with pytest.raises(ArgumentError, match="expected an integer"):
        shapes.normalize_axis(1.0, 2)


MOVES = {
    "squeeze": st.none() | st.integers(-4, 4),
    "expand_dims": st.integers(-5, 5) | st.tuples(st.integers(-5, 5), st.integers(-5, 5)),
    "flip": st.none() | st.integers(-4, 4),
    "transpose": st.none() | st.permutations(range(3)).map(tuple),
    "broadcast_to": SHAPES,
}


@given(st.sampled_from(sorted(MOVES)), SHAPES, st.data())
def test_movement_shapes_are_numpys(name, shape, data):
    """Movement entries on graph nodes alone: the shape, or an error, as NumPy."""
    argument, entry = data.draw(MOVES[name]), REGISTRY[name]

    def ours():
        out = entry(leaf(0, shape, FLOAT64), argument)
        verify(out)
        return out.shape

    assert outcome(ours) == outcome(lambda: entry.numpy(np.empty(shape), argument).shape)


# --- nodes ----------------------------------------------------------------------------------------

X = leaf(0, (2, 3), FLOAT64)


def test_equal_nodes_are_one_object():
    x = leaf(7, (4,), FLOAT64)
    assert leaf(7, (4,), FLOAT64) is x
    assert graphs.apply(graphs.SIN, x) is graphs.apply(graphs.SIN, x)
    assert graphs.reduce(graphs.SUM, x, (0,)) is graphs.reduce(graphs.SUM, x, (0,))
    different = [
        leaf(8, (4,), FLOAT64),
        leaf(7, (5,), FLOAT64),
        leaf(7, (4,), FLOAT32),
        number(7, FLOAT64),
    ]
    assert len({x, *different}) == 5


def test_constants_are_kept_apart():
    values = [const(v) for v in (0, 0.0, -0.0, False, 1, 1.0, True, math.nan, math.inf)]
    assert len(set(values)) == len(values)
    assert const(math.nan) is const(math.nan)
    assert const(1, FLOAT32) is not const(1, FLOAT64)
    assert type(const(1, FLOAT32).arg) is float and type(const(2.0, INT64).arg) is int


def test_interning_keeps_nothing_alive():
    gc.collect()
    before = len(Node._interned)
    x = leaf(("only here", 1), (3,), FLOAT64)
    y = graphs.apply(graphs.SIN, graphs.apply(graphs.ADD, x, x))
    assert len(Node._interned) == before + 3
    gone = [weakref.ref(n) for n in (x, y, y.src[0])]
    verify(y)  # nor does the verifier's memory
    gc.disable()
    try:
        del x, y
        assert [r() for r in gone] == [None] * 3  # by reference counts alone: there are no cycles
    finally:
        gc.enable()
    assert len(Node._interned) == before


def test_threads_get_the_same_node():
    """Nodes are made, and die, in several threads at once: what any two hold of one kind at a time
    is one object."""
    wrong, ready = [], threading.Barrier(4, timeout=60)

    def make():
        for k in range(300):
            ready.wait()
            held = [leaf(("shared", k, i), (3,), FLOAT64) for i in range(20)]
            found[threading.get_ident()] = held
            ready.wait()
            if any(
                a is not b
                for other in list(found.values())
                for a, b in zip(held, other, strict=True)
            ):
                wrong.append(k)

    found, before = {}, sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=make) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []


def test_deep_graph_needs_no_recursion():
    depth = 100_000
    y = X
    for _ in range(depth):
        y = graphs.apply(graphs.ADD, y, X)
    order = toposort([y])
    assert len(order) == depth + 1 and order[0] is X and order[-1] is y
    verify(y)
    assert printer.text([y]).count("\n") == depth + 1
    del y, order  # freeing it must not recurse either


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_toposort_is_sources_first(seed):
    roots = random_roots(seed)
    order = toposort(roots)
    place = {n: k for k, n in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[s] < place[n] for n in order for s in n.src)
    assert set(roots) <= set(order)
    assert toposort(roots) == order
    read = users(order)
    assert {(s, n) for s in order for n in read[s]} == {(s, n) for n in order for s in n.src}


def random_roots(seed):
    return graphs.random_graph(random.Random(seed))[0]


# --- the verifier ---------------------------------------------------------------------------------

V = leaf(1, (4,), FLOAT64)
PLACES = leaf(4, (3,), INT64)
ONE, START = const(1), const(0)
SIN2 = Op("sin2", "elementwise", lambda x, y, node: x, code="math.sin({0})")
LOST = Op("lost", "call")
ODD = Op("odd", "strange", lambda node: 0)
BARE = {kind: Op(f"bare {kind}", kind, lambda x, node: x) for kind in ("reduce", "scan")}
HALF = {
    kind: Op(f"half {kind}", kind, lambda x, node: x, identity=int, combine="{0}")
    for kind in ("reduce", "scan")
}


def made(op, src, arg=None, shape=(4,), dtype=FLOAT64):
    return Node(op, src, arg, shape, dtype)


#: Nodes that break a row of the table, by (kind, row); None is for the rows of every kind.
BROKEN = {
    (None, "op"): [made("sin", (V,))],
    (None, "kind"): [made(ODD, ())],
    (None, "shape"): [made(LEAF, (), 0, (-1,)), made(LEAF, (), 0, (977.0,)), made(LEAF, (), 0, 3)],
    (None, "dtype"): [
        made(LEAF, (), 0, dtype=np.dtype("float16")),
        made(LEAF, (), 0, dtype=float),
    ],
    (None, "sources"): [made(graphs.SIN, (1.0,)), made(graphs.SIN, V)],
    (None, "reference"): [made(LOST, (V,))],
    ("leaf", "sources"): [made(LEAF, (V,), 0)],
    ("leaf", "argument"): [made(LEAF, (), "x")],
    ("number", "sources"): [made(NUMBER, (ONE,), 0, ())],
    ("number", "shape"): [made(NUMBER, (), 0, (1,))],
    ("number", "argument"): [made(NUMBER, (), None, ())],
    ("number", "dtype"): [made(NUMBER, (), 0, (), FLOAT32)],
    ("const", "sources"): [made(CONST, (ONE,), 1.0, ())],
    ("const", "shape"): [made(CONST, (), 1.0, (1,))],
    ("const", "argument"): [
        made(CONST, (), 1, ()),
        made(CONST, (), 300, (), np.dtype("uint8")),
        made(CONST, (), 1, (), BOOL),
    ],
    ("elementwise", "sources"): [
        made(graphs.ADD, (V, ONE)),
        made(graphs.SIN, ()),
        made(graphs.SIN, (V,), None, (4, 1)),
    ],
    ("elementwise", "code"): [made(SIN2, (V, V)), made(graphs.ADD, (V,))],
    ("broadcast", "sources"): [made(graphs.BROADCAST, (V, V))],
    ("broadcast", "argument"): [made(graphs.BROADCAST, (V,), 1)],
    ("broadcast", "dtype"): [made(graphs.BROADCAST, (V,), dtype=FLOAT32)],
    ("broadcast", "rank"): [made(graphs.BROADCAST, (V,), None, (2, 4))],
    ("broadcast", "lengths"): [
        made(graphs.BROADCAST, (V,), None, (8,)),
        made(graphs.BROADCAST, (V,), None, (1,)),
    ],
    ("permute", "sources"): [made(graphs.PERMUTE, (), (0,))],
    ("permute", "axes"): [
        made(graphs.PERMUTE, (X,), (0, 0), (2, 2)),
        made(graphs.PERMUTE, (X,), (0,), (2,)),
        made(graphs.PERMUTE, (X,), (-1, 0), (3, 2)),
        made(graphs.PERMUTE, (X,), None, (3, 2)),
    ],
    ("permute", "dtype"): [made(graphs.PERMUTE, (X,), (1, 0), (3, 2), INT64)],
    ("permute", "shape"): [made(graphs.PERMUTE, (X,), (1, 0), (2, 3))],
    ("reshape", "sources"): [made(graphs.RESHAPE, (V, V), None, (2, 2))],
    ("reshape", "argument"): [made(graphs.RESHAPE, (V,), (2, 2), (2, 2))],
    ("reshape", "dtype"): [made(graphs.RESHAPE, (V,), None, (2, 2), FLOAT32)],
    ("reshape", "size"): [made(graphs.RESHAPE, (V,), None, (2, 3))],
    ("gather", "dtype"): [made(GATHER, (V, PLACES), None, (3,), FLOAT32)],
    ("gather", "indices"): [
        made(GATHER, (V,), None),
        made(GATHER, (V, V), None),
        made(GATHER, (V, PLACES, PLACES), None, (3,)),
        made(GATHER, (X, PLACES, leaf(5, (4,), INT64)), None, (3,)),
        made(GATHER, (X, PLACES), 0, (3, 3)),
        made(GATHER, (V, PLACES), 1, (3,)),
        made(GATHER, (V, PLACES, PLACES), 0, (3,)),
    ],
    ("gather", "shape"): [
        made(GATHER, (X, PLACES), None, (3, 2)),
        made(GATHER, (V, PLACES), 0, (4,)),
    ],
    ("reduce", "sources"): [made(graphs.SUM, (V, V), (0,), ())],
    ("reduce", "axes"): [
        made(graphs.SUM, (X,), (1, 0), ()),
        made(graphs.SUM, (X,), (0, 0), (3,)),
        made(graphs.SUM, (X,), (2,), (2, 3)),
        made(graphs.SUM, (X,), (-1,), (2,)),
        made(graphs.SUM, (X,), 0, (3,)),
        made(graphs.SUM, (X,), (), (2, 3)),
    ],
    ("reduce", "dtype"): [made(graphs.SUM, (V,), (0,), (), INT64)],
    ("reduce", "shape"): [made(graphs.SUM, (X,), (0,), (2,)), made(graphs.SUM, (X,), (0,), (1, 3))],
    ("reduce", "combination"): [
        made(BARE["reduce"], (V,), (0,), ()),
        made(HALF["reduce"], (V,), (0,), ()),
    ],
    ("scan", "sources"): [made(graphs.CUMSUM, (V, V, V), (0, False))],
    ("scan", "shape"): [made(graphs.CUMSUM, (V,), (0, False), (3,))],
    ("scan", "argument"): [
        made(graphs.CUMSUM, (V,), 0),
        made(graphs.CUMSUM, (V,), (1, False)),
        made(graphs.CUMSUM, (V,), (0, None)),
        made(graphs.CUMSUM, (V,), (-1, False)),
    ],
    ("scan", "dtype"): [made(graphs.CUMSUM, (V,), (0, False), dtype=FLOAT32)],
    ("scan", "combination"): [
        made(BARE["scan"], (V,), (0, False)),
        made(HALF["scan"], (V,), (0, False)),
        made(graphs.CUMSUM, (V, V), (0, False)),
    ],
}


def window(op, starts=(START,), steps=(1,), shape=(2,), dtype=FLOAT64):
    # pad goes from the short one to the long one, slice the other way
    source, shape = (
        (V, shape) if op is graphs.SLICE else (leaf(2, shape, FLOAT64), (4,) * len(shape))
    )
    return Node(op, (source, *starts), steps, shape, dtype)


for _kind, _op in (("slice", graphs.SLICE), ("pad", graphs.PAD)):
    BROKEN[_kind, "starts"] = [
        window(_op, ()),
        window(_op, (START, START)),
        window(_op, (const(0.0),)),
        window(_op, (leaf(3, (1,), INT64),)),
    ]
    BROKEN[_kind, "steps"] = [
        window(_op, steps=(0,)),
        window(_op, steps=()),
        window(_op, steps=None),
        window(_op, steps=(9.5,)),
    ]
    BROKEN[_kind, "dtype"] = [window(_op, dtype=FLOAT32)]
    BROKEN[_kind, "bounds"] = [
        window(_op, (const(3),)),
        window(_op, (const(-1),)),
        window(_op, steps=(4,)),
        window(_op, steps=(-1,)),
    ]
BROKEN["slice", "rank"] = [window(graphs.SLICE, shape=(2, 1))]
BROKEN["pad", "rank"] = [Node(graphs.PAD, (V, START), (1,), (4, 4), FLOAT64)]


def update(starts=(START,), steps=(1,), new=(2,), shape=(4,), dtype=FLOAT64, of=FLOAT64):
    return Node(UPDATE, (V, leaf(2, new, of), *starts), steps, shape, dtype)


BROKEN["update", "starts"] = [
    update(()),
    update((START, START)),
    update((const(0.0),)),
    update((leaf(3, (1,), INT64),)),
]
BROKEN["update", "steps"] = [update(steps=(0,)), update(steps=()), update(steps=None)]
BROKEN["update", "rank"] = [update(shape=(2, 2))]
BROKEN["update", "dtype"] = [update(dtype=FLOAT32)]
BROKEN["update", "bounds"] = [
    update((const(3),)),
    update((const(-1),)),
    update(steps=(4,)),
    update(steps=(-1,)),
]
BROKEN["update", "shape"] = [update(shape=(5,))]
BROKEN["update", "written"] = [update(new=(2, 1)), update(of=FLOAT32)]

CASES = [
    pytest.param(*key, n, id=f"{key[0]}-{key[1]}-{k}")
    for key, ns in BROKEN.items()
    for k, n in enumerate(ns)
]


@pytest.mark.each(("kind", "row", "node"), CASES)
def test_each_invariant_is_asked(kind, row, node):
    with pytest.raises(
        CompileError, match=rf"^node .*: the invariant '{row}' is broken: got .*, expected .*"
    ) as caught:
        verify(node)
    assert str(getattr(node.op, "name", node.op)) in str(caught.value)
    assert kind is None or node.op.kind == kind
    with pytest.raises(CompileError):  # asked again as long as it is wrong
        verify(node)


def test_every_row_has_a_case_that_breaks_it():
    rows = {(None, c.name) for c in EVERY} | {
        (kind, c.name) for kind, checks in CHECKS.items() for c in checks
    }
    assert rows == set(BROKEN)


def test_the_whole_graph_is_asked():
    wrong = made(graphs.SUM, (X,), (0,), (2,))
    with pytest.raises(CompileError, match=r"sum \(reduce\)"):
        verify(V, graphs.apply(graphs.SIN, graphs.apply(graphs.SIN, wrong)))


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_random_graphs_are_right(seed):
    verify(*random_roots(seed))


def test_values_are_what_the_node_promised():
    verify_value(V, np.ones(4))
    for value in (np.ones(3), np.ones(4, np.float32), 1.0):
        with pytest.raises(
            CompileError, match=r"leaf .*from its reference, expected \(4,\) and float64"
        ):
            verify_value(V, value)


def test_recording_and_plans_are_verified(monkeypatch):
    """The verifier is on in the tests: a wrong rule fails at the line that applies it."""
    import jitgrad
    from jitgrad.runtime.plan import Plan

    assert jitgrad.config.verify
    monkeypatch.setattr(REGISTRY["arctan"], "build", lambda x: made(graphs.SUM, (x,), (1,), (5,)))
    x = jitgrad.tensor(np.ones((3, 5)))
    with pytest.raises(CompileError, match="sum"):
        jitgrad.arctan(x)
    monkeypatch.undo()
    np.testing.assert_array_equal(
        jitgrad.arctan(x).numpy(), np.arctan(np.ones((3, 5)))
    )  # and nothing is left of it
    with pytest.raises(CompileError):
        Plan([made(graphs.SUM, (X,), (0,), (2,))])
    assert issubclass(CompileError, JitgradError)


# --- the printers ---------------------------------------------------------------------------------


def program():
    x, n = leaf(0, (2, 3), FLOAT64), number(0, INT64)
    part = Node(graphs.SLICE, (x, const(1), n), (1, -1), (1, 3), FLOAT64)
    half = graphs.apply(graphs.MUL, part, graphs.broadcast(const(0.5), (1, 3)))
    down = graphs.permute(half, (1, 0))
    scan = Node(graphs.CUMSUM, (down,), (0, True), (3, 1), FLOAT64)
    small = graphs.apply(graphs.CAST, scan, dtype=FLOAT32)
    more = graphs.apply(graphs.ADD, small, graphs.broadcast(const(2, FLOAT32), (3, 1)))
    return [graphs.reduce(graphs.SUM, more, (0, 1)), half]


TEXT = """\
x0 = leaf(0): float64[2, 3]
n0 = number(0): int64[]
v0 = slice(x0, starts=(1, n0), steps=(1, -1)): float64[1, 3]
v1 = reshape(0.5): float64[1, 1]
v2 = broadcast(v1): float64[1, 3]
v3 = multiply(v0, v2): float64[1, 3]
v4 = permute(v3, axes=(1, 0)): float64[3, 1]
v5 = cumsum(v4, axis=0, reverse=True): float64[3, 1]
v6 = cast(v5): float32[3, 1]
v7 = reshape(2.0:float32): float32[1, 1]
v8 = broadcast(v7): float32[3, 1]
v9 = add(v6, v8): float32[3, 1]
v10 = sum(v9, axes=(0, 1)): float32[]
return v10, v3"""

DOT = r"""digraph {
  rankdir=TB;
  node [shape=box, fontname="monospace"];
  label="a \"small\" one";
  x0 [label="x0 = leaf 0\nfloat64[2]", style=filled];
  c1 [label="2.0", shape=plaintext];
  v0 [label="v0 = reshape\nfloat64[1]"];
  c1 -> v0;
  v1 [label="v1 = broadcast\nfloat64[2]"];
  v0 -> v1;
  v2 [label="v2 = subtract\nfloat64[2]"];
  x0 -> v2 [label="0"];
  v1 -> v2 [label="1"];
  v3 [label="v3 = sum axes=(0,)\nfloat64[]", peripheries=2];
  v2 -> v3;
}"""


def test_text_is_golden():
    assert printer.text(program()) == TEXT


def test_text_of_a_constant():
    assert printer.text([const(True)]) == "return True"


def test_dot_is_golden():
    x = leaf(0, (2,), FLOAT64)
    y = graphs.apply(graphs.SUB, x, graphs.broadcast(const(2.0), (2,)))
    assert printer.dot([graphs.reduce(graphs.SUM, y, (0,))], 'a "small" one') == DOT


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_text_names_every_value_once(seed):
    roots = random_roots(seed)
    lines = printer.text(roots).split("\n")
    assigned = [line.split(" = ")[0] for line in lines[:-1]]
    assert len(set(assigned)) == len(assigned) == sum(n.op is not CONST for n in toposort(roots))
    for k, line in enumerate(lines[:-1]):  # nothing is read before it is made
        inside = line.split(" = ")[1].split("(", 1)[1]
        assert not set(assigned[k:]) & set(
            inside.replace("(", " ").replace(")", " ").replace(",", " ").split()
        )
