"""What idleness takes (semantics, section 3.4)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from denizen.sql.literals import number
from denizen.sql.statement import select

if TYPE_CHECKING:
    from decimal import Decimal

    from denizen.plan import nodes
    from denizen.sql.dialect import Dialect
    from denizen.sql.statement import Statement

SHARE = 10**15
"""Shares of a score are whole numbers of 10^-15, so that no engine's floating point shows in the last digit."""


_LARGEST = 10**11
"""No sum of lines is larger, so no penalty has to be."""


def add_decay(statement: Statement, decay: nodes.Decay | None, dialect: Dialect, amount: str) -> None:
    """Add `penalized` and `decayed`: the penalties, bounded so that decay stops at `min(sum, floor)`."""
    if decay is None:
        statement.add("decayed", "No decay.", select(["*", "raw AS decayed"], "summed"))
        return
    idle = _penalty(decay.idle, "idle_us", dialect, amount)
    after_trial = _penalty(decay.after_trial, "idle_after_trial_us", dialect, amount)
    instants = select(
        [
            "*",
            "CASE WHEN activity_us IS NOT NULL THEN greatest(as_of_us - activity_us, 0) END AS idle_us",
            (
                "CASE WHEN trial_ends_us IS NOT NULL"
                " THEN greatest(as_of_us - greatest(activity_us, trial_ends_us), 0) END AS idle_after_trial_us"
            ),
            f"CAST(greatest(raw - {number(decay.floor)}, 0) AS {amount}) AS room",
        ],
        "summed",
    )
    statement.add("idled", "Idle time counts from the last activity; decay has room down to the floor.", instants)
    statement.add(
        "penalized",
        "What idle time takes, before the floor is looked at.",
        select(["*", f"{idle} AS idle_penalty", f"{after_trial} AS trial_penalty"], "idled"),
    )
    bounded = "least(idle_penalty, room)"
    statement.add(
        "decayed",
        "Decay never takes the score below min(sum, floor) and never raises it.",
        select(
            [
                "*",
                f"-{bounded} AS decay_points",
                f"{bounded} - least(idle_penalty + trial_penalty, room) AS after_trial_points",
                "raw - least(idle_penalty + trial_penalty, room) AS decayed",
            ],
            "penalized",
        ),
    )


def _penalty(penalty: nodes.Penalty | None, idle: str, dialect: Dialect, amount: str) -> str:
    """Return what an idle time takes: an amount, never negative, 0 where the idle time is unknown."""
    if penalty is None:
        return f"CAST(0 AS {amount})"
    counted = f"greatest({idle} - {penalty.after_us}, 0)" if penalty.after_us else idle
    taken = _points(penalty, counted, dialect) if penalty.form == "points" else _share(penalty, counted, dialect)
    return f"CASE WHEN {idle} IS NULL THEN 0 ELSE CAST({taken} AS {amount}) END"


def _points(penalty: nodes.Penalty, idle: str, dialect: Dialect) -> str:
    if penalty.whole_periods:
        periods = dialect.quotient(idle, str(penalty.every_us))
        enough = math.ceil(_LARGEST / penalty.amount)
        return f"least(CAST({periods} AS BIGINT), {enough}) * {number(penalty.amount)}"
    periods = f"CAST({idle} AS {dialect.wide}) * {SHARE} + {penalty.every_us // 2}"
    units = f"({dialect.quotient(periods, str(penalty.every_us))}) * {int(penalty.amount * 10**6)} + {10**9 // 2}"
    return dialect.from_units(f"least({dialect.quotient(units, str(10**9))}, {10**25})", 12)


def _share(penalty: nodes.Penalty, idle: str, dialect: Dialect) -> str:
    """Return `S * (1 - base^n)`: the share in units of 10^-15, then exact arithmetic."""
    base = 1 - penalty.amount / 100
    if penalty.whole_periods:
        n = f"CAST({dialect.quotient(idle, str(penalty.every_us))} AS DOUBLE PRECISION)"
    else:
        n = f"CAST({idle} AS DOUBLE PRECISION) / CAST({penalty.every_us} AS DOUBLE PRECISION)"
    kept = f"power(CAST({number(base)} AS DOUBLE PRECISION), least({n}, {_all_gone(base)}))"
    share = f"CAST(floor((1 - {kept}) * {SHARE} + 0.5) AS {dialect.wide})"
    raw = f"CAST(greatest(raw, 0) * {10**12} AS {dialect.wide})"
    return dialect.from_units(dialect.quotient(f"{raw} * {share} + {SHARE // 2}", str(SHARE)), 12)


def _all_gone(base: Decimal) -> int:
    """Return after how many periods nothing is left to 10^-17, so that no power underflows."""
    return 1 if base <= 0 else math.ceil(-17 / math.log10(float(base)))
