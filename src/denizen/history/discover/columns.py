"""Which attributes and properties there are to look at: those the data have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.prepare import connect
from denizen.ingest.raw import CANONICAL
from denizen.ingest.sources import read_raw

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from denizen.ingest.project import Data
    from denizen.ingest.raw import Raw

SAMPLE_ROWS = 20_000
MAX_NAMES = 40
"""Of attributes, and of properties, as many are looked at; the most frequent properties first."""


def columns_of(data: Data) -> tuple[list[str], list[str]]:
    """Return the names of attributes and of properties.

    Raises:
        DenizenError: data cannot be read.
    """
    connection = connect()
    try:
        attributes: dict[str, None] = {}
        for table, source in (("leads", data.leads), ("accounts", data.accounts)):
            if source is not None:
                attributes |= dict.fromkeys(_own(read_raw(connection, table, source, data.mapping(table)), data))
        properties: list[str] = []
        if data.events is not None:
            raw = read_raw(connection, "events", data.events, data.mapping("events"))
            properties = [*_own(raw, data), *_keys(connection, raw)]
    finally:
        connection.close()
    return list(attributes)[:MAX_NAMES], list(dict.fromkeys(properties))[:MAX_NAMES]


def _own(raw: Raw, data: Data) -> list[str]:
    """Return the columns without a meaning of their own, by the names that are used here."""
    mapping = data.mapping(raw.table)
    named = {column.lower(): name for name, column in mapping.items()}
    taken = {*CANONICAL[raw.table], *(n for names in CANONICAL.values() for n in names if n.endswith("_id"))}
    names = [named.get(c.lower(), c) for c in raw.columns]
    return [n for n in names if n.lower() not in taken]


def _keys(connection: DuckDBPyConnection, raw: Raw) -> list[str]:
    column = raw.find("properties")
    if column is None:
        return []
    document = raw.document(column.expression, column.kind)
    found = connection.execute(
        f"SELECT key, count(*) AS n FROM (SELECT unnest(json_keys(CAST(document AS JSON))) AS key FROM"
        f" (SELECT {document} AS document FROM {raw.rows} LIMIT {SAMPLE_ROWS})"
        " WHERE json_type(document) = 'OBJECT') GROUP BY key ORDER BY n DESC, key"
    ).fetchall()
    return [str(key) for key, _ in found]
