"""Where data ends: until when a lead was watched, which decides whose horizon is over.

It is the last instant seen among events and outcomes. A device with a wrong clock must not make every horizon look
complete, so a few rows long after all others are told of, and left out where they are more than a year away and hardly any,
or still to come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen import clock
from denizen.clock import iso
from denizen.model.durations import DAY_US

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GAP_DAYS = 30
"""Rows are told of if so many days without a row lie before them,"""
YEAR_DAYS = 365
"""and left out if it are so many,"""
RARE = 0.001
"""provided that they are no larger share than this of all rows;"""
FEW = 3
"""so few are told of whatever their share."""


@dataclass(frozen=True, slots=True)
class DataEnd:
    """`until_us` is the last instant that counts, `cut` says that later rows are left out, `warning` what to know."""

    until_us: int
    cut: bool = False
    warning: str | None = None


def data_end(connection: DuckDBPyConnection) -> DataEnd:
    """Return where data ends; reads `events` and `outcomes_read`."""
    day = f"(at_us // {DAY_US})"
    rows = connection.execute(
        "SELECT day, CAST(sum(n) AS BIGINT), max(last_us) FROM ("
        f" SELECT {day} AS day, count(*) AS n, max(at_us) AS last_us FROM events GROUP BY ALL UNION ALL"
        f" SELECT {day}, count(*), max(at_us) FROM outcomes_read WHERE reason IS NULL GROUP BY ALL)"
        " WHERE day IS NOT NULL GROUP BY day ORDER BY day"
    ).fetchall()
    if not rows:
        return DataEnd(0)
    last, total = int(rows[-1][2]), sum(int(n) for _, n, _ in rows)
    gaps = [i for i in range(1, len(rows)) if rows[i][0] - rows[i - 1][0] > GAP_DAYS]
    for i in gaps:
        tail = sum(int(n) for _, n, _ in rows[i:])
        before = int(rows[i - 1][2])
        told = (
            f"{tail:,} of {total:,} rows of events and outcomes lie long after all others"
            f" (those end {iso(before)}, these {iso(last)})"
        )
        to_come = rows[i][0] * DAY_US > clock.to_us(clock.now())
        if (tail <= total * RARE or to_come) and rows[i][0] - rows[i - 1][0] > YEAR_DAYS:
            end = f"taken for wrong clocks: data ends {iso(before)}; if it does not, give --as-of"
            return DataEnd(before, cut=True, warning=f"{told} and are {end}")
        if tail <= max(FEW, total * RARE):
            doubt = f"if their clocks are wrong, horizons look complete that are not; then give --as-of {iso(before)}"
            return DataEnd(last, warning=f"{told}: {doubt}")
    return DataEnd(last)
