"""The loop IR: statements of hand-made nests, the printer, and each transformation of loops.

What is transformed is also run, as Python, before and after: it must leave the same memory.
"""

import ast
import dataclasses
import itertools
import random
import textwrap

import numpy as np
import pytest
from row_programs import random_program

from jitgrad.base.dtypes import FLOAT32, FLOAT64
from jitgrad.compile import limits
from jitgrad.compile.loops import ir
from jitgrad.compile.loops.expressions import combination, element, expression, joined, plus, total
from jitgrad.compile.loops.ir import (
    Accumulate,
    Block,
    Do,
    Expr,
    Flag,
    For,
    Free,
    If,
    Leave,
    Let,
    Local,
    Operation,
    Prefetch,
    Select,
    Store,
    Together,
    While,
)
from jitgrad.compile.loops.passes.distribute import applied_to_all, distributed, needed
from jitgrad.compile.loops.passes.fold import folded
from jitgrad.compile.loops.passes.interleave import interleaved
from jitgrad.compile.loops.passes.lanes import Lanes
from jitgrad.compile.loops.passes.split_guards import assumed, conditions, split
from jitgrad.compile.loops.passes.strip_mine import in_blocks, in_one_block
from jitgrad.compile.loops.passes.unroll_jam import unrolled_and_jammed
from jitgrad.compile.loops.stage_values import Interval
from jitgrad.compile.render import frame, text
from jitgrad.ir import Node, leaf
from jitgrad.ops import REGISTRY
from jitgrad.ops.primitives import SUM
from jitgrad.runtime.plan import observed_plans

X = leaf(0, (8, 5), FLOAT64)
ROW_SUM = Node(SUM, (X,), (1,), (8,), FLOAT64)
COLUMN_SUM = Node(SUM, (X,), (0,), (5,), FLOAT64)
EXP = Node(REGISTRY["exp"].op, (X,), None, X.shape, FLOAT64)


def printed(*statements):
    return "\n".join(text.lines(statements))


def lines(block):
    return textwrap.dedent(block).strip("\n")


def run(statements, **memory):
    """Runs statements as Python; the arrays are changed in place."""
    scope = {
        "np": np, "fast_add": lambda a, b: a + b, "minimum": min, "exp": np.exp,
        "prefetch": lambda *what: None,
        "rising": lambda p, n: -p if p < 0 else n - p if p < n else 1 << 40,
        "falling": lambda p, n: p - n + 1 if p >= n else p + 1 if p >= 0 else 1 << 40,
    }  # fmt: skip
    exec(printed(*statements), scope, memory)
    return memory


def at(array, *parts):
    """``array[i * n + j]``, or ``array[i]``."""
    return element(array, Expr("{} * {} + {}", parts) if len(parts) == 3 else parts[0])


# ---------------------------------------------------------------------- statements


def test_every_statement_has_a_text():
    body = (
        Let("v0", Expr("{} * {}", ("a", "2"))),
        Together(("low", "high"), ("0", "n")),
        Together(("low", "high"), ("n",)),
        Select("v1", ("g0", "g1"), "v0", "0.0"),
        Select("v2", ("g0",), "True", "False"),
        Store(at("o0", "i0"), "v0"),
        Accumulate("acc0", plus("acc0", "v0")),
        Flag(Expr("is_far({})", ("v0",))),
        Prefetch("x0", "i0", "n"),
        Local("l0", "float64", "n0"),
        Local("m0", "int64", "9", on_stack=True),
        Free("l0"),
        For("i0", "0", "n", (Block((Let("a", "1"), Let("b", "2"))),)),
        For("i0", "a", "b", (), "4"),
        While(Expr("{} < {}", ("a", "b")), (Let("a", "b"),)),
        If("g0", (), (Let("a", "b"),)),
        Leave("ended"),
    )
    assert printed(*body) == lines("""
        v0 = a * 2
        low, high = 0, n
        low = high = n
        v1 = v0 if g0 & g1 else 0.0
        v2 = g0
        o0[i0] = v0
        acc0 = acc0 + v0
        far = far | is_far(v0)
        prefetch(x0, i0, n)
        l0 = local_float64(n0)
        m0 = fixed_int64(9)
        free(l0)
        for i0 in range(n):
            a = 1
            b = 2
        for i0 in range(a, b, 4):
            pass
        while a < b:
            a = b
        if g0:
            pass
        else:
            a = b
        if ended:
            break
        """)


def test_names_are_exchanged_in_what_is_made_and_what_is_read():
    loop = For(
        "i0",
        "low",
        "high",
        (Let("v0", at("x0", "t", "s0", "i0")), Select("v1", ("g0",), "v0", "0.0")),
    )
    new = ir.renamed((loop,), {"t": "t_1", "v0": "v0_1", "i0": "i9", "g0": "g0_1"})
    assert printed(*new) == lines("""
        for i9 in range(low, high):
            v0_1 = x0[t_1 * s0 + i9]
            v1 = v0_1 if g0_1 else 0.0
        """)
    assert [ir.made(s) for s in ir.walk(new)] == ["", "v0_1", "v1"]


def test_rewriting_goes_into_every_body():
    body = (If("g", (Let("a", "1"),), (While("h", (Let("a", "1"), Let("b", "2"))),)),)
    assert printed(*ir.rewrite(body, lambda s: () if ir.made(s) == "a" else (s,))) == lines("""
        if g:
            pass
        else:
            while h:
                b = 2
        """)


def test_a_sum_of_parts_keeps_their_signs():
    assert (
        str(total([(True, "{}", ("i0",)), (False, "{} * {}", ("s0", "t")), (True, "2", ())]))
        == "-i0 + s0 * t - 2"
    )
    assert total([]) == "0"


# ---------------------------------------------------------------------- transformations


def row_sums():
    """For each row its sum, and what it adds to the sums of the columns."""
    value = Let("v0", at("x0", "t", "5", "i0"))
    column = at("o1", "i0")
    inner = For(
        "i0", "0", "5",
        (
            value,
            Accumulate("acc0", combination(ROW_SUM, "acc0", "v0"), ROW_SUM, "v0"),
            Accumulate(column, joined(COLUMN_SUM, column, "v0", reorder=True), COLUMN_SUM, "v0"),
        ),
    )  # fmt: skip
    return For(
        "t",
        "low",
        "high",
        (Let("acc0", "0.0"), Prefetch("x0", "t", "5"), inner, Store(at("o0", "t"), "acc0")),
    )


def test_unroll_and_jam():
    loop, counts = row_sums(), iter(range(7, 99))
    new = unrolled_and_jammed(loop, 2, "n0", lambda letter: f"{letter}{next(counts)}")
    assert printed(*new) == lines("""
        rest = low + (high - low) // 2 * n0
        for first in range(low, rest, 2):
            t_0 = first + 0
            t_1 = first + 1
            prefetch(x0, t_0, 5)
            acc0_0 = 0.0
            prefetch(x0, t_1, 5)
            acc0_1 = 0.0
            for i0 in range(5):
                acc7 = 0.0
                v0_0 = x0[t_0 * 5 + i0]
                acc0_0 = fast_add(acc0_0, v0_0)
                acc7 = fast_add(acc7, v0_0)
                v0_1 = x0[t_1 * 5 + i0]
                acc0_1 = fast_add(acc0_1, v0_1)
                acc7 = fast_add(acc7, v0_1)
                o1[i0] = (o1[i0] + acc7)
            o0[t_0] = acc0_0
            o0[t_1] = acc0_1
        """)


@pytest.mark.parametrize("share", [0, 4])
def test_unroll_and_jam_leaves_the_same(share):
    loop, fresh = row_sums(), lambda letter: f"{letter}9"
    memory = lambda: {
        "x0": np.arange(40.0) % 7,
        "o0": np.zeros(8),
        "o1": np.zeros(5),
        "low": 1,
        "high": 8,
        "n0": share,
    }
    before = run([loop], **memory())
    rest = For(loop.var, "rest", loop.stop, loop.body)
    after = run([*unrolled_and_jammed(loop, 4, "n0", fresh), rest], **memory())
    np.testing.assert_array_equal(before["o0"], after["o0"])
    np.testing.assert_array_equal(before["o1"], after["o1"])
    np.testing.assert_array_equal(before["o0"][1:], (np.arange(40.0) % 7).reshape(8, 5)[1:].sum(1))


def test_sums_of_blocks():
    loop = For("i0", "low", "high", (Accumulate("part0", plus("part0", at("x0", "i0"))),))
    assert printed(*in_blocks(loop, {"part0": "acc0"})) == lines("""
        for block in range(low, high, 1024):
            part0 = np.float32(0.0)
            for i0 in range(block, minimum(block + 1024, high)):
                part0 = part0 + x0[i0]
            acc0 = acc0 + part0
        """)
    x = np.random.default_rng(0).integers(0, 9, 5000).astype(np.float32)
    for pieces in (in_blocks, in_one_block):
        assert (
            run([Let("acc0", "0.0"), *pieces(loop, {"part0": "acc0"})], x0=x, low=3, high=4999)[
                "acc0"
            ]
            == x[3:4999].sum()
        )
    assert in_blocks(loop, {}) == in_one_block(loop, {}) == (loop,)


def guarded():
    """``o[i] = x[i - 2] if that is in x else 0``, and the same from the other end."""
    places = Expr("{} - {}", ("i0", "2")), Expr("{} - {}", ("6", "i0"))
    intervals = [
        Interval(f"p{k}", places[k], f"g{k}", "m0", slope) for k, slope in enumerate((1, -1))
    ]
    body = [
        s
        for k in (0, 1)
        for s in (Let(f"p{k}", places[k]), Select(f"v{k}", (f"g{k}",), at("x0", f"p{k}"), "0.0"))
    ]
    return For("i0", "low", "high", (*body, Store(at("o0", "i0"), plus("v0", "v1")))), intervals


def test_index_set_splitting():
    loop, intervals = guarded()
    assert conditions(loop.body, intervals) == ("g0", "g1")
    assert printed(*split(loop, intervals)) == lines("""
        first = low
        while first < high:
            i0 = first
            p0 = i0 - 2
            g0 = (p0 >= 0) & (p0 < m0)
            p1 = 6 - i0
            g1 = (p1 >= 0) & (p1 < m0)
            end = minimum(high, first + rising(p0, m0))
            end = minimum(end, first + falling(p1, m0))
            if g0 & g1:
                for i0 in range(first, end):
                    p0 = i0 - 2
                    v0 = x0[p0]
                    p1 = 6 - i0
                    v1 = x0[p1]
                    o0[i0] = v0 + v1
            else:
                for i0 in range(first, end):
                    p0 = i0 - 2
                    v0 = x0[p0] if g0 else 0.0
                    p1 = 6 - i0
                    v1 = x0[p1] if g1 else 0.0
                    o0[i0] = v0 + v1
            first = end
        """)


@pytest.mark.parametrize("low, high", [(0, 12), (3, 5), (4, 4), (7, 12)])
def test_index_set_splitting_leaves_the_same(low, high):
    loop, intervals = guarded()
    x = np.arange(1.0, 6)
    got = run(split(loop, intervals), x0=x, o0=np.zeros(12), m0=5, low=low, high=high)["o0"]
    valid = lambda p: x[p] if 0 <= p < 5 else 0.0
    assert got.tolist() == [
        valid(i - 2) + valid(6 - i) if low <= i < high else 0.0 for i in range(12)
    ]


def test_conditions_that_change_within_a_piece_stay():
    """A condition that is made in the body, and is none of an interval, is known for no piece."""
    body = (Let("g0", Expr("{} % 2 == 0", ("i0",))), Select("v0", ("g0", "g1"), "a", "b"))
    assert conditions(body, []) == ("g1",)
    assert printed(*assumed(body, ("g1",))) == "g0 = i0 % 2 == 0\nv0 = a if g0 else b"
    assert printed(*assumed(body, ("g0", "g1"))) == "v0 = a"
    loop = For("i0", "0", "n", body[1:])
    assert printed(*split(loop, [])) == lines("""
        if g0 & g1:
            for i0 in range(n):
                v0 = a
        else:
            for i0 in range(n):
                v0 = a if g0 & g1 else b
        """)


def test_loop_distribution():
    """``o = exp(exp(x) + c)``, with what is fed to each function in loops before."""
    first = Let("v1", expression(EXP, ["v0"]), Operation(EXP, ("v0",)))
    second = Let("v3", expression(EXP, ["v2"]), Operation(EXP, ("v2",)))
    body = (
        Let("v0", at("x0", "i0")),
        first,
        Let("v2", plus("v1", "c0")),
        second,
        Store(at("o0", "i0"), "v3"),
    )
    names = iter("abcdef")
    turns, known = distributed(
        body, {"v1", "v3"}, "i0", lambda dtype: next(names), lambda name: name != "c0"
    )
    assert [printed(*turn.feed) for turn in turns] == [
        "v0 = x0[i0]\na[i0] = v0",
        "v1 = b[i0]\nv2 = v1 + c0\nc[i0] = v2",
    ]
    assert [printed(*applied_to_all(turn.applied)) for turn in turns] == [
        "b[k] = exp(a[k])",
        "d[k] = exp(c[k])",
    ]
    rest = [known.get(ir.made(s), s) for s in body]
    loops = [
        loop
        for turn in turns
        for loop in (
            For("i0", "0", "6", turn.feed),
            For("k", "0", "6", applied_to_all(turn.applied)),
        )
    ]
    memory = lambda: dict(
        x0=np.linspace(-1, 1, 6), o0=np.zeros(6), c0=0.5, **{name: np.zeros(6) for name in "abcd"}
    )
    np.testing.assert_array_equal(
        run([*loops, For("i0", "0", "6", tuple(rest))], **memory())["o0"],
        run([For("i0", "0", "6", body)], **memory())["o0"],
    )


def running_sums(reverse):
    """``o = exp(2 * cumsum(x))`` along rows of 5, and the sum of each row of it."""
    scan = Node(REGISTRY["cumsum"].op, (X,), (1, reverse), X.shape, FLOAT64)
    carried = Let("c0", combination(scan, "c0", "v0", reorder=False), Operation(scan, ("v0",)))
    body = (
        Let("v0", at("x0", "t", "5", "i0")),
        carried,
        Let("v1", Expr("{} * {}", ("c0", "w0"))),
        Let("v2", expression(EXP, ["v1"]), Operation(EXP, ("v1",))),
        Store(at("o0", "t", "5", "i0"), "v2"),
        Accumulate("acc0", combination(ROW_SUM, "acc0", "v2"), ROW_SUM, "v2"),
    )
    row = Let("w0", at("w", "t")), Let("acc0", "0.0"), Let("c0", "0.0")
    rows = For("t", "low", "high", (*row, For("i0", "0", "5", body), Store(at("o1", "t"), "acc0")))
    return rows, {"c0": scan}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("low, high", [(0, 8), (1, 8), (2, 5), (3, 3)])
def test_interleaved_scans_leave_the_same(monkeypatch, reverse, low, high):
    """With rows and pieces of them that divide nothing."""
    monkeypatch.setattr(
        limits, "now", dataclasses.replace(limits.now, interleaved_rows=3, interleaved_piece=2)
    )
    rows, scans = running_sums(reverse)
    names = iter("abcdefgh")
    fresh = iter(range(10, 99))
    new = interleaved(
        rows,
        scans,
        {"acc0": ROW_SUM},
        {"c0", "v2"},
        reverse,
        lambda name: True,
        lambda dtype: next(names),
        lambda letter: f"{letter}{next(fresh)}",
    )
    x, w = np.random.default_rng(0).uniform(-1, 1, (8, 5)), np.linspace(1, 2, 8)
    memory = {name: np.full(6, np.nan) for name in "abcdefgh"}
    got = run(new, x0=x.ravel(), w=w, o0=np.zeros(40), o1=np.zeros(8), low=low, high=high, **memory)
    sums = np.cumsum(x[:, ::-1], 1)[:, ::-1] if reverse else np.cumsum(x, 1)
    want = np.exp(sums * w[:, None])
    want[:low] = want[high:] = 0
    np.testing.assert_allclose(got["o0"].reshape(8, 5), want, rtol=1e-12)
    np.testing.assert_allclose(got["o1"], want.sum(1), rtol=1e-12)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("length", [1, 6, 11, 23])
@pytest.mark.parametrize("guarded", [False, True])
def test_lanes_leave_the_same(reverse, length, guarded):
    """Running sums of ``x[i - 2]``, which is 0 outside of x, where that is guarded."""
    place = Expr("{} - {}", ("i0", "2"))
    intervals = (Interval("p0", place, "g0", "m0", 1),) if guarded else ()
    test = Let("g0", Expr("({0} >= 0) & ({0} < {1})", ("p0", "m0")))
    value = (Let("v0", at("x0", "i0")),)
    if guarded:
        value = Let("p0", place), test, Select("v0", ("g0",), at("x0", "p0"), "0.0")
    body = (*value, Let("c0", plus("c0", "v0")), Store(at("o0", "i0"), "c0"))
    lanes = Lanes("i0", body, 3, (("c0", FLOAT64),), {"c0": "h0"}, reverse, intervals)
    x, turns = np.arange(1.0, length + 1), length // 3
    memory = {
        "x0": x[: length - 4] if guarded else x,
        "m0": length - 4,
        "o0": np.zeros(length),
        "h0": np.zeros(3),
    }
    got = run(lanes.loops(str), start=0, stop=length, turns=turns, **memory)["o0"]
    at_points = (
        [x[i - 2] if 0 <= i - 2 < length - 4 else 0.0 for i in range(length)] if guarded else x
    )
    values = np.array(at_points)[::-1] if reverse else np.array(at_points)
    ends = [0, turns, 2 * turns, length]
    want = np.concatenate([np.cumsum(values[a:b]) for a, b in itertools.pairwise(ends)])
    np.testing.assert_array_equal(got, want[::-1] if reverse else want)


def test_what_is_known_needs_nothing():
    body = (Let("v0", "x"), Let("v1", Expr("f({})", ("v0",))), Let("v2", "v1"))
    makers = {s.name: s for s in body}
    assert needed(body[2:], makers, {}) == {"v0", "v1"}
    assert needed(body[2:], makers, {"v1": None}) == {"v1"}


def test_a_sequential_loop_may_stand_around_stages():
    """Nothing in a statement knows of stages: a loop of time steps is a loop around those of all of
    them."""
    step = (
        For("i0", "0", "n", (Accumulate(at("c0", "i0"), Expr("0.5 * {}", (at("c0", "i0"),))),)),
        row_sums(),
    )
    loop = For("turn", "0", "turns", step)
    assert run(
        [loop],
        turns=3,
        n=2,
        c0=np.ones(2),
        x0=np.ones(40),
        o0=np.zeros(8),
        o1=np.zeros(5),
        low=0,
        high=8,
    )["c0"].tolist() == [0.125, 0.125]


def test_what_follows_from_literals_is_folded():
    tile = (
        Let("q", Expr("{} // {}", ("u", "1"))),
        Let("low", Expr("({} - {} * {}) * {}", ("u", "q", "1", "8"))),
        Let("high", Expr("min({} + {}, {})", ("low", "8", "3"))),
        Let("p0", Expr("{} - 1", ("q",))),
        Let("g0", Expr("({0} >= 0) & ({0} < {1})", ("p0", "3"))),
    )
    inner = For(
        "t",
        "low",
        "high",
        (
            Select("v0", ("g0",), at("x0", "q", "3", "t"), "0.0"),
            Select("v1", ("g1",), "v0", "0.0"),
            Store(at("o0", Expr("{} + {} * {}", ("t", "0", "n0"))), "v1"),
        ),
    )
    first, second = (folded((For("u", k, str(int(k) + 1), (*tile, inner)),)) for k in "01")
    assert printed(*first) == lines("""
        for t in range(3):
            v0 = 0.0
            v1 = v0 if g1 else 0.0
            o0[t] = v1
        """)
    assert printed(*second).endswith(
        lines("""
        v0 = x0[(3 + t)]
        v1 = v0 if g1 else 0.0
        o0[t] = v1
        """).replace("\n", "\n    ")
    ), printed(*second)


def test_names_that_change_are_not_folded():
    statements = (
        Let("t", "4"),
        Do(Expr("{} -= {}", ("t", "a")), changes="t"),
        Let("acc", "0"),
        For("i", "0", "2", (Accumulate("acc", plus("acc", "t")),)),
        For("k", "0", "1", (Store(at("o0", "k"), "acc"),)),
        For("k", "0", "2", (Store(at("o1", "k"), "acc"),)),
    )
    assert printed(*folded(statements)) == printed(*statements)


def test_operations_on_values_keep_their_types():
    """A sum of a bool and 0 is an integer."""
    value = Let("v0", Expr("({} + {})", ("b", "0")), Operation(None, ("b", "0")))
    assert printed(*folded((value,))) == "v0 = (b + 0)"


# ---------------------------------------------------------------------- all kernels


def text_of(statement):
    """A statement alone, without those within it."""
    if isinstance(statement, (For, While, If)):
        return printed(
            ir.replace(statement, body=(), **({"other": ()} if isinstance(statement, If) else {}))
        )
    return printed(statement)


def check_names(statements):
    """What a statement reads and makes, says its text, too."""
    for s in ir.walk(statements):
        if isinstance(s, (Block, Do)):
            continue
        names = [n for n in ast.walk(ast.parse(text_of(s))) if isinstance(n, ast.Name)]
        loaded = {n.id for n in names if isinstance(n.ctx, ast.Load)}
        functions = {
            n.func.id
            for n in ast.walk(ast.parse(text_of(s)))
            if isinstance(n, ast.Call) and hasattr(n.func, "id")
        }
        assert loaded - functions <= {*ir.reads(s), "np", "math", "far"}, text_of(s)
        if ir.made(s):
            assert {n.id for n in names if isinstance(n.ctx, ast.Store)} == {s.name}


def test_what_statements_read_is_what_their_texts_read(monkeypatch):
    """Of all statements of the kernels of random programs."""
    seen = []

    def noted(statements, indent=0):
        seen.extend(statements)
        return text.lines(statements, indent)

    monkeypatch.setattr(frame, "lines", noted)
    for seed in range(40):
        program = random_program(random.Random(seed), square=seed % 4 == 3)
        with observed_plans() as plans:
            program((np.float32, np.float64)[seed % 2])
        for plan in plans:
            plan.lowered()
    assert len(seen) > 300
    check_names(seen)


def test_narrow_sums_are_converted():
    node = Node(SUM, (leaf(0, (8, 5), FLOAT32),), (1,), (8,), FLOAT32)
    assert str(combination(node, "acc0", "v0")) == "fast_add(acc0, v0)"
    assert str(combination(node, "acc0", "v0", narrow=True)) == "np.float32(fast_add(acc0, v0))"
