"""NumPy's protocols on `Tensor`, imported when NumPy first asks for one.

Programs that call jitgrad's own functions only, and `import jitgrad`, do without `dispatch` and
what it needs. Start at `install`.
"""

import importlib

from .methods import install as install_methods

#: The protocols, by the names of the functions in `dispatch` that answer them.
PROTOCOLS = {
    "__array_ufunc__": "array_ufunc",
    "__array_function__": "array_function",
    "__array_namespace__": "array_namespace",
    "__dlpack__": "dlpack",
    "__dlpack_device__": "dlpack_device",
}


class Deferred:
    """Stands for a protocol in a class until it is asked for; all of them take their places then.

    A descriptor, not a function that calls another one: NumPy finds the function itself, at once,
    and later calls take no detour.
    """

    def __init__(self, cls, name):
        self.cls, self.name = cls, name

    def __get__(self, t, cls):
        dispatch = importlib.import_module(f"{__package__}.dispatch")
        for name, function in PROTOCOLS.items():
            setattr(self.cls, name, getattr(dispatch, function))
        return getattr(cls if t is None else t, self.name)


def install(cls):
    """Gives the class NumPy's protocols, and its methods that write."""
    for name in PROTOCOLS:
        setattr(cls, name, Deferred(cls, name))
    install_methods(cls)
