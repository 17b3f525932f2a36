"""A network with one hidden layer that learns to read digits: trained as in PyTorch, and by pure
functions.

The digits are drawn here, as seven segments with noise, shifts and missing strokes. The whole step
(forward, backward, Adam) is one call of a function under `jit`; its time is printed.

    python examples/digits.py
"""

import time
from itertools import pairwise

import numpy as np

import jitgrad
from jitgrad.nn import functional as F

#: Which of the seven segments each digit has: top, upper left, upper right, middle, lower left,
#: lower right, bottom.
SEGMENTS = ("1110111", "0010010", "1011101", "1011011", "0111010", "1101011", "1101111", "1010010",
            "1111111", "1111011")  # fmt: skip
PLACES = (
    *((slice(1, 2), slice(2, 6)), (slice(2, 6), slice(1, 2)), (slice(2, 6), slice(6, 7))),
    *((slice(6, 7), slice(2, 6)), (slice(7, 11), slice(1, 2)), (slice(7, 11), slice(6, 7))),
    (slice(11, 12), slice(2, 6)),
)
EPOCHS, BATCH, HIDDEN = 12, 100, 64


def data(n, seed):
    """(images of 14 x 10 as rows, labels)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(10, size=n)
    images = 0.2 * rng.standard_normal((n, 14, 10))
    for image, label in zip(images, labels, strict=True):
        shape = np.zeros((14, 10))
        for on, place in zip(SEGMENTS[label], PLACES, strict=True):
            shape[place] += on == "1" and rng.random() > 0.03
        image += np.roll(shape, rng.integers(0, 2, size=2), (0, 1))
    return images.reshape(n, -1).astype(np.float32), labels


def parameters(rng):
    """Weights and biases, float32."""
    sizes = (140, HIDDEN, 10)
    return [
        (rng.normal(0.0, (2 / n) ** 0.5, (n, m), dtype=np.float32), jitgrad.zeros(m, dtype="f4"))
        for n, m in pairwise(sizes)
    ]


def logits(layers, x):
    (w1, b1), (w2, b2) = layers
    return jitgrad.relu(x @ w1 + b1) @ w2 + b2


def as_in_pytorch(images, labels):
    """Trains by objects over parameters; gives these and the median time of a step."""
    layers = parameters(jitgrad.random.default_rng(0))
    leaves = [p.requires_grad_() for layer in layers for p in layer]
    opt = jitgrad.optim.AdamW(leaves, lr=4e-3)
    schedule = jitgrad.optim.lr_scheduler.CosineAnnealingLR(opt, EPOCHS)

    @jitgrad.jit
    def step(x, y):
        opt.zero_grad()
        loss = F.cross_entropy(logits(layers, x), y)
        loss.backward()
        opt.step()
        return loss.detach()

    rng, times = jitgrad.random.default_rng(1), []
    for epoch in range(EPOCHS):
        total = 0.0
        for rows in rng.permutation(len(labels)).numpy().reshape(-1, BATCH):
            start = time.perf_counter()
            total += step(images[rows], labels[rows]).item()
            times.append(time.perf_counter() - start)
        schedule.step()
        if epoch % 4 == 3:
            print(f"epoch {epoch + 1:2}  loss {total * BATCH / len(labels):.4f}")
    return layers, np.median(times)


def by_pure_functions(images, labels):
    """Trains by `init` and `update` on a list of pairs of tensors."""
    init, update = jitgrad.optim.adamw(4e-3)
    gradient = jitgrad.value_and_grad(lambda layers, x, y: F.cross_entropy(logits(layers, x), y))

    @jitgrad.jit
    def step(layers, state, x, y):
        loss, grads = gradient(layers, x, y)
        return *update(grads, state, layers), loss

    layers = parameters(jitgrad.random.default_rng(0))
    state, rng = init(layers), np.random.default_rng(1)
    for _ in range(EPOCHS):
        for rows in rng.permutation(len(labels)).reshape(-1, BATCH):
            layers, state, _ = step(layers, state, images[rows], labels[rows])
    return layers


def accuracy(layers, images, labels):
    with jitgrad.no_grad():
        return float((logits(layers, images).argmax(1).numpy() == labels).mean())


def main():
    images, labels = data(6000, seed=0)
    unseen = data(2000, seed=1)
    layers, seconds = as_in_pytorch(images, labels)
    first, second = accuracy(layers, *unseen), accuracy(by_pure_functions(images, labels), *unseen)
    print(f"of unseen digits right: {first:.3f} as in PyTorch, {second:.3f} by pure functions")
    print(f"median time of a step {1e6 * seconds:.0f} us")
    assert min(first, second) > 0.9


if __name__ == "__main__":
    main()
