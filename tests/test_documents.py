"""The documents: pages are short, links lead somewhere, modules that are named exist, examples
run."""

import importlib
import re

import pytest
from doctests import run_doctest
from folders import ROOT

import jitgrad

DOCS = ROOT / "docs"
DESIGN = sorted((DOCS / "design").glob("*.md"))
DECISIONS = sorted(path for path in (DOCS / "decisions").glob("*.md") if path.stem != "README")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LONGEST, WIDEST = 120, 100

#: What a fenced or an indented block, and a code span, are.
BLOCK = re.compile(r"^```.*?^```$|^(?: {4}.*\n?)+", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
#: A number with a unit of time, size or ratio.
FIGURE = re.compile(
    r"\d\s*(?:(?:ns|[µu]s|ms|s|seconds|minutes|[KMGk]i?B|bytes|ulp|Gflop/s|GB/s)\b|%|[×x](?![\w`]))"
    r"|\d(?:\.\d+)? times (?:as|faster|slower|longer)"
)
MODULE = re.compile(r"jitgrad(?:\.\w+)+")
FILE = re.compile(r"[\w./]+\.py|jitgrad(?:/\w+)+/?|benchmarks(?:/\w+)+|tests(?:/\w+)+|examples/\w+")
COMMAND = re.compile(r"-m ((?:benchmarks|jitgrad)[\w.]*)")


def _name(path):
    return str(path.relative_to(ROOT))


def _prose(text):
    return SPAN.sub("", BLOCK.sub("", text))


def _anchor(heading):
    """The name by which a page links to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _files():
    """Paths of the repository's sources and documents, as they are named."""
    tops = ("jitgrad", "tests", "benchmarks", "docs", "examples")
    return {
        _name(path)
        for top in tops
        for path in (ROOT / top).rglob("*")
        if "__pycache__" not in path.parts
    }


FILES = _files()
#: What is named as an example of a name that is not there.
NOWHERE = {"jitgrad.jacobian"}


def _is_file(name):
    return any(f"/{file}".endswith((f"/{name}", f"/{name}.py")) for file in FILES)


def _exists(name):
    """Whether a dotted name is that of a module, or of something in one."""
    parts = name.split(".")
    for k in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:k]))
        except ModuleNotFoundError:
            continue
        try:
            for part in parts[k:]:
                found = getattr(found, part)
        except AttributeError:
            return False
        return True
    return False


def test_there_are_pages():
    assert len(DESIGN) > 8 and len(DECISIONS) > 14 and not (DOCS / "design.md").exists()


@pytest.mark.parametrize("path", DESIGN, ids=_name)
def test_design_pages_are_short(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= LONGEST
    assert not [line for line in lines if len(line) > WIDEST and not line.startswith("|")]


def test_the_readme_is_short():
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) < 230
    assert not [line for line in lines if len(line) > WIDEST and not line.startswith("|")]


@pytest.mark.parametrize("path", DESIGN, ids=_name)
def test_design_pages_hold_no_figures(path):
    """Measured figures age: they are in `docs/performance.md`, which a command writes, and in the
    decisions, which have dates."""
    found = [match.group() for match in FIGURE.finditer(_prose(path.read_text()))]
    assert not found, "a figure belongs into docs/decisions, with its date and command"


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("takes 12 ms, or 1.4 us", 2),
        ("3.2 × as fast, 3.2 times as fast", 2),
        ("0.4 µs and 30 %, 8 KiB", 3),
        ("four blocks, `12 ms`, 32 bits, x2, 600 x", 1),
        ("two to eight iterations; h[i] = a[i] · h[i − 1]", 0),
    ],
)
def test_what_a_figure_is(text, figures):
    assert len(FIGURE.findall(_prose(text))) == figures


@pytest.mark.parametrize("path", DESIGN, ids=_name)
def test_design_pages_say_what_why_and_limits(path):
    headings = re.findall(r"^## (.*)$", path.read_text(), re.MULTILINE)
    if path.stem != "overview":
        assert headings[0] == "What" and "Why" in headings and headings[-1] == "Limits"


@pytest.mark.parametrize("path", [*DESIGN, DOCS / "writing-loops.md"], ids=_name)
def test_examples_of_pages(path, monkeypatch):
    monkeypatch.setattr(jitgrad.config, "compile", "never")
    blocks = re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)
    if blocks:
        (jitgrad.tensor(1.0) + 1.0).item()  # runs what other tests of this thread left pending
        assert run_doctest("\n".join(blocks), path.stem, path) > 0


@pytest.mark.parametrize("path", DECISIONS, ids=_name)
def test_decisions_have_a_date_and_an_end(path):
    text = path.read_text()
    assert re.search(r"^Date: \d{4}-\d\d-\d\d", text, re.MULTILINE)
    for heading in ("Question", "Decision"):
        assert f"\n## {heading}\n" in text
    assert f"({path.name})" in (path.parent / "README.md").read_text()


@pytest.mark.each("path", DOCUMENTS, ids=_name)
def test_links_lead_somewhere(path):
    missing = []
    for target in LINK.findall(BLOCK.sub("", path.read_text())):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        page = path.parent / file if file else path
        if not page.exists():
            missing.append(target)
        elif anchor and page.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
            if anchor not in map(_anchor, headings):
                missing.append(target)
    assert not missing


@pytest.mark.each("path", [path for path in DOCUMENTS if path.name != "CHANGELOG.md"], ids=_name)
def test_modules_that_are_named_exist(path):
    missing = []
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S)
    if path in DESIGN:
        named = re.findall(r"[\w/]+/\w+\.py", text)  # in drawings, too
        missing += [name for name in named if not _is_file(name)]
    missing += [name for name in COMMAND.findall(text) if not _exists(name)]
    for span in SPAN.findall(text):
        if FILE.fullmatch(span):
            if not _is_file(span.rstrip("/")):
                missing.append(span)
        elif MODULE.fullmatch(span) and span not in NOWHERE and not _exists(span):
            missing.append(span)
    assert not missing


def test_every_page_is_in_the_contents():
    contents = (DOCS / "README.md").read_text()
    missing = [
        _name(path)
        for path in (*DESIGN, *DOCS.glob("*.md"))
        if path.name != "README.md" and f"({path.relative_to(DOCS)})" not in contents
    ]
    assert not missing
