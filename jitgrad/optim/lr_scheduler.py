"""Schedules of learning rates, by the names and with the numbers of `torch.optim.lr_scheduler`.

A schedule sets ``group["lr"]`` of each group of an optimiser in each of its own steps. The rate is
an argument of the step's kernels, so that nothing is compiled anew. Most schedules multiply the
rate that there is, so that several can be at work on one optimiser. Start at `LRScheduler`.
"""

from __future__ import annotations

import bisect
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base.errors import ArgumentError
from ..base.surface import surfaces
from ..frontend.tensor import Tensor
from .optimizer import Optimizer


def _rate(group: Any) -> float:
    return float(group["lr"].item() if isinstance(group["lr"], Tensor) else group["lr"])


def _positive(name: str, value: Any) -> Any:
    """A number of steps, checked."""
    if not isinstance(value, (int, float, np.number)) or not value > 0:
        raise ArgumentError(f"got {name}={value!r:.100}, expected a number of steps above 0")
    return value


def _scaled(lr: float, by: Callable[[int], float], k: int) -> float:
    """A rate times what a function of the user's gives for step `k`."""
    factor: Any = by(k)
    try:
        return lr * float(factor)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"got {factor!r:.100} from lr_lambda({k}), expected the number that the rate is "
            "multiplied by"
        ) from None


def _set(group: Any, lr: float) -> None:
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(lr)
    else:
        group["lr"] = float(lr)


class LRScheduler:
    """What schedules have in common.

    Parameters
    ----------
    optimizer : Optimizer
    last_epoch : int
        The number of the last step; -1 before the first one, which is made at once.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(
                f"got {type(optimizer).__name__} to schedule, expected an optimiser of "
                "jitgrad.optim"
            )
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            if last_epoch == -1:
                group.setdefault("initial_lr", _rate(group))
            elif "initial_lr" not in group:
                raise ArgumentError(
                    f"got last_epoch={last_epoch} for an optimiser without 'initial_lr' in its "
                    "groups; load its state first"
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self.step()

    def rate(self, lr: float, base: float, k: int) -> float:
        """The rate at step `k`, from that at the step before and the one at the beginning."""
        raise NotImplementedError

    def rate_at(self, lr: float, base: float, k: int) -> float:
        """The rate at step `k`, whatever it was before."""
        return self.rate(lr, base, k)

    def step(self, epoch: int | None = None) -> None:
        """Goes on by one step, or to that of a number, and sets the rates."""
        rate = self.rate if epoch is None else self.rate_at
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=False):
            _set(group, rate(_rate(group), base, self.last_epoch))

    def get_last_lr(self) -> list[float]:
        """The rate of each group."""
        return [_rate(group) for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """All but the optimiser and functions, for `load_state_dict`."""
        return {
            name: x for name, x in vars(self).items() if name != "optimizer" and not callable(x)
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over what `state_dict` gave; the rates are part of the optimiser's state."""
        vars(self).update(state_dict)


class LambdaLR(LRScheduler):
    """The first rate times ``lr_lambda(k)``, a function of the number of the step, or one for each
    group.

    Examples
    --------
    >>> opt = jitgrad.optim.SGD([jitgrad.ones(2, requires_grad=True)], lr=1.0)
    >>> schedule = jitgrad.optim.lr_scheduler.LambdaLR(opt, lambda k: 1 / (k + 1))
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        several = isinstance(lr_lambda, (list, tuple))
        n = len(optimizer.param_groups)
        self.lr_lambdas = list(lr_lambda) if several else [lr_lambda] * n
        if len(self.lr_lambdas) != n:
            raise ArgumentError(f"got {len(self.lr_lambdas)} functions for {n} groups")
        for f in self.lr_lambdas:
            if not callable(f):
                raise ArgumentError(
                    f"got lr_lambda of type {type(f).__name__}, expected a function of the number "
                    "of the step, or a list of one for each group"
                )
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        groups = zip(self.optimizer.param_groups, self.base_lrs, self.lr_lambdas, strict=True)
        for group, base, f in groups:
            _set(group, _scaled(base, f, self.last_epoch))

    def state_dict(self) -> dict[str, Any]:
        return {n: x for n, x in super().state_dict().items() if n != "lr_lambdas"}


class MultiplicativeLR(LambdaLR):
    """The rate of the step before times ``lr_lambda(k)``."""

    def step(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        for group, f in zip(self.optimizer.param_groups, self.lr_lambdas, strict=True):
            if self.last_epoch > 0:
                _set(group, _scaled(_rate(group), f, self.last_epoch))


class StepLR(LRScheduler):
    """Times `gamma` every `step_size` steps."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size, self.gamma = _positive("step_size", step_size), gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, lr: float, base: float, k: int) -> float:
        return lr * self.gamma if k and k % self.step_size == 0 else lr

    def rate_at(self, lr: float, base: float, k: int) -> float:
        return base * self.gamma ** (k // self.step_size)


class MultiStepLR(LRScheduler):
    """Times `gamma` at each of the steps in `milestones`."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Sequence[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, lr: float, base: float, k: int) -> float:
        return lr * self.gamma ** self.milestones[k]

    def rate_at(self, lr: float, base: float, k: int) -> float:
        return base * self.gamma ** bisect.bisect_right(sorted(self.milestones.elements()), k)


class ExponentialLR(LRScheduler):
    """Times `gamma` in each step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, lr: float, base: float, k: int) -> float:
        return lr * self.gamma if k else lr

    def rate_at(self, lr: float, base: float, k: int) -> float:
        return base * self.gamma**k


class LinearLR(LRScheduler):
    """From `start_factor` to `end_factor` times the first rate, in `total_iters` equal steps: a
    warmup."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ArgumentError(
                f"got start_factor={start_factor} and end_factor={end_factor}, expected numbers "
                "in (0, 1] and [0, 1]"
            )
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self, k: int) -> float:
        share = min(k, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * share

    def rate(self, lr: float, base: float, k: int) -> float:
        if k == 0:
            return lr * self.start_factor
        return lr if k > self.total_iters else lr * self._factor(k) / self._factor(k - 1)

    def rate_at(self, lr: float, base: float, k: int) -> float:
        return base * self._factor(k)


class ConstantLR(LRScheduler):
    """`factor` times the first rate until step `total_iters`, then the first rate."""

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < factor <= 1:
            raise ArgumentError(f"got factor={factor}, expected a number in (0, 1]")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, lr: float, base: float, k: int) -> float:
        if k == 0:
            return lr * self.factor
        return lr / self.factor if k == self.total_iters else lr

    def rate_at(self, lr: float, base: float, k: int) -> float:
        return base * (self.factor if k < self.total_iters else 1.0)


class PolynomialLR(LRScheduler):
    """Falls to 0 in `total_iters` steps, as ``(1 - k / total_iters) ** power``."""

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def rate(self, lr: float, base: float, k: int) -> float:
        if k == 0 or k > self.total_iters:
            return lr
        share = (1 - k / self.total_iters) / (1 - (k - 1) / self.total_iters)
        return float(lr * share**self.power)

    def rate_at(self, lr: float, base: float, k: int) -> float:
        return float(base * (1 - min(k, self.total_iters) / self.total_iters) ** self.power)


class CosineAnnealingLR(LRScheduler):
    """From the first rate to `eta_min` along half a cosine of `T_max` steps, and back.

    Examples
    --------
    >>> opt = jitgrad.optim.SGD([jitgrad.ones(2, requires_grad=True)], lr=1.0)
    >>> schedule = jitgrad.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=2)
    >>> schedule.step()
    >>> round(opt.param_groups[0]["lr"], 6)
    0.5
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_max, self.eta_min = _positive("T_max", T_max), eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, lr: float, base: float, k: int) -> float:
        if k == 0:
            return lr
        if (k - 1 - self.T_max) % (2 * self.T_max) == 0:
            return lr + (base - self.eta_min) * (1 - math.cos(math.pi / self.T_max)) / 2
        now, before = (1 + math.cos(math.pi * j / self.T_max) for j in (k, k - 1))
        return now / before * (lr - self.eta_min) + self.eta_min

    def rate_at(self, lr: float, base: float, k: int) -> float:
        share = (1 + math.cos(math.pi * k / self.T_max)) / 2
        return self.eta_min + (base - self.eta_min) * share


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine from the first rate to `eta_min` in `T_0` steps, then anew in `T_mult` times as
    many, and so on."""

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 < 1 or T_mult < 1:
            raise ArgumentError(f"got T_0={T_0} and T_mult={T_mult}, expected at least 1")
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, lr: float, base: float, k: int) -> float:
        length = self.T_0
        while k >= length:
            k -= length
            length *= self.T_mult
        share = (1 + math.cos(math.pi * k / length)) / 2
        return self.eta_min + (base - self.eta_min) * share


class OneCycleLR(LRScheduler):
    """Up to `max_lr` and down again in one cycle, with the momentum, or the first beta, the other
    way round.

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float or list of float
        The highest rate, or one for each group.
    total_steps : int, optional
        The length of the cycle; or else `epochs` times `steps_per_epoch`.
    pct_start : float
        The share of the cycle that goes up.
    anneal_strategy : str
        "cos" or "linear".
    cycle_momentum : bool
        Whether the momentum follows.
    base_momentum, max_momentum : float
        The least and the highest momentum.
    div_factor, final_div_factor : float
        The first rate is ``max_lr / div_factor``, the last one that over `final_div_factor`.
    three_phase : bool
        Down to the first rate as it went up, and then to the last one.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ArgumentError(
                    "got no length of the cycle; pass total_steps, or epochs and steps_per_epoch"
                )
            total_steps = epochs * steps_per_epoch
        if anneal_strategy not in ("cos", "linear"):
            raise ArgumentError(
                f"got anneal_strategy={anneal_strategy!r}, expected 'cos' or 'linear'"
            )
        self.total_steps = _positive("total_steps", total_steps)
        self.anneal_strategy = anneal_strategy
        self.ends = _phases(total_steps, pct_start, three_phase)
        groups = optimizer.param_groups
        tops = list(max_lr) if isinstance(max_lr, (list, tuple)) else [max_lr] * len(groups)
        if len(tops) != len(groups):
            raise ArgumentError(f"got {len(tops)} rates as max_lr for {len(groups)} groups")
        self.momentum = _momentum_option(groups[0]) if cycle_momentum else None
        self.cycles = []
        for group, top in zip(groups, tops, strict=True):
            first = top / div_factor
            last = first / final_div_factor
            if last_epoch == -1:
                _set(group, first)
                group["initial_lr"] = first
            three = [first, top, first, last]
            momenta = [max_momentum, base_momentum, max_momentum, max_momentum]
            chosen = (0, 1, 2, 3) if three_phase else (0, 1, 3)
            self.cycles.append(([three[j] for j in chosen], [momenta[j] for j in chosen]))
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: int | None = None) -> None:
        self.last_epoch = k = self.last_epoch + 1 if epoch is None else epoch
        if k > self.total_steps:
            raise ArgumentError(
                f"got step {k} of a cycle of {self.total_steps}, expected no more; make it longer"
            )
        for group, (rates, momenta) in zip(self.optimizer.param_groups, self.cycles, strict=True):
            _set(group, self._at(k, rates))
            if self.momentum == "momentum":
                group["momentum"] = self._at(k, momenta)
            elif self.momentum == "betas":
                group["betas"] = (self._at(k, momenta), *group["betas"][1:])

    def _at(self, k: int, levels: list[float]) -> float:
        """The value at step `k` on the way through some levels."""
        start = 0.0
        for j, end in enumerate(self.ends):
            if k <= end or j == len(self.ends) - 1:
                # A phase may have no length: the first of 10 steps with pct_start=0.1.
                share = (k - start) / (end - start) if end > start else 1.0
                break
            start = end
        first, last = levels[j], levels[j + 1]
        if self.anneal_strategy == "linear":
            return (last - first) * share + first
        return last + (first - last) / 2 * (1 + math.cos(math.pi * share))


def _phases(total: int, share: float, three: bool) -> list[float]:
    """The steps at which the phases of a cycle end."""
    if three:
        return [share * total - 1, 2 * share * total - 2, total - 1]
    return [share * total - 1, total - 1]


def _momentum_option(group: Any) -> str:
    found = next((name for name in ("betas", "momentum") if name in group), None)
    if found is None:
        raise ArgumentError(
            "got cycle_momentum=True for an optimiser without momentum; pass cycle_momentum=False"
        )
    return found


class SequentialLR(LRScheduler):
    """One schedule after another: the next one begins at each of `milestones`, as after a warmup.

    Examples
    --------
    >>> from jitgrad.optim import lr_scheduler
    >>> opt = jitgrad.optim.SGD([jitgrad.ones(2, requires_grad=True)], lr=1.0)
    >>> warmup = lr_scheduler.LinearLR(opt, 0.25, total_iters=3)
    >>> decay = lr_scheduler.ExponentialLR(opt, 0.5)
    >>> schedule, rates = lr_scheduler.SequentialLR(opt, [warmup, decay], [3]), []
    >>> for _ in range(5):
    ...     rates.append(opt.param_groups[0]["lr"])
    ...     schedule.step()
    >>> rates
    [0.25, 0.5, 0.75, 1.0, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        if len(milestones) != len(schedulers) - 1:
            raise ArgumentError(
                f"got {len(milestones)} milestones for {len(schedulers)} schedules, expected one "
                "fewer"
            )
        if any(s.optimizer is not optimizer for s in schedulers):
            raise ArgumentError("got schedules of other optimisers, expected this one for all")
        self.optimizer, self.schedulers = optimizer, list(schedulers)
        self.milestones, self.last_epoch = list(milestones), last_epoch + 1
        for group in optimizer.param_groups:
            _set(group, group["initial_lr"])
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        for s in self.schedulers:  # their first steps, which they made, do not count
            s.last_epoch -= 1
        self.schedulers[0].step()

    def step(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        k = bisect.bisect_right(self.milestones, self.last_epoch)
        begins = k > 0 and self.milestones[k - 1] == self.last_epoch
        self.schedulers[k].step(0 if begins else None)

    def state_dict(self) -> dict[str, Any]:
        own = {n: x for n, x in super().state_dict().items() if n != "schedulers"}
        return {**own, "schedulers": [s.state_dict() for s in self.schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        own = {n: x for n, x in state_dict.items() if n != "schedulers"}
        vars(self).update(own)
        for s, state in zip(self.schedulers, state_dict["schedulers"], strict=True):
            s.load_state_dict(state)


class ChainedScheduler(SequentialLR):
    """Several schedules at once: each one multiplies what the ones before it made."""

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        if not schedulers:
            raise ArgumentError("got no schedules, expected at least one")
        self.optimizer = optimizer or schedulers[0].optimizer
        self.schedulers, self.last_epoch = list(schedulers), 0
        self.base_lrs = schedulers[0].base_lrs

    def step(self, epoch: int | None = None) -> None:
        self.last_epoch += 1
        for s in self.schedulers:
            s.step()


class ReduceLROnPlateau(LRScheduler):
    """Times `factor` where a measure has not become better for `patience` steps.

    Parameters
    ----------
    optimizer : Optimizer
    mode : str
        "min", or "max" where larger is better.
    factor : float
    patience : int
        How many steps without progress are borne.
    threshold : float
        What counts as progress: a share of the best measure (`threshold_mode` "rel"), or a
        difference ("abs").
    cooldown : int
        Steps after a reduction that do not count.
    min_lr : float or list of float
        Where it ends, or one for each group.
    eps : float
        Smaller reductions are left out.

    Examples
    --------
    >>> opt = jitgrad.optim.SGD([jitgrad.ones(2, requires_grad=True)], lr=1.0)
    >>> schedule = jitgrad.optim.lr_scheduler.ReduceLROnPlateau(opt, factor=0.5, patience=1)
    >>> for loss in (1.0, 1.0, 1.0):
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if not factor < 1.0 or mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ArgumentError(
                f"got factor={factor}, mode={mode!r} and threshold_mode={threshold_mode!r}, "
                "expected a factor below 1, 'min' or 'max', and 'rel' or 'abs'"
            )
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown = threshold, threshold_mode, cooldown
        groups = optimizer.param_groups
        several = isinstance(min_lr, (list, tuple))
        self.min_lrs = list(min_lr) if several else [min_lr] * len(groups)
        self.eps, self.last_epoch = eps, 0
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Notes a measure, and sets the rates if it has not become better for long."""
        now = float(metrics.item() if isinstance(metrics, Tensor) else metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(now):
            self.best, self.num_bad_epochs = now, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def _is_better(self, now: float) -> bool:
        sign = 1.0 if self.mode == "min" else -1.0
        if self.threshold_mode == "abs":
            return sign * now < sign * self.best - self.threshold
        return sign * now < sign * self.best * (1.0 - sign * self.threshold)

    def _reduce(self) -> None:
        for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            lr = _rate(group)
            new = max(lr * self.factor, least)
            if lr - new > self.eps:
                _set(group, new)


_SCHEDULERS: list[Callable[..., Any]] = [
    x for x in list(vars().values()) if isinstance(x, type) and issubclass(x, LRScheduler)
]
for _cls in _SCHEDULERS:
    surfaces(_cls)  # type: ignore[type-var]
