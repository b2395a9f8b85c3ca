"""Judge a pilot: intent to treat, each lead once its horizon is over, an interval that holds at every look."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denizen import clock
from denizen.clock import iso
from denizen.errors import DenizenError, Finding, did_you_mean, fail
from denizen.history import stats
from denizen.history.cohort import open_history
from denizen.history.design import span
from denizen.history.pilot.arms import NAMES, PILOT
from denizen.history.pilot.result import Compared, Look, Pilot
from denizen.history.stats import Estimate
from denizen.history.stats.intervals import numpy
from denizen.model.durations import DAY_US
from denizen.scoring.run import silent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from denizen.history.design import Design
    from denizen.ingest.project import Data
    from denizen.scoring.run import Progress

WEEK_US = 7 * DAY_US
MAX_LOOKS = 400
FEWEST_UNITS = 20
"""With fewer units than this in an arm, counted by what they weigh, the normal law of clustered estimates is not to be
trusted: three reps and a hundred leads of nobody are little more than three."""
FEWEST_OUTCOMES = 10
"""Nor with fewer leads than this in an arm that convert, or that do not."""
FORMULA = "=+-@"
NEEDED = ("lead_id", "arm")
"""The columns that arms must have."""


def judge_pilot(arms: Any, data: Data, design: Design, *, progress: Progress = silent) -> Pilot:
    """Compare the pilot with every other arm.

    A lead enters at its signup or when it was assigned, whichever is later, and counts in the arm it was given
    whatever was done with it. It converts if `won` happens in `(entry, entry + horizon]`.

    Args:
        arms: what `assign` wrote: the path of a CSV file, or rows with lead_id, arm and, if known, unit, assigned_at.
        data: leads (or events) and outcomes.
        design: its horizon, outcome and `as_of_us` count.
        progress: told what is being done.

    Raises:
        DenizenError: arms or data cannot be used, or no lead's horizon is over.
    """
    np = numpy()
    rows = _read(arms)
    with open_history(data, replace(design, at_us=0, every_us=None), progress=progress) as history:
        until = history.cohort.observed_until_us
        known = {
            lead: (signup, won)
            for lead, signup, won in history.connection.execute(
                "SELECT CAST(lead_id AS VARCHAR), signup_us, won_us FROM history"
            ).fetchall()
        }
    kept, left, waiting = _entered(rows, known, design, until)
    if not kept:
        reasons = ", ".join(f"{n:,} {why}" for why, n in left.items() if n)
        raise fail("no-cohort", f"no lead of the arms can be judged yet: {reasons}{_when(waiting, design, until)}")
    over = np.array([k[0] for k in kept])
    arm_of, unit_of = np.array([k[1] for k in kept]), np.array([k[2] for k in kept])
    won_of = np.array([k[3] for k in kept], dtype=bool)
    units: dict[str, set[str]] = {}
    for arm, unit, _ in rows.values():
        units.setdefault(arm, set()).add(unit)
    clustered = sum(len(u) for u in units.values()) < len(rows)
    _, whose = np.unique(unit_of, return_inverse=True)
    compared = []
    for other in [a for a in NAMES[1:] if a in units]:
        looks = []
        for at in _looks(int(over.min()), until):
            seen = over <= at
            sides = [(seen & (arm_of == arm)) for arm in (PILOT, other)]
            looks.append(_look(at, won_of, whose, sides[0], sides[1], clustered=clustered))
        compared.append(Compared(other, tuple(looks)))
    return Pilot(
        comparisons=tuple(compared),
        left_out=left,
        clustered=clustered,
        units={arm: len(units[arm]) for arm in NAMES if arm in units},
        design=f"{design.won} within {span(design.horizon_us)} after signup or assignment, intent to treat",
        observed_until_us=until,
        notes=(*_notes(_weigh(arm_of, whose, units), clustered=clustered), *history.accounting.told()),
    )


def _notes(weigh: float, *, clustered: bool) -> list[str]:
    found = ["Each interval holds at all looks at once with 95 %: look as often as you like, and stop when you like."]
    if clustered:
        found.append("Assigned in groups: intervals are between units, and hold in the long run, not exactly.")
        if weigh < FEWEST_UNITS:
            found.append(
                f"warning: an arm has fewer than {FEWEST_UNITS} units, or they are so uneven that they weigh no more"
                f" ({weigh:.1f}); nothing can be decided from so few."
            )
    return found


def _weigh(arm_of: Any, whose: Any, arms: Iterable[str]) -> float:
    """Return as how many equal units those of the weakest arm weigh."""
    np = numpy()
    sizes = [np.bincount(whose[arm_of == arm]) for arm in arms]
    return min(float(stats.between_units(n, n)[1]) if n.sum() else 0.0 for n in sizes)


def _entered(
    rows: dict[str, tuple[str, str, int | None]], known: dict[str, tuple[Any, Any]], design: Design, until: int
) -> tuple[list[tuple[int, str, str, bool]], dict[str, int], list[int]]:
    """Return the leads that are judged (when their horizon is over, arm, unit, won), why others are not, and who waits.

    Of those whose horizon is not over yet, it returns the instants at which they entered.
    """
    left = {"not in the data": 0, "without a signup or any event": 0, "converted before": 0, "without a full horizon yet": 0}  # fmt: skip
    kept, waiting = list[tuple[int, str, str, bool]](), list[int]()
    for lead, (arm, unit, assigned) in rows.items():
        signup, won = known.get(lead, (None, None))
        entry = None if signup is None else max(signup, assigned or signup)
        if entry is None:
            left["not in the data" if lead not in known else "without a signup or any event"] += 1
        elif won is not None and won <= entry:
            left["converted before"] += 1
        elif entry + design.horizon_us > until:
            left["without a full horizon yet"] += 1
            waiting.append(entry)
        else:
            kept.append((entry + design.horizon_us, arm, unit, won is not None and won <= entry + design.horizon_us))
    return kept, left, waiting


def _when(waiting: list[int], design: Design, until: int) -> str:
    """Return when the first lead can be judged, and what could be shortened, if anything."""
    if not waiting:
        return ""
    first = min(waiting)
    told = f"; data ends {iso(until)}, and the first lead was in its arm at {iso(first)}"
    if first >= until:
        return f"{told}: give data that reaches further (after a --horizon of {span(design.horizon_us)} from then)"
    return f"{told}; a shorter --horizon than {span(design.horizon_us)} leaves more"


def _looks(first: int, until: int) -> list[int]:
    """Return the weekly looks from when the first horizon was over, and the last instant known."""
    step = WEEK_US * max(1, -(-(until - first) // (WEEK_US * MAX_LOOKS)))
    weeks = list(range(first + step, until, step))
    return [*weeks, until]


def _look(at: int, won: Any, whose: Any, pilot: Any, other: Any, *, clustered: bool) -> Look:
    n, hits, n_other, hits_other = (
        int(v) for v in (pilot.sum(), (won & pilot).sum(), other.sum(), (won & other).sum())
    )
    if not clustered:
        return Look(at, n, hits, n_other, hits_other, *stats.two_rates(hits, n, hits_other, n_other))
    if n == 0 or n_other == 0:
        return Look(at, n, hits, n_other, hits_other, Estimate(None, -1.0, 1.0), None)
    value = hits / n - hits_other / n_other
    spread = [_variance(won, whose, rows) for rows in (pilot, other)]
    if None in spread:
        return Look(at, n, hits, n_other, hits_other, Estimate(value, -1.0, 1.0), None)
    found = stats.normal_mixture(value, sum(s for s in spread if s is not None))
    return Look(at, n, hits, n_other, hits_other, Estimate(value, max(-1.0, found.low), min(1.0, found.high)), None)


def _variance(won: Any, whose: Any, rows: Any) -> float | None:
    """Return the variance of a rate between units (linearized); None where units or conversions are too few to know."""
    np = numpy()
    n, hits = int(rows.sum()), int((won & rows).sum())
    if min(hits, n - hits) < FEWEST_OUTCOMES:
        return None
    variance, weigh = stats.between_units(np.bincount(whose[rows], won[rows].astype(float)), np.bincount(whose[rows]))
    return float(variance) if weigh >= FEWEST_UNITS and variance > 0 else None


def _read(arms: Any) -> dict[str, tuple[str, str, int | None]]:
    """Return arm, unit and instant of assignment of each lead."""
    label = str(arms) if isinstance(arms, str | Path) else "arms"
    rows = _rows(arms, label)
    _need_columns(rows, label)
    found: dict[str, tuple[str, str, int | None]] = {}
    for number, row in enumerate(rows, 1):
        lead, arm = _plain(row.get("lead_id")), str(row.get("arm") or "").strip()
        if not lead or arm not in NAMES:
            message = f"row {number}: lead_id {lead!r}, arm {arm!r}; each row needs both; arms: {', '.join(NAMES)}"
            raise fail("rows-rejected", message, file=label)
        if lead in found:
            raise fail("rows-rejected", f"row {number}: lead {lead!r} stands twice", file=label)
        assigned = row.get("assigned_at")
        found[lead] = (arm, _plain(row.get("unit")) or lead, _instant(assigned, label) if assigned else None)
    arms_seen = {arm for arm, *_ in found.values()}
    if PILOT not in arms_seen or len(arms_seen) == 1:
        raise fail("data-lacking", "needs leads in pilot, and in control or holdout", file=label)
    return found


def _need_columns(rows: list[dict[str, Any]], label: str) -> None:
    """Refuse rows none of which has a column that each must have, with the columns that are there."""
    columns = list(dict.fromkeys(str(name) for row in rows for name in row if name is not None))
    missing = [name for name in NEEDED if name not in columns] if rows else []
    hints = {name: did_you_mean(name, columns) for name in missing}
    told = ", ".join(columns) or "none"
    if missing:
        raise DenizenError(
            Finding(
                "missing-column",
                f"no column `{name}`; {f'{hint} ' if hint else ''}columns: {told};"
                f" rename yours, arms have the columns {' and '.join(NEEDED)}",
                label,
            )
            for name, hint in hints.items()
        )


def _instant(value: Any, label: str) -> int:
    try:
        return clock.to_us(value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip()))
    except (ValueError, OverflowError):
        raise fail("rows-rejected", f"assigned_at {value!r} is no timestamp; write ISO 8601", file=label) from None


def _rows(arms: Any, label: str) -> list[dict[str, Any]]:
    if not isinstance(arms, str | Path):
        return list(arms)
    try:
        with Path(arms).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise fail("file-unreadable", f"cannot read: {error}", file=label) from None


def _plain(value: Any) -> str:
    """Return an id as it was before it was made safe for spreadsheets."""
    word = "" if value is None else str(value).strip()
    behind = word.lstrip("'").lstrip()
    return word[1:] if word[:1] == "'" and behind and behind[0] in FORMULA else word
