"""A trust breakdown as a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.history.backtest.words import bounds, interval, percent, ratio
from denizen.report.charts import intervals
from denizen.report.parts import Chart, Report, Section, Table, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.history.trust.breakdown import Rejected, Trust

TONES = {"healthy": "good", "between": "warning", "adoption problem": "bad", "model problem": "bad"}


def report_of(trust: Trust) -> Report:
    """Return the report: the verdict, the two groups, what rejected PQLs share, the sample."""
    sections = [Section("Contacted against ignored PQLs", list(_groups(trust)))]
    if trust.lines:
        sections.append(Section("What rejected PQLs share", list(_lines(trust))))
    if trust.sample:
        sections.append(Section(f"{len(trust.sample)} rejected PQLs to go through with sales", [_sample(trust.sample)]))
    return Report(
        title=f"Trust in {trust.model} ({trust.model_hash}): {trust.design.words()}",
        verdict=Words(f"{trust.verdict.capitalize()}: {trust.why}.", TONES.get(trust.verdict, "plain")),
        facts=(
            ("PQLs followed up", _share(trust.followed_up.value, interval(trust.followed_up))),
            ("PQLs accepted", _share(trust.acceptance.value, interval(trust.acceptance))),
            ("decisions on PQLs", f"{trust.decided:,}"),
        ),
        sections=tuple(sections),
        small_print=(*trust.notes, *trust.accounting.told()),
    )


def _share(value: float | None, shown: str) -> str:
    return "–" if value is None else f"{percent(value)} ({shown})"


def _groups(trust: Trust) -> Iterator[Table | Chart]:
    groups = [g for g in (trust.contacted, trust.ignored) if g.n]
    rows = [[g.name, g.n, g.won, percent(g.rate.value), interval(g.rate)] for g in groups]
    yield Table(
        ("", "leads", trust.outcome, "share", "95 % interval"),
        rows,
        f"lift {ratio(trust.lift.value)} ({bounds(trust.lift)})",
    )
    points = [{"group": g.name, "share": g.rate.value, "low": g.rate.low, "high": g.rate.high} for g in groups]
    if points:
        chart = intervals(points, y="group", x="share", percent=True, title=trust.outcome)
        yield Chart(chart, f"The share of contacted and of ignored PQLs that reach {trust.outcome}.")


def _lines(trust: Trust) -> Iterator[Words | Table]:
    found = [x.line for x in trust.lines if x.found]
    if found:
        yield Words(f"Rejected PQLs have these more often than accepted ones: {', '.join(found)}.", "warning")
    else:
        yield Words("No line tells rejected from accepted PQLs beyond chance.")
    rows = [
        [
            x.line,
            x.part,
            x.rejected,
            percent(x.rejected_share.value),
            x.accepted,
            percent(x.accepted_share.value),
            ratio(x.lift.value),
            bounds(x.lift),
            f"{x.q:.3f}",
        ]
        for x in trust.lines
    ]
    columns = ("line", "part", "rejected", "of them", "accepted", "of them", "lift", "95 % interval", "q")
    yield Table(columns, rows, "q: the share of false findings among all with a value up to it")


def _sample(sample: tuple[Rejected, ...]) -> Table:
    rows = [
        [
            str(r.lead_id),
            r.rejected_at[:10],
            r.rep or "",
            r.total,
            r.fit,
            r.behavior,
            ", ".join(f"{line} {points:+g}" for _, line, _, points in r.lines),
        ]
        for r in sample
    ]
    return Table(
        ("lead", "rejected", "rep", "total", "fit", "behavior", "because of"),
        rows,
        "scores as they stood at the decision",
    )
