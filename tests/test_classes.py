"""Objects have the attributes that their classes declare: in the body of the class, its slots or
its ``__init__``, their own or that of a base of the package.

Read from the source with `ast`: what a method adds to `self` later is an attribute that a reader of
the class does not find, and that some objects have and others do not.
"""

import ast

import pytest
from folders import ROOT

#: Class -> why its methods add attributes. A line that nothing needs fails as well.
GROWING = {
    "CompiledCall": "it is made in steps, of which each says what it leaves to the next ones",
}
#: Where a class says what its objects have, beside its body.
MAKING = ("__init__", "__new__")

#: Their names and syntax, at any depth, read when the first test asks.
CLASSES: dict = {}


@pytest.fixture(autouse=True, scope="module")
def classes():
    for path in sorted((ROOT / "jitgrad").rglob("*.py")):
        within = [ast.parse(path.read_text())]
        while within:
            node = within.pop()
            if isinstance(node, ast.ClassDef):
                CLASSES[node.name] = node
            within += (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))
    assert len(CLASSES) > 400
    yield
    CLASSES.clear()


def stored(tree):
    """The attributes of `self` that are assigned in a function, at any depth."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }


def declared(name):
    """The attributes that a class and its bases of the package declare."""
    names = set()
    for node in CLASSES[name].body:
        if isinstance(node, ast.FunctionDef):
            names |= {node.name} | (stored(node) if node.name in MAKING else set())
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            texts = (n.value for n in ast.walk(node) if isinstance(n, ast.Constant))
            names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            names |= {text for text in texts if isinstance(text, str)}  # of slots
    for base in CLASSES[name].bases:
        if isinstance(base, ast.Name) and base.id in CLASSES:
            names |= declared(base.id)
    return names


def grown(name):
    """What methods of a class assign that it does not declare."""
    methods = (node for node in CLASSES[name].body if isinstance(node, ast.FunctionDef))
    return set().union(*map(stored, methods)) - declared(name)


def test_classes_declare_what_their_objects_have():
    wrong = {name: found for name in CLASSES if name not in GROWING and (found := grown(name))}
    assert not wrong, "give these a first value in __init__, or declare them in the class"


def test_no_class_is_named_without_need():
    assert not [name for name in GROWING if not grown(name)]
