"""The properties of each event: how often they are there, of what type they are, and safe examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.scoring.audit.privacy import LEADS_THAT_SHARE_A_VALUE, PERSONAL, Seen, name_is_personal, shown_values
from denizen.scoring.audit.reading import TABLE
from denizen.scoring.audit.report import Property

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DEPTH = 3
EXAMPLES = 5
MOST_PROPERTIES = 100
MOSTLY_NUMBERS = 0.5
MOSTLY_DISTINCT = 0.9
SMALLEST_ID = 100_000
_INSTANT = r"^\d{4}-\d{2}-\d{2}([t ]\d{2}:\d{2}.*)?$"


@dataclass(frozen=True, slots=True)
class Kinds:
    """How many values of a property there are, and how many of them read as what."""

    filled: int
    distinct: int
    leads: int
    numbers: int
    booleans: int
    instants: int
    lists: int
    documents: int

    @property
    def type(self) -> str:
        """The type in a word; `mixed` are numbers with texts among them."""
        for name, count in (
            ("boolean", self.booleans),
            ("list", self.lists),
            ("document", self.documents),
            ("instant", self.instants),
        ):
            if count == self.filled:
                return name
        if self.numbers == self.filled:
            return "number"
        return "mixed" if self.numbers >= MOSTLY_NUMBERS * self.filled else "text"


def stage_values(connection: DuckDBPyConnection) -> None:
    """Make `audited_values`: a row a property and kept row, nested ones as `a.b` to a depth of three."""
    connection.execute(
        "CREATE TEMP TABLE audited_values AS WITH RECURSIVE found AS ("
        f" SELECT lead_id, event, each.key AS name, json_extract_string(each.value, '$') AS value, each.type, 1 AS depth"
        f" FROM {TABLE}, json_each({TABLE}.document) AS each WHERE valid OR of_account"
        " UNION ALL SELECT lead_id, event, found.name || '.' || each.key, json_extract_string(each.value, '$'), each.type,"
        f" depth + 1 FROM found, json_each(found.value) AS each WHERE found.type = 'OBJECT' AND depth < {DEPTH})"
        " SELECT lead_id, event, name, tidy(value) AS value FROM found WHERE type <> 'OBJECT' AND tidy(value) IS NOT NULL"
    )


def properties_of(connection: DuckDBPyConnection) -> dict[str, tuple[tuple[Property, ...], int]]:
    """Return, by event, its properties and of how many rows they were read."""
    read = {
        str(e): int(n)
        for e, n in connection.execute(
            f"SELECT event, count(*) FROM {TABLE} WHERE (valid OR of_account) AND document IS NOT NULL GROUP BY event"
        ).fetchall()
    }
    top = _top(connection)
    found: dict[str, list[Property]] = {event: [] for event in read}
    rows = connection.execute(
        "SELECT event, name, count(*), count(DISTINCT value), count(DISTINCT lead_id), count(*) FILTER (WHERE reads_as_number(lower(value))),"
        " count(*) FILTER (WHERE lower(value) IN ('true', 'false')),"
        f" count(*) FILTER (WHERE regexp_matches(lower(value), '{_INSTANT}')), count(*) FILTER (WHERE is_list(value)),"
        " count(*) FILTER (WHERE value LIKE '{%' AND json_valid(value)),"
        " quantile_disc(as_number(lower(value)), 0.05), quantile_disc(as_number(lower(value)), 0.95)"
        " FROM audited_values GROUP BY event, name ORDER BY event, count(*) DESC, name"
    ).fetchall()
    for event, name, *counts, low, high in rows:
        kinds = Kinds(*[int(n) for n in counts])
        if len(found[event]) < MOST_PROPERTIES:
            spread = None if low is None else (float(low), float(high))
            found[event].append(_property(name, kinds, read[event], top.get((event, name), ()), spread))
    return {event: (tuple(found[event]), read[event]) for event in read}


def _property(
    name: str, kinds: Kinds, rows: int, top: tuple[Seen, ...], spread: tuple[float, float] | None
) -> Property:
    fill = round(kinds.filled / rows, 6)
    if kinds.type == "number":
        hidden = _number_hidden(name, kinds, spread)
        return Property(name, "number", fill, kinds.distinct, (), None if hidden else spread, hidden)
    examples, hidden = shown_values(name, kinds.distinct, top)
    return Property(name, kinds.type, fill, kinds.distinct, examples, None, hidden)


def _number_hidden(name: str, kinds: Kinds, spread: tuple[float, float] | None) -> str | None:
    if name_is_personal(name):
        return PERSONAL
    if kinds.leads < LEADS_THAT_SHARE_A_VALUE:
        return f"fewer than {LEADS_THAT_SHARE_A_VALUE} leads have it"
    if kinds.distinct > MOSTLY_DISTINCT * kinds.filled and spread is not None and spread[1] >= SMALLEST_ID:
        return "large and nearly every one different, as ids are"
    return None


def _top(connection: DuckDBPyConnection) -> dict[tuple[str, str], tuple[Seen, ...]]:
    rows = connection.execute(
        "SELECT event, name, value, leads FROM (SELECT *, row_number() OVER (PARTITION BY event, name ORDER BY leads DESC, value)"
        " AS place FROM (SELECT event, name, value, count(DISTINCT lead_id) AS leads FROM audited_values GROUP BY ALL))"
        f" WHERE place <= {EXAMPLES} ORDER BY event, name, place"
    ).fetchall()
    top: dict[tuple[str, str], tuple[Seen, ...]] = {}
    for event, name, value, leads in rows:
        top[event, name] = (*top.get((event, name), ()), Seen(value, int(leads)))
    return top
