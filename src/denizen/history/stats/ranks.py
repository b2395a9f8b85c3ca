"""How well scores rank: the area under the ROC curve, with DeLong's interval.

Ties count half. Where leads repeat, `clusters` says whose row it is, in numbers from 0 without a gap, and the variance is
Obuchowski's, which is DeLong's where every row is a lead of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from denizen.history.stats.intervals import LEVEL, Estimate, numpy, z_of
from denizen.history.stats.rates import clopper_pearson


@dataclass(frozen=True, slots=True)
class Placements:
    """An AUC, and for each positive and each negative row which share of the other class it beats."""

    area: float
    positive: Any
    negative: Any


def auc(labels: Any, scores: Any, clusters: Any = None, level: float = LEVEL) -> Estimate:
    """Return the chance that a converted row scores above one that did not; None without both kinds.

    The interval is symmetric on the log-odds scale. Where the ranking is perfect (or perfectly wrong) there is no
    spread to measure; then the far end is that of the exact interval of the smaller class.
    """
    y = numpy().asarray(labels, dtype=bool)
    found = placements(y, scores)
    if found is None:
        return Estimate(None, 0.0, 1.0)
    area = found.area
    smaller = int(min(len(found.positive), len(found.negative)))
    if area in (0.0, 1.0):
        exact = clopper_pearson(round(area * smaller), smaller, level)
        return Estimate(area, exact.low, exact.high)
    error = math.sqrt(_variance(found, y, clusters))
    half = z_of(level) * error / (area * (1 - area))
    center = math.log(area / (1 - area))
    return Estimate(area, _share(center - half), _share(center + half))


def auc_difference(labels: Any, scores: Any, others: Any, clusters: Any = None, level: float = LEVEL) -> Estimate:
    """Return the AUC of one score minus that of another on the same rows, with DeLong's paired interval.

    Without both kinds of rows the value is None. Where both rank every pair alike the interval is [0, 0].
    """
    y = numpy().asarray(labels, dtype=bool)
    a, b = placements(y, scores), placements(y, others)
    if a is None or b is None:
        return Estimate(None, -1.0, 1.0)
    gap = Placements(a.area - b.area, a.positive - b.positive, a.negative - b.negative)
    half = z_of(level) * math.sqrt(_variance(gap, y, clusters))
    return Estimate(gap.area, max(-1.0, gap.area - half), min(1.0, gap.area + half))


def placements(labels: Any, scores: Any) -> Placements | None:
    """Return the placements, ties counted half, in O(n log n); None without both kinds."""
    np = numpy()
    y = np.asarray(labels, dtype=bool)
    level = levels(scores)
    every = np.bincount(level)
    ups = np.bincount(level[y], minlength=len(every))
    downs = every - ups
    m, n = int(ups.sum()), int(downs.sum())
    if m == 0 or n == 0:
        return None
    beaten, above = ((np.cumsum(counts) - counts / 2) / counts.sum() for counts in (downs, ups))
    positive = beaten[level[y]]
    return Placements(float(positive.mean()), positive, (1 - above)[level[~y]])


def levels(scores: Any) -> Any:
    """Return scores as whole numbers from 0 in the same order; such numbers are taken as they are, without sorting."""
    np = numpy()
    values = np.asarray(scores)
    if values.dtype.kind in "iu" and (not len(values) or (values.min() >= 0 and values.max() <= len(values))):
        return values
    return np.unique(values.astype(float), return_inverse=True)[1]


def _variance(found: Placements, labels: Any, clusters: Any) -> float:
    """Return the variance of an area, or of a difference of areas (Obuchowski 1997; DeLong 1988 for single rows)."""
    np = numpy()
    parts = np.empty(len(labels))
    parts[labels] = (found.positive - found.area) / len(found.positive)
    parts[~labels] = (found.negative - found.area) / len(found.negative)
    if clusters is None:
        return _spread(parts[labels]) + _spread(parts[~labels])
    return _spread(np.bincount(clusters, parts))


def _spread(parts: Any) -> float:
    """Return the sum of squares, corrected for the number of terms; one term alone tells nothing and counts as it is."""
    terms = len(parts)
    return float((parts * parts).sum()) * (terms / (terms - 1) if terms > 1 else 1.0)


def _share(log_odds: float) -> float:
    return 0.5 * (1 + math.tanh(log_odds / 2))
