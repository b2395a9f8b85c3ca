"""Candidates: everything a lead may have done or be, each with its counts by stratum of activity and slice of signup time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history.design import span
from denizen.history.discover.features import STRATA, slices_of, windows_us
from denizen.history.stats.intervals import numpy
from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from denizen.history.cohort import History

COUNTS = (1, 2, 3, 5, 10)
SAMPLE_LEADS = 8_000
"""So many leads tell how much candidates have in common."""
ORDER = ("count", "days", "breadth", "property", "sequence", "attribute")
"""The kinds, the simplest first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing that may predict conversion: what it is in words, and which leads have it, as SQL on their `g`.

    `event` is what it counts (for a sequence the first), `then` the second event of a sequence, `name` a property or
    attribute with its `value`; an attribute's third lies in [low, high). `within_us` is counted from signup.
    """

    kind: str
    who: str
    event: str = ""
    at_least: int = 1
    within_us: int = 0
    then: str = ""
    name: str = ""
    value: str = ""
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def words(self) -> str:
        """What it is."""
        within = f" within {span(self.within_us)}"
        if self.kind == "count":
            return f"{self.event}{f' at least {self.at_least} times' if self.at_least > 1 else ''}{within}"
        if self.kind in ("days", "breadth"):
            return f"at least {self.at_least} {'active days' if self.kind == 'days' else 'different events'}{within}"
        if self.kind == "sequence":
            return f"{self.event}, then {self.then}{within}"
        if self.kind == "property":
            return f"{self.event} with {self.name} = {self.value}{within}"
        return f"{self.name} {self._bounds()}" if self.ranged else f"{self.name} = {self.value}"

    @property
    def ranged(self) -> bool:
        """Whether it is a third of a number."""
        return self.low is not None or self.high is not None

    def _bounds(self) -> str:
        low, high = (None if bound is None else plain(bound) for bound in (self.low, self.high))
        if low is None:
            return f"below {high}"
        return f"at least {low}" if high is None else f"{low} to below {high}"

    @property
    def simplicity(self) -> tuple[int, int, int, str]:
        """Sorts the simplest first: fewest words, lowest count, longest time."""
        return ORDER.index(self.kind), self.at_least, -self.within_us, self.words


@dataclass(frozen=True, slots=True)
class Counted:
    """A candidate by stratum and slice: how many leads have it, how many of them convert; and which of a sample have it."""

    candidate: Candidate
    n: Any
    won: Any
    sample: Any


@dataclass(frozen=True, slots=True)
class _Cells:
    """Counts over k, stratum and slice, and over k and the leads of the sample."""

    n: Any
    won: Any
    sample: Any

    def of(self, k: int, candidate: Candidate) -> Counted:
        """Return the counts of one k as those of a candidate."""
        return Counted(candidate, self.n[k], self.won[k], self.sample[k])

    def and_more(self) -> _Cells:
        """Turn counts of exactly a level k into counts of at least this level."""
        return _Cells(*(a[::-1].cumsum(axis=0, dtype=a.dtype)[::-1] for a in (self.n, self.won, self.sample)))

    def between(self, start: int, end: int) -> _Cells:
        """Return the counts of some k."""
        return _Cells(self.n[start:end], self.won[start:end], self.sample[start:end])


def everyone(history: History) -> Counted:
    """Return the counts of all leads."""
    return _cells(history, "SELECT 0 AS k, g, cell FROM people", 1).of(0, Candidate("days", ""))


def candidates(history: History) -> Iterator[Counted]:
    """Yield every candidate with its counts; their order is always the same."""
    yield from _counts(history)
    yield from _activity(history)
    yield from _properties(history)
    yield from _sequences(history)
    yield from _attributes(history)


def _counts(history: History) -> Iterator[Counted]:
    events = _names(history)
    levels = len(COUNTS)
    for column, us in windows_us(history.design.at_us or 0).items():
        rows = f"SELECT (e - 1) * {levels} + {_level(column)} - 1 AS k, g, cell FROM done WHERE {column} > 0"
        cells = _cells(history, rows, len(events) * levels)
        for i, (e, event) in enumerate(events.items()):
            own = cells.between(i * levels, (i + 1) * levels).and_more()
            for level, least in enumerate(COUNTS):
                who = f"SELECT g FROM done WHERE e = {e} AND {column} >= {least}"
                yield own.of(level, Candidate("count", who, event, least, us))


def _level(column: str) -> str:
    return " + ".join(f"({column} >= {n})::INTEGER" for n in COUNTS)


def _activity(history: History) -> Iterator[Counted]:
    us = history.design.at_us or 0
    for kind in ("days", "breadth"):
        rows = f"SELECT {_level(kind)} AS k, g, cell FROM people"
        cells = _cells(history, rows, len(COUNTS) + 1).and_more()
        for level, least in enumerate(COUNTS[1:], 2):
            who = f"SELECT g FROM people WHERE {kind} >= {least}"
            yield cells.of(level, Candidate(kind, who, at_least=least, within_us=us))


def _properties(history: History) -> Iterator[Counted]:
    us = history.design.at_us or 0
    found = history.connection.execute("SELECT k, event, property, value FROM marks JOIN names USING (e) ORDER BY k")
    marks = found.fetchall()
    cells = _cells(history, "SELECT k, g, cell FROM marked", len(marks))
    for k, event, name, value in marks:
        who = f"SELECT g FROM marked WHERE k = {k}"
        yield cells.of(k, Candidate("property", who, event, within_us=us, name=name, value=value))


def _sequences(history: History) -> Iterator[Counted]:
    us, events = history.design.at_us or 0, _names(history)
    places = history.connection.execute("SELECT place, e FROM frequent ORDER BY place").fetchall()
    size = len(places)
    rows = (
        "WITH kept AS (SELECT g, e, place, cell, first_us, last_us FROM done JOIN frequent USING (e)),"
        " pairs AS (SELECT a.place AS one, b.place AS two, a.g, a.cell FROM kept AS a JOIN kept AS b"
        " ON a.g = b.g AND a.e <> b.e AND a.first_us < b.last_us UNION ALL SELECT a.place, b.place, g, cell"
        " FROM tied JOIN frequent AS a ON a.e = earlier JOIN frequent AS b ON b.e = later)"
        f" SELECT one * {size} + two AS k, g, cell FROM pairs"
    )
    cells = _cells(history, rows, size * size)
    for one, e in places:
        for two, f in places:
            if one == two:
                continue
            who = (
                f"SELECT a.g FROM done AS a JOIN done AS b USING (g) WHERE a.e = {e} AND b.e = {f}"
                f" AND a.first_us < b.last_us UNION ALL SELECT g FROM tied WHERE earlier = {e} AND later = {f}"
            )
            yield cells.of(one * size + two, Candidate("sequence", who, events[e], within_us=us, then=events[f]))


def _attributes(history: History) -> Iterator[Counted]:
    found = history.connection.execute("SELECT k, attribute, value, low, high FROM knowns ORDER BY k").fetchall()
    cells = _cells(history, "SELECT k, g, cell FROM known_of", len(found))
    for k, name, value, low, high in found:
        who = f"SELECT g FROM known_of WHERE k = {k}"
        yield cells.of(k, Candidate("attribute", who, name=name, value=value, low=low, high=high))


def _names(history: History) -> dict[int, str]:
    rows = history.connection.execute("SELECT e, event FROM names ORDER BY e").fetchall()
    return {int(e): str(event) for e, event in rows}


def _cells(history: History, rows: str, size: int) -> _Cells:
    """Count rows (k, g, cell), k below size."""
    np = numpy()
    connection, stride = history.connection, stride_of(history.cohort.rows)
    shape = (size, len(STRATA) + 1, slices_of(history.cohort.rows))
    found = connection.execute(f"SELECT k, cell, count(*) AS n FROM ({rows}) GROUP BY k, cell").fetchnumpy()
    k, cell, n = (np.asarray(found[name], dtype=np.int64) for name in ("k", "cell", "n"))
    counts = np.zeros((size, shape[1] * shape[2] * 2), dtype=np.int32)
    counts[k, cell] = n
    lost, won = counts[:, 0::2].reshape(shape), counts[:, 1::2].reshape(shape)
    sampled = connection.execute(f"SELECT k, (g - 1) // {stride} AS i FROM ({rows}) WHERE g % {stride} = 1 % {stride}")
    marks = sampled.fetchnumpy()
    sample = np.zeros((size, (history.cohort.rows - 1) // stride + 1), dtype=np.uint8)
    sample[np.asarray(marks["k"], dtype=np.int64), np.asarray(marks["i"], dtype=np.int64)] = 1
    return _Cells(lost + won, won, sample)


def stride_of(leads: int) -> int:
    """Return how many leads there are to each of the sample."""
    return -(-leads // SAMPLE_LEADS)
