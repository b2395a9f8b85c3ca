"""A before/after comparison as a report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from denizen.history.metrics.result import shown
from denizen.report.charts import intervals
from denizen.report.parts import Chart, Report, Section, Table, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.history.metrics.result import Compared, Metrics, Value


def report_of(metrics: Metrics) -> Report:
    """Return the report: what changed for sure, then every metric by group, then what cannot be computed."""
    groups = dict.fromkeys(m.definition.group for m in metrics.metrics)
    sections = [Section(g.capitalize(), [_table(metrics, g)]) for g in groups]
    lacking = [m for m in metrics.metrics if m.needs]
    if lacking:
        sections.append(
            Section("What cannot be computed", [Words(f"{m.definition.title}: {m.needs}.") for m in lacking])
        )
    if any(m.change for m in metrics.metrics):
        sections.insert(0, Section("After, divided by before", list(_chart(metrics))))
    return Report(
        title=f"Before and after, {metrics.model} ({metrics.model_hash}): {metrics.design}",
        verdict=Words(_verdict(metrics)),
        facts=tuple(
            (name, f"{start[:10]} to {end[:10]}: {leads:,} leads") for name, start, end, leads in metrics.periods
        ),
        sections=tuple(sections),
        small_print=(*metrics.notes, *metrics.accounting.told()),
    )


def _verdict(metrics: Metrics) -> str:
    told = [f"{m.definition.title} {_percent(m)}" for m in metrics.sure]
    known = sum(m.change is not None for m in metrics.metrics)
    if not told:
        return f"None of {known} metrics changed beyond chance."
    return f"Beyond chance changed: {', '.join(told)}; {known - len(told)} others did not."


def _percent(compared: Compared) -> str:
    value = compared.change.value if compared.change else None
    return "" if value is None else f"{100 * (value - 1):+.0f} %"


def _table(metrics: Metrics, group: str) -> Table:
    rows = [
        [
            m.definition.title,
            _value(m.before, m.definition.unit),
            _value(m.after, m.definition.unit),
            _percent(m) or "–",
            _bounds(m),
            m.definition.expected,
            m.definition.definition,
        ]
        for m in metrics.metrics
        if m.definition.group == group
    ]
    return Table(("metric", "before", "after", "change", "95 % interval", "the document expects", "definition"), rows)


def _value(value: Value | None, unit: str) -> str:
    if value is None or value.found.value is None:
        return "–"
    low, high = shown(value.found.low, unit), shown(value.found.high, unit)
    return f"{shown(value.found.value, unit)} ({low} to {high}; {value.n:,})"


def _bounds(compared: Compared) -> str:
    change = compared.change
    if change is None or change.value is None:
        return "–"
    high = "any" if math.isinf(change.high) else f"{100 * (change.high - 1):+.0f} %"
    return f"{100 * (change.low - 1):+.0f} to {high}"


def _chart(metrics: Metrics) -> Iterator[Chart]:
    rows = [
        {"metric": m.definition.title, "after / before": m.change.value, "low": m.change.low, "high": m.change.high}
        for m in metrics.metrics
        if m.change and m.change.value is not None and math.isfinite(m.change.high)
    ]
    if rows:
        chart = intervals(rows, y="metric", x="after / before")
        yield Chart(chart, "Each metric after divided by before, with its interval; 1 is no change.")
