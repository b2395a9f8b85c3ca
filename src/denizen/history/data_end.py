"""Where data ends: until when a lead was watched, which decides whose horizon is over.

It is the last instant seen among events and outcomes, but for a few rows far after everything else: a device with a
wrong clock must not make every horizon look complete. Such rows are left out where they are few among many, and told of
where they are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.clock import iso
from denizen.model.durations import DAY_US

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GAP_DAYS = 30
"""Rows are far after the rest if so many days without a row lie between."""
RARE = 0.001
"""So small a share of all rows is left out;"""
FEW = 3
"""so few rows are at least told of."""


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
    found = DataEnd(last)
    for i in gaps:
        tail = sum(int(n) for _, n, _ in rows[i:])
        before = int(rows[i - 1][2])
        told = (
            f"{tail:,} of {total:,} rows of events and outcomes lie more than {GAP_DAYS} days after all others"
            f" (others end {iso(before)}, these {iso(last)})"
        )
        if tail <= total * RARE:
            end = f"taken for wrong clocks: data ends {iso(before)}; if it does not, give --as-of"
            return DataEnd(before, cut=True, warning=f"{told} and are {end}")
        if tail <= FEW:
            doubt = f"if they are wrong clocks, horizons look complete that are not; then give --as-of {iso(before)}"
            found = DataEnd(last, warning=f"{told}: {doubt}")
            break
    return found
