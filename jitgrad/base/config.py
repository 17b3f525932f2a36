"""Settings, as attributes of the one `config` object.

============= ================================ ===================================================
attribute     values                           meaning
============= ================================ ===================================================
compile       "auto", "always" or "never"      NumPy while cold and kernels when they pay; kernels
                                               only (the first call waits); NumPy only
cache_dir     path                             where kernel sources and binaries are kept
child         bool                             compile many kernels in a child process
cache_mb      int                              the size the cache folder is pruned to, in MiB
num_threads   int                              threads of large kernels, at most one per core; what
                                               OMP_NUM_THREADS says, if nothing else is said
numba         "fast" or "public"               what compiles kernels: LLVM (and inner parts of
                                               numba those with its functions), or numba's public
                                               API, which takes longer; results are the same
pool_mb       int                              memory kept for new large results, in MiB
checkpoint_mb int                              what the reverse mode of a loop keeps of its turns,
                                               in MiB; if it is more, some is computed again
segment       int                              records after which a loop is cut
verify        bool                             check every IR graph (the tests turn it on)
============= ================================ ===================================================

Each is read from the environment once, as ``JITGRAD_COMPILE``, ``JITGRAD_CACHE_DIR``, ...; an empty
variable counts as not set. `SETTINGS` is the table all else is made from: a setting is one line of
it and one annotation of `Config`. What must follow a change, such as dropping what was made under
the old value, is registered with `Config.on_change`.
"""

from __future__ import annotations

import functools
import operator
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from .errors import ArgumentError
from .surface import surface

T = TypeVar("T")


class Kind(NamedTuple):
    """What a setting may be: `expected` in words, `check` gives the value kept or raises, `read`
    makes it of text."""

    expected: str
    check: Callable[[Any], Any]
    read: Callable[[str], Any] = str


def _valid(condition: object, value: T) -> T:
    if not condition:
        raise ValueError
    return value


def _choice(*names: str) -> Kind:
    return Kind(
        f"one of {', '.join(names)}",
        lambda value: _valid(isinstance(value, str) and value in names, value),
    )


def _whole(least: int, most: Callable[[], int] | None = None) -> Kind:
    def check(value: Any) -> int:
        _valid(not isinstance(value, bool), value)
        value = _valid((n := operator.index(value)) >= least, n)
        return value if most is None else min(value, most())

    return Kind(f"a whole number of at least {least}", check, int)


_WORDS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def _path(value: Any) -> str:
    # Absolute, since a program may change its working directory between two kernels.
    text = os.path.expanduser(_valid(isinstance(text := os.fspath(value), str) and text, text))
    # Without a home the tilde stays, and would be a folder of that name in the working directory.
    return os.path.abspath(_valid(text != "~" and not text.startswith(("~/", "~" + os.sep)), text))


FLAG = Kind(
    "True or False (in the environment: 1, true, yes, on, or 0, false, no, off)",
    lambda value: _valid(isinstance(value, bool), value),
    lambda text: _WORDS[text.strip().lower()],
)
PATH = Kind("a path", _path)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _most_threads(
    env: Mapping[str, str] = os.environ, names: tuple[str, ...] = ("NUMBA_NUM_THREADS",)
) -> int:
    """numba's pool is never larger than NUMBA_NUM_THREADS; what that must be is numba's to say."""
    said = [
        env.get(name, "").split(",")[0].strip() for name in names
    ]  # OpenMP: a number per level of nesting
    return min([cores(), *(int(text) for text in said if text.isdecimal() and int(text))])


def _threads(env: Mapping[str, str]) -> int:
    """What OpenMP's programs are told goes for jitgrad's threads, too: who starts processes side by
    side sets it."""
    return _most_threads(env, ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS"))


def _cache_dir(env: Mapping[str, str]) -> str:
    base = env.get("LOCALAPPDATA") or env.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if base.startswith("~"):  # no home: a folder of this user's own where temporary files are
        import tempfile

        return os.path.join(
            tempfile.gettempdir(), f"jitgrad-{os.geteuid() if hasattr(os, 'geteuid') else 'cache'}"
        )
    return os.path.join(base, "jitgrad")


class Setting(NamedTuple):
    """One setting: its kind, and its value where the environment (which `default` gets) does not
    name one."""

    kind: Kind
    default: Callable[[Any], Any]


SETTINGS = {
    "compile": Setting(_choice("auto", "always", "never"), lambda env: "auto"),
    "cache_dir": Setting(PATH, _cache_dir),
    "child": Setting(FLAG, lambda env: True),
    "cache_mb": Setting(_whole(0), lambda env: 512),
    "num_threads": Setting(_whole(1, _most_threads), _threads),
    "numba": Setting(_choice("fast", "public"), lambda env: "fast"),
    "pool_mb": Setting(_whole(0), lambda env: 512),
    "checkpoint_mb": Setting(_whole(0), lambda env: 256),
    "segment": Setting(_whole(1), lambda env: 128),
    "verify": Setting(FLAG, lambda env: False),
}


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"JITGRAD_{name.upper()}"


class Config:
    """The settings; assign to an attribute to change one for the whole process."""

    __slots__ = (*SETTINGS, "_hooks")
    compile: str
    cache_dir: str
    child: bool
    cache_mb: int
    num_threads: int
    numba: str
    pool_mb: int
    checkpoint_mb: int
    segment: int
    verify: bool
    _hooks: dict[str, list[Callable[[Any], object]]]

    def __init__(self, env: Mapping[str, str]) -> None:
        object.__setattr__(self, "_hooks", {name: [] for name in SETTINGS})
        for name, (kind, default) in SETTINGS.items():
            if text := env.get(variable(name)):
                said = f"the environment variable {variable(name)}={text!r}"
                value = _checked(said, kind, functools.partial(_read, kind, text))
            else:
                value = kind.check(default(env))
            object.__setattr__(self, name, value)

    @surface
    def __setattr__(self, name: str, value: Any) -> None:
        if name not in SETTINGS:
            raise AttributeError(f"got config.{name}, expected one of {', '.join(SETTINGS)}")
        kind = SETTINGS[name].kind
        value = _checked(f"config.{name} = {value!r}", kind, lambda: kind.check(value))
        before = getattr(self, name)
        object.__setattr__(self, name, value)
        if value != before:
            for hook in tuple(self._hooks[name]):
                hook(value)

    def on_change(self, name: str, function: Callable[[Any], object]) -> None:
        """Call ``function(value)`` after each change of the setting `name`, in the thread that
        makes it.

        An assignment of the value that is there calls nothing. Hooks run in the order they were
        registered, and stay.

        Examples
        --------
        >>> from jitgrad.base.config import Config
        >>> own, seen = Config({}), []
        >>> own.on_change("segment", seen.append)
        >>> own.segment = 64
        >>> own.segment = 64
        >>> seen
        [64]
        """
        if name not in SETTINGS or not callable(function):
            raise ArgumentError(
                f"got on_change({name!r}, {function!r}), expected one of {', '.join(SETTINGS)} "
                "and a function of its value"
            )
        self._hooks[name].append(function)

    def __repr__(self) -> str:
        return "Config(" + ", ".join(f"{n}={getattr(self, n)!r}" for n in SETTINGS) + ")"


def _read(kind: Kind, text: str) -> Any:
    return kind.check(kind.read(text))


def _checked(said: str, kind: Kind, value: Callable[[], Any]) -> Any:
    try:
        return value()
    except (TypeError, ValueError, KeyError):
        raise ArgumentError(f"got {said}, expected {kind.expected}") from None


config = Config(os.environ)
