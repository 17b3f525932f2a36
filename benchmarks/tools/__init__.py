"""Commands that measure and print, or make pages: ``python -m benchmarks.tools.beside``...; see
benchmarks/README.md."""
