"""Examples of documents and docstrings, run as doctests."""

import doctest

import numpy as np

import jitgrad

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def run_doctest(text, name, path, module=None):
    """Runs the examples of a text, among the names of a module; how many there were."""
    scope = {**(vars(module) if module else {}), "jitgrad": jitgrad, "np": np, "__name__": name}
    test = doctest.DocTestParser().get_doctest(text, scope, name, str(path), 0)
    report = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)
    return len(test.examples)
