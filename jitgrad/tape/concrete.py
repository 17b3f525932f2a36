"""What needed a concrete value that only a call has, in words: for the errors of a trace.

The frames tell: of those of this package, the outermost is what the user's line called. A method
says what Python or NumPy asked for; a NumPy function is named, and so is what to write in its
place. Start at `refusal`.
"""

import sys

#: Method that the user's line called, as it may be by syntax or by a function -> (what the value is
#: for, what to write).
CALLED = {
    "__bool__": (
        "the truth value (if, while, and, or, not, max, sorted...)",
        "choose by jitgrad.where",
    ),
    "__contains__": (
        "whether an element is in a tensor (in)",
        "write (x == value).any() and choose by jitgrad.where",
    ),
    "__float__": (
        "a float of it (float, a function of math)",
        "compute with the tensor, by jitgrad.numpy's functions",
    ),
    "__int__": ("an int of it", "compute with the tensor, and convert it by .astype"),
    "__complex__": ("a complex of it", "compute with the tensor"),
    "__index__": (
        "an integer of it (range, a length, the index of a list)",
        (
            "pass it as a Python number, which the trace may depend on, or index a tensor by "
            "it: x[i]"
        ),
    ),
    "__array__": (
        (
            "its values (NumPy asked for them: np.asarray, a function that is not NumPy's, a write "
            "into an array)"
        ),
        "build arrays by jitgrad.numpy (array, stack), or take it out of the function",
    ),
    "__format__": ("its text", "give it back as a result, and print it outside"),
    "__reduce__": ("its values, to pickle it", "give it back as a result"),
    "numpy": (".numpy()", "compute with the tensor, or give it back as a result"),
    "item": (".item()", "compute with the tensor, or give it back as a result"),
    "tolist": (".tolist()", "compute with the tensor, or give it back as a result"),
}
#: NumPy functions, and methods of tensors, whose results have a shape that depends on values.
SHAPED = frozenset(
    (
        "argwhere",
        "bincount",
        "compress",
        "extract",
        "flatnonzero",
        "histogram",
        "intersect1d",
        "nonzero",
        "repeat",
        "setdiff1d",
        "setxor1d",
        "trim_zeros",
        "union1d",
        "unique",
        "unique_all",
        "unique_counts",
        "unique_inverse",
        "unique_values",
        "where",
    )
)
#: Variables that hold a NumPy function or an entry of the catalogue where one is called.
CALLEES = ("function", "ufunc", "entry")
PACKAGE = __name__.partition(".")[0]
END = "take the conversion out of the function, or leave jit off"


def refusal(doing="jit traces the function", end=END):
    """The text for what the user's line called, which needs a concrete value, while somebody is
    `doing` what has none; `end` says what else one can do."""
    frames = _frames(sys._getframe(1))
    names = [f.f_code.co_name for f in frames]
    function = next(
        (f.f_locals[n] for f in frames[::-1] for n in CALLEES if callable(f.f_locals.get(n))), None
    )
    ours = function is None or hasattr(function, "name")
    name = getattr(function, "name" if ours else "__name__", names[-1].strip("_"))
    special = names[-1] if names[-1] in CALLED else next((n for n in names if n in CALLED), None)
    indexed = names[-1] in ("__getitem__", "__setitem__")
    if indexed and "__index__" in names:
        what = "a slice between places that are values, whose length would depend on them,"
        instead = "pick by indices of a fixed number: x[i + jitgrad.arange(n)]"
    elif indexed:
        what = "a boolean mask as an index, which selects as many elements as it has True,"
        instead = "choose by jitgrad.where(mask, x, y), or write one number: x[mask] = 0"
    elif name in SHAPED:
        what = f"a request for a concrete value, by {name}, whose result has a shape that depends "
        what += "on the values,"
        instead = "choose by jitgrad.where, so that shapes stay the same"
    elif special and (special == names[-1] or ours):
        what, instead = CALLED[special]
        what = f"a request for a concrete value, for {what},"
    else:
        what = f"a request for a concrete value, by {name}, which jitgrad leaves to NumPy,"
        instead = "write it in operations that jitgrad has"
    why = "what comes of an argument is known only to a call"
    return f"got {what} while {doing}: {why}; {instead}, {end}"


def _frames(frame):
    """The frames of this package around `frame`, and of NumPy's between them; the user's line
    called the last."""
    out = []
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name == f"{PACKAGE}.tracing.jit" or name.partition(".")[0] not in (PACKAGE, "numpy"):
            break
        if name != f"{PACKAGE}.base.surface":  # it only stands around a method
            out.append(frame)
        frame = frame.f_back
    while len(out) > 1 and not out[-1].f_globals["__name__"].startswith(PACKAGE):
        out.pop()
    return out
