"""Every test runs with the verifier on (`jitgrad.ir.verify`) and a kernel cache of the tests alone,
in this process and in those it starts."""

import faulthandler
import functools
import gc
import os
import pathlib
import sys
import time

os.environ["JITGRAD_VERIFY"] = (
    "1"  # read when jitgrad is imported, which must not be before this line
)
# A process of tests has one core: threads of BLAS would wait for each other, spinning.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if "JITGRAD_CACHE_DIR" not in os.environ:
    from kernel_cache import kernel_cache

    os.environ["JITGRAD_CACHE_DIR"] = kernel_cache()  # that of workers and children, too

# numba not first in the compile thread: sys.modules would change while pytest iterates over it.
import hypothesis
import numba  # noqa: F401
import pytest
from each import called, parametrize
from quick import QUICK, is_quick

import jitgrad
import jitgrad.runtime.numba.build

jitgrad.runtime.numba.build.MANY = 100_000  # the tests are no program that repeats itself
jitgrad.runtime.plan.APART = 100_000  # what they count is compiled in this process

# On a slow or busy machine an example may take any time.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """A process per core for the whole suite, four at the most since one may take 3 GB; none but
    this one for files that are named, where `-s` and a debugger are wanted. `-n` says otherwise."""
    named = any(".py" in argument for argument in config.args)
    cores = (
        os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    )
    return 0 if named or len(cores) == 1 else min(4, len(cores))


@functools.cache
def _file(path):
    """The path of a test file from the folder of tests."""
    return path.relative_to(pathlib.Path(__file__).parent).as_posix()


def pytest_ignore_collect(collection_path, config):
    """Files without quick tests are not imported for ``-m quick``: that takes longer than it."""
    if config.option.markexpr == "quick" and collection_path.name.startswith("test_"):
        return True if _file(collection_path) not in QUICK else None
    return None


def pytest_generate_tests(metafunc):
    parametrize(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    return called(pyfuncitem)


def pytest_collection_modifyitems(items):
    for item in items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        if is_quick(_file(item.path), item.originalname, params):
            item.add_marker("quick")


#: Seconds after which a test that hangs ends the process, which says where each thread was. Watched
#: anew every minute, not for each test as pytest does: that starts and joins a thread, which takes
#: milliseconds where the processors are busy.
HANGS, WATCHED = 600, 60
_watch = {"since": None, "where": None}


def pytest_configure(config):
    try:
        _watch["where"] = os.dup(sys.stderr.fileno())  # as it is before tests are captured
    except (AttributeError, OSError, ValueError):
        pass


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    now = time.monotonic()
    if _watch["where"] is not None and (_watch["since"] is None or now > _watch["since"] + WATCHED):
        _watch["since"] = now
        faulthandler.dump_traceback_later(HANGS, exit=True, file=_watch["where"])


@pytest.hookimpl(specname="pytest_runtest_teardown")
def _rest(nextitem):
    """A process that waits for others to end their tests does not hang."""
    if nextitem is None:
        _watch["since"] = None
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(autouse=True, scope="module")
def _old_objects_are_left_alone():
    """Collections in this module do not look through the kernels that those before it have made:
    there are many."""
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown():
    """What a test leaves to the compile thread is not compiled: nobody waits for it but the tests
    that ask for `synchronize`, which would wait for hours where a machine is slow."""
    compiler = jitgrad.runtime.background.compiler
    with compiler.lock:
        for waiting in (compiler.queue, compiler.asked):
            kept = [(plan, outcome) for plan, outcome in waiting if outcome is not None]
            for plan, outcome in waiting:
                plan.queue = plan.queue if outcome is not None else None
            waiting.clear()
            waiting.extend(kept)


@pytest.fixture(params=["never", "always"])
def tier(request):
    jitgrad.synchronize()  # what is being compiled must not count here
    before, jitgrad.config.compile = jitgrad.config.compile, request.param
    yield request.param
    jitgrad.config.compile = before


@pytest.fixture(params=["fast", "public"])
def numba_api(request):
    """Kernels, compiled by numba's inner parts and by its public API."""
    jitgrad.synchronize()
    before = jitgrad.config.numba, jitgrad.config.compile
    jitgrad.config.numba, jitgrad.config.compile = request.param, "always"
    yield request.param
    jitgrad.config.numba, jitgrad.config.compile = before


@pytest.fixture
def no_gc():
    """Whatever dies in the test dies by reference counts."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
