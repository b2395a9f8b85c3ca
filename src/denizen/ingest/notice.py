"""What a careful colleague would notice about the data: nothing is wrong, but it may not be what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen import clock
from denizen.model.durations import DAY_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from denizen.ingest.accounting import Accounting
    from denizen.ingest.prepare import Moments

STALE_DAYS = 30
SHOWN = 4


def notice(
    connection: DuckDBPyConnection, accounting: Accounting, moments: Moments, names: tuple[str, ...]
) -> Iterator[str]:
    """Yield warnings: strangers among the events, old data scored as of now, names that never occur."""
    rows = accounting.events
    valid = rows.read - rows.rejected
    if rows.of_unknown_leads * 2 > valid:
        strangers = _one(
            connection, "SELECT lead_id FROM events WHERE lead_id NOT IN (SELECT lead_id FROM leads) LIMIT 1"
        )
        lead = _one(connection, "SELECT lead_id FROM leads LIMIT 1")
        lost = accounting.leads.rejected
        yield (
            f"{rows.of_unknown_leads:,} of {valid:,} events are of leads that are not in leads"
            f"{f' or were rejected there ({lost:,} rows were)' if lost else ''};"
            f" an id in events is {strangers!r}, one in leads {'not there' if lead is None else repr(lead)}"
        )
    if rows.rejected * 2 > rows.read:
        yield f"{rows.rejected:,} of {rows.read:,} events were rejected"
    if moments.defaulted and rows.used:
        yield from _stale(connection, moments)
    if names and valid:
        seen = {str(r[0]) for r in connection.execute("SELECT event FROM event_names").fetchall()}
        missing = [n for n in names if n not in seen]
        if missing:
            listed = ", ".join(f"`{n}`" for n in missing[:SHOWN]) + (" …" if len(missing) > SHOWN else "")
            one = len(missing) == 1
            told = (
                f"{len(missing)} event {'name' if one else 'names'} of the model never {'occurs' if one else 'occur'}"
            )
            yield f"{told}: {listed}; see `denizen check MODEL --events PATH`"


def _stale(connection: DuckDBPyConnection, moments: Moments) -> Iterator[str]:
    last = _one(connection, f"SELECT max(at_us) FROM events WHERE at_us <= {moments.as_of_us[0]}")
    days = (moments.as_of_us[0] - int(str(last))) // DAY_US
    if days > STALE_DAYS:
        at = clock.iso(int(str(last)))
        yield f"the last event is {days} days old ({at}) and scores are as of now; give an instant with --as-of"


def _one(connection: DuckDBPyConnection, query: str) -> object:
    found = connection.execute(query).fetchall()
    return found[0][0] if found else None
