"""Where training ends, and where the test begins: earlier rows train, later ones test."""

from __future__ import annotations

from itertools import accumulate
from math import ceil

TRAIN, VALIDATION = 0.6, 0.8


def cuts(counts: list[int]) -> tuple[int | None, int | None]:
    """Return at which instant validation begins, and at which the test, from the rows of each instant in order.

    The rows of one instant stay together, so the cuts lie nearest to 60 and 80 % of the rows. Three instants are enough for
    all three splits; of two the later is the test, and one is for training alone.
    """
    last = len(counts) - 1
    if last < 1:
        return None, None
    before = [0, *accumulate(counts)]
    rows = before[-1]

    def nearest(share: float, first: int, end: int) -> int:
        return min(range(first, end + 1), key=lambda i: abs(before[i] - ceil(share * rows)))

    if last == 1:
        return None, 1
    validation = nearest(TRAIN, 1, last - 1)
    return validation, nearest(VALIDATION, validation + 1, last)


def splits_lacking(there: set[str]) -> list[str]:
    """Return a note on the splits that have no row."""
    lacking = [name for name in ("validation", "test") if name not in there]
    if not lacking:
        return []
    return [f"There is no {' and no '.join(lacking)} split: the rows are of too few instants; use a shorter --every."]
