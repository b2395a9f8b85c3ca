"""Rates, and two rates compared: counts in, estimates out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from denizen.history.stats.intervals import LEVEL, Estimate, Interval, special, z_of

if TYPE_CHECKING:
    from collections.abc import Callable

_FARTHEST = 60.0
"""Ratios are looked for between e^-60 and e^60,"""
_CLOSE = 1e-9
"""to so many parts of themselves."""


def wilson(successes: float, n: float, level: float = LEVEL) -> Interval:
    """Return Wilson's score interval of a rate; [0, 1] where nothing was tried. Covers at the level on average."""
    _check(successes, n)
    if n == 0:
        return Interval(0.0, 1.0)
    z = z_of(level)
    p, z2 = successes / n, z * z
    center = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    low = 0.0 if successes == 0 else max(0.0, center - half)
    high = 1.0 if successes == n else min(1.0, center + half)
    return Interval(low, high)


def clopper_pearson(successes: int, n: int, level: float = LEVEL) -> Interval:
    """Return the exact interval of a rate: covers at least at the level, always, and is wider for it."""
    _check(successes, n)
    tail = (1 - level) / 2
    quantile = special().betaincinv
    low = 0.0 if successes == 0 else float(quantile(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(quantile(successes + 1, n - successes, 1 - tail))
    return Interval(low, high)


def rate(successes: int, n: int, level: float = LEVEL) -> Estimate:
    """Return a rate with Wilson's interval; None of nothing."""
    interval = wilson(successes, n, level)
    return Estimate(successes / n if n else None, interval.low, interval.high)


def lift(successes: float, n: float, others: float, n_others: float, level: float = LEVEL) -> Estimate:
    """Return the ratio of two independent rates with Koopman's score interval.

    The interval inverts the score test, so it needs no correction where a cell is empty: without successes the low end
    is 0; without successes among the others the high end is infinite and the value None; with neither, nothing is known.
    """
    _check(successes, n)
    _check(others, n_others)
    if n == 0 or n_others == 0 or (successes == 0 and others == 0):
        return Estimate(None, 0.0, math.inf)
    z = z_of(level)

    def beyond(log_ratio: float) -> float:
        return _ratio_z(math.exp(log_ratio), successes, n, others, n_others)

    low = 0.0 if successes == 0 else math.exp(_root(lambda t: beyond(t) - z))
    high = math.inf if others == 0 else math.exp(_root(lambda t: beyond(t) + z))
    value = None if others == 0 else (successes / n) / (others / n_others)
    return Estimate(value, low, high)


def _ratio_z(ratio: float, x1: float, n1: float, x0: float, n0: float) -> float:
    """Return the signed score statistic of the hypothesis p1 = ratio * p0; it falls as the ratio grows."""
    a = ratio * (n1 + n0)
    b = ratio * (n1 + x0) + x1 + n0
    c = x1 + x0
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    p0 = min(2 * c / (b + root), 1.0, 1 / ratio)
    p1 = min(1.0, ratio * p0)
    variance = p1 * (1 - p1) / n1 + ratio * ratio * p0 * (1 - p0) / n0
    gap = x1 / n1 - ratio * x0 / n0
    if variance <= 0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def _root(function: Callable[[float], float]) -> float:
    """Return where a falling function crosses zero, by bisection: it may be infinite at the ends."""
    low, high = -_FARTHEST, _FARTHEST
    for _ in range(100):
        middle = (low + high) / 2
        if function(middle) > 0:
            low = middle
        else:
            high = middle
        if high - low < _CLOSE:
            break
    return (low + high) / 2


def difference(successes: int, n: int, others: int, n_others: int, level: float = LEVEL) -> Estimate:
    """Return the difference of two independent rates with Newcombe's interval (made of two of Wilson's)."""
    own, other = wilson(successes, n, level), wilson(others, n_others, level)
    if n == 0 or n_others == 0:
        return Estimate(None, -1.0, 1.0)
    p1, p0 = successes / n, others / n_others
    below = math.hypot(p1 - own.low, other.high - p0)
    above = math.hypot(own.high - p1, p0 - other.low)
    return Estimate(p1 - p0, max(-1.0, p1 - p0 - below), min(1.0, p1 - p0 + above))


def odds_ratio(successes: int, n: int, others: int, n_others: int, level: float = LEVEL) -> Estimate:
    """Return the ratio of the odds with Gart's interval (half a count added to each cell).

    The value is that of the counts as they are: None where it would be infinite or 0/0. Where one group is empty, or
    nobody or everybody succeeds, nothing is known.
    """
    _check(successes, n)
    _check(others, n_others)
    total = successes + others
    if n == 0 or n_others == 0 or total in (0, n + n_others):
        return Estimate(None, 0.0, math.inf)
    cells = (successes, n - successes, others, n_others - others)
    a, b, c, d = (cell + 0.5 for cell in cells)
    center = math.log(a * d / (b * c))
    half = z_of(level) * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    low = 0.0 if 0 in (cells[0], cells[3]) else math.exp(center - half)
    high = math.inf if 0 in (cells[1], cells[2]) else math.exp(center + half)
    value = None if 0 in (cells[1], cells[2]) else cells[0] * cells[3] / (cells[1] * cells[2])
    return Estimate(value, low, high)


def _check(successes: float, n: float) -> None:
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes among {n}")
