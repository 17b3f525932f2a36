"""Forks, leaving while something is compiled, and the cache folder that processes share, on whole
programs."""

import os
import shutil
import signal
import time

import pytest
from processes import PROGRAM, SMALL, finish, start

HAS_FORK = hasattr(os, "fork")


# --- forks ----------------------------------------------------------------------------------------

FORK = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # Python >= 3.12 warns of forks beside threads

def in_child(work):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
"""


@pytest.mark.skipif(not HAS_FORK, reason="no fork here")
@pytest.mark.parametrize("compiling", ["never", "auto", "always"])
def test_fork(tmp_path, compiling):
    """A child computes: with pending records of the parent, with kernels of its own, with large
    launches."""
    source = """
    run()
    big = jitgrad.tensor(np.linspace(0, 1, 400_000), requires_grad=True)
    (big * big).sum().backward()
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    y = x * x * 3          # pending in both

    def child():
        y.sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), [6.0, 12.0])
        run(60, 1)
        (jitgrad.cos(big) * big).sum().backward()
        n = np.linspace(0, 1, 400_000)
        np.testing.assert_allclose(big.grad.numpy(), 2 * n + np.cos(n) - n * np.sin(n), rtol=1e-9)
        jitgrad.synchronize()

    in_child(child)
    in_child(lambda: in_child(child))
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [6.0, 12.0])
    run(70, 2)
    print("done")
    """
    assert finish(start(source, tmp_path, compiling, PROGRAM + FORK)) == "done\n"


@pytest.mark.skipif(not HAS_FORK, reason="no fork here")
@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_fork_while_numba_is_imported(tmp_path, delay):
    """By a program that has not imported logging, whose lock numba and the fork take too."""
    source = f"""
    import time
    from jitgrad.runtime import background
    for _ in range(1000):
        run()
    time.sleep({delay})
    in_child(lambda: (run(), jitgrad.synchronize()))
    print(background.compiler.held)  # or the fork had waited in vain
    """
    assert finish(start(source, tmp_path, "auto", SMALL + FORK, fresh=True)) == "True\n"


@pytest.mark.skipif(not HAS_FORK, reason="no fork here")
@pytest.mark.parametrize("delay", [0.0, 0.2, 0.5])
def test_fork_while_a_kernel_is_compiled(tmp_path, delay):
    source = f"""
    import time
    for n in range(50, 60):
        for _ in range(25):
            run(n)
    time.sleep({delay})
    in_child(lambda: (run(77, 3), jitgrad.synchronize()))
    print("done")
    """
    assert finish(start(source, tmp_path, "auto", PROGRAM + FORK)) == "done\n"


@pytest.mark.skipif(not HAS_FORK, reason="no fork here")
def test_pool_of_forked_workers(tmp_path):
    source = """
    import multiprocessing, warnings
    warnings.simplefilter("ignore", DeprecationWarning)

    def work(k):
        run(40 + k, k)
        x = jitgrad.tensor(float(k), requires_grad=True)
        (x ** 3).backward()
        return x.grad.item()

    run()
    with multiprocessing.get_context("fork").Pool(3) as pool:
        print(pool.map(work, range(6)))
    """
    assert finish(start(source, tmp_path)) == "[0.0, 3.0, 12.0, 27.0, 48.0, 75.0]\n"


# --- leaving --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "delay, fresh", [(0.0, True), (0.5, True), (0.0, False), (0.2, False), (0.6, False)]
)
def test_leaving_while_kernels_are_compiled(tmp_path, delay, fresh):
    """Or, in a fresh process, while numba is imported."""
    source = f"""
    import time
    for n in range(3):
        x = jitgrad.tensor(np.linspace(0, 1, 300_000), requires_grad=True)
        (jitgrad.sin(x) * jitgrad.exp(x)).sum().backward()
        run()
    time.sleep({delay})
    print("done")
    """
    assert finish(start(source, tmp_path, "auto", fresh=fresh)) == "done\n"


def test_leaving_with_pending_records_and_open_modes(tmp_path):
    source = """
    x = jitgrad.ones(3, requires_grad=True)
    y = (x * 2).sum()
    jitgrad.no_grad().__enter__()
    print("done")
    """
    assert finish(start(source, tmp_path, "auto")) == "done\n"


def test_exception_at_the_end_of_a_script_is_the_users(tmp_path):
    process = start("x = jitgrad.ones(3) * 2\nraise KeyError('mine')", tmp_path, "auto")
    _, err = process.communicate(timeout=60)
    assert (
        process.returncode == 1
        and err.strip().endswith("KeyError: 'mine'")
        and "jitgrad" not in err
    )


# --- one cache, many processes --------------------------------------------------------------------

COUNT = """
run()
from jitgrad.runtime.stats import stats
print(stats.compiled, stats.loaded)
"""


def counts(process):
    return tuple(map(int, finish(process).split()))


def test_processes_that_compile_the_same_kernels_at_once(tmp_path):
    results = [counts(p) for p in [start(COUNT, tmp_path, before=SMALL) for _ in range(3)]]
    assert all(compiled + loaded == sum(results[0]) for compiled, loaded in results)
    compiled, loaded = counts(start(COUNT, tmp_path, before=SMALL))
    assert compiled == 0 and loaded == sum(results[0])
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("delay", [0.3, 0.6, 0.9])
def test_process_killed_while_it_compiles(tmp_path, delay):
    process = start(COUNT, tmp_path)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.communicate()
    first = counts(start(COUNT, tmp_path))
    assert sum(first) > 0
    assert counts(start(COUNT, tmp_path)) == (0, sum(first))


@pytest.fixture(scope="module")
def whole_cache(tmp_path_factory):
    """A folder of kernels to damage copies of, and how many a process takes from it."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, sum(counts(start(COUNT, folder, before=SMALL)))


def _damage(path, how):
    if how == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif how == "emptied":
        path.write_bytes(b"")
    elif how == "garbage":
        path.write_bytes(b"\x00\xff garbage" * 100)
    else:
        path.unlink()


@pytest.mark.parametrize(
    "suffix, how",
    [
        (".py", "garbage"),
        (".py", "emptied"),
        (".o", "cut"),
        (".o", "garbage"),
        (".o", "emptied"),
        (".o", "removed"),
    ],
)
def test_damaged_cache_files_are_made_anew(tmp_path, whole_cache, suffix, how):
    whole, total = whole_cache
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    files = list(tmp_path.rglob(f"*{suffix}"))
    assert files
    for path in files:
        _damage(path, how)
    assert sum(counts(start(COUNT, tmp_path, before=SMALL))) == total
    assert counts(start(COUNT, tmp_path, before=SMALL)) == (0, total)


def test_cache_removed_while_the_process_runs(tmp_path):
    source = """
    import shutil
    run()
    shutil.rmtree(jitgrad.config.cache_dir)
    x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    (jitgrad.cos(x) / (x * x + 1)).prod().backward()
    print(jitgrad.isfinite(x.grad).all().item())
    """
    assert finish(start(source, tmp_path / "cache")) == "True\n"


@pytest.mark.parametrize("place", ["a file", "below a file", "read-only"])
def test_cache_folder_that_cannot_be_written(tmp_path, place):
    file = tmp_path / "file"
    file.write_text("not a folder")
    locked = tmp_path / "locked"
    locked.mkdir()
    cache = {"a file": file, "below a file": file / "cache", "read-only": locked / "cache"}[place]
    if place == "read-only":
        locked.chmod(0o500)
        if os.access(locked, os.W_OK):
            pytest.skip("this user may write everywhere")
    try:
        assert sum(counts(start(COUNT, cache, before=SMALL))) > 0
    finally:
        locked.chmod(0o700)
    assert file.read_text() == "not a folder"


def test_cache_written_in_automatic_mode_serves_the_next_process(tmp_path):
    warm = """
    for _ in range(300):
        run()
    jitgrad.synchronize()
    run()
    from jitgrad.runtime.stats import stats
    print(stats.compiled, stats.loaded)
    """
    kernels = sum(
        counts(start(warm, tmp_path, "auto"))
    )  # compiled here, or by the child process and loaded
    assert kernels > 0
    assert counts(start(warm, tmp_path, "auto")) == (0, kernels)
