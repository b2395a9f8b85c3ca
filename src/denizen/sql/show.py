"""What a person reads above a statement: the tables it expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from denizen.sql.events import Frame
    from denizen.sql.tables import Kind, Tables, Value

_KINDS: dict[Kind, str] = {
    "id": "text or bigint",
    "text": "text",
    "instant": "bigint, µs since 1970 UTC",
    "number": "decimal(38, 9)",
    "row": "integer, numbers the rows",
}


def contract(tables: Tables, frame: Frame) -> str:
    """Return the expected tables and columns as SQL comments."""
    lines = ['-- Reads these tables (values normalized as the documentation says under "Data in"):']
    grid = {"grid": tables.grid()} if frame.is_grid else {}
    for name, columns in {**grid, "leads": tables.leads(), "events": tables.events()}.items():
        lines.append(f"--   {name}: {', '.join(f'{c} ({_KINDS[k]})' for c, k in columns.items())}")
    lines += [f"--   attribute {_printable(v)}: {v.column}" for v in tables.attributes.values()]
    lines += [f"--   property {_printable(v)}: {v.column}" for v in tables.properties.values()]
    return "\n".join(lines) + "\n"


def _printable(value: Value) -> str:
    return "".join(c if c.isprintable() else "?" for c in value.name)
