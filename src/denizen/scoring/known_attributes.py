"""Which attributes are known of anybody: given by leads or their accounts, or derived."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from denizen.ingest.prepare import Moments, connect, prepare
from denizen.plan.needs import Forms, Needs
from denizen.sql.tables import tables_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from denizen.ingest.project import Data


@dataclass(frozen=True, slots=True)
class Known:
    """The attributes that at least one lead has; `apart` says why no lead belongs to any account, empty where one does."""

    attributes: frozenset[str]
    apart: str


def known_attributes(data: Data, asked: Iterable[str]) -> Known:
    """Return which of these attributes some lead has, as scoring reads them.

    Raises:
        DenizenError: leads or accounts cannot be read.
    """
    wanted = {name: Forms() for name in asked}
    tables = tables_for(Needs(wanted, {}, (), every_event=False, sessions=False, order=False, accounts=False))
    connection = connect()
    try:
        people = replace(data, events=None, outcomes=None)
        accounting = prepare(connection, people, tables, Moments((0,)), grid=False)
        counts = ", ".join(f"count({value.text})" for value in tables.attributes.values()) or "0"
        row = connection.execute(f"SELECT {counts} FROM leads").fetchall()[0]
    finally:
        connection.close()
    return Known(frozenset(n for n, count in zip(tables.attributes, row, strict=False) if count), accounting.apart)
