"""A health card as a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from denizen.history.backtest.words import bounds, interval, percent, ratio
from denizen.history.health.card import BUCKET
from denizen.report.charts import bars, intervals
from denizen.report.parts import Chart, Report, Section, Table, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.history.health.card import Health, Item

TONES = {"good": "good", "warning": "warning", "red flag": "bad"}


def report_of(health: Health) -> Report:
    """Return the report: the worst first."""
    sections = [Section("What to do", list(_to_do(health))), Section("The card", list(_card(health)))]
    if health.buckets:
        sections.append(Section("Scores", list(_scores(health))))
    if health.drift:
        sections.append(Section("Drift of the criteria", [_drift(health)]))
    return Report(
        title=f"Health of {health.model} ({health.model_hash}): {health.design.words()}",
        verdict=Words(_verdict(health), TONES.get(health.verdict, "plain")),
        facts=tuple((i.title, value_text(i)) for i in health.items[:4]),
        sections=tuple(sections),
        small_print=(*health.notes, *health.accounting.told()),
    )


def _verdict(health: Health) -> str:
    counts = {
        c: [i for i in health.items if i.color == c]
        for c in ("red flag", "warning", "good", "too little data", "not known")
    }
    told = [f"{len(found)} {_plural(color, len(found))}" for color, found in counts.items() if found]
    return ", ".join(told) + "."


def _plural(color: str, count: int) -> str:
    return f"{color}s" if color in ("red flag", "warning") and count > 1 else color


def _to_do(health: Health) -> Iterator[Words]:
    bad = [i for color in ("red flag", "warning") for i in health.items if i.color == color]
    for item in bad:
        yield Words(f"{item.title}, {value_text(item)} ({item.color}): {item.advice}.", TONES[item.color])
    if not bad:
        yield Words("Nothing that is sure.")


def _card(health: Health) -> Iterator[Table | Chart]:
    rows = [
        [i.title, value_text(i), bounds_text(i), f"{i.n:,}" if i.n else "", i.good, i.color, i.advice]
        for i in health.items
    ]
    yield Table(("benchmark", "value", "95 % interval", "of", "good", "grade", "what to do"), rows)
    shares = [
        {"benchmark": i.title, "share": i.found.value, "low": i.found.low, "high": i.found.high}
        for i in health.items
        if i.unit == "share" and i.found is not None and i.found.value is not None
    ]
    if shares:
        chart = intervals(shares, y="benchmark", x="share", percent=True)
        yield Chart(chart, "The shares of the card with their intervals.")


def _scores(health: Health) -> Iterator[Table | Chart]:
    rows: list[dict[str, Any]] = [{"total": str(low), "leads": count} for low, count in health.buckets]
    ranges = [[f"{low:,} to below {low + BUCKET:,}", count] for low, count in health.buckets]
    yield Table(("total", "leads"), ranges)
    yield Chart(
        bars(rows, x="total", y="leads", title="leads"), "How many leads have which total, in steps of ten points."
    )


def _drift(health: Health) -> Table:
    ordered = sorted(health.drift, key=lambda d: (not d.drifted, -abs(d.change.value or 0.0)))
    rows = [
        [
            d.label,
            d.part,
            percent(d.earlier.value),
            percent(d.later.value),
            _points(d.change.value),
            f"{_points(d.change.low)} to {_points(d.change.high)}",
            "drifted" if d.drifted else "",
        ]
        for d in ordered
    ]
    return Table(
        ("criterion", "part", "earlier half", "later half", "change, points", "95 % interval", ""),
        rows,
        "of how many leads each fires, with points or without; of a product, for whom it counts; drifted: by 5 points in a hundred and more, with at most 5 % false findings over all of them",
    )


def _points(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:+.1f}"


def value_text(item: Item) -> str:
    """Return the value of an item in its unit."""
    if item.found is None or item.found.value is None:
        return "–"
    if item.unit == "share":
        return percent(item.found.value)
    return ratio(item.found.value) if item.unit == "ratio" else f"{item.found.value:,.0f}"


def bounds_text(item: Item) -> str:
    """Return the interval of an item, empty for counts."""
    if item.found is None or item.found.value is None or item.unit in ("count", "days"):
        return ""
    return interval(item.found) if item.unit == "share" else bounds(item.found)
