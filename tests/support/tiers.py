"""Which tier computes what a test compares with. Start at `in_numpy`."""

from contextlib import contextmanager

import jitgrad


@contextmanager
def in_numpy():
    """The body runs in the NumPy tier: a program that is written out is the right value, and
    kernels of all of its turns would take long to compile."""
    before, jitgrad.config.compile = jitgrad.config.compile, "never"
    try:
        yield
    finally:
        jitgrad.config.compile = before
