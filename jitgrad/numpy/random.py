"""`jitgrad.numpy.random`: NumPy's own module, whose numbers are arrays.

``import jitgrad.numpy.random as npr`` is for programs that are written so; parameters that require
grad raise `GradientError` there. `jitgrad.random` draws tensors, with gradients where there are
any.
"""

import sys

import numpy as np

sys.modules[__name__] = np.random
