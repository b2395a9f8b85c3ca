"""JSON Lines as a raw table of lines; the keys are those seen in a sample."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from denizen.ingest.files import MAX_LINE_BYTES, list_of, open_file
from denizen.ingest.raw import Raw
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAMPLE_LINES = 1000


def read_json_lines(table: str, path: str, files: list[str], mapping: Mapping[str, str]) -> Raw:
    """Return JSON Lines files as one raw table; lines too long to read go to its `broken` table."""
    rejects = f"broken_{table}_0"
    options = (
        "auto_detect = false, hive_partitioning = false, header = false, delim = '\x01', quote = '', escape = '', columns = {'line': 'VARCHAR'},"
        f" max_line_size = {MAX_LINE_BYTES}, buffer_size = {2 * MAX_LINE_BYTES}, store_rejects = true,"
        f" rejects_table = {text(rejects)}, rejects_scan = {text(rejects + '_scan')}, rejects_limit = 0"
    )
    relation = f"(SELECT line FROM read_csv({list_of(files)}, {options}) WHERE trim(line, ' \t\r') <> '') AS rows"
    keys: dict[str, str] = {}
    whole = all(_sample_keys(file, keys) for file in files)
    found = partial(_has_key, files)
    return Raw(
        table, path, relation, keys, mapping, json_lines=True, keys_are_all=whole, has_key=found, broken=[rejects]
    )


def _sample_keys(file: str, keys: dict[str, str]) -> bool:
    """Add the keys of the first lines of a file; return whether that was the whole file."""
    with open_file(file) as lines:
        for n, line in enumerate(lines):
            if n >= _SAMPLE_LINES:
                return False
            keys |= dict.fromkeys(_object(line), "VARCHAR")
    return True


def _has_key(files: list[str], key: str) -> bool:
    """Return whether any line has a key; a line is parsed only if its letters or any escape stand there."""
    letters = key.encode("utf-8", "surrogatepass")
    for file in files:
        with open_file(file) as lines:
            if any((letters in line or b"\\" in line) and key in _object(line) for line in lines):
                return True
    return False


def _object(line: bytes) -> dict[str, object]:
    """Return the object of a line, an empty one if it is none."""
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}
