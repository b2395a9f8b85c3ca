"""The events that can count at all, as scoring reads them: valid, of known leads, each event_id of a lead once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.accounting import Accounting
from denizen.ingest.entities import leads_from_events
from denizen.ingest.sources import read_raw
from denizen.ingest.values import LATEST_US, as_id

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from denizen.ingest.events import EventReader
    from denizen.ingest.project import Data

OF_KNOWN_LEADS = "lead_id IN (SELECT lead_id FROM leads)"
OF_KNOWN_ACCOUNTS = "lead_id IS NULL AND account_id IN (SELECT account_id FROM leads)"
"""Events that carry only an account; they stand in `events` where a criterion measures over whole accounts."""


def stage_known_events(connection: DuckDBPyConnection, reader: EventReader, data: Data) -> str:
    """Make `leads` and `events` for a reader that has staged ids as texts; return the relation of the events that can count.

    Init, check and audit count events by product over it, so that their numbers are the same; audit only as far as visible.
    Where no event is of a known lead, every valid row is meant: what is wrong then is told elsewhere.

    Raises:
        DenizenError: leads cannot be read.
    """
    if data.leads is None:
        leads_from_events(connection, f"events_read WHERE {reader.valid}", reader.tables)
    else:
        raw = read_raw(connection, "leads", data.leads, data.mapping("leads"))
        lead, account = raw.need("lead_id"), raw.find("account_id")
        of_account = as_id(account.expression, account.kind) if account else "CAST(NULL AS VARCHAR)"
        connection.execute(
            f"CREATE TEMP TABLE leads AS SELECT CAST({as_id(lead.expression, lead.kind)} AS VARCHAR) AS lead_id,"
            f" CAST({of_account} AS VARCHAR) AS account_id FROM {raw.rows}"
        )
    reader.finish(Accounting(), LATEST_US, count=False)
    known = f"events WHERE {OF_KNOWN_LEADS}"
    some = connection.execute(f"SELECT count(*) FROM (SELECT 1 FROM {known} LIMIT 1)").fetchall()[0][0]
    return known if some else f"events_read WHERE {reader.valid}"
