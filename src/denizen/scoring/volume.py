"""What init asks for, read off the data: leads a month, months of outcomes, and which outcomes nobody could read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from denizen.errors import fail
from denizen.ingest.outcomes import words_without_meaning
from denizen.ingest.prepare import connect
from denizen.ingest.sources import read_raw
from denizen.ingest.values import as_instant, in_range
from denizen.model.durations import DAY_US

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from denizen.ingest.project import Data

_MONTH_US = DAY_US * 365.25 / 12


def volume_of(data: Data) -> dict[str, int]:
    """Return `leads_a_month` and `data_months`, each where the data tells it.

    Few dates far from all others do not count: leads are those between the first and the last hundredth of the sign-ups.

    Raises:
        DenizenError: a table cannot be read.
    """
    found: dict[str, int] = {}
    connection = connect()
    try:
        signups = _span(connection, data, "leads", "signup_at", 0.01)
        outcomes = _span(connection, data, "outcomes", "at", 0.0)
    except duckdb.Error as error:
        raise fail("file-unreadable", str(error).split("\n", maxsplit=1)[0]) from None
    finally:
        connection.close()
    if signups is not None:
        rows, span_us = signups
        found["leads_a_month"] = round(rows / max(1.0, span_us / _MONTH_US))
    if outcomes is not None:
        found["data_months"] = int(outcomes[1] // _MONTH_US)
    return found


def unread_outcomes(data: Data) -> dict[str, int]:
    """Return which words of the outcomes mean none, with how many rows say each.

    Raises:
        DenizenError: outcomes cannot be read.
    """
    if data.outcomes is None:
        return {}
    connection = connect()
    try:
        return words_without_meaning(connection, data)
    except duckdb.Error as error:
        raise fail("file-unreadable", str(error).split("\n", maxsplit=1)[0], file=str(data.outcomes)) from None
    finally:
        connection.close()


def _span(connection: DuckDBPyConnection, data: Data, table: str, column: str, cut: float) -> tuple[int, float] | None:
    """Return how many instants a column has and how long they span, in microseconds; None without any."""
    source = getattr(data, table)
    if source is None:
        return None
    raw = read_raw(connection, table, source, data.mapping(table))
    found = raw.find(column)
    if found is None:
        return None
    instants = f"SELECT {as_instant(found.expression, found.kind)} AS at_us FROM {raw.rows}"
    row = connection.execute(
        f"SELECT count(*), quantile_disc(at_us, {cut}), quantile_disc(at_us, {1 - cut}) FROM ({instants})"
        f" WHERE {in_range('at_us')}"
    ).fetchall()[0]
    return (int(row[0]), float(row[2] - row[1])) if row[0] else None
