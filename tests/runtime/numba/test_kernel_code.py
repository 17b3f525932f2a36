"""Kernels written from their syntax tree: each form of statement and expression against the same
text run by Python, the types of names, and what is not of that part of Python."""

import ast

import numpy as np
import pytest

import jitgrad
from jitgrad.runtime import cache, toolchain

#: The module that texts of kernels import.
KERNELS = "jitgrad.runtime.numba." + "library"
TEXT = '''"""flat kernel of a test: {title}."""

import math

import numpy as np

from {kernels} import *


@body
def body(start, stop, part, n0, x0, o0):
{code}


@entry
def chunk(start, stop, part, args):
    a = slots(args)
    body(start, stop, part, a[0], array_float64(a, 1), array_float64(a, 2))
'''

FORMS = {
    "an integer that becomes a float": """
acc = 0
for i in range(n0):
    acc = acc + x0[i]
o0[0] = acc""",
    "a name read after its loop": "for i in range(n0):\n    last = x0[i]\no0[0] = last",
    "a name of the turn before": """
before = 0.0
for i in range(n0):
    o0[i] = before
    before = x0[i]""",
    "an argument that is assigned": "n0 = n0 - 2\nfor i in range(n0):\n    o0[i] = 1.0",
    "steps": """
for i in range(n0 - 1, 0, -2):
    o0[i] = i
step = 3
for i in range(0, n0, step):
    o0[i] = o0[i] - i
for i in range(n0, 0, -step):
    o0[i - 1] += 0.25""",
    "loops that end early": """
i = 0
while True:
    if x0[i] > 1 or i == n0 - 1:
        break
    o0[i] = x0[i]
    i += 1
for j in range(i, n0):
    if j > 6:
        break
    else:
        o0[j] = -1.0""",
    "conditions": """
behind = n0 - 3
for i in range(n0):
    if behind and i % 2 == 1:
        o0[i] = 1.0
    elif not (i < 4) or 0 < x0[i] <= 1.5:
        o0[i] = 2.0 if i // 3 else 3
    mask = (x0[i] > 0) & (i != 2) | (i == 5)
    o0[i] += 10.0 if mask else -10.0""",
    "what is not to be looked at": """
for i in range(n0 + 3):
    inside = i < n0 and x0[i] > 0
    o0[i % n0] += x0[i] if i < n0 else 0.5
    o0[i % n0] += 1.0 if inside else 0.0""",
    "several at once": "a = b = x0[0]\na, b = b + 1, a + 2\no0[0], o0[1] = b, a\no0[2] = (a, b)[1]",
    "complex numbers": """
z = complex(x0[0], n0)
w = (z * z).conjugate()
o0[0] = w.real
o0[1] = z.imag""",
    "functions": """
for i in range(min(n0, 5)):
    o0[i] = maximum(x0[i], math.sqrt(abs(x0[i]))) + np.float64(max(i, 2)) - math.pi
    o0[i] = fast_add(o0[i], floor_divide(x0[i], 0.3)) if o0[i] < math.inf else 0.0""",
    "memory of its own": """
m = fixed_float64(8)
for i in range(8):
    m[i] = x0[i]
w = offset_by(m, 2)
for i in range(6):
    o0[i] = w[i] + (1 << 3) - -1""",
    "a deep expression": "o0[0] = " + "(" * 40 + "x0[0]" + " + x0[1])" * 40,
    "bits": """
k = n0 ^ 5
o0[0] = (k << 2) | 1
o0[1] = ~k
o0[2] = -(k >> 1)
o0[3] = k % 4 + 7 // 2""",
}
REFUSED = {
    "a list": "x = [1, 2]\no0[0] = 1.0",
    "a name without a value": "o0[0] = missing",
    "a loop over memory": "for v in x0:\n    o0[0] = v",
    "arguments by name": "o0[0] = np.float64(x=1)",
}


def text_of(name, code):
    lines = "\n".join("    " + line for line in code.strip("\n").split("\n"))
    return TEXT.format(title=name, code=lines, kernels=KERNELS)


def by_numba(source):
    """The address of a kernel that is typed and written by numba's words."""
    from jitgrad.runtime.numba import private

    return private.called_by(cache.load(source, "fast", private.parsed).chunk)


@pytest.mark.parametrize("name", sorted(FORMS))
@pytest.mark.parametrize("words", ["ours", "numba's"])
def test_it_means_what_python_means(name, words):
    from jitgrad.runtime import launch

    source = text_of(name, FORMS[name])
    build = toolchain.load()
    run = launch.prepare()
    x = np.array([0.5, -1.25, 1.0, 0.0, 2.5, -3.0, 0.75, 1.5])
    wanted, out = np.zeros(8), np.zeros(8)
    scope = {}
    function = next(s for s in ast.parse(source).body if getattr(s, "name", "") == "body")
    function.decorator_list = []
    exec(f"import math\nimport numpy as np\nfrom {KERNELS} import *", scope)
    scope["fixed_float64"], scope["offset_by"] = np.empty, lambda memory, k: memory[k:]
    exec(compile(ast.Module([function], []), "<text>", "exec"), scope)
    scope["body"](0, 8, 0, 8, x.copy(), wanted)
    slots = np.array([8, id(x), id(out)], np.int64)
    block = slots.tobytes()
    run(build.loop_kernel(source) if words == "ours" else by_numba(source), 8, id(block))
    np.testing.assert_allclose(out, wanted, rtol=1e-15)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_not_of_it_is_refused(name):
    from jitgrad.runtime.llvm import native
    from jitgrad.runtime.llvm.kernel_types import Unwritten
    from jitgrad.runtime.numba import private

    source = text_of(name, REFUSED[name])
    with pytest.raises(Unwritten):
        native.compiled(source, "refused")
    with pytest.raises(Exception) as error:
        cache.load(source, "fast", private.parsed)
    found = error.value
    assert isinstance(found, Unwritten) or "Unwritten" in repr(found.__cause__) + str(found), found


def test_names_that_are_assigned_once_need_no_place():
    from jitgrad.runtime.llvm.kernel_code import KernelNames

    code = """
def body(n, x):
    a = 1.0
    for i in range(n):
        b = x[i] + a
        c = b
    d = c
    e = 0
    e = e + 1
"""
    (function,) = ast.parse(code).body
    placed = KernelNames(function).placed & {"n", "x", "a", "i", "b", "c", "d", "e"}
    assert placed == {"c", "e"}


def test_nothing_that_kernels_see_is_stored_with_each(tmp_path, monkeypatch):
    """Their functions would be most of the binary, and are slow to write."""
    from jitgrad.runtime.numba import private

    monkeypatch.setattr(jitgrad.config, "cache_dir", str(tmp_path))
    cache.load(text_of("stored", FORMS["steps"]), "fast", private.parsed)
    (binary,) = (path.read_bytes() for path in tmp_path.rglob("*.nbc"))
    assert b"cloudpickle" not in binary and b"maximum" not in binary
