"""Which events occur in the data, by name and by product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from denizen.errors import fail
from denizen.ingest.events import EventReader
from denizen.ingest.prepare import connect
from denizen.ingest.sources import read_raw
from denizen.ingest.values import as_text
from denizen.model.named_products import MOST_PRODUCTS
from denizen.model.seen_events import SeenEvents
from denizen.plan.needs import Forms, Needs
from denizen.scoring.known_events import stage_known_events
from denizen.scoring.products import PROPERTY
from denizen.sql.tables import tables_for

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from denizen.ingest.project import Data
    from denizen.ingest.raw import Raw

MOST_NAMES = 5000
NOTHING = Needs({}, {PROPERTY: Forms()}, (), every_event=True, sessions=False, order=False, accounts=False)


def seen_events(data: Data) -> SeenEvents:
    """Return the names of the events in the data, the most frequent first, and which are of which product.

    Raises:
        DenizenError: the events cannot be read, or no name occurs.
    """
    connection = connect()
    try:
        raw = read_raw(connection, "events", data.events, data.mapping("events"))
        reader = EventReader(connection, raw, tables_for(NOTHING), known=False, unique=data.unique)
        reader.stage("VARCHAR")
        of_product = reader.tables.properties[PROPERTY].text
        rows = connection.execute(
            "SELECT event FROM events_read WHERE event IS NOT NULL GROUP BY event"
            f" ORDER BY count(*) DESC, event LIMIT {MOST_NAMES}"
        ).fetchall()
        owned = connection.execute(
            f"SELECT {of_product}, event, count(*) FROM {stage_known_events(connection, reader, data)} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        written = _written(connection, raw)
    except duckdb.Error as error:
        raise fail("file-unreadable", str(error).split("\n", maxsplit=1)[0], file=str(data.events)) from None
    finally:
        connection.close()
    if not rows:
        raise fail("file-unreadable", "no event has a name", file=str(data.events))
    products: dict[str, dict[str, int]] = {}
    for product, event, count in owned:
        if product is not None:
            products.setdefault(written.get(product, product), {})[str(event)] = int(count)
    bare = {str(event): int(count) for product, event, count in owned if product is None}
    values = len(products)
    return SeenEvents(tuple(str(row[0]) for row in rows), products if values <= MOST_PRODUCTS else {}, bare, values)


def _written(connection: DuckDBPyConnection, raw: Raw) -> dict[str, str]:
    """Return how each product is written most often, by its lower-cased name."""
    given = [as_text(c.expression, c.kind) for c in (raw.find(PROPERTY), raw.within("properties", PROPERTY)) if c]
    if not given:
        return {}
    rows = connection.execute(
        f"SELECT name, count(*) FROM (SELECT trim(coalesce({', '.join(given)})) AS name FROM {raw.rows})"
        " WHERE name <> '' GROUP BY name ORDER BY count(*), name DESC"
    ).fetchall()
    return {str(name).lower(): str(name) for name, _ in rows}
