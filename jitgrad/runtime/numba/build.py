"""Kernels made runnable: the only module (with `build_lowering`) that imports numba, at its first
use.

Kernel files import from here what they are decorated with: `body` (the loops), `entry` (the uniform
chunk function ``chunk(start, stop, part, args)`` a launch calls through its address) and `scalar`.
Everybody else calls `loop_kernel` and `scalar_kernel`, which give the compiled kernel of a source
text, each compiled once per process and once per machine (see `cache`).
"""

import itertools
import os
import threading
import time
import warnings

import numpy as np
from numba import config, njit, set_num_threads
from numba.core.bytecode import FunctionIdentity

from ...base.dtypes import SUPPORTED
from ...base.errors import CompileError, JitgradWarning
from .. import cache, events, threadpools
from ..aside import aside
from ..partials import chosen, chosen_loops
from ..stats import COMPILED, Cost, stats
from .entry import ChunkFunction, release
from .lowering import BYTES_DATA, free, item_type, local_maker, prefetch, scratch_maker
from .passes import Plain

#: Kernels of one process from which something is wrong with the program.
MANY = 1000


def _unique_names():
    """Count numba's function ids from a random number: they stand in symbol names, and kernels
    cached by different processes that call different helpers of one name and id would all be linked
    to one of them (numba #10486)."""
    FunctionIdentity._unique_ids = itertools.count(int.from_bytes(os.urandom(7), "little"))


_unique_names()
threadpools.register()
__all__ = ["body", "entry", "free", "prefetch", "scalar"]

for _dtype in SUPPORTED:
    _type = item_type(_dtype)
    for _name, _make in (("local", local_maker), ("scratch", scratch_maker)):
        globals()[f"{_name}_{_dtype.name}"] = _make(_type)
        __all__.append(f"{_name}_{_dtype.name}")


def body(function):
    """The loops of a kernel, compiled with its entry."""
    return function


def entry(function):
    """The chunk function of a kernel, callable through its address."""
    return ChunkFunction(function.__globals__["body"], function)


def scalar(signature):
    """A kernel of Python numbers, for the argument types of `signature`."""
    return njit(
        f"({signature}{',' if signature else ''})",
        cache=True,
        error_model="numpy",
        pipeline_class=Plain,
    )


class _Registry:
    def __init__(self):
        self.made, self.lock = {}, threading.RLock()


_registry = _Registry()


def _after_fork():
    _unique_names()
    _registry.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def built(source):
    """Whether the kernel of `source` exists in this process."""
    return source in _registry.made


def _hits(function):
    return (
        sum(function.stats.cache_hits.values())
        if hasattr(function, "stats")
        else function.cache_hits
    )


def _build(source, take, driver=False):
    """The kernel of `source`: `take(module)` of its module, made once. Drivers are not counted as
    kernels."""
    made = _registry.made.get(source)
    return aside(_compiled, source, take, driver) if made is None else made


def _compiled(source, take, driver):
    with _registry.lock:
        if source in _registry.made:
            return _registry.made[source]
        start = time.perf_counter()
        module = None
        try:
            module = cache.load(source)
            out = take(module)
            cache.forget(module)
        except Exception as error:
            where = cache.path_of(source)
            raise CompileError(
                f"the kernel {where} could not be compiled ({error}); its source:\n{source}"
            ) from error
        _registry.made[source] = out
        if driver:
            events.built(None, Cost(time.perf_counter() - start, COMPILED))
            return out
        hit = _hits(module.chunk if hasattr(module, "chunk") else module.kernel)
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


def loop_kernel(source):
    """The address of the chunk function of an array kernel."""

    def take(module):
        release(module.chunk.library)
        return module.chunk.address

    return _build(source, take)


def scalar_kernel(source):
    """The fast entry point of a scalar kernel."""

    def take(module):
        (result,) = module.kernel.overloads.values()
        release(result.library)
        return result.entry_point

    return _build(source, take)


DRIVER = '''"""driver: the launch of array kernels, one for all of them."""

import numpy as np
from numba import njit, types

from jitgrad.runtime.numba.lowering import call, doubles
from jitgrad.runtime.numba.support import maximum, minimum

I = types.int64


@njit(types.void(I, I, I), cache=True)
def kernel(address, total, args):
    call(address, 0, total, 0, args + {bytes_data})


@njit(types.void(I, I, I, I), cache=True, nogil=True)
def chunks(address, total, step, args):
    for part in range((total + step - 1) // step):
        call(address, part * step, min(part * step + step, total), part, args + {bytes_data})


@njit(types.float64(types.float64), cache=True)
def rounded(x):
    return types.float64(np.float32(x))


@njit(types.float64(I, I, I, I), cache=True, error_model="numpy")
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

from numba import njit, types

from jitgrad.runtime.numba.lowering import doubles, singles
from jitgrad.runtime.numba.support import maximum, minimum

I = types.int64


@njit(types.void(I, I, I, I, I), cache=True, error_model="numpy")
def kernel(out, array, parts, size, kind):
    p, o = {partial}(array), {elements}(out)
    for q in range(size, parts * size, size):
        {combinations}
    for k in range(size):
        o[k] = p[k]
'''

PARALLEL = '''"""driver: the parallel launch of array kernels; the chunks depend on the sizes, never on the threads."""

from numba import njit, prange, types

from jitgrad.runtime.numba.lowering import call

I = types.int64


@njit(types.void(I, I, I, I), cache=True, nogil=True, parallel=True)
def kernel(address, total, step, args):
    for part in prange((total + step - 1) // step):
        call(address, part * step, min(part * step + step, total), part, args + {bytes_data})
'''


def _entry_point(dispatcher):
    (result,) = dispatcher.overloads.values()
    return result.entry_point


def serial_drivers():
    """The module of what launches need, as fast entry points: a kernel in one piece, chunk after
    chunk, a number rounded to float32, and partial results of floats combined, as a tree."""
    _check_layout()
    source = DRIVER.format(bytes_data=BYTES_DATA, combination=chosen("kind", "a", "b"))
    names = ("kernel", "chunks", "rounded", "combined")
    return _build(
        source, lambda m: tuple([_entry_point(getattr(m, name)) for name in names]), driver=True
    )


def _joined(dtype, partial):
    partial, elements = ("doubles" if d.itemsize == 8 else "singles" for d in (partial, dtype))
    loops = chosen_loops("kind", "p[k]", "p[q + k]", "for k in range(size):")
    combinations = f"\n{' ' * 8}".join(loops)
    return JOINED.format(partial=partial, elements=elements, combinations=combinations)


def joiner(dtype, partial):
    """The entry point of what joins the arrays of floats that chunks have left, of the dtype
    `partial`, to one."""
    return _build(_joined(dtype, partial), lambda m: _entry_point(m.kernel), driver=True)


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
        from numba.np.ufunc import omppool  # noqa: F401
    except ImportError:
        pass  # numba has other pools
    finally:
        del os.environ["OMP_WAIT_POLICY"]


def parallel_driver():
    """The entry point of the parallel driver; starts no threads by itself."""
    _load_patient_openmp()
    return _build(
        PARALLEL.format(bytes_data=BYTES_DATA), lambda m: _entry_point(m.kernel), driver=True
    )


def own_threads():
    """jitgrad's own threads for parallel launches; starts none by itself."""
    from ..threads import Threads
    from .thread_code import PLACES, THREADS

    source = THREADS.format(bytes_data=BYTES_DATA, **PLACES)
    kernel, work = _build(
        source, lambda m: (_entry_point(m.kernel), _entry_point(m.work)), driver=True
    )
    return Threads(kernel, work, PLACES)


def limit_threads(n):
    """Let parallel launches of this Python thread use up to `n` threads."""
    set_num_threads(min(n, config.NUMBA_NUM_THREADS))


def _check_layout():
    """Kernels take arrays by their id: check once that their data pointer stands where it
    should."""
    import ctypes

    from .lowering import ARRAY_DATA

    probe = np.arange(3.0)[1:]
    if ctypes.c_void_p.from_address(id(probe) + ARRAY_DATA).value != probe.ctypes.data:
        raise CompileError(
            "this build of NumPy lays out arrays unexpectedly; set jitgrad.config.compile = 'never'"
        )
