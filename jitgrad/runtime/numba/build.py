"""Kernels made runnable: their texts loaded, compiled and kept, and the drivers that launch them.

`loop_kernel` and `scalar_kernel` give the compiled kernel of a source text, each compiled once per
process and once per machine (see `cache`), by numba's private parts or its public API (`api`).
"""

import os
import threading
import time
import warnings

import numpy as np
from numba import config as numba_config
from numba import set_num_threads

from ...base.config import config
from ...base.errors import CompileError, JitgradWarning
from .. import cache, events, threadpools
from ..aside import aside
from ..partials import chosen, chosen_loops
from ..stats import COMPILED, Cost, stats
from . import api, part_launch
from .lowering import ARRAY_DATA, BYTES_DATA

#: Kernels of one process from which something is wrong with the program.
MANY = 1000

threadpools.register()


class _Registry:
    def __init__(self):
        self.made, self.lock = {}, threading.RLock()


_registry = _Registry()


def _after_fork():
    _registry.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

#: Kernels are made anew by the other API; those of plans that run stay until these are.
config.on_change("numba", lambda name: _registry.made.clear())


def built(source):
    """Whether the kernel of `source` exists in this process."""
    return source in _registry.made


def _build(source, take, driver=False):
    """The kernel of `source`: ``take(compiler, module)`` of its module, made once. Drivers are not
    counted as kernels."""
    made = _registry.made.get(source)
    return aside(_compiled, source, take, driver) if made is None else made


def _compiled(source, take, driver):
    with _registry.lock:
        if source in _registry.made:
            return _registry.made[source]
        start = time.perf_counter()
        try:
            out, hit = _taken(source, take)
        except Exception as error:
            where = cache.path_of(source)
            raise CompileError(
                f"the kernel {where} could not be compiled ({error}); its source:\n{source}"
            ) from error
        _registry.made[source] = out
        if driver:
            events.built(None, Cost(time.perf_counter() - start, COMPILED))
            return out
        name = cache.key(source)
        events.built(name, stats.count(name, hit, time.perf_counter() - start))
        if stats.kernels == MANY:
            warnings.warn(
                f"{MANY} different kernels were made in this process and are never freed; a "
                "program that keeps "
                "making new ones usually changes its structure from run to run (a loop of growing "
                "length without "
                "a look at a value, or constants that should be arguments)",
                JitgradWarning,
                stacklevel=2,
            )
        return out


def _taken(source, take):
    """What `take` gives, by the API that is set, or by the public one where that one fails.

    What the disk or the memory has no room for fails with each; what both refuse is no fault of the
    API."""
    compiler = api.compiler()
    try:
        return _loaded(source, take, compiler, config.numba)
    except (OSError, MemoryError):
        raise
    except Exception as error:
        if config.numba == "public":
            raise
        try:
            out = _loaded(source, take, api.compiler("public"), "public")
        except Exception:
            raise error from None
        api.fall_back(error)
        return out


def _loaded(source, take, compiler, name):
    module = cache.load(source, name, compiler.parsed)
    out = take(compiler, module)
    cache.forget(module)
    return out


def loop_kernel(source):
    """The address of the chunk function of an array kernel."""
    return _build(source, lambda numba, m: (numba.address(m.chunk), m.chunk.cache_hits))


def scalar_kernel(source):
    """The fast entry point of a scalar kernel."""
    return _build(source, lambda numba, m: (numba.scalar_entry(m.kernel), _hits(m.kernel)))


def _hits(dispatcher):
    return sum(dispatcher.stats.cache_hits.values())


def _driver(source, *names):
    """The entry points of a driver's functions."""

    def take(compiler, module):
        return [compiler.driver_entry(getattr(module, name)) for name in names], 0

    return _build(source, take, driver=True)


DRIVER = '''"""driver: the launch of array kernels, one for all of them."""

from numba import types

from jitgrad.runtime.numba.drivers import driver
from jitgrad.runtime.numba.lowering import call

I = types.int64


@driver(types.void(I, I, I))
def kernel(address, total, args):
    call(address, 0, total, 0, args + {bytes_data})


@driver(types.void(I, I, I, I), nogil=True)
def chunks(address, total, step, args):
    for part in range((total - 1) // step + 1):  # no total is too large for it
        call(address, part * step, min(part * step + step, total), part, args + {bytes_data})
'''

REDUCERS = '''"""driver: what is done with partial results that are numbers."""

import numpy as np
from numba import types

from jitgrad.runtime.numba.drivers import driver
from jitgrad.runtime.numba.lowering import doubles
from jitgrad.runtime.numba.support import maximum, minimum

I = types.int64


@driver(types.float64(types.float64))
def rounded(x):
    return types.float64(np.float32(x))


@driver(types.float64(I, I, I, I))
def combined(array, count, kind, narrow):
    p = doubles(array)
    while count > 1:
        for k in range(count // 2):
            a, b = p[2 * k], p[2 * k + 1]
            p[k] = {combination}
        if count & 1:
            p[count // 2] = p[count - 1]
        count = (count + 1) // 2
    return types.float64(np.float32(p[0])) if narrow else p[0]
'''

JOINED = '''"""driver: partial results that are arrays, one per chunk, joined in order."""

from numba import types

from jitgrad.runtime.numba.drivers import driver
from jitgrad.runtime.numba.lowering import doubles, singles
from jitgrad.runtime.numba.support import maximum, minimum

I = types.int64


@driver(types.void(I, I, I, I, I))
def kernel(out, array, parts, size, kind):
    p, o = {partial}(array), {elements}(out)
    for q in range(size, parts * size, size):
        {combinations}
    for k in range(size):
        o[k] = p[k]
'''

PARALLEL = '''"""driver: the parallel launch of array kernels; chunks depend on the sizes alone."""

from numba import njit, prange, types

from jitgrad.runtime.numba.lowering import call

I = types.int64


@njit(types.void(I, I, I, I), cache=True, nogil=True, parallel=True)
def kernel(address, total, step, args):
    for part in prange((total + step - 1) // step):
        call(address, part * step, min(part * step + step, total), part, args + {bytes_data})
'''


def loop_steps():
    """The module with the numbers of the steps of loops."""
    from . import loop_driver

    return loop_driver


def program_driver():
    """The address of the driver of programs, a chunk function like those of kernels."""
    from .loop_driver import SOURCE

    return _build(SOURCE, lambda numba, m: (numba.address(m.chunk), False), driver=True)


def serial_drivers():
    """What launches need, as fast entry points: a kernel in one piece, and chunk after chunk."""
    _check_layout()
    return _driver(DRIVER.format(bytes_data=BYTES_DATA), "kernel", "chunks")


def reducers():
    """What partial results need: a number rounded to float32, and floats combined, as a tree."""
    return _driver(REDUCERS.format(combination=chosen("kind", "a", "b")), "rounded", "combined")


def _joined(dtype, partial):
    partial, elements = ("doubles" if d.itemsize == 8 else "singles" for d in (partial, dtype))
    loops = chosen_loops("kind", "p[k]", "p[q + k]", "for k in range(size):")
    combinations = f"\n{' ' * 8}".join(loops)
    return JOINED.format(partial=partial, elements=elements, combinations=combinations)


def joiner(dtype, partial):
    """The entry point of what joins the arrays of floats that chunks have left, of the dtype
    `partial`, to one."""
    (kernel,) = _driver(_joined(dtype, partial), "kernel")
    return kernel


def joins(dtype, partial):
    """Whether `joiner` has nothing to compile."""
    return built(_joined(dtype, partial))


def _load_patient_openmp():
    """Load numba's OpenMP pool, if there is one, so that its threads sleep while they wait.

    By default they spin for milliseconds, before and after each launch. Beside one busy neighbour
    on two cores a launch over 200000 elements then took 8 ms (median), one thread 0.06 ms, patient
    threads 0.08 ms. libgomp looks at the environment when it is loaded, and only then; what the
    user set there stays."""
    if "OMP_WAIT_POLICY" in os.environ or "GOMP_SPINCOUNT" in os.environ:
        return
    os.environ["OMP_WAIT_POLICY"] = "passive"
    try:
        api.compiler().load_pool()
    finally:
        del os.environ["OMP_WAIT_POLICY"]


def parallel_driver():
    """The entry point of the parallel driver; starts no threads by itself."""
    _load_patient_openmp()
    (kernel,) = _driver(PARALLEL.format(bytes_data=BYTES_DATA), "kernel")
    return kernel


def lend_threads(threads):
    """Has parts of loops in njit code run on these threads."""
    part_launch.ready(threads)


def own_threads():
    """jitgrad's own threads for parallel launches; starts none by itself."""
    from ..threads import Threads
    from .thread_code import PLACES, THREADS

    def take(compiler, module):
        entries = [compiler.driver_entry(getattr(module, name)) for name in ("kernel", "work")]
        return (*entries, compiler.address(module.launch)), 0

    source = THREADS.format(bytes_data=BYTES_DATA, **PLACES)
    return Threads(*_build(source, take, driver=True), PLACES)


def limit_threads(n):
    """Let parallel launches of this Python thread use up to `n` threads."""
    set_num_threads(min(n, numba_config.NUMBA_NUM_THREADS))


def _check_layout():
    """Kernels take arrays by their id: check once that their data pointer stands where it
    should."""
    import ctypes

    probe = np.arange(3.0)[1:]
    if ctypes.c_void_p.from_address(id(probe) + ARRAY_DATA).value != probe.ctypes.data:
        raise CompileError(
            "this build of NumPy lays out arrays unexpectedly; set jitgrad.config.compile = 'never'"
        )
