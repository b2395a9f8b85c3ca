"""Whether what a model waits for ever occurs in the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from denizen.errors import Finding, fail, nearest
from denizen.ingest.prepare import connect
from denizen.ingest.raw import read_raw
from denizen.ingest.values import as_text
from denizen.plan.needs import needs_of

if TYPE_CHECKING:
    from denizen.ingest.project import Data
    from denizen.plan.nodes import Plan

SUGGESTIONS = 3


def check_events(plan: Plan, data: Data, file: str) -> tuple[list[Finding], int]:
    """Return a warning for each event name of the model that never occurs, and how many names do.

    Raises:
        DenizenError: the events cannot be read.
    """
    connection = connect()
    try:
        raw = read_raw(connection, "events", data.events, data.mapping("events"))
        column = raw.need("event")
        name = f"tidy({as_text(column.expression, column.kind)})"
        rows = connection.execute(f"SELECT DISTINCT {name} AS name FROM {raw.rows} WHERE {name} IS NOT NULL").fetchall()
    except duckdb.Error as error:
        raise fail("file-unreadable", str(error).split("\n", maxsplit=1)[0], file=str(data.events)) from None
    finally:
        connection.close()
    seen = {str(r[0]) for r in rows}
    findings = []
    for missing in sorted(set(needs_of(plan).names) - seen):
        close = nearest(missing, seen, SUGGESTIONS)
        hint = f"did you mean {' or '.join(f'`{c}`' for c in close)}?" if close else "no name in the data is near"
        findings.append(
            Finding("event-unseen", f"`{missing}` never occurs in the events; {hint}", file, level="warning")
        )
    return findings, len(seen)
