"""Where errors leave jitgrad: a traceback ends at the user's line, with one frame of jitgrad's behind it.

Python adds a frame to a traceback for each function an error passes. A function that users call catches jitgrad's own
errors and raises them again as `trimmed` leaves them: without the frames of this package, so that the function's own is
the only one, and without what was caught inside on the way. Frames of the user's functions (under `grad`, `jit`, in
hooks) stay. This takes nothing where no error is raised: a ``try`` costs nothing, and `surface`, a function around
another one, is for what takes microseconds anyway; hot functions have the ``try`` in their own text.

To see all frames while working on jitgrad, set ``JITGRAD_TRACEBACK=full``. Start at `trimmed`.
"""

import functools
import os

from ._errors import JitgradError

HOME = os.path.dirname(os.path.abspath(__file__)) + os.sep
FULL = os.environ.get("JITGRAD_TRACEBACK") == "full"


def is_ours(frame):
    """Whether a frame is of this package, or of a text that it made."""
    name = frame.f_code.co_filename
    return name.startswith((HOME, "<jit of ", "<jitgrad"))


def _frames(error):
    out, tb = [], error.__traceback__
    while tb is not None:
        out.append(tb)
        tb = tb.tb_next
    return out


def trimmed(error):
    """`error`, to be raised again: without frames of jitgrad's, and without what was only caught inside on the way."""
    if FULL:
        return error
    kept = None
    for tb in reversed(_frames(error)):
        if not is_ours(tb.tb_frame):
            tb.tb_next = kept
            kept = tb
    inner = error.__context__
    while inner is not None and all(is_ours(tb.tb_frame) for tb in _frames(inner)):
        inner = error.__context__ = inner.__context__
    return error.with_traceback(kept)


def surface(function):
    """`function`, for users: errors of jitgrad's leave it as `trimmed` has them."""
    if getattr(function, "is_surface", False):
        return function

    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    call.is_surface = True
    return call


def surfaces(cls, but=()):
    """Makes surfaces of the methods of a class, and of the setters of its properties."""
    for name, value in list(vars(cls).items()):
        if name in but or not (callable(value) or isinstance(value, property)) or isinstance(value, type):
            continue
        if isinstance(value, property):
            if value.fset is not None:
                setattr(cls, name, value.setter(surface(value.fset)))
        elif hasattr(value, "__code__"):
            setattr(cls, name, surface(value))
    return cls
