"""The hand of ADBench written as loops: a skeleton of bones is posed by 26 angles and shifts, a
mesh follows it by weights, and residuals are the distances to points that were seen.

`hand` gives half of the sum of their squares; `arguments` makes a skeleton, a mesh and points of
some size. The objective is that of F. Srajer, Z. Kukelova and A. Fitzgibbon, *A benchmark of
selected algorithmic differentiation tools on some problems in computer vision and machine
learning*, Optimization Methods and Software 33 (2018).
"""

import math

import numpy as np
from numba import njit

FINGERS, JOINTS = 5, 3
ANGLES = 6 + FINGERS * (JOINTS + 1)
BONES = 2 + FINGERS * (JOINTS + 1)


@njit(error_model="numpy")
def rotation(a, b, c, out):
    """By three angles, about x, y and z."""
    ca, sa, cb, sb, cc, sc = (
        math.cos(a),
        math.sin(a),
        math.cos(b),
        math.sin(b),
        math.cos(c),
        math.sin(c),
    )
    out[0, 0] = cb * cc
    out[0, 1] = -ca * sc + sa * sb * cc
    out[0, 2] = sa * sc + ca * sb * cc
    out[1, 0] = cb * sc
    out[1, 1] = ca * cc + sa * sb * sc
    out[1, 2] = -sa * cc + ca * sb * sc
    out[2, 0] = -sb
    out[2, 1] = sa * cb
    out[2, 2] = ca * cb


@njit(error_model="numpy")
def turned(x, y, z, v0, v1, v2):
    """The vector v turned about the axis (x, y, z) by its length."""
    sq = x * x + y * y + z * z
    if sq < 1e-20:
        return v0 + y * v2 - z * v1, v1 + z * v0 - x * v2, v2 + x * v1 - y * v0
    angle = math.sqrt(sq)
    x, y, z = x / angle, y / angle, z / angle
    c, s = math.cos(angle), math.sin(angle)
    along = (x * v0 + y * v1 + z * v2) * (1 - c)
    return (
        v0 * c + (y * v2 - z * v1) * s + x * along,
        v1 * c + (z * v0 - x * v2) * s + y * along,
        v2 * c + (x * v1 - y * v0) * s + z * along,
    )


@njit(error_model="numpy")
def product(x, y, out):
    for i in range(4):
        for j in range(4):
            s = 0.0
            for k in range(4):
                s += x[i, k] * y[k, j]
            out[i, j] = s


def hand(theta, base, parents, inverse, vertices, weights, at, points):
    """theta (26,); base, inverse (bones, 4, 4); parents (bones,), -1 for none; vertices (n, 3);
    weights (bones, n); at, points (m,), (m, 3): the vertex that a point was seen for."""
    bones, n = weights.shape
    pose = np.zeros((bones, 3))
    k, bone = 6, 2
    for _ in range(FINGERS):
        for joint in range(JOINTS):
            pose[bone + 1 + joint, 0] = theta[k]
            k += 1
            if joint == 0:
                pose[bone + 1, 1] = theta[k]
                k += 1
        bone += JOINTS + 1
    turn, local = np.eye(4), np.empty((4, 4))
    whole = np.zeros((bones, 4, 4))
    for b in range(bones):
        rotation(pose[b, 0], pose[b, 1], pose[b, 2], turn)
        if parents[b] < 0:
            product(base[b], turn, whole[b])
        else:
            product(base[b], turn, local)
            product(whole[parents[b]], local, whole[b])
    moved = np.zeros((n, 3))
    for b in range(bones):
        product(whole[b], inverse[b], local)
        for v in range(n):
            w = weights[b, v]
            for i in range(3):
                s = local[i, 3]
                for q in range(3):
                    s += local[i, q] * vertices[v, q]
                moved[v, i] += w * s
    total = 0.0
    for m in range(at.size):
        v = at[m]
        x, y, z = turned(theta[0], theta[1], theta[2], moved[v, 0], moved[v, 1], moved[v, 2])
        e0 = points[m, 0] - x - theta[3]
        e1 = points[m, 1] - y - theta[4]
        e2 = points[m, 2] - z - theta[5]
        total += e0 * e0 + e1 * e1 + e2 * e2
    return 0.5 * total


def arguments(n=544, m=1000, seed=0):
    """A hand of `n` vertices, seen at `m` points."""
    rng = np.random.default_rng(seed)
    base = np.tile(np.eye(4), (BONES, 1, 1))
    base[:, :3, 3] = rng.normal(size=(BONES, 3))
    parents = np.array([-1, 0] + [b - 1 if (b - 2) % (JOINTS + 1) else 1 for b in range(2, BONES)])
    inverse = np.tile(np.eye(4), (BONES, 1, 1)) + 0.1 * rng.normal(size=(BONES, 4, 4))
    weights = rng.random((BONES, n))
    weights /= weights.sum(0)
    theta = rng.normal(size=ANGLES) * 0.3
    at = rng.integers(0, n, m)
    vertices, points = rng.normal(size=(n, 3)), rng.normal(size=(m, 3))
    return theta, base, parents, inverse, vertices, weights, at, points
