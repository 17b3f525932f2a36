"""The rows of asv, a file for each topic: ``asv run``, ``asv publish``; see benchmarks/README.md.

asv imports this folder alone, as a package by the folder's name. What the rows share with the
tools is found by the absolute names of `benchmarks`; its folder comes last on the path, so that
the package under test stays the installed one.
"""

import pathlib
import sys

_ROOT = str(pathlib.Path(__file__).resolve().parents[2])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)
