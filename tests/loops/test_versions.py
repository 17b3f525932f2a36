"""Buffers that change places: each turn writes an array of its own, where nobody sees the buffers,
and nothing is undone."""

import os

import numba
import numpy as np
import pytest
from derived_functions import loaded, plain, primal
from random_stencils import Stencils, arguments

import jitgrad
from jitgrad.loops import adjoint_plan, parts
from jitgrad.loops.derive import Gradient, VjpTangent

#: How many random programs.
EXAMPLES = int(os.environ.get("JITGRAD_EXAMPLES", 4))
RNG = np.random.default_rng(5)
HEAD = "import numpy as np\nfrom numba import prange\n\n\n"


def text_of(body, before="", result="np.sum(u * u)", arrays="u, v", swap="u, v = v, u"):
    """A program of turns with `body` between buffers that change places."""
    made = "\n".join([f"    {x} = u0 * {k + 1}.0" for k, x in enumerate(arrays.split(", "))])
    turn = "\n".join([f"        {x}" for x in [*body, swap]])
    return (
        f"{HEAD}def prog(u0, c, a, k):\n    n, m = u0.shape\n{made}\n{before}"
        f"    for t in range(5):\n{turn}\n    return {result}\n"
    )


INNER = [
    "for i in range(1, n - 1):",
    "    for j in range(2, m - 1):",
    "        v[i, j] = u[i, j] * u[i - 1, j] + c[i, j] * a * u[i, j - 2] * u[i + 1, j + 1]",
]
COUNTED_DOWN = ["for j in range(m - 2, 0, -1):", "    for i in range(n - 2, 1, -1):"]
COUNTED_DOWN += ["        v[i, j] = u[i, j] * u[i - 1, j + 1]"]
BOUNDARY = ["for j in range(m):", "    v[0, j] = v[1, j] * v[1, j]", "    v[n - 1, j] = a"]
FIRST = ["for j in range(m):", "    v[0, j] = u[1, j] * u[1, j]"]
OF_U = ["for i in range(n):", "    u[i, 0] = u[i, 1] * u[i, 1]"]
ROTATED = text_of(
    [*INNER[:2], "        v[i, j] = u[i, j] * u[i - 1, j] + w[i, j] * w[i, j]"],
    arrays="u, v, w",
    swap="u, v, w = v, w, u",
    result="np.sum(u * u * w) + np.sum(v)",
)
KEPT = {
    "inside": text_of(INNER),
    "all": text_of(INNER, result="np.sum(u * v * v)"),
    "counted down": text_of(COUNTED_DOWN),
    "boundary behind": text_of([*INNER, *BOUNDARY]),
    "boundary before": text_of([*FIRST, *INNER]),
    "the other one": text_of([*OF_U, *INNER]),
    "rotated": ROTATED,
}
LEFT = {
    "read before": text_of(["for i in range(n):", "    u[i, 0] = v[i, 1] * u[i, 1]", *INNER]),
    "read by another name": text_of(
        INNER, before="    w = u\n", result="np.sum(u * v * v) + np.sum(w * w)"
    ),
    "in the middle of a choice": text_of(
        [*INNER[:2], "        if u[i, j] > 0.1:", "    " + INNER[2]]
    ),
    "places of its own": text_of(
        ["for i in range(1, n - 1):", "    v[i, i % m] = u[i, 0] * u[i - 1, 1]"]
    ),
}


def gradients(text, args, by=(0, 1, 2)):
    return Gradient(primal(loaded(text)["prog"], args, by), {})


def check(text, args, by=(0, 1, 2)):
    """Compares a gradient with that without versions, and with differences; gives the text."""
    f, derived = loaded(text)["prog"], gradients(text, args, by)
    value, grads = plain(derived)(*args)
    assert value == pytest.approx(f(*args), rel=1e-13)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adjoint_plan, "find_version", lambda *a: None)
        before = gradients(text, args, by)
    assert "_history" not in before.core_text
    for g, h in zip(grads, plain(before)(*args)[1], strict=True):
        np.testing.assert_allclose(g, h, rtol=1e-10, atol=1e-12, err_msg=text)
    eps = 1e-6
    d = [RNG.normal(size=np.shape(args[k])) for k in by]

    def moved(e):
        return f(*[x + e * y for x, y in zip(args, d, strict=False)], *args[len(by) :])

    along = sum([np.sum(g * y) for g, y in zip(grads, d, strict=True)])
    assert along == pytest.approx((moved(eps) - moved(-eps)) / (2 * eps), rel=1e-5, abs=1e-5)
    return derived.core_text


def given(shape=(6, 7)):
    return [RNG.normal(size=shape) * 0.5, RNG.normal(size=shape) * 0.5, 0.7, 2]


@pytest.mark.parametrize("name", KEPT)
def test_turns_write_arrays_of_their_own(name):
    text = check(KEPT[name], given())
    assert "_history" in text and ("_old_tape" not in text or name != "inside")


@pytest.mark.parametrize("name", LEFT)
def test_buffers_that_are_seen_are_left_as_they_are(name):
    assert "_history" not in check(LEFT[name], given())


@pytest.mark.parametrize("shape", [(0, 0), (1, 5), (2, 6), (3, 4)])
def test_small_arrays(shape):
    assert "_history" in check(KEPT["all"], given(shape))


def test_no_turn_at_all():
    text = KEPT["all"].replace("range(5)", "range(k - 2)")
    assert "_history" in check(text, given())


def test_arguments_are_not_versions():
    """The caller sees what is written to them."""
    text = KEPT["inside"].replace("    u = u0 * 1.0\n    v = u0 * 2.0\n", "    u, v = u0, c\n")
    derived = gradients(text.replace("c[i, j] * ", ""), given(), by=(0, 1))
    assert "_history" not in derived.core_text


@pytest.mark.parametrize("name", ["all", "rotated"])
def test_second_derivatives(name):
    args = given()
    f = loaded(KEPT[name])["prog"]
    d = [RNG.normal(size=args[0].shape), RNG.normal(size=args[1].shape), 0.3]
    second = plain(VjpTangent(primal(f, args, (0, 1, 2)), {}))
    _, tangents = second(*args, 1.0, *d, 0.0)
    first, eps = plain(gradients(KEPT[name], args)), 1e-6
    ends = [first(*[x + e * y for x, y in zip(args, d, strict=False)], 2)[1] for e in (eps, -eps)]
    for t, high, low in zip(tangents, *ends, strict=True):
        np.testing.assert_allclose(t, (high - low) / (2 * eps), rtol=1e-4, atol=1e-5)


def test_parallel_turns_stay_parallel(monkeypatch):
    monkeypatch.setattr(parts, "GRAIN", 1)
    monkeypatch.setattr(parts, "PLACE", 0)
    text = KEPT["inside"].replace("for i in range(1", "for i in prange(1")
    f = numba.njit(parallel=True)(loaded(text)["prog"])
    text = Gradient(primal(f, given(), (0, 1, 2)), {}).core_text
    assert "_history" in text and text.count("@_in_parts") >= 2


def test_random_stencils():
    """JITGRAD_EXAMPLES says how many."""
    found = 0
    for seed in range(EXAMPLES):
        program = Stencils(seed)
        try:
            found += "_history" in check(program.text(), arguments(program.dims, seed), (0, 1))
        except jitgrad.GradientError:
            continue
    assert found >= EXAMPLES // 20


def test_explain_says_which():
    f = jitgrad.njit(loaded(KEPT["inside"])["prog"])
    assert f.gradients.derived("gradient", given()).core_form.plan.versions
