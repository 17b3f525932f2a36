"""The table of SciPy's public names, `docs/scipy-names.md`: which have a gradient on tensors, which
are SciPy's own, on values, and which are refused, and why.

    python -m tools.scipy_names            writes the page
    python -m tools.scipy_names --check    ends with 1 if it is not as it should be

What a name is follows from the modules of `jitgrad.scipy`, and from what they say where they have
no such name. Start at `of_name`.
"""

import importlib
import inspect
import pathlib
import sys

import numpy as np
import scipy

import jitgrad
from jitgrad.base.errors import MissingError
from jitgrad.frontend.special_functions import entry_of

from . import tables

PAGE = pathlib.Path(__file__).parent.parent / "docs" / "scipy-names.md"
HEAD = """# Every public name of SciPy's modules that `jitgrad.scipy` has, on tensors
Written by `python -m tools.scipy_names` from these modules, for SciPy
{version}: change those, not this page.

| kind | meaning |
| --- | --- |
| gradient | reverse and forward mode |
| values | tensors without a gradient: there is none to lose |
| SciPy's | SciPy's own object: what designs, describes or is raised; it refuses tensors with grad |
| refused | `MissingError` that says what to do: SciPy's function on values, `x.detach().numpy()` |
"""
GRADIENT, VALUES, THEIRS, REFUSED = "gradient", "values", "SciPy's", "refused"
MODULES = jitgrad.scipy.__all__


def _ours(module):
    return importlib.import_module(f"jitgrad.scipy.{module}")


def of_name(module, name):
    """(kind, remark) of ``scipy.module.name``."""
    ours, theirs = _ours(module), importlib.import_module(f"scipy.{module}")
    value = getattr(theirs, name)
    if name in ours.__all__:
        return _of_function(value)
    try:
        found = getattr(ours, name)
    except MissingError as error:
        remark = str(error).partition("; ")[2]
        if inspect.isclass(value) and issubclass(value, (Exception, Warning)):
            return THEIRS, "an error or a warning"
        return REFUSED, remark.replace(name, "*")
    return THEIRS, "a class" if inspect.isclass(found) else "a function or a module"


def _of_function(value):
    entry = entry_of(value) if isinstance(value, np.ufunc) else None
    if entry is not None and not entry.differentiable:
        return VALUES, "truth values or integers"
    return GRADIENT, ""


def names_of(module):
    """SciPy's public names of a module, without its deprecated modules."""
    theirs = importlib.import_module(f"scipy.{module}")
    return [n for n in sorted(theirs.__all__) if not inspect.ismodule(getattr(theirs, n, None))
            and hasattr(theirs, n) and n != "test"]  # fmt: skip


def sections():
    """Module -> {name: (kind, remark)}."""
    return {module: {n: of_name(module, n) for n in names_of(module)} for module in MODULES}


def text():
    """The page."""
    out = [HEAD.format(version=tables.minor(scipy))]
    for module, rows in sections().items():
        out += [
            f"## scipy.{module}, as jitgrad.scipy.{module}",
            "| kind | why | names |",
            "| --- | --- | --- |",
        ]
        named = ((f"`{name}`", row) for name, row in rows.items())
        out += tables.rows(named, [GRADIENT, VALUES, THEIRS, REFUSED])
        out.append("")
    return "\n".join(out)


def is_stale():
    """Whether the page is not as it should be; one for another SciPy is left alone."""
    return tables.is_stale(PAGE, "SciPy", scipy, text)


def main(arguments):
    return tables.write(PAGE, is_stale(), text, bool(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
