"""Two groups of the same leads compared, where most leads may be in both: counts in, estimates out.

The groups part the leads into those in both, in the first alone and in the second alone, which share nobody. The interval
of each part goes into that of the difference (Zou and Donner 2008, Newcombe 1998), so that few leads, and rates of 0 or 1,
need no second method.
"""

from __future__ import annotations

import math

from denizen.history.stats.intervals import LEVEL, Estimate
from denizen.history.stats.rates import clopper_pearson, wilson

Counts = tuple[int, int]
"""How many convert, and how many there are."""


def paired_shares(one_alone: int, other_alone: int, n: int, level: float = LEVEL) -> Estimate:
    """Return how much larger a share of `n` leads one group is than the other; those in both cancel out."""
    if n == 0:
        return Estimate(None, -1.0, 1.0)
    p, q = one_alone / n, other_alone / n
    one, other = wilson(one_alone, n, level), wilson(other_alone, n, level)
    either = math.sqrt(p * q / ((1 - p) * (1 - q))) if p < 1 and q < 1 else 0.0  # nobody is in both parts
    below, above = (
        math.sqrt(a * a + b * b + 2 * either * a * b)
        for a, b in ((p - one.low, other.high - q), (one.high - p, q - other.low))
    )
    return Estimate(p - q, max(-1.0, p - q - below), min(1.0, p - q + above))


def paired_beyond(won: tuple[int, int, int], others: tuple[int, int, int], level: float = LEVEL) -> Estimate:
    """Return how much more of the conversions one group holds than the other, beyond its larger share of leads.

    Of those who convert, and of the others: how many are in the first group alone, in the second alone, and in all. It
    is 0 where converting has nothing to do with the groups, however different their sizes.
    """
    n = won[2] + others[2]
    if not (won[2] and others[2]):
        return Estimate(None, -1.0, 1.0)
    hits, falls, scale = paired_shares(*won, level), paired_shares(*others, level), others[2] / n
    hit, fall = hits.value or 0.0, falls.value or 0.0
    below = math.hypot(hit - hits.low, falls.high - fall)
    above = math.hypot(hits.high - hit, fall - falls.low)
    return Estimate(scale * (hit - fall), scale * (hit - fall - below), scale * (hit - fall + above))


def paired_rates(both: Counts, one_alone: Counts, other_alone: Counts, level: float = LEVEL) -> Estimate:
    """Return how much more of one group converts than of the other; None where one of them is empty.

    A part may be two or three leads, of which Wilson's interval is too sure, so that of each part is the exact one.
    """
    n, n_other = both[1] + one_alone[1], both[1] + other_alone[1]
    if n == 0 or n_other == 0:
        return Estimate(None, -1.0, 1.0)
    weights = (both[1] / n - both[1] / n_other, one_alone[1] / n, -other_alone[1] / n_other)
    value, below, above = 0.0, 0.0, 0.0
    for weight, (won, of) in zip(weights, (both, one_alone, other_alone), strict=True):
        if weight == 0:
            continue
        rate, interval = won / of, clopper_pearson(won, of, level)
        worst, best = sorted((weight * interval.low, weight * interval.high))
        value += weight * rate
        below += (weight * rate - worst) ** 2
        above += (best - weight * rate) ** 2
    return Estimate(value, max(-1.0, value - math.sqrt(below)), min(1.0, value + math.sqrt(above)))
