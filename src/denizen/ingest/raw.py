"""Files and dataframes as raw tables: what columns there are, and how to read each.

CSV and JSON Lines are read as text, so that one dirty value can never change how a whole column is understood.
"""

from __future__ import annotations

import csv
import glob
import gzip
import json
import re
import tempfile
import weakref
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import duckdb

from denizen.errors import DenizenError, Finding, did_you_mean, fail
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from duckdb import DuckDBPyConnection

    from denizen.sql.tables import Tables

MAX_LINE_BYTES = 16 * 2**20
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".parquet")
CANONICAL = {
    "leads": ("lead_id", "account_id", "signup_at", "trial_started_at", "trial_ends_at"),
    "accounts": ("account_id",),
    "events": (
        "lead_id",
        "event",
        "timestamp",
        "event_id",
        "properties",
        "session_id",
        "product",
        "received_at",
    ),
    "grid": ("lead_id", "as_of"),
    "outcomes": ("lead_id", "outcome", "at", "amount", "rep"),
    "attributes_history": ("lead_id", "attribute", "value", "from"),
}
"""The columns that have a meaning of their own."""

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 1000
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Column:
    """How to read one column: an expression on a row of the raw table, and its type there."""

    expression: str
    kind: str


NOTHING = Column("CAST(NULL AS VARCHAR)", "VARCHAR")


@dataclass(slots=True, weakref_slot=True)
class Raw:
    """One table as it was given.

    `relation` can be read in SQL; `columns` are its columns and their types, except for JSON Lines, where the row is
    the text `line` and `columns` are the keys seen in a sample. `broken` tables hold lines that are no rows at all.
    `parquet` lists Parquet files, whose own statistics can spare a pass.
    """

    table: str
    label: str
    relation: str
    columns: dict[str, str]
    mapping: Mapping[str, str] = field(default_factory=dict)
    json_lines: bool = False
    columnar: bool = False
    broken: list[str] = field(default_factory=list)
    parquet: str | None = None
    keys_are_all: bool = False

    def __post_init__(self) -> None:
        """Refuse names that would meet those made while reading."""
        reserved = [c for c in self.columns if c.lower().startswith("_dz_")]
        if reserved:
            raise fail(
                "missing-column",
                f"columns starting with _dz_ are reserved; rename `{reserved[0]}`",
                file=self.label,
            )

    def find(self, name: str) -> Column | None:
        """Return how to read a column by its canonical name, None if there is none; `a.b` reaches into `a`."""
        name = self.mapping.get(name, name)
        by_lower = {c.lower(): c for c in self.columns}
        if self.json_lines:
            return Column(
                _json_field("doc", name if name in self.columns else by_lower.get(name.lower(), name)),
                "VARCHAR",
            )
        own = by_lower.get(name.lower())
        if own is not None:
            return Column(_quoted(own), self.columns[own])
        head, dot, rest = name.partition(".")
        outer = by_lower.get(head.lower()) if dot else None
        return (
            Column(_json_field(self.document(_quoted(outer), self.columns[outer]), rest), "VARCHAR") if outer else None
        )

    def has(self, name: str) -> bool:
        """Return whether a column is there; of JSON Lines, whether a sample has the key, or may not have shown it."""
        wanted = self.mapping.get(name, name).lower()
        if self.json_lines and self.keys_are_all:
            return wanted in {c.lower() for c in self.columns} or wanted.split(".")[0] in {
                c.lower() for c in self.columns
            }
        return self.find(name) is not None

    def within(self, document: str, path: str) -> Column | None:
        """Return how to read a path of a JSON document column, None if there is no such column."""
        column = self.find(document)
        if column is None:
            return None
        return Column(_json_field(self.document(column.expression, column.kind), path), "VARCHAR")

    def document(self, expression: str, kind: str) -> str:
        """Return a column as a JSON document, null where it is none."""
        if kind.startswith(("STRUCT", "MAP")):
            return f"to_json({expression})"
        return f"CASE WHEN json_valid({expression}) THEN {expression} END"

    def need(self, name: str) -> Column:
        """Return how to read a column that must be there.

        Raises:
            DenizenError: it is not there.
        """
        wanted = self.mapping.get(name, name)
        found = self.find(name)
        known = {c.lower() for c in self.columns}
        if found is None or (
            self.keys_are_all and wanted.split(".")[0].lower() not in known and wanted.lower() not in known
        ):
            hint = did_you_mean(wanted, self.columns)
            columns = ", ".join(self.columns) or "none"
            message = f"no column `{wanted}`; {hint + ' ' if hint else ''}columns: {columns}"
            raise fail(
                "missing-column",
                f"{message}; name yours with --map {self.table}.{name}=COLUMN",
                file=self.label,
            )
        return found

    def check_mapping(self, tables: Tables | None = None) -> None:
        """Refuse a mapping of a column that nobody reads, or to a column that is not there.

        Raises:
            DenizenError: with a finding for each.
        """
        known = {c.lower() for c in self.columns}
        wanted: Mapping[str, object] = {}
        if tables is not None:
            wanted = tables.properties if self.table == "events" else tables.attributes
        readable = {*CANONICAL[self.table], *wanted}
        findings = []
        for name, column in self.mapping.items():
            if name not in CANONICAL[self.table] and did_you_mean(name, CANONICAL[self.table]) and name not in readable:
                hint = did_you_mean(name, CANONICAL[self.table])
                findings.append(
                    Finding(
                        "bad-argument",
                        f"{self.table}.{name} is mapped, but nothing reads it; {hint}",
                        self.label,
                    )
                )
            elif (
                (self.keys_are_all or not self.json_lines)
                and column.lower() not in known
                and column.split(".")[0].lower() not in known
            ):
                hint = did_you_mean(column, self.columns)
                columns = ", ".join(self.columns)
                message = (
                    f"no column `{column}` for {self.table}.{name}; {hint + ' ' if hint else ''}columns: {columns}"
                )
                findings.append(Finding("missing-column", message, self.label))
        if findings:
            raise DenizenError(findings)

    @property
    def rows(self) -> str:
        """The rows as a table expression; JSON Lines get `doc`, null where a line is no JSON object."""
        if not self.json_lines:
            return self.relation
        valid = "CASE WHEN json_valid(line) THEN CASE WHEN json_type(line) = 'OBJECT' THEN line END END AS doc"
        return f"(SELECT line, {valid} FROM {self.relation}) AS lines"

    @property
    def record(self) -> str:
        """A row as text, for the file of rejected rows."""
        if self.json_lines:
            return "line"
        pairs = ", ".join(f"{text(c)}, {_quoted(c)}" for c in self.columns)
        return f"CAST(json_object({pairs}) AS VARCHAR)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _json_field(document: str, path: str) -> str:
    def pointer(parts: Iterable[str]) -> str:
        return text("".join("/" + p.replace("~", "~0").replace("/", "~1") for p in parts))

    whole = f"json_extract_string({document}, {pointer([path])})"
    if "." not in path:
        return whole
    return f"coalesce({whole}, json_extract_string({document}, {pointer(path.split('.'))}))"


def read_raw(connection: DuckDBPyConnection, table: str, source: Any, mapping: Mapping[str, str]) -> Raw:
    """Make a path, folder, glob or dataframe readable as a raw table.

    Raises:
        DenizenError: nothing is there, or it is of a kind that is not read.
    """
    if isinstance(source, str | Path):
        if not str(source).strip():
            raise fail("bad-argument", f"the path of {table} is empty")
        return _read_files(connection, table, str(source), mapping)
    return _read_frame(connection, table, source, mapping)


def _read_frame(connection: DuckDBPyConnection, table: str, frame: Any, mapping: Mapping[str, str]) -> Raw:
    import pyarrow as pa

    if type(frame).__module__.startswith("pandas"):
        arrow = _mixed(lambda: pa.Table.from_pandas(frame, preserve_index=False), lambda: frame.to_dict("records"))
    elif isinstance(frame, list):
        arrow = _mixed(lambda: pa.Table.from_pylist(_with_every_key(frame)), lambda: frame)
    elif hasattr(frame, "__arrow_c_stream__"):
        arrow = pa.table(frame)
    else:
        raise fail(
            "bad-argument",
            f"`{table}` is a {type(frame).__name__}; give a path, or an Arrow, pandas or Polars table",
        )
    relation = f"raw_{table}"
    connection.register(relation, arrow)
    return Raw(table, f"<{table}>", relation, _described(connection, relation), mapping, columnar=True)


def _with_every_key(rows: list[Any]) -> list[Any]:
    """Return rows that all have the keys of any, because Arrow looks at the first row alone."""
    keys = dict.fromkeys(k for row in rows if isinstance(row, dict) for k in row)
    return [{k: row.get(k) for k in keys} if isinstance(row, dict) else row for row in rows]


def _mixed(convert: Callable[[], Any], records: Callable[[], list[dict[str, Any]]]) -> Any:
    """Return rows as an Arrow table; where a column mixes types, every value becomes text, as in a file."""
    import pyarrow as pa

    try:
        return convert()
    except (pa.ArrowException, TypeError, AttributeError):
        rows = records()
    if not all(isinstance(row, dict) for row in rows):
        raise fail("bad-argument", "a list of rows must hold dictionaries")
    columns = dict.fromkeys(k for row in rows for k in row)
    schema = pa.schema([(str(c), pa.string()) for c in columns])
    return pa.Table.from_pylist([{str(k): _as_text(v) for k, v in row.items()} for row in rows], schema)


def _as_text(value: Any) -> str | None:
    if value is None or value != value:  # noqa: PLR0124  NaN alone differs from itself
        return None
    return (
        value
        if isinstance(value, str)
        else value.isoformat()
        if hasattr(value, "isoformat")
        else json.dumps(value, default=str)
    )


def _read_files(connection: DuckDBPyConnection, table: str, path: str, mapping: Mapping[str, str]) -> Raw:
    files = _files(path)
    kinds = {_kind(f) for f in files}
    if len(kinds) > 1:
        raise fail("file-unreadable", f"files of different kinds together: {', '.join(sorted(kinds))}", file=path)
    reader = {"parquet": _read_parquet, "csv": _read_csv, "jsonl": _read_json_lines}[kinds.pop()]
    try:
        return reader(connection, table, path, files, mapping)
    except duckdb.Error as error:
        raise fail("file-unreadable", _first_line(error), file=path) from None
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise fail("file-unreadable", f"cannot read: {getattr(error, 'strerror', None) or error}", file=path) from None
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text (byte {error.start} of the header); save it as UTF-8, in Excel as `CSV UTF-8`"
        raise fail("file-unreadable", message, file=path) from None


def _first_line(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0]


def _files(path: str) -> list[str]:
    place = Path(path)
    if place.is_dir():
        found = sorted(str(p) for p in place.rglob("*") if p.is_file() and p.name.lower().endswith(SUFFIXES))
        if not found:
            raise fail(
                "file-unreadable",
                f"the folder holds no file of a known kind ({', '.join(SUFFIXES)})",
                file=path,
            )
        return found
    if place.is_file():
        return [str(place)]
    found = sorted(f for f in glob.glob(path, recursive=True) if Path(f).is_file())  # noqa: PTH207  absolute globs too
    if not found:
        raise fail("file-unreadable", "no such file, folder or glob", file=path)
    return found


def _kind(file: str) -> str:
    name = file.lower().removesuffix(".gz")
    if name.endswith(".parquet"):
        return "parquet"
    if name.endswith((".csv", ".tsv")):
        return "csv"
    if name.endswith((".jsonl", ".ndjson")):
        return "jsonl"
    raise fail("file-unreadable", f"not of a known kind ({', '.join(SUFFIXES)})", file=file)


def _list(files: list[str]) -> str:
    """Return a list literal; nothing in a file's name must be read as a glob."""
    return "[" + ", ".join(text(re.sub(r"[\[*?]", r"[\g<0>]", f)) for f in files) + "]"


def _described(connection: DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {str(r[0]): str(r[1]) for r in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}


def _read_parquet(
    connection: DuckDBPyConnection, table: str, path: str, files: list[str], mapping: Mapping[str, str]
) -> Raw:
    relation = f"read_parquet({_list(files)}, union_by_name = {str(len(files) > 1).lower()}, hive_partitioning = false)"
    return Raw(table, path, relation, _described(connection, relation), mapping, columnar=True, parquet=_list(files))


def _open(file: str) -> IO[bytes]:
    return gzip.open(file, "rb") if file.lower().endswith(".gz") else Path(file).open("rb")  # type: ignore[return-value]


def _is_empty(file: str) -> bool:
    with _open(file) as lines:
        return not lines.read(1)


def _header(file: str) -> tuple[str, list[str]]:
    with _open(file) as lines:
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


def _read_csv(
    connection: DuckDBPyConnection, table: str, path: str, files: list[str], mapping: Mapping[str, str]
) -> Raw:
    del connection
    parts: list[str] = []
    columns: dict[str, str] = {}
    broken: list[str] = []
    files = files if len(files) == 1 else [f for f in files if not _is_empty(f)]
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
        parts.append(f"SELECT * FROM read_csv({_list([file])}, {options})")
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
    with _open(file) as source:
        while chunk := source.read(_CHUNK_BYTES):
            carriage += chunk.count(b"\r\n")
            lines += chunk.count(b"\n")
    if not 0 < carriage < lines:
        return file
    with _open(file) as source, tempfile.NamedTemporaryFile(prefix="denizen-", suffix=".csv", delete=False) as copy:
        copy.writelines(line[:-2] + b"\n" if line.endswith(b"\r\n") else line for line in source)
    return copy.name


def _read_json_lines(
    connection: DuckDBPyConnection, table: str, path: str, files: list[str], mapping: Mapping[str, str]
) -> Raw:
    del connection
    rejects = f"broken_{table}_0"
    options = (
        "auto_detect = false, hive_partitioning = false, header = false, delim = '\x01', quote = '', escape = '', columns = {'line': 'VARCHAR'},"
        f" max_line_size = {MAX_LINE_BYTES}, buffer_size = {2 * MAX_LINE_BYTES}, store_rejects = true,"
        f" rejects_table = {text(rejects)}, rejects_scan = {text(rejects + '_scan')}, rejects_limit = 0"
    )
    relation = f"(SELECT line FROM read_csv({_list(files)}, {options}) WHERE trim(line, ' \t\r') <> '') AS rows"
    keys: dict[str, str] = {}
    whole = all(_sample_keys(file, keys) for file in files)
    return Raw(table, path, relation, keys, mapping, json_lines=True, keys_are_all=whole, broken=[rejects])


def _sample_keys(file: str, keys: dict[str, str]) -> bool:
    """Add the keys of the first lines of a file; return whether that was the whole file."""
    with _open(file) as lines:
        for n, line in enumerate(lines):
            if n >= _SAMPLE_LINES:
                return False
            try:
                row = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError):
                continue
            if isinstance(row, dict):
                keys |= dict.fromkeys(row, "VARCHAR")
    return True
