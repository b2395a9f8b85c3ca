"""The events once more, whole: all columns that an inventory needs, not only those that the model reads.

Documents are kept for at most `ROWS_A_NAME` rows of each name, chosen by a hash of lead and instant, so that the same
data always gives the same rows and ten million events stay a matter of seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.entities import id_expression
from denizen.ingest.raw import CANONICAL, NOTHING
from denizen.ingest.reading import OWN, Reading
from denizen.ingest.sources import read_raw
from denizen.ingest.values import as_id, as_instant, as_text, in_range
from denizen.sql.literals import text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from denizen.ingest.project import Data
    from denizen.ingest.raw import Raw
    from denizen.sql.tables import Tables

ROWS_A_NAME = 20_000
TABLE = "audited"


def stage_audited(connection: DuckDBPyConnection, data: Data, tables: Tables, as_of_us: int) -> Raw:
    """Make `audited`, a row a row of the events as given, beside the tables of a scoring run.

    Columns: `lead_id, event, at_us, received_us, event_id, session_id`, `written` (the timestamp where it cannot be
    read), `document` (all properties as JSON, null where they were not kept or are later), `valid`, `known` (of a known lead),
    `used` (valid, known and visible), `of_account` (without a lead and of a known account, so that it counts there).
    """
    raw = read_raw(connection, TABLE, data.events, data.mapping("events"))
    _count_names(connection)
    lead, event, at = raw.need("lead_id"), raw.need("event"), raw.need("timestamp")
    kind = connection.execute("SELECT coalesce(any_value(typeof(lead_id)), 'VARCHAR') FROM leads").fetchall()[0][0]
    reading = Reading(raw)
    reading.add("lead_id", id_expression(lead, kind))
    account = raw.find("account_id") or NOTHING
    reading.add("account_id", as_id(account.expression, account.kind))
    reading.add("event", f"tidy({as_text(event.expression, event.kind)})")
    reading.reject(f"{OWN}event IS NULL", "event is missing")
    reading.add("at_us", as_instant(at.expression, at.kind))
    reading.add("written", as_text(at.expression, at.kind))
    received = raw.find("received_at") or NOTHING
    reading.add("received_us", as_instant(received.expression, received.kind))
    for name in ("event_id", "session_id"):
        column = raw.find(name) or NOTHING
        reading.add(name, as_id(column.expression, column.kind))
    reading.add("document", _document(raw, data))
    connection.execute(
        f"CREATE TEMP TABLE {TABLE} AS SELECT rows.* EXCLUDE (account_id, document, written, reason),"
        f" CASE WHEN hash(rows.lead_id, rows.at_us) % every = 0 AND rows.at_us <= {as_of_us} THEN document END AS document,"
        f" CASE WHEN rows.at_us IS NULL THEN written END AS written, {_valid()} AS valid,"
        f" known.lead_id IS NOT NULL AS known, {_valid()} AND known.lead_id IS NOT NULL AND rows.at_us <= {as_of_us} AS used,"
        f" {_of_account(tables)} AS of_account"
        f" FROM ({reading.select(record=False)}) AS rows"
        " LEFT JOIN audited_names AS names ON names.event = rows.event"
        " LEFT JOIN (SELECT DISTINCT lead_id FROM leads) AS known ON known.lead_id = rows.lead_id"
    )
    return raw


def _valid() -> str:
    return f"coalesce(rows.lead_id IS NOT NULL AND rows.event IS NOT NULL AND {in_range('rows.at_us')}, FALSE)"


def _of_account(tables: Tables) -> str:
    """Return whether a row is an account's alone; without a criterion over whole accounts it counts nowhere."""
    if not tables.accounts:
        return "FALSE"
    known = "rows.lead_id IS NULL AND rows.account_id IN (SELECT account_id FROM leads)"
    return f"coalesce({known} AND rows.event IS NOT NULL AND {in_range('rows.at_us')}, FALSE)"


def _count_names(connection: DuckDBPyConnection) -> None:
    """Make `audited_names`: of how many rows of each name one is kept."""
    connection.execute(
        f"CREATE TEMP TABLE audited_names AS SELECT event, CAST(ceil(count(*) / {ROWS_A_NAME}) AS UBIGINT) AS every"
        " FROM events_read WHERE event IS NOT NULL GROUP BY event"
    )


def _document(raw: Raw, data: Data) -> str:
    """Return all properties of a row as one JSON document; the `properties` document wins over a column."""
    mapping = data.mapping("events")
    taken = {mapping.get(c, c).split(".")[0].lower() for c in CANONICAL["events"]}
    pairs: list[str] = []
    for name in raw.columns:
        column = raw.find(name)
        if name.lower() not in taken and column is not None:
            pairs += [text(name), f"tidy({as_text(column.expression, column.kind)})"]
    columns = f"json_object({', '.join(pairs)})"
    properties = raw.find("properties")
    if properties is None:
        return columns
    document = f"CAST({raw.document(properties.expression, properties.kind)} AS JSON)"
    given = f"CASE WHEN json_type({document}) = 'OBJECT' THEN {document} END"
    return f"json_merge_patch({columns}, coalesce({given}, '{{}}'))"
