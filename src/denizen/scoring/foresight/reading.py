"""Values as the data would have held them: read by the same rules, once each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from duckdb import DuckDBPyConnection

    from denizen.sql.tables import Kind, Value

_TYPES: dict[Kind, pa.DataType] = {"text": pa.string(), "number": pa.decimal128(38, 9)}
_LAYERS = (
    "*, tidy(given) AS tidied",
    "*, is_list(tidied) AS listed",
    "*, CASE WHEN listed THEN joined(tidied) ELSE tidied END AS shown, CASE WHEN listed THEN words(tidied) END AS words",
    "*, normal(shown) AS normalized",
    "given, shown, normalized, as_number(normalized) AS number, words",
)


@dataclass(frozen=True, slots=True)
class Read:
    """One value in every form."""

    shown: str | None
    text: str | None
    number: Decimal | None
    words: str | None

    def form(self, value: Value, column: str) -> Any:
        """Return what stands in one column of an attribute or property."""
        return {value.text: self.text, value.shown: self.shown, value.number: self.number}.get(column, self.words)


@dataclass(slots=True)
class Reader:
    """Reads values and remembers them."""

    cursor: DuckDBPyConnection
    known: dict[str, Read] = field(default_factory=dict)

    def read(self, given: Iterable[str]) -> None:
        """Read those values that have not been read yet."""
        new = sorted(set(given) - self.known.keys())
        if not new:
            return
        cursor = self.cursor
        cursor.register("arriving", pa.table({"given": pa.array(new, pa.string())}))
        cursor.execute("CREATE OR REPLACE TEMP TABLE given_values AS SELECT given FROM arriving")
        cursor.unregister("arriving")
        source = "given_values"
        for layer in _LAYERS:
            source = f"(SELECT {layer} FROM {source})"
        for text, *forms in cursor.execute(f"SELECT * FROM {source}").fetchall():
            self.known[text] = Read(forms[0], forms[1], forms[2], forms[3])

    def columns(self, value: Value, given: list[str | None], wanted: list[str]) -> dict[str, pa.Array]:
        """Return an attribute's or property's columns for values as given."""
        self.read(g for g in given if g is not None)
        kinds = {c: k for c, k in value.columns(shown=True).items() if c in wanted}
        return {
            column: pa.array([None if g is None else self.known[g].form(value, column) for g in given], _TYPES[kind])
            for column, kind in kinds.items()
        }
