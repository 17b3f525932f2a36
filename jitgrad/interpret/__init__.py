"""The NumPy tier: a graph is evaluated by NumPy, operation by operation, or in blocks that stay in
the cache.

Start at `program`.
"""
