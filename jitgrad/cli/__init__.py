"""What ``python -m jitgrad`` prints: the tour, and what is installed.

Start at `tour`.
"""
