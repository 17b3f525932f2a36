"""Kernels without numba: from their syntax trees to machine code, by LLVM alone.

Kernels are written in a small part of Python, of numbers and memory. What each operation is on
operands of which kinds, and which LLVM instructions it becomes, is data (`operations`), which
numba is told of as well (`runtime.numba.lowering`), for the kernels that contain its functions.
Start at `native`.
"""
