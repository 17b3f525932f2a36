"""The type stubs of the public modules, written from the registry and from the functions that there
are.

    python -m tools.stubs            writes the files that are not as they should be
    python -m tools.stubs --check    names them, and ends with 1 if there are any

Most names of jitgrad are made at run time from the entries of the registry, where no type checker
and no editor finds them. Names, order and defaults of parameters are those of the functions' own
signatures; types are in `tools.types`: of an entry's parameters by what `jitgrad.ops.parameters`
says of them, of all others by their names. Start at `STUBS`.
"""

import inspect
import pathlib
import re
import subprocess
import sys
import textwrap
from inspect import Parameter

import numpy as np

import jitgrad
from jitgrad.base.missing import Missing
from jitgrad.frontend.binding import SPELLINGS
from jitgrad.ops import REGISTRY

from . import types

PACKAGE = pathlib.Path(jitgrad.__file__).parent
HEAD = "# Written by `python -m tools.stubs`: change the functions, or tools, not this file.\n"

#: Where names of `jitgrad` are that are written in Python with all their types.
WRITTEN = {
    "base.config": ["config"],
    "differential_operators": [
        *("deriv", "grad_and_aux", "grad_named", "hessian_tensor_product"),
        *(
            "hessian_vector_product",
            "holomorphic_grad",
            "make_ggnvp",
            "make_hvp",
            "make_jvp",
            "make_vjp",
        ),
        *("multigrad_dict", "tensor_jacobian_product", "vector_jacobian_product"),
    ],
    "extend": ["primitive"],
    "diagnostics.explain": ["Explanation", "explain"],
    "diagnostics.profile": ["profile"],
    "frontend.complex_views": ["is_complex", "view_as_complex", "view_as_real"],
    "frontend.creation": ["manual_seed"],
    "frontend.dlpack": ["from_dlpack"],
    "frontend.modes": [
        *("enable_grad", "inference_mode", "is_grad_enabled", "is_inference_mode_enabled"),
        *("no_grad", "set_grad_enabled"),
    ],
    "frontend.nan_mode": ["debug_nans"],
    "frontend.vectorized": ["vectorize"],
    "tracing.njit": ["cfunc", "njit"],
    "runtime.launch": ["get_num_threads", "set_num_threads"],
    "runtime.plan": ["synchronize"],
    "runtime.pool": ["release_memory"],
    "tracing.callbacks": ["pure_callback"],
    "tracing.control_flow": ["cond", "fori_loop", "map", "scan", "switch", "while_loop"],
    "tracing.draw": ["draw"],
    "tracing.gradient_checks": ["check_grads"],
    "tracing.jacobians": [*("hessian", "jacfwd", "jacobian", "jacrev", "value_and_jacobian")],
    "tracing.custom": ["custom_jvp", "custom_vjp", "stop_gradient"],
    "tracing.products": ["jvp", "linearize", "vjp"],
    "tracing.recompute": ["checkpoint"],
    "tracing.transforms": ["elementwise_grad", "grad", "hvp", "value_and_grad"],
    "tracing.vmap": ["vmap"],
}
#: The same of `jitgrad.autograd`, beside the switches of the gradient mode; a module stands for
#: itself.
AUTOGRAD = {
    "": ["anomaly_mode", "function", "functional", "graph"],
    "anomaly_mode": ["detect_anomaly", "set_detect_anomaly"],
    "checks": ["gradcheck", "gradgradcheck"],
    "function": ["Function"],
}
#: Modules that are written in Python with all their types.
TYPED = ["interop", "nn", "optim", "random", "scipy", "tree"]
#: Attributes of a class that every class has, or that type checkers know another way.
COMMON = {*dir(object), "__annotations__", "__module__", "__slots__", "__weakref__"} - {
    "__eq__",
    "__ne__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__repr__",
    "__str__",
    "__format__",
}


# --- signatures -----------------------------------------------------------------------------------


def parameter(p, kind, first=False):
    """One parameter, as text."""
    stars = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}.get(p.kind, "")
    if first:
        return p.name
    text = f"{stars}{p.name}: {kind}"
    if p.default is Parameter.empty:
        return text
    plain = p.default is None or isinstance(p.default, (bool, int, float, str))
    return f"{text} = {p.default!r}" if plain else f"{text} = ..."


def parameters(signature, type_of, bound=False, more=()):
    """The parameters between parentheses; `more` stand behind them, by name only."""
    found = list(signature.parameters.values())
    out, starred = [], False
    for k, p in enumerate(found):
        if p.kind is Parameter.KEYWORD_ONLY and not starred:
            out.append("*")
            starred = True
        starred |= p.kind is Parameter.VAR_POSITIONAL
        out.append(parameter(p, type_of(p), bound and k == 0))
        ends = k + 1 == len(found) or found[k + 1].kind is not Parameter.POSITIONAL_ONLY
        if p.kind is Parameter.POSITIONAL_ONLY and ends:
            out.append("/")
    if more and not starred:
        out.append("*")
    return ", ".join([*out, *more])


def entry_parameters(f, bound=False):
    """The parameters of the function of an entry, with PyTorch's names of those that it has."""
    entry = f.entry
    signature = inspect.signature(f)
    if bound:
        own_name = next(iter(signature.parameters))
        others = [p for name, p in signature.parameters.items() if name != own_name]
        itself = Parameter("self", Parameter.POSITIONAL_ONLY)
        by_name = any(p.kind is Parameter.POSITIONAL_OR_KEYWORD for p in others)
        if by_name or any(p.kind is Parameter.VAR_POSITIONAL for p in others) or not others:
            itself = itself.replace(kind=Parameter.POSITIONAL_OR_KEYWORD)
        signature = signature.replace(parameters=[itself, *others])
    more = [
        f"{name}: {types.of_spelling(entry, name, meant)} = ..."
        for name, meanings in SPELLINGS.items()
        if (meant := next((n for n in meanings if n in entry.params), None))
    ]
    if entry.params and not entry.view:
        more.append("out: Tensor | None = None")
    return parameters(signature, lambda p: types.of_entry(entry, p), bound, more)


# --- docstrings -----------------------------------------------------------------------------------


def summary(obj):
    """The first paragraph of a docstring, in one line."""
    text = inspect.getdoc(obj) or ""
    return " ".join(text.partition("\n\n")[0].split())


def example(obj):
    """The lines of a docstring's example."""
    text = inspect.getdoc(obj) or ""
    _, found, rest = text.partition("Examples\n--------\n")
    return rest.partition("\n\n")[0].splitlines() if found else []


def docstring(lines, indent):
    """A docstring of these paragraphs (text, or a list of lines that stay as they are)."""
    width = 100 - len(indent)
    text = "\n\n".join(
        "\n".join(p) if isinstance(p, list) else textwrap.fill(p, width - 6) for p in lines if p
    )
    if not text:
        return []
    text = text.replace("\\", "\\\\").replace('"""', r"\"\"\"")
    whole = f'"""{text}"""' if "\n" not in text else f'"""{text}\n"""'
    return [(indent + line).rstrip() for line in whole.splitlines()]


def described(obj, name):
    """What an editor shows of a function: what it does, its example, and NumPy's page."""
    entry = getattr(obj, "entry", None)
    numpys = getattr(entry, "numpy", None)
    link = f"NumPy's is {types.page(numpys)}." if numpys is not None else ""
    return [summary(obj), link, example(obj)]


def definition(name, given, result, doc, indent="", decorator="", ignore=""):
    """A function, as lines."""
    lines = [f"{indent}{decorator}"] if decorator else []
    head = f"{indent}def {name}({given}) -> {result}:"
    body = docstring(doc, indent + "    ")
    if body:
        return [*lines, head + ignore, *body, ""]
    return [*lines, f"{head} ...{ignore}"]


# --- the modules ----------------------------------------------------------------------------------


def catalogue(names, module):
    """The functions of entries: each once, and its other names as such."""
    out, seen = [], {}
    for name in names:
        f = getattr(module, name)
        if f in seen:
            out.append(f"{name} = {seen[f]}")
            continue
        seen[f] = name
        out += definition(name, entry_parameters(f), "Tensor", described(f, name))
    return out


def entries_first(names, module):
    """`names`, those that entries are called by before their other names."""
    return sorted(names, key=lambda n: (getattr(module, n).entry.name != n, n))


def tensor_class():
    """The class of tensors, with all that is installed in it."""
    cls = jitgrad.Tensor
    out = ["class Tensor:", *docstring([summary(cls)], "    "), ""]
    members = {
        name: inspect.getattr_static(cls, name)
        for name in dir(cls)
        if name not in COMMON and (name.startswith("__") or not name.startswith("_"))
    }
    members = {n: v for n, v in members.items() if not isinstance(v, Missing)}
    seen = {}
    for name, value in sorted(members.items(), key=lambda m: (_is_alias(*m), m[0])):
        if name in types.DUNDERS:
            out.append(f"    {types.DUNDERS[name]}")
        elif isinstance(value, property):
            out += _property(name, value)
        elif value in seen:
            out.append(f"    {name} = {seen[value]}")
        else:
            seen[value] = name
            out += _method(name, value)
    return out


def _is_alias(name, value):
    entry = getattr(value, "entry", None)
    return entry is not None and entry.name != name and not name.startswith("__")


def _property(name, value):
    kind = types.PROPERTIES[name]
    out = definition(name, "self", kind, [summary(value)], "    ", "@property")
    if value.fset is not None and name not in types.READ_ONLY:
        out += definition(name, f"self, value: {kind}", "None", [], "    ", f"@{name}.setter")
    return out


def _method(name, f):
    if name.startswith("__"):
        return _operator(name, f)
    if hasattr(f, "entry"):
        return definition(name, entry_parameters(f, True), "Tensor", [summary(f)], "    ")
    if name.endswith("_") and name.removesuffix("_") not in types.OWN_IN_PLACE:
        return _in_place(name, f)
    given = parameters(inspect.signature(f), lambda p: types.by_name(name, p), True)
    return definition(name, given, types.RESULTS.get(name, "Tensor"), [summary(f)], "    ")


def _in_place(name, f):
    entry = next(e for e in REGISTRY.values() if e.names.in_place == name)
    others = ", ".join(f"{n}: _ArrayLike" for n in entry.names.args[1 : entry.operands])
    given = f"self, {others}, /" if others else "self, /"
    return definition(name, given, "Tensor", [summary(f)], "    ")


def _operator(name, f):
    count = sum(p.default is Parameter.empty for p in inspect.signature(f).parameters.values())
    if count == 1:
        return definition(name, "self, /", "Tensor", [], "    ")
    if name in ("__eq__", "__ne__"):
        ignore = "  # type: ignore[override]"
        return definition(name, "self, other: object, /", "Tensor", [], "    ", ignore=ignore)
    return definition(name, "self, other: _ArrayLike, /", "Tensor", [], "    ")


def exported(names):
    listed = textwrap.wrap(", ".join(f'"{name}"' for name in names), 96)
    return ["__all__ = [", *(f"    {line}" for line in listed), "]  # fmt: skip", ""]


def jitgrad_stub():
    """`jitgrad/__init__.pyi`."""
    catalogued = [n for n in jitgrad.__all__ if n in jitgrad._NAMES]
    errors = [n for n in jitgrad.__all__ if _is_error(getattr(jitgrad, n))]
    out = [*docstring([inspect.getdoc(jitgrad).split("\n\n")[0]], ""), "", *types.IMPORTS]
    out += ["from . import autograd as autograd", "from . import fft as fft"]
    out += ["from . import linalg as linalg", "from . import numpy as numpy"]
    out += [f"from . import {name} as {name}" for name in TYPED]
    out += [f"from .base.errors import {n} as {n}" for n in sorted(errors)]
    for home, names in WRITTEN.items():
        public = [f"{n} as {n}" if n in dir(jitgrad) else f"{n} as _{n}" for n in names]
        out += [f"from .{home} import {name}" for name in public]
    dtypes = [n for n in jitgrad.__all__ if n in np.sctypeDict and n not in catalogued]
    out += [f"from numpy import {n} as {n}" for n in dtypes]
    out += ["", *exported(jitgrad.__all__), "__version__: str", "", *plain(types.ALIASES), ""]
    rest = []
    done = {*catalogued, *errors, *(n for names in WRITTEN.values() for n in names)}
    done |= {*dtypes, *TYPED, "Tensor", "autograd", "fft", "linalg", "numpy", "jit"}
    for name in jitgrad.__all__:
        if name not in done:
            rest += _other(name, getattr(jitgrad, name))
    rest += catalogue(entries_first(catalogued, jitgrad), jitgrad)
    return [*out, *tensor_class(), "", *plain([*types.JIT, *rest])]


def _is_error(value):
    return isinstance(value, type) and issubclass(value, (Exception, Warning))


def _other(name, value):
    """A creation function or a constant."""
    if name in types.CONSTANTS:
        return [f"{name}: {types.CONSTANTS[name]}"]
    given = parameters(inspect.signature(value), lambda p: types.by_name(name, p))
    result = types.RESULTS.get(name, "Tensor")
    return definition(name, given, result, [summary(value), example(value)])


def autograd_stub():
    """`jitgrad/autograd/__init__.pyi`: signatures as written, with the public class of tensors."""
    module = jitgrad.autograd
    out = [*docstring([inspect.getdoc(module).split("\n\n")[0]], ""), ""]
    out += ["from collections.abc import Sequence", "", "from .. import Tensor, _ArrayLike"]
    modes = [n for n in WRITTEN["frontend.modes"] if n in module.__all__]
    out += [f"from ..frontend.modes import {n} as {n}" for n in modes]
    out += [f"from .{home} import {n} as {n}" for home, names in AUTOGRAD.items() for n in names]
    out += ["", *exported(module.__all__)]
    for name in ("backward", "grad"):
        f = getattr(module, name)
        given = parameters(inspect.signature(f), types.of_autograd)
        result = types.AUTOGRAD_RESULTS[name]
        out += definition(name, given, result, [summary(f), example(f)])
    return out


def functions_stub(module):
    """`jitgrad/linalg.pyi` and `jitgrad/fft.pyi`: functions of entries, and others."""
    out = [*docstring([inspect.getdoc(module).split("\n\n")[0]], ""), "", *types.IMPORTS]
    out += ["from . import Tensor, _ArrayLike, _Ints", "", *exported(module.__all__)]
    entries = [name for name in sorted(module.__all__) if hasattr(getattr(module, name), "entry")]
    for name in sorted({*module.__all__}.difference(entries)):
        f = getattr(module, name)
        given = parameters(inspect.signature(f), types.numpys)
        result = types.LINALG_RESULTS.get(name, "Tensor")
        out += definition(name, given, result, [summary(f), example(f)])
    return out + catalogue(entries, module)


def special_stub():
    """`jitgrad/scipy/special/__init__.pyi`."""
    module = jitgrad.scipy.special
    out = [*docstring([inspect.getdoc(module).split("\n\n")[0]], ""), "", *types.IMPORTS]
    out += ["from ... import Tensor, _ArrayLike", "from ...numpy import _Binary, _Several, _Unary"]
    out += ["", *exported(module.__all__)]
    for name in module.__all__:
        f = getattr(module, name)
        ufunc = getattr(f, "__wrapped__", None)
        if isinstance(ufunc, np.ufunc):
            out += [f"{name}: {types.ufunc(ufunc)}", *docstring([summary(f)], "")]
            continue
        several = f"tuple[{', '.join(['Tensor'] * f.results)}]" if hasattr(f, "results") else ""
        given = parameters(inspect.signature(f), types.numpys)
        out += definition(name, given, several or "Any", [summary(f), example(f)])
    return out


def numpy_stub(module, numpys, depth):
    """`jitgrad/numpy/__init__.pyi`, and those of its `fft` and its `linalg`."""
    out = [f"# The names of NumPy {minor()}."]
    out += [*docstring([inspect.getdoc(module).split("\n\n")[0]], ""), "", *types.IMPORTS]
    own = [n for n in module.__all__ if _is_own(module, numpys, n)]
    for name in module.__all__:
        if name not in own:
            out.append(f"from {numpys.__name__} import {name} as {name}")
    out += [f"from {depth} import Tensor, _ArrayLike, _Ints"]
    if module is jitgrad.numpy:
        out += ["from . import fft as fft", "from . import linalg as linalg"]
        out += ["from . import polynomial as polynomial"]
        out += ["from .array_api import Info as _Info"]
    out += ["", *exported(module.__all__)]
    if module is jitgrad.numpy:
        out += [*types.NUMPY, ""]
    for name in own:
        if inspect.ismodule(getattr(module, name)):
            continue  # imported above
        out += _numpy_name(name, getattr(module, name), getattr(numpys, name))
    return out


def _is_own(module, numpys, name):
    """Whether the name stands for something else than in NumPy."""
    return getattr(module, name) is not getattr(numpys, name)


def _numpy_name(name, value, numpys):
    if name in types.NUMPY_OWN:
        return [types.NUMPY_OWN[name]] if types.NUMPY_OWN[name] else []
    if isinstance(numpys, np.ufunc):
        doc = docstring([summary(value) if _has_entry(numpys) else numpy_summary(numpys, name)], "")
        return [f"{name}: {types.ufunc(numpys)}", *doc]
    try:
        signature = inspect.signature(numpys)
    except ValueError:
        return [f"def {name}(*args: Any, **kwargs: Any) -> Any: ..."]
    own = getattr(value, "__signature__", signature)
    if {*own.parameters} == {*signature.parameters}:  # in the standard's order
        signature = own
    more = ["requires_grad: builtins.bool = False"] if _makes_tensors(name) else []
    more += [parameter(p, types.numpys(p)) for p in _added(value, signature)]
    given = parameters(signature, types.numpys, more=[] if _variadic(signature) else more)
    result = "Tensor" if _has_entry(numpys) or more else "Any"
    return definition(name, given, result, [numpy_summary(numpys, name)])


def _added(function, signature):
    """The parameters, by name only, that a function has beyond NumPy's."""
    if not hasattr(function, "__signature__"):
        return []
    own = inspect.signature(function).parameters.values()
    only = [p for p in own if p.kind is Parameter.KEYWORD_ONLY]
    return [p for p in only if p.name not in {*signature.parameters, "requires_grad"}]


def _variadic(signature):
    return any(p.kind is Parameter.VAR_KEYWORD for p in signature.parameters.values())


def _makes_tensors(name):
    from jitgrad.numpy.namespace import CREATION

    return name in CREATION


def _has_entry(function):
    from jitgrad.numpy.dispatch import counterparts

    return function in counterparts()


def numpy_summary(function, name):
    """The sentence that NumPy says of a function; its docstrings begin with a signature, often."""
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    found = next((p for p in paragraphs if not p.startswith(f"{name}(")), "")
    return " ".join(found.split())


def minor():
    """NumPy's version without its last part."""
    return ".".join(np.__version__.split(".")[:2])


def plain(lines, shadowed=()):
    """`lines` without "builtins." before classes that no name of the scope hides."""
    pattern = rf"\bbuiltins\.(?!(?:{'|'.join(shadowed) or ' '})\b)(?=\w)"
    return [re.sub(pattern, "", line) for line in lines]


STUBS = {
    "__init__.pyi": jitgrad_stub,
    "autograd/__init__.pyi": lambda: plain(autograd_stub()),
    "fft.pyi": lambda: plain(functions_stub(jitgrad.fft)),
    "linalg.pyi": lambda: plain(functions_stub(jitgrad.linalg)),
    "scipy/special/__init__.pyi": lambda: plain(special_stub()),
    "numpy/__init__.pyi": lambda: plain(numpy_stub(jitgrad.numpy, np, ".."), ("bool",)),
    "numpy/fft.pyi": lambda: plain(numpy_stub(jitgrad.numpy.fft, np.fft, "..")),
    "numpy/linalg.pyi": lambda: plain(numpy_stub(jitgrad.numpy.linalg, np.linalg, "..")),
}


def text(name):
    """The text of a stub, as ruff lays it out."""
    out = HEAD + "\n".join(STUBS[name]()) + "\n"
    for command in (["check", "--fix-only", "--quiet", "--select", "I,F401"], ["format"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(PACKAGE / name), "-"],
            input=out, capture_output=True, text=True, check=True, cwd=PACKAGE.parent,
        )  # fmt: skip
        out = done.stdout
    return out


def stale():
    """The stubs that are not as they should be, with what they should be; those with NumPy's names
    are left alone beside another NumPy than they were written for."""
    for name in STUBS:
        path = PACKAGE / name
        now = path.read_text() if path.exists() else ""
        if name.startswith("numpy") and now and f"NumPy {minor()}." not in now:
            continue
        wanted = text(name)
        if wanted != now:
            yield path, wanted


def main(arguments):
    found = list(stale())
    for path, wanted in found:
        print(f"{'stale' if arguments else 'written'}: {path}")
        if not arguments:
            path.write_text(wanted)
    return 1 if found and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
