"""A raw table: what columns there are, and how to read each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from denizen.errors import DenizenError, Finding, did_you_mean, fail
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from duckdb import DuckDBPyConnection

    from denizen.sql.tables import Tables

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


@dataclass(frozen=True, slots=True)
class Column:
    """How to read one column: an expression on a row of the raw table, and its type there."""

    expression: str
    kind: str


READ_ONCE = 1_000
"""Of so few rows a copy costs less than reading them again; more rows in columns are read in place."""

IN_PYTHON = ", or columns= in Python"
"""What stands behind the option that names a column, for those who call Denizen from Python."""

NOTHING = Column("CAST(NULL AS VARCHAR)", "VARCHAR")


@dataclass(slots=True, weakref_slot=True)
class Raw:
    """One table as it was given.

    `relation` can be read in SQL; `columns` are its columns and their types, except for JSON Lines, where the row is
    the text `line` and `columns` are the keys seen in a sample; `has_key` looks at every line for one more. `broken`
    tables hold lines that are no rows at all.
    With `in_place`, rows are not copied but read again for every step that needs them.
    `parquet` lists Parquet files, whose own statistics can spare a pass.
    """

    table: str
    label: str
    relation: str
    columns: dict[str, str]
    mapping: Mapping[str, str] = field(default_factory=dict)
    json_lines: bool = False
    in_place: bool = False
    broken: list[str] = field(default_factory=list)
    parquet: str | None = None
    keys_are_all: bool = False
    has_key: Callable[[str], bool] | None = None

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

    def need_all(self, *names: str) -> list[Column]:
        """Return how to read columns that must be there, all of them.

        Raises:
            DenizenError: some are not there; it names each.
        """
        found, missing = [], list[Finding]()
        for name in names:
            try:
                found.append(self.need(name))
            except DenizenError as error:
                missing += error.findings
        if missing:
            raise DenizenError(missing)
        return found

    def need(self, name: str) -> Column:
        """Return how to read a column that must be there.

        Raises:
            DenizenError: it is not there.
        """
        wanted = self.mapping.get(name, name)
        found = self.find(name)
        if found is None or self._lacks(wanted):
            hint = did_you_mean(wanted, self.columns)
            columns = ", ".join(self.columns) or "none"
            message = f"no column `{wanted}`; {hint + ' ' if hint else ''}columns: {columns}"
            raise fail(
                "missing-column",
                f"{message}; name yours with --map {self.table}.{name}=COLUMN{IN_PYTHON}",
                file=self.label,
            )
        return found

    def _lacks(self, column: str) -> bool:
        """Return whether no row has a column of the data; of JSON Lines whose sample lacks it, every line is asked."""
        known, head = {c.lower() for c in self.columns}, column.split(".", maxsplit=1)[0]
        if column.lower() in known or head.lower() in known:
            return False
        return self.keys_are_all or self.has_key is None or not (self.has_key(column) or self.has_key(head))

    def check_mapping(self, tables: Tables | None = None) -> None:
        """Refuse a mapping of a column that nobody reads, or to a column that is not there.

        Raises:
            DenizenError: with a finding for each.
        """
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
            elif self._lacks(column):
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


def described(connection: DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Return the columns of a relation and their types."""
    return {str(r[0]): str(r[1]) for r in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}
