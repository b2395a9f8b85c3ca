"""CSV as a raw table of texts, so that one dirty value can never change how a whole column is understood."""

from __future__ import annotations

import csv
import re
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from denizen.errors import fail
from denizen.ingest.files import MAX_LINE_BYTES, is_empty, list_of, open_file
from denizen.ingest.raw import Raw
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Mapping

_DELIMITERS = ",;\t|"
_CHUNK_BYTES = 1 << 20


def _header(file: str) -> tuple[str, list[str]]:
    with open_file(file) as lines:
        first = lines.readline(MAX_LINE_BYTES).decode("utf-8-sig")
    if not first.strip():
        raise fail("file-unreadable", "the file is empty; the first line must name the columns", file=file)
    outside_quotes = re.sub(r'"[^"]*"', "", first)
    delimiter = max(_DELIMITERS, key=outside_quotes.count)
    csv.field_size_limit(MAX_LINE_BYTES)
    names = [n.strip() for n in next(csv.reader([first], delimiter=delimiter, skipinitialspace=True))]
    names = [n or f"column{i}" for i, n in enumerate(names, 1)]
    twice = sorted({n for n in names if [m.lower() for m in names].count(n.lower()) > 1})
    if twice:
        raise fail("file-unreadable", f"two columns have the same name: {', '.join(twice)}", file=file)
    return delimiter, names


def read_csv_files(table: str, path: str, files: list[str], mapping: Mapping[str, str]) -> Raw:
    """Return CSV files as one raw table; lines that are no rows go to its `broken` tables."""
    parts: list[str] = []
    columns: dict[str, str] = {}
    broken: list[str] = []
    files = files if len(files) == 1 else [f for f in files if not is_empty(f)]
    copies: list[str] = []
    for i, given in enumerate(files):
        file = _one_line_ending(given)
        copies += [file] if file != given else []
        delimiter, names = _header(file)
        types = "{" + ", ".join(f"{text(n)}: 'VARCHAR'" for n in names) + "}"
        rejects = f"broken_{table}_{i}"
        options = (
            f"auto_detect = false, hive_partitioning = false, header = true, delim = {text(delimiter)}, quote = '\"', escape = '\"', columns = {types},"
            f" max_line_size = {MAX_LINE_BYTES}, buffer_size = {2 * MAX_LINE_BYTES}, store_rejects = true,"
            f" rejects_table = {text(rejects)}, rejects_scan = {text(rejects + '_scan')}, rejects_limit = 0, nullstr = ''"
        )
        parts.append(f"SELECT * FROM read_csv({list_of([file])}, {options})")
        columns |= dict.fromkeys(names, "VARCHAR")
        broken.append(rejects)
    relation = "(" + " UNION ALL BY NAME ".join(parts) + ") AS rows"
    raw = Raw(table, path, relation, columns, mapping, broken=broken)
    for copy in copies:
        weakref.finalize(raw, Path(copy).unlink)
    return raw


def _one_line_ending(file: str) -> str:
    """Return the file, or, where LF and CRLF are mixed, which the CSV reader refuses, a copy with LF alone."""
    carriage = lines = 0
    with open_file(file) as source:
        while chunk := source.read(_CHUNK_BYTES):
            carriage += chunk.count(b"\r\n")
            lines += chunk.count(b"\n")
    if not 0 < carriage < lines:
        return file
    with open_file(file) as source, tempfile.NamedTemporaryFile(prefix="denizen-", suffix=".csv", delete=False) as copy:
        copy.writelines(line[:-2] + b"\n" if line.endswith(b"\r\n") else line for line in source)
    return copy.name
