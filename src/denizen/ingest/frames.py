"""Dataframes and lists of rows as raw tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from denizen.errors import fail
from denizen.ingest.raw import READ_ONCE, Raw, described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from duckdb import DuckDBPyConnection


def read_frame(connection: DuckDBPyConnection, table: str, frame: Any, mapping: Mapping[str, str]) -> Raw:
    """Return a dataframe or a list of dictionaries as a raw table.

    Raises:
        DenizenError: it is of a kind that is not read.
    """
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
    if not arrow.num_columns:
        raise fail("bad-argument", f"`{table}` has no columns; leave it out where there is nothing to read")
    relation = f"raw_{table}"
    connection.register(relation, arrow)
    return Raw(table, f"<{table}>", relation, described(connection, relation), mapping, in_place=len(arrow) > READ_ONCE)


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
