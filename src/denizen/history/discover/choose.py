"""From findings to milestones: near-duplicates merged, and each kept only if it tells more than the others chosen.

What is held equal: activity, the time of signup, and of each thing chosen not only whether a lead has it but how much of
it, so that what goes along with a milestone cannot pass for one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from denizen.history import stats
from denizen.history.discover.candidates import COUNTS, stride_of
from denizen.history.discover.chance import COMPOUND, Bars, bars_of
from denizen.history.discover.features import SUPPORT, windows_us
from denizen.history.discover.sharpen import sharpen
from denizen.history.stats.intervals import numpy
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from denizen.history.cohort import History
    from denizen.history.discover.candidates import Candidate
    from denizen.history.discover.judge import Tested
    from denizen.history.stats import Estimate, Held, Test

ALIKE = 0.9
"""Leads are the same for two candidates if phi is above this."""
MOST_VARIANTS = 3
"""Of one subject and kind so many are looked at, the strongest,"""
MOST_LOOKED_AT = 150
"""and of all so many."""
MOST_CHOSEN = 12
HINT = 2.0
"""More or less of a chosen thing is held equal too, from so many standard errors on."""
MOST_RIVALS = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """A finding that tells something the others do not: `beside` are its odds with them, activity and time held equal.

    `same_as` are near-duplicates that were merged into it, `rivals` others that would stand in its place: each says
    nothing beside it, nor does it beside them, and both point the same way. `instead_of` is the event whose place a
    property of it has taken, with the reason.
    """

    tested: Tested
    beside: Estimate
    beside_p: float
    same_as: tuple[str, ...]
    rivals: tuple[str, ...] = ()
    instead_of: str | None = None


@dataclass(slots=True, eq=False)
class Choice:
    """One finding on its way: which rows have it, the levels that stand for it once it is chosen."""

    tested: Tested
    rows: Any
    levels: Any = None
    same_as: tuple[str, ...] = ()
    rivals: list[str] = field(default_factory=list)
    instead_of: str | None = None

    @property
    def candidate(self) -> Candidate:
        """What it is."""
        return self.tested.candidate


@dataclass(frozen=True, slots=True)
class Judged:
    """The leads with what is always held equal, and how strong a finding has to be."""

    won: Any
    base: tuple[Any, ...]
    bars: Bars

    def hold(self, chosen: Sequence[Choice]) -> Held:
        """Return the chances that activity, time and the levels of some choices give."""
        return stats.hold(self.won, [*self.base, *[c.levels for c in chosen]])

    def test(self, held: Held, choice: Choice) -> Test:
        """Test a choice beside what is held."""
        return self.test_rows(held, choice.rows)

    def test_rows(self, held: Held, rows: Any) -> Test:
        """Test some rows beside what is held."""
        return held.test(_by_group(held, rows), int(self.won[rows].sum()))


def choose(history: History, tested: Sequence[Tested]) -> list[Chosen]:
    """Return the findings that stand on their own, the strongest first.

    The next one is always the strongest beside those chosen; then those chosen before are tested again beside it, and
    what no longer passes is dropped and named as its rival. What is made of several events comes after events and attributes, because it holds a
    part of each milestone that is in it; a property takes the place of its event if it is clearly stronger.
    """
    findings = _shortlist([t for t in tested if t.found])
    if not findings:
        return []
    judged = _judged(history, tested)
    left = _merge([Choice(t, _rows(history, t.candidate)) for t in findings], len(judged.won))
    picked: list[Choice] = []
    while left and len(picked) < MOST_CHOSEN:
        held = judged.hold(picked)
        tests = {id(c): judged.test(held, c) for c in left}
        able = [c for c in left if judged.bars.passes(c.candidate, tests[id(c)].z, len(picked))]
        passing = [c for c in able if c.candidate.kind not in COMPOUND] or able
        if not passing:
            break
        best = max(passing, key=lambda c: abs(tests[id(c)].z))
        left = [c for c in left if c is not best]
        if tests[id(best)].z * best.tested.adjusted.z <= 0:
            continue
        best = sharpen(history, judged, picked, best, [c for c in able if c in left])
        left = [c for c in left if c is not best and not _same_thing(c.candidate, best.candidate)]
        best.rivals = _rivals(judged, held, best, [c for c in passing if c in left], tests, len(picked))
        best.levels = _levels(history, judged, picked, best)
        fallen = [c for c in picked if not _stands(judged, c, [*picked, best])]
        best.rivals += [c.candidate.words for c in fallen if _same_way(c, best)]
        picked = [*(c for c in picked if c not in fallen), best]
    return _chosen(judged, picked)


def _stands(judged: Judged, choice: Choice, picked: Sequence[Choice]) -> bool:
    """Return whether a choice still tells something beside the others."""
    others = [c for c in picked if c is not choice]
    return judged.bars.passes(choice.candidate, judged.test(judged.hold(others), choice).z, len(others))


def _chosen(judged: Judged, picked: Sequence[Choice]) -> list[Chosen]:
    np = numpy()
    if not picked:
        return []
    marks = np.zeros((len(picked), len(judged.won)), dtype=np.int8)
    for own, choice in zip(marks, picked, strict=True):
        own[choice.rows] = 1
    held = stats.hold(judged.won, [*judged.base, *marks])
    found = [held.odds(len(judged.base) + i) for i in range(len(picked))]
    return [
        Chosen(c.tested, odds, p, c.same_as, tuple(c.rivals), c.instead_of)
        for c, (odds, p) in zip(picked, found, strict=True)
    ]


def _judged(history: History, tested: Sequence[Tested]) -> Judged:
    np = numpy()
    people = history.connection.execute("SELECT won, stratum, slice FROM people ORDER BY g").fetchnumpy()
    won = np.asarray(people["won"], dtype=bool)
    base = tuple(np.asarray(people[name], dtype=np.int32) for name in ("stratum", "slice"))
    stride = stride_of(len(won))
    return Judged(won, base, bars_of(tested, won[::stride], [b[::stride] for b in base], MOST_CHOSEN))


def _shortlist(found: Sequence[Tested]) -> list[Tested]:
    """Keep the strongest variants of each subject, so that those of one do not crowd out another."""
    kept: list[Tested] = []
    count: dict[tuple[str, ...], int] = {}
    for t in sorted(found, key=lambda t: (-abs(t.adjusted.z), t.candidate.simplicity)):
        c = t.candidate
        subject = (c.kind, c.event, c.then, c.name)
        count[subject] = count.get(subject, 0) + 1
        if count[subject] <= MOST_VARIANTS:
            kept.append(t)
    return kept[:MOST_LOOKED_AT]


def _same_thing(one: Candidate, two: Candidate) -> bool:
    """Return whether two are about the same event, or the same attribute's value: one finding of it is enough."""
    if one.kind == two.kind == "attribute":
        return (one.name, one.value) == (two.name, two.value)
    shared = {one.event, one.then} & {two.event, two.then} - {""}
    return bool(shared) or (one.kind == two.kind and one.kind in ("days", "breadth"))


def _same_way(one: Choice, two: Choice) -> bool:
    """Return whether both speak for, or both against a conversion."""
    return one.tested.adjusted.z * two.tested.adjusted.z > 0


def _rows(history: History, candidate: Candidate) -> Any:
    """Return the rows of the leads that have a candidate, from 0."""
    np = numpy()
    return np.asarray(history.connection.execute(candidate.who).fetchnumpy()["g"], dtype=np.int64) - 1


def _by_group(held: Held, rows: Any) -> Any:
    return numpy().bincount(held.whose[rows], minlength=len(held.chance)).astype(float)


def _merge(choices: list[Choice], size: int) -> list[Choice]:
    """Keep the simplest of those that are of the same leads."""
    np = numpy()
    kept: list[Choice] = []
    mark = np.zeros(size, dtype=bool)
    for choice in sorted(choices, key=lambda c: c.tested.candidate.simplicity):
        mark[choice.rows] = True
        twin = next((k for k in kept if _phi(mark, len(choice.rows), k.rows) > ALIKE), None)
        mark[choice.rows] = False
        if twin is None:
            kept.append(choice)
        else:
            twin.same_as += (choice.candidate.words,)
    return kept


def _phi(mark: Any, n: int, rows: Any) -> float:
    """Return the correlation of a mark on n rows with that on others."""
    m, total = len(rows), len(mark)
    if min(n, m) < ALIKE * ALIKE * max(n, m):
        return 0.0
    both = int(mark[rows].sum())
    return (both * total - n * m) / math.sqrt(float(n) * (total - n) * m * (total - m))


def _rivals(
    judged: Judged, held: Held, best: Choice, others: Sequence[Choice], tests: dict[int, Test], before: int
) -> list[str]:
    """Return the others that cannot be told apart from the best: neither says anything beside the other.

    What points the other way is none, for it would be there instead of the best only where that is not.
    """
    np = numpy()
    mark = np.zeros(len(judged.won), dtype=bool)
    mark[best.rows] = True
    spread = (held.chance * (1 - held.chance))[held.whose]
    own, test = _by_group(held, best.rows), tests[id(best)]
    found: list[Choice] = []
    for other in sorted(others, key=lambda c: -abs(tests[id(c)].z)):
        against = tests[id(other)]
        if against.z * test.z <= 0 or not _same_way(other, best):
            continue
        both = float(spread[other.rows[mark[other.rows]]].sum())
        shared = held.overlap(both, own, _by_group(held, other.rows)) / math.sqrt(test.variance * against.variance)
        left = math.sqrt(max(1e-9, 1 - shared * shared))
        pairs = ((best, (test.z - shared * against.z) / left), (other, (against.z - shared * test.z) / left))
        told = any(judged.bars.passes(c.candidate, z, before) for c, z in pairs)
        if not told and not any(_same_thing(other.candidate, f.candidate) for f in found):
            found.append(other)
    return [c.candidate.words for c in found[:MOST_RIVALS]]


def _levels(history: History, judged: Judged, picked: Sequence[Choice], choice: Choice) -> Any:
    """Return for each lead how much of a chosen thing it has, as whole numbers.

    1 is to have it, 0 not to; more or less of it is a level of its own if it hints at another chance. Such a hint is too
    weak to be a finding, but what goes along with it could add up to one.
    """
    np = numpy()
    found = history.connection.execute(_levels_of(history, choice.candidate)).fetchnumpy()
    more = np.zeros(len(judged.won), dtype=np.int64)
    np.maximum.at(more, np.asarray(found["g"], dtype=np.int64) - 1, np.asarray(found["level"], dtype=np.int64))
    choice.levels = np.zeros(len(more), dtype=np.int64)
    choice.levels[choice.rows] = 1
    code = 2 * more + choice.levels
    held = judged.hold([*picked, choice])
    levels = choice.levels.copy()
    for level in np.unique(code):
        rows = np.flatnonzero(code == level)
        if len(rows) >= SUPPORT and abs(judged.test_rows(held, rows).z) >= HINT:
            levels[rows] = level + 2
    return levels


def _levels_of(history: History, c: Candidate) -> str:
    """Return a query for how much of the subject of a candidate leads have: g, level."""
    if c.kind in ("days", "breadth"):
        return f"SELECT g, {_step(c.kind)} AS level FROM people"
    if c.kind == "attribute":
        return f"SELECT g, k + 1 AS level FROM known_of JOIN knowns USING (k) WHERE attribute = {text(c.name)}"
    column = next(name for name, us in windows_us(history.design.at_us or 0).items() if us == c.within_us)
    of = "SELECT e FROM names WHERE event = "
    if c.kind == "sequence":
        return (
            f"SELECT g, sum(CASE WHEN e = ({of}{text(c.event)}) THEN 1 ELSE 2 END) AS level FROM done"
            f" WHERE e IN (({of}{text(c.event)}), ({of}{text(c.then)})) GROUP BY g"
        )
    return f"SELECT g, 1 + {_step(column)} AS level FROM done WHERE e = ({of}{text(c.event)})"


def _step(column: str) -> str:
    return " + ".join(f"({column} >= {n})::INTEGER" for n in COUNTS)
