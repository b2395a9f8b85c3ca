"""Whether what a model waits for ever occurs in the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from denizen.errors import Finding, fail, nearest
from denizen.ingest.events import EventReader
from denizen.ingest.prepare import connect
from denizen.ingest.raw import read_raw
from denizen.plan.needs import needs_of
from denizen.sql.tables import tables_for

if TYPE_CHECKING:
    from denizen.ingest.project import Data
    from denizen.plan.nodes import Plan

SUGGESTIONS = 3


def check_events(plans: tuple[Plan, ...], data: Data, file: str) -> tuple[list[Finding], int]:
    """Return warnings about names and properties of the model that never occur, and how many event names do.

    Raises:
        DenizenError: the events cannot be read.
    """
    needs = needs_of(*plans)
    connection = connect()
    try:
        raw = read_raw(connection, "events", data.events, data.mapping("events"))
        reader = EventReader(connection, raw, tables_for(needs), known=False, unique=True)
        reader.stage("VARCHAR")
        rows = connection.execute("SELECT DISTINCT event FROM events_read WHERE event IS NOT NULL").fetchall()
        read, valid = connection.execute(
            f"SELECT count(*), count(*) FILTER (WHERE {reader.valid}) FROM events_read"
        ).fetchall()[0]
        filled = {
            name: int(connection.execute(f"SELECT count({value.text}) FROM events_read").fetchall()[0][0])
            for name, value in reader.tables.properties.items()
        }
    except duckdb.Error as error:
        raise fail("file-unreadable", str(error).split("\n", maxsplit=1)[0], file=str(data.events)) from None
    finally:
        connection.close()
    seen = {str(r[0]) for r in rows}
    findings = [_unseen_event(name, seen, file) for name in sorted(set(needs.names) - seen)]
    for name in sorted(n for n, count in filled.items() if not count):
        message = f"the property `{name}` is on no event"
        findings.append(Finding("property-unseen", message, file, level="warning"))
    if valid < read:
        message = f"{read - valid:,} of {read:,} events would be rejected; `denizen score … --rejects PATH` tells why"
        findings.append(Finding("rows-rejected", message, str(data.events), level="warning"))
    return findings, len(seen)


def _unseen_event(name: str, seen: set[str], file: str) -> Finding:
    close = nearest(name, seen, SUGGESTIONS)
    hint = f"did you mean {' or '.join(f'`{c}`' for c in close)}?" if close else "no name in the data is near"
    return Finding("event-unseen", f"`{name}` never occurs in the events; {hint}", file, level="warning")
