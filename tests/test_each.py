"""Many cases of a test that are called together: none is left out, and each failure is shown."""

import types

import pytest
from each import MANY, Cases, called, parametrize


class Metafunc:
    """What pytest hands to `parametrize`, for a test with markers."""

    def __init__(self, *marks, keyword="", args=()):
        option = types.SimpleNamespace(keyword=keyword, markexpr="")
        self.config = types.SimpleNamespace(option=option, args=args)
        self.definition = types.SimpleNamespace(
            iter_markers=lambda name: [m.mark for m in marks if m.mark.name == name]
        )
        self.calls = []

    def parametrize(self, names, cases, **kwargs):
        self.calls.append((names, [*cases]))


def item(test, **given):
    information = types.SimpleNamespace(argnames=[*given])
    return types.SimpleNamespace(obj=test, funcargs=given, _fixtureinfo=information)


PAIRS = pytest.mark.each(("x", "y"), [pytest.param(k, -k, id=str(k)) for k in range(MANY)])
LETTERS = pytest.mark.each("letter", "ab", ids=str)


def test_every_case_is_in_a_bundle():
    metafunc = Metafunc(PAIRS, LETTERS)
    parametrize(metafunc)
    ((names, bundles),) = metafunc.calls
    assert names == ["x", "y", "letter"] and len(bundles) == 2
    seen = []
    for bundle in bundles:
        given = dict(zip(names, bundle, strict=True))
        assert called(item(lambda x, y, letter: seen.append((x, y, letter)), **given))
    assert sorted(seen) == [(k, -k, letter) for k in range(MANY) for letter in "ab"]


@pytest.mark.parametrize("chosen", [{"keyword": "sin"}, {"args": ["tests/test_each.py"]}])
def test_each_case_is_a_test_where_tests_are_chosen(chosen):
    metafunc = Metafunc(PAIRS, LETTERS, **chosen)
    parametrize(metafunc)
    assert [names for names, _ in metafunc.calls] == [("x", "y"), "letter"]


def test_all_failures_are_shown(capsys):
    def test(x, tmp):
        assert tmp == "a fixture"
        if x == 3:
            pytest.skip("not three")
        if x % 2:
            raise ZeroDivisionError(f"of {x}")

    bundle = Cases({"x": x} for x in range(6))
    with pytest.raises(ZeroDivisionError, match="of 1"):
        called(item(test, x=bundle, tmp="a fixture"))
    told = capsys.readouterr()
    assert "2 of 6 cases failed" in told.out and "{'x': 5}" in told.out
    assert "of 5" in told.err


def test_what_skips_all_its_cases_is_skipped():
    bundle = Cases({"x": x} for x in range(2))
    with pytest.raises(pytest.skip.Exception, match="none"):
        called(item(lambda x: pytest.skip("none"), x=bundle))


def test_cases_with_marks_are_refused():
    with pytest.raises(ValueError, match=r"pytest\.mark\.parametrize"):
        parametrize(Metafunc(pytest.mark.each("x", [pytest.param(1, marks=pytest.mark.skip)])))


def test_other_tests_are_left_to_pytest():
    assert called(item(lambda x: None, x=1)) is None
