"""Scans of tensors by jitgrad and of arrays by NumPy, under one name. Start at `scan`."""

import numpy as np

import jitgrad

SCANS = {
    "cumsum": np.add,
    "cumprod": np.multiply,
    "cummax": np.maximum,
    "cummin": np.minimum,
    "logcumsumexp": np.logaddexp,
}


def scan(name, x, axis=-1, reverse=False):
    if isinstance(x, jitgrad.Tensor):
        return getattr(jitgrad, name)(x, axis, reverse=reverse)
    x = np.flip(x, axis) if reverse else x
    out = SCANS[name].accumulate(x, axis)
    return np.flip(out, axis) if reverse else out


def recurrence(x, decay, axis=-1, reverse=False):
    if isinstance(x, jitgrad.Tensor):
        return jitgrad.linear_recurrence(x, decay, axis, reverse=reverse)
    x, decay = (
        np.moveaxis(np.flip(v, axis) if reverse else v, axis, -1)
        for v in np.broadcast_arrays(x, decay)
    )
    out = np.empty(x.shape)
    for lane in np.ndindex(x.shape[:-1]):
        last, values = 0.0, []
        for new, factor in zip(x[lane].tolist(), decay[lane].tolist(), strict=True):
            last = new + last * factor if factor else new
            values.append(last)
        out[lane] = values
    out = np.moveaxis(out, -1, axis)
    return np.flip(out, axis) if reverse else out
