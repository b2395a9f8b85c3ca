"""Rows out: Parquet, CSV or JSON Lines by the ending of the path."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from denizen.errors import fail
from denizen.scoring.inputs import refuse_inputs
from denizen.sql.literals import text
from denizen.whole_files import whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from duckdb import DuckDBPyConnection

FORMATS = {
    ".parquet": "FORMAT parquet",
    ".csv": "FORMAT csv, HEADER true",
    ".csv.gz": "FORMAT csv, HEADER true, COMPRESSION gzip",
    ".jsonl": "FORMAT json, ARRAY false",
    ".jsonl.gz": "FORMAT json, ARRAY false, COMPRESSION gzip",
}


def check_outputs(outputs: list[str | None], inputs: list[object]) -> None:
    """Refuse output paths before any work is done: each must be writable, and none may be another or an input.

    Raises:
        DenizenError: the paths cannot be used.
    """
    for path in outputs:
        _check_output(path)
    refuse_inputs(outputs, inputs)


def _check_output(path: str | None) -> None:
    """Refuse one output path.

    Raises:
        DenizenError: the ending is unknown, or the folder does not exist.
    """
    if path is None:
        return
    if _ending(path) is None:
        raise fail("bad-argument", f"{path}: write to a file ending in {', '.join(FORMATS)}")
    if Path(path).is_dir():
        raise fail("bad-argument", f"{path}: is a folder")
    if not Path(path).absolute().parent.is_dir():
        raise fail("bad-argument", f"{path}: the folder does not exist")


def _ending(path: str) -> str | None:
    return next((e for e in sorted(FORMATS, key=len, reverse=True) if path.lower().endswith(e)), None)


def write_rows(
    connection: DuckDBPyConnection, query: str, path: str, words: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Write the rows of a query to a file, whole or not at all.

    `words` are the columns that hold few texts, and which: Parquet is written faster for knowing them. Instants are ISO 8601 in text formats. In CSV, text that a spreadsheet would run as a formula gets a `'` in front, and so does
    such text behind one, so that no two values become one.

    Raises:
        DenizenError: the file cannot be written.
    """
    ending = _ending(path) or ".parquet"
    with whole_file(path) as draft:
        try:
            connection.execute(
                f"COPY ({_spelled(connection, query, ending, words or {})}) TO {text(str(draft))} ({FORMATS[ending]})"
            )
        except duckdb.Error as error:
            raise fail("file-unreadable", f"cannot write: {str(error).splitlines()[0]}", file=path) from None


def _spelled(connection: DuckDBPyConnection, query: str, ending: str, words: Mapping[str, Sequence[str]]) -> str:
    if ending == ".parquet":
        kinds = {name: f"ENUM({', '.join(text(w) for w in dict.fromkeys(found))})" for name, found in words.items()}
        listed = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in kinds.items())
        return f"SELECT * REPLACE ({listed}) FROM ({query})" if listed else query
    columns = []
    for name, kind, *_ in connection.execute(f"DESCRIBE {query}").fetchall():
        if str(kind) == "TIMESTAMP WITH TIME ZONE":
            columns.append(f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') AS {name}")
        elif str(kind) == "VARCHAR" and ending.startswith(".csv"):
            risky = f"regexp_matches({name}, '^''*\\s*[=+@-]') AND NOT reads_as_number(lower({name}))"
            columns.append(f"CASE WHEN {risky} THEN '''' || {name} ELSE {name} END AS {name}")
        elif str(kind).endswith("[]") and ending.startswith(".csv"):
            columns.append(f"CAST(to_json({name}) AS VARCHAR) AS {name}")
        else:
            columns.append(str(name))
    return f"SELECT {', '.join(columns)} FROM ({query})"
