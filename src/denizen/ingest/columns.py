"""Columns under the names that other tools give them: what is missing in a table, and which of its columns it may be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from denizen.errors import DenizenError, Finding
from denizen.ingest.column_shapes import SHAPES, letters_of
from denizen.ingest.column_values import ALWAYS, SHOWS, are_keys
from denizen.ingest.raw import CANONICAL
from denizen.ingest.sources import read_raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from duckdb import DuckDBPyConnection

    from denizen.ingest.project import Data
    from denizen.ingest.raw import Raw
    from denizen.sql.tables import Tables

NEEDED = {
    "leads": ("lead_id",),
    "accounts": ("account_id",),
    "events": ("lead_id", "event", "timestamp"),
    "outcomes": ("lead_id", "outcome", "at"),
}
"""The columns that a table must have."""

_LEAD = ("user_id", "distinct_id", "anonymous_id", "contact_id", "person_id")
_ACCOUNT = ("group_id", "company_id", "organization_id", "org_id", "workspace_id")
KNOWN_AS: dict[str, dict[str, tuple[str, ...]]] = {
    "leads": {
        "lead_id": (*_LEAD, "id"),
        "account_id": _ACCOUNT,
        "signup_at": ("created_at", "signed_up_at", "signed_up", "signup", "signup_date", "signup_time", "create_date"),
        "trial_started_at": ("trial_start", "trial_start_at", "trial_start_date"),
        "trial_ends_at": ("trial_end", "trial_end_at", "trial_end_date", "trial_ended_at"),
        "title": ("job_title",),
        "industry": ("sector", "industry_name"),
        "email": ("email_address", "work_email"),
    },
    "accounts": {
        "account_id": (*_ACCOUNT, "id"),
        "industry": ("sector", "industry_name"),
        "employees": ("employee_count", "number_of_employees", "num_employees"),
    },
    "events": {
        "lead_id": _LEAD,
        "event": ("event_type", "event_name", "name"),
        "timestamp": ("original_timestamp", "event_time", "time", "occurred_at", "sent_at", "created_at"),
        "event_id": ("message_id", "insert_id"),
        "session_id": (),
        "properties": ("event_properties",),
        "received_at": ("server_upload_time", "server_received_time"),
    },
    "outcomes": {
        "lead_id": _LEAD,
        "outcome": ("stage", "status", "deal_stage", "stage_name"),
        "at": ("close_date", "closed_at", "date", "timestamp"),
        "amount": (),
        "rep": ("owner",),
    },
}
"""By table and canonical column, the names it has elsewhere, the likeliest first; case and punctuation do not matter."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A column of the data that probably is a canonical one which the table lacks; not `sure`, it may be something else."""

    table: str
    name: str
    column: str
    sure: bool = True

    @property
    def option(self) -> str:
        """The option that says so."""
        return f"--map {self.table}.{self.name}={self.column}"


def proposals_of(raw: Raw) -> Iterator[Proposal]:
    """Yield what columns of a table probably are, of canonical ones that it lacks and nobody mapped."""
    given = {letters_of(column): column for column in reversed(raw.columns)}
    taken = {column.lower() for column in raw.mapping.values()}
    for name, others in KNOWN_AS[raw.table].items():
        if name in raw.mapping or _has(raw, name):
            continue
        found = [(given[letters_of(n)], True) for n in (name, *others) if letters_of(n) in given]
        found += _like(raw, name)
        if free := [(column, sure) for column, sure in found if column.lower() not in taken]:
            taken.add(free[0][0].lower())
            yield Proposal(raw.table, name, *free[0])


def _like(raw: Raw, name: str) -> list[tuple[str, bool]]:
    """Return the columns whose words say what a canonical one says, the sure and short first; of two alike none is sure."""
    shape = SHAPES[raw.table].get(name)
    if shape is None:
        return []
    own = {letters_of(canonical) for canonical in CANONICAL[raw.table]}
    told = ((c, shape.fits(letters_of(c))) for c in raw.columns if letters_of(c) not in own)
    found = sorted((not fit[0], fit[1], place, column) for place, (column, fit) in enumerate(told) if fit is not None)
    alone = len(found) < 2 or found[0][:2] != found[1][:2]  # noqa: PLR2004  the best and the next
    return [(column, alone and not doubtful) for doubtful, _, _, column in found]


def settle_columns(data: Data, accept: Callable[[Proposal], bool]) -> tuple[Data, tuple[Proposal, ...]]:
    """Return data with the proposals that are accepted among its column names, and these proposals.

    Raises:
        DenizenError: tables cannot be read, or still lack columns they need; with all problems of all tables.
    """
    from denizen.ingest.prepare import connect

    accepted: list[Proposal] = []
    connection = connect()
    try:
        for raw in _readable(connection, data):
            accepted += [p for p in _checked(connection, data, raw) if accept(p)]
        columns = {table: dict(mapping) for table, mapping in data.columns.items()}
        for p in accepted:
            columns.setdefault(p.table, {})[p.name] = p.column
        settled = replace(data, columns=columns)
        if problems := _problems(connection, settled, None):
            raise DenizenError(problems)
    finally:
        connection.close()
    return settled, tuple(accepted)


def _checked(connection: DuckDBPyConnection, data: Data, raw: Raw) -> Iterator[Proposal]:
    """Yield the proposals for a table; where its values tell what a column is, they decide.

    A doubtful account of leads is sure where its values are ids of accounts. Of an event's id, session and properties, of the
    dates of a trial and of the amount of an outcome nothing is proposed that the values speak against.
    """
    proposals = list(proposals_of(raw))
    called = {name: name for name in CANONICAL[raw.table]} | {p.name: p.column for p in proposals if p.sure}
    for p in proposals:
        shows = SHOWS.get((p.table, p.name))
        if (p.table, p.name, p.sure) == ("leads", "account_id", False):
            yield replace(p, sure=_are_accounts(connection, data, raw, p.column))
        elif shows is None or (p.sure and (p.table, p.name) not in ALWAYS):
            yield p
        else:
            others = {q.column for q in proposals if q is not p}
            columns = [p.column] if p.sure else [c for c, _ in _like(raw, p.name) if c not in others]
            if shown := [c for c in columns if shows(connection, raw, c, called)]:
                yield replace(p, column=shown[0], sure=len(shown) == 1)


def _are_accounts(connection: DuckDBPyConnection, data: Data, leads: Raw, name: str) -> bool:
    if data.accounts is None:
        return False
    accounts = read_raw(connection, "accounts", data.accounts, data.mapping("accounts"))
    named = next((p.column for p in proposals_of(accounts) if p.name == "account_id" and p.sure), "account_id")
    return are_keys(connection, leads, name, accounts, named)


def check_columns(connection: DuckDBPyConnection, data: Data, tables: Tables) -> None:
    """Refuse data of which a table cannot be read or lacks columns it needs, or whose column names cannot be meant.

    Args:
        connection: an embedded database.
        data: the tables.
        tables: what is to be read of them, properties and attributes.

    Raises:
        DenizenError: with all problems of all tables, each once.
    """
    if problems := _problems(connection, data, tables):
        raise DenizenError(problems)


def problems_of(raw: Raw, tables: Tables | None) -> Iterator[Finding]:
    """Yield what a table lacks and which of its column names cannot be meant, each once.

    Without `tables`, nobody knows which attributes and properties are read, so only columns that are not there are told.
    """
    try:
        raw.check_mapping(tables)
    except DenizenError as error:
        yield from (f for f in error.findings if tables is not None or f.code == "missing-column")
    likely = {p.name: p for p in proposals_of(raw)}
    for name in NEEDED[raw.table]:
        if name in raw.mapping:
            continue
        try:
            raw.need(name)
        except DenizenError as error:
            yield from (_proposing(f, likely.get(name), raw.table, name) for f in error.findings)


def _proposing(finding: Finding, likely: Proposal | None, table: str, name: str) -> Finding:
    if likely is None:
        return finding
    return replace(finding, message=finding.message.replace(f"--map {table}.{name}=COLUMN", likely.option))


def _problems(connection: DuckDBPyConnection, data: Data, tables: Tables | None) -> list[Finding]:
    """Return all problems of all tables."""
    found: list[Finding] = []
    for table in NEEDED:
        source = getattr(data, table)
        if source is None:
            continue
        try:
            raw = read_raw(connection, table, source, data.mapping(table))
        except DenizenError as error:
            found += error.findings
        else:
            found += problems_of(raw, tables)
    return found


def _readable(connection: DuckDBPyConnection, data: Data) -> Iterator[Raw]:
    """Yield the tables that can be read; what is wrong with the others is told by `_problems`."""
    for table in NEEDED:
        source = getattr(data, table)
        if source is not None:
            try:
                yield read_raw(connection, table, source, data.mapping(table))
            except DenizenError:
                continue


def _has(raw: Raw, name: str) -> bool:
    """Return whether a column is there under its own name; of JSON Lines, whether a sample has it."""
    return name.lower() in {column.lower() for column in raw.columns}
