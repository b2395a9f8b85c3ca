"""Which events there are: volume, leads, first and last, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.clock import iso
from denizen.model.durations import DAY_US
from denizen.scoring.audit.properties import properties_of, stage_values
from denizen.scoring.audit.reading import TABLE
from denizen.scoring.audit.report import Inventoried
from denizen.scoring.known_events import OF_KNOWN_ACCOUNTS, OF_KNOWN_LEADS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

    from denizen.scoring.run import Run

MOST_NAMES = 300
MOST_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class Inventory:
    """The event names with most rows, and how many names were left out; `of_accounts` are names that an account alone has."""

    events: tuple[Inventoried, ...]
    left_out: int
    first_day: int
    of_accounts: frozenset[str] = frozenset()

    @property
    def seen(self) -> frozenset[str]:
        """The names that known leads did, as far as visible."""
        return frozenset(e.event for e in self.events if e.leads)

    @property
    def first_date(self) -> str | None:
        """The day that the first number of `days` is of."""
        return iso(self.first_day * DAY_US)[:10] if any(e.days for e in self.events) else None


def take_inventory(
    run: Run, criteria: Mapping[str, tuple[str, ...]], waited: frozenset[str], as_of_us: int
) -> Inventory:
    """Return the inventory of `audited` at one instant.

    Args:
        run: the scoring run, in whose database `audited` stands.
        criteria: by event name, the criteria that count it; under "" those that count any event.
        waited: names the model waits for, never left out.
        as_of_us: the instant; later events are not there yet.
    """
    connection = run.connection
    leads = _one(connection, "SELECT count(*) FROM leads")
    rows = connection.execute(
        "SELECT event, count(*), count(DISTINCT lead_id) FILTER (WHERE used),"
        " min(at_us) FILTER (WHERE used OR of_account), max(at_us) FILTER (WHERE used OR of_account)"
        f" FROM {TABLE} WHERE (valid OR of_account) AND at_us <= {as_of_us} GROUP BY event ORDER BY count(*) DESC, event"
    ).fetchall()
    counted, of_accounts = _counted(connection, OF_KNOWN_LEADS, as_of_us), dict[str, int]()
    if run.tables.accounts:
        of_accounts = _counted(connection, OF_KNOWN_ACCOUNTS, as_of_us)
    kept = [r for i, r in enumerate(rows) if i < MOST_NAMES or r[0] in waited]
    stage_values(connection)
    properties = properties_of(connection)
    first_day, days = _days(connection, [r[0] for r in kept])
    events = tuple(
        Inventoried(
            event=event,
            rows=int(count),
            used=counted.get(event, 0) + of_accounts.get(event, 0),
            leads=int(did),
            share=round(did / leads, 6) if leads else 0.0,
            first_at=None if first is None else iso(int(first)),
            last_at=None if last is None else iso(int(last)),
            criteria=(*criteria.get(event, ()), *criteria.get("", ())),
            rows_read_for_properties=properties.get(event, ((), 0))[1],
            properties=properties.get(event, ((), 0))[0],
            days=days.get(event, ()),
        )
        for event, count, did, first, last in kept
    )
    return Inventory(events, len(rows) - len(kept), first_day, frozenset(of_accounts))


def _counted(connection: DuckDBPyConnection, whose: str, as_of_us: int) -> dict[str, int]:
    """Return how many events of each name count for leads or accounts: none twice, as a score takes them."""
    seen = f"at_us <= {as_of_us} AND (received_us IS NULL OR received_us <= {as_of_us})"
    seen += f" AND (replaced_us IS NULL OR replaced_us > {as_of_us})"
    rows = connection.execute(f"SELECT event, count(*) FROM events WHERE {whose} AND {seen} GROUP BY event").fetchall()
    return {str(event): int(count) for event, count in rows}


def _days(connection: DuckDBPyConnection, names: list[str]) -> tuple[int, dict[str, tuple[int, ...]]]:
    """Return the first day (since 1970) and, by name, how many leads did it on each day to the last day in the data."""
    span = connection.execute(
        f"SELECT min(at_us) // {DAY_US}, max(at_us) // {DAY_US} FROM {TABLE} WHERE used"
    ).fetchall()
    first, last = span[0]
    if first is None:
        return 0, {}
    first = max(int(first), int(last) - MOST_DAYS)
    series = {name: [0] * (int(last) - first + 1) for name in names}
    daily = f"SELECT event, at_us // {DAY_US} AS day, lead_id FROM {TABLE} WHERE used GROUP BY ALL"
    rows = connection.execute(f"SELECT event, day, count(*) FROM ({daily}) GROUP BY ALL").fetchall()
    for event, day, count in rows:
        if event in series and day >= first:
            series[event][int(day) - first] = int(count)
    return first, {name: tuple(counts) for name, counts in series.items()}


def _one(connection: DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])
