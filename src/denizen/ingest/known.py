"""Attributes as they were known then: the last value from at or before an instant, instead of today's.

A history is rows of `lead_id, attribute, value, from`. For an attribute of which a lead has any row, only the history
counts: before its first row the attribute is unknown, because today's value came later. Without a row, today's value
stands. Names are those of the model, compared without regard to case; other attributes are nobody's concern.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.accounting import EventRows
from denizen.ingest.derive.history import derive_history
from denizen.ingest.derive.recipes import RECIPES
from denizen.ingest.entities import INSTANTS, add_broken
from denizen.ingest.raw import Raw
from denizen.ingest.reading import OWN, Reading
from denizen.ingest.sources import read_raw
from denizen.ingest.unread import unread, unread_warnings
from denizen.ingest.values import EARLIEST_US, as_id, as_instant, as_text
from denizen.model.values import normalize
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from denizen.ingest.accounting import Accounting
    from denizen.ingest.project import Data
    from denizen.sql.tables import Tables, Value


SHOWN = 5


def stage_history(connection: DuckDBPyConnection, data: Data, tables: Tables, accounting: Accounting) -> None:
    """Make `known_1`, `known_2` …: for each attribute that is read, its values with `lead_id` and `from_us`.

    Raises:
        DenizenError: the history cannot be read, or a column is missing.
    """
    name = "attributes_history"
    raw = read_raw(connection, name, data.attributes_history, data.mapping(name))
    raw.check_mapping()
    lead, attribute, value, since = (raw.need(c) for c in ("lead_id", "attribute", "value", "from"))
    reading = Reading(raw)
    reading.add("lead", as_id(lead.expression, lead.kind))
    reading.reject(f"{OWN}lead IS NULL", "lead_id is missing")
    reading.add("attribute", _named(data, tables, f"normal(tidy({as_text(attribute.expression, attribute.kind)}))"))
    reading.reject(f"{OWN}attribute IS NULL", "attribute is missing")
    reading.add("value", as_text(value.expression, value.kind))
    reading.add_instant("from_us", since, as_instant(since.expression, since.kind), "from", needed=True)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE known_read AS {reading.select(record=True)}")
    connection.execute(f"INSERT INTO rejects SELECT '{name}', reason, record FROM known_read WHERE reason IS NOT NULL")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE known_values AS SELECT * FROM (SELECT leads.lead_id, attribute, from_us, value"
        " FROM known_read JOIN leads ON CAST(leads.lead_id AS VARCHAR) = lead WHERE reason IS NULL)"
        " QUALIFY row_number() OVER (PARTITION BY lead_id, attribute, from_us ORDER BY value NULLS LAST) = 1"
    )
    accounting.attributes_history = _account(connection, add_broken(connection, raw, name))
    accounting.warnings += _without_use(connection, tables)
    derive_history(connection, tables, data.attributes)
    for i, found in enumerate(tables.attributes.values(), 1):
        _stage_attribute(connection, i, found, tables)
    for i, found in enumerate(tables.attributes.values(), 1):
        if found.forms.ordered:
            none = unread(found, data.attributes.get(found.name))
            tallied = connection.execute(f"SELECT count(*), min({found.text}) FROM known_{i} WHERE {none}").fetchall()[
                0
            ]
            accounting.warnings += unread_warnings(name, [found.name], tallied)


def _named(data: Data, tables: Tables, said: str) -> str:
    """Return the name of an attribute: that of the model, also where the history calls it as a column that is mapped to it.

    What the model itself calls so stays, and a column of leads goes before one of accounts.
    """
    meant = {normalize(c): name for table in ("accounts", "leads") for name, c in data.mapping(table).items()}
    meant |= {normalize(name): name for name in tables.attributes}
    cases = " ".join(f"WHEN {text(column)} THEN normal({text(name)})" for column, name in meant.items())
    return f"CASE {said} {cases} ELSE {said} END" if cases else said


def _without_use(connection: DuckDBPyConnection, tables: Tables) -> Iterator[str]:
    """Yield a warning if no row of the history is of an attribute that is read."""
    rows = connection.execute(
        "SELECT attribute, count(*) FROM known_values GROUP BY attribute ORDER BY 2 DESC, 1"
    ).fetchall()
    sources = {s.attribute for name in tables.attributes for s in RECIPES.get(name, ())}
    read = {normalize(name) for name in (*tables.attributes, *sources)}
    if read and rows and not any(str(name) in read for name, _ in rows):
        there = ", ".join(f"{name} ({n:,} rows)" for name, n in rows[:SHOWN]) + (" …" if rows[SHOWN:] else "")
        yield (
            f"attributes_history: none of its attributes is read, so nothing is known as it was then; it has {there};"
            f" read are {', '.join(sorted(tables.attributes))}"
        )


def _account(connection: DuckDBPyConnection, broken: int) -> EventRows:
    read, valid, of_known, used = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE reason IS NULL), count(*) FILTER (WHERE reason IS NULL AND lead IN"
        " (SELECT CAST(lead_id AS VARCHAR) FROM leads)), (SELECT count(*) FROM known_values) FROM known_read"
    ).fetchall()[0]
    return EventRows(
        read=read + broken,
        used=used,
        duplicate=of_known - used,
        rejected=read - valid + broken,
        of_unknown_leads=valid - of_known,
        given=True,
    )


def _stage_attribute(connection: DuckDBPyConnection, number: int, value: Value, tables: Tables) -> None:
    """Make the values of one attribute, in the forms that are read; each lead with any starts out unknown."""
    own = f"(SELECT lead_id, from_us, value FROM known_values WHERE attribute = normal({text(value.name)}))"
    raw = Raw(
        "attributes_history", "", f"{own} AS rows", {"lead_id": "VARCHAR", "from_us": "BIGINT", "value": "VARCHAR"}
    )
    reading = Reading(raw)
    reading.add("lead_id", "lead_id")
    reading.add("from_us", "from_us")
    reading.add_value(value, "value", shown=tables.shown)
    reading.reject("FALSE", "never")
    listed = ", ".join(reading.columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE known_{number} AS SELECT {listed} FROM ({reading.select(record=False)})"
    )
    connection.execute(
        f"INSERT INTO known_{number} (lead_id, from_us) SELECT DISTINCT lead_id, {EARLIEST_US} FROM known_{number}"
    )


def _as_known(tables: Tables, rows: str) -> tuple[list[str], str]:
    """Return the columns of the attributes as known at each of some `rows` (lead_id, as_of_us), and where they come from."""
    columns = ["leads.account_id"]
    source = f"{rows} AS asked JOIN leads ON leads.lead_id = asked.lead_id"
    for i, value in enumerate(tables.attributes.values(), 1):
        source += (
            f" ASOF LEFT JOIN known_{i} ON known_{i}.lead_id = asked.lead_id AND known_{i}.from_us <= asked.as_of_us"
        )
        columns += [
            f"CASE WHEN known_{i}.lead_id IS NULL THEN leads.{column} ELSE known_{i}.{column} END AS {column}"
            for column in value.columns(shown=tables.shown)
        ]
    return columns, source


def date_grid(connection: DuckDBPyConnection, tables: Tables) -> None:
    """Put the attributes as known at each row into `grid`."""
    columns, source = _as_known(tables, "grid")
    listed = ", ".join(["asked.g", "asked.lead_id", "asked.as_of_us", *columns])
    connection.execute(f"CREATE TEMP TABLE grid_dated AS SELECT {listed} FROM {source}")
    connection.execute("DROP TABLE grid")
    connection.execute("ALTER TABLE grid_dated RENAME TO grid")


def date_leads(connection: DuckDBPyConnection, tables: Tables, as_of_us: int) -> None:
    """Put the attributes as known at one instant into `leads`."""
    columns, source = _as_known(tables, f"(SELECT lead_id, CAST({as_of_us} AS BIGINT) AS as_of_us FROM leads)")
    listed = ", ".join(["leads.lead_id", *columns, *[f"leads.{c}" for c in INSTANTS]])
    connection.execute(f"CREATE TEMP TABLE leads_dated AS SELECT {listed} FROM {source}")
    connection.execute("CREATE OR REPLACE TEMP VIEW leads AS SELECT * FROM leads_dated")
