"""Loops to text: the numba source of a kernel, and what its arguments are bound to. Start at
`forms`."""
