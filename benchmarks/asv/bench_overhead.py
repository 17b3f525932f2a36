"""What recording costs: operations so small that nothing else counts."""

import tracemalloc

import jitgrad
from benchmarks.common import Prepared, warm


def leaf_of(shape):
    return (
        jitgrad.full(shape, 0.3).requires_grad_()
        if shape
        else jitgrad.tensor(0.3, requires_grad=True)
    )


class Record(Prepared):
    """500 operations with gradients tracked, on one element (0-d) and on four."""

    params = [[(), (4,)]]
    param_names = ["shape"]

    def prepare(self, shape):
        self.x = leaf_of(shape)
        warm(self.values)
        warm(self.both)

    def forward(self):
        x = y = self.x
        for _ in range(250):
            y = y * 0.999 + x
        return y

    def values(self):
        return self.forward().detach().numpy()

    def both(self):
        self.x.grad = None
        self.forward().sum().backward()

    def time_record_500_operations(self, shape):
        self.values()

    def time_record_500_operations_and_backward(self, shape):
        self.both()


class Chain(Prepared):
    """300 scalar operations on one value, then backward."""

    def prepare(self):
        self.x = leaf_of(())
        warm(self.step)

    def step(self):
        self.x.grad = None
        y = self.x
        for _ in range(100):
            y = jitgrad.sin(y) * 1.01 + 0.1
        y.backward()

    def time_chain_of_300_operations_and_backward(self):
        self.step()


class Loop(Prepared):
    """A ``while`` on a norm: a value is looked at 16 times, then backward."""

    def prepare(self):
        self.x = jitgrad.tensor(-0.0371, requires_grad=True)
        warm(self.step)

    def step(self):
        self.x.grad = None
        y = self.x * 2
        while jitgrad.abs(y) < 1000:
            y = y * 2
        y = y if y > 0 else 100 * y
        y.backward()

    def time_while_on_a_norm(self):
        self.step()


class Length(Prepared):
    """One backward through very many records: time must be linear in them, and memory bounded."""

    params = [[10**4, 10**5, 10**6]]
    param_names = ["records"]
    timeout = 300

    def prepare(self, records):
        self.x = leaf_of(())
        warm(lambda: self.step(1000))

    def step(self, records):
        self.x.grad = None
        y = self.x
        for _ in range(records // 2):
            y = y * 0.999 + 0.001
        y.backward()

    def track_bytes_kept_per_record(self, records):
        """What a program holds between recording and backward, over the number of records."""
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        y = self.x
        for _ in range(records // 2):
            y = y * 0.999 + 0.001
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        y.backward()
        return (kept - before) / records

    track_bytes_kept_per_record.unit = "bytes"

    def time_records_and_backward(self, records):
        self.step(records)

    def peakmem_records_and_backward(self, records):
        self.step(records)
