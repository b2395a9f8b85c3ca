"""Leads and accounts: one row each, attributes normalized, an account's attributes joined to its leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.accounting import EntityRows
from denizen.ingest.raw import NOTHING
from denizen.ingest.reading import OWN, Reading
from denizen.ingest.values import as_id, as_instant, as_text, is_integer

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from denizen.ingest.accounting import Accounting
    from denizen.ingest.raw import Column, Raw
    from denizen.sql.tables import Tables

INSTANTS = {"signup_us": "signup_at", "trial_started_us": "trial_started_at", "trial_ends_us": "trial_ends_at"}


def id_kind(*columns: Column | None) -> str:
    """Return BIGINT if every id column holds integers, else VARCHAR."""
    return "BIGINT" if all(is_integer(c.kind) for c in columns if c is not None) else "VARCHAR"


def id_expression(column: Column, kind: str) -> str:
    """Return an id column as the kind that all tables share."""
    return f"CAST({column.expression} AS BIGINT)" if kind == "BIGINT" else as_id(column.expression, column.kind)


def stage_accounts(connection: DuckDBPyConnection, raw: Raw, tables: Tables, accounting: Accounting) -> None:
    """Make the table `accounts`."""
    key = raw.need("account_id")
    reading = Reading(raw)
    reading.add("account_id", as_id(key.expression, key.kind))
    reading.reject(f"{OWN}account_id IS NULL", "account_id is missing")
    _add_attributes(reading, tables)
    accounting.accounts = _stage(connection, reading, "accounts", "account_id")


def stage_leads(
    connection: DuckDBPyConnection, raw: Raw, kind: str, tables: Tables, accounting: Accounting, accounts: Raw | None
) -> None:
    """Make the table `leads`; a lead's own value wins over its account's."""
    key, account = raw.need("lead_id"), raw.find("account_id") or NOTHING
    reading = Reading(raw)
    reading.add("lead_id", id_expression(key, kind))
    reading.reject(f"{OWN}lead_id IS NULL", "lead_id is missing")
    reading.add("account_id", as_id(account.expression, account.kind))
    for name, given in INSTANTS.items():
        column = raw.find(given) or NOTHING
        reading.add_instant(name, column, as_instant(column.expression, column.kind), given)
    _add_attributes(reading, tables)
    joined = raw if accounts is None else accounts
    for name in tables.attributes:
        if raw.find(name) is None and joined.find(name) is None:
            accounting.warnings.append(f"attribute `{name}` is in neither leads nor accounts, so it is unknown for all")
    accounting.leads = _stage(connection, reading, "leads", "lead_id")
    if accounts is not None:
        _join_accounts(connection, tables)


def leads_from_events(connection: DuckDBPyConnection, relation: str, tables: Tables) -> None:
    """Make the table `leads` of the ids seen in events, of whom nothing else is known."""
    nothing = [f"CAST(NULL AS BIGINT) AS {c}" for c in INSTANTS]
    for value in tables.attributes.values():
        nothing += [f"{_null(form)} AS {c}" for c, form in value.columns(shown=True).items()]
    listed = ", ".join(["lead_id", "CAST(NULL AS VARCHAR) AS account_id", *nothing])
    connection.execute(f"CREATE TEMP TABLE leads AS SELECT {listed} FROM (SELECT DISTINCT lead_id FROM {relation})")


def _null(kind: str) -> str:
    return "CAST(NULL AS DECIMAL(38, 9))" if kind == "number" else "CAST(NULL AS VARCHAR)"


def _add_attributes(reading: Reading, tables: Tables) -> None:
    for name, value in tables.attributes.items():
        column = reading.raw.find(name) or NOTHING
        reading.add_value(value, as_text(column.expression, column.kind), shown=True)


def _stage(connection: DuckDBPyConnection, reading: Reading, table: str, key: str) -> EntityRows:
    """Make a table of the rows that can be used; of several rows with one key the first is."""
    rows = f"SELECT row_number() OVER () AS row_no, * FROM ({reading.select(record=True)})"
    connection.execute(f"CREATE TEMP TABLE {table}_read AS {rows}")
    again = f"row_number() OVER (PARTITION BY {key} ORDER BY row_no) > 1"
    connection.execute(
        f"CREATE TEMP TABLE {table}_again AS SELECT row_no FROM {table}_read WHERE reason IS NULL AND {key} IN"
        f" (SELECT {key} FROM {table}_read WHERE reason IS NULL GROUP BY {key} HAVING count(*) > 1) QUALIFY {again}"
    )
    if _one(connection, f"SELECT count(*) FROM {table}_again"):
        connection.execute(
            f"UPDATE {table}_read SET reason = '{key} ' || {key} || ' stands on an earlier row already',"
            f" record = CAST(to_json({table}_read) AS VARCHAR) WHERE row_no IN (SELECT row_no FROM {table}_again)"
        )
    used = ", ".join(reading.columns)
    connection.execute(f"CREATE TEMP TABLE {table} AS SELECT {used} FROM {table}_read WHERE reason IS NULL ORDER BY row_no")
    connection.execute(f"INSERT INTO rejects SELECT '{table}', reason, record FROM {table}_read WHERE reason IS NOT NULL")
    read, rejected = connection.execute(f"SELECT count(*), count(reason) FROM {table}_read").fetchall()[0]
    connection.execute(f"DROP TABLE {table}_read")
    broken = add_broken(connection, reading.raw, table)
    return EntityRows(read + broken, read - rejected, rejected + broken)


def add_broken(connection: DuckDBPyConnection, raw: Raw, table: str) -> int:
    """Add the lines that are no rows to the rejects; return how many there are."""
    count = 0
    for broken in raw.broken:
        found = connection.execute(
            f"INSERT INTO rejects SELECT '{table}', 'line ' || line || ': ' || lower(error_message), csv_line FROM"
            f" (SELECT line, any_value(error_message) AS error_message, any_value(csv_line) AS csv_line"
            f" FROM {broken} GROUP BY line)"
        ).fetchall()
        count += int(found[0][0])
    return count


def _join_accounts(connection: DuckDBPyConnection, tables: Tables) -> None:
    changed = []
    for value in tables.attributes.values():
        for column in value.columns(shown=True):
            own = f"CASE WHEN leads.{value.text} IS NULL THEN accounts.{column} ELSE leads.{column} END"
            changed.append(f"{own} AS {column}")
    if changed:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE leads AS SELECT leads.* REPLACE ({', '.join(changed)})"
            " FROM leads LEFT JOIN accounts USING (account_id)"
        )


def _one(connection: DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])
