"""Figures of speed and memory: `asv` has the rows of asv, `tools` the commands, and this folder the
programs that both measure. Start at README.md."""
