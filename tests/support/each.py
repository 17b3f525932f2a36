"""Tests that are called for hundreds of small cases: `@pytest.mark.each(names, cases)` in place of
`parametrize`.

A test of its own costs each case several milliseconds, of which a process of tests, and the one
that hands tests out, need most to tell each other. Where files are named, or tests chosen by `-k`
or `-m`, each case is a test, as `parametrize` would make it. In a run of everything, `MANY` cases
are one test, which is called for all of them, prints which failed, and fails as the first of them.
Start at `parametrize`.
"""

import itertools
import traceback

import pytest

#: Cases of a test, where it is one of many.
MANY = 60

PARAM = type(pytest.param(0))


class Cases(list):
    """Arguments by name, of several calls of a test."""

    def __repr__(self):
        return f"{len(self)} cases"


def in_bundles(config):
    """Whether cases are called together: in a run of everything."""
    option = config.option
    return not (option.keyword or option.markexpr or any(".py" in a for a in config.args))


def parametrize(metafunc):
    """What `pytest_generate_tests` does for the markers `each` of a test."""
    marks = [*metafunc.definition.iter_markers("each")]
    if not marks:
        return
    if not in_bundles(metafunc.config):
        for mark in marks:
            metafunc.parametrize(*mark.args, **mark.kwargs)
        return
    axes = [_axis(*mark.args) for mark in marks]
    every = [
        {name: value for case in cases for name, value in case.items()}
        for cases in itertools.product(*axes)
    ]
    names = [*every[0]] if every else [n for mark in marks for n in _names(mark.args[0])]
    bundles = [Cases(every[k : k + MANY]) for k in range(0, len(every), MANY)]
    metafunc.parametrize(
        names, [[b] * len(names) for b in bundles], ids=[f"bundle{k}" for k in range(len(bundles))]
    )


def _names(names):
    return [n.strip() for n in names.split(",")] if isinstance(names, str) else [*names]


def _axis(names, cases):
    """The cases of one marker, as arguments by name."""
    names, found = _names(names), []
    for case in cases:
        if not isinstance(case, PARAM):
            values = (case,) if len(names) == 1 else case
        elif case.marks:
            raise ValueError(f"got a case with marks, {case}; use pytest.mark.parametrize for them")
        else:
            values = case.values
        found.append(dict(zip(names, values, strict=True)))
    return found


def called(item):
    """Calls a test for its bundle of cases, as `pytest_pyfunc_call` does: True, or None if it has
    none. It is skipped where each of its cases is."""
    given = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
    bundle = next((value for value in given.values() if isinstance(value, Cases)), None)
    if bundle is None:
        return None
    failed, skipped = [], []
    for case in bundle:
        try:
            item.obj(**{**given, **case})
        except pytest.skip.Exception as exception:
            skipped.append(exception)
        except (Exception, pytest.fail.Exception) as exception:
            print(f"--- failed: {case}")
            traceback.print_exception(exception)
            failed.append(exception)
    if failed:
        print(f"--- {len(failed)} of {len(bundle)} cases failed")
        raise failed[0]
    if len(skipped) == len(bundle):
        raise skipped[0]
    return True
