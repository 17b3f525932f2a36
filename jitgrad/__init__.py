"""jitgrad: gradients for NumPy and Numba code, on the CPU, at the speed of hand-written kernels."""

__version__ = "0.1.0"
