"""The email address of each lead, where the data has one: for a list that people are written to by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.sources import read_raw
from denizen.ingest.values import as_id, as_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from denizen.ingest.project import Data

ADDRESSES = "addresses"
COLUMN = "email"


def stage_addresses(connection: DuckDBPyConnection, data: Data) -> None:
    """Make `addresses`: `lead_id` (a text) and `email` as it is given; no row where there is none.

    The column is `email`, or what `--map leads.email=YOURS` names. Of several rows of one lead the first by name counts.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {ADDRESSES} (lead_id VARCHAR, email VARCHAR)")
    if data.leads is None:
        return
    raw = read_raw(connection, ADDRESSES, data.leads, data.mapping("leads"))
    key, email = raw.need("lead_id"), raw.find(COLUMN)
    if email is None:
        return
    connection.execute(
        f"INSERT INTO {ADDRESSES} SELECT CAST(lead AS VARCHAR), min(given) FROM (SELECT {as_id(key.expression, key.kind)}"
        f" AS lead, tidy({as_text(email.expression, email.kind)}) AS given FROM {raw.rows})"
        " WHERE lead IS NOT NULL AND given IS NOT NULL GROUP BY lead"
    )
