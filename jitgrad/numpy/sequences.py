"""What a sequence of arrays is for the functions that take one, whatever it holds: tensors, arrays,
numbers or a mix.

Which of its parameters a NumPy function takes apart, and how deep, is a property of the function,
not of what was passed: `SEQUENCE` is a list or tuple of arrays (or one array, whose first axis is
the sequence), `NESTED` lists of lists of arrays, as of `numpy.block`, and all others (`ARRAY`) are
one array, however it is written. Start at `mapped`.
"""

ARRAY, SEQUENCE, NESTED = "array", "sequence", "nested"


def mapped(kind, x, change):
    """`x` with ``change(array)`` in the place of each of its arrays."""
    if kind == NESTED and isinstance(x, list):
        return [mapped(kind, item, change) for item in x]
    if kind == SEQUENCE and isinstance(x, (list, tuple)):
        return type(x)([change(item) for item in x])
    return change(x)
