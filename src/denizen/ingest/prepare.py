"""From data as given to the tables `grid`, `leads` and `events` in an embedded database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from denizen.errors import DenizenError, fail
from denizen.ingest.accounting import Accounting
from denizen.ingest.apart import note_accounts_apart
from denizen.ingest.columns import problems_of
from denizen.ingest.derive.lookup import derive_attributes, mark_own
from denizen.ingest.derive.staging import misspelled_rules, sources_of, unknown_for_all, with_sources
from denizen.ingest.entities import id_kind, leads_from_events, stage_accounts, stage_leads
from denizen.ingest.events import EventReader, no_events
from denizen.ingest.known import date_grid, date_leads, stage_history
from denizen.ingest.sources import read_raw
from denizen.ingest.unread import unread_values
from denizen.ingest.values import as_id, as_instant, define
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from denizen.ingest.project import Data
    from denizen.ingest.raw import Raw
    from denizen.sql.tables import Tables, Value


@dataclass(frozen=True, slots=True)
class Moments:
    """For which instants to score: the same for all leads (microseconds), or a grid of `lead_id, as_of`.

    `known` also asks that an event had been received by then. `defaulted` says that nobody asked for these instants.
    """

    as_of_us: Sequence[int] = ()
    grid: Any = None
    known: bool = False
    defaulted: bool = False


def connect() -> DuckDBPyConnection:
    """Return a new embedded database, ready to read data: times are UTC, values are read by our own rules."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("CREATE TEMP TABLE rejects (source VARCHAR, reason VARCHAR, record VARCHAR)")
    define(connection)
    return connection


def prepare(
    connection: DuckDBPyConnection,
    data: Data,
    tables: Tables,
    moments: Moments,
    *,
    grid: bool,
    only: str | None = None,
    only_account: str | None = None,
) -> Accounting:
    """Make `leads`, `events` and, if wanted, `grid`, and return where every row went.

    `only` keeps one lead, with everyone of its account where those are measured; `only_account` the people of one account.

    Raises:
        DenizenError: data cannot be read, or a column is missing.
    """
    try:
        return _prepare(connection, data, tables, moments, only, only_account, grid=grid)
    except duckdb.Error as error:
        raise fail("file-unreadable", str(error).split("\n", maxsplit=1)[0]) from error


def _prepare(
    connection: DuckDBPyConnection,
    data: Data,
    tables: Tables,
    moments: Moments,
    only: str | None,
    only_account: str | None,
    *,
    grid: bool,
) -> Accounting:
    accounting = Accounting()
    leads, accounts, events, asked = (
        None if source is None else read_raw(connection, name, source, data.mapping(name))
        for name, source in (
            ("leads", data.leads),
            ("accounts", data.accounts),
            ("events", data.events),
            ("grid", moments.grid),
        )
    )
    if leads is None and events is None:
        raise fail("bad-argument", "there is neither leads nor events; give at least one of them")
    if problems := [f for raw in (leads, accounts, events) if raw is not None for f in problems_of(raw, tables)]:
        raise DenizenError(problems)
    kind = id_kind(*[raw.need("lead_id") for raw in (leads, events, asked) if raw is not None])
    reader = None
    if events is not None:
        reader = EventReader(connection, events, tables, known=moments.known, unique=data.unique)
        reader.stage(kind)
    _make_leads(connection, data, tables, leads, accounts, reader, kind, accounting, only, only_account)
    last = _make_grid(connection, asked, moments, kind, only) if grid else moments.as_of_us[0]
    if data.attributes_history is not None:
        stage_history(connection, data, tables, accounting)
        if grid:
            date_grid(connection, tables)
        else:
            date_leads(connection, tables, last)
    if reader is None:
        no_events(connection, tables, kind)
    else:
        reader.finish(accounting, last, count=grid or tables.accounts)
    rows = connection.execute("SELECT source || ': ' || reason, count(*) FROM rejects GROUP BY 1 ORDER BY 2 DESC, 1")
    accounting.reasons = {str(r[0]): int(r[1]) for r in rows.fetchall()}
    return accounting


def _make_leads(
    connection: DuckDBPyConnection,
    data: Data,
    tables: Tables,
    leads: Raw | None,
    accounts: Raw | None,
    reader: EventReader | None,
    kind: str,
    accounting: Accounting,
    only: str | None,
    only_account: str | None,
) -> None:
    """Make `accounts` and `leads`, with accounts matched and attributes derived; of all leads, or those asked for."""
    sources: dict[str, Value] = {}
    if leads is not None:
        sources = sources_of(tables, data.attributes, leads, accounts, match=data.match_accounts)
        accounting.warnings += unknown_for_all(tables, sources, leads, accounts)
    accounting.warnings += misspelled_rules(tables, data.attributes)
    staged = with_sources(tables, sources)
    numbers = unread_values(tables, data.attributes) if only is None and only_account is None else {}
    if accounts is not None:
        stage_accounts(connection, accounts, staged, accounting, numbers)
    if leads is not None:
        signs = sources if data.match_accounts else {}
        stage_leads(connection, leads, kind, staged, accounting, accounts, signs, numbers)
        if accounts is not None:
            note_accounts_apart(connection, leads, accounting)
    elif reader is not None:
        leads_from_events(connection, f"events_read WHERE {reader.valid}", tables)
    if only is not None:
        _keep_only(connection, only, with_account=tables.accounts)
    if only_account is not None:
        _keep_account(connection, only_account)
    if data.attributes_history is not None:
        mark_own(connection, tables)
    accounting.derived = derive_attributes(connection, tables, sources, data.attributes, explained=only is not None)


def _is_text(given: str) -> bool:
    """Return whether what was asked for can stand in a table at all."""
    return not any("\ud800" <= c <= "\udfff" or c == "\x00" for c in given)


def _keep_account(connection: DuckDBPyConnection, account_id: str) -> None:
    """Keep the people of one account."""
    known = _is_text(account_id) and _narrow_leads(connection, f"account_id = {text(account_id)}")
    if not known:
        meant = _most_alike(connection, "account_id", account_id)
        raise fail("unknown-account", f"nobody in the data belongs to an account {account_id!r}{meant}")


def _keep_only(connection: DuckDBPyConnection, lead_id: str, *, with_account: bool) -> None:
    """Keep one lead, and with its account everyone who belongs to it."""
    which = _is(lead_id) if _is_text(lead_id) else "FALSE"
    if with_account:
        which = f"{which} OR account_id IN (SELECT account_id FROM leads WHERE {which})"
    if not _narrow_leads(connection, which):
        rejected = connection.execute("SELECT count(*) FROM rejects WHERE source = 'leads'").fetchall()[0][0]
        note = f"; {rejected:,} rows of leads were rejected, see `denizen score … --rejects PATH`" if rejected else ""
        meant = _most_alike(connection, "lead_id", lead_id)
        raise fail("unknown-lead", f"there is no lead {lead_id!r} in the data{meant}{note}")


def _narrow_leads(connection: DuckDBPyConnection, which: str) -> bool:
    """Keep some leads; where there are none, keep all and return that."""
    connection.execute(f"CREATE TEMP TABLE only_leads AS SELECT * FROM leads WHERE {which}")
    if not connection.execute("SELECT count(*) FROM only_leads").fetchall()[0][0]:
        return False
    connection.execute("DROP VIEW IF EXISTS leads")
    connection.execute("CREATE TEMP VIEW leads AS SELECT * FROM only_leads")
    return True


def _most_alike(connection: DuckDBPyConnection, column: str, given: str) -> str:
    """Return a remark on the id in the data that is written most like one that is not there, nothing if there is none."""
    if not _is_text(given):
        return ""
    found = connection.execute(
        f"SELECT {column} FROM leads WHERE {column} IS NOT NULL"
        f" ORDER BY jaro_winkler_similarity(CAST({column} AS VARCHAR), {text(given)}) DESC, {column} LIMIT 1"
    ).fetchall()
    return f"; the most alike is {str(found[0][0])!r}" if found else ""


def _is(lead_id: str) -> str:
    return f"CAST(lead_id AS VARCHAR) = {text(lead_id)}"


def _make_grid(connection: DuckDBPyConnection, grid: Raw | None, moments: Moments, kind: str, only: str | None) -> int:
    """Make the table `grid`; return its latest instant in microseconds."""
    if grid is not None:
        return _read_grid(connection, grid, kind)
    instants = sorted(set(moments.as_of_us))
    if not instants:
        raise fail("bad-argument", "there is no instant to score for; give `as_of`")
    values = ", ".join(f"({us})" for us in instants)
    connection.execute(
        "CREATE TEMP TABLE grid AS SELECT CAST(row_number() OVER () AS INTEGER) AS g, leads.lead_id,"
        f" CAST(moments.as_of_us AS BIGINT) AS as_of_us FROM leads CROSS JOIN (VALUES {values}) AS moments (as_of_us)"
        f"{'' if only is None else f' WHERE {_is(only)}'}"
    )
    return instants[-1]


def _read_grid(connection: DuckDBPyConnection, grid: Raw, kind: str) -> int:
    lead, at = grid.need("lead_id"), grid.need("as_of")
    lead_id = f"CAST({lead.expression} AS BIGINT)" if kind == "BIGINT" else as_id(lead.expression, lead.kind)
    as_of = as_instant(at.expression, at.kind)
    connection.execute(
        f"CREATE TEMP TABLE grid_read AS SELECT {lead_id} AS lead_id, {as_of} AS as_of_us FROM {grid.rows}"
    )
    wrong = connection.execute("SELECT count(*) FROM grid_read WHERE lead_id IS NULL OR as_of_us IS NULL")
    if count := wrong.fetchall()[0][0]:
        raise fail("rows-rejected", f"{count} rows lack a lead_id or an as_of that can be read", file=grid.label)
    connection.execute(
        "CREATE TEMP TABLE grid AS SELECT CAST(row_number() OVER (ORDER BY lead_id, as_of_us) AS INTEGER) AS g, *"
        " FROM (SELECT DISTINCT * FROM grid_read)"
    )
    connection.execute("DROP TABLE grid_read")
    strange = connection.execute("SELECT any_value(lead_id) FROM grid WHERE lead_id NOT IN (SELECT lead_id FROM leads)")
    if (lead := strange.fetchall()[0][0]) is not None:
        raise fail("unknown-lead", f"there is no lead {lead!r} in the data", file=grid.label)
    latest = connection.execute("SELECT max(as_of_us) FROM grid").fetchall()[0][0]
    return 0 if latest is None else int(latest)
