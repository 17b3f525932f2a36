"""What a type checker makes of a program that uses jitgrad: right code passes, wrong code is
found."""

import re

import pytest
from folders import ROOT

from jitgrad.ops import REGISTRY

RIGHT = """
import jitgrad
from jitgrad import Tensor

x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
y = jitgrad.sum(jitgrad.sin(x) * 2 - x**2 / 3) + 1
y.backward()
z: Tensor = 1 - jitgrad.zeros(3) @ jitgrad.linalg.inv(jitgrad.ones(3, 3))
value, g = jitgrad.value_and_grad(lambda x: (x * x).sum())(x)
with jitgrad.no_grad():
    x -= 0.1 * g
n: int = jitgrad.get_num_threads()
if x.sum() > 0 and not jitgrad.is_grad_enabled():
    print(jitgrad.config.compile, x.grad, x.numpy(), jitgrad.autograd.grad(y, x)[0].shape)
"""

WRONG = {
    "text: str = jitgrad.ones(3)": "expression has type",
    "number: int = jitgrad.ones(3) + 1": "expression has type",
    "jitgrad.set_num_threads('2')": "incompatible type",
    "jitgrad.set_num_threads()": "Missing positional argument",
    "jitgrad.value_and_grad(3)": "incompatible type",
    "jitgrad.config.compiled": "no attribute",
}


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """The lines that mypy complains of, by number."""
    api = pytest.importorskip("mypy.api")
    folder = tmp_path_factory.mktemp("typed")

    def run(source):
        path = folder / "program.py"
        path.write_text(source)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MYPYPATH", str(ROOT))
            out, error, _ = api.run(
                ["--config-file=", "--cache-dir", str(folder / "cache"), str(path)]
            )
        assert not error
        return {int(line.split(":")[1]): line for line in out.splitlines() if ": error:" in line}

    return run


def test_right_code_passes(check):
    assert not check(RIGHT)


def test_wrong_code_is_found(check):
    found = check("\n".join(["import jitgrad", *WRONG]))
    for number, (line, complaint) in enumerate(WRONG.items(), 2):
        assert complaint in found.get(number, ""), line


def test_every_operator_is_declared():
    declared = set(re.findall(r"__\w+__", (ROOT / "jitgrad" / "base" / "typing.py").read_text()))
    operators = {(e.operator, e.operands) for e in REGISTRY.values() if e.operator}
    assert operators
    missing = {f"__{name}__" for name, _ in operators} - declared
    arithmetic = {
        name for name, n in operators if n == 2 and name not in ("eq", "ne", "lt", "le", "gt", "ge")
    }
    missing |= {f"__{side}{name}__" for name in arithmetic for side in "ri"} - declared
    assert not missing
