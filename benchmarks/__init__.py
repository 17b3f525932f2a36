"""Benchmarks for asv: ``asv run``, ``asv publish``; see CONTRIBUTING.md."""
