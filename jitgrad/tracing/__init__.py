"""Functions of functions: `jit`, which traces a function once, and `grad`, `value_and_grad`,
`hvp`.

Start at `jit`.
"""

from __future__ import annotations
