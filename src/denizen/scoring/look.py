"""What the data holds of what a model asks for: event names, properties, attributes, and how their values read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb

from denizen.errors import Finding, fail
from denizen.ingest.columns import check_columns
from denizen.ingest.events import OF_ACCOUNT_ALONE, EventReader
from denizen.ingest.prepare import Moments, connect, prepare
from denizen.ingest.sources import read_raw
from denizen.ingest.unread import unread
from denizen.model.lint.seen import Seen, Values
from denizen.plan.needs import needs_of
from denizen.scoring.known_events import stage_known_events
from denizen.scoring.products import product_events
from denizen.sql.conditions import SEPARATOR
from denizen.sql.literals import number, text
from denizen.sql.tables import tables_for

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from denizen.ingest.project import Data
    from denizen.plan.needs import Needs
    from denizen.plan.nodes import Plan
    from denizen.sql.tables import Value

MOST_TEXTS = 5_000
"""With more distinct texts than this, an attribute is free text, and no literal is looked for in it."""
EXAMPLES = 3


def look_at_data(plans: tuple[Plan, ...], data: Data, *, of_accounts: bool = False) -> tuple[Seen, list[Finding]]:
    """Return what the data holds of what plans ask for, and a warning for each table with rows that cannot be used.

    `of_accounts` says that accounts have criteria of their own, for which an event without a lead counts.

    Raises:
        DenizenError: the data cannot be read.
    """
    _refuse_unreadable(plans, data)
    seen, findings = Seen(), list[Finding]()
    if data.events is not None:
        seen, rejected = _events(plans, data, of_accounts=of_accounts)
        findings += rejected
    if data.leads is not None:
        attributes, columns, apart, rejected = _attributes(needs_of(*plans), data)
        seen = replace(seen, attributes=attributes, columns=columns, apart=apart)
        findings += rejected
    return seen, findings


def _refuse_unreadable(plans: tuple[Plan, ...], data: Data) -> None:
    connection = connect()
    try:
        check_columns(connection, replace(data, outcomes=None), tables_for(needs_of(*plans)))
    finally:
        connection.close()


def _events(plans: tuple[Plan, ...], data: Data, *, of_accounts: bool) -> tuple[Seen, list[Finding]]:
    connection = connect()
    try:
        raw = read_raw(connection, "events", data.events, data.mapping("events"))
        reader = EventReader(connection, raw, tables_for(needs_of(*plans)), known=False, unique=data.unique)
        reader.stage("VARCHAR")
        known = stage_known_events(connection, reader, data)
        rows = connection.execute(
            "SELECT event, coalesce(n, 0) FROM (SELECT DISTINCT event FROM events_read WHERE event IS NOT NULL)"
            f" LEFT JOIN (SELECT event, count(*) AS n FROM {known} GROUP BY event) USING (event)"
        ).fetchall()
        properties = {name: _values(connection, value) for name, value in reader.tables.properties.items()}
        owned = product_events(connection, plans, reader.tables, known)
        read, valid = connection.execute(
            f"SELECT count(*), count(*) FILTER (WHERE {reader.valid}) FROM events_read"
        ).fetchall()[0]
        alone = connection.execute(
            f"SELECT count(*) FROM rejects WHERE source = 'events' AND reason = {text(OF_ACCOUNT_ALONE)}"
        ).fetchall()[0][0]
    except duckdb.Error as error:
        raise fail("file-unreadable", str(error).split("\n", maxsplit=1)[0], file=str(data.events)) from None
    finally:
        connection.close()
    seen = Seen({str(r[0]): int(r[1]) for r in rows}, properties, products=owned.names, strangers=owned.strangers)
    lacks = ""
    if alone:
        where = "and count where accounts are scored (--accounts-out)" if of_accounts else (
            "and no criterion of this model measures over accounts"
        )  # fmt: skip
        lacks = f"; {alone:,} of them carry only an account, {where}"
    return seen, _rejected("events", read - valid, read, data.events, lacks)


def _values(connection: DuckDBPyConnection, value: Value) -> dict[str, Values]:
    """Return the values of a property by event name."""
    read = f"count({value.number})" if value.forms.number else "0"
    counts = connection.execute(
        f"SELECT event, count({value.text}), {read} FROM events_read WHERE event IS NOT NULL GROUP BY event"
    ).fetchall()
    texts = _distinct(connection, "event", value.text, f"events_read WHERE {value.text} IS NOT NULL")
    words = _distinct(connection, "event", _elements(value), f"events_read WHERE {_is_list(value)}")
    by_event = [_grouped(found) for found in (texts, words)]
    return {
        str(event): Values(
            int(known),
            int(numbers),
            frozenset(by_event[0].get(event, ())),
            frozenset(by_event[1].get(event, ())),
            max(len(texts), len(words)) <= MOST_TEXTS,
        )
        for event, known, numbers in counts
    }


def _attributes(needs: Needs, data: Data) -> tuple[dict[str, Values], frozenset[str], frozenset[str], list[Finding]]:
    """Return the values of each attribute as scoring sees them: an account's value counts, and so does a derived one."""
    tables = tables_for(needs)
    people = replace(data, events=None, outcomes=None, attributes_history=None)
    connection = connect()
    try:
        accounting = prepare(connection, people, tables, Moments((0,)), grid=False)
        found = {name: _attribute(connection, value) for name, value in tables.attributes.items()}
    finally:
        connection.close()
    leads, accounts = accounting.leads, accounting.accounts
    findings = _rejected("leads", leads.rejected, leads.read, data.leads)
    findings += _rejected("accounts", accounts.rejected, accounts.read, data.accounts)
    apart = frozenset[str]()
    if accounting.apart:
        findings.append(Finding("accounts-apart", accounting.apart, _file(data.leads, "leads"), level="warning"))
        apart = _columns(replace(data, leads=None))
    return found, _columns(data), apart, findings


def _columns(data: Data) -> frozenset[str]:
    """Return the names of all columns of leads and accounts."""
    connection = connect()
    try:
        given = {"leads": data.leads, "accounts": data.accounts}
        raws = [read_raw(connection, t, source, data.mapping(t)) for t, source in given.items() if source is not None]
        return frozenset(column for raw in raws for column in raw.columns)
    finally:
        connection.close()


def _attribute(connection: DuckDBPyConnection, value: Value) -> Values:
    read = f"count({value.number})" if value.forms.number else "0"
    known, numbers = connection.execute(f"SELECT count({value.text}), {read} FROM leads").fetchall()[0]
    texts = _distinct(connection, "1", value.text, f"leads WHERE {value.text} IS NOT NULL")
    words = _distinct(connection, "1", _elements(value), f"leads WHERE {_is_list(value)}")
    few = max(len(texts), len(words)) <= MOST_TEXTS
    none, examples = _unread(connection, value) if value.forms.ordered and numbers < known else (0, ())
    return Values(
        int(known), int(numbers), frozenset(t for _, t in texts), frozenset(w for _, w in words), few, none, examples
    )


def _unread(connection: DuckDBPyConnection, value: Value) -> tuple[int, tuple[str, ...]]:
    """Return how many leads have a text where a number is asked for, and the first few of these texts."""
    counts = connection.execute(
        f"SELECT {value.text}, count(*) FROM leads WHERE {unread(value)} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return sum(int(n) for _, n in counts), tuple(str(t) for t, _ in counts[:EXAMPLES])


def _elements(value: Value) -> str:
    return f"unnest(string_split(trim({value.words}, {text(SEPARATOR)}), {text(SEPARATOR)}))"


def _is_list(value: Value) -> str:
    return f"{value.words} IS NOT NULL" if value.forms.words else "FALSE"


def _distinct(connection: DuckDBPyConnection, group: str, expression: str, rows: str) -> list[tuple[str, str]]:
    if rows.endswith("WHERE FALSE"):
        return []
    found = connection.execute(
        f"SELECT DISTINCT {group} AS grouped, {expression} AS found FROM {rows} LIMIT {number(MOST_TEXTS + 1)}"
    ).fetchall()
    return [(r[0], str(r[1])) for r in found]


def _grouped(found: list[tuple[str, str]]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {}
    for group, text_found in found:
        groups.setdefault(group, set()).add(text_found)
    return groups


def _rejected(table: str, rejected: int, read: int, source: object, lacks: str = "") -> list[Finding]:
    if not rejected:
        return []
    message = f"{rejected:,} of {read:,} {table} would be rejected; `denizen score … --rejects PATH` tells why{lacks}"
    return [Finding("rows-rejected", message, _file(source, table), level="warning")]


def _file(source: object, table: str) -> str:
    return str(source) if isinstance(source, str) else table
