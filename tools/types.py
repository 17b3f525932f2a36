"""The types that stubs give to parameters, properties and results.

Of an entry's parameters they follow from what `jitgrad.ops.parameters` says they may be
(`of_entry`), of all others from their names (`by_name`); a name that is in no table here is an
error. Start at `of_entry`.
"""

from inspect import Parameter

import numpy as np

from jitgrad.ops import REQUIRED
from jitgrad.ops.parameters import PARAMETERS

IMPORTS = [
    "import builtins",
    "from collections.abc import Callable, Iterator, Sequence",
    "from typing import Any, Protocol, SupportsIndex, TypeAlias, TypeVar, overload",
    "import numpy as np",
    "from numpy.typing import DTypeLike, NDArray",
]
#: What operands may be. Lists and tuples are not looked into; text is no operand.
ALIASES = [
    "class _SupportsArray(Protocol):",
    "    def __array__(self) -> NDArray[Any]: ...",
    "",
    "_ArrayLike: TypeAlias = (",
    "    _SupportsArray | builtins.float | list[Any] | tuple[Any, ...] | range",
    ")",
    "_Ints: TypeAlias = builtins.int | Sequence[builtins.int]",
    "_Function = TypeVar('_Function', bound=Callable[..., Any])",
]
JIT = [
    "@overload",
    (
        "def jit(function: _Function, *, static_argnums: Any = (), static_argnames: Any = (), "
        "check: builtins.bool = False) -> _Function: ..."
    ),
    "@overload",
    (
        "def jit(function: None = None, *, static_argnums: Any = (), static_argnames: Any = (), "
        "check: builtins.bool = False) -> Callable[[_Function], _Function]: ..."
    ),
]
CONSTANTS = {**dict.fromkeys(("pi", "e", "inf", "nan"), "builtins.float"), "newaxis": "None"}

#: What parameters of entries may be -> the type.
KINDS = {
    "None": "None",
    "array_like": "_ArrayLike",
    "array_like of bool": "_ArrayLike",
    "array_like of int": "_ArrayLike",
    "bool": "builtins.bool",
    "dtype": "DTypeLike",
    "float": "builtins.float",
    "int": "builtins.int",
    "sequence of array_like": "Sequence[_ArrayLike] | Tensor",
    "sequence of int": "Sequence[builtins.int]",
    "str": "str",
    "tuple of int": "Sequence[builtins.int]",
}


def union(*kinds):
    """The type of what may be of any of these kinds."""
    out = dict.fromkeys(part for kind in kinds for part in kind.split(" | "))
    if "builtins.float" in out:
        out.pop("builtins.int", None)
    text = " | ".join([k for k in out if k != "None"] + ["None"] * ("None" in out))
    return text.replace("builtins.int | Sequence[builtins.int]", "_Ints")


def of_spelling(entry, name, meant):
    """The type of a parameter by PyTorch's name of it, which is given by that only."""
    if name == "unbiased":  # a flag for a number
        return "builtins.bool"
    return of_entry(entry, Parameter(meant, Parameter.KEYWORD_ONLY, default=entry.params[meant]))


def of_entry(entry, p):
    """The type of a parameter of the function of an entry."""
    if p.name == "self":
        return ""
    kinds = PARAMETERS[p.name][0].replace(", ", " or ").split(" or ")
    kinds = [KINDS[kind] for kind in kinds]
    if p.kind is Parameter.VAR_POSITIONAL and entry.params[p.name] is not REQUIRED:
        kinds.append("None")
    return union(*kinds, *(["None"] if p.default is None else []))


#: Parameters of the functions and methods that no entry stands for.
NAMES = {
    **dict.fromkeys(("data", "x", "object", "other", "value", "values"), "_ArrayLike"),
    **dict.fromkeys(("fill_value", "mean", "std", "start", "stop", "choices"), "_ArrayLike"),
    **dict.fromkeys(("condition", "indices", "gradient", "ary", "xi"), "_ArrayLike"),
    "a": "NDArray[Any]",
    "args": "_ArrayLike",
    "axis": "builtins.int",
    "check": "builtins.bool",
    "copy": "builtins.bool",
    "create_graph": "builtins.bool",
    "device": "str",
    "dtype": "DTypeLike",
    "endpoint": "builtins.bool",
    "high": "builtins.int",
    "hook": "Callable[[Tensor], Tensor | None]",
    "index": "Any",
    "indexing": "str",
    "indices_or_sections": "_Ints | _ArrayLike",
    "inputs": "Tensor | Sequence[Tensor]",
    "k": "builtins.int",
    "kind": "str",
    "kth": "_Ints",
    "low": "builtins.int",
    "m": "builtins.int",
    "mode": "str",
    "n": "builtins.int",
    "num": "builtins.int",
    "order": "str",
    "others": "Any",
    "out": "Tensor",
    "requires_grad": "builtins.bool",
    "retain_graph": "builtins.bool",
    "shape": "_Ints",
    "size": "_Ints",
    "size_": "_Ints",
    "sparse": "builtins.bool",
    "stable": "builtins.bool",
    "stream": "None",
}
#: Where a name means something else: (function, parameter) -> type.
PLACES = {
    ("register_post_accumulate_grad_hook", "hook"): "Callable[[Tensor], None]",
    ("view", "shape"): "_Ints | DTypeLike",
}


def by_name(function, p):
    """The type of a parameter of a function that no entry stands for."""
    if p.name == "self":
        return ""
    kind = PLACES.get((function, p.name)) or NAMES[p.name]
    if isinstance(p.default, bool):
        kind = "builtins.bool"
    return union(kind, "None") if p.default is None else kind


AUTOGRAD = {
    **dict.fromkeys(("tensors", "outputs", "inputs"), "Tensor | Sequence[Tensor]"),
    **dict.fromkeys(
        ("grad_tensors", "grad_outputs"), "_ArrayLike | Sequence[_ArrayLike | None] | None"
    ),
    "allow_unused": "builtins.bool",
    "create_graph": "builtins.bool",
    "is_grads_batched": "builtins.bool",
    "materialize_grads": "builtins.bool",
    "retain_graph": "builtins.bool | None",
}


def of_autograd(p):
    """The type of a parameter of a function of `jitgrad.autograd`."""
    return union(AUTOGRAD[p.name], *(["None"] if p.default is None else []))


LINALG_RESULTS = dict.fromkeys(("cho_factor", "eigh", "lstsq", "qr", "slogdet", "svd"), "Any")
AUTOGRAD_RESULTS = {"backward": "None", "grad": "tuple[Tensor, ...]"}

#: Methods and functions that give something else than a tensor.
RESULTS = {
    "backward": "None",
    "dim": "builtins.int",
    "explain": "_Explanation",
    "item": "Any",
    "meshgrid": "tuple[Tensor, ...]",
    "nonzero": "tuple[Tensor, ...]",
    "numel": "builtins.int",
    "numpy": "NDArray[Any]",
    "partition": "None",
    "put": "None",
    "is_inference": "builtins.bool",
    "register_hook": "Any",
    "register_post_accumulate_grad_hook": "Any",
    "retain_grad": "None",
    "sort": "None",
    "split": "list[Tensor]",
    "tolist": "Any",
}
PROPERTIES = {
    **dict.fromkeys(("T", "data", "imag", "mT", "real"), "Tensor"),
    **dict.fromkeys(("is_leaf", "requires_grad", "retains_grad"), "builtins.bool"),
    **dict.fromkeys(("itemsize", "nbytes", "ndim", "size"), "builtins.int"),
    "device": "str",
    "dtype": "np.dtype[Any]",
    "flat": "Any",
    "grad": "Tensor | None",
    "grad_fn": "Any",
    "shape": "tuple[builtins.int, ...]",
}
#: Properties whose setter says only that they cannot be written.
READ_ONLY = frozenset(("shape", "dtype"))
#: Methods that end in "_" and are written in Python, without that.
OWN_IN_PLACE = frozenset(("copy", "detach", "fill", "requires_grad", "zero"))
DUNDERS = {
    "__array__": "def __array__(self, dtype: DTypeLike | None = None, copy: builtins.bool | None "
    "= None) -> NDArray[Any]: ...",
    "__array_function__": "def __array_function__(self, function: Any, types: Any, args: Any, "
    "kwargs: Any) -> Any: ...",
    "__array_namespace__": "def __array_namespace__(self, *, api_version: str | None "
    "= None) -> Any: ...",
    "__array_priority__": "__array_priority__: builtins.int",
    "__array_ufunc__": "def __array_ufunc__(self, ufunc: Any, method: Any, *inputs: Any, "
    "**kwargs: Any) -> Any: ...",
    "__bool__": "def __bool__(self) -> builtins.bool: ...",
    "__complex__": "def __complex__(self) -> complex: ...",
    "__contains__": "def __contains__(self, value: object) -> builtins.bool: ...",
    "__copy__": "def __copy__(self) -> Tensor: ...",
    "__deepcopy__": "def __deepcopy__(self, memo: Any) -> Tensor: ...",
    "__divmod__": "def __divmod__(self, other: _ArrayLike) -> tuple[Tensor, Tensor]: ...",
    "__dlpack__": "def __dlpack__(self, *, stream: Any = None, max_version: Any = None, "
    "dl_device: Any = None, copy: Any = None) -> Any: ...",
    "__dlpack_device__": "def __dlpack_device__(self) -> tuple[builtins.int, builtins.int]: ...",
    "__float__": "def __float__(self) -> builtins.float: ...",
    "__format__": "def __format__(self, spec: str) -> str: ...",
    "__getitem__": "def __getitem__(self, index: Any) -> Tensor: ...",
    "__index__": "def __index__(self) -> builtins.int: ...",
    "__int__": "def __int__(self) -> builtins.int: ...",
    "__iter__": "def __iter__(self) -> Iterator[Tensor]: ...",
    "__len__": "def __len__(self) -> builtins.int: ...",
    "__rdivmod__": "def __rdivmod__(self, other: _ArrayLike) -> tuple[Tensor, Tensor]: ...",
    "__repr__": "def __repr__(self) -> str: ...",
    "__round__": "def __round__(self, decimals: builtins.int = 0) -> Tensor: ...",
    "__setitem__": "def __setitem__(self, index: Any, value: _ArrayLike) -> None: ...",
    "__str__": "def __str__(self) -> str: ...",
}

#: NumPy's functions of elements, with the methods that they have.
NUMPY = [
    "__array_api_version__: str",
    "",
    "def __array_namespace_info__() -> _Info: ...",
    "",
    "class _Ufunc(Protocol):",
    "    nin: builtins.int",
    "    nout: builtins.int",
    "    identity: Any",
    "    def reduce(self, array: _ArrayLike, /, *args: Any, **kwargs: Any) -> Any: ...",
    "    def accumulate(self, array: _ArrayLike, /, *args: Any, **kwargs: Any) -> Any: ...",
    "    def reduceat(self, array: _ArrayLike, /, *args: Any, **kwargs: Any) -> Any: ...",
    "    def outer(self, A: _ArrayLike, B: _ArrayLike, /, **kwargs: Any) -> Any: ...",
    "    def at(self, a: Any, indices: Any, /, *args: Any) -> None: ...",
    "class _Unary(_Ufunc, Protocol):",
    "    def __call__(self, x: _ArrayLike, /, out: Any = None, **kwargs: Any) -> Tensor: ...",
    "class _Binary(_Ufunc, Protocol):",
    (
        "    def __call__(self, x1: _ArrayLike, x2: _ArrayLike, /, out: Any = None, "
        "**kwargs: Any) -> Tensor: ..."
    ),
    "class _Several(_Ufunc, Protocol):",
    "    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...",
]
#: Names of NumPy that stand for something of jitgrad's own; "" for what is imported as it is.
NUMPY_OWN = {
    "c_": "c_: Any",
    "mgrid": "mgrid: Any",
    "ndarray": "ndarray = Tensor",
    "ogrid": "ogrid: Any",
    "r_": "r_: Any",
    "vectorize": "vectorize: Any",
}
#: Parameters of NumPy's functions that are arrays or dtypes wherever they occur.
ARRAYS = frozenset(("a", "a1", "a2", "arr", "ary", "b", "m", "v", "x", "x1", "x2", "y"))


def ufunc(function):
    """The type of a function of elements."""
    if function.nout > 1 or function.nin > 2:
        return "_Several"
    return "_Unary" if function.nin == 1 else "_Binary"


def numpys(p):
    """The type of a parameter of a function of NumPy's."""
    if p.name in ARRAYS and p.default is Parameter.empty:
        return "_ArrayLike"
    return "DTypeLike | None" if p.name == "dtype" else "Any"


def page(function):
    """The full name of a function of NumPy's."""
    homes = {"numpy.linalg": np.linalg, "numpy.fft": np.fft}
    found = [home for home, m in homes.items() if getattr(m, function.__name__, None) is function]
    return f"{(found or ['numpy'])[0]}.{function.__name__}"
