"""The compiled half of the thread pool: what a launch and what a worker does, on shared words of
memory.

The words (`PLACES`) are read and written by atomic instructions alone. A launch writes the job,
opens it, wakes who sleeps and takes chunks itself; workers take chunks while there are any. Each
has a share of neighbouring chunks, and takes of the others' when it is done with it: so the next
launch over the same arrays finds in a cache what was there after the last, and memory is read in
long runs. A launch never waits for a worker to come, only for those that are inside to finish their
chunk. Imported by `build` alone. Start at `THREADS`.
"""

from llvmlite import ir

from .kinds import int32, int64, nothing
from .memory import I64, declared
from .operations import instruction

#: Numbers of words of the shared memory, on cache lines of their own: of a launch (`JOB` has its
#: arguments, how many workers it wants, and its processor; `NEXT`, how many chunks of the caller's
#: share are taken; `BUSY`, whether one is on), and from `WORKERS` on, `STRIDE` apart, of each
#: worker whether it sleeps, its semaphore, and how many of its share are taken. `PATIENCE`: turns
#: of about 20 ns that a launch waits awake for chunks that are not finished.
LINE = 8
PLACES = {
    name: LINE * k
    for k, name in enumerate(("ROUND", "NEXT", "OPEN", "INSIDE", "STOP", "BUSY", "JOB", "WORKERS"))
}
PLACES.update(SEMAPHORE=LINE, SHARE=2 * LINE, STRIDE=3 * LINE, PATIENCE=5000)


def _c_function(name, *kinds):
    """The instruction that calls a function of C's, which gives an int."""

    @instruction(int32, *kinds)
    def called(builder, *values):
        shape = ir.FunctionType(int32.llvm, [v.type for v in values])
        return builder.call(declared(builder.module, shape, name), values)

    return called


sem_wait, sem_post = _c_function("sem_wait", int64), _c_function("sem_post", int64)
sched_yield, sched_getcpu = _c_function("sched_yield"), _c_function("sched_getcpu")
sched_setaffinity = _c_function("sched_setaffinity", int32, int64, int64)


def _word(builder, pool, k):
    place = builder.add(pool, builder.shl(k, ir.Constant(I64, 3)))
    return builder.inttoptr(place, I64.as_pointer())


def _atomic(arity, emit, result=int64):
    """An instruction of the address of the words, the number of one, and `arity` values more."""

    @instruction(result, *[int64] * (2 + arity))
    def atomic(builder, pool, k, *values):
        return emit(builder, _word(builder, pool, k), *values)

    return atomic


load = _atomic(0, lambda builder, place: builder.load_atomic(place, "seq_cst", 8))
store = _atomic(1, lambda builder, place, v: builder.store_atomic(v, place, "seq_cst", 8), nothing)
raised = _atomic(1, lambda builder, place, v: builder.atomic_rmw("add", place, v, "seq_cst"))
swap = _atomic(1, lambda builder, place, v: builder.atomic_rmw("xchg", place, v, "seq_cst"))


@instruction(nothing)
def pause(builder):
    """Wait a moment in a loop, as the processor likes it."""
    processor = builder.module.triple.split("-")[0]
    if processor in ("x86_64", "i686"):
        name, kinds, values = "llvm.x86.sse2.pause", [], []
    elif processor in ("aarch64", "arm64"):
        name, kinds = "llvm.aarch64.hint", [ir.IntType(32)]
        values = [ir.Constant(ir.IntType(32), 1)]
    else:
        return
    shape = ir.FunctionType(ir.VoidType(), kinds)
    builder.call(declared(builder.module, shape, name), values)


THREADS = '''"""driver: array kernels on jitgrad's own threads; chunks depend on the sizes alone."""

from jitgrad.runtime.llvm.names import body, driver, entry
from jitgrad.runtime.llvm.memory import call
from jitgrad.runtime.llvm.thread_code import load, pause, raised, store, swap
from jitgrad.runtime.llvm.thread_code import sched_getcpu, sched_setaffinity, sched_yield
from jitgrad.runtime.llvm.thread_code import sem_post, sem_wait


@driver("int64, int64", nogil=True)
def take(pool, me):
    address, total = load(pool, {JOB}), load(pool, {JOB} + 1)
    step, args = load(pool, {JOB} + 2), load(pool, {JOB} + 3)
    threads = load(pool, {JOB} + 4) + 1
    chunks = (total + step - 1) // step
    for turn in range(threads):
        whose = (me + turn) % threads
        mine = {NEXT} if whose == 0 else {WORKERS} + (whose - 1) * {STRIDE} + {SHARE}
        first, end = whose * chunks // threads, (whose + 1) * chunks // threads
        part = first + raised(pool, mine, 1)
        while part < end:
            call(address, part * step, min(part * step + step, total), part, args + {bytes_data})
            part = first + raised(pool, mine, 1)


@driver("int64, int64, int64, int64, int64, int64", nogil=True)
def kernel(pool, workers, address, total, step, args):
    if swap(pool, {BUSY}, 1) == 1:  # a launch of another thread, or one around this
        for part in range((total + step - 1) // step):
            call(address, part * step, min(part * step + step, total), part, args + {bytes_data})
        return
    store(pool, {JOB}, address)
    store(pool, {JOB} + 1, total)
    store(pool, {JOB} + 2, step)
    store(pool, {JOB} + 3, args)
    store(pool, {JOB} + 4, workers)
    store(pool, {JOB} + 5, sched_getcpu())
    store(pool, {NEXT}, 0)
    for k in range(workers):
        store(pool, {WORKERS} + k * {STRIDE} + {SHARE}, 0)
    store(pool, {OPEN}, 1)
    raised(pool, {ROUND}, 1)
    for k in range(workers):
        mine = {WORKERS} + k * {STRIDE}
        if load(pool, mine) == 1 and swap(pool, mine, 0) == 1:
            sem_post(pool + 8 * (mine + {SEMAPHORE}))
    take(pool, 0)
    store(pool, {OPEN}, 0)
    turns = 0
    while load(pool, {INSIDE}) != 0:
        turns += 1
        if turns > {PATIENCE}:
            sched_yield()
        else:
            pause()
    store(pool, {BUSY}, 0)


@body
def body(address, total, workers, args):
    kernel(load(args, 0), workers, address, total, 1, args)


@entry
def launch(address, total, workers, args):
    body(address, total, workers, args)


@driver("int64, int64, int64, int64, int64, int64", nogil=True)
def work(pool, k, spins, masks, size, cpus):
    mine = {WORKERS} + k * {STRIDE}
    seen = 0
    here = -1
    while load(pool, {STOP}) == 0:
        turns = 0
        while load(pool, {ROUND}) == seen and turns < spins and here != load(pool, {JOB} + 5):
            turns += 1
            pause()
        if load(pool, {ROUND}) == seen:
            swap(pool, mine, 1)
            if load(pool, {ROUND}) == seen and load(pool, {STOP}) == 0:
                sem_wait(pool + 8 * (mine + {SEMAPHORE}))
            swap(pool, mine, 0)
        seen = load(pool, {ROUND})
        here = sched_getcpu()
        caller = load(pool, {JOB} + 5)
        if here == caller and 0 <= here < cpus:
            sched_setaffinity(0, size, masks + size * here)
            here = sched_getcpu()
        raised(pool, {INSIDE}, 1)
        if load(pool, {OPEN}) == 1 and k < load(pool, {JOB} + 4):
            take(pool, k + 1)
        raised(pool, {INSIDE}, -1)
'''
