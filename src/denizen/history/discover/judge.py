"""Which candidates hold up: enough leads, beyond chance over all tests, and beyond mere activity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.history import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from denizen.history.discover.candidates import Candidate, Counted
    from denizen.history.stats import Estimate, Stratified

SUPPORT = 20
"""Fewer leads with it, or without it, say nothing."""
FALSE_SHARE = 0.05
"""At most so large a share of what is called a finding may be false."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A candidate with what the data say of it.

    `q` is the false-discovery rate over all tests, `adjusted` the comparison among leads about as active,
    `adjusted_q` its own false-discovery rate over all tests. `signs` are those of the difference in each third of the
    signup time, 0 where a third cannot tell.
    """

    candidate: Candidate
    n: int
    won: int
    others: int
    others_won: int
    rate: Estimate
    rate_without: Estimate
    lift: Estimate
    difference: Estimate
    odds: Estimate
    p: float
    q: float
    adjusted: Stratified
    adjusted_q: float
    signs: tuple[int, ...]

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
        """Whether it is a finding: beyond chance, also among leads about as active, and the same way."""
        same = (self.difference.value or 0.0) * self.adjusted.z > 0
        return self.q <= FALSE_SHARE and self.adjusted_q <= FALSE_SHARE and same


def judge(counted: Sequence[Counted], everyone: Counted) -> list[Tested]:
    """Return the candidates with enough leads on both sides, tested; nothing else is looked at, and all are counted."""
    total = int(everyone.n.sum())
    enough = [c for c in counted if SUPPORT <= int(c.n.sum()) <= total - SUPPORT]
    sums = [(int(c.won.sum()), int(c.n.sum())) for c in enough]
    all_won = int(everyone.won.sum())
    p_values = [stats.fisher_or_score(w, n, all_won - w, total - n) for w, n in sums]
    within = [_within_strata(c, everyone) for c in enough]
    q_values = stats.benjamini_hochberg(p_values)
    adjusted_q = stats.benjamini_hochberg([w.p for w in within])
    return [
        _tested(c, everyone, p, q, w, aq)
        for c, p, q, w, aq in zip(enough, p_values, q_values, within, adjusted_q, strict=True)
    ]


def _within_strata(c: Counted, everyone: Counted) -> Stratified:
    n, won = c.n.sum(axis=1), c.won.sum(axis=1)
    return stats.mantel_haenszel(won, n, everyone.won.sum(axis=1) - won, everyone.n.sum(axis=1) - n)


def _tested(c: Counted, everyone: Counted, p: float, q: float, adjusted: Stratified, adjusted_q: float) -> Tested:
    n, won = int(c.n.sum()), int(c.won.sum())
    others, others_won = int(everyone.n.sum()) - n, int(everyone.won.sum()) - won
    return Tested(
        candidate=c.candidate,
        n=n,
        won=won,
        others=others,
        others_won=others_won,
        rate=stats.rate(won, n),
        rate_without=stats.rate(others_won, others),
        lift=stats.lift(won, n, others_won, others),
        difference=stats.difference(won, n, others_won, others),
        odds=stats.odds_ratio(won, n, others_won, others),
        p=p,
        q=q,
        adjusted=adjusted,
        adjusted_q=adjusted_q,
        signs=_signs(c, everyone),
    )


def _signs(c: Counted, everyone: Counted) -> tuple[int, ...]:
    signs = []
    for n, won, all_n, all_won in zip(
        c.n.sum(axis=0), c.won.sum(axis=0), everyone.n.sum(axis=0), everyone.won.sum(axis=0), strict=True
    ):
        others = all_n - n
        gap = won * others - (all_won - won) * n
        signs.append(int(gap > 0) - int(gap < 0) if n and others else 0)
    return tuple(signs)
