"""Generated functions as statements: what they read, what is let go when, and their text."""

from jitgrad.base.code import (
    Assign,
    Attempt,
    Delete,
    Effect,
    Guard,
    Return,
    When,
    Within,
    call,
    expr,
    generated,
    joined,
    lines,
    names_in,
    reads,
    released,
    sequence,
)


def made(name):
    return Assign((name,), call("empty", "3"))


def launch(*arrays):
    """Statements that read the arrays by their addresses."""
    addresses = [call("id", a) for a in arrays]
    pack = Assign(("a",), call("pack", *addresses), held=tuple(names_in(tuple(addresses))))
    return [pack, Effect(call("run", call("id", "a")))]


def test_names_are_let_go_after_their_last_use():
    body = [made("x"), made("y"), Effect(call("f", "x")), Assign(("z",), expr("{} + 1", "x"))]
    assert released(body, ["x", "y", "w"]) == [
        body[0], body[1], Delete("y"), body[2], body[3], Delete("x"),
    ]  # fmt: skip


def test_what_an_address_leads_to_stays_until_the_launch():
    """Also where another launch has taken the name of the arguments by then."""
    body = [made("b0"), *launch("b0"), made("b1"), *launch("b1"), Effect(call("done", "a"))]
    text = list(lines(released(body, ["b0", "b1"])))
    assert text == [
        "b0 = empty(3)",
        "a = pack(id(b0))",
        "run(id(a))",
        "del b0",
        "b1 = empty(3)",
        "a = pack(id(b1))",
        "run(id(a))",
        "done(a)",
        "del b1",
    ]


def test_names_that_begin_alike_are_not_one():
    body = [made("b1"), made("b10"), Effect(call("f", "b1")), Effect(call("f", "b10"))]
    assert [*map(type, released(body, ["b1"]))].index(Delete) == 3


def test_a_write_to_an_element_reads_the_array():
    body = [made("b"), Assign((expr("{}[0]", "b"),), "1"), Effect(call("f"))]
    assert lines(released(body, ["b"]))[1:3] == ["b[0] = 1", "del b"]


def test_compound_statements_read_what_is_within_them():
    inner = Effect(call("f", "x"))
    for outer in (
        When("t", (inner,)),
        Within("c", (inner,)),
        Attempt((inner,), ()),
        Attempt((), (("ValueError", (inner,)),)),
    ):
        assert "x" in reads(outer)


def test_the_text_runs():
    body = [
        Guard(expr("type({}) is not int", "n"), "None"),
        Assign(("a", "b"), sequence(["n", "n"])),
        Assign(("c",), "[a]", unpacked=True),
        When("n == 2", (Assign(("c",), "9"),)),
        Attempt((Effect(call("check", "b")),), (("ValueError", (Return("-1"),)),)),
        Within("context", (Assign(("d",), joined(" + ", ["a", "b", "c"])),)),
        Return(sequence(["d"], "[]"), "n > 100"),
        Return("d"),
    ]

    class Context:
        def __enter__(self):
            pass

        def __exit__(self, *_):
            pass

    def check(n):
        if n < 0:
            raise ValueError

    function, text = generated("f", "n", body, {"check": check, "context": Context()}, "<f>")
    assert [function(n) for n in ("", 1, 2, -1, 101)] == [None, 3, 13, -1, [303]]
    assert text.startswith("def f(n):\n    if type(n) is not int: return None\n")


def test_one_operand_is_itself():
    assert joined(" or ", ["x"]) == "x" and str(joined(" or ", ["x", "y"])) == "x or y"
    assert str(sequence([])) == "()" and str(sequence(["x"], "[]")) == "[x, ]"
