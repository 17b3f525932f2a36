"""What computed a value, and how long it took: `explain` and `profile`.

Start at `explain`.
"""
