"""Python's containers, under the names that programs for autograd import: containers of tensors
need no classes of their own here.

    >>> from jitgrad.builtins import tuple
    >>> tuple is type(())
    True
"""

import builtins as _builtins

dict = _builtins.dict
isinstance = _builtins.isinstance
list = _builtins.list
tuple = _builtins.tuple
type = _builtins.type

__all__ = ["dict", "isinstance", "list", "tuple", "type"]
