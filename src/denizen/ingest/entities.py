"""Leads and accounts: one row each, attributes normalized, an account's attributes joined to its leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.ingest.accounting import EntityRows
from denizen.ingest.derive.matching import match_accounts
from denizen.ingest.raw import NOTHING
from denizen.ingest.reading import OWN, Reading
from denizen.ingest.unread import tallies, unread_warnings
from denizen.ingest.values import as_id, as_instant, as_text, is_integer, is_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

    from denizen.ingest.accounting import Accounting
    from denizen.ingest.raw import Column, Raw
    from denizen.sql.tables import Tables, Value

INSTANTS = {
    "signup_us": "signup_at",
    "trial_started_us": "trial_started_at",
    "trial_ends_us": "trial_ends_at",
}


SPARSE = 8
"""Whole numbers lie close together if at least every so-manieth is taken."""
SAMPLE, FEW = 2048, 8
"""A text has few values if among so many first rows there are less than an eighth as many."""


def id_kind(*columns: Column | None) -> str:
    """Return BIGINT if every id column holds integers, else VARCHAR."""
    return "BIGINT" if all(is_integer(c.kind) for c in columns if c is not None) else "VARCHAR"


def id_expression(column: Column, kind: str) -> str:
    """Return an id column as the kind that all tables share."""
    return f"CAST({column.expression} AS BIGINT)" if kind == "BIGINT" else as_id(column.expression, column.kind)


def stage_accounts(
    connection: DuckDBPyConnection,
    raw: Raw,
    tables: Tables,
    accounting: Accounting,
    numbers: Mapping[str, tuple[str, str]],
) -> None:
    """Make the table `accounts`; `numbers` are the attributes whose values are told where they read as no number."""
    key = raw.need("account_id")
    reading = Reading(raw)
    reading.add("account_id", as_id(key.expression, key.kind))
    reading.reject(f"{OWN}account_id IS NULL", "account_id is missing")
    accounting.accounts = _stage(connection, reading, tables, "accounts", "account_id", numbers, accounting)


def stage_leads(
    connection: DuckDBPyConnection,
    raw: Raw,
    kind: str,
    tables: Tables,
    accounting: Accounting,
    accounts: Raw | None,
    signs: Mapping[str, Value],
    numbers: Mapping[str, tuple[str, str]],
) -> None:
    """Make the table `leads`; a lead's own value wins over its account's.

    With `signs`, the columns that say where people work, leads without an account find one by domain. `numbers` are the
    attributes whose values are told where they read as no number.
    """
    key, account = raw.need("lead_id"), raw.find("account_id") or NOTHING
    reading = Reading(raw)
    reading.add("lead_id", id_expression(key, kind))
    reading.reject(f"{OWN}lead_id IS NULL", "lead_id is missing")
    reading.add("account_id", as_id(account.expression, account.kind))
    for name, given in INSTANTS.items():
        column = raw.find(given)
        if column is None:
            reading.add(name, "CAST(NULL AS BIGINT)")
        else:
            reading.add_instant(name, column, as_instant(column.expression, column.kind), given)
    accounting.leads = _stage(connection, reading, tables, "leads", "lead_id", numbers, accounting)
    if signs:
        match_accounts(connection, signs, accounting, accounts=accounts is not None)
    if accounts is not None:
        _join_accounts(connection, tables)


def leads_from_events(connection: DuckDBPyConnection, relation: str, tables: Tables) -> None:
    """Make the table `leads` of the ids seen in events; nothing else is known of them but, where it is read, the account."""
    nothing = [f"CAST(NULL AS BIGINT) AS {c}" for c in INSTANTS]
    for value in tables.attributes.values():
        nothing += [f"{_null(form)} AS {c}" for c, form in value.columns(shown=tables.shown).items()]
    account = "min(account_id)" if tables.accounts else "CAST(NULL AS VARCHAR)"
    seen = f"SELECT lead_id, {account} AS account_id FROM {relation} AND lead_id IS NOT NULL GROUP BY lead_id"
    listed = ", ".join(["lead_id", "account_id", *nothing])
    connection.execute(f"CREATE TEMP TABLE leads_seen AS SELECT {listed} FROM ({seen})")
    connection.execute("CREATE TEMP VIEW leads AS SELECT * FROM leads_seen")


def _null(kind: str) -> str:
    return "CAST(NULL AS DECIMAL(38, 9))" if kind == "number" else "CAST(NULL AS VARCHAR)"


@dataclass(frozen=True, slots=True)
class _Look:
    """What a first look at columnar data found.

    `plain` are the attributes that can be read as they stand, because every value is plain, and whether some are empty.
    """

    rows: int
    rejected: int
    keys: int
    plain: dict[str, bool]


def _look(connection: DuckDBPyConnection, reading: Reading, tables: Tables, key: str) -> _Look:
    """Look once at keys, instants and texts, before any attribute is read."""
    columns = {name: reading.raw.find(name) or NOTHING for name in tables.attributes}
    texts = {name: column.expression for name, column in columns.items() if column.kind == "VARCHAR"}
    few = _few_valued(connection, reading.raw, list(texts.values()))
    many = [(i, expression) for i, expression in enumerate(texts.values()) if expression not in few]
    rows = reading.select(record=False, also=", ".join(f"{expression} AS text_{i}" for i, expression in many))
    keys = _distinct_whole(connection, reading, key) or _distinct(key)
    asked = ["count(*)", "count(reason)", keys, *[_is_plain(f"text_{i}") for i, _ in many]]
    read, rejected, keys, *found = connection.execute(f"SELECT {', '.join(asked)} FROM ({rows})").fetchall()[0]
    told = dict(zip([expression for _, expression in many], zip(found[::2], found[1::2], strict=True), strict=True))
    told |= _look_at_few(connection, reading.raw, few)
    plain = {name: bool(told[expression][1]) for name, expression in texts.items() if told[expression][0] is not False}
    plain |= {name: False for name, column in columns.items() if is_plain(column.kind)}
    return _Look(int(read), int(rejected), int(keys), plain)


def _few_valued(connection: DuckDBPyConnection, raw: Raw, expressions: list[str]) -> list[str]:
    """Return which texts have few different values among the first rows."""
    if not expressions:
        return []
    counts = ", ".join(f"approx_count_distinct(text_{i})" for i, _ in enumerate(expressions))
    listed = ", ".join(f"{expression} AS text_{i}" for i, expression in enumerate(expressions))
    found = connection.execute(f"SELECT {counts} FROM (SELECT {listed} FROM {raw.rows} LIMIT {SAMPLE})").fetchall()[0]
    return [expression for expression, count in zip(expressions, found, strict=True) if count * FEW < SAMPLE]


def _look_at_few(connection: DuckDBPyConnection, raw: Raw, expressions: list[str]) -> dict[str, tuple[Any, Any]]:
    """Return of texts with few values whether all are plain and whether any is empty: each value is looked at once."""
    asked = " UNION ALL ".join(
        f"SELECT {i} AS i, {_is_plain('text')} FROM (SELECT DISTINCT {expression} AS text FROM {raw.rows})"
        for i, expression in enumerate(expressions)
    )
    rows = connection.execute(asked).fetchall() if asked else []
    return {expressions[i]: (plain, empty) for i, plain, empty in rows}


def _is_plain(expression: str) -> str:
    return f"bool_and(plain({expression})), bool_or({expression} = '')"


def _add_attributes(reading: Reading, tables: Tables, plain: Mapping[str, bool]) -> None:
    for name, value in tables.attributes.items():
        column = reading.raw.find(name) or NOTHING
        if name in plain:
            reading.add_plain_value(value, column, shown=tables.shown, empty=plain[name])
        else:
            reading.add_value(value, as_text(column.expression, column.kind), shown=tables.shown)


def _stage(
    connection: DuckDBPyConnection,
    reading: Reading,
    tables: Tables,
    table: str,
    key: str,
    numbers: Mapping[str, tuple[str, str]],
    accounting: Accounting,
) -> EntityRows:
    """Make a view of the rows that can be used; of several rows with one key the first is.

    Data without a fault can be read in place; anything else is read once, into `{table}_read`.
    """
    raw = reading.raw
    look = _look(connection, reading, tables, key) if raw.in_place else None
    _add_attributes(reading, tables, look.plain if look else {})
    listed = ", ".join(reading.columns)
    numbers = {n: found for n, found in numbers.items() if not is_integer((raw.find(n) or NOTHING).kind)}
    if look and not look.rejected and look.keys == look.rows:
        rows = reading.select(record=False)
        if numbers:
            _, _, _, *tallied = _counts(connection, rows, key, numbers)
            accounting.warnings += unread_warnings(table, [*numbers], tallied)
        connection.execute(f"CREATE TEMP VIEW {table} AS SELECT {listed} FROM ({rows})")
        return EntityRows(look.rows, look.rows, 0, given=True)
    connection.execute(f"CREATE TEMP TABLE {table}_read AS {reading.select(record=True)}")
    read, rejected, keys, *tallied = _counts(connection, f"{table}_read", key, numbers)
    broken = add_broken(connection, raw, table)
    if keys < read - rejected:
        _reject_repeats(connection, raw, table, key)
        _, _, _, *tallied = _counts(connection, f"{table}_read", key, numbers)
    accounting.warnings += unread_warnings(table, [*numbers], tallied)
    connection.execute(
        f"INSERT INTO rejects SELECT '{table}', reason, record FROM {table}_read WHERE reason IS NOT NULL"
    )
    connection.execute(f"CREATE TEMP VIEW {table} AS SELECT {listed} FROM {table}_read WHERE reason IS NULL")
    return EntityRows(read + broken, keys, read - keys + broken, given=True)


def _reject_repeats(connection: DuckDBPyConnection, raw: Raw, table: str, key: str) -> None:
    """Reject rows whose key stands on an earlier row; the table is read once more to show them as they came.

    Rows are told apart by their place, for reading keeps their order.
    """
    first = f"SELECT min(rowid) FROM {table}_read WHERE reason IS NULL GROUP BY {key}"
    connection.execute(
        f"CREATE TEMP TABLE {table}_repeats AS SELECT rowid AS place FROM {table}_read"
        f" WHERE reason IS NULL AND rowid NOT IN ({first})"
    )
    numbered = f"SELECT *, row_number() OVER () - 1 AS {OWN}place FROM {raw.rows}"
    given = (
        f"SELECT {OWN}place, {raw.record} AS {OWN}record FROM ({numbered})"
        f" WHERE {OWN}place IN (SELECT place FROM {table}_repeats)"
    )
    connection.execute(
        f"UPDATE {table}_read SET reason = '{key} stands on an earlier row already',"
        f" record = {OWN}record FROM ({given}) AS given WHERE {table}_read.rowid = {OWN}place"
    )
    connection.execute(f"DROP TABLE {table}_repeats")


def _counts(
    connection: DuckDBPyConnection, rows: str, key: str, numbers: Mapping[str, tuple[str, str]]
) -> tuple[Any, ...]:
    """Return how many rows there are, how many are rejected, how many keys the others have, and what is no number."""
    asked = ", ".join(["count(*)", "count(reason)", _distinct(key), *tallies(numbers)])
    found: tuple[Any, ...] = connection.execute(f"SELECT {asked} FROM ({rows})").fetchall()[0]
    return found


def _distinct(key: str) -> str:
    return f"count(DISTINCT CASE WHEN reason IS NULL THEN {key} END)"


def _distinct_whole(connection: DuckDBPyConnection, reading: Reading, key: str) -> str | None:
    """Return the same for whole numbers that lie close together, where a bit for each is faster than hashing."""
    column = reading.raw.find(key)
    if column is None or not is_integer(column.kind):
        return None
    bounds = f"SELECT min({column.expression}), max({column.expression}), count(*) FROM {reading.raw.rows}"
    low, high, rows = connection.execute(bounds).fetchall()[0]
    if low is None or high - low > SPARSE * rows:
        return None
    whole = f"CASE WHEN reason IS NULL THEN CAST({key} AS BIGINT) END"
    return f"COALESCE(bit_count(bitstring_agg({whole}, {low}, {high})), 0)"


def add_broken(connection: DuckDBPyConnection, raw: Raw, table: str) -> int:
    """Add the lines that are no rows to the rejects; return how many there are."""
    count = 0
    for broken in raw.broken:
        found = connection.execute(
            f"INSERT INTO rejects SELECT '{table}', 'line ' || line || ': ' || lower(error_message), csv_line FROM"
            f" (SELECT line, any_value(error_message) AS error_message, any_value(csv_line) AS csv_line"
            f" FROM {broken} GROUP BY scan_id, file_id, line)"
        ).fetchall()
        count += int(found[0][0])
    return count


def _join_accounts(connection: DuckDBPyConnection, tables: Tables) -> None:
    columns = ["leads.lead_id", "leads.account_id", *[f"leads.{c}" for c in INSTANTS]]
    for value in tables.attributes.values():
        columns += [
            f"CASE WHEN leads.{value.text} IS NULL THEN accounts.{column} ELSE leads.{column} END AS {column}"
            for column in value.columns(shown=tables.shown)
        ]
    connection.execute(
        f"CREATE TEMP TABLE leads_joined AS SELECT {', '.join(columns)} FROM leads LEFT JOIN accounts USING (account_id)"
    )
    connection.execute("CREATE OR REPLACE TEMP VIEW leads AS SELECT * FROM leads_joined")
