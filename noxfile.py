"""The sessions of CI on one machine: ``nox`` for all, ``nox -s quick`` for one, ``nox -l`` for a
list.

    nox -s "tests-3.12(versions='lowest')" -- -n 2 tests/tape

It needs nox (``pip install nox``), the interpreters 3.10 to 3.14 on the path (those that are not
there are left out, but in CI), and a package index. A session of the whole suite takes some
minutes on two cores; arguments after ``--`` go to pytest.
"""

import nox

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "types", "quick", "tests"]

#: The Python of the sessions that need only one.
PYTHON = "3.12"
#: The oldest numba and NumPy that have binaries for each Python, and are no older than those that
#: pyproject.toml asks for.
LOWEST = {
    "3.10": ("numba==0.62.*", "numpy==2.0.*"),
    "3.11": ("numba==0.62.*", "numpy==2.0.*"),
    "3.12": ("numba==0.62.*", "numpy==2.0.*"),
    "3.13": ("numba==0.62.*", "numpy==2.1.*"),
    "3.14": ("numba==0.63.*", "numpy==2.3.*"),
}


def pytest(session, *arguments):
    session.run("python", "-m", "pytest", *arguments, *session.posargs)


@nox.session(python=PYTHON)
def lint(session):
    session.install("-e", ".[test]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python=PYTHON)
def types(session):
    session.install("-e", ".[test]")
    session.run("mypy")


@nox.session(python=PYTHON)
def quick(session):
    """The quick subset, with the order of imports in it."""
    session.install("-e", ".[test]")
    pytest(session, "-m", "quick")


@nox.session(python=list(LOWEST))
@nox.parametrize("versions", ["lowest", "newest"])
def tests(session, versions):
    """The whole suite; "newest" is the newest numba, and the newest NumPy that it goes with."""
    bounds = LOWEST[session.python] if versions == "lowest" else ("--upgrade", "numba", "numpy")
    session.install("-e", ".[test]", *bounds)
    pytest(session)


@nox.session(python="3.13")
def coming(session):
    """Versions of numba and NumPy that are not released yet, or that jitgrad has not been tested
    with: it may fail, and says what will."""
    session.install("-e", ".[test]")
    session.install("--pre", "--upgrade", "numba", "llvmlite")
    session.install("--pre", "--upgrade", "--no-deps", "numpy")
    pytest(session, "-W", "ignore:numba")
