"""The bootstrap over leads: seeded, paired, for whatever has no formula."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from denizen.history.stats.intervals import LEVEL, Estimate, numpy

if TYPE_CHECKING:
    from collections.abc import Callable

RESAMPLES = 1000
SEED = 20260701


def bootstrap(
    leads: int,
    statistic: Callable[[Any], Any],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    level: float = LEVEL,
) -> list[Estimate]:
    """Return percentile intervals of statistics under resampling of leads.

    Args:
        leads: how many leads there are.
        statistic: takes a weight for each lead (how often it was drawn; all 1 for the data as they are) and returns
            one or more numbers. Computing several models' numbers, and their differences, from the same weights makes
            the comparison paired. A number may be NaN where a draw does not allow it; such draws are left out.
        resamples: how many draws.
        seed: draws are the same each time.
        level: of the intervals.

    An interval is unbounded where fewer than half of the draws gave a number.
    """
    np = numpy()
    observed = np.atleast_1d(np.asarray(statistic(np.ones(leads)), dtype=float))
    if leads == 0:
        return [Estimate(None, -math.inf, math.inf) for _ in observed]
    generator = np.random.default_rng(seed)
    draws = np.array(
        [
            np.atleast_1d(statistic(np.bincount(generator.integers(0, leads, leads), minlength=leads)))
            for _ in range(resamples)
        ],
        dtype=float,
    )
    return [_percentiles(np, float(value), draws[:, i], level) for i, value in enumerate(observed)]


def _percentiles(np: Any, value: float, draws: Any, level: float) -> Estimate:
    known = draws[np.isfinite(draws)]
    shown = value if math.isfinite(value) else None
    if len(known) * 2 < len(draws):
        return Estimate(shown, -math.inf, math.inf)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(shown, float(low), float(high))
