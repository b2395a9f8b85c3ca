"""What chance alone would do: how strong the strongest of all candidates looks where none of them means anything.

Candidates have much in common (once or twice, in three days or in seven), so counting each as a test of its own would ask
too much. Instead outcomes are drawn at random around what activity and time say, for a sample of leads, and the strongest
of all candidates is noted each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history import stats
from denizen.history.stats.intervals import numpy, special

if TYPE_CHECKING:
    from collections.abc import Sequence

    from denizen.history.discover.candidates import Candidate
    from denizen.history.discover.judge import Tested

COMPOUND = ("days", "breadth", "property", "sequence")
"""Kinds made of other events: they come after those, and share little of what chance is allowed, being many."""
BY_CHANCE = 0.05
SHARES = {False: 0.9, True: 0.1}
"""Of `BY_CHANCE`, for what is simple and for what is compound."""
DRAWS = 1_000
SEED = 20260701
FEWEST = 5
"""A candidate of fewer leads of the sample counts as a test of its own."""
_HIGHEST = 40.0


@dataclass(frozen=True, slots=True)
class Bars:
    """How far from 0 a statistic has to be: `bars[compound][n]` for the n-th finding, from 0."""

    bars: dict[bool, tuple[float, ...]]

    def passes(self, candidate: Candidate, z: float, before: int) -> bool:
        """Return whether a statistic beats chance when so many have been chosen before it."""
        bars = self.bars[candidate.kind in COMPOUND]
        return abs(z) >= bars[min(before, len(bars) - 1)]


def bars_of(tested: Sequence[Tested], won: Any, base: Sequence[Any], most: int) -> Bars:
    """Return the bars for up to so many findings.

    The n-th finding may be one by chance with a probability of n times `BY_CHANCE`, so that among n findings the expected
    share of false ones is `BY_CHANCE`.

    Args:
        tested: all candidates that were tested, with their marks on a sample of leads.
        won: which of the sample convert.
        base: what is held equal, an array of levels a factor.
        most: the number of findings.
    """
    np = numpy()
    noise = _noise(won, base)
    bars = {}
    for compound, share in SHARES.items():
        group = [t for t in tested if (t.candidate.kind in COMPOUND) == compound]
        highest, alone = _highest(group, noise)
        budgets = [min(0.5, share * BY_CHANCE * (n + 1)) for n in range(most)]
        bars[compound] = tuple(_bar(np, highest, alone, budget) for budget in budgets)
    return Bars(bars)


def _noise(won: Any, base: Sequence[Any]) -> Any:
    """Return draws (a row a lead of the sample) of outcomes minus what the base says, with nothing else behind them."""
    np = numpy()
    held = stats.hold(won, base)
    chance = held.chance[held.whose]
    weight = (chance * (1 - chance)).astype(np.float32)
    draws = np.random.default_rng(SEED).standard_normal((len(won), DRAWS), dtype=np.float32)
    draws *= np.sqrt(weight)[:, None]
    sizes = [int(f.max()) + 1 for f in base]
    columns = np.zeros((len(won), sum(sizes)), dtype=np.float32)
    start = 0
    for factor, size in zip(base, sizes, strict=True):
        columns[np.arange(len(won)), start + factor] = 1
        start += size
    weighted = columns * weight[:, None]
    inverse = np.linalg.pinv((columns.T @ weighted).astype(float)).astype(np.float32)
    return draws - weighted @ (inverse @ (columns.T @ draws))


def _highest(group: Sequence[Tested], noise: Any) -> tuple[Any, int]:
    """Return for each draw the highest statistic of all candidates, and how many are too rare to tell."""
    np = numpy()
    highest, alone = np.zeros(noise.shape[1]), 0
    for start in range(0, len(group), 256):
        marks = np.stack([t.sample for t in group[start : start + 256]]).astype(np.float32)
        marks = marks[marks.sum(axis=1) >= FEWEST]
        alone += len(group[start : start + 256]) - len(marks)
        if not len(marks):
            continue
        z = marks @ noise
        spread = z.std(axis=1, keepdims=True)
        z = np.abs(z) / np.where(spread > 0, spread, np.inf)
        highest = np.maximum(highest, z.max(axis=0))
    return highest, alone


def _bar(np: Any, highest: Any, alone: int, budget: float) -> float:
    """Return the statistic that the strongest by chance reaches with a probability of `budget`, by bisection."""
    low, high = 0.0, _HIGHEST
    while high - low > 1e-6:  # noqa: PLR2004 - far finer than the draws
        middle = (low + high) / 2
        chance = float(np.mean(highest >= middle)) + alone * 2 * float(special().ndtr(-middle))
        low, high = (middle, high) if chance > budget else (low, middle)
    return high
