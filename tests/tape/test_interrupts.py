"""Interrupts and re-entry: an exception at any line, and code that runs within an operation, leave
everything usable.

A program is run once to count where it may be interrupted: at the lines of jitgrad, and where a
call of a C function returns, which is where Python looks for signals. Then it is run once for each
such place, with an exception raised there. Afterwards every tensor has the values of before or
after the operation that was cut, and the same program and others give right values and gradients,
in this thread and in another.

``JITGRAD_INTERRUPTS=all`` tries every place, a number so many of each program, and ``3/8`` the
third eighth of all.
"""

import dis
import linecache
import os
import random
import re
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import jitgrad
from jitgrad.tape import gate, segment
from jitgrad.tape.symbolic import Traced

ROOT = str(Path(jitgrad.__file__).parent)
TRIED = os.environ.get("JITGRAD_INTERRUPTS", "10")


#: Statements that hold a lock, and instructions that they begin with.
LOCKED = re.compile(r"\s*with [\w.]*(LOCK|lock|changed|compiling|_made|_switching)\b")

BEGIN = {"LOAD_GLOBAL", "LOAD_FAST", "LOAD_DEREF", "LOAD_NAME"}


class Stop(BaseException):
    """What is raised; a class of our own, so that nothing else is taken for it."""


def _releases(frame):
    """Whether a frame is at the end of ``with lock:``, which shows as a line; Python looks for no
    signal in between."""
    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    return bool(LOCKED.match(text)) and dis.opname[frame.f_code.co_code[frame.f_lasti]] not in BEGIN


class Places:
    """Counts the places in `run`, and raises `error` at number `at`: of lines, or of returns from C
    functions."""

    def __init__(self, returns, at=None, error=Stop):
        self.returns, self.at, self.error, self.count, self.where = returns, at, error, 0, None

    def _hit(self, frame):
        here, self.count = self.count, self.count + 1
        if here == self.at:
            self.where = (
                f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}"
            )
            sys.settrace(None)
            sys.setprofile(None)
            raise self.error

    def _trace(self, frame, event, arg):
        if not frame.f_code.co_filename.startswith(
            ROOT
        ) and not frame.f_code.co_filename.startswith("<jit"):
            return None
        if event == "line" and not _releases(frame):
            self._hit(frame)
        return self._trace

    def _profile(self, frame, event, arg):
        if event == "c_return" and frame.f_code.co_filename.startswith((ROOT, "<jit")):
            self._hit(frame)

    def run(self, program):
        """Through `map`, so that the program has an interpreter loop to itself: CPython 3.11 may
        leave names of arguments behind in one where a tracer raises, for whatever is called next.
        """
        try:
            (sys.setprofile if self.returns else sys.settrace)(
                self._profile if self.returns else self._trace
            )
            try:
                return next(map(lambda _: program(), [None]))  # noqa: C417 - called from C
            finally:
                sys.settrace(None)
                sys.setprofile(None)
        except self.error:
            return None


def t(values, grad=False):
    return jitgrad.tensor(np.array(values, float), requires_grad=grad)


# --- programs: ``make()`` gives tensors by name, the step changes them and gives results ----------

PROGRAMS = {}


def program(**make):
    def add(step):
        PROGRAMS[step.__name__] = make, step
        return step

    return add


def made(make):
    return {name: t(*x) for name, x in make.items()}


@program(x=([1.0, 2.0, 3.0],), y=([0.5, 0.25, 4.0],))
def operations(s):
    z = jitgrad.sin(s["x"] * 2.0 + s["y"]) / (3.0 - s["y"] * 0.1)
    return [z.clip(-0.5, 0.5), z.sum(), (z @ s["x"]).exp(), s["y"][1]]


@program(w=([1.0, 2.0, 3.0], True), v=([3.0, 1.0, 2.0], True))
def descent(s):
    w, v = s["w"], s["v"]
    loss = ((w * v - 1.0) ** 2).sum()
    loss.backward()
    with jitgrad.no_grad():
        for p in (w, v):
            p -= 0.01 * p.grad
            p.grad = None
    return [loss]


@program(b=(np.arange(12.0).reshape(3, 4),), g=([1.0, 2.0], True))
def views(s):
    b, g = s["b"], s["g"]
    row = b[1]
    part = row[1:3]
    part.copy_(part * 0.5 + 10.0)
    b[0] = b[2] * 0.25
    h = (g * 2.0).clone()
    h[0] = 5.0
    h.sum().backward()
    slope, g.grad = g.grad, None
    return [row.clone(), part.clone(), b.T.clone(), slope]


@program(x=([0.5, 1.5], True))
def higher(s):
    x = s["x"]
    (g,) = jitgrad.autograd.grad((x**3).sum(), [x], create_graph=True)
    (h,) = jitgrad.autograd.grad((g * g).sum(), [x])
    return [g, h, jitgrad.hvp(lambda y: (y**3).sum())(x.detach(), t([1.0, 0.5]))]


@program(x=([0.5, 1.5], True))
def hooks(s):
    x, seen = s["x"], []
    y = x * 3.0
    handles = [
        x.register_hook(lambda g: g * 2.0),
        y.register_hook(lambda g: seen.append(g) or g + 1.0),
    ]
    try:
        y.retain_grad()
        (y * y).sum().backward()
    finally:
        for handle in handles:
            handle.remove()
    slope, x.grad = x.grad, None
    return [y.grad, slope, *seen]


@program(x=([0.5, 1.5],), y=([1.0, 2.0], True))
def transforms(s):
    value, (a, b) = jitgrad.value_and_grad(lambda x, y: (x * y).sin().sum(), (0, 1))(s["x"], s["y"])
    return [value, a, b]


@program(x=([0.5, 1.5],), v=([1.0, 2.0],), y=([1.0, 2.0], True))
def tangents(s):
    def looking(x):
        y = x * 2.0
        return y.sin() if y.tolist()[0] > 0.0 else y

    def outer(y):
        return jitgrad.jvp(looking, (y * y,), (s["v"],))[1].sum()

    value, tangent = jitgrad.jvp(looking, (s["x"],), (s["v"],))
    slope = jitgrad.grad(outer)(s["y"].detach())
    return [value, tangent, slope, jitgrad.jacfwd(looking)(s["x"])]


@program(x=([0.5, 1.5, 2.5],), w=([1.0, 2.0, 3.0], True), n=([0.0],))
def recorded(s):
    """What jit traces: tensors from outside are read, written and differentiated; another function
    is called."""
    w, n = s["w"], s["n"]
    inner = jitgrad.jit(lambda x: jitgrad.tanh(x) * w)

    @jitgrad.jit
    def step(x):
        loss = (inner(x) ** 2).sum()
        loss.backward()
        with jitgrad.no_grad():
            w.sub_(0.1 * w.grad)
            w.grad = None
            n.add_(1.0)
        return loss, x * 2.0

    return [*step(s["x"]), *step(s["x"])]


STEPS = {}


@program(x=([0.5, 1.5, 2.5],), w=([1.0, 2.0, 3.0], True), n=([0.0, 1.0],))
def replayed(s):
    """One call of a function that was recorded before: all it changes changes, or nothing does."""
    if "step" not in STEPS:

        @jitgrad.jit
        def step(x, w, n):
            loss = ((x * w) ** 2).sum()
            loss.backward()
            with jitgrad.no_grad():
                w.sub_(0.1 * w.grad)
                n[0] = n[0] + 1.0
                n[1:].mul_(2.0)
            return loss, w.detach() + x

        STEPS["step"] = step
        other = made(PROGRAMS["replayed"][0])
        other["w"].grad = t([0.0, 0.0, 0.0])
        for _ in range(2):
            step(other["x"], other["w"], other["n"])
    s["w"].grad = t([0.0, 0.0, 0.0])
    out = STEPS["step"](s["x"], s["w"], s["n"])
    s["w"].grad = None
    return list(out)


#: Programs in which all tensors change at once.
AT_ONCE = {"replayed"}


# --- what must hold -------------------------------------------------------------------------------


def values(tensors):
    return [x if x is None else np.array(x.detach().tolist()) for x in tensors]


def same(got, want):
    return len(got) == len(want) and all(
        a is b
        if a is None or b is None
        else a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-12)
        for a, b in zip(got, want, strict=True)
    )


def expected(name):
    """Values of the tensors before and after a step, and of its results; then those of a second
    step."""
    make, step = PROGRAMS[name]
    s = made(make)
    out = [values(s.values())]
    for _ in range(2):
        results = values(step(s))
        out += [results, values(s.values())]
    return out


def in_thread(function):
    """What a function gives in another thread, which does not hang."""
    out = []
    thread = threading.Thread(target=lambda: out.append(function()), daemon=True)
    thread.start()
    thread.join(20)
    assert out, "another thread hangs, or failed"
    return out[0]


def check(name, s, where, want):
    """What must hold after `name` was interrupted in a step on the tensors `s`."""
    make, step = PROGRAMS[name]
    before, _results, after, _results2, _after2 = want
    assert not gate.LOCK._is_owned(), where
    assert not segment.active_traces, where
    assert segment.local.seg.tracing is None, where
    assert jitgrad.is_grad_enabled(), where
    for x in s.values():
        assert type(x._value) is not Traced, where
    grads = {k: x.grad for k, x in s.items()}
    now = dict(zip(s, values(s.values()), strict=True))
    states = []
    for k, was, then in zip(s, before, after, strict=True):
        changed = [same([now[k]], [v]) for v in (was, then)]
        if name == "recorded":  # two steps, each for each tensor
            changed = [same([now[k]], [v]) for v in (was, MIDDLE[k], then)]
        if name == "views":
            changed = [True]  # several writes
        assert any(changed), f"{where}: {k} is {now[k]}, was {was}, is to be {then}"
        if not all(changed):
            states.append(changed.index(True))
    if name in AT_ONCE:
        assert len(set(states)) <= 1, f"{where}: half of a step, {now}"
    for k, g in grads.items():  # a gradient that came is that of its tensor
        assert g is None or g.shape == s[k].shape, where
    for x in s.values():
        x.grad = None
        if x._x is not None:
            x._x.hooks = None  # the program could not take it off
    # the same step on what there is, as on new tensors with these values
    again = {k: t(now[k], s[k].requires_grad) for k in s}
    assert [x.requires_grad for x in s.values()] == [len(x) > 1 for x in make.values()], where
    got, fresh = values(step(s)), values(step(again))
    assert same(got, fresh), f"{where}: {got}, want {fresh}"
    assert same(values(s.values()), values(again.values())), where
    assert all(x.grad is None for x in s.values()), where
    # and the same and another program from the start
    for other in (name, "descent"):
        s = made(PROGRAMS[other][0])
        got = values(PROGRAMS[other][1](s))
        assert same(got, WANT[other][1]), f"{where}, then {other}: {got}, want {WANT[other][1]}"
        assert same(values(s.values()), WANT[other][2]), f"{where}, then {other}"


#: Some exceptions come within the callback of a weak reference, where Python ignores them.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
WANT, MIDDLE = {}, {}


@pytest.fixture(autouse=True)
def never(monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    monkeypatch.setattr(jitgrad.config, "verify", False)
    if not WANT:
        for name in PROGRAMS:
            WANT[name] = expected(name)
        s = made(PROGRAMS["recorded"][0])
        x, w = np.tanh(values(s.values())[0]), values(s.values())[1]
        MIDDLE.update(x=values(s.values())[0], w=w - 0.2 * x * x * w, n=np.array([1.0]))


def chosen(count, name, seed):
    """Which of so many places are tried."""
    if TRIED == "all":
        return range(count)
    if "/" in TRIED:
        k, n = map(int, TRIED.split("/"))
        return range(k - 1, count, n)
    return sorted(random.Random(f"{name} {seed}").sample(range(count), min(int(TRIED), count)))


@pytest.mark.parametrize("returns", [False, True], ids=["lines", "returns"])
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("name", list(PROGRAMS))
def test_an_exception_at_any_place(name, warm, returns):
    make, step = PROGRAMS[name]

    def run(at=None, error=Stop):
        s = made(make)
        values(s.values())
        if not warm:
            segment.drop()
        places = Places(returns, at, error)
        places.run(lambda: values(step(s)))
        return s, places

    run()
    count = run()[1].count
    tried = chosen(count, name, (warm, returns))
    for k, at in enumerate(tried):
        s, places = run(at, (Stop, MemoryError, KeyboardInterrupt)[k % 3])
        where = f"{name} at {at} of {count}, {places.where}"
        try:
            check(name, s, where, WANT[name])
        except AssertionError:
            raise
        except BaseException as error:
            raise AssertionError(f"{where}: {error!r}") from error
        if k % 50 == 7:
            assert same(in_thread(lambda: values(step(made(make)))), WANT[name][1]), where
    print(f"{name}: {len(tried)} of {count}")


# --- other code of the same thread, within an operation -------------------------------------------


class Meanwhile:
    """Runs `action` once at number `at` of the events in a program: where functions begin and end,
    in Python and C.

    There it is that Python calls signal handlers and, in allocations, the garbage collector.
    """

    def __init__(self, at, action):
        self.at, self.action, self.count, self.where = at, action, 0, None

    def _profile(self, frame, event, arg):
        if not frame.f_code.co_filename.startswith((ROOT, "<jit")):
            return
        here, self.count = self.count, self.count + 1
        if here == self.at:
            code = frame.f_code
            file = Path(code.co_filename).name
            self.where = f"{event} {file}:{frame.f_lineno} {code.co_name}"
            self.action()

    def run(self, program):
        sys.setprofile(self._profile)
        try:
            return program()
        finally:
            sys.setprofile(None)


def look(s):
    """What a logger does: it looks at a pending loss, and what else there is."""
    assert np.allclose(float(s["loss"]), 14.0)


def record(s):
    """What records, and leaves it pending."""
    s["kept"] = s["p"] * 3.0 + 1.0


def differentiate(s):
    with jitgrad.enable_grad():
        (s["p"] * s["p"]).sum().backward()


def update(s):
    """A parameter is updated, gradients off."""
    with jitgrad.no_grad():
        s["p"].sub_(0.5)
        s["p"].mul_(2.0)


def replay(s):
    s["out"] = STEPS["aside"](s["p"].detach())


def all_of_it(s):
    for action in (look, record, differentiate, update):
        action(s)


ACTIONS = [look, record, differentiate, update, replay, all_of_it]


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "recorded"])
def test_other_code_at_any_place(name, warm):
    make, step = PROGRAMS[name]
    STEPS["aside"] = aside = jitgrad.jit(lambda x: (x * x).sum())
    aside(t([1.0, 2.0, 3.0]))
    p = np.array([1.0, 2.0, 3.0])

    def run(at, action):
        s, side = made(make), {"p": t(p, True)}
        side["loss"] = (side["p"].detach() ** 2).sum()
        if not warm:
            segment.drop()
        meanwhile = Meanwhile(at, lambda: action(side))
        results = meanwhile.run(lambda: step(s))
        return values(results), values(s.values()), side, meanwhile

    run(None, look)
    count = run(None, look)[3].count
    tried = chosen(count, name, (warm, "meanwhile"))
    for k, at in enumerate(tried):
        action = ACTIONS[k % len(ACTIONS)]
        results, after, side, meanwhile = run(at, action)
        where = f"{name} at {at} of {count}, {meanwhile.where}, {action.__name__}"
        if meanwhile.where is None:  # fewer events than the time before
            continue
        want = WANT[name]
        assert same(results, want[1]), f"{where}: {results}, want {want[1]}"
        assert same(after, want[2]), f"{where}: {after}, want {want[2]}"
        assert (
            not segment.active_traces
            and segment.local.seg.tracing is None
            and jitgrad.is_grad_enabled()
        ), where
        assert side["loss"].item() == 14.0, where
        done = action is all_of_it
        now = (p - 0.5) * 2.0 if action is update or done else p
        assert np.allclose(side["p"].tolist(), now), where
        if action is record or done:
            assert "kept" in side and np.allclose(side["kept"].tolist(), p * 3.0 + 1.0), where
        if action is differentiate or done:
            assert side["p"].grad is not None and np.allclose(side["p"].grad.tolist(), 2.0 * p), (
                where
            )
        if action is replay:
            assert side["out"].item() == 14.0, where
    print(f"{name}: {len(tried)} of {count}")
