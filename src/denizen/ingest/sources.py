"""Whatever a user gives, a path, folder, glob or dataframe, as a raw table."""

from __future__ import annotations

import csv
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from denizen.errors import fail
from denizen.ingest.csv_files import read_csv_files
from denizen.ingest.files import files_of, kind_of, list_of
from denizen.ingest.frames import read_frame
from denizen.ingest.json_lines import read_json_lines
from denizen.ingest.raw import READ_ONCE, Raw, described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection


def read_raw(connection: DuckDBPyConnection, table: str, source: Any, mapping: Mapping[str, str]) -> Raw:
    """Make a path, folder, glob or dataframe readable as a raw table.

    Raises:
        DenizenError: nothing is there, or it is of a kind that is not read.
    """
    if isinstance(source, str | Path):
        if not str(source).strip():
            raise fail("bad-argument", f"the path of {table} is empty")
        return _read_files(connection, table, str(source), mapping)
    return read_frame(connection, table, source, mapping)


def _read_files(connection: DuckDBPyConnection, table: str, path: str, mapping: Mapping[str, str]) -> Raw:
    files = files_of(path)
    kinds = {kind_of(f) for f in files}
    if len(kinds) > 1:
        raise fail("file-unreadable", f"files of different kinds together: {', '.join(sorted(kinds))}", file=path)
    try:
        if "parquet" in kinds:
            return _read_parquet(connection, table, path, files, mapping)
        reader = read_csv_files if "csv" in kinds else read_json_lines
        return reader(table, path, files, mapping)
    except duckdb.Error as error:
        raise fail("file-unreadable", _first_line(error), file=path) from None
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise fail("file-unreadable", f"cannot read: {getattr(error, 'strerror', None) or error}", file=path) from None
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text (byte {error.start} of the header); save it as UTF-8, in Excel as `CSV UTF-8`"
        raise fail("file-unreadable", message, file=path) from None


def _first_line(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0]


def _read_parquet(
    connection: DuckDBPyConnection, table: str, path: str, files: list[str], mapping: Mapping[str, str]
) -> Raw:
    relation = (
        f"read_parquet({list_of(files)}, union_by_name = {str(len(files) > 1).lower()}, hive_partitioning = false)"
    )
    rows = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
    columns = described(connection, relation)
    return Raw(table, path, relation, columns, mapping, in_place=rows > READ_ONCE, parquet=list_of(files))
