"""Which API of numba kernels are compiled by: `private`, which is fast, or `public`, which every
numba has.

``config.numba`` says which. Where `private` fails, since this numba is another one than it was
written for, the setting becomes "public", with one warning. Nothing here imports numba by itself.
Start at `compiler`.
"""

import functools
import importlib
import re
import warnings

from ...base.config import config
from ...base.errors import JitgradWarning

#: The newest numba that the tests have run with; newer ones are used with a warning.
TESTED = (0, 68)

#: The modules of the values of the setting.
MODULES = {"fast": "private", "public": "public"}


def compiler(name=None):
    """The module that compiles kernels: that of ``config.numba``, or of `name`."""
    wanted = name or config.numba
    _check_once()
    try:
        return importlib.import_module(f"{__package__}.{MODULES[wanted]}")
    except (AttributeError, ImportError) as error:
        if wanted == "public":
            raise
        fall_back(error)
        return compiler("public")


def fall_back(error):
    """Compile by the public API from now on, since the private parts failed with `error`."""
    if config.numba == "public":
        return
    config.numba = "public"
    warnings.warn(
        f"numba {_version()} is not as jitgrad's fast way to compile kernels expects it "
        f"({type(error).__name__}: {str(error).strip()}): they are compiled by numba's public API, "
        "which takes longer; results are the same. Set config.numba = 'public' or JITGRAD_NUMBA="
        f"public to say so yourself, or install {_tested()}",
        JitgradWarning,
        stacklevel=2,
    )


@functools.cache
def _check_once():
    check_version()


def check_version():
    """Warn of a numba that is newer than those tested."""
    version = _version()
    found = re.match(r"(\d+)\.(\d+)", version)
    if found and tuple(map(int, found.groups())) > TESTED:
        warnings.warn(
            f"numba {version} is newer than {'.'.join(map(str, TESTED))}, the newest that jitgrad "
            f"has been tested with. It is used; should something be wrong, install {_tested()}, or "
            "set config.numba = 'public' (JITGRAD_NUMBA=public), which asks less of numba",
            JitgradWarning,
            stacklevel=2,
        )


def _version():
    import numba

    return numba.__version__


def _tested():
    major, minor = TESTED
    return f"'numba<{major}.{minor + 1}'"
