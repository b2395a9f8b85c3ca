"""What gates are wanted for, and the combination that serves it best on the earlier leads."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Any, Literal

from denizen.errors import DenizenError, Finding
from denizen.history.stats.intervals import numpy

if TYPE_CHECKING:
    from denizen.history.thresholds.grid import Gates, Grid
    from denizen.history.thresholds.result import Price

Aim = Literal["share", "precision", "recall", "capacity"]
DEFAULT_SHARE = (0.05, 0.15)
FINEST = 10**9
"""Shares are taken to so fine a fraction, so that counts times it stay whole numbers of the machine."""
FEWEST = 20
"""A precision of fewer leads than this is chance."""


@dataclass(frozen=True, slots=True)
class Target:
    """What gates are wanted for.

    A share of leads (`low` to `high`), a precision or recall of at least `low`, or at most `high` leads a week.
    """

    aim: Aim
    low: float
    high: float

    def words(self) -> str:
        """Return the target in words."""
        if self.aim == "share":
            return f"{_percent(self.low)} to {_percent(self.high)} % of leads"
        if self.aim == "capacity":
            return f"at most {self.high:g} leads a week"
        return f"{self.aim} of at least {_percent(self.low)} %"

    def met(self, price: Price) -> bool:
        """Return whether gates with this price serve the target."""
        if self.aim == "capacity":
            return price.a_week <= self.high
        value = {"share": price.share, "precision": price.precision, "recall": price.recall}[self.aim].value
        return value is not None and self.low <= value <= self.high

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        return {"aim": self.aim, "low": self.low, "high": self.high}


def _exact(share: float) -> Fraction:
    """Return a share as it is written: 0.07 of 100 is 7, and not a little more."""
    return Fraction(repr(float(share))).limit_denominator(FINEST)


def _reaches(count: Any, share: float, of: Any) -> Any:
    wanted = _exact(share)
    return count * wanted.denominator >= of * wanted.numerator


def _percent(share: float) -> str:
    return f"{100 * share:g}"


def target_of(
    *,
    share: tuple[float, float] | None = None,
    precision: float | None = None,
    recall: float | None = None,
    capacity: float | None = None,
) -> Target:
    """Return the target that a user gave; by default 5 to 15 % of leads.

    Raises:
        DenizenError: several are given, or one cannot be meant.
    """
    findings = []
    if sum(x is not None for x in (share, precision, recall, capacity)) > 1:
        findings.append("give one target: a share, a precision, a recall or a capacity")
    if share is not None and not 0 <= share[0] < share[1] <= 1:
        findings.append(
            f"target share {share[0]:g}..{share[1]:g}: give the lowest and the highest share, as 0.05..0.15"
        )
    findings += [
        f"target {name} {value:g}: it lies above 0 and is at most 1"
        for name, value in (("precision", precision), ("recall", recall))
        if value is not None and not 0 < value <= 1
    ]
    if capacity is not None and not 0 < capacity < float("inf"):
        findings.append(f"capacity {capacity:g}: give reps times leads a week each can work, above 0")
    if findings:
        raise DenizenError([Finding("bad-argument", f) for f in findings])
    if precision is not None:
        return Target("precision", precision, 1.0)
    if recall is not None:
        return Target("recall", recall, 1.0)
    if capacity is not None:
        return Target("capacity", 0.0, capacity)
    return Target("share", *(share or DEFAULT_SHARE))


def choose(grid: Grid, target: Target, weeks: float, current: Gates) -> Gates | None:
    """Return the gates that serve a target best, None if none reach it.

    Within a share or a capacity the most conversions beyond what as many leads at random would bring; at a precision
    the most conversions; at a recall the fewest leads. Among equals the gates nearest to the current ones.
    """
    np = numpy()
    n, won = grid.n.ravel().astype(float), grid.won.ravel().astype(float)
    fits = _fits(grid, target, weeks, n, won) & (n > 0)
    if not fits.any():
        return None
    beyond = won - n * (grid.all_won / grid.leads)
    worth = {"share": beyond, "capacity": beyond, "precision": won - n / (grid.leads + 1), "recall": -n}[target.aim]
    best = np.flatnonzero(fits & (worth >= worth[fits].max() - 1e-9))
    return min((grid.gates(int(p)) for p in best), key=lambda g: _far(g, current))


def _fits(grid: Grid, target: Target, weeks: float, n: Any, won: Any) -> Any:
    if target.aim == "share":
        return _reaches(n, target.low, grid.leads) & (n <= floor(_exact(target.high) * grid.leads))
    if target.aim == "capacity":
        return n <= target.high * weeks
    if target.aim == "recall":
        return _reaches(won, target.low, grid.all_won)
    return _reaches(won, target.low, n) & (n >= FEWEST)


def _far(gates: Gates, current: Gates) -> tuple[float, float, float, float]:
    gaps = (gates.total - current.total, gates.fit - current.fit, gates.behavior - current.behavior)
    return (sum(abs(g) for g in gaps), gates.total, gates.fit, gates.behavior)


def frontier(grid: Grid, current: Gates, points: int = 12) -> tuple[Gates, ...]:
    """Return gates that no others beat: more conversions always cost more leads. At most `points`, at even steps of recall."""
    np = numpy()
    n, won = grid.n.ravel(), grid.won.ravel()
    order = np.lexsort((n, -won))
    best: list[int] = []
    fewest = None
    for place in order:
        if n[place] == 0 or won[place] == 0:
            break
        if fewest is None or n[place] < fewest:
            best.append(int(place))
            fewest = n[place]
    best = _spread(best[::-1], won, points)
    return tuple(_nearest(grid, n[p], won[p], current) for p in best)


def _spread(places: list[int], won: Any, points: int) -> list[int]:
    """Keep places whose conversions are spread evenly, the first and the last among them."""
    if len(places) <= points:
        return places
    np = numpy()
    found = np.array([won[p] for p in places])
    wanted = np.linspace(found[0], found[-1], points)
    return [places[i] for i in sorted({int(np.argmin(abs(found - w))) for w in wanted})]


def _nearest(grid: Grid, n: int, won: int, current: Gates) -> Gates:
    np = numpy()
    same = np.flatnonzero((grid.n.ravel() == n) & (grid.won.ravel() == won))
    return min((grid.gates(int(p)) for p in same), key=lambda g: _far(g, current))
