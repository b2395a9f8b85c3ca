"""What a column is by its values, where its name may mean several things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from denizen.ingest.values import as_id, as_instant, as_text
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from duckdb import DuckDBPyConnection

    from denizen.ingest.raw import Raw

Columns = dict[str, str]
"""By canonical name, what a column is called."""
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


def _are_event_ids(connection: DuckDBPyConnection, raw: Raw, name: str, columns: Columns) -> bool:
    """Every event has one, without a blank in it; hardly any stands twice, and then it is the same event of the same lead."""
    value, different = _text(raw, name), f"count(DISTINCT {_text(raw, name)})"
    same = _together(value, _text(raw, columns["lead_id"]), _text(raw, columns["event"]))
    once = f"count(*) = count({value}) AND {different} >= {UNIQUE} * count(*) AND {different} = count(DISTINCT {same})"
    return _holds(connection, f"{once} AND NOT bool_or(contains({value}, ' '))", raw)


def _are_sessions(connection: DuckDBPyConnection, raw: Raw, name: str, columns: Columns) -> bool:
    """Several events share one, each is of one lead, and leads have several: a cookie that stays is none."""
    value, lead = _text(raw, name), _text(raw, columns["lead_id"])
    pairs = f"count(DISTINCT {_together(value, lead)})"
    different = f"count(DISTINCT {value})"
    return _holds(
        connection,
        f"count({value}) > {different} AND {different} = {pairs} AND {different} > count(DISTINCT {lead})",
        raw,
    )


def _are_documents(connection: DuckDBPyConnection, raw: Raw, name: str, columns: Columns) -> bool:
    """Each that is given is a JSON object, and none has the name of another column, which it would hide."""
    del columns
    column = raw.find(name)
    if column is None or column.kind.startswith(("STRUCT", "MAP")):
        return column is not None
    value = f"CAST({_text(raw, name)} AS VARCHAR)"
    is_object = f"CASE WHEN json_valid({value}) THEN json_type({value}) = 'OBJECT' ELSE FALSE END"
    names = ", ".join(text(c) for c in raw.columns)
    hides = f"CASE WHEN {is_object} THEN len(list_intersect(json_keys({value}), [{names}])) > 0 END"
    given = f"bool_and({is_object}) FILTER (WHERE {value} IS NOT NULL)"
    return _holds(connection, f"{given} AND NOT coalesce(bool_or({hides}), FALSE)", raw)


def _are_instants(connection: DuckDBPyConnection, raw: Raw, name: str, columns: Columns) -> bool:
    """Each that is given reads as an instant, for a lead with any other would be rejected."""
    del columns
    column = raw.find(name)
    if column is None:
        return False
    given, read = _text(raw, name), as_instant(column.expression, column.kind)
    return _holds(connection, f"bool_and(({read}) IS NOT NULL) FILTER (WHERE {given} IS NOT NULL)", raw)


def _are_amounts(connection: DuckDBPyConnection, raw: Raw, name: str, columns: Columns) -> bool:
    """Each that is given reads as an amount of money."""
    del columns
    value = _text(raw, name)
    return _holds(
        connection, f"bool_and(as_amount(normal({value})) IS NOT NULL) FILTER (WHERE {value} IS NOT NULL)", raw
    )


def _together(value: str, *others: str) -> str:
    """Return a text with others beside it, null where it is null itself."""
    beside = " || ".join(f"chr(31) || coalesce(CAST({other} AS VARCHAR), '')" for other in others)
    return f"CASE WHEN {value} IS NOT NULL THEN {value} || {beside} END"


def _text(raw: Raw, name: str) -> str:
    column = raw.find(name)
    return "NULL" if column is None else f"tidy({as_text(column.expression, column.kind)})"


def _holds(connection: DuckDBPyConnection, condition: str, raw: Raw) -> bool:
    """Return whether a condition holds of all rows together; rows that cannot be read are told elsewhere."""
    try:
        return bool(connection.execute(f"SELECT {condition} FROM {raw.rows}").fetchall()[0][0])
    except duckdb.Error:
        return False


SHOWS: dict[tuple[str, str], Callable[[DuckDBPyConnection, Raw, str, Columns], bool]] = {
    ("leads", "trial_started_at"): _are_instants,
    ("leads", "trial_ends_at"): _are_instants,
    ("events", "event_id"): _are_event_ids,
    ("events", "session_id"): _are_sessions,
    ("events", "properties"): _are_documents,
    ("outcomes", "amount"): _are_amounts,
}
"""By table and canonical column, what its values show: given the table, the column, and what others are called."""
ALWAYS = {("leads", "trial_started_at"), ("leads", "trial_ends_at"), ("outcomes", "amount")}
"""Those whose values are looked at also where the name is sure."""
