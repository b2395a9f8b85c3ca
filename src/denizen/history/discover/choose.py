"""From findings to milestones: near-duplicates merged, and each kept only if it tells more than those kept before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history import stats
from denizen.history.stats.intervals import numpy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from denizen.history.cohort import History
    from denizen.history.discover.judge import Tested
    from denizen.history.stats import Estimate

ALIKE = 0.9
"""Leads are the same for two candidates if phi is above this."""
COMPOUND = ("sequence", "property")
"""Kinds made of several things: there are so many that each has to beat all tests, not all subjects."""
MAX_LOOKED_AT = 80
MAX_CHOSEN = 12
BY_CHANCE = 0.05


@dataclass(frozen=True, slots=True)
class Chosen:
    """A finding that tells something the others do not: `beside` are its odds with them and activity held equal.

    `same_as` are near-duplicates that were merged into it.
    """

    tested: Tested
    beside: Estimate
    beside_p: float
    same_as: tuple[str, ...]


def choose(history: History, tested: Sequence[Tested]) -> list[Chosen]:
    """Return the findings that stand on their own, the strongest first.

    The next one is always the strongest beside those chosen; it must beat chance among all subjects tested (Bonferroni).
    What is made of several things has to beat chance among all tests.
    """
    np = numpy()
    findings = sorted((t for t in tested if t.found), key=lambda t: (-abs(t.adjusted.z), t.candidate.simplicity))
    left = findings[:MAX_LOOKED_AT]
    people = history.connection.execute("SELECT won, stratum FROM people ORDER BY g").fetchnumpy()
    won, strata = np.asarray(people["won"], dtype=bool), np.asarray(people["stratum"])
    marks = {id(t): _marks(history, t, len(won)) for t in left}
    left, merged = _merge(left, marks)
    activity = [strata == s for s in np.unique(strata)]
    least = [stats.z_of(1 - BY_CHANCE / n) for n in (_subjects(tested), len(tested))] if tested else []
    picked: list[Tested] = []
    while left and len(picked) < MAX_CHOSEN:
        columns = np.stack([*activity, *[marks[id(t)] for t in picked]], axis=1)
        fit = stats.logistic(won, columns)
        beside = [stats.score_z(fit, won, columns, marks[id(t)]) for t in left]
        passing = [i for i, z in enumerate(beside) if abs(z) >= least[left[i].candidate.kind in COMPOUND]]
        if not passing:
            break
        best = max(passing, key=lambda i: abs(beside[i]))
        t = left[best]
        picked += [t] if beside[best] * t.adjusted.z > 0 else []
        left = [x for x in left if x is not t and not _same_thing(x, t)]
    if not picked:
        return []
    columns = np.stack([*activity, *[marks[id(t)] for t in picked]], axis=1)
    fit = stats.logistic(won, columns)
    places = range(len(activity), len(activity) + len(picked))
    return [Chosen(t, fit.odds(i), fit.p(i), merged[id(t)]) for t, i in zip(picked, places, strict=True)]


def _same_thing(a: Tested, b: Tested) -> bool:
    """Return whether two are about the same event, or the same value of an attribute: one finding of it is enough."""
    one, two = a.candidate, b.candidate
    if one.kind == two.kind == "attribute":
        return (one.name, one.value) == (two.name, two.value)
    shared = {one.event, one.then} & {two.event, two.then} - {""}
    return bool(shared) or (one.kind == two.kind and one.kind in ("days", "breadth"))


def _subjects(left: Sequence[Tested]) -> int:
    """Return how many different things there are, not counting their variants."""
    return len({t.candidate.event or (t.candidate.kind, t.candidate.name) for t in left})


def _marks(history: History, t: Tested, size: int) -> Any:
    np = numpy()
    marks = np.zeros(size, dtype=bool)
    marks[np.asarray(history.connection.execute(t.candidate.who).fetchnumpy()["g"], dtype=int) - 1] = True
    return marks


def _merge(findings: list[Tested], marks: dict[int, Any]) -> tuple[list[Tested], dict[int, tuple[str, ...]]]:
    """Keep the simplest of those that are of the same leads."""
    kept: list[Tested] = []
    merged: dict[int, tuple[str, ...]] = {}
    for t in sorted(findings, key=lambda t: t.candidate.simplicity):
        twin = next((k for k in kept if _phi(marks[id(k)], marks[id(t)]) > ALIKE), None)
        if twin is None:
            kept.append(t)
            merged[id(t)] = ()
        else:
            merged[id(twin)] += (t.candidate.words,)
    return kept, merged


def _phi(a: Any, b: Any) -> float:
    np = numpy()
    both, n, m, total = float((a & b).sum()), float(a.sum()), float(b.sum()), float(len(a))
    return (both * total - n * m) / float(np.sqrt(n * (total - n) * m * (total - m)))
