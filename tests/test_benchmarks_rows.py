"""Programs over rows: each way gives what the form by hand gives."""

import sys

import numpy as np
import pytest
from folders import ROOT

sys.path.insert(0, str(ROOT))
from benchmarks.rows import ROWS
from benchmarks.tools.rows import WAYS, steps_of


@pytest.mark.parametrize("name", ROWS)
def test_ways_of_rows_agree(name, tier):
    ways = [w for w, (_, needs) in WAYS.items() if not needs]
    out = {way: step() for way, step in steps_of(ROWS[name], 3, ways).items()}
    for way in ways:
        np.testing.assert_allclose(out[way], out["by_hand"], rtol=1e-9, atol=1e-12, err_msg=way)
