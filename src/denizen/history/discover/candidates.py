"""Candidates: everything a lead may have done or be, each with its counts by stratum of activity and time of signup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history.design import span
from denizen.history.discover.features import LOW_CARDINALITY, STRATA, THIRDS, windows_us
from denizen.history.stats.intervals import numpy
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from denizen.history.cohort import History

COUNTS = (1, 2, 3, 5, 10)
PAIRED_EVENTS = 15
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
    low: float | None = None
    high: float | None = None

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
        if self.low is None:
            return f"below {self.high:g}"
        return f"at least {self.low:g}" if self.high is None else f"{self.low:g} to below {self.high:g}"

    @property
    def simplicity(self) -> tuple[int, int, int, str]:
        """Sorts the simplest first: fewest words, lowest count, longest time."""
        return ORDER.index(self.kind), self.at_least, -self.within_us, self.words


@dataclass(frozen=True, slots=True)
class Counted:
    """A candidate with `cells[stratum, third]`: how many leads have it, and how many of them convert."""

    candidate: Candidate
    n: Any
    won: Any


def everyone(connection: DuckDBPyConnection) -> Counted:
    """Return the counts of all leads."""
    [(_, n, won)] = _cells(connection, "SELECT g, 0 AS key FROM people", 1)
    return Counted(Candidate("days", ""), n, won)


def candidates(history: History) -> Iterator[Counted]:
    """Yield every candidate with its counts; their order is always the same."""
    yield from _counts(history)
    yield from _activity(history)
    yield from _properties(history)
    yield from _sequences(history)
    yield from _attributes(history)


def _counts(history: History) -> Iterator[Counted]:
    events = _names(history, "SELECT event FROM done GROUP BY event ORDER BY event")
    for column, us in windows_us(history.design.at_us or 0).items():
        step = " + ".join(f"({column} >= {n})::INTEGER" for n in COUNTS)
        cells = {
            key: (n, won)
            for key, n, won in _cells(
                history.connection, f"SELECT g, (event, {step}) AS key FROM done WHERE {column} > 0", 0
            )
        }
        for event in events:
            n, won = _nobody(), _nobody()
            found = []
            for level in range(len(COUNTS), 0, -1):
                more = cells.get((event, level))
                if more is not None:
                    n, won = n + more[0], won + more[1]
                who = f"SELECT g FROM done WHERE event = {text(event)} AND {column} >= {COUNTS[level - 1]}"
                found.append(Counted(Candidate("count", who, event, COUNTS[level - 1], us), n, won))
            yield from reversed(found)


def _activity(history: History) -> Iterator[Counted]:
    us = history.design.at_us or 0
    for kind in ("days", "breadth"):
        for least in COUNTS[1:]:
            who = f"SELECT g FROM people WHERE {kind} >= {least}"
            for _, n, won in _cells(history.connection, who.replace("SELECT g", "SELECT g, 0 AS key"), 1):
                yield Counted(Candidate(kind, who, at_least=least, within_us=us), n, won)


def _properties(history: History) -> Iterator[Counted]:
    us = history.design.at_us or 0
    for (event, name, value), n, won in _cells(
        history.connection, "SELECT g, (event, property, value) AS key FROM marked", 0
    ):
        who = f"SELECT g FROM marked WHERE event = {text(event)} AND property = {text(name)} AND value = {text(value)}"
        yield Counted(Candidate("property", who, event, within_us=us, name=name, value=value), n, won)


def _sequences(history: History) -> Iterator[Counted]:
    us = history.design.at_us or 0
    history.connection.execute(
        "CREATE OR REPLACE TEMP TABLE paired AS WITH frequent AS (SELECT event FROM done GROUP BY event"
        f" ORDER BY count(*) DESC, event LIMIT {PAIRED_EVENTS}), kept AS (SELECT * FROM done SEMI JOIN frequent USING (event))"
        " SELECT a.g, a.event AS earlier, b.event AS later FROM kept AS a JOIN kept AS b ON a.g = b.g"
        " AND a.event <> b.event AND a.first_us < b.last_us"
    )
    for (before, after), n, won in _cells(history.connection, "SELECT g, (earlier, later) AS key FROM paired", 0):
        who = f"SELECT g FROM paired WHERE earlier = {text(before)} AND later = {text(after)}"
        yield Counted(Candidate("sequence", who, before, within_us=us, then=after), n, won)


def _attributes(history: History) -> Iterator[Counted]:
    for (name, value, low, high), n, won in _cells(
        history.connection, "SELECT g, (attribute, value, low, high) AS key FROM known_of", 0
    ):
        who = f"SELECT g FROM known_of WHERE attribute = {text(name)} AND value = {text(value)}"
        yield Counted(Candidate("attribute", who, name=name, value=value, low=low, high=high), n, won)


def _names(history: History, query: str) -> list[str]:
    return [str(row[0]) for row in history.connection.execute(query).fetchall()]


def _nobody() -> Any:
    return numpy().zeros((len(STRATA) + 1, THIRDS), dtype=int)


def _cells(connection: DuckDBPyConnection, rows: str, at_least: int) -> Iterator[tuple[Any, Any, Any]]:
    """Yield each `key` of some rows (g, key) with its counts; none at all gives `at_least` empty ones."""
    found: dict[Any, tuple[Any, Any]] = {}
    for key, stratum, third, n, won in connection.execute(
        f"SELECT key, stratum, third, count(*), count(*) FILTER (WHERE won) FROM ({rows}) JOIN people USING (g)"
        " GROUP BY key, stratum, third ORDER BY key, stratum, third"
    ).fetchall():
        cells = found.setdefault(key, (_nobody(), _nobody()))
        cells[0][stratum, third], cells[1][stratum, third] = n, won
    if not found and at_least:
        yield 0, _nobody(), _nobody()
    for key, (n, won) in found.items():
        yield key, n, won


__all__ = ["LOW_CARDINALITY", "Candidate", "Counted", "candidates", "everyone"]
