"""What PyTorch does for functions of its tensors on arrays: values, cotangents, and functions that
give cotangents. Start at `TorchLibrary`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.dtypes import as_dtype
from ..base.errors import DTypeError, ExchangeError, GradientError, JitError
from ..base.packages import library
from ..ops.host import Aval
from .incoming import KeptCall, Library, Listed


class TorchLibrary(Library):
    """PyTorch."""

    name = "torch"

    def __init__(self) -> None:
        self.torch = library("torch", "jitgrad.interop.torch")

    def is_array(self, x: Any) -> bool:
        return isinstance(x, self.torch.Tensor)

    def array(self, t: Any) -> np.ndarray:
        """The values of a torch tensor, in its own memory."""
        if t.device.type != "cpu":
            raise ExchangeError(
                f"got a torch tensor on the device {t.device}, expected one on the CPU: use .cpu()"
            )
        as_dtype(str(t.dtype).rpartition(".")[2])
        return t.detach().resolve_conj().resolve_neg().to_dense().numpy()

    def tensor(self, x: Any) -> Any:
        """A torch tensor of a copy of an array."""
        x = np.asarray(x)
        if x.dtype.kind == "u" and x.dtype.itemsize > 1 and not hasattr(self.torch, x.dtype.name):
            raise DTypeError(f"got dtype {x.dtype}, which this version of torch has not")
        return self.torch.from_numpy(np.array(x, order="C"))

    # ------------------------------------------------------------------ calls

    def values(self, function: Listed, arrays: Sequence[Any]) -> list:
        out = function([self.tensor(x) for x in arrays])
        self._check_others(out, ())
        return [np.array(self.array(t)) for t in out]

    def repeated(self, function: Listed, arrays: Sequence[Any], state: Any) -> list:
        torch = self.torch
        if state is None:
            before = torch.get_rng_state()
            out = self.values(function, arrays)
            if not torch.equal(before, torch.get_rng_state()):
                raise JitError(
                    "got a torch function that draws random numbers in a function that is traced: "
                    "its derivative, a call of its own, would draw others; take jit off, or pass "
                    "what is drawn as an argument"
                )
            return out
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(state)
            return self.values(function, arrays)

    def keep(self, function: Listed, arrays: Sequence[Any], led: Sequence[int]) -> tuple[list, Any]:
        torch, before = self.torch, self.torch.get_rng_state()
        given = [self.tensor(x) for x in arrays]
        for k in led:
            given[k].requires_grad_()
        known = [given[k] for k in led]
        mode = torch.is_grad_enabled()
        with torch.enable_grad():
            out = function(list(given))
        if mode:
            self._check_others(out, known)
        drew = not torch.equal(before, torch.get_rng_state())
        smooth = [t for t in out if self.is_smooth(t)]

        def pull(gs: Sequence[Any], led: Sequence[int], there: Sequence[bool]) -> list:
            wanted = [t for t, h in zip(smooth, there, strict=True) if h]
            xs = [given[k] for k in led]
            found = self._gradients(wanted, xs, [self.tensor(g) for g in gs], keep=True)
            return [self.array(g) for g in found]

        return [np.array(self.array(t)) for t in out], KeptCall(pull, before if drew else None)

    def pulled(self, function: Listed, led: Sequence[int], there: Sequence[bool]) -> Listed:
        count = sum(there)

        def cotangents(arguments: list) -> list:
            n = len(arguments) - count
            xs, gs = list(arguments[:n]), arguments[n:]
            create = any(t.requires_grad for t in arguments)
            with self.torch.enable_grad():
                for k in led:
                    xs[k] = xs[k] if xs[k].requires_grad else xs[k].detach().requires_grad_()
                out = [t for t in function(list(xs)) if self.is_smooth(t)]
                wanted = [t for t, h in zip(out, there, strict=True) if h]
                return self._gradients(wanted, [xs[k] for k in led], gs, create=create)

        return cotangents

    def shapes(self, function: Listed, avals: Sequence[Aval]) -> list[Aval]:
        from torch._subclasses.fake_tensor import FakeTensorMode

        torch = self.torch
        with FakeTensorMode(allow_non_fake_inputs=True):
            given = [torch.empty(shape, dtype=getattr(torch, d.name)) for shape, d in avals]
            out = function(given)
        return [(tuple(t.shape), as_dtype(str(t.dtype).rpartition(".")[2])) for t in out]

    # ------------------------------------------------------------------ gradients

    def is_smooth(self, t: Any) -> bool:
        return t.is_floating_point() or t.is_complex()

    def _gradients(
        self, outs: list, xs: list, gs: Sequence[Any], create: bool = False, keep: bool = False
    ) -> list:
        """The cotangents of `xs`, zeros where none leads to them."""
        pairs = [(t, g) for t, g in zip(outs, gs, strict=True) if t.requires_grad]
        if not pairs:
            return [self.torch.zeros_like(x) for x in xs]
        found = self.torch.autograd.grad(
            [t for t, _ in pairs],
            xs,
            [g for _, g in pairs],
            retain_graph=create or keep,
            create_graph=create,
            allow_unused=True,
        )
        zeros = self.torch.zeros_like
        return [zeros(x) if g is None else g for g, x in zip(found, xs, strict=True)]

    def _check_others(self, outs: Sequence[Any], known: Sequence[Any]) -> None:
        """Raises where results depend on torch tensors that require grad and are no arguments."""
        if not self.torch.is_grad_enabled():
            return
        own, seen = {id(x) for x in known}, set()
        stack = [t.grad_fn for t in outs if t.grad_fn is not None]
        lost = any(t.is_leaf and t.requires_grad and id(t) not in own for t in outs)
        while stack and not lost:
            node = stack.pop()
            variable = getattr(node, "variable", None)
            lost = variable is not None and id(variable) not in own
            more = [f for f, _ in node.next_functions if f is not None and f not in seen]
            seen.update(more)
            stack += more
        if lost:
            raise GradientError(
                "got a torch function that reaches tensors that require grad beside its arguments, "
                "such as the parameters of a module: their gradients would be lost; use "
                "jitgrad.interop.torch.from_module, pass them as arguments, or call it within "
                "torch.no_grad()"
            )
