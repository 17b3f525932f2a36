"""Where things are: the repository, its package, and the golden texts of the tests."""

import pathlib

ROOT = pathlib.Path(__file__).parent.parent.parent
PACKAGE = ROOT / "jitgrad"
GOLDEN = ROOT / "tests" / "golden"
SUPPORT = ROOT / "tests" / "support"
