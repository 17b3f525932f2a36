"""What ``python -m jitgrad info``, ``cache`` and ``profile`` print.

Nothing here imports numba: versions come from the packages' metadata, the CPU's name and features
from llvmlite, which is where the kernels' compiler has them from. Start at `info`.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Sequence
from typing import Any

from .. import __version__
from ..base.config import SETTINGS, config, cores, variable
from ..diagnostics.profile import profile
from ..ir.printer import counted
from ..runtime import cache
from ..runtime.launch import get_num_threads

#: Kernels that are listed unless all are asked for.
LISTED = 20

#: Features of a CPU that decide how wide and how fast kernels are.
VECTOR = (
    "sse4.2",
    "avx",
    "fma",
    "f16c",
    "avx2",
    "avx512f",
    "avx512dq",
    "avx512vl",
    "neon",
    "sve",
    "sve2",
)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def cpu() -> tuple[str, tuple[str, ...]]:
    """(name, vector features) of this CPU, as the compiler sees it."""
    try:
        import llvmlite.binding as llvm
    except ImportError:
        return platform.processor() or platform.machine(), ()
    features = llvm.get_host_cpu_features()
    return llvm.get_host_cpu_name(), tuple(name for name in VECTOR if features.get(name))


def _folder_state(path: str) -> str:
    """What is to be said of the cache folder, if anything."""
    if not os.path.lexists(path):
        return ", not there yet"
    if not os.path.isdir(path):
        return ", which is not a folder: kernels go to a temporary one"
    return (
        ""
        if os.access(path, os.W_OK | os.X_OK)
        else ", not writable: kernels go to a temporary one"
    )


def _row(name: str, text: Any) -> None:
    print(f"  {name:<11} {text}")


def _mib(size: float) -> str:
    return f"{size / 2**20:.1f} MiB"


def info() -> None:
    """Prints the report."""
    print(f"jitgrad {__version__}, Python {platform.python_version()}, {platform.platform()}")
    _row("executable", sys.executable)
    for package in ("numpy", "numba", "llvmlite"):
        _row(package, _version(package))
    name, features = cpu()
    print("CPU")
    _row("name", name)
    _row("features", " ".join(features) or "unknown")
    _row("threads", f"{get_num_threads()} of {counted(cores(), 'core')}")
    found = cache.info()
    print("kernel cache")
    _row("folder", found["path"] + _folder_state(found["path"]))
    _row("kernels", f"{found['kernels']}, {_mib(found['bytes'])} of at most {config.cache_mb} MiB")
    print("settings (attribute of jitgrad.config, value, environment variable)")
    for name in SETTINGS:
        _row(name, f"{getattr(config, name)!s:<24} {variable(name)}")


def kernels(every: bool = False) -> None:
    """Prints the kernels of the cache, the last used first: when and how large, the file, and what
    it does."""
    found, entries = cache.info(), cache.entries()
    count = counted(len(entries), "kernel")
    print(f"{found['path']}{_folder_state(found['path'])}: {count}, {_mib(found['bytes'])}")
    for entry in entries if every else entries[:LISTED]:
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.used))
        print(
            f"  {used}  {entry.bytes / 1024:7.1f} KiB  "
            f"{os.path.relpath(entry.path, found['path'])}  {entry.title}"
        )
    if len(entries) > LISTED and not every:
        print(f"and {len(entries) - LISTED} more, used longer ago: python -m jitgrad cache --all")


def clear() -> int:
    """Empties the cache; 1 if something is left."""
    before = cache.info()
    cache.clear()
    after = cache.info()
    removed = counted(before["kernels"] - after["kernels"], "kernel")
    print(f"removed {removed}, {_mib(before['bytes'] - after['bytes'])}, from {before['path']}")
    if after["bytes"]:
        print(
            f"{_mib(after['bytes'])} in {after['path']} could not be removed; check its "
            "permissions",
            file=sys.stderr,
        )
        return 1
    return 0


def profiled(path: str, arguments: Sequence[str]) -> int:
    """Runs a program as ``python path arguments`` does and prints its profile; the exit code is the
    program's."""
    import runpy
    import traceback

    open(path, "rb").close()  # the error of a missing file must not look like one of the program
    sys.argv, sys.path[0] = [path, *arguments], os.path.dirname(os.path.abspath(path))
    code = 0
    with profile() as seen:
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
            if end.code is not None and not isinstance(end.code, int):
                print(end.code, file=sys.stderr)
        except Exception:
            traceback.print_exc()
            code = 1
    print(f"\n{seen}")
    return code
