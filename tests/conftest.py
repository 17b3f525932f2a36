"""Every test runs with the verifier on (`jitgrad.ir.verify`), in this process and in those it starts."""

import os

os.environ["JITGRAD_VERIFY"] = "1"  # read when jitgrad is imported, which must not be before this line

import numba  # noqa: E402, F401 - not first in the compile thread: sys.modules would change while pytest iterates over it
