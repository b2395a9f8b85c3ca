"""Which events occur in the data, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from denizen.errors import fail
from denizen.ingest.events import EventReader
from denizen.ingest.prepare import connect
from denizen.ingest.sources import read_raw
from denizen.plan.needs import Needs
from denizen.sql.tables import tables_for

if TYPE_CHECKING:
    from denizen.ingest.project import Data

MOST_NAMES = 5000
NOTHING = Needs({}, {}, (), every_event=True, sessions=False, order=False, accounts=False)


def event_names(data: Data) -> list[str]:
    """Return the names of the events in the data, the most frequent first.

    Raises:
        DenizenError: the events cannot be read, or no name occurs.
    """
    connection = connect()
    try:
        raw = read_raw(connection, "events", data.events, data.mapping("events"))
        EventReader(connection, raw, tables_for(NOTHING), known=False, unique=True).stage("VARCHAR")
        rows = connection.execute(
            "SELECT event FROM events_read WHERE event IS NOT NULL GROUP BY event"
            f" ORDER BY count(*) DESC, event LIMIT {MOST_NAMES}"
        ).fetchall()
    except duckdb.Error as error:
        raise fail("file-unreadable", str(error).split("\n", maxsplit=1)[0], file=str(data.events)) from None
    finally:
        connection.close()
    if not rows:
        raise fail("file-unreadable", "no event has a name", file=str(data.events))
    return [str(row[0]) for row in rows]
