"""A calibration as a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.clock import iso
from denizen.history.backtest.words import bounds, ratio
from denizen.report.charts import intervals
from denizen.report.parts import Chart, Report, Section, Table, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.history.calibrate.result import Calibration, Gain
    from denizen.history.stats import Estimate


def report_of(found: Calibration) -> Report:
    """Return the report: the verdict, the changes with their reasons, what they bring, or what to do instead."""
    sections = []
    if found.changes:
        title = "Changes" if found.text is not None else "Changes looked at and not proposed"
        sections.append(Section(title, [_changes(found)]))
    if found.gain is not None:
        sections.append(Section("On the later leads", list(_gain(found.gain))))
    kept = [p for p in found.proposals if not p.changed]
    if kept:
        rows = [[p.written.criterion, p.written.section, p.written.shown, p.leads, p.reason] for p in kept]
        sections.append(Section("Left alone", [Table(("criterion", "section", "points", "leads", "why"), rows)]))
    if found.diff:
        sections.append(Section("The file", [Words(line) for line in found.diff.splitlines()]))
    if found.text is None:
        sections.append(Section("Until then", [Words(f"- {step}") for step in found.fallback]))
    return Report(
        title=f"Calibration of {found.model}: {found.design.words()}",
        verdict=Words(f"{found.verdict.capitalize()}: {found.why}.", "warning" if found.text is None else "good"),
        facts=tuple(_facts(found)),
        sections=tuple(sections),
        small_print=(*found.notes, *found.accounting.told()),
    )


def _facts(found: Calibration) -> Iterator[tuple[str, str]]:
    if found.split is not None:
        earlier, later = found.split.earlier, found.split.later
        yield "fitted on", f"{earlier.leads:,} leads who signed up before {iso(found.split.at_us)}, {earlier.won:,} won"
        yield "judged on", f"{later.leads:,} leads after that, {later.won:,} won"


def _changes(found: Calibration) -> Table:
    rows = [
        [p.written.criterion, p.written.section, f"{p.written.points:+g}", f"{p.points:+g}", p.leads, p.won, p.reason]
        for p in found.changes
    ]
    return Table(
        ("criterion", "section", "now", "then", "leads", "won", "why"), rows, "leads, won: of the earlier ones"
    )


def _gain(gain: Gain) -> Iterator[Table | Chart]:
    names = (("current", gain.auc_before, gain.lift_before), ("proposed", gain.auc_after, gain.lift_after))
    rows = [[name, _area(area), f"{ratio(lift.value)} ({bounds(lift)})"] for name, area, lift in names]
    gap = gain.auc_difference
    note = f"AUC {_signed(gap.value)} ({_signed(gap.low)} to {_signed(gap.high)}); lift of the {gain.volume:,} highest totals"
    yield Table(("points", "AUC", "lift"), rows, note)
    points = [{"points": name, "auc": area.value, "low": area.low, "high": area.high} for name, area, _ in names]
    yield Chart(intervals(points, y="points", x="auc", title="AUC"), "AUC of the current and of the proposed points.")


def _area(area: Estimate) -> str:
    return "–" if area.value is None else f"{area.value:.3f} ({area.low:.3f}–{area.high:.3f})"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}"
