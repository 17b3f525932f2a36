"""Names that there are none of: what `jitgrad.X`, `jitgrad.numpy.X`, `jitgrad.linalg.X` and
``tensor.X`` say then.

`INSTEAD` has what to write for names of PyTorch, autograd and JAX; where a name is in another place
here, or in NumPy, it is found there. Modules ask by their ``__getattr__``. Tensors have no
``__getattr__``, which would slow down every access to what they have: names of the table, and of
functions that are no methods, are descriptors that raise (`install`). Start at `missing`.
"""

from __future__ import annotations

import functools
import importlib
import sys
import types
from collections.abc import Iterable
from typing import NoReturn

import numpy as np

from .errors import MissingError
from .extras import if_installed

_OWN = (
    "use jitgrad.custom_vjp or jitgrad.custom_jvp, or a class made from jitgrad.autograd.Function"
)
_CPU = "jitgrad is on the CPU; leave it out"
_FLOATS = "floats are float64 and float32: use .double() or .float()"
_MEMORY = "use it on x.numpy(), the read-only array of the values"
_DRAW = "use the methods of a generator, jitgrad.random.default_rng()"

#: What to write for a name, wherever it is asked for.
INSTEAD = {
    # derivatives
    **dict.fromkeys(
        ("tree_map", "tree_leaves", "tree_flatten", "tree_unflatten", "tree_util", "pytree"),
        "use jitgrad.tree: map, leaves, flatten, unflatten",
    ),
    "ravel_pytree": "use jitgrad.tree.ravel",
    "jacobian_vector_product": "use jitgrad.jvp(f, (x,), (v,))",
    "egrad": "use jitgrad.elementwise_grad(f)",
    "multigrad": "use jitgrad.grad(f, (0, 1)), or jitgrad.multigrad_dict(f)",
    "pmap": "use jitgrad.vmap",
    "custom_gradient": _OWN,
    **dict.fromkeys(
        ("defvjp", "defjvp", "defvjp_argnum", "defvjp_argnums", "defjvp_argnum", "defjvp_argnums"),
        "use from jitgrad.extend import primitive, defvjp, defjvp; or jitgrad.custom_vjp",
    ),
    **dict.fromkeys(
        ("Box", "VSpace", "vspace", "JVPNode", "VJPNode", "SparseObject"),
        "containers of one's own are made known by jitgrad.tree.register",
    ),
    "saved_tensors_hooks": "what is kept for the backward is no tensor, and chosen by the plan of "
    "a program: use jitgrad.checkpoint to keep less",
    "Variable": "use jitgrad.tensor(data, requires_grad=True)",
    "Parameter": "use jitgrad.tensor(data, requires_grad=True)",
    **dict.fromkeys(
        [
            f"{kind}_{form}"
            for kind in ("csr", "coo", "csc", "bsr", "dia", "lil", "dok")
            for form in ("matrix", "array")
            if (kind, form) not in (("csr", "array"), ("coo", "array"))
        ],
        "use jitgrad.scipy.sparse.csr_array or coo_array, which take any sparse matrix of SciPy's",
    ),
    **dict.fromkeys(
        ("null_space", "orth"),
        "its columns are any basis of a space, and have no gradient: use jitgrad.linalg.svd, and "
        "the projector on the space, which has one",
    ),
    # SciPy's, of which a gradient is none or another's
    **dict.fromkeys(
        ("schur", "rsf2csf", "cdf2rdf", "hessenberg", "qz", "ordqz", "ldl", "cossin"),
        "its factors are one choice of many, and have no gradient: use scipy.linalg's on values; "
        "eig, expm, logm, sqrtm, qr, lu and svd have one",
    ),
    **dict.fromkeys(
        (
            "rankdata",
            "spearmanr",
            "kendalltau",
            "mannwhitneyu",
            "wilcoxon",
            "kruskal",
            "friedmanchisquare",
            "brunnermunzel",
            "weightedtau",
            "somersd",
            "ranksums",
            "tiecorrect",
            "mood",
            "ansari",
        ),
        "ranks are steps, with a gradient of 0: use scipy.stats' on values",
    ),
    # PyTorch's surroundings
    **dict.fromkeys(("cuda", "mps", "xpu", "device", "is_cuda", "get_device", "pin_memory"), _CPU),
    **dict.fromkeys(("half", "bfloat16", "float16"), _FLOATS),
    "cfloat": "use jitgrad.complex64",
    "cdouble": "use jitgrad.complex128",
    **dict.fromkeys(
        ("set_default_dtype", "get_default_dtype"),
        "pass dtype=; float64 is the default, as in NumPy",
    ),
    **dict.fromkeys(
        ("FloatTensor", "from_array", "scalar_tensor"),
        "use jitgrad.tensor(data, dtype=jitgrad.float32)",
    ),
    **dict.fromkeys(("DoubleTensor", "as_tensor", "new_tensor"), "use jitgrad.asarray(data)"),
    "LongTensor": "use jitgrad.tensor(data)",
    "is_tensor": "use isinstance(x, jitgrad.Tensor)",
    "compile": "use jitgrad.jit",
    "seed": "use jitgrad.manual_seed",
    "set_printoptions": "use numpy.printoptions",
    **dict.fromkeys(("save", "load"), "use pickle, or numpy.savez of x.detach()"),
    "block_until_ready": "use jitgrad.synchronize()",
    # dtypes that NumPy, PyTorch and Python mean different ones by
    "float_": "it was NumPy 1's name of float64: use jitgrad.float64",
    "float": "use jitgrad.float64, as Python and NumPy, or jitgrad.float32, as PyTorch",
    "double": "use jitgrad.float64",
    "int": "use jitgrad.int64, as Python and NumPy, or jitgrad.int32, as PyTorch",
    "long": "use jitgrad.int64, as PyTorch; NumPy's, jitgrad.numpy.long, depends on the platform",
    "bool": "use jitgrad.bool_, or Python's bool",
    # shapes and places
    "view_as": "use x.reshape(y.shape)",
    "expand_as": "use x.expand(y.shape)",
    "type_as": "use x.to(y.dtype)",
    **dict.fromkeys(("movedim", "rollaxis"), "use jitgrad.moveaxis"),
    **dict.fromkeys(("swapdims", "transpose_"), "use jitgrad.swapaxes"),
    **dict.fromkeys(
        ("unflatten", "resize_", "resize"),
        "use x.reshape, or jitgrad.numpy.resize for more elements",
    ),
    **dict.fromkeys(("unbind", "unstack"), "use tuple(x), or jitgrad.numpy.unstack(x, axis=axis)"),
    **dict.fromkeys(("chunk", "tensor_split"), "use jitgrad.numpy.array_split(x, n, axis)"),
    "split": "use jitgrad.split(x, n, axis): n equal parts, or the places to cut at, as in NumPy",
    "split_with_sizes": "use jitgrad.split(x, places, axis), with the places to cut at, as in "
    "NumPy",
    "narrow": "use x[start : start + length]",
    "select": "use x[i]; NumPy's choice by conditions is jitgrad.numpy.select",
    "index_select": "use jitgrad.take(x, indices, axis)",
    **dict.fromkeys(("gather", "take_along_dim"), "use jitgrad.take_along_axis(x, indices, axis)"),
    **dict.fromkeys(
        ("scatter", "scatter_"),
        "use numpy.put_along_axis(x, indices, values, axis), which writes to x",
    ),
    **dict.fromkeys(
        ("scatter_add", "index_add"),
        "use jitgrad.add_at(x, indices, values, axis), or numpy.add.at, which writes to x",
    ),
    **dict.fromkeys(("scatter_add_", "index_add_"), "use numpy.add.at(x, indices, values)"),
    **dict.fromkeys(
        ("index_fill_", "index_copy_", "index_put_", "put_"), "write x[indices] = values"
    ),
    "masked_fill": "use jitgrad.where(mask, value, x)",
    **dict.fromkeys(("masked_fill_", "masked_scatter_"), "write x[mask] = value"),
    "masked_select": "use x[mask]",
    "repeat_interleave": "use jitgrad.repeat",
    **dict.fromkeys(
        ("topk", "kthvalue", "msort"), "use jitgrad.argsort(x) or jitgrad.sort(x), and a slice"
    ),
    "itemset": "write x[i] = value",
    **dict.fromkeys(("ndimension", "nelement"), "use x.ndim and x.size"),
    "element_size": "use x.itemsize",
    "is_floating_point": 'use x.dtype.kind == "f"',
    "complex": "use x + 1j * y; the dtypes are jitgrad.complex64 and complex128",
    "polar": "use x * jitgrad.exp(1j * angle)",
    **dict.fromkeys(
        ("new_zeros", "new_ones", "new_empty", "new_full"),
        "use jitgrad.zeros(shape, dtype=x.dtype)",
    ),
    # arithmetic
    "mul": "use jitgrad.multiply, or x * y",
    "sub": "use jitgrad.subtract, or x - y",
    "div": "use jitgrad.divide, or x / y",
    "neg": "use jitgrad.negative, or -x",
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge"), "use the operator"),
    "rsqrt": "write x ** -0.5",
    "lerp": "write x + weight * (y - x)",
    **dict.fromkeys(("addmm", "addmv", "baddbmm"), "write b + x @ y"),
    "addcmul": "write a + value * x * y",
    "addcdiv": "write a + value * x / y",
    **dict.fromkeys(("std_mean", "var_mean"), "use .std() or .var(), and .mean()"),
    "inverse": "use jitgrad.linalg.inv",
    "pinverse": "use jitgrad.linalg.pinv",
    "logdet": "use jitgrad.linalg.slogdet(a).logabsdet",
    # random numbers
    **dict.fromkeys(
        ("rand_like", "randn_like", "randint_like"), "use jitgrad.rand(x.shape), randn, randint"
    ),
    **dict.fromkeys(("bernoulli", "multinomial", "poisson", "exponential_", "dropout"), _DRAW),
    **dict.fromkeys(
        ("normal_", "uniform_", "random_", "bernoulli_"),
        "write x[...] = jitgrad.randn(x.shape), or rand",
    ),
    "randperm": "use jitgrad.tensor(numpy.random.permutation(n))",
    "shuffle": "use x[numpy.random.permutation(len(x))]",
    # memory, of which a tensor shows none
    **dict.fromkeys(
        (
            "base",
            "byteswap",
            "ctypes",
            "data_ptr",
            "dump",
            "dumps",
            "flags",
            "getfield",
            "storage",
            "stride",
            "strides",
            "tobytes",
            "tofile",
            "untyped_storage",
        ),
        _MEMORY,
    ),
    **dict.fromkeys(
        ("setfield", "setflags", "newbyteorder"), "a tensor's memory is its own; write x[...] = y"
    ),
    **dict.fromkeys(
        ("as_strided", "unfold"),
        "use slices, or jitgrad.numpy.lib.stride_tricks.sliding_window_view",
    ),
}


class Uncallable(types.ModuleType):
    """A module of the package that bears a name of the table: as an attribute of the package, which
    an import makes it, it is called by who looks for a function, and says what to do instead."""

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        home, _, name = self.__name__.rpartition(".")
        raise missing(home, name, sys.modules[home])


_HOMES = ("jitgrad", "jitgrad.numpy", "jitgrad.linalg", "jitgrad.numpy.linalg", "jitgrad.autograd")


def missing(home: str, name: str, obj: object = None) -> MissingError:
    """The error for `name`, which `home` has not: an `AttributeError` that says where it is, or
    what to do instead."""
    text = "" if name.startswith("__") else _instead(home, name)
    return MissingError(
        f"{home} has no {name!r}" + (f"; {text}" if text else ""), name=name, obj=obj
    )


def _instead(home: str, name: str) -> str:
    if name in INSTEAD:
        return INSTEAD[name]
    theirs = home.removeprefix("jitgrad.")
    if theirs.startswith("scipy.") and name in getattr(if_installed(theirs), "__all__", ()):
        return f"it has no gradient here; use {theirs}.{name} on values"
    places = _places(name, home)
    if places:
        return f"use {places}"
    stem = name.rstrip("_")
    if stem != name:  # PyTorch's names of what writes in place
        found = _places(stem, None)
        if found:
            return f"write x[...] = y with the result y of {found}"
    return _near(home, name)


def _near(home: str, name: str) -> str:
    """The name spelt most like `name` of all there are, and where it is or what to do instead.

    Python does this itself for a name that tensors have not.
    """
    import difflib

    if name.startswith("_"):
        return ""
    owner = functools.reduce(getattr, home.split(".")[1:], sys.modules["jitgrad"])
    known = sorted(
        {*owner.__all__, *dir(sys.modules["jitgrad"]), *np.__all__, *np.linalg.__all__, *INSTEAD}
    )
    found = difflib.get_close_matches(name, [k for k in known if not k.startswith("_")], n=1)
    if not found:
        return ""
    instead = "" if found[0] in owner.__all__ else f": {_instead(home, found[0])}"
    return f"did you mean {found[0]!r}{instead}?"


def _places(name: str, home: str | None) -> str:
    """Where else there is something of this name."""
    package, out = sys.modules["jitgrad"], []
    if home != "jitgrad" and name in dir(package):
        out.append(f"jitgrad.{name}")
    if home != "a tensor" and _is_method(package.Tensor, name):
        out.append(f"x.{name}")
    if not out:
        for module, numpys in (("jitgrad.numpy", np), ("jitgrad.numpy.linalg", np.linalg)):
            if home != module and name in numpys.__all__ and not name.startswith("_"):
                out.append(f"{module}.{name}{_remark(getattr(numpys, name))}")
                break
    return " or ".join(out)


def _is_method(cls: type, name: str) -> bool:
    return (
        not isinstance(vars(cls).get(name), Missing)
        and hasattr(cls, name)
        and not name.startswith("_")
    )


def _remark(function: object) -> str:
    if not callable(function) or isinstance(function, type):
        return ""
    protocol = importlib.import_module("jitgrad.numpy.dispatch")
    known = function in protocol.counterparts() or protocol.formula(function) is not None
    return "" if known else " (on values: it has no gradient yet)"


class Missing:
    """A name that tensors have not: to ask for it raises, so that ``hasattr`` says no."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, t: object, cls: type) -> NoReturn:
        raise missing("a tensor", self.name, t)

    def __set__(self, t: object, value: object) -> NoReturn:
        raise missing("a tensor", self.name, t)


def install(cls: type, functions: Iterable[str]) -> None:
    """Lets tensors say what to do instead of names of the table, and of `functions` that are no
    methods."""
    for name in {*INSTEAD, *functions}.difference(dir(cls)):
        setattr(cls, name, Missing(name))
    cls.__dir__ = _names  # type: ignore[method-assign, assignment]  # of all tensors


def _names(t: object) -> list[str]:
    """What `dir` gives for a tensor: what it has."""
    cls = type(t)
    return sorted(name for name in dir(cls) if not isinstance(vars(cls).get(name), Missing))
