"""Logistic regression on factors: the log-odds are a sum with one term for the level of each factor.

Rows that share all levels are one group, so a million rows cost no more than their groups, and no table of zeros and
ones is ever made. `Held.test` asks whether those with a mark convert more or less often than the factors say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history.stats.intervals import LEVEL, Estimate, numpy, special, z_of

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = 30
RIDGE = 1e-3
"""Holds terms finite where a level separates the converted from the rest; too little to move any other."""
EXACT_BELOW = 10.0
"""With fewer conversions expected (or failures), the distribution is summed up instead of taken as normal."""
_CLOSE = 1e-8
_FAR = 30.0
_LARGEST_Z = 300.0


@dataclass(frozen=True, slots=True)
class Test:
    """Whether a mark tells something beside the factors: `z` is signed, `variance` that of the number converted."""

    z: float
    p: float
    variance: float


@dataclass(frozen=True, slots=True)
class Held:
    """Chances under factors: `codes[f]` is the level of each group, `whose` the group of each row.

    `covariance` is that of the terms that are not a reference level; `places` says which those are.
    """

    codes: tuple[Any, ...]
    whose: Any
    chance: Any
    terms: Any
    covariance: Any
    places: Any

    def test(self, n: Any, won: int) -> Test:
        """Test a mark by how many rows of each group have it, and how many of these convert."""
        np = numpy()
        expected = float(n @ self.chance)
        weight = n * self.chance * (1 - self.chance)
        plain = float(weight.sum())
        variance = plain - self._explained(weight, weight)
        if variance <= _CLOSE * plain or variance <= 0:
            return Test(0.0, 1.0, 0.0)
        z = (won - expected) / math.sqrt(variance)
        if min(expected, float(n.sum()) - expected) >= EXACT_BELOW:
            return Test(z, float(2 * special().ndtr(-abs(z))), variance)
        p = _exact(np, n, self.chance, won)
        size = min(_LARGEST_Z, -float(special().ndtri(max(p / 2, 1e-300))))
        return Test(math.copysign(size, won - expected), p, variance)

    def overlap(self, weight: Any, n: Any, other: Any) -> float:
        """Return the covariance of two marks beside the factors.

        `weight` is the sum of chance x (1 - chance) over the rows with both; `n` and `other` count rows a group.
        """
        spread = self.chance * (1 - self.chance)
        return float(weight) - self._explained(n * spread, other * spread)

    def odds(self, factor: int, level: float = LEVEL) -> tuple[Estimate, float]:
        """Return the odds ratio of the second level of a factor against its first, with its p-value."""
        at = int(numpy().flatnonzero(self.places == _start(self.codes, factor) + 1)[0])
        center, error = float(self.terms[self.places[at]]), math.sqrt(float(self.covariance[at, at]))
        half = z_of(level) * error
        p = float(2 * special().ndtr(-abs(center / error)))
        return Estimate(math.exp(center), math.exp(center - half), math.exp(center + half)), p

    def _explained(self, weight: Any, other: Any) -> float:
        one = _by_level(self.codes, weight)[self.places]
        two = one if other is weight else _by_level(self.codes, other)[self.places]
        return float(one @ self.covariance @ two)


def hold(won: Any, factors: Sequence[Any]) -> Held:
    """Fit the chance of each row to factors, one array of levels (whole numbers from 0) each."""
    np = numpy()
    y = np.asarray(won, dtype=float)
    whose, codes = _groups(np, factors)
    n = np.bincount(whose, minlength=len(codes[0]))
    return _fit(np, codes, whose, n.astype(float), np.bincount(whose, y, minlength=len(n)))


def hold_counts(n: Any, won: Any, factors: Sequence[Any]) -> Held:
    """Fit chances to counts of groups: `n` rows of which `won` convert, with the level of each group in each factor."""
    np = numpy()
    codes = tuple(_dense(np, np.asarray(f)) for f in factors)
    return _fit(np, codes, np.arange(len(n)), np.asarray(n, dtype=float), np.asarray(won, dtype=float))


def _dense(np: Any, code: Any) -> Any:
    """Return levels renumbered without gaps, in their order."""
    present = np.bincount(code) > 0
    return (np.cumsum(present) - 1)[code]


def _groups(np: Any, factors: Sequence[Any]) -> tuple[Any, tuple[Any, ...]]:
    """Return the group of each row, and the level of each group in each factor."""
    dense = [_dense(np, np.asarray(f)) for f in factors]
    whose = dense[0]
    for code in dense[1:]:
        whose = _dense(np, whose.astype(np.int64) * (int(code.max()) + 1) + code)
    first = np.zeros(int(whose.max()) + 1, dtype=np.int64)
    first[whose] = np.arange(len(whose))
    return whose, tuple(code[first] for code in dense)


def _start(codes: Sequence[Any], factor: int) -> int:
    return sum(int(code.max()) + 1 for code in codes[:factor])


def _by_level(codes: Sequence[Any], values: Any) -> Any:
    """Return the sum of values of groups over each level of each factor."""
    np = numpy()
    return np.concatenate([np.bincount(code, values) for code in codes])


def _fit(np: Any, codes: tuple[Any, ...], whose: Any, n: Any, won: Any) -> Held:
    starts = [_start(codes, f) for f in range(len(codes) + 1)]
    places = np.array([i for i in range(starts[-1]) if i == 0 or i not in starts[1:-1]])
    terms, ridge = np.zeros(starts[-1]), RIDGE * np.eye(len(places))
    for _ in range(STEPS):
        chance = _chance(np, codes, starts, terms)
        information = _information(np, codes, starts, n * chance * (1 - chance))[np.ix_(places, places)]
        gap = _by_level(codes, won - n * chance)[places]
        step = np.linalg.solve(information + ridge, gap - RIDGE * terms[places])
        terms[places] += step
        if float(np.abs(step).max()) < _CLOSE:
            break
    chance = _chance(np, codes, starts, terms)
    information = _information(np, codes, starts, n * chance * (1 - chance))[np.ix_(places, places)]
    return Held(codes, whose, chance, terms, np.linalg.inv(information + ridge), places)


def _chance(np: Any, codes: Sequence[Any], starts: Sequence[int], terms: Any) -> Any:
    log_odds = sum(terms[start + code] for start, code in zip(starts, codes, strict=False))
    return 1 / (1 + np.exp(-np.clip(log_odds, -_FAR, _FAR)))


def _information(np: Any, codes: Sequence[Any], starts: Sequence[int], weight: Any) -> Any:
    """Return the weight of every two levels together."""
    found = np.zeros((starts[-1], starts[-1]))
    for f, one in enumerate(codes):
        own = slice(starts[f], starts[f + 1])
        found[own, own] = np.diag(np.bincount(one, weight))
        for g in range(f):
            levels = starts[g + 1] - starts[g]
            shape = (starts[f + 1] - starts[f], levels)
            both = np.bincount(one * levels + codes[g], weight, minlength=shape[0] * levels).reshape(shape)
            other = slice(starts[g], starts[g + 1])
            found[own, other], found[other, own] = both, both.T
    return found


def _exact(np: Any, n: Any, chance: Any, won: int) -> float:
    """Return the two-sided p-value of the number converted: the smaller tail of a sum of binomials, twice."""
    size = n[n > 0].astype(int)
    p = chance[n > 0]
    if float(size @ p) > size.sum() / 2:
        won, p = int(size.sum()) - won, 1 - p
    counts = np.arange(won + 1)
    gamma = special().gammaln
    with np.errstate(divide="ignore"):
        ways = gamma(size[:, None] + 1) - gamma(counts + 1) - gamma(np.maximum(size[:, None] - counts, 0) + 1)
        each = np.exp(
            ways + counts * np.log(p)[:, None] + np.maximum(size[:, None] - counts, 0) * np.log1p(-p)[:, None]
        )
    each[counts[None, :] > size[:, None]] = 0.0
    total = np.zeros(won + 1)
    total[0] = 1.0
    for one in each:
        total = np.convolve(total, one)[: won + 1]
    up_to = float(total.sum())
    here = float(total[won])
    return min(1.0, 2 * min(up_to, max(here, 1 - up_to + here)))
