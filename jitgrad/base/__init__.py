"""The ground: errors, settings, dtypes, locks, containers, units. It knows nothing of tensors.

Start at `errors`.
"""
