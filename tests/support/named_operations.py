"""Which modules outside the catalogue name operations, and why: read by `tests/test_layers.py`."""

#: Module -> the operations it names outside `jitgrad.ops`, and why. A field of the entry or of its
#: `Op` is better where there is one.
NAMED = {
    "base.dtypes": ({"real", "imag"}, "what Python calls the parts of a complex number"),
    "compile.render.scalar": (
        {"REAL", "IMAG", "COMPLEX"},
        "parts of a 0-d value that the runtime takes without a kernel",
    ),
    "control.checkpoint": ({"concatenate"}, "what blocks of turns and the turns after hand out"),
    "control.collected": (
        {"CONCATENATE", "SLICE"},
        "lists of what turns have made are what a loop hands out",
    ),
    "numpy.polynomial.bases": ({"add"}, "how names of NumPy's functions end"),
    "tape.machine_records": ({"add", "invert", "matmul"}, "slots of CPython's operators"),
    "scipy.signal.spectra": ({"angle", "mean"}, "options of SciPy's functions"),
    "scipy.signal.convolutions": ({"fft"}, "a method of SciPy's convolutions"),
    "control.roll": ({"CONCATENATE"}, "lists of what turns have made are what a loop hands out"),
    "jitgrad": ({"fft"}, "a module of that name"),
    "frontend.convert": (
        {"stack", "CAST", "NONZERO"},
        "sequences of tensors become a tensor; casts are no public operation",
    ),
    "frontend.operators": (
        {"positive", "logical_or"},
        "a clone is an operation that changes nothing",
    ),
    "interpret.program": (
        {"UPDATE", "PAD", "add"},
        "writes and adds in place where nobody else reads",
    ),
    "compile.rewrite.simplify": (
        {
            "add",
            "subtract",
            "multiply",
            "divide",
            "negative",
            "positive",
            "where",
            "STOP",
            "SUM",
            "MATMUL",
        }
        | {"VARIABLE", "REVALUE", "UPDATE"},
        "rules of algebra",
    ),
    "compile.rewrite.factor": (
        {"add", "multiply", "divide", "negative", "RANGED"},
        "rules of algebra, of sums",
    ),
    "compile.rewrite.lane_sums": (
        {"add", "subtract", "multiply", "divide", "negative", "positive", "SUM"},
        "rules of algebra, of sums that turns carry",
    ),
    "compile.rewrite.split_complex": ({"MATMUL"}, "a call that parts are products and sums of"),
    "compile.rewrite.contract": ({"add", "multiply", "SUM"}, "rules of algebra, of products"),
    "control.fission": (
        {"add", "matmul", "MATMUL", "CONCATENATE"},
        "products of all turns, and sums over turns",
    ),
    "control.affine": ({"add", "subtract", "multiply", "negative"}, "sums of integers"),
    "tape.traced_loops": ({"stack"}, "lists of what turns read"),
    "compile.strided": ({"MATMUL"}, "the call whose inner loop a driver runs"),
    "compile.rewrite.lift": ({"CONCATENATE", "MATMUL"}, "calls of NumPy that kernels do instead"),
    "autodiff.derivative_rules": ({"RULE"}, "the mark whose derivatives it sets"),
    "autograd.graph": ({"all", "any"}, "modes of a hook"),
    "autodiff.rule_rows": (
        {"AGAIN", "HOST", "RULE", "concatenate", "expand_dims"},
        "marks and calls whose batching rules it sets; a word of jax.pure_callback",
    ),
    "scipy": ({"fft"}, "the module"),
    "scipy.fft": (
        {f"{way}fft{along}" for way in ("", "i", "r", "ir") for along in ("", "2", "n")}
        | {
            f"{way}{name}{along}"
            for way in ("", "i")
            for name in ("dct", "dst")
            for along in ("", "n")
        }
        | {"hfft", "ihfft"},
        "SciPy's functions of those names",
    ),
    "scipy.linalg": (
        {"cholesky", "det", "expm", "inv", "solve", "solve_sylvester", "solve_triangular"}
        | {"svdvals", "norm", "diagonal"},
        "SciPy's functions of those names, and a form of matrices",
    ),
    "scipy.sparse.of_elements": (
        {
            f"{kind}{way}{tail}"
            for kind in ("arc", "")
            for way in ("sin", "tan")
            for tail in ("", "h")
        }
        | {
            "ceil",
            "deg2rad",
            "expm1",
            "floor",
            "log1p",
            "rad2deg",
            "rint",
            "sign",
            "sqrt",
            "trunc",
        },
        "methods of SciPy's sparse arrays",
    ),
    "scipy.matrix_signs": ({"logm", "sqrtm"}, "SciPy's functions of those names"),
    "scipy.structured": ({"all"}, "an option of SciPy's functions"),
    "scipy.integrate.quadrature": ({"imag", "real"}, "the parts of a complex function"),
    "scipy.optimize.scalar_roots": ({"sign"}, "a word of SciPy's errors"),
    "scipy.optimize": ({"least_squares"}, "SciPy's function of that name"),
    "scipy.optimize.least_squares_fits": (
        {"arctan", "huber", "least_squares"},
        "SciPy's names of the function and of its losses",
    ),
    "diagnostics.drawing": ({"dot"}, "the program and the language of Graphviz"),
    "diagnostics.graphviz": ({"dot"}, "the program of Graphviz"),
    "control.body": ({"SLICE"}, "the parts of what a loop leaves"),
    "control.loop_rows": (
        {"any", "argmax", "concatenate", "max", "where", "HOST", "IN_BOUNDS", "SOME"},
        "rows whose loops end by themselves: which go on, and what they keep",
    ),
    "control.scatter": ({"add"}, "sums that turns carry"),
    "control.turn_slices": (
        {"SLICE", "concatenate"},
        "slices by the number of the turn, and what they are joined of",
    ),
    "tape.concrete": (
        {"repeat", "where"},
        "functions whose results have a shape that depends on values",
    ),
    "tape.reachability": ({"APART", "STOP"}, "marks of the tape"),
    "linalg": (
        {"expm", "logm", "solve_sylvester", "solve_triangular", "sqrtm"},
        "functions that NumPy has not",
    ),
    "differential_operators": ({"tensordot"}, "a product with the leading axes of a result"),
    "misc": ({"flatten"}, "autograd's word for a vector of all leaves"),
    "misc.flatten": ({"concatenate", "flatten"}, "a vector of all leaves; autograd's word for it"),
    "tree": ({"concatenate", "flatten", "ravel"}, "a vector of all; words of its own"),
    "frontend.masked_selection": (
        {"sqrt", "std", "var", "where", "broadcast_to", "sum", "prod", "any", "all", "mean"}
        | {"argmax", "argmin", "count_nonzero", "cumsum", "isnan", "max", "min", "ptp", "take"},
        "what a mask selects that is not known, and reductions of that",
    ),
    "frontend.subscript": ({"where"}, "a write by a mask whose values are not known"),
    "tape.keys": ({"STOP"}, "marks of the tape"),
    "tape.record": ({"STOP"}, "marks of the tape"),
    "tape.symbolic": ({"STOP", "real"}, "a mark of the tape; a word of its own"),
    "numpy.signature": (
        {"where", "broadcast_to", "mean"},
        "where= and out= of every NumPy function",
    ),
    "numpy.methods": ({"sort"}, "a method that writes"),
    "numpy.foreign_ufuncs": ({"outer", "where"}, "a method of ufuncs, and a parameter of theirs"),
    "numpy.dispatch": (
        {"matmul", "matrix_transpose", "outer", "tensordot", "vecdot"},
        "functions with two names in NumPy",
    ),
    "numpy.functions.numbers": ({"where"}, "a parameter of ufuncs"),
    "numpy.functions.padding": ({"mean", "maximum", "minimum"}, "modes of numpy.pad"),
    "numpy.functions.rearranged": ({"take", "concatenate"}, "formulas"),
    "numpy.functions.writes": (
        {"where", "broadcast_to", "clip", "searchsorted", "take"},
        "formulas; a mode of numpy.put; an order of numpy.searchsorted",
    ),
    "numpy.functions.statistics": (
        {"sum", "prod", "cumsum", "cumprod"},
        "NumPy functions that have one that skips nan",
    ),
    "numpy.ufunc_methods": (
        {"add", "subtract", "outer", "concatenate", "stack", "where", "broadcast_to", "add_at"},
        "formulas; methods of ufuncs",
    ),
    "nn.functional.classification": ({"mean"}, "a reduction of losses"),
    "nn.functional.loss": ({"mean", "var"}, "a reduction of losses, and a parameter"),
    "nn.functional.shared": ({"mean", "sum"}, "reductions of losses"),
    "nn.utils": ({"absolute", "concatenate", "minimum", "stack"}, "formulas"),
    "optim.lbfgs": ({"concatenate"}, "all parameters as one vector"),
    "optim.lr_scheduler": ({"min", "max", "cos"}, "options, by PyTorch's words"),
    "optim.rules": ({"sqrt", "power", "where", "maximum", "sum"}, "formulas of steps"),
    "random.arrangements": ({"take", "take_along_axis"}, "picks what is chosen"),
    "random": ({"power"}, "a method of NumPy's generators"),
    "random.continuous": ({"mean"}, "a parameter of NumPy's generators"),
    "random.draws": ({"exp", "expm1", "power", "sqrt", "where"}, "formulas of draws"),
    "random.smooth": ({"mean", "power"}, "methods and parameters of NumPy's generators"),
    "scipy.stats.comparisons": ({"less", "greater"}, "options of SciPy's functions"),
    "scipy.stats": ({"norm", "reciprocal"}, "distributions"),
    "scipy.stats.intervals": ({"reciprocal"}, "a distribution"),
    "scipy.stats.continuous_forms": ({"norm"}, "a distribution"),
    "scipy.stats.distribution": ({"mean", "var"}, "methods of distributions"),
    "scipy.stats.standard": ({"mean", "var"}, "methods of distributions"),
    "runtime.llvm.number_code": ({"add", "shl"}, "instructions of LLVM"),
    "runtime.llvm.support_code": ({"add"}, "an instruction of LLVM"),
    "runtime.llvm.thread_code": ({"add"}, "an instruction of LLVM"),
    "runtime.numba.llvm_trace": ({"add"}, "an instruction of LLVM"),
    "runtime.numba.support": (
        {
            "floor_divide",
            "fmax",
            "fmin",
            "fmod",
            "isfinite",
            "maximum",
            "minimum",
            "power",
            "reciprocal",
            "remainder",
            "sign",
        },
        "helpers that the `code` of entries calls",
    ),
    "runtime.numba.vmath": (
        {
            "arccos",
            "arccosh",
            "arcsin",
            "arcsinh",
            "arctan",
            "arctan2",
            "arctanh",
            "cbrt",
            "cos",
            "cosh",
            "erf",
            "erfc",
            "exp",
            "exp2",
            "expm1",
            "hypot",
            "log",
            "log10",
            "log1p",
            "log2",
            "logaddexp",
            "logaddexp2",
            "power",
            "sigmoid",
            "sin",
            "sinh",
            "tan",
            "tanh",
        },
        "helpers that the `code` of entries calls",
    ),
}
