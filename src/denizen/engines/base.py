"""What an engine is, and how one is found by its URL."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Protocol

from denizen.errors import did_you_mean, fail

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from duckdb import DuckDBPyConnection

    from denizen.sql.dialect import Dialect
    from denizen.sql.one_pass import Native, OnePass
    from denizen.sql.tables import Kind, Tables

GROUP = "denizen.engines"


class Session(Protocol):
    """One scoring run on an engine: `grid`, `leads` and `events` are loaded, statements run, rows come back."""

    @property
    def native(self) -> Native | None:
        """What native code can do for a batch here, None if nothing."""

    def create(self, name: str, statement: str, asked: OnePass | None = None) -> None:
        """Keep the rows of a statement as a table of this session; first work out what is `asked` of native code."""

    def pull(self, name: str, query: str) -> None:
        """Make the rows of a query readable under a name in the embedded database."""


class Engine(Protocol):
    """An engine, made from a URL; it connects when a session opens."""

    dialect: Dialect

    def __init__(self, url: str) -> None:
        """Take the URL, without connecting."""

    def session(self, prepared: DuckDBPyConnection, tables: Tables, *, grid: bool) -> AbstractContextManager[Session]:
        """Open a session on the tables that stand prepared in the embedded database; `grid` says if there is one.

        Raises:
            DenizenError: the engine cannot be reached, or its driver is not installed.
        """


def engine_for(url: str) -> Engine:
    """Return the engine of a URL, as `duckdb:`, `duckdb:///path.db` or `postgresql://…`.

    Engines register under the entry point group `denizen.engines` by the scheme of their URLs.

    Raises:
        DenizenError: no engine has this scheme.
    """
    scheme = re.split("[:?]", url, maxsplit=1)[0].lower()
    scheme = {"postgres": "postgresql"}.get(scheme, scheme)
    known = _registered()
    if scheme not in known:
        hint = did_you_mean(scheme, known) or f"known: {', '.join(sorted(known))}"
        raise fail(
            "bad-argument",
            f"no engine of this kind; {hint}; write duckdb: or postgresql://user@host/database",
        )
    engine: type[Engine] = known[scheme].load()
    return engine(url)


@cache
def _registered() -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=GROUP)}


def columns_of(tables: Tables, *, grid: bool) -> dict[str, dict[str, Kind]]:
    """Return the tables a session loads, with their columns."""
    wanted = {"grid": tables.grid()} if grid else {}
    return {**wanted, "leads": tables.leads(), "events": tables.events()}
