"""``python -m jitgrad``: a tour, a report of what is installed, and the kernel cache.

    python -m jitgrad                 a short tour: a gradient, its kernel, their times (--size: n)
    python -m jitgrad info            versions, CPU, threads, cache and settings
    python -m jitgrad cache           the kernels on this disk, the last used 20 (--all: all)
    python -m jitgrad cache clear     remove them
    python -m jitgrad profile FILE    run a program, and say what its kernels took

The exit code is 0, 1 where something could not be done, and 2 for wrong arguments. Start at `main`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import __version__
from .base.errors import JitgradError
from .cli import info as report
from .cli import tour

SIZE = 10**6


def _size(text: str) -> int:
    """A number of elements; 1e6 is understood."""
    try:
        n = float(text)
    except ValueError:
        n = 0.0
    if not (1 <= n <= 1e9 and n == int(n)):
        raise argparse.ArgumentTypeError(
            f"got {text!r}, expected a whole number from 1 to 1e9, such as 1e6"
        )
    return int(n)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m jitgrad",
        description="Without a command: a short live tour of gradients on this machine.",
    )
    parser.add_argument("--version", action="version", version=f"jitgrad {__version__}")
    parser.add_argument(
        "--size", type=_size, metavar="N", help="elements in the tour (default: 1e6)"
    )
    parser.set_defaults(run=lambda options: tour.run(options.size or SIZE))
    commands = parser.add_subparsers(title="commands", dest="command")
    info = commands.add_parser("info", help="versions, CPU, threads, cache and settings")
    info.set_defaults(run=lambda options: report.info())
    cache = commands.add_parser("cache", help="list the kernels on this disk, or clear them")
    cache.add_argument("action", nargs="?", choices=("list", "clear"), default="list")
    cache.add_argument(
        "--all", action="store_true", help=f"list all (default: the {report.LISTED} used last)"
    )
    cache.set_defaults(run=_cache)
    profile = commands.add_parser("profile", help="run a program, and say what its kernels took")
    profile.add_argument("file", help="a Python file")
    profile.add_argument("arguments", nargs=argparse.REMAINDER, help="what it gets as sys.argv[1:]")
    profile.set_defaults(run=lambda options: report.profiled(options.file, options.arguments))
    return parser


def _cache(options: argparse.Namespace) -> int:
    if options.action == "clear":
        return report.clear()
    report.kernels(options.all)
    return 0


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; an option that its command does not have is refused."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command and options.size is not None:
        parser.error(f"--size is the size of the tour, and {options.command} has none")
    if options.command == "cache" and options.all and options.action == "clear":
        parser.error("--all is for listing; clear removes all kernels")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line `arguments`; the exit code."""
    options = _parsed(arguments)
    try:
        code = options.run(options) or 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader (head, less) has gone; Python must not complain about it once more when it
        # flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except MemoryError:
        n = options.size or SIZE
        print(
            f"python -m jitgrad: not enough memory for {n} elements; pass a smaller --size",
            file=sys.stderr,
        )
    except (JitgradError, ImportError, OSError) as error:
        print(f"python -m jitgrad: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
