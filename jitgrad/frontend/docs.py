"""What `help` shows of the public functions: docstring and signature, made from entries of the
catalogue.

Start at `describe`.
"""

from inspect import Parameter, Signature
from types import MappingProxyType

from ..ops import REQUIRED
from ..ops.parameters import PARAMETERS


def describe(function, entry, name=None, spread=False):
    """Gives the function of an entry its name, docstring and signature; `spread` if it takes values
    one by one."""
    function.__name__ = name or entry.name
    function.__qualname__ = f"Tensor.{name}" if name else entry.name
    function.__module__ = "jitgrad"
    function.__doc__ = _doc(entry)
    function.__signature__ = EntrySignature(entry, spread)
    function.entry = entry


class EntrySignature(Signature):
    """The signature of the function of an entry. Its parameters are made when they are asked for:
    `import jitgrad` makes one for each function, method and operator."""

    __slots__ = ("entry", "spread")

    def __init__(self, entry, spread):
        self.entry, self.spread = entry, spread

    @property
    def parameters(self):
        return MappingProxyType({p.name: p for p in _parameters(self.entry, self.spread)})

    @property
    def return_annotation(self):
        return Signature.empty

    def replace(self, **changes):
        return Signature([*self.parameters.values()]).replace(**changes)

    __replace__ = replace

    def __reduce__(self):
        return Signature, ([*self.parameters.values()],)


def _operands(entry):
    return list(entry.args)[: entry.operands or 1]


def _parameters(entry, spread):
    # The functions of one or two operands and nothing else take no names.
    named = bool(entry.params) or entry.operands not in (1, 2)
    kind = Parameter.POSITIONAL_OR_KEYWORD if named and not spread else Parameter.POSITIONAL_ONLY
    out = [
        Parameter(name, kind, default=None if name in entry.optional else Parameter.empty)
        for name in _operands(entry)
    ]
    for name, default in entry.params.items():
        if spread and name == entry.spread:
            out.append(Parameter(name, Parameter.VAR_POSITIONAL))
        else:
            default = Parameter.empty if default is REQUIRED else default
            out.append(Parameter(name, Parameter.KEYWORD_ONLY if spread else kind, default=default))
    return out


def _doc(entry):
    lines = [entry.doc, "", "Parameters", "----------"]
    for name in _operands(entry):
        lines += _parameter(name, ", optional" if name in entry.optional else "")
    for name, default in entry.params.items():
        lines += _parameter(name, "" if default is REQUIRED else f", default {default!r}")
    lines += [
        "",
        "Returns",
        "-------",
        "Tensor",
        "",
        "Raises",
        "------",
        "ShapeError, DTypeError, AxisError",
        "    Where shapes, dtypes or axes do not fit.",
        "",
    ]
    if entry.numpy is not None:
        lines += ["See Also", "--------", f"numpy.{entry.numpy.__name__}", ""]
    lines += ["Examples", "--------", f">>> y = jitgrad.{entry.name}({_example(entry)})"]
    return "\n".join(lines)


def _parameter(name, rest):
    # Entries that are not public have parameters of their own, which nobody looks up.
    kind, sentence = PARAMETERS.get(name, ("object", ""))
    return [f"{name} : {kind}{rest}", *([f"    {sentence}"] if sentence else [])]


def _example(entry):
    """Arguments that the entry takes: where and in the shapes it is sampled, with the parameters of
    its first case."""
    n = entry.operands or len(entry.shapes)
    whole = not any(
        "d" in types.split("->")[0] for types in getattr(entry.numpy, "types", ["d->d"])
    )
    if whole:
        operands = ["jitgrad.tensor([6])"] * n
    elif entry.shapes or entry.op is None or entry.op.kind != "elementwise":
        operands = [f"jitgrad.ones({shape})" for shape in entry.shapes or ((2, 3, 4),) * n]
    else:
        ranges = entry.on if isinstance(entry.on[0], tuple) else (entry.on,) * n
        operands = [f"jitgrad.tensor([{(low + high) / 2 + 0.25:g}])" for low, high in ranges]
    if entry.args[0] == "condition":
        operands[0] = "[True]"
    if entry.host:
        operands[1] = f"np.zeros({entry.shapes[1]}, int)" if entry.shapes else "[0]"
    arguments = operands if entry.operands else [f"[{', '.join(operands)}]"]
    return ", ".join([*arguments, *(f"{name}={value!r}" for name, value in entry.cases[0].items())])
