"""PostgreSQL: the prepared tables are copied into temporary tables of one session, and the result copied back."""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denizen.engines.base import columns_of
from denizen.errors import fail
from denizen.sql.dialect import PostgreSQL
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from denizen.sql.one_pass import OnePass
    from denizen.sql.tables import Kind, Tables

CHUNK_BYTES = 1 << 20
_TYPES: dict[Kind, str] = {
    "row": "INTEGER",
    "text": 'TEXT COLLATE "C"',
    "instant": "BIGINT",
    "number": "NUMERIC(38, 9)",
}
_FROM_OID = {16: "BOOLEAN", 20: "BIGINT", 21: "BIGINT", 23: "BIGINT", 1700: "DECIMAL(38, 12)"}


class PostgresEngine:
    """`postgresql://user:password@host:port/database`; the password may come from PGPASSWORD or ~/.pgpass."""

    dialect = PostgreSQL()

    def __init__(self, url: str) -> None:
        self.url = url

    @contextmanager
    def session(self, prepared: DuckDBPyConnection, tables: Tables, *, grid: bool) -> Iterator[PostgresSession]:
        """Open a session and copy the prepared tables into it; nothing is left behind."""
        try:
            import psycopg
        except ImportError:
            message = "PostgreSQL needs its driver; install it with: pip install 'denizen[postgres]'"
            raise fail("engine-unavailable", message) from None
        try:
            connection = psycopg.connect(self.url, autocommit=False, connect_timeout=10)
        except psycopg.OperationalError as error:
            raise fail("engine-unavailable", f"PostgreSQL: {self._said(error)}") from None
        except (psycopg.Error, UnicodeError):
            message = "PostgreSQL: the URL cannot be read; write postgresql://user@host:5432/database"
            raise fail("engine-unavailable", message) from None
        with connection:
            try:
                session = PostgresSession(connection, prepared)
                session.load(columns_of(tables, grid=grid))
                yield session
            except psycopg.Error as error:
                raise fail("engine-failed", f"PostgreSQL: {self._said(error)}") from error
            finally:
                connection.rollback()

    def _said(self, error: Exception) -> str:
        """Return an error's words on one line, without the password of the URL."""
        words = " ".join(str(error).split())
        secrets = re.findall(r"(?::|password=)([^:@/&\s]+)(?=@|&|\s|$)", self.url)
        for secret in secrets:
            words = words.replace(secret, "***")
        return words


class PostgresSession:
    """A scoring run in one transaction that is rolled back at the end."""

    native = None

    def __init__(self, connection: Any, prepared: DuckDBPyConnection) -> None:
        self.connection = connection
        self.prepared = prepared
        for setting in (
            "standard_conforming_strings = on",
            "jit = off",
            "work_mem = '256MB'",
            "search_path = pg_temp, pg_catalog",
        ):
            connection.execute(f"SET LOCAL {setting}")

    def load(self, tables: dict[str, dict[str, Kind]]) -> None:
        """Copy the prepared tables into temporary ones."""
        ids = self.prepared.execute("SELECT any_value(typeof(lead_id)) FROM leads").fetchall()[0][0]
        for table, columns in tables.items():
            kinds = {
                c: ("BIGINT" if ids == "BIGINT" else _TYPES["text"]) if k == "id" else _TYPES[k]
                for c, k in columns.items()
            }
            listed = ", ".join(f"{column} {kind}" for column, kind in kinds.items())
            self.connection.execute(f"CREATE TEMP TABLE {table} ({listed}) ON COMMIT DROP")
            self._copy_in(table, list(columns))
            self.connection.execute(f"ANALYZE {table}")

    def _copy_in(self, table: str, columns: list[str]) -> None:
        listed = ", ".join(columns)
        with tempfile.TemporaryDirectory(prefix="denizen-") as folder:
            file = Path(folder) / "rows.csv"
            self.prepared.execute(
                f"COPY (SELECT {listed} FROM {table}) TO {text(str(file))} (FORMAT csv, HEADER false, NULLSTR '\\N', FORCE_QUOTE *)"
            )
            with (
                file.open("rb") as rows,
                self.connection.cursor().copy(f"COPY {table} ({listed}) FROM STDIN (FORMAT csv, NULL '\\N')") as copy,
            ):
                while chunk := rows.read(CHUNK_BYTES):
                    copy.write(chunk)

    def create(self, name: str, statement: str, asked: OnePass | None = None) -> None:
        """Keep the rows of a statement as a temporary table."""
        del asked
        self.connection.execute(f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {statement}")

    def pull(self, name: str, query: str) -> None:
        """Copy the rows of a query into a table of the embedded database, digit by digit."""
        described = self.connection.execute(f"SELECT * FROM ({query}) AS described LIMIT 0").description or []
        types = {str(c.name): _FROM_OID.get(c.type_code, "VARCHAR") for c in described}
        listed = ", ".join(f"{column} {kind}" for column, kind in types.items())
        self.prepared.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({listed})")
        with tempfile.TemporaryDirectory(prefix="denizen-") as folder:
            file = Path(folder) / "rows.csv"
            with (
                file.open("wb") as rows,
                self.connection.cursor().copy(
                    f"COPY ({query}) TO STDOUT (FORMAT csv, NULL '\\N', FORCE_QUOTE *)"
                ) as copy,
            ):
                for chunk in copy:
                    rows.write(chunk)
            self.prepared.execute(
                f"COPY {name} FROM {text(str(file))} (FORMAT csv, HEADER false, NULLSTR '\\N', ALLOW_QUOTED_NULLS false, AUTO_DETECT false)"
            )
