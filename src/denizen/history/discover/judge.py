"""Which candidates hold up: enough leads, beyond chance over all tests, and beyond mere activity and the time of signup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history import stats
from denizen.history.discover.features import SUPPORT, THIRDS
from denizen.history.stats.intervals import numpy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from denizen.history.discover.candidates import Candidate, Counted
    from denizen.history.stats import Estimate, Held, Stratified

FALSE_SHARE = 0.05
"""At most so large a share of what is called a finding may be false."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A candidate with what the data say of it.

    `q` is the false-discovery rate over all tests, `adjusted` the comparison among leads about as active who signed up
    about then, `adjusted_q` its own false-discovery rate over all tests. `signs` are those of the difference in each third
    of the signup time, 0 where a third cannot tell.
    """

    candidate: Candidate
    n: int
    won: int
    others: int
    others_won: int
    p: float
    q: float
    adjusted: Stratified
    adjusted_q: float
    signs: tuple[int, ...]
    sample: Any

    @property
    def rate(self) -> Estimate:
        """The conversion of those with it."""
        return stats.rate(self.won, self.n)

    @property
    def rate_without(self) -> Estimate:
        """The conversion of the others."""
        return stats.rate(self.others_won, self.others)

    @property
    def lift(self) -> Estimate:
        """The one rate over the other."""
        return stats.lift(self.won, self.n, self.others_won, self.others)

    @property
    def difference(self) -> Estimate:
        """The one rate minus the other."""
        return stats.difference(self.won, self.n, self.others_won, self.others)

    @property
    def odds(self) -> Estimate:
        """The odds ratio of all leads, nothing held equal."""
        return stats.odds_ratio(self.won, self.n, self.others_won, self.others)

    @property
    def stable(self) -> bool:
        """Whether the difference points the same way in every third that can tell, and in two at least."""
        told = [s for s in self.signs if s]
        return len(told) > 1 and len(set(told)) == 1

    @property
    def upward(self) -> bool:
        """Whether leads with it convert more often."""
        return self.adjusted.z > 0

    @property
    def found(self) -> bool:
        """Whether it is a finding: beyond chance, also among leads as active at that time, and the same way."""
        same = (self.won * self.others - self.others_won * self.n) * self.adjusted.z > 0
        return self.q <= FALSE_SHARE and self.adjusted_q <= FALSE_SHARE and same


def judge(counted: Sequence[Counted], everyone: Counted) -> list[Tested]:
    """Return the candidates with enough leads on both sides, tested; nothing else is looked at, and all are counted."""
    total = int(everyone.n.sum())
    enough = [c for c in counted if SUPPORT <= int(c.n.sum()) <= total - SUPPORT]
    all_won = int(everyone.won.sum())
    sums = [(int(c.won.sum()), int(c.n.sum())) for c in enough]
    p_values = [stats.fisher_or_score(w, n, all_won - w, total - n) for w, n in sums]
    held, cells = _hold(everyone)
    within = [_beside(c, everyone, held, cells) for c in enough]
    q_values = stats.benjamini_hochberg(p_values)
    adjusted_q = stats.benjamini_hochberg([w.p for w in within])
    return [
        Tested(c.candidate, n, won, total - n, all_won - won, p, q, w, aq, _signs(c, everyone), c.sample)
        for c, (won, n), p, q, w, aq in zip(enough, sums, p_values, q_values, within, adjusted_q, strict=True)
    ]


def _hold(everyone: Counted) -> tuple[Held, Any]:
    """Return the chances that activity and signup time give, for each cell that has leads."""
    np = numpy()
    cells = np.nonzero(everyone.n)
    return stats.hold_counts(everyone.n[cells], everyone.won[cells], cells), cells


def _beside(c: Counted, everyone: Counted, held: Held, cells: Any) -> Stratified:
    """Compare within cells for the odds, and beside activity and time for the test."""
    n, won = c.n[cells], c.won[cells]
    found = stats.mantel_haenszel(won, n, everyone.won[cells] - won, everyone.n[cells] - n)
    test = held.test(n.astype(float), int(won.sum()))
    return stats.Stratified(found.odds, test.z, test.p)


def _signs(c: Counted, everyone: Counted) -> tuple[int, ...]:
    signs = []
    thirds = (_thirds(cells) for cells in (c.n, c.won, everyone.n, everyone.won))
    for n, won, all_n, all_won in zip(*thirds, strict=True):
        others = all_n - n
        gap = int(won) * int(others) - (int(all_won) - int(won)) * int(n)
        signs.append(int(gap > 0) - int(gap < 0) if n and others else 0)
    return tuple(signs)


def _thirds(cells: Any) -> Any:
    """Return counts by third of the signup time."""
    return cells.sum(axis=0).reshape(THIRDS, -1).sum(axis=1)
