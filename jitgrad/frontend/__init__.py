"""What users hold: `Tensor`, its operations and methods, made from the catalogue and recorded on
the tape.

Start at `tensor`.
"""

from __future__ import annotations
