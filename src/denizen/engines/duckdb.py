"""DuckDB, embedded: the prepared tables are read where they are."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import duckdb

from denizen.engines.one_pass import native_for, one_pass
from denizen.errors import fail
from denizen.sql.dialect import DuckDB
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from denizen.sql.one_pass import Native, OnePass
    from denizen.sql.tables import Tables


class DuckDBEngine:
    """`duckdb:` works in memory; `duckdb:///work.db` keeps the table `scored` in a file, `duckdb:////` with a full path.

    `?one_pass=off` at the end computes everything in SQL, nothing in native code: the reference for the same numbers.
    """

    dialect = DuckDB()

    def __init__(self, url: str = "duckdb:") -> None:
        place, _, options = url.partition("?")
        if options not in ("", "one_pass=off", "one_pass=on"):
            raise fail("bad-argument", f"?{options} is no option of duckdb:; known: ?one_pass=off, ?one_pass=on")
        self.in_native = options != "one_pass=off"
        path = place.partition(":")[2].removeprefix("///")
        self.path = "" if path == ":memory:" else path

    @contextmanager
    def session(self, prepared: DuckDBPyConnection, tables: Tables, *, grid: bool) -> Iterator[DuckDBSession]:
        """Open a session; the tables are there already."""
        del tables
        prepared.execute("SET preserve_insertion_order = false")
        if self.path:
            if not self.path.endswith((".db", ".duckdb")):
                hint = "; options come behind a `?`, as duckdb:?one_pass=off" if "=" in self.path else ""
                raise fail("bad-argument", f"{self.path}: a DuckDB file ends in .db or .duckdb{hint}")
            try:
                prepared.execute(f"ATTACH {text(self.path)} AS work")
            except duckdb.Error as error:
                raise fail("engine-unavailable", str(error).split("\n", maxsplit=1)[0]) from None
        try:
            yield DuckDBSession(prepared, None if grid else self._native(prepared), in_file=bool(self.path))
        finally:
            if self.path:
                prepared.execute("DETACH work")

    def _native(self, prepared: DuckDBPyConnection) -> Native | None:
        """Return what native code can do with the prepared tables; unreadable data is told as where it is scored."""
        if not self.in_native:
            return None
        try:
            return native_for(prepared)
        except duckdb.Error as error:
            raise fail("engine-failed", f"DuckDB: {error}") from error


class DuckDBSession:
    """A scoring run in the embedded database."""

    def __init__(self, connection: DuckDBPyConnection, native: Native | None = None, *, in_file: bool) -> None:
        self.connection = connection
        self.native = native
        self.in_file = in_file

    def create(self, name: str, statement: str, asked: OnePass | None = None) -> None:
        """Keep the rows of a statement as a table."""
        table = f"TABLE work.main.{name}" if self.in_file else f"TEMP TABLE {name}"
        try:
            with nullcontext() if asked is None else one_pass(self.connection, asked):
                self.connection.execute(f"CREATE OR REPLACE {table} AS {statement}")
        except duckdb.Error as error:
            raise fail("engine-failed", f"DuckDB: {error}") from error
        if self.in_file:
            self.pull(name, f"SELECT * FROM work.main.{name}")

    def pull(self, name: str, query: str) -> None:
        """Make a query readable under a name."""
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")
