"""Graph to kernels: which values are materialised (`materialise`), and which are made by one
kernel, one stage after the other (`fuse_stages`). Start at `materialise.fuse`."""
