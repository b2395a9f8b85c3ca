"""Rates of rows that repeat leads: the spread is that between leads, not between rows.

Each takes a lead's counts in a row of an array. The variance is that of a ratio of sums over leads (linearized); it is
then turned into the number of independent rows that would spread as much, which goes into the same score intervals as
ever. So an empty cell, and a rate of 0 or 1, need no second method.
"""

from __future__ import annotations

import math
from typing import Any

from denizen.history.stats.intervals import LEVEL, Estimate, numpy, z_of
from denizen.history.stats.rates import lift, wilson

_T = 3
"""Student's t has a variance of (units - 1) / (units - 3)."""


def clustered_rate(successes: Any, rows: Any, level: float = LEVEL) -> Estimate:
    """Return the rate of all rows; `successes` and `rows` hold one count a lead."""
    np = numpy()
    x, n = np.asarray(successes, dtype=float), np.asarray(rows, dtype=float)
    if n.sum() == 0:
        return Estimate(None, 0.0, 1.0)
    p = float(x.sum() / n.sum())
    size = _effective(x, n)
    interval = wilson(p * size, size, level)
    return Estimate(p, interval.low, interval.high)


def between_units(successes: Any, rows: Any) -> tuple[Any, Any]:
    """Return the variance of a rate between units, and how many equal units would weigh as much (Kish).

    The last axis holds a count a unit; axes before it are as many studies. The variance is that of a ratio of sums
    (linearized), larger for few units as that of Student's t is. Few large units among many small ones weigh little more
    than the few.
    """
    np = numpy()
    x, n = np.asarray(successes, dtype=float), np.asarray(rows, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = n.sum(axis=-1)
        spread = ((x - (x.sum(axis=-1) / total)[..., None] * n) ** 2).sum(axis=-1)
        units = (n > 0).sum(axis=-1)
        variance = spread / total**2 * units / np.maximum(1, units - 1)
        weigh = total**2 / (n**2).sum(axis=-1)
        return variance * np.where(weigh > _T, (weigh - 1) / (weigh - _T), np.inf), weigh


def clustered_lift(successes: Any, rows: Any, others: Any, other_rows: Any, level: float = LEVEL) -> Estimate:
    """Return the ratio of two rates; all four hold one count a lead, and a lead may have rows on both sides."""
    np = numpy()
    x1, n1, x0, n0 = (np.asarray(a, dtype=float) for a in (successes, rows, others, other_rows))
    if not (n1.sum() and n0.sum() and x1.sum() and x0.sum()):
        size1, size0 = _effective(x1, n1), _effective(x0, n0)
        p1, p0 = (float(x.sum() / n.sum()) if n.sum() else 0.0 for x, n in ((x1, n1), (x0, n0)))
        return lift(p1 * size1, size1, p0 * size0, size0, level)
    p1, p0 = float(x1.sum() / n1.sum()), float(x0.sum() / n0.sum())
    influence = (x1 - p1 * n1) / x1.sum() - (x0 - p0 * n0) / x0.sum()
    leads = int(((n1 > 0) | (n0 > 0)).sum())
    half = z_of(level) * math.sqrt(float((influence**2).sum()) * leads / max(1, leads - 1))
    return Estimate(p1 / p0, p1 / p0 * math.exp(-half), p1 / p0 * math.exp(half))


def _effective(x: Any, n: Any) -> float:
    """Return how many independent rows would spread as much: the leads with rows, where nothing spreads at all."""
    leads = int((n > 0).sum())
    total = float(n.sum())
    if not total:
        return 0.0
    p = float(x.sum()) / total
    variance = float(((x - p * n) ** 2).sum()) / total**2 * leads / max(1, leads - 1)
    if variance <= 0 or p in (0.0, 1.0):
        return float(leads)
    return min(total, p * (1 - p) / variance)
