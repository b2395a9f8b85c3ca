"""Leads and accounts: one row each, attributes normalized, an account's attributes joined to its leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.ingest.accounting import EntityRows
from denizen.ingest.raw import NOTHING
from denizen.ingest.values import as_id, as_instant, as_text, is_integer

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from denizen.ingest.accounting import Accounting
    from denizen.ingest.raw import Column, Raw
    from denizen.sql.tables import Tables, Value

INSTANTS = {"signup_us": "signup_at", "trial_started_us": "trial_started_at", "trial_ends_us": "trial_ends_at"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table is read: final columns by name, and reasons to reject a row by the condition that shows them."""

    columns: dict[str, str]
    reasons: dict[str, str]

    def select(self, raw: Raw) -> str:
        """Return the rows with `row_no`, the columns, and why a row is rejected."""
        listed = [f"{expression} AS {name}" for name, expression in self.columns.items()]
        cases = " ".join(f"WHEN {condition} THEN {reason}" for condition, reason in self.reasons.items())
        reason = f"CASE {cases} END"
        return (
            f"SELECT row_number() OVER () AS row_no, {', '.join(listed)}, {reason} AS reason,"
            f" CASE WHEN {reason} IS NOT NULL THEN {raw.record} END AS record FROM {raw.rows}"
        )


def id_kind(*columns: Column | None) -> str:
    """Return BIGINT if every id column holds integers, else VARCHAR."""
    return "BIGINT" if all(is_integer(c.kind) for c in columns if c is not None) else "VARCHAR"


def id_expression(column: Column, kind: str) -> str:
    """Return an id column as the kind that all tables share."""
    return f"CAST({column.expression} AS BIGINT)" if kind == "BIGINT" else as_id(column.expression, column.kind)


def stage_accounts(connection: DuckDBPyConnection, raw: Raw, tables: Tables, accounting: Accounting) -> None:
    """Make the table `accounts`."""
    key = raw.need("account_id")
    columns = {"account_id": as_id(key.expression, key.kind), **_attributes(raw, tables)}
    reasons = _json_reason(raw) | {f"{columns['account_id']} IS NULL": "'account_id is missing'"}
    accounting.accounts = _stage(connection, raw, "accounts", "account_id", Reading(columns, reasons))


def stage_leads(
    connection: DuckDBPyConnection, raw: Raw, kind: str, tables: Tables, accounting: Accounting, accounts: Raw | None
) -> None:
    """Make the table `leads`; a lead's own value wins over its account's."""
    key, account = raw.need("lead_id"), raw.find("account_id") or NOTHING
    columns = {"lead_id": id_expression(key, kind), "account_id": as_id(account.expression, account.kind)}
    reasons = _json_reason(raw) | {f"{columns['lead_id']} IS NULL": "'lead_id is missing'"}
    for name, given in INSTANTS.items():
        column = raw.find(given) or NOTHING
        columns[name] = as_instant(column.expression, column.kind)
        present = f"tidy({as_text(column.expression, column.kind)}) IS NOT NULL"
        reasons[f"{present} AND {columns[name]} IS NULL"] = f"'{given} is no timestamp (write ISO 8601 or epoch time)'"
    columns |= _attributes(raw, tables)
    joined = raw if accounts is None else accounts
    for name in tables.attributes:
        if raw.find(name) is None and joined.find(name) is None:
            accounting.warnings.append(f"attribute `{name}` is in neither leads nor accounts, so it is unknown for all")
    accounting.leads = _stage(connection, raw, "leads", "lead_id", Reading(columns, reasons))
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


def _json_reason(raw: Raw) -> dict[str, str]:
    return {"doc IS NULL": "'not a JSON object'"} if raw.json_lines else {}


def _attributes(raw: Raw, tables: Tables) -> dict[str, str]:
    columns: dict[str, str] = {}
    for name, value in tables.attributes.items():
        column = raw.find(name) or NOTHING
        columns |= value_columns(value, as_text(column.expression, column.kind), shown=True)
    return columns


def value_columns(value: Value, as_given: str, *, shown: bool) -> dict[str, str]:
    """Return the forms of an attribute or property, from its text as given."""
    columns = {value.text: f"normal(shown({as_given}))"}
    if shown:
        columns[value.shown] = f"shown({as_given})"
    if value.forms.number:
        columns[value.number] = f"as_number(normal(shown({as_given})))"
    if value.forms.words:
        columns[value.words] = f"words({as_given})"
    return columns


def _stage(connection: DuckDBPyConnection, raw: Raw, table: str, key: str, reading: Reading) -> EntityRows:
    """Make a table of the rows that can be used; of several rows with one key the first is."""
    connection.execute(f"CREATE TEMP TABLE {table}_read AS {reading.select(raw)}")
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
    broken = add_broken(connection, raw, table)
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
