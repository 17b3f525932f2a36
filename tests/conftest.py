"""Every test runs with the verifier on (`jitgrad.ir.verify`), in this process and in those it starts."""

import os

os.environ["JITGRAD_VERIFY"] = "1"  # read when jitgrad is imported, which must not be before this line
