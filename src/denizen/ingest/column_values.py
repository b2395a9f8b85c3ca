"""What a column is by its values, where its name may mean several things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from denizen.ingest.values import as_id, as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from duckdb import DuckDBPyConnection

    from denizen.ingest.raw import Raw

UNIQUE = 0.9
"""At least this share of the values of an event's id are different; the others are events that were delivered twice."""


def are_keys(connection: DuckDBPyConnection, raw: Raw, name: str, other: Raw, key: str) -> bool:
    """Return whether any value of a column is a key of another table."""
    column, found = raw.find(name), other.find(key)
    if column is None or found is None:
        return False
    ids = f"SELECT {as_id(found.expression, found.kind)} FROM {other.rows}"
    shared = f"SELECT 1 FROM {raw.rows} WHERE {as_id(column.expression, column.kind)} IN ({ids}) LIMIT 1"
    return bool(connection.execute(shared).fetchall())


def _are_event_ids(connection: DuckDBPyConnection, raw: Raw, name: str, key: str) -> bool:
    """Every event has one, without a blank in it, and hardly any stands twice."""
    del key
    value = _text(raw, name)
    return _holds(
        connection,
        f"count(*) = count({value}) AND count(DISTINCT {value}) >= {UNIQUE} * count(*) AND NOT bool_or(contains({value}, ' '))",
        raw,
    )


def _are_sessions(connection: DuckDBPyConnection, raw: Raw, name: str, key: str) -> bool:
    """Several events share one, and each is of one lead."""
    value, lead = _text(raw, name), _text(raw, key)
    pairs = f"count(DISTINCT CASE WHEN {value} IS NOT NULL THEN {value} || chr(31) || coalesce({lead}, '') END)"
    different = f"count(DISTINCT {value})"
    return _holds(connection, f"count({value}) > {different} AND {different} > 1 AND {different} = {pairs}", raw)


def _are_documents(connection: DuckDBPyConnection, raw: Raw, name: str, key: str) -> bool:
    """Each that is given is a JSON object."""
    del key
    column = raw.find(name)
    if column is None or column.kind.startswith(("STRUCT", "MAP")):
        return column is not None
    value = f"CAST({_text(raw, name)} AS VARCHAR)"
    is_object = f"CASE WHEN json_valid({value}) THEN json_type({value}) = 'OBJECT' ELSE FALSE END"
    return _holds(connection, f"bool_and({is_object}) FILTER (WHERE {value} IS NOT NULL)", raw)


def _are_amounts(connection: DuckDBPyConnection, raw: Raw, name: str, key: str) -> bool:
    """Each that is given reads as an amount of money."""
    del key
    value = _text(raw, name)
    return _holds(
        connection, f"bool_and(as_amount(normal({value})) IS NOT NULL) FILTER (WHERE {value} IS NOT NULL)", raw
    )


def _text(raw: Raw, name: str) -> str:
    column = raw.find(name)
    return "NULL" if column is None else f"tidy({as_text(column.expression, column.kind)})"


def _holds(connection: DuckDBPyConnection, condition: str, raw: Raw) -> bool:
    """Return whether a condition holds of all rows together; rows that cannot be read are told elsewhere."""
    try:
        return bool(connection.execute(f"SELECT {condition} FROM {raw.rows}").fetchall()[0][0])
    except duckdb.Error:
        return False


SHOWS: dict[tuple[str, str], Callable[[DuckDBPyConnection, Raw, str, str], bool]] = {
    ("events", "event_id"): _are_event_ids,
    ("events", "session_id"): _are_sessions,
    ("events", "properties"): _are_documents,
    ("outcomes", "amount"): _are_amounts,
}
"""By table and canonical column, what its values show: given the table, the column and the column of the lead."""
