"""ADBench's hand tracking as loops: its gradient is that of differences, by all parameters."""

import hand_tracking
import numpy as np
from derived_functions import plain, primal

from jitgrad.loops.derive import Gradient


def test_gradient(monkeypatch):
    for name in ("product", "rotation", "turned"):  # nothing is compiled
        monkeypatch.setattr(hand_tracking, name, getattr(hand_tracking, name).py_func)
    args = hand_tracking.arguments(3, 5)
    derived = Gradient(primal(hand_tracking.hand, args, (0,)), {})
    value, (grad,) = plain(derived)(*args)
    assert value == hand_tracking.hand(*args)
    for k in range(hand_tracking.ANGLES):
        step = np.zeros(hand_tracking.ANGLES)
        step[k] = 1e-6
        ends = [hand_tracking.hand(args[0] + s * step, *args[1:]) for s in (1, -1)]
        np.testing.assert_allclose((ends[0] - ends[1]) / 2e-6, grad[k], rtol=1e-6, atol=1e-7)
