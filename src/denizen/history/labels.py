"""Columns as arrays, a value a row; labels are kept as numbers, because millions of texts cost more than all the counting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history.stats.intervals import numpy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Labels:
    """`codes` holds a number a row, which is a place in `names`; the names are in order."""

    codes: Any
    names: tuple[str, ...]

    def groups(self) -> Iterator[tuple[str, Any]]:
        """Yield each name that occurs, in order, with a boolean a row."""
        for code, name in enumerate(self.names):
            rows = self.codes == code
            if rows.any():
                yield name, rows


def labels_of(values: Any, name: Callable[[int], str]) -> Labels:
    """Return labels from a whole number a row, all of them close together, whose order is that of the names."""
    np = numpy()
    if not len(values):
        return Labels(values, ())
    first = int(values.min())
    counts = np.bincount(values - first)
    code = np.cumsum(counts > 0) - 1
    return Labels(code[values - first], tuple(name(int(v) + first) for v in np.flatnonzero(counts)))


def by_row(connection: DuckDBPyConnection, columns: str, table: str, rows: int) -> dict[str, Any]:
    """Return columns as arrays in the order of `g`, which numbers the rows wanted from 1; sorting millions is dear."""
    np = numpy()
    found = connection.execute(f"SELECT g, {columns} FROM {table} WHERE g <= {rows}").fetchnumpy()
    place = np.asarray(found.pop("g")) - 1
    ordered = {}
    for name, values in found.items():
        ordered[name] = np.empty(rows, dtype=values.dtype)
        ordered[name][place] = values
    return ordered
