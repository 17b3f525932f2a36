"""Random programs of views, writes, operations and looks, against NumPy with derivatives, and
against torch.

``JITGRAD_EXAMPLES=5000`` runs more of them, each time others.
"""

import pytest
from against_numpy import check, check_torch, close, profile
from hypothesis import given
from hypothesis import strategies as st
from programs import programs


@profile(250)
@given(programs(), st.sampled_from([1, 2, 3, 5, 128]))
def test_against_numpy(program, segment):
    check(program, segment, "never")


@profile(20)
@given(programs(length=8), st.sampled_from([1, 3, 128]))
def test_compiled_against_numpy(program, segment):
    check(program, segment, "always")


@profile(120)
@given(programs(), st.sampled_from([2, 128]))
def test_against_torch(program, segment):
    pytest.importorskip("torch")
    check_torch(program, *check(program, segment, "never"))


@profile(40)
@given(programs(), st.sampled_from([2, 128]))
def test_in_automatic_mode_a_second_run_is_the_same(program, segment):
    """Plans seen again, and kernels that take over, give what the first run gave."""
    first, second = (check(program, segment, "auto")[0] for _ in range(2))
    for a, b in zip(first.seen, second.seen, strict=True):
        close(a, b, "second run")
