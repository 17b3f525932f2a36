"""Kernels made runnable by numba, which is imported here and nowhere else.

`build` makes kernels, by `private` or by `public`; `api` says by which. Start at `build`.
"""
