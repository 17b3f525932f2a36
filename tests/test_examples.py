"""What users read must run: the examples, the README's session, and the examples in docstrings."""

import inspect
import os
import pkgutil
import re
import sys

import numpy as np
import pytest
from doctests import run_doctest
from folders import ROOT
from processes import begin, finish

import jitgrad

#: example -> what its last line starts with; each also checks its own result.
EXAMPLES = {
    "black_scholes": "largest difference from the closed forms",
    "curve_fit": "found [",
    "deconvolution": "lines found: 4",
    "digits": "median time",
    "gaussian_process": "largest error",
    "hanging_chain": "energy -0.2",
    "heat": "largest error",
    "numba_descent": "stiffness 4.00",
    "kalman_filter": "mean error",
    "logistic_regression": "first turn",
    "orbits": "largest error of an element",
    "predator_prey": "loss and gradient were",
    "population_fit": "largest difference from SciPy alone",
    "quantum_levels": "coefficient of x**6",
}


def test_every_example_is_listed():
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = str(ROOT / "examples" / f"{name}.py")
    text = f"import runpy, sys, warnings\nwarnings.simplefilter('error')\nsys.argv = [{path!r}]\n"
    text += f"runpy.run_path({path!r}, run_name='__main__')"
    out = finish(begin(text, os.environ["JITGRAD_CACHE_DIR"], JITGRAD_VERIFY="0"), timeout=300)
    assert out.splitlines()[-1].startswith(EXAMPLES[name])


def test_readme_session():
    path = ROOT / "README.md"
    blocks = re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)
    assert len(blocks) > 2 and run_doctest("\n".join(blocks), "README", path) > 12


def test_the_page_on_training():
    path = ROOT / "docs" / "training.md"
    blocks = re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)
    assert len(blocks) == 3 and run_doctest("\n".join(blocks), "training", path) > 20


def test_the_page_on_elementwise_functions():
    path = ROOT / "docs" / "elementwise-functions.md"
    blocks = re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)
    assert len(blocks) == 1 and run_doctest("\n".join(blocks), "elementwise", path) == 4


def test_the_page_on_other_libraries(monkeypatch):
    jax = pytest.importorskip("jax")
    pytest.importorskip("torch")
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    path = ROOT / "docs" / "interop.md"
    blocks = re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)
    try:
        assert len(blocks) == 4 and run_doctest("\n".join(blocks), "interop", path) > 20
    finally:
        jax.config.update("jax_enable_x64", False)


def test_what_the_page_on_seeing_shows(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # pictures are written
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "seeing.md").read_text(), re.DOTALL
    )
    exec(compile("\n".join(blocks), "seeing.md", "exec"), {"__name__": "seeing"})
    out = capsys.readouterr().out
    assert len(blocks) == 4 and "x.grad = multiply" in out and "profile of " in out


def _modules():
    yield jitgrad
    for info in pkgutil.walk_packages(jitgrad.__path__, "jitgrad."):
        if not info.name.endswith("__main__"):
            yield __import__(info.name, fromlist=["_"])


def _documented():
    """name -> (docstring with examples, module): of every module, public class, method and
    function."""
    found = {}
    for module in _modules():
        found[module.__name__] = module.__doc__, module
        for name, thing in vars(module).items():
            of_here = str(getattr(thing, "__module__", None)).startswith("jitgrad")
            if (
                name.startswith("_")
                or not of_here
                or not (inspect.isclass(thing) or inspect.isfunction(thing))
            ):
                continue
            if thing.__doc__ == getattr(getattr(thing, "__wrapped__", None), "__doc__", ""):
                continue  # NumPy's own
            full = f"{thing.__module__}.{thing.__qualname__}"
            home = sys.modules[thing.__module__]
            found[full] = thing.__doc__, home
            if inspect.isclass(thing):
                found.update(
                    (f"{full}.{n}", (m.__doc__, home))
                    for n, m in vars(thing).items()
                    if n[0] != "_"
                )
    return {name: (doc, home) for name, (doc, home) in found.items() if doc and ">>>" in doc}


DOCUMENTED = _documented()


@pytest.mark.each("name", DOCUMENTED)
def test_docstring(name, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    doc, module = DOCUMENTED[name]
    assert run_doctest(inspect.cleandoc(doc), name, "docstring", module) > 0


#: Public names that are no functions of jitgrad's: errors, warnings and NumPy's dtypes.
OTHERS = (Exception, np.generic)


def test_public_functions_have_examples():
    public = {name: getattr(jitgrad, name) for name in jitgrad.__all__}
    assert len(public) > 100
    assert not [
        name
        for name, thing in public.items()
        if callable(thing)
        and not (isinstance(thing, type) and issubclass(thing, OTHERS))
        and ">>>" not in (thing.__doc__ or "")
    ]
