"""What every parameter of the public operations means, by name: one sentence for all operations
that have it."""

from __future__ import annotations

#: Name -> (type, sentence).
PARAMETERS = {
    # operands
    "x": ("array_like", "A tensor, an array, a nested sequence or a number."),
    "y": (
        "array_like",
        "The second operand; both are broadcast where the operation is elementwise.",
    ),
    "a": (
        "array_like",
        "Matrices on the last two axes; what is transformed; of a search the sorted elements.",
    ),
    "b": ("array_like", "The right sides, or further matrices."),
    "q": ("array_like", "The right sides."),
    "v": ("array_like", "The values whose places are wanted. No gradient."),
    "condition": ("array_like of bool", "Where to take `x`; elsewhere, `y`."),
    "arrays": ("sequence of array_like", "The operands, in order."),
    "indices": (
        "array_like of int",
        "Positions along the axis; negative ones count from the end. No gradient.",
    ),
    "values": ("array_like", "What is added at the positions."),
    "decay": (
        "array_like",
        "What the result before is multiplied by, the first for nothing; broadcast with `x`.",
    ),
    "repeats": (
        "int or array_like of int",
        "How often each element stands in the result. No gradient.",
    ),
    "delta": ("array_like", "The residual at which the square ends; below 0 the loss is inf."),
    "r": ("array_like", "The residual."),
    "min": ("array_like or None", "Lower bound; None for none."),
    "max": ("array_like or None", "Upper bound; None for none."),
    # axes and shapes
    "axis": (
        "int or tuple of int",
        "The axis, or axes where it takes several; None as in NumPy: all, or x flat.",
    ),
    "axis1": ("int", "The first of the two axes."),
    "axis2": ("int", "The second of the two axes."),
    "axes": (
        "int or sequence of int",
        "Axes in order, as NumPy takes them; negative ones count from the end.",
    ),
    "source": ("int or sequence of int", "Where the axes are now."),
    "destination": ("int or sequence of int", "Where the axes shall be, in the order of `source`."),
    "shape": ("int or sequence of int", "The shape of the result."),
    "before": ("sequence of int", "How many zeros there are before `x`, for each axis."),
    "keepdims": ("bool", "Keep the reduced axes, with length 1."),
    "offset": ("int", "The diagonal: 0 for the main one, above it if positive."),
    # the rest
    "dtype": ("dtype", "The dtype to compute in, and of the result; None: as NumPy chooses it."),
    "decimals": ("int", "Decimal places; negative ones are before the point."),
    "shift": (
        "int or tuple of int",
        "By how many places the elements move; what leaves at the end enters in front.",
    ),
    "reps": ("int or sequence of int", "How often `x` is repeated along each axis."),
    "ddof": (
        "int or float",
        "What is subtracted from the number of elements that the squares are divided by.",
    ),
    "correction": ("int or float", "The array API standard's name of `ddof`; None: that is used."),
    "ord": ("int, float, str or None", "Which norm, as in NumPy."),
    "side": ("str", "On which side of equal elements a place is: 'left' or 'right'."),
    "kind": ("str", "Taken for NumPy's sake: the order is always a stable one."),
    "stable": ("bool", "Taken for NumPy's sake: the order is always a stable one."),
    "order": ("str", "Which index runs fastest: 'C', the last one, or 'F', the first."),
    "mode": ("str", "What becomes of indices out of bounds: 'raise', 'wrap' or 'clip'."),
    "nan": ("float", "What nan becomes."),
    "posinf": ("float or None", "What infinity becomes; None: the largest number of the dtype."),
    "neginf": (
        "float or None",
        "What minus infinity becomes; None: the lowest number of the dtype.",
    ),
    "deg": ("bool", "In degrees."),
    "window_shape": ("int or tuple of int", "The length of the window along each of the axes."),
    "reverse": ("bool", "Accumulate from the end."),
    # matrices
    "rcond": ("float or None", "Singular values up to this part of the largest one count as 0."),
    "hermitian": ("bool", "Whether the matrices are symmetric."),
    "full": ("bool", "Whether vectors are complete bases."),
    "trans": (
        "int or str",
        "Systems with the transposed matrices are 1 or 'T', those with `a` itself 0 or 'N'.",
    ),
    "lower": ("bool", "Whether the lower half is read, else the upper one."),
    "upper": ("bool", "Whether the upper half is read and given, else the lower one."),
    "unit_diagonal": ("bool", "Whether the diagonals are taken for ones, and not read."),
    # transforms
    "n": (
        "int or None",
        "How many numbers are transformed: others are cut off, or zeros put behind; None: all.",
    ),
    "s": (
        "int, sequence of int or None",
        "How many numbers are transformed along each of the axes; -1 for all.",
    ),
    "norm": (
        "str or None",
        "Where the factor 1/n is: 'backward', 'forward', or its root in both, 'ortho'.",
    ),
    "type": ("int", "Which transform: 1, 2, 3 or 4, as in SciPy."),
    "orthogonalize": (
        "bool or None",
        "Whether the matrix is an orthogonal one, but for a factor; None: with norm='ortho'.",
    ),
    # activations
    "approximate": (
        "str",
        "Which formula: 'none', the exact one, or 'tanh', which takes less time.",
    ),
    "alpha": ("float", "What the result tends to far below 0, times -1."),
    "negative_slope": ("float", "The slope below 0."),
    "min_val": ("float", "The lower bound."),
    "max_val": ("float", "The upper bound."),
    "lambd": ("float", "Up to which size x becomes 0."),
}
