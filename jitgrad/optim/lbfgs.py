"""`LBFGS`: quasi-Newton steps, from the last few steps and changes of the gradient.

All parameters are one vector here. Start at `LBFGS.step`; the line search is in `line_search`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..base.errors import ArgumentError
from ..base.surface import surfaces
from ..frontend.functions import FUNCTIONS
from ..frontend.modes import enable_grad, no_grad
from ..frontend.tensor import Tensor
from .line_search import Point, strong_wolfe
from .optimizer import Group, Optimizer, refuse_in_trace

concatenate = FUNCTIONS["concatenate"]


class LBFGS(Optimizer):
    """L-BFGS, with a line search for the strong Wolfe conditions or steps of fixed length.

    It has one group of parameters, and `step` needs the function that computes the loss and the
    gradients anew.

    Parameters
    ----------
    params : iterable of Tensor
        Leaves that require grad.
    lr : float
        The length of a step in units of the direction; with the line search, that of the first.
    max_iter, max_eval : int
        Iterations, and calls of the closure, in one `step`; ``max_iter * 5 // 4`` calls by default.
    tolerance_grad, tolerance_change : float
        Ends where no entry of the gradient is larger, or where a step or the loss changes by less.
    history_size : int
        How many steps are remembered.
    line_search_fn : str, optional
        "strong_wolfe", or None for no line search.

    See Also
    --------
    https://pytorch.org/docs/stable/generated/torch.optim.LBFGS.html

    Examples
    --------
    >>> x = jitgrad.tensor([-1.0, 2.0], requires_grad=True)
    >>> opt = jitgrad.optim.LBFGS([x], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     opt.zero_grad()
    ...     loss = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     loss = opt.step(closure)
    >>> x.detach().round(4)
    tensor([1., 1.])
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if line_search_fn not in (None, "strong_wolfe"):
            raise ArgumentError(
                f"got line_search_fn={line_search_fn!r}, expected 'strong_wolfe' or None"
            )
        max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
        options: dict[str, Any] = {"lr": lr, "max_iter": max_iter, "max_eval": max_eval}
        options |= {"tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change}
        options |= {"history_size": history_size, "line_search_fn": line_search_fn}
        super().__init__(params, options)

    def add_param_group(self, param_group: Group) -> None:
        """Raises for a second group: all parameters are one vector."""
        if self.param_groups:
            raise ArgumentError("got a second group of parameters for LBFGS, expected one")
        super().add_param_group(param_group)

    def _loaded(self, p: Tensor, given: Mapping[str, Any]) -> dict[str, Any]:
        return dict(given)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to `max_iter` iterations.

        Parameters
        ----------
        closure : callable
            Computes the loss and the gradients anew, and gives the loss.

        Returns
        -------
        Tensor
            The first loss that `closure` gave.
        """
        if closure is None:
            raise ArgumentError("got step() without a closure; pass the function of the loss")
        refuse_in_trace("LBFGS looks at values")
        with no_grad():
            return _Run(self, closure).run()


class _Run:
    """One call of `LBFGS.step`."""

    def __init__(self, optimizer: LBFGS, closure: Callable[[], Any]) -> None:
        (self.group,) = optimizer.param_groups
        self.parameters, self.closure, self.calls = self.group["params"], closure, 0
        self.memory = optimizer.state[self.parameters[0]]
        self.memory.setdefault("n_iter", 0)
        self.memory.setdefault("func_evals", 0)

    def run(self) -> Any:
        first = loss = self.loss()
        value, g = loss.item(), self.gradient()
        if self.is_flat(g):
            return first
        for k in range(1, self.group["max_iter"] + 1):
            d, t = self.direction(g)
            slope = _dot(g, d)
            if slope > -self.group["tolerance_change"]:
                break
            before = value
            value, g, t = self.moved(Point(0.0, value, g, slope), d, t, k)
            self.memory["t"] = t
            step = (d * t).abs().max().item()
            if self.calls >= self.group["max_eval"] or self.is_flat(g):
                break
            tolerance = self.group["tolerance_change"]
            if step <= tolerance or abs(value - before) < tolerance:
                break
        return first

    # --- the function -----------------------------------------------------------------------------

    def loss(self) -> Any:
        with enable_grad():
            loss = self.closure()
        if not isinstance(loss, Tensor):
            raise ArgumentError(
                f"got a closure that gives back {type(loss).__name__}, expected the loss, a tensor"
            )
        self.calls += 1
        self.memory["func_evals"] += 1
        return loss.detach()

    def gradient(self) -> Tensor:
        """The gradient by all parameters, as one vector."""
        parts = [
            (0.0 * p.detach() if p.grad is None else p.grad.detach()).reshape(-1)
            for p in self.parameters
        ]
        out: Tensor = concatenate(parts) if len(parts) > 1 else parts[0].clone()
        return out

    def is_flat(self, g: Tensor) -> bool:
        largest: float = g.abs().max().item()
        return largest <= self.group["tolerance_grad"]

    def go(self, origin: list[Tensor], d: Tensor, t: float) -> None:
        """The parameters are at ``origin + t * d``."""
        first = 0
        for p, x in zip(self.parameters, origin, strict=True):
            p.copy_(x + t * d[first : first + p.size].reshape(p.shape))
            first += p.size

    def moved(self, start: Point, d: Tensor, t: float, k: int) -> tuple[float, Tensor, float]:
        """Goes along `d`: the value and the gradient there, and the step."""
        origin = [p.detach().clone() for p in self.parameters]
        if self.group["line_search_fn"] is None:
            self.go(origin, d, t)
            if k == self.group["max_iter"]:  # nobody asks any more
                return start.value, start.gradient, t
            return self.loss().item(), self.gradient(), t

        def at(t: float) -> Point:
            self.go(origin, d, t)
            value, g = self.loss().item(), self.gradient()
            return Point(t, value, g, _dot(g, d))

        found = strong_wolfe(at, start, t, d.abs().max().item())
        self.go(origin, d, found.t)
        return found.value, found.gradient, found.t

    # --- the direction ----------------------------------------------------------------------------

    def direction(self, g: Tensor) -> tuple[Tensor, float]:
        """The direction from here, and the length of the first step to try."""
        m = self.memory
        m["n_iter"] += 1
        t = self.group["lr"]
        if m["n_iter"] == 1:
            m.update(changes=[], steps=[], scale=1.0)
            d = -g
            t = min(1.0, 1.0 / g.abs().sum().item()) * t
        else:
            self.remember(g - m["prev_flat_grad"], m["d"] * m["t"])
            d = self.product(g)
        m["d"], m["prev_flat_grad"] = d, g
        return d, t

    def remember(self, change: Tensor, step: Tensor) -> None:
        curvature = _dot(change, step)
        if curvature > 1e-10:
            for name, x in (("changes", change), ("steps", step)):
                self.memory[name] = [*self.memory[name], x][-self.group["history_size"] :]
            self.memory["scale"] = curvature / _dot(change, change)

    def product(self, g: Tensor) -> Tensor:
        """Minus the estimated inverse of the Hessian, times the gradient."""
        pairs = list(zip(self.memory["changes"], self.memory["steps"], strict=True))
        shares, q = [], -g
        for y, s in reversed(pairs):
            share = (s * q).sum() / (y * s).sum()
            q = q - share * y
            shares.append(share)
        out = q * self.memory["scale"]
        for y, s in pairs:
            out = out + s * (shares.pop() - (y * out).sum() / (y * s).sum())
        return out


def _dot(x: Tensor, y: Tensor) -> float:
    out: float = (x * y).sum().item()
    return out


surfaces(LBFGS)
