"""The disk cache: kernel sources as importable files, beside them the binaries numba keeps of them.

A kernel's file is named by what it does and the hash of its text (`key`: the name that reports and
profilers show, too), in a folder named by all a binary depends on (versions of numba, llvmlite,
numpy, Python, jitgrad's own runtime; which API of numba it is compiled by; the CPU and its
features). A file is written at once or not at
all (`os.replace`) and never rewritten while its content stands, since numba ties its binaries to
the file's time stamp. What is damaged is dropped and made anew. Where nothing can be written
(read-only, full), or where others can write (`trust`), a temporary folder serves.

Start at `load`: source text -> module. `info`, `entries` and `clear` are for the user.
"""

import atexit
import contextlib
import glob
import hashlib
import importlib.util
import os
import pathlib
import re
import shutil
import sys
import tempfile
import threading
import time
import warnings
from typing import NamedTuple

from ..base.config import config
from ..base.errors import JitgradWarning
from . import trust

_lock = threading.RLock()
_bases: dict = {}
_folders: dict = {}
_writes = 0


def _after_fork():
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


#: The first line of a kernel: its kind and its operations. That of a driver, which launches
#: kernels, has none.
_TITLE = re.compile(r'"""(\w+)(?: kernel[^:\n]*: ([\w, ]+))?')
#: Operations that a name has, and digits of the hash: 26 000 kernels fill the cache, and two of
#: them are called alike once in a million such caches.
WORDS, DIGITS = 3, 12


def key(source):
    r"""The name of a kernel, or of a driver that launches kernels: its kind, its first operations,
    a hash of its text.

    Examples
    --------
    >>> from jitgrad.runtime.cache import key
    >>> key('\"\"\"row kernel, 2 loops, 5 operations: sum, exp, multiply, add.')
    'row_sum_exp_multiply_d34dc2ad0d97'
    """
    found = _TITLE.match(source)
    kind, operations = found.groups() if found else ("kernel", None)
    words = [word.strip() for word in (operations or "").split(",")][:WORDS]
    return "_".join(
        [kind, *filter(None, words), hashlib.sha256(source.encode()).hexdigest()[:DIGITS]]
    )


#: What the names of drivers begin with; those of older versions were hashes alone, as those of
#: kernels were.
_DRIVER = re.compile("driver_|d[0-9a-f]{24}")
#: Variables of numba that change no binary.
_NO_PART = re.compile("THREAD|CACHE")


def _environment(numba_api):
    """The hash of everything but the source that a binary depends on."""
    import llvmlite
    import llvmlite.binding as llvm
    import numpy

    parts = [llvmlite.__version__, numpy.__version__, sys.version, sys.platform]
    if numba_api == "public":  # numba looks for its version by itself, too
        import numba

        parts.append(numba.__version__)
    parts += [numba_api, llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
    parts += [
        f"{k}={v}"
        for k, v in sorted(os.environ.items())
        if k.startswith("NUMBA_") and not _NO_PART.search(k)
    ]
    home = pathlib.Path(__file__).parent
    own = sorted([*(home / "llvm").rglob("*.py"), *(home / "numba").rglob("*.py")])
    parts += [hashlib.sha256(path.read_bytes()).hexdigest() for path in own]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def path_of(source):
    """The file the kernel `source` has, or would have once it is compiled (with numba not yet
    imported: None)."""
    base = _folders.get((config.cache_dir, config.numba))
    return base and os.path.join(base, f"{key(source)}.py")


def _usable(path, make):
    """Whether a folder, made by `make` if it is not there, can be written to and is trusted."""
    try:
        why = make(path)
        if why is None:
            tempfile.TemporaryFile(dir=path).close()
    except OSError:
        return False
    if why is not None:
        warnings.warn(
            f"the cache folder {path} is not used, since it {why}, and kernels in it would run as "
            "you; a temporary "
            "folder serves. Remove it, or name a folder of your own in JITGRAD_CACHE_DIR",
            JitgradWarning,
            stacklevel=2,
        )
    return why is None


def base():
    """The folder that holds those of all environments: `config.cache_dir`, or a temporary one where
    that is no good."""
    with _lock:
        wanted = config.cache_dir
        if wanted not in _bases:
            _bases[wanted] = wanted if _usable(wanted, trust.made) else _temporary()
        return _bases[wanted]


def folder(numba_api=None):
    """The folder of this environment's kernels, compiled by ``config.numba`` or what is named; made
    when first asked for."""
    with _lock:
        wanted = config.cache_dir, numba_api or config.numba
        if wanted not in _folders:
            path = os.path.join(base(), _environment(wanted[1]))
            _folders[wanted] = path if _usable(path, trust.closed) else _temporary()
        return _folders[wanted]


def _temporary():
    path = tempfile.mkdtemp(prefix="jitgrad-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def _put(path, source):
    """Make `path` hold `source`; True when it did already."""
    global _writes
    try:
        with open(path, encoding="utf-8") as file:
            same = file.read() == source
        if same:
            _set_used(path, os.stat(path), time.time_ns())
            return True
    except (OSError, UnicodeDecodeError):
        pass
    _drop_binaries(path)
    temporary = f"{path}.{os.getpid()}.{threading.get_ident()}.tmp"
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(source)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        raise
    _writes += 1
    return False


def _set_used(path, before, used):
    """Say that `path` was used at `used`; by itself a file system does so once a day, never, or for
    a mere listing."""
    with contextlib.suppress(OSError):
        os.utime(path, ns=(used, before.st_mtime_ns))


def _name(path):
    return os.path.splitext(os.path.basename(path))[0]


def _beside(path):
    """What lies beside the source at `path`: its binaries and their seal."""
    return glob.glob(
        os.path.join(glob.escape(os.path.dirname(path)), "__pycache__", f"{_name(path)}.*")
    )


def _binaries(path):
    return [file for file in _beside(path) if file.endswith((".o", ".nbi", ".nbc"))]


def _seal(path):
    return os.path.join(os.path.dirname(path), "__pycache__", f"{_name(path)}.sha256")


def _drop_binaries(path):
    for file in _beside(path):
        with contextlib.suppress(OSError):
            os.remove(file)


@contextlib.contextmanager
def _binaries_beside():
    """numba keeps binaries beside the source, whatever NUMBA_CACHE_DIR and
    NUMBA_CACHE_LOCATOR_CLASSES say: else none could be found, bounded and trusted."""
    from numba import config as numba_config

    names = [name for name in ("CACHE_DIR", "CACHE_LOCATOR_CLASSES") if hasattr(numba_config, name)]
    before = {name: getattr(numba_config, name) for name in names}
    for name in names:
        setattr(numba_config, name, "")
    try:
        yield
    finally:
        for name in names:
            setattr(numba_config, name, before[name])


def has(source):
    """Whether the kernel of `source` was compiled before, by whichever process."""
    path = os.path.join(folder(), f"{key(source)}.py")
    return os.path.exists(path) and bool(_binaries(path))


def _execute(name, path, source, parse):
    module_name = f"jitgrad._kernels.{name}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    module = importlib.util.module_from_spec(spec)
    module.SOURCE = source
    sys.modules[module_name] = module  # before executing it: numba looks it up
    try:
        # Not `spec.loader.exec_module`: its bytecode cache would be one more file per kernel that
        # can go bad. And the text that was asked for, not what the file holds by now.
        with _binaries_beside():
            exec(compile(parse(source), path, "exec"), module.__dict__)
    except BaseException:
        sys.modules.pop(module_name, None)
        raise
    return module


def binary(source):
    """The object file of a kernel, as `keep` was given it, or None."""
    path = os.path.join(folder(), f"{key(source)}.py")
    place = _object(path)
    with _lock:
        try:
            _check_folders(os.path.dirname(path))
        except OSError:
            return None  # others can write to it: `keep` finds another folder
        if not os.path.exists(place) or not _put(path, source):
            return None
        if not trust.is_sealed(_seal(path), _binaries(path)):
            _drop_binaries(path)
            return None
        with open(place, "rb") as file:
            return file.read()


def keep(source, binary):
    """Keeps the object file of a kernel, beside its text; a disk that has no room for it is none
    that keeps it."""
    for last in (False, True):
        try:
            _keep(source, binary, folder())
            break
        except OSError:
            with _lock:
                if last:
                    raise
                _folders[config.cache_dir, config.numba] = _temporary()
    if _writes >= 32:
        prune()


def _keep(source, binary, base):
    path = os.path.join(base, f"{key(source)}.py")
    with _lock:
        _check_folders(base)
        if _put(path, source):
            _drop_binaries(path)  # damaged, or somebody else's, or half there
        place = _object(path)
        temporary = f"{place}.{os.getpid()}.{threading.get_ident()}.tmp"
        try:
            with open(temporary, "wb") as file:
                file.write(binary)
            os.replace(temporary, place)
        except OSError:
            with contextlib.suppress(OSError):
                os.remove(temporary)
            raise
    with contextlib.suppress(OSError):  # without a seal they are made anew the next time
        trust.seal(_seal(path), [place])


def _object(path):
    return os.path.join(os.path.dirname(path), "__pycache__", f"{_name(path)}.o")


def _check_folders(base):
    for own in (base, os.path.join(base, "__pycache__")):
        if (why := trust.closed(own)) is not None:
            raise OSError(f"the folder {own} {why}")


def forget(module):
    """Lets go of a module that `load` gave, when what it holds is all that is needed of it."""
    sys.modules.pop(module.__name__, None)


def load(source, numba_api=None, parse=str):
    """The module of the kernel `source`, compiled or taken from the cache.

    `numba_api` says what compiles it (`folder`), `parse` makes of the text what is executed."""
    for last in (False, True):
        try:
            module = _load(source, folder(numba_api), parse)
            break
        except OSError:
            # Removed or pruned meanwhile: once more. Full, or read-only by now: that fails as well.
            if last:
                with _lock:
                    base = _temporary()
                    _folders[config.cache_dir, numba_api or config.numba] = base
                module = _load(source, base, parse)
    if _writes >= 32:
        prune()
    return module


def _load(source, base, parse):
    name = key(source)
    path = os.path.join(base, f"{name}.py")
    with _lock:
        _check_folders(base)
        known = _put(path, source)
        if known and not trust.is_sealed(_seal(path), _binaries(path)):
            _drop_binaries(path)  # damaged, or somebody else's, or half there
    before = set(_binaries(path))
    try:
        module = _execute(name, path, source, parse)
    except OSError:
        raise
    except Exception:
        if not before:
            raise
        # Binaries that numba cannot read: once more without.
        _drop_binaries(path)
        before, module = set(), _execute(name, path, source, parse)
    if not before and (made := _binaries(path)):
        with contextlib.suppress(OSError):  # without a seal they are made anew the next time
            trust.seal(_seal(path), made)
    return module


#: What jitgrad writes below the cache folder: the folder may be one the user keeps other things in.
_OURS = re.compile(
    r"[0-9a-f]{16}/(NAME\.py(\.\d+\.\d+\.tmp)?|__pycache__/NAME\.([^/]+\.nb[ic](\.tmp\.\w+)?|o(\.\d+\.\d+\.tmp)?|sha256(\.\d+\.tmp)?))".replace(
        "NAME", r"(\w+_[0-9a-f]{12}|[kd][0-9a-f]{24})"
    )
)


def _files():
    """(time of last use, bytes, path) of every file of the cache, all environments."""
    out = []
    for base, _, names in os.walk(config.cache_dir):
        for name in names:
            path = os.path.join(base, name)
            try:
                stat = os.stat(path)
            except OSError:
                continue
            if _OURS.fullmatch(os.path.relpath(path, config.cache_dir).replace(os.sep, "/")):
                out.append((max(stat.st_mtime, stat.st_atime), stat.st_size, path))
    return out


def prune(limit=None):
    """Remove the kernels unused the longest until the cache is within `config.cache_mb`."""
    global _writes
    _writes = 0
    limit = config.cache_mb * 2**20 if limit is None else limit
    kernels = sorted(_kernels().values(), key=lambda files: max(used for used, _, _ in files))
    total = sum(size for files in kernels for _, size, _ in files)
    for files in kernels:
        if total <= limit:
            break
        for _, size, path in files:
            with contextlib.suppress(OSError):
                os.remove(path)
                total -= size


def _kernels():
    """The files of every kernel, by the path of its source, which may be gone."""
    found: dict = {}
    for file in _files():
        base, name = os.path.split(file[2])
        base = os.path.dirname(base) if os.path.basename(base) == "__pycache__" else base
        found.setdefault(os.path.join(base, name.split(".")[0] + ".py"), []).append(file)
    return found


class Cached(NamedTuple):
    """A kernel on the disk: its source file, the bytes of that and of its binaries, and its last
    use."""

    path: str
    bytes: int
    used: float

    @property
    def title(self):
        """What its first line says it is."""
        try:
            before = os.stat(self.path)
            with open(self.path, encoding="utf-8") as file:
                line = file.readline().strip().strip('"')
            _set_used(self.path, before, before.st_atime_ns)
            return line
        except (OSError, UnicodeDecodeError):
            return "unreadable"


def entries():
    """The kernels on the disk, the last used first; drivers are no kernels."""
    out = [
        Cached(path, sum(size for _, size, _ in files), max(used for used, _, _ in files))
        for path, files in _kernels().items()
        if not _DRIVER.match(os.path.basename(path)) and os.path.exists(path)
    ]
    return sorted(out, key=lambda entry: -entry.used)


def info():
    """Where the cache is, how many kernels it holds, and its size in bytes, that of the drivers
    included."""
    return {
        "path": config.cache_dir,
        "kernels": len(entries()),
        "bytes": sum(size for _, size, _ in _files()),
    }


def clear():
    """Remove every kernel from the disk; those in this process stay usable."""
    for _, _, path in _files():
        with contextlib.suppress(OSError):
            os.remove(path)
