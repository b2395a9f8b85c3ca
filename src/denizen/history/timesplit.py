"""A cohort split in time: what is chosen on leads who signed up earlier is judged on those who came later."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from denizen import clock
from denizen.errors import fail
from denizen.history.sample import Sample
from denizen.history.stats.intervals import numpy

if TYPE_CHECKING:
    from denizen.history.cohort import History

EARLIER_SHARE = 0.6
WEEK_US = 7 * 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the split: which rows of the cohort (a boolean each), their outcomes, and how long it lasts."""

    rows: Any
    sample: Sample
    weeks: float

    @property
    def leads(self) -> int:
        """How many leads there are."""
        return len(self.sample.won)

    @property
    def won(self) -> int:
        """How many of them convert."""
        return int(self.sample.won.sum())

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {"leads": self.leads, "won": self.won, "weeks": round(self.weeks, 3)}


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """Leads who signed up before an instant, and those who signed up at it or later."""

    at_us: int
    earlier: Side
    later: Side

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {"at": clock.iso(self.at_us), "earlier": self.earlier.as_dict(), "later": self.later.as_dict()}


def split_cohort(history: History, at_us: int | None = None) -> TimeSplit:
    """Split a landmark cohort by signup; by default six in ten leads are earlier.

    Raises:
        DenizenError: a side would be empty.
    """
    np = numpy()
    found = history.connection.execute("SELECT won, signup_us FROM cohort ORDER BY g").fetchnumpy()
    won, signup = np.asarray(found["won"], dtype=bool), np.asarray(found["signup_us"], dtype=np.int64)
    if at_us is None:
        at_us = int(np.sort(signup)[min(len(signup) - 1, ceil(len(signup) * EARLIER_SHARE))])
    earlier = signup < at_us
    if earlier.all() or not earlier.any():
        first, last = clock.iso(int(signup.min())), clock.iso(int(signup.max()))
        message = f"the split at {clock.iso(at_us)} leaves one side empty; leads signed up from {first} to {last}"
        raise fail("no-cohort", message)
    sides = (_side(won, signup, earlier), _side(won, signup, ~earlier))
    return TimeSplit(at_us, *sides)


def require_landmark(history_design: Any) -> None:
    """Refuse snapshots: here each lead is judged once.

    Raises:
        DenizenError: the design has snapshots.
    """
    if history_design.snapshots:
        raise fail("bad-argument", "--every: here each lead is judged once; give --at, an age, instead")


def _side(won: Any, signup: Any, rows: Any) -> Side:
    np = numpy()
    when = signup[rows]
    weeks = max(1.0, float(when.max() - when.min()) / WEEK_US)
    return Side(rows, Sample(won[rows], np.arange(len(when))), weeks)
