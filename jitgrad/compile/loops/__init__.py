"""Kernels as loops: the order of the loops and the accesses to memory (`nest`, `tiles`), the
statements (`ir`), and the transformations of loops (`passes`)."""
