"""Settings, as attributes of the one `config` object.

========== ================================ =====================================================
attribute  values                           meaning
========== ================================ =====================================================
compile    "auto" | "always" | "never"      NumPy while cold and kernels when they pay; kernels
                                            only (the first call waits); NumPy only
cache_dir  path                             where kernel sources and binaries are kept
cache_mb   int                              the size the cache folder is pruned to, in MiB
verify     bool                             check every IR graph (the tests turn it on)
segment    int                              records after which a segment ends by itself
========== ================================ =====================================================

Each is read from the environment once, as ``JITGRAD_COMPILE``, ``JITGRAD_CACHE_DIR``, ....
"""

import os

from ._errors import ArgumentError


def _cache_dir():
    if "JITGRAD_CACHE_DIR" in os.environ:
        return os.environ["JITGRAD_CACHE_DIR"]
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "jitgrad")


_CHOICES = {"compile": ("auto", "always", "never")}
_LEAST = {"cache_mb": 0, "segment": 1}


def _whole(env, name, default, least):
    text = env.get(name, default)
    if not text.isdigit() or int(text) < least:
        raise ArgumentError(
            f"got the environment variable {name}={text!r}, expected a whole number of at least {least}"
        )
    return int(text)


class Config:
    """The settings; assign to an attribute to change one for the whole process."""

    __slots__ = ("compile", "cache_dir", "cache_mb", "verify", "segment")

    def __init__(self, env):
        self.compile = env.get("JITGRAD_COMPILE", "auto")
        self.cache_dir = _cache_dir()
        self.cache_mb = _whole(env, "JITGRAD_CACHE_MB", "512", 0)
        self.verify = env.get("JITGRAD_VERIFY", "0") not in ("0", "", "false")
        self.segment = _whole(env, "JITGRAD_SEGMENT", "128", 1)

    def __setattr__(self, name, value):
        if value not in _CHOICES.get(name, (value,)):
            raise ArgumentError(f"got config.{name} = {value!r}, expected one of {', '.join(_CHOICES[name])}")
        least = _LEAST.get(name)
        if least is not None and (type(value) is not int or value < least):
            raise ArgumentError(f"got config.{name} = {value!r}, expected a whole number of at least {least}")
        object.__setattr__(self, name, value)

    def __repr__(self):
        return "Config(" + ", ".join(f"{n}={getattr(self, n)!r}" for n in self.__slots__) + ")"


config = Config(os.environ)
