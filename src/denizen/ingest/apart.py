"""Whether leads and accounts have anything to do with one another; accounts that nobody joins tell nothing of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.ingest.columns import proposals_of
from denizen.ingest.raw import IN_PYTHON

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from denizen.ingest.accounting import Accounting
    from denizen.ingest.raw import Raw


def note_accounts_apart(connection: DuckDBPyConnection, leads: Raw, accounting: Accounting) -> None:
    """Take down, and warn, that no lead belongs to any account, where `leads` and `accounts` stand joined."""
    if not accounting.leads.used or not accounting.accounts.used:
        return
    if connection.execute("SELECT 1 FROM leads SEMI JOIN accounts USING (account_id) LIMIT 1").fetchall():
        return
    known = int(connection.execute("SELECT count(account_id) FROM leads").fetchall()[0][0])
    why = f"none of the `account_id`s of {known:,} leads is among those of accounts"
    if not known:
        why = "`account_id` is unknown of all leads, and no address leads to an account"
    options = [p.option for p in proposals_of(leads) if p.name in ("account_id", "email")]
    mend = (
        f"; name yours with {' or '.join(options or ['--map leads.account_id=COLUMN'])}{IN_PYTHON}" if not known else ""
    )
    accounting.apart = f"no lead belongs to any of the accounts given: {why}{mend}"
    accounting.warnings.append(accounting.apart)
