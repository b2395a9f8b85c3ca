"""Two rates compared within strata, so that what the strata hold equal cannot explain the difference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from denizen.history.stats.intervals import LEVEL, Estimate, numpy, special, z_of


@dataclass(frozen=True, slots=True)
class Stratified:
    """The odds ratio common to all strata, with its interval, and the test that it is 1: `z` is signed."""

    odds: Estimate
    z: float
    p: float


def mantel_haenszel(successes: Any, n: Any, others: Any, n_others: Any, level: float = LEVEL) -> Stratified:
    """Return the Mantel-Haenszel odds ratio and test; each argument holds one count a stratum.

    The interval is that of Robins, Breslow and Greenland (1986), which holds for few large strata and for many small
    ones. Strata with one group only, or with one outcome only, say nothing. Where no stratum speaks, p is 1.
    """
    np = numpy()
    a, n1, c, n0 = (np.asarray(x, dtype=float) for x in (successes, n, others, n_others))
    total = n1 + n0
    tells = (n1 > 0) & (n0 > 0) & (a + c > 0) & (a + c < total)
    if not tells.any():
        return Stratified(Estimate(None, 0.0, math.inf), 0.0, 1.0)
    a, n1, c, n0, total = (x[tells] for x in (a, n1, c, n0, total))
    won = a + c
    gap = float((a - n1 * won / total).sum())
    variance = float((n1 * n0 * won * (total - won) / (total**2 * (total - 1))).sum())
    z = gap / math.sqrt(variance)
    return Stratified(_odds(a, n1 - a, c, n0 - c, level), z, float(2 * special().ndtr(-abs(z))))


def _odds(a: Any, b: Any, c: Any, d: Any, level: float) -> Estimate:
    total = a + b + c + d
    r, s = a * d / total, b * c / total
    up, down = float(r.sum()), float(s.sum())
    if not up or not down:
        return Estimate(None if not down else 0.0, 0.0, math.inf)
    same, other = (a + d) / total, (b + c) / total
    variance = (
        float((same * r).sum()) / (2 * up * up)
        + float((same * s + other * r).sum()) / (2 * up * down)
        + float((other * s).sum()) / (2 * down * down)
    )
    half = z_of(level) * math.sqrt(variance)
    return Estimate(up / down, up / down * math.exp(-half), up / down * math.exp(half))
