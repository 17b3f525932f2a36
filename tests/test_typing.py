"""What a type checker makes of a program that uses jitgrad: right code passes, wrong code is found,
and what the stubs declare is what there is when a program runs."""

import inspect
import os
import re
import subprocess
import sys

import pytest
from folders import ROOT

import jitgrad
from jitgrad.base.missing import Missing
from jitgrad.ops import REGISTRY

RIGHT = """
import jitgrad
import jitgrad.numpy as jnp
import numpy as np
from jitgrad import Tensor

x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
y = jitgrad.sum(jitgrad.sin(x) * 2 - x**2 / 3) + 1
y.backward()
z: Tensor = 1 - jitgrad.zeros(3) @ jitgrad.ones((3, 3), dtype=jitgrad.float32)
value, g = jitgrad.value_and_grad(lambda x: (x * x).sum())(x)
with jitgrad.no_grad():
    x -= 0.1 * g
n: int = jitgrad.get_num_threads() + x.ndim + x.size + x.shape[0] + len(x)
if x.sum() > 0 and not jitgrad.is_grad_enabled():
    print(jitgrad.config.compile, x.grad, x.numpy(), jitgrad.autograd.grad(y, x)[0].shape)

z = x.reshape(2, 1).reshape((2, -1), order="C").sum(axis=0, keepdims=True).view(-1)
z = x.sum(dim=0, keepdim=True) + x.std(unbiased=True) + jitgrad.var(x, ddof=1)
z = x.permute(0).expand(3, 2).mT.swapaxes(0, 1)[0, :, None].mean((0, 1)).clamp(min=0.0)
z = jitgrad.concatenate([x, x]) + jitgrad.stack((x, [1.0, 2.0]), axis=1).ravel()
z = jitgrad.where(x > 0, x, 0.0).clip(max=1.0).round(2).double().detach()
z = jitgrad.linalg.norm(x, ord=2, axis=-1) + abs(-x).max() + divmod(x, 2)[0].min(axis=0)
z = jitgrad.take(x, [0, 1], axis=0).repeat(2).tile(2).astype("float32").to(np.float64)
z = jitgrad.softmax(x, dim=-1) + jitgrad.full((2,), 7.0) + jitgrad.randn(2, dtype=float)
x.detach().clone().zero_().fill_(2).add_(x).mul_(0.5).requires_grad_()
x.detach().sort()
x.register_hook(lambda g: 2 * g)
number: float = float(x.sum()) + float(x[0].item())
rows: list[Tensor] = [row.exp() for row in x] + jitgrad.split(x, 2)

z = jnp.exp(x) + jnp.add(x, [1, 2]) + jnp.linspace(0, 1, 2, requires_grad=True) + jnp.pi
z = jnp.mean(x, axis=0, keepdims=True) + jnp.linalg.norm(x) + jnp.clip(x, 0, 1)
print(jnp.add.reduce(x), jnp.linalg.inv(np.eye(2)), jnp.int32, jnp.random.default_rng(), x.T)


@jitgrad.jit
def step(x: Tensor, n: int = 2) -> Tensor:
    return x * n


@jitgrad.jit(static_argnames="n", check=True)
def other(x: Tensor, n: int) -> Tensor:
    return x * n


z = step(x) + other(x, 3)
try:
    jitgrad.zeros(2) + jitgrad.zeros(3)
except (jitgrad.ShapeError, jitgrad.GradientError) as error:
    print(error)
"""

WRONG = {
    "text: str = jitgrad.ones(3)": "expression has type",
    "number: int = jitgrad.ones(3) + 1": "expression has type",
    "jitgrad.set_num_threads('2')": "incompatible type",
    "jitgrad.set_num_threads()": "Missing positional argument",
    "jitgrad.value_and_grad(3)": "incompatible type",
    "jitgrad.config.compiled": "no attribute",
    "jitgrad.summ(jitgrad.ones(3))": "no attribute",
    "jitgrad.float_": "no attribute",
    "jitgrad.linalg.eigen": "no attribute",
    "jitgrad.autograd.LOCK": "no attribute",
    "jitgrad.numpy.foo": "no attribute",
    "jitgrad.ones(3).summ()": "no attribute",
    "jitgrad.ones(3).shape = (3, 1)": "read-only",
    "jitgrad.sin('text')": "incompatible type",
    "jitgrad.sin()": "Too few arguments",
    "jitgrad.sum(jitgrad.ones(3), axis='0')": "incompatible type",
    "jitgrad.ones(3).sum(axes=0)": "Unexpected keyword",
    "jitgrad.ones(3).sin(2)": "Too many arguments",
    "jitgrad.ones(3) + 'text'": "Unsupported operand",
    "jitgrad.numpy.exp(None)": "incompatible type",
    "jitgrad.jit(lambda x: x)(1, 2)": "Too many arguments",
    "jitgrad.autograd.backward('text')": "incompatible type",
}


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """The lines that mypy complains of, or says something else of, by number."""
    api = pytest.importorskip("mypy.api")
    folder = tmp_path_factory.mktemp("typed")

    def run(source, kind="error"):
        path = folder / "program.py"
        path.write_text(source)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MYPYPATH", str(ROOT))
            out, error, _ = api.run(
                ["--config-file=", "--cache-dir", str(folder / "cache"), str(path)]
            )
        assert not error
        return {int(line.split(":")[1]): line for line in out.splitlines() if f": {kind}:" in line}

    return run


def test_right_code_passes(check):
    assert not check(RIGHT)


def test_wrong_code_is_found(check):
    found = check("\n".join(["import jitgrad", *WRONG]))
    for number, (line, complaint) in enumerate(WRONG.items(), 2):
        assert complaint in found.get(number, ""), line


MODES = """
import jitgrad

with jitgrad.no_grad():
    pass
with jitgrad.enable_grad(), jitgrad.set_grad_enabled(False):
    pass

@jitgrad.no_grad()
def f(x: int) -> str: return ""

@jitgrad.no_grad
def g(x: int) -> str: return ""

reveal_type(f(1))
reveal_type(g(1))
"""


def test_modes_are_context_managers_and_decorators(check):
    assert not check(MODES)
    shown = check(MODES, "note")
    assert len(shown) == 2 and all('type is "' in text and "str" in text for text in shown.values())


def test_every_operator_is_declared():
    for file in ("__init__.pyi", "base/typing.py"):
        declared = set(re.findall(r"__\w+__", (ROOT / "jitgrad" / file).read_text()))
        operators = {(e.names.operator, e.operands) for e in REGISTRY.values() if e.names.operator}
        assert operators
        missing = {f"__{name}__" for name, _ in operators} - declared
        compared = ("eq", "ne", "lt", "le", "gt", "ge")
        arithmetic = {name for name, n in operators if n == 2 and name not in compared}
        missing |= {f"__{side}{name}__" for name in arithmetic for side in "ri"} - declared
        assert not missing


#: What stubtest says of the stubs that is no fault -> why.
EXPECTED = {
    r'runtime does not have parameter "(dim|dims|keepdim|shifts|unbiased|out|requires_grad)"': (
        "they are taken, and signatures show NumPy's names"
    ),
    r'stub parameter "self" differs from runtime parameter "\w+"': (
        "methods are the functions of the catalogue"
    ),
    r"stub does not have \*args parameter": "methods that write what has one operand",
    r"variable differs from runtime type": (
        "aliases, which take PyTorch's names of parameters, too; functions with methods, as "
        "NumPy's ufuncs have them"
    ),
}


def test_stubs_declare_what_there_is(tmp_path):
    """As mypy compares them with the running package."""
    pytest.importorskip("mypy.stubtest")
    config = tmp_path / "mypy.ini"
    config.write_text(
        "[mypy]\nignore_errors = True\nignore_missing_imports = True\n"
        "[mypy-numpy.*,numba.*,llvmlite.*,scipy.*,torch.*]\n"  # whose stubs are long
        "follow_imports = skip\nfollow_imports_for_stubs = True\n"
    )
    command = [sys.executable, "-m", "mypy.stubtest", "--concise", "--ignore-disjoint-bases"]
    out = subprocess.run(
        [*command, "--mypy-config-file", str(config), "jitgrad"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT)},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    said = out.stdout.splitlines()
    assert any("jitgrad.sum is inconsistent" in line for line in said), out.stdout + out.stderr
    expected = re.compile("|".join(EXPECTED))
    wrong = [line for line in said if is_stubbed(line.split()[0]) and not expected.search(line)]
    assert not wrong, "\n".join(wrong)


def is_stubbed(name):
    """Whether a name is of a module or class that has a stub."""
    *home, last = name.split(".")
    if home == ["jitgrad", "Tensor"]:  # it has names that only say what to write instead
        return not isinstance(inspect.getattr_static(jitgrad.Tensor, last, None), Missing)
    module = ROOT.joinpath(*home)
    return not last.startswith("_") and (
        module.with_suffix(".pyi").exists() or (module / "__init__.pyi").exists()
    )
