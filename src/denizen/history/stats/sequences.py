"""Always-valid intervals: confidence sequences, which hold at every look at once, so that peeking is safe.

`two_rates` is exact for two streams of yes and no: for each rate `p` the mixture likelihood ratio with a uniform prior,
`B(s + 1, n - s + 1) / (p^s (1 - p)^(n - s))`, is a martingale that starts at 1 if `p` is true (Robbins 1970; Howard,
Ramdas, McAuliffe, Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences"). So is the product of two.
By Ville's inequality it exceeds `1 / (1 - level)` at any time with at most that probability, in whatever order leads come.

`normal_mixture` is for estimates that are normal in the long run, as those from clusters (Robbins 1970; Johari, Koomen,
Pekelis, Walsh 2022, "Always valid inference"; Waudby-Smith et al. 2024, asymptotic confidence sequences).
"""

from __future__ import annotations

import math
from typing import Any

from denizen.history.stats.intervals import LEVEL, Estimate, numpy, special

_SPLITS = 200
_HALVINGS = 60
EFFECT = 0.05
"""The size of effect, in share, for which the normal mixture is tightest; fixed beforehand, it must not look at data."""


def two_rates(successes: int, n: int, others: int, n_others: int, level: float = LEVEL) -> tuple[Estimate, Estimate]:
    """Return difference and ratio of two rates, both valid at every look and together."""
    if n == 0 or n_others == 0:
        return Estimate(None, -1.0, 1.0), Estimate(None, 0.0, math.inf)
    np = numpy()
    slack = math.log(1 / (1 - level)) - _lowest(successes, n) - _lowest(others, n_others)
    budget = np.linspace(0, slack, _SPLITS + 1)
    low, high = _bounds(successes, n, budget)
    low_others, high_others = _bounds(others, n_others, budget)
    # What one rate spends the other lacks; the wider of two neighboring splits is taken, so that nothing falls between.
    one, other = slice(1, None), slice(-1, None, -1)
    low, high = low[one], high[one]
    low_others, high_others = low_others[other][:-1], high_others[other][:-1]
    rate, rate_others = successes / n, others / n_others
    difference = Estimate(rate - rate_others, float((low - high_others).min()), float((high - low_others).max()))
    with np.errstate(divide="ignore", invalid="ignore"):
        highest = float(np.where(low_others > 0, high / low_others, np.inf).max())
    ratio = Estimate(rate / rate_others if others else None, float((low / high_others).min()), highest)
    return difference, ratio


def normal_mixture(value: float, variance: float, level: float = LEVEL, effect: float = EFFECT) -> Estimate:
    """Return an estimate with its always-valid interval; `variance` is that of the estimate at this look."""
    if variance <= 0:
        return Estimate(value, -math.inf, math.inf)
    half = float(mixture_reach(variance, level, effect))
    return Estimate(value, value - half, value + half)


def mixture_reach(variance: Any, level: float = LEVEL, effect: float = EFFECT) -> Any:
    """Return how far the interval of the normal mixture reaches to each side; an array of variances gives an array."""
    np, prior = numpy(), effect * effect
    reach = np.log((variance + prior) / variance) + 2 * math.log(1 / (1 - level))
    return np.sqrt(variance * (variance + prior) / prior * reach)


def evidence(successes: int, n: int, p: Any) -> Any:
    """Return the logarithm of the martingale against the rate p."""
    s = special()
    return s.betaln(successes + 1, n - successes + 1) - s.xlogy(successes, p) - s.xlog1py(n - successes, -p)


def _lowest(successes: int, n: int) -> float:
    return float(evidence(successes, n, successes / n))


def _bounds(successes: int, n: int, budget: Any) -> tuple[Any, Any]:
    """Return for each budget the lowest and highest rate with no more evidence against it than that above the lowest."""
    np = numpy()
    limit, best = _lowest(successes, n) + budget, successes / n
    low_out, low_in = np.zeros_like(budget), np.full_like(budget, best)
    high_in, high_out = np.full_like(budget, best), np.ones_like(budget)
    for _ in range(_HALVINGS):
        middle = (low_out + low_in) / 2
        inside = evidence(successes, n, middle) <= limit
        low_in, low_out = np.where(inside, middle, low_in), np.where(inside, low_out, middle)
        middle = (high_out + high_in) / 2
        inside = evidence(successes, n, middle) <= limit
        high_in, high_out = np.where(inside, middle, high_in), np.where(inside, high_out, middle)
    return low_out, high_out
