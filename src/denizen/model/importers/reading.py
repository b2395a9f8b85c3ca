"""Read JSON and CSV that came from outside: size, depth and kinds are checked before anything is believed."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from denizen.errors import fail
from denizen.model.writing import one_line

MAX_POINTS = 100_000
MAX_ROWS = 2000
MAX_DEPTH = 60
LONGEST_SHOWN = 120


def read_json(text: str, file: str) -> Any:
    """Return the data of a JSON text; numbers are exact.

    Raises:
        DenizenError: it is no JSON, nests too deeply, or has a key twice.
    """
    try:
        data = json.loads(
            text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_unique, parse_int=_whole
        )
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        raise fail("import-shape", message, file=file) from None
    except (ValueError, InvalidOperation) as error:
        raise fail("import-shape", f"not JSON that can be used: {error}", file=file) from None
    except RecursionError:
        raise fail("import-shape", "the JSON nests too deeply", file=file) from None
    if depth(data) > MAX_DEPTH:
        raise fail("import-shape", f"the JSON nests more than {MAX_DEPTH} levels deep", file=file)
    return data


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _whole(digits: str) -> int:
    if len(digits) > 40:  # noqa: PLR2004  no points and no id is longer
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"the key {shown(key)} stands twice in one object")
        made[key] = value
    return made


def depth(data: Any) -> int:
    """Return how many objects and lists stand inside each other."""
    levels, deepest = [(data, 1)], 0
    while levels:
        node, level = levels.pop()
        deepest = max(deepest, level)
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        levels += [(child, level + 1) for child in children]
    return deepest


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the line it starts at, and its cells by lower-case column name."""

    line: int
    cells: dict[str, str]

    def get(self, *names: str) -> str:
        """Return the first cell that is there and not empty."""
        return next((self.cells[n].strip() for n in names if self.cells.get(n, "").strip()), "")


def header_of(text: str) -> list[str]:
    """Return the names of the columns of a CSV text that `read_csv` reads, lower-cased."""
    body = text.lstrip("\ufeff")
    for cells in csv.reader(io.StringIO(body, newline=""), delimiter=_separator(body)):
        if any(cell.strip() for cell in cells):
            return _names(cells)
    return []


def _separator(body: str) -> str:
    header = next((line for line in body.splitlines() if line.strip()), "")
    return max(",;\t", key=header.count)


def _names(cells: list[str]) -> list[str]:
    return [" ".join(cell.lower().split()) for cell in cells]


def read_csv(text: str, file: str) -> list[Row]:
    """Return the rows of a CSV text; the separator is `,`, `;` or a tab, whichever the header has most of.

    Raises:
        DenizenError: there is no header, a row is too long, or there are too many rows.
    """
    body = text.lstrip("\ufeff")
    separator = _separator(body)
    rows: list[Row] = []
    names: list[str] = []
    try:
        reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True)
        start = 1
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = _names(cells)
                continue
            if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
                message = f"line {line} has {len(cells)} cells and the header {len(names)}; quote a cell that holds `{separator}`"
                raise fail("import-shape", message, file=file)
            rows.append(Row(line, dict(zip(names, cells, strict=False))))
            if len(rows) > MAX_ROWS:
                raise fail("import-shape", f"more than {MAX_ROWS:,} rows", file=file)
    except csv.Error as error:
        raise fail("import-shape", f"not CSV: {error}", file=file) from None
    if not names:
        raise fail("import-shape", "the file is empty", file=file)
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise fail("import-shape", f"the column {shown(min(twice))} stands twice", file=file)
    return rows


def read_points(value: Any) -> Decimal | None:
    """Return points as given, or None if they are no number of points."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        points = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    if not points.is_finite() or abs(points) > MAX_POINTS or points != round(points, 6):
        return None
    return points


def shown(value: Any) -> str:
    """Return a value of the source as a short text for messages."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"`{one_line(text, LONGEST_SHOWN)}`"
