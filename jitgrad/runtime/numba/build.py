"""Kernels made runnable: their texts loaded, compiled and kept, and the drivers that launch them.

`loop_kernel` and `scalar_kernel` give the compiled kernel of a source text, each compiled once per
process and once per machine (see `cache`), by numba's private parts or its public API (`api`).
"""

import os
import sys
import threading
import time
import warnings

import numpy as np

from ...base.config import config
from ...base.errors import CompileError, JitgradWarning
from .. import cache, events, threadpools
from ..aside import aside
from ..llvm import native
from ..llvm.kernel_types import Unwritten
from ..llvm.memory import ARRAY_DATA, BYTES_DATA
from ..partials import chosen, chosen_loops
from ..stats import COMPILED, Cost, stats
from . import api

#: Kernels of one process from which something is wrong with the program.
MANY = 1000

threadpools.register()


class _Registry:
    def __init__(self):
        self.made, self.lock = {}, threading.RLock()


_registry = _Registry()


#: The threads that parts of loops in njit code run on; a child that is forked has none.
lent: list = []


def _after_fork():
    lent.clear()
    _registry.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

#: Kernels are made anew by the other API; those of plans that run stay until these are.
config.on_change("numba", lambda name: _registry.made.clear())


def built(source):
    """Whether the kernel of `source` exists in this process."""
    return source in _registry.made


def _build(source, *names, driver=False):
    """What the functions `names` of `source` are called by, made once: the address of a chunk
    function, entry points of what Python calls. Drivers are not counted as kernels."""
    made = _registry.made.get(source)
    return aside(_compiled, source, names, driver) if made is None else made


def _compiled(source, names, driver):
    with _registry.lock:
        if source in _registry.made:
            return _registry.made[source]
        start = time.perf_counter()
        try:
            out, hit = _taken(source, names)
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


def _taken(source, names):
    """(what the functions are called by, whether the disk had them), by the way that is set, or by
    the public API where that one fails.

    What the disk or the memory has no room for fails with each; what both refuse is no fault of the
    API."""
    try:
        return _made(source, names, config.numba)
    except (OSError, MemoryError):
        raise
    except Exception as error:
        if config.numba == "public":
            raise
        try:
            out = _made(source, names, "public")
        except Exception:
            raise error from None
        api.fall_back(error)
        return out


def _made(source, names, way):
    if way == "fast":
        try:
            return _native(source, names)
        except Unwritten:
            pass  # it contains functions of numba's
    compiler = api.compiler(way)
    module = cache.load(source, way, compiler.parsed)
    found = [getattr(module, name) for name in names]
    out = [compiler.called_by(function) for function in found]
    cache.forget(module)
    return out, any(map(_hits, found))


def _hits(function):
    """How often numba found the binary of a function on the disk."""
    if hasattr(function, "cache_hits"):
        return function.cache_hits
    return sum(function.stats.cache_hits.values())


def _native(source, names):
    """As `_made`, without numba."""
    key, hit = cache.key(source), True
    binary = cache.binary(source)
    if binary is None:
        binary, hit = native.compiled(source, key), False
        cache.keep(source, binary)
    return native.loaded(key, names, binary), hit


def loop_kernel(source):
    """The address of the chunk function of an array kernel."""
    return _build(source, "chunk")[0]


def scalar_kernel(source):
    """The fast entry point of a scalar kernel."""
    return _build(source, "kernel")[0]


def _driver(source, *names):
    """The entry points of a driver's functions."""
    return _build(source, *names, driver=True)


DRIVER = '''"""driver: the launch of array kernels, one for all of them."""

from jitgrad.runtime.llvm.names import driver
from jitgrad.runtime.llvm.memory import call


@driver("int64, int64, int64")
def kernel(address, total, args):
    call(address, 0, total, 0, args + {bytes_data})


@driver("int64, int64, int64, int64", nogil=True)
def chunks(address, total, step, args):
    for part in range((total - 1) // step + 1):  # no total is too large for it
        call(address, part * step, min(part * step + step, total), part, args + {bytes_data})
'''

REDUCERS = '''"""driver: what is done with partial results that are numbers."""

import numpy as np

from jitgrad.runtime.llvm.names import driver, maximum, minimum
from jitgrad.runtime.llvm.memory import doubles


@driver("float64")
def rounded(x):
    return np.float64(np.float32(x))


@driver("int64, int64, int64, int64")
def combined(array, count, kind, narrow):
    p = doubles(array)
    while count > 1:
        for k in range(count // 2):
            a, b = p[2 * k], p[2 * k + 1]
            p[k] = {combination}
        if count & 1:
            p[count // 2] = p[count - 1]
        count = (count + 1) // 2
    return np.float64(np.float32(p[0])) if narrow else p[0]
'''

JOINED = '''"""driver: partial results that are arrays, one per chunk, joined in order."""

from jitgrad.runtime.llvm.names import driver, maximum, minimum
from jitgrad.runtime.llvm.memory import doubles, singles


@driver("int64, int64, int64, int64, int64")
def kernel(out, array, parts, size, kind):
    p, o = {partial}(array), {elements}(out)
    for q in range(size, parts * size, size):
        {combinations}
    for k in range(size):
        o[k] = p[k]
'''

PARALLEL = '''"""driver: the parallel launch of array kernels; chunks depend on the sizes alone."""

from numba import njit, prange, types

from jitgrad.runtime.llvm.memory import call

I = types.int64


@njit(types.void(I, I, I, I), cache=True, nogil=True, parallel=True)
def kernel(address, total, step, args):
    for part in prange((total + step - 1) // step):
        call(address, part * step, min(part * step + step, total), part, args + {bytes_data})
'''


def loop_steps():
    """The module with the numbers of the steps of loops."""
    from ..llvm import loop_driver

    return loop_driver


def program_driver():
    """The address of the driver of programs, a chunk function like those of kernels."""
    from ..llvm.loop_driver import SOURCE

    return _driver(SOURCE, "chunk")[0]


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
    """Has parts of loops in njit code run on these threads, once there is such code."""
    lent[:] = [threads]
    if (parts := sys.modules.get(f"{__package__}.part_launch")) is not None:
        parts.ready(threads)


def records(layout, operators):
    """The functions of records in machine code, as what `record_code` calls them by: addresses, of
    `FUNCTIONS` objects of Python's."""
    from ..llvm import machine, record_code
    from ..llvm.python_entry import callable_at

    text = record_code.source(layout, operators)
    key, binary = cache.key(text), cache.binary(text)
    names = [*(operator.name for operator in operators), *record_code.FUNCTIONS, "places"]
    with _registry.lock:
        if binary is None:
            binary = record_code.object_file(layout, operators, key)
            cache.keep(text, binary)
        found = machine.addresses(binary, [native.symbol(key, name) for name in names])
    out = dict(zip(names, found, strict=True))
    for name in record_code.FUNCTIONS:
        out[name] = callable_at(out[name], name)
    return out


def has_records(layout, operators):
    """Whether the disk has the binary of `records`."""
    from ..llvm import record_code

    return cache.has(record_code.source(layout, operators))


def own_threads():
    """jitgrad's own threads for parallel launches; starts none by itself."""
    from ..llvm.thread_code import PLACES, THREADS
    from ..threads import Threads

    source = THREADS.format(bytes_data=BYTES_DATA, **PLACES)
    return Threads(*_driver(source, "kernel", "work", "launch"), PLACES)


def limit_threads(n):
    """Let parallel launches of this Python thread use up to `n` threads."""
    from numba import config as numba_config
    from numba import set_num_threads

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
