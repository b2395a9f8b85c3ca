"""Is there a difference at all: p-values for one question, and what is left of them when many are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.extra import needed
from denizen.history.stats.intervals import numpy, special

if TYPE_CHECKING:
    from collections.abc import Sequence

EXACT_BELOW = 10
"""Below this expected count in a cell, the exact test is used."""


def fisher_or_score(successes: int, n: int, others: int, n_others: int) -> float:
    """Return the two-sided p-value that two rates are the same: Fisher's test for small counts, else the score test.

    1.0 where nothing can be said: an empty group, or nobody or everybody succeeds.
    """
    total, size = successes + others, n + n_others
    if n == 0 or n_others == 0 or total in (0, size):
        return 1.0
    smallest = min(n, n_others) * min(total, size - total) / size
    if smallest < EXACT_BELOW:
        table = [[successes, n - successes], [others, n_others - others]]
        return float(needed("scipy.stats", "statistics").fisher_exact(table).pvalue)
    pooled = total / size
    error = (pooled * (1 - pooled) * (1 / n + 1 / n_others)) ** 0.5
    return float(2 * special().ndtr(-abs(successes / n - others / n_others) / error))


def rank_test(values: Any, others: Any) -> float:
    """Return the two-sided p-value that two samples come from the same distribution (Mann-Whitney, ties corrected)."""
    np = numpy()
    a, b = np.asarray(values, dtype=float), np.asarray(others, dtype=float)
    if not len(a) or not len(b) or np.ptp(np.concatenate([a, b])) == 0:
        return 1.0
    return float(needed("scipy.stats", "statistics").mannwhitneyu(a, b, alternative="two-sided").pvalue)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return, in the same order, the false-discovery rate at which each test would first be called a finding.

    Calling findings all with a value up to 0.05 keeps the expected share of false ones among them at or below 5 %.
    """
    np = numpy()
    p = np.asarray(p_values, dtype=float)
    if not len(p):
        return []
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    falling = np.minimum.accumulate(scaled[::-1])[::-1]
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(falling, 1.0)
    return [float(q) for q in adjusted]
