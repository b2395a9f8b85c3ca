"""Whether the tracking of an event broke: a stretch without it that chance does not explain.

What to expect of a quiet stretch is the event's share among all that happened in the weeks before, times all that
happened in the stretch; so a summer lull or the end of the data is no break, and one event falling silent among
others is. Days are counted in leads, not in rows, because one lead's session is one decision, not fifty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["stopped", "paused", "started late"]

EXPECTED = 20.0
"""So many leads expected and none seen: far below chance (Poisson), with room for weekdays and for many names."""
BASE = 30
"""An expectation rests on at least so many leads."""
DAYS = 3
WEEK = 7
BEFORE = 28


@dataclass(frozen=True, slots=True)
class Gap:
    """Days `first` to `last` of a series, both included, without an event; `expected` leads would have done it."""

    kind: Kind
    first: int
    last: int
    expected: float

    @property
    def days(self) -> int:
        """How many days."""
        return self.last - self.first + 1


def find_gaps(series: Sequence[int], others: Sequence[int]) -> list[Gap]:
    """Return the gaps of one event; `others` counts, day by day, what leads did besides it."""
    gaps = []
    for first, last in _silences(series):
        if last - first + 1 < DAYS:
            continue
        kind: Kind = "started late" if first == 0 else "stopped" if last == len(series) - 1 else "paused"
        around = (*range(max(0, first - BEFORE), first), *range(last + 1, min(last + 1 + BEFORE, len(series))))
        done, base = sum(series[i] for i in around), sum(others[i] for i in around)
        expected = done / base * sum(others[first : last + 1]) if base else 0.0
        if done >= BASE and expected >= EXPECTED:
            gaps.append(Gap(kind, first, last, expected))
    return gaps


def find_dark_days(total: Sequence[int]) -> list[int]:
    """Return the days on which nothing at all happened although many leads are active before and after."""
    return [
        day
        for day, count in enumerate(total)
        if not count and _busy(total[max(0, day - WEEK) : day]) and _busy(total[day + 1 : day + 1 + WEEK])
    ]


def _busy(days: Sequence[int]) -> bool:
    some = [n for n in days if n]
    return len(some) >= DAYS and sum(some) / len(some) >= EXPECTED


def _silences(series: Sequence[int]) -> list[tuple[int, int]]:
    found, first = [], None
    for day, count in enumerate((*series, 1)):
        if not count and first is None:
            first = day
        elif count and first is not None:
            found.append((first, day - 1))
            first = None
    return [] if found == [(0, len(series) - 1)] else found
