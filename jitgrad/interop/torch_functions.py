"""Functions on tensors as a ``torch.autograd.Function``.

A call records the function on tensors of its own, and keeps that for the backward. Where PyTorch
differentiates the backward as well, it is a function on tensors again (`outgoing.pulled`), applied
as the first one was: so there are derivatives of any order. Start at `applied`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ..base.errors import GradientError
from .outgoing import Listed, Recorded, pulled, values


class TorchCall:
    """A function on lists of tensors in a call by PyTorch; `recorded` is what the call was."""

    def __init__(self, library: Any, function: Listed, name: str) -> None:
        self.library, self.function, self.name = library, function, name
        self.grad = library.torch.is_grad_enabled()
        self.recorded: Recorded | None = None

    def again(self) -> TorchCall:
        return TorchCall(self.library, self.function, self.name)

    def run(self, tensors: Sequence[Any]) -> tuple[Any, ...]:
        arrays = [self.library.array(t) for t in tensors]
        if self.grad:
            self.recorded = Recorded(self.function, arrays, self.name)
            out = self.recorded.arrays()
        else:
            out = values(self.function, arrays)
        return tuple([self.library.tensor(x) for x in out])


def applied(library: Any, function: Any, tensors: Sequence[Any]) -> tuple[Any, ...]:
    """The results of a function on lists of tensors, for torch tensors."""
    return _function(library).apply(TorchCall(library, function, function.name), *tensors)


@functools.cache
def _function(library: Any) -> Any:
    torch = library.torch

    class JitgradFunction(torch.autograd.Function):  # type: ignore[name-defined]
        @staticmethod
        def forward(call: TorchCall, *tensors: Any) -> tuple[Any, ...]:
            return call.run(tensors)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.call = inputs[0]
            ctx.set_materialize_grads(False)
            ctx.save_for_backward(*inputs[1:])
            ctx.mark_non_differentiable(*[t for t in output if not library.is_smooth(t)])

        @staticmethod
        def backward(ctx: Any, *gs: Any) -> tuple[Any, ...]:
            call, needed = ctx.call, ctx.needs_input_grad[1:]
            wanted = [k for k, needs in enumerate(needed) if needs]
            there = [k for k, g in enumerate(gs) if g is not None]
            given = [gs[k] for k in there]
            if torch.is_grad_enabled():
                xs = ctx.saved_tensors
                derivative = pulled(call.function, len(xs), wanted, there, call.name)
                next_call = TorchCall(library, derivative, f"the derivative of {call.name}")
                found = JitgradFunction.apply(next_call, *xs, *given)
            elif call.recorded is None:
                raise GradientError(f"got a gradient of {call.name}, called within torch.no_grad()")
            else:
                cots = [library.array(g) for g in given]
                found = [library.tensor(x) for x in call.recorded.pull(cots, wanted, there)]
            out: list[Any] = [None] * len(needed)
            for k, g in zip(wanted, found, strict=True):
                out[k] = g
            return None, *out

        @staticmethod
        def vmap(info: Any, in_dims: Any, call: TorchCall, *tensors: Any) -> tuple[Any, Any]:
            def row(k: int) -> Any:
                each = zip(tensors, in_dims[1:], strict=True)
                given = [t if d is None else t.select(d, k) for t, d in each]
                return JitgradFunction.apply(call.again(), *given)

            rows = [row(k) for k in range(info.batch_size)]
            out = tuple([torch.stack(parts) for parts in zip(*rows, strict=True)])
            return out, (0,) * len(out)

    return JitgradFunction
