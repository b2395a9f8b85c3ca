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
class Sample:
    """Rows in the order of `cohort.g`: `won` says which convert, `whose` numbers the leads from 0.

    Where leads repeat (snapshots), every interval is that between leads, so that more snapshots of the same leads do
    not look like more evidence.
    """

    won: Any
    whose: Any

    @property
    def leads(self) -> int:
        """How many leads there are."""
        return int(self.whose.max()) + 1 if len(self.whose) else 0

    @property
    def repeats(self) -> bool:
        """Whether a lead has more than one row."""
        return self.leads < len(self.won)

    @property
    def clusters(self) -> Any:
        """Whose row each is, or None where every lead has one."""
        return self.whose if self.repeats else None

    def group(self, name: str, rows: Any) -> Group:
        """Return the group of some rows, a boolean each."""
        return Group(name, int(rows.sum()), int((self.won & rows).sum()), self.rate(rows))

    def rate(self, rows: Any) -> Estimate:
        """Return the conversion rate of some rows."""
        return self.share(self.won, rows)

    def share(self, hits: Any, rows: Any) -> Estimate:
        """Return the share of hits among some rows."""
        if not self.repeats:
            return stats.rate(int((hits & rows).sum()), int(rows.sum()))
        return stats.clustered_rate(self.by_lead(hits & rows), self.by_lead(rows))

    def lift(self, rows: Any, others: Any) -> Estimate:
        """Return the rate of some rows divided by that of others."""
        won = self.won
        if not self.repeats:
            return stats.lift(int((won & rows).sum()), int(rows.sum()), int((won & others).sum()), int(others.sum()))
        return stats.clustered_lift(*[self.by_lead(a) for a in (won & rows, rows, won & others, others)])

    def by_lead(self, rows: Any) -> Any:
        """Return for each lead how many of some rows, a boolean each, are its own."""
        return numpy().bincount(self.whose[rows], minlength=self.leads).astype(float)


def lift_dict(found: Estimate) -> dict[str, float | None]:
    """Return a lift as plain data: `lift`, `lift_low`, `lift_high`; null where it is unknown or unbounded."""
    return {"lift": plain(found.value), "lift_low": plain(found.low), "lift_high": plain(found.high)}
