"""`draw`: the picture has every operation once, kernels around theirs, and changes nothing."""

import re
import shutil
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import jitgrad
from jitgrad import numpy as jn
from jitgrad.tape.segment import local

SVG = "{http://www.w3.org/2000/svg}"


def vector(n=100, grad=True):
    return jitgrad.tensor(np.linspace(0.1, 1.0, n), requires_grad=grad)


def own(what, *args, **options):
    return jitgrad.draw(what, *args, engine="own", **options)


def frames(drawing):
    """(kind, first text, left, top, right, bottom) of each rectangle with a text, by the
    translations around it."""
    out = []

    def walk(element, left, top):
        moved = re.fullmatch(r"translate\((.*),(.*)\)", element.get("transform", ""))
        if moved:
            left, top = left + float(moved[1]), top + float(moved[2])
        children = list(element)
        for k, child in enumerate(children):
            if child.tag == f"{SVG}rect" and child.get("width") != "100%":
                text = next(c.text for c in children[k:] if c.tag == f"{SVG}text")
                w, h = float(child.get("width")), float(child.get("height"))
                kind = child.get("class") or element.get("class")
                out.append((kind, text, left, top, left + w, top + h))
            walk(child, left, top)

    walk(ElementTree.fromstring(drawing.svg), 0.0, 0.0)
    return out


def inside(a, b):
    return b[2] <= a[2] and b[3] <= a[3] and a[4] <= b[4] and a[5] <= b[5]


def apart(a, b):
    return a[4] <= b[2] or b[4] <= a[2] or a[5] <= b[3] or b[5] <= a[3]


def heads(picture):
    return [box.lines[0] for box in picture.boxes]


def mlp():
    w, b, v = (jitgrad.tensor(np.ones(s), requires_grad=True) for s in ((8, 5), (5,), (5, 3)))
    x = jitgrad.tensor(np.ones((4, 8)))
    return jitgrad.logsumexp(jitgrad.tanh(x @ w + b) @ v, axis=1).mean()


def test_every_box_is_drawn_once_within_its_kernel():
    drawing = own(mlp())
    found = frames(drawing)
    boxes = [f for f in found if f[0].startswith("box")]
    groups = [f for f in found if f[0] == "group"]
    assert sorted(f[1] for f in boxes) == sorted(heads(drawing.picture))
    assert sorted(f[1] for f in groups) == sorted(g.title for g in drawing.picture.groups)
    assert len(groups) > 3
    for k, a in enumerate(boxes):
        assert all(apart(a, b) for b in boxes[k + 1 :])
    for group in groups:
        members = [b for b in drawing.picture.boxes if b.group and b.group.title == group[1]]
        assert sum(inside(a, group) for a in boxes) == len(members)
        assert all(inside(a, group) or apart(a, group) for a in boxes)
    for k, a in enumerate(groups):
        assert all(apart(a, b) for b in groups[k + 1 :])
    root = ElementTree.fromstring(drawing.svg)
    width, height = float(root.get("width")), float(root.get("height"))
    assert all(f[2] >= 0 and f[4] <= width and f[3] >= 0 and f[5] <= height for f in found)
    assert len(root.findall(f".//{SVG}path[@class='arrow']")) == len(drawing.picture.arrows)


def test_forward_and_backward():
    x = vector()
    y = (jitgrad.sin(x) * x).sum()
    roles = {box.lines[0]: box.role for box in own(y).picture.boxes}
    assert roles == {
        "input": "input",
        "sin": "forward",
        "multiply": roles["multiply"],
        "sum": "forward",
        "cos": "backward",
        "add": "backward",
    }
    boxes = own(y).picture.boxes
    assert [b.lines[1:] for b in boxes if b.is_result] == [
        ("float64[]", "result"),
        ("float64[100]", "gradient by input"),
    ]
    assert "cos" not in heads(own(y, backward=False).picture)
    with pytest.raises(jitgrad.ArgumentError, match="does not require grad"):
        own(vector(grad=False) * 2, backward=True)


def test_kernels_are_those_that_run():
    y = mlp()
    groups = [g.title for g in own(y, backward=False).picture.groups]
    ran = jitgrad.explain(y)
    kernels = [
        f"kernel {k.number}: {'by NumPy' if k.kind == 'call' else k.kind}" for k in ran.kernels
    ]
    assert groups == kernels


def test_nothing_is_materialised():
    x = vector()
    y = jitgrad.sin(x) * 2.0
    z = (y * x).sum()
    segment, state = local.seg, local.seg.state
    own(z), own(y), own(lambda a: a * 2, y)
    own(jitgrad.jit(jitgrad.grad(lambda a: (a * a).sum())), y)
    assert local.seg is segment
    assert segment.state is state
    assert y._value is None
    assert z._value is None
    z.backward()
    a = np.linspace(0.1, 1.0, 100)
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.cos(a) * a + 2 * np.sin(a), rtol=1e-12)


def test_a_value_that_ran_and_one_that_was_given():
    x = vector()
    y = jitgrad.sin(x).sum()
    y.item()
    assert "sin" in heads(own(y).picture)
    given = own(x).picture
    assert len(given.boxes) == 1
    assert "no operation" in given.notes[0]
    z = (y * 2.0).exp()
    assert "result of sum" in heads(own(z).picture)


def test_a_stale_view_says_so():
    x = jitgrad.arange(4.0)
    first = x[:2]
    x += 1.0
    assert "recorded anew" in own(first).picture.notes[0]
    assert first.tolist() == [1.0, 2.0]


def test_functions_under_jit_name_their_arguments():
    calls = []

    def f(x, scale):
        calls.append(1)
        return jitgrad.exp(x) * scale

    for g in (f, jitgrad.jit(f)):
        found = heads(own(g, vector(grad=False), scale=jitgrad.ones(100)).picture)
        assert sorted(found) == ["exp", "multiply", "scale", "x"]
    found = own(lambda a, b: (a * b).sum(), vector(5), vector(5, False), backward=True).picture
    labels = [box.lines[2] for box in found.boxes if box.is_result]
    assert sorted(labels) == ["gradient by a", "gradient by b", "result"]
    with pytest.raises(jitgrad.JitError):
        own(lambda a: a if a.sum() > 0 else -a, vector())


def test_loops_are_nested():
    def turn(c, x):
        inner, _ = jitgrad.scan(lambda d, _: (jitgrad.tanh(d), None), c, length=4)
        return inner * x, c

    drawing = own(lambda c, x: jitgrad.scan(turn, c, x), jitgrad.ones(3), jitgrad.ones((7, 3)))
    loop = next(b.inner for b in drawing.picture.boxes if b.inner)
    assert "loop of 7 turns" in loop.notes[0]
    (inner,) = [b.inner for b in loop.boxes if b.inner]
    assert "loop of 4 turns" in inner.notes[0]
    assert "tanh" in heads(inner)
    found = frames(drawing)
    loops = [f for f in found if f[1] == "loop"]
    assert len(loops) == 2
    assert inside(loops[1], loops[0])
    (tanh,) = [f for f in found if f[1] == "tanh"]
    assert inside(tanh, loops[1])
    assert drawing.dot.count("subgraph") == 2 + len(drawing.picture.groups)


def test_large_graphs_are_cut():
    x = vector()
    y = x
    for _ in range(60):
        y = jitgrad.sin(y) * x
    picture = own(y.sum()).picture
    assert len(picture.boxes) < 10
    assert "a kernel is one box" in picture.notes[0]
    y = jitgrad.ones((4, 4))
    for _ in range(40):
        y = y @ y
    picture = own(y, boxes=10).picture
    assert len(picture.boxes) == 10
    assert "30 boxes more" in picture.notes[-1] or "31 boxes more" in picture.notes[-1]
    ElementTree.fromstring(own(y, boxes=10).svg)


def test_texts_are_escaped():
    def f(**given):
        return given['<a & "b">'] * 2

    drawing = own(f, **{'<a & "b">': jitgrad.ones(3)})
    assert '<a & "b">' in [f[1] for f in frames(drawing)]
    assert '\\"b\\"' in drawing.dot


def test_notebooks_and_files(tmp_path):
    y = vector() * 2
    drawing = own(y)
    assert drawing._repr_svg_() == drawing.svg
    assert drawing.svg in drawing._repr_html_()
    own(y, path=tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text() == drawing.svg
    own(y, str(tmp_path / "a.dot"))
    assert (tmp_path / "a.dot").read_text().startswith("digraph {")
    own(y, path=tmp_path / "b", format="dot")
    assert (tmp_path / "b").read_text() == drawing.dot
    assert re.fullmatch(r"<drawing of \d+ boxes in 2 kernels>", repr(drawing))


def test_refusals(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    y = vector() * 2
    with pytest.raises(jitgrad.ArgumentError, match="expected a tensor or a function"):
        jitgrad.draw(3)
    with pytest.raises(jitgrad.ArgumentError, match="at most a path"):
        jitgrad.draw(y, 3)
    with pytest.raises(jitgrad.ArgumentError, match="expected one of auto"):
        jitgrad.draw(y, engine="neato")
    with pytest.raises(jitgrad.ArgumentError, match="no program 'dot'"):
        jitgrad.draw(y, format="pdf")
    assert jitgrad.draw(y).svg == own(y).svg


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_by_graphviz(tmp_path):
    drawing = jitgrad.draw(mlp(), engine="dot", path=tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    root = ElementTree.fromstring(drawing.svg)
    nodes = root.findall(f".//{SVG}g[@class='node']")
    assert len(nodes) == len(drawing.picture.boxes)
    clusters = root.findall(f".//{SVG}g[@class='cluster']")
    assert len(clusters) == len(drawing.picture.groups)


def test_the_text_for_graphviz_is_read_by_its_package():
    graphviz = pytest.importorskip("graphviz")
    drawing = own(jn.mean(vector() ** 2))
    assert graphviz.Source(drawing.dot).source.count("->") == len(drawing.picture.arrows)
