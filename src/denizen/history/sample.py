"""Rows judged, with their outcome, as arrays: every rate and lift of a study is counted here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history import stats
from denizen.history.stats.intervals import numpy, plain

if TYPE_CHECKING:
    from denizen.history.stats import Estimate


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the rows: how many, how many of them convert, and their rate with its interval."""

    name: str
    n: int
    won: int
    rate: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {"name": self.name, "n": self.n, "won": self.won, **self.rate.as_dict("rate")}


@dataclass(frozen=True, slots=True)
class _Count:
    """Some rows counted: how many, and how many convert; a number a lead where leads repeat."""

    n: Any
    won: Any

    def __add__(self, other: _Count) -> _Count:
        return _Count(self.n + other.n, self.won + other.won)


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows in the order of `cohort.g`: `won` says which convert, `whose` numbers the leads from 0, in ascending order.

    Where leads repeat (snapshots), every interval is that between leads, so that more snapshots of the same leads do
    not look like more evidence.
    """

    won: Any
    whose: Any

    @property
    def leads(self) -> int:
        """How many leads there are."""
        return int(self.whose[-1]) + 1 if len(self.whose) else 0

    @property
    def repeats(self) -> bool:
        """Whether a lead has more than one row."""
        return self.leads < len(self.won)

    @property
    def clusters(self) -> Any:
        """Whose row each is, or None where every lead has one."""
        return self.whose if self.repeats else None

    def part(self, rows: Any) -> Sample:
        """Return the sample of some rows alone, a boolean each; its leads are numbered anew."""
        np = numpy()
        whose = self.whose[rows]
        return Sample(self.won[rows], np.cumsum(np.diff(whose, prepend=whose[:1]) != 0))

    def group(self, name: str, rows: Any) -> Group:
        """Return the group of some rows, a boolean each."""
        return self._group(name, self._count(rows))

    def rate(self, rows: Any) -> Estimate:
        """Return the conversion rate of some rows."""
        return self._rate(self._count(rows))

    def share(self, hits: Any, rows: Any) -> Estimate:
        """Return the share of hits among some rows."""
        return self._rate(_Count(self._sum(rows), self._sum(hits & rows)))

    def lift(self, rows: Any, others: Any) -> Estimate:
        """Return the rate of some rows divided by that of others."""
        return self._lift(self._count(rows), self._count(others))

    def pair(self, name: str, rows: Any, other_name: str, others: Any) -> tuple[Group, Group, Estimate]:
        """Return the groups of some rows and of others, and the lift of the first over the second."""
        one, two = self._count(rows), self._count(others)
        return self._group(name, one), self._group(other_name, two), self._lift(one, two)

    def by_lead(self, rows: Any) -> Any:
        """Return for each lead how many of some rows, a boolean each, are its own."""
        return numpy().bincount(self.whose[rows], minlength=self.leads).astype(float)

    def _sum(self, rows: Any) -> Any:
        return self.by_lead(rows) if self.repeats else int(rows.sum())

    def _count(self, rows: Any) -> _Count:
        return _Count(self._sum(rows), self._sum(self.won & rows))

    def _group(self, name: str, count: _Count) -> Group:
        n, won = (int(c.sum()) if self.repeats else c for c in (count.n, count.won))
        return Group(name, n, won, self._rate(count))

    def _rate(self, count: _Count) -> Estimate:
        return (stats.clustered_rate if self.repeats else stats.rate)(count.won, count.n)

    def _lift(self, one: _Count, two: _Count) -> Estimate:
        return (stats.clustered_lift if self.repeats else stats.lift)(one.won, one.n, two.won, two.n)


def lift_dict(found: Estimate) -> dict[str, float | None]:
    """Return a lift as plain data: `lift`, `lift_low`, `lift_high`; null where it is unknown or unbounded."""
    return {"lift": plain(found.value), "lift_low": plain(found.low), "lift_high": plain(found.high)}
