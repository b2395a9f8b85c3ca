"""How a raw table is read, layer on layer, so that each value is normalized once and the SQL stays small.

First every column as given, then lists told from texts, then normalized texts, then numbers and the reason to reject.
Names made on the way start with `_dz_`, so that they never meet a column of the data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from denizen.ingest.values import as_decimal, as_text, in_range, is_integer, is_plain

if TYPE_CHECKING:
    from denizen.ingest.raw import Column, Raw
    from denizen.sql.tables import Value

OWN = "_dz_"


@dataclass(slots=True)
class Reading:
    """Columns to make, and conditions under which a row is rejected (the first that holds gives the reason)."""

    raw: Raw
    given: dict[str, str] = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)
    normal: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    reasons: list[tuple[str, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """A line that is no JSON object has no columns at all."""
        if self.raw.json_lines:
            self.reject("doc IS NULL", "not a JSON object")

    def add(self, name: str, expression: str) -> None:
        """Add a column."""
        self.given[name] = expression
        self.columns.append(name)

    def add_instant(self, name: str, column: Column, instant: str, label: str, *, needed: bool = False) -> None:
        """Add a timestamp; a row where it is given but cannot be read is rejected."""
        self.add(name, instant)
        text = column.expression if is_plain(column.kind) else f"tidy({as_text(column.expression, column.kind)})"
        self.given[f"{name}_given"] = f"{text} IS NOT NULL"
        if needed:
            self.reject(f"NOT {OWN}{name}_given", f"{label} is missing")
        present = "" if needed else f"{OWN}{name}_given AND "
        unread = f"({in_range(OWN + name)}) IS NOT TRUE"
        self.reject(f"{present}{unread}", f"{label} cannot be read (write ISO 8601 or epoch time)")

    def add_plain_value(self, value: Value, column: Column, *, shown: bool, empty: bool) -> None:
        """Add an attribute whose every value is tidy and no list; `empty` says that some are empty, which is unknown.

        Columnar files store a repeated text once, and a function without conditions runs once for each of those.
        """
        text = as_text(column.expression, column.kind)
        normal = f"normal({text})" if column.kind == "VARCHAR" else text
        self.given[value.shown] = f"nullif({text}, '')" if empty else text
        self.given[value.text] = f"nullif({normal}, '')" if empty else normal
        if value.forms.words:
            self.given[value.words] = "CAST(NULL AS VARCHAR)"
        if value.forms.number:
            whole = is_integer(column.kind)
            self.given[value.number] = as_decimal(column.expression) if whole else f"as_number({normal})"
        self.columns += value.columns(shown=shown)

    def add_value(self, value: Value, text: str, *, shown: bool) -> None:
        """Add an attribute or property in the forms it is needed in, from its text as given."""
        given, as_shown = f"{value.column}_given", value.shown
        self.given[given] = f"tidy({text})"
        self.listed[as_shown] = f"CASE WHEN is_list({OWN}{given}) THEN joined({OWN}{given}) ELSE {OWN}{given} END"
        self.normal[value.text] = f"normal({OWN}{as_shown})"
        if value.forms.words:
            self.normal[value.words] = f"CASE WHEN is_list({OWN}{given}) THEN words({OWN}{given}) END"
        if value.forms.number:
            self.numbers[value.number] = f"as_number({OWN}{value.text})"
        self.columns += value.columns(shown=shown)

    def reject(self, condition: str, reason: str) -> None:
        """Reject rows on which a condition holds."""
        self.reasons.append((condition, reason))

    def select(self, *, record: bool, also: str = "") -> str:
        """Return the rows with the columns and `reason`; with `record`, also a rejected row as it came.

        `also` are more columns, of the data as given.
        """
        source = self.raw.rows
        for layer in (self.given, self.listed, self.normal, self.numbers):
            if layer:
                made = ", ".join(f"{expression} AS {OWN}{name}" for name, expression in layer.items())
                source = f"(SELECT *, {made} FROM {source})"
        cases = " ".join(f"WHEN {condition} THEN '{reason}'" for condition, reason in self.reasons)
        source = f"(SELECT *, CASE {cases} END AS {OWN}reason FROM {source})"
        columns = ", ".join(f"{OWN}{name} AS {name}" for name in self.columns)
        also = f", {also}" if also else ""
        kept = f", CASE WHEN {OWN}reason IS NOT NULL THEN {self.raw.record} END AS record" if record else ""
        return f"SELECT {columns}, {OWN}reason AS reason{kept}{also} FROM {source}"
