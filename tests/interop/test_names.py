"""What `jitgrad.interop` is without the other libraries: modules that import nothing, and say what
to install."""

import os
import subprocess
import sys

import pytest
from folders import ROOT

import jitgrad
from jitgrad import MissingError


def test_no_library_is_imported_before_a_call():
    script = (
        "import sys, jitgrad; jitgrad.interop.torch.to_torch, jitgrad.interop.jax.to_jax; "
        "print({'torch', 'jax', 'numba'} & {*sys.modules})"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    out = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True)
    assert out.stdout.strip() == "set()", out.stderr


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_a_missing_library_is_named(name, monkeypatch):
    module = getattr(jitgrad.interop, name)
    module._library.cache_clear()
    monkeypatch.setitem(sys.modules, name, None)
    for call in (
        lambda: getattr(module, f"from_{name}")(lambda x: x),
        lambda: getattr(module, f"to_{name}")(lambda x: x)(1.0),
    ):
        with pytest.raises(MissingError, match=f"pip install {name}"):
            call()
    with pytest.raises(MissingError, match="wrap"):
        jitgrad.interop.wrap  # noqa: B018
