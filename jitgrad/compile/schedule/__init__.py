"""Graph to kernels: which values are materialised, and which are made by one loop nest, one after
the other. Start at `fuse`."""
