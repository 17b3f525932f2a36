"""Kernels made runnable by numba, which is imported here and nowhere else.

Start at `build`.
"""
