"""The architecture, enforced: imports point left along `LAYERS`, numba is imported in one place,
files and functions stay short.

Imports are read from the source with `ast`, those inside functions too. An import that points right
must stand in `EXEMPT` with its reason; a line of `EXEMPT` that nothing needs any more fails as
well.
"""

import ast
import contextlib
import functools
import importlib
import os
import subprocess
import sys
import types

import pytest
from folders import ROOT
from named_operations import NAMED

from jitgrad.ir import Op
from jitgrad.ops import REGISTRY, Entry

PACKAGE = ROOT / "jitgrad"
LONGEST = 640

#: From left to right; a module may import those of its own layer and of layers before it. A package
#: stands for all in it.
LAYERS = [
    ["base"],
    ["ir"],
    ["ops"],
    ["autodiff"],
    ["control"],
    ["compile"],
    ["interpret"],
    ["runtime"],
    ["loops"],
    ["tape"],
    ["diagnostics"],
    ["frontend"],
    ["fft", "linalg", "numpy", "random", "tree"],
    ["tracing"],
    ["autograd", "builtins", "differential_operators", "extend", "tracer"],
    ["misc", "test_util"],
    ["nn", "optim"],
    ["interop"],
    ["scipy"],
    ["__init__"],
    ["cli"],
    ["__main__"],
]

#: The same within the compiler, in the order in which data goes through it.
LEVELS = [
    "limits",
    "kernel",
    "rewrite",
    "index",
    "schedule",
    "loops",
    "render",
    "strided",
    "groups",
    "steps",
    "turn",
    "work",
    "__init__",
]

#: (importer, imported): why it may point right.
EXEMPT = {}

#: Names of several classes, and of several modules: the list may only shrink.
SAME_CLASSES: set[str] = set()
SAME_MODULES = {
    "fft",  # public: as in NumPy, and as in PyTorch
    "linalg",  # public: as in NumPy, and as in PyTorch
    "tree",  # public, and what it stands on
    "windows",  # public: as in SciPy, and those that slide over images
}

#: Modules that may import numba or llvmlite, and whether only inside functions.
NUMBA = {
    "jitgrad.runtime.numba": "compiles kernels that contain functions of numba's",
    "jitgrad.runtime.llvm": "compiles the others, by LLVM alone",
    "jitgrad.runtime.cache": "reads versions and CPU features for its keys, in a function that "
    "runs after `build`",
    "jitgrad.cli.info": "reads the CPU's name and features from llvmlite, in a function",
}
#: Modules that are nothing but formulas for functions of NumPy and PyTorch: they call operations as
#: attributes of `op`.
FORMULAS = (
    {
        f"numpy.functions.{topic}"
        for topic in (
            *("applied", "composed", "contraction", "counts", "grids", "numbers"),
            *(
                "decompositions",
                "matrix_functions",
                "scipy_matrices",
                "padding",
                "polynomials",
                "quantiles",
                "ranges",
                "sets",
                "statistics",
            ),
        )
    }
    | {
        f"nn.functional.{topic}"
        for topic in (
            "activation",
            "classification",
            "convolution",
            "dense",
            "loss",
            "normalisation",
            "pooling",
            "windows",
        )
    }
    | {
        f"scipy.special.{topic}"
        for topic in ("bessel_formulas", "counting", "families", "orders", "sums")
    }
    | {
        f"scipy.stats.{topic}"
        for topic in (
            *("continuous_forms", "densities", "discrete_forms", "distribution"),
            *("event_counts", "half_lines", "intervals", "lines", "multivariate", "standard"),
        )
    }
) | {
    "numpy.polynomial.bases",
    "scipy.interpolate.splines",
    "scipy.signal.convolutions",
    "scipy.signal.filters",
}
#: What counts as a decision; boolean operators do, too.
DECISIONS = (
    *(ast.If, ast.IfExp, ast.For, ast.While, ast.comprehension),
    *(ast.ExceptHandler, ast.match_case),
)
MOST_DECISIONS = 15
#: Why -> functions that take more, and how many at most.
MANY_DECISIONS = {
    "called for each operation or gradient: a call would cost more than what it decides": {
        "frontend.functions.apply": 29,
        "frontend.functions._of_two.recorded": 19,
        "frontend.integers.settled": 20,
        "numpy.namespace._function.function": 19,
        "tape.backward.Backward.__init__": 20,
        "tape.backward.Sweep._step": 20,
        "tape.backward.start": 16,
        "tape.execute._flush": 18,
        "tape.execute.flush": 23,
        "tape.record.enter": 24,
    },
    "one case after the other of what an argument, an index or an object may be": {
        "ops.pointwise._one_float": 16,
        "ops.pointwise.elementwise": 16,
        "loops.merging.Merging.spread": 16,
        "tracing.environment.kind_of": 16,
    },
    "one condition after the other under which a step of the compiler, or of a replay, is legal": {
        "compile.schedule.materialise.Fusion._must_keep": 20,
        "compile.schedule.fuse_stages.Grouping._legal_place": 16,
        "control.loop.jvp": 17,
        "loops.dependence.Dependence.gap": 16,
        "loops.emit.Printer.read_later": 16,
        "loops.merging.Merging.early": 18,
        "loops.merging.Merging.memory_allows": 18,
        "tracing.replay.CompiledCall._entangled": 18,
        "tracing.replay.CompiledCall._sort": 22,
    },
    "the parts of one report, of one plan, or of one derivative, in order": {
        "loops.forward_sweep.AdjointForwards.clone_plain_loop": 21,
        "loops.needs.Needs.needs": 19,
        "diagnostics.reports._kernel": 18,
    },
}
HEAVY = {"numba", "llvmlite", "scipy", "torch"}

FILES = sorted(PACKAGE.rglob("*.py"))


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def layer(name):
    """The index in LAYERS of a module of the package; past the end for one that is in none."""
    head = name.split(".")[1] if "." in name else "__init__"
    return next((k for k, names in enumerate(LAYERS) if head in names), len(LAYERS))


@functools.cache
def facts(name):
    """What is asked of a module's syntax, whose tree is read once and too large to be kept: its
    imports, each with whether it is within a function, the names of its classes, its texts, the
    attributes of names, and the decisions of its functions."""
    tree = ast.parse(MODULES[name].read_text())
    found = types.SimpleNamespace(imports=[], classes=[], texts=set(), attributes=set())
    found.decisions = {path: decisions(f) for path, f in functions_in(tree, name)}
    todo = [(tree, False)]
    while todo:
        node, inside = todo.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.imports.append((node, inside))
        elif isinstance(node, ast.ClassDef):
            found.classes.append(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.texts.add(node.value)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.attributes.add((node.value.id, node.attr))
        inside = inside or isinstance(node, (ast.FunctionDef, ast.Lambda))
        todo += [(child, inside) for child in ast.iter_child_nodes(node)]
    return found


@functools.cache
def imports(name):
    """(module, line, whether at module level) for every import of a module, absolute names."""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    found = []
    for node, inside in facts(name).imports:
        top = not inside
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno, top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
                if node.level
                else ""
            )
            base = ".".join(filter(None, (base, node.module)))
            for alias in node.names:
                member = f"{base}.{alias.name}"
                found.append((member if member in MODULES else base, node.lineno, top))
    return found


def own(name):
    """The imports of a module that stay within the package."""
    return [(m, line) for m, line, _ in imports(name) if m.split(".")[0] == "jitgrad"]


def test_every_module_has_a_layer():
    wrong = [name for name in MODULES if layer(name) == len(LAYERS)]
    assert not wrong, "they are in no layer: add them to LAYERS, as far left as imports allow"


def test_imports_point_left():
    wrong = [
        f"{MODULES[name]}:{line} imports {other}, which is further right"
        for name in MODULES
        for other, line in own(name)
        if layer(other) > layer(name) and (name, other) not in EXEMPT
    ]
    assert not wrong, "\n".join(wrong)


def test_levels_of_the_compiler_point_left():
    """From the limits to the door, which nothing within asks for."""

    def level(module):
        return LEVELS.index(([*module.split("."), "__init__"])[2])

    wrong = [
        f"{name}:{line} imports {m}"
        for name in MODULES
        if name.startswith("jitgrad.compile")
        for m, line in own(name)
        if m.startswith("jitgrad.compile.") and level(m) > level(name)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", ["compile"])
def test_a_package_has_one_door(package):
    """Nobody outside looks into it."""
    inside = f"jitgrad.{package}."
    outside = [name for name in MODULES if not f"{name}.".startswith(inside)]
    wrong = [
        f"{MODULES[n]}:{line} imports {m}"
        for n in outside
        for m, line in own(n)
        if m.startswith(inside)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_exemption_is_stale():
    needed = {
        (name, other) for name in MODULES for other, _ in own(name) if layer(other) > layer(name)
    }
    assert set(EXEMPT) <= needed


def circles():
    """The sets of modules that import one another, also in functions, each as large as it can
    be."""
    edges = {name: {m for m, _ in own(name) if m != name and m in MODULES} for name in MODULES}

    def reach(name):
        seen, todo = set(), [name]
        while todo:
            new = edges[todo.pop()] - seen
            seen |= new
            todo += new
        return seen

    reached = {name: reach(name) for name in MODULES}
    found = {
        frozenset(m for m in reached[name] if name in reached[m])
        for name in MODULES
        if name in reached[name]
    }
    return {frozenset(m.removeprefix("jitgrad.") for m in circle) for circle in found}


def test_no_import_circles():
    """Modules that import one another are one module."""
    assert not [sorted(circle) for circle in circles()]


def twice(names):
    """Those of (name, where) pairs that are in several places."""
    found = {}
    for name, where in names:
        found.setdefault(name, []).append(where.removeprefix("jitgrad."))
    return {name: sorted(places) for name, places in found.items() if len(places) > 1}


def test_class_names_are_unique():
    """In a debugger or a search, two of one name are a trap."""
    classes = [(found, name) for name in MODULES for found in facts(name).classes]
    assert set(twice(classes)) == SAME_CLASSES, twice(classes)


def test_module_names_are_unique():
    modules = [
        (name.rpartition(".")[2], name)
        for name, path in MODULES.items()
        if path.name != "__init__.py"
    ]
    assert set(twice(modules)) == SAME_MODULES, twice(modules)


@functools.cache
def kinds():
    """The kinds of primitives, which are words of the compiler."""
    return {e.op.kind for e in REGISTRY.values() if e.op is not None} | {"reshape"}


def named(name):
    """The operations a module names: as text that is the name of an entry, or as an entry or
    primitive it imports."""
    found = {text for text in facts(name).texts if text in REGISTRY} - kinds()
    for node, _ in facts(name).imports:
        if isinstance(node, ast.ImportFrom) and "ops" in (node.module or "").split("."):
            home = importlib.import_module(f"jitgrad.{node.module}")
            found |= {a.name for a in node.names if isinstance(getattr(home, a.name), (Entry, Op))}
    return found


def test_operations_are_named_in_the_catalogue():
    """What an operation is, it says itself, in fields; the exceptions are in the table, each with
    its reason."""
    outside = {
        m.removeprefix("jitgrad."): named(m)
        for m in MODULES
        # Functions of the form of `jitgrad.loops` are those of the user's syntax and of NumPy; what
        # they are in the catalogue stands in `loops.scalars` alone.
        if not m.startswith(("jitgrad.ops", "jitgrad.loops"))
    }
    assert {m: names for m, names in outside.items() if names} == {
        m: names for m, (names, _) in NAMED.items()
    }
    users = {
        m.removeprefix("jitgrad.")
        for m in MODULES
        if any(of == "op" and attribute in REGISTRY for of, attribute in facts(m).attributes)
    }
    assert users == FORMULAS


def test_only_the_runtime_imports_numba():
    users = {}
    for name in MODULES:
        for other, line, top in imports(name):
            if other.split(".")[0] in ("numba", "llvmlite"):
                home = ".".join(name.split(".")[:3])
                place = home if home in NUMBA else name
                assert place != "jitgrad.runtime.llvm" or other.split(".")[0] == "llvmlite"
                users.setdefault(place, []).append((line, top))
    assert set(users) == set(NUMBA)
    assert {name for name, found in users.items() if any(top for _, top in found)} == {
        "jitgrad.runtime.numba",
        "jitgrad.runtime.llvm",
    }


#: What of numba is its public API (its manual's reference).
PUBLIC = {"cfunc", "config", "extending", "njit", "prange", "set_num_threads", "types", "vectorize"}
#: Attributes of its objects that are not.
PRIVATE = {
    *("_compile_uncached", "_compiler", "_customize_flags", "_library", "_cache", "_unique_ids"),
    *("llvm_cfunc_wrapper_name", "llvm_func_name", "fndesc", "target_context", "call_conv"),
    *("add_ir_module", "create_module", "overloads", "entry_point", "codegen", "library"),
    *("_engine", "_ee", "_final_module", "_shared_module", "_compiled_object"),
    *("_linking_libraries", "typingctx", "targetctx", "func_ir"),
}


def _of_numba(node):
    return not node.level and node.module.split(".")[0] == "numba"


def private_of_numba(text):
    """The names in a module's text that are no part of numba's public API: imports, attributes, and
    the same in texts that the module writes."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and _of_numba(node):
            if node.module == "numba":
                yield from (a.name for a in node.names if a.name not in PUBLIC)
            elif node.module != "numba.extending":
                yield from (f"{node.module}.{a.name}" for a in node.names)
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("numba."))
        elif isinstance(node, ast.Attribute) and node.attr in PRIVATE:
            yield node.attr
        elif isinstance(node, ast.Constant) and "from numba" in str(node.value):
            with contextlib.suppress(SyntaxError):
                yield from private_of_numba(node.value)


def test_five_modules_use_private_parts_of_numba():
    """Another numba may lack any of them; kernels have a way on its public API that needs none.
    What type an operation has, numba tells in no public way; parts of loops are run in one thread
    without, and derivatives take longer to compile."""
    assert set(private_of_numba("from numba import njit, core\nimport numba.np.ufunc")) == {
        "core",
        "numba.np.ufunc",
    }
    assert set(private_of_numba("x = '''from numba.core import ir\\ny.overloads'''")) == {
        "numba.core.ir",
        "overloads",
    }
    users = {m for m in MODULES if m.startswith("jitgrad.runtime")}
    found = {m: names for m in users if (names := set(private_of_numba(MODULES[m].read_text())))}
    names = "derivative_code", "derivatives", "inference", "part_launch", "private"
    known = {f"jitgrad.runtime.numba.{name}" for name in names}
    assert set(found) == known, found


def test_the_checker_sees_what_it_should():
    """Its own test: relative and function-level imports are resolved."""
    assert ("jitgrad.base.errors", True) in {
        (m, top) for m, _, top in imports("jitgrad.base.config")
    }
    assert ("jitgrad.runtime.numba.build", False) in {
        (m, top) for m, _, top in imports("jitgrad.runtime.toolchain")
    }
    assert (
        layer("jitgrad.ir.node")
        < layer("jitgrad.tape.segment")
        < layer("jitgrad")
        < layer("jitgrad.__main__")
    )


def decisions(function):
    """How many ways there are to go on in a function, without those of functions within: 1, and 1
    for each branch, handler, loop, conditional expression, comprehension and boolean operator."""
    count, stack = 1, list(ast.iter_child_nodes(function))
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        count += isinstance(node, DECISIONS)
        count += len(node.values) - 1 if isinstance(node, ast.BoolOp) else 0
        stack.extend(ast.iter_child_nodes(node))
    return count


def functions_in(tree, name):
    """(its name within the package, the function) for each function of a module, and of its
    classes."""

    def within(node, path):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                inner = f"{path}.{child.name}"
                if isinstance(child, ast.FunctionDef):
                    yield inner, child
                yield from within(child, inner)
            else:
                yield from within(child, path)

    yield from within(tree, name.removeprefix("jitgrad."))


def test_functions_take_few_decisions():
    """Those that take more are in a table, with a reason, and take no more than it says."""
    found = {name: n for module in MODULES for name, n in facts(module).decisions.items()}
    many = {name: n for name, n in found.items() if n > MOST_DECISIONS}
    known = {name: n for names in MANY_DECISIONS.values() for name, n in names.items()}
    grown = {name: n for name, n in many.items() if n > known.get(name, 0)}
    assert not grown, "cut them in parts, or name them in MANY_DECISIONS, with a reason"
    stale = sorted(known.keys() - many.keys())
    assert not stale, "take these out of MANY_DECISIONS"


@pytest.mark.parametrize("folder", ["jitgrad", "tests", "benchmarks", "examples"])
def test_no_file_is_long(folder):
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    long = {str(p): n for p in files if (n := len(p.read_text().splitlines())) > LONGEST}
    assert not long


def run(script, **env):
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("JITGRAD_COMPILE")}, **env}
    env["PYTHONPATH"] = str(ROOT)
    out = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=env, timeout=120
    )
    assert out.returncode == 0, out.stderr
    return out.stdout.split()


def test_import_is_light():
    loaded = run("import sys, jitgrad; print(*{m.split('.')[0] for m in sys.modules})")
    assert "numpy" in loaded
    assert not HEAVY & set(loaded)
    others = run("import sys, numpy; print(*{m.split('.')[0] for m in sys.modules})")
    assert not {
        *("dataclasses", "decimal", "hashlib", "queue", "statistics", "subprocess", "tempfile")
    } & (set(loaded) - set(others))


@pytest.mark.parametrize("size", [3, 400_000])
def test_a_cold_gradient_does_not_wait_for_numba(size):
    script = f"""
import sys, jitgrad
x = jitgrad.ones({size}, requires_grad=True)
y = (jitgrad.sin(x) * x).sum()
y.backward()
value = y.item(), x.grad.tolist()[0]
print(*value, *{{m.split('.')[0] for m in sys.modules}})
"""
    out = run(script, JITGRAD_COMPILE="auto")
    assert float(out[0]) > 0 and float(out[1]) > 0
    assert not HEAVY & set(out[2:])
