"""Where kernels of tests are kept from one session to the next."""

import atexit
import contextlib
import os
import pathlib
import shutil
import tempfile


def kernel_cache():
    """A folder in `build`, since compiling takes most of the time of the suite.

    A file there is named by the text of its kernel, in a folder by all else that a binary depends
    on (numba, NumPy, the processor, the sources of `jitgrad/runtime/numba`), so whatever changes is
    compiled. Where nothing can be written beside the tests, it is a folder of this session.
    """
    build = pathlib.Path(__file__).resolve().parents[2] / "build"
    with contextlib.suppress(OSError):
        build.mkdir(exist_ok=True)
    if os.access(build, os.W_OK):
        return str(build / "test-kernels")
    folder = tempfile.mkdtemp(prefix="jitgrad-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
