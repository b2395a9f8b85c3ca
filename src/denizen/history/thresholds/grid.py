"""Every useful combination of gates, counted at once: how many leads qualify, and how many of them convert."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from denizen.history.stats.intervals import numpy

MOST_VALUES = 48
"""Values a gate is tried at, at most; where there are more, those at even shares of the leads are kept."""


@dataclass(frozen=True, slots=True, order=True)
class Gates:
    """The three bounds; a lead qualifies if it reaches all of them."""

    total: float
    fit: float
    behavior: float

    def as_dict(self) -> dict[str, float]:
        """Return it as plain data for `--json`."""
        return {"total": self.total, "fit": self.fit, "behavior": self.behavior}

    def yaml(self) -> str:
        """Return the line of a model file."""
        return f"pql: {{total: {self.total:g}, fit: {self.fit:g}, behavior: {self.behavior:g}}}"


@dataclass(frozen=True, slots=True)
class Marks:
    """Scores of leads, an entry each; whoever is not `eligible` never qualifies, whatever the gates."""

    total: Any
    fit: Any
    behavior: Any
    eligible: Any
    pql: Any

    def of(self, rows: Any) -> Marks:
        """Return the marks of some leads."""
        return Marks(*(a[rows] for a in (self.total, self.fit, self.behavior, self.eligible, self.pql)))

    def passing(self, gates: Gates) -> Any:
        """Return who qualifies."""
        return self.eligible & (self.total >= gates.total) & (self.fit >= gates.fit) & (self.behavior >= gates.behavior)


@dataclass(frozen=True, slots=True)
class Grid:
    """All combinations: `n[t, f, b]` leads qualify with the t-th total, f-th fit and b-th behavior, `won` of them convert."""

    total: Any
    fit: Any
    behavior: Any
    n: Any
    won: Any
    leads: int
    all_won: int

    def gates(self, place: int) -> Gates:
        """Return the gates at a place of the flattened counts."""
        t, f, b = numpy().unravel_index(place, self.n.shape)
        return Gates(float(self.total[t]), float(self.fit[f]), float(self.behavior[b]))


def grid_of(marks: Marks, won: Any, also: Gates) -> Grid:
    """Count every combination of distinct whole values, and of the values of `also`."""
    np = numpy()
    rows = marks.eligible
    scores = [a[rows] for a in (marks.total, marks.fit, marks.behavior)]
    values = [_values(a, extra) for a, extra in zip(scores, (also.total, also.fit, also.behavior), strict=True)]
    shape = tuple(len(v) for v in values)
    places = [np.searchsorted(v, a, side="right") - 1 for v, a in zip(values, scores, strict=True)]
    reached = np.all([p >= 0 for p in places], axis=0) if len(scores[0]) else np.zeros(0, dtype=bool)
    flat = np.ravel_multi_index([p[reached] for p in places], shape)
    size = int(np.prod(shape))
    n, converting = (
        np.rint(_at_least(np.bincount(flat, weights, minlength=size).reshape(shape))).astype(np.int64)
        for weights in (None, won[rows][reached].astype(float))
    )
    return Grid(values[0], values[1], values[2], n, converting, len(won), int(won.sum()))


def _values(scores: Any, extra: float) -> Any:
    np = numpy()
    found = np.floor(np.unique(scores))
    found = np.unique(found)
    if len(found) > MOST_VALUES:
        found = np.unique(np.floor(np.quantile(scores, np.linspace(0, 1, MOST_VALUES), method="lower")))
    lowest = math.floor(min([0.0, *found[:1]]))
    return np.unique(np.concatenate([found, [float(lowest), extra]]))


def _at_least(counts: Any) -> Any:
    """Turn counts of cells into counts of this cell and everything above it, along every axis."""
    np = numpy()
    for axis in range(counts.ndim):
        counts = np.flip(np.cumsum(np.flip(counts, axis), axis=axis), axis)
    return counts
