"""What the Python array API standard asks of a namespace, beside the functions: its versions and
its `Info`."""

import numpy as np

from ..base.dtypes import SUPPORTED

#: Versions of the standard whose names the namespace has.
API_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")


class Info:
    """What the array API standard asks a namespace about itself."""

    def capabilities(self):
        """Masks and shapes that depend on values work: the tensor is materialised."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self):
        return "cpu"

    def devices(self):
        return ["cpu"]

    def default_dtypes(self, *, device=None):
        integer = np.dtype(np.int64)
        return {"real floating": np.dtype(np.float64), "integral": integer, "indexing": integer}

    def dtypes(self, *, device=None, kind=None):
        """The dtypes jitgrad computes in, by name; of a kind as in `numpy.isdtype`, or of a tuple
        of kinds."""
        kinds = kind if isinstance(kind, tuple) else (kind,)
        chosen = [d for d in SUPPORTED if kind is None or any(np.isdtype(d, k) for k in kinds)]
        return {d.name: d for d in sorted(chosen, key=lambda d: (d.kind, d.itemsize))}
